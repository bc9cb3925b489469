//! The root of all subscriptions: for each node, the field that tells of its changes. An event is executed like a query of its own.

use std::{any::type_name, borrow::Cow, collections::HashMap, marker::PhantomData, pin::Pin, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, Response, ServerResult,
    SubscriptionType, Value,
    parser::types::Field,
    registry::{ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use futures_util::Stream;

use super::nodes::{AnyNode, Types};
use crate::changes::Change;

/// The root of all subscriptions.
pub struct Subscription<T> {
    /// The node of the field of each name.
    nodes: HashMap<String, &'static dyn AnyNode>,
    types: PhantomData<fn() -> T>,
}

impl<T: Types> Default for Subscription<T> {
    fn default() -> Self {
        let nodes = T::told().into_iter().map(|(node, told)| (told.field, node));
        Self { nodes: nodes.collect(), types: PhantomData }
    }
}

const ABOUT: &str = "\
The root of all subscriptions, over WebSocket or Server-Sent Events: one field each.

Every change is told that is committed in the database, whoever makes it: each once, and those of an object in the order in which they were \
committed. An event has a cursor, as `extensions.dovetail.cursor`. A subscription that cannot tell of all changes ends with an error: with the \
code `SUBSCRIBER_TOO_SLOW`, one with `after` continues there; with `CHANGES_LOST`, load again what it was of, and subscribe anew.";

impl<T: Types> OutputType for Subscription<T> {
    fn type_name() -> Cow<'static, str> {
        "Subscription".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Self as SubscriptionType>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl<T: Types> ContainerType for Subscription<T> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let change: &Arc<Change> = context.data_unchecked();
        match self.nodes.get(&*context.item.node.name.node) {
            Some(node) => node.change(context, change).await.map(Some),
            None => Ok(None),
        }
    }
}

impl<T: Types> ObjectType for Subscription<T> {}

impl<T: Types> SubscriptionType for Subscription<T> {
    fn type_name() -> Cow<'static, str> {
        <Self as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_subscription_type::<Self, _>(|registry| {
            let fields = T::told().into_iter().map(|(_, told)| (told.field.clone(), told.declare(registry)));
            ObjectBuilder::new("Subscription", fields.collect())
                .rust_typename(type_name::<Self>())
                .description(Some(ABOUT.to_owned()))
                .build()
        })
    }

    fn is_empty() -> bool {
        T::told().is_empty()
    }

    /// None: an event is executed by itself.
    fn create_field_stream<'a>(
        &'a self,
        _: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        None
    }
}
