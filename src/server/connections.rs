//! Connections: how many, for how long, and how they end.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use anyhow::Result;
use axum::{Router, middleware::from_fn};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::Semaphore,
    time::sleep,
};
use tokio_io_timeout::TimeoutStream;

use super::origins::check_host;
use crate::config::limits::HttpLimits;

/// How long to wait when the system refuses a connection, as it does when there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`. Then nothing more is accepted, and what runs gets its time to finish.
///
/// # Errors
/// None at present: what befalls a connection ends that connection.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &HttpLimits,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    // What the system allows besides is the operator's to raise.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let slots = Arc::new(Semaphore::new(limits.max_connections as usize));
    let patience = Duration::from_secs(limits.client_timeout);
    let mut http = http1::Builder::new();
    // The head's time begins with the connection, and again with the end of each answer.
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let router = router.layer(from_fn(check_host));
    let connections = GracefulShutdown::new();
    let accept = async {
        loop {
            // It is never closed.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let connection = http.serve_connection(io(stream, patience), TowerToHyperService::new(router.clone()));
            let connection = connections.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended");
                }
                drop(slot);
            });
        }
    };
    select! {
        () = accept => {}
        () = stop => {}
    }
    drop(listener);
    tracing::info!(connections = connections.count(), "stopping");
    let time = Duration::from_secs(limits.shutdown_timeout);
    select! {
        () = connections.shutdown() => {}
        () = sleep(time) => tracing::warn!("stopped with requests still running after {time:?} (`--shutdown-timeout`)"),
    }
    Ok(())
}

/// A connection that ends when its client takes nothing of what it is sent.
fn io(stream: TcpStream, patience: Duration) -> TokioIo<Pin<Box<TimeoutStream<TcpStream>>>> {
    // An answer is one write, which need not wait for another.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    TokioIo::new(Box::pin(stream))
}
