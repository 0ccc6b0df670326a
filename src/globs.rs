//! Globs as somebody wrote them, and whether they ever matched: one that selects nothing guards nothing, and its
//! author believes that it does.

use globset::GlobBuilder;
use globset::GlobSet;
use globset::GlobSetBuilder;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

/// A set of globs. `*` and `?` do not match `/`, and the paths are relative to the scanned root.
#[derive(Debug, Default)]
pub(crate) struct Globs {
    set: GlobSet,
    written: Vec<Written>,
}

/// One glob, and where it was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) glob: String,
    /// A file, or a flag.
    pub(crate) by: String,
    /// 1-based; 0 for a flag.
    pub(crate) line: u32,
    has_matched: AtomicBool,
}

impl Written {
    pub(crate) fn new(glob: String, by: String, line: u32) -> Written {
        Written { glob, by, line, has_matched: AtomicBool::new(false) }
    }
}

impl Globs {
    /// Globs that are watched.
    pub(crate) fn watched(written: Vec<Written>) -> Result<Globs, globset::Error> {
        let set = set(written.iter().map(|it| it.glob.as_str()))?;
        Ok(Globs { set, written })
    }

    /// Globs of our own, which need select nothing.
    pub(crate) fn unwatched<'g>(globs: impl Iterator<Item = &'g str>) -> Result<Globs, globset::Error> {
        Ok(Globs { set: set(globs)?, written: Vec::new() })
    }

    pub(crate) fn is_match(&self, path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        if !self.set.is_match(path) {
            return false;
        }
        if !self.written.is_empty() {
            for index in self.set.matches(path) {
                self.written[index].has_matched.store(true, Ordering::Relaxed);
            }
        }
        true
    }

    /// The watched ones, as written.
    pub(crate) fn written(&self) -> impl Iterator<Item = &str> {
        self.written.iter().map(|it| it.glob.as_str())
    }

    /// What tells these globs from others that the project's author might have written.
    pub(crate) fn key(&self) -> (bool, Vec<&str>) {
        (self.is_empty(), self.written().collect())
    }

    /// The first watched glob that selects a path or a folder above it, with where it is written.
    pub(crate) fn keeps_away(&self, path: &str) -> Option<String> {
        let at = Path::new(path).ancestors().find_map(|it| self.set.matches(it).into_iter().next())?;
        let Written { glob, by, line, .. } = self.written.get(at)?;
        Some(if *line == 0 { format!("`{glob}` ({by})") } else { format!("`{glob}` ({by}:{line})") })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// The watched ones that have matched nothing so far.
    pub(crate) fn idle(&self) -> impl Iterator<Item = &Written> {
        self.written.iter().filter(|it| !it.has_matched.load(Ordering::Relaxed))
    }
}

/// Globs of a rule, put together when they are first asked: most rules never see a file that they might be about.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    globs: Vec<String>,
    set: OnceLock<GlobSet>,
}

impl Paths {
    /// Globs that are known to be right.
    pub(crate) fn trusted(globs: Vec<String>) -> Paths {
        Paths { globs, set: OnceLock::new() }
    }

    pub(crate) fn is_match(&self, path: &str) -> bool {
        let globs = || set(self.globs.iter().map(String::as_str)).expect("each glob was tried on its own");
        self.set.get_or_init(globs).is_match(path)
    }
}

/// One glob, as all globs of the project are understood.
pub(crate) fn glob(pattern: &str) -> Result<globset::Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(true).build()
}

fn set<'g>(globs: impl Iterator<Item = &'g str>) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in globs {
        set.add(glob(pattern)?);
    }
    set.build()
}
