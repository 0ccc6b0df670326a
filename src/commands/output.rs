//! Reports written where they were asked for: to files first, so that they are there also when the verdict blocks or
//! nobody reads standard output to its end.

use crate::cli::Color;
use crate::cli::Format;
use crate::cli::ReportArguments;
use crate::commands::Failure;
use crate::commands::wants_color;
use crate::commands::write_file;
use crate::report;
use crate::report::Report;
use crate::report::text::Style;
use crate::settings::SettingsError;
use std::io;
use std::io::Write;
use std::path::Path;

/// Writes a report in every form that was asked for.
pub(super) fn write(report: &Report, arguments: &ReportArguments, color: Color) -> Result<(), Failure> {
    let style = |color, width| Style { color, width, quiet: arguments.quiet, verbose: arguments.verbose };
    for output in &arguments.output {
        let mut form = |out: &mut dyn Write| form(report, output.format, style(false, 100), out);
        match output.format {
            // It is the build server's file, and others write to it too.
            Format::GithubSummary => append(&output.path, &mut form)?,
            _ => write_file(&output.path, form)?,
        }
    }
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let style = style(wants_color(color), terminal_width());
    match form(report, arguments.format, style, &mut out).and_then(|()| out.flush()) {
        // The verdict stands whether or not somebody reads the report to its end.
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(err) => Err(err.into()),
        Ok(()) => Ok(()),
    }
}

fn append(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<(), SettingsError> {
    let mut text = Vec::new();
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
    let written = opened.and_then(|mut file| write(&mut text).and_then(|()| file.write_all(&text)));
    written.map_err(|err| SettingsError::Plain(format!("cannot write {}: {err}", path.display())))
}

/// One row a format.
fn form(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => report::text::write(report, &style, out),
        Format::Json => report::json::write(report, out),
        Format::Sarif => report::sarif::write(report, out),
        Format::Github => report::github::write(report, out),
        Format::GithubSummary => report::github_summary::write(report, out),
        Format::PrComment => report::pull_request::write(report, out),
        Format::Labels => report::labels::write(report, out),
        Format::GitlabCodeQuality => report::gitlab_code_quality::write(report, out),
        Format::GitlabSast => report::gitlab_sast::write(report, out),
        Format::Junit => report::junit::write(report, out),
        Format::Markdown => report::markdown::write(report, out),
        Format::Azure => report::azure::write(report, out),
        Format::Rdjsonl => report::rdjsonl::write(report, out),
        Format::Csv => report::csv::write(report, out),
        Format::LegacyCiJson => report::legacy_ci::write(report, out),
        Format::LegacyMonitorJson => report::legacy_monitor::write(report, out),
    }
}

/// Columns of the terminal that standard output is; 80 when it is none.
fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(80)
}
