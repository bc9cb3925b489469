//! The fast way of answering: an executor that goes through the levels of a text, and not through its objects.
//!
//! async-graphql's own executor makes a boxed future of every field of every object, and a value of every answer, which it writes to
//! JSON at last: most of what a large answer would cost. Here all objects that a field of the text leads to are one level, however
//! many they are: what is selected of them is looked at once, what it loads is loaded at once, and they are written one behind the
//! other. So the futures of an answer are as many as the fields of its text. Where a request has two errors, the deeper one can be
//! told here and the other one there.

use std::{borrow::Cow, collections::BTreeMap, future::poll_fn, mem, pin::Pin, task::Poll};

use async_graphql::{
    Context, ContextSelectionSet, Positioned, ServerError, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, TryMaybeDone, try_maybe_done},
};

use super::{
    Running,
    json::{cut, write_name, write_text, write_value},
};
use crate::{
    error::{Error, Result, is_of_field},
    memory::BYTES_A_STEP,
};

/// Whether a request is answered the fast way: all are but those of the tests that compare it with the ordinary one.
pub fn is_fast(context: &ContextSelectionSet<'_>) -> bool {
    context.data_unchecked::<Running>().fast
}

/// The contexts of a level's objects: where each stands in the answer. The plans of fields ask for one, and errors.
pub trait Contexts: Sync {
    /// The request.
    fn running(&self) -> &Running;

    /// Calls `then` once, with what is selected of the object of this index.
    fn hand(&self, index: usize, then: &mut dyn FnMut(&ContextSelectionSet<'_>));
}

/// About what an error has besides its message: a path, a place and a code.
const BYTES_OF_ERROR: usize = 256;

impl dyn Contexts + '_ {
    /// What `then` makes of a field of the object of this index.
    ///
    /// # Panics
    /// `then` was not called, which no implementation fails to do.
    #[expect(clippy::expect_used, reason = "every implementation calls it, once")]
    pub fn with<R>(&self, index: usize, field: &Positioned<Field>, then: impl FnOnce(&Context<'_>) -> R) -> R {
        let (mut then, mut made) = (Some(then), None);
        self.hand(index, &mut |context| made = then.take().map(|then| then(&context.with_field(field))));
        made.expect("a context is handed to what asks for it")
    }

    /// Tells an error below the object of this index, which the answer bears: its bytes are the answer's too.
    ///
    /// # Errors
    /// They are more than the answer may have: the error itself.
    pub fn add_error(&self, index: usize, error: ServerError) -> ServerResult<()> {
        if self.running().wrote(error.message.len() + BYTES_OF_ERROR).is_err() {
            return Err(error);
        }
        let mut error = Some(error);
        self.hand(index, &mut |context| error.take().into_iter().for_each(|error| context.add_error(error)));
        Ok(())
    }

    /// The answers of a field of so many objects, whose arguments make it fail: it fails for each.
    ///
    /// # Errors
    /// It failed for another reason, or the errors are more than the answer may have: the error itself.
    fn all_fail(&self, count: usize, field: &Positioned<Field>, error: ServerError) -> ServerResult<Answers> {
        if !is_of_field(&error) || self.running().wrote(count * BYTES_OF_ERROR).is_err() {
            return Err(error);
        }
        let of = |index| self.with(index, field, |context| context.set_error_path(error.clone()));
        Ok(Answers { values: vec![Value::Null; count], failed: (0..count).map(|index| (index, of(index))).collect() })
    }

    /// The failure of a field of the object of this index.
    pub fn fail(&self, index: usize, field: &Positioned<Field>, error: Error) -> ServerError {
        self.with(index, field, |context| error.of_field(context))
    }
}

/// The context of one object.
pub struct Here<'a>(pub &'a ContextSelectionSet<'a>);

impl Contexts for Here<'_> {
    fn running(&self) -> &Running {
        self.0.data_unchecked()
    }

    fn hand(&self, _: usize, then: &mut dyn FnMut(&ContextSelectionSet<'_>)) {
        then(self.0);
    }
}

/// The contexts below a field of other objects.
#[derive(Clone, Copy)]
pub struct Below<'a> {
    above: &'a dyn Contexts,
    field: &'a Positioned<Field>,
    items: Option<Items<'a>>,
}

/// The items of lists.
#[derive(Clone, Copy)]
struct Items<'a> {
    /// Of each list, how many items there are up to its end.
    ends: &'a [usize],
    /// The field of each item that leads to the object, unless the item is the object.
    field: Option<&'a Positioned<Field>>,
}

