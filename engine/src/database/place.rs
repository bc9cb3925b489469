//! A place where a database is reached, and the pools that are opened there.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::FutureExt;
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr, SqlxError,
    sqlx::{
        Connection,
        postgres::PgConnectOptions,
        sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::time::sleep;
use url::Url;

use super::{
    attendance::{Abandoned, PATIENCE, interrupt_once_unwanted, replaced_when_abandoned},
    pool::{Access, Pool, ask},
    sessions::{NOTICES_CLOSING, Sessions},
};
use crate::{
    config::{DatabaseOptions, EMBEDDED_DATABASE, without_secrets},
    error::{code_of, driver_error, message_of},
};

/// What makes every transaction of a PostgreSQL session read-only.
const READ_ONLY: (&str, &str) = ("default_transaction_read_only", "on");

/// How many rows of SQLite's may wait to be read, each of a few texts: its thread and ours take turns less often.
const ROWS_AHEAD: usize = 100;

/// How much of SQLite's file is mapped into memory, in bytes: the page cache of the system is read in place.
const MAPPED: &str = "268435456";

/// A place where a database is reached.
#[derive(Clone, Debug)]
pub struct Place {
    url: String,
    sessions: Sessions,
    /// How long a statement may take, on PostgreSQL.
    limit: Option<Duration>,
    abandoned: Abandoned,
}

impl Place {
    /// The place of these options. What is abandoned there is `abandoned`.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub async fn find(options: &DatabaseOptions, limit: Option<Duration>, abandoned: Abandoned) -> Result<Self> {
        let url = options.database_url.clone();
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        let sessions = match scheme {
            Some("sqlite") => Sessions::Kept,
            Some("postgres" | "postgresql") => {
                let sessions = Sessions::find(&pool_options(checked(&url)?, 1), options.prepared_statements).await;
                let sessions = sessions.map_err(|error| explain(&error)).with_context(|| cannot_open(&url))?;
                let has_options = url.parse().is_ok_and(|it: PgConnectOptions| it.get_options().is_some());
                ensure!(
                    sessions.are_kept() || !has_options,
                    "{}: its `options` are dropped, by a pooler or with --prepared-statements unnamed; set them for the role or the \
                     database (`ALTER ROLE … SET …`)",
                    cannot_open(&url)
                );
                sessions
            }
            _ => {
                // What has other letters is no scheme, but may be a password.
                let scheme = scheme.filter(|scheme| scheme.chars().all(|letter| letter.is_ascii_lowercase()));
                bail!(
                    "the database URL begins with `{}:`; allowed are `sqlite:FILE` and \
                     `postgres://USER:PASSWORD@HOST:PORT/NAME`: set --database-url or DATABASE_URL",
                    scheme.unwrap_or_default()
                )
            }
        };
        let is_empty = |file: &str| file.trim_start_matches('/').split('?').next().is_none_or(str::is_empty);
        // SQLite would give each connection a database of its own, and forget it.
        if !is_in_memory(&url) && url.strip_prefix("sqlite:").is_some_and(is_empty) {
            bail!("the database URL names no file; allowed is `sqlite:FILE`, such as `{EMBEDDED_DATABASE}`");
        }
        Ok(Self { url, sessions, limit, abandoned })
    }

    /// Whether it is an SQLite file, or one in memory.
    pub fn is_embedded(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// Whether it is its connection's, of which there is just one.
    pub fn is_in_memory(&self) -> bool {
        is_in_memory(&self.url)
    }

    /// Opens a pool of so many connections. Of SQLite one writes, and the file is created if it is missing.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub async fn open(&self, access: Access, connections: u32) -> Result<Pool> {
        let pool = self.pool(connect(self.options(access, connections)).await?, access);
        self.check(&pool, access).await.with_context(|| cannot_open(&self.url))?;
        Ok(pool)
    }

    /// The same, of which no connection is opened before it is needed.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub async fn open_lazily(&self, access: Access, connections: u32) -> Result<Pool> {
        let mut options = self.options(access, connections);
        options.min_connections(0).connect_lazy(true);
        Ok(self.pool(connect(options).await?, access))
    }

    fn pool(&self, connections: DatabaseConnection, access: Access) -> Pool {
        let mut set = Vec::new();
        if let Sessions::Pooled { notice_closing, .. } = self.sessions {
            set.extend(self.limit.map(|limit| format!("SET LOCAL statement_timeout = {}; ", limit.as_millis())));
            set.extend(notice_closing.then(|| format!("SET LOCAL {NOTICES_CLOSING}")));
        }
        Pool::new(connections, access, self.sessions, &set.concat(), self.abandoned.clone())
    }

    /// Makes sure that a transaction is what is said when it begins.
    async fn check(&self, pool: &Pool, access: Access) -> Result<()> {
        if self.is_embedded() {
            return Ok(());
        }
        let what = "SELECT current_setting('transaction_isolation') IN ('repeatable read', 'serializable'), \
                    current_setting('transaction_read_only') = 'on', \
                    (SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout')";
        let asked = async {
            let row = ask(&pool.begin().await?, what).await?;
            Ok::<(bool, bool, i64), DbErr>((
                row.try_get_by_index(0)?,
                row.try_get_by_index(1)?,
                row.try_get_by_index(2)?,
            ))
        };
        let (is_snapshot, is_read_only, limit) = asked.await.map_err(|error| explain(&error))?;
        let has_limit = self.limit.is_none_or(|it| it.as_millis() == limit as u128);
        ensure!(
            is_snapshot && has_limit && (is_read_only || access == Access::Write),
            "a transaction there is not what `BEGIN` asks for (a snapshot: {is_snapshot}, read-only: {is_read_only}, \
             statement_timeout: {limit} ms); is a pooler between that pools single statements? Have it pool transactions or sessions"
        );
        Ok(())
    }

    fn options(&self, access: Access, connections: u32) -> ConnectOptions {
        let connections = if self.is_embedded() && access == Access::Write { 1 } else { connections };
        let mut options = pool_options(&self.url, connections);
        if let Some(limit) = self.limit.filter(|_| self.sessions.are_kept()) {
            options.statement_timeout(limit);
        }
        let (sessions, in_memory) = (self.sessions, self.is_in_memory());
        options.map_sqlx_postgres_opts(move |postgres| {
            let postgres = match sessions.are_named() {
                true => postgres,
                // What is kept of them would have names.
                false => postgres.statement_cache_capacity(0),
            };
            // As many digits as a number has are what PostgreSQL writes of itself, and a pooler refuses to be told.
            let postgres = postgres.extra_float_digits(None);
            if sessions.are_kept() && access == Access::Read { postgres.options([READ_ONLY]) } else { postgres }
        });
        options.map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = tuned(sqlite);
            if access == Access::Read {
                return sqlite.pragma("query_only", "on").pragma("mmap_size", MAPPED);
            }
            let sqlite = sqlite.create_if_missing(true);
            if in_memory {
                return sqlite;
            }
            create_privately(sqlite.get_filename());
            sqlite.journal_mode(SqliteJournalMode::Wal)
        });
        replaced_when_abandoned(options, &self.abandoned, self.sessions)
    }
}

