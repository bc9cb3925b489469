//! The program: the shop, handed to the engine's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    dovetail::run::main::<shop::Shop>()
}
