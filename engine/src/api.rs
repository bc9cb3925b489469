//! The API over a database: a request from its parameters to its answer.

mod documents;
mod excess;
mod front;
mod introspection;
mod latest;
mod limits;
mod live;
mod normal;
mod parameters;
mod persisted;
mod report;
mod roots;
mod schema;
mod search;
mod steps;
mod watched;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{
    Request, Response, ServerError,
    parser::types::{ExecutableDocument, OperationType},
};
use tokio::time::sleep;

use self::{documents::Documents, limits::Measure, persisted::Named, report::Wishes, watched::Watched};
pub use self::{
    live::{Event, Live, Subscription, Watch},
    parameters::{LONGEST_OPERATION_ID, OPERATION_ID, Parameters, kind},
    persisted::Persisted,
    report::EXTENSION,
    schema::Schema,
    steps::{Step, Steps},
};
pub use crate::loaders::Noted;
use crate::{
    config::{ApiOptions, Switch},
    database::{Database, PATIENCE, Written},
    digest::Digest,
    error::{self, Error, code},
    graphql::{Made, Running},
    loaders::{Batches, Freshness, Loaders, Report, Session},
    memory::{Held, Meter},
};

/// How many bytes a value of a variable takes: as it is parsed, as it is coerced, and in the arguments that name it.
const BYTES_A_VALUE: usize = 1_000;

/// How many bytes a hundred fields of a normal form take: there, and in the document that is run. Fewer are not counted.
const BYTES_A_HUNDRED_FIELDS: usize = 50_000;

/// The API over a database. Clones share it.
#[derive(Clone)]
pub struct Api {
    schema: &'static Schema,
    documents: Arc<Documents>,
    persisted: Arc<Persisted>,
    database: Database,
    options: ApiOptions,
    fast: bool,
}

/// What is known of a request, for the log.
#[derive(Clone, Default)]
pub struct Known {
    /// The name of its operation.
    pub operation: Option<String>,
    /// The type of its operation.
    pub kind: Option<OperationType>,
    /// Its document.
    pub document: Option<Digest>,
    /// Whether that is a trusted one.
    pub is_trusted: bool,
    /// The steps of the work on it.
    pub steps: Steps,
}

/// A request that is ready to run: all that can be refused is refused.
pub struct Prepared {
    document: ExecutableDocument,
    wishes: Wishes,
    held: Held,
    cost: u64,
    /// What its sender may spend yet, if that is limited.
    left: Option<u32>,
    kind: OperationType,
    reads: bool,
    /// What it is to be told of, if it is a subscription.
    watched: Option<Watched>,
    /// Whether it has one root field alone.
    alone: bool,
    deadline: Option<Instant>,
    untrusted: Option<String>,
    /// The digest under which later requests may name the text, and that.
    to_keep: Option<(String, String)>,
    /// How many bytes its parameters had.
    bytes: usize,
    /// Where it is noted what is read, if it is.
    noted: Option<Noted>,
}

impl Prepared {
    /// The same, to be answered by then: what is written takes no longer.
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The same, for whose sender so much is left to spend.
    pub fn with_left(self, left: Option<u32>) -> Self {
        Self { left, ..self }
    }

    /// The same, which goes on after this cursor if it is a subscription, whatever its argument says.
    ///
    /// # Errors
    /// It is none.
    pub fn after(mut self, cursor: &str) -> Result<Self, ServerError> {
        if let Some(watched) = &mut self.watched {
            watched.after = Some(watched::position(cursor)?.into());
        }
        Ok(self)
    }

    /// What it costs.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// Whether it is a mutation.
    pub fn writes(&self) -> bool {
        self.kind == OperationType::Mutation
    }

    /// Whether it is a subscription.
    pub fn subscribes(&self) -> bool {
        self.watched.is_some()
    }

    /// Whether it has more answers than one: it is a subscription, or live.
    pub fn lasts(&self) -> bool {
        self.subscribes() || self.is_live()
    }

    /// Whether it is to be answered again whenever its answer may have changed.
    pub fn is_live(&self) -> bool {
        self.wishes.live
    }

    /// The same query, to be answered once with memory of its own, in which what it reads is noted.
    pub fn once(&mut self, held: Held, deadline: Instant, noted: Noted) -> Self {
        let mut wishes = self.wishes;
        wishes.live = false;
        Self {
            document: self.document.clone(),
            wishes,
            held,
            cost: self.cost,
            left: None,
            kind: self.kind,
            reads: self.reads,
            watched: None,
            alone: self.alone,
            deadline: Some(deadline),
            untrusted: None,
            to_keep: self.to_keep.take(),
            bytes: self.bytes,
            noted: Some(noted),
        }
    }

