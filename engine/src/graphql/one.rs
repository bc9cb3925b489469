//! An object alone: by its id, or by a foreign key; and the objects that foreign keys of a list lead to.

use std::{any::type_name, borrow::Cow, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};
use sea_orm::{EntityTrait, IdenStatic};

use super::{
    ContextExt, ahead,
    column::{column_type, or_null},
    executor::{self, Answers, Contexts, Objects, is_fast},
    node::{COUNT, Node, Resolver, Source, example_key, found, resolver},
    part::{Part, part},
};
use crate::{
    error::{Error, Nullable, Result},
    loaders::{ById, ByUnique, Columns, ForeignKeys, Hop, KeyPart, KeyParts, Look, Picked, Row, Table, column_named},
};

/// The interface of all nodes.
pub(super) const INTERFACE: &str = "Node";

/// A node: the object that a row of its entity is.
pub struct One<N: Node>(pub(super) Row<N::Entity>);

impl<N: Node> OutputType for One<N> {
    fn type_name() -> Cow<'static, str> {
        N::TYPE.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            registry.add_implements(N::TYPE, INTERFACE);
            let mut fields = IndexMap::new();
            let mut add = |field: MetaField, description: String| {
                fields.insert(field.name.clone(), MetaField { description: Some(description), ..field });
            };
            let id = MetaField::new("id", ID::create_type_info(registry));
            add(id, format!("The id, such as `{}:{}`.", N::TYPE, example_key::<N>()));
            for field in N::FIELDS {
                let (name, description) = (field.name(), field.description.to_owned());
                match field.source {
                    Source::Column(column) => {
                        add(MetaField::new(name, column_type(column, field.kind_of(column), registry)), description);
                    }
                    Source::Parent(_, find, parent) => {
                        let ty = parent.declare(registry);
                        let is_optional = found(find).is_ok_and(|hop| hop.optional);
                        let ty = if is_optional { ty.trim_end_matches('!').to_owned() } else { ty };
                        add(MetaField::new(name, ty), description);
                    }
                    Source::List(_, _, children) => {
                        let what = description.trim_end_matches('.');
                        let description = format!("{what}, ordered by id unless `orderBy` is given.");
                        add(children.declare(&name, registry), description);
                        let count = children.declare_count(&format!("{name}{COUNT}"), registry);
                        add(count, format!("The number of items in `{name}` that satisfy the filter."));
                    }
                }
            }
            ObjectBuilder::new(N::TYPE, fields)
                .rust_typename(type_name::<Self>())
                .description(Some(N::DESCRIPTION.to_owned()))
                .build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        if is_fast(context) { executor::one(self, context).await } else { resolve_container(context, self).await }
    }
}

impl<N: Node> ContainerType for One<N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let Self(row) = self;
        let failed = |error: Error| error.of_field(context);
        match resolver::<N>(&context.item.node.name.node) {
            None => Ok(None),
            Some(Resolver::Id) => row.key().map(|key| Some(N::global_id(key).as_str().into())).map_err(failed),
            Some(Resolver::Column(shown)) => {
                let answer = row.cell(shown.column).and_then(|cell| shown.answer(cell)).map_err(failed);
                or_null(context, shown.may_be_null(), answer).map(Some)
            }
            Some(Resolver::Parent(find, parent)) => {
                let hop = found(find).map_err(failed)?;
                let key = foreign_keys::<N::Entity>(hop, |column| row.parts(column));
                let answer = parent.of_one(context, hop, key).await;
                or_null(context, hop.optional, answer).map(Some)
            }
            Some(Resolver::List(relation, children)) => children.of_one(context, relation, row.key()).await.map(Some),
            Some(Resolver::Count(relation, children)) => {
                children.count_of_one(context, relation, row.key()).await.map(Some)
            }
        }
    }
}

impl<N: Node> ObjectType for One<N> {}

/// The foreign keys by which parents are found, of whose columns `parts` tells the values.
fn foreign_keys<'a, E: EntityTrait>(
    hop: Hop,
    mut parts: impl FnMut(E::Column) -> Result<KeyParts<'a>>,
) -> Result<ForeignKeys<'a>> {
    ForeignKeys::new(hop.from().map(|name| {
        let column = column_named::<E>(name);
        parts(column.ok_or_else(|| Error::broken(format!("there is no column `{name}`")))?)
    }))
}

impl<N: Node> Objects for One<N> {
    type Part = Part<<N::Entity as EntityTrait>::Column>;

    fn type_name(&self) -> Cow<'static, str> {
        N::TYPE.into()
    }

    fn count(&self) -> usize {
        1
    }

    fn part(&self, field: &str) -> Result<Option<Self::Part>> {
        Ok(part::<N>(field))
    }

    fn may_be_null(&self, field: &str) -> bool {
        may_be_null::<N>(field)
    }

    fn write(&self, _: usize, part: Self::Part, json: &mut Vec<u8>) -> Result<()> {
        part.write::<N>(|| self.0.key(), |column| self.0.cell(column), json)
    }

    fn resolve<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<Field>,
    ) -> BoxFuture<'a, ServerResult<Answers>> {
        let Self(row) = self;
        related::<N>(contexts, field, || Ok(vec![row.key()?]), |column| row.parts(column))
    }
}

/// Nodes that one statement found.
pub struct Many<N: Node>(Picked<N::Entity>);

impl<N: Node> Many<N> {
    /// These rows.
    pub fn of(rows: Picked<N::Entity>) -> Self {
        Self(rows)
    }
}

