//! Lists as the Relay Cursor Connections specification has them (<https://relay.dev/graphql/connections.htm>): the
//! connection that every list of the API answers with, its edges and its page's info.

use std::{borrow::Cow, convert::Infallible, marker::PhantomData, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Object, OutputType, Positioned, ServerResult, TypeName,
    Value as Answer,
    indexmap::IndexMap,
    parser::types::{Field, Selection},
    registry::{MetaField, MetaType, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use derive_more::From;
use derive_where::derive_where;
use futures_util::{FutureExt, future::BoxFuture};
use heck::ToUpperCamelCase;
use sea_orm::{EntityTrait, Value};

use super::{
    ContextExt,
    ahead::Selected,
    conditions,
    filter::NodeFilter,
    json::{self, Leaves, Objects, is_fast},
    kind::{self, type_of, write_cell},
    node::{self, Node, Source, in_words},
    one::{One, foreign_key_column},
    paging::{Cursors, ListArgs},
    part::{Part, part, write_id},
};
use crate::{
    error::{Error, Nullable, Result},
    loaders::{All, AllCount, ChildCount, Children, Count, Key, List, Page, Relation, Row, Rows, Table},
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

    /// The same, made once for all parents whose list the field is.
    fn once(context: &Context<'_>, list: &str, args: ListArgs<N>) -> Result<Arc<Self>> {
        Result::clone(&context.once(|| Self::of(context, list, args)))
    }
}

/// All items of a type, as the connection of the root field `list`.
pub async fn all<N: Node>(context: &Context<'_>, list: &str, args: ListArgs<N>) -> Result<Connection<NodeEdge<N>>> {
    let plan = Plan::<N, N::Entity>::of(context, list, args)?;
    let of_page = plan.list.clone().map(All);
    let of_total = plan.count.clone().map(|count| AllCount::<N::Entity>(count, PhantomData));
    let (rows, total) = futures_util::try_join!(context.load_if(of_page), context.load_if(of_total))?;
    Ok(Connection(Contents { plan, rows, total }))
}

/// The children of each of the parents with these keys, as connections of their field `list`. What they load, they load at once.
pub async fn children<E: Edge>(
    context: &Context<'_>,
    list: &str,
    relation: Relation,
    parents: &[i64],
    args: ListArgs<E::Node>,
) -> Result<Vec<Connection<E>>> {
    let plan = Plan::<E::Node, E::Link>::once(context, list, args)?;
    let list = plan.list.clone().map(|list| Arc::new((relation, list)));
    let count = plan.count.clone().map(|count| Arc::new((relation, count)));
    let load = |&parent| {
        let of_page = list.clone().map(|list| Children { parent, list });
        let of_total = count.clone().map(|count| ChildCount { parent, count });
        (context.load_if(of_page), context.load_if(of_total))
    };
    // All are in their batches before the first is waited for.
    let loading: Vec<_> = parents.iter().map(load).collect();
    let mut connections = Vec::with_capacity(loading.len());
    for (rows, total) in loading {
        connections.push(Connection(Contents { plan: Arc::clone(&plan), rows: rows.await?, total: total.await? }));
    }
    Ok(connections)
}

/// The number of children that each of the parents with these keys has, of those that the filter leaves.
pub async fn counts<N: Node>(
    context: &Context<'_>,
    relation: Relation,
    parents: &[i64],
    filter: Option<NodeFilter<N>>,
) -> Result<Vec<i32>> {
    let count = context.once(|| -> Result<_> {
        let filter = conditions::filter(filter, context.running().limits.filter)?;
        let count = Count { filter: Arc::new(filter), asked: context.asked(true) };
        Ok(Arc::new((relation, Arc::new(count))))
    });
    let count = Result::clone(&count)?;
    let load = |&parent| context.load(ChildCount { parent, count: Arc::clone(&count) });
    // All are in their batch before the first is waited for.
    let loading: Vec<_> = parents.iter().map(load).collect();
    let mut counts = Vec::with_capacity(loading.len());
    for count in loading {
        counts.push(int(count.await?));
    }
    Ok(counts)
}

/// GraphQL's Int has 32 bits; a list that is longer than that is at least that long.
fn int(total: i64) -> i32 {
    i32::try_from(total).unwrap_or(i32::MAX)
}

/// The answers of a list's items, which `context` is of, to the field that these are of.
pub async fn write_all<E: Edge>(
    connections: Vec<Connection<E>>,
    context: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
) -> ServerResult<Vec<Answer>> {
    let Some(Connection(first)) = connections.first() else { return Ok(Vec::new()) };
    let item = context.with_index(0);
    let of_field = item.with_field(field);
    let selected = of_field.with_selection_set(&field.node.selection_set);
    if let Some(leaves) = first.leaves(&selected)? {
        // One statement found the rows of all, and one text has all answers.
        let (mut json, mut ends) = (Vec::new(), Vec::with_capacity(connections.len()));
        for (index, Connection(contents)) in connections.iter().enumerate() {
            let item = context.with_index(index);
            let of_field = item.with_field(field);
            contents.write_leaves(&of_field.with_selection_set(&field.node.selection_set), &leaves, &mut json)?;
            ends.push(json.len());
        }
        return Ok(json::cut(json, &ends));
    }
    json::each_under(connections.into_iter().map(|Connection(contents)| contents), context, field).await
}

/// An edge of a connection: an item, and what it shows besides its cursor and its node.
pub trait Edge: ContainerType + 'static + From<Item<Self::Node, Self::Link>> {
    /// What the connection lists.
    type Node: Node;
    /// The table that ties it to its parent: the node's own, or a join table.
    type Link: EntityTrait<Model: Sync>;
}

/// An item of a page.
pub struct Item<N: Node, L: EntityTrait> {
    plan: Arc<Plan<N, L>>,
    rows: Rows<N::Entity, L>,
    index: usize,
}

impl<N: Node, L: EntityTrait> Item<N, L> {
    /// The item's place in its list.
    pub fn cursor(&self) -> Result<String> {
        cursor::<N, L>(&self.plan.cursors, &self.rows, self.index)
    }

    /// The item itself.
    pub fn node(&self) -> One<N> {
        One(self.rows.node(self.index))
    }

    /// The join table's row that ties it to its parent.
    pub fn link(&self) -> Row<L> {
        self.rows.link(self.index)
    }
}

fn cursor<N: Node, L: EntityTrait>(cursors: &Cursors, rows: &Rows<N::Entity, L>, index: usize) -> Result<String> {
    let key = rows.node(index).key()?.parts();
    let place: Vec<_> = rows.place(index)?.into_iter().chain(key.as_ref().iter().copied().map(Value::from)).collect();
    cursors.encode(&place).ok_or_else(|| Error::broken(format!("no cursor can hold {place:?}")))
}

/// One item of a list, with its place in it.
#[derive(From)]
pub struct NodeEdge<N: Node>(Item<N, N::Entity>);

impl<N: Node> TypeName for NodeEdge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::TYPE).into()
    }
}

