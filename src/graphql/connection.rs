//! Lists as the Relay Cursor Connections specification has them (<https://relay.dev/graphql/connections.htm>): the
//! connection that every list of the API answers with, its edges and its page's info.

use std::{borrow::Cow, marker::PhantomData, sync::Arc};

use async_graphql::{Context, Object, OutputType, TypeName};
use sea_orm::{EntityTrait, Value};

use super::{
    ContextExt,
    ahead::Selected,
    node::Node,
    paging::{Cursors, ListArgs},
};
use crate::{
    error::{Error, Nullable, Result},
    loaders::{All, AllCount, ChildCount, Children, Key, Page, Relation, Row, Rows, key_of},
};

/// What a list's field is to load, which its text says: the same for all of its parents.
struct Plan<N: Node, L: EntityTrait> {
    page: Arc<Page>,
    cursors: Arc<Cursors>,
    selected: Selected<N, L>,
}

impl<N: Node, L: EntityTrait> Plan<N, L> {
    fn of(context: &Context<'_>, list: &str, args: ListArgs<N>) -> Result<Self> {
        let (page, cursors) = args.page(list, context.options())?;
        let selected = Selected::of(&context.look_ahead());
        Ok(Self { page: Arc::new(page), cursors: Arc::new(cursors), selected })
    }
}

/// All items of a type, as the connection of the root field `list`.
pub async fn all<N: Node>(context: &Context<'_>, list: &str, args: ListArgs<N>) -> Result<Connection<NodeEdge<N>>> {
    let Plan { page, cursors, selected } = Plan::<N, N::Entity>::of(context, list, args)?;
    let (cause, filter) = (context.cause(), Arc::clone(&page.filter));
    let of_page =
        selected.page.map(|wanted| All::<N::Entity> { page: Arc::clone(&page), wanted, cause: cause.clone() });
    let of_total = selected.total.then_some(AllCount::<N::Entity> { filter, cause, entity: PhantomData });
    let (rows, total) = futures_util::try_join!(context.load_if(of_page), context.load_if(of_total))?;
    Ok(Connection { cursors, page, rows, total })
}

/// The children of the parent with this key, as the connection of its field `list`.
pub async fn children<R, E>(
    context: &Context<'_>,
    list: &str,
    parent: i64,
    args: ListArgs<E::Node>,
) -> Result<Connection<E>>
where
    R: Relation<Node = <E::Node as Node>::Entity, Link = E::Link>,
    E: Edge,
{
    let plan = context.once(|| Plan::<E::Node, E::Link>::of(context, list, args));
    let Plan { page, cursors, selected } = plan.as_ref().as_ref().map_err(Error::clone)?;
    let (cause, filter) = (context.cause(), Arc::clone(&page.filter));
    let of_page = selected.page.clone().map(|wanted| {
        let page = Arc::clone(page);
        Children::<R> { parent, page, wanted, cause: cause.clone() }
    });
    let of_total = selected.total.then_some(ChildCount::<R> { parent, filter, cause, relation: PhantomData });
    let (rows, total) = futures_util::try_join!(context.load_if(of_page), context.load_if(of_total))?;
    Ok(Connection { cursors: Arc::clone(cursors), page: Arc::clone(page), rows, total })
}

/// An edge of a connection: an item, and what it shows besides its cursor and its node.
pub trait Edge: OutputType + From<Item<Self::Node, Self::Link>> {
    /// What the connection lists.
    type Node: Node;
    /// The table that ties it to its parent: the node's own, or a join table.
    type Link: EntityTrait<ActiveModel: Send + Sync>;
}

/// An item of a page.
pub struct Item<N: Node, L: EntityTrait> {
    rows: Arc<Rows<N::Entity, L>>,
    index: usize,
    cursors: Arc<Cursors>,
}

impl<N: Node, L: EntityTrait> Item<N, L> {
    fn row(&self) -> &Row<N::Entity, L> {
        &self.rows.rows[self.index]
    }

    /// The item's place in its list.
    pub fn cursor(&self) -> Result<String> {
        cursor::<N, L>(&self.cursors, self.row())
    }

