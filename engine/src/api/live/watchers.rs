//! What is known of what queries read that are answered again.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    changes::Change,
    graphql::change::parts,
    loaders::{Read, Reads},
};

/// What is known of what one read.
#[derive(Default)]
pub struct Watcher {
    state: Mutex<State>,
    stale: Notify,
}

enum State {
    /// It is being read. These tables have changed meanwhile.
    Reading(BTreeSet<String>),
    /// It was read, and nothing of it has changed since.
    Fresh(Reads),
    /// Some of it may have changed.
    Stale,
}

impl Default for State {
    fn default() -> Self {
        Self::Reading(BTreeSet::new())
    }
}

/// All of them that may hear of a change.
#[derive(Default)]
pub struct Watchers {
    all: HashMap<u64, Arc<Watcher>>,
    count: u64,
}

impl Watchers {
    /// The number of one that is new.
    pub fn new_id(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Tells one of the changes from now on.
    pub fn begin(&mut self, id: u64, watcher: &Arc<Watcher>) {
        watcher.begin();
        self.all.insert(id, Arc::clone(watcher));
    }

    /// Tells it no more.
    pub fn leave(&mut self, id: u64) {
        self.all.remove(&id);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Tells them of a change.
    pub fn tell(&mut self, change: &Change) {
        self.all.retain(|_, watcher| watcher.is_fresh_after(change));
    }

    /// Has all read again.
    pub fn end(&mut self) {
        for (_, watcher) in self.all.drain() {
            *watcher.state.lock() = State::Stale;
            watcher.stale.notify_one();
        }
    }
}

impl Watcher {
    /// Says that nothing is read yet.
    fn begin(&self) {
        *self.state.lock() = State::default();
    }

    /// Says what was read.
    pub fn read(&self, reads: Reads) {
        let mut state = self.state.lock();
        *state = match mem::replace(&mut *state, State::Stale) {
            State::Reading(changed) if !reads.tables().any(|table| changed.contains(table)) => State::Fresh(reads),
            _ => State::Stale,
        };
        if let State::Stale = *state {
            self.stale.notify_one();
        }
    }

    /// Waits until some of what was read may have changed.
    pub async fn stale(&self) {
        while !matches!(*self.state.lock(), State::Stale) {
            self.stale.notified().await;
        }
    }

    fn is_fresh_after(&self, change: &Change) -> bool {
        let mut state = self.state.lock();
        match &mut *state {
            State::Reading(changed) => {
                if !changed.contains(&change.source) {
                    changed.insert(change.source.clone());
                }
                true
            }
            State::Fresh(reads) if !concerns(change, reads) => true,
            State::Fresh(_) | State::Stale => {
                *state = State::Stale;
                self.stale.notify_one();
                false
            }
        }
    }
}

/// Whether a change is of what was read.
fn concerns(change: &Change, reads: &Reads) -> bool {
    match reads.of(&change.source) {
        None => false,
        Some(Read::Any) => true,
        Some(Read::Keys { columns, keys }) => {
            let rows = [&change.before, &change.after].into_iter().flatten();
            change.is_of_all() || rows.filter_map(|row| parts(row, columns)).any(|key| keys.contains(&key))
        }
    }
}
