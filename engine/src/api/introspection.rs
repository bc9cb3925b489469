//! Answers about the schema (GraphQL, September 2025, section 4): what async-graphql says of it once, and what is asked of that.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Context, ObjectType, Positioned, Schema, ServerResult, SubscriptionType, Value,
    parser::types::{Field, Selection},
};
use async_graphql_value::Value as Given;
use futures_util::FutureExt;
use serde_json::{Map, Value as Json};

use crate::{
    error::Result,
    graphql::{
        ContextExt, Running,
        json::{write_separator, write_text},
    },
};

/// Everything that can be asked. Types that are referred to have their names and kinds, from which the rest is found.
const ALL: &str = "{ __schema { __typename description queryType { name } mutationType { name } subscriptionType { name }
  types { __typename kind name description specifiedByURL isOneOf interfaces { name } possibleTypes { name }
    fields(includeDeprecated: true) {
      __typename name description args(includeDeprecated: true) { ...input } type { ...type } isDeprecated deprecationReason
    }
    enumValues(includeDeprecated: true) { __typename name description isDeprecated deprecationReason }
    inputFields(includeDeprecated: true) { ...input } }
  directives { __typename name description isRepeatable locations args(includeDeprecated: true) { ...input } } } }
fragment input on __InputValue { __typename name description type { ...type } defaultValue isDeprecated deprecationReason }
fragment type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";

type Object = Map<String, Json>;

/// The answer to the field `__schema` or `__type`, as JSON.
pub fn answer(context: &Context<'_>) -> ServerResult<Value> {
    let introspection: &Introspection = context.data_unchecked();
    introspection.answer(&context.item.node, context.running()).map_err(|error| error.of_field(context))
}

/// What can be said of the schema.
pub struct Introspection {
    schema: Object,
    types: HashMap<String, Object>,
}

impl Introspection {
    /// What async-graphql says of the schema of these roots, if it does.
    pub fn new<Q, M, S>() -> Option<Self>
    where
        Q: ObjectType + Default + 'static,
        M: ObjectType + Default + 'static,
        S: SubscriptionType + Default + 'static,
    {
        // Of what can be queried, `QueryRoot` would leave all this to us.
        let schema = Schema::build(Q::default(), M::default(), S::default()).finish();
        // It reads nothing, and so waits for nothing.
        let answer = schema.execute(ALL).now_or_never().map(|answer| answer.data.into_json());
        let Some(Ok(Json::Object(mut data))) = answer else { return None };
        let Some(Json::Object(mut schema)) = data.remove("__schema") else { return None };
        // async-graphql describes the type `__Schema` here.
        schema.insert("description".to_owned(), Json::Null);
        let mut names = HashSet::new();
        schema.values().for_each(|value| referred(value, &mut names));
        let types = schema.get_mut("types").and_then(Json::as_array_mut);
        let types = types.into_iter().flat_map(|types| {
            // A scalar that nothing refers to is none of the schema's (section 3.5).
            types.retain(|it| it["kind"] != "SCALAR" || it["name"].as_str().is_some_and(|name| names.contains(name)));
            types.iter_mut().filter_map(Json::as_object_mut).map(|it| {
                if it["name"] == "__Schema" {
                    make_nullable(it, "description");
                }
                if it["kind"] == "INTERFACE" && it["interfaces"].is_null() {
                    // Of interfaces, async-graphql says null (section 4.2.2).
                    it.insert("interfaces".to_owned(), Json::Array(Vec::new()));
                }
                (it["name"].as_str().unwrap_or_default().to_owned(), it.clone())
            })
        });
        Some(Self { types: types.collect(), schema })
    }

    fn answer(&self, field: &Field, running: &Running) -> Result<Value> {
        let mut json = Vec::new();
        let object = match &*field.name.node {
            "__schema" => Some(&self.schema),
            _ => match argument(field, "name") {
                Some(Given::String(name)) => self.types.get(name),
                _ => None,
            },
        };
        match object {
            Some(object) => self.write_object(object, field, running, &mut json)?,
            None => json.extend_from_slice(b"null"),
        }
        Ok(Value::Binary(json.into()))
    }

    fn write_object(&self, object: &Object, field: &Field, running: &Running, json: &mut Vec<u8>) -> Result<()> {
        // A type that is only referred to has a name, unless it is a list or non-null.
        let named = object.get("name").and_then(Json::as_str).filter(|_| !object.contains_key("__typename"));
        let object = named.and_then(|name| self.types.get(name)).unwrap_or(object);
        json.push(b'{');
        for (index, Positioned { node: selection, .. }) in field.selection_set.node.items.iter().enumerate() {
            let Selection::Field(Positioned { node: field, .. }) = selection else { continue };
            let key = &field.response_key().node;
            running.wrote(key.len() + 4)?;
            write_separator(index, json);
            write_text(key, json);
            json.push(b':');
            match (&*field.name.node, object.get(&*field.name.node)) {
                ("__typename", None) => write_text("__Type", json),
                (_, value) => self.write(value.unwrap_or(&Json::Null), field, running, json)?,
            }
        }
        json.push(b'}');
        Ok(())
    }

    fn write(&self, value: &Json, field: &Field, running: &Running, json: &mut Vec<u8>) -> Result<()> {
        match value {
            Json::Object(object) => self.write_object(object, field, running, json)?,
            Json::Array(items) => {
                let deprecated = argument(field, "includeDeprecated") == Some(&Given::Boolean(true));
                let shown =
                    items.iter().filter(|item| deprecated || item.get("isDeprecated") != Some(&Json::Bool(true)));
                json.push(b'[');
                for (index, item) in shown.enumerate() {
                    write_separator(index, json);
                    self.write(item, field, running, json)?;
                }
                json.push(b']');
            }
            Json::String(text) => {
                running.wrote(text.len() + 2)?;
                write_text(text, json);
            }
            other => json.extend_from_slice(other.to_string().as_bytes()),
        }
        Ok(())
    }
}

/// Makes a field of a type nullable, of which async-graphql says that it is not (section 4.2).
fn make_nullable(of: &mut Object, name: &str) {
    let fields = of.get_mut("fields").and_then(Json::as_array_mut).into_iter().flatten();
    for field in fields.filter(|field| field["name"] == name) {
        if field["type"]["kind"] == "NON_NULL" {
            field["type"] = field["type"]["ofType"].take();
        }
    }
}

fn argument<'a>(field: &'a Field, name: &str) -> Option<&'a Given> {
    field.get_argument(name).map(|value| &value.node)
}

/// The names of the types that are referred to.
fn referred(value: &Json, names: &mut HashSet<String>) {
    match value {
        Json::Object(object) => {
            if !object.contains_key("__typename")
                && let Some(Json::String(name)) = object.get("name")
            {
                names.insert(name.clone());
            }
            object.values().for_each(|value| referred(value, names));
        }
        Json::Array(items) => items.iter().for_each(|item| referred(item, names)),
        _ => {}
    }
}
