//! What a request reads, which tells whether a change may alter its answer.

use std::collections::{HashMap, HashSet};

use sea_orm::IdenStatic;

use super::{Key, KeyPart, Table, TableOf, key_columns};
use crate::kinds::Kind;

/// Of how many keys of a table it is kept that they alone were read.
const MOST_KEYS: usize = 1_000;

/// How many bytes a table takes, or a key.
const BYTES: usize = 128;

/// The tables that a request reads, and which of their rows.
#[derive(Debug, Default)]
pub struct Reads(HashMap<String, Read>);

/// Which rows of a table are read.
#[derive(Debug)]
pub enum Read {
    /// Whichever there are.
    Any,
    /// Those of some keys.
    Keys {
        /// The columns of the key.
        columns: Vec<(&'static str, Kind)>,
        /// The keys.
        keys: HashSet<Vec<KeyPart<'static>>>,
    },
}

impl Reads {
    /// Rows of these tables are read, whichever there are.
    pub fn any(&mut self, tables: impl IntoIterator<Item = TableOf>) {
        self.0.extend(tables.into_iter().map(|table| (table.source(), Read::Any)));
    }

    /// The rows of an entity with these keys are read.
    pub fn rows<E: Table>(&mut self, all: &[E::Key]) {
        let read = self.0.entry(TableOf::of::<E>().source()).or_insert_with(|| {
            let columns = key_columns::<E>().map(|column| column.as_str()).zip(E::Key::KINDS.iter().copied());
            Read::Keys { columns: columns.collect(), keys: HashSet::new() }
        });
        if let Read::Keys { keys, .. } = read {
            keys.extend(all.iter().map(|key| key.parts().map(KeyPart::into_owned).collect()));
            if keys.len() > MOST_KEYS {
                *read = Read::Any;
            }
        }
    }

    /// The tables that are read.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// How many bytes they take, about.
    pub fn bytes(&self) -> usize {
        let keys = self.0.values().map(|read| if let Read::Keys { keys, .. } = read { keys.len() } else { 0 });
        (self.0.len() + keys.sum::<usize>()) * BYTES
    }

    /// What is read of a table.
    pub fn of(&self, table: &str) -> Option<&Read> {
        self.0.get(table)
    }
}
