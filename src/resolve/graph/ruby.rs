//! Ruby: `require` by path, and constants by the file name that autoloading asks for.

use super::Around;
use super::FileId;
use super::LIBRARIES;
use super::Located;
use super::Suffixes;
use super::Tree;
use super::stem;
use crate::fact::Language;
use crate::resolve::config::joined;

pub(super) struct Modules {
    /// Files as written: `auth/token_decoder`.
    files: Suffixes,
    /// Files as constants are compared with them: `auth/tokendecoder`. So `OAuthToken` is found in `oauth_token.rb`
    /// and in `o_auth_token.rb`, whatever inflections are configured.
    constants: Suffixes,
}

impl Modules {
    pub(super) fn new(tree: &Tree) -> Modules {
        let (mut files, mut constants) = (Suffixes::default(), Suffixes::default());
        for (id, path) in tree.of(&[Language::Ruby]) {
            files.insert(id, stem(path).rsplit('/'), 1);
            let folded = folded(stem(path));
            constants.insert(id, folded.rsplit('/'), 1);
        }
        Modules { files, constants }
    }

    pub(super) fn locate<'g, 'p>(&self, tree: &'g Tree, from: FileId, path: &'p str) -> Option<Located<'g, 'p>> {
        if path.starts_with("./") || path.starts_with("../") {
            let mut target = joined(tree.folder(from), path);
            if !target.ends_with(".rb") {
                target.push_str(".rb");
            }
            return tree.file(&target).map(|id| tree.module(id, ""));
        }
        let first = path.split(['.', ':', '/']).next().unwrap_or(path);
        if LIBRARIES.contains(&first) {
            return None;
        }
        if !path.starts_with(char::is_uppercase) {
            // Below a `lib` folder: what is called like a gem is the gem, unless it stands there.
            let required = path.strip_suffix(".rb").unwrap_or(path);
            let below = required.rsplit('/').chain(std::iter::once("lib"));
            return self.files.nearest(tree, from, below).map(|id| tree.module(id, ""));
        }
        let folded = folded(path);
        let mut end = folded.len();
        loop {
            let names = || folded[..end].rsplit(['.', ':']).filter(|part| !part.is_empty());
            if let Some(file) = self.constants.nearest(tree, from, names()) {
                let kept = names().count();
                let mut ends = path.match_indices(['.', ':']).filter(|(at, _)| !path[..*at].ends_with([':', '.']));
                let end = ends.nth(kept - 1).map_or(path.len(), |(at, _)| at);
                // A class may be opened within its modules, or by its whole name.
                let class = tree.class(file, path, end);
                let around = Around { files: class.files, members: class.members };
                return Some(Located { members: path, around: Some(around), ..class });
            }
            end = folded[..end].rfind(['.', ':'])?;
            end = folded[..end].trim_end_matches(':').len();
        }
    }
}

/// Lower case, without what words are told apart by.
fn folded(text: &str) -> String {
    text.chars().filter(|it| *it != '_').flat_map(char::to_lowercase).collect()
}
