//! The statements of the loaders. Whatever the number of keys, they travel as one parameter (one a key column), so a
//! statement's text never changes with it: it is prepared once, and no limit on parameters is met.

use sea_orm::{
    DbBackend, EntityTrait, IdenStatic, Order, Value,
    sea_query::{ArrayType, DynIden, Expr, ExprTrait, Func, IntoIden, JoinType, Query, SelectStatement, TableRef},
};
use serde_json::Value as Json;

use super::{
    Columns, Filter, Key, KeyPart, Page, Relation, Table, Wanted,
    filter::leads,
    key::key_columns,
    sql::{all_equal, always, array, direction, is_among, is_among_json, join_on, json_each, row_value},
};
use crate::kinds::Kind;

/// The alias of the keys' table, and on PostgreSQL of its one column, if it is one.
const KEYS: &str = "k";
/// The alias of the table whose rows a statement returns.
const ROWS: &str = "r";
/// The alias of the join table that tells the rows' parents.
const LINKS: &str = "l";
/// The alias of a parent's page.
const PAGE: &str = "page";
/// The name under which a statement for many parents selects the parent's key: of a part behind the first, with its number.
const PARENT: &str = "parent_key";
/// The same, under which a parent's page holds a child's key.
const CHILD: &str = "child_key";

/// A page of all rows of an entity: selects the columns wanted, then the places.
pub fn page<E: Table>(backend: DbBackend, page: &Page, wanted: &Wanted<E, E>) -> SelectStatement {
    let row = ROWS.into_iden();
    let mut select = Query::select();
    select_outputs(&mut select, page, wanted, &row, &row);
    select.from_as(table::<E>(), row.clone());
    page.select(select, backend, &row, &in_order::<E>(backend, primary_key::<E>()), JoinType::InnerJoin)
}

/// How many rows of an entity the filter leaves.
pub fn count<E: EntityTrait>(backend: DbBackend, filter: &Filter) -> SelectStatement {
    let row = ROWS.into_iden();
    let mut select = Query::select().expr(Expr::cust("COUNT(*)")).from_as(table::<E>(), row.clone()).take();
    filter.apply(&mut select, backend, &row);
    select
}

/// The row of an entity with this key.
pub fn by_key<E: Table>(key: &E::Key, columns: &Columns<E>) -> SelectStatement {
    let mut select = Query::select();
    select.columns(columns.iter().map(|column| (ROWS, column))).from_as(table::<E>(), ROWS);
    for (column, part) in primary_key::<E>().into_iter().zip(key.parts()) {
        select.and_where(column.eq(part.into_value()));
    }
    select
}

/// The rows of an entity with these keys.
pub fn by_keys<E: Table>(backend: DbBackend, keys: &[E::Key], columns: &Columns<E>) -> SelectStatement {
    Query::select()
        .columns(columns.iter().map(|column| (ROWS, column)))
        .from_as(table::<E>(), ROWS)
        .and_where(is_one_of(backend, primary_key::<E>(), keys))
        .take()
}

/// Those of these keys whose row of an entity satisfies the filter.
pub fn satisfying<E: Table>(backend: DbBackend, keys: &[E::Key], filter: &Filter) -> SelectStatement {
    let mut select = Query::select()
        .columns(key_columns::<E>().map(|column| (ROWS, column)))
        .from_as(table::<E>(), ROWS)
        .and_where(is_one_of(backend, primary_key::<E>(), keys))
        .take();
    filter.apply(&mut select, backend, &ROWS.into_iden());
    select
}

/// The rows of an entity with these values, of this kind, in a column.
pub fn by_values<E: EntityTrait>(
    backend: DbBackend,
    column: E::Column,
    kind: Kind,
    values: Vec<Value>,
    columns: &Columns<E>,
) -> SelectStatement {
    Query::select()
        .columns(columns.iter().map(|column| (ROWS, column)))
        .from_as(table::<E>(), ROWS)
        .and_where(is_value_of(backend, Expr::col((ROWS, column)), kind, values))
        .take()
}

/// For each parent, a page of its children: selects the parent's key, the columns wanted, and the places.
///
/// PostgreSQL runs the sub-query once a key because it is LATERAL. SQLite has no LATERAL, but a table function's argument
/// may refer to the tables before it: the page travels as an array of row numbers, in the order of joining that CROSS
/// JOIN states (<https://sqlite.org/optoverview.html>). A correlated `IN` would say the same, but SQLite answers that by
/// reading the whole table where its statistics call the table small.
pub fn page_by_parent<K: Key, N: Table, L: EntityTrait>(
    backend: DbBackend,
    relation: Relation,
    parents: &[K],
    page: &Page,
    wanted: &Wanted<N, L>,
) -> SelectStatement {
    let (_, link) = aliases(relation);
    let parent = parent_key::<K>(backend);

    let mut of_a_parent = Query::select();
    of_a_parent
        .from_as(relation.link.table, link.clone())
        .and_where(all_equal(link_columns(relation, &link).zip(parent.iter().cloned())));
    if page.reads_rows() {
        join_nodes(backend, relation, &mut of_a_parent);
    }

    let mut select = Query::select();
    for (place, part) in parent.into_iter().enumerate() {
        select.expr_as(part, numbered(PARENT, place));
    }
    from_parents(&mut select, backend, parents);
    if backend == DbBackend::Postgres {
        join_lateral(&mut select, relation, of_a_parent, page, wanted);
    } else {
        join_numbers(&mut select, relation, of_a_parent, page, wanted);
    }
    select
}

