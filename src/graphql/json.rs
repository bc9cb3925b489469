//! The fast way of answering: objects written straight to JSON.
//!
//! async-graphql's own executor makes a boxed future of every field of every object, and a value of every answer, which it
//! writes to JSON at last: most of what a large answer would cost. Here the objects of a list are written at once: columns
//! and ids by [`Objects::write`], and of the fields with a resolver just that resolver's future is kept, if it waits.
//!
//! What is written is carried as [`Value::Binary`], which no field of the API has, and goes into the answer as it is.
//!
//! async-graphql merges fields with the same response key after they are resolved, which a text cannot be: a document that
//! has such fields is answered in the ordinary way.

use std::{
    collections::{HashMap, HashSet},
    future::poll_fn,
    pin::Pin,
    sync::OnceLock,
    task::Poll,
};

use async_graphql::{
    ContainerType, ContextSelectionSet, Name, OutputType, Positioned, Response, ServerResult, Value,
    parser::types::{Field, FragmentDefinition, Selection, SelectionSet},
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, TryMaybeDone, try_maybe_done},
};

use crate::error::{Error, Result};

/// Whether a request is answered the fast way: decided once, from its text.
pub struct IsFast(OnceLock<bool>);

impl IsFast {
    /// Not yet decided; or, if the fast way is not `allowed`, decided.
    pub fn new(allowed: bool) -> Self {
        Self(if allowed { OnceLock::new() } else { false.into() })
    }

    /// Whether this request is.
    pub fn of(context: &ContextSelectionSet<'_>) -> bool {
        let query = context.query_env;
        *context.data_unchecked::<Self>().0.get_or_init(|| {
            has_distinct_keys(&query.operation.node.selection_set.node, &query.fragments, &mut HashSet::new())
        })
    }
}

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Whether no two fields of an object have the same response key, here and below. Type conditions are not looked at, so
/// that it says no more often than it must.
fn has_distinct_keys<'a>(set: &'a SelectionSet, fragments: &'a Fragments, keys: &mut HashSet<&'a str>) -> bool {
    set.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            keys.insert(&field.node.response_key().node)
                && has_distinct_keys(&field.node.selection_set.node, fragments, &mut HashSet::new())
        }
        Selection::InlineFragment(fragment) => has_distinct_keys(&fragment.node.selection_set.node, fragments, keys),
        Selection::FragmentSpread(spread) => fragments
            .get(&spread.node.fragment_name.node)
            .is_none_or(|fragment| has_distinct_keys(&fragment.node.selection_set.node, fragments, keys)),
    })
}

/// Objects of one type, which write some of their fields by themselves.
pub trait Objects: Send + Sync {
    /// What resolves the other fields.
    type Object: ContainerType;
    /// What can be written of an object.
    type Part: Copy + Send + Sync;
    /// How many there are.
    fn count(&self) -> usize;
    /// One of them.
    fn object(&self, index: usize) -> Self::Object;
    /// What a field is, if it can be written.
    fn part(&self, field: &str) -> Result<Option<Self::Part>>;
    /// Writes a part of one of them.
    fn write(&self, index: usize, part: Self::Part, json: &mut Vec<u8>) -> Result<()>;
}

/// How a selected field is answered.
enum Step<P> {
    TypeName,
    Part(P),
    Resolver,
}

/// The answer of a resolver, on its way.
type Waiting<'a> = BoxFuture<'a, ServerResult<Value>>;

type Steps<'a, P> = Vec<(&'a Positioned<Field>, Step<P>)>;

/// Answers with a list of all of the objects.
pub async fn list<O: Objects>(objects: &O, context: &ContextSelectionSet<'_>) -> ServerResult<Value> {
    let steps = steps(objects, context)?;
    let mut waiting = Vec::new();
    for index in 0..objects.count() {
        for field in resolvers(&steps) {
            let object = objects.object(index);
            let resolved = async move {
                let context = context.with_index(index);
                let resolved = object.resolve_field(&context.with_field(field)).await;
                resolved.map(Option::unwrap_or_default).map_err(|error| context.set_error_path(error))
            };
            waiting.push(try_maybe_done(resolved.boxed()));
        }
    }
    let mut resolved = all(waiting).await?;
    let mut json = vec![b'['];
    for index in 0..objects.count() {
        if index > 0 {
            json.push(b',');
        }
        write(objects, index, &steps, &mut resolved, &mut json).map_err(|(field, error)| {
            let context = context.with_index(index);
            context.set_error_path(error.of_field(&context.with_field(field)))
        })?;
    }
    json.push(b']');
    Ok(Value::Binary(json.into()))
}

/// Answers with the one object that there is.
pub async fn object<O: Objects>(objects: &O, context: &ContextSelectionSet<'_>) -> ServerResult<Value> {
    let steps = steps(objects, context)?;
    let mut waiting = Vec::new();
    for field in resolvers(&steps) {
        let object = objects.object(0);
        let resolved =
            async move { object.resolve_field(&context.with_field(field)).await.map(Option::unwrap_or_default) };
        waiting.push(try_maybe_done(resolved.boxed()));
    }
    let mut resolved = all(waiting).await?;
    let mut json = Vec::new();
    write(objects, 0, &steps, &mut resolved, &mut json)
        .map_err(|(field, error)| error.of_field(&context.with_field(field)))?;
    Ok(Value::Binary(json.into()))
}

