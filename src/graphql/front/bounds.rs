//! How large a document may be before its rules are checked: each fragment is looked at once, however often it is spread.

use std::collections::{BTreeSet, HashMap};

use async_graphql::ServerError;
use bluejay_core::{
    AsIter, Directive as _,
    executable::{
        Field as _, FragmentDefinition as _, FragmentSpread as _, InlineFragment as _, OperationDefinition as _,
    },
};
use bluejay_parser::ast::{
    Value, VariableDirectives,
    executable::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
};

use crate::{
    config::limits::DocumentLimits,
    error::{self, code},
    graphql::limits::{NESTING, at_most, too_complex},
};

/// Refuses a document whose rules would take too long to check, and says which variables decide what is skipped.
pub fn check(document: &ExecutableDocument<'_>, limits: &DocumentLimits) -> Result<Vec<String>, ServerError> {
    let named = document.fragment_definitions().iter().map(|fragment| (fragment.name().as_str(), fragment));
    let mut bounds = Bounds { limits, fragments: named.collect(), known: HashMap::new(), conditions: BTreeSet::new() };
    let mut largest = 0;
    for operation in document.operation_definitions() {
        let variables = operation.as_ref().variable_definitions().map_or(0, |variables| variables.iter().count());
        at_most(variables as u64, limits.variables, "the operation has", "variables", "--max-variables")?;
        bounds.directives(operation.as_ref().directives())?;
        largest = bounds.extent(operation.selection_set(), 0)?.selections.max(largest);
    }
    for fragment in document.fragment_definitions() {
        bounds.directives(fragment.directives())?;
        largest = bounds.extent(fragment.selection_set(), 0)?.selections.max(largest);
    }
    at_most(largest, limits.tokens, "the document spreads to", "selections", "--max-document-tokens")?;
    Ok(bounds.conditions.into_iter().map(str::to_owned).collect())
}

/// What a selection set comes to once all fragments are spread.
#[derive(Clone, Copy, Default)]
struct Extent {
    /// Selections, here and below; what no number can hold stays at the greatest.
    selections: u64,
    /// Selection sets below one another.
    height: usize,
}

struct Bounds<'a> {
    limits: &'a DocumentLimits,
    fragments: HashMap<&'a str, &'a FragmentDefinition<'a>>,
    /// The fragments that were looked at; `None` while one is.
    known: HashMap<&'a str, Option<Extent>>,
    conditions: BTreeSet<&'a str>,
}

impl<'a> Bounds<'a> {
    fn extent(&mut self, set: &'a SelectionSet<'a>, level: usize) -> Result<Extent, ServerError> {
        self.check_level(level)?;
        let mut extent = Extent::default();
        for selection in set.iter() {
            let (directives, within) = match selection {
                Selection::Field(field) => {
                    let below = field.selection_set().map_or(Ok(Extent::default()), |set| self.extent(set, level + 1));
                    (field.directives(), below?)
                }
                Selection::InlineFragment(fragment) => {
                    (fragment.directives(), self.extent(fragment.selection_set(), level + 1)?)
                }
                Selection::FragmentSpread(spread) => {
                    (spread.directives(), self.fragment(spread.name().as_str(), level + 1)?)
                }
            };
            self.directives(directives)?;
            extent.selections = extent.selections.saturating_add(within.selections).saturating_add(1);
            extent.height = extent.height.max(within.height + 1);
        }
        Ok(extent)
    }

    fn fragment(&mut self, name: &'a str, level: usize) -> Result<Extent, ServerError> {
        let Some(fragment) = self.fragments.get(name).copied() else { return Ok(Extent::default()) };
        match self.known.get(name) {
            Some(Some(extent)) => {
                self.check_level(level + extent.height)?;
                return Ok(*extent);
            }
            Some(None) => {
                let problem = ServerError::new(format!("Fragment {name:?} spreads itself."), None);
                return Err(error::of_request(problem, code::GRAPHQL_VALIDATION_FAILED));
            }
            None => {}
        }
        self.known.insert(name, None);
        let extent = self.extent(fragment.selection_set(), level)?;
        self.known.insert(name, Some(extent));
        Ok(extent)
    }

    fn check_level(&self, level: usize) -> Result<(), ServerError> {
        if level <= NESTING {
            return Ok(());
        }
        Err(too_complex(format!("the document nests more selections than are allowed: {NESTING}")))
    }

    fn directives(&mut self, directives: Option<&'a VariableDirectives<'a>>) -> Result<(), ServerError> {
        let Some(directives) = directives else { return Ok(()) };
        let count = directives.iter().count() as u64;
        at_most(count, self.limits.directives, "one place has", "directives", "--max-directives")?;
        let arguments = directives.iter().filter_map(|directive| directive.arguments()).flat_map(|them| them.iter());
        self.conditions.extend(arguments.filter_map(|argument| match argument.value() {
            Value::Variable(variable) => Some(variable.as_str()),
            _ => None,
        }));
        Ok(())
    }
}
