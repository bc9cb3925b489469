//! Why subscriptions end that their clients did not end.

use async_graphql::ServerError;

use crate::{
    error::{self, Error, code},
    memory::Full,
    metrics::METRICS,
};

/// Why a subscription ends that its client did not end.
#[derive(Clone, Debug)]
pub enum End {
    /// More bytes wait than these.
    TooSlow(u64),
    /// Changes come faster than what is selected of them can be read.
    Behind,
    /// There is no room for what waits.
    Full(Full),
    /// Changes are there no more.
    Lost,
    /// There were more of them than these.
    TooMany(u64),
    /// What is selected cannot be answered.
    Failed(Error),
}

impl End {
    /// As its client sees it.
    pub fn error(self) -> ServerError {
        let again = "load again what you subscribed to, and subscribe anew";
        let (problem, code) = match self {
            Self::TooSlow(most) => {
                let problem = format!(
                    "more bytes of events wait than may: {most} (`--max-waiting-event-bytes`); subscribe `after` the last cursor"
                );
                (problem, code::SUBSCRIBER_TOO_SLOW)
            }
            Self::Behind => {
                let problem = "changes come faster than what is selected of them can be read; select less, and subscribe `after` the last cursor";
                (problem.to_owned(), code::SUBSCRIBER_TOO_SLOW)
            }
            Self::Full(full) => (format!("{}, `after` the last cursor", full.problem()), code::UNAVAILABLE),
            Self::Failed(error) => return counted(error.of_operation()),
            Self::Lost => (format!("not all changes since are there any more; {again}"), code::CHANGES_LOST),
            Self::TooMany(most) => (
                format!("there are more changes since than are told: {most} (`--max-missed-changes`); {again}"),
                code::CHANGES_LOST,
            ),
        };
        counted(error::of_request(ServerError::new(problem, None), code))
    }
}

fn counted(error: ServerError) -> ServerError {
    METRICS.subscriptions_ended.with_label_values(&[code::of(&error)]).inc();
    error
}
