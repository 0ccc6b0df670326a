//! `monitor`: scan after scan, and what came and went from one to the next. Each scan reads the project file, the rules
//! and the baseline anew. It ends when it is stopped; that no scan could be made is told and is no end.

use crate::baseline;
use crate::baseline::Baseline;
use crate::baseline::Identity;
use crate::cli::Color;
use crate::cli::ListFormat;
use crate::cli::MonitorArguments;
use crate::commands::Failure;
use crate::commands::output;
use crate::commands::wants_color;
use crate::finding::Finding;
use crate::finding::State;
use crate::pipeline;
use crate::pipeline::Progress;
use crate::pipeline::ScopeNames;
use crate::report::Report;
use crate::report::events;
use crate::report::events::Changes;
use crate::report::events::Event;
use crate::settings;
use crate::settings::Settings;
use crate::source;
use crate::verdict;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::io::Write;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;
use std::time::Instant;
use time::Date;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

static STOPPED: AtomicU8 = AtomicU8::new(INTERRUPTED);

/// The exit code of this process when a signal stops it.
pub fn code_when_stopped() -> u8 {
    STOPPED.load(Ordering::Relaxed)
}

pub(super) fn run(arguments: &MonitorArguments, color: Color) -> Result<u8, Failure> {
    let interval = settings::interval(arguments)?;
    let mut settings = Settings::of_monitor(arguments)?;
    let folder = settings::reports_of_monitor(arguments, &settings.root)?;
    if !arguments.once {
        STOPPED.store(verdict::PASS, Ordering::Relaxed);
    }
    let tell = |event: &Event<'_>| -> io::Result<()> {
        let time = OffsetDateTime::now_utc().replace_nanosecond(0).expect("zero is a nanosecond");
        let time = time.format(&Rfc3339).expect("the present year has four digits");
        let mut out = io::stdout().lock();
        match arguments.format {
            ListFormat::Json => events::write_json(event, &time, &mut out)?,
            ListFormat::Text => events::write_text(event, &time, wants_color(color), &mut out)?,
        }
        out.flush()
    };
    let mut before: Option<Vec<Finding>> = None;
    loop {
        let started = Instant::now();
        let report = pipeline::scan(&settings, &Progress::default());
        let changes = before.as_deref().map(|before| changes(before, &report, &settings));
        let changed = changes.as_ref().map(|(new, gone)| Changes { new, gone });
        let is_news = changed.is_none_or(|it| !it.new.is_empty() || !it.gone.is_empty());
        // Whoever is told finds the report there.
        let kept = folder.as_ref().map_or(Ok(()), |folder| match is_news {
            true => output::keep(&report, folder, "ssot_compliance"),
            false => output::keep_latest(&report, folder),
        });
        if let Some(Changes { new, gone }) = changed {
            new.iter().try_for_each(|finding| tell(&Event::New(finding)))?;
            gone.iter().try_for_each(|finding| tell(&Event::Gone(finding)))?;
        }
        tell(&Event::Scanned(&report, changed))?;
        match kept {
            Err(err) if before.is_some() => tell(&Event::Failed(&err.in_one_line()))?,
            kept => kept?,
        }
        if arguments.once {
            return Ok(report.verdict.exit_code);
        }
        before = Some(report.counted().cloned().collect());
        std::thread::sleep(interval.saturating_sub(started.elapsed()));
        settings = loop {
            let err = match Settings::of_monitor(arguments) {
                Ok(settings) => break settings,
                Err(err) => err,
            };
            if let Some(folder) = &folder {
                // Whoever reads the last report must not take it for one of now.
                _ = std::fs::remove_file(folder.join(output::LATEST));
            }
            tell(&Event::Failed(&err.in_one_line()))?;
            std::thread::sleep(interval);
        };
    }
}

/// The findings that count and did not, and those that did and do not any more. What only moved is neither.
fn changes(before: &[Finding], report: &Report, settings: &Settings) -> (Vec<Finding>, Vec<Finding>) {
    let known = Baseline::of(before.iter());
    let mut now: Vec<Finding> = report.counted().cloned().collect();
    now.iter_mut().for_each(|it| (it.state, it.allowed) = (State::New, None));
    let names = ScopeNames::new(&settings.root, &settings.tree);
    let paths: BTreeSet<&str> = before.iter().map(|it| &*it.path).collect();
    let tree = baseline::Tree {
        exists: &|path| source::exists(&settings.root, path),
        was_scanned: &|_| true,
        has_scope: &|path, scope| names.has(path, scope),
        is_new: &|path| !paths.contains(path),
        written: &|_| None,
    };
    let matched = baseline::match_findings(&known, &"".into(), &tree, Date::MIN, &mut now);
    let mut left: BTreeMap<Identity, usize> = matched.stale;
    let is_gone = |finding: &&Finding| match left.get_mut(&Identity::of(finding)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let gone = before.iter().filter(is_gone).cloned().collect();
    now.retain(|it| it.state == State::New);
    (now, gone)
}
