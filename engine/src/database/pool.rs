//! Connections to a database, and how transactions begin on them.

use std::{
    fmt::{Debug, Formatter, Result as Formatted},
    sync::Arc,
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    metric::Info,
    prelude::async_trait,
    sqlx::{Database as SqlxDatabase, PgPool, Pool as SqlxPool},
};

use super::{
    attendance::Abandoned,
    sessions::Sessions,
    transaction::{Observer, Transaction},
};

/// The isolation of a transaction that waits for another's end: a snapshot would be from before the wait.
const COMMITTED: &str = "ISOLATION LEVEL READ COMMITTED";

/// What a pool's transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read, all of one moment.
    Read,
    /// Write, and read what they wrote.
    Write,
}

/// How many connections a pool has, and may have.
pub struct Usage {
    /// Those in use.
    pub used: i64,
    /// Those that wait to be used.
    pub idle: i64,
    /// How many there may be.
    pub most: i64,
}

/// Connections to a database. Clones share them.
///
/// Behind a pooler, what runs on the pool itself runs in a transaction of its own.
#[derive(Clone)]
pub struct Pool {
    connections: DatabaseConnection,
    access: Access,
    sessions: Sessions,
    /// What begins a transaction on PostgreSQL, and what is set in it.
    begin: Arc<str>,
    set: Arc<str>,
    abandoned: Abandoned,
    observer: Option<Observer>,
}

impl Debug for Pool {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        formatter.debug_struct("Pool").field("access", &self.access).field("sessions", &self.sessions).finish()
    }
}

impl Pool {
    /// A pool of these connections. In a transaction on PostgreSQL, that is `set`.
    pub fn new(
        connections: DatabaseConnection,
        access: Access,
        sessions: Sessions,
        set: &str,
        abandoned: Abandoned,
    ) -> Self {
        // READ WRITE is not said: it would be refused by a standby, which is not ready, but there.
        let mode = if access == Access::Read { " READ ONLY" } else { "" };
        let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ{mode}; {set}").into();
        Self { connections, access, sessions, begin, set: set.into(), abandoned, observer: None }
    }

    /// The connections themselves, if a statement that is alone needs no transaction: its time limit is the session's, and what is prepared
    /// for it is there when it runs.
    pub fn sessions(&self) -> Option<&DatabaseConnection> {
        self.sessions.are_kept().then_some(&self.connections)
    }