impl<N: Node> Edge for NodeEdge<N> {
    type Node = N;
    type Link = N::Entity;
}

/// One item of a list, with its place in it.
#[Object(name_type)]
impl<N: Node> NodeEdge<N> {
    /// The item's place in this list and order, for `after` and `before`. Opaque.
    async fn cursor(&self) -> Result<String> {
        self.0.cursor()
    }

    /// The item.
    async fn node(&self) -> One<N> {
        self.0.node()
    }
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
}

impl<P: Node, L: Node, N: Node> OutputType for LinkEdge<P, L, N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}{}Edge", P::TYPE, N::list_name().to_upper_camel_case()).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            // The same as those of every edge, and the columns.
            let mut fields = match registry.create_fake_output_type::<NodeEdge<N>>() {
                MetaType::Object { fields, .. } => fields,
                _ => IndexMap::new(),
            };
            for field in L::FIELDS {
                if let Source::Column(column) = field.source {
                    let mut link = MetaField::new(field.name(), type_of(column, registry));
                    link.description = Some(field.description.to_owned());
                    fields.insert(link.name.clone(), link);
                }
            }
            let description = format!("One item of a list, with its place in it and the {}'s data.", in_words(L::TYPE));
            ObjectBuilder::new(Self::type_name(), fields).description(Some(description)).build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Answer> {
        resolve_container(context, self).await
    }
}

