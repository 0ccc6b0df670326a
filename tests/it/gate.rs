//! The gate through the program: what it never says PASS to, where its bar comes from, and what it leaves behind.

use crate::hook::git;
use crate::hook::write;
use crate::stderr;
use crate::stdout;
use crate::tree;
use std::path::Path;
use std::process::Command;
use std::process::Output;

const BYPASS: &str =
    "import jwt\n\n\ndef read(token):\n    return jwt.decode(token, options={\"verify_signature\": False})\n";
const ERROR: &str = "import jwt\n\n\ndef read(token):\n    return jwt.decode(token, KEY, algorithms=[\"RS256\"])\n";
const GOOD: &str = "import auth\n\n\ndef read(token):\n    return auth.read(token)\n";

/// Runs the gate where no build server is.
fn gate_with(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssot-guard"));
    command.arg("gate").args(arguments).current_dir(folder);
    for (name, _) in std::env::vars() {
        let of_server = ["GITHUB_", "CI_", "GITLAB_", "JENKINS_", "SSOT_", "TF_BUILD", "BITBUCKET_", "COMPLIANCE_"];
        if of_server.iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.env("HOME", folder).envs(variables.iter().copied()).output().expect("the program under test starts")
}

fn gate(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = gate_with(folder, &[], arguments);
    (output.status.code().expect("no signal ended it"), format!("{}{}", stdout(&output), stderr(&output)))
}

fn report(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> serde_json::Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
    let output = gate_with(folder, variables, &arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(&output), stderr(&output)))
}

fn required(report: &serde_json::Value, name: &str) -> String {
    let it = &report["verdict"]["requirements"][name];
    format!(
        "{} ({}) {}",
        it["value"].as_str().unwrap_or("-"),
        it["origin"].as_str().unwrap_or("-"),
        it["outcome"].as_str().unwrap_or("-")
    )
}

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let folder = tree(&files);
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "first"]);
    folder
}

/// The ways in which the scripts before this tool said that all was well.
#[test]
fn what_could_not_be_looked_at_never_passes() {
    let judged = |folder: &Path, mode: &str| gate(folder, &["--mode", mode, "--no-save-report"]);
    let modes = ["deployment-gate", "pr-validation", "branch-protection", "manual-validation", "continuous-monitoring"];
    // A project without a source file, and a bypass in a folder that nobody thought of.
    let empty = tree(&[("README.md", b"# nothing\n")]);
    let services = tree(&[("services/app.py", BYPASS.as_bytes()), ("auth_service/app.py", BYPASS.as_bytes())]);
    for mode in modes {
        assert_eq!(judged(empty.path(), mode).0, 3, "{mode}: nothing in scope");
        assert_eq!(judged(services.path(), mode).0, 2, "{mode}: a folder that nobody thought of");
    }
    // Folders whose names hold the names of others.
    for path in ["test-run/app/testing_utils/app.py", "catalogs/docs_api.py", "app/templates/attempts.py"] {
        let folder = tree(&[(path, BYPASS.as_bytes())]);
        assert_eq!(judged(folder.path(), "deployment-gate").0, 2, "{path}");
    }
    // A byte that is no UTF-8 beside a bypass.
    let latin = tree(&[("app.py", &[b"# caf\xe9\n", BYPASS.as_bytes()].concat())]);
    assert_eq!(judged(latin.path(), "deployment-gate").0, 2, "a byte of Latin-1");
    // A baseline that cannot be read is no empty one.
    for broken in ["<<<<<<< ours\n", "[]", "{\"app.py\": 1}"] {
        let folder = tree(&[("app.py", GOOD.as_bytes()), ("baseline.json", broken.as_bytes())]);
        assert_eq!(judged(folder.path(), "deployment-gate").0, 3, "{broken}");
    }
    // Tests that are not there, or do not run.
    for run in ["[\"no-such-program\"]", "[\"sh\", \"-c\", \"echo no tests ran\"]", "[\"sleep\", \"30\"]"] {
        let project = format!("[[gate.check]]\nname = \"security\"\nrun = {run}\ntimeout = 1\n");
        let folder = tree(&[("app.py", GOOD.as_bytes()), ("ssot-guard.toml", project.as_bytes())]);
        let (code, text) = judged(folder.path(), "deployment-gate");
        assert_eq!(code, 1, "{run}: {text}");
    }
}

