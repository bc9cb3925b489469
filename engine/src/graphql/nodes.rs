//! The nodes of a program, and the root fields that every one of them has: `post(id:)` and `posts(…)`; and `node` and `nodes`, which
//! look up any of them.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    marker::PhantomData,
};

use anyhow::{Result as Checked, ensure};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaType, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use heck::ToLowerCamelCase;
use sea_orm::IdenStatic;

use super::{
    check,
    children::{argument, argument_of, arguments, arguments_of},
    connection::{self, Connection, NodeEdge},
    executor::{Here, is_fast},
    node::{Node, Parent, Source, example_key, in_words, look_up_name, names_no_type, type_of},
    one::{self, INTERFACE, One},
    page,
};
use crate::{
    error::Nullable,
    loaders::{Key, Table, key_columns},
};

/// A node, whichever it is.
pub trait AnyNode: Send + Sync {
    /// The name of its type.
    fn type_name(&self) -> &'static str;

    /// The name of the root field that looks up one of its objects, and of that which lists all.
    fn roots(&self) -> [String; 2];

    /// These fields.
    fn declare(&self, registry: &mut Registry) -> [MetaField; 2];

    /// Checks that the engine can answer what the node declares.
    ///
    /// # Errors
    /// It cannot: one line that names the field, and says what is wrong.
    fn check(&self) -> Checked<()>;

    /// The names of the types that the schema has for the node.
    fn schema_types(&self) -> Vec<String>;

    /// The fields that are answered with nodes, and their types.
    fn refers(&self) -> Vec<(&'static str, &'static str)>;

    /// The answer of the field that looks up an object.
    fn look_up<'a>(&'a self, context: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>>;

    /// The answer of the field that lists all objects.
    fn list<'a>(&'a self, context: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>>;

    /// The answer of a field with the object that an id names, which `argument` holds.
    fn by_id<'a>(
        &'a self,
        context: &'a Context<'a>,
        id: &'a ID,
        argument: &'a str,
    ) -> BoxFuture<'a, ServerResult<Value>>;
}

/// The node of this type, for the list of a program's nodes.
pub const fn node<N: Node>() -> &'static dyn AnyNode {
    &Of::<N>(PhantomData)
}

struct Of<N>(PhantomData<fn() -> N>);

/// The answer of a nullable field with an object.
async fn resolve<N: Node>(context: &Context<'_>, object: Nullable<One<N>>) -> ServerResult<Value> {
    match object.transpose().map_err(|error| error.of_field(context))? {
        None => Ok(Value::Null),
        Some(object) => {
            object.resolve(&context.with_selection_set(&context.item.node.selection_set), context.item).await
        }
    }
}

/// The arguments of a look-up by a key whose parts are all keys of parents: of each part its argument's name, and the parent.
/// Other look-ups are by the id.
fn key_arguments<N: Node>() -> Option<Vec<(String, &'static dyn Parent)>> {
    if <N::Entity as Table>::Key::PARTS == 1 {
        return None;
    }
    key_columns::<N::Entity>()
        .map(|column| {
            let parent = N::FIELDS.iter().find_map(|field| match field.source {
                Source::Parent(_, hop, parent) => hop().ok().filter(|hop| hop.from == column.as_str()).map(|_| parent),
                _ => None,
            });
            Some((column.as_str().to_lower_camel_case(), parent?))
        })
        .collect()
}

/// The key that the arguments of a look-up name.
fn key_of<N: Node>(context: &Context<'_>) -> ServerResult<<N::Entity as Table>::Key> {
    let Some(arguments) = key_arguments::<N>() else {
        let id: ID = argument_of(context, "id")?;
        return N::key(&id, "id").map_err(|error| error.of_field(context));
    };
    let mut parts = Vec::with_capacity(arguments.len());
    for (name, parent) in &arguments {
        let id: ID = argument_of(context, name)?;
        parts.push(parent.key(&id, name).map_err(|error| error.of_field(context))?);
    }
    Key::read(|part| Ok(parts[part])).map_err(|error| error.of_field(context))
}

