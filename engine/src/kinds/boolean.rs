//! Truth values.

use async_graphql::Value as Answer;
use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;

use super::values::{Compared, Values, another, get, get_items};
use crate::error::Result;

/// Truth values.
pub struct Booleans;

impl Values for Booleans {
    fn type_name(&self) -> &'static str {
        "Boolean"
    }

    fn allowed(&self) -> &'static str {
        "`true` or `false`"
    }

    fn noun(&self) -> &'static str {
        "a truth value"
    }

    fn compared(&self) -> Compared {
        Compared::Equality
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get::<bool>(row, position)
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items::<bool, bool>(row, position, Some)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Bool(value) => Ok((*value).into()),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::Boolean(value) => Some((*value).into()),
            _ => None,
        }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Bool(Some(value)) => Some((*value).into()),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_bool().map(Value::from)
    }

    fn null(&self) -> Value {
        Value::Bool(None)
    }
}
