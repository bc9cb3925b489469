//! `User`: its fields and its mutations.

use async_graphql::{Context, ID, InputObject, Object};
use dovetail::prelude::{
    Created, DeleteInput, Deleted, Field, Node, Result, Updated, Write, given, insert_all, stored,
};
use entity::{
    post,
    user::{ActiveModel, Column, Entity},
};
use sea_orm::Set;

use crate::post::{NewPostInput, Post};

/// The node of the type `User`.
pub struct User;

impl Node for User {
    type Entity = Entity;
    const TYPE: &'static str = "User";
    const DESCRIPTION: &'static str = "A user, who writes posts.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Name, "The name: 1 to 100 characters, not blank. Several users may have the same.")
            .not_blank()
            .filter()
            .order(),
        Field::column(Column::CreatedAt, "When the user was created.").filter().order(),
        Field::column(Column::UpdatedAt, "When the user was last changed; at first, when it was created.")
            .filter()
            .order(),
        Field::children::<Post>("posts", "The user's posts.").filter().order(),
    ];
}

/// A new user, and the posts to create with it: all or nothing.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// 1 to 100 characters, not blank.
    name: String,
    /// The user's first posts.
    posts: Option<Vec<NewPostInput>>,
}

/// Changes of a user. A field left out or `null` stays as it is.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// The user: an id such as `User:500`, or its bare key.
    id: ID,
    /// 1 to 100 characters, not blank.
    name: Option<String>,
}

/// The mutations of users.
#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Creates a user, and any posts given with it, in one transaction.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new user.")] input: CreateUserInput,
    ) -> Result<Created<User>> {
        let mut write = Write::of(ctx);
        let user = ActiveModel { name: Set(input.name), ..Default::default() };
        let posts: Vec<_> = input.posts.unwrap_or_default().into_iter().map(post::ActiveModel::from).collect();
        write.check::<User>("", &user);
        for (index, post) in posts.iter().enumerate() {
            write.check::<Post>(&format!("posts.{index}"), post);
        }
        let user = write.insert::<User>(user).await?;
        if let Some(user) = &user {
            // Each at its own moment: they are in the order in which they were given.
            let posts = posts.into_iter().map(|post| {
                let now = Set(entity::now());
                post::ActiveModel { owner_id: Set(user.id), created_at: now.clone(), updated_at: now, ..post }
            });
            insert_all(write.transaction().await?, posts).await?;
        }
        Ok(write.done(user.map(stored)).await.into())
    }

    /// Changes a user.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateUserInput,
    ) -> Result<Updated<User>> {
        let changes = ActiveModel { name: given(input.name), ..Default::default() };
        Write::of(ctx).update(&input.id, changes).await
    }

    /// Deletes a user, and the user's posts with it.
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to delete.")] input: DeleteInput<User>,
    ) -> Result<Deleted<User>> {
        Write::of(ctx).delete(input).await
    }
}
