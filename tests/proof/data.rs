//! The rows as the reference reads them: by the names that the API has for their types, columns and relations.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::world::{Backward, Row, Rows, ToOne, World};

/// A row in a list, with the join table's row that put it there.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub row: &'a Row,
    pub link: Option<&'a Row>,
}

/// All rows, each type's in the order of their keys.
pub struct Data {
    pub world: &'static World,
    rows: BTreeMap<&'static str, Vec<Row>>,
}

impl Data {
    pub fn new<R: Rows>(rows: &R) -> Self {
        let tables = rows.tables().into_iter();
        Self { world: R::WORLD, rows: tables.map(|(ty, table)| (ty, table.rows(R::WORLD, ty))).collect() }
    }

    pub fn all(&self, ty: &str) -> &[Row] {
        &self.rows[ty]
    }

    /// What rows have of this scalar, long texts apart: those of one type, or of all.
    pub fn had(&self, of: Option<&str>, scalar: &str) -> Vec<Json> {
        let rows = self.rows.iter().filter(|(ty, _)| of.is_none_or(|of| of == **ty)).flat_map(|(_, rows)| rows);
        let columns = rows.flat_map(|row| row.columns.values());
        let values = columns.filter(|column| column.type_name() == Some(scalar)).map(|column| column.to_json());
        values.filter(|value| value.as_str().is_none_or(|text| text.len() < 1_000)).collect()
    }

    /// The row of this type with this id, or with this bare key.
    pub fn find(&self, ty: &str, id: &str) -> Option<&Row> {
        self.all(ty).iter().find(|row| {
            let own = row.id();
            own == id || own.split_once(':').is_some_and(|(_, key)| key == id)
        })
    }

    /// The row with this id.
    pub fn find_any(&self, id: &str) -> Option<&Row> {
        self.find(type_of(id), id)
    }

    /// An id that no row of the type has.
    pub fn nowhere(&self, ty: &str) -> String {
        let key = self.world.nowhere.iter().find(|it| it.0 == ty).map_or("999", |it| it.1);
        format!("{ty}:{key}")
    }

    /// The to-one relation of this type that is told by this column alone.
    pub fn told_by(&self, ty: &str, column: &str) -> Option<&ToOne> {
        self.world.to_one.iter().find(|it| it.of == ty && *it.columns == [column])
    }

    /// What a to-one relation leads to; `None` if it is none.
    pub fn one(&self, row: &Row, relation: &str) -> Option<Option<&Row>> {
        if let Some(relation) = self.world.to_one.iter().find(|it| it.of == row.ty && it.name == relation) {
            return Some(self.all(relation.to).iter().find(|it| leads(relation, row, it)));
        }
        let backward = self.world.to_child.iter().find(|it| it.of == row.ty && it.name == relation)?;
        Some(self.told(backward, row).next())
    }

    /// What a to-many relation leads to, in the order of the children's keys; `None` if it is none.
    pub fn children(&self, row: &Row, relation: &str) -> Option<Vec<Item<'_>>> {
        let backward = self.world.to_many.iter().find(|it| it.of == row.ty && it.name == relation)?;
        let told = self.told(backward, row);
        let mut items: Vec<_> = told
            .map(|row| match backward.on {
                None => Item { row, link: None },
                Some(child) => Item { row: self.one(row, child).unwrap().unwrap(), link: Some(row) },
            })
            .collect();
        items.sort_by(|a, b| a.row.key.cmp(&b.row.key));
        Some(items)
    }

    /// The rows that tell of this one.
    fn told<'a>(&'a self, backward: &Backward, row: &Row) -> impl Iterator<Item = &'a Row> {
        let back = |it: &&ToOne| it.of == backward.table && it.name == backward.back;
        let relation = self.world.to_one.iter().find(back).unwrap();
        self.all(backward.table).iter().filter(move |it| leads(relation, it, row))
    }
}

/// `NULL` leads nowhere, and no key has it.
fn leads(relation: &ToOne, from: &Row, to: &Row) -> bool {
    relation.columns.iter().zip(relation.keys).all(|(column, key)| from.columns[*column] == to.columns[*key])
}

/// The type that an id names.
pub fn type_of(id: &str) -> &str {
    id.split_once(':').unwrap().0
}
