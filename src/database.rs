//! Opening the database: one pool that reads, one that writes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use futures_util::{FutureExt, future::BoxFuture};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as SeaOrm, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, SqlxError, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection,
        sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::{config::PoolOptions, error::driver_error};

/// How long a statement waits for SQLite's one writer before it fails, and a request for a connection to PostgreSQL: less
/// than a request may take, so that what is told is the lack of a database.
const PATIENCE: Duration = Duration::from_secs(5);

/// What makes every transaction of a PostgreSQL connection read-only.
const READ_ONLY: (&str, &str) = ("default_transaction_read_only", "on");

/// What makes every transaction of a PostgreSQL connection a snapshot: what a mutation's answer reads, too, is of one moment.
const SNAPSHOT: (&str, &str) = ("default_transaction_isolation", "repeatable read");

/// How many rows of SQLite's may wait to be read: its thread and ours take turns less often.
const ROWS_AHEAD: usize = 1_000;

/// How much of SQLite's file is mapped into memory, in bytes: the page cache of the system is read in place.
const MAPPED: &str = "268435456";

/// The two pools. Clones share them.
#[derive(Clone, Debug)]
pub struct Database {
    /// For queries: its connections cannot write.
    pub reader: DatabaseConnection,
    /// For mutations.
    pub writer: DatabaseConnection,
    limit: Duration,
    deadline: Deadline,
}

/// Until when what SQLite's one writer runs may take: a transaction's time. Whatever else it runs has none.
type Deadline = Arc<Mutex<Option<Instant>>>;

impl Database {
    /// Opens both pools, of which a statement may take so long.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub async fn open(url: &str, pools: &PoolOptions, limit: Duration) -> Result<Self> {
        let read_url = pools.read_database_url.as_deref();
        let deadline = Deadline::default();
        let mut writing = writer_options(url, pools.write_connections, &deadline)?;
        writing.statement_timeout(limit).map_sqlx_postgres_opts(|postgres| postgres.options([SNAPSHOT]));
        let writer = connect(writing).await?;
        let mut reading = options(read_url.unwrap_or(url), pools.read_connections);
        let reader = match writer.get_database_backend() {
            DbBackend::Sqlite if read_url.is_some() => {
                bail!("--read-database-url is for PostgreSQL; an SQLite file is read where it is written")
            }
            // A database in memory is its connection's: there is just one.
            DbBackend::Sqlite if is_in_memory(url) => writer.clone(),
            DbBackend::Sqlite => {
                reading
                    .map_sqlx_sqlite_opts(|sqlite| tuned(sqlite).pragma("query_only", "on").pragma("mmap_size", MAPPED))
                    .map_sqlx_sqlite_pool_opts(move |pool| pool.after_connect(move |it, _| interrupt_after(it, limit)))
                    .map_sqlx_sqlite_before_acquire(move |it, _| {
                        async move {
                            interrupt_after(it, limit).await?;
                            Ok(is_in_no_transaction(it))
                        }
                        .boxed()
                    });
                connect(reading).await?
            }
            _ => {
                reading
                    .statement_timeout(limit)
                    .map_sqlx_postgres_opts(|postgres| postgres.options([READ_ONLY, SNAPSHOT]));
                connect(reading).await?
            }
        };
        Ok(Self { reader, writer, limit, deadline })
    }

    /// Begins a transaction that writes, and reads what it wrote. Its statements may take as long as a request.
    pub async fn begin_writing(&self) -> Result<DatabaseTransaction, DbErr> {
        // IMMEDIATE: a transaction that reads first and then writes could find the lock taken, and not wait for it.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writer.begin_with_options(options).await?;
        // SQLite has one writer: nobody else's time is changed.
        *lock(&self.deadline) = Some(Instant::now() + self.limit);
        Ok(transaction)
    }

    /// Begins a read-only transaction, in which all statements see one moment.
    pub async fn begin_reading(&self) -> Result<DatabaseTransaction, DbErr> {
        // On PostgreSQL because the reader's connections are opened so: one round trip less than to say it each time. On
        // SQLite by nature (<https://sqlite.org/isolation.html>).
        self.reader.begin().await
    }
}

/// Makes sure that the tables are those that this program knows: brings an embedded database up to date, and refuses a
/// PostgreSQL that is not.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn ensure_migrated(writer: &DatabaseConnection) -> Result<()> {
    if writer.get_database_backend() == DbBackend::Sqlite {
        return Migrator::up(writer, None).await.map_err(|error| explain(&error)).context("cannot migrate");
    }
    match pending(writer).await.map_err(|error| explain(&error))? {
        None => Ok(()),
        Some(pending) => bail!("{pending}; run `dovetail migrate up`"),
    }
}

/// What migrations are pending, if any.
async fn pending(writer: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    Ok(match Migrator::get_pending_migrations_read_only(writer).await?.len() {
        0 => None,
        1 => Some("1 migration is pending on this database".to_owned()),
        several => Some(format!("{several} migrations are pending on this database")),
    })
}

/// Whether both pools reach their database, and it has the tables that this program knows; otherwise why not, in words that
/// anybody may read.
pub async fn ready(database: &Database) -> Result<(), String> {
    let unavailable = |error: DbErr| {
        tracing::warn!(%error, "not ready");
        "the database is unavailable".to_owned()
    };
    database
        .reader
        .query_one_raw(Statement::from_string(database.reader.get_database_backend(), "SELECT 1"))
        .await
        .map_err(unavailable)?;
    pending(&database.writer).await.map_err(unavailable)?.map_or(Ok(()), Err)
}

