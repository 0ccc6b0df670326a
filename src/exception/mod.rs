//! What allows a finding: a reasoned marker in a comment, or a line of the project file's central list. Each allows
//! what it names and nothing near it, says why, and is told when it is wrong, out of reason, out of date or of no use.
//!
//! A critical is allowed by the central list only. What is allowed stays in the report with its reason.

mod marker;
mod registry;
mod statements;

pub(crate) use marker::allow;
pub(crate) use marker::speaks_of;
pub(crate) use registry::At as EntryAt;
pub(crate) use registry::Entry;
pub(crate) use registry::allow as allow_listed;

use crate::finding::Allowed;
use crate::finding::Finding;
use crate::finding::Related;
use crate::finding::State;
use crate::fingerprint;
use crate::place::Place;
use crate::rules::Condition;
use crate::rules::Flaw;
use crate::rules::Rule;
use std::collections::BTreeSet;
use std::sync::Arc;
use time::Date;

/// What exceptions are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standards<'a> {
    /// The rules that run.
    pub(crate) rules: &'a [Rule],
    /// The ids of all rules there are.
    pub(crate) known: &'a BTreeSet<Arc<str>>,
    pub(crate) today: Date,
    /// Whether what allows nothing is of no use: all was looked at that it could speak of.
    pub(crate) judges_unused: bool,
}

/// The terms on which an exception allows a finding, and where it is written.
struct Terms<'a> {
    reason: &'a str,
    owner: Option<&'a str>,
    until: Option<Date>,
    path: &'a Arc<str>,
    place: Place,
}

impl<'a> Standards<'a> {
    fn has_expired(&self, until: Option<Date>) -> bool {
        until.is_some_and(|until| until < self.today)
    }

    /// Marks a finding that an exception means: as allowed, or as what was allowed until then.
    fn mark(&self, finding: &mut Finding, terms: &Terms<'_>) {
        let Terms { reason, owner, until, path, place } = terms;
        let reason = crate::secret::masked(reason);
        finding.state = State::Excepted;
        if let Some(until) = until.filter(|_| self.has_expired(*until)) {
            finding.state = State::Expired;
            let message = format!("was allowed here until {until}: {reason}");
            finding.related.push(Related { path: (*path).clone(), place: *place, message });
        }
        let (path, line) = ((*path).clone(), Some(place.line));
        finding.allowed = Some(Allowed { reason, owner: owner.map(str::to_owned), until: *until, path, line });
    }

    fn rule(&self, id: &str) -> Option<&'a Rule> {
        self.rules.iter().find(|rule| *rule.id == *id)
    }

    /// The finding that something is wrong with an exception; none where the rule for that does not run.
    fn flawed(&self, flaw: Flaw, message: String, at: At) -> Option<Finding> {
        let rule = self.rules.iter().find(|rule| matches!(rule.condition, Condition::Exception(it) if it == flaw))?;
        let snippet = at.line;
        Some(Finding {
            rule: rule.id.clone(),
            severity: rule.severity,
            message: crate::secret::masked(&message),
            fix: rule.fix.clone(),
            why: rule.why.clone(),
            cwe: rule.cwe.clone(),
            impact: rule.impact.clone(),
            path: at.path,
            place: at.place,
            scope: String::new(),
            fingerprint: fingerprint::of(&rule.id, &snippet, None),
            snippet,
            in_tests: at.in_tests,
            related: Vec::new(),
            also: Vec::new(),
            state: State::New,
            allowed: None,
            origin: None,
            lower_if: Vec::new(),
        })
    }
}

/// Where an exception is written.
struct At {
    path: Arc<str>,
    place: Place,
    /// The line's text, masked.
    line: String,
    in_tests: bool,
}

/// Why a reason is none.
pub(crate) fn lacks_reason(reason: &str) -> Option<&'static str> {
    const PROMISES: [&str; 14] = [
        "todo",
        "temp",
        "temporary",
        "temporarily",
        "legacy",
        "fix",
        "fixme",
        "later",
        "hack",
        "wip",
        "this",
        "it",
        "for",
        "now",
    ];
    let mut words = reason.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    if reason.trim().is_empty() {
        Some("gives no reason")
    } else if reason.trim().chars().count() < SHORTEST_REASON {
        Some("gives a reason too short to tell anything")
    } else if words.all(|word| PROMISES.contains(&word.to_ascii_lowercase().as_str())) {
        Some("gives no reason but that it is for now")
    } else {
        None
    }
}

/// In characters.
const SHORTEST_REASON: usize = 10;
