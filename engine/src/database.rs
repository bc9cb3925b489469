//! The two pools, one that reads and one that writes; their migrations, and whether they are ready.

mod attendance;
mod migrations;
pub mod recording;

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::FutureExt;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as SeaOrm, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, SqliteTransactionMode, SqlxError, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection,
        sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
    },
};
use sea_orm_migration::MigratorTraitSelf;
use tokio::{sync::watch, time::sleep};
use url::Url;

use self::attendance::{Abandoned, interrupt_once_unwanted, replaced_when_abandoned};
pub use self::migrations::{Migrations, NoMigrations};
use crate::{
    config::{EMBEDDED_DATABASE, MigrateAction, PoolOptions, without_secrets},
    error::driver_error,
};

/// How long a statement waits for SQLite's one writer before it fails, and a request for a connection that is there for it, but has
/// to be opened: less than a request may take, so that what is told is the lack of a database.
const PATIENCE: Duration = Duration::from_secs(5);

/// What makes every transaction of a PostgreSQL connection read-only.
const READ_ONLY: (&str, &str) = ("default_transaction_read_only", "on");

/// What makes every transaction of a PostgreSQL connection a snapshot: what a mutation's answer reads, too, is of one moment.
const SNAPSHOT: (&str, &str) = ("default_transaction_isolation", "repeatable read");

/// How many connections to PostgreSQL the changes have: one that listens, and two that read them and tell of them.
const CHANGES_CONNECTIONS: u32 = 3;

/// How many rows of SQLite's may wait to be read, each of a few texts: its thread and ours take turns less often.
const ROWS_AHEAD: usize = 100;

/// How much of SQLite's file is mapped into memory, in bytes: the page cache of the system is read in place.
const MAPPED: &str = "268435456";

/// The two pools. Clones share them.
#[derive(Clone, Debug)]
pub struct Database {
    /// For queries: its connections cannot write.
    pub reader: DatabaseConnection,
    /// For mutations.
    pub writer: DatabaseConnection,
    /// For asking whether it is there: connections that no request waits for.
    pub probe: Probe,
    /// For what is of no request: to read the changes that are recorded where mutations write, and to tell of them.
    pub changes: DatabaseConnection,
    /// For reading where mutations write, if queries read a replica, which may be behind.
    fresh: Option<DatabaseConnection>,
    commits: watch::Sender<()>,
    migrations: Migrations,
    connections: Connections,
    abandoned: Abandoned,
}

/// A connection to read with, and one to write with, of no request.
#[derive(Clone, Debug)]
pub struct Probe {
    /// To where queries read.
    pub reader: DatabaseConnection,
    /// To where mutations write.
    pub writer: DatabaseConnection,
}

/// How many connections there are.
#[derive(Clone, Copy, Debug)]
pub struct Connections {
    /// That read.
    pub reading: usize,
    /// That write.
    pub writing: usize,
}

