//! Arrays of PostgreSQL's, as lists: of one dimension, without NULL among their items.

use async_graphql::Value as Answer;
use sea_orm::{
    ColumnType, DbBackend, QueryResult, Value,
    sea_query::{ArrayType, Expr, ExprTrait},
};
use serde_json::Value as Json;

use super::{
    boolean, bytes, date, decimal, float, integer, json, local, moment, text, time, uuid,
    values::{Compared, Held, Values, another},
};
use crate::error::Result;

/// Arrays of values of a kind.
pub struct Arrays {
    item: &'static dyn Values,
    name: &'static str,
    /// What PostgreSQL calls the type.
    sql: &'static str,
}

impl Arrays {
    /// Those of a column of items of this type; `None` if there are none.
    pub const fn of(item: &ColumnType) -> Option<&'static Self> {
        macro_rules! arrays {
            ($item:expr, $name:literal, $sql:literal) => {
                &Self { item: &$item, name: $name, sql: $sql }
            };
        }
        Some(match item {
            ColumnType::Boolean => arrays!(boolean::Booleans, "BooleanList", "boolean[]"),
            ColumnType::SmallInteger => arrays!(integer::Integers::Small, "IntList", "smallint[]"),
            ColumnType::Integer => arrays!(integer::Integers::Usual, "IntList", "integer[]"),
            ColumnType::BigInteger => arrays!(integer::Integers::Big, "BigIntList", "bigint[]"),
            ColumnType::Float => arrays!(float::Floats::Single, "FloatList", "real[]"),
            ColumnType::Double => arrays!(float::Floats::Double, "FloatList", "double precision[]"),
            ColumnType::Decimal(_) => arrays!(decimal::Decimals, "DecimalList", "numeric[]"),
            ColumnType::Date => arrays!(date::Dates, "DateList", "date[]"),
            ColumnType::Time => arrays!(time::Times, "LocalTimeList", "time[]"),
            ColumnType::DateTime | ColumnType::Timestamp => {
                arrays!(local::Locals, "LocalDateTimeList", "timestamp[]")
            }
            ColumnType::TimestampWithTimeZone => arrays!(moment::Moments, "DateTimeList", "timestamptz[]"),
            ColumnType::String(_) | ColumnType::Text => arrays!(text::Texts, "StringList", "text[]"),
            ColumnType::Uuid => arrays!(uuid::Uuids, "UUIDList", "uuid[]"),
            ColumnType::Json => arrays!(json::Jsons, "JSONList", "json[]"),
            ColumnType::JsonBinary => arrays!(json::Jsons, "JSONList", "jsonb[]"),
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => {
                arrays!(bytes::Bytes, "Base64StringList", "bytea[]")
            }
            _ => return None,
        })
    }

    fn value(&self, items: Vec<Value>) -> Value {
        Value::Array(self.item.array(), Some(Box::new(items)))
    }
}

impl Values for Arrays {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn allowed(&self) -> &'static str {
        "a list"
    }

    fn noun(&self) -> &'static str {
        "a list"
    }

    fn compared(&self) -> Compared {
        if self.item.compared() == Compared::Json { Compared::Never } else { Compared::List }
    }

    fn item(&self) -> Option<&'static dyn Values> {
        Some(self.item)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        self.item.read_items(row, position)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Array(_, None) => Ok(Answer::Null),
            Value::Array(_, Some(items)) => {
                items.iter().map(|item| self.item.answer(item)).collect::<Result<_>>().map(Answer::List)
            }
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::List(items) => {
                items.iter().map(|item| self.item.parse(item)).collect::<Option<_>>().map(|items| self.value(items))
            }
            // One item stands for a list of it (GraphQL, section 3.11).
            item => self.item.parse(item).map(|item| self.value(vec![item])),
        }
    }

    fn ensure(&self, value: &Value) -> Result<(), String> {
        let Value::Array(_, Some(items)) = value else { return Ok(()) };
        items.iter().try_for_each(|item| self.item.ensure(item))
    }

    fn held(&self, backend: DbBackend, value: &Value) -> Held {
        let Value::Array(_, Some(items)) = value else { return value.clone().into() };
        let held: Vec<_> = items.iter().map(|item| self.item.held(backend, item)).collect();
        let is_below = held.iter().any(|held| held.is_below);
        Held { value: self.value(held.into_iter().map(|held| held.value).collect()), is_below }
    }

    /// PostgreSQL compares arrays of one type alone: those of `varchar` with no `text`.
    fn compared_as(&self, column: Expr) -> Expr {
        column.cast_as(self.sql)
    }

    fn bound(&self, value: &Value) -> Expr {
        Expr::val(value.clone()).cast_as(self.sql)
    }

    fn to_json(&self, _: &Value) -> Option<Json> {
        None
    }

    fn of_json(&self, _: &Json) -> Option<Value> {
        None
    }

    fn null(&self) -> Value {
        Value::Array(self.item.array(), None)
    }

    fn samples(&self) -> Vec<Value> {
        vec![self.value(Vec::new())]
    }

    fn array(&self) -> ArrayType {
        self.item.array()
    }
}
