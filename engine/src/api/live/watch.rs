//! Who answers a query again when what it read may have changed.

use std::sync::Arc;

use async_graphql::ServerError;

use super::{hub::Hub, subscription::completed, watchers::Watcher};
use crate::loaders::Reads;

/// Whoever answers a query again when what it read may have changed. Dropped, nobody does.
pub struct Watch {
    hub: Arc<Hub>,
    id: u64,
    watcher: Arc<Watcher>,
}

impl Watch {
    /// One that reads nothing yet.
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        let watcher = Arc::default();
        let id = hub.state().watchers.join(&watcher);
        Self { hub, id, watcher }
    }

    /// Says that it is read from now on, for a request that the log calls `request_id`.
    ///
    /// # Errors
    /// The database does not say how far the changes have come.
    pub async fn begin(&self, request_id: &str) -> Result<(), Vec<ServerError>> {
        // What the reader of the changes has told before is seen by whatever is read from now on.
        self.watcher.begin();
        self.hub.start().await.map_err(|error| completed(error.of_operation(), request_id))
    }

    /// Says what was read since [`Self::begin`].
    ///
    /// # Errors
    /// Some of it is in a table whose changes are not recorded: its name.
    pub fn read(&self, reads: Reads) -> Result<(), String> {
        if let Some(unknown) = reads.tables().find(|table| !self.hub.state().topics.knows(table)) {
            return Err(unknown.to_owned());
        }
        self.watcher.read(reads);
        Ok(())
    }

    /// Waits until some of what was read may have changed.
    pub async fn stale(&self) {
        self.watcher.stale().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.state().watchers.leave(self.id);
    }
}
