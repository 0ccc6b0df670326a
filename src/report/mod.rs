//! A verdict written for one reader. A format writes to any `io::Write` and touches nothing else.

use crate::baseline;
use crate::baseline::Identity;
use crate::finding::Finding;
use crate::finding::Origin;
use crate::finding::Severity;
use crate::finding::State;
use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::verdict;
use crate::verdict::Level;
use crate::verdict::Mode;
use crate::verdict::Policy;
use crate::verdict::Requirement;
use crate::verdict::Verdict;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub(crate) mod azure;
pub(crate) mod commit;
pub(crate) mod csv;
mod digest;
pub(crate) mod events;
pub(crate) mod github;
pub(crate) mod github_summary;
pub(crate) mod gitlab_code_quality;
pub(crate) mod gitlab_sast;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod labels;
mod legacy;
pub(crate) mod legacy_ci;
pub(crate) mod legacy_monitor;
pub(crate) mod markdown;
pub(crate) mod pull_request;
pub(crate) mod rdjsonl;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod sarif;
pub(crate) mod text;
mod wire;

/// Everything a report may say. Findings are sorted by path, line, column and rule; problems likewise.
#[derive(Debug)]
pub struct Report {
    pub run: Run,
    pub ledger: Ledger,
    pub problems: Vec<Problem>,
    pub findings: Vec<Finding>,
    pub policy: Policy,
    /// What the verdict was held to, and by whom, in the order to show them in.
    pub requirements: Vec<Requirement>,
    /// None when there is no baseline.
    pub baseline: Option<Baseline>,
    pub verdict: Verdict,
    /// Whether somebody is to be woken.
    pub escalates: bool,
    /// Whether the exit code is 0 whatever was found.
    pub is_advisory: bool,
}

impl Report {
    /// Judges again, once there is more to judge by.
    pub(crate) fn judge(&mut self) {
        self.verdict = verdict::judge(&self.findings, &self.problems, &self.ledger, &self.requirements, self.policy);
    }

    /// The findings that count.
    pub(crate) fn counted(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|it| verdict::counts(it, self.policy))
    }

    /// Adds findings of another look at the same files, each in place of what was found there by the same rule.
    pub(crate) fn add(&mut self, others: Vec<Finding>) {
        let key = |it: &Finding| (it.path.clone(), it.place, it.rule.clone());
        let places: BTreeSet<_> = others.iter().map(key).collect();
        self.findings.retain(|it| !places.contains(&key(it)));
        self.findings.extend(others);
        self.findings.sort_by(Finding::by_place);
    }

    /// What blocks of what another scan of the same state found, and does not count in this one.
    pub(crate) fn beyond(&self, others: Vec<Finding>, policy: Policy) -> Vec<Finding> {
        let counted: BTreeSet<_> = self.counted().map(|it| (&it.path, it.place)).collect();
        let blocks = |it: &Finding| it.severity >= Severity::Error && verdict::counts(it, policy);
        others.into_iter().filter(|it| blocks(it) && !counted.contains(&(&it.path, it.place))).collect()
    }

    /// Says of each finding whether the change brings it, by what counted before; of several states before, as of the
    /// two sides of a merge, one is enough to have it.
    pub(crate) fn compare<'f>(&mut self, before: impl Iterator<Item = &'f Finding>, change: &Change<'_>) {
        // Nothing of what stays can have come from elsewhere, or gone there; that is most, and to match it takes longer.
        let before: Vec<&Finding> = before.collect();
        let (stayed_then, stayed) = stayed(&before, &self.findings);
        let others = before.iter().zip(stayed_then).filter(|(_, stayed)| !stayed);
        let known = baseline::Baseline::of(others.map(|(finding, _)| *finding));
        let tree = baseline::Tree {
            exists: change.exists,
            was_scanned: &|_| false,
            has_scope: change.has_scope,
            is_new: &|path| !(change.existed)(path),
            written: &|_| None,
        };
        // Whether something allows a finding is another question.
        let new = |(it, stayed): (&mut Finding, &bool)| {
            let state = if *stayed { State::Known } else { State::New };
            (std::mem::replace(&mut it.state, state), it.allowed.take())
        };
        let allowed: Vec<_> = self.findings.iter_mut().zip(&stayed).map(new).collect();
        let today = time::Date::MIN;
        let matched = match stayed.iter().all(|stayed| *stayed) {
            true => BTreeMap::new(),
            false => baseline::match_findings(&known, &"".into(), &tree, today, &mut self.findings).known,
        };
        for (finding, (state, allowed)) in self.findings.iter_mut().zip(allowed) {
            (finding.state, finding.allowed) = (state, allowed);
        }
        for (at, finding) in self.findings.iter_mut().enumerate() {
            if matches!(finding.origin, Some(Origin::Touched | Origin::Before)) {
                continue;
            }
            finding.origin = Some(match stayed[at] || matched.contains_key(&at) {
                false => Origin::Change,
                true if change.touched.contains(&*finding.path) => Origin::Touched,
                true => Origin::Before,
            });
        }
    }
}

