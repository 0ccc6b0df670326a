//! C#: namespaces need not follow folders, so a type is looked for in the one file of its name.

use super::FileId;
use super::Folders;
use super::LIBRARIES;
use super::Located;
use super::Suffixes;
use super::Tree;
use super::stem;
use crate::fact::Language;

pub(super) struct Modules {
    types: Suffixes,
    folders: Folders,
}

impl Modules {
    pub(super) fn new(tree: &Tree) -> Modules {
        let mut types = Suffixes::default();
        for (id, path) in tree.of(&[Language::CSharp]) {
            types.insert(id, stem(path).rsplit('/'), 1);
        }
        Modules { types, folders: Folders::new(tree.of(&[Language::CSharp])) }
    }

    pub(super) fn locate<'g, 'p>(&self, tree: &'g Tree, _from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        let first = path.split('.').next().unwrap_or(path);
        if LIBRARIES.contains(&first) {
            return None;
        }
        // Of several names that are files, the one whose folders repeat most of the namespace.
        let mut best: Option<(usize, FileId, usize)> = None;
        let mut end = path.len();
        loop {
            let start = path[..end].rfind('.').map_or(0, |at| at + 1);
            if let [file] = self.types.find(std::iter::once(&path[start..end])) {
                let folders = tree.folder(*file).rsplit('/');
                let namespace = path[..start].trim_end_matches('.').rsplit('.');
                let shared = namespace.zip(folders).take_while(|(left, right)| left == right).count();
                if best.is_none_or(|(most, ..)| shared > most) {
                    best = Some((shared, *file, end));
                }
            }
            match start {
                0 => break,
                start => end = start - 1,
            }
        }
        best.map(|(_, file, end)| tree.class(file, path, end))
    }

    pub(super) fn package(&self, tree: &Tree, from: FileId) -> &[FileId] {
        self.folders.files(tree.folder(from))
    }
}