/// What every pool has.
fn pool_options(url: &str, connections: u32) -> ConnectOptions {
    let (mut options, is_sqlite) = (ConnectOptions::new(url), url.starts_with("sqlite"));
    options
        .max_connections(connections)
        .min_connections(u32::from(is_sqlite))
        // Longer than a new connection may wait for SQLite's lock, so that the error is the lock's.
        .acquire_timeout(if is_sqlite { 2 * PATIENCE } else { PATIENCE })
        // A ping would be one round trip more a statement; a connection that broke is an error of the one that meets it.
        .test_before_acquire(false)
        // Off, not quieter: sqlx would still warn of slow statements, and the request's log line has its time.
        .sqlx_logging(false)
        .map_sqlx_sqlite_pool_opts(|pool| pool.after_connect(|connection, _| interrupt_once_unwanted(connection)))
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            async move {
                interrupt_once_unwanted(connection).await?;
                Ok(is_in_no_transaction(connection))
            }
            .boxed()
        });
    if is_in_memory(url) {
        // It would be lost with its connection.
        options.idle_timeout(None).max_lifetime(None);
    }
    options
}

/// Whether a connection may be used again; if not, the pool replaces it.
///
/// What SQLite cannot write, for want of room, it rolls back by itself. The ROLLBACK that follows fails then, and sqlx counts a
/// transaction that is none: the next would be a SAVEPOINT in nothing, and after another failure, one that nobody commits.
fn is_in_no_transaction(connection: &SqliteConnection) -> bool {
    !connection.is_in_transaction()
}

