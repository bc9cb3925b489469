//! A text's digest: the name of a document in the log, and of a trigger in the database.

use std::{array, fmt};

use sha2::{Digest as _, Sha256};

/// The first 16 digits of a text's SHA-256.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Digest {
    /// That of a text.
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
