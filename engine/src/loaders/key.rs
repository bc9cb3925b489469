//! What loaders read: entities with a key.

use std::{fmt::Debug, hash::Hash};

use sea_orm::{EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait};

use crate::error::Result;

/// A primary key: one 64-bit integer, or two in the key's order.
pub trait Key: Copy + Debug + Ord + Hash + Send + Sync + 'static {
    /// How many parts the key has.
    const PARTS: usize;
    /// The parts, in the key's order.
    type Parts: AsRef<[i64]>;
    /// The same of this key.
    fn parts(self) -> Self::Parts;
    /// The key of which `part` reads the parts, each by its place.
    fn read(part: impl FnMut(usize) -> Result<i64>) -> Result<Self>;
}

impl Key for i64 {
    const PARTS: usize = 1;
    type Parts = [Self; 1];
    fn parts(self) -> [Self; 1] {
        [self]
    }
    fn read(mut part: impl FnMut(usize) -> Result<i64>) -> Result<Self> {
        part(0)
    }
}

impl Key for (i64, i64) {
    const PARTS: usize = 2;
    type Parts = [i64; 2];
    fn parts(self) -> [i64; 2] {
        self.into()
    }
    fn read(mut part: impl FnMut(usize) -> Result<i64>) -> Result<Self> {
        Ok((part(0)?, part(1)?))
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
