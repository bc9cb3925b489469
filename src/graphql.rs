//! The GraphQL schema, and how a request is executed over it.

mod ahead;
mod columns;
mod connection;
mod cost;
mod course;
mod documents;
mod enrollment;
mod filter;
mod json;
mod limits;
mod lists;
mod mutation;
mod node;
mod order;
mod paging;
mod persisted;
mod post;
mod report;
mod student;
mod user;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    future::Future,
    iter,
    sync::{Arc, Mutex, PoisonError},
};

use self::{
    cost::Costs,
    course::Course,
    documents::{Document, Documents},
    enrollment::Enrollment,
    json::IsFast,
    node::{Node, look_up},
    persisted::Named,
    post::Post,
    report::Wishes,
    student::Student,
    user::User,
};
pub use self::{
    json::{ran, response as to_json},
    persisted::Persisted,
    report::EXTENSION,
};
use crate::{
    config::{ApiOptions, Switch, limits::ApiLimits},
    database::Database,
    error::{self, Nullable, Result},
    loaders::{Asked, Batches, Cause, Counts, Load, Loaders, Session, Transaction},
};
use async_graphql::{
    Context, EmptySubscription, ID, Interface, MergedObject, Positioned, QueryPathSegment, Request, Response, Schema,
    ServerError, ValidationMode,
    parser::types::{ExecutableDocument, OperationType, Selection},
};
use serde_json::{Map, Value as Json};

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
            User::TYPE => look_up::<User>(context, id, argument).await?.map(|it| it.0.into()),
            Post::TYPE => look_up::<Post>(context, id, argument).await?.map(|it| it.0.into()),
            Student::TYPE => look_up::<Student>(context, id, argument).await?.map(|it| it.0.into()),
            Course::TYPE => look_up::<Course>(context, id, argument).await?.map(|it| it.0.into()),
            Enrollment::TYPE => look_up::<Enrollment>(context, id, argument).await?.map(|it| it.0.into()),
            _ => Err(node::names_no_type(id, argument)),
        })
    }
}

type ApiSchema = Schema<Query, Mutation, EmptySubscription>;

fn schema(validation: ValidationMode, suggests: bool) -> ApiSchema {
    let builder = Schema::build(Query::default(), Mutation::default(), EmptySubscription).validation_mode(validation);
    if suggests { builder } else { builder.disable_suggestions() }.finish()
}

/// The schema as text in GraphQL's schema definition language: what `schema.graphql` holds.
pub fn sdl() -> String {
    schema(ValidationMode::Strict, true).sdl()
}

/// The API over a database. Clones share it.
#[derive(Clone)]
pub struct Api {
    schema: ApiSchema,
    /// The same, for documents that are known to be valid.
    lenient: ApiSchema,
    costs: Arc<Costs>,
    documents: Arc<Documents>,
    persisted: Arc<Persisted>,
    database: Database,
    options: ApiOptions,
    fast: bool,
}

/// A request that is ready to run: its document is within the limits, but may still not fit the schema.
pub struct Prepared {
    request: Request,
    document: Arc<Document>,
    wishes: Wishes,
    cost: u64,
    writes: bool,
    untrusted: Option<String>,
}

impl Prepared {
    /// The operation's name, if the request gives one.
    pub fn operation(&self) -> Option<&str> {
        self.request.operation_name.as_deref()
    }

    /// Whether it is a mutation.
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// Whether it asks for a report of its SQL.
    pub fn reports_sql(&self) -> bool {
        self.wishes.sql()
    }

    /// The SHA-256 of its document, if that is not a trusted one and is to be logged.
    pub fn untrusted(&self) -> Option<&str> {
        self.untrusted.as_deref()
    }
}

impl Api {
    /// The API over `database`, for requests that may name the `persisted` documents.
    ///
    /// # Errors
    /// The schema's text is not GraphQL, which is a fault of its types.
    pub fn new(database: Database, options: ApiOptions, persisted: Persisted) -> anyhow::Result<Self> {
        let suggests = options.introspection != Some(Switch::Off);
        let (schema, lenient) = (schema(ValidationMode::Strict, suggests), schema(ValidationMode::Fast, suggests));
        let costs = Costs::of(&schema.sdl())?.into();
        let documents = Documents::new(options.limits.document).into();
        Ok(Self { schema, lenient, costs, documents, persisted: persisted.into(), database, options, fast: true })
    }

    /// The same API, answered by async-graphql's own executor alone: for the tests that compare the two ways.
    pub fn without_fast_way(self) -> Self {
        Self { fast: false, ..self }
    }

