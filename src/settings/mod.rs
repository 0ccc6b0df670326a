//! What was asked for, made whole: flags and `ssot-guard.toml` become one [`Settings`]. After this nothing is
//! unknown or unvalidated.

mod gate;

pub(crate) use gate::Check;
pub(crate) use gate::Gate;
pub(crate) use gate::Growth;
pub(crate) use gate::reports_of;

use crate::baseline;
use crate::baseline::Baseline;
use crate::cache::Cache;
use crate::cli::MonitorArguments;
use crate::cli::Preset;
use crate::cli::RepositoryArguments;
use crate::cli::RuleSources;
use crate::cli::ScanArguments;
use crate::cli::Scope;
use crate::exception;
use crate::finding::Severity;
use crate::globs::Globs;
use crate::globs::Written;
use crate::globs::glob;
use crate::hash;
use crate::report::Context;
use crate::rules;
use crate::rules::Origin;
use crate::rules::Rule;
use crate::rules::RuleError;
use crate::rules::declared::Declared;
use crate::rules::declared::GuardedTable;
use crate::rules::declared::LayersTable;
use crate::rules::declared::Mistake;
use crate::rules::declared::Read;
use crate::rules::declared::RegistryTable;
use crate::rules::declared::RetiredTable;
use crate::rules::declared::Tables;
use crate::secret;
use crate::source::snapshot::Snapshot;
use crate::verdict::Level;
use crate::verdict::Mode;
use crate::verdict::Policy;
use crate::verdict::Requirement;
use miette::Diagnostic;
use miette::NamedSource;
use miette::SourceSpan;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use time::Date;
use time::OffsetDateTime;

/// The project file's name, looked for in the scanned root.
pub(crate) const PROJECT_FILE: &str = "ssot-guard.toml";

/// The baseline's name, unless the project file has another.
pub(crate) const BASELINE_FILE: &str = "baseline.json";

/// Everything one scan needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The folder paths are relative to.
    pub(crate) root: PathBuf,
    pub(crate) tree: Tree,
    pub(crate) paths: Vec<PathBuf>,
    /// Whether the paths are all there is, so that a glob that selected nothing is a mistake.
    pub(crate) is_of_whole_root: bool,
    pub(crate) exclude: Arc<Globs>,
    /// The files that findings are looked for in; all where there is none.
    pub(crate) scope: Option<Arc<Globs>>,
    pub(crate) tests: Arc<Globs>,
    pub(crate) rules: Arc<Vec<Rule>>,
    /// What the project file says of the repository.
    pub(crate) declared: Arc<Declared>,
    /// A digest of the rule and symbol files that are not ours, and of what the project file declares for rules.
    pub(crate) rules_digest: u64,
    /// The ids of those that run and those that were left out.
    pub(crate) known_rules: Arc<BTreeSet<Arc<str>>>,
    /// Where the baseline is, or would be.
    pub(crate) baseline_path: PathBuf,
    /// What is accepted, and the name of the file that says so; none where there is no such file.
    pub(crate) baseline: Option<(Arc<str>, Baseline)>,
    /// The central list.
    pub(crate) exceptions: Vec<exception::Entry>,
    /// What dates are compared with, in UTC.
    pub(crate) today: Date,
    pub(crate) policy: Policy,
    /// What the policy was made of.
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) mode: Mode,
    pub(crate) level: Option<Level>,
    pub(crate) context: Context,
    /// Findings below this are left out.
    pub(crate) shows_from: Severity,
    pub(crate) threads: usize,
    pub(crate) prefilter: bool,
    /// What earlier runs found out.
    pub(crate) cache: Option<Arc<Cache>>,
}

/// What is looked at.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// The work tree: files as they are on disk.
    Disk,
    /// What git has of the root.
    Snapshot(Arc<Snapshot>),
}

/// Why there are no settings: something the user wrote is wrong.
#[derive(Debug)]
pub(crate) enum SettingsError {
    /// Says what, where it is not a file's fault.
    Plain(String),
    Rule(Box<RuleError>),
    File(Box<FileError>),
}

