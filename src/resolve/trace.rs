//! What a look at one file asked of the rest of the repository. As long as the answers are the same, so is the outcome.

use crate::fact::Language;
use crate::resolve::graph::FileId;
use crate::resolve::world::Repository;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// The files that were read.
    pub(crate) loaded: FxHashSet<FileId>,
    /// What was asked, with a digest of the answer.
    pub(crate) asked: FxHashMap<Question, u64>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// Where a path leads that a file imports.
    Located(FileId, Box<str>),
    /// Which files see each other without an import.
    Package(FileId),
    /// What a library is called that a file's manifest has another name for.
    Renamed(FileId, Box<str>),
    /// Which version of a package the file runs with.
    Version(Language, FileId, Box<str>),
    /// Whether a file's manifest asks for a package.
    Dependency(Language, FileId, Box<str>),
}

impl Question {
    /// A digest of the answer, the same in every process: files go by their paths.
    pub(crate) fn answer(&self, repository: &Repository<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        let graph = &repository.graph;
        let files = |files: &[FileId], hasher: &mut DefaultHasher| {
            files.len().hash(hasher);
            files.iter().for_each(|file| graph.path(*file).hash(hasher));
        };
        match self {
            Question::Located(from, path) => match graph.locate(*from, path) {
                None => 0_u8.hash(&mut hasher),
                Some(located) => {
                    files(located.files, &mut hasher);
                    located.members.hash(&mut hasher);
                    if let Some(around) = located.around {
                        files(around.files, &mut hasher);
                        around.members.hash(&mut hasher);
                    }
                }
            },
            Question::Package(from) => files(graph.package(*from), &mut hasher),
            Question::Renamed(from, name) => graph.renamed(*from, name).hash(&mut hasher),
            Question::Dependency(language, from, package) => {
                repository.versions.asks(*language, graph.path(*from), package).hash(&mut hasher);
            }
            Question::Version(language, from, package) => {
                let known = repository.versions.of(*language, graph.path(*from), package);
                format!("{known:?}").hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}
