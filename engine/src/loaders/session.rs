//! The database as one request sees it: a snapshot that begins with the first statement, and the transactions that write.

use std::{future::Future, mem, sync::Arc};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait,
    sea_query::{PostgresQueryBuilder, SelectStatement, Value, Values},
};
use tokio::sync::Mutex;

use super::{
    Asked, Reads,
    report::{Batch, Cause, Detail, Report},
    rows::LongTexts,
};
use crate::{
    database::{self, Database, EachRow, Replica, Written},
    error::{Error, Result},
    memory::Meter,
};

/// How fresh what is read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// As old as a replica may be.
    Any,
    /// Not older than this.
    After(Written),
    /// All that is written by now.
    Latest,
}

/// What one request reads with. Clones share the snapshot.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    database: Database,
    report: Report,
    /// The bytes of long texts that are read.
    texts: Meter,
    snapshot: Mutex<Snapshot>,
    /// What is read, if that is to be known.
    reads: Option<Noted>,
    freshness: Freshness,
    /// From which replica it is read, if it is.
    replica: parking_lot::Mutex<Option<Arc<Replica>>>,
    /// What it wrote last.
    written: parking_lot::Mutex<Option<Written>>,
}

/// What a session reads. Clones share it.
pub type Noted = Arc<parking_lot::Mutex<Reads>>;

/// The moment that a request reads.
enum Snapshot {
    /// Before the first statement.
    Open,
    /// The moment of the one statement that there is: it needs no transaction around it.
    Alone(DatabaseConnection),
    /// That of a transaction.
    Begun(database::Transaction),
    /// That of a transaction that wrote and is not committed yet.
    Written(database::Transaction),
    /// It is lost, for a statement has failed: PostgreSQL refuses whatever else the transaction would read.
    Lost(Error),
}

impl Session {
    /// A session of a request, whose long texts are counted by a meter. What runs is added to `report`.
    /// What it reads is noted in `reads`, and is so fresh.
    pub fn new(database: Database, report: Report, texts: Meter, reads: Option<Noted>, freshness: Freshness) -> Self {
        let (snapshot, (replica, written)) = (Mutex::new(Snapshot::Open), Default::default());
        Self(Arc::new(Inner { database, report, texts, snapshot, reads, freshness, replica, written }))
    }

    /// What it wrote last, if clients may read it elsewhere.
    pub fn written(&self) -> Option<Written> {
        *self.0.written.lock()
    }

    /// Notes what is read, if that is to be known.
    pub fn note(&self, note: impl FnOnce(&mut Reads)) {
        if let Some(reads) = &self.0.reads {
            note(&mut reads.lock());
        }
    }

    /// Which SQL to speak.
    pub fn backend(&self) -> DbBackend {
        self.0.database.writer.get_database_backend()
    }

