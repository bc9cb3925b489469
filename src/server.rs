//! Every route, and the layers over them: HTTP in, HTTP out.

mod admission;
mod auth;
mod connections;
mod graphiql;
mod keys;
mod origins;
mod protocol;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use async_graphql::Response as Answer;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Extension, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{map_request, map_response},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::{
    net::TcpListener,
    time::{timeout, timeout_at},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, predicate::SizeAbove},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
};
use tracing::Instrument;

pub use self::connections::serve;
use self::{
    admission::Admission,
    auth::{Auth, Caller, Scope},
    origins::Origins,
    protocol::{Asked, Format, Refusal, respond, respond_all},
};
use crate::{
    config::{ServeOptions, Switch, access::AuthMode, limits::HttpLimits},
    database,
    error::code,
    graphql::{Api, EXTENSION, Prepared},
    loaders::{Counts, milliseconds},
};

/// The header with a request's id: taken over from the client, or made here; sent back either way.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken over, in bytes: it is on every line of the log.
const LONGEST_REQUEST_ID: usize = 128;

/// The header that asks for an SQL report, for clients that cannot send a request's extensions: `sql` or `explain`.
const REPORT: &str = "dovetail-report";

/// How long the database may take to say that it is there, for `/readyz`.
const READY_TIME: Duration = Duration::from_secs(2);

/// What the routes share.
struct Server {
    api: Api,
    auth: Auth,
    origins: Origins,
    admission: Admission,
    limits: HttpLimits,
}

/// The routes of the server.
///
/// # Errors
/// One line that says what is wrong with the options and what to do.
pub async fn router(api: Api, options: &ServeOptions) -> Result<Router> {
    let auth = Auth::open(&options.auth).await?;
    let is_local = options.auth.mode() == AuthMode::Open && !options.auth.insecure_open;
    let origins = Origins::new(&options.cors_origins, is_local)?;
    let cors = origins.cors();
    let limits = options.http;
    let mut router = Router::new()
        .route("/graphql", any(graphql))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .layer(DefaultBodyLimit::max(limits.max_body_bytes));
    if options.graphiql != Some(Switch::Off) {
        router = router.route("/", get(graphiql));
    }
    if api.introspects() {
        router = router.route("/schema.graphql", get(schema));
    }
    let server = Server { api, auth, origins, admission: Admission::new(&limits), limits };
    let mut router = router.with_state(Arc::new(server));
    if let Some(cors) = cors {
        router = router.layer(cors);
    }
    Ok(router
        .layer(CatchPanicLayer::custom(|_| {
            Refusal::coded(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, "internal error").respond(Format::Json)
        }))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(limits.compress_above)))
        .layer(map_response(secure))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(map_request(without_long_id)))
}

/// Takes the address.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is another server running there? Choose another with --host and --port")
    })
}

async fn graphql(State(server): State<Arc<Server>>, Extension(id): Extension<RequestId>, request: Request) -> Response {
    let id = id.header_value().to_str().unwrap_or_default();
    // Of the highest level, so that its id is on the lines of any.
    let span = tracing::error_span!("request", id);
    async {
        let format = Format::accepted(request.headers());
        let shown = *format.as_ref().unwrap_or(&Format::Json);
        let answered = match format {
            Ok(format) => server.answer(request, format, id).await,
            Err(refusal) => Err(refusal),
        };
        answered.unwrap_or_else(|refusal| {
            let (status, problem) = refusal.told();
            tracing::info!(status, problem, "refused");
            refusal.respond(shown)
        })
    }
    .instrument(span)
    .await
}

