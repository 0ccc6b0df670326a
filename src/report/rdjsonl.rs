//! Findings that count for reviewdog, which posts them as comments of a review: a `Diagnostic` of the Reviewdog
//! Diagnostic Format on each line
//! (<https://github.com/reviewdog/reviewdog/blob/master/proto/rdf/reviewdog.proto>).
//!
//! Its columns count bytes of UTF-8 from 1. They are left out where they cannot be told: where the snippet does not
//! reach, and behind a mask, which has as many characters as what it hides but not as many bytes. Its end is
//! exclusive; without columns, whole lines are meant and the last one is part of it.
//!
//! reviewdog reads lines of up to 64 KiB and, without a word, nothing after one that is longer.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::Report;
use crate::report::digest;
use std::collections::HashMap;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let rules = report.run.rules.iter();
    let pages = rules.filter_map(|rule| Some((&*rule.id, digest::address(rule.docs.as_deref()?)?)));
    let pages: HashMap<&str, String> = pages.collect();
    for finding in digest::serious_first(report) {
        writeln!(out, "{}", line(finding, pages.get(&*finding.rule).map(String::as_str))?)?;
    }
    Ok(())
}

/// Bytes of a line.
const LONGEST_LINE: usize = 60_000;
/// Bytes of a message, which may double in JSON.
const LONGEST_MESSAGE: usize = 8_000;

#[derive(serde::Serialize)]
struct WireDiagnostic<'a> {
    message: String,
    location: WireLocation<'a>,
    severity: &'static str,
    source: WireSource,
    code: WireCode<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<WireRelated<'a>>,
}

#[derive(serde::Serialize)]
struct WireLocation<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<WireRange>,
}

#[derive(serde::Serialize)]
struct WireRange {
    start: WirePosition,
    end: WirePosition,
}

#[derive(serde::Serialize)]
struct WirePosition {
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

#[derive(serde::Serialize)]
struct WireSource {
    name: &'static str,
}

#[derive(serde::Serialize)]
struct WireCode<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(serde::Serialize)]
struct WireRelated<'a> {
    message: String,
    location: WireLocation<'a>,
}

fn line(finding: &Finding, page: Option<&str>) -> io::Result<String> {
    let mut diagnostic = diagnostic(finding, page);
    loop {
        let line = digest::without_controls(&serde_json::to_string(&diagnostic)?);
        if line.len() <= LONGEST_LINE || diagnostic.related_locations.pop().is_none() {
            return Ok(line);
        }
    }
}

