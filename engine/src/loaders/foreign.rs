//! The foreign keys by which rows name others.

use super::key::{Key, KeyPart};
use crate::error::Result;

/// The foreign keys of some rows: of each of their columns, the values of all rows.
pub struct ForeignKeys<'a>(Vec<Vec<Option<KeyPart<'a>>>>);

impl<'a> ForeignKeys<'a> {
    /// Those whose columns, in the order of the key that they name, have these values.
    pub fn new(columns: impl Iterator<Item = Result<Vec<Option<KeyPart<'a>>>>>) -> Result<Self> {
        columns.collect::<Result<_>>().map(Self)
    }

    /// How many rows they are of.
    pub fn len(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys that they name; `None` for one that is NULL, which it is if a part is (SQL's `MATCH SIMPLE`), or that no row can have.
    pub fn keys<K: Key>(&self) -> Result<Vec<Option<K>>> {
        (0..self.len()).map(|row| K::read(|part| Ok(self.0[part][row].clone()))).collect()
    }

    /// The values of their one column; `None` for NULL.
    pub fn values(&self) -> Vec<Option<KeyPart<'static>>> {
        let values = self.0.first().into_iter().flatten().cloned();
        values.map(|part| part.map(KeyPart::into_owned)).collect()
    }

    /// The parts of a row's key that are not NULL.
    pub fn parts(&self, row: usize) -> impl Iterator<Item = &KeyPart<'a>> {
        self.0.iter().filter_map(move |column| column.get(row)?.as_ref())
    }
}
