//! The field of a node that is its parent: the object that a foreign key names.

use std::{hash::Hash, marker::PhantomData};

use anyhow::{Result as Checked, ensure};
use async_graphql::{
    Context, ID, InputType, OutputType, Positioned, ServerResult, Value, dataloader::Loader,
    parser::types::Field as TextField, registry::Registry,
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, OptionFuture, ready},
};
use sea_orm::{Related, RelationDef};

use super::{
    ContextExt,
    conditions::Conditions,
    executor::{self, Among, Answers, Contexts},
    filter::{NodeFilter, read},
    node::{Field, Find, FindRelation, Node, ParentField, Source, example_key},
    one::{self, Many, One},
    order,
};
use crate::{
    error::{Error, Result},
    loaders::{ForeignKeys, Hop, Key, KeyPart, Loaders, OrderBy, Picked, Row, Session, Table, ensure_unique},
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
    let to_child = to_parent.back::<C::Entity>().in_key_order::<C::Entity>();
    ensure_unique::<C::Entity>(to_child)?;
    Ok(to_child)
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
    ensure_unique::<P::Entity>(hop)?;
    Ok(hop)
}

/// The parents that foreign keys name, by their primary key or by a column that is unique; `None` where the key is NULL, or there is no
/// such row.
fn load<P: Node>(context: &Context<'_>, hop: Hop, keys: &ForeignKeys<'_>) -> BoxFuture<'static, Result<Rows<P>>> {
    let loaders = &context.running().loaders;
    match hop.to().next() {
        Some(column) if !hop.is_by_key::<P::Entity>() => {
            load_each::<P, _, _, _>(loaders, keys.values(), one::of_unique::<P>(context, column)).boxed()
        }
        _ => match keys.keys() {
            Ok(keys) => load_each::<P, _, _, _>(loaders, keys, one::of_key::<P>(context)).boxed(),
            Err(error) => ready(Err(error)).boxed(),
        },
    }
}

type Rows<P> = Vec<Option<Row<<P as Node>::Entity>>>;

fn load_each<P, T, K, F>(
    loaders: &Loaders,
    keys: Vec<Option<T>>,
    of_key: F,
) -> impl Future<Output = Result<Rows<P>>> + use<P, T, K, F>
where
    P: Node,
    F: Fn(T) -> K,
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Session: Loader<K, Value = Row<P::Entity>, Error = Error>,
{
    let are_there: Vec<_> = keys.iter().map(Option::is_some).collect();
    let keys: Vec<_> = keys.into_iter().flatten().map(of_key).collect();
    let loading = (!keys.is_empty()).then(|| loaders.load_each(keys));
    async move {
        let mut rows = OptionFuture::from(loading).await.transpose()?.unwrap_or_default().into_iter();
        Ok(are_there.into_iter().map(|is_there| if is_there { rows.next().flatten() } else { None }).collect())
    }
}

/// The fault that a row is not there, which the database promises.
fn missing<P: Node>(hop: Hop, keys: &ForeignKeys<'_>, row: usize) -> Error {
    let key: Vec<_> = hop.to().zip(keys.names(row)).map(|(column, part)| format!("{column} {part}")).collect();
    Error::broken(format!("the {} with the {} is referenced but missing", P::TYPE, key.join(", ")))
}

struct ParentOf<P>(PhantomData<fn() -> P>);

impl<P: Node> ParentField for ParentOf<P> {
    fn type_name(&self) -> &'static str {
        P::TYPE
    }

    fn example_key(&self) -> String {
        example_key::<P>()
    }

    fn declare(&self, registry: &mut Registry) -> String {
        One::<P>::create_type_info(registry)
    }

    fn declare_filter(&self, registry: &mut Registry) -> String {
        Option::<NodeFilter<P>>::create_type_info(registry)
    }

    fn is_by_key(&self, hop: Hop) -> bool {
        hop.is_by_key::<P::Entity>()
    }

    fn key(&self, id: &str, argument: &str) -> Result<Vec<KeyPart<'static>>> {
        P::key(id, argument).map(|key| key.parts().map(KeyPart::into_owned).collect())
    }

    fn global_id(&self, parts: &[KeyPart<'static>]) -> Result<Option<ID>> {
        let key = <P::Entity as Table>::Key::read(|place| Ok(parts.get(place).cloned()))?;
        Ok(key.map(P::global_id))
    }

    fn of_one<'a>(
        &'a self,
        context: &'a Context<'a>,
        hop: Hop,
        key: Result<ForeignKeys<'a>>,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let failed = |error: Error| error.of_field(context);
            let key = key.map_err(failed)?;
            let row = load::<P>(context, hop, &key).await.map_err(failed)?.pop();
            match row.flatten() {
                Some(row) => {
                    let selected = context.with_selection_set(&context.item.node.selection_set);
                    One::<P>(row).resolve(&selected, context.item).await
                }
                None if hop.optional => Ok(Value::Null),
                None => Err(failed(missing::<P>(hop, &key, 0))),
            }
        }
        .boxed()
    }

    fn of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        hop: Hop,
        keys: ForeignKeys<'a>,
    ) -> BoxFuture<'a, ServerResult<Answers>> {
        async move {
            let failed = |index: usize, error| contexts.fail(index, field, error);
            let rows = contexts.with(0, field, |context| load::<P>(context, hop, &keys)).await;
            let rows = rows.map_err(|error| failed(0, error))?;
            let count = rows.len();
            let mut there = Vec::with_capacity(count);
            let mut indexes = Vec::with_capacity(count);
            for (index, row) in rows.into_iter().enumerate() {
                match row {
                    Some(row) => {
                        there.push(row);
                        indexes.push(index);
                    }
                    None if hop.optional => {}
                    None => return Err(failed(index, missing::<P>(hop, &keys, index))),
                }
            }
            if there.is_empty() {
                return Ok(vec![Value::Null; count].into());
            }
            let parents = Many::<P>::of(Picked::of(there).map_err(|error| failed(0, error))?);
            if indexes.len() == count {
                return executor::each(&parents, contexts, field, hop.optional).await;
            }
            let answers = executor::each(&parents, &Among { all: contexts, indexes: &indexes }, field, true).await?;
            let mut values = vec![Value::Null; count];
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
