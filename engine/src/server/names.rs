//! The names of the headers that are this server's own.

use axum::http::HeaderName;

/// The header with a request's id: taken over from the client, or made here; sent back either way.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header with the id of the last event that a client of an event stream has (HTML, section 9.2.4).
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The header with the token of a reserved event stream (graphql-sse).
pub const STREAM_TOKEN: HeaderName = HeaderName::from_static("x-graphql-event-stream-token");

/// The header that asks for an SQL report, for clients that cannot send a request's extensions: `sql` or `explain`.
pub const REPORT: HeaderName = HeaderName::from_static("dovetail-report");

/// The header of an answer with a token of what its mutation wrote, where queries may read from replicas.
pub const WRITTEN: HeaderName = HeaderName::from_static("dovetail-written");

/// The header with such a token, of a request that is to read no less.
pub const AFTER: HeaderName = HeaderName::from_static("dovetail-after");
