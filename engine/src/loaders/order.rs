//! The order of a list, and the places in it that cursors mark.

use derive_where::derive_where;
use sea_orm::{
    ColumnTrait, Order as Direction, Value,
    sea_query::{ColumnType, DynIden, Expr, ExprTrait, IntoIden, JoinType, Query, SelectStatement},
};

use super::{
    Hop,
    filter::leads,
    moment::bound as bound_by,
    sql::{direction, join_on, row_value},
};

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
}

/// What an order compares of a row.
#[derive(Clone, Debug)]
#[derive_where(PartialEq, Eq, Hash)]
pub enum OrderBy {
    /// A column of the row, or of its parent one hop away.
    Column {
        /// The step to the parent.
        parent: Option<Hop>,
        /// The column.
        name: &'static str,
        /// The column's type, which its name determines.
        #[derive_where(skip(EqHashOrd))]
        kind: ColumnType,
    },
    /// How many rows are one hop away.
    Count(Hop),
}

impl OrderBy {
    /// By a column of the row.
    pub fn column<C: ColumnTrait>(column: C) -> Self {
        Self::Column { parent: None, name: column.as_str(), kind: column.def().get_column_type().clone() }
    }

    /// The same of the parent that `hop` leads to; `None` if that is by more than a column of the parent's own.
    pub fn of_parent(self, hop: Hop) -> Option<Self> {
        match self {
            Self::Column { parent: None, name, kind } => Some(Self::Column { parent: Some(hop), name, kind }),
            _ => None,
        }
    }

    /// The type of what is compared.
    pub fn kind(&self) -> &ColumnType {
        match self {
            Self::Column { kind, .. } => kind,
            Self::Count(_) => &ColumnType::BigInteger,
        }
    }

    /// What is compared, as SQL over the table with the alias `row`; `index` tells the order's keys apart.
    fn expr(&self, row: &DynIden, index: usize) -> Expr {
        match self {
            Self::Column { parent: None, name, .. } => Expr::col((row.clone(), *name)),
            Self::Column { name, .. } => Expr::col((parent_alias(index), *name)),
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

    /// Joins the parents whose columns the order compares: one row each, so that no row is doubled.
    pub fn join(&self, select: &mut SelectStatement, row: &DynIden, join: JoinType) {
        for (index, key) in self.keys.iter().enumerate() {
            if let OrderBy::Column { parent: Some(hop), .. } = &key.by {
                let parent = parent_alias(index);
                let same = leads(*hop, row, &parent);
                join_on(select, join, hop.table, parent, same);
            }
        }
    }

    /// The order's keys over the table with the alias `row`, without the primary key.
    pub fn exprs(&self, row: &DynIden) -> impl Iterator<Item = Expr> {
        self.keys.iter().enumerate().map(|(index, key)| key.by.expr(row, index))
    }

    /// The whole order of rows with this primary key.
    pub fn sorts(&self, row: &DynIden, primary_key: &[Expr]) -> Vec<Sort> {
        let keys = self.keys.iter().zip(self.exprs(row)).map(|(key, expr)| {
            let own = matches!(key.by, OrderBy::Column { parent: None, .. });
            Sort { expr, descending: key.descending, own }
        });
        let primary_key =
            primary_key.iter().map(|part| Sort { expr: part.clone(), descending: self.descending, own: true });
        keys.chain(primary_key).collect()
    }
}

/// Whether a row is behind `place` in this order, or before it.
///
/// The row's own columns that run in one direction are compared as one row value, which an index on them serves. Where the
/// direction or the table changes, what comes first bounds the search, and the rest decides among the rows equal in it.
pub fn beyond(sorts: &[Sort], place: &[Value], behind: bool) -> Expr {
    let Some(first) = sorts.first() else { return Expr::Constant(false.into()) };
    let together = |sort: &&Sort| sort.own && first.own && sort.descending == first.descending;
    let run = sorts.iter().take_while(together).count().max(1);
    let own = row_value(sorts[..run].iter().map(|sort| sort.expr.clone()));
    let bound = row_value(place[..run].iter().map(bound_by));
    let greater = first.descending != behind;
    let strictly = if greater { own.clone().gt(bound.clone()) } else { own.clone().lt(bound.clone()) };
    if run == sorts.len() {
        return strictly;
    }
    let bounded = if greater { own.gte(bound) } else { own.lte(bound) };
    bounded.and(strictly.or(beyond(&sorts[run..], &place[run..], behind)))
}
