//! The services of a repository: parts of it that run, and are configured, by themselves.

use crate::rules::declared::Declared;
use crate::rules::declared::Part;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Those that somebody declares, and folders with a manifest of their own, below the root.
#[derive(Debug, Default)]
pub(crate) struct Services {
    folders: BTreeSet<String>,
    declared: Vec<Arc<Part>>,
}

impl Services {
    /// Those that manifests at these paths make.
    pub(crate) fn of<'p>(manifests: impl Iterator<Item = &'p str>) -> Services {
        let folders = manifests.filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned())).collect();
        Services { folders, declared: Vec::new() }
    }

    /// Those that somebody declares besides; they come first.
    pub(crate) fn with(mut self, declared: &Declared) -> Services {
        self.declared = declared.services.clone();
        self
    }

    /// The folder of the package that a file is part of: the innermost around it with a manifest, or else the root.
    pub(crate) fn package<'p>(&self, path: &'p str) -> &'p str {
        let mut ends = path.match_indices('/').map(|(at, _)| &path[..at]);
        ends.rfind(|folder| self.folders.contains(*folder)).unwrap_or("")
    }

    /// What a file belongs to: the service that is declared to have it, the innermost folder around it with a manifest,
    /// or else the one at the top.
    pub(crate) fn service<'p>(&'p self, path: &'p str) -> &'p str {
        if let Some(service) = self.declared.iter().find(|it| it.files.is_match(path)) {
            return &service.name;
        }
        let mut ends = path.match_indices('/').map(|(at, _)| &path[..at]);
        let first = ends.clone().next().unwrap_or("");
        ends.rfind(|folder| self.folders.contains(*folder)).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_innermost_manifest() {
        let services = Services::of(["package.json", "www/apps/ui/package.json", "api/pyproject.toml"].into_iter());
        let of = |path: &'static str| services.service(path);
        assert_eq!([of("www/apps/ui/src/a.ts"), of("www/apps/b.ts")], ["www/apps/ui", "www"]);
        assert_eq!([of("api/a.py"), of("scripts/a.py"), of("a.py")], ["api", "scripts", ""]);
    }
}
