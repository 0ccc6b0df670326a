//! The report for a job of Azure Pipelines: commands that the agent reads from the log, one for each finding that
//! counts and each place that could not be examined, then the verdict. The agent keeps the first ten errors and
//! warnings of a task for the summary of the run and shows the others in the log, so the most serious come first.
//!
//! Commands: <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>. Escapes: the agent's
//! `CommandStringConvertor.cs` and `docs/design/percentEncoding.md`; a percent sign is `%AZP25` and nothing else.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::problem::Problem;
use crate::report::Report;
use crate::report::digest;
use crate::report::text::harmless;
use crate::verdict::Decision;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = digest::serious_first(report);
    let (criticals, others) = findings.split_at(findings.partition_point(|it| it.severity == Severity::Critical));
    for finding in criticals {
        issue(finding, out)?;
    }
    for problem in digest::unexamined(report) {
        unexamined(report, problem, out)?;
    }
    for finding in others {
        issue(finding, out)?;
    }
    for note in digest::notes(report) {
        writeln!(out, "note: {}", digest::inert(&digest::one_line(&note)))?;
    }
    let verdict = digest::verdict_line(report);
    writeln!(out, "{}", digest::inert(&verdict))?;
    match report.verdict.decision {
        Decision::Pass => Ok(()),
        Decision::Block | Decision::Incomplete if report.is_advisory => Ok(()),
        Decision::Block | Decision::Incomplete => {
            writeln!(out, "##vso[task.complete result=Failed;]{}", escaped(&verdict))
        }
    }
}

/// Characters of a message. What is longer nobody reads in the summary of a run.
const LONGEST_MESSAGE: usize = 4096;

fn issue(finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    let (severity, place) = (finding.severity.name(), finding.place);
    let (message, fix) = (digest::one_line(&finding.message), digest::one_line(&finding.fix));
    let kind = match finding.severity {
        Severity::Critical | Severity::Error => "error",
        Severity::Warning => "warning",
        // The agent knows no third kind.
        Severity::Info => {
            let line = format!("{}: {severity} [{}] {message}", digest::locator(&finding.path, place), &finding.rule);
            return writeln!(out, "{}", digest::inert(&harmless(&line)));
        }
    };
    let position = match place.line {
        0 => String::new(),
        line => format!("linenumber={line};columnnumber={};", place.column),
    };
    let text = format!("{severity}: {message}\nwhy: {}\nfix: {fix}", digest::one_line(&finding.why));
    writeln!(
        out,
        "##vso[task.logissue type={kind};sourcepath={};{position}code={};]{}",
        escaped(&finding.path),
        escaped(&finding.rule),
        escaped(&digest::characters(&text, LONGEST_MESSAGE)),
    )
}

fn unexamined(report: &Report, problem: &Problem, out: &mut dyn io::Write) -> io::Result<()> {
    let kind = match report.verdict.decision {
        Decision::Incomplete => "error",
        Decision::Pass | Decision::Block => "warning",
    };
    let line = if problem.line == 0 { String::new() } else { format!("linenumber={};", problem.line) };
    let text = format!("not examined in full: {}", digest::one_line(&problem.message));
    writeln!(
        out,
        "##vso[task.logissue type={kind};sourcepath={};{line}code={};]{}",
        escaped(&problem.path),
        problem.kind.name(),
        escaped(&digest::characters(&text, LONGEST_MESSAGE)),
    )
}

