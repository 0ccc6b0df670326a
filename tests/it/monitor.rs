//! `monitor`: what it tells from one scan to the next, and how it ends.

use crate::tree;
use serde_json::Value;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

const GOOD: &str = "def read(token):\n    return check(token)\n";
const BYPASS: &str =
    "import jwt\n\n\ndef read(token):\n    return jwt.decode(token, options={\"verify_signature\": False})\n";

fn monitor(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssot-guard"));
    command.arg("monitor").args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Writes a file in one step: a scan may come at any moment.
fn put(folder: &Path, path: &str, text: &str) {
    let beside = folder.join("written");
    std::fs::write(&beside, text).expect("it can be written");
    std::fs::rename(&beside, folder.join(path)).expect("it can be moved");
}

/// A monitor that runs, and ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The events up to the end of the next scan that came to anything, in short.
fn told(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Vec<String> {
    let mut told = Vec::new();
    for line in lines {
        let event: Value = serde_json::from_str(&line.expect("it can be read")).expect("an event is a line of JSON");
        assert_eq!(event["schema"], "ssot-guard/event/1");
        let name = event["event"].as_str().expect("an event has a name").to_owned();
        let finding = &event["finding"];
        match name.as_str() {
            "new" | "gone" => {
                let text = |key: &str| finding[key].as_str().unwrap_or("").to_owned();
                told.push(format!("{name} {} {}:{}", text("rule"), text("path"), finding["line"]));
            }
            "failed" => return vec![format!("failed: {}", event["message"].as_str().unwrap_or(""))],
            _ if event["new"] == 0 && event["gone"] == 0 => {}
            _ => {
                told.push(format!("{} {} {}", event["decision"], event["exit_code"], event["counted"]["critical"]));
                return told;
            }
        }
    }
    told
}

#[cfg(unix)]
#[test]
fn what_comes_and_goes_is_told_once() {
    let folder = tree(&[("svc/app.py", GOOD.as_bytes())]);
    let root = folder.path();
    let arguments = ["--interval", "1s", "--format", "json", "--severity", "critical"];
    let mut running = Running(monitor(root, &arguments).spawn().expect("it starts"));
    let mut lines = BufReader::new(running.0.stdout.take().expect("it is piped")).lines();
    assert_eq!(told(&mut lines), ["\"pass\" 0 0"]);
    put(root, "svc/app.py", BYPASS);
    assert_eq!(told(&mut lines), ["new jwt-verify-disabled svc/app.py:5", "\"block\" 2 1"]);
    // What only moves is no news; what comes beside it is.
    put(root, "svc/app.py", &format!("\"\"\"Reads tokens.\"\"\"\n\n{BYPASS}"));
    put(root, "svc/more.py", &BYPASS.replace("read", "see"));
    assert_eq!(told(&mut lines), ["new jwt-verify-disabled svc/more.py:5", "\"block\" 2 2"]);
    put(root, "ssot-guard.toml", "exclude = [\n");
    let failed = told(&mut lines);
    assert!(failed[0].starts_with("failed: ") && failed[0].contains("ssot-guard.toml:1: unclosed array"), "{failed:?}");
    assert!(!root.join("reports/ssot_compliance/latest.json").exists(), "there is no report of now");
    put(root, "ssot-guard.toml", "exclude = [\"svc/more.py\"]\n");
    let mut next = told(&mut lines);
    while next[0].starts_with("failed: ") {
        next = told(&mut lines);
    }
    assert_eq!(next, ["gone jwt-verify-disabled svc/more.py:5", "\"block\" 2 1"]);
    let pid = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill is there").success());
    assert_eq!(running.0.wait().expect("it ends").code(), Some(0));
    let reports = std::fs::read_dir(root.join("reports/ssot_compliance")).expect("reports are kept");
    let names: Vec<String> = reports.map(|it| it.expect("it is there").file_name().to_string_lossy().into()).collect();
    assert!(names.contains(&"latest.json".to_owned()), "{names:?}");
    assert!((4..=6).contains(&names.len()), "one for each scan that came to something else: {names:?}");
}

#[test]
fn one_look_ends_as_a_scan_does() {
    let folder = tree(&[("svc/app.py", BYPASS.as_bytes())]);
    let output = monitor(folder.path(), &["--once", "--no-save-report", "--color", "never"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Z block: 1 critical finding"), "{said}");
    assert!(!folder.path().join("reports").exists());
}

#[test]
fn what_is_typed_wrong_is_told_before_anything_is_scanned() {
    let folder = tree(&[("svc/app.py", GOOD.as_bytes())]);
    for interval in ["0", "soon", "5d"] {
        let output = monitor(folder.path(), &["--interval", interval]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(3), "{interval}");
    }
    let output =
        monitor(folder.path(), &["--once"]).env("SSOT_MONITORING_INTERVAL", "often").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3));
    assert!(said.contains("SSOT_MONITORING_INTERVAL is `often`"), "{said}");
}
