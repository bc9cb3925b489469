//! Which rows of a list: a condition, and the SQL that both databases answer alike.

use sea_orm::{
    ColumnTrait, DbBackend, Value,
    sea_query::{DynIden, Expr, ExprTrait, Func, IntoIden, JoinType, Query, SelectStatement},
};

use super::{
    Hop,
    sql::{all_equal, is_among},
};
use crate::kinds::{Held, Kind};

/// A condition on a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All of these hold; so it does if there are none.
    All(Vec<Filter>),
    /// One of these holds at least; so it does not if there are none.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A column passes a test.
    Column(Column, Test),
    /// Following these hops leads to a row at least that satisfies the condition.
    Some(Vec<Hop>, Box<Filter>),
}

impl Default for Filter {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// A column that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// Whether they may be NULL.
    pub nullable: bool,
}

impl Column {
    /// That of an entity, whose values are of this kind.
    pub fn of(column: impl ColumnTrait, kind: Kind) -> Self {
        Self { name: column.as_str(), kind, nullable: column.def().is_null() }
    }
}

/// What a column's value is compared with, which is not NULL. NULL is equal to nothing else, and neither less nor greater than anything:
/// it passes no test but [`Test::Ne`] and [`Test::IsNull`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// It is the same: for texts, to the last byte.
    Eq(Value),
    /// It is not the same.
    Ne(Value),
    /// It is NULL, or is not.
    IsNull(bool),
    /// It is greater: for moments, later.
    Gt(Value),
    /// It is not less.
    Gte(Value),
    /// It is less: for moments, earlier.
    Lt(Value),
    /// It is not greater.
    Lte(Value),
    /// It is one of these values.
    In(Vec<Value>),
    /// The text has this one in it.
    Contains(String),
    /// The text begins with this one.
    StartsWith(String),
    /// The text ends with this one.
    EndsWith(String),
}

impl Filter {
    /// Whether it holds of each row, whatever there is in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::All(all) if all.is_empty())
    }

    /// Restricts `select` to the rows that it holds of, in the table with the alias `row`.
    pub fn apply(&self, select: &mut SelectStatement, backend: DbBackend, row: &DynIden) {
        self.apply_at(select, backend, row, 0);
    }

    fn apply_at(&self, select: &mut SelectStatement, backend: DbBackend, row: &DynIden, depth: usize) {
        if !self.is_empty() {
            select.and_where(self.at_depth(backend, row, depth));
        }
    }

    /// Whether SQL's answer may be neither true nor false.
    fn may_be_null(&self) -> bool {
        match self {
            Self::All(filters) | Self::Any(filters) => filters.iter().any(Self::may_be_null),
            Self::Column(column, test) => column.nullable && !matches!(test, Test::Ne(_) | Test::IsNull(_)),
            Self::Not(_) | Self::Some(..) => false,
        }
    }

    fn at_depth(&self, backend: DbBackend, row: &DynIden, depth: usize) -> Expr {
        let each = |filters: &[Self], join: fn(Expr, Expr) -> Expr, none: bool| {
            let conditions = filters.iter().map(|filter| filter.at_depth(backend, row, depth));
            conditions.reduce(join).unwrap_or_else(|| Expr::Constant(none.into()))
        };
        match self {
            Self::All(all) => each(all, |a, b| a.and(b), true),
            Self::Any(any) => each(any, |a, b| a.or(b), false),
            // What is not true is false: the opposite of a condition holds of all other rows.
            Self::Not(filter) if filter.may_be_null() => {
                let known = [filter.at_depth(backend, row, depth), Expr::Constant(false.into())];
                Expr::expr(Func::coalesce(known)).not()
            }
            Self::Not(filter) => filter.at_depth(backend, row, depth).not(),
            Self::Column(column, test) => test.condition(backend, *column, Expr::col((row.clone(), column.name))),
            // A sub-query, never a join: a row is in the list once, however many rows it is related to.
            Self::Some(hops, filter) => {
                let mut related = Query::select();
                related.expr(Expr::Constant(1.into()));
                let mut from = row.clone();
                for (step, hop) in hops.iter().enumerate() {
                    let to = format!("f{depth}_{step}").into_iden();
                    let same = leads(*hop, &from, &to);
                    if step == 0 {
                        related.from_as(hop.table, to.clone()).and_where(same);
                    } else {
                        related.join_as(JoinType::InnerJoin, hop.table, to.clone(), same);
                    }
                    from = to;
                }
                filter.apply_at(&mut related, backend, &from, depth + 1);
                Expr::exists(related)
            }
        }
    }
}