    /// Where the session's statements are added.
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    /// Runs one statement, which loads a batch, in the session's snapshot. Of its rows, the `texts` are counted. After one that failed, all
    /// fail of the same.
    pub async fn rows<'a>(
        &self,
        select: &SelectStatement,
        texts: &LongTexts,
        batch: Batch,
        asked: impl Iterator<Item = &'a Asked> + Clone + Send,
    ) -> Result<Vec<QueryResult>> {
        let mut snapshot = self.0.snapshot.lock().await;
        if matches!(*snapshot, Snapshot::Open) {
            let turn = self.0.database.replicas.turn();
            let alone = if asked.clone().all(|asked| asked.alone) { self.alone(turn) } else { None };
            *snapshot = match alone {
                Some(alone) => alone,
                None => self.begin(turn).await,
            };
        } else if matches!(*snapshot, Snapshot::Alone(_)) {
            *snapshot = Snapshot::Lost(Error::broken("a statement that was to be alone was not"));
        }
        let causes = asked.map(|asked| &asked.cause);
        let replica = self.0.replica.lock().clone();
        let rows = match &replica {
            None => self.run_in(&snapshot, select, texts, batch, causes).await,
            Some(replica) => Box::pin(replica.attend(self.run_in(&snapshot, select, texts, batch, causes))).await,
        };
        rows.inspect_err(|error| {
            *snapshot = Snapshot::Lost(error.clone());
            match (error, replica) {
                (Error::Internal(cause), Some(replica)) if cause.is_lack() => replica.lacks(&format_args!("{cause:?}")),
                // A conflict is of this statement alone.
                (Error::Unavailable(cause), Some(replica)) if !cause.is_conflict() => {
                    replica.leave_out(&format_args!("{cause:?}"));
                }
                _ => {}
            }
        })
    }

    /// The moment of a statement that is alone, if it needs no transaction: on the replica whose turn it is, if that may be.
    fn alone(&self, turn: usize) -> Option<Snapshot> {
        let Inner { database, freshness, replica, .. } = &*self.0;
        let chosen = match freshness {
            Freshness::Any => database.replicas.well(turn).next(),
            // What is written is found in a transaction alone.
            Freshness::After(_) => return None,
            Freshness::Latest => None,
        };
        let reader = chosen.map_or(Some(&database.reader), |chosen| chosen.reader())?;
        let connection = reader.sessions()?.clone();
        *replica.lock() = chosen.cloned();
        Some(Snapshot::Alone(connection))
    }

    /// Begins a transaction to read in: on a replica, if that may be, and there is one.
    async fn begin(&self, turn: usize) -> Snapshot {
        let Inner { database, freshness, replica, .. } = &*self.0;
        let written = match freshness {
            Freshness::Any => Some(None),
            Freshness::After(written) => Some(Some(*written)),
            Freshness::Latest => None,
        };
        // Boxed: it is large, and would be moved with the future of each load, also where there are no replicas.
        if let Some(written) = written
            && let Some((transaction, chosen)) = Box::pin(database.begin_on_replica(turn, written)).await
        {
            *replica.lock() = Some(chosen);
            return Snapshot::Begun(transaction);
        }
        let begun = database.begin_reading().await;
        begun.map_or_else(|error| Snapshot::Lost(error.into()), Snapshot::Begun)
    }

    /// Runs a statement in a snapshot that has begun.
    async fn run_in<'a>(
        &self,
        snapshot: &Snapshot,
        select: &SelectStatement,
        texts: &LongTexts,
        batch: Batch,
        causes: impl Iterator<Item = &'a Cause> + Send,
    ) -> Result<Vec<QueryResult>> {
        match snapshot {
            Snapshot::Lost(error) => Err(error.clone()),
            Snapshot::Begun(transaction) | Snapshot::Written(transaction) => {
                self.run(transaction, select, texts, batch, causes).await
            }
            Snapshot::Alone(connection) => self.run(connection, select, texts, batch, causes).await,
            Snapshot::Open => Err(Error::broken("a snapshot did not begin")),
        }
    }

    async fn run<'a>(
        &self,
        connection: &impl EachRow,
        select: &SelectStatement,
        texts: &LongTexts,
        batch: Batch,
        causes: impl Iterator<Item = &'a Cause> + Send,
    ) -> Result<Vec<QueryResult>> {
        let backend = self.backend();
        let statement = build(backend, select);
        let explained = (self.report().detail() == Detail::Explain).then(|| explain(&statement));
        // Built once more for the few that are kept: a copy of every text would cost each request.
        let mut running = self.report().begin(|| build(backend, select).sql, batch, causes);
        let rows = match texts.any() {
            // Boxed: the stream is large, and would be moved with the future of each load, also of those that have none.
            true => Box::pin(self.counted(connection, statement, texts)).await?,
            false => connection.query_all_raw(statement).await?,
        };
        running.rows = rows.len() as u64;
        drop(running);
        if let Some(explained) = explained {
            let plan = connection.query_all_raw(explained).await?;
            self.report().add_plan(plan.iter().map(plan_line).collect::<Result<_, _>>()?);
        }
        Ok(rows)
    }

    /// The rows of a statement, whose long texts are counted as they arrive.
    async fn counted(
        &self,
        connection: &impl EachRow,
        statement: Statement,
        texts: &LongTexts,
    ) -> Result<Vec<QueryResult>> {
        let mut rows = Vec::new();
        let keep = |row| {
            self.0.texts.count(texts.bytes(&row))?;
            rows.push(row);
            Ok::<_, Error>(())
        };
        connection.each(statement, keep).await?;
        Ok(rows)
    }

    /// Begins a transaction that writes. Once it is done, what the session reads is read in it, until [`Self::commit`].
    pub async fn write(&self, cause: Cause) -> Result<Transaction> {
        self.end().await;
        let transaction = self.0.database.begin_writing().await?;
        Ok(Transaction { transaction, session: self.clone(), cause })
    }

    /// Makes what was written last, and seen by all; `false` if it is lost with a statement that failed since.
    ///
    /// # Errors
    /// The database cannot commit it.
    pub async fn commit(&self) -> Result<bool, DbErr> {
        // Not held while it is committed: whatever still loads would wait for that.
        let snapshot = mem::replace(&mut *self.0.snapshot.lock().await, Snapshot::Open);
        match snapshot {
            Snapshot::Written(transaction) => {
                let may_be_elsewhere = !self.0.database.replicas.is_empty();
                let written = if may_be_elsewhere { Some(Written::by(&transaction).await?) } else { None };
                transaction.commit().await?;
                *self.0.written.lock() = written;
                self.0.database.committed();
                Ok(true)
            }
            Snapshot::Lost(_) => Ok(false),
            Snapshot::Open | Snapshot::Alone(_) | Snapshot::Begun(_) => Ok(true),
        }
    }

    /// Whether it reads from a replica.
    pub fn is_on_replica(&self) -> bool {
        self.0.replica.lock().is_some()
    }

    /// Why nothing can be read any more, if so.
    pub async fn lost(&self) -> Option<Error> {
        if let Snapshot::Lost(error) = &*self.0.snapshot.lock().await { Some(error.clone()) } else { None }
    }

    /// Ends the snapshot; the next statement would begin another.
    ///
    /// It is rolled back, for which nobody waits: as nothing was written, that is all the same, and a round trip less.
    pub async fn end(&self) {
        *self.0.snapshot.lock().await = Snapshot::Open;
    }
}

