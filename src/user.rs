//! `User`: its fields, its queries, its mutations.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use derive_more::{AsRef, From};
use dovetail::{
    error::{Nullable, Result},
    graphql::{
        ContextExt,
        columns::ColumnFields,
        connection::{self, Connection, NodeEdge},
        filter::{Conditions, DateTimeFilter, FilterInput, IdFilter, ListFilter, StringFilter},
        lists::ListFields,
        mutation::{self, DeletePayload, UserError, UserErrors, stored},
        node::{ColumnField, ListField, Node},
        one::{self, One},
        order::{OrderField, OrderInput},
        paging::ListArgs,
    },
    insert::insert_all,
    loaders::{OrderBy, Relation, Row},
};
use entity::{post, user};
use sea_orm::{ActiveModelTrait, Set, Unchanged};

use crate::post::{NewPostInput, Post, PostFilter};

#[derive(AsRef, Clone, From)]
pub struct User(Row<user::Entity>);

impl Node for User {
    type Entity = user::Entity;
    type Filter = UserFilter;
    type OrderField = UserOrderField;
    const TYPE: &'static str = "User";
    const COLUMNS: &'static [ColumnField<user::Entity>] = &[
        (user::Column::Name, "The user's name: 1 to 100 characters, not blank. Several users may have the same."),
        (user::Column::CreatedAt, "When the user was created."),
        (user::Column::UpdatedAt, "When the user was last changed; before any change, when it was created."),
    ];
    const LISTS: &'static [ListField<Self>] = &[ListField::of::<PostsByOwner, NodeEdge<Post>>(
        "posts",
        "The user's posts, ordered by id unless `orderBy` is given.",
    )];
}

/// A user, who writes posts.
#[Object]
impl User {
    /// The user's id, such as `User:500`.
    pub async fn id(&self) -> Result<ID> {
        Ok(Self::global_id(self.0.key()?))
    }

    #[graphql(flatten)]
    async fn columns(&self, _ctx: &Context<'_>) -> ColumnFields<Self> {
        ColumnFields::of(self)
    }

    #[graphql(flatten)]
    async fn lists(&self, _ctx: &Context<'_>) -> ListFields<Self> {
        ListFields(self.clone())
    }
}

/// The posts of a user.
pub struct PostsByOwner;

impl Relation for PostsByOwner {
    type Parent = user::Entity;
    type Node = post::Entity;
    type Link = post::Entity;
    const PARENT: post::Column = post::Column::OwnerId;
}

/// Conditions on a user: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
pub struct UserFilter {
    /// All of these hold.
    and: Option<Vec<UserFilter>>,
    /// At least one of these holds.
    or: Option<Vec<UserFilter>>,
    /// This does not hold.
    not: Option<Box<UserFilter>>,
    /// The id.
    id: Option<IdFilter>,
    /// The name.
    name: Option<StringFilter>,
    /// When the user was created.
    created_at: Option<DateTimeFilter>,
    /// When the user was last changed.
    updated_at: Option<DateTimeFilter>,
    /// The user's posts.
    posts: Option<ListFilter<PostFilter>>,
}

impl FilterInput for UserFilter {
    fn add_to(self, all: &mut Conditions) -> Result<()> {
        all.logic(self.and, self.or, self.not)?;
        all.id::<User>(self.id)?;
        all.text(user::Column::Name, self.name)?;
        all.moment(user::Column::CreatedAt, self.created_at)?;
        all.moment(user::Column::UpdatedAt, self.updated_at)?;
        all.children::<PostsByOwner, _>("posts", self.posts)
    }
}

/// The keys by which users can be ordered.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub enum UserOrderField {
    /// The id.
    Id,
    /// The name.
    Name,
    /// When the user was created.
    CreatedAt,
    /// When the user was last changed.
    UpdatedAt,
    /// The number of posts.
    PostsCount,
}

impl OrderField for UserOrderField {
    fn by(self) -> Option<OrderBy> {
        Some(match self {
            Self::Id => return None,
            Self::Name => OrderBy::column(user::Column::Name),
            Self::CreatedAt => OrderBy::column(user::Column::CreatedAt),
            Self::UpdatedAt => OrderBy::column(user::Column::UpdatedAt),
            Self::PostsCount => OrderBy::count::<PostsByOwner>(),
        })
    }
}

#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// The user with this id; `null` if there is none.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id such as `User:500`, or its bare key: `500`.")] id: ID,
    ) -> Nullable<One<User>> {
        one::look_up(ctx, &id, "id").await
    }

    /// All users, ordered by id unless `orderBy` is given.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many items at most. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many items at most. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only items that satisfy this filter.")] filter: Option<Box<UserFilter>>,
        #[graphql(desc = "The order: by these keys in turn, then by id.")] order_by: Option<
            Vec<OrderInput<UserOrderField>>,
        >,
    ) -> Result<Connection<NodeEdge<User>>> {
        connection::all(ctx, "Query.users", ListArgs { first, after, last, before, filter, order_by }).await
    }
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

/// The user to delete.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// An id such as `User:500`, or its bare key.
    id: ID,
}

/// The result of `createUser`.
#[derive(SimpleObject, Default)]
pub struct CreateUserPayload {
    /// The new user; `null` if nothing was written.
    user: Option<One<User>>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

/// The result of `updateUser`.
#[derive(SimpleObject, Default)]
pub struct UpdateUserPayload {
    /// The changed user; `null` if nothing was written.
    user: Option<One<User>>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Creates a user, and any posts given with it, in one transaction.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new user.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let posts = input.posts.unwrap_or_default();
        let mut errors = UserErrors::default();
        errors.check_label("name", &input.name, user::NAME_MAX);
        for (index, post) in posts.iter().enumerate() {
            post.check(&mut errors, &format!("posts.{index}"));
        }
        if errors.any() {
            return Ok(CreateUserPayload { user_errors: errors.into(), ..Default::default() });
        }
        let transaction = ctx.write().await?;
        let user = user::ActiveModel { name: Set(input.name), ..Default::default() }.insert(&transaction).await?;
        insert_all(&transaction, posts.into_iter().map(|post| post.owned_by(user.id))).await?;
        transaction.done().await;
        Ok(CreateUserPayload { user: Some(stored(user)), ..Default::default() })
    }

    /// Changes a user.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateUserInput,
    ) -> Result<UpdateUserPayload> {
        let key = User::key(&input.id, "input.id")?;
        let mut errors = UserErrors::default();
        let mut changes = user::ActiveModel { id: Unchanged(key), ..Default::default() };
        if let Some(name) = input.name {
            errors.check_label("name", &name, user::NAME_MAX);
            changes.name = Set(name);
        }
        let (user, user_errors) = mutation::update(ctx, key, changes, errors).await?;
        Ok(UpdateUserPayload { user, user_errors })
    }

    /// Deletes a user, and the user's posts with it.
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to delete.")] input: DeleteUserInput,
    ) -> Result<DeletePayload<User>> {
        mutation::delete(ctx, &input.id).await
    }
}
