//! The migrations of a program's tables, and whether they are applied.

use std::{
    collections::HashSet,
    fmt::{Debug, Formatter, Result as Formatted},
};

use anyhow::{Context, Result, bail, ensure};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, DynIden,
    sea_query::{Alias, Query},
};
use sea_orm_migration::{Migration, MigrationTrait, MigratorTrait, MigratorTraitSelf, SchemaManager};

use super::{
    explain,
    pool::{Pool, ask},
    recording::{self, Recorded},
};
use crate::config::MigrateAction;

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
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
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

/// Makes sure that the tables are those that the program of this name knows: brings an embedded database up to date, and refuses a
/// PostgreSQL that is not.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn ensure_migrated(writer: &Pool, migrations: Migrations, program: &str) -> Result<()> {
    match unfit(writer, migrations).await? {
        None => Ok(()),
        Some(_) if writer.get_database_backend() == DbBackend::Sqlite => migrate(writer, migrations, MigrateAction::Up)
            .await
            .map_err(|error| explain(&error))
            .context("cannot migrate"),
        Some(unfit) => bail!("{unfit}; run `{program} migrate up`"),
    }
}

/// Why the tables are not those that the program knows, if so.
///
/// # Errors
/// The database cannot be asked.
pub async fn unfit(writer: &Pool, migrations: Migrations) -> Result<Option<String>> {
    match pending(writer, migrations).await.map_err(|error| explain(&error))? {
        None => unrecorded(writer, migrations).await,
        pending => Ok(pending),
    }
}

/// Whether changes are not recorded that should be, if so.
async fn unrecorded(writer: &Pool, migrations: Migrations) -> Result<Option<String>> {
    let recorded = migrations.recorded();
    if migrations.migrations().is_empty() {
        ensure!(
            recorded.is_empty(),
            "changes are recorded by what `migrate` makes, but this program has no migrations; `const CHANGES: bool = false` of its \
             types says that it tells of none"
        );
        return Ok(None);
    }
    let has_all = recording::has_all(writer, &recorded).await.map_err(|error| explain(&error))?;
    Ok((!has_all).then(|| "the changes of this database are not recorded as this program reads them".to_owned()))
}

/// Migrates in one transaction: all is applied, or nothing. Changes are recorded from then on, but not those that it makes: who is told
/// of changes is told to begin anew.
pub async fn migrate(writer: &Pool, migrations: Migrations, action: MigrateAction) -> Result<(), DbErr> {
    let is_sqlite = writer.get_database_backend() == DbBackend::Sqlite;
    // `fresh` drops tables that others refer to, and SQLite does not change this setting within a transaction.
    let ignores_references = is_sqlite && matches!(action, MigrateAction::Fresh { .. });
    if ignores_references {
        writer.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
    }
    let migrator = writer.begin_for_migrator(true).await?;
    let recorded = migrations.recorded();
    let is_done = match action {
        MigrateAction::Status => true,
        MigrateAction::Up => {
            migrations.get_pending_migrations_read_only(&migrator.transaction).await?.is_empty()
                && recording::is_in_place(&migrator.transaction, &recorded).await?
        }
        MigrateAction::Down { .. } | MigrateAction::Fresh { .. } => false,
    };
    if !is_done {
        recording::remove(&migrator.transaction).await?;
    }
    match action {
        MigrateAction::Up => migrations.up(&migrator.transaction, None).await?,
        MigrateAction::Down { steps } => migrations.down(&migrator.transaction, Some(steps)).await?,
        MigrateAction::Fresh { .. } => migrations.fresh(&migrator.transaction).await?,
        MigrateAction::Status => {}
    }
    if !is_done {
        recording::put_in_place(&migrator.transaction, &recorded).await?;
    }
    migrator.commit().await?;
    if ignores_references {
        writer.execute_unprepared("PRAGMA foreign_keys = ON").await?;
    }
    Ok(())
}

/// What migrations are pending, if any. Those that the program does not know are of a newer version of it, which is put in its place just
/// now.
pub async fn pending(writer: &Pool, migrations: Migrations) -> Result<Option<String>, DbErr> {
    let table = migrations.migration_table_name();
    let migrator = writer.begin_for_migrator(false).await?;
    let mut applied = HashSet::new();
    if is_there(&migrator.transaction, &table.to_string()).await? {
        let select = Query::select().column(Alias::new("version")).from(table).take();
        for row in migrator.transaction.query_all(&select).await? {
            applied.insert(row.try_get_by_index::<String>(0)?);
        }
    }
    migrator.commit().await?;
    let pending = migrations.migrations().iter().filter(|migration| !applied.contains(migration.name())).count();
    Ok(match pending {
        0 => None,
        1 => Some("1 migration is pending on this database".to_owned()),
        several => Some(format!("{several} migrations are pending on this database")),
    })
}

/// Whether the table of migrations is there, also if this user may not read it, which SeaORM's own question hides.
///
/// # Errors
/// Also if it may be there, but in a schema that the user may not use.
async fn is_there(transaction: &DatabaseTransaction, table: &str) -> Result<bool, DbErr> {
    if transaction.get_database_backend() != DbBackend::Postgres {
        return SchemaManager::new(transaction).has_table(table).await;
    }
    let question = format!(
        "SELECT to_regclass(quote_ident(current_schema()) || '.' || quote_ident({})) IS NOT NULL, \
         CASE WHEN current_schema() IS NULL THEN current_setting('search_path') END",
        recording::text(table)
    );
    let row = ask(transaction, &question).await?;
    if let Some(path) = row.try_get_by_index::<Option<String>>(1)? {
        let problem = format!(
            "no schema of the search_path ({path}) is there and may be used: GRANT USAGE ON SCHEMA … to the user"
        );
        return Err(DbErr::Custom(problem));
    }
    row.try_get_by_index(0)
}

/// All migrations, each with whether it is applied or pending.
pub async fn status(writer: &Pool, migrations: Migrations) -> Result<Vec<Migration>, DbErr> {
    // They seem pending to whoever may not read which are applied.
    pending(writer, migrations).await?;
    let migrator = writer.begin_for_migrator(false).await?;
    let all = migrations.get_migration_with_status_read_only(&migrator.transaction).await?;
    migrator.commit().await?;
    Ok(all)
}
