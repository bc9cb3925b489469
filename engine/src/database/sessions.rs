//! What outlives a transaction on the way to a database.

use sea_orm::{
    ConnectOptions, Database, DbErr, SqlxError,
    sqlx::{AssertSqlSafe, Row, raw_sql},
};

use crate::{
    config::PreparedStatements,
    error::{driver_error, of_driver},
};

/// A setting of our own, which a session has that was told it when it began.
const MARK: (&str, &str) = ("dovetail.session", "kept");

/// A setting that has PostgreSQL look so often (in milliseconds), while it runs a statement, whether the connection was closed; if so, it
/// runs it no longer.
pub const NOTICES_CLOSING: &str = "client_connection_check_interval = 250";

/// What outlives a transaction.
#[derive(Clone, Copy, Debug)]
pub enum Sessions {
    /// All of a session, which a connection is for as long as it is there.
    Kept,
    /// Nothing for certain: a pooler such as PgBouncer gives each transaction whatever session of the server's is free. What was set or
    /// prepared in another is not there, and what that listens to is heard by somebody else.
    Pooled {
        /// Whether the pooler knows of statements that are prepared under names.
        are_named: bool,
        /// Whether PostgreSQL can look, while it runs a statement, whether the connection was closed.
        notice_closing: bool,
    },
}

impl Sessions {
    /// Whether a connection is one session.
    pub fn are_kept(self) -> bool {
        matches!(self, Self::Kept)
    }

    /// Whether statements are prepared under names, to be run again.
    pub fn are_named(self) -> bool {
        matches!(self, Self::Kept | Self::Pooled { are_named: true, .. })
    }

    /// Those of connections with these options. A pooler refuses or drops what is said when a connection is opened: what is there thereafter is
    /// kept.
    ///
    /// # Errors
    /// It cannot be connected to.
    pub async fn find(options: &ConnectOptions, prepared: Option<PreparedStatements>) -> Result<Self, DbErr> {
        let found = match Found::on(options.clone(), true).await {
            Err(error) if matches!(driver_error(&error), Some(SqlxError::Database(_))) => {
                Found::on(options.clone(), false).await
            }
            found => found,
        };
        let Found { has_mark, notices_closing } = found?;
        let are_kept = has_mark && prepared != Some(PreparedStatements::Unnamed);
        let are_named = prepared == Some(PreparedStatements::Named);
        Ok(if are_kept { Self::Kept } else { Self::Pooled { are_named, notice_closing: notices_closing } })
    }
}

/// What a connection is found to have.
struct Found {
    has_mark: bool,
    notices_closing: bool,
}

impl Found {
    /// What a new connection has, which is told our mark if it `is_told`.
    async fn on(mut options: ConnectOptions, is_told: bool) -> Result<Self, DbErr> {
        options.map_sqlx_postgres_opts(move |postgres| {
            let postgres = postgres.extra_float_digits(None);
            if is_told { postgres.options([MARK]) } else { postgres }
        });
        let connections = Database::connect(options).await?;
        let pool = connections.get_postgres_connection_pool();
        // Not prepared: it would be in another session than that in which it is run.
        let asked = async {
            // A pooler of single statements refuses it.
            let mut transaction = pool.begin().await?;
            let row = raw_sql("SELECT current_setting('dovetail.session', true)").fetch_one(&mut *transaction).await?;
            transaction.rollback().await?;
            row.try_get::<Option<String>, _>(0)
        };
        let mark = asked.await.map_err(of_driver)?;
        // An older PostgreSQL, or one on Windows, does not know it: then `statement_timeout` ends what was left.
        let notices =
            raw_sql(AssertSqlSafe(format!("BEGIN; SET LOCAL {NOTICES_CLOSING}; ROLLBACK"))).execute(pool).await;
        connections.close().await?;
        Ok(Self { has_mark: mark.as_deref() == Some(MARK.1), notices_closing: notices.is_ok() })
    }
}
