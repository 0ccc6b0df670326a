//! What earlier runs found out about files that git has, by the names of their blobs, so that a hook looks only at what
//! has changed. An entry is used where everything that it depends on is as it was: the blob, the rules, the program, and
//! what was asked of other files ([`Trace`]). So a run with it finds what a run without it finds.
//!
//! A file of it is a row of segments, each with a checksum: a run adds one with what it found out, and writes the whole
//! anew when they have become many. It holds findings as they are reported, masked, and names; no source. Whatever is
//! wrong with it, it is as if it were empty.

mod checkpoint;
mod findings;
mod plans;
mod scans;
mod segment;

pub(crate) use checkpoint::Checkpoint;
pub(crate) use checkpoint::Gifts;
pub(crate) use checkpoint::Part;
pub(crate) use checkpoint::Whole;
pub(crate) use plans::Plans;
pub(crate) use scans::Scans;
pub(crate) use scans::Unexamined;

use crate::cache::findings::WireFound;
use crate::cache::segment::Contents;
use crate::cache::segment::Segment;
use crate::cache::segment::Table;
use crate::cache::segment::Texts;
use crate::cache::segment::WireLooked;
use crate::cache::segment::WireQuestion;
use crate::fact::Language;
use crate::fact::Name;
use crate::finding::Finding;
use crate::hash;
use crate::resolve::graph::FileId;
use crate::resolve::trace::Question;
use crate::resolve::trace::Trace;
use crate::resolve::world::Repository;
use crate::rules::Rule;
use crate::site::Site;
use rustc_hash::FxHasher;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// What an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key(u64, u64);

impl Key {
    pub(crate) fn of(parts: impl Hash) -> Key {
        Key(hash::digest((0_u8, &parts)), hash::digest((1_u8, &parts)))
    }
}

/// What a search of a file came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Searched {
    /// Index into [`Language::ALL`]; none for a file that no reader reads.
    pub(crate) language: Option<u8>,
    /// The rules whose literals it holds.
    pub(crate) may_match: Vec<u16>,
    pub(crate) has_markers: bool,
    pub(crate) bytes: u64,
}

/// What was found in a file, as far as it can be kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) findings: Vec<Finding>,
    pub(crate) sites: Vec<Site>,
    pub(crate) syntax_error: Option<SyntaxError>,
}

/// What a look at a file came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked {
    pub(crate) found: Found,
    pub(crate) passed_on: Vec<Name>,
    /// The files that it imports, each with the name that is taken from there.
    pub(crate) sources: Vec<(FileId, Name)>,
    /// The files that were read.
    pub(crate) loaded: Vec<FileId>,
}

/// Where a file does not parse.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SyntaxError {
    pub(crate) line: u32,
    /// It can hide no finding.
    pub(crate) is_elsewhere: bool,
    pub(crate) message: String,
}

/// What a look at a file is asked of.
pub(crate) struct Surroundings<'a> {
    pub(crate) repository: &'a Repository<'a>,
    /// A digest of what answers questions: which files there are, and what steers where imports lead. Never 0.
    pub(crate) graph: u64,
    pub(crate) rules: &'a [Rule],
    /// Gives a digest of the blob that a file is.
    pub(crate) blob: &'a (dyn Fn(FileId) -> u64 + Sync),
}

/// What earlier runs found out, and what this one does.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    old: Vec<Segment>,
    /// Whether something stands in the file that no run of this digest wrote.
    is_mixed: bool,
    /// What is searched for.
    pub(crate) plans: Arc<Plans>,
    /// What this run found out, by the graph that it holds for: 0 where that is none of its concern.
    new: Mutex<BTreeMap<u64, New>>,
}

#[derive(Debug, Default)]
struct New {
    texts: Texts,
    searched: Vec<(Key, Searched)>,
    looked: Vec<(Key, WireLooked)>,
    words: Vec<(Key, bool)>,
}

impl New {
    fn contents(self, graph: u64) -> Contents {
        let New { texts, searched, looked, words } = self;
        let texts = texts.all();
        Contents { graph, texts, searched: Table::new(searched), looked: Table::new(looked), words: Table::new(words) }
    }
}

/// How the bytes of a cache are to be written.
#[derive(Debug)]
pub(crate) enum Kept {
    /// At the end of the file that was read.
    Added(Vec<u8>),
    Anew(Vec<u8>),
}

/// Segments of a file; with more, to look in all of them takes longer than to write them anew.
const MOST_SEGMENTS: usize = 32;

impl Cache {
    /// One that knows nothing of any file.
    pub(crate) fn empty(plans: Arc<Plans>) -> Cache {
        Cache { plans, ..Cache::default() }
    }

    /// The cache that bytes are.
    pub(crate) fn read(bytes: &[u8], plans: Arc<Plans>) -> Cache {
        let mut rest = bytes;
        let mut old = Vec::new();
        while let Some((digest, contents, after)) = unpacked::<Contents>(rest) {
            old.push(Segment::new(digest, contents));
            rest = after;
        }
        Cache { old, is_mixed: !rest.is_empty(), plans, ..Cache::default() }
    }

    /// Forgets what was written by runs of another digest.
    pub(crate) fn of(mut self, digest: u64) -> Cache {
        let count = self.old.len();
        self.old.retain(|segment| segment.digest == digest);
        self.is_mixed |= self.old.len() != count;
        self
    }

