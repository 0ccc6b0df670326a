//! What earlier runs found out about files that git has, by the names of their blobs, so that a hook looks only at what
//! has changed. An entry is used where everything that it depends on is as it was: the blob, the rules, the program, and
//! what was asked of other files ([`Trace`]). So a run with it finds what a run without it finds.
//!
//! It holds findings as they are reported, masked, and names; no source. Whatever is wrong with it, it is as if it were
//! empty.

use crate::finding::Allowed;
use crate::finding::Finding;
use crate::finding::Related;
use crate::finding::Severity;
use crate::finding::State;
use crate::hash;
use crate::place::Place;
use crate::resolve::graph::FileId;
use crate::resolve::trace::Question;
use crate::resolve::trace::Trace;
use crate::resolve::world::Repository;
use crate::rules::Rule;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::Serialize;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use time::Date;

/// What an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key(u64, u64);

impl Key {
    pub(crate) fn of(parts: impl Hash) -> Key {
        Key(hash::digest((0_u8, &parts)), hash::digest((1_u8, &parts)))
    }
}

/// What a search of a file came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Searched {
    /// Index into [`crate::fact::Language::ALL`]; none for a file that no reader reads.
    pub(crate) language: Option<u8>,
    /// The rules whose literals it holds.
    pub(crate) may_match: Vec<u16>,
    pub(crate) has_markers: bool,
    pub(crate) bytes: u64,
}

/// What a look at a file found, as far as it can be kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked {
    pub(crate) findings: Vec<Finding>,
    pub(crate) passed_on: Vec<String>,
    pub(crate) imports: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) syntax_error: Option<SyntaxError>,
}

/// Where a file does not parse.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SyntaxError {
    pub(crate) line: u32,
    /// It can hide no finding.
    pub(crate) is_elsewhere: bool,
    pub(crate) message: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    /// Paths and names, each once.
    texts: Vec<Box<str>>,
    searched: FxHashMap<Key, Searched>,
    looked: FxHashMap<Key, WireLooked>,
    /// Whether files hold some words.
    words: FxHashMap<Key, bool>,
}

/// Numbers of texts stand for them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireLooked {
    findings: Vec<WireFinding>,
    passed_on: Vec<u32>,
    imports: Vec<u32>,
    scopes: Vec<u32>,
    syntax_error: Option<SyntaxError>,
    /// The files that were read, with digests of their blobs' names.
    loaded: Vec<(u32, u64)>,
    asked: Vec<(WireQuestion, u64)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum WireQuestion {
    Located(u32, u32),
    Package(u32),
    Renamed(u32, u32),
    Version(u8, u32, u32),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireFinding {
    /// The rule's number; it has the texts that are the rule's.
    rule: u16,
    severity: u8,
    message: String,
    path: u32,
    place: [u32; 4],
    scope: u32,
    snippet: String,
    fingerprint: String,
    in_tests: bool,
    related: Vec<(u32, [u32; 4], String)>,
    also: Vec<u16>,
    state: u8,
    allowed: Option<WireAllowed>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireAllowed {
    reason: String,
    owner: Option<String>,
    /// Julian day.
    until: Option<i32>,
    path: u32,
    line: Option<u32>,
}

/// What earlier runs found out, and what this one does.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    old: Contents,
    new: Mutex<New>,
    /// The entries of `old` that were used.
    used: Mutex<FxHashSet<Key>>,
    /// The files that the texts of `old` name, in the repository of the run underway.
    files: Mutex<Option<Files>>,
}

/// For each text the file at that path, once somebody asked.
type Files = Arc<Vec<OnceLock<Option<FileId>>>>;

#[derive(Debug, Default)]
struct New {
    contents: Contents,
    numbers: FxHashMap<Box<str>, u32>,
}

impl New {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.contents.texts.len() as u32;
        self.contents.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }
}

const MAGIC: [u8; 8] = *b"ssot-c01";

impl Cache {
    /// The cache that bytes are, written by a run of this `digest`; an empty one where they are not.
    pub(crate) fn read(bytes: &[u8], digest: u64) -> Cache {
        Cache { old: unpacked(bytes, digest).unwrap_or_default(), ..Cache::default() }
    }

