//! The fields that are lists of a node's children, or their number: each a line in [`Node::LISTS`], from which both ways of
//! answering go.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use futures_util::{FutureExt, future::BoxFuture};

use super::node::{ListField, Node};
use crate::{error::Result, loaders::Table};

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
