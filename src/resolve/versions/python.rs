//! What Python's manifests and lock files say.

use super::Ecosystem::Python;
use super::Versions;
use super::version::Dialect;
use super::version::Range;
use crate::resolve::config::ConfigError;
use crate::resolve::config::file_name;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::toml;
use crate::resolve::config::typed_json;
use crate::resolve::config::unquoted;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `-r other.txt` leads on through at most so many files.
const MOST_INCLUDED: usize = 16;

pub(super) fn requirements(
    path: &str,
    text: &str,
    files: &FxHashMap<&str, &str>,
    versions: &mut Versions,
) -> Result<(), ConfigError> {
    // `requirements/base.txt` speaks for the project around that folder.
    let home = match folder(path) {
        home if file_name(home) == "requirements" => folder(home),
        home => home,
    };
    include(path, text, home, files, &mut Vec::new(), versions)
}

fn include<'f>(
    path: &'f str,
    text: &str,
    home: &str,
    files: &FxHashMap<&'f str, &str>,
    around: &mut Vec<&'f str>,
    versions: &mut Versions,
) -> Result<(), ConfigError> {
    if around.len() >= MOST_INCLUDED || around.contains(&path) {
        return Ok(());
    }
    around.push(path);
    let mut whole = String::new();
    let mut requirements = Vec::new();
    let mut others = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if let Some(start) = line.strip_suffix('\\') {
            whole.push_str(start);
            continue;
        }
        whole.push_str(line);
        let line = std::mem::take(&mut whole);
        let line = line.split(" #").next().unwrap_or(&line).trim();
        if line.starts_with('-') {
            let options = ["--requirement", "--constraint", "-r", "-c"];
            if let Some(other) = options.iter().find_map(|option| line.strip_prefix(option)) {
                let other = joined(folder(path), other.trim_start_matches([' ', '=']));
                if let Some((other, text)) = files.get_key_value(other.as_str()) {
                    // What is wrong in there is reported when that file is read for itself.
                    let _ = include(other, text, home, files, around, versions);
                }
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            match requirement(line) {
                Some(requirement) => requirements.push(requirement),
                None => others.push(number),
            }
        }
    }
    around.pop();
    // Notes can bear such a name too: `requirements-update.txt`.
    let is_certain = matches!(file_name(path), "requirements.txt" | "constraints.txt");
    if !is_certain && others.len() >= requirements.len() {
        return Ok(());
    }
    requirements.iter().for_each(|it| it.ask(home, versions));
    match others.first() {
        Some(number) => Err(ConfigError::new(path, *number, "not a requirement that could be understood")),
        None => Ok(()),
    }
}

/// One requirement as PEP 508 has it.
struct Requirement {
    /// Empty for what is got from an address or a path and says no name.
    name: String,
    /// `None` for what is got from an address.
    range: Option<Range>,
}

impl Requirement {
    fn ask(&self, home: &str, versions: &mut Versions) {
        if !self.name.is_empty() {
            versions.ask(Python, home, &self.name, self.range.clone());
        }
    }
}

/// `PyJWT[crypto] >= 2.0, < 3 ; python_version > "3.8" --hash=…`.
fn requirement(text: &str) -> Option<Requirement> {
    let text = text.split([';', '#']).next().unwrap_or(text);
    let text = text.split(" --").next().unwrap_or(text).trim();
    let end =
        text.find(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if rest.starts_with([':', '/', '\\']) {
        return Some(Requirement { name: String::new(), range: None });
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest),
        None => rest,
    };
    let asked = rest.trim().trim_start_matches('(').trim_end_matches(')');
    let range = Range::new(asked, Dialect::Python);
    let is_requirement = !name.is_empty() && (range.is_some() || asked.starts_with('@'));
    is_requirement.then(|| Requirement { name: name.to_owned(), range })
}

pub(super) fn project(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let project = toml(path, text)?;
    let home = folder(path);
    let at = |keys: &[&str]| {
        let mut value = project.get(keys[0])?;
        for key in &keys[1..] {
            value = value.get(key)?;
        }
        Some(value)
    };
    let mut list = |value: &toml::Value| {
        for text in value.as_array().into_iter().flatten().filter_map(toml::Value::as_str) {
            requirement(text).iter().for_each(|it| it.ask(home, versions));
        }
    };
    for keys in [
        &["project", "dependencies"][..],
        &["tool", "uv", "dev-dependencies"],
        &["tool", "uv", "constraint-dependencies"],
        &["tool", "uv", "override-dependencies"],
    ] {
        at(keys).into_iter().for_each(&mut list);
    }
    for keys in
        [&["project", "optional-dependencies"][..], &["dependency-groups"], &["tool", "pdm", "dev-dependencies"]]
    {
        let groups = at(keys).and_then(toml::Value::as_table).into_iter().flatten();
        groups.for_each(|(_, group)| list(group));
    }
    let Some(poetry) = at(&["tool", "poetry"]) else { return Ok(()) };
    let groups = poetry.get("group").and_then(toml::Value::as_table).into_iter().flatten();
    let groups = groups.filter_map(|(_, group)| group.get("dependencies"));
    let all = ["dependencies", "dev-dependencies"].into_iter().filter_map(|key| poetry.get(key)).chain(groups);
    for table in all.filter_map(toml::Value::as_table) {
        tables(table, home, Dialect::Poetry, versions);
    }
    Ok(())
}

