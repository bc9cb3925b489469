//! Null in arguments, where their types allow none.
//!
//! A document with such a literal is not valid, and neither is such a value of a variable. But a nullable variable may stand there too,
//! if it or the place has a default, and be null all the same (GraphQL, section 5.8.5): an error of the field (section 6.4.1).

use async_graphql::{
    Context, ServerResult,
    registry::{MetaType, Registry},
};
use async_graphql_value::Value;

use crate::error::Error;

/// Refuses null in the arguments of a field of the type `parent`.
///
/// # Errors
/// It is where it is not allowed.
pub fn refuse_nulls(context: &Context<'_>, parent: &str) -> ServerResult<()> {
    let registry = &context.schema_env.registry;
    for (name, value) in context.item.node.arguments.iter().filter(|(_, value)| has_null(&value.node)) {
        let field = registry.types.get(parent).and_then(|parent| parent.field_by_name(&context.item.node.name.node));
        let Some(argument) = field.and_then(|field| field.args.get(name.node.as_str())) else { continue };
        if let Some((path, ty)) = null_in(&value.node, &argument.ty, &name.node, registry) {
            let mut error = Error::bad_argument(&path, format!("is null; its type is `{ty}`")).of_field(context);
            error.locations = vec![value.pos];
            return Err(error);
        }
    }
    Ok(())
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        _ => false,
    }
}

/// Where null is in a value of this type, although it is not allowed there, and the type there.
fn null_in(value: &Value, ty: &str, path: &str, registry: &Registry) -> Option<(String, String)> {
    let nullable = ty.trim_end_matches('!');
    let item_type = nullable.strip_prefix('[').and_then(|ty| ty.strip_suffix(']'));
    match (value, item_type) {
        (Value::Null, _) => (nullable != ty).then(|| (path.to_owned(), ty.to_owned())),
        (Value::List(items), Some(ty)) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| null_in(item, ty, &format!("{path}.{index}"), registry))
        }
        // A list of one (section 3.11).
        (value, Some(ty)) => null_in(value, ty, path, registry),
        (Value::Object(fields), None) => {
            let Some(MetaType::InputObject { input_fields, .. }) = registry.types.get(nullable) else { return None };
            fields.iter().find_map(|(name, value)| {
                null_in(value, &input_fields.get(name.as_str())?.ty, &format!("{path}.{name}"), registry)
            })
        }
        _ => None,
    }
}
