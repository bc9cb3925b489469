//! One GraphQL request, of HTTP or of a socket, from its parameters to its answer.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{Response as Answer, ServerError};
use axum::http::{HeaderMap, HeaderValue, StatusCode, request::Parts};
use futures_util::{FutureExt, Stream, stream};
use serde_json::json;
use tokio::{
    select,
    sync::watch,
    time::{Instant as Deadline, timeout_at},
};

use super::{
    admission::{Peer, Place, Seat, Sender},
    auth::{Caller, Scope, expired, until},
    connections::Phase,
    entry::Entry,
    live::LiveQuery,
    names::{AFTER, REPORT},
    refusal::Refusal,
    state::Server,
    traces::Trace,
};
use crate::{
    api::{EXTENSION, Event, Parameters, Prepared, Subscription},
    error::code,
};

/// What brought a GraphQL request: an HTTP request, of which it is a part, or a message over a socket.
pub struct Arrived<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Its place among the requests.
    pub place: &'a Arc<Place>,
    /// The headers that stand for extensions of it.
    pub headers: Option<&'a HeaderMap>,
    /// Whether a trusted proxy brought it.
    pub is_forwarded: bool,
    /// Whether it may only read: a GET may.
    pub reads_only: bool,
    /// By when it is to be answered.
    pub deadline: Deadline,
}

/// A subscription that has begun, or a live query. It has a seat among those that last.
pub struct Events {
    source: Source,
    phase: watch::Receiver<Phase>,
}

enum Source {
    Subscription { subscription: Box<Subscription>, _seat: Seat },
    Query(Box<LiveQuery>),
}

impl Source {
    async fn next(&mut self) -> Option<Result<Event, Vec<ServerError>>> {
        match self {
            Self::Subscription { subscription, .. } => subscription.next().await,
            Self::Query(query) => Some(query.next().await),
        }
    }
}

impl Events {
    /// The next event; or why there are no more, which is the last. `None` if the server stops: the client asks another.
    pub async fn next(&mut self) -> Option<Result<Event, Vec<ServerError>>> {
        let event = select! {
            event = AssertUnwindSafe(self.source.next()).catch_unwind() => event,
            _ = self.phase.wait_for(|phase| *phase >= Phase::Draining) => return None,
        };
        // The panic itself is in the log.
        event.unwrap_or_else(|_| Some(Err(Refusal::internal().into_errors())))
    }

    /// All of them, and then perhaps why there are no more: also that its client's token has expired.
    pub fn until(self, expiry: Option<Deadline>) -> impl Stream<Item = Result<Event, Vec<ServerError>>> {
        stream::unfold(Some(self), move |events| async move {
            let mut events = events?;
            let event = select! {
                event = events.next() => event?,
                () = until(expiry) => Err(expired().into_errors()),
            };
            let rest = event.is_ok().then_some(events);
            Some((event, rest))
        })
    }
}

impl Server {
    /// Until when a request that comes now is answered.
    pub fn deadline(&self) -> Deadline {
        Deadline::now() + Duration::from_secs(self.limits.request_timeout)
    }

    /// Whose request has these headers. That must be known by the deadline.
    pub async fn caller(&self, headers: &HeaderMap, deadline: Deadline) -> Result<Caller, Refusal> {
        let caller = timeout_at(deadline, self.auth.caller(headers)).await;
        caller.unwrap_or_else(|_| Err(self.took_too_long(false)))
    }

    /// Whether a trusted proxy brought a request.
    pub fn is_forwarded(&self, head: &Parts) -> bool {
        head.extensions.get::<Peer>().is_some_and(|peer| peer.is_in(&self.trusted_proxies))
    }

    /// Who sends a request without a subject, if that is known.
    pub fn address(&self, head: &Parts) -> Option<Sender> {
        Some(Sender::at(head.extensions.get()?, &head.headers, &self.trusted_proxies))
    }

    /// The trace of a request with these headers, if it is to be traced.
    pub fn trace(&self, headers: Option<&HeaderMap>, is_forwarded: bool) -> Option<Trace> {
        self.traces.as_ref()?.begin(headers, is_forwarded)
    }

    /// Answers one GraphQL request.
    pub async fn run(
        &self,
        parameters: Parameters,
        arrived: &Arrived<'_>,
        entry: &mut Entry<'_>,
    ) -> Result<Answer, Refusal> {
        let prepared = self.prepare(parameters, arrived, entry)?;
        self.answer_prepared(prepared, arrived.place, arrived.deadline, entry).await
    }