impl<P: Node, L: Node, N: Node> ContainerType for LinkEdge<P, L, N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Answer>> {
        let Self(item, _) = self;
        let failed = |error: Error| error.of_field(context);
        Ok(Some(match &*context.item.node.name.node {
            "cursor" => item.cursor().map_err(failed)?.into(),
            "node" => {
                let selected = context.with_selection_set(&context.item.node.selection_set);
                item.node().resolve(&selected, context.item).await?
            }
            name => match node::answer::<L>(name) {
                Some(node::Answer::Column(column)) => {
                    item.link().cell(column).and_then(kind::answer).map_err(failed)?
                }
                _ => return Ok(None),
            },
        }))
    }
}

/// A page of a list.
pub struct Connection<E: Edge>(Contents<E>);

impl<E: Edge> OutputType for Connection<E> {
    fn type_name() -> Cow<'static, str> {
        <Contents<E> as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Contents::<E>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Answer> {
        if !is_fast(context) {
            return self.0.resolve(context, field).await;
        }
        let Some(leaves) = self.0.leaves(context)? else { return json::object(&self.0, context).await };
        let mut json = Vec::new();
        self.0.write_leaves(context, &leaves, &mut json)?;
        Ok(Answer::Binary(json.into()))
    }
}

/// What a connection's fields are answered from. Clones share it.
#[derive_where(Clone)]
struct Contents<E: Edge> {
    plan: Arc<Plan<E::Node, E::Link>>,
    /// `None` if nothing of the page is selected.
    rows: Option<Rows<<E::Node as Node>::Entity, E::Link>>,
    /// `None` if it is not selected.
    total: Option<i64>,
}

impl<E: Edge> TypeName for Contents<E> {
    fn type_name() -> Cow<'static, str> {
        let edge = <E as OutputType>::type_name();
        format!("{}Connection", edge.strip_suffix("Edge").unwrap_or(&edge)).into()
    }
}

impl<E: Edge> Contents<E> {
    fn rows(&self) -> Result<&Rows<<E::Node as Node>::Entity, E::Link>> {
        self.rows.as_ref().ok_or_else(|| Error::broken("a page was not looked ahead"))
    }

    /// What is selected, where that is just the nodes, and of them just what needs no resolver: most connections below others.
    fn leaves<'a>(&self, context: &'a ContextSelectionSet<'a>) -> ServerResult<Option<ConnectionLeaves<'a>>> {
        let [Positioned { node: Selection::Field(nodes), .. }] = &context.item.node.items[..] else { return Ok(None) };
        if nodes.node.name.node != "nodes" {
            return Ok(None);
        }
        let field = context.with_field(nodes);
        let rows = self.rows().map_err(|error| error.of_field(&field))?;
        let selected = field.with_selection_set(&nodes.node.selection_set);
        Ok(Leaves::of(&Nodes::<E>(rows.clone()), &selected)?.map(|of_nodes| ConnectionLeaves { nodes, of_nodes }))
    }

    /// Writes what is selected, which is the same for all connections of a text.
    fn write_leaves(
        &self,
        context: &ContextSelectionSet<'_>,
        leaves: &ConnectionLeaves<'_>,
        json: &mut Vec<u8>,
    ) -> ServerResult<()> {
        let ConnectionLeaves { nodes, of_nodes } = leaves;
        json.extend_from_slice(b"{\"");
        json.extend_from_slice(nodes.node.response_key().node.as_bytes());
        json.extend_from_slice(b"\":");
        let field = context.with_field(nodes);
        let rows = self.rows().map_err(|error| error.of_field(&field))?;
        of_nodes.write(&Nodes::<E>(rows.clone()), &field.with_selection_set(&nodes.node.selection_set), json)?;
        json.push(b'}');
        Ok(())
    }
}

/// What is selected of a connection that can be written at once.
struct ConnectionLeaves<'a> {
    nodes: &'a Positioned<Field>,
    of_nodes: Leaves<'a, Part<usize>>,
}

/// One page of a list. `edges` and `nodes` hold the same items in the same order.
#[Object(name_type)]
impl<E: Edge> Contents<E> {
    /// The page's items, each with its cursor.
    async fn edges(&self) -> Result<Items<Edges<E>>> {
        Ok(Items(Edges { plan: Arc::clone(&self.plan), rows: self.rows()?.clone() }))
    }

    /// The page's items, without their cursors.
    async fn nodes(&self) -> Result<Items<Nodes<E>>> {
        Ok(Items(Nodes(self.rows()?.clone())))
    }

