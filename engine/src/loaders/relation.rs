//! What ties rows to their parents: read from the entities, which say it once.

use std::{
    any::{TypeId, type_name},
    fmt::{Debug, Formatter, Result as Formatted},
    hash::{Hash, Hasher},
};

use anyhow::{Context, Result, bail, ensure};
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Identity, RelationDef, sea_query::TableRef};

use super::key::{MOST_PARTS, column_named, key_columns, part_kind};
use crate::database::recording::source;

/// The table of an entity.
#[derive(Clone, Copy)]
pub struct TableOf {
    entity: TypeId,
    name: &'static str,
    reference: fn() -> TableRef,
    source: fn() -> String,
}

impl TableOf {
    /// That of `E`.
    pub fn of<E: EntityTrait>() -> Self {
        Self {
            entity: TypeId::of::<E>(),
            name: type_name::<E>(),
            reference: || E::default().table_ref(),
            source: || source(E::default().schema_name(), E::default().table_name()),
        }
    }

    /// What its changes are recorded as changes of.
    pub fn source(self) -> String {
        (self.source)()
    }
}

impl From<TableOf> for TableRef {
    fn from(table: TableOf) -> Self {
        (table.reference)()
    }
}

impl Debug for TableOf {
    fn fmt(&self, to: &mut Formatter<'_>) -> Formatted {
        to.write_str(self.name)
    }
}

impl PartialEq for TableOf {
    fn eq(&self, other: &Self) -> bool {
        self.entity == other.entity
    }
}

impl Eq for TableOf {}

impl Hash for TableOf {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.entity.hash(to);
    }
}

/// A step from a row to those of a table whose columns hold what columns of the row do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// Of each column of the row that one is at, which column of the table is compared with it.
    pairs: [Option<(&'static str, &'static str)>; MOST_PARTS],
    /// The table that the step leads to.
    pub table: TableOf,
    /// Whether the step may lead nowhere: one of the row's columns may be NULL, or it is another table that names the row.
    pub optional: bool,
}

impl Hop {
    /// The step that SeaORM's relation `def` is, from a row of `F` to those of `T`; in the order of `T`'s primary key, if that is what
    /// it leads by.
    ///
    /// # Errors
    /// It is of other tables, or of too many columns, or of such as are not there, or are compared with those of another kind.
    pub fn of<F: EntityTrait, T: EntityTrait>(def: &RelationDef) -> Result<Self> {
        let (from, to) = (F::default(), T::default());
        ensure!(
            def.from_tbl == from.table_ref() && def.to_tbl == to.table_ref(),
            "the relation does not lead from `{}` to `{}`",
            from.table_name(),
            to.table_name()
        );
        ensure!(
            !def.is_owner,
            "the foreign key is the other table's: `Field::child` and `Field::children` are for that"
        );
        ensure!(def.on_condition.is_none(), "a relation with a condition of its own is not supported");
        let pairs: Vec<_> = columns::<F>(&def.from_col)?.into_iter().zip(columns::<T>(&def.to_col)?).collect();
        let (count, name) = (def.to_col.arity(), from.table_name());
        ensure!(def.from_col.arity() == count, "the relation of `{name}` compares fewer columns than it names");
        ensure!(count <= MOST_PARTS, "a relation of {count} columns of `{name}` is not supported; {MOST_PARTS} are");
        for (own, other) in &pairs {
            let defs = [own.def(), other.def()];
            let [ty, named] = defs.each_ref().map(|def| def.get_column_type());
            let [own, other] = [own.as_str(), other.as_str()];
            let to = to.table_name();
            ensure!(
                part_kind(ty) == part_kind(named),
                "`{name}.{own}` is of the type {ty:?}, but `{to}.{other}`, which it names, of {named:?}"
            );
        }
        let optional = pairs.iter().any(|(own, _)| own.def().is_null());
        let mut hop = Self { pairs: [None; MOST_PARTS], table: TableOf::of::<T>(), optional };
        for (place, (own, other)) in hop.pairs.iter_mut().zip(pairs) {
            *place = Some((own.as_str(), other.as_str()));
        }
        Ok(hop.in_key_order::<T>())
    }

