//! The number of statements that a query's text allows.

use std::collections::BTreeSet;

use super::{
    data::type_of,
    query::{Field, Inline, Selection},
    schema::{QUERY, Schema},
};

/// One for each root look-up (of many ids, for each type among them), each to-one relation, each page and each total of a
/// connection, and each number of children, wherever they stand in the expanded query.
pub fn bound(schema: &Schema, selections: &[Selection]) -> usize {
    let bounds = selections.iter().map(|selection| match selection {
        Selection::Field(field) => own(schema, field) + bound(schema, &field.selections),
        Selection::Inline(Inline { selections, .. }) => bound(schema, selections),
        Selection::Spread(..) => panic!("the query is not expanded"),
    });
    bounds.sum()
}

fn own(schema: &Schema, field: &Field) -> usize {
    if let Some(ids) = field.argument("ids") {
        let types = ids.items().into_iter().map(|id| type_of(&id.text()).to_owned());
        return types.collect::<BTreeSet<_>>().len();
    }
    if schema.is_connection(&field.ty) {
        let page = ["edges", "nodes", "pageInfo"].iter().any(|name| selects(&field.selections, name));
        return usize::from(page) + usize::from(selects(&field.selections, "totalCount"));
    }
    if schema.is_row(&field.parent) && field.name.ends_with("Count") {
        return 1;
    }
    let looks_up = field.parent == QUERY || schema.is_row(&field.parent);
    usize::from(looks_up && schema.is_composite(&field.ty))
}

fn selects(selections: &[Selection], name: &str) -> bool {
    selections.iter().any(|selection| match selection {
        Selection::Field(field) => field.name == name,
        Selection::Inline(Inline { selections, .. }) => selects(selections, name),
        Selection::Spread(..) => false,
    })
}
