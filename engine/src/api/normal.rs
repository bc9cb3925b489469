//! The normal form of an operation: what is left of its text once everything in it is decided.
//!
//! `@skip` and `@include` are decided, fragments are spread where their type allows, and all fields of one response key of an
//! object are one field (GraphQL, September 2025, sections 6.3.1 and 6.3.2). So nothing is resolved twice, a mutation that is
//! selected twice runs once, and every later look at an operation is a walk over a tree of fields. Variables still stand in
//! arguments: [`Form::document`] puts their values in.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

use async_graphql::{
    Name, Pos, Positioned, Value as Const, Variables,
    indexmap::IndexMap,
    parser::types::{
        DocumentOperations, ExecutableDocument as Executable, Field as Selected, InlineFragment, OperationDefinition,
        OperationType, Selection as Item, SelectionSet as Items, TypeCondition,
    },
};
use async_graphql_value::Value as Given;
use bluejay_core::{
    AsIter, Directive, ObjectValue as _, OperationType as Kind, ValueReference, Variable as _,
    definition::{
        ArgumentsDefinition as _, FieldDefinition as _, FieldsDefinition as _, InputFieldsDefinition as _,
        InputObjectTypeDefinition as _, InputType, InputValueDefinition as _, InterfaceImplementation as _,
        ObjectTypeDefinition as _, OutputType as _, SchemaDefinition as _, TypeDefinitionReference,
        UnionMemberType as _, UnionTypeDefinition as _,
    },
    executable::{Field as _, FragmentSpread as _, InlineFragment as _, OperationDefinition as _},
};
use bluejay_parser::{
    HasSpan,
    ast::{
        self, VariableDirectives,
        executable::{
            ExecutableDocument, Field as Written, FragmentDefinition, OperationDefinition as Operation, Selection,
            SelectionSet,
        },
    },
};

use super::front::{Definitions, source::Positions};

/// An operation in normal form.
pub struct Form {
    /// How many fields it has, on all levels.
    pub size: usize,
    /// What it is.
    pub kind: OperationType,
    /// The fields of its root.
    pub fields: Vec<Field>,
}

/// A field of an object: all of its object's that have its response key.
pub struct Field {
    pos: Pos,
    alias: Option<Name>,
    /// Its name in the schema.
    pub name: Name,
    /// Its arguments, as far as they are given.
    pub arguments: Vec<(Name, Pos, Given)>,
    /// The type of its argument `filter`, if that is given.
    pub filter: Option<Name>,
    /// How often it is written.
    pub times: u64,
    /// How it counts in the operation's cost.
    pub size: Size,
    /// What is selected of what it resolves to.
    pub below: Selections,
}

/// What is selected of an object.
pub enum Selections {
    /// The same, whatever its type.
    Fields(Vec<Field>),
    /// By its type, where that is known just when it is resolved.
    ByType(Vec<(Name, Vec<Field>)>),
}

/// How a field counts in the operation's cost.
#[derive(Clone, Copy)]
pub enum Size {
    /// A list with pages.
    Page,
    /// A list of what its argument `ids` names.
    Ids,
    /// The number of a list's items.
    Count,
    /// One object, of a root or of a relation.
    One,
    /// A part of a list or of a payload.
    Part,
}

impl Field {
    /// Whether it has another name in the answer than in the schema.
    pub fn has_alias(&self) -> bool {
        self.alias.is_some()
    }

    /// The value of an argument, if it is given.
    pub fn argument(&self, name: &str, variables: &Variables) -> Option<Const> {
        let (.., given) = self.arguments.iter().find(|(of, ..)| of == name)?;
        value(given, variables)?.into_const()
    }

    fn is_by_keys(&self) -> bool {
        matches!(self.size, Size::One | Size::Part) && self.below.fields().all(Self::is_by_keys)
    }

    fn selected(&self, variables: &Variables) -> Item {
        let at = |name: &Name| Positioned::new(name.clone(), self.pos);
        let arguments = self.arguments.iter().filter_map(|(name, pos, given)| {
            Some((Positioned::new(name.clone(), *pos), Positioned::new(value(given, variables)?, *pos)))
        });
        let field = Selected {
            alias: self.alias.as_ref().map(at),
            name: at(&self.name),
            arguments: arguments.collect(),
            directives: Vec::new(),
            selection_set: Positioned::new(self.below.items(self.pos, variables), self.pos),
        };
        Item::Field(Positioned::new(field, self.pos))
    }
}

