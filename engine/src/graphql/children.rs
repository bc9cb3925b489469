//! A relation as the field of its parents: the list of their children, and the number of these.

use std::marker::PhantomData;

use async_graphql::{
    Context, ContextSelectionSet, InputType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaInputValue, Registry},
};
use futures_util::{FutureExt, future::BoxFuture};

use super::{
    connection::{self, Connection, Edge},
    node::{ChildrenOf, ListField, Node},
    order::OrderInput,
    paging::ListArgs,
};
use crate::{
    error::{Error, Result},
    loaders::{Relation, Table},
};

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

    fn declare_count(&self, name: &str, registry: &mut Registry) -> MetaField {
        let mut field = MetaField::new(name, <i32 as OutputType>::create_type_info(registry));
        field.args = IndexMap::from_iter([filter_argument::<E::Node>(registry)]);
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

    fn counts<'a>(
        &'a self,
        context: &'a Context<'a>,
        parents: Result<Vec<i64>>,
    ) -> BoxFuture<'a, ServerResult<Vec<Value>>> {
        async move {
            let parents = parents.map_err(|error| error.of_field(context))?;
            if parents.is_empty() {
                return Ok(Vec::new());
            }
            let filter = argument_of(context, "filter")?;
            let counts = connection::counts::<R, E::Node>(context, &parents, filter).await;
            let counts = counts.map_err(|error| error.of_field(context))?;
            Ok(counts.into_iter().map(Value::from).collect())
        }
        .boxed()
    }
}

/// The name of the list that a field of a node is.
fn list_of<N: Node>(field: &Positioned<Field>) -> String {
    format!("{}.{}", N::TYPE, field.node.name.node)
}

fn argument<T: InputType>(name: &str, description: &str, registry: &mut Registry) -> (String, MetaInputValue) {
    let mut argument = MetaInputValue::new(name, T::create_type_info(registry));
    argument.description = Some(description.to_owned());
    (name.to_owned(), argument)
}

fn filter_argument<N: Node>(registry: &mut Registry) -> (String, MetaInputValue) {
    argument::<Option<N::Filter>>("filter", "Only items that satisfy this filter.", registry)
}

/// The arguments of a list's field.
fn arguments<N: Node>(registry: &mut Registry) -> IndexMap<String, MetaInputValue> {
    IndexMap::from_iter([
        argument::<Option<i32>>("first", "The first so many items at most. Not together with `last`.", registry),
        argument::<Option<String>>("after", "Only items after this cursor.", registry),
        argument::<Option<i32>>("last", "The last so many items at most. Not together with `first`.", registry),
        argument::<Option<String>>("before", "Only items before this cursor.", registry),
        filter_argument::<N>(registry),
        argument::<Option<Vec<OrderInput<N::OrderField>>>>(
            "orderBy",
            "The order: by these keys in turn, then by id.",
            registry,
        ),
    ])
}

/// An argument as the field's text has it.
fn argument_of<T: InputType>(context: &Context<'_>, name: &str) -> ServerResult<T> {
    let value = context.param_value(name, None).map_err(|error| context.set_error_path(error));
    value.map(|(_, value)| value)
}

/// The arguments of a list's field as its text has them.
fn arguments_of<N: Node>(context: &Context<'_>) -> ServerResult<ListArgs<N>> {
    Ok(ListArgs {
        first: argument_of(context, "first")?,
        after: argument_of(context, "after")?,
        last: argument_of(context, "last")?,
        before: argument_of(context, "before")?,
        filter: argument_of(context, "filter")?,
        order_by: argument_of(context, "orderBy")?,
    })
}
