//! The documentation: its examples, its settings, and the tests that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use clap::{Arg, Command, CommandFactory};
use dovetail::config::Cli;
use school::seed::DEMO;

use crate::support::{PAGES, seeded};

const SETTINGS: &str = include_str!("../docs/settings.md");

#[tokio::test]
async fn the_answers_of_the_examples_are_the_demos() {
    let apps = seeded(DEMO, PAGES).await;
    for (text, most) in [(include_str!("../README.md"), 5), (include_str!("../docs/api.md"), 10)] {
        let examples: Vec<_> =
            text.split("```graphql\n").skip(1).filter_map(|rest| rest.split_once("```\n\n```json\n")).collect();
        assert!(examples.len() >= most, "{} examples", examples.len());
        for (query, rest) in examples {
            let expected = rest.split_once("\n```").unwrap().0;
            assert_eq!(apps.query(query).await, expected, "{query}");
        }
    }
}

/// The options of a command and of its subcommands.
fn options(command: &Command) -> Vec<&Arg> {
    let own = command.get_arguments().filter(|option| option.get_long().is_some());
    own.chain(command.get_subcommands().flat_map(options)).collect()
}

/// The default of an option: clap's, `off` for a flag, or as its help tells it.
fn default(option: &Arg) -> String {
    let help = option.get_help().unwrap().to_string();
    match option.get_default_values() {
        [default] => default.to_str().unwrap().to_owned(),
        _ if !option.get_action().takes_values() => "off".to_owned(),
        _ => help.split_once("[default: ").map_or("none", |(_, default)| default.trim_end_matches(']')).to_owned(),
    }
}

#[test]
fn each_option_stands_in_the_settings_with_its_variable_and_its_default() {
    // `16777216` is written `16,777,216`.
    let plain = |text: &str| text.replace([',', '`'], "").trim().to_owned();
    let rows: Vec<Vec<_>> = SETTINGS.lines().map(|line| line.split('|').map(plain).collect()).collect();
    let command = Cli::<school::Command>::command();
    let options = options(&command).into_iter().map(|option| (format!("--{}", option.get_long().unwrap()), option));
    let options: BTreeMap<_, _> = options.collect();
    for (name, option) in &options {
        let row = rows.iter().find(|row| row.get(1) == Some(name));
        let row = row.unwrap_or_else(|| panic!("docs/settings.md lacks {name}"));
        let variable = option.get_env().unwrap().to_str().unwrap();
        assert_eq!(row[2..4], [variable.to_owned(), plain(&default(option))], "{name} in docs/settings.md");
    }
    for name in rows.iter().filter_map(|row| row.get(1)).filter(|name| name.starts_with("--") && *name != "---") {
        assert!(options.contains_key(name), "docs/settings.md has {name}, which is no option");
    }
}

/// All Rust under a folder, but for what npm installs.
fn sources(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| match path.extension() {
        Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
        None if path.is_dir() && !path.ends_with("node_modules") => sources(&path),
        _ => String::new(),
    };
    paths.map(text).collect()
}

#[test]
fn each_test_that_the_settings_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("engine/src")) + &sources(&root.join("tests"));
    // Tests alone have names of lower case with underscores there.
    let names = SETTINGS.split('`').skip(1).step_by(2);
    for name in names.filter(|name| name.contains('_') && **name == name.to_lowercase()) {
        assert!(sources.contains(&format!("fn {name}(")), "docs/settings.md names the test {name}, which is not there");
    }
}

#[test]
fn each_metric_is_documented_and_what_the_rules_and_the_dashboard_name_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        let prefixes = ["dovetail_", "graphql_server_", "db_client_"];
        let names =
            words.filter(|word| prefixes.iter().any(|prefix| word.len() > prefix.len() && word.starts_with(prefix)));
        // Of a histogram, there are these.
        let base = |name: &str| {
            let parts = ["_bucket", "_sum", "_count"];
            parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name).to_owned()
        };
        names.map(base).collect()
    };
    let counted = names(&read("engine/src/metrics.rs"));
    let operating = read("docs/operating.md");
    let section = operating.split("\n## Metrics\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let documented = names(section);
    assert_eq!(counted.difference(&documented).next(), None, "docs/operating.md lacks a metric");
    for file in ["ops/alerts.yaml", "ops/alerts.test.yaml", "ops/dashboard.json"] {
        let unknown = names(&read(file)).into_iter().find(|name| !counted.contains(name));
        assert_eq!(unknown, None, "{file} names what is no metric");
    }
    let rules = read("ops/alerts.yaml");
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(operating.contains(&format!("| `{alert}` |")), "docs/operating.md lacks {alert}");
        assert!(read("ops/alerts.test.yaml").contains(alert), "ops/alerts.test.yaml lacks {alert}");
    }
}
