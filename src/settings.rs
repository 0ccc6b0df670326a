//! What was asked for, made whole: flags and `ssot-guard.toml` become one [`Settings`]. After this nothing is
//! unknown or unvalidated.

use crate::cli::RuleSources;
use crate::cli::ScanArguments;
use crate::finding::Severity;
use crate::globs::Globs;
use crate::globs::Written;
use crate::globs::glob;
use crate::rules;
use crate::rules::Origin;
use crate::rules::Rule;
use crate::rules::RuleError;
use miette::Diagnostic;
use miette::NamedSource;
use miette::SourceSpan;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::path::PathBuf;

/// The project file's name, looked for in the scanned root.
pub(crate) const PROJECT_FILE: &str = "ssot-guard.toml";

/// Everything one scan needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The folder paths are relative to.
    pub(crate) root: PathBuf,
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) exclude: Globs,
    pub(crate) tests: Globs,
    /// Owner name and the modules that are its own.
    pub(crate) owners: Vec<Owner>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) include_tests: bool,
    pub(crate) blocks_from: Severity,
    /// Findings below this are left out.
    pub(crate) shows_from: Severity,
    pub(crate) threads: usize,
    pub(crate) prefilter: bool,
}

#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) name: String,
    pub(crate) modules: Globs,
}

/// Why there are no settings: something the user wrote is wrong.
#[derive(Debug)]
pub(crate) enum SettingsError {
    /// Says what, where it is not a file's fault.
    Plain(String),
    Rule(Box<RuleError>),
    Project(Box<ProjectFileError>),
}

/// A mistake in the project file.
#[derive(Debug, Clone, Diagnostic)]
#[diagnostic(code(ssot_guard::config))]
pub(crate) struct ProjectFileError {
    message: String,
    #[source_code]
    source: NamedSource<String>,
    #[label("here")]
    span: Option<SourceSpan>,
    #[help]
    help: Option<String>,
}

