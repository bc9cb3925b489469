//! Lists as the Relay Cursor Connections specification has them (<https://relay.dev/graphql/connections.htm>): the
//! connection that every list of the API answers with, its edges and its page's info.

use std::{any::type_name, borrow::Cow, marker::PhantomData, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Object, OutputType, Positioned, ServerResult, TypeName,
    Value as Answer,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaType, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use derive_more::From;
use futures_util::{
    future::{OptionFuture, try_join_all},
    join,
};
use heck::ToUpperCamelCase;
use sea_orm::{EntityTrait, Value};

use super::{
    ContextExt, Running,
    ahead::Selected,
    column::{Shown, column_type, or_null},
    conditions,
    filter::NodeFilter,
    node::{Node, Resolver, Source, in_words, resolver},
    one::One,
    paging::{Cursors, ListArgs},
};
use crate::{
    error::{Error, Nullable, Result},
    loaders::{All, AllCount, By, ChildCount, Children, Count, Key, KeyPart, List, Page, Relation, Row, Rows},
};

/// What a list's field is to load, which its text says: the same for all of its parents.
struct Plan<N: Node, L: EntityTrait> {
    page: Arc<Page>,
    cursors: Cursors,
    /// `None` if nothing of the page is selected.
    list: Option<Arc<List<N::Entity, L>>>,
    /// `None` if the total is not selected.
    count: Option<Arc<Count>>,
}

impl<N: Node, L: EntityTrait> Plan<N, L> {
    fn of(context: &Context<'_>, list: &str, args: ListArgs<N>) -> Result<Arc<Self>> {
        let (page, cursors) = args.page(list, context.running().limits)?;
        let Selected { page: wanted, total, is_leaf } = Selected::<N, L>::of(&context.look_ahead());
        let asked = context.asked(is_leaf);
        let page = Arc::new(page);
        let count = total.then(|| Arc::new(Count { filter: Arc::clone(&page.filter), asked: asked.clone() }));
        let list = wanted.map(|wanted| Arc::new(List { page: Arc::clone(&page), wanted, asked }));
        Ok(Arc::new(Self { page, cursors, list, count }))
    }

    /// The cursor of an item of a page, in the form that `encode` gives it.
    fn cursor<T>(
        &self,
        rows: &Rows<N::Entity, L>,
        index: usize,
        encode: impl FnOnce(&Cursors, &[Value]) -> Option<T>,
    ) -> Result<T> {
        let mut place = rows.place(index)?;
        place.extend(rows.key(index)?.parts().map(KeyPart::into_value));
        encode(&self.cursors, &place).ok_or_else(|| Error::broken(format!("no cursor can hold {place:?}")))
    }
}

/// All items of a type, as the connection of the root field `list`.
pub async fn all<N: Node>(context: &Context<'_>, list: &str, args: ListArgs<N>) -> Result<Connection<NodeEdge<N>>> {
    let plan = Plan::<N, N::Entity>::of(context, list, args)?;
    let loaders = &context.running().loaders;
    let rows = OptionFuture::from(plan.list.clone().map(|list| loaders.load_one(All(list))));
    let total = plan.count.clone().map(|count| loaders.load_one(AllCount::<N::Entity>(count, PhantomData)));
    let (rows, total) = join!(rows, OptionFuture::from(total));
    Ok(Connection { plan, rows: rows.transpose()?.flatten(), total: total.transpose()?.flatten() })
}

type ListOf<E> = List<<<E as Edge>::Node as Node>::Entity, <E as Edge>::Link>;

/// What the list of children that a field is loads for each parent.
pub struct ChildrenPlan<E: Edge> {
    plan: Arc<Plan<E::Node, E::Link>>,
    list: Option<Arc<By<ListOf<E>>>>,
    count: Option<Arc<By<Count>>>,
}

impl<E: Edge> ChildrenPlan<E> {
    /// That of the field `list` with these arguments.
    pub fn of(context: &Context<'_>, list: &str, relation: Relation, args: ListArgs<E::Node>) -> Result<Self> {
        let plan = Result::clone(&context.once(|| Plan::of(context, list, args)))?;
        let list = plan.list.clone().map(|what| Arc::new(By { relation, what }));
        let count = plan.count.clone().map(|what| Arc::new(By { relation, what }));
        Ok(Self { plan, list, count })
    }

    /// The connections of the parents with these keys. What they load, they load at once.
    pub async fn load<K: Key>(&self, running: &Running, parents: &[K]) -> Result<Vec<Connection<E>>> {
        let page = |list: &Arc<_>| {
            parents.iter().map(|parent| Children { parent: parent.clone(), list: Arc::clone(list) }).collect()
        };
        let pages = self.list.as_ref().map(|list| running.loaders.load_each(page(list)));
        let totals = self.count.as_ref().map(|count| running.loaders.load_each(counts_of(count, parents)));
        let (pages, totals) = join!(OptionFuture::from(pages), OptionFuture::from(totals));
        let mut pages = pages.transpose()?.unwrap_or_default().into_iter();
        let mut totals = totals.transpose()?.unwrap_or_default().into_iter();
        let connection = |_| Connection {
            plan: Arc::clone(&self.plan),
            rows: pages.next().flatten(),
            total: totals.next().flatten(),
        };
        Ok(parents.iter().map(connection).collect())
    }
}

/// What is to be counted for the field that is the number of children, of those that the filter leaves.
pub fn count_plan<N: Node>(
    context: &Context<'_>,
    relation: Relation,
    filter: Option<NodeFilter<N>>,
) -> Result<Arc<By<Count>>> {
    let count = context.once(|| -> Result<_> {
        let filter = conditions::filter(filter, context.running().limits.filter)?;
        let what = Arc::new(Count { filter: Arc::new(filter), asked: context.asked(true) });
        Ok(Arc::new(By { relation, what }))
    });
    Result::clone(&count)
}

/// The numbers of children of each of the parents with these keys.
pub async fn counts<K: Key>(running: &Running, count: &Arc<By<Count>>, parents: &[K]) -> Result<Vec<Answer>> {
    let counts = running.loaders.load_each(counts_of(count, parents)).await?;
    Ok(counts.into_iter().map(|count| count.map(int).into()).collect())
}

fn counts_of<K: Key>(count: &Arc<By<Count>>, parents: &[K]) -> Vec<ChildCount<K>> {
    parents.iter().map(|parent| ChildCount { parent: parent.clone(), count: Arc::clone(count) }).collect()
}

/// GraphQL's Int has 32 bits; a list that is longer than that is at least that long.
fn int(total: i64) -> i32 {
    i32::try_from(total).unwrap_or(i32::MAX)
}

/// An edge of a connection: an item, and what it shows besides its cursor and its node.
pub trait Edge: ContainerType + 'static + From<Item<Self::Node, Self::Link>> {
    /// What the connection lists.
    type Node: Node;
    /// The table that ties it to its parent: the node's own, or a join table.
    type Link: EntityTrait<Model: Sync>;

    /// The name of the type of that table's rows, if it is a join table.
    const LINK: Option<&'static str> = None;

    /// The column of that table that a field is.
    fn column(_field: &str) -> Option<Shown<<Self::Link as EntityTrait>::Column>> {
        None
    }
}

