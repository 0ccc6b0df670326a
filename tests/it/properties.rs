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
