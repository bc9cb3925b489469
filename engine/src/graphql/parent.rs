//! The field of a node that is its parent: the object that a foreign key names.

use std::marker::PhantomData;

use anyhow::{Result as Checked, ensure};
use async_graphql::{
    Context, InputType, OutputType, Positioned, ServerResult, Value, parser::types::Field as TextField,
    registry::Registry,
};
use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{EntityName, IdenStatic, Related, RelationDef};

use super::{
    ContextExt,
    conditions::Conditions,
    executor::{self, Among, Answers, Contexts},
    filter::{NodeFilter, read},
    node::{Field, Find, FindRelation, Node, ParentField, Source},
    one::{self, Many, One},
    order,
};
use crate::{
    error::{Error, Result},
    loaders::{Hop, Key, OrderBy, Picked, Table, ensure_unique, key_column},
};

impl<N: Node> Field<N> {
    /// The object of the type `P` that a foreign key names, by the relation of the entities.
    pub const fn parent<P>(name: &'static str, description: &'static str) -> Self
    where
        P: Node,
        N::Entity: Related<P::Entity>,
    {
        let link = <N::Entity as Related<P::Entity>>::to;
        Self::new(Source::Parent(name, Find { link, child: link, read: related::<N, P> }, of::<P>()), description)
    }

    /// The same by this relation of the entity: where several lead to the same table, or one to the entity's own, as in
    /// `Field::parent_by::<Employee>("manager", || Relation::Manager.def(), "Whom they report to.")`.
    pub const fn parent_by<P>(name: &'static str, relation: fn() -> RelationDef, description: &'static str) -> Self
    where
        P: Node,
    {
        let find = Find { link: relation, child: relation, read: |link, _| hop::<N, P>(link) };
        Self::new(Source::Parent(name, find, of::<P>()), description)
    }
}

impl<N: Node> Field<N> {
    /// The one object of the type `C` whose foreign key names this one, which is unique; `null` if there is none.
    pub const fn child<C>(name: &'static str, description: &'static str) -> Self
    where
        C: Node<Entity: Related<N::Entity>>,
    {
        let link = <C::Entity as Related<N::Entity>>::to;
        Self::new(Source::Parent(name, Find { link, child: link, read: to_child::<N, C> }, of::<C>()), description)
    }
}

/// The step from an `N` to its one `C`.
fn to_child<N: Node, C: Node<Entity: Related<N::Entity>>>(link: FindRelation, none: FindRelation) -> Checked<Hop> {
    let to_parent = related::<C, N>(link, none)?;
    ensure_unique::<C::Entity>(to_parent.from)?;
    Ok(Hop { from: to_parent.to, table: C::Entity::default().table_name(), to: to_parent.from, optional: true })
}

/// The parents of the type `P`.
pub(super) const fn of<P: Node>() -> &'static dyn ParentField {
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
    ensure_unique::<P::Entity>(hop.to)?;
    Ok(hop)
}

/// Whether a step leads to a `P` by its primary key.
pub(super) fn by_id<P: Node>(hop: Hop) -> bool {
    <P::Entity as Table>::Key::PARTS == 1 && key_column::<P::Entity>().as_str() == hop.to
}

/// The primary keys that a step with these foreign keys leads to, if it leads by that; `None` also if one has more bits than a `P`'s.
fn ids<P: Node>(hop: Hop, keys: &[i64]) -> Option<Vec<<P::Entity as Table>::Key>> {
    let mut ids = Vec::with_capacity(keys.len());
    if by_id::<P>(hop) {
        ids.extend(keys.iter().map_while(|key| <P::Entity as Table>::Key::read(|_| Ok(*key)).ok()));
    }
    (ids.len() == keys.len()).then_some(ids)
}

/// The fault that a row is not there, which the database promises.
fn missing<P: Node>(hop: Hop, key: i64) -> Error {
    Error::broken(format!("the {} with the {} {key} is referenced but missing", P::TYPE, hop.to))
}

struct ParentOf<P>(PhantomData<fn() -> P>);

impl<P: Node> ParentField for ParentOf<P> {
    fn type_name(&self) -> &'static str {
        P::TYPE
    }

    fn declare(&self, registry: &mut Registry) -> String {
        One::<P>::create_type_info(registry)
    }

    fn declare_filter(&self, registry: &mut Registry) -> String {
        Option::<NodeFilter<P>>::create_type_info(registry)
    }

    fn is_by_id(&self, hop: Hop) -> bool {
        by_id::<P>(hop)
    }

    fn key(&self, id: &str, argument: &str) -> Result<i64> {
        P::key(id, argument).map(|key| key.parts().as_ref()[0])
    }

    fn of_one<'a>(
        &'a self,
        context: &'a Context<'a>,
        hop: Hop,
        key: Result<Option<i64>>,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let failed = |error: Error| error.of_field(context);
            let Some(key) = key.map_err(failed)? else { return Ok(Value::Null) };
            let row = match ids::<P>(hop, &[key]).as_deref() {
                Some([id]) => one::by_key::<P>(context, *id).await.transpose(),
                _ => context
                    .running()
                    .loaders
                    .load_one(one::of_unique::<P>(context, hop.to)(key))
                    .await
                    .map(|row| row.map(One)),
            };
            match row.map_err(failed)? {
                Some(parent) => {
                    parent.resolve(&context.with_selection_set(&context.item.node.selection_set), context.item).await
                }
                None if hop.optional => Ok(Value::Null),
                None => Err(failed(missing::<P>(hop, key))),
            }
        }
        .boxed()
    }

    fn of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        hop: Hop,
        keys: Vec<Option<i64>>,
    ) -> BoxFuture<'a, ServerResult<Answers>> {
        async move {
            let failed = |index: usize, error| contexts.fail(index, field, error);
            let mut known = Vec::with_capacity(keys.len());
            known.extend(keys.iter().flatten());
            let ids = ids::<P>(hop, &known);
            let loaders = &contexts.running().loaders;
            let rows = if known.is_empty() {
                Ok(Vec::new())
            } else if let Some(ids) = ids {
                let of_key = contexts.with(0, field, one::of_key::<P>);
                loaders.load_each(ids.into_iter().map(of_key).collect()).await
            } else {
                let of_value = contexts.with(0, field, |context| one::of_unique::<P>(context, hop.to));
                loaders.load_each(known.into_iter().map(of_value).collect()).await
            };
            let mut rows = rows.map_err(|error| failed(0, error))?.into_iter();
            let mut there = Vec::with_capacity(keys.len());
            let mut indexes = Vec::with_capacity(keys.len());
            for (index, key) in keys.iter().enumerate() {
                match key.and_then(|_| rows.next().flatten()) {
                    Some(row) => {
                        there.push(row);
                        indexes.push(index);
                    }
                    None if hop.optional => {}
                    None => return Err(failed(index, missing::<P>(hop, key.unwrap_or_default()))),
                }
            }
            if there.is_empty() {
                return Ok(vec![Value::Null; keys.len()].into());
            }
            let parents = Many::<P>::of(Picked::of(there).map_err(|error| failed(0, error))?);
            if indexes.len() == keys.len() {
                return executor::each(&parents, contexts, field, hop.optional).await;
            }
            let answers = executor::each(&parents, &Among { all: contexts, indexes: &indexes }, field, true).await?;
            let mut values = vec![Value::Null; keys.len()];
            for (index, value) in indexes.into_iter().zip(answers.values) {
                values[index] = value;
            }
            Ok(values.into())
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
