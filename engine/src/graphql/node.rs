//! What a type whose objects have ids says of itself: its entity, its name and its fields; and those ids, which are unique over the
//! whole API (<https://graphql.org/learn/global-object-identification/>).
//!
//! A field is declared once: a column, the parent that a foreign key names, or a list of children. From the declaration come the
//! field's type and answer, what of the row is read for it, its place in filters and orders, and what is checked of a value that is
//! written. Columns and keys are those of the entity.

use std::{any::Any, borrow::Cow, collections::HashMap, sync::LazyLock};

use anyhow::Result as Checked;
use async_graphql::{
    Context, ID, Positioned, ServerResult, Value,
    parser::types::Field as TextField,
    registry::{MetaField, Registry},
};
use futures_util::future::BoxFuture;
use heck::{ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase};
use parking_lot::RwLock;
use sea_orm::{EntityName, EntityTrait, IdenStatic, RelationDef, sea_query::ArrayType};

use super::{
    column::Shown,
    conditions::Conditions,
    executor::{Answers, Contexts},
};
use crate::{
    error::{Error, Result, excerpt},
    kinds::{Enumeration, Kind, OfKind},
    loaders::{ForeignKeys, Hop, Key, KeyPart, OrderBy, Relation, Table},
};

/// An object type whose objects are the rows of an entity, each with an id of its own.
pub trait Node: Sized + Send + Sync + 'static {
    /// The entity whose rows the objects are.
    type Entity: Table;
    /// The type's name, which begins its ids.
    const TYPE: &'static str;
    /// The type's description.
    const DESCRIPTION: &'static str;
    /// Its fields besides `id`, in the schema's order.
    const FIELDS: &'static [Field<Self>];
    /// Whether clients can subscribe to its changes. Then the database records them, by triggers of its table that `migrate` makes.
    const CHANGES: bool = true;

    /// The name of the root field that lists all objects: that of the table, in camel case, unless the type says another.
    fn list_name() -> String {
        Self::Entity::default().table_name().to_lower_camel_case()
    }

    /// The id of the object with this key: `User:500`, and `Enrollment:12:7` for a key of two parts.
    fn global_id(key: <Self::Entity as Table>::Key) -> ID {
        key.parts().fold(Self::TYPE.to_owned(), |id, part| format!("{id}:{part}")).into()
    }

    /// The key in an id of this type, or in a bare key such as `500`; `argument` names it in the error.
    fn key(id: &str, argument: &str) -> Result<<Self::Entity as Table>::Key> {
        parse_id::<Self>(id).or_else(|| parse_key::<Self>(id)).ok_or_else(|| {
            let key = example_key::<Self>();
            is_no_id::<Self>(id, argument, &format!("`{}:{key}` or `{key}`", Self::TYPE))
        })
    }
}

/// A key as an example for people.
pub(super) fn example_key<N: Node>() -> String {
    let kinds = <N::Entity as Table>::Key::KINDS;
    let integers = if kinds.len() == 1 { ["500"; 3] } else { ["12", "7", "3"] };
    let part = |(kind, integer): (&Kind, &'static str)| match kind.array() {
        ArrayType::String => "abc",
        ArrayType::Uuid => "123e4567-e89b-12d3-a456-426614174000",
        _ => integer,
    };
    let parts: Vec<_> = kinds.iter().zip(integers).map(part).collect();
    parts.join(":")
}

/// The name of the root field that looks up an object, such as `post`, and of the field for it in a payload.
pub(super) fn look_up_name<N: Node>() -> String {
    N::TYPE.to_lower_camel_case()
}

/// A name of the schema within a sentence: `blog post` for `BlogPost`.
pub(super) fn in_words(name: &str) -> String {
    name.to_snake_case().replace('_', " ")
}

/// The key in an id that names its type, where any type is allowed; `argument` names it in the error.
pub(super) fn key_in<N: Node>(id: &str, argument: &str) -> Result<<N::Entity as Table>::Key> {
    parse_id::<N>(id).ok_or_else(|| is_no_id::<N>(id, argument, &format!("`{}:{}`", N::TYPE, example_key::<N>())))
}

