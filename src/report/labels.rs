//! Which labels a pull request is to have after this run: `{"add": […], "remove": […]}`, for a step that calls the
//! server's API. Together the two lists are always the same five names, which are ours; no other label is touched, in
//! particular not `compliance-check`, by which people ask for a run. The names are those of the workflow this tool
//! replaces, since teams filter by them.

use crate::finding::Severity;
use crate::report::Report;
use crate::report::digest;
use crate::verdict::Decision;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let (add, remove): (Vec<Label>, Vec<Label>) = LABELS.into_iter().partition(|(_, is_due)| is_due(report));
    let names = |labels: Vec<Label>| labels.into_iter().map(|(name, _)| name).collect();
    let labels = WireLabels { add: names(add), remove: names(remove) };
    writeln!(out, "{}", serde_json::to_string(&labels)?)
}

#[derive(serde::Serialize)]
struct WireLabels {
    add: Vec<&'static str>,
    remove: Vec<&'static str>,
}

/// A label, and whether a report deserves it.
type Label = (&'static str, fn(&Report) -> bool);

const LABELS: [Label; 5] = [
    ("🚨 critical-violations", |report| has(report, Severity::Critical)),
    ("security-risk", |report| has(report, Severity::Critical)),
    ("⚠️ ssot-violations", |report| has(report, Severity::Error) || is_blocked_otherwise(report)),
    ("📝 compliance-warnings", |report| has(report, Severity::Warning)),
    ("✅ compliance-passed", is_passed),
];

fn has(report: &Report, severity: Severity) -> bool {
    report.counted().any(|it| it.severity == severity)
}

/// Something else than a critical blocks: a requirement that is not met, or too many findings.
fn is_blocked_otherwise(report: &Report) -> bool {
    report.verdict.decision == Decision::Block && !has(report, Severity::Critical)
}

/// A label stays when the notes of its run are forgotten, so a pass that something was not examined for earns none.
fn is_passed(report: &Report) -> bool {
    report.verdict.decision == Decision::Pass && digest::unexamined(report).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::State;
    use crate::problem::Problem;
    use crate::problem::ProblemKind;
    use crate::report::samples;
    use crate::verdict::Level;
    use crate::verdict::Mode;
    use crate::verdict::Outcome;
    use crate::verdict::Requirement;

    fn check(report: &Report, expected: &[&str]) {
        let value: serde_json::Value =
            serde_json::from_str(&samples::printed(|out| write(report, out))).expect("the report is JSON");
        let names = |key: &str| -> Vec<String> {
            let names = value[key].as_array().expect("a list").iter();
            names.map(|it| it.as_str().expect("a name").to_owned()).collect()
        };
        assert_eq!(names("add"), expected);
        let mut all = [names("add"), names("remove")].concat();
        all.sort();
        let owned = [
            "security-risk",
            "⚠\u{fe0f} ssot-violations",
            "✅ compliance-passed",
            "📝 compliance-warnings",
            "🚨 critical-violations",
        ];
        assert_eq!(all, owned);
    }

    fn problem() -> Problem {
        Problem {
            path: "a.py".to_owned(),
            line: 0,
            kind: ProblemKind::Unreadable,
            message: "permission denied".to_owned(),
            in_tests: false,
        }
    }

    #[test]
    fn labels_follow_what_counts() {
        let finding = |severity| samples::finding("r", severity, "a.py", 1);
        check(&samples::report(Vec::new()), &["✅ compliance-passed"]);
        check(&samples::report(vec![finding(Severity::Info)]), &["✅ compliance-passed"]);
        let warned = ["📝 compliance-warnings", "✅ compliance-passed"];
        check(&samples::report(vec![finding(Severity::Warning)]), &warned);
        check(&samples::report(vec![finding(Severity::Error)]), &["⚠\u{fe0f} ssot-violations"]);
        let critical = ["🚨 critical-violations", "security-risk"];
        check(&samples::report(vec![finding(Severity::Critical)]), &critical);
        let mut known = finding(Severity::Critical);
        known.state = State::Known;
        check(&samples::report(vec![known]), &["✅ compliance-passed"]);
    }

    #[test]
    fn a_requirement_that_is_not_met_is_a_violation() {
        let mut report = samples::report(Vec::new());
        let outcome = Outcome::Failed("the checks failed".to_owned());
        report.requirements.push(Requirement { outcome, ..Requirement::given("checks", "pass", "ssot-guard.toml") });
        report.judge();
        check(&report, &["⚠\u{fe0f} ssot-violations"]);
    }

    #[test]
    fn what_was_not_examined_earns_no_pass() {
        let mut report = samples::report(Vec::new());
        report.problems.push(problem());
        report.judge();
        check(&report, &[]);
        report.policy = Level::Permissive.policy(Mode::PrValidation);
        report.ledger.in_scope = 1000;
        report.judge();
        assert_eq!(report.verdict.decision, Decision::Pass);
        check(&report, &[]);
    }
}
