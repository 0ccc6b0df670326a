//! A verdict written for one reader. A format writes to any `io::Write` and touches nothing else.

use crate::finding::Finding;
use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::verdict::{Policy, Verdict};
use std::time::Duration;

pub(crate) mod json;
pub(crate) mod text;

/// Everything a report may say. Findings are sorted by path, line, column and rule; problems likewise.
#[derive(Debug)]
pub struct Report {
    pub run: Run,
    pub ledger: Ledger,
    pub problems: Vec<Problem>,
    pub findings: Vec<Finding>,
    pub policy: Policy,
    pub verdict: Verdict,
}

/// What is true of this run alone. Left out of comparisons between runs.
#[derive(Debug, Clone)]
pub struct Run {
    /// UTC, `2026-11-21T14:30:05Z`.
    pub started: String,
    pub duration: Duration,
    pub tool_version: &'static str,
    /// Ids of the rules that ran.
    pub rules: Vec<String>,
}
