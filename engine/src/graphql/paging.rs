//! The arguments of a list, and the cursors: seek cursors, which hold the values that place an item in its list's
//! order.

use std::sync::Arc;

use async_graphql::{
    Context, ServerResult,
    indexmap::IndexMap,
    registry::{MetaInputValue, Registry},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::Value;
use serde::Serialize;
use serde_json::Value as Json;

use super::{
    argument::{argument, argument_of},
    conditions::filter,
    filter::NodeFilter,
    json::write_text,
    node::Node,
    order::{OrderInput, order},
};
use crate::{
    config::limits::ApiLimits,
    error::{Error, Result},
    kinds::Kind,
    loaders::{Key, Order, Page, Table},
};

/// The arguments of a list, as the client gave them.
pub struct ListArgs<N: Node> {
    /// The first so many items at most.
    pub first: Option<i32>,
    /// Those behind this cursor.
    pub after: Option<String>,
    /// The last so many items at most.
    pub last: Option<i32>,
    /// Those before this cursor.
    pub before: Option<String>,
    /// Which items the list has.
    pub filter: Option<NodeFilter<N>>,
    /// The order.
    pub order_by: Option<Vec<OrderInput<N>>>,
}

impl<N: Node> ListArgs<N> {
    /// Those of a list's field, as its text has them.
    pub fn of(context: &Context<'_>) -> ServerResult<Self> {
        Ok(Self {
            first: argument_of(context, "first")?,
            after: argument_of(context, "after")?,
            last: argument_of(context, "last")?,
            before: argument_of(context, "before")?,
            filter: argument_of(context, "filter")?,
            order_by: argument_of(context, "orderBy")?,
        })
    }

    /// The page that they ask for of the list with this name, such as `User.posts`, and the name of its cursors.
    pub fn page(self, list: &str, allowed: ApiLimits) -> Result<(Page, Cursors)> {
        let sizes = allowed.page_size;
        let size = |argument, value: i32| match u64::try_from(value) {
            Ok(size) if size <= sizes.max => Ok(size),
            _ => Err(Error::bad_argument(argument, format!("is {value}; allowed are 0 to {}", sizes.max))),
        };
        let (size, backwards) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::bad_argument("last", "is given together with `first`; give one of them"));
            }
            (Some(first), None) => (size("first", first)?, false),
            (None, Some(last)) => (size("last", last)?, true),
            (None, None) => (sizes.default, false),
        };
        let (order, order_name) = order(self.order_by)?;
        let cursors = Cursors { list: format!("{list}{order_name}"), kinds: place_kinds::<N>(&order) };
        let place = |argument, cursor: Option<String>| {
            cursor.map(|cursor| cursors.decode(&cursor).ok_or_else(|| cursors.not_one(argument))).transpose()
        };
        let (after, before) = (place("after", self.after)?, place("before", self.before)?);
        let filter = Arc::new(filter(self.filter, allowed.filter)?);
        Ok((Page { filter, order, size, backwards, after, before }, cursors))
    }
}

/// The filter of a list, as an argument.
pub(super) fn filter_argument<N: Node>(registry: &mut Registry) -> (String, MetaInputValue) {
    argument::<Option<NodeFilter<N>>>("filter", "Only items that satisfy this filter.", registry)
}

/// The arguments of a list's field.
pub(super) fn list_arguments<N: Node>(registry: &mut Registry) -> IndexMap<String, MetaInputValue> {
    IndexMap::from_iter([
        argument::<Option<i32>>("first", "The first so many items at most. Not together with `last`.", registry),
        argument::<Option<String>>("after", "Only items after this cursor.", registry),
        argument::<Option<i32>>("last", "The last so many items at most. Not together with `first`.", registry),
        argument::<Option<String>>("before", "Only items before this cursor.", registry),
        filter_argument::<N>(registry),
        argument::<Option<Vec<OrderInput<N>>>>("orderBy", "The order: by these keys in turn, then by id.", registry),
    ])
}

/// The values that place an item: those of the order's keys, and the parts of the primary key; and whether they may be NULL.
fn place_kinds<N: Node>(order: &Order) -> Vec<(Kind, bool)> {
    let key = <N::Entity as Table>::Key::KINDS.iter().map(|kind| (*kind, false));
    order.keys.iter().map(|key| (key.by.kind(), key.by.is_nullable())).chain(key).collect()
}

/// The version of the cursors' form. A cursor is opaque to clients and does not outlive a change of it.
const CURSOR_VERSION: u8 = 2;

/// The cursors of a list in one order.
pub struct Cursors {
    /// The list's name and that of its order, such as `User.posts TITLE DESC`.
    list: String,
    /// The kinds of the values that place an item, and whether they may be NULL.
    kinds: Vec<(Kind, bool)>,
}

impl Cursors {
    /// The cursor of the item in this place; `None` if a value of it is of another kind.
    pub fn encode(&self, place: &[Value]) -> Option<String> {
        let mut cursor = String::new();
        BASE64_URL_SAFE_NO_PAD.encode_string(self.text(place)?, &mut cursor);
        Some(cursor)
    }

    /// Writes that cursor as JSON.
    pub fn write(&self, place: &[Value], json: &mut Vec<u8>) -> Option<()> {
        let text = self.text(place)?;
        json.push(b'"');
        let start = json.len();
        json.resize(start + base64::encoded_len(text.len(), false)?, 0);
        BASE64_URL_SAFE_NO_PAD.encode_slice(text, &mut json[start..]).ok()?;
        json.push(b'"');
        Some(())
    }

    /// What a cursor holds: the version, the list and the place, as JSON.
    fn text(&self, place: &[Value]) -> Option<Vec<u8>> {
        let mut text = Vec::with_capacity(self.list.len() + 32);
        text.extend_from_slice(b"[");
        write_json(&CURSOR_VERSION, &mut text);
        text.push(b',');
        write_text(&self.list, &mut text);
        for (value, (kind, nullable)) in place.iter().zip(&self.kinds) {
            text.push(b',');
            match value {
                Value::BigInt(Some(integer)) => write_json(integer, &mut text),
                Value::String(Some(string)) => write_text(string, &mut text),
                value if *nullable && *value == kind.null() => text.extend_from_slice(b"null"),
                other => write_json(&kind.to_json(other)?, &mut text),
            }
        }
        text.push(b']');
        Some(text)
    }

    /// The place in a cursor, if [`Self::encode`] made it for this list and order.
    fn decode(&self, cursor: &str) -> Option<Vec<Value>> {
        let parts: Vec<Json> = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let values = parts.get(2..)?;
        let value = |(part, (kind, nullable)): (&Json, &(Kind, bool))| match part {
            Json::Null => nullable.then(|| kind.null()),
            part => kind.of_json(part),
        };
        let place = values.iter().zip(&self.kinds).map(value).collect::<Option<Vec<_>>>()?;
        // Only the very text that we write: that is the version, the list and the order, and no second spelling of a place.
        (place.len() == self.kinds.len() && self.encode(&place)? == cursor).then_some(place)
    }

    fn not_one(&self, argument: &str) -> Error {
        let list = &self.list;
        Error::bad_argument(argument, format!("is not a cursor of `{list}`; give a `cursor` that this list returned"))
    }
}

fn write_json(value: &impl Serialize, json: &mut Vec<u8>) {
    // What cursors hold has no keys that could fail to be strings, and a vector cannot refuse.
    let _ = serde_json::to_writer(json, value);
}
