//! `scan`: one look at a repository, reported in as many formats as asked for.

use crate::cli::Color;
use crate::cli::ScanArguments;
use crate::commands::Failure;
use crate::commands::output;
use crate::commands::progress::with_progress;
use crate::pipeline;
use crate::settings::Settings;
use std::io;
use std::io::Read;

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
    output::write(&report, &arguments.report, color)?;
    Ok(report.verdict.exit_code)
}
