//! The baseline: findings that a team accepted when it adopted the tool, so that only what is new blocks. A finding is
//! known by what it is and where it belongs, never by its line: the rule, the file, the function around it and its
//! [`crate::fingerprint`].
//!
//! The file is made to be read in reviews and merged: one entry a line under the file it belongs to, sorted, and
//! nothing in it that changes by itself: no totals, no versions, no times of day.

mod file;
mod growth;
mod matching;
mod merge;

pub(crate) use file::ReadError;
pub(crate) use file::parse;
pub(crate) use file::write;
pub(crate) use growth::Growth;
pub(crate) use matching::Stage;
pub(crate) use matching::Tree;
pub(crate) use matching::match_findings;
pub(crate) use merge::merge;

use crate::finding::Finding;
use crate::finding::Severity;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Date;

/// Accepted findings, by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    pub(crate) entries: BTreeMap<Identity, Entry>,
}

/// What makes an accepted finding that one. Sorted as in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity {
    pub(crate) path: Arc<str>,
    /// The dotted names of the classes and functions around it.
    pub(crate) scope: String,
    pub(crate) rule: Arc<str>,
    pub(crate) fingerprint: String,
}

/// What is said of an accepted finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The severity it was accepted at: it covers nothing more severe.
    pub(crate) severity: Severity,
    /// A hint for readers: the start of the code, without secrets.
    pub(crate) at: String,
    /// How many findings of this identity are accepted.
    pub(crate) count: usize,
    pub(crate) reason: String,
    pub(crate) owner: Option<String>,
    pub(crate) since: Option<Date>,
    /// The last day on which it holds.
    pub(crate) expires: Option<Date>,
    pub(crate) audit: Option<Audit>,
}

/// What somebody who looked at an accepted finding says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Audit {
    pub(crate) judgement: Judgement,
    pub(crate) by: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    TruePositive,
    FalsePositive,
    WontFix,
}

impl Judgement {
    pub(crate) const ALL: [Judgement; 3] = [Judgement::TruePositive, Judgement::FalsePositive, Judgement::WontFix];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Judgement::TruePositive => "true-positive",
            Judgement::FalsePositive => "false-positive",
            Judgement::WontFix => "wont-fix",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Judgement> {
        Judgement::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Identity {
    pub(crate) fn of(finding: &Finding) -> Identity {
        Identity {
            path: finding.path.clone(),
            scope: finding.scope.clone(),
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

impl Baseline {
    /// Findings as if they were accepted, to know them again elsewhere.
    pub(crate) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Baseline {
        let mut baseline = Baseline::default();
        for finding in findings {
            let entry = Entry {
                severity: finding.severity,
                at: String::new(),
                count: 1,
                reason: String::new(),
                owner: None,
                since: None,
                expires: None,
                audit: None,
            };
            baseline.add(finding, entry);
        }
        baseline
    }

    /// How many findings are accepted.
    pub(crate) fn findings(&self) -> usize {
        self.entries.values().map(|entry| entry.count).sum()
    }

    /// The baseline once it has followed what moved and dropped what is gone.
    pub(crate) fn updated(&self, moved: &[(Identity, Identity)], gone: &[(Identity, usize)]) -> Baseline {
        let mut updated = self.clone();
        for (from, _) in moved {
            updated.take(from, 1);
        }
        for (identity, count) in gone {
            updated.take(identity, *count);
        }
        for (from, to) in moved {
            let entry = Entry { count: 1, ..self.entries[from].clone() };
            match updated.entries.get_mut(to) {
                Some(known) => known.count += 1,
                None => _ = updated.entries.insert(to.clone(), entry),
            }
        }
        updated
    }

    fn take(&mut self, identity: &Identity, count: usize) {
        let Some(entry) = self.entries.get_mut(identity) else { return };
        entry.count = entry.count.saturating_sub(count);
        if entry.count == 0 {
            self.entries.remove(identity);
        }
    }

    /// Accepts one more finding.
    pub(crate) fn add(&mut self, finding: &Finding, entry: Entry) {
        match self.entries.get_mut(&Identity::of(finding)) {
            Some(known) => known.count += entry.count,
            None => _ = self.entries.insert(Identity::of(finding), entry),
        }
    }
}

/// Characters of [`Entry::at`].
const LONGEST_HINT: usize = 60;

/// The start of the finding's code on one line, as far as a reader needs to know it again.
pub(crate) fn hint(finding: &Finding) -> String {
    let first = finding.place.column as usize - 1;
    let lines = finding.snippet.lines().enumerate();
    let code: String =
        lines.map(|(at, line)| if at == 0 { line.chars().skip(first).collect() } else { format!(" {line}") }).collect();
    let words: Vec<&str> = code.split_whitespace().collect();
    let code = words.join(" ");
    match code.char_indices().nth(LONGEST_HINT) {
        Some(_) => code.chars().take(LONGEST_HINT - 1).chain(['…']).collect(),
        None => code,
    }
}
