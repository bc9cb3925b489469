//! A column as a field: its type, its filter, and its value as an answer.

use async_graphql::{
    Context, InputType, ServerResult, Value as Answer,
    indexmap::IndexMap,
    registry::{InputObjectBuilder, Registry},
};
use sea_orm::ColumnTrait;

use super::{
    argument::input_value,
    json::{write_text, write_value},
};
use crate::{
    error::{Result, is_of_data},
    kinds::{Compared, Kind},
    loaders::Cell,
};

/// The GraphQL type of a column's field, of values of this kind.
pub fn column_type(column: impl ColumnTrait, kind: Kind, registry: &mut Registry) -> String {
    let name = kind.declare(registry);
    if column.def().is_null() || kind.has_null() { name.to_owned() } else { format!("{name}!") }
}

/// A column, or its place in a row, as a field shows it.
#[derive(Clone, Copy)]
pub struct Shown<C> {
    /// The column.
    pub column: C,
    /// What the field says that the values are, if it does.
    pub kind: Option<Kind>,
}

impl<C> Shown<C> {
    /// The same of the column's place.
    pub fn at<P>(self, place: impl FnOnce(C) -> Result<P>) -> Result<Shown<P>> {
        Ok(Shown { column: place(self.column)?, kind: self.kind })
    }

    /// Writes the column's value.
    pub fn write(&self, cell: Cell<'_>, json: &mut Vec<u8>) -> Result<()> {
        match cell {
            Cell::Text(text) if self.kind.is_none() => write_text(text, json),
            other => write_value(&self.answer(other)?, json),
        }
        Ok(())
    }

    /// The column's value as a GraphQL value.
    pub fn answer(&self, cell: Cell<'_>) -> Result<Answer> {
        match (cell, self.kind) {
            (Cell::Text(text), None) => Ok(text.into()),
            (Cell::Text(text), Some(kind)) => kind.answer(&text.into()),
            (Cell::Value(value, of_column), kind) => kind.unwrap_or(of_column).answer(&value),
        }
    }
}

impl<C: ColumnTrait> Shown<C> {
    /// Whether the field may be null.
    pub fn may_be_null(&self) -> bool {
        self.column.def().is_null() || Kind::of_column(&self.column).has_null()
    }
}

/// An answer of a field that may be `null`: if the data make it fail, it is, beside the error (GraphQL, section 6.4.4).
pub fn or_null(context: &Context<'_>, may_be_null: bool, answer: ServerResult<Answer>) -> ServerResult<Answer> {
    match answer {
        Err(error) if may_be_null && is_of_data(&error) => {
            context.add_error(error);
            Ok(Answer::Null)
        }
        answer => answer,
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
            Compared::Never | Compared::Equality => None,
            Compared::Order(words) | Compared::Text(words) => Some(words),
        };
        let known = compared != Compared::Never;
        let of_texts = |description| matches!(compared, Compared::Text(_)).then_some(description);
        match self {
            Self::Eq => known.then_some("Equals this value."),
            Self::Ne => known.then_some("Differs from this value; `null` does too."),
            Self::In => known.then_some("Equals one of these values."),
            Self::Gt => words.map(|[behind, ..]| behind),
            Self::Gte => words.map(|[_, from, ..]| from),
            Self::Lt => words.map(|[_, _, before, _]| before),
            Self::Lte => words.map(|[.., to]| to),
            Self::Contains => of_texts("Contains this text. `%` and `_` are ordinary characters."),
            Self::StartsWith => of_texts("Begins with this text."),
            Self::EndsWith => of_texts("Ends with this text."),
            Self::IsNull => Some("Whether it is `null`."),
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
        Some(input_value(field, ty, description))
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
