//! PHP: classes by the folders that Composer maps namespaces to, else by the end of their path.

use super::FileId;
use super::LIBRARIES;
use super::Located;
use super::Suffixes;
use super::Tree;
use super::stem;
use crate::fact::Language;
use crate::resolve::config::ConfigError;
use crate::resolve::config::file_name;
use crate::resolve::config::folder;
use crate::resolve::config::joined;
use crate::resolve::config::json;
use serde_json::Value;

pub(super) struct Modules {
    /// `App\` and the folder of its classes, the longest first.
    prefixes: Vec<(String, String)>,
    classes: Suffixes,
}

pub(super) fn is_config(name: &str) -> bool {
    name == "composer.json"
}

impl Modules {
    pub(super) fn new(tree: &Tree, configs: &[(&str, &str)], errors: &mut Vec<ConfigError>) -> Modules {
        let mut prefixes = Vec::new();
        for (path, text) in configs.iter().filter(|(path, _)| is_config(file_name(path))) {
            let composer = match json(path, text) {
                Ok(composer) => composer,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            for section in ["autoload", "autoload-dev"] {
                for (prefix, places) in composer[section]["psr-4"].as_object().into_iter().flatten() {
                    let places = match places {
                        Value::Array(places) => places.iter().filter_map(Value::as_str).collect(),
                        place => Vec::from_iter(place.as_str()),
                    };
                    for place in places {
                        prefixes.push((prefix.trim_matches('\\').to_owned(), joined(folder(path), place)));
                    }
                }
            }
        }
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        let mut classes = Suffixes::default();
        for (id, path) in tree.of(&[Language::Php]) {
            classes.insert(id, stem(path).rsplit('/'), 1);
        }
        Modules { prefixes, classes }
    }

    /// Namespaces are separated by `\` or by dots, a member follows a dot or `::`.
    pub(super) fn locate<'g, 'p>(&self, tree: &'g Tree, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        if path.starts_with("./") || path.starts_with("../") {
            let target = joined(tree.folder(from), path);
            return tree.file(&target).map(|id| tree.module(id, ""));
        }
        let name = path.trim_start_matches('\\');
        let mut end = name.len();
        loop {
            if let Some(file) = self.class(tree, from, &name[..end]) {
                return Some(tree.class(file, name, end));
            }
            end = name[..end].rfind(['.', '\\', ':'])?;
            end = name[..end].trim_end_matches(':').len();
        }
    }

    fn class(&self, tree: &Tree, from: FileId, name: &str) -> Option<FileId> {
        let separators = ['\\', '.'];
        for (prefix, place) in &self.prefixes {
            let Some(below) = below(name, prefix) else { continue };
            let file = joined(place, &format!("{}.php", below.replace(separators, "/")));
            if let Some(id) = tree.file(&file) {
                return Some(id);
            }
        }
        let mut rest = name;
        if LIBRARIES.contains(&name.split(separators).next().unwrap_or(name)) {
            return None;
        }
        // The outer parts of a namespace are often no folders.
        while rest.contains(separators) || rest == name {
            if let Some(file) = self.classes.nearest(tree, from, rest.rsplit(separators)) {
                return Some(file);
            }
            rest = &rest[rest.find(separators)? + 1..];
        }
        None
    }
}

/// What of `name` is below the namespace `prefix`, in either spelling.
fn below<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    if prefix.is_empty() {
        return Some(name);
    }
    let (start, rest) = (name.get(..prefix.len())?, &name[prefix.len()..]);
    let is_same = start.split(['\\', '.']).eq(prefix.split('\\'));
    if is_same { rest.strip_prefix(['\\', '.']) } else { None }
}
