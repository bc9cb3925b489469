//! What subscribers are told of a node's changes: which field tells of them, of which rows it can be asked alone, and what an event has.

use std::{any::type_name, borrow::Cow, marker::PhantomData, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Enum, ID, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaInputValue, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::{enum_value, resolve_container},
};
use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{ColumnTrait, EntityName, IdenStatic, prelude::Uuid, sea_query::ArrayType};
use serde_json::Value as Json;

use super::{
    argument::argument,
    column::or_null,
    conditions::filter,
    filter::{NodeFilter, read},
    node::{Field as NodeField, Node, ParentField, Source, example_key, in_words, look_up_name},
    one::{self, One},
    parent,
};
use crate::{
    changes::{Change, Keys},
    config::limits::FilterLimits,
    database::recording::{Recorded, RecordedColumn},
    error::{Error, Result},
    kinds::Kind,
    loaders::{Filter, Hop, Key, KeyPart, Loaders, Satisfying, Table, column_named, key_columns, part_kind},
};

/// The argument of a subscription with the cursor of the last event that its client has.
pub const AFTER: &str = "after";

/// The argument of a subscription with the filter that an object is to satisfy.
pub const FILTER: &str = "filter";

/// What a change does to an object.
#[derive(Enum, Copy, Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// It is another than before, or was written again as it was.
    Updated,
    /// It is gone.
    Deleted,
}

/// What is told of a node's changes.
pub struct Told {
    /// The name of the field that tells of them.
    pub field: String,
    /// What the database records for it.
    pub recorded: Recorded,
    /// By what it can be asked of some rows alone.
    pub by: Vec<By>,
    /// The filter in the argument [`FILTER`].
    pub filter: fn(Value, FilterLimits) -> Result<Filter>,
    satisfies: Satisfies,
    declare: fn(&mut Registry) -> String,
    declare_filter: fn(&mut Registry) -> (String, MetaInputValue),
    what: String,
}

type Satisfies = for<'a> fn(&'a Loaders, &'a Change, Arc<Filter>) -> BoxFuture<'a, Result<bool>>;

/// The rows of one key, or of one parent.
pub struct By {
    /// The name of the argument with the id; of a parent, also of the field.
    pub argument: String,
    columns: Vec<(&'static str, Kind)>,
    of: &'static dyn ParentField,
    is_nullable: bool,
}

impl Told {
    /// What is told of the changes of this node.
    pub fn of<N: Node>() -> Self {
        let table = N::Entity::default();
        let column =
            |&(name, kind): &(&'static str, Kind)| RecordedColumn { name, is_uuid: kind.array() == ArrayType::Uuid };
        let parents = parents::<N>();
        let recorded = Recorded {
            schema: table.schema_name().map(str::to_owned),
            table: table.table_name().to_owned(),
            key: key::<N>().iter().map(column).collect(),
            parents: parents.iter().flat_map(|parent| parent.columns.iter().map(column)).collect(),
        };
        let of_parents: Vec<_> = parents.iter().flat_map(|parent| &parent.columns).map(|(name, _)| *name).collect();
        // Where the parents are the key, they say it all.
        let own = (!key::<N>().iter().all(|(name, _)| of_parents.contains(name))).then(|| By {
            argument: "id".to_owned(),
            columns: key::<N>(),
            of: parent::of::<N>(),
            is_nullable: false,
        });
        Self {
            field: format!("{}Changed", look_up_name::<N>()),
            recorded,
            by: own.into_iter().chain(parents).collect(),
            filter: |given, limits| filter(Some(read::<NodeFilter<N>>(given)?), limits),
            satisfies: |loaders, change, filter| Changed::<N>::new(change).satisfies(loaders, filter).boxed(),
            declare: Changed::<N>::create_type_info,
            declare_filter: |registry| {
                let description = "Only those of objects that satisfy this filter when the event is sent, and of all that are deleted.";
                argument::<Option<NodeFilter<N>>>(FILTER, description, registry)
            },
            what: in_words(&N::list_name()),
        }
    }

    /// The field.
    pub fn declare(&self, registry: &mut Registry) -> MetaField {
        let mut field = MetaField::new(&self.field, (self.declare)(registry));
        field.description = Some(format!(
            "The changes of {} from now on, each once it is committed; those of one object in the order in which they were committed.",
            self.what
        ));
        for by in &self.by {
            let (ty, key) = (by.of.type_name(), by.of.example_key());
            let of = if by.argument == "id" { "the" } else { "before or after it, the" };
            let description = format!("Only those of this id: {of} {}'s, such as `{ty}:{key}`.", in_words(ty));
            field.args.extend([argument::<Option<ID>>(&by.argument, &description, registry)]);
        }
        field.args.extend([(self.declare_filter)(registry)]);
        let description = "The cursor of the last event that the client has, of the events' `extensions.dovetail.cursor`: all changes \
                           since are told, or an error says that they are not there any more.";
        field.args.extend([argument::<Option<String>>(AFTER, description, registry)]);
        field
    }

    /// Whether a change is to be told to whom wants those alone that satisfy a filter. An object that is gone satisfies any, as nobody
    /// knows.
    pub async fn satisfies(&self, loaders: &Loaders, change: &Change, filter: Arc<Filter>) -> Result<bool> {
        (self.satisfies)(loaders, change, filter).await
    }
}

impl By {
    /// The key in an id that the argument holds.
    pub fn key(&self, id: &str) -> Result<Vec<KeyPart<'static>>> {
        self.of.key(id, &self.argument)
    }

