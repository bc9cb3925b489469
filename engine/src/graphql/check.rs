//! What is checked of a program's nodes before anything is served: that the engine can answer what they declare.

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};
use sea_orm::{ActiveModelTrait, ColumnTrait, ColumnType, EntityTrait, IdenStatic};

use super::node::{COUNT, Field, Node, Source};
use crate::kinds::{Compared, Kind, most_characters};

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
                !field.refuses_blank && !field.orders,
                "`order` and `not_blank` are not for parents, which have `order_by`"
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
                field.orders_by.is_none() && !field.refuses_blank,
                "`order_by` is for parents, `not_blank` for columns"
            );
            find.find().map(|_| ())
        }
    }
}

/// Checks the column that holds another's texts folded.
fn check_folded<N: Node>(
    field: &Field<N>,
    column: &<N::Entity as EntityTrait>::Column,
    folded: &<N::Entity as EntityTrait>::Column,
) -> Result<()> {
    ensure!(field.filters, "`folded` is for columns with `filter`");
    let (name, other) = (column.as_str(), folded.as_str());
    ensure!(name != other, "the column `{name}` cannot hold its own texts folded; that is another column");
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
