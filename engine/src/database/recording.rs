//! What has the database record its changes: a table of them, and triggers that fill it in the transactions that write.
//!
//! Whoever writes, the change is recorded: this program, another, or a cascade. Names have the digest of what they stand for, so that
//! the names alone tell whether the triggers are those of this program.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};

use crate::digest::Digest;

/// The table of changes: a row each, with the keys of the changed row and of its parents before and after. One that has neither says
/// that all rows of its table are gone at once.
pub const CHANGES: &str = "dovetail_changes";

/// The table whose one row says since when changes are recorded without a gap, by an id, and which of them are there no more.
pub const EPOCH: &str = "dovetail_epoch";

/// How the names of our triggers begin. PostgreSQL runs a row's triggers in the order of their names: what another one does to the row is
/// recorded after what it is run for.
const PREFIX: &str = "Dovetail_changes_";

/// How those on PostgreSQL end that tell of all rows of a table at once.
const OF_ALL: &str = "_truncate";

/// A table whose changes are recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its schema, if the entity says one.
    pub schema: Option<String>,
    /// Its name.
    pub table: String,
    /// The columns of its primary key.
    pub key: Vec<RecordedColumn>,
    /// The columns of its foreign keys.
    pub parents: Vec<RecordedColumn>,
}

/// A column whose values are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedColumn {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds UUIDs, which are bytes on SQLite.
    pub is_uuid: bool,
}

/// What changes of a table are recorded as changes of.
pub fn source(schema: Option<&str>, table: &str) -> String {
    schema.into_iter().chain([table]).collect::<Vec<_>>().join(".")
}

impl Recorded {
    /// What changes of it are recorded as changes of.
    pub fn source(&self) -> String {
        source(self.schema.as_deref(), &self.table)
    }

    /// Its name in statements.
    fn quoted(&self) -> String {
        quoted_table(self.schema.as_deref(), &self.table)
    }

    /// Whether two rows, as `OLD` and `NEW`, have another key, by this comparison of two values.
    fn has_another_key(&self, is_another: &str) -> String {
        let compare = |column: &RecordedColumn| {
            let name = quoted(column.name);
            format!("OLD.{name} {is_another} NEW.{name}")
        };
        self.key.iter().map(compare).collect::<Vec<_>>().join(" OR ")
    }

    /// The object of what is recorded of a row, which this function makes.
    fn object(&self, function: &str, row: &str, uuid: impl Fn(String) -> String) -> String {
        let mut columns = self.key.clone();
        columns.extend(self.parents.iter().filter(|parent| !self.key.contains(parent)));
        let values = columns.iter().map(|column| {
            let value = format!("{row}.{}", quoted(column.name));
            format!("{}, {}", text(column.name), if column.is_uuid { uuid(value) } else { value })
        });
        format!("{function}({})", values.collect::<Vec<_>>().join(", "))
    }

    /// The triggers on SQLite: of each its name, and the statement that makes it.
    fn sqlite(&self) -> Vec<(String, String)> {
        let (table, source) = (self.quoted(), text(&self.source()));
        let object = |row| self.object("json_object", row, |value| format!("lower(hex({value}))"));
        let (old, new) = (object("OLD"), object("NEW"));
        let insert = |before: &str, after: &str| {
            format!("INSERT INTO {CHANGES} (source, before, after) VALUES ({source}, {before}, {after});")
        };
        let another = self.has_another_key("IS NOT");
        let events = [
            ("insert", "INSERT", String::new(), insert("NULL", &new)),
            ("update", "UPDATE", format!("WHEN NOT ({another}) "), insert(&old, &new)),
            ("rekey", "UPDATE", format!("WHEN {another} "), insert(&old, "NULL") + " " + &insert("NULL", &new)),
            ("delete", "DELETE", String::new(), insert(&old, "NULL")),
        ];
        let triggers = events.map(|(name, event, when, run)| {
            let body = format!("AFTER {event} ON {table} FOR EACH ROW {when}BEGIN {run} END");
            let name = format!("{PREFIX}{}_{name}", Digest::of(&body));
            let create = format!("CREATE TRIGGER {name} {body}");
            (name, create)
        });
        triggers.into()
    }

