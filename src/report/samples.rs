//! Reports for the tests of formats.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use crate::ledger::Ledger;
use crate::place::Place;
use crate::report::Context;
use crate::report::Report;
use crate::report::RuleSummary;
use crate::report::Run;
use crate::verdict;
use crate::verdict::Mode;
use crate::verdict::Policy;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// What a format writes.
pub(crate) fn printed(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("a vector takes every byte");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// A finding that counts.
pub(crate) fn finding(rule: &str, severity: Severity, path: &str, line: u32) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        message: "the check is off".to_owned(),
        fix: "switch it on".into(),
        why: "anyone can forge a token".into(),
        cwe: None,
        impact: None,
        path: path.into(),
        place: Place { line, column: 1, end_line: line, end_column: 5 },
        scope: String::new(),
        snippet: "code".to_owned(),
        fingerprint: "00112233445566778899aabbccddeeff".to_owned(),
        in_tests: false,
        related: Vec::new(),
        also: Vec::new(),
        state: State::New,
        allowed: None,
        origin: None,
        lower_if: Vec::new(),
    }
}

/// A scan of two files that found this; each rule that found something ran.
pub(crate) fn report(findings: Vec<Finding>) -> Report {
    let policy = Policy::of_scan();
    let ledger = Ledger { in_scope: 2, scanned: 2, bytes: 100, languages: [("python", 2)].into(), ..Ledger::default() };
    let rules: BTreeMap<_, _> = findings.iter().map(|it| (it.rule.clone(), it.severity)).collect();
    let rules = rules.into_iter().map(|(id, severity)| RuleSummary {
        id,
        severity,
        message: "the check is off".to_owned(),
        why: "anyone can forge a token".into(),
        fix: "switch it on".into(),
        cwe: Some("CWE-347".into()),
        docs: None,
    });
    let run = Run {
        started: "2026-11-21T14:30:05Z".to_owned(),
        duration: Duration::from_millis(310),
        tool_version: "0.1.0",
        rules: rules.collect(),
        mode: Mode::Scan,
        level: None,
        context: Context::default(),
    };
    let verdict = verdict::judge(&findings, &[], &ledger, &[], policy);
    Report {
        run,
        ledger,
        problems: Vec::new(),
        findings,
        policy,
        requirements: Vec::new(),
        baseline: None,
        verdict,
        escalates: false,
        is_advisory: false,
    }
}
