//! The database as one request sees it: a snapshot that begins with the first statement.

use std::{mem, sync::Arc};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel, QueryResult,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, sea_query::SelectStatement,
};
use tokio::sync::Mutex;

use crate::error::{Error, Result};

/// What one request reads with. Clones share the snapshot.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    pool: DatabaseConnection,
    /// `None` before the first statement. An error once one has failed: with it the moment is lost, for PostgreSQL
    /// refuses whatever else the transaction would read.
    snapshot: Mutex<Result<Option<DatabaseTransaction>>>,
}

impl Session {
    /// A session over `pool`: the reader's for a query, the writer's for a mutation.
    pub fn new(pool: DatabaseConnection) -> Self {
        Self(Arc::new(Inner { pool, snapshot: Mutex::new(Ok(None)) }))
    }

    /// Which SQL to speak.
    pub fn backend(&self) -> DbBackend {
        self.0.pool.get_database_backend()
    }

    /// Runs one statement in the session's snapshot. After one that failed, all fail of the same.
    pub async fn rows(&self, select: &SelectStatement) -> Result<Vec<QueryResult>> {
        let mut snapshot = self.0.snapshot.lock().await;
        let transaction = match &mut *snapshot {
            Err(error) => Err(error.clone()),
            Ok(Some(transaction)) => Ok(transaction),
            Ok(none) => self.begin_reading().await.map(|begun| none.insert(begun)),
        };
        let rows = match transaction {
            Ok(transaction) => transaction.query_all(select).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        if let Err(error) = &rows {
            *snapshot = Err(error.clone());
        }
        rows
    }

    async fn begin_reading(&self) -> Result<DatabaseTransaction> {
        let options = match self.backend() {
            DbBackend::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..Default::default()
            },
            // A read transaction on SQLite is a snapshot by nature (<https://sqlite.org/isolation.html>).
            _ => TransactionOptions::default(),
        };
        Ok(self.0.pool.begin_with_options(options).await?)
    }

    /// Begins a transaction that writes. What is read through the session after it sees what it committed.
    pub async fn write(&self) -> Result<DatabaseTransaction> {
        self.end().await;
        // IMMEDIATE: a transaction that reads first and then writes could find the lock taken, and not wait for it.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.0.pool.begin_with_options(options).await?)
    }

    /// Ends the snapshot; the next statement would begin another. Nothing was written, so an error here loses nothing.
    pub async fn end(&self) {
        if let Ok(Some(transaction)) = mem::replace(&mut *self.0.snapshot.lock().await, Ok(None)) {
            let _ = transaction.commit().await;
        }
    }
}
