//! `baseline`: what is accepted, changed only by commands that say what they change.

use crate::baseline;
use crate::baseline::Baseline;
use crate::baseline::Entry;
use crate::baseline::Identity;
use crate::cli::BaselineArguments;
use crate::cli::BaselineCommand;
use crate::cli::Expires;
use crate::cli::RepositoryArguments;
use crate::commands::Failure;
use crate::commands::audit;
use crate::commands::legacy;
use crate::commands::progress::with_progress;
use crate::commands::write_file;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::pipeline;
use crate::report::Report;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::settings;
use crate::settings::Settings;
use crate::settings::SettingsError;
use crate::source::git;
use crate::verdict;
use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::path::Path;
use time::Date;
use time::Duration;

/// Errors are accepted for so long unless somebody says otherwise.
const DAYS_OF_ERRORS: u16 = 90;
/// Nobody may accept a critical for longer.
const MOST_DAYS_OF_CRITICALS: u16 = 30;
/// What is told of before it runs out.
const SOON: Duration = Duration::days(30);

pub(super) fn run(arguments: &BaselineArguments) -> Result<u8, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let code = match &arguments.command {
        BaselineCommand::Create { repository, reason, owner, expires } => {
            create(repository, reason, owner.as_deref(), *expires, &mut out)
        }
        BaselineCommand::Accept { findings, repository, reason, owner, expires, allow_critical } => {
            let terms = Terms { reason, owner, expires: *expires, allow_critical: *allow_critical };
            accept(repository, findings, &terms, &mut out)
        }
        BaselineCommand::Update { repository } => update(repository, Keep::Moved, &mut out),
        BaselineCommand::Prune { repository, check: false } => update(repository, Keep::Entries, &mut out),
        BaselineCommand::Prune { repository, check: true } => check(repository, &mut out),
        BaselineCommand::Diff { repository } => diff(repository, &mut out),
        BaselineCommand::Merge { files, baseline } => merge(files, baseline, &mut out),
        BaselineCommand::Audit { repository, rule, of, again, by, export, import } => {
            let which = audit::Which { rule: rule.as_deref(), owner: of.as_deref(), again: *again };
            let by = by.as_deref();
            audit::run(repository, which, by, export.as_deref(), import.as_deref(), &mut out)
        }
        BaselineCommand::Stats { repository } => stats(repository, &mut out),
        BaselineCommand::Import { from_legacy, repository, owner } => {
            legacy::import(repository, from_legacy, owner.as_deref(), &mut out)
        }
    }?;
    out.flush()?;
    Ok(code)
}

/// A repository, scanned, with the baseline it has.
pub(super) struct Scanned {
    pub(super) settings: Settings,
    pub(super) report: Report,
}

impl Scanned {
    pub(super) fn new(arguments: &RepositoryArguments) -> Result<Scanned, Failure> {
        let settings = Settings::of_repository(arguments)?;
        let report = with_progress(|progress| pipeline::scan(&settings, progress));
        Ok(Scanned { settings, report })
    }

    /// The baseline there must be.
    pub(super) fn baseline(&self) -> Result<&Baseline, Failure> {
        match &self.settings.baseline {
            Some((_, baseline)) => Ok(baseline),
            None => Err(missing(&self.settings.baseline_path)),
        }
    }

    pub(super) fn write(&self, baseline: &Baseline) -> Result<(), Failure> {
        let text = baseline::write(baseline);
        write_file(&self.settings.baseline_path, |out| out.write_all(text.as_bytes()))?;
        Ok(())
    }

    fn name(&self) -> String {
        name_of(&self.settings.baseline_path)
    }

    /// What was not examined may hold findings that nobody has accepted yet.
    fn warn_of_unexamined(&self, out: &mut dyn Write) -> io::Result<()> {
        let problems = self.report.problems.iter().filter(|it| it.kind.leaves_run_incomplete() && !it.in_tests);
        match problems.count() {
            0 => Ok(()),
            1 => writeln!(out, "1 place could not be examined in full: `ssot-guard scan` names it"),
            many => writeln!(out, "{many} places could not be examined in full: `ssot-guard scan` names them"),
        }
    }
}

pub(super) fn name_of(path: &Path) -> String {
    let name = path.to_string_lossy();
    harmless(name.strip_prefix("./").unwrap_or(&name))
}

fn missing(path: &Path) -> Failure {
    let name = name_of(path);
    SettingsError::Plain(format!("there is no baseline at {name}; `ssot-guard baseline create` makes one")).into()
}

fn refused(message: String) -> Failure {
    SettingsError::Plain(message).into()
}