impl fmt::Display for ProjectFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ProjectFileError {}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProjectFile {
    /// Globs of files and folders that are not scanned.
    #[serde(default)]
    exclude: Vec<toml::Spanned<String>>,
    /// Rule files and folders of rule files, relative to the project file.
    #[serde(default)]
    rules: Vec<toml::Spanned<String>>,
    /// Globs of the modules allowed to do a thing, by the owner name that rules use.
    #[serde(default)]
    owners: BTreeMap<String, Vec<toml::Spanned<String>>>,
    #[serde(default)]
    tests: Tests,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tests {
    /// Globs of test code; replaces the default list.
    paths: Option<Vec<toml::Spanned<String>>>,
}

/// What counts as test code unless the project file says otherwise.
const TEST_PATHS: [&str; 25] = [
    "**/tests/**",
    "**/test/**",
    "**/__tests__/**",
    "**/__mocks__/**",
    "**/testing/**",
    "**/*_tests/**",
    "**/test_*/**",
    "**/e2e/**",
    "**/test_*.py",
    "**/*_test.py",
    "**/*_tests.py",
    "**/conftest.py",
    "**/*_test.rs",
    "**/*_test.go",
    "**/*Test.{java,kt,scala,cs,php}",
    "**/*Tests.{java,kt,scala,cs}",
    "**/*Spec.{kt,scala}",
    "**/*.Tests/**",
    "**/*_spec.rb",
    "**/spec/**/*.rb",
    "**/*_test.rb",
    "**/tests.rs",
    "**/*.test.*",
    "**/*.spec.*",
    "**/*.e2e-spec.*",
];

impl Settings {
    /// Settings of a scan. `paths` are as typed; the root is the folder named when it is the only path, the
    /// current directory otherwise.
    pub(crate) fn of_scan(arguments: &ScanArguments) -> Result<Settings, SettingsError> {
        let root = match arguments.paths.as_slice() {
            [only] if only.is_dir() => only.clone(),
            _ => PathBuf::from("."),
        };
        let (project, project_path) = ProjectFile::find(arguments.sources.config.as_deref(), &root)?;
        let text = project_path.as_deref().map(read).transpose()?.unwrap_or_default();
        let named = arguments.sources.config.as_deref();
        let project_name = named.map_or(PROJECT_FILE.to_owned(), |it| it.to_string_lossy().into_owned());
        let written = |spanned: &[toml::Spanned<String>]| -> Result<Vec<Written>, SettingsError> {
            let written = spanned.iter().map(|item| {
                if let Err(err) = glob(item.get_ref()) {
                    return Err(project_error(&project_path, &text, format!("bad glob: {err}"), Some(item.span())));
                }
                let line = 1 + text[..item.span().start].matches('\n').count() as u32;
                Ok(Written::new(item.get_ref().clone(), project_name.clone(), line))
            });
            written.collect()
        };
        let mut exclude = written(&project.exclude)?;
        exclude.extend(arguments.exclude.iter().map(|glob| Written::new(glob.clone(), "--exclude".to_owned(), 0)));
        let exclude = Globs::watched(exclude).map_err(bad_glob)?;
        let tests = match &project.tests.paths {
            Some(paths) => Globs::watched(written(paths)?),
            None => Globs::unwatched(TEST_PATHS.into_iter()),
        };
        let tests = tests.map_err(bad_glob)?;
        let mut owners = Vec::new();
        for (name, modules) in &project.owners {
            let modules = Globs::watched(written(modules)?).map_err(bad_glob)?;
            owners.push(Owner { name: name.clone(), modules });
        }
        let mut rules = load_rules(&arguments.sources, &project, project_path.as_deref(), Examples::Left)?;
        for (name, modules) in &project.owners {
            if !rules.iter().any(|rule| rule.owner.as_ref() == Some(name)) {
                let message = format!("no rule has an owner `{name}`");
                let at = modules.first().map(toml::Spanned::span);
                return Err(project_error(&project_path, &text, message, at));
            }
        }
        if !arguments.rule.is_empty() {
            for id in &arguments.rule {
                if !rules.iter().any(|rule| *rule.id == **id) {
                    let ids: Vec<&str> = rules.iter().map(|rule| &*rule.id).collect();
                    let message = format!("there is no rule `{id}`; the rules are: {}", ids.join(", "));
                    return Err(SettingsError::Plain(message));
                }
            }
            rules.retain(|rule| arguments.rule.iter().any(|id| *rule.id == **id));
        }
        let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok());
        Ok(Settings {
            root,
            paths: arguments.paths.clone(),
            exclude,
            tests,
            owners,
            rules,
            include_tests: arguments.include_tests,
            blocks_from: arguments.severity.map_or(Severity::Error, |it| it.max(Severity::Error)),
            shows_from: arguments.severity.unwrap_or(Severity::Info),
            threads: threads.map_or(1, std::num::NonZero::get),
            prefilter: !arguments.no_prefilter,
        })
    }

    /// Whether all that the globs speak of was there to be selected, so that one that selected nothing is a mistake.
    pub(crate) fn is_of_whole_root(&self) -> bool {
        match self.paths.as_slice() {
            [] => true,
            [only] => only.is_dir(),
            _ => false,
        }
    }

    /// Whether findings in a file at `path` are findings in test code.
    pub(crate) fn is_test(&self, path: &str) -> bool {
        self.tests.is_match(path)
    }
}

/// The rules of `rules list`, `explain` and `test`: the built-in ones and those the sources name.
pub(crate) fn rules_of(sources: &RuleSources, examples: Examples) -> Result<Vec<Rule>, SettingsError> {
    let (project, path) = ProjectFile::find(sources.config.as_deref(), Path::new("."))?;
    load_rules(sources, &project, path.as_deref(), examples)
}

impl ProjectFile {
    fn find(named: Option<&Path>, root: &Path) -> Result<(ProjectFile, Option<PathBuf>), SettingsError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => {
                let path = root.join(PROJECT_FILE);
                if !path.exists() {
                    return Ok((ProjectFile::default(), None));
                }
                path
            }
        };
        let text = read(&path)?;
        let project = toml::from_str(&text)
            .map_err(|err| project_error(&Some(path.clone()), &text, err.message().to_owned(), err.span()))?;
        Ok((project, Some(path)))
    }
}

