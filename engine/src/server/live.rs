//! Live queries: answered again whenever their answer may have changed.

use std::{mem, sync::Arc, time::Duration};

use async_graphql::{Response as Answer, ServerError};
use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    admission::Sender,
    auth::Caller,
    entry::Entry,
    refusal::{Refusal, has_code},
    state::Server,
};
use crate::{
    api::{EXTENSION, Event, Known, Noted, Prepared, Watch},
    error::code,
    graphql::to_json,
    memory::Held,
};

/// After how long a query is asked again that was refused for now.
const RETRY: Duration = Duration::from_secs(1);

/// A query that is answered again whenever its answer may have changed, and at most so often.
pub struct LiveQuery {
    server: Arc<Server>,
    prepared: Prepared,
    watch: Watch,
    sender: Option<Sender>,
    subject: Option<String>,
    known: Known,
    request_id: String,
    /// What was answered last.
    last: Option<[u8; 32]>,
    /// Whether it is to be answered without waiting for a change.
    is_due: bool,
    /// Before when it is not answered again.
    earliest: Instant,
}

impl LiveQuery {
    /// A query of a caller, whose share it takes.
    pub fn new(
        server: &Arc<Server>,
        prepared: Prepared,
        caller: &Caller,
        sender: Option<Sender>,
        entry: &Entry<'_>,
    ) -> Self {
        Self {
            server: Arc::clone(server),
            prepared,
            watch: server.live.watch(),
            sender,
            subject: caller.subject().map(str::to_owned),
            known: entry.known.clone(),
            request_id: entry.id.to_owned(),
            last: None,
            is_due: true,
            earliest: Instant::now(),
        }
    }

    /// The next answer, which is not the last one again; or why there are no more.
    pub async fn next(&mut self) -> Result<Event, Vec<ServerError>> {
        loop {
            if !self.is_due {
                self.watch.stale().await;
                self.is_due = true;
            }
            sleep_until(self.earliest).await;
            let (begun, is_first) = (Instant::now(), self.last.is_none());
            match self.answer().await {
                Ok((answer, held)) if is_first || !is_unavailable(&answer) => {
                    self.earliest = begun + self.server.live.interval();
                    self.is_due = false;
                    let json = to_json(&answer);
                    let digest = Sha256::digest(&json).into();
                    if self.last.replace(digest) != Some(digest) {
                        return Ok(Event::of(json, held));
                    }
                }
                Err(refusal) if is_first || !is_for_now(&refusal) => return Err(refusal.into_answer().errors),
                Ok(_) | Err(_) => self.earliest = begun + RETRY,
            }
        }
    }

    /// The answer now, and its room. It is a request like any other.
    async fn answer(&mut self) -> Result<(Answer, Held), Refusal> {
        let request_id = self.request_id.clone();
        let mut entry = Entry::new(&request_id, self.server.slow);
        entry.known = self.known.clone();
        entry.of_subject(self.subject.as_deref());
        let answer = self.admitted(&mut entry).await;
        answer.inspect_err(|refusal| entry.refused(refusal))
    }

    async fn admitted(&mut self, entry: &mut Entry<'_>) -> Result<(Answer, Held), Refusal> {
        let Self { server, prepared, watch, sender, .. } = self;
        let place = server.admission.enter(sender.clone())?;
        if self.last.is_some() {
            server.admission.spend(place.sender(), prepared.cost(), 1)?;
        }
        let (deadline, noted) = (server.deadline(), Noted::default());
        let begun = timeout_at(deadline, watch.begin(entry.id)).await;
        begun.map_err(|_| server.took_too_long(false))??;
        let once = prepared.once(place.held.clone(), deadline.into_std(), Arc::clone(&noted));
        let answer = server.answer_prepared(once, &place, deadline, entry).await?;
        let reads = mem::take(&mut *noted.lock());
        watch.read(reads).map_err(|table| {
            let problem = format!(
                "`extensions.{EXTENSION}.live`: the changes of `{table}` are not recorded, which the query reads; ask for it \
                 without `live`"
            );
            Refusal::bad_request(problem)
        })?;
        Ok((answer, place.held.clone()))
    }
}

/// Whether a request that is refused like this may be answered later.
fn is_for_now(refusal: &Refusal) -> bool {
    let (status, ..) = refusal.told();
    matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
}

/// Whether the database was not there for some of it.
fn is_unavailable(answer: &Answer) -> bool {
    answer.errors.iter().any(|error| has_code(error, code::UNAVAILABLE))
}
