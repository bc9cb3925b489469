//! The names of the headers that are this server's own.

use axum::http::HeaderName;

/// The header with a request's id: taken over from the client, or made here; sent back either way.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that asks for an SQL report, for clients that cannot send a request's extensions: `sql` or `explain`.
pub const REPORT: &str = "dovetail-report";
