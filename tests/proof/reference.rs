//! The reference: a naive interpreter of queries over rows in memory, with no SQL.

mod filter;
mod list;

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use serde_json::json;

use self::list::Page;
use super::{
    data::{Data, Item},
    json::Json,
    query::{Field, Inline, Selection, Value, given},
    schema::{QUERY, Schema, named},
    world::Row,
};

pub struct Reference<'a> {
    pub schema: &'a Schema,
    pub data: &'a Data,
    pub met: RefCell<Met>,
}

/// What a query met in the data.
#[derive(Default)]
pub struct Met {
    /// The positions of the fields that were executed for some parent.
    pub fields: BTreeSet<usize>,
    /// A parent with children on its page.
    pub children: bool,
    /// A filter that left some of a list, and not all.
    pub filter: bool,
    /// A cursor that cut something off.
    pub cursor: bool,
}

/// What has fields.
#[derive(Clone)]
enum Object<'a> {
    Root,
    Row(&'a Row),
    Connection(Rc<Page<'a>>),
    Edge(Rc<Page<'a>>, Item<'a>),
    PageInfo(Rc<Page<'a>>),
}

/// What a field has.
enum Resolved<'a> {
    Leaf(Json),
    Object(Object<'a>),
    List(Vec<Option<Object<'a>>>),
}

impl<'a> Reference<'a> {
    pub fn new(schema: &'a Schema, data: &'a Data) -> Self {
        Self { schema, data, met: RefCell::default() }
    }

    /// The answer's data.
    pub fn answer(&self, selections: &[Selection]) -> Json {
        self.object(&Object::Root, QUERY, &[selections])
    }

    /// The specification's CollectFields and ExecuteSelectionSet.
    fn object(&self, object: &Object<'a>, ty: &str, selections: &[&[Selection]]) -> Json {
        let mut groups: Vec<(&str, Vec<&Field>)> = Vec::new();
        selections.iter().for_each(|selections| self.collect(ty, selections, &mut groups));
        let field = |(key, fields): (&str, Vec<&Field>)| (key.to_owned(), self.field(object, ty, &fields));
        Json::Object(groups.into_iter().map(field).collect())
    }

    fn collect<'q>(&self, ty: &str, selections: &'q [Selection], groups: &mut Vec<(&'q str, Vec<&'q Field>)>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => match groups.iter_mut().find(|(key, _)| *key == field.key()) {
                    Some((_, fields)) => fields.push(field),
                    None => groups.push((field.key(), vec![field])),
                },
                Selection::Inline(Inline { on, selections, .. }) => {
                    if on.as_deref().is_none_or(|on| on == ty || self.schema.interfaces(ty).contains(&on)) {
                        self.collect(ty, selections, groups);
                    }
                }
                Selection::Spread(..) => panic!("the query is not expanded"),
            }
        }
    }

    fn field(&self, object: &Object<'a>, ty: &str, fields: &[&Field]) -> Json {
        self.met.borrow_mut().fields.extend(fields.iter().map(|field| field.position));
        let field = fields[0];
        if field.name == "__typename" {
            return Json::Scalar(json!(ty));
        }
        let selections: Vec<_> = fields.iter().map(|field| &*field.selections).collect();
        let complete = |object: &Object<'a>| {
            let ty = if let Object::Row(row) = object { row.ty } else { &field.ty };
            self.object(object, ty, &selections)
        };
        match self.resolve(object, field) {
            Resolved::Leaf(json) => json,
            Resolved::Object(object) => complete(&object),
            Resolved::List(objects) => {
                Json::List(objects.iter().map(|object| object.as_ref().map_or(Json::Null, complete)).collect())
            }
        }
    }

    fn resolve(&self, object: &Object<'a>, field: &Field) -> Resolved<'a> {
        match object {
            Object::Root => self.root(field),
            Object::Row(row) => self.row(row, field),
            Object::Connection(page) => match &*field.name {
                "edges" => Resolved::List(page.items.iter().map(|it| Some(Object::Edge(page.clone(), *it))).collect()),
                "nodes" => Resolved::List(page.items.iter().map(|it| Some(Object::Row(it.row))).collect()),
                "pageInfo" => Resolved::Object(Object::PageInfo(page.clone())),
                "totalCount" => Resolved::Leaf(Json::Scalar(json!(page.total))),
                other => panic!("the reference knows no {other} of a connection"),
            },
            Object::Edge(page, item) => match &*field.name {
                "cursor" => Resolved::Leaf(page.cursor(Some(item))),
                "node" => Resolved::Object(Object::Row(item.row)),
                other => Resolved::Leaf(Json::Scalar(item.link.unwrap().columns[other].to_json())),
            },
            Object::PageInfo(page) => Resolved::Leaf(match &*field.name {
                "hasNextPage" => Json::Scalar(json!(page.has_next)),
                "hasPreviousPage" => Json::Scalar(json!(page.has_previous)),
                "startCursor" => page.cursor(page.items.first()),
                "endCursor" => page.cursor(page.items.last()),
                other => panic!("the reference knows no {other} of a page"),
            }),
        }
    }

    fn root(&self, field: &Field) -> Resolved<'a> {
        if self.schema.is_connection(&field.ty) {
            return Resolved::Object(Object::Connection(Rc::new(self.page(None, field))));
        }
        if let Some(ids) = field.argument("ids") {
            return Resolved::List(ids.items().iter().map(|id| self.by_id(id).map(Object::Row)).collect());
        }
        let row = match field.argument("id") {
            Some(id) if self.schema.is_interface(&field.ty) => self.by_id(id),
            Some(id) => self.data.find(&field.ty, &id.text()),
            // By the ids of what a join table's row leads to.
            None => self.data.all(&field.ty).iter().find(|row| {
                let leads = |(column, id): (&str, &Value)| {
                    let relation = self.data.told_by(row.ty, column).unwrap();
                    let row = self.data.one(row, relation.name).unwrap();
                    row.map(Row::id) == self.data.find(relation.to, &id.text()).map(Row::id)
                };
                given(&field.arguments).all(leads)
            }),
        };
        found(row)
    }

    fn by_id(&self, id: &Value) -> Option<&'a Row> {
        self.data.find_any(&id.text())
    }

    fn row(&self, row: &'a Row, field: &Field) -> Resolved<'a> {
        if field.name == "id" {
            return Resolved::Leaf(Json::Scalar(json!(row.id())));
        }
        if let Some(scalar) = row.columns.get(&*field.name) {
            return Resolved::Leaf(Json::Scalar(scalar.to_json()));
        }
        if let Some(items) = field.name.strip_suffix("Count").and_then(|list| self.data.children(row, list)) {
            let holds = |item: &&Item<'_>| {
                field.argument("filter").is_none_or(|filter| filter::holds(self.data, item.row, filter))
            };
            return Resolved::Leaf(Json::Scalar(json!(items.iter().filter(holds).count())));
        }
        if let Some(row) = self.data.one(row, &field.name) {
            return found(row);
        }
        Resolved::Object(Object::Connection(Rc::new(self.page(Some(row), field))))
    }

    /// The type of a connection's items.
    fn node_type(&self, connection: &str) -> &'a str {
        named(&self.schema.field(connection, "nodes").unwrap().ty.node)
    }
}

fn found(row: Option<&Row>) -> Resolved<'_> {
    row.map_or(Resolved::Leaf(Json::Null), |row| Resolved::Object(Object::Row(row)))
}
