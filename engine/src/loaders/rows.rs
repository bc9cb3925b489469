//! The rows that statements return, as they came: a value is decoded when it is asked for, from what the driver received.

use std::{ops::Range, sync::Arc};

use derive_where::derive_where;
use sea_orm::{
    ColumnTrait, EntityTrait, ModelTrait, QueryResult, Value,
    sea_query::ValueType,
    sqlx::{
        Column as _, Postgres, Row as _, Type,
        postgres::{PgColumn, PgRow},
    },
};

use super::{Columns, Key, KeyPart, KeyParts, Table, key::key_columns};
use crate::{
    error::{Error, Result},
    kinds::Kind,
};

/// An entity's columns in the rows of one statement.
pub struct Block<E: EntityTrait> {
    rows: Arc<Vec<QueryResult>>,
    columns: Vec<(E::Column, Reading)>,
    /// Where the columns begin in a row.
    position: usize,
    /// Where in `columns` the primary key's are, as far as they are selected.
    key: Vec<usize>,
}

/// How a column's values are read.
struct Reading {
    kind: Kind,
    way: Way,
    /// Whether they are integers, of any width.
    is_integer: bool,
}

enum Way {
    /// PostgreSQL says a statement's types once, so that not every value need be checked against its own.
    PostgresText,
    /// The same, of 64-bit integers.
    PostgresInteger,
    /// What SQLite holds there, it gives as text.
    SqliteText,
    /// Each value is checked.
    Checked,
}

impl Reading {
    fn of(kind: Kind, column: usize, row: Option<&QueryResult>) -> Self {
        let described = row.and_then(QueryResult::try_as_pg_row).and_then(|row| row.columns().get(column));
        let way = match described.map(PgColumn::type_info) {
            Some(is) if kind.is_text() && <str as Type<Postgres>>::compatible(is) => Way::PostgresText,
            Some(is) if kind == Kind::INTEGER && <i64 as Type<Postgres>>::compatible(is) => Way::PostgresInteger,
            None if kind.is_text() && row.and_then(QueryResult::try_as_sqlite_row).is_some() => Way::SqliteText,
            _ => Way::Checked,
        };
        let is_integer = matches!(kind.null(), Value::SmallInt(_) | Value::Int(_) | Value::BigInt(_));
        Self { kind, way, is_integer }
    }

    fn cell<'a>(&self, row: &'a QueryResult, position: usize) -> Result<Cell<'a>> {
        let mixed = || Error::broken("rows of one statement are of two databases");
        let (postgres, sqlite) =
            (|| row.try_as_pg_row().ok_or_else(mixed), || row.try_as_sqlite_row().ok_or_else(mixed));
        let text = |text: Option<&'a str>| text.map_or_else(|| Cell::Value(self.kind.null(), self.kind), Cell::Text);
        match self.way {
            Way::PostgresText => Ok(text(postgres()?.try_get_unchecked(position)?)),
            Way::PostgresInteger => {
                Ok(Cell::Value(postgres()?.try_get_unchecked::<Option<i64>, _>(position)?.into(), self.kind))
            }
            Way::SqliteText => Ok(text(sqlite()?.try_get_unchecked(position)?)),
            Way::Checked => Ok(Cell::Value(self.kind.read(row, position)?, self.kind)),
        }
    }

    /// A value as a part of a key; `None` for NULL. Most are integers, of which nothing is copied.
    #[inline]
    fn part<'a>(&self, row: &'a QueryResult, position: usize) -> Result<Option<KeyPart<'a>>> {
        if self.is_integer {
            return Ok(self.integer(row, position)?.map(KeyPart::Integer));
        }
        self.other_part(row, position)
    }

    #[inline]
    fn integer(&self, row: &QueryResult, position: usize) -> Result<Option<i64>> {
        match (&self.way, row.try_as_pg_row(), row.try_as_sqlite_row()) {
            (Way::PostgresInteger, Some(row), _) => Ok(row.try_get_unchecked(position)?),
            (_, Some(row), _) => narrower(row, position),
            (_, _, Some(row)) => Ok(row.try_get_unchecked(position)?),
            _ => Ok(row.try_get_by_index(position)?),
        }
    }

    fn other_part<'a>(&self, row: &'a QueryResult, position: usize) -> Result<Option<KeyPart<'a>>> {
        match self.cell(row, position)? {
            Cell::Text(text) => Ok(Some(KeyPart::Text(text.into()))),
            Cell::Value(value, _) => KeyPart::of(value),
        }
    }
}

