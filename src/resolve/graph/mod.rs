//! The module graph of a repository: which of its files an import leads to.
//!
//! It is built from the paths of the source files and the texts of the files that steer resolution, and never
//! opens a file. A path is asked for as the reader wrote it ([`crate::fact::BindingKind::Import`]); the answer is
//! files and the names to look up in them. What is looked up and not found there keeps the name it was imported
//! by: a file that answers to the name of a library need not be what runs.

mod csharp;
mod ecmascript;
mod go;
mod jvm;
mod php;
pub(crate) mod python;
mod ruby;
mod rust;

use super::config::ConfigError;
use super::config::file_name;
use super::config::folder;
use crate::fact::Language;
use rustc_hash::FxHashMap;
use rustc_hash::FxHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;
use std::sync::OnceLock;

/// First parts of the paths of well-known JWT libraries (whole package names in npm), of all languages. A guess by file name never leads from
/// one of these to a file of the repository: to take the library for the repository's own code hides what
/// the library does.
const LIBRARIES: [&str; 48] = [
    "@auth/core",
    "@elysiajs/jwt",
    "@fastify/jwt",
    "@nestjs/jwt",
    "@tsndr/cloudflare-worker-jwt",
    "Firebase",
    "JOSE",
    "JSON",
    "JWT",
    "Jose",
    "Lcobucci",
    "Microsoft",
    "System",
    "Tymon",
    "authlib",
    "aws-jwt-verify",
    "biscuit",
    "compact_jwt",
    "express-jwt",
    "fast-jwt",
    "fastapi_jwt_auth",
    "fastify-jwt",
    "flask_jwt",
    "flask_jwt_extended",
    "frank_jwt",
    "google",
    "hono",
    "itsdangerous",
    "jose",
    "joserfc",
    "josekit",
    "jsonwebtoken",
    "jsonwebtokens",
    "jsrsasign",
    "jwcrypto",
    "jwks-rsa",
    "jws",
    "jwt",
    "jwt-decode",
    "jwt-simple",
    "jwt_compact",
    "jwt_simple",
    "koa-jwt",
    "njwt",
    "node-jose",
    "passport-jwt",
    "python_jwt",
    "rest_framework_jwt",
];

/// What stands between the names of a path: `Auth::Reader.read`, `App\\Auth\\Reader`.
pub(crate) const SEPARATORS: [char; 3] = ['.', ':', '\\'];

/// Index into the list of the repository's source files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FileId(pub(crate) u32);

/// Where an imported path leads inside the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Located<'g, 'p> {
    /// One file, or each of them where a package is a folder (Go, Java, Kotlin, Scala).
    pub(crate) files: &'g [FileId],
    /// The names to look up in those files, one in the other, joined by `.`: the end of the path. Empty when the
    /// module itself is meant, or what it exports by default.
    pub(crate) members: &'p str,
    /// The module around the one found, where its name can also be bound: the `__init__` of a Python package that
    /// says `from .decode import decode` hides its module `decode`, and a Rust module can pass a function on
    /// that is called like the module it stands in. To be asked first when `members` is empty, and when
    /// `members` leads nowhere.
    pub(crate) around: Option<Around<'g, 'p>>,
}

/// A second reading of a path: one name more, looked up one module further out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Around<'g, 'p> {
    pub(crate) files: &'g [FileId],
    pub(crate) members: &'p str,
}

/// What is known of a language's modules is put together when a file of that language first asks.
pub(crate) struct ModuleGraph {
    tree: Tree,
    configs: Box<Configs>,
    python: OnceLock<python::Modules>,
    ecmascript: OnceLock<ecmascript::Modules>,
    rust: OnceLock<rust::Modules>,
    go: OnceLock<go::Modules>,
    jvm: OnceLock<jvm::Modules>,
    csharp: OnceLock<csharp::Modules>,
    ruby: OnceLock<ruby::Modules>,
    php: OnceLock<php::Modules>,
}

/// Gives the path and the text of each file whose name is one that is wanted.
pub(crate) type Configs = dyn Fn(fn(&str) -> bool) -> Vec<(String, String)> + Send + Sync;

/// Puts together what is known of the modules of a language; see [`ModuleGraph::new`].
type Make<M> = fn(&Tree, &[(&str, &str)], &mut Vec<ConfigError>) -> M;

