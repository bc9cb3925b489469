//! The endpoint of the API: one HTTP request from its headers to its answer.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Extension, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use sha2::{Digest, Sha256};
use tokio::time::timeout_at;
use tower_http::request_id::RequestId;

use super::{
    entry::Entry,
    event_stream,
    protocol::{Asked, read, respond, respond_all, written},
    refusal::{Format, Refusal},
    request::Arrived,
    socket,
    state::Server,
};
use crate::error::code;

/// The headers of a request that decide its answer, as far as they are read here; the layer of CORS adds its own.
const VARY: &str = "accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token";

/// Answers what an HTTP request asks.
pub async fn graphql(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let id = id.header_value().to_str().unwrap_or_default();
    if socket::is_wanted(request.method(), request.headers()) {
        let opened = Box::pin(socket::open(server, id, request)).await;
        return opened.unwrap_or_else(|refusal| varying(refused(refusal, Format::Json, &mut Entry::new(id, None))));
    }
    let (head, body) = request.into_parts();
    let token = event_stream::token(&head);
    let format = match head.method {
        // They are about a stream that several operations share: their status says what became of them.
        Method::PUT | Method::DELETE => Ok(Format::GraphqlResponse),
        _ if token.is_some() => Ok(Format::GraphqlResponse),
        _ => Format::accepted(&head.headers),
    };
    let shown = *format.as_ref().unwrap_or(&Format::Json);
    let mut entry = Entry::new(id, server.slow);
    let answered = match format {
        // Boxed: each layer over this moves it, and it is large.
        Ok(format) => Box::pin(server.answer(head, body, token, format, &mut entry)).await,
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

impl Server {
    async fn answer(
        self: &Arc<Self>,
        head: Parts,
        body: Body,
        token: Option<String>,
        format: Format,
        entry: &mut Entry<'_>,
    ) -> Result<Response, Refusal> {
        let deadline = self.deadline();
        let is_get = match head.method {
            Method::GET | Method::HEAD => true,
            Method::POST | Method::PUT | Method::DELETE => false,
            _ => {
                let problem = "allowed are GET, for queries, and POST; and for event streams, PUT and DELETE";
                return Err(Refusal::method(problem, "GET, POST, PUT, DELETE"));
            }
        };
        let caller = self.caller(&head.headers, deadline).await?;
        entry.of_subject(caller.subject());
        let place = Arc::new(self.admission.enter(caller.sender().or_else(|| self.address(&head)))?);
        if head.method == Method::PUT {
            // Whatever token it has: a client that connects again may have the last one's still.
            return self.reserve_stream(&caller, &place, entry);
        }
        let stream = token.map(|token| self.reservations.find(&token, &caller)).transpose()?;
        match (&head.method, &stream) {
            (&Method::GET, Some(stream)) => return self.open_stream(stream, &head, &caller, entry),
            (&Method::HEAD, Some(_)) => {
                let problem = "a GET opens an event stream, a POST asks for an operation, and a DELETE ends one";
                return Err(Refusal::method(problem, "GET, POST, DELETE"));
            }
            (&Method::DELETE, Some(stream)) => return self.complete(stream, &head, entry),
            (&Method::DELETE, None) => {
                let problem = "a DELETE ends what runs over an event stream, whose token is missing";
                return Err(Refusal::bad_request(problem));
            }
            _ => {}
        }
        let asked = timeout_at(deadline, read(&head, body, &self.limits, &place.held)).await.map_err(|_| {
            let problem = "the request took too long to arrive (`--request-timeout`)";
            Refusal::coded(StatusCode::REQUEST_TIMEOUT, code::TIMEOUT, problem)
        })??;
        entry.start();
        let arrived = Arrived {
            caller: &caller,
            place: &place,
            headers: Some(&head.headers),
            is_forwarded: self.is_forwarded(&head),
            reads_only: is_get,
            deadline,
        };
        match asked {
            Asked::One(parameters) => match stream {
                Some(stream) => self.answer_over(&stream, parameters, &arrived, &head, entry).await,
                None => {
                    let prepared = self.prepare(parameters, &arrived, entry)?;
                    if prepared.lasts() && format == Format::EventStream {
                        return self.stream(prepared, &arrived, &head, entry).await;
                    }
                    let answer = self.answer_prepared(prepared, &place, deadline, entry).await?;
                    let response = respond(&answer, format, Arc::clone(&place));
                    Ok(if is_get && answer.is_ok() { cacheable(response, &head.headers).await } else { response })
                }
            },
            Asked::Many(_) if stream.is_some() => {
                Err(Refusal::bad_request("over an event stream, allowed is one request, a JSON object"))
            }
            Asked::Many(requests) => {
                // The first has spent 1 already.
                self.admission.spend(place.sender(), requests.len() as u64, 1)?;
                let mut answers = Vec::with_capacity(requests.len());
                let entries = entry.split(requests.len());
                for (parameters, mut entry) in requests.into_iter().zip(entries) {
                    entry.start();
                    let answer = match parameters {
                        Ok(mut parameters) => {
                            // Those that come later read what the earlier wrote.
                            if let Some(token) = answers.iter().rev().find_map(written) {
                                parameters.read_after(token);
                            }
                            self.run(parameters, &arrived, &mut entry).await
                        }
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
