//! The baseline as a team uses it: what stays known while code moves, what is new, and what never happens to the file.

use crate::ssot_guard;
use crate::stable;
use crate::stderr;
use crate::stdout;
use crate::tree;
use std::path::Path;
use std::process::Command;

/// A module with accepted findings in Python: two calls in a method, twins in a function, an import.
const PYTHON: &str = "\
import jwt


class Reader:
    def read(self, token):
        return jwt.decode(token, KEY, algorithms=[\"RS256\"])


def both(first, second):
    one = jwt.decode(first, KEY, algorithms=[\"RS256\"])
    log(one)
    one = jwt.decode(first, KEY, algorithms=[\"RS256\"])
    return one


def idle():
    pass
";

const TYPESCRIPT: &str = "\
import jwt from \"jsonwebtoken\";

class Reader {
  read(token: string) {
    return jwt.verify(token, KEY, { algorithms: [\"RS256\"] });
  }
}

export function both(first: string) {
  jwt.verify(first, KEY, { algorithms: [\"RS256\"] });
  log(first);
  jwt.verify(first, KEY, { algorithms: [\"RS256\"] });
}

export function idle() {}
";

/// What `scan` says of the findings after a change.
#[derive(Debug, PartialEq)]
struct Seen {
    /// `path:line`
    new: Vec<String>,
    known: usize,
    stale: u64,
}

fn seen(folder: &Path) -> Seen {
    let output = ssot_guard(folder, &["scan", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("the report is JSON: {}{}", stdout(&output), stderr(&output)));
    let findings = report["findings"].as_array().expect("an array");
    let of = |state: &'static str| findings.iter().filter(move |it| it["state"] == state);
    Seen {
        new: of("new").map(|it| format!("{}:{}", it["path"].as_str().expect("a text"), it["line"])).collect(),
        known: of("known").count(),
        stale: report["baseline"]["stale"].as_u64().expect("a number"),
    }
}

fn new_at(places: &[&str], known: usize, stale: u64) -> Seen {
    Seen { new: places.iter().map(|it| (*it).to_owned()).collect(), known, stale }
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("git can be run");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

struct Scenario {
    name: &'static str,
    change: fn(&str) -> Vec<(&'static str, String)>,
    expected: Seen,
}

/// The changes of catalogue section 2.2, for a module `app` that is known with four findings. `ext` is its extension.
fn scenarios(ext: &'static str) -> Vec<Scenario> {
    let python = ext == "py";
    vec![
        Scenario {
            name: "lines shift",
            change: |text| {
                let comment = if text.contains("class Reader:") { "# one\n# two\n\n" } else { "// one\n// two\n\n" };
                vec![("app", format!("{comment}{text}"))]
            },
            expected: new_at(&[], 4, 0),
        },
        Scenario {
            name: "a formatter breaks a call over lines",
            change: |text| {
                let python =
                    "jwt.decode(\n            token,\n            KEY,\n            algorithms=['RS256'],\n        )";
                let typescript = "jwt.verify(token, KEY, {\n      algorithms: ['RS256'],\n    })";
                vec![(
                    "app",
                    text.replace("jwt.decode(token, KEY, algorithms=[\"RS256\"])", python)
                        .replace("jwt.verify(token, KEY, { algorithms: [\"RS256\"] })", typescript),
                )]
            },
            expected: new_at(&[], 4, 0),
        },
        Scenario {
            name: "a function has another name",
            change: |text| vec![("app", text.replace("read(", "look("))],
            expected: new_at(&[], 4, 0),
        },
        Scenario {
            name: "the file has another name",
            change: |text| vec![("app", String::new()), ("other", text.to_owned())],
            expected: new_at(&[], 4, 0),
        },
        Scenario {
            name: "the file and a function have other names",
            change: |text| vec![("app", String::new()), ("other", text.replace("read(", "look("))],
            expected: new_at(&[], 4, 0),
        },
        Scenario {
            name: "the file is copied",
            change: |text| vec![("app", text.to_owned()), ("other", text.to_owned())],
            expected: if python {
                new_at(&["core/tokens.py:1", "core/tokens.py:6", "core/tokens.py:10", "core/tokens.py:12"], 4, 0)
            } else {
                new_at(&["core/tokens.ts:1", "core/tokens.ts:5", "core/tokens.ts:10", "core/tokens.ts:12"], 4, 0)
            },
        },
        Scenario {
            name: "a third twin in the same function",
            change: |text| {
                vec![(
                    "app",
                    text.replace(
                        "    return one\n",
                        "    one = jwt.decode(first, KEY, algorithms=[\"RS256\"])\n    return one\n",
                    )
                    .replace(
                        "  log(first);\n",
                        "  log(first);\n  log(first);\n  jwt.verify(first, KEY, { algorithms: [\"RS256\"] });\n",
                    ),
                )]
            },
            expected: if python { new_at(&["app.py:13"], 4, 0) } else { new_at(&["app.ts:14"], 4, 0) },
        },
        Scenario {
            name: "one is mended and another of the same rule comes",
            change: |text| {
                vec![(
                    "app",
                    text.replace("jwt.decode(token, KEY", "jwt.decode(token, OTHER")
                        .replace("jwt.verify(token, KEY", "jwt.verify(token, OTHER"),
                )]
            },
            expected: if python { new_at(&["app.py:6"], 3, 1) } else { new_at(&["app.ts:5"], 3, 1) },
        },
        Scenario {
            name: "code moves into a function that was there before",
            change: |text| {
                vec![(
                    "app",
                    text.replace(
                        "        return jwt.decode(token, KEY, algorithms=[\"RS256\"])",
                        "        return None",
                    )
                    .replace("    pass", "    return jwt.decode(token, KEY, algorithms=[\"RS256\"])")
                    .replace("    return jwt.verify(token, KEY, { algorithms: [\"RS256\"] });\n", "    return null;\n")
                    .replace("idle() {}", "idle() {\n  return jwt.verify(token, KEY, { algorithms: [\"RS256\"] });\n}"),
                )]
            },
            expected: if python { new_at(&["app.py:17"], 3, 1) } else { new_at(&["app.ts:16"], 3, 1) },
        },
        Scenario {
            name: "one of two twins is mended",
            change: |text| {
                vec![(
                    "app",
                    text.replacen("    one = jwt.decode(first, KEY, algorithms=[\"RS256\"])\n", "", 1).replacen(
                        "  jwt.verify(first, KEY, { algorithms: [\"RS256\"] });\n",
                        "",
                        1,
                    ),
                )]
            },
            expected: new_at(&[], 3, 1),
        },
        Scenario {
            name: "an argument changes",
            change: |text| vec![("app", text.replace("token, KEY", "token, KEYS[0]"))],
            expected: if python { new_at(&["app.py:6"], 3, 1) } else { new_at(&["app.ts:5"], 3, 1) },
        },
        Scenario {
            name: "the file goes",
            change: |_| vec![("app", String::new()), ("other", "print(1)\n".to_owned())],
            expected: new_at(&[], 0, 4),
        },
    ]
}

#[test]
fn what_was_accepted_stays_known_and_nothing_hides_behind_it() {
    for (ext, text) in [("py", PYTHON), ("ts", TYPESCRIPT)] {
        for scenario in scenarios(ext) {
            let app = format!("app.{ext}");
            let folder = tree(&[(&app, text.as_bytes())]);
            let created = ssot_guard(folder.path(), &["baseline", "create"]);
            assert_eq!(created.status.code(), Some(0), "{}{}", stdout(&created), stderr(&created));
            assert_eq!(seen(folder.path()), new_at(&[], 4, 0), "{ext}: accepted as it is");
            for (name, changed) in (scenario.change)(text) {
                let path = if name == "app" { app.clone() } else { format!("core/tokens.{ext}") };
                let path = folder.path().join(path);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders can be made");
                if changed.is_empty() {
                    std::fs::remove_file(path).expect("the file is there");
                } else {
                    std::fs::write(path, changed).expect("files can be written");
                }
            }
            assert_eq!(seen(folder.path()), scenario.expected, "{ext}: {}", scenario.name);
            if scenario.expected.new.is_empty() {
                let updated = ssot_guard(folder.path(), &["baseline", "update"]);
                assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
                let known = scenario.expected.known;
                assert_eq!(seen(folder.path()), new_at(&[], known, 0), "{ext}: {}: updated", scenario.name);
            } else {
                let before = seen(folder.path()).new;
                ssot_guard(folder.path(), &["baseline", "update"]);
                assert_eq!(seen(folder.path()).new, before, "{ext}: {}: an update adds nothing", scenario.name);
            }
        }
    }
}

#[test]
fn what_was_not_looked_at_is_not_gone() {
    let folder = tree(&[
        ("a/app.py", PYTHON.as_bytes()),
        ("b/app.py", PYTHON.as_bytes()),
        ("tests/app.py", PYTHON.as_bytes()),
        ("ssot-guard.toml", b"exclude = [\"b/generated/**\"]\n"),
    ]);
    let root = folder.path();
    let created = ssot_guard(root, &["baseline", "create", "--include-tests"]);
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let before = std::fs::read(root.join("baseline.json")).expect("there is a baseline");
    assert_eq!(seen(root), new_at(&[], 12, 0), "findings in tests are accepted whether or not they count");
    let part = ssot_guard(root, &["scan", "a", "--format", "json"]);
    let report = stable(&part);
    assert_eq!(report["baseline"]["stale"], 0);
    let idle = report["problems"].as_array().expect("an array");
    assert!(idle.iter().all(|it| it["kind"] != "selects-nothing"), "{idle:?}");
    // `a` as a repository of its own has no baseline.
    let pruned = ssot_guard(root, &["baseline", "prune", "--root", "a"]);
    assert_eq!(pruned.status.code(), Some(3), "{}", stdout(&pruned));
    assert_eq!(std::fs::read(root.join("baseline.json")).expect("there is a baseline"), before);
}

#[test]
fn a_report_does_not_say_where_the_repository_stands() {
    let folder = tree(&[("app.py", PYTHON.as_bytes()), ("ssot-guard.toml", b"exclude = [\"none/**\"]\n")]);
    ssot_guard(folder.path(), &["baseline", "create"]);
    let absolute = folder.path().to_str().expect("the path is UTF-8").to_owned();
    for format in ["json", "text"] {
        let here = ssot_guard(folder.path(), &["scan", "--format", format, "--verbose"]);
        let there = ssot_guard(Path::new("/"), &["scan", &absolute, "--format", format, "--verbose"]);
        assert!(!stdout(&there).contains(&absolute), "{}", stdout(&there));
        if format == "json" {
            assert_eq!(stable(&here), stable(&there));
        }
    }
}

#[test]
fn git_tells_which_of_several_twins_is_new() {
    let folder = tree(&[("app.py", PYTHON.as_bytes())]);
    git(folder.path(), &["init", "-q"]);
    ssot_guard(folder.path(), &["baseline", "create"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "adopt"]);
    let twin = "    check(one)\n    one = jwt.decode(first, KEY, algorithms=[\"RS256\"])\n    check(one)\n";
    let between = PYTHON.replace("    log(one)\n", &format!("    log(one)\n{twin}"));
    std::fs::write(folder.path().join("app.py"), between).expect("files can be written");
    assert_eq!(seen(folder.path()), new_at(&["app.py:13"], 4, 0));
}

#[test]
fn what_moved_is_told_from_what_was_pasted() {
    let bypass = "import jwt\n\n\ndef f(token):\n    return jwt.decode(token, options={\"verify_signature\": False})\n\n\ndef g(token):\n    return token\n";
    let folder = tree(&[("a.py", bypass.as_bytes()), ("z.py", b"import jwt\n"), ("m.py", b"import os\n")]);
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    let accepted = [
        "baseline",
        "accept",
        "a.py:1",
        "a.py:5",
        "z.py:1",
        "--reason",
        "until the gateway moves",
        "--owner",
        "@a",
        "--allow-critical",
    ];
    assert!(ssot_guard(root, &accepted).status.success());
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "accepted"]);
    // The file has another name, and the bypass stands in a function that was there before.
    std::fs::rename(root.join("a.py"), root.join("b.py")).expect("it can be renamed");
    assert_eq!(seen(root), new_at(&[], 3, 0));
    let pasted = bypass.replace("return token\n", "return jwt.decode(token, options={\"verify_signature\": False})\n");
    let pasted = pasted.replacen("return jwt.decode(token, options={\"verify_signature\": False})", "return token", 1);
    std::fs::write(root.join("b.py"), pasted).expect("it can be written");
    assert_eq!(seen(root), new_at(&["b.py:9"], 2, 1));
    // A renamed file is followed, and not another one that was there before.
    std::fs::rename(root.join("z.py"), root.join("z2.py")).expect("it can be renamed");
    std::fs::write(root.join("m.py"), "import jwt\n").expect("it can be written");
    assert_eq!(seen(root), new_at(&["b.py:9", "m.py:1"], 2, 1));
    // Nothing critical moves to a file that was there before.
    std::fs::remove_file(root.join("b.py")).expect("it can be removed");
    std::fs::write(root.join("m.py"), bypass).expect("it can be written");
    assert_eq!(seen(root).new, ["m.py:5"]);
}

#[test]
fn a_baseline_that_cannot_be_read_is_never_an_empty_one() {
    let conflict = "{\n<<<<<<< ours\n  \"a\": 1\n=======\n>>>>>>> theirs\n}\n";
    for (text, remedy) in [
        (conflict, "baseline merge"),
        ("{\"schema\": \"ssot-guard/baseline/1\", \"fingerprints\": \"v1\", \"files\": [", "restore it"),
        ("[]", "restore it"),
        ("", "restore it"),
        ("{\"schema\": \"ssot-guard/baseline/9\", \"fingerprints\": \"v1\", \"files\": {}}", "ssot-guard/baseline/1"),
        ("{\"schema\": \"ssot-guard/baseline/1\", \"fingerprints\": \"v2\", \"files\": {}}", "`v1`"),
    ] {
        let folder = tree(&[("app.py", b"x = 1\n"), ("baseline.json", text.as_bytes())]);
        for arguments in [&["scan"][..], &["baseline", "update"], &["baseline", "create"], &["baseline", "stats"]] {
            let output = ssot_guard(folder.path(), arguments);
            assert_eq!(output.status.code(), Some(3), "{arguments:?} {text}");
            assert!(stderr(&output).contains(remedy), "{arguments:?} {text}: {}", stderr(&output));
            let kept = std::fs::read_to_string(folder.path().join("baseline.json")).expect("the file is there");
            assert_eq!(kept, text, "{arguments:?} leaves it as it is");
        }
    }
}

#[test]
fn what_is_accepted_has_terms() {
    let bypass = "import jwt\nclaims = jwt.decode(token, options={\"verify_signature\": False})\n";
    let folder = tree(&[("app.py", bypass.as_bytes())]);
    let run = |arguments: &[&str]| ssot_guard(folder.path(), arguments);
    let today = ["--today", "2026-11-21"];
    let created = run(&["baseline", "create", today[0], today[1]]);
    assert!(stdout(&created).contains("nothing critical is accepted in bulk"), "{}", stdout(&created));
    assert_eq!(run(&["scan", today[0], today[1]]).status.code(), Some(2));
    assert_eq!(run(&["scan", "--no-baseline"]).status.code(), Some(2));

    let accept = |more: &[&str]| {
        let first = ["baseline", "accept", "app.py:2", "--today", "2026-11-21", "--owner", "@security"];
        run(&[&first[..], more].concat())
    };
    for (more, why) in [
        (&["--reason", "the gateway checks it"][..], "--allow-critical"),
        (&["--reason", "the gateway checks it", "--allow-critical", "--expires", "31d"], "30d is the most"),
        (&["--reason", "the gateway checks it", "--allow-critical", "--expires", "never"], "30d is the most"),
        (&["--reason", "later", "--allow-critical"], "--reason"),
    ] {
        let refused = accept(more);
        assert_eq!(refused.status.code(), Some(3), "{more:?}");
        assert!(stderr(&refused).contains(why), "{more:?}: {}", stderr(&refused));
    }
    assert_eq!(accept(&["--reason", "the gateway checks it", "--allow-critical"]).status.code(), Some(0));
    assert_eq!(run(&["scan", "--today", "2026-12-21"]).status.code(), Some(0), "until the last day");
    assert_eq!(run(&["scan", "--today", "2026-12-22"]).status.code(), Some(2), "and not a day longer");
    // The error was accepted for 90 days.
    let report = run(&["scan", "--today", "2027-02-20", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["baseline"]["expired"], 2);
    assert_eq!(report["findings"][0]["state"], "expired");
    assert_eq!(report["findings"][0]["allowed"]["until"], "2027-02-19");
}

#[test]
fn an_entry_covers_nothing_more_severe_than_was_accepted() {
    let folder = tree(&[("app.py", b"import jwt\n")]);
    ssot_guard(folder.path(), &["baseline", "create"]);
    let path = folder.path().join("baseline.json");
    let text = std::fs::read_to_string(&path).expect("it was created");
    std::fs::write(&path, text.replace("\"severity\":\"error\"", "\"severity\":\"warning\""))
        .expect("it can be written");
    assert_eq!(seen(folder.path()), new_at(&["app.py:1"], 0, 1));
}

#[test]
fn a_merge_conflict_is_joined_and_removal_wins() {
    let files = ["a.py", "b.py", "c.py"];
    let text = b"import jwt\n".as_slice();
    let folder = tree(&files.map(|name| (name, text)));
    let run = |arguments: &[&str]| ssot_guard(folder.path(), arguments);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("files can be written");
    git(folder.path(), &["init", "-q", "-b", "main"]);
    run(&["baseline", "create"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "adopt"]);
    // Theirs mends b and accepts d; ours mends c and accepts e.
    for (branch, mended, accepted) in [("theirs", "b.py", "d.py"), ("ours", "c.py", "e.py")] {
        git(folder.path(), &["checkout", "-q", "-b", branch, "main"]);
        write(mended, "import json\n");
        write(accepted, "import jwt\n");
        run(&["baseline", "update"]);
        let place = format!("{accepted}:1");
        let terms = ["--reason", "the gateway checks it", "--owner", "@a"];
        let output = run(&[&["baseline", "accept", &place], &terms[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-qm", branch]);
    }
    let merged = Command::new("git").args(["merge", "-q", "theirs"]).current_dir(folder.path()).output().expect("git");
    if !merged.status.success() {
        assert_eq!(run(&["scan"]).status.code(), Some(3), "the conflict is told");
        let output = run(&["baseline", "merge"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    assert_eq!(seen(folder.path()), new_at(&[], 3, 0), "a, d and e");
}

#[test]
fn findings_are_judged_elsewhere_and_come_back() {
    let folder = tree(&[("app.py", PYTHON.as_bytes())]);
    let run = |arguments: &[&str]| ssot_guard(folder.path(), arguments);
    run(&["baseline", "create"]);
    assert_eq!(run(&["baseline", "audit"]).status.code(), Some(3), "there is no terminal");
    run(&["baseline", "audit", "--export", "audit.csv"]);
    let path = folder.path().join("audit.csv");
    let rows = std::fs::read_to_string(&path).expect("it was written");
    assert_eq!(rows.lines().count(), 4, "{rows}");
    let judged = rows.replace(",,\n", ",false-positive,ann\n");
    std::fs::write(&path, &judged).expect("it can be written");
    assert_eq!(run(&["baseline", "audit", "--import", "audit.csv"]).status.code(), Some(0));
    let stats = stdout(&run(&["baseline", "stats"]));
    assert!(stats.contains("     0  not audited"), "{stats}");
    std::fs::write(&path, judged.replace("false-positive", "nonsense")).expect("it can be written");
    let refused = run(&["baseline", "audit", "--import", "audit.csv"]);
    assert!(stderr(&refused).contains("audit.csv:2: `nonsense` is no judgement"), "{}", stderr(&refused));
}

#[test]
fn what_the_scripts_accepted_is_taken_over() {
    let accepted = r#"{"app.py": [
        {"line": 1, "type": "direct_jwt_import", "content_hash": "-77"},
        {"line": 4, "type": "direct_jwt_operations", "content_hash": "5"},
        {"line": 400, "type": "direct_jwt_operations", "content_hash": "6"}
    ]}"#;
    let folder = tree(&[("app.py", PYTHON.as_bytes()), ("old.json", accepted.as_bytes())]);
    let output = ssot_guard(folder.path(), &["baseline", "import", "--from-legacy", "old.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("not found: app.py:400 direct_jwt_operations"), "{}", stdout(&output));
    assert_eq!(seen(folder.path()), new_at(&["app.py:10", "app.py:12"], 2, 0));
}

/// Branches that accept and fix findings at random, merged by git with our driver: never a conflict, never a file that
/// cannot be read, and what one side removed is gone.
#[test]
fn git_merges_branches_with_the_driver_and_nothing_is_lost_or_comes_back() {
    let folder = tree(&[]);
    let root = folder.path();
    git(root, &["init", "--quiet", "--initial-branch", "main"]);
    git(
        root,
        &[
            "config",
            "merge.ssot-guard.driver",
            &format!("{} baseline merge %O %A %B", env!("CARGO_BIN_EXE_ssot-guard")),
        ],
    );
    std::fs::write(root.join(".gitattributes"), "baseline.json merge=ssot-guard text eol=lf\n")
        .expect("it can be written");
    let text = |entries: &std::collections::BTreeSet<u32>| {
        let mut files: std::collections::BTreeMap<u32, Vec<String>> = std::collections::BTreeMap::new();
        for entry in entries {
            files.entry(entry % 5).or_default().push(format!(
                "      {{\"rule\":\"jwt-direct-decode\",\"scope\":\"f\",\"at\":\"x\",\"fingerprint\":\"{entry:016}\",\"severity\":\"error\",\"reason\":\"adoption\"}}"
            ));
        }
        let files = files.iter().map(|(name, lines)| format!("    \"{name}.py\": [\n{}\n    ]", lines.join(",\n")));
        let files = files.collect::<Vec<_>>().join(",\n");
        format!(
            "{{\n  \"schema\": \"ssot-guard/baseline/1\",\n  \"fingerprints\": \"v1\",\n  \"files\": {{\n{files}\n  }}\n}}\n"
        )
    };
    let path = root.join("baseline.json");
    let read = || -> std::collections::BTreeSet<u32> {
        let text = std::fs::read_to_string(&path).expect("there is a baseline");
        assert!(!text.contains("<<<<<<<"), "{text}");
        let document: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let files = document["files"].as_object().expect("an object").values();
        let entries = files.flat_map(|it| it.as_array().expect("an array"));
        entries.map(|it| it["fingerprint"].as_str().expect("a text").parse().expect("a number")).collect()
    };
    let commit = |entries: &std::collections::BTreeSet<u32>| {
        std::fs::write(&path, text(entries)).expect("it can be written");
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "--allow-empty", "--message", "next"]);
    };
    let mut seed = 7_u32;
    let mut next = |most: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % most
    };
    let mut base: std::collections::BTreeSet<u32> = (0..12).collect();
    commit(&base);
    for round in 0..12 {
        let mut sides = [base.clone(), base.clone()];
        for side in &mut sides {
            for _ in 0..next(6) + 1 {
                let entry = next(40);
                if !side.remove(&entry) {
                    side.insert(entry);
                }
            }
        }
        let [ours, theirs] = sides;
        git(root, &["checkout", "--quiet", "-b", &format!("side{round}")]);
        commit(&theirs);
        git(root, &["checkout", "--quiet", "main"]);
        commit(&ours);
        git(root, &["merge", "--quiet", "--no-edit", &format!("side{round}")]);
        let kept = base.iter().filter(|it| ours.contains(it) && theirs.contains(it));
        let added = ours.union(&theirs).filter(|it| !base.contains(it));
        let expected: std::collections::BTreeSet<u32> = kept.chain(added).copied().collect();
        assert_eq!(read(), expected, "round {round}");
        base = expected;
    }
}
