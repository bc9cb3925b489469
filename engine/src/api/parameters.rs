//! The parameters of a GraphQL request, of which just what is asked for is parsed: as values, JSON takes a hundred times its bytes.

use std::{cell::Cell, fmt};

use async_graphql::ServerError;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Deserializer as Json, Map, Value, from_str, value::RawValue};

use super::{EXTENSION, excess::too_complex};
use crate::error::{self, code};

/// The parameters of a request that hold the id of a trusted document: that of the GraphQL over HTTP draft's appendix on
/// persisted documents, and those that Relay's guides use.
const IDS: [&str; 3] = ["documentId", "doc_id", "id"];

/// The extension that names an operation whose answers an event stream carries beside those of others (graphql-sse).
pub const OPERATION_ID: &str = "operationId";

/// How many bytes an operation's id may have, over a socket or an event stream: a UUID has 36.
pub const LONGEST_OPERATION_ID: usize = 128;

/// The extensions that are known here: ours, that one, and Apollo's automatic persisted queries.
const EXTENSIONS: [&str; 3] = [EXTENSION, OPERATION_ID, "persistedQuery"];

/// How many values they may have together: they need half a dozen.
const MOST_OF_EXTENSIONS: u64 = 100;

/// The parameters of a request (GraphQL over HTTP, section 5.1). What is `null` is absent.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// The document.
    pub query: Option<String>,
    /// The name of the operation that is to run; not empty.
    pub operation: Option<String>,
    /// Those of [`IDS`].
    ids: [Option<Box<RawValue>>; 3],
    variables: Option<Box<RawValue>>,
    /// Of the extensions, those that are known here.
    pub extensions: Map<String, Value>,
    /// How many bytes they have.
    pub bytes: usize,
}

/// The same as they are written; what has another name is dropped.
#[derive(Deserialize)]
struct Written {
    query: Option<Box<RawValue>>,
    #[serde(rename = "operationName")]
    operation: Option<Box<RawValue>>,
    #[serde(rename = "documentId")]
    document_id: Option<Box<RawValue>>,
    doc_id: Option<Box<RawValue>>,
    id: Option<Box<RawValue>>,
    variables: Option<Box<RawValue>>,
    extensions: Option<Box<RawValue>>,
}

impl Parameters {
    /// Has the request read no less than what was written with this token, unless it says something of that itself.
    pub fn read_after(&mut self, token: &str) {
        let own = self.extensions.entry(EXTENSION).or_insert(Value::Null);
        if own.is_null() {
            *own = Value::Object(Map::new());
        }
        if let Value::Object(own) = own {
            let after = own.entry("after").or_insert(Value::Null);
            if after.is_null() {
                *after = token.into();
            }
        }
    }

    /// Reads those in a JSON text.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    pub fn read(json: &RawValue) -> Result<Self, String> {
        if kind(json) != b'{' {
            return Err("the request is no JSON object, which alone is allowed".to_owned());
        }
        let written: Written =
            from_str(json.get()).map_err(|error| format!("the request is no such object: {error}"))?;
        let operation = text("operationName", written.operation.as_deref(), "a string or null")?;
        text("documentId", written.document_id.as_deref(), "a string or null")?;
        let extensions =
            match object("extensions", written.extensions)? {
                Some(json) => members(&json, |name| EXTENSIONS.contains(&name), MOST_OF_EXTENSIONS).map_err(
                    |unread| match unread {
                        Unread::TooMany => {
                            format!("`extensions` has more values than are allowed: {MOST_OF_EXTENSIONS}")
                        }
                        Unread::Wrong(problem) => format!("`extensions` is wrong: {problem}"),
                    },
                )?,
                None => Map::new(),
            };
        Ok(Self {
            query: text("query", written.query.as_deref(), "a string")?,
            // The specification says that an empty one names no operation.
            operation: operation.filter(|name| !name.is_empty()),
            ids: [written.document_id, written.doc_id, written.id],
            variables: object("variables", written.variables)?,
            extensions,
            bytes: json.get().len(),
        })
    }

    /// The id of the trusted document that is asked for. An empty text names none.
    ///
    /// # Errors
    /// It is no text: the parameter's name.
    pub fn document_id(&self) -> Result<Option<String>, &'static str> {
        for (name, given) in IDS.iter().zip(&self.ids) {
            let Some(json) = given else { continue };
            let id: String = from_str(json.get()).map_err(|_| *name)?;
            if !id.is_empty() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The values of the variables that are `declared`, if they have so many values at `most`: items of lists and fields of objects.
    ///
    /// # Errors
    /// They have more, or such as no value can have.
    pub fn variables(&self, declared: impl Fn(&str) -> bool, most: u64) -> Result<Map<String, Value>, ServerError> {
        let Some(json) = &self.variables else { return Ok(Map::new()) };
        members(json, declared, most).map_err(|unread| match unread {
            Unread::TooMany => too_complex(format!(
                "the variables have more values than are allowed: {most} (`--max-variable-values`)"
            )),
            Unread::Wrong(problem) => error::of_request(
                ServerError::new(format!("`variables` is wrong: {problem}"), None),
                code::BAD_USER_INPUT,
            ),
        })
    }
}

/// Why values are not read.
enum Unread {
    TooMany,
    Wrong(serde_json::Error),
}

/// The first byte of a JSON text, which tells what it is.
pub fn kind(json: &RawValue) -> u8 {
    json.get().as_bytes().first().copied().unwrap_or_default()
}

fn of_another_type(name: &str, allowed: &str) -> String {
    format!("`{name}` is of another type; allowed is {allowed}")
}

fn text(name: &str, json: Option<&RawValue>, allowed: &str) -> Result<Option<String>, String> {
    let Some(json) = json else { return Ok(None) };
    if kind(json) != b'"' {
        return Err(of_another_type(name, allowed));
    }
    from_str(json.get()).map(Some).map_err(|error| format!("`{name}` is wrong: {error}"))
}

fn object(name: &str, json: Option<Box<RawValue>>) -> Result<Option<Box<RawValue>>, String> {
    match json {
        Some(json) if kind(&json) != b'{' => Err(of_another_type(name, "an object or null")),
        json => Ok(json),
    }
}

/// The members of an object that are `wanted`, which have so many values at `most`. All others are dropped as they are read.
fn members(json: &RawValue, wanted: impl Fn(&str) -> bool, most: u64) -> Result<Map<String, Value>, Unread> {
    let left = Cell::new(Some(most));
    let members = Members { wanted, left: &left }.deserialize(&mut Json::from_str(json.get()));
    members.map_err(|error| if left.get().is_none() { Unread::TooMany } else { Unread::Wrong(error) })
}

struct Members<'a, W> {
    wanted: W,
    left: Left<'a>,
}

/// How many values there may be yet; `None` once there was one too many.
type Left<'a> = &'a Cell<Option<u64>>;

impl<'de, W: Fn(&str) -> bool> DeserializeSeed<'de> for Members<'_, W> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, W: Fn(&str) -> bool> Visitor<'de> for Members<'_, W> {
    type Value = Map<String, Value>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if (self.wanted)(&name) {
                members.insert(name, object.next_value_seed(Counted(self.left))?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members)
    }
}

/// A value that counts itself and what is in it.
struct Counted<'a>(Left<'a>);

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        self.0.set(self.0.get().and_then(|left| left.checked_sub(1)));
        if self.0.get().is_none() {
            return Err(D::Error::custom("too many values"));
        }
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Counted(self.0))? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Value, A::Error> {
        Members { wanted: |_: &str| true, left: self.0 }.visit_map(object).map(Value::Object)
    }
}
