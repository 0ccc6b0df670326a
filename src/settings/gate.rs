//! What the gate requires, and who says so: flags, `SSOT_*` variables, the project file, the build server, the mode.
//! Every value keeps its origin, because whoever answers for the gate has to see where its bar comes from.

use crate::cli::GateArguments;
use crate::context;
use crate::context::Lookup;
use crate::globs::glob;
use crate::report::Context;
use crate::settings::Choice;
use crate::settings::Examples;
use crate::settings::Files;
use crate::settings::PROJECT_FILE;
use crate::settings::Settings;
use crate::settings::SettingsError;
use crate::settings::Tree;
use crate::source::git;
use crate::verdict::Level;
use crate::verdict::Mode;
use crate::verdict::Outcome;
use crate::verdict::Policy;
use crate::verdict::Requirement;
use crate::verdict::Unexamined;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// Everything one run of the gate needs to know.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) settings: Settings,
    pub(crate) has_project: bool,
    /// The branch or commit that the change is compared with, and who named it; none where nobody did.
    pub(crate) base: Option<(String, String)>,
    /// What becomes of a baseline that accepts more than it did.
    pub(crate) growth: Growth,
    pub(crate) growth_origin: String,
    /// Whether the baseline is compared with what it was.
    pub(crate) has_ratchet: bool,
    /// The most findings that exceptions may allow.
    pub(crate) most_exceptions: Option<u64>,
    pub(crate) checks: Vec<Check>,
    /// Where a report of every run is kept, relative to the root.
    pub(crate) reports: Option<PathBuf>,
    /// Whether a critical is told to whoever is to be woken.
    pub(crate) escalates: bool,
    /// Whether the exit code is 0 whatever was found.
    pub(crate) is_advisory: bool,
}

/// What becomes of a baseline that accepts more than it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Growth {
    #[default]
    Refused,
    /// It may, where each entry says why, who answers for it and until when.
    Reviewed,
    Allowed,
}

impl Growth {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Growth::Refused => "refused",
            Growth::Reviewed => "reviewed",
            Growth::Allowed => "allowed",
        }
    }
}

/// A command that has to succeed before anything is let through.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) name: String,
    /// The program and its arguments.
    pub(crate) run: Vec<String>,
    pub(crate) time_limit: Duration,
    /// Whether tests may be skipped.
    pub(crate) allows_skipped: bool,
}

/// `[gate]` of the project file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Table {
    /// The branch or commit that changes are compared with.
    base: Option<String>,
    growth: Option<Growth>,
    max_exceptions: Option<u64>,
    /// Levels by environment.
    #[serde(default)]
    environments: BTreeMap<String, Level>,
    /// Levels by branch, of `branch-protection`; names or globs.
    #[serde(default)]
    branches: BTreeMap<String, Level>,
    #[serde(default)]
    deployment_gate: ModeTable,
    #[serde(default)]
    pr_validation: ModeTable,
    #[serde(default)]
    branch_protection: ModeTable,
    #[serde(default)]
    manual_validation: ModeTable,
    #[serde(default)]
    continuous_monitoring: ModeTable,
    #[serde(default)]
    check: Vec<CheckTable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ModeTable {
    level: Option<Level>,
    max_errors: Option<Limit>,
    max_warnings: Option<Limit>,
}

/// A number of findings that may pass.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Limit {
    AtMost(u64),
    Any(Unlimited),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Unlimited {
    Unlimited,
}

