//! The values of columns, as the reference compares and answers them.

use std::cmp::Ordering;

use base64::{Engine, prelude::BASE64_STANDARD};
use sea_orm::{
    Value,
    prelude::{ChronoDate, ChronoDateTime, ChronoTime, DateTimeUtc, Decimal, Uuid},
    sea_query::OptionEnum,
};
use serde_json::{Value as Json, json};

use super::world::Names;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    Null,
    Bool(bool),
    Integer(i64),
    Float(Float),
    Decimal(Decimal),
    Text(String),
    /// The number of the value among the names of its enum.
    Enum(usize, Names),
    Uuid(Uuid),
    Date(ChronoDate),
    Time(ChronoTime),
    Local(ChronoDateTime),
    Moment(DateTimeUtc),
    Bytes(Vec<u8>),
    /// As a text.
    Json(String),
    /// All parts of a key.
    Key(Vec<Scalar>),
}

/// A number that is finite; there is one zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Float(f64);

impl Eq for Float {}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.partial_cmp(&other.0).unwrap()
    }
}

impl Scalar {
    /// The value of a column, which is an enum if it has names.
    pub fn read(value: Value, names: Option<Names>) -> Self {
        if let Some(names) = names {
            let stored = match value {
                Value::Enum(OptionEnum::Some(label)) => label.value.to_string(),
                Value::String(Some(label)) => label,
                Value::SmallInt(Some(number)) => number.to_string(),
                _ => return Self::Null,
            };
            return Self::Enum(names.iter().position(|it| it.0 == stored).unwrap(), names);
        }
        let read = match value {
            Value::Bool(it) => it.map(Self::Bool),
            Value::SmallInt(it) => it.map(|it| Self::Integer(it.into())),
            Value::Int(it) => it.map(|it| Self::Integer(it.into())),
            Value::BigInt(it) => it.map(Self::Integer),
            // The double that has the single's text.
            Value::Float(it) => it.map(|it| Self::Float(Float(it.to_string().parse().unwrap()))),
            Value::Double(it) => it.map(|it| Self::Float(Float(it))),
            Value::Decimal(it) => it.map(Self::Decimal),
            Value::String(it) => it.map(Self::Text),
            Value::Uuid(it) => it.map(Self::Uuid),
            Value::ChronoDate(it) => it.map(Self::Date),
            Value::ChronoTime(it) => it.map(Self::Time),
            Value::ChronoDateTime(it) => it.map(Self::Local),
            Value::ChronoDateTimeUtc(it) => it.map(Self::Moment),
            Value::Bytes(it) => it.map(Self::Bytes),
            Value::Json(it) => it.map(|it| Self::Json(it.to_string())),
            other => panic!("the reference knows no {other:?}"),
        };
        read.unwrap_or(Self::Null)
    }

    /// What an argument stands for that is compared with this value.
    pub fn like(&self, argument: &Json) -> Self {
        let text = || argument.as_str().unwrap();
        match self {
            Self::Bool(_) => Self::Bool(argument.as_bool().unwrap()),
            Self::Integer(_) => Self::Integer(argument.as_i64().unwrap()),
            Self::Float(_) => Self::Float(Float(argument.as_f64().unwrap())),
            Self::Decimal(_) => Self::Decimal(text().parse().unwrap()),
            Self::Text(_) => Self::Text(text().to_owned()),
            Self::Enum(_, names) => Self::Enum(names.iter().position(|it| it.1 == text()).unwrap(), names),
            Self::Uuid(_) => Self::Uuid(text().parse().unwrap()),
            Self::Date(_) => Self::Date(text().parse().unwrap()),
            Self::Time(_) => Self::Time(text().parse().unwrap()),
            Self::Local(_) => Self::Local(text().parse().unwrap()),
            Self::Moment(_) => Self::Moment(text().parse().unwrap()),
            Self::Bytes(_) => Self::Bytes(BASE64_STANDARD.decode(text()).unwrap()),
            Self::Null | Self::Json(_) | Self::Key(_) => panic!("nothing is compared with {self:?}"),
        }
    }

    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(it) => json!(it),
            Self::Integer(it) => json!(it),
            Self::Float(it) => json!(it.0),
            Self::Decimal(it) => json!(it.normalize().to_string()),
            Self::Text(it) => json!(it),
            Self::Enum(number, names) => json!(names[*number].1),
            Self::Uuid(it) => json!(it.to_string()),
            Self::Date(it) => json!(it.to_string()),
            Self::Time(it) => json!(it.to_string()),
            Self::Local(it) => json!(it.format("%Y-%m-%dT%H:%M:%S%.f").to_string()),
            Self::Moment(it) => json!(it.to_rfc3339()),
            Self::Bytes(it) => json!(BASE64_STANDARD.encode(it)),
            Self::Json(it) => it.parse().unwrap(),
            Self::Key(_) => panic!("a key is answered as an id"),
        }
    }

    /// The API's type, if it is that of any column that can be compared with this value.
    pub fn type_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Bool(_) => "Boolean",
            Self::Integer(it) if i16::try_from(*it).is_ok() => "Int",
            Self::Float(_) => "Float",
            Self::Decimal(_) => "Decimal",
            Self::Text(_) => "String",
            Self::Uuid(_) => "UUID",
            Self::Date(_) => "Date",
            Self::Time(_) => "LocalTime",
            Self::Local(_) => "LocalDateTime",
            Self::Moment(_) => "DateTime",
            Self::Bytes(_) => "Base64String",
            Self::Json(_) => "JSON",
            Self::Null | Self::Integer(_) | Self::Enum(..) | Self::Key(_) => return None,
        })
    }
}
