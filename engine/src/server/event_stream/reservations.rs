//! The single connection mode: a client reserves a stream (PUT) and opens it (GET), and what it asks for by other requests is sent
//! there, beside one another. Browsers have no more than six connections to a server of HTTP/1.1.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    pin::pin,
    sync::{Arc, Weak},
    time::Duration,
};

use async_graphql::{Response as Answer, ServerError};
use axum::{
    body::Bytes,
    http::{StatusCode, request::Parts},
};
use futures_util::{
    FutureExt, Stream, StreamExt,
    future::{AbortHandle, AbortRegistration},
    stream,
};
use parking_lot::Mutex;
use sea_orm::prelude::Uuid;
use serde_json::{Value, json};
use tokio::{
    select, spawn,
    sync::{mpsc, watch},
    time::sleep,
};
use url::form_urlencoded;

use super::message::message;
use crate::{
    api::{Event, LONGEST_OPERATION_ID, OPERATION_ID, Parameters},
    graphql::to_json,
    server::{
        admission::{Seat, too_many},
        auth::Caller,
        connections::Phase,
        names::STREAM_TOKEN,
        protocol::roomed,
        refusal::Refusal,
    },
};

/// How many messages wait for a client to take them. An operation with another one waits too.
const QUEUE: usize = 16;

/// A message of an operation, which is sent unless the client ended that.
type Queued = (AbortHandle, Bytes);

/// The streams that are reserved, or open, by their tokens. Clones share them.
#[derive(Clone, Default)]
pub struct Reservations(Arc<Mutex<HashMap<Uuid, Arc<Reservation>>>>);

/// A stream that is reserved, or open. It is there as long as something may be sent over it.
pub struct Reservation {
    token: Uuid,
    /// Of the token of who reserved it, who alone uses it.
    subject: Option<String>,
    messages: mpsc::Sender<Queued>,
    /// What comes out of it, until it is opened.
    unopened: Mutex<Option<mpsc::Receiver<Queued>>>,
    /// What runs, by the ids that the client gave it.
    operations: Mutex<HashMap<String, AbortHandle>>,
    _seat: Seat,
}

/// The token in a request, if it has one: in a header, or in the query, for browsers' `EventSource` has no headers.
pub fn token(head: &Parts) -> Option<String> {
    let header = head.headers.get(STREAM_TOKEN).map(|token| String::from_utf8_lossy(token.as_bytes()).into_owned());
    header.or_else(|| in_query(head, "token"))
}