impl<'a> Below<'a> {
    /// Those of a field that leads to an object each.
    pub fn objects(above: &'a dyn Contexts, field: &'a Positioned<Field>) -> Self {
        Self { above, field, items: None }
    }

    /// Those of a field that leads to a list each. Of each list, `ends` says how many items there are up to its end.
    pub fn items(above: &'a dyn Contexts, field: &'a Positioned<Field>, ends: &'a [usize]) -> Self {
        Self { above, field, items: Some(Items { ends, field: None }) }
    }

    /// Those of a field of these items that leads to an object each.
    pub fn of_each(self, field: &'a Positioned<Field>) -> Self {
        Self { items: self.items.map(|items| Items { field: Some(field), ..items }), ..self }
    }
}

impl Contexts for Below<'_> {
    fn running(&self) -> &Running {
        self.above.running()
    }

    fn hand(&self, index: usize, then: &mut dyn FnMut(&ContextSelectionSet<'_>)) {
        let (above, item) = match self.items {
            None => (index, None),
            Some(Items { ends, .. }) => {
                let list = ends.partition_point(|&end| end <= index);
                let start = list.checked_sub(1).map_or(0, |before| ends[before]);
                (list, Some(index - start))
            }
        };
        self.above.hand(above, &mut |context| {
            let field = context.with_field(self.field);
            let selected = field.with_selection_set(&self.field.node.selection_set);
            let Some(item) = item else { return then(&selected) };
            let item = selected.with_index(item);
            match self.items.and_then(|items| items.field) {
                None => then(&item),
                Some(field) => then(&item.with_field(field).with_selection_set(&field.node.selection_set)),
            }
        });
    }
}

/// The contexts of some of a level's objects.
pub struct Among<'a> {
    /// Those of all.
    pub all: &'a dyn Contexts,
    /// Which of them.
    pub indexes: &'a [usize],
}

impl Contexts for Among<'_> {
    fn running(&self) -> &Running {
        self.all.running()
    }

    fn hand(&self, index: usize, then: &mut dyn FnMut(&ContextSelectionSet<'_>)) {
        self.all.hand(self.indexes[index], then);
    }
}

/// The answers of a field, one for each object of a level.
#[derive(Default)]
pub struct Answers {
    /// The values; null for one that failed.
    pub values: Vec<Value>,
    /// Why some failed, by their place: null is then what is next above and may be.
    failed: BTreeMap<usize, ServerError>,
}

impl From<Vec<Value>> for Answers {
    fn from(values: Vec<Value>) -> Self {
        Self { values, failed: BTreeMap::new() }
    }
}

impl Answers {
    /// The answer for the first object, which is the only one.
    pub fn into_first(mut self) -> ServerResult<Value> {
        match self.failed.remove(&0) {
            Some(error) => Err(error),
            None => Ok(self.values.into_iter().next().unwrap_or_default()),
        }
    }
}

/// Objects of one type, which write some of their fields by themselves.
pub trait Objects: Sync {
    /// What of an object is written without a statement.
    type Part: Copy + Send + Sync;

    /// The name of their type.
    fn type_name(&self) -> Cow<'static, str>;

    /// How many there are.
    fn count(&self) -> usize;

    /// What a field is, if it is such a part.
    fn part(&self, field: &str) -> Result<Option<Self::Part>>;

    /// Whether a field that is such a part may be null.
    fn may_be_null(&self, field: &str) -> bool;

    /// Writes a part of one of them.
    fn write(&self, index: usize, part: Self::Part, json: &mut Vec<u8>) -> Result<()>;

    /// The answers of another field, one for each of them.
    fn resolve<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<Field>,
    ) -> BoxFuture<'a, ServerResult<Answers>>;
}

/// Objects that a field of the text leads to, what is selected of them, and what had to be loaded for it.
pub struct Level<'a, O: Objects, C> {
    objects: &'a O,
    contexts: C,
    steps: Vec<(&'a Positioned<Field>, Step<O::Part>)>,
    answers: Vec<Answers>,
}

/// How a selected field is written.
enum Step<P> {
    TypeName,
    Part(P),
    /// As one of the level's answers.
    Answer(usize),
}

