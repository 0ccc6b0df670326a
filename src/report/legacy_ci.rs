//! The report in the layout of `ci_ssot_compliance_validator.py`, which this tool grew from, so that dashboards and
//! pipelines that read its files go on. Keys, their order and the types of their values are the script's
//! (`save_validation_report` in <https://github.com/netra-systems/zen> at c8995c33). Where the script said what was
//! not so, the values differ:
//!
//! - `violations` and the counts are of the findings that weigh in the verdict, so that they agree with `passed`; the
//!   script counted what the baseline had accepted as well.
//! - `type` is the id of our rule, and `file` is relative to the repository.
//! - `compliance_status` is `FAIL` where something else than a critical blocks or the run is incomplete; the script
//!   said `PASS`.
//! - `revenue_protection` is the impact that the project's rules name, not a promise.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::Report;
use crate::report::legacy;
use crate::verdict::Decision;
use crate::verdict::Level;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    legacy::print(&document(report), out)
}

#[derive(serde::Serialize)]
struct WireReport<'a> {
    validation_summary: WireSummary,
    config: WireConfig<'a>,
    violations: Vec<WireViolation<'a>>,
    recommendations: Vec<&'a str>,
    blocking_reasons: &'a [String],
    business_impact: WireImpact,
}

#[derive(serde::Serialize)]
struct WireSummary {
    passed: bool,
    exit_code: u8,
    validation_timestamp: String,
    total_files_checked: u64,
    critical_violations: usize,
    error_violations: usize,
    warning_violations: usize,
}

#[derive(serde::Serialize)]
struct WireConfig<'a> {
    mode: &'static str,
    /// Null where no level decides.
    compliance_level: Option<&'static str>,
    /// That of the deployment, else the build server, else `unknown`.
    environment: &'a str,
    branch: Option<&'a str>,
    commit_sha: Option<&'a str>,
    /// A text, as the script took it from its command line.
    pr_number: Option<String>,
}

#[derive(serde::Serialize)]
struct WireViolation<'a> {
    file: &'a str,
    line: u32,
    content: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    description: &'a str,
    suggestion: &'a str,
    severity: String,
    issue_reference: Option<&'a str>,
    business_impact: &'a str,
}

#[derive(serde::Serialize)]
struct WireImpact {
    revenue_protection: String,
    /// `CRITICAL`, `FAIL` or `PASS`.
    compliance_status: &'static str,
}

fn document(report: &Report) -> WireReport<'_> {
    let Report { run, ledger, verdict, .. } = report;
    let mut counted: Vec<&Finding> = report.counted().collect();
    let violations = counted.iter().map(|it| violation(it, report)).collect();
    let count = |severity| counted.iter().filter(|it| it.severity == severity).count();
    let critical_violations = count(Severity::Critical);
    let summary = WireSummary {
        passed: verdict.decision == Decision::Pass,
        exit_code: verdict.exit_code,
        validation_timestamp: legacy::time(report),
        total_files_checked: ledger.scanned,
        critical_violations,
        error_violations: count(Severity::Error),
        warning_violations: count(Severity::Warning),
    };
    let compliance_status = match verdict.decision {
        _ if critical_violations > 0 => "CRITICAL",
        Decision::Pass => "PASS",
        Decision::Block | Decision::Incomplete => "FAIL",
    };
    // What to do first comes first.
    counted.sort_by_key(|it| std::cmp::Reverse(it.severity));
    let impacts = counted.iter().filter_map(|it| it.impact.as_deref());
    WireReport {
        validation_summary: summary,
        config: WireConfig {
            mode: run.mode.name(),
            compliance_level: run.level.map(Level::name),
            environment: environment(report),
            branch: run.context.branch.as_deref(),
            commit_sha: run.context.commit.as_deref(),
            pr_number: run.context.pull_request.map(|number| number.to_string()),
        },
        violations,
        recommendations: each_once(counted.iter().map(|it| &*it.fix)),
        blocking_reasons: &verdict.reasons,
        business_impact: WireImpact { revenue_protection: each_once(impacts).join("; "), compliance_status },
    }
}

fn environment(report: &Report) -> &str {
    match (&report.run.context.environment, report.run.context.provider) {
        (Some(environment), _) => environment,
        (None, Some("cloud-build")) => "gcp-cloud-build",
        (None, Some(provider)) => provider,
        (None, None) => "unknown",
    }
}

