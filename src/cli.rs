//! The command line: what may be typed. The only file that knows clap; what the flags mean together with the
//! project file is decided elsewhere.

use crate::day;
use crate::finding::Severity;
use crate::verdict;
use crate::verdict::Level;
use crate::verdict::Mode;
use clap::Args;
use clap::CommandFactory;
use clap::FromArgMatches;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use clap::builder::Styles;
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap_complete::Shell;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use time::Date;

const EXIT_CODES: &str = "\
Exit codes:
  0  pass: nothing that counts was found
  1  blocked by violations
  2  blocked by a critical violation
  3  could not do its job: wrong usage, bad configuration, incomplete scan";

const MONITOR_EXIT_CODES: &str = "\
Exit codes:
  0  stopped by a signal
  3  could not start: wrong usage, bad configuration
With --once they are those of `scan`.";

const VERIFY_EXIT_CODES: &str = "\
Exit codes:
  0  the guard stands
  1  something is missing
  3  could not look: wrong usage, bad configuration";

const EXAMPLES: &str = "\
Examples:
  ssot-guard scan
  ssot-guard scan services/ --severity error --output json=report.json
  ssot-guard baseline create";

const STYLES: Styles = Styles::styled()
    .header(anstyle::AnsiColor::Green.on_default().bold())
    .usage(anstyle::AnsiColor::Green.on_default().bold())
    .literal(anstyle::AnsiColor::Cyan.on_default().bold())
    .placeholder(anstyle::AnsiColor::Cyan.on_default());

/// Proves that a repository has one source of truth for authentication, configuration and observability.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "ssot-guard",
    version,
    styles = STYLES,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = format!("{EXIT_CODES}\n\n{EXAMPLES}")
)]
pub(crate) struct Cli {
    /// Colour the output: auto, always or never
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// Job summary of GitHub Actions; added to the end of its file.
    GithubSummary,
    /// Comment on a pull request, in Markdown.
    PrComment,
    /// Labels of a pull request to add and to remove, as JSON.
    Labels,
    /// Code Quality of GitLab.
    GitlabCodeQuality,
    /// SAST report of GitLab.
    GitlabSast,
    Junit,
    Markdown,
    /// Commands of Azure Pipelines.
    Azure,
    /// Lines for reviewdog.
    Rdjsonl,
    Csv,
    /// JSON as the validator script before this tool wrote it.
    LegacyCiJson,
    /// JSON as the monitor script before this tool wrote it.
    LegacyMonitorJson,
}

/// A format of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at a repository and offer the files that put it under guard
    Init(InitArguments),
    /// Scan files and report where they break the rules
    #[command(after_help = format!("{EXIT_CODES}\n\n{EXAMPLES}"))]
    Scan(ScanArguments),
    /// Decide whether a change, a branch or a deployment may pass
    #[command(after_help = EXIT_CODES)]
    Gate(GateArguments),
    /// Check what is about to be committed
    Hook(HookArguments),
    /// Scan again and again, and tell what comes and goes
    #[command(after_help = MONITOR_EXIT_CODES)]
    Monitor(MonitorArguments),
    /// Keep the findings that are accepted, so that only new ones block
    Baseline(BaselineArguments),
    /// List, explain and test the rules
    Rules(RulesArguments),
    /// Say whether the guard itself stands: what it sees, its rules, and who asks for it
    #[command(after_help = VERIFY_EXIT_CODES)]
    Verify(VerifyArguments),
    /// Print what makes a shell complete our commands
    Completions(CompletionsArguments),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// bash, elvish, fish, powershell or zsh
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    pub shell: Shell,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct InitArguments {
    /// The repository
    #[arg(long, value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub root: PathBuf,
    /// Write everything that is offered, without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Offer the gate for this build server [default: those that the repository uses]
    #[arg(long, value_enum, value_name = "VENDOR")]
    pub ci: Option<Vendor>,
}

/// A build server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Vendor {
    Github,
    Gitlab,
    Jenkins,
    Azure,
    CloudBuild,
    Bitbucket,
}

impl Vendor {
    pub(crate) const ALL: [Vendor; 6] =
        [Vendor::Github, Vendor::Gitlab, Vendor::Jenkins, Vendor::Azure, Vendor::CloudBuild, Vendor::Bitbucket];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Vendor::Github => "GitHub Actions",
            Vendor::Gitlab => "GitLab CI",
            Vendor::Jenkins => "Jenkins",
            Vendor::Azure => "Azure Pipelines",
            Vendor::CloudBuild => "Cloud Build",
            Vendor::Bitbucket => "Bitbucket Pipelines",
        }
    }
}

