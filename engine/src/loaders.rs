//! Where every row of an answer comes from: loaders, a fresh set for each request.
//!
//! A loader's key says what is loaded and holds all that shapes the SQL. The pieces are generic: [`ById`] is one row by its key,
//! [`ByUnique`] one by a column that is unique, [`All`] and [`AllCount`] a page and the number of an entity's rows, [`Children`] and
//! [`ChildCount`] the same for the rows of a parent, by a [`Relation`] of the entities.

mod batches;
mod columns;
mod filter;
mod foreign;
mod key;
mod order;
mod page;
mod reads;
mod relation;
mod report;
mod rows;
mod select;
mod session;
mod sql;

use std::{collections::HashMap, future::Future, hash::Hash, marker::PhantomData, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use derive_where::derive_where;
use parking_lot::Mutex;
use sea_orm::{ColumnTrait, EntityTrait};

pub use self::{
    batches::{AtOnce, Batches},
    columns::Columns,
    filter::{Column, Filter, Test},
    foreign::{ForeignKeys, KeyParts},
    key::{Key, KeyPart, Table, column_named, key_columns, part_kind},
    order::{Order, OrderBy, OrderKey},
    page::{Page, Wanted},
    reads::{Read, Reads},
    relation::{Hop, Relation, TableOf, ensure_unique},
    report::{Batch, Cause, Counts, Detail, Ran, Report, milliseconds},
    rows::{Block, Cell, LongTexts, Picked, Row, Rows},
    select::by_keys,
    session::{Freshness, Noted, Session, Transaction},
};
use crate::error::{Error, Result};

/// The loaders of one request.
pub struct Loaders {
    session: Session,
    batches: Batches,
    loader: Mutex<Arc<DataLoader<Session>>>,
}

impl Loaders {
    /// Loaders that read through `session` when `batches` are driven.
    pub fn new(session: Session, batches: Batches) -> Self {
        let loader = Mutex::new(Self::loader(&session, &batches));
        Self { session, batches, loader }
    }

    /// Loaders of the same batches, for another execution that reads the same moment.
    #[must_use]
    pub fn sharing(&self) -> Self {
        Self {
            session: self.session.clone(),
            batches: self.batches.clone(),
            loader: Mutex::new(Arc::clone(&self.loader.lock())),
        }
    }

    /// A batch has no most of keys: they are one parameter. A value is not kept: the next batch is of another moment.
    fn loader(session: &Session, batches: &Batches) -> Arc<DataLoader<Session>> {
        let loader = DataLoader::new(session.clone(), batches.clone(), AtOnce).max_batch_size(usize::MAX);
        // It keeps none as it is; told so, it takes all keys at once, and not one by one.
        loader.enable_all_cache(false);
        Arc::new(loader)
    }

    /// Loads what `key` says, together with all other keys of its type that wait; `None` if that is not there.
    pub fn load_one<K>(
        &self,
        key: K,
    ) -> impl Future<Output = Result<Option<<Session as Loader<K>>::Value>>> + Send + use<K>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        Session: Loader<K, Error = Error>,
    {
        let loader = Arc::clone(&self.loader.lock());
        async move { loader.load_one(key).await }
    }

    /// The same of each of many keys, in their order.
    pub fn load_each<K>(
        &self,
        keys: Vec<K>,
    ) -> impl Future<Output = Result<Vec<Option<<Session as Loader<K>>::Value>>>> + Send + use<K>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        Session: Loader<K, Error = Error>,
    {
        let loader = Arc::clone(&self.loader.lock());
        async move {
            let found = loader.load_many(keys.iter().cloned()).await?;
            Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
        }
    }

    /// Drops what waits to be loaded, which nobody waits for any more. What is loaded later, is by another loader: the old one
    /// still counts on its batches.
    pub fn forget(&self) {
        self.batches.forget();
        *self.loader.lock() = Self::loader(&self.session, &self.batches);
    }
}

/// For whose sake something is loaded, and whether nothing else is loaded for the request: then it needs no snapshot. Two are the
/// same if they are of one field of the text.
#[derive(Clone, Debug, Default)]
#[derive_where(PartialEq, Eq, Hash)]
pub struct Asked {
    /// Which of the request's fields that load anything.
    pub number: usize,
    /// The GraphQL path, if a report wants it.
    #[derive_where(skip(EqHashOrd))]
    pub cause: Cause,
    /// Whether the request's text loads just this.
    #[derive_where(skip(EqHashOrd))]
    pub alone: bool,
}

/// What is wanted of a row, for all that a field of the text leads to.
#[derive_where(PartialEq, Eq, Hash)]
pub struct Look<E: EntityTrait> {
    /// What of it.
    #[derive_where(skip(EqHashOrd))]
    pub columns: Columns<E>,
    /// For whose sake.
    pub asked: Asked,
}

/// Key: the row of an entity with this primary key.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct ById<E: Table> {
    /// Which row.
    pub key: E::Key,
    /// What is wanted of it. A hash is of the key alone: a batch has few of these.
    #[derive_where(skip(Hash))]
    pub look: Arc<Look<E>>,
}

