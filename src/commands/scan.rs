//! `scan`: one look at a repository, reported in as many formats as asked for.

use crate::cli::Color;
use crate::cli::Format;
use crate::cli::ScanArguments;
use crate::commands::Failure;
use crate::commands::wants_color;
use crate::pipeline;
use crate::pipeline::Progress;
use crate::report;
use crate::report::Report;
use crate::report::text::Style;
use crate::settings::Settings;
use crate::settings::SettingsError;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A scan shorter than this shows no progress.
const QUIET_START: Duration = Duration::from_millis(500);

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

/// Columns of the terminal that standard output is; 80 when it is none.
fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(80)
}

/// Runs `work`, showing on a terminal how far it is once it has taken a while.
fn with_progress(work: impl FnOnce(&Progress) -> Report) -> Report {
    let progress = Progress::default();
    if !io::stderr().is_terminal() {
        return work(&progress);
    }
    let style = |template| ProgressStyle::with_template(template).expect("the template is well-formed");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ticker = scope.spawn(|| {
            std::thread::park_timeout(QUIET_START);
            if done.load(Ordering::Acquire) {
                return;
            }
            let bar = ProgressBar::new_spinner().with_style(style("{spinner} {human_pos} files searched"));
            while !done.load(Ordering::Acquire) {
                match progress.chosen.load(Ordering::Relaxed) {
                    0 => bar.set_position(progress.searched.load(Ordering::Relaxed)),
                    chosen => {
                        if bar.length() != Some(chosen) {
                            bar.set_length(chosen);
                            bar.set_style(style("{spinner} {bar:32} {human_pos}/{human_len} files parsed"));
                        }
                        bar.set_position(progress.parsed.load(Ordering::Relaxed));
                    }
                }
                bar.tick();
                std::thread::park_timeout(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        let report = work(&progress);
        done.store(true, Ordering::Release);
        ticker.thread().unpark();
        report
    })
}
