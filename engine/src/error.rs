//! The one error that a client can see, and what a database's error becomes.
//!
//! [`Error`] has no `Display` on purpose. async-graphql turns every `Display` error into a GraphQL error with that very
//! text, so a bare `?` on a [`DbErr`] in a resolver would send the database's words to the client. A resolver that
//! returns [`Error`] cannot: its `?` goes through `From<DbErr>` here, and clippy refuses async-graphql's own error type in
//! the rest of the crate (`clippy.toml`).

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, ErrorExtensionValues, ServerError, Value};
use sea_orm::{DbErr, RuntimeErr, SqlxError};
use sqlx::postgres::PgDatabaseError;

use crate::{
    log::{MOST, MOST_OF_DATABASE, cut},
    memory::{Beyond, Full},
};

/// The values of `extensions.code`: stable, for programs; the message is for people.
pub mod code {
    use async_graphql::{ServerError, Value};

    /// Constants whose values are their names, and all of them.
    macro_rules! codes {
        ($($(#[$doc:meta])* $name:ident,)*) => {
            $($(#[$doc])* pub const $name: &str = stringify!($name);)*
            const ALL: &[&str] = &[$($name),*];
        };
    }

    codes! {
        /// The request is wrong; its sender can mend it.
        BAD_USER_INPUT,
        /// The request needs a token, or a better one.
        UNAUTHENTICATED,
        /// The request asks for what this server does not allow, or not to its sender.
        FORBIDDEN,
        /// The request would cost more than is allowed; the message names the limit.
        TOO_COMPLEX,
        /// The request, or a statement of it, took longer than is allowed.
        TIMEOUT,
        /// The text is not GraphQL.
        GRAPHQL_PARSE_FAILED,
        /// The text does not fit the schema.
        GRAPHQL_VALIDATION_FAILED,
        /// The request names its document by a hash that the server does not know: send the text with it. The code of Apollo's
        /// automatic persisted queries.
        PERSISTED_QUERY_NOT_FOUND,
        /// The same, where such hashes are off.
        PERSISTED_QUERY_NOT_SUPPORTED,
        /// The database cannot be reached, or the server or it is too busy or full; the same request may succeed later.
        UNAVAILABLE,
        /// A stored value is outside the range of the field's type.
        OUT_OF_RANGE,
        /// A subscription ended, as its client took events more slowly than they came: `after` continues at the last that it took.
        SUBSCRIBER_TOO_SLOW,
        /// A subscription cannot tell of all changes: its client should load again what it was of, and subscribe anew.
        CHANGES_LOST,
        /// A fault of the server. The cause is in its log, under the request's id.
        INTERNAL,
    }

    /// That of an error; `OTHER` if it is none of these.
    pub fn of(error: &ServerError) -> &'static str {
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
        ALL.iter().find(|it| matches!(code, Some(Value::String(code)) if code == **it)).copied().unwrap_or("OTHER")
    }

    /// Whether it is of a fault of the server, or of what it depends on.
    pub fn is_fault(code: &str) -> bool {
        matches!(code, INTERNAL | TIMEOUT | UNAVAILABLE | OUT_OF_RANGE)
    }
}

/// A `Result` with the crate's [`Error`], unless it says another.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a nullable field resolves to. Not `Result<Option<T>>`: async-graphql would take its error past the field to the
/// parent, where the specification (section 6.4.4) wants the field `null` and its siblings answered.
pub type Nullable<T> = Option<Result<T>>;

/// Why a field has no answer, split by whose fault it is.
#[derive(Clone, Debug)]
pub enum Error {
    /// The client's: says what is wrong and what is allowed. Code `BAD_USER_INPUT`.
    BadUserInput(String),
    /// The client's: what the request would cost is beyond a limit, which the message names. Code `TOO_COMPLEX`.
    TooComplex(String),
    /// Nobody's, for now. Code `UNAVAILABLE`.
    Unavailable(Arc<Cause>),
    /// Nobody's: requests hold as many bytes as they may together. Code `UNAVAILABLE`.
    Full(Full),
    /// The database ended what took too long. Code `TIMEOUT`.
    TimedOut(Arc<Cause>),
    /// The data's: the database holds a value that the field's type does not have. Code `OUT_OF_RANGE`.
    OutOfRange,
    /// Ours. Code `INTERNAL`.
    Internal(Arc<Cause>),
}

/// What went wrong on the server's side: for the log only, once for all fields that failed of it.
#[derive(Debug)]
pub enum Cause {
    /// The database's error.
    Database(DbErr),
    /// A promise of our own that did not hold.
    Broken(String),
    /// The request's time was over while its answer was written.
    Late,
    /// A replica did not answer.
    Silent,
}

impl Cause {
    /// Whether the database lacks what was asked for, such as a table or a right: PostgreSQL's classes 42 and 3F.
    pub fn is_lack(&self) -> bool {
        let Self::Database(error) = self else { return false };
        code_of(error).is_some_and(|code| code.len() == 5 && (code.starts_with("42") || code.starts_with("3F")))
    }

    /// Whether it is a conflict with a concurrent transaction: PostgreSQL's serialization_failure or deadlock_detected. The
    /// transaction wrote nothing, and may be retried at once.
    pub fn is_conflict(&self) -> bool {
        let Self::Database(error) = self else { return false };
        matches!(code_of(error).as_deref(), Some("40001" | "40P01"))
    }
}

impl Error {
    /// Whether the database that was asked is what fails: it is not there, or lacks what was asked for.
    pub fn is_of_database(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Internal(cause) => cause.is_lack(),
            _ => false,
        }
    }

    /// The client's mistake in `argument`: `problem` continues the sentence "argument `first` …".
    pub fn bad_argument(argument: &str, problem: impl AsRef<str>) -> Self {
        Self::BadUserInput(format!("argument `{argument}` {}", problem.as_ref()))
    }

    /// A promise of our own that did not hold, such as a foreign key that leads nowhere.
    pub fn broken(what: impl Into<String>) -> Self {
        Self::Internal(Arc::new(Cause::Broken(what.into())))
    }

    /// A database did not answer, of which others are there.
    pub fn silent() -> Self {
        Self::Unavailable(Arc::new(Cause::Silent))
    }

    /// The request's time was over while its answer was written.
    pub fn late() -> Self {
        Self::TimedOut(Arc::new(Cause::Late))
    }

    /// What an operation fails with of which nothing ran yet.
    pub fn of_operation(self) -> ServerError {
        let async_graphql::Error { message, source, extensions } = self.into();
        ServerError { source, extensions, ..ServerError::new(message, None) }
    }

    /// What the field of a hand-written executor fails with: the same as that of a resolver.
    #[expect(clippy::disallowed_types, reason = "as below")]
    pub fn of_field(self, field: &Context<'_>) -> ServerError {
        field.set_error_path(async_graphql::Error::from(self).into_server_error(field.item.pos))
    }
}

/// Whether the error is of a field alone, of which others know nothing: what the database holds there, or what is given to it.
pub fn is_of_field(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    matches!(code, Some(Value::String(code)) if [code::OUT_OF_RANGE, code::BAD_USER_INPUT].contains(&code.as_str()))
}

impl From<Beyond> for Error {
    /// Of an answer's bytes.
    fn from(beyond: Beyond) -> Self {
        match beyond {
            Beyond::Most(most, of) => {
                Self::TooComplex(format!("{of} more bytes than are allowed: {most} (`--max-response-bytes`)"))
            }
            Beyond::Full(full) => Self::Full(full),
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let kind = match &error {
            error if timed_out(error) => Self::TimedOut,
            error if is_unavailable(error) => Self::Unavailable,
            _ => Self::Internal,
        };
        kind(Arc::new(Cause::Database(error)))
    }
}

impl From<SqlxError> for Error {
    /// Of what the driver read, without SeaORM.
    fn from(error: SqlxError) -> Self {
        of_driver(error).into()
    }
}

/// The driver's error, as SeaORM has it.
pub fn of_driver(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

/// The driver's error in SeaORM's, if it is one.
pub fn driver_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => Some(source),
        _ => None,
    }
}

/// The database's own words for an error, if it is the database's, or else the driver's: for the operator alone.
pub fn message_of(error: &DbErr) -> String {
    match driver_error(error) {
        Some(SqlxError::Database(error)) => error.message().to_owned(),
        Some(source) => source.to_string(),
        None => match error {
            DbErr::Custom(words) => words.clone(),
            error => error.to_string(),
        },
    }
}

/// The database's own code of an error, if it is the database's: PostgreSQL's SQLSTATE, or SQLite's extended result code.
pub fn code_of(error: &DbErr) -> Option<Cow<'_, str>> {
    driver_error(error)?.as_database_error()?.code()
}

/// Whether the database ended the statement: PostgreSQL's query_canceled, and SQLITE_INTERRUPT.
fn timed_out(error: &DbErr) -> bool {
    matches!(code_of(error).as_deref(), Some("57014" | "9"))
}

/// What must be unique and is there already.
pub struct Taken {
    /// In which table, or partition; `None` of an index by expressions on SQLite.
    pub table: Option<String>,
    /// By which columns, or by what expressions.
    pub columns: Vec<String>,
}

/// What was taken already, if the database refused to write for that, and says what.
pub fn taken(error: &DbErr) -> Option<Taken> {
    let error = driver_error(error)?.as_database_error().filter(|error| error.is_unique_violation())?;
    let Some(postgres) = error.try_downcast_ref::<PgDatabaseError>() else {
        // `UNIQUE constraint failed: t.a, t.b`, or `…: index 'name'`.
        let (_, named) = error.message().split_once(": ")?;
        let columns: Option<Vec<_>> = named.split(", ").map(|name| name.rsplit_once('.')).collect();
        let columns = columns.unwrap_or_default();
        let table = columns.first().map(|(table, _)| (*table).to_owned());
        return Some(Taken { table, columns: columns.into_iter().map(|(_, column)| column.to_owned()).collect() });
    };
    // Whatever its language: `Key (a, b)=(1, 2) already exists.`
    let (_, columns) = postgres.detail()?.split_once(")=(")?.0.split_once('(')?;
    let columns = columns.split(", ").map(|column| column.trim_matches('"').to_owned()).collect();
    Some(Taken { table: postgres.table().map(str::to_owned), columns })
}

/// Whether the database refused to delete a row because others refer to it: PostgreSQL's foreign_key_violation or restrict_violation, and
/// what SQLite says of either, by several codes.
pub fn is_referred_to(error: &DbErr) -> bool {
    let Some(SqlxError::Database(error)) = driver_error(error) else { return false };
    matches!(error.code().as_deref(), Some("23503" | "23001")) || error.message() == "FOREIGN KEY constraint failed"
}

/// Whether the database was not there, or too busy, rather than asked something that it could not answer.
fn is_unavailable(error: &DbErr) -> bool {
    let Some(source) = driver_error(error) else {
        return matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_));
    };
    match source {
        SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => true,
        SqlxError::Database(error) => error.code().is_some_and(|code| match code.len() {
            // PostgreSQL, Appendix A: connection exceptions, transaction rollback, insufficient resources, operator intervention,
            // system errors; a statement without a name that is there no more; a server that writes no longer
            // (read_only_sql_transaction), a transaction that was idle for too long, a lock that another has (lock_not_available);
            // and of a new connection, a user or a database that it refuses.
            5 => ["08", "26", "28", "3D", "40", "53", "57", "58", "25006", "25P03", "55000", "55P03"]
                .iter()
                .any(|class| code.starts_with(class)),
            // SQLite's extended result codes: SQLITE_BUSY (5), SQLITE_LOCKED (6), SQLITE_READONLY (8), SQLITE_IOERR (10) and
            // SQLITE_FULL (13) are the low byte.
            _ => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13)),
        }),
        _ => false,
    }
}

