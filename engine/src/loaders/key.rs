//! What loaders read: entities with a key.

use std::{
    borrow::Cow,
    fmt::{Debug, Display, Formatter, Result as Formatted},
    hash::Hash,
};

use sea_orm::{
    ColumnType, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, Value, prelude::Uuid,
};

use crate::{
    error::{Error, Result},
    kinds::{Kind, is_storable},
};

/// The most parts of a key.
pub const MOST_PARTS: usize = 3;

/// A part of a key, or of a foreign key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPart<'a> {
    /// An integer of any width.
    Integer(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// A UUID.
    Uuid(Uuid),
}

impl KeyPart<'_> {
    /// The part that a value is; `None` for NULL.
    pub fn of(value: Value) -> Result<Option<Self>> {
        match value {
            Value::SmallInt(integer) => Ok(integer.map(|integer| Self::Integer(integer.into()))),
            Value::Int(integer) => Ok(integer.map(|integer| Self::Integer(integer.into()))),
            Value::BigInt(integer) => Ok(integer.map(Self::Integer)),
            Value::String(text) => Ok(text.map(|text| Self::Text(text.into()))),
            Value::Uuid(uuid) => Ok(uuid.map(Self::Uuid)),
            other => Err(Error::broken(format!("{other:?} is no part of a key"))),
        }
    }

    /// The part, of which nothing is borrowed.
    pub fn into_owned(self) -> KeyPart<'static> {
        match self {
            Self::Integer(integer) => KeyPart::Integer(integer),
            Self::Text(text) => KeyPart::Text(text.into_owned().into()),
            Self::Uuid(uuid) => KeyPart::Uuid(uuid),
        }
    }

    /// The value with which statements compare.
    pub fn into_value(self) -> Value {
        match self {
            Self::Integer(integer) => integer.into(),
            Self::Text(text) => text.into_owned().into(),
            Self::Uuid(uuid) => uuid.into(),
        }
    }
}

/// As an id has it, in which `:` is between the parts: in a text it is `%3A`, and so `%` is `%25`.
impl Display for KeyPart<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> Formatted {
        match self {
            Self::Integer(integer) => Display::fmt(integer, to),
            Self::Text(text) if text.contains(['%', ':']) => {
                to.write_str(&text.replace('%', "%25").replace(':', "%3A"))
            }
            Self::Text(text) => to.write_str(text),
            Self::Uuid(uuid) => Display::fmt(uuid, to),
        }
    }
}

/// A primary key: one to three parts, in the key's order.
pub trait Key: Clone + Debug + Ord + Hash + Send + Sync + 'static {
    /// The kinds of the parts.
    const KINDS: &'static [Kind];

    /// The part in this place.
    fn part(&self, place: usize) -> KeyPart<'_>;

    /// The key of which `part` tells the parts, each by its place; `None` if one is NULL, or no value of the key's.
    ///
    /// # Errors
    /// A part cannot be read.
    fn read<'a>(part: impl FnMut(usize) -> Result<Option<KeyPart<'a>>>) -> Result<Option<Self>>;

    /// The key whose parts stand in an id.
    fn parse(parts: &[&str]) -> Option<Self>;

    /// The parts as the entity has them.
    fn into_values(self) -> Vec<Value>;

    /// The parts.
    fn parts(&self) -> impl Iterator<Item = KeyPart<'_>> {
        (0..Self::KINDS.len()).map(|place| self.part(place))
    }
}

/// A type of Rust that parts of keys have: integers of 16, 32 or 64 bits, texts, and UUIDs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no part of a key",
    note = "the columns of primary keys are of `i16`, `i32`, `i64`, `String` or `Uuid`, and three at most"
)]
pub trait PartType: Clone + Debug + Ord + Hash + Send + Sync + Into<Value> + 'static {
    /// Their kind: of all integers, that of 64 bits.
    const KIND: Kind;

    /// The part.
    fn as_part(&self) -> KeyPart<'_>;

    /// The value that a part is; `None` if it is of another kind, or has more bits.
    fn of(part: KeyPart<'_>) -> Option<Self>;

    /// The value as an id has it, in no other spelling: an id must be equal if its object is.
    fn parse_part(text: &str) -> Option<Self>;
}

macro_rules! integer {
    ($($ty:ty),*) => {$(
        impl PartType for $ty {
            const KIND: Kind = Kind::INTEGER;

            #[inline]
            fn as_part(&self) -> KeyPart<'_> {
                KeyPart::Integer((*self).into())
            }

            #[inline]
            fn of(part: KeyPart<'_>) -> Option<Self> {
                if let KeyPart::Integer(integer) = part { Self::try_from(integer).ok() } else { None }
            }

            fn parse_part(text: &str) -> Option<Self> {
                text.parse().ok().filter(|integer: &Self| integer.to_string() == text)
            }
        }
    )*};
}

integer!(i16, i32, i64);

