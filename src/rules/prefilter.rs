//! The literals a file must hold before any rule can find something in it. A file without them is searched,
//! not parsed: most of a repository; and of a file that is parsed only the rules are asked whose literals it
//! holds. Every step here may only ever keep more than needed.

use crate::fact::Language;
use crate::rules::CallMatcher;
use crate::rules::Condition;
use crate::rules::Filter;
use crate::rules::OriginMatcher;
use crate::rules::Rule;
use crate::rules::Symbols;
use crate::rules::TestsScope;
use crate::rules::ValueCondition;
use crate::rules::pattern::Pattern;
use aho_corasick::AhoCorasick;
use aho_corasick::packed;
use regex::bytes::Regex;
use regex::bytes::RegexBuilder;
use regex_syntax::hir::Hir;
use regex_syntax::hir::HirKind;
use regex_syntax::hir::Look;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The packed searcher takes this many words and is fast.
const MOST_PACKED: usize = 64;
/// Words that begin alike in this many bytes are searched for as one.
const SHARED_START: usize = 4;
/// A condition with more ways than this to hold is looked for by one of its parts.
const MOST_WAYS: usize = 64;

/// Text that must occur for a condition to hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Needle {
    /// The text, with no word character beside its word-character ends.
    Word(String),
    /// Such a text where the language lets a module be named.
    Module(String),
    Pattern(String),
}

/// One of these must occur.
type Clause = BTreeSet<Needle>;
/// One way in which a condition can hold: each of these must.
type Way = Vec<Clause>;

/// Where a word must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    Anywhere,
    AsModule,
}

/// Decides for one language which rules a file is worth parsing for.
#[derive(Debug)]
pub(crate) struct Prefilter {
    language: Language,
    words: Vec<(String, Stands)>,
    /// The words by what the searcher looks for: it finds where one of them may begin.
    starts: Vec<Vec<usize>>,
    searcher: Searcher,
    patterns: Vec<LazyPattern>,
    /// Holds wherever one of the patterns may hold that no word goes with.
    any_alone: Option<LazyPattern>,
    rules: Vec<(usize, Search)>,
}

#[derive(Debug)]
enum Searcher {
    Nothing,
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

/// How to tell whether a rule may find something.
#[derive(Debug)]
enum Search {
    /// No text can rule it out.
    Always,
    Ways(Vec<IndexedWay>),
}

#[derive(Debug)]
struct IndexedWay {
    /// Indexes of words and patterns, clause by clause.
    clauses: Vec<(Vec<usize>, Vec<usize>)>,
    /// It holds only where [`Prefilter::any_alone`] does.
    is_alone: bool,
}

/// Compiled when it is first searched for.
#[derive(Debug)]
struct LazyPattern {
    source: String,
    compiled: OnceLock<Regex>,
}

impl LazyPattern {
    fn new(source: String) -> LazyPattern {
        LazyPattern { source, compiled: OnceLock::new() }
    }

    fn is_match(&self, text: &[u8]) -> bool {
        let compile = || RegexBuilder::new(&self.source).unicode(false).build().or_else(|_| Regex::new(&self.source));
        self.compiled.get_or_init(|| compile().expect("derived from a pattern that compiles")).is_match(text)
    }
}

/// What is known of one text, found out as it is asked for.
struct Asked<'t> {
    text: &'t str,
    words: Vec<bool>,
    patterns: Vec<Option<bool>>,
    any_alone: Option<bool>,
}

