//! Dovetail: an ORM-driven GraphQL server for related data.
//!
//! The number of SQL statements that a query runs depends on its text alone, never on the data, and every answer is one
//! consistent moment of the database.
//!
//! A program names its nodes and its mutations ([`graphql::nodes::Types`]) and its migrator ([`run::Program`]), and hands them to
//! [`run::main`].
//!
//! # The words
//!
//! - **Node**: a type whose objects are the rows of an entity, each with an id.
//! - **Field**: a line of a node: a column, a parent, or a list of children.
//! - **Kind**: what a column's values are, such as texts or moments.
//! - **Key**: a primary key. **Loader key**: what a loader loads by.
//! - **Hop**: the step from a row to the rows of another table that have its key, or that it has the key of.
//! - **Relation**: the hops from a parent to its children: one, or two over a join table.
//! - **List**: the items that a filter leaves, in an order. **Page**: the part of it that is asked for.
//! - **Connection**: a page as GraphQL has it. **Edge**: an item of it. **Cursor**: the item's place in the list's order.
//! - **Level**: all objects that a field of a text leads to.
//! - **Batch**: the keys of one type that wait to be loaded. **Statement**: the SQL that loads them.
//! - **Snapshot**: the state of the database that a request reads. **Moment**: a value of the scalar `DateTime`.
//! - **Front**: what parses and checks a document before anything runs. **Normal form**: the document as it is run.
//! - **Refusal**: why a request, or a mutation, does nothing.
//!
//! # The map
//!
//! | module | job |
//! |---|---|
//! | [`prelude`] | what the files of a program's types use |
//! | [`run`] | a program's command line, and what each command does |
//! | [`config`] | command line and environment, each setting stated once |
//! | [`profile`] | what `--profile` makes of the settings, and which go together |
//! | [`doctor`] | whether a database is fit to be served |
//! | [`server`] | every route: HTTP in, HTTP out; `server/` holds the protocol, tokens, origins and connections |
//! | [`api`] | a request from its parameters to its answer: what is valid, what it costs, how it is executed |
//! | [`graphql`] | nodes and what comes of their fields: types, roots, lists, filters, orders, mutations; the executor |
//! | [`loaders`] | where every row of an answer comes from, in batches |
//! | [`kinds`] | the kinds of values, a file each: how they are read, answered, compared, and put in a cursor |
//! | [`changes`] | what the database records of its changes, and in which order that is read |
//! | [`database`] | opening the two pools, the migrations, and what records changes |
//! | [`log`] | where the log's lines go |
//! | `digest` | the name of a text in the log, and of a trigger |
//! | [`memory`] | how many bytes requests may hold |
//! | [`metrics`] | what is counted for operators |
//! | [`insert`] | many rows at once |
//! | [`error`] | the one error that a client can see |
//!
//! The import rule: `run -> server -> api -> graphql -> loaders -> kinds -> changes -> database`. Import from below, never from above, and in no circle:
//! `tests/rooms/check.py` has the whole order. No `axum` under `api`, `graphql` or `loaders`; no type of the schema in `loaders`.

#![warn(missing_docs)]

pub mod api;
pub mod changes;
pub mod config;
pub mod database;
mod digest;
pub mod doctor;
pub mod error;
pub mod graphql;
pub mod insert;
pub mod kinds;
pub mod loaders;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod prelude;
pub mod profile;
pub mod run;
pub mod server;