    /// Whether it asks for anything stored: a query, or a mutation that selects more of a payload than how writing went.
    pub fn reads(&self) -> bool {
        self.reads
    }

    /// Whether it asks for a report of its SQL.
    pub fn reports_sql(&self) -> bool {
        self.wishes.sql()
    }

    /// An empty report of its statements, in which those that take as long as `slow` are kept.
    pub fn report(&self, slow: Option<Duration>) -> Report {
        self.wishes.report(slow)
    }

    /// The SHA-256 of its document, if that is not a trusted one and is to be logged.
    pub fn untrusted(&self) -> Option<&str> {
        self.untrusted.as_deref()
    }
}

impl Api {
    /// The API of `schema` over `database`, for requests that may name the `persisted` documents.
    pub fn new(schema: &'static Schema, database: Database, options: ApiOptions, persisted: Persisted) -> Self {
        let suggests = options.introspection != Some(Switch::Off);
        let documents = Documents::new(options.limits.document, suggests).into();
        Self { schema, documents, persisted: persisted.into(), database, options, fast: true }
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

    /// What it serves.
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// What it answers from.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Looks at a request, of which nothing runs yet. Its parameters are those of GraphQL over HTTP
    /// (<https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>), each of its right type. What the log
    /// tells of it is `known` as soon as it is read, also of one that is refused.
    ///
    /// # Errors
    /// What is wrong, for the client, each with its code.
    pub fn prepare(
        &self,
        parameters: Parameters,
        held: &Held,
        known: &mut Known,
    ) -> Result<Prepared, Vec<ServerError>> {
        let Named { text, is_trusted, untrusted, to_keep } = self.persisted.text(&parameters)?;
        known.is_trusted = is_trusted;
        let document = &mut known.document;
        let refused = |_: &_| *document = Some(Digest::of(&text));
        let document = self.documents.read(&text, &self.schema.definitions, &mut known.steps).inspect_err(refused)?;
        known.document = Some(document.digest);
        let wishes = Wishes::of(parameters.extensions.get(EXTENSION))?;
        if wishes.sql() && !self.reports_sql() {
            return Err(forbidden("the SQL report is off on this server; its setting `--sql-report` allows it"));
        }
        let operation = document.operation(parameters.operation.as_deref())?;
        known.operation = document.name(operation).map(str::to_owned);
        known.kind = Some(document.kind(operation));
        let variables = known.steps.take("GraphQL Variable Coercion", || {
            document.variables(operation, &parameters, &self.schema.definitions, &self.options.limits.document)
        })?;
        let form = known
            .steps
            .take("GraphQL Operation Planning", || document.form(operation, &variables, &self.schema.definitions));
        let Measure { cost, introspects, values } =
            limits::measure(&form, &variables, &self.options.limits, &self.schema.definitions)?;
        if introspects && !self.introspects() {
            return Err(forbidden("introspection is off on this server; its schema is the file `schema.graphql`"));
        }
        let watched = match form.kind {
            OperationType::Subscription => {
                let limits = self.options.limits.filter;
                Some(Watched::of(&form, &variables, &self.schema.told, limits)?)
            }
            OperationType::Query | OperationType::Mutation => None,
        };
        let never_live = match form.kind {
            OperationType::Query if self.schema.told.is_empty() => Some("this server records no changes"),
            OperationType::Query if !wishes.sql() => None,
            _ => Some("only a query is answered again, and without a report of its SQL"),
        };
        if let Some(problem) = never_live.filter(|_| wishes.live) {
            let problem = format!("`extensions.{EXTENSION}.live`: {problem}");
            return Err(vec![error::of_request(ServerError::new(problem, None), code::BAD_USER_INPUT)]);
        }
        if watched.is_some() && wishes.concern_an_answer() {
            let problem = format!("`extensions.{EXTENSION}`: a subscription has no report");
            return Err(vec![error::of_request(ServerError::new(problem, None), code::BAD_USER_INPUT)]);
        }
        held.take(values as usize * BYTES_A_VALUE + form.size / 100 * BYTES_A_HUNDRED_FIELDS)
            .map_err(|full| vec![error::full(full)])?;
        Ok(Prepared {
            held: held.clone(),
            document: form.document(&variables),
            wishes,
            cost,
            left: None,
            kind: form.kind,
            reads: form.reads(),
            watched,
            alone: form.fields.len() == 1,
            deadline: None,
            untrusted,
            to_keep: to_keep.map(|digest| (digest, text)),
            bytes: parameters.bytes,
            noted: None,
        })
    }

    /// Answers one request, whose statements are added to its `report`. All that the request reads, it reads in one
    /// snapshot, through loaders of its own; dropping the future ends it. `request_id` names it to whoever reads the log.
    ///
    /// A query that a replica cannot answer is asked of another, and at last of the database that is written to.
    pub async fn execute(&self, prepared: Prepared, report: &Report, request_id: &str) -> Response {
        /// How long after it another is asked for what was written, which none showed, and the database that is written to was not there.
        const PAUSE: Duration = Duration::from_millis(50);
        let Prepared { mut document, wishes, held, cost, left, alone, kind, deadline, to_keep, noted, .. } = prepared;
        if let Some((digest, text)) = to_keep {
            self.persisted.keep(digest, text);
        }
        let mut replicas = self.database.replicas.len();
        let freshness = match wishes.after {
            // Whoever writes, or looks at changes, reads no replica, which may be behind.
            _ if replicas == 0 || kind == OperationType::Mutation || noted.is_some() => Freshness::Latest,
            None => Freshness::Any,
            Some(written) => Freshness::After(written),
        };
        let mut attempt = Attempt { held, alone, deadline, noted, freshness, report: report.clone() };
        let (mut response, written) = loop {
            let again = (attempt.freshness != Freshness::Latest).then(|| (document.clone(), attempt.clone()));
            let Attempted { response, lost, written } = self.attempt(document, attempt).await;
            let (Some(again), Some(lost)) = (again, lost) else { break (response, written) };
            (document, attempt) = again;
            match (lost, freshness) {
                (Lost::Replica, _) => {
                    replicas -= 1;
                    if replicas == 0 {
                        attempt.freshness = Freshness::Latest;
                    }
                }
                // A replica may take its place, and shows soon what was written.
                (Lost::Primary, Freshness::After(_))
                    if deadline.is_some_and(|it| Instant::now() + 2 * PATIENCE < it) =>
                {
                    sleep(PAUSE).await;
                }
                (Lost::Primary, _) => break (response, written),
            }
        };
        wishes.fulfil(report, cost, left, written, &mut response);
        error::complete(&mut response.errors, request_id);
        response
    }

    /// Answers a request, if what it reads from is there.
    async fn attempt(&self, document: ExecutableDocument, attempt: Attempt) -> Attempted {
        let Attempt { held, alone, deadline, noted, freshness, report } = attempt;
        let most = self.options.limits.response_bytes;
        let texts = Meter::new("the answer's rows have", most, held.clone());
        let session = Session::new(self.database.clone(), report, texts, noted, freshness);
        let batches = Batches::default();
        let running = Running {
            limits: self.options.limits,
            fast: self.fast,
            alone,
            deadline,
            written: Meter::new("the answer has", most, held),
            fields: Arc::default(),
            made: Made::default(),
            loaders: Loaders::new(session.clone(), batches.clone()),
            session: session.clone(),
        };
        let mut request = Request::new("").data(running);
        request.set_parsed_query(document);
        let execution = self.schema.execute(request);
        let run = async {
            let response = batches.drive(execution).await;
            let lost = match session.lost().await {
                Some(error) if session.is_on_replica() && error.is_of_database() => Some(Lost::Replica),
                Some(Error::Unavailable(_)) => Some(Lost::Primary),
                _ => None,
            };
            session.end().await;
            Attempted { response, lost, written: session.written() }
        };
        self.database.attend(deadline, run).await
    }
}

/// One of the attempts to answer a request.
#[derive(Clone)]
struct Attempt {
    held: Held,
    alone: bool,
    deadline: Option<Instant>,
    noted: Option<Noted>,
    freshness: Freshness,
    report: Report,
}

/// The result of an attempt.
struct Attempted {
    response: Response,
    lost: Option<Lost>,
    written: Option<Written>,
}

/// What an attempt read from that was not there.
enum Lost {
    /// A replica.
    Replica,
    /// The database that is written to.
    Primary,
}

fn forbidden(problem: &str) -> Vec<ServerError> {
    vec![error::of_request(ServerError::new(problem, None), code::FORBIDDEN)]
}
