//! How much a document may ask: its text and its shape, looked at before anything runs.
//!
//! async-graphql has some of these limits; its errors name neither the limit nor what was met, and it spreads fragments as
//! often as they are named, which a short text can make astronomical. Here each selection set is looked at once.

use std::collections::HashMap;

use apollo_parser::{Lexer, TokenKind};
use async_graphql::{
    Name, Positioned, ServerError,
    parser::types::{ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet},
};

use crate::{
    config::limits::DocumentLimits,
    error::{self, code},
};

/// How deep brackets, and selection sets once fragments are spread, may be nested: what reads them does so by recursion, on a
/// stack of 2 MiB.
const NESTING: usize = 64;

/// How many lists of an introspection may be nested: the standard query has two (`fields { args … }`,
/// `possibleTypes`), and more make answers that grow with a power of the schema. As GraphQL.js has it
/// (`MaxIntrospectionDepthRule`).
const INTROSPECTION_LISTS: usize = 2;

/// Refuses a text that is too long to be parsed.
pub fn check_text(text: &str, limits: &DocumentLimits) -> Result<(), ServerError> {
    // A character has a byte or more: a short text need not be counted.
    if text.len() as u64 > limits.characters {
        at_most(
            text.chars().count() as u64,
            limits.characters,
            "the document has",
            "characters",
            "--max-document-characters",
        )?;
    }
    let (mut tokens, mut nesting) = (0, 0_usize);
    // What it cannot read, the parser will complain of, in its own words.
    for token in Lexer::new(text).flatten() {
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma | TokenKind::Eof => continue,
            TokenKind::LCurly | TokenKind::LParen | TokenKind::LBracket => nesting += 1,
            TokenKind::RCurly | TokenKind::RParen | TokenKind::RBracket => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        tokens += 1;
        if nesting > NESTING {
            return Err(too_complex(format!("the document nests more brackets than are allowed: {NESTING}")));
        }
    }
    at_most(tokens, limits.tokens, "the document has", "tokens", "--max-document-tokens")
}

/// Refuses a document that asks for more than is allowed, and says whether it asks about the schema.
pub fn check_document(document: &ExecutableDocument, limits: &DocumentLimits) -> Result<bool, ServerError> {
    let mut counts = Counts::default();
    let mut spread = Spread { fragments: &document.fragments, known: HashMap::new() };
    for (_, operation) in document.operations.iter() {
        counts.directives = counts.directives.max(operation.node.directives.len());
        counts.add(&operation.node.selection_set.node);
    }
    for fragment in document.fragments.values() {
        counts.directives = counts.directives.max(fragment.node.directives.len());
        counts.add(&fragment.node.selection_set.node);
    }
    at_most(counts.aliases, limits.aliases, "the document has", "aliases", "--max-aliases")?;
    at_most(counts.directives as u64, limits.directives, "one place has", "directives", "--max-directives")?;
    for (_, operation) in document.operations.iter() {
        let extent = spread.extent(&operation.node.selection_set.node, 0)?;
        let what = "the document spreads to";
        at_most(extent.selections, limits.tokens, what, "selections", "--max-document-tokens")?;
        at_most(extent.depth, limits.depth, "the document is", "fields deep", "--max-depth")?;
        at_most(extent.fields, limits.root_fields, "the operation has", "root fields", "--max-root-fields")?;
        if counts.introspects {
            spread.check_introspection(&operation.node.selection_set.node, None)?;
        }
    }
    Ok(counts.introspects)
}

fn at_most(found: u64, allowed: u64, holder: &str, what: &str, setting: &str) -> Result<(), ServerError> {
    if found <= allowed {
        return Ok(());
    }
    Err(too_complex(format!("{holder} {found} {what}; allowed are {allowed} (`{setting}`)")))
}

/// The refusal of what asks for too much.
pub fn too_complex(problem: String) -> ServerError {
    error::of_request(ServerError::new(problem, None), code::TOO_COMPLEX)
}

/// Whether a field asks about the schema.
fn is_introspection(field: &Field) -> bool {
    matches!(field.name.node.as_str(), "__schema" | "__type")
}

