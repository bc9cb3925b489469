//! The line that a request leaves in the log, whatever becomes of it.

use std::{
    thread::panicking,
    time::{Duration, Instant},
};

use async_graphql::Response as Answer;
use axum::http::StatusCode;
use tracing::field::display;

use super::refusal::Refusal;
use crate::{
    api::Known,
    loaders::{Counts, Ran, Report, milliseconds},
    log::{MOST, MOST_OF_DATABASE, cut},
};

/// How many characters of a slow request's SQL are logged.
const MOST_OF_SQL: usize = 4 * MOST_OF_DATABASE;

/// The line of a GraphQL request, filled as things get known. It is written when it is dropped: also if the client leaves, which
/// drops all that answers it.
pub struct Entry<'a> {
    /// The id of the HTTP request.
    pub id: &'a str,
    /// What the request asks for.
    pub known: Known,
    /// What its statements come to.
    pub report: Option<Report>,
    /// The status of its response.
    pub status: Option<StatusCode>,
    subject: Option<String>,
    outcome: &'static str,
    problem: Option<String>,
    errors: usize,
    started: Instant,
    slow: Option<Duration>,
    is_split: bool,
}

impl<'a> Entry<'a> {
    /// The line of an HTTP request. One that takes as long as `slow` leaves another line, with its SQL.
    pub fn new(id: &'a str, slow: Option<Duration>) -> Self {
        Self {
            id,
            known: Known::default(),
            report: None,
            status: None,
            subject: None,
            outcome: "left",
            problem: None,
            errors: 0,
            started: Instant::now(),
            slow,
            is_split: false,
        }
    }

    /// A line for each of so many GraphQL requests, in place of the one of their HTTP request.
    pub fn split(&mut self, requests: usize) -> Vec<Self> {
        self.is_split = true;
        let one = |_| {
            let mut one = Self::new(self.id, self.slow);
            (one.subject, one.started) = (self.subject.clone(), self.started);
            one
        };
        (0..requests).map(one).collect()
    }

    /// The subject of the token that the request has.
    pub fn of_subject(&mut self, subject: Option<&str>) {
        self.subject = subject.map(|subject| cut(subject, MOST).into_owned());
    }

    /// Has its time begin now: what came before is the time that the client took to send it, or of other requests of its batch.
    pub fn begin(&mut self) {
        self.started = Instant::now();
    }

    /// The request was answered.
    pub fn answered(&mut self, answer: &Answer) {
        (self.errors, self.status) = (answer.errors.len(), Some(StatusCode::OK));
        self.outcome = if answer.is_ok() { "answered" } else { "errors" };
        self.problem = answer.errors.first().map(|error| cut(&error.message, MOST).into_owned());
    }

    /// The request was done with this outcome, whatever is sent later.
    pub fn done(&mut self, outcome: &'static str, status: StatusCode) {
        (self.outcome, self.status) = (outcome, Some(status));
    }

    /// What answered the request panicked.
    pub fn panicked(&mut self) {
        self.outcome = "panicked";
    }

    /// The request was refused, or took too long.
    pub fn refused(&mut self, refusal: &Refusal) {
        let (status, errors, problem) = refusal.told();
        self.outcome = match status {
            _ if self.outcome == "panicked" => self.outcome,
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "timeout",
            _ => "refused",
        };
        (self.errors, self.status, self.problem) = (errors, Some(status), Some(cut(problem, MOST).into_owned()));
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if self.is_split {
            return;
        }
        let elapsed = self.started.elapsed();
        let outcome = if panicking() { "panicked" } else { self.outcome };
        let Counts { statements, rows, time } = self.report.as_ref().map(Report::counts).unwrap_or_default();
        let operation = self.known.operation.as_deref().map(|name| cut(name, MOST));
        let (operation, document) = (operation.as_deref(), self.known.document.map(display));
        tracing::info!(
            request_id = self.id,
            subject = self.subject,
            operation,
            document,
            outcome,
            status = self.status.map(|status| status.as_u16()),
            problem = self.problem,
            errors = self.errors,
            statements,
            rows,
            milliseconds = milliseconds(time),
            ?elapsed,
            "request"
        );
        if self.slow.is_some_and(|slow| elapsed >= slow) {
            let sql = self.report.as_ref().map(|report| cut(&sql(report), MOST_OF_SQL).into_owned());
            tracing::warn!(request_id = self.id, operation, document, outcome, ?elapsed, sql, "slow request");
        }
    }
}

/// The statements of a report that were kept, in the order in which they ran.
fn sql(report: &Report) -> String {
    let told = |Ran { text, rows, time, .. }: &Ran| {
        format!("{} ms, {rows} rows: {}", milliseconds(*time), cut(text, MOST_OF_DATABASE))
    };
    report.statements().iter().map(told).collect::<Vec<_>>().join("; ")
}
