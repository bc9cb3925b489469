//! The schema of a program: its text, what checks requests against it, what it says of itself, and what executes it.

use std::collections::HashMap;

use anyhow::Context;
use async_graphql::{EmptyMutation, EmptySubscription, Request, Response, SDLExportOptions, ValidationMode};
use futures_util::future::BoxFuture;

use super::{
    excess,
    front::{self, Definitions},
    introspection::Introspection,
    roots::{MutationRoot, QueryRoot},
};
use crate::graphql::{change::Told, nodes::Types, query::Query, subscription::Subscription};

type Executable<T> = async_graphql::Schema<QueryRoot<Query<T>>, MutationRoot<<T as Types>::Mutation>, Subscription<T>>;

/// What executes the events of subscriptions, each like a query.
type Events<T> = async_graphql::Schema<Subscription<T>, EmptyMutation, EmptySubscription>;

type Execute = Box<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;

/// A schema. A program has one, which lives as long as the program.
pub struct Schema {
    sdl: &'static str,
    /// What checks requests.
    pub(super) definitions: Definitions,
    execute: Execute,
    execute_event: Execute,
    /// What the fields of the subscriptions' root tell, by their names.
    pub(super) told: HashMap<String, Told>,
}

impl Schema {
    /// The schema of these types.
    ///
    /// # Errors
    /// The engine cannot answer what they declare, or the schema's text is not GraphQL: a fault of the types.
    pub fn new<T: Types>() -> anyhow::Result<&'static Self> {
        T::check()?;
        let introspection = Introspection::new::<Query<T>, MutationRoot<T::Mutation>, Subscription<T>>()
            .context("async-graphql does not describe the schema")?;
        let schema = executable::<T>(introspection);
        let events = Events::<T>::build(Subscription::default(), EmptyMutation, EmptySubscription);
        let events = events.validation_mode(ValidationMode::Fast).disable_introspection().finish();
        // Sorted by name, so that a change of the code's order is no change of it.
        let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
        let sdl = schema.sdl_with_options(options.include_specified_by().use_space_ident().indent_width(2));
        let sdl: &str = sdl.leak();
        let definitions = front::definitions(sdl)?;
        let execute: Execute = Box::new(move |request| {
            let schema = schema.clone();
            Box::pin(async move { schema.execute(request).await })
        });
        let execute_event: Execute = Box::new(move |request| {
            let events = events.clone();
            Box::pin(async move { events.execute(request).await })
        });
        let told = T::told().into_iter().map(|(_, told)| (told.field.clone(), told)).collect();
        Ok(Box::leak(Box::new(Self { sdl, definitions, execute, execute_event, told })))
    }

    /// Its text in GraphQL's schema definition language: what `schema.graphql` holds.
    pub fn sdl(&self) -> &'static str {
        self.sdl
    }

    /// Executes a request that was found valid.
    pub(super) fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        (self.execute)(request)
    }

    /// Executes what a subscription selects of an event, which is in the request's data.
    pub(super) fn execute_event(&self, request: Request) -> BoxFuture<'static, Response> {
        (self.execute_event)(request)
    }
}

/// What async-graphql executes. What is asked of it was validated by the front already, and what is asked about it has answers of
/// its own.
fn executable<T: Types>(introspection: Introspection) -> Executable<T> {
    Executable::<T>::build(QueryRoot::default(), MutationRoot::default(), Subscription::default())
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(excess::NESTING)
        .disable_introspection()
        .data(introspection)
        .finish()
}
