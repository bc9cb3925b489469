//! What is checked of a program's nodes before anything is served: that the engine can answer what they declare.

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};
use heck::ToLowerCamelCase;
use sea_orm::{ActiveModelTrait, ColumnTrait, ColumnType, EntityName, EntityTrait, IdenStatic};

use super::{
    change,
    node::{COUNT, Field, Node, Source},
};
use crate::{
    kinds::{Compared, Kind, most_characters},
    loaders::{Hop, Key, Table, TableOf, key_columns, part_kind},
};

/// Checks that a name is one (GraphQL, section 2.1.9), and not reserved (section 4.3).
fn check_name(name: &str) -> Result<()> {
    let is_letter = |byte: u8| byte == b'_' || byte.is_ascii_alphabetic();
    let is_name = name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
        && name.bytes().next().is_some_and(is_letter)
        && !name.starts_with("__");
    ensure!(is_name, "`{name}` is no name of GraphQL: letters, digits and `_`, no digit first, and not `__` first");
    Ok(())
}

/// Checks the fields of a node.
pub(super) fn node<N: Node>() -> Result<()> {
    for it in [N::TYPE, &N::list_name()] {
        check_name(it).with_context(|| N::TYPE)?;
    }
    for (column, kind) in key_columns::<N::Entity>().zip(<N::Entity as Table>::Key::KINDS) {
        let (name, def) = (column.as_str(), column.def());
        let ty = def.get_column_type();
        ensure!(
            part_kind(ty) == Some(*kind),
            "{}: the key column `{name}` is of the type {ty:?}, which the entity holds as another type; keys are integers, texts and \
             UUIDs",
            N::TYPE
        );
        check_name(&name.to_lower_camel_case()).with_context(|| N::TYPE)?;
    }
    check_folded_apart::<N>()?;
    let mut names = HashSet::from(["id".to_owned()]);
    let mut orders = HashSet::from(["ID".to_owned()]);
    for field in N::FIELDS {
        let name = field.name().into_owned();
        let of_field = || format!("{}.{name}", N::TYPE);
        let count = matches!(field.source, Source::List(..)).then(|| format!("{name}{COUNT}"));
        for name in [name.clone()].into_iter().chain(count) {
            ensure!(names.insert(name.clone()), "{}: there are two fields `{name}`", N::TYPE);
        }
        ensure!(
            !field.filters || !["and", "or", "not"].contains(&&*name),
            "{}.{name}: a filter of this name has a meaning of its own",
            N::TYPE
        );
        if let Some(order) = field.order_name() {
            ensure!(orders.insert(order.clone()), "{}.{name}: there are two orders `{order}`", N::TYPE);
        }
        check(field).with_context(of_field)?;
    }
    let mut names = HashSet::new();
    for name in change::fields::<N>() {
        ensure!(
            !N::CHANGES || names.insert(name.clone()),
            "{}: there would be two fields `{name}` of its changes; `const CHANGES: bool = false` says that there are none",
            N::TYPE
        );
    }
    Ok(())
}

fn check<N: Node>(field: &Field<N>) -> Result<()> {
    check_name(&field.name())?;
    match &field.source {
        Source::Column(column) => {
            ensure!(field.orders_by.is_none(), "`order_by` is for parents");
            field.folded.map_or(Ok(()), |folded| check_folded(field, column, &folded))?;
            check_column(field, column)
        }
        Source::Parent(_, hop, parent) => {
            ensure!(
                !field.refuses_blank && !field.orders && field.folded.is_none(),
                "`order`, `not_blank` and `folded` are not for parents, which have `order_by`"
            );
            let hop = hop.find()?;
            if let Some(by) = field.orders_by {
                let ty = parent.type_name();
                ensure!(
                    parent.order_by(hop, by).is_some(),
                    "`order_by` is `{by}`, by which no list of `{ty}` is ordered"
                );
            }
            Ok(())
        }
        Source::List(_, find, _) => {
            ensure!(
                field.orders_by.is_none() && !field.refuses_blank && field.folded.is_none(),
                "`order_by` is for parents, `not_blank` and `folded` for columns"
            );
            find.find().map(|_| ())
        }
    }
}

/// Checks that what holds texts folded holds nothing else: [`Write`](super::mutation::Write) fills it.
fn check_folded_apart<N: Node>() -> Result<()> {
    let mut taken: HashSet<_> = key_columns::<N::Entity>().map(|column| column.as_str()).collect();
    for field in N::FIELDS {
        match &field.source {
            Source::Column(column) => taken.extend([column.as_str()]),
            Source::Parent(_, find, _) => taken.extend(find.find().into_iter().flat_map(Hop::from)),
            Source::List(..) => {}
        }
    }
    for field in N::FIELDS {
        let Some(folded) = field.folded else { continue };
        ensure!(
            taken.insert(folded.as_str()),
            "{}.{}: the column `{}`, for the folded texts, is another field's or a key's",
            N::TYPE,
            field.name(),
            folded.as_str()
        );
    }
    Ok(())
}

