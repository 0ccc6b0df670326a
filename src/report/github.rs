//! The report for a job of GitHub Actions: annotations, which the runner reads as commands from the log and shows
//! beside the code of a pull request, then every finding on a line of its own, then the verdict.
//!
//! GitHub keeps the first ten annotations of each severity of a step and drops the rest without a word, and cuts
//! messages at 4,096 characters (actions/runner, `ExecutionContext.cs`). So the most serious come first, and a notice
//! says how many more the log holds. How commands are written: actions/toolkit, `packages/core/src/command.ts`; columns
//! go with one line only.
//!
//! The log repeats text of the scanned repository, which must not give commands of its own. The runner obeys none
//! between `::stop-commands::TOKEN` and `::TOKEN::`.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::problem::Problem;
use crate::report::Report;
use crate::report::digest;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::verdict::Decision;
use sha2::Digest;
use std::collections::BTreeMap;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = digest::serious_first(report);
    let unexamined = digest::unexamined(report);
    annotations(report, &findings, &unexamined, out)?;
    log(report, &findings, &unexamined, out)?;
    for note in digest::notes(report) {
        writeln!(out, "note: {}", digest::inert(&digest::one_line(&note)))?;
    }
    writeln!(out, "{}", digest::inert(&digest::verdict_line(report)))
}

/// Annotations of one kind that GitHub keeps of a step.
const MOST_OF_A_KIND: usize = 10;
/// Problems that are annotated, so that they leave room for findings.
const MOST_PROBLEMS: usize = 3;
/// UTF-16 code units, which is how the runner counts.
const LONGEST_MESSAGE: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Error,
    Warning,
    Notice,
}

impl Kind {
    fn of(severity: Severity) -> Kind {
        match severity {
            Severity::Critical | Severity::Error => Kind::Error,
            Severity::Warning => Kind::Warning,
            Severity::Info => Kind::Notice,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Error => "error",
            Kind::Warning => "warning",
            Kind::Notice => "notice",
        }
    }
}

fn annotations(
    report: &Report,
    findings: &[&Finding],
    unexamined: &[&Problem],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    // One notice is left for what is said of the others.
    let kept = [(Kind::Error, MOST_OF_A_KIND), (Kind::Warning, MOST_OF_A_KIND), (Kind::Notice, MOST_OF_A_KIND - 1)];
    let mut annotations = Annotations { out, room: kept.into(), more: BTreeMap::new() };
    let (criticals, others) = findings.split_at(findings.partition_point(|it| it.severity == Severity::Critical));
    annotations.findings(criticals)?;
    // Where something else decides they may not take its room.
    let kind = match report.verdict.decision {
        Decision::Incomplete => Kind::Error,
        Decision::Pass | Decision::Block => Kind::Warning,
    };
    let mut more_problems = unexamined.len();
    for problem in unexamined.iter().take(MOST_PROBLEMS) {
        if annotations.takes(kind) {
            more_problems -= 1;
            writeln!(annotations.out, "{}", problem_annotation(kind, problem))?;
        }
    }
    annotations.findings(others)?;
    annotations.say_more(more_problems as u64)
}

struct Annotations<'a> {
    out: &'a mut dyn io::Write,
    /// How many more of each kind GitHub keeps.
    room: BTreeMap<Kind, usize>,
    /// Findings that it would not keep.
    more: BTreeMap<Severity, u64>,
}

impl Annotations<'_> {
    fn findings(&mut self, findings: &[&Finding]) -> io::Result<()> {
        for finding in findings {
            let kind = Kind::of(finding.severity);
            if self.takes(kind) {
                writeln!(self.out, "{}", annotation(kind, finding))?;
            } else {
                *self.more.entry(finding.severity).or_default() += 1;
            }
        }
        Ok(())
    }

    fn takes(&mut self, kind: Kind) -> bool {
        let room = self.room.entry(kind).or_default();
        let is_there = *room > 0;
        *room = room.saturating_sub(1);
        is_there
    }

    fn say_more(&mut self, problems: u64) -> io::Result<()> {
        let mut parts = Vec::new();
        for (severity, &count) in self.more.iter().rev() {
            let name = severity.name();
            parts.push(counted(count, &format!("more {name} finding"), &format!("more {name} findings")));
        }
        if problems > 0 {
            parts.push(counted(problems, "more place not examined in full", "more places not examined in full"));
        }
        if parts.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "::notice title=ssot-guard::{}: see the log of this step", parts.join(", "))
    }
}