/// Line breaks are kept, in their escapes, so that a path stays that path.
fn escaped(text: &str) -> String {
    let escaped = text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A");
    harmless(&escaped.replace(';', "%3B").replace(']', "%5D"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::problem::ProblemKind;
    use crate::report::samples;
    use crate::verdict;
    use std::collections::BTreeMap;

    fn print(report: &Report) -> String {
        samples::printed(|out| write(report, out))
    }

    /// A line as the agent takes it apart: the command, its properties and its message.
    fn parsed(line: &str) -> Option<(&str, BTreeMap<String, String>, String)> {
        let unescaped = |text: &str| {
            let text = text.replace("%3B", ";").replace("%0D", "\r").replace("%0A", "\n").replace("%5D", "]");
            text.replace("%AZP25", "%")
        };
        let (_, command) = line.split_once("##vso[")?;
        let (head, message) = command.split_once(']')?;
        let (name, properties) = head.split_once(' ')?;
        let pairs = properties.split(';').filter_map(|it| it.split_once('='));
        let pairs = pairs.map(|(key, value)| (key.to_owned(), unescaped(value)));
        Some((name, pairs.collect(), unescaped(message)))
    }

    #[test]
    fn hostile_text_comes_back_as_it_was_and_gives_no_command() {
        let evil = "a;b]c%3B%AZP25\r\n##vso[task.setvariable variable=x]y";
        let mut finding = samples::finding("r", Severity::Critical, evil, 7);
        finding.place = Place { line: 7, column: 2, end_line: 8, end_column: 1 };
        finding.message = evil.to_owned();
        let mut info = samples::finding("r", Severity::Info, evil, 1);
        info.message = evil.to_owned();
        let mut report = samples::report(vec![finding, info]);
        report.verdict.notes.push(evil.to_owned());
        report.verdict.reasons.push(evil.to_owned());
        let text = print(&report);
        let commands: Vec<_> = text.split(['\n', '\r']).filter_map(parsed).collect();
        assert_eq!(commands.len(), 2, "{text}");
        let (name, properties, message) = &commands[0];
        assert_eq!(*name, "task.logissue");
        assert_eq!(properties["type"], "error");
        assert_eq!(properties["sourcepath"], evil);
        assert_eq!((&*properties["linenumber"], &*properties["columnnumber"]), ("7", "2"));
        assert_eq!(properties["code"], "r");
        assert!(
            message.starts_with("critical: a;b]c%3B%AZP25 ##vso[task.setvariable variable=x]y\nwhy: "),
            "{message}"
        );
        assert_eq!(commands[1].0, "task.complete");
        assert_eq!(commands[1].1["result"], "Failed");
    }

    #[test]
    fn criticals_come_first_and_then_what_was_not_examined() {
        let mut report = samples::report(vec![
            samples::finding("w", Severity::Warning, "a.py", 1),
            samples::finding("c", Severity::Critical, "b.py", 1),
        ]);
        report.problems.push(Problem {
            path: "c.py".to_owned(),
            line: 3,
            kind: ProblemKind::SyntaxError,
            message: "expected `)`".to_owned(),
            in_tests: false,
        });
        let text = print(&report);
        let codes: Vec<String> =
            text.lines().filter_map(parsed).filter_map(|(_, mut properties, _)| properties.remove("code")).collect();
        assert_eq!(codes, ["c", "syntax-error", "w"]);
    }

    #[test]
    fn the_task_fails_where_the_process_does() {
        assert_eq!(print(&samples::report(Vec::new())), "PASS\n");
        assert!(!print(&samples::report(vec![samples::finding("w", Severity::Warning, "a.py", 1)])).contains("Failed"));
        let mut report = samples::report(vec![samples::finding("e", Severity::Error, "a.py", 1)]);
        let end = "BLOCKED: 1 error finding (exit 1)\n\
                   ##vso[task.complete result=Failed;]BLOCKED: 1 error finding (exit 1)\n";
        assert!(print(&report).ends_with(end));
        report.is_advisory = true;
        assert!(!print(&report).contains("task.complete"));
        let mut report = samples::report(Vec::new());
        report.ledger.in_scope = 0;
        report.verdict = verdict::judge(&[], &[], &report.ledger, &[], report.policy);
        assert!(print(&report).contains("##vso[task.complete result=Failed;]INCOMPLETE: "));
    }
}