fn violation<'a>(finding: &'a Finding, report: &'a Report) -> WireViolation<'a> {
    WireViolation {
        file: &finding.path,
        line: finding.place.line,
        content: legacy::line(finding),
        kind: &finding.rule,
        description: &finding.message,
        suggestion: &finding.fix,
        severity: legacy::severity(finding),
        issue_reference: legacy::reference(finding, report),
        business_impact: finding.impact.as_deref().unwrap_or_default(),
    }
}

fn each_once<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut said = Vec::new();
    for text in texts {
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::State;
    use crate::report::samples;
    use serde_json::Value;

    fn print(report: &Report) -> (String, Value) {
        let text = samples::printed(|out| write(report, out));
        let value = serde_json::from_str(&text).expect("the report is JSON");
        (text, value)
    }

    #[test]
    fn layout_of_the_script() {
        let mut critical = samples::finding("jwt-verify-disabled", Severity::Critical, "a.py", 9);
        critical.impact = Some("logins".into());
        let mut report = samples::report(vec![critical]);
        report.run.rules[0].docs = Some("https://example.org/jwt".to_owned());
        report.run.level = Some(Level::Strict);
        report.run.context.pull_request = Some(332);
        report.run.context.provider = Some("cloud-build");
        let (text, _) = print(&report);
        let expected = r#"{
  "validation_summary": {
    "passed": false,
    "exit_code": 2,
    "validation_timestamp": "2026-11-21T14:30:05+00:00",
    "total_files_checked": 2,
    "critical_violations": 1,
    "error_violations": 0,
    "warning_violations": 0
  },
  "config": {
    "mode": "scan",
    "compliance_level": "strict",
    "environment": "gcp-cloud-build",
    "branch": null,
    "commit_sha": null,
    "pr_number": "332"
  },
  "violations": [
    {
      "file": "a.py",
      "line": 9,
      "content": "code",
      "type": "jwt-verify-disabled",
      "description": "the check is off",
      "suggestion": "switch it on",
      "severity": "CRITICAL",
      "issue_reference": "https://example.org/jwt",
      "business_impact": "logins"
    }
  ],
  "recommendations": [
    "switch it on"
  ],
  "blocking_reasons": [
    "1 critical finding"
  ],
  "business_impact": {
    "revenue_protection": "logins",
    "compliance_status": "CRITICAL"
  }
}
"#;
        assert!(text == expected, "expected:\n{expected}\nactual:\n{text}");
    }

    #[test]
    fn what_is_allowed_is_no_violation() {
        let mut known = samples::finding("a", Severity::Critical, "a.py", 1);
        known.state = State::Known;
        let (_, value) = print(&samples::report(vec![known]));
        assert_eq!(value["violations"].as_array().map(Vec::len), Some(0));
        assert_eq!(value["validation_summary"]["critical_violations"], 0);
        assert_eq!(value["business_impact"]["compliance_status"], "PASS");
    }

    #[test]
    fn a_block_without_a_critical_is_no_pass() {
        let error = samples::finding("a", Severity::Error, "a.py", 1);
        assert_eq!(print(&samples::report(vec![error])).1["business_impact"]["compliance_status"], "FAIL");
        let mut empty = samples::report(Vec::new());
        empty.ledger.in_scope = 0;
        empty.judge();
        let (_, value) = print(&empty);
        assert_eq!(value["business_impact"]["compliance_status"], "FAIL");
        assert_eq!(value["validation_summary"]["passed"], false);
    }

    #[test]
    fn recommendations_say_the_worst_first_and_each_once() {
        let mut warning = samples::finding("a", Severity::Warning, "a.py", 1);
        warning.fix = "tidy up".into();
        let error = samples::finding("b", Severity::Error, "b.py", 1);
        let (_, value) = print(&samples::report(vec![warning, error.clone(), error]));
        assert_eq!(value["recommendations"], serde_json::json!(["switch it on", "tidy up"]));
        assert_eq!(value["violations"][0]["file"], "a.py");
    }

    #[test]
    fn any_text_is_ascii() {
        let mut finding = samples::finding("a", Severity::Error, "ä\u{9b}\x7f\u{202e}😀\n\".py", 1);
        finding.snippet = "first \u{1b}[2J  \nsecond".to_owned();
        let (text, value) = print(&samples::report(vec![finding]));
        assert!(text.chars().all(|it| matches!(it, '\n' | ' '..='~')), "{text:?}");
        assert!(text.contains(r#""\u00e4\u009b\u007f\u202e\ud83d\ude00\n\".py""#), "{text}");
        assert_eq!(value["violations"][0]["file"], "ä\u{9b}\x7f\u{202e}😀\n\".py");
        assert_eq!(value["violations"][0]["content"], "first \u{1b}[2J");
    }
}
