//! What is wrong with a document or its variables, in words that name it and what is allowed.

use async_graphql::{Pos, ServerError};
use bluejay_core::{
    AsIter,
    definition::{
        EnumTypeDefinition as _, EnumValueDefinition as _, FieldDefinition as _, InputValueDefinition as _,
        SchemaDefinition as _, TypeDefinitionReference,
    },
    executable::VariableType,
};
use bluejay_parser::{
    Error as Problem, HasSpan, Span,
    ast::{Value, executable::ExecutableDocument},
};
use bluejay_validator::{
    executable::{
        document::{ArgumentError, Error},
        operation::analyzers::VariableValueError,
    },
    value::input_coercion::Error as Unfit,
};
use serde_json::{Map, Value as Json};

use super::{Definitions, source::Positions};
use crate::error::{self, code, excerpt};

/// How many errors are looked at, of which the first are told: finding a place in the text takes time.
const MOST: usize = 100;

/// How many values of an enum are told.
const MOST_MEMBERS: usize = 30;

/// How far a name may be from another to be suggested in its place: one change for so many letters.
const LETTERS_A_CHANGE: usize = 3;

/// Tells of what is wrong with one document.
pub struct Teller<'a> {
    /// Its text, as it is read.
    source: &'a str,
    positions: &'a Positions,
    /// The schema, if its names may be told in the place of wrong ones.
    schema: Option<&'a Definitions>,
}

/// Fields of introspection that are in the specification since September 2025 (section 4.2), and that bluejay does not know. None
/// has arguments, or fields of its own.
const NEWER: [(&str, &str); 3] =
    [("__Type", "isOneOf"), ("__InputValue", "isDeprecated"), ("__InputValue", "deprecationReason")];

