//! What git has of a repository at one moment: the index as it would be committed, or the tree of a commit. The work
//! tree is never looked at.

use crate::globs::Globs;
use crate::hash;
use crate::source::Stored;
use crate::source::decode;
use crate::source::decode::Decoded;
use crate::source::git;
use crate::source::git::GitError;
use crate::source::git::Objects;
use crate::source::walk::Candidate;
use crate::source::walk::excluded_with_folders;
use crate::source::walk::is_own_report;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// The files of a repository, or of a folder in it, by path.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The regular ones.
    files: BTreeMap<Arc<str>, ObjectId>,
    /// Links, which are not followed, and submodules: what they hold is another repository's.
    elsewhere: BTreeSet<Arc<str>>,
    objects: Arc<Objects>,
}

/// See [`Snapshot::listing`].
pub(crate) type Listing = Vec<(u64, u64)>;

/// The name of a blob, in hex.
pub(crate) type ObjectId = Arc<str>;

impl Snapshot {
    /// The index of the repository that a folder belongs to, below that folder. `GIT_INDEX_FILE` is heeded, as the git
    /// that runs a hook sets it. Fails while a merge leaves paths unmerged.
    pub(crate) fn of_index(folder: &Path) -> Result<Snapshot, GitError> {
        let listed = git::ask(folder, &["ls-files", "--stage", "-z"].map(OsStr::new))?;
        Snapshot::of_listing(folder, &listed, |[mode, id, stage], path| match stage {
            "0" => Ok([mode, id]),
            _ => Err(GitError::Refused(format!("{path} is unmerged: resolve the conflict first"))),
        })
    }

    /// The tree of a commit, below a folder of the repository.
    pub(crate) fn of_commit(folder: &Path, commit: &str) -> Result<Snapshot, GitError> {
        let listed = git::ask(folder, &["ls-tree", "-r", "-z", commit].map(OsStr::new))?;
        Snapshot::of_listing(folder, &listed, |[mode, _kind, id], _| Ok([mode, id]))
    }

    /// What git lists as `100644 <word> <word>\t<path>`, each with a zero byte after it. `read` finds mode and object
    /// in the words.
    fn of_listing(
        folder: &Path,
        listed: &[u8],
        read: impl for<'t> Fn([&'t str; 3], &str) -> Result<[&'t str; 2], GitError>,
    ) -> Result<Snapshot, GitError> {
        let (mut files, mut elsewhere) = (BTreeMap::new(), BTreeSet::new());
        for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry);
            let words = entry.split_once('\t').map(|(head, path)| (head.split(' ').collect::<Vec<_>>(), path));
            let Some((&[first, second, third], path)) = words.as_ref().map(|(words, path)| (&**words, *path)) else {
                return Err(GitError::Refused(format!("it lists something unexpected: {entry}")));
            };
            let [mode, id] = read([first, second, third], path)?;
            match is_regular(mode) {
                true => _ = files.insert(path.into(), id.into()),
                false => _ = elsewhere.insert(path.into()),
            }
        }
        Ok(Snapshot { files, elsewhere, objects: Arc::new(Objects::new(folder)) })
    }

    /// A digest of the paths and blobs, the same in every process. That of a similar state is found from it by what
    /// [`Snapshot::part`] gives for what differs: taken away and added.
    pub(crate) fn digest(&self) -> u64 {
        self.files.iter().fold(0, |sum: u64, (path, id)| sum.wrapping_add(Snapshot::part(path, id)))
    }

    /// What one file adds to a digest.
    pub(crate) fn part(path: &str, id: &str) -> u64 {
        hash::digest((path, id))
    }

    /// Digests of the path and of the blob of every file, by path; the same in every process.
    pub(crate) fn listing(&self) -> Listing {
        self.files.iter().map(|(path, id)| (hash::digest(path), hash::digest(id))).collect()
    }

    /// The files whose blob is another than in an earlier listing; `None` where a file came or went.
    pub(crate) fn changed_since(&self, listing: &Listing) -> Option<Vec<&Arc<str>>> {
        if listing.len() != self.files.len() {
            return None;
        }
        let mut changed = Vec::new();
        for ((path, id), (path_then, id_then)) in self.files.iter().zip(listing) {
            if hash::digest(path) != *path_then {
                return None;
            }
            if hash::digest(id) != *id_then {
                changed.push(path);
            }
        }
        Some(changed)
    }

    /// Every file, by path.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Arc<str>, Stored)> {
        self.files.iter().map(|(path, id)| (path, self.stored(id)))
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.keys()
    }

    /// The blob of a file; `None` where there is no regular file.
    pub(crate) fn object(&self, path: &str) -> Option<&ObjectId> {
        self.files.get(path)
    }

    /// Links and submodules.
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = &Arc<str>> {
        self.elsewhere.iter()
    }

    /// The text of a file; `None` where there is no such file. Fails, with a sentence that names it, where it cannot
    /// be read, is no text or a link.
    pub(crate) fn text(&self, path: &str) -> Result<Option<String>, String> {
        let Some(id) = self.object(path) else {
            return match self.elsewhere.contains(path) {
                true => Err(format!("{path} is a link, which is not followed in what git has: put a file there")),
                false => Ok(None),
            };
        };
        match self.stored(id).read() {
            Decoded::Text { text, .. } => Ok(Some(text)),
            Decoded::Unexamined(_, message) => Err(format!("{path}: {message}")),
        }
    }

    fn stored(&self, id: &ObjectId) -> Stored {
        Stored::Object(self.objects.clone(), id.clone())
    }

    /// A file, unless it is excluded or not there.
    pub(crate) fn candidate(&self, path: &str, exclude: &Globs) -> Option<Candidate> {
        if is_own_report(path) || excluded_with_folders(exclude, path) {
            return None;
        }
        let (path, id) = self.files.get_key_value(path)?;
        Some(Candidate { stored: self.stored(id), path: path.clone(), explicit: false })
    }

    /// Every file that is not excluded.
    pub(crate) fn candidates(&self, exclude: &Globs) -> Vec<Candidate> {
        self.paths().filter_map(|path| self.candidate(path, exclude)).collect()
    }
}

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
