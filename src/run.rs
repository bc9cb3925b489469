//! What each command of the program does.

use std::{
    future::Future,
    io::{IsTerminal, Write, stdin, stdout},
    net::SocketAddr,
    time::Duration,
};

use anyhow::{Result, ensure};
use migration::{Migrator, MigratorTrait};
use sea_orm::DbErr;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::timeout_at,
};

use crate::{
    config::{Cli, Command, Graphiql, MigrateAction, ServeOptions, Switch, without_secrets},
    database::{self, Database},
    graphql::{Api, Persisted, sdl},
    log, profile, server,
};

/// Runs the command that the command line names.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn run(cli: Cli) -> Result<()> {
    Cli::check_environment()?;
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(options) => serve(*options).await,
        Command::Migrate { action, database } => migrate(action, &database.database_url).await,
        #[cfg(feature = "seed")]
        Command::Seed { amounts, database } => {
            let writer = database::open_writer(&database.database_url, 1).await?;
            database::ensure_migrated(&writer).await?;
            crate::seed::seed(&writer, amounts).await
        }
        Command::Schema => {
            say(sdl());
            Ok(())
        }
    }
}

async fn serve(options: ServeOptions) -> Result<()> {
    let options = profile::settle(options)?;
    let _log = log::open(&options)?;
    let limit = Duration::from_secs(options.http.request_timeout);
    let database = Database::open(&options.database.database_url, &options.pools, limit).await?;
    database::ensure_migrated(&database.writer).await?;
    #[cfg(feature = "seed")]
    if options.demo {
        crate::seed::seed_if_empty(&database.writer, crate::seed::DEMO).await?;
    }
    let api = Api::new(database.clone(), options.api, Persisted::open(&options.documents)?)?;
    let router = server::router(api, &options).await?;

    // Before the line that says that it is ready: who reads that may stop it.
    let signals = signals()?;
    let listener = server::listen(SocketAddr::new(options.host, options.port))?;
    let address = listener.local_addr()?;
    let mut told = "Dovetail is ready.\n".to_owned();
    if options.graphiql != Some(Graphiql::Off) {
        told += &format!("  GraphiQL  http://{address}/\n");
    }
    told += &format!("  endpoint  http://{address}/graphql\n");
    if options.api.introspection == Some(Switch::On) {
        told += &format!("  schema    http://{address}/schema.graphql\n");
    }
    say(&told);
    let serve = async {
        let end = server::serve(listener, router, &options.http, &options.trusted_proxies, after(1, &signals)).await;
        // What is cut off is rolled back.
        let close = async { tokio::join!(database.reader.close_by_ref(), database.writer.close_by_ref()) };
        let _ = timeout_at(end, close).await;
    };
    tokio::select! {
        () = serve => {}
        () = after(2, &signals) => {}
    }
    Ok(())
}

/// How many signals to stop there were: SIGINT, of a terminal, or SIGTERM, of whatever supervises the process.
fn signals() -> Result<watch::Receiver<u32>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (count, signals) = watch::channel(0);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            count.send_modify(|count| *count += 1);
        }
    });
    Ok(signals)
}

/// Ends once there were so many.
fn after(count: u32, signals: &watch::Receiver<u32>) -> impl Future<Output = ()> + use<> {
    let mut signals = signals.clone();
    async move {
        // Their sender is there as long as the process.
        let _ = signals.wait_for(|met| *met >= count).await;
    }
}

async fn migrate(action: MigrateAction, url: &str) -> Result<()> {
    if let MigrateAction::Fresh { yes: false } = action {
        confirm(&format!("This drops all tables of {} with all rows.", without_secrets(url)))?;
    }
    let database = database::open_writer(url, 1).await?;
    let explain = |error: DbErr| database::explain(&error);
    if !matches!(action, MigrateAction::Status) {
        database::migrate(&database, action).await.map_err(explain)?;
    }
    for migration in Migrator::get_migration_with_status_read_only(&database).await.map_err(explain)? {
        say(&format!("{:8} {}\n", migration.status().to_string(), migration.name()));
    }
    Ok(())
}

/// Writes to the standard output. Whoever closes that wants no more of it, which is no reason to stop.
fn say(text: &str) {
    let mut output = stdout();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

/// Asks on the terminal whether to go on after this warning.
fn confirm(warning: &str) -> Result<()> {
    ensure!(stdin().is_terminal(), "{warning} There is no terminal to ask on: to go on, say --yes");
    eprint!("{warning} Go on? [y/N] ");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "nothing was changed");
    Ok(())
}
