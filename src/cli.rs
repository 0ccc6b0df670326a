//! The command line: what may be typed. The only file that knows clap; what the flags mean together with the
//! project file is decided elsewhere.

use crate::finding::Severity;
use crate::verdict;
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
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  pass: nothing that counts was found
  1  blocked by violations
  2  blocked by a critical violation
  3  could not do its job: wrong usage, bad configuration, incomplete scan";

const EXAMPLES: &str = "\
Examples:
  ssot-guard scan
  ssot-guard scan services/ --severity error --output json=report.json";

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan files and report where they break the rules
    #[command(after_help = format!("{EXIT_CODES}\n\n{EXAMPLES}"))]
    Scan(ScanArguments),
    /// List, explain and test the rules
    Rules(RulesArguments),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ScanArguments {
    /// Files and folders to scan; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub paths: Vec<PathBuf>,

    /// Leave out paths that match (repeatable)
    #[arg(long, value_name = "GLOB", help_heading = "What to scan")]
    pub exclude: Vec<String>,
    /// Let findings in test code count, and list them
    #[arg(long, help_heading = "What to scan")]
    pub include_tests: bool,
    /// Read standard input (`-`) as this file
    #[arg(long, value_name = "NAME", help_heading = "What to scan")]
    pub stdin_filename: Option<String>,

    /// Run only this rule (repeatable)
    #[arg(long = "rule", value_name = "ID", help_heading = "Rules")]
    pub rule: Vec<String>,
    #[command(flatten)]
    pub sources: RuleSources,
    /// Lowest severity shown and counted, info to critical
    #[arg(long, value_name = "LEVEL", help_heading = "Rules", value_parser = severity())]
    #[arg(hide_possible_values = true)]
    pub severity: Option<Severity>,

    /// Format on standard output: text or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub format: Format,
    /// Write a report to a file too (repeatable)
    #[arg(long, value_name = "FORMAT=PATH", value_parser = output, help_heading = "Report")]
    pub output: Vec<Output>,
    /// Print one line a finding and nothing on a pass
    #[arg(long, short, conflicts_with = "verbose", help_heading = "Report")]
    pub quiet: bool,
    /// Name everything that was not examined
    #[arg(long, short, help_heading = "Report")]
    pub verbose: bool,

    /// Threads to use [default: one per processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
    /// Parse every file; slower, same findings; names every syntax error
    #[arg(long)]
    pub no_prefilter: bool,
}

/// A report to write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub format: Format,
    pub path: PathBuf,
}

/// Where rules come from besides the built-in ones.
#[derive(Clone, Debug, Args)]
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
        format: Format,
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

fn parse_from(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let cli = Cli::from_arg_matches(&Cli::command().try_get_matches_from(arguments)?)?;
    if let Command::Scan(scan) = &cli.command
        && let Some(message) = contradiction(scan)
    {
        let mut command = Cli::command();
        command.build();
        let scan = command.find_subcommand_mut("scan").expect("`scan` is a subcommand");
        return Err(scan.error(ErrorKind::ArgumentConflict, message));
    }
    Ok(cli)
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
    let mut paths: Vec<&Path> = scan.output.iter().map(|output| output.path.as_path()).collect();
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

fn threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a whole number of at least 1")
}