impl Server {
    async fn answer(&self, request: Request, format: Format, id: &str) -> Result<Response, Refusal> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(self.limits.request_timeout);
        let is_get = match *request.method() {
            Method::GET | Method::HEAD => true,
            Method::POST => false,
            _ => return Err(Refusal::method("allowed are GET, for queries, and POST", "GET, POST")),
        };
        self.origins.check(request.headers())?;
        let caller = self.auth.caller(request.headers()).await?;
        let headers = request.headers().clone();
        let report = headers.get(REPORT);
        let read = timeout_at(deadline, protocol::read(request, &self.limits)).await;
        let asked = read.map_err(|_| {
            let problem = "the request took too long to arrive (`--request-timeout`)";
            Refusal::coded(StatusCode::REQUEST_TIMEOUT, code::TIMEOUT, problem)
        })??;
        let one = async |parameters| {
            let run = self.run(&caller, parameters, report, is_get, id);
            timeout_at(deadline, run).await.unwrap_or_else(|_| Err(self.took_too_long()))
        };
        match asked {
            Asked::One(parameters) => {
                let answer = one(parameters).await?;
                let response = respond(&answer, format);
                Ok(if is_get && answer.is_ok() { cacheable(response, &headers).await } else { response })
            }
            Asked::Many(requests) => {
                let mut answers = Vec::with_capacity(requests.len());
                for parameters in requests {
                    let answer = match parameters {
                        Ok(parameters) => one(parameters).await,
                        Err(refusal) => Err(refusal),
                    };
                    answers.push(answer.unwrap_or_else(Refusal::into_answer));
                }
                Ok(respond_all(&answers, format))
            }
        }
    }

    /// Answers one GraphQL request.
    async fn run(
        &self,
        caller: &Caller,
        parameters: Map<String, Value>,
        report: Option<&HeaderValue>,
        is_get: bool,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let prepared = self.api.prepare(with_report(parameters, report)?)?;
        if is_get && prepared.writes() {
            return Err(Refusal::method("a GET is for queries; allowed for a mutation is POST", "POST"));
        }
        check_scopes(caller, &prepared)?;
        let _room = self.admission.enter().await?;
        let started = Instant::now();
        let operation = prepared.operation().map(str::to_owned);
        let (answer, counts) = self.api.execute(prepared, id).await;
        let (elapsed, errors, subject) = (started.elapsed(), answer.errors.len(), caller.subject());
        let Counts { statements, rows, time } = counts;
        let milliseconds = milliseconds(time);
        tracing::info!(subject, operation, errors, statements, rows, milliseconds, ?elapsed, "answered");
        Ok(answer)
    }

    fn took_too_long(&self) -> Refusal {
        let seconds = self.limits.request_timeout;
        let problem = format!(
            "the request took more than {seconds} s (`--request-timeout`); ask for less, or filter and order by columns with an \
             index; what a mutation was writing may be written"
        );
        Refusal::coded(StatusCode::GATEWAY_TIMEOUT, code::TIMEOUT, problem)
    }
}

fn check_scopes(caller: &Caller, prepared: &Prepared) -> Result<(), Refusal> {
    caller.check(if prepared.writes() { Scope::Write } else { Scope::Read })?;
    if prepared.reports_sql() { caller.check(Scope::Sql) } else { Ok(()) }
}

/// The parameters, with the report that the header asks for unless their own extensions say something of it.
fn with_report(
    mut parameters: Map<String, Value>,
    header: Option<&HeaderValue>,
) -> Result<Map<String, Value>, Refusal> {
    let wish = match header.map(HeaderValue::as_bytes) {
        None => return Ok(parameters),
        Some(b"sql") => json!({ "sql": true }),
        Some(b"explain") => json!({ "explain": true }),
        Some(_) => {
            let problem = format!("the header `{REPORT}` has another value; allowed are `sql` and `explain`");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, problem));
        }
    };
    let extensions = parameters.entry("extensions").or_insert(Value::Null);
    if extensions.is_null() {
        *extensions = Map::new().into();
    }
    if let Value::Object(extensions) = extensions {
        extensions.entry(EXTENSION).or_insert(wish);
    }
    Ok(parameters)
}

/// The response to a GET with a tag of its content, or without the content if the client has it already. Nobody keeps it
/// without asking again: the data change.
async fn cacheable(response: Response, headers: &HeaderMap) -> Response {
    let (mut head, body) = response.into_parts();
    // It is in memory already.
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let digest = Sha256::digest(&body);
    // Weak: compressed, it is other bytes.
    let tag = format!("W/\"{:x}\"", u128::from_be_bytes(std::array::from_fn(|index| digest[index])));
    let unchanged = tag.parse::<ETag>().is_ok_and(|tag| {
        head.headers.typed_insert(tag.clone());
        headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&tag))
    });
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    head.headers.insert(header::VARY, HeaderValue::from_static("accept, authorization, dovetail-report"));
    if unchanged {
        head.status = StatusCode::NOT_MODIFIED;
        return Response::from_parts(head, axum::body::Body::empty());
    }
    Response::from_parts(head, body.into())
}

async fn graphiql(State(server): State<Arc<Server>>) -> Response {
    // Whoever explores sees the SQL of each answer, in its extensions.
    graphiql::respond(graphiql::page(server.api.reports_sql().then_some((REPORT, "sql"))))
}

async fn schema(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    let may = async { server.auth.caller(&headers).await?.check(Scope::Read) };
    match may.await {
        Ok(()) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], server.api.sdl()).into_response(),
        Err(refusal) => refusal.respond(Format::Json),
    }
}

/// That the process answers.
async fn healthz() -> &'static str {
    "ok"
}

/// That requests can be answered: the database is there, with the tables that this program knows.
async fn readyz(State(server): State<Arc<Server>>) -> Response {
    let ready = timeout(READY_TIME, database::ready(server.api.database())).await;
    match ready.unwrap_or_else(|_| Err(format!("the database does not answer within {READY_TIME:?}"))) {
        Ok(()) => "ready".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason).into_response(),
    }
}

/// What browsers must not do with any response.
async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    response
}

/// The request without an id that is too long to be on every line of the log, or cannot be.
async fn without_long_id(mut request: Request) -> Request {
    let is_fit = |id: &HeaderValue| (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.to_str().is_ok();
    if !request.headers().get(REQUEST_ID).is_some_and(is_fit) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}
