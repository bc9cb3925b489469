//! Pieces of SQL that several statements have.

use sea_orm::{
    DbBackend, Order, Value,
    sea_query::{DynIden, Expr, ExprTrait, Func, FunctionCall, IntoTableRef, JoinType, Query, SelectStatement},
};
use serde_json::Value as Json;

use crate::kinds::Kind;

/// The alias of the table that a parameter's values make.
const VALUES: &str = "k";

/// Joins the rows of a table that satisfy a condition. `CROSS JOIN` has it in the WHERE: sea-query writes no ON there.
pub fn join_on(select: &mut SelectStatement, join: JoinType, table: impl IntoTableRef, alias: DynIden, on: Expr) {
    if join == JoinType::CrossJoin {
        select.join_as(join, table, alias, always()).and_where(on);
    } else {
        select.join_as(join, table, alias, on);
    }
}

/// The condition of a join that has none: not a parameter, whose value PostgreSQL would look at for each row.
pub fn always() -> Expr {
    Expr::cust("TRUE")
}

/// Whether a column is NULL. SQLite takes NULL to be as rare as any other value, and would rather search for it among all rows than by a
/// parent's key: half of the rows may have it (<https://sqlite.org/lang_corefunc.html#likelihood>).
pub fn is_null(backend: DbBackend, column: Expr) -> Expr {
    let is_null = column.is_null();
    if backend == DbBackend::Postgres {
        return is_null;
    }
    Func::cust("likelihood").arg(is_null).arg(Expr::Constant(0.5.into())).into()
}

/// Whether `value` is among `values`, which are one parameter, of this kind.
pub fn is_among(backend: DbBackend, value: Expr, kind: Kind, values: Vec<Value>) -> Expr {
    if backend == DbBackend::Postgres {
        return value.eq(Func::cust("ANY").arg(array(kind, values)));
    }
    is_among_json(value, values.iter().filter_map(|value| kind.to_stored(value)).collect(), kind)
}

/// The same of values as SQLite has them in JSON.
pub fn is_among_json(value: Expr, values: Json, kind: Kind) -> Expr {
    let table = json_each(&values);
    value.in_subquery(Query::select().expr(kind.of_stored(Expr::col("value"))).from_function(table, VALUES).take())
}

/// SQLite's table of the items of an array, which is one parameter.
pub fn json_each(array: &Json) -> FunctionCall {
    // A value's own `to_string` goes through the machinery of formats, at one and a half times the cost. A value is never refused.
    Func::cust("json_each").arg(serde_json::to_string(array).unwrap_or_default())
}

/// Values as PostgreSQL's array of their kind.
pub fn array(kind: Kind, values: Vec<Value>) -> Expr {
    kind.bound_all(Value::Array(kind.array(), Some(Box::new(values))))
}

/// Whether these are equal, each pair.
pub fn all_equal(pairs: impl IntoIterator<Item = (Expr, Expr)>) -> Expr {
    pairs.into_iter().map(|(one, other)| one.eq(other)).reduce(ExprTrait::and).unwrap_or_else(always)
}

/// `(a, b)`, or just `a`: row values compare part by part, as SQL has it, and an index serves the comparison.
pub fn row_value(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let mut parts: Vec<_> = parts.into_iter().collect();
    if parts.len() == 1 { parts.remove(0) } else { Expr::tuple(parts) }
}

/// In which direction to sort by a key, the whole list being read `backwards` or not.
pub fn direction(descending: bool, backwards: bool) -> Order {
    if descending == backwards { Order::Asc } else { Order::Desc }
}
