//! Recently seen documents, parsed and validated once per text.

use std::{fmt, sync::Arc};

use async_graphql::ServerError;
use sha2::{Digest as _, Sha256};

use super::{
    front::{Definitions, Document},
    latest::Latest,
};
use crate::config::limits::DocumentLimits;

/// How many documents are kept: an application sends a few dozen.
const MOST: usize = 256;

/// How many bytes their texts have together: parsed, a text takes up to 150 times as much.
const MOST_BYTES: usize = 128 << 10;

/// The longest text of a document that is kept, in bytes.
const LONGEST: usize = 4_096;

/// The first 16 digits of a document's SHA-256, by which the log names it.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Digest {
    /// That of a document's text.
    pub fn of(text: &str) -> Self {
        let digest = Sha256::digest(text);
        Self(u64::from_be_bytes(std::array::from_fn(|index| digest[index])))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:016x}", self.0)
    }
}

/// The documents that were asked for last, each within the limits.
pub struct Documents {
    limits: DocumentLimits,
    /// Whether what is wrong with a document is told with names of the schema.
    suggests: bool,
    latest: Latest<Arc<Document>>,
}

impl Documents {
    /// None yet.
    pub fn new(limits: DocumentLimits, suggests: bool) -> Self {
        Self { limits, suggests, latest: Latest::new(MOST, MOST_BYTES) }
    }

    /// The document that a text is.
    pub fn read(&self, text: &str, schema: &Definitions) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(known) = self.latest.get(text) {
            return Ok(known);
        }
        let document = Arc::new(Document::read(text, schema, &self.limits, self.suggests)?);
        if text.len() <= LONGEST {
            self.latest.keep(text.to_owned(), Arc::clone(&document), text.len());
        }
        Ok(document)
    }
}
