//! The fields of a node that are written without a resolver: the id, and columns.

use std::io::{self, Write};

use sea_orm::EntityTrait;

use super::{
    column::Shown,
    json::write_text,
    node::{Node, Resolver, resolver},
};
use crate::{
    error::Result,
    loaders::{Cell, Key, KeyPart, Table},
};

/// What of a node is written without its resolver.
#[derive(Clone, Copy)]
pub enum Part<C> {
    /// The id.
    Id,
    /// A column, or its place in a row.
    Column(Shown<C>),
}

/// What a node's field is, if it is written without its resolver.
pub fn part<N: Node>(field: &str) -> Option<Part<<N::Entity as EntityTrait>::Column>> {
    match resolver::<N>(field) {
        Some(Resolver::Id) => Some(Part::Id),
        Some(Resolver::Column(shown)) => Some(Part::Column(shown)),
        _ => None,
    }
}

impl<C: Copy> Part<C> {
    /// Writes this part of the node that has this key and these cells.
    pub fn write<'a, N: Node>(
        self,
        key: impl FnOnce() -> Result<<N::Entity as Table>::Key>,
        cell: impl FnOnce(C) -> Result<Cell<'a>>,
        json: &mut Vec<u8>,
    ) -> Result<()> {
        match self {
            Self::Id => write_id::<N>(&key()?, json),
            Self::Column(shown) => shown.write(cell(shown.column)?, json)?,
        }
        Ok(())
    }
}

/// Writes the id of the node with this key, as [`Node::global_id`] has it.
fn write_id<N: Node>(key: &<N::Entity as Table>::Key, json: &mut Vec<u8>) {
    let start = json.len();
    json.push(b'"');
    json.extend_from_slice(N::TYPE.as_bytes());
    for part in key.parts() {
        json.push(b':');
        // A vector cannot refuse.
        let _ = match part {
            KeyPart::Integer(integer) => serde_json::to_writer(&mut *json, &integer).map_err(io::Error::from),
            KeyPart::Uuid(uuid) => write!(json, "{uuid}"),
            KeyPart::Text(_) => {
                // It may need escapes.
                json.truncate(start);
                return write_text(&N::global_id(key.clone()), json);
            }
        };
    }
    json.push(b'"');
}
