//! Java, Kotlin and Scala: a class stands in a file of its name, in folders named like its package. Kotlin and
//! Scala may put it, and functions of no class, into any file of the package.

use super::FileId;
use super::Folders;
use super::Located;
use super::Suffixes;
use super::Tree;
use super::behind;
use super::stem;
use crate::fact::Language;
use crate::resolve::config::folder;

const LANGUAGES: [Language; 3] = [Language::Java, Language::Kotlin, Language::Scala];

pub(super) struct Modules {
    classes: Suffixes,
    packages: Suffixes,
    folders: Folders,
}

impl Modules {
    pub(super) fn new(tree: &Tree) -> Modules {
        let (mut classes, mut packages) = (Suffixes::default(), Suffixes::default());
        for (id, path) in tree.of(&LANGUAGES) {
            // Without its package a name means one of the same folder only.
            classes.insert(id, stem(path).rsplit('/'), 2);
            packages.insert(id, folder(path).rsplit('/'), 1);
        }
        Modules { classes, packages, folders: Folders::new(tree.of(&LANGUAGES)) }
    }

    pub(super) fn locate<'g, 'p>(&'g self, tree: &'g Tree, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        if !path.contains('.') {
            let mut beside = self.package(tree, from).iter();
            let class = beside.find(|id| super::file_name(stem(tree.path(**id))) == path)?;
            return Some(tree.class(*class, path, path.len()));
        }
        let mut end = path.len();
        loop {
            let parts = || path[..end].rsplit('.');
            if let Some(class) = self.classes.nearest(tree, from, parts()) {
                return Some(tree.class(class, path, end));
            }
            let files = self.packages.find(parts());
            if !files.is_empty() && (end == path.len() || path[..end].contains('.')) {
                return Some(Located { files, members: behind(path, end), around: None });
            }
            end = path[..end].rfind('.')?;
        }
    }

    pub(super) fn package(&self, tree: &Tree, from: FileId) -> &[FileId] {
        self.folders.files(tree.folder(from))
    }
}
