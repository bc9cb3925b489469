//! Universally unique identifiers, ordered by their bytes.

use async_graphql::Value as Answer;
use sea_orm::{
    QueryResult, Value,
    prelude::Uuid,
    sea_query::{Expr, Func},
};
use serde_json::{Value as Json, json};

use super::values::{Compared, Values, another, get_items, get_stored_as, texts};
use crate::error::Result;

/// Universally unique identifiers.
pub struct Uuids;

/// One of 36 characters (RFC 9562, section 4): of the spellings that the library takes, the one with hyphens alone.
fn parse(text: &str) -> Option<Uuid> {
    text.parse().ok().filter(|_| text.len() == 36)
}

impl Values for Uuids {
    fn type_name(&self) -> &'static str {
        "UUID"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A universally unique identifier (RFC 9562), such as `123e4567-e89b-12d3-a456-426614174000`.";
        Some((description, "https://scalars.graphql.org/chillicream/uuid"))
    }

    fn allowed(&self) -> &'static str {
        "a UUID, such as `123e4567-e89b-12d3-a456-426614174000`"
    }

    fn noun(&self) -> &'static str {
        "a UUID"
    }

    fn compared(&self) -> Compared {
        Compared::Order(["After this, by bytes.", "This or after it.", "Before this, by bytes.", "This or before it."])
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_stored_as::<Uuid>(row, position, "BLOB")
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items::<Uuid, Uuid>(row, position, Some)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Uuid(uuid) => Ok(texts(uuid.as_ref())),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::String(text) => parse(text).map(Value::from),
            _ => None,
        }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Uuid(Some(uuid)) => Some(json!(uuid.to_string())),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_str().and_then(parse).map(Value::from)
    }

    /// SQLite holds the bytes, which JSON has as hexadecimal digits.
    fn to_stored(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Uuid(Some(uuid)) => Some(json!(uuid.simple().to_string())),
            _ => None,
        }
    }

    fn of_stored(&self, stored: Expr) -> Expr {
        Func::cust("unhex").arg(stored).into()
    }

    fn null(&self) -> Value {
        Value::Uuid(None)
    }
}