    /// What to keep for runs of this `digest`; `None` where that is what there was.
    pub(crate) fn kept(self, digest: u64) -> Option<Kept> {
        let mut new = self.new.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Entries that had to ask whether they still hold would ask again the next time.
        let (asked, used) = self.old.iter().map(Segment::asked_and_used).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let is_anew = self.is_mixed || self.old.len() >= MOST_SEGMENTS || asked * 4 > used;
        if new.is_empty() && !is_anew {
            return None;
        }
        if is_anew {
            for segment in self.old {
                segment.move_used(&mut new);
            }
        }
        let segments = new.into_iter().map(|(graph, new)| packed(&new.contents(graph), digest));
        let bytes = segments.collect::<Option<Vec<_>>>()?.concat();
        Some(if is_anew { Kept::Anew(bytes) } else { Kept::Added(bytes) })
    }

    pub(crate) fn searched(&self, key: Key) -> Option<Searched> {
        self.old.iter().find_map(|segment| segment.contents.searched.get(key)).cloned()
    }

    pub(crate) fn note_searched(&self, key: Key, searched: Searched) {
        self.found_out(0, |new| new.searched.push((key, searched)));
    }

    pub(crate) fn words(&self, key: Key) -> Option<bool> {
        self.old.iter().find_map(|segment| segment.contents.words.get(key)).copied()
    }

    pub(crate) fn note_words(&self, key: Key, stand_there: bool) {
        self.found_out(0, |new| new.words.push((key, stand_there)));
    }

    /// What a look at a file found, if it would find the same now.
    pub(crate) fn looked(&self, key: Key, around: &Surroundings<'_>) -> Option<Looked> {
        self.old.iter().find_map(|segment| segment.looked(key, around))
    }

    /// Keeps what a look at a file found and what that depends on. `imports` are the paths behind its sources.
    pub(crate) fn note_looked(
        &self,
        key: Key,
        (id, imports): (FileId, &[Name]),
        looked: &Looked,
        trace: &Trace,
        around: &Surroundings<'_>,
    ) {
        let Surroundings { repository, graph, rules, blob } = around;
        let located = imports.iter().map(|path| Question::Located(id, path.as_str().into()));
        let located = located.filter(|question| !trace.asked.contains_key(question));
        let located = located.map(|question| (question.answer(repository), question));
        let asked: Vec<(Question, u64)> = trace
            .asked
            .iter()
            .map(|(question, answer)| (question.clone(), *answer))
            .chain(located.map(|(answer, question)| (question, answer)))
            .collect();
        self.found_out(*graph, |new| {
            let texts = &mut new.texts;
            let path = |file: FileId| repository.graph.path(file);
            let Some(found) = WireFound::of(&looked.found, rules, &mut |text| texts.number(text)) else { return };
            let looked = WireLooked {
                found,
                passed_on: looked.passed_on.iter().map(|name| texts.number(name)).collect(),
                sources: looked
                    .sources
                    .iter()
                    .map(|(id, name)| (texts.number(path(*id)), texts.number(name)))
                    .collect(),
                loaded: looked.loaded.iter().map(|&file| (texts.number(path(file)), blob(file))).collect(),
                asked: asked.into_iter().map(|(it, answer)| (WireQuestion::of(&it, &path, texts), answer)).collect(),
            };
            new.looked.push((key, looked));
        });
    }

    /// Forgets which files the paths lead to: another repository, or another state of it, comes next.
    pub(crate) fn begin(&self) {
        self.old.iter().for_each(Segment::begin);
    }

    fn found_out(&self, graph: u64, note: impl FnOnce(&mut New)) {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        note(new.entry(graph).or_default());
    }
}

/// The number of a language.
pub(crate) fn number_of(language: Language) -> u8 {
    let at = Language::ALL.into_iter().position(|it| it == language);
    at.expect("all languages are listed") as u8
}

const MAGIC: [u8; 8] = *b"ssot-c06";

/// A segment: what begins all of them, then the digest of the run, the checksum and the length of what follows.
fn packed(contents: &impl Serialize, digest: u64) -> Option<Vec<u8>> {
    let payload = postcard::to_allocvec(contents).ok()?;
    let head = [digest, checksum(&payload), payload.len() as u64].map(u64::to_le_bytes);
    Some([&MAGIC[..], head.as_flattened(), &payload].concat())
}

/// The digest and the contents of the first segment, and what comes after it; `None` where there is no sound one.
fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Option<(u64, T, &[u8])> {
    let (head, rest) = bytes.strip_prefix(&MAGIC)?.split_at_checked(24)?;
    let number = |at: usize| Some(u64::from_le_bytes(head.get(at..at + 8)?.try_into().ok()?));
    let (payload, after) = rest.split_at_checked(usize::try_from(number(16)?).ok()?)?;
    let is_sound = number(8)? == checksum(payload);
    let contents = is_sound.then(|| postcard::from_bytes(payload).ok()).flatten()?;
    Some((number(0)?, contents, after))
}

/// It is for accidents, and has to be fast.
fn checksum(payload: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    payload.hash(&mut hasher);
    hasher.finish()
}
