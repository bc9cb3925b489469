//! The fields that are lists of a node's children, or their number: each a line in [`Node::LISTS`], from which both ways of
//! answering go.

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

/// A field that is a list of a node's children, and the field `…Count`, which is their number.
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

/// The answers of a field for all parents of a list, whose keys are `parents`; `None` if it is neither a list of their children nor
/// the number of these.
pub fn of_all<'a, N: Node>(
    context: &'a ContextSelectionSet<'a>,
    field: &'a Positioned<Field>,
    parents: impl FnOnce() -> Result<Vec<<N::Entity as Table>::Key>>,
) -> Option<BoxFuture<'a, ServerResult<Vec<Value>>>> {
    match asked::<N>(&field.node.name.node)? {
        (list, Asked::Items) => Some(list.children.of_all(context, field, parents())),
        (list, Asked::Number) => {
            let parents = parents();
            Some(async move { list.children.counts(&context.with_index(0).with_field(field), parents).await }.boxed())
        }
    }
}

/// What a field asks of a list.
enum Asked {
    Items,
    Number,
}

/// The list of which a field asks something.
fn asked<N: Node>(field: &str) -> Option<(&'static ListField<N>, Asked)> {
    N::LISTS.iter().find_map(|list| match field.strip_prefix(list.name)? {
        "" => Some((list, Asked::Items)),
        COUNT => Some((list, Asked::Number)),
        _ => None,
    })
}

/// The end of the names of fields that are the number of a list's items.
const COUNT: &str = "Count";

/// The fields of a node that are lists of its children, or their numbers, for `#[graphql(flatten)]`.
pub struct ListFields<N: Node>(pub N);

impl<N: Node> OutputType for ListFields<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Lists", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut fields = IndexMap::new();
            for &ListField { name, description, children } in N::LISTS {
                let mut list = children.declare(name, registry);
                list.description = Some(description.to_owned());
                fields.insert(name.to_owned(), list);
                let count_name = format!("{name}{COUNT}");
                let mut count = children.declare_count(&count_name, registry);
                count.description = Some(format!("The number of items in `{name}` that satisfy the filter."));
                fields.insert(count_name, count);
            }
            ObjectBuilder::new(Self::type_name(), fields).build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl<N: Node> ContainerType for ListFields<N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        match asked::<N>(&context.item.node.name.node) {
            Some((list, Asked::Items)) => list.children.of_one(context, &self.0).await.map(Some),
            Some((list, Asked::Number)) => {
                let parent = self.0.as_ref().key().map(|key| vec![key]);
                Ok(list.children.counts(context, parent).await?.pop())
            }
            None => Ok(None),
        }
    }
}

impl<N: Node> ObjectType for ListFields<N> {}