/// What is looked at, and by which rules.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Scope {
    /// Leave out paths that match (repeatable)
    #[arg(long, value_name = "GLOB", help_heading = "What to scan")]
    pub exclude: Vec<String>,
    /// Let findings in test code count, and list them
    #[arg(long, help_heading = "What to scan")]
    pub include_tests: bool,

    #[command(flatten)]
    pub sources: RuleSources,
    /// Accepted findings [default: baseline.json]
    #[arg(long, value_name = "PATH", help_heading = "Rules")]
    pub baseline: Option<PathBuf>,

    /// Judge dates as on this day [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub today: Option<Date>,
    /// Threads to use [default: one per processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ScanArguments {
    /// Files and folders to scan; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub paths: Vec<PathBuf>,
    /// Read standard input (`-`) as this file
    #[arg(long, value_name = "NAME", help_heading = "What to scan")]
    pub stdin_filename: Option<String>,
    #[command(flatten)]
    pub preset: Preset,
    #[command(flatten)]
    pub scope: Scope,

    /// Let accepted findings count too
    #[arg(long, help_heading = "Rules", conflicts_with = "baseline")]
    pub no_baseline: bool,
    /// Run only this rule (repeatable)
    #[arg(long = "rule", value_name = "ID", help_heading = "Rules")]
    pub rule: Vec<String>,
    /// Lowest severity shown and counted, info to critical
    #[arg(long, value_name = "LEVEL", help_heading = "Rules", value_parser = severity())]
    #[arg(hide_possible_values = true)]
    pub severity: Option<Severity>,

    #[command(flatten)]
    pub report: ReportArguments,

    /// Parse every file; slower, same findings; names every syntax error
    #[arg(long)]
    pub no_prefilter: bool,
}

/// The files that findings are looked for in.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Preset {
    /// Look for findings in these files only: a preset of the project file, or websocket
    #[arg(long = "scope", value_name = "NAME", help_heading = "What to scan")]
    pub preset: Option<String>,
    /// The same as `--scope websocket`
    #[arg(long, help_heading = "What to scan", conflicts_with_all = ["preset", "full_scan"])]
    pub monitor_websocket: bool,
    /// Everything, whatever SSOT_MONITORING_MODE says
    #[arg(long, help_heading = "What to scan", conflicts_with = "preset")]
    pub full_scan: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct MonitorArguments {
    /// Time from one scan to the next: seconds, or 90s, 5m, 1h [default: SSOT_MONITORING_INTERVAL, or 5m]
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub interval: Option<Duration>,
    /// Scan once
    #[arg(long, conflicts_with = "interval")]
    pub once: bool,

    /// Files and folders to scan
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub preset: Preset,
    #[command(flatten)]
    pub scope: Scope,
    /// Lowest severity told and counted, info to critical
    #[arg(long, value_name = "LEVEL", help_heading = "Rules", value_parser = severity())]
    #[arg(hide_possible_values = true)]
    pub severity: Option<Severity>,

    /// text, or json: a line an event
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub format: ListFormat,
    /// Keep a report of each scan that came to something else in this folder [default: reports/ssot_compliance]
    #[arg(long, value_name = "PATH", help_heading = "Report")]
    pub report_dir: Option<PathBuf>,
    /// Keep no report
    #[arg(long, help_heading = "Report", conflicts_with = "report_dir")]
    pub no_save_report: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct GateArguments {
    /// What the gate is for: deployment-gate, pr-validation, branch-protection, manual-validation or
    /// continuous-monitoring
    /// [default: manual-validation]
    #[arg(long, value_name = "MODE", value_parser = mode())]
    #[arg(hide_possible_values = true)]
    pub mode: Option<Mode>,
    /// How much passes: strict, standard or permissive [default: by mode and environment]
    #[arg(long, visible_alias = "level", value_name = "LEVEL", value_parser = level(), help_heading = "Bar")]
    #[arg(hide_possible_values = true)]
    pub compliance_level: Option<Level>,
    /// So many errors pass [default: by level]
    #[arg(long, value_name = "N", help_heading = "Bar")]
    pub max_errors: Option<u64>,
    /// So many warnings pass [default: by level]
    #[arg(long, value_name = "N", help_heading = "Bar")]
    pub max_warnings: Option<u64>,
    /// Let the baseline accept more than it did at the base
    #[arg(long, help_heading = "Bar")]
    pub allow_baseline_growth: bool,
    /// Do not compare the baseline and the bar with what they were
    #[arg(long, help_heading = "Bar")]
    pub no_ratchet: bool,
    /// Pass when there is nothing to scan
    #[arg(long, help_heading = "Bar")]
    pub allow_empty: bool,
    /// Exit with 0 whatever is found
    #[arg(long, help_heading = "Bar")]
    pub no_fail: bool,

    /// Where it is to be deployed: production, staging, development, or a name of the project file
    #[arg(long, value_name = "NAME", help_heading = "What it is about")]
    pub environment: Option<String>,
    /// The branch [default: from the build server or git]
    #[arg(long, value_name = "NAME", help_heading = "What it is about")]
    pub branch: Option<String>,
    /// The commit [default: from the build server or git]
    #[arg(long, value_name = "ID", help_heading = "What it is about")]
    pub commit_sha: Option<String>,
    /// The pull or merge request [default: from the build server]
    #[arg(long, value_name = "N", help_heading = "What it is about")]
    pub pr_number: Option<u64>,
    /// The branch or commit to compare with [default: from the build server, or the default branch]
    #[arg(long, value_name = "REF", help_heading = "What it is about")]
    pub base: Option<String>,

    /// The repository
    #[arg(long, alias = "project-root", value_name = "PATH", default_value = ".", help_heading = "What to scan")]
    #[arg(hide_default_value = true)]
    pub root: PathBuf,
    #[command(flatten)]
    pub scope: Scope,

    #[command(flatten)]
    pub report: ReportArguments,
    /// Keep the reports of all runs in this folder [default: reports/ci_compliance]
    #[arg(long, value_name = "PATH", help_heading = "Report")]
    pub report_dir: Option<PathBuf>,
    /// Keep no report
    #[arg(long, help_heading = "Report", conflicts_with = "report_dir")]
    pub no_save_report: bool,
}

impl GateArguments {
    pub(crate) fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::ManualValidation)
    }
}

