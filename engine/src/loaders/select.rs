//! The statements of the loaders. Whatever the number of keys, they travel as one parameter (one a key column), so a
//! statement's text never changes with it: it is prepared once, and no limit on parameters is met.

use sea_orm::{
    DbBackend, EntityTrait, IdenStatic, Order,
    sea_query::{DynIden, Expr, ExprTrait, Func, FunctionCall, IntoIden, JoinType, Query, SelectStatement, TableRef},
};
use serde_json::json;

use super::{
    Columns, Filter, Key, Page, Relation, Table, Wanted,
    filter::leads,
    key::key_columns,
    sql::{always, direction, is_among, join_on, row_value},
};

/// The alias of the keys' table, and on PostgreSQL of its one column.
const KEYS: &str = "k";
/// The alias of the table whose rows a statement returns.
const ROWS: &str = "r";
/// The alias of the join table that tells the rows' parents.
const LINKS: &str = "l";
/// The alias of a parent's page.
const PAGE: &str = "page";
/// The name under which a statement for many parents selects the parent's key.
const PARENT: &str = "parent_key";
/// The name under which a parent's page holds a child's key.
const CHILD: &str = "child_key";

/// A page of all rows of an entity: selects the columns wanted, then the places.
pub fn page<E: EntityTrait>(backend: DbBackend, page: &Page, wanted: &Wanted<E, E>) -> SelectStatement {
    let row = ROWS.into_iden();
    let mut select = Query::select();
    select_outputs(&mut select, page, wanted, &row, &row);
    select.from_as(E::default(), row.clone());
    page.apply(&mut select, backend, &row, &primary_key::<E>(), JoinType::InnerJoin);
    select
}

/// How many rows of an entity the filter leaves.
pub fn count<E: EntityTrait>(backend: DbBackend, filter: &Filter) -> SelectStatement {
    let row = ROWS.into_iden();
    let mut select = Query::select().expr(Expr::cust("COUNT(*)")).from_as(E::default(), row.clone()).take();
    filter.apply(&mut select, backend, &row);
    select
}

/// The row of an entity with this key.
pub fn by_key<E: Table>(key: E::Key, columns: &Columns<E>) -> SelectStatement {
    let mut select = Query::select();
    select.columns(columns.iter().map(|column| (ROWS, column))).from_as(E::default(), ROWS);
    for (column, part) in primary_key::<E>().into_iter().zip(key.parts().as_ref()) {
        select.and_where(column.eq(*part));
    }
    select
}

/// The rows of an entity with these keys.
pub fn by_keys<E: Table>(backend: DbBackend, keys: &[E::Key], columns: &Columns<E>) -> SelectStatement {
    Query::select()
        .columns(columns.iter().map(|column| (ROWS, column)))
        .from_as(E::default(), ROWS)
        .and_where(is_one_of(backend, primary_key::<E>(), keys))
        .take()
}

/// The rows of an entity with these values in a column.
pub fn by_values<E: EntityTrait>(
    backend: DbBackend,
    column: &'static str,
    values: &[i64],
    columns: &Columns<E>,
) -> SelectStatement {
    Query::select()
        .columns(columns.iter().map(|column| (ROWS, column)))
        .from_as(E::default(), ROWS)
        .and_where(is_one_of(backend, vec![Expr::col((ROWS, column))], values))
        .take()
}

/// For each parent, a page of its children: selects the parent's key, the columns wanted, and the places.
///
/// PostgreSQL runs the sub-query once a key because it is LATERAL. SQLite has no LATERAL, but a table function's argument
/// may refer to the tables before it: the page travels as an array of row numbers, in the order of joining that CROSS
/// JOIN states (<https://sqlite.org/optoverview.html>). A correlated `IN` would say the same, but SQLite answers that by
/// reading the whole table where its statistics call the table small.
pub fn page_by_parent<N: Table, L: EntityTrait>(
    backend: DbBackend,
    relation: Relation,
    parents: &[i64],
    page: &Page,
    wanted: &Wanted<N, L>,
) -> SelectStatement {
    let (row, link) = aliases(relation);
    let postgres = backend == DbBackend::Postgres;
    let key = match relation.child {
        Some(child) => vec![Expr::col((link.clone(), child.from))],
        None => primary_key::<N>(),
    };

    let mut of_a_parent = Query::select();
    of_a_parent
        .from_as(relation.link.table, link.clone())
        .and_where(Expr::col((link, relation.link.to)).eq(Expr::col(key_column_of_keys(backend))));
    if page.reads_rows() {
        join_nodes(backend, relation, &mut of_a_parent);
    }
    page.apply(&mut of_a_parent, backend, &row, &key, join_type(backend));

    let mut select = Query::select();
    select
        .expr_as(Expr::col(key_column_of_keys(backend)), PARENT)
        .from_function(keys_function(backend, parents.to_vec()), KEYS);
    if postgres {
        join_lateral(&mut select, relation, of_a_parent, page, wanted);
    } else {
        join_numbers(&mut select, relation, of_a_parent, page, wanted);
    }
    select
}

