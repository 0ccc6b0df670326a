//! What the layouts of the two scripts before this tool have in common: see [`crate::report::legacy_ci`] and
//! [`crate::report::legacy_monitor`]. They are frozen: what this tool can say beyond them is in
//! [`crate::report::json`].

use crate::finding::Finding;
use crate::report::Report;
use std::io;

/// Prints a document as Python does with `json.dump(document, file, indent=2)`: nothing but ASCII in it.
pub(super) fn print(document: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let document = serde_json::to_string_pretty(document)?;
    let mut rest = document.as_str();
    while let Some(at) = rest.find(|it: char| !matches!(it, '\n' | ' '..='~')) {
        let character = rest[at..].chars().next().expect("`find` gave the start of a character");
        out.write_all(&rest.as_bytes()[..at])?;
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = &rest[at + character.len_utf8()..];
    }
    writeln!(out, "{rest}")
}

/// When the run started. The scripts wrote local time without a zone; `datetime.fromisoformat` of every Python 3
/// reads an offset, and `Z` only since 3.11.
pub(super) fn time(report: &Report) -> String {
    report.run.started.replace('Z', "+00:00")
}

pub(super) fn severity(finding: &Finding) -> String {
    finding.severity.name().to_ascii_uppercase()
}

/// The line of a finding, secrets masked.
pub(super) fn line(finding: &Finding) -> &str {
    finding.snippet.lines().next().unwrap_or_default().trim_end()
}

/// Where one can read about the finding's rule.
pub(super) fn reference<'r>(finding: &Finding, report: &'r Report) -> Option<&'r str> {
    report.run.rules.iter().find(|rule| rule.id == finding.rule)?.docs.as_deref()
}
