//! What the manifests and lock files of npm, Yarn and pnpm say.

use super::Ecosystem::Npm;
use super::Versions;
use super::version::Dialect;
use super::version::Range;
use crate::resolve::config::ConfigError;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::typed_json;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    // Values, since a manifest that misuses one of these keys is none of our business.
    #[serde(default)]
    dependencies: Value,
    #[serde(default)]
    dev_dependencies: Value,
    #[serde(default)]
    peer_dependencies: Value,
    #[serde(default)]
    optional_dependencies: Value,
}

pub(super) fn manifest(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let manifest: Manifest = typed_json(path, text)?;
    for kind in
        [manifest.dependencies, manifest.dev_dependencies, manifest.peer_dependencies, manifest.optional_dependencies]
    {
        for (name, asked) in kind.as_object().into_iter().flatten() {
            let Some(asked) = asked.as_str() else { continue };
            let (name, asked) = real(name, asked);
            versions.ask(Npm, folder(path), name, Range::new(asked, Dialect::Npm));
        }
    }
    Ok(())
}

/// The package behind an alias: `npm:jsonwebtoken@9`; and the version behind `workspace:` and `npm:`.
fn real<'a>(name: &'a str, asked: &'a str) -> (&'a str, &'a str) {
    let Some(target) = asked.strip_prefix("npm:") else {
        return (name, asked.strip_prefix("workspace:").unwrap_or(asked));
    };
    match target.get(1..).and_then(|it| it.find('@')) {
        Some(at) => (&target[..at + 1], &target[at + 2..]),
        None if target.starts_with(|it: char| it.is_ascii_alphabetic() || it == '@') => (target, ""),
        // Yarn writes `npm:^9.0.0`.
        None => (name, target),
    }
}

#[derive(Deserialize)]
struct Lock {
    /// Versions 2 and 3: by the folder of the installed package.
    #[serde(default)]
    packages: BTreeMap<String, Locked>,
    /// Version 1: by name.
    #[serde(default)]
    dependencies: BTreeMap<String, Locked>,
}

#[derive(Deserialize)]
struct Locked {
    /// The real name, where the folder bears another.
    name: Option<String>,
    version: Option<String>,
}

pub(super) fn lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let lock: Lock = typed_json(path, text)?;
    let home = folder(path);
    for (place, package) in &lock.packages {
        let Some((around, name)) = place.rsplit_once("node_modules/") else { continue };
        // What a dependency brings for itself, code of the repository does not run with.
        let around = around.trim_end_matches('/');
        if around.split('/').any(|part| part == "node_modules") {
            continue;
        }
        let name = package.name.as_deref().unwrap_or(name);
        versions.lock(Npm, &joined(home, around), name, package.version.as_deref().unwrap_or(""));
    }
    if lock.packages.is_empty() {
        for (name, package) in &lock.dependencies {
            let (name, version) = real(name, package.version.as_deref().unwrap_or(""));
            versions.lock(Npm, home, name, version);
        }
    }
    Ok(())
}

/// Both generations: `jsonwebtoken@^9.0.0, jsonwebtoken@^9.0.1:` and, indented, `version "9.0.2"` or `version: 9.0.2`.
pub(super) fn yarn_lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let mut package = "";
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            let Some(key) = line.trim_end().strip_suffix(':') else {
                return Err(ConfigError::new(path, number, "expected an entry that ends in `:`"));
            };
            let first = key.split(", ").next().unwrap_or(key).trim_matches('"');
            let at = first.get(1..).and_then(|it| it.find('@'));
            package = at.map_or("", |at| real(&first[..at + 1], &first[at + 2..]).0);
        } else if let Some(version) = line.strip_prefix("  version").filter(|_| !package.is_empty()) {
            versions.lock(Npm, folder(path), package, version.trim_matches([' ', ':', '"', '\'']));
        }
    }
    Ok(())
}

/// The direct dependencies of each project, in the indentation pnpm writes: a lock file has tens of thousands of
/// lines, of which these few count.
pub(super) fn pnpm_lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let mut keys: Vec<(usize, &str)> = Vec::new();
    let mut is_lock = false;
    for line in text.lines() {
        let content = line.trim_start_matches(' ');
        if content.is_empty() || content.starts_with(['#', '-']) {
            continue;
        }
        let indentation = line.len() - content.len();
        keys.retain(|(outer, _)| *outer < indentation);
        let Some((key, value)) = split_key(content) else { continue };
        is_lock |= key == "lockfileVersion";
        keys.push((indentation, key));
        if matches!(keys[0].1, "packages" | "snapshots") || value.is_empty() {
            continue;
        }
        let names: Vec<&str> = keys.iter().map(|(_, key)| *key).collect();
        let (project, kind, name) = match names[..] {
            ["importers", project, kind, name, "version"] | ["importers", project, kind, name] => (project, kind, name),
            [kind, name, "version"] | [kind, name] => (".", kind, name),
            _ => continue,
        };
        if matches!(kind, "dependencies" | "devDependencies" | "optionalDependencies") {
            let version = value.split('(').next().unwrap_or(value).trim_matches(['\'', '"']);
            // `/jsonwebtoken@9.0.2` and `jsonwebtoken@9.0.2` for a package by another name.
            let alias = version.trim_start_matches('/');
            let (name, version) = match alias.get(1..).and_then(|it| it.find('@')) {
                Some(at) if !alias.starts_with(|it: char| it.is_ascii_digit()) => (&alias[..at + 1], &alias[at + 2..]),
                _ => (name, version),
            };
            versions.lock(Npm, &joined(folder(path), project), name, version);
        }
    }
    match is_lock {
        true => Ok(()),
        false => Err(ConfigError::new(path, 0, "says no `lockfileVersion`")),
    }
}

/// A key, in quotes or not, and the value behind it.
fn split_key(line: &str) -> Option<(&str, &str)> {
    if let Some(quote) = line.chars().next().filter(|it| matches!(it, '\'' | '"')) {
        let (key, rest) = line[1..].split_once(quote)?;
        return Some((key, rest.strip_prefix(':')?.trim()));
    }
    let (key, value) = line.split_once(": ").or_else(|| Some((line.trim_end().strip_suffix(':')?, "")))?;
    Some((key, value.trim()))
}
