//! What a scan of a whole repository came to, file by file. A scan of a later state starts from there where all that is
//! different is the text of some files: it looks at these and at those that read them, and takes the rest as it was.

use crate::cache::Found;
use crate::cache::findings::WireFound;
use crate::cache::number_of;
use crate::cache::packed;
use crate::cache::segment::TextList;
use crate::cache::segment::Texts;
use crate::cache::unpacked;
use crate::fact::Language;
use crate::fact::Name;
use crate::problem::Problem;
use crate::problem::ProblemKind;
use crate::resolve::graph::FileId;
use crate::rules::Rule;
use crate::secret;
use crate::source::snapshot::Listing;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use time::Date;

/// A finished scan. It holds findings as they are reported, masked, and names; no source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// Of everything that git had.
    listing: Listing,
    /// Julian day.
    day: i32,
    /// See [`crate::cache::Surroundings::graph`].
    graph: u64,
    /// Paths and names, and what nothing names any more: an update only adds.
    texts: TextList,
    /// How many there were before the first update.
    texts_at_first: usize,
    /// The source files, sorted by path; a [`FileId`] is an index.
    files: Vec<WireFile>,
    /// By round, the files that give something to others, and the names of it.
    gifts: Vec<Vec<(u32, Vec<u32>)>>,
    /// What went wrong before any file was parsed, or is no file's.
    problems: Vec<WireProblem>,
    no_reader: BTreeMap<String, u64>,
    /// The paths of the files that steer where imports lead.
    configs: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireFile {
    path: u32,
    language: u8,
    in_tests: bool,
    bytes: u64,
    has_markers: bool,
    found: WireFound,
    loaded: Vec<u32>,
    gives_sinks: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireProblem {
    path: String,
    line: u32,
    /// Index into [`ProblemKind::ALL`].
    kind: u8,
    message: String,
    in_tests: bool,
}

/// A source file as it is kept.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) path: Arc<str>,
    pub(crate) language: Language,
    pub(crate) in_tests: bool,
    pub(crate) bytes: u64,
    /// It may hold comments that allow findings.
    pub(crate) has_markers: bool,
    pub(crate) found: Found,
    /// The files that were read when it was looked at.
    pub(crate) loaded: Vec<FileId>,
    /// What some of its calls do is decided by those who call its functions. That is not kept, since it may be a secret.
    pub(crate) gives_sinks: bool,
}

/// What is kept of a source file without what was found in it.
pub(crate) struct KeptSource<'a> {
    pub(crate) path: &'a str,
    /// `None` where what was kept is damaged.
    pub(crate) language: Option<Language>,
    pub(crate) in_tests: bool,
    /// The file's size.
    pub(crate) bytes: u64,
}

/// What files give to others, by file.
pub(crate) type Gifts = BTreeMap<FileId, Vec<Name>>;

/// What a checkpoint is made of besides its files.
#[derive(Debug)]
pub(crate) struct Whole<'a> {
    pub(crate) listing: Listing,
    pub(crate) day: Date,
    pub(crate) graph: u64,
    pub(crate) gifts: &'a [Gifts],
    pub(crate) problems: &'a [Problem],
    pub(crate) no_reader: BTreeMap<String, u64>,
    pub(crate) configs: Vec<String>,
}

impl Checkpoint {
    /// The checkpoint that bytes are, and the digest of the run that wrote it; `None` where they are none.
    pub(crate) fn read(bytes: &[u8]) -> Option<(u64, Checkpoint)> {
        unpacked(bytes).map(|(digest, checkpoint, _)| (digest, checkpoint))
    }

    pub(crate) fn bytes(&self, digest: u64) -> Option<Vec<u8>> {
        packed(self, digest)
    }

    /// `None` where something cannot be kept. `parts` are sorted by path.
    pub(crate) fn new(whole: Whole<'_>, parts: impl Iterator<Item = Part>, rules: &[Rule]) -> Option<Checkpoint> {
        let Whole { listing, day, graph, gifts, problems, no_reader, configs } = whole;
        let mut texts = Texts::default();
        let mut number = |text: &str| texts.number(text);
        let files = parts.map(|part| WireFile::of(&part, rules, &mut number)).collect::<Option<_>>()?;
        let gifts = gifts.iter().map(|round| {
            let names =
                |names: &[Name], number: &mut dyn FnMut(&str) -> u32| names.iter().map(|it| number(it)).collect();
            round.iter().map(|(file, given)| (file.0, names(given, &mut number))).collect()
        });
        let gifts = gifts.collect();
        let problems = problems.iter().map(WireProblem::of).collect();
        let texts = texts.all();
        Some(Checkpoint {
            listing,
            day: day.to_julian_day(),
            graph,
            texts_at_first: texts.len(),
            texts,
            files,
            gifts,
            problems,
            no_reader,
            configs,
        })
    }

    /// Whether so much was added that it is time to make it anew.
    pub(crate) fn is_worn(&self) -> bool {
        self.texts.len() > self.texts_at_first.saturating_mul(2)
    }

    /// See [`crate::source::snapshot::Snapshot::listing`].
    pub(crate) fn listing(&self) -> &Listing {
        &self.listing
    }

