//! A finding: their repository breaks a rule.

use crate::place::Place;
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
    pub fingerprint: String,
    pub in_tests: bool,
    pub related: Vec<Related>,
    /// Other rules that hit the same node.
    pub also: Vec<Arc<str>>,
}

/// A place that explains a finding: where the name was imported, where the options were built.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    pub path: Arc<str>,
    pub place: Place,
    pub message: String,
}
