//! What every kind of values says of itself, and what several have in common.

use async_graphql::Value as Answer;
use chrono::{Datelike, Timelike};
use sea_orm::{
    DbBackend, QueryResult, TryGetable, Value,
    sea_query::{ArrayType, Expr, ValueType},
    sqlx::{
        Column as _, Decode, Postgres, Row as _, Type, TypeInfo as _, ValueRef as _,
        postgres::{PgRow, PgTypeKind},
        sqlite::SqliteRow,
    },
};
use serde_json::Value as Json;

use crate::error::{Error, Result};

/// What a kind of values is.
pub trait Values: Send + Sync {
    /// The name of its GraphQL type.
    fn type_name(&self) -> &'static str;

    /// If the type is a scalar of ours: its description, and where it is specified.
    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// What is allowed as a value, in words.
    fn allowed(&self) -> &'static str {
        ""
    }

    /// What a value is, in words.
    fn noun(&self) -> &'static str;

    /// How values are compared.
    fn compared(&self) -> Compared;

    /// The value in a row; NULL as the kind's own.
    fn read(&self, row: &QueryResult, position: usize) -> Result<Value>;

    /// The value of a row's array of such values.
    fn read_items(&self, _: &QueryResult, _: usize) -> Result<Value> {
        Err(Error::broken("there are no arrays of such values"))
    }

    /// The kind of the items, if a value is a list.
    fn item(&self) -> Option<&'static dyn Values> {
        None
    }

    /// A value as an answer; NULL is null.
    fn answer(&self, value: &Value) -> Result<Answer>;

    /// A value of an argument; `None` if it is not of the type.
    fn parse(&self, given: &Answer) -> Option<Value>;

    /// Why a column cannot be compared with a value, although it is of the type.
    ///
    /// # Errors
    /// It cannot: what the value is, and what is allowed.
    fn ensure(&self, _: &Value) -> Result<(), String> {
        Ok(())
    }

    /// A value to compare with, as the database can hold it.
    fn held(&self, _: DbBackend, value: &Value) -> Held {
        value.clone().into()
    }

    /// A value to compare a column with, as SQL.
    fn bound(&self, value: &Value) -> Expr {
        Expr::val(value.clone())
    }

    /// A column as its values are compared.
    fn compared_as(&self, column: Expr) -> Expr {
        column
    }

    /// An array of such values, as PostgreSQL has it.
    fn bound_all(&self, values: Value) -> Expr {
        Expr::val(values)
    }

    /// A value as a cursor has it; `None` if it is of another kind.
    fn to_json(&self, value: &Value) -> Option<Json>;

    /// The same as SQLite stores it; `None` also if SQLite, which compares texts, would not place it among the others.
    fn to_stored(&self, value: &Value) -> Option<Json> {
        self.to_json(value)
    }

    /// A value that SQLite finds in JSON, as it stores it.
    fn of_stored(&self, stored: Expr) -> Expr {
        stored
    }

    /// A value of a cursor, if a database can hold it.
    fn of_json(&self, json: &Json) -> Option<Value>;

    /// NULL.
    fn null(&self) -> Value;

    /// A value of each type that SeaORM may hold a column as.
    fn samples(&self) -> Vec<Value> {
        vec![self.null().dummy_value()]
    }

    /// A column as it is compared by its order.
    fn in_order(&self, _: DbBackend, column: Expr) -> Expr {
        column
    }

    /// A value to compare such a column with.
    fn bound_in_order(&self, _: DbBackend, value: &Value) -> Expr {
        self.bound(value)
    }

    /// Whether a value that is not NULL may be null as an answer.
    fn has_null(&self) -> bool {
        false
    }

    /// Checks that the kind is whole.
    ///
    /// # Errors
    /// It is not.
    fn check(&self) -> anyhow::Result<()> {
        Ok(())
    }

    /// If the type is an enum: its description, and its values, each with its description.
    fn enumeration(&self) -> Option<(&'static str, Vec<[&'static str; 2]>)> {
        None
    }

    /// The type of an array of values, as PostgreSQL has it.
    fn array(&self) -> ArrayType {
        self.null().array_type()
    }
}

