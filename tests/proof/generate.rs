//! Random queries. What is drawn, and shrinks, is a tree of drafts that knows no type: it has the query's shape, and its
//! numbers pick from whatever the schema offers at their place. [`Builder`] makes the query of it.

mod values;

use proptest::{collection::vec, option, prelude::*};

use super::{
    data::Data,
    query::{Directive, Field, Fragment, Inline, Query, Selection, Value},
    schema::{QUERY, Schema, named},
};
pub use values::ValueDraft;

/// How many levels of selections there are at most; an item of a connection is two or three.
const LEVELS: usize = 13;
/// How many connections are nested at most.
const CONNECTIONS: usize = 5;
/// How many items a connection may have for all its parents, about: what is larger is only slower.
const ITEMS: usize = 300;
/// How many fields a query has, about.
const FIELDS: usize = 40;

#[derive(Clone, Debug)]
pub struct Draft {
    form: Form,
    pick: usize,
    aliased: bool,
    directive: Option<ValueDraft>,
    arguments: Vec<ValueDraft>,
    inner: Vec<Draft>,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Field,
    /// The field before it once more, with another selection: GraphQL merges the two.
    Again,
    Inline,
    Spread,
}

/// What a draft has if it is of a field with a selection: that, and arguments.
type Inside = (Vec<Draft>, Vec<ValueDraft>);

/// Drafts of a query.
pub fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    vec(draft(prop_oneof![1 => Just(Inside::default()), 12 => inside(LEVELS)]), 1..4)
}

fn inside(levels: usize) -> BoxedStrategy<Inside> {
    let next = if levels == 1 {
        Just(Inside::default()).boxed()
    } else {
        // The upper levels are bushy, so that most queries come to a list in a list.
        let within = if levels > LEVELS - 4 { 12 } else { 4 };
        prop_oneof![4 => Just(Inside::default()), within => inside(levels - 1)].boxed()
    };
    (vec(draft(next), 1..4), vec(values::draft(6), 0..8)).boxed()
}

fn draft(inside: impl Strategy<Value = Inside>) -> impl Strategy<Value = Draft> {
    let form = prop_oneof![
        20 => Just(Form::Field), 2 => Just(Form::Again), 3 => Just(Form::Inline), 3 => Just(Form::Spread)
    ];
    let directive = option::weighted(0.04, values::draft(0));
    let parts = (form, 0..1_000usize, prop::bool::weighted(0.2), directive, inside);
    parts.prop_map(|(form, pick, aliased, directive, (inner, arguments))| Draft {
        form,
        pick,
        aliased,
        directive,
        arguments,
        inner,
    })
}

/// One of several, by a number of any size.
fn pick<T: Clone>(from: &[T], number: usize) -> T {
    from[number % from.len()].clone()
}

/// How deep in a query something stands.
#[derive(Clone, Copy)]
struct Depth {
    connections: usize,
    /// How many objects there may be at this place, about.
    items: usize,
}

impl Depth {
    fn within(self, schema: &Schema, field: &Field) -> Self {
        if !schema.is_connection(&field.ty) {
            return self;
        }
        let size = match field.argument("first").or(field.argument("last")) {
            Some(Value::Int(size)) => usize::try_from(*size).unwrap().clamp(1, 10),
            _ => 10,
        };
        Self { connections: self.connections + 1, items: self.items * size }
    }

    fn is_full(self) -> bool {
        self.connections >= CONNECTIONS || self.items > ITEMS
    }
}

pub struct Builder<'a> {
    schema: &'a Schema,
    data: &'a Data,
    fragments: Vec<(Fragment, usize)>,
    /// How many aliases and variables there are.
    names: usize,
    /// How many more fields there may be.
    fields: usize,
    /// How many conditions the filter has that is being built.
    conditions: usize,
    /// The type that the latest id names.
    named: String,
}

