//! Findings and problems weighed: pass, block or incomplete, and the exit code that says so.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use crate::ledger::Ledger;
use crate::problem::Problem;

/// Exit code when nothing blocks.
pub const PASS: u8 = 0;
/// Exit code when violations block.
pub const VIOLATIONS: u8 = 1;
/// Exit code when a critical blocks.
pub const CRITICAL: u8 = 2;
/// Exit code when the tool could not do its job.
pub const COULD_NOT: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Pass,
    Block,
    Incomplete,
}

impl Decision {
    pub fn name(self) -> &'static str {
        match self {
            Decision::Pass => "pass",
            Decision::Block => "block",
            Decision::Incomplete => "incomplete",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    pub exit_code: u8,
    /// Why, in sentences, most serious first.
    pub reasons: Vec<String>,
}

/// What decides: which findings count.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub include_tests: bool,
    /// The lowest severity that blocks.
    pub blocks_from: Severity,
}

/// Whether a finding counts in the verdict.
pub fn counts(finding: &Finding, policy: Policy) -> bool {
    let is_allowed = match finding.state {
        State::New | State::Expired => false,
        State::Known | State::Excepted => true,
    };
    !is_allowed && (policy.include_tests || !finding.in_tests)
}

/// Judges one run. Of several exit codes that hold, the order is 2 > 3 > 1 > 0.
pub fn judge(findings: &[Finding], problems: &[Problem], ledger: &Ledger, policy: Policy) -> Verdict {
    let counted = |severity| findings.iter().filter(|it| it.severity == severity && counts(it, policy)).count();
    let mut reasons = Vec::new();
    let mut blocked = false;
    for severity in Severity::ALL {
        let count = counted(severity);
        if count > 0 && severity >= policy.blocks_from {
            blocked = true;
            let s = if count == 1 { "" } else { "s" };
            reasons.push(format!("{count} {} finding{s}", severity.name()));
        }
    }
    let unexamined =
        problems.iter().filter(|it| it.kind.leaves_run_incomplete() && (policy.include_tests || !it.in_tests)).count();
    if unexamined > 0 {
        let s = if unexamined == 1 { "" } else { "s" };
        reasons.push(format!("{unexamined} place{s} could not be examined in full"));
    }
    if ledger.in_scope == 0 {
        reasons.push("nothing to scan: no file in a language with a reader".to_owned());
    }
    let incomplete = unexamined > 0 || ledger.in_scope == 0;
    let (decision, exit_code) = if blocked && counted(Severity::Critical) > 0 {
        (Decision::Block, CRITICAL)
    } else if incomplete {
        (Decision::Incomplete, COULD_NOT)
    } else if blocked {
        (Decision::Block, VIOLATIONS)
    } else {
        (Decision::Pass, PASS)
    };
    Verdict { decision, exit_code, reasons }
}
