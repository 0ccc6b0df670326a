//! The rules are part of the program: their texts, for those who ask for them, and what is read of them in every run, as
//! trees. It is built anew when one of them changes.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

#[path = "src/rules/document.rs"]
mod document;

const RULES: &str = "rules";

fn main() {
    println!("cargo::rerun-if-changed={RULES}");
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=src/rules/document.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where to"));
    let mut files = Vec::new();
    find(Path::new(RULES), &mut files);
    files.sort();
    let mut table = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        let text = fs::read_to_string(file).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        let tree = document::parse(without_examples(&text));
        let tree = tree.unwrap_or_else(|err| panic!("{}: not YAML: {err}", file.display()));
        let [root] = tree.as_slice() else { panic!("{}: one document is wanted", file.display()) };
        let tree = postcard::to_stdvec(root).expect("trees can be written");
        fs::write(out.join(format!("{number}.tree")), tree).expect("the folder of cargo can be written to");
        let name = file.strip_prefix(RULES).expect("it was found there");
        let name = name.to_str().expect("our files have plain names").replace('\\', "/");
        writeln!(
            table,
            "OwnFile {{ path: {name:?}, \
             text: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{RULES}/{name}\")), \
             tree: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}.tree\")) }},"
        )
        .expect("a string takes everything");
    }
    table.push_str("]\n");
    fs::write(out.join("own_files.rs"), table).expect("the folder of cargo can be written to");
}

/// What comes before the examples of a rule file of ours, in which they come last: they are most of it, and only the
/// commands about rules need them.
fn without_examples(text: &str) -> &str {
    text.find("\ntests:\n").map_or(text, |at| &text[..=at])
}

/// All rule files in a folder and below it.
fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display())) {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|it| it == "yaml") {
            files.push(path);
        }
    }
}
