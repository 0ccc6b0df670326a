//! One file a subcommand. A command asks for what it needs, runs it and says how it ended.

use crate::cli;
use crate::cli::Color;
use crate::cli::Command;
use crate::cli::CompletionsArguments;
use crate::settings::SettingsError;
use crate::source::git::GitError;
use crate::verdict;
use anstyle::Style;
use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;

pub use monitor::code_when_stopped;

mod audit;
mod baseline;
mod check;
mod gate;
mod hook;
mod init;
mod legacy;
mod monitor;
mod output;
mod progress;
mod rules;
mod scan;
mod verify;

/// Runs the command line of this process and returns its exit code.
pub fn run() -> u8 {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err((text, to_stdout, code)) => {
            // Nothing is left to do when the message cannot be written.
            let _ = if to_stdout { write!(anstream::stdout(), "{text}") } else { write!(anstream::stderr(), "{text}") };
            return code;
        }
    };
    let ended = match &cli.command {
        Command::Scan(arguments) => scan::run(arguments, cli.color),
        Command::Init(arguments) => init::run(arguments),
        Command::Gate(arguments) => gate::run(arguments, cli.color),
        Command::Hook(arguments) => hook::run(arguments, cli.color),
        Command::Monitor(arguments) => monitor::run(arguments, cli.color),
        Command::Baseline(arguments) => baseline::run(arguments),
        Command::Rules(arguments) => rules::run(arguments, cli.color),
        Command::Verify(arguments) => verify::run(arguments, cli.color),
        Command::Completions(arguments) => completions(arguments),
    };
    match ended {
        Ok(code) => code,
        Err(Failure::Settings(err)) => {
            complain(&err);
            verdict::COULD_NOT
        }
        // The reader of our output has gone, as `head` does; what it read was right.
        Err(Failure::Output(err)) if err.kind() == io::ErrorKind::BrokenPipe => verdict::PASS,
        Err(Failure::Output(err)) => {
            let _ = writeln!(anstream::stderr(), "error: cannot write the report: {err}");
            verdict::COULD_NOT
        }
    }
}

fn completions(arguments: &CompletionsArguments) -> Result<u8, Failure> {
    io::stdout().lock().write_all(&cli::completions(arguments.shell))?;
    Ok(verdict::PASS)
}

/// Why a command stopped short.
#[derive(Debug)]
enum Failure {
    Settings(SettingsError),
    Output(io::Error),
}

impl From<SettingsError> for Failure {
    fn from(err: SettingsError) -> Failure {
        Failure::Settings(err)
    }
}

impl From<GitError> for Failure {
    fn from(err: GitError) -> Failure {
        Failure::Settings(SettingsError::Plain(err.to_string()))
    }
}

impl From<io::Error> for Failure {
    fn from(err: io::Error) -> Failure {
        Failure::Output(err)
    }
}

fn complain(err: &SettingsError) {
    let report = match err {
        SettingsError::Plain(message) => {
            let _ = writeln!(anstream::stderr(), "error: {message}");
            return;
        }
        SettingsError::Rule(err) => miette::Report::new((**err).clone()),
        SettingsError::File(err) => miette::Report::new((**err).clone()),
    };
    let _ = writeln!(anstream::stderr(), "{report:?}");
}

/// Whether to colour what goes to standard output.
fn wants_color(color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let set = |name: &str| std::env::var_os(name).is_some_and(|it| !it.is_empty());
            !set("NO_COLOR") && (set("CLICOLOR_FORCE") || io::stdout().is_terminal())
        }
    }
}

/// The text in a style, padded to a width that counts no escape codes.
fn painted(text: &str, style: Style, width: usize, paint: bool) -> String {
    let padding = " ".repeat(width.saturating_sub(text.len()));
    if paint { format!("{style}{text}{style:#}{padding}") } else { format!("{text}{padding}") }
}

/// Writes beside the file and renames, so that nobody ever reads half a report.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), SettingsError> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |err: &dyn std::fmt::Display| SettingsError::Plain(format!("cannot write {}: {err}", path.display()));
    std::fs::create_dir_all(folder).map_err(|err| failed(&err))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|err| failed(&err))?;
    let mut out = io::BufWriter::new(file.as_file_mut());
    write(&mut out).and_then(|()| out.flush()).map_err(|err| failed(&err))?;
    drop(out);
    file.persist(path).map_err(|err| failed(&err))?;
    Ok(())
}
