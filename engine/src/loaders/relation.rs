//! What ties rows to their parents.

use sea_orm::EntityTrait;

use super::Table;

/// How the children of a parent are found.
pub trait Relation: Send + Sync + 'static {
    /// The parent's entity.
    type Parent: Table;
    /// The children's.
    type Node: Table;
    /// The table whose rows tell a child's parent: the children's own, or a join table.
    type Link: EntityTrait<Model: Sync>;
    /// Its column with the parent's key.
    const PARENT: <Self::Link as EntityTrait>::Column;
    /// The join table's column with the child's key; `None` where the children's own table tells their parent. An index on the
    /// parent's key and the child's serves a page of a parent's children.
    const CHILD: Option<<Self::Link as EntityTrait>::Column> = None;
}
