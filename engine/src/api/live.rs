//! Subscriptions. One reader follows the changes for all of them; what they select of the events of a moment is loaded in the same
//! batches, and resolved once for all that ask for the same.

mod end;
mod events;
mod hub;
mod lanes;
mod subscription;
mod topic;
mod watch;
mod watchers;

use std::{sync::Arc, time::Duration};

use async_graphql::ServerError;
use tokio::{spawn, task::AbortHandle, time::sleep};

use self::{end::End, events::Events, hub::Hub, subscription::completed, topic::Topic};
pub use self::{
    subscription::{Event, Subscription},
    watch::Watch,
};
use super::{Api, Prepared};
use crate::{
    changes::{Changes, tell},
    config::limits::ChangeLimits,
    database::Database,
    error::{self, Cause, Error},
    memory::{Full, Memory},
};

/// How often old changes are removed.
const PRUNE: Duration = Duration::from_secs(60);

/// How many bytes a subscription takes for each byte of the request for it: its document, and what it waits with.
const BYTES_A_BYTE: usize = 20;

/// The subscriptions of a server. Dropped, it begins none any more.
pub struct Live {
    hub: Arc<Hub>,
    keeping: Option<AbortHandle>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.keeping.take().inspect(AbortHandle::abort);
    }
}

impl Live {
    /// Subscriptions to what changes in the database of an API, of which a request may take so long.
    pub fn new(api: Api, limits: ChangeLimits, patience: Duration) -> Self {
        let database = api.database.clone();
        let changes = Changes::of(database.clone());
        let keeping = (!api.schema.told.is_empty()).then(|| {
            spawn(keep(database.clone(), changes.clone(), Duration::from_secs(limits.keep_changes))).abort_handle()
        });
        let events = Events { api, database, patience };
        Self { hub: Hub::new(events, changes, limits).into(), keeping }
    }

    /// How much time is between the answers of a live query, at least.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.hub.limits.min_live_interval_ms)
    }

    /// Watches for changes of what a query reads, for which there is a sender's `memory`.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn watch(&self, prepared: Prepared, memory: &Memory) -> Result<(Prepared, Watch), Full> {
        let held = memory.hold();
        held.take(prepared.bytes * BYTES_A_BYTE)?;
        Ok((Prepared { held, ..prepared }, Watch::new(Arc::clone(&self.hub))))
    }

    /// Begins a subscription for which there is a sender's `memory`, by a request that the log calls `request_id`.
    ///
    /// # Errors
    /// It cannot tell of all changes since its cursor, there is no room for it, or the database does not say how far the changes have
    /// come.
    pub async fn subscribe(
        &self,
        prepared: Prepared,
        memory: Memory,
        request_id: &str,
    ) -> Result<Subscription, Vec<ServerError>> {
        let subscription = self.begin(prepared, memory, request_id).await;
        subscription.map_err(|error| completed(error, request_id))
    }

    async fn begin(&self, prepared: Prepared, memory: Memory, request_id: &str) -> Result<Subscription, ServerError> {
        let Prepared { document, watched: Some(mut watched), cost, to_keep, bytes, .. } = prepared else {
            return Err(Error::broken("no subscription").of_operation());
        };
        let held = memory.hold();
        held.take(bytes * BYTES_A_BYTE).map_err(error::full)?;
        if let Some((digest, text)) = to_keep {
            self.hub.events.api.persisted.keep(digest, text);
        }
        let after = watched.after.take();
        let topic = Topic::new(document, watched, cost, request_id.to_owned());
        Subscription::begin(Arc::clone(&self.hub), topic, after.map(|after| *after), memory, held)
            .await
            .map_err(End::error)
    }
}

/// Tells other instances of what this one commits, and removes old changes, for as long as it is polled.
async fn keep(database: Database, changes: Changes, kept: Duration) {
    let prune = async {
        loop {
            sleep(PRUNE).await;
            match changes.prune(kept).await.map_err(Cause::Database) {
                // Another instance removes them.
                Err(cause) if !cause.is_conflict() => tracing::warn!(?cause, "old changes are not removed"),
                _ => {}
            }
        }
    };
    tokio::join!(tell(database), prune);
}
