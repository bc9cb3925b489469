//! Looking ahead: which columns and which parts of a connection the fields below are answered from. What is not
//! selected is not read.

use std::collections::HashSet;

use async_graphql::Lookahead;
use heck::ToSnakeCase;
use sea_orm::{EntityTrait, IdenStatic};

use super::node::Node;
use crate::loaders::{Columns, Wanted};

/// The columns that the fields of a node are answered from, and its key's.
pub fn columns<N: Node>(ahead: &Lookahead<'_>) -> Columns<N::Entity> {
    let fields = fields(ahead);
    let more: Vec<_> = fields.iter().flat_map(|field| N::more_columns(field)).map(IdenStatic::as_str).collect();
    Columns::with_key(|column: <N::Entity as EntityTrait>::Column| {
        answers_any(column, &fields) || more.contains(&column.as_str())
    })
}

/// What a connection has to load.
pub struct Selected<N: Node, L: EntityTrait> {
    /// What of the page; `None` if nothing of it is selected.
    pub page: Option<Wanted<N::Entity, L>>,
    /// Whether the total is selected.
    pub total: bool,
}

impl<N: Node, L: EntityTrait> Selected<N, L> {
    /// What is selected of a connection.
    pub fn of(connection: &Lookahead<'_>) -> Self {
        let [edges, nodes, info] = ["edges", "nodes", "pageInfo"].map(|field| connection.field(field));
        let of_edges = fields(&edges);
        let of_link: HashSet<_> = &of_edges - &HashSet::from(["cursor", "node"]);
        let cursors =
            of_edges.contains("cursor") || ["startCursor", "endCursor"].iter().any(|it| info.field(it).exists());
        let page = (edges.exists() || nodes.exists() || info.exists()).then(|| Wanted {
            node: Columns::union([&columns::<N>(&nodes), &columns::<N>(&edges.field("node"))]),
            link: Columns::wanted(|column| answers_any(column, &of_link)),
            place: cursors,
        });
        Self { page, total: connection.field("totalCount").exists() }
    }
}

/// The names of the fields that are selected below, whatever fragments they stand in.
fn fields<'a>(ahead: &Lookahead<'a>) -> HashSet<&'a str> {
    let fields = ahead.selection_fields().into_iter();
    fields.flat_map(|field| field.selection_set().map(|field| field.name()).collect::<Vec<_>>()).collect()
}

/// Whether one of the fields is answered from the column: `createdAt` from `created_at`, `owner` from `owner_id`.
fn answers_any(column: impl IdenStatic, fields: &HashSet<&str>) -> bool {
    let column = column.as_str();
    fields.iter().any(|field| {
        let field = field.to_snake_case();
        column == field || column.strip_suffix("_id") == Some(&field)
    })
}
