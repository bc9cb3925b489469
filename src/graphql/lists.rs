//! The fields that are lists of a node's children: each a line in [`Node::LISTS`], from which both ways of answering go.

use std::{borrow::Cow, marker::PhantomData};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, InputType, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaInputValue, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use futures_util::{FutureExt, future::BoxFuture};

use super::{
    connection::{self, Connection, Edge},
    node::Node,
    order::OrderInput,
    paging::ListArgs,
};
use crate::{
    error::{Error, Result},
    loaders::{Relation, Table},
};

/// A field that is a list of a node's children.
pub struct ListField<N: Node> {
    name: &'static str,
    description: &'static str,
    children: &'static dyn ChildrenOf<N>,
}

impl<N: Node> ListField<N> {
    /// The children by the relation `R`, with edges `E`.
    pub const fn of<R, E>(name: &'static str, description: &'static str) -> Self
    where
        R: Relation<Parent = N::Entity, Node = <E::Node as Node>::Entity, Link = E::Link>,
        N::Entity: Table<Key = i64>,
        E: Edge,
    {
        Self { name, description, children: &Children::<R, E>(PhantomData) }
    }
}

/// What a relation does for the field of its parents.
trait ChildrenOf<N: Node>: Sync {
    /// The field's type and its arguments.
    fn declare(&self, name: &str, registry: &mut Registry) -> MetaField;

    /// The field's answer for one parent.
    fn of_one<'a>(&'a self, context: &'a Context<'a>, parent: &'a N) -> BoxFuture<'a, ServerResult<Value>>;

    /// The field's answers for all parents of a list.
    fn of_all<'a>(
        &'a self,
        context: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
        parents: Result<Vec<<N::Entity as Table>::Key>>,
    ) -> BoxFuture<'a, ServerResult<Vec<Value>>>;
}

struct Children<R, E>(PhantomData<fn() -> (R, E)>);

impl<N, R, E> ChildrenOf<N> for Children<R, E>
where
    N: Node<Entity: Table<Key = i64>>,
    R: Relation<Parent = N::Entity, Node = <E::Node as Node>::Entity, Link = E::Link>,
    E: Edge,
{
    fn declare(&self, name: &str, registry: &mut Registry) -> MetaField {
        let mut field = MetaField::new(name, Connection::<E>::create_type_info(registry));
        field.args = arguments::<E::Node>(registry);
        field
    }

    fn of_one<'a>(&'a self, context: &'a Context<'a>, parent: &'a N) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let args = arguments_of(context)?;
            let parent = parent.as_ref().key().map_err(|error| error.of_field(context))?;
            let children = connection::children::<R, E>(context, &list_of::<N>(context.item), &[parent], args).await;
            let children = children.map_err(|error| error.of_field(context))?;
            let selected = context.with_selection_set(&context.item.node.selection_set);
            match children.first() {
                Some(children) => children.resolve(&selected, context.item).await,
                None => Err(Error::broken("a parent has no connection").of_field(context)),
            }
        }
        .boxed()
    }

    fn of_all<'a>(
        &'a self,
        context: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
        parents: Result<Vec<i64>>,
    ) -> BoxFuture<'a, ServerResult<Vec<Value>>> {
        async move {
            let first = context.with_index(0);
            let of_first = first.with_field(field);
            let parents = parents.map_err(|error| error.of_field(&of_first))?;
            if parents.is_empty() {
                return Ok(Vec::new());
            }
            let args = arguments_of(&of_first)?;
            let list = list_of::<N>(field);
            let children = connection::children::<R, E>(&of_first, &list, &parents, args).await;
            let children = children.map_err(|error| error.of_field(&of_first))?;
            connection::write_all(children, context, field).await
        }
        .boxed()
    }
}

/// The name of the list that a field of a node is.
fn list_of<N: Node>(field: &Positioned<Field>) -> String {
    format!("{}.{}", N::TYPE, field.node.name.node)
}

/// The arguments of a list's field.
fn arguments<N: Node>(registry: &mut Registry) -> IndexMap<String, MetaInputValue> {
    fn argument<T: InputType>(name: &str, description: &str, registry: &mut Registry) -> (String, MetaInputValue) {
        let mut argument = MetaInputValue::new(name, T::create_type_info(registry));
        argument.description = Some(description.to_owned());
        (name.to_owned(), argument)
    }
    IndexMap::from_iter([
        argument::<Option<i32>>("first", "The first so many items at most. Not together with `last`.", registry),
        argument::<Option<String>>("after", "Only items after this cursor.", registry),
        argument::<Option<i32>>("last", "The last so many items at most. Not together with `first`.", registry),
        argument::<Option<String>>("before", "Only items before this cursor.", registry),
        argument::<Option<N::Filter>>("filter", "Only items that satisfy this filter.", registry),
        argument::<Option<Vec<OrderInput<N::OrderField>>>>(
            "orderBy",
            "The order: by these keys in turn, then by id.",
            registry,
        ),
    ])
}

/// The arguments as the field's text has them.
fn arguments_of<N: Node>(context: &Context<'_>) -> ServerResult<ListArgs<N>> {
    fn value<T: InputType>(context: &Context<'_>, name: &str) -> ServerResult<T> {
        let value = context.param_value(name, None).map_err(|error| context.set_error_path(error));
        value.map(|(_, value)| value)
    }
    Ok(ListArgs {
        first: value(context, "first")?,
        after: value(context, "after")?,
        last: value(context, "last")?,
        before: value(context, "before")?,
        filter: value(context, "filter")?,
        order_by: value(context, "orderBy")?,
    })
}

/// The answers of a field for all parents of a list, whose keys are `parents`; `None` if it is no list of their children.
pub fn of_all<'a, N: Node>(
    context: &'a ContextSelectionSet<'a>,
    field: &'a Positioned<Field>,
    parents: impl FnOnce() -> Result<Vec<<N::Entity as Table>::Key>>,
) -> Option<BoxFuture<'a, ServerResult<Vec<Value>>>> {
    let list = list_field::<N>(&field.node.name.node)?;
    Some(list.children.of_all(context, field, parents()))
}

fn list_field<N: Node>(name: &str) -> Option<&'static ListField<N>> {
    N::LISTS.iter().find(|list| list.name == name)
}

/// The fields of a node that are lists of its children, for `#[graphql(flatten)]`.
pub struct ListFields<N: Node>(pub N);

impl<N: Node> OutputType for ListFields<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Lists", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let declare = |list: &ListField<N>| {
                let mut field = list.children.declare(list.name, registry);
                field.description = Some(list.description.to_owned());
                (list.name.to_owned(), field)
            };
            ObjectBuilder::new(Self::type_name(), N::LISTS.iter().map(declare).collect::<IndexMap<_, _>>()).build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl<N: Node> ContainerType for ListFields<N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        match list_field::<N>(&context.item.node.name.node) {
            Some(list) => list.children.of_one(context, &self.0).await.map(Some),
            None => Ok(None),
        }
    }
}

impl<N: Node> ObjectType for ListFields<N> {}