#[test]
fn a_run_that_fails_leaves_no_report_of_an_earlier_one_behind() {
    let folder = tree(&[("app.py", GOOD.as_bytes())]);
    let root = folder.path();
    let latest = root.join("reports/ci_compliance/latest.json");
    assert_eq!(gate(root, &[]).0, 0);
    assert!(latest.exists());
    write(root, "ssot-guard.toml", "no such key = 1\n");
    assert_eq!(gate(root, &[]).0, 3);
    assert!(!latest.exists(), "whoever reads it would take it for this run's");
}

#[test]
fn every_run_leaves_a_report_and_none_is_overwritten() {
    let folder = tree(&[("app.py", ERROR.as_bytes())]);
    let root = folder.path();
    for _ in 0..3 {
        assert_eq!(gate(root, &[]).0, 1);
    }
    let names: Vec<String> = std::fs::read_dir(root.join("reports/ci_compliance"))
        .expect("there are reports")
        .map(|it| it.expect("the folder can be read").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.iter().all(|it| it == "latest.json" || it.starts_with("ci_ssot_compliance_20")), "{names:?}");
    let text = std::fs::read_to_string(root.join("reports/ci_compliance/latest.json")).expect("it can be read");
    let latest: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(latest["verdict"]["exit_code"], 1);
    // Not even counted as a file without a reader.
    assert_eq!(latest["scope"]["no_reader"], serde_json::json!([]));
    let quiet = tree(&[("app.py", GOOD.as_bytes())]);
    gate_with(quiet.path(), &[("SSOT_GENERATE_REPORTS", "false")], &[]);
    assert!(!quiet.path().join("reports").exists());
}

#[test]
fn the_bar_says_where_it_comes_from() {
    let project = "[gate.environments]\nqa = \"permissive\"\n\n[gate.branches]\nmain = \"strict\"\n\"release/*\" = \"strict\"\n\
                   \"release/old-*\" = \"permissive\"\n\n[gate.pr-validation]\nlevel = \"permissive\"\nmax-errors = 1\nmax-warnings = \"unlimited\"\n";
    let folder = tree(&[("app.py", GOOD.as_bytes()), ("ssot-guard.toml", project.as_bytes())]);
    let asked = |variables: &[(&str, &str)], arguments: &[&str], name: &str| {
        let more: Vec<&str> = arguments.iter().copied().chain(["--no-save-report"]).collect();
        required(&report(folder.path(), variables, &more), name)
    };
    let level = |variables: &[(&str, &str)], arguments: &[&str]| asked(variables, arguments, "level");
    let branch = |name: &'static str| ["--mode", "branch-protection", "--branch", name];
    assert_eq!(level(&[], &["--mode", "deployment-gate"]), "strict (the mode deployment-gate) met");
    assert_eq!(level(&[], &[]), "standard (the mode manual-validation) met");
    assert_eq!(level(&[], &["--environment", "production"]), "strict (the environment production) met");
    assert_eq!(level(&[], &["--environment", "qa"]), "permissive (ssot-guard.toml [gate.environments] qa) met");
    assert_eq!(level(&[], &branch("main")), "strict (ssot-guard.toml [gate.branches] main) met");
    assert_eq!(level(&[], &branch("release/1")), "strict (ssot-guard.toml [gate.branches] release/*) met");
    assert_eq!(level(&[], &branch("release/old-1")), "permissive (ssot-guard.toml [gate.branches] release/old-*) met");
    assert_eq!(level(&[], &branch("other")), "standard (the mode branch-protection) met");
    let variable = [("SSOT_COMPLIANCE_LEVEL", "permissive")];
    assert_eq!(level(&variable, &["--environment", "production"]), "permissive (SSOT_COMPLIANCE_LEVEL) met");
    assert_eq!(level(&variable, &["--compliance-level", "strict"]), "strict (--compliance-level) met");
    let pull = ["--mode", "pr-validation"];
    assert_eq!(level(&[], &pull), "permissive (ssot-guard.toml [gate.pr-validation] level) met");
    assert_eq!(asked(&[], &pull, "errors"), "at most 1 (ssot-guard.toml [gate.pr-validation] max-errors) met");
    assert_eq!(asked(&[], &pull, "warnings"), "any number (ssot-guard.toml [gate.pr-validation] max-warnings) met");
    let block = [("SSOT_BLOCK_ON_WARNINGS", "true")];
    assert_eq!(asked(&block, &pull, "warnings"), "at most 0 (SSOT_BLOCK_ON_WARNINGS) met");
    // It raises the bar and never lowers it.
    let lenient = [("SSOT_BLOCK_ON_WARNINGS", "false")];
    assert_eq!(asked(&lenient, &["--level", "strict"], "warnings"), "at most 0 (the level strict) met");
    for (variable, value) in [("SSOT_COMPLIANCE_LEVEL", "lax"), ("SSOT_BLOCK_ON_WARNINGS", "maybe")] {
        let output = gate_with(folder.path(), &[(variable, value)], &["--no-save-report"]);
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains(variable), "{}", stderr(&output));
    }
    assert_eq!(gate(folder.path(), &["--environment", "nowhere"]).0, 3);
}