/// What is wrong with an id that is none of this type.
fn is_no_id<N: Node>(id: &str, argument: &str, examples: &str) -> Error {
    let spelling = |(ty, words): (ArrayType, &'static str)| {
        let has = <N::Entity as Table>::Key::KINDS.iter().any(|kind| kind.array() == ty);
        if has { words } else { "" }
    };
    let spelt = [
        (ArrayType::String, ", with `%3A` for a `:` in its text and `%25` for a `%`"),
        (ArrayType::Uuid, ", with its UUID in lower case"),
    ];
    let spelt: String = spelt.into_iter().map(spelling).collect();
    let allowed = format!("allowed is an id of the type {}, such as {examples}{spelt}", N::TYPE);
    Error::bad_argument(argument, format!("is `{}`; {allowed}", excerpt(id)))
}

fn parse_id<N: Node>(id: &str) -> Option<<N::Entity as Table>::Key> {
    parse_key::<N>(id.strip_prefix(N::TYPE)?.strip_prefix(':')?)
}

/// Reads a key's parts as [`Node::global_id`] writes them.
fn parse_key<N: Node>(text: &str) -> Option<<N::Entity as Table>::Key> {
    Key::parse(&text.split(':').collect::<Vec<_>>())
}

/// The type that an id names; empty for a bare key, which names none.
pub(super) fn type_in(id: &str) -> &str {
    id.split_once(':').map_or("", |(name, _)| name)
}

/// What is wrong with an id where any type is allowed, but not a bare key.
pub(super) fn names_no_type(id: &str, argument: &str, example: &str) -> Error {
    Error::bad_argument(argument, format!("is `{}`; allowed is an id with its type, such as `{example}`", excerpt(id)))
}

/// Whether lists of a type are filtered and ordered by the id: by a key of one part.
pub(super) fn has_id<N: Node>() -> bool {
    <N::Entity as Table>::Key::KINDS.len() == 1
}

/// A relation of the entities.
pub(super) type FindRelation = fn() -> RelationDef;

/// The step to a parent, or the way to children, read from relations of the entities: the one of the rows that tell a parent, and of
/// a join table the one to the child too.
#[derive(Clone, Copy)]
pub(super) struct Find<T> {
    pub link: FindRelation,
    pub child: FindRelation,
    pub read: fn(FindRelation, FindRelation) -> Checked<T>,
}

pub(super) type FindParent = Find<Hop>;
pub(super) type FindChildren = Find<Relation>;

/// What was found, by the addresses of the functions that tell it.
type Found = HashMap<[usize; 3], Box<dyn Any + Send + Sync>>;

/// All that was found: constants, such as [`Node::FIELDS`] are, cannot hold it.
static FOUND: LazyLock<RwLock<Found>> = LazyLock::new(RwLock::default);

impl<T: Copy + Send + Sync + 'static> Find<T> {
    /// Which that is: read once, when the schema is checked, for SeaORM makes a relation anew each time that it is asked.
    ///
    /// # Errors
    /// A fault of the entities.
    pub fn find(self) -> Checked<T> {
        // Functions at the same address are the same code, and find the same.
        let functions = [self.link as usize, self.child as usize, self.read as usize];
        if let Some(found) = FOUND.read().get(&functions).and_then(|found| found.downcast_ref()) {
            return Ok(*found);
        }
        let found = (self.read)(self.link, self.child)?;
        FOUND.write().insert(functions, Box::new(found));
        Ok(found)
    }
}

/// Which that is: a fault of the entities is told before anything is served.
pub(super) fn found<T: Copy + Send + Sync + 'static>(find: Find<T>) -> Result<T> {
    find.find().map_err(|error| Error::broken(error.to_string()))
}

/// What a parent's type does for the field of its children.
pub(super) trait ParentField: Sync {
    /// The name of its type.
    fn type_name(&self) -> &'static str;

    /// A key of its, as an example.
    fn example_key(&self) -> String;

    /// The field's type.
    fn declare(&self, registry: &mut Registry) -> String;

    /// The type of the field's filter.
    fn declare_filter(&self, registry: &mut Registry) -> String;

    /// Whether the step to it names it by its primary key.
    fn is_by_key(&self, hop: Hop) -> bool;

    /// The parts of the key in an id of the parent's, which `argument` holds.
    fn key(&self, id: &str, argument: &str) -> Result<Vec<KeyPart<'static>>>;

    /// The id of the parent whose key has these parts, if they are some.
    fn global_id(&self, parts: &[KeyPart<'static>]) -> Result<Option<ID>>;

    /// The answer for the child with this foreign key, which may be NULL.
    fn of_one<'a>(
        &'a self,
        context: &'a Context<'a>,
        hop: Hop,
        key: Result<ForeignKeys<'a>>,
    ) -> BoxFuture<'a, ServerResult<Value>>;

    /// The answers for all children of a level, of which there is one at least. Where the step is optional, one that fails is null,
    /// beside its error.
    fn of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        hop: Hop,
        keys: ForeignKeys<'a>,
    ) -> BoxFuture<'a, ServerResult<Answers>>;

