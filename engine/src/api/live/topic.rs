//! Who is told of which changes: subscribers that ask for the same are told the same, once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ptr,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use async_graphql::{
    Positioned,
    parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet},
};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::end::End;
use crate::{
    api::watched::Watched,
    changes::{Change, Position},
    graphql::change::Told as OfNode,
    loaders::KeyPart,
    memory::{Held, Memory},
};

/// What all subscribers to a topic are told: an event, or that there are no more.
pub type Item = Result<Arc<Answered>, End>;

/// What is told of a change.
pub struct Answered {
    /// The answer, as JSON.
    pub json: Vec<u8>,
    /// Where a client goes on that has it, if it is of a change.
    pub cursor: Option<String>,
}

impl Answered {
    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.json.len() + self.cursor.as_ref().map_or(0, String::len)
    }
}

/// A selection with lists, by its digest.
pub type Lane = [u8; 32];

/// What some subscribers ask for, to the letter.
pub struct Topic {
    /// What is selected of an event. Topics that differ in whom they watch alone share it.
    pub document: Arc<ExecutableDocument>,
    /// Of which changes.
    pub watched: Watched,
    /// What an event costs.
    pub cost: u64,
    /// What else its events are read with: those of the same selection; of all that are found by keys alone, if it is one.
    pub lane: Option<Lane>,
    /// The log's name of the first that asked.
    pub request_id: String,
    /// The digest of the document.
    selected: [u8; 32],
    digest: [u8; 32],
    subscribers: Mutex<HashMap<u64, Subscriber>>,
}

/// What a subscriber is told, of which change.
#[derive(Clone)]
pub struct Told {
    /// Where among the changes it is.
    pub position: Arc<Position>,
    /// The transaction that made it, and its number.
    pub change: (i64, i64),
    /// What is told.
    pub item: Item,
}

/// What waits, with its room. Boxed: a channel has room for 32 from the beginning.
type Waits = Box<(Told, Held)>;

struct Subscriber {
    items: UnboundedSender<Waits>,
    memory: Memory,
    state: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// The bytes of what waits.
    bytes: AtomicU64,
    end: OnceLock<End>,
}

/// What waits for a subscriber, which takes it.
pub struct Inbox {
    items: UnboundedReceiver<Waits>,
    state: Arc<Waiting>,
}

impl Inbox {
    /// The next, with its room; or why there is none any more.
    pub async fn next(&mut self) -> Result<(Told, Held), End> {
        let next = self.items.recv().await;
        let (told, held) = *next.ok_or_else(|| self.state.end.get().cloned().unwrap_or(End::Lost))?;
        self.state.bytes.fetch_sub(told.bytes(), Relaxed);
        Ok((told, held))
    }
}

impl Told {
    fn bytes(&self) -> u64 {
        self.item.as_ref().map_or(0, |event| event.bytes() as u64)
    }
}

/// Writes a selection in one spelling, wherever it stands in a text.
fn spell(set: &SelectionSet, text: &mut String) {
    for item in &set.items {
        match &item.node {
            Selection::Field(Positioned { node: field, .. }) => {
                *text += &format!(" {}:{}", field.response_key().node, field.name.node);
                for (name, value) in &field.arguments {
                    *text += &format!("({}:{})", name.node, value.node);
                }
                *text += "{";
                spell(&field.selection_set.node, text);
                *text += "}";
            }
            Selection::InlineFragment(Positioned { node: fragment, .. }) => {
                let on = fragment.type_condition.as_ref().map(|condition| &condition.node.on.node);
                *text += &format!(" ...{}{{", on.map_or("", |on| on.as_str()));
                spell(&fragment.selection_set.node, text);
                *text += "}";
            }
            // The normal form has none.
            Selection::FragmentSpread(_) => {}
        }
    }
}

impl Topic {
    /// What a document asks for of what is watched.
    pub fn new(mut document: ExecutableDocument, watched: Watched, cost: u64, request_id: String) -> Self {
        let mut lane = None;
        if let DocumentOperations::Single(operation) = &mut document.operations {
            for item in &mut operation.node.selection_set.node.items {
                if let Selection::Field(field) = &mut item.node {
                    // What they say is known, and each event's document has room for it.
                    field.node.arguments.clear();
                    let mut text = format!("{}{:?}", watched.told.field, watched.filter);
                    spell(&field.node.selection_set.node, &mut text);
                    lane = (!watched.is_by_keys).then(|| Sha256::digest(text).into());
                }
            }
        }
        // With the positions in its text, which errors tell.
        let selected = Sha256::digest(format!("{document:?}")).into();
        let digest = Sha256::digest(format!("{selected:?}{:?}{:?}", watched.keys, watched.filter)).into();
        let document = Arc::new(document);
        Self { document, watched, cost, lane, request_id, selected, digest, subscribers: Mutex::default() }
    }

    /// Whether nobody asks for it any more.
    pub fn is_deserted(&self) -> bool {
        self.subscribers.lock().is_empty()
    }

    /// Tells all who ask for it. For whoever has more waiting than so many bytes, or no room, it ends.
    pub fn tell(&self, told: &Told, most: u64) {
        let bytes = told.bytes();
        self.subscribers.lock().retain(|_, Subscriber { items, memory, state }| {
            let waiting = state.bytes.fetch_add(bytes, Relaxed);
            let held = memory.hold();
            let end = match held.take(bytes as usize) {
                Ok(()) if waiting == 0 || waiting + bytes <= most => {
                    return items.send(Box::new((told.clone(), held))).is_ok();
                }
                Ok(()) => End::TooSlow(most),
                Err(full) => End::Full(full),
            };
            let _ = state.end.set(end);
            false
        });
    }
}

