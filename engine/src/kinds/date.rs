//! Dates of the calendar.

use async_graphql::Value as Answer;
use chrono::{Datelike, NaiveDate};
use sea_orm::{
    QueryResult, Value,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Value as Json, json};

use super::values::{Compared, TIMES, Values, another, get_held, get_items, is_plain, texts};
use crate::error::{Error, Result};

/// Dates of the calendar.
pub struct Dates;

/// The date that PostgreSQL counts from, as days of the Common Era: 1 January 2000.
const EPOCH: i32 = 730_120;

/// PostgreSQL's earliest date, in 4714 BC, as days after the year 2000.
const EARLIEST: i32 = -2_451_545;

/// A date as PostgreSQL has it: `infinity` and `-infinity` are the last and the first of all.
fn date(days: i32) -> Option<NaiveDate> {
    match days {
        i32::MAX => Some(NaiveDate::MAX),
        i32::MIN => Some(NaiveDate::MIN),
        EARLIEST.. => NaiveDate::from_num_days_from_ce_opt(EPOCH.checked_add(days)?),
        _ => None,
    }
}

/// A date as RFC 3339 (section 5.6) writes it, and in no other spelling.
pub fn parse(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (date.to_string() == text && is_plain(&date)).then_some(date)
}

impl Values for Dates {
    fn type_name(&self) -> &'static str {
        "Date"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A date, as RFC 3339 writes it, such as `2026-01-31`.";
        Some((description, "https://scalars.graphql.org/andimarek/local-date"))
    }

    fn allowed(&self) -> &'static str {
        "a date as RFC 3339 writes it, such as `2026-01-31`"
    }

    fn noun(&self) -> &'static str {
        "a date"
    }

    fn compared(&self) -> Compared {
        Compared::Order(TIMES)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_held(row, position, date)
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items(row, position, date)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::ChronoDate(Some(date)) if !is_plain(date) => Err(Error::OutOfRange),
            Value::ChronoDate(date) => Ok(texts(date.as_ref())),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::String(text) => parse(text).map(Value::from),
            _ => None,
        }
    }

    fn bound(&self, value: &Value) -> Expr {
        let infinity = |text: &str| Expr::val(text).cast_as("date");
        match value {
            Value::ChronoDate(Some(NaiveDate::MAX)) => infinity("infinity"),
            Value::ChronoDate(Some(NaiveDate::MIN)) => infinity("-infinity"),
            value => Expr::val(value.clone()),
        }
    }

    /// Of other years than RFC 3339 has, as days after the year 2000.
    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::ChronoDate(Some(date)) if is_plain(date) => Some(json!(date.to_string())),
            Value::ChronoDate(Some(date)) if *date == NaiveDate::MAX => Some(json!(i32::MAX)),
            Value::ChronoDate(Some(date)) if *date == NaiveDate::MIN => Some(json!(i32::MIN)),
            Value::ChronoDate(Some(date)) => Some(json!(date.num_days_from_ce() - EPOCH)),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        let date = match json.as_str() {
            Some(text) => parse(text)?,
            None => date(i32::try_from(json.as_i64()?).ok()?)?,
        };
        Some(date.into())
    }

    fn to_stored(&self, value: &Value) -> Option<Json> {
        self.to_json(value).filter(Json::is_string)
    }

    fn null(&self) -> Value {
        Value::ChronoDate(None)
    }
}