    /// Adds what the filter `given` of the field `name` says of the parent.
    fn add_filter(&self, name: &str, hop: Hop, given: Value, all: &mut Conditions) -> Result<()>;

    /// The order by a field of the parent.
    fn order_by(&self, hop: Hop, field: &str) -> Option<OrderBy>;
}

/// What the type of the children does for the field of their parents.
pub(super) trait ListField<N: Node>: Sync {
    /// The names of their type, and of that of the join table's rows.
    fn type_names(&self) -> Vec<&'static str>;

    /// The name of the type of the edges, if it is of this list alone.
    fn edge_name(&self) -> Option<String>;

    /// The list's type and its arguments.
    fn declare(&self, name: &str, registry: &mut Registry) -> MetaField;

    /// The same of the number.
    fn declare_count(&self, name: &str, registry: &mut Registry) -> MetaField;

    /// The type of the field's filter.
    fn declare_filter(&self, registry: &mut Registry) -> String;

    /// The field's answer for the parent with this key.
    fn of_one<'a>(
        &'a self,
        context: &'a Context<'a>,
        find: FindChildren,
        parent: Result<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Value>>;

    /// The number's answer for the parent with this key.
    fn count_of_one<'a>(
        &'a self,
        context: &'a Context<'a>,
        find: FindChildren,
        parent: Result<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Value>>;

    /// The field's answers for all parents of a level, of which there is one at least.
    fn of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        find: FindChildren,
        parents: Vec<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Answers>>;

    /// The number's answers for all parents of a level.
    fn counts_of_all<'a>(
        &'a self,
        contexts: &'a dyn Contexts,
        field: &'a Positioned<TextField>,
        find: FindChildren,
        parents: Vec<<N::Entity as Table>::Key>,
    ) -> BoxFuture<'a, ServerResult<Answers>>;

    /// Adds what the filter `given` of the field `name` says of the children.
    fn add_filter(&self, name: &str, relation: Relation, given: Value, all: &mut Conditions) -> Result<()>;
}

/// A field of a node.
///
#[doc = include_str!("node.md")]
pub struct Field<N: Node> {
    pub(super) description: &'static str,
    pub(super) source: Source<N>,
    /// What a column's values are, if it is not the column that says so.
    pub(super) kind: Option<Kind>,
    /// Whether lists are filtered by it.
    pub(super) filters: bool,
    /// Whether lists are ordered by it: of a list, by the number of its items.
    pub(super) orders: bool,
    /// The parent's field by which lists are ordered.
    pub(super) orders_by: Option<&'static str>,
    /// Whether a text that is written must not be blank.
    pub(super) refuses_blank: bool,
    /// The column that holds the column's text folded.
    pub(super) folded: Option<<N::Entity as EntityTrait>::Column>,
}

/// Where a field's answer comes from.
pub(super) enum Source<N: Node> {
    /// A column of the row.
    Column(<N::Entity as EntityTrait>::Column),
    /// The row that a foreign key names.
    Parent(&'static str, FindParent, &'static dyn ParentField),
    /// Rows whose foreign keys name the row, and their number.
    List(&'static str, FindChildren, &'static dyn ListField<N>),
}

impl<N: Node> Field<N> {
    /// A column. The field's name is the column's in camel case.
    pub const fn column(column: <N::Entity as EntityTrait>::Column, description: &'static str) -> Self {
        Self::new(Source::Column(column), description)
    }

    /// A column of an enum, whether it is of the database's own type or a text or an integer stands for its values.
    pub const fn enumeration<T: Enumeration>(
        column: <N::Entity as EntityTrait>::Column,
        description: &'static str,
    ) -> Self {
        let mut field = Self::column(column, description);
        field.kind = Some(T::KIND);
        field
    }

    /// What the values of its column are.
    pub(super) fn kind_of(&self, column: <N::Entity as EntityTrait>::Column) -> Kind {
        self.kind.unwrap_or_else(|| Kind::of_column(&column))
    }

    pub(super) const fn new(source: Source<N>, description: &'static str) -> Self {
        Self {
            description,
            source,
            kind: None,
            filters: false,
            orders: false,
            orders_by: None,
            refuses_blank: false,
            folded: None,
        }
    }

