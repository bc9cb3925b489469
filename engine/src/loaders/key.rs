//! What loaders read: entities with a key.

use std::{fmt::Debug, hash::Hash};

use sea_orm::{ColumnType, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, Value};

use crate::error::{Error, Result};

/// A primary key: one to three integers, in the key's order, each held as one of 64 bits.
pub trait Key: Copy + Debug + Ord + Hash + Send + Sync + 'static {
    /// How many parts the key has.
    const PARTS: usize;
    /// The parts, in the key's order.
    type Parts: AsRef<[i64]>;
    /// The same of this key.
    fn parts(self) -> Self::Parts;
    /// The key of which `part` reads the parts, each by its place.
    ///
    /// # Errors
    /// A part cannot be read, or has more bits than the key's.
    fn read(part: impl FnMut(usize) -> Result<i64>) -> Result<Self>;
}

/// A part of a key: an integer of 16, 32 or 64 bits.
pub trait Part: Copy + Debug + Ord + Hash + Send + Sync + Into<i64> + TryFrom<i64> + 'static {}

impl Part for i16 {}
impl Part for i32 {}
impl Part for i64 {}

fn part<P: Part>(integer: i64) -> Result<P> {
    P::try_from(integer).map_err(|_| Error::broken("a part of a key has more bits than its column"))
}

impl<A: Part> Key for A {
    const PARTS: usize = 1;
    type Parts = [i64; 1];
    fn parts(self) -> [i64; 1] {
        [self.into()]
    }
    fn read(mut read: impl FnMut(usize) -> Result<i64>) -> Result<Self> {
        part(read(0)?)
    }
}

impl<A: Part, B: Part> Key for (A, B) {
    const PARTS: usize = 2;
    type Parts = [i64; 2];
    fn parts(self) -> [i64; 2] {
        [self.0.into(), self.1.into()]
    }
    fn read(mut read: impl FnMut(usize) -> Result<i64>) -> Result<Self> {
        Ok((part(read(0)?)?, part(read(1)?)?))
    }
}

impl<A: Part, B: Part, C: Part> Key for (A, B, C) {
    const PARTS: usize = 3;
    type Parts = [i64; 3];
    fn parts(self) -> [i64; 3] {
        [self.0.into(), self.1.into(), self.2.into()]
    }
    fn read(mut read: impl FnMut(usize) -> Result<i64>) -> Result<Self> {
        Ok((part(read(0)?)?, part(read(1)?)?, part(read(2)?)?))
    }
}

/// A key of one part, which foreign keys name.
pub trait Single: Key + Into<Value> {
    /// The part.
    fn integer(self) -> i64;
    /// The key with this part.
    ///
    /// # Errors
    /// It has more bits.
    fn of(integer: i64) -> Result<Self>;
}

impl<P: Part + Into<Value>> Single for P {
    fn integer(self) -> i64 {
        self.into()
    }
    fn of(integer: i64) -> Result<Self> {
        part(integer)
    }
}

/// Whether a column's values are parts of keys.
pub fn is_part(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger)
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

/// The one column of a primary key that others refer to.
///
/// # Panics
/// If the entity has no primary key, which SeaORM does not compile.
#[expect(clippy::expect_used, reason = "SeaORM does not compile an entity without a primary key")]
pub fn key_column<E: EntityTrait>() -> E::Column {
    key_columns::<E>().next().expect("an entity has a primary key")
}

/// The column of this name.
pub fn column_named<E: EntityTrait>(name: &str) -> Option<E::Column> {
    E::Column::iter().find(|column| column.as_str() == name)
}
