//! The whole scan on one screen: walk and search, then parse and match what holds something, then follow the
//! names and wrappers that files pass on, judge. Within a stage files are independent and shared out over threads.

use crate::fact::BindingKind;
use crate::fact::ExportTarget;
use crate::fact::Language;
use crate::fact::Name;
use crate::fact::Wanted;
use crate::finding::Finding;
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
use crate::report::Report;
use crate::report::Run;
use crate::resolve::graph::FileId;
use crate::resolve::graph::ModuleGraph;
use crate::resolve::versions::Versions;
use crate::resolve::world::Leads;
use crate::resolve::world::Repository;
use crate::resolve::world::World;
use crate::rules::Condition;
use crate::rules::Interest;
use crate::rules::prefilter::Prefilter;
use crate::rules::words::Words;
use crate::settings::Settings;
use crate::source::decode;
use crate::source::decode::Decoded;
use crate::source::walk;
use crate::source::walk::Candidate;
use crate::source::walk::Walk;
use crate::verdict;
use crate::verdict::Policy;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Instant;
use std::time::SystemTime;

/// What files pass on is followed this many times over: a name passed on, a wrapper of it, a wrapper of that, ….
const MOST_ROUNDS: usize = 5;

/// Readers recurse as deep as the code they read nests.
pub(crate) const STACK_SIZE: usize = 64 << 20;

/// Scans what the settings name. `examined` counts the files as they are done, for a progress bar.
pub(crate) fn scan(settings: &Settings, examined: &AtomicU64) -> Report {
    let clock = Clock::start();
    let engine = Engine::new(settings);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(settings.threads).stack_size(STACK_SIZE).build();
    let outcome = match pool {
        Ok(pool) => engine.scan(&pool, examined),
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
            outcome
        }
    };
    engine.report(outcome, clock)
}

/// Scans one text as the file `path` (standard input in an editor).
pub(crate) fn scan_text(settings: &Settings, path: &str, bytes: Vec<u8>) -> Report {
    let scan = || Engine::new(settings).scan_text(path, bytes);
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
}

impl Outcome {
    fn merge(&mut self, other: Outcome) {
        self.ledger.merge(other.ledger);
        self.findings.extend(other.findings);
        self.problems.extend(other.problems);
    }

    fn add(&mut self, examined: Examined) {
        self.ledger.scanned_in_part += u64::from(examined.in_part);
        if examined.panicked {
            self.ledger.scanned -= 1;
            *self.ledger.skipped.entry(ProblemKind::Panic.name()).or_default() += 1;
        }
        self.findings.extend(examined.findings);
        self.problems.extend(examined.problem);
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
    /// Where to open it; `None` for text that was handed in.
    file: Option<PathBuf>,
    language: Language,
    in_tests: bool,
    /// The rules whose literals it holds, by their indexes.
    may_match: Vec<usize>,
}

/// What the walk came to.
#[derive(Default)]
struct Survey {
    outcome: Outcome,
    files: Vec<SourceFile>,
    /// Path and text of the files that steer where imports lead.
    configs: Vec<(String, String)>,
}

/// What one look at a file found.
struct Examined {
    findings: Vec<Finding>,
    problem: Option<Problem>,
    in_part: bool,
    panicked: bool,
    sinks: matching::FoundSinks,
    /// Names of things rules look for that importers of the file get from it.
    passed_on: Vec<Name>,
    /// The paths it imports.
    imports: Vec<Name>,
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
    wanted: Wanted,
    /// What importers may get from a file that rules look for.
    interest: Interest,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Engine<'a> {
        let mut wanted = Wanted::default();
        for rule in &settings.rules {
            rule.condition.walk(&mut |condition| match condition {
                Condition::Name(_) => wanted.identifiers = true,
                Condition::Text(_) => wanted.regions = true,
                _ => {}
            });
        }
        let prefilters = Language::ALL.into_iter().map(|language| (language, OnceLock::new())).collect();
        Engine { settings, prefilters, wanted, interest: Interest::of(&settings.rules) }
    }

