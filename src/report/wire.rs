//! What the formats for other people's programs share: identities that hold between runs, text cut to a platform's
//! limits, and JSON that is safe to look at.

use crate::finding::Finding;
use crate::finding::State;
use crate::problem::Problem;
use crate::report::Report;
use crate::report::Run;
use crate::report::digest;
use crate::report::text::harmless;
use crate::verdict;
use crate::verdict::Decision;
use crate::verdict::Outcome;
use crate::verdict::Policy;
use sha2::Digest;
use std::collections::HashMap;
use std::io;

pub(crate) fn write_json(document: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    writeln!(out, "{}", digest::without_controls(&text))
}

/// What makes a finding that one, from run to run: where it belongs and what it is, never its line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    /// 16 hexadecimal digits for the path, the scope, the rule and the code.
    pub(crate) code: String,
    /// Which it is of those with the same code, from 1.
    pub(crate) ordinal: usize,
}

/// The identity of each finding, in order; no two are the same. `findings` must be all of a report, so that an
/// exception for one of two twins does not make the other one new.
pub(crate) fn identities(findings: &[Finding]) -> Vec<Identity> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let identity = |finding: &Finding| {
        let Finding { path, scope, rule, fingerprint, .. } = finding;
        let digest = sha2::Sha256::digest(format!("{path}\0{scope}\0{rule}\0{fingerprint}"));
        let code = hexadecimal(&digest[..8]);
        let ordinal = seen.entry(code.clone()).or_default();
        *ordinal += 1;
        Identity { code, ordinal: *ordinal }
    };
    findings.iter().map(identity).collect()
}

impl Identity {
    /// 32 hexadecimal digits.
    pub(crate) fn digest(&self) -> String {
        hexadecimal(&self.bytes())
    }

    /// A UUID made of the identity, so that it is the same in every run.
    pub(crate) fn uuid(&self) -> String {
        let mut bytes = self.bytes();
        // RFC 9562 has version 8 for hashes other than SHA-1, but older readers know no version above 5.
        bytes[6] = (bytes[6] & 0x0f) | 0x50;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let text = hexadecimal(&bytes);
        format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
    }

    fn bytes(&self) -> [u8; 16] {
        let digest = sha2::Sha256::digest(format!("{}:{}", self.code, self.ordinal));
        digest[..16].try_into().expect("SHA-256 gives 32 bytes")
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a platform is to take a finding, which knows nothing of our verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It is there, and nobody made an exception for it. What the baseline knows is open too: platforms compare
    /// branches by themselves, and would take what is left out for fixed.
    Open,
    /// It stands in test code, where nothing counts.
    InTests,
    /// An exception allows it.
    Allowed,
}

impl Standing {
    pub(crate) fn of(finding: &Finding, policy: Policy) -> Standing {
        match finding.state {
            State::Excepted => Standing::Allowed,
            State::New | State::Known | State::Expired if finding.in_tests && !policy.include_tests => {
                Standing::InTests
            }
            State::New | State::Known | State::Expired => Standing::Open,
        }
    }
}

/// Whether everything was looked at that had to be.
pub(crate) fn is_complete(report: &Report) -> bool {
    match report.verdict.decision {
        // What may stay unexamined did not keep it from passing.
        Decision::Pass => true,
        Decision::Incomplete => false,
        // A critical finding outranks what was not looked at, but only in the decision.
        Decision::Block => {
            let unexamined = report.problems.iter().any(|it| verdict::is_weighed(it, report.policy));
            let unknown = report.requirements.iter().any(|it| matches!(it.outcome, Outcome::Unknown(_)));
            !unexamined && !unknown
        }
    }
}

/// When the run began and ended, in UTC and without saying so: `2026-11-21T14:30:05`.
pub(crate) fn times(run: &Run) -> (String, String) {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let started = run.started.trim_end_matches('Z');
    let ended = time::PrimitiveDateTime::parse(started, &format)
        .ok()
        .and_then(|it| it.checked_add(time::Duration::try_from(run.duration).ok()?))
        .and_then(|it| it.format(&format).ok());
    (started.to_owned(), ended.unwrap_or_else(|| started.to_owned()))
}

/// A problem on one line.
pub(crate) fn said(problem: &Problem) -> String {
    let line = if problem.line > 0 { format!(":{}", problem.line) } else { String::new() };
    harmless(&format!("{}{line}: {} ({})", problem.path, problem.message, problem.kind.name()))
}

/// Text with a full stop, so that more can follow.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    let ends = text.is_empty() || text.ends_with(['.', '!', '?', '…']);
    format!("{text}{}", if ends { "" } else { "." })
}

