//! What ties rows to their parents: read from the entities, which say it once.

use anyhow::{Context, Result, bail, ensure};
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Identity, RelationDef};

use super::key::{column_named, is_part, key_columns};

/// A step from a row to those of a table whose column `to` holds what the row's column `from` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// The column of the row that one is at.
    pub from: &'static str,
    /// The table that the step leads to.
    pub table: &'static str,
    /// That table's column.
    pub to: &'static str,
    /// Whether the step may lead nowhere: `from` may be NULL.
    pub optional: bool,
}

impl Hop {
    /// The step that SeaORM's relation `def` is, from a row of `F` to those of `T`.
    ///
    /// # Errors
    /// It is of other tables, or of several columns, or of one that is not there.
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
        let from = column::<F>(&def.from_col)?;
        let optional = from.def().is_null();
        Ok(Self { from: from.as_str(), table: to.table_name(), to: column::<T>(&def.to_col)?.as_str(), optional })
    }
}

/// The one column of an entity that a side of a relation names.
fn column<E: EntityTrait>(side: &Identity) -> Result<E::Column> {
    let table = E::default();
    let mut names = side.iter();
    let (Some(name), None) = (names.next(), names.next()) else {
        bail!("a relation of several columns of `{}` is not supported", table.table_name())
    };
    let name = name.to_string();
    let table = table.table_name();
    let column = column_named::<E>(&name).with_context(|| format!("`{table}` has no column `{name}`"))?;
    let def = column.def();
    let ty = def.get_column_type();
    ensure!(is_part(ty), "`{table}.{name}` is of the type {ty:?}; supported are SmallInteger, Integer and BigInteger");
    Ok(column)
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
}

/// That a step leads to one row at most, or from one: by its whole primary key, or by a column that is unique.
///
/// # Errors
/// It does not.
pub fn ensure_unique<E: EntityTrait>(column: &str) -> Result<()> {
    let mut key = key_columns::<E>().map(|column| column.as_str());
    let is_key = key.next() == Some(column) && key.next().is_none();
    let is_unique = is_key || column_named::<E>(column).is_some_and(|column| column.def().is_unique());
    let table = E::default().table_name();
    ensure!(
        is_unique,
        "`{table}.{column}` is neither the primary key nor unique, so that the relation may lead to several rows"
    );
    Ok(())
}
