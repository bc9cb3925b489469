//! Recently seen documents, parsed and validated once per text.

use std::{fmt, num::NonZeroUsize, sync::Arc};

use async_graphql::ServerError;
use lru::LruCache;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::front::{Document, Schema};
use crate::config::limits::DocumentLimits;

/// How many documents are kept: an application sends a few dozen. It is unwrapped by the compiler.
const MOST: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// The longest text of a document that is kept, in bytes: parsed, it takes some fifty times as much.
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
    latest: Mutex<LruCache<String, Arc<Document>>>,
}

impl Documents {
    /// None yet.
    pub fn new(limits: DocumentLimits, suggests: bool) -> Self {
        Self { limits, suggests, latest: Mutex::new(LruCache::new(MOST)) }
    }

    /// The document that a text is.
    pub fn read(&self, text: &str, schema: &Schema) -> Result<Arc<Document>, Vec<ServerError>> {
        let known = self.latest.lock().get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let document = Arc::new(Document::read(text, schema, &self.limits, self.suggests)?);
        if text.len() <= LONGEST {
            let mut latest = self.latest.lock();
            latest.put(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}
