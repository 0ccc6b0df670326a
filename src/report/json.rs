//! The report for programs: one JSON document, schema `ssot-guard/report/1`, described in
//! `tests/report.schema.json`. The wire types are its own, so that changing a [`Finding`] cannot change the
//! document by accident. Only `run` differs between two runs over the same input.

use crate::finding::Allowed;
use crate::finding::Finding;
use crate::finding::Origin;
use crate::finding::Severity;
use crate::finding::State;
use crate::hash;
use crate::problem::Problem;
use crate::report::Report;
use crate::report::wire;
use crate::verdict;
use crate::verdict::Level;
use crate::verdict::Outcome;
use crate::verdict::Requirement;
use std::collections::BTreeMap;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    wire::write_json(&document(report), out)
}

#[derive(serde::Serialize)]
struct WireReport<'a> {
    schema: &'static str,
    run: WireRun<'a>,
    scope: WireScope<'a>,
    problems: Vec<WireProblem<'a>>,
    findings: Vec<WireFinding<'a>>,
    counts: WireCounts,
    baseline: WireBaseline,
    verdict: WireVerdict<'a>,
}

#[derive(serde::Serialize)]
struct WireRun<'a> {
    id: String,
    started: &'a str,
    duration_ms: u64,
    tool_version: &'a str,
    root: &'static str,
    commit: Option<&'a str>,
    branch: Option<&'a str>,
    pull_request: Option<u64>,
    mode: &'static str,
    /// Null where no level decides.
    level: Option<&'static str>,
    environment: Option<&'a str>,
    /// The build server.
    provider: Option<&'static str>,
    /// The commit that was compared with.
    base: Option<&'a str>,
    rules: Vec<&'a str>,
}

#[derive(serde::Serialize)]
struct WireScope<'a> {
    files_in_scope: u64,
    files_scanned: u64,
    files_scanned_in_part: u64,
    files_skipped: Vec<WireSkipped<'a>>,
    no_reader: Vec<WireNoReader<'a>>,
    bytes: u64,
    languages: &'a BTreeMap<&'static str, u64>,
}

#[derive(serde::Serialize)]
struct WireSkipped<'a> {
    reason: &'a str,
    count: u64,
}

#[derive(serde::Serialize)]
struct WireNoReader<'a> {
    extension: &'a str,
    count: u64,
}

#[derive(serde::Serialize)]
struct WireProblem<'a> {
    kind: &'static str,
    path: &'a str,
    /// Null when the whole file is meant.
    line: Option<u32>,
    message: &'a str,
    in_tests: bool,
}

#[derive(serde::Serialize)]
pub(super) struct WireFinding<'a> {
    rule: &'a str,
    severity: &'static str,
    message: &'a str,
    fix: &'a str,
    why: &'a str,
    cwe: Option<&'a str>,
    impact: Option<&'a str>,
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    scope: &'a str,
    snippet: &'a str,
    fingerprint: &'a str,
    state: &'static str,
    allowed: Option<WireAllowed<'a>>,
    /// Whether the change brings it that is looked at; null where no change is.
    origin: Option<&'static str>,
    in_tests: bool,
    related: Vec<WireRelated<'a>>,
    also: Vec<&'a str>,
}

#[derive(serde::Serialize)]
struct WireAllowed<'a> {
    reason: &'a str,
    owner: Option<&'a str>,
    /// `2027-01-31`
    until: Option<String>,
    path: &'a str,
    line: Option<u32>,
}

#[derive(serde::Serialize)]
struct WireRelated<'a> {
    path: &'a str,
    line: u32,
    message: &'a str,
}

#[derive(serde::Serialize)]
struct WireCounts {
    critical: WireCount,
    error: WireCount,
    warning: WireCount,
    info: WireCount,
}

#[derive(serde::Serialize)]
struct WireCount {
    counted: usize,
    new: usize,
    known: usize,
    excepted: usize,
    in_tests: usize,
}

#[derive(serde::Serialize)]
struct WireBaseline {
    entries: usize,
    stale: usize,
    expired: usize,
}

#[derive(serde::Serialize)]
struct WireVerdict<'a> {
    decision: &'static str,
    exit_code: u8,
    /// Whether somebody is to be woken: something critical was found.
    escalate: bool,
    /// Whether the process ends with 0 all the same (`--no-fail`).
    advisory: bool,
    reasons: &'a [String],
    notes: &'a [String],
    requirements: BTreeMap<&'a str, WireRequirement<'a>>,
}

#[derive(serde::Serialize)]
struct WireRequirement<'a> {
    value: &'a str,
    origin: &'a str,
    /// `met`, `noted`, `failed` or `unknown`.
    outcome: &'static str,
}

