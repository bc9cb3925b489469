//! The API over a database: a request from its parameters to its answer.

use std::sync::Arc;

use async_graphql::{
    EmptySubscription, Request, Response, SDLExportOptions, Schema, ServerError, ValidationMode,
    parser::types::{ExecutableDocument, OperationType},
};
use serde_json::{Map, Value as Json};

use super::{
    Made, Mutation, Query,
    cost::Costs,
    documents::{Document, Documents},
    json::{IsFast, ran},
    limits,
    persisted::{Named, Persisted},
    report::Wishes,
};
use crate::{
    config::{ApiOptions, Switch, limits::ApiLimits},
    database::Database,
    error::{self, code},
    loaders::{Batches, Counts, Loaders, Session},
};

type ApiSchema = Schema<Query, Mutation, EmptySubscription>;

fn schema(validation: ValidationMode, suggests: bool) -> ApiSchema {
    let builder = Schema::build(Query::default(), Mutation::default(), EmptySubscription).validation_mode(validation);
    if suggests { builder } else { builder.disable_suggestions() }.finish()
}

/// The schema as text in GraphQL's schema definition language: what `schema.graphql` holds, sorted by name, so that a change
/// of the code's order is no change of it.
pub fn sdl() -> String {
    written(&schema(ValidationMode::Strict, true))
}

fn written(schema: &ApiSchema) -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    schema.sdl_with_options(options.include_specified_by().use_space_ident().indent_width(2))
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
    /// The digest under which later requests may name the document.
    to_keep: Option<String>,
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
        written(&self.schema)
    }

    /// Looks at a request, of which nothing runs yet. Its parameters are those of GraphQL over HTTP
    /// (<https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>), each of its right type.
    ///
    /// # Errors
    /// What is wrong, for the client, with its code.
    pub fn prepare(&self, mut parameters: Map<String, Json>) -> Result<Prepared, ServerError> {
        let Named { text, untrusted, to_keep } = self.persisted.text(&parameters)?;
        let document = self.documents.parse(&text)?;
        if document.introspects && !self.introspects() {
            let problem = "introspection is off on this server; its schema is the file `schema.graphql`";
            return Err(error::of_request(ServerError::new(problem, None), code::FORBIDDEN));
        }
        parameters.insert("query".to_owned(), text.into());
        let request: Request = serde_json::from_value(parameters.into())
            .map_err(|problem| error::of_request(ServerError::new(problem.to_string(), None), code::BAD_USER_INPUT))?;
        let wishes = Wishes::of(&request)?;
        if wishes.sql() && !self.reports_sql() {
            let problem = "the SQL report is off on this server; its setting `--sql-report` allows it";
            return Err(error::of_request(ServerError::new(problem, None), code::FORBIDDEN));
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
        Ok(Prepared { request, document, wishes, cost, writes, untrusted, to_keep })
    }

    /// Answers one request, and says what its statements add up to. All that the request reads, it reads in one
    /// snapshot, through loaders of its own; dropping the future ends it. `request_id` names it to whoever reads the log.
    pub async fn execute(&self, prepared: Prepared, request_id: &str) -> (Response, Counts) {
        let Prepared { mut request, document, wishes, cost, writes, to_keep, .. } = prepared;
        if let Some(digest) = to_keep {
            self.persisted.keep(digest, request.query.clone());
        }
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
