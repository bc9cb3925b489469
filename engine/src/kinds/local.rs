//! A date and a time of no time zone.

use async_graphql::Value as Answer;
use chrono::NaiveDateTime;
use sea_orm::{DbBackend, QueryResult, Value, sea_query::Expr};
use serde_json::{Value as Json, json};

use super::{
    date,
    moment::{self, of_postgres},
    time,
    values::{Compared, Held, TIMES, Values, another, get_held, get_items, is_plain, to_microsecond},
};
use crate::error::{Error, Result};

/// Dates with a time, of no time zone.
pub struct Locals;

/// As ISO 8601 has it.
const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.f";

fn parse(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once(['T', 't'])?;
    Some(date::parse(date)?.and_time(time::parse(time)?))
}

/// A date with a time as PostgreSQL has it: as it has the moment in UTC.
fn local(micros: i64) -> Option<NaiveDateTime> {
    of_postgres(micros).map(|moment| moment.naive_utc())
}

impl Values for Locals {
    fn type_name(&self) -> &'static str {
        "LocalDateTime"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A date with a time, of no time zone, as ISO 8601 writes it, such as `2026-01-31T18:30:00`.";
        Some((description, "https://scalars.graphql.org/chillicream/local-date-time"))
    }

    fn allowed(&self) -> &'static str {
        "a date with a time of no time zone, such as `2026-01-31T18:30:00`"
    }

    fn noun(&self) -> &'static str {
        "a local date-time"
    }

    fn compared(&self) -> Compared {
        Compared::Order(TIMES)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_held(row, position, local)
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items(row, position, local)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::ChronoDateTime(None) => Ok(Answer::Null),
            Value::ChronoDateTime(Some(local)) if is_plain(local) => Ok(local.format(FORMAT).to_string().into()),
            Value::ChronoDateTime(_) => Err(Error::OutOfRange),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        let Answer::String(text) = given else { return None };
        parse(text).map(Value::from)
    }

    fn held(&self, backend: DbBackend, value: &Value) -> Held {
        match value {
            Value::ChronoDateTime(Some(time)) => to_microsecond(backend, *time),
            value => value.clone().into(),
        }
    }

    fn bound(&self, value: &Value) -> Expr {
        match value {
            Value::ChronoDateTime(Some(local)) => moment::bound(local.and_utc(), value, "timestamp"),
            value => Expr::val(value.clone()),
        }
    }

    /// Of other years, as microseconds of Unix.
    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::ChronoDateTime(Some(local)) if is_plain(local) => Some(json!(local.format(FORMAT).to_string())),
            Value::ChronoDateTime(Some(local)) => moment::to_json(local.and_utc()),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        let local = match json.as_str().and_then(parse) {
            Some(local) => local,
            None => moment::of_json(json)?.naive_utc(),
        };
        Some(local.into())
    }

    fn to_stored(&self, value: &Value) -> Option<Json> {
        match value {
            // As the driver writes it.
            Value::ChronoDateTime(Some(local)) if is_plain(local) => Some(json!(local.format("%F %T%.f").to_string())),
            _ => None,
        }
    }

    fn null(&self) -> Value {
        Value::ChronoDateTime(None)
    }
}
