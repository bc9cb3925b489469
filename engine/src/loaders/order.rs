//! The order of a list, and the places in it that cursors mark.

use sea_orm::{
    ColumnTrait, DbBackend, Order as Direction, Value,
    sea_query::{DynIden, Expr, ExprTrait, IntoIden, JoinType, Query, SelectStatement},
};

use super::{
    Column, Hop, TableOf,
    filter::leads,
    sql::{direction, is_null, join_on, row_value},
};
use crate::kinds::Kind;

/// The order of a list: by these keys in turn, and by the primary key at last, so that it is total.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Order {
    /// What comes before the primary key.
    pub keys: Vec<OrderKey>,
    /// Whether the primary key descends.
    pub descending: bool,
}

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderKey {
    /// What is compared.
    pub by: OrderBy,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether NULL comes first: otherwise it comes last, in both directions.
    pub nulls_first: bool,
}

/// What an order compares of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderBy {
    /// A column of the row, or of its parent one hop away.
    Column {
        /// The step to the parent.
        parent: Option<Hop>,
        /// The column.
        column: Column,
    },
    /// How many rows are one hop away.
    Count(Hop),
}

impl OrderBy {
    /// By a column of the row, whose values are of this kind.
    pub fn column<C: ColumnTrait>(column: C, kind: Kind) -> Self {
        Self::Column { parent: None, column: Column::of(column, kind) }
    }

    /// The same of the parent that `hop` leads to; `None` if that is by more than a column of the parent's own.
    pub fn of_parent(self, hop: Hop) -> Option<Self> {
        match self {
            Self::Column { parent: None, column } => Some(Self::Column { parent: Some(hop), column }),
            _ => None,
        }
    }

    /// The kind of what is compared.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Column { column, .. } => column.kind,
            Self::Count(_) => Kind::INTEGER,
        }
    }

    /// The table that it reaches, if that is not the row's.
    fn table(&self) -> Option<TableOf> {
        match self {
            Self::Column { parent, .. } => parent.map(|hop| hop.table),
            Self::Count(hop) => Some(hop.table),
        }
    }

    /// Whether what is compared may be NULL.
    pub fn is_nullable(&self) -> bool {
        match self {
            Self::Column { parent, column } => column.nullable || parent.is_some_and(|hop| hop.optional),
            Self::Count(_) => false,
        }
    }

    /// Whether it is a column of the row itself.
    fn is_own(&self) -> bool {
        matches!(self, Self::Column { parent: None, .. })
    }

    /// What is compared, as SQL over the table with the alias `row`; `index` tells the order's keys apart.
    fn expr(&self, row: &DynIden, index: usize) -> Expr {
        match self {
            Self::Column { parent: None, column } => Expr::col((row.clone(), column.name)),
            Self::Column { column, .. } => Expr::col((parent_alias(index), column.name)),
            Self::Count(hop) => {
                let children = "n".into_iden();
                let same = leads(*hop, row, &children);
                let count =
                    Query::select().expr(Expr::cust("COUNT(*)")).from_as(hop.table, children).and_where(same).take();
                Expr::SubQuery(None, Box::new(count.into()))
            }
        }
    }
}

/// The alias of the parent whose column is an order's key number `index`.
fn parent_alias(index: usize) -> DynIden {
    format!("o{index}").into_iden()
}

/// One key of an order as SQL.
pub struct Sort {
    /// What is compared.
    pub expr: Expr,
    descending: bool,
    /// Whether a row value may have it, which an index on the row's own columns serves: on SQLite, no expression.
    fits_row_value: bool,
    bound: Bound,
}

/// What a place compares with a key of an order, by the number of its value there.
enum Bound {
    IsNull(usize),
    Value(usize, Kind),
    Key(usize),
}

impl Sort {
    /// In which direction to sort by it, the whole list being read `backwards` or not.
    pub fn direction(&self, backwards: bool) -> Direction {
        direction(self.descending, backwards)
    }

    /// What `place` compares with it; `None` if that is NULL: all that are NULL are equal in it.
    fn bound(&self, backend: DbBackend, place: &[Value]) -> Option<Expr> {
        match self.bound {
            Bound::IsNull(at) => Some(Expr::Constant(is_null_value(&place[at]).into())),
            Bound::Value(at, _) if is_null_value(&place[at]) => None,
            Bound::Value(at, kind) => Some(kind.bound_in_order(backend, &place[at])),
            Bound::Key(at) => Some(Expr::val(place[at].clone())),
        }
    }
}

/// A part of a list: all of it, or those of its rows that are NULL in the order's first column, or the others.
pub struct Part {
    /// Which rows.
    pub condition: Vec<Expr>,
    /// How they are sorted.
    pub sorts: Vec<Sort>,
}

impl Order {
    /// The tables that it reaches.
    pub fn tables(&self) -> impl Iterator<Item = TableOf> {
        self.keys.iter().filter_map(|key| key.by.table())
    }

    /// Whether it compares nothing but the primary key: such rows the program orders for less than the database.
    pub fn is_by_key(&self) -> bool {
        self.keys.is_empty()
    }

