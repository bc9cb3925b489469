//! The nodes of a program, and the root fields that every one of them has: `post(id:)` and `posts(…)`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    marker::PhantomData,
};

use anyhow::{Result as Checked, ensure};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaType, MetaTypeId, ObjectBuilder, Registry},
};
use futures_util::{FutureExt, future::BoxFuture};
use heck::ToLowerCamelCase;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityName, EntityTrait, IdenStatic, QuerySelect, QueryTrait, Statement,
};

use super::{
    argument::{argument, argument_of},
    change::{Changed, Told},
    check::{self, Sought},
    connection::{self, Connection, NodeEdge},
    executor::{Here, is_fast},
    node::{Node, ParentField, Source, example_key, has_id, in_words, key_in, look_up_name},
    one::{self, One},
    page,
    paging::{ListArgs, list_arguments},
};
use crate::{
    changes::Change,
    database::recording::{Recorded, quoted_table},
    error::Error,
    kinds::Kind,
    loaders::{Key, Table, key_columns},
};

/// A node, whichever it is.
pub trait AnyNode: Send + Sync {
    /// The name of its type.
    fn type_name(&self) -> &'static str;

    /// An id of one of its objects, as an example.
    fn example_id(&self) -> String;

    /// The name of the root field that looks up one of its objects, and of that which lists all.
    fn roots(&self) -> [String; 2];

    /// These fields.
    fn declare(&self, registry: &mut Registry) -> [MetaField; 2];

    /// Checks that the engine can answer what the node declares.
    ///
    /// # Errors
    /// It cannot: one line that names the field, and says what is wrong.
    fn check(&self) -> Checked<()>;

    /// The kinds of its columns that are enums.
    fn enums(&self) -> Vec<Kind>;

    /// Checks that SQLite can hold what the node declares; `without_rowid` are what it has without row numbers: tables and views.
    ///
    /// # Errors
    /// It cannot: one line that names the field or the table, and says what to do.
    fn check_sqlite(&self, without_rowid: &[String]) -> Checked<()>;

    /// What its lists find their rows by.
    fn sought(&self) -> Vec<Sought>;

    /// Its table, as SQL names it.
    fn table(&self) -> String;

    /// A statement that reads all of its columns, and no row.
    fn look(&self, backend: DbBackend) -> Statement;

    /// The names of the types that the schema has for the node.
    fn schema_types(&self) -> Vec<String>;

    /// The fields that are answered with nodes, and their types.
    fn refers(&self) -> Vec<(&'static str, &'static str)>;

    /// The answer of the field that looks up an object.
    fn look_up<'a>(&'a self, context: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>>;

    /// The answer of the field that lists all objects.
    fn list<'a>(&'a self, context: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>>;

    /// What subscribers are told of its changes, if they are.
    fn told(&self) -> Option<Told>;

    /// The answer of the field that tells a change of an object.
    fn change<'a>(&'a self, context: &'a Context<'a>, change: &'a Change) -> BoxFuture<'a, ServerResult<Value>>;

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
    &TypedNode::<N>(PhantomData)
}

struct TypedNode<N>(PhantomData<fn() -> N>);