/// An integer of any width.
fn narrower(row: &PgRow, position: usize) -> Result<Option<i64>> {
    match row.try_column(position)?.type_info() {
        is if <i32 as Type<Postgres>>::compatible(is) => Ok(row.try_get::<Option<i32>, _>(position)?.map(i64::from)),
        is if <i16 as Type<Postgres>>::compatible(is) => Ok(row.try_get::<Option<i16>, _>(position)?.map(i64::from)),
        _ => Ok(row.try_get(position)?),
    }
}

/// Where the columns are in a statement's rows whose values may be of any length.
#[derive(Default)]
pub struct LongTexts(Vec<usize>);

impl LongTexts {
    /// Those among an entity's columns, which begin at `position`.
    pub fn of<E: EntityTrait>(columns: &Columns<E>, position: usize) -> Self {
        let is_long = |column: &E::Column| Kind::is_long(column.def().get_column_type());
        let long = columns.iter().zip(position..).filter(|(column, _)| is_long(column));
        Self(long.map(|(_, position)| position).collect())
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// How many bytes they have in a row.
    pub fn bytes(&self, row: &QueryResult) -> u64 {
        let bytes = |column: &usize| {
            let of_postgres = row.try_as_pg_row().map(|row| row.try_get_unchecked(*column));
            let of_sqlite = || row.try_as_sqlite_row().map(|row| row.try_get_unchecked(*column));
            let text: Option<&[u8]> = of_postgres.or_else(of_sqlite)?.ok()?;
            text.map(|text| text.len() as u64)
        };
        self.0.iter().filter_map(bytes).sum()
    }
}

/// The keys that stand in the first columns of a statement's rows.
pub fn keys<K: Key>(rows: &[QueryResult]) -> Result<Vec<K>> {
    let readings = K::KINDS.iter().enumerate().map(|(place, kind)| Reading::of(*kind, place, rows.first()));
    let readings: Vec<_> = readings.collect();
    let key = |row| K::read(|place| readings[place].part(row, place)).and_then(|key| key.ok_or_else(is_null));
    rows.iter().map(key).collect()
}

/// The fault that a key is NULL.
fn is_null() -> Error {
    Error::broken("a part of a key is NULL")
}

/// A value as it is read.
pub enum Cell<'a> {
    /// A text, where the driver keeps it.
    Text(&'a str),
    /// Anything else, and NULL, of this kind.
    Value(Value, Kind),
}

impl<E: EntityTrait> Block<E> {
    /// The columns in these rows, in which they begin at `position`.
    pub fn new(rows: Arc<Vec<QueryResult>>, columns: &Columns<E>, position: usize) -> Self {
        let key = key_columns::<E>().filter_map(|column| columns.position(column)).collect();
        let columns = columns
            .with_kinds()
            .enumerate()
            .map(|(place, (column, kind))| (column, Reading::of(kind, position + place, rows.first())));
        Self { columns: columns.collect(), rows, position, key }
    }

    /// Where the column is in a row of this block, for [`Self::cell`].
    pub fn position(&self, column: E::Column) -> Result<usize> {
        let selected = self.columns.iter().position(|(selected, _)| same(*selected, column));
        selected.ok_or_else(|| Error::broken("a column was not looked ahead"))
    }

    /// The value at this place.
    pub fn cell(&self, row: usize, position: usize) -> Result<Cell<'_>> {
        self.columns[position].1.cell(&self.rows[row], self.position + position)
    }

