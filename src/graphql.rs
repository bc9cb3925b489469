//! The GraphQL schema, and how a request is executed over it.

mod connection;
mod course;
mod enrollment;
mod mutation;
mod node;
mod post;
mod student;
mod user;

use std::{future::Future, hash::Hash};

use async_graphql::{
    Context, EmptySubscription, ID, Interface, MergedObject, Request, Response, Schema,
    dataloader::Loader,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType},
    },
};
use sea_orm::DatabaseTransaction;

use self::{
    course::Course,
    enrollment::Enrollment,
    node::{Node, look_up},
    post::Post,
    student::Student,
    user::User,
};
use crate::{
    config::PageSize,
    database::Database,
    error::{self, Error, Nullable, Result},
    loaders::{Batches, Loaders, Session},
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
    page_size: PageSize,
}

impl Api {
    /// The API over `database`, with pages of these sizes.
    pub fn new(database: Database, page_size: PageSize) -> Self {
        Self { schema: schema(), database, page_size }
    }

    /// The same as [`sdl`], of this API.
    pub fn sdl(&self) -> String {
        self.schema.sdl()
    }

    /// Answers one request. All that the request reads, it reads in one snapshot, through loaders of its own; dropping
    /// the future ends it. `request_id` names it to whoever reads the log.
    pub async fn execute(&self, request: Request, request_id: &str) -> Response {
        let mut response = match parse_query(&request.query) {
            Ok(document) => self.execute_document(document, request).await,
            Err(error) => {
                Response::from_errors(vec![error::of_request(error.into(), error::code::GRAPHQL_PARSE_FAILED)])
            }
        };
        error::complete(&mut response.errors, request_id);
        response
    }

    async fn execute_document(&self, document: ExecutableDocument, mut request: Request) -> Response {
        let pool = if writes(&document, request.operation_name.as_deref()) {
            self.database.writer.clone()
        } else {
            self.database.reader.clone()
        };
        let session = Session::new(pool);
        let batches = Batches::default();
        request = request.data(self.page_size).data(Loaders::new(session.clone(), &batches)).data(session.clone());
        request.set_parsed_query(document);
        let response = batches.drive(self.schema.execute(request)).await;
        session.end().await;
        response
    }
}

/// Whether the operation to run is a mutation: it reads what it wrote, so it reads from the writer.
fn writes(document: &ExecutableDocument, operation_name: Option<&str>) -> bool {
    document
        .operations
        .iter()
        .filter(|(name, _)| operation_name.is_none() || name.map(|name| name.as_str()) == operation_name)
        .any(|(_, operation)| operation.node.ty == OperationType::Mutation)
}

/// What resolvers ask of their request.
trait ContextExt {
    /// The page sizes that the server allows.
    fn page_size(&self) -> PageSize;

    /// Loads what `key` says in the request's next batch; `None` where there is nothing.
    fn load<K>(&self, key: K) -> impl Future<Output = Result<Option<<Session as Loader<K>>::Value>>> + Send
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Session: Loader<K, Error = Error>;

    /// Begins the transaction of a mutation's field. Dropped before its commit, it writes nothing.
    fn write(&self) -> impl Future<Output = Result<DatabaseTransaction>> + Send;
}

impl ContextExt for Context<'_> {
    fn page_size(&self) -> PageSize {
        *self.data_unchecked()
    }

    async fn load<K>(&self, key: K) -> Result<Option<<Session as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Session: Loader<K, Error = Error>,
    {
        self.data_unchecked::<Loaders>().load(key).await
    }

    async fn write(&self) -> Result<DatabaseTransaction> {
        self.data_unchecked::<Session>().write().await
    }
}
