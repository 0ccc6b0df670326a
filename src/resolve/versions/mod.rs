//! Which version of a library a file's code runs with, from the manifests and lock files of the repository. Texts
//! are handed in; nothing here opens a file. What cannot be known is [`Known::Unknown`], and the caller takes
//! the more dangerous reading.

mod jvm;
mod npm;
mod other;
mod python;
pub(crate) mod version;

pub(crate) use self::version::Bound;
pub(crate) use self::version::Range;
pub(crate) use self::version::Version;

use super::config::ConfigError;
use super::config::file_name;
use super::config::folder;
use super::config::upwards;
use crate::fact::Language;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// What is known about the version of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Exactly(Version),
    /// Bounded on one side at least.
    Range(Range),
    Unknown,
}

impl Known {
    /// Whether the version can be lower than this one; `None` when nothing is known.
    pub(crate) fn may_be_below(&self, version: &Version) -> Option<bool> {
        match self {
            Known::Exactly(known) => Some(known < version),
            Known::Range(range) => Some(range.low.as_ref().is_none_or(|low| low < version)),
            Known::Unknown => None,
        }
    }

    /// Whether the version can be this one or a higher one; `None` when nothing is known.
    pub(crate) fn may_be_at_least(&self, version: &Version) -> Option<bool> {
        match self {
            Known::Exactly(known) => Some(known >= version),
            Known::Range(range) => Some(range.high.as_ref().is_none_or(|high| match high.is_included {
                true => high.version >= *version,
                false => high.version > *version,
            })),
            Known::Unknown => None,
        }
    }
}

/// Who gives a package its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ecosystem {
    Python,
    Npm,
    Cargo,
    Go,
    Maven,
    Ruby,
    Composer,
}

impl Ecosystem {
    fn of(language: Language) -> Option<Ecosystem> {
        match language {
            Language::Python => Some(Ecosystem::Python),
            Language::JavaScript | Language::TypeScript => Some(Ecosystem::Npm),
            Language::Rust => Some(Ecosystem::Cargo),
            Language::Go => Some(Ecosystem::Go),
            Language::Java | Language::Kotlin | Language::Scala => Some(Ecosystem::Maven),
            Language::Ruby => Some(Ecosystem::Ruby),
            Language::Php => Some(Ecosystem::Composer),
            Language::CSharp => None,
        }
    }

    /// The one spelling of a package's name.
    fn normal(self, name: &str) -> Cow<'_, str> {
        match self {
            // PEP 503.
            Ecosystem::Python => {
                let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
                Cow::Owned(parts.join("-").to_ascii_lowercase())
            }
            Ecosystem::Cargo if name.contains('_') => Cow::Owned(name.replace('_', "-")),
            Ecosystem::Composer => Cow::Owned(name.to_ascii_lowercase()),
            Ecosystem::Npm | Ecosystem::Cargo | Ecosystem::Go | Ecosystem::Maven | Ecosystem::Ruby => {
                Cow::Borrowed(name)
            }
        }
    }
}

#[derive(Default)]
pub(crate) struct Versions {
    /// What is said about each package, by the folder in which it is said.
    folders: FxHashMap<(Ecosystem, Box<str>), FxHashMap<Box<str>, Statement>>,
}

/// What the files of one folder say about a package.
#[derive(Default)]
struct Statement {
    /// By lock files.
    locked: Vec<Version>,
    /// By manifests; open when the package is named without a version.
    asked: Option<Range>,
}