impl Prefilter {
    pub(crate) fn new(language: Language, rules: &[Rule]) -> Prefilter {
        let rules = rules.iter().enumerate().filter(|(_, rule)| rule.languages.contains(&language));
        let searched: Vec<(usize, Option<Vec<Way>>)> =
            rules.map(|(index, rule)| (index, ways(&rule.condition, language))).collect();
        let needles = searched.iter().flat_map(|(_, ways)| ways).flatten().flatten().flatten();
        let mut words = BTreeSet::new();
        let mut patterns = BTreeSet::new();
        for needle in needles {
            match needle {
                Needle::Word(word) => _ = words.insert((word.clone(), Stands::Anywhere)),
                Needle::Module(word) => _ = words.insert((word.clone(), Stands::AsModule)),
                Needle::Pattern(pattern) => _ = patterns.insert(pattern.clone()),
            }
        }
        let words: Vec<(String, Stands)> = words.into_iter().collect();
        let patterns: Vec<String> = patterns.into_iter().collect();
        let word_at = |word: &str, stands: Stands| {
            words.iter().position(|it| it.0 == word && it.1 == stands).expect("every word is listed")
        };
        let indexed = |clause: &Clause| {
            let mut indexes = (Vec::new(), Vec::new());
            for needle in clause {
                match needle {
                    Needle::Word(word) => indexes.0.push(word_at(word, Stands::Anywhere)),
                    Needle::Module(word) => indexes.0.push(word_at(word, Stands::AsModule)),
                    Needle::Pattern(pattern) => {
                        indexes.1.push(patterns.binary_search(pattern).expect("every pattern is listed"));
                    }
                }
            }
            indexes
        };
        let mut alone: BTreeSet<usize> = BTreeSet::new();
        let mut rules = Vec::new();
        for (index, ways) in &searched {
            let Some(ways) = ways else {
                rules.push((*index, Search::Always));
                continue;
            };
            let ways = ways.iter().map(|way| {
                let clauses: Vec<(Vec<usize>, Vec<usize>)> = way.iter().map(indexed).collect();
                let is_alone = clauses.iter().all(|(words, _)| words.is_empty());
                if is_alone {
                    // The clause with the longest pattern tells the most.
                    let told = |clause: &&(Vec<usize>, Vec<usize>)| {
                        clause.1.iter().map(|&at| patterns[at].len()).min().unwrap_or(0)
                    };
                    alone.extend(clauses.iter().max_by_key(told).into_iter().flat_map(|(_, patterns)| patterns));
                }
                IndexedWay { clauses, is_alone }
            });
            rules.push((*index, Search::Ways(ways.collect())));
        }
        let alone: Vec<&str> = alone.into_iter().map(|at| patterns[at].as_str()).collect();
        let any_alone = (!alone.is_empty()).then(|| LazyPattern::new(alone.join("|")));
        let patterns = patterns.into_iter().map(LazyPattern::new).collect();
        let (searcher, starts) = searcher_of(&words);
        Prefilter { language, words, starts, searcher, patterns, any_alone, rules }
    }

    /// The rules that apply to the file, test code or not, and could find something in `text`, by their indexes.
    pub(crate) fn rules_for(&self, rules: &[Rule], path: &str, in_tests: bool, text: &str) -> Vec<usize> {
        let mut asked =
            Asked { text, words: self.words_in(text), patterns: vec![None; self.patterns.len()], any_alone: None };
        let applies =
            |rule: &Rule| rule.applies(self.language, path) && !(in_tests && rule.tests_scope == TestsScope::Exclude);
        let applying = self.rules.iter().filter(|(index, _)| applies(&rules[*index]));
        let matching = applying.filter(|(_, search)| match search {
            Search::Always => true,
            Search::Ways(ways) => ways.iter().any(|way| self.may_hold(way, &mut asked)),
        });
        matching.map(|(index, _)| *index).collect()
    }

    fn may_hold(&self, way: &IndexedWay, asked: &mut Asked<'_>) -> bool {
        if way.is_alone {
            let text = asked.text.as_bytes();
            let any = &self.any_alone;
            if !*asked.any_alone.get_or_insert_with(|| any.as_ref().is_none_or(|it| it.is_match(text))) {
                return false;
            }
        }
        let has_word = |words: &[usize], asked: &Asked<'_>| words.iter().any(|&at| asked.words[at]);
        // Words are known, patterns have to be searched for.
        way.clauses.iter().all(|(words, patterns)| !patterns.is_empty() || has_word(words, asked))
            && way.clauses.iter().all(|(words, patterns)| {
                has_word(words, asked)
                    || patterns.iter().any(|&at| {
                        let text = asked.text.as_bytes();
                        *asked.patterns[at].get_or_insert_with(|| self.patterns[at].is_match(text))
                    })
            })
    }