impl Limit {
    fn most(self) -> Option<u64> {
        match self {
            Limit::AtMost(most) => Some(most),
            Limit::Any(Unlimited::Unlimited) => None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CheckTable {
    name: String,
    run: Vec<String>,
    /// Seconds.
    #[serde(default = "five_minutes")]
    timeout: NonZeroU64,
    #[serde(default)]
    allow_skipped: bool,
}

fn five_minutes() -> NonZeroU64 {
    NonZeroU64::new(300).expect("it is not zero")
}

impl Table {
    fn of(&self, mode: Mode) -> Option<&ModeTable> {
        match mode {
            Mode::DeploymentGate => Some(&self.deployment_gate),
            Mode::PrValidation => Some(&self.pr_validation),
            Mode::BranchProtection => Some(&self.branch_protection),
            Mode::ManualValidation => Some(&self.manual_validation),
            Mode::ContinuousMonitoring => Some(&self.continuous_monitoring),
            Mode::Scan | Mode::Commit => None,
        }
    }
}

impl Gate {
    /// What flags, variables (`get` looks them up) and the project file require.
    pub(crate) fn new(arguments: &GateArguments, get: &Lookup<'_>) -> Result<Gate, SettingsError> {
        let gate = Gate::of(arguments, get, Tree::Disk, Examples::Read)?;
        match (&gate.settings.baseline, &arguments.scope.baseline) {
            (None, Some(named)) => Err(SettingsError::Plain(format!("{}: no such baseline", named.display()))),
            _ => Ok(gate),
        }
    }

    /// The gate as the project file, the rules and the baseline of an earlier state have it. What the command line names
    /// and that state lacks says nothing.
    pub(crate) fn earlier(arguments: &GateArguments, get: &Lookup<'_>, tree: Tree) -> Result<Gate, SettingsError> {
        let files = Files { root: &arguments.root, tree: &tree };
        let mut arguments = arguments.clone();
        let sources = &mut arguments.scope.sources;
        sources.config = sources.config.take().filter(|path| files.text(path).is_ok_and(|it| it.is_some()));
        sources.rules.retain(|path| files.rules(path).is_ok_and(|it| !it.is_empty()));
        Gate::of(&arguments, get, tree, Examples::Left)
    }

    fn of(arguments: &GateArguments, get: &Lookup<'_>, tree: Tree, examples: Examples) -> Result<Gate, SettingsError> {
        let root = &arguments.root;
        if !root.is_dir() {
            return Err(SettingsError::Plain(format!("{}: no such folder", root.display())));
        }
        let paths = std::slice::from_ref(root);
        let choice = Choice { examples, ..Choice::default() };
        let files = Files { root, tree: &tree };
        let has_project = arguments.scope.sources.config.is_some() || files.text(&root.join(PROJECT_FILE))?.is_some();
        let (mut settings, project) = Settings::of(root.clone(), tree, paths, &arguments.scope, choice)?;
        let table = project.gate;
        let mode = arguments.mode();
        let mode_origin = if arguments.mode.is_some() { "--mode" } else { "unless another is named" };
        let mut required = vec![Requirement::given("mode", mode.name(), mode_origin)];
        let build = context::of_build(get);
        let context = Context {
            commit: arguments.commit_sha.clone().or(build.context.commit).or_else(|| git::head(root)),
            branch: arguments.branch.clone().or(build.context.branch).or_else(|| git::branch(root)),
            pull_request: arguments.pr_number.or(build.context.pull_request),
            environment: arguments.environment.clone(),
            ..build.context
        };
        let (level, origin) = level(arguments, &table, &context, get)?;
        required.push(Requirement::given("level", level.name(), origin));
        if let Some(environment) = &context.environment {
            required.push(Requirement::given("environment", environment, "--environment"));
        }
        let mut policy = Policy { include_tests: arguments.scope.include_tests, ..level.policy(mode) };
        let by_level = || format!("the level {}", level.name());
        let of_mode = table.of(mode);
        let by_project = |key: &str| format!("{PROJECT_FILE} [gate.{}] {key}", mode.name());
        let (mut errors_by, mut warnings_by) = (by_level(), by_level());
        if let Some(limit) = of_mode.and_then(|it| it.max_errors) {
            (policy.errors, errors_by) = (limit.most(), by_project("max-errors"));
        }
        if let Some(limit) = of_mode.and_then(|it| it.max_warnings) {
            (policy.warnings, warnings_by) = (limit.most(), by_project("max-warnings"));
        }
        // A variable may raise the bar and never lowers it: `false` leaves the level's.
        if switch(get, "SSOT_BLOCK_ON_WARNINGS")? == Some(true) {
            (policy.warnings, warnings_by) = (Some(0), "SSOT_BLOCK_ON_WARNINGS".to_owned());
        }
        if let Some(most) = arguments.max_errors {
            (policy.errors, errors_by) = (Some(most), "--max-errors".to_owned());
        }
        if let Some(most) = arguments.max_warnings {
            (policy.warnings, warnings_by) = (Some(most), "--max-warnings".to_owned());
        }
        policy.allows_empty = arguments.allow_empty;
        required.push(Requirement::given("errors", most(policy.errors), errors_by));
        required.push(Requirement::given("warnings", most(policy.warnings), warnings_by));
        let (growth, growth_origin) = match (arguments.allow_baseline_growth, table.growth, level) {
            (true, ..) => (Growth::Allowed, "--allow-baseline-growth".to_owned()),
            (_, Some(growth), _) => (growth, format!("{PROJECT_FILE} [gate] growth")),
            (_, None, Level::Permissive) => (Growth::Allowed, by_level()),
            (_, None, _) => (Growth::Refused, by_level()),
        };
        let base = match (&arguments.base, &table.base, build.base) {
            (Some(base), ..) => Some((base.clone(), "--base".to_owned())),
            (_, _, Some((base, variable))) if context.pull_request.is_some() => Some((base, variable.to_owned())),
            (_, Some(base), _) => Some((base.clone(), format!("{PROJECT_FILE} [gate] base"))),
            (_, None, Some((base, variable))) => Some((base, variable.to_owned())),
            (_, None, None) => None,
        };
        let saves = switch(get, "SSOT_GENERATE_REPORTS")?.unwrap_or(true) && !arguments.no_save_report;
        let checks = table.check.into_iter().map(Check::try_from).collect::<Result<_, _>>()?;
        settings.policy = policy;
        settings.requirements = required;
        settings.mode = mode;
        settings.level = Some(level);
        settings.context = context;
        Ok(Gate {
            settings,
            has_project,
            base,
            growth,
            growth_origin,
            has_ratchet: !arguments.no_ratchet,
            most_exceptions: table.max_exceptions,
            checks,
            reports: saves.then(|| reports_of(arguments, get)),
            escalates: switch(get, "SSOT_ALERT_ON_CRITICAL")?.unwrap_or(true),
            is_advisory: arguments.no_fail,
        })
    }

    /// Holds the gate to an earlier bar, too: a change that lowers the bar does not pass by its own. `when` is what the
    /// state is called that had it.
    pub(crate) fn hold_to(&mut self, earlier: &Gate, when: &str) {
        let (now, then) = (&mut self.settings.policy, earlier.settings.policy);
        let mut lowered = Vec::new();
        if earlier.settings.level < self.settings.level {
            self.settings.level = earlier.settings.level;
            lowered.push("level");
        }
        now.accepts_criticals &= then.accepts_criticals;
        if then.unexamined == Unexamined::Fails {
            now.unexamined = Unexamined::Fails;
        }
        for (name, now, then) in
            [("errors", &mut now.errors, then.errors), ("warnings", &mut now.warnings, then.warnings)]
        {
            if stricter(then, *now) != *now {
                *now = then;
                lowered.push(name);
            }
        }
        for required in self.settings.requirements.iter_mut().filter(|it| lowered.contains(&it.name.as_str())) {
            let Some(before) = earlier.settings.requirements.iter().find(|it| it.name == required.name) else {
                continue;
            };
            let said = format!("{}: `{}` counts from the next change on", required.name, required.value);
            *required = Requirement {
                origin: format!("{}, at {when}", before.origin),
                outcome: Outcome::Noted(said),
                ..before.clone()
            };
        }
        if earlier.growth < self.growth {
            self.growth = earlier.growth;
            self.growth_origin = format!("{}, at {when}", earlier.growth_origin);
        }
        self.most_exceptions = stricter(earlier.most_exceptions, self.most_exceptions);
        let gone = earlier.checks.iter().filter(|check| self.checks.iter().all(|it| it.name != check.name));
        let gone: Vec<Check> = gone.cloned().collect();
        self.checks.extend(gone);
    }
}

/// Of two numbers that may not be passed, none of which is none, the smaller.
fn stricter(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

impl TryFrom<CheckTable> for Check {
    type Error = SettingsError;

    fn try_from(table: CheckTable) -> Result<Check, SettingsError> {
        if table.run.is_empty() {
            let message = format!("{PROJECT_FILE}: the check `{}` runs nothing", table.name);
            return Err(SettingsError::Plain(message));
        }
        Ok(Check {
            name: table.name,
            run: table.run,
            time_limit: Duration::from_secs(table.timeout.get()),
            allows_skipped: table.allow_skipped,
        })
    }
}

fn most(limit: Option<u64>) -> String {
    limit.map_or("any number".to_owned(), |most| format!("at most {most}"))
}

/// The level, and who says so: the most deliberate word counts.
fn level(
    arguments: &GateArguments,
    table: &Table,
    context: &Context,
    get: &Lookup<'_>,
) -> Result<(Level, String), SettingsError> {
    let mode = arguments.mode();
    if let Some(level) = arguments.compliance_level {
        return Ok((level, "--compliance-level".to_owned()));
    }
    if let Some(name) = get("SSOT_COMPLIANCE_LEVEL") {
        let level = Level::ALL.into_iter().find(|level| level.name() == name);
        let known = Level::ALL.map(Level::name).join(", ");
        let level = level.ok_or_else(|| {
            SettingsError::Plain(format!("SSOT_COMPLIANCE_LEVEL is `{name}`, which is no level; there are {known}"))
        })?;
        return Ok((level, "SSOT_COMPLIANCE_LEVEL".to_owned()));
    }
    if let Some(level) = table.of(mode).and_then(|it| it.level) {
        return Ok((level, format!("{PROJECT_FILE} [gate.{}] level", mode.name())));
    }
    if let Some(environment) = &context.environment {
        if let Some(level) = table.environments.get(environment) {
            return Ok((*level, format!("{PROJECT_FILE} [gate.environments] {environment}")));
        }
        let known = ENVIRONMENTS.into_iter().find(|(name, _)| name == environment);
        let (_, level) = known.ok_or_else(|| {
            SettingsError::Plain(format!(
                "the environment `{environment}` has no level: name one with --compliance-level, or in {PROJECT_FILE} \
                 under [gate.environments]"
            ))
        })?;
        return Ok((level, format!("the environment {environment}")));
    }
    if let (Mode::BranchProtection, Some(branch)) = (mode, &context.branch)
        && let Some((name, level)) = of_branch(&table.branches, branch)?
    {
        return Ok((level, format!("{PROJECT_FILE} [gate.branches] {name}")));
    }
    Ok((mode.level(), format!("the mode {}", mode.name())))
}

/// The level of a branch: that of its name, or of the longest glob that matches it.
fn of_branch<'t>(
    branches: &'t BTreeMap<String, Level>,
    branch: &str,
) -> Result<Option<(&'t str, Level)>, SettingsError> {
    if let Some((name, level)) = branches.get_key_value(branch) {
        return Ok(Some((name, *level)));
    }
    let mut longest: Option<(&str, Level)> = None;
    for (name, level) in branches {
        let glob = glob(name).map_err(|err| SettingsError::Plain(format!("{PROJECT_FILE} [gate.branches]: {err}")))?;
        if glob.compile_matcher().is_match(branch) && longest.is_none_or(|(other, _)| other.len() < name.len()) {
            longest = Some((name, *level));
        }
    }
    Ok(longest)
}

/// Where the reports of the gate are kept, relative to the root.
pub(crate) fn reports_of(arguments: &GateArguments, get: &Lookup<'_>) -> PathBuf {
    let named = arguments.report_dir.clone().or_else(|| get("COMPLIANCE_REPORTS_DIR").map(PathBuf::from));
    named.unwrap_or_else(|| "reports/ci_compliance".into())
}

/// What environments are called, unless the project file says otherwise.
const ENVIRONMENTS: [(&str, Level); 3] =
    [("production", Level::Strict), ("staging", Level::Standard), ("development", Level::Permissive)];

/// A variable that is `true` or `false`.
pub(super) fn switch(get: &Lookup<'_>, name: &str) -> Result<Option<bool>, SettingsError> {
    match get(name).map(|value| value.to_ascii_lowercase()).as_deref() {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(other) => Err(SettingsError::Plain(format!("{name} is `{other}`, neither true nor false"))),
    }
}