#[test]
fn a_pull_request_answers_for_what_it_brings() {
    let folder = repository(&[("old.py", ERROR), ("app.py", GOOD)]);
    let root = folder.path();
    let pull = ["--mode", "pr-validation", "--base", "main", "--no-save-report"];
    git(root, &["checkout", "--quiet", "-b", "feature"]);
    write(root, "app.py", &GOOD.replace("read", "look"));
    git(root, &["commit", "--quiet", "--all", "--message", "harmless"]);
    let (code, text) = gate(root, &pull);
    assert_eq!(code, 0, "what was there before is not its fault: {text}");
    git(root, &["mv", "old.py", "moved.py"]);
    git(root, &["commit", "--quiet", "--all", "--message", "moved"]);
    assert_eq!(gate(root, &pull).0, 0, "nor is what it moves");
    write(root, "app.py", ERROR);
    git(root, &["commit", "--quiet", "--all", "--message", "a copy"]);
    let told = report(root, &[], &pull);
    assert_eq!(told["verdict"]["exit_code"], 1, "a copy is new");
    let origins = |path: &str| -> Vec<String> {
        let findings = told["findings"].as_array().expect("an array").iter().filter(|it| it["path"] == path);
        findings.map(|it| it["origin"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(origins("app.py"), ["change", "change"]);
    assert_eq!(origins("moved.py"), ["touched", "touched"]);
    // The same on a build server, which names the branch.
    let server = [("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main"), ("GITHUB_REF", "refs/pull/5/merge")];
    let told = report(root, &server, &["--mode", "pr-validation", "--no-save-report"]);
    assert_eq!(told["verdict"]["exit_code"], 1);
    assert_eq!((&told["run"]["pull_request"], &told["run"]["provider"]), (&5.into(), &"github-actions".into()));
    // An old critical counts once its file is touched.
    let folder = repository(&[("old.py", BYPASS), ("app.py", GOOD)]);
    let root = folder.path();
    git(root, &["checkout", "--quiet", "-b", "feature"]);
    write(root, "app.py", "x = 1\n");
    git(root, &["commit", "--quiet", "--all", "--message", "elsewhere"]);
    assert_eq!(gate(root, &pull).0, 0);
    write(root, "old.py", &format!("# touched\n{BYPASS}"));
    git(root, &["commit", "--quiet", "--all", "--message", "touched"]);
    assert_eq!(gate(root, &pull).0, 2);
}

#[test]
fn without_history_nothing_is_said_to_be_old() {
    let origin = repository(&[("old.py", ERROR)]);
    git(origin.path(), &["commit", "--quiet", "--allow-empty", "--message", "second"]);
    let folder = tree(&[]);
    let clone = folder.path().join("clone");
    let url = format!("file://{}", origin.path().display());
    git(folder.path(), &["clone", "--quiet", "--depth", "1", &url, clone.to_str().expect("the path is UTF-8")]);
    let (code, text) = gate(&clone, &["--mode", "pr-validation", "--no-save-report"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("fetch-depth: 0"), "{text}");
    write(&clone, "ssot-guard.toml", "[tests]\npaths = [\"old.py\"]\n");
    let (code, text) = gate(&clone, &["--mode", "deployment-gate", "--no-save-report"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("note: whether ssot-guard.toml asks for less"), "{text}");
}

#[test]
fn the_baseline_does_not_grow_unseen() {
    let folder = repository(&[("old.py", ERROR)]);
    let root = folder.path();
    let guard = |arguments: &[&str]| {
        let output = crate::ssot_guard(root, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    };
    guard(&["baseline", "create"]);
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "adopted"]);
    let deploy = ["--mode", "deployment-gate", "--no-save-report"];
    assert_eq!(gate(root, &deploy).0, 0, "adoption is no growth");
    git(root, &["checkout", "--quiet", "-b", "feature"]);
    git(root, &["mv", "old.py", "moved.py"]);
    guard(&["baseline", "update"]);
    git(root, &["commit", "--quiet", "--all", "--message", "moved"]);
    assert_eq!(gate(root, &deploy).0, 0, "to follow what moved is no growth");
    write(root, "new.py", ERROR);
    guard(&[
        "baseline",
        "accept",
        "new.py:1",
        "new.py:5",
        "--reason",
        "the gateway needs it until June",
        "--owner",
        "@a",
    ]);
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "grown"]);
    let grown = |arguments: &[&str]| {
        let more: Vec<&str> = deploy.iter().chain(arguments).copied().collect();
        gate(root, &more)
    };
    let (code, text) = grown(&[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("baseline.json accepts 2 findings more than at"), "{text}");
    assert_eq!(grown(&["--allow-baseline-growth"]).0, 0);
    assert_eq!(grown(&["--no-ratchet"]).0, 0);
    assert_eq!(grown(&["--level", "permissive"]).0, 0);
    write(root, "ssot-guard.toml", "[gate]\ngrowth = \"reviewed\"\n");
    let (code, text) = grown(&[]);
    assert_eq!(code, 0, "each says why, who and until when: {text}");
    // A baseline that comes with what it accepts.
    let folder = repository(&[("app.py", GOOD)]);
    let root = folder.path();
    git(root, &["checkout", "--quiet", "-b", "feature"]);
    write(root, "app.py", ERROR);
    assert!(crate::ssot_guard(root, &["baseline", "create"]).status.success());
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "adopted at once"]);
    let told = report(root, &[], &["--mode", "pr-validation", "--base", "main", "--no-save-report"]);
    assert_eq!(told["verdict"]["exit_code"], 1);
    let reasons = told["verdict"]["reasons"].to_string();
    assert!(reasons.contains("accepts 2 findings that came with it"), "{reasons}");
}

#[test]
fn a_change_is_held_to_the_bar_it_started_from() {
    let project = "exclude = [\"vendor/**\"]\n";
    let folder = repository(&[("app.py", GOOD), ("old.py", BYPASS), ("ssot-guard.toml", project)]);
    let root = folder.path();
    git(root, &["checkout", "--quiet", "-b", "feature"]);
    let judged = |arguments: &[&str], file: &str, text: &str, project: &str| {
        write(root, file, text);
        write(root, "ssot-guard.toml", project);
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "--message", "change"]);
        let told = gate(root, &[&["--base", "main", "--no-save-report", "--mode"], arguments].concat());
        git(root, &["reset", "--quiet", "--hard", "main"]);
        told
    };
    let pull = "pr-validation";
    let tests = "[tests]\npaths = [\"new.py\"]\n";
    for project in ["exclude = [\"vendor/**\", \"new.py\"]\n", &format!("{project}{tests}")] {
        let (code, text) = judged(&[pull], "new.py", BYPASS, project);
        assert_eq!(code, 2, "{project}: {text}");
        assert!(text.contains("held as at"), "{text}");
        assert!(text.contains("new.py:5:12"), "the finding is shown: {text}");
    }
    assert_eq!(judged(&[pull, "--no-ratchet"], "new.py", BYPASS, tests).0, 0);
    let (code, text) = judged(&[pull], "new.py", ERROR, "[gate.pr-validation]\nmax-errors = 9\n");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("errors: `at most 9` counts from the next change on"), "{text}");
    let (code, text) = judged(&[pull], "new.py", ERROR, "[gate.pr-validation]\nlevel = \"permissive\"\n");
    assert_eq!(code, 1, "{text}");
    // What lets nothing go is nobody's business.
    let (code, text) = judged(&[pull], "new.py", GOOD, tests);
    assert_eq!(code, 0, "{text}");
    // What was there before is not brought by who excludes it, and still is not deployed by that.
    let excludes = "exclude = [\"old.py\"]\n";
    let (code, text) = judged(&[pull], "app.py", GOOD, excludes);
    assert_eq!(code, 0, "{text}");
    let (code, text) = judged(&["deployment-gate"], "app.py", GOOD, excludes);
    assert_eq!(code, 2, "{text}");
    // A check is not gone with the word that names it.
    write(root, "ssot-guard.toml", "[[gate.check]]\nname = \"security\"\nrun = [\"no-such-program\"]\n");
    git(root, &["checkout", "--quiet", "main"]);
    git(root, &["commit", "--quiet", "--all", "--message", "a check"]);
    git(root, &["checkout", "--quiet", "-B", "feature"]);
    write(root, "ssot-guard.toml", "");
    git(root, &["commit", "--quiet", "--all", "--message", "no check"]);
    let (code, text) = gate(root, &["--mode", pull, "--base", "main", "--no-save-report"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("security"), "{text}");
    // Another baseline is no way around the ratchet.
    let folder = repository(&[("old.py", ERROR), ("ssot-guard.toml", "")]);
    let root = folder.path();
    let accept = || {
        assert!(crate::ssot_guard(root, &["baseline", "create"]).status.success());
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "--message", "accepted"]);
    };
    accept();
    git(root, &["checkout", "--quiet", "-b", "feature"]);
    write(root, "new.py", ERROR);
    write(root, "ssot-guard.toml", "baseline = \"other.json\"\n");
    accept();
    let (code, text) = gate(root, &["--mode", "deployment-gate", "--base", "main", "--no-save-report"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("other.json accepts 2 findings more than at"), "{text}");
}

