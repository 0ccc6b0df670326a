//! The comment on a pull request. Its first line says whose it is, so that a step finds the one it wrote before, by
//! that line and the author, and writes over it; there is one for each mode. GitHub takes 65,536 characters of a
//! comment, GitLab and others more; a comment that is too long would be refused and the job with it.

use crate::report::Report;
use crate::report::digest;
use crate::report::markdown;
use crate::report::markdown::Layout;
use crate::verdict::Decision;
use std::io;

/// Bytes, and so at most as many characters.
const LONGEST: usize = 60_000;
const _: () = assert!(LONGEST >= markdown::SMALLEST, "what is always said must fit");

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let first = format!("<!-- ssot-guard:v1 key={} -->\n", report.run.mode.name());
    let has_passed = report.verdict.decision == Decision::Pass;
    let is_clean = has_passed && digest::serious_first(report).is_empty() && digest::unexamined(report).is_empty();
    if !is_clean {
        let layout = Layout { first: &first, most: LONGEST, folded: true };
        return out.write_all(markdown::document(report, &layout).as_bytes());
    }
    let said = if report.policy.of_change {
        "Nothing new: this change brings no finding."
    } else {
        "Resolved: no finding counts."
    };
    let (title, footer) = (markdown::title(report), markdown::footer(report));
    write!(out, "{first}{title}\n{said} What this comment listed before is settled.\n\n{footer}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::finding::State;
    use crate::report::samples;
    use crate::verdict;
    use crate::verdict::Mode;

    fn print(report: &Report) -> String {
        samples::printed(|out| write(report, out))
    }

    #[test]
    fn a_comment_is_known_by_its_first_line_and_ends_with_the_commit() {
        let mut report = samples::report(vec![samples::finding("c", Severity::Critical, "a.py", 1)]);
        report.run.mode = Mode::PrValidation;
        report.run.context.commit = Some("0123abc".to_owned());
        report.run.context.link = Some("https://ci.example/run/1".to_owned());
        let text = print(&report);
        assert_eq!(text.lines().next(), Some("<!-- ssot-guard:v1 key=pr-validation -->"));
        let last = "<sub>ssot-guard 0.1.0 · commit `0123abc` · [report](https://ci.example/run/1)</sub>";
        assert_eq!(text.lines().last(), Some(last));
    }

    #[test]
    fn nothing_to_list_is_said_in_a_line() {
        let mut known = samples::finding("c", Severity::Critical, "a.py", 1);
        known.state = State::Known;
        let mut report = samples::report(vec![known]);
        let text = print(&report);
        assert!(text.contains("\nResolved: no finding counts. "), "{text}");
        assert!(!text.contains("a.py"), "{text}");
        report.policy.of_change = true;
        assert!(print(&report).contains("\nNothing new: "));
        report.ledger.in_scope = 0;
        report.verdict = verdict::judge(&report.findings, &[], &report.ledger, &[], report.policy);
        let text = print(&report);
        assert!(text.contains("INCOMPLETE") && text.contains("nothing to scan"), "{text}");
    }

    #[test]
    fn a_comment_is_short_enough_whatever_it_repeats() {
        let name = "|😀`".repeat(5000);
        let mut findings: Vec<_> =
            (1..=300).map(|line| samples::finding(&name, Severity::Error, &name, line)).collect();
        findings.iter_mut().for_each(|it| it.message = name.clone());
        let mut report = samples::report(findings);
        report.verdict.reasons = vec![name.clone(); 100];
        report.run.context.commit = Some(name.clone());
        report.run.context.branch = Some(name.clone());
        report.run.context.base = Some(name.clone());
        report.run.context.environment = Some(name.clone());
        report.run.context.link = Some(format!("https://ci.example/{}", "&".repeat(480)));
        for extension in 0..9 {
            report.ledger.no_reader.insert(format!("{name}{extension}"), 1);
        }
        let text = print(&report);
        assert!(text.len() <= LONGEST, "{}", text.len());
        assert!(text.ends_with("</sub>\n"));
    }
}
