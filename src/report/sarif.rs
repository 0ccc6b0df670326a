//! The report for GitHub code scanning, and for whatever else reads SARIF 2.1.0 (Azure DevOps, Jenkins, editors). What
//! GitHub takes and shows of it, and how much, is described in
//! <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.
//!
//! It lists what nobody made an exception for and what does not stand in test code that does not count. Those of the
//! baseline too: GitHub compares branches itself and would call fixed what is left out. What does not count is left
//! out, because GitHub ignores `suppressions` and would open an alert for it.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use crate::place::Place;
use crate::problem::ProblemKind;
use crate::report::Report;
use crate::report::RuleSummary;
use crate::report::digest;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::report::wire;
use crate::report::wire::Identity;
use crate::report::wire::Standing;
use crate::verdict;
use crate::verdict::Level;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;

/// GitHub refuses a run with more results.
const MOST_RESULTS: usize = 25_000;
/// GitHub shows no more, and refuses a result with a thousand.
const MOST_RELATED: usize = 100;
/// Related places that the message links to; GitHub shows a place only where it does.
const MOST_LINKS: usize = 10;
const MOST_NOTIFICATIONS: usize = 1_000;
/// Limits of GitHub, in characters.
const MOST_NAME: usize = 255;
const MOST_DESCRIPTION: usize = 1_024;
/// Ours: a minified line may be megabytes long.
const MOST_SNIPPET: usize = 2_000;
const MOST_MESSAGE: usize = 4_000;
const MOST_LINK: usize = 200;

/// What paths are relative to. GitHub, CodeQL and Jenkins take this name for the root of the repository, wherever that
/// is; a report that said where would say something about the machine that wrote it.
const ROOT: &str = "%SRCROOT%";

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let run = run(report, MOST_RESULTS);
    let schema = "https://json.schemastore.org/sarif-2.1.0.json";
    wire::write_json(&WireLog { schema, version: "2.1.0", runs: [run] }, out)
}

#[derive(serde::Serialize)]
struct WireLog<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [WireRun<'a>; 1],
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRun<'a> {
    tool: WireTool<'a>,
    automation_details: WireAutomation,
    invocations: [WireInvocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, WireBase>,
    column_kind: &'static str,
    results: Vec<WireResult<'a>>,
    properties: WireRunProperties<'a>,
}

#[derive(serde::Serialize)]
struct WireTool<'a> {
    driver: WireDriver<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireDriver<'a> {
    name: &'static str,
    full_name: String,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<WireRule<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRule<'a> {
    id: String,
    name: String,
    short_description: WireText,
    full_description: WireText,
    help: WireHelp,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: WireConfiguration,
    properties: WireRuleProperties,
}

#[derive(serde::Serialize)]
struct WireText {
    text: String,
}

#[derive(serde::Serialize)]
struct WireHelp {
    text: String,
    markdown: String,
}

#[derive(serde::Serialize)]
struct WireConfiguration {
    level: &'static str,
}

#[derive(serde::Serialize)]
struct WireRuleProperties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    score: Option<&'static str>,
    #[serde(rename = "problem.severity", skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
}

