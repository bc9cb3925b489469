//! Replicas, from which queries read while they are there, and not too far behind the database that is written to.

use std::{
    collections::VecDeque,
    fmt::{Display, Formatter, Result as Formatted},
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail, ensure};
use futures_util::future::join_all;
use parking_lot::Mutex;
use sea_orm::{ConnAcquireErr, DbErr};
use serde::Deserialize;
use tokio::{
    select,
    sync::Notify,
    time::{sleep, timeout},
};

use super::{
    attendance::Abandoned,
    place::{Place, explain},
    pool::{Access, Pool, ask},
    transaction::Transaction,
};
use crate::{
    config::{DatabaseOptions, without_secrets},
    error::Error,
    metrics::METRICS,
};

/// How often it is looked how far behind replicas are.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a replica may take to say so.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// For how long it is looked before a server begins, and what is between.
const FIRST_TIME: Duration = Duration::from_millis(300);
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// For how long nothing is read from a replica that lacks what is asked for.
const LACKING_TIME: Duration = Duration::from_secs(60);

/// What a server says of itself, as [`Seen`] has it.
const SEEN: &str = "SELECT current_database() || ' of the cluster ' || system_identifier, \
       (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn)::bigint, \
       CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END \
     FROM pg_control_system()";

/// What was written, by the number of its transaction. It is a token for clients, who read at least as much with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Written(u64);

impl Written {
    /// What this transaction writes.
    ///
    /// # Errors
    /// The database does not tell its number.
    pub async fn by(transaction: &Transaction) -> Result<Self, DbErr> {
        let question = "SELECT pg_current_xact_id()::text::bigint";
        let number: i64 = ask(transaction, question).await?.try_get_by_index(0)?;
        Ok(Self(number as u64))
    }
}

impl Display for Written {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        write!(formatter, "1.{}", self.0)
    }
}

impl TryFrom<String> for Written {
    type Error = &'static str;

    fn try_from(token: String) -> Result<Self, Self::Error> {
        let number =
            token.strip_prefix("1.").and_then(|number| number.parse().ok()).filter(|it| *it <= i64::MAX as u64);
        number.map(Self).ok_or("`after` is no token that a mutation's answer had as `written`")
    }
}

/// The replicas of a database. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Replicas {
    all: Arc<[Arc<Replica>]>,
    next: Arc<AtomicUsize>,
}

