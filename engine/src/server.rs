//! Every route, and the layers over them: HTTP in, HTTP out.

mod admission;
mod auth;
mod connections;
mod endpoint;
mod entry;
mod event_stream;
mod graphiql;
mod keys;
mod live;
mod metrics;
mod names;
mod origins;
mod protocol;
mod refusal;
mod request;
mod shares;
mod socket;
mod state;
mod stream;
mod traces;

use std::{
    any::Any,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    extract::{Extension, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use parking_lot::Mutex;
use sea_orm::ConnectionTrait;
use tokio::{
    net::{TcpListener, TcpSocket},
    task::spawn_blocking,
};
use tower::{
    ServiceBuilder,
    util::{MapRequestLayer, MapResponseLayer},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate, SizeAbove},
    },
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};

use self::{
    admission::Admission,
    auth::{Auth, Scope},
    connections::{Lease, Phase},
    event_stream::Reservations,
    graphiql::Page,
    names::REQUEST_ID,
    origins::Origins,
    refusal::{Format, Refusal},
    state::Server,
};
pub use self::{connections::serve, traces::Traces};
use crate::{
    api::{Api, Live},
    config::{Graphiql, ServeOptions, access::AuthMode},
    metrics::METRICS,
};

/// What a server says that is ready.
const READY: &str = "ready";

/// How long a server may take to say whether it is ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// The longest request id that is taken over, in bytes: it is on every line of the log.
const LONGEST_REQUEST_ID: usize = 128;

/// How many connections may wait to be accepted, if the kernel allows as many. Of more, clients wait for seconds, or believe that
/// they are connected: with the usual 128, a fifth of 1,000 that came at once did.
const BACKLOG: u32 = 4_096;

/// The routes of the server.
pub struct Routes {
    /// Those of the API.
    pub api: Router,
    /// `/metrics`, for a listener of its own.
    pub metrics: Router,
    /// What traces requests, which is to be ended last.
    pub traces: Option<Arc<Traces>>,
}

/// The routes of the server of a program of this name and version.
///
/// # Errors
/// One line that says what is wrong with the options and what to do.
pub async fn routes(api: Api, options: &ServeOptions, name: &'static str, version: &'static str) -> Result<Routes> {
    METRICS.build.with_label_values(&[version]).set(1);
    let auth = Auth::open(&options.auth).await?;
    let is_local = options.auth.mode() == AuthMode::Open && !options.auth.insecure_open;
    let origins = Origins::new(&options.cors_origins, is_local)?;
    let cors = origins.cors();
    let limits = options.http;
    let mut router = Router::new().route("/graphql", any(endpoint::graphql));
    if let Some(page) = Page::new(options.graphiql.unwrap_or(Graphiql::On), api.reports_sql()) {
        router = router.route("/", get(async || page.respond())).route("/graphiql/{name}", get(graphiql::file));
    }
    if api.introspects() {
        router = router.route("/schema.graphql", get(schema));
    }
    let admission = Admission::new(&limits, options.changes.max_subscriptions, api.database().connections());
    let patience = Duration::from_secs(limits.request_timeout);
    let live = Live::new(api.clone(), options.changes, patience);
    let (trusted_proxies, slow) = (options.trusted_proxies.clone(), Duration::from_millis(options.slow_ms));
    let slow = (!slow.is_zero()).then_some(slow);
    let traces = Traces::open(&options.telemetry, name, api.database().reader.get_database_backend())?.map(Arc::new);
    let server = Server {
        traces: traces.clone(),
        api,
        live,
        auth,
        admission,
        trusted_proxies,
        limits,
        max_subscriptions: options.changes.max_subscriptions as usize,
        slow,
        asking: Mutex::default(),
        reservations: Reservations::default(),
    };
    let server = Arc::new(server);
    let mut router = router
        // Over the routes above. Those below tell nothing of the data, and a probe asks for them by a pod's address.
        .layer(from_fn_with_state(Arc::new(origins), origins::check))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/version", get(async move || version))
        .with_state(Arc::clone(&server));
    if let Some(cors) = cors {
        router = router.layer(cors);
    }
    // From the outermost to the innermost, as one layer: each of a router's is a box more a request.
    let layers = ServiceBuilder::new()
        .layer(MapRequestLayer::new(without_unfit_id))
        .layer(MapRequestLayer::new(without_refusal_of_plain))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(MapResponseLayer::new(secure))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(limits.compress_above).and(NotForContentType::SSE)))
        .layer(MapResponseLayer::new(IntoResponse::into_response))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(origins::check_host));
    Ok(Routes { api: router.layer(layers), metrics: metrics::router(server), traces })
}