    /// The same as a part of a key; `None` for NULL.
    #[inline]
    pub fn part(&self, row: usize, position: usize) -> Result<Option<KeyPart<'_>>> {
        self.columns[position].1.part(&self.rows[row], self.position + position)
    }

    /// The same of many rows.
    fn parts(&self, rows: impl Iterator<Item = usize>, position: usize) -> Result<KeyParts<'_>> {
        let (_, reading) = &self.columns[position];
        if reading.is_integer {
            let integers = rows.map(|row| reading.integer(&self.rows[row], self.position + position));
            return integers.collect::<Result<_>>().map(KeyParts::Integers);
        }
        rows.map(|row| self.part(row, position)).collect::<Result<_>>().map(KeyParts::Any)
    }

    /// The row's primary key.
    pub fn key(&self, row: usize) -> Result<E::Key>
    where
        E: Table,
    {
        let key = E::Key::read(|place| {
            let position = *self.key.get(place).ok_or_else(|| Error::broken("a row was read without its key"))?;
            self.part(row, position)
        });
        key?.ok_or_else(is_null)
    }
}

fn same<C: sea_orm::IdenStatic>(one: C, other: C) -> bool {
    one.as_str() == other.as_str()
}

/// A row of an entity.
#[derive_where(Clone)]
pub struct Row<E: EntityTrait>(Content<E>);

#[derive_where(Clone)]
enum Content<E: EntityTrait> {
    /// As a statement found it: its selected columns are known.
    Read(Arc<Block<E>>, usize),
    /// As it was written: all of it is known.
    Stored(Arc<E::Model>),
}

impl<E: EntityTrait> Row<E> {
    /// The row of a block.
    pub fn read(block: &Arc<Block<E>>, index: usize) -> Self {
        Self(Content::Read(Arc::clone(block), index))
    }

    /// The row that was written.
    pub fn stored(model: E::Model) -> Self {
        Self(Content::Stored(Arc::new(model)))
    }

    /// The value of a column, which must have been looked ahead.
    pub fn cell(&self, column: E::Column) -> Result<Cell<'_>> {
        match &self.0 {
            Content::Read(block, row) => block.cell(*row, block.position(column)?),
            Content::Stored(model) => Ok(Cell::Value(model.get(column), Kind::of_column(&column))),
        }
    }

    /// The same as the type that the entity gives it.
    pub fn get<T: ValueType>(&self, column: E::Column) -> Result<T> {
        let value = match self.cell(column)? {
            Cell::Text(text) => text.into(),
            Cell::Value(value, _) => value,
        };
        T::try_from(value).map_err(|_| Error::broken("a column is of another type"))
    }

    /// The primary key.
    pub fn key(&self) -> Result<E::Key>
    where
        E: Table,
    {
        match &self.0 {
            Content::Read(block, row) => block.key(*row),
            Content::Stored(_) => {
                let columns: Vec<_> = key_columns::<E>().collect();
                E::Key::read(|place| self.part(columns[place]))?.ok_or_else(is_null)
            }
        }
    }

    /// The value of a column as a part of a key; `None` for NULL.
    fn part(&self, column: E::Column) -> Result<Option<KeyPart<'_>>> {
        match &self.0 {
            Content::Read(block, row) => block.part(*row, block.position(column)?),
            Content::Stored(model) => KeyPart::of(model.get(column)),
        }
    }

    /// The same as a column of foreign keys.
    pub fn parts(&self, column: E::Column) -> Result<KeyParts<'_>> {
        self.part(column).map(|part| KeyParts::Any(vec![part]))
    }
}

/// Rows that one statement found, in the order and as often as they were asked for.
pub struct Picked<E: Table> {
    block: Arc<Block<E>>,
    numbers: Vec<usize>,
    /// The primary keys of the block's rows, if they were read already.
    keys: Arc<[E::Key]>,
}

impl<E: Table> Picked<E> {
    /// These rows, of which there is one at least.
    pub fn of(rows: Vec<Row<E>>) -> Result<Self> {
        let mut numbers = Vec::with_capacity(rows.len());
        let mut first: Option<Arc<Block<E>>> = None;
        for Row(row) in rows {
            let Content::Read(block, number) = row else { return Err(Error::broken("a row was not read")) };
            if !Arc::ptr_eq(first.get_or_insert_with(|| Arc::clone(&block)), &block) {
                return Err(Error::broken("rows of two statements"));
            }
            numbers.push(number);
        }
        let block = first.ok_or_else(|| Error::broken("no rows"))?;
        Ok(Self { block, numbers, keys: Arc::new([]) })
    }