impl Selections {
    fn fields(&self) -> impl Iterator<Item = &Field> {
        let (same, by_type) = match self {
            Self::Fields(fields) => (&fields[..], &[][..]),
            Self::ByType(types) => (&[][..], &types[..]),
        };
        same.iter().chain(by_type.iter().flat_map(|(_, fields)| fields))
    }

    fn is_empty(&self) -> bool {
        self.fields().next().is_none()
    }

    fn items(&self, pos: Pos, variables: &Variables) -> Items {
        match self {
            Self::Fields(fields) => items(fields, variables),
            Self::ByType(types) => {
                let of_type = |(name, fields): &(Name, Vec<Field>)| {
                    let fragment = InlineFragment {
                        type_condition: Some(Positioned::new(
                            TypeCondition { on: Positioned::new(name.clone(), pos) },
                            pos,
                        )),
                        directives: Vec::new(),
                        selection_set: Positioned::new(items(fields, variables), pos),
                    };
                    Positioned::new(Item::InlineFragment(Positioned::new(fragment, pos)), pos)
                };
                Items { items: types.iter().map(of_type).collect() }
            }
        }
    }
}

fn items(fields: &[Field], variables: &Variables) -> Items {
    Items { items: fields.iter().map(|field| Positioned::new(field.selected(variables), field.pos)).collect() }
}

/// A value with those of its variables in their places; `None` for a variable that has none (GraphQL, section 6.4.1).
fn value(given: &Given, variables: &Variables) -> Option<Given> {
    Some(match given {
        Given::Variable(name) => variables.get(name)?.clone().into_value(),
        Given::List(items) => {
            Given::List(items.iter().map(|item| value(item, variables).unwrap_or(Given::Null)).collect())
        }
        Given::Object(fields) => {
            let fields = fields.iter().filter_map(|(name, field)| Some((name.clone(), value(field, variables)?)));
            Given::Object(fields.collect())
        }
        other => other.clone(),
    })
}

impl Form {
    /// Whether it asks for anything stored: all of a query, and the objects in a mutation's payloads but `userErrors`.
    pub fn reads(&self) -> bool {
        let is_object = |field: &Field| field.name != "userErrors" && !field.below.is_empty();
        self.kind != OperationType::Mutation || self.fields.iter().any(|field| field.below.fields().any(is_object))
    }

    /// Whether it selects of its root fields but objects that others name, and no lists: what it reads is found by keys alone.
    pub fn is_by_keys(&self) -> bool {
        self.fields.iter().flat_map(|field| field.below.fields()).all(Field::is_by_keys)
    }

    /// The operation as async-graphql runs it: of a subscription, what it runs for each event, which is like a query.
    pub fn document(&self, variables: &Variables) -> Executable {
        let operation = OperationDefinition {
            ty: match self.kind {
                OperationType::Mutation => OperationType::Mutation,
                OperationType::Query | OperationType::Subscription => OperationType::Query,
            },
            variable_definitions: Vec::new(),
            directives: Vec::new(),
            selection_set: Positioned::new(items(&self.fields, variables), Pos::default()),
        };
        let operations = DocumentOperations::Single(Positioned::new(operation, Pos::default()));
        Executable { operations, fragments: HashMap::new() }
    }
}

/// The type of an operation.
pub fn kind_of(operation: &Operation<'_>) -> OperationType {
    match operation.as_ref().operation_type() {
        Kind::Query => OperationType::Query,
        Kind::Mutation => OperationType::Mutation,
        Kind::Subscription => OperationType::Subscription,
    }
}

/// The normal form of an operation of a valid document, where `holds` says which variables are true.
pub fn normal_form<'a>(
    positions: &'a Positions,
    document: &'a ExecutableDocument<'a>,
    operation: &'a Operation<'a>,
    holds: &dyn Fn(&str) -> bool,
    schema: &Definitions,
) -> Form {
    let named = document.fragment_definitions().iter().map(|fragment| (fragment.name().as_str(), fragment));
    let normal = Normal { positions, fragments: named.collect(), holds, schema, size: Cell::new(0) };
    let kind = kind_of(operation);
    let root = match kind {
        OperationType::Query => None,
        OperationType::Mutation => schema.mutation(),
        OperationType::Subscription => schema.subscription(),
    };
    let root = TypeDefinitionReference::Object(root.unwrap_or_else(|| schema.query()));
    let fields = normal.fields(root, &[operation.selection_set()]);
    Form { size: normal.size.get(), kind, fields }
}

type Type<'a> = TypeDefinitionReference<'a, Definitions>;

