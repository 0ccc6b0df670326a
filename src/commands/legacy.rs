//! `baseline import --from-legacy`: what the scripts before this tool accepted, by file, line and their own names.

use crate::baseline::Baseline;
use crate::cli::RepositoryArguments;
use crate::commands::Failure;
use crate::commands::baseline::Scanned;
use crate::commands::baseline::by_default;
use crate::commands::baseline::day_of;
use crate::commands::baseline::entry;
use crate::commands::baseline::findings;
use crate::commands::baseline::name_of;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::text::harmless;
use crate::settings::SettingsError;
use crate::verdict;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// What the scripts called a finding, and the starts of what our rules call it.
const NAMES: [(&[&str], &[&str]); 6] = [
    (&["direct_jwt_import", "jwt_import", "jwt_from_import"], &["jwt-direct-import"]),
    (
        &["direct_jwt_operations", "jwt_decode", "jwt_encode"],
        &["jwt-direct-decode", "jwt-direct-encode", "jwt-header-peek", "jwt-unverified"],
    ),
    (
        &["websocket_local_jwt", "websocket_jwt_decode"],
        &["websocket-local-token-check", "jwt-direct-decode", "jwt-direct-encode", "jwt-direct-import"],
    ),
    (
        &[
            "auth_fallback_logic",
            "fallback_validation",
            "websocket_fallback_auth",
            "legacy_auth_patterns",
            "legacy_auth_check",
        ],
        &["auth-fallback"],
    ),
    (
        &["decode_token_method", "validate_jwt_method", "validate_token_method", "verify_token_method"],
        &["auth-fallback-local", "jwt-direct-decode"],
    ),
    (&["websocket_auth_bypass"], &["auth-bypass-flag", "auth-optional", "websocket-without-auth", "auth-fallback"]),
];

/// Lines that code may have moved by since.
const FARTHEST: u32 = 50;

#[derive(Deserialize)]
struct Accepted {
    line: u32,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn import(
    arguments: &RepositoryArguments,
    from: &Path,
    owner: Option<&str>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let wrong = |message: String| Failure::from(SettingsError::Plain(format!("{}: {message}", name_of(from))));
    let text = std::fs::read_to_string(from).map_err(|err| wrong(err.to_string()))?;
    let accepted: BTreeMap<String, Vec<Accepted>> = serde_json::from_str(&text)
        .map_err(|err| wrong(format!("this is no baseline of the scripts before this tool: {err}")))?;
    let scanned = Scanned::new(arguments)?;
    let today = scanned.settings.today;
    let mut baseline = scanned.settings.baseline.as_ref().map(|(_, it)| it.clone()).unwrap_or_default();
    let mut open: Vec<&Finding> = scanned.report.counted().filter(|it| it.severity < Severity::Critical).collect();
    let (mut taken, mut unmatched) = (0, Vec::new());
    for (path, accepted) in &accepted {
        for it in accepted {
            let ours =
                NAMES.iter().filter(|(theirs, _)| theirs.contains(&it.kind.as_str())).flat_map(|(_, ours)| *ours);
            let ours: Vec<&str> = ours.copied().collect();
            let nearest = open
                .iter()
                .enumerate()
                .filter(|(_, finding)| {
                    *finding.path == **path && ours.iter().any(|start| finding.rule.starts_with(start))
                })
                .map(|(at, finding)| (finding.place.line.abs_diff(it.line), at))
                .filter(|(distance, _)| *distance <= FARTHEST)
                .min();
            match nearest {
                Some((_, at)) => {
                    accept(&mut baseline, open.remove(at), owner, today)?;
                    taken += 1;
                }
                None => unmatched.push((path, it)),
            }
        }
    }
    scanned.write(&baseline)?;
    writeln!(
        out,
        "{}: {} accepted of {}",
        name_of(&scanned.settings.baseline_path),
        findings(taken),
        taken + unmatched.len()
    )?;
    for (path, it) in unmatched {
        writeln!(out, "  not found: {}:{} {}", harmless(path), it.line, harmless(&it.kind))?;
    }
    Ok(verdict::PASS)
}

fn accept(baseline: &mut Baseline, finding: &Finding, owner: Option<&str>, today: time::Date) -> Result<(), Failure> {
    let expires = day_of(by_default(finding.severity), today)?;
    baseline.add(finding, entry(finding, "accepted by the scripts before this tool", owner, expires, today));
    Ok(())
}
