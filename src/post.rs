//! `Post`: its fields and its mutations.

use async_graphql::{Context, ID, InputObject, Object};
use dovetail::prelude::{Created, DeleteInput, Deleted, Field, Node, Result, Updated, Write, given};
use entity::post::{ActiveModel, Column, Entity};
use sea_orm::Set;

use crate::user::User;

/// The node of the type `Post`.
pub struct Post;

impl Node for Post {
    type Entity = Entity;
    const TYPE: &'static str = "Post";
    const DESCRIPTION: &'static str = "A post, written by a user.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Title, "The title: 1 to 200 characters, not blank.").not_blank().filter().order(),
        Field::column(Column::Content, "The text; may be empty.").filter(),
        Field::column(Column::CreatedAt, "When the post was created.").filter().order(),
        Field::column(Column::UpdatedAt, "When the post was last changed; at first, when it was created.")
            .filter()
            .order(),
        Field::parent::<User>("owner", "The author. Deleting the user deletes the post.").filter().order_by("name"),
    ];
}

/// A post to create together with its owner.
#[derive(InputObject)]
pub struct NewPostInput {
    /// 1 to 200 characters, not blank.
    title: String,
    /// Any text; may be empty.
    content: String,
}

impl From<NewPostInput> for ActiveModel {
    fn from(NewPostInput { title, content }: NewPostInput) -> Self {
        Self { title: Set(title), content: Set(content), ..Default::default() }
    }
}

/// A new post.
#[derive(InputObject)]
pub struct CreatePostInput {
    /// The author: the id of a user, such as `User:500`, or its bare key.
    owner_id: ID,
    /// 1 to 200 characters, not blank.
    title: String,
    /// Any text; may be empty.
    content: String,
}

/// Changes of a post. A field left out or `null` stays as it is.
#[derive(InputObject)]
pub struct UpdatePostInput {
    /// The post: an id such as `Post:500`, or its bare key.
    id: ID,
    /// 1 to 200 characters, not blank.
    title: Option<String>,
    /// Any text; may be empty.
    content: Option<String>,
}

/// The mutations of posts.
#[derive(Default)]
pub struct PostMutation;

#[Object]
impl PostMutation {
    /// Creates a post of a user.
    async fn create_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new post.")] input: CreatePostInput,
    ) -> Result<Created<Post>> {
        let mut write = Write::of(ctx);
        let owner_id = Set(write.parent::<User>("ownerId", &input.owner_id).await?);
        let post = ActiveModel::from(NewPostInput { title: input.title, content: input.content });
        write.create(ActiveModel { owner_id, ..post }).await
    }

    /// Changes a post.
    async fn update_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdatePostInput,
    ) -> Result<Updated<Post>> {
        let UpdatePostInput { id, title, content } = input;
        let changes = ActiveModel { title: given(title), content: given(content), ..Default::default() };
        Write::of(ctx).update(&id, changes).await
    }

    /// Deletes a post.
    async fn delete_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The post to delete.")] input: DeleteInput<Post>,
    ) -> Result<Deleted<Post>> {
        Write::of(ctx).delete(input).await
    }
}
