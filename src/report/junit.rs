//! The report as JUnit XML, for build servers that show tests: a rule is a class, each finding that counts is a
//! failed test of it, and a rule that found nothing has one test that passes. What the baseline or an exception
//! allows and what stands in test code is left out, as it does not weigh. A finding that can never block, of severity
//! `info`, is a skipped test. The suite `run` has a test that passes when the run is complete, and an error for each
//! place that could not be examined and each requirement that is not met: no file may look green because nothing was
//! looked at.
//!
//! Servers know a test again by its class and name, and GitLab ignores all but the first of a name
//! (<https://docs.gitlab.com/ci/testing/unit_test_reports/>). So a name holds no line, which every edit above would
//! shift, and ends with a number that makes it unique: `path::scope #1`. GitLab takes files up to 30 MB and needs a
//! name that ends with `.xml`.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::problem::Problem;
use crate::report::Report;
use crate::report::text::harmless;
use crate::verdict;
use crate::verdict::Decision;
use crate::verdict::Outcome;
use quick_junit::NonSuccessKind;
use quick_junit::TestCase;
use quick_junit::TestCaseStatus;
use quick_junit::TestSuite;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut document = quick_junit::Report::new("ssot-guard");
    document.set_time(report.run.duration);
    document.add_test_suite(rules(report));
    document.add_test_suite(run(report));
    // Not straight into `out`: whether it is a pipe that somebody closed would be lost in the error.
    let text = document.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn rules(report: &Report) -> TestSuite {
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> =
        report.run.rules.iter().map(|rule| (&*rule.id, Vec::new())).collect();
    for finding in report.counted() {
        by_rule.entry(&finding.rule).or_default().push(finding);
    }
    let mut suite = suite("rules", report);
    for (rule, findings) in by_rule {
        if findings.is_empty() {
            suite.add_test_case(case(rule, "nothing found", TestCaseStatus::success()));
        }
        let mut names = Names::default();
        for finding in findings {
            let place = match finding.scope.as_str() {
                "" => finding.path.to_string(),
                scope => format!("{}::{scope}", finding.path),
            };
            let mut status = match finding.severity {
                Severity::Critical | Severity::Error | Severity::Warning => {
                    TestCaseStatus::non_success(NonSuccessKind::Failure)
                }
                Severity::Info => TestCaseStatus::skipped(),
            };
            status.set_message(legal(&finding.message));
            status.set_type(finding.severity.name());
            status.set_description(told(finding));
            let mut case = case(rule, &names.unique(&place), status);
            case.extra.insert("file".into(), legal(&finding.path).into());
            suite.add_test_case(case);
        }
    }
    suite
}

fn run(report: &Report) -> TestSuite {
    let mut suite = suite("run", report);
    let complete = match report.verdict.decision {
        Decision::Pass | Decision::Block => TestCaseStatus::success(),
        Decision::Incomplete => error("incomplete", &report.verdict.reasons.join("; ")),
    };
    suite.add_test_case(case("run", "complete", complete));
    let mut names = Names::default();
    for problem in report.problems.iter().filter(|it| verdict::is_weighed(it, report.policy)) {
        let kind = problem.kind.name();
        // The kind belongs to the name: one file may have problems of several.
        let name = names.unique(&format!("{kind} {}", problem.path));
        suite.add_test_case(case("unexamined", &name, error(kind, &place_and_message(problem))));
    }
    let mut names = Names::default();
    for requirement in &report.requirements {
        let (kind, why) = match &requirement.outcome {
            Outcome::Met | Outcome::Noted(_) => continue,
            Outcome::Failed(why) => ("failed", why),
            Outcome::Unknown(why) => ("unknown", why),
        };
        suite.add_test_case(case("requirement", &names.unique(&requirement.name), error(kind, why)));
    }
    suite
}

fn suite(name: &str, report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.extra.insert("timestamp".into(), report.run.started.as_str().into());
    suite.set_time(report.run.duration);
    suite
}

