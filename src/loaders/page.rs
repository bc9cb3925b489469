//! A page of a list: which rows it asks for, and the rows that it got.

use sea_orm::sea_query::{Expr, ExprTrait, Order, SelectStatement};

/// Which rows of a list to read: part of a loader's key, for it shapes the SQL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// The most rows.
    pub size: u64,
    /// Whether to read from the list's end. The rows come in the list's order all the same.
    pub backwards: bool,
    /// Only rows behind the place of this key.
    pub after: Option<Vec<i64>>,
    /// Only rows before the place of this key.
    pub before: Option<Vec<i64>>,
}

impl Page {
    /// Restricts `select` to this page of the rows that it orders by `key`: a seek, never an OFFSET, and one row more
    /// than the page's size, which tells whether there are more.
    pub fn apply(&self, select: &mut SelectStatement, key: &[Expr]) {
        let own = || row_value(key.iter().cloned());
        let place = |bound: &[i64]| row_value(bound.iter().map(|&part| Expr::val(part)));
        select.and_where_option(self.after.as_deref().map(|bound| own().gt(place(bound))));
        select.and_where_option(self.before.as_deref().map(|bound| own().lt(place(bound))));
        for part in key {
            select.order_by_expr(part.clone(), self.order());
        }
        select.limit(self.size + 1);
    }

    /// The order in which the rows are read.
    pub fn order(&self) -> Order {
        if self.backwards { Order::Desc } else { Order::Asc }
    }

    /// Makes the page of what its statement found.
    pub fn rows<R>(&self, mut found: Vec<R>) -> Rows<R> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        if self.backwards {
            found.reverse();
        }
        Rows { rows: found, more }
    }
}

/// `(a, b)`, or just `a`: row values compare part by part, as SQL has it, and an index serves the comparison.
pub fn row_value(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let mut parts: Vec<_> = parts.into_iter().collect();
    if parts.len() == 1 { parts.remove(0) } else { Expr::tuple(parts) }
}

/// The rows of a page, in the list's order.
#[derive(Debug)]
pub struct Rows<R> {
    /// At most as many as the page's size.
    pub rows: Vec<R>,
    /// Whether the list goes on: behind the page, or before it if the page was read backwards.
    pub more: bool,
}
