//! The hook against a real git: it judges what would be committed, whatever lies in the work tree, and leaves no trace.

use crate::tree;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::process::Output;

const GOOD: &str = "import auth\n\n\ndef read(token):\n    return auth.read(token)\n";
const BYPASS: &str =
    "import jwt\n\n\ndef read(token):\n    return jwt.decode(token, options={\"verify_signature\": False})\n";

fn git_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
        .args(["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", folder)
        .env_remove("SSOT_SKIP")
        .output()
        .expect("git can be run")
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = git_in(folder, arguments);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {arguments:?}: {text}");
    text
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().expect("a file stands in a folder")).expect("folders can be made");
    std::fs::write(file, text).expect("files can be written");
}

fn hook(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ssot-guard"))
        .arg("hook")
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_CACHE_HOME", folder.join(".cache"))
        .env_remove("SSOT_SKIP")
        .output()
        .expect("the program under test starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().expect("no signal ended it"), text)
}

/// A repository whose first commit is good, with the hook in it.
fn repository() -> tempfile::TempDir {
    let folder = tree(&[("svc/app.py", GOOD.as_bytes()), (".gitignore", b".cache\n")]);
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "first"]);
    let (code, text) = hook(folder.path(), &["install"]);
    assert_eq!(code, 0, "{text}");
    folder
}

/// Everything that a hook must leave as it is: the index, and every file outside of `.git`.
fn traces(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut traces = BTreeMap::new();
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).build();
    for entry in walk.map(|it| it.expect("the folder can be read")) {
        let path = entry.path().strip_prefix(folder).expect("it is below").to_string_lossy().into_owned();
        let is_git = path.starts_with(".git/") && path != ".git/index";
        if entry.file_type().is_some_and(|it| it.is_file()) && !is_git && !path.starts_with(".cache/") {
            traces.insert(path, std::fs::read(entry.path()).expect("the file can be read"));
        }
    }
    traces
}

