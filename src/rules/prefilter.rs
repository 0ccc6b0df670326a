//! Which rules a file is worth parsing for. A file that holds nothing of what any rule looks for is searched,
//! not parsed: most of a repository; and of a file that is parsed only the rules are asked whose needles it holds.
//!
//! All needles are searched for at once, by the literals that patterns come with; a pattern itself is tried only
//! where its literals do not settle it. Names put together from parts (`"JWT_" + "SECRET"`) are not seen.

use crate::fact::Language;
use crate::rules::Condition;
use crate::rules::Rule;
use crate::rules::TestsScope;
use crate::rules::literals::Literal;
use crate::rules::literals::Literals;
use crate::rules::needles::Beside;
use crate::rules::needles::Clause;
use crate::rules::needles::Names;
use crate::rules::needles::Needle;
use crate::rules::needles::Needles;
use crate::rules::needles::Reach;
use crate::rules::needles::Sought;
use crate::rules::needles::Way;
use crate::rules::needles::Word;
use crate::rules::words::may_be_called;
use crate::rules::words::may_be_defined;
use aho_corasick::AhoCorasick;
use aho_corasick::AhoCorasickKind;
use regex::bytes::Regex;
use regex::bytes::RegexBuilder;
use regex_automata::Input;
use regex_automata::hybrid::dfa::Cache;
use regex_automata::hybrid::dfa::DFA;
use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::ParserBuilder;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

/// Of more places of a literal nobody asks what stands there.
const MOST_SPOTS: u8 = 200;

/// Literals are found by so many bytes at their start.
const LONGEST_START: usize = 8;

/// How much is going to be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Haystack {
    /// Little: being ready soon counts.
    File,
    /// Much: being quick counts.
    Tree,
}

/// What is to be searched for in the files of a language. To find that out for all rules takes longer than to search a
/// file, so it may be kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    words: Vec<Word>,
    patterns: Vec<PlannedPattern>,
    clauses: Vec<IndexedClause>,
    /// Those of the language.
    rules: Vec<Searched>,
}

/// A pattern to search the text for.
#[derive(Debug, Serialize, Deserialize)]
struct PlannedPattern {
    source: String,
    reach: Reach,
    /// Literals of which one must occur where it matches.
    literals: Option<Literals>,
}

/// Decides for one language which rules a file is worth parsing for.
#[derive(Debug)]
pub(crate) struct Prefilter {
    language: Language,
    plan: Arc<Plan>,
    haystack: Haystack,
    /// The patterns of the plan, each compiled when it is first searched for.
    patterns: Vec<OnceLock<Compiled>>,
    /// Finds literals, in letters of either case; `None` when there are none.
    searcher: Option<AhoCorasick>,
    /// The literals that begin with what the searcher looks for, by their indexes.
    begun: Vec<Vec<usize>>,
    literals: Vec<Meant>,
    /// Of each pattern, before anything is searched.
    unsearched: Vec<Matches>,
    /// Of each pattern that is tried where its literals stand, their indexes, in order.
    literals_of: Vec<Vec<u32>>,
    /// Conditions by their addresses, with their numbers.
    numbers: Arc<FxHashMap<usize, u32>>,
}

/// A pattern of a plan.
#[derive(Debug)]
enum Compiled {
    /// Ready in a third of the time, and of no use for large texts: it goes from byte to byte.
    Soon(Box<(DFA, Mutex<Cache>)>),
    Quick(Regex),
}

impl Compiled {
    /// `None` for what only a [`Regex`] can say.
    fn soon(source: &str) -> Option<Compiled> {
        let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(source).ok()?;
        let config = thompson::Config::new().utf8(false).which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(&hir).ok()?;
        let dfa = DFA::builder().build_from_nfa(nfa).ok()?;
        let cache = Mutex::new(dfa.create_cache());
        Some(Compiled::Soon(Box::new((dfa, cache))))
    }

    fn quick(source: &str) -> Compiled {
        let compiled = RegexBuilder::new(source).unicode(false).build().or_else(|_| Regex::new(source));
        Compiled::Quick(compiled.expect("derived from a pattern that compiles"))
    }

    fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Compiled::Quick(regex) => regex.is_match(text),
            Compiled::Soon(it) => {
                let (dfa, cache) = &**it;
                let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
                // What it gives up may match.
                dfa.try_search_fwd(&mut cache, &Input::new(text).earliest(true)).map_or(true, |found| found.is_some())
            }
        }
    }
}

/// What is searched for one rule.
#[derive(Debug, Serialize, Deserialize)]
struct Searched {
    /// The rule's.
    index: usize,
    search: Search,
    /// The conditions that it is made of and that a text may rule out, by their numbers.
    parts: Vec<(u32, Vec<Vec<usize>>)>,
}

/// What a text rules out.
#[derive(Debug)]
pub(crate) struct RuledOut {
    numbers: Arc<FxHashMap<usize, u32>>,
    /// A bit a number.
    bits: Box<[u64]>,
}

impl RuledOut {
    /// Whether a condition, of the rules that were searched for, holds nowhere in the text.
    pub(crate) fn has(&self, condition: &Condition) -> bool {
        let is_set = |number: &u32| {
            let bits = self.bits.get((number / u64::BITS) as usize);
            bits.is_some_and(|bits| bits & (1 << (number % u64::BITS)) != 0)
        };
        self.numbers.get(&address(condition)).is_some_and(is_set)
    }
}

/// Rules stay where they are while a plan is made and used.
pub(super) fn address(condition: &Condition) -> usize {
    std::ptr::from_ref(condition) as usize
}

/// Whether a condition finds something by itself, with no other one in it.
pub(super) fn is_plain(condition: &Condition) -> bool {
    // Not what reads the environment: the key may be a constant of another file.
    matches!(
        condition,
        Condition::Import(_)
            | Condition::Call(_)
            | Condition::Define(_)
            | Condition::Reference(_)
            | Condition::Given(_)
            | Condition::Name(_)
            | Condition::Text(_)
    )
}

/// A literal and what it means that it was found.
#[derive(Debug)]
struct Meant {
    literal: Literal,
    meanings: Vec<Meaning>,
    /// Some pattern is tried where it stands.
    is_tried: bool,
}

#[derive(Debug)]
enum Meaning {
    Word(usize),
    Pattern {
        index: usize,
        /// The pattern matches wherever this stands.
        settles: bool,
        stands_alone: bool,
        beside: Beside,
    },
}

/// Whether a pattern matches in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Matches {
    No,
    /// It must be tried.
    Perhaps,
    Yes,
}

/// How to tell whether a rule may find something.
#[derive(Debug, Serialize, Deserialize)]
enum Search {
    /// No text can rule it out.
    Always,
    /// Ways for it to do so, each the indexes of clauses that must all hold.
    Ways(Vec<Vec<usize>>),
}

/// Indexes of needles of which one must occur.
#[derive(Debug, Default, Serialize, Deserialize)]
struct IndexedClause {
    words: Vec<usize>,
    patterns: Vec<usize>,
    /// Another file may give what they stand for.
    may_be_given: bool,
}

/// What is known of one text, found out as it is asked for.
struct Asked<'t> {
    text: &'t str,
    words: Vec<bool>,
    patterns: Vec<Matches>,
    /// `None`: not asked for yet.
    clauses: Vec<Option<Matches>>,
    /// Where literals stand that patterns are tried at: their indexes, and where each starts.
    spots: Vec<(u32, u32)>,
    /// How many of each are noted, or would be.
    spotted: Vec<u8>,
    /// Other files give the text's file what rules look for.
    is_given: bool,
}

/// Gives needles and clauses their indexes.
#[derive(Default)]
struct Indexes {
    words: FxHashMap<Word, usize>,
    patterns: FxHashMap<Sought, usize>,
    by_clause: FxHashMap<Rc<Clause>, usize>,
    /// Most ways of rules share most clauses. A clause is kept, so that no other comes to stand where it did.
    by_address: FxHashMap<*const Clause, (Rc<Clause>, usize)>,
    clauses: Vec<IndexedClause>,
}

impl Indexes {
    fn ways(&mut self, ways: &[Way]) -> Vec<Vec<usize>> {
        ways.iter().map(|way| way.iter().map(|clause| self.clause(clause)).collect()).collect()
    }