/// Where topics are found: by their node's field, and by the first key that they ask for, if they ask for any.
type Place = (&'static str, Option<(usize, Vec<KeyPart<'static>>)>);

/// The topics that subscribers ask for.
pub struct Topics {
    /// By table, what can be told of it, and how many topics it has.
    tables: BTreeMap<String, (Vec<&'static OfNode>, usize)>,
    all: HashMap<[u8; 32], Arc<Topic>>,
    /// What they select, by its digest.
    documents: HashMap<[u8; 32], Weak<ExecutableDocument>>,
    places: HashMap<Place, Vec<Arc<Topic>>>,
    /// How many subscribers there were.
    count: u64,
}

fn place(topic: &Topic) -> Place {
    (&topic.watched.told.field, topic.watched.keys.first().cloned())
}

impl Topics {
    /// None yet, of what can be told.
    pub fn new(told: impl Iterator<Item = &'static OfNode>) -> Self {
        let mut tables = BTreeMap::<_, (Vec<_>, _)>::new();
        told.for_each(|told| tables.entry(told.recorded.source()).or_default().0.push(told));
        Self { tables, all: HashMap::new(), documents: HashMap::new(), places: HashMap::new(), count: 0 }
    }

    /// Whether nobody asks for anything.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether the changes of a table can be told.
    pub fn knows(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// All tables whose changes can be told.
    pub fn tables(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    /// The tables that they are of.
    pub fn sources(&self) -> Vec<String> {
        let used = self.tables.iter().filter(|(_, (_, topics))| *topics > 0);
        used.map(|(source, _)| source.clone()).collect()
    }

    /// One more subscriber to a topic, by its number.
    pub fn join(&mut self, mut topic: Topic, memory: Memory) -> (Arc<Topic>, u64, Inbox) {
        let topic = self.all.entry(topic.digest).or_insert_with(|| {
            match self.documents.get(&topic.selected).and_then(Weak::upgrade) {
                Some(document) => topic.document = document,
                None => drop(self.documents.insert(topic.selected, Arc::downgrade(&topic.document))),
            }
            let topic = Arc::new(topic);
            self.places.entry(place(&topic)).or_default().push(Arc::clone(&topic));
            if let Some((_, topics)) = self.tables.get_mut(&topic.watched.told.recorded.source()) {
                *topics += 1;
            }
            topic
        });
        self.count += 1;
        let ((sender, items), state) = (unbounded_channel(), Arc::<Waiting>::default());
        let subscriber = Subscriber { items: sender, memory, state: Arc::clone(&state) };
        topic.subscribers.lock().insert(self.count, subscriber);
        (Arc::clone(topic), self.count, Inbox { items, state })
    }

    /// Takes a subscriber away, and its topic if it was the last.
    pub fn leave(&mut self, topic: &Arc<Topic>, subscriber: u64) {
        let mut subscribers = topic.subscribers.lock();
        subscribers.remove(&subscriber);
        let is_known = self.all.get(&topic.digest).is_some_and(|known| Arc::ptr_eq(known, topic));
        if !subscribers.is_empty() || !is_known {
            return;
        }
        self.all.remove(&topic.digest);
        if self.documents.len() > 2 * self.all.len() {
            self.documents.retain(|_, document| document.strong_count() > 0);
        }
        if let Some((_, topics)) = self.tables.get_mut(&topic.watched.told.recorded.source()) {
            *topics -= 1;
        }
        let place = place(topic);
        if let Some(topics) = self.places.get_mut(&place) {
            topics.retain(|other| !Arc::ptr_eq(other, topic));
            if topics.is_empty() {
                self.places.remove(&place);
            }
        }
    }

    /// Ends them all.
    pub fn end(&mut self, end: &End) {
        self.places.clear();
        self.documents.clear();
        self.tables.values_mut().for_each(|(_, topics)| *topics = 0);
        for (_, topic) in self.all.drain() {
            for (_, Subscriber { state, .. }) in topic.subscribers.lock().drain() {
                let _ = state.end.set(end.clone());
            }
        }
    }

    /// Those that a change concerns.
    pub fn of(&self, change: &Change) -> Vec<Arc<Topic>> {
        let Some((told, _)) = self.tables.get(&change.source) else { return Vec::new() };
        let mut concerned = Vec::new();
        for told in told {
            if change.is_of_all() {
                concerned.extend(self.all.values().filter(|topic| ptr::eq(topic.watched.told, *told)).cloned());
                continue;
            }
            let mut look = |key| {
                let topics = self.places.get(&(told.field.as_str(), key)).into_iter().flatten();
                concerned.extend(topics.filter(|topic| topic.watched.has(change)).cloned());
            };
            look(None);
            for (place, by) in told.by.iter().enumerate() {
                let rows = [&change.before, &change.after].into_iter().flatten();
                let keys: BTreeSet<_> = rows.filter_map(|row| by.of(row)).collect();
                keys.into_iter().for_each(|key| look(Some((place, key))));
            }
        }
        concerned
    }
}
