//! The field of a node that is the list of its children, and the field that is their number.

use std::{marker::PhantomData, sync::Arc};

use anyhow::{Result as Checked, ensure};
use async_graphql::{
    Context, InputType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field as TextField,
    registry::{MetaField, Registry},
};
use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{EntityName, IdenStatic, Related, RelationDef};

use super::{
    ContextExt,
    argument::argument_of,
    conditions::Conditions,
    connection::{self, ChildrenPlan, Connection, Edge, LinkEdge, NodeEdge},
    executor::{Answers, Below, Contexts},
    filter::{ListFilter, NodeFilter, read},
    node::{Field, Find, FindChildren, FindRelation, ListField, Node, Source, found},
    nulls::refuse_nulls,
    page,
    paging::{ListArgs, filter_argument, list_arguments},
    parent,
};
use crate::{
    error::{Error, Result},
    loaders::{By, Count, Relation, Table, key_columns},
};

impl<N: Node> Field<N> {
    /// The list of the objects of the type `C` whose foreign keys name this one, by the relation of the entities; and the field
    /// `…Count`, which is their number.
    pub const fn children<C>(name: &'static str, description: &'static str) -> Self
    where
        C: Node<Entity: Related<N::Entity>>,
    {
        let link = <C::Entity as Related<N::Entity>>::to;
        Self::new(Source::List(name, Find { link, child: link, read: related::<N, C> }, of::<N, C>()), description)
    }

    /// The same by this relation of the child's entity, which leads to this one.
    pub const fn children_by<C>(name: &'static str, relation: fn() -> RelationDef, description: &'static str) -> Self
    where
        C: Node,
    {
        let find = Find { link: relation, child: relation, read: |link, _| to_children::<N, C>(link) };
        Self::new(Source::List(name, find, of::<N, C>()), description)
    }

    /// The same of the objects that a join table ties to this one, whose rows are of the type `L`. The edges have its columns too.
    pub const fn children_over<L, C>(name: &'static str, description: &'static str) -> Self
    where
        L: Node<Entity: Related<N::Entity> + Related<C::Entity>>,
        C: Node,
    {
        let link = <L::Entity as Related<N::Entity>>::to;
        let child = <L::Entity as Related<C::Entity>>::to;
        Self::new(
            Source::List(name, Find { link, child, read: related_over::<N, L, C> }, over::<N, L, C>()),
            description,
        )
    }

    /// The same by these relations of the join table's entity: to this one, and to the child.
    pub const fn children_over_by<L, C>(
        name: &'static str,
        parent: fn() -> RelationDef,
        child: fn() -> RelationDef,
        description: &'static str,
    ) -> Self
    where
        L: Node,
        C: Node,
    {
        let find = Find { link: parent, child, read: relation_over::<N, L, C> };
        Self::new(Source::List(name, find, over::<N, L, C>()), description)
    }
}

/// The children of the type `C`, whose own table tells their parents.
pub(super) const fn of<N, C>() -> &'static dyn ListField<N>
where
    N: Node,
    C: Node,
{
    &ChildrenOf::<NodeEdge<C>>(PhantomData)
}

/// The children of the type `C`, whose parents the rows of `L` tell.
pub(super) const fn over<N, L, C>() -> &'static dyn ListField<N>
where
    N: Node,
    L: Node,
    C: Node,
{
    &ChildrenOf::<LinkEdge<N, L, C>>(PhantomData)
}

/// How the children `C` of an `N` are found: by the one relation that the child's entity declares.
fn related<N, C>(link: FindRelation, _: FindRelation) -> Checked<Relation>
where
    N: Node,
    C: Node<Entity: Related<N::Entity>>,
{
    ensure!(<C::Entity as Related<N::Entity>>::via().is_none(), "a parent over a join table is not supported");
    to_children::<N, C>(link)
}

/// How they are found by a relation of the child's.
fn to_children<N: Node, C: Node>(relation: FindRelation) -> Checked<Relation> {
    let to_parent = parent::hop::<C, N>(relation)?;
    ensure!(
        to_parent.is_by_key::<N::Entity>(),
        "`{}.{}` is not the primary key, by which children must name their parent",
        N::Entity::default().table_name(),
        listed(to_parent.to())
    );
    Ok(Relation { link: to_parent.back::<C::Entity>(), child: None })
}

/// How they are found over the join table of `L`: by the relations that its entity declares.
fn related_over<N, L, C>(link: FindRelation, child: FindRelation) -> Checked<Relation>
where
    N: Node,
    L: Node<Entity: Related<N::Entity> + Related<C::Entity>>,
    C: Node,
{
    let is_direct =
        <L::Entity as Related<N::Entity>>::via().is_none() && <L::Entity as Related<C::Entity>>::via().is_none();
    ensure!(is_direct, "a join table over a join table is not supported");
    relation_over::<N, L, C>(link, child)
}