    /// Whether a request may ask for a report of its SQL.
    pub fn reports_sql(&self) -> bool {
        self.options.sql_report
    }

    /// Whether a request may ask about the schema.
    pub fn introspects(&self) -> bool {
        self.options.introspection != Some(Switch::Off)
    }

    /// What it answers from.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The same as [`sdl`], of this API.
    pub fn sdl(&self) -> String {
        self.schema.sdl()
    }

    /// Looks at a request, of which nothing runs yet. Its parameters are those of GraphQL over HTTP
    /// (<https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>), each of its right type.
    ///
    /// # Errors
    /// What is wrong, for the client, with its code.
    pub fn prepare(&self, mut parameters: Map<String, Json>) -> Result<Prepared, ServerError> {
        let Named { text, untrusted } = self.persisted.text(&parameters)?;
        let document = self.documents.parse(&text)?;
        self.persisted.keep(&parameters, &text);
        if document.introspects && !self.introspects() {
            let problem = "introspection is off on this server; its schema is the file `schema.graphql`";
            return Err(error::of_request(ServerError::new(problem, None), error::code::FORBIDDEN));
        }
        parameters.insert("query".to_owned(), text.into());
        let request: Request = serde_json::from_value(parameters.into()).map_err(|problem| {
            error::of_request(ServerError::new(problem.to_string(), None), error::code::BAD_USER_INPUT)
        })?;
        let wishes = Wishes::of(&request)?;
        if wishes.sql() && !self.reports_sql() {
            let problem = "the SQL report is off on this server; its setting `--sql-report` allows it";
            return Err(error::of_request(ServerError::new(problem, None), error::code::FORBIDDEN));
        }
        let limits = &self.options.limits;
        let cost = self.costs.cost(&document.parsed, &request, limits.page_size);
        let allowed = limits.document.cost;
        if cost > allowed {
            return Err(limits::too_complex(format!(
                "the operation costs {cost}: pages times the pages in them; allowed are {allowed} (`--max-cost`)"
            )));
        }
        let writes = writes(&document.parsed, request.operation_name.as_deref());
        Ok(Prepared { request, document, wishes, cost, writes, untrusted })
    }

    /// Answers one request, and says what its statements add up to. All that the request reads, it reads in one
    /// snapshot, through loaders of its own; dropping the future ends it. `request_id` names it to whoever reads the log.
    pub async fn execute(&self, prepared: Prepared, request_id: &str) -> (Response, Counts) {
        let Prepared { mut request, document, wishes, cost, writes, .. } = prepared;
        let report = wishes.report();
        let session = Session::new(self.database.clone(), writes, report.clone());
        let batches = Batches::default();
        let limits: ApiLimits = self.options.limits;
        request = request.data(limits).data(Made::default()).data(IsFast::new(self.fast)).data(session.clone());
        request = request.data(Loaders::new(session.clone(), batches.clone()));
        request.set_parsed_query(document.parsed.clone());
        let schema = if document.is_valid() { &self.lenient } else { &self.schema };
        let mut response = batches.drive(schema.execute(request)).await;
        if response.is_ok() {
            document.was_answered();
        }
        session.end().await;
        if !ran(&response) {
            response.errors.truncate(usize::try_from(limits.document.validation_errors).unwrap_or(usize::MAX));
        }
        wishes.fulfil(&report, cost, &mut response);
        error::complete(&mut response.errors, request_id);
        (response, report.counts())
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
    /// How much a request may ask.
    fn limits(&self) -> ApiLimits;

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
    fn limits(&self) -> ApiLimits {
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

    fn asked(&self, is_leaf: bool) -> Asked {
        let is_root = self.path_node.as_ref().is_some_and(|node| node.parent.is_none());
        // Not of several root fields, nor of a fragment that may hold several.
        let fields = &self.query_env.operation.node.selection_set.node.items[..];
        let is_only = matches!(fields, [Positioned { node: Selection::Field(_), .. }]);
        Asked { cause: self.cause(), alone: is_leaf && is_root && is_only }
    }

    fn load<K: Load<Source = Session>>(&self, key: K) -> impl Future<Output = Result<K::Value>> + Send {
        self.data_unchecked::<Loaders>().load(key)
    }

    fn load_if<K: Load<Source = Session>>(
        &self,
        key: Option<K>,
    ) -> impl Future<Output = Result<Option<K::Value>>> + Send {
        let loading = key.map(|key| self.load(key));
        async { if let Some(loading) = loading { loading.await.map(Some) } else { Ok(None) } }
    }

    async fn write(&self) -> Result<Transaction> {
        self.data_unchecked::<Session>().write(self.cause()).await
    }
}
