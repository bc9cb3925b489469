//! A list and a page of it: which rows they ask for, and the rows that they got.

use std::sync::Arc;

use derive_where::derive_where;
use sea_orm::{
    DbBackend, EntityTrait, QueryResult, Value,
    sea_query::{ColumnType, DynIden, Expr, JoinType, SelectStatement},
};

use super::{
    Columns, Filter, Order, RowOf,
    columns::{Reader, value},
    order::beyond,
};
use crate::error::Result;

/// A page of a list: part of a loader's key, for it shapes the SQL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// Which rows the list has.
    pub filter: Arc<Filter>,
    /// In which order.
    pub order: Order,
    /// The most rows of the page.
    pub size: u64,
    /// Whether to read from the list's end. The rows come in the list's order all the same.
    pub backwards: bool,
    /// Only rows behind this place: the values of the order's keys and of the primary key.
    pub after: Option<Vec<Value>>,
    /// Only rows before this place.
    pub before: Option<Vec<Value>>,
}

impl Page {
    /// Restricts `select` to this page of the table with the alias `row`: a seek, never an OFFSET, and one row more than
    /// the page's size, which tells whether there are more.
    pub fn apply(
        &self,
        select: &mut SelectStatement,
        backend: DbBackend,
        row: &DynIden,
        primary_key: &[Expr],
        join: JoinType,
    ) {
        let sorts = self.order.sorts(row, primary_key);
        self.order.join(select, row, join);
        self.filter.apply(select, backend, row);
        select.and_where_option(self.after.as_deref().map(|place| beyond(&sorts, place, true)));
        select.and_where_option(self.before.as_deref().map(|place| beyond(&sorts, place, false)));
        for sort in sorts {
            let (expr, direction) = sort.by(self.backwards);
            select.order_by_expr(expr, direction);
        }
        select.limit(self.size + 1);
    }

    /// Whether choosing the rows takes more of them than their keys.
    pub fn reads_rows(&self) -> bool {
        !self.filter.is_empty() || !self.order.keys.is_empty()
    }

    /// What reads the page's rows, whose columns begin at `position`.
    pub fn reader<N: EntityTrait, L: EntityTrait>(&self, wanted: &Wanted<N, L>, position: usize) -> RowReader<N, L> {
        let (node, link) = (position, position + wanted.node.iter().len());
        let kinds = self.order.keys.iter().map(|key| key.by.kind().clone());
        RowReader {
            node: wanted.node.reader(node),
            link: wanted.link.reader(link),
            place: wanted.place.then(|| kinds.zip(link + wanted.link.iter().len()..).collect()),
        }
    }

    /// Makes the page of what its statement found.
    pub fn rows<N: EntityTrait, L: EntityTrait>(&self, mut found: Vec<Row<N, L>>) -> Rows<N, L> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        if self.backwards {
            found.reverse();
        }
        Rows { rows: found, more }
    }
}

/// What of a page's rows is read. Requests for the same page that want different columns share a statement.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct Wanted<N: EntityTrait, L: EntityTrait> {
    /// Of the rows themselves.
    pub node: Columns<N>,
    /// Of the join table's rows that tie them to their parent.
    pub link: Columns<L>,
    /// Whether to tell the rows' places, for their cursors.
    pub place: bool,
}

impl<N: EntityTrait, L: EntityTrait> Wanted<N, L> {
    /// What any of `all` wants.
    pub fn union<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        Self {
            node: Columns::union(all.clone().map(|wanted| &wanted.node)),
            link: Columns::union(all.clone().map(|wanted| &wanted.link)),
            place: all.clone().any(|wanted| wanted.place),
        }
    }
}

/// The rows of a page, in the list's order.
pub struct Rows<N: EntityTrait, L: EntityTrait> {
    /// At most as many as the page's size.
    pub rows: Vec<Row<N, L>>,
    /// Whether the list goes on: behind the page, or before it if the page was read backwards.
    pub more: bool,
}

/// A row of a list.
pub struct Row<N: EntityTrait, L: EntityTrait> {
    /// The row itself.
    pub node: Arc<RowOf<N>>,
    /// The join table's row that ties it to the parent; without a join table, nothing of it is set.
    pub link: RowOf<L>,
    /// The values of the order's keys; `None` if they were not wanted.
    pub place: Option<Vec<Value>>,
}

/// Reads the rows of one statement.
pub struct RowReader<N: EntityTrait, L: EntityTrait> {
    node: Reader<N>,
    link: Reader<L>,
    place: Option<Vec<(ColumnType, usize)>>,
}

impl<N: EntityTrait, L: EntityTrait> RowReader<N, L> {
    /// The row of a list.
    pub fn read(&self, row: &QueryResult) -> Result<Row<N, L>> {
        let values = |place: &Vec<_>| place.iter().map(|(kind, position)| value(row, *position, kind)).collect();
        Ok(Row {
            node: Arc::new(self.node.read(row)?),
            link: self.link.read(row)?,
            place: self.place.as_ref().map(values).transpose()?,
        })
    }
}
