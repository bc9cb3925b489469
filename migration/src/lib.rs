//! Dovetail's schema changes, oldest first: one file a change, a table's indexes beside the table.
//!
//! A migration that has been released is never edited; it keeps its own literals, so that a change of a constant
//! elsewhere cannot rewrite history. All that are pending are applied in one transaction: none can do what needs to be outside of
//! one, such as `CREATE INDEX CONCURRENTLY`, or SQLite's `PRAGMA foreign_keys`.

pub use sea_orm_migration::prelude::*;

mod columns;
mod m20261122_000001_create_users;
mod m20261122_000002_create_posts;
mod m20261122_000003_create_students;
mod m20261122_000004_create_courses;
mod m20261122_000005_create_enrollments;
mod m20261122_000006_collate_labels;
mod m20261122_000007_spell_moments;
mod m20261122_000008_index_orders;

/// The list of all migrations, which `dovetail migrate` and the embedded database's start apply.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_users::Migration),
            Box::new(m20261122_000002_create_posts::Migration),
            Box::new(m20261122_000003_create_students::Migration),
            Box::new(m20261122_000004_create_courses::Migration),
            Box::new(m20261122_000005_create_enrollments::Migration),
            Box::new(m20261122_000006_collate_labels::Migration),
            Box::new(m20261122_000007_spell_moments::Migration),
            Box::new(m20261122_000008_index_orders::Migration),
        ]
    }
}