    /// Those of these pages, one behind the other, of which there is one at least.
    pub fn of_pages<L: EntityTrait>(pages: &[&Rows<E, L>]) -> Result<Self> {
        let Some(Rows { found, .. }) = pages.first() else { return Err(Error::broken("no pages")) };
        if !pages.iter().all(|page| Arc::ptr_eq(&page.found, found)) {
            return Err(Error::broken("pages of two statements"));
        }
        let mut numbers = Vec::with_capacity(pages.iter().map(|page| page.len()).sum());
        pages.iter().for_each(|page| numbers.extend_from_slice(&found.order[page.range.clone()]));
        Ok(Self { block: Arc::clone(&found.node), numbers, keys: Arc::clone(&found.keys) })
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// Where a column is in the rows, for [`Self::cell`].
    pub fn position(&self, column: E::Column) -> Result<usize> {
        self.block.position(column)
    }

    /// The value at this place of a row.
    pub fn cell(&self, index: usize, position: usize) -> Result<Cell<'_>> {
        self.block.cell(self.numbers[index], position)
    }

    /// The values of a column of foreign keys.
    pub fn parts(&self, column: E::Column) -> Result<KeyParts<'_>> {
        self.block.parts(self.numbers.iter().copied(), self.block.position(column)?)
    }

    /// A row's primary key.
    pub fn key(&self, index: usize) -> Result<E::Key> {
        let number = self.numbers[index];
        key_of(&self.keys, &self.block, number)
    }
}

/// The primary key of a block's row: as it was read already, if all were.
fn key_of<E: Table>(read: &[E::Key], block: &Block<E>, number: usize) -> Result<E::Key> {
    read.get(number).map_or_else(|| block.key(number), |key| Ok(key.clone()))
}

/// The pages of a list that one statement found: of one parent or of many.
pub struct Found<N: Table, L: EntityTrait> {
    /// The rows themselves.
    pub node: Arc<Block<N>>,
    /// The join table's rows that tie them to their parent; without a join table, nothing of it is selected.
    pub link: Arc<Block<L>>,
    /// The order's keys, if they are selected: where in a row, and their kinds.
    pub places: Vec<(usize, Kind)>,
    /// The rows' numbers in the blocks, page by page, each in the list's order.
    pub order: Vec<usize>,
    /// The rows' primary keys, if they were read already.
    pub keys: Arc<[N::Key]>,
}

/// A page of a list. Clones share its rows.
#[derive_where(Clone)]
pub struct Rows<N: Table, L: EntityTrait> {
    pub(super) found: Arc<Found<N, L>>,
    pub(super) range: Range<usize>,
    /// Whether the list goes on: behind the page, or before it if the page was read backwards.
    pub more: bool,
}

impl<N: Table, L: EntityTrait> Rows<N, L> {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// A row's primary key.
    pub fn key(&self, index: usize) -> Result<N::Key> {
        let number = self.number(index);
        key_of(&self.found.keys, &self.found.node, number)
    }

    /// A row of the page.
    pub fn node(&self, index: usize) -> Row<N> {
        Row::read(&self.found.node, self.number(index))
    }

    /// The row of the join table that ties it to its parent.
    pub fn link(&self, index: usize) -> Row<L> {
        Row::read(&self.found.link, self.number(index))
    }

    /// Where a column is in the rows of the join table, for [`Self::link_cell`].
    pub fn link_position(&self, column: L::Column) -> Result<usize> {
        self.found.link.position(column)
    }

    /// The value at this place of the join table's row.
    pub fn link_cell(&self, index: usize, position: usize) -> Result<Cell<'_>> {
        self.found.link.cell(self.number(index), position)
    }

    /// The values of the order's keys, which place a row.
    pub fn place(&self, index: usize) -> Result<Vec<Value>> {
        let row = &self.found.node.rows[self.number(index)];
        self.found.places.iter().map(|(position, kind)| kind.read_place(row, *position)).collect()
    }

    fn number(&self, index: usize) -> usize {
        self.found.order[self.range.start + index]
    }
}
