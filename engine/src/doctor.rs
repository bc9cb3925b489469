//! What `doctor` finds: whether a database is fit to be served, as these settings would have it served, and what to do about it.

use std::{
    collections::HashMap,
    fmt::{Display, Formatter, Result as Formatted},
    time::{Duration, SystemTime},
};

use anyhow::{Error, Result};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value as Json, from_str};

use crate::{
    config::ServeOptions,
    database::{
        self, Database, Migrations, Pool, ask, explain,
        recording::{CHANGES, EPOCH},
    },
    error::message_of,
    graphql::{check::Sought, nodes::Types},
};

/// The oldest PostgreSQL that is supported, as it numbers its versions.
const OLDEST: i32 = 150_000;

/// How many connections there are beside those of the settings: to ask whether the database is there, and to follow its changes.
const OWN_CONNECTIONS: i64 = 5;

/// By how many seconds the clocks may differ.
const SKEW: f64 = 2.0;

/// What was found.
pub enum Finding {
    /// It is as it should be.
    Well(String),
    /// It works, but better could be done: what, and how.
    Note(String),
    /// It does not work: what, and what to do.
    Wrong(String),
}

use Finding::{Note, Well, Wrong};

impl Display for Finding {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        match self {
            Well(what) => write!(formatter, "ok     {what}"),
            Note(what) => write!(formatter, "note   {what}"),
            Wrong(what) => write!(formatter, "wrong  {what}"),
        }
    }
}

/// Examines the database of a program of this name.
pub async fn examine<T: Types>(options: &ServeOptions, migrations: Migrations, program: &str) -> Vec<Finding> {
    let limit = Duration::from_secs(options.http.request_timeout);
    let database = match Database::open(&options.database, &options.pools, limit, migrations).await {
        Ok(database) => database,
        Err(error) => return vec![Wrong(format!("{error:#}"))],
    };
    let mut findings = Vec::new();
    let is_postgres = database.writer.get_database_backend() == DbBackend::Postgres;
    if is_postgres {
        told(postgres(&database, options).await, &mut findings);
        told(clock(&database.writer).await, &mut findings);
    } else {
        told(sqlite(&database.writer).await, &mut findings);
    }
    let tables = tables(&database.writer, migrations, program).await;
    let are_there = matches!(tables, Well(_));
    findings.push(tables);
    if let Err(error) = T::check_database(&database.writer).await {
        findings.push(Wrong(format!("{error:#}")));
    }
    if are_there {
        told(columns::<T>(&database.writer).await, &mut findings);
        if is_postgres {
            told(privileges::<T>(&database.writer).await, &mut findings);
        }
        told(indexes::<T>(&database.writer).await, &mut findings);
    }
    database.close().await;
    findings
}

/// Adds what was found; or that it could not be found.
fn told(found: Result<Vec<Finding>>, findings: &mut Vec<Finding>) {
    findings.extend(found.unwrap_or_else(|error| vec![Wrong(format!("{error:#}"))]));
}

async fn sqlite(pool: &Pool) -> Result<Vec<Finding>> {
    let row = ask(
        pool,
        "SELECT sqlite_version(), (SELECT journal_mode FROM pragma_journal_mode), (SELECT * FROM pragma_quick_check LIMIT 1)",
    );
    let row = row.await.map_err(|error| explain(&error))?;
    let (version, journal, check): (String, String, String) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    let sound = match &*check {
        "ok" => Well("the file is sound".to_owned()),
        problem => Wrong(format!("the file is damaged: {problem}; restore a back-up")),
    };
    let mut findings = vec![Well(format!("SQLite {version}, journal {journal}")), sound];
    let write = async {
        let transaction = pool.begin().await?;
        transaction.execute_unprepared("CREATE TABLE dovetail_doctor (tried)").await?;
        transaction.rollback().await
    };
    if let Err(error) = write.await {
        findings.push(Wrong(format!("the file cannot be written: {}", message_of(&error))));
    }
    Ok(findings)
}