/// `name = "^2.8"`, `name = { version = "^2.8" }`, or a list of such tables.
fn tables(table: &toml::Table, home: &str, dialect: Dialect, versions: &mut Versions) {
    for (name, value) in table {
        let one = |value: &toml::Value| match value {
            toml::Value::String(text) => Range::new(text, dialect),
            value => Range::new(value.get("version")?.as_str()?, dialect),
        };
        let range = match value {
            toml::Value::Array(several) => {
                let ranges: Option<Vec<Range>> = several.iter().map(one).collect();
                ranges.and_then(|ranges| ranges.into_iter().reduce(|a, b| a.either(&b)))
            }
            value => one(value),
        };
        versions.ask(Python, home, name, range);
    }
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
pub(super) struct Locked {
    pub(super) name: String,
    /// What stands in the repository itself may have none.
    pub(super) version: Option<String>,
}

/// `poetry.lock`, `uv.lock`, `pdm.lock`.
pub(super) fn lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    for package in locked_packages(path, text)? {
        versions.lock(Python, folder(path), &package.name, package.version.as_deref().unwrap_or(""));
    }
    Ok(())
}

/// The `[[package]]` tables of a lock file.
pub(super) fn locked_packages(path: &str, text: &str) -> Result<Vec<Locked>, ConfigError> {
    let lock: Lock = toml(path, text)?
        .try_into()
        .map_err(|err: toml::de::Error| ConfigError::new(path, 0, unquoted(err.message())))?;
    Ok(lock.package)
}

pub(super) fn pipfile(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let pipfile = toml(path, text)?;
    for kind in ["packages", "dev-packages"] {
        if let Some(table) = pipfile.get(kind).and_then(toml::Value::as_table) {
            tables(table, folder(path), Dialect::Python, versions);
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct PipfileLock {
    #[serde(default)]
    default: BTreeMap<String, PipfileLocked>,
    #[serde(default)]
    develop: BTreeMap<String, PipfileLocked>,
}

#[derive(Deserialize)]
struct PipfileLocked {
    /// `==2.8.0`.
    version: Option<String>,
}

pub(super) fn pipfile_lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let lock: PipfileLock = typed_json(path, text)?;
    for (name, package) in lock.default.iter().chain(&lock.develop) {
        versions.lock(Python, folder(path), name, package.version.as_deref().unwrap_or(""));
    }
    Ok(())
}

/// The lines below `install_requires =` and below each extra.
pub(super) fn setup_config(path: &str, text: &str, versions: &mut Versions) {
    let mut section = "";
    let mut is_list = false;
    for line in text.lines() {
        let is_continuation = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.starts_with(['#', ';']) || line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            (section, is_list) = (name.trim(), false);
        } else if !is_continuation && let Some((key, value)) = line.split_once('=') {
            is_list = match section {
                "options" => matches!(key.trim(), "install_requires" | "tests_require" | "setup_requires"),
                section => section == "options.extras_require",
            };
            if is_list {
                requirement(value).iter().for_each(|it| it.ask(folder(path), versions));
            }
        } else if is_continuation && is_list {
            requirement(line).iter().for_each(|it| it.ask(folder(path), versions));
        }
    }
}

/// The literals in the list behind `install_requires` and the dictionary behind `extras_require`. Whatever else a
/// script does is not followed.
pub(super) fn setup_script(path: &str, text: &str, versions: &mut Versions) {
    for key in ["install_requires", "extras_require", "tests_require"] {
        for (at, _) in text.match_indices(key) {
            let rest = text[at + key.len()..].trim_start_matches([' ', '\t', '"', '\'']);
            let Some(value) = rest.strip_prefix(['=', ':']) else { continue };
            let value = value.trim_start();
            if value.starts_with(['[', '(', '{']) {
                for literal in literals(value) {
                    requirement(literal).iter().for_each(|it| it.ask(folder(path), versions));
                }
            }
        }
    }
}

/// The string literals up to the bracket that closes the first one, keys of dictionaries left out.
fn literals(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut depth = 0u32;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        match first {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            '#' => rest = rest.find('\n').map_or("", |at| &rest[at..]),
            '"' | '\'' => {
                let Some(end) = rest.find(first) else { break };
                let literal = &rest[..end];
                rest = &rest[end + 1..];
                if !rest.trim_start().starts_with(':') {
                    found.push(literal);
                }
            }
            _ => {}
        }
    }
    found
}
