//! Where text comes from: the disk walk that selects files, and bytes turned into text. Nothing here
//! knows a language or a rule.

pub(crate) mod decode;
pub(crate) mod git;
pub(crate) mod walk;

/// Whether there is, or may be, a file or folder at a path below the root: what cannot be asked for may be there.
pub(crate) fn exists(root: &std::path::Path, path: &str) -> bool {
    let missing = [std::io::ErrorKind::NotFound, std::io::ErrorKind::NotADirectory];
    root.join(path).symlink_metadata().map_or_else(|err| !missing.contains(&err.kind()), |_| true)
}

/// What an I/O error means to a person, without error numbers, which differ between systems.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_string(),
        kind => kind.to_string(),
    }
}