    /// Begins a transaction in which all statements see one moment.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        if self.get_database_backend() == DbBackend::Postgres {
            // Boxed: it is large, and would be moved with the future of whatever loads, also on SQLite.
            return Box::pin(self.begin_as(&self.begin)).await;
        }
        Ok(self.connections.begin_with_options(sqlite(self.access)).await?.into())
    }

    /// Begins a transaction to seed in: another process that would seed or migrate waits for its end.
    pub async fn begin_alone(&self) -> Result<Transaction, DbErr> {
        if self.get_database_backend() != DbBackend::Postgres {
            return self.begin().await;
        }
        let transaction = self.begin_as(&format!("BEGIN {COMMITTED}").into()).await?;
        transaction.execute_unprepared(&lock()).await?;
        Ok(transaction)
    }

    async fn begin_as(&self, begin: &Arc<str>) -> Result<Transaction, DbErr> {
        let are_named = self.sessions.are_named();
        Transaction::begin(self.postgres(), begin, are_named, &self.abandoned, self.observer.clone()).await
    }

    /// Begins what SeaORM's migrator runs in, which takes a transaction of SeaORM's own; alone, if it writes, as in
    /// [`Self::begin_alone`].
    pub async fn begin_for_migrator(&self, is_alone: bool) -> Result<ForMigrator, DbErr> {
        let access = if is_alone { Access::Write } else { Access::Read };
        let transaction = self.connections.begin_with_options(sqlite(access)).await?;
        let forget = if self.sessions.are_named() { "" } else { "DEALLOCATE ALL; " };
        if self.get_database_backend() == DbBackend::Postgres {
            // Who waits has the time that takes.
            let then = if is_alone { lock() } else { self.set.to_string() };
            transaction.execute_unprepared(&format!("SET TRANSACTION {COMMITTED}; {forget}{then}")).await?;
        }
        Ok(ForMigrator { transaction, forget })
    }

    /// Runs what asks something of this database: see [`super::Database::attend`].
    pub fn attend<F: Future>(&self, run: F) -> impl Future<Output = F::Output> {
        self.abandoned.attend(None, run)
    }

    /// The driver's pool.
    ///
    /// # Panics
    /// If the database is not PostgreSQL.
    pub fn postgres(&self) -> &PgPool {
        self.connections.get_postgres_connection_pool()
    }

    /// Calls this with each statement that ran, transaction control apart.
    pub fn set_metric_callback(&mut self, observe: impl Fn(&Info<'_>) + Send + Sync + 'static) {
        let observer: Observer = Arc::new(observe);
        self.observer = Some(Arc::clone(&observer));
        self.connections.set_metric_callback(move |info| observer(info));
    }

    /// How many connections there are.
    pub fn usage(&self) -> Usage {
        fn of<DB: SqlxDatabase>(pool: &SqlxPool<DB>) -> Usage {
            let (size, idle) = (i64::from(pool.size()), pool.num_idle() as i64);
            Usage { used: (size - idle).max(0), idle, most: pool.options().get_max_connections().into() }
        }
        match self.get_database_backend() {
            DbBackend::Postgres => of(self.postgres()),
            _ => of(self.connections.get_sqlite_connection_pool()),
        }
    }

    /// Closes all connections.
    pub async fn close_by_ref(&self) -> Result<(), DbErr> {
        self.connections.close_by_ref().await
    }
}

/// How a transaction begins on SQLite.
fn sqlite(access: Access) -> TransactionOptions {
    // IMMEDIATE: a transaction that reads first and then writes could find the lock taken, and not wait for it.
    let mode = (access == Access::Write).then_some(SqliteTransactionMode::Immediate);
    TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() }
}

/// The one row that a question is answered with.
pub async fn ask(connection: &impl ConnectionTrait, question: &str) -> Result<QueryResult, DbErr> {
    let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), question)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(question.to_owned()))
}

/// Has whoever migrates or seeds on PostgreSQL wait for who does.
fn lock() -> String {
    /// The key of the lock: the program's name, as a number.
    const KEY: i64 = i64::from_be_bytes(*b"dovetail");
    // The transaction's lock, not the session's: behind a pooler, the next transaction may be in another session.
    format!("SELECT pg_advisory_xact_lock({KEY})")
}

/// Runs a statement on the connections of a pool, or, behind a pooler, in a transaction of its own.
macro_rules! run_alone {
    ($pool:ident, $connection:ident => $run:expr) => {
        match $pool.sessions() {
            Some($connection) => $run,
            None => {
                let transaction = $pool.begin().await?;
                let $connection = &transaction;
                let done = $run?;
                transaction.commit().await?;
                Ok(done)
            }
        }
    };
}

#[async_trait::async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.connections.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        run_alone!(self, connection => connection.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        run_alone!(self, connection => connection.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        run_alone!(self, connection => connection.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        run_alone!(self, connection => connection.query_all_raw(statement).await)
    }
}

/// What SeaORM's migrator runs in.
///
/// What that prepares has names. Behind a pooler it is forgotten, before and after: the session is another client's next, for which such
/// a name would stand for something else.
#[derive(Debug)]
pub struct ForMigrator {
    /// The transaction.
    pub transaction: DatabaseTransaction,
    forget: &'static str,
}

impl ForMigrator {
    /// Makes what it wrote last.
    pub async fn commit(self) -> Result<(), DbErr> {
        if !self.forget.is_empty() {
            self.transaction.execute_unprepared(self.forget).await?;
        }
        self.transaction.commit().await
    }
}
