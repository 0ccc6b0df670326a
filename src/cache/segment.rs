//! What one run found out, as it stands in a file.

use crate::cache::Key;
use crate::cache::Looked;
use crate::cache::New;
use crate::cache::Searched;
use crate::cache::Surroundings;
use crate::cache::findings::WireFound;
use crate::cache::number_of;
use crate::fact::Language;
use crate::fact::Name;
use crate::resolve::graph::FileId;
use crate::resolve::trace::Question;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Contents {
    /// Of what was looked at; see [`Surroundings::graph`].
    pub(super) graph: u64,
    /// Paths and names, each once.
    pub(super) texts: TextList,
    pub(super) searched: Table<Searched>,
    pub(super) looked: Table<WireLooked>,
    /// Whether files hold some words.
    pub(super) words: Table<bool>,
}

/// Texts with numbers.
#[derive(Debug, Default)]
pub(super) struct Texts {
    numbers: FxHashMap<Box<str>, u32>,
}

impl Texts {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(text.into(), number);
        number
    }

    pub(super) fn all(self) -> TextList {
        let mut texts: Vec<(Box<str>, u32)> = self.numbers.into_iter().collect();
        texts.sort_unstable_by_key(|(_, number)| *number);
        let mut all = TextList::default();
        texts.iter().for_each(|(text, _)| _ = all.push(text));
        all
    }
}

