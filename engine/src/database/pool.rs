//! Connections to a database, and the transactions that are begun on them.
//!
//! SeaORM says `BEGIN`, and in another round trip what the transaction is to be. On PostgreSQL, [`Pool::begin`] says both at once: a
//! pooler, which may drop what is said when a connection is opened, cannot drop that.

use std::{
    fmt::{Debug, Formatter, Result as Formatted},
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::{Poll, ready},
    time::Instant,
};

use futures_util::{Stream, TryStreamExt};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, SqliteTransactionMode, SqlxError, Statement, StreamTrait, TransactionOptions,
    TransactionTrait,
    metric::Info,
    prelude::async_trait,
    sea_query::Values,
    sqlx::{AssertSqlSafe, Executor, PgPool, PgTransaction, Postgres, query::Query, query_with},
};
use sea_query_sqlx::SqlxValues;
use tokio::{sync::Mutex, time::timeout};

use super::{
    attendance::{Abandoned, PATIENCE},
    sessions::Sessions,
};

/// What a transaction is that waits for another's end: a snapshot would be from before the wait.
const COMMITTED: &str = "ISOLATION LEVEL READ COMMITTED";

/// What a pool's transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read, all of one moment.
    Read,
    /// Write, and read what they wrote.
    Write,
}

/// What is called with each statement that ran.
type Observer = Arc<dyn Fn(&Info<'_>) + Send + Sync>;

/// Connections to a database. Clones share them.
///
/// Behind a pooler, what runs on the pool itself runs in a transaction of its own.
#[derive(Clone)]
pub struct Pool {
    connections: DatabaseConnection,
    access: Access,
    sessions: Sessions,
    /// What begins a transaction on PostgreSQL.
    begin: Arc<str>,
    abandoned: Abandoned,
    observer: Option<Observer>,
}

impl Debug for Pool {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        formatter.debug_struct("Pool").field("access", &self.access).field("sessions", &self.sessions).finish()
    }
}

impl Pool {
    /// A pool of these connections, of which `begin` begins a transaction on PostgreSQL.
    pub fn new(
        connections: DatabaseConnection,
        access: Access,
        sessions: Sessions,
        begin: &str,
        abandoned: Abandoned,
    ) -> Self {
        Self { connections, access, sessions, begin: begin.into(), abandoned, observer: None }
    }

    /// The connections themselves, if a statement that is alone needs no transaction: its time limit is the session's, and what is prepared
    /// for it is there when it runs.
    pub fn sessions(&self) -> Option<&DatabaseConnection> {
        self.sessions.are_kept.then_some(&self.connections)
    }

    /// Begins a transaction in which all statements see one moment.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        if self.get_database_backend() == DbBackend::Postgres {
            return self.begin_as(&self.begin).await;
        }
        // IMMEDIATE: a transaction that reads first and then writes could find the lock taken, and not wait for it.
        let mode = (self.access == Access::Write).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
        Ok(Transaction(Kind::SeaOrm(self.connections.begin_with_options(options).await?)))
    }

    /// Begins a transaction to seed in: another process that would seed or migrate waits for its end.
    pub async fn begin_alone(&self) -> Result<Transaction, DbErr> {
        if self.get_database_backend() != DbBackend::Postgres {
            return self.begin().await;
        }
        let transaction = self.begin_as(&format!("BEGIN {COMMITTED}")).await?;
        transaction.execute_unprepared(&lock()).await?;
        Ok(transaction)
    }

    async fn begin_as(&self, begin: &str) -> Result<Transaction, DbErr> {
        let pool = self.connections.get_postgres_connection_pool();
        // A pooler has a client wait for as long as it cannot reach the server.
        let beginning = self.abandoned.attend(None, pool.begin_with(AssertSqlSafe(begin)));
        let begun = timeout(PATIENCE, beginning).await.unwrap_or(Err(SqlxError::PoolTimedOut));
        let begun = begun.map_err(|error| match error {
            SqlxError::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            SqlxError::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
        })?;
        Ok(Transaction(Kind::Postgres(PostgresTransaction {
            transaction: Mutex::new(begun),
            are_named: self.sessions.are_named,
            observer: self.observer.clone(),
        })))
    }

    /// Begins what SeaORM's migrator runs in, which takes a transaction of SeaORM's own; alone, if it writes, as in
    /// [`Self::begin_alone`].
    pub async fn begin_for_migrator(&self, is_alone: bool) -> Result<ForMigrator, DbErr> {
        let mode = is_alone.then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
        let transaction = self.connections.begin_with_options(options).await?;
        let forget = if self.sessions.are_named { "" } else { "DEALLOCATE ALL; " };
        if self.get_database_backend() == DbBackend::Postgres {
            let lock = if is_alone { lock() } else { String::new() };
            transaction.execute_unprepared(&format!("SET TRANSACTION {COMMITTED}; {forget}{lock}")).await?;
        }
        Ok(ForMigrator { transaction, forget })
    }

    /// What its transactions do.
    pub fn access(&self) -> Access {
        self.access
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

    /// Closes all connections.
    pub async fn close_by_ref(&self) -> Result<(), DbErr> {
        self.connections.close_by_ref().await
    }
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

/// A transaction. Dropped before it is committed, it is rolled back, for which nobody waits.
pub struct Transaction(Kind);

enum Kind {
    /// On SQLite.
    SeaOrm(DatabaseTransaction),
    /// On PostgreSQL.
    Postgres(PostgresTransaction),
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

/// A transaction that was begun in words of our own: SeaORM takes none.
struct PostgresTransaction {
    transaction: Mutex<PgTransaction<'static>>,
    are_named: bool,
    observer: Option<Observer>,
}

impl Debug for Transaction {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        formatter.write_str("Transaction")
    }
}

impl Transaction {
    /// Makes what it wrote last.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::SeaOrm(transaction) => transaction.commit().await,
            Kind::Postgres(PostgresTransaction { transaction, .. }) => {
                transaction.into_inner().commit().await.map_err(failed)
            }
        }
    }

    /// Undoes what it wrote, and waits for that.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::SeaOrm(transaction) => transaction.rollback().await,
            Kind::Postgres(PostgresTransaction { transaction, .. }) => {
                transaction.into_inner().rollback().await.map_err(failed)
            }
        }
    }
}

