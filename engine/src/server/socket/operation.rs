//! One operation of a socket.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{
    FutureExt,
    future::{AbortHandle, BoxFuture, Shared, join_all},
};
use tokio::sync::{oneshot, watch};

use super::outbox::Outbox;
use crate::{
    api::Parameters,
    graphql::{errors_to_json, ran, to_json},
    server::{
        admission::{Place, Sender},
        auth::Caller,
        connections::Phase,
        entry::Entry,
        refusal::Refusal,
        request::{Arrived, Events},
        state::Server,
    },
};

/// An operation: a request, but for the way of its answer.
pub struct Operation {
    /// What answers it.
    pub server: Arc<Server>,
    /// Who asks.
    pub caller: Arc<Caller>,
    /// Whose share it takes.
    pub sender: Option<Sender>,
    /// Its id, which the client gave it.
    pub id: String,
    /// By which the client ends it.
    pub handle: AbortHandle,
    /// Where its messages go.
    pub outbox: Outbox,
    /// Whether the server stops.
    pub phase: watch::Receiver<Phase>,
}

/// Ends when an operation has begun: if it is a subscription, to be told of changes.
pub type Begun = Shared<oneshot::Receiver<()>>;

/// What comes of an operation.
enum Outcome {
    /// The JSON of its answer, for which there is room as long as its place is there.
    Answer(Vec<u8>, Arc<Place>),
    /// The JSON of its errors, as nothing ran.
    Errors(Vec<u8>),
    /// Events.
    Events(Events),
}

impl Operation {
    /// Runs it until its last message is written, and returns its id. It begins once the `earlier` ones have, and says so: what it
    /// reads is no older than the beginning of the subscriptions that its client began before.
    pub async fn run(
        self,
        entry: Box<Entry<'static>>,
        parameters: Box<Result<Parameters, Refusal>>,
        earlier: Vec<Begun>,
        begun: oneshot::Sender<()>,
    ) -> String {
        match self.outcome(entry, parameters, earlier, begun).await {
            Outcome::Answer(json, _place) => {
                self.send("next", Some(&json)).await;
                self.send("complete", None).await;
            }
            Outcome::Errors(json) => self.send("error", Some(&json)).await,
            Outcome::Events(events) => self.tell(events).await,
        }
        self.id
    }

    /// What comes of it. Boxed: this is large, and what comes of it may last.
    fn outcome(
        &self,
        mut entry: Box<Entry<'static>>,
        parameters: Box<Result<Parameters, Refusal>>,
        earlier: Vec<Begun>,
        begun: oneshot::Sender<()>,
    ) -> BoxFuture<'_, Outcome> {
        async move {
            join_all(earlier).await;
            let outcome = AssertUnwindSafe(self.begin(*parameters, begun, &mut entry)).catch_unwind().await;
            outcome
                .unwrap_or_else(|_| {
                    entry.panicked();
                    Err(Refusal::internal())
                })
                .unwrap_or_else(|refusal| {
                    entry.refused(&refusal);
                    Outcome::Errors(errors_to_json(&refusal.into_errors()))
                })
        }
        .boxed()
    }

    async fn begin(
        &self,
        parameters: Result<Parameters, Refusal>,
        begun: oneshot::Sender<()>,
        entry: &mut Entry<'_>,
    ) -> Result<Outcome, Refusal> {
        let Self { server, caller, sender, .. } = self;
        let place = Arc::new(server.admission.enter(sender.clone())?);
        let parameters = parameters?;
        place.held.take(parameters.bytes)?;
        let deadline = server.deadline();
        let arrived =
            Arrived { caller, place: &place, headers: None, is_forwarded: false, reads_only: false, deadline };
        let prepared = server.prepare(parameters, &arrived, entry)?;
        if prepared.lasts() {
            let events = server.subscribe(prepared, &arrived, self.phase.clone(), entry).await?;
            return Ok(Outcome::Events(events));
        }
        drop(begun);
        let answer = server.answer_prepared(prepared, &place, arrived.deadline, entry).await?;
        Ok(if ran(&answer) {
            Outcome::Answer(to_json(&answer), place)
        } else {
            Outcome::Errors(errors_to_json(&answer.errors))
        })
    }

    /// Sends the events of a subscription until it is over. Where the server stops, it ends with its socket: the client asks another.
    async fn tell(&self, mut events: Events) {
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.send("next", Some(event.json())).await,
                Err(errors) => return self.send("error", Some(&errors_to_json(&errors))).await,
            }
        }
    }

    async fn send(&self, kind: &str, payload: Option<&[u8]>) {
        self.outbox.send(&self.handle, &self.id, kind, payload).await;
    }
}