    /// Scans one text, on this thread.
    pub(crate) fn scan_text(&self, path: &str, bytes: Vec<u8>) -> Report {
        let clock = Clock::start();
        let mut outcome = Outcome::default();
        if let Some((file, text)) = self.search(path.into(), None, true, decode::decode(bytes), &mut outcome) {
            let repository = Repository::of_one(file.path.clone(), file.language);
            let rules = self.rules_for(&file);
            if !rules.is_empty() {
                outcome.add(self.examine(&repository, FileId(0), &file, text, &rules, &Known::default()));
            }
        }
        self.report(outcome, clock)
    }

    fn scan(&self, pool: &rayon::ThreadPool, examined: &AtomicU64) -> Outcome {
        let Survey { mut outcome, mut files, mut configs } = self.survey(pool, examined);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        configs.sort();
        let named: Vec<(Arc<str>, Language)> = files.iter().map(|it| (it.path.clone(), it.language)).collect();
        let (configs, manifests): (Vec<_>, Vec<_>) = (
            configs.iter().filter(|(path, _)| ModuleGraph::is_config(path)).cloned().collect(),
            configs.into_iter().filter(|(path, _)| Versions::is_manifest(path)).collect(),
        );
        let (graph, mut errors) = ModuleGraph::new(&named, &configs);
        let (versions, more_errors) = Versions::new(&manifests);
        errors.extend(more_errors);
        for error in errors {
            let in_tests = self.settings.is_test(&error.path);
            let (path, line, message) = (error.path, error.line, error.message);
            outcome.problems.push(Problem { path, line, kind: ProblemKind::BadConfig, message, in_tests });
        }
        let load = |id: FileId| {
            let file = &files[id.0 as usize];
            let text = read_text(file)?;
            let facts = || readers::read(&file.path, &text, file.language, Wanted::default());
            std::panic::catch_unwind(AssertUnwindSafe(facts)).ok().map(Arc::new)
        };
        let repository = Repository::new(graph, versions, Box::new(load));
        let all: Vec<usize> = (0..self.settings.rules.len()).collect();
        let look = |ids: &[FileId], known: Option<&Known>| -> BTreeMap<FileId, Examined> {
            let look = |&id: &FileId| {
                let file = &files[id.0 as usize];
                let text = read_text(file)?;
                // A name that another file gave needs no literal to be used.
                let found = match known {
                    Some(known) => self.examine(&repository, id, file, text, &all, known),
                    None => self.examine(&repository, id, file, text, &self.rules_for(file), &Known::default()),
                };
                Some((id, found))
            };
            pool.install(|| ids.par_iter().filter_map(look).collect())
        };
        let worth = |file: &SourceFile| !file.may_match.is_empty() || !self.settings.prefilter;
        let first: Vec<FileId> = numbered(&files).filter(|(_, file)| worth(file)).map(|(id, _)| id).collect();
        let mut known = Known::default();
        let mut found = look(&first, None);
        let mut news: Vec<FileId> = first;
        let mut given: BTreeSet<(FileId, Name)> = BTreeSet::new();
        for _ in 0..MOST_ROUNDS {
            let mut gifts: BTreeMap<FileId, Vec<Name>> = BTreeMap::new();
            for &id in &news {
                // What test code gives, test code takes.
                let is_followed = !files[id.0 as usize].in_tests || self.settings.include_tests;
                let Some(file) = found.get(&id).filter(|_| is_followed) else { continue };
                for (function, sink) in &file.sinks {
                    if known.sinks.add(*function, sink.clone()) {
                        gifts.entry(id).or_default().push(sink.asked_by().clone());
                    }
                }
                let passed_on = file.passed_on.iter().filter(|name| given.insert((id, (*name).clone())));
                gifts.entry(id).or_default().extend(passed_on.cloned());
            }
            gifts.retain(|_, names| !names.is_empty());
            let mut words = Words::default();
            for (id, names) in &gifts {
                let path = &files[id.0 as usize].path;
                known.leads.extend(names.iter().filter_map(|name| words.add(name, path)));
            }
            let Some(words) = words.ready() else { break };
            let wants = |(id, file): &(FileId, &SourceFile)| match found.get(id) {
                // Nor is what test code takes, since it decides nothing.
                _ if file.in_tests && !self.settings.include_tests => false,
                Some(examined) => takes(&repository.graph, *id, &examined.imports, &gifts),
                None => read_text(file).is_some_and(|text| words.stand_in(&text, file.language)),
            };
            let again: Vec<FileId> = pool.install(|| {
                let all: Vec<(FileId, &SourceFile)> = numbered(&files).collect();
                all.into_par_iter().filter(wants).map(|(id, _)| id).collect()
            });
            found.extend(look(&again, Some(&known)));
            news = again;
        }
        for examined in found.into_values() {
            outcome.add(examined);
        }
        outcome
    }