/// Texts by their numbers, one behind the other: to read many small ones costs most of what it takes to read a cache.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct TextList {
    all: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl TextList {
    /// The number of a text that comes behind the others.
    pub(super) fn push(&mut self, text: &str) -> u32 {
        self.all.push_str(text);
        // What is too much for its numbers is found to be damaged when it is read.
        self.ends.push(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.ends.len() as u32 - 1
    }

    /// `None` where there is no such text, or the list is damaged.
    pub(super) fn get(&self, number: u32) -> Option<&str> {
        let at = number as usize;
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.all.get(start as usize..*self.ends.get(at)? as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Entries by their keys, and which of them were used.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Table<T> {
    /// Sorted by key.
    entries: Vec<(Key, T)>,
    /// For each entry the graph that it was used with, or [`UNUSED`].
    #[serde(skip)]
    used: Vec<AtomicU64>,
}

const UNUSED: u64 = u64::MAX;

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table { entries: Vec::new(), used: Vec::new() }
    }
}

impl<T> Table<T> {
    pub(super) fn new(mut entries: Vec<(Key, T)>) -> Table<T> {
        entries.sort_by_key(|(key, _)| *key);
        entries.dedup_by_key(|(key, _)| *key);
        Table { entries, used: Vec::new() }
    }

    fn ready(&mut self) {
        self.used = self.entries.iter().map(|_| AtomicU64::new(UNUSED)).collect();
    }

    fn find(&self, key: Key) -> Option<usize> {
        self.entries.binary_search_by_key(&key, |(key, _)| *key).ok()
    }

    fn use_at(&self, at: usize, graph: u64) -> &T {
        self.used[at].store(graph, Ordering::Relaxed);
        &self.entries[at].1
    }

    /// An entry that holds for every graph.
    pub(super) fn get(&self, key: Key) -> Option<&T> {
        self.find(key).map(|at| self.use_at(at, 0))
    }

    fn graphs_used(&self) -> impl Iterator<Item = u64> {
        self.used.iter().map(|it| it.load(Ordering::Relaxed)).filter(|graph| *graph != UNUSED)
    }

    /// The entries that were used, each with the graph.
    fn into_used(self) -> impl Iterator<Item = (u64, (Key, T))> {
        let used = self.used.into_iter().map(AtomicU64::into_inner);
        used.zip(self.entries).filter(|(graph, _)| *graph != UNUSED)
    }
}

/// What a look at a file found; numbers of texts stand for them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireLooked {
    pub(super) found: WireFound,
    pub(super) passed_on: Vec<u32>,
    pub(super) sources: Vec<(u32, u32)>,
    /// The files that were read, with digests of their blobs' names.
    pub(super) loaded: Vec<(u32, u64)>,
    pub(super) asked: Vec<(WireQuestion, u64)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum WireQuestion {
    Located(u32, u32),
    Package(u32),
    Renamed(u32, u32),
    Version(u8, u32, u32),
    Dependency(u8, u32, u32),
}

/// Entries that earlier runs wrote, and the files that their texts name in the repository of the run underway.
#[derive(Debug)]
pub(super) struct Segment {
    /// Of the run that wrote it.
    pub(super) digest: u64,
    pub(super) contents: Contents,
    files: Mutex<Option<Files>>,
}

/// For each text the file at that path, once somebody asked.
type Files = Arc<Vec<OnceLock<Option<FileId>>>>;

impl Segment {
    pub(super) fn new(digest: u64, mut contents: Contents) -> Segment {
        contents.searched.ready();
        contents.looked.ready();
        contents.words.ready();
        Segment { digest, contents, files: Mutex::default() }
    }

    pub(super) fn begin(&self) {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn files(&self) -> Files {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.get_or_insert_with(|| Arc::new((0..self.contents.texts.len()).map(|_| OnceLock::new()).collect())).clone()
    }

    pub(super) fn looked(&self, key: Key, around: &Surroundings<'_>) -> Option<Looked> {
        let contents = &self.contents;
        let at = contents.looked.find(key)?;
        let looked = &contents.looked.entries[at].1;
        let files = self.files();
        let text = |number: u32| contents.texts.get(number);
        let file = |number: u32| {
            let path = text(number)?;
            *files.get(number as usize)?.get_or_init(|| around.repository.graph.file(path))
        };
        let is_unchanged = |&(path, digest): &(u32, u64)| file(path).is_some_and(|it| (around.blob)(it) == digest);
        let holds = |(question, answer): &(WireQuestion, u64)| {
            question.question(&text, &file).is_some_and(|question| question.answer(around.repository) == *answer)
        };
        // Of the same graph the answers are the same.
        let is_same = looked.loaded.iter().all(is_unchanged)
            && (contents.graph == around.graph || looked.asked.iter().all(holds));
        if !is_same {
            return None;
        }
        let owned = |number: &u32| text(*number).map(str::to_owned);
        let sources = looked.sources.iter().map(|(path, name)| Some((file(*path)?, Name::from(text(*name)?))));
        let known = Looked {
            found: looked.found.found(around.rules, &owned)?,
            passed_on: looked.passed_on.iter().map(|name| text(*name).map(Name::from)).collect::<Option<_>>()?,
            sources: sources.collect::<Option<_>>()?,
            loaded: looked.loaded.iter().map(|(path, _)| file(*path)).collect::<Option<_>>()?,
        };
        contents.looked.use_at(at, around.graph);
        Some(known)
    }

    /// How many of the looks that were used had to ask whether they still held, and how many were used.
    pub(super) fn asked_and_used(&self) -> (usize, usize) {
        let graphs = || self.contents.looked.graphs_used();
        (graphs().filter(|graph| *graph != self.contents.graph).count(), graphs().count())
    }

    /// Hands the entries that were used on.
    pub(super) fn move_used(self, into: &mut BTreeMap<u64, New>) {
        let Contents { texts, searched, looked, words, .. } = self.contents;
        for (graph, entry) in searched.into_used() {
            into.entry(graph).or_default().searched.push(entry);
        }
        for (graph, entry) in words.into_used() {
            into.entry(graph).or_default().words.push(entry);
        }
        for (graph, (key, mut looked)) in looked.into_used() {
            let new = into.entry(graph).or_default();
            looked.for_each_text(&mut |number| *number = new.texts.number(texts.get(*number).unwrap_or_default()));
            new.looked.push((key, looked));
        }
    }
}

impl WireLooked {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        self.found.for_each_text(visit);
        self.passed_on.iter_mut().for_each(&mut *visit);
        for (path, name) in &mut self.sources {
            visit(path);
            visit(name);
        }
        self.loaded.iter_mut().for_each(|(path, _)| visit(path));
        self.asked.iter_mut().for_each(|(question, _)| question.for_each_text(visit));
    }
}

impl WireQuestion {
    pub(super) fn of<'p>(question: &Question, path: &dyn Fn(FileId) -> &'p str, texts: &mut Texts) -> WireQuestion {
        match question {
            Question::Located(from, to) => WireQuestion::Located(texts.number(path(*from)), texts.number(to)),
            Question::Package(from) => WireQuestion::Package(texts.number(path(*from))),
            Question::Renamed(from, name) => WireQuestion::Renamed(texts.number(path(*from)), texts.number(name)),
            Question::Version(language, from, package) => {
                WireQuestion::Version(number_of(*language), texts.number(path(*from)), texts.number(package))
            }
            Question::Dependency(language, from, package) => {
                WireQuestion::Dependency(number_of(*language), texts.number(path(*from)), texts.number(package))
            }
        }
    }

    /// The question in the repository underway; `None` where there is no such file.
    fn question<'t>(
        &self,
        text: &dyn Fn(u32) -> Option<&'t str>,
        file: &dyn Fn(u32) -> Option<FileId>,
    ) -> Option<Question> {
        Some(match *self {
            WireQuestion::Located(from, path) => Question::Located(file(from)?, text(path)?.into()),
            WireQuestion::Package(from) => Question::Package(file(from)?),
            WireQuestion::Renamed(from, name) => Question::Renamed(file(from)?, text(name)?.into()),
            WireQuestion::Version(language, from, package) => {
                let language = Language::ALL.get(usize::from(language)).copied()?;
                Question::Version(language, file(from)?, text(package)?.into())
            }
            WireQuestion::Dependency(language, from, package) => {
                let language = Language::ALL.get(usize::from(language)).copied()?;
                Question::Dependency(language, file(from)?, text(package)?.into())
            }
        })
    }

    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        match self {
            WireQuestion::Located(from, text)
            | WireQuestion::Renamed(from, text)
            | WireQuestion::Version(_, from, text)
            | WireQuestion::Dependency(_, from, text) => {
                visit(from);
                visit(text);
            }
            WireQuestion::Package(from) => visit(from),
        }
    }
}