impl SettingsError {
    /// What is wrong, where, and what would mend it, in one line.
    pub(crate) fn in_one_line(&self) -> String {
        let diagnostic: &dyn Diagnostic = match self {
            SettingsError::Plain(message) => return secret::masked(message),
            SettingsError::Rule(error) => &**error,
            SettingsError::File(error) => &**error,
        };
        let label = diagnostic.labels().and_then(|mut labels| labels.next());
        let span = label.map_or_else(|| (0, 0).into(), |label| *label.inner());
        let contents = diagnostic.source_code().and_then(|source| source.read_span(&span, 0, 0).ok());
        let place = contents.and_then(|it| Some(format!("{}:{}: ", it.name()?, it.line() + 1))).unwrap_or_default();
        let help = diagnostic.help().map(|help| format!(" ({help})")).unwrap_or_default();
        secret::masked(&format!("{place}{diagnostic}{help}"))
    }
}

/// A mistake in the project file or the baseline.
#[derive(Debug, Clone, Diagnostic)]
#[diagnostic(code(ssot_guard::config))]
pub(crate) struct FileError {
    message: String,
    #[source_code]
    source: NamedSource<String>,
    #[label("here")]
    span: Option<SourceSpan>,
    #[help]
    help: Option<String>,
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for FileError {}

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
    /// Globs by the name of a preset: `scan --scope NAME` looks for findings in those files.
    #[serde(default)]
    scopes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    tests: Tests,
    /// The baseline, relative to the project file.
    baseline: Option<PathBuf>,
    /// Findings that are allowed, one each.
    #[serde(default)]
    exception: Vec<Exception>,
    /// Globs of each service's files.
    #[serde(default)]
    services: BTreeMap<String, Vec<toml::Spanned<String>>>,
    /// Which of them may import which.
    #[serde(default)]
    layers: Vec<LayersTable>,
    /// What is not to be used any more.
    #[serde(default)]
    retired: Vec<toml::Spanned<RetiredTable>>,
    /// The lists that say which variables there are.
    #[serde(default)]
    registry: Vec<RegistryTable>,
    /// Handlers before which somebody has to ask who is there.
    #[serde(default)]
    guarded: Vec<GuardedTable>,
    #[serde(default)]
    gate: gate::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Exception {
    rule: toml::Spanned<String>,
    path: Option<String>,
    /// The dotted name of the function or class; `""` for code outside of both.
    symbol: Option<String>,
    fingerprint: Option<String>,
    #[serde(default)]
    reason: String,
    owner: Option<String>,
    /// A date, with or without quotes.
    until: Option<toml::Value>,
    #[serde(default = "one")]
    count: std::num::NonZeroUsize,
}

fn one() -> std::num::NonZeroUsize {
    std::num::NonZeroUsize::MIN
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tests {
    /// Globs of test code; replaces the default list.
    paths: Option<Vec<toml::Spanned<String>>>,
}

/// What counts as test code unless the project file says otherwise.
const TEST_PATHS: [&str; 29] = [
    "**/tests/**",
    "**/test/**",
    "**/__tests__/**",
    "**/__mocks__/**",
    "**/testing/**",
    "**/{testutil,testutils,test_util,test_utils,test_helper,test_helpers}/**",
    "**/{testutil,testutils,test_util,test_utils,test_helper,test_helpers}.*",
    "**/*_tests/**",
    "**/{settings,config,configs,conf,environments}/{test,tests,testing}.*",
    "**/test_*/**",
    "**/e2e/**",
    "**/cypress/**",
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

/// What may be left out.
#[derive(Debug)]
struct Choice<'a> {
    /// The ids of the rules that run; all when there are none.
    rules: &'a [String],
    severity: Option<Severity>,
    baseline: bool,
    prefilter: bool,
    examples: Examples,
    /// Our own rules, where they were read already.
    own: Option<OwnRules>,
}

/// The rules and symbols that are part of the program, without examples. To read them takes a while in which git may
/// be asked for other things.
#[derive(Debug)]
pub(crate) struct OwnRules {
    shared: rules::decode::Shared,
    rules: Vec<Rule>,
}

impl OwnRules {
    pub(crate) fn read() -> Result<OwnRules, SettingsError> {
        let shared = own_shared()?;
        let rules = own_rules(&shared, Examples::Left)?;
        Ok(OwnRules { shared, rules })
    }
}

impl Default for Choice<'_> {
    fn default() -> Self {
        Choice { rules: &[], severity: None, baseline: true, prefilter: true, examples: Examples::Left, own: None }
    }
}

impl Settings {
    /// Settings that nobody wrote: our own rules and nothing else.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn plain() -> Settings {
        let rules = rules_of(&RuleSources::default(), Examples::Left).expect("our own rules are right");
        Settings {
            root: ".".into(),
            tree: Tree::Disk,
            paths: Vec::new(),
            is_of_whole_root: false,
            exclude: Arc::default(),
            scope: None,
            tests: Arc::default(),
            rules: Arc::new(rules),
            declared: Arc::default(),
            rules_digest: 0,
            known_rules: Arc::default(),
            baseline_path: BASELINE_FILE.into(),
            baseline: None,
            exceptions: Vec::new(),
            today: time::macros::date!(2026 - 01 - 01),
            policy: Policy::of_scan(),
            requirements: Vec::new(),
            mode: Mode::Scan,
            level: None,
            context: Context::default(),
            shows_from: Severity::Info,
            threads: 1,
            prefilter: true,
            cache: None,
        }
    }

