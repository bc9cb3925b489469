//! What it costs to find the items of a list, and how much its filter says: known before the filter is built.
//!
//! A relation in a filter is a search among the related rows of each row: it costs 10, and ten times as much for each relation that
//! leads to it. So does a part of a text (`contains`, `endsWith`), which no index finds. An order by a number of children counts those
//! of each row: it costs 10. The page itself is the list's.

use std::slice;

use async_graphql::{Name, Value};
use bluejay_core::definition::{
    InputFieldsDefinition as _, InputObjectTypeDefinition as _, InputType, InputValueDefinition as _,
    SchemaDefinition as _, TypeDefinitionReference,
};

use super::front::Definitions;

/// What a relation in a filter costs, and a part of a text, what one counts for in another relation, and what a counted
/// order costs.
const RELATION: u64 = 10;

/// The end of the names of orders by a number of children.
const COUNTED: &str = "_COUNT";

/// The comparisons that no index serves.
const PARTS: [&str; 2] = ["contains", "endsWith"];

/// What a filter comes to. Counts that no number can hold stay at the greatest.
#[derive(Clone, Copy, Default)]
pub struct Search {
    /// Its comparisons, and the filters in it.
    pub conditions: u64,
    /// What its relations cost.
    pub cost: u64,
}

/// What an order costs, by the argument `orderBy`.
pub fn order(order: &Value) -> u64 {
    let is_counted = |key: &&Value| match key {
        Value::Object(key) => match key.get("field") {
            Some(Value::Enum(field)) => field.ends_with(COUNTED),
            // As JSON has it.
            Some(Value::String(field)) => field.ends_with(COUNTED),
            _ => false,
        },
        _ => false,
    };
    items(order).iter().filter(is_counted).count() as u64 * RELATION
}

impl Search {
    /// What the argument `filter` comes to, which is of this type of the schema.
    pub fn of(filter: &Value, ty: &str, schema: &Definitions) -> Self {
        let mut search = Self::default();
        search.add(filter, ty, RELATION, schema);
        search
    }

    /// Adds a filter of this type, in which a relation has this price.
    fn add(&mut self, filter: &Value, ty: &str, price: u64, schema: &Definitions) {
        for (name, value) in given(filter) {
            let Some(of_field) = field_type(ty, name, schema) else { continue };
            let is_filter = |ty| field_type(ty, "not", schema).is_some();
            if matches!(&**name, "and" | "or" | "not") {
                for filter in items(value) {
                    self.conditions += 1;
                    self.add(filter, of_field, price, schema);
                }
            } else if is_filter(of_field) {
                self.relation(value, of_field, price, schema);
            } else {
                for (name, value) in given(value) {
                    match field_type(of_field, name, schema) {
                        Some(ty) if is_filter(ty) => self.relation(value, ty, price, schema),
                        _ => {
                            self.conditions += 1;
                            if PARTS.contains(&&**name) {
                                self.cost = self.cost.saturating_add(price);
                            }
                        }
                    }
                }
            }
        }
    }

    fn relation(&mut self, filter: &Value, ty: &str, price: u64, schema: &Definitions) {
        self.conditions += 1;
        self.cost = self.cost.saturating_add(price);
        self.add(filter, ty, price.saturating_mul(RELATION), schema);
    }
}

/// The items of a list; a single one stands for a list of it (GraphQL, section 3.11).
fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        item => slice::from_ref(item),
    }
}

/// The fields of an object that are not null.
fn given(value: &Value) -> impl Iterator<Item = (&Name, &Value)> {
    let fields = if let Value::Object(fields) = value { Some(fields) } else { None };
    fields.into_iter().flatten().filter(|(_, value)| **value != Value::Null)
}

/// The type of a field of an input object, or of its list's items.
fn field_type<'a>(ty: &str, field: &str, schema: &'a Definitions) -> Option<&'a str> {
    match schema.get_type_definition(ty)? {
        TypeDefinitionReference::InputObject(input) => {
            Some(InputType::base(input.input_field_definitions().get(field)?.r#type(), schema).name())
        }
        _ => None,
    }
}
