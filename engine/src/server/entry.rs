//! The line that a request leaves in the log, whatever becomes of it.

use std::{
    borrow::Cow,
    thread::panicking,
    time::{Duration, Instant, SystemTime},
};

use async_graphql::{Response as Answer, ServerError};
use axum::http::StatusCode;
use tracing::field::display;

use super::{refusal::Refusal, traces::Trace};
use crate::{
    api::{Known, Prepared, Steps},
    config::setting_in,
    error::code,
    loaders::{Counts, Ran, Report, milliseconds},
    log::{MOST, MOST_OF_DATABASE, cut},
    metrics::METRICS,
};

/// Of a slow request, those statements are logged that took at least one of so many parts of its time.
const STATEMENTS_OF_A_SLOW_ONE: u32 = 10;

/// The metrics' code of what one sender has too much of: its client is told that it passes, but it is no fault of the server.
const TOO_MANY: &str = "TOO_MANY_REQUESTS";

/// How many characters of a slow request's SQL are logged.
const MOST_OF_SQL: usize = 4 * MOST_OF_DATABASE;

/// The line of a GraphQL request, filled as things get known. It is written when it is dropped: also if the client leaves, which
/// drops all that answers it.
pub struct Entry<'a> {
    /// The id of the HTTP request, or of the operation of a socket.
    pub id: Cow<'a, str>,
    /// What the request asks for.
    pub known: Known,
    /// What its statements come to.
    pub report: Option<Report>,
    /// The status of its response.
    pub status: Option<StatusCode>,
    subject: Option<String>,
    outcome: &'static str,
    problem: Option<String>,
    /// The code of the first error.
    code: Option<&'static str>,
    errors: usize,
    started: Instant,
    slow: Option<Duration>,
    is_split: bool,
    /// Its trace, if it is traced, and when its execution began.
    trace: Option<Trace>,
    executing: Option<SystemTime>,
}

impl<'a> Entry<'a> {
    /// The line of a request. One that takes as long as `slow` leaves another line, with its SQL.
    pub fn new(id: impl Into<Cow<'a, str>>, slow: Option<Duration>) -> Self {
        Self {
            id: id.into(),
            known: Known::default(),
            report: None,
            status: None,
            subject: None,
            outcome: "left",
            problem: None,
            code: None,
            errors: 0,
            started: Instant::now(),
            slow,
            is_split: false,
            trace: None,
            executing: None,
        }
    }

    /// A line for each of so many GraphQL requests, in place of the one of their HTTP request.
    pub fn split(&mut self, requests: usize) -> Vec<Self> {
        self.is_split = true;
        let one = |_| {
            let mut one = Self::new(self.id.clone(), self.slow);
            (one.subject, one.started) = (self.subject.clone(), self.started);
            one
        };
        (0..requests).map(one).collect()
    }

    /// The subject of the token that the request has.
    pub fn of_subject(&mut self, subject: Option<&str>) {
        self.subject = subject.map(|subject| cut(subject, MOST).into_owned());
    }

    /// Has its time begin now: what came before is the time that its client took to send it, or of others that were sent with it.
    pub fn start(&mut self) {
        self.started = Instant::now();
    }

    /// Begins its trace, if it has one.
    pub fn trace(&mut self, trace: Option<Trace>) {
        if trace.is_some() {
            self.known.steps = Steps::known();
        }
        self.trace = trace;
    }

    /// Has its execution begin now, and returns its report.
    pub fn execute(&mut self, prepared: &Prepared) -> Report {
        // All are kept for a trace.
        let slow = match self.trace {
            Some(_) => Some(Duration::ZERO),
            None => self.slow.map(|slow| slow / STATEMENTS_OF_A_SLOW_ONE),
        };
        self.executing = self.trace.as_ref().map(|_| SystemTime::now());
        // Shared with the entry, which tells what ran also if nobody waits for the answer.
        self.report.insert(prepared.report(slow)).clone()
    }

    /// The request was answered.
    pub fn answered(&mut self, answer: &Answer) {
        (self.errors, self.status) = (answer.errors.len(), Some(StatusCode::OK));
        self.outcome = if answer.is_ok() { "answered" } else { "errors" };
        self.first_is(answer.errors.first());
    }

    fn first_is(&mut self, error: Option<&ServerError>) {
        self.code = error.map(code::of);
        self.problem = error.map(|error| cut(&error.message, MOST).into_owned());
        // What is wrong with a request is told in its own words too, which may name a setting.
        let is_wrong = matches!(
            self.code,
            Some(code::BAD_USER_INPUT | code::GRAPHQL_PARSE_FAILED | code::GRAPHQL_VALIDATION_FAILED)
        ) && matches!(self.status, Some(StatusCode::OK | StatusCode::BAD_REQUEST));
        if let Some(setting) = error.filter(|_| !is_wrong).and_then(|error| setting_in(&error.message)) {
            METRICS.refused(setting);
            if setting == "--max-sender-share" {
                self.code = Some(TOO_MANY);
            }
        }
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
        let (status, errors) = refusal.told();
        self.outcome = match status {
            _ if self.outcome == "panicked" => self.outcome,
            StatusCode::REQUEST_TIMEOUT if errors.first().map(code::of) != Some(code::TIMEOUT) => "left",
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "timeout",
            _ => "refused",
        };
        (self.errors, self.status) = (errors.len(), Some(status));
        self.first_is(errors.first());
        self.code = match status {
            StatusCode::TOO_MANY_REQUESTS => Some(TOO_MANY),
            StatusCode::REQUEST_TIMEOUT => Some("left"),
            _ => self.code,
        };
    }

    fn count(&self, error: &str, elapsed: Duration, statements: u64) {
        let Known { kind, operation, is_trusted, .. } = &self.known;
        // The names of others are their clients' to choose, and would be without end.
        let name = operation.as_deref().filter(|_| *is_trusted).unwrap_or_default();
        let kind = kind.map(|kind| kind.to_string()).unwrap_or_default();
        METRICS.requests.with_label_values(&[&kind, name, error]).observe(elapsed.as_secs_f64());
        METRICS.request_statements.observe(statements as f64);
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
        let error = match outcome {
            "left" | "panicked" => outcome,
            _ => self.code.unwrap_or_default(),
        };
        self.count(error, elapsed, statements);
        let trace_id = self.trace.as_ref().map(Trace::id);
        if let Some(trace) = self.trace.take() {
            trace.end(&self.known, self.executing, self.report.as_ref(), error);
        }
        let operation = self.known.operation.as_deref().map(|name| cut(name, MOST));
        let (operation, document) = (operation.as_deref(), self.known.document.map(display));
        tracing::info!(
            request_id = &*self.id,
            trace_id,
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
        if let Some(slow) = self.slow.filter(|slow| elapsed >= *slow) {
            let least = slow / STATEMENTS_OF_A_SLOW_ONE;
            let sql = self.report.as_ref().map(|report| cut(&sql(report, least), MOST_OF_SQL).into_owned());
            tracing::warn!(
                request_id = &*self.id,
                trace_id,
                operation,
                document,
                outcome,
                ?elapsed,
                sql,
                "slow request"
            );
        }
    }
}

/// The statements of a report that took so long, in the order in which they ran.
fn sql(report: &Report, least: Duration) -> String {
    let told = |Ran { text, rows, time, .. }: &Ran| {
        format!("{} ms, {rows} rows: {}", milliseconds(*time), cut(text, MOST_OF_DATABASE))
    };
    report.statements().iter().filter(|ran| ran.time >= least).map(told).collect::<Vec<_>>().join("; ")
}