/// An item of a page.
pub struct Item<N: Node, L: EntityTrait> {
    plan: Arc<Plan<N, L>>,
    rows: Rows<N::Entity, L>,
    index: usize,
}

impl<N: Node, L: EntityTrait> Item<N, L> {
    /// The answer of a field that every edge has.
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Answer>> {
        match &*context.item.node.name.node {
            "cursor" => {
                let cursor = self.plan.cursor(&self.rows, self.index, Cursors::encode);
                cursor.map(|cursor| Some(cursor.into())).map_err(|error| error.of_field(context))
            }
            "node" => {
                let selected = context.with_selection_set(&context.item.node.selection_set);
                One::<N>(self.rows.node(self.index)).resolve(&selected, context.item).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The join table's row that ties it to its parent.
    fn link(&self) -> Row<L> {
        self.rows.link(self.index)
    }
}

/// One item of a list, with its place in it.
#[derive(From)]
pub struct NodeEdge<N: Node>(Item<N, N::Entity>);

impl<N: Node> Edge for NodeEdge<N> {
    type Node = N;
    type Link = N::Entity;
}

impl<N: Node> OutputType for NodeEdge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            edge_type::<Self>(edge_fields::<N>(registry), "One item of a list, with its place in it.".to_owned())
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Answer> {
        resolve_container(context, self).await
    }
}

impl<N: Node> ContainerType for NodeEdge<N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Answer>> {
        self.0.resolve_field(context).await
    }
}

/// The fields of every edge.
fn edge_fields<N: Node>(registry: &mut Registry) -> IndexMap<String, MetaField> {
    let mut cursor = MetaField::new("cursor", String::create_type_info(registry));
    cursor.description = Some("The item's place in this list and order, for `after` and `before`. Opaque.".to_owned());
    let mut node = MetaField::new("node", One::<N>::create_type_info(registry));
    node.description = Some("The item.".to_owned());
    IndexMap::from_iter([cursor, node].map(|field| (field.name.clone(), field)))
}

/// The type of edges with these fields.
fn edge_type<E: OutputType>(fields: IndexMap<String, MetaField>, description: String) -> MetaType {
    ObjectBuilder::new(E::type_name(), fields).rust_typename(type_name::<E>()).description(Some(description)).build()
}

/// One of the nodes `N` that rows of `L` tie to a `P`, with the columns of that row.
pub struct LinkEdge<P, L: Node, N: Node>(Item<N, L::Entity>, PhantomData<fn() -> P>);

impl<P: Node, L: Node, N: Node> From<Item<N, L::Entity>> for LinkEdge<P, L, N> {
    fn from(item: Item<N, L::Entity>) -> Self {
        Self(item, PhantomData)
    }
}

impl<P: Node, L: Node, N: Node> Edge for LinkEdge<P, L, N> {
    type Node = N;
    type Link = L::Entity;
    const LINK: Option<&'static str> = Some(L::TYPE);