fn annotation(kind: Kind, finding: &Finding) -> String {
    let (severity, place) = (finding.severity.name(), finding.place);
    let title = property(&format!("ssot-guard {severity} ({})", finding.rule));
    let mut command = format!("::{} title={title},file={}", kind.name(), property(&finding.path));
    if place.line > 0 {
        command.push_str(&format!(",line={},endLine={}", place.line, digest::last_line(place)));
        if place.end_line == place.line {
            command.push_str(&format!(",col={},endColumn={}", place.column, place.end_column));
        }
    }
    let mut message = format!("{}\nwhy: {}", digest::one_line(&finding.message), digest::one_line(&finding.why));
    if let Some(cwe) = &finding.cwe {
        message.push_str(&format!(" ({})", digest::one_line(cwe)));
    }
    if let Some(impact) = &finding.impact {
        message.push_str(&format!("\nimpact: {}", digest::one_line(impact)));
    }
    message.push_str(&format!("\nfix: {}", digest::one_line(&finding.fix)));
    format!("{command}::{}", data(&message))
}

fn problem_annotation(kind: Kind, problem: &Problem) -> String {
    let line = if problem.line == 0 { String::new() } else { format!(",line={}", problem.line) };
    let title = "ssot-guard not examined in full";
    let message = data(&format!("{}: {}", problem.kind.name(), digest::one_line(&problem.message)));
    format!("::{} title={title},file={}{line}::{message}", kind.name(), property(&problem.path))
}

/// Line breaks are kept, in their escapes, so that a path stays that path.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

fn data(message: &str) -> String {
    escaped(&digest::shortened(message, LONGEST_MESSAGE, char::len_utf16))
}