    /// Which of the words stand in the text.
    fn words_in(&self, text: &str) -> Vec<bool> {
        let mut found = vec![false; self.words.len()];
        if may_spell_module_otherwise(self.language, text) {
            for (found, (_, stands)) in found.iter_mut().zip(&self.words) {
                *found = *stands == Stands::AsModule;
            }
        }
        let mut look = |at: usize, start: usize| {
            let rest = &text.as_bytes()[start..];
            for &index in &self.starts[at] {
                let (word, stands) = &self.words[index];
                found[index] = found[index]
                    || rest.starts_with(word.as_bytes())
                        && stands_alone(text, start, start + word.len())
                        && (*stands == Stands::Anywhere || may_name_module(self.language, text.as_bytes(), start));
            }
        };
        match &self.searcher {
            Searcher::Nothing => {}
            Searcher::Packed(searcher) => {
                let mut from = 0;
                while let Some(hit) = searcher.find_in(text, aho_corasick::Span::from(from..text.len())) {
                    look(hit.pattern().as_usize(), hit.start());
                    from = hit.start() + 1;
                }
            }
            Searcher::Automaton(searcher) => {
                for hit in searcher.find_overlapping_iter(text) {
                    look(hit.pattern().as_usize(), hit.start());
                }
            }
        }
        found
    }
}

/// What finds where words may begin, and which words may begin where each of its literals is found. No literal
/// begins another.
fn searcher_of(words: &[(String, Stands)]) -> (Searcher, Vec<Vec<usize>>) {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, (word, _)) in words.iter().enumerate() {
        let start = word.char_indices().map(|(at, _)| at).find(|&at| at >= SHARED_START).unwrap_or(word.len());
        groups.entry(&word[..start]).or_default().push(index);
    }
    let mut literals: Vec<String> = Vec::new();
    let mut starts: Vec<Vec<usize>> = Vec::new();
    for (start, indexes) in groups {
        // Sorted, a literal comes right before those it begins.
        match literals.last() {
            Some(last) if start.starts_with(last.as_str()) => {
                starts.last_mut().expect("there are as many as literals").extend(indexes);
            }
            _ => {
                let shared = match indexes.as_slice() {
                    [only] => words[*only].0.clone(),
                    _ => start.to_owned(),
                };
                literals.push(shared);
                starts.push(indexes);
            }
        }
    }
    if literals.is_empty() {
        return (Searcher::Nothing, starts);
    }
    let packed =
        (literals.len() <= MOST_PACKED).then(|| packed::Config::new().builder().extend(&literals).build()).flatten();
    let searcher = match packed {
        Some(packed) => Searcher::Packed(packed),
        // Too many words, or no vector instructions.
        None => Searcher::Automaton(AhoCorasick::new(&literals).expect("words are short")),
    };
    (searcher, starts)
}

pub(super) fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let joined = |a: usize, b: usize| word(bytes[a]) && word(bytes[b]);
    // A word without letters stands nowhere.
    start < end && (start == 0 || !joined(start - 1, start)) && (end == bytes.len() || !joined(end - 1, end))
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

