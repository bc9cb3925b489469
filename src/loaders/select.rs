//! The statements of the loaders. Whatever the number of keys, they travel as one parameter (one a key column), so a
//! statement's text never changes with it: it is prepared once, and no limit on parameters is met.

use sea_orm::{
    DbBackend, EntityTrait, Iterable, PrimaryKeyToColumn,
    sea_query::{Expr, ExprTrait, Func, FunctionCall, IntoIden, JoinType, Query, SelectStatement, TableRef},
};
use serde_json::json;

use super::{Page, Relation, Row, page::row_value};

/// The alias of the keys' table, and on PostgreSQL of its one column.
const KEYS: &str = "k";
/// The alias of the table whose rows a statement returns.
pub const ROWS: &str = "r";
/// The alias of a parent's page, on SQLite.
const PAGE: &str = "page";
/// The name under which a statement for many parents selects the parent's key.
pub const PARENT: &str = "parent_key";

/// A page of all rows of an entity, in the order of the primary key.
pub fn page<E: EntityTrait>(page: &Page) -> SelectStatement {
    let mut select = all::<E>();
    page.apply(&mut select, &primary_key::<E>(ROWS));
    select
}

/// How many rows an entity has.
pub fn count<E: EntityTrait>() -> SelectStatement {
    Query::select().expr(Expr::cust("COUNT(*)")).from(E::default()).take()
}

/// The rows of an entity with these keys.
pub fn by_keys<E: EntityTrait>(backend: DbBackend, keys: &[Vec<i64>]) -> SelectStatement {
    all::<E>().and_where(is_one_of(backend, primary_key::<E>(ROWS), keys)).take()
}

/// For each parent, a page of its rows: reads the rows that it returns, and one more a parent.
///
/// PostgreSQL runs the sub-query once a key because it is LATERAL. SQLite has no LATERAL, but a table function's argument
/// may refer to the tables before it: the page travels as an array of row numbers, in the order of joining that CROSS
/// JOIN states (<https://sqlite.org/optoverview.html>). A correlated `IN` would say the same, but SQLite answers that by
/// reading the whole table where its statistics call the table small.
pub fn page_by_parent<R: Relation>(backend: DbBackend, parents: &[i64], page: &Page) -> SelectStatement {
    let child = Expr::col((R::Table::default(), R::CHILD));
    let mut of_a_parent = Query::select();
    of_a_parent
        .from(R::Table::default())
        .and_where(Expr::col((R::Table::default(), R::PARENT)).eq(Expr::col(key_column(backend))));
    page.apply(&mut of_a_parent, std::slice::from_ref(&child));

    let mut select = Query::select();
    select
        .expr_as(Expr::col(key_column(backend)), PARENT)
        .columns(columns::<R::Table>())
        .from_function(keys_function(backend, parents.to_vec()), KEYS);
    if backend == DbBackend::Postgres {
        of_a_parent.columns(<R::Table as EntityTrait>::Column::iter());
        select.join_lateral(JoinType::InnerJoin, of_a_parent, ROWS, Expr::Constant(true.into()));
    } else {
        let rowid = "rowid";
        of_a_parent.expr_as(Expr::col((R::Table::default(), rowid)), rowid);
        let numbers = Func::cust("json_group_array").arg(Expr::col(rowid));
        let numbers = Query::select().expr(numbers).from_subquery(of_a_parent, PAGE).take();
        let page = Func::cust("json_each").arg(Expr::SubQuery(None, Box::new(numbers.into())));
        let page = TableRef::FunctionCall(page, PAGE.into_iden());
        select
            .cross_join(page)
            .join_as(JoinType::CrossJoin, R::Table::default(), ROWS, Expr::Constant(true.into()))
            .and_where(Expr::col((ROWS, rowid)).eq(Expr::col((PAGE, "value"))));
    }
    R::Row::join(&mut select, Expr::col((ROWS, R::CHILD)));
    // The order of the joined rows is nothing that a database promises without it.
    select.order_by((ROWS, R::CHILD), page.order()).take()
}

/// For each parent that has any, the number of its rows.
pub fn count_by_parent<R: Relation>(backend: DbBackend, parents: &[i64]) -> SelectStatement {
    let keys: Vec<_> = parents.iter().map(|&parent| vec![parent]).collect();
    Query::select()
        .expr_as(Expr::col((ROWS, R::PARENT)), PARENT)
        .expr(Expr::cust("COUNT(*)"))
        .from_as(R::Table::default(), ROWS)
        .and_where(is_one_of(backend, vec![Expr::col((ROWS, R::PARENT))], &keys))
        .group_by_col((ROWS, R::PARENT))
        .take()
}

fn all<E: EntityTrait>() -> SelectStatement {
    Query::select().columns(columns::<E>()).from_as(E::default(), ROWS).take()
}

fn columns<E: EntityTrait>() -> impl Iterator<Item = (&'static str, E::Column)> {
    E::Column::iter().map(|column| (ROWS, column))
}

/// The primary key's columns of the table with this alias, in the key's order.
pub fn primary_key<E: EntityTrait>(alias: &'static str) -> Vec<Expr> {
    E::PrimaryKey::iter().map(|part| Expr::col((alias, part.into_column()))).collect()
}

/// The function that turns keys into a table.
fn keys_function(backend: DbBackend, keys: Vec<i64>) -> FunctionCall {
    match backend {
        DbBackend::Postgres => Func::cust("unnest").arg(keys),
        _ => Func::cust("json_each").arg(json!(keys).to_string()),
    }
}

fn key_column(backend: DbBackend) -> (&'static str, &'static str) {
    (KEYS, if backend == DbBackend::Postgres { KEYS } else { "value" })
}

/// Whether a key, of one part or several, is among `keys`.
fn is_one_of(backend: DbBackend, key: Vec<Expr>, keys: &[Vec<i64>]) -> Expr {
    let part = |index: usize| keys.iter().map(|key| key[index]).collect::<Vec<_>>();
    let parts = key.len();
    let mut among = Query::select();
    match (backend, parts) {
        (DbBackend::Postgres, 1) => return row_value(key).eq(Func::cust("ANY").arg(part(0))),
        // Set-returning functions side by side in a select list run in lockstep (PostgreSQL 10 and later).
        (DbBackend::Postgres, _) => {
            among.exprs((0..parts).map(|index| keys_function(backend, part(index))));
        }
        (_, 1) => {
            among.column("value").from_function(keys_function(backend, part(0)), KEYS);
        }
        _ => {
            let value = |index| Func::cust("json_extract").arg(Expr::col("value")).arg(format!("$[{index}]"));
            among
                .exprs((0..parts).map(value))
                .from_function(Func::cust("json_each").arg(json!(keys).to_string()), KEYS);
        }
    }
    row_value(key).in_subquery(among)
}
