//! The report for the merge request widget of GitLab Code Quality (`artifacts:reports:codequality`): an array of what
//! GitLab reads of the Code Climate issues, see <https://docs.gitlab.com/ci/testing/code_quality/>.
//!
//! It lists every finding that no exception allows, those of the baseline too: GitLab compares the branches itself and
//! would call fixed what is left out. What stands in test code and does not count is listed as `info`. Three of
//! GitLab's habits shape it: entries with the same fingerprint become one, everything behind an entry that is not
//! valid is dropped, and the name of the check is not shown, so that it has to stand in the description.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::Report;
use crate::report::digest;
use crate::report::text::harmless;
use crate::report::wire;
use crate::report::wire::Identity;
use crate::report::wire::Standing;
use std::io;

/// GitLab names no limit; this is what a reader of the widget will take in.
const MOST_DESCRIPTION: usize = 1_000;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let identities = wire::identities(&report.findings);
    let issues: Vec<WireIssue> = report
        .findings
        .iter()
        .zip(&identities)
        .filter_map(|(finding, identity)| match Standing::of(finding, report.policy) {
            standing @ (Standing::Open | Standing::InTests) => Some(issue(finding, identity, standing)),
            Standing::Allowed => None,
        })
        .collect();
    wire::write_json(&issues, out)
}

#[derive(serde::Serialize)]
struct WireIssue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'a str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: WireLocation<'a>,
}

#[derive(serde::Serialize)]
struct WireLocation<'a> {
    path: &'a str,
    lines: WireLines,
}

#[derive(serde::Serialize)]
struct WireLines {
    begin: u32,
    end: u32,
}

fn issue<'a>(finding: &'a Finding, identity: &Identity, standing: Standing) -> WireIssue<'a> {
    let place = match standing {
        Standing::InTests => " (in test code)",
        Standing::Open | Standing::Allowed => "",
    };
    let message = wire::sentence(&format!("{}{place}", finding.message));
    let description = format!("{}: {message} Fix: {}", finding.rule, wire::sentence(&finding.fix));
    let begin = finding.place.line.max(1);
    WireIssue {
        kind: "issue",
        check_name: &finding.rule,
        description: digest::characters(&harmless(&description), MOST_DESCRIPTION),
        categories: ["Security"],
        severity: match standing {
            Standing::InTests => "info",
            Standing::Open | Standing::Allowed => severity(finding.severity),
        },
        fingerprint: identity.digest(),
        location: WireLocation {
            path: &finding.path,
            lines: WireLines { begin, end: finding.place.end_line.max(begin) },
        },
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::State;
    use crate::report::samples;
    use serde_json::Value;

    fn written(report: &Report) -> String {
        samples::printed(|out| write(report, out))
    }

    fn parsed(report: &Report) -> Value {
        serde_json::from_str(&written(report)).expect("the report is JSON")
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        assert_eq!(written(&samples::report(Vec::new())), "[]\n");
    }

    #[test]
    fn everything_that_no_exception_allows() {
        let finding = |line, state, in_tests| Finding {
            state,
            in_tests,
            ..samples::finding("jwt-verify-disabled", Severity::Critical, "a.py", line)
        };
        let mut report = samples::report(vec![
            finding(1, State::New, false),
            finding(2, State::Known, false),
            finding(3, State::Excepted, false),
            finding(4, State::Expired, false),
            finding(5, State::New, true),
        ]);
        let severities = |report: &Report| {
            let issues = parsed(report);
            let issues = issues.as_array().expect("the report is a list").iter();
            let shown = |it: &Value| (it["location"]["lines"]["begin"].as_u64(), it["severity"].to_string());
            issues.map(shown).collect::<Vec<_>>()
        };
        let blocker = |line| (Some(line), "\"blocker\"".to_owned());
        let info = (Some(5), "\"info\"".to_owned());
        assert_eq!(severities(&report), [blocker(1), blocker(2), blocker(4), info]);
        report.policy.include_tests = true;
        assert_eq!(severities(&report), [blocker(1), blocker(2), blocker(4), blocker(5)]);
    }

    #[test]
    fn an_exception_for_one_twin_leaves_the_other_its_fingerprint() {
        let twin = |line, state| Finding { state, ..samples::finding("r", Severity::Error, "a.py", line) };
        let before = parsed(&samples::report(vec![twin(1, State::New), twin(2, State::New)]));
        let after = parsed(&samples::report(vec![twin(1, State::Excepted), twin(2, State::New)]));
        assert_eq!(before[1]["fingerprint"], after[0]["fingerprint"]);
        assert_ne!(before[0]["fingerprint"], before[1]["fingerprint"]);
    }

    #[test]
    fn hostile_names_and_long_messages() {
        let mut finding = samples::finding("r", Severity::Info, "ä b/%\n\u{9b}\".py", 0);
        finding.message = "\u{202e}\n".repeat(4_000);
        let report = samples::report(vec![finding]);
        let text = written(&report);
        assert!(!text.contains(|it: char| it != '\n' && it.is_control()), "{text:?}");
        let issue = &parsed(&report)[0];
        assert_eq!(issue["location"]["path"], "ä b/%\n\u{9b}\".py");
        assert_eq!(issue["location"]["lines"]["begin"], 1);
        let description = issue["description"].as_str().expect("a description");
        assert_eq!(description.chars().count(), MOST_DESCRIPTION);
        assert!(description.starts_with("r: \u{fffd}␊"), "{description}");
    }
}
