//! The whole scan on one screen: walk and search, then parse and match what holds something, then follow the
//! names and wrappers that files pass on, judge. Within a stage files are independent and shared out over threads.

mod resume;
mod scope_names;

use crate::baseline;
use crate::cache;
use crate::cache::Checkpoint;
use crate::cache::Found;
use crate::cache::Gifts;
use crate::cache::Key;
use crate::cache::Looked;
use crate::cache::Searched;
use crate::cache::Surroundings;
use crate::cache::SyntaxError;
use crate::contracts;
use crate::contracts::services::Services;
use crate::exception;
use crate::exception::Standards;
use crate::fact::ExportTarget;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Name;
use crate::fact::Wanted;
use crate::finding;
use crate::finding::Finding;
use crate::finding::Related;
use crate::hash;
use crate::ledger::Ledger;
use crate::matching;
use crate::matching::Matched;
use crate::matching::Sinks;
use crate::matching::Standing;
use crate::place::Source;
use crate::place::Span;
use crate::problem::Problem;
use crate::problem::ProblemKind;
use crate::readers;
use crate::report;
use crate::report::Report;
use crate::report::RuleSummary;
use crate::report::Run;
use crate::resolve::config::ConfigError;
use crate::resolve::graph::FileId;
use crate::resolve::graph::ModuleGraph;
use crate::resolve::graph::SEPARATORS;
use crate::resolve::trace::Trace;
use crate::resolve::versions::Versions;
use crate::resolve::world::Leads;
use crate::resolve::world::Load;
use crate::resolve::world::Loaded;
use crate::resolve::world::Repository;
use crate::resolve::world::World;
use crate::rules::Condition;
use crate::rules::Interest;
use crate::rules::Origin;
use crate::rules::Rule;
use crate::rules::prefilter::Haystack;
use crate::rules::prefilter::Plan;
use crate::rules::prefilter::Prefilter;
use crate::rules::prefilter::RuledOut;
use crate::rules::words::WordSearch;
use crate::rules::words::Words;
use crate::settings::Settings;
use crate::settings::Tree;
use crate::site::Site;
use crate::source;
use crate::source::Stored;
use crate::source::decode;
use crate::source::decode::Decoded;
use crate::source::git;
use crate::source::walk;
use crate::source::walk::Candidate;
use crate::source::walk::Walk;
use crate::verdict;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Instant;
use std::time::SystemTime;

pub(crate) use resume::resume;
pub(crate) use scope_names::ScopeNames;

/// What files pass on is followed this many times over: a name passed on, a wrapper of it, a wrapper of that, ….
const MOST_ROUNDS: usize = 5;

/// Readers recurse as deep as the code they read nests.
pub(crate) const STACK_SIZE: usize = 64 << 20;

/// How far a scan is, for whoever watches it: numbers of files.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) searched: AtomicU64,
    /// Of those searched, the ones that hold something; none until all are searched.
    pub(crate) chosen: AtomicU64,
    pub(crate) parsed: AtomicU64,
}

/// Scans what the settings name.
pub(crate) fn scan(settings: &Settings, progress: &Progress) -> Report {
    run(settings, progress, false).0
}

/// Scans what git has, and keeps for later scans what it came to; `None` where that cannot be kept.
pub(crate) fn scan_and_keep(settings: &Settings, progress: &Progress) -> (Report, Option<Checkpoint>) {
    run(settings, progress, true)
}

fn run(settings: &Settings, progress: &Progress, keep: bool) -> (Report, Option<Checkpoint>) {
    let clock = Clock::start();
    let is_file = |path: &PathBuf| path.is_file();
    let haystack = match !settings.paths.is_empty() && settings.paths.iter().all(is_file) {
        true => Haystack::File,
        false => Haystack::Tree,
    };
    let engine = Engine::new(settings, haystack);
    let pool = pool(settings);
    let (outcome, checkpoint) = match pool {
        Ok(pool) => engine.scan(&pool, progress, keep),
        Err(error) => {
            let message = format!("no threads to scan with: {error}");
            let mut outcome = Outcome::default();
            outcome.note(Problem {
                path: ".".to_owned(),
                line: 0,
                kind: ProblemKind::Unreadable,
                message,
                in_tests: false,
            });
            (outcome, None)
        }
    };
    (engine.report(outcome, clock), checkpoint)
}

fn pool(settings: &Settings) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(settings.threads).stack_size(STACK_SIZE).build()
}

