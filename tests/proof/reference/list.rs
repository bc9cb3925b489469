//! Lists: filtered, in order, a page at a time.

use std::{cmp::Reverse, collections::HashMap};

use super::{
    super::{
        data::{Data, Item},
        json::{Json, Place},
        query::{Cursor, Field, Value},
        scalar::Scalar,
        world::{Row, camel_case},
    },
    Reference,
    filter::holds,
};
use crate::support::PAGES;

pub struct Page<'a> {
    list: String,
    order: String,
    pub items: Vec<Item<'a>>,
    pub has_next: bool,
    pub has_previous: bool,
    pub total: usize,
}

impl Page<'_> {
    /// The cursor of an item; `null` where there is none.
    pub fn cursor(&self, item: Option<&Item<'_>>) -> Json {
        let place = |item: &Item<'_>| Place { list: self.list.clone(), order: self.order.clone(), row: item.row.id() };
        item.map_or(Json::Null, |item| Json::Cursor(place(item)))
    }
}

/// A value of an order: derived orders compare ascending ones by themselves, and descending ones reversed. `NULL` is before or behind
/// all values, whatever the direction.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    First,
    Up(Scalar),
    Down(Reverse<Scalar>),
    Last,
}

impl<'a> Reference<'a> {
    /// All items of the list that a field asks for, in their order, whatever the page.
    pub fn list(&self, parent: Option<&'a Row>, field: &Field) -> Vec<Item<'a>> {
        let mut items = match parent {
            Some(parent) => self.data.children(parent, &field.name).unwrap(),
            None => self.data.all(self.node_type(&field.ty)).iter().map(|row| Item { row, link: None }).collect(),
        };
        if let Some(filter) = field.argument("filter") {
            let all = items.len();
            items.retain(|item| holds(self.data, item.row, filter));
            self.met.borrow_mut().filter |= (1..all).contains(&items.len());
        }
        let order = order(field);
        items.sort_by_cached_key(|item| place(self.data, item.row, &order));
        items
    }

    pub fn page(&self, parent: Option<&'a Row>, field: &Field) -> Page<'a> {
        let mut items = self.list(parent, field);
        let total = items.len();
        let order = order(field);
        let bound = |argument| match field.argument(argument)? {
            Value::Cursor(Cursor::Of { row, .. }) => Some(place(self.data, self.data.find_any(row).unwrap(), &order)),
            other => panic!("{other:?} is no cursor"),
        };
        let (after, before) = (bound("after"), bound("before"));
        items.retain(|item| {
            let place = place(self.data, item.row, &order);
            after.as_ref().is_none_or(|after| place > *after) && before.as_ref().is_none_or(|before| place < *before)
        });
        let size = |argument| match field.argument(argument)? {
            Value::Int(size) => usize::try_from(*size).ok(),
            other => panic!("{other:?} is no size"),
        };
        let bounded = items.len();
        let backwards = size("last");
        if let Some(last) = backwards {
            items.drain(..bounded.saturating_sub(last));
        } else {
            items.truncate(size("first").unwrap_or(usize::try_from(PAGES.default).unwrap()));
        }
        let more = bounded > items.len();
        let mut met = self.met.borrow_mut();
        met.children |= parent.is_some() && !items.is_empty();
        met.cursor |= bounded < total;
        Page {
            list: format!("{}.{}", field.parent, field.name),
            order: format!("{order:?}"),
            items,
            has_next: if backwards.is_some() { before.is_some() } else { more },
            has_previous: if backwards.is_some() { more } else { after.is_some() },
            total,
        }
    }
}

/// The keys that a list is ordered by, each with whether it descends, and whether `NULL` is first.
type Order = Vec<(String, bool, bool)>;

fn order(field: &Field) -> Order {
    let keys = field.argument("orderBy").map(Value::items).unwrap_or_default();
    let key = |key: &Value| {
        let given: HashMap<_, _> = key.given().into_iter().collect();
        let is = |name, text| given.get(name).is_some_and(|it| it.text() == text);
        (given["field"].text().into_owned(), is("direction", "DESC"), is("nulls", "FIRST"))
    };
    keys.into_iter().map(key).collect()
}

/// Where a row stands: the order's values in turn, then its key.
fn place(data: &Data, row: &Row, order: &Order) -> Vec<Rank> {
    let rank = |(key, descends, nulls_first): &(String, bool, bool)| match value(data, row, key) {
        Scalar::Null if *nulls_first => Rank::First,
        Scalar::Null => Rank::Last,
        value if *descends => Rank::Down(Reverse(value)),
        value => Rank::Up(value),
    };
    order.iter().map(rank).chain([Rank::Up(Scalar::Key(row.key.clone()))]).collect()
}

/// What a key such as `NAME`, `OWNER_NAME` or `POSTS_COUNT` is for a row.
fn value(data: &Data, row: &Row, key: &str) -> Scalar {
    if key == "ID" {
        return Scalar::Key(row.key.clone());
    }
    if let Some(column) = row.columns.get(&camel_case(key)) {
        return column.clone();
    }
    if let Some(children) = key.strip_suffix("_COUNT").and_then(|list| data.children(row, &camel_case(list))) {
        return Scalar::Integer(children.len().try_into().unwrap());
    }
    let mut parts = key.match_indices('_').map(|(at, _)| (camel_case(&key[..at]), &key[at + 1..]));
    let (one, rest) = parts.find_map(|(relation, rest)| Some((data.one(row, &relation)?, rest))).unwrap();
    one.map_or(Scalar::Null, |one| value(data, one, rest))
}
