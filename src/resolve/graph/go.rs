//! Go: a package is a folder below the module that the nearest `go.mod` names.

use super::FileId;
use super::Folders;
use super::LIBRARIES;
use super::Located;
use super::Tree;
use super::behind;
use crate::fact::Language;
use crate::resolve::config::ConfigError;
use crate::resolve::config::file_name;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::upwards;
use rustc_hash::FxHashMap;

pub(super) struct Modules {
    /// Without tests, which only their own package sees.
    folders: Folders,
    with_tests: Folders,
    /// The folder of each module of this repository, by its path.
    modules: FxHashMap<Box<str>, Box<str>>,
    /// Local folders that stand in for modules, by the folder of the `go.mod` that says so.
    replaced: FxHashMap<Box<str>, FxHashMap<Box<str>, String>>,
}

pub(super) fn is_config(name: &str) -> bool {
    name == "go.mod"
}

impl Modules {
    pub(super) fn new(tree: &Tree, configs: &[(&str, &str)], errors: &mut Vec<ConfigError>) -> Modules {
        let files = || tree.of(&[Language::Go]);
        let mut modules = Modules {
            folders: Folders::new(files().filter(|(_, path)| !path.ends_with("_test.go"))),
            with_tests: Folders::new(files()),
            modules: FxHashMap::default(),
            replaced: FxHashMap::default(),
        };
        for (path, text) in configs.iter().filter(|(path, _)| is_config(file_name(path))) {
            let home = folder(path);
            let mut block = "";
            let mut is_named = false;
            for line in text.lines() {
                let line = line.split("//").next().unwrap_or(line).trim();
                let (directive, rest) = match (block, line.split_once(char::is_whitespace)) {
                    (_, _) if line == ")" => {
                        block = "";
                        continue;
                    }
                    ("", Some((directive, rest))) => (directive, rest.trim()),
                    ("", None) => continue,
                    (block, _) => (block, line),
                };
                if rest == "(" {
                    block = directive;
                    continue;
                }
                match directive {
                    "module" => {
                        is_named = true;
                        modules.modules.entry(unquoted(rest).into()).or_insert_with(|| home.into());
                    }
                    "replace" => {
                        let Some((old, new)) = rest.split_once("=>") else { continue };
                        let (Some(old), Some(new)) = (old.split_whitespace().next(), new.split_whitespace().next())
                        else {
                            continue;
                        };
                        let (old, new) = (unquoted(old), unquoted(new));
                        if new.starts_with('.') {
                            let replaced = modules.replaced.entry(home.into()).or_default();
                            replaced.insert(old.into(), joined(home, new));
                        }
                    }
                    _ => {}
                }
            }
            if !is_named {
                errors.push(ConfigError::new(path, 0, "names no module"));
            }
        }
        modules
    }

    pub(super) fn locate<'g, 'p>(&'g self, tree: &Tree, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        // The last part of an import path can hold dots too: `gopkg.in/square/go-jose.v2`.
        let first = path.rfind('/').map_or(0, |at| at + 1);
        let mut end = path.len();
        loop {
            let files = self.import(tree.folder(from), &path[..end]);
            if !files.is_empty() {
                return Some(Located { files, members: behind(path, end), around: None });
            }
            end = first + path[first..end].rfind('.')?;
        }
    }

    pub(super) fn package(&self, tree: &Tree, from: FileId) -> &[FileId] {
        let folders = if tree.path(from).ends_with("_test.go") { &self.with_tests } else { &self.folders };
        folders.files(tree.folder(from))
    }

    /// The files of the package that is imported by this path.
    fn import(&self, from: &str, path: &str) -> &[FileId] {
        if let Some(below) = path.strip_prefix("./").or_else(|| path.starts_with("../").then_some(path)) {
            return self.folders.files(&joined(from, below));
        }
        for module in upwards(path).filter(|it| !it.is_empty()) {
            let mut replaced = upwards(from).filter_map(|folder| self.replaced.get(folder)?.get(module));
            let named = || self.modules.get(module).filter(|_| !is_library(module)).map(|home| &**home);
            if let Some(home) = replaced.next().map(String::as_str).or_else(named) {
                return self.folders.files(&joined(home, &path[module.len()..]));
            }
        }
        if self.modules.is_empty() { self.of_unnamed_module(path) } else { &[] }
    }

    /// The files of a package where no `go.mod` is left to name the module: by the folder that the path ends with, unless
    /// the path is of Go itself or of where libraries are published.
    fn of_unnamed_module(&self, path: &str) -> &[FileId] {
        let first = path.split('/').next().unwrap_or(path);
        if OTHERS.contains(&first) {
            return &[];
        }
        let below = path.match_indices('/').map(|(at, _)| self.folders.files(&path[at + 1..]));
        below.into_iter().find(|files| !files.is_empty()).unwrap_or(&[])
    }
}

/// What import paths of Go's own packages begin with (`go list std`), and hosts of public modules.
const OTHERS: [&str; 61] = [
    "archive",
    "bitbucket.org",
    "bufio",
    "builtin",
    "bytes",
    "cloud.google.com",
    "cmp",
    "codeberg.org",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "firebase.google.com",
    "flag",
    "fmt",
    "gitee.com",
    "github.com",
    "gitlab.com",
    "go",
    "go.mongodb.org",
    "go.opentelemetry.io",
    "go.step.sm",
    "go.uber.org",
    "golang.org",
    "google.golang.org",
    "gopkg.in",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "k8s.io",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "sigs.k8s.io",
    "slices",
    "sort",
    "strconv",
    "strings",
    "sync",
    "syscall",
    "testing",
    "text",
    "unicode",
];

/// Whether a module is a copy of a JWT library: `github.com/golang-jwt/jwt/v5`.
fn is_library(module: &str) -> bool {
    module.starts_with("github.com/golang-jwt/") || LIBRARIES.contains(&module)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '`'])
}