    /// The bytes to keep: what this run used and what it found out. `None` where that is hardly more than there was.
    pub(crate) fn bytes(self, digest: u64) -> Option<Vec<u8>> {
        let mut new = self.new.into_inner().unwrap_or_else(PoisonError::into_inner);
        let used = self.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        let fresh = new.contents.searched.len() + new.contents.looked.len() + new.contents.words.len();
        if fresh == 0 || new.contents.looked.len() < LEAST_LOOKS && fresh * LEAST_NEWS < used.len() {
            return None;
        }
        let is_used = |key: &Key| used.contains(key);
        let old = self.old;
        new.contents.searched.extend(old.searched.into_iter().filter(|(key, _)| is_used(key)));
        new.contents.words.extend(old.words.into_iter().filter(|(key, _)| is_used(key)));
        let texts = old.texts;
        for (key, mut looked) in old.looked.into_iter().filter(|(key, _)| is_used(key)) {
            looked.for_each_text(&mut |number| *number = new.number(&texts[*number as usize]));
            new.contents.looked.insert(key, looked);
        }
        packed(&new.contents, digest)
    }

    pub(crate) fn searched(&self, key: Key) -> Option<Searched> {
        let known = self.old.searched.get(&key).cloned()?;
        self.use_of(key);
        Some(known)
    }

    pub(crate) fn note_searched(&self, key: Key, searched: Searched) {
        self.found_out().contents.searched.insert(key, searched);
    }

    pub(crate) fn words(&self, key: Key) -> Option<bool> {
        let known = self.old.words.get(&key).copied()?;
        self.use_of(key);
        Some(known)
    }

    pub(crate) fn note_words(&self, key: Key, stand_there: bool) {
        self.found_out().contents.words.insert(key, stand_there);
    }

    /// What a look at a file found, if it would find the same now. `blob` gives a digest of the blob that a file is.
    pub(crate) fn looked(
        &self,
        key: Key,
        repository: &Repository<'_>,
        rules: &[Rule],
        blob: &dyn Fn(FileId) -> u64,
    ) -> Option<Looked> {
        let looked = self.old.looked.get(&key)?;
        let files = self.files();
        let file = |number: u32| {
            let text = self.old.texts.get(number as usize)?;
            *files.get(number as usize)?.get_or_init(|| repository.graph.file(text))
        };
        let text = |number: &u32| self.old.texts.get(*number as usize).map(|it| it.to_string());
        let is_same = looked.loaded.iter().all(|(path, digest)| file(*path).is_some_and(|it| blob(it) == *digest))
            && looked.asked.iter().all(|(question, answer)| {
                let question = match question {
                    WireQuestion::Located(from, path) => {
                        file(*from).zip(text(path)).map(|(from, path)| Question::Located(from, path.into()))
                    }
                    WireQuestion::Package(from) => file(*from).map(Question::Package),
                    WireQuestion::Renamed(from, name) => {
                        file(*from).zip(text(name)).map(|(from, name)| Question::Renamed(from, name.into()))
                    }
                    WireQuestion::Version(language, from, package) => {
                        let language = crate::fact::Language::ALL.get(usize::from(*language)).copied();
                        let asked = language.zip(file(*from)).zip(text(package));
                        asked.map(|((language, from), package)| Question::Version(language, from, package.into()))
                    }
                };
                question.is_some_and(|question| question.answer(repository) == *answer)
            });
        if !is_same {
            return None;
        }
        let all = |numbers: &[u32]| numbers.iter().map(text).collect::<Option<Vec<String>>>();
        let findings = looked.findings.iter().map(|it| it.finding(rules, &text));
        let known = Looked {
            findings: findings.collect::<Option<Vec<Finding>>>()?,
            passed_on: all(&looked.passed_on)?,
            imports: all(&looked.imports)?,
            scopes: all(&looked.scopes)?,
            syntax_error: looked.syntax_error.clone(),
        };
        self.use_of(key);
        Some(known)
    }

