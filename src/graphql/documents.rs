//! Recently seen documents, parsed and validated once per text.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::ServerError;
use lru::LruCache;

use super::front::{Document, Schema};
use crate::config::limits::DocumentLimits;

/// How many documents are kept: an application sends a few dozen. It is unwrapped by the compiler.
const MOST: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// The longest text of a document that is kept, in bytes: parsed, it takes some fifty times as much.
const LONGEST: usize = 4_096;

/// The documents that were asked for last, each within the limits.
pub struct Documents {
    limits: DocumentLimits,
    /// Whether what is wrong with a document is told with names of the schema.
    suggests: bool,
    latest: Mutex<LruCache<String, Arc<Document>>>,
}

impl Documents {
    /// None yet.
    pub fn new(limits: DocumentLimits, suggests: bool) -> Self {
        Self { limits, suggests, latest: Mutex::new(LruCache::new(MOST)) }
    }

    /// The document that a text is.
    pub fn read(&self, text: &str, schema: &Schema) -> Result<Arc<Document>, Vec<ServerError>> {
        let known = self.latest.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let document = Arc::new(Document::read(text, schema, &self.limits, self.suggests)?);
        if text.len() <= LONGEST {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            latest.put(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}