impl ModuleGraph {
    /// `files`: every source file with its language, sorted by path; [`FileId`]s count in that order. `configs`: the
    /// path and text of each file [`ModuleGraph::is_config`] asks for. The errors are those of configuration
    /// that does not parse, sorted; the graph is built without it.
    pub(crate) fn new(files: &[(Arc<str>, Language)], configs: &[(String, String)]) -> (ModuleGraph, Vec<ConfigError>) {
        let graph = ModuleGraph::lazy(files, Box::new(|_| Vec::new()));
        let mut errors = Vec::new();
        let (tree, configs) = (&graph.tree, &from_the_root(configs));
        _ = graph.python.set(python::Modules::new(tree, configs, &mut errors));
        _ = graph.ecmascript.set(ecmascript::Modules::new(tree, configs, &mut errors));
        _ = graph.rust.set(rust::Modules::new(tree, configs, &mut errors));
        _ = graph.go.set(go::Modules::new(tree, configs, &mut errors));
        _ = graph.php.set(php::Modules::new(tree, configs, &mut errors));
        errors.sort();
        (graph, errors)
    }

    /// The same for who is to ask for few languages, and knows of the errors.
    pub(crate) fn lazy(files: &[(Arc<str>, Language)], configs: Box<Configs>) -> ModuleGraph {
        ModuleGraph {
            tree: Tree::new(files),
            configs,
            python: OnceLock::new(),
            ecmascript: OnceLock::new(),
            rust: OnceLock::new(),
            go: OnceLock::new(),
            jvm: OnceLock::new(),
            csharp: OnceLock::new(),
            ruby: OnceLock::new(),
            php: OnceLock::new(),
        }
    }

    /// Puts together what is known of a language's modules, for who is going to ask.
    pub(crate) fn prepare(&self, language: Language) {
        match language {
            Language::Python => _ = self.python(),
            Language::JavaScript | Language::TypeScript => _ = self.ecmascript(),
            Language::Rust => _ = self.rust(),
            Language::Go => _ = self.go(),
            Language::Java | Language::Kotlin | Language::Scala => _ = self.jvm(),
            Language::CSharp => _ = self.csharp(),
            Language::Ruby => _ = self.ruby(),
            Language::Php => _ = self.php(),
        }
    }

    fn python(&self) -> &python::Modules {
        self.configured(&self.python, python::is_config, python::Modules::new)
    }

    fn ecmascript(&self) -> &ecmascript::Modules {
        self.configured(&self.ecmascript, ecmascript::is_config, ecmascript::Modules::new)
    }

    fn rust(&self) -> &rust::Modules {
        self.configured(&self.rust, rust::is_config, rust::Modules::new)
    }

    fn go(&self) -> &go::Modules {
        self.configured(&self.go, go::is_config, go::Modules::new)
    }

    fn php(&self) -> &php::Modules {
        self.configured(&self.php, php::is_config, php::Modules::new)
    }

    fn jvm(&self) -> &jvm::Modules {
        self.jvm.get_or_init(|| jvm::Modules::new(&self.tree))
    }

    fn csharp(&self) -> &csharp::Modules {
        self.csharp.get_or_init(|| csharp::Modules::new(&self.tree))
    }

    fn ruby(&self) -> &ruby::Modules {
        self.ruby.get_or_init(|| ruby::Modules::new(&self.tree))
    }

    fn configured<'g, M>(&'g self, modules: &'g OnceLock<M>, is_config: fn(&str) -> bool, make: Make<M>) -> &'g M {
        modules.get_or_init(|| make(&self.tree, &from_the_root(&(self.configs)(is_config)), &mut Vec::new()))
    }

    /// Whether a file of this path steers resolution, so that its text is wanted.
    pub(crate) fn is_config(path: &str) -> bool {
        let name = file_name(path);
        [python::is_config, ecmascript::is_config, rust::is_config, go::is_config, php::is_config]
            .iter()
            .any(|is_config| is_config(name))
    }

    /// The path of a file.
    pub(crate) fn path(&self, file: FileId) -> &str {
        self.tree.path(file)
    }

    /// The file at a path.
    pub(crate) fn file(&self, path: &str) -> Option<FileId> {
        self.tree.file(path)
    }

    /// Whether there is no other file that a name could lead to.
    pub(crate) fn is_of_one_file(&self) -> bool {
        self.tree.files.len() < 2
    }