fn case(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn error(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(legal(message));
    status.set_type(kind);
    status
}

/// What to read of a finding: where it is, its code, why it matters and how to fix it.
fn told(finding: &Finding) -> String {
    let place = finding.place;
    let mut lines = vec![format!(
        "{}:{}:{}: {} [{}] {}",
        finding.path,
        place.line,
        place.column,
        finding.severity.name(),
        finding.rule,
        finding.message
    )];
    lines.extend(finding.snippet.lines().map(|line| format!("    {}", line.replace('\t', "    "))));
    let cwe = finding.cwe.as_ref().map(|cwe| format!(" ({cwe})")).unwrap_or_default();
    lines.push(format!("why: {}{cwe}", finding.why));
    lines.push(format!("fix: {}", finding.fix));
    lines.extend(finding.impact.iter().map(|impact| format!("impact: {impact}")));
    let lines: Vec<String> = lines.iter().map(|line| legal(line)).collect();
    lines.join("\n")
}

fn place_and_message(problem: &Problem) -> String {
    match problem.line {
        0 => format!("{}: {}", problem.path, problem.message),
        line => format!("{}:{line}: {}", problem.path, problem.message),
    }
}

/// Text with nothing in it that XML 1.0 forbids (<https://www.w3.org/TR/xml/#charsets>), on one line. `quick_junit`
/// drops control characters and what follows an escape without a trace, which would give two files one name, and
/// lets the two noncharacters through.
fn legal(text: &str) -> String {
    harmless(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// Gives each test a name that no other has.
#[derive(Default)]
struct Names {
    given: HashMap<String, usize>,
}

impl Names {
    fn unique(&mut self, name: &str) -> String {
        // Counted by what is printed: two names may differ in a character that cannot be.
        let name = legal(name);
        let count = self.given.entry(name.clone()).or_default();
        *count += 1;
        format!("{name} #{count}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::State;
    use crate::problem::ProblemKind;
    use crate::report::RuleSummary;
    use crate::report::samples;
    use crate::verdict::Requirement;

    fn print(report: &Report) -> String {
        samples::printed(|out| write(report, out))
    }

    /// The class and name of each test, and `ok`, or what it is instead with its type.
    fn told_of(xml: &str) -> Vec<String> {
        let document = quick_junit::Report::deserialize_from_str(xml).expect("the report is JUnit");
        let cases = document.test_suites.iter().flat_map(|suite| &suite.test_cases);
        let cases = cases.map(|case| {
            let kind = |ty: &Option<quick_junit::XmlString>| ty.as_ref().map_or("", |it| it.as_str()).to_owned();
            let status = match &case.status {
                TestCaseStatus::Success { .. } => "ok".to_owned(),
                TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, ty, .. } => format!("failure {}", kind(ty)),
                TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, ty, .. } => format!("error {}", kind(ty)),
                TestCaseStatus::Skipped { ty, .. } => format!("skipped {}", kind(ty)),
            };
            let class = case.classname.as_ref().expect("every test has a class");
            format!("{} | {} | {status}", class.as_str(), case.name.as_str())
        });
        cases.collect()
    }

    fn rule(id: &str) -> RuleSummary {
        RuleSummary {
            id: id.into(),
            severity: Severity::Error,
            message: String::new(),
            why: "".into(),
            fix: "".into(),
            cwe: None,
            docs: None,
        }
    }

    #[test]
    fn a_rule_without_findings_passes() {
        let mut report = samples::report(Vec::new());
        report.run.rules = vec![rule("b"), rule("a")];
        assert_eq!(
            told_of(&print(&report)),
            ["a | nothing found | ok", "b | nothing found | ok", "run | complete | ok"]
        );
    }

    #[test]
    fn names_hold_no_line_and_are_unique() {
        let mut first = samples::finding("a", Severity::Critical, "x.py", 3);
        first.scope = "C.f".to_owned();
        let second = samples::finding("a", Severity::Warning, "x.py", 9);
        let note = samples::finding("b", Severity::Info, "x.py", 12);
        let mut report = samples::report(vec![first.clone(), first, second.clone(), second, note]);
        let names = [
            "a | x.py::C.f #1 | failure critical",
            "a | x.py::C.f #2 | failure critical",
            "a | x.py #1 | failure warning",
            "a | x.py #2 | failure warning",
            "b | x.py #1 | skipped info",
            "run | complete | ok",
        ];
        assert_eq!(told_of(&print(&report)), names);
        report.findings.iter_mut().for_each(|it| it.place.line += 40);
        assert_eq!(told_of(&print(&report)), names);
    }

    #[test]
    fn what_does_not_weigh_is_no_failure() {
        let mut known = samples::finding("a", Severity::Error, "x.py", 1);
        known.state = State::Known;
        let mut excepted = samples::finding("a", Severity::Critical, "x.py", 2);
        excepted.state = State::Excepted;
        let mut test = samples::finding("b", Severity::Critical, "test_x.py", 1);
        test.in_tests = true;
        let mut expired = samples::finding("c", Severity::Error, "x.py", 4);
        expired.state = State::Expired;
        let tests = told_of(&print(&samples::report(vec![test, known, excepted, expired])));
        assert_eq!(
            tests,
            ["a | nothing found | ok", "b | nothing found | ok", "c | x.py #1 | failure error", "run | complete | ok"]
        );
    }

    #[test]
    fn a_run_that_did_not_look_is_no_pass() {
        let mut report = samples::report(Vec::new());
        let problem = |path: &str, kind, in_tests| Problem {
            path: path.to_owned(),
            line: 3,
            kind,
            message: "expected `)`".to_owned(),
            in_tests,
        };
        report.problems = vec![
            problem("x.py", ProblemKind::SyntaxError, false),
            problem("x.py", ProblemKind::SyntaxError, false),
            problem("y.py", ProblemKind::SyntaxErrorElsewhere, false),
            problem("test_x.py", ProblemKind::SyntaxError, true),
        ];
        let mut requirement = Requirement::given("mission checks", "pass", "the level strict");
        requirement.outcome = Outcome::Failed("the check `auth` failed".to_owned());
        report.requirements = vec![Requirement::given("errors", "at most 0", "the level strict"), requirement];
        report.verdict = verdict::judge(&[], &report.problems, &report.ledger, &[], report.policy);
        let xml = print(&report);
        assert_eq!(
            told_of(&xml),
            [
                "run | complete | error incomplete",
                "unexamined | syntax-error x.py #1 | error syntax-error",
                "unexamined | syntax-error x.py #2 | error syntax-error",
                "requirement | mission checks #1 | error failed"
            ]
        );
        assert!(xml.contains(r#"errors="4""#), "{xml}");

        report.problems.clear();
        report.requirements.clear();
        report.ledger.in_scope = 0;
        report.verdict = verdict::judge(&[], &[], &report.ledger, &[], report.policy);
        assert_eq!(told_of(&print(&report)), ["run | complete | error incomplete"]);
    }

    #[test]
    fn any_text_is_valid_xml() {
        let hostile = "]]><!--&\"'\0\u{1}\u{8}\u{b}\x1b[2J\r\n\t\x7f\u{85}\u{9b}m\u{202e}\u{fffe}\u{ffff}\u{10ffff}é";
        let mut finding = samples::finding("a", Severity::Error, hostile, 1);
        finding.message = hostile.to_owned();
        finding.scope = hostile.to_owned();
        finding.snippet = format!("\t{hostile}");
        // A name that differs in nothing that can be printed.
        let twin = Finding { path: hostile.replace('\u{ffff}', "\u{fffe}").into(), ..finding.clone() };
        let xml = print(&samples::report(vec![finding, twin]));
        let is_legal =
            |it: char| matches!(it, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(xml.chars().all(is_legal), "{xml:?}");
        let tests = told_of(&xml);
        assert!(tests[0].contains(" #1 ") && tests[1].contains(" #2 "), "{tests:?}");
        assert!(tests[0].starts_with("a | ]]><!--&\"'␀"), "{tests:?}");
        assert!(tests[0].contains("␛[2J␍␊␉␡"), "nothing is lost without a trace: {tests:?}");
    }
}
