//! The roots of the schema, as they are executed: what is asked about the schema, a mutation's transaction, and the errors of
//! their fields, each of which is its own field's.

use std::{borrow::Cow, time::Duration};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerError, ServerResult, Value,
    parser::types::Field,
    registry::{MetaType, Registry},
    resolver_utils::{resolve_container, resolve_container_serial},
};
use tokio::time::sleep;

use super::introspection;
use crate::{
    error::{self, Error},
    graphql::{ContextExt, Running, nulls::refuse_nulls},
};

/// How long a mutation that conflicts waits before it runs again: twice as long each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// How long it waits at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(64);

/// The root of all reading.
#[derive(Default)]
pub struct QueryRoot<Q>(Q);

impl<Q: ObjectType> ContainerType for QueryRoot<Q> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        if matches!(&*context.item.node.name.node, "__schema" | "__type") {
            let answer = introspection::answer(context).map(Some);
            return of_nullable::<Q>(context, answer);
        }
        if let Err(error) = refuse_nulls(context, &Q::type_name()) {
            return of_nullable::<Q>(context, Err(error));
        }
        let answer = self.0.resolve_field(context).await;
        of_nullable::<Q>(context, answer)
    }
}

/// The root of all writing.
#[derive(Default)]
pub struct MutationRoot<M>(M);

impl<M: ObjectType> ContainerType for MutationRoot<M> {
    fn is_empty() -> bool {
        M::is_empty()
    }

    /// Runs a mutation in one transaction, in which its answer is read too: that is of the moment that it wrote. One that
    /// conflicts with another transaction wrote nothing, and runs again, until the request's time is over: each conflict is
    /// with one that was committed.
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        if let Err(error) = refuse_nulls(context, &M::type_name()) {
            return of_nullable::<M>(context, Err(error));
        }
        let Running { session, loaders, written, .. } = context.running();
        let before = written.counted();
        let mut pause = SHORTEST_PAUSE;
        let answer = loop {
            written.back_to(before);
            let answer = self.0.resolve_field(context).await;
            // Of an answer that failed, some may be still to be loaded: not from what comes after.
            loaders.forget();
            let answer = match answer {
                Ok(answer) => match session.commit().await {
                    Ok(true) => Ok(answer),
                    // Why is told already, where the answer was read.
                    Ok(false) => Ok(None),
                    Err(error) => Err(Error::from(error).of_field(context)),
                },
                Err(error) => Err(error),
            };
            session.end().await;
            match &answer {
                Err(error) if is_conflict(error) && !context.running().is_late() => sleep(pause).await,
                _ => break answer,
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        };
        of_nullable::<M>(context, answer)
    }
}

fn is_conflict(error: &ServerError) -> bool {
    error.source::<error::Cause>().is_some_and(error::Cause::is_conflict)
}

/// The answer of a field, of which an error makes it null, if it can be (GraphQL, section 6.4.4). async-graphql takes that of an
/// argument past the field to its parent.
fn of_nullable<T: OutputType>(
    context: &Context<'_>,
    answer: ServerResult<Option<Value>>,
) -> ServerResult<Option<Value>> {
    let types = &context.schema_env.registry.types;
    let field = types.get(&*T::type_name()).and_then(|root| root.field_by_name(&context.item.node.name.node));
    match answer {
        Err(error) if field.is_some_and(|field| !field.ty.ends_with('!')) => {
            context.add_error(error);
            Ok(None)
        }
        answer => answer,
    }
}

impl<Q: ObjectType> OutputType for QueryRoot<Q> {
    fn type_name() -> Cow<'static, str> {
        Q::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Q::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl<Q: ObjectType> ObjectType for QueryRoot<Q> {}

impl<M: ObjectType> OutputType for MutationRoot<M> {
    fn type_name() -> Cow<'static, str> {
        M::type_name()
    }

    /// Each field is nullable: of one that fails, the others' answers must not be lost, for what they wrote is written.
    fn create_type_info(registry: &mut Registry) -> String {
        let name = M::create_type_info(registry);
        if let Some(MetaType::Object { fields, .. }) = registry.types.get_mut(&*M::type_name()) {
            fields.values_mut().for_each(|field| field.ty = field.ty.trim_end_matches('!').to_owned());
        }
        name
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container_serial(context, self).await
    }
}

impl<M: ObjectType> ObjectType for MutationRoot<M> {}
