//! The log: where its lines go, and how much of others' words they repeat.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    borrow::Cow,
    io::{BufWriter, IsTerminal, stderr},
    panic,
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::time::interval;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, filter::ParseError};

use crate::{
    config::{LogFormat, ServeOptions},
    metrics::METRICS,
};

/// How many lines may wait to be written: those of half a second, at a server's busiest. Each has a few kilobytes at most.
const MOST_WAITING: usize = 8_192;

/// How often to look for lines that were dropped.
const LOOK: Duration = Duration::from_secs(1);

/// How many characters of a client's text a line repeats.
pub const MOST: usize = 200;

/// How many characters of the database's words, or of SQL, a line repeats.
pub const MOST_OF_DATABASE: usize = 2_000;

/// Opens the log on standard error. What is not written yet is written when what is returned is dropped, which takes a second at
/// most.
///
/// Nobody waits for a line to be written: where standard error is a pipe that nobody reads, lines are dropped, and counted.
///
/// # Errors
/// One line that says what is wrong with the options and what is allowed.
pub fn open(options: &ServeOptions) -> Result<WorkerGuard> {
    let filter: Result<EnvFilter, ParseError> = options.log.parse();
    let filter =
        filter.with_context(|| format!("--log is `{}`; allowed are directives such as `info`", options.log))?;
    // It warns of each parameter of a URL that it does not know, with the value: that of a password whose name is misspelt.
    let filter = filter.add_directive("sqlx_postgres::options=off".parse()?);
    // It tells of each request that it sends with its URL.
    let filter = filter.add_directive("opentelemetry-otlp=warn".parse()?);
    // Lines that wait together are written together: it is flushed when none waits.
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(MOST_WAITING).finish(BufWriter::new(stderr()));
    tokio::spawn(tell_dropped(writer.error_counter()));
    // What cannot be formatted is lost; saying so, on standard error itself, could wait for its reader.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).log_internal_errors(false);
    let log = log.with_ansi(stderr().is_terminal());
    match options.log_format {
        Some(LogFormat::Json) => log.json().init(),
        _ => log.init(),
    }
    log_panics();
    Ok(guard)
}

/// Tells of the lines that were dropped, once there is room again.
async fn tell_dropped(counter: ErrorCounter) {
    let (mut told, mut looks) = (0, interval(LOOK));
    loop {
        looks.tick().await;
        let lines = counter.dropped_lines();
        if lines > told {
            // If this one is dropped too, it is counted, and the next look tells of all.
            METRICS.log_lines_dropped.inc_by((lines - told) as u64);
            tracing::warn!(lines, "lines of the log were dropped since the start: nobody read them in time");
            told = lines;
        }
    }
}

/// Has panics logged as all else is: the usual hook waits for standard error's reader.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let problem = panic.payload_as_str().map(|problem| cut(problem, MOST_OF_DATABASE));
        let (problem, location) = (problem.as_deref(), panic.location().map(ToString::to_string));
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
        tracing::error!(location, problem, backtrace, "panicked");
    }));
}

/// As many characters of a text as are allowed at `most`, and a sign that there were more.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