    /// The item itself.
    pub fn node(&self) -> N {
        Arc::clone(&self.row().node).into()
    }

    /// The join table's row that ties it to its parent.
    pub fn link(&self) -> &L::ActiveModel {
        &self.row().link
    }
}

fn cursor<N: Node, L: EntityTrait>(cursors: &Cursors, row: &Row<N::Entity, L>) -> Result<String> {
    let place = row.place.as_ref().ok_or_else(|| Error::broken("a cursor was not looked ahead"))?;
    let key = key_of::<N::Entity>(&row.node)?.parts();
    let place: Vec<_> = place.iter().cloned().chain(key.into_iter().map(Value::from)).collect();
    cursors.encode(&place).ok_or_else(|| Error::broken(format!("no cursor can hold {place:?}")))
}

/// One item of a list, with its place in it.
pub struct NodeEdge<N: Node>(Item<N, N::Entity>);

impl<N: Node> TypeName for NodeEdge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::TYPE).into()
    }
}

impl<N: Node> From<Item<N, N::Entity>> for NodeEdge<N> {
    fn from(item: Item<N, N::Entity>) -> Self {
        Self(item)
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
    async fn node(&self) -> N {
        self.0.node()
    }
}

/// The rows that a connection's edges are made of.
type RowsOf<E> = Arc<Rows<<<E as Edge>::Node as Node>::Entity, <E as Edge>::Link>>;

/// A page of a list.
pub struct Connection<E: Edge> {
    cursors: Arc<Cursors>,
    page: Arc<Page>,
    /// `None` if nothing of the page is selected.
    rows: Option<RowsOf<E>>,
    /// `None` if it is not selected.
    total: Option<i64>,
}

impl<E: Edge> TypeName for Connection<E> {
    fn type_name() -> Cow<'static, str> {
        let edge = E::type_name();
        format!("{}Connection", edge.strip_suffix("Edge").unwrap_or(&edge)).into()
    }
}

impl<E: Edge> Connection<E> {
    fn rows(&self) -> Result<&RowsOf<E>> {
        self.rows.as_ref().ok_or_else(|| Error::broken("a page was not looked ahead"))
    }
}

/// One page of a list. `edges` and `nodes` hold the same items in the same order.
#[Object(name_type)]
impl<E: Edge> Connection<E> {
    /// The page's items, each with its cursor.
    async fn edges(&self) -> Result<Vec<E>> {
        let rows = self.rows()?;
        let item = |index| Item { rows: Arc::clone(rows), index, cursors: Arc::clone(&self.cursors) };
        Ok((0..rows.rows.len()).map(|index| item(index).into()).collect())
    }

    /// The page's items, without their cursors.
    async fn nodes(&self) -> Result<Vec<E::Node>> {
        Ok(self.rows()?.rows.iter().map(|row| Arc::clone(&row.node).into()).collect())
    }

    /// How to go on from this page.
    async fn page_info(&self) -> Result<PageInfo> {
        let Rows { rows, more } = &**self.rows()?;
        let cursor = |row| cursor::<E::Node, E::Link>(&self.cursors, row);
        Ok(PageInfo {
            has_next_page: if self.page.backwards { self.page.before.is_some() } else { *more },
            has_previous_page: if self.page.backwards { *more } else { self.page.after.is_some() },
            start_cursor: rows.first().map(cursor),
            end_cursor: rows.last().map(cursor),
        })
    }

    /// The number of items in the whole list that the filter leaves, whatever the page.
    async fn total_count(&self) -> Result<i32> {
        let total = self.total.ok_or_else(|| Error::broken("a count was not looked ahead"))?;
        // GraphQL's Int has 32 bits; a list that is longer than that is at least that long.
        Ok(i32::try_from(total).unwrap_or(i32::MAX))
    }
}

/// How to go on from a page of a list, in either direction.
pub struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Nullable<String>,
    end_cursor: Nullable<String>,
}

/// How to go on from a page of a list, in either direction.
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