impl<N: Node> Objects for Many<N> {
    type Part = Part<usize>;

    fn type_name(&self) -> Cow<'static, str> {
        N::TYPE.into()
    }

    fn count(&self) -> usize {
        self.0.count()
    }

    fn part(&self, field: &str) -> Result<Option<Self::Part>> {
        Ok(match part::<N>(field) {
            None => None,
            Some(Part::Id) => Some(Part::Id),
            Some(Part::Column(shown)) => Some(Part::Column(shown.at(|column| self.0.position(column))?)),
        })
    }

    fn may_be_null(&self, field: &str) -> bool {
        may_be_null::<N>(field)
    }

    fn write(&self, index: usize, part: Self::Part, json: &mut Vec<u8>) -> Result<()> {
        part.write::<N>(|| self.0.key(index), |position| self.0.cell(index, position), json)
    }

    fn resolve<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<Field>,
    ) -> BoxFuture<'a, ServerResult<Answers>> {
        let Self(rows) = self;
        let keys = || (0..rows.count()).map(|index| rows.key(index)).collect();
        related::<N>(contexts, field, keys, |column| rows.parts(column))
    }
}

/// Whether a field of a node is a column that may be NULL.
fn may_be_null<N: Node>(field: &str) -> bool {
    matches!(resolver::<N>(field), Some(Resolver::Column(shown)) if shown.may_be_null())
}

/// The answers of a field of nodes that leads to other rows: by the nodes' keys, or by their foreign keys, of whose columns `parts` tells
/// the values.
fn related<'a, N: Node>(
    contexts: &'a dyn Contexts,
    field: &'a Positioned<Field>,
    keys: impl FnOnce() -> Result<Vec<<N::Entity as Table>::Key>>,
    parts: impl FnMut(<N::Entity as EntityTrait>::Column) -> Result<KeyParts<'a>>,
) -> BoxFuture<'a, ServerResult<Answers>> {
    match resolver::<N>(&field.node.name.node) {
        Some(Resolver::Parent(find, parent)) => {
            match found(find).and_then(|hop| Ok((hop, foreign_keys::<N::Entity>(hop, parts)?))) {
                Ok((_, keys)) if keys.is_empty() => ready(Ok(Answers::default())).boxed(),
                Ok((hop, keys)) => parent.of_all(contexts, field, hop, keys),
                Err(error) => ready(Err(contexts.fail(0, field, error))).boxed(),
            }
        }
        Some(Resolver::List(find, children)) => {
            by_keys(contexts, field, keys(), |keys| children.of_all(contexts, field, find, keys))
        }
        Some(Resolver::Count(find, children)) => {
            by_keys(contexts, field, keys(), |keys| children.counts_of_all(contexts, field, find, keys))
        }
        Some(Resolver::Id | Resolver::Column(_)) | None => {
            let error = Error::broken("a field leads to no row");
            ready(Err(contexts.fail(0, field, error))).boxed()
        }
    }
}

/// What `load` answers for these keys; nothing for none.
fn by_keys<'a, K>(
    contexts: &dyn Contexts,
    field: &Positioned<Field>,
    keys: Result<Vec<K>>,
    load: impl FnOnce(Vec<K>) -> BoxFuture<'a, ServerResult<Answers>>,
) -> BoxFuture<'a, ServerResult<Answers>> {
    match keys {
        Ok(keys) if keys.is_empty() => ready(Ok(Answers::default())).boxed(),
        Ok(keys) => load(keys),
        Err(error) => ready(Err(contexts.fail(0, field, error))).boxed(),
    }
}

/// The object of a type with this key; `None` where there is none.
pub async fn by_key<N: Node>(context: &Context<'_>, key: <N::Entity as Table>::Key) -> Nullable<One<N>> {
    let row = context.running().loaders.load_one(of_key::<N>(context)(key)).await;
    Some(row.transpose()?.map(One))
}

/// The answer of a nullable field with an object.
pub(super) async fn resolve<N: Node>(context: &Context<'_>, object: Nullable<One<N>>) -> ServerResult<Value> {
    match object.transpose().map_err(|error| error.of_field(context))? {
        None => Ok(Value::Null),
        Some(object) => {
            let selected = context.with_selection_set(&context.item.node.selection_set);
            OutputType::resolve(&object, &selected, context.item).await
        }
    }
}

/// What is to be loaded for the field of the object with a value in a column that is unique.
pub(super) fn of_unique<N: Node>(
    context: &Context<'_>,
    column: &'static str,
) -> impl Fn(KeyPart<'static>) -> ByUnique<N::Entity> + use<N> {
    let look = context.once(|| {
        let ahead = context.look_ahead();
        let itself = Columns::wanted(|it: <N::Entity as EntityTrait>::Column| it.as_str() == column);
        let columns = Columns::union([&ahead::columns::<N>(&ahead), &itself]);
        Look { columns, asked: context.asked(ahead::is_leaf::<N>(&ahead)) }
    });
    move |value| ByUnique { column, value, look: Arc::clone(&look) }
}

/// What is to be loaded for the field of the object with a key.
pub(super) fn of_key<N: Node>(context: &Context<'_>) -> impl Fn(<N::Entity as Table>::Key) -> ById<N::Entity> + use<N> {
    let look = context.once(|| {
        let ahead = context.look_ahead();
        Look { columns: ahead::columns::<N>(&ahead), asked: context.asked(ahead::is_leaf::<N>(&ahead)) }
    });
    move |key| ById { key, look: Arc::clone(&look) }
}
