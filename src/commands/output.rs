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
use std::io;
use std::io::Write;

/// Writes a report in every form that was asked for.
pub(super) fn write(report: &Report, arguments: &ReportArguments, color: Color) -> Result<(), Failure> {
    let style = |color, width| Style { color, width, quiet: arguments.quiet, verbose: arguments.verbose };
    for output in &arguments.output {
        write_file(&output.path, |out| form(report, output.format, style(false, 100), out))?;
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

/// One row a format.
fn form(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => report::text::write(report, &style, out),
        Format::Json => report::json::write(report, out),
    }
}

/// Columns of the terminal that standard output is; 80 when it is none.
fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(80)
}
