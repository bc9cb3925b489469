//! A post, owned by one user and deleted with that user.

use sea_orm::{Set, entity::prelude::*};

/// The most characters (Unicode scalar values) of a title; the database enforces it too.
pub const TITLE_MAX: usize = 200;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    pub owner_id: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "Cascade")]
    pub owner: BelongsTo<super::user::Entity>,
}

#[async_trait::async_trait]
impl ActiveModelBehavior for ActiveModel {
    async fn before_save<C: ConnectionTrait>(mut self, _: &C, insert: bool) -> Result<Self, DbErr> {
        if insert && self.created_at.is_not_set() {
            self.created_at = Set(crate::now());
        }
        if !insert || self.updated_at.is_not_set() {
            self.updated_at = Set(crate::now());
        }
        Ok(self)
    }
}
