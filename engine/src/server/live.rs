//! Live queries: answered again whenever their answer may have changed.

use std::{mem, sync::Arc, time::Duration};

use async_graphql::{Response as Answer, ServerError};
use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    admission::{Seat, Sender},
    auth::Caller,
    entry::Entry,
    refusal::Refusal,
    state::Server,
};
use crate::{
    api::{EXTENSION, Event, Known, Noted, Prepared, Watch},
    error::code,
    graphql::to_json,
    memory::Held,
};

/// After how long a query is asked again that was refused for now, or of which something could not be read; after twice as long each
/// time that it is so again, up to 64 times.
const RETRY: Duration = Duration::from_secs(1);

/// A query that is answered again whenever its answer may have changed, and at most so often.
pub struct LiveQuery {
    server: Arc<Server>,
    prepared: Prepared,
    watch: Watch,
    /// The room for what was read.
    read: Held,
    seat: Seat,
    sender: Option<Sender>,
    subject: Option<String>,
    known: Known,
    request_id: String,
    /// What was answered last.
    last: Option<[u8; 32]>,
    /// Whether it is to be answered without waiting for a change.
    is_due: bool,
    /// How often in a row it could not be answered as a whole.
    failures: u32,
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
        seat: Seat,
        entry: &Entry<'_>,
    ) -> Result<Self, Refusal> {
        let (prepared, watch) = server.live.watch(prepared, &seat.memory)?;
        Ok(Self {
            server: Arc::clone(server),
            prepared,
            watch,
            read: seat.memory.hold(),
            seat,
            sender,
            subject: caller.subject().map(str::to_owned),
            known: entry.known.clone(),
            request_id: entry.id.clone().into_owned(),
            last: None,
            is_due: true,
            failures: 0,
            earliest: Instant::now(),
        })
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
            let answer = self.answer().await;
            let retry = Instant::now() + RETRY * 2_u32.pow(self.failures.min(6));
            match answer {
                Ok(answer) => {
                    let is_whole = is_whole(&answer);
                    (self.is_due, self.failures, self.earliest) = match is_whole {
                        true => (false, 0, begun + self.server.live.interval()),
                        false => (true, self.failures + 1, retry),
                    };
                    let json = to_json(&answer);
                    let digest = Sha256::digest(&json).into();
                    if (is_whole || is_first) && self.last.replace(digest) != Some(digest) {
                        let held = self.seat.memory.hold();
                        held.take(json.len()).map_err(|full| Refusal::from(full).into_errors())?;
                        return Ok(Event::of(json, held));
                    }
                }
                Err(refusal) if is_first || !is_for_now(&refusal) => return Err(refusal.into_errors()),
                Err(refusal) => {
                    self.earliest = match refusal.retry_after() {
                        Some(seconds) => Instant::now() + Duration::from_secs(seconds),
                        None => retry,
                    };
                }
            }
        }
    }

    /// The answer now. It is a request like any other.
    async fn answer(&mut self) -> Result<Answer, Refusal> {
        let mut entry = Entry::new(self.request_id.clone(), self.server.slow);
        entry.known = self.known.clone();
        entry.of_subject(self.subject.as_deref());
        let answer = self.admitted(&mut entry).await;
        answer.inspect_err(|refusal| entry.refused(refusal))
    }

    async fn admitted(&mut self, entry: &mut Entry<'_>) -> Result<Answer, Refusal> {
        let Self { server, prepared, watch, seat, sender, read, .. } = self;
        let _turn = seat.turn().await;
        entry.start();
        entry.trace(server.trace(None, false));
        // The first is paid for already.
        let left = match self.last {
            Some(_) => server.admission.spend(sender.as_ref(), prepared.cost(), 0)?,
            None => None,
        };
        let place = server.admission.admit(sender.clone(), left)?;
        let (deadline, noted) = (server.deadline(), Noted::default());
        let begun = timeout_at(deadline, watch.begin(&entry.id)).await;
        begun.map_err(|_| server.took_too_long(false))??;
        let once = prepared.once(place.held.clone(), deadline.into_std(), Arc::clone(&noted));
        let answer = server.answer_prepared(once, &place, deadline, entry).await?;
        let reads = mem::take(&mut *noted.lock());
        *read = seat.memory.hold();
        read.take(reads.bytes())?;
        watch.read(reads).map_err(|table| {
            let problem = format!(
                "`extensions.{EXTENSION}.live`: the changes of `{table}` are not recorded, which the query reads; ask for it \
                 without `live`"
            );
            Refusal::bad_request(problem)
        })?;
        Ok(answer)
    }
}

/// Whether a request that is refused like this may be answered later.
fn is_for_now(refusal: &Refusal) -> bool {
    let (status, ..) = refusal.told();
    matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS | StatusCode::GATEWAY_TIMEOUT)
}

/// Whether nothing of it is missing that the server could not read.
fn is_whole(answer: &Answer) -> bool {
    let codes = [code::UNAVAILABLE, code::TIMEOUT, code::INTERNAL];
    !answer.errors.iter().any(|error| codes.contains(&code::of(error)))
}
