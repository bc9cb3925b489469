//! Looking ahead: which columns and which parts of a connection the fields below are answered from. What is not
//! selected is not read.

use async_graphql::Lookahead;
use sea_orm::{EntityTrait, IdenStatic};

use super::{
    node::{Node, Resolver, is_camel_case, resolver},
    part::part,
};
use crate::loaders::{Columns, Hop, Wanted};

/// The columns that the fields of a node are answered from, and its key's.
pub fn columns<N: Node>(ahead: &Lookahead<'_>) -> Columns<N::Entity> {
    let mut columns = Vec::new();
    fields(ahead).into_iter().for_each(|field| add_columns::<N>(field, &mut columns));
    Columns::with_key(|column: <N::Entity as EntityTrait>::Column| columns.contains(&column.as_str()))
}

/// Whether nothing more is loaded to answer the fields of a node.
pub fn is_leaf<N: Node>(ahead: &Lookahead<'_>) -> bool {
    fields(ahead).into_iter().all(|field| field == "__typename" || part::<N>(field).is_some())
}

/// What a connection has to load.
pub struct Selected<N: Node, L: EntityTrait> {
    /// What of the page; `None` if nothing of it is selected.
    pub page: Option<Wanted<N::Entity, L>>,
    /// Whether the total is selected.
    pub total: bool,
    /// Whether this is all that is loaded to answer the connection: one statement.
    pub is_leaf: bool,
}

impl<N: Node, L: EntityTrait> Selected<N, L> {
    /// What is selected of a connection.
    pub fn of(connection: &Lookahead<'_>) -> Self {
        let [edges, nodes, info] = ["edges", "nodes", "pageInfo"].map(|field| connection.field(field));
        let of_edges = fields(&edges);
        let of_link: Vec<_> =
            of_edges.iter().filter(|field| !["cursor", "node", "__typename"].contains(field)).collect();
        let cursors =
            of_edges.contains(&"cursor") || ["startCursor", "endCursor"].iter().any(|it| info.field(it).exists());
        let page = (edges.exists() || nodes.exists() || info.exists()).then(|| Wanted {
            node: Columns::union([&columns::<N>(&nodes), &columns::<N>(&edges.field("node"))]),
            link: Columns::wanted(|column: L::Column| {
                of_link.iter().any(|field| is_camel_case(field, column.as_str()))
            }),
            place: cursors,
        });
        let total = connection.field("totalCount").exists();
        let node = edges.field("node");
        let is_leaf = is_leaf::<N>(&nodes) && is_leaf::<N>(&node) && of_link.is_empty() && page.is_some() != total;
        Self { page, total, is_leaf }
    }
}

/// The names of the fields that are selected below, whatever fragments they stand in.
fn fields<'a>(ahead: &Lookahead<'a>) -> Vec<&'a str> {
    let fields = ahead.selection_fields().into_iter();
    fields.flat_map(|field| field.selection_set().map(|field| field.name()).collect::<Vec<_>>()).collect()
}

/// Adds the names of the columns that a field of a node is answered from, besides the key's.
fn add_columns<N: Node>(field: &str, columns: &mut Vec<&'static str>) {
    match resolver::<N>(field) {
        Some(Resolver::Column(shown)) => columns.push(shown.column.as_str()),
        Some(Resolver::Parent(find, _)) => columns.extend(find.find().into_iter().flat_map(Hop::from)),
        Some(Resolver::Id | Resolver::List(..) | Resolver::Count(..)) | None => {}
    }
}