pub(super) fn create(
    arguments: &RepositoryArguments,
    reason: &str,
    owner: Option<&str>,
    expires: Option<Expires>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let scanned = Scanned::new(arguments)?;
    let name = scanned.name();
    if scanned.settings.baseline.as_ref().is_some_and(|(_, baseline)| !baseline.entries.is_empty()) {
        let message = format!(
            "{name} is there already; `baseline update` follows what moved, `baseline accept` adds, and to begin \
             anew it has to be deleted first"
        );
        return Err(refused(message));
    }
    let today = scanned.settings.today;
    let mut created = Baseline::default();
    let mut by_rule: BTreeMap<(std::cmp::Reverse<Severity>, &str), usize> = BTreeMap::new();
    for finding in scanned.report.counted().filter(|finding| finding.severity < Severity::Critical) {
        let expires = expires.unwrap_or(by_default(finding.severity));
        created.add(finding, entry(finding, reason, owner, day_of(expires, today)?, today));
        *by_rule.entry((std::cmp::Reverse(finding.severity), &finding.rule)).or_default() += 1;
    }
    scanned.write(&created)?;
    writeln!(out, "{name}: {} accepted", findings(created.findings()))?;
    for ((severity, rule), count) in by_rule {
        writeln!(out, "  {count:>6}  {:8}  {rule}", severity.0.name())?;
    }
    let soonest = created.entries.values().filter_map(|entry| entry.expires).min();
    if let Some(day) = soonest {
        writeln!(out, "errors count again after {day} (--expires says when)")?;
    }
    let criticals: Vec<&Finding> = scanned.report.counted().filter(|it| it.severity == Severity::Critical).collect();
    if !criticals.is_empty() {
        writeln!(out, "\nnot accepted, because nothing critical is accepted in bulk:")?;
        for finding in criticals {
            writeln!(out, "  {}", line_of(finding))?;
        }
    }
    scanned.warn_of_unexamined(out)?;
    Ok(verdict::PASS)
}

/// On what terms findings are accepted one by one.
struct Terms<'a> {
    reason: &'a str,
    owner: &'a str,
    expires: Option<Expires>,
    allow_critical: bool,
}

fn accept(
    arguments: &RepositoryArguments,
    named: &[String],
    terms: &Terms<'_>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    if let Some(lack) = crate::exception::lacks_reason(terms.reason) {
        return Err(refused(format!("--reason {lack}")));
    }
    if terms.owner.trim().is_empty() {
        return Err(refused("--owner names nobody".to_owned()));
    }
    let scanned = Scanned::new(arguments)?;
    let today = scanned.settings.today;
    let mut accepted = scanned.settings.baseline.as_ref().map(|(_, baseline)| baseline.clone()).unwrap_or_default();
    let mut taken: Vec<&Finding> = Vec::new();
    for name in named {
        let meant: Vec<&Finding> = scanned.report.counted().filter(|finding| is_meant(finding, name)).collect();
        if meant.is_empty() {
            return Err(refused(format!("`{name}` is no fingerprint and no PATH:LINE of a finding that counts")));
        }
        let first = &meant[0].fingerprint;
        if !name.contains(':') && meant.iter().any(|finding| finding.fingerprint != *first) {
            return Err(refused(format!("`{name}` is the start of several fingerprints: write more of it")));
        }
        taken.extend(meant);
    }
    taken.sort_by_key(|finding| (&finding.path, finding.place, &finding.rule));
    taken.dedup_by(|a, b| std::ptr::eq(*a, *b));
    for finding in &taken {
        let expires = terms.expires.unwrap_or(by_default(finding.severity));
        let expires = day_of(expires, today)?;
        match finding.severity {
            Severity::Critical if !terms.allow_critical => {
                let message =
                    format!("{} is critical: --allow-critical accepts it, for 30 days at most", line_of(finding));
                return Err(refused(message));
            }
            Severity::Critical
                if expires.is_none_or(|day| day > today + Duration::days(MOST_DAYS_OF_CRITICALS.into())) =>
            {
                let message = format!("{} is critical: --expires 30d is the most", line_of(finding));
                return Err(refused(message));
            }
            Severity::Error if expires.is_none() => {
                return Err(refused(format!("{} is an error: it cannot be accepted for ever", line_of(finding))));
            }
            _ => {}
        }
        accepted.add(finding, entry(finding, terms.reason, Some(terms.owner), expires, today));
    }
    scanned.write(&accepted)?;
    for finding in &taken {
        writeln!(out, "accepted {}", line_of(finding))?;
        for line in finding.snippet.lines() {
            writeln!(out, "    {}", harmless(line))?;
        }
    }
    Ok(verdict::PASS)
}

/// Whether a finding is named by the start of its fingerprint, or by `PATH:LINE`.
fn is_meant(finding: &Finding, name: &str) -> bool {
    match name.rsplit_once(':') {
        Some((path, line)) => *finding.path == *path && line.parse() == Ok(finding.place.line),
        None => name.len() >= 4 && finding.fingerprint.starts_with(name),
    }
}

