//! Connections, written the fast way: all those that a field of the text leads to, one behind the other.

use async_graphql::{
    OutputType, Positioned, ServerResult, TypeName, Value,
    indexmap::IndexMap,
    parser::types::{Field, SelectionSet},
};
use futures_util::future::try_join_all;

use super::{
    column::Shown,
    connection::{Connection, Edge, PAGE_INFO},
    executor::{Answers, Below, Contexts, Level, Writer, selected},
    json::{write_name, write_separator, write_text, write_value},
    one::Many,
};
use crate::{
    error::{Error, Result},
    loaders::Picked,
};

/// The connections that a field of the text leads to.
struct Pages<'a, E: Edge> {
    connections: &'a [Connection<E>],
    /// The nodes of all pages; `None` if nothing of a page is selected.
    nodes: Option<Many<E::Node>>,
    /// Of each page, how many nodes there are up to its end.
    ends: Vec<usize>,
    contexts: &'a dyn Contexts,
}

/// A field of a connection, and what had to be loaded for it.
enum Part<'a, E: Edge> {
    TypeName,
    Nodes(Nodes<'a, E>),
    Edges(Vec<(&'a Positioned<Field>, EdgePart<'a, E>)>),
    Info(Vec<(&'a Positioned<Field>, InfoPart)>),
    Total,
}

/// A field of an edge.
enum EdgePart<'a, E: Edge> {
    TypeName,
    Cursor,
    /// A column of the join table's row: where it is there.
    Link(Shown<usize>),
    Node(Nodes<'a, E>),
}

/// The nodes of all pages, as a field of the text selects them.
type Nodes<'a, E> = Level<'a, Many<<E as Edge>::Node>, Below<'a>>;

/// A field of a page's info.
enum InfoPart {
    TypeName,
    HasNext,
    HasPrevious,
    Start,
    End,
}

/// The answers of connections to what is selected of them.
pub async fn write<E: Edge>(
    connections: &[Connection<E>],
    set: &SelectionSet,
    contexts: &dyn Contexts,
) -> ServerResult<Answers> {
    let fields = selected(set, &<Connection<E> as TypeName>::type_name());
    let Some(last) = fields.last() else {
        // All that was selected is skipped.
        return Ok(vec![Value::Object(IndexMap::new()); connections.len()].into());
    };
    let pages = Pages::of(connections, contexts).map_err(|error| contexts.fail(0, last, error))?;
    let parts = try_join_all(fields.iter().map(|field| pages.part(field))).await?;
    let mut writer = Writer::of(contexts.running());
    for index in 0..connections.len() {
        writer.json.push(b'{');
        let written = fields.iter().zip(&parts).enumerate().try_for_each(|(number, (field, part))| {
            write_name(number, &field.node.response_key().node, &mut writer.json);
            pages.write(index, field, part, &mut writer)
        });
        writer.json.push(b'}');
        let written = written.and_then(|()| writer.step().map_err(|error| contexts.fail(index, last, error)));
        writer.end(written)?;
    }
    writer.finish().map_err(|error| contexts.fail(connections.len().saturating_sub(1), last, error))
}

impl<'a, E: Edge> Pages<'a, E> {
    fn of(connections: &'a [Connection<E>], contexts: &'a dyn Contexts) -> Result<Self> {
        let pages: Vec<_> = connections.iter().filter_map(|connection| connection.rows().ok()).collect();
        let ends = pages.iter().scan(0, |end, rows| {
            *end += rows.len();
            Some(*end)
        });
        let ends = ends.collect();
        let nodes = if pages.is_empty() { None } else { Some(Many::of(Picked::of_pages(&pages)?)) };
        Ok(Self { connections, nodes, ends, contexts })
    }

    fn nodes(&self) -> Result<&Many<E::Node>> {
        self.nodes.as_ref().ok_or_else(|| Error::broken("a page was not looked ahead"))
    }

    /// The contexts of the items of the list that this field of the connections is.
    fn items<'b>(&'b self, field: &'b Positioned<Field>) -> Below<'b> {
        Below::items(self.contexts, field, &self.ends)
    }

    async fn part<'b>(&'b self, field: &'b Positioned<Field>) -> ServerResult<Part<'b, E>> {
        let set = &field.node.selection_set.node;
        let failed = |error| self.contexts.fail(0, field, error);
        Ok(match &*field.node.name.node {
            "nodes" => Part::Nodes(Level::of(self.nodes().map_err(failed)?, set, self.items(field)).await?),
            "edges" => {
                let fields = selected(set, &<E as OutputType>::type_name());
                let parts = try_join_all(fields.iter().map(|of_edge| self.edge_part(field, of_edge))).await?;
                Part::Edges(fields.into_iter().zip(parts).collect())
            }
            "pageInfo" => {
                let part = |field: &Positioned<Field>| match &*field.node.name.node {
                    "hasNextPage" => InfoPart::HasNext,
                    "hasPreviousPage" => InfoPart::HasPrevious,
                    "startCursor" => InfoPart::Start,
                    "endCursor" => InfoPart::End,
                    _ => InfoPart::TypeName,
                };
                Part::Info(selected(set, PAGE_INFO).into_iter().map(|field| (field, part(field))).collect())
            }
            "totalCount" => Part::Total,
            "__typename" => Part::TypeName,
            _ => return Err(failed(Error::broken("a connection has no such field"))),
        })
    }

    /// The part that `field` is of the edges that `edges` is of the connections.
    async fn edge_part<'b>(
        &'b self,
        edges: &'b Positioned<Field>,
        field: &'b Positioned<Field>,
    ) -> ServerResult<EdgePart<'b, E>> {
        let failed = |error| self.contexts.fail(0, edges, error);
        Ok(match &*field.node.name.node {
            "__typename" => EdgePart::TypeName,
            "cursor" => EdgePart::Cursor,
            "node" => {
                let nodes = self.nodes().map_err(failed)?;
                let contexts = self.items(edges).of_each(field);
                EdgePart::Node(Level::of(nodes, &field.node.selection_set.node, contexts).await?)
            }
            name => {
                let position = || {
                    let shown = E::column(name).ok_or_else(|| Error::broken("a field of an edge is no column"))?;
                    let connection = self.connections.first().ok_or_else(|| Error::broken("no connection"))?;
                    let rows = connection.rows()?;
                    shown.at(|column| rows.link_position(column))
                };
                EdgePart::Link(position().map_err(failed)?)
            }
        })
    }

    /// Writes a field of the connection of this index.
    fn write(
        &self,
        index: usize,
        field: &Positioned<Field>,
        part: &Part<'_, E>,
        writer: &mut Writer<'_>,
    ) -> ServerResult<()> {
        let connection = &self.connections[index];
        let failed = |error| self.contexts.fail(index, field, error);
        match part {
            Part::TypeName => write_text(&<Connection<E> as TypeName>::type_name(), &mut writer.json),
            Part::Total => write_value(&connection.total().map_err(failed)?.into(), &mut writer.json),
            Part::Info(fields) => self.write_info(index, field, fields, &mut writer.json).map_err(failed)?,
            Part::Nodes(nodes) => self.write_list(index, writer, |number, _, writer| nodes.write(number, writer))?,
            Part::Edges(fields) => {
                let edges = self.items(field);
                self.write_list(index, writer, |number, item, writer| {
                    self.write_edge(connection, number, item, fields, &edges, writer)?;
                    writer.step().map_err(failed)
                })?;
            }
        }
        Ok(())
    }

    /// Writes the items of a page, each by `write`, which is given its number among all nodes and in the page.
    fn write_list<'w>(
        &self,
        index: usize,
        writer: &mut Writer<'w>,
        mut write: impl FnMut(usize, usize, &mut Writer<'w>) -> ServerResult<()>,
    ) -> ServerResult<()> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        writer.json.push(b'[');
        for (item, number) in (start..self.ends[index]).enumerate() {
            write_separator(item, &mut writer.json);
            write(number, item, writer)?;
            if number == 0 {
                writer.make_room(self.ends.last().copied().unwrap_or_default());
            }
        }
        writer.json.push(b']');
        Ok(())
    }

    fn write_edge(
        &self,
        connection: &Connection<E>,
        number: usize,
        item: usize,
        fields: &[(&Positioned<Field>, EdgePart<'_, E>)],
        edges: &dyn Contexts,
        writer: &mut Writer<'_>,
    ) -> ServerResult<()> {
        writer.json.push(b'{');
        for (index, (field, part)) in fields.iter().enumerate() {
            write_name(index, &field.node.response_key().node, &mut writer.json);
            let failed = |error| edges.fail(number, field, error);
            match part {
                EdgePart::TypeName => write_text(&<E as OutputType>::type_name(), &mut writer.json),
                EdgePart::Cursor => connection.write_cursor(item, &mut writer.json).map_err(failed)?,
                EdgePart::Link(shown) => {
                    let cell = connection.rows().and_then(|rows| rows.link_cell(item, shown.column));
                    let start = writer.json.len();
                    if let Err(error) = cell.and_then(|cell| shown.write(cell, &mut writer.json)).map_err(failed) {
                        if !E::column(&field.node.name.node).is_some_and(|shown| shown.may_be_null()) {
                            return Err(error);
                        }
                        writer.retract(start);
                        edges.add_error(number, error)?;
                    }
                }
                EdgePart::Node(nodes) => nodes.write(number, writer)?,
            }
        }
        writer.json.push(b'}');
        Ok(())
    }

    fn write_info(
        &self,
        index: usize,
        info: &Positioned<Field>,
        fields: &[(&Positioned<Field>, InfoPart)],
        json: &mut Vec<u8>,
    ) -> Result<()> {
        let connection = &self.connections[index];
        let infos: &dyn Contexts = &Below::objects(self.contexts, info);
        let last = connection.rows()?.len().checked_sub(1);
        let cursor = |field: &Positioned<Field>, item: Option<usize>, json: &mut Vec<u8>| {
            let written = item.map(|item| connection.write_cursor(item, json));
            if let Some(Err(error)) = written.clone() {
                // It is nullable: its error is its own.
                infos.with(index, field, |context| context.add_error(error.of_field(context)));
            }
            if !matches!(written, Some(Ok(()))) {
                json.extend_from_slice(b"null");
            }
        };
        json.push(b'{');
        for (number, (field, part)) in fields.iter().enumerate() {
            write_name(number, &field.node.response_key().node, json);
            match part {
                InfoPart::TypeName => write_text(PAGE_INFO, json),
                InfoPart::HasNext => write_value(&connection.has_next()?.into(), json),
                InfoPart::HasPrevious => write_value(&connection.has_previous()?.into(), json),
                InfoPart::Start => cursor(field, last.map(|_| 0), json),
                InfoPart::End => cursor(field, last, json),
            }
        }
        json.push(b'}');
        Ok(())
    }
}