/// Whether an error is but that bluejay does not know a field of introspection.
pub fn is_of_newer_introspection(error: &Invalid<'_>) -> bool {
    let Error::FieldDoesNotExistOnType { field, r#type } = error else { return false };
    NEWER.contains(&(r#type.name(), field.name().as_str()))
        && field.arguments().is_none()
        && field.selection_set().is_none()
}

/// Whether an error is that a subscription has several root fields, of which bluejay looks at other selections than the specification.
pub fn is_of_subscriptions_root(error: &Invalid<'_>) -> bool {
    matches!(error, Error::SubscriptionRootNotSingleField { .. })
}

type Invalid<'a> = Error<'a, ExecutableDocument<'a>, Definitions>;

impl<'a> Teller<'a> {
    /// Of the document with this text. Names of the schema, if it is given, are told in the place of wrong ones.
    pub fn new(source: &'a str, positions: &'a Positions, schema: Option<&'a Definitions>) -> Self {
        Self { source, positions, schema }
    }

    /// The first of the errors of parsing: what comes after it is most often of it.
    pub fn parsing(&self, errors: Vec<Problem>) -> Vec<ServerError> {
        let first = Problem::into_graphql_errors(&self.positions.text, errors.into_iter().take(1)).into_iter().next();
        let (message, places) = first.map_or_else(Default::default, |first| {
            (first.message, first.locations.iter().map(|place| pos(place.line, place.col)).collect())
        });
        vec![told(format!("Syntax error: {message}."), places, code::GRAPHQL_PARSE_FAILED)]
    }

    /// So many of the errors of validation, in the order of the text, each once.
    pub fn validating<'b>(&self, errors: impl IntoIterator<Item = Invalid<'b>>, most: u64) -> Vec<ServerError> {
        let mut all: Vec<ServerError> = errors.into_iter().take(MOST).map(|error| self.invalid(error)).collect();
        all.sort_by(|a, b| a.locations.cmp(&b.locations).then_with(|| a.message.cmp(&b.message)));
        // Of two fields that conflict, one reason is told.
        all.dedup_by(|one, other| one == other || one.locations.len() > 1 && one.locations == other.locations);
        all.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        all
    }

    /// So many of the errors of coercing variables, in the order of these.
    pub fn coercing<'b>(
        &self,
        errors: Vec<VariableValueError<'b, ExecutableDocument<'b>, Map<String, Json>>>,
        most: u64,
    ) -> Vec<ServerError> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut all = Vec::new();
        for error in errors {
            if all.len() >= most {
                break;
            }
            match error {
                VariableValueError::MissingValue { variable_definition: it } => {
                    let (name, kind) = (it.variable().as_str(), VariableType::as_ref(it.r#type()).display_name());
                    let message = format!("Variable \"${name}\" has no value; its type is {kind:?}.");
                    all.push(self.at(it.variable().span(), message, code::BAD_USER_INPUT));
                }
                VariableValueError::InvalidValue { variable_definition: it, errors, .. } => {
                    let name = format!("${}", it.variable().as_str());
                    all.extend(errors.iter().take(most - all.len()).map(|error| {
                        let message = self.unfit(&name, error, |value| excerpt(&value.to_string()));
                        self.at(it.variable().span(), message, code::BAD_USER_INPUT)
                    }));
                }
                // What is not declared is nobody's fault: a client may send the same variables with all of its documents.
                VariableValueError::UnusedValue { .. } => {}
            }
        }
        all
    }

    fn invalid(&self, error: Invalid<'_>) -> ServerError {
        let conflict = |one: &Span, other: &Span, key: &str, why: &str| {
            let message = format!("Fields {key:?} conflict: {why}. Use different aliases on the fields.");
            told(message, vec![self.positions.at(one), self.positions.at(other)], code::GRAPHQL_VALIDATION_FAILED)
        };
        let (span, message) = match &error {
            Error::FieldDoesNotExistOnType { field, r#type } => {
                let names = field_names(*r#type);
                let name = field.name().as_str();
                let suggestion = self.suggestion(name, names.iter().map(String::as_str));
                let message = format!("Unknown field {name:?} on type {:?}.{suggestion}", r#type.name());
                (*field.name().span(), message)
            }
            Error::InvalidVariableArgument(ArgumentError::ArgumentDoesNotExistOnField {
                argument,
                field_definition,
            }) => {
                let known = field_definition.arguments_definition();
                let names = known.into_iter().flat_map(|arguments| arguments.iter()).map(|argument| argument.name());
                let name = argument.name().as_str();
                let suggestion = self.suggestion(name, names);
                let message = format!("Unknown argument {name:?} on field {:?}.{suggestion}", field_definition.name());
                (*argument.name().span(), message)
            }
            Error::FieldSelectionsDoNotMergeDifferingNames { field_a, field_b, .. } => {
                let why =
                    format!("{:?} and {:?} are different fields", field_a.name().as_str(), field_b.name().as_str());
                return conflict(field_a.span(), field_b.span(), field_a.response_key(), &why);
            }
            Error::FieldSelectionsDoNotMergeDifferingArguments { field_a, field_b, .. } => {
                let why = "they have different arguments";
                return conflict(field_a.span(), field_b.span(), field_a.response_key(), why);
            }
            Error::FieldSelectionsDoNotMergeIncompatibleTypes { field_a, field_b, .. } => {
                let why = "they have different types";
                return conflict(field_a.span(), field_b.span(), field_a.response_key(), why);
            }
            Error::InvalidVariableValue(problem) => self.literal(problem),
            Error::InvalidConstValue(problem) => self.literal(problem),
            _ => return self.otherwise(error),
        };
        self.at(&span, message, code::GRAPHQL_VALIDATION_FAILED)
    }

    /// Why a value does not fit, where `holder` names what holds it, and `text` shows a value.
    fn unfit<const CONST: bool, V: bluejay_core::Value<CONST>>(
        &self,
        holder: &str,
        problem: &Unfit<'_, CONST, V>,
        text: impl Fn(&V) -> String,
    ) -> String {
        let (path, why) = match problem {
            Unfit::NullValueForRequiredType { value, input_type_name: kind, path }
            | Unfit::NoImplicitConversion { value, input_type_name: kind, path } => {
                (path, format!("`{}`; its type is {kind:?}", text(value)))
            }
            Unfit::CustomScalarInvalidValue { value, message, path, .. } => {
                (path, format!("`{}`; {message}", text(value)))
            }
            Unfit::IntegerOutOfRange { value, path } => {
                (path, format!("`{}`; allowed are {} to {}", text(value), i32::MIN, i32::MAX))
            }
            Unfit::NoEnumMemberWithName { name, path, enum_type_name: of, .. } => {
                (path, format!("No member `{}` on enum {of}{}", excerpt(name), self.members(of)))
            }
            Unfit::NonFiniteFloat { path, .. }
            | Unfit::NoValueForRequiredFields { path, .. }
            | Unfit::NonUniqueFieldNames { path, .. }
            | Unfit::NoInputFieldWithName { path, .. }
            | Unfit::OneOfInputNullValues { path, .. }
            | Unfit::OneOfInputNotSingleNonNullValue { path, .. } => (path, problem.message().into_owned()),
        };
        // A path ends with the name that stands before the value.
        let mut names = path.to_vec::<String>();
        if names.is_empty() || holder.starts_with('$') {
            names.insert(0, holder.to_owned());
        }
        format!("Invalid value for {:?}: {why}.", names.join("."))
    }

    /// What values an enum has, for the end of a message.
    fn members(&self, of: &str) -> String {
        let Some(TypeDefinitionReference::Enum(of)) = self.schema.and_then(|schema| schema.get_type_definition(of))
        else {
            return String::new();
        };
        let mut names: Vec<_> = of.enum_value_definitions().iter().map(|value| value.name()).collect();
        let others = names.split_off(names.len().min(MOST_MEMBERS)).len();
        let more = if others == 0 { String::new() } else { format!(" and {others} others") };
        format!("; allowed are {}{more}", names.join(", "))
    }

    /// A literal that does not fit its place, and where it is.
    fn literal<const CONST: bool>(&self, problem: &Unfit<'_, CONST, Value<'_, CONST>>) -> (Span, String) {
        let text = |value: &Value<'_, CONST>| excerpt(&self.source[value.span().byte_range()]);
        let (span, value) = match problem {
            Unfit::NoInputFieldWithName { field, .. } => (*field.span(), None),
            Unfit::NonUniqueFieldNames { keys, value, .. } => {
                (keys.last().map_or(*value.span(), |it| *it.span()), Some(value))
            }
            Unfit::NullValueForRequiredType { value, .. }
            | Unfit::NoImplicitConversion { value, .. }
            | Unfit::IntegerOutOfRange { value, .. }
            | Unfit::NonFiniteFloat { value, .. }
            | Unfit::NoEnumMemberWithName { value, .. }
            | Unfit::NoValueForRequiredFields { value, .. }
            | Unfit::CustomScalarInvalidValue { value, .. }
            | Unfit::OneOfInputNullValues { value, .. }
            | Unfit::OneOfInputNotSingleNonNullValue { value, .. } => (*value.span(), Some(value)),
        };
        (span, self.unfit(value.map_or("", |value| self.name_before(value.span())), problem, text))
    }

    /// The name of what has the value that begins there; empty for an item of a list.
    fn name_before(&self, value: &Span) -> &'a str {
        let before =
            self.source[..value.byte_range().start].trim_end().strip_suffix(':').unwrap_or_default().trim_end();
        &before[before.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_').len()..]
    }

    /// An error in bluejay's own words, at all of its places.
    fn otherwise(&self, error: Invalid<'_>) -> ServerError {
        let problem = Problem::from(error);
        let message = format!("{}.", problem.message());
        let places =
            Problem::into_graphql_errors(&self.positions.text, [problem]).into_iter().flat_map(|error| error.locations);
        told(message, places.map(|place| pos(place.line, place.col)).collect(), code::GRAPHQL_VALIDATION_FAILED)
    }

    fn at(&self, span: &Span, message: String, code: &str) -> ServerError {
        told(message, vec![self.positions.at(span)], code)
    }

    fn suggestion<'b>(&self, wrong: &str, names: impl Iterator<Item = &'b str>) -> String {
        let near = names.map(|name| (strsim::levenshtein(wrong, name), name));
        let near = near.filter(|(changes, _)| changes * LETTERS_A_CHANGE <= wrong.len());
        match near.min().filter(|_| self.schema.is_some()) {
            Some((_, name)) => format!(" Did you mean {name:?}?"),
            None => String::new(),
        }
    }
}

fn field_names(of: TypeDefinitionReference<'_, Definitions>) -> Vec<String> {
    let fields = of.fields_definition().into_iter().flat_map(|fields| fields.iter());
    fields.map(|field| field.name().to_owned()).collect()
}

fn pos(line: usize, column: usize) -> Pos {
    Pos { line, column }
}

fn told(message: String, locations: Vec<Pos>, code: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.locations = locations;
    error::of_request(error, code)
}
