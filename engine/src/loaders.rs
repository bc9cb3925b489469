//! Where every row of an answer comes from: loaders, a fresh set for each request.
//!
//! A loader's key says what is loaded and holds all that shapes the SQL. The pieces are generic: [`ById`] is one row by
//! its key, [`All`] and [`AllCount`] a page and the number of an entity's rows, [`Children`] and [`ChildCount`] the
//! same for the rows of a parent, by a [`Relation`] of the entities.

mod batches;
mod columns;
mod filter;
mod key;
mod moment;
mod order;
mod page;
mod relation;
mod report;
mod rows;
mod select;
mod session;
mod sql;

use std::{collections::HashMap, hash::Hash, marker::PhantomData, sync::Arc};

use derive_where::derive_where;
use sea_orm::EntityTrait;

pub use self::{
    batches::{Batches, Load},
    columns::{Columns, is_comparable, is_storable},
    filter::{Filter, Test},
    key::{Key, Table, column_named, key_column, key_columns},
    moment::{INFINITY, MINUS_INFINITY, of_unix},
    order::{Order, OrderBy, OrderKey},
    page::{Page, Wanted},
    relation::{Hop, Relation, ensure_key},
    report::{Cause, Counts, Detail, Ran, Report, milliseconds},
    rows::{Block, Cell, LongTexts, Picked, Row, Rows},
    select::by_keys,
    session::{Session, Transaction},
};
use crate::error::{Error, Result};

/// The loaders of one request.
pub struct Loaders {
    session: Session,
    batches: Batches,
}

impl Loaders {
    /// Loaders that read through `session` when `batches` are driven.
    pub fn new(session: Session, batches: Batches) -> Self {
        Self { session, batches }
    }

    /// Loads what `key` says, together with all other keys of its type that wait.
    pub fn load<K: Load<Source = Session>>(&self, key: K) -> impl Future<Output = Result<K::Value>> + Send + use<K> {
        self.batches.load(key, &self.session)
    }

    /// Drops what waits to be loaded, which nobody waits for any more.
    pub fn forget(&self) {
        self.batches.forget();
    }
}

/// For whose sake something is loaded, and whether nothing else is loaded for the request: then it needs no snapshot.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The GraphQL path, if a report wants it.
    pub cause: Cause,
    /// Whether the request's text loads just this.
    pub alone: bool,
}

/// Key: the row of an entity with this primary key; `None` where there is none.
#[derive_where(Clone)]
pub struct ById<E: Table> {
    /// Which row.
    pub key: E::Key,
    /// What of it.
    pub columns: Columns<E>,
    /// For whose sake.
    pub asked: Arc<Asked>,
}

impl<E: Table> Load for ById<E> {
    type Value = Option<Row<E>>;
    type Source = Session;

    async fn load(all: &[Self], session: &Session) -> Result<Vec<Self::Value>> {
        let keys = distinct(all.iter().map(|one| one.key));
        let columns = Columns::union(all.iter().map(|one| &one.columns));
        // What is asked for alone is one row by its text: the statement does not depend on the data.
        let select = match all {
            [one] if one.asked.alone => select::by_key::<E>(one.key, &columns),
            _ => by_keys::<E>(session.backend(), &keys, &columns),
        };
        let texts = LongTexts::of(&columns, 0);
        let rows = session.rows(&select, &texts, keys.len(), all.iter().map(|one| &*one.asked)).await?;
        let count = rows.len();
        let block = Arc::new(Block::new(Arc::new(rows), &columns, 0));
        let mut found: Vec<_> = (0..count).map(|row| Ok((block.key(row)?, row))).collect::<Result<_>>()?;
        found.sort_unstable();
        let row = |key| found.binary_search_by_key(&key, |(key, _)| *key).ok().map(|at| Row::read(&block, found[at].1));
        Ok(all.iter().map(|one| row(one.key)).collect())
    }
}

/// A page of a list and what of it is wanted, for all whose list it is: what a field's text says.
#[derive_where(Clone)]
pub struct List<N: EntityTrait, L: EntityTrait> {
    /// Which rows.
    pub page: Arc<Page>,
    /// What of them.
    pub wanted: Wanted<N, L>,
    /// For whose sake.
    pub asked: Asked,
}

/// Key: a page of all rows of an entity.
pub struct All<E: Table>(pub Arc<List<E, E>>);

impl<E: Table> Load for All<E> {
    type Value = Rows<E, E>;
    type Source = Session;

    /// One statement for each page that is asked for.
    async fn load(all: &[Self], session: &Session) -> Result<Vec<Self::Value>> {
        let mut loaded = vec![None; all.len()];
        for (page, all) in
            grouped(all, |All(list)| Arc::clone(&list.page), |All(one), All(other)| Arc::ptr_eq(one, other))
        {
            let wanted = Wanted::union(all.iter().map(|(_, All(list))| &list.wanted));
            let select = select::page::<E>(session.backend(), &page, &wanted);
            let texts = LongTexts::of(&wanted.node, 0);
            let rows = session.rows(&select, &texts, 0, all.iter().map(|(_, All(list))| &list.asked)).await?;
            let page = page.of_list(&wanted, rows);
            all.iter().for_each(|(place, _)| loaded[*place].clone_from(&page));
        }
        all_of(loaded)
    }
}

/// A list of which the number of rows is wanted, for all whose list it is.
pub struct Count {
    /// Which of the rows.
    pub filter: Arc<Filter>,
    /// For whose sake.
    pub asked: Asked,
}

/// Key: how many rows of an entity the filter leaves.
pub struct AllCount<E: Table>(pub Arc<Count>, pub PhantomData<E>);