impl<'a> Builder<'a> {
    /// The query that the drafts make: on this schema, with ids of these rows.
    pub fn query(schema: &'a Schema, data: &'a Data, drafts: &[Draft]) -> Query {
        let mut builder =
            Self { schema, data, fragments: Vec::new(), names: 0, fields: FIELDS, conditions: 0, named: String::new() };
        let selections = builder.selections(QUERY, drafts, Depth { connections: 0, items: 1 });
        Query { selections, fragments: builder.fragments.into_iter().map(|(fragment, _)| fragment).collect() }
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn selections(&mut self, ty: &str, drafts: &[Draft], depth: Depth) -> Vec<Selection> {
        let mut selections = Vec::new();
        for draft in drafts {
            if self.fields == 0 && !selections.is_empty() {
                break;
            }
            let selection = match (draft.form, selections.last()) {
                (Form::Again, Some(Selection::Field(before))) if !before.selections.is_empty() => {
                    let before = before.clone();
                    self.again(before, draft, depth)
                }
                (Form::Inline, _) if !draft.inner.is_empty() => self.inline(ty, draft, depth),
                (Form::Spread, _) if !draft.inner.is_empty() => self.spread(ty, draft, depth),
                _ => self.field(ty, draft, depth),
            };
            selections.push(selection);
        }
        selections
    }

    fn again(&mut self, before: Field, draft: &Draft, depth: Depth) -> Selection {
        let depth = depth.within(self.schema, &before);
        // An empty selection is not GraphQL.
        let selections = if draft.inner.is_empty() {
            vec![self.typename(&before.ty)]
        } else {
            self.selections(&before.ty, &draft.inner, depth)
        };
        Selection::Field(Field { selections, directive: self.directive(draft), ..before })
    }

    fn typename(&self, ty: &str) -> Selection {
        Selection::Field(Field::new(ty, "__typename", "String"))
    }

    fn inline(&mut self, ty: &str, draft: &Draft, depth: Depth) -> Selection {
        let on = self.condition(ty, draft.pick);
        let selections = self.selections(on.as_deref().unwrap_or(ty), &draft.inner, depth);
        Selection::Inline(Inline { on, directive: self.directive(draft), selections })
    }

    /// What a fragment on objects of the type may be conditioned on, most often what lets it apply.
    fn condition(&self, ty: &str, number: usize) -> Option<String> {
        if self.schema.is_interface(ty) {
            let implementers = self.schema.implementers(ty);
            let likely = implementers.contains(&&*self.named) && !number.is_multiple_of(4);
            return Some(if likely { self.named.clone() } else { pick(&implementers, number / 4).to_owned() });
        }
        match number % 4 {
            0 => None,
            1 | 2 => Some(ty.to_owned()),
            _ => Some(self.schema.interfaces(ty).first().unwrap_or(&ty).to_string()),
        }
    }

    /// A named fragment: one that there is already for the type, or a new one.
    fn spread(&mut self, ty: &str, draft: &Draft, depth: Depth) -> Selection {
        let directive = self.directive(draft);
        let known = self
            .fragments
            .iter()
            .enumerate()
            .filter(|(_, (fragment, height))| fragment.on == ty && depth.connections + height <= CONNECTIONS);
        let known: Vec<_> = known.map(|(index, _)| index).collect();
        if !known.is_empty() && !draft.pick.is_multiple_of(3) {
            return Selection::Spread(pick(&known, draft.pick / 3), directive);
        }
        let selections = self.selections(ty, &draft.inner, depth);
        let height = height(self.schema, &selections, &self.fragments);
        self.fragments.push((Fragment { on: ty.to_owned(), selections }, height));
        Selection::Spread(self.fragments.len() - 1, directive)
    }

    fn field(&mut self, ty: &str, draft: &Draft, depth: Depth) -> Selection {
        self.fields = self.fields.saturating_sub(1);
        let fields = self.schema.fields(ty);
        let fits = |composite: bool| {
            let fits = fields.iter().filter(|field| {
                let ty = named(&field.ty.node);
                let too_deep = depth.is_full() && self.schema.is_connection(ty);
                self.schema.is_composite(ty) == composite && !too_deep
            });
            fits.copied().collect::<Vec<_>>()
        };
        let mut composite = if draft.inner.is_empty() || self.fields == 0 { Vec::new() } else { fits(true) };
        // Twice as often, for they have the most to be wrong.
        let connections = composite.iter().filter(|field| self.schema.is_connection(named(&field.ty.node)));
        composite.extend(connections.copied().collect::<Vec<_>>());
        if composite.is_empty() {
            if !draft.inner.is_empty() && self.schema.is_interface(ty) {
                return self.inline(ty, draft, depth);
            }
            let leaves = fits(false);
            let number = draft.pick % (leaves.len() + 1);
            let Some(leaf) = leaves.get(number) else { return self.typename(ty) };
            let mut field = Field::new(ty, &leaf.name.node, named(&leaf.ty.node));
            field.alias = draft.aliased.then(|| self.name("a"));
            field.directive = self.directive(draft);
            return Selection::Field(field);
        }
        let definition = pick(&composite, draft.pick);
        let mut field = Field::new(ty, &definition.name.node, named(&definition.ty.node));
        field.arguments = self.arguments(definition, &draft.arguments, draft.pick / composite.len());
        // Under one name there must be one field with the same arguments, wherever a fragment brings it.
        field.alias = (draft.aliased || !field.arguments.is_empty()).then(|| self.name("a"));
        field.directive = self.directive(draft);
        let depth = depth.within(self.schema, &field);
        field.selections = self.selections(&field.ty.clone(), &draft.inner, depth);
        Selection::Field(field)
    }

    fn directive(&mut self, draft: &Draft) -> Option<Directive> {
        let draft = draft.directive.as_ref()?;
        let (include, excludes) = (draft.pick.is_multiple_of(2), draft.pick % 3 == 2);
        let condition = Value::Bool(include != excludes);
        let condition = if draft.variable { self.variable("Boolean!".to_owned(), condition) } else { condition };
        Some(Directive { include, condition })
    }
}

/// How many connections are nested in the selections.
fn height(schema: &Schema, selections: &[Selection], fragments: &[(Fragment, usize)]) -> usize {
    let heights = selections.iter().map(|selection| match selection {
        Selection::Field(field) => {
            usize::from(schema.is_connection(&field.ty)) + height(schema, &field.selections, fragments)
        }
        Selection::Inline(inline) => height(schema, &inline.selections, fragments),
        Selection::Spread(index, _) => fragments[*index].1,
    });
    heights.max().unwrap_or(0)
}
