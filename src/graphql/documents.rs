//! The documents of late requests: what has the same text is not parsed again, nor validated if that cannot come out
//! otherwise.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_graphql::parser::{self, parse_query, types::ExecutableDocument};
use lru::LruCache;

/// How many documents are kept: an application sends a few dozen. It is unwrapped by the compiler.
const MOST: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// The longest text of a document that is kept, in bytes: parsed, it takes some fifty times as much.
const LONGEST: usize = 4_096;

/// A parsed document.
pub struct Document {
    /// As it was parsed.
    pub parsed: ExecutableDocument,
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

/// The documents that were asked for last.
pub struct Documents(Mutex<LruCache<String, Arc<Document>>>);

impl Default for Documents {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Documents {
    /// The document that a text is.
    pub fn parse(&self, text: &str) -> Result<Arc<Document>, parser::Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let document = Arc::new(Document { parsed: parse_query(text)?, is_valid: AtomicBool::new(false) });
        if text.len() <= LONGEST {
            let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            documents.put(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}
