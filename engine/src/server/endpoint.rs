//! The endpoint of the API: one HTTP request from its headers to its answer.

use std::{sync::Arc, time::Duration};

use async_graphql::Response as Answer;
use axum::{
    body::{Body, to_bytes},
    extract::{Extension, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::{Instant as Deadline, timeout_at};
use tower_http::request_id::RequestId;

use super::{
    admission::{Place, Sender},
    auth::{Caller, Scope},
    entry::Entry,
    names::REPORT,
    protocol::{Asked, read, respond, respond_all},
    refusal::{Format, Refusal},
    state::Server,
};
use crate::{
    api::{EXTENSION, Parameters, Prepared},
    error::code,
};

/// The headers of a request that decide its answer, as far as they are read here; the layer of CORS adds its own.
const VARY: &str = "accept, accept-encoding, authorization, dovetail-report, sec-fetch-site";

/// Of a slow request, those statements are logged that took at least one of so many parts of its time.
const STATEMENTS_OF_A_SLOW_ONE: u32 = 10;

/// Answers what an HTTP request asks.
pub async fn graphql(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let id = id.header_value().to_str().unwrap_or_default();
    let format = Format::accepted(request.headers());
    let shown = *format.as_ref().unwrap_or(&Format::Json);
    let mut entry = Entry::new(id, server.slow);
    let answered = match format {
        // Boxed: each layer over this moves it, and it is large.
        Ok(format) => Box::pin(server.answer(request, format, &mut entry)).await,
        Err(refusal) => Err(refusal),
    };
    let response = answered.unwrap_or_else(|refusal| refused(refusal, shown, &mut entry));
    entry.status = Some(response.status());
    varying(response)
}

/// Refuses a request before it comes to an endpoint.
pub fn refuse(request: &Request, refusal: Refusal) -> Response {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    let format = Format::accepted(request.headers()).unwrap_or(Format::Json);
    varying(refused(refusal, format, &mut Entry::new(id.unwrap_or_default(), None)))
}

fn refused(refusal: Refusal, format: Format, entry: &mut Entry<'_>) -> Response {
    entry.refused(&refusal);
    refusal.respond(format)
}

fn varying(mut response: Response) -> Response {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static(VARY));
    response
}

/// An HTTP request, of which the GraphQL requests in it are parts.
struct Arrived<'a> {
    caller: &'a Caller,
    place: &'a Place,
    /// Its header of that name.
    report: Option<&'a HeaderValue>,
    is_get: bool,
    deadline: Deadline,
}

impl Server {
    async fn answer(&self, request: Request, format: Format, entry: &mut Entry<'_>) -> Result<Response, Refusal> {
        let deadline = Deadline::now() + Duration::from_secs(self.limits.request_timeout);
        let (head, body) = request.into_parts();
        let is_get = match head.method {
            Method::GET | Method::HEAD => true,
            Method::POST => false,
            _ => return Err(Refusal::method("allowed are GET, for queries, and POST", "GET, POST")),
        };
        let caller = self.auth.caller(&head.headers);
        let caller = timeout_at(deadline, caller).await.unwrap_or_else(|_| Err(self.took_too_long(false)))?;
        entry.of_subject(caller.subject());
        let place = Arc::new(self.admission.enter(self.sender(&caller, &head))?);
        let report = head.headers.get(REPORT);
        let asked = timeout_at(deadline, read(&head, body, &self.limits, &place.held)).await.map_err(|_| {
            let problem = "the request took too long to arrive (`--request-timeout`)";
            Refusal::coded(StatusCode::REQUEST_TIMEOUT, code::TIMEOUT, problem)
        })??;
        let arrived = Arrived { caller: &caller, place: &place, report, is_get, deadline };
        match asked {
            Asked::One(parameters) => {
                let answer = self.run(parameters, &arrived, entry).await?;
                let response = respond(&answer, format, Arc::clone(&place));
                Ok(if is_get && answer.is_ok() { cacheable(response, &head.headers).await } else { response })
            }
            Asked::Many(requests) => {
                // The first has spent 1 already.
                self.admission.spend(place.sender(), requests.len() as u64, 1)?;
                let mut answers = Vec::with_capacity(requests.len());
                let entries = entry.split(requests.len());
                for (parameters, mut entry) in requests.into_iter().zip(entries) {
                    let answer = match parameters {
                        Ok(parameters) => self.run(parameters, &arrived, &mut entry).await,
                        Err(refusal) => Err(refusal),
                    };
                    answers.push(answer.unwrap_or_else(|refusal| {
                        entry.refused(&refusal);
                        refusal.into_answer()
                    }));
                }
                Ok(respond_all(&answers, format, Arc::clone(&place)))
            }
        }
    }