    /// The same of a row; `None` if a part is NULL.
    pub fn of(&self, keys: &Keys) -> Option<Vec<KeyPart<'static>>> {
        parts(keys, &self.columns)
    }
}

/// The columns of the key, and the kinds of their values.
fn key<N: Node>() -> Vec<(&'static str, Kind)> {
    let kinds = <N::Entity as Table>::Key::KINDS;
    key_columns::<N::Entity>().map(|column| column.as_str()).zip(kinds.iter().copied()).collect()
}

/// The parents that a row names by their keys.
fn parents<N: Node>() -> Vec<By> {
    let key = key::<N>();
    let is_key = |column| key.iter().any(|(part, _)| *part == column);
    // What is optional and by the row's own key is a child.
    let is_parent = |hop: &Hop| !(hop.optional && hop.from().all(is_key));
    let parent = |field: &NodeField<N>| {
        let Source::Parent(name, find, parent) = field.source else { return None };
        let hop = find.find().ok().filter(|hop| parent.is_by_key(*hop) && is_parent(hop))?;
        let column = |name| Some((name, part_kind(column_named::<N::Entity>(name)?.def().get_column_type())?));
        Some(By {
            argument: format!("{name}Id"),
            columns: hop.from().map(column).collect::<Option<_>>()?,
            of: parent,
            is_nullable: hop.optional,
        })
    };
    N::FIELDS.iter().filter_map(parent).collect()
}

/// The names of the fields of a change.
pub fn fields<N: Node>() -> impl Iterator<Item = String> {
    let own = ["kind".to_owned(), "id".to_owned(), look_up_name::<N>()];
    own.into_iter().chain(parents::<N>().into_iter().map(|parent| parent.argument))
}

