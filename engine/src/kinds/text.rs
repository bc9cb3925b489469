//! Texts, by their characters.

use async_graphql::Value as Answer;
use sea_orm::{
    ColumnType, DbBackend, QueryResult, Value,
    sea_query::{Expr, StringLen},
};
use serde_json::Value as Json;

use super::values::{Compared, Values, another, get, get_items};
use crate::error::Result;

/// Texts.
pub struct Texts;

/// Whether both databases can hold a text: PostgreSQL's has no U+0000, and SQLite's functions stop at it.
pub fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// The most characters (Unicode scalar values) that a column's texts have.
pub fn most_characters(column: &ColumnType) -> Option<u32> {
    match column {
        ColumnType::String(StringLen::N(most)) => Some(*most),
        _ => None,
    }
}

impl Values for Texts {
    fn type_name(&self) -> &'static str {
        "String"
    }

    fn allowed(&self) -> &'static str {
        "a text"
    }

    fn noun(&self) -> &'static str {
        "a text, character by character and case included"
    }

    fn compared(&self) -> Compared {
        Compared::Text([
            "After this text, by code point.",
            "This text or after it, by code point.",
            "Before this text, by code point.",
            "This text or before it, by code point.",
        ])
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get::<String>(row, position)
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items::<String, String>(row, position, Some)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::String(text) => Ok(text.as_deref().into()),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::String(text) => Some(text.as_str().into()),
            _ => None,
        }
    }

    fn ensure(&self, value: &Value) -> Result<(), String> {
        match value {
            Value::String(Some(text)) if !is_storable(text) => {
                Err("contains the character U+0000; allowed are all others".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// By code point, whatever PostgreSQL's collation. If the column has that one already, PostgreSQL takes the clause for nothing.
    fn in_order(&self, backend: DbBackend, column: Expr) -> Expr {
        if backend == DbBackend::Postgres { Expr::cust_with_expr(r#"$1 COLLATE "C""#, column) } else { column }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::String(Some(text)) => Some(text.as_str().into()),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_str().filter(|text| is_storable(text)).map(Value::from)
    }

    fn null(&self) -> Value {
        Value::String(None)
    }
}