    /// Who sends a request.
    fn sender(&self, caller: &Caller, head: &Parts) -> Option<Sender> {
        let subject = caller.subject().map(|subject| Sender::Subject(subject.to_owned()));
        let address = || Some(Sender::at(head.extensions.get()?, &head.headers, &self.trusted_proxies));
        subject.or_else(address)
    }

    /// Answers one GraphQL request.
    async fn run(
        &self,
        parameters: Parameters,
        arrived: &Arrived<'_>,
        entry: &mut Entry<'_>,
    ) -> Result<Answer, Refusal> {
        let &Arrived { caller, place, report, is_get, deadline } = arrived;
        entry.begin();
        let parameters = with_report(parameters, report)?;
        let prepared = self.api.prepare(parameters, &place.held, &mut entry.known)?.until(deadline.into_std());
        if is_get && prepared.writes() {
            return Err(Refusal::method("a GET is for queries; allowed for a mutation is POST", "POST"));
        }
        check_scopes(caller, &prepared)?;
        if let Some(sha256) = prepared.untrusted() {
            tracing::warn!(request_id = entry.id, sha256, "a document that is not trusted");
        }
        // Each request has spent 1 already.
        let left = self.admission.spend(place.sender(), prepared.cost(), 1)?.or(place.left);
        let writes = prepared.writes();
        let connection = self.admission.connection(place, writes);
        let _connection = timeout_at(deadline, connection).await.map_err(|_| waited())?;
        // Shared with the entry, which tells what ran also if nobody waits for the answer.
        let report =
            entry.report.insert(prepared.report(self.slow.map(|slow| slow / STATEMENTS_OF_A_SLOW_ONE))).clone();
        let answer = self.api.execute(prepared.with_left(left), &report, entry.id);
        let answer = timeout_at(deadline, answer).await.map_err(|_| self.took_too_long(writes))?;
        entry.answered(&answer);
        Ok(answer)
    }

    fn took_too_long(&self, writes: bool) -> Refusal {
        let seconds = self.limits.request_timeout;
        let mut problem = format!(
            "the request took more than {seconds} s (`--request-timeout`); ask for less, or filter and order by columns with an \
             index"
        );
        if writes {
            problem += "; what the mutation was writing may be written";
        }
        Refusal::coded(StatusCode::GATEWAY_TIMEOUT, code::TIMEOUT, problem)
    }
}

/// Refuses what nothing ran of.
fn waited() -> Refusal {
    Refusal::unavailable(
        "no connection to the database was free in the request's time (`--request-timeout`); try again in a second",
    )
}

fn check_scopes(caller: &Caller, prepared: &Prepared) -> Result<(), Refusal> {
    let asked =
        [(Scope::Write, prepared.writes()), (Scope::Read, prepared.reads()), (Scope::Sql, prepared.reports_sql())];
    asked.into_iter().filter(|(_, is_asked)| *is_asked).try_for_each(|(scope, _)| caller.check(scope))
}

/// The parameters, with the report that the header asks for unless their own extensions say something of it.
fn with_report(mut parameters: Parameters, header: Option<&HeaderValue>) -> Result<Parameters, Refusal> {
    let wish = match header.map(HeaderValue::as_bytes) {
        None => return Ok(parameters),
        Some(b"sql") => json!({ "sql": true }),
        Some(b"explain") => json!({ "explain": true }),
        Some(_) => {
            let problem = format!("the header `{REPORT}` has another value; allowed are `sql` and `explain`");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, problem));
        }
    };
    parameters.extensions.entry(EXTENSION).or_insert(wish);
    Ok(parameters)
}

/// The response to a GET with a tag of its content, or without the content if the client has it already. Nobody keeps it
/// without asking again: the data change.
async fn cacheable(response: Response, headers: &HeaderMap) -> Response {
    let (mut head, body) = response.into_parts();
    // It is in memory already.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
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
    if unchanged {
        head.status = StatusCode::NOT_MODIFIED;
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, body.into())
}
