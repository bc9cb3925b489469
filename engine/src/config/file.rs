//! Settings of a file, by the names of their options; and where each setting is from.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Arg, ArgAction, ArgMatches, parser::ValueSource};
use toml::{Table, Value};
use url::Url;

use super::secrets::without_secrets;

/// How many bytes of a file are read.
const MOST: u64 = 1 << 20;

/// What a secret is shown as.
const MASK: &str = "***";

/// The settings of a file: the values of each option, by its name.
#[derive(Debug, Default)]
pub struct Settings {
    path: PathBuf,
    values: BTreeMap<String, Vec<String>>,
}

impl Settings {
    /// Reads a file, whose settings are options of this command.
    ///
    /// # Errors
    /// It cannot be read, is not TOML, or has what is no setting: one line that says what is allowed.
    pub fn read(path: &Path, command: &clap::Command) -> Result<Self> {
        let of_file = || format!("the settings in {}", path.display());
        let mut text = String::new();
        File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text)).with_context(of_file)?;
        ensure!(text.len() as u64 <= MOST, "{}: it is longer than {MOST} bytes", of_file());
        let table: Table = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            anyhow!("{}: line {line}: {}", of_file(), error.message())
        })?;
        let mut values = BTreeMap::new();
        for (name, value) in table {
            let option = options(command).find(|option| option.get_long() == Some(&name));
            let Some(option) = option else {
                let nearest =
                    options(command).filter_map(Arg::get_long).min_by_key(|it| strsim::levenshtein(&name, it));
                bail!("{}: `{name}` is no setting; did you mean `{}`?", of_file(), nearest.unwrap_or_default());
            };
            values.insert(name, of(option, value).with_context(of_file)?);
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// An error of clap's, which is of this file: what was there before it read without one.
    ///
    /// # Errors
    /// This one.
    pub fn refuse<T>(&self, error: &clap::Error) -> Result<T> {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        bail!("the settings in {}: {line}", self.path.display())
    }

    /// Those of them, as arguments, that this command has, and of which neither the command line nor the environment says anything.
    pub fn arguments(&self, command: &clap::Command, given: &ArgMatches) -> Vec<OsString> {
        let is_open = |option: &&Arg| said(option, given).is_none();
        let named = |option: &Arg| self.values.get_key_value(option.get_long()?);
        let of = |(name, values): (&String, &Vec<String>)| values.iter().map(|value| argument(name, value)).collect();
        options(command).filter(is_open).filter_map(named).flat_map::<Vec<_>, _>(of).collect()
    }
}

/// An option of the command line; a switch has no value.
fn argument(name: &str, value: &str) -> OsString {
    if value.is_empty() { format!("--{name}").into() } else { format!("--{name}={value}").into() }
}

/// All settings of a command, and where each is from.
#[derive(Debug)]
pub struct Sources {
    /// The command.
    pub command: clap::Command,
    /// What the command line and the environment say.
    pub given: ArgMatches,
    /// What is in force.
    pub all: ArgMatches,
    /// What the file says.
    pub file: Settings,
}

impl Sources {
    /// The settings as a file has them, each with where it is from; secrets are masked. Some are `settled` by others, if nothing is said.
    pub fn list(&self, settled: &[(&str, String)]) -> String {
        let mut list = String::new();
        for option in options(&self.command) {
            let name = option.get_long().unwrap_or_default();
            let variable = option.get_env().unwrap_or_default().to_string_lossy();
            let from = match said(option, &self.given) {
                Some(ValueSource::CommandLine) => Cow::from("the command line"),
                Some(_) => variable,
                None if self.file.values.contains_key(name) => self.file.path.to_string_lossy(),
                None => "default".into(),
            };
            let settled = settled.iter().find(|(it, _)| *it == name).map(|(_, value)| Value::from(value.as_str()));
            let line = match self.value(option).or(settled) {
                Some(value) => format!("{name} = {value} # {from}"),
                None => format!("# {name} is not set"),
            };
            list += &line;
            list += "\n";
        }
        list
    }

    /// What an option is in force as, masked if it is secret.
    fn value(&self, option: &Arg) -> Option<Value> {
        let id = option.get_id().as_str();
        if matches!(option.get_action(), ArgAction::SetTrue) {
            return Some(self.all.get_flag(id).into());
        }
        let shown = |text: &OsStr| {
            let text = text.to_string_lossy();
            match option.is_hide_env_values_set() {
                // Of a URL, what may be a password is masked; what is cut off one is none.
                true if Url::parse(&text).is_ok() => without_secrets(&text).into(),
                true => MASK.into(),
                false => number(&text).unwrap_or_else(|| Value::from(&*text)),
            }
        };
        let mut values: Vec<_> = self.all.get_raw(id)?.map(shown).collect();
        if option.get_value_delimiter().is_some() { Some(values.into()) } else { values.pop() }
    }
}

/// The number that a text is, if it is read as this text again: `007` and `1.0` may be names.
fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
    let fraction = || text.parse::<f64>().ok().filter(|number| number.is_finite() && number.to_string() == text);
    whole.map(Value::from).or_else(|| fraction().map(Value::from))
}

/// The options that are settings.
fn options(command: &clap::Command) -> impl Iterator<Item = &Arg> {
    let is_setting = |option: &&Arg| option.get_env().is_some() && option.get_long() != Some("config");
    command.get_arguments().filter(is_setting)
}

/// Whether the command line or the environment says something of an option, and which of the two.
fn said(option: &Arg, given: &ArgMatches) -> Option<ValueSource> {
    let source = given.value_source(option.get_id().as_str());
    source.filter(|source| *source != ValueSource::DefaultValue)
}

/// The values of an option.
fn of(option: &Arg, value: Value) -> Result<Vec<String>> {
    let name = option.get_long().unwrap_or_default();
    let is_list = option.get_value_delimiter().is_some();
    let is_switch = matches!(option.get_action(), ArgAction::SetTrue);
    match value {
        Value::Boolean(is_on) if is_switch => Ok(if is_on { vec![String::new()] } else { Vec::new() }),
        Value::Array(items) if is_list => {
            let items: Vec<_> = items.into_iter().map(|item| one(name, item)).collect::<Result<_>>()?;
            ensure!(
                !items.iter().any(|item| item.contains(',')),
                "`{name}` has an item with a comma; in a URL it is `%2C`"
            );
            Ok(items)
        }
        value if !is_switch => Ok(vec![one(name, value)?]),
        _ => bail!("`{name}` is true or false"),
    }
}

fn one(name: &str, value: Value) -> Result<String> {
    Ok(match value {
        Value::String(text) => text,
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        value => bail!("`{name}` is of the type {}; allowed is a text or a number", value.type_str()),
    })
}
