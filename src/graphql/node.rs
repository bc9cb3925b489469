//! Global object identification (<https://graphql.org/learn/global-object-identification/>): ids that are unique over
//! the whole API, and the look-up of any object by its id.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object, OutputType};
use futures_util::future::join_all;

use super::{ContextExt, course::Course, enrollment::Enrollment, post::Post, student::Student, user::User};
use crate::{
    error::{Error, Nullable, Result},
    loaders::{ById, Key, ModelOf, Table},
};

/// An object type whose objects have an id of their own: a newtype over an entity's row.
pub trait Node: OutputType + From<Arc<ModelOf<Self::Entity>>> {
    /// The entity whose rows the objects are.
    type Entity: Table;
    /// The type's name, which begins its ids.
    const TYPE: &'static str;

    /// The id of the object with this key: `User:500`, and `Enrollment:12:7` for a key of two parts.
    fn global_id(key: <Self::Entity as Table>::Key) -> ID {
        key.parts().iter().fold(Self::TYPE.to_owned(), |id, part| format!("{id}:{part}")).into()
    }

    /// The key in an id of this type, or in a bare key such as `500`; `argument` names it in the error.
    fn key(id: &str, argument: &str) -> Result<<Self::Entity as Table>::Key> {
        let key = match id.strip_prefix(Self::TYPE).and_then(|rest| rest.strip_prefix(':')) {
            Some(key) => parse_key::<Self>(key),
            None => parse_key::<Self>(id),
        };
        key.ok_or_else(|| {
            let key = ["500", "12:7"][<Self::Entity as Table>::Key::PARTS - 1];
            let allowed = format!("allowed is an id of the type {0}, such as `{0}:{key}` or `{key}`", Self::TYPE);
            Error::bad_argument(argument, format!("is `{}`; {allowed}", excerpt(id)))
        })
    }
}

/// Reads a key's parts as [`Node::global_id`] writes them, and in no other spelling: an id must be equal if its object is.
fn parse_key<N: Node>(text: &str) -> Option<<N::Entity as Table>::Key> {
    let part = |part: &str| part.parse::<i64>().ok().filter(|number| number.to_string() == part);
    Key::from_parts(&text.split(':').map(part).collect::<Option<Vec<_>>>()?)
}

/// As much of a client's text as an error message repeats.
fn excerpt(text: &str) -> String {
    const MOST: usize = 40;
    let mut excerpt: String = text.chars().take(MOST).collect();
    if excerpt.len() < text.len() {
        excerpt.push('…');
    }
    excerpt
}

/// The object of a type with this id or bare key, which `argument` holds; `None` where there is none.
pub async fn look_up<N: Node>(context: &Context<'_>, id: &ID, argument: &str) -> Nullable<N> {
    match N::key(id, argument) {
        Ok(key) => by_key(context, key).await,
        Err(error) => Some(Err(error)),
    }
}

/// The object of a type with this key; `None` where there is none.
pub async fn by_key<N: Node>(context: &Context<'_>, key: <N::Entity as Table>::Key) -> Nullable<N> {
    Some(context.load(ById::<N::Entity>(key)).await.transpose()?.map(N::from))
}

/// The object that a foreign key leads to, which the database promises to be there.
pub async fn referenced<N: Node>(context: &Context<'_>, key: <N::Entity as Table>::Key) -> Result<N> {
    let missing = || Error::broken(format!("{} is referenced but missing", *N::global_id(key)));
    by_key(context, key).await.unwrap_or_else(|| Err(missing()))
}

/// An object with an id that is unique over the whole API.
#[derive(Interface)]
#[graphql(
    name = "Node",
    field(name = "id", ty = "ID", desc = "The object's id, such as `User:500`: its type and its primary key.")
)]
pub enum AnyNode {
    User(User),
    Post(Post),
    Student(Student),
    Course(Course),
    Enrollment(Enrollment),
}

impl AnyNode {
    /// The object that an id names; here a bare key names nothing.
    async fn look_up(context: &Context<'_>, id: &ID, argument: &str) -> Nullable<Self> {
        match id.split_once(':').map(|(name, _)| name) {
            Some(User::TYPE) => Some(look_up::<User>(context, id, argument).await?.map(Self::from)),
            Some(Post::TYPE) => Some(look_up::<Post>(context, id, argument).await?.map(Self::from)),
            Some(Student::TYPE) => Some(look_up::<Student>(context, id, argument).await?.map(Self::from)),
            Some(Course::TYPE) => Some(look_up::<Course>(context, id, argument).await?.map(Self::from)),
            Some(Enrollment::TYPE) => Some(look_up::<Enrollment>(context, id, argument).await?.map(Self::from)),
            _ => {
                let allowed = "`User:…`, `Post:…`, `Student:…`, `Course:…`, `Enrollment:…:…`";
                let problem = format!("is `{}`; allowed is an id with its type: {allowed}", excerpt(id));
                Some(Err(Error::bad_argument(argument, problem)))
            }
        }
    }
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The object with this id; `null` if there is none.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id of any type, such as `User:500`.")] id: ID,
    ) -> Nullable<AnyNode> {
        AnyNode::look_up(ctx, &id, "id").await
    }

    /// The objects with these ids, in the order asked; `null` in the place of each that does not exist. One statement a
    /// type.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of any types, such as `User:500`.")] ids: Vec<ID>,
    ) -> Vec<Nullable<AnyNode>> {
        let look_up = async |(index, id)| AnyNode::look_up(ctx, id, &format!("ids.{index}")).await;
        join_all(ids.iter().enumerate().map(look_up)).await
    }
}