    /// Keeps what a look at a file found and what that depends on.
    pub(crate) fn note_looked(
        &self,
        key: Key,
        looked: &Looked,
        trace: &Trace,
        repository: &Repository<'_>,
        rules: &[Rule],
        blob: &dyn Fn(FileId) -> u64,
    ) {
        let path = |file: FileId| repository.graph.path(file);
        let mut new = self.found_out();
        let findings = looked.findings.iter().map(|it| WireFinding::of(it, rules, &mut |text| new.number(text)));
        let Some(findings) = findings.collect::<Option<Vec<_>>>() else { return };
        let mut all = |texts: &[String]| texts.iter().map(|text| new.number(text)).collect();
        let (passed_on, imports) = (all(&looked.passed_on), all(&looked.imports));
        let scopes = all(&looked.scopes);
        let loaded = trace.loaded.iter().map(|&file| (new.number(path(file)), blob(file))).collect();
        let asked = trace.asked.iter().map(|(question, answer)| {
            let question = match question {
                Question::Located(from, to) => WireQuestion::Located(new.number(path(*from)), new.number(to)),
                Question::Package(from) => WireQuestion::Package(new.number(path(*from))),
                Question::Renamed(from, name) => WireQuestion::Renamed(new.number(path(*from)), new.number(name)),
                Question::Version(language, from, package) => {
                    WireQuestion::Version(number_of(*language), new.number(path(*from)), new.number(package))
                }
            };
            (question, *answer)
        });
        let asked = asked.collect();
        let syntax_error = looked.syntax_error.clone();
        let looked = WireLooked { findings, passed_on, imports, scopes, syntax_error, loaded, asked };
        new.contents.looked.insert(key, looked);
    }

    /// Forgets which files the paths lead to: another repository, or another state of it, comes next.
    pub(crate) fn begin(&self) {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn files(&self) -> Files {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.get_or_insert_with(|| Arc::new(self.old.texts.iter().map(|_| OnceLock::new()).collect())).clone()
    }

    fn found_out(&self) -> std::sync::MutexGuard<'_, New> {
        self.new.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn use_of(&self, key: Key) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }
}

/// A run that looked at fewer files than this anew, and found out less than this part of what it used, leaves the cache
/// as it is: to write it takes longer than to find that out again.
const LEAST_LOOKS: usize = 12;
const LEAST_NEWS: usize = 200;

/// The number of a language.
pub(crate) fn number_of(language: crate::fact::Language) -> u8 {
    let at = crate::fact::Language::ALL.into_iter().position(|it| it == language);
    at.expect("all languages are listed") as u8
}

/// What whole repositories came to, by what git had of them: the commit that is made today is what tomorrow's is
/// compared with.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Scans {
    /// The latest last.
    scans: Vec<WireScan>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireScan {
    /// See [`crate::source::snapshot::Snapshot::digest`].
    listing: u64,
    texts: Vec<Box<str>>,
    findings: Vec<WireFinding>,
    unexamined: Vec<Unexamined>,
}

/// The path of a file that was not examined in full, and the kind of the problem.
pub(crate) type Unexamined = (String, String);

/// Branches that somebody goes back and forth between.
const MOST_SCANS: usize = 8;

impl Scans {
    /// The scans that bytes are, written by a run of this `digest`; none where they are not.
    pub(crate) fn read(bytes: &[u8], digest: u64) -> Scans {
        unpacked(bytes, digest).unwrap_or_default()
    }

    pub(crate) fn bytes(&self, digest: u64) -> Option<Vec<u8>> {
        packed(self, digest)
    }

    /// What was found in a repository that git had like this.
    pub(crate) fn find(&self, listing: u64, rules: &[Rule]) -> Option<(Vec<Finding>, &[Unexamined])> {
        let scan = self.scans.iter().find(|scan| scan.listing == listing)?;
        let text = |number: &u32| scan.texts.get(*number as usize).map(|it| it.to_string());
        let findings = scan.findings.iter().map(|it| it.finding(rules, &text)).collect::<Option<_>>()?;
        Some((findings, &scan.unexamined))
    }

    /// Keeps what was found.
    pub(crate) fn note(&mut self, listing: u64, findings: &[&Finding], unexamined: Vec<Unexamined>, rules: &[Rule]) {
        self.scans.retain(|scan| scan.listing != listing);
        let mut new = New::default();
        let findings = findings.iter().map(|it| WireFinding::of(it, rules, &mut |text| new.number(text)));
        let Some(findings) = findings.collect() else { return };
        self.scans.push(WireScan { listing, texts: new.contents.texts, findings, unexamined });
        self.scans.drain(..self.scans.len().saturating_sub(MOST_SCANS));
    }
}

fn packed(contents: &impl Serialize, digest: u64) -> Option<Vec<u8>> {
    let payload = postcard::to_allocvec(contents).ok()?;
    let head = [digest.to_le_bytes(), hash::digest(&payload).to_le_bytes()].concat();
    Some([&MAGIC[..], &head, &payload].concat())
}

