//! The field of a node that is its parent: the object that a foreign key names.

use std::marker::PhantomData;

use anyhow::{Result as Checked, ensure};
use async_graphql::{
    Context, InputType, OutputType, Positioned, ServerResult, Value, parser::types::Field as TextField,
    registry::Registry,
};
use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{Related, RelationDef};

use super::{
    conditions::Conditions,
    executor::{self, Answers, Contexts},
    filter::{NodeFilter, read},
    node::{Field, Find, FindRelation, Node, ParentField, Source},
    one::{self, One},
    order,
};
use crate::{
    error::Result,
    loaders::{Hop, OrderBy, Single, Table, ensure_key},
};

impl<N: Node> Field<N> {
    /// The object of the type `P` that a foreign key names, by the relation of the entities.
    pub const fn parent<P>(name: &'static str, description: &'static str) -> Self
    where
        P: Node<Entity: Table<Key: Single>>,
        N::Entity: Related<P::Entity>,
    {
        let link = <N::Entity as Related<P::Entity>>::to;
        Self::new(Source::Parent(name, Find { link, child: link, read: related::<N, P> }, of::<P>()), description)
    }

    /// The same by this relation of the entity: where several lead to the same table, or one to the entity's own, as in
    /// `Field::parent_by::<Employee>("manager", || Relation::Manager.def(), "Whom they report to.")`.
    pub const fn parent_by<P>(name: &'static str, relation: fn() -> RelationDef, description: &'static str) -> Self
    where
        P: Node<Entity: Table<Key: Single>>,
    {
        let find = Find { link: relation, child: relation, read: |link, _| hop::<N, P>(link) };
        Self::new(Source::Parent(name, find, of::<P>()), description)
    }
}

/// The parents of the type `P`.
pub(super) const fn of<P: Node<Entity: Table<Key: Single>>>() -> &'static dyn ParentField {
    &ParentOf::<P>(PhantomData)
}

/// The step from an `N` to its parent `P` by the entities' one relation.
fn related<N: Node<Entity: Related<P::Entity>>, P: Node>(link: FindRelation, _: FindRelation) -> Checked<Hop> {
    ensure!(<N::Entity as Related<P::Entity>>::via().is_none(), "a parent over a join table is not supported");
    hop::<N, P>(link)
}

/// The step from an `N` to its parent `P` by a relation.
pub(super) fn hop<N: Node, P: Node>(relation: FindRelation) -> Checked<Hop> {
    let hop = Hop::of::<N::Entity, P::Entity>(&relation())?;
    ensure_key::<P::Entity>(hop.to)?;
    Ok(hop)
}

struct ParentOf<P>(PhantomData<fn() -> P>);

impl<P: Node<Entity: Table<Key: Single>>> ParentField for ParentOf<P> {
    fn type_name(&self) -> &'static str {
        P::TYPE
    }

    fn declare(&self, registry: &mut Registry) -> String {
        One::<P>::create_type_info(registry)
    }

    fn declare_filter(&self, registry: &mut Registry) -> String {
        Option::<NodeFilter<P>>::create_type_info(registry)
    }

    fn key(&self, id: &str, argument: &str) -> Result<i64> {
        P::key(id, argument).map(Single::integer)
    }

    fn of_one<'a>(&'a self, context: &'a Context<'a>, key: Result<Option<i64>>) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let Some(key) = key.map_err(|error| error.of_field(context))? else { return Ok(Value::Null) };
            let parent = one::referenced::<P>(context, Single::of(key).map_err(|error| error.of_field(context))?);
            let parent = parent.await.map_err(|error| error.of_field(context))?;
            parent.resolve(&context.with_selection_set(&context.item.node.selection_set), context.item).await
        }
        .boxed()
    }

    fn of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        keys: Vec<i64>,
        optional: bool,
    ) -> BoxFuture<'a, ServerResult<Answers>> {
        async move {
            let keys: Result<Vec<_>> = keys.into_iter().map(Single::of).collect();
            let keys = keys.map_err(|error| contexts.fail(0, field, error))?;
            let of_key = contexts.with(0, field, one::of_key::<P>);
            let parents = one::all_referenced::<P>(contexts.running(), &keys, of_key).await;
            let parents = parents.map_err(|(index, error)| contexts.fail(index, field, error))?;
            executor::each(&parents, contexts, field, optional).await
        }
        .boxed()
    }

    fn add_filter(&self, name: &str, hop: Hop, given: Value, all: &mut Conditions) -> Result<()> {
        all.parent(name, hop, read::<NodeFilter<P>>(given)?)
    }

    fn order_by(&self, hop: Hop, field: &str) -> Option<OrderBy> {
        order::by_column::<P>(field)?.of_parent(hop)
    }
}