/// Joins each parent's page as PostgreSQL can, and selects what is wanted of it.
///
/// Where the join table alone makes the page, its rows' own are joined outside, once for all parents: within, it was seen to
/// read them all for each parent.
fn join_lateral<N: EntityTrait, L: EntityTrait>(
    select: &mut SelectStatement,
    relation: Relation,
    mut of_a_parent: SelectStatement,
    page: &Page,
    wanted: &Wanted<N, L>,
) {
    let (row, link) = aliases(relation);
    let child_outside = relation.child.filter(|_| !page.reads_rows());
    let (nodes, links, places) = outputs(page, wanted, &row, &link);
    let within = links.iter().chain(&places).chain(if child_outside.is_some() { &[][..] } else { &nodes });
    for (name, expr) in within {
        of_a_parent.expr_as(expr.clone(), name.clone());
    }
    let of_page = |(name, _): &(String, Expr)| Expr::col((PAGE, name.clone()));
    if let Some(child) = child_outside {
        of_a_parent.expr_as(Expr::col((link, child.from)), CHILD);
        select.exprs(nodes.into_iter().map(|(_, expr)| expr));
    } else {
        select.exprs(nodes.iter().map(of_page));
    }
    select.exprs(links.iter().chain(if wanted.place { &places[..] } else { &[] }).map(of_page));
    select.join_lateral(JoinType::InnerJoin, of_a_parent, PAGE, always());
    if let Some(child) = child_outside {
        let same = Expr::col((row.clone(), child.to)).eq(Expr::col((PAGE, CHILD)));
        select.join_as(JoinType::InnerJoin, N::default(), row, same);
    }
    // The order of joined rows is nothing that PostgreSQL promises without it.
    if !page.order.is_by_key() {
        for (place, key) in places.iter().zip(&page.order.keys) {
            if key.by.is_nullable() {
                select.order_by_expr(of_page(place).is_null(), direction(key.nulls_first, page.backwards));
            }
            let expr = key.by.kind().in_order(DbBackend::Postgres, of_page(place));
            select.order_by_expr(expr, direction(key.descending, page.backwards));
        }
        for column in key_columns::<N>() {
            select.order_by((PAGE, column), direction(page.order.descending, page.backwards));
        }
    }
}

/// Joins each parent's page as SQLite can, by the numbers of its rows, and selects what is wanted of them.
fn join_numbers<N: EntityTrait, L: EntityTrait>(
    select: &mut SelectStatement,
    relation: Relation,
    mut of_a_parent: SelectStatement,
    page: &Page,
    wanted: &Wanted<N, L>,
) {
    let (row, link) = aliases(relation);
    let rowid = "rowid";
    of_a_parent.expr_as(Expr::col((link.clone(), rowid)), rowid);
    let numbers = Func::cust("json_group_array").arg(Expr::col(rowid));
    let numbers = Query::select().expr(numbers).from_subquery(of_a_parent, PAGE).take();
    let numbers = Func::cust("json_each").arg(Expr::SubQuery(None, Box::new(numbers.into())));
    select_outputs(select, page, wanted, &row, &link);
    select.cross_join(TableRef::FunctionCall(numbers, PAGE.into_iden()));
    let own_number = Expr::col((link.clone(), rowid)).eq(Expr::col((PAGE, "value")));
    join_on(select, JoinType::CrossJoin, L::default(), link, own_number);
    join_nodes(DbBackend::Sqlite, relation, select);
    if wanted.place {
        page.order.join(select, &row, JoinType::CrossJoin);
    }
    if !page.order.is_by_key() {
        // The place in the parent's array.
        select.order_by((PAGE, "key"), Order::Asc);
    }
}

/// For each parent that has any, the number of its children that the filter leaves.
pub fn count_by_parent(backend: DbBackend, relation: Relation, parents: &[i64], filter: &Filter) -> SelectStatement {
    let (row, link) = aliases(relation);
    let parent = Expr::col((link.clone(), relation.link.to));
    let mut select = Query::select();
    select
        .expr_as(parent.clone(), PARENT)
        .expr(Expr::cust("COUNT(*)"))
        .from_as(relation.link.table, link)
        .and_where(is_among(backend, parent.clone(), parents.to_vec()))
        .add_group_by([parent]);
    if !filter.is_empty() {
        join_nodes(backend, relation, &mut select);
        filter.apply(&mut select, backend, &row);
    }
    select
}