    /// Settings of a scan.
    pub(crate) fn of_scan(arguments: &ScanArguments) -> Result<Settings, SettingsError> {
        let choice = Choice {
            rules: &arguments.rule,
            severity: arguments.severity,
            baseline: !arguments.no_baseline,
            prefilter: !arguments.no_prefilter,
            ..Choice::default()
        };
        Settings::of_disk(&arguments.paths, &arguments.preset, &arguments.scope, choice)
    }

    /// Settings of one of many scans.
    pub(crate) fn of_monitor(arguments: &MonitorArguments) -> Result<Settings, SettingsError> {
        let choice = Choice { severity: arguments.severity, ..Choice::default() };
        let settings = Settings::of_disk(&arguments.paths, &arguments.preset, &arguments.scope, choice)?;
        Ok(Settings { mode: Mode::ContinuousMonitoring, ..settings })
    }

    fn of_disk(
        paths: &[PathBuf],
        files: &Preset,
        scope: &Scope,
        choice: Choice<'_>,
    ) -> Result<Settings, SettingsError> {
        let severity = choice.severity;
        let (mut settings, project) = Settings::of(root_of(paths), Tree::Disk, paths, scope, choice)?;
        if let Some((name, origin)) = preset(files) {
            settings.scope = Some(Arc::new(project.scope(&name, &origin)?));
            settings.is_of_whole_root = false;
        }
        if severity == Some(Severity::Critical) {
            settings.policy.errors = None;
        }
        match (&settings.baseline, &scope.baseline) {
            (None, Some(named)) => Err(SettingsError::Plain(format!("{}: no such baseline", named.display()))),
            _ => Ok(settings),
        }
    }

    /// Settings of a look at what is about to be committed. All of it is read from `tree`.
    pub(crate) fn of_commit(root: &Path, tree: Tree, own: OwnRules) -> Result<Settings, SettingsError> {
        let paths = [root.to_owned()];
        let choice = Choice { own: Some(own), ..Choice::default() };
        let (mut settings, _) = Settings::of(root.to_owned(), tree, &paths, &Scope::default(), choice)?;
        settings.policy = Policy::of_commit();
        settings.mode = Mode::Commit;
        Ok(settings)
    }

    /// Settings of a look at a whole repository.
    pub(crate) fn of_repository(arguments: &RepositoryArguments) -> Result<Settings, SettingsError> {
        if !arguments.root.is_dir() {
            return Err(SettingsError::Plain(format!("{}: no such folder", arguments.root.display())));
        }
        let root = arguments.root.clone();
        let paths = std::slice::from_ref(&arguments.root);
        Settings::of(root, Tree::Disk, paths, &arguments.scope, Choice::default()).map(|(settings, _)| settings)
    }

