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

/// Whether a name that ends at `end` may be that of something called: a name in quotes is one of `getattr`, or a member by
/// its name. For the languages in which something has to stand behind it.
pub(super) fn may_be_called(language: Language, text: &[u8], start: usize, end: usize) -> bool {
    let is_ecmascript = matches!(language, Language::JavaScript | Language::TypeScript);
    if is_ecmascript {
        // `new a.Checker`
        let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.');
        let path = text[..start].iter().rev().take_while(|it| is_path(it)).count();
        if text[..start - path].trim_ascii_end().ends_with(b"new") {
            return true;
        }
    }
    let mut at = end;
    loop {
        let rest = &text[at..];
        let (next, further) = (rest.first(), rest.get(1));
        let till = |end: &[u8]| memchr::memmem::find(rest, end).map(|found| at + found + end.len());
        at = match (next, further) {
            (Some(b' ' | b'\t' | b'\r' | b'\n' | b'\x0c' | b'\\' | b')'), _) => at + 1,
            (Some(b'#'), _) if language == Language::Python => match till(b"\n") {
                Some(next) => next,
                None => return false,
            },
            (Some(b'/'), Some(b'/')) if language != Language::Python => match till(b"\n") {
                Some(next) => next,
                None => return false,
            },
            (Some(b'/'), Some(b'*')) if language != Language::Python => match till(b"*/") {
                Some(next) => next,
                None => return false,
            },
            (Some(b'('), _) => return true,
            (Some(b'"' | b'\''), _) => return at == end,
            // `f?.(x)`, `f!(x)`, a template, a type; ECMAScript knows blanks beyond ASCII.
            (Some(b'?' | b'!' | b'`' | b'<' | b'\x0b' | 0x80..), _) if is_ecmascript => return true,
            // `f as Checker`
            _ if is_ecmascript => return rest.starts_with(b"as") || rest.starts_with(b"satisfies"),
            // `F[T](x)`, `T{x}`
            (Some(b'[' | b'{'), _) => return language == Language::Go,
            _ => return false,
        };
    }
}

/// Whether a name that begins at `start` may be that of a Python function or class.
pub(super) fn may_be_defined(text: &[u8], start: usize) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\x0c' | b'\\' | b'\n' | b'\r');
    let end = text[..start].iter().rposition(|byte| !blank(byte)).map_or(0, |at| at + 1);
    end < start && (text[..end].ends_with(b"def") || text[..end].ends_with(b"class"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_is_told_by_what_stands_beside_it() {
        let cases = [
            (Language::Python, "verify(t)", true),
            (Language::Python, "verify \\\n (t)", true),
            (Language::Python, "(m.verify # the token\n)(t)", true),
            (Language::Python, "getattr(m, 'verify')(t)", true),
            (Language::Python, "verify = m", false),
            (Language::Python, "verify # (t)", false),
            (Language::TypeScript, "m.verify?.(t)", true),
            (Language::TypeScript, "verify<Claims>(t)", true),
            (Language::TypeScript, "(verify as any)(t)", true),
            (Language::TypeScript, "(verify as\n  any)(t)", true),
            (Language::JavaScript, "verify\u{a0}(t)", true),
            (Language::JavaScript, "verify\u{b}(t)", true),
            (Language::TypeScript, "verify /* it */ // now\n(t)", true),
            (Language::JavaScript, "new jose.verify;", true),
            (Language::JavaScript, "m['verify'](t)", true),
            (Language::JavaScript, "verify;", false),
            (Language::Go, "verify[Claims](t)", true),
            (Language::Go, "&jwt.verify{Strict: true}", true),
            (Language::Go, "verify // (t)\n", false),
        ];
        for (language, text, expected) in cases {
            let start = text.find("verify").expect("it stands there");
            let is_called = may_be_called(language, text.as_bytes(), start, start + "verify".len());
            assert_eq!(is_called, expected, "{text}");
        }
        assert!(may_be_defined(b"async def  verify(t):", 11) && may_be_defined(b"class \\\n A", 9));
        assert!(!may_be_defined(b"undefverify", 5) && !may_be_defined(b"x = verify", 4));
    }
}
