//! Dovetail: an ORM-driven GraphQL server for related data.
//!
//! The number of SQL statements that a query runs depends on its text alone, never on the data, and every answer is one
//! consistent moment of the database.
//!
//! A program names its types' roots and its migrator ([`run::Program`]), and hands them to [`run::main`].
//!
//! # The map
//!
//! | module | job |
//! |---|---|
//! | [`run`] | a program's command line, and what each command does |
//! | [`config`] | command line and environment, each setting stated once |
//! | [`profile`] | what `--profile` makes of the settings, and which go together |
//! | [`server`] | every route: HTTP in, HTTP out; `server/` holds the protocol, tokens, origins and connections |
//! | [`api`] | a request from its parameters to its answer: what is valid, what it costs, how it is executed |
//! | [`graphql`] | what types are made of: ids, columns, lists, filters, orders, mutations |
//! | [`loaders`] | where every row of an answer comes from, in batches |
//! | [`database`] | opening the two pools, and the migrations |
//! | [`log`] | where the log's lines go |
//! | [`memory`] | how many bytes requests may hold |
//! | [`insert`] | many rows at once |
//! | [`error`] | the one error that a client can see |
//!
//! The import rule: `run -> server -> api -> graphql -> loaders -> database`. Import from below, never from above, and in no circle:
//! `tests/rooms/check.py` has the whole order. No `axum` under `api`, `graphql` or `loaders`; no GraphQL type in `loaders`.

#![warn(missing_docs)]

pub mod api;
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
pub mod server;