impl PostgresTransaction {
    /// A statement to run, which is prepared under a name if that is there when it runs.
    fn query<'a>(&self, statement: &'a Statement) -> Query<'a, Postgres, SqlxValues> {
        let values = statement.values.clone().unwrap_or_else(|| Values(Vec::new()));
        query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values)).persistent(self.are_named)
    }

    /// Tells the observer of a statement that ran.
    fn observed<T>(&self, statement: &Statement, began: Instant, done: Result<T, SqlxError>) -> Result<T, DbErr> {
        if let Some(observe) = &self.observer {
            observe(&Info { elapsed: began.elapsed(), statement, failed: done.is_err() });
        }
        done.map_err(failed)
    }
}

/// The driver's error, as SeaORM has it.
fn failed(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Kind::SeaOrm(transaction) => ConnectionTrait::get_database_backend(transaction),
            Kind::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::SeaOrm(transaction) => transaction.execute_raw(statement).await,
            Kind::Postgres(postgres) => {
                let (mut connection, began) = (postgres.transaction.lock().await, Instant::now());
                let done = postgres.query(&statement).execute(&mut **connection).await;
                postgres.observed(&statement, began, done).map(Into::into)
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::SeaOrm(transaction) => transaction.execute_unprepared(sql).await,
            Kind::Postgres(PostgresTransaction { transaction, .. }) => {
                let done = transaction.lock().await.execute(AssertSqlSafe(sql.to_owned())).await;
                done.map(Into::into).map_err(failed)
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Kind::SeaOrm(transaction) => transaction.query_one_raw(statement).await,
            Kind::Postgres(postgres) => {
                let (mut connection, began) = (postgres.transaction.lock().await, Instant::now());
                let row = postgres.query(&statement).fetch_optional(&mut **connection).await;
                Ok(postgres.observed(&statement, began, row)?.map(Into::into))
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Kind::SeaOrm(transaction) => transaction.query_all_raw(statement).await,
            Kind::Postgres(postgres) => {
                let (mut connection, began) = (postgres.transaction.lock().await, Instant::now());
                let rows = postgres.query(&statement).fetch(&mut **connection).map_ok(Into::into).try_collect().await;
                postgres.observed(&statement, began, rows)
            }
        }
    }
}

/// What hands rows over as they arrive.
pub trait EachRow: ConnectionTrait {
    /// Runs a statement, and does this with each of its rows, until that fails.
    fn each<E: From<DbErr> + Send>(
        &self,
        statement: Statement,
        row: impl FnMut(QueryResult) -> Result<(), E> + Send,
    ) -> impl Future<Output = Result<(), E>> + Send;
}

impl EachRow for DatabaseConnection {
    async fn each<E: From<DbErr> + Send>(
        &self,
        statement: Statement,
        row: impl FnMut(QueryResult) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        each_of(self.stream_raw(statement).await?, row).await
    }
}

impl EachRow for Transaction {
    async fn each<E: From<DbErr> + Send>(
        &self,
        statement: Statement,
        row: impl FnMut(QueryResult) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        match &self.0 {
            Kind::SeaOrm(transaction) => each_of(transaction.stream_raw(statement).await?, row).await,
            Kind::Postgres(postgres) => {
                let (mut connection, began) = (postgres.transaction.lock().await, Instant::now());
                let rows = postgres.query(&statement).fetch(&mut **connection).map_ok(Into::into).map_err(failed);
                let done = each_of(rows, row).await;
                postgres.observed(&statement, began, Ok(()))?;
                done
            }
        }
    }
}

async fn each_of<E: From<DbErr>>(
    rows: impl Stream<Item = Result<QueryResult, DbErr>>,
    mut row: impl FnMut(QueryResult) -> Result<(), E>,
) -> Result<(), E> {
    let mut rows = pin!(rows);
    // Not `try_next`, which makes a future a row.
    poll_fn(|context| {
        while let Some(next) = ready!(rows.as_mut().poll_next(context)?) {
            row(next)?;
        }
        Poll::Ready(Ok(()))
    })
    .await
}
