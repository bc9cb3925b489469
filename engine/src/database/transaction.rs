//! Transactions, of which PostgreSQL's begin in words of our own.
//!
//! SeaORM says `BEGIN`, and in another round trip what the transaction is to be. Here both are said at once: a pooler, which may drop what is
//! said when a connection is opened, cannot drop that.

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
    QueryResult, RuntimeErr, SqlxError, Statement, StreamTrait,
    metric::Info,
    prelude::async_trait,
    sea_query::Values,
    sqlx::{AssertSqlSafe, Executor, PgPool, PgTransaction, Postgres, query::Query, query_with},
};
use sea_query_sqlx::SqlxValues;
use tokio::{sync::Mutex, time::timeout};

use super::attendance::{Abandoned, PATIENCE};
use crate::error::of_driver;

/// What is called with each statement that ran.
pub type Observer = Arc<dyn Fn(&Info<'_>) + Send + Sync>;

/// A transaction. Dropped before it is committed, it is rolled back, for which nobody waits.
pub struct Transaction(Kind);

enum Kind {
    Sqlite(DatabaseTransaction),
    Postgres(PostgresTransaction),
}

struct PostgresTransaction {
    transaction: Mutex<PgTransaction<'static>>,
    begin: Arc<str>,
    are_named: bool,
    observer: Option<Observer>,
}

impl Debug for Transaction {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        formatter.write_str("Transaction")
    }
}

impl From<DatabaseTransaction> for Transaction {
    fn from(transaction: DatabaseTransaction) -> Self {
        Self(Kind::Sqlite(transaction))
    }
}

impl Transaction {
    /// Begins one on PostgreSQL with these words. Its statements are prepared under names, if those are there when they run.
    pub async fn begin(
        pool: &PgPool,
        begin: &Arc<str>,
        are_named: bool,
        abandoned: &Abandoned,
        observer: Option<Observer>,
    ) -> Result<Self, DbErr> {
        let begin = Arc::clone(begin);
        // Who leaves meanwhile leaves a connection of which nobody knows whether there is a transaction.
        let beginning = abandoned.attend(None, pool.begin_with(AssertSqlSafe(Arc::clone(&begin))));
        // A pooler has a client wait for as long as it cannot reach the server.
        let begun = timeout(PATIENCE, beginning).await.unwrap_or(Err(SqlxError::PoolTimedOut));
        let begun = begun.map_err(|error| match error {
            SqlxError::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            SqlxError::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
        })?;
        Ok(Self(Kind::Postgres(PostgresTransaction { transaction: Mutex::new(begun), begin, are_named, observer })))
    }

    /// Ends what it has read, on PostgreSQL, and begins anew in its place, on the same connection.
    pub async fn renew(&self) -> Result<(), DbErr> {
        if let Kind::Postgres(PostgresTransaction { begin, .. }) = &self.0 {
            self.execute_unprepared(&format!("ROLLBACK; {begin}")).await?;
        }
        Ok(())
    }

    /// Makes what it wrote last.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::Sqlite(transaction) => transaction.commit().await,
            Kind::Postgres(postgres) => postgres.transaction.into_inner().commit().await.map_err(of_driver),
        }
    }

    /// Undoes what it wrote, and waits for that.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::Sqlite(transaction) => transaction.rollback().await,
            Kind::Postgres(postgres) => postgres.transaction.into_inner().rollback().await.map_err(of_driver),
        }
    }
}

/// A statement that runs, for whoever observes it.
struct Running<'a> {
    observer: Option<&'a Observer>,
    statement: Option<Statement>,
    began: Instant,
}

impl Running<'_> {
    fn done<T, E>(self, done: Result<T, E>) -> Result<T, E> {
        if let (Some(observe), Some(statement)) = (self.observer, &self.statement) {
            observe(&Info { elapsed: self.began.elapsed(), statement, failed: done.is_err() });
        }
        done
    }
}

impl PostgresTransaction {
    /// A statement to run, which is prepared under a name if that is there when it runs.
    fn query(&self, statement: Statement) -> (Running<'_>, Query<'static, Postgres, SqlxValues>) {
        let observer = self.observer.as_ref();
        let running = Running { observer, statement: observer.map(|_| statement.clone()), began: Instant::now() };
        let values = SqlxValues(statement.values.unwrap_or_else(|| Values(Vec::new())));
        (running, query_with(AssertSqlSafe(statement.sql), values).persistent(self.are_named))
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Kind::Sqlite(_) => DbBackend::Sqlite,
            Kind::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Sqlite(transaction) => transaction.execute_raw(statement).await,
            Kind::Postgres(postgres) => {
                let mut connection = postgres.transaction.lock().await;
                let (running, query) = postgres.query(statement);
                running.done(query.execute(&mut **connection).await).map(Into::into).map_err(of_driver)
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Sqlite(transaction) => transaction.execute_unprepared(sql).await,
            Kind::Postgres(postgres) => {
                let done = postgres.transaction.lock().await.execute(AssertSqlSafe(sql.to_owned())).await;
                done.map(Into::into).map_err(of_driver)
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Sqlite(transaction) => transaction.query_one_raw(statement).await,
            Kind::Postgres(postgres) => {
                let mut connection = postgres.transaction.lock().await;
                let (running, query) = postgres.query(statement);
                let row = running.done(query.fetch_optional(&mut **connection).await).map_err(of_driver)?;
                Ok(row.map(Into::into))
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Sqlite(transaction) => transaction.query_all_raw(statement).await,
            Kind::Postgres(postgres) => {
                let mut connection = postgres.transaction.lock().await;
                let (running, query) = postgres.query(statement);
                let rows = query.fetch(&mut **connection).map_ok(Into::into).try_collect().await;
                running.done(rows).map_err(of_driver)
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
            Kind::Sqlite(transaction) => each_of(transaction.stream_raw(statement).await?, row).await,
            Kind::Postgres(postgres) => {
                let mut connection = postgres.transaction.lock().await;
                let (running, query) = postgres.query(statement);
                let rows = query.fetch(&mut **connection).map_ok(Into::into).map_err(of_driver);
                running.done(each_of(rows, row).await)
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
