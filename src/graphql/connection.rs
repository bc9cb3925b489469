//! Paging as the Relay Cursor Connections specification has it (<https://relay.dev/graphql/connections.htm>): the
//! arguments, the cursors, and the connection that every list of the API answers with.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName, dataloader::Loader};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{ContextExt, node::Node};
use crate::{
    config::PageSize,
    error::{Error, Result},
    loaders::{All, AllCount, ChildCount, Children, Key, ModelOf, Page, Relation, Row, Rows, Session, Table},
};

/// The paging arguments of a list, as the client gave them.
pub struct PageArgs {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl PageArgs {
    /// The page that they ask for of the list named `list`, whose rows are placed by keys of `parts` parts.
    fn page(self, sizes: PageSize, list: &str, parts: usize) -> Result<Page> {
        let size = |argument, value: i32| match u64::try_from(value) {
            Ok(size) if size <= sizes.max => Ok(size),
            _ => Err(Error::bad_argument(argument, format!("is {value}; allowed are 0 to {}", sizes.max))),
        };
        let (size, backwards) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::bad_argument("last", "is given together with `first`; give one of them"));
            }
            (Some(first), None) => (size("first", first)?, false),
            (None, Some(last)) => (size("last", last)?, true),
            (None, None) => (sizes.default, false),
        };
        let place = |argument, cursor: Option<String>| {
            cursor
                .map(|cursor| decode_cursor(&cursor, list, parts).ok_or_else(|| bad_cursor(argument, list)))
                .transpose()
        };
        Ok(Page { size, backwards, after: place("after", self.after)?, before: place("before", self.before)? })
    }
}

/// The version of the cursors' form. A cursor is opaque to clients and does not outlive a change of it.
const CURSOR_VERSION: &str = "1";

/// The cursor of the row with this key in the list named `list`, such as `User.posts`.
fn encode_cursor(list: &str, key: &[i64]) -> String {
    let key: Vec<_> = key.iter().map(i64::to_string).collect();
    BASE64_URL_SAFE_NO_PAD.encode(format!("{CURSOR_VERSION}:{list}:{}", key.join(":")))
}

/// The key in a cursor, if [`encode_cursor`] made it for this list.
fn decode_cursor(cursor: &str, list: &str, parts: usize) -> Option<Vec<i64>> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let key = text.strip_prefix(CURSOR_VERSION)?.strip_prefix(':')?.strip_prefix(list)?.strip_prefix(':')?;
    let key: Vec<i64> = key.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    // Only the very text that we write: nothing is gained by a second spelling of a place.
    (key.len() == parts && encode_cursor(list, &key) == cursor).then_some(key)
}

fn bad_cursor(argument: &str, list: &str) -> Error {
    Error::bad_argument(argument, format!("is not a cursor of `{list}`; give a `cursor` that this list returned"))
}

/// Whether the page and the totals of a connection are selected: what is not selected costs no statement.
struct Selected {
    page: bool,
    total: bool,
}

impl Selected {
    fn of(context: &Context<'_>) -> Self {
        let ahead = context.look_ahead();
        let selected = |field| ahead.field(field).exists();
        Self { page: selected("edges") || selected("nodes") || selected("pageInfo"), total: selected("totalCount") }
    }
}

/// All rows of an entity, as the connection of the root field `list`.
pub async fn all<N: Node>(
    context: &Context<'_>,
    list: &'static str,
    args: PageArgs,
) -> Result<Connection<NodeEdge<N>>> {
    let page = args.page(context.page_size(), list, <N::Entity as Table>::Key::PARTS)?;
    connection(context, list, All::<N::Entity>::new(page.clone()), AllCount::<N::Entity>::default(), page).await
}

/// The children of a parent, as the connection of its field `list`.
pub async fn children<R, E>(
    context: &Context<'_>,
    list: &'static str,
    parent: i64,
    args: PageArgs,
) -> Result<Connection<E>>
where
    R: Relation,
    E: Edge<Row = R::Row>,
{
    let page = args.page(context.page_size(), list, i64::PARTS)?;
    connection(context, list, Children::<R>::new(parent, page.clone()), ChildCount::<R>::new(parent), page).await
}

