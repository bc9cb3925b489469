//! The changes that the database records, as whoever is told of them reads them.
//!
//! On PostgreSQL, transactions commit in another order than they wrote. What is new is what a snapshot sees that an earlier one did not:
//! so no change is skipped, however late its transaction commits, and none waits for a transaction that takes long. Within that, changes
//! are in the order of their numbers. A row's changes are in the order in which they were committed: whoever changes a row waits for the
//! end of whoever changed it before, and is given its number thereafter. On SQLite, which has one writer, all are.

mod position;
mod wake;

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use serde_json::{Map, Value as Json, from_str};

pub use self::{
    position::{Moment, Position},
    wake::{Wake, tell},
};
use crate::database::{
    Database,
    recording::{CHANGES, EPOCH},
};

/// How many old changes are removed at once.
const MOST_REMOVED: u64 = 10_000;

/// What is recorded of a row: the values of its key and of its foreign keys, by their columns.
pub type Keys = Map<String, Json>;

/// A change of a row. One that has it neither before nor after says that all rows of its table are gone.
#[derive(Debug)]
pub struct Change {
    /// Its number.
    pub number: i64,
    /// The transaction that made it; on SQLite its number, for those are in the order of the commits.
    pub transaction: i64,
    /// The table.
    pub source: String,
    /// What the row was, if it was there.
    pub before: Option<Keys>,
    /// What it is, if it is there.
    pub after: Option<Keys>,
}

impl Change {
    /// Whether all rows of its table are gone.
    pub fn is_of_all(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }
}

/// How far the changes have come.
#[derive(Clone, Debug)]
pub struct Now {
    /// Since when they are recorded without a gap.
    pub epoch: String,
    /// What can be seen.
    pub moment: Moment,
    /// The last that is there no more: a transaction on PostgreSQL, a change on SQLite.
    pruned: i64,
}

impl Now {
    /// Whether all changes after a position are there.
    pub fn has_all_after(&self, position: &Position) -> bool {
        self.epoch == position.epoch
            && self.moment.is_like(&position.to)
            && position.from.is_after(self.pruned)
            && position.to.is_before(&self.moment)
    }
}

/// The changes of a database.
#[derive(Clone, Debug)]
pub struct Changes(Database);

impl Changes {
    /// Those of this one.
    pub fn of(database: Database) -> Self {
        Self(database)
    }

    fn backend(&self) -> DbBackend {
        self.0.changes.get_database_backend()
    }

    /// How far they have come; `None` if none are recorded.
    pub async fn now(&self) -> Result<Option<Now>, DbErr> {
        let question = match self.backend() {
            // After a failover, transactions may be lost that others were told of; and in another cluster, to which the tables were
            // copied, their numbers mean nothing. Either begins another epoch.
            DbBackend::Postgres => format!(
                "SELECT id || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || to_hex(system_identifier), pruned, \
                 pg_current_snapshot()::text || ':' || COALESCE((SELECT max(number) FROM {CHANGES}), 0) \
                 FROM {EPOCH}, pg_control_system()"
            ),
            _ => format!(
                "SELECT id, pruned, COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '{CHANGES}'), 0) || '' FROM {EPOCH}"
            ),
        };
        let row = self.0.changes.query_one_raw(Statement::from_string(self.backend(), question)).await?;
        let now = |row: QueryResult| {
            let moment: String = row.try_get_by_index(2)?;
            let moment = moment.parse().map_err(DbErr::Type)?;
            Ok(Now { epoch: row.try_get_by_index(0)?, pruned: row.try_get_by_index(1)?, moment })
        };
        row.map(now).transpose()
    }

