use sea_orm_migration::{prelude::*, schema};

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut owner = ForeignKey::create()
            .name("posts_owner_id")
            .from("posts", "owner_id")
            .to("users", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let table = Table::create()
            .table("posts")
            .col(columns::id())
            .col(columns::label("title", 200))
            .col(schema::text("content"))
            .col(columns::reference("owner_id"))
            .col(columns::moment("created_at", backend))
            .col(columns::moment("updated_at", backend))
            .foreign_key(&mut owner)
            .take();
        manager.create_table(table).await?;
        // A page of an owner's posts in the order of their keys is one walk of this index.
        let by_owner = Index::create().name("posts_owner_id_id").table("posts").col("owner_id").col("id").take();
        manager.create_index(by_owner).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("posts").take()).await
    }
}
