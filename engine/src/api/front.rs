//! The front: a request's text and variables, checked to the letter before anything runs.
//!
//! bluejay parses a text, validates it against the schema (GraphQL, September 2025, section 5) and coerces variables (section
//! 6.1.2). It judges; what it judged becomes a [`Form`]. Its rules spread a fragment as often as it is named, so that [`bounds`]
//! refuses what would grow beyond measure first.

mod bounds;
mod definitions;
pub mod source;
mod subscription;
mod told;

use std::sync::Arc;

use async_graphql::{Name, ServerError, Value, Variables, parser::types::OperationType};
use bluejay_core::{
    AsIter,
    executable::{OperationDefinition as _, VariableType},
};
use bluejay_parser::ast::{
    Parse, ParseOptions,
    executable::{ExecutableDocument, OperationDefinition},
};
use bluejay_validator::executable::{
    Cache,
    document::BuiltinRulesValidator,
    operation::{Analyzer, Visitor, analyzers::VariableValuesAreValid},
};
use parking_lot::Mutex;
use self_cell::self_cell;
use serde_json::{Map, Value as Json};

pub use self::definitions::{Definitions, Scalars, definitions};
use self::{
    source::{Positions, Source},
    told::Teller,
};
use super::{
    Parameters,
    excess::{NESTING, at_most},
    normal::{Form, kind_of, literal, normal_form},
    steps::Steps,
};
use crate::{
    config::limits::DocumentLimits,
    digest::Digest,
    error::{self, code, excerpt},
};

type Ast<'a> = ExecutableDocument<'a>;

self_cell! {
    struct Parsed {
        owner: String,
        #[covariant]
        dependent: Ast,
    }
}

/// A document that fits the schema.
pub struct Document {
    /// The digest of its text.
    pub digest: Digest,
    parsed: Parsed,
    positions: Positions,
    /// Whether names of the schema may be told.
    suggests: bool,
    /// The variables that decide which selections are skipped.
    conditions: Vec<String>,
    forms: Mutex<Vec<Kept>>,
}

/// A form that was asked for: of which operation, and which conditions held.
type Kept = (usize, Vec<bool>, Arc<Form>);

/// How many forms of a document are kept: two for each of a few conditions.
const MOST_FORMS: usize = 16;

/// The kept forms of a document have one field at most for so many bytes of its text: a field takes some 500 bytes.
const BYTES_A_FIELD: usize = 4;

impl Document {
    /// The document that a text is, if it is one, within the limits, that fits the schema.
    pub fn read(
        text: &str,
        schema: &Definitions,
        limits: &DocumentLimits,
        suggests: bool,
        steps: &mut Steps,
    ) -> Result<Self, Vec<ServerError>> {
        // A character has a byte or more: a short text need not be counted.
        if text.len() as u64 > limits.characters {
            let characters = text.chars().count() as u64;
            at_most(characters, limits.characters, "the document has", "characters", "--max-document-characters")?;
        }
        let Source { text: prepared, positions } = source::prepared(text)?;
        let mut tokens = 0;
        // Each bracket is up to three steps down; what only looks like a string is no string to the parser.
        let options = ParseOptions { max_depth: 3 * NESTING, ..ParseOptions::default() };
        let parsed = steps.take("GraphQL Document Parsing", || {
            Parsed::try_new(prepared, |text| {
                let parsed = ExecutableDocument::parse_with_options(text, options);
                tokens = parsed.token_count as u64;
                parsed.result.map_err(|errors| Teller::new(text, &positions, None).parsing(errors))
            })
        });
        at_most(tokens, limits.tokens, "the document has", "tokens", "--max-document-tokens")?;
        let parsed = parsed?;
        let document = parsed.borrow_dependent();
        let conditions = bounds::check(document, limits)?;
        steps.take("GraphQL Document Validation", || {
            let cache = Cache::new(document, schema);
            let errors = BuiltinRulesValidator::validate(document, schema, &cache);
            let errors = errors
                .filter(|error| !told::is_of_newer_introspection(error) && !told::is_of_subscriptions_root(error));
            let teller = Teller::new(parsed.borrow_owner(), &positions, suggests.then_some(schema));
            let errors = teller.validating(errors, limits.validation_errors);
            if errors.is_empty() { Ok(subscription::check(document, &positions)?) } else { Err(errors) }
        })?;
        Ok(Self { digest: Digest::of(text), parsed, positions, suggests, conditions, forms: Mutex::default() })
    }