/// The server, its replicas, and what is between.
async fn postgres(database: &Database, options: &ServeOptions) -> Result<Vec<Finding>> {
    let row = ask(
        &database.writer,
        "SELECT current_setting('server_version'), current_setting('server_version_num')::int, current_setting('server_encoding'), \
           (SELECT LEAST(current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint, \
             NULLIF(rolconnlimit, -1), NULLIF(datconnlimit, -1)) \
            FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()), \
           current_setting('fsync') = 'on', current_setting('synchronous_commit') <> 'off', \
           current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery()",
    );
    let row = row.await.map_err(|error| explain(&error))?;
    let (version, number): (String, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let mut findings = vec![match number >= OLDEST {
        true => Well(format!("PostgreSQL {version}")),
        false => Wrong(format!("PostgreSQL {version} is too old; allowed is 15 or later")),
    }];
    let encoding: String = row.try_get_by_index(2)?;
    if encoding != "UTF8" {
        findings.push(Wrong(format!("the database's encoding is {encoding}; make one with ENCODING 'UTF8'")));
    }
    if row.try_get_by_index(6)? {
        findings.push(Wrong("the database is read-only: --database-url is to name the primary".to_owned()));
    }
    let (keeps, waits): (bool, bool) = (row.try_get_by_index(4)?, row.try_get_by_index(5)?);
    if !keeps {
        findings.push(Note(
            "fsync is off: the whole database may be lost with its machine; switch it on, but for tests".to_owned(),
        ));
    }
    if !waits {
        findings.push(Note(
            "synchronous_commit is off: what was acknowledged last may be lost with the machine, and subscribers were told of it"
                .to_owned(),
        ));
    }
    let most: i64 = row.try_get_by_index(3)?;
    let pools = &options.pools;
    let wanted = i64::from(pools.read_connections) + i64::from(pools.write_connections) + OWN_CONNECTIONS;
    findings.push(match database.writer.sessions() {
        None => Note(
            "a pooler is in between: statements are prepared each time, unless --prepared-statements is `named`"
                .to_owned(),
        ),
        Some(_) if wanted > most => Wrong(format!(
            "an instance takes up to {wanted} connections, and may have {most}: lower --read-connections and \
             --write-connections, raise max_connections or the limit of the role or the database, or put PgBouncer in between"
        )),
        Some(_) => Well(format!("an instance takes up to {wanted} of {most} connections")),
    });
    findings.extend(database.replicas.iter().map(|replica| match replica.is_well() {
        true => Well(format!("the replica {replica} is read from")),
        false => Wrong(format!("the replica {replica} is not read from; the log says why")),
    }));
    Ok(findings)
}

/// Whether the database's clock shows what this machine's does, which says whether tokens have expired.
async fn clock(pool: &Pool) -> Result<Vec<Finding>> {
    let seconds = || Ok::<_, Error>(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64());
    let before = seconds()?;
    let row =
        ask(pool, "SELECT extract(epoch FROM clock_timestamp())::float8").await.map_err(|error| explain(&error))?;
    let (theirs, after): (f64, f64) = (row.try_get_by_index(0)?, seconds()?);
    let skew = if theirs < before { theirs - before } else { (theirs - after).max(0.0) };
    Ok(match skew.abs() < SKEW {
        true => Vec::new(),
        false => vec![Note(format!(
            "the database's clock is {:.0} s {} this machine's; keep both by NTP",
            skew.abs(),
            if skew > 0.0 { "ahead of" } else { "behind" }
        ))],
    })
}

/// Whether the tables are those of the program.
async fn tables(writer: &Pool, migrations: Migrations, program: &str) -> Finding {
    match database::unfit(writer, migrations).await {
        Ok(None) => Well("all migrations are applied, and changes are recorded as they are read".to_owned()),
        Ok(Some(unfit)) => Wrong(format!("{unfit}; run `{program} migrate up`")),
        Err(error) => Wrong(format!("{error:#}")),
    }
}

/// Whether the tables have the columns of the program's entities, and may be read.
async fn columns<T: Types>(pool: &Pool) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for look in T::looks(pool.get_database_backend()) {
        if let Err(error) = pool.query_all_raw(look).await {
            let problem = message_of(&error);
            findings.push(Wrong(format!("what the program reads is not there, or may not be read: {problem}")));
        }
    }
    Ok(findings)
}

