//! A subscription, as whoever sends its events has it.

use std::{collections::VecDeque, mem, sync::Arc};

use async_graphql::ServerError;

use super::{
    end::End,
    events::Job,
    hub::Hub,
    topic::{Answered, Inbox, Item, Told, Topic},
};
use crate::{
    changes::{Change, Moment, Position},
    error,
    memory::{Held, Memory},
};

/// How many changes are read at once that a subscriber missed.
const MISSED_AT_ONCE: u64 = 100;

/// An event, for which there is room as long as this is there.
pub struct Event {
    answered: Arc<Answered>,
    _held: Held,
}

impl Event {
    /// One of no change: an answer, as JSON, for which there is room.
    pub fn of(json: Vec<u8>, held: Held) -> Self {
        Self { answered: Arc::new(Answered { json, cursor: None }), _held: held }
    }

    /// Its answer, as JSON.
    pub fn json(&self) -> &[u8] {
        &self.answered.json
    }

    /// Where a client goes on that has it, if it is of a change.
    pub fn cursor(&self) -> Option<&str> {
        self.answered.cursor.as_deref()
    }
}

/// A subscription: who is told of changes. Dropped, it ends.
pub struct Subscription {
    hub: Arc<Hub>,
    topic: Arc<Topic>,
    id: u64,
    inbox: Inbox,
    memory: Memory,
    /// What the reader tells it of comes after this.
    since: Moment,
    /// After which positions it is told first, the last before the others.
    missed: Vec<Position>,
    ready: VecDeque<Result<Event, End>>,
    is_over: bool,
    _held: Held,
}

impl Subscription {
    /// Begins one to a topic, `after` a position if there is one. Its events take room of `memory`, and it has `held` some.
    pub(super) async fn begin(
        hub: Arc<Hub>,
        topic: Topic,
        after: Option<Position>,
        memory: Memory,
        held: Held,
    ) -> Result<Self, End> {
        // First it is there for the reader, and then it is looked how far the changes have come.
        let (topic, id, inbox) = hub.join(topic, memory.clone());
        let mut subscription = Self {
            hub,
            topic,
            id,
            inbox,
            memory,
            since: Moment::Number(0),
            missed: Vec::new(),
            ready: VecDeque::new(),
            is_over: false,
            _held: held,
        };
        let now = subscription.hub.follow().await.map_err(End::Failed)?;
        if let Some(after) = after {
            if !now.has_all_after(&after) {
                return Err(End::Lost);
            }
            subscription.missed = vec![after.until(now.moment.clone()), after];
            subscription.count().await?;
        }
        subscription.since = now.moment;
        Ok(subscription)
    }

    /// That it missed no more changes than are told.
    async fn count(&self) -> Result<(), End> {
        let most = self.hub.limits.max_missed_changes;
        let _turn = self.hub.catching_up.acquire().await;
        let mut count = 0;
        for position in &self.missed {
            count += self.changes(position, most + 1).await?.len() as u64;
        }
        if count > most { Err(End::TooMany(most)) } else { Ok(()) }
    }

    /// The next event; or why there are no more, after which it is over.
    pub async fn next(&mut self) -> Option<Result<Event, Vec<ServerError>>> {
        if self.is_over {
            return None;
        }
        let event = self.event().await.map_err(|end| {
            self.is_over = true;
            completed(end.error(), &self.topic.request_id)
        });
        Some(event)
    }

    async fn event(&mut self) -> Result<Event, End> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            if let Some(position) = self.missed.pop() {
                self.catch_up(position).await?;
                continue;
            }
            let (Told { position, change: (transaction, number), item }, held) = self.inbox.next().await?;
            if self.since.sees(transaction, number) {
                continue;
            }
            if position.from.has_all_of(&self.since) {
                return item.map(|answered| Event { answered, _held: held });
            }
            // Its cursor would not have all that was told already. The rest of its batch is told from where that ended.
            let since = mem::replace(&mut self.since, position.to.clone());
            self.missed.push(Position::at(position.epoch.clone(), since).until(position.to.clone()));
        }
    }

    /// Has the next changes after a position told.
    async fn catch_up(&mut self, position: Position) -> Result<(), End> {
        let turns = match self.topic.lane {
            None => &self.hub.catching_up,
            Some(_) => &self.hub.lanes.turns,
        };
        let _turn = turns.acquire().await;
        let changes = self.changes(&position, MISSED_AT_ONCE).await?;
        if changes.len() as u64 == MISSED_AT_ONCE
            && let Some(last) = changes.last()
        {
            self.missed.push(position.behind(last.number));
        }
        let position = Arc::new(position);
        let watched = changes.into_iter().filter(|change| self.topic.watched.has(change));
        let jobs: Vec<_> = watched
            .map(|change| Job {
                topic: Arc::clone(&self.topic),
                change: change.into(),
                position: Arc::clone(&position),
            })
            .collect();
        let (ready, memory) = (&mut self.ready, &self.memory);
        let mut tell = |_: &Job, item: Item| {
            ready.push_back(item.and_then(|answered| {
                let held = memory.hold();
                held.take(answered.bytes()).map_err(End::Full)?;
                Ok(Event { answered, _held: held })
            }));
        };
        self.hub.events.resolve(&jobs, &mut tell).await;
        Ok(())
    }

    /// The changes after a position, and so many at most.
    async fn changes(&self, position: &Position, most: u64) -> Result<Vec<Change>, End> {
        let sources = [self.topic.watched.told.recorded.source()];
        let changes = self.hub.changes.after(position, &sources, most).await;
        changes.map_err(|error| End::Failed(error.into()))?.ok_or(End::Lost)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.leave(&self.topic, self.id);
    }
}

/// An error as its client sees it, which leaves its cause in the log.
pub(super) fn completed(error: ServerError, request_id: &str) -> Vec<ServerError> {
    let mut errors = vec![error];
    error::complete(&mut errors, request_id);
    errors
}