    /// Where `path`, imported by `from`, leads; `None` when that is no file of this repository.
    pub(crate) fn locate<'g, 'p>(&'g self, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        match self.tree.language(from) {
            Language::Python => self.python().locate(&self.tree, from, path),
            Language::JavaScript | Language::TypeScript => self.ecmascript().locate(&self.tree, from, path),
            Language::Rust => self.rust().locate(&self.tree, from, path),
            Language::Go => self.go().locate(&self.tree, from, path),
            Language::Java | Language::Kotlin | Language::Scala => self.jvm().locate(&self.tree, from, path),
            Language::CSharp => self.csharp().locate(&self.tree, from, path),
            Language::Ruby => self.ruby().locate(&self.tree, from, path),
            Language::Php => self.php().locate(&self.tree, from, path),
        }
    }

    /// The files whose names `from` sees without an import, itself among them: those of its package in Go, of its
    /// folder in Java, Kotlin, Scala and C#. Empty for the other languages.
    pub(crate) fn package(&self, from: FileId) -> &[FileId] {
        match self.tree.language(from) {
            Language::Go => self.go().package(&self.tree, from),
            Language::Java | Language::Kotlin | Language::Scala => self.jvm().package(&self.tree, from),
            Language::CSharp => self.csharp().package(&self.tree, from),
            Language::Python
            | Language::JavaScript
            | Language::TypeScript
            | Language::Rust
            | Language::Ruby
            | Language::Php => &[],
        }
    }

    /// The real name of the library that `from`'s manifest calls `name`: `jwt = { package = "jsonwebtoken" }` in
    /// `Cargo.toml`, `"jwt": "npm:jsonwebtoken@9"` in `package.json`. `name` is the first part of a path, as
    /// code spells it, and so is the answer.
    pub(crate) fn renamed(&self, from: FileId, name: &str) -> Option<&str> {
        match self.tree.language(from) {
            Language::Rust => self.rust().renamed(&self.tree, from, name),
            Language::JavaScript | Language::TypeScript => self.ecmascript().renamed(&self.tree, from, name),
            _ => None,
        }
    }
}

/// Nearer the root first, so that of two packages of one name the outer one counts.
fn from_the_root(configs: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut configs: Vec<(&str, &str)> = configs.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    configs.sort_by_key(|(path, _)| (path.matches('/').count(), *path));
    configs
}

/// The source files by their paths.
struct Tree {
    files: Vec<(Arc<str>, Language)>,
    /// Every id in order, so that one file is a slice too.
    ids: Vec<FileId>,
    by_path: OnceLock<FxHashMap<Arc<str>, FileId>>,
}

impl Tree {
    fn new(files: &[(Arc<str>, Language)]) -> Tree {
        let ids: Vec<FileId> = (0..files.len() as u32).map(FileId).collect();
        Tree { files: files.to_vec(), ids, by_path: OnceLock::new() }
    }

    fn file(&self, path: &str) -> Option<FileId> {
        let all = || self.files.iter().zip(&self.ids).map(|((path, _), id)| (path.clone(), *id)).collect();
        self.by_path.get_or_init(all).get(path).copied()
    }

    /// The files of some languages, with their paths.
    fn of(&self, languages: &[Language]) -> impl Iterator<Item = (FileId, &str)> {
        let all = self.files.iter().zip(&self.ids);
        all.filter(|((_, language), _)| languages.contains(language)).map(|((path, _), id)| (*id, path.as_ref()))
    }

    fn path(&self, id: FileId) -> &str {
        &self.files[id.0 as usize].0
    }

    fn folder(&self, id: FileId) -> &str {
        folder(self.path(id))
    }

    fn language(&self, id: FileId) -> Language {
        self.files[id.0 as usize].1
    }

    fn one(&self, id: FileId) -> &[FileId] {
        &self.ids[id.0 as usize..=id.0 as usize]
    }

    fn module<'g, 'p>(&'g self, file: FileId, members: &'p str) -> Located<'g, 'p> {
        Located { files: self.one(file), members, around: None }
    }