/// Whether the tables may be written, and subscribers told of changes.
async fn privileges<T: Types>(pool: &Pool) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for table in T::tables() {
        if let Some(lacks) = lacking(pool, &table, &["INSERT", "UPDATE", "DELETE"]).await? {
            findings.push(Note(format!(
                "the user may not {lacks} on {table}: where mutations do, GRANT {lacks} ON {table} TO it"
            )));
        }
    }
    let of_changes = [(CHANGES, ["SELECT", "DELETE"]), (EPOCH, ["SELECT", "UPDATE"])];
    for (table, rights) in of_changes.into_iter().filter(|_| !T::recorded().is_empty()) {
        if let Some(lacks) = lacking(pool, table, &rights).await? {
            findings.push(Wrong(format!(
                "the user may not {lacks} on {table}, so that no subscription works: GRANT {lacks} ON {table} TO it"
            )));
        }
    }
    Ok(findings)
}

/// Which of these rights on a table the user does not have.
async fn lacking(pool: &Pool, table: &str, rights: &[&str]) -> Result<Option<String>> {
    let question = "SELECT string_agg(what, ', ') FROM jsonb_array_elements_text($1::jsonb) AS what WHERE NOT has_table_privilege($2, what)";
    let values = [Json::from(rights).to_string().into(), table.into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, question, values);
    let row = pool.query_one_raw(statement).await.map_err(|error| explain(&error))?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}

/// The indexes of tables, each by its columns; and whether the first is compared by code points, if it is a text.
type Indexes = HashMap<String, Vec<(Vec<String>, bool)>>;

/// Whether each list finds its rows by an index.
async fn indexes<T: Types>(pool: &Pool) -> Result<Vec<Finding>> {
    let backend = pool.get_database_backend();
    let question = match backend {
        DbBackend::Postgres => {
            r#"SELECT n.nspname, c.relname, json_agg(a.attname ORDER BY k.place)::text, i.indcollation[0] IN (0, '"C"'::regcollation) AND o.opcdefault,
                 pg_table_is_visible(c.oid)
               FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
               JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'btree'
               JOIN pg_opclass AS o ON o.oid = i.indclass[0]
               CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
               LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0
               WHERE i.indisvalid AND i.indpred IS NULL AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
                 AND k.place <= i.indnkeyatts
               GROUP BY n.nspname, c.relname, c.oid, i.indexrelid, i.indcollation, o.opcdefault"#
        }
        _ => {
            "SELECT 'main', name, json_group_array(part), max(place = 0 AND collation = 'BINARY'), TRUE FROM (
               SELECT m.name AS name, l.name AS of, x.name AS part, x.seqno AS place, x.coll AS collation
               FROM sqlite_schema AS m, pragma_index_list(m.name) AS l, pragma_index_xinfo(l.name) AS x
               WHERE m.type = 'table' AND NOT l.partial AND x.key ORDER BY x.seqno) GROUP BY name, of"
        }
    };
    let rows = pool.query_all_raw(Statement::from_string(backend, question)).await.map_err(|error| explain(&error))?;
    let mut indexes = Indexes::new();
    for row in rows {
        let (schema, table, columns): (String, String, String) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let columns: Vec<Option<String>> = from_str(&columns)?;
        // Of an expression there is no name.
        let columns: Vec<_> = columns.into_iter().map_while(|column| column).collect();
        let index = (columns, row.try_get_by_index(3)?);
        if row.try_get_by_index(4)? {
            indexes.entry(table.clone()).or_default().push(index.clone());
        }
        indexes.entry(format!("{schema}.{table}")).or_default().push(index);
    }
    let sought = T::sought();
    let missing: Vec<_> =
        sought.iter().filter(|sought| !serves(&indexes, sought)).map(|it| advice(it, backend)).collect();
    Ok(match missing.is_empty() {
        true => vec![Well(format!("each of {} lists and orders has an index", sought.len()))],
        false => missing,
    })
}

fn serves(indexes: &Indexes, Sought { table, columns, is_text, .. }: &Sought) -> bool {
    let of_table = indexes.get(table).map(Vec::as_slice).unwrap_or_default();
    of_table.iter().any(|(parts, by_code_points)| {
        let first = parts.get(..columns.len()).unwrap_or_default();
        !first.is_empty()
            && columns.iter().all(|it| first.iter().any(|part| part == it))
            && (*by_code_points || !is_text)
    })
}

fn advice(Sought { what, table, columns, is_text }: &Sought, backend: DbBackend) -> Finding {
    let columns = columns.join(", ");
    let how = if *is_text && backend == DbBackend::Postgres { " COLLATE \"C\"" } else { "" };
    Note(format!(
        "no index serves {what}: make one on `{table}` that begins with ({columns}{how}), and then has the key"
    ))
}