impl Database {
    /// Opens both pools of a database with the tables of `migrations`. On PostgreSQL, a statement may take so long.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub async fn open(url: &str, pools: &PoolOptions, limit: Duration, migrations: Migrations) -> Result<Self> {
        let read_url = pools.read_database_url.as_deref();
        let abandoned = Abandoned::default();
        let writing = |connections| -> Result<ConnectOptions> {
            let mut writing = writer_options(url, connections)?;
            writing.statement_timeout(limit).map_sqlx_postgres_opts(|postgres| postgres.options([SNAPSHOT]));
            Ok(replaced_when_abandoned(writing, &abandoned))
        };
        let writer = connect(writing(pools.write_connections)?).await?;
        let is_sqlite = writer.get_database_backend() == DbBackend::Sqlite;
        if is_sqlite && read_url.is_some() {
            bail!("--read-database-url is for PostgreSQL; an SQLite file is read where it is written");
        }
        if read_url.is_some_and(|url| !url.starts_with("postgres")) {
            bail!("--read-database-url is for another database; allowed is `postgres://USER:PASSWORD@HOST:PORT/NAME`");
        }
        let reading = |url: &str, connections| {
            let mut reading = options(url, connections);
            reading
                .statement_timeout(limit)
                .map_sqlx_postgres_opts(|postgres| postgres.options([READ_ONLY, SNAPSHOT]))
                .map_sqlx_sqlite_opts(|sqlite| tuned(sqlite).pragma("query_only", "on").pragma("mmap_size", MAPPED));
            replaced_when_abandoned(reading, &abandoned)
        };
        // A database in memory is its connection's: there is just one.
        if is_in_memory(url) {
            return Ok(Self {
                reader: writer.clone(),
                probe: Probe { reader: writer.clone(), writer: writer.clone() },
                changes: writer.clone(),
                fresh: None,
                commits: watch::Sender::default(),
                connections: Connections { reading: 1, writing: 1 },
                writer,
                migrations,
                abandoned,
            });
        }
        let reader = connect(reading(read_url.unwrap_or(url), pools.read_connections)).await?;
        let lazily = async |mut options: ConnectOptions| {
            options.min_connections(0).connect_lazy(true);
            connect(options).await
        };
        let probe =
            Probe { reader: lazily(reading(read_url.unwrap_or(url), 1)).await?, writer: lazily(writing(1)?).await? };
        let changes = match is_sqlite {
            true => lazily(reading(url, 1)).await?,
            false => lazily(writing(CHANGES_CONNECTIONS)?).await?,
        };
        let fresh = match read_url {
            None => None,
            Some(_) => Some(lazily(reading(url, pools.read_connections)).await?),
        };
        let connections = Connections {
            reading: pools.read_connections as usize,
            writing: if is_sqlite { 1 } else { pools.write_connections as usize },
        };
        let commits = watch::Sender::default();
        Ok(Self { reader, writer, probe, changes, fresh, commits, migrations, connections, abandoned })
    }

    /// The same database, of which queries too are read where mutations write.
    #[must_use]
    pub fn in_one_place(&self) -> Self {
        Self { reader: self.fresh.as_ref().unwrap_or(&self.reader).clone(), ..self.clone() }
    }

    /// Says that something was committed.
    pub fn committed(&self) {
        self.commits.send_replace(());
    }

    /// What changes whenever a mutation of this program was committed.
    pub fn commits(&self) -> watch::Receiver<()> {
        self.commits.subscribe()
    }

    /// How many connections there are.
    pub fn connections(&self) -> Connections {
        self.connections
    }

    /// Runs what a request asks. Once it is dropped, or past the moment that is set, what runs for it on the database ends: SQLite
    /// is interrupted, and a connection to PostgreSQL is closed, which has it cancel what it runs.
    pub fn attend<F: Future>(&self, until: Option<Instant>, run: F) -> impl Future<Output = F::Output> {
        self.abandoned.attend(until, run)
    }

    /// Begins a transaction that writes, and reads what it wrote.
    pub async fn begin_writing(&self) -> Result<DatabaseTransaction, DbErr> {
        // IMMEDIATE: a transaction that reads first and then writes could find the lock taken, and not wait for it.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writer.begin_with_options(options).await
    }

    /// Begins a read-only transaction, in which all statements see one moment.
    pub async fn begin_reading(&self) -> Result<DatabaseTransaction, DbErr> {
        // On PostgreSQL because the reader's connections are opened so: one round trip less than to say it each time. On
        // SQLite by nature (<https://sqlite.org/isolation.html>).
        self.reader.begin().await
    }
}

/// Makes sure that the tables are those that the program of this name knows: brings an embedded database up to date, and refuses a
/// PostgreSQL that is not.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn ensure_migrated(writer: &DatabaseConnection, migrations: Migrations, program: &str) -> Result<()> {
    let unfit = match pending(writer, migrations).await.map_err(|error| explain(&error))? {
        None => unrecorded(writer, migrations).await?,
        pending => pending,
    };
    match unfit {
        None => Ok(()),
        Some(_) if writer.get_database_backend() == DbBackend::Sqlite => migrate(writer, migrations, MigrateAction::Up)
            .await
            .map_err(|error| explain(&error))
            .context("cannot migrate"),
        Some(unfit) => bail!("{unfit}; run `{program} migrate up`"),
    }
}

/// Whether changes are not recorded that should be, if so.
async fn unrecorded(writer: &DatabaseConnection, migrations: Migrations) -> Result<Option<String>> {
    let recorded = migrations.recorded();
    if migrations.migrations().is_empty() {
        ensure!(
            recorded.is_empty(),
            "changes are recorded by what `migrate` makes, but this program has no migrations; `const CHANGES: bool = false` of its \
             types says that it tells of none"
        );
        return Ok(None);
    }
    let is_in_place = recording::is_in_place(writer, &recorded).await.map_err(|error| explain(&error))?;
    Ok((!is_in_place).then(|| "the changes of this database are not recorded as this program reads them".to_owned()))
}

/// Migrates in one transaction: all is applied, or nothing. Changes are recorded from then on, but not those that it makes: who is told
/// of changes is told to begin anew.
pub async fn migrate(writer: &DatabaseConnection, migrations: Migrations, action: MigrateAction) -> Result<(), DbErr> {
    let is_sqlite = writer.get_database_backend() == DbBackend::Sqlite;
    // `fresh` drops tables that others refer to, and SQLite does not change this setting within a transaction.
    let ignores_references = is_sqlite && matches!(action, MigrateAction::Fresh { .. });
    if ignores_references {
        writer.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
    }
    let transaction = begin_alone(writer).await?;
    let recorded = migrations.recorded();
    let is_done = match action {
        MigrateAction::Status => true,
        MigrateAction::Up => {
            migrations.get_pending_migrations_read_only(&transaction).await?.is_empty()
                && recording::is_in_place(&transaction, &recorded).await?
        }
        MigrateAction::Down { .. } | MigrateAction::Fresh { .. } => false,
    };
    if !is_done {
        recording::remove(&transaction).await?;
    }
    match action {
        MigrateAction::Up => migrations.up(&transaction, None).await?,
        MigrateAction::Down { steps } => migrations.down(&transaction, Some(steps)).await?,
        MigrateAction::Fresh { .. } => migrations.fresh(&transaction).await?,
        MigrateAction::Status => {}
    }
    if !is_done {
        recording::put_in_place(&transaction, &recorded).await?;
    }
    transaction.commit().await?;
    if ignores_references {
        writer.execute_unprepared("PRAGMA foreign_keys = ON").await?;
    }
    Ok(())
}

