//! What loaders read: entities with a key, and the rows that lists are made of.

use std::{hash::Hash, sync::Arc};

use sea_orm::{
    EntityTrait, FromQueryResult, IdenStatic, Iterable, ModelTrait, PrimaryKeyTrait, QueryResult,
    sea_query::{Expr, ExprTrait, FromValueTuple, JoinType, SelectStatement},
};

use super::select;
use crate::error::Result;

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
pub trait Table: EntityTrait<Model: Send + Sync, PrimaryKey: PrimaryKeyTrait<ValueType = Self::Key>> {
    /// The primary key's type.
    type Key: Key;
}

impl<E: EntityTrait<Model: Send + Sync>> Table for E
where
    <E::PrimaryKey as PrimaryKeyTrait>::ValueType: Key,
{
    type Key = <E::PrimaryKey as PrimaryKeyTrait>::ValueType;
}

/// The row type of an entity.
pub type ModelOf<E> = <E as EntityTrait>::Model;

/// The primary key of a row.
fn key_of<E: Table>(model: &E::Model) -> E::Key {
    E::Key::from_value_tuple(model.get_primary_key_value())
}

/// Reads a row, and the key that it is found by.
pub fn read_keyed<E: Table>(row: &QueryResult) -> Result<(E::Key, Arc<E::Model>)> {
    let model = E::Model::from_query_result(row, "")?;
    Ok((key_of::<E>(&model), Arc::new(model)))
}

/// One of the rows that a list is made of.
pub trait Row: Send + Sync + Sized + 'static {
    /// Adds to a statement over a relation's table what else the row needs; `child` is the child's key in that table.
    fn join(_select: &mut SelectStatement, _child: Expr) {}
    /// Reads the row from an answer to that statement.
    fn read(row: &QueryResult) -> Result<Self>;
    /// The key that places the row in its list.
    fn key(&self) -> Vec<i64>;
}

impl<M> Row for Arc<M>
where
    M: ModelTrait<Entity: Table<Model = M>> + FromQueryResult + Send + Sync + 'static,
{
    fn read(row: &QueryResult) -> Result<Self> {
        Ok(Self::new(M::from_query_result(row, "")?))
    }

    fn key(&self) -> Vec<i64> {
        key_of::<M::Entity>(self).parts()
    }
}

/// A child, and the row of the join table that ties it to the parent.
#[derive(Debug)]
pub struct Linked<C, L> {
    /// The child's row.
    pub child: Arc<C>,
    /// The join table's row.
    pub link: L,
}

/// The alias of the child's table beside a join table, and the prefix of its columns' names.
const CHILD: &str = "c";

impl<C, L> Row for Linked<C, L>
where
    C: ModelTrait<Entity: Table<Model = C>> + FromQueryResult + Send + Sync + 'static,
    L: FromQueryResult + Send + Sync + 'static,
{
    fn join(select: &mut SelectStatement, child: Expr) {
        for column in <C::Entity as EntityTrait>::Column::iter() {
            let name = format!("{CHILD}{}", column.as_str());
            select.expr_as(Expr::col((CHILD, column)), name);
        }
        let key = select::primary_key::<C::Entity>(CHILD).remove(0);
        // SQLite joins in the order that CROSS JOIN states: parents, then links, then children.
        select.join_as(JoinType::CrossJoin, C::Entity::default(), CHILD, Expr::Constant(true.into()));
        select.and_where(key.eq(child));
    }

    fn read(row: &QueryResult) -> Result<Self> {
        let child = Arc::new(C::from_query_result(row, CHILD)?);
        Ok(Self { child, link: L::from_query_result(row, "")? })
    }

    fn key(&self) -> Vec<i64> {
        key_of::<C::Entity>(&self.child).parts()
    }
}
