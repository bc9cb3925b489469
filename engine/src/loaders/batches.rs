//! Batching without a clock: a request runs its own batches.
//!
//! Whoever needs something joins the batch of its kind and waits; the first to join puts the batch in the request's queue.
//! [`Batches::drive`] polls the execution until everything in it waits, runs all queued batches, and polls again. So all
//! keys of a level are in one batch however many there are, no clock decides what a batch holds, and a request that is
//! dropped takes its batches with it.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
};

use futures_util::{
    FutureExt,
    future::{self, BoxFuture, JoinAll},
    task::AtomicWaker,
};
use parking_lot::Mutex;

use crate::error::Result;

/// What a batch is a batch of: a key says what is loaded and holds all that shapes the SQL.
pub trait Load: Sized + Send + Sync + 'static {
    /// What a key loads.
    type Value: Clone + Send + Sync;
    /// Where it is loaded from.
    type Source: Clone + Send + Sync + 'static;
    /// Loads all of a batch: a value for each key, in the keys' order.
    fn load(keys: &[Self], source: &Self::Source) -> impl Future<Output = Result<Vec<Self::Value>>> + Send;
}

/// Keys that are loaded together, and then what they loaded.
struct Batch<K: Load> {
    keys: Mutex<Vec<K>>,
    values: OnceLock<Result<Vec<K::Value>>>,
    waiting: Mutex<Vec<Waker>>,
}

impl<K: Load> Batch<K> {
    async fn run(self: Arc<Self>, source: K::Source) {
        let keys = mem::take(&mut *self.keys.lock());
        // Nobody else sets it: a batch is queued once.
        let _ = self.values.set(K::load(&keys, &source).await);
        self.waiting.lock().drain(..).for_each(Waker::wake);
    }

    async fn value(&self, index: usize) -> Result<K::Value> {
        poll_fn(|context| match self.values.get() {
            Some(values) => Poll::Ready(values.as_ref().map(|values| values[index].clone()).map_err(Clone::clone)),
            None => {
                let mut waiting = self.waiting.lock();
                // Most of those who wait are of one task.
                if !waiting.last().is_some_and(|last| last.will_wake(context.waker())) {
                    waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
        })
        .await
    }
}

/// The batches that wait for their turn in one request. Clones share the queue.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    batches: Vec<BoxFuture<'static, ()>>,
    /// The batches that can still be joined, by their keys' type.
    open: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Batches {
    /// Loads what `key` says from `source`, together with all other keys of its type that wait. The key joins them at once,
    /// and not in the future, so that this is small: each parent of a list has one.
    pub fn load<K: Load>(&self, key: K, source: &K::Source) -> impl Future<Output = Result<K::Value>> + Send + use<K> {
        let (batch, index) = self.join(key, source);
        async move { batch.value(index).await }
    }

    fn join<K: Load>(&self, key: K, source: &K::Source) -> (Arc<Batch<K>>, usize) {
        let Queue { batches, open } = &mut *self.0.lock();
        let known = open.get(&TypeId::of::<K>()).and_then(|batch| Arc::clone(batch).downcast::<Batch<K>>().ok());
        let batch = known.unwrap_or_else(|| {
            let batch =
                Arc::new(Batch::<K> { keys: Mutex::default(), values: OnceLock::new(), waiting: Mutex::default() });
            open.insert(TypeId::of::<K>(), Arc::clone(&batch) as _);
            batches.push(Arc::clone(&batch).run(source.clone()).boxed());
            batch
        });
        let mut keys = batch.keys.lock();
        keys.push(key);
        let index = keys.len() - 1;
        drop(keys);
        (batch, index)
    }

    /// Drops what is queued.
    pub fn forget(&self) {
        drop(self.take());
    }

    /// Hands out what is queued; whoever comes now joins another batch.
    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        mem::take(&mut *self.0.lock()).batches
    }

    /// Runs `execution` to its end, with its batches whenever it can go no further without them.
    pub async fn drive<F: Future>(&self, execution: F) -> F::Output {
        // Tokio ends a poll when a task's budget is spent: that is not idleness, and would split a batch.
        let mut execution = pin!(tokio::task::unconstrained(execution));
        let idle = Arc::new(IdleWaker::default());
        let mut running: Option<JoinAll<BoxFuture<'static, ()>>> = None;
        poll_fn(|context| {
            loop {
                if let Some(batches) = &mut running {
                    ready!(batches.poll_unpin(context));
                    running = None;
                }
                if let Poll::Ready(output) = poll_until_idle(execution.as_mut(), &idle, context) {
                    return Poll::Ready(output);
                }
                let queued = self.take();
                if queued.is_empty() {
                    return Poll::Pending;
                }
                running = Some(future::join_all(queued));
            }
        })
        .await
    }
}

/// Polls `execution` until it is ready, or until it waits for something outside of it.
///
/// A poll can also end because a large `FuturesUnordered` yielded to itself. It has then woken itself in its own poll,
/// and has not seen all its members yet.
fn poll_until_idle<F: Future>(
    mut execution: Pin<&mut F>,
    idle: &Arc<IdleWaker>,
    context: &Context<'_>,
) -> Poll<F::Output> {
    idle.outer.register(context.waker());
    let waker = Waker::from(Arc::clone(idle));
    loop {
        idle.woken.store(false, Ordering::Release);
        let poll = execution.as_mut().poll(&mut Context::from_waker(&waker));
        if poll.is_ready() || !idle.woken.load(Ordering::Acquire) {
            return poll;
        }
    }
}

/// Notes a wake-up for [`poll_until_idle`] and hands it on to the request's own task.
#[derive(Default)]
struct IdleWaker {
    woken: AtomicBool,
    outer: AtomicWaker,
}

impl Wake for IdleWaker {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.outer.wake();
    }
}
