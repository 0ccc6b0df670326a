//! The report for GitLab's vulnerability list and merge request approvals (`artifacts:reports:sast`): the security
//! report schema 15.0.4, which GitLab takes since 15.4, see
//! <https://gitlab.com/gitlab-org/security-products/security-report-schemas>.
//!
//! It lists every finding that no exception allows, those of the baseline too: GitLab compares the branches itself and
//! would call resolved what is left out. What stands in test code and does not count is listed as `Info`.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::Report;
use crate::report::digest;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::report::wire;
use crate::report::wire::Identity;
use crate::report::wire::Standing;
use crate::verdict;
use std::collections::HashMap;
use std::io;

const VERSION: &str = "15.0.4";
/// Limits of the schema, in characters; that of the description is larger than anybody reads.
const MOST_NAME: usize = 255;
const MOST_SOLUTION: usize = 7_000;
const MOST_DESCRIPTION: usize = 20_000;
/// Ours, to stay readable.
const MOST_MESSAGES: usize = 100;
const MOST_RELATED: usize = 20;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    wire::write_json(&document(report), out)
}

#[derive(serde::Serialize)]
struct WireReport<'a> {
    version: &'static str,
    scan: WireScan<'a>,
    vulnerabilities: Vec<WireVulnerability<'a>>,
}

#[derive(serde::Serialize)]
struct WireScan<'a> {
    analyzer: WireTool<'a>,
    scanner: WireTool<'a>,
    start_time: String,
    end_time: String,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<WireMessage>,
}

#[derive(Clone, Copy, serde::Serialize)]
struct WireTool<'a> {
    id: &'static str,
    name: &'static str,
    version: &'a str,
    vendor: WireVendor,
}

#[derive(Clone, Copy, serde::Serialize)]
struct WireVendor {
    name: &'static str,
}

#[derive(serde::Serialize)]
struct WireMessage {
    level: &'static str,
    value: String,
}

#[derive(serde::Serialize)]
struct WireVulnerability<'a> {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    solution: String,
    identifiers: Vec<WireIdentifier<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<WireLink<'a>>,
    location: WireLocation<'a>,
    tracking: WireTracking<'a>,
}

#[derive(serde::Serialize)]
struct WireIdentifier<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(serde::Serialize)]
struct WireLink<'a> {
    url: &'a str,
}

#[derive(serde::Serialize)]
struct WireLocation<'a> {
    file: &'a str,
    start_line: u32,
    end_line: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    method: &'a str,
}

#[derive(serde::Serialize)]
struct WireTracking<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    items: [WireTracked<'a>; 1],
}

#[derive(serde::Serialize)]
struct WireTracked<'a> {
    file: &'a str,
    start_line: u32,
    end_line: u32,
    signatures: [WireSignature; 1],
}

#[derive(serde::Serialize)]
struct WireSignature {
    algorithm: &'static str,
    value: String,
}

/// What GitLab says of a rule, whatever it found.
struct Title<'a> {
    name: &'a str,
    docs: Option<&'a str>,
}

fn document(report: &Report) -> WireReport<'_> {
    let tool = WireTool {
        id: "ssot-guard",
        name: "ssot-guard",
        version: report.run.tool_version,
        vendor: WireVendor { name: "ssot-guard" },
    };
    let rules = report.run.rules.iter();
    let titles: HashMap<&str, Title> =
        rules.map(|it| (&*it.id, Title { name: &it.message, docs: wire::web_address(it.docs.as_deref()) })).collect();
    let (start_time, end_time) = wire::times(&report.run);
    let identities = wire::identities(&report.findings);
    WireReport {
        version: VERSION,
        scan: WireScan {
            analyzer: tool,
            scanner: tool,
            start_time,
            end_time,
            status: if wire::is_complete(report) { "success" } else { "failure" },
            kind: "sast",
            messages: messages(report),
        },
        vulnerabilities: report
            .findings
            .iter()
            .zip(&identities)
            .filter_map(|(finding, identity)| match Standing::of(finding, report.policy) {
                standing @ (Standing::Open | Standing::InTests) => {
                    Some(vulnerability(finding, identity, standing, titles.get(&*finding.rule)))
                }
                Standing::Allowed => None,
            })
            .collect(),
    }
}

/// What was not looked at and had to be.
fn messages(report: &Report) -> Vec<WireMessage> {
    let warning = |value| WireMessage { level: "warn", value };
    let mut weighed = report.problems.iter().filter(|it| verdict::is_weighed(it, report.policy));
    let mut messages: Vec<WireMessage> =
        weighed.by_ref().take(MOST_MESSAGES).map(|it| warning(wire::said(it))).collect();
    let more = weighed.count() as u64;
    if more > 0 {
        messages.push(warning(format!("{} could not be examined in full either", counted(more, "place", "places"))));
    }
    messages
}