/// The values of these columns, as far as none is NULL.
pub fn parts(keys: &Keys, columns: &[(&'static str, Kind)]) -> Option<Vec<KeyPart<'static>>> {
    let part = |(name, kind): &(&str, Kind)| match (kind.array(), keys.get(*name)?) {
        (ArrayType::Uuid, Json::String(uuid)) => uuid.parse::<Uuid>().ok().map(KeyPart::Uuid),
        (ArrayType::String, Json::String(text)) => Some(KeyPart::Text(text.clone().into())),
        (_, Json::Number(integer)) => integer.as_i64().map(KeyPart::Integer),
        _ => None,
    };
    columns.iter().map(part).collect()
}

/// An event: a change of a node's object.
pub struct Changed<'a, N>(&'a Change, PhantomData<fn() -> N>);

impl<'a, N: Node> Changed<'a, N> {
    /// That of a change of its table.
    pub fn new(change: &'a Change) -> Self {
        Self(change, PhantomData)
    }

    fn kind(&self) -> ChangeKind {
        match (&self.0.before, &self.0.after) {
            (None, _) => ChangeKind::Created,
            (Some(_), Some(_)) => ChangeKind::Updated,
            (Some(_), None) => ChangeKind::Deleted,
        }
    }

    /// The row as it is; one that is gone, as it was.
    fn keys(&self) -> Result<&'a Keys> {
        let keys = self.0.after.as_ref().or(self.0.before.as_ref());
        keys.ok_or_else(|| Error::broken("a change of no row"))
    }

    fn key(&self) -> Result<<N::Entity as Table>::Key> {
        let parts = parts(self.keys()?, &key::<N>()).unwrap_or_default();
        let key = Key::read(|place| Ok(parts.get(place).cloned()))?;
        key.ok_or_else(|| Error::broken(format!("a change of {} without its key", N::TYPE)))
    }

    async fn satisfies(self, loaders: &Loaders, filter: Arc<Filter>) -> Result<bool> {
        if self.0.after.is_none() {
            return Ok(true);
        }
        let key = Satisfying::<N::Entity> { key: self.key()?, filter };
        Ok(loaders.load_one(key).await?.is_some())
    }
}

impl<N: Node> OutputType for Changed<'_, N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Change", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Changed<'static, N>, _>(MetaTypeId::Object, |registry| {
            let what = in_words(N::TYPE);
            let mut fields = IndexMap::new();
            let mut add = |name: String, ty: String, description: String| {
                let field = MetaField { description: Some(description), ..MetaField::new(name.clone(), ty) };
                fields.insert(name, field);
            };
            add("kind".to_owned(), ChangeKind::create_type_info(registry), "What was done to it.".to_owned());
            let id = ID::create_type_info(registry);
            add(
                "id".to_owned(),
                id.clone(),
                format!("The id of the {what}, such as `{}:{}`.", N::TYPE, example_key::<N>()),
            );
            for By { argument, is_nullable, .. } in parents::<N>() {
                let ty = if is_nullable { id.trim_end_matches('!').to_owned() } else { id.clone() };
                let name = argument.trim_end_matches("Id");
                add(argument.clone(), ty, format!("The id of its `{name}`; of one that was deleted, what it was."));
            }
            let object = Option::<One<N>>::create_type_info(registry);
            let description = format!(
                "The {what} as it is when the event is sent, which may be later than the change; `null` if it is gone."
            );
            add(look_up_name::<N>(), object, description);
            ObjectBuilder::new(Self::type_name(), fields)
                .rust_typename(type_name::<Changed<'static, N>>())
                .description(Some(format!("A change in {}.", in_words(&N::list_name()))))
                .build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl<N: Node> ContainerType for Changed<'_, N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let failed = |error: Error| error.of_field(context);
        let name = &*context.item.node.name.node;
        Ok(Some(match name {
            "kind" => enum_value(self.kind()),
            "id" => N::global_id(self.key().map_err(failed)?).as_str().into(),
            _ if name == look_up_name::<N>() => match self.0.after {
                Some(_) => {
                    let key = self.key().map_err(failed)?;
                    let object = one::resolve::<N>(context, one::by_key::<N>(context, key).await).await;
                    or_null(context, true, object)?
                }
                None => Value::Null,
            },
            _ => {
                let Some(parent) = parents::<N>().into_iter().find(|parent| parent.argument == name) else {
                    return Ok(None);
                };
                let parts = parent.of(self.keys().map_err(failed)?).unwrap_or_default();
                match parent.of.global_id(&parts).map_err(failed)? {
                    Some(id) => id.as_str().into(),
                    None if parent.is_nullable => Value::Null,
                    None => return Err(failed(Error::broken(format!("a change without its `{name}`")))),
                }
            }
        }))
    }
}

impl<N: Node> ObjectType for Changed<'_, N> {}
