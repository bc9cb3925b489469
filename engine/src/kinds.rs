//! The kinds of values that columns hold, a file each: the GraphQL type, how a value is read and answered, what it is compared with, and
//! how a cursor has it.

mod boolean;
mod date;
mod float;
mod integer;
mod local;
mod moment;
mod text;
mod time;
mod values;

use std::{
    fmt::{Debug, Formatter, Result as Formatted},
    hash::{Hash, Hasher},
    ops::Deref,
};

use async_graphql::{
    OutputType, Value as Answer,
    registry::{MetaType, Registry},
};
use sea_orm::{ColumnTrait, ColumnType, QueryResult, Value};
use serde_json::Value as Json;

use self::values::another;
pub use self::{
    text::{is_storable, most_characters},
    values::{Compared, Operand, Values},
};
use crate::error::{Error, Result};

/// A kind of values.
#[derive(Clone, Copy)]
pub struct Kind(&'static dyn Values);

/// Those whose GraphQL types are scalars of ours.
const SCALARS: [&dyn Values; 5] =
    [&integer::Integers::Big, &date::Dates, &time::Times, &local::Locals, &moment::Moments];

impl Kind {
    /// 64-bit integers: keys, and numbers of rows.
    pub const KEY: Self = Self(&integer::Integers::Big);

    /// The kind of a column of this type; `None` if there is none.
    pub fn of(ty: &ColumnType) -> Option<Self> {
        Some(Self(match ty {
            ColumnType::Boolean => &boolean::Booleans,
            ColumnType::SmallInteger => &integer::Integers::Small,
            ColumnType::Integer => &integer::Integers::Usual,
            ColumnType::BigInteger => &integer::Integers::Big,
            ColumnType::Float => &float::Floats::Single,
            ColumnType::Double => &float::Floats::Double,
            ColumnType::Date => &date::Dates,
            ColumnType::Time => &time::Times,
            ColumnType::DateTime | ColumnType::Timestamp => &local::Locals,
            ColumnType::TimestampWithTimeZone => &moment::Moments,
            ColumnType::Char(_) | ColumnType::String(_) | ColumnType::Text => &text::Texts,
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

    /// The name of its GraphQL type, which is added to the schema.
    pub fn declare(self, registry: &mut Registry) -> &'static str {
        let name = self.0.type_name();
        if let Some((description, specified_by)) = self.0.scalar() {
            registry.types.entry(name.to_owned()).or_insert_with(|| MetaType::Scalar {
                name: name.to_owned(),
                description: Some(description.to_owned()),
                is_valid: None,
                visible: None,
                inaccessible: false,
                tags: Vec::new(),
                specified_by_url: Some(specified_by.to_owned()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            });
        } else {
            match name {
                "Boolean" => <bool as OutputType>::create_type_info(registry),
                "Float" => <f64 as OutputType>::create_type_info(registry),
                "Int" => <i32 as OutputType>::create_type_info(registry),
                _ => <String as OutputType>::create_type_info(registry),
            };
        }
        name
    }

    /// Whether the values are texts.
    pub fn is_text(self) -> bool {
        matches!(self.0.compared(), Compared::Text(_))
    }
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
        self.0.array() == other.0.array()
    }
}

impl Eq for Kind {}

impl Hash for Kind {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.0.type_name().hash(to);
    }
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

    fn parse(&self, _: &Answer) -> Option<Operand> {
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
