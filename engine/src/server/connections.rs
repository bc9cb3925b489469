//! Connections: how many, for how long, and how they end.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{Extensions, StatusCode},
};
use futures_util::FutureExt;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use ipnet::IpNet;
use tokio::{
    net::TcpListener,
    select,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};
use tower::util::MapRequest;

use super::{
    admission::{Peer, Sender},
    refusal::Refusal,
    shares::{Part, Shares},
    stream::Paced,
};
use crate::{
    config::limits::HttpLimits,
    metrics::{Counted, METRICS},
};

/// How far a server is on its way to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It serves.
    Serving,
    /// It was told to stop, and serves still, but is not ready.
    Stopping,
    /// It accepts nothing more. What runs may end.
    Draining,
    /// What runs still is cut off.
    Over,
}

/// What a request knows of its connection, whose room is taken as long as this is there.
#[derive(Clone)]
pub struct Lease {
    /// How far its server is.
    pub phase: watch::Receiver<Phase>,
    /// The connection's room.
    pub slot: Arc<Slot>,
}

impl Lease {
    /// The one of a request.
    ///
    /// # Errors
    /// It has none, so that what it asks for cannot last.
    pub fn of(extensions: &Extensions) -> Result<&Self, Refusal> {
        let refusal =
            || Refusal::new(StatusCode::NOT_IMPLEMENTED, "this connection can carry no WebSocket and no event stream");
        extensions.get().ok_or_else(refusal)
    }
}

/// The room that a connection takes: the share first, for whoever gets the slot may be of the same sender.
pub struct Slot {
    _share: Option<Part<Sender, ()>>,
    _slot: OwnedSemaphorePermit,
    _counted: Counted,
}

/// How long to wait when the system refuses a connection, as it does when there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// How long it may take to cut off what runs still.
const LAST_TIME: Duration = Duration::from_millis(100);

/// How often it is logged that somebody has too many connections.
const REMINDER: Duration = Duration::from_secs(60);

/// Serves until `stop`, and says until when what is left may take. After `stop` it is not ready, then accepts nothing more, and what
/// runs gets its time to finish. `proxies` may have all connections; others have a share.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &HttpLimits,
    proxies: &[IpNet],
    stop: impl Future<Output = ()>,
) -> Instant {
    // What the system allows besides is the operator's to raise.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let slots = Arc::new(Semaphore::new(limits.max_connections as usize));
    let shares = Shares::new(limits.share_of(limits.max_connections as usize));
    let mut reminded = None::<Instant>;
    let patience = Duration::from_secs(limits.client_timeout);
    let mut http = http1::Builder::new();
    // The head's time begins with the connection, and again with the end of each answer.
    http.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(limits.max_head_bytes as usize);
    let (phases, phase) = watch::channel(Phase::Serving);
    let mut tasks = JoinSet::new();
    let accept = async {
        loop {
            // It is never closed.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let peer = Peer(peer.ip());
            let share = match peer.is_in(proxies) {
                true => None,
                false => match shares.part(Sender::of(peer.0.to_canonical()), || ()) {
                    Ok(part) => Some(part),
                    Err(most) => {
                        METRICS.refused("--max-sender-share");
                        if reminded.is_none_or(|at| at.elapsed() > REMINDER) {
                            reminded = Some(Instant::now());
                            tracing::warn!(peer = %peer.0, most, "closed a connection of one that has as many as it may (`--max-sender-share`)");
                        }
                        continue;
                    }
                },
            };
            let lease = Lease {
                phase: phase.clone(),
                slot: Arc::new(Slot { _share: share, _slot: slot, _counted: Counted::by(&METRICS.connections) }),
            };
            let router = MapRequest::new(router.clone(), move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(peer);
                request.extensions_mut().insert(lease.clone());
                request
            });
            // An answer is one write, which need not wait for another.
            let _ = stream.set_nodelay(true);
            let stream = TokioIo::new(Paced::new(stream, patience, limits.min_answer_rate));
            let connection = http.serve_connection(stream, TowerToHyperService::new(router)).with_upgrades();
            let mut phase = phase.clone();
            // Those that ended are forgotten.
            while tasks.try_join_next().is_some() {}
            tasks.spawn(async move {
                let mut connection = pin!(connection);
                let ended = select! {
                    ended = connection.as_mut() => ended,
                    () = phase.wait_for(|phase| *phase >= Phase::Draining).map(drop) => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                };
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended");
                }
            });
        }
    };
    let until_stopped = async {
        stop.await;
        phases.send_replace(Phase::Stopping);
        // The next one's is taken already.
        let connections = (limits.max_connections as usize - slots.available_permits()).saturating_sub(1);
        tracing::info!(connections, "stopping");
        sleep(Duration::from_secs(limits.shutdown_delay)).await;
    };
    select! {
        () = accept => {}
        () = until_stopped => {}
    }
    drop(listener);
    let time = Duration::from_secs(limits.shutdown_timeout);
    let end = Instant::now() + time;
    phases.send_replace(Phase::Draining);
    let all_ended = || slots.acquire_many(limits.max_connections);
    if timeout_at(end, all_ended()).await.is_err() {
        tracing::warn!("stopped with requests still running after {time:?} (`--shutdown-timeout`)");
    }
    phases.send_replace(Phase::Over);
    // Cut off here, each of them leaves its line in the log.
    let _ = timeout(LAST_TIME, async { tokio::join!(tasks.shutdown(), all_ended()) }).await;
    end
}