impl<N: Node> AnyNode for Of<N> {
    fn type_name(&self) -> &'static str {
        N::TYPE
    }

    fn roots(&self) -> [String; 2] {
        [look_up_name::<N>(), N::list_name()]
    }

    fn declare(&self, registry: &mut Registry) -> [MetaField; 2] {
        let [look_up_name, list_name] = self.roots();
        let one = One::<N>::create_type_info(registry);
        let mut look_up = MetaField::new(look_up_name, one.trim_end_matches('!'));
        let what = match key_arguments::<N>() {
            None => {
                let (example, ty) = (example_key::<N>(), N::TYPE);
                let description = format!("An id such as `{ty}:{example}`, or its bare key: `{example}`.");
                look_up.args.extend([argument::<ID>("id", &description, registry)]);
                "this id"
            }
            Some(arguments) => {
                look_up.args.extend(arguments.into_iter().map(|(name, parent)| {
                    let ty = parent.type_name();
                    let description =
                        format!("The id of the {}, such as `{ty}:500`, or its bare key: `500`.", in_words(ty));
                    argument::<ID>(&name, &description, registry)
                }));
                "this key"
            }
        };
        look_up.description = Some(format!("The {} with {what}; `null` if there is none.", in_words(N::TYPE)));
        let mut list = MetaField::new(list_name, Connection::<NodeEdge<N>>::create_type_info(registry));
        list.args = arguments::<N>(registry);
        list.description = Some(format!("All {}, ordered by id unless `orderBy` is given.", in_words(&N::list_name())));
        [look_up, list]
    }

    fn check(&self) -> Checked<()> {
        check::node::<N>()
    }

    fn schema_types(&self) -> Vec<String> {
        let ty = N::TYPE;
        let of_lists = ["", "Connection", "Edge", "Filter", "ListFilter", "Order", "OrderField"];
        let of_mutations = [("Create", "Payload"), ("Update", "Payload"), ("Delete", "Input"), ("Delete", "Payload")];
        let edges = N::FIELDS.iter().filter_map(|field| match field.source {
            Source::List(_, _, children) => children.edge_name(),
            _ => None,
        });
        let names = of_lists.iter().map(|end| format!("{ty}{end}"));
        names.chain(of_mutations.iter().map(|(start, end)| format!("{start}{ty}{end}"))).chain(edges).collect()
    }

    fn refers(&self) -> Vec<(&'static str, &'static str)> {
        let types = N::FIELDS.iter().flat_map(|field| match field.source {
            Source::Column(_) => Vec::new(),
            Source::Parent(name, _, parent) => vec![(name, parent.type_name())],
            Source::List(name, _, children) => children.type_names().into_iter().map(|ty| (name, ty)).collect(),
        });
        types.collect()
    }

    fn look_up<'a>(&'a self, context: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>> {
        async move { resolve::<N>(context, one::by_key(context, key_of::<N>(context)?).await).await }.boxed()
    }

    fn list<'a>(&'a self, context: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let list =
                connection::all::<N>(context, &format!("Query.{}", N::list_name()), arguments_of(context)?).await;
            let list = list.map_err(|error| error.of_field(context))?;
            let selected = context.with_selection_set(&context.item.node.selection_set);
            if !is_fast(&selected) {
                return list.resolve(&selected, context.item).await;
            }
            let written = page::write(&[list], &selected.item.node, &Here(&selected)).await?;
            Ok(written.into_iter().next().unwrap_or_default())
        }
        .boxed()
    }

    fn by_id<'a>(
        &'a self,
        context: &'a Context<'a>,
        id: &'a ID,
        argument: &'a str,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        async move { resolve::<N>(context, one::look_up(context, id, argument).await).await }.boxed()
    }
}

/// What a program's schema is made of.
pub trait Types: Sized + 'static {
    /// The nodes: each as [`node`] has it.
    const NODES: &'static [&'static dyn AnyNode];
    /// The fields of `Query` that are the program's own, besides those of its nodes: [`NoFields`], if there are none.
    type Query: ObjectType + Default;
    /// The root of its mutations.
    type Mutation: ObjectType + Default;

    /// Checks that the engine can answer what the nodes declare.
    ///
    /// # Errors
    /// It cannot: one line that names the type, the field and the column, and says what is wrong.
    fn check() -> Checked<()> {
        let mut known = HashSet::new();
        for ty in Self::NODES.iter().map(|node| node.type_name()) {
            ensure!(known.insert(ty), "{ty}: there are two nodes of this type");
        }
        let mut roots = HashSet::from(["node".to_owned(), "nodes".to_owned()]);
        if let MetaType::Object { fields, .. } = Registry::default().create_fake_output_type::<Self::Query>() {
            for name in fields.into_keys() {
                ensure!(roots.insert(name.clone()), "Query.{name}: there are two such fields");
            }
        }
        let mut types: HashSet<_> = OWN_TYPES.map(str::to_owned).into();
        for node in Self::NODES {
            node.check()?;
            for name in node.schema_types() {
                ensure!(types.insert(name.clone()), "{}: the schema has two types `{name}`", node.type_name());
            }
            for name in node.roots() {
                ensure!(
                    roots.insert(name.clone()),
                    "{}: `Query.{name}` is the field of another type, or of both its look-up and its list; give it another `list_name`",
                    node.type_name()
                );
            }
            for (field, ty) in node.refers() {
                ensure!(known.contains(ty), "{}.{field}: the type `{ty}` is not among the nodes", node.type_name());
            }
        }
        Ok(())
    }
}

/// The types that every schema has.
const OWN_TYPES: [&str; 20] = [
    "Boolean",
    "DateTime",
    "DateTimeFilter",
    "Float",
    "ID",
    "IDFilter",
    "Int",
    "Mutation",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "Node",
    "OrderDirection",
    "PageInfo",
    "Query",
    "String",
    "StringFilter",
    "Subscription",
    "UserError",
    "UserErrorCode",
];