    /// The same, of the clauses that are looked for in any case.
    fn known_ways(&self, ways: &[Way]) -> Vec<Vec<usize>> {
        let known = |way: &Way| way.iter().filter_map(|it| self.known(it)).collect();
        ways.iter().map(known).collect()
    }

    fn known(&self, clause: &Rc<Clause>) -> Option<usize> {
        let by_address = self.by_address.get(&Rc::as_ptr(clause)).map(|(_, index)| *index);
        by_address.or_else(|| self.by_clause.get(clause).copied())
    }

    fn clause(&mut self, clause: &Rc<Clause>) -> usize {
        if let Some(known) = self.known(clause) {
            self.by_address.entry(Rc::as_ptr(clause)).or_insert((clause.clone(), known));
            return known;
        }
        let mut indexed = IndexedClause::default();
        for needle in clause.iter() {
            match needle {
                Needle::Word(word) => {
                    let next = self.words.len();
                    indexed.words.push(*self.words.entry(word.clone()).or_insert(next));
                }
                Needle::Pattern(sought) => {
                    let next = self.patterns.len();
                    indexed.patterns.push(*self.patterns.entry(sought.clone()).or_insert(next));
                }
                Needle::Given => indexed.may_be_given = true,
            }
        }
        self.clauses.push(indexed);
        let index = self.clauses.len() - 1;
        self.by_clause.insert(clause.clone(), index);
        index
    }
}

impl Plan {
    pub(crate) fn new(language: Language, rules: &[Rule]) -> Plan {
        let needles = Needles::new(language);
        let mut indexes = Indexes::default();
        let of_language = || rules.iter().enumerate().filter(|(_, rule)| rule.languages.contains(&language));
        // One rule looks for what several want to know of other files.
        let mut elsewhere = BTreeSet::new();
        let searched = of_language().map(|(index, rule)| {
            let mut ways = needles.ways(&rule.condition);
            for it in rule.elsewhere().filter(|it| elsewhere.insert(it.name.clone())) {
                ways = ways.zip(needles.ways(&it.condition)).map(|(one, other)| [one, other].concat());
            }
            let search = ways.map_or(Search::Always, |ways| Search::Ways(indexes.ways(&ways)));
            Searched { index, search, parts: Vec::new() }
        });
        let mut searched: Vec<Searched> = searched.collect();
        let numbers = numbers(language, rules);
        for ((_, rule), searched) in of_language().zip(&mut searched) {
            rule.looked_for().for_each(|it| {
                it.walk(&mut |part| {
                    if is_plain(part)
                        && let Some(ways) = needles.ways(part)
                    {
                        searched.parts.push((numbers[&address(part)], indexes.known_ways(&ways)));
                    }
                })
            });
        }
        let patterns = in_order(indexes.patterns).into_iter().map(|Sought { pattern, reach, literals }| {
            PlannedPattern { source: pattern, reach, literals: literals.map(Rc::unwrap_or_clone) }
        });
        let patterns = patterns.collect();
        Plan { words: in_order(indexes.words), patterns, clauses: indexes.clauses, rules: searched }
    }
}

/// The conditions that a text may rule out, by their addresses, with their numbers: the same for the same rules.
fn numbers(language: Language, rules: &[Rule]) -> FxHashMap<usize, u32> {
    let mut numbers = FxHashMap::default();
    for rule in rules.iter().filter(|rule| rule.languages.contains(&language)) {
        rule.looked_for().for_each(|it| {
            it.walk(&mut |part| {
                if is_plain(part) {
                    let next = numbers.len() as u32;
                    numbers.entry(address(part)).or_insert(next);
                }
            })
        });
    }
    numbers
}