    /// The rules to ask about a file looked at for its own sake.
    fn rules_for(&self, file: &SourceFile) -> Vec<usize> {
        if self.settings.prefilter { file.may_match.clone() } else { (0..self.settings.rules.len()).collect() }
    }

    /// Walks, reads and searches; parses nothing.
    fn survey(&self, pool: &rayon::ThreadPool, examined: &AtomicU64) -> Survey {
        let settings = self.settings;
        let total = Mutex::new(Survey::default());
        let walk = Walk {
            root: &settings.root,
            paths: &settings.paths,
            exclude: &settings.exclude,
            threads: settings.threads,
        };
        let problems = walk::walk(&walk, pool, &|candidate| {
            let mut outcome = Outcome::default();
            let file = self.look_at(&candidate, &mut outcome);
            let is_config = ModuleGraph::is_config(&candidate.path) || Versions::is_manifest(&candidate.path);
            let config = is_config.then(|| decode::read(&candidate.file));
            examined.fetch_add(1, Ordering::Relaxed);
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            total.outcome.merge(outcome);
            total.files.extend(file);
            if let Some(Decoded::Text { text, .. }) = config {
                total.configs.push((candidate.path.to_string(), text));
            }
        });
        let mut survey = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        for mut problem in problems {
            problem.in_tests |= settings.is_test(&problem.path);
            survey.outcome.note(problem);
        }
        survey
    }

