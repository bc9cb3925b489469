//! Where every row of an answer comes from: loaders, a fresh set for each request.
//!
//! A loader's key says what is loaded and holds all that shapes the SQL. The pieces are generic: [`ById`] is one row by
//! its key, [`All`] and [`AllCount`] a page and the number of an entity's rows, [`Children`] and [`ChildCount`] the
//! same for the rows of a parent. An entity needs nothing here; a [`Relation`] is declared in a few lines at the end of
//! this file.

mod batches;
mod page;
mod row;
mod select;
mod session;

use std::{collections::HashMap, hash::Hash, marker::PhantomData, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use derive_where::derive_where;
use entity::{course, enrollment, post, student};
use sea_orm::{EntityTrait, FromQueryResult};

pub use self::{
    batches::Batches,
    page::{Page, Rows},
    row::{Key, Linked, ModelOf, Row, Table, read_keyed},
    select::by_keys,
    session::Session,
};
use crate::error::{Error, Result};

/// The loaders of one request.
pub struct Loaders(DataLoader<Session>);

impl Loaders {
    /// Loaders that read through `session` when `batches` are driven.
    pub fn new(session: Session, batches: &Batches) -> Self {
        // The keys are one parameter, so nothing limits a batch; a limit would make the statements depend on the data.
        Self(DataLoader::new(session, batches.clone(), batches::NoDelay).max_batch_size(usize::MAX))
    }

    /// Loads what `key` says, together with all other keys that wait; `None` where there is nothing.
    pub async fn load<K>(&self, key: K) -> Result<Option<<Session as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Session: Loader<K, Error = Error>,
    {
        self.0.load_one(key).await
    }
}

/// How the children of a parent are found.
pub trait Relation: Send + Sync + 'static {
    /// The table whose rows tell a child's parent: the children's own, or a join table.
    type Table: EntityTrait;
    /// Its column with the parent's key.
    const PARENT: <Self::Table as EntityTrait>::Column;
    /// Its column with the child's key, by which a parent's children are ordered. An index on both columns serves it.
    const CHILD: <Self::Table as EntityTrait>::Column;
    /// What is read of it: `Arc<Model>`, or [`Linked`] to join the children of a join table.
    type Row: Row;
}

/// Key: the row of an entity with this primary key.
#[derive_where(Clone, PartialEq, Eq, Hash; E::Key)]
pub struct ById<E: Table>(pub E::Key);

impl<E: Table> Loader<ById<E>> for Session {
    type Value = Arc<E::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ById<E>]) -> Result<HashMap<ById<E>, Self::Value>> {
        let parts: Vec<_> = keys.iter().map(|key| key.0.parts()).collect();
        let rows = self.rows(&by_keys::<E>(self.backend(), &parts)).await?;
        rows.iter().map(|row| read_keyed::<E>(row).map(|(key, model)| (ById(key), model))).collect()
    }
}

/// Key: a page of all rows of an entity, in the order of the primary key.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct All<E>(pub Page, PhantomData<E>);

impl<E> All<E> {
    /// This page of all rows.
    pub fn new(page: Page) -> Self {
        Self(page, PhantomData)
    }
}

impl<E: Table> Loader<All<E>> for Session {
    type Value = Arc<Rows<Arc<E::Model>>>;
    type Error = Error;

    async fn load(&self, keys: &[All<E>]) -> Result<HashMap<All<E>, Self::Value>> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for key in keys {
            let rows = self.rows(&select::page::<E>(&key.0)).await?;
            let rows = rows.iter().map(|row| Ok(Arc::new(E::Model::from_query_result(row, "")?)));
            loaded.insert(key.clone(), Arc::new(key.0.rows(rows.collect::<Result<_>>()?)));
        }
        Ok(loaded)
    }
}

/// Key: the number of an entity's rows.
#[derive_where(Clone, PartialEq, Eq, Hash, Default)]
pub struct AllCount<E>(PhantomData<E>);

impl<E: Table> Loader<AllCount<E>> for Session {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[AllCount<E>]) -> Result<HashMap<AllCount<E>, i64>> {
        let rows = self.rows(&select::count::<E>()).await?;
        let count = rows.first().ok_or_else(|| Error::broken("a count without a row"))?.try_get_by_index(0)?;
        Ok(keys.iter().map(|key| (key.clone(), count)).collect())
    }
}

/// Key: a page of a parent's children, in the order of the children's keys.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct Children<R> {
    /// The parent's key.
    pub parent: i64,
    /// Which of the children.
    pub page: Page,
    relation: PhantomData<R>,
}

impl<R> Children<R> {
    /// This page of the children of `parent`.
    pub fn new(parent: i64, page: Page) -> Self {
        Self { parent, page, relation: PhantomData }
    }
}

impl<R: Relation> Loader<Children<R>> for Session {
    type Value = Arc<Rows<R::Row>>;
    type Error = Error;

    /// One statement for each page that is asked for, whatever the number of parents.
    async fn load(&self, keys: &[Children<R>]) -> Result<HashMap<Children<R>, Self::Value>> {
        let mut parents_by_page: HashMap<&Page, Vec<i64>> = HashMap::new();
        for key in keys {
            parents_by_page.entry(&key.page).or_default().push(key.parent);
        }
        let mut loaded = HashMap::with_capacity(keys.len());
        for (page, parents) in parents_by_page {
            let mut children: HashMap<i64, Vec<R::Row>> = HashMap::with_capacity(parents.len());
            for row in self.rows(&select::page_by_parent::<R>(self.backend(), &parents, page)).await? {
                children.entry(row.try_get("", select::PARENT)?).or_default().push(R::Row::read(&row)?);
            }
            for parent in parents {
                let rows = page.rows(children.remove(&parent).unwrap_or_default());
                loaded.insert(Children::new(parent, page.clone()), Arc::new(rows));
            }
        }
        Ok(loaded)
    }
}

/// Key: the number of a parent's children.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct ChildCount<R>(pub i64, PhantomData<R>);

impl<R> ChildCount<R> {
    /// The number of the children of `parent`.
    pub fn new(parent: i64) -> Self {
        Self(parent, PhantomData)
    }
}

impl<R: Relation> Loader<ChildCount<R>> for Session {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[ChildCount<R>]) -> Result<HashMap<ChildCount<R>, i64>> {
        let parents: Vec<_> = keys.iter().map(|key| key.0).collect();
        // The statement counts what is there: a parent without children is not among its rows.
        let mut counts: HashMap<_, _> = keys.iter().map(|key| (key.clone(), 0)).collect();
        for row in self.rows(&select::count_by_parent::<R>(self.backend(), &parents)).await? {
            counts.insert(ChildCount::new(row.try_get_by_index(0)?), row.try_get_by_index(1)?);
        }
        Ok(counts)
    }
}

/// The posts of a user.
pub struct PostsByOwner;

impl Relation for PostsByOwner {
    type Table = post::Entity;
    const PARENT: post::Column = post::Column::OwnerId;
    const CHILD: post::Column = post::Column::Id;
    type Row = Arc<post::Model>;
}

/// The courses that a student is enrolled in, with the enrollments.
pub struct CoursesByStudent;

impl Relation for CoursesByStudent {
    type Table = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::StudentId;
    const CHILD: enrollment::Column = enrollment::Column::CourseId;
    type Row = Linked<course::Model, enrollment::Model>;
}

/// The students who are enrolled in a course, with the enrollments.
pub struct StudentsByCourse;

impl Relation for StudentsByCourse {
    type Table = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::CourseId;
    const CHILD: enrollment::Column = enrollment::Column::StudentId;
    type Row = Linked<student::Model, enrollment::Model>;
}