/// The aliases of a relation's children, and of the table that tells their parents: the same unless a join table does.
fn aliases(relation: Relation) -> (DynIden, DynIden) {
    (ROWS.into_iden(), if relation.child.is_some() { LINKS } else { ROWS }.into_iden())
}

/// Joins a relation's children to the join table, if there is one.
fn join_nodes(backend: DbBackend, relation: Relation, select: &mut SelectStatement) {
    if let Some(child) = relation.child {
        let same = leads(child, &LINKS.into_iden(), &ROWS.into_iden());
        join_on(select, join_type(backend), child.table, ROWS.into_iden(), same);
    }
}

/// Within a parent's children: SQLite joins in the order that CROSS JOIN states, whatever its statistics say.
fn join_type(backend: DbBackend) -> JoinType {
    if backend == DbBackend::Postgres { JoinType::InnerJoin } else { JoinType::CrossJoin }
}

/// An output of a statement, and its name.
type Output = (String, Expr);

/// What a list's statement selects: the columns of the rows, those of the join table, the places.
fn outputs<N: EntityTrait, L: EntityTrait>(
    page: &Page,
    wanted: &Wanted<N, L>,
    row: &DynIden,
    link: &DynIden,
) -> (Vec<Output>, Vec<Output>, Vec<Output>) {
    let nodes = wanted.node.iter().map(|column| (column.as_str().to_owned(), Expr::col((row.clone(), column))));
    let links =
        wanted.link.iter().map(|column| (format!("link_{}", column.as_str()), Expr::col((link.clone(), column))));
    let places = page.order.exprs(row).enumerate().map(|(index, expr)| (format!("place_{index}"), expr));
    (nodes.collect(), links.collect(), places.collect())
}

/// Has a statement select them, but the places only if they are wanted.
fn select_outputs<N: EntityTrait, L: EntityTrait>(
    select: &mut SelectStatement,
    page: &Page,
    wanted: &Wanted<N, L>,
    row: &DynIden,
    link: &DynIden,
) {
    let (nodes, links, places) = outputs(page, wanted, row, link);
    for (name, expr) in nodes.into_iter().chain(links).chain(if wanted.place { places } else { Vec::new() }) {
        select.expr_as(expr, name);
    }
}

/// The primary key's columns, in the key's order.
fn primary_key<E: EntityTrait>() -> Vec<Expr> {
    key_columns::<E>().map(|column| Expr::col((ROWS, column))).collect()
}

/// The function that turns keys into a table.
fn keys_function(backend: DbBackend, keys: Vec<i64>) -> FunctionCall {
    match backend {
        DbBackend::Postgres => Func::cust("unnest").arg(keys),
        _ => Func::cust("json_each").arg(json!(keys).to_string()),
    }
}

fn key_column_of_keys(backend: DbBackend) -> (&'static str, &'static str) {
    (KEYS, if backend == DbBackend::Postgres { KEYS } else { "value" })
}

/// Keys whose number PostgreSQL does not see when it plans: it would plan the statement anew for each few of them, which costs
/// as much as to run it.
fn unseen(keys: Vec<i64>) -> Expr {
    Expr::SubQuery(None, Box::new(Query::select().expr(Expr::val(keys)).take().into())).cast_as("bigint[]")
}

/// Whether a key, of one part or several, is among `keys`.
fn is_one_of<K: Key>(backend: DbBackend, mut key: Vec<Expr>, keys: &[K]) -> Expr {
    let part = |index: usize| keys.iter().map(|key| key.parts().as_ref()[index]).collect::<Vec<_>>();
    if key.len() == 1 {
        return match backend {
            DbBackend::Postgres => key.remove(0).eq(Func::cust("ANY").arg(unseen(part(0)))),
            _ => is_among(backend, key.remove(0), part(0)),
        };
    }
    let mut among = Query::select();
    if backend == DbBackend::Postgres {
        // Set-returning functions side by side in a select list run in lockstep (PostgreSQL 10 and later).
        among.exprs((0..key.len()).map(|index| keys_function(backend, part(index))));
    } else {
        let keys: Vec<_> = keys.iter().map(|key| key.parts().as_ref().to_vec()).collect();
        let value = |index| Func::cust("json_extract").arg(Expr::col("value")).arg(format!("$[{index}]"));
        among
            .exprs((0..key.len()).map(value))
            .from_function(Func::cust("json_each").arg(json!(keys).to_string()), KEYS);
    }
    row_value(key).in_subquery(among)
}
