//! The foreign keys by which rows name others.

use std::borrow::Cow;

use super::key::{Key, KeyPart};
use crate::error::Result;

/// The values of a column of foreign keys, row by row; `None` for NULL. Most are integers, of which a level has many.
pub enum KeyParts<'a> {
    /// Integers of any width.
    Integers(Vec<Option<i64>>),
    /// Any parts.
    Any(Vec<Option<KeyPart<'a>>>),
}

impl<'a> KeyParts<'a> {
    fn len(&self) -> usize {
        match self {
            Self::Integers(integers) => integers.len(),
            Self::Any(parts) => parts.len(),
        }
    }

    fn get(&self, row: usize) -> Option<Cow<'_, KeyPart<'a>>> {
        match self {
            Self::Integers(integers) => integers[row].map(|integer| Cow::Owned(KeyPart::Integer(integer))),
            Self::Any(parts) => parts[row].as_ref().map(Cow::Borrowed),
        }
    }
}

/// The foreign keys of some rows: of each of their columns, the values of all rows.
pub struct ForeignKeys<'a>(Vec<KeyParts<'a>>);

impl<'a> ForeignKeys<'a> {
    /// Those whose columns, in the order of the key that they name, have these values.
    pub fn new(columns: impl Iterator<Item = Result<KeyParts<'a>>>) -> Result<Self> {
        columns.collect::<Result<_>>().map(Self)
    }

    /// How many rows they are of.
    pub fn len(&self) -> usize {
        self.0.first().map_or(0, KeyParts::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys that they name; `None` for one that is NULL, which it is if a part is (SQL's `MATCH SIMPLE`), or that no row can have.
    pub fn keys<K: Key>(&self) -> Result<Vec<Option<K>>> {
        match &self.0[..] {
            [KeyParts::Integers(integers)] => {
                integers.iter().map(|integer| K::read(|_| Ok(integer.map(KeyPart::Integer)))).collect()
            }
            columns => {
                let part = |row| move |place: usize| Ok(columns[place].get(row).map(Cow::into_owned));
                (0..self.len()).map(|row| K::read(part(row))).collect()
            }
        }
    }

    /// The values of their one column; `None` for NULL.
    pub fn values(&self) -> Vec<Option<KeyPart<'static>>> {
        let Some(column) = self.0.first() else { return Vec::new() };
        (0..self.len()).map(|row| column.get(row).map(|part| part.into_owned().into_owned())).collect()
    }

    /// The parts of a row's key that are not NULL, as an id has them.
    pub fn names(&self, row: usize) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(move |column| column.get(row).map(|part| part.to_string()))
    }
}