    pub(crate) fn graph(&self) -> u64 {
        self.graph
    }

    pub(crate) fn configs(&self) -> &[String] {
        &self.configs
    }

    pub(crate) fn no_reader(&self) -> &BTreeMap<String, u64> {
        &self.no_reader
    }

    pub(crate) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.problems.iter().filter_map(WireProblem::problem)
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = KeptSource<'_>> {
        self.files.iter().map(|file| KeptSource {
            path: self.text(file.path),
            language: Language::ALL.get(usize::from(file.language)).copied(),
            in_tests: file.in_tests,
            bytes: file.bytes,
        })
    }

    pub(crate) fn gives_sinks(&self, file: FileId) -> bool {
        self.file(file).gives_sinks
    }

    /// Whether there is anything to say of a file.
    pub(crate) fn has_something_in(&self, file: FileId) -> bool {
        !self.file(file).found.is_empty()
    }

    /// `None` where what was kept is damaged.
    pub(crate) fn found(&self, file: FileId, rules: &[Rule]) -> Option<Found> {
        let text = |number: &u32| self.texts.get(*number).map(str::to_owned);
        self.file(file).found.found(rules, &text)
    }

    /// The files for which it is another day: what allows findings runs out.
    pub(crate) fn outdated(&self, today: Date) -> impl Iterator<Item = FileId> {
        let is_another_day = self.day != today.to_julian_day();
        let all = self.files.iter().enumerate().filter(move |(_, file)| is_another_day && file.has_markers);
        all.map(|(at, _)| FileId(at as u32))
    }

    /// The files that read one of these.
    pub(crate) fn readers_of(&self, files: &BTreeSet<FileId>) -> BTreeSet<FileId> {
        let reads = |file: &WireFile| file.loaded.iter().any(|it| files.contains(&FileId(*it)));
        let all = self.files.iter().enumerate().filter(|(_, file)| reads(file));
        all.map(|(at, _)| FileId(at as u32)).collect()
    }

    /// The files whose sinks these take, directly or through each other.
    pub(crate) fn givers_of(&self, files: impl IntoIterator<Item = FileId>) -> BTreeSet<FileId> {
        let mut givers = BTreeSet::new();
        let mut next: Vec<FileId> = files.into_iter().collect();
        while let Some(file) = next.pop() {
            let read = self.file(file).loaded.iter().map(|it| FileId(*it));
            next.extend(read.filter(|it| self.gives_sinks(*it) && givers.insert(*it)));
        }
        givers
    }

    /// What files gave in a round.
    pub(crate) fn gifts(&self, round: usize) -> Gifts {
        let given = self.gifts.get(round).into_iter().flatten();
        given.map(|(file, names)| (FileId(*file), names.iter().map(|it| self.text(*it).into()).collect())).collect()
    }

    /// Puts what is known now in place of what was. Fails like [`Checkpoint::new`].
    pub(crate) fn update(
        &mut self,
        (listing, day): (Listing, Date),
        problems: &[Problem],
        parts: impl Iterator<Item = (FileId, Part)>,
        rules: &[Rule],
    ) -> Option<()> {
        (self.listing, self.day) = (listing, day.to_julian_day());
        self.problems = problems.iter().map(WireProblem::of).collect();
        // The parts of one update share most of their texts.
        let mut added = FxHashMap::default();
        for (at, part) in parts {
            let mut number = |text: &str| {
                let known = added.get(text).copied();
                known.unwrap_or_else(|| {
                    let number = self.texts.push(text);
                    added.insert(text.to_owned(), number);
                    number
                })
            };
            self.files[at.0 as usize] = WireFile::of(&part, rules, &mut number)?;
        }
        Some(())
    }

    fn file(&self, file: FileId) -> &WireFile {
        &self.files[file.0 as usize]
    }

    fn text(&self, number: u32) -> &str {
        self.texts.get(number).unwrap_or_default()
    }
}

impl WireFile {
    fn of(part: &Part, rules: &[Rule], number: &mut dyn FnMut(&str) -> u32) -> Option<WireFile> {
        Some(WireFile {
            path: number(&part.path),
            language: number_of(part.language),
            in_tests: part.in_tests,
            bytes: part.bytes,
            has_markers: part.has_markers,
            found: WireFound::of(&part.found, rules, number)?,
            loaded: part.loaded.iter().map(|it| it.0).collect(),
            gives_sinks: part.gives_sinks,
        })
    }
}

impl WireProblem {
    fn of(problem: &Problem) -> WireProblem {
        let Problem { path, line, kind, message, in_tests } = problem;
        let kind = ProblemKind::ALL.into_iter().position(|it| it == *kind).expect("all kinds are listed") as u8;
        // Parsers quote what they could not read, and this is kept.
        let message = secret::masked(message);
        WireProblem { path: path.clone(), line: *line, kind, message, in_tests: *in_tests }
    }

    fn problem(&self) -> Option<Problem> {
        let WireProblem { path, line, kind, message, in_tests } = self;
        let kind = *ProblemKind::ALL.get(usize::from(*kind))?;
        Some(Problem { path: path.clone(), line: *line, kind, message: message.clone(), in_tests: *in_tests })
    }
}
