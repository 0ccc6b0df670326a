//! `init` in repositories: what it makes, and what it leaves as it is.

use crate::hook::git;
use crate::ssot_guard;
use crate::stderr;
use crate::stdout;
use crate::tree;

const SOURCE: &[u8] = b"import jwt\n\n\ndef read(token):\n    return jwt.decode(token, KEY, algorithms=[\"RS256\"])\n";

#[test]
fn it_makes_what_is_missing_and_leaves_what_is_there() {
    let folder =
        tree(&[("svc/auth.py", SOURCE), (".gitignore", b"*.log\nreports/ssot_compliance/"), (".github/x", b"")]);
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    let output = ssot_guard(root, &["init", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("the file is there");
    assert_eq!(read(".gitignore"), "*.log\nreports/ssot_compliance/\n/reports/ci_compliance/\n");
    assert!(read(".gitattributes").contains("baseline.json merge=ssot-guard"));
    assert!(read("ssot-guard.toml").contains("jwt = [\"svc/auth.py\"]"));
    assert!(read(".git/hooks/pre-commit").contains("# ssot-guard hook"));
    let files = ["ssot-guard.toml", "baseline.json", ".gitignore", ".gitattributes", ".git/hooks/pre-commit"];
    let made: Vec<String> = files.iter().map(|path| read(path)).collect();
    let again = ssot_guard(root, &["init", "--yes"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert_eq!(made, files.iter().map(|path| read(path)).collect::<Vec<_>>(), "{}", stdout(&again));
}

#[test]
fn a_file_that_is_no_text_is_not_written_over() {
    let latin = b"caf\xe9\n";
    let folder = tree(&[("svc/auth.py", SOURCE), (".gitignore", latin)]);
    git(folder.path(), &["init", "--quiet"]);
    let output = ssot_guard(folder.path(), &["init", "--yes"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains(".gitignore"), "{}", stderr(&output));
    assert_eq!(std::fs::read(folder.path().join(".gitignore")).expect("it is there"), latin);
}

#[test]
fn hooks_that_git_looks_for_elsewhere_stop_nothing_else() {
    let folder = tree(&[("svc/auth.py", SOURCE), ("Jenkinsfile", b"")]);
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["config", "core.hooksPath", "/elsewhere"]);
    let output = ssot_guard(folder.path(), &["init", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("core.hooksPath"), "{}", stdout(&output));
    assert!(folder.path().join("Jenkinsfile.ssot").is_file());
}
