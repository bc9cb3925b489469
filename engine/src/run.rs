//! A program over the engine: its command line, and what each command does.

use std::{
    future::{Future, pending},
    io::{self, IsTerminal, Write, stdin, stdout},
    mem::forget,
    net::SocketAddr,
    num::NonZero,
    process::ExitCode,
    thread::available_parallelism,
    time::Duration,
};

use anyhow::{Result, bail, ensure};
use clap::Subcommand;
use sea_orm::DbErr;
use sea_orm_migration::{MigratorTrait, MigratorTraitSelf};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::spawn_blocking,
    time::timeout_at,
};

use crate::{
    api::{Api, Persisted, Schema},
    config::{Cli, Command, DatabaseOptions, Graphiql, MigrateAction, ServeOptions, Switch, without_secrets},
    database::{self, Database, Migrations, Pool},
    doctor::{self, Finding},
    graphql::nodes::Types,
    log, profile, server,
};

/// What a program does, besides serving its [`Types`].
pub trait Program: Types {
    /// Its name, as its commands, its errors, and the file of its embedded database have it.
    const NAME: &'static str;
    /// Its version.
    const VERSION: &'static str;
    /// What its command line means that has no arguments: to serve, unless there are some here.
    const ARGUMENTS: &'static [&'static str] = &[];
    /// What makes its tables.
    type Migrator: MigratorTrait;
    /// Its own commands, beside `serve`, `migrate` and `schema`: [`NoCommands`], if there are none.
    type Command: Subcommand;

    /// Does what one of its own commands says.
    fn run(_command: Self::Command) -> impl Future<Output = Result<()>> {
        async { bail!("this program has no commands of its own") }
    }

    /// Fills an empty database with a few rows, for `serve --demo`, which is there in builds with the feature `demo`.
    fn fill_demo(_writer: &Pool) -> impl Future<Output = Result<()>> {
        async { bail!("this program has no rows for --demo") }
    }

    /// The migrations of its tables.
    fn migrations() -> Migrations {
        Migrations::of::<Self::Migrator>(Self::recorded)
    }

    /// Makes its schema, which stays for as long as the program runs: to be called once.
    ///
    /// # Errors
    /// The engine cannot answer what its types declare: one line that says which, and why.
    fn schema() -> Result<&'static Schema> {
        Schema::new::<Self>()
    }
}

/// The commands of a program that has none of its own.
#[derive(Debug, Subcommand)]
pub enum NoCommands {}

/// Does what the command line says, of which an error is one line that says what is wrong and what to do.
pub fn main<P: Program>() -> ExitCode {
    let cli = Cli::read(P::NAME, P::VERSION, P::ARGUMENTS);
    let done = cli.and_then(|cli| Ok((runtime(cli.worker_threads())?, cli))).and_then(|(runtime, cli)| {
        let done = runtime.block_on(run::<P>(cli));
        // What hangs has had its time.
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", P::NAME);
            ExitCode::FAILURE
        }
    }
}

/// What runs a command, with so many threads, or else one for each core that the process may use.
fn runtime(threads: Option<u32>) -> io::Result<Runtime> {
    let threads = threads.map_or_else(|| available_parallelism().map_or(1, NonZero::get), |threads| threads as usize);
    Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}

async fn run<P: Program>(cli: Cli<P::Command>) -> Result<()> {
    Cli::<P::Command>::check_environment()?;
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(options) => serve::<P>(*options).await,
        Command::Migrate { action, database } => migrate(action, P::migrations(), &database).await,
        Command::Config(options) => {
            let settled = profile::settle(*options)?.settled();
            say(&cli.sources.map(|sources| sources.list(&settled)).unwrap_or_default());
            Ok(())
        }
        Command::Doctor(options) => doctor::<P>(profile::settle(*options)?).await,
        Command::Healthcheck(options) => server::ask_ready(options.host, options.port).await,
        Command::Own(command) => P::run(command).await,
        Command::Schema => {
            say(P::schema()?.sdl());
            Ok(())
        }
    }
}