impl PartType for String {
    const KIND: Kind = Kind::TEXT;

    fn as_part(&self) -> KeyPart<'_> {
        KeyPart::Text(self.as_str().into())
    }

    fn of(part: KeyPart<'_>) -> Option<Self> {
        if let KeyPart::Text(text) = part { Some(text.into_owned()) } else { None }
    }

    fn parse_part(text: &str) -> Option<Self> {
        let key = text.replace("%3A", ":").replace("%25", "%");
        (is_storable(&key) && key.as_part().to_string() == text).then_some(key)
    }
}

impl PartType for Uuid {
    const KIND: Kind = Kind::UUID;

    fn as_part(&self) -> KeyPart<'_> {
        KeyPart::Uuid(*self)
    }

    fn of(part: KeyPart<'_>) -> Option<Self> {
        if let KeyPart::Uuid(uuid) = part { Some(uuid) } else { None }
    }

    fn parse_part(text: &str) -> Option<Self> {
        text.parse().ok().filter(|uuid: &Self| uuid.to_string() == text)
    }
}

impl<A: PartType> Key for A {
    const KINDS: &'static [Kind] = &[A::KIND];

    #[inline]
    fn part(&self, _: usize) -> KeyPart<'_> {
        self.as_part()
    }

    #[inline]
    fn read<'a>(mut part: impl FnMut(usize) -> Result<Option<KeyPart<'a>>>) -> Result<Option<Self>> {
        Ok(part(0)?.and_then(A::of))
    }

    fn parse(parts: &[&str]) -> Option<Self> {
        let [a] = parts else { return None };
        A::parse_part(a)
    }

    fn into_values(self) -> Vec<Value> {
        vec![self.into()]
    }
}

impl<A: PartType, B: PartType> Key for (A, B) {
    const KINDS: &'static [Kind] = &[A::KIND, B::KIND];

    fn part(&self, place: usize) -> KeyPart<'_> {
        if place == 0 { self.0.as_part() } else { self.1.as_part() }
    }

    fn read<'a>(mut part: impl FnMut(usize) -> Result<Option<KeyPart<'a>>>) -> Result<Option<Self>> {
        let (Some(a), Some(b)) = (part(0)?, part(1)?) else { return Ok(None) };
        Ok(A::of(a).zip(B::of(b)))
    }

    fn parse(parts: &[&str]) -> Option<Self> {
        let [a, b] = parts else { return None };
        Some((A::parse_part(a)?, B::parse_part(b)?))
    }

    fn into_values(self) -> Vec<Value> {
        vec![self.0.into(), self.1.into()]
    }
}

impl<A: PartType, B: PartType, C: PartType> Key for (A, B, C) {
    const KINDS: &'static [Kind] = &[A::KIND, B::KIND, C::KIND];

    fn part(&self, place: usize) -> KeyPart<'_> {
        match place {
            0 => self.0.as_part(),
            1 => self.1.as_part(),
            _ => self.2.as_part(),
        }
    }

    fn read<'a>(mut part: impl FnMut(usize) -> Result<Option<KeyPart<'a>>>) -> Result<Option<Self>> {
        let (Some(a), Some(b), Some(c)) = (part(0)?, part(1)?, part(2)?) else { return Ok(None) };
        Ok(A::of(a).zip(B::of(b)).zip(C::of(c)).map(|((a, b), c)| (a, b, c)))
    }

    fn parse(parts: &[&str]) -> Option<Self> {
        let [a, b, c] = parts else { return None };
        Some((A::parse_part(a)?, B::parse_part(b)?, C::parse_part(c)?))
    }

    fn into_values(self) -> Vec<Value> {
        vec![self.0.into(), self.1.into(), self.2.into()]
    }
}

/// The kind that a column's values are of as parts of keys; `None` if keys have none of it.
pub fn part_kind(ty: &ColumnType) -> Option<Kind> {
    match ty {
        ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger => Some(Kind::INTEGER),
        ColumnType::String(_) | ColumnType::Text => Some(Kind::TEXT),
        ColumnType::Uuid => Some(Kind::UUID),
        _ => None,
    }
}

/// An entity that can be loaded: all that have a [`Key`].
pub trait Table: EntityTrait<Model: Sync, PrimaryKey: PrimaryKeyTrait<ValueType = Self::Key>> {
    /// The primary key's type.
    type Key: Key;
}

impl<E: EntityTrait<Model: Sync>> Table for E
where
    <E::PrimaryKey as PrimaryKeyTrait>::ValueType: Key,
{
    type Key = <E::PrimaryKey as PrimaryKeyTrait>::ValueType;
}

/// The columns of a primary key, in the key's order.
pub fn key_columns<E: EntityTrait>() -> impl Iterator<Item = E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column)
}

/// The column of this name.
pub fn column_named<E: EntityTrait>(name: &str) -> Option<E::Column> {
    E::Column::iter().find(|column| column.as_str() == name)
}