fn steps<'a, O: Objects>(objects: &O, context: &ContextSelectionSet<'a>) -> ServerResult<Steps<'a, O::Part>> {
    let mut steps = Vec::with_capacity(context.item.node.items.len());
    collect(objects, context, &context.item.node, &mut steps)?;
    Ok(steps)
}

/// The selected fields of the objects, through all fragments that apply to their type.
fn collect<'a, O: Objects>(
    objects: &O,
    context: &ContextSelectionSet<'a>,
    set: &'a SelectionSet,
    steps: &mut Steps<'a, O::Part>,
) -> ServerResult<()> {
    for selection in &set.items {
        let (condition, set) = match &selection.node {
            Selection::Field(field) => {
                let name = &field.node.name.node;
                let step = if name == "__typename" {
                    Step::TypeName
                } else {
                    let part = objects.part(name).map_err(|error| error.of_field(&context.with_field(field)))?;
                    part.map_or(Step::Resolver, Step::Part)
                };
                steps.push((field, step));
                continue;
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                let Some(fragment) = context.query_env.fragments.get(&spread.node.fragment_name.node) else { continue };
                (Some(&fragment.node.type_condition), &fragment.node.selection_set)
            }
        };
        let own = O::Object::type_name();
        let applies = condition.map(|condition| condition.node.on.node.as_str()).is_none_or(|condition| {
            let interfaces = &context.schema_env.registry.implements;
            condition == own || interfaces.get(&*own).is_some_and(|interfaces| interfaces.contains(condition))
        });
        if applies {
            collect(objects, context, &set.node, steps)?;
        }
    }
    Ok(())
}

/// The fields that a resolver answers.
fn resolvers<'a, P>(steps: &[(&'a Positioned<Field>, Step<P>)]) -> impl Iterator<Item = &'a Positioned<Field>> {
    steps.iter().filter(|(_, step)| matches!(step, Step::Resolver)).map(|(field, _)| *field)
}

/// Writes one of the objects, to which `resolved` has the answers of resolvers.
fn write<'a, O: Objects>(
    objects: &O,
    index: usize,
    steps: &Steps<'a, O::Part>,
    resolved: &mut impl Iterator<Item = Value>,
    json: &mut Vec<u8>,
) -> Result<(), (&'a Positioned<Field>, Error)> {
    json.push(b'{');
    for (place, (field, step)) in steps.iter().enumerate() {
        if place > 0 {
            json.push(b',');
        }
        // A name has only letters, digits and underscores (GraphQL, section 2.1.9).
        json.push(b'"');
        json.extend_from_slice(field.node.response_key().node.as_bytes());
        json.extend_from_slice(b"\":");
        match step {
            Step::TypeName => write_text(&O::Object::type_name(), json),
            Step::Part(part) => objects.write(index, *part, json).map_err(|error| (*field, error))?,
            Step::Resolver => write_value(&resolved.next().unwrap_or_default(), json),
        }
    }
    json.push(b'}');
    Ok(())
}

/// The answers of all, or the first error. Not `try_join_all`, which keeps a task for each of many: all of these wait for the
/// same few batches.
async fn all(mut waiting: Vec<TryMaybeDone<Waiting<'_>>>) -> ServerResult<impl Iterator<Item = Value>> {
    poll_fn(|context| {
        let mut waits = false;
        for future in &mut waiting {
            match future.poll_unpin(context) {
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) => {}
                Poll::Pending => waits = true,
            }
        }
        if waits { Poll::Pending } else { Poll::Ready(Ok(())) }
    })
    .await?;
    Ok(waiting.into_iter().map(|mut future| Pin::new(&mut future).take_output().unwrap_or_default()))
}

/// Writes a text as a JSON string.
pub fn write_text(text: &str, json: &mut Vec<u8>) {
    // Neither a text nor a vector can refuse.
    let _ = serde_json::to_writer(json, text);
}

/// Writes a value, and what is written already as it is.
pub fn write_value(value: &Value, json: &mut Vec<u8>) {
    match value {
        Value::Binary(written) => json.extend_from_slice(written),
        Value::List(items) => {
            json.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(b',');
                }
                write_value(item, json);
            }
            json.push(b']');
        }
        Value::Object(fields) => write_object(fields, json),
        other => {
            // Scalars have no keys that could fail to be strings, and a vector cannot refuse.
            let _ = serde_json::to_writer(json, other);
        }
    }
}

fn write_object<'a, K: AsRef<str> + 'a>(fields: impl IntoIterator<Item = (&'a K, &'a Value)>, json: &mut Vec<u8>) {
    json.push(b'{');
    for (index, (name, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        write_text(name.as_ref(), json);
        json.push(b':');
        write_value(value, json);
    }
    json.push(b'}');
}

/// The text of a response (GraphQL, section 7.1).
pub fn response(response: &Response) -> Vec<u8> {
    let mut json = b"{".to_vec();
    if !response.errors.is_empty() {
        json.extend_from_slice(b"\"errors\":");
        // Of strings, numbers and lists of them alone.
        let _ = serde_json::to_writer(&mut json, &response.errors);
        json.push(b',');
    }
    json.extend_from_slice(b"\"data\":");
    write_value(&response.data, &mut json);
    if !response.extensions.is_empty() {
        json.extend_from_slice(b",\"extensions\":");
        write_object(&response.extensions, &mut json);
    }
    json.push(b'}');
    json
}
