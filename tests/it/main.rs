//! The one integration binary: what the program prints and how it ends, the fixtures, and the house.

mod baseline;
mod cli;
mod fixtures;
mod gate;
mod hook;
mod house;
mod init;
mod monitor;
mod properties;
mod verify;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn ssot_guard(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ssot-guard"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env("COLUMNS", "100")
        .output()
        .expect("the program under test starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("reports are UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A JSON report with what is true of one run alone left out.
fn stable(output: &Output) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    report.as_object_mut().expect("the report is an object").remove("run");
    report
}

/// A folder with these files in it.
fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (path, bytes) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a file stands in a folder")).expect("folders can be made");
        std::fs::write(file, bytes).expect("files can be written");
    }
    folder
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|it| it.expect("the folder can be read").path()).collect();
    paths.retain(|it| it.is_dir());
    paths.sort();
    paths
}
