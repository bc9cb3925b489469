//! The documents of late requests: what has the same text is not parsed again, nor validated if that cannot come out
//! otherwise.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_graphql::{
    ServerError,
    parser::{parse_query, types::ExecutableDocument},
};
use lru::LruCache;

use super::limits;
use crate::{
    config::limits::DocumentLimits,
    error::{self, code},
};

/// How many documents are kept: an application sends a few dozen. It is unwrapped by the compiler.
const MOST: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// The longest text of a document that is kept, in bytes: parsed, it takes some fifty times as much.
const LONGEST: usize = 4_096;

/// A parsed document.
pub struct Document {
    /// As it was parsed.
    pub parsed: ExecutableDocument,
    /// Whether it asks about the schema.
    pub introspects: bool,
    is_valid: AtomicBool,
}

impl Document {
    /// Whether it is known to fit the schema, whatever comes with it.
    pub fn is_valid(&self) -> bool {
        self.is_valid.load(Ordering::Relaxed)
    }

    /// Notes that it was answered without an error. Where there are variables, their values are validated with the text.
    pub fn was_answered(&self) {
        let mut operations = self.parsed.operations.iter();
        if operations.all(|(_, operation)| operation.node.variable_definitions.is_empty()) {
            self.is_valid.store(true, Ordering::Relaxed);
        }
    }
}

/// The documents that were asked for last, each within the limits.
pub struct Documents {
    limits: DocumentLimits,
    latest: Mutex<LruCache<String, Arc<Document>>>,
}

impl Documents {
    /// None yet.
    pub fn new(limits: DocumentLimits) -> Self {
        Self { limits, latest: Mutex::new(LruCache::new(MOST)) }
    }

    /// The document that a text is.
    pub fn parse(&self, text: &str) -> Result<Arc<Document>, ServerError> {
        let known = self.latest.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        limits::check_text(text, &self.limits)?;
        let parsed = parse_query(text).map_err(|error| error::of_request(error.into(), code::GRAPHQL_PARSE_FAILED))?;
        let introspects = limits::check_document(&parsed, &self.limits)?;
        let document = Arc::new(Document { parsed, introspects, is_valid: AtomicBool::new(false) });
        if text.len() <= LONGEST {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            latest.put(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}
