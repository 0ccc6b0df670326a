//! How the program is used: exit codes, formats, bad input.

use crate::ssot_guard;
use crate::stable;
use crate::stderr;
use crate::stdout;
use crate::tree;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;

const BYPASS: &str = "import jwt\njwt.decode(t, options={\"verify_signature\": False})\n";

#[test]
fn exit_codes_follow_the_most_serious_thing() {
    let cases: &[(&str, i32)] = &[
        ("x = 1\n", 0),
        ("import jwt\n", 1),
        (BYPASS, 2),
        ("import jwt\njwt.decode(t, options={\"verify_signature\": False}\ndef broken(:\n", 2),
        ("import json\nx = jwt\n'''unterminated \"jwt\"", 3),
    ];
    for (text, expected) in cases {
        let folder = tree(&[("a.py", text.as_bytes())]);
        let output = ssot_guard(folder.path(), &["scan"]);
        assert_eq!(output.status.code(), Some(*expected), "{text}\n{}", stdout(&output));
    }
}

#[test]
fn nothing_to_scan_and_wrong_usage_are_3() {
    let empty = tree(&[]);
    for arguments in [
        &["scan"][..],
        &["scan", "not-there"],
        &["scan", "--no-such-flag"],
        &["scan", "--rule", "no-such-rule"],
        &["scan", "--rules", "no-such-file.yaml"],
        &["no-such-command"],
        &[],
    ] {
        let output = ssot_guard(empty.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(!output.stderr.is_empty() || !output.stdout.is_empty(), "{arguments:?} says why");
    }
}

#[test]
fn a_bypass_in_hard_input_is_found_or_the_run_says_why_not() {
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(BYPASS.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let large = format!("{}{BYPASS}", "# a comment line of some length\n".repeat(40_000));
    let cases: &[(&str, Vec<u8>)] = &[
        ("latin1", [b"# caf\xe9\n".as_slice(), BYPASS.as_bytes()].concat()),
        ("utf16", utf16),
        ("large", large.into_bytes()),
        ("syntax_error_before", format!("def broken(:\n    pass\n\n{BYPASS}").into_bytes()),
        ("nul_in_the_middle", [b"x = 1 \0\n".as_slice(), BYPASS.as_bytes()].concat()),
        ("byte_order_mark", [b"\xEF\xBB\xBF".as_slice(), BYPASS.as_bytes()].concat()),
        ("carriage_returns", BYPASS.replace('\n', "\r\n").into_bytes()),
    ];
    for (name, bytes) in cases {
        let folder = tree(&[("a.py", bytes)]);
        let output = ssot_guard(folder.path(), &["scan"]);
        assert_eq!(output.status.code(), Some(2), "{name}\n{}", stdout(&output));
    }
}

#[test]
fn ignored_files_are_scanned_when_named() {
    let folder = tree(&[(".gitignore", b"a.py\n"), ("a.py", BYPASS.as_bytes()), ("b.py", b"x = 1\n")]);
    assert_eq!(ssot_guard(folder.path(), &["scan"]).status.code(), Some(0));
    assert_eq!(ssot_guard(folder.path(), &["scan", "a.py"]).status.code(), Some(2));
}

#[test]
fn tests_do_not_count_unless_asked_or_named() {
    let folder = tree(&[("tests/test_a.py", BYPASS.as_bytes()), ("b.py", b"x = 1\n")]);
    assert_eq!(ssot_guard(folder.path(), &["scan"]).status.code(), Some(0));
    assert_eq!(ssot_guard(folder.path(), &["scan", "--include-tests"]).status.code(), Some(2));
    assert_eq!(ssot_guard(folder.path(), &["scan", "tests/test_a.py"]).status.code(), Some(2));
}

#[test]
fn standard_input_is_a_file_by_name() {
    let folder = tree(&[]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ssot-guard"))
        .args(["scan", "-", "--stdin-filename", "src/a.py", "--format", "json"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program under test starts");
    child.stdin.take().expect("standard input is piped").write_all(BYPASS.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stable(&output)["findings"][1]["path"], "src/a.py");
}

#[test]
fn a_wrong_rule_file_is_shown_with_its_line() {
    let rule = |line: &str| {
        format!(
            "id: my-rule\nseverity: error\nmessage: m\nwhy: w\nfix: f\n{line}\ntests: {{bad: {{python: [\"f()\"]}}, good: {{python: [\"g()\"]}}}}\n"
        )
    };
    let cases = [
        (rule("match: {call: {calee: f}}"), "unknown key `calee`"),
        (rule("match: {name: {is: '/(/'}}"), "bad pattern"),
        (rule("match: {call: {callee: $no.such}}"), "unknown set"),
        (rule("match: {call: {callee: builtins.h}}"), "does not find this bad example"),
        (rule("match: {call: {callee: [builtins.f, builtins.g]}}"), "finds something in this good example"),
        (rule("match: {call: {callee: builtins.f}}\nmatch: {call: {callee: builtins.h}}"), "a second `match`"),
        (rule("match: {call: {callee: builtins.f, callee: builtins.h}}"), "a second `callee`"),
        (
            rule("match: {call: {callee: builtins.f}}\ncontract: {agree: {each: {env: {key: /a/}}}}"),
            "exclude each other",
        ),
        (rule("contract: {agrees: {}}"), "`agrees` is not known here"),
        (rule("contract: {agree: {each: {call: {callee: builtins.f}}}}"), "does not find this bad example"),
        ("id: my-rule\nseverity: error\n".to_owned(), "is missing"),
        ("id: [".to_owned(), "not YAML"),
    ];
    for (text, expected) in cases {
        let folder = tree(&[("rule.yaml", text.as_bytes()), ("a.py", b"f()\n")]);
        let output = ssot_guard(folder.path(), &["scan", "--rules", "rule.yaml"]);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(stderr(&output).contains(expected), "{expected}\n{}", stderr(&output));
        assert!(stderr(&output).contains("rule.yaml:"), "the place is named\n{}", stderr(&output));
    }
    let contract = rule("contract: {once: {each: {define: {is: class}}}}");
    let contract = contract
        .replace("\"f()\"", "\"class A: pass\\nclass A: pass\"")
        .replace("message: m", "message: \"{name} {others}\"");
    let files: [(&str, &[u8]); 4] = [
        ("rule.yaml", contract.as_bytes()),
        ("app/a.py", b"class A: pass\n"),
        ("app/b.py", b"class A: pass\n"),
        ("lib/a.py", b"class A: pass\n"),
    ];
    let twice = stdout(&ssot_guard(tree(&files).path(), &["scan", "--rules", "rule.yaml"]));
    assert!(twice.contains("A 1 other place") && twice.contains("app/b.py:1:7"), "{twice}");
    assert!(twice.contains("see: app/a.py:1:7: `A` is defined here") && !twice.contains("lib/"), "{twice}");
    let good = tree(&[("rule.yaml", rule("match: {call: {callee: builtins.f}}").as_bytes()), ("a.py", b"f()\n")]);
    assert_eq!(ssot_guard(good.path(), &["scan", "--rules", "rule.yaml"]).status.code(), Some(1));
}

#[test]
fn a_wrong_project_file_is_shown_with_its_line() {
    let folder = tree(&[("ssot-guard.toml", b"exclude = []\nexlude = []\n"), ("a.py", b"x = 1\n")]);
    let output = ssot_guard(folder.path(), &["scan"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("ssot-guard.toml:2"), "{}", stderr(&output));
}

#[test]
fn reports_are_written_also_when_the_verdict_blocks() {
    let folder = tree(&[("a.py", BYPASS.as_bytes())]);
    let output =
        ssot_guard(folder.path(), &["scan", "--output", "json=out/report.json", "--output", "text=out/report.txt"]);
    assert_eq!(output.status.code(), Some(2));
    let json = std::fs::read(folder.path().join("out/report.json")).expect("the report is written");
    let report: serde_json::Value = serde_json::from_slice(&json).expect("it is JSON");
    assert_eq!(report["verdict"]["exit_code"], 2);
    assert!(folder.path().join("out/report.txt").is_file());
}

#[test]
fn a_reader_that_goes_away_is_a_normal_end() {
    let many: String = std::iter::once("import jwt\n".to_owned())
        .chain((0..5_000).map(|_| "jwt.decode(t, options={\"verify_signature\": False})\n".to_owned()))
        .collect();
    let folder = tree(&[("a.py", many.as_bytes())]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ssot-guard"))
        .args(["scan"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program under test starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_fifo_does_not_hang_the_scan() {
    let folder = tree(&[("a.py", b"x = 1\n")]);
    let made = Command::new("mkfifo").arg(folder.path().join("b.py")).status().expect("mkfifo is there");
    assert!(made.success());
    let output = ssot_guard(folder.path(), &["scan"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
}

#[test]
fn a_manifest_that_cannot_be_read_is_named() {
    let folder = tree(&[("a.py", b"x = 1\n"), ("package.json", b"\0\x01\x02\0\x03\0\x04binary\0"), ("go.mod", b"\n")]);
    let output = ssot_guard(folder.path(), &["scan", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    let named: Vec<&str> =
        report["problems"].as_array().expect("a list").iter().filter_map(|it| it["path"].as_str()).collect();
    assert_eq!(named, ["go.mod", "package.json"]);
}

#[test]
fn what_is_called_and_what_does_not_parse_are_told_without_their_literals() {
    let secret = "nobody-may-read-4f9c2d7e8a1b3c5d6e7f8a9b";
    let source = format!("from flask import request\nclient(\"{secret}\").validate_jwt_token(request.args[\"t\"])\n");
    let manifest = format!("[project]\nname = {secret}\n");
    let folder = tree(&[
        ("app/websocket.py", source.as_bytes()),
        ("pyproject.toml", manifest.as_bytes()),
        ("poetry.lock", format!("package = \"{secret}\"\n").as_bytes()),
    ]);
    for format in ["json", "text"] {
        let output = ssot_guard(folder.path(), &["scan", "--format", format]);
        assert!(!stdout(&output).contains(secret), "{}", stdout(&output));
        assert!(stdout(&output).contains("pyproject.toml"), "{}", stdout(&output));
    }
}

#[test]
fn a_syntax_error_where_a_followed_name_is_used_leaves_the_run_incomplete() {
    let wrapper = b"import jwt\ndef read(token, verify=True):\n    return jwt.decode(token, K, algorithms=['HS256'], \
                    options={'verify_signature': verify})\n";
    let folder = tree(&[
        ("app/tokens.py", wrapper.as_slice()),
        ("app/views.py", b"from app.tokens import read\n\ndef view(t:\n    return read(t, verify=False)\n"),
    ]);
    let output = ssot_guard(folder.path(), &["scan", "--format", "json", "--severity", "critical"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["problems"][0]["kind"], "syntax-error", "{report:#}");
}

#[test]
fn what_selects_nothing_is_named() {
    let project = "exclude = [\"vendor/**\", \"old/**\"]\n\n[owners]\njwt = [\"auth/**\", \"gone/**\"]\n\n[tests]\npaths = \
                   [\"checks/**\"]\n\n[[registry]]\ndeclared = [\".env.example\"]\nof = \"jobs/**\"\n";
    let folder = tree(&[
        ("ssot-guard.toml", project.as_bytes()),
        (".env.example", b"PORT=80\n"),
        ("auth/tokens.py", b"import jwt\n"),
        ("vendor/a.py", b"x = 1\n"),
    ]);
    let idle = |arguments: &[&str]| -> Vec<String> {
        let output = ssot_guard(folder.path(), &[&["scan", "--format", "json"], arguments].concat());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
        let problems = report["problems"].as_array().expect("a list").iter();
        let idle = problems.filter(|it| it["kind"] == "selects-nothing");
        idle.map(|it| format!("{}:{} {}", it["path"], it["line"], it["message"]).replace('"', "")).collect()
    };
    let expected = [
        "--exclude:null `docs/**` excludes nothing",
        "ssot-guard.toml:1 `old/**` excludes nothing",
        "ssot-guard.toml:4 `gone/**` of the owner `jwt` selects no file",
        "ssot-guard.toml:7 `checks/**` selects no test code",
        "ssot-guard.toml:11 `jobs/**` of `jobs/**` selects no file",
    ];
    assert_eq!(idle(&["--exclude", "docs/**"]), expected);
    assert_eq!(idle(&["auth/tokens.py"]), [""; 0], "one file says nothing of the rest");
    std::fs::write(folder.path().join("other.toml"), "exclude = [\"old/**\"]\n").expect("a file can be written");
    assert_eq!(idle(&["--config", "other.toml"]), ["other.toml:1 `old/**` excludes nothing"]);
}

#[test]
fn a_scope_is_a_part_of_the_files_and_names_are_followed_out_of_it() {
    let bypass =
        b"import jwt\n\n\ndef read(token):\n    return jwt.decode(token, options={\"verify_signature\": False})\n";
    let wrapper = b"import jwt\n\n\ndef decode(token, verify=True):\n    return jwt.decode(token, KEY, algorithms=[\"RS256\"], options={\"verify_signature\": verify})\n";
    let caller = b"from shared.wrap import decode\n\n\ndef read(token):\n    return decode(token, verify=False)\n";
    let folder = tree(&[
        ("api/app.py", bypass),
        ("shared/wrap.py", wrapper),
        ("websocket_core/auth.py", caller),
        ("ssot-guard.toml", b"[scopes]\napi = [\"api/**\"]\nnowhere = [\"none/**\"]\n"),
    ]);
    let found = |arguments: &[&str], mode: Option<&str>| -> Vec<String> {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ssot-guard"));
        command.args(["scan", "--quiet", "--severity", "critical"]).args(arguments).current_dir(folder.path());
        if let Some(mode) = mode {
            command.env("SSOT_MONITORING_MODE", mode);
        }
        let output = command.output().expect("the program under test starts");
        let lines = stdout(&output);
        lines.lines().filter(|it| it.contains(".py:")).map(|it| it.split(':').next().unwrap_or("").to_owned()).collect()
    };
    assert_eq!(found(&[], None), ["api/app.py", "websocket_core/auth.py"]);
    assert_eq!(found(&["--monitor-websocket"], None), ["websocket_core/auth.py"]);
    assert_eq!(found(&[], Some("websocket")), ["websocket_core/auth.py"]);
    assert_eq!(found(&["--full-scan"], Some("websocket")), ["api/app.py", "websocket_core/auth.py"]);
    assert_eq!(found(&["--scope", "api"], Some("websocket")), ["api/app.py"]);
    for (arguments, part) in [
        (&["scan", "--scope", "nowhere"][..], "nothing to scan"),
        (&["scan", "--scope", "other"], "there is no scope `other`"),
        (&["scan", "--monitor-websocket", "--full-scan"], "cannot be used with"),
    ] {
        let output = ssot_guard(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        let text = format!("{}{}", stdout(&output), stderr(&output));
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = ssot_guard(crate::repository(), &["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = stdout(&output);
        for command in ["scan", "gate", "hook", "baseline", "rules", "monitor", "init"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(ssot_guard(crate::repository(), &["completions", "tcsh"]).status.code(), Some(3));
}
