//! `Post`: its fields, its queries, its mutations.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use derive_more::{AsRef, From};
use dovetail::{
    error::{Nullable, Result},
    graphql::{
        ContextExt,
        columns::ColumnFields,
        connection::{self, Connection, NodeEdge},
        filter::{Conditions, DateTimeFilter, FilterInput, IdFilter, StringFilter},
        mutation::{self, DeletePayload, UserError, UserErrors, stored},
        node::{ColumnField, Node},
        one::{self, One},
        order::{OrderField, OrderInput},
        paging::ListArgs,
    },
    loaders::{OrderBy, Row},
};
use entity::{post, user};
use sea_orm::{ActiveModelTrait, Set, Unchanged};

use crate::user::{User, UserFilter};

#[derive(AsRef, Clone, From)]
pub struct Post(Row<post::Entity>);

impl Node for Post {
    type Entity = post::Entity;
    type Filter = PostFilter;
    type OrderField = PostOrderField;
    const TYPE: &'static str = "Post";
    const COLUMNS: &'static [ColumnField<post::Entity>] = &[
        (post::Column::Title, "The post's title: 1 to 200 characters, not blank."),
        (post::Column::Content, "The post's text; may be empty."),
        (post::Column::CreatedAt, "When the post was created."),
        (post::Column::UpdatedAt, "When the post was last changed; before any change, when it was created."),
    ];
}

/// A post, written by a user.
#[Object]
impl Post {
    /// The post's id, such as `Post:500`.
    pub async fn id(&self) -> Result<ID> {
        Ok(Self::global_id(self.0.key()?))
    }

    #[graphql(flatten)]
    async fn columns(&self, _ctx: &Context<'_>) -> ColumnFields<Self> {
        ColumnFields::of(self)
    }

    /// The author. Deleting the user deletes the post.
    async fn owner(&self, ctx: &Context<'_>) -> Result<One<User>> {
        one::referenced(ctx, self.0.get(post::Column::OwnerId)?).await
    }
}

/// Conditions on a post: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
pub struct PostFilter {
    /// All of these hold.
    and: Option<Vec<PostFilter>>,
    /// At least one of these holds.
    or: Option<Vec<PostFilter>>,
    /// This does not hold.
    not: Option<Box<PostFilter>>,
    /// The id.
    id: Option<IdFilter>,
    /// The title.
    title: Option<StringFilter>,
    /// The text.
    content: Option<StringFilter>,
    /// When it was created.
    created_at: Option<DateTimeFilter>,
    /// When it was last changed.
    updated_at: Option<DateTimeFilter>,
    /// The author.
    owner: Option<Box<UserFilter>>,
}

impl FilterInput for PostFilter {
    fn add_to(self, all: &mut Conditions) -> Result<()> {
        all.logic(self.and, self.or, self.not)?;
        all.id::<Post>(self.id)?;
        all.text(post::Column::Title, self.title)?;
        all.text(post::Column::Content, self.content)?;
        all.moment(post::Column::CreatedAt, self.created_at)?;
        all.moment(post::Column::UpdatedAt, self.updated_at)?;
        all.parent::<User, _>("owner", post::Column::OwnerId, self.owner)
    }
}

/// The keys by which posts can be ordered.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub enum PostOrderField {
    /// The id.
    Id,
    /// The title.
    Title,
    /// When it was created.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// The author's name.
    OwnerName,
}

impl OrderField for PostOrderField {
    fn by(self) -> Option<OrderBy> {
        Some(match self {
            Self::Id => return None,
            Self::Title => OrderBy::column(post::Column::Title),
            Self::CreatedAt => OrderBy::column(post::Column::CreatedAt),
            Self::UpdatedAt => OrderBy::column(post::Column::UpdatedAt),
            Self::OwnerName => OrderBy::parent::<user::Entity>(post::Column::OwnerId, user::Column::Name),
        })
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
    ) -> Nullable<One<Post>> {
        one::look_up(ctx, &id, "id").await
    }

    /// All posts, ordered by id unless `orderBy` is given.
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many items at most. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many items at most. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only items that satisfy this filter.")] filter: Option<Box<PostFilter>>,
        #[graphql(desc = "The order: by these keys in turn, then by id.")] order_by: Option<
            Vec<OrderInput<PostOrderField>>,
        >,
    ) -> Result<Connection<NodeEdge<Post>>> {
        connection::all(ctx, "Query.posts", ListArgs { first, after, last, before, filter, order_by }).await
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
        let now = entity::now();
        post::ActiveModel {
            title: Set(self.title),
            content: Set(self.content),
            owner_id: Set(owner_id),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        }
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

/// The post to delete.
#[derive(InputObject)]
pub struct DeletePostInput {
    /// An id such as `Post:500`, or its bare key.
    id: ID,
}

/// The result of `createPost`.
#[derive(SimpleObject, Default)]
pub struct CreatePostPayload {
    /// The new post; `null` if nothing was written.
    post: Option<One<Post>>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

/// The result of `updatePost`.
#[derive(SimpleObject, Default)]
pub struct UpdatePostPayload {
    /// The changed post; `null` if nothing was written.
    post: Option<One<Post>>,
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
        transaction.done().await;
        Ok(CreatePostPayload { post: Some(stored(post)), ..Default::default() })
    }

    /// Changes a post.
    async fn update_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdatePostInput,
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
        #[graphql(desc = "The post to delete.")] input: DeletePostInput,
    ) -> Result<DeletePayload<Post>> {
        mutation::delete(ctx, &input.id).await
    }
}
