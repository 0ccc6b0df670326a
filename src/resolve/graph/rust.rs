//! Rust: the module tree by the layout of the files, and crates by their manifests. `#[path]` is not followed.

use super::Around;
use super::FileId;
use super::LIBRARIES;
use super::Located;
use super::Tree;
use super::behind;
use super::parts;
use crate::fact::Language;
use crate::resolve::config::ConfigError;
use crate::resolve::config::file_name;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::push;
use crate::resolve::config::toml;
use crate::resolve::config::upwards;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;

pub(super) struct Modules {
    /// `src/auth` for `src/auth.rs` and `src/auth/mod.rs`.
    files: FxHashMap<Box<str>, FileId>,
    /// Folders with a Rust file in or below them: a module written inside another file can have files too.
    folders: FxHashSet<Box<str>>,
    /// Files that `crate` can mean, by the folder their modules stand in.
    roots: FxHashMap<Box<str>, Vec<FileId>>,
    root_files: FxHashSet<FileId>,
    /// Crates by the folder of their manifest.
    crates: FxHashMap<Box<str>, Crate>,
    /// That folder by the name code calls the crate.
    names: FxHashMap<Box<str>, Box<str>>,
}

struct Crate {
    /// The file other crates see.
    library: Option<FileId>,
    /// In the first edition, paths of imports start at the root of the crate.
    is_first_edition: bool,
    /// By the name code calls them.
    dependencies: FxHashMap<Box<str>, Dependency>,
}

#[derive(Clone)]
struct Dependency {
    /// The real name, as code spells it.
    name: Box<str>,
    /// Where it stands, when it is a folder of this repository.
    folder: Option<String>,
}

/// A module to start from: its files, and the folder of its child modules.
struct Module<'g, 'f> {
    files: &'g [FileId],
    folder: &'f str,
}

pub(super) fn is_config(name: &str) -> bool {
    name == "Cargo.toml"
}

impl Modules {
    pub(super) fn new(tree: &Tree, configs: &[(&str, &str)], errors: &mut Vec<ConfigError>) -> Modules {
        let mut modules = Modules {
            files: FxHashMap::default(),
            folders: FxHashSet::default(),
            roots: FxHashMap::default(),
            root_files: FxHashSet::default(),
            crates: FxHashMap::default(),
            names: FxHashMap::default(),
        };
        let mut manifests: FxHashMap<&str, toml::Table> = FxHashMap::default();
        let mut homes: Vec<&str> = Vec::new();
        for (path, text) in configs.iter().filter(|(path, _)| is_config(file_name(path))) {
            match toml(path, text) {
                Ok(manifest) => {
                    manifests.insert(folder(path), manifest);
                    homes.push(folder(path));
                }
                Err(error) => errors.push(error),
            }
        }
        for home in homes {
            modules.add_crate(tree, home, &manifests);
        }
        for (id, path) in tree.of(&[Language::Rust]) {
            for folder in upwards(folder(path)) {
                if !modules.folders.insert(folder.into()) {
                    break;
                }
            }
            if modules.is_root(path) {
                modules.root_files.insert(id);
            }
            // `tests/common.rs` is a crate, and can be a module of those beside it.
            let is_only_root =
                matches!(file_name(path), "lib.rs" | "main.rs") || !modules.is_home_of_roots(folder(path));
            if modules.root_files.contains(&id) && is_only_root {
                let roots = modules.roots.entry(folder(path).into()).or_default();
                if !roots.contains(&id) {
                    roots.push(id);
                }
                continue;
            }
            let stem = path.strip_suffix(".rs").unwrap_or(path);
            let module = if file_name(stem) == "mod" { folder(stem) } else { stem };
            modules.files.entry(module.into()).or_insert(id);
        }
        modules
    }