impl<'a, O: Objects, C: Contexts> Level<'a, O, C> {
    /// What is selected of these objects, all of it loaded.
    pub async fn of(objects: &'a O, set: &'a SelectionSet, contexts: C) -> ServerResult<Self> {
        let (mut steps, mut others) = (Vec::with_capacity(set.items.len()), Vec::new());
        for field in selected(set, &objects.type_name()) {
            let name = &*field.node.name.node;
            let step = match name {
                "__typename" => Step::TypeName,
                _ => match objects.part(name).map_err(|error| (&contexts as &dyn Contexts).fail(0, field, error))? {
                    Some(part) => Step::Part(part),
                    None => {
                        others.push(field);
                        Step::Answer(others.len() - 1)
                    }
                },
            };
            steps.push((field, step));
        }
        let answers = match &others[..] {
            [] => Vec::new(),
            _ => {
                let waiting = others.iter().map(|field| objects.resolve(&contexts, field));
                let failed = |other: usize, error| {
                    let contexts: &dyn Contexts = &contexts;
                    contexts.all_fail(objects.count(), others[other], error)
                };
                all(waiting, failed).await?
            }
        };
        Ok(Self { objects, contexts, steps, answers })
    }

    /// Writes one of the objects.
    pub fn write(&self, index: usize, writer: &mut Writer<'_>) -> ServerResult<()> {
        writer.json.push(b'{');
        for (number, (field, step)) in self.steps.iter().enumerate() {
            write_name(number, &field.node.response_key().node, &mut writer.json);
            match step {
                Step::TypeName => write_text(&self.objects.type_name(), &mut writer.json),
                Step::Part(part) => {
                    let start = writer.json.len();
                    if let Err(error) = self.objects.write(index, *part, &mut writer.json) {
                        let error = self.fail(index, field, error);
                        if !self.objects.may_be_null(&field.node.name.node) {
                            return Err(error);
                        }
                        writer.retract(start);
                        (&self.contexts as &dyn Contexts).add_error(index, error)?;
                    }
                }
                Step::Answer(answer) => {
                    let Answers { values, failed } = &self.answers[*answer];
                    if let Some(error) = failed.get(&index) {
                        return Err(error.clone());
                    }
                    writer.copy(&values[index]);
                }
            }
        }
        writer.json.push(b'}');
        self.ended(index, writer.step())
    }

    fn fail(&self, index: usize, field: &Positioned<Field>, error: Error) -> ServerError {
        let contexts: &dyn Contexts = &self.contexts;
        contexts.fail(index, field, error)
    }

    /// An error between fields is reported at the object's last field. Without one, the next object or the end meets it.
    fn ended<T: Default>(&self, index: usize, written: Result<T>) -> ServerResult<T> {
        match (written, self.steps.last()) {
            (Err(error), Some((field, _))) => Err(self.fail(index, field, error)),
            (written, _) => Ok(written.unwrap_or_default()),
        }
    }

    /// Writes all of them: an answer each.
    fn write_each(self) -> ServerResult<Answers> {
        let count = self.objects.count();
        if self.steps.is_empty() {
            // All that was selected is skipped.
            return Ok(vec![Value::Object(IndexMap::new()); count].into());
        }
        let mut writer = Writer::of(self.contexts.running());
        for index in 0..count {
            let written = self.write(index, &mut writer);
            writer.end(written)?;
            if index == 0 {
                writer.make_room(count - 1);
            }
        }
        self.ended(count.saturating_sub(1), writer.finish())
    }
}

/// The answers of a field that leads to an object each: those of `objects`. If the field is `optional`, an answer that fails is null
/// beside its error (GraphQL, section 6.4.4).
pub async fn each<O: Objects>(
    objects: &O,
    contexts: &dyn Contexts,
    field: &Positioned<Field>,
    optional: bool,
) -> ServerResult<Answers> {
    let below = Below::objects(contexts, field);
    let mut answers = Level::of(objects, &field.node.selection_set.node, below).await?.write_each()?;
    if optional {
        let mut failed = mem::take(&mut answers.failed).into_iter();
        failed.try_for_each(|(index, error)| contexts.add_error(index, error))?;
    }
    Ok(answers)
}

/// The answer of what is selected of one object.
pub async fn one<O: Objects>(object: &O, context: &ContextSelectionSet<'_>) -> ServerResult<Value> {
    Level::of(object, &context.item.node, Here(context)).await?.write_each()?.into_first()
}

