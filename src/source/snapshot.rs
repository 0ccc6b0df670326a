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
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The files of a repository, or of a folder in it, by path.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The regular ones, sorted by path.
    files: Vec<(Arc<str>, ObjectId)>,
    listing: Listing,
    /// Links, which are not followed, and submodules: what they hold is another repository's.
    elsewhere: BTreeSet<Arc<str>>,
    objects: Arc<Objects>,
}

/// See [`Snapshot::listing`].
pub(crate) type Listing = Vec<(u64, u64)>;

/// The name of an object: a digest of what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId {
    bytes: [u8; ObjectId::LONGEST],
    /// 20 bytes in most repositories, 32 in those of SHA-256.
    length: u8,
}

impl ObjectId {
    const LONGEST: usize = 32;

    /// `None` for what is no name in hex.
    pub(crate) fn new(hex: &str) -> Option<ObjectId> {
        let digits = hex.as_bytes();
        let (length, rest) = (digits.len() / 2, digits.len() % 2);
        let mut bytes = [0; ObjectId::LONGEST];
        if rest != 0 || length > bytes.len() {
            return None;
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Some(ObjectId { bytes, length: length as u8 })
    }

    /// What is enough to tell it from others, as its bytes are a digest.
    fn start(&self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|at| self.bytes[at]))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = &self.bytes[..usize::from(self.length)];
        bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

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
        let mut files: Vec<(Arc<str>, ObjectId)> = Vec::new();
        let mut elsewhere = BTreeSet::new();
        files.reserve(memchr::memchr_iter(0, listed).count());
        for entry in String::from_utf8_lossy(listed).split_terminator('\0') {
            let unexpected = || GitError::Refused(format!("it lists something unexpected: {entry}"));
            let (head, path) = entry.split_once('\t').ok_or_else(unexpected)?;
            let mut words = head.split(' ');
            let [Some(first), Some(second), Some(third), None] = std::array::from_fn(|_| words.next()) else {
                return Err(unexpected());
            };
            let [mode, id] = read([first, second, third], path)?;
            match is_regular(mode) {
                true => files.push((Arc::from(path), ObjectId::new(id).ok_or_else(unexpected)?)),
                false => _ = elsewhere.insert(path.into()),
            }
        }
        // As git has them, but for letters that are none.
        if !files.is_sorted_by(|(one, _), (next, _)| one < next) {
            files.sort_by(|(one, _), (other, _)| one.cmp(other));
            files.dedup_by(|(one, _), (other, _)| one == other);
        }
        let listing = files.iter().map(|(path, id)| (hash::digest(path), id.start())).collect();
        Ok(Snapshot { files, listing, elsewhere, objects: Arc::new(Objects::new(folder)) })
    }

    /// A digest of the paths and blobs, the same in every process. That of a similar state is found from it by what
    /// [`Snapshot::part`] gives for what differs: taken away and added.
    pub(crate) fn digest(&self) -> u64 {
        self.listing.iter().fold(0, |sum: u64, entry| sum.wrapping_add(hash::digest(entry)))
    }

    /// What one file adds to a digest.
    pub(crate) fn part(path: &str, id: &ObjectId) -> u64 {
        hash::digest((hash::digest(path), id.start()))
    }

    /// A digest of the path of every file, and what its blob is told from others by; in the order of paths, the same in
    /// every process.
    pub(crate) fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The files whose blob is another than in an earlier listing; `None` where a file came or went.
    pub(crate) fn changed_since(&self, listing: &Listing) -> Option<Vec<&Arc<str>>> {
        if listing.len() != self.listing.len() {
            return None;
        }
        let mut changed = Vec::new();
        for ((path, _), (now, then)) in self.files.iter().zip(self.listing.iter().zip(listing)) {
            if now.0 != then.0 {
                return None;
            }
            if now.1 != then.1 {
                changed.push(path);
            }
        }
        Some(changed)
    }

    /// Every file, by path.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Arc<str>, Stored)> {
        self.files.iter().map(|(path, id)| (path, self.stored(*id)))
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().map(|(path, _)| path)
    }

    /// The blob of a file; `None` where there is no regular file.
    pub(crate) fn object(&self, path: &str) -> Option<ObjectId> {
        self.file(path).map(|(_, id)| *id)
    }

    fn file(&self, path: &str) -> Option<&(Arc<str>, ObjectId)> {
        self.files.binary_search_by(|(it, _)| (**it).cmp(path)).ok().map(|at| &self.files[at])
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

    fn stored(&self, id: ObjectId) -> Stored {
        Stored::Object(self.objects.clone(), id)
    }

    /// A file, unless it is excluded or not there.
    pub(crate) fn candidate(&self, path: &str, exclude: &Globs) -> Option<Candidate> {
        if is_own_report(path) || excluded_with_folders(exclude, path) {
            return None;
        }
        let (path, id) = self.file(path)?;
        Some(Candidate { stored: self.stored(*id), path: path.clone(), explicit: false })
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
pub(super) fn read(objects: &Objects, id: ObjectId) -> Decoded {
    match objects.read(id) {
        Ok(bytes) => decode::decode(bytes),
        Err(err) => Decoded::Unexamined(crate::problem::ProblemKind::Unreadable, err.to_string()),
    }
}