    /// `paths` are as typed.
    fn of(
        root: PathBuf,
        tree: Tree,
        paths: &[PathBuf],
        arguments: &Scope,
        choice: Choice<'_>,
    ) -> Result<(Settings, ProjectFile), SettingsError> {
        let files = Files { root: &root, tree: &tree };
        let (mut project, project_path, text) = ProjectFile::find(arguments.sources.config.as_deref(), files)?;
        let project_name = project_path.as_deref().map_or(PROJECT_FILE.to_owned(), |it| name_below(&root, it));
        let written = |spanned: &[toml::Spanned<String>]| -> Result<Vec<Written>, SettingsError> {
            let written = spanned.iter().map(|item| {
                if let Err(err) = glob(item.get_ref()) {
                    return Err(project_error(&project_path, &text, format!("bad glob: {err}"), Some(item.span())));
                }
                let line = line_at(&text, item.span().start);
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
        let (mut rules, rules_digest) =
            load_rules(&arguments.sources, &project, project_path.as_deref(), files, (choice.examples, choice.own))?;
        for (name, modules) in &project.owners {
            if !rules.iter().any(|rule| rule.owner.as_ref() == Some(name)) {
                let message = format!("no rule has an owner `{name}`");
                let at = modules.first().map(toml::Spanned::span);
                return Err(project_error(&project_path, &text, message, at));
            }
        }
        let declared = project
            .declared(&project_name, &text, &|path| {
                let folder = project_path.as_deref().and_then(Path::parent).unwrap_or(&root);
                files.text(&folder.join(path)).map_err(|error| error.in_one_line())
            })
            .map_err(|mistake| project_error(&project_path, &text, mistake.message, mistake.span))?;
        for rule in &mut rules {
            if let Some(here) = rule.for_repository(&declared) {
                *rule = here;
            }
        }
        let rules_digest = hash::digest((rules_digest, format!("{declared:?}")));
        let known_rules = rules.iter().map(|rule| rule.id.clone()).collect();
        let baseline_path = baseline_path(arguments.baseline.as_deref(), &root, &project, project_path.as_deref());
        let baseline = if choice.baseline { read_baseline(&baseline_path, files)? } else { None };
        let exceptions = project.exception.iter().map(|it| it.entry(&project_name, &text)).collect();
        if !choice.rules.is_empty() {
            for id in choice.rules {
                if !rules.iter().any(|rule| *rule.id == **id) {
                    let ids: Vec<&str> = rules.iter().map(|rule| &*rule.id).collect();
                    let message = format!("there is no rule `{id}`; the rules are: {}", ids.join(", "));
                    return Err(SettingsError::Plain(message));
                }
            }
            rules.retain(|rule| choice.rules.iter().any(|id| *rule.id == **id));
        }
        let is_root = |path: &PathBuf| path.canonicalize().ok() == root.canonicalize().ok();
        let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok());
        let settings = Settings {
            is_of_whole_root: paths.iter().any(is_root),
            root,
            tree,
            paths: paths.to_vec(),
            exclude: Arc::new(exclude),
            scope: None,
            tests: Arc::new(tests),
            rules: Arc::new(rules),
            declared: Arc::new(declared),
            rules_digest,
            known_rules: Arc::new(known_rules),
            baseline_path,
            baseline,
            exceptions,
            today: today(arguments.today)?,
            policy: Policy { include_tests: arguments.include_tests, ..Policy::of_scan() },
            requirements: Vec::new(),
            mode: Mode::Scan,
            level: None,
            context: Context::default(),
            shows_from: choice.severity.unwrap_or(Severity::Info),
            threads: threads.map_or(1, std::num::NonZero::get),
            prefilter: choice.prefilter,
            cache: None,
        };
        Ok((settings, project))
    }

    /// The same rules, owners and globs for another state of the repository, with the baseline and the exceptions that
    /// it has. What cannot be read of those accepts nothing.
    pub(crate) fn at(&self, tree: Tree) -> Settings {
        let files = Files { root: &self.root, tree: &tree };
        let baseline = read_baseline(&self.baseline_path, files).ok().flatten();
        let exceptions = ProjectFile::find(None, files).map(|(project, path, text)| {
            let name = path.map_or(PROJECT_FILE.to_owned(), |it| name_below(&self.root, &it));
            project.exception.iter().map(|it| it.entry(&name, &text)).collect()
        });
        Settings {
            baseline,
            exceptions: exceptions.unwrap_or_default(),
            requirements: Vec::new(),
            context: Context::default(),
            tree,
            ..self.clone()
        }
    }

    /// These settings with the globs, rules and declarations of others; what was kept of files is of other rules.
    pub(crate) fn judging_as(&self, other: &Settings) -> Settings {
        let Settings { exclude, tests, rules, declared, rules_digest, known_rules, .. } = other.clone();
        Settings { exclude, tests, rules, declared, rules_digest, known_rules, cache: None, ..self.clone() }
    }

    /// Whether globs, rules and declarations are those of others.
    pub(crate) fn judges_as(&self, other: &Settings) -> bool {
        self.exclude.key() == other.exclude.key()
            && self.tests.key() == other.tests.key()
            && self.rules_digest == other.rules_digest
    }

    /// Whether the file at a path says what is looked for: the project file, or one of the rules that it names.
    pub(crate) fn is_part_of_bar(&self, path: &str) -> bool {
        // Names that rules share stand in a folder below theirs.
        let is_beside_rule = |rule: &Rule| match &rule.origin {
            Origin::File(file) => {
                let file = name_below(&self.root, Path::new(file));
                Path::new(&file).parent().is_some_and(|folder| Path::new(path).starts_with(folder))
            }
            Origin::BuiltIn => false,
        };
        path == PROJECT_FILE || is_rule_file(Path::new(path)) && self.rules.iter().any(is_beside_rule)
    }

    /// A digest of all that decides what is found in a file besides the files and the day.
    pub(crate) fn digest(&self) -> u64 {
        // Two builds of one version may differ.
        let program = std::env::current_exe().and_then(|path| path.metadata());
        let program = program.ok().map(|it| (it.len(), it.modified().ok()));
        let rules: Vec<&str> = self.rules.iter().map(|rule| &*rule.id).collect();
        let globs = self.tests.key();
        hash::digest((
            env!("CARGO_PKG_VERSION"),
            program,
            (rules, self.rules_digest, &self.known_rules),
            globs,
            self.prefilter,
        ))
    }

    /// Whether every rule looks at everything, so that what was not found is not there.
    pub(crate) fn judges_everything(&self) -> bool {
        self.is_of_whole_root && self.rules.len() == self.known_rules.len()
    }

    /// Whether findings are looked for in a file at `path`.
    pub(crate) fn is_in_scope(&self, path: &str) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.is_match(path))
    }