/// Which findings are among those of an identity of which there are as many now as before, all equally severe: for each
/// before, and for each now.
fn stayed(before: &[&Finding], now: &[Finding]) -> (Vec<bool>, Vec<bool>) {
    fn identity(finding: &Finding) -> [&str; 4] {
        [&finding.path, &finding.scope, &finding.rule, &finding.fingerprint]
    }
    /// How many there are, and the severity that all have.
    fn standing<'f>(all: impl Iterator<Item = &'f Finding>) -> FxHashMap<[&'f str; 4], (usize, Option<Severity>)> {
        let mut standing = FxHashMap::default();
        for finding in all {
            let (count, severity) = standing.entry(identity(finding)).or_insert((0, Some(finding.severity)));
            *count += 1;
            *severity = severity.filter(|it| *it == finding.severity);
        }
        standing
    }
    let (then, today) = (standing(before.iter().copied()), standing(now.iter()));
    let stayed = |finding: &Finding| {
        let of = |standing: &FxHashMap<_, _>| standing.get(&identity(finding)).copied();
        of(&then).is_some_and(|(count, severity)| severity.is_some() && of(&today) == Some((count, severity)))
    };
    (before.iter().map(|it| stayed(it)).collect(), now.iter().map(stayed).collect())
}

/// What a change does to files.
pub(crate) struct Change<'a> {
    /// Whether there is a file at a path with it, and whether there was one before.
    pub(crate) exists: &'a dyn Fn(&str) -> bool,
    pub(crate) existed: &'a dyn Fn(&str) -> bool,
    /// Whether the file at a path has a class or function of a dotted name with it; `None` where that is not known.
    pub(crate) has_scope: &'a dyn Fn(&str, &str) -> Option<bool>,
    /// The files that it touches.
    pub(crate) touched: &'a BTreeSet<String>,
}

/// What became of the accepted findings.
#[derive(Debug, Clone)]
pub struct Baseline {
    pub path: Arc<str>,
    /// How many findings are accepted.
    pub entries: usize,
    /// How many of them are still there.
    pub known: usize,
    /// Of the known ones, those that have moved: where from and where to.
    pub moved: Vec<(Identity, Identity)>,
    /// Those that are not, with how many of each.
    pub stale: Vec<(Identity, usize)>,
    /// Of the known ones, those whose acceptance has run out.
    pub expired: usize,
}

impl Baseline {
    /// How many accepted findings are not there any more.
    pub fn gone(&self) -> usize {
        self.stale.iter().map(|(_, count)| count).sum()
    }
}

/// What is true of this run alone. Left out of comparisons between runs.
#[derive(Debug, Clone)]
pub struct Run {
    /// UTC, `2026-11-21T14:30:05Z`.
    pub started: String,
    pub duration: Duration,
    pub tool_version: &'static str,
    /// The rules that ran, by id.
    pub rules: Vec<RuleSummary>,
    pub mode: Mode,
    /// None where no level decides.
    pub level: Option<Level>,
    pub context: Context,
}

/// What the run is about, as far as is known: from flags, the build server or git.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The commit that is looked at, in full.
    pub commit: Option<String>,
    pub branch: Option<String>,
    pub pull_request: Option<u64>,
    /// Where it is to be deployed: `production`, `staging`, `development` or a name of the project's own.
    pub environment: Option<String>,
    /// The build server: `github-actions`, `gitlab-ci`, ….
    pub provider: Option<&'static str>,
    /// Where a person can read about this run.
    pub link: Option<String>,
    /// The commit that was compared with, in full.
    pub base: Option<String>,
}

/// A rule, for formats that list what could have been found.
#[derive(Debug, Clone)]
pub struct RuleSummary {
    pub id: Arc<str>,
    pub severity: Severity,
    /// What it finds, with `…` for what differs between findings.
    pub message: String,
    pub why: Arc<str>,
    pub fix: Arc<str>,
    pub cwe: Option<Arc<str>>,
    pub docs: Option<String>,
}
