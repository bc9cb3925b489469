//! The program: Chinook, handed to the engine's command line.

use std::process::ExitCode;

use chinook::Chinook;

fn main() -> ExitCode {
    dovetail::run::main::<Chinook>()
}
