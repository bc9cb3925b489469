//! Recently seen documents, parsed and validated once per text.

use std::sync::Arc;

use async_graphql::ServerError;

use super::{
    front::{Definitions, Document},
    latest::Latest,
    steps::Steps,
};
use crate::{config::limits::DocumentLimits, metrics::METRICS};

/// How many documents are kept: an application sends a few dozen.
const MOST: usize = 256;

/// How many bytes their texts have together: parsed, a text takes up to 150 times as much.
const MOST_BYTES: usize = 128 << 10;

/// The longest text of a document that is kept, in bytes.
const LONGEST: usize = 4_096;

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
    pub fn read(&self, text: &str, schema: &Definitions, steps: &mut Steps) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(known) = self.latest.get(text) {
            METRICS.documents_known.inc();
            return Ok(known);
        }
        METRICS.documents_read.inc();
        let document = Arc::new(Document::read(text, schema, &self.limits, self.suggests, steps)?);
        if text.len() <= LONGEST {
            self.latest.keep(text.to_owned(), Arc::clone(&document), text.len());
        }
        Ok(document)
    }
}
