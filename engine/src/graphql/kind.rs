//! What a column's values are: their GraphQL type, how they are written, and whether lists are filtered and ordered by them.

use async_graphql::{OutputType, ScalarType, Value as Answer, registry::Registry};
use sea_orm::{
    ColumnTrait, Value,
    prelude::{ChronoDate, ChronoDateTime, ChronoTime},
    sea_query::{ColumnType, StringLen},
};

use super::{
    json::{write_text, write_value},
    moment::Moment,
};
use crate::{
    error::{Error, Result},
    loaders::Cell,
};

/// A kind of values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    Integer,
    Float,
    Date,
    Time,
    /// A date and a time of no time zone.
    Local,
    /// A moment, kept in UTC.
    Moment,
    Text,
}

impl Kind {
    /// The kind of a column of this type; `None` if fields cannot have it.
    pub fn of(column: &ColumnType) -> Option<Self> {
        Some(match column {
            ColumnType::Boolean => Self::Boolean,
            ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger => Self::Integer,
            ColumnType::Float | ColumnType::Double => Self::Float,
            ColumnType::Date => Self::Date,
            ColumnType::Time => Self::Time,
            ColumnType::DateTime | ColumnType::Timestamp => Self::Local,
            ColumnType::TimestampWithTimeZone => Self::Moment,
            ColumnType::Char(_) | ColumnType::String(_) | ColumnType::Text => Self::Text,
            _ => return None,
        })
    }

    /// The GraphQL type, not null.
    fn output(self, registry: &mut Registry) -> String {
        fn named<T: OutputType>(registry: &mut Registry) -> String {
            T::create_type_info(registry)
        }
        match self {
            Self::Boolean => named::<bool>(registry),
            Self::Integer => named::<i64>(registry),
            Self::Float => named::<f64>(registry),
            Self::Date => named::<ChronoDate>(registry),
            Self::Time => named::<ChronoTime>(registry),
            Self::Local => named::<ChronoDateTime>(registry),
            Self::Moment => named::<Moment>(registry),
            Self::Text => named::<String>(registry),
        }
    }

    /// Whether lists can be filtered by such columns.
    pub fn filters(self) -> bool {
        matches!(self, Self::Text | Self::Moment)
    }

    /// Whether lists can be ordered by such columns: whether cursors hold their values.
    pub fn orders(self) -> bool {
        matches!(self, Self::Boolean | Self::Integer | Self::Moment | Self::Text)
    }
}

/// The GraphQL type of a column's field.
pub fn column_type(column: impl ColumnTrait, registry: &mut Registry) -> String {
    let column = column.def();
    // What is of no kind, a program with such a field does not start with.
    let kind = Kind::of(column.get_column_type()).unwrap_or(Kind::Text);
    let name = kind.output(registry);
    if column.is_null() { name.trim_end_matches('!').to_owned() } else { name }
}

/// The most characters (Unicode scalar values) that a column's texts have.
pub fn most_characters(column: &ColumnType) -> Option<u32> {
    match column {
        ColumnType::String(StringLen::N(most)) | ColumnType::Char(Some(most)) => Some(*most),
        _ => None,
    }
}

/// Writes a column's value.
pub fn write_cell(cell: Cell<'_>, json: &mut Vec<u8>) -> Result<()> {
    match cell {
        Cell::Text(text) => write_text(text, json),
        other => write_value(&answer(other)?, json),
    }
    Ok(())
}

/// A column's value as a GraphQL value.
pub fn answer(cell: Cell<'_>) -> Result<Answer> {
    Ok(match cell {
        Cell::Text(text) => text.into(),
        Cell::Value(value) => match value {
            Value::Bool(value) => value.into(),
            Value::SmallInt(value) => value.into(),
            Value::Int(value) => value.into(),
            Value::BigInt(value) => value.into(),
            Value::Float(value) => value.into(),
            Value::Double(value) => value.into(),
            Value::String(text) => text.into(),
            Value::ChronoDate(date) => scalar(date),
            Value::ChronoTime(time) => scalar(time),
            Value::ChronoDateTime(moment) => scalar(moment),
            Value::ChronoDateTimeUtc(moment) => scalar(moment.map(Moment::of).transpose()?),
            other => return Err(Error::broken(format!("{other:?} is of a type that no field has"))),
        },
    })
}

fn scalar<T: ScalarType>(value: Option<T>) -> Answer {
    value.as_ref().map_or(Answer::Null, ScalarType::to_value)
}
