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
    error::{Result, is_of_field},
    kinds::{Compared, Kind},
    loaders::Cell,
};

/// The GraphQL type of a column's field, of values of this kind.
pub fn column_type(column: impl ColumnTrait, kind: Kind, registry: &mut Registry) -> String {
    let ty = kind.declare(registry);
    if column.def().is_null() || kind.has_null() { ty } else { format!("{ty}!") }
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

/// An answer of a field that may be `null`: if it fails alone, it is, beside the error (GraphQL, section 6.4.4).
pub fn or_null(context: &Context<'_>, may_be_null: bool, answer: ServerResult<Answer>) -> ServerResult<Answer> {
    match answer {
        Err(error) if may_be_null && is_of_field(&error) => {
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
    Has,
    HasEvery,
    HasSome,
    At,
    IsNull,
}

impl Operator {
    /// All of them, each with its name, in the order in which a statement has them.
    pub const ALL: [(Self, &'static str); 15] = [
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
        (Self::Has, "has"),
        (Self::HasEvery, "hasEvery"),
        (Self::HasSome, "hasSome"),
        (Self::At, "at"),
        (Self::IsNull, "isNull"),
    ];

    /// Those that compare texts regardless of case and accents, each with its name and its description.
    pub const FOLDED: [(Self, &'static str, &'static str); 4] = [
        (Self::Eq, "eqFolded", "Equals this text, regardless of case and accents."),
        (Self::Contains, "containsFolded", "Contains this text, regardless of case and accents."),
        (Self::StartsWith, "startsWithFolded", "Begins with this text, regardless of case and accents."),
        (Self::EndsWith, "endsWithFolded", "Ends with this text, regardless of case and accents."),
    ];

    /// Its description, if values are compared by it.
    fn description(self, compared: Compared) -> Option<&'static str> {
        let words = match compared {
            Compared::Never | Compared::Equality | Compared::List | Compared::Json => None,
            Compared::Order(words) | Compared::Text(words) => Some(words),
        };
        let known = !matches!(compared, Compared::Never | Compared::Json);
        let is_list = compared == Compared::List;
        let of_texts = |description| matches!(compared, Compared::Text(_)).then_some(description);
        match self {
            Self::Eq => known.then_some("Equals this value."),
            Self::Ne => known.then_some("Differs from this value; `null` does too."),
            Self::In => (known && !is_list).then_some("Equals one of these values."),
            Self::Gt => words.map(|[behind, ..]| behind),
            Self::Gte => words.map(|[_, from, ..]| from),
            Self::Lt => words.map(|[_, _, before, _]| before),
            Self::Lte => words.map(|[.., to]| to),
            Self::Contains => of_texts("Contains this text. `%` and `_` are ordinary characters."),
            Self::StartsWith => of_texts("Begins with this text."),
            Self::EndsWith => of_texts("Ends with this text."),
            Self::Has => is_list.then_some("Has this item."),
            Self::HasEvery => is_list.then_some("Has all of these items."),
            Self::HasSome => is_list.then_some("Has at least one of these items."),
            Self::At => (compared == Compared::Json).then_some("The value at this path is this one."),
            Self::IsNull => Some("Whether it is `null`."),
        }
    }
}

/// The type of the filter of such values, or of texts that are compared `folded` too.
pub fn declare_filter(kind: Kind, folded: bool, registry: &mut Registry) -> String {
    let ty = kind.declare(registry);
    let item = kind.item().map_or_else(|| ty.clone(), |item| item.declare(registry));
    let name = format!("{}{}Filter", if folded { "Folded" } else { "" }, kind.type_name());
    if registry.types.contains_key(&name) {
        return name;
    }
    let boolean = <Option<bool> as InputType>::create_type_info(registry);
    let path = if kind.compared() == Compared::Json { declare_path(&ty, registry) } else { String::new() };
    let fields = Operator::ALL.into_iter().filter_map(|(operator, field)| {
        let description = operator.description(kind.compared())?;
        let ty = match operator {
            Operator::In | Operator::HasEvery | Operator::HasSome => format!("[{item}!]"),
            Operator::Has => item.clone(),
            Operator::At => path.clone(),
            Operator::IsNull => boolean.clone(),
            _ => ty.clone(),
        };
        Some(input_value(field, ty, description))
    });
    let of_folded = Operator::FOLDED.into_iter().filter(|_| folded);
    let of_folded = of_folded.map(|(_, field, description)| input_value(field, ty.clone(), description));
    let fields: IndexMap<_, _> = fields.chain(of_folded).collect();
    let description = format!(
        "Comparisons with {}: all that are given must hold. A field left out or `null` restricts nothing.",
        kind.noun()
    );
    let filter = InputObjectBuilder::new(name.clone(), fields).description(Some(description)).build();
    registry.types.insert(name.clone(), filter);
    name
}

/// The type of what is compared in values of JSON.
fn declare_path(json: &str, registry: &mut Registry) -> String {
    let name = "JSONPathFilter".to_owned();
    let path = <Vec<String> as InputType>::create_type_info(registry);
    let fields = IndexMap::from_iter([
        input_value("path", path, "The names of fields, each in the object that the one before it holds: 1 to 16."),
        input_value("eq", json.to_owned(), "The value: a text, a number, `true`, `false` or `null`."),
    ]);
    let description =
        "The value in an object of JSON, or in the objects within it. Where there is none, nothing is equal to it.";
    let filter = InputObjectBuilder::new(name.clone(), fields).description(Some(description.to_owned())).build();
    registry.types.insert(name.clone(), filter);
    name
}
