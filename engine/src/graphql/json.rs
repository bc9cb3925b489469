//! The fast way of answering: objects written straight to JSON.
//!
//! async-graphql's own executor makes a boxed future of every field of every object, and a value of every answer, which it
//! writes to JSON at last: most of what a large answer would cost. Here the objects of a list are written at once: columns
//! and ids by [`Objects::write`], and of the fields with a resolver just that resolver's future is kept, if it waits.
//!
//! What is written is carried as [`Value::Binary`], which no field of the API has, and goes into the answer as it is.

use std::{future::poll_fn, iter, pin::Pin, task::Poll, vec};

use async_graphql::{
    ContainerType, ContextSelectionSet, OutputType, Positioned, Response, ServerResult, Value,
    parser::types::{Field, Selection, SelectionSet},
};
use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, TryMaybeDone, try_join_all, try_maybe_done},
};

use super::Running;
use crate::{
    error::{Error, Result},
    memory::BYTES_A_STEP,
};

/// Whether a request is answered the fast way: all are but those of the tests that compare it with the ordinary one.
pub fn is_fast(context: &ContextSelectionSet<'_>) -> bool {
    context.data_unchecked::<Running>().fast
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
    /// The answers of a field with a resolver for all of them, if it can be resolved for all at once.
    fn at_once<'a>(
        &self,
        _context: &'a ContextSelectionSet<'a>,
        _field: &'a Positioned<Field>,
    ) -> Option<BoxFuture<'a, ServerResult<Vec<Value>>>> {
        None
    }
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

/// What resolvers answer, on its way.
type Waiting<'a, T> = BoxFuture<'a, ServerResult<T>>;

type Steps<'a, P> = Vec<(&'a Positioned<Field>, Step<P>)>;

/// Answers with a list of all of the objects.
pub async fn list<O: Objects>(objects: &O, context: &ContextSelectionSet<'_>) -> ServerResult<Value> {
    let steps = steps(objects, context)?;
    let waiting = resolvers(&steps).map(|field| {
        let resolved = objects.at_once(context, field).unwrap_or_else(|| each(objects, context, field).boxed());
        try_maybe_done(resolved)
    });
    let mut resolved: Vec<_> = all(waiting.collect()).await?.map(Vec::into_iter).collect();
    let mut json = Vec::new();
    write_list(objects, context, &steps, &mut resolved, &mut json)?;
    Ok(Value::Binary(json.into()))
}

/// Answers with a list of all of the objects, each as async-graphql resolves it.
pub async fn list_ordinarily<O: Objects>(
    objects: &O,
    context: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    let waiting = (0..objects.count()).map(|index| {
        let object = objects.object(index);
        async move { object.resolve(&context.with_index(index), field).await }
    });
    Ok(Value::List(try_join_all(waiting).await?))
}

/// The answers of a field for all items of a list, which `context` is of: an object each.
pub async fn each_under<O: Objects>(
    objects: impl IntoIterator<Item = O>,
    context: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
) -> ServerResult<Vec<Value>> {
    let waiting = objects.into_iter().enumerate().map(|(index, one)| {
        let resolved = async move {
            let item = context.with_index(index);
            let of_field = item.with_field(field);
            object(&one, &of_field.with_selection_set(&field.node.selection_set)).await
        };
        try_maybe_done(resolved.boxed())
    });
    Ok(all(waiting.collect()).await?.collect())
}

/// The values that were written one behind the other, each to one of these ends.
pub fn cut(json: Vec<u8>, ends: &[usize]) -> Vec<Value> {
    let json = Bytes::from(json);
    let starts = iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| Value::Binary(json.slice(start..end))).collect()
}

/// The answers of a field's resolver for each of the objects.
async fn each<O: Objects>(
    objects: &O,
    context: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
) -> ServerResult<Vec<Value>> {
    let waiting = (0..objects.count()).map(|index| {
        let object = objects.object(index);
        let resolved = async move {
            let context = context.with_index(index);
            let resolved = object.resolve_field(&context.with_field(field)).await;
            resolved.map(Option::unwrap_or_default)
        };
        try_maybe_done(resolved.boxed())
    });
    Ok(all(waiting.collect()).await?.collect())
}

/// What is selected of objects whose fields have no resolver: they can be written at once.
pub struct Leaves<'a, P>(Steps<'a, P>);

