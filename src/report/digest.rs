//! What the formats for build servers and reviews have in common: which findings they list and in which order, the
//! verdict on one line, and texts made short or harmless.

use crate::finding::Finding;
use crate::place::Place;
use crate::problem::Problem;
use crate::report::Report;
use crate::report::text::harmless;
use crate::verdict;
use crate::verdict::Decision;
use std::cmp::Reverse;

/// The findings that count, the most serious first, and within a severity as in the report.
pub(super) fn serious_first(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.counted().collect();
    findings.sort_by_key(|it| Reverse(it.severity));
    findings
}

/// What could not be examined and weighs in the verdict.
pub(super) fn unexamined(report: &Report) -> Vec<&Problem> {
    report.problems.iter().filter(|it| verdict::is_weighed(it, report.policy)).collect()
}

pub(super) fn decision(report: &Report) -> &'static str {
    match report.verdict.decision {
        Decision::Pass => "PASS",
        Decision::Block => "BLOCKED",
        Decision::Incomplete => "INCOMPLETE",
    }
}

/// `BLOCKED: 2 critical findings (exit 2)`
pub(super) fn verdict_line(report: &Report) -> String {
    let decision = decision(report);
    match report.verdict.decision {
        Decision::Pass => decision.to_owned(),
        Decision::Block | Decision::Incomplete => {
            let reasons = one_line(&report.verdict.reasons.join("; "));
            format!("{decision}: {reasons} (exit {})", report.verdict.exit_code)
        }
    }
}

/// What passes and should be known, in sentences.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes = report.verdict.notes.clone();
    if report.escalates {
        notes.push("this is critical: tell whoever answers for security now".to_owned());
    }
    if report.is_advisory {
        notes.push("advisory: the process ends with exit code 0 (--no-fail)".to_owned());
    }
    notes
}

/// `path:line:column`, or the path alone where the whole file is meant.
pub(super) fn locator(path: &str, place: Place) -> String {
    let path = harmless(path);
    if place.line == 0 { path } else { format!("{path}:{}:{}", place.line, place.column) }
}

/// `path:line`, or the path alone where the whole file is meant.
pub(super) fn problem_locator(problem: &Problem) -> String {
    let path = harmless(&problem.path);
    if problem.line == 0 { path } else { format!("{path}:{}", problem.line) }
}

/// The last line that a place marks. A place that takes in a line ending stops at the start of the next line, of which
/// it marks nothing.
pub(super) fn last_line(place: Place) -> u32 {
    if place.end_line > place.line && place.end_column <= 1 {
        place.end_line - 1
    } else {
        place.end_line.max(place.line)
    }
}

/// Text on one line, with nothing in it that a terminal would obey.
pub(super) fn one_line(text: &str) -> String {
    harmless(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Plain text for the log of a build server, so that it holds no command: `##[…]` and `##vso[…]` are obeyed anywhere
/// in a line. Servers look for them with a comparison that passes over invisible characters, but not over blanks.
pub(super) fn inert(text: &str) -> String {
    text.replace('#', "# ")
}

/// At most so much of a text, as `measure` counts characters: whole ones, and `…` where something is missing.
pub(super) fn shortened(text: &str, most: usize, measure: fn(char) -> usize) -> String {
    if text.chars().map(measure).sum::<usize>() <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(measure('…'));
    let kept = text.chars().take_while(|&character| match room.checked_sub(measure(character)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    });
    kept.chain(['…']).collect()
}

/// At most so many characters of a text.
pub(super) fn characters(text: &str, most: usize) -> String {
    shortened(text, most, |_| 1)
}

/// The address of a page, if it is one, with nothing in it that ends a link in Markdown or HTML or that either would
/// take for an escape. Everything else could run in a browser or is too long for one.
pub(super) fn address(text: &str) -> Option<String> {
    let is_page = ["https://", "http://"].iter().any(|start| text.starts_with(start) && text.len() > start.len());
    if !is_page {
        return None;
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'*+,=%".contains(&byte);
    let parts = text.bytes().map(|it| if is_plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") });
    let address: String = parts.collect();
    (address.len() <= LONGEST_ADDRESS).then_some(address)
}

/// Bytes.
const LONGEST_ADDRESS: usize = 500;

/// JSON allows the controls above ASCII's, but a terminal may obey them; they can only stand in strings.
pub(super) fn without_controls(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\x7f'..='\u{9f}' => plain.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::finding::State;
    use crate::report::samples;

    #[test]
    fn what_counts_is_listed_by_severity_then_as_in_the_report() {
        let mut known = samples::finding("known", Severity::Critical, "a.py", 1);
        known.state = State::Known;
        let mut test = samples::finding("test", Severity::Critical, "a.py", 2);
        test.in_tests = true;
        let report = samples::report(vec![
            samples::finding("first", Severity::Warning, "a.py", 1),
            known,
            test,
            samples::finding("second", Severity::Critical, "b.py", 9),
            samples::finding("third", Severity::Warning, "b.py", 9),
            samples::finding("fourth", Severity::Critical, "c.py", 1),
        ]);
        let rules: Vec<&str> = serious_first(&report).iter().map(|it| &*it.rule).collect();
        assert_eq!(rules, ["second", "fourth", "first", "third"]);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!([characters("äöü", 3), characters("äöüß", 3)], ["äöü", "äö…"]);
        assert_eq!(shortened("nämlich", 8, char::len_utf8), "nämlich");
        assert_eq!(shortened("nämlich", 7, char::len_utf8), "näm…");
        assert_eq!(shortened("😀😀😀", 5, char::len_utf16), "😀😀…");
    }

    #[test]
    fn addresses_cannot_leave_their_link() {
        assert_eq!(address("http://a.b/&lt;").as_deref(), Some("http://a.b/&lt%3B"));
        assert_eq!(address("https://a.b/c?d=1&e=(f)#g").as_deref(), Some("https://a.b/c?d=1&e=%28f%29#g"));
        assert_eq!(address("http://a.b/\"><x>\n").as_deref(), Some("http://a.b/%22%3E%3Cx%3E%0A"));
        assert_eq!(address("javascript:alert(1)"), None);
        assert_eq!(address("https://"), None);
        assert_eq!(address(&format!("https://{}", "a".repeat(LONGEST_ADDRESS))), None);
    }
}