/// The ways in which a condition can hold in a file of the language; `None`: no literal is certain to occur.
fn ways(condition: &Condition, language: Language) -> Option<Vec<Way>> {
    match condition {
        Condition::Any(conditions) => {
            let mut all = Vec::new();
            for condition in conditions {
                all.extend(ways(condition, language)?);
            }
            Some(all)
        }
        Condition::All(conditions) => {
            let mut all: Option<Vec<Way>> = None;
            for ways in conditions.iter().filter_map(|condition| ways(condition, language)) {
                all = Some(match all {
                    None => ways,
                    Some(before) if before.len() * ways.len() <= MOST_WAYS => {
                        let both = |way: &Way| {
                            before.iter().map(|first| first.iter().chain(way).cloned().collect()).collect::<Vec<Way>>()
                        };
                        ways.iter().flat_map(both).collect()
                    }
                    Some(before) => before,
                });
            }
            all
        }
        Condition::Not(_) => None,
        Condition::Filter(Filter::Inside(condition) | Filter::Beside(condition)) => ways(condition, language),
        Condition::Filter(Filter::OnErrorOf(call)) => one_way(call_clauses(call, language)),
        Condition::Filter(_) => None,
        Condition::Import(import) => one_way(vec![roots(&import.module, language)]),
        Condition::Call(call) => one_way(call_clauses(call, language)),
        Condition::Define(define) => {
            let mut clauses = Vec::new();
            clauses.extend(define.name.as_ref().and_then(|name| after(definition_start(language), name)));
            clauses.extend(define.decorator_name.as_ref().and_then(|name| after(decorator_start(language), name)));
            for pattern in [&define.parameter, &define.calls] {
                clauses.extend(pattern.as_ref().and_then(named));
            }
            clauses.extend([&define.decorator, &define.base].into_iter().flatten().map(|it| roots(it, language)));
            clauses.extend(define.parameter_from.iter().flat_map(|it| origin_clauses(it, language)));
            one_way(clauses)
        }
        Condition::Reference(symbols) => one_way(vec![roots(symbols, language)]),
        Condition::Env(env) => one_way(named(&env.key).into_iter().collect()),
        Condition::Given(given) => {
            let mut clauses: Vec<Clause> = named(&given.name).into_iter().collect();
            clauses.extend(given.of.iter().map(|it| roots(it, language)));
            clauses.extend(value_clauses(&given.value, language));
            one_way(clauses)
        }
        Condition::Name(name) => one_way(named(&name.pattern).into_iter().collect()),
        Condition::Text(text) => one_way(vec![Clause::from([Needle::Pattern(text.pattern.source().to_owned())])]),
    }
}

fn one_way(clauses: Vec<Clause>) -> Option<Vec<Way>> {
    (!clauses.is_empty()).then(|| vec![clauses])
}

fn call_clauses(call: &CallMatcher, language: Language) -> Vec<Clause> {
    let mut clauses = Vec::new();
    match (&call.callee, &call.name) {
        (Some(callee), None) => clauses.push(roots(callee, language)),
        (Some(callee), Some(name)) => clauses.extend(named(name).map(|mut names| {
            names.extend(roots(callee, language));
            names
        })),
        (None, Some(name)) => clauses.extend(named(name)),
        (None, None) => {
            // A call of anything is found by an argument that must be there by name.
            let name = call.arguments.iter().find_map(|argument| argument.name.clone());
            clauses.extend(name.map(|name| Clause::from([Needle::Word(name)])));
        }
    }
    let values = call.arguments.iter().map(|argument| &argument.is).chain(&call.receiver);
    clauses.extend(values.flat_map(|value| value_clauses(value, language)));
    clauses
}

/// What must stand in the file for a value to meet the condition. Values may be written in other files; what
/// they come from is looked for in this one.
fn value_clauses(condition: &ValueCondition, language: Language) -> Vec<Clause> {
    match condition {
        ValueCondition::From(origin) => origin_clauses(origin, language),
        // Files that get it from another file under another name are found by that name.
        ValueCondition::Symbol(symbols) => vec![roots(symbols, language)],
        ValueCondition::Contains(inner) => value_clauses(inner, language),
        ValueCondition::All(all) => all.iter().flat_map(|it| value_clauses(it, language)).collect(),
        _ => Vec::new(),
    }
}

fn origin_clauses(origin: &OriginMatcher, language: Language) -> Vec<Clause> {
    let mut clauses = match (&origin.call, &origin.name, &origin.text) {
        (Some(call), None, None) => call_clauses(call, language),
        (None, Some(name), None) | (None, None, Some(name)) => named(name).into_iter().collect(),
        _ => Vec::new(),
    };
    // The number of an item taken apart is not written.
    let is_number = |step: &Pattern| (0..10).any(|number| step.is_match(&number.to_string()));
    clauses.extend(origin.through.as_ref().filter(|it| !is_number(it)).and_then(named));
    clauses
}