    /// Looks at a request, which its sender may make, and has paid for.
    pub fn prepare(
        &self,
        parameters: Parameters,
        arrived: &Arrived<'_>,
        entry: &mut Entry<'_>,
    ) -> Result<Prepared, Refusal> {
        let &Arrived { caller, place, headers, is_forwarded, reads_only, deadline } = arrived;
        entry.trace(self.trace(headers, is_forwarded));
        let parameters = match headers {
            Some(headers) => with_headers(parameters, headers)?,
            None => parameters,
        };
        let prepared = self.api.prepare(parameters, &place.held, &mut entry.known)?.until(deadline.into_std());
        if reads_only && prepared.writes() {
            return Err(Refusal::method("a GET is for queries; allowed for a mutation is POST", "POST"));
        }
        check_scopes(caller, &prepared)?;
        if let Some(sha256) = prepared.untrusted() {
            tracing::warn!(request_id = &*entry.id, sha256, "a document that is not trusted");
        }
        // Each request has spent 1 already.
        let left = self.admission.spend(place.sender(), prepared.cost(), 1)?.or(place.left);
        Ok(prepared.with_left(left))
    }

    /// Begins a subscription, or a live query, that was looked at. It ends when the phase says that the server stops.
    pub async fn subscribe(
        self: &Arc<Self>,
        prepared: Prepared,
        arrived: &Arrived<'_>,
        phase: watch::Receiver<Phase>,
        entry: &mut Entry<'_>,
    ) -> Result<Events, Refusal> {
        let sender = arrived.place.sender().cloned();
        let seat = self.admission.subscribe(sender.clone())?;
        let source = if prepared.is_live() {
            Source::Query(LiveQuery::new(self, prepared, arrived.caller, sender, seat, entry)?.into())
        } else {
            let subscription = self.live.subscribe(prepared, seat.memory.clone(), &entry.id);
            let subscription = timeout_at(arrived.deadline, subscription).await;
            let subscription = subscription.map_err(|_| self.took_too_long(false))??.into();
            Source::Subscription { subscription, _seat: seat }
        };
        entry.done("subscribed", StatusCode::OK);
        Ok(Events { source, phase })
    }

    /// Answers a request that was looked at.
    pub async fn answer_prepared(
        &self,
        prepared: Prepared,
        place: &Place,
        deadline: Deadline,
        entry: &mut Entry<'_>,
    ) -> Result<Answer, Refusal> {
        if prepared.lasts() {
            let what = if prepared.is_live() { "a live query" } else { "a subscription" };
            let problem =
                format!("{what} is asked for over a WebSocket (`graphql-transport-ws`), or as `text/event-stream`");
            return Err(Refusal::bad_request(problem));
        }
        let writes = prepared.writes();
        let connection = self.admission.connection(place, writes);
        let _connection = timeout_at(deadline, connection).await.map_err(|_| waited())?;
        let report = entry.execute(&prepared);
        let answer = self.api.execute(prepared, &report, &entry.id);
        let answer = timeout_at(deadline, answer).await.map_err(|_| self.took_too_long(writes))?;
        entry.answered(&answer);
        Ok(answer)
    }

    /// Refuses what its time is over for.
    pub fn took_too_long(&self, writes: bool) -> Refusal {
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

/// The parameters, with what headers ask for unless their own extensions say something of it.
fn with_headers(mut parameters: Parameters, headers: &HeaderMap) -> Result<Parameters, Refusal> {
    let wish = match headers.get(REPORT).map(HeaderValue::as_bytes) {
        None => None,
        Some(b"sql") => Some(json!({ "sql": true })),
        Some(b"explain") => Some(json!({ "explain": true })),
        Some(_) => {
            let problem = format!("the header `{REPORT}` has another value; allowed are `sql` and `explain`");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, problem));
        }
    };
    if let Some(wish) = wish {
        parameters.extensions.entry(EXTENSION).or_insert(wish);
    }
    let mut tokens = headers.get_all(AFTER).iter();
    if let Some(token) = tokens.next() {
        if tokens.next().is_some() {
            let problem = format!("the header `{AFTER}` is there twice; allowed is one token");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, problem));
        }
        parameters.read_after(&String::from_utf8_lossy(token.as_bytes()));
    }
    Ok(parameters)
}