#[expect(clippy::disallowed_types, reason = "the one place where our error becomes async-graphql's")]
impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let (message, code, source) = match error {
            Error::BadUserInput(message) => (message, code::BAD_USER_INPUT, None),
            Error::TooComplex(message) => (message, code::TOO_COMPLEX, None),
            Error::Unavailable(cause) => ("the database is unavailable".to_owned(), code::UNAVAILABLE, Some(cause)),
            Error::Full(full) => (full.problem().to_owned(), code::UNAVAILABLE, None),
            Error::TimedOut(cause) if matches!(*cause, Cause::Late) => (
                "the answer took too long to write (`--request-timeout`); ask for less".to_owned(),
                code::TIMEOUT,
                Some(cause),
            ),
            Error::TimedOut(cause) => {
                let message = "the database took too long (`--request-timeout`); ask for less, or filter and order by columns with \
                               an index";
                (message.to_owned(), code::TIMEOUT, Some(cause))
            }
            Error::OutOfRange => {
                let message = "the stored value is none of this field's type, such as a moment of the year 10000 or an infinite \
                               number; or, on SQLite, it is not spelt as this server writes it";
                (message.to_owned(), code::OUT_OF_RANGE, None)
            }
            Error::Internal(cause) => ("internal error".to_owned(), code::INTERNAL, Some(cause)),
        };
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", code);
        Self { message, source: source.map(|cause| cause as _), extensions: Some(extensions) }
    }
}