/// The same by these relations of its.
fn relation_over<N: Node, L: Node, C: Node>(link: FindRelation, child: FindRelation) -> Checked<Relation> {
    for field in L::FIELDS.iter().filter(|field| matches!(field.source, Source::Column(_))) {
        let name = field.name();
        ensure!(!["cursor", "node"].contains(&&*name), "the edges have a field `{name}` besides `{}.{name}`", L::TYPE);
    }
    let child = parent::hop::<L, C>(child)?;
    let column = listed(child.from());
    ensure!(
        child.is_by_key::<C::Entity>(),
        "the join table's `{column}` does not name the primary key of `{}`",
        C::TYPE
    );
    ensure!(!child.optional, "the join table's foreign key `{column}` may be NULL, which is not supported");
    let Relation { link, .. } = to_children::<N, L>(link)?;
    let mut key: Vec<_> = key_columns::<L::Entity>().map(|column| column.as_str()).collect();
    let mut both: Vec<_> = link.to().chain(child.from()).collect();
    key.sort_unstable();
    both.sort_unstable();
    // They may have a column in common, such as a tenant's.
    both.dedup();
    ensure!(
        key == both,
        "the primary key of the join table `{}` is not `{}` and `{column}`, so that a child could be in a list twice; list its rows",
        L::Entity::default().table_name(),
        listed(link.to())
    );
    Ok(Relation { link, child: Some(child) })
}

/// Names of columns, as an error has them.
fn listed(columns: impl Iterator<Item = &'static str>) -> String {
    columns.collect::<Vec<_>>().join("`, `")
}

struct ChildrenOf<E>(PhantomData<fn() -> E>);

impl<N, E> ListField<N> for ChildrenOf<E>
where
    N: Node,
    E: Edge,
{
    fn type_names(&self) -> Vec<&'static str> {
        [E::LINK, Some(<E::Node as Node>::TYPE)].into_iter().flatten().collect()
    }

    fn edge_name(&self) -> Option<String> {
        E::LINK.map(|_| <E as OutputType>::type_name().into_owned())
    }

    fn declare(&self, name: &str, registry: &mut Registry) -> MetaField {
        let mut field = MetaField::new(name, Connection::<E>::create_type_info(registry));
        field.args = list_arguments::<E::Node>(registry);
        field
    }

    fn declare_count(&self, name: &str, registry: &mut Registry) -> MetaField {
        let mut field = MetaField::new(name, <i32 as OutputType>::create_type_info(registry));
        field.args = IndexMap::from_iter([filter_argument::<E::Node>(registry)]);
        field
    }

    fn declare_filter(&self, registry: &mut Registry) -> String {
        Option::<ListFilter<NodeFilter<E::Node>>>::create_type_info(registry)
    }

    fn of_one<'a>(
        &'a self,
        context: &'a Context<'a>,
        find: FindChildren,
        parent: Result<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let plan = plan_of::<N, E>(context, find)?;
            let children = async { plan.load(context.running(), &[parent?]).await };
            let children = children.await.map_err(|error| error.of_field(context))?;
            let selected = context.with_selection_set(&context.item.node.selection_set);
            match children.first() {
                Some(children) => children.resolve(&selected, context.item).await,
                None => Err(Error::broken("a parent has no connection").of_field(context)),
            }
        }
        .boxed()
    }

    fn count_of_one<'a>(
        &'a self,
        context: &'a Context<'a>,
        find: FindChildren,
        parent: Result<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let count = count_of::<N, E::Node>(context, find)?;
            let counts = async { connection::counts(context.running(), &count, &[parent?]).await };
            let counts = counts.await.map_err(|error| error.of_field(context))?;
            Ok(counts.into_iter().next().unwrap_or_default())
        }
        .boxed()
    }

    fn of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        find: FindChildren,
        parents: Vec<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Answers>> {
        async move {
            let plan = contexts.with(0, field, |context| plan_of::<N, E>(context, find))?;
            let children = plan.load(contexts.running(), &parents).await;
            let children = children.map_err(|error| contexts.fail(0, field, error))?;
            let below = Below::objects(contexts, field);
            page::write(&children, &field.node.selection_set.node, &below).await
        }
        .boxed()
    }

    fn counts_of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        find: FindChildren,
        parents: Vec<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Answers>> {
        async move {
            let count = contexts.with(0, field, |context| count_of::<N, E::Node>(context, find))?;
            let counts = connection::counts(contexts.running(), &count, &parents).await;
            counts.map(Answers::from).map_err(|error| contexts.fail(0, field, error))
        }
        .boxed()
    }

    fn add_filter(&self, name: &str, relation: Relation, given: Value, all: &mut Conditions) -> Result<()> {
        all.children(name, relation, read::<ListFilter<NodeFilter<E::Node>>>(given)?)
    }
}

/// What the list of children of an `N` that a field is loads for each parent.
fn plan_of<N: Node, E: Edge>(context: &Context<'_>, find: FindChildren) -> ServerResult<ChildrenPlan<E>> {
    refuse_nulls(context, N::TYPE)?;
    let args = ListArgs::of(context)?;
    let list = format!("{}.{}", N::TYPE, context.item.node.name.node);
    let plan = found(find).and_then(|relation| ChildrenPlan::of(context, &list, relation, args));
    plan.map_err(|error| error.of_field(context))
}

/// What is counted for the field of an `N` that is the number of children `C`.
fn count_of<N: Node, C: Node>(context: &Context<'_>, find: FindChildren) -> ServerResult<Arc<By<Count>>> {
    refuse_nulls(context, N::TYPE)?;
    let filter = argument_of(context, "filter")?;
    let count = found(find).and_then(|relation| connection::count_plan::<C>(context, relation, filter));
    count.map_err(|error| error.of_field(context))
}
