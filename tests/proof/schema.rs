//! What the generator asks of the SDL.

use std::collections::BTreeMap;

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition},
};

pub const QUERY: &str = "Query";

/// The types of the API by their names.
pub struct Schema(BTreeMap<String, TypeDefinition>);

impl Schema {
    pub fn parse(sdl: &str) -> Self {
        let definitions = parse_schema(sdl).unwrap().definitions.into_iter();
        let types = definitions.filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node)),
            _ => None,
        });
        Self(types.collect())
    }

    pub fn kind(&self, name: &str) -> Option<&TypeKind> {
        self.0.get(name).map(|ty| &ty.kind)
    }

    /// The fields of an object type or an interface; none of any other type.
    pub fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        let fields = match self.kind(name) {
            Some(TypeKind::Object(object)) => &object.fields,
            Some(TypeKind::Interface(interface)) => &interface.fields,
            _ => return Vec::new(),
        };
        fields.iter().map(|field| &field.node).collect()
    }

    pub fn field(&self, name: &str, field: &str) -> Option<&FieldDefinition> {
        self.fields(name).into_iter().find(|definition| definition.name.node == field)
    }

    /// The fields of an input object; none of any other type.
    pub fn input_fields(&self, name: &str) -> Vec<&InputValueDefinition> {
        match self.kind(name) {
            Some(TypeKind::InputObject(object)) => object.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a field of this type needs a selection.
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(self.kind(name), Some(TypeKind::Object(_) | TypeKind::Interface(_)))
    }

    pub fn is_interface(&self, name: &str) -> bool {
        matches!(self.kind(name), Some(TypeKind::Interface(_)))
    }

    pub fn interfaces(&self, name: &str) -> Vec<&str> {
        match self.kind(name) {
            Some(TypeKind::Object(object)) => object.implements.iter().map(|name| name.node.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    pub fn implementers(&self, interface: &str) -> Vec<&str> {
        self.0.keys().map(String::as_str).filter(|name| self.interfaces(name).contains(&interface)).collect()
    }

    /// The object types that an object of this type may be of.
    pub fn possible<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        if self.is_interface(name) { self.implementers(name) } else { vec![name] }
    }

    /// Whether objects of the type are rows: they have an id of their own.
    pub fn is_row(&self, name: &str) -> bool {
        self.interfaces(name).contains(&"Node")
    }

    /// Whether the type is a Relay connection.
    pub fn is_connection(&self, name: &str) -> bool {
        self.field(name, "edges").is_some()
    }

    /// Whether the type is a filter of rows, which holds further ones in `and`, `or` and `not`.
    pub fn is_row_filter(&self, name: &str) -> bool {
        self.input_fields(name).iter().any(|field| named(&field.ty.node) == name)
    }

    pub fn has_filters(&self) -> bool {
        self.0.keys().any(|name| self.is_row_filter(name))
    }

    /// Whether the type is an input object with nothing but scalars and enums in it.
    pub fn is_flat_input(&self, name: &str) -> bool {
        let fields = self.input_fields(name);
        !fields.is_empty() && fields.iter().all(|field| self.input_fields(named(&field.ty.node)).is_empty())
    }
}

/// The name of a type without its lists and its nullability.
pub fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(item),
    }
}