    /// The triggers on PostgreSQL, whose function writes to a table in this schema.
    fn postgres(&self, schema: &str) -> Vec<(String, String)> {
        let (table, source) = (self.quoted(), text(&self.source()));
        let object = |row| self.object("jsonb_build_object", row, |value| value);
        let (old, new) = (object("OLD"), object("NEW"));
        let to = format!("INSERT INTO {}.{CHANGES} (source, before, after) VALUES", quoted(schema));
        let body = format!(
            "BEGIN \
               CASE \
                 WHEN TG_OP = 'INSERT' THEN {to} ({source}, NULL, {new}); \
                 WHEN TG_OP = 'DELETE' THEN {to} ({source}, {old}, NULL); \
                 WHEN TG_OP = 'TRUNCATE' THEN {to} ({source}, NULL, NULL); \
                 WHEN {another} THEN {to} ({source}, {old}, NULL), ({source}, NULL, {new}); \
                 ELSE {to} ({source}, {old}, {new}); \
               END CASE; \
               RETURN NULL; \
             END",
            another = self.has_another_key("IS DISTINCT FROM"),
        );
        // Of the role that migrates: whoever may write to the table need not be allowed to write to that of changes. As it should be
        // for such functions, nobody else's search path has a say in what it does, and nobody else has triggers of it.
        let function = format!(
            "RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {}",
            text(&body)
        );
        let row = format!("AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW");
        let truncate = format!("AFTER TRUNCATE ON {table} FOR EACH STATEMENT");
        let name = format!("{PREFIX}{}", Digest::of(&[&*function, &row, &truncate].concat()));
        let function = format!(
            "CREATE OR REPLACE FUNCTION \"{name}\"() {function}; REVOKE EXECUTE ON FUNCTION \"{name}\"() FROM PUBLIC; "
        );
        // Always: also of what is replicated from elsewhere.
        let trigger = |trigger: &str, on: &str| {
            format!(
                "CREATE TRIGGER \"{trigger}\" {on} EXECUTE FUNCTION \"{name}\"(); ALTER TABLE {table} ENABLE ALWAYS TRIGGER \"{trigger}\""
            )
        };
        let of_all = format!("{name}{OF_ALL}");
        let (row, truncate) = (function + &trigger(&name, &row), trigger(&of_all, &truncate));
        vec![(name, row), (of_all, truncate)]
    }

    /// Whether the table is there.
    async fn is_there(&self, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let backend = connection.get_database_backend();
        let question = match backend {
            DbBackend::Postgres => format!("SELECT 1 WHERE to_regclass({}) IS NOT NULL", text(&self.quoted())),
            _ => format!(
                "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = {} COLLATE NOCASE",
                text(&self.table)
            ),
        };
        Ok(connection.query_one_raw(Statement::from_string(backend, question)).await?.is_some())
    }
}

/// A table's name in SQL.
pub fn quoted_table(schema: Option<&str>, table: &str) -> String {
    schema.into_iter().chain([table]).map(quoted).collect::<Vec<_>>().join(".")
}

/// A name in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in SQL.
pub fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether changes of these tables are recorded, as far as they are there, and of no others.
pub async fn is_in_place(connection: &impl ConnectionTrait, tables: &[Recorded]) -> Result<bool, DbErr> {
    Ok(names(connection).await? == wanted(connection, tables).await?)
}

/// Whether changes of these tables are recorded, as far as they are there, whatever else is.
pub async fn has_all(connection: &impl ConnectionTrait, tables: &[Recorded]) -> Result<bool, DbErr> {
    Ok(names(connection).await?.is_superset(&wanted(connection, tables).await?))
}