    /// The same field, by which lists can be filtered.
    #[must_use]
    pub const fn filter(mut self) -> Self {
        self.filters = true;
        self
    }

    /// The same field, by which lists can be ordered: of a list of children, by their number.
    #[must_use]
    pub const fn order(mut self) -> Self {
        self.orders = true;
        self
    }

    /// The same parent, by whose `field` lists can be ordered.
    #[must_use]
    pub const fn order_by(mut self, field: &'static str) -> Self {
        self.orders_by = Some(field);
        self
    }

    /// The same column, whose text must not be blank where it is written. How long it may be, its type says.
    #[must_use]
    pub const fn not_blank(mut self) -> Self {
        self.refuses_blank = true;
        self
    }

    /// The same column of texts, whose filter has `containsFolded` and the like too, regardless of case and accents: they compare the
    /// column `folded`, which holds what [`fold`](crate::kinds::fold) makes of the text. [`Write`](super::mutation::Write) fills it.
    #[must_use]
    pub const fn folded(mut self, folded: <N::Entity as EntityTrait>::Column) -> Self {
        self.folded = Some(folded);
        self
    }

    /// Whether it is that of a value in this column, or of the one that is folded there.
    pub(super) fn is_written_as(&self, name: &str) -> bool {
        let Source::Column(column) = self.source else { return false };
        [Some(column), self.folded].into_iter().flatten().any(|column| column.as_str() == name)
    }

    /// The field's name.
    pub(super) fn name(&self) -> Cow<'static, str> {
        match &self.source {
            Source::Column(column) => column.as_str().to_lower_camel_case().into(),
            Source::Parent(name, ..) | Source::List(name, ..) => (*name).into(),
        }
    }

    /// What orders by it are named in the schema, if there are any.
    pub(super) fn order_name(&self) -> Option<String> {
        let name = self.name();
        let orders = match (&self.source, self.orders_by) {
            (Source::Parent(..), Some(field)) => format!("{name}_{field}"),
            (Source::List(..), _) if self.orders => format!("{name}{COUNT}"),
            (Source::Column(_), _) if self.orders => name.into_owned(),
            _ => return None,
        };
        Some(orders.to_shouty_snake_case())
    }

    /// What it is, in short: its description up to the first stop.
    pub(super) fn summary(&self) -> String {
        let stops = [". ", ": ", "; ", ", "].into_iter();
        let end = stops.filter_map(|stop| self.description.find(stop)).min().unwrap_or(self.description.len());
        format!("{}.", self.description[..end].trim_end_matches('.'))
    }
}

/// The end of the names of fields that are the number of a list's items.
pub(super) const COUNT: &str = "Count";

/// What a field of a node is answered from.
pub(super) enum Resolver<N: Node> {
    Id,
    Column(Shown<<N::Entity as EntityTrait>::Column>),
    Parent(FindParent, &'static dyn ParentField),
    List(FindChildren, &'static dyn ListField<N>),
    Count(FindChildren, &'static dyn ListField<N>),
}

/// What the field of this name is answered from, if there is one.
pub(super) fn resolver<N: Node>(name: &str) -> Option<Resolver<N>> {
    if name == "id" {
        return Some(Resolver::Id);
    }
    N::FIELDS.iter().find_map(|field| match &field.source {
        Source::Column(column) => is_camel_case(name, column.as_str())
            .then_some(Resolver::Column(Shown { column: *column, kind: field.kind })),
        Source::Parent(own, hop, parent) => (name == *own).then_some(Resolver::Parent(*hop, *parent)),
        Source::List(own, relation, children) => match name.strip_prefix(own)? {
            "" => Some(Resolver::List(*relation, *children)),
            COUNT => Some(Resolver::Count(*relation, *children)),
            _ => None,
        },
    })
}

/// Whether `camel` is the name of a column in camel case. Most are in snake case, of which that is seen without a copy.
pub(super) fn is_camel_case(camel: &str, column: &str) -> bool {
    let mut rest = camel.bytes();
    let words = column.split('_').enumerate();
    let mut letters = words.flat_map(|(word, letters)| {
        letters
            .bytes()
            .enumerate()
            .map(move |(letter, byte)| if word > 0 && letter == 0 { byte.to_ascii_uppercase() } else { byte })
    });
    let is_plain = |byte: u8| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_snake_case = || column.bytes().all(is_plain) && !column.starts_with('_');
    letters.all(|letter| rest.next() == Some(letter)) && rest.next().is_none()
        || !is_snake_case() && column.to_lower_camel_case() == camel
}
