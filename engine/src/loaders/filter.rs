//! Which rows of a list: a condition, and the SQL that both databases answer alike.

use sea_orm::{
    ColumnTrait, DbBackend, Value,
    sea_query::{
        DynIden, Expr, ExprTrait, Func, IntoIden, JoinType, Query, SelectStatement, TableRef,
        extension::postgres::PgBinOper,
    },
};
use serde_json::{Value as Json, json};

use super::{
    Hop, TableOf,
    sql::{all_equal, is_among, is_null},
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
    /// The list has all of these values.
    HasEvery(Vec<Value>),
    /// The list has one of these values at least.
    HasSome(Vec<Value>),
    /// The value of JSON has this one, which is neither an object nor an array, at this path of names.
    At(Vec<String>, Json),
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

    /// The tables that it reaches.
    pub fn tables(&self) -> Vec<TableOf> {
        match self {
            Self::All(filters) | Self::Any(filters) => filters.iter().flat_map(Self::tables).collect(),
            Self::Not(filter) => filter.tables(),
            Self::Column(..) => Vec::new(),
            Self::Some(hops, filter) => hops.iter().map(|hop| hop.table).chain(filter.tables()).collect(),
        }
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
    /// The test of `column`. Texts are compared without wildcards, and by their case, on both databases alike.
    fn condition(&self, backend: DbBackend, of: Column, column: Expr) -> Expr {
        let postgres = backend == DbBackend::Postgres;
        let kind = of.kind;
        // What is finer than the database holds is equal to nothing there, and behind the next below that it holds.
        let held = |value: &Value| kind.held(backend, value);
        let in_order = |column: Expr| kind.in_order(backend, column);
        let bound = |value: &Value| kind.bound_in_order(backend, value);
        match self {
            Self::Eq(value) => match held(value) {
                Held { is_below: true, .. } => Expr::Constant(false.into()),
                Held { value, .. } => kind.compared_as(column).eq(kind.bound(&value)),
            },
            Self::Ne(value) => match held(value) {
                Held { is_below: true, .. } => Expr::Constant(true.into()),
                Held { value, .. } if of.nullable => {
                    kind.compared_as(column.clone()).ne(kind.bound(&value)).or(column.is_null())
                }
                Held { value, .. } => kind.compared_as(column).ne(kind.bound(&value)),
            },
            Self::IsNull(true) => is_null(backend, column),
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
            Self::HasEvery(items) => {
                match kind.held(backend, &Value::Array(kind.array(), Some(Box::new(items.clone())))) {
                    Held { is_below: true, .. } => Expr::Constant(false.into()),
                    Held { value, .. } => kind.compared_as(column).binary(PgBinOper::Contains, kind.bound(&value)),
                }
            }
            Self::HasSome(items) => {
                let item = kind.item().unwrap_or(kind);
                let held = items.iter().map(|value| item.held(backend, value)).filter(|held| !held.is_below);
                let items = held.map(|held| held.value).collect();
                kind.compared_as(column)
                    .binary(PgBinOper::Overlap, kind.bound(&Value::Array(kind.array(), Some(Box::new(items)))))
            }
            Self::At(path, json) if postgres => {
                let within = path.iter().rev().fold(json.clone(), |json, name| json!({ name: json }));
                column.cast_as("jsonb").binary(PgBinOper::Contains, Expr::val(within))
            }
            Self::At(path, json) => is_at(column, path, json),
            // PostgreSQL's indexes of trigrams serve LIKE, and no function.
            Self::Contains(text) if postgres => column.like(format!("%{}%", literally(text))),
            Self::Contains(text) => {
                Expr::expr(Func::cust("instr").arg(column).arg(text.as_str())).gt(Expr::Constant(0.into()))
            }
            Self::StartsWith(text) if postgres => column.like(format!("{}%", literally(text))),
            // A range, which an index serves, of the order that compares bytes, whatever the column's own.
            Self::StartsWith(text) => {
                let column = Expr::cust_with_expr("? COLLATE BINARY", column);
                let from = column.clone().gte(text.as_str());
                behind_all(text).map_or_else(|| from.clone(), |end| from.clone().and(column.lt(end)))
            }
            Self::EndsWith(text) if postgres => column.like(format!("%{}", literally(text))),
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

/// Whether what SQLite holds as JSON has this value at this path: of each name, the field of the object that was found last.
fn is_at(column: Expr, path: &[String], json: &Json) -> Expr {
    let mut found = Query::select();
    found.expr(Expr::Constant(1.into()));
    let is_valid = Expr::expr(Func::cust("json_valid").arg(column.clone()));
    let mut object: Expr = Expr::case(is_valid, column).finally(Expr::val("{}")).into();
    let mut field = "j".into_iden();
    for (depth, name) in path.iter().enumerate() {
        field = format!("j{depth}").into_iden();
        let fields = Func::cust("json_each").arg(object);
        if depth == 0 {
            found.from_function(fields, field.clone());
        } else {
            found.cross_join(TableRef::FunctionCall(fields, field.clone()));
        }
        found.and_where(Expr::col((field.clone(), "key")).eq(name.as_str()));
        let is_object = Expr::col((field.clone(), "type")).eq("object");
        object = Expr::case(is_object, Expr::col((field.clone(), "value"))).finally(Expr::val("{}")).into();
    }
    let (ty, atom) = (Expr::col((field.clone(), "type")), Expr::col((field, "atom")));
    let is_value = match json {
        Json::String(text) => ty.eq("text").and(atom.eq(text.as_str())),
        Json::Number(number) => {
            let number = number.as_i64().map_or_else(|| Expr::val(number.as_f64()), Expr::val);
            ty.is_in(["integer", "real"]).and(atom.eq(number))
        }
        other => ty.eq(other.to_string()),
    };
    Expr::exists(found.and_where(is_value).take())
}

/// A pattern of PostgreSQL's LIKE that just this text matches.
fn literally(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

/// The first text behind all that begin with this one, if there is one.
fn behind_all(text: &str) -> Option<String> {
    let mut prefix = text.to_owned();
    while let Some(last) = prefix.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            prefix.push(next);
            return Some(prefix);
        }
    }
    None
}

/// The number of Unicode scalar values, which SQLite counts.
fn characters(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}
