//! The reader of the changes, and whom it tells of them.

use std::{
    mem,
    panic::AssertUnwindSafe,
    sync::{Arc, Weak},
    time::Duration,
};

use futures_util::FutureExt;
use parking_lot::{Mutex, MutexGuard};
use sea_orm::DbErr;
use tokio::{
    spawn,
    sync::{Mutex as Lock, Notify, Semaphore},
    time::sleep,
};

use super::{
    end::End,
    events::{EVENTS_AT_ONCE, Events, Job, RETRY},
    lanes::Lanes,
    topic::{Inbox, Topic, Topics},
    watchers::Watchers,
};
use crate::{
    changes::{Change, Changes, Now, Position, Wake},
    config::limits::ChangeLimits,
    error::Error,
    memory::Memory,
    metrics::METRICS,
};

/// How many changes are read at once.
const PAGE: u64 = 10_000;

/// How many subscribers are told at once of what they missed, beside those that are told of what is new.
const CATCHING_UP: usize = 2;

/// What all subscriptions share.
pub struct Hub {
    /// What resolves events.
    pub events: Arc<Events>,
    /// What resolves those with lists.
    pub lanes: Arc<Lanes>,
    /// What is read.
    pub changes: Changes,
    /// How much is told.
    pub limits: ChangeLimits,
    /// Turns of those who are told of what they missed. It is never closed.
    pub catching_up: Semaphore,
    state: Mutex<State>,
    starting: Lock<()>,
    /// Has the reader look for changes.
    asked: Arc<Notify>,
}

/// Whom the reader tells.
pub struct State {
    /// How far it has come, if there is one.
    position: Option<Position>,
    /// What subscribers ask for.
    pub topics: Topics,
    /// Those who answer again.
    pub watchers: Watchers,
}

impl State {
    /// Ends all subscriptions, and has all answer again that do.
    fn end(&mut self) {
        self.topics.end(&End::Lost);
        self.watchers.end();
    }
}

impl Hub {
    /// What tells of these changes.
    pub fn new(events: Events, changes: Changes, limits: ChangeLimits) -> Self {
        let topics = Topics::new(events.api.schema.told.values());
        let events = Arc::new(events);
        Self {
            lanes: Lanes::new(Arc::clone(&events), limits.max_waiting_event_bytes).into(),
            events,
            changes,
            limits,
            catching_up: Semaphore::new(CATCHING_UP),
            state: Mutex::new(State { position: None, topics, watchers: Watchers::default() }),
            starting: Lock::default(),
            asked: Arc::default(),
        }
    }

    /// Whom the reader tells. Held, nobody is told.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// One more subscriber to a topic, by its number. It is there for the reader, if there is one.
    pub fn join(&self, topic: Topic, memory: Memory) -> (Arc<Topic>, u64, Inbox) {
        self.state.lock().topics.join(topic, memory)
    }

    /// Takes a subscriber away.
    pub fn leave(&self, topic: &Arc<Topic>, subscriber: u64) {
        self.state.lock().topics.leave(topic, subscriber);
        self.lanes.left();
    }

    /// How far the changes have come. All that comes thereafter, a reader tells, and what it has told is not before that but for what is
    /// committed just now.
    ///
    /// # Errors
    /// The database does not say.
    pub async fn follow(self: &Arc<Self>) -> Result<Now, Error> {
        self.start().await?;
        let now = self.now().await?;
        self.asked.notify_one();
        Ok(now)
    }

    async fn now(&self) -> Result<Now, Error> {
        let now = self.changes.now().await?;
        now.ok_or_else(|| Error::broken("no changes are recorded"))
    }

    /// Has a reader follow the changes from now on, unless one does.
    ///
    /// # Errors
    /// The database does not say how far they have come.
    pub async fn start(self: &Arc<Self>) -> Result<(), Error> {
        let _starting = self.starting.lock().await;
        if self.state.lock().position.is_some() {
            return Ok(());
        }
        let Now { epoch, moment, .. } = self.now().await?;
        self.state.lock().position = Some(Position::at(epoch, moment));
        let wake = Wake::new(
            self.events.database.clone(),
            Duration::from_millis(self.limits.poll_changes_ms),
            Arc::clone(&self.asked),
        );
        spawn(read(Arc::downgrade(self), wake));
        Ok(())
    }

    /// Tells all subscribers of what is new; `false` if there are none any more.
    async fn turn(&self) -> Result<bool, DbErr> {
        let now = self.changes.now().await?;
        loop {
            let (position, sources) = {
                let mut state = self.state.lock();
                let position = state.position.take().filter(|_| !state.topics.is_empty() || !state.watchers.is_empty());
                let Some(position) = position else { return Ok(false) };
                // As it is looked thereafter whether all are there, this is but whether they are recorded as before.
                let Some(now) = now.as_ref().filter(|now| now.epoch == position.epoch) else {
                    state.end();
                    return Ok(false);
                };
                let is_read = position.from == position.to;
                state.position = Some(position.clone());
                if is_read && position.to == now.moment {
                    return Ok(true);
                }
                let position = if is_read { position.until(now.moment.clone()) } else { position };
                METRICS.changes_waiting.set(position.to.last() - position.from.last().max(position.number));
                let sources = match state.watchers.is_empty() {
                    true => state.topics.sources(),
                    // Whatever they read.
                    false => state.topics.tables(),
                };
                (position, sources)
            };
            let Some(changes) = self.changes.after(&position, &sources, PAGE).await? else {
                self.end();
                return Ok(false);
            };
            let next = match changes.last() {
                Some(last) if changes.len() as u64 == PAGE => position.behind(last.number),
                _ => Position::at(position.epoch.clone(), position.to.clone()),
            };
            self.tell(changes, position).await;
            self.state.lock().position = Some(next);
        }
    }

    /// Ends all subscriptions, and the reader.
    fn end(&self) {
        let mut state = self.state.lock();
        state.position = None;
        state.end();
    }

    /// Tells whom they concern of these changes: what is found by keys at once, what has lists when it is read.
    async fn tell(&self, changes: Vec<Change>, position: Position) {
        self.state.lock().watchers.tell(&changes);
        let position = Arc::new(position);
        let mut jobs = Vec::new();
        for change in changes {
            let change = Arc::new(change);
            for topic in self.state.lock().topics.of(&change) {
                let job = Job { topic, change: Arc::clone(&change), position: Arc::clone(&position) };
                match job.topic.lane {
                    None => jobs.push(job),
                    Some(lane) => self.lanes.take(lane, job),
                }
            }
            if jobs.len() >= EVENTS_AT_ONCE {
                self.lanes.tell(&mem::take(&mut jobs)).await;
            }
        }
        self.lanes.tell(&jobs).await;
    }
}

/// Tells of changes until there is nobody to tell.
async fn read(hub: Weak<Hub>, mut wake: Wake) {
    let mut is_well = true;
    loop {
        wake.wait().await;
        let Some(hub) = hub.upgrade() else { return };
        let turned = AssertUnwindSafe(hub.turn()).catch_unwind().await;
        // Where they could not be read, there may be some.
        let waiting = if matches!(turned, Ok(Err(_))) { METRICS.changes_waiting.get().max(1) } else { 0 };
        METRICS.changes_waiting.set(waiting);
        match turned {
            Ok(Ok(false)) => return,
            Ok(Ok(true)) => is_well = true,
            Ok(Err(error)) => {
                if is_well {
                    tracing::warn!(%error, "the changes cannot be read");
                }
                is_well = false;
                sleep(RETRY).await;
            }
            // The panic itself is in the log.
            Err(_) => {
                hub.end();
                return;
            }
        }
    }
}
