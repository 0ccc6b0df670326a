//! A finding: their repository breaks a rule.

use crate::place::Place;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Error,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Critical, Severity::Error, Severity::Warning, Severity::Info];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }

    /// One step down: what a condition that cannot be proved is reported at.
    pub fn lower(self) -> Severity {
        match self {
            Severity::Critical => Severity::Error,
            Severity::Error => Severity::Warning,
            Severity::Warning | Severity::Info => Severity::Info,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: Arc<str>,
    pub severity: Severity,
    pub message: String,
    pub fix: Arc<str>,
    pub why: Arc<str>,
    pub cwe: Option<Arc<str>>,
    pub impact: Option<Arc<str>>,
    /// Relative to the scanned root, `/`-separated.
    pub path: Arc<str>,
    pub place: Place,
    /// The dotted chain of enclosing classes and functions; empty at module level.
    pub scope: String,
    /// The source lines of the finding, secrets masked: first line number is `place.line`.
    pub snippet: String,
    /// See [`crate::fingerprint`]; findings with the same code share it.
    pub fingerprint: String,
    pub in_tests: bool,
    pub related: Vec<Related>,
    /// Other rules that hit the same node.
    pub also: Vec<Arc<str>>,
    pub state: State,
    /// What allows it, or did until it ran out.
    pub allowed: Option<Allowed>,
    /// Whether the change brings it that is looked at; none where no change is.
    pub origin: Option<Origin>,
    /// What is found instead where another file has something that makes it less; settled before anything is reported.
    pub lower_if: Vec<LowerIf>,
}

impl Finding {
    /// The order of reports.
    pub(crate) fn by_place(&self, other: &Finding) -> Ordering {
        (&self.path, self.place, &self.rule).cmp(&(&other.path, other.place, &other.rule))
    }
}

/// What is found where something stands in another file.
#[derive(Clone, Debug)]
pub struct LowerIf {
    pub by: LowerBy,
    pub finding: Finding,
}

/// What makes a finding less bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerBy {
    /// What has this name.
    Elsewhere(Arc<str>),
    /// All who call the function that answers to this key.
    Callers(Arc<str>),
}

/// Whether a change brings a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It was not there before.
    Change,
    /// It was there before, in a file that the change touches.
    Touched,
    /// It was there before, elsewhere.
    Before,
}

impl Origin {
    pub fn name(self) -> &'static str {
        match self {
            Origin::Change => "change",
            Origin::Touched => "touched",
            Origin::Before => "before",
        }
    }
}

/// Whether something allows a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing does: it counts.
    New,
    /// The baseline has it.
    Known,
    /// A marker or the central list does.
    Excepted,
    /// What allowed it has run out: it counts again.
    Expired,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Known => "known",
            State::Excepted => "excepted",
            State::Expired => "expired",
        }
    }
}

/// Who allows a finding, until when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub reason: String,
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub until: Option<time::Date>,
    /// Where that is written.
    pub path: Arc<str>,
    /// None in the baseline, which is no file to look things up in.
    pub line: Option<u32>,
}

/// A place that explains a finding: where the name was imported, where the options were built.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    pub path: Arc<str>,
    pub place: Place,
    pub message: String,
}

/// One finding a place: of several at the same one the most severe speaks, and names the rules of the others. One that is
/// allowed speaks for none that is not.
pub(crate) fn one_a_place(findings: Vec<Finding>) -> Vec<Finding> {
    let mut by_place: BTreeMap<(Arc<str>, Place), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        by_place.entry((finding.path.clone(), finding.place)).or_default().push(finding);
    }
    let speaking = by_place.into_values().map(|mut all| {
        all.sort_by(|a, b| {
            let weight = |it: &Finding| (it.state == State::New, it.severity);
            weight(b).cmp(&weight(a)).then_with(|| a.rule.cmp(&b.rule))
        });
        let mut all = all.into_iter();
        let mut speaking = all.next().expect("a place is listed with its findings");
        for other in all {
            speaking.also.extend(other.also);
            speaking.also.push(other.rule);
            speaking.related.extend(other.related);
        }
        speaking.also.retain(|id| *id != speaking.rule);
        speaking.also.sort();
        speaking.also.dedup();
        speaking
    });
    speaking.collect()
}