/// Scans one text as the file `path` (standard input in an editor).
pub(crate) fn scan_text(settings: &Settings, path: &str, bytes: Vec<u8>) -> Report {
    let scan = || Engine::new(settings, Haystack::File).scan_text(path, bytes);
    // Readers recurse as deep as the code nests, further than the main thread's stack goes.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, scan);
        let report = thread.expect("a thread can be started").join();
        report.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

struct Clock {
    started: SystemTime,
    instant: Instant,
}

impl Clock {
    fn start() -> Clock {
        Clock { started: SystemTime::now(), instant: Instant::now() }
    }
}

/// What one file, or many, came to.
#[derive(Default)]
struct Outcome {
    ledger: Ledger,
    findings: Vec<Finding>,
    problems: Vec<Problem>,
    /// The places that take part in contracts.
    sites: Vec<Site>,
    services: Services,
    /// The files that were looked at.
    scanned: BTreeSet<Arc<str>>,
    /// The path and the text of a file that is not read from where files are.
    handed_in: Option<(Arc<str>, String)>,
}

impl Outcome {
    fn merge(&mut self, other: Outcome) {
        self.ledger.merge(other.ledger);
        self.findings.extend(other.findings);
        self.problems.extend(other.problems);
        self.sites.extend(other.sites);
    }

    fn add(&mut self, examined: Examined) {
        match examined.problem.as_ref().map(|problem| problem.kind) {
            None => {}
            Some(ProblemKind::SyntaxError | ProblemKind::SyntaxErrorElsewhere) => self.ledger.scanned_in_part += 1,
            Some(kind) => {
                self.ledger.scanned -= 1;
                *self.ledger.skipped.entry(kind.name()).or_default() += 1;
            }
        }
        self.findings.extend(examined.findings);
        self.problems.extend(examined.problem);
        self.sites.extend(examined.sites);
    }

    /// Adds a problem that kept a whole file from being examined, or that is no file's.
    fn note(&mut self, problem: Problem) {
        if problem.kind.leaves_run_incomplete() {
            self.ledger.in_scope += 1;
            *self.ledger.skipped.entry(problem.kind.name()).or_default() += 1;
        }
        self.problems.push(problem);
    }
}

/// A file that a reader reads.
struct SourceFile {
    path: Arc<str>,
    /// Where to read it; `None` for text that was handed in.
    stored: Option<Stored>,
    language: Language,
    in_tests: bool,
    bytes: u64,
    /// The rules whose literals it holds, by their indexes.
    may_match: Vec<usize>,
    /// What of them its text rules out, where it was searched just now.
    ruled_out: Option<RuledOut>,
    /// It may hold comments that allow findings.
    has_markers: bool,
}

/// A digest of what git calls the text of a file; none for one that is read elsewhere.
fn blob_of(stored: &Stored) -> Option<u64> {
    match stored {
        Stored::Object(_, id) => Some(hash::digest(id)),
        Stored::Disk(_) => None,
    }
}

impl SourceFile {
    /// The text, as it was when the walk read it unless somebody wrote the file since.
    fn text(&self) -> Result<String, Problem> {
        match self.stored.as_ref().map(Stored::read) {
            Some(Decoded::Text { text, .. }) => Ok(text),
            Some(Decoded::Unexamined(kind, message)) => {
                Err(self.problem(0, kind, format!("could be read at first, and then: {message}")))
            }
            None => Ok(String::new()),
        }
    }

    fn problem(&self, line: u32, kind: ProblemKind, message: String) -> Problem {
        Problem { path: self.path.to_string(), line, kind, message, in_tests: self.in_tests }
    }

    fn panic(&self) -> Problem {
        self.problem(0, ProblemKind::Panic, "ssot-guard failed on this file; please report it".to_owned())
    }

    /// Where the file does not parse.
    fn syntax_problem(&self, facts: &FileFacts, source: &Source, kind: ProblemKind) -> Option<Problem> {
        let first = facts.syntax_errors.iter().min_by_key(|it| it.span.start)?;
        let more = facts.syntax_errors.len() - 1;
        let and_more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        let span = Span::new(first.span.start.min(source.text.len() as u32), first.span.start);
        Some(self.problem(source.place(span).line, kind, format!("{}{and_more}", first.message)))
    }
}

/// What the walk came to.
#[derive(Default)]
struct Survey {
    outcome: Outcome,
    files: Vec<SourceFile>,
    /// Path and text of the files that steer where imports lead.
    configs: Vec<(String, String)>,
}

impl Survey {
    fn merge(&mut self, other: Survey) {
        self.outcome.merge(other.outcome);
        self.files.extend(other.files);
        self.configs.extend(other.configs);
    }
}

/// What one look at a file found.
#[derive(Default)]
struct Examined {
    findings: Vec<Finding>,
    sites: Vec<Site>,
    /// Why the file was not examined, or not all of it.
    problem: Option<Problem>,
    sinks: matching::FoundSinks,
    /// Names of things rules look for that importers of the file get from it.
    passed_on: Vec<Name>,
    /// The paths it imports.
    imports: Vec<Name>,
    /// Where they lead; see [`sources`].
    sources: Vec<(FileId, Name)>,
    /// What it asked of other files, where somebody wants to know.
    trace: Option<Trace>,
    /// The files that were read for it, where somebody wants to know.
    loaded: BTreeSet<FileId>,
    /// It gave sinks, at this look or an earlier one.
    gives_sinks: bool,
}

impl Examined {
    /// What was found, as it may be kept; `None` where something kept us from looking.
    fn found(&self) -> Option<Found> {
        let syntax_error = match &self.problem {
            None => None,
            Some(it) if matches!(it.kind, ProblemKind::SyntaxError | ProblemKind::SyntaxErrorElsewhere) => {
                Some(SyntaxError {
                    line: it.line,
                    is_elsewhere: it.kind == ProblemKind::SyntaxErrorElsewhere,
                    // Parsers quote what they could not read, and this is kept.
                    message: crate::secret::masked(&it.message),
                })
            }
            Some(_) => return None,
        };
        Some(Found { findings: self.findings.clone(), sites: self.sites.clone(), syntax_error })
    }

    /// What was found by an earlier look at a file.
    fn earlier(found: Found, file: &SourceFile) -> Examined {
        let problem = found.syntax_error.map(|it| {
            let elsewhere = ProblemKind::SyntaxErrorElsewhere;
            let kind = if it.is_elsewhere { elsewhere } else { ProblemKind::SyntaxError };
            file.problem(it.line, kind, it.message)
        });
        Examined { findings: found.findings, sites: found.sites, problem, ..Examined::default() }
    }
}

/// What files are known to give each other.
#[derive(Default)]
struct Known {
    sinks: Sinks,
    leads: Leads,
}

/// The settings made ready for files.
pub(crate) struct Engine<'a> {
    settings: &'a Settings,
    /// Built for a language when its first file comes: compiling the patterns takes milliseconds.
    prefilters: BTreeMap<Language, OnceLock<Prefilter>>,
    haystack: Haystack,
    /// The optional facts that each rule asks for.
    wanted: Vec<Wanted>,
    /// What importers may get from a file that rules look for.
    interest: Interest,
    /// The indexes of all rules.
    all_rules: Vec<usize>,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(settings: &'a Settings, haystack: Haystack) -> Engine<'a> {
        let wanted = settings.rules.iter().map(wanted_by).collect();
        let prefilters = Language::ALL.into_iter().map(|language| (language, OnceLock::new())).collect();
        let all_rules = (0..settings.rules.len()).collect();
        Engine { settings, prefilters, wanted, haystack, interest: Interest::of(settings.rules.clone()), all_rules }
    }

    /// Scans one text, on this thread.
    pub(crate) fn scan_text(&self, path: &str, bytes: Vec<u8>) -> Report {
        let clock = Clock::start();
        let mut outcome = Outcome::default();
        if let Some((file, text)) = self.search(path.into(), None, true, decode::decode(bytes), &mut outcome) {
            let repository = Repository::of_one(file.path.clone(), file.language);
            outcome.handed_in = self.settings.baseline.is_some().then(|| (file.path.clone(), text.clone()));
            if self.is_worth_parsing(&file) {
                outcome.add(self.examine(&repository, FileId(0), &file, text, None));
            }
        }
        self.report(outcome, clock)
    }

    fn scan(&self, pool: &rayon::ThreadPool, progress: &Progress, keep: bool) -> (Outcome, Option<Checkpoint>) {
        if let Some(cache) = &self.settings.cache {
            cache.begin();
        }
        let Survey { mut outcome, mut files, mut configs } = self.survey(pool, progress);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        configs.sort();
        let config_paths: Vec<String> = configs.iter().map(|(path, _)| path.clone()).collect();
        let lost = Mutex::default();
        outcome.services = Services::of(config_paths.iter().map(String::as_str)).with(&self.settings.declared);
        let graph = match self.settings.cache {
            Some(_) => digest(&files, &configs),
            None => 0,
        };
        let (repository, errors) = repository(&files, &configs, &lost);
        for ConfigError { path, line, message } in errors {
            let in_tests = self.settings.is_test(&path);
            outcome.problems.push(Problem { path, line, kind: ProblemKind::BadConfig, message, in_tests });
        }
        if self.settings.is_of_whole_root {
            outcome.problems.extend(self.idle(&files));
        }
        let search = Search { engine: self, pool, progress, files: &files, repository, graph };
        let (found, gifts) = search.found(None).expect("nothing was known that could be different");
        let checkpoint = if keep {
            let no_reader = outcome.ledger.no_reader.clone();
            search.checkpoint(&found, &gifts, &outcome.problems, no_reader, config_paths)
        } else {
            None
        };
        drop(search);
        self.gather(&mut outcome, &files, lost, found);
        (outcome, checkpoint)
    }

    /// Adds what was found in files.
    fn gather(
        &self,
        outcome: &mut Outcome,
        files: &[SourceFile],
        lost: Mutex<BTreeMap<FileId, Problem>>,
        found: BTreeMap<FileId, Examined>,
    ) {
        for (id, problem) in lost.into_inner().unwrap_or_else(PoisonError::into_inner) {
            // Of a file that was examined for its own sake it is told how that went.
            if !found.contains_key(&id) {
                outcome.add(Examined { problem: Some(problem), ..Examined::default() });
            }
        }
        found.into_values().for_each(|examined| outcome.add(examined));
        if self.settings.baseline.is_some() {
            outcome.scanned = files.iter().map(|file| file.path.clone()).collect();
        }
    }

    /// What somebody wrote to select files and that selects none.
    fn idle(&self, files: &[SourceFile]) -> Vec<Problem> {
        let settings = self.settings;
        let mut idle = Vec::new();
        let mut note = |path: &str, line, message| {
            let kind = ProblemKind::SelectsNothing;
            idle.push(Problem { path: path.to_owned(), line, kind, message, in_tests: false });
        };
        for owner in &settings.declared.owners {
            // They are asked for the files that are parsed; here it counts what there is.
            files.iter().for_each(|file| _ = owner.files.is_match(&*file.path));
            for it in owner.files.idle() {
                note(&it.by, it.line, format!("`{}` of the owner `{}` selects no file", it.glob, owner.name));
            }
        }
        for part in settings.declared.parts() {
            files.iter().for_each(|file| _ = part.files.is_match(&*file.path));
            for it in part.files.idle() {
                note(&it.by, it.line, format!("`{}` of `{}` selects no file", it.glob, part.name));
            }
        }
        for it in settings.exclude.idle() {
            note(&it.by, it.line, format!("`{}` excludes nothing", it.glob));
        }
        for it in settings.tests.idle() {
            note(&it.by, it.line, format!("`{}` selects no test code", it.glob));
        }
        for rule in settings.rules.iter().filter(|rule| rule.paths.is_some()) {
            if let Origin::File(path) = &rule.origin
                && !files.iter().any(|file| rule.applies(file.language, &file.path))
            {
                note(path, 0, format!("the rule `{}` selects no file", rule.id));
            }
        }
        idle
    }

    /// The rules to ask about a file looked at for its own sake.
    fn rules_for<'f>(&'f self, file: &'f SourceFile) -> &'f [usize] {
        if self.settings.prefilter { &file.may_match } else { &self.all_rules }
    }

    fn is_worth_parsing(&self, file: &SourceFile) -> bool {
        !self.rules_for(file).is_empty() || file.has_markers
    }

    fn standards(&self) -> Standards<'_> {
        let settings = self.settings;
        Standards {
            rules: &settings.rules,
            known: &settings.known_rules,
            today: settings.today,
            judges_unused: settings.judges_everything(),
        }
    }

    /// Walks, reads and searches; parses nothing.
    fn survey(&self, pool: &rayon::ThreadPool, progress: &Progress) -> Survey {
        let settings = self.settings;
        let visit = |mut survey: Survey, candidate: Candidate| {
            survey.files.extend(self.look_at(&candidate, &mut survey.outcome));
            if ModuleGraph::is_config(&candidate.path) || Versions::is_manifest(&candidate.path) {
                let path = candidate.path.to_string();
                match candidate.stored.read() {
                    Decoded::Text { text, .. } => survey.configs.push((path, text)),
                    Decoded::Unexamined(_, message) => {
                        let in_tests = settings.is_test(&path);
                        let kind = ProblemKind::BadConfig;
                        survey.outcome.problems.push(Problem { path, line: 0, kind, message, in_tests });
                    }
                }
            }
            progress.searched.fetch_add(1, Ordering::Relaxed);
            survey
        };
        match &settings.tree {
            Tree::Disk => {
                let total = Mutex::new(Survey::default());
                let Settings { root, paths, exclude, threads, .. } = settings;
                let problems = walk::walk(&Walk { root, paths, exclude, threads: *threads }, pool, &|candidate| {
                    let survey = visit(Survey::default(), candidate);
                    total.lock().unwrap_or_else(PoisonError::into_inner).merge(survey);
                });
                let mut survey = total.into_inner().unwrap_or_else(PoisonError::into_inner);
                for mut problem in problems {
                    problem.in_tests |= settings.is_test(&problem.path);
                    survey.outcome.note(problem);
                }
                survey
            }
            Tree::Snapshot(snapshot) => {
                let candidates = snapshot.candidates(&settings.exclude);
                pool.install(|| {
                    let surveys = candidates.into_par_iter().fold(Survey::default, visit);
                    surveys.reduce(Survey::default, |mut all, one| {
                        all.merge(one);
                        all
                    })
                })
            }
        }
    }

    fn look_at(&self, candidate: &Candidate, outcome: &mut Outcome) -> Option<SourceFile> {
        let by_name = readers::language_of(&candidate.path);
        let has_extension =
            candidate.path.rsplit('/').next().is_some_and(|name| name.trim_start_matches('.').contains('.'));
        if by_name.is_none() && (has_extension || !candidate.explicit && !looks_like_script(candidate)) {
            self.no_reader(&candidate.path, candidate.explicit, outcome);
            return None;
        }
        let cached = self.settings.cache.as_ref().zip(blob_of(&candidate.stored));
        let key = |blob: u64| Key::of(("searched", &*candidate.path, blob));
        if let Some((cache, blob)) = &cached
            && let Some(searched) = cache.searched(key(*blob))
        {
            return self.known_file(candidate, searched, outcome);
        }
        let decoded = candidate.stored.read();
        let stored = Some(candidate.stored.clone());
        let before = outcome.problems.len();
        let found = self.search(candidate.path.clone(), stored, candidate.explicit, decoded, outcome);
        let file = found.as_ref().map(|(file, _)| file);
        if let (Some((cache, blob)), true) = (cached, outcome.problems.len() == before) {
            let searched = Searched {
                language: file.map(|file| cache::number_of(file.language)),
                may_match: file.map_or(Vec::new(), |file| file.may_match.iter().map(|it| *it as u16).collect()),
                has_markers: file.is_some_and(|file| file.has_markers),
                bytes: file.map_or(0, |file| file.bytes),
            };
            cache.note_searched(key(blob), searched);
        }
        found.map(|(file, _)| file)
    }

    /// What a search would find that an earlier run made.
    fn known_file(&self, candidate: &Candidate, searched: Searched, outcome: &mut Outcome) -> Option<SourceFile> {
        let language = searched.language.and_then(|it| Language::ALL.get(usize::from(it)).copied());
        let Some(language) = language else {
            self.no_reader(&candidate.path, candidate.explicit, outcome);
            return None;
        };
        outcome.ledger.count(language, searched.bytes);
        Some(SourceFile {
            path: candidate.path.clone(),
            stored: Some(candidate.stored.clone()),
            language,
            in_tests: !candidate.explicit && self.settings.is_test(&candidate.path),
            bytes: searched.bytes,
            may_match: searched.may_match.into_iter().map(usize::from).collect(),
            ruled_out: None,
            has_markers: searched.has_markers,
        })
    }

    fn no_reader(&self, path: &str, explicit: bool, outcome: &mut Outcome) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = match name.rfind('.') {
            Some(at) if at > 0 => name[at..].to_owned(),
            _ => name.to_owned(),
        };
        *outcome.ledger.no_reader.entry(extension).or_default() += 1;
        if explicit {
            let message = "no reader for this kind of file, so nothing in it was examined".to_owned();
            outcome.problems.push(Problem {
                path: path.to_owned(),
                line: 0,
                kind: ProblemKind::NoReader,
                message,
                in_tests: false,
            });
        }
    }

    fn prefilter(&self, language: Language) -> &Prefilter {
        let rules = &self.settings.rules;
        let make = || Plan::new(language, rules);
        let plan = || self.settings.cache.as_ref().map_or_else(|| Arc::new(make()), |it| it.plans.of(language, make));
        self.prefilters[&language].get_or_init(|| Prefilter::new(language, plan(), rules, self.haystack))
    }

    /// Enters a file into the ledger and searches it for what rules look for.
    fn search(
        &self,
        path: Arc<str>,
        stored: Option<Stored>,
        explicit: bool,
        decoded: Decoded,
        outcome: &mut Outcome,
    ) -> Option<(SourceFile, String)> {
        let in_tests = !explicit && self.settings.is_test(&path);
        let problem = |kind, message| Problem { path: path.to_string(), line: 0, kind, message, in_tests };
        let (text, noted) = match decoded {
            Decoded::Text { text, problem } => (text, problem),
            Decoded::Unexamined(kind, message) => {
                outcome.note(problem(kind, message));
                return None;
            }
        };
        let by_shebang = || readers::language_of_shebang(text.lines().next().unwrap_or(""));
        let Some(language) = readers::language_of(&path).or_else(by_shebang) else {
            self.no_reader(&path, explicit, outcome);
            return None;
        };
        if self.settings.is_in_scope(&path) {
            outcome.ledger.count(language, text.len() as u64);
        }
        if let Some((kind, message)) = noted {
            outcome.problems.push(problem(kind, message));
        }
        let prefilter = self.prefilter(language);
        let (may_match, ruled_out) = prefilter.rules_for(&self.settings.rules, &path, in_tests, &text);
        let ruled_out = Some(ruled_out);
        let has_markers = exception::speaks_of(&text);
        let bytes = text.len() as u64;
        Some((SourceFile { path, stored, language, in_tests, bytes, may_match, ruled_out, has_markers }, text))
    }

    /// Parses a file and matches the rules on it: those that its text speaks of, or, where it is `known` what other
    /// files give, all of them.
    fn examine(
        &self,
        repository: &Repository<'_>,
        id: FileId,
        file: &SourceFile,
        text: String,
        known: Option<&Known>,
    ) -> Examined {
        // A name that another file gave needs no literal to be used.
        let prefilter = self.prefilters[&file.language].get().filter(|_| self.settings.prefilter);
        let where_given = known.and(prefilter).map(|it| it.ruled_out_where_given(&text));
        let (rules, ruled_out) = match known {
            Some(_) => (self.all_rules.as_slice(), where_given.as_ref()),
            None => (self.rules_for(file), file.ruled_out.as_ref().filter(|_| self.settings.prefilter)),
        };
        let nothing = Known::default();
        let given = known.unwrap_or(&nothing);
        let path = &file.path;
        let source = Source::new(path.clone(), text);
        let owners = &self.settings.declared.owners;
        let owners: Vec<&str> =
            owners.iter().filter(|it| it.files.is_match(&**path)).map(|it| it.name.as_str()).collect();
        let standing = Standing { in_tests: file.in_tests, owners: &owners };
        // A panic is ours; it costs this file and is seen.
        let examined = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let mut wanted = Wanted { identifiers: false, regions: file.has_markers, statements: file.has_markers };
            for rule in rules {
                wanted.identifiers |= self.wanted[*rule].identifiers;
                wanted.regions |= self.wanted[*rule].regions;
            }
            let facts = Arc::new(readers::read(path, &source.text, file.language, wanted));
            let world = World::new(repository, &given.leads, self.settings.cache.is_some());
            let resolver = world.enter(id, facts.clone());
            let mut matched = matching::match_file(
                &self.settings.rules,
                (rules, ruled_out),
                &resolver,
                &source,
                standing,
                &given.sinks,
            );
            if file.has_markers {
                // What a marker allows at a place, it allows also where that turns out to be wrong by what others say.
                let count = matched.findings.len();
                matched.findings.extend(matched.sites.iter().map(|site| site.finding.clone()));
                exception::allow(&facts, &source, file.in_tests, self.standards(), &mut matched.findings);
                let marked = matched.findings.drain(count..count + matched.sites.len());
                matched.sites.iter_mut().zip(marked).for_each(|(site, finding)| site.finding = finding);
            }
            let passed_on = match repository.graph.is_of_one_file() {
                true => Vec::new(),
                false => matching::passed_on(&resolver, &self.interest, &given.sinks),
            };
            (matched, passed_on, facts, world.trace())
        }));
        let Ok((Matched { findings, sinks, sites, readers }, passed_on, facts, trace)) = examined else {
            return Examined { problem: Some(file.panic()), ..Examined::default() };
        };
        // Without a literal that some rule looks for, and without a name that leads here, what was lost cannot have
        // held a finding.
        let kind = match file.may_match.is_empty() && known.is_none() {
            false => ProblemKind::SyntaxError,
            true => ProblemKind::SyntaxErrorElsewhere,
        };
        let problem = file.syntax_problem(&facts, &source, kind);
        let passed_through = facts.exports.iter().filter_map(|export| match &export.target {
            ExportTarget::Import(path) => Some(path.clone()),
            _ => None,
        });
        // Importers call what a file gives as a whole what they like.
        let mut passed_on = passed_on;
        passed_on.extend(readers);
        if !sinks.is_empty() {
            let whole = facts.exports.iter().filter(|it| matches!(it.name.as_str(), "default" | "module.exports"));
            passed_on.extend(whole.map(|it| it.name.clone()));
        }
        let imports: BTreeSet<Name> = facts.imported().cloned().chain(passed_through).collect();
        let imports: Vec<Name> = imports.into_iter().collect();
        let sources = sources(&repository.graph, id, &imports);
        let loaded = trace.iter().flat_map(|trace| trace.loaded.iter().copied()).collect();
        let gives_sinks = !sinks.is_empty();
        Examined { findings, sites, problem, sinks, passed_on, imports, sources, trace, loaded, gives_sinks }
    }

    fn report(&self, outcome: Outcome, clock: Clock) -> Report {
        let Outcome { ledger, findings, mut problems, sites, services, scanned, handed_in } = outcome;
        let found = (findings, sites);
        let findings = contracts::judge(&self.settings.rules, found, &services, &self.settings.declared);
        let mut findings = finding::one_a_place(findings);
        // Names are followed wherever they lead.
        findings.retain(|finding| self.settings.is_in_scope(&finding.path));
        let flawed = exception::allow_listed(&self.settings.exceptions, self.standards(), &mut findings);
        findings.extend(flawed);
        findings.sort_by(Finding::by_place);
        let policy = self.settings.policy;
        let baseline = self.known(&mut findings, &mut problems, &scanned, handed_in.as_ref());
        findings.retain(|finding| finding.severity >= self.settings.shows_from);
        for problem in &mut problems {
            // Parsers quote what they could not read.
            problem.message = crate::secret::masked(&problem.message);
        }
        problems.sort();
        problems.dedup();
        let requirements = self.settings.requirements.clone();
        let verdict = verdict::judge(&findings, &problems, &ledger, &requirements, policy);
        let started = time::OffsetDateTime::from(clock.started);
        let run = Run {
            started: started
                .replace_nanosecond(0)
                .expect("zero is a nanosecond")
                .format(&time::format_description::well_known::Rfc3339)
                .expect("the present year has four digits"),
            duration: clock.instant.elapsed(),
            tool_version: env!("CARGO_PKG_VERSION"),
            rules: self.settings.rules.iter().map(summary).collect(),
            mode: self.settings.mode,
            level: self.settings.level,
            context: self.settings.context.clone(),
        };
        Report {
            run,
            ledger,
            problems,
            findings,
            policy,
            requirements,
            baseline,
            verdict,
            escalates: false,
            is_advisory: false,
        }
    }

    /// Marks what the baseline knows; what is to be said of the baseline.
    fn known(
        &self,
        findings: &mut [Finding],
        problems: &mut Vec<Problem>,
        scanned: &BTreeSet<Arc<str>>,
        handed_in: Option<&(Arc<str>, String)>,
    ) -> Option<report::Baseline> {
        let settings = self.settings;
        let (path, baseline) = settings.baseline.as_ref()?;
        let unexamined: BTreeSet<&str> = problems
            .iter()
            .filter(|problem| problem.kind.leaves_run_incomplete())
            .map(|problem| problem.path.as_str())
            .collect();
        // A folder that cannot be listed hides what is below it.
        let is_examined = |path: &str| {
            let above = Path::new(path).ancestors().filter_map(Path::to_str);
            !above.map(|it| if it.is_empty() { "." } else { it }).any(|it| unexamined.contains(it))
        };
        let before = OnceLock::new();
        let mut names = ScopeNames::new(&settings.root, &settings.tree);
        if let Some((path, text)) = handed_in {
            names = names.with(path, text);
        }
        let tree = baseline::Tree {
            // What is out of scope is neither there nor gone.
            exists: &|path| {
                !settings.is_in_scope(path)
                    || match &settings.tree {
                        Tree::Disk => source::exists(&settings.root, path),
                        Tree::Snapshot(snapshot) => snapshot.object(path).is_some(),
                    }
            },
            was_scanned: &|path| {
                settings.is_in_scope(path)
                    && is_examined(path)
                    && (settings.judges_everything() || scanned.contains(path))
            },
            has_scope: &|path, scope| names.has(path, scope),
            is_new: &|path| {
                let known = before.get_or_init(|| match &settings.tree {
                    Tree::Disk => git::files_at_last_change(&settings.root, &settings.baseline_path),
                    Tree::Snapshot(_) => None,
                });
                known.as_ref().is_some_and(|known| !known.contains(path))
            },
            written: &|file| match &settings.tree {
                Tree::Disk => git::lines_written_since(&settings.root, &settings.baseline_path, file).ok(),
                Tree::Snapshot(_) => None,
            },
        };
        let matched = baseline::match_findings(baseline, path, &tree, settings.today, findings);
        let moved = matched.known.iter().filter(|(_, (_, stage))| *stage != baseline::Stage::Exact);
        let moved = moved.map(|(at, (identity, _))| (identity.clone(), baseline::Identity::of(&findings[*at])));
        let moved: Vec<_> = moved.collect();
        for (at, twins) in matched.more {
            let message = "the baseline knows one with the same code: which of them is new cannot be told";
            for twin in twins {
                let Finding { path, place, .. } = &findings[twin];
                let related = Related { path: path.clone(), place: *place, message: message.to_owned() };
                findings[at].related.push(related);
            }
        }
        let ids: BTreeSet<&Arc<str>> = baseline.entries.keys().map(|identity| &identity.rule).collect();
        for id in ids.into_iter().filter(|id| !settings.known_rules.contains(*id)) {
            problems.push(Problem {
                path: path.to_string(),
                line: 0,
                kind: ProblemKind::SelectsNothing,
                message: format!("there is no rule `{id}`, of which it accepts findings"),
                in_tests: false,
            });
        }
        Some(report::Baseline {
            path: path.clone(),
            entries: baseline.findings(),
            known: matched.known.len(),
            moved,
            stale: matched.stale.into_iter().collect(),
            expired: matched.expired,
        })
    }
}

