//! Floating-point numbers. What is no number (NaN), or infinite, has no place in GraphQL (section 3.5.2).

use async_graphql::Value as Answer;
use sea_orm::{DbBackend, QueryResult, Value};
use serde_json::{Number, Value as Json};

use super::values::{Compared, Held, NUMBERS, Values, another, get, get_items};
use crate::error::{Error, Result};

/// Floating-point numbers, by their precision.
pub enum Floats {
    /// 32 bits.
    Single,
    /// 64 bits.
    Double,
}

/// A single as a double: that which has the single's shortest text, as it is answered.
fn widened(single: f32) -> f64 {
    // The text of a number is a number; and what is none does not come here.
    single.to_string().parse().unwrap_or(f64::NAN)
}

/// The number that a value is, as it is answered. There is one zero: SQLite holds no negative one.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(Some(value)) => Some(widened(*value) + 0.0),
        Value::Double(Some(value)) => Some(*value + 0.0),
        _ => None,
    }
}

impl Values for Floats {
    fn type_name(&self) -> &'static str {
        "Float"
    }

    fn allowed(&self) -> &'static str {
        "a number"
    }

    fn noun(&self) -> &'static str {
        "a number"
    }

    fn compared(&self) -> Compared {
        Compared::Order(NUMBERS)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        match self {
            Self::Single => get::<f32>(row, position),
            Self::Double => get::<f64>(row, position),
        }
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        match self {
            Self::Single => get_items::<f32, f32>(row, position, Some),
            Self::Double => get_items::<f64, f64>(row, position, Some),
        }
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Float(None) | Value::Double(None) => Ok(Answer::Null),
            Value::Float(_) | Value::Double(_) => {
                number(value).and_then(Number::from_f64).map(Answer::Number).ok_or(Error::OutOfRange)
            }
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::Number(number) => number.as_f64().map(Value::from),
            _ => None,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the nearest single, whose neighbour is the next below the number"
    )]
    fn held(&self, _: DbBackend, value: &Value) -> Held {
        let (Self::Single, Value::Double(Some(number))) = (self, value) else { return value.clone().into() };
        let nearest = *number as f32;
        let is_above = widened(nearest) > *number;
        let below = if is_above { nearest.next_down() } else { nearest };
        Held { value: below.into(), is_below: is_above || widened(nearest) < *number }
    }

    /// What is no number of JSON is a text: it has its place in an order, and so in a cursor.
    fn to_json(&self, value: &Value) -> Option<Json> {
        let number = number(value)?;
        Some(Number::from_f64(number).map_or_else(|| Json::String(number.to_string()), Json::Number))
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        let number = json.as_f64().or_else(|| json.as_str()?.parse().ok().filter(|it: &f64| !it.is_finite()))?;
        Some(self.held(DbBackend::Sqlite, &number.into()).value)
    }

    /// SQLite knows 64 bits alone.
    fn to_stored(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Float(Some(value)) => Number::from_f64((*value).into()).map(Json::Number),
            other => self.to_json(other),
        }
    }

    fn null(&self) -> Value {
        match self {
            Self::Single => Value::Float(None),
            Self::Double => Value::Double(None),
        }
    }
}