    /// The changes after a position, of these tables, and so many at most; `None` if not all are there any more.
    pub async fn after(
        &self,
        position: &Position,
        sources: &[String],
        most: u64,
    ) -> Result<Option<Vec<Change>>, DbErr> {
        let Position { from, to, number, .. } = position;
        if matches!(to, Moment::Snapshot { .. }) != (self.backend() == DbBackend::Postgres) {
            return Ok(None);
        }
        let sources = Json::from(sources).to_string();
        let (question, values): (_, Vec<Value>) = match self.backend() {
            DbBackend::Postgres => (
                // In two parts, each of which an index serves. Few are of the second: of a transaction whose number was given again.
                format!(
                    "WITH new AS ( \
                       SELECT * FROM {CHANGES} WHERE xid >= pg_snapshot_xmin($1::pg_snapshot) \
                         AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot) \
                       UNION ALL SELECT * FROM {CHANGES} WHERE number > $6 AND pg_visible_in_snapshot(xid, $1::pg_snapshot)) \
                     SELECT number, xid::text::bigint, source, before::text, after::text FROM new \
                     WHERE pg_visible_in_snapshot(xid, $2::pg_snapshot) AND number <= $7 AND number > $3 \
                     AND source IN (SELECT jsonb_array_elements_text($4::jsonb)) ORDER BY number LIMIT $5"
                ),
                vec![
                    from.snapshot().into(),
                    to.snapshot().into(),
                    (*number).into(),
                    sources.into(),
                    (most as i64).into(),
                    from.last().into(),
                    to.last().into(),
                ],
            ),
            _ => (
                format!(
                    "SELECT number, number, source, before, after FROM {CHANGES} WHERE number > max(?, ?) AND number <= ? \
                     AND source IN (SELECT value FROM json_each(?)) ORDER BY number LIMIT ?"
                ),
                vec![
                    from.all_up_to().into(),
                    (*number).into(),
                    to.all_up_to().into(),
                    sources.into(),
                    (most as i64).into(),
                ],
            ),
        };
        let statement = Statement::from_sql_and_values(self.backend(), question, values);
        let changes = self.0.changes.query_all_raw(statement).await?.iter().map(change).collect::<Result<_, _>>()?;
        // Thereafter: what is removed meanwhile would be missing.
        let now = self.now().await?;
        Ok(now.is_some_and(|now| now.has_all_after(position)).then_some(changes))
    }

    /// Removes those that are older than `kept`.
    pub async fn prune(&self, kept: Duration) -> Result<(), DbErr> {
        let kept = kept.as_secs() as i64;
        let backend = self.backend();
        let writer = &self.0.writer;
        if backend == DbBackend::Postgres {
            // Of what can be seen, no transaction is newer than that: such changes came with a dump of another cluster.
            let foreign = format!("DELETE FROM {CHANGES} WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())");
            writer.execute_unprepared(&foreign).await?;
            // None of a transaction after the oldest that runs: all of those before it would seem to be there no more.
            let prune = format!(
                "WITH oldest AS MATERIALIZED (SELECT number, at FROM {CHANGES} WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) \
                   ORDER BY number LIMIT {MOST_REMOVED}), \
                 gone AS (DELETE FROM {CHANGES} AS c USING oldest AS o WHERE c.number = o.number \
                   AND o.at <= now() - {kept} * interval '1 second' RETURNING c.xid) \
                 UPDATE {EPOCH} SET pruned = GREATEST(pruned, (SELECT max(xid::text::bigint) FROM gone)) \
                 WHERE EXISTS (SELECT FROM gone)"
            );
            while writer.execute_unprepared(&prune).await?.rows_affected() > 0 {}
            return Ok(());
        }
        let last = format!(
            "SELECT max(number) FROM (SELECT number, at FROM {CHANGES} ORDER BY number LIMIT {MOST_REMOVED}) \
             WHERE at <= unixepoch() - {kept}"
        );
        while let Some(row) = self.0.changes.query_one_raw(Statement::from_string(backend, &last)).await?
            && let Some(last) = row.try_get_by_index::<Option<i64>>(0)?
        {
            let transaction = self.0.begin_writing().await?;
            transaction.execute_unprepared(&format!("UPDATE {EPOCH} SET pruned = max(pruned, {last})")).await?;
            transaction.execute_unprepared(&format!("DELETE FROM {CHANGES} WHERE number <= {last}")).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

fn change(row: &QueryResult) -> Result<Change, DbErr> {
    let keys = |index| -> Result<Option<Keys>, DbErr> {
        let keys: Option<String> = row.try_get_by_index(index)?;
        keys.map(|keys| from_str(&keys)).transpose().map_err(|error| DbErr::Json(error.to_string()))
    };
    Ok(Change {
        number: row.try_get_by_index(0)?,
        transaction: row.try_get_by_index(1)?,
        source: row.try_get_by_index(2)?,
        before: keys(3)?,
        after: keys(4)?,
    })
}
