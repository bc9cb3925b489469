//! The command line: read it, call one function.

use std::process::ExitCode;

use clap::Parser;
use dovetail::{config::Cli, run::run};

/// Answers are many small allocations; this allocator is faster at them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dovetail: {error:#}");
            ExitCode::FAILURE
        }
    }
}
