//! JSON, whatever it holds.

use async_graphql::Value as Answer;
use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;

use super::{
    text::is_storable,
    values::{Compared, Values, another, get, get_items},
};
use crate::error::{Error, Result};

/// Whether both databases can hold it: PostgreSQL's texts have no U+0000.
fn is_storable_json(json: &Json) -> bool {
    match json {
        Json::String(text) => is_storable(text),
        Json::Array(items) => items.iter().all(is_storable_json),
        Json::Object(fields) => fields.iter().all(|(name, value)| is_storable(name) && is_storable_json(value)),
        Json::Null | Json::Bool(_) | Json::Number(_) => true,
    }
}

/// Values of JSON.
pub struct Jsons;

impl Values for Jsons {
    fn type_name(&self) -> &'static str {
        "JSON"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A value of JSON (RFC 8259), which may be `null` too. Numbers are integers of 64 bits or doubles; the fields of an object come in the order of their names.";
        Some((description, "https://scalars.graphql.org/chillicream/json"))
    }

    fn allowed(&self) -> &'static str {
        "a value of JSON"
    }

    fn noun(&self) -> &'static str {
        "JSON"
    }

    fn compared(&self) -> Compared {
        Compared::Json
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        // A number may be beyond all doubles.
        get::<Json>(row, position).map_err(|_| Error::OutOfRange)
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items::<Json, Json>(row, position, Some)
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

    fn ensure(&self, value: &Value) -> Result<(), String> {
        match value {
            Value::Json(Some(json)) if !is_storable_json(json) => {
                Err("contains the character U+0000; allowed are all others".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn has_null(&self) -> bool {
        true
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