/// Opens a pool that writes and has all the time it needs: on SQLite one connection, and the file is created if it is
/// missing.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn open_writer(url: &str, connections: u32) -> Result<DatabaseConnection> {
    connect(writer_options(url, connections, &Deadline::default())?).await
}

fn writer_options(url: &str, connections: u32, deadline: &Deadline) -> Result<ConnectOptions> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    let mut options = match scheme {
        Some("sqlite") => options(url, 1),
        Some("postgres" | "postgresql") => options(url, connections),
        _ => bail!(
            "the database URL begins with `{}:`; allowed are `sqlite:FILE` and \
             `postgres://USER:PASSWORD@HOST:PORT/NAME`: set --database-url or DATABASE_URL",
            scheme.unwrap_or_default()
        ),
    };
    let in_memory = is_in_memory(url);
    if !in_memory {
        let (set, ended) = (Arc::clone(deadline), Arc::clone(deadline));
        options
            .map_sqlx_sqlite_pool_opts(move |pool| {
                let set = Arc::clone(&set);
                pool.after_connect(move |it, _| {
                    let set = Arc::clone(&set);
                    interrupt_when(it, move || lock(&set).is_some_and(|deadline| deadline < Instant::now()))
                })
            })
            .map_sqlx_sqlite_before_acquire(move |connection, _| {
                let ended = Arc::clone(&ended);
                async move {
                    // What used it last, or the rollback of that, may be on its way still.
                    drop(connection.lock_handle().await?);
                    *lock(&ended) = None;
                    Ok(is_in_no_transaction(connection))
                }
                .boxed()
            });
    }
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = tuned(sqlite).create_if_missing(true);
        if in_memory { sqlite } else { sqlite.journal_mode(SqliteJournalMode::Wal) }
    });
    Ok(options)
}

fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// What every connection to SQLite needs, whether it reads or writes.
fn tuned(sqlite: SqliteConnectOptions) -> SqliteConnectOptions {
    sqlite.foreign_keys(true).busy_timeout(PATIENCE).synchronous(SqliteSynchronous::Normal).row_buffer_size(ROWS_AHEAD)
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let (mut options, is_sqlite) = (ConnectOptions::new(url), url.starts_with("sqlite"));
    options
        .max_connections(connections)
        .min_connections(u32::from(is_sqlite))
        // Longer than a new connection may wait for SQLite's lock, so that the error is the lock's.
        .acquire_timeout(if is_sqlite { 2 * PATIENCE } else { PATIENCE })
        // A ping would be one round trip more a statement; a connection that broke is an error of the one that meets it.
        .test_before_acquire(false)
        // Off, not quieter: sqlx would still warn of slow statements, and the request's log line has its time.
        .sqlx_logging(false);
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

/// Has SQLite interrupt what runs on the connection once the limit has passed.
fn interrupt_after(connection: &mut SqliteConnection, limit: Duration) -> BoxFuture<'_, Result<(), SqlxError>> {
    let deadline = Instant::now() + limit;
    interrupt_when(connection, move || deadline < Instant::now())
}

/// Has SQLite interrupt what runs on the connection when it is due.
fn interrupt_when(
    connection: &mut SqliteConnection,
    is_due: impl Fn() -> bool + Send + 'static,
) -> BoxFuture<'_, Result<(), SqlxError>> {
    /// How many of SQLite's instructions run between two looks at the clock: well under a millisecond.
    const INSTRUCTIONS: i32 = 10_000;
    async move {
        connection.lock_handle().await?.set_progress_handler(INSTRUCTIONS, move || !is_due());
        Ok(())
    }
    .boxed()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection> {
    let shown = without_password(options.get_url());
    SeaOrm::connect(options).await.map_err(|error| explain(&error)).with_context(|| format!("cannot open {shown}"))
}

/// The URL without what must not be shown.
fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut url) if url.password().is_some() => {
            // Fails only for a URL that cannot have a password.
            let _ = url.set_password(Some("***"));
            url.into()
        }
        _ => url.to_owned(),
    }
}

/// A database's error as one line for the operator, with what to do about the usual ones.
pub fn explain(error: &DbErr) -> anyhow::Error {
    let Some(source) = driver_error(error) else {
        return anyhow::anyhow!("{}", error.to_string().replace('\n', " "));
    };
    let advice = match source {
        SqlxError::PoolTimedOut => {
            return anyhow::anyhow!(
                "no connection within {PATIENCE:?}; is the server running, and is --database-url right?"
            );
        }
        SqlxError::Io(_) => "is the server running, and is --database-url right?",
        SqlxError::Database(error) => match error.code().as_deref() {
            Some("5" | "261" | "517") => "another process holds its lock: stop that, or choose another --database-url",
            Some("14") => "does its folder exist, and may this user write there?",
            Some("26") => "that file is something else: choose another --database-url",
            Some("28P01" | "28000") => "check the user and the password in --database-url",
            Some("3D000") => "create it, or check the name in --database-url",
            _ => "check --database-url",
        },
        _ => "check --database-url",
    };
    anyhow::anyhow!("{}; {advice}", source.to_string().replace('\n', " "))
}
