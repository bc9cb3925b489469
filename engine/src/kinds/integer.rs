//! Integers. What does not fit GraphQL's Int, of 32 bits, is a `BigInt`: a text.

use async_graphql::Value as Answer;
use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;

use super::values::{Compared, NUMBERS, Values, another, get, get_items, texts};
use crate::error::Result;

/// Integers, by how many bits they have.
pub enum Integers {
    /// 16.
    Small,
    /// 32.
    Usual,
    /// 64.
    Big,
}

impl Integers {
    /// An integer, if it has no more bits.
    fn value(&self, integer: i64) -> Option<Value> {
        Some(match self {
            Self::Small => i16::try_from(integer).ok()?.into(),
            Self::Usual => i32::try_from(integer).ok()?.into(),
            Self::Big => integer.into(),
        })
    }
}

impl Values for Integers {
    fn type_name(&self) -> &'static str {
        if matches!(self, Self::Big) { "BigInt" } else { "Int" }
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description =
            "A 64-bit integer, as a string: most programs read JSON's numbers exactly only up to 53 bits.";
        matches!(self, Self::Big).then_some((description, "https://protobuf.dev/programming-guides/json/"))
    }

    fn allowed(&self) -> &'static str {
        match self {
            Self::Small => "an integer of 16 bits",
            Self::Usual => "an integer of 32 bits",
            Self::Big => "an integer of 64 bits, such as `\"9007199254740993\"`",
        }
    }

    fn noun(&self) -> &'static str {
        "an integer"
    }

    fn compared(&self) -> Compared {
        Compared::Order(NUMBERS)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        match self {
            Self::Small => get::<i16>(row, position),
            Self::Usual => get::<i32>(row, position),
            Self::Big => get::<i64>(row, position),
        }
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        match self {
            Self::Small => get_items::<i16, i16>(row, position, Some),
            Self::Usual => get_items::<i32, i32>(row, position, Some),
            Self::Big => get_items::<i64, i64>(row, position, Some),
        }
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::SmallInt(value) => Ok((*value).into()),
            Value::Int(value) => Ok((*value).into()),
            Value::BigInt(value) => Ok(texts(value.as_ref())),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        let integer = match given {
            Answer::Number(number) => number.as_i64()?,
            // One spelling: what is answered is what can be given.
            Answer::String(text) if matches!(self, Self::Big) => {
                text.parse().ok().filter(|integer: &i64| integer.to_string() == *text)?
            }
            _ => return None,
        };
        self.value(integer)
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::SmallInt(Some(value)) => Some((*value).into()),
            Value::Int(Some(value)) => Some((*value).into()),
            Value::BigInt(Some(value)) => Some((*value).into()),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_i64().and_then(|integer| self.value(integer))
    }

    /// Not 0, which may be a value of an enum.
    fn samples(&self) -> Vec<Value> {
        vec![match self {
            Self::Small => i16::MAX.into(),
            Self::Usual => i32::MAX.into(),
            Self::Big => i64::MAX.into(),
        }]
    }

    fn null(&self) -> Value {
        match self {
            Self::Small => Value::SmallInt(None),
            Self::Usual => Value::Int(None),
            Self::Big => Value::BigInt(None),
        }
    }
}