    /// The operation to run (GraphQL, section 6.1.1), by its place in the document.
    pub fn operation(&self, name: Option<&str>) -> Result<usize, ServerError> {
        let operations = self.parsed.borrow_dependent().operation_definitions();
        let unfit = |problem| error::of_request(ServerError::new(problem, None), code::GRAPHQL_VALIDATION_FAILED);
        match (name, operations) {
            (None, [_]) => Ok(0),
            (None, _) => Err(unfit("The document has several operations: `operationName` must name one.".to_owned())),
            (Some(name), _) => operations
                .iter()
                .position(|operation| operation.as_ref().name() == Some(name))
                .ok_or_else(|| unfit(format!("Unknown operation named {:?}", excerpt(name)))),
        }
    }

    /// The name of an operation, if it has one.
    pub fn name(&self, operation: usize) -> Option<&str> {
        self.definition(operation).as_ref().name()
    }

    /// The type of an operation.
    pub fn kind(&self, operation: usize) -> OperationType {
        kind_of(self.definition(operation))
    }

    fn definition(&self, operation: usize) -> &OperationDefinition<'_> {
        &self.parsed.borrow_dependent().operation_definitions()[operation]
    }

    /// The values of an operation's variables (GraphQL, section 6.1.2): what it does not declare is dropped, and what is not
    /// given has its default, or none.
    pub fn variables(
        &self,
        operation: usize,
        parameters: &Parameters,
        schema: &Definitions,
        limits: &DocumentLimits,
    ) -> Result<Variables, Vec<ServerError>> {
        let mut variables = Variables::default();
        let definition = self.definition(operation);
        let Some(declared) = definition.as_ref().variable_definitions() else { return Ok(variables) };
        let is_declared = |name: &str| declared.iter().any(|declared| declared.variable().as_str() == name);
        let given = parameters.variables(is_declared, limits.variable_values)?;
        self.check_variables(operation, &given, schema, limits)?;
        for declared in declared.iter() {
            let name = declared.variable().as_str();
            let base = VariableType::as_ref(declared.r#type()).name();
            let value = match (given.get(name), declared.default_value()) {
                (Some(value), _) => literal::<true, _>(value, base, schema),
                (None, Some(default)) => literal(default, base, schema),
                (None, None) => continue,
            };
            // There are no variables in a variable's value.
            variables.insert(Name::new(name), value.into_const().unwrap_or_default());
        }
        Ok(variables)
    }

    fn check_variables(
        &self,
        operation: usize,
        given: &Map<String, Json>,
        schema: &Definitions,
        limits: &DocumentLimits,
    ) -> Result<(), Vec<ServerError>> {
        let operation = self.definition(operation);
        let cache = Cache::new(self.parsed.borrow_dependent(), schema);
        let mut check = VariableValuesAreValid::new(operation, schema, given, &cache, ());
        for declared in operation.as_ref().variable_definitions().into_iter().flat_map(|them| them.iter()) {
            check.visit_variable_definition(declared);
        }
        let teller = Teller::new(self.parsed.borrow_owner(), &self.positions, self.suggests.then_some(schema));
        let errors = teller.coercing(check.into_output(), limits.validation_errors);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The normal form of an operation, of which these variables decide what is skipped.
    pub fn form(&self, operation: usize, variables: &Variables, schema: &Definitions) -> Arc<Form> {
        let holds = |name: &str| variables.get(name) == Some(&Value::Boolean(true));
        let conditions: Vec<_> = self.conditions.iter().map(|name| holds(name)).collect();
        let kept = || self.forms.lock();
        if let Some((.., form)) = kept().iter().find(|(of, when, _)| *of == operation && *when == conditions) {
            return Arc::clone(form);
        }
        let document = self.parsed.borrow_dependent();
        let form = Arc::new(normal_form(&self.positions, document, self.definition(operation), &holds, schema));
        let mut forms = kept();
        let fields: usize = forms.iter().map(|(.., form)| form.size).sum();
        if forms.len() < MOST_FORMS && fields + form.size <= self.parsed.borrow_owner().len() / BYTES_A_FIELD {
            forms.push((operation, conditions, Arc::clone(&form)));
        }
        form
    }
}
