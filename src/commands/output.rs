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
use std::path::PathBuf;

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

/// The report of the last run, for whoever wants that one.
pub(super) const LATEST: &str = "latest.json";

/// Keeps a report in a folder beside those of earlier runs, as `<name>_20270131_235959.json`, and as `latest.json`.
pub(super) fn keep(report: &Report, folder: &Path, name: &str) -> Result<(), SettingsError> {
    let failed = |path: &Path, err: &dyn std::fmt::Display| {
        SettingsError::Plain(format!("cannot write {}: {err}", path.display()))
    };
    let text = {
        let mut text = Vec::new();
        report::json::write(report, &mut text).map_err(|err| failed(folder, &err))?;
        text
    };
    std::fs::create_dir_all(folder).map_err(|err| failed(folder, &err))?;
    let day_and_time: String = report.run.started.chars().filter(|it| it.is_ascii_digit()).collect();
    let (day, time) = day_and_time.split_at(day_and_time.len().min(8));
    let path = |more: &str| -> PathBuf { folder.join(format!("{name}_{day}_{time}{more}.json")) };
    let mut number = 1;
    loop {
        let path = path(&if number == 1 { String::new() } else { format!("_{number}") });
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|err| failed(&path, &err))?;
        file.write_all(&text).map_err(|err| failed(&path, &err))?;
        match file.persist_noclobber(&path) {
            Ok(_) => break,
            Err(err) if err.error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(err) => return Err(failed(&path, &err.error)),
        }
    }
    write_file(&folder.join(LATEST), |out| out.write_all(&text))
}

/// Keeps a report in a folder as `latest.json` only.
pub(super) fn keep_latest(report: &Report, folder: &Path) -> Result<(), SettingsError> {
    write_file(&folder.join(LATEST), |out| report::json::write(report, out))
}
