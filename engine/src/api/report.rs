//! What a request asks for in `extensions.dovetail`, and gets back there: the SQL report, and its cost.

use std::time::Duration;

use async_graphql::{Name, Response, ServerError, Value, indexmap::IndexMap, value};
use serde::{Deserialize, de::Error};
use serde_json::{Error as Problem, Value as Json};

use crate::{
    database::Written,
    error::{self, code},
    loaders::{Batch, Detail, Ran, Report, milliseconds},
};

/// The name of our part of a request's and of an answer's `extensions`.
pub const EXTENSION: &str = "dovetail";

/// What a request asks for in `extensions.dovetail`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wishes {
    sql: bool,
    explain: bool,
    cost: bool,
    /// Whether it is to be answered again when its answer may have changed.
    pub live: bool,
    /// What it must show, of that which was written.
    pub after: Option<Written>,
}

impl Wishes {
    /// Those that a request's extensions have.
    pub fn of(wishes: Option<&Json>) -> Result<Self, ServerError> {
        let Some(wishes) = wishes.filter(|wishes| !wishes.is_null()) else { return Ok(Self::default()) };
        let wishes = wishes.as_object().ok_or_else(|| Problem::custom("it is no object")).and_then(Self::deserialize);
        wishes.map_err(|problem| {
            let allowed = "allowed are the booleans `sql`, `explain`, `cost` and `live`, and `after`, a token";
            let problem = format!("`extensions.{EXTENSION}`: {problem}; {allowed}");
            error::of_request(ServerError::new(problem, None), code::BAD_USER_INPUT)
        })
    }

    /// Whether they need the SQL report.
    pub fn sql(self) -> bool {
        self.sql || self.explain
    }

    /// Whether they concern an answer, which a subscription has none of.
    pub fn concern_an_answer(self) -> bool {
        self.sql() || self.cost || self.live
    }

    /// An empty report of what they want to know, in which statements that take as long as `slow` are kept.
    pub fn report(self, slow: Option<Duration>) -> Report {
        let detail = match self {
            Self { explain: true, .. } => Detail::Explain,
            Self { sql: true, .. } => Detail::Sql,
            _ => Detail::Counts,
        };
        Report::new(detail, slow)
    }

    /// Puts into the answer what they ask for.
    /// Of a mutation, it tells what was `written`.
    pub fn fulfil(
        self,
        report: &Report,
        cost: u64,
        left: Option<u32>,
        written: Option<Written>,
        response: &mut Response,
    ) {
        let mut answer = IndexMap::new();
        answer.extend(written.map(|written| (Name::new("written"), written.to_string().into())));
        if self.cost {
            answer.insert(Name::new("cost"), cost.into());
            answer.extend(left.map(|left| (Name::new("costLeft"), left.into())));
        }
        if self.sql() {
            let statements: Vec<Value> = report.statements().into_iter().map(statement).collect();
            answer.insert(Name::new("sql"), statements.into());
        }
        if !answer.is_empty() {
            response.extensions.insert(EXTENSION.to_owned(), Value::Object(answer));
        }
    }
}

fn statement(ran: Ran) -> Value {
    let Ran { text, batch: Batch { keys, .. }, rows, time, path, plan, .. } = ran;
    let milliseconds = milliseconds(time);
    match plan {
        Some(plan) => {
            value!({ "path": path, "keys": keys, "rows": rows, "milliseconds": milliseconds, "text": text, "plan": plan })
        }
        None => value!({ "path": path, "keys": keys, "rows": rows, "milliseconds": milliseconds, "text": text }),
    }
}
