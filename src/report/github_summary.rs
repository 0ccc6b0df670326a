//! The summary of a job of GitHub Actions, for `$GITHUB_STEP_SUMMARY`. GitHub takes 1 MiB of a step, and of more it
//! shows nothing at all (actions/runner, `FileCommandManager.cs`); the rest of the room is for what else the step
//! writes there.

use crate::report::Report;
use crate::report::markdown;
use crate::report::markdown::Layout;
use std::io;

/// Bytes.
const LONGEST: usize = 900 * 1024;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let layout = Layout { first: "", most: LONGEST, folded: true };
    out.write_all(markdown::document(report, &layout).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::report::samples;

    #[test]
    fn a_summary_is_short_enough_and_starts_with_what_is_serious() {
        let mut findings: Vec<_> =
            (1..=30_000).map(|line| samples::finding("w", Severity::Warning, "ü.py", line)).collect();
        findings.push(samples::finding("c", Severity::Critical, "z.py", 1));
        let mut out = Vec::new();
        write(&samples::report(findings), &mut out).expect("a vector takes every byte");
        assert!(out.len() <= LONGEST && out.len() > LONGEST * 9 / 10, "{}", out.len());
        let text = String::from_utf8(out).expect("no character is cut");
        assert!(text.contains("| `z.py:1:1` | `c` |"));
        assert!(text.contains(" more findings: see the report\n"));
    }
}
