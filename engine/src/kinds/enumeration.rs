//! Enums: of the database's own types, and those that a text or an integer stands for.

use std::marker::PhantomData;

use anyhow::ensure;
use async_graphql::{Name, Value as Answer};
use sea_orm::{
    ActiveEnum, ColumnType, DbBackend, QueryResult, Value,
    sea_query::{CaseStatement, Expr, ExprTrait, OptionEnum, ValueType},
    sqlx::Row as _,
};
use serde_json::Value as Json;

use super::{
    text::Texts,
    values::{Compared, Values, another, get},
};
use crate::error::{Error, Result};

/// An enum of SeaORM's as one of GraphQL's, which columns of it are answered and filtered by.
pub trait Enumeration: ActiveEnum + ValueType + Into<Value> + Clone + Send + Sync + 'static {
    /// The type's name.
    const TYPE: &'static str;
    /// The type's description.
    const DESCRIPTION: &'static str;
    /// All values, each with its name and its description.
    const VALUES: &'static [(Self, &'static str, &'static str)];
}

/// The values of an enum.
pub struct Enums<T>(PhantomData<fn() -> T>);

/// What stands for a value in the database: a text, or an integer.
fn stored(value: Value) -> Value {
    match value {
        Value::Enum(OptionEnum::Some(label)) => Value::from(label.value.as_ref()),
        Value::Enum(OptionEnum::None(_)) => Value::String(None),
        other => other,
    }
}

/// PostgreSQL's own type of an enum's values, if they have one.
fn native<T: Enumeration>() -> Option<String> {
    match T::db_type().get_column_type() {
        ColumnType::Enum { name, .. } => Some(name.to_string()),
        _ => None,
    }
}

impl<T: Enumeration> Enums<T> {
    /// The values of `T`.
    pub const KIND: Self = Self(PhantomData);

    /// All values as they are stored, each with its name.
    fn all() -> impl Iterator<Item = (Value, &'static str)> {
        T::VALUES.iter().map(|(value, name, _)| (stored(value.to_value().into()), *name))
    }

    /// Whether SQLite, which has no enums, has to be told their order.
    fn is_ranked(backend: DbBackend) -> bool {
        backend == DbBackend::Sqlite && native::<T>().is_some()
    }
}

impl<T: Enumeration> Values for Enums<T> {
    fn type_name(&self) -> &'static str {
        T::TYPE
    }

    fn enumeration(&self) -> Option<(&'static str, Vec<[&'static str; 2]>)> {
        Some((T::DESCRIPTION, T::VALUES.iter().map(|(_, name, description)| [*name, *description]).collect()))
    }

    fn check(&self) -> anyhow::Result<()> {
        for value in T::iter().map(|value| stored(value.to_value().into())) {
            let times = Self::all().filter(|(known, _)| *known == value).count();
            let label = self.to_json(&value).unwrap_or_default();
            ensure!(times == 1, "`VALUES` of the enum `{}` has {label} {times} times; it must have it once", T::TYPE);
        }
        let mut names: Vec<_> = Self::all().map(|(_, name)| name).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        ensure!(twice.is_none(), "two values of the enum `{}` have one name", T::TYPE);
        let declared = T::iter().map(|value| stored(value.to_value().into()));
        ensure!(
            native::<T>().is_none() || declared.eq(Self::all().map(|(value, _)| value)),
            "`VALUES` of the enum `{}` are in another order than its variants, by which PostgreSQL orders it",
            T::TYPE
        );
        Ok(())
    }

    fn noun(&self) -> &'static str {
        "a value of this enum"
    }

    fn compared(&self) -> Compared {
        Compared::Equality
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        let value = match self.null() {
            Value::String(_) => Labels.read(row, position)?,
            Value::SmallInt(_) => get::<i16>(row, position)?,
            Value::Int(_) => get::<i32>(row, position)?,
            Value::BigInt(_) => get::<i64>(row, position)?,
            other => return Err(another(&other)),
        };
        let is_known = value == self.null() || Self::all().any(|(known, _)| known == value);
        is_known.then_some(value).ok_or(Error::OutOfRange)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        let value = stored(value.clone());
        if value == self.null() {
            return Ok(Answer::Null);
        }
        let known = Self::all().find(|(known, _)| *known == value);
        known.map(|(_, name)| Answer::Enum(Name::new(name))).ok_or(Error::OutOfRange)
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        let name = match given {
            Answer::Enum(name) => name.as_str(),
            // As JSON has it.
            Answer::String(name) => name,
            _ => return None,
        };
        Self::all().find(|(_, known)| *known == name).map(|(value, _)| value)
    }

    fn bound(&self, value: &Value) -> Expr {
        let value = Expr::val(value.clone());
        native::<T>().map_or(value.clone(), |ty| value.as_enum(ty))
    }

    fn bound_all(&self, values: Value) -> Expr {
        let values = Expr::val(values);
        native::<T>().map_or(values.clone(), |ty| values.as_enum(format!("{ty}[]")))
    }

    /// PostgreSQL orders its own enums as they are declared.
    fn in_order(&self, backend: DbBackend, column: Expr) -> Expr {
        if !Self::is_ranked(backend) {
            let is_text = native::<T>().is_none() && matches!(self.null(), Value::String(_));
            return if is_text { Texts.in_order(backend, column) } else { column };
        }
        let ranks = Self::all().zip(0..);
        let ranked = |case: CaseStatement, ((value, _), rank): ((Value, _), i32)| {
            // As an index on this expression has it: with its values, not with parameters for them.
            case.case(column.clone().eq(Expr::Constant(value)), Expr::Constant(rank.into()))
        };
        // A label that is none of these has its place all the same.
        ranks.fold(CaseStatement::new(), ranked).finally(Expr::Constant((-1).into())).into()
    }

    fn bound_in_order(&self, backend: DbBackend, value: &Value) -> Expr {
        if !Self::is_ranked(backend) {
            return self.bound(value);
        }
        let rank = Self::all().zip(0_i32..).find(|((known, _), _)| known == value).map(|(_, rank)| rank);
        Expr::val(rank)
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match stored(value.clone()) {
            Value::String(Some(label)) => Some(label.into()),
            Value::SmallInt(Some(integer)) => Some(integer.into()),
            Value::Int(Some(integer)) => Some(integer.into()),
            Value::BigInt(Some(integer)) => Some(integer.into()),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        Self::all().map(|(value, _)| value).find(|value| self.to_json(value).as_ref() == Some(json))
    }

    fn null(&self) -> Value {
        Self::all().next().map_or(Value::String(None), |(value, _)| value.as_null())
    }

    fn samples(&self) -> Vec<Value> {
        T::VALUES.iter().map(|(value, ..)| value.clone().into()).collect()
    }
}

/// The labels of an enum of the database's own, as they are read: which GraphQL's type is, the field says.
pub struct Labels;

impl Values for Labels {
    fn type_name(&self) -> &'static str {
        "String"
    }

    fn noun(&self) -> &'static str {
        "a label"
    }

    fn compared(&self) -> Compared {
        Compared::Never
    }

    /// PostgreSQL sends an enum as a text of another type.
    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        match row.try_as_pg_row() {
            Some(row) => Ok(row.try_get_unchecked::<Option<String>, _>(position)?.into()),
            None => get::<String>(row, position),
        }
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        Err(another(value))
    }

    fn parse(&self, _: &Answer) -> Option<Value> {
        None
    }

    fn to_json(&self, _: &Value) -> Option<Json> {
        None
    }

    fn of_json(&self, _: &Json) -> Option<Value> {
        None
    }

    fn null(&self) -> Value {
        Value::String(None)
    }
}