impl<E: Table> Loader<ById<E>> for Session {
    type Value = Row<E>;
    type Error = Error;

    async fn load(&self, all: &[ById<E>]) -> Result<HashMap<ById<E>, Row<E>>> {
        let all = in_order(all, |one| &one.look.asked);
        let keys = distinct(all.iter().map(|one| one.key.clone()));
        self.note(|reads| reads.rows::<E>(&keys));
        let columns = Columns::union(all.iter().map(|one| &one.look.columns));
        // What is asked for alone is one row by its text: the statement does not depend on the data.
        let select = match all[..] {
            [one] if one.look.asked.alone => select::by_key::<E>(&one.key, &columns),
            _ => by_keys::<E>(self.backend(), &keys, &columns),
        };
        let texts = LongTexts::of(&columns, 0);
        let batch = Batch::of("ById", TableOf::of::<E>(), keys.len());
        let rows = self.rows(&select, &texts, batch, all.iter().map(|one| &one.look.asked)).await?;
        let count = rows.len();
        let block = Arc::new(Block::new(Arc::new(rows), &columns, 0));
        let mut found: Vec<_> = (0..count).map(|row| Ok((block.key(row)?, row))).collect::<Result<_>>()?;
        found.sort_unstable();
        let row = |key| found.binary_search_by(|(it, _)| it.cmp(key)).ok().map(|at| Row::read(&block, found[at].1));
        let mut loaded = HashMap::with_capacity(all.len());
        loaded.extend(all.into_iter().filter_map(|one| Some((one.clone(), row(&one.key)?))));
        Ok(loaded)
    }
}

/// Key: the row of an entity that alone has this value in a column.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct ByUnique<E: EntityTrait> {
    /// The column.
    pub column: &'static str,
    /// Its value.
    pub value: KeyPart<'static>,
    /// What is wanted of the row, of the column too.
    #[derive_where(skip(Hash))]
    pub look: Arc<Look<E>>,
}

impl<E: Table> Loader<ByUnique<E>> for Session {
    type Value = Row<E>;
    type Error = Error;

    /// One statement for each column that is asked for.
    async fn load(&self, all: &[ByUnique<E>]) -> Result<HashMap<ByUnique<E>, Row<E>>> {
        self.note(|reads| reads.any([TableOf::of::<E>()]));
        let mut loaded = HashMap::with_capacity(all.len());
        for (column, all) in grouped(all, |one| &one.look.asked, |one| one.column) {
            let column = column_named::<E>(column).ok_or_else(|| Error::broken("there is no such column"))?;
            let kind = part_kind(column.def().get_column_type());
            let kind = kind.ok_or_else(|| Error::broken("a column that is no part of a key"))?;
            let values = distinct(all.iter().map(|one| one.value.clone()));
            let values: Vec<_> = values.into_iter().map(KeyPart::into_value).collect();
            let keys = values.len();
            let columns = Columns::union(all.iter().map(|one| &one.look.columns));
            let select = select::by_values::<E>(self.backend(), column, kind, values, &columns);
            let texts = LongTexts::of(&columns, 0);
            let batch = Batch::of("ByUnique", TableOf::of::<E>(), keys);
            let rows = self.rows(&select, &texts, batch, all.iter().map(|one| &one.look.asked)).await?;
            let count = rows.len();
            let block = Arc::new(Block::new(Arc::new(rows), &columns, 0));
            let position = block.position(column)?;
            let found = (0..count).map(|row| {
                let part = block.part(row, position)?;
                Ok((part.map(KeyPart::into_owned), Row::read(&block, row)))
            });
            let found: HashMap<_, _> = found.collect::<Result<_>>()?;
            let row = |one: &ByUnique<E>| found.get(&Some(one.value.clone())).cloned();
            loaded.extend(all.into_iter().filter_map(|one| Some((one.clone(), row(one)?))));
        }
        Ok(loaded)
    }
}

/// Key: whether the row of an entity with this primary key is there, and satisfies a filter.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct Satisfying<E: Table> {
    /// Which row.
    pub key: E::Key,
    /// What it is to satisfy.
    pub filter: Arc<Filter>,
}

impl<E: Table> Loader<Satisfying<E>> for Session {
    type Value = ();
    type Error = Error;