/// What is written, and where to.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReportArguments {
    /// Format on standard output: text, json, sarif, github, github-summary, pr-comment, labels,
    /// gitlab-code-quality, gitlab-sast, junit, markdown, azure, rdjsonl, csv, legacy-ci-json or legacy-monitor-json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub format: Format,
    /// Write a report to a file too (repeatable)
    #[arg(long, value_name = "FORMAT=PATH", value_parser = output, help_heading = "Report")]
    pub output: Vec<Output>,
    /// Print one line a finding and nothing on a pass
    #[arg(long, short, conflicts_with = "verbose", help_heading = "Report")]
    pub quiet: bool,
    /// Name everything that was not examined, and what exceptions and the baseline allow
    #[arg(long, short, help_heading = "Report")]
    pub verbose: bool,
}

/// A report to write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub format: Format,
    pub path: PathBuf,
}

/// Where rules come from besides the built-in ones.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RuleSources {
    /// Extra rule file or folder (repeatable)
    #[arg(long, value_name = "PATH", help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
    /// Project file [default: ssot-guard.toml]
    #[arg(long, value_name = "PATH", help_heading = "Rules")]
    pub config: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct BaselineArguments {
    #[command(subcommand)]
    pub command: BaselineCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Accept what is found today, but for criticals; once, at adoption
    Create {
        #[command(flatten)]
        repository: RepositoryArguments,
        /// Why it is accepted
        #[arg(long, value_name = "TEXT", default_value = "adoption")]
        reason: String,
        /// Who answers for it
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        /// When errors count again: a day, 90d, or never; warnings never do [default: 90d]
        #[arg(long, value_name = "WHEN", value_parser = expires)]
        expires: Option<Expires>,
    },
    /// Accept more findings: the only way to add some
    Accept {
        /// Fingerprints, or PATH:LINE, as in a report
        #[arg(value_name = "FINDING", required = true)]
        findings: Vec<String>,
        #[command(flatten)]
        repository: RepositoryArguments,
        /// Why they are accepted
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who answers for them
        #[arg(long, value_name = "NAME")]
        owner: String,
        /// When they count again: a day or 90d; never, for warnings [default: 90d, never for warnings]
        #[arg(long, value_name = "WHEN", value_parser = expires)]
        expires: Option<Expires>,
        /// Accept a critical, for 30 days at most
        #[arg(long)]
        allow_critical: bool,
    },
    /// Follow what moved and drop what is gone; adds nothing
    Update {
        #[command(flatten)]
        repository: RepositoryArguments,
    },
    /// Drop what is gone
    Prune {
        #[command(flatten)]
        repository: RepositoryArguments,
        /// Change nothing; exit 1 if there is something to drop
        #[arg(long)]
        check: bool,
    },
    /// Say what is new, gone and moved; exit 1 if there is something
    Diff {
        #[command(flatten)]
        repository: RepositoryArguments,
    },
    /// Join both sides of a merge conflict; with three files, as a merge driver of git
    Merge {
        /// BASE OURS THEIRS: the result is written to OURS
        #[arg(value_name = "FILE", num_args = 3)]
        files: Vec<PathBuf>,
        /// The baseline in conflict
        #[arg(long, value_name = "PATH", default_value = "baseline.json")]
        baseline: PathBuf,
    },
    /// Walk through accepted findings and say of each whether it is one
    Audit {
        #[command(flatten)]
        repository: RepositoryArguments,
        /// Only those of this rule
        #[arg(long, value_name = "ID")]
        rule: Option<String>,
        /// Only those of this owner
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
        /// Ask about those that were judged before, too
        #[arg(long)]
        again: bool,
        /// Who judges
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// Write them as CSV, to be judged elsewhere
        #[arg(long, value_name = "PATH")]
        export: Option<PathBuf>,
        /// Read judgements from such a CSV file
        #[arg(long, value_name = "PATH", conflicts_with = "export")]
        import: Option<PathBuf>,
    },
    /// Count what is accepted, by rule and owner
    Stats {
        #[command(flatten)]
        repository: RepositoryArguments,
    },
    /// Accept what a baseline of the scripts before this tool accepted
    Import {
        /// ssot_monitoring_baseline.json
        #[arg(long, value_name = "PATH")]
        from_legacy: PathBuf,
        #[command(flatten)]
        repository: RepositoryArguments,
        /// Who answers for it
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
    },
}

