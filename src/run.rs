//! What each command of the program does.

use std::{io::IsTerminal, net::SocketAddr};

use anyhow::{Context, Result, ensure};
use migration::{Migrator, MigratorTrait};
use sea_orm::DbErr;
use tracing_subscriber::{EnvFilter, filter::ParseError};

use crate::{
    config::{Cli, Command, MigrateAction, ServeOptions},
    database::{self, Database},
    graphql::{Api, sdl},
    seed, server,
};

/// Runs the command that the command line names.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn run(cli: Cli) -> Result<()> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(options) => serve(options).await,
        Command::Migrate { action, database } => migrate(action, &database.database_url).await,
        Command::Seed { amounts, database } => {
            let writer = database::open_writer(&database.database_url, 1).await?;
            database::ensure_migrated(&writer).await?;
            seed::seed(&writer, amounts).await
        }
        Command::Schema => {
            print!("{}", sdl());
            Ok(())
        }
    }
}

async fn serve(options: ServeOptions) -> Result<()> {
    let filter: Result<EnvFilter, ParseError> = options.log.parse();
    let filter =
        filter.with_context(|| format!("--log is `{}`; allowed are directives such as `info`", options.log))?;
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).init();
    let mut api = options.api;
    let page_size = api.page_size;
    ensure!(
        page_size.default <= page_size.max,
        "--default-page-size is {}; allowed are 0 to {}, the --max-page-size",
        page_size.default,
        page_size.max
    );

    let database = Database::open(&options.database.database_url, &options.pools).await?;
    database::ensure_migrated(&database.writer).await?;
    if options.demo && seed::is_empty(&database.writer).await? {
        seed::seed(&database.writer, seed::DEMO).await?;
    }
    api.sql_report |= options.demo;

    let listener = server::listen(SocketAddr::new(options.host, options.port)).await?;
    let address = listener.local_addr()?;
    println!("Dovetail is ready.");
    println!("  GraphiQL  http://{address}/");
    println!("  endpoint  http://{address}/graphql");
    println!("  schema    http://{address}/schema.graphql");
    let stop = async {
        // Without the signal's handler there is no stop but the process's own end.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, server::router(Api::new(database, api))).with_graceful_shutdown(stop).await?;
    Ok(())
}

async fn migrate(action: MigrateAction, url: &str) -> Result<()> {
    let database = database::open_writer(url, 1).await?;
    let explain = |error: DbErr| database::explain(&error);
    match action {
        MigrateAction::Up => Migrator::up(&database, None).await.map_err(explain)?,
        MigrateAction::Down { steps } => Migrator::down(&database, Some(steps)).await.map_err(explain)?,
        MigrateAction::Fresh => Migrator::fresh(&database).await.map_err(explain)?,
        MigrateAction::Status => {}
    }
    for migration in Migrator::get_migration_with_status_read_only(&database).await.map_err(explain)? {
        println!("{:8} {}", migration.status().to_string(), migration.name());
    }
    Ok(())
}
