//! Moments: what the scalar `DateTime` is, and what the databases hold, which is more than the program knows.

use async_graphql::Value as Answer;
use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike};
use sea_orm::{
    DbBackend, QueryResult, Value,
    prelude::DateTimeUtc,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Value as Json, json};

use super::values::{Compared, Held, TIMES, Values, another, get_held, get_items, is_plain, to_microsecond};
use crate::error::{Error, Result};

/// Moments, kept in UTC.
pub struct Moments;

/// PostgreSQL's `infinity`, behind all moments. No moment to the microsecond is equal to it.
const INFINITY: DateTimeUtc = DateTimeUtc::MAX_UTC;

/// PostgreSQL's `-infinity`, before all moments.
const MINUS_INFINITY: DateTimeUtc = DateTimeUtc::MIN_UTC;

/// Their names.
const INFINITIES: [(&str, DateTimeUtc); 2] = [("infinity", INFINITY), ("-infinity", MINUS_INFINITY)];

/// PostgreSQL's earliest moment, in 4714 BC, as microseconds of Unix.
const EARLIEST: i64 = -210_866_803_200_000_000;

/// The moment that PostgreSQL counts from, as seconds of Unix: the year 2000.
const EPOCH: i64 = 946_684_800;

/// The moment that is so many microseconds after the year 2000, as PostgreSQL counts.
pub fn of_postgres(micros: i64) -> Option<DateTimeUtc> {
    match micros {
        i64::MAX => Some(INFINITY),
        i64::MIN => Some(MINUS_INFINITY),
        _ => DateTime::from_timestamp(EPOCH, 0)?.checked_add_signed(TimeDelta::microseconds(micros)),
    }
}

/// The moment that a text of RFC 3339 (section 5.6) is. What is finer than a nanosecond is not lost: it is just behind one.
fn of_rfc3339(text: &str) -> Option<DateTimeUtc> {
    // chrono would also take a blank for the `T`, and U+2212 for the minus sign.
    let is_strict = text.is_ascii() && text.as_bytes().get(10) != Some(&b' ');
    let moment = DateTime::parse_from_rfc3339(text).ok().filter(|_| is_strict)?.to_utc();
    // A leap second ends a day (section 5.7).
    let is_leap = moment.nanosecond() >= 1_000_000_000;
    if is_leap && (moment.hour(), moment.minute()) != (23, 59) {
        return None;
    }
    let finer = text.split_once('.').and_then(|(_, fraction)| fraction.get(9..));
    let is_finer = finer.is_some_and(|digits| digits.bytes().take_while(u8::is_ascii_digit).any(|it| it != b'0'));
    let next = if is_finer && moment.nanosecond() % 1_000 == 0 { 1 } else { 0 };
    // Through the number, in which a leap second is what databases take it for: the second after.
    let nanoseconds = TimeDelta::nanoseconds((moment.nanosecond() + next).into());
    DateTime::from_timestamp(moment.timestamp(), 0)?.checked_add_signed(nanoseconds)
}

/// A value of PostgreSQL's type `ty`, which is this moment, as SQL.
pub fn bound(moment: DateTimeUtc, value: &Value, ty: &'static str) -> Expr {
    let infinity = INFINITIES.iter().find(|(_, infinity)| *infinity == moment);
    infinity.map_or_else(|| Expr::val(value.clone()), |(name, _)| Expr::val(*name).cast_as(ty))
}

/// A moment as RFC 3339 writes it; of other years than it has, as microseconds of Unix.
pub fn to_json(moment: DateTimeUtc) -> Option<Json> {
    if let Some((name, _)) = INFINITIES.iter().find(|(_, infinity)| *infinity == moment) {
        return Some(json!(name));
    }
    Some(match is_plain(&moment) {
        true => json!(moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        false => json!(moment.timestamp_micros()),
    })
}

/// The same moment.
pub fn of_json(json: &Json) -> Option<DateTimeUtc> {
    let Some(text) = json.as_str() else {
        let micros = json.as_i64()?;
        return DateTime::from_timestamp_micros(micros).filter(|_| micros >= EARLIEST);
    };
    let infinity = INFINITIES.iter().find(|(name, _)| *name == text);
    infinity.map(|(_, infinity)| *infinity).or_else(|| of_rfc3339(text))
}

impl Values for Moments {
    fn type_name(&self) -> &'static str {
        "DateTime"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A moment, as RFC 3339 writes it, such as `2026-01-01T00:12:00+00:00`: in an answer in UTC, in an argument with any offset.";
        Some((description, "https://datatracker.ietf.org/doc/html/rfc3339"))
    }

    fn allowed(&self) -> &'static str {
        "a moment as RFC 3339 writes it, such as `2026-01-01T00:12:00Z`"
    }

    fn noun(&self) -> &'static str {
        "a moment"
    }

    fn compared(&self) -> Compared {
        Compared::Order(TIMES)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_held(row, position, of_postgres)
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items(row, position, of_postgres)
    }

    /// RFC 3339 can write the years that have four digits.
    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::ChronoDateTimeUtc(None) => Ok(Answer::Null),
            Value::ChronoDateTimeUtc(Some(moment)) if is_plain(moment) => Ok(moment.to_rfc3339().into()),
            Value::ChronoDateTimeUtc(_) => Err(Error::OutOfRange),
            Value::ChronoDateTimeWithTimeZone(moment) => self.answer(&moment.map(|moment| moment.to_utc()).into()),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        let Answer::String(text) = given else { return None };
        of_rfc3339(text).map(Value::from)
    }

    fn held(&self, backend: DbBackend, value: &Value) -> Held {
        match value {
            Value::ChronoDateTimeUtc(Some(time)) => to_microsecond(backend, *time),
            value => value.clone().into(),
        }
    }

    fn ensure(&self, value: &Value) -> Result<(), String> {
        match *value {
            Value::ChronoDateTimeUtc(Some(moment)) if !is_plain(&moment) => {
                Err(format!("is {moment}; allowed are the years 0 to 9999"))
            }
            _ => Ok(()),
        }
    }

    fn bound(&self, value: &Value) -> Expr {
        match value {
            Value::ChronoDateTimeUtc(Some(moment)) => bound(*moment, value, "timestamptz"),
            value => Expr::val(value.clone()),
        }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::ChronoDateTimeUtc(Some(moment)) => to_json(*moment),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        of_json(json).map(Value::from)
    }

    fn to_stored(&self, value: &Value) -> Option<Json> {
        match value {
            // As the driver writes it.
            Value::ChronoDateTimeUtc(Some(moment)) if is_plain(moment) => {
                Some(json!(moment.to_rfc3339_opts(SecondsFormat::AutoSi, false)))
            }
            _ => None,
        }
    }

    fn samples(&self) -> Vec<Value> {
        vec![self.null().dummy_value(), Value::ChronoDateTimeWithTimeZone(None).dummy_value()]
    }

    fn null(&self) -> Value {
        Value::ChronoDateTimeUtc(None)
    }
}