    /// One statement for each filter.
    async fn load(&self, all: &[Satisfying<E>]) -> Result<HashMap<Satisfying<E>, ()>> {
        let (asked, mut satisfying) = (Asked::default(), HashMap::new());
        let mut by_filter = HashMap::<_, Vec<_>>::new();
        all.iter().for_each(|one| by_filter.entry(&one.filter).or_default().push(one.key.clone()));
        for (filter, keys) in by_filter {
            let keys = distinct(keys.into_iter());
            let select = select::satisfying::<E>(self.backend(), &keys, filter);
            let batch = Batch::of("Satisfying", TableOf::of::<E>(), keys.len());
            let rows = self.rows(&select, &LongTexts::default(), batch, [&asked].into_iter()).await?;
            let found = rows::keys(&rows)?.into_iter();
            satisfying.extend(found.map(|key| (Satisfying { key, filter: Arc::clone(filter) }, ())));
        }
        Ok(satisfying)
    }
}

/// A page of a list and what of it is wanted, for all whose list it is: what a field's text says.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct List<N: EntityTrait, L: EntityTrait> {
    /// Which rows.
    #[derive_where(skip(EqHashOrd))]
    pub page: Arc<Page>,
    /// What of them.
    #[derive_where(skip(EqHashOrd))]
    pub wanted: Wanted<N, L>,
    /// For whose sake.
    pub asked: Asked,
}

/// Key: a page of all rows of an entity.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct All<E: Table>(pub Arc<List<E, E>>);

impl<E: Table> Loader<All<E>> for Session {
    type Value = Rows<E, E>;
    type Error = Error;

    /// One statement for each page that is asked for.
    async fn load(&self, all: &[All<E>]) -> Result<HashMap<All<E>, Rows<E, E>>> {
        let mut loaded = HashMap::with_capacity(all.len());
        for (page, all) in grouped(all, |All(list)| &list.asked, |All(list)| Arc::clone(&list.page)) {
            self.note(|reads| reads.any(page.tables().into_iter().chain([TableOf::of::<E>()])));
            let wanted = Wanted::union(all.iter().map(|All(list)| &list.wanted));
            let select = select::page::<E>(self.backend(), &page, &wanted);
            let texts = LongTexts::of(&wanted.node, 0);
            let batch = Batch::of("All", TableOf::of::<E>(), 0);
            let rows = self.rows(&select, &texts, batch, all.iter().map(|All(list)| &list.asked)).await?;
            let page = page.of_list(&wanted, rows);
            loaded.extend(all.into_iter().filter_map(|one| Some((one.clone(), page.clone()?))));
        }
        Ok(loaded)
    }
}

/// A list of which the number of rows is wanted, for all whose list it is.
#[derive_where(PartialEq, Eq, Hash)]
pub struct Count {
    /// Which of the rows.
    #[derive_where(skip(EqHashOrd))]
    pub filter: Arc<Filter>,
    /// For whose sake.
    pub asked: Asked,
}

/// Key: how many rows of an entity the filter leaves.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub struct AllCount<E: Table>(pub Arc<Count>, pub PhantomData<fn() -> E>);

impl<E: Table> Loader<AllCount<E>> for Session {
    type Value = i64;
    type Error = Error;

    /// One statement for each filter that is asked for.
    async fn load(&self, all: &[AllCount<E>]) -> Result<HashMap<AllCount<E>, i64>> {
        let mut loaded = HashMap::with_capacity(all.len());
        let shared = |AllCount(count, _): &AllCount<E>| Arc::clone(&count.filter);
        for (filter, all) in grouped(all, |AllCount(count, _)| &count.asked, shared) {
            self.note(|reads| reads.any(filter.tables().into_iter().chain([TableOf::of::<E>()])));
            let select = select::count::<E>(self.backend(), &filter);
            let asked = all.iter().map(|AllCount(count, _)| &count.asked);
            let batch = Batch::of("AllCount", TableOf::of::<E>(), 0);
            let rows = self.rows(&select, &LongTexts::default(), batch, asked).await?;
            let count = rows.first().ok_or_else(|| Error::broken("a count without a row"))?.try_get_by_index(0)?;
            loaded.extend(all.into_iter().map(|one| (one.clone(), count)));
        }
        Ok(loaded)
    }
}

/// What a field asks of the children of its parents, and by which relation.
#[derive_where(PartialEq, Eq, Hash; T)]
pub struct By<T> {
    /// The relation.
    #[derive_where(skip(EqHashOrd))]
    pub relation: Relation,
    /// What is asked.
    pub what: Arc<T>,
}

/// Key: a page of a parent's children.
#[derive_where(Clone, PartialEq, Eq, Hash; K)]
pub struct Children<K, N: Table, L: EntityTrait> {
    /// The parent's key.
    pub parent: K,
    /// What is to be loaded.
    #[derive_where(skip(Hash))]
    pub list: Arc<By<List<N, L>>>,
}

impl<K: Key, N: Table, L: EntityTrait<Model: Sync>> Loader<Children<K, N, L>> for Session {
    type Value = Rows<N, L>;
    type Error = Error;