/// The response in place of one whose making panicked. The panic itself is in the log.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Refusal::internal().respond(Format::Json)
}

/// Takes the address, which `options` name.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub fn listen(address: SocketAddr, options: &str) -> Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // As `TcpListener::bind`: what a server that was just stopped has still open does not keep the next from starting.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().with_context(|| {
        format!("cannot listen on {address}: is another server running there? Choose another with {options}")
    })
}

/// Asks a server on this machine whether it is ready.
///
/// # Errors
/// It is not, or does not answer: one line that says why.
pub async fn ask_ready(host: IpAddr, port: u16) -> Result<()> {
    let host = match host {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    let url = format!("http://{}/readyz", SocketAddr::new(host, port));
    let agent = keys::agent(&url, None, PATIENCE)?;
    let ask = move || {
        // It is on this machine, and may say why not.
        let request = agent.get(&url).config().proxy(None).max_redirects(0).http_status_as_error(false).build();
        let said = request.call()?.body_mut().read_to_string()?;
        ensure!(said == READY, "{said}");
        Ok(())
    };
    spawn_blocking(ask).await?.context("the server is not ready")
}

async fn schema(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    let may = async { server.auth.caller(&headers).await?.check(Scope::Read) };
    match may.await {
        Ok(()) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], server.api.schema().sdl()).into_response(),
        Err(refusal) => refusal.respond(Format::Json),
    }
}

/// That the process answers.
async fn healthz() -> &'static str {
    "ok"
}

/// That requests can be answered: the database is there, with the tables that this program knows, and the server is not stopping.
async fn readyz(State(server): State<Arc<Server>>, lease: Option<Extension<Lease>>) -> Response {
    if lease.is_some_and(|lease| *lease.phase.borrow() > Phase::Serving) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping").into_response();
    }
    match server.ready().await {
        Ok(()) => READY.into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason).into_response(),
    }
}

/// What browsers must not do with any response, and nobody with one that does not say how it may be kept: as little as a
/// refusal may an answer be given to another.
fn secure<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Drops from `accept-encoding` what refuses an answer that is not coded: a mutation's cannot be refused once it ran. A server may
/// disregard the header (RFC 9110, section 12.1).
fn without_refusal_of_plain(mut request: Request) -> Request {
    let refuses = |coding: &str| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().to_ascii_lowercase();
        (name.trim() == "*" || name.trim().eq_ignore_ascii_case("identity"))
            && weight.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0))
    };
    let lines = request.headers().get_all(header::ACCEPT_ENCODING);
    let codings: Vec<_> = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).collect();
    if codings.iter().any(|coding| refuses(coding)) {
        let others: Vec<_> = codings.into_iter().filter(|coding| !refuses(coding)).collect();
        // Of parts of headers, a header can be made.
        let others = HeaderValue::from_str(&others.join(",")).unwrap_or(HeaderValue::from_static(""));
        request.headers_mut().insert(header::ACCEPT_ENCODING, others);
    }
    request
}

/// The request without an id that is too long for the log, or cannot be in it.
fn without_unfit_id(mut request: Request) -> Request {
    let is_fit = |id: &HeaderValue| (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.to_str().is_ok();
    if !request.headers().get(REQUEST_ID).is_some_and(is_fit) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}