    /// Whether findings in a file at `path` are findings in test code.
    pub(crate) fn is_test(&self, path: &str) -> bool {
        self.tests.is_match(path)
    }
}

/// The rules of `rules list`, `explain` and `test`: the built-in ones and those the sources name.
pub(crate) fn rules_of(sources: &RuleSources, examples: Examples) -> Result<Vec<Rule>, SettingsError> {
    let files = Files { root: Path::new("."), tree: &Tree::Disk };
    let (project, path, _) = ProjectFile::find(sources.config.as_deref(), files)?;
    load_rules(sources, &project, path.as_deref(), files, (examples, None)).map(|(rules, _)| rules)
}

/// The files that settings are made of: on disk, but for those of a repository of which git has another state.
#[derive(Clone, Copy)]
struct Files<'a> {
    root: &'a Path,
    tree: &'a Tree,
}

impl Files<'_> {
    /// The text of a file; `None` where there is none.
    fn text(self, path: &Path) -> Result<Option<String>, SettingsError> {
        match self.below(path) {
            Some((snapshot, name)) => snapshot.text(&name).map_err(SettingsError::Plain),
            None => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Some(text)),
                Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(err) => Err(unreadable(path, &err)),
            },
        }
    }

    /// The rule files at a path, or below it, with their texts.
    fn rules(self, path: &Path) -> Result<Vec<(String, String)>, SettingsError> {
        let mut files = Vec::new();
        if let Some((snapshot, name)) = self.below(path) {
            let folder = format!("{}/", name.trim_end_matches('/'));
            let is_meant = |it: &str| it == name || it.starts_with(&folder) && is_rule_file(Path::new(it));
            for path in snapshot.paths().chain(snapshot.elsewhere()).filter(|it| is_meant(it)) {
                let text = snapshot.text(path).map_err(SettingsError::Plain)?;
                files.extend(text.map(|text| (path.to_string(), text)));
            }
            return Ok(files);
        }
        if !path.exists() {
            return Err(SettingsError::Plain(format!("{}: no such rule file or folder", path.display())));
        }
        // Ignore files must not decide which rules apply.
        for entry in walkdir::WalkDir::new(path).follow_links(true).sort_by_file_name() {
            let entry = entry.map_err(|err| SettingsError::Plain(format!("rules: {err}")))?;
            if entry.file_type().is_file() && (is_rule_file(entry.path()) || entry.depth() == 0) {
                let text = std::fs::read_to_string(entry.path()).map_err(|err| unreadable(entry.path(), &err))?;
                files.push((entry.path().to_string_lossy().into_owned(), text));
            }
        }
        Ok(files)
    }

    /// The state that git has of a file in the repository, where that is what counts.
    fn below(&self, path: &Path) -> Option<(&Snapshot, String)> {
        let Tree::Snapshot(snapshot) = self.tree else { return None };
        let name = name_below(self.root, path);
        let is_outside = Path::new(&name).is_absolute() || name.starts_with("..");
        (!is_outside).then_some((&**snapshot, name))
    }
}