async fn wanted(connection: &impl ConnectionTrait, tables: &[Recorded]) -> Result<BTreeSet<String>, DbErr> {
    Ok(triggers(connection, tables).await?.into_iter().map(|(name, _)| name).collect())
}

/// Has changes be recorded no more.
pub async fn remove(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    for name in names(connection).await? {
        let drop = match connection.get_database_backend() {
            // With its triggers, of which one is named like it.
            DbBackend::Postgres => format!("DROP FUNCTION IF EXISTS \"{}\" CASCADE", name.trim_end_matches(OF_ALL)),
            _ => format!("DROP TRIGGER {name}"),
        };
        connection.execute_unprepared(&drop).await?;
    }
    Ok(())
}

/// Has changes of these tables be recorded, as far as they are there. What was written before, nobody is told: a new epoch begins.
pub async fn put_in_place(connection: &impl ConnectionTrait, tables: &[Recorded]) -> Result<(), DbErr> {
    if tables.is_empty() {
        return Ok(());
    }
    let (create, id) = match connection.get_database_backend() {
        DbBackend::Postgres => (
            format!(
                "CREATE TABLE IF NOT EXISTS {CHANGES} (\
               number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), \
               at timestamptz NOT NULL DEFAULT clock_timestamp(), source text NOT NULL, before jsonb, after jsonb); \
             CREATE INDEX IF NOT EXISTS {CHANGES}_xid ON {CHANGES} (xid); \
             CREATE TABLE IF NOT EXISTS {EPOCH} (id text NOT NULL, pruned bigint NOT NULL)"
            ),
            "replace(gen_random_uuid()::text, '-', '')",
        ),
        _ => (
            format!(
                "CREATE TABLE IF NOT EXISTS {CHANGES} (\
               number integer PRIMARY KEY AUTOINCREMENT, at integer NOT NULL DEFAULT (unixepoch()), source text NOT NULL, \
               before text, after text); \
             CREATE TABLE IF NOT EXISTS {EPOCH} (id text NOT NULL, pruned bigint NOT NULL)"
            ),
            "lower(hex(randomblob(16)))",
        ),
    };
    connection.execute_unprepared(&create).await?;
    for (_, create) in triggers(connection, tables).await? {
        connection.execute_unprepared(&create).await?;
    }
    connection.execute_unprepared(&format!("DELETE FROM {EPOCH}; INSERT INTO {EPOCH} VALUES ({id}, 0)")).await?;
    Ok(())
}

/// The triggers that there should be: of each its name, and the statement that makes it.
async fn triggers(connection: &impl ConnectionTrait, tables: &[Recorded]) -> Result<Vec<(String, String)>, DbErr> {
    let schema = match connection.get_database_backend() {
        DbBackend::Postgres => column(connection, "SELECT current_schema()::text".to_owned()).await?.pop(),
        _ => None,
    };
    let mut triggers = Vec::new();
    for table in tables {
        if table.is_there(connection).await? {
            triggers.extend(schema.as_ref().map_or_else(|| table.sqlite(), |schema| table.postgres(schema)));
        }
    }
    Ok(triggers)
}

/// The names of our triggers that are there.
async fn names(connection: &impl ConnectionTrait) -> Result<BTreeSet<String>, DbErr> {
    let like = PREFIX.replace('_', "\\_");
    let question = match connection.get_database_backend() {
        // Not those of partitions, which are made and dropped with their table's; nor one that somebody turned off.
        DbBackend::Postgres => format!(
            "SELECT tgname::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid \
             WHERE tgname LIKE '{like}%' AND tgparentid = 0 AND tgenabled = 'A' \
             AND pronamespace = quote_ident(current_schema())::regnamespace"
        ),
        _ => format!("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '{like}%' ESCAPE '\\'"),
    };
    Ok(column(connection, question).await?.into_iter().collect())
}

async fn column(connection: &impl ConnectionTrait, question: String) -> Result<Vec<String>, DbErr> {
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), question)).await?;
    rows.iter().map(|row: &QueryResult| row.try_get_by_index(0)).collect()
}
