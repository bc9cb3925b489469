//! The two pools, one that reads and one that writes; replicas to read from; their migrations, and whether they are ready.

mod attendance;
mod migrations;
mod place;
mod pool;
pub mod recording;
mod replicas;
mod sessions;
mod transaction;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use tokio::{sync::watch, time::sleep};

use self::{
    attendance::Abandoned,
    migrations::pending,
    place::{Place, checked},
};
pub use self::{
    attendance::PATIENCE,
    migrations::{Migrations, NoMigrations, ensure_migrated, migrate, status, unfit},
    place::explain,
    pool::{Access, Pool, ask},
    replicas::{Replica, Replicas, Written},
    transaction::{EachRow, Transaction},
};
use crate::config::{DatabaseOptions, PoolOptions, without_secrets};

/// How many connections to PostgreSQL the changes have: one that listens, and two that read them and tell of them.
const CHANGES_CONNECTIONS: u32 = 3;

/// The two pools. Clones share them.
#[derive(Clone, Debug)]
pub struct Database {
    /// For queries, where mutations write: its connections cannot write.
    pub reader: Pool,
    /// Where queries read instead, while there is one that is well.
    pub replicas: Replicas,
    /// For mutations.
    pub writer: Pool,
    /// For asking whether it is there: connections that no request waits for.
    pub probe: Probe,
    /// For what is of no request: to read the changes that are recorded where mutations write, and to tell of them.
    pub changes: Pool,
    commits: watch::Sender<()>,
    migrations: Migrations,
    connections: Connections,
    abandoned: Abandoned,
}

/// A connection to read with, and one to write with, of no request.
#[derive(Clone, Debug)]
pub struct Probe {
    /// To where queries read.
    pub reader: Pool,
    /// To where mutations write.
    pub writer: Pool,
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
    pub async fn open(
        options: &DatabaseOptions,
        pools: &PoolOptions,
        limit: Duration,
        migrations: Migrations,
    ) -> Result<Self> {
        let abandoned = Abandoned::default();
        let place = Place::find(options, Some(limit), abandoned.clone()).await?;
        let read_urls = &pools.read_database_url;
        if place.is_embedded() && !read_urls.is_empty() {
            bail!("--read-database-url is for PostgreSQL; an SQLite file is read where it is written");
        }
        for (index, url) in read_urls.iter().enumerate() {
            ensure!(
                url.starts_with("postgres://") || url.starts_with("postgresql://"),
                "--read-database-url is for another database; allowed are `postgres://USER:PASSWORD@HOST:PORT/NAME`, separated by commas"
            );
            ensure!(!read_urls[..index].contains(url), "--read-database-url has {} twice", without_secrets(url));
            checked(url).context("--read-database-url")?;
        }
        let writer = place.open(Access::Write, pools.write_connections).await?;
        let commits = watch::Sender::default();
        // A database in memory is its connection's: there is just one.
        if place.is_in_memory() {
            return Ok(Self {
                reader: writer.clone(),
                replicas: Replicas::default(),
                probe: Probe { reader: writer.clone(), writer: writer.clone() },
                changes: writer.clone(),
                commits,
                connections: Connections { reading: 1, writing: 1 },
                writer,
                migrations,
                abandoned,
            });
        }
        let reader = place.open(Access::Read, pools.read_connections).await?;
        let probe = Probe {
            reader: place.open_lazily(Access::Read, 1).await?,
            writer: place.open_lazily(Access::Write, 1).await?,
        };
        let changes = match place.is_embedded() {
            true => place.open_lazily(Access::Read, 1).await?,
            false => place.open_lazily(Access::Write, CHANGES_CONNECTIONS).await?,
        };
        let replicas = Replicas::open(
            read_urls.iter().map(|url| options.at(url)),
            pools.read_connections,
            limit,
            &abandoned,
            place.open_lazily(Access::Read, 1).await?,
            Duration::from_secs(pools.max_replica_lag),
        );
        let connections = Connections {
            reading: pools.read_connections as usize,
            writing: if place.is_embedded() { 1 } else { pools.write_connections as usize },
        };
        let replicas = replicas.await;
        Ok(Self { reader, writer, replicas, probe, changes, commits, migrations, connections, abandoned })
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

    /// Closes all connections; what runs on them comes to its end first.
    pub async fn close(&self) {
        let Self { reader, writer, probe, changes, replicas, .. } = self;
        let pools = [reader, writer, &probe.reader, &probe.writer, changes].map(Pool::close_by_ref);
        tokio::join!(join_all(pools), replicas.close());
    }

    /// Begins a transaction that writes, and reads what it wrote.
    pub async fn begin_writing(&self) -> Result<Transaction, DbErr> {
        self.writer.begin().await
    }

    /// Begins a read-only transaction, in which all statements see one moment, where mutations write.
    pub async fn begin_reading(&self) -> Result<Transaction, DbErr> {
        self.reader.begin().await
    }

    /// The same on a replica, if one is well, and shows what was written; it is waited for shortly. That whose turn it is comes first.
    pub async fn begin_on_replica(&self, turn: usize, written: Option<Written>) -> Option<(Transaction, Arc<Replica>)> {
        /// How long a replica is waited for that is behind: what takes longer is read where it was written.
        const PATIENCE: Duration = Duration::from_millis(100);
        const PAUSE: Duration = Duration::from_millis(20);
        let began = Instant::now();
        loop {
            let mut is_behind = false;
            for replica in self.replicas.well(turn) {
                match replica.begin(written).await {
                    Ok(Some(transaction)) => return Some((transaction, Arc::clone(replica))),
                    Ok(None) => is_behind = true,
                    Err(why) => replica.leave_out(&why),
                }
            }
            if !is_behind || began.elapsed() > PATIENCE {
                return None;
            }
            sleep(PAUSE).await;
        }
    }
}

/// Opens a pool that writes and has all the time it needs: of one connection, and on SQLite the file is created if it is missing.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn open_writer(options: &DatabaseOptions) -> Result<Pool> {
    Place::find(options, None, Abandoned::default()).await?.open(Access::Write, 1).await
}

/// Whether queries and mutations reach their database, it has the tables that this program knows, and it can be written to;
/// otherwise why not, in words that anybody may read.
pub async fn ready(database: &Database) -> Result<(), String> {
    let unavailable = |error: DbErr| {
        tracing::warn!(%error, "not ready");
        "the database is unavailable".to_owned()
    };
    let Probe { reader, writer } = &database.probe;
    ask(reader, "SELECT 1").await.map_err(unavailable)?;
    if let Some(pending) = pending(writer, database.migrations).await.map_err(unavailable)? {
        return Err(pending);
    }
    if writer.get_database_backend() == DbBackend::Postgres {
        let row = ask(writer, "SELECT current_setting('transaction_read_only') = 'on'").await.map_err(unavailable)?;
        if row.try_get_by_index(0).map_err(unavailable)? {
            return Err("the database is read-only".to_owned());
        }
    }
    Ok(())
}
