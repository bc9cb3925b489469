//! The migrations of a program's tables.

use std::fmt::{Debug, Formatter, Result};

use sea_orm::DynIden;
use sea_orm_migration::{MigrationTrait, MigratorTrait, MigratorTraitSelf};

use super::recording::Recorded;

/// The migrations of a program.
#[derive(Clone, Copy)]
pub struct Migrations {
    all: fn() -> Vec<Box<dyn MigrationTrait>>,
    table: fn() -> DynIden,
    recorded: fn() -> Vec<Recorded>,
}

impl Migrations {
    /// Those of a migrator. Of tables that are `recorded`, the database records the changes, as long as they are there.
    pub fn of<M: MigratorTrait>(recorded: fn() -> Vec<Recorded>) -> Self {
        Self { all: M::migrations, table: M::migration_table_name, recorded }
    }

    /// The tables whose changes are recorded.
    pub fn recorded(&self) -> Vec<Recorded> {
        (self.recorded)()
    }
}

impl MigratorTraitSelf for Migrations {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        (self.all)()
    }

    fn migration_table_name(&self) -> DynIden {
        (self.table)()
    }
}

impl Debug for Migrations {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        formatter.write_str("Migrations")
    }
}

/// No migrations: those of a program over a database that is made elsewhere.
pub struct NoMigrations;

impl MigratorTrait for NoMigrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}
