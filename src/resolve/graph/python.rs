//! Python: modules are files and folders below the places `sys.path` may hold, which nobody writes down; a folder
//! that has no `__init__.py` may be one of them.

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
use rustc_hash::FxHasher;
use std::cmp::Ordering;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::OnceLock;

/// A name that starts paths in more folders than this says too little about which of them is meant.
const MOST_STARTS: usize = 32;

pub(super) struct Modules {
    /// `a/b` for `a/b.py` and for `a/b/__init__.py`, which wins.
    files: FxHashMap<Box<str>, FileId>,
    /// Folders with an `__init__.py`.
    packages: FxHashSet<Box<str>>,
    /// Folders with a Python file in or below them, each with such a file: without an `__init__.py`, these are packages
    /// too.
    namespaces: FxHashMap<Box<str>, FileId>,
    /// Where absolute imports may start, from anywhere in the repository.
    roots: Vec<String>,
    /// The folders in which a path may start with a name, by the hash of the name, were they on `sys.path`. By hash
    /// alone: another name of the same one is not to be expected, and leads nowhere from there.
    starts: FxHashMap<u64, Vec<Home>>,
    /// Where Django finds its settings: the module `settings`, or those of the package, what all share first. None where
    /// there are several projects.
    settings: OnceLock<Vec<FileId>>,
    /// The same for Flask, where the module is called `config` as often.
    flask_config: OnceLock<Vec<FileId>>,
}

/// A folder: so much of the path of a file below it.
#[derive(Clone, Copy)]
struct Home {
    file: FileId,
    length: usize,
}

fn hash_of(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    name.hash(&mut hasher);
    hasher.finish()
}

pub(super) fn is_config(name: &str) -> bool {
    matches!(name, "pyproject.toml" | "setup.cfg")
}

/// The modules of one of these names, or in a package of that name; none where there are several.
fn settings(files: &FxHashMap<Box<str>, FileId>, names: &[&str]) -> Vec<FileId> {
    const SHARED: [&str; 4] = ["base", "common", "settings", "config"];
    let home = |module: &str| {
        let (parent, name) = (folder(module), file_name(module));
        if names.contains(&file_name(parent)) {
            return Some(parent.to_owned());
        }
        names.contains(&name).then(|| module.to_owned())
    };
    let of_settings = files.iter().filter_map(|(module, file)| Some((home(module)?, &**module, *file)));
    let mut found: Vec<(String, &str, FileId)> = of_settings.collect();
    found.sort_by_key(|(_, module, _)| (!SHARED.contains(&file_name(module)), module.to_string()));
    let is_one = found.windows(2).all(|pair| pair[0].0 == pair[1].0);
    found.iter().filter(|_| is_one).map(|(.., file)| *file).collect()
}

/// What Flask calls its configuration, a mapping.
pub(crate) const FLASK_CONFIG: &str = "flask.current_app.config";

/// A module found by walking down a path.
struct Walked<'p> {
    file: FileId,
    /// How much of the path the module's name is.
    end: usize,
    /// The package around it, and what of the path is looked up there.
    around: Option<(FileId, &'p str)>,
}

impl Modules {
    pub(super) fn new(tree: &Tree, configs: &[(&str, &str)], errors: &mut Vec<ConfigError>) -> Modules {
        let mut files: FxHashMap<Box<str>, FileId> = FxHashMap::default();
        let mut packages = FxHashSet::default();
        let mut namespaces: FxHashMap<Box<str>, FileId> = FxHashMap::default();
        for (id, path) in tree.of(&[Language::Python]) {
            let Some(module) = module(path) else { continue };
            if is_initializer(path) {
                packages.insert(module.into());
            }
            for folder in upwards(folder(path)) {
                if namespaces.contains_key(folder) {
                    break;
                }
                namespaces.insert(folder.into(), id);
            }
            let is_better = files.get(module).is_none_or(|&other| rank(path) < rank(tree.path(other)));
            if is_better {
                files.insert(module.into(), id);
            }
        }
        let mut modules = Modules {
            files,
            packages,
            namespaces,
            roots: roots(configs, errors),
            starts: FxHashMap::default(),
            settings: OnceLock::new(),
            flask_config: OnceLock::new(),
        };
        modules.starts = modules.starts();
        modules
    }

