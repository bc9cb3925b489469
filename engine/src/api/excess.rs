//! How deep anything may be nested, and the refusal of too much.

use async_graphql::ServerError;

use crate::error::{self, code};

/// How deep brackets, and selection sets once fragments are spread, may be nested: what reads them does so by recursion, on a
/// stack of 2 MiB.
pub const NESTING: usize = 64;

/// Refuses more than is allowed.
pub fn at_most(found: u64, allowed: u64, holder: &str, what: &str, setting: &str) -> Result<(), ServerError> {
    if found <= allowed {
        return Ok(());
    }
    Err(too_complex(format!("{holder} {found} {what}; allowed are {allowed} (`{setting}`)")))
}

/// The refusal of what asks for too much.
pub fn too_complex(problem: String) -> ServerError {
    error::of_request(ServerError::new(problem, None), code::TOO_COMPLEX)
}
