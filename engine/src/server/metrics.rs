//! `/metrics`, on a listener of its own: who may read it is decided by who reaches that.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::TEXT_FORMAT;

use super::state::Server;
use crate::{database::Pool, metrics::METRICS};

/// The routes of the listener for what is counted.
pub fn router(server: Arc<Server>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(server)
}

async fn metrics(State(server): State<Arc<Server>>) -> Response {
    server.measure();
    match METRICS.text() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "what is counted has no text");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl Server {
    /// Looks at what is not counted as it happens.
    fn measure(&self) {
        let free = self.admission.free();
        let limits = &self.limits;
        let most = limits.max_concurrent_requests as usize + limits.max_queued_requests as usize;
        for (gauge, limit, most, free) in [
            (&METRICS.active_requests, &METRICS.active_requests_limit, most, free.requests),
            (&METRICS.memory, &METRICS.memory_limit, limits.max_memory_bytes, free.bytes),
            (&METRICS.subscriptions, &METRICS.subscriptions_limit, self.max_subscriptions, free.subscriptions),
        ] {
            gauge.set(most.saturating_sub(free) as i64);
            limit.set(most as i64);
        }
        METRICS.connections_limit.set(limits.max_connections.into());
        let database = self.api.database();
        measure("reading", [&database.reader]);
        measure("writing", [&database.writer]);
        measure("changes", [&database.changes]);
        measure("replicas", database.replicas.readers());
    }
}

/// Looks at the connections of pools that are one to whoever asks.
fn measure<'a>(name: &str, pools: impl IntoIterator<Item = &'a Pool>) {
    let pools = pools.into_iter().map(Pool::usage);
    let (used, idle, most) = pools.fold((0, 0, 0), |sum, it| (sum.0 + it.used, sum.1 + it.idle, sum.2 + it.most));
    METRICS.pool_connections.with_label_values(&[name, "used"]).set(used);
    METRICS.pool_connections.with_label_values(&[name, "idle"]).set(idle);
    METRICS.pool_limit.with_label_values(&[name]).set(most);
}
