//! Bundles GraphiQL with npm, for `src/server/graphiql.rs` to embed. A build never fails of it: where npm cannot do it, or shall
//! not (`DOVETAIL_GRAPHIQL=cdn`), one line says so, and the page loads the same GraphiQL from a CDN.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// What the bundle is made of, under `graphiql/` beside this package.
const SOURCES: [&str; 5] = ["index.html", "package.json", "package-lock.json", "src", "vite.config.js"];

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Just what is locked, with no script of a package run, and not waiting long for a network that is not there.
const INSTALL: &[&str] = &[
    "ci",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=4000",
    "--fetch-timeout=60000",
];

fn main() -> io::Result<()> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed=../graphiql/{source}");
    }
    println!("cargo::rerun-if-env-changed=DOVETAIL_GRAPHIQL");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let bundle = out.join("graphiql");
    let made = match env::var("DOVETAIL_GRAPHIQL").as_deref() {
        Ok("cdn") => Err("DOVETAIL_GRAPHIQL=cdn is set".to_owned()),
        _ => make(&out.join("graphiql-build"), &bundle),
    };
    if let Err(reason) = made {
        println!("cargo::warning=GraphiQL will load from a CDN, since it was not bundled: {reason}");
        // What is embedded must be there, and not be half a bundle.
        let _ = fs::remove_dir_all(&bundle);
        fs::create_dir_all(&bundle)?;
    }
    Ok(())
}

/// Makes the bundle in `workshop`, a copy of the sources: this folder may be read-only, and several builds may run at once.
fn make(workshop: &Path, bundle: &Path) -> Result<(), String> {
    let _ = fs::remove_dir_all(workshop);
    for source in SOURCES {
        copy(&Path::new("../graphiql").join(source), &workshop.join(source))
            .map_err(|error| format!("graphiql/{source} cannot be copied: {error}"))?;
    }
    npm(workshop, INSTALL)?;
    let bundle = bundle.display().to_string();
    npm(workshop, &["run", "build", "--", "--logLevel", "error", "--outDir", &bundle])?;
    // A quarter of a gigabyte, of which nothing is needed any more.
    let _ = fs::remove_dir_all(workshop);
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        return fs::read_dir(from)?.try_for_each(|entry| {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))
        });
    }
    to.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::copy(from, to).map(drop)
}

/// Runs npm, and says in one line why it failed.
fn npm(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(NPM).args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| format!("npm does not run ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing");
    Err(format!("`npm {}` failed ({reason})", arguments[0]))
}