    /// Every module and package that stands in a folder which is no package itself.
    fn starts(&self) -> FxHashMap<u64, Vec<Home>> {
        let mut starts: FxHashMap<u64, Vec<Home>> = FxHashMap::default();
        let folders = self.namespaces.iter().filter(|(folder, _)| !self.files.contains_key(*folder));
        for (module, &file) in self.files.iter().chain(folders) {
            let home = folder(module);
            if !module.is_empty() && !self.packages.contains(home) {
                let name = module[home.len()..].trim_start_matches('/');
                starts.entry(hash_of(name)).or_default().push(Home { file, length: home.len() });
            }
        }
        starts
    }

    pub(super) fn locate<'g, 'p>(&'g self, tree: &'g Tree, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        if let Some(members) = path.strip_prefix("django.conf.settings.") {
            let files = self.settings.get_or_init(|| settings(&self.files, &["settings"]));
            return (!files.is_empty()).then_some(Located { files, members, around: None });
        }
        if let Some(members) = path.strip_prefix(FLASK_CONFIG).and_then(|it| it.strip_prefix('.')) {
            let files = self.flask_config.get_or_init(|| settings(&self.files, &["config", "settings"]));
            return (!files.is_empty()).then_some(Located { files, members, around: None });
        }
        let walked = match path.bytes().take_while(|it| *it == b'.').count() {
            0 => self.absolute(tree, from, path)?,
            dots => self.relative(tree.folder(from), path, dots)?,
        };
        Some(Located {
            files: tree.one(walked.file),
            members: behind(path, walked.end),
            around: walked.around.map(|(file, members)| Around { files: tree.one(file), members }),
        })
    }

    /// One dot is the folder of the importing file, each further one the folder around.
    fn relative<'p>(&self, start: &str, path: &'p str, dots: usize) -> Option<Walked<'p>> {
        let base = upwards(start).nth(dots - 1)?;
        let below = self.walk(&mut base.to_owned(), path, dots);
        let itself = || {
            let file = *self.files.get(base).filter(|_| self.packages.contains(base))?;
            Some(Walked { file, end: dots, around: None })
        };
        below.or_else(itself)
    }

    fn absolute<'p>(&self, tree: &Tree, from: FileId, path: &'p str) -> Option<Walked<'p>> {
        let start = tree.folder(from);
        let top = self.top(start);
        let first = path.split('.').next().unwrap_or(path);
        let is_library = LIBRARIES.contains(&first);
        let mut whole = String::with_capacity(start.len() + path.len() + "/src/".len());
        let mut best: Option<Walked> = None;
        let mut consider = |base: &str, below: &str| {
            whole.clear();
            whole.push_str(base);
            if !below.is_empty() {
                push(&mut whole, below);
            }
            // A folder beside the importing file that answers with that file itself is not on `sys.path`.
            if let Some(walked) = self.walk(&mut whole, path, 0)
                && !(walked.file == from && base == start)
                && best.as_ref().is_none_or(|best| best.end < walked.end)
            {
                best = Some(walked);
            }
        };
        if is_library {
            // What is called like a library shadows it from a place that certainly is on `sys.path` only.
            consider(top, "");
        } else {
            for base in upwards(top) {
                consider(base, "");
                consider(base, "src");
            }
        }
        self.roots.iter().for_each(|root| consider(root, ""));
        if best.is_some() || is_library {
            return best;
        }
        // A script inside a package, run by its path, has its own folder on `sys.path`.
        for base in upwards(start).take_while(|base| *base != top) {
            whole.clear();
            whole.push_str(base);
            if let Some(walked) = self.walk(&mut whole, path, 0)
                && walked.file != from
            {
                return Some(walked);
            }
        }
        self.only_start(tree, path, &mut whole)
    }

    /// The module that most of `path` names from some folder or other, when there is one such module only.
    fn only_start<'p>(&self, tree: &Tree, path: &'p str, whole: &mut String) -> Option<Walked<'p>> {
        let homes = self.starts.get(&hash_of(path.split('.').next().unwrap_or(path)))?;
        if homes.len() > MOST_STARTS {
            return None;
        }
        let mut best: Option<Walked> = None;
        let mut is_only = true;
        for home in homes {
            whole.clear();
            whole.push_str(&tree.path(home.file)[..home.length]);
            let Some(walked) = self.walk(whole, path, 0) else { continue };
            match best.as_ref().map(|best| walked.end.cmp(&best.end)) {
                None | Some(Ordering::Greater) => (best, is_only) = (Some(walked), true),
                Some(Ordering::Equal) => is_only = false,
                Some(Ordering::Less) => {}
            }
        }
        best.filter(|_| is_only)
    }

    /// Follows the dotted names of `path` behind `start` down from the folder `whole`, as far as they are modules.
    fn walk<'p>(&self, whole: &mut String, path: &'p str, start: usize) -> Option<Walked<'p>> {
        let mut found: Option<Walked> = None;
        let mut package = self.files.get(whole.as_str()).filter(|_| self.packages.contains(whole.as_str())).copied();
        for (part, end) in parts(&path[start..]) {
            if part.is_empty() {
                break;
            }
            push(whole, part);
            match self.files.get(whole.as_str()) {
                Some(&file) => {
                    let around = package.map(|package| (package, &path[start + end - part.len()..]));
                    found = Some(Walked { file, end: start + end, around });
                    if !self.packages.contains(whole.as_str()) {
                        break;
                    }
                    package = Some(file);
                }
                None if self.namespaces.contains_key(whole.as_str()) => package = None,
                None => break,
            }
        }
        found
    }

    /// The first folder from `start` upwards that is no package: what Python and pytest put on `sys.path` for it.
    fn top<'a>(&self, start: &'a str) -> &'a str {
        upwards(start).find(|folder| folder.is_empty() || !self.packages.contains(*folder)).unwrap_or("")
    }
}

