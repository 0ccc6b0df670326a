//! The baseline as a file: JSON, one entry a line.

use crate::baseline::Audit;
use crate::baseline::Baseline;
use crate::baseline::Entry;
use crate::baseline::Identity;
use crate::baseline::Judgement;
use crate::day;
use crate::finding::Severity;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

const SCHEMA: &str = "ssot-guard/baseline/1";
const FINGERPRINTS: &str = "v1";

/// Why a text is no baseline. It is never taken for an empty one.
#[derive(Debug)]
pub(crate) struct ReadError {
    pub(crate) message: String,
    /// Byte offsets.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) help: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile {
    schema: String,
    fingerprints: String,
    files: BTreeMap<String, Vec<WireEntry>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry {
    rule: String,
    scope: String,
    at: String,
    fingerprint: String,
    severity: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audited_by: Option<String>,
}

fn one() -> usize {
    1
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

/// Reads a baseline.
pub(crate) fn parse(text: &str) -> Result<Baseline, ReadError> {
    if let Some(span) = conflict(text) {
        let message = "the baseline holds a merge conflict".to_owned();
        return Err(ReadError { message, span: Some(span), help: "`ssot-guard baseline merge` joins both sides" });
    }
    let wrong = |message: String, span| ReadError {
        message,
        span,
        help: "restore it from version control, or `ssot-guard baseline create` a new one",
    };
    let file: WireFile = serde_json::from_str(text).map_err(|err| {
        let start: usize = text.split_inclusive('\n').take(err.line().saturating_sub(1)).map(str::len).sum();
        let at = (start + err.column().saturating_sub(1)).min(text.len());
        // The parser quotes values; a baseline holds none that is secret, but who knows what was put in its place.
        wrong(
            format!("the baseline is not what it should be: {}", crate::secret::masked(&err.to_string())),
            Some(at..at),
        )
    })?;
    if file.schema != SCHEMA {
        return Err(wrong(
            format!("the baseline has the schema `{}`, and this version reads `{SCHEMA}`", file.schema),
            None,
        ));
    }
    if file.fingerprints != FINGERPRINTS {
        let message =
            format!("the baseline has fingerprints `{}`, and this version makes `{FINGERPRINTS}`", file.fingerprints);
        return Err(wrong(message, None));
    }
    let mut baseline = Baseline::default();
    for (path, entries) in file.files {
        for wire in entries {
            let named = format!("the entry of `{}` in {path}", wire.rule);
            let severity = Severity::ALL.into_iter().find(|it| it.name() == wire.severity);
            let severity =
                severity.ok_or_else(|| wrong(format!("{named} has the severity `{}`", wire.severity), None))?;
            let date = |text: Option<String>, key: &str| match text.as_deref().map(|it| (it, day::parse(it))) {
                None => Ok(None),
                Some((_, Some(date))) => Ok(Some(date)),
                Some((text, None)) => Err(wrong(format!("{named} says {key} `{text}`, which is no day"), None)),
            };
            let audit = match wire.audit.as_deref().map(Judgement::named) {
                None => None,
                Some(Some(judgement)) => Some(Audit { judgement, by: wire.audited_by }),
                Some(None) => return Err(wrong(format!("{named} is audited as something unknown"), None)),
            };
            if wire.count == 0 {
                return Err(wrong(format!("{named} accepts no finding"), None));
            }
            let entry = Entry {
                severity,
                at: wire.at,
                count: wire.count,
                reason: wire.reason,
                owner: wire.owner,
                since: date(wire.since, "since")?,
                expires: date(wire.expires, "expires")?,
                audit,
            };
            let identity = Identity {
                path: path.as_str().into(),
                scope: wire.scope,
                rule: wire.rule.into(),
                fingerprint: wire.fingerprint,
            };
            // Two branches that accept the same finding accept it once.
            match baseline.entries.get_mut(&identity) {
                Some(known) => known.count = known.count.max(entry.count),
                None => _ = baseline.entries.insert(identity, entry),
            }
        }
    }
    Ok(baseline)
}

/// Where a conflict that version control left begins.
fn conflict(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") {
            return Some(at..at + line.trim_end().len());
        }
        at += line.len();
    }
    None
}

/// The text of a baseline; the same for the same entries.
pub(crate) fn write(baseline: &Baseline) -> String {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (identity, entry) in &baseline.entries {
        let wire = WireEntry {
            rule: identity.rule.to_string(),
            scope: identity.scope.clone(),
            at: entry.at.clone(),
            fingerprint: identity.fingerprint.clone(),
            severity: entry.severity.name().to_owned(),
            count: entry.count,
            reason: entry.reason.clone(),
            owner: entry.owner.clone(),
            since: entry.since.map(|it| it.to_string()),
            expires: entry.expires.map(|it| it.to_string()),
            audit: entry.audit.as_ref().map(|it| it.judgement.name().to_owned()),
            audited_by: entry.audit.as_ref().and_then(|it| it.by.clone()),
        };
        let line = serde_json::to_string(&wire).expect("texts and numbers are JSON");
        files.entry(&identity.path).or_default().push(format!("      {line}"));
    }
    let name = |path: &str| serde_json::to_string(path).expect("a text is JSON");
    let files: Vec<String> =
        files.iter().map(|(path, lines)| format!("    {}: [\n{}\n    ]", name(path), lines.join(",\n"))).collect();
    let files = if files.is_empty() { String::new() } else { format!("\n{}\n  ", files.join(",\n")) };
    format!("{{\n  \"schema\": \"{SCHEMA}\",\n  \"fingerprints\": \"{FINGERPRINTS}\",\n  \"files\": {{{files}}}\n}}\n")
}
