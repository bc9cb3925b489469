//! A document's digest: its name in the log.

use std::{array, fmt};

use sha2::{Digest as _, Sha256};

/// The first 16 digits of a document's SHA-256, by which the log names it.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Digest {
    /// That of a document's text.
    pub fn of(text: &str) -> Self {
        let digest = Sha256::digest(text);
        Self(u64::from_be_bytes(array::from_fn(|index| digest[index])))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:016x}", self.0)
    }
}
