//! The columns that a statement selects.

use std::sync::Arc;

use sea_orm::{EntityTrait, IdenStatic, Iterable};

use super::key::key_columns;
use crate::kinds::Kind;

/// Some of an entity's columns, in the order in which the entity declares them.
pub struct Columns<E: EntityTrait>(Arc<[E::Column]>);

impl<E: EntityTrait> Columns<E> {
    /// Those that are wanted.
    pub fn wanted(wanted: impl Fn(E::Column) -> bool) -> Self {
        Self(E::Column::iter().filter(|&column| wanted(column)).collect())
    }

    /// All of them.
    pub fn all() -> Self {
        Self::wanted(|_| true)
    }

    /// None of them.
    pub fn none() -> Self {
        Self(Arc::new([]))
    }

    /// Those that are wanted, and those that make the primary key.
    pub fn with_key(wanted: impl Fn(E::Column) -> bool) -> Self {
        let key: Vec<_> = key_columns::<E>().map(|column| column.as_str()).collect();
        Self::wanted(|column| key.contains(&column.as_str()) || wanted(column))
    }

    /// Those that are in any of `all`.
    pub fn union<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = all.into_iter();
        let first = all.next().cloned().unwrap_or_else(Self::none);
        all.fold(first, |union, other| {
            if union == *other { union } else { Self::wanted(|column| union.has(column) || other.has(column)) }
        })
    }

    fn has(&self, column: E::Column) -> bool {
        self.position(column).is_some()
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(IdenStatic::as_str)
    }

    /// The columns.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = E::Column> {
        self.0.iter().copied()
    }

    /// Where a column is among them.
    pub fn position(&self, column: E::Column) -> Option<usize> {
        self.names().position(|name| name == column.as_str())
    }

    /// The columns, each with the kind of its values.
    pub fn with_kinds(&self) -> impl Iterator<Item = (E::Column, Kind)> {
        self.iter().map(|column| (column, Kind::of_column(&column)))
    }
}

impl<E: EntityTrait> Clone for Columns<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E: EntityTrait> PartialEq for Columns<E> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.names().eq(other.names())
    }
}

impl<E: EntityTrait> Eq for Columns<E> {}