/// The name of the preset of files that findings are looked for in, and who named it; none for all files.
fn preset(files: &Preset) -> Option<(String, String)> {
    if files.full_scan {
        return None;
    }
    if files.monitor_websocket {
        return Some((WEBSOCKET.to_owned(), "--monitor-websocket".to_owned()));
    }
    if let Some(name) = &files.preset {
        return Some((name.clone(), "--scope".to_owned()));
    }
    let named = variable("SSOT_MONITORING_MODE").filter(|it| it != "full");
    named.map(|name| (name, "SSOT_MONITORING_MODE".to_owned()))
}

/// How long a monitor waits from one scan to the next.
pub(crate) fn interval(arguments: &MonitorArguments) -> Result<Duration, SettingsError> {
    let of_variable = |text: String| {
        crate::cli::interval(&text)
            .map_err(|help| SettingsError::Plain(format!("SSOT_MONITORING_INTERVAL is `{text}`: {help}")))
    };
    let named = variable("SSOT_MONITORING_INTERVAL").map(of_variable).transpose()?;
    Ok(arguments.interval.or(named).unwrap_or(Duration::from_secs(300)))
}

/// Where a monitor keeps its reports; `None` where it keeps none.
pub(crate) fn reports_of_monitor(arguments: &MonitorArguments, root: &Path) -> Result<Option<PathBuf>, SettingsError> {
    let saves = gate::switch(&variable, "SSOT_GENERATE_REPORTS")?.unwrap_or(true) && !arguments.no_save_report;
    let folder = || arguments.report_dir.clone().unwrap_or_else(|| root.join("reports/ssot_compliance"));
    Ok(saves.then(folder))
}

/// A variable of the environment; empty ones count as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

const WEBSOCKET: &str = "websocket";

/// What the preset `websocket` is unless the project file says otherwise.
const WEBSOCKET_PATHS: [&str; 3] = ["**/*[wW]eb[sS]ocket*", "**/*[wW]eb[sS]ocket*/**", "**/ws/**"];

fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "yaml" || it == "yml")
}

impl ProjectFile {
    fn scope(&self, name: &str, origin: &str) -> Result<Globs, SettingsError> {
        let globs = match self.scopes.get(name) {
            Some(globs) => Globs::unwatched(globs.iter().map(String::as_str)),
            None if name == WEBSOCKET => Globs::unwatched(WEBSOCKET_PATHS.into_iter()),
            None => {
                let known: Vec<&str> = self.scopes.keys().map(String::as_str).chain([WEBSOCKET, "full"]).collect();
                let message = format!("{origin}: there is no scope `{name}`; there are {}", known.join(", "));
                return Err(SettingsError::Plain(message));
            }
        };
        globs.map_err(bad_glob)
    }

    /// What it says of the repository.
    fn declared(&mut self, name: &str, text: &str, read: &Read<'_>) -> Result<Declared, Mistake> {
        let tables = Tables {
            owners: std::mem::take(&mut self.owners),
            services: std::mem::take(&mut self.services),
            layers: std::mem::take(&mut self.layers),
            retired: std::mem::take(&mut self.retired),
            registry: std::mem::take(&mut self.registry),
            guarded: std::mem::take(&mut self.guarded),
        };
        Declared::new(&tables, name, text, read)
    }