/// The name of a part of a key, by its place.
fn numbered(name: &str, place: usize) -> String {
    if place == 0 { name.to_owned() } else { format!("{name}_{place}") }
}

/// The parts of a key among the parents' that [`from_parents`] makes a table of.
fn parent_key<K: Key>(backend: DbBackend) -> Vec<Expr> {
    let part = |(place, kind): (usize, &Kind)| match (backend, K::KINDS.len()) {
        (DbBackend::Postgres, _) => Expr::col((KEYS, numbered(KEYS, place))),
        (_, 1) => kind.of_stored(Expr::col((KEYS, "value"))),
        _ => kind.of_stored(extracted(Expr::col((KEYS, "value")), place)),
    };
    K::KINDS.iter().enumerate().map(part).collect()
}

/// Has a statement begin with the table that the parents' keys are.
fn from_parents<K: Key>(select: &mut SelectStatement, backend: DbBackend, parents: &[K]) {
    match (backend, K::KINDS) {
        (DbBackend::Postgres, [kind]) => {
            select.from_function(Func::cust("unnest").arg(array(*kind, values_of(parents, 0))), KEYS)
        }
        (DbBackend::Postgres, _) => select.from_subquery(side_by_side(parents), KEYS),
        _ => select.from_function(json_each(&json_of(parents)), KEYS),
    };
}

/// The page of a parent's children, which may be read from the join table alone.
fn page_of_a_parent<N: Table>(
    backend: DbBackend,
    relation: Relation,
    children: SelectStatement,
    page: &Page,
) -> SelectStatement {
    let (row, link) = aliases(relation);
    let key = match relation.child {
        Some(child) => child.from().map(|column| Expr::col((link.clone(), column))).collect(),
        None => primary_key::<N>(),
    };
    page.select(children, backend, &row, &in_order::<N>(backend, key), join_type(backend))
}

/// Joins each parent's page as PostgreSQL can, and selects what is wanted of it.
///
/// Where the join table alone makes the page, its rows' own are joined outside, once for all parents: within, it was seen to
/// read them all for each parent.
fn join_lateral<N: Table, L: EntityTrait>(
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
        for (place, column) in child.from().enumerate() {
            of_a_parent.expr_as(Expr::col((link.clone(), column)), numbered(CHILD, place));
        }
        select.exprs(nodes.into_iter().map(|(_, expr)| expr));
    } else {
        select.exprs(nodes.iter().map(of_page));
    }
    select.exprs(links.iter().chain(if wanted.place { &places[..] } else { &[] }).map(of_page));
    let of_a_parent = page_of_a_parent::<N>(DbBackend::Postgres, relation, of_a_parent, page);
    select.join_lateral(JoinType::InnerJoin, of_a_parent, PAGE, always());
    if let Some(child) = child_outside {
        let same = child
            .to()
            .enumerate()
            .map(|(place, column)| (Expr::col((row.clone(), column)), Expr::col((PAGE, numbered(CHILD, place)))));
        select.join_as(JoinType::InnerJoin, table::<N>(), row.clone(), all_equal(same));
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
        let key = key_columns::<N>().map(|column| Expr::col((PAGE, column))).collect();
        for part in in_order::<N>(DbBackend::Postgres, key) {
            select.order_by_expr(part, direction(page.order.descending, page.backwards));
        }
    }
}

