//! JavaScript and TypeScript: specifiers as Node, TypeScript and bundlers read them. In a path the specifier and
//! the exported name are joined by a dot, so the longest specifier that leads to a file is meant.

use super::FileId;
use super::LIBRARIES;
use super::Located;
use super::Tree;
use super::behind;
use crate::fact::Language;
use crate::resolve::config::ConfigError;
use crate::resolve::config::file_name;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::json;
use crate::resolve::config::jsonc;
use crate::resolve::config::push;
use crate::resolve::config::upwards;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// Extensions of modules; of several files that differ in nothing else, the first one is meant.
const EXTENSIONS: [&str; 11] =
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".d.mts", ".d.cts"];

/// Folders of compiled code, which a repository does not hold: what stands there is made from `src`.
const OUTPUTS: [&str; 6] = ["dist", "lib", "build", "out", "esm", "cjs"];

/// `extends` leads on through at most so many configurations.
const MOST_EXTENDS: usize = 8;

pub(super) struct Modules {
    /// The file of each path without its extension.
    files: FxHashMap<Box<str>, FileId>,
    /// What `package.json` says, by its folder.
    packages: FxHashMap<Box<str>, Package>,
    /// The folder of each package of this repository.
    names: FxHashMap<Box<str>, Box<str>>,
    /// What the compiler configurations of a folder say about specifiers.
    aliases: FxHashMap<Box<str>, Vec<Aliases>>,
}

#[derive(Default)]
struct Package {
    /// Files the package itself may be, as written, the likeliest first.
    entries: Vec<String>,
    exports: Vec<Pattern>,
    /// Specifiers that start with `#`.
    imports: Vec<Pattern>,
    /// Dependencies that are a folder: `file:../auth`.
    links: FxHashMap<Box<str>, String>,
    /// Dependencies that go by another name: `npm:jsonwebtoken@9`.
    renamed: FxHashMap<Box<str>, Box<str>>,
}

/// `paths` and `baseUrl` of a `tsconfig.json`.
#[derive(Default)]
struct Aliases {
    base: Option<String>,
    paths: Vec<Pattern>,
}

/// A specifier, in which one `*` may stand for anything, and what it leads to.
struct Pattern {
    before: String,
    /// `None` without a `*`.
    after: Option<String>,
    targets: Vec<String>,
}

impl Pattern {
    fn new(key: &str, targets: Vec<String>) -> Pattern {
        let (before, after) = match key.split_once('*') {
            Some((before, after)) => (before, Some(after.to_owned())),
            // A key that ends in a slash was the way to say `*` before Node had it.
            None if key.ends_with('/') => (key, Some(String::new())),
            None => (key, None),
        };
        Pattern { before: before.to_owned(), after, targets }
    }

    /// What the `*` stands for, empty without one; `None` when the specifier is another.
    fn matches<'s>(&self, specifier: &'s str) -> Option<&'s str> {
        match &self.after {
            None => (specifier == self.before).then_some(""),
            Some(after) => specifier.strip_prefix(self.before.as_str())?.strip_suffix(after.as_str()),
        }
    }

    fn targets(&self, star: &str) -> impl Iterator<Item = String> {
        let star = star.to_owned();
        self.targets.iter().map(move |target| match target.strip_suffix('/') {
            Some(_) if self.after.as_deref() == Some("") => format!("{target}{star}"),
            _ => target.replacen('*', &star, 1),
        })
    }
}