/// Opens a database to write in, which has the tables of the program.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn open_migrated<P: Program>(options: &DatabaseOptions) -> Result<Pool> {
    let writer = database::open_writer(options).await?;
    database::ensure_migrated(&writer, P::migrations(), P::NAME).await?;
    Ok(writer)
}

async fn serve<P: Program>(options: ServeOptions) -> Result<()> {
    let options = profile::settle(options)?;
    let _log = log::open(&options)?;
    let limit = Duration::from_secs(options.http.request_timeout);
    let database = Database::open(&options.database, &options.pools, limit, P::migrations()).await?;
    database::ensure_migrated(&database.writer, P::migrations(), P::NAME).await?;
    P::check_database(&database.writer).await?;
    #[cfg(feature = "demo")]
    if options.demo {
        P::fill_demo(&database.writer).await?;
    }
    let api = Api::new(P::schema()?, database.clone(), options.api, Persisted::open(&options.documents)?);
    let routes = server::routes(api, &options, P::NAME, P::VERSION).await?;

    // Before the line that says that it is ready: who reads that may stop it.
    let signals = signals()?;
    let listener = server::listen(SocketAddr::new(options.host, options.port), "--host and --port")?;
    let address = listener.local_addr()?;
    let metrics = options.telemetry.metrics_address.map(|it| server::listen(it, "--metrics-address")).transpose()?;
    let mut told = "Dovetail is ready.\n".to_owned();
    if options.graphiql != Some(Graphiql::Off) {
        told += &format!("  GraphiQL  http://{address}/\n");
    }
    told += &format!("  endpoint  http://{address}/graphql\n");
    if options.api.introspection == Some(Switch::On) {
        told += &format!("  schema    http://{address}/schema.graphql\n");
    }
    if let Some(listener) = metrics {
        told += &format!("  metrics   http://{}/metrics\n", listener.local_addr()?);
        // For as long as the process is there: its last seconds are worth looking at.
        let http = options.http;
        tokio::spawn(async move { server::serve(listener, routes.metrics, &http, &[], pending()).await });
    }
    say(&told);
    let traces = routes.traces.clone();
    let serve = async {
        let end =
            server::serve(listener, routes.api, &options.http, &options.trusted_proxies, after(1, &signals)).await;
        // What is cut off is rolled back.
        let _ = timeout_at(end, database.close()).await;
        if let Some(traces) = routes.traces {
            let _ = spawn_blocking(move || traces.end()).await;
        }
    };
    tokio::select! {
        () = serve => {}
        // Dropped, it would wait for whoever gathers traces.
        () = after(2, &signals) => forget(traces),
    }
    Ok(())
}

async fn doctor<P: Program>(options: ServeOptions) -> Result<()> {
    let _log = log::open(&options)?;
    let findings = doctor::examine::<P>(&options, P::migrations(), P::NAME).await;
    findings.iter().for_each(|finding| say(&format!("{finding}\n")));
    let wrong = findings.iter().filter(|finding| matches!(finding, Finding::Wrong(_))).count();
    ensure!(wrong == 0, "wrong: {wrong} of what was found");
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

async fn migrate(action: MigrateAction, migrations: Migrations, options: &DatabaseOptions) -> Result<()> {
    ensure!(
        !migrations.migrations().is_empty(),
        "this program has no migrations: the tables of its database are made elsewhere"
    );
    if let MigrateAction::Fresh { yes: false } = action {
        confirm(&format!("This drops all tables of {} with all rows.", without_secrets(&options.database_url)))?;
    }
    let writer = database::open_writer(options).await?;
    let explain = |error: DbErr| database::explain(&error);
    if !matches!(action, MigrateAction::Status) {
        database::migrate(&writer, migrations, action).await.map_err(explain)?;
    }
    for migration in database::status(&writer, migrations).await.map_err(explain)? {
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