/// The root of all reading: the fields of a program's nodes, and its own.
pub struct Query<T: Types> {
    /// What the field of each name is, if it is a node's.
    roots: HashMap<String, (Root, &'static dyn AnyNode)>,
    own: T::Query,
}

#[derive(Clone, Copy)]
enum Root {
    LookUp,
    List,
}

impl<T: Types> Default for Query<T> {
    fn default() -> Self {
        let roots = T::NODES.iter().flat_map(|&node| {
            let [look_up, list] = node.roots();
            [(look_up, (Root::LookUp, node)), (list, (Root::List, node))]
        });
        Self { roots: roots.collect(), own: T::Query::default() }
    }
}

impl<T: Types> OutputType for Query<T> {
    fn type_name() -> Cow<'static, str> {
        "Query".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let interface = interface(T::NODES, registry);
            registry.types.insert(INTERFACE.to_owned(), interface);
            let mut node = MetaField::new("node", INTERFACE);
            node.description = Some("The object with this id; `null` if there is none.".to_owned());
            node.args.extend([argument::<ID>("id", "An id of any type, such as `User:500`.", registry)]);
            let mut list = MetaField::new("nodes", format!("[{INTERFACE}]!"));
            list.description = Some(OF_NODES.to_owned());
            list.args.extend([argument::<Vec<ID>>("ids", "Ids of any types, such as `User:500`.", registry)]);
            let mut fields: Vec<_> = [node, list].into();
            fields.extend(T::NODES.iter().flat_map(|node| node.declare(registry)));
            let mut fields: IndexMap<_, _> = fields.into_iter().map(|field| (field.name.clone(), field)).collect();
            if let MetaType::Object { fields: own, .. } = registry.create_fake_output_type::<T::Query>() {
                fields.extend(own);
            }
            ObjectBuilder::new(Self::type_name(), fields).description(Some(ABOUT.to_owned())).build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

/// The description of `Query`.
const ABOUT: &str = "\
The root of all queries.

The cost of an operation is in its answer, as `extensions.dovetail.cost`, where the request's extensions have `\"dovetail\": {\"cost\": true}`. \
A list costs the size of its page times what lies under it. To find its items costs 10 for each order by a number of children, `contains` and \
`endsWith`, and for a relation in its filter 10, in that 100, in that 1,000.";

/// The description of `Query.nodes`.
const OF_NODES: &str = "\
The objects with these ids, in the order asked; `null` in the place of each that does not exist. One statement a type.";

impl<T: Types> ContainerType for Query<T> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        match &*context.item.node.name.node {
            "node" => {
                let id: ID = argument_of(context, "id")?;
                self.look_up(context, &id, "id").await.map(Some)
            }
            "nodes" => {
                let ids: Vec<ID> = argument_of(context, "ids")?;
                let look_up = async |(index, id)| {
                    // Each in a place of its own: what one of them loads is not all that the request loads.
                    let context = context.with_index(index);
                    match self.look_up(&context, id, &format!("ids.{index}")).await {
                        Ok(object) => object,
                        Err(error) => {
                            context.add_error(error);
                            Value::Null
                        }
                    }
                };
                Ok(Some(Value::List(join_all(ids.iter().enumerate().map(look_up)).await)))
            }
            name => match self.roots.get(name) {
                None => self.own.resolve_field(context).await,
                Some((Root::LookUp, node)) => node.look_up(context).await.map(Some),
                Some((Root::List, node)) => node.list(context).await.map(Some),
            },
        }
    }
}

impl<T: Types> ObjectType for Query<T> {}

impl<T: Types> Query<T> {
    async fn look_up(&self, context: &Context<'_>, id: &ID, argument: &str) -> ServerResult<Value> {
        let named = type_of(id);
        match T::NODES.iter().find(|node| node.type_name() == named) {
            Some(node) => node.by_id(context, id, argument).await,
            None => Err(names_no_type(id, argument).of_field(context)),
        }
    }
}

/// The interface of these nodes.
fn interface(nodes: &[&dyn AnyNode], registry: &mut Registry) -> MetaType {
    let mut id = MetaField::new("id", <ID as OutputType>::create_type_info(registry));
    id.description = Some("The object's id, such as `User:500`: its type and its primary key.".to_owned());
    MetaType::Interface {
        name: INTERFACE.to_owned(),
        description: Some("An object with an id that is unique over the whole API.".to_owned()),
        fields: IndexMap::from_iter([(id.name.clone(), id)]),
        possible_types: nodes.iter().map(|node| node.type_name().to_owned()).collect(),
        extends: false,
        keys: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// An object without fields: the own part of a `Query` that has just the fields of nodes.
#[derive(Default)]
pub struct NoFields;

impl OutputType for NoFields {
    fn type_name() -> Cow<'static, str> {
        "NoFields".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let none = |_: &mut Registry| ObjectBuilder::new(Self::type_name(), IndexMap::new()).build();
        registry.create_output_type::<Self, _>(MetaTypeId::Object, none)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

impl ContainerType for NoFields {
    async fn resolve_field(&self, _: &Context<'_>) -> ServerResult<Option<Value>> {
        Ok(None)
    }
}

impl ObjectType for NoFields {}
