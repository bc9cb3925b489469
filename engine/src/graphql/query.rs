//! The root of all queries: the fields of a program's nodes; `node` and `nodes`, which look up any of them; and the program's own.

use std::{borrow::Cow, collections::HashMap};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaType, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use futures_util::future::join_all;

use super::{
    argument::{argument, argument_of},
    node::{names_no_type, type_in},
    nodes::{AnyNode, Types},
    one::INTERFACE,
};

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
            let example = example::<T>();
            let interface = interface(T::NODES, &example, registry);
            registry.types.insert(INTERFACE.to_owned(), interface);
            let mut node = MetaField::new("node", INTERFACE);
            node.description = Some("The object with this id; `null` if there is none.".to_owned());
            node.args.extend([argument::<ID>("id", &format!("An id of any type, such as `{example}`."), registry)]);
            let mut list = MetaField::new("nodes", format!("[{INTERFACE}]!"));
            list.description = Some(OF_NODES.to_owned());
            list.args.extend([argument::<Vec<ID>>(
                "ids",
                &format!("Ids of any types, such as `{example}`."),
                registry,
            )]);
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
A list costs the size of its page, or 1 if that is 0, times what lies under it. To find its items costs 10 for each order by a number of \
children, `contains`, `endsWith` and relation in its filter; within a relation ten times as much, within two a hundred times.";

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
        let named = type_in(id);
        match T::NODES.iter().find(|node| node.type_name() == named) {
            Some(node) => node.by_id(context, id, argument).await,
            None => Err(names_no_type(id, argument, &example::<T>()).of_field(context)),
        }
    }
}

/// An id of the program's first type.
fn example<T: Types>() -> String {
    T::NODES.first().map_or_else(|| "Type:500".to_owned(), |node| node.example_id())
}

/// The interface of these nodes, of which `example` is an id.
fn interface(nodes: &[&dyn AnyNode], example: &str, registry: &mut Registry) -> MetaType {
    let mut id = MetaField::new("id", <ID as OutputType>::create_type_info(registry));
    id.description = Some(format!("The object's id, such as `{example}`: its type and its primary key."));
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