    /// A class that a file is called after, which ends at `end` in the path: its members are looked up in it, and,
    /// should the file hold no such class, in the file.
    fn class<'g, 'p>(&'g self, file: FileId, path: &'p str, end: usize) -> Located<'g, 'p> {
        let start = path[..end].rfind(SEPARATORS).map_or(0, |at| at + 1);
        let files = self.one(file);
        Located { files, members: &path[start..], around: Some(Around { files, members: behind(path, end) }) }
    }
}

/// The parts of a dotted path, each with the offset behind it. Two dots in a row, and one at the end, are nobody's
/// path.
fn parts(path: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut start = 0;
    path.split('.').map(move |part| {
        let end = start + part.len();
        start = end + 1;
        (part, end)
    })
}

/// What follows the first `end` bytes of a path, without the separator.
fn behind(path: &str, end: usize) -> &str {
    path[end..].trim_start_matches(SEPARATORS)
}

/// The path without its extension.
fn stem(path: &str) -> &str {
    let name = file_name(path);
    let extension = name.rfind('.').map_or(0, |at| name.len() - at);
    &path[..path.len() - extension]
}

/// Files by each way to end a path: `com/acme/Auth`, `acme/Auth`, `Auth`.
#[derive(Default)]
struct Suffixes {
    // By hash alone: two different endings of one 64-bit hash are not to be expected, and the worst they do is to
    // make an ending ambiguous or a lookup lead to a file that lacks the name.
    by_hash: FxHashMap<u64, Vec<FileId>>,
}

impl Suffixes {
    /// `parts`: the last one first. Endings of less than `fewest` parts are left out.
    fn insert<'a>(&mut self, file: FileId, parts: impl Iterator<Item = &'a str>, fewest: usize) {
        let mut hasher = FxHasher::default();
        for (count, part) in (1..).zip(parts) {
            part.hash(&mut hasher);
            if count >= fewest {
                self.by_hash.entry(hasher.finish()).or_default().push(file);
            }
        }
    }

    /// The files whose path ends in these parts, the last one first, in the order of their ids.
    fn find<'a>(&self, parts: impl Iterator<Item = &'a str>) -> &[FileId] {
        let mut hasher = FxHasher::default();
        for part in parts {
            part.hash(&mut hasher);
        }
        self.by_hash.get(&hasher.finish()).map_or(&[], Vec::as_slice)
    }

    /// The only file of that ending, or the one that shares most folders with `from`.
    fn nearest<'a>(&self, tree: &Tree, from: FileId, parts: impl Iterator<Item = &'a str>) -> Option<FileId> {
        let found = self.find(parts);
        if let [only] = found {
            return Some(*only);
        }
        // Ids are in the order of paths, in which the nearest ones are neighbours.
        let at = found.partition_point(|it| *it < from);
        if found.get(at) == Some(&from) {
            return Some(from);
        }
        let shared = |id: FileId| shared_folders(tree.path(id), tree.path(from));
        let before = at.checked_sub(1).and_then(|at| found.get(at)).map(|id| (*id, shared(*id)));
        let after = found.get(at).map(|id| (*id, shared(*id)));
        let ((nearest, most), other) = match (before, after) {
            (Some(before), Some(after)) if before.1 == after.1 => return None,
            (Some(before), Some(after)) if before.1 < after.1 => (after, at + 1),
            (Some(before), _) => (before, at.wrapping_sub(2)),
            (None, Some(after)) => (after, at + 1),
            (None, None) => return None,
        };
        // A second one as near on the same side leaves it open which is meant.
        let is_only = found.get(other).is_none_or(|id| shared(*id) < most);
        is_only.then_some(nearest)
    }
}

/// How many folders two paths begin with together.
fn shared_folders(left: &str, right: &str) -> usize {
    folder(left).split('/').zip(folder(right).split('/')).take_while(|(left, right)| left == right).count()
}

/// The files of each folder, for languages whose packages are folders.
#[derive(Default)]
struct Folders {
    by_path: FxHashMap<Box<str>, Vec<FileId>>,
}

impl Folders {
    fn new<'a>(files: impl Iterator<Item = (FileId, &'a str)>) -> Folders {
        let mut folders = Folders::default();
        for (id, path) in files {
            match folders.by_path.get_mut(folder(path)) {
                Some(files) => files.push(id),
                None => {
                    folders.by_path.insert(folder(path).into(), vec![id]);
                }
            }
        }
        folders
    }

    fn files(&self, folder: &str) -> &[FileId] {
        self.by_path.get(folder).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
