//! The command line: read it, call one function.

use std::process::ExitCode;

use anyhow::Error;
use dovetail::{config::Cli, run::run};
use tokio::runtime::Runtime;

/// Answers are many small allocations; this allocator is faster at them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::read();
    let done = Runtime::new().map_err(Error::from).and_then(|runtime| {
        let done = runtime.block_on(run(cli));
        // What hangs has had its time.
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dovetail: {error:#}");
            ExitCode::FAILURE
        }
    }
}