/// A replica: one server, so that what it has shown once it shows from then on.
#[derive(Debug)]
pub struct Replica {
    options: DatabaseOptions,
    limit: Duration,
    connections: u32,
    abandoned: Abandoned,
    /// Once it was reached.
    pools: OnceLock<Pools>,
    /// Whether it is read from, once it was reached.
    is_well: AtomicBool,
    /// Tells those who wait for an answer that there is none.
    is_silent: Notify,
    /// When it was found to lack what was asked for.
    lacked: Mutex<Option<Instant>>,
    /// Since when it shows less than there is, or does not answer.
    behind_since: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Pools {
    reader: Pool,
    /// For asking how far it is: a connection that no request waits for.
    probe: Pool,
}

impl Replicas {
    /// Those of these options, each with so many connections. They are looked after from now on: none is read from that is further behind
    /// than `most`. `written` is a connection to where is written.
    pub async fn open(
        all: impl Iterator<Item = DatabaseOptions>,
        connections: u32,
        limit: Duration,
        abandoned: &Abandoned,
        written: Pool,
        most: Duration,
    ) -> Self {
        let replica = |options| {
            Arc::new(Replica {
                options,
                limit,
                connections,
                abandoned: abandoned.clone(),
                pools: OnceLock::new(),
                is_well: AtomicBool::new(true),
                is_silent: Notify::new(),
                lacked: Mutex::default(),
                behind_since: Mutex::default(),
            })
        };
        let replicas = Self { all: all.map(replica).collect(), next: Arc::default() };
        if !replicas.is_empty() {
            let mut positions = Positions { most, ..Positions::default() };
            // Before anything is read. What is written just now, they show a moment later.
            let began = Instant::now();
            let mut looked = look(&replicas.all, &written, &mut positions).await;
            while looked.iter().any(Result::is_err) && began.elapsed() < FIRST_TIME {
                sleep(FIRST_PAUSE).await;
                looked = look(&replicas.all, &written, &mut positions).await;
            }
            settle(&replicas.all, looked);
            tokio::spawn(look_after(Arc::downgrade(&replicas.all), written, positions));
        }
        replicas
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Replica> {
        self.all.iter().map(|replica| &**replica)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The connections of those that were ever reached.
    pub fn readers(&self) -> impl Iterator<Item = &Pool> {
        self.iter().filter_map(Replica::reader)
    }

    /// Closes the connections of all.
    pub async fn close(&self) {
        join_all(self.iter().map(Replica::close)).await;
    }

    /// With which to begin: another each time.
    pub fn turn(&self) -> usize {
        self.next.fetch_add(1, Relaxed)
    }

    /// Those that are well, beginning with that whose turn it is.
    pub fn well(&self, turn: usize) -> impl Iterator<Item = &Arc<Replica>> {
        let (before, after) = self.all.split_at(turn.checked_rem(self.len()).unwrap_or_default());
        after.iter().chain(before).filter(|replica| replica.is_well())
    }
}

impl Replica {
    /// Closes its connections.
    pub async fn close(&self) {
        if let Some(Pools { reader, probe }) = self.pools.get() {
            let _ = tokio::join!(reader.close_by_ref(), probe.close_by_ref());
        }
    }

    /// Whether it is read from.
    pub fn is_well(&self) -> bool {
        self.is_well.load(Relaxed) && self.pools.get().is_some()
    }

    /// Its connections, if it was ever reached.
    pub fn reader(&self) -> Option<&Pool> {
        self.pools.get().map(|pools| &pools.reader)
    }

    /// Begins a transaction that shows what was written; `None` if it is not there yet.
    ///
    /// # Errors
    /// The replica is not there.
    pub async fn begin(&self, written: Option<Written>) -> Result<Option<Transaction>, DbErr> {
        let begun = timeout(ANSWER_TIME, self.abandoned.attend(None, self.begin_in_time(written))).await;
        begun.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    async fn begin_in_time(&self, written: Option<Written>) -> Result<Option<Transaction>, DbErr> {
        let Some(Pools { reader, .. }) = self.pools.get() else { return Ok(None) };
        let transaction = reader.begin().await?;
        let Some(Written(number)) = written else { return Ok(Some(transaction)) };
        // In a snapshot of a replica, all before `xmin` is done; of what is after, it does not say what runs. What is committed by now,
        // the next snapshot shows.
        let question = format!(
            "SELECT CASE WHEN n < pg_snapshot_xmin(pg_current_snapshot()) THEN 2 \
               WHEN n < pg_snapshot_xmax(pg_current_snapshot()) AND pg_xact_status(n) = 'committed' THEN 1 ELSE 0 END::bigint \
             FROM (VALUES ('{number}'::xid8)) AS written(n)"
        );
        let found: i64 = ask(&transaction, &question).await?.try_get_by_index(0)?;
        Ok(match found {
            2 => Some(transaction),
            1 => {
                transaction.renew().await?;
                Some(transaction)
            }
            _ => None,
        })
    }

    /// Runs what it answers, for as long as it answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn attend<T>(&self, run: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        select! {
            done = self.abandoned.attend(None, run) => done,
            () = self.is_silent.notified() => Err(Error::silent()),
        }
    }

    /// Reads nothing from it until it is found to be well again.
    pub fn leave_out(&self, why: &dyn Display) {
        if self.is_well.swap(false, Relaxed) {
            tracing::warn!(replica = %self, %why, "nothing is read from a replica");
        }
    }

    /// Reads nothing from it for a while: it lacks what is asked for, such as a table, or the right to read it.
    pub fn lacks(&self, why: &dyn Display) {
        *self.lacked.lock() = Some(Instant::now());
        self.leave_out(why);
    }

    /// What it says of itself.
    async fn look(&self) -> Result<Seen> {
        if self.pools.get().is_none() {
            let place = Place::find(&self.options, Some(self.limit), self.abandoned.clone()).await?;
            let reader = place.open(Access::Read, self.connections).await?;
            let probe = place.open_lazily(Access::Read, 1).await?;
            // Nobody else sets it.
            let _ = self.pools.set(Pools { reader, probe });
        }
        let Some(Pools { probe, .. }) = self.pools.get() else { bail!("it was not reached") };
        Seen::of(probe).await.map_err(|error| explain(&error))
    }
}

impl Display for Replica {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        formatter.write_str(&without_secrets(&self.options.database_url))
    }
}

/// What a server says of itself.
struct Seen {
    /// Its database, and its cluster.
    database: String,
    /// How far what it shows has come, as a byte of the log of what is written.
    position: i64,
    /// On which branch of that log it writes, if it does.
    timeline: Option<String>,
}

impl Seen {
    async fn of(pool: &Pool) -> Result<Self, DbErr> {
        let row = ask(pool, SEEN).await?;
        Ok(Self {
            database: row.try_get_by_index(0)?,
            position: row.try_get_by_index(1)?,
            timeline: row.try_get_by_index(2)?,
        })
    }

