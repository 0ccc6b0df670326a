//! What the manifests and lock files of Cargo, Go, Bundler and Composer say.

use super::Ecosystem::Cargo;
use super::Ecosystem::Composer;
use super::Ecosystem::Go;
use super::Ecosystem::Ruby;
use super::Versions;
use super::python::locked_packages;
use super::version::Dialect;
use super::version::Range;
use crate::resolve::config::ConfigError;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::json;
use crate::resolve::config::toml;
use crate::resolve::config::typed_json;
use crate::resolve::config::upwards;
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// What workspaces say their members share, by the path of the manifest.
pub(super) type Workspaces = FxHashMap<String, Option<toml::Table>>;

pub(super) fn cargo(
    path: &str,
    text: &str,
    files: &FxHashMap<&str, &str>,
    workspaces: &mut Workspaces,
    versions: &mut Versions,
) -> Result<(), ConfigError> {
    let manifest = toml(path, text)?;
    let mut add = |holder: &toml::Table, is_member: bool| {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (key, value) in holder.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
                let is_shared = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                let value = match is_shared && is_member {
                    true => shared(path, key, files, workspaces),
                    false => Some(value),
                };
                let text = |key: &str| value.and_then(|it| it.get(key)).and_then(toml::Value::as_str);
                let name = text("package").unwrap_or(key);
                let asked = value.and_then(toml::Value::as_str).or_else(|| text("version"));
                let range = asked.and_then(|it| Range::new(it, Dialect::Cargo));
                versions.ask(Cargo, folder(path), name, range);
            }
        }
    };
    add(&manifest, true);
    if let Some(workspace) = manifest.get("workspace").and_then(toml::Value::as_table) {
        add(workspace, false);
    }
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    targets.filter_map(|(_, target)| target.as_table()).for_each(|target| add(target, true));
    Ok(())
}

/// What the nearest workspace around a manifest says about a dependency.
fn shared<'w>(
    path: &str,
    name: &str,
    files: &FxHashMap<&str, &str>,
    workspaces: &'w mut Workspaces,
) -> Option<&'w toml::Value> {
    let is_workspace = |path: &String, workspaces: &mut Workspaces| {
        let Some(text) = files.get(path.as_str()) else { return false };
        let read = || {
            // One that does not parse is reported when it is read for itself.
            let manifest = toml(path, text).ok()?;
            let dependencies = manifest.get("workspace")?.get("dependencies").and_then(toml::Value::as_table);
            Some(dependencies.cloned().unwrap_or_default())
        };
        workspaces.entry(path.clone()).or_insert_with(read).is_some()
    };
    let mut around = upwards(folder(path)).map(|folder| joined(folder, "Cargo.toml"));
    let nearest = around.find(|path| is_workspace(path, workspaces))?;
    workspaces.get(&nearest)?.as_ref()?.get(name)
}

pub(super) fn cargo_lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    for package in locked_packages(path, text)? {
        versions.lock(Cargo, folder(path), &package.name, package.version.as_deref().unwrap_or(""));
    }
    Ok(())
}

/// `go.mod` says what is built with, save for what another module of the build asks more of.
pub(super) fn go(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let mut is_required = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split("//").next().unwrap_or(line).trim();
        let mut words = line.split_whitespace();
        let entry = match (words.next(), is_required) {
            (Some(")"), _) => {
                is_required = false;
                continue;
            }
            (Some("require"), _) => match words.next() {
                Some("(") => {
                    is_required = true;
                    continue;
                }
                module => module,
            },
            (None, _) | (_, false) => continue,
            (module, true) => module,
        };
        let (Some(module), Some(version)) = (entry, words.next()) else {
            return Err(ConfigError::new(path, number, "expected a module and its version"));
        };
        versions.lock(Go, folder(path), module.trim_matches(['"', '`']), version);
    }
    Ok(())
}

/// `    jwt (2.7.1)`, four spaces deep; deeper lines say what that gem asks for.
pub(super) fn gemfile_lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let mut is_lock = false;
    for line in text.lines() {
        is_lock |= line.trim_end() == "DEPENDENCIES";
        let Some(entry) = line.strip_prefix("    ").filter(|it| !it.starts_with(' ')) else { continue };
        if let Some((name, version)) = entry.trim_end().split_once(" (")
            && let Some(version) = version.strip_suffix(')')
        {
            versions.lock(Ruby, folder(path), name, version);
        }
    }
    match is_lock {
        true => Ok(()),
        false => Err(ConfigError::new(path, 0, "lists no `DEPENDENCIES`")),
    }
}

pub(super) fn composer(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let composer = json(path, text)?;
    for kind in ["require", "require-dev"] {
        for (name, asked) in composer[kind].as_object().into_iter().flatten() {
            let range = asked.as_str().and_then(|it| Range::new(it, Dialect::Composer));
            versions.ask(Composer, folder(path), name, range);
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ComposerLock {
    #[serde(default)]
    packages: Vec<ComposerLocked>,
    #[serde(default)]
    packages_dev: Vec<ComposerLocked>,
}

#[derive(Deserialize)]
struct ComposerLocked {
    name: String,
    version: String,
}

pub(super) fn composer_lock(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let lock: ComposerLock = typed_json(path, text)?;
    for package in lock.packages.iter().chain(&lock.packages_dev) {
        versions.lock(Composer, folder(path), &package.name, &package.version);
    }
    Ok(())
}
