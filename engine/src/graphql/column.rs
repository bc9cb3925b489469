//! A column as a field: its type, its filter, and its value as an answer.

use async_graphql::{
    InputType, Value as Answer,
    indexmap::IndexMap,
    registry::{InputObjectBuilder, MetaInputValue, Registry},
};
use sea_orm::ColumnTrait;

use super::json::{write_text, write_value};
use crate::{
    error::Result,
    kinds::{Compared, Kind},
    loaders::Cell,
};

/// The GraphQL type of a column's field.
pub fn column_type(column: impl ColumnTrait, registry: &mut Registry) -> String {
    let name = Kind::of_column(&column).declare(registry);
    if column.def().is_null() { name.to_owned() } else { format!("{name}!") }
}

/// Writes a column's value.
pub fn write_cell(cell: Cell<'_>, json: &mut Vec<u8>) -> Result<()> {
    match cell {
        Cell::Text(text) => write_text(text, json),
        other => write_value(&answer(other)?, json),
    }
    Ok(())
}

/// A column's value as a GraphQL value.
pub fn answer(cell: Cell<'_>) -> Result<Answer> {
    match cell {
        Cell::Text(text) => Ok(text.into()),
        Cell::Value(value, kind) => kind.answer(&value),
    }
}

/// A comparison of a column with a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Eq,
    Ne,
    In,
    Gt,
    Gte,
    Lt,
    Lte,
    Contains,
    StartsWith,
    EndsWith,
    IsNull,
}

impl Operator {
    /// The operators by which a kind of values is compared: of each its name and what it says.
    pub fn of(kind: Kind) -> Vec<(Self, &'static str, &'static str)> {
        let mut operators =
            vec![(Self::Eq, "eq", "Equals this value."), (Self::Ne, "ne", "Differs from this value, as `null` does.")];
        if let Compared::Order(words) | Compared::Text(words) = kind.compared() {
            let [behind, from, before, to] = words;
            operators.extend([
                (Self::In, "in", "Equals one of these values."),
                (Self::Gt, "gt", behind),
                (Self::Gte, "gte", from),
                (Self::Lt, "lt", before),
                (Self::Lte, "lte", to),
            ]);
        }
        if kind.is_text() {
            operators.extend([
                (Self::Contains, "contains", "Contains this text. `%` and `_` are ordinary characters."),
                (Self::StartsWith, "startsWith", "Begins with this text."),
                (Self::EndsWith, "endsWith", "Ends with this text."),
            ]);
        }
        operators.push((Self::IsNull, "isNull", "Is `null`; or, if `false`, is not."));
        operators
    }
}

/// The type of the filter of such values.
pub fn declare_filter(kind: Kind, registry: &mut Registry) -> String {
    let of = kind.declare(registry);
    let name = format!("{of}Filter");
    if registry.types.contains_key(&name) {
        return name;
    }
    let boolean = <Option<bool> as InputType>::create_type_info(registry);
    let fields = Operator::of(kind).into_iter().map(|(operator, field, description)| {
        let ty = match operator {
            Operator::In => format!("[{of}!]"),
            Operator::IsNull => boolean.clone(),
            _ => of.to_owned(),
        };
        let mut field = MetaInputValue::new(field, ty);
        field.description = Some(description.to_owned());
        (field.name.clone(), field)
    });
    let fields: IndexMap<_, _> = fields.collect();
    let description = format!(
        "Comparisons with {}: all that are given must hold. A field left out or `null` restricts nothing.",
        kind.noun()
    );
    let filter = InputObjectBuilder::new(name.clone(), fields).description(Some(description)).build();
    registry.types.insert(name.clone(), filter);
    name
}
