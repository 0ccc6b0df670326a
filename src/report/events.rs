//! What a monitor tells: a line an event, for a person or for a program.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::Report;
use crate::report::json;
use crate::report::json::WireFinding;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::verdict::Decision;
use anstyle::AnsiColor;
use anstyle::Style;
use std::io;

/// Something that a monitor saw.
pub(crate) enum Event<'a> {
    /// A scan has ended, and what it came to beside the scan before; nothing where that was the first.
    Scanned(&'a Report, Option<Changes<'a>>),
    New(&'a Finding),
    Gone(&'a Finding),
    /// Nothing could be scanned, and why.
    Failed(&'a str),
}

/// What came and what went.
#[derive(Clone, Copy)]
pub(crate) struct Changes<'a> {
    pub(crate) new: &'a [Finding],
    pub(crate) gone: &'a [Finding],
}

#[derive(serde::Serialize)]
struct WireEvent<'a> {
    schema: &'static str,
    time: &'a str,
    event: &'static str,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum What<'a> {
    Scanned {
        decision: &'static str,
        exit_code: u8,
        reasons: &'a [String],
        counted: WireCounts,
        /// Null at the first scan.
        new: Option<usize>,
        gone: Option<usize>,
        files: u64,
        duration_ms: u64,
    },
    Finding {
        finding: Box<WireFinding<'a>>,
    },
    Failed {
        message: &'a str,
    },
}

#[derive(serde::Serialize)]
struct WireCounts {
    critical: usize,
    error: usize,
    warning: usize,
    info: usize,
}

/// Writes a line of JSON. `time` is in RFC 3339.
pub(crate) fn write_json(event: &Event<'_>, time: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let (name, what) = match event {
        Event::Scanned(report, changes) => {
            let count = |severity| report.counted().filter(|it| it.severity == severity).count();
            let what = What::Scanned {
                decision: report.verdict.decision.name(),
                exit_code: report.verdict.exit_code,
                reasons: &report.verdict.reasons,
                counted: WireCounts {
                    critical: count(Severity::Critical),
                    error: count(Severity::Error),
                    warning: count(Severity::Warning),
                    info: count(Severity::Info),
                },
                new: changes.map(|it| it.new.len()),
                gone: changes.map(|it| it.gone.len()),
                files: report.ledger.scanned,
                duration_ms: u64::try_from(report.run.duration.as_millis()).unwrap_or(u64::MAX),
            };
            ("scanned", what)
        }
        Event::New(finding) => ("new", What::Finding { finding: Box::new(json::finding(finding)) }),
        Event::Gone(finding) => ("gone", What::Finding { finding: Box::new(json::finding(finding)) }),
        Event::Failed(message) => ("failed", What::Failed { message }),
    };
    let line = serde_json::to_string(&WireEvent { schema: "ssot-guard/event/1", time, event: name, what })?;
    writeln!(out, "{line}")
}

/// Writes a line for a person.
pub(crate) fn write_text(event: &Event<'_>, time: &str, color: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = |text: &str, style: Style| match color {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    };
    let (red, green, yellow) =
        (AnsiColor::BrightRed.on_default().bold(), AnsiColor::Green.on_default(), AnsiColor::Yellow.on_default());
    let line = |finding: &Finding| {
        let style = match finding.severity {
            Severity::Critical => red,
            Severity::Error => AnsiColor::Red.on_default(),
            Severity::Warning => yellow,
            Severity::Info => AnsiColor::Cyan.on_default(),
        };
        let severity = paint(finding.severity.name(), style);
        let place = format!("{}:{}:{}", finding.path, finding.place.line, finding.place.column);
        format!("{severity} [{}] {}: {}", finding.rule, harmless(&place), harmless(&finding.message))
    };
    let told = match event {
        Event::Scanned(report, changes) => {
            let verdict = match report.verdict.decision {
                Decision::Pass => paint("pass", green),
                Decision::Block => paint("block", red),
                Decision::Incomplete => paint("incomplete", yellow),
            };
            let reasons = match report.verdict.reasons.join("; ") {
                reasons if reasons.is_empty() => reasons,
                reasons => format!(": {}", harmless(&reasons)),
            };
            let changes = match changes {
                None => String::new(),
                Some(Changes { new: [], gone: [] }) => "; nothing new".to_owned(),
                Some(Changes { new, gone }) => format!("; {} new, {} gone", new.len(), gone.len()),
            };
            let files = counted(report.ledger.scanned, "file", "files");
            format!("{verdict}{reasons}{changes}; {files} in {:.1} s", report.run.duration.as_secs_f64())
        }
        Event::New(finding) => format!("new  {}", line(finding)),
        Event::Gone(finding) => format!("gone {}", line(finding)),
        Event::Failed(message) => format!("{}: {}", paint("not scanned", red), harmless(message)),
    };
    writeln!(out, "{time} {told}")
}
