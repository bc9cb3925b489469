//! Batching without a clock: a request runs its own batches.
//!
//! async-graphql's `DataLoader` collects the keys of a batch, and spawns a task that loads them after a delay. Here that task goes to
//! the request's queue, and the delay is none: [`Batches::drive`] polls the execution until everything in it waits, runs all that is
//! queued, and polls again. So all keys of a level are in one batch however many there are, no clock decides what a batch holds,
//! nothing is spawned, and a request that is dropped takes its batches with it.

use std::{
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
    time::Duration,
};

use async_graphql::runtime::Timer;
use futures_util::{
    FutureExt,
    future::{self, BoxFuture, JoinAll},
    task::{AtomicWaker, FutureObj, Spawn, SpawnError},
};
use parking_lot::Mutex;

/// The batches that wait for their turn in one request. Clones share the queue.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for Batches {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().push(batch);
        Ok(())
    }
}

/// A timer that is ready at once: a batch is complete when it is run.
pub struct AtOnce;

impl Timer for AtOnce {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        future::ready(()).boxed()
    }
}

impl Batches {
    /// Drops what is queued.
    pub fn forget(&self) {
        drop(self.take());
    }

    /// Hands out what is queued; whoever comes now joins another batch.
    fn take(&self) -> Vec<FutureObj<'static, ()>> {
        mem::take(&mut *self.0.lock())
    }

    /// Runs `execution` to its end, with its batches whenever it can go no further without them.
    pub async fn drive<F: Future>(&self, execution: F) -> F::Output {
        // Tokio ends a poll when a task's budget is spent: that is not idleness, and would split a batch.
        let mut execution = pin!(tokio::task::unconstrained(execution));
        let idle = Arc::new(IdleWaker::default());
        let mut running: Option<JoinAll<FutureObj<'static, ()>>> = None;
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
