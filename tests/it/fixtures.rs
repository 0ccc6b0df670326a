//! `fixtures/<rule>/<case>/` is a tiny repository, `fixtures/<rule>/<case>.out` what we print for it and how we
//! end. `BLESS=1 cargo test` writes the `.out` files anew; read them before you commit them.

use crate::folders;
use crate::repository;
use crate::ssot_guard;
use crate::stdout;
use regex::Regex;

#[test]
fn every_fixture_prints_what_its_out_file_says() {
    let timing = Regex::new(r" in [0-9.]+ (?:µs|ms|s)(?: \([^)]*\))?").expect("the pattern is well-formed");
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for rule in folders(&repository().join("fixtures")) {
        for case in folders(&rule) {
            cases += 1;
            let name = case.file_name().expect("a folder has a name").to_string_lossy().into_owned();
            let output = ssot_guard(&rule, &["scan", &name, "--color", "never"]);
            let code = output.status.code().expect("no signal ended the program");
            let text = format!("{}exit code {code}\n", timing.replace_all(&stdout(&output), ""));
            let expected_path = case.with_extension("out");
            if bless {
                std::fs::write(&expected_path, &text).expect("the fixture folder can be written");
                continue;
            }
            let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
            if text != expected {
                wrong.push(format!("{}\n--- expected\n{expected}\n--- printed\n{text}", case.display()));
            }
        }
    }
    assert!(cases > 0, "there are fixtures");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case_that_fires_and_prints_no_secret() {
    for rule in folders(&repository().join("fixtures")) {
        let id = rule.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        assert!(repository().join(format!("rules/{id}.yaml")).is_file(), "fixtures/{id} belongs to a rule");
        let outs = folders(&rule)
            .into_iter()
            .map(|case| std::fs::read_to_string(case.with_extension("out")).unwrap_or_default());
        let outs: Vec<String> = outs.collect();
        assert!(outs.iter().any(|out| out.contains(&id)), "some case of {id} fires");
        assert!(!outs.iter().any(|out| out.contains("nobody-may-read")), "{id} prints a secret");
    }
}
