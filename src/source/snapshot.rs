//! What git has of a repository at one moment: the index as it would be committed, or the tree of a commit. The work
//! tree is never looked at.

use crate::globs::Globs;
use crate::source::Stored;
use crate::source::decode;
use crate::source::decode::Decoded;
use crate::source::git;
use crate::source::git::GitError;
use crate::source::git::Objects;
use crate::source::walk::Candidate;
use crate::source::walk::is_own_report;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::path::Path;
use std::sync::Arc;

/// The regular files of a repository, or of a folder in it, by path.
#[derive(Debug)]
pub(crate) struct Snapshot {
    files: BTreeMap<Arc<str>, ObjectId>,
    objects: Arc<Objects>,
}

/// The name of a blob, in hex.
pub(crate) type ObjectId = Arc<str>;

impl Snapshot {
    /// The index of the repository that a folder belongs to, below that folder. `GIT_INDEX_FILE` is heeded, as the git
    /// that runs a hook sets it. Fails while a merge leaves paths unmerged.
    pub(crate) fn of_index(folder: &Path) -> Result<Snapshot, GitError> {
        let listed = git::ask(folder, &["ls-files", "--stage", "-z"].map(OsStr::new))?;
        let mut files = BTreeMap::new();
        for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            // `100644 <object> <stage>\t<path>`
            let entry = String::from_utf8_lossy(entry);
            let Some((head, path)) = entry.split_once('\t') else { continue };
            let mut words = head.split(' ');
            let (Some(mode), Some(id), Some(stage)) = (words.next(), words.next(), words.next()) else { continue };
            if stage != "0" {
                return Err(GitError::Refused(format!("{path} is unmerged: resolve the conflict first")));
            }
            if is_regular(mode) {
                files.insert(path.into(), id.into());
            }
        }
        Ok(Snapshot { files, objects: Arc::new(Objects::new(folder)) })
    }

    /// The tree of a commit, below a folder of the repository.
    pub(crate) fn of_commit(folder: &Path, commit: &str) -> Result<Snapshot, GitError> {
        let listed = git::ask(folder, &["ls-tree", "-r", "-z", commit].map(OsStr::new))?;
        let mut files = BTreeMap::new();
        for entry in listed.split(|byte| *byte == 0) {
            // `100644 blob <object>\t<path>`
            let entry = String::from_utf8_lossy(entry);
            let Some((head, path)) = entry.split_once('\t') else { continue };
            let mut words = head.split(' ');
            let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) else { continue };
            if is_regular(mode) {
                files.insert(path.into(), id.into());
            }
        }
        Ok(Snapshot { files, objects: Arc::new(Objects::new(folder)) })
    }

    /// A digest of the paths and blobs, the same in every process. That of a similar state is found from it by what
    /// [`Snapshot::part`] gives for what differs: taken away and added.
    pub(crate) fn digest(&self) -> u64 {
        self.files.iter().fold(0, |sum: u64, (path, id)| sum.wrapping_add(Snapshot::part(path, id)))
    }

    /// What one file adds to a digest.
    pub(crate) fn part(path: &str, id: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (path, id).hash(&mut hasher);
        hasher.finish()
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.keys()
    }

    /// The blob of a file; `None` where there is no regular file.
    pub(crate) fn object(&self, path: &str) -> Option<&ObjectId> {
        self.files.get(path)
    }

    /// The text of a file; `None` where there is no such file, or it holds no text.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        match self.stored(self.object(path)?).read() {
            Decoded::Text { text, .. } => Some(text),
            Decoded::Unexamined(..) => None,
        }
    }

    fn stored(&self, id: &ObjectId) -> Stored {
        Stored::Object(self.objects.clone(), id.clone())
    }

    /// Calls `visit` for every file, on the threads of `pool` at once, in no order.
    pub(crate) fn walk(&self, exclude: &Globs, pool: &rayon::ThreadPool, visit: &(dyn Fn(Candidate) + Sync)) {
        let is_excluded = |path: &str| {
            is_own_report(path)
                || !exclude.is_empty() && Path::new(path).ancestors().any(|ancestor| exclude.is_match(ancestor))
        };
        pool.install(|| {
            self.files.par_iter().filter(|(path, _)| !is_excluded(path)).for_each(|(path, id)| {
                visit(Candidate { stored: self.stored(id), path: path.clone(), explicit: false });
            });
        });
    }
}

/// Links are not followed, and what a submodule holds is another repository's.
pub(super) fn is_regular(mode: &str) -> bool {
    mode.starts_with("100")
}

/// Reads a blob.
pub(super) fn read(objects: &Objects, id: &str) -> Decoded {
    match objects.read(id) {
        Ok(bytes) => decode::decode(bytes),
        Err(err) => Decoded::Unexamined(crate::problem::ProblemKind::Unreadable, err.to_string()),
    }
}