    /// Joins the parents whose columns the order compares: one row each, so that no row is doubled, and none is lost that has no
    /// parent.
    pub fn join(&self, select: &mut SelectStatement, row: &DynIden, join: JoinType) {
        for (index, key) in self.keys.iter().enumerate() {
            if let OrderBy::Column { parent: Some(hop), .. } = &key.by {
                let parent = parent_alias(index);
                let same = leads(*hop, row, &parent);
                let join = if hop.optional { JoinType::LeftJoin } else { join };
                join_on(select, join, hop.table, parent, same);
            }
        }
    }

    /// The order's keys over the table with the alias `row`, without the primary key.
    pub fn exprs(&self, row: &DynIden) -> impl Iterator<Item = Expr> {
        self.keys.iter().enumerate().map(|(index, key)| key.by.expr(row, index))
    }

    /// The whole order of rows with this primary key: where NULL may be, first by whether it is.
    pub fn sorts(&self, backend: DbBackend, row: &DynIden, primary_key: &[Expr]) -> Vec<Sort> {
        let mut sorts = Vec::with_capacity(self.keys.len() + primary_key.len());
        for (at, (key, expr)) in self.keys.iter().zip(self.exprs(row)).enumerate() {
            let serves = |expr: &Expr| backend == DbBackend::Postgres || matches!(expr, Expr::Column(_));
            let sort = |expr: Expr, descending, bound| {
                let fits_row_value = key.by.is_own() && serves(&expr);
                Sort { expr, descending, fits_row_value, bound }
            };
            if key.by.is_nullable() {
                sorts.push(sort(expr.clone().is_null(), key.nulls_first, Bound::IsNull(at)));
            }
            let kind = key.by.kind();
            sorts.push(sort(kind.in_order(backend, expr), key.descending, Bound::Value(at, kind)));
        }
        for (part, at) in primary_key.iter().zip(self.keys.len()..) {
            let (expr, bound) = (part.clone(), Bound::Key(at));
            sorts.push(Sort { expr, descending: self.descending, fits_row_value: true, bound });
        }
        sorts
    }

    /// The rows with this primary key that are behind one place and before the other, part by part.
    ///
    /// NULL is where the order says, and elsewhere in an index. So where the first column may be NULL, the rows in which it is are a part
    /// of their own: in both parts, the index is in the order, and a place is found in it.
    pub fn parts(
        &self,
        backend: DbBackend,
        row: &DynIden,
        primary_key: &[Expr],
        after: Option<&[Value]>,
        before: Option<&[Value]>,
    ) -> Vec<Part> {
        let places = [(after, true), (before, false)].into_iter().filter_map(|(place, behind)| Some((place?, behind)));
        let beyond = |sorts: &[Sort], place, behind| {
            let bounds: Vec<_> = sorts.iter().filter_map(|sort| Some((sort, sort.bound(backend, place)?))).collect();
            beyond(&bounds, behind)
        };
        let Some(first) = self.keys.first().filter(|key| key.by.is_own() && key.by.is_nullable()) else {
            let sorts = self.sorts(backend, row, primary_key);
            let condition = places.map(|(place, behind)| beyond(&sorts, place, behind)).collect();
            return vec![Part { condition, sorts }];
        };
        let column = first.by.expr(row, 0);
        let part = |nulls: bool| {
            // Without the first, of whether it is NULL: all of the part are equal in that.
            let mut sorts = self.sorts(backend, row, primary_key).split_off(1);
            if nulls {
                // They are equal in the column too. PostgreSQL does not know, but in the next key's direction its index has both in order.
                sorts[0].descending = sorts[1].descending;
            }
            let mut condition = Vec::new();
            for (place, behind) in places.clone() {
                if is_null_value(&place[0]) == nulls {
                    condition.push(beyond(&sorts, place, behind));
                } else if (nulls == first.nulls_first) == behind {
                    return None;
                }
            }
            if nulls {
                condition.push(is_null(backend, column.clone()));
            } else if condition.is_empty() || sorts[0].expr != column {
                // A bound of the column says so too, and is what SQLite is to search by.
                condition.push(column.clone().is_not_null());
            }
            Some(Part { condition, sorts })
        };
        [first.nulls_first, !first.nulls_first].into_iter().filter_map(part).collect()
    }
}

/// Whether a row is behind the place of these bounds, or before it.
///
/// The row's own columns that run in one direction are compared as one row value, which an index on them serves. Where the
/// direction or the table changes, what comes first bounds the search, and the rest decides among the rows equal in it.
fn beyond(bounds: &[(&Sort, Expr)], behind: bool) -> Expr {
    let Some((first, _)) = bounds.first() else { return Expr::Constant(false.into()) };
    let together =
        |(sort, _): &&(&Sort, Expr)| sort.fits_row_value && first.fits_row_value && sort.descending == first.descending;
    let run = bounds.iter().take_while(together).count().max(1);
    let own = row_value(bounds[..run].iter().map(|(sort, _)| sort.expr.clone()));
    let bound = row_value(bounds[..run].iter().map(|(_, bound)| bound.clone()));
    let greater = first.descending != behind;
    let strictly = if greater { own.clone().gt(bound.clone()) } else { own.clone().lt(bound.clone()) };
    if run == bounds.len() {
        return strictly;
    }
    let bounded = if greater { own.gte(bound) } else { own.lte(bound) };
    bounded.and(strictly.or(beyond(&bounds[run..], behind)))
}

fn is_null_value(value: &Value) -> bool {
    *value == value.as_null()
}
