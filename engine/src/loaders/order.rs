//! The order of a list, and the places in it that cursors mark.

use sea_orm::{
    ColumnTrait, DbBackend, Order as Direction, Value,
    sea_query::{DynIden, Expr, ExprTrait, IntoIden, JoinType, Query, SelectStatement},
};

use super::{
    Column, Hop,
    filter::leads,
    sql::{direction, join_on, row_value},
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

    /// Whether what is compared may be NULL.
    pub fn is_nullable(&self) -> bool {
        match self {
            Self::Column { parent, column } => column.nullable || parent.is_some_and(|hop| hop.optional),
            Self::Count(_) => false,
        }
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
    expr: Expr,
    descending: bool,
    /// Whether it is a column of the row itself.
    own: bool,
}

impl Sort {
    /// In which direction to sort by it, the whole list being read `backwards` or not.
    pub fn by(self, backwards: bool) -> (Expr, Direction) {
        (self.expr, direction(self.descending, backwards))
    }
}

impl Order {
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
        for (key, expr) in self.keys.iter().zip(self.exprs(row)) {
            let own = matches!(key.by, OrderBy::Column { parent: None, .. });
            if key.by.is_nullable() {
                sorts.push(Sort { expr: expr.clone().is_null(), descending: key.nulls_first, own });
            }
            sorts.push(Sort { expr: key.by.kind().in_order(backend, expr), descending: key.descending, own });
        }
        let key = primary_key.iter().map(|part| Sort { expr: part.clone(), descending: self.descending, own: true });
        sorts.extend(key);
        sorts
    }

    /// Whether a row with this primary key is behind `place` in this order, or before it.
    pub fn beyond(
        &self,
        backend: DbBackend,
        row: &DynIden,
        primary_key: &[Expr],
        place: &[Value],
        behind: bool,
    ) -> Expr {
        let mut sorts = self.sorts(backend, row, primary_key).into_iter();
        let mut bounds = Vec::with_capacity(sorts.len());
        for (key, value) in self.keys.iter().zip(place) {
            let is_null = *value == value.as_null();
            if key.by.is_nullable() {
                bounds.extend(sorts.next().map(|sort| (sort, Expr::Constant(is_null.into()))));
            }
            // All that are NULL are equal in it.
            bounds.extend(
                sorts.next().filter(|_| !is_null).map(|sort| (sort, key.by.kind().bound_in_order(backend, value))),
            );
        }
        bounds.extend(sorts.zip(place.iter().skip(self.keys.len()).map(|part| Expr::val(part.clone()))));
        beyond(&bounds, behind)
    }
}

/// Whether a row is behind the place of these bounds, or before it.
///
/// The row's own columns that run in one direction are compared as one row value, which an index on them serves. Where the
/// direction or the table changes, what comes first bounds the search, and the rest decides among the rows equal in it.
fn beyond(bounds: &[(Sort, Expr)], behind: bool) -> Expr {
    let Some((first, _)) = bounds.first() else { return Expr::Constant(false.into()) };
    let together = |(sort, _): &&(Sort, Expr)| sort.own && first.own && sort.descending == first.descending;
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