    /// Whether it shows what this one writes.
    fn is_of(&self, written: &Self) -> Result<()> {
        let (ours, its) = (&written.database, &self.database);
        ensure!(ours == its, "it is another database: {its}, not {ours}");
        let is_written = self.timeline.is_some();
        ensure!(!is_written || self.timeline == written.timeline, "it is written to beside the database");
        ensure!(self.position <= written.position, "it shows what was not written to the database");
        Ok(())
    }
}

/// How far what is written had come, and when it was seen.
#[derive(Default)]
struct Positions {
    /// How far behind a replica may be.
    most: Duration,
    /// What a replica must show: at first, all.
    wanted: Option<i64>,
    /// What was seen since.
    recent: VecDeque<(Instant, i64)>,
}

impl Positions {
    fn see(&mut self, now: Instant, position: i64) {
        let last = self.recent.back().map(|(_, position)| *position).or(self.wanted);
        match last {
            Some(last) if position == last => {}
            Some(last) if position > last => self.recent.push_back((now, position)),
            // It is the first; or after a failover, in which what was written last may be lost.
            _ => (self.wanted, self.recent) = (Some(position), VecDeque::new()),
        }
    }

    /// Since when a replica that has come so far shows less than there is, if it does; what it was behind since before is remembered, for
    /// what is older than may be is not.
    fn behind_since(&self, now: Instant, position: i64, before: Option<Instant>) -> Option<Instant> {
        if self.wanted.is_some_and(|wanted| position < wanted) {
            let longer = now.checked_sub(self.most).unwrap_or(now);
            return Some(before.map_or(longer, |before| before.min(longer)));
        }
        self.recent.iter().find(|(_, it)| *it > position).map(|(seen, _)| *seen)
    }

    /// What a replica must show now.
    fn wanted(&mut self, now: Instant) -> i64 {
        while let Some((_, position)) = self.recent.pop_front_if(|(seen, _)| *seen + self.most <= now) {
            self.wanted = Some(position);
        }
        self.wanted.unwrap_or_default()
    }
}

/// Looks after replicas for as long as they are there.
async fn look_after(replicas: Weak<[Arc<Replica>]>, written: Pool, mut positions: Positions) {
    loop {
        sleep(PAUSE).await;
        let Some(replicas) = replicas.upgrade() else { return };
        let looked = look(&replicas, &written, &mut positions).await;
        settle(&replicas, looked);
    }
}

/// Reads from those replicas that are found to be well, and from no others; and tells of what changes by that.
fn settle(replicas: &[Arc<Replica>], looked: Vec<Result<()>>) {
    for (replica, looked) in replicas.iter().zip(looked) {
        match looked {
            Ok(()) if replica.lacked.lock().is_some_and(|at| at.elapsed() < LACKING_TIME) => {}
            Ok(()) if replica.is_well.swap(true, Relaxed) => {}
            Ok(()) => tracing::info!(%replica, "a replica is read from again"),
            Err(why) => replica.leave_out(&format_args!("{why:#}")),
        }
        METRICS.replica_well.with_label_values(&[replica.to_string()]).set(replica.is_well.load(Relaxed).into());
    }
}

/// Looks whether each replica is there, shows what is written, and is not too far behind.
async fn look(replicas: &[Arc<Replica>], written: &Pool, positions: &mut Positions) -> Vec<Result<()>> {
    let looks = replicas.iter().map(async |replica| {
        let look = timeout(ANSWER_TIME, replica.abandoned.attend(None, replica.look())).await;
        look.unwrap_or_else(|_| {
            replica.is_silent.notify_waiters();
            Err(anyhow!("it does not answer"))
        })
    });
    let shown = join_all(looks).await;
    // After them, so that none is further. A connection that does not answer is replaced.
    let asked = timeout(ANSWER_TIME, written.attend(Seen::of(written))).await;
    let (now, written) = (Instant::now(), asked.ok().and_then(Result::ok));
    if let Some(written) = &written {
        positions.see(now, written.position);
    }
    let wanted = positions.wanted(now);
    let judge = |(replica, shown): (&Arc<Replica>, Result<Seen>)| {
        let mut since = replica.behind_since.lock();
        *since = match &shown {
            Ok(shown) => positions.behind_since(now, shown.position, *since),
            // Of what does not answer, it is not known.
            Err(_) => Some(since.unwrap_or(now)),
        };
        let lag = since.map_or(Duration::ZERO, |since| now.duration_since(since));
        METRICS.replica_lag.with_label_values(&[replica.to_string()]).set(lag.as_secs_f64());
        let shown = shown?;
        written.as_ref().map_or(Ok(()), |written| shown.is_of(written))?;
        ensure!(shown.position >= wanted, "it is too far behind (`--max-replica-lag`)");
        Ok(())
    };
    replicas.iter().zip(shown).map(judge).collect()
}
