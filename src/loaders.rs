//! Where every row of an answer comes from: loaders, a fresh set for each request.
//!
//! A loader's key says what is loaded and holds all that shapes the SQL. The pieces are generic: [`ById`] is one row by
//! its key, [`All`] and [`AllCount`] a page and the number of an entity's rows, [`Children`] and [`ChildCount`] the
//! same for the rows of a parent. An entity needs nothing here; a [`Relation`] is declared in a few lines at the end of
//! this file.

mod batches;
mod columns;
mod filter;
mod key;
mod order;
mod page;
mod report;
mod select;
mod session;

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    marker::PhantomData,
    sync::Arc,
};

use async_graphql::dataloader::{DataLoader, Loader};
use derive_where::derive_where;
use entity::{course, enrollment, post, student, user};
use sea_orm::{EntityName, EntityTrait};

pub use self::{
    batches::Batches,
    columns::{Columns, RowOf, is_comparable, is_storable},
    filter::{Filter, Hop, Test},
    key::{Key, Table, key_of},
    order::{Order, OrderBy, OrderKey},
    page::{Page, Row, Rows, Wanted},
    report::{Cause, Counts, Detail, Ran, Report, milliseconds},
    select::{by_keys, key_column},
    session::{Session, Transaction},
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
    /// The parent's entity.
    type Parent: Table;
    /// The children's.
    type Node: Table;
    /// The table whose rows tell a child's parent: the children's own, or a join table.
    type Link: EntityTrait<ActiveModel: Send + Sync>;
    /// Its column with the parent's key.
    const PARENT: <Self::Link as EntityTrait>::Column;
    /// Its column with the child's key. An index on both columns serves a page of a parent's children.
    const CHILD: <Self::Link as EntityTrait>::Column;

    /// Whether a join table tells a child's parent.
    fn is_linked() -> bool {
        Self::Link::default().table_name() != Self::Node::default().table_name()
    }
}

/// Key: the row of an entity with this primary key.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct ById<E: Table> {
    /// Which row.
    pub key: E::Key,
    /// What of it.
    pub columns: Columns<E>,
    /// For whose sake.
    #[derive_where(skip(EqHashOrd))]
    pub cause: Cause,
}

impl<E: Table> Loader<ById<E>> for Session {
    type Value = Arc<RowOf<E>>;
    type Error = Error;

    async fn load(&self, asked: &[ById<E>]) -> Result<HashMap<ById<E>, Self::Value>> {
        let keys = distinct(asked.iter().map(|asked| asked.key.parts()));
        let columns = Columns::union(asked.iter().map(|asked| &asked.columns));
        let select = by_keys::<E>(self.backend(), &keys, &columns);
        let rows = self.rows(&select, keys.len(), asked.iter().map(|asked| &asked.cause)).await?;
        let reader = columns.reader(0);
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let row = reader.read(row)?;
            found.insert(key_of::<E>(&row)?, Arc::new(row));
        }
        Ok(asked.iter().filter_map(|asked| Some((asked.clone(), Arc::clone(found.get(&asked.key)?)))).collect())
    }
}

/// Key: a page of all rows of an entity.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct All<E: Table> {
    /// Which of them.
    pub page: Arc<Page>,
    /// What of them.
    pub wanted: Wanted<E, E>,
    /// For whose sake.
    #[derive_where(skip(EqHashOrd))]
    pub cause: Cause,
}

impl<E: Table> Loader<All<E>> for Session {
    type Value = Arc<Rows<E, E>>;
    type Error = Error;

    /// One statement for each page that is asked for.
    async fn load(&self, asked: &[All<E>]) -> Result<HashMap<All<E>, Self::Value>> {
        let mut loaded = HashMap::with_capacity(asked.len());
        for (page, asked) in grouped(asked, |asked| &asked.page) {
            let wanted = Wanted::union(asked.iter().map(|asked| &asked.wanted));
            let select = select::page::<E>(self.backend(), page, &wanted);
            let rows = self.rows(&select, 0, asked.iter().map(|asked| &asked.cause)).await?;
            let reader = page.reader(&wanted, 0);
            let rows = rows.iter().map(|row| reader.read(row)).collect::<Result<_>>()?;
            let rows = Arc::new(page.rows(rows));
            loaded.extend(asked.into_iter().map(|asked| (asked.clone(), Arc::clone(&rows))));
        }
        Ok(loaded)
    }
}

/// Key: how many rows of an entity the filter leaves.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct AllCount<E: Table> {
    /// Which of them.
    pub filter: Arc<Filter>,
    /// For whose sake.
    #[derive_where(skip(EqHashOrd))]
    pub cause: Cause,
    /// Of which entity.
    pub entity: PhantomData<E>,
}

impl<E: Table> Loader<AllCount<E>> for Session {
    type Value = i64;
    type Error = Error;

