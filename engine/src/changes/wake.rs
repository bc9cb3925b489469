//! When to look for changes: a mutation of this program was committed, another instance tells of one, or some time has passed.
//!
//! Who writes tells nobody in its transaction: `NOTIFY` would have PostgreSQL commit one such transaction after the other. What is told
//! may get lost, which only delays.

use std::{future::pending, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DbBackend, sqlx::postgres::PgListener};
use tokio::{
    select,
    sync::{Notify, watch},
    time::{Instant, sleep},
};

use crate::database::Database;

/// The channel on which instances tell each other.
const CHANNEL: &str = "dovetail_changes";

/// How long nobody is told again: what is committed meanwhile is told at once.
const PAUSE: Duration = Duration::from_millis(20);

/// After how long it is tried again to listen.
const UNHEARD: Duration = Duration::from_secs(5);

/// What wakes a reader of changes.
pub struct Wake {
    database: Database,
    commits: watch::Receiver<()>,
    asked: Arc<Notify>,
    poll: Duration,
    listener: Option<PgListener>,
    tried: Option<Instant>,
}

impl Wake {
    /// Of the changes of this database, for which is looked so often at least, and when it is asked for.
    pub fn new(database: Database, poll: Duration, asked: Arc<Notify>) -> Self {
        Self { commits: database.commits(), database, asked, poll, listener: None, tried: None }
    }

    /// Waits until there may be changes.
    pub async fn wait(&mut self) {
        let is_postgres = self.database.changes.get_database_backend() == DbBackend::Postgres;
        if is_postgres && self.listener.is_none() && self.tried.is_none_or(|tried| tried.elapsed() > UNHEARD) {
            self.tried = Some(Instant::now());
            self.listener = listen(&self.database).await;
            // What was told before is not heard.
            return;
        }
        let heard = async {
            match &mut self.listener {
                Some(listener) => listener.recv().await.map(|_| ()),
                None => pending().await,
            }
        };
        select! {
            heard = heard => {
                if heard.is_err() {
                    self.listener = None;
                }
            }
            // Their sender is there as long as the database.
            _ = self.commits.changed() => {}
            () = self.asked.notified() => {}
            () = sleep(self.poll) => {}
        }
    }
}

async fn listen(database: &Database) -> Option<PgListener> {
    // Behind a pooler, another would hear it.
    database.changes.sessions()?;
    let mut listener = PgListener::connect_with(database.changes.postgres()).await.ok()?;
    listener.listen(CHANNEL).await.ok()?;
    Some(listener)
}

/// Tells the other instances of what this one commits, for as long as it is polled: on PostgreSQL, where there may be others that
/// cannot see it otherwise.
pub async fn tell(database: Database) {
    if database.changes.get_database_backend() != DbBackend::Postgres {
        return;
    }
    let mut commits = database.commits();
    while commits.changed().await.is_ok() {
        // Who does not hear it looks a little later.
        let _ = database.changes.execute_unprepared(&format!("NOTIFY {CHANNEL}")).await;
        sleep(PAUSE).await;
    }
}
