//! The report in the layout of `monitor_ssot_compliance.py`, which this tool grew from, so that dashboards that read
//! its files go on. Keys, their order and the types of their values are the script's (`save_monitoring_report` in
//! <https://github.com/netra-systems/zen> at c8995c33). As in [`crate::report::legacy_ci`], `violation_type` is the
//! id of our rule and no path is absolute; `security_critical_count` leaves out the criticals that something allows.
//! `violations` are those that weigh in the verdict and those that the baseline has accepted.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use crate::report::Report;
use crate::report::legacy;
use crate::verdict;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    legacy::print(&document(report), out)
}

#[derive(serde::Serialize)]
struct WireReport<'a> {
    scan_timestamp: String,
    total_files_scanned: u64,
    /// How many findings the baseline accepts.
    baseline_violations: usize,
    regression_violations: usize,
    security_critical_count: usize,
    monitoring_config: WireConfig,
    violations: Vec<WireViolation<'a>>,
}

#[derive(serde::Serialize)]
struct WireConfig {
    websocket_only: bool,
    project_root: &'static str,
    scan_duration_seconds: f64,
}

#[derive(serde::Serialize)]
struct WireViolation<'a> {
    file_path: &'a str,
    line_number: u32,
    line_content: &'a str,
    violation_type: &'a str,
    description: &'a str,
    suggestion: &'a str,
    severity: String,
    detection_timestamp: String,
    issue_reference: Option<&'a str>,
    business_impact: &'a str,
}

fn document(report: &Report) -> WireReport<'_> {
    let counts = |finding: &&Finding| verdict::counts(finding, report.policy);
    let is_new = |finding: &&Finding| matches!(finding.state, State::New | State::Expired);
    let is_accepted = |it: &&Finding| it.state == State::Known && (report.policy.include_tests || !it.in_tests);
    let counted = || report.findings.iter().filter(counts);
    let listed = report.findings.iter().filter(|it| counts(it) || is_accepted(it));
    WireReport {
        scan_timestamp: legacy::time(report),
        total_files_scanned: report.ledger.scanned,
        baseline_violations: report.baseline.as_ref().map_or(0, |it| it.entries),
        regression_violations: counted().filter(is_new).count(),
        security_critical_count: counted().filter(|it| it.severity == Severity::Critical).count(),
        monitoring_config: WireConfig {
            // The whole repository is always looked at.
            websocket_only: false,
            project_root: ".",
            scan_duration_seconds: report.run.duration.as_secs_f64(),
        },
        violations: listed.map(|it| violation(it, report)).collect(),
    }
}

fn violation<'a>(finding: &'a Finding, report: &'a Report) -> WireViolation<'a> {
    WireViolation {
        file_path: &finding.path,
        line_number: finding.place.line,
        line_content: legacy::line(finding),
        violation_type: &finding.rule,
        description: &finding.message,
        suggestion: &finding.fix,
        severity: legacy::severity(finding),
        detection_timestamp: legacy::time(report),
        issue_reference: legacy::reference(finding, report),
        business_impact: finding.impact.as_deref().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Baseline;
    use crate::report::samples;

    #[test]
    fn layout_of_the_script() {
        let mut known = samples::finding("a", Severity::Error, "a.py", 1);
        known.state = State::Known;
        let mut excepted = samples::finding("a", Severity::Error, "a.py", 2);
        excepted.state = State::Excepted;
        let mut expired = samples::finding("a", Severity::Critical, "b.py", 3);
        expired.state = State::Expired;
        let mut test = samples::finding("a", Severity::Critical, "test_b.py", 4);
        test.in_tests = true;
        let mut report = samples::report(vec![known, excepted, expired, test]);
        report.baseline = Some(Baseline {
            path: "baseline.json".into(),
            entries: 3,
            known: 1,
            moved: Vec::new(),
            stale: Vec::new(),
            expired: 0,
        });
        let text = samples::printed(|out| write(&report, out));
        let expected = r#"{
  "scan_timestamp": "2026-11-21T14:30:05+00:00",
  "total_files_scanned": 2,
  "baseline_violations": 3,
  "regression_violations": 1,
  "security_critical_count": 1,
  "monitoring_config": {
    "websocket_only": false,
    "project_root": ".",
    "scan_duration_seconds": 0.31
  },
  "violations": [
    {
      "file_path": "a.py",
      "line_number": 1,
      "line_content": "code",
      "violation_type": "a",
      "description": "the check is off",
      "suggestion": "switch it on",
      "severity": "ERROR",
      "detection_timestamp": "2026-11-21T14:30:05+00:00",
      "issue_reference": null,
      "business_impact": ""
    },
    {
      "file_path": "b.py",
      "line_number": 3,
      "line_content": "code",
      "violation_type": "a",
      "description": "the check is off",
      "suggestion": "switch it on",
      "severity": "CRITICAL",
      "detection_timestamp": "2026-11-21T14:30:05+00:00",
      "issue_reference": null,
      "business_impact": ""
    }
  ]
}
"#;
        assert!(text == expected, "expected:\n{expected}\nactual:\n{text}");
    }
}
