//! Decimal numbers of up to 28 digits, of which SQLite, which has none, holds the nearest double: some 15 digits.

use async_graphql::Value as Answer;
use rust_decimal::{Decimal, RoundingStrategy};
use sea_orm::{DbBackend, QueryResult, Value, sqlx::Row as _};
use serde_json::{Number, Value as Json, json};

use super::values::{Compared, Held, NUMBERS, Values, another, texts};
use crate::error::{Error, Result};

/// Decimal numbers.
pub struct Decimals;

/// The digits of a decimal number that a double has, whatever they are.
const DIGITS: u32 = f64::DIGITS;

/// A number as it is written without an exponent, of as many digits as are held.
fn parse(text: &str) -> Option<Decimal> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = [whole, fraction].iter().all(|digits| !digits.is_empty() && digits.bytes().all(is_digit));
    if is_number { Decimal::from_str_exact(text).ok() } else { None }
}

/// The double that SQLite holds for a number.
fn double(number: &Decimal) -> f64 {
    // The text of a number is a number.
    number.to_string().parse().unwrap_or(f64::NAN)
}

impl Values for Decimals {
    fn type_name(&self) -> &'static str {
        "Decimal"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A decimal number, as a string, such as `12.5`: most programs read JSON's numbers as doubles, which \
                           have no exact tenth. An answer has no zeros at its end.";
        Some((description, "https://www.w3.org/TR/xmlschema11-2/#decimal"))
    }

    fn allowed(&self) -> &'static str {
        "a decimal number of at most 28 digits, as a string such as `\"12.5\"`"
    }

    fn noun(&self) -> &'static str {
        "a decimal number"
    }

    fn compared(&self) -> Compared {
        Compared::Order(NUMBERS)
    }

    /// PostgreSQL has more digits than these, and NaN.
    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        if let Some(row) = row.try_as_sqlite_row() {
            let double: Option<f64> = row.try_get_unchecked(position)?;
            let number = double.map(|double| Decimal::try_from(double).map_err(|_| Error::OutOfRange)).transpose()?;
            return Ok(number.into());
        }
        match row.try_get_by_index::<Option<Decimal>>(position) {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(Error::OutOfRange),
        }
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Decimal(number) => Ok(texts(number.map(|number| number.normalize()).as_ref())),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::String(text) => parse(text).map(Value::from),
            Answer::Number(number) => number.as_i64().map(|integer| Decimal::from(integer).into()),
            _ => None,
        }
    }

    fn held(&self, backend: DbBackend, value: &Value) -> Held {
        let (DbBackend::Sqlite, Value::Decimal(Some(number))) = (backend, value) else { return value.clone().into() };
        let below = number.round_sf_with_strategy(DIGITS, RoundingStrategy::ToNegativeInfinity).unwrap_or(*number);
        Held { value: below.into(), is_below: below != *number }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Decimal(Some(number)) => Some(json!(number.normalize().to_string())),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_str().and_then(parse).map(Value::from)
    }

    fn to_stored(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Decimal(Some(number)) => Number::from_f64(double(number)).map(Json::Number),
            _ => None,
        }
    }

    fn null(&self) -> Value {
        Value::Decimal(None)
    }
}
