//! Says which commit is built: that of `GIT_COMMIT`, for builds without a repository, or the repository's.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-env-changed=GIT_COMMIT");
    // It has a line more after each commit, and each change of branches.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    let given = env::var("GIT_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| git(&["rev-parse", "--short=12", "HEAD"]));
    println!("cargo::rustc-env=COMMIT={}", commit.as_deref().unwrap_or("unknown commit"));
}

/// What git says, if it is there and knows.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
