use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// On PostgreSQL, texts are ordered and compared by code point, as SQLite does: the API's orders are the same on both, and
/// an index serves them whatever the database's own collation is.
#[derive(DeriveMigrationName)]
pub struct Migration;

const LABELS: [(&str, &str, u32); 4] =
    [("users", "name", 100), ("posts", "title", 200), ("students", "name", 100), ("courses", "title", 200)];

async fn collate(manager: &SchemaManager<'_>, collation: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        for (table, column, max) in LABELS {
            let sql =
                format!(r#"ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE varchar({max}) COLLATE "{collation}""#);
            manager.get_connection().execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "C").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "default").await
    }
}