#[test]
fn exceptions_have_an_upper_bound_and_checks_have_to_pass() {
    let marked = "import jwt  # ssot: allow jwt-direct-import -- the gateway checks tokens itself\n";
    let project = "[gate]\nmax-exceptions = 0\n";
    let folder = tree(&[("app.py", marked.as_bytes()), ("ssot-guard.toml", project.as_bytes())]);
    let (code, text) = gate(folder.path(), &["--no-save-report"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("exceptions allow 1 finding, and 0 may be"), "{text}");
    let project = "[[gate.check]]\nname = \"security\"\nrun = [\"sh\", \"-c\", \"echo 3 passed\"]\n";
    let folder = tree(&[("app.py", GOOD.as_bytes()), ("ssot-guard.toml", project.as_bytes())]);
    assert_eq!(gate(folder.path(), &["--no-save-report"]).0, 0);
    write(folder.path(), "ssot-guard.toml", &project.replace("3 passed", "3 passed, 1 skipped"));
    assert_eq!(gate(folder.path(), &["--no-save-report"]).0, 1);
    let (code, text) = gate(folder.path(), &["--no-save-report", "--level", "permissive"]);
    assert_eq!(code, 0, "there they are optional: {text}");
    assert!(text.contains("note: the check `security` skipped"), "{text}");
}

#[test]
fn an_accepted_critical_does_not_reach_production() {
    let folder = tree(&[("app.py", BYPASS.as_bytes())]);
    let root = folder.path();
    let accepted = crate::ssot_guard(
        root,
        &[
            "baseline",
            "accept",
            "app.py:1",
            "app.py:5",
            "--reason",
            "the partner changes keys on Friday",
            "--owner",
            "@s",
            "--allow-critical",
        ],
    );
    assert!(accepted.status.success(), "{}", stderr(&accepted));
    assert_eq!(gate(root, &["--no-save-report", "--no-ratchet"]).0, 0);
    assert_eq!(gate(root, &["--no-save-report", "--no-ratchet", "--environment", "production"]).0, 2);
    let told = report(root, &[], &["--no-save-report", "--no-ratchet", "--level", "strict", "--no-fail"]);
    assert_eq!((&told["verdict"]["escalate"], &told["verdict"]["advisory"]), (&true.into(), &true.into()));
}

#[test]
fn what_runs_out_soon_and_what_nobody_knows_is_told() {
    let folder = tree(&[("app.py", ERROR.as_bytes())]);
    let root = folder.path();
    let day = ["--today", "2026-01-01"];
    assert!(crate::ssot_guard(root, &["baseline", "create", "--expires", "10d", day[0], day[1]]).status.success());
    let notes = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["--no-save-report", "--no-ratchet"].iter().chain(&day).chain(arguments).copied().collect();
        let told = report(root, &[], &all);
        (
            told["verdict"]["exit_code"].as_u64(),
            told["verdict"]["notes"].to_string(),
            told["verdict"]["reasons"].to_string(),
        )
    };
    let (code, said, _) = notes(&[]);
    assert_eq!(code, Some(0));
    assert!(said.contains("allowed for 14 days at most: 2 findings, the first until 2026-01-11"), "{said}");
    let text = std::fs::read_to_string(root.join("baseline.json")).expect("there is a baseline");
    write(root, "baseline.json", &text.replacen("jwt-direct-import", "no-such-rule", 1));
    write(root, "app.py", &ERROR.replace("import jwt\n", "jwt = __import__('jwt')\n"));
    let (_, said, _) = notes(&[]);
    assert!(said.contains("accepts findings of `no-such-rule`"), "{said}");
    let (code, _, reasons) = notes(&["--level", "strict"]);
    assert_eq!(code, Some(3), "{reasons}");
}
