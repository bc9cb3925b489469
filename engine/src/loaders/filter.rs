//! Which rows of a list: a condition, and the SQL that both databases answer alike.

use sea_orm::{
    DbBackend, Value,
    sea_query::{DynIden, Expr, ExprTrait, Func, IntoIden, JoinType, Query, SelectStatement},
};

use super::{Hop, sql::is_among};

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
    Column(&'static str, Test),
    /// Following these hops leads to a row at least that satisfies the condition.
    Some(Vec<Hop>, Box<Filter>),
}

impl Default for Filter {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// What a column's value is compared with. No value is NULL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// It is the same: for texts, to the last byte.
    Eq(Value),
    /// It is not the same.
    Ne(Value),
    /// It is neither less than the one nor greater than the other.
    Between(Value, Value),
    /// It is greater: for moments, later.
    Gt(Value),
    /// It is not less.
    Gte(Value),
    /// It is less: for moments, earlier.
    Lt(Value),
    /// It is not greater.
    Lte(Value),
    /// It is one of these keys.
    InKeys(Vec<i64>),
    /// It is one of these texts.
    InTexts(Vec<String>),
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

    fn at_depth(&self, backend: DbBackend, row: &DynIden, depth: usize) -> Expr {
        let each = |filters: &[Self], join: fn(Expr, Expr) -> Expr, none: bool| {
            let conditions = filters.iter().map(|filter| filter.at_depth(backend, row, depth));
            conditions.reduce(join).unwrap_or_else(|| Expr::Constant(none.into()))
        };
        match self {
            Self::All(all) => each(all, |a, b| a.and(b), true),
            Self::Any(any) => each(any, |a, b| a.or(b), false),
            Self::Not(filter) => filter.at_depth(backend, row, depth).not(),
            Self::Column(column, test) => test.condition(backend, Expr::col((row.clone(), *column))),
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
    fn condition(&self, backend: DbBackend, column: Expr) -> Expr {
        let postgres = backend == DbBackend::Postgres;
        let call = |name, text: &str| Func::cust(name).arg(column.clone()).arg(text);
        match self {
            Self::Eq(value) => column.eq(value.clone()),
            Self::Ne(value) => column.ne(value.clone()),
            Self::Between(least, greatest) => column.between(least.clone(), greatest.clone()),
            Self::Gt(value) => column.gt(value.clone()),
            Self::Gte(value) => column.gte(value.clone()),
            Self::Lt(value) => column.lt(value.clone()),
            Self::Lte(value) => column.lte(value.clone()),
            Self::InKeys(keys) => is_among(backend, column, keys.clone()),
            Self::InTexts(texts) => is_among(backend, column, texts.clone()),
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
            Self::EndsWith(text) if text.is_empty() => Expr::Constant(true.into()),
            Self::EndsWith(text) => {
                Expr::expr(Func::cust("substr").arg(column).arg(-characters(text))).eq(text.as_str())
            }
        }
    }
}

/// That a step leads from the row with the one alias to the row with the other.
pub fn leads(hop: Hop, from: &DynIden, to: &DynIden) -> Expr {
    Expr::col((to.clone(), hop.to)).eq(Expr::col((from.clone(), hop.from)))
}

/// The number of Unicode scalar values, which both databases count: PostgreSQL's `right` takes 32 bits.
fn characters(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}
