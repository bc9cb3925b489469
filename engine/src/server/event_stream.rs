//! GraphQL over Server-Sent Events, by the protocol of graphql-sse
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>): what a stream has, and how a subscription is sent. A stream
//! carries one operation (the distinct connections mode), or those of its [`Reservations`].

pub mod message;
mod reservations;

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_graphql::Response as Answer;
use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, future::Abortable, stream};
use tokio::{
    select, spawn,
    time::{Instant, timeout, timeout_at},
};

use self::message::{message, whole};
pub use self::reservations::{Reservation, Reservations, token};
use super::{
    admission::Place,
    auth::Caller,
    connections::Lease,
    entry::Entry,
    names::LAST_EVENT_ID,
    protocol::{respond, roomed},
    refusal::{Format, Refusal},
    request::Arrived,
    state::Server,
};
use crate::{
    api::{Parameters, Prepared},
    graphql::{ran, to_json},
    log::{MOST, cut},
};

/// What has nothing to say, which keeps the connection, and has browsers open the stream.
const COMMENT: &[u8] = b":\n\n";

/// Has proxies hand on each event as it comes (nginx).
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

impl Server {
    /// Sends a subscription over a stream of its own. It goes on after the last event that its client has, if a header says which:
    /// browsers do when they connect again.
    pub async fn stream(
        self: &Arc<Self>,
        mut prepared: Prepared,
        arrived: &Arrived<'_>,
        head: &Parts,
        entry: &mut Entry<'_>,
    ) -> Result<Response, Refusal> {
        let phase = Lease::of(&head.extensions)?.phase.clone();
        let last = head.headers.get(LAST_EVENT_ID).map(HeaderValue::as_bytes).unwrap_or_default();
        if !last.is_empty() {
            prepared = prepared.after(&String::from_utf8_lossy(last)).map_err(|error| vec![error])?;
        }
        let events = self.subscribe(prepared, arrived, phase, entry).await?;
        let messages = events.until(arrived.caller.expiry()).map(|event| match event {
            Ok(event) => roomed(message("next", event.cursor(), &[event.json()]), event),
            Err(errors) => whole(&to_json(&Answer::from_errors(errors))).into(),
        });
        Ok(send(messages, self.pause(), None, Line::new(&entry.id, arrived.caller.subject())))
    }

    /// Reserves a stream, and answers with its token.
    pub fn reserve_stream(&self, caller: &Caller, place: &Place, entry: &mut Entry<'_>) -> Result<Response, Refusal> {
        let seat = self.admission.subscribe(place.sender().cloned())?;
        let token = self.reservations.reserve(caller, seat, Duration::from_secs(self.limits.client_timeout));
        entry.done("stream", StatusCode::CREATED);
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        Ok((StatusCode::CREATED, [(header::CONTENT_TYPE, kind)], token.to_string()).into_response())
    }

    /// Opens a stream, which ends with its client, or once the server stops and nothing is sent over it any more.
    pub fn open_stream(
        &self,
        reservation: &Arc<Reservation>,
        head: &Parts,
        caller: &Caller,
        entry: &mut Entry<'_>,
    ) -> Result<Response, Refusal> {
        let phase = Lease::of(&head.extensions)?.phase.clone();
        let messages = self.reservations.open(reservation, phase)?;
        entry.done("stream", StatusCode::OK);
        Ok(send(messages, self.pause(), caller.expiry(), Line::new(&entry.id, caller.subject())))
    }

    /// Ends an operation that is sent over a stream.
    pub fn complete(
        &self,
        reservation: &Reservation,
        head: &Parts,
        entry: &mut Entry<'_>,
    ) -> Result<Response, Refusal> {
        reservation.complete(head)?;
        Ok(done(entry, StatusCode::OK))
    }

    /// Has a request answered over a stream. What is refused before it runs is told at once.
    pub async fn answer_over(
        self: &Arc<Self>,
        reservation: &Arc<Reservation>,
        parameters: Parameters,
        arrived: &Arrived<'_>,
        head: &Parts,
        entry: &mut Entry<'_>,
    ) -> Result<Response, Refusal> {
        let (operation, registration) = reservation.begin(&parameters, self.limits.max_socket_operations)?;
        let prepared = self.prepare(parameters, arrived, entry)?;
        if prepared.lasts() {
            let phase = Lease::of(&head.extensions)?.phase.clone();
            let events = self.subscribe(prepared, arrived, phase, entry).await?;
            spawn(Abortable::new(operation.tell(events.until(arrived.caller.expiry())), registration));
            return Ok(StatusCode::ACCEPTED.into_response());
        }
        let writes = prepared.writes();
        let answer = async {
            let answer = self.answer_prepared(prepared, arrived.place, arrived.deadline, entry).await?;
            if !ran(&answer) {
                return Ok(respond(&answer, Format::GraphqlResponse, Arc::clone(arrived.place)));
            }
            operation.answer(&to_json(&answer), Arc::clone(arrived.place)).await?;
            Ok(StatusCode::ACCEPTED.into_response())
        };
        let answer = async {
            select! {
                answer = answer => answer,
                refusal = operation.gone() => Err(refusal),
            }
        };
        let answered = timeout_at(arrived.deadline, Abortable::new(answer, registration)).await;
        let answered = answered.map_err(|_| self.took_too_long(writes))?;
        // Else the client ended it.
        answered.unwrap_or_else(|_| Ok(done(entry, StatusCode::NO_CONTENT)))
    }

    /// After how long without a message something is sent all the same.
    fn pause(&self) -> Duration {
        Duration::from_secs(self.limits.client_timeout) / 2
    }
}

/// The response of this status to what was done about a stream.
fn done(entry: &mut Entry<'_>, status: StatusCode) -> Response {
    entry.done("stream", status);
    status.into_response()
}

/// Sends messages as they come, and a comment after each `pause` in which none comes: a client that takes none is known to be gone.
/// One whose token has expired by then gets none any more.
fn send(
    messages: impl Stream<Item = Bytes> + Send + 'static,
    pause: Duration,
    expiry: Option<Instant>,
    line: Line,
) -> Response {
    let first = Bytes::from_static(COMMENT);
    let body = stream::unfold((messages.boxed(), line), move |(mut messages, mut line)| async move {
        let next = timeout(pause, messages.next()).await;
        let bytes = match next {
            Ok(message) => {
                let message = message?;
                line.messages += 1;
                message
            }
            Err(_) if expiry.is_some_and(|expiry| expiry <= Instant::now()) => return None,
            Err(_) => Bytes::from_static(COMMENT),
        };
        Some((bytes, (messages, line)))
    });
    let body = stream::once(async { first }).chain(body).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        (BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(body)).into_response()
}

/// The line that a stream leaves in the log when it ends.
struct Line {
    request_id: String,
    subject: Option<String>,
    messages: u64,
    begun: Instant,
}

impl Line {
    /// That of a stream that this request opens, with a token of this subject.
    fn new(request_id: &str, subject: Option<&str>) -> Self {
        let subject = subject.map(|subject| cut(subject, MOST).into_owned());
        Self { request_id: request_id.to_owned(), subject, messages: 0, begun: Instant::now() }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { request_id, subject, messages, begun } = self;
        tracing::info!(request_id, subject = subject.as_deref(), messages, elapsed = ?begun.elapsed(), "event stream");
    }
}
