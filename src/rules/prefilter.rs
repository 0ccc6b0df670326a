//! The literals a file must hold before any rule can find something in it. A file without them is searched,
//! not parsed: most of a repository. Every step here may only ever keep more files than needed.

use crate::fact::Language;
use crate::rules::Condition;
use crate::rules::Filter;
use crate::rules::Rule;
use crate::rules::Symbols;
use aho_corasick::AhoCorasick;
use aho_corasick::MatchKind;
use aho_corasick::packed;
use regex::bytes::Regex;
use regex_syntax::hir::Hir;
use regex_syntax::hir::HirKind;
use std::collections::BTreeSet;

/// What must occur in the text for a condition to hold; any one of them suffices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Needle {
    /// The text, with no word character beside its word-character ends.
    Word(String),
    /// Such a text where the language lets a module be named.
    Module(String),
    Pattern(String),
}

/// Where a word must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    Anywhere,
    AsModule,
}

/// Decides for one language whether a file is worth parsing.
#[derive(Debug)]
pub(crate) struct Prefilter {
    language: Language,
    words: Vec<(String, Stands)>,
    /// Finds where one of `words` may begin; `None` when there are none.
    searcher: Option<packed::Searcher>,
    patterns: Vec<(Regex, Vec<usize>)>,
    /// Rules that no literal can rule out.
    always: Vec<usize>,
    word_rules: Vec<usize>,
}

impl Prefilter {
    pub(crate) fn new(language: Language, rules: &[Rule]) -> Prefilter {
        let mut words = BTreeSet::new();
        let mut patterns: Vec<(String, Vec<usize>)> = Vec::new();
        let mut always = Vec::new();
        let mut word_rules = Vec::new();
        for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.languages.contains(&language)) {
            let Some(needles) = needles(&rule.condition, language) else {
                always.push(index);
                continue;
            };
            for needle in needles {
                match needle {
                    Needle::Word(word) => {
                        words.insert((word, Stands::Anywhere));
                        word_rules.push(index);
                    }
                    Needle::Module(word) => {
                        words.insert((word, Stands::AsModule));
                        word_rules.push(index);
                    }
                    Needle::Pattern(pattern) => match patterns.iter_mut().find(|(it, _)| *it == pattern) {
                        Some((_, rules)) => rules.push(index),
                        None => patterns.push((pattern, vec![index])),
                    },
                }
            }
        }
        word_rules.dedup();
        let words: Vec<(String, Stands)> = words.into_iter().collect();
        let searcher = (!words.is_empty()).then(|| {
            let config = packed::Config::new();
            // Without vector instructions there is no packed searcher: every file is then looked at in full.
            config.builder().extend(words.iter().map(|(word, _)| word)).build()
        });
        if let Some(None) = searcher {
            always.append(&mut word_rules);
        }
        let patterns = patterns
            .into_iter()
            .map(|(pattern, rules)| (Regex::new(&pattern).expect("derived from a compiled pattern"), rules))
            .collect();
        Prefilter { language, words, searcher: searcher.flatten(), patterns, always, word_rules }
    }

    /// Whether some rule that applies to the file could find something in `text`.
    pub(crate) fn may_match(&self, rules: &[Rule], path: &str, text: &str) -> bool {
        let applies = |indexes: &[usize]| indexes.iter().any(|&index| rules[index].applies(self.language, path));
        if applies(&self.always) {
            return true;
        }
        if applies(&self.word_rules) && (self.holds_word(text) || may_spell_module_otherwise(self.language, text)) {
            return true;
        }
        self.patterns.iter().any(|(pattern, rules)| applies(rules) && pattern.is_match(text.as_bytes()))
    }

    fn holds_word(&self, text: &str) -> bool {
        let Some(searcher) = &self.searcher else { return false };
        let mut from = 0;
        while let Some(found) = searcher.find_in(text, aho_corasick::Span::from(from..text.len())) {
            let (start, rest) = (found.start(), &text.as_bytes()[found.start()..]);
            // Words may begin alike, and the searcher names one of them.
            let hit = self.words.iter().any(|(word, stands)| {
                rest.starts_with(word.as_bytes())
                    && stands_alone(text, start, start + word.len())
                    && (*stands == Stands::Anywhere || may_name_module(self.language, text.as_bytes(), start))
            });
            if hit {
                return true;
            }
            from = start + 1;
        }
        false
    }
}

/// Names that files pass on, to be looked for in all others.
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
        let searcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words);
        Some(WordSearch { searcher: searcher.expect("names are short"), words, pairs })
    }
}

