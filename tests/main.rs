//! What a client sees: HTTP in, JSON out, on SQLite and on PostgreSQL, with the same answers to the byte.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, which is its job")]

mod support;

mod admission;
mod batching;
mod changes;
mod chinook;
mod compound;
mod connections;
mod cop;
mod courses;
mod database;
mod docs;
mod doctor;
mod documents;
mod enrollments;
mod errors;
mod exact;
mod filters;
mod folded;
mod fuzz;
mod graphiql;
mod keys;
mod kinds;
mod life;
mod limits;
mod lists;
mod live;
mod log;
mod metrics;
mod nodes;
mod orders;
mod origins;
mod posts;
mod program;
mod proof;
mod protocol;
mod relations;
mod replicas;
mod report;
mod sockets;
mod streams;
mod students;
mod subscriptions;
mod tokens;
mod traces;
mod users;