    /// The project file, its path and its text; nothing where there is none.
    fn find(named: Option<&Path>, files: Files<'_>) -> Result<(ProjectFile, Option<PathBuf>, String), SettingsError> {
        let path = named.map_or_else(|| files.root.join(PROJECT_FILE), Path::to_owned);
        let Some(text) = files.text(&path)? else {
            return match named {
                Some(named) => Err(SettingsError::Plain(format!("{}: no such project file", named.display()))),
                None => Ok((ProjectFile::default(), None, String::new())),
            };
        };
        let project = toml::from_str(&text)
            .map_err(|err| project_error(&Some(path.clone()), &text, err.message().to_owned(), err.span()))?;
        Ok((project, Some(path), text))
    }
}

/// What paths are relative to: the folder that was named when it is the only path, unless it is a part of the project
/// that the current folder is; the current folder otherwise.
fn root_of(paths: &[PathBuf]) -> PathBuf {
    let here = PathBuf::from(".");
    let is_project = |folder: &Path| [PROJECT_FILE, BASELINE_FILE].iter().any(|name| folder.join(name).exists());
    match paths {
        [only] if only.is_dir() => {
            let is_below = only.is_relative() && !only.starts_with("..");
            if is_below && !is_project(only) && is_project(&here) { here } else { only.clone() }
        }
        _ => here,
    }
}

/// Where the baseline is, or would be.
fn baseline_path(named: Option<&Path>, root: &Path, project: &ProjectFile, project_path: Option<&Path>) -> PathBuf {
    match (named, &project.baseline) {
        (Some(named), _) => named.to_owned(),
        (None, Some(path)) => project_path.and_then(Path::parent).unwrap_or(root).join(path),
        (None, None) => root.join(BASELINE_FILE),
    }
}

/// The baseline at a path; `None` where there is none.
fn read_baseline(path: &Path, files: Files<'_>) -> Result<Option<(Arc<str>, Baseline)>, SettingsError> {
    let Some(text) = files.text(path)? else { return Ok(None) };
    let name = name_below(files.root, path);
    let baseline = parse_baseline(&text, &name)?;
    Ok(Some((name.into(), baseline)))
}

/// What a file is called in reports, which say nothing of where the repository stands.
pub(crate) fn name_below(root: &Path, path: &Path) -> String {
    let name = path.strip_prefix(root).or_else(|_| path.strip_prefix(".")).unwrap_or(path);
    name.to_string_lossy().into_owned()
}

/// The line, counted from 1, that a byte offset stands in.
fn line_at(text: &str, offset: usize) -> u32 {
    1 + text[..offset].matches('\n').count() as u32
}

/// The baseline that a text is; `name` is what errors call it.
pub(crate) fn parse_baseline(text: &str, name: &str) -> Result<Baseline, SettingsError> {
    baseline::parse(text).map_err(|baseline::ReadError { message, span, help }| {
        SettingsError::File(Box::new(FileError {
            message,
            source: NamedSource::new(name, text.to_owned()).with_language("json"),
            span: span.map(Into::into),
            help: Some(help.to_owned()),
        }))
    })
}

impl Exception {
    fn entry(&self, project_name: &str, text: &str) -> exception::Entry {
        let line = line_at(text, self.rule.span().start);
        let until = self.until.as_ref().map(|until| {
            let until = until.as_str().map_or_else(|| until.to_string(), str::to_owned);
            crate::day::parse(&until).ok_or(until)
        });
        exception::Entry {
            rule: self.rule.get_ref().clone(),
            path: self.path.clone(),
            symbol: self.symbol.clone(),
            fingerprint: self.fingerprint.clone(),
            reason: self.reason.trim().to_owned(),
            owner: self.owner.clone(),
            until,
            count: self.count.get(),
            at: exception::EntryAt {
                path: project_name.into(),
                line,
                text: text.lines().nth(line as usize - 1).unwrap_or("").to_owned(),
            },
        }
    }
}

/// The day that dates are compared with: the one named, that of `SOURCE_DATE_EPOCH` where builds are to be
/// reproducible, or the present one, in UTC.
fn today(named: Option<Date>) -> Result<Date, SettingsError> {
    if let Some(day) = named {
        return Ok(day);
    }
    let Ok(epoch) = std::env::var("SOURCE_DATE_EPOCH") else {
        return Ok(OffsetDateTime::now_utc().date());
    };
    let time = epoch.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map(OffsetDateTime::date)
        .ok_or_else(|| SettingsError::Plain(format!("SOURCE_DATE_EPOCH is `{epoch}`, which is no number of seconds")))
}

