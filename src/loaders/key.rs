//! What loaders read: entities with a key.

use std::hash::Hash;

use sea_orm::{ActiveModelTrait, EntityTrait, PrimaryKeyTrait, sea_query::FromValueTuple};

use super::columns::RowOf;
use crate::error::{Error, Result};

/// A primary key: one 64-bit integer, or two in the key's order.
pub trait Key: FromValueTuple + Copy + Eq + Hash + Send + Sync + 'static {
    /// How many parts the key has.
    const PARTS: usize;
    /// The parts, in the key's order.
    fn parts(self) -> Vec<i64>;
    /// The key of these parts, if they are as many as it has.
    fn from_parts(parts: &[i64]) -> Option<Self>;
}

impl Key for i64 {
    const PARTS: usize = 1;
    fn parts(self) -> Vec<i64> {
        vec![self]
    }
    fn from_parts(parts: &[i64]) -> Option<Self> {
        if let [key] = *parts { Some(key) } else { None }
    }
}

impl Key for (i64, i64) {
    const PARTS: usize = 2;
    fn parts(self) -> Vec<i64> {
        vec![self.0, self.1]
    }
    fn from_parts(parts: &[i64]) -> Option<Self> {
        if let [first, second] = *parts { Some((first, second)) } else { None }
    }
}

/// An entity that can be loaded: all that have a [`Key`].
pub trait Table: EntityTrait<ActiveModel: Send + Sync, PrimaryKey: PrimaryKeyTrait<ValueType = Self::Key>> {
    /// The primary key's type.
    type Key: Key;
}

impl<E: EntityTrait<ActiveModel: Send + Sync>> Table for E
where
    <E::PrimaryKey as PrimaryKeyTrait>::ValueType: Key,
{
    type Key = <E::PrimaryKey as PrimaryKeyTrait>::ValueType;
}

/// The primary key of a row, which every statement selects.
pub fn key_of<E: Table>(row: &RowOf<E>) -> Result<E::Key> {
    let key = row.get_primary_key_value().ok_or_else(|| Error::broken("a row was read without its key"))?;
    Ok(E::Key::from_value_tuple(key))
}