/// The statement, with its values as parameters. Where the one value is how many rows to return, PostgreSQL would plan the
/// statement anew for each time that it runs, which costs as much as to run it; in the text, it is planned once.
fn build(backend: DbBackend, select: &SelectStatement) -> Statement {
    let statement = backend.build(select);
    match &statement.values {
        Some(Values(values)) if backend == DbBackend::Postgres && matches!(values[..], [Value::BigUnsigned(_)]) => {
            Statement::from_string(backend, select.to_string(PostgresQueryBuilder))
        }
        _ => statement,
    }
}

/// The statement that has the database explain another. PostgreSQL runs that once more, to tell its rows and times too.
fn explain(statement: &Statement) -> Statement {
    let explain = match statement.db_backend {
        DbBackend::Postgres => "EXPLAIN (ANALYZE, BUFFERS)",
        _ => "EXPLAIN QUERY PLAN",
    };
    Statement { sql: format!("{explain} {}", statement.sql), ..statement.clone() }
}

/// A line of a plan: PostgreSQL's only column, and SQLite's last (<https://sqlite.org/eqp.html>).
fn plan_line(row: &QueryResult) -> Result<String, DbErr> {
    row.try_get_by_index(row.column_names().len() - 1)
}

/// The transaction of a mutation's field. Dropped before it is done, it writes nothing.
pub struct Transaction {
    transaction: database::Transaction,
    session: Session,
    cause: Cause,
}

impl Transaction {
    /// Says that all is written: the transaction is committed once the field's answer has been read in it.
    pub async fn done(self) {
        *self.session.0.snapshot.lock().await = Snapshot::Written(self.transaction);
    }

    async fn reported<T>(
        &self,
        text: &str,
        run: impl Future<Output = Result<T, DbErr>>,
        rows: impl FnOnce(&T) -> u64,
    ) -> Result<T, DbErr> {
        let mut running = self.session.report().begin(|| text.to_owned(), Batch::default(), [&self.cause]);
        let done = run.await?;
        running.rows = rows(&done);
        Ok(done)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(&self.transaction)
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let text = statement.sql.clone();
        self.reported(&text, self.transaction.execute_raw(statement), ExecResult::rows_affected).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.reported(sql, self.transaction.execute_unprepared(sql), ExecResult::rows_affected).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let text = statement.sql.clone();
        self.reported(&text, self.transaction.query_one_raw(statement), |row| row.is_some().into()).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let text = statement.sql.clone();
        self.reported(&text, self.transaction.query_all_raw(statement), |rows| rows.len() as u64).await
    }
}
