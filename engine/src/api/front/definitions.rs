//! What a schema defines, as bluejay reads it.

use std::borrow::Cow;

use anyhow::anyhow;
use async_graphql::Value;
use bluejay_core::{ValueReference, definition::ScalarTypeDefinition as _};
use bluejay_parser::ast::{
    Parse,
    definition::{Context, CustomScalarTypeDefinition, DefinitionDocument, SchemaDefinition},
};

use crate::kinds::Kind;

/// A schema's definitions, which the front checks requests against.
pub type Definitions = SchemaDefinition<'static, Scalars>;

/// The definitions in this text. They borrow from it, and live as long as the program.
///
/// # Errors
/// It is not GraphQL, which is a fault of its types.
pub fn definitions(sdl: &'static str) -> anyhow::Result<Definitions> {
    let parsed: Result<DefinitionDocument<'static, Scalars>, _> = DefinitionDocument::parse(sdl).result;
    let parsed = parsed.map_err(|errors| anyhow!("the schema's text is not GraphQL: {errors:?}"))?;
    Definitions::try_from(&*Box::leak(Box::new(parsed)))
        .map_err(|errors| anyhow!("the schema does not hold together: {} errors", errors.len()))
}

/// What the schema's own scalars allow.
#[derive(Debug)]
pub struct Scalars;

impl Context for Scalars {
    fn coerce_custom_scalar_input<const CONST: bool>(
        scalar: &CustomScalarTypeDefinition<'_, Self>,
        value: &impl bluejay_core::Value<CONST>,
    ) -> Result<(), Cow<'static, str>> {
        let Some(kind) = Kind::of_scalar(scalar.name()) else { return Ok(()) };
        let given = match value.as_ref() {
            ValueReference::String(text) => Some(Value::from(text)),
            ValueReference::Integer(integer) => integer.to_string().parse().ok().map(|it: i64| Value::from(it)),
            _ => None,
        };
        match given.and_then(|given| kind.parse(&given)) {
            Some(_) => Ok(()),
            None => Err(format!("its type is {:?}: {}", scalar.name(), kind.allowed()).into()),
        }
    }
}
