//! A customer, who may have been referred by another.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique, column_type = "String(StringLen::N(254))")]
    pub email: String,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub name: String,
    pub referrer_id: Option<i64>,
    #[sea_orm(self_ref, relation_enum = "Referrer", from = "referrer_id", to = "id", on_delete = "SetNull")]
    pub referrer: BelongsTo<Option<Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