fn vulnerability<'a>(
    finding: &'a Finding,
    identity: &Identity,
    standing: Standing,
    title: Option<&Title<'a>>,
) -> WireVulnerability<'a> {
    // GitLab groups by name, so that it must say nothing of the one place.
    let name = title.map_or(&*finding.rule, |it| it.name);
    let docs = title.and_then(|it| it.docs);
    let start_line = finding.place.line.max(1);
    let end_line = finding.place.end_line.max(start_line);
    let mut identifiers = vec![WireIdentifier {
        kind: "ssot_guard_rule",
        name: format!("ssot-guard {}", finding.rule),
        value: &finding.rule,
        url: docs.map(str::to_owned),
    }];
    if let Some(number) = finding.cwe.as_deref().and_then(wire::cwe_number) {
        let url = Some(wire::cwe_page(number));
        identifiers.push(WireIdentifier { kind: "cwe", name: format!("CWE-{number}"), value: number, url });
    }
    // GitLab drops signatures of algorithms it does not know. It hashes the value and compares, nothing else, so that
    // the name may promise less than the value holds: an offset in the scope changes with the lines above it.
    let value = format!("{}|{}|{}:{}", finding.path, finding.scope, identity.code, identity.ordinal);
    let signatures = [WireSignature { algorithm: "scope_offset", value }];
    WireVulnerability {
        id: identity.uuid(),
        name: digest::characters(if name.is_empty() { &finding.rule } else { name }, MOST_NAME),
        description: digest::characters(&description(finding, standing), MOST_DESCRIPTION),
        severity: match standing {
            Standing::InTests => "Info",
            Standing::Open | Standing::Allowed => severity(finding.severity),
        },
        solution: digest::characters(&finding.fix, MOST_SOLUTION),
        identifiers,
        links: docs.map(|url| WireLink { url }).into_iter().collect(),
        location: WireLocation { file: &finding.path, start_line, end_line, method: &finding.scope },
        tracking: WireTracking {
            kind: "source",
            items: [WireTracked { file: &finding.path, start_line, end_line, signatures }],
        },
    }
}

/// What was found, why that hurts and what explains it, one a line.
fn description(finding: &Finding, standing: Standing) -> String {
    let mut lines = vec![wire::sentence(&finding.message), wire::sentence(&finding.why)];
    match standing {
        Standing::InTests => lines.push("It stands in test code and does not count.".to_owned()),
        Standing::Open | Standing::Allowed => {}
    }
    let related = finding.related.iter().take(MOST_RELATED);
    lines.extend(related.map(|it| format!("{}:{}: {}", it.path, it.place.line, it.message)));
    let lines: Vec<String> = lines.iter().filter(|it| !it.is_empty()).map(|it| harmless(it)).collect();
    lines.join("\n\n")
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::Error => "High",
        Severity::Warning => "Medium",
        Severity::Info => "Info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::State;
    use crate::problem::Problem;
    use crate::problem::ProblemKind;
    use crate::report::samples;
    use serde_json::Value;

    fn written(report: &Report) -> Value {
        serde_json::from_str(&samples::printed(|out| write(report, out))).expect("the report is JSON")
    }

    #[test]
    fn a_clean_scan() {
        let report = written(&samples::report(Vec::new()));
        assert_eq!(report["vulnerabilities"], Value::Array(Vec::new()));
        assert_eq!(report["scan"]["status"], "success");
        assert_eq!(report["scan"]["start_time"], "2026-11-21T14:30:05");
        assert_eq!(report["scan"]["end_time"], "2026-11-21T14:30:05");
        assert_eq!(report["scan"].get("messages"), None);
    }

    #[test]
    fn a_vulnerability_keeps_what_it_is_when_it_moves() {
        let mut finding = samples::finding("jwt-verify-disabled", Severity::Critical, "a.py", 7);
        finding.cwe = Some("CWE-347".into());
        finding.scope = "Gateway.connect".to_owned();
        let mut moved = finding.clone();
        moved.place.line = 70;
        moved.place.end_line = 70;
        let before = &written(&samples::report(vec![finding]))["vulnerabilities"][0];
        let after = &written(&samples::report(vec![moved]))["vulnerabilities"][0];
        assert_eq!(before["id"], after["id"]);
        let signatures = |it: &Value| it["tracking"]["items"][0]["signatures"].clone();
        assert_eq!(signatures(before), signatures(after));
        assert_ne!(before["location"], after["location"]);
        assert_eq!(before["identifiers"][0]["value"], "jwt-verify-disabled");
        assert_eq!(before["identifiers"][1]["value"], "347");
        assert_eq!(before["severity"], "Critical");
    }

    #[test]
    fn what_is_listed() {
        let finding =
            |line, state, in_tests| Finding { state, in_tests, ..samples::finding("r", Severity::Error, "a.py", line) };
        let report = written(&samples::report(vec![
            finding(1, State::Known, false),
            finding(2, State::Excepted, false),
            finding(3, State::New, true),
        ]));
        let listed = report["vulnerabilities"].as_array().expect("a list").iter();
        let listed: Vec<String> =
            listed.map(|it| format!("{} {}", it["location"]["start_line"], it["severity"])).collect();
        assert_eq!(listed, ["1 \"High\"", "3 \"Info\""]);
    }

    #[test]
    fn limits_of_the_schema() {
        let mut finding = samples::finding("r", Severity::Warning, "a.py", 0);
        finding.fix = "ü".repeat(8_000).into();
        finding.message = "m".repeat(30_000);
        let mut report = samples::report(vec![finding]);
        report.run.rules[0].message = "n".repeat(300);
        let problem = |line| Problem {
            path: "b.py".to_owned(),
            line,
            kind: ProblemKind::SyntaxError,
            message: "expected `)`".to_owned(),
            in_tests: false,
        };
        report.problems = (1..=150).map(problem).collect();
        let report = written(&report);
        let vulnerability = &report["vulnerabilities"][0];
        let length = |it: &Value| it.as_str().map(|it| it.chars().count());
        assert_eq!(length(&vulnerability["name"]), Some(255));
        assert_eq!(length(&vulnerability["solution"]), Some(7_000));
        assert_eq!(length(&vulnerability["description"]), Some(20_000));
        assert_eq!(vulnerability["location"]["start_line"], 1);
        let messages = report["scan"]["messages"].as_array().expect("problems are told");
        assert_eq!(messages.len(), 101);
        assert_eq!(messages[0]["value"], "b.py:1: expected `)` (syntax-error)");
        assert_eq!(messages[100]["value"], "50 places could not be examined in full either");
    }
}
