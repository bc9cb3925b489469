//! Cursors for a query: those that the server gives for the rows that the draws pick.

use super::{
    data::Data,
    json::{Cursors, Json, Place},
    query::{Cursor, Field, Inline, Query, Selection, Value},
    reference::Reference,
    schema::{QUERY, Schema, named},
};

/// A query for the cursors that a query needs, and the place that each of them is of; `None` where the list is empty.
pub fn wanted(schema: &Schema, data: &Data, query: &mut Query) -> (Query, Vec<Option<Place>>) {
    let (mut helper, mut places) = (Query::default(), Vec::new());
    query.each_field(&mut |field| {
        for number in field.arguments.iter().filter_map(|(_, value)| pick_of(value)) {
            let (selection, place) = whole_list(schema, data, field, number, places.len());
            helper.selections.push(selection);
            places.push(place);
        }
    });
    (helper, places)
}

/// Puts the cursors into the query. Where there is none, there is no bound.
pub fn give(query: &mut Query, places: Vec<Option<Place>>, cursors: &Cursors) {
    let mut places = places.into_iter();
    query.each_field(&mut |field| {
        field.arguments.retain_mut(|(_, value)| {
            if pick_of(value).is_none() {
                return true;
            }
            let Some(place) = places.next().unwrap() else { return false };
            let text = cursors.get(&place).unwrap().clone();
            let cursor = Value::Cursor(Cursor::Of { row: place.row, text });
            match value {
                Value::Variable(variable) => variable.value = cursor,
                value => *value = cursor,
            }
            true
        });
    });
}

fn pick_of(value: &Value) -> Option<usize> {
    match value.plain() {
        Value::Cursor(Cursor::Pick(number)) => Some(*number),
        _ => None,
    }
}

/// The list of a field without bounds, of some parent that has items if one does, and the place of one of the items.
fn whole_list(schema: &Schema, data: &Data, field: &Field, number: usize, index: usize) -> (Selection, Option<Place>) {
    let mut whole = field.clone();
    whole.alias = Some(format!("list{index}"));
    whole.directive = None;
    whole.arguments.retain(|(name, _)| !["first", "after", "last", "before"].contains(&&**name));
    whole.arguments.push(("first".to_owned(), Value::Int(100)));
    let edge = named(&schema.field(&field.ty, "edges").unwrap().ty.node);
    let node = named(&schema.field(edge, "node").unwrap().ty.node);
    let mut item = Field::new(edge, "node", node);
    item.selections = vec![Selection::Field(Field::new(node, "id", "ID"))];
    let mut edges = Field::new(&field.ty, "edges", edge);
    edges.selections = vec![Selection::Field(Field::new(edge, "cursor", "String")), Selection::Field(item)];
    whole.selections = vec![Selection::Field(edges)];

    let reference = Reference::new(schema, data);
    let place = |parent| {
        let page = reference.page(parent, &whole);
        match page.cursor(page.items.get(number.checked_rem(page.items.len())?)) {
            Json::Cursor(place) => Some(place),
            _ => None,
        }
    };
    if field.parent == QUERY {
        let place = place(None);
        return (Selection::Field(whole), place);
    }
    let found = data.all(&field.parent).iter().find_map(|parent| Some((parent.id(), place(Some(parent))?)));
    let (id, place) = found.map_or((data.nowhere(&field.parent), None), |(id, place)| (id, Some(place)));
    let mut parent = Field::new(QUERY, "node", "Node");
    parent.alias = whole.alias.take();
    parent.arguments = vec![("id".to_owned(), Value::Text(id))];
    parent.selections = vec![Selection::Inline(Inline {
        on: Some(field.parent.clone()),
        directive: None,
        selections: vec![Selection::Field(whole)],
    })];
    (Selection::Field(parent), place)
}
