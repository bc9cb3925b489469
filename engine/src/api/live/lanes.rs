//! Events with lists, which may take long: those of one selection are read together, one after the other, beside those of others.

use std::{
    collections::{HashMap, hash_map::Entry},
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
};

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::{
    select, spawn,
    sync::{
        Notify, OwnedSemaphorePermit, Semaphore,
        mpsc::{Receiver, Sender, channel},
    },
};

use super::{
    end::End,
    events::{EVENTS_AT_ONCE, Events, Job},
    topic::{Item, Lane, Told},
};
use crate::error::Error;

/// How many events of one selection may wait to be read.
const MOST_WAITING: usize = 10_000;

/// How many of all.
const MOST_OF_ALL: usize = 1_000_000;

/// An event that waits, with its room.
type Waits = (Job, OwnedSemaphorePermit);

/// Events that wait to be read.
pub struct Lanes {
    events: Arc<Events>,
    /// The most bytes that wait for a subscriber.
    most: u64,
    /// Turns to read: half of the connections that queries have. It is never closed.
    pub turns: Semaphore,
    waiting: Mutex<HashMap<Lane, Sender<Waits>>>,
    /// Room for what waits. It is never closed.
    room: Arc<Semaphore>,
    /// Tells that a subscriber left.
    left: Notify,
}

impl Lanes {
    /// None yet.
    pub fn new(events: Arc<Events>, most: u64) -> Self {
        let turns = events.database.connections().reading.div_ceil(2);
        Self {
            events,
            most,
            turns: Semaphore::new(turns),
            waiting: Mutex::default(),
            room: Semaphore::new(MOST_OF_ALL).into(),
            left: Notify::new(),
        }
    }

    /// Says that a subscriber left: what is read for nobody ends.
    pub fn left(&self) {
        self.left.notify_waiters();
    }

    /// Has an event told once it is read. If too many wait already, it ends for those who ask for it.
    pub fn take(self: &Arc<Self>, lane: Lane, job: Job) {
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            return self.hand_on(&job, Err(End::Behind));
        };
        let mut waiting = self.waiting.lock();
        let sender = match waiting.entry(lane) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (sender, jobs) = channel(MOST_WAITING);
                spawn(Arc::clone(self).run(lane, jobs));
                new.insert(sender)
            }
        };
        if let Err(refused) = sender.try_send((job, room)) {
            self.hand_on(&refused.into_inner().0, Err(End::Behind));
        }
    }

    /// Tells of what waits until nothing does.
    async fn run(self: Arc<Self>, lane: Lane, mut jobs: Receiver<Waits>) {
        loop {
            let mut next = Vec::new();
            while next.len() < EVENTS_AT_ONCE
                && let Ok((job, _)) = jobs.try_recv()
            {
                next.push(job);
            }
            if next.is_empty() {
                let mut waiting = self.waiting.lock();
                // Nothing is sent meanwhile.
                if jobs.is_empty() {
                    waiting.remove(&lane);
                    return;
                }
                continue;
            }
            let _turn = self.turns.acquire().await;
            next.retain(|job| !job.topic.is_deserted());
            let mut told = pin!(AssertUnwindSafe(self.tell(&next)).catch_unwind());
            loop {
                let left = self.left.notified();
                if next.iter().all(|job| job.topic.is_deserted()) {
                    break;
                }
                select! {
                    told = &mut told => {
                        if told.is_err() {
                            // The panic itself is in the log.
                            let end = End::Failed(Error::broken("the events' reader panicked"));
                            next.iter().for_each(|job| self.hand_on(job, Err(end.clone())));
                        }
                        break;
                    }
                    () = left => {}
                }
            }
        }
    }

    /// Reads these events, and tells of them.
    pub async fn tell(&self, jobs: &[Job]) {
        self.events.resolve(jobs, &mut |job, item| self.hand_on(job, item)).await;
    }

    fn hand_on(&self, job: &Job, item: Item) {
        let told =
            Told { position: Arc::clone(&job.position), change: (job.change.transaction, job.change.number), item };
        job.topic.tell(&told, self.most);
    }
}
