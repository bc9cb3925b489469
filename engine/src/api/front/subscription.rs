//! That a subscription has one root field, and which (GraphQL, September 2025, section 5.2.4.1).

use std::collections::{HashMap, HashSet};

use async_graphql::ServerError;
use bluejay_core::{
    AsIter, Directive, OperationType,
    executable::{Field as _, FragmentSpread as _, InlineFragment as _, OperationDefinition as _},
};
use bluejay_parser::{
    HasSpan, Span,
    ast::{
        VariableDirectives,
        executable::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
    },
};

use super::source::Positions;
use crate::error::{self, code};

/// Refuses a document with a subscription whose root is anything but one field of the schema, whatever its variables.
pub fn check(document: &ExecutableDocument<'_>, positions: &Positions) -> Result<(), ServerError> {
    let named = || document.fragment_definitions().iter().map(|fragment| (fragment.name().as_str(), fragment));
    for operation in document.operation_definitions() {
        if operation.as_ref().operation_type() != OperationType::Subscription {
            continue;
        }
        let mut root = Root { fragments: named().collect(), spread: HashSet::new(), key: None };
        root.check(operation.selection_set()).map_err(|(problem, span)| {
            let error = ServerError::new(problem, Some(positions.at(span)));
            error::of_request(error, code::GRAPHQL_VALIDATION_FAILED)
        })?;
    }
    Ok(())
}

struct Root<'a> {
    fragments: HashMap<&'a str, &'a FragmentDefinition<'a>>,
    spread: HashSet<&'a str>,
    /// The response key of the one field.
    key: Option<&'a str>,
}

impl<'a> Root<'a> {
    /// CollectSubscriptionFields.
    fn check(&mut self, set: &'a SelectionSet<'a>) -> Result<(), (String, &'a Span)> {
        for selection in set.iter() {
            match selection {
                Selection::Field(field) => {
                    decided(field.directives())?;
                    if field.name().as_str().starts_with("__") {
                        return Err((
                            "The root field of a subscription is one of introspection.".to_owned(),
                            field.span(),
                        ));
                    }
                    if *self.key.get_or_insert(field.response_key()) != field.response_key() {
                        return Err((
                            "A subscription has several root fields; allowed is one.".to_owned(),
                            field.span(),
                        ));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    decided(fragment.directives())?;
                    self.check(fragment.selection_set())?;
                }
                Selection::FragmentSpread(spread) => {
                    decided(spread.directives())?;
                    let name = spread.name().as_str();
                    if self.spread.insert(name)
                        && let Some(fragment) = self.fragments.get(name).copied()
                    {
                        self.check(fragment.selection_set())?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// That it does not depend on the variables which field it is.
fn decided<'a>(directives: Option<&'a VariableDirectives<'a>>) -> Result<(), (String, &'a Span)> {
    let mut directives = directives.into_iter().flat_map(|directives| directives.iter());
    match directives.find(|directive| matches!(Directive::name(*directive), "skip" | "include")) {
        Some(directive) => {
            let name = Directive::name(directive);
            Err((
                format!("The root field of a subscription has `@{name}`, which is not allowed there."),
                directive.span(),
            ))
        }
        None => Ok(()),
    }
}
