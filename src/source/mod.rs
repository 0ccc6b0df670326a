//! Where text comes from: the disk walk that selects files, what git has of them, and bytes turned into text. Nothing
//! here knows a language or a rule.

pub(crate) mod decode;
pub(crate) mod git;
pub(crate) mod snapshot;
pub(crate) mod walk;

use crate::source::decode::Decoded;
use crate::source::git::Objects;
use crate::source::snapshot::ObjectId;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the bytes of a file are.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Disk(PathBuf),
    Object(Arc<Objects>, ObjectId),
}

impl Stored {
    pub(crate) fn read(&self) -> Decoded {
        match self {
            Stored::Disk(path) => decode::read(path),
            Stored::Object(objects, id) => snapshot::read(objects, *id),
        }
    }

    /// Whether the file begins with `#!`. An unreadable one says yes, so that reading it says why.
    pub(crate) fn starts_with_shebang(&self) -> bool {
        match self {
            Stored::Disk(path) => decode::starts_with_shebang(path),
            Stored::Object(objects, id) => objects.read(*id).is_ok_and(|bytes| bytes.starts_with(b"#!")),
        }
    }
}

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
