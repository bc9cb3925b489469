//! One operation of a socket.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, future::AbortHandle};

use super::outbox::Outbox;
use crate::{
    api::Parameters,
    graphql::{errors_to_json, ran, to_json},
    server::{
        admission::{Place, Sender},
        auth::Caller,
        entry::Entry,
        refusal::Refusal,
        request::Arrived,
        state::Server,
    },
};

/// An operation: a request, but for the way of its answer.
pub struct Operation {
    /// What answers it.
    pub server: Arc<Server>,
    /// Its name in the log.
    pub request_id: String,
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
}

impl Operation {
    /// Runs it until its last message is written, and returns its id. `bytes` is how many its parameters had.
    pub async fn run(self, parameters: Result<Parameters, Refusal>, bytes: usize) -> String {
        let (is_answer, json, _place) = {
            let mut entry = Entry::new(&self.request_id, self.server.slow);
            entry.of_subject(self.caller.subject());
            let answered = AssertUnwindSafe(self.answer(parameters, bytes, &mut entry)).catch_unwind().await;
            answered
                .unwrap_or_else(|_| {
                    entry.panicked();
                    Err(Refusal::internal())
                })
                .unwrap_or_else(|refusal| {
                    entry.refused(&refusal);
                    (false, errors_to_json(&refusal.into_answer().errors), None)
                })
        };
        let kind = if is_answer { "next" } else { "error" };
        self.outbox.send(&self.handle, &self.id, kind, Some(&json)).await;
        if is_answer {
            self.outbox.send(&self.handle, &self.id, "complete", None).await;
        }
        self.id
    }

    /// The JSON of its answer; or of its errors, if nothing ran.
    async fn answer(
        &self,
        parameters: Result<Parameters, Refusal>,
        bytes: usize,
        entry: &mut Entry<'_>,
    ) -> Result<(bool, Vec<u8>, Option<Arc<Place>>), Refusal> {
        let Self { server, caller, sender, .. } = self;
        let place = Arc::new(server.admission.enter(sender.clone())?);
        place.held.take(bytes)?;
        let arrived = Arrived { caller, place: &place, report: None, reads_only: false, deadline: server.deadline() };
        let answer = server.run(parameters?, &arrived, entry).await?;
        let is_answer = ran(&answer);
        let json = if is_answer { to_json(&answer) } else { errors_to_json(&answer.errors) };
        Ok((is_answer, json, Some(place)))
    }
}