struct Normal<'a> {
    positions: &'a Positions,
    fragments: HashMap<&'a str, &'a FragmentDefinition<'a>>,
    holds: &'a dyn Fn(&str) -> bool,
    schema: &'a Definitions,
    /// How many fields there are so far.
    size: Cell<usize>,
}

/// The fields of one response key.
struct Merged<'a> {
    first: &'a Written<'a>,
    times: u64,
    sets: Vec<&'a SelectionSet<'a>>,
}

impl<'a> Normal<'a> {
    /// What `sets` select of an object of this type.
    fn selections(&self, ty: Type<'_>, sets: &[&'a SelectionSet<'a>]) -> Selections {
        let possible: Vec<_> = match ty {
            TypeDefinitionReference::Interface(interface) => {
                self.schema.get_interface_implementors(interface).map(TypeDefinitionReference::Object).collect()
            }
            TypeDefinitionReference::Union(union) => {
                let members = union.union_member_types().iter();
                members.map(|member| TypeDefinitionReference::Object(member.member_type(self.schema))).collect()
            }
            _ => Vec::new(),
        };
        if possible.is_empty() || sets.iter().all(|set| self.is_of_any(ty, set)) {
            return Selections::Fields(self.fields(ty, sets));
        }
        Selections::ByType(possible.into_iter().map(|ty| (Name::new(ty.name()), self.fields(ty, sets))).collect())
    }

    /// Whether a set selects the same of all objects of an abstract type.
    fn is_of_any(&self, ty: Type<'_>, set: &'a SelectionSet<'a>) -> bool {
        set.iter().all(|selection| match selection {
            Selection::Field(_) => true,
            Selection::InlineFragment(fragment) => {
                let on = fragment.type_condition().map(|condition| condition.named_type().as_str());
                on.is_none_or(|on| on == ty.name()) && self.is_of_any(ty, fragment.selection_set())
            }
            Selection::FragmentSpread(spread) => self.fragments.get(spread.name().as_str()).is_some_and(|fragment| {
                fragment.type_condition().named_type().as_str() == ty.name()
                    && self.is_of_any(ty, fragment.selection_set())
            }),
        })
    }

    fn fields(&self, ty: Type<'_>, sets: &[&'a SelectionSet<'a>]) -> Vec<Field> {
        let (mut merged, mut spread) = (IndexMap::new(), HashSet::new());
        for set in sets {
            self.collect(ty, set, &mut merged, &mut spread);
        }
        self.size.update(|size| size + merged.len());
        merged.into_values().map(|fields| self.field(ty, fields)).collect()
    }

    /// CollectFields (GraphQL, section 6.3.2).
    fn collect(
        &self,
        ty: Type<'_>,
        set: &'a SelectionSet<'a>,
        merged: &mut IndexMap<&'a str, Merged<'a>>,
        spread: &mut HashSet<&'a str>,
    ) {
        for selection in set.iter() {
            let (condition, set) = match selection {
                Selection::Field(field) => {
                    if self.is_selected(field.directives()) {
                        let new = || Merged { first: field, times: 0, sets: Vec::new() };
                        let all = merged.entry(field.response_key()).or_insert_with(new);
                        all.times += 1;
                        all.sets.extend(field.selection_set());
                    }
                    continue;
                }
                Selection::InlineFragment(fragment) if self.is_selected(fragment.directives()) => {
                    (fragment.type_condition(), fragment.selection_set())
                }
                Selection::FragmentSpread(fragment)
                    if self.is_selected(fragment.directives()) && spread.insert(fragment.name().as_str()) =>
                {
                    let Some(fragment) = self.fragments.get(fragment.name().as_str()) else { continue };
                    (Some(fragment.type_condition()), fragment.selection_set())
                }
                _ => continue,
            };
            if condition.is_none_or(|condition| self.applies(condition.named_type().as_str(), ty)) {
                self.collect(ty, set, merged, spread);
            }
        }
    }

    /// Whether a fragment of this type condition applies to objects of a type.
    fn applies(&self, condition: &str, ty: Type<'_>) -> bool {
        let implements = || match ty {
            TypeDefinitionReference::Object(object) => object
                .interface_implementations()
                .into_iter()
                .flat_map(|interfaces| interfaces.iter())
                .any(|interface| interface.name() == condition),
            _ => false,
        };
        let is_member = || match self.schema.get_type_definition(condition) {
            Some(TypeDefinitionReference::Union(union)) => {
                union.union_member_types().iter().any(|member| member.name() == ty.name())
            }
            _ => false,
        };
        condition == ty.name() || implements() || is_member()
    }

