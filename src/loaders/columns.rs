//! The columns that a statement selects, and rows of which only those are known.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use chrono::Datelike;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, QueryResult, TryGetable,
    Value,
    prelude::{ChronoDate, ChronoDateTime, ChronoTime, DateTimeUtc},
    sea_query::ColumnType,
};

use crate::error::{Error, Result};

/// A row of an entity, of which the selected columns are set.
pub type RowOf<E> = <E as EntityTrait>::ActiveModel;

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
        let key: Vec<_> = E::PrimaryKey::iter().map(|part| part.into_column().as_str()).collect();
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
        self.names().any(|name| name == column.as_str())
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(IdenStatic::as_str)
    }

    /// The columns.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = E::Column> {
        self.0.iter().copied()
    }

    /// What reads these columns from a statement's rows, where they begin at `position`.
    pub fn reader(&self, position: usize) -> Reader<E> {
        let columns = self.iter().map(|column| (column, column.def().get_column_type().clone())).collect();
        Reader { columns, position }
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

impl<E: EntityTrait> Hash for Columns<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.names().for_each(|name| name.hash(state));
    }
}

/// Reads an entity's columns from the rows of one statement.
pub struct Reader<E: EntityTrait> {
    columns: Vec<(E::Column, ColumnType)>,
    position: usize,
}

impl<E: EntityTrait> Reader<E> {
    /// The row with its selected columns set, and the others not.
    pub fn read(&self, row: &QueryResult) -> Result<RowOf<E>> {
        let mut read = RowOf::<E>::default();
        for (index, (column, kind)) in self.columns.iter().enumerate() {
            read.try_set(*column, value(row, self.position + index, kind)?)?;
        }
        Ok(read)
    }
}

/// The value at `position` of a row, of a column of this type.
pub fn value(row: &QueryResult, position: usize, kind: &ColumnType) -> Result<Value> {
    fn get<T>(row: &QueryResult, position: usize) -> Result<Value>
    where
        Option<T>: TryGetable + Into<Value>,
    {
        Ok(row.try_get_by_index::<Option<T>>(position)?.into())
    }
    match kind {
        ColumnType::Char(_) | ColumnType::String(_) | ColumnType::Text | ColumnType::Enum { .. } => {
            get::<String>(row, position)
        }
        ColumnType::Boolean => get::<bool>(row, position),
        ColumnType::SmallInteger => get::<i16>(row, position),
        ColumnType::Integer => get::<i32>(row, position),
        ColumnType::BigInteger => get::<i64>(row, position),
        ColumnType::Float => get::<f32>(row, position),
        ColumnType::Double => get::<f64>(row, position),
        ColumnType::Date => get::<ChronoDate>(row, position),
        ColumnType::Time => get::<ChronoTime>(row, position),
        ColumnType::DateTime | ColumnType::Timestamp => get::<ChronoDateTime>(row, position),
        ColumnType::TimestampWithTimeZone => get::<DateTimeUtc>(row, position),
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => get::<Vec<u8>>(row, position),
        other => Err(Error::broken(format!("a column of the type {other:?} cannot be read"))),
    }
}

/// Whether both databases can hold a text: PostgreSQL's has no U+0000, and SQLite's functions stop at it.
pub fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Whether a moment compares alike on both databases: SQLite compares its text, in which a year has four digits.
pub fn is_comparable(moment: DateTimeUtc) -> bool {
    (0..=9999).contains(&moment.year())
}