/// Checks the column that holds another's texts folded.
fn check_folded<N: Node>(
    field: &Field<N>,
    column: &<N::Entity as EntityTrait>::Column,
    folded: &<N::Entity as EntityTrait>::Column,
) -> Result<()> {
    ensure!(field.filters && field.kind.is_none(), "`folded` is for columns of texts with `filter`");
    let (name, other) = (column.as_str(), folded.as_str());
    let (def, folded) = (column.def(), folded.def());
    for (name, ty) in [(name, def.get_column_type()), (other, folded.get_column_type())] {
        ensure!(Kind::of(ty) == Some(Kind::TEXT), "the column `{name}` is of the type {ty:?}; folded are texts");
    }
    ensure!(
        most_characters(folded.get_column_type()).is_none(),
        "the column `{other}` has a most of characters; folded, a text may have more of them than before"
    );
    ensure!(def.is_null() == folded.is_null(), "the columns `{name}` and `{other}` may be NULL both, or neither");
    Ok(())
}

fn check_column<N: Node>(field: &Field<N>, column: &<N::Entity as EntityTrait>::Column) -> Result<()> {
    let (name, def) = (column.as_str(), column.def());
    let ty = def.get_column_type();
    let kind = match field.kind {
        Some(kind) => kind,
        None if matches!(ty, ColumnType::Enum { .. }) => {
            bail!("the column `{name}` is an enum; declare it with `Field::enumeration`")
        }
        None => Kind::of(ty)
            .with_context(|| format!("the column `{name}` is of the type {ty:?}, which is not supported"))?,
    };
    kind.check()?;
    check_name(kind.type_name())?;
    ensure!(
        Kind::of(ty).is_some_and(|of_column| of_column.null() == kind.null()),
        "the column `{name}` is of the type {ty:?}, by which no value of `{}` is stored",
        kind.type_name()
    );
    for name in kind.enumeration().into_iter().flat_map(|(_, values)| values).map(|[name, _]| name) {
        check_name(name)?;
        ensure!(!["true", "false", "null"].contains(&name), "the value `{name}` has a meaning of its own");
    }
    ensure!(
        !field.orders || !matches!(kind.compared(), Compared::Never | Compared::List | Compared::Json),
        "the column `{name}` is of the type {ty:?}, which has no order"
    );
    let mut row = <<N::Entity as EntityTrait>::ActiveModel as ActiveModelTrait>::default();
    ensure!(
        kind.samples().into_iter().any(|sample| row.try_set(*column, sample).is_ok()),
        "the column `{name}` is of the type {ty:?}, but the entity holds it as a type of Rust that is not supported for it; an \
         enum is declared with `Field::enumeration`"
    );
    ensure!(!field.refuses_blank || kind.is_text(), "the column `{name}` is of the type {ty:?}, which is never blank");
    Ok(())
}

/// Checks that SQLite, which has these tables without row numbers, can hold what a node declares.
pub(super) fn sqlite<N: Node>(without_rowid: &[String]) -> Result<()> {
    let entity = N::Entity::default();
    let (ty, table) = (N::TYPE, entity.table_name());
    if let Some(schema) = entity.schema_name().filter(|schema| !schema.eq_ignore_ascii_case("main")) {
        bail!("{ty}: the table `{schema}.{table}` names a schema, of which SQLite has `main` alone; use PostgreSQL");
    }
    // A page of a parent's children travels as an array of row numbers.
    ensure!(
        !without_rowid.iter().any(|name| name.eq_ignore_ascii_case(table)),
        "{ty}: the table `{table}` is WITHOUT ROWID, or a view, which is not supported; make it a table without that clause"
    );
    for field in N::FIELDS {
        let Source::Column(column) = field.source else { continue };
        ensure!(
            !matches!(column.def().get_column_type(), ColumnType::Array(_)),
            "{ty}.{}: the column `{}` is an array, which SQLite does not have; use PostgreSQL",
            field.name(),
            column.as_str()
        );
    }
    Ok(())
}

/// What a list finds its rows by, for which there should be an index.
pub struct Sought {
    /// Which list, or which order of it.
    pub what: String,
    /// The table.
    pub table: String,
    /// The columns that the index begins with, in any order.
    pub columns: Vec<&'static str>,
    /// Whether texts are put in order, which are compared by code points.
    pub is_text: bool,
}

/// What the lists of a node, and those of its fields, find their rows by.
pub(super) fn sought<N: Node>() -> Vec<Sought> {
    let is_key = |column: &str| key_columns::<N::Entity>().map(|part| part.as_str()).eq([column]);
    let sought = N::FIELDS.iter().filter_map(|field| match &field.source {
        Source::Column(column) if field.orders && !is_key(column.as_str()) => Some(Sought {
            what: format!("`{}` in the order {}", N::list_name(), field.order_name()?),
            table: TableOf::of::<N::Entity>().source(),
            columns: vec![column.as_str()],
            is_text: field.kind_of(*column).is_text(),
        }),
        Source::List(name, find, _) => {
            let link = find.find().ok()?.link;
            Some(Sought {
                what: format!("`{}.{name}`", N::TYPE),
                table: link.table.source(),
                columns: link.to().collect(),
                is_text: false,
            })
        }
        Source::Column(_) | Source::Parent(..) => None,
    });
    sought.collect()
}
