//! The SQL report: what a request asks for in `extensions.dovetail`, and what it gets back there.

use async_graphql::{Request, Response, ServerError, Value, from_value, value};
use serde::Deserialize;

use crate::{
    error::{self, code},
    loaders::{Detail, Ran, Report, milliseconds},
};

/// The name of our part of a request's and of an answer's `extensions`.
pub const EXTENSION: &str = "dovetail";

/// What a request may ask for in `extensions.dovetail`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wishes {
    sql: bool,
    explain: bool,
}

/// The report that a request asks for, if the server allows it.
pub fn asked(request: &Request, allowed: bool) -> Result<Report, ServerError> {
    let Some(wishes) = request.extensions.get(EXTENSION) else { return Ok(Report::default()) };
    let wishes: Wishes = from_value(wishes.clone()).map_err(|problem| {
        let allowed = "allowed are the booleans `sql` and `explain`";
        refused(code::BAD_USER_INPUT, format!("`extensions.{EXTENSION}`: {problem}; {allowed}"))
    })?;
    let detail = match wishes {
        Wishes { explain: true, .. } => Detail::Explain,
        Wishes { sql: true, .. } => Detail::Sql,
        _ => Detail::Counts,
    };
    if detail > Detail::Counts && !allowed {
        let problem = "the SQL report is off on this server; its setting `--sql-report` allows it";
        return Err(refused(code::FORBIDDEN, problem.to_owned()));
    }
    Ok(Report::new(detail))
}

fn refused(code: &str, problem: String) -> ServerError {
    error::of_request(ServerError::new(problem, None), code)
}

/// Puts the report into the answer, if the request asked for one.
pub fn attach(report: &Report, response: &mut Response) {
    if report.detail() > Detail::Counts {
        let statements: Vec<Value> = report.take().into_iter().map(statement).collect();
        response.extensions.insert(EXTENSION.to_owned(), value!({ "sql": statements }));
    }
}

fn statement(ran: Ran) -> Value {
    let Ran { text, keys, rows, time, path, plan } = ran;
    let milliseconds = milliseconds(time);
    match plan {
        Some(plan) => {
            value!({ "path": path, "keys": keys, "rows": rows, "milliseconds": milliseconds, "text": text, "plan": plan })
        }
        None => value!({ "path": path, "keys": keys, "rows": rows, "milliseconds": milliseconds, "text": text }),
    }
}
