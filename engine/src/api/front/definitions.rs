//! What a schema defines, as bluejay reads it.

use std::borrow::Cow;

use anyhow::anyhow;
use bluejay_core::{ValueReference, definition::ScalarTypeDefinition as _};
use bluejay_parser::ast::{
    Parse,
    definition::{Context, CustomScalarTypeDefinition, DefinitionDocument, SchemaDefinition},
};

use crate::graphql::moment::{Moment, RFC_3339};

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
        match (scalar.name(), value.as_ref()) {
            ("DateTime", ValueReference::String(text)) if Moment::from_rfc3339(text).is_some() => Ok(()),
            ("DateTime", _) => Err(format!("its type is \"DateTime\": {RFC_3339}").into()),
            _ => Ok(()),
        }
    }
}