/// The fields that are selected of objects of this type. In the normal form of an operation, a fragment stands for one type.
pub fn selected<'a>(set: &'a SelectionSet, type_name: &str) -> Vec<&'a Positioned<Field>> {
    let mut fields = Vec::with_capacity(set.items.len());
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => fields.push(field),
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                if condition.is_none_or(|condition| condition.node.on.node == type_name) {
                    fields.extend(selected(&fragment.node.selection_set.node, type_name));
                }
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    fields
}

/// The answers of all, or the first error that `failed` makes no answer of; it is told whose error it is. Not `try_join_all`, which keeps
/// a task for each of many: all of these wait for the same few batches.
async fn all<'a, T: Default>(
    waiting: impl Iterator<Item = BoxFuture<'a, ServerResult<T>>>,
    failed: impl Fn(usize, ServerError) -> ServerResult<T>,
) -> ServerResult<Vec<T>> {
    let mut waiting: Vec<TryMaybeDone<_>> = waiting.map(try_maybe_done).collect();
    poll_fn(|context| {
        let mut waits = false;
        for (index, future) in waiting.iter_mut().enumerate() {
            match future.poll_unpin(context) {
                Poll::Ready(Err(error)) => match failed(index, error) {
                    Ok(answer) => *future = TryMaybeDone::Done(answer),
                    Err(error) => return Poll::Ready(Err(error)),
                },
                Poll::Ready(Ok(())) => {}
                Poll::Pending => waits = true,
            }
        }
        if waits { Poll::Pending } else { Poll::Ready(Ok(())) }
    })
    .await?;
    Ok(waiting.into_iter().map(|mut future| Pin::new(&mut future).take_output().unwrap_or_default()).collect())
}

/// The most bytes for which room is made before they are written: the first answer may be far longer than the others.
const MOST_EXPECTED: usize = 1 << 22;

/// Answers that are written one behind the other. Their bytes are counted, but not those that were copied: these were counted when
/// they were written.
pub struct Writer<'a> {
    /// What is written.
    pub json: Vec<u8>,
    running: &'a Running,
    /// How many of its bytes are counted, or copied.
    known: usize,
    ends: Vec<usize>,
    failed: BTreeMap<usize, ServerError>,
}

impl<'a> Writer<'a> {
    /// Writes for this request.
    pub fn of(running: &'a Running) -> Self {
        Self { json: Vec::new(), running, known: 0, ends: Vec::new(), failed: BTreeMap::new() }
    }

    /// Writes an answer, of which the bytes are counted already if it was written before.
    pub fn copy(&mut self, answer: &Value) {
        let before = self.json.len();
        write_value(answer, &mut self.json);
        if matches!(answer, Value::Binary(_)) {
            self.known += self.json.len() - before;
        }
    }

    /// Counts what is new, if that is much.
    ///
    /// # Errors
    /// It is more than an answer may have, or the request's time is over.
    pub fn step(&mut self) -> Result<()> {
        if self.json.len() - self.known < 1 << BYTES_A_STEP { Ok(()) } else { self.count() }
    }

    fn count(&mut self) -> Result<()> {
        let new = self.json.len() - self.known;
        self.known = self.json.len();
        self.running.wrote(new)
    }

    /// Makes room for so many answers, as if the others were like the first: most lists grow once.
    pub fn make_room(&mut self, count: usize) {
        let first = self.json.len();
        self.json.reserve((first + first / 8 + 1).saturating_mul(count).min(MOST_EXPECTED));
    }

    /// Writes null in the place of what was written from `start` on.
    pub fn retract(&mut self, start: usize) {
        self.json.truncate(start);
        self.known = self.known.min(start);
        self.json.extend_from_slice(b"null");
    }

    /// Ends an answer that was written, or that failed alone.
    ///
    /// # Errors
    /// It failed for another reason, which is not of this answer alone: the request is over its limits.
    pub fn end(&mut self, written: ServerResult<()>) -> ServerResult<()> {
        match written {
            // What is retracted was written all the same: it is counted, as if it stayed.
            Err(error) if is_of_field(&error) && self.count().is_ok() => {
                self.retract(self.ends.last().copied().unwrap_or_default());
                self.failed.insert(self.ends.len(), error);
            }
            written => written?,
        }
        self.ends.push(self.json.len());
        Ok(())
    }

    /// The answers.
    ///
    /// # Errors
    /// As of [`Self::step`].
    pub fn finish(mut self) -> Result<Answers> {
        self.count()?;
        Ok(Answers { values: cut(self.json, &self.ends), failed: self.failed })
    }
}