fn unpacked<T: serde::de::DeserializeOwned>(bytes: &[u8], digest: u64) -> Option<T> {
    let (head, payload) = bytes.strip_prefix(&MAGIC)?.split_at_checked(16)?;
    let number = |at: usize| Some(u64::from_le_bytes(head.get(at..at + 8)?.try_into().ok()?));
    let is_right = number(0)? == digest && number(8)? == hash::digest(payload);
    is_right.then(|| postcard::from_bytes(payload).ok()).flatten()
}

impl WireLooked {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        self.passed_on.iter_mut().chain(&mut self.imports).chain(&mut self.scopes).for_each(&mut *visit);
        self.loaded.iter_mut().for_each(|(path, _)| visit(path));
        for (question, _) in &mut self.asked {
            match question {
                WireQuestion::Located(from, text)
                | WireQuestion::Renamed(from, text)
                | WireQuestion::Version(_, from, text) => {
                    visit(from);
                    visit(text);
                }
                WireQuestion::Package(from) => visit(from),
            }
        }
        for finding in &mut self.findings {
            visit(&mut finding.path);
            visit(&mut finding.scope);
            finding.related.iter_mut().for_each(|(path, ..)| visit(path));
            finding.allowed.iter_mut().for_each(|it| visit(&mut it.path));
        }
    }
}

const STATES: [State; 4] = [State::New, State::Known, State::Excepted, State::Expired];

impl WireFinding {
    fn of(finding: &Finding, rules: &[Rule], number: &mut dyn FnMut(&str) -> u32) -> Option<WireFinding> {
        let rule = |id: &str| rules.iter().position(|it| *it.id == *id).and_then(|at| u16::try_from(at).ok());
        let related = finding.related.iter().map(|it| (number(&it.path), wire_place(it.place), it.message.clone()));
        Some(WireFinding {
            rule: rule(&finding.rule)?,
            severity: Severity::ALL.iter().position(|it| *it == finding.severity)? as u8,
            message: finding.message.clone(),
            related: related.collect(),
            path: number(&finding.path),
            place: wire_place(finding.place),
            scope: number(&finding.scope),
            snippet: finding.snippet.clone(),
            fingerprint: finding.fingerprint.clone(),
            in_tests: finding.in_tests,
            also: finding.also.iter().map(|id| rule(id)).collect::<Option<_>>()?,
            state: STATES.iter().position(|it| *it == finding.state)? as u8,
            allowed: finding.allowed.as_ref().map(|it| WireAllowed {
                reason: it.reason.clone(),
                owner: it.owner.clone(),
                until: it.until.map(Date::to_julian_day),
                path: number(&it.path),
                line: it.line,
            }),
        })
    }

    fn finding(&self, rules: &[Rule], text: &dyn Fn(&u32) -> Option<String>) -> Option<Finding> {
        let rule = rules.get(usize::from(self.rule))?;
        let related = self.related.iter().map(|(path, at, message)| {
            Some(Related { path: text(path)?.into(), place: place(*at), message: message.clone() })
        });
        let allowed = match &self.allowed {
            None => None,
            Some(it) => Some(Allowed {
                reason: it.reason.clone(),
                owner: it.owner.clone(),
                until: it.until.map(Date::from_julian_day).transpose().ok()?,
                path: text(&it.path)?.into(),
                line: it.line,
            }),
        };
        Some(Finding {
            rule: rule.id.clone(),
            severity: *Severity::ALL.get(usize::from(self.severity))?,
            message: self.message.clone(),
            fix: rule.fix.clone(),
            why: rule.why.clone(),
            cwe: rule.cwe.clone(),
            impact: rule.impact.clone(),
            path: text(&self.path)?.into(),
            place: place(self.place),
            scope: text(&self.scope)?,
            snippet: self.snippet.clone(),
            fingerprint: self.fingerprint.clone(),
            in_tests: self.in_tests,
            related: related.collect::<Option<_>>()?,
            also: self.also.iter().map(|at| Some(rules.get(usize::from(*at))?.id.clone())).collect::<Option<_>>()?,
            state: *STATES.get(usize::from(self.state))?,
            allowed,
            origin: None,
        })
    }
}

fn wire_place(place: Place) -> [u32; 4] {
    [place.line, place.column, place.end_line, place.end_column]
}

fn place([line, column, end_line, end_column]: [u32; 4]) -> Place {
    Place { line, column, end_line, end_column }
}