#[derive(serde::Serialize)]
struct WireAutomation {
    id: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireInvocation {
    execution_successful: bool,
    exit_code: u8,
    exit_code_description: String,
    start_time_utc: String,
    end_time_utc: String,
    tool_execution_notifications: Vec<WireNotification>,
}

#[derive(serde::Serialize)]
struct WireNotification {
    descriptor: WireDescriptor,
    level: &'static str,
    message: WireText,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<WireLocation>,
}

#[derive(serde::Serialize)]
struct WireDescriptor {
    id: &'static str,
}

#[derive(serde::Serialize)]
struct WireBase {
    description: WireText,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRunProperties<'a> {
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request: Option<u64>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireResult<'a> {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: WireText,
    locations: [WireLocation; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<WireLocation>,
    partial_fingerprints: WireFingerprints<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    properties: WireResultProperties<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<WireText>,
    physical_location: WirePhysical,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePhysical {
    artifact_location: WireArtifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<WireRegion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_region: Option<WireContext>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireArtifact {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Clone, Copy, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRegion {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    /// Exclusive.
    end_column: u32,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireContext {
    start_line: u32,
    end_line: u32,
    snippet: WireText,
}

#[derive(serde::Serialize)]
struct WireFingerprints<'a> {
    #[serde(rename = "primaryLocationLineHash")]
    line_hash: String,
    #[serde(rename = "ssotGuardFingerprint/v1")]
    ours: &'a str,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireResultProperties<'a> {
    severity: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<&'a str>,
}

fn run(report: &Report, most_results: usize) -> WireRun<'_> {
    let context = &report.run.context;
    let identities = wire::identities(&report.findings);
    let shown = most_serious(report, most_results);
    let rules: Vec<WireRule> = report.run.rules.iter().map(rule).collect();
    let positions: HashMap<&str, usize> =
        report.run.rules.iter().enumerate().map(|(at, rule)| (&*rule.id, at)).collect();
    let results = shown
        .iter()
        .map(|&at| {
            let finding = &report.findings[at];
            result(report, finding, &identities[at], positions.get(&*finding.rule).copied())
        })
        .collect();
    let base = WireBase { description: text("The root of the repository.".to_owned()) };
    WireRun {
        automation_details: WireAutomation { id: format!("ssot-guard/{}/", report.run.mode.name()) },
        invocations: [invocation(report, open(report).count() - shown.len())],
        original_uri_base_ids: [(ROOT, base)].into(),
        column_kind: "unicodeCodePoints",
        results,
        properties: WireRunProperties {
            decision: report.verdict.decision.name(),
            level: report.run.level.map(Level::name),
            environment: context.environment.as_deref(),
            commit: context.commit.as_deref(),
            branch: context.branch.as_deref(),
            pull_request: context.pull_request,
        },
        tool: WireTool {
            driver: WireDriver {
                name: "ssot-guard",
                full_name: format!("ssot-guard {}", report.run.tool_version),
                version: report.run.tool_version,
                semantic_version: report.run.tool_version,
                rules,
            },
        },
    }
}

/// The findings that are open, by position.
fn open(report: &Report) -> impl Iterator<Item = usize> {
    let findings = report.findings.iter().enumerate();
    let open = findings.filter(|(_, finding)| Standing::of(finding, report.policy) == Standing::Open);
    open.map(|(at, _)| at)
}

/// The findings to show, by position and in order: the most serious ones where there are too many.
fn most_serious(report: &Report, most: usize) -> Vec<usize> {
    let mut shown: Vec<usize> = open(report).collect();
    if shown.len() > most {
        shown.sort_by_key(|&at| (std::cmp::Reverse(report.findings[at].severity), at));
        shown.truncate(most);
        shown.sort_unstable();
    }
    shown
}

fn rule(rule: &RuleSummary) -> WireRule<'_> {
    // GitHub refuses a rule with an empty text.
    let title = if rule.message.is_empty() { &*rule.id } else { rule.message.as_str() };
    let why = if rule.why.is_empty() { title } else { &*rule.why };
    let fix = wire::sentence(&rule.fix);
    let docs = wire::web_address(rule.docs.as_deref());
    let cwe = rule.cwe.as_deref().and_then(wire::cwe_number);

    let is_security = cwe.is_some() || rule.severity == Severity::Critical;
    let mut tags = vec![if is_security { "security" } else { "maintainability" }.to_owned()];
    // The spelling of CodeQL, which GitHub knows how to show: three digits at least.
    tags.extend(cwe.map(|number| format!("external/cwe/cwe-{number:0>3}")));

    let why = wire::sentence(why);
    let mut help = why.clone();
    let mut markdown = why.clone();
    if !fix.is_empty() {
        help.push_str(&format!("\n\nWhat to do: {fix}"));
        markdown.push_str(&format!("\n\n**What to do:** {fix}"));
    }
    if let Some(number) = cwe {
        help.push_str(&format!("\n\nCWE-{number}: {}", wire::cwe_page(number)));
        markdown.push_str(&format!("\n\n[CWE-{number}]({})", wire::cwe_page(number)));
    }
    if let Some(docs) = docs {
        help.push_str(&format!("\n\nMore: {docs}"));
        markdown.push_str(&format!("\n\n[More about this rule]({docs})"));
    }

    // A rule has either a score, which makes its alerts security alerts, or a severity.
    let score = match rule.severity {
        _ if !is_security => None,
        Severity::Critical => Some("9.5"),
        Severity::Error => Some("8.0"),
        Severity::Warning => Some("5.0"),
        Severity::Info => None,
    };
    let severity = match level(rule.severity) {
        _ if score.is_some() => None,
        "note" => Some("recommendation"),
        level => Some(level),
    };
    WireRule {
        id: rule.id.to_string(),
        name: digest::characters(&pascal_case(&rule.id), MOST_NAME),
        short_description: text(digest::characters(&wire::sentence(title), MOST_DESCRIPTION)),
        full_description: text(digest::characters(&why, MOST_DESCRIPTION)),
        help: WireHelp { text: help, markdown },
        help_uri: docs,
        default_configuration: WireConfiguration { level: level(rule.severity) },
        // What is reported was resolved to what it is, not guessed from its spelling.
        properties: WireRuleProperties { tags, precision: "high", score, severity },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error | Severity::Critical => "error",
    }
}

/// `jwt-verify-disabled` as `JwtVerifyDisabled`, which SARIF asks of names.
fn pascal_case(id: &str) -> String {
    let mut name = String::new();
    for word in id.split('-') {
        let mut characters = word.chars();
        name.extend(characters.next().map(|it| it.to_ascii_uppercase()));
        name.push_str(characters.as_str());
    }
    name
}

fn result<'a>(report: &Report, finding: &'a Finding, identity: &Identity, rule_index: Option<usize>) -> WireResult<'a> {
    let place = region(finding.place);
    let related = finding.related.iter().take(MOST_RELATED).zip(1..).map(|(it, id)| WireLocation {
        id: Some(id),
        message: (!it.message.is_empty()).then(|| text(plain(&harmless(&it.message)))),
        physical_location: physical(&it.path, Some(region(it.place))),
    });
    let location = WireLocation {
        id: None,
        message: None,
        physical_location: WirePhysical {
            context_region: context(finding, place),
            ..physical(&finding.path, Some(place))
        },
    };
    WireResult {
        rule_id: finding.rule.to_string(),
        rule_index,
        level: level(finding.severity),
        message: text(message(finding)),
        locations: [location],
        related_locations: related.collect(),
        partial_fingerprints: WireFingerprints {
            // GitHub tells alerts apart by the rule, the path and this, and takes this as it is given. Where there is
            // none its upload action fills in a hash of the hundred characters from the start of the line, and where
            // there is another one it says so and keeps it. Ours is better to have: that hash changes with the line
            // below, and it needs the file, of which a report holds only snippets.
            line_hash: format!("{}:{}", identity.code, identity.ordinal),
            ours: &finding.fingerprint,
        },
        baseline_state: report.baseline.as_ref().map(|_| baseline_state(finding)),
        properties: WireResultProperties {
            severity: finding.severity.name(),
            state: finding.state.name(),
            origin: finding.origin.map(|it| it.name()),
            scope: &finding.scope,
            impact: finding.impact.as_deref(),
            also: finding.also.iter().map(|rule| &**rule).collect(),
        },
    }
}

/// What, why, what to do, and links to what explains it. Where space is short GitHub shows the first sentence.
fn message(finding: &Finding) -> String {
    let what = if finding.message.is_empty() { &*finding.rule } else { finding.message.as_str() };
    let mut message = plain(&harmless(&wire::sentence(what)));
    if !finding.why.is_empty() {
        message.push_str(&format!(" Why: {}", plain(&harmless(&wire::sentence(&finding.why)))));
    }
    if !finding.fix.is_empty() {
        message.push_str(&format!(" Fix: {}", plain(&harmless(&wire::sentence(&finding.fix)))));
    }
    let mut message = digest::characters(&message, MOST_MESSAGE);
    for (related, id) in finding.related.iter().take(MOST_LINKS).zip(1..) {
        let said = digest::characters(&harmless(&related.message), MOST_LINK);
        let said = if said.is_empty() { format!("{}:{}", harmless(&related.path), related.place.line) } else { said };
        let said = said.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
        message.push_str(&format!("{} [{said}]({id})", if id == 1 { " See" } else { "," }));
    }
    if !finding.related.is_empty() {
        message.push('.');
    }
    message
}

/// Text that holds no link: a name in the scanned code must not send a reader anywhere.
fn plain(text: &str) -> String {
    text.replace("](", "\\](")
}

fn baseline_state(finding: &Finding) -> &'static str {
    match finding.state {
        State::Known => "unchanged",
        // Exceptions have a line, and the baseline has none.
        State::Expired if finding.allowed.as_ref().is_some_and(|it| it.line.is_none()) => "unchanged",
        State::Expired | State::New | State::Excepted => "new",
    }
}

fn physical(path: &str, region: Option<WireRegion>) -> WirePhysical {
    let artifact_location = WireArtifact { uri: uri(path), uri_base_id: ROOT };
    WirePhysical { artifact_location, region, context_region: None }
}

/// The path as a relative reference: all but RFC 3986's unreserved characters and the slashes is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The region with nothing in it that SARIF does not allow: numbers from 1, the end not before the start.
fn region(place: Place) -> WireRegion {
    let start_line = place.line.max(1);
    let start_column = place.column.max(1);
    let end_line = place.end_line.max(start_line);
    let first_column = if end_line == start_line { start_column } else { 1 };
    WireRegion { start_line, start_column, end_line, end_column: place.end_column.max(first_column) }
}

/// The lines of the finding, in full and therefore around it.
fn context(finding: &Finding, place: WireRegion) -> Option<WireContext> {
    let lines = u32::try_from(finding.snippet.lines().count()).unwrap_or(u32::MAX);
    (lines > 0).then(|| WireContext {
        start_line: place.start_line,
        end_line: place.end_line.max(place.start_line.saturating_add(lines - 1)),
        snippet: text(digest::characters(&finding.snippet, MOST_SNIPPET)),
    })
}

fn invocation(report: &Report, left_out: usize) -> WireInvocation {
    let (started, ended) = wire::times(&report.run);
    let verdict = &report.verdict;
    let reasons = if verdict.reasons.is_empty() { String::new() } else { format!(": {}", verdict.reasons.join("; ")) };
    WireInvocation {
        execution_successful: wire::is_complete(report),
        exit_code: if report.is_advisory { verdict::PASS } else { verdict.exit_code },
        exit_code_description: harmless(&format!("{}{reasons}", verdict.decision.name())),
        start_time_utc: format!("{started}Z"),
        end_time_utc: format!("{ended}Z"),
        tool_execution_notifications: notifications(report, left_out),
    }
}

/// What was not looked at, what had to be first, and what this report leaves out.
fn notifications(report: &Report, left_out: usize) -> Vec<WireNotification> {
    let told = |id, level, message| WireNotification {
        descriptor: WireDescriptor { id },
        level,
        message: text(message),
        locations: Vec::new(),
    };
    let mut notifications = Vec::new();
    if left_out > 0 {
        let more = counted(left_out as u64, "finding more is", "findings more are");
        let most = counted(MOST_RESULTS as u64, "result", "results");
        let message = format!("{more} left out, the least serious: GitHub takes {most} of a run.");
        notifications.push(told("results-left-out", "warning", message));
    }
    let is_weighed = |at: &usize| verdict::is_weighed(&report.problems[*at], report.policy);
    let (weighed, others): (Vec<usize>, Vec<usize>) = (0..report.problems.len()).partition(is_weighed);
    let problems = weighed.iter().map(|at| (at, "error")).chain(others.iter().map(|at| (at, "warning")));
    for (&at, level) in problems.take(MOST_NOTIFICATIONS) {
        let problem = &report.problems[at];
        let level = if problem.in_tests && level == "warning" { "note" } else { level };
        let mut notification = told(problem.kind.name(), level, wire::sentence(&plain(&wire::said(problem))));
        // What selects nothing may be a setting, whose name is no path.
        if problem.line > 0 || problem.kind != ProblemKind::SelectsNothing {
            let place = Place { line: problem.line, column: 1, end_line: problem.line, end_column: 1 };
            let physical_location = physical(&problem.path, (problem.line > 0).then(|| region(place)));
            notification.locations.push(WireLocation { id: None, message: None, physical_location });
        }
        notifications.push(notification);
    }
    if report.problems.len() > MOST_NOTIFICATIONS {
        let more = (report.problems.len() - MOST_NOTIFICATIONS) as u64;
        let message = format!("{} left out.", counted(more, "problem more is", "problems more are"));
        let level = if weighed.len() > MOST_NOTIFICATIONS { "error" } else { "warning" };
        notifications.push(told("problems-left-out", level, message));
    }
    notifications
}

fn text(text: String) -> WireText {
    WireText { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Related;
    use crate::problem::Problem;
    use crate::report::samples;
    use crate::verdict::Mode;
    use serde_json::Value;

    fn written(report: &Report) -> Value {
        let text = samples::printed(|out| write(report, out));
        assert!(!text.contains(|it: char| it != '\n' && it.is_control()), "{text:?}");
        let mut log: Value = serde_json::from_str(&text).expect("the report is JSON");
        assert_nothing_is_null_or_empty(&log);
        log["runs"][0].take()
    }

    /// SARIF has no null, and GitHub takes no empty text where one is required.
    fn assert_nothing_is_null_or_empty(value: &Value) {
        match value {
            Value::Null => panic!("a property is null"),
            Value::String(text) => assert!(!text.is_empty(), "a text is empty"),
            Value::Array(items) => items.iter().for_each(assert_nothing_is_null_or_empty),
            Value::Object(properties) => properties.values().for_each(assert_nothing_is_null_or_empty),
            Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn critical(path: &str, line: u32) -> Finding {
        samples::finding("jwt-verify-disabled", Severity::Critical, path, line)
    }

    #[test]
    fn a_finding_and_its_rule() {
        let mut report = samples::report(vec![critical("a.py", 3)]);
        report.run.mode = Mode::DeploymentGate;
        let run = written(&report);
        let rule = &run["tool"]["driver"]["rules"][0];
        assert_eq!(rule["name"], "JwtVerifyDisabled");
        assert_eq!(rule["properties"]["security-severity"], "9.5");
        assert_eq!(rule["properties"]["tags"], serde_json::json!(["security", "external/cwe/cwe-347"]));
        let result = &run["results"][0];
        assert_eq!(result["ruleId"], "jwt-verify-disabled");
        assert_eq!(result["ruleIndex"], 0);
        assert_eq!(result["message"]["text"], "the check is off. Why: anyone can forge a token. Fix: switch it on.");
        assert_eq!(result.get("baselineState"), None);
        assert_eq!(result["partialFingerprints"]["ssotGuardFingerprint/v1"], "00112233445566778899aabbccddeeff");
        assert_eq!(run["automationDetails"]["id"], "ssot-guard/deployment-gate/");
        assert_eq!(run["invocations"][0]["exitCode"], 2);
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    }

    #[test]
    fn nothing_found_still_lists_results() {
        assert_eq!(written(&samples::report(Vec::new()))["results"], Value::Array(Vec::new()));
    }

    #[test]
    fn line_hashes_hold_when_lines_move() {
        let hashes = |lines: [u32; 2]| {
            let run = written(&samples::report(lines.map(|line| critical("a.py", line)).to_vec()));
            [0, 1].map(|at| run["results"][at]["partialFingerprints"]["primaryLocationLineHash"].to_string())
        };
        let [first, second] = hashes([3, 9]);
        assert_eq!(hashes([4, 5]), [first.clone(), second.clone()]);
        assert!(first.ends_with(":1\"") && second.ends_with(":2\""), "{first} {second}");
        assert_eq!(first[..17], second[..17]);
    }

    #[test]
    fn what_does_not_count_opens_no_alert() {
        let mut in_tests = critical("test_a.py", 1);
        in_tests.in_tests = true;
        let (mut allowed, mut known) = (critical("a.py", 2), critical("a.py", 4));
        (allowed.state, known.state) = (State::Excepted, State::Known);
        let run = written(&samples::report(vec![allowed, critical("a.py", 3), known, in_tests]));
        let results = run["results"].as_array().expect("a list");
        let lines: Vec<_> =
            results.iter().map(|it| it["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64()).collect();
        assert_eq!(lines, [Some(3), Some(4)]);
        assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn a_rule_about_no_weakness_has_a_severity_and_no_score() {
        let mut report = samples::report(vec![samples::finding("exception-unused", Severity::Warning, "a.py", 1)]);
        report.run.rules[0].cwe = None;
        let run = written(&report);
        let properties = &run["tool"]["driver"]["rules"][0]["properties"];
        assert_eq!(properties["problem.severity"], "warning");
        assert_eq!(properties.get("security-severity"), None);
        assert_eq!(properties["tags"], serde_json::json!(["maintainability"]));
    }

    #[test]
    fn paths_become_relative_references() {
        assert_eq!(uri("src/a.py"), "src/a.py");
        assert_eq!(uri("../a b%/ä\n#?.py"), "../a%20b%25/%C3%A4%0A%23%3F.py");
        // A colon in the first part would make a scheme of it.
        assert_eq!(uri("c:d.py"), "c%3Ad.py");
    }

    #[test]
    fn regions_are_always_regions() {
        let of = |line, column, end_line, end_column| {
            let it = region(Place { line, column, end_line, end_column });
            (it.start_line, it.start_column, it.end_line, it.end_column)
        };
        assert_eq!(of(0, 0, 0, 0), (1, 1, 1, 1));
        assert_eq!(of(3, 5, 4, 2), (3, 5, 4, 2));
        assert_eq!(of(3, 5, 3, 2), (3, 5, 3, 5));
    }

    #[test]
    fn related_places_are_linked_and_code_makes_no_links() {
        let mut finding = critical("a.py", 3);
        finding.message = "`x[0](https://example.com)` is off".to_owned();
        let related = |at: usize| Related {
            path: "b.py".into(),
            place: Place { line: 1, column: 1, end_line: 1, end_column: 4 },
            message: if at == 0 { String::new() } else { format!("`o[{at}]` is built here") },
        };
        finding.related = (0..150).map(related).collect();
        let run = written(&samples::report(vec![finding]));
        let result = &run["results"][0];
        let message = result["message"]["text"].as_str().expect("a text");
        assert!(message.starts_with(r"`x[0\](https://example.com)` is off. Why:"), "{message}");
        let links = r"Fix: switch it on. See [b.py:1](1), [`o\[1\]` is built here](2), ";
        assert!(message.contains(links), "{message}");
        assert!(message.ends_with("(10)."), "{message}");
        let related = result["relatedLocations"].as_array().expect("a list");
        assert_eq!(related.len(), 100);
        assert_eq!(related[99]["id"], 100);
    }

    #[test]
    fn the_least_serious_are_left_out() {
        let finding = |severity, line| samples::finding("r", severity, "a.py", line);
        let mut in_tests = finding(Severity::Critical, 1);
        in_tests.in_tests = true;
        let findings =
            vec![in_tests, finding(Severity::Warning, 2), finding(Severity::Error, 3), finding(Severity::Critical, 4)];
        let report = samples::report(findings);
        let run = serde_json::to_value(run(&report, 2)).expect("the run can be written");
        let lines: Vec<Option<u64>> = [0, 1, 2]
            .map(|at| run["results"][at]["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64())
            .to_vec();
        assert_eq!(lines, [Some(3), Some(4), None]);
        let told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str();
        assert!(told.is_some_and(|it| it.starts_with("1 finding more is left out")), "{told:?}");
    }

    #[test]
    fn problems_that_count_come_first() {
        let problem = |path: &str, line, kind| Problem {
            path: path.to_owned(),
            line,
            kind,
            message: "it is so".to_owned(),
            in_tests: false,
        };
        let mut report = samples::report(vec![critical("a.py", 1)]);
        report.problems =
            vec![problem("a.py", 0, ProblemKind::Encoding), problem("b c.py", 7, ProblemKind::SyntaxError)];
        report.problems.extend((0..1_500).map(|_| problem("z.py", 0, ProblemKind::Unreadable)));
        let run = written(&report);
        let invocation = &run["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        let notifications = invocation["toolExecutionNotifications"].as_array().expect("a list");
        assert_eq!(notifications.len(), MOST_NOTIFICATIONS + 1);
        let first = &notifications[0];
        assert_eq!(first["level"], "error");
        assert_eq!(first["descriptor"]["id"], "syntax-error");
        assert_eq!(first["message"]["text"], "b c.py:7: it is so (syntax-error).");
        assert_eq!(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "b%20c.py");
        assert_eq!(notifications[MOST_NOTIFICATIONS]["message"]["text"], "502 problems more are left out.");
    }

    #[test]
    fn texts_fit_into_the_limits_of_github() {
        let mut report = samples::report(vec![Finding { snippet: "ä".repeat(100_000), ..critical("a.py", 1) }]);
        let rule = &mut report.run.rules[0];
        rule.message = "ü".repeat(2_000);
        rule.why = "".into();
        rule.fix = "".into();
        let run = written(&report);
        let rule = &run["tool"]["driver"]["rules"][0];
        let length = |it: &Value| it["text"].as_str().map(|it| it.chars().count());
        assert_eq!(length(&rule["shortDescription"]), Some(1_024));
        assert_eq!(length(&rule["fullDescription"]), Some(1_024));
        let location = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(length(&location["contextRegion"]["snippet"]), Some(2_000));
    }
}