/// What stands in the text itself, however often it is spread.
#[derive(Default)]
struct Counts {
    aliases: u64,
    /// The most of one place.
    directives: usize,
    introspects: bool,
}

impl Counts {
    fn add(&mut self, set: &SelectionSet) {
        for Positioned { node: selection, .. } in &set.items {
            self.directives = self.directives.max(selection.directives().len());
            match selection {
                Selection::Field(Positioned { node: field, .. }) => {
                    self.aliases += u64::from(field.alias.is_some());
                    self.introspects |= is_introspection(field);
                    self.add(&field.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.add(&fragment.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
}

/// What a selection set comes to once all fragments are spread. Counts that no number can hold stay at the greatest.
#[derive(Clone, Copy, Default)]
struct Extent {
    /// Fields of the object itself.
    fields: u64,
    /// Selections, here and below.
    selections: u64,
    /// Fields below one another; introspection is left out.
    depth: u64,
}

/// A document whose fragments are spread.
struct Spread<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// By their places in memory, the selection sets that were looked at; `None` while one is.
    known: HashMap<*const SelectionSet, Option<Extent>>,
}

impl<'a> Spread<'a> {
    fn extent(&mut self, set: &'a SelectionSet, level: usize) -> Result<Extent, ServerError> {
        match self.known.insert(set, None) {
            None if level <= NESTING => {}
            None => {
                return Err(too_complex(format!("the document nests more selections than are allowed: {NESTING}")));
            }
            Some(Some(extent)) => {
                self.known.insert(set, Some(extent));
                return Ok(extent);
            }
            // A set can be in itself by a fragment alone.
            Some(None) => {
                let problem = ServerError::new("a fragment spreads itself, which is not allowed", None);
                return Err(error::of_request(problem, code::GRAPHQL_VALIDATION_FAILED));
            }
        }
        let mut extent = Extent::default();
        for Positioned { node: selection, .. } in &set.items {
            let within = match selection {
                Selection::Field(Positioned { node: field, .. }) => {
                    let below = self.extent(&field.selection_set.node, level + 1)?;
                    let depth = if is_introspection(field) { 0 } else { 1 + below.depth };
                    Extent { fields: 1, depth, ..below }
                }
                Selection::InlineFragment(fragment) => self.extent(&fragment.node.selection_set.node, level + 1)?,
                Selection::FragmentSpread(spread) => match self.fragments.get(&spread.node.fragment_name.node) {
                    Some(fragment) => self.extent(&fragment.node.selection_set.node, level + 1)?,
                    None => Extent::default(),
                },
            };
            extent.fields = extent.fields.saturating_add(within.fields);
            extent.selections = extent.selections.saturating_add(within.selections).saturating_add(1);
            extent.depth = extent.depth.max(within.depth);
        }
        self.known.insert(set, Some(extent));
        Ok(extent)
    }

    /// Refuses too many lists in one another in what asks about the schema; `lists` is how many there are above, if this
    /// does. How often fragments are spread is limited already.
    fn check_introspection(&self, set: &SelectionSet, lists: Option<usize>) -> Result<(), ServerError> {
        for Positioned { node: selection, .. } in &set.items {
            match selection {
                Selection::Field(Positioned { node: field, .. }) => {
                    let lists = match (lists, field.name.node.as_str()) {
                        (Some(lists), "fields" | "interfaces" | "possibleTypes" | "inputFields") => Some(lists + 1),
                        (None, _) if is_introspection(field) => Some(0),
                        (lists, _) => lists,
                    };
                    if lists > Some(INTROSPECTION_LISTS) {
                        let name = &field.name.node;
                        return Err(too_complex(format!(
                            "`{name}` is in as many lists of an introspection as are allowed: {INTROSPECTION_LISTS}"
                        )));
                    }
                    self.check_introspection(&field.selection_set.node, lists)?;
                }
                Selection::InlineFragment(fragment) => {
                    self.check_introspection(&fragment.node.selection_set.node, lists)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.check_introspection(&fragment.node.selection_set.node, lists)?;
                    }
                }
            }
        }
        Ok(())
    }
}
