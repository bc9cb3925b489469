//! What is proved: a schema, the relations that the reference follows, and rows for the tables.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Display, Formatter},
    ops::Range,
};

use proptest::strategy::Strategy;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityName, EntityTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryTrait, Statement,
};

use super::scalar::Scalar;
use crate::support::{App, Apps};

/// A schema by the names that the API has.
pub struct World {
    pub sdl: &'static str,
    /// The to-one relations that a foreign key is.
    pub to_one: &'static [ToOne],
    /// The to-one relations that read another one backwards, of which there is one at most.
    pub to_child: &'static [Backward],
    pub to_many: &'static [Backward],
    /// The columns that are enums: the type, the column, and all values in their order, as they are stored and as they are named.
    pub enums: &'static [(&'static str, &'static str, Names)],
    /// Keys that no row has, of the types whose keys are more than a number.
    pub nowhere: &'static [(&'static str, &'static str)],
    /// Of so many cases, more than one has a list in a list with something in it.
    pub few_children: u32,
    /// What SQLite must do before it can delete all rows.
    pub untie: &'static str,
}

pub type Names = &'static [(&'static str, &'static str)];

/// That columns of a type equal those of another.
pub struct ToOne {
    pub of: &'static str,
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub to: &'static str,
    pub keys: &'static [&'static str],
}

/// A relation to the rows whose to-one relation `back` leads here; or, of a join table's, to what its relation `on` leads to.
pub struct Backward {
    pub of: &'static str,
    pub name: &'static str,
    pub table: &'static str,
    pub back: &'static str,
    pub on: Option<&'static str>,
}

/// The rows of a small database.
pub trait Rows: Clone + Debug + Sync {
    const WORLD: &'static World;

    /// The servers, without rows.
    async fn start(arguments: &[&str]) -> Apps;

    /// Rows drawn at random.
    fn drawn() -> impl Strategy<Value = Self>;

    /// Copies with these numbers, behind all rows and related among themselves; copy 0 is the rows as they are.
    fn copies(&self, numbers: Range<i64>) -> Self;

    /// The tables, each with its type's name; those that refer to others come after them.
    fn tables(&self) -> Vec<(&'static str, &dyn Table)>;
}

/// A row as the reference reads it.
#[derive(Debug)]
pub struct Row {
    pub ty: &'static str,
    pub key: Vec<Scalar>,
    /// Also those that the API does not show.
    pub columns: BTreeMap<String, Scalar>,
}

impl Row {
    /// With `%` and `:` in a text as they are spelt there.
    pub fn id(&self) -> String {
        let part = |part: &Scalar| match part {
            Scalar::Text(text) => text.replace('%', "%25").replace(':', "%3A"),
            Scalar::Integer(number) => number.to_string(),
            Scalar::Uuid(uuid) => uuid.to_string(),
            other => panic!("{other:?} is in no key"),
        };
        self.key.iter().fold(self.ty.to_owned(), |id, it| format!("{id}:{}", part(it)))
    }
}

/// The rows of one table.
pub trait Table: Sync {
    fn name(&self) -> &'static str;
    fn rows(&self, world: &World, ty: &'static str) -> Vec<Row>;
    /// What inserts them, if there are any.
    fn insertion(&self, backend: DbBackend) -> Option<Statement>;
    fn lines(&self) -> String;
}

impl<M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel> + Sync> Table for Vec<M> {
    fn name(&self) -> &'static str {
        M::Entity::default().table_name()
    }

    fn rows(&self, world: &World, ty: &'static str) -> Vec<Row> {
        let row = |model: &M| {
            let read = |column: <M::Entity as EntityTrait>::Column| {
                let name = camel_case(column.as_str());
                let names = world.enums.iter().find(|it| it.0 == ty && it.1 == name).map(|it| it.2);
                (name, Scalar::read(model.get(column), names))
            };
            let columns = <M::Entity as EntityTrait>::Column::iter().map(read).collect();
            let key = <M::Entity as EntityTrait>::PrimaryKey::iter().map(|part| read(part.into_column()).1).collect();
            Row { ty, key, columns }
        };
        let mut rows: Vec<_> = self.iter().map(row).collect();
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows
    }

    fn insertion(&self, backend: DbBackend) -> Option<Statement> {
        let rows = self.iter().cloned().map(IntoActiveModel::into_active_model);
        (!self.is_empty()).then(|| M::Entity::insert_many(rows).build(backend))
    }

    fn lines(&self) -> String {
        self.iter().map(|row| format!("\n  {row:?}")).collect()
    }
}

/// `created_at`, or `CREATED_AT`, as `createdAt`.
pub fn camel_case(name: &str) -> String {
    let mut words = name.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// Adds the rows to the database, in the place of all that is there if `alone`.
pub async fn load<R: Rows>(rows: &R, app: &App, alone: bool) {
    let tables = rows.tables();
    let transaction = app.database.writer.begin().await.unwrap();
    if app.backend() == DbBackend::Postgres {
        transaction.execute_unprepared("SET LOCAL synchronous_commit = off").await.unwrap();
    }
    if alone {
        let names: Vec<_> = tables.iter().rev().map(|(_, table)| table.name()).collect();
        let delete = if app.backend() == DbBackend::Postgres {
            // Deleted rows would pile up, and with them the time that a scan takes: nobody vacuums between cases.
            format!("TRUNCATE {}", names.join(", "))
        } else {
            names
                .iter()
                .map(|name| format!("; DELETE FROM {name}"))
                .fold(R::WORLD.untie.to_owned(), |all, it| all + &it)
        };
        transaction.execute_unprepared(&delete).await.unwrap();
    }
    for statement in tables.iter().filter_map(|(_, table)| table.insertion(app.backend())) {
        transaction.execute_raw(statement).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

/// One line a row.
pub struct Shown<'a, R>(pub &'a R);

impl<R: Rows> Display for Shown<'_, R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.tables().iter().try_for_each(|(_, table)| writeln!(f, "{}:{}", table.name(), table.lines()))
    }
}