/// Whether the examples of our own rules are wanted: they take longer to read than the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Examples {
    Read,
    Left,
}

fn load_rules(
    sources: &RuleSources,
    project: &ProjectFile,
    project_path: Option<&Path>,
    examples: Examples,
) -> Result<Vec<Rule>, SettingsError> {
    let folder = project_path.and_then(Path::parent).unwrap_or(Path::new("."));
    let named = project.rules.iter().map(|it| folder.join(it.get_ref()));
    let mut files = Vec::new();
    for path in sources.rules.iter().cloned().chain(named) {
        let before = files.len();
        if !path.exists() {
            return Err(SettingsError::Plain(format!("{}: no such rule file or folder", path.display())));
        }
        // Ignore files must not decide which rules apply.
        for entry in walkdir::WalkDir::new(&path).follow_links(true).sort_by_file_name() {
            let entry = entry.map_err(|err| SettingsError::Plain(format!("rules: {err}")))?;
            let is_yaml = entry.path().extension().is_some_and(|it| it == "yaml" || it == "yml");
            if entry.file_type().is_file() && (is_yaml || entry.depth() == 0) {
                let text = read(entry.path())?;
                files.push((entry.path().to_string_lossy().into_owned(), text));
            }
        }
        if files.len() == before {
            return Err(SettingsError::Plain(format!("{}: holds no rule file (*.yaml)", path.display())));
        }
    }
    let is_symbols = |path: &str| Path::new(path).parent().is_some_and(|it| it.ends_with("symbols"));
    let mut sets = rules::decode::Sets::new();
    let embedded: Vec<_> = rules::embedded().collect();
    for (path, text) in embedded.iter().filter(|(path, _)| is_symbols(path)) {
        rules::decode::symbols(path, text, &mut sets).map_err(SettingsError::Rule)?;
    }
    for (path, text) in files.iter().filter(|(path, _)| is_symbols(path)) {
        rules::decode::symbols(path, text, &mut sets).map_err(SettingsError::Rule)?;
    }
    // Half of the time that one small file takes.
    let own_rules = embedded.par_iter().filter(|(path, _)| !is_symbols(path)).map(|(path, text)| match examples {
        Examples::Read => rules::decode::rule(path, text, &sets, Origin::BuiltIn),
        Examples::Left => rules::decode::own_rule(path, text, &sets),
    });
    let mut rules: Vec<Rule> = own_rules.collect::<Result<_, _>>().map_err(SettingsError::Rule)?;
    for (path, text) in files.iter().filter(|(path, _)| !is_symbols(path)) {
        let rule = rules::decode::rule(path, text, &sets, Origin::File(path.clone())).map_err(SettingsError::Rule)?;
        let at = |line, message, help| {
            Err(SettingsError::Rule(rules::decode::error_at_line(path, text, line, message, help)))
        };
        if rules.iter().any(|it| it.id == rule.id) {
            let line = text.lines().position(|line| line.starts_with("id:")).map_or(1, |at| at as u32 + 1);
            return at(
                line,
                format!("there is a rule `{}` already", rule.id),
                Some("rules are additive: give it a name of its own"),
            );
        }
        // Our own rules prove themselves in our tests; a user's rule has to here, or it looks like compliance.
        if let Some(failure) = crate::examples::failures(&rule).first() {
            return at(failure.line, failure.message.clone(), Some("mend the rule or the example"));
        }
        rules.push(rule);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rules)
}

fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|err| SettingsError::Plain(format!("{}: {err}", path.display())))
}

fn bad_glob(error: globset::Error) -> SettingsError {
    SettingsError::Plain(format!("bad glob: {error}"))
}

fn project_error(path: &Option<PathBuf>, text: &str, message: String, span: Option<Range<usize>>) -> SettingsError {
    let name = path.as_deref().map_or(PROJECT_FILE.to_owned(), |it| it.to_string_lossy().into_owned());
    SettingsError::Project(Box::new(ProjectFileError {
        message,
        source: NamedSource::new(name, text.to_owned()).with_language("toml"),
        span: span.map(Into::into),
        help: Some("the keys are: exclude, rules, [owners], [tests] paths".to_owned()),
    }))
}