/// Joins each parent's page as SQLite can, by the numbers of its rows, and selects what is wanted of them.
fn join_numbers<N: Table, L: EntityTrait>(
    select: &mut SelectStatement,
    relation: Relation,
    mut of_a_parent: SelectStatement,
    page: &Page,
    wanted: &Wanted<N, L>,
) {
    let (row, link) = aliases(relation);
    let rowid = "rowid";
    of_a_parent.expr_as(Expr::col((link.clone(), rowid)), rowid);
    let of_a_parent = page_of_a_parent::<N>(DbBackend::Sqlite, relation, of_a_parent, page);
    let numbers = Func::cust("json_group_array").arg(Expr::col(rowid));
    let numbers = Query::select().expr(numbers).from_subquery(of_a_parent, PAGE).take();
    let numbers = Func::cust("json_each").arg(Expr::SubQuery(None, Box::new(numbers.into())));
    select_outputs(select, page, wanted, &row, &link);
    select.cross_join(TableRef::FunctionCall(numbers, PAGE.into_iden()));
    let own_number = Expr::col((link.clone(), rowid)).eq(Expr::col((PAGE, "value")));
    join_on(select, JoinType::CrossJoin, table::<L>(), link, own_number);
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
pub fn count_by_parent<K: Key>(
    backend: DbBackend,
    relation: Relation,
    parents: &[K],
    filter: &Filter,
) -> SelectStatement {
    let (row, link) = aliases(relation);
    let parent: Vec<_> = link_columns(relation, &link).collect();
    let mut select = Query::select();
    for (place, part) in parent.iter().enumerate() {
        select.expr_as(part.clone(), numbered(PARENT, place));
    }
    select
        .expr(Expr::cust("COUNT(*)"))
        .from_as(relation.link.table, link)
        .and_where(match (backend, K::KINDS) {
            // PostgreSQL sees how many they are: of few it counts the children by the index, of many by the whole table.
            (DbBackend::Postgres, [kind]) => is_among(backend, parent[0].clone(), *kind, values_of(parents, 0)),
            _ => is_one_of(backend, parent.clone(), parents),
        })
        .add_group_by(parent);
    if !filter.is_empty() {
        join_nodes(backend, relation, &mut select);
        filter.apply(&mut select, backend, &row);
    }
    select
}

/// The columns of the table that tells the parents by which it does so, in the order of the parent's key.
fn link_columns(relation: Relation, link: &DynIden) -> impl Iterator<Item = Expr> {
    relation.link.to().map(|column| Expr::col((link.clone(), column)))
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

/// An entity's table.
fn table<E: EntityTrait>() -> TableRef {
    E::default().table_ref()
}

/// The primary key's columns, in the key's order.
fn primary_key<E: EntityTrait>() -> Vec<Expr> {
    key_columns::<E>().map(|column| Expr::col((ROWS, column))).collect()
}

/// The parts of an entity's key as they are ordered.
fn in_order<E: Table>(backend: DbBackend, key: Vec<Expr>) -> Vec<Expr> {
    key.into_iter().zip(E::Key::KINDS).map(|(part, kind)| kind.in_order(backend, part)).collect()
}

/// The values of the keys' parts in this place.
fn values_of<K: Key>(keys: &[K], place: usize) -> Vec<Value> {
    keys.iter().map(|key| key.part(place).into_value()).collect()
}

/// The keys as JSON, as SQLite stores what they hold: each its one part, or an array of its parts.
fn json_of<K: Key>(keys: &[K]) -> Json {
    let stored = |(part, kind): (KeyPart<'_>, &Kind)| match part {
        KeyPart::Integer(integer) => integer.into(),
        other => kind.to_stored(&other.into_value()).unwrap_or_default(),
    };
    let key = |key: &K| {
        let mut parts = key.parts().zip(K::KINDS).map(stored);
        if K::KINDS.len() == 1 { parts.next().unwrap_or_default() } else { parts.collect() }
    };
    keys.iter().map(key).collect()
}

/// An item of an array in SQLite's JSON.
fn extracted(array: Expr, place: usize) -> Expr {
    Func::cust("json_extract").arg(array).arg(format!("$[{place}]")).into()
}

/// PostgreSQL's table of keys of several parts: set-returning functions side by side in a select list run in lockstep (PostgreSQL 10
/// and later).
fn side_by_side<K: Key>(keys: &[K]) -> SelectStatement {
    let mut select = Query::select();
    for (place, kind) in K::KINDS.iter().enumerate() {
        let part = Func::cust("unnest").arg(array(*kind, values_of(keys, place)));
        select.expr_as(part, numbered(KEYS, place));
    }
    select
}

/// Whether a column's value is among these, whose number PostgreSQL does not see when it plans: it would plan the statement anew for
/// each few of them, which costs as much as to run it.
fn is_value_of(backend: DbBackend, column: Expr, kind: Kind, values: Vec<Value>) -> Expr {
    if backend != DbBackend::Postgres {
        return is_among(backend, column, kind, values);
    }
    // What a sub-query is, `ANY` takes for a table unless it is cast.
    let name = match kind.array() {
        ArrayType::String => "text[]",
        ArrayType::Uuid => "uuid[]",
        _ => "bigint[]",
    };
    let unseen = Expr::SubQuery(None, Box::new(Query::select().expr(array(kind, values)).take().into()));
    column.eq(Func::cust("ANY").arg(unseen.cast_as(name)))
}

/// Whether a key, of one part or several, is among `keys`.
fn is_one_of<K: Key>(backend: DbBackend, mut key: Vec<Expr>, keys: &[K]) -> Expr {
    match (backend, K::KINDS) {
        (DbBackend::Postgres, [kind]) => return is_value_of(backend, key.remove(0), *kind, values_of(keys, 0)),
        (DbBackend::Postgres, _) => return row_value(key).in_subquery(side_by_side(keys)),
        (_, [kind]) => return is_among_json(key.remove(0), json_of(keys), *kind),
        _ => {}
    }
    let part = |(place, kind): (usize, &Kind)| kind.of_stored(extracted(Expr::col("value"), place));
    let among = Query::select()
        .exprs(K::KINDS.iter().enumerate().map(part))
        .from_function(json_each(&json_of(keys)), KEYS)
        .take();
    row_value(key).in_subquery(among)
}