impl Modules {
    pub(super) fn new(tree: &Tree, configs: &[(&str, &str)], errors: &mut Vec<ConfigError>) -> Modules {
        let mut files: FxHashMap<Box<str>, FileId> = FxHashMap::default();
        for (id, path) in tree.of(&[Language::JavaScript, Language::TypeScript]) {
            let (module, order) = module(path);
            match files.get_mut(module) {
                Some(other) => {
                    let (_, order_of_other) = self::module(tree.path(*other));
                    if order < order_of_other {
                        *other = id;
                    }
                }
                None => {
                    files.insert(module.into(), id);
                }
            }
        }
        let mut modules = Modules {
            files,
            packages: FxHashMap::default(),
            names: FxHashMap::default(),
            aliases: FxHashMap::default(),
        };
        let mut compilers: FxHashMap<&str, Value> = FxHashMap::default();
        for (path, text) in configs {
            let name = file_name(path);
            if name == "package.json" {
                match json(path, text) {
                    Ok(package) => modules.add_package(folder(path), &package),
                    Err(error) => errors.push(error),
                }
            } else if is_compiler_config(name) {
                match jsonc(path, text) {
                    Ok(config) => {
                        compilers.insert(path, config);
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
        // The file the compiler looks for comes before those it is told about.
        let mut paths: Vec<&str> = compilers.keys().copied().collect();
        paths.sort_unstable_by_key(|path| (!matches!(file_name(path), "tsconfig.json" | "jsconfig.json"), *path));
        for path in paths {
            let mut aliases = Aliases::default();
            modules.read_aliases(&compilers, path, folder(path), MOST_EXTENDS, &mut aliases);
            if aliases.base.is_some() || !aliases.paths.is_empty() {
                // The longest text before the `*` decides.
                aliases.paths.sort_by_key(|it| (it.after.is_some(), std::cmp::Reverse(it.before.len())));
                modules.aliases.entry(folder(path).into()).or_default().push(aliases);
            }
        }
        modules
    }

    fn add_package(&mut self, folder: &str, json: &Value) {
        let mut package = Package::default();
        for key in ["source", "module", "main", "types", "typings", "browser"] {
            package.entries.extend(json[key].as_str().map(str::to_owned));
        }
        match &json["exports"] {
            Value::Object(exports) if exports.keys().any(|key| key.starts_with('.')) => {
                for (key, value) in exports {
                    package.exports.push(Pattern::new(key, targets(value)));
                }
            }
            value => package.exports.push(Pattern::new(".", targets(value))),
        }
        for (key, value) in json["imports"].as_object().into_iter().flatten() {
            package.imports.push(Pattern::new(key, targets(value)));
        }
        for patterns in [&mut package.exports, &mut package.imports] {
            patterns.sort_by_key(|it| (it.after.is_some(), std::cmp::Reverse(it.before.len())));
        }
        for kind in ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"] {
            for (name, version) in json[kind].as_object().into_iter().flatten() {
                let Some((protocol, rest)) = version.as_str().and_then(|version| version.split_once(':')) else {
                    continue;
                };
                match protocol {
                    "file" | "link" | "portal" => {
                        package.links.insert(name.as_str().into(), joined(folder, rest));
                    }
                    "npm" => {
                        // `@scope/name@9`: the version follows the second `@`.
                        let end = rest.get(1..).and_then(|it| it.find('@')).map_or(rest.len(), |at| at + 1);
                        let is_name = !rest.starts_with(['^', '~', '*']) && !rest.starts_with(char::is_numeric);
                        if is_name && end > 0 && rest[..end] != **name {
                            package.renamed.insert(name.as_str().into(), rest[..end].into());
                        }
                    }
                    _ => {}
                }
            }
        }
        if let Some(name) = json["name"].as_str()
            && !name.is_empty()
            && !self.names.contains_key(name)
        {
            self.names.insert(name.into(), folder.into());
        }
        self.packages.insert(folder.into(), package);
    }

    /// Adds what the configuration and those it extends say; what is said already stays.
    fn read_aliases(
        &self,
        compilers: &FxHashMap<&str, Value>,
        path: &str,
        project: &str,
        left: usize,
        aliases: &mut Aliases,
    ) {
        let Some(config) = compilers.get(path) else { return };
        let options = &config["compilerOptions"];
        let here = |place: &str| match place.strip_prefix("${configDir}") {
            Some(rest) => joined(project, rest),
            None => joined(folder(path), place),
        };
        let base = options["baseUrl"].as_str().map(here);
        if aliases.paths.is_empty()
            && let Some(paths) = options["paths"].as_object()
        {
            // Targets are relative to `baseUrl`, which may stand in a file this one extends.
            let base = base.clone().or_else(|| aliases.base.clone());
            let base = base.or_else(|| self.inherited_base(compilers, path, project, left));
            for (key, values) in paths {
                let targets = values.as_array().into_iter().flatten().filter_map(Value::as_str);
                let targets = targets.map(|target| match &base {
                    Some(base) if !target.starts_with("${configDir}") => joined(base, target),
                    _ => here(target),
                });
                aliases.paths.push(Pattern::new(key, targets.collect()));
            }
        }
        aliases.base = aliases.base.take().or(base);
        if left > 0 {
            for extended in self.extended(compilers, path) {
                self.read_aliases(compilers, &extended, project, left - 1, aliases);
            }
        }
    }

    fn inherited_base(
        &self,
        compilers: &FxHashMap<&str, Value>,
        path: &str,
        project: &str,
        left: usize,
    ) -> Option<String> {
        self.extended(compilers, path).iter().find_map(|extended| {
            let place = compilers.get(extended.as_str())?["compilerOptions"]["baseUrl"].as_str();
            match place {
                Some(place) => Some(match place.strip_prefix("${configDir}") {
                    Some(rest) => joined(project, rest),
                    None => joined(folder(extended), place),
                }),
                None if left > 0 => self.inherited_base(compilers, extended, project, left - 1),
                None => None,
            }
        })
    }

    /// The configurations one extends and refers to that are in the repository, the one that counts most first.
    fn extended(&self, compilers: &FxHashMap<&str, Value>, path: &str) -> Vec<String> {
        let Some(config) = compilers.get(path) else { return Vec::new() };
        let mut named: Vec<&str> = match &config["extends"] {
            Value::String(one) => vec![one],
            // The last one overrides those before.
            Value::Array(several) => several.iter().rev().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        // A configuration without files of its own only refers to those that have some.
        named.extend(config["references"].as_array().into_iter().flatten().filter_map(|it| it["path"].as_str()));
        let mut found = Vec::new();
        for name in named {
            let target = match package_name(name) {
                Some((package, rest)) if !name.starts_with('.') => {
                    let Some(folder) = self.names.get(package) else { continue };
                    joined(folder, rest)
                }
                _ => joined(folder(path), name),
            };
            let candidates = [target.clone(), format!("{target}.json"), joined(&target, "tsconfig.json")];
            found.extend(candidates.into_iter().find(|it| compilers.contains_key(it.as_str())));
        }
        found
    }

    pub(super) fn locate<'g, 'p>(&self, tree: &'g Tree, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        let folder = tree.folder(from);
        // Exported names hold no slash.
        let first = path.rfind('/').map_or(0, |at| at + 1);
        let mut end = path.len();
        loop {
            if let Some(file) = self.specifier(tree, folder, &path[..end]) {
                return Some(tree.module(file, behind(path, end)));
            }
            end = first + path[first..end].rfind('.')?;
            // `../..` and a name: the dots behind a shorter specifier would be part of no name.
            if path[end..].starts_with("..") {
                return None;
            }
        }
    }

    pub(super) fn renamed(&self, tree: &Tree, from: FileId, name: &str) -> Option<&str> {
        for folder in upwards(tree.folder(from)) {
            if let Some(package) = self.packages.get(folder)
                && let Some(real) = package.renamed.get(name)
            {
                return Some(real);
            }
        }
        None
    }

    fn specifier(&self, tree: &Tree, from: &str, specifier: &str) -> Option<FileId> {
        if matches!(specifier, "." | "..") || specifier.starts_with("./") || specifier.starts_with("../") {
            let target = joined(from, specifier);
            // `./auth/` is the folder, even where there is an `auth.ts`.
            let is_folder = specifier.ends_with('/') || file_name(specifier).trim_matches('.').is_empty();
            return match is_folder {
                true => self.folder(tree, target),
                false => self.module(tree, target),
            };
        }
        if specifier.is_empty() || specifier.starts_with(['.', '/']) {
            return None;
        }
        if specifier.starts_with('#') {
            return upwards(from)
                .find_map(|folder| self.pattern(tree, folder, &self.packages.get(folder)?.imports, specifier));
        }
        for folder in upwards(from) {
            for aliases in self.aliases.get(folder).into_iter().flatten() {
                let found = self.pattern(tree, "", &aliases.paths, specifier);
                let below_base = || self.module(tree, joined(aliases.base.as_ref()?, specifier));
                if let Some(file) = found.or_else(below_base) {
                    return Some(file);
                }
            }
        }
        self.package(tree, from, specifier)
    }

    /// A package of this repository, or a file of it.
    fn package(&self, tree: &Tree, from: &str, specifier: &str) -> Option<FileId> {
        let (name, below) = package_name(specifier)?;
        let linked = upwards(from).find_map(|folder| self.packages.get(folder)?.links.get(name)).map(String::as_str);
        let is_library = LIBRARIES.contains(&name);
        let named = || self.names.get(name).filter(|_| !is_library).map(|folder| &**folder);
        let home = linked.or_else(named)?;
        if below.is_empty() {
            return self.folder(tree, home.to_owned()).or_else(|| self.folder(tree, joined(home, "src")));
        }
        let exported = self.packages.get(home);
        let exported = exported.and_then(|it| self.pattern(tree, home, &it.exports, &format!("./{below}")));
        exported
            .or_else(|| self.module(tree, joined(home, below)))
            .or_else(|| self.module(tree, joined(home, &format!("src/{below}"))))
            .or_else(|| self.source(tree, home, below))
    }

    /// The first file that the first pattern for this specifier leads to, seen from `base`.
    fn pattern(&self, tree: &Tree, base: &str, patterns: &[Pattern], specifier: &str) -> Option<FileId> {
        for pattern in patterns {
            let Some(star) = pattern.matches(specifier) else { continue };
            let direct = pattern.targets(star).find_map(|target| self.module(tree, joined(base, &target)));
            let compiled = || pattern.targets(star).find_map(|target| self.source(tree, base, &target));
            // `#auth` may stand for a package.
            let package = || {
                let mut targets = pattern.targets(star).filter(|target| !target.starts_with('.') && !base.is_empty());
                targets.find_map(|target| self.package(tree, base, &target))
            };
            if let Some(file) = direct.or_else(compiled).or_else(package) {
                return Some(file);
            }
        }
        None
    }

    /// A file by its path, with or without extension, or a folder that is a module.
    fn module(&self, tree: &Tree, path: String) -> Option<FileId> {
        self.file(tree, &path).or_else(|| self.folder(tree, path))
    }

    fn file(&self, tree: &Tree, path: &str) -> Option<FileId> {
        if let Some(exact) = tree.file(path)
            && matches!(tree.language(exact), Language::JavaScript | Language::TypeScript)
        {
            return Some(exact);
        }
        // `./x.js` is what TypeScript calls `x.ts`.
        let written = || [".js", ".jsx", ".mjs", ".cjs"].iter().find_map(|it| self.files.get(path.strip_suffix(it)?));
        self.files.get(path).or_else(written).copied()
    }

    fn folder(&self, tree: &Tree, path: String) -> Option<FileId> {
        if let Some(package) = self.packages.get(path.as_str()) {
            let exports = package.exports.iter().filter(|it| it.matches(".").is_some());
            let mut entries = package.entries.iter().chain(exports.flat_map(|it| &it.targets));
            let direct = |entry: &String| {
                let entry = joined(&path, entry);
                self.file(tree, &entry).or_else(|| self.index(entry))
            };
            let found =
                entries.clone().find_map(direct).or_else(|| entries.find_map(|it| self.source(tree, &path, it)));
            if found.is_some() {
                return found;
            }
        }
        self.index(path)
    }

    fn index(&self, mut folder: String) -> Option<FileId> {
        push(&mut folder, "index");
        self.files.get(folder.as_str()).copied()
    }

    /// The source of a compiled file: `dist/auth.js` is made from `src/auth.ts`.
    fn source(&self, tree: &Tree, home: &str, target: &str) -> Option<FileId> {
        let target = target.trim_start_matches("./");
        let (mut output, mut below) = target.split_once('/')?;
        // One by one, for `dist/esm/auth.js`.
        while OUTPUTS.contains(&output) {
            let found = self.file(tree, &joined(home, &format!("src/{}", without_extension(below))));
            let found = found.or_else(|| self.file(tree, &joined(home, without_extension(below))));
            if found.is_some() {
                return found;
            }
            (output, below) = below.split_once('/')?;
        }
        None
    }
}

/// Whether a file of this name configures the TypeScript compiler or an editor in its stead.
pub(super) fn is_config(name: &str) -> bool {
    name == "package.json" || is_compiler_config(name)
}

fn is_compiler_config(name: &str) -> bool {
    (name.starts_with("tsconfig") || name.starts_with("jsconfig")) && name.ends_with(".json")
}

/// The path without the extension of a module, and how much that extension is preferred.
fn module(path: &str) -> (&str, usize) {
    // The longest extension that fits: `.d.ts` before `.ts`.
    for order in (0..EXTENSIONS.len()).rev() {
        if let Some(module) = path.strip_suffix(EXTENSIONS[order]) {
            return (module, order);
        }
    }
    (path, EXTENSIONS.len())
}

fn without_extension(path: &str) -> &str {
    module(path).0
}

/// The package of a specifier, `@scope/name` or `name`, and the path below it.
fn package_name(specifier: &str) -> Option<(&str, &str)> {
    let slashes = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(slashes - 1).map_or(specifier.len(), |(at, _)| at);
    let is_whole = slashes == 1 || specifier[..end].contains('/');
    is_whole.then(|| (&specifier[..end], specifier[end..].trim_start_matches('/')))
}

/// The files an `exports` or `imports` entry can lead to, whatever the conditions, the likeliest
/// to stand in the repository first.
fn targets(value: &Value) -> Vec<String> {
    match value {
        Value::String(target) => vec![target.clone()],
        Value::Array(several) => several.iter().flat_map(targets).collect(),
        Value::Object(conditions) => {
            let mut conditions: Vec<(&String, &Value)> = conditions.iter().collect();
            let order = ["source", "development", "import", "module", "require", "node", "default"];
            conditions.sort_by_key(|(name, _)| order.iter().position(|it| it == name).unwrap_or(order.len()));
            conditions.into_iter().flat_map(|(_, value)| targets(value)).collect()
        }
        _ => Vec::new(),
    }
}
