use sea_orm_migration::prelude::*;

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let reference = |column: &'static str, table: &'static str| {
            ForeignKey::create()
                .name(format!("enrollments_{column}"))
                .from("enrollments", column)
                .to(table, "id")
                .on_delete(ForeignKeyAction::Cascade)
                .take()
        };
        let table = Table::create()
            .table("enrollments")
            .col(columns::reference("student_id"))
            .col(columns::reference("course_id"))
            .col(columns::moment("enrolled_at", backend))
            // The primary key's index is the one for a student's courses.
            .primary_key(Index::create().col("student_id").col("course_id"))
            .foreign_key(&mut reference("student_id", "students"))
            .foreign_key(&mut reference("course_id", "courses"))
            .take();
        manager.create_table(table).await?;
        let by_course = Index::create()
            .name("enrollments_course_id_student_id")
            .table("enrollments")
            .col("course_id")
            .col("student_id")
            .take();
        manager.create_index(by_course).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("enrollments").take()).await
    }
}