/// Completes the errors of an answer: every one gets a code, and one whose cause is on the server's side gets the
/// request's id, under which the cause is logged, once for all the fields that it failed.
pub fn complete(errors: &mut [ServerError], request_id: &str) {
    let mut logged: Vec<*const Cause> = Vec::new();
    for error in errors {
        if let Some(cause) = error.source::<Cause>() {
            if !logged.contains(&std::ptr::from_ref(cause)) {
                logged.push(cause);
                let (path, cause) = (format!("{:?}", error.path), format!("{cause:?}"));
                let (path, cause) = (cut(&path, MOST), cut(&cause, MOST_OF_DATABASE));
                tracing::error!(request_id, %path, %cause, "{}", error.message);
            }
            error.extensions.get_or_insert_default().set("requestId", request_id);
        }
        // An error without a code is async-graphql's own. With a path, it is an argument's value that could not be read.
        let code = if error.path.is_empty() { code::GRAPHQL_VALIDATION_FAILED } else { code::BAD_USER_INPUT };
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", code);
        }
    }
}

/// The error of a request for whose bytes there is no room.
pub fn full(full: Full) -> ServerError {
    of_request(ServerError::new(full.problem(), None), code::UNAVAILABLE)
}

/// An error of the whole request, made before anything ran.
pub fn of_request(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_default().set("code", code);
    error
}

/// As much of a client's text as an error message repeats.
pub fn excerpt(text: &str) -> String {
    cut(text, 80).into_owned()
}