    /// The same step, which compares the columns of `T`'s primary key in the key's order.
    #[must_use]
    pub fn in_key_order<T: EntityTrait>(mut self) -> Self {
        let place = |column: &str| key_columns::<T>().position(|part| part.as_str() == column);
        // What is not there stays at the end.
        self.pairs.sort_by_key(|pair| pair.map_or((true, None), |(_, to)| (false, place(to))));
        self
    }

    /// The columns that are compared: the row's, and the table's.
    pub fn pairs(self) -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + Clone {
        let count = self.pairs.iter().flatten().count();
        (0..count).map(move |place| self.pairs[place].unwrap_or_default())
    }

    /// The columns of the row that one is at.
    pub fn from(self) -> impl ExactSizeIterator<Item = &'static str> + Clone {
        self.pairs().map(|(from, _)| from)
    }

    /// The columns of the table that the step leads to.
    pub fn to(self) -> impl ExactSizeIterator<Item = &'static str> + Clone {
        self.pairs().map(|(_, to)| to)
    }

    /// The step back, to the rows of `F` that name a row, of which there may be none.
    #[must_use]
    pub fn back<F: EntityTrait>(self) -> Self {
        let pairs = self.pairs.map(|pair| pair.map(|(from, to)| (to, from)));
        Self { pairs, table: TableOf::of::<F>(), optional: true }
    }

    /// Whether it leads to one row of `T` by its primary key, whose order its columns have.
    pub fn is_by_key<T: EntityTrait>(self) -> bool {
        self.to().eq(key_columns::<T>().map(|column| column.as_str()))
    }
}

/// The columns of an entity that a side of a relation names, which may be parts of keys.
fn columns<E: EntityTrait>(side: &Identity) -> Result<Vec<E::Column>> {
    let table = E::default();
    let table = table.table_name();
    let column = |name: &sea_orm::DynIden| {
        let name = name.to_string();
        let column = column_named::<E>(&name).with_context(|| format!("`{table}` has no column `{name}`"))?;
        let def = column.def();
        let ty = def.get_column_type();
        ensure!(
            part_kind(ty).is_some(),
            "`{table}.{name}` is of the type {ty:?}; foreign keys are of integers, texts and UUIDs"
        );
        Ok(column)
    };
    side.iter().map(column).collect()
}

/// How the children of a parent are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Relation {
    /// The step from a parent to the rows that tell its children, one each: the children's own, or those of a join table. An index
    /// on this column and the child's key serves a page of a parent's children.
    pub link: Hop,
    /// The step from a join table's row to the child.
    pub child: Option<Hop>,
}

impl Relation {
    /// The steps from a parent to its children: two if a join table is between them.
    pub fn hops(self) -> Vec<Hop> {
        [self.link].into_iter().chain(self.child).collect()
    }

    /// The table of the children.
    pub fn table(self) -> TableOf {
        self.child.unwrap_or(self.link).table
    }

    /// The tables of those steps.
    pub fn tables(self) -> impl Iterator<Item = TableOf> {
        [self.link].into_iter().chain(self.child).map(|hop| hop.table)
    }
}

/// That a step leads to one row of `T` at most: by its whole primary key, or by a column that is unique.
///
/// # Errors
/// It does not.
pub fn ensure_unique<T: EntityTrait>(hop: Hop) -> Result<()> {
    let table = T::default();
    let table = table.table_name();
    let mut columns = hop.to();
    let (Some(column), None) = (columns.next(), columns.next()) else {
        ensure!(
            hop.is_by_key::<T>(),
            "a relation by several columns of `{table}` that are not its primary key is not supported"
        );
        return Ok(());
    };
    let is_unique = || column_named::<T>(column).is_some_and(|column| column.def().is_unique());
    if !hop.is_by_key::<T>() && !is_unique() {
        bail!(
            "`{table}.{column}` is neither the primary key nor unique, so that the relation may lead to several rows"
        );
    }
    Ok(())
}
