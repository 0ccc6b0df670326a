//! Names that files pass on, looked for in all others.

use crate::fact::Language;
use aho_corasick::AhoCorasick;
use aho_corasick::AhoCorasickKind;
use aho_corasick::MatchKind;
use std::collections::BTreeSet;

/// Names of more bytes than these, in all, are searched for by a table that is slower and takes less memory: one of the
/// fast kind takes some 300 bytes for each of theirs.
const LARGEST_TABLE: usize = 1 << 16;

/// Names that files pass on.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Each name, and what an importer spells of its module.
    pairs: BTreeSet<(String, Option<String>)>,
}

/// [`Words`] ready to be searched for.
pub(crate) struct WordSearch {
    searcher: AhoCorasick,
    words: Vec<String>,
    /// Indexes of the name and of the module's name into `words`.
    pairs: Vec<(usize, Option<usize>)>,
}

impl Words {
    /// Adds a name that the file at `path` gives, and what to look for when it is given away.
    pub(crate) fn add(&mut self, name: &str, path: &str) -> Option<String> {
        let pair = match (name, module_name(path)) {
            // Importers call these what they like.
            ("default" | "module.exports" | "*", Some(module)) => (module, None),
            ("default" | "module.exports" | "*" | "", None) => return None,
            (name, module) => (name.to_owned(), module),
        };
        let name = pair.0.clone();
        self.pairs.insert(pair);
        Some(name)
    }

    /// `None` when there are no words.
    pub(crate) fn ready(self) -> Option<WordSearch> {
        if self.pairs.is_empty() {
            return None;
        }
        let words: BTreeSet<&String> =
            self.pairs.iter().flat_map(|(name, module)| [name].into_iter().chain(module)).collect();
        let words: Vec<String> = words.into_iter().cloned().collect();
        let at = |word: &String| words.binary_search(word).expect("every word is listed");
        let pairs = self.pairs.iter().map(|(name, module)| (at(name), module.as_ref().map(at)));
        let pairs = pairs.collect();
        let is_small = words.iter().map(String::len).sum::<usize>() <= LARGEST_TABLE;
        let kind = is_small.then_some(AhoCorasickKind::DFA);
        let searcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).kind(kind).build(&words);
        Some(WordSearch { searcher: searcher.expect("names are short"), words, pairs })
    }
}

impl WordSearch {
    /// Whether a name stands in `text` together with its module's, where that can be imported.
    pub(crate) fn stand_in(&self, text: &str, language: Language) -> bool {
        // Whether each word stands there, where a module is imported, and where all of a module is.
        let mut found = vec![(false, false, false); self.words.len()];
        // Hits come in order, and a line of a bundle may be megabytes: each is looked at once.
        let mut line = Line { end: 0, takes_all: false };
        for hit in self.searcher.find_iter(text) {
            if super::prefilter::stands_alone(text, hit.start(), hit.end()) {
                let (seen, imported, whole) = &mut found[hit.pattern().as_usize()];
                *seen = true;
                if may_import(language, text, hit.start(), hit.end()) {
                    *imported = true;
                    if hit.start() >= line.end {
                        line = Line::at(text, hit.start());
                    }
                    *whole |= line.takes_all;
                }
            }
        }
        self.pairs.iter().any(|(name, module)| match module {
            Some(module) => found[*name].0 && found[*module].1 || found[*module].2,
            None => found[*name].0,
        })
    }
}

/// A line of a text.
struct Line {
    end: usize,
    /// It may take all of a module: `export * from`, `require(…)`.
    takes_all: bool,
}

impl Line {
    fn at(text: &str, at: usize) -> Line {
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let line = &text[start..end];
        Line { end, takes_all: line.contains('*') || line.contains("require") }
    }
}

/// Whether a module's name stands where the language lets it be imported by that.
fn may_import(language: Language, text: &str, start: usize, end: usize) -> bool {
    let quoted_till = |at: usize| {
        let is_path = |it: char| it.is_alphanumeric() || matches!(it, '.' | '/' | '-' | '_');
        text[at..].trim_start_matches(is_path).starts_with(['"', '\'', '`'])
    };
    match language {
        Language::Python => {
            let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let before = text[line..start].trim_start();
            before.starts_with("from") || before.contains("import") || quoted_till(end)
        }
        Language::JavaScript | Language::TypeScript => quoted_till(end),
        _ => true,
    }
}

/// What importers spell of the path of a file; `None` where they spell nothing of it, or not for certain.
fn module_name(path: &str) -> Option<String> {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, extension) = file.split_once('.').unwrap_or((file, ""));
    let folder = || folders.rsplit('/').next().filter(|it| !it.is_empty()).map(str::to_owned);
    match (extension, stem) {
        ("py" | "pyi", "__init__") => folder(),
        ("py" | "pyi" | "pyw", stem) => Some(stem.to_owned()),
        // A package may have any name, and its folder another.
        ("rs" | "go" | "java" | "kt" | "kts" | "scala" | "cs" | "rb" | "php", _) => None,
        (_, "index") => None,
        (_, stem) => Some(stem.to_owned()),
    }
}
