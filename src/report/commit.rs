//! The report of the hook, for somebody who has just typed `git commit`: the verdict first, then what to do about each
//! finding, the worst first, and nothing about what was there before.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::Report;
use crate::report::digest;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::verdict::Decision;
use anstyle::AnsiColor;
use anstyle::Style;
use std::io;

/// Findings listed; a commit that brings more has been told enough.
const MOST_LISTED: usize = 20;

/// How the report is printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// How many files are about to be committed.
    pub(crate) staged: usize,
    /// Of those, the ones that git has a pointer of only.
    pub(crate) pointers: usize,
    /// Of those, links and submodules.
    pub(crate) elsewhere: usize,
}

pub(crate) fn write(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = |text: &str, style: Style| match look.color {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    };
    let staged = counted(look.staged as u64, "staged file", "staged files");
    let time = format!("{} ms", report.run.duration.as_millis());
    let (blocking, noted): (Vec<&Finding>, Vec<&Finding>) =
        digest::serious_first(report).into_iter().partition(|it| it.severity >= Severity::Error);
    match report.verdict.decision {
        Decision::Pass => {
            let pass = paint("passed", AnsiColor::Green.on_default());
            let warnings = match noted.len() as u64 {
                0 => String::new(),
                count => format!(", {}", counted(count, "warning", "warnings")),
            };
            writeln!(out, "ssot-guard: {pass}: {staged}, nothing new that blocks{warnings} ({time})")?;
        }
        Decision::Block => {
            let blocked = paint("COMMIT BLOCKED", AnsiColor::BrightRed.on_default().bold());
            writeln!(out, "ssot-guard: {blocked}: {}", report.verdict.reasons.join("; "))?;
        }
        Decision::Incomplete => {
            let stopped = paint("COMMIT NOT CHECKED IN FULL", AnsiColor::Yellow.on_default().bold());
            writeln!(out, "ssot-guard: {stopped}: {}", report.verdict.reasons.join("; "))?;
        }
    }
    for finding in blocking.iter().chain(&noted).take(MOST_LISTED) {
        let style = match finding.severity {
            Severity::Critical => AnsiColor::BrightRed.on_default().bold(),
            Severity::Error => AnsiColor::Red.on_default(),
            Severity::Warning | Severity::Info => AnsiColor::Yellow.on_default(),
        };
        let place = digest::locator(&finding.path, finding.place);
        let severity = paint(finding.severity.name(), style);
        writeln!(out, "\n  {place}: {severity} [{}] {}", finding.rule, harmless(&finding.message))?;
        if let Some(code) = finding.snippet.lines().next() {
            writeln!(out, "    {}", digest::characters(&harmless(code.trim()), MOST_SHOWN))?;
        }
        for related in &finding.related {
            writeln!(
                out,
                "    see {}:{}: {}",
                harmless(&related.path),
                related.place.line,
                harmless(&related.message)
            )?;
        }
        writeln!(out, "    fix: {}", harmless(&finding.fix))?;
        if finding.severity < Severity::Critical {
            writeln!(out, "    or allow it: ssot: allow {} -- why that is right here", finding.rule)?;
        }
    }
    let count = blocking.len() + noted.len();
    if count > MOST_LISTED {
        writeln!(out, "\n  and {} more: `ssot-guard scan` lists them", count - MOST_LISTED)?;
    }
    for problem in digest::unexamined(report).iter().take(MOST_LISTED) {
        let place = digest::problem_locator(problem);
        writeln!(out, "\n  {place}: {}: {}", problem.kind.name(), harmless(&problem.message))?;
    }
    for note in &report.verdict.notes {
        writeln!(out, "\nnote: {}", harmless(note))?;
    }
    if look.pointers > 0 {
        let pointers = counted(look.pointers as u64, "file is", "files are");
        writeln!(out, "{pointers} kept in Git LFS and not looked at")?;
    }
    if look.elsewhere > 0 {
        let elsewhere = counted(look.elsewhere as u64, "link or submodule is", "links and submodules are");
        writeln!(out, "{elsewhere} not looked into")?;
    }
    if report.verdict.decision != Decision::Pass {
        writeln!(out, "\n{staged} in {time}; `git commit --no-verify` goes ahead, and the gate will say the same.")?;
    }
    Ok(())
}

/// Characters of a code line that are shown.
const MOST_SHOWN: usize = 120;