    fn column(field: &str) -> Option<Shown<<L::Entity as EntityTrait>::Column>> {
        match resolver::<L>(field) {
            Some(Resolver::Column(shown)) => Some(shown),
            _ => None,
        }
    }
}

impl<P: Node, L: Node, N: Node> OutputType for LinkEdge<P, L, N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}{}Edge", P::TYPE, N::list_name().to_upper_camel_case()).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut fields = edge_fields::<N>(registry);
            for field in L::FIELDS {
                if let Source::Column(column) = field.source {
                    let mut link = MetaField::new(field.name(), column_type(column, field.kind_of(column), registry));
                    link.description = Some(field.description.to_owned());
                    fields.insert(link.name.clone(), link);
                }
            }
            let description = format!("One item of a list, with its place in it and the {}'s data.", in_words(L::TYPE));
            edge_type::<Self>(fields, description)
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Answer> {
        resolve_container(context, self).await
    }
}

impl<P: Node, L: Node, N: Node> ContainerType for LinkEdge<P, L, N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Answer>> {
        let Self(item, _) = self;
        let Some(shown) = Self::column(&context.item.node.name.node) else { return item.resolve_field(context).await };
        let link = item.link();
        let answer = link.cell(shown.column).and_then(|cell| shown.answer(cell));
        or_null(context, shown.may_be_null(), answer.map_err(|error| error.of_field(context))).map(Some)
    }
}

/// A page of a list.
pub struct Connection<E: Edge> {
    plan: Arc<Plan<E::Node, E::Link>>,
    /// `None` if nothing of the page is selected.
    rows: Option<Rows<<E::Node as Node>::Entity, E::Link>>,
    /// `None` if it is not selected.
    total: Option<i64>,
}

impl<E: Edge> Connection<E> {
    /// The page's rows.
    pub(super) fn rows(&self) -> Result<&Rows<<E::Node as Node>::Entity, E::Link>> {
        self.rows.as_ref().ok_or_else(|| Error::broken("a page was not looked ahead"))
    }

