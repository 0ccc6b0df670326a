//! A verdict written for one reader. A format writes to any `io::Write` and touches nothing else.

use crate::baseline::Identity;
use crate::finding::Finding;
use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::verdict::{Policy, Verdict};
use std::sync::Arc;
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
    /// None when there is no baseline.
    pub baseline: Option<Baseline>,
    pub verdict: Verdict,
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
    /// Ids of the rules that ran.
    pub rules: Vec<String>,
}
