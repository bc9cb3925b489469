//! JSON, whatever it holds.

use async_graphql::Value as Answer;
use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;

use super::values::{Compared, Values, another, get};
use crate::error::{Error, Result};

/// Values of JSON.
pub struct Jsons;

impl Values for Jsons {
    fn type_name(&self) -> &'static str {
        "JSON"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A value of JSON (RFC 8259). The fields of its objects come in the order of their names.";
        Some((description, "https://scalars.graphql.org/chillicream/json"))
    }

    fn allowed(&self) -> &'static str {
        "a value of JSON"
    }

    fn noun(&self) -> &'static str {
        "JSON"
    }

    fn compared(&self) -> Compared {
        Compared::Never
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get::<Json>(row, position)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Json(None) => Ok(Answer::Null),
            Value::Json(Some(json)) => {
                Answer::from_json((**json).clone()).map_err(|error| Error::broken(error.to_string()))
            }
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        given.clone().into_json().ok().map(Value::from)
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Json(json) => json.as_deref().cloned(),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        Some(json.clone().into())
    }

    fn null(&self) -> Value {
        Value::Json(None)
    }
}