    /// Whether `@skip` and `@include` let a selection stand (GraphQL, sections 3.13.1 and 3.13.2).
    fn is_selected(&self, directives: Option<&VariableDirectives<'_>>) -> bool {
        directives.into_iter().flat_map(|directives| directives.iter()).all(|directive| {
            let mut arguments = directive.arguments().into_iter().flat_map(|arguments| arguments.iter());
            let condition = arguments.any(|argument| match bluejay_core::Value::as_ref(argument.value()) {
                ValueReference::Boolean(value) => value,
                ValueReference::Variable(variable) => (self.holds)(variable.as_str()),
                _ => false,
            });
            match Directive::name(directive) {
                "skip" => !condition,
                "include" => condition,
                _ => true,
            }
        })
    }

    fn field(&self, ty: Type<'_>, Merged { first: field, times, sets }: Merged<'a>) -> Field {
        let name = field.name().as_str();
        let definition = ty.fields_definition().and_then(|fields| fields.get(name));
        let mut filter = None;
        let arguments = field.arguments().into_iter().flat_map(|arguments| arguments.iter()).map(|argument| {
            let known = definition.and_then(|field| field.arguments_definition()?.get(argument.name().as_str()));
            let base = known.map_or("", |known| InputType::base(known.r#type(), self.schema).name());
            if argument.name().as_str() == "filter" {
                filter = Some(Name::new(base));
            }
            let pos = self.positions.at(argument.value().span());
            (Name::new(argument.name().as_str()), pos, literal(argument.value(), base, self.schema))
        });
        let below = definition.and_then(|field| self.schema.get_type_definition(field.r#type().base_name()));
        Field {
            pos: self.positions.at(field.span()),
            alias: field.alias().map(Name::new),
            name: Name::new(name),
            arguments: arguments.collect(),
            filter,
            times,
            size: definition.map_or(Size::Part, |field| self.size(ty, field)),
            below: match below {
                Some(below) if !sets.is_empty() => self.selections(below, &sets),
                _ => Selections::Fields(Vec::new()),
            },
        }
    }

    fn size(&self, ty: Type<'_>, field: &ast::definition::FieldDefinition<'_, super::front::Scalars>) -> Size {
        let has = |name| field.arguments_definition().is_some_and(|arguments| arguments.get(name).is_some());
        let is_root = || {
            let roots = [Some(self.schema.query()), self.schema.mutation(), self.schema.subscription()];
            roots.into_iter().flatten().any(|root| root.name() == ty.name())
        };
        let has_relations = match ty {
            TypeDefinitionReference::Interface(_) => true,
            TypeDefinitionReference::Object(object) => object.interface_implementations().is_some() || is_root(),
            _ => false,
        };
        match has_relations {
            _ if has("first") => Size::Page,
            _ if has("ids") => Size::Ids,
            _ if has("filter") => Size::Count,
            true => Size::One,
            false => Size::Part,
        }
    }
}

/// A literal, or the JSON of a variable, where `base` names the type that is expected, or that of a list's items.
pub fn literal<const CONST: bool, V: bluejay_core::Value<CONST>>(value: &V, base: &str, schema: &Definitions) -> Given {
    let scalar = match value.as_ref() {
        ValueReference::Variable(variable) => return Given::Variable(Name::new(variable.name())),
        ValueReference::Null => Const::Null,
        ValueReference::Boolean(value) => value.into(),
        ValueReference::String(text) => text.into(),
        ValueReference::Enum(name) => Const::Enum(Name::new(name)),
        ValueReference::Float(number) => number.into(),
        ValueReference::Integer(number) => match (base, number.as_i64(), number.as_f64()) {
            ("Float", _, Some(number)) => number.into(),
            (name, Some(number), _) if name != "ID" => number.into(),
            _ => number.to_string().into(),
        },
        ValueReference::List(items) => {
            return Given::List(items.iter().map(|item| literal(item, base, schema)).collect());
        }
        ValueReference::Object(fields) => {
            let input = match schema.get_type_definition(base) {
                Some(TypeDefinitionReference::InputObject(input)) => Some(input.input_field_definitions()),
                _ => None,
            };
            let fields = fields.iter().map(|(name, field)| {
                let known = input.and_then(|fields| fields.get(name.as_ref()));
                let base = known.map_or("", |known| InputType::base(known.r#type(), schema).name());
                (Name::new(name), literal(field, base, schema))
            });
            return Given::Object(fields.collect());
        }
    };
    scalar.into_value()
}
