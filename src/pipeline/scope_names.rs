//! What classes and functions files have. It is asked of few: those where a known finding has gone and another has come.

use crate::fact::Wanted;
use crate::readers;
use crate::settings::Tree;
use crate::source::decode;
use crate::source::decode::Decoded;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::Path;

/// The dotted names of the classes and functions of files.
pub(crate) struct ScopeNames<'a> {
    root: &'a Path,
    tree: &'a Tree,
    /// By path; none for a file that cannot be read, or that no reader reads.
    known: RefCell<BTreeMap<String, Option<BTreeSet<String>>>>,
}

impl<'a> ScopeNames<'a> {
    /// Those of the files below `root`.
    pub(crate) fn new(root: &'a Path, tree: &'a Tree) -> ScopeNames<'a> {
        ScopeNames { root, tree, known: RefCell::default() }
    }

    /// Takes `text` for that of the file at `path`.
    pub(super) fn with(self, path: &str, text: &str) -> ScopeNames<'a> {
        self.known.borrow_mut().insert(path.to_owned(), names(path, text));
        self
    }

    /// Whether the file at a path has a class or function of a dotted name; `None` where that is not known.
    pub(crate) fn has(&self, path: &str, scope: &str) -> Option<bool> {
        let mut known = self.known.borrow_mut();
        let names = known.entry(path.to_owned()).or_insert_with(|| names(path, &self.text(path)?));
        names.as_ref().map(|names| names.contains(scope))
    }

    fn text(&self, path: &str) -> Option<String> {
        match self.tree {
            Tree::Disk => match decode::read(&self.root.join(path)) {
                Decoded::Text { text, .. } => Some(text),
                Decoded::Unexamined(..) => None,
            },
            Tree::Snapshot(snapshot) => snapshot.text(path).ok().flatten(),
        }
    }
}

fn names(path: &str, text: &str) -> Option<BTreeSet<String>> {
    let by_shebang = || readers::language_of_shebang(text.lines().next().unwrap_or(""));
    let language = readers::language_of(path).or_else(by_shebang)?;
    let read = || readers::read(path, text, language, Wanted::default()).scope_names();
    std::panic::catch_unwind(AssertUnwindSafe(read)).ok()
}
