//! What Maven and Gradle builds say, as far as it is written out: both are programs or nearly so, and nothing of
//! them is run. Packages are `group:artifact`.

use super::Ecosystem::Maven;
use super::Versions;
use super::version::Range;
use super::version::Version;
use crate::resolve::config::ConfigError;
use crate::resolve::config::file_name;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::toml;
use crate::resolve::config::upwards;
use regex::Regex;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

pub(super) fn maven(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let text = without_comments(text);
    if !text.contains("</project>") {
        return Err(ConfigError::new(path, 0, "holds no whole `project`"));
    }
    let mut properties: FxHashMap<&str, &str> = FxHashMap::default();
    let mut rest = &*text;
    while let Some((block, after)) = element(rest, "properties") {
        rest = after;
        let mut entries = block;
        while let Some((_, entry)) = entries.split_once('<') {
            let Some((name, value)) = entry.split_once('>') else { break };
            entries = value;
            if let Some(end) = value.find('<').filter(|_| !name.starts_with('/')) {
                properties.insert(name.trim(), value[..end].trim());
            }
        }
    }
    let mut rest = &*text;
    while let Some((dependency, after)) = element(rest, "dependency") {
        rest = after;
        let part = |name| element(dependency, name).map(|(text, _)| text.trim());
        let (Some(group), Some(artifact), Some(version)) = (part("groupId"), part("artifactId"), part("version"))
        else {
            // Without a version it is that of a parent, which may stand further out.
            continue;
        };
        let property = version.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
        let version = property.map_or(Some(version), |name| properties.get(name).copied());
        ask(path, group, artifact, version, versions);
    }
    Ok(())
}

fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

/// What stands in the first element of this name, and what follows that element.
fn element<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let mut rest = text;
    loop {
        rest = &rest[rest.find('<')? + 1..];
        if let Some(inner) = rest.strip_prefix(name).and_then(|it| it.strip_prefix('>')) {
            let end = inner
                .match_indices("</")
                .find(|(at, _)| inner[at + 2..].strip_prefix(name).is_some_and(|it| it.starts_with('>')))?;
            return Some((&inner[..end.0], &inner[end.0..]));
        }
    }
}

/// Maven's ranges: `[1.0,2.0)`; a bare version is what is used.
fn ask(path: &str, group: &str, artifact: &str, version: Option<&str>, versions: &mut Versions) {
    let exact = |text: &str| Version::new(text).map(Range::exactly);
    let range = version.and_then(|text| match text.strip_prefix(['[', '(']) {
        None => exact(text),
        Some(inner) => {
            let is_included = inner.ends_with(']');
            let inner = inner.trim_end_matches([']', ')']);
            let Some((low, high)) = inner.split_once(',') else { return exact(inner) };
            let high = Version::new(high).map(|version| super::Bound { version, is_included });
            Some(Range { low: Version::new(low), high })
        }
    });
    versions.ask(Maven, home(path), &format!("{group}:{artifact}"), range);
}

/// `gradle/libs.versions.toml` speaks for the project around that folder.
fn home(path: &str) -> &str {
    match folder(path) {
        home if file_name(home) == "gradle" => folder(home),
        home => home,
    }
}

static NOTATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"["']([A-Za-z0-9_.-]+):([A-Za-z0-9_.-]+):([^"':@]+)[^"']*["']"#).expect("the pattern is fixed")
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"group\s*[:=]\s*["']([^"']+)["']\s*,\s*name\s*[:=]\s*["']([^"']+)["']\s*,\s*version\s*[:=]\s*["']?([^"'\s),]+)"#)
        .expect("the pattern is fixed")
});
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)([A-Za-z_][A-Za-z0-9_]*)["'\])]*\s*(?:=|by extra\()\s*["']([0-9][^"']*)["']"#)
        .expect("the pattern is fixed")
});

pub(super) fn gradle(path: &str, text: &str, files: &FxHashMap<&str, &str>, versions: &mut Versions) {
    let text = without_line_comments(text);
    let mut variables: FxHashMap<&str, &str> = FxHashMap::default();
    for folder in upwards(folder(path)) {
        let properties = files.get(joined(folder, "gradle.properties").as_str());
        for (key, value) in properties.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once('=')) {
            variables.entry(key.trim()).or_insert(value.trim());
        }
    }
    for found in VARIABLE.captures_iter(&text) {
        let (_, [name, value]) = found.extract();
        variables.insert(name, value);
    }
    for found in NOTATION.captures_iter(&text).chain(NAMED.captures_iter(&text)) {
        let (_, [group, artifact, version]) = found.extract();
        let is_variable = version.starts_with('$') || !version.starts_with(|it: char| it.is_ascii_digit() || it == '[');
        let version = match is_variable {
            true => {
                let name = version.trim_start_matches(['$', '{']).trim_end_matches('}');
                variables.get(name.rsplit('.').next().unwrap_or(name)).copied()
            }
            false => Some(version),
        };
        ask(path, group, artifact, version, versions);
    }
}

fn without_line_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        // Not the `//` of an address.
        let end = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':')).map_or(line.len(), |(at, _)| at);
        kept.push_str(&line[..end]);
        kept.push('\n');
    }
    kept
}

/// Gradle's version catalog: `jjwt = { module = "io.jsonwebtoken:jjwt", version.ref = "jjwt" }`.
pub(super) fn catalog(path: &str, text: &str, versions: &mut Versions) -> Result<(), ConfigError> {
    let catalog = toml(path, text)?;
    let text = |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).map(str::to_owned);
    for (_, library) in catalog.get("libraries").and_then(toml::Value::as_table).into_iter().flatten() {
        let (module, version) = match library {
            toml::Value::String(whole) => match whole.rsplit_once(':') {
                Some((module, version)) => (module.to_owned(), Some(version.to_owned())),
                None => continue,
            },
            library => {
                let named = || Some(format!("{}:{}", text(library.get("group"))?, text(library.get("name"))?));
                let Some(module) = text(library.get("module")).or_else(named) else { continue };
                let version = library.get("version");
                let reference = version.and_then(|it| it.get("ref")).and_then(toml::Value::as_str);
                let referred = || text(catalog.get("versions")?.get(reference?));
                (module, text(version).or_else(referred))
            }
        };
        if let Some((group, artifact)) = module.split_once(':') {
            ask(path, group, artifact, version.as_deref(), versions);
        }
    }
    Ok(())
}
