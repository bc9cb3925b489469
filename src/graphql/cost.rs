//! What an operation may cost, from its text and the values of its variables, before anything runs.
//!
//! A list costs the size of its page times what lies under it; any other relation, and any other field of a root, costs what
//! lies under it; nothing under it counts as 1. What lies side by side is added up. So `{ users(first: 50) { nodes { posts
//! { nodes { owner { name } } } } } }` costs 50 × 20 × 1.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Request, Value,
    parser::{
        parse_schema,
        types::{
            BaseType, ExecutableDocument, Field, FieldDefinition, FragmentDefinition, OperationDefinition,
            OperationType, Selection, SelectionSet, TypeKind, TypeSystemDefinition,
        },
    },
};

use crate::config::limits::PageSize;

/// How a field counts.
#[derive(Clone, Copy)]
enum Size {
    /// It is a list with pages.
    Page,
    /// It is a list of what these ids name.
    Ids,
    /// It is one object, of a root or of a relation.
    One,
    /// It is a part of a list or of a payload.
    Part,
}

/// What the fields of the schema's objects cost.
pub struct Costs(HashMap<String, HashMap<String, (Size, String)>>);

impl Costs {
    /// Those of the schema with this SDL.
    pub fn of(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let mut types = HashMap::new();
        for definition in parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(Positioned { node: ty, .. }) = definition else { continue };
            let name = ty.name.node.to_string();
            let (fields, has_relations) = match ty.kind {
                TypeKind::Object(object) => (object.fields, !object.implements.is_empty()),
                TypeKind::Interface(interface) => (interface.fields, true),
                _ => continue,
            };
            let counts = has_relations || name == "Query" || name == "Mutation";
            let fields = fields.into_iter().map(|Positioned { node: field, .. }| {
                let size = size(&field, counts);
                (field.name.node.to_string(), (size, named(field.ty.node.base).to_string()))
            });
            types.insert(name, fields.collect());
        }
        Ok(Self(types))
    }

    /// What the operation of a request costs; nothing if it has none.
    pub fn cost(&self, document: &ExecutableDocument, request: &Request, sizes: PageSize) -> u64 {
        let name = request.operation_name.as_deref();
        let mut operations = document.operations.iter();
        let operation = operations.find(|(of, _)| name.is_none() || of.map(|of| of.as_str()) == name);
        let Some((_, Positioned { node: operation, .. })) = operation else { return 0 };
        let root = if operation.ty == OperationType::Mutation { "Mutation" } else { "Query" };
        let walk = Walk { costs: self, fragments: &document.fragments, operation, request, sizes };
        walk.set(root, &operation.selection_set.node)
    }
}

fn size(field: &FieldDefinition, counts: bool) -> Size {
    let has = |name| field.arguments.iter().any(|argument| argument.node.name.node == name);
    match counts {
        _ if has("first") => Size::Page,
        _ if has("ids") => Size::Ids,
        true => Size::One,
        false => Size::Part,
    }
}

/// The type of a list's items, of lists in lists too.
fn named(ty: BaseType) -> Name {
    match ty {
        BaseType::Named(name) => name,
        BaseType::List(items) => named(items.base),
    }
}

struct Walk<'a> {
    costs: &'a Costs,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    operation: &'a OperationDefinition,
    request: &'a Request,
    sizes: PageSize,
}

impl Walk<'_> {
    /// What is selected of one object. Fields that it does not have cost nothing: they are refused next.
    fn set(&self, ty: &str, set: &SelectionSet) -> u64 {
        let costs = set.items.iter().map(|Positioned { node: selection, .. }| match selection {
            Selection::Field(field) => self.field(ty, &field.node),
            Selection::InlineFragment(Positioned { node: fragment, .. }) => {
                let on = fragment.type_condition.as_ref().map_or(ty, |condition| &condition.node.on.node);
                self.set(on, &fragment.selection_set.node)
            }
            Selection::FragmentSpread(spread) => match self.fragments.get(&spread.node.fragment_name.node) {
                Some(Positioned { node: fragment, .. }) => {
                    self.set(&fragment.type_condition.node.on.node, &fragment.selection_set.node)
                }
                None => 0,
            },
        });
        costs.fold(0, u64::saturating_add)
    }

    fn field(&self, ty: &str, field: &Field) -> u64 {
        let known = self.costs.0.get(ty).and_then(|fields| fields.get(field.name.node.as_str()));
        let Some((size, below)) = known else { return 0 };
        let under = self.set(below, &field.selection_set.node);
        let size = match size {
            Size::Part => return under,
            // A column of an object is no relation.
            Size::One if field.selection_set.node.items.is_empty() => return 0,
            Size::One => 1,
            Size::Page => self.page(field),
            Size::Ids => match self.given(field, "ids") {
                Some(Value::List(ids)) => ids.len() as u64,
                _ => 1,
            },
        };
        size.max(1).saturating_mul(under.max(1))
    }

    /// The size of a list's page. One that is not allowed is refused later, and counts as the largest here.
    fn page(&self, field: &Field) -> u64 {
        let mut given = ["first", "last"].into_iter().filter_map(|name| self.given(field, name));
        match given.find(|size| *size != Value::Null) {
            None => self.sizes.default,
            Some(Value::Number(size)) => size.as_u64().map_or(self.sizes.max, |size| size.min(self.sizes.max)),
            Some(_) => self.sizes.max,
        }
    }

    /// The value of a field's argument, if it has it.
    fn given(&self, field: &Field, argument: &str) -> Option<Value> {
        let value = field.get_argument(argument)?.node.clone();
        value.into_const_with(|variable| Ok::<_, ()>(self.variable(&variable).unwrap_or_default())).ok()
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        let given = self.request.variables.get(name).cloned();
        given.or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let Positioned { node: definition, .. } = definitions.find(|it| it.node.name.node == *name)?;
            definition.default_value.as_ref().map(|value| value.node.clone())
        })
    }
}