    /// The page's place in the list, from which to go on.
    async fn page_info(&self) -> Result<PageInfo> {
        let (Page { backwards, before, after, .. }, rows) = (&*self.plan.page, self.rows()?);
        let cursor = |index| cursor::<E::Node, E::Link>(&self.plan.cursors, rows, index);
        let last = rows.len().checked_sub(1);
        Ok(PageInfo {
            has_next_page: if *backwards { before.is_some() } else { rows.more },
            has_previous_page: if *backwards { rows.more } else { after.is_some() },
            start_cursor: last.map(|_| cursor(0)),
            end_cursor: last.map(cursor),
        })
    }

    /// The number of items in the whole list that satisfy the filter, whatever the page.
    async fn total_count(&self) -> Result<i32> {
        self.total.map(int).ok_or_else(|| Error::broken("a count was not looked ahead"))
    }
}

impl<E: Edge> Objects for Contents<E> {
    type Object = Self;
    type Part = Infallible;

    fn count(&self) -> usize {
        1
    }

    fn object(&self, _: usize) -> Self {
        self.clone()
    }

    fn part(&self, _: &str) -> Result<Option<Infallible>> {
        Ok(None)
    }

    fn write(&self, _: usize, part: Infallible, _: &mut Vec<u8>) -> Result<()> {
        match part {}
    }
}

/// The items of a page, as a list.
struct Items<O>(O);

impl<O: Objects> OutputType for Items<O> {
    fn type_name() -> Cow<'static, str> {
        <Vec<O::Object> as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<O::Object> as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Answer> {
        if is_fast(context) {
            return json::list(&self.0, context).await;
        }
        json::list_ordinarily(&self.0, context, field).await
    }
}

/// The nodes of a page.
struct Nodes<E: Edge>(Rows<<E::Node as Node>::Entity, E::Link>);

impl<E: Edge> Nodes<E> {
    fn keys(&self) -> Result<Vec<<<E::Node as Node>::Entity as Table>::Key>> {
        (0..self.0.len()).map(|index| self.0.key(index)).collect()
    }
}

impl<E: Edge> Objects for Nodes<E> {
    type Object = One<E::Node>;
    type Part = Part<usize>;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn object(&self, index: usize) -> One<E::Node> {
        One(self.0.node(index))
    }

    fn at_once<'a>(
        &self,
        context: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
    ) -> Option<BoxFuture<'a, ServerResult<Vec<Answer>>>> {
        match node::answer::<E::Node>(&field.node.name.node)? {
            node::Answer::Parent(hop, parent) => {
                let keys = foreign_key_column::<<E::Node as Node>::Entity>(hop)
                    .and_then(|column| self.0.position(column))
                    .and_then(|position| (0..self.count()).map(|index| self.0.integer(index, position)).collect());
                Some(parent.of_all(context, field, keys))
            }
            node::Answer::List(find, children) => Some(children.of_all(context, field, find, self.keys())),
            node::Answer::Count(find, children) => {
                let keys = self.keys();
                Some(async move { children.counts(&context.with_index(0).with_field(field), find, keys).await }.boxed())
            }
            node::Answer::Id | node::Answer::Column(_) => None,
        }
    }

    fn part(&self, field: &str) -> Result<Option<Self::Part>> {
        Ok(match part::<E::Node>(field) {
            None => None,
            Some(Part::Id) => Some(Part::Id),
            Some(Part::Column(column)) => Some(Part::Column(self.0.position(column)?)),
        })
    }

    fn write(&self, index: usize, part: Self::Part, json: &mut Vec<u8>) -> Result<()> {
        match part {
            Part::Id => write_id::<E::Node>(self.0.key(index)?, json),
            Part::Column(position) => write_cell(self.0.cell(index, position)?, json)?,
        }
        Ok(())
    }
}

/// The edges of a page.
struct Edges<E: Edge> {
    plan: Arc<Plan<E::Node, E::Link>>,
    rows: Rows<<E::Node as Node>::Entity, E::Link>,
}

impl<E: Edge> Objects for Edges<E> {
    type Object = E;
    type Part = Infallible;

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn object(&self, index: usize) -> E {
        Item { plan: Arc::clone(&self.plan), rows: self.rows.clone(), index }.into()
    }

    fn part(&self, _: &str) -> Result<Option<Infallible>> {
        Ok(None)
    }

    fn write(&self, _: usize, part: Infallible, _: &mut Vec<u8>) -> Result<()> {
        match part {}
    }
}

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
    /// Whether there are items behind this page. Paging backwards: whether `before` was given.
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