/// A repository to look at as a whole.
#[derive(Clone, Debug, Args)]
pub(crate) struct RepositoryArguments {
    /// The repository
    #[arg(long, value_name = "PATH", default_value = ".", hide_default_value = true, help_heading = "What to scan")]
    pub root: PathBuf,
    #[command(flatten)]
    pub scope: Scope,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    pub repository: RepositoryArguments,
    /// Format on standard output: text or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub format: ListFormat,
}

/// When something that is allowed counts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expires {
    Never,
    /// So many days from today.
    In(u16),
    /// After this day.
    After(Date),
}

#[derive(Clone, Debug, Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct HookArguments {
    #[command(subcommand)]
    pub command: HookCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Have git check every commit
    Install {
        /// Keep a hook that is there and run it first
        #[arg(long)]
        chain: bool,
    },
    /// Remove our hook, and put back what it was chained to
    Uninstall,
    /// Say whether commits are checked; exit 1 if not
    Status,
    /// Judge what is staged, as the hook does
    #[command(after_help = EXIT_CODES)]
    Run {
        /// Let what was there before count too
        #[arg(long)]
        all: bool,
    },
}

#[derive(Clone, Debug, Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct RulesArguments {
    #[command(subcommand)]
    pub command: RulesCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List every rule with its severity and message
    List {
        /// Format on standard output: text or json
        #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
        #[arg(hide_possible_values = true, hide_default_value = true)]
        format: ListFormat,
        #[command(flatten)]
        sources: RuleSources,
    },
    /// Say what a rule looks for, why it matters and how to fix it
    Explain {
        /// The rule's id, as in a report
        id: String,
        #[command(flatten)]
        sources: RuleSources,
    },
    /// Run the examples that every rule carries
    Test {
        #[command(flatten)]
        sources: RuleSources,
    },
}