/// How values are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Not at all, but with NULL.
    Never,
    /// As equal or not.
    Equality,
    /// By an order, of which these are the words: of what is behind a value, at or behind, before, and at or before.
    Order([&'static str; 4]),
    /// By the order of texts, and by their parts.
    Text([&'static str; 4]),
    /// As equal or not, and by the items of which they are lists.
    List,
    /// By what is in them, at a path of names.
    Json,
}

/// The words of numbers.
pub const NUMBERS: [&str; 4] =
    ["Greater than this value.", "This value or greater.", "Less than this value.", "This value or less."];

/// The words of what comes in the course of time.
pub const TIMES: [&str; 4] = ["Later than this.", "At this or later.", "Earlier than this.", "At this or earlier."];

/// A value as a database can hold it.
pub struct Held {
    /// The value, or the next below it.
    pub value: Value,
    /// Whether it is the next below: what is given is finer than the database holds.
    pub is_below: bool,
}

impl<V: Into<Value>> From<V> for Held {
    fn from(value: V) -> Self {
        Self { value: value.into(), is_below: false }
    }
}

/// A value in a row, of the type that SeaORM reads.
pub fn get<T>(row: &QueryResult, position: usize) -> Result<Value>
where
    Option<T>: TryGetable + Into<Value>,
{
    Ok(row.try_get_by_index::<Option<T>>(position)?.into())
}

/// The same, but of PostgreSQL what it holds, which `of_postgres` makes a `T` of: the driver's own way panics of what chrono cannot hold.
pub fn get_held<T, H>(row: &QueryResult, position: usize, of_postgres: impl FnOnce(H) -> Option<T>) -> Result<Value>
where
    Option<T>: TryGetable + Into<Value>,
    T: Type<Postgres>,
    H: for<'a> Decode<'a, Postgres>,
{
    let is_of_type = |row: &&PgRow| row.columns().get(position).is_some_and(|it| T::compatible(it.type_info()));
    let Some(row) = row.try_as_pg_row().filter(is_of_type) else { return get::<T>(row, position) };
    let held: Option<H> = row.try_get_unchecked(position)?;
    let value = held.map(|held| of_postgres(held).ok_or(Error::OutOfRange)).transpose()?;
    Ok(value.into())
}

/// An array in a row, of whose items `of_postgres` makes `T`s.
pub fn get_items<T, H>(row: &QueryResult, position: usize, of_postgres: impl Fn(H) -> Option<T>) -> Result<Value>
where
    T: ValueType + Into<Value>,
    H: for<'a> Decode<'a, Postgres> + Type<Postgres>,
{
    let is_array = |row: &&PgRow| {
        row.columns().get(position).is_some_and(|it| matches!(it.type_info().kind(), PgTypeKind::Array(_)))
    };
    let row = row.try_as_pg_row().filter(is_array).ok_or_else(|| Error::broken("a column is no array"))?;
    // One of several dimensions has no answer, and neither has NULL among the items.
    let items: Option<Vec<Option<H>>> = row.try_get_unchecked(position).map_err(|_| Error::OutOfRange)?;
    let item = |item: Option<H>| item.and_then(&of_postgres).map(T::into).ok_or(Error::OutOfRange);
    let items = items.map(|items| items.into_iter().map(item).collect::<Result<_>>()).transpose()?;
    Ok(Value::Array(T::array_type(), items.map(Box::new)))
}

/// That SQLite, which holds in any column whatever it was given, holds a value in one of these storage classes: of the same value in
/// another, the order and the comparisons are others.
pub fn ensure_stored_as(row: &SqliteRow, position: usize, classes: &[&str]) -> Result<()> {
    let value = row.try_get_raw(position)?;
    let is_one = value.is_null() || classes.contains(&value.type_info().name());
    if is_one { Ok(()) } else { Err(Error::OutOfRange) }
}

/// The same of a row of whatever database.
pub fn get_stored_as<T>(row: &QueryResult, position: usize, class: &str) -> Result<Value>
where
    Option<T>: TryGetable + Into<Value>,
{
    row.try_as_sqlite_row().map_or(Ok(()), |row| ensure_stored_as(row, position, &[class]))?;
    get::<T>(row, position)
}

/// Whether the year has four digits, as RFC 3339 writes it, and as SQLite, which compares texts, compares it alike.
pub fn is_plain(date: &impl Datelike) -> bool {
    (0..=9999).contains(&date.year())
}

/// A time as the database holds it: PostgreSQL to the microsecond, SQLite as the driver writes it.
pub fn to_microsecond<T: Timelike + Into<Value> + Copy>(backend: DbBackend, time: T) -> Held {
    let finer = time.nanosecond() % 1_000;
    // Fewer nanoseconds than there were are nanoseconds.
    let below =
        time.with_nanosecond(time.nanosecond() - finer).filter(|_| backend == DbBackend::Postgres && finer != 0);
    Held { value: below.unwrap_or(time).into(), is_below: below.is_some() }
}

/// An answer that is a value's text.
pub fn texts<T: ToString>(value: Option<&T>) -> Answer {
    value.map_or(Answer::Null, |value| value.to_string().into())
}

/// The fault that a value is not of the kind that reads it.
pub fn another(value: &Value) -> Error {
    Error::broken(format!("{value:?} is of another kind"))
}