impl<'a, P> Leaves<'a, P> {
    /// What is selected of these objects; `None` if a field of theirs has a resolver.
    pub fn of<O: Objects<Part = P>>(objects: &O, context: &ContextSelectionSet<'a>) -> ServerResult<Option<Self>> {
        let steps = steps(objects, context)?;
        let has_resolver = resolvers(&steps).next().is_some();
        Ok((!has_resolver).then_some(Self(steps)))
    }

    /// Writes a list of all of the objects.
    pub fn write<O: Objects<Part = P>>(
        &self,
        objects: &O,
        context: &ContextSelectionSet<'_>,
        json: &mut Vec<u8>,
    ) -> ServerResult<()> {
        write_list(objects, context, &self.0, &mut [], json)
    }

    /// Writes one of the objects, which `context` is of.
    pub fn write_one<O: Objects<Part = P>>(
        &self,
        objects: &O,
        index: usize,
        context: &ContextSelectionSet<'_>,
        json: &mut Vec<u8>,
    ) -> ServerResult<()> {
        write_alone(objects, index, context, &self.0, &mut [], json)
    }
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
    let mut resolved: Vec<_> = all(waiting).await?.map(|value| vec![value].into_iter()).collect();
    let mut json = Vec::new();
    write_alone(objects, 0, context, &steps, &mut resolved, &mut json)?;
    Ok(Value::Binary(json.into()))
}

/// Writes one of the objects, which `context` is of, and counts its bytes.
fn write_alone<O: Objects>(
    objects: &O,
    index: usize,
    context: &ContextSelectionSet<'_>,
    steps: &Steps<'_, O::Part>,
    resolved: &mut [vec::IntoIter<Value>],
    json: &mut Vec<u8>,
) -> ServerResult<()> {
    let (running, start) = (context.data_unchecked::<Running>(), json.len());
    write(objects, index, steps, resolved, json)
        .and_then(|copied| of_last(steps, running.wrote(json.len() - start - copied)))
        .map_err(|(field, error)| error.of_field(&context.with_field(field)))
}

fn steps<'a, O: Objects>(objects: &O, context: &ContextSelectionSet<'a>) -> ServerResult<Steps<'a, O::Part>> {
    let mut steps = Vec::with_capacity(context.item.node.items.len());
    collect(objects, context, &context.item.node, &mut steps)?;
    Ok(steps)
}

/// The selected fields of the objects. In the normal form of an operation, a fragment stands for one type of object.
fn collect<'a, O: Objects>(
    objects: &O,
    context: &ContextSelectionSet<'a>,
    set: &'a SelectionSet,
    steps: &mut Steps<'a, O::Part>,
) -> ServerResult<()> {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let name = &field.node.name.node;
                let step = if name == "__typename" {
                    Step::TypeName
                } else {
                    let part = objects.part(name).map_err(|error| error.of_field(&context.with_field(field)))?;
                    part.map_or(Step::Resolver, Step::Part)
                };
                steps.push((field, step));
            }
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                if condition.is_none_or(|condition| condition.node.on.node == *O::Object::type_name()) {
                    collect(objects, context, &fragment.node.selection_set.node, steps)?;
                }
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

/// The fields that a resolver answers.
fn resolvers<'a, P>(steps: &[(&'a Positioned<Field>, Step<P>)]) -> impl Iterator<Item = &'a Positioned<Field>> {
    steps.iter().filter(|(_, step)| matches!(step, Step::Resolver)).map(|(field, _)| *field)
}

fn write_list<O: Objects>(
    objects: &O,
    context: &ContextSelectionSet<'_>,
    steps: &Steps<'_, O::Part>,
    resolved: &mut [vec::IntoIter<Value>],
    json: &mut Vec<u8>,
) -> ServerResult<()> {
    let (running, start, count) = (context.data_unchecked::<Running>(), json.len(), objects.count());
    json.push(b'[');
    // The bytes of answers that were written before, and those that are counted.
    let (mut copied, mut counted) = (0, 0);
    for index in 0..count {
        if index == 1 {
            // As if the others were like the first: most lists grow once.
            let first = json.len() - start;
            json.reserve((first + first / 8 + 1) * count);
        }
        write_separator(index, json);
        let written = write(objects, index, steps, resolved, json).and_then(|bytes| {
            copied += bytes;
            let is_last = index + 1 == count;
            // The last has the bracket behind it.
            let new = json.len() + usize::from(is_last) - start - copied - counted;
            if !is_last && new < 1 << BYTES_A_STEP {
                return Ok(());
            }
            counted += new;
            of_last(steps, running.wrote(new))
        });
        written.map_err(|(field, error)| error.of_field(&context.with_index(index).with_field(field)))?;
    }
    json.push(b']');
    Ok(())
}

