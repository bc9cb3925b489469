//! An object alone: by its id, by a foreign key, or as any of those that have ids.

use std::{borrow::Cow, marker::PhantomData, sync::Arc};

use async_graphql::{
    Context, ContextSelectionSet, ID, Object, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};
use futures_util::future::join_all;
use sea_orm::EntityTrait;

use super::{
    ContextExt, ahead,
    columns::{Part, part, write_cell, write_id},
    json::{self, Objects, is_fast},
    node::Node,
};
use crate::{
    error::{Error, Nullable, Result},
    loaders::{ById, Table},
};

/// A node that a field answers with: the same to whoever asks, but written the fast way where that can be.
pub struct One<N: Node>(pub N);

impl<N: Node> OutputType for One<N> {
    fn type_name() -> Cow<'static, str> {
        N::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        N::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        if is_fast(context) { json::object(self, context).await } else { self.0.resolve(context, field).await }
    }
}

impl<N: Node> Objects for One<N> {
    type Object = N;
    type Part = Part<<N::Entity as EntityTrait>::Column>;

    fn count(&self) -> usize {
        1
    }

    fn object(&self, _: usize) -> N {
        self.0.clone()
    }

    fn part(&self, field: &str) -> Result<Option<Self::Part>> {
        Ok(part::<N>(field))
    }

    fn write(&self, _: usize, part: Self::Part, json: &mut Vec<u8>) -> Result<()> {
        let row = self.0.as_ref();
        match part {
            Part::Id => write_id::<N>(row.key()?, json),
            Part::Column(column) => write_cell(row.cell(column)?, json)?,
        }
        Ok(())
    }
}

/// The object of a type with this id or bare key, which `argument` holds; `None` where there is none.
pub async fn look_up<N: Node>(context: &Context<'_>, id: &ID, argument: &str) -> Nullable<One<N>> {
    match N::key(id, argument) {
        Ok(key) => by_key(context, key).await,
        Err(error) => Some(Err(error)),
    }
}

/// The object of a type with this key; `None` where there is none.
pub async fn by_key<N: Node>(context: &Context<'_>, key: <N::Entity as Table>::Key) -> Nullable<One<N>> {
    let (columns, asked) = &*context.once(|| {
        let ahead = context.look_ahead();
        (ahead::columns::<N>(&ahead), Arc::new(context.asked(ahead::is_leaf::<N>(&ahead))))
    });
    let row = context.load(ById::<N::Entity> { key, columns: columns.clone(), asked: Arc::clone(asked) }).await;
    Some(row.transpose()?.map(N::from).map(One))
}

/// The object that a foreign key leads to, which the database promises to be there.
pub async fn referenced<N: Node>(context: &Context<'_>, key: <N::Entity as Table>::Key) -> Result<One<N>> {
    let missing = || Error::broken(format!("{} is referenced but missing", *N::global_id(key)));
    by_key(context, key).await.unwrap_or_else(|| Err(missing()))
}

/// An object of any type that has ids: the interface `Node` of a program.
pub trait AnyNode: OutputType + Sized {
    /// The object that an id names, which `argument` holds; `None` where there is none. See [`super::node::type_of`] and [`look_up`].
    fn look_up(context: &Context<'_>, id: &ID, argument: &str) -> impl Future<Output = Nullable<Self>> + Send;
}

/// The look-ups of any object by its id.
pub struct NodeQuery<N>(PhantomData<fn() -> N>);

impl<N> Default for NodeQuery<N> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

#[Object]
impl<N: AnyNode> NodeQuery<N> {
    /// The object with this id; `null` if there is none.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id of any type, such as `User:500`.")] id: ID,
    ) -> Nullable<N> {
        N::look_up(ctx, &id, "id").await
    }

    /// The objects with these ids, in the order asked; `null` in the place of each that does not exist. One statement a
    /// type.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of any types, such as `User:500`.")] ids: Vec<ID>,
    ) -> Vec<Nullable<N>> {
        // Each in a place of its own: what one of them loads is not all that the request loads.
        let look_up = async |(index, id)| N::look_up(&ctx.with_index(index), id, &format!("ids.{index}")).await;
        join_all(ids.iter().enumerate().map(look_up)).await
    }
}
