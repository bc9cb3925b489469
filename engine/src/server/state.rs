//! What the routes share.

use std::{sync::Arc, time::Duration};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::{admission::Admission, auth::Auth, event_stream::Reservations, traces::Traces};
use crate::{
    api::{Api, Live},
    config::limits::HttpLimits,
    database,
};

/// How long the database may take to say that it is there, for `/readyz`.
const READY_TIME: Duration = Duration::from_secs(2);

/// What the routes share.
pub struct Server {
    /// What answers.
    pub api: Api,
    /// What tells of changes.
    pub live: Live,
    /// Who may do what.
    pub auth: Auth,
    /// Which requests have room.
    pub admission: Admission,
    /// Whose word is taken for the address of a sender.
    pub trusted_proxies: Vec<IpNet>,
    /// How much HTTP carries.
    pub limits: HttpLimits,
    /// How many subscriptions there may be.
    pub max_subscriptions: usize,
    /// How long a request takes that is logged with its SQL; `None` if none is.
    pub slow: Option<Duration>,
    /// What traces requests.
    pub traces: Option<Arc<Traces>>,
    /// The event streams that carry several operations.
    pub reservations: Reservations,
    /// The question to the database that runs, if one does.
    pub asking: Mutex<Option<WeakShared<Ready>>>,
}

/// Whether the database is ready, or why not.
pub type Ready = BoxFuture<'static, Result<(), String>>;

impl Server {
    /// Whether the database is ready, asked once for all who want to know at the same time.
    pub fn ready(&self) -> Shared<Ready> {
        let mut asking = self.asking.lock();
        if let Some(asked) = asking.as_ref().and_then(WeakShared::upgrade) {
            return asked;
        }
        let database = self.api.database().clone();
        let asked = async move {
            let ready = timeout(READY_TIME, database.attend(None, database::ready(&database))).await;
            ready.unwrap_or_else(|_| Err(format!("the database does not answer within {READY_TIME:?}")))
        };
        let asked = asked.boxed().shared();
        *asking = asked.downgrade();
        asked
    }
}
