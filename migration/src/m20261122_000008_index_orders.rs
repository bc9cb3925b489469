use sea_orm_migration::prelude::*;

/// A page of a list in the order of any column is one walk of an index: the column, and the key that decides among equals.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEXES: [(&str, &[&str]); 14] = [
    ("users", &["name", "id"]),
    ("users", &["created_at", "id"]),
    ("users", &["updated_at", "id"]),
    ("posts", &["title", "id"]),
    ("posts", &["created_at", "id"]),
    ("posts", &["updated_at", "id"]),
    // Each user's latest posts.
    ("posts", &["owner_id", "created_at", "id"]),
    ("students", &["name", "id"]),
    ("students", &["created_at", "id"]),
    ("students", &["updated_at", "id"]),
    ("courses", &["title", "id"]),
    ("courses", &["created_at", "id"]),
    ("courses", &["updated_at", "id"]),
    ("enrollments", &["enrolled_at", "student_id", "course_id"]),
];

fn name(table: &str, columns: &[&str]) -> String {
    format!("{table}_{}", columns.join("_"))
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in INDEXES {
            let mut index = Index::create().name(name(table, columns)).table(table).take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in INDEXES {
            manager.drop_index(Index::drop().name(name(table, columns)).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