pub(super) fn entry(finding: &Finding, reason: &str, owner: Option<&str>, expires: Option<Date>, today: Date) -> Entry {
    Entry {
        severity: finding.severity,
        at: baseline::hint(finding),
        count: 1,
        reason: reason.trim().to_owned(),
        owner: owner.map(str::to_owned),
        since: Some(today),
        expires,
        audit: None,
    }
}

pub(super) fn by_default(severity: Severity) -> Expires {
    match severity {
        Severity::Critical => Expires::In(MOST_DAYS_OF_CRITICALS),
        Severity::Error => Expires::In(DAYS_OF_ERRORS),
        Severity::Warning | Severity::Info => Expires::Never,
    }
}

pub(super) fn day_of(expires: Expires, today: Date) -> Result<Option<Date>, Failure> {
    match expires {
        Expires::Never => Ok(None),
        Expires::In(days) => match today.checked_add(Duration::days(days.into())) {
            Some(day) => Ok(Some(day)),
            None => Err(refused(format!("{days} days from {today} is no day"))),
        },
        Expires::After(day) if day < today => Err(refused(format!("{day} is past"))),
        Expires::After(day) => Ok(Some(day)),
    }
}

/// What is followed when a baseline is brought up to date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Entries,
    Moved,
}

fn update(arguments: &RepositoryArguments, keep: Keep, out: &mut dyn Write) -> Result<u8, Failure> {
    let scanned = Scanned::new(arguments)?;
    let baseline = scanned.baseline()?;
    let Some(seen) = &scanned.report.baseline else { return Ok(verdict::PASS) };
    let moved = if keep == Keep::Moved { seen.moved.as_slice() } else { &[] };
    let updated = baseline.updated(moved, &seen.stale);
    for (from, to) in moved {
        writeln!(out, "moved  {}\n    to {}", said(from), said(to))?;
    }
    for (identity, count) in &seen.stale {
        writeln!(out, "gone   {}{}", said(identity), times(*count))?;
    }
    let name = scanned.name();
    if updated == *baseline {
        writeln!(out, "{name}: nothing to change, {} accepted", findings(baseline.findings()))?;
        return Ok(verdict::PASS);
    }
    scanned.write(&updated)?;
    writeln!(out, "{name}: {} accepted, {} before", findings(updated.findings()), baseline.findings())?;
    Ok(verdict::PASS)
}

fn check(arguments: &RepositoryArguments, out: &mut dyn Write) -> Result<u8, Failure> {
    let scanned = Scanned::new(arguments)?;
    scanned.baseline()?;
    let Some(seen) = &scanned.report.baseline else { return Ok(verdict::PASS) };
    for (identity, count) in &seen.stale {
        writeln!(out, "gone   {}{}", said(identity), times(*count))?;
    }
    match seen.gone() {
        0 => writeln!(out, "{}: nothing to drop", scanned.name())?,
        gone => writeln!(out, "{}: `ssot-guard baseline prune` drops {}", scanned.name(), findings(gone))?,
    }
    Ok(if seen.stale.is_empty() { verdict::PASS } else { verdict::VIOLATIONS })
}

fn diff(arguments: &RepositoryArguments, out: &mut dyn Write) -> Result<u8, Failure> {
    let scanned = Scanned::new(arguments)?;
    scanned.baseline()?;
    let Some(seen) = &scanned.report.baseline else { return Ok(verdict::PASS) };
    let new: Vec<&Finding> = scanned.report.counted().collect();
    for finding in &new {
        let word = if finding.state == crate::finding::State::Expired { "expired" } else { "new" };
        writeln!(out, "{word:7}{}  {}", line_of(finding), finding.fingerprint)?;
    }
    for (from, to) in &seen.moved {
        writeln!(out, "moved  {}\n    to {}", said(from), said(to))?;
    }
    for (identity, count) in &seen.stale {
        writeln!(out, "gone   {}{}", said(identity), times(*count))?;
    }
    let is_same = new.is_empty() && seen.moved.is_empty() && seen.stale.is_empty();
    writeln!(
        out,
        "{}: {} accepted, {} of them there, {} moved, {} gone; {} not accepted",
        scanned.name(),
        findings(seen.entries),
        seen.known,
        seen.moved.len(),
        seen.gone(),
        findings(new.len()),
    )?;
    Ok(if is_same { verdict::PASS } else { verdict::VIOLATIONS })
}

