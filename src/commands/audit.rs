//! `baseline audit`: somebody looks at accepted findings, one after the other, and says of each whether it is one.

use crate::baseline::Audit;
use crate::baseline::Baseline;
use crate::baseline::Entry;
use crate::baseline::Identity;
use crate::baseline::Judgement;
use crate::cli::RepositoryArguments;
use crate::commands::Failure;
use crate::commands::baseline::Scanned;
use crate::commands::baseline::findings;
use crate::commands::baseline::line_of;
use crate::commands::baseline::name_of;
use crate::commands::write_file;
use crate::finding::Finding;
use crate::report::text::harmless;
use crate::settings::SettingsError;
use crate::verdict;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::io::BufRead;
use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;

/// Which entries are looked at.
#[derive(Clone, Copy)]
pub(super) struct Which<'a> {
    pub(super) rule: Option<&'a str>,
    pub(super) owner: Option<&'a str>,
    /// Those that were judged before, too.
    pub(super) again: bool,
}

impl Which<'_> {
    fn holds(self, identity: &Identity, entry: &Entry) -> bool {
        self.rule.is_none_or(|rule| *identity.rule == *rule)
            && self.owner.is_none_or(|owner| entry.owner.as_deref() == Some(owner))
            && (self.again || entry.audit.is_none())
    }
}

pub(super) fn run(
    arguments: &RepositoryArguments,
    which: Which<'_>,
    by: Option<&str>,
    export_to: Option<&Path>,
    import_from: Option<&Path>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let scanned = Scanned::new(arguments)?;
    let baseline = scanned.baseline()?;
    let found = found(&scanned);
    let chosen = baseline.entries.iter().filter(|(identity, entry)| which.holds(identity, entry));
    let chosen: Vec<(&Identity, &Entry)> = chosen.collect();
    if let Some(path) = export_to {
        return export(&chosen, &found, path, out);
    }
    let mut judged = baseline.clone();
    let count = match import_from {
        Some(path) => import(&mut judged, by, path)?,
        None if !io::stdin().is_terminal() => {
            let message =
                "there is no terminal to ask at: `--export audit.csv` writes what is to be judged, `--import` reads it";
            return Err(SettingsError::Plain(message.to_owned()).into());
        }
        None => {
            let mut answers = io::stdin().lock();
            walk(&mut judged, &chosen, &found, by, &mut answers, out)?
        }
    };
    if judged != *baseline {
        scanned.write(&judged)?;
    }
    writeln!(out, "{}: {} judged", name_of(&scanned.settings.baseline_path), findings(count))?;
    Ok(verdict::PASS)
}

/// The finding that each entry stands for today, where there is one.
fn found(scanned: &Scanned) -> BTreeMap<Identity, &Finding> {
    let moved = scanned.report.baseline.iter().flat_map(|seen| &seen.moved);
    let came_from: BTreeMap<&Identity, &Identity> = moved.map(|(from, to)| (to, from)).collect();
    let known = scanned.report.findings.iter().filter(|finding| finding.allowed.is_some());
    let with_entries = known.map(|finding| {
        let own = Identity::of(finding);
        (came_from.get(&own).map_or(own.clone(), |from| (*from).clone()), finding)
    });
    with_entries.collect()
}

fn walk(
    baseline: &mut Baseline,
    chosen: &[(&Identity, &Entry)],
    found: &BTreeMap<Identity, &Finding>,
    by: Option<&str>,
    answers: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let chosen: Vec<_> = chosen.iter().filter(|(identity, _)| found.contains_key(*identity)).collect();
    let mut judged: BTreeMap<usize, Judgement> = BTreeMap::new();
    let mut at = 0;
    while let Some((identity, entry)) = chosen.get(at) {
        let finding = found[*identity];
        writeln!(out, "\n{} of {}", at + 1, chosen.len())?;
        writeln!(out, "{}", line_of(finding))?;
        for (number, line) in (finding.place.line..).zip(finding.snippet.lines()) {
            writeln!(out, "  {number:>5} | {}", harmless(line))?;
        }
        let owner = entry.owner.as_deref().map(|owner| format!(", {owner}")).unwrap_or_default();
        writeln!(out, "  accepted: {}{}", harmless(&entry.reason), harmless(&owner))?;
        write!(out, "true positive (y), false positive (f), won't fix (w), skip (s), back (b), save and quit (q)? ")?;
        out.flush()?;
        let mut answer = String::new();
        if answers.read_line(&mut answer)? == 0 {
            break;
        }
        let judgement = match answer.trim() {
            "y" => Judgement::TruePositive,
            "f" => Judgement::FalsePositive,
            "w" => Judgement::WontFix,
            "s" => {
                at += 1;
                continue;
            }
            "b" => {
                at = at.saturating_sub(1);
                continue;
            }
            "q" => break,
            _ => continue,
        };
        judged.insert(at, judgement);
        at += 1;
    }
    for (at, judgement) in &judged {
        let (identity, _) = chosen[*at];
        if let Some(entry) = baseline.entries.get_mut(*identity) {
            entry.audit = Some(Audit { judgement: *judgement, by: by.map(str::to_owned) });
        }
    }
    writeln!(out)?;
    Ok(judged.len())
}