/// Whether the examples of our own rules are wanted: they take longer to read than the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Examples {
    Read,
    Left,
}

/// All rules, by id, and a digest of the files that are not ours.
fn load_rules(
    sources: &RuleSources,
    project: &ProjectFile,
    project_path: Option<&Path>,
    files_there: Files<'_>,
    (examples, own): (Examples, Option<OwnRules>),
) -> Result<(Vec<Rule>, u64), SettingsError> {
    let folder = project_path.and_then(Path::parent).unwrap_or(Path::new("."));
    let named = project.rules.iter().map(|it| folder.join(it.get_ref()));
    let mut files = Vec::new();
    for path in sources.rules.iter().cloned().chain(named) {
        let named = files_there.rules(&path)?;
        let is_empty = named.is_empty();
        files.extend(named);
        if is_empty {
            return Err(SettingsError::Plain(format!("{}: holds no rule file (*.yaml)", path.display())));
        }
    }
    for (path, text) in &files {
        rules::decode::names_no_key_twice(path, text).map_err(SettingsError::Rule)?;
    }
    let (shared, mut rules) = match own.filter(|_| !files.iter().any(|(path, _)| is_symbols(path))) {
        Some(OwnRules { shared, rules }) => (shared, rules),
        // Symbols of the repository may be ones that our own rules name.
        None => {
            let mut shared = own_shared()?;
            for (path, text) in files.iter().filter(|(path, _)| is_symbols(path)) {
                rules::decode::symbols(path, text, &mut shared).map_err(SettingsError::Rule)?;
            }
            let rules = own_rules(&shared, examples)?;
            (shared, rules)
        }
    };
    for (path, text) in files.iter().filter(|(path, _)| !is_symbols(path)) {
        let rule = rules::decode::rule(path, text, &shared, Origin::File(path.clone())).map_err(SettingsError::Rule)?;
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
        if let Some(failure) = crate::examples::failures(&rule, &rules).first() {
            return at(failure.line, failure.message.clone(), Some("mend the rule or the example"));
        }
        rules.push(rule);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok((rules, hash::digest(files)))
}

fn is_symbols(path: &str) -> bool {
    Path::new(path).parent().is_some_and(|it| it.ends_with("symbols"))
}

fn own_shared() -> Result<rules::decode::Shared, SettingsError> {
    let mut shared = rules::decode::Shared::default();
    for own in rules::OWN_FILES.iter().filter(|it| is_symbols(it.path)) {
        rules::decode::own_symbols(own, &mut shared).map_err(SettingsError::Rule)?;
    }
    Ok(shared)
}

fn own_rules(shared: &rules::decode::Shared, examples: Examples) -> Result<Vec<Rule>, SettingsError> {
    let own = rules::OWN_FILES.par_iter().filter(|it| !is_symbols(it.path));
    let rules = own.map(|own| match examples {
        Examples::Read => rules::decode::rule(own.path, own.text, shared, Origin::BuiltIn),
        Examples::Left => rules::decode::own_rule(own, shared),
    });
    rules.collect::<Result<_, _>>().map_err(SettingsError::Rule)
}

fn unreadable(path: &Path, err: &std::io::Error) -> SettingsError {
    SettingsError::Plain(format!("{}: {err}", path.display()))
}

fn bad_glob(error: globset::Error) -> SettingsError {
    SettingsError::Plain(format!("bad glob: {error}"))
}

fn project_error(path: &Option<PathBuf>, text: &str, message: String, span: Option<Range<usize>>) -> SettingsError {
    let name = path.as_deref().map_or(PROJECT_FILE.to_owned(), |it| it.to_string_lossy().into_owned());
    SettingsError::File(Box::new(FileError {
        message,
        source: NamedSource::new(name, text.to_owned()).with_language("toml"),
        span: span.map(Into::into),
        help: Some(
            "the keys are: exclude, rules, baseline, [owners], [services], [[layers]], [[retired]], [[registry]], [[guarded]], [scopes], [tests] paths, [gate], [[gate.check]], [[exception]]"
                .to_owned(),
        ),
    }))
}
