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
    /// All of them, each with its name, in the order in which a statement has them.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Eq, "eq"),
        (Self::Ne, "ne"),
        (Self::In, "in"),
        (Self::Gt, "gt"),
        (Self::Gte, "gte"),
        (Self::Lt, "lt"),
        (Self::Lte, "lte"),
        (Self::Contains, "contains"),
        (Self::StartsWith, "startsWith"),
        (Self::EndsWith, "endsWith"),
        (Self::IsNull, "isNull"),
    ];

    /// Its description, if values are compared by it.
    fn description(self, compared: Compared) -> Option<&'static str> {
        let words = match compared {
            Compared::Equality => None,
            Compared::Order(words) | Compared::Text(words) => Some(words),
        };
        let of_texts = |description| matches!(compared, Compared::Text(_)).then_some(description);
        match self {
            Self::Eq => Some("Equals this value."),
            Self::Ne => Some("Differs from this value, as `null` does."),
            Self::In => words.map(|_| "Equals one of these values."),
            Self::Gt => words.map(|[behind, ..]| behind),
            Self::Gte => words.map(|[_, from, ..]| from),
            Self::Lt => words.map(|[_, _, before, _]| before),
            Self::Lte => words.map(|[.., to]| to),
            Self::Contains => of_texts("Contains this text. `%` and `_` are ordinary characters."),
            Self::StartsWith => of_texts("Begins with this text."),
            Self::EndsWith => of_texts("Ends with this text."),
            Self::IsNull => Some("Is `null`; or, if `false`, is not."),
        }
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
    let fields = Operator::ALL.into_iter().filter_map(|(operator, field)| {
        let description = operator.description(kind.compared())?;
        let ty = match operator {
            Operator::In => format!("[{of}!]"),
            Operator::IsNull => boolean.clone(),
            _ => of.to_owned(),
        };
        let mut field = MetaInputValue::new(field, ty);
        field.description = Some(description.to_owned());
        Some((field.name.clone(), field))
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