/// A digest of which files there are and of what steers where imports lead.
fn digest(files: &[SourceFile], configs: &[(String, String)]) -> u64 {
    let files: Vec<(&str, Language)> = files.iter().map(|it| (&*it.path, it.language)).collect();
    hash::digest((files, configs))
}

/// The files as names see them. What goes wrong with a file that a name leads to is noted in `lost`.
fn repository<'a>(
    files: &'a [SourceFile],
    configs: &[(String, String)],
    lost: &'a Mutex<BTreeMap<FileId, Problem>>,
) -> (Repository<'a>, Vec<ConfigError>) {
    let (graph, mut errors) = ModuleGraph::new(&named(files), configs);
    let (versions, more_errors) = Versions::new(configs);
    errors.extend(more_errors);
    (Repository::new(graph, versions, load(files, lost)), errors)
}

fn named(files: &[SourceFile]) -> Vec<(Arc<str>, Language)> {
    files.iter().map(|it| (it.path.clone(), it.language)).collect()
}

/// Reads a file that a name leads to.
fn load<'a>(files: &'a [SourceFile], lost: &'a Mutex<BTreeMap<FileId, Problem>>) -> Box<Load<'a>> {
    Box::new(|id: FileId| {
        let file = &files[id.0 as usize];
        let note = |problem| _ = lost.lock().unwrap_or_else(PoisonError::into_inner).insert(id, problem);
        let source = match file.text() {
            Ok(text) => Source::new(file.path.clone(), text),
            Err(problem) => {
                note(problem);
                return None;
            }
        };
        let read = || readers::read(&file.path, &source.text, file.language, Wanted::default());
        let Ok(facts) = std::panic::catch_unwind(AssertUnwindSafe(read)) else {
            note(file.panic());
            return None;
        };
        file.syntax_problem(&facts, &source, ProblemKind::SyntaxErrorElsewhere).into_iter().for_each(note);
        Some(Loaded::new(facts, source))
    })
}

