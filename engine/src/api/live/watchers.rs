//! What is known of what queries read that are answered again.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    mem,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    changes::Change,
    graphql::change::parts,
    loaders::{KeyPart, Read, Reads},
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

/// All of them.
#[derive(Default)]
pub struct Watchers {
    all: HashMap<u64, Arc<Watcher>>,
    count: u64,
}

impl Watchers {
    /// One more, by its number.
    pub fn join(&mut self, watcher: &Arc<Watcher>) -> u64 {
        self.count += 1;
        self.all.insert(self.count, Arc::clone(watcher));
        self.count
    }

    /// Takes one away.
    pub fn leave(&mut self, id: u64) {
        self.all.remove(&id);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Tells them of changes.
    pub fn tell(&self, changes: &[Change]) {
        let mut by_table = HashMap::<_, Changed<'_>>::new();
        for change in changes.iter().filter(|_| !self.all.is_empty()) {
            by_table.entry(&*change.source).or_default().changes.push(change);
        }
        self.all.values().for_each(|watcher| watcher.tell(&mut by_table));
    }

    /// Has all read again.
    pub fn end(&self) {
        self.all.values().for_each(|watcher| watcher.end());
    }
}

/// The changes of a table that are told together.
#[derive(Default)]
struct Changed<'a> {
    changes: Vec<&'a Change>,
    /// The keys of their rows, once they are asked for.
    keys: Option<HashSet<Vec<KeyPart<'static>>>>,
}

impl Changed<'_> {
    /// Whether they are of what was read of the table.
    fn concern(&mut self, read: &Read) -> bool {
        let Read::Keys { columns, keys } = read else { return true };
        let changed = self.keys.get_or_insert_with(|| {
            let rows = self.changes.iter().flat_map(|change| [&change.before, &change.after]);
            rows.flatten().filter_map(|row| parts(row, columns)).collect()
        });
        self.changes.iter().any(|change| change.is_of_all()) || !changed.is_disjoint(keys)
    }
}

impl Watcher {
    /// Says that nothing is read yet.
    pub fn begin(&self) {
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

    fn tell(&self, by_table: &mut HashMap<&str, Changed<'_>>) {
        let mut state = self.state.lock();
        match &mut *state {
            State::Reading(changed) => changed.extend(by_table.keys().map(|table| (*table).to_owned())),
            State::Fresh(reads) => {
                let concerned = by_table.iter_mut().any(|(table, changed)| match reads.of(table) {
                    Some(read) => changed.concern(read),
                    None => false,
                });
                if concerned {
                    *state = State::Stale;
                    self.stale.notify_one();
                }
            }
            State::Stale => {}
        }
    }

    fn end(&self) {
        *self.state.lock() = State::Stale;
        self.stale.notify_one();
    }
}