fn diagnostic<'a>(finding: &'a Finding, page: Option<&'a str>) -> WireDiagnostic<'a> {
    let related = finding.related.iter().map(|it| {
        let lines = whole_lines(it.place.line, digest::last_line(it.place));
        let location = WireLocation { path: &it.path, range: (it.place.line > 0).then_some(lines) };
        WireRelated { message: prose(&it.message), location }
    });
    let parts = [("", &*finding.message), ("why: ", &*finding.why), ("fix: ", &*finding.fix)];
    let message = parts.map(|(name, text)| format!("{name}{}", prose(text)));
    WireDiagnostic {
        message: digest::shortened(&message.join("\n"), LONGEST_MESSAGE, char::len_utf8),
        location: WireLocation { path: &finding.path, range: range(finding) },
        severity: match finding.severity {
            Severity::Critical | Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        source: WireSource { name: "ssot-guard" },
        code: WireCode { value: &finding.rule, url: page },
        // More than a line holds are dropped one by one, so that the first ones are worth the most.
        related_locations: related.take(MOST_RELATED).collect(),
    }
}

const MOST_RELATED: usize = 50;

/// Names in the scanned code must not call people or link to issues once this is posted as a comment.
fn prose(text: &str) -> String {
    let text = digest::shortened(&digest::one_line(text), LONGEST_MESSAGE, char::len_utf8);
    text.replace('@', "@\u{200b}").replace('#', "#\u{200b}")
}

fn range(finding: &Finding) -> Option<WireRange> {
    let place = finding.place;
    if place.line == 0 {
        return None;
    }
    let snippet = finding.snippet.replace("\r\n", "\n");
    let lines: Vec<&str> = snippet.split(['\n', '\r']).collect();
    let last = place.end_line.max(place.line);
    let start = byte_column(lines.first().copied(), place.column);
    let end = match place.end_column {
        // The line is not in the snippet when only its start ends the place.
        1 => Some(1),
        column => byte_column(lines.get((last - place.line) as usize).copied(), column),
    };
    Some(match (start, end) {
        (Some(start), Some(end)) => WireRange {
            start: WirePosition { line: place.line, column: Some(start) },
            end: WirePosition { line: last, column: Some(end) },
        },
        _ => whole_lines(place.line, digest::last_line(place)),
    })
}

fn whole_lines(first: u32, last: u32) -> WireRange {
    WireRange { start: WirePosition { line: first, column: None }, end: WirePosition { line: last, column: None } }
}

/// The 1-based column in bytes of a 1-based column in characters.
fn byte_column(line: Option<&str>, column: u32) -> Option<usize> {
    let before = column.checked_sub(1)? as usize;
    let line = line?;
    let end = match line.char_indices().nth(before) {
        Some((at, _)) => at,
        None if line.chars().count() == before => line.len(),
        None => return None,
    };
    // A star may stand for a character of more than one byte.
    (!line[..end].contains('*')).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Related;
    use crate::place::Place;
    use crate::report::samples;
    use serde_json::Value;
    use serde_json::json;

    fn print(findings: Vec<Finding>) -> Vec<Value> {
        let text = samples::printed(|out| write(&samples::report(findings), out));
        assert!(!text.contains(|it: char| it != '\n' && it.is_control()), "{text:?}");
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    fn check_range(snippet: &str, place: (u32, u32, u32, u32), expected: Value) {
        let (line, column, end_line, end_column) = place;
        let mut finding = samples::finding("r", Severity::Error, "a.py", line);
        finding.place = Place { line, column, end_line, end_column };
        finding.snippet = snippet.to_owned();
        assert_eq!(print(vec![finding])[0]["location"]["range"], expected, "{snippet:?}");
    }

    #[test]
    fn columns_are_bytes_or_missing() {
        let columns = |line: u32, start: u32, last: u32, end: u32| {
            let (start, end) = (json!({"line": line, "column": start}), json!({"line": last, "column": end}));
            json!({"start": start, "end": end})
        };
        let lines = |line: u32, last: u32| json!({"start": {"line": line}, "end": {"line": last}});
        // `b` of the format's own example.
        check_range("a𐐀b", (1, 3, 1, 4), columns(1, 6, 1, 7));
        check_range("é = f(\n  ü)", (4, 5, 5, 5), columns(4, 6, 5, 6));
        check_range("é()\r\n", (4, 2, 5, 1), columns(4, 3, 5, 1));
        check_range("é()", (4, 2, 5, 1), columns(4, 3, 5, 1));
        check_range("key = '***'; f()", (4, 14, 4, 17), lines(4, 4));
        check_range("short", (4, 14, 4, 17), lines(4, 4));
        check_range("f(", (4, 1, 40, 2), lines(4, 40));
        check_range("x", (0, 0, 0, 0), Value::Null);
    }

    #[test]
    fn a_diagnostic_has_what_the_format_names() {
        let mut finding = samples::finding("jwt-verify-disabled", Severity::Critical, "ä b\n\u{9b}.py", 3);
        finding.message = "mail @team about #1".to_owned();
        let place = Place { line: 9, column: 1, end_line: 9, end_column: 2 };
        finding.related.push(Related { path: "c.py".into(), place, message: "imported here".to_owned() });
        let diagnostic = &print(vec![samples::finding("w", Severity::Warning, "a.py", 1), finding])[0];
        assert_eq!(diagnostic["location"]["path"], "ä b\n\u{9b}.py");
        assert_eq!(diagnostic["severity"], "ERROR");
        assert_eq!(diagnostic["code"], json!({"value": "jwt-verify-disabled"}));
        let message = diagnostic["message"].as_str().expect("a text");
        assert!(!message.contains("@team") && !message.contains("#1"), "{message}");
        let location = json!({"path": "c.py", "range": {"start": {"line": 9}, "end": {"line": 9}}});
        assert_eq!(diagnostic["related_locations"], json!([{"message": "imported here", "location": location}]));
    }

    #[test]
    fn no_line_is_longer_than_reviewdog_reads() {
        let mut finding = samples::finding("r", Severity::Error, &"\u{1}".repeat(4096), 3);
        finding.message = "\"😀".repeat(20_000);
        let related = Related { path: "p".repeat(4096).into(), place: finding.place, message: "\\".repeat(9_000) };
        finding.related = vec![related; 1000];
        let line = line(&finding, None).expect("a diagnostic is JSON");
        assert!(line.len() <= LONGEST_LINE, "{}", line.len());
        let value: Value = serde_json::from_str(&line).expect("a line is JSON");
        assert!(value["related_locations"].as_array().is_some_and(|it| !it.is_empty()));
    }
}
