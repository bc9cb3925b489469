//! `Post`: its fields, its queries, its mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use derive_more::From;
use entity::post;
use sea_orm::{ActiveModelTrait, Set, Unchanged, prelude::DateTimeUtc};

use super::{
    ContextExt,
    connection::{self, Connection, NodeEdge, PageArgs},
    mutation::{self, DeletePayload, UserError, UserErrors},
    node::{self, Node},
    user::User,
};
use crate::error::{Nullable, Result};

#[derive(Clone, From)]
pub struct Post(Arc<post::Model>);

impl Node for Post {
    type Entity = post::Entity;
    const TYPE: &'static str = "Post";
}

/// A text that a user wrote.
#[Object]
impl Post {
    /// The post's id, such as `Post:500`.
    pub async fn id(&self) -> ID {
        Self::global_id(self.0.id)
    }

    /// The post's title: 1 to 200 characters, not blank.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The post's text; may be empty.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// When the post was created.
    async fn created_at(&self) -> DateTimeUtc {
        self.0.created_at
    }

    /// When the post was last changed; at first, when it was created.
    async fn updated_at(&self) -> DateTimeUtc {
        self.0.updated_at
    }

    /// The user who wrote the post. When the user is deleted, so is the post.
    async fn owner(&self, ctx: &Context<'_>) -> Result<User> {
        node::referenced(ctx, self.0.owner_id).await
    }
}

#[derive(Default)]
pub struct PostQuery;

#[Object]
impl PostQuery {
    /// The post with this id; `null` if there is none.
    async fn post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id such as `Post:500`, or its bare key: `500`.")] id: ID,
    ) -> Nullable<Post> {
        node::look_up(ctx, &id, "id").await
    }

    /// All posts, in the order of their ids.
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the list's start. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the list's end. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<NodeEdge<Post>>> {
        connection::all(ctx, "Query.posts", PageArgs { first, after, last, before }).await
    }
}

/// A post to create together with its owner.
#[derive(InputObject)]
pub struct NewPostInput {
    /// 1 to 200 characters, not blank.
    title: String,
    /// Any text; may be empty.
    content: String,
}

impl NewPostInput {
    /// Adds what is wrong with the post, which stands at `path` in the mutation's input.
    pub fn check(&self, errors: &mut UserErrors, path: &str) {
        errors.check_label(&format!("{path}.title"), &self.title, post::TITLE_MAX);
        errors.check_text(&format!("{path}.content"), &self.content);
    }

    /// The row to insert for the owner with this key.
    pub fn owned_by(self, owner_id: i64) -> post::ActiveModel {
        post::ActiveModel {
            title: Set(self.title),
            content: Set(self.content),
            owner_id: Set(owner_id),
            ..Default::default()
        }
    }
}

/// A new post.
#[derive(InputObject)]
pub struct CreatePostInput {
    /// Who writes it: the id of a user, such as `User:500`, or its bare key.
    owner_id: ID,
    /// 1 to 200 characters, not blank.
    title: String,
    /// Any text; may be empty.
    content: String,
}

/// What to change of a post. What is left out or `null` stays as it is.
#[derive(InputObject)]
pub struct UpdatePostInput {
    /// Which post: an id such as `Post:500`, or its bare key.
    id: ID,
    /// 1 to 200 characters, not blank.
    title: Option<String>,
    /// Any text; may be empty.
    content: Option<String>,
}

/// Which post to delete.
#[derive(InputObject)]
pub struct DeletePostInput {
    /// An id such as `Post:500`, or its bare key.
    id: ID,
}

/// What creating a post came to.
#[derive(SimpleObject, Default)]
pub struct CreatePostPayload {
    /// The new post; `null` if nothing was written.
    post: Option<Post>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

/// What changing a post came to.
#[derive(SimpleObject, Default)]
pub struct UpdatePostPayload {
    /// The post as it is now; `null` if nothing was written.
    post: Option<Post>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct PostMutation;

#[Object]
impl PostMutation {
    /// Creates a post of a user.
    async fn create_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new post.")] input: CreatePostInput,
    ) -> Result<CreatePostPayload> {
        let CreatePostInput { owner_id, title, content } = input;
        let owner = User::key(&owner_id, "input.ownerId")?;
        let mut errors = UserErrors::default();
        errors.check_label("title", &title, post::TITLE_MAX);
        errors.check_text("content", &content);
        let transaction = ctx.write().await?;
        mutation::hold_one::<User>(&transaction, owner, "ownerId", &mut errors).await?;
        if errors.any() {
            return Ok(CreatePostPayload { user_errors: errors.into(), ..Default::default() });
        }
        let post = NewPostInput { title, content }.owned_by(owner).insert(&transaction).await?;
        transaction.commit().await?;
        Ok(CreatePostPayload { post: Some(Post(Arc::new(post))), ..Default::default() })
    }

    /// Changes a post.
    async fn update_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdatePostInput,
    ) -> Result<UpdatePostPayload> {
        let key = Post::key(&input.id, "input.id")?;
        let mut errors = UserErrors::default();
        let mut changes = post::ActiveModel { id: Unchanged(key), ..Default::default() };
        if let Some(title) = input.title {
            errors.check_label("title", &title, post::TITLE_MAX);
            changes.title = Set(title);
        }
        if let Some(content) = input.content {
            errors.check_text("content", &content);
            changes.content = Set(content);
        }
        let (post, user_errors) = mutation::update(ctx, key, changes, errors).await?;
        Ok(UpdatePostPayload { post, user_errors })
    }

    /// Deletes a post.
    async fn delete_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which post.")] input: DeletePostInput,
    ) -> Result<DeletePayload<Post>> {
        mutation::delete(ctx, &input.id).await
    }
}