fn merge(files: &[std::path::PathBuf], path: &Path, out: &mut dyn Write) -> Result<u8, Failure> {
    let parsed = |text: &str, name: &str| settings::parse_baseline(text, name);
    let read = |path: &Path| -> Result<Baseline, Failure> {
        let text = std::fs::read_to_string(path).map_err(|err| refused(format!("{}: {err}", name_of(path))))?;
        // Git gives a driver an empty file for a side that has none.
        if text.is_empty() { Ok(Baseline::default()) } else { Ok(parsed(&text, &name_of(path))?) }
    };
    let (base, ours, theirs, target) = match files {
        [base, ours, theirs] => (read(base)?, read(ours)?, read(theirs)?, ours.as_path()),
        _ => {
            let sides = git::conflict_sides(path).map_err(|err| refused(err.to_string()))?;
            let Some([base, ours, theirs]) = sides else {
                return Err(refused(format!("{} is in no merge conflict", name_of(path))));
            };
            let side = |text: Option<String>, name: &str| match text {
                None => Ok(Baseline::default()),
                Some(text) => parsed(&text, &format!("{} ({name})", name_of(path))),
            };
            (side(base, "base")?, side(ours, "ours")?, side(theirs, "theirs")?, path)
        }
    };
    let merged = baseline::merge(&base, &ours, &theirs);
    let text = baseline::write(&merged);
    write_file(target, |out| out.write_all(text.as_bytes()))?;
    // A driver is silent unless something is wrong.
    if files.is_empty() {
        writeln!(out, "{}: {} accepted; `git add` it", name_of(path), findings(merged.findings()))?;
    }
    Ok(verdict::PASS)
}

fn stats(arguments: &RepositoryArguments, out: &mut dyn Write) -> Result<u8, Failure> {
    let settings = Settings::of_repository(arguments)?;
    let Some((name, baseline)) = &settings.baseline else { return Err(missing(&settings.baseline_path)) };
    let today = settings.today;
    let total = baseline.findings();
    writeln!(out, "{}: {} accepted", harmless(name), findings(total))?;
    type Key = fn(&Identity, &Entry) -> String;
    let groups: [(&str, Key); 3] = [
        ("by severity", |_, entry| entry.severity.name().to_owned()),
        ("by rule", |identity, _| identity.rule.to_string()),
        ("by owner", |_, entry| entry.owner.clone().unwrap_or_else(|| "(nobody)".to_owned())),
    ];
    for (title, key) in groups {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (identity, entry) in &baseline.entries {
            *counts.entry(key(identity, entry)).or_default() += entry.count;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
        writeln!(out, "\n{title}")?;
        for (name, count) in counts {
            writeln!(out, "  {count:>6}  {}", harmless(&name))?;
        }
    }
    writeln!(out, "\nby age")?;
    let age = |entry: &Entry| entry.since.map(|since| (today - since).whole_days());
    type Held = (&'static str, fn(Option<i64>) -> bool);
    let ages: [Held; 5] = [
        ("up to 30 days", |days| days.is_some_and(|days| days <= 30)),
        ("up to 90 days", |days| days.is_some_and(|days| 30 < days && days <= 90)),
        ("up to a year", |days| days.is_some_and(|days| 90 < days && days <= 365)),
        ("older", |days| days.is_some_and(|days| days > 365)),
        ("unknown", |days| days.is_none()),
    ];
    for (title, holds) in ages {
        let count = sum(baseline, |entry| holds(age(entry)));
        if count > 0 {
            writeln!(out, "  {count:>6}  {title}")?;
        }
    }
    writeln!(out)?;
    let expired = sum(baseline, |entry| entry.expires.is_some_and(|day| day < today));
    let soon = sum(baseline, |entry| entry.expires.is_some_and(|day| today <= day && day <= today + SOON));
    let unaudited = sum(baseline, |entry| entry.audit.is_none());
    writeln!(out, "  {expired:>6}  expired")?;
    writeln!(out, "  {soon:>6}  expire within 30 days")?;
    writeln!(out, "  {unaudited:>6}  not audited")?;
    Ok(verdict::PASS)
}

fn sum(baseline: &Baseline, holds: impl Fn(&Entry) -> bool) -> usize {
    baseline.entries.values().filter(|entry| holds(entry)).map(|entry| entry.count).sum()
}

pub(super) fn findings(count: usize) -> String {
    counted(count as u64, "finding", "findings")
}

fn times(count: usize) -> String {
    if count == 1 { String::new() } else { format!(" ({count} times)") }
}

pub(super) fn line_of(finding: &Finding) -> String {
    format!(
        "{}:{}: {} [{}] {}",
        harmless(&finding.path),
        finding.place.line,
        finding.severity.name(),
        finding.rule,
        harmless(&finding.message)
    )
}

pub(super) fn said(identity: &Identity) -> String {
    let scope = if identity.scope.is_empty() { String::new() } else { format!(" in {}", harmless(&identity.scope)) };
    format!("{}{scope}: [{}]", harmless(&identity.path), harmless(&identity.rule))
}