    fn look_at(&self, candidate: &Candidate, outcome: &mut Outcome) -> Option<SourceFile> {
        let by_name = readers::language_of(&candidate.path);
        let has_extension =
            candidate.path.rsplit('/').next().is_some_and(|name| name.trim_start_matches('.').contains('.'));
        if by_name.is_none() && (has_extension || !candidate.explicit && !looks_like_script(candidate)) {
            self.no_reader(&candidate.path, candidate.explicit, outcome);
            return None;
        }
        let decoded = decode::read(&candidate.file);
        let file = Some(candidate.file.clone());
        self.search(candidate.path.clone(), file, candidate.explicit, decoded, outcome).map(|(file, _)| file)
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

    /// Enters a file into the ledger and searches it for what rules look for.
    fn search(
        &self,
        path: Arc<str>,
        file: Option<PathBuf>,
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
        outcome.ledger.in_scope += 1;
        outcome.ledger.scanned += 1;
        outcome.ledger.bytes += text.len() as u64;
        outcome.ledger.languages.insert(language.name(), 1);
        if let Some((kind, message)) = noted {
            outcome.problems.push(problem(kind, message));
        }
        let prefilter = self.prefilters[&language].get_or_init(|| Prefilter::new(language, &self.settings.rules));
        let may_match = prefilter.rules_for(&self.settings.rules, &path, in_tests, &text);
        Some((SourceFile { path, file, language, in_tests, may_match }, text))
    }

    /// Parses a file and matches the rules on it.
    fn examine(
        &self,
        repository: &Repository<'_>,
        id: FileId,
        file: &SourceFile,
        text: String,
        rules: &[usize],
        known: &Known,
    ) -> Examined {
        let path = &file.path;
        let source = Source::new(path.clone(), text);
        let problem =
            |line, kind, message| Problem { path: path.to_string(), line, kind, message, in_tests: file.in_tests };
        let owners: Vec<&str> =
            self.settings.owners.iter().filter(|it| it.modules.is_match(&**path)).map(|it| it.name.as_str()).collect();
        let standing = Standing { in_tests: file.in_tests, owners: &owners };
        // A panic is ours; it costs this file and is seen.
        let examined = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let facts = Arc::new(readers::read(path, &source.text, file.language, self.wanted));
            let world = World::new(repository, &known.leads);
            let resolver = world.enter(id, facts.clone());
            let matched = matching::match_file(&self.settings.rules, rules, &resolver, &source, standing, &known.sinks);
            let passed_on = matching::passed_on(&resolver, &self.interest, &known.sinks);
            (matched, passed_on, facts)
        }));
        let Ok((Matched { findings, sinks }, passed_on, facts)) = examined else {
            let message = "ssot-guard failed on this file; please report it".to_owned();
            return Examined {
                findings: Vec::new(),
                problem: Some(problem(0, ProblemKind::Panic, message)),
                in_part: false,
                panicked: true,
                sinks: Vec::new(),
                passed_on: Vec::new(),
                imports: Vec::new(),
            };
        };
        let first_error = facts.syntax_errors.iter().min_by_key(|it| it.span.start);
        let problem = first_error.map(|error| {
            let more = facts.syntax_errors.len() - 1;
            let and_more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            let span = Span::new(error.span.start.min(source.text.len() as u32), error.span.start);
            // Without a literal that some rule looks for, what was lost cannot have held a finding.
            let kind = match file.may_match.is_empty() {
                false => ProblemKind::SyntaxError,
                true => ProblemKind::SyntaxErrorElsewhere,
            };
            problem(source.place(span).line, kind, format!("{}{and_more}", error.message))
        });
        let imports = facts.bindings.iter().filter_map(|binding| match &binding.kind {
            BindingKind::Import(path) | BindingKind::StarImport(path) => Some(path.clone()),
            _ => None,
        });
        let passed_through = facts.exports.iter().filter_map(|export| match &export.target {
            ExportTarget::Import(path) => Some(path.clone()),
            _ => None,
        });
        let imports: BTreeSet<Name> = imports.chain(passed_through).collect();
        let imports = imports.into_iter().collect();
        Examined { findings, in_part: problem.is_some(), problem, panicked: false, sinks, passed_on, imports }
    }

    fn report(&self, outcome: Outcome, clock: Clock) -> Report {
        let Outcome { ledger, mut findings, mut problems } = outcome;
        findings.retain(|finding| finding.severity >= self.settings.shows_from);
        findings.sort_by(|a, b| (&a.path, a.place, &a.rule).cmp(&(&b.path, b.place, &b.rule)));
        problems.sort();
        problems.dedup();
        let policy = Policy { include_tests: self.settings.include_tests, blocks_from: self.settings.blocks_from };
        let verdict = verdict::judge(&findings, &problems, &ledger, policy);
        let started = time::OffsetDateTime::from(clock.started);
        let run = Run {
            started: started
                .replace_nanosecond(0)
                .expect("zero is a nanosecond")
                .format(&time::format_description::well_known::Rfc3339)
                .expect("the present year has four digits"),
            duration: clock.instant.elapsed(),
            tool_version: env!("CARGO_PKG_VERSION"),
            rules: self.settings.rules.iter().map(|rule| rule.id.to_string()).collect(),
        };
        Report { run, ledger, problems, findings, policy, verdict }
    }
}

/// Whether a file that imports these paths gets one of the gifts.
fn takes(graph: &ModuleGraph, file: FileId, imports: &[Name], gifts: &BTreeMap<FileId, Vec<Name>>) -> bool {
    let among = |files: &[FileId], members: &str| {
        let first = members.split('.').next().unwrap_or("");
        files.iter().filter_map(|it| gifts.get(it)).any(|names| first.is_empty() || names.iter().any(|it| it == first))
    };
    let imported = imports.iter().filter_map(|path| graph.locate(file, path)).any(|located| {
        among(located.files, located.members) || located.around.is_some_and(|it| among(it.files, it.members))
    });
    imported || graph.package(file).iter().any(|other| *other != file && gifts.contains_key(other))
}

/// The text as it was when the walk read it; a file that has gone since holds nothing.
fn read_text(file: &SourceFile) -> Option<String> {
    match decode::read(file.file.as_ref()?) {
        Decoded::Text { text, .. } => Some(text),
        Decoded::Unexamined(..) => None,
    }
}

fn numbered(files: &[SourceFile]) -> impl Iterator<Item = (FileId, &SourceFile)> {
    files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
}

/// A file without an extension may be a script: its first bytes tell.
fn looks_like_script(candidate: &Candidate) -> bool {
    let name = candidate.path.rsplit('/').next().unwrap_or(&candidate.path);
    !name.contains('.') && decode::starts_with_shebang(&candidate.file)
}
