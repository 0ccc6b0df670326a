//! The whole scan on one screen: walk, read, prefilter, parse, match, judge. Files are independent, so a
//! thread takes each through all of it while its text is warm.

use crate::fact::Language;
use crate::fact::Wanted;
use crate::finding::Finding;
use crate::ledger::Ledger;
use crate::matching;
use crate::matching::Standing;
use crate::place::Source;
use crate::place::Span;
use crate::problem::Problem;
use crate::problem::ProblemKind;
use crate::readers;
use crate::report::Report;
use crate::report::Run;
use crate::rules::Condition;
use crate::rules::prefilter::Prefilter;
use crate::settings::Settings;
use crate::source::decode;
use crate::source::decode::Decoded;
use crate::source::walk;
use crate::source::walk::Candidate;
use crate::source::walk::Walk;
use crate::verdict;
use crate::verdict::Policy;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Instant;
use std::time::SystemTime;

/// Scans what the settings name. `examined` counts the files as they are done, for a progress bar.
pub(crate) fn scan(settings: &Settings, examined: &AtomicU64) -> Report {
    let clock = Clock::start();
    let engine = Engine::new(settings);
    let total = Mutex::new(Outcome::default());
    let walk =
        Walk { root: &settings.root, paths: &settings.paths, exclude: &settings.exclude, threads: settings.threads };
    let problems = walk::walk(&walk, &|candidate| {
        let outcome = engine.examine(candidate);
        examined.fetch_add(1, Ordering::Relaxed);
        total.lock().unwrap_or_else(PoisonError::into_inner).merge(outcome);
    });
    let mut outcome = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    for mut problem in problems {
        problem.in_tests |= settings.is_test(&problem.path);
        outcome.note(problem);
    }
    engine.report(outcome, clock)
}

/// Scans one text as the file `path` (standard input in an editor).
pub(crate) fn scan_text(settings: &Settings, path: &str, bytes: Vec<u8>) -> Report {
    let scan = || Engine::new(settings).scan_text(path, bytes);
    // Readers recurse as deep as the code nests, further than the main thread's stack goes.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(walk::STACK_SIZE).spawn_scoped(scope, scan);
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

    /// Adds a problem that kept a whole file from being examined, or that is no file's.
    fn note(&mut self, problem: Problem) {
        if problem.kind.leaves_run_incomplete() {
            self.ledger.in_scope += 1;
            *self.ledger.skipped.entry(problem.kind.name()).or_default() += 1;
        }
        self.problems.push(problem);
    }
}

/// The settings made ready for files.
pub(crate) struct Engine<'a> {
    settings: &'a Settings,
    /// Built for a language when its first file comes: compiling the patterns takes milliseconds.
    prefilters: BTreeMap<Language, OnceLock<Prefilter>>,
    wanted: Wanted,
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
        Engine { settings, prefilters, wanted }
    }

    pub(crate) fn scan_text(&self, path: &str, bytes: Vec<u8>) -> Report {
        let clock = Clock::start();
        let outcome = self.examine_bytes(path.into(), true, decode::decode(bytes));
        self.report(outcome, clock)
    }

    fn examine(&self, candidate: Candidate) -> Outcome {
        let by_name = readers::language_of(&candidate.path);
        let has_extension =
            candidate.path.rsplit('/').next().is_some_and(|name| name.trim_start_matches('.').contains('.'));
        if by_name.is_none() && (has_extension || !candidate.explicit && !looks_like_script(&candidate)) {
            return self.no_reader(&candidate.path, candidate.explicit);
        }
        self.examine_bytes(candidate.path.clone(), candidate.explicit, decode::read(&candidate.file))
    }

    fn no_reader(&self, path: &str, explicit: bool) -> Outcome {
        let mut outcome = Outcome::default();
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = match name.rfind('.') {
            Some(at) if at > 0 => name[at..].to_owned(),
            _ => name.to_owned(),
        };
        outcome.ledger.no_reader.insert(extension, 1);
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
        outcome
    }

    fn examine_bytes(&self, path: Arc<str>, explicit: bool, decoded: Decoded) -> Outcome {
        let mut outcome = Outcome::default();
        let in_tests = !explicit && self.settings.is_test(&path);
        let problem = |line, kind, message| Problem { path: path.to_string(), line, kind, message, in_tests };
        let (text, noted) = match decoded {
            Decoded::Text { text, problem } => (text, problem),
            Decoded::Unexamined(kind, message) => {
                outcome.note(problem(0, kind, message));
                return outcome;
            }
        };
        let by_shebang = || readers::language_of_shebang(text.lines().next().unwrap_or(""));
        let Some(language) = readers::language_of(&path).or_else(by_shebang) else {
            return self.no_reader(&path, explicit);
        };
        outcome.ledger.in_scope += 1;
        outcome.ledger.scanned += 1;
        outcome.ledger.bytes += text.len() as u64;
        outcome.ledger.languages.insert(language.name(), 1);
        if let Some((kind, message)) = noted {
            outcome.problems.push(problem(0, kind, message));
        }
        let prefilter = self.prefilters[&language].get_or_init(|| Prefilter::new(language, &self.settings.rules));
        let may_match = prefilter.may_match(&self.settings.rules, &path, &text);
        if !may_match && self.settings.prefilter {
            return outcome;
        }
        let source = Source::new(path.clone(), text);
        let owners: Vec<&str> =
            self.settings.owners.iter().filter(|it| it.modules.is_match(&*path)).map(|it| it.name.as_str()).collect();
        let standing = Standing { in_tests, owners: &owners };
        // A panic is ours; it costs this file and is seen.
        let examined = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let facts = readers::read(&path, &source.text, language, self.wanted);
            let findings = matching::match_file(&self.settings.rules, &facts, &source, standing);
            (findings, facts.syntax_errors)
        }));
        let Ok((findings, syntax_errors)) = examined else {
            let message = "ssot-guard failed on this file; please report it".to_owned();
            outcome.problems.push(problem(0, ProblemKind::Panic, message));
            outcome.ledger.scanned -= 1;
            *outcome.ledger.skipped.entry(ProblemKind::Panic.name()).or_default() += 1;
            return outcome;
        };
        if let Some(error) = syntax_errors.iter().min_by_key(|it| it.span.start) {
            outcome.ledger.scanned_in_part += 1;
            let more = syntax_errors.len() - 1;
            let and_more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            let span = Span::new(error.span.start.min(source.text.len() as u32), error.span.start);
            // Without a literal that some rule looks for, what was lost cannot have held a finding.
            let kind = if may_match { ProblemKind::SyntaxError } else { ProblemKind::SyntaxErrorElsewhere };
            let line = source.place(span).line;
            outcome.problems.push(problem(line, kind, format!("{}{and_more}", error.message)));
        }
        outcome.findings = findings;
        outcome
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

/// A file without an extension may be a script: its first bytes tell.
fn looks_like_script(candidate: &Candidate) -> bool {
    let name = candidate.path.rsplit('/').next().unwrap_or(&candidate.path);
    !name.contains('.') && decode::starts_with_shebang(&candidate.file)
}
