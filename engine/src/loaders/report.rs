//! What a request's SQL came to: the counts always, each statement if the request asks for a report.

use std::{
    collections::BTreeSet,
    mem,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use parking_lot::Mutex;

use super::relation::TableOf;
use crate::metrics::METRICS;

/// How much a report says of each statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing: statements are just counted.
    #[default]
    Counts,
    /// Its text, and what it took.
    Sql,
    /// The same, and the database's plan of it.
    Explain,
}

/// The GraphQL path for whose sake something is loaded. It is known if a report was asked for, and does not tell one
/// thing from another.
#[derive(Clone, Debug, Default)]
pub struct Cause(Option<Arc<str>>);

/// What a statement loads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch {
    /// The loader's key, and the table of the rows; `None` if the statement is of no loader.
    pub loader: Option<(&'static str, TableOf)>,
    /// For how many keys at once; 0 if it is about none in particular.
    pub keys: usize,
}

impl Batch {
    /// So many keys of a loader of rows of a table.
    pub fn of(loader: &'static str, table: TableOf, keys: usize) -> Self {
        Self { loader: Some((loader, table)), keys }
    }
}

/// One statement that ran.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its SQL.
    pub text: String,
    /// What it loaded.
    pub batch: Batch,
    /// How many rows it returned, or wrote.
    pub rows: u64,
    /// When it was sent.
    pub began: SystemTime,
    /// From then to the last row.
    pub time: Duration,
    /// The GraphQL paths that caused it, without the indices in lists, separated by commas.
    pub path: String,
    /// The database's plan, line by line, if it was asked for.
    pub plan: Option<Vec<String>>,
}

/// A time as reports and the log tell it: to the microsecond, for the clock's noise is not worth reading.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1_000.0
}

/// What the statements of one request add up to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// How many ran, transaction control apart; those too that failed, or that nobody waited for.
    pub statements: u64,
    /// How many rows they returned or wrote.
    pub rows: u64,
    /// The sum of their times.
    pub time: Duration,
}

/// The report of one request. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    detail: Detail,
    slow: Option<Duration>,
    so_far: Arc<Mutex<(Counts, Vec<Ran>)>>,
}

impl Report {
    /// A report in so much detail, in which statements that take as long as `slow` are kept whatever the detail.
    pub fn new(detail: Detail, slow: Option<Duration>) -> Self {
        Self { detail, slow, so_far: Arc::default() }
    }

    /// The detail that was asked for.
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// The cause that a path is, if it is to be reported.
    pub fn cause(&self, path: impl FnOnce() -> String) -> Cause {
        Cause((self.detail > Detail::Counts).then(|| path().into()))
    }

    /// Begins a statement that loads a batch. `text` makes its SQL, if it is to be kept.
    pub fn begin<'a, T: Fn() -> String>(
        &self,
        text: T,
        batch: Batch,
        causes: impl IntoIterator<Item = &'a Cause>,
    ) -> InFlight<'_, T> {
        let path = if self.detail > Detail::Counts {
            let paths: BTreeSet<&str> = causes.into_iter().filter_map(|cause| cause.0.as_deref()).collect();
            paths.into_iter().collect::<Vec<_>>().join(", ")
        } else {
            String::new()
        };
        InFlight { report: self, text, batch, path, rows: 0, started: Instant::now() }
    }

    /// Adds the plan of the statement that was added last.
    pub fn add_plan(&self, plan: Vec<String>) {
        if let Some(ran) = self.so_far.lock().1.last_mut() {
            ran.plan = Some(plan);
        }
    }

    /// What was added up.
    pub fn counts(&self) -> Counts {
        self.so_far.lock().0
    }

    /// The statements that were kept, in the order in which they ran.
    pub fn statements(&self) -> Vec<Ran> {
        self.so_far.lock().1.clone()
    }
}

/// A statement that runs. It is added to its report when this is dropped: also if nobody waits for its end.
pub struct InFlight<'a, T: Fn() -> String> {
    report: &'a Report,
    text: T,
    batch: Batch,
    path: String,
    /// How many rows it returned, or wrote.
    pub rows: u64,
    started: Instant,
}

impl<T: Fn() -> String> Drop for InFlight<'_, T> {
    fn drop(&mut self) {
        let (time, rows, Report { detail, slow, .. }) = (self.started.elapsed(), self.rows, self.report);
        let (counts, ran) = &mut *self.report.so_far.lock();
        counts.statements += 1;
        counts.rows += rows;
        counts.time += time;
        METRICS.statements.observe(time.as_secs_f64());
        if self.batch.keys > 0 {
            METRICS.batch_keys.observe(self.batch.keys as f64);
        }
        if *detail > Detail::Counts || slow.is_some_and(|slow| time >= slow) {
            let path = mem::take(&mut self.path);
            let (batch, began) = (self.batch, SystemTime::now() - time);
            ran.push(Ran { text: (self.text)(), batch, rows, began, time, path, plan: None });
        }
    }
}