/// The number in `CWE-347`.
pub(crate) fn cwe_number(cwe: &str) -> Option<&str> {
    let number = cwe.strip_prefix("CWE-")?;
    (!number.is_empty() && number.bytes().all(|it| it.is_ascii_digit())).then_some(number)
}

/// Where that weakness is described.
pub(crate) fn cwe_page(number: &str) -> String {
    format!("https://cwe.mitre.org/data/definitions/{number}.html")
}

/// The address, where it is one that platforms take.
pub(crate) fn web_address(address: Option<&str>) -> Option<&str> {
    address.filter(|it| it.starts_with("https://") || it.starts_with("http://"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::problem::ProblemKind;
    use crate::report::samples;
    use std::collections::HashSet;
    use std::time::Duration;

    #[test]
    fn twins_are_told_apart_and_lines_are_not() {
        let findings = |lines: [u32; 4]| {
            let at = |path, line| samples::finding("jwt-verify-disabled", Severity::Critical, path, line);
            let places = ["a.py", "a.py", "a.py", "b.py"].into_iter().zip(lines);
            let mut findings: Vec<Finding> = places.map(|(path, line)| at(path, line)).collect();
            findings[2].scope = "Gateway.connect".to_owned();
            findings
        };
        let before = identities(&findings([1, 20, 30, 1]));
        assert_eq!(before.iter().map(|it| it.ordinal).collect::<Vec<_>>(), [1, 2, 1, 1]);
        assert_eq!(before[0].code, before[1].code);
        assert_eq!(before.iter().map(Identity::digest).collect::<HashSet<_>>().len(), 4);
        assert_eq!(before, identities(&findings([5, 6, 7, 8])));
    }

    #[test]
    fn a_path_cannot_pass_for_a_scope() {
        let finding = samples::finding("r", Severity::Error, "a", 1);
        let one = Finding { path: "a".into(), scope: "b.c".to_owned(), ..finding.clone() };
        let other = Finding { path: "a.b".into(), scope: "c".to_owned(), ..finding };
        let identities = identities(&[one, other]);
        assert_ne!(identities[0].code, identities[1].code);
    }

    #[test]
    fn uuids_look_like_uuids() {
        let uuid = identities(&[samples::finding("r", Severity::Error, "a.py", 1)])[0].uuid();
        let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
        assert_eq!(uuid.as_bytes()[14], b'5', "{uuid}");
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
    }

    #[test]
    fn text_is_cut_by_characters() {
        assert_eq!([sentence("off"), sentence("off.\n"), sentence("")], ["off.", "off.", ""]);
    }

    #[test]
    fn a_run_may_end_on_another_day() {
        let mut report = samples::report(Vec::new());
        report.run.started = "2026-12-31T23:59:59Z".to_owned();
        report.run.duration = Duration::from_millis(1_900);
        assert_eq!(times(&report.run), ("2026-12-31T23:59:59".to_owned(), "2027-01-01T00:00:00".to_owned()));
    }

    #[test]
    fn a_critical_finding_does_not_make_a_run_complete() {
        let mut report = samples::report(vec![samples::finding("r", Severity::Critical, "a.py", 1)]);
        assert!(is_complete(&report));
        report.problems.push(Problem {
            path: "b.py".to_owned(),
            line: 0,
            kind: ProblemKind::Unreadable,
            message: "permission denied".to_owned(),
            in_tests: false,
        });
        assert!(!is_complete(&report));
    }
}
