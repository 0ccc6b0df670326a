//! `scan`: one look at a repository, reported in as many formats as asked for.

use crate::cli::Color;
use crate::cli::Format;
use crate::cli::ScanArguments;
use crate::commands::Failure;
use crate::commands::progress::with_progress;
use crate::commands::wants_color;
use crate::commands::write_file;
use crate::pipeline;
use crate::report;
use crate::report::Report;
use crate::report::text::Style;
use crate::settings::Settings;
use std::io;
use std::io::Read;
use std::io::Write;

pub(super) fn run(arguments: &ScanArguments, color: Color) -> Result<u8, Failure> {
    let settings = Settings::of_scan(arguments)?;
    let report = match &arguments.stdin_filename {
        Some(name) => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            pipeline::scan_text(&settings, name, bytes)
        }
        None => with_progress(|progress| pipeline::scan(&settings, progress)),
    };
    for output in &arguments.output {
        write_file(&output.path, |out| {
            let style = Style { color: false, width: 100, quiet: arguments.quiet, verbose: arguments.verbose };
            write(&report, output.format, style, out)
        })?;
    }
    let style = Style {
        color: wants_color(color),
        width: terminal_width(),
        quiet: arguments.quiet,
        verbose: arguments.verbose,
    };
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let written = write(&report, arguments.format, style, &mut out).and_then(|()| out.flush());
    match written {
        // The verdict stands whether or not somebody reads the report to its end.
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => Ok(report.verdict.exit_code),
        Err(err) => Err(err.into()),
        Ok(()) => Ok(report.verdict.exit_code),
    }
}

fn write(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
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
