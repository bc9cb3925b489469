//! Bytes, as Base64.

use async_graphql::Value as Answer;
use base64::{Engine, prelude::BASE64_STANDARD};
use sea_orm::{
    QueryResult, Value,
    sea_query::{Expr, Func},
};
use serde_json::{Value as Json, json};

use super::values::{Compared, Values, another, get_items, get_stored_as};
use crate::error::Result;

/// Bytes.
pub struct Bytes;

impl Values for Bytes {
    fn type_name(&self) -> &'static str {
        "Base64String"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "Bytes, as Base64 (RFC 4648, section 4) with its padding, such as `SGVsbG8=`.";
        Some((description, "https://scalars.graphql.org/chillicream/base64-string"))
    }

    fn allowed(&self) -> &'static str {
        "Base64 with its padding, such as `SGVsbG8=`"
    }

    fn noun(&self) -> &'static str {
        "bytes"
    }

    fn compared(&self) -> Compared {
        Compared::Equality
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_stored_as::<Vec<u8>>(row, position, "BLOB")
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items::<Vec<u8>, Vec<u8>>(row, position, Some)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Bytes(bytes) => {
                Ok(bytes.as_ref().map_or(Answer::Null, |bytes| BASE64_STANDARD.encode(bytes).into()))
            }
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::String(text) => BASE64_STANDARD.decode(text).ok().map(Value::from),
            _ => None,
        }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Bytes(Some(bytes)) => Some(json!(BASE64_STANDARD.encode(bytes))),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_str().and_then(|text| BASE64_STANDARD.decode(text).ok()).map(Value::from)
    }

    /// As hexadecimal digits, which SQLite reads.
    fn to_stored(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Bytes(Some(bytes)) => {
                Some(json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
            }
            _ => None,
        }
    }

    fn of_stored(&self, stored: Expr) -> Expr {
        Func::cust("unhex").arg(stored).into()
    }

    fn null(&self) -> Value {
        Value::Bytes(None)
    }
}
