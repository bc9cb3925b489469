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
    Value, VariableDirectives, VariableValue,
    executable::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
};

use crate::{
    api::excess::{NESTING, at_most, too_complex},
    config::limits::DocumentLimits,
    error::{self, code},
};

/// Refuses a document whose rules would take too long to check, and says which variables decide what is skipped.
pub fn check(document: &ExecutableDocument<'_>, limits: &DocumentLimits) -> Result<Vec<String>, ServerError> {
    let named = document.fragment_definitions().iter().map(|fragment| (fragment.name().as_str(), fragment));
    let mut bounds = Bounds { limits, fragments: named.collect(), known: HashMap::new(), conditions: BTreeSet::new() };
    let mut size = 0_u64;
    for operation in document.operation_definitions() {
        let variables = operation.as_ref().variable_definitions().map_or(0, |variables| variables.iter().count());
        at_most(variables as u64, limits.variables, "the operation has", "variables", "--max-variables")?;
        bounds.directives(operation.as_ref().directives())?;
        size = size.saturating_add(bounds.extent(operation.selection_set(), 0)?.size);
    }
    for fragment in document.fragment_definitions() {
        bounds.directives(fragment.directives())?;
        size = size.saturating_add(bounds.extent(fragment.selection_set(), 0)?.size);
    }
    at_most(size, limits.tokens, "the document spreads to", "selections and values", "--max-document-tokens")?;
    Ok(bounds.conditions.into_iter().map(str::to_owned).collect())
}

/// What a selection set comes to once all fragments are spread.
#[derive(Clone, Copy, Default)]
struct Extent {
    /// Selections and values, here and below; what no number can hold stays at the greatest.
    size: u64,
    /// Selection sets below it, one below the other.
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
            let (directives, values, below) = match selection {
                Selection::Field(field) => {
                    let given = field.arguments().into_iter().flat_map(|arguments| arguments.iter());
                    let values = given.map(|argument| values(argument.value())).sum();
                    let below = field.selection_set().map(|set| self.extent(set, level + 1)).transpose()?;
                    (field.directives(), values, below)
                }
                Selection::InlineFragment(fragment) => {
                    (fragment.directives(), 0, Some(self.extent(fragment.selection_set(), level + 1)?))
                }
                Selection::FragmentSpread(spread) => {
                    (spread.directives(), 0, self.fragment(spread.name().as_str(), level + 1)?)
                }
            };
            self.directives(directives)?;
            extent.size = extent.size.saturating_add(1 + values);
            if let Some(below) = below {
                extent.size = extent.size.saturating_add(below.size);
                extent.height = extent.height.max(below.height + 1);
            }
        }
        Ok(extent)
    }

    /// The extent of a fragment, if there is one of that name.
    fn fragment(&mut self, name: &'a str, level: usize) -> Result<Option<Extent>, ServerError> {
        let Some(fragment) = self.fragments.get(name).copied() else { return Ok(None) };
        match self.known.get(name) {
            Some(Some(extent)) => {
                self.check_level(level + extent.height)?;
                return Ok(Some(*extent));
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
        Ok(Some(extent))
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

/// How many values there are in a value, lists and objects of others apart.
fn values(value: &VariableValue<'_>) -> u64 {
    match value {
        Value::List(items) => items.iter().map(values).sum::<u64>().max(1),
        Value::Object(fields) => fields.iter().map(|(_, field)| values(field)).sum::<u64>().max(1),
        _ => 1,
    }
}
