//! The input objects that say how a list is ordered, and what they become.

use std::{borrow::Cow, iter};

use async_graphql::{
    Enum, InputObject, InputType, TypeName, Value,
    resolver_utils::{EnumType, enum_value},
};

use crate::loaders::{Order, OrderBy, OrderKey};

/// The direction of an order.
#[derive(Enum, Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum OrderDirection {
    /// The least first: texts by code point, moments the earliest.
    #[default]
    Asc,
    /// The greatest first.
    Desc,
}

/// One key of an order. Items that are equal by all keys are ordered by their primary key, ascending.
#[derive(InputObject)]
#[graphql(name_type)]
pub struct OrderInput<F: OrderField> {
    /// The key.
    field: F,
    /// The direction.
    #[graphql(default)]
    direction: OrderDirection,
}

impl<F: OrderField> TypeName for OrderInput<F> {
    fn type_name() -> Cow<'static, str> {
        let field = F::type_name();
        field.strip_suffix("Field").unwrap_or(&field).to_owned().into()
    }
}

/// What a type's lists can be ordered by.
pub trait OrderField: EnumType + InputType {
    /// What is compared; `None` for the primary key.
    fn by(self) -> Option<OrderBy>;
}

/// What the list's argument `orderBy` says, and its name: two lists are in the same order if the names are the same.
pub fn order<F: OrderField>(keys: Option<Vec<OrderInput<F>>>) -> (Order, String) {
    let (mut order, mut name) = (Order::default(), String::new());
    for OrderInput { field, direction } in keys.unwrap_or_default() {
        let descending = direction == OrderDirection::Desc;
        let named = format!(" {} {}", enum_name(field), enum_name(direction));
        let Some(by) = field.by() else {
            // No two items are equal in it, so nothing behind it counts.
            order.descending = descending;
            name.extend(iter::once(named).filter(|_| descending));
            break;
        };
        // Items that are equal by the first of two alike keys are equal by the second.
        if order.keys.iter().all(|key| key.by != by) {
            order.keys.push(OrderKey { by, descending });
            name.push_str(&named);
        }
    }
    (order, name)
}

/// The name of an enum's value in the schema.
fn enum_name<E: EnumType>(value: E) -> String {
    match enum_value(value) {
        Value::Enum(name) => name.to_string(),
        other => other.to_string(),
    }
}