/// Loads what is selected of a connection, its page and its total side by side.
async fn connection<E, P, C>(
    context: &Context<'_>,
    list: &'static str,
    page_key: P,
    count_key: C,
    page: Page,
) -> Result<Connection<E>>
where
    E: Edge,
    P: Send + Sync + Clone + std::hash::Hash + Eq + 'static,
    C: Send + Sync + Clone + std::hash::Hash + Eq + 'static,
    Session: Loader<P, Value = Arc<Rows<E::Row>>, Error = Error> + Loader<C, Value = i64, Error = Error>,
{
    let selected = Selected::of(context);
    let rows = async { if selected.page { context.load(page_key).await } else { Ok(None) } };
    let total = async { if selected.total { context.load(count_key).await } else { Ok(None) } };
    let (rows, total) = futures_util::try_join!(rows, total)?;
    Ok(Connection { list, page, rows, total })
}

/// An edge of a connection: what it is made of, and what it shows besides `cursor` and `node`.
pub trait Edge: OutputType {
    /// The row behind the edge.
    type Row: Row;
    /// What the connection lists.
    type Node: OutputType;
    /// The node of a row.
    fn node(row: &Self::Row) -> Self::Node;
    /// The edge of a row, with its cursor and node.
    fn new(cursor: String, node: Self::Node, row: &Self::Row) -> Self;
}

/// One item of a list, with its place in it.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub struct NodeEdge<N: Node> {
    /// The item's place in this list, for `after` and `before`. Opaque.
    cursor: String,
    /// The item.
    node: N,
}

impl<N: Node> TypeName for NodeEdge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::TYPE).into()
    }
}

impl<N: Node> Edge for NodeEdge<N> {
    type Row = Arc<ModelOf<N::Entity>>;
    type Node = N;

    fn node(row: &Self::Row) -> N {
        Arc::clone(row).into()
    }

    fn new(cursor: String, node: N, _: &Self::Row) -> Self {
        Self { cursor, node }
    }
}

/// A page of a list.
pub struct Connection<E: Edge> {
    list: &'static str,
    page: Page,
    /// `None` if nothing of the page is selected.
    rows: Option<Arc<Rows<E::Row>>>,
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
    fn rows(&self) -> Result<&Rows<E::Row>> {
        self.rows.as_deref().ok_or_else(|| Error::broken(format!("a page of {} was not looked ahead", self.list)))
    }

    fn cursor(&self, row: &E::Row) -> String {
        encode_cursor(self.list, &row.key())
    }
}

/// One page of a list. `edges` and `nodes` hold the same items in the same order.
#[Object(name_type)]
impl<E: Edge> Connection<E> {
    /// The page's items, each with its cursor.
    async fn edges(&self) -> Result<Vec<E>> {
        let edge = |row| E::new(self.cursor(row), E::node(row), row);
        Ok(self.rows()?.rows.iter().map(edge).collect())
    }

    /// The page's items, without their cursors.
    async fn nodes(&self) -> Result<Vec<E::Node>> {
        Ok(self.rows()?.rows.iter().map(E::node).collect())
    }

    /// How to go on from this page.
    async fn page_info(&self) -> Result<PageInfo> {
        let Rows { rows, more } = self.rows()?;
        Ok(PageInfo {
            has_next_page: if self.page.backwards { self.page.before.is_some() } else { *more },
            has_previous_page: if self.page.backwards { *more } else { self.page.after.is_some() },
            start_cursor: rows.first().map(|row| self.cursor(row)),
            end_cursor: rows.last().map(|row| self.cursor(row)),
        })
    }

    /// The number of items in the whole list, whatever the page.
    async fn total_count(&self) -> Result<i32> {
        let total =
            self.total.ok_or_else(|| Error::broken(format!("a count of {} was not looked ahead", self.list)))?;
        // GraphQL's Int has 32 bits; a list that is longer than that is at least that long.
        Ok(i32::try_from(total).unwrap_or(i32::MAX))
    }
}

/// How to go on from a page of a list, in either direction.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether there are items behind this page. Paging backwards: whether `before` was given.
    has_next_page: bool,
    /// Whether there are items before this page. Paging forwards: whether `after` was given.
    has_previous_page: bool,
    /// The first item's cursor; `null` if the page is empty.
    start_cursor: Option<String>,
    /// The last item's cursor; `null` if the page is empty.
    end_cursor: Option<String>,
}