/// An earlier scan, and the files to look at again.
struct Before<'a> {
    checkpoint: &'a Checkpoint,
    among: &'a BTreeSet<FileId>,
}

/// The search for findings in all files of a scan.
struct Search<'a> {
    engine: &'a Engine<'a>,
    pool: &'a rayon::ThreadPool,
    progress: &'a Progress,
    files: &'a [SourceFile],
    repository: Repository<'a>,
    /// A digest of which files there are and of what steers where imports lead.
    graph: u64,
}

impl Search<'_> {
    /// What was found in each file that was looked at: those that hold what rules look for, then those that get
    /// something from them, and so on; and what files gave to others, by round. Where an earlier scan is known, only
    /// `among` its files, and `None` where they give anything else than they did then.
    fn found(&self, known_before: Option<Before<'_>>) -> Option<(BTreeMap<FileId, Examined>, Vec<Gifts>)> {
        let all: Vec<FileId> = match &known_before {
            Some(before) => before.among.iter().copied().collect(),
            None => (0..self.files.len() as u32).map(FileId).collect(),
        };
        let file = |id: FileId| &self.files[id.0 as usize];
        let first: Vec<FileId> = all.iter().copied().filter(|id| self.engine.is_worth_parsing(file(*id))).collect();
        let mut known = Known::default();
        let mut found = self.look(&first, None);
        let mut news = first;
        let mut given: BTreeSet<(FileId, Name)> = BTreeSet::new();
        let mut rounds_given = Vec::new();
        // A lone file has nobody to give to.
        let rounds = if self.files.len() < 2 { 0 } else { MOST_ROUNDS };
        for round in 0..rounds {
            let mut gifts = self.gifts(&news, &found, &mut known, &mut given);
            if let Some(Before { checkpoint, among }) = &known_before {
                let before = checkpoint.gifts(round);
                let theirs = before.iter().filter(|(id, _)| among.contains(id));
                if !gifts.iter().eq(theirs) {
                    return None;
                }
                gifts = before;
            }
            rounds_given.push(gifts);
            let gifts = &rounds_given[round];
            let mut words = Words::default();
            for (id, names) in gifts {
                let path = &self.files[id.0 as usize].path;
                known.leads.extend(*id, names.iter().filter_map(|name| words.add(name, path)));
            }
            let Some(words) = words.ready() else { break };
            let digest = hash::digest(gifts.iter().map(|(id, names)| (self.path(*id), names)).collect::<Vec<_>>());
            let takes = |id: FileId| {
                let names = || self.names(file(id), &words, digest);
                match found.get(&id) {
                    Some(it) if takes(&self.repository.graph, id, it, gifts) => true,
                    Some(_) => !file(id).language.imports_all() && names(),
                    // What cannot be read any more is looked at, which says so.
                    None => names(),
                }
            };
            // What test code takes decides nothing.
            let wants = |id: &FileId| self.is_followed(*id) && takes(*id);
            let again: Vec<FileId> = self.pool.install(|| all.par_iter().copied().filter(wants).collect());
            for (id, mut examined) in self.look(&again, Some(&known)) {
                if let Some(earlier) = found.remove(&id) {
                    examined.loaded.extend(earlier.loaded);
                    examined.gives_sinks |= earlier.gives_sinks;
                }
                found.insert(id, examined);
            }

            news = again;
        }
        Some((found, rounds_given))
    }

    fn path(&self, id: FileId) -> &str {
        &self.files[id.0 as usize].path
    }

    /// Whether a file names what others give. `digest` is one of the words.
    fn names(&self, file: &SourceFile, words: &WordSearch, digest: u64) -> bool {
        let search = || file.text().map_or(true, |text| words.stand_in(&text, file.language));
        let cached = self.engine.settings.cache.as_ref().zip(file.stored.as_ref().and_then(blob_of));
        let Some((cache, blob)) = cached else { return search() };
        let key = Key::of(("words", blob, digest, cache::number_of(file.language)));
        cache.words(key).unwrap_or_else(|| {
            let stand_there = search();
            cache.note_words(key, stand_there);
            stand_there
        })
    }

    /// A digest of what is known.
    fn digest(&self, known: &Known) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.graph.hash(&mut hasher);
        known.leads.digest(&self.repository.graph, &mut hasher);
        known.sinks.digest(&mut hasher);
        hasher.finish()
    }

    /// Looks at a file, unless an earlier run did that whose answers still hold.
    fn examined(&self, id: FileId, known: Option<&Known>, digest: u64) -> Examined {
        let file = &self.files[id.0 as usize];
        let engine = self.engine;
        let examine = || match file.text() {
            Ok(text) => engine.examine(&self.repository, id, file, text, known),
            Err(problem) => Examined { problem: Some(problem), ..Examined::default() },
        };
        let cached = engine.settings.cache.as_ref().zip(file.stored.as_ref().and_then(blob_of));
        let Some((cache, blob)) = cached else { return examine() };
        // Markers run out.
        let day = file.has_markers.then_some(engine.settings.today);
        let key = Key::of(("looked", &*file.path, blob, digest, self.repository.graph.is_of_one_file(), day));
        let blob_at = |id: FileId| self.files[id.0 as usize].stored.as_ref().and_then(blob_of).unwrap_or(0);
        let Search { repository, graph, .. } = self;
        let around = Surroundings { repository, graph: *graph, rules: &engine.settings.rules, blob: &blob_at };
        if let Some(Looked { found, passed_on, sources, loaded }) = cache.looked(key, &around) {
            let loaded = loaded.into_iter().collect();
            return Examined { passed_on, sources, loaded, ..Examined::earlier(found, file) };
        }
        let mut examined = examine();
        // What may be a secret is kept nowhere, and what is not kept is not compared in one run and left out in the next.
        examined.sites = examined.sites.into_iter().map(Site::without_secret).collect();
        // What callers of a file decide hangs on how it is written; such files are few, and looked at every time.
        let gives_no_sink = examined.sinks.is_empty() || !self.is_followed(id);
        let found = if gives_no_sink { examined.found() } else { None };
        if let (Some(found), Some(trace)) = (found, &examined.trace) {
            let looked = Looked {
                found,
                passed_on: examined.passed_on.clone(),
                sources: examined.sources.clone(),
                loaded: examined.loaded.iter().copied().collect(),
            };
            cache.note_looked(key, (id, &examined.imports), &looked, trace, &around);
        }
        examined
    }

    fn look(&self, ids: &[FileId], known: Option<&Known>) -> BTreeMap<FileId, Examined> {
        self.progress.chosen.fetch_add(ids.len() as u64, Ordering::Relaxed);
        let has_cache = self.engine.settings.cache.is_some();
        let digest = known.filter(|_| has_cache && !ids.is_empty()).map_or(0, |known| self.digest(known));
        let look = |&id: &FileId| {
            let examined = self.examined(id, known, digest);
            self.progress.parsed.fetch_add(1, Ordering::Relaxed);
            (id, examined)
        };
        self.pool.install(|| ids.par_iter().map(look).collect())
    }

    /// What these files give that was not `given` before, by file. What it is, is then `known`.
    fn gifts(
        &self,
        news: &[FileId],
        found: &BTreeMap<FileId, Examined>,
        known: &mut Known,
        given: &mut BTreeSet<(FileId, Name)>,
    ) -> Gifts {
        let mut gifts = Gifts::new();
        for &id in news {
            // What test code gives, test code takes.
            let Some(file) = found.get(&id).filter(|_| self.is_followed(id)) else { continue };
            for (function, sink) in &file.sinks {
                if known.sinks.add(*function, sink.clone()) {
                    gifts.entry(id).or_default().push(sink.asked_by().clone());
                }
            }
            let passed_on = file.passed_on.iter().filter(|name| given.insert((id, (*name).clone())));
            gifts.entry(id).or_default().extend(passed_on.cloned());
        }
        gifts.retain(|_, names| !names.is_empty());
        gifts
    }

    fn is_followed(&self, id: FileId) -> bool {
        !self.files[id.0 as usize].in_tests || self.engine.settings.policy.include_tests
    }
}