impl<E: Table> Load for AllCount<E> {
    type Value = i64;
    type Source = Session;

    /// One statement for each filter that is asked for.
    async fn load(all: &[Self], session: &Session) -> Result<Vec<i64>> {
        let mut loaded = vec![None; all.len()];
        let same = |AllCount(one, _): &Self, AllCount(other, _): &Self| Arc::ptr_eq(one, other);
        for (filter, all) in grouped(all, |AllCount(count, _)| Arc::clone(&count.filter), same) {
            let select = select::count::<E>(session.backend(), &filter);
            let rows = session
                .rows(&select, &LongTexts::default(), 0, all.iter().map(|(_, AllCount(count, _))| &count.asked))
                .await?;
            let count = rows.first().ok_or_else(|| Error::broken("a count without a row"))?.try_get_by_index(0)?;
            all.iter().for_each(|(place, _)| loaded[*place] = Some(count));
        }
        all_of(loaded)
    }
}

/// Key: a page of a parent's children.
pub struct Children<N: Table, L: EntityTrait> {
    /// The parent's key.
    pub parent: i64,
    /// What is to be loaded, by which relation.
    pub list: Arc<(Relation, Arc<List<N, L>>)>,
}

impl<N: Table, L: EntityTrait<Model: Sync>> Load for Children<N, L> {
    type Value = Rows<N, L>;
    type Source = Session;

    /// One statement for each page that is asked for, whatever the number of parents.
    async fn load(all: &[Self], session: &Session) -> Result<Vec<Self::Value>> {
        let mut loaded = vec![None; all.len()];
        let shared = |one: &'_ Self| (one.list.0, Arc::clone(&one.list.1.page));
        for ((relation, page), all) in grouped(all, shared, |one, other| Arc::ptr_eq(&one.list, &other.list)) {
            let parents = distinct(all.iter().map(|(_, one)| one.parent));
            let wanted = Wanted::union(all.iter().map(|(_, one)| &one.list.1.wanted));
            let select = select::page_by_parent(session.backend(), relation, &parents, &page, &wanted);
            let texts = LongTexts::of(&wanted.node, 1);
            let asked = all.iter().map(|(_, one)| &one.list.1.asked);
            let rows = session.rows(&select, &texts, parents.len(), asked).await?;
            let of_rows = rows::integers(&rows, 0)?.into_iter().map(|parent| place_of(&parents, parent));
            let of_rows: Vec<_> = of_rows.collect::<Result<_>>()?;
            let pages = page.of_parents(&wanted, rows, &of_rows, parents.len())?;
            for (place, one) in all {
                loaded[place] = Some(pages[place_of(&parents, one.parent)?].clone());
            }
        }
        all_of(loaded)
    }
}

/// Where a parent is among those that were asked for.
fn place_of(parents: &[i64], parent: i64) -> Result<usize> {
    parents.binary_search(&parent).map_err(|_| Error::broken("a row of a parent that nobody asked for"))
}

/// Key: how many children of a parent the filter leaves.
pub struct ChildCount {
    /// The parent's key.
    pub parent: i64,
    /// What is to be counted, by which relation.
    pub count: Arc<(Relation, Arc<Count>)>,
}

impl Load for ChildCount {
    type Value = i64;
    type Source = Session;

    /// One statement for each relation and filter that is asked for, whatever the number of parents.
    async fn load(all: &[Self], session: &Session) -> Result<Vec<i64>> {
        let mut loaded = vec![None; all.len()];
        let shared = |one: &'_ Self| (one.count.0, Arc::clone(&one.count.1.filter));
        for ((relation, filter), all) in grouped(all, shared, |one, other| Arc::ptr_eq(&one.count, &other.count)) {
            let parents = distinct(all.iter().map(|(_, one)| one.parent));
            let select = select::count_by_parent(session.backend(), relation, &parents, &filter);
            let asked = all.iter().map(|(_, one)| &one.count.1.asked);
            let rows = session.rows(&select, &LongTexts::default(), parents.len(), asked).await?;
            let counts = rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
            let counts: HashMap<i64, i64> = counts.collect::<Result<_>>()?;
            // The statement counts what is there: a parent without children is not among its rows.
            all.iter().for_each(|(place, one)| loaded[*place] = Some(counts.get(&one.parent).copied().unwrap_or(0)));
        }
        all_of(loaded)
    }
}

/// The keys, each with its place, by what those have in common that share a statement.
fn grouped<K, P: Eq + Hash + Clone>(
    keys: &[K],
    shared: impl Fn(&K) -> P,
    of_one_field: impl Fn(&K, &K) -> bool,
) -> Vec<(P, Vec<(usize, &K)>)> {
    let mut groups: Vec<(P, Vec<_>)> = Vec::new();
    let mut known: HashMap<P, usize> = HashMap::new();
    let mut last: Option<(&K, usize)> = None;
    for (place, key) in keys.iter().enumerate() {
        let group = match last {
            // One field asks for the same, whatever the number of parents.
            Some((same, group)) if of_one_field(same, key) => group,
            _ => *known.entry(shared(key)).or_insert_with_key(|part| {
                groups.push((part.clone(), Vec::new()));
                groups.len() - 1
            }),
        };
        groups[group].1.push((place, key));
        last = Some((key, group));
    }
    groups
}

/// The values of all keys, of which each was loaded with some group.
fn all_of<V>(values: Vec<Option<V>>) -> Result<Vec<V>> {
    values.into_iter().map(|value| value.ok_or_else(|| Error::broken("a key was not loaded"))).collect()
}

/// The keys, each once, in their order: a statement's parameter does not depend on how they were collected.
fn distinct<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<K> {
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
