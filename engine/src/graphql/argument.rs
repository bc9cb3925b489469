//! Arguments, and the fields of input objects.

use async_graphql::{
    Context, InputType, ServerResult,
    registry::{MetaInputValue, Registry},
};

/// One of this type, by its name.
pub fn input_value(name: &str, ty: String, description: impl Into<String>) -> (String, MetaInputValue) {
    let mut value = MetaInputValue::new(name, ty);
    value.description = Some(description.into());
    (name.to_owned(), value)
}

/// The same of Rust's type for it.
pub fn argument<T: InputType>(name: &str, description: &str, registry: &mut Registry) -> (String, MetaInputValue) {
    input_value(name, T::create_type_info(registry), description)
}

/// An argument as the field's text has it.
pub fn argument_of<T: InputType>(context: &Context<'_>, name: &str) -> ServerResult<T> {
    let value = context.param_value(name, None).map_err(|error| context.set_error_path(error));
    value.map(|(_, value)| value)
}
