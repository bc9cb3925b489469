use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// On SQLite, a column's default spelt a whole second as `.000`, which the driver never does: texts that stand for one
/// moment must be equal. Rows get their moments from the program since, in one spelling.
#[derive(DeriveMigrationName)]
pub struct Migration;

const MOMENTS: [(&str, &str); 9] = [
    ("users", "created_at"),
    ("users", "updated_at"),
    ("posts", "created_at"),
    ("posts", "updated_at"),
    ("students", "created_at"),
    ("students", "updated_at"),
    ("courses", "created_at"),
    ("courses", "updated_at"),
    ("enrollments", "enrolled_at"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            for (table, column) in MOMENTS {
                let sql = format!(
                    r#"UPDATE "{table}" SET "{column}" = replace("{column}", '.000+', '+') WHERE "{column}" LIKE '%.000+%'"#
                );
                manager.get_connection().execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