    /// The number of items in the whole list.
    pub(super) fn total(&self) -> Result<i32> {
        self.total.map(int).ok_or_else(|| Error::broken("a count was not looked ahead"))
    }

    /// Writes the cursor of an item.
    pub(super) fn write_cursor(&self, item: usize, json: &mut Vec<u8>) -> Result<()> {
        self.plan.cursor(self.rows()?, item, |cursors, place| cursors.write(place, json))
    }

    /// Whether the list goes on behind the page.
    pub(super) fn has_next(&self) -> Result<bool> {
        let Page { backwards, before, .. } = &*self.plan.page;
        Ok(if *backwards { before.is_some() } else { self.rows()?.more })
    }

    /// Whether it goes on before it.
    pub(super) fn has_previous(&self) -> Result<bool> {
        let Page { backwards, after, .. } = &*self.plan.page;
        Ok(if *backwards { self.rows()?.more } else { after.is_some() })
    }
}

impl<E: Edge> TypeName for Connection<E> {
    fn type_name() -> Cow<'static, str> {
        let edge = <E as OutputType>::type_name();
        format!("{}Connection", edge.strip_suffix("Edge").unwrap_or(&edge)).into()
    }
}

/// One page of a list. `edges` and `nodes` hold the same items in the same order.
#[Object(name_type)]
impl<E: Edge> Connection<E> {
    /// The page's items, each with its cursor.
    async fn edges(&self) -> Result<Items<E>> {
        let rows = self.rows()?;
        let item = |index| Item { plan: Arc::clone(&self.plan), rows: rows.clone(), index };
        Ok(Items((0..rows.len()).map(item).map(E::from).collect()))
    }

    /// The page's items, without their cursors.
    async fn nodes(&self) -> Result<Items<One<E::Node>>> {
        let rows = self.rows()?;
        Ok(Items((0..rows.len()).map(|index| One(rows.node(index))).collect()))
    }

    /// The page's place in the list, from which to go on.
    async fn page_info(&self) -> Result<PageInfo> {
        let rows = self.rows()?;
        let cursor = |index| self.plan.cursor(rows, index, Cursors::encode);
        let last = rows.len().checked_sub(1);
        Ok(PageInfo {
            has_next_page: self.has_next()?,
            has_previous_page: self.has_previous()?,
            start_cursor: last.map(|_| cursor(0)),
            end_cursor: last.map(cursor),
        })
    }

    /// The number of items in the whole list that satisfy the filter, whatever the page.
    async fn total_count(&self) -> Result<i32> {
        self.total()
    }
}

/// The items of a page, as a list. A `Vec` would give an error of a field the path of its item.
struct Items<T>(Vec<T>);

impl<T: OutputType> OutputType for Items<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Answer> {
        let items = self.0.iter().enumerate();
        let answers = items.map(async |(index, item)| item.resolve(&context.with_index(index), field).await);
        Ok(Answer::List(try_join_all(answers).await?))
    }
}

/// The name of the type of a page's info.
pub(super) const PAGE_INFO: &str = "PageInfo";

/// A page's place in its list, from which to go on in either direction.
pub struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Nullable<String>,
    end_cursor: Nullable<String>,
}

/// A page's place in its list, from which to go on in either direction.
#[Object]
impl PageInfo {
    /// Whether there are items after this page. Paging backwards: whether `before` was given.
    async fn has_next_page(&self) -> bool {
        self.has_next_page
    }

    /// Whether there are items before this page. Paging forwards: whether `after` was given.
    async fn has_previous_page(&self) -> bool {
        self.has_previous_page
    }

    /// The first item's cursor; `null` if the page is empty.
    async fn start_cursor(&self) -> Nullable<String> {
        self.start_cursor.clone()
    }

    /// The last item's cursor; `null` if the page is empty.
    async fn end_cursor(&self) -> Nullable<String> {
        self.end_cursor.clone()
    }
}
