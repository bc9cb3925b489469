//! The GraphQL schema: its roots, and what resolvers ask of their request.

mod ahead;
mod api;
mod columns;
mod connection;
mod course;
mod documents;
mod enrollment;
mod filter;
mod front;
mod introspection;
mod json;
mod latest;
mod limits;
mod lists;
mod moment;
mod mutation;
mod node;
mod normal;
mod order;
mod paging;
mod parameters;
mod persisted;
mod post;
mod report;
mod roots;
mod search;
mod student;
mod user;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    future::Future,
    iter,
    sync::Arc,
    time::Instant,
};

pub use self::{
    api::{Api, Known, Prepared},
    front::sdl,
    json::{ran, response as to_json},
    parameters::{Parameters, kind},
    persisted::Persisted,
    report::EXTENSION,
};
use self::{
    course::Course,
    enrollment::Enrollment,
    node::{Node, look_up},
    post::Post,
    roots::{MutationRoot, QueryRoot},
    student::Student,
    user::User,
};
use crate::{
    config::limits::ApiLimits,
    error::{Error, Nullable, Result},
    loaders::{Asked, Cause, Load, Loaders, Session, Transaction},
    memory::Meter,
};
use async_graphql::{Context, ID, Interface, MergedObject, QueryPathSegment};
use parking_lot::Mutex;

/// The root of all queries.
///
/// The cost of an operation is in its answer, as `extensions.dovetail.cost`, where the request's extensions have
/// `"dovetail": {"cost": true}`. A list costs the size of its page times what lies under it. To find its items costs 10 for each order by
/// a number of children, `contains` and `endsWith`, and for a relation in its filter 10, in that 100, in that 1,000.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    user::UserQuery,
    post::PostQuery,
    student::StudentQuery,
    course::CourseQuery,
    enrollment::EnrollmentQuery,
);

/// The root of all mutations. Each field is one transaction; the fields of a request run one after the other.
#[derive(MergedObject, Default)]
pub struct Mutation(
    user::UserMutation,
    post::PostMutation,
    student::StudentMutation,
    course::CourseMutation,
    enrollment::EnrollmentMutation,
);

/// An object with an id that is unique over the whole API.
#[derive(Interface)]
#[graphql(
    name = "Node",
    field(name = "id", ty = "ID", desc = "The object's id, such as `User:500`: its type and its primary key.")
)]
enum AnyNode {
    User(User),
    Post(Post),
    Student(Student),
    Course(Course),
    Enrollment(Enrollment),
}

impl AnyNode {
    /// The object that an id names, which `argument` holds; `None` where there is none.
    async fn look_up(context: &Context<'_>, id: &ID, argument: &str) -> Nullable<Self> {
        Some(match node::type_of(id) {
            User::TYPE => look_up::<User>(context, id, argument).await?.map(|it| it.0.into()),
            Post::TYPE => look_up::<Post>(context, id, argument).await?.map(|it| it.0.into()),
            Student::TYPE => look_up::<Student>(context, id, argument).await?.map(|it| it.0.into()),
            Course::TYPE => look_up::<Course>(context, id, argument).await?.map(|it| it.0.into()),
            Enrollment::TYPE => look_up::<Enrollment>(context, id, argument).await?.map(|it| it.0.into()),
            _ => Err(node::names_no_type(id, argument)),
        })
    }
}

/// Values derived once per field of the document, keyed by the field's address, which stays while the request runs.
#[derive(Default)]
struct Made(Mutex<HashMap<(usize, TypeId), Arc<dyn Any + Send + Sync>>>);

/// A request that is running.
struct Running {
    limits: ApiLimits,
    /// Whether it is answered the fast way.
    fast: bool,
    /// Whether it has one root field alone.
    alone: bool,
    /// When its time is over.
    deadline: Option<Instant>,
    /// The bytes of its answer that are written.
    written: Meter,
    made: Made,
    loaders: Loaders,
    session: Session,
}

impl Running {
    /// Whether its time is over.
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline < Instant::now())
    }

    /// Counts so many more bytes of its answer, and looks at the clock now and then: what is written at once, nobody else can end.
    ///
    /// # Errors
    /// They are more than an answer may have, or its time is over.
    fn wrote(&self, bytes: usize) -> Result<()> {
        if self.written.count(bytes as u64)? && self.is_late() { Err(Error::late()) } else { Ok(()) }
    }
}

/// What resolvers ask of their request.
trait ContextExt {
    /// The request itself.
    fn running(&self) -> &Running;

    /// The field that is being resolved, as the cause of what it loads or writes.
    fn cause(&self) -> Cause;

    /// What `make` makes of the text of the field that is being resolved: once, for however many parents it is.
    fn once<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T>;

    /// For whose sake the field loads; it loads nothing more below if it `is_leaf`.
    fn asked(&self, is_leaf: bool) -> Asked;

    /// Loads what `key` says in the request's next batch.
    fn load<K: Load<Source = Session>>(&self, key: K) -> impl Future<Output = Result<K::Value>> + Send;

    /// The same, or nothing if there is no key.
    fn load_if<K: Load<Source = Session>>(
        &self,
        key: Option<K>,
    ) -> impl Future<Output = Result<Option<K::Value>>> + Send;

    /// Begins the transaction of a mutation's field. Dropped before its commit, it writes nothing.
    fn write(&self) -> impl Future<Output = Result<Transaction>> + Send;
}

impl ContextExt for Context<'_> {
    fn running(&self) -> &Running {
        self.data_unchecked()
    }

    fn cause(&self) -> Cause {
        let path = || {
            let nodes = iter::successors(self.path_node.as_ref(), |node| node.parent);
            let mut names: Vec<_> = nodes
                .filter_map(|node| match node.segment {
                    QueryPathSegment::Name(name) => Some(name),
                    QueryPathSegment::Index(_) => None,
                })
                .collect();
            names.reverse();
            names.join(".")
        };
        self.running().session.report().cause(path)
    }

    fn once<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let Made(made) = &self.running().made;
        let key = (std::ptr::from_ref(self.item).addr(), TypeId::of::<T>());
        let known = made.lock().get(&key).cloned();
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return known;
        }
        let new = Arc::new(make());
        made.lock().insert(key, Arc::clone(&new) as _);
        new
    }

    fn asked(&self, is_leaf: bool) -> Asked {
        let is_root = self.path_node.as_ref().is_some_and(|node| node.parent.is_none());
        Asked { cause: self.cause(), alone: is_leaf && is_root && self.running().alone }
    }

    fn load<K: Load<Source = Session>>(&self, key: K) -> impl Future<Output = Result<K::Value>> + Send {
        self.running().loaders.load(key)
    }

    fn load_if<K: Load<Source = Session>>(
        &self,
        key: Option<K>,
    ) -> impl Future<Output = Result<Option<K::Value>>> + Send {
        let loading = key.map(|key| self.load(key));
        async { if let Some(loading) = loading { loading.await.map(Some) } else { Ok(None) } }
    }

    async fn write(&self) -> Result<Transaction> {
        self.running().session.write(self.cause()).await
    }
}