/// What ends the writing of an object is an error of its last field.
fn of_last<'a, P>(steps: &Steps<'a, P>, result: Result<()>) -> Result<(), (&'a Positioned<Field>, Error)> {
    match (result, steps.last()) {
        (Err(error), Some((field, _))) => Err((field, error)),
        _ => Ok(()),
    }
}

/// Writes one of the objects, for which `resolved` goes on with the answer of each resolver: how many bytes are of these.
fn write<'a, O: Objects>(
    objects: &O,
    index: usize,
    steps: &Steps<'a, O::Part>,
    resolved: &mut [vec::IntoIter<Value>],
    json: &mut Vec<u8>,
) -> Result<usize, (&'a Positioned<Field>, Error)> {
    json.push(b'{');
    let mut copied = 0;
    let mut resolved = resolved.iter_mut();
    for (place, (field, step)) in steps.iter().enumerate() {
        write_separator(place, json);
        // A name has only letters, digits and underscores (GraphQL, section 2.1.9).
        json.push(b'"');
        json.extend_from_slice(field.node.response_key().node.as_bytes());
        json.extend_from_slice(b"\":");
        match step {
            Step::TypeName => write_text(&O::Object::type_name(), json),
            Step::Part(part) => objects.write(index, *part, json).map_err(|error| (*field, error))?,
            Step::Resolver => {
                let before = json.len();
                write_value(&resolved.next().and_then(Iterator::next).unwrap_or_default(), json);
                copied += json.len() - before;
            }
        }
    }
    json.push(b'}');
    Ok(copied)
}

/// The answers of all, or the first error. Not `try_join_all`, which keeps a task for each of many: all of these wait for the
/// same few batches.
pub async fn all<T: Default>(mut waiting: Vec<TryMaybeDone<Waiting<'_, T>>>) -> ServerResult<impl Iterator<Item = T>> {
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

/// Writes what stands before the item of this index.
pub fn write_separator(index: usize, json: &mut Vec<u8>) {
    if index > 0 {
        json.push(b',');
    }
}

/// Writes a text as a JSON string.
pub fn write_text(text: &str, json: &mut Vec<u8>) {
    // Most texts need no escapes, which the compiler can see for many bytes at once.
    let is_plain = |plain, &byte: &u8| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\');
    if text.as_bytes().iter().fold(true, is_plain) {
        json.reserve(text.len() + 2);
        json.push(b'"');
        json.extend_from_slice(text.as_bytes());
        json.push(b'"');
    } else {
        // Neither a text nor a vector can refuse.
        let _ = serde_json::to_writer(json, text);
    }
}

/// Writes a value, and what is written already as it is.
pub fn write_value(value: &Value, json: &mut Vec<u8>) {
    match value {
        Value::Binary(written) => json.extend_from_slice(written),
        Value::List(items) => {
            json.push(b'[');
            for (index, item) in items.iter().enumerate() {
                write_separator(index, json);
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
        write_separator(index, json);
        write_text(name.as_ref(), json);
        json.push(b':');
        write_value(value, json);
    }
    json.push(b'}');
}

/// Whether the operation ran, however it ended: an error before that belongs to no field.
pub fn ran(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

/// The text of a response (GraphQL, section 7.1): without `data` if nothing ran.
pub fn response(response: &Response) -> Vec<u8> {
    let mut json = Vec::with_capacity(64 + written(&response.data));
    json.push(b'{');
    if !response.errors.is_empty() {
        json.extend_from_slice(b"\"errors\":");
        // Of strings, numbers and lists of them alone.
        let _ = serde_json::to_writer(&mut json, &response.errors);
    }
    if ran(response) {
        json.extend_from_slice(if response.errors.is_empty() { b"\"data\":" } else { b",\"data\":" });
        write_value(&response.data, &mut json);
    }
    if !response.extensions.is_empty() {
        json.extend_from_slice(b",\"extensions\":");
        write_object(&response.extensions, &mut json);
    }
    json.push(b'}');
    json
}

/// How much of a value is written already.
fn written(value: &Value) -> usize {
    match value {
        Value::Binary(json) => json.len(),
        Value::Object(fields) => fields.values().map(written).sum(),
        _ => 0,
    }
}
