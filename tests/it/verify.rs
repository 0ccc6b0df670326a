//! `verify`: what it says of a repository under guard, and of one whose guard somebody weakened.

use crate::hook::git;
use crate::hook::write;
use crate::ssot_guard;
use crate::stderr;
use crate::stdout;
use crate::tree;
use std::path::Path;

const SOURCE: &[u8] = b"import jwt\n\n\ndef read(token):\n    return jwt.decode(token, KEY, algorithms=[\"RS256\"])\n";

/// The state of each thing by its name, and all that is said.
fn verified(root: &Path, arguments: &[&str]) -> (i32, Vec<(String, String)>, String) {
    let arguments: Vec<&str> = ["verify", "--format", "json"].iter().chain(arguments).copied().collect();
    let output = ssot_guard(root, &arguments);
    let told: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(&output), stderr(&output)));
    let text = |it: &serde_json::Value, key: &str| it[key].as_str().expect("a text").to_owned();
    let all = told.as_array().expect("a list").iter().map(|it| (text(it, "name"), text(it, "state"))).collect();
    (output.status.code().expect("no signal ended it"), all, told.to_string())
}

fn states(all: &[(String, String)], name: &str) -> Vec<String> {
    all.iter().filter(|(it, _)| it == name).map(|(_, state)| state.clone()).collect()
}

#[test]
fn it_sees_a_guard_that_stands_and_what_takes_it_down() {
    let folder = tree(&[("svc/auth.py", SOURCE), ("vendor/lib.py", SOURCE)]);
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    let (code, before, said) = verified(root, &[]);
    assert_eq!(code, 1, "nothing asks for the gate: {said}");
    assert_eq!(states(&before, "build server"), ["missing"]);
    assert_eq!(states(&before, "rules"), ["stands"]);
    let made = ssot_guard(root, &["init", "--yes", "--ci", "github"]);
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    git(root, &["add", "--all"]);
    let (code, after, said) = verified(root, &[]);
    assert_eq!(code, 0, "what `init` makes stands: {said}");
    for name in ["project", "rules", "baseline", "commits", "merges", "build server"] {
        assert_eq!(states(&after, name), ["stands"], "{name}: {said}");
    }

    let (_, excluded, said) = verified(root, &["--exclude", "vendor"]);
    assert_eq!(states(&excluded, "sight"), ["stands", "look"], "{said}");
    assert!(said.contains("`vendor` (--exclude): 1 file"), "{said}");
    let workflow = ".github/workflows/ssot-compliance-check.yml";
    let text = std::fs::read_to_string(root.join(workflow)).expect("it was made");
    for sign in ["|| true", "--no-fail"] {
        write(root, workflow, &text.replace("ssot-guard gate ", &format!("ssot-guard gate {sign} ")));
        let (code, weak, said) = verified(root, &[]);
        assert_eq!((code, states(&weak, "build server")), (1, vec!["missing".to_owned()]), "{sign}: {said}");
    }
    write(root, workflow, &text.replace("fetch-depth: 0", "fetch-depth: 1"));
    assert_eq!(states(&verified(root, &[]).1, "build server"), ["look"]);
    write(root, workflow, &text);
    assert!(ssot_guard(root, &["hook", "uninstall"]).status.success());
    let (code, without, said) = verified(root, &[]);
    assert_eq!((code, states(&without, "commits")), (1, vec!["missing".to_owned()]), "{said}");
    write(root, ".git/hooks/pre-commit", "#!/bin/sh\n# ssot-guard hook run\n");
    assert_eq!(states(&verified(root, &[]).1, "commits"), ["missing"], "a comment calls nothing");
    let (_, unknown, said) = verified(root, &["--exclude", "nowhere"]);
    assert_eq!(states(&unknown, "sight"), ["stands", "look"], "what is told of a scan is told here: {said}");
}