/// Whether a file gets one of the gifts by what it imports.
fn takes(graph: &ModuleGraph, file: FileId, examined: &Examined, gifts: &Gifts) -> bool {
    let gives = |(file, name): &(FileId, Name)| {
        gifts.get(file).is_some_and(|names| name.is_empty() || names.iter().any(|it| it == name))
    };
    examined.sources.iter().any(gives)
        || graph.package(file).iter().any(|other| *other != file && gifts.contains_key(other))
}

/// The files that imported paths lead to, each with the name that is taken from it; empty where all of it is.
fn sources(graph: &ModuleGraph, file: FileId, imports: &[Name]) -> Vec<(FileId, Name)> {
    let mut sources = Vec::new();
    for located in imports.iter().filter_map(|path| graph.locate(file, path)) {
        let around = located.around.map(|it| (it.files, it.members));
        for (files, members) in std::iter::once((located.files, located.members)).chain(around) {
            let first = members.split(SEPARATORS).find(|name| !name.is_empty()).unwrap_or("");
            sources.extend(files.iter().map(|file| (*file, Name::from(first))));
        }
    }
    sources.sort();
    sources.dedup();
    sources
}

fn summary(rule: &Rule) -> RuleSummary {
    RuleSummary {
        id: rule.id.clone(),
        severity: rule.severity,
        message: rule.title(),
        why: rule.why.clone(),
        fix: rule.fix.clone(),
        cwe: rule.cwe.clone(),
        docs: rule.docs.clone(),
    }
}