    /// One statement for each filter that is asked for.
    async fn load(&self, asked: &[AllCount<E>]) -> Result<HashMap<AllCount<E>, i64>> {
        let mut loaded = HashMap::with_capacity(asked.len());
        for asked in asked {
            let select = select::count::<E>(self.backend(), &asked.filter);
            let rows = self.rows(&select, 0, [&asked.cause].into_iter()).await?;
            let count = rows.first().ok_or_else(|| Error::broken("a count without a row"))?.try_get_by_index(0)?;
            loaded.insert(asked.clone(), count);
        }
        Ok(loaded)
    }
}

/// Key: a page of a parent's children.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct Children<R: Relation> {
    /// The parent's key.
    pub parent: i64,
    /// Which of the children.
    pub page: Arc<Page>,
    /// What of them.
    pub wanted: Wanted<R::Node, R::Link>,
    /// For whose sake.
    #[derive_where(skip(EqHashOrd))]
    pub cause: Cause,
}

impl<R: Relation> Loader<Children<R>> for Session {
    type Value = Arc<Rows<R::Node, R::Link>>;
    type Error = Error;

    /// One statement for each page that is asked for, whatever the number of parents.
    async fn load(&self, asked: &[Children<R>]) -> Result<HashMap<Children<R>, Self::Value>> {
        let mut loaded = HashMap::with_capacity(asked.len());
        for (page, asked) in grouped(asked, |asked| &asked.page) {
            let parents = distinct(asked.iter().map(|asked| asked.parent));
            let wanted = Wanted::union(asked.iter().map(|asked| &asked.wanted));
            let select = select::page_by_parent::<R>(self.backend(), &parents, page, &wanted);
            let rows = self.rows(&select, parents.len(), asked.iter().map(|asked| &asked.cause)).await?;
            let reader = page.reader(&wanted, 1);
            let mut children: HashMap<i64, Vec<_>> = HashMap::with_capacity(parents.len());
            for row in rows {
                children.entry(row.try_get_by_index(0)?).or_default().push(reader.read(&row)?);
            }
            let mut pages: HashMap<i64, _> = HashMap::with_capacity(parents.len());
            for parent in parents {
                pages.insert(parent, Arc::new(page.rows(children.remove(&parent).unwrap_or_default())));
            }
            loaded.extend(asked.into_iter().map(|asked| (asked.clone(), Arc::clone(&pages[&asked.parent]))));
        }
        Ok(loaded)
    }
}

/// Key: how many children of a parent the filter leaves.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct ChildCount<R: Relation> {
    /// The parent's key.
    pub parent: i64,
    /// Which of the children.
    pub filter: Arc<Filter>,
    /// For whose sake.
    #[derive_where(skip(EqHashOrd))]
    pub cause: Cause,
    /// Of which relation.
    pub relation: PhantomData<R>,
}

impl<R: Relation> Loader<ChildCount<R>> for Session {
    type Value = i64;
    type Error = Error;

    /// One statement for each filter that is asked for, whatever the number of parents.
    async fn load(&self, asked: &[ChildCount<R>]) -> Result<HashMap<ChildCount<R>, i64>> {
        let mut loaded = HashMap::with_capacity(asked.len());
        for (filter, asked) in grouped(asked, |asked| &asked.filter) {
            let parents = distinct(asked.iter().map(|asked| asked.parent));
            let select = select::count_by_parent::<R>(self.backend(), &parents, filter);
            let rows = self.rows(&select, parents.len(), asked.iter().map(|asked| &asked.cause)).await?;
            let counts = rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
            let counts: HashMap<i64, i64> = counts.collect::<Result<_>>()?;
            // The statement counts what is there: a parent without children is not among its rows.
            let count = |asked: &ChildCount<R>| counts.get(&asked.parent).copied().unwrap_or(0);
            loaded.extend(asked.into_iter().map(|asked| (asked.clone(), count(asked))));
        }
        Ok(loaded)
    }
}

/// What is asked for, by what one statement has in common.
fn grouped<'a, T, K: Eq + Hash>(asked: &'a [T], common: impl Fn(&'a T) -> &'a K) -> HashMap<&'a K, Vec<&'a T>> {
    let mut groups: HashMap<_, Vec<_>> = HashMap::new();
    for asked in asked {
        groups.entry(common(asked)).or_default().push(asked);
    }
    groups
}

/// The keys, each once, in their order: a statement's parameter does not depend on how they were collected.
fn distinct<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<K> {
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The posts of a user.
pub struct PostsByOwner;

impl Relation for PostsByOwner {
    type Parent = user::Entity;
    type Node = post::Entity;
    type Link = post::Entity;
    const PARENT: post::Column = post::Column::OwnerId;
    const CHILD: post::Column = post::Column::Id;
}

/// The courses that a student is enrolled in, with the enrollments.
pub struct CoursesByStudent;

impl Relation for CoursesByStudent {
    type Parent = student::Entity;
    type Node = course::Entity;
    type Link = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::StudentId;
    const CHILD: enrollment::Column = enrollment::Column::CourseId;
}

/// The students who are enrolled in a course, with the enrollments.
pub struct StudentsByCourse;

impl Relation for StudentsByCourse {
    type Parent = course::Entity;
    type Node = student::Entity;
    type Link = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::CourseId;
    const CHILD: enrollment::Column = enrollment::Column::StudentId;
}