    /// One statement for each page that is asked for, whatever the number of parents.
    async fn load(&self, all: &[Children<K, N, L>]) -> Result<HashMap<Children<K, N, L>, Rows<N, L>>> {
        let mut loaded = HashMap::with_capacity(all.len());
        let shared = |one: &Children<K, N, L>| (one.list.relation, Arc::clone(&one.list.what.page));
        for ((relation, page), all) in grouped(all, |one| &one.list.what.asked, shared) {
            self.note(|reads| reads.any(page.tables().into_iter().chain(relation.tables())));
            let parents = distinct(all.iter().map(|one| one.parent.clone()));
            let wanted = Wanted::union(all.iter().map(|one| &one.list.what.wanted));
            let select = select::page_by_parent(self.backend(), relation, &parents, &page, &wanted);
            let texts = LongTexts::of(&wanted.node, K::KINDS.len());
            let asked = all.iter().map(|one| &one.list.what.asked);
            let batch = Batch::of("Children", TableOf::of::<N>(), parents.len());
            let rows = self.rows(&select, &texts, batch, asked).await?;
            let of_rows = rows::keys(&rows)?;
            let of_rows: Vec<_> = of_rows.iter().map(|parent| place_of(&parents, parent)).collect::<Result<_>>()?;
            let pages = page.of_parents(&wanted, rows, K::KINDS.len(), &of_rows, parents.len())?;
            for one in all {
                loaded.insert(one.clone(), pages[place_of(&parents, &one.parent)?].clone());
            }
        }
        Ok(loaded)
    }
}

/// Where a parent is among those that were asked for.
fn place_of<K: Ord>(parents: &[K], parent: &K) -> Result<usize> {
    parents.binary_search(parent).map_err(|_| Error::broken("a row of a parent that nobody asked for"))
}

/// Key: how many children of a parent the filter leaves.
#[derive(Clone, PartialEq, Eq)]
#[derive_where(Hash; K)]
pub struct ChildCount<K> {
    /// The parent's key.
    pub parent: K,
    /// What is to be counted.
    #[derive_where(skip(Hash))]
    pub count: Arc<By<Count>>,
}

impl<K: Key> Loader<ChildCount<K>> for Session {
    type Value = i64;
    type Error = Error;

    /// One statement for each relation and filter that is asked for, whatever the number of parents.
    async fn load(&self, all: &[ChildCount<K>]) -> Result<HashMap<ChildCount<K>, i64>> {
        let mut loaded = HashMap::with_capacity(all.len());
        let shared = |one: &ChildCount<K>| (one.count.relation, Arc::clone(&one.count.what.filter));
        for ((relation, filter), all) in grouped(all, |one| &one.count.what.asked, shared) {
            self.note(|reads| reads.any(filter.tables().into_iter().chain(relation.tables())));
            let parents = distinct(all.iter().map(|one| one.parent.clone()));
            let select = select::count_by_parent(self.backend(), relation, &parents, &filter);
            let asked = all.iter().map(|one| &one.count.what.asked);
            let batch = Batch::of("ChildCount", relation.table(), parents.len());
            let rows = self.rows(&select, &LongTexts::default(), batch, asked).await?;
            let parents = rows::keys::<K>(&rows)?.into_iter().zip(&rows);
            let counts = parents.map(|(parent, row)| Ok((parent, row.try_get_by_index(K::KINDS.len())?)));
            let counts: HashMap<K, i64> = counts.collect::<Result<_>>()?;
            // The statement counts what is there: a parent without children is not among its rows.
            let count = |one: &ChildCount<K>| counts.get(&one.parent).copied().unwrap_or(0);
            loaded.extend(all.into_iter().map(|one| (one.clone(), count(one))));
        }
        Ok(loaded)
    }
}

/// The keys in the order of the fields that asked for them: a batch has them in none.
fn in_order<K>(keys: &[K], asked: impl Fn(&K) -> &Asked) -> Vec<&K> {
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort_by_key(|key| asked(key).number);
    keys
}

/// The keys by what those have in common that share a statement, which all keys of one field have.
fn grouped<K, P: Eq + Hash + Clone>(
    keys: &[K],
    asked: impl Fn(&K) -> &Asked,
    shared: impl Fn(&K) -> P,
) -> Vec<(P, Vec<&K>)> {
    let mut groups: Vec<(P, Vec<_>)> = Vec::new();
    let mut known: HashMap<P, usize> = HashMap::new();
    let keys = in_order(keys, &asked);
    for of_field in keys.chunk_by(|one, other| asked(one).number == asked(other).number) {
        let group = *known.entry(shared(of_field[0])).or_insert_with_key(|part| {
            groups.push((part.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[group].1.extend(of_field);
    }
    groups
}

/// The keys, each once, in their order: a statement's parameter does not depend on how they were collected.
fn distinct<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<K> {
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