fn document(report: &Report) -> WireReport<'_> {
    let Report { run, ledger, problems, findings, policy: _, requirements, baseline, verdict, escalates, is_advisory } =
        report;
    WireReport {
        schema: "ssot-guard/report/1",
        run: WireRun {
            id: run_id(&run.started),
            started: &run.started,
            duration_ms: u64::try_from(run.duration.as_millis()).unwrap_or(u64::MAX),
            tool_version: run.tool_version,
            root: ".",
            commit: run.context.commit.as_deref(),
            branch: run.context.branch.as_deref(),
            pull_request: run.context.pull_request,
            mode: run.mode.name(),
            level: run.level.map(Level::name),
            environment: run.context.environment.as_deref(),
            provider: run.context.provider,
            base: run.context.base.as_deref(),
            rules: run.rules.iter().map(|rule| &*rule.id).collect(),
        },
        scope: WireScope {
            files_in_scope: ledger.in_scope,
            files_scanned: ledger.scanned,
            files_scanned_in_part: ledger.scanned_in_part,
            files_skipped: ledger.skipped.iter().map(|(reason, &count)| WireSkipped { reason, count }).collect(),
            no_reader: ledger.no_reader.iter().map(|(extension, &count)| WireNoReader { extension, count }).collect(),
            bytes: ledger.bytes,
            languages: &ledger.languages,
        },
        problems: problems.iter().map(problem).collect(),
        findings: findings.iter().map(finding).collect(),
        counts: WireCounts {
            critical: count(report, Severity::Critical),
            error: count(report, Severity::Error),
            warning: count(report, Severity::Warning),
            info: count(report, Severity::Info),
        },
        baseline: match baseline {
            Some(it) => WireBaseline { entries: it.entries, stale: it.gone(), expired: it.expired },
            None => WireBaseline { entries: 0, stale: 0, expired: 0 },
        },
        verdict: WireVerdict {
            decision: verdict.decision.name(),
            exit_code: verdict.exit_code,
            escalate: *escalates,
            advisory: *is_advisory,
            reasons: &verdict.reasons,
            notes: &verdict.notes,
            requirements: requirements.iter().map(|it| (it.name.as_str(), requirement(it))).collect(),
        },
    }
}

fn requirement(requirement: &Requirement) -> WireRequirement<'_> {
    let outcome = match requirement.outcome {
        Outcome::Met => "met",
        Outcome::Noted(_) => "noted",
        Outcome::Failed(_) => "failed",
        Outcome::Unknown(_) => "unknown",
    };
    WireRequirement { value: &requirement.value, origin: &requirement.origin, outcome }
}

/// Sixteen hex digits that tell two runs apart.
fn run_id(started: &str) -> String {
    format!("{:016x}", hash::digest((started, std::process::id())))
}

fn problem(problem: &Problem) -> WireProblem<'_> {
    WireProblem {
        kind: problem.kind.name(),
        path: &problem.path,
        line: (problem.line > 0).then_some(problem.line),
        message: &problem.message,
        in_tests: problem.in_tests,
    }
}

pub(super) fn finding(finding: &Finding) -> WireFinding<'_> {
    let related = finding.related.iter();
    WireFinding {
        rule: &finding.rule,
        severity: finding.severity.name(),
        message: &finding.message,
        fix: &finding.fix,
        why: &finding.why,
        cwe: finding.cwe.as_deref(),
        impact: finding.impact.as_deref(),
        path: &finding.path,
        line: finding.place.line,
        column: finding.place.column,
        end_line: finding.place.end_line,
        end_column: finding.place.end_column,
        scope: &finding.scope,
        snippet: &finding.snippet,
        fingerprint: &finding.fingerprint,
        state: finding.state.name(),
        allowed: finding.allowed.as_ref().map(allowed),
        origin: finding.origin.map(Origin::name),
        in_tests: finding.in_tests,
        related: related.map(|it| WireRelated { path: &it.path, line: it.place.line, message: &it.message }).collect(),
        also: finding.also.iter().map(|rule| &**rule).collect(),
    }
}

fn allowed(allowed: &Allowed) -> WireAllowed<'_> {
    WireAllowed {
        reason: &allowed.reason,
        owner: allowed.owner.as_deref(),
        until: allowed.until.map(|day| day.to_string()),
        path: &allowed.path,
        line: allowed.line,
    }
}

fn count(report: &Report, severity: Severity) -> WireCount {
    let mut count = WireCount { counted: 0, new: 0, known: 0, excepted: 0, in_tests: 0 };
    for finding in report.findings.iter().filter(|finding| finding.severity == severity) {
        count.counted += usize::from(verdict::counts(finding, report.policy));
        match finding.state {
            State::New | State::Expired => count.new += 1,
            State::Known => count.known += 1,
            State::Excepted => count.excepted += 1,
        }
        count.in_tests += usize::from(finding.in_tests);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::problem::ProblemKind;
    use crate::report::samples;

    fn report() -> Report {
        let finding = |in_tests| Finding {
            message: "off\u{9b}\x1b".to_owned(),
            in_tests,
            ..samples::finding("jwt-verify-disabled", Severity::Critical, "a.py", 1)
        };
        let mut report = samples::report(vec![finding(false), finding(true)]);
        report.problems.push(Problem {
            path: "b.py".to_owned(),
            line: 0,
            kind: ProblemKind::Unreadable,
            message: "permission denied".to_owned(),
            in_tests: false,
        });
        report.ledger = Ledger { in_scope: 2, scanned: 1, skipped: [("unreadable", 1)].into(), ..Ledger::default() };
        report.judge();
        report
    }

    #[test]
    fn document_of_a_small_report() {
        let text = samples::printed(|out| write(&report(), out));
        assert!(!text.contains(|it: char| it != '\n' && it.is_control()), "{text:?}");
        let value: serde_json::Value = serde_json::from_str(&text).expect("the report is JSON");
        assert_eq!(value["schema"], "ssot-guard/report/1");
        assert_eq!(value["run"]["id"].as_str().map(str::len), Some(16));
        assert_eq!(value["run"]["duration_ms"], 310);
        assert_eq!(value["scope"]["files_skipped"][0]["reason"], "unreadable");
        assert_eq!(value["problems"][0]["line"], serde_json::Value::Null);
        assert_eq!(value["findings"][0]["message"], "off\u{9b}\x1b");
        assert_eq!(value["counts"]["critical"]["counted"], 1);
        assert_eq!(value["counts"]["critical"]["new"], 2);
        assert_eq!(value["counts"]["critical"]["in_tests"], 1);
        assert_eq!(value["verdict"]["exit_code"], 2);
    }
}
