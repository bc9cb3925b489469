//! What runs on the database for a request, and how it ends with it.

use std::{
    pin::pin,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;
use sea_orm::{
    ConnectOptions, SqlxError,
    sqlx::{
        AssertSqlSafe, Connection, Executor, Row, SqlSafeStr, postgres::PgConnection, raw_sql, sqlite::SqliteConnection,
    },
};
use tokio::time::timeout;

use super::sessions::{NOTICES_CLOSING, Sessions};

/// How long a statement waits for SQLite's one writer before it fails, and a request for a connection that is there for it, but has
/// to be opened: less than a request may take, so that what is told is the lack of a database.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long connections are suspect after a request was abandoned: it lets go of its own at once.
const SUSPECT_TIME: Duration = Duration::from_secs(1);

/// How long a connection may take to answer before it is closed.
const ANSWER_TIME: Duration = Duration::from_millis(500);

/// After how long without use a connection must answer before it is used: a server that was started again has closed it.
const IDLE_TIME: Duration = Duration::from_secs(1);

/// Ends a transaction of which the driver does not know: who left while it began does not know either. In one that failed, it fails.
const ENDS: &str = "BEGIN; ROLLBACK";

/// When a request was last dropped while it ran: what it left on its connection may run still.
#[derive(Clone, Debug, Default)]
pub struct Abandoned(Arc<Mutex<Option<Instant>>>);

tokio::task_local! {
    static WANT: Want;
}

/// How long what runs is wanted: until a moment, if one is set, and while the request is there that wants it.
#[derive(Clone)]
struct Want {
    until: Option<Instant>,
    by: Weak<()>,
}

impl Want {
    fn is_over(&self) -> bool {
        self.by.strong_count() == 0 || self.until.is_some_and(|until| until < Instant::now())
    }
}

/// A request that runs. Dropped before it is done, it is abandoned.
struct Attended<'a> {
    abandoned: &'a Abandoned,
    is_done: bool,
    _wants: Arc<()>,
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            *self.abandoned.0.lock() = Some(Instant::now());
        }
    }
}

impl Abandoned {
    /// Runs what a request asks: see [`super::Database::attend`].
    pub async fn attend<F: Future>(&self, until: Option<Instant>, run: F) -> F::Output {
        let wants = Arc::new(());
        let mut run = pin!(WANT.scope(Want { until, by: Arc::downgrade(&wants) }, run));
        // Dropped before what runs: when that lets go of its connection, it is known to be abandoned.
        let mut running = Attended { abandoned: self, is_done: false, _wants: wants };
        let output = run.as_mut().await;
        running.is_done = true;
        output
    }
}

/// The options of a pool that gives connections back only if they answer after a request was abandoned, and out after a while.
///
/// If connections are sessions of PostgreSQL's, those are set to notice when they are closed.
pub fn replaced_when_abandoned(
    mut options: ConnectOptions,
    abandoned: &Abandoned,
    sessions: Sessions,
) -> ConnectOptions {
    let abandoned = abandoned.clone();
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let abandoned = abandoned.clone();
        pool.after_connect(move |connection, _| {
            async move {
                if sessions.are_kept() {
                    // An older PostgreSQL, or one on Windows, does not know it: then `statement_timeout` ends what was left.
                    let _ = connection.execute(AssertSqlSafe(format!("SET {NOTICES_CLOSING}"))).await;
                }
                if !sessions.are_named() {
                    // What fails here fails again when something is run, and is told then.
                    let _ = learn_types(connection).await;
                }
                Ok(())
            }
            .boxed()
        })
        .before_acquire(|connection, meta| {
            let was_idle = meta.idle_for > IDLE_TIME;
            async move {
                if was_idle {
                    answer(connection.ping()).await?;
                }
                Ok(true)
            }
            .boxed()
        })
        .after_release(move |connection, _| {
            let is_suspect = abandoned.0.lock().is_some_and(|at| at.elapsed() < SUSPECT_TIME);
            async move {
                if is_suspect {
                    answer(connection.execute(ENDS)).await?;
                }
                Ok(true)
            }
            .boxed()
        })
    });
    options
}

/// Has a connection know the types of this database.
///
/// The driver asks for those that it does not know when a statement is prepared, which has PostgreSQL forget one without a name, before it
/// is run.
async fn learn_types(connection: &mut PgConnection) -> Result<(), SqlxError> {
    // Those that came with PostgreSQL are known. A statement has 1,664 columns at most.
    const TYPES: &str = "SELECT string_agg(format('NULL::%s', oid::regtype), ', ') FROM ( \
         SELECT t.oid FROM pg_type AS t LEFT JOIN pg_type AS item ON item.oid = t.typelem \
         WHERE t.oid >= 16384 AND t.typtype IN ('b', 'd', 'e', 'm', 'r') AND item.typtype IS DISTINCT FROM 'c' \
           AND has_type_privilege(t.oid, 'USAGE') AND has_schema_privilege(t.typnamespace, 'USAGE') \
         ORDER BY t.oid LIMIT 1600) AS types";
    let mut transaction = connection.begin().await?;
    let types: Option<String> = raw_sql(TYPES).fetch_one(&mut *transaction).await?.try_get(0)?;
    if let Some(types) = types {
        // Under a name, which another's may be that ended without a word.
        transaction.execute("DEALLOCATE ALL").await?;
        transaction.prepare(AssertSqlSafe(format!("SELECT {types}")).into_sql_str()).await?;
        transaction.execute("DEALLOCATE ALL").await?;
    }
    transaction.commit().await
}

/// What a connection answers to. An error has the pool close it without a word to a server that does not listen.
async fn answer<T>(asked: impl Future<Output = Result<T, SqlxError>>) -> Result<T, SqlxError> {
    let answer = timeout(ANSWER_TIME, asked).await;
    answer.unwrap_or_else(|_| Err(SqlxError::Protocol("the connection does not answer".to_owned())))
}

/// Has SQLite interrupt what runs on the connection once nobody wants it any more. What is of no request is not interrupted.
pub fn interrupt_once_unwanted(connection: &mut SqliteConnection) -> BoxFuture<'_, Result<(), SqlxError>> {
    /// How many of SQLite's instructions run between two looks: well under a millisecond.
    const INSTRUCTIONS: i32 = 10_000;
    let want = WANT.try_with(Clone::clone);
    async move {
        // Waits for what used it last, or the rollback of that, which may be on its way still.
        let mut handle = connection.lock_handle().await?;
        match want {
            Ok(want) => handle.set_progress_handler(INSTRUCTIONS, move || !want.is_over()),
            Err(_) => handle.remove_progress_handler(),
        }
        Ok(())
    }
    .boxed()
}