/// The arguments of a look-up by a key whose parts are all keys of parents: of each part its argument's name, and the parent.
/// Other look-ups are by the id.
fn key_arguments<N: Node>() -> Option<Vec<(String, &'static dyn ParentField)>> {
    if has_id::<N>() {
        return None;
    }
    key_columns::<N::Entity>()
        .map(|column| {
            let parent = N::FIELDS.iter().find_map(|field| match field.source {
                Source::Parent(_, hop, parent) => {
                    let hop = hop.find().ok().filter(|hop| parent.is_by_key(*hop))?;
                    hop.from().eq([column.as_str()]).then_some(parent)
                }
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
        // Each parent here has a key of one part.
        parts.extend(parent.key(&id, name).map_err(|error| error.of_field(context))?);
    }
    let key = Key::read(|place| Ok(parts.get(place).cloned()));
    key.and_then(|key| key.ok_or_else(|| Error::broken("a key without its parts")))
        .map_err(|error| error.of_field(context))
}

impl<N: Node> AnyNode for TypedNode<N> {
    fn type_name(&self) -> &'static str {
        N::TYPE
    }

    fn example_id(&self) -> String {
        format!("{}:{}", N::TYPE, example_key::<N>())
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
                    let (ty, key) = (parent.type_name(), parent.example_key());
                    let description =
                        format!("The id of the {}, such as `{ty}:{key}`, or its bare key: `{key}`.", in_words(ty));
                    argument::<ID>(&name, &description, registry)
                }));
                "this key"
            }
        };
        look_up.description = Some(format!("The {} with {what}; `null` if there is none.", in_words(N::TYPE)));
        let mut list = MetaField::new(list_name, Connection::<NodeEdge<N>>::create_type_info(registry));
        list.args = list_arguments::<N>(registry);
        list.description = Some(format!("All {}, ordered by id unless `orderBy` is given.", in_words(&N::list_name())));
        [look_up, list]
    }

    fn check(&self) -> Checked<()> {
        check::node::<N>()
    }

    fn enums(&self) -> Vec<Kind> {
        N::FIELDS.iter().filter_map(|field| field.kind).collect()
    }

    fn check_sqlite(&self, without_rowid: &[String]) -> Checked<()> {
        check::sqlite::<N>(without_rowid)
    }

    fn sought(&self) -> Vec<Sought> {
        check::sought::<N>()
    }

    fn table(&self) -> String {
        let table = N::Entity::default();
        quoted_table(table.schema_name(), table.table_name())
    }

    fn look(&self, backend: DbBackend) -> Statement {
        N::Entity::find().limit(0).build(backend)
    }

    fn schema_types(&self) -> Vec<String> {
        let ty = N::TYPE;
        let of_lists = ["", "Change", "Connection", "Edge", "Filter", "ListFilter", "Order", "OrderField"];
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
        async move { one::resolve::<N>(context, one::by_key(context, key_of::<N>(context)?).await).await }.boxed()
    }

    fn list<'a>(&'a self, context: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let list =
                connection::all::<N>(context, &format!("Query.{}", N::list_name()), ListArgs::of(context)?).await;
            let list = list.map_err(|error| error.of_field(context))?;
            let selected = context.with_selection_set(&context.item.node.selection_set);
            if !is_fast(&selected) {
                return list.resolve(&selected, context.item).await;
            }
            page::write(&[list], &selected.item.node, &Here(&selected)).await?.into_first()
        }
        .boxed()
    }

    fn told(&self) -> Option<Told> {
        N::CHANGES.then(Told::of::<N>)
    }

    fn change<'a>(&'a self, context: &'a Context<'a>, change: &'a Change) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let selected = context.with_selection_set(&context.item.node.selection_set);
            Changed::<N>::new(change).resolve(&selected, context.item).await
        }
        .boxed()
    }

    fn by_id<'a>(
        &'a self,
        context: &'a Context<'a>,
        id: &'a ID,
        argument: &'a str,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        async move {
            let key = key_in::<N>(id, argument).map_err(|error| error.of_field(context))?;
            one::resolve::<N>(context, one::by_key(context, key).await).await
        }
        .boxed()
    }
}