impl Test {
    /// The test of `column`. Texts are compared by functions that know no wildcard and no case, on both databases alike.
    fn condition(&self, backend: DbBackend, of: Column, column: Expr) -> Expr {
        let postgres = backend == DbBackend::Postgres;
        let call = |name, text: &str| Func::cust(name).arg(column.clone()).arg(text);
        let kind = of.kind;
        // What is finer than the database holds is equal to nothing there, and behind the next below that it holds.
        let held = |value: &Value| kind.held(backend, value);
        let in_order = |column: Expr| kind.in_order(backend, column);
        let bound = |value: &Value| kind.bound_in_order(backend, value);
        match self {
            Self::Eq(value) => match held(value) {
                Held { is_below: true, .. } => Expr::Constant(false.into()),
                Held { value, .. } => column.eq(kind.bound(&value)),
            },
            Self::Ne(value) => match held(value) {
                Held { is_below: true, .. } => Expr::Constant(true.into()),
                Held { value, .. } if of.nullable => column.clone().ne(kind.bound(&value)).or(column.is_null()),
                Held { value, .. } => column.ne(kind.bound(&value)),
            },
            Self::IsNull(true) => column.is_null(),
            Self::IsNull(false) => column.is_not_null(),
            Self::Gt(value) => in_order(column).gt(bound(&held(value).value)),
            Self::Gte(value) => match held(value) {
                Held { value, is_below: true } => in_order(column).gt(bound(&value)),
                Held { value, .. } => in_order(column).gte(bound(&value)),
            },
            Self::Lt(value) => match held(value) {
                Held { value, is_below: true } => in_order(column).lte(bound(&value)),
                Held { value, .. } => in_order(column).lt(bound(&value)),
            },
            Self::Lte(value) => in_order(column).lte(bound(&held(value).value)),
            Self::In(values) => {
                let held = values.iter().map(held).filter(|held| !held.is_below);
                is_among(backend, column, kind, held.map(|held| held.value).collect())
            }
            Self::Contains(text) => {
                Expr::expr(call(if postgres { "strpos" } else { "instr" }, text)).gt(Expr::Constant(0.into()))
            }
            Self::StartsWith(text) if postgres => call("starts_with", text).into(),
            Self::StartsWith(text) => {
                Expr::expr(Func::cust("substr").arg(column).arg(Expr::Constant(1.into())).arg(characters(text)))
                    .eq(text.as_str())
            }
            Self::EndsWith(text) if postgres => {
                Expr::expr(Func::cust("right").arg(column).arg(characters(text))).eq(text.as_str())
            }
            // SQLite's `substr(x, -0)` is all of x.
            Self::EndsWith(text) if text.is_empty() => column.is_not_null(),
            Self::EndsWith(text) => {
                Expr::expr(Func::cust("substr").arg(column).arg(-characters(text))).eq(text.as_str())
            }
        }
    }
}

/// That a step leads from the row with the one alias to the row with the other.
pub fn leads(hop: Hop, from: &DynIden, to: &DynIden) -> Expr {
    all_equal(hop.pairs().map(|(own, other)| (Expr::col((to.clone(), other)), Expr::col((from.clone(), own)))))
}

/// The number of Unicode scalar values, which both databases count: PostgreSQL's `right` takes 32 bits.
fn characters(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}