fn in_query(head: &Parts, name: &str) -> Option<String> {
    let mut parameters = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    parameters.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

impl Reservations {
    /// Reserves a stream for a caller, who has so much time to open it, and returns its token.
    pub fn reserve(&self, caller: &Caller, seat: Seat, time: Duration) -> Uuid {
        // Whoever knows it is taken for the one who reserved it: it is made of 122 random bits.
        let token = Uuid::new_v4();
        let (messages, unopened) = mpsc::channel(QUEUE);
        let reservation = Reservation {
            token,
            subject: caller.subject().map(str::to_owned),
            messages,
            unopened: Mutex::new(Some(unopened)),
            operations: Mutex::default(),
            _seat: seat,
        };
        self.0.lock().insert(token, Arc::new(reservation));
        let all = self.clone();
        spawn(async move {
            sleep(time).await;
            if let Slot::Occupied(slot) = all.0.lock().entry(token)
                && slot.get().unopened.lock().is_some()
            {
                slot.remove();
            }
        });
        token
    }

    /// Opens a stream, and returns its messages. It ends with whoever takes them, or once the server stops and nothing is sent any more.
    pub fn open(
        &self,
        reservation: &Arc<Reservation>,
        phase: watch::Receiver<Phase>,
    ) -> Result<impl Stream<Item = Bytes> + use<>, Refusal> {
        let messages = reservation.unopened.lock().take();
        let problem = "the event stream with this token is open already; allowed is one connection";
        let messages = messages.ok_or_else(|| Refusal::new(StatusCode::CONFLICT, problem))?;
        let open = Open { all: self.clone(), token: reservation.token };
        Ok(stream::unfold((open, messages, phase), |(open, mut messages, mut phase)| async move {
            loop {
                let message = select! {
                    message = messages.recv() => message,
                    // With the reservation, the last sender goes as soon as nothing runs.
                    () = phase.wait_for(|phase| *phase >= Phase::Draining).map(drop) => {
                        open.close();
                        messages.recv().await
                    }
                };
                let (operation, message) = message?;
                if !operation.is_aborted() {
                    return Some((message, (open, messages, phase)));
                }
            }
        }))
    }

    /// A caller's stream with this token.
    pub fn find(&self, token: &str, caller: &Caller) -> Result<Arc<Reservation>, Refusal> {
        let found = token.parse().ok().and_then(|token: Uuid| self.0.lock().get(&token).cloned());
        found.filter(|found| found.subject.as_deref() == caller.subject()).ok_or_else(gone)
    }
}

fn gone() -> Refusal {
    let problem = "no event stream of this sender has this token; allowed is one that a PUT reserved, until it ends";
    Refusal::new(StatusCode::NOT_FOUND, problem)
}

impl Reservation {
    /// Ends an operation.
    pub fn complete(&self, head: &Parts) -> Result<(), Refusal> {
        let id = in_query(head, OPERATION_ID).filter(|id| !id.is_empty()).ok_or_else(|| {
            Refusal::bad_request(format!(
                "the parameter `{OPERATION_ID}` is missing: the id of the operation that is to end"
            ))
        })?;
        if let Some(operation) = self.operations.lock().remove(&id) {
            operation.abort();
        }
        Ok(())
    }

    /// One more operation.
    pub fn begin(
        self: &Arc<Self>,
        parameters: &Parameters,
        most: u32,
    ) -> Result<(Operation, AbortRegistration), Refusal> {
        let id = match parameters.extensions.get(OPERATION_ID) {
            Some(Value::String(id)) if (1..=LONGEST_OPERATION_ID).contains(&id.len()) => id.clone(),
            _ => {
                let problem = format!(
                    "`extensions.{OPERATION_ID}` is missing or wrong; allowed is a text of 1 to {LONGEST_OPERATION_ID} bytes"
                );
                return Err(Refusal::bad_request(problem));
            }
        };
        let mut operations = self.operations.lock();
        if operations.len() >= most as usize {
            let problem = format!("too many operations run; allowed are {most} (`--max-socket-operations`)");
            return Err(too_many(problem, Duration::ZERO));
        }
        let (handle, registration) = AbortHandle::new_pair();
        match operations.entry(id.clone()) {
            Slot::Occupied(_) => {
                let problem = format!("an operation with this `extensions.{OPERATION_ID}` runs already");
                Err(Refusal::new(StatusCode::CONFLICT, problem))
            }
            Slot::Vacant(slot) => {
                slot.insert(handle.clone());
                let messages = self.messages.clone();
                Ok((Operation { reservation: Arc::downgrade(self), id, handle, messages }, registration))
            }
        }
    }
}

/// An open stream. Dropped, it ends, and all that runs for it: its messages have nowhere to go.
struct Open {
    all: Reservations,
    token: Uuid,
}

impl Open {
    /// Has nothing more begin.
    fn close(&self) {
        self.all.0.lock().remove(&self.token);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}

/// An operation, whose id is free again when this is dropped.
pub struct Operation {
    reservation: Weak<Reservation>,
    id: String,
    handle: AbortHandle,
    messages: mpsc::Sender<Queued>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        // The id of one that was ended is free, or another's already.
        if let Some(reservation) = self.reservation.upgrade()
            && !self.handle.is_aborted()
        {
            reservation.operations.lock().remove(&self.id);
        }
    }
}

impl Operation {
    /// The message of an answer, which is JSON.
    fn next(&self, json: &[u8]) -> Vec<u8> {
        let id = format!(r#"{{"id":{},"payload":"#, json!(self.id));
        message("next", None, &[id.as_bytes(), json, b"}"])
    }

    /// Sends the last answer, which keeps its room until it is sent.
    pub async fn answer<R: Send + 'static>(&self, json: &[u8], room: R) -> Result<(), Refusal> {
        let (mut messages, id) = (self.next(json), json!({ "id": self.id }).to_string());
        messages.extend_from_slice(&message("complete", None, &[id.as_bytes()]));
        self.send(roomed(messages, room)).await
    }

    /// Waits until the stream has ended.
    pub async fn gone(&self) -> Refusal {
        self.messages.closed().await;
        gone()
    }

    /// Sends what comes of a subscription, until it is over or its stream is.
    pub async fn tell(self, events: impl Stream<Item = Result<Event, Vec<ServerError>>>) -> Result<(), Refusal> {
        let mut events = pin!(events);
        loop {
            let event = select! {
                event = events.next() => event,
                refusal = self.gone() => return Err(refusal),
            };
            let Some(event) = event else { return Ok(()) };
            match event {
                Ok(event) => self.send(roomed(self.next(event.json()), event)).await?,
                Err(errors) => self.answer(&to_json(&Answer::from_errors(errors)), ()).await?,
            }
        }
    }

    async fn send(&self, message: Bytes) -> Result<(), Refusal> {
        self.messages.send((self.handle.clone(), message)).await.map_err(|_| gone())
    }
}