/// What a program's schema is made of.
pub trait Types: Sized + 'static {
    /// The nodes: each as [`node`] has it.
    const NODES: &'static [&'static dyn AnyNode];
    /// Whether clients can subscribe to changes: of the nodes that say so too.
    const CHANGES: bool = true;
    /// The fields of `Query` that are the program's own, besides those of its nodes: [`NoFields`], if there are none.
    type Query: ObjectType + Default;
    /// The root of its mutations.
    type Mutation: ObjectType + Default;

    /// What subscribers are told of the changes of each node, if of any.
    fn told() -> Vec<(&'static dyn AnyNode, Told)> {
        let nodes = Self::NODES.iter().filter(|_| Self::CHANGES);
        nodes.filter_map(|&node| Some((node, node.told()?))).collect()
    }

    /// What the lists find their rows by, for which there should be indexes.
    fn sought() -> Vec<Sought> {
        Self::NODES.iter().flat_map(|node| node.sought()).collect()
    }

    /// The tables of the nodes, by their names in SQL.
    fn tables() -> Vec<String> {
        Self::NODES.iter().map(|node| node.table()).collect()
    }

    /// Statements that read all columns of the nodes, and no row.
    fn looks(backend: DbBackend) -> Vec<Statement> {
        Self::NODES.iter().map(|node| node.look(backend)).collect()
    }

    /// The tables whose changes the database records.
    fn recorded() -> Vec<Recorded> {
        let mut tables = BTreeMap::<_, Recorded>::new();
        for Recorded { schema, table, key, parents } in Self::told().into_iter().map(|(_, told)| told.recorded) {
            let new = || Recorded { schema: schema.clone(), table: table.clone(), key, parents: Vec::new() };
            let recorded = tables.entry((schema.clone(), table.clone())).or_insert_with(new);
            let others = parents.into_iter().filter(|parent| !recorded.parents.contains(parent));
            let others: Vec<_> = others.collect();
            recorded.parents.extend(others);
        }
        tables.into_values().collect()
    }

    /// Checks that the database can hold what the nodes declare.
    ///
    /// # Errors
    /// It cannot: one line that says what, and what to do. Or it cannot be asked.
    fn check_database(connection: &impl ConnectionTrait) -> impl Future<Output = Checked<()>> {
        async {
            let backend = connection.get_database_backend();
            if backend != DbBackend::Sqlite {
                return Ok(());
            }
            let names = Statement::from_string(backend, "SELECT name FROM pragma_table_list WHERE wr OR type = 'view'");
            let names = connection.query_all_raw(names).await?;
            let names: Vec<String> = names.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?;
            Self::NODES.iter().try_for_each(|node| node.check_sqlite(&names))
        }
    }

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
        let mut enums: HashMap<_, Kind> = HashMap::new();
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
            for kind in node.enums() {
                let known = enums.entry(kind.type_name()).or_insert(kind);
                let ty = kind.type_name();
                ensure!(known.enumeration() == kind.enumeration(), "{}: there are two enums `{ty}`", node.type_name());
            }
            for (field, ty) in node.refers() {
                ensure!(known.contains(ty), "{}.{field}: the type `{ty}` is not among the nodes", node.type_name());
            }
        }
        for name in enums.into_keys().flat_map(|name| [name.to_owned(), format!("{name}Filter")]) {
            ensure!(types.insert(name.clone()), "the schema has two types `{name}`");
        }
        Ok(())
    }
}

/// The types that every schema has.
const OWN_TYPES: [&str; 56] = [
    "Base64String",
    "Base64StringFilter",
    "Base64StringListFilter",
    "BigInt",
    "BigIntFilter",
    "BigIntListFilter",
    "Boolean",
    "BooleanFilter",
    "BooleanListFilter",
    "ChangeKind",
    "Date",
    "DateFilter",
    "DateListFilter",
    "DateTime",
    "DateTimeFilter",
    "DateTimeListFilter",
    "Decimal",
    "DecimalFilter",
    "DecimalListFilter",
    "Float",
    "FloatFilter",
    "FloatListFilter",
    "FoldedStringFilter",
    "ID",
    "IDFilter",
    "Int",
    "IntFilter",
    "IntListFilter",
    "JSON",
    "JSONFilter",
    "JSONListFilter",
    "JSONPathFilter",
    "LocalDateTime",
    "LocalDateTimeFilter",
    "LocalDateTimeListFilter",
    "LocalTime",
    "LocalTimeFilter",
    "LocalTimeListFilter",
    "Mutation",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "Node",
    "Nulls",
    "OrderDirection",
    "PageInfo",
    "Query",
    "String",
    "StringFilter",
    "StringListFilter",
    "Subscription",
    "UUID",
    "UUIDFilter",
    "UUIDListFilter",
    "UserError",
    "UserErrorCode",
];

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
