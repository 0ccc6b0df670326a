//! The central list: `[[exception]]` in the project file. Each entry allows one finding, or as many as it says, and may
//! allow a critical, which no marker can.

use crate::exception;
use crate::exception::Standards;
use crate::exception::Terms;
use crate::exception::lacks_reason;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use crate::place::Place;
use crate::rules::Exempt;
use crate::rules::Flaw;
use std::sync::Arc;
use time::Date;

/// One `[[exception]]`.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) rule: String,
    pub(crate) path: Option<String>,
    /// The dotted name of the function or class; empty for code outside of both.
    pub(crate) symbol: Option<String>,
    pub(crate) fingerprint: Option<String>,
    pub(crate) reason: String,
    pub(crate) owner: Option<String>,
    /// As written, where that is no day.
    pub(crate) until: Option<Result<Date, String>>,
    /// How many findings it allows.
    pub(crate) count: usize,
    pub(crate) at: At,
}

/// Where an entry is written.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) path: Arc<str>,
    pub(crate) line: u32,
    /// The line's text.
    pub(crate) text: String,
}

impl Entry {
    fn means(&self, finding: &Finding) -> bool {
        *finding.rule == *self.rule
            && self.path.as_ref().is_none_or(|path| *finding.path == **path)
            && self.symbol.as_ref().is_none_or(|symbol| finding.scope == *symbol)
            && self.fingerprint.as_ref().is_none_or(|it| finding.fingerprint == *it)
    }

    /// What is wrong with the entry whatever was found.
    fn flaw(&self, standards: Standards<'_>) -> Option<(Flaw, String)> {
        let invalid = |message: String| Some((Flaw::Invalid, message));
        if !standards.known.contains(self.rule.as_str()) {
            return invalid(format!("there is no rule `{}`", self.rule));
        }
        if standards.rule(&self.rule).is_some_and(|rule| rule.exempt == Exempt::Never) {
            return invalid(format!("nothing allows what `{}` finds", self.rule));
        }
        if self.path.is_none() && self.fingerprint.is_none() {
            return invalid("this exception names neither a path nor a fingerprint".to_owned());
        }
        if self.symbol.is_none() && self.fingerprint.is_none() {
            return invalid("this exception names neither a symbol nor a fingerprint".to_owned());
        }
        if let Some(Err(until)) = &self.until {
            return invalid(crate::day::is_none(until));
        }
        if self.owner.as_ref().is_none_or(|owner| owner.trim().is_empty()) {
            return invalid("this exception has no owner".to_owned());
        }
        lacks_reason(&self.reason).map(|lack| (Flaw::WithoutReason, format!("this exception {lack}")))
    }
}

/// Marks what the central list allows, and gives what is wrong with the list.
pub(crate) fn allow(entries: &[Entry], standards: Standards<'_>, findings: &mut [Finding]) -> Vec<Finding> {
    let mut flawed = Vec::new();
    for entry in entries {
        let At { path, line, text } = &entry.at;
        let (line, columns) = (*line, text.chars().count() as u32 + 1);
        let place = Place { line, column: 1, end_line: line, end_column: columns };
        let mut flaw = |flaw: Flaw, message: String| {
            let at = exception::At { path: path.clone(), place, line: crate::secret::masked(text), in_tests: false };
            flawed.extend(standards.flawed(flaw, message, at));
        };
        if let Some((kind, message)) = entry.flaw(standards) {
            flaw(kind, message);
            continue;
        }
        let until = entry.until.as_ref().and_then(|it| it.as_ref().ok().copied());
        let reason = entry.reason.as_str();
        let terms = Terms { reason, owner: entry.owner.as_deref(), until, path, place };
        let meant = findings.iter_mut().filter(|it| it.state == State::New && entry.means(it));
        let (mut allowed, mut is_dateless) = (0, false);
        for finding in meant.take(entry.count) {
            if finding.severity == Severity::Critical && until.is_none() {
                is_dateless = true;
                continue;
            }
            allowed += 1;
            standards.mark(finding, &terms);
        }
        if is_dateless {
            flaw(
                Flaw::Invalid,
                "a critical can be allowed until some day only: this exception has no `until`".to_owned(),
            );
        } else if let Some(until) = until.filter(|_| standards.has_expired(until)) {
            flaw(Flaw::Expired, format!("this exception held until {until}"));
        } else if allowed < entry.count && standards.judges_unused {
            let message = match allowed {
                0 => "this exception allows nothing that was found".to_owned(),
                _ => format!("this exception allows {} findings and finds {allowed}", entry.count),
            };
            flaw(Flaw::Unused, message);
        }
    }
    flawed
}
