//! The input objects that say how a list is ordered, and what they become.

use std::{any::type_name, borrow::Cow, iter, marker::PhantomData};

use async_graphql::{
    Enum, InputType, InputValueError, InputValueResult, Name, Value,
    indexmap::IndexMap,
    registry::{EnumBuilder, InputObjectBuilder, MetaEnumValue, MetaInputValue, MetaTypeId, Registry},
    resolver_utils::enum_value,
};

use super::{
    argument::argument,
    node::{Field, Node, Source, found, has_id, in_words},
};
use crate::{
    error::{Error, Result},
    loaders::{Order, OrderBy, OrderKey},
};

/// The direction of an order.
#[derive(Enum, Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum OrderDirection {
    /// The least first: texts by code point, moments the earliest.
    #[default]
    Asc,
    /// The greatest first.
    Desc,
}

/// Where `null` comes in an order.
#[derive(Enum, Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Nulls {
    /// Before all values.
    First,
    /// After all values.
    #[default]
    Last,
}

/// One key of an order. Items that are equal by all keys are ordered by their primary key, ascending.
pub struct OrderInput<N: Node> {
    field: OrderField<N>,
    direction: OrderDirection,
    nulls: Nulls,
}

impl<N: Node> InputType for OrderInput<N> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        format!("{}Order", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::InputObject, |registry| {
            let mut fields = IndexMap::from_iter([
                argument::<OrderField<N>>("field", "The key.", registry),
                defaulted::<OrderDirection>("direction", "The direction.", registry),
            ]);
            if N::FIELDS.iter().any(|field| order_by(field).is_ok_and(|by| by.is_some_and(|by| by.is_nullable()))) {
                fields.extend([defaulted::<Nulls>("nulls", "Where `null` comes, in either direction.", registry)]);
            }
            InputObjectBuilder::new(Self::type_name(), fields)
                .rust_typename(type_name::<Self>())
                .description(Some(
                    "One key of an order. Items that are equal by all keys are ordered by their primary key, ascending."
                        .to_owned(),
                ))
                .build()
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let mut given = match value {
            Some(Value::Object(given)) => given,
            other => return Err(InputValueError::expected_type(other.unwrap_or_default())),
        };
        Ok(Self {
            field: InputType::parse(given.swap_remove("field")).map_err(InputValueError::propagate)?,
            direction: or_default(given.swap_remove("direction"))?,
            nulls: or_default(given.swap_remove("nulls"))?,
        })
    }

    fn to_value(&self) -> Value {
        let fields = [
            ("field", self.field.to_value()),
            ("direction", self.direction.to_value()),
            ("nulls", self.nulls.to_value()),
        ];
        Value::Object(fields.into_iter().map(|(name, value)| (Name::new(name), value)).collect())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// A field of the input that has a value where none is given.
fn defaulted<T: InputType + Default>(
    name: &str,
    description: &str,
    registry: &mut Registry,
) -> (String, MetaInputValue) {
    let (name, mut field) = argument::<T>(name, description, registry);
    field.default_value = Some(T::default().to_value().to_string());
    (name, field)
}

fn or_default<T: InputType + Default, O: InputType>(given: Option<Value>) -> Result<T, InputValueError<O>> {
    given.map_or_else(|| Ok(T::default()), |given| T::parse(Some(given)).map_err(InputValueError::propagate))
}

/// A key by which a type's lists can be ordered, by its name in the schema.
pub struct OrderField<N: Node>(Name, PhantomData<fn() -> N>);

/// The name of the order by the primary key.
const ID: &str = "ID";

impl<N: Node> InputType for OrderField<N> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        format!("{}OrderField", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Enum, |_| {
            let mut values = IndexMap::new();
            let mut add = |name: &str, description: String| {
                let mut value = MetaEnumValue::new(name);
                value.description = Some(description);
                values.insert(name.to_owned(), value);
            };
            if has_id::<N>() {
                add(ID, "The id.".to_owned());
            }
            for field in N::FIELDS {
                let Some(order) = field.order_name() else { continue };
                let description = match (&field.source, field.orders_by) {
                    (Source::Parent(name, ..), Some(of_parent)) => format!("The `{of_parent}` of `{name}`."),
                    (Source::List(name, ..), _) => format!("The number of items in `{name}`."),
                    _ => field.summary(),
                };
                add(&order, description);
            }
            let description = format!("The keys by which {} can be ordered.", in_words(&N::list_name()));
            EnumBuilder::new(Self::type_name(), values)
                .rust_typename(type_name::<Self>())
                .description(Some(description))
                .build()
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value {
            Some(Value::Enum(name)) => Ok(Self(name, PhantomData)),
            // As JSON has it.
            Some(Value::String(name)) => Ok(Self(Name::new(name), PhantomData)),
            other => Err(InputValueError::expected_type(other.unwrap_or_default())),
        }
    }

    fn to_value(&self) -> Value {
        Value::Enum(self.0.clone())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<N: Node> OrderField<N> {
    /// What is compared; `None` for the primary key.
    fn by(&self) -> Result<Option<OrderBy>> {
        let Self(name, _) = self;
        if name == ID {
            return Ok(None);
        }
        let field = N::FIELDS.iter().find(|field| field.order_name().is_some_and(|order| name == order.as_str()));
        let by = field.map(order_by).transpose()?.flatten();
        by.map(Some).ok_or_else(|| Error::broken(format!("there is no order `{name}`")))
    }
}

/// What lists are ordered by that are ordered by a field; `None` if none are.
fn order_by<N: Node>(field: &Field<N>) -> Result<Option<OrderBy>> {
    Ok(match (&field.source, field.orders_by) {
        (Source::Column(column), _) if field.orders => Some(OrderBy::column(*column, field.kind_of(*column))),
        (Source::Parent(_, hop, parent), Some(of_parent)) => parent.order_by(found(*hop)?, of_parent),
        (Source::List(_, find, _), _) if field.orders => Some(OrderBy::Count(found(*find)?.link)),
        _ => None,
    })
}

/// The order by the column that is a type's `field`, if it is one.
pub(super) fn by_column<N: Node>(field: &str) -> Option<OrderBy> {
    N::FIELDS.iter().find(|it| it.orders && it.name() == field).and_then(|field| match field.source {
        Source::Column(column) => Some(OrderBy::column(column, field.kind_of(column))),
        _ => None,
    })
}

/// What the list's argument `orderBy` says, and its name: two lists are in the same order if the names are the same.
pub(super) fn order<N: Node>(keys: Option<Vec<OrderInput<N>>>) -> Result<(Order, String)> {
    let (mut order, mut name) = (Order::default(), String::new());
    for OrderInput { field, direction, nulls } in keys.unwrap_or_default() {
        let descending = direction == OrderDirection::Desc;
        let named = format!(" {} {}", field.0, enum_value(direction));
        let Some(by) = field.by()? else {
            // No two items are equal in it, so nothing behind it counts.
            order.descending = descending;
            name.extend(iter::once(named).filter(|_| descending));
            break;
        };
        // Items that are equal by the first of two alike keys are equal by the second.
        if order.keys.iter().all(|key| key.by != by) {
            let nulls_first = by.is_nullable() && nulls == Nulls::First;
            order.keys.push(OrderKey { by, descending, nulls_first });
            name.push_str(&named);
            name.push_str(if nulls_first { " NULLS FIRST" } else { "" });
        }
    }
    Ok((order, name))
}
