//! The GraphQL schema, and how a request is executed over it.

mod ahead;
mod connection;
mod course;
mod enrollment;
mod filter;
mod mutation;
mod node;
mod order;
mod paging;
mod post;
mod report;
mod student;
mod user;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    future::Future,
    hash::Hash,
    iter,
    sync::{Arc, Mutex, PoisonError},
};

pub use self::report::EXTENSION;
use self::{
    course::Course,
    enrollment::Enrollment,
    node::{Node, look_up},
    post::Post,
    student::Student,
    user::User,
};
use crate::{
    config::ApiOptions,
    database::Database,
    error::{self, Error, Nullable, Result},
    loaders::{Batches, Cause, Counts, Loaders, Report, Session, Transaction},
};
use async_graphql::{
    Context, EmptySubscription, ID, Interface, MergedObject, QueryPathSegment, Request, Response, Schema,
    dataloader::Loader,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType},
    },
};

/// The root of all reading.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    user::UserQuery,
    post::PostQuery,
    student::StudentQuery,
    course::CourseQuery,
    enrollment::EnrollmentQuery,
);

/// The root of all writing. Each field is one transaction; the fields of a request run one after the other.
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
            User::TYPE => look_up::<User>(context, id, argument).await?.map(Self::from),
            Post::TYPE => look_up::<Post>(context, id, argument).await?.map(Self::from),
            Student::TYPE => look_up::<Student>(context, id, argument).await?.map(Self::from),
            Course::TYPE => look_up::<Course>(context, id, argument).await?.map(Self::from),
            Enrollment::TYPE => look_up::<Enrollment>(context, id, argument).await?.map(Self::from),
            _ => Err(node::names_no_type(id, argument)),
        })
    }
}

type ApiSchema = Schema<Query, Mutation, EmptySubscription>;

fn schema() -> ApiSchema {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription).finish()
}

/// The schema as text in GraphQL's schema definition language: what `schema.graphql` holds.
pub fn sdl() -> String {
    schema().sdl()
}

/// The API over a database. Clones share it.
#[derive(Clone)]
pub struct Api {
    schema: ApiSchema,
    database: Database,
    options: ApiOptions,
}

impl Api {
    /// The API over `database`.
    pub fn new(database: Database, options: ApiOptions) -> Self {
        Self { schema: schema(), database, options }
    }

    /// Whether a request may ask for a report of its SQL.
    pub fn reports_sql(&self) -> bool {
        self.options.sql_report
    }

    /// The same as [`sdl`], of this API.
    pub fn sdl(&self) -> String {
        self.schema.sdl()
    }

    /// Answers one request, and says what its statements add up to. All that the request reads, it reads in one
    /// snapshot, through loaders of its own; dropping the future ends it. `request_id` names it to whoever reads the log.
    pub async fn execute(&self, request: Request, request_id: &str) -> (Response, Counts) {
        let parsed = parse_query(&request.query)
            .map_err(|error| error::of_request(error.into(), error::code::GRAPHQL_PARSE_FAILED));
        let asked = parsed.and_then(|document| Ok((document, report::asked(&request, self.options.sql_report)?)));
        let (mut response, counts) = match asked {
            Ok((document, report)) => (self.execute_document(document, request, &report).await, report.counts()),
            Err(error) => (Response::from_errors(vec![error]), Counts::default()),
        };
        error::complete(&mut response.errors, request_id);
        (response, counts)
    }

    async fn execute_document(&self, document: ExecutableDocument, mut request: Request, report: &Report) -> Response {
        let Database { reader, writer } = &self.database;
        let writes = writes(&document, request.operation_name.as_deref());
        let reader = if writes { self.database.reader_of_writes() } else { reader };
        let session = Session::new(reader.clone(), writer.clone(), report.clone());
        let batches = Batches::default();
        request = request.data(self.options).data(Made::default()).data(session.clone());
        request = request.data(Loaders::new(session.clone(), &batches));
        request.set_parsed_query(document);
        let mut response = batches.drive(self.schema.execute(request)).await;
        session.end().await;
        report::attach(report, &mut response);
        response
    }
}

/// Whether the operation to run is a mutation.
fn writes(document: &ExecutableDocument, operation_name: Option<&str>) -> bool {
    document
        .operations
        .iter()
        .filter(|(name, _)| operation_name.is_none() || name.map(|name| name.as_str()) == operation_name)
        .any(|(_, operation)| operation.node.ty == OperationType::Mutation)
}

/// What was made of the fields of a request's text, each by its place in memory, where it stays while the request runs.
#[derive(Default)]
struct Made(Mutex<HashMap<(usize, TypeId), Arc<dyn Any + Send + Sync>>>);

/// What resolvers ask of their request.
trait ContextExt {
    /// What the server allows.
    fn options(&self) -> ApiOptions;

    /// The field that is being resolved, as the cause of what it loads or writes.
    fn cause(&self) -> Cause;

    /// What `make` makes of the text of the field that is being resolved: once, for however many parents it is.
    fn once<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T>;

    /// Loads what `key` says in the request's next batch; `None` where there is nothing.
    fn load<K>(&self, key: K) -> impl Future<Output = Result<Option<<Session as Loader<K>>::Value>>> + Send
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Session: Loader<K, Error = Error>;

    /// The same, or nothing if there is no key.
    fn load_if<K>(&self, key: Option<K>) -> impl Future<Output = Result<Option<<Session as Loader<K>>::Value>>> + Send
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Session: Loader<K, Error = Error>;

    /// Begins the transaction of a mutation's field. Dropped before its commit, it writes nothing.
    fn write(&self) -> impl Future<Output = Result<Transaction>> + Send;
}

impl ContextExt for Context<'_> {
    fn options(&self) -> ApiOptions {
        *self.data_unchecked()
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
        self.data_unchecked::<Session>().report().cause(path)
    }

    fn once<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let Made(made) = self.data_unchecked();
        let key = (std::ptr::from_ref(self.item).addr(), TypeId::of::<T>());
        let known = made.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return known;
        }
        let new = Arc::new(make());
        made.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&new) as _);
        new
    }

    async fn load<K>(&self, key: K) -> Result<Option<<Session as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Session: Loader<K, Error = Error>,
    {
        self.data_unchecked::<Loaders>().load(key).await
    }

    async fn load_if<K>(&self, key: Option<K>) -> Result<Option<<Session as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Session: Loader<K, Error = Error>,
    {
        if let Some(key) = key { self.load(key).await } else { Ok(None) }
    }

    async fn write(&self) -> Result<Transaction> {
        self.data_unchecked::<Session>().write(self.cause()).await
    }
}