/// Whether a commit goes through, and what was said.
fn commit(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let all: Vec<&str> = ["commit", "--quiet", "--message", "next"].iter().chain(arguments).copied().collect();
    let output = git_in(folder, &all);
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn what_is_staged_counts_and_what_lies_around_does_not() {
    let folder = repository();
    let root = folder.path();
    // Bad in the work tree, good in the index.
    write(root, "svc/app.py", &GOOD.replace("read", "look"));
    git(root, &["add", "svc/app.py"]);
    write(root, "svc/app.py", BYPASS);
    write(root, "svc/untracked.py", BYPASS);
    let before = traces(root);
    let (code, text) = hook(root, &["run"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(traces(root), before, "the hook leaves index and work tree as they are");
    // The reverse.
    git(root, &["add", "svc/app.py"]);
    write(root, "svc/app.py", GOOD);
    let before = traces(root);
    assert_eq!(hook(root, &["run"]).0, 2);
    assert_eq!(traces(root), before);
    let (went, text) = commit(root, &[]);
    assert!(!went, "{text}");
    assert!(text.starts_with("ssot-guard: COMMIT BLOCKED: 1 critical finding"), "{text}");
    assert!(text.contains("svc/app.py:5:12: critical [jwt-verify-disabled]"), "{text}");
}

#[test]
fn each_way_to_commit_is_judged_by_what_it_commits() {
    let folder = repository();
    let root = folder.path();
    write(root, "svc/app.py", BYPASS);
    assert!(!commit(root, &["--all"]).0, "commit -a takes what is in the work tree");
    write(root, "svc/fine.py", "import os\n");
    git(root, &["add", "svc/fine.py"]);
    git(root, &["add", "svc/app.py"]);
    let (went, text) = commit(root, &["--", "svc/fine.py"]);
    assert!(went, "commit -- path leaves what else is staged: {text}");
    let output = git_in(&root.join("svc"), &["commit", "--quiet", "--message", "from below"]);
    assert!(!output.status.success(), "from a folder below");
    assert!(git_in(root, &["commit", "--quiet", "--no-verify", "--message", "past"]).status.success());
    // What was there before blocks nobody.
    write(root, "svc/app.py", &format!("# moved by a line\n{BYPASS}"));
    let (went, text) = commit(root, &["--all"]);
    assert!(went, "{text}");
    write(root, "svc/app.py", GOOD);
    git(root, &["add", "--all"]);
    let (code, text) = hook(root, &["run"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn the_first_commit_and_a_linked_work_tree_are_judged() {
    for hash in ["sha1", "sha256"] {
        let folder = tree(&[("app.py", BYPASS.as_bytes())]);
        let root = folder.path();
        git(root, &["init", "--quiet", "--object-format", hash]);
        git(root, &["add", "--all"]);
        let (code, text) = hook(root, &["run"]);
        assert_eq!(code, 2, "{hash}: {text}");
    }
    let folder = repository();
    let other = tree(&[]);
    let other = other.path().join("linked");
    git(folder.path(), &["worktree", "add", "--quiet", other.to_str().expect("the path is UTF-8"), "-b", "other"]);
    write(&other, "svc/app.py", BYPASS);
    let (went, text) = commit(&other, &["--all"]);
    assert!(!went, "{text}");
    assert!(text.contains("COMMIT BLOCKED"), "{text}");
}

#[test]
fn renames_deletions_and_odd_names_are_followed() {
    let folder = repository();
    let root = folder.path();
    write(root, "old.py", BYPASS);
    git(root, &["add", "--all"]);
    assert!(commit(root, &["--no-verify"]).0);
    git(root, &["mv", "old.py", "ne w\nlin\u{e9}.py"]);
    let (went, text) = commit(root, &[]);
    assert!(went, "a renamed file brings nothing new: {text}");
    git(root, &["rm", "--quiet", "ne w\nlin\u{e9}.py"]);
    assert!(commit(root, &[]).0, "to delete is no offence");
    write(root, "-odd \u{fc}\n.py", BYPASS);
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(!went, "{text}");
    assert!(text.contains("-odd \u{fc}\u{240a}.py:5:12"), "{text}");
}

#[test]
fn a_helper_that_is_deleted_or_changed_is_seen_where_it_is_used() {
    let folder = repository();
    let root = folder.path();
    let wrapper = "import jwt\n\n\ndef decode(token, verify=True):\n    return jwt.decode(token, KEY, algorithms=[\"RS256\"], options={\"verify_signature\": verify})\n";
    write(root, "wrap.py", wrapper);
    write(root, "use.py", "from wrap import decode\n\n\ndef read(token):\n    return decode(token)\n");
    git(root, &["add", "--all"]);
    assert!(commit(root, &["--no-verify"]).0);
    write(root, "use.py", "from wrap import decode\n\n\ndef read(token):\n    return decode(token, verify=False)\n");
    let (went, text) = commit(root, &["--all"]);
    assert!(!went, "the call in the staged file: {text}");
    assert!(text.contains("use.py:5"), "{text}");
    git(root, &["checkout", "--quiet", "--force", "HEAD"]);
    // Where it is used is not staged, and yet it is the change that breaks it.
    write(root, "wrap.py", &wrapper.replace("verify=True", "verify=False"));
    let (went, text) = commit(root, &["--all"]);
    assert!(!went, "{text}");
}

#[test]
fn links_submodules_and_pointers_are_not_read_as_code() {
    let folder = repository();
    let root = folder.path();
    let inner = tree(&[("app.py", BYPASS.as_bytes())]);
    git(inner.path(), &["init", "--quiet"]);
    git(inner.path(), &["add", "--all"]);
    git(inner.path(), &["commit", "--quiet", "--message", "inner"]);
    git(root, &["submodule", "--quiet", "add", inner.path().to_str().expect("the path is UTF-8"), "inner"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("jwt.decode(t, verify=False)", root.join("link.py")).expect("a link can be made");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n";
    write(root, "big.js", pointer);
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(went && text.contains("1 file is kept in Git LFS and not looked at"), "{text}");
    #[cfg(unix)]
    assert!(text.contains("2 links and submodules are not looked into"), "{text}");
}

#[test]
fn line_endings_are_those_of_the_blob() {
    let folder = repository();
    let root = folder.path();
    git(root, &["config", "core.autocrlf", "true"]);
    write(root, "svc/app.py", &BYPASS.replace('\n', "\r\n"));
    let (went, text) = commit(root, &["--all"]);
    assert!(!went && text.contains("svc/app.py:5:12"), "{text}");
}

#[test]
fn a_merge_is_judged_by_what_neither_side_had() {
    let folder = repository();
    let root = folder.path();
    git(root, &["checkout", "--quiet", "-b", "side"]);
    write(root, "theirs.py", BYPASS);
    write(root, "both.py", "side = 1\n");
    git(root, &["add", "--all"]);
    assert!(commit(root, &["--no-verify"]).0);
    git(root, &["checkout", "--quiet", "-"]);
    write(root, "both.py", "main = 1\n");
    git(root, &["add", "--all"]);
    assert!(commit(root, &[]).0);
    assert!(!git_in(root, &["merge", "--quiet", "side"]).status.success(), "the merge conflicts");
    let (code, text) = hook(root, &["run"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("both.py is unmerged"), "{text}");
    write(root, "both.py", "both = 1\n");
    git(root, &["add", "both.py"]);
    let (went, text) = commit(root, &[]);
    assert!(went, "what the other side had was judged there: {text}");
}

#[test]
fn the_baseline_and_the_project_file_are_those_of_the_commit() {
    let folder = repository();
    let root = folder.path();
    write(root, "svc/app.py", "import jwt\n");
    git(root, &["add", "--all"]);
    assert!(!commit(root, &[]).0, "an error blocks");
    // Not staged, so it is not what the others will see.
    write(root, "ssot-guard.toml", "[owners]\njwt = [\"svc/app.py\"]\n");
    assert!(!commit(root, &[]).0);
    git(root, &["add", "ssot-guard.toml"]);
    let (went, text) = commit(root, &[]);
    assert!(went, "{text}");
    write(root, "baseline.json", "<<<<<<< ours\n");
    git(root, &["add", "--all"]);
    let (code, text) = hook(root, &["run"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("merge conflict"), "{text}");
}

#[test]
fn a_commit_does_not_pass_because_of_what_it_says_of_itself() {
    let folder = repository();
    let root = folder.path();
    write(root, "ssot-guard.toml", "rules = [\"rules\"]\n");
    let rule = "id: no-eval\nseverity: error\nmessage: m\nwhy: w\nfix: f\nlangs: [python]\nmatch: {call: {name: /^eval$/}}\n\
                tests: {bad: {python: ['eval(a)']}, good: {python: [a]}}\n";
    write(root, "rules/no-eval.yaml", rule);
    write(root, "rules/other.yaml", &rule.replace("eval", "exec"));
    git(root, &["add", "--all"]);
    assert!(commit(root, &[]).0, "whoever adopts the guard lowers nothing");
    write(root, "svc/more.py", BYPASS);
    write(root, "ssot-guard.toml", "rules = [\"rules\"]\nexclude = [\"svc/more.py\"]\n");
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(!went && text.contains("svc/more.py:5") && text.contains("lower the bar in another one"), "{text}");
    // The same in two steps: the first brings nothing, the second is judged by what is there.
    git(root, &["restore", "--staged", "svc/more.py"]);
    let (went, text) = commit(root, &[]);
    assert!(went, "{text}");
    git(root, &["add", "--all"]);
    assert!(commit(root, &[]).0);
    // A rule that goes with what it would find.
    write(root, "svc/app.py", &format!("{GOOD}eval(x)\n"));
    std::fs::remove_file(root.join("rules/no-eval.yaml")).expect("it is there");
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(!went && text.contains("[no-eval]"), "{text}");
}

#[test]
fn names_that_rules_share_are_part_of_the_bar_and_one_that_cannot_be_read_is_told() {
    let folder = repository();
    let root = folder.path();
    write(root, "ssot-guard.toml", "rules = [\"rules\"]\n");
    let rule = "id: no-risk\nseverity: error\nmessage: m\nwhy: w\nfix: f\nlangs: [python]\nmatch: {call: {callee: $acme.risk}}\n\
                tests: {bad: {python: ['import acme\\nacme.run(a)']}, good: {python: [a]}}\n";
    write(root, "rules/no-risk.yaml", &rule.replace("\\n", "; "));
    write(root, "rules/symbols/acme.yaml", "sets:\n  acme.risk: {python: [acme.run, acme.load]}\n");
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(went, "{text}");
    // The set shrinks with what it would find.
    write(root, "svc/more.py", "import acme\nacme.load(x)\n");
    write(root, "rules/symbols/acme.yaml", "sets:\n  acme.risk: {python: [acme.run]}\n");
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(!went && text.contains("svc/more.py:2") && text.contains("[no-risk]"), "{text}");
    // Somebody went ahead with a project file that says nothing, and the next commit mends it.
    write(root, "ssot-guard.toml", "exclude = [\n");
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--no-verify", "--message", "broken"]);
    write(root, "ssot-guard.toml", "rules = [\"rules\"]\n");
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(went && text.contains("so it may be lower now"), "{text}");
}

#[test]
fn what_was_there_before_is_not_told_again() {
    let folder = repository();
    let root = folder.path();
    write(root, "old.py", "import requests\n\nrequests.get(URL, verify=False)\n");
    git(root, &["add", "--all"]);
    let (went, text) = commit(root, &[]);
    assert!(went && text.contains("1 warning") && text.contains("old.py:3"), "{text}");
    write(root, "svc/app.py", &GOOD.replace("read", "look"));
    let (went, text) = commit(root, &["--all"]);
    assert!(went && text.contains("nothing new that blocks (") && !text.contains("old.py"), "{text}");
}

#[test]
fn symbols_of_the_project_decide_what_is_remembered() {
    let folder = repository();
    let root = folder.path();
    write(root, "svc/app.py", "import auth\n\nauth.decode(TOKEN, KEY, False)\n");
    write(root, "ssot-guard.toml", "rules = [\"guard\"]\n");
    write(root, "guard/symbols/own.yaml", "sets:\n  own.decode:\n    python: [auth.read]\n");
    git(root, &["add", "--all"]);
    let (code, text) = hook(root, &["run"]);
    assert_eq!(code, 0, "{text}");
    // One of our own sets has no names in Python.
    write(root, "guard/symbols/own.yaml", "sets:\n  ruby-jwt.decode:\n    python: [auth.decode]\n");
    git(root, &["add", "--all"]);
    let (code, text) = hook(root, &["run"]);
    assert!(code == 2 && text.contains("svc/app.py:3"), "{text}");
}

#[cfg(unix)]
#[test]
fn settings_that_cannot_be_read_are_not_taken_for_none() {
    let folder = repository();
    let root = folder.path();
    std::os::unix::fs::symlink("elsewhere.toml", root.join("ssot-guard.toml")).expect("a link can be made");
    git(root, &["add", "--all"]);
    let (code, text) = hook(root, &["run"]);
    assert!(code == 3 && text.contains("ssot-guard.toml is a link"), "{text}");
    std::fs::remove_file(root.join("ssot-guard.toml")).expect("it can go");
    std::fs::write(root.join("baseline.json"), b"{\0\0\0").expect("it can be written");
    git(root, &["add", "--all"]);
    let (code, text) = hook(root, &["run"]);
    assert!(code == 3 && text.contains("baseline.json"), "{text}");
}

#[test]
fn the_hook_comes_and_goes_and_keeps_what_was_there() {
    let folder = repository();
    let root = folder.path();
    let path = root.join(".git/hooks/pre-commit");
    assert_eq!(hook(root, &["status"]).0, 0);
    assert_eq!(hook(root, &["install"]).0, 0, "twice is as good as once");
    assert_eq!(hook(root, &["uninstall"]).0, 0);
    assert!(!path.exists());
    assert_eq!(hook(root, &["status"]).0, 1);
    let own = "#!/bin/sh\ntouch \"$(git rev-parse --git-dir)/was-run\"\n";
    std::fs::write(&path, own).expect("the hook can be written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be made executable");
    }
    let (code, text) = hook(root, &["install"]);
    assert_eq!(code, 3, "{text}");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), own);
    let kept = path.with_file_name("pre-commit.before-ssot-guard");
    std::fs::write(&kept, "of an earlier chain").expect("it can be written");
    assert_eq!(hook(root, &["install", "--chain"]).0, 3, "nothing is written over");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), own);
    std::fs::remove_file(&kept).expect("it can go");
    assert_eq!(hook(root, &["install", "--chain"]).0, 0);
    write(root, "svc/app.py", BYPASS);
    assert!(!commit(root, &["--all"]).0);
    assert!(root.join(".git/was-run").exists(), "the hook that was there is run");
    assert_eq!(hook(root, &["uninstall"]).0, 0);
    assert_eq!(std::fs::read_to_string(&path).expect("it is back"), own);
    git(root, &["config", "core.hooksPath", "/elsewhere"]);
    let (code, text) = hook(root, &["install"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("core.hooksPath"), "{text}");
}

#[test]
fn somebody_in_a_hurry_may_go_ahead_and_is_told() {
    let folder = repository();
    let root = folder.path();
    write(root, "svc/app.py", BYPASS);
    git(root, &["add", "--all"]);
    git(root, &["config", "ssot.skip", "true"]);
    let (went, text) = commit(root, &[]);
    assert!(went && text.contains("not checked: git's `ssot.skip` is set"), "{text}");
}

/// What the hook says of everything in the index, without the time it took.
fn judged(folder: &Path, cache: &Path) -> String {
    judged_on(folder, cache, 1_800_000_000)
}

/// `time` is in seconds since 1970.
fn judged_on(folder: &Path, cache: &Path, time: u64) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ssot-guard"))
        .args(["hook", "run", "--all"])
        .current_dir(folder)
        .env("HOME", folder)
        .env("SOURCE_DATE_EPOCH", time.to_string())
        .env("XDG_CACHE_HOME", cache)
        .output()
        .expect("the program under test starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let time = regex::Regex::new(r"\d+ (?:ms|staged files)").expect("the pattern is well-formed");
    format!("{:?} {}", output.status.code(), time.replace_all(&text, ""))
}

#[test]
fn what_is_remembered_changes_nothing() {
    let folder = tree(&[]);
    let root = folder.path();
    let fixtures = crate::repository().join("fixtures");
    for entry in walkdir::WalkDir::new(&fixtures).into_iter().map(|it| it.expect("fixtures can be read")) {
        let path = entry.path().strip_prefix(&fixtures).expect("it is below").to_string_lossy().into_owned();
        // Owners of one fixture would be those of all.
        if entry.file_type().is_file() && !path.ends_with(".out") && !path.ends_with(".toml") {
            write(root, &path, &std::fs::read_to_string(entry.path()).expect("fixtures are text"));
        }
    }
    let wrapper = "import jwt\n\n\ndef decode(token, verify=True):\n    return jwt.decode(token, KEY, algorithms=[\"RS256\"], options={\"verify_signature\": verify})\n";
    write(root, "pack/wrap.py", wrapper);
    write(
        root,
        "pack/use.py",
        "from pack.wrap import decode\n\n\ndef read(token):\n    return decode(token, verify=FLAG)\n",
    );
    git(root, &["init", "--quiet"]);
    git(root, &["add", "--all"]);
    let (kept, fresh) = (tempfile::tempdir().expect("a folder"), || tempfile::tempdir().expect("a folder"));
    let same = |what: &str| {
        git(root, &["add", "--all"]);
        let without = judged(root, fresh().path());
        assert_eq!(judged(root, kept.path()), without, "{what}");
        assert_eq!(judged(root, kept.path()), without, "{what}, again");
        without
    };
    let first = same("all at once");
    assert!(first.starts_with("Some(2) ssot-guard: COMMIT BLOCKED"), "{first}");
    write(
        root,
        "pack/use.py",
        "from pack.wrap import decode\nfrom pack.flags import FLAG\n\n\ndef read(token):\n    return decode(token, verify=FLAG)\n",
    );
    let open = same("an import of what is not there");
    write(root, "pack/flags.py", "FLAG = True\n");
    assert_eq!(same("what it imports comes"), open);
    write(root, "pack/flags.py", "FLAG = False\n");
    let off = same("what it imports changes");
    assert_ne!(off, open, "a switch in another file turns the check off");
    std::fs::remove_file(root.join("pack/flags.py")).expect("it can go");
    assert_eq!(same("what it imports goes"), open);
    git(root, &["mv", "pack/wrap.py", "pack/wrapped.py"]);
    same("the wrapper has another name");
    std::fs::write(root.join("pack/__init__.py"), "from pack.wrapped import decode\n").expect("it can be written");
    same("a package passes it on");
    // What allows a finding runs out.
    let exception = "import jwt\n\n\ndef read(token):\n    # ssot: allow jwt-direct-decode until=2027-02-01 -- it moves to the module that owns tokens\n    \
                     return jwt.decode(token, KEY, algorithms=[\"RS256\"])\n";
    write(root, "pack/allowed.py", exception);
    let allowed = same("an exception until next month");
    let next_month = 1_802_678_400;
    let run_out = judged_on(root, kept.path(), next_month);
    assert_eq!(run_out, judged_on(root, fresh().path(), next_month), "a month later");
    assert_ne!(run_out, allowed, "the exception has run out");
    // Lines go, come twice, or are those of another file.
    let tracked = git(root, &["ls-files"]);
    let code: Vec<&str> =
        tracked.lines().filter(|it| [".py", ".js", ".ts", ".go"].iter().any(|end| it.ends_with(end))).collect();
    let mut random = 1_u64;
    let mut below = |count: usize| {
        // The generator of Knuth's MMIX.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % count
    };
    for step in 0..4 {
        for _ in 0..3 {
            let path = code[below(code.len())];
            let text = std::fs::read_to_string(root.join(path)).expect("it can be read");
            let mut lines: Vec<&str> = text.lines().collect();
            let at = below(lines.len().max(1));
            match below(3) {
                0 if !lines.is_empty() => _ = lines.remove(at),
                1 if !lines.is_empty() => lines.insert(at, lines[at]),
                _ => lines.insert(0, ""),
            }
            write(root, path, &(lines.join("\n") + "\n"));
        }
        same(&format!("edits {step}"));
    }
    // Whatever is wrong with what is kept, it is as if there were nothing.
    let sound = judged(root, kept.path());
    for entry in std::fs::read_dir(kept.path().join("ssot-guard")).expect("there is a cache") {
        let path = entry.expect("it can be read").path();
        let mut bytes = std::fs::read(&path).expect("it can be read");
        let half = bytes.len() / 2;
        bytes[half] ^= 0x55;
        std::fs::write(&path, &bytes).expect("it can be written");
        assert_eq!(judged(root, kept.path()), sound, "a bit is wrong");
        std::fs::write(&path, &bytes[..half]).expect("it can be written");
        assert_eq!(judged(root, kept.path()), sound, "half of it is missing");
    }
}

#[test]
fn hooks_at_once_and_hooks_that_are_killed_leave_everything_sound() {
    let folder = repository();
    let root = folder.path();
    for at in 0..200 {
        write(
            root,
            &format!("many/m{at}.py"),
            &format!("import jwt\n\n\ndef f{at}(t):\n    return jwt.decode(t, KEY, algorithms=[\"RS256\"])\n"),
        );
    }
    git(root, &["add", "--all"]);
    assert!(commit(root, &["--no-verify"]).0);
    write(root, "svc/app.py", BYPASS);
    git(root, &["add", "--all"]);
    let before = traces(root);
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_ssot-guard"))
            .args(["hook", "run"])
            .current_dir(root)
            .env("HOME", root)
            .env("XDG_CACHE_HOME", root.join(".cache"))
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program under test starts")
    };
    for milliseconds in [1, 5, 20, 50, 100, 200, 400] {
        let mut child = start();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        // It may have ended by itself.
        _ = child.kill();
        child.wait().expect("it can be waited for");
        assert_eq!(traces(root), before, "killed after {milliseconds} ms");
    }
    let mut both = [start(), start()];
    for child in &mut both {
        assert_eq!(child.wait().expect("it can be waited for").code(), Some(2));
    }
    assert_eq!(hook(root, &["run"]).0, 2);
    assert_eq!(traces(root), before);
}
