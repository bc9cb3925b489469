//! The kinds of values that columns hold, a file each: the GraphQL type, how a value is read and answered, what it is compared with, and
//! how a cursor has it.

mod array;
mod boolean;
mod bytes;
mod date;
mod decimal;
mod enumeration;
mod float;
mod folded;
mod integer;
mod json;
mod local;
mod moment;
mod text;
mod time;
mod uuid;
mod values;

use std::{
    fmt::{Debug, Formatter, Result as Formatted},
    hash::{Hash, Hasher},
    ops::Deref,
};

use async_graphql::{
    OutputType, Value as Answer,
    indexmap::IndexMap,
    registry::{EnumBuilder, MetaEnumValue, MetaType, Registry},
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use sea_orm::{
    ColumnTrait, ColumnType, QueryResult, Value,
    prelude::{DateTimeUtc, Decimal, Uuid},
    sea_query::{StringLen, ValueType},
    sqlx::{Row as _, sqlite::SqliteRow},
};
use serde_json::Value as Json;

use self::values::another;
pub use self::{
    decimal::fits,
    enumeration::{Enumeration, Enums},
    folded::fold,
    text::{is_storable, most_characters},
    values::{Compared, Held, Values},
};
use crate::error::{Error, Result};

/// A kind of values.
#[derive(Clone, Copy)]
pub struct Kind(&'static dyn Values);

/// Those whose GraphQL types are scalars of ours, but JSON, which may be anything.
const SCALARS: [&dyn Values; 8] = [
    &bytes::Bytes,
    &date::Dates,
    &decimal::Decimals,
    &integer::Integers::Big,
    &local::Locals,
    &moment::Moments,
    &time::Times,
    &uuid::Uuids,
];

impl Kind {
    /// 64-bit integers: parts of keys, and numbers of rows.
    pub const INTEGER: Self = Self(&integer::Integers::Big);
    /// Texts.
    pub const TEXT: Self = Self(&text::Texts);
    /// UUIDs.
    pub const UUID: Self = Self(&uuid::Uuids);

    /// The kind of a column of this type; `None` if there is none.
    pub fn of(ty: &ColumnType) -> Option<Self> {
        Some(Self(match ty {
            ColumnType::Boolean => &boolean::Booleans,
            ColumnType::SmallInteger => &integer::Integers::Small,
            ColumnType::Integer => &integer::Integers::Usual,
            ColumnType::BigInteger => &integer::Integers::Big,
            ColumnType::Float => &float::Floats::Single,
            ColumnType::Double => &float::Floats::Double,
            ColumnType::Decimal(_) => &decimal::Decimals,
            ColumnType::Date => &date::Dates,
            ColumnType::Time => &time::Times,
            ColumnType::DateTime | ColumnType::Timestamp => &local::Locals,
            ColumnType::TimestampWithTimeZone => &moment::Moments,
            ColumnType::String(_) | ColumnType::Text => &text::Texts,
            ColumnType::Uuid => &uuid::Uuids,
            ColumnType::Json | ColumnType::JsonBinary => &json::Jsons,
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => &bytes::Bytes,
            ColumnType::Enum { .. } => &enumeration::Labels,
            ColumnType::Array(item) => array::Arrays::of(item)?,
            _ => return None,
        }))
    }

    /// The kind of a column; if there is none, one of which nothing can be read.
    pub fn of_column(column: &impl ColumnTrait) -> Self {
        Self::of(column.def().get_column_type()).unwrap_or(Self(&Unknown))
    }

    /// The kind whose GraphQL type is this scalar of ours.
    pub fn of_scalar(name: &str) -> Option<Self> {
        SCALARS.into_iter().find(|kind| kind.type_name() == name).map(Self)
    }

    /// Whether values of a column of this type have any number of bytes.
    pub fn is_long(ty: &ColumnType) -> bool {
        use ColumnType::{Array, Binary, Blob, Json, JsonBinary, String, Text, VarBinary};
        matches!(
            ty,
            Array(_)
                | Text
                | String(StringLen::None | StringLen::Max)
                | Json
                | JsonBinary
                | Binary(_)
                | VarBinary(_)
                | Blob
        )
    }

    /// The kind of the items, if a value is a list.
    pub fn item(self) -> Option<Self> {
        self.0.item().map(Self)
    }

    /// Its GraphQL type, which is added to the schema, as it is where it may be null.
    pub fn declare(self, registry: &mut Registry) -> String {
        match self.item() {
            Some(item) => format!("[{}!]", item.declare_name(registry)),
            None => self.declare_name(registry).to_owned(),
        }
    }

    /// The name of the same, if it is no list.
    fn declare_name(self, registry: &mut Registry) -> &'static str {
        let name = self.0.type_name();
        match name {
            "Boolean" => <bool as OutputType>::create_type_info(registry),
            "Float" => <f64 as OutputType>::create_type_info(registry),
            "Int" => <i32 as OutputType>::create_type_info(registry),
            "String" => <String as OutputType>::create_type_info(registry),
            _ => {
                registry.types.entry(name.to_owned()).or_insert_with(|| self.own_type());
                return name;
            }
        };
        name
    }

    /// The type, which is ours.
    fn own_type(self) -> MetaType {
        let name = self.0.type_name();
        if let Some((description, values)) = self.0.enumeration() {
            let values = values.into_iter().map(|[name, description]| {
                let mut value = MetaEnumValue::new(name);
                value.description = Some(description.to_owned());
                (name.to_owned(), value)
            });
            return EnumBuilder::new(name, values.collect::<IndexMap<_, _>>())
                .description(Some(description.to_owned()))
                .build();
        }
        let (description, specified_by) = self.0.scalar().unzip();
        MetaType::Scalar {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            is_valid: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: specified_by.map(str::to_owned),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        }
    }

    /// The value that places a row in an order. SQLite compares what it holds: a value that another program wrote in a spelling of its
    /// own has another place than the same value in a cursor.
    ///
    /// # Errors
    /// It is such a value, or cannot be read.
    pub fn read_place(self, row: &QueryResult, position: usize) -> Result<Value> {
        let value = self.read(row, position)?;
        match row.try_as_sqlite_row() {
            Some(row) if !self.is_text() && !is_as_written(row, position, &value, self.to_stored(&value))? => {
                Err(Error::OutOfRange)
            }
            _ => Ok(value),
        }
    }

    /// Whether the values are texts.
    pub fn is_text(self) -> bool {
        matches!(self.0.compared(), Compared::Text(_))
    }
}

/// A type of Rust whose values are of a kind, and whose GraphQL type is ours.
pub trait OfKind: Into<Value> + ValueType + Clone + Send + Sync {
    /// Their kind.
    const KIND: Kind;
}

impl OfKind for i64 {
    const KIND: Kind = Kind(&integer::Integers::Big);
}

impl OfKind for Decimal {
    const KIND: Kind = Kind(&decimal::Decimals);
}

impl OfKind for Uuid {
    const KIND: Kind = Kind(&uuid::Uuids);
}

impl OfKind for NaiveDate {
    const KIND: Kind = Kind(&date::Dates);
}

impl OfKind for NaiveTime {
    const KIND: Kind = Kind(&time::Times);
}

impl OfKind for NaiveDateTime {
    const KIND: Kind = Kind(&local::Locals);
}

impl OfKind for DateTimeUtc {
    const KIND: Kind = Kind(&moment::Moments);
}

impl OfKind for Json {
    const KIND: Kind = Kind(&json::Jsons);
}

impl OfKind for Vec<u8> {
    const KIND: Kind = Kind(&bytes::Bytes);
}

impl<T: Enumeration> OfKind for T {
    const KIND: Kind = Kind(&Enums::<T>::KIND);
}

impl Deref for Kind {
    type Target = dyn Values;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl Debug for Kind {
    fn fmt(&self, to: &mut Formatter<'_>) -> Formatted {
        to.write_str(self.0.type_name())
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.0.type_name() == other.0.type_name() && self.0.array() == other.0.array()
    }
}

impl Eq for Kind {}

impl Hash for Kind {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.0.type_name().hash(to);
    }
}

/// Whether SQLite holds a value in the one form in which it is written.
fn is_as_written(row: &SqliteRow, position: usize, value: &Value, written: Option<Json>) -> Result<bool> {
    Ok(match (value, written) {
        (Value::Bool(Some(is)), _) => row.try_get_unchecked::<i64, _>(position)? == i64::from(*is),
        (Value::Float(Some(single)), _) => {
            row.try_get_unchecked::<f64, _>(position)?.total_cmp(&f64::from(*single)).is_eq()
        }
        (Value::Decimal(Some(_)), Some(Json::Number(number))) => {
            number.as_f64() == Some(row.try_get_unchecked::<f64, _>(position)?)
        }
        (Value::Double(_) | Value::Uuid(_) | Value::Bytes(_), _) => true,
        (_, Some(Json::String(text))) => row.try_get_unchecked::<&str, _>(position)? == text,
        (value, written) => written.is_some() || *value == value.as_null(),
    })
}

/// What no field has.
struct Unknown;

impl Values for Unknown {
    fn type_name(&self) -> &'static str {
        "String"
    }

    fn noun(&self) -> &'static str {
        "nothing"
    }

    fn compared(&self) -> Compared {
        Compared::Equality
    }

    fn read(&self, _: &QueryResult, _: usize) -> Result<Value> {
        Err(Error::broken("a column of this type cannot be read"))
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
        Value::Bytes(None)
    }
}
