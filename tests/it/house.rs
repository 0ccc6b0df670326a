//! The house: floors, one-way imports, and what the README promises.

use crate::repository;
use crate::ssot_guard;
use crate::stdout;
use std::collections::BTreeMap;
use std::path::Path;

/// A room imports from lower floors only; stages of one floor never import each other.
const FLOORS: [(&str, u32); 31] = [
    ("day", 0),
    ("globs", 0),
    ("hash", 0),
    ("place", 0),
    ("fact", 1),
    ("finding", 1),
    ("fingerprint", 2),
    ("ledger", 2),
    ("problem", 1),
    ("rules", 2),
    ("secret", 2),
    ("site", 3),
    ("source", 3),
    ("readers", 3),
    ("resolve", 3),
    ("baseline", 3),
    ("exception", 3),
    ("verdict", 3),
    // Asks `resolve` for values while it matches: a question, not a stage.
    ("matching", 4),
    ("cli", 4),
    ("contracts", 4),
    ("report", 4),
    ("cache", 5),
    ("context", 5),
    ("examples", 5),
    ("settings", 6),
    ("pipeline", 7),
    ("commands", 8),
    ("fuzzing", 9),
    ("lib", 9),
    ("main", 9),
];

#[test]
fn imports_lead_downwards() {
    let floors: BTreeMap<&str, u32> = FLOORS.into_iter().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources(&repository().join("src")) {
        let room = path.split(['/', '.']).next().expect("a path has a first part").to_owned();
        let Some(floor) = floors.get(room.as_str()) else {
            wrong.push(format!("{path}: the room has no floor"));
            continue;
        };
        let code = text.split("cfg(test)]").next().expect("split yields at least one part");
        let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for used in code.match_indices("crate::").map(|(at, found)| &code[at + found.len()..]) {
            let used: String = used.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            match floors.get(used.as_str()) {
                Some(below) if *below < *floor || used == room => {}
                Some(_) => wrong.push(format!("{path} uses {used}, which is not below it")),
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_readers_see_syntax_trees_and_few_touch_the_disk() {
    for (path, text) in sources(&repository().join("src")) {
        let code = text.split("cfg(test)]").next().expect("split yields at least one part");
        if !path.starts_with("readers/") {
            for library in ["ruff_python_ast", "ruff_python_parser", "oxc_", "syn::"] {
                assert!(!code.contains(library), "{path} uses {library}");
            }
        }
        let may_touch_disk = ["source/", "settings/", "commands/"].iter().any(|it| path.starts_with(it));
        assert!(may_touch_disk || !code.contains("std::fs"), "{path} touches the disk");
    }
}

#[test]
fn the_readme_lists_every_rule() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("there is a README");
    let output = ssot_guard(repository(), &["rules", "list", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the list is JSON");
    for rule in rules.as_array().expect("the list is an array") {
        let (id, severity) = (rule["id"].as_str().expect("a text"), rule["severity"].as_str().expect("a text"));
        assert!(readme.contains(&format!("| `{id}` | {severity} |")), "README.md has a row for {id} ({severity})");
        assert!(repository().join("fixtures").join(id).is_dir(), "fixtures/{id} is there");
        let explained = stdout(&ssot_guard(repository(), &["rules", "explain", id]));
        assert!(explained.contains(rule["fix"].as_str().expect("a text")), "explain {id} says the fix");
    }
}

#[test]
fn every_rule_holds_on_its_own_examples() {
    let output = ssot_guard(repository(), &["rules", "test"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn help_is_as_committed() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help-scan", &["scan", "--help"]),
        ("help-baseline", &["baseline", "--help"]),
        ("help-gate", &["gate", "--help"]),
        ("help-hook", &["hook", "--help"]),
        ("help-monitor", &["monitor", "--help"]),
        ("help-rules", &["rules", "--help"]),
        ("help-verify", &["verify", "--help"]),
    ] {
        let path = repository().join(format!("tests/{name}.txt"));
        let printed = stdout(&ssot_guard(repository(), arguments));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &printed).expect("the snapshot can be written");
        }
        assert_eq!(printed, std::fs::read_to_string(&path).unwrap_or_default(), "{name}");
    }
}

#[test]
fn the_rule_in_the_documentation_holds() {
    let text = std::fs::read_to_string(repository().join("docs/rules.md")).expect("it is there");
    let rule = text.split("```yaml\n").nth(1).and_then(|it| it.split("```").next()).expect("it shows a rule");
    let folder = crate::tree(&[("rule.yaml", rule.as_bytes())]);
    let output = ssot_guard(folder.path(), &["rules", "explain", "session-signed-here", "--rules", "rule.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", crate::stderr(&output));
    assert!(stdout(&output).contains("Call `acme.sessions.open`."));
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.expect("the sources can be walked");
        if entry.path().extension().is_some_and(|it| it == "rs") {
            let path = entry.path().strip_prefix(folder).expect("walked from there");
            let text = std::fs::read_to_string(entry.path()).expect("sources are text");
            found.push((path.to_string_lossy().into_owned(), text));
        }
    }
    found
}