/// Creates the file of a new database, which only its owner may read; SQLite gives those beside it the same mode. A file that is
/// there stays as it is. What fails here fails in SQLite too, which says why.
fn create_privately(file: &Path) {
    // SQLite takes such a name for a URI.
    if !file.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    }
}

fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// What every connection to SQLite needs, whether it reads or writes.
fn tuned(sqlite: SqliteConnectOptions) -> SqliteConnectOptions {
    sqlite.foreign_keys(true).busy_timeout(PATIENCE).synchronous(SqliteSynchronous::Normal).row_buffer_size(ROWS_AHEAD)
}

fn cannot_open(url: &str) -> String {
    format!("cannot open {}", without_secrets(url))
}

/// The URL, if it is one: SeaORM would panic.
///
/// # Errors
/// It is none: one line that says why.
pub fn checked(url: &str) -> Result<&str> {
    if let Err(error) = Url::parse(url) {
        bail!(
            "{}: it is no URL ({error}); in a user and a password, `/` is written `%2F`, `?` `%3F`, `#` `%23`, and `,` `%2C`",
            cannot_open(url)
        );
    }
    Ok(url)
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection> {
    /// How long to wait for whoever else turns WAL on.
    const PAUSE: Duration = Duration::from_millis(20);
    let url = checked(options.get_url())?;
    let began = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            // Of several processes that turn WAL on in a new file at once, SQLite lets one, and the others fail without a wait.
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => sleep(PAUSE).await,
            result => return result.map_err(|error| explain(&error)).with_context(|| cannot_open(url)),
        }
    }
}

/// Whether another process holds SQLite's lock.
fn is_busy(error: &DbErr) -> bool {
    matches!(code_of(error).as_deref(), Some("5" | "261" | "517"))
}

/// A database's error as one line for the operator, with what to do about the usual ones.
pub fn explain(error: &DbErr) -> anyhow::Error {
    let words = message_of(error).replace('\n', " ");
    let Some(source) = driver_error(error) else { return anyhow::anyhow!("{words}") };
    let advice = match source {
        SqlxError::PoolTimedOut => {
            return anyhow::anyhow!(
                "no connection within {PATIENCE:?}; is the server running, and is --database-url right?"
            );
        }
        _ if is_busy(error) => "another process holds its lock: stop that, or choose another --database-url",
        SqlxError::Io(_) => "is the server running, and is --database-url right?",
        SqlxError::Database(error) => match error.code().as_deref() {
            Some("14") => "does its folder exist, and may this user write there?",
            Some("26") => "that file is something else: choose another --database-url",
            Some("28P01" | "28000") => "check the user and the password in --database-url",
            Some("42501") => "--database-url is to name a user that may, or it is to be granted to this one",
            // PgBouncer's, of itself.
            Some("08P01") => "if that is a pooler, check its log; it must pool transactions or sessions",
            Some("3D000") => "create it, or check the name in --database-url",
            _ => "check --database-url",
        },
        _ => "check --database-url",
    };
    anyhow::anyhow!("{words}; {advice}")
}
