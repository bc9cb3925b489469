//! GraphQL over rows: what a program's types are made of, and what resolvers ask of their request.

mod ahead;
mod argument;
pub mod change;
pub mod check;
mod children;
mod column;
mod conditions;
mod connection;
mod executor;
mod filter;
pub mod input;
pub(crate) mod json;
pub mod mutation;
pub mod node;
pub mod nodes;
pub(crate) mod nulls;
pub mod one;
mod order;
mod page;
mod paging;
mod parent;
mod part;
pub mod payload;
pub(crate) mod query;
pub(crate) mod subscription;
pub mod user_errors;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    future::Future,
    iter,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use async_graphql::{Context, QueryPathSegment};
use parking_lot::Mutex;

pub use self::json::{errors as errors_to_json, ran, response as to_json};
use crate::{
    config::limits::ApiLimits,
    error::{Error, Result},
    loaders::{Asked, Cause, Loaders, Session, Transaction},
    memory::Meter,
};

/// Values derived once per field of the document, keyed by the field's address, which stays while the request runs.
#[derive(Default)]
pub(crate) struct Made(Mutex<HashMap<(usize, TypeId), Arc<dyn Any + Send + Sync>>>);

/// A request that is running.
pub struct Running {
    pub(crate) limits: ApiLimits,
    /// Whether it is answered the fast way.
    pub(crate) fast: bool,
    /// Whether it has one root field alone.
    pub(crate) alone: bool,
    /// When its time is over.
    pub(crate) deadline: Option<Instant>,
    /// The bytes of its answer that are written.
    pub(crate) written: Meter,
    /// How many fields loaded anything so far: its own, and those of requests that share its loaders.
    pub(crate) fields: Arc<AtomicUsize>,
    pub(crate) made: Made,
    pub(crate) loaders: Loaders,
    pub(crate) session: Session,
}

impl Running {
    /// Whether its time is over.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline < Instant::now())
    }

    /// Counts so many more bytes of its answer, and looks at the clock now and then: what is written at once, nobody else can end.
    ///
    /// # Errors
    /// They are more than an answer may have, or its time is over.
    pub(crate) fn wrote(&self, bytes: usize) -> Result<()> {
        if self.written.count(bytes as u64)? && self.is_late() { Err(Error::late()) } else { Ok(()) }
    }
}

/// What resolvers ask of their request.
pub trait ContextExt {
    /// The request itself.
    fn running(&self) -> &Running;

    /// The field that is being resolved, as the cause of what it loads or writes.
    fn cause(&self) -> Cause;

    /// What `make` makes of the text of the field that is being resolved: once, for however many parents it is.
    fn once<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T>;

    /// For whose sake the field loads; it loads nothing more below if it `is_leaf`.
    fn asked(&self, is_leaf: bool) -> Asked;

    /// Begins the transaction of a mutation's field. Dropped before its commit, it writes nothing.
    fn write(&self) -> impl Future<Output = Result<Transaction>> + Send;
}

impl ContextExt for Context<'_> {
    fn running(&self) -> &Running {
        self.data_unchecked()
    }

    fn cause(&self) -> Cause {
        let path = || {
            let nodes = iter::successors(self.path_node.as_ref(), |node| node.parent);
            let mut names: Vec<_> = nodes
                .filter_map(|node| match node.segment {
                    QueryPathSegment::Name(name) => Some(name),
                    QueryPathSegment::Index(_) => None,
                })
                .collect();
            names.reverse();
            names.join(".")
        };
        self.running().session.report().cause(path)
    }

    fn once<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let Made(made) = &self.running().made;
        let key = (std::ptr::from_ref(self.item).addr(), TypeId::of::<T>());
        let known = made.lock().get(&key).cloned();
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return known;
        }
        let new = Arc::new(make());
        made.lock().insert(key, Arc::clone(&new) as _);
        new
    }

    fn asked(&self, is_leaf: bool) -> Asked {
        let is_root = self.path_node.as_ref().is_some_and(|node| node.parent.is_none());
        let number = self.running().fields.fetch_add(1, Ordering::Relaxed);
        Asked { number, cause: self.cause(), alone: is_leaf && is_root && self.running().alone }
    }

    async fn write(&self) -> Result<Transaction> {
        self.running().session.write(self.cause()).await
    }
}
