//! The shop's schema changes, oldest first. One that was released is never edited.

use sea_orm_migration::prelude::*;

mod m20261201_000001_create_shop;
mod m20261201_000002_index_orders;

/// The list of all migrations.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261201_000001_create_shop::Migration), Box::new(m20261201_000002_index_orders::Migration)]
    }
}