/// The optional facts that a rule asks for.
fn wanted_by(rule: &Rule) -> Wanted {
    let mut wanted = Wanted::default();
    for condition in rule.conditions() {
        condition.walk(&mut |condition| match condition {
            Condition::Name(_) => wanted.identifiers = true,
            Condition::Text(_) => wanted.regions = true,
            _ => {}
        });
    }
    wanted
}

/// A file without an extension may be a script: its first bytes tell.
fn looks_like_script(candidate: &Candidate) -> bool {
    let name = candidate.path.rsplit('/').next().unwrap_or(&candidate.path);
    !name.contains('.') && candidate.stored.starts_with_shebang()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_goes_between_search_and_parse_is_told() {
        let settings = Settings::plain();
        let engine = Engine::new(&settings, Haystack::File);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let files = [SourceFile {
            path: "gone.py".into(),
            stored: Some(Stored::Disk("no-such-folder/gone.py".into())),
            language: Language::Python,
            in_tests: false,
            bytes: 0,
            may_match: vec![0],
            ruled_out: None,
            has_markers: false,
        }];
        let lost = Mutex::default();
        let (repository, _) = repository(&files, &[], &lost);
        let search = Search {
            engine: &engine,
            pool: &pool,
            progress: &Progress::default(),
            files: &files,
            repository,
            graph: 0,
        };
        let (found, _) = search.found(None).expect("nothing was known before");
        let mut outcome = Outcome::default();
        (outcome.ledger.in_scope, outcome.ledger.scanned) = (1, 1);
        found.into_values().for_each(|it| outcome.add(it));
        assert_eq!(outcome.problems[0].kind, ProblemKind::Unreadable);
        assert_eq!((outcome.ledger.scanned, outcome.ledger.skipped["unreadable"]), (0, 1));
    }
}
