//! The shop over HTTP, with its demo rows, on SQLite and on PostgreSQL: the same answers to the byte.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, which is its job")]

#[path = "../../../tests/support/layout.rs"]
mod layout;
#[path = "../../../tests/support/postgres.rs"]
mod postgres;
mod support;

mod kinds;
mod mutations;
mod orders;
mod program;
mod readme;
mod relations;