impl WordSearch {
    /// Whether a name stands in `text` together with its module's, where that can be imported.
    pub(crate) fn stand_in(&self, text: &str, language: Language) -> bool {
        let mut found = vec![(false, false); self.words.len()];
        for hit in self.searcher.find_iter(text) {
            if stands_alone(text, hit.start(), hit.end()) {
                let (seen, imported) = &mut found[hit.pattern().as_usize()];
                *seen = true;
                *imported = *imported || may_import(language, text, hit.start(), hit.end());
            }
        }
        self.pairs.iter().any(|(name, module)| found[*name].0 && module.is_none_or(|module| found[module].1))
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

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let joined = |a: usize, b: usize| word(bytes[a]) && word(bytes[b]);
    (start == 0 || !joined(start - 1, start)) && (end == bytes.len() || !joined(end - 1, end))
}

/// Whether a word at `start` stands where the language lets a module be named. A module enters a Python file
/// after `import`, `from` or a comma, or in quotes for `import_module`; an ECMAScript or Go file in quotes only.
fn may_name_module(language: Language, text: &[u8], start: usize) -> bool {
    let quoted = start > 0 && matches!(text[start - 1], b'"' | b'\'' | b'`');
    match language {
        Language::JavaScript | Language::TypeScript | Language::Go => quoted,
        Language::Python => {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\x0c' | b'\\' | b'\n' | b'\r');
            let end = text[..start].iter().rposition(|byte| !blank(byte)).map_or(0, |at| at + 1);
            let before = &text[..end];
            quoted || before.ends_with(b",") || before.ends_with(b"import") || before.ends_with(b"from")
        }
        _ => true,
    }
}

/// Whether the text may name a module in other characters than the module's own.
fn may_spell_module_otherwise(language: Language, text: &str) -> bool {
    let bytes = text.as_bytes();
    match language {
        // An escape within what may be a specifier: `require("\x6aose")`.
        Language::JavaScript | Language::TypeScript => memchr::memchr_iter(b'\\', bytes).any(|at| {
            let common = bytes.get(at + 1).is_some_and(|next| b"bfnrtv0\"'`\\/".contains(next));
            let in_specifier = |byte: &u8| byte.is_ascii_alphanumeric() || b"@/._:-".contains(byte);
            let before = bytes[..at].iter().rposition(|byte| !in_specifier(byte)).map(|at| bytes[at]);
            !common && matches!(before, Some(b'"' | b'\'' | b'`'))
        }),
        // A name that is a text may be put together, and names are alike when their compatibility forms are.
        Language::Python => {
            let by_text = ["import_module", "__import__"];
            by_text.iter().any(|it| memchr::memmem::find(bytes, it.as_bytes()).is_some())
                || !text.is_ascii() && text.chars().any(may_be_ascii_letter)
        }
        _ => false,
    }
}

/// Letters that Python takes for the ASCII letters they are compatible with.
fn may_be_ascii_letter(character: char) -> bool {
    matches!(
        character,
        'ª' | 'º' | 'ſ'
            | '\u{2B0}'..='\u{2E3}'
            | '\u{1D2C}'..='\u{1DBF}'
            | '\u{2071}'..='\u{209C}'
            | '\u{2100}'..='\u{2188}'
            | 'Ａ'..='Ｚ'
            | 'ａ'..='ｚ'
            | '\u{1D400}'..='\u{1D6A5}'
    )
}

/// `None`: no literal is certain to occur.
fn needles(condition: &Condition, language: Language) -> Option<Vec<Needle>> {
    match condition {
        Condition::Any(conditions) => {
            let mut all = Vec::new();
            for condition in conditions {
                all.extend(needles(condition, language)?);
            }
            Some(all)
        }
        // Each of them must hold, so the needles of any one will do: words are cheapest to look for.
        Condition::All(conditions) => conditions
            .iter()
            .filter_map(|condition| needles(condition, language))
            .min_by_key(|needles| needles.iter().filter(|it| matches!(it, Needle::Pattern(_))).count()),
        Condition::Not(_) => None,
        Condition::Filter(Filter::Inside(condition)) => needles(condition, language),
        Condition::Filter(_) => None,
        Condition::Import(import) => Some(roots(&import.module, language)),
        Condition::Call(call) => {
            let named = |name: &regex::Regex| unanchored(name.as_str()).map(|it| vec![Needle::Pattern(it)]);
            match (&call.callee, &call.name) {
                (Some(callee), None) => Some(roots(callee, language)),
                (Some(callee), Some(name)) => Some([roots(callee, language), named(name)?].concat()),
                (None, Some(name)) => named(name),
                (None, None) => {
                    // A call of anything is found by an argument that must be there by name.
                    let name = call.arguments.iter().find_map(|argument| argument.name.clone())?;
                    Some(vec![Needle::Word(name)])
                }
            }
        }
        Condition::Given(given) => match &given.of {
            Some(of) => Some(roots(of, language)),
            None => unanchored(given.name.as_str()).map(|pattern| vec![Needle::Pattern(pattern)]),
        },
        Condition::Define(define) => define
            .name
            .as_ref()
            .and_then(|name| unanchored(name.as_str()))
            .map(|pattern| vec![Needle::Pattern(pattern)]),
        Condition::Reference(symbols) => Some(roots(symbols, language)),
        Condition::Env(env) => unanchored(env.key.as_str()).map(|pattern| vec![Needle::Pattern(pattern)]),
        Condition::Name(name) => unanchored(name.pattern.as_str()).map(|pattern| vec![Needle::Pattern(pattern)]),
        Condition::Text(text) => Some(vec![Needle::Pattern(text.pattern.as_str().to_owned())]),
    }
}

/// What a file must spell to name each symbol.
fn roots(symbols: &Symbols, language: Language) -> Vec<Needle> {
    let Some(names) = symbols.by_language.get(&language) else { return Vec::new() };
    let exact = names.exact.iter().map(|symbol| root(symbol, language));
    let prefixes = names.prefixes.iter().map(|prefix| root(prefix.trim_end_matches('.'), language));
    // A C# symbol may be a type or the member of one, and looks the same.
    let types = names.exact.iter().filter(|symbol| language == Language::CSharp && !symbol.contains("()"));
    let types = types.filter_map(|symbol| Some(Needle::Word(symbol.rsplit('.').next()?.to_owned())));
    let roots: BTreeSet<Needle> = exact.chain(prefixes).chain(types).collect();
    roots.into_iter().collect()
}

fn root(symbol: &str, language: Language) -> Needle {
    // The language's own names are not spelled with their module.
    for own in ["builtins.", "globalThis."] {
        if let Some(name) = symbol.strip_prefix(own) {
            return Needle::Word(name.split('.').next().expect("split yields at least one part").to_owned());
        }
    }
    match language {
        Language::Python | Language::Rust | Language::JavaScript | Language::TypeScript => {
            let specifier = symbol.rfind('/').map_or(0, |at| at + 1);
            let end = symbol[specifier..].find('.').map_or(symbol.len(), |at| specifier + at);
            Needle::Module(symbol[..end].trim_end_matches("()").to_owned())
        }
        // A version may stand within the path, after the name of the repository: `host/owner/name/v2/jwt`.
        Language::Go => {
            let specifier = symbol.rfind('/').map_or(0, |at| at + 1);
            let end = symbol[specifier..].find('.').map_or(symbol.len(), |at| specifier + at);
            let parts = symbol[..end].match_indices('/').map(|(at, _)| at);
            let repository = if symbol.starts_with("gopkg.in/") { 2 } else { 3 };
            Needle::Word(symbol[..parts.take(repository).nth(repository - 1).unwrap_or(end)].to_owned())
        }
        // The package, which an import spells whole.
        Language::Java | Language::Kotlin | Language::Scala => {
            let is_class = |part: &str| part.starts_with(|it: char| it.is_uppercase());
            let class = symbol.split('.').take_while(|part| !is_class(part)).map(|part| part.len() + 1).sum::<usize>();
            let package = symbol[..class.saturating_sub(1).min(symbol.len())].to_owned();
            Needle::Word(if package.is_empty() { first_name(symbol) } else { package })
        }
        // Namespaces come from elsewhere (`global using`), so the type is what a file spells.
        Language::CSharp => {
            let parts: Vec<&str> = symbol.split('.').collect();
            let made = parts.iter().find_map(|part| part.strip_suffix("()"));
            let type_name = made.unwrap_or_else(|| parts[parts.len().saturating_sub(2)]);
            Needle::Word(type_name.to_owned())
        }
        Language::Ruby | Language::Php => Needle::Word(first_name(symbol)),
    }
}

fn first_name(symbol: &str) -> String {
    symbol.split(['.', '(']).next().expect("split yields at least one part").to_owned()
}

/// The pattern without anchors and word boundaries: it holds for the text around a name, not the name alone.
fn unanchored(pattern: &str) -> Option<String> {
    let hir = regex_syntax::ParserBuilder::new().build().parse(pattern).ok()?;
    Some(without_looks(&hir).to_string())
}

fn without_looks(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Repetition(repetition) => {
            let mut repetition = repetition.clone();
            repetition.sub = Box::new(without_looks(&repetition.sub));
            Hir::repetition(repetition)
        }
        HirKind::Capture(capture) => without_looks(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_looks).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_looks).collect()),
    }
}