impl Prefilter {
    /// `plan` is that of the language for these rules.
    pub(crate) fn new(language: Language, plan: Arc<Plan>, rules: &[Rule], haystack: Haystack) -> Prefilter {
        let mut meanings: BTreeMap<Literal, Vec<Meaning>> = BTreeMap::new();
        for (index, word) in plan.words.iter().enumerate() {
            meanings.entry(Literal::exactly(&word.text)).or_default().push(Meaning::Word(index));
        }
        let mut unsearched = Vec::with_capacity(plan.patterns.len());
        for (index, pattern) in plan.patterns.iter().enumerate() {
            unsearched.push(if pattern.literals.is_some() { Matches::No } else { Matches::Perhaps });
            let Some(literals) = &pattern.literals else { continue };
            for literal in &literals.one_of {
                let (settles, stands_alone) = (literals.are_all, literals.stand_alone);
                let beside = match pattern.reach {
                    Reach::Word(beside) => beside,
                    Reach::Line | Reach::Text => Beside::Anything,
                };
                let meaning = Meaning::Pattern { index, settles, stands_alone, beside };
                meanings.entry(literal.clone()).or_default().push(meaning);
            }
        }
        let is_tried = |meaning: &Meaning| match meaning {
            Meaning::Pattern { index, settles: false, .. } => plan.patterns[*index].reach != Reach::Text,
            _ => false,
        };
        let literals = meanings.into_iter().map(|(literal, meanings)| {
            let is_tried = meanings.iter().any(is_tried);
            Meant { literal, meanings, is_tried }
        });
        // A word without letters stands nowhere.
        let literals: Vec<Meant> = literals.filter(|it| it.literal.len() > 0).collect();
        let mut literals_of = vec![Vec::new(); plan.patterns.len()];
        for (at, meant) in (0..).zip(&literals) {
            for meaning in meant.meanings.iter().filter(|it| is_tried(it)) {
                if let Meaning::Pattern { index, .. } = meaning {
                    literals_of[*index].push(at);
                }
            }
        }
        let mut begun: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (index, meant) in literals.iter().enumerate() {
            begun.entry(start_of(meant.literal.folded())).or_default().push(index);
        }
        let (starts, begun): (Vec<_>, Vec<_>) = begun.into_iter().unzip();
        let kind = match haystack {
            Haystack::File => AhoCorasickKind::ContiguousNFA,
            Haystack::Tree => AhoCorasickKind::DFA,
        };
        let searcher = (!starts.is_empty()).then(|| {
            let builder = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(kind)).build(&starts);
            builder.expect("names are short")
        });
        let patterns = plan.patterns.iter().map(|_| OnceLock::new()).collect();
        let numbers = Arc::new(numbers(language, rules));
        Prefilter { language, plan, haystack, patterns, searcher, begun, literals, unsearched, literals_of, numbers }
    }

    /// The rules that apply to the file, test code or not, and could find something in `text`, by their indexes, and what
    /// of them can not.
    pub(crate) fn rules_for(&self, rules: &[Rule], path: &str, in_tests: bool, text: &str) -> (Vec<usize>, RuledOut) {
        let mut asked = self.searched(text);
        let applies =
            |rule: &Rule| rule.applies(self.language, path) && !(in_tests && rule.tests_scope == TestsScope::Exclude);
        let applying = self.plan.rules.iter().filter(|it| applies(&rules[it.index]));
        let matching = applying.filter(|it| match &it.search {
            Search::Always => true,
            Search::Ways(ways) => ways.iter().any(|way| self.may_hold(way, &mut asked)),
        });
        let matching: Vec<&Searched> = matching.collect();
        let ruled_out = self.ruled_out(&mut asked, &matching);
        (matching.iter().map(|it| it.index).collect(), ruled_out)
    }

    /// What of all rules a text rules out whose file is given by others what rules look for, under whatever name.
    pub(crate) fn ruled_out_where_given(&self, text: &str) -> RuledOut {
        let mut asked = Asked { is_given: true, ..self.searched(text) };
        self.ruled_out(&mut asked, &self.plan.rules.iter().collect::<Vec<_>>())
    }

    fn ruled_out(&self, asked: &mut Asked<'_>, rules: &[&Searched]) -> RuledOut {
        let mut bits = match rules.is_empty() {
            true => Box::default(),
            false => vec![0; self.numbers.len().div_ceil(u64::BITS as usize)].into_boxed_slice(),
        };
        for (number, ways) in rules.iter().flat_map(|it| &it.parts) {
            // To try a pattern takes longer than to look.
            let is_open = |way: &Vec<usize>| way.iter().all(|&it| self.clause(it, asked) != Matches::No);
            if !ways.iter().any(is_open) {
                bits[(number / u64::BITS) as usize] |= 1 << (number % u64::BITS);
            }
        }
        RuledOut { numbers: self.numbers.clone(), bits }
    }

    fn may_hold(&self, way: &[usize], asked: &mut Asked<'_>) -> bool {
        // Before a pattern is tried, no other clause may be out of the question.
        way.iter().all(|&clause| self.clause(clause, asked) != Matches::No)
            && way.iter().all(|&clause| self.settled(clause, asked))
    }

    /// Whether a clause holds, as far as the literals tell.
    fn clause(&self, index: usize, asked: &mut Asked<'_>) -> Matches {
        if let Some(known) = asked.clauses[index] {
            return known;
        }
        let clause = &self.plan.clauses[index];
        let is_given = asked.is_given && clause.may_be_given;
        let holds = match is_given || clause.words.iter().any(|&at| asked.words[at]) {
            true => Matches::Yes,
            false => clause.patterns.iter().map(|&at| asked.patterns[at]).max().unwrap_or(Matches::No),
        };
        asked.clauses[index] = Some(holds);
        holds
    }

    fn settled(&self, index: usize, asked: &mut Asked<'_>) -> bool {
        if self.clause(index, asked) == Matches::Perhaps {
            let matches = self.plan.clauses[index].patterns.iter().any(|&at| self.matches(at, asked));
            asked.clauses[index] = Some(if matches { Matches::Yes } else { Matches::No });
        }
        asked.clauses[index] == Some(Matches::Yes)
    }

    fn matches(&self, pattern: usize, asked: &mut Asked<'_>) -> bool {
        if asked.patterns[pattern] == Matches::Perhaps {
            let matches = self.tried(pattern, asked);
            asked.patterns[pattern] = if matches { Matches::Yes } else { Matches::No };
        }
        asked.patterns[pattern] == Matches::Yes
    }

    /// Whether a pattern matches where its literals stand, as far as it reaches from there.
    fn tried(&self, index: usize, asked: &Asked<'_>) -> bool {
        let bytes = asked.text.as_bytes();
        let literals = &self.literals_of[index];
        let are_spotted = literals.iter().all(|it| asked.spotted[*it as usize] <= MOST_SPOTS);
        let reach = self.plan.patterns[index].reach;
        // Names are no whole text; a file with so many is worth parsing.
        match reach {
            Reach::Line if are_spotted => {}
            Reach::Word(_) if are_spotted => {}
            Reach::Word(_) => return true,
            Reach::Line | Reach::Text => return self.pattern(index).is_match(bytes),
        }
        let mut last = usize::MAX;
        let starts = asked.spots.iter().filter(|(literal, _)| literals.binary_search(literal).is_ok());
        let mut starts =
            starts.map(|(literal, start)| (*start as usize, self.literals[*literal as usize].literal.len()));
        starts.any(|(start, length)| {
            let (from, to) = match reach {
                Reach::Word(_) => word_around(bytes, start, start + length),
                _ => line_around(bytes, start, start + length),
            };
            if std::mem::replace(&mut last, from) == from {
                return false;
            }
            let stands_there = match reach {
                Reach::Word(beside) => self.stands_beside(beside, bytes, from, to),
                _ => true,
            };
            stands_there && self.pattern(index).is_match(&bytes[from..to])
        })
    }

    fn stands_beside(&self, beside: Beside, text: &[u8], start: usize, end: usize) -> bool {
        match beside {
            Beside::Anything => true,
            Beside::Call => may_be_called(self.language, text, start, end),
            Beside::Definition => may_be_defined(text, start),
        }
    }

    fn pattern(&self, index: usize) -> &Compiled {
        let source = &self.plan.patterns[index].source;
        self.patterns[index].get_or_init(|| {
            let soon = if self.haystack == Haystack::File { Compiled::soon(source) } else { None };
            soon.unwrap_or_else(|| Compiled::quick(source))
        })
    }

    /// Searches a text for all literals.
    fn searched<'t>(&self, text: &'t str) -> Asked<'t> {
        let mut asked = Asked {
            text,
            words: vec![false; self.plan.words.len()],
            patterns: self.unsearched.clone(),
            clauses: vec![None; self.plan.clauses.len()],
            spots: Vec::new(),
            spotted: vec![0; self.literals.len()],
            is_given: false,
        };
        let spelled = spelling(self.language, text);
        if spelled.names {
            asked.words.fill(true);
            asked.patterns.fill(Matches::Yes);
            return asked;
        }
        if spelled.modules {
            for (found, word) in asked.words.iter_mut().zip(&self.plan.words) {
                *found = word.names != Names::Anything;
            }
        }
        let bytes = text.as_bytes();
        // Most literals of a file stand in it many times.
        let mut is_settled = vec![false; self.literals.len()];
        for hit in self.searcher.iter().flat_map(|it| it.find_overlapping_iter(text)) {
            let start = hit.start();
            for &index in &self.begun[hit.pattern().as_usize()] {
                let meant = &self.literals[index];
                let is_wanted = meant.is_tried && asked.spotted[index] <= MOST_SPOTS;
                if (is_wanted || !is_settled[index]) && meant.literal.starts(&bytes[start..]) {
                    if is_wanted {
                        asked.spots.push((index as u32, start as u32));
                        asked.spotted[index] += 1;
                    }
                    is_settled[index] = is_settled[index] || self.note(meant, &mut asked, start);
                }
            }
        }
        asked
    }

    /// Notes that a literal stands at `start`; whether it means nothing more to find it again.
    fn note(&self, meant: &Meant, asked: &mut Asked<'_>, start: usize) -> bool {
        let (text, end) = (asked.text, start + meant.literal.len());
        let is_alone = stands_alone(text, start, end);
        let mut is_settled = true;
        for meaning in &meant.meanings {
            match meaning {
                Meaning::Word(index) => {
                    let is_named = || {
                        self.plan.words[*index].names != Names::Module || may_name_module(self.language, text, start)
                    };
                    asked.words[*index] |= is_alone && is_named();
                    is_settled &= asked.words[*index];
                }
                Meaning::Pattern { index, settles, stands_alone, beside } => {
                    let found = &mut asked.patterns[*index];
                    let is_there = (is_alone || !stands_alone)
                        && (!settles || self.stands_beside(*beside, text.as_bytes(), start, end));
                    let news = if *settles { Matches::Yes } else { Matches::Perhaps };
                    if is_there {
                        *found = news.max(*found);
                    }
                    is_settled &= is_there;
                }
            }
        }
        is_settled
    }
}

