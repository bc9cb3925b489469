//! A list and a page of it.

use std::sync::Arc;

use derive_where::derive_where;
use sea_orm::{
    DbBackend, EntityTrait, QueryResult, Value,
    sea_query::{Asterisk, DynIden, Expr, JoinType, Query, SelectStatement, UnionType},
};

use super::{
    Columns, Filter, Order, Rows, Table, TableOf,
    order::Part,
    rows::{Block, Found},
};
use crate::error::Result;

/// The alias of a part of a list.
const PART: &str = "part";

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
    /// The tables that its rows are found by, besides their own.
    pub fn tables(&self) -> Vec<TableOf> {
        self.filter.tables().into_iter().chain(self.order.tables()).collect()
    }

    /// The statement for this page of what `select` has of the table with the alias `row`: a seek, never an OFFSET, and one row more than the page's size,
    /// which tells whether there are more.
    pub fn select(
        &self,
        mut select: SelectStatement,
        backend: DbBackend,
        row: &DynIden,
        primary_key: &[Expr],
        join: JoinType,
    ) -> SelectStatement {
        self.order.join(&mut select, row, join);
        self.filter.apply(&mut select, backend, row);
        let mut parts = self.order.parts(backend, row, primary_key, self.after.as_deref(), self.before.as_deref());
        if parts.len() == 1 {
            return self.cut(select, parts.remove(0));
        }
        // The page is among the first rows of each part.
        let sorts: Vec<_> =
            (0..).map(|number| format!("sort_{number}")).zip(self.order.sorts(backend, row, primary_key)).collect();
        for (name, sort) in &sorts {
            select.expr_as(sort.expr.clone(), name.clone());
        }
        let parts = parts
            .into_iter()
            .map(|part| Query::select().column(Asterisk).from_subquery(self.cut(select.clone(), part), PART).take());
        let Some(mut all) = parts.reduce(|mut all, part| all.union(UnionType::All, part).take()) else {
            return select.and_where(Expr::Constant(false.into())).take();
        };
        for (name, sort) in sorts {
            all.order_by(name, sort.direction(self.backwards));
        }
        all.limit(self.size + 1).take()
    }

    /// The first rows of a part of the list, or its last.
    fn cut(&self, mut select: SelectStatement, part: Part) -> SelectStatement {
        for condition in part.condition {
            select.and_where(condition);
        }
        for sort in part.sorts {
            let direction = sort.direction(self.backwards);
            select.order_by_expr(sort.expr, direction);
        }
        select.limit(self.size + 1).take()
    }

    /// Whether choosing the rows takes more of them than their keys.
    pub fn reads_rows(&self) -> bool {
        !self.filter.is_empty() || !self.order.keys.is_empty()
    }

    /// The page of the rows that the list's statement found.
    pub fn of_list<N: Table, L: EntityTrait>(
        &self,
        wanted: &Wanted<N, L>,
        rows: Vec<QueryResult>,
    ) -> Option<Rows<N, L>> {
        let ends = [rows.len()];
        let order = (0..rows.len()).collect();
        self.pages(self.found(wanted, rows, 0, order), ends).pop()
    }

    /// The pages, one a parent, of the rows that the statement for all parents found, whose first `position` columns are the parent's
    /// key. `parents` tells of each row which of so many parents it is of.
    pub fn of_parents<N: Table, L: EntityTrait>(
        &self,
        wanted: &Wanted<N, L>,
        rows: Vec<QueryResult>,
        position: usize,
        parents: &[usize],
        count: usize,
    ) -> Result<Vec<Rows<N, L>>> {
        let mut found = self.found(wanted, rows, position, (0..parents.len()).collect());
        if self.order.is_by_key() {
            found.keys = found.order.iter().map(|&row| found.node.key(row)).collect::<Result<_>>()?;
            let ascends = self.order.descending == self.backwards;
            let keys = &found.keys;
            let mut places: Vec<_> = parents.iter().copied().zip(keys.iter()).zip(0..).collect();
            places.sort_unstable_by(|((parent, key), _), ((other_parent, other), _)| {
                let by_key = if ascends { key.cmp(other) } else { other.cmp(key) };
                parent.cmp(other_parent).then(by_key)
            });
            found.order = places.into_iter().map(|(_, row)| row).collect();
        } else {
            // Stable: within a parent, the rows stay in the statement's order.
            found.order.sort_by_key(|&row| parents[row]);
        }
        let mut ends = vec![0; count];
        parents.iter().for_each(|&parent| ends[parent] += 1);
        let ends = ends.into_iter().scan(0, |end, rows| {
            *end += rows;
            Some(*end)
        });
        Ok(self.pages(found, ends))
    }

    fn found<N: Table, L: EntityTrait>(
        &self,
        wanted: &Wanted<N, L>,
        rows: Vec<QueryResult>,
        position: usize,
        order: Vec<usize>,
    ) -> Found<N, L> {
        let rows = Arc::new(rows);
        let link = position + wanted.node.iter().len();
        let kinds = self.order.keys.iter().map(|key| key.by.kind());
        let places = (link + wanted.link.iter().len()..).zip(kinds);
        Found {
            node: Arc::new(Block::new(Arc::clone(&rows), &wanted.node, position)),
            link: Arc::new(Block::new(rows, &wanted.link, link)),
            places: if wanted.place { places.collect() } else { Vec::new() },
            order,
            keys: Arc::new([]),
        }
    }

    /// Cuts what was found at the ends of the pages, and each to its size: a row more tells that the list goes on.
    fn pages<N: Table, L: EntityTrait>(
        &self,
        mut found: Found<N, L>,
        ends: impl IntoIterator<Item = usize>,
    ) -> Vec<Rows<N, L>> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut start = 0_usize;
        let cut = |end: usize| {
            let range = start..end.min(start.saturating_add(size));
            start = end;
            if self.backwards {
                found.order[range.clone()].reverse();
            }
            (range.clone(), range.end < end)
        };
        let pages: Vec<_> = ends.into_iter().map(cut).collect();
        let found = Arc::new(found);
        pages.into_iter().map(|(range, more)| Rows { found: Arc::clone(&found), range, more }).collect()
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
