//! A list and a page of it.

use std::sync::Arc;

use derive_where::derive_where;
use sea_orm::{
    DbBackend, EntityTrait, QueryResult, Value,
    sea_query::{DynIden, Expr, JoinType, SelectStatement},
};

use super::{
    Columns, Filter, Order, Rows,
    order::beyond,
    rows::{Block, Found},
};

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

    /// The pages, one a parent, that are among the rows of the list's statement, whose columns begin at `position`.
    /// `parents` tells of each row which of so many parents it is of.
    pub fn of_rows<N: EntityTrait, L: EntityTrait>(
        &self,
        wanted: &Wanted<N, L>,
        rows: Vec<QueryResult>,
        position: usize,
        parents: &[usize],
        count: usize,
    ) -> Vec<Rows<N, L>> {
        let (node, link) = (position, position + wanted.node.iter().len());
        let kinds = self.order.keys.iter().map(|key| key.by.kind().clone());
        let places = (link + wanted.link.iter().len()..).zip(kinds).take(if wanted.place { usize::MAX } else { 0 });
        let mut order: Vec<usize> = (0..rows.len()).collect();
        // Stable: within a parent, the rows are in the statement's order.
        order.sort_by_key(|&row| parents[row]);

        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut ranges = Vec::with_capacity(count);
        let mut start = 0;
        for parent in 0..count {
            let found = order[start..].iter().take_while(|&&row| parents[row] == parent).count();
            let range = start..start + found.min(size);
            if self.backwards {
                order[range.clone()].reverse();
            }
            ranges.push((range, found > size));
            start += found;
        }

        let rows: Arc<[QueryResult]> = rows.into();
        let found = Arc::new(Found {
            node: Arc::new(Block::new(Arc::clone(&rows), &wanted.node, node)),
            link: Arc::new(Block::new(rows, &wanted.link, link)),
            places: places.collect(),
            order,
        });
        ranges.into_iter().map(|(range, more)| Rows { found: Arc::clone(&found), range, more }).collect()
    }
}

/// What of a page's rows is read. Requests for the same page that want different columns share a statement.
#[derive_where(Clone, PartialEq, Eq)]
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