fn escaped(text: &str) -> String {
    harmless(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

/// Everything that counts, a line each.
fn log(report: &Report, findings: &[&Finding], unexamined: &[&Problem], out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = String::new();
    for finding in findings {
        let place = digest::locator(&finding.path, finding.place);
        let (severity, rule) = (finding.severity.name(), harmless(&finding.rule));
        let message = digest::one_line(&finding.message);
        text.push_str(&format!("{place}: {severity} [{rule}] {message}\n"));
    }
    for problem in unexamined {
        let (place, kind) = (digest::problem_locator(problem), problem.kind.name());
        let message = digest::one_line(&problem.message);
        text.push_str(&format!("{place}: not examined in full ({kind}): {message}\n"));
    }
    if text.is_empty() {
        return Ok(());
    }
    let token = token(report, &text);
    write!(out, "::stop-commands::{token}\n{text}::{token}::\n")
}

/// A word that nobody who writes the repository can know, and that is not in the text it ends.
fn token(report: &Report, text: &str) -> String {
    // The runner compares without regard to case.
    let text = text.to_ascii_lowercase();
    let mut token = format!("{} {}", report.run.started, report.run.duration.as_nanos());
    loop {
        token = sha2::Sha256::digest(&token)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        if !text.contains(&token) {
            return token;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::problem::ProblemKind;
    use crate::report::samples;
    use crate::verdict;

    fn print(report: &Report) -> String {
        samples::printed(|out| write(report, out))
    }

    /// The lines that the runner obeys, by its two syntaxes, and the others.
    fn obeyed(text: &str) -> (Vec<&str>, Vec<&str>) {
        let (mut commands, mut rest) = (Vec::new(), Vec::new());
        let mut end: Option<String> = None;
        for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
            let is_command = line.trim_start().starts_with("::") || line.contains("##[");
            match &end {
                Some(token) if line == token => end = None,
                Some(_) => rest.push(line),
                None => match line.strip_prefix("::stop-commands::") {
                    Some(token) => end = Some(format!("::{token}::")),
                    None if is_command => commands.push(line),
                    None => rest.push(line),
                },
            }
        }
        assert_eq!(end, None, "commands are obeyed again");
        (commands, rest)
    }

    fn judged(report: &mut Report) {
        report.verdict =
            verdict::judge(&report.findings, &report.problems, &report.ledger, &report.requirements, report.policy);
    }

    #[test]
    fn a_finding_is_an_annotation_and_a_line() {
        let mut finding = samples::finding("jwt-verify-disabled", Severity::Critical, "a b.py", 3);
        finding.place = Place { line: 3, column: 5, end_line: 3, end_column: 9 };
        let report = samples::report(vec![finding]);
        let text = print(&report);
        let (commands, rest) = obeyed(&text);
        let expected = "::error title=ssot-guard critical (jwt-verify-disabled),file=a b.py,line=3,endLine=3,col=5,\
                        endColumn=9::the check is off%0Awhy: anyone can forge a token%0Afix: switch it on";
        assert_eq!(commands, [expected]);
        assert_eq!(
            rest,
            ["a b.py:3:5: critical [jwt-verify-disabled] the check is off", "BLOCKED: 1 critical finding (exit 2)"]
        );
    }

    #[test]
    fn columns_go_with_one_line_only() {
        let mut finding = samples::finding("r", Severity::Error, "a.py", 3);
        finding.place = Place { line: 3, column: 5, end_line: 6, end_column: 1 };
        let text = print(&samples::report(vec![finding]));
        assert!(text.contains(",line=3,endLine=5::"), "{text}");
        assert!(!text.contains("col=") && !text.contains("endColumn="), "{text}");
    }

    #[test]
    fn nothing_of_the_repository_is_obeyed() {
        let evil = "\n::error::x\r##[add-matcher]x.json\n  ::add-path::/x";
        let mut finding = samples::finding("r", Severity::Warning, &format!("a,b:c%\n=.py{evil}"), 1);
        finding.message = format!("::add-mask::x{evil}");
        finding.why = evil.into();
        finding.fix = evil.into();
        let mut plain = samples::finding("r", Severity::Warning, "::set-env name=a::b", 1);
        plain.message = "##[error]x".to_owned();
        let mut report = samples::report(vec![finding, plain]);
        report.problems.push(Problem {
            path: format!("::debug::{evil}"),
            line: 0,
            kind: ProblemKind::Unreadable,
            message: evil.to_owned(),
            in_tests: false,
        });
        judged(&mut report);
        report.verdict.reasons.push(format!("##[error]{evil}"));
        report.verdict.notes.push(format!("##[error]{evil}"));
        let text = print(&report);
        let (commands, rest) = obeyed(&text);
        assert_eq!(commands.len(), 3, "{text}");
        assert!(commands[0].starts_with("::error title=ssot-guard not examined in full,file=%3A%3Adebug%3A%3A%0A"));
        let path = ",file=a%2Cb%3Ac%25%0A=.py%0A%3A%3Aerror%3A%3Ax%0D##[add-matcher]x.json%0A  %3A%3Aadd-path%3A%3A/x,";
        assert!(commands[1].starts_with("::warning ") && commands[1].contains(path), "{text}");
        assert!(rest.last().is_some_and(|last| last.starts_with("INCOMPLETE: ")), "{text}");
    }

    #[test]
    fn what_github_would_drop_is_counted_and_still_in_the_log() {
        let mut findings: Vec<Finding> =
            (1..=12).map(|line| samples::finding("w", Severity::Warning, "a.py", line)).collect();
        findings.extend((1..=9).map(|line| samples::finding("e", Severity::Error, "b.py", line)));
        findings.extend((1..=3).map(|line| samples::finding("c", Severity::Critical, "c.py", line)));
        let text = print(&samples::report(findings));
        let (commands, rest) = obeyed(&text);
        assert!(commands[..3].iter().all(|line| line.contains("file=c.py")), "{text}");
        for (kind, count) in [("::error ", 10), ("::warning ", 10), ("::notice ", 1)] {
            assert_eq!(commands.iter().filter(|line| line.starts_with(kind)).count(), count, "{kind}");
        }
        let notice =
            "::notice title=ssot-guard::2 more error findings, 2 more warning findings: see the log of this step";
        assert_eq!(commands.last(), Some(&notice));
        assert_eq!(rest.len(), 24 + 1);
    }

    #[test]
    fn what_keeps_a_run_incomplete_is_annotated_and_leaves_room_for_findings() {
        let findings = (1..=20).map(|line| samples::finding("e", Severity::Error, "a.py", line)).collect();
        let mut report = samples::report(findings);
        report.problems = (1..=20)
            .map(|line| Problem {
                path: "b.py".to_owned(),
                line,
                kind: ProblemKind::SyntaxError,
                message: "expected `)`".to_owned(),
                in_tests: false,
            })
            .collect();
        judged(&mut report);
        let text = print(&report);
        let (commands, _) = obeyed(&text);
        assert!(commands[0].starts_with("::error title=ssot-guard not examined in full,file=b.py,line=1::"), "{text}");
        assert_eq!(commands.iter().filter(|line| line.contains("file=a.py")).count(), 7);
        assert!(text.contains("13 more error findings, 17 more places not examined in full"), "{text}");
    }

    #[test]
    fn messages_are_cut_where_github_would_cut_them() {
        let mut finding = samples::finding("r", Severity::Error, "a.py", 1);
        finding.message = "😀%".repeat(5000);
        let report = samples::report(vec![finding]);
        let text = print(&report);
        let (commands, _) = obeyed(&text);
        let message = commands[0].rsplit("::").next().expect("a command has a message").replace("%25", "%");
        assert!((4095..=4096).contains(&message.encode_utf16().count()), "{}", message.len());
        assert!(message.ends_with('…'));
    }

    #[test]
    fn the_word_that_ends_the_log_is_not_in_it() {
        let report = samples::report(Vec::new());
        let first = token(&report, "");
        let second = token(&report, &format!("::{}::", first.to_ascii_uppercase()));
        assert_ne!(first, second);
        assert_eq!(first, token(&report, "other"));
    }

    #[test]
    fn nothing_to_say_is_one_line() {
        assert_eq!(print(&samples::report(Vec::new())), "PASS\n");
    }
}
