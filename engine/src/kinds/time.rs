//! Times of the day.

use async_graphql::Value as Answer;
use chrono::{NaiveTime, Timelike};
use sea_orm::{DbBackend, QueryResult, Value};
use serde_json::{Value as Json, json};

use super::values::{Compared, Held, TIMES, Values, another, get_held, get_items, texts, to_microsecond};
use crate::error::Result;

/// Times of the day, of no time zone.
pub struct Times;

/// A time of the day as PostgreSQL has it: microseconds after midnight. Its `24:00:00` is none.
fn time(micros: i64) -> Option<NaiveTime> {
    let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(seconds).ok()?, u32::try_from(rest).ok()? * 1_000)
}

/// A time as ISO 8601 writes it, with seconds and at most nine digits after them; no leap second.
pub fn parse(text: &str) -> Option<NaiveTime> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let is_spelt = text.bytes().enumerate().all(|(place, byte)| match place {
        2 | 5 => byte == b':',
        8 => byte == b'.',
        _ => is_digit(byte),
    });
    let is_whole = text.bytes().last().is_some_and(is_digit) && text.len() <= 18;
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok().filter(|_| is_spelt && is_whole)?;
    (time.nanosecond() < 1_000_000_000).then_some(time)
}

impl Values for Times {
    fn type_name(&self) -> &'static str {
        "LocalTime"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A time of the day of no time zone, such as `18:30:00`.";
        Some((description, "https://scalars.graphql.org/chillicream/local-time"))
    }

    fn allowed(&self) -> &'static str {
        "a time of the day, such as `18:30:00`"
    }

    fn noun(&self) -> &'static str {
        "a time of the day"
    }

    fn compared(&self) -> Compared {
        Compared::Order(TIMES)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_held(row, position, time)
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items(row, position, time)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::ChronoTime(time) => Ok(texts(time.as_ref())),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        let Answer::String(text) = given else { return None };
        parse(text).map(Value::from)
    }

    fn held(&self, backend: DbBackend, value: &Value) -> Held {
        match value {
            Value::ChronoTime(Some(time)) => to_microsecond(backend, *time),
            value => value.clone().into(),
        }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::ChronoTime(Some(time)) => Some(json!(time.to_string())),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_str().and_then(parse).map(Value::from)
    }

    fn null(&self) -> Value {
        Value::ChronoTime(None)
    }
}
