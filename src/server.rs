//! Every route, and the layers over them: HTTP in, HTTP out.

use std::{net::SocketAddr, time::Instant};

use anyhow::{Context, Result};
use async_graphql::{Request, Response as Answer, ServerError, http::GraphiQLSource, value};
use axum::{
    Json, Router,
    extract::{Extension, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};

use crate::{
    error,
    graphql::{Api, EXTENSION, to_json},
    loaders::{Counts, milliseconds},
};

/// The header with a request's id: taken over from the client, or made here; sent back either way.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that asks for an SQL report, for clients that cannot send a request's extensions: `sql` or `explain`.
const REPORT: &str = "dovetail-report";

/// The routes of the server.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/", get(graphiql))
        .route("/graphql", post(graphql))
        .route("/schema.graphql", get(schema))
        .route("/healthz", get(healthz))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .with_state(api)
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

/// Only JSON is executed: a web page of another origin cannot send it without asking first (a CORS preflight).
async fn graphql(
    State(api): State<Api>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: std::result::Result<Json<Map<String, Value>>, JsonRejection>,
) -> Response {
    let id = id.header_value().to_str().unwrap_or_default();
    let request = match body {
        Ok(Json(body)) if body.contains_key("query") => serde_json::from_value(body.into())
            .map_err(|error| error.to_string())
            .and_then(|request| with_report(request, headers.get(REPORT)))
            .map_err(|problem| (StatusCode::BAD_REQUEST, problem)),
        Ok(_) => Err((StatusCode::BAD_REQUEST, "the body has no `query`".to_owned())),
        Err(rejection) => Err((rejection.status(), rejection.body_text())),
    };
    match request {
        Ok(request) => {
            let started = Instant::now();
            let operation = request.operation_name.clone();
            let (answer, counts) = api.execute(request, id).await;
            let (elapsed, errors) = (started.elapsed(), answer.errors.len());
            let Counts { statements, rows, time } = counts;
            let milliseconds = milliseconds(time);
            tracing::info!(request_id = id, operation, errors, statements, rows, milliseconds, ?elapsed, "answered");
            ([(header::CONTENT_TYPE, "application/json")], to_json(&answer)).into_response()
        }
        Err((status, problem)) => (status, Json(refused(&problem))).into_response(),
    }
}

/// The request, with the report that the header asks for unless its own extensions say something of it.
fn with_report(mut request: Request, header: Option<&HeaderValue>) -> Result<Request, String> {
    let wish = match header.map(HeaderValue::as_bytes) {
        None => return Ok(request),
        Some(b"sql") => value!({ "sql": true }),
        Some(b"explain") => value!({ "explain": true }),
        Some(_) => return Err(format!("the header `{REPORT}` has another value; allowed are `sql` and `explain`")),
    };
    request.extensions.entry(EXTENSION.to_owned()).or_insert(wish);
    Ok(request)
}

/// What is wrong with a request that holds no GraphQL request, in the shape of an answer.
fn refused(problem: &str) -> Answer {
    Answer::from_errors(vec![error::of_request(ServerError::new(problem, None), error::code::BAD_USER_INPUT)])
}

async fn graphiql(State(api): State<Api>) -> Html<String> {
    let page = GraphiQLSource::build().endpoint("/graphql").title("Dovetail");
    // Whoever explores sees the SQL of each answer, in its extensions.
    let page = if api.reports_sql() { page.header(REPORT, "sql") } else { page };
    Html(page.finish())
}

async fn schema(State(api): State<Api>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], api.sdl())
}

/// That the process answers.
async fn healthz() -> &'static str {
    "ok"
}