    fn add_crate(&mut self, tree: &Tree, home: &str, manifests: &FxHashMap<&str, toml::Table>) {
        let manifest = &manifests[home];
        let Some(package) = manifest.get("package").and_then(toml::Value::as_table) else { return };
        let text = |table: Option<&toml::Value>, key: &str| {
            table.and_then(|it| it.get(key)).and_then(toml::Value::as_str).map(str::to_owned)
        };
        let library = manifest.get("lib");
        let path = text(library, "path").unwrap_or_else(|| "src/lib.rs".to_owned());
        let file = tree.file(&joined(home, &path));
        self.root_files.extend(file);
        for kind in ["bin", "test", "example", "bench"] {
            let targets = manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten();
            for path in targets.filter_map(|it| it.get("path")).filter_map(toml::Value::as_str) {
                self.root_files.extend(tree.file(&joined(home, path)));
            }
        }
        // A workspace lists the versions its members share.
        let shared = upwards(home)
            .find_map(|folder| Some((folder, manifests.get(folder)?.get("workspace")?.get("dependencies")?)));
        let mut dependencies = FxHashMap::default();
        let mut add = |holder: &toml::Table| {
            for kind in ["dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies"] {
                for (key, value) in holder.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
                    let is_shared = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                    let (home, value) = match shared.and_then(|(home, shared)| Some((home, shared.get(key)?))) {
                        Some(shared) if is_shared => shared,
                        _ => (home, value),
                    };
                    let real = text(Some(value), "package").unwrap_or_else(|| key.clone());
                    let folder = text(Some(value), "path").map(|path| joined(home, &path));
                    dependencies.insert(in_code(key), Dependency { name: in_code(&real), folder });
                }
            }
        };
        add(manifest);
        let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
        targets.filter_map(|(_, target)| target.as_table()).for_each(add);
        let edition = package.get("edition");
        // A table is `edition.workspace = true`; there was no such thing in the first edition's days.
        let is_first_edition = edition.is_none_or(|edition| edition.as_str() == Some("2015"));
        let name = text(library, "name").or_else(|| package.get("name")?.as_str().map(str::to_owned));
        if let Some(name) = name {
            self.names.entry(in_code(&name)).or_insert_with(|| home.into());
        }
        self.crates.insert(home.into(), Crate { library: file, is_first_edition, dependencies });
    }

    pub(super) fn locate<'g, 'p>(&'g self, tree: &'g Tree, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        let own = self.own_folder(tree, from);
        let (first, end) = parts(path).next()?;
        match first {
            "crate" => self.walk(tree, self.crate_root(tree, from), path, end),
            "self" => self.walk(tree, Module { files: tree.one(from), folder: own }, path, end),
            "super" => self.outer(tree, from, own, path),
            _ => {
                let krate = self.crate_of(tree, from);
                if let Some((home, krate)) = krate
                    && let Some(dependency) = krate.dependencies.get(first)
                {
                    let named = || self.names.get(&dependency.name).filter(|it| ***it != *home).map(|it| &**it);
                    let is_library = LIBRARIES.contains(&&*dependency.name);
                    let folder = dependency.folder.as_deref().or_else(|| named().filter(|_| !is_library))?;
                    return self.library(tree, folder, path, end);
                }
                let mut child = own.to_owned();
                push(&mut child, first);
                if self.files.contains_key(child.as_str()) {
                    return self.walk(tree, Module { files: tree.one(from), folder: own }, path, 0);
                }
                if krate.is_some_and(|(_, krate)| krate.is_first_edition) {
                    let root = self.crate_root(tree, from);
                    child.clear();
                    child.push_str(root.folder);
                    push(&mut child, first);
                    if self.files.contains_key(child.as_str()) {
                        return self.walk(tree, root, path, 0);
                    }
                }
                let folder = self.names.get(first).filter(|_| !LIBRARIES.contains(&first))?;
                self.library(tree, folder, path, end)
            }
        }
    }

    pub(super) fn renamed(&self, tree: &Tree, from: FileId, name: &str) -> Option<&str> {
        let (_, krate) = self.crate_of(tree, from)?;
        let dependency = krate.dependencies.get(name)?;
        (*dependency.name != *name).then_some(&*dependency.name)
    }

    /// The nearest manifest that is of a crate, with its folder.
    fn crate_of<'a>(&self, tree: &'a Tree, from: FileId) -> Option<(&'a str, &Crate)> {
        upwards(tree.folder(from)).find_map(|folder| Some((folder, self.crates.get(folder)?)))
    }

    fn library<'g, 'p>(&'g self, tree: &'g Tree, home: &str, path: &'p str, end: usize) -> Option<Located<'g, 'p>> {
        let file = self.crates.get(home)?.library?;
        self.walk(tree, Module { files: tree.one(file), folder: tree.folder(file) }, path, end)
    }

    /// The folder of the modules that `from` declares.
    fn own_folder<'a>(&self, tree: &'a Tree, from: FileId) -> &'a str {
        let path = tree.path(from);
        match self.root_files.contains(&from) || file_name(path) == "mod.rs" {
            true => folder(path),
            false => path.strip_suffix(".rs").unwrap_or(path),
        }
    }

    fn crate_root<'g>(&'g self, tree: &'g Tree, from: FileId) -> Module<'g, 'g> {
        let own = tree.folder(from);
        if self.root_files.contains(&from) {
            return Module { files: tree.one(from), folder: own };
        }
        for folder in upwards(own) {
            if let Some(files) = self.roots.get(folder) {
                return Module { files, folder };
            }
            // Shared by the crates beside it; which of them is meant does not change where modules stand.
            if self.is_home_of_roots(folder) {
                return Module { files: &[], folder };
            }
        }
        Module { files: &[], folder: own }
    }

    /// `super`, as often as it is said.
    fn outer<'g, 'p>(&'g self, tree: &'g Tree, from: FileId, own: &str, path: &'p str) -> Option<Located<'g, 'p>> {
        let root = self.crate_root(tree, from);
        let mut module = own;
        let mut behind = 0;
        for (_, end) in parts(path).take_while(|(part, _)| *part == "super") {
            if module == root.folder {
                return None;
            }
            module = folder(module);
            behind = end;
        }
        let files = match module == root.folder {
            true => root.files,
            false => self.files.get(module).map_or(&[][..], |id| tree.one(*id)),
        };
        self.walk(tree, Module { files, folder: module }, path, behind)
    }

    /// Follows the names of `path` behind `start` down from a module, as far as they are files.
    fn walk<'g, 'p>(
        &'g self,
        tree: &'g Tree,
        module: Module<'g, '_>,
        path: &'p str,
        start: usize,
    ) -> Option<Located<'g, 'p>> {
        let rest = behind(path, start);
        let start = path.len() - rest.len();
        let mut whole = String::with_capacity(module.folder.len() + 1 + rest.len());
        whole.push_str(module.folder);
        let mut found = Located { files: module.files, members: rest, around: None };
        for (part, end) in parts(rest) {
            push(&mut whole, part);
            match self.files.get(whole.as_str()) {
                Some(&file) => {
                    let members = &path[start + end - part.len()..];
                    let around = (!found.files.is_empty()).then_some(Around { files: found.files, members });
                    found = Located { files: tree.one(file), members: behind(path, start + end), around };
                }
                None if self.folders.contains(whole.as_str()) => {}
                None => break,
            }
        }
        (!found.files.is_empty()).then_some(found)
    }

    /// By convention: `src/main.rs`, `src/bin/a.rs`, `tests/a.rs`, `tests/a/main.rs`, `build.rs`.
    fn is_root(&self, path: &str) -> bool {
        let (home, name) = (folder(path), file_name(path));
        match name {
            "lib.rs" => file_name(home) == "src" || self.crates.contains_key(home) || self.crates.is_empty(),
            "main.rs" => {
                let is_source = file_name(home) == "src";
                is_source || self.crates.is_empty() || self.is_home_of_roots(folder(home))
            }
            "build.rs" => self.crates.contains_key(home),
            _ => self.is_home_of_roots(home),
        }
    }

    /// A folder each file of which is a crate.
    fn is_home_of_roots(&self, path: &str) -> bool {
        match file_name(path) {
            "bin" => file_name(folder(path)) == "src",
            "tests" | "examples" | "benches" => self.crates.contains_key(folder(path)),
            _ => false,
        }
    }
}

/// A package's name as code spells it.
fn in_code(name: &str) -> Box<str> {
    name.replace('-', "_").into()
}
