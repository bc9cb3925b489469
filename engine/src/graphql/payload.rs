//! What mutations are given and answer with, where that is the same for every type.

use std::{any::type_name, borrow::Cow, marker::PhantomData};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Enum, ID, InputType, InputValueError, InputValueResult, ObjectType,
    OutputType, Positioned, ServerResult, SimpleObject, TypeName, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{InputObjectBuilder, MetaField, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};

use super::{
    argument::argument,
    node::{Node, in_words, look_up_name},
    one::One,
};

/// The kinds of problems with a mutation's input.
#[derive(Enum, Copy, Clone, PartialEq, Eq, Debug)]
pub enum UserErrorCode {
    /// The text is empty, or only white space.
    Blank,
    /// The text has too many characters.
    TooLong,
    /// An object that the input refers to does not exist.
    NotFound,
    /// The object that the mutation would create exists already, or is named twice; or another has a value that is unique.
    AlreadyExists,
    /// The value cannot be stored.
    Invalid,
}

/// A reason why a mutation wrote nothing.
#[derive(SimpleObject, Clone, Debug)]
pub struct UserError {
    /// A stable code for programs.
    pub(super) code: UserErrorCode,
    /// A message for people: what is wrong, and what is allowed.
    pub(super) message: String,
    /// The path of the wrong part in `input`, such as `["posts", "0", "title"]`; empty, if it is no certain one.
    pub(super) path: Vec<String>,
}

/// What a mutation wrote, or why it wrote nothing.
type Written<T> = Result<Option<T>, Vec<UserError>>;

/// What a mutation does to an object.
pub trait Verb: Send + Sync + 'static {
    /// The word that begins its name.
    const NAME: &'static str;
    /// What the object is by it.
    const RESULT: &'static str;
}

/// Creating.
pub struct Create;

impl Verb for Create {
    const NAME: &'static str = "Create";
    const RESULT: &'static str = "new";
}

/// Changing.
pub struct Update;

impl Verb for Update {
    const NAME: &'static str = "Update";
    const RESULT: &'static str = "changed";
}

/// The result of a mutation that creates an object.
pub type Created<N> = Payload<N, Create>;

/// The result of a mutation that changes an object.
pub type Updated<N> = Payload<N, Update>;

/// The result of a mutation of one object: this, or why nothing was written.
pub struct Payload<N: Node, V>(Written<One<N>>, PhantomData<V>);

impl<N: Node, V> From<Written<One<N>>> for Payload<N, V> {
    fn from(written: Written<One<N>>) -> Self {
        Self(written, PhantomData)
    }
}

impl<N: Node, V: Verb> OutputType for Payload<N, V> {
    fn type_name() -> Cow<'static, str> {
        format!("{}{}Payload", V::NAME, N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut object = MetaField::new(look_up_name::<N>(), Option::<One<N>>::create_type_info(registry));
            object.description = Some(format!(
                "The {} {}; `null` if nothing was written, or beside an error in what is selected of it.",
                V::RESULT,
                in_words(N::TYPE)
            ));
            let mut errors = MetaField::new(ERRORS, Vec::<UserError>::create_type_info(registry));
            errors.description = Some("Why nothing was written; empty on success.".to_owned());
            let fields = [object, errors].map(|field| (field.name.clone(), field));
            let description = format!("The result of `{}{}`.", V::NAME.to_lowercase(), N::TYPE);
            ObjectBuilder::new(Self::type_name(), IndexMap::from(fields))
                .rust_typename(type_name::<Self>())
                .description(Some(description))
                .build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

/// The field of a payload with the refusals.
const ERRORS: &str = "userErrors";

impl<N: Node, V: Verb> ContainerType for Payload<N, V> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let Self(written, _) = self;
        let selected = context.with_selection_set(&context.item.node.selection_set);
        let answer = match &*context.item.node.name.node {
            ERRORS => written.as_ref().err().map_or(&[][..], Vec::as_slice).resolve(&selected, context.item).await?,
            _ => written.as_ref().unwrap_or(&None).resolve(&selected, context.item).await?,
        };
        Ok(Some(answer))
    }
}

impl<N: Node, V: Verb> ObjectType for Payload<N, V> {}

/// The object to delete.
pub struct DeleteInput<N> {
    pub(super) id: ID,
    node: PhantomData<fn() -> N>,
}

impl<N: Node> InputType for DeleteInput<N> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        format!("Delete{}Input", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::InputObject, |registry| {
            let id = argument::<ID>("id", &format!("An id such as `{}:500`, or its bare key.", N::TYPE), registry);
            InputObjectBuilder::new(Self::type_name(), IndexMap::from([id]))
                .rust_typename(type_name::<Self>())
                .description(Some(format!("The {} to delete.", in_words(N::TYPE))))
                .build()
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value {
            Some(Value::Object(mut fields)) => match InputType::parse(fields.swap_remove("id")) {
                Ok(id) => Ok(Self { id, node: PhantomData }),
                Err(error) => Err(InputValueError::propagate(error)),
            },
            other => Err(InputValueError::expected_type(other.unwrap_or_default())),
        }
    }

    fn to_value(&self) -> Value {
        Value::Object(IndexMap::from([(async_graphql::Name::new("id"), self.id.to_value())]))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// The result of a deletion.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub struct Deleted<N: Node> {
    /// The id of the deleted object; `null` if nothing was deleted.
    deleted_id: Option<ID>,
    /// Why nothing was deleted; empty on success.
    user_errors: Vec<UserError>,
    #[graphql(skip)]
    node: PhantomData<fn() -> N>,
}

impl<N: Node> From<Written<ID>> for Deleted<N> {
    fn from(written: Written<ID>) -> Self {
        let (deleted_id, user_errors) = written.map_or_else(|errors| (None, errors), |id| (id, Vec::new()));
        Self { deleted_id, user_errors, node: PhantomData }
    }
}

impl<N: Node> TypeName for Deleted<N> {
    fn type_name() -> Cow<'static, str> {
        format!("Delete{}Payload", N::TYPE).into()
    }
}