impl Versions {
    /// `manifests`: the path and text of each file [`Versions::is_manifest`] asks for. The errors are those of files
    /// that do not parse, sorted.
    pub(crate) fn new(manifests: &[(String, String)]) -> (Versions, Vec<ConfigError>) {
        let mut versions = Versions::default();
        let mut errors = Vec::new();
        let mut workspaces = other::Workspaces::default();
        let files: FxHashMap<&str, &str> =
            manifests.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        for (path, text) in manifests {
            if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<< ")) {
                errors.push(ConfigError::new(path, line + 1, "an unresolved merge conflict"));
                continue;
            }
            let read = match file_name(path) {
                "pyproject.toml" => python::project(path, text, &mut versions),
                "poetry.lock" | "uv.lock" | "pdm.lock" => python::lock(path, text, &mut versions),
                "Pipfile" => python::pipfile(path, text, &mut versions),
                "Pipfile.lock" => python::pipfile_lock(path, text, &mut versions),
                "setup.cfg" => {
                    python::setup_config(path, text, &mut versions);
                    Ok(())
                }
                "setup.py" => {
                    python::setup_script(path, text, &mut versions);
                    Ok(())
                }
                "package.json" => npm::manifest(path, text, &mut versions),
                "package-lock.json" | "npm-shrinkwrap.json" => npm::lock(path, text, &mut versions),
                "yarn.lock" => npm::yarn_lock(path, text, &mut versions),
                "pnpm-lock.yaml" => npm::pnpm_lock(path, text, &mut versions),
                "Cargo.toml" => other::cargo(path, text, &files, &mut workspaces, &mut versions),
                "Cargo.lock" => other::cargo_lock(path, text, &mut versions),
                "go.mod" => other::go(path, text, &mut versions),
                "Gemfile.lock" => other::gemfile_lock(path, text, &mut versions),
                "composer.json" => other::composer(path, text, &mut versions),
                "composer.lock" => other::composer_lock(path, text, &mut versions),
                "pom.xml" => jvm::maven(path, text, &mut versions),
                "build.gradle" | "build.gradle.kts" => {
                    jvm::gradle(path, text, &files, &mut versions);
                    Ok(())
                }
                "libs.versions.toml" => jvm::catalog(path, text, &mut versions),
                _ if is_requirements(path) => python::requirements(path, text, &files, &mut versions),
                _ => Ok(()),
            };
            errors.extend(read.err());
        }
        errors.sort();
        (versions, errors)
    }

    /// Whether a file of this path says something about versions, so that its text is wanted.
    pub(crate) fn is_manifest(path: &str) -> bool {
        matches!(
            file_name(path),
            "pyproject.toml"
                | "poetry.lock"
                | "uv.lock"
                | "pdm.lock"
                | "Pipfile"
                | "Pipfile.lock"
                | "setup.cfg"
                | "setup.py"
                | "package.json"
                | "package-lock.json"
                | "npm-shrinkwrap.json"
                | "yarn.lock"
                | "pnpm-lock.yaml"
                | "Cargo.toml"
                | "Cargo.lock"
                | "go.mod"
                | "Gemfile.lock"
                | "composer.json"
                | "composer.lock"
                | "pom.xml"
                | "build.gradle"
                | "build.gradle.kts"
                | "gradle.properties"
                | "libs.versions.toml"
        ) || is_requirements(path)
    }

    /// The version of `package` that the file at `path` runs with. A package goes by the name it is installed by:
    /// `PyJWT`, `@nestjs/jwt`, `github.com/golang-jwt/jwt/v5`, `io.jsonwebtoken:jjwt`.
    pub(crate) fn of(&self, language: Language, path: &str, package: &str) -> Known {
        let Some(ecosystem) = Ecosystem::of(language) else { return Known::Unknown };
        let package = ecosystem.normal(package);
        let mut asked: Option<Range> = None;
        for folder in upwards(folder(path)) {
            let packages = self.folders.get(&(ecosystem, folder.into()));
            let Some(statement) = packages.and_then(|it| it.get(&*package)) else { continue };
            // A workspace has one lock file, further out than the manifest; one that does not fit that manifest
            // is of something else.
            let nearer = asked.as_ref().filter(|it| !it.is_open());
            let range = nearer.or(statement.asked.as_ref());
            let fits = |it: &&Version| range.is_none_or(|range| range.contains(it));
            let mut locked: Vec<&Version> = statement.locked.iter().filter(fits).collect();
            if locked.is_empty() && nearer.is_none() {
                locked = statement.locked.iter().collect();
            }
            if let (Some(low), Some(high)) = (locked.iter().min(), locked.iter().max()) {
                let high = Bound { version: (*high).clone(), is_included: true };
                return known(Range { low: Some((*low).clone()), high: Some(high) });
            }
            if nearer.is_none() {
                asked = statement.asked.clone();
            }
        }
        asked.map_or(Known::Unknown, known)
    }

    /// Whether the innermost manifest around the file at `path` asks for `package`.
    pub(crate) fn asks(&self, language: Language, path: &str, package: &str) -> bool {
        let Some(ecosystem) = Ecosystem::of(language) else { return false };
        let package = ecosystem.normal(package);
        let manifests = upwards(folder(path)).filter_map(|folder| self.folders.get(&(ecosystem, folder.into())));
        let innermost = { manifests }.find(|packages| packages.values().any(|it| it.asked.is_some()));
        innermost.and_then(|packages| packages.get(&*package)).is_some_and(|it| it.asked.is_some())
    }

    fn lock(&mut self, ecosystem: Ecosystem, folder: &str, package: &str, version: &str) {
        // A lock file names what is no version for what stands in the repository itself.
        let Some(version) = Version::new(version) else { return };
        let locked = &mut self.statement(ecosystem, folder, package).locked;
        if !locked.contains(&version) {
            locked.push(version);
        }
    }

    /// `None`: the package is asked for, in whatever version.
    fn ask(&mut self, ecosystem: Ecosystem, folder: &str, package: &str, range: Option<Range>) {
        let range = range.unwrap_or_default();
        let statement = self.statement(ecosystem, folder, package);
        // Several files ask for a package together, unless no version suits them all: then each for itself.
        statement.asked = Some(match &statement.asked {
            Some(asked) => asked.both(&range).unwrap_or_else(|| asked.either(&range)),
            None => range,
        });
    }

    fn statement(&mut self, ecosystem: Ecosystem, folder: &str, package: &str) -> &mut Statement {
        let packages = self.folders.entry((ecosystem, folder.into())).or_default();
        packages.entry(ecosystem.normal(package).into()).or_default()
    }
}

fn known(range: Range) -> Known {
    match range.only() {
        Some(version) => Known::Exactly(version.clone()),
        None if range.is_open() => Known::Unknown,
        None => Known::Range(range),
    }
}

/// `requirements.txt` and its kin: `requirements-dev.txt`, `dev-requirements.txt`, `constraints.txt`,
/// `requirements/base.txt`.
fn is_requirements(path: &str) -> bool {
    let name = file_name(path);
    let is_named = name.contains("requirements") || name.contains("constraints");
    name.ends_with(".txt") && (is_named || file_name(folder(path)) == "requirements")
}

#[cfg(test)]
mod tests;
