//! What must hold for any input: no panic, the same bytes whatever the threads and the place, and the same
//! findings with and without the prefilter.

use crate::repository;
use crate::ssot_guard;
use crate::stable;
use crate::tree;

#[test]
fn threads_place_and_prefilter_change_nothing() {
    let fixtures = repository().join("fixtures");
    let elsewhere = tempfile::tempdir().expect("a temporary folder can be made");
    let copy = elsewhere.path().join("fixtures");
    let copied = std::process::Command::new("cp").arg("-r").arg(&fixtures).arg(&copy).status().expect("cp is there");
    assert!(copied.success());
    let scan = |folder: &std::path::Path, more: &[&str]| {
        let arguments = [&["scan", ".", "--format", "json", "--include-tests"], more].concat();
        stable(&ssot_guard(folder, &arguments))
    };
    let one = scan(&fixtures, &["--threads", "1"]);
    assert!(one["findings"].as_array().is_some_and(|it| it.len() > 10));
    assert!(one == scan(&fixtures, &["--threads", "4"]), "threads change nothing");
    assert!(one == scan(&copy, &["--threads", "3"]), "the place changes nothing");
    assert!(one["findings"] == scan(&fixtures, &["--no-prefilter"])["findings"], "the prefilter changes nothing");
}

#[test]
fn random_damage_never_panics_a_reader() {
    let mut random = Random(0x5507_9a4d);
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut seeds: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in walkdir::WalkDir::new(repository().join("fixtures")).sort_by_file_name() {
        let path = entry.expect("the fixtures can be walked").into_path();
        let extension = path.extension().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        if ["py", "ts", "js", "rs"].contains(&extension.as_str()) {
            seeds.push((extension, std::fs::read(&path).expect("fixtures can be read")));
        }
    }
    for round in 0..40 {
        for (number, (extension, bytes)) in seeds.iter().enumerate() {
            let mut bytes = bytes.clone();
            bytes.truncate(random.below(bytes.len() + 1));
            for _ in 0..random.below(6) {
                if let Some(at) = random.below(bytes.len()).checked_sub(1) {
                    bytes[at] = b"(){}[]'\"\\\n\t:;,.=<>`$#/*\xff\0a"[random.below(26)];
                }
            }
            files.push((format!("{round}-{number}.{extension}"), bytes));
        }
        let noise: Vec<u8> = (0..random.below(400)).map(|_| random.below(256) as u8).collect();
        files.push((format!("{round}-noise.{}", ["py", "ts", "js", "rs", "tsx"][round % 5]), noise));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let folder = tree(&files);
    let report = stable(&ssot_guard(folder.path(), &["scan", "--format", "json", "--no-prefilter"]));
    let problems = report["problems"].as_array().expect("problems are listed");
    let panics: Vec<_> = problems.iter().filter(|it| it["kind"] == "panic").collect();
    assert!(panics.is_empty(), "{panics:?}");
    assert!(problems.len() > 100, "the damage is seen");
}

#[test]
fn the_prefilter_keeps_names_spelled_in_other_ways() {
    let folder = tree(&[
        ("escape.py", br#"import importlib; importlib.import_module("\x6awt")"#),
        ("joined.py", br#"import importlib; importlib.import_module("j" "wt")"#),
        ("wide.py", "import ｊｗｔ".as_bytes()),
        ("long.py", "import joſe".as_bytes()),
        ("escape.js", br#"const a = require("\x6asonwebtoken");"#),
        ("escape.ts", br#"import a from "j\u006fse";"#),
        ("key.js", br#"const secret = process.env["JWT_S\x45CRET"] || "development";"#),
        ("name.py", "def ｆallback_ａuth(): pass".as_bytes()),
        ("space.py", b"def \\\n  fallback_auth(): pass"),
        ("part.py", b"from google import auth\nauth.jwt.decode(t, verify=False)"),
        ("mapping.py", b"import requests, settings\nrequests.get(url, **settings.OPTIONS)"),
        ("settings.py", b"OPTIONS = {'verify': False}"),
        (
            "comment.py",
            b"@(  # why\n app\n .websocket('/'))\nasync def chat(socket):\n    await socket.accept()\n    \
              await socket.send_text(socket.query_params['token'])\n",
        ),
    ]);
    let scan = |more: &[&str]| stable(&ssot_guard(folder.path(), &[&["scan", "--format", "json"], more].concat()));
    let report = scan(&[]);
    assert_eq!(report["findings"], scan(&["--no-prefilter"])["findings"]);
    let paths = report["findings"].as_array().expect("a list").iter().filter_map(|it| it["path"].as_str());
    let mut paths: Vec<&str> = paths.collect();
    paths.dedup();
    let expected = [
        "comment.py",
        "escape.js",
        "escape.py",
        "escape.ts",
        "joined.py",
        "key.js",
        "long.py",
        "mapping.py",
        "name.py",
        "part.py",
        "space.py",
        "wide.py",
    ];
    assert_eq!(paths, expected, "{}", report["findings"]);
}

#[test]
fn code_that_nests_without_brackets_costs_its_own_file() {
    let chains = [
        ("lambda.py", "x = ", "lambda a=", "1"),
        ("await.js", "async function f() { ", "await ", "a }"),
        ("if.js", "", "if(1) ", "a"),
        ("else.js", "", "if(1) a; else ", "a"),
        ("for.js", "", "for(;;) ", "a"),
        ("label.js", "", "l:", "a"),
        ("new.js", "x = ", "new ", "a"),
        ("plus.js", "x = ", "+ ", "a"),
        ("power.js", "x = ", "a**", "a"),
        ("arrow.ts", "type X = ", "() => ", "a"),
        ("keyof.ts", "type X = ", "keyof ", "a"),
        ("namespace.ts", "namespace ", "a.", "a {}"),
        ("assign.rs", "fn f() { ", "a = ", "a; }"),
        ("closure.rs", "fn f() { ", "|a| ", "a; }"),
        ("generic.rs", "fn f(a: ", "A<", "b) {}"),
        ("if.rs", "fn f() { ", "if ", "a {} }"),
        ("pointer.rs", "fn f(a: ", "*const ", "b) {}"),
        ("return.rs", "fn f() { ", "return ", "a; }"),
        ("type.rs", "fn f(a: ", "fn() -> ", "b) {}"),
        ("use.rs", "use ", "a::", "b;"),
    ];
    let files: Vec<(&str, String)> = chains
        .iter()
        .map(|(path, before, link, after)| (*path, format!("{before}{}{after}\n", link.repeat(200_000))))
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let folder = tree(&files);
    let report = stable(&ssot_guard(folder.path(), &["scan", "--format", "json", "--no-prefilter"]));
    let problems = report["problems"].as_array().expect("problems are listed");
    let told: Vec<_> = problems.iter().filter(|it| it["kind"] != "panic").map(|it| &it["path"]).collect();
    let missing: Vec<_> = chains.iter().map(|it| it.0).filter(|path| !told.iter().any(|it| *it == path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn standard_input_may_nest_as_deep_as_a_file() {
    let folder = tree(&[("a.js", format!("x = {}1{}\n", "[".repeat(3_500), "]".repeat(3_500)).as_bytes())]);
    let file = stable(&ssot_guard(folder.path(), &["scan", "a.js", "--format", "json", "--no-prefilter"]));
    let input = std::fs::File::open(folder.path().join("a.js")).expect("the file is there");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ssot-guard"))
        .args(["scan", "-", "--stdin-filename", "a.js", "--format", "json", "--no-prefilter"])
        .current_dir(folder.path())
        .stdin(input)
        .output()
        .expect("the program under test starts");
    assert_eq!(file["problems"], stable(&output)["problems"]);
}

#[test]
fn values_that_grow_with_every_use_do_not_hold_up_the_scan() {
    let lines = |line: &dyn Fn(usize) -> String, count: usize| (0..count).map(line).collect::<String>();
    // Each name is longer than the one it is made of.
    let names = lines(&|it| format!("x{} = x{it}.member()\n", it + 1), 20_000);
    let names = format!("import jwt\nx0 = jwt\n{names}");
    // Two lists of two to the power of 40 parts, which differ in nothing.
    let doubled = lines(&|it| format!("a{0} = [a{it}, a{it}]\nb{0} = [b{it}, b{it}]\n", it + 1), 40);
    let doubled = format!("import jwt\na0 = [1]\nb0 = [1]\n{doubled}jwt.decode(t, options=a40 if c else b40)\n");
    let entries = lines(&|it| format!("'key{it}': {it}, "), 50_000);
    let entries = format!("import jwt\njwt.decode(t, options={{{entries}}})\n");
    let calls = format!("const jwt = require('jsonwebtoken');\njwt{};\n", ".a()".repeat(50_000));
    let module = format!("import jwt{}\n", ".a".repeat(300_000));
    let folder = tree(&[
        ("names.py", names.as_bytes()),
        ("doubled.py", doubled.as_bytes()),
        ("entries.py", entries.as_bytes()),
        ("calls.js", calls.as_bytes()),
        ("module.py", module.as_bytes()),
    ]);
    let report = stable(&ssot_guard(folder.path(), &["scan", "--format", "json"]));
    let found = report["findings"].as_array().expect("findings are listed").iter().map(|it| &it["path"]);
    let found: std::collections::HashSet<_> = found.filter_map(|it| it.as_str()).collect();
    assert_eq!(found.len(), 5, "{found:?}");
}

/// A small generator with a fixed seed (xorshift), so that a failure comes again.
struct Random(u32);

impl Random {
    /// A number below `limit`; 0 when the limit is 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        if limit == 0 { 0 } else { self.0 as usize % limit }
    }
}
