//! The services of a repository: parts of it that run, and are configured, by themselves.

use std::collections::BTreeSet;

/// Folders with a manifest of their own, below the root.
#[derive(Debug, Default)]
pub(crate) struct Services {
    folders: BTreeSet<String>,
}

impl Services {
    /// Those that manifests at these paths make.
    pub(crate) fn of<'p>(manifests: impl Iterator<Item = &'p str>) -> Services {
        Services { folders: manifests.filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned())).collect() }
    }

    /// What a file belongs to: the innermost folder around it with a manifest, or else the one at the top.
    pub(crate) fn service<'p>(&self, path: &'p str) -> &'p str {
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
