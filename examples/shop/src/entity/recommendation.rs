//! The join table from products to the products that go with them.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "recommendations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub related_id: i32,
    pub strength: f32,
    #[sea_orm(belongs_to, relation_enum = "Product", from = "product_id", to = "id", on_delete = "Cascade")]
    pub product: BelongsTo<super::product::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Related", from = "related_id", to = "id", on_delete = "Cascade")]
    pub related: BelongsTo<super::product::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