/// Begins a transaction to migrate or to seed in: another process that would do either waits for its end.
pub async fn begin_alone(writer: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    /// The key of the lock on PostgreSQL: the program's name, as a number.
    const KEY: i64 = i64::from_be_bytes(*b"dovetail");
    let is_postgres = writer.get_database_backend() == DbBackend::Postgres;
    let options = TransactionOptions {
        // A snapshot would be from before the wait.
        isolation_level: is_postgres.then_some(IsolationLevel::ReadCommitted),
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = writer.begin_with_options(options).await?;
    if is_postgres {
        // The transaction's lock, not the session's: behind a pooler, the next transaction may be in another session.
        transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({KEY})")).await?;
    }
    Ok(transaction)
}

/// What migrations are pending, if any.
async fn pending(writer: &DatabaseConnection, migrations: Migrations) -> Result<Option<String>, DbErr> {
    Ok(match migrations.get_pending_migrations_read_only(writer).await?.len() {
        0 => None,
        1 => Some("1 migration is pending on this database".to_owned()),
        several => Some(format!("{several} migrations are pending on this database")),
    })
}

/// Whether queries and mutations reach their database, it has the tables that this program knows, and it can be written to;
/// otherwise why not, in words that anybody may read.
pub async fn ready(database: &Database) -> Result<(), String> {
    let unavailable = |error: DbErr| {
        tracing::warn!(%error, "not ready");
        "the database is unavailable".to_owned()
    };
    let Probe { reader, writer } = &database.probe;
    let ask = async |connection: &DatabaseConnection, question| {
        let statement = Statement::from_string(connection.get_database_backend(), question);
        connection.query_one_raw(statement).await.map_err(unavailable)
    };
    ask(reader, "SELECT 1").await?;
    if let Some(pending) = pending(writer, database.migrations).await.map_err(unavailable)? {
        return Err(pending);
    }
    if writer.get_database_backend() == DbBackend::Postgres {
        let row = ask(writer, "SELECT current_setting('transaction_read_only') = 'on'").await?;
        let is_read_only = row.map(|row| row.try_get_by_index(0)).transpose().map_err(unavailable)?;
        if is_read_only == Some(true) {
            return Err("the database is read-only".to_owned());
        }
    }
    Ok(())
}

/// Opens a pool that writes and has all the time it needs: on SQLite one connection, and the file is created if it is
/// missing.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn open_writer(url: &str, connections: u32) -> Result<DatabaseConnection> {
    connect(writer_options(url, connections)?).await
}

fn writer_options(url: &str, connections: u32) -> Result<ConnectOptions> {
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
    let is_empty = |file: &str| file.trim_start_matches('/').split('?').next().is_none_or(str::is_empty);
    // SQLite would give each connection a database of its own, and forget it.
    if !in_memory && url.strip_prefix("sqlite:").is_some_and(is_empty) {
        bail!("the database URL names no file; allowed is `sqlite:FILE`, such as `{EMBEDDED_DATABASE}`");
    }
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = tuned(sqlite).create_if_missing(true);
        if in_memory {
            return sqlite;
        }
        create_privately(sqlite.get_filename());
        sqlite.journal_mode(SqliteJournalMode::Wal)
    });
    Ok(options)
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

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection> {
    let cannot = format!("cannot open {}", without_secrets(options.get_url()));
    // SeaORM would panic.
    if let Err(error) = Url::parse(options.get_url()) {
        bail!(
            "{cannot}: it is no URL ({error}); in a user and a password, `/` is written `%2F`, `?` `%3F`, and `#` `%23`"
        );
    }
    /// How long to wait for whoever else turns WAL on.
    const PAUSE: Duration = Duration::from_millis(20);
    let began = Instant::now();
    loop {
        match SeaOrm::connect(options.clone()).await {
            // Of several processes that turn WAL on in a new file at once, SQLite lets one, and the others fail without a wait.
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => sleep(PAUSE).await,
            result => return result.map_err(|error| explain(&error)).context(cannot),
        }
    }
}

/// Whether another process holds SQLite's lock.
fn is_busy(error: &DbErr) -> bool {
    let Some(SqlxError::Database(error)) = driver_error(error) else { return false };
    matches!(error.code().as_deref(), Some("5" | "261" | "517"))
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
        _ if is_busy(error) => "another process holds its lock: stop that, or choose another --database-url",
        SqlxError::Io(_) => "is the server running, and is --database-url right?",
        SqlxError::Database(error) => match error.code().as_deref() {
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
