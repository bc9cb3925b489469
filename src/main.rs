//! The program: the school, handed to the engine's command line.

use std::process::ExitCode;

use school::School;

/// Answers are many small allocations; this allocator is faster at them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dovetail::run::main::<School>()
}
