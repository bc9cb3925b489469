//! What a type whose objects have ids says of itself: its entity, its columns, its lists; and those ids, which are unique over the
//! whole API (<https://graphql.org/learn/global-object-identification/>).

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, Positioned, ServerResult, Value,
    parser::types::Field,
    registry::{MetaField, Registry},
};
use futures_util::future::BoxFuture;
use sea_orm::EntityTrait;

use super::{conditions::FilterInput, order::OrderField};
use crate::{
    error::{Error, Result, excerpt},
    loaders::{Key, Row, Table},
};

/// A column that is a field: of its name in camel case, with this description.
pub type ColumnField<E> = (<E as EntityTrait>::Column, &'static str);

/// An object type whose objects have an id of their own: a newtype over an entity's row.
pub trait Node:
    ContainerType + Clone + From<Row<Self::Entity>> + AsRef<Row<Self::Entity>> + Send + Sync + 'static
{
    /// The entity whose rows the objects are.
    type Entity: Table;
    /// What filters lists of the type.
    type Filter: FilterInput;
    /// What orders them.
    type OrderField: OrderField;
    /// The type's name, which begins its ids.
    const TYPE: &'static str;
    /// The columns that are fields, in the schema's order, each with its description.
    const COLUMNS: &'static [ColumnField<Self::Entity>];
    /// The fields that are lists of its children.
    const LISTS: &'static [ListField<Self>] = &[];

    /// The columns that a field with a resolver is answered from, besides that of its name: `owner` has `owner_id`, without
    /// a word here.
    fn more_columns(_field: &str) -> &'static [<Self::Entity as EntityTrait>::Column] {
        &[]
    }

    /// The id of the object with this key: `User:500`, and `Enrollment:12:7` for a key of two parts.
    fn global_id(key: <Self::Entity as Table>::Key) -> ID {
        key.parts().as_ref().iter().fold(Self::TYPE.to_owned(), |id, part| format!("{id}:{part}")).into()
    }

    /// The key in an id of this type, or in a bare key such as `500`; `argument` names it in the error.
    fn key(id: &str, argument: &str) -> Result<<Self::Entity as Table>::Key> {
        let key = match id.strip_prefix(Self::TYPE).and_then(|rest| rest.strip_prefix(':')) {
            Some(key) => parse_key::<Self>(key),
            None => parse_key::<Self>(id),
        };
        key.ok_or_else(|| {
            let key = ["500", "12:7"][<Self::Entity as Table>::Key::PARTS - 1];
            let allowed = format!("allowed is an id of the type {0}, such as `{0}:{key}` or `{key}`", Self::TYPE);
            Error::bad_argument(argument, format!("is `{}`; {allowed}", excerpt(id)))
        })
    }
}

/// Reads a key's parts as [`Node::global_id`] writes them, and in no other spelling: an id must be equal if its object is.
fn parse_key<N: Node>(text: &str) -> Option<<N::Entity as Table>::Key> {
    let part = |part: &str| part.parse::<i64>().ok().filter(|number| number.to_string() == part);
    let parts = text.split(':').map(part).collect::<Option<Vec<_>>>()?;
    if parts.len() == <N::Entity as Table>::Key::PARTS { Key::read(|part| Ok(parts[part])).ok() } else { None }
}

/// The type that an id names; empty for a bare key, which names none.
pub fn type_of(id: &str) -> &str {
    id.split_once(':').map_or("", |(name, _)| name)
}

/// What is wrong with an id where any type is allowed, but not a bare key.
pub fn names_no_type(id: &str, argument: &str) -> Error {
    Error::bad_argument(argument, format!("is `{}`; allowed is an id with its type, such as `User:500`", excerpt(id)))
}

/// A field that is a list of a node's children, and the field `…Count`, which is their number.
pub struct ListField<N: Node> {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) children: &'static dyn ChildrenOf<N>,
}

/// What a relation does for the field of its parents.
pub(super) trait ChildrenOf<N: Node>: Sync {
    /// The list's type and its arguments.
    fn declare(&self, name: &str, registry: &mut Registry) -> MetaField;

    /// The same of the number.
    fn declare_count(&self, name: &str, registry: &mut Registry) -> MetaField;

    /// The field's answer for one parent.
    fn of_one<'a>(&'a self, context: &'a Context<'a>, parent: &'a N) -> BoxFuture<'a, ServerResult<Value>>;

    /// The field's answers for all parents of a list.
    fn of_all<'a>(
        &'a self,
        context: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
        parents: Result<Vec<<N::Entity as Table>::Key>>,
    ) -> BoxFuture<'a, ServerResult<Vec<Value>>>;

    /// The numbers of the parents' children, of which `context` is the field.
    fn counts<'a>(
        &'a self,
        context: &'a Context<'a>,
        parents: Result<Vec<<N::Entity as Table>::Key>>,
    ) -> BoxFuture<'a, ServerResult<Vec<Value>>>;
}