/// The word that stands around a place, in ASCII.
fn word_around(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = text[..start].iter().rev().take_while(|it| is_word(it)).count();
    let behind = text[end..].iter().take_while(|it| is_word(it)).count();
    (start - before, end + behind)
}

fn line_around(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let from = memchr::memrchr(b'\n', &text[..start]).map_or(0, |at| at + 1);
    (from, memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at))
}

/// What is searched for to find a literal: a small automaton is a quick one.
fn start_of(mut literal: Vec<u8>) -> Vec<u8> {
    literal.truncate(LONGEST_START);
    literal
}

fn in_order<T>(indexes: FxHashMap<T, usize>) -> Vec<T> {
    let mut all: Vec<(T, usize)> = indexes.into_iter().collect();
    all.sort_unstable_by_key(|(_, index)| *index);
    all.into_iter().map(|(it, _)| it).collect()
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
fn may_name_module(language: Language, text: &str, start: usize) -> bool {
    let text = text.as_bytes();
    let quoted = start > 0 && matches!(text[start - 1], b'"' | b'\'' | b'`');
    match language {
        Language::JavaScript | Language::TypeScript => quoted || follows_registry(&text[..start]),
        Language::Go => quoted,
        Language::Python => {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\x0c' | b'\\' | b'\n' | b'\r');
            let end = text[..start].iter().rposition(|byte| !blank(byte)).map_or(0, |at| at + 1);
            let before = &text[..end];
            quoted || before.ends_with(b",") || before.ends_with(b"import") || before.ends_with(b"from")
        }
        _ => true,
    }
}

/// Whether a text ends in the start of a specifier that names a registry: `"npm:`, `"https://esm.sh/`.
fn follows_registry(text: &[u8]) -> bool {
    const LONGEST: usize = 60;
    let near = &text[text.len().saturating_sub(LONGEST)..];
    let quote = near.iter().rposition(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let specifier = quote.map(|at| &near[at + 1..]).unwrap_or(b"");
    [b"npm:".as_slice(), b"jsr:", b"https://"].iter().any(|it| specifier.starts_with(it))
}

/// Whether a text may spell names in other characters than their own.
#[derive(Clone, Copy, Debug, Default)]
struct Spelling {
    /// Those of modules, where they are texts.
    modules: bool,
    names: bool,
}

fn spelling(language: Language, text: &str) -> Spelling {
    let bytes = text.as_bytes();
    match language {
        Language::JavaScript | Language::TypeScript => {
            let mut spelling = Spelling::default();
            for at in memchr::memchr_iter(b'\\', bytes) {
                spelling.names |= escapes_word_character(&bytes[at + 1..]);
                let common = bytes.get(at + 1).is_some_and(|next| b"bfnrtv0\"'`\\/".contains(next));
                let in_specifier = |byte: &u8| byte.is_ascii_alphanumeric() || b"@/._:-".contains(byte);
                let before = || bytes[..at].iter().rposition(|byte| !in_specifier(byte)).map(|at| bytes[at]);
                spelling.modules |= !common && matches!(before(), Some(b'"' | b'\'' | b'`'));
            }
            spelling
        }
        Language::Python => {
            // A name that is a text may be put together.
            let by_text = ["import_module", "__import__"];
            let modules = by_text.iter().any(|it| memchr::memmem::find(bytes, it.as_bytes()).is_some());
            // Names are alike when their compatibility forms are.
            Spelling { modules, names: !text.is_ascii() && holds_compatible_name(text) }
        }
        _ => Spelling::default(),
    }
}

/// Whether what follows a backslash makes it an escape of a letter, digit or sign that names are made of: `x6a`,
/// `u006a`, `u{6a}`.
fn escapes_word_character(escape: &[u8]) -> bool {
    let digits = match escape {
        [b'x', high, low, ..] => &[*high, *low][..],
        [b'u', b'{', rest @ ..] => &rest[..rest.iter().position(|byte| *byte == b'}').unwrap_or(0)],
        [b'u', b'0', b'0', high, low, ..] => &[*high, *low][..],
        _ => return false,
    };
    let code = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
    code.and_then(char::from_u32).is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')
}

/// Whether a letter of another form stands beside a letter: alone (`ℹ`) it is no name that is looked for.
fn holds_compatible_name(text: &str) -> bool {
    let is_letter = |it: char| it.is_ascii_alphanumeric() || it == '_' || may_be_ascii_letter(it);
    let mut at = 0;
    while let Some(next) = next_beyond_ascii(text.as_bytes(), at) {
        let character = text[next..].chars().next().expect("a character starts there");
        at = next + character.len_utf8();
        let before = || text[..next].chars().next_back();
        let after = || text[at..].chars().next();
        if may_be_ascii_letter(character) && (before().is_some_and(is_letter) || after().is_some_and(is_letter)) {
            return true;
        }
    }
    false
}

/// Where the next character starts that is none of ASCII's.
fn next_beyond_ascii(bytes: &[u8], from: usize) -> Option<usize> {
    const BLOCK: usize = 64;
    let mut at = from;
    while bytes.get(at..at + BLOCK).is_some_and(<[u8]>::is_ascii) {
        at += BLOCK;
    }
    bytes[at..].iter().position(|byte| !byte.is_ascii()).map(|found| at + found)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn every_rule_of_ours_can_be_ruled_out_by_a_text() {
        let rules = Settings::plain().rules;
        for language in crate::fact::Language::ALL {
            let plan = Plan::new(language, &rules);
            let always = plan.rules.iter().filter(|it| matches!(it.search, Search::Always));
            let always: Vec<&str> = always.map(|it| &*rules[it.index].id).collect();
            assert!(always.is_empty(), "{language:?}: {always:?} parse every file");
        }
    }
}