/// A name that stands right after what `start` matches.
fn after(start: Option<&str>, name: &Pattern) -> Option<Clause> {
    let Some(start) = start else { return named(name) };
    let hir = parsed(name.source())?;
    let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let rest = if is_anchored { "" } else { r"\w*?" };
    let core = without_looks(&hir);
    Some(Clause::from([Needle::Pattern(format!("{start}{rest}(?:{core})"))]))
}

/// What stands before the name of a function or class in its definition, for languages that have a word for it.
fn definition_start(language: Language) -> Option<&'static str> {
    match language {
        Language::Python => Some(r"\b(?:def|class)[ \t]+"),
        _ => None,
    }
}

/// What stands before the last name of a decorator.
fn decorator_start(language: Language) -> Option<&'static str> {
    match language {
        Language::Python => Some(r"@(?:[^\n]*\.)?"),
        Language::JavaScript | Language::TypeScript | Language::Java | Language::Kotlin | Language::Scala => {
            Some(r"@(?:[\w.]*\.)?")
        }
        _ => None,
    }
}

fn named(name: &Pattern) -> Option<Clause> {
    unanchored(name.source()).map(|pattern| Clause::from([Needle::Pattern(pattern)]))
}

/// What a file must spell to name each symbol.
fn roots(symbols: &Symbols, language: Language) -> Clause {
    let exact = || symbols.names(language).flat_map(|names| &names.exact);
    let prefixes = symbols.names(language).flat_map(|names| &names.prefixes);
    // A C# symbol may be a type or the member of one, and looks the same.
    let types = exact().filter(|symbol| language == Language::CSharp && !symbol.contains("()"));
    let types = types.filter_map(|symbol| Some(Needle::Word(symbol.rsplit('.').next()?.to_owned())));
    let prefixes = prefixes.map(|prefix| root(prefix.trim_end_matches('.'), language));
    exact().map(|symbol| root(symbol, language)).chain(prefixes).chain(types).collect()
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
            let mut ends = symbol[specifier..].match_indices('.').map(|(at, _)| specifier + at);
            let end = ends.next().unwrap_or(symbol.len());
            // Everybody's namespace says nothing; its packages do.
            if symbol[..end] == *"google" {
                return Needle::Word(symbol[..ends.next().unwrap_or(symbol.len())].to_owned());
            }
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

/// The pattern without anchors and word boundaries, since it is looked for in the text around a name, and without
/// what may be missing at its ends; `None` when nothing is left of it.
fn unanchored(pattern: &str) -> Option<String> {
    let core = without_loose_ends(without_looks(&parsed(pattern)?));
    let tells = core.properties().minimum_len().is_some_and(|length| length > 1);
    tells.then(|| core.to_string())
}

fn parsed(pattern: &str) -> Option<Hir> {
    let parse = |unicode| {
        let parser = regex_syntax::ParserBuilder::new().unicode(unicode).utf8(false).build();
        { parser }.parse(pattern).ok()
    };
    parse(false).or_else(|| parse(true))
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

fn without_loose_ends(hir: Hir) -> Hir {
    let may_be_missing = |part: &Hir| part.properties().minimum_len() == Some(0);
    match hir.kind() {
        HirKind::Concat(parts) => {
            let mut parts = parts.as_slice();
            while let [first, rest @ ..] = parts
                && may_be_missing(first)
            {
                parts = rest;
            }
            while let [rest @ .., last] = parts
                && may_be_missing(last)
            {
                parts = rest;
            }
            match parts {
                [only] => without_loose_ends(only.clone()),
                parts => Hir::concat(parts.to_vec()),
            }
        }
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().cloned().map(without_loose_ends).collect()),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            let mut repetition = repetition.clone();
            (repetition.min, repetition.max) = (1, Some(1));
            Hir::repetition(repetition)
        }
        _ => hir,
    }
}