/// The path of the module a file holds, without extension; `None` for what cannot be imported.
fn module(path: &str) -> Option<&str> {
    let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi"))?;
    Some(match file_name(stem) {
        "__init__" => folder(stem),
        _ => stem,
    })
}

fn is_initializer(path: &str) -> bool {
    matches!(file_name(path), "__init__.py" | "__init__.pyi")
}

/// Which of two files of one module name counts: code before stubs, packages before modules.
fn rank(path: &str) -> u8 {
    let stub = if path.ends_with(".pyi") { 2 } else { 0 };
    stub + u8::from(!is_initializer(path))
}

/// The root, its `src`, and the folders that project files name as places to import from.
fn roots(configs: &[(&str, &str)], errors: &mut Vec<ConfigError>) -> Vec<String> {
    let mut roots = vec![String::new(), "src".to_owned()];
    let mut add = |project: &str, place: &str| {
        let root = joined(folder(project), place);
        if !roots.contains(&root) {
            roots.push(root);
        }
    };
    for (path, text) in configs {
        match file_name(path) {
            "pyproject.toml" => match toml(path, text) {
                Ok(project) => project_roots(&project).iter().for_each(|place| add(path, place)),
                Err(error) => errors.push(error),
            },
            "setup.cfg" => setup_roots(text).iter().for_each(|place| add(path, place)),
            _ => {}
        }
    }
    roots
}

fn project_roots(project: &toml::Table) -> Vec<String> {
    let at = |keys: &[&str]| {
        let mut value = project.get("tool")?;
        for key in keys {
            value = value.get(key)?;
        }
        Some(value)
    };
    let mut places = Vec::new();
    let mut add = |value: &toml::Value| match value {
        toml::Value::String(place) => places.push(place.clone()),
        toml::Value::Array(values) => places.extend(values.iter().filter_map(|it| it.as_str()).map(str::to_owned)),
        _ => {}
    };
    for keys in [
        &["setuptools", "packages", "find", "where"][..],
        &["setuptools", "package-dir", ""],
        &["pdm", "build", "package-dir"],
        &["pytest", "ini_options", "pythonpath"],
        &["maturin", "python-source"],
        &["pyright", "extraPaths"],
        &["ruff", "src"],
        &["uv", "build-backend", "module-root"],
    ] {
        at(keys).into_iter().for_each(&mut add);
    }
    for package in at(&["poetry", "packages"]).and_then(toml::Value::as_array).into_iter().flatten() {
        package.get("from").into_iter().for_each(&mut add);
    }
    let wheel = at(&["hatch", "build", "targets", "wheel", "packages"]).and_then(toml::Value::as_array);
    for package in wheel.into_iter().flatten().filter_map(toml::Value::as_str) {
        places.push(folder(package.trim_end_matches('/')).to_owned());
    }
    places
}

/// `package_dir =` with the line `=src`, and `where = src`.
fn setup_roots(text: &str) -> Vec<String> {
    let mut places = Vec::new();
    let mut in_package_dir = false;
    for line in text.lines() {
        let is_continuation = line.starts_with([' ', '\t']);
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        if !is_continuation {
            in_package_dir = matches!(key, "package_dir" | "package-dir");
            if key == "where" && !value.is_empty() {
                places.push(value.to_owned());
            }
        }
        if in_package_dir {
            // On the line itself the first `=` is that of the key.
            let entry = if is_continuation { line.trim() } else { value };
            if let Some(place) = entry.strip_prefix('=') {
                places.push(place.trim().to_owned());
            }
        }
    }
    places
}