/// Reads the process's arguments. Otherwise gives the text to print, whether it belongs on standard output, and
/// the exit code. The text holds colour codes unless `--color never` was typed: print it through a stream that
/// strips them where they do not belong.
pub(crate) fn parse() -> Result<Cli, (String, bool, u8)> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    parse_from(&arguments).map_err(|err| {
        let plain = arguments.iter().any(|it| it == "--color=never")
            || arguments.windows(2).any(|pair| pair[0] == "--color" && pair[1] == "never");
        let text = err.render();
        let text = if plain { text.to_string() } else { text.ansi().to_string() };
        match err.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => (text, true, verdict::PASS),
            _ => (text, false, verdict::COULD_NOT),
        }
    })
}

/// What makes a shell complete our commands.
pub(crate) fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ssot-guard", &mut script);
    script
}

fn parse_from(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let cli = Cli::from_arg_matches(&Cli::command().try_get_matches_from(arguments)?)?;
    let (name, message) = match &cli.command {
        Command::Scan(scan) => ("scan", contradiction(scan).or_else(|| written_twice(&scan.report))),
        Command::Gate(gate) => ("gate", written_twice(&gate.report)),
        _ => ("", None),
    };
    let Some(message) = message else { return Ok(cli) };
    let mut command = Cli::command();
    command.build();
    let command = command.find_subcommand_mut(name).expect("it is a subcommand");
    Err(command.error(ErrorKind::ArgumentConflict, message))
}

/// What clap cannot see: options that do not go together.
fn contradiction(scan: &ScanArguments) -> Option<String> {
    let stdin = scan.paths.iter().any(|path| path == Path::new("-"));
    if stdin && scan.paths.len() > 1 {
        return Some("standard input (`-`) cannot be scanned together with other paths".to_owned());
    }
    if stdin && scan.stdin_filename.is_none() {
        return Some("standard input (`-`) needs '--stdin-filename <NAME>' to know its language".to_owned());
    }
    if !stdin && scan.stdin_filename.is_some() {
        return Some("'--stdin-filename' names standard input: it needs `-` as the path".to_owned());
    }
    None
}

fn written_twice(report: &ReportArguments) -> Option<String> {
    let mut paths: Vec<&Path> = report.output.iter().map(|output| output.path.as_path()).collect();
    paths.sort();
    let twice = paths.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(format!("two reports cannot be written to the same file `{}`", twice[0].display()))
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::name)).map(|name| {
        let severity = Severity::ALL.into_iter().find(|severity| severity.name() == name);
        severity.expect("only names of severities are possible")
    })
}

fn mode() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(Mode::OF_GATE.map(Mode::name)).map(|name| {
        let mode = Mode::OF_GATE.into_iter().find(|mode| mode.name() == name);
        mode.expect("only names of modes are possible")
    })
}

fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.map(Level::name)).map(|name| {
        let level = Level::ALL.into_iter().find(|level| level.name() == name);
        level.expect("only names of levels are possible")
    })
}

fn output(text: &str) -> Result<Output, String> {
    let Some((name, path)) = text.split_once('=') else {
        return Err("expected FORMAT=PATH, such as json=report.json".to_owned());
    };
    let formats = Format::value_variants();
    let Some(&format) = formats.iter().find(|format| spelling(**format) == name) else {
        let known: Vec<String> = formats.iter().map(|format| spelling(*format)).collect();
        return Err(format!("unknown format `{name}`, expected {}", known.join(" or ")));
    };
    if path.is_empty() {
        return Err(format!("no path after `{name}=`"));
    }
    Ok(Output { format, path: PathBuf::from(path) })
}

fn spelling(format: Format) -> String {
    format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn date(text: &str) -> Result<Date, String> {
    day::parse(text).ok_or_else(|| day::is_none(text))
}

fn expires(text: &str) -> Result<Expires, String> {
    if text == "never" {
        return Ok(Expires::Never);
    }
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse().ok()) {
        return Ok(Expires::In(days));
    }
    day::parse(text)
        .map(Expires::After)
        .ok_or_else(|| "write a day like 2027-01-31, a time like 90d, or never".to_owned())
}

/// A number of seconds, or one with a unit.
pub(crate) fn interval(text: &str) -> Result<Duration, &'static str> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let seconds = match unit {
        "h" => 3600,
        "m" => 60,
        _ => 1,
    };
    let interval = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    interval.filter(|it| *it > 0).map(Duration::from_secs).ok_or("write a number of seconds, or 90s, 5m or 1h")
}

fn threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a whole number of at least 1")
}
