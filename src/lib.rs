//! Dovetail: an ORM-driven GraphQL server for related data.
//!
//! The number of SQL statements that a query runs depends on its text alone, never on the data, and every answer is one
//! consistent moment of the database.
//!
//! # The map
//!
//! | module | job |
//! |---|---|
//! | `main` | reads the command line, calls [`run`] |
//! | [`run`] | what each command of the program does |
//! | [`config`] | command line and environment, each setting stated once |
//! | [`profile`] | what `--profile` makes of the settings, and which go together |
//! | [`server`] | every route: HTTP in, HTTP out; `server/` holds the protocol, tokens, origins and connections |
//! | [`graphql`] | the schema; `graphql/api.rs` executes a request, `graphql/<type>.rs` holds a type's fields, queries, mutations |
//! | [`loaders`] | where every row of an answer comes from, in batches; `loaders/` holds the generic pieces |
//! | [`database`] | opening the two pools |
//! | [`log`] | where the log's lines go |
//! | [`memory`] | how many bytes requests may hold |
//! | `seed`, [`insert`] | made-up rows, a feature of the build; many rows at once |
//! | [`error`] | the one error that a client can see |
//!
//! The import rule: `main -> server -> graphql -> loaders -> entity`. Import from below, never from above; `error`,
//! `config`, `database`, `log`, `memory` and `insert` may be imported by all. No `axum` under `graphql` or `loaders`; no GraphQL type in `loaders`.

#![warn(missing_docs)]

pub mod config;
pub mod database;
pub mod error;
pub mod graphql;
pub mod insert;
pub mod loaders;
pub mod log;
pub mod memory;
pub mod profile;
pub mod run;
#[cfg(feature = "seed")]
pub mod seed;
pub mod server;