/// One line of the file that is judged elsewhere.
#[derive(Serialize, Deserialize)]
struct Row {
    path: String,
    /// Empty where the finding is gone.
    line: Option<u32>,
    scope: String,
    rule: String,
    severity: String,
    at: String,
    reason: String,
    owner: String,
    fingerprint: String,
    /// To be filled in: `true-positive`, `false-positive` or `wont-fix`.
    judgement: String,
    judged_by: String,
}

fn export(
    chosen: &[(&Identity, &Entry)],
    found: &BTreeMap<Identity, &Finding>,
    path: &Path,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    write_file(path, |file| {
        let mut file = csv::Writer::from_writer(file);
        for (identity, entry) in chosen {
            let audit = entry.audit.as_ref();
            file.serialize(Row {
                path: identity.path.to_string(),
                line: found.get(*identity).map(|finding| finding.place.line),
                scope: identity.scope.clone(),
                rule: identity.rule.to_string(),
                severity: entry.severity.name().to_owned(),
                at: entry.at.clone(),
                reason: entry.reason.clone(),
                owner: entry.owner.clone().unwrap_or_default(),
                fingerprint: identity.fingerprint.clone(),
                judgement: audit.map_or("", |audit| audit.judgement.name()).to_owned(),
                judged_by: audit.and_then(|audit| audit.by.clone()).unwrap_or_default(),
            })?;
        }
        file.flush()
    })?;
    writeln!(out, "{}: {} to be judged", name_of(path), findings(chosen.len()))?;
    Ok(verdict::PASS)
}

fn import(baseline: &mut Baseline, by: Option<&str>, path: &Path) -> Result<usize, Failure> {
    let wrong = |line: Option<u64>, message: String| {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        Failure::from(SettingsError::Plain(format!("{}{line}: {message}", name_of(path))))
    };
    let mut file = csv::Reader::from_path(path).map_err(|err| wrong(None, err.to_string()))?;
    let mut judged = 0;
    let headers = csv::StringRecord::from(vec![
        "path",
        "line",
        "scope",
        "rule",
        "severity",
        "at",
        "reason",
        "owner",
        "fingerprint",
        "judgement",
        "judged_by",
    ]);
    for row in file.records() {
        let row = row.map_err(|err| wrong(err.position().map(csv::Position::line), err.to_string()))?;
        let line = row.position().map(csv::Position::line);
        let row: Row = row.deserialize(Some(&headers)).map_err(|err| wrong(line, err.to_string()))?;
        if row.judgement.is_empty() {
            continue;
        }
        let names: Vec<&str> = Judgement::ALL.into_iter().map(Judgement::name).collect();
        let judgement = Judgement::named(&row.judgement).ok_or_else(|| {
            wrong(line, format!("`{}` is no judgement; there are {}", harmless(&row.judgement), names.join(", ")))
        })?;
        let identity =
            Identity { path: row.path.into(), scope: row.scope, rule: row.rule.into(), fingerprint: row.fingerprint };
        let entry = baseline.entries.get_mut(&identity);
        let entry = entry.ok_or_else(|| wrong(line, "the baseline has no such entry".to_owned()))?;
        let by = Some(row.judged_by).filter(|it| !it.is_empty()).or(by.map(str::to_owned));
        let audit = Some(Audit { judgement, by });
        judged += usize::from(entry.audit != audit);
        entry.audit = audit;
    }
    Ok(judged)
}
