//! A scan that starts from what an earlier one came to. What a file comes to depends on its text, on the files that were
//! read for it, and on what files give each other; so a change of some texts concerns these files and those that read
//! them. Of all others stands what stood before, and what they give others is taken as it was. Where that would not do
//! (a file comes or goes, a manifest changes, a file gives something else than before), nothing is scanned, and the
//! caller scans everything.

use crate::cache::Checkpoint;
use crate::cache::Found;
use crate::cache::Gifts;
use crate::cache::Part;
use crate::cache::Whole;
use crate::contracts::services::Services;
use crate::fact::Language;
use crate::pipeline::Before;
use crate::pipeline::Clock;
use crate::pipeline::Engine;
use crate::pipeline::Examined;
use crate::pipeline::Outcome;
use crate::pipeline::Progress;
use crate::pipeline::Search;
use crate::pipeline::SourceFile;
use crate::pipeline::load;
use crate::pipeline::named;
use crate::pipeline::pool;
use crate::problem::Problem;
use crate::report::Report;
use crate::resolve::config::file_name;
use crate::resolve::graph::FileId;
use crate::resolve::graph::ModuleGraph;
use crate::resolve::versions::Versions;
use crate::resolve::world::Lazy;
use crate::resolve::world::Repository;
use crate::rules::prefilter::Haystack;
use crate::settings::PROJECT_FILE;
use crate::settings::Settings;
use crate::settings::Tree;
use crate::source::snapshot::Snapshot;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;

/// A file that takes from one that nobody thought of makes a second try necessary, with that one. More than these are
/// not worth it.
const MOST_TRIES: usize = 3;

/// Scans what git has, starting from the checkpoint, which is then that of this scan. `None` where that cannot be done.
pub(crate) fn resume(settings: &Settings, checkpoint: &mut Checkpoint) -> Option<Report> {
    let clock = Clock::start();
    let Tree::Snapshot(snapshot) = &settings.tree else { return None };
    let changed = snapshot.changed_since(checkpoint.listing())?;
    let steers = |path: &str| ModuleGraph::is_config(path) || Versions::is_manifest(path) || path == PROJECT_FILE;
    if checkpoint.is_worn() || changed.iter().any(|path| steers(path)) {
        return None;
    }
    let engine = Engine::new(settings, Haystack::File);
    let pool = pool(settings).ok()?;
    let mut files = files_of(snapshot, checkpoint)?;
    let names = named(&files);
    let configs: Arc<[String]> = checkpoint.configs().into();
    let graph = LazyLock::new(|| {
        let (snapshot, configs) = (snapshot.clone(), configs.clone());
        let read = move |is_wanted: fn(&str) -> bool| texts(&snapshot, &configs, is_wanted);
        Arc::new(ModuleGraph::lazy(&names, Box::new(read)))
    });
    let around =
        Around { graph: &|| graph.clone(), versions: &|| Versions::new(&texts(snapshot, &configs, |_| true)).0 };
    let prepare = || {
        let language = |path: &str| names.binary_search_by(|(it, _)| (**it).cmp(path)).ok().map(|at| names[at].1);
        let languages: BTreeSet<Language> = changed.iter().filter_map(|path| language(path)).collect();
        languages.into_iter().for_each(|language| graph.prepare(language));
    };
    let search = || searched(&engine, snapshot, &changed, &mut files);
    // Most changes ask where their imports lead, and a thread is idle.
    let (touched, _) = pool.install(|| rayon::join(search, || _ = (settings.threads > 1).then(prepare)));
    let Touched { ids, problems: news } = touched?;
    let mut problems: Vec<Problem> = checkpoint.problems().collect();
    problems.retain(|problem| !changed.iter().any(|path| ***path == *problem.path));
    problems.extend(news);
    let mut affected = checkpoint.readers_of(&ids);
    affected.extend(&ids);
    affected.extend(checkpoint.outdated(settings.today));
    if affected.iter().any(|id| checkpoint.gives_sinks(*id)) {
        return None;
    }
    let mut outcome = Outcome::default();
    outcome.ledger.no_reader = checkpoint.no_reader().clone();
    files.iter().for_each(|file| outcome.ledger.count(file.language, file.bytes));
    problems.iter().for_each(|problem| outcome.note(problem.clone()));
    outcome.services = Services::of(checkpoint.configs().iter().map(String::as_str)).with(&settings.declared);
    let all = (0..files.len() as u32).map(FileId);
    let unaffected: Vec<FileId> = all.filter(|id| !affected.contains(id) && checkpoint.has_something_in(*id)).collect();
    let stands = |id: &FileId| Some((*id, checkpoint.found(*id, &settings.rules)?));
    let again = Again { engine: &engine, pool: &pool, snapshot, checkpoint: &*checkpoint, affected: &affected };
    let (looked, stands) = pool.install(|| {
        rayon::join(
            || again.look(&mut files, &ids, &around),
            || unaffected.par_iter().map(stands).collect::<Option<Vec<_>>>(),
        )
    });
    let Looked { mut found, parts, lost } = looked?;
    found.extend(stands?.into_iter().map(|(id, found)| (id, Examined::earlier(found, &files[id.0 as usize]))));
    engine.gather(&mut outcome, &files, lost, found);
    checkpoint.update((snapshot.listing().clone(), settings.today), &problems, parts.into_iter(), &settings.rules)?;
    let report = engine.report(outcome, clock);
    // To give it back takes longer than to leave it to the system: what resumes is about to end.
    std::mem::forget((files, graph, engine));
    Some(report)
}

/// The paths and texts of those files that have a name which is wanted.
fn texts(snapshot: &Snapshot, paths: &[String], is_wanted: fn(&str) -> bool) -> Vec<(String, String)> {
    let paths = paths.iter().filter(|path| is_wanted(file_name(path)));
    paths.filter_map(|path| Some((path.clone(), snapshot.text(path).ok()??))).collect()
}

/// The source files that changed, and what went wrong with any file that did.
struct Touched {
    ids: BTreeSet<FileId>,
    problems: Vec<Problem>,
}

/// Searches what changed. `None` where a file is source code now and was not, or the other way round.
fn searched(
    engine: &Engine<'_>,
    snapshot: &Snapshot,
    changed: &[&Arc<str>],
    files: &mut [SourceFile],
) -> Option<Touched> {
    let search = |path: &&Arc<str>| {
        let mut outcome = Outcome::default();
        let candidate = snapshot.candidate(path, &engine.settings.exclude);
        let file = candidate.and_then(|candidate| engine.look_at(&candidate, &mut outcome));
        (file, outcome.problems)
    };
    let searched: Vec<_> = changed.par_iter().map(search).collect();
    let mut touched = Touched { ids: BTreeSet::new(), problems: Vec::new() };
    for (path, (file, problems)) in changed.iter().zip(searched) {
        touched.problems.extend(problems);
        match (files.binary_search_by(|it| it.path.cmp(path)), file) {
            (Ok(at), Some(file)) if file.language == files[at].language => {
                files[at] = file;
                touched.ids.insert(FileId(at as u32));
            }
            (Err(_), None) => {}
            _ => return None,
        }
    }
    Some(touched)
}

/// Makes what files are asked for beside themselves.
struct Around<'a> {
    graph: &'a (dyn Fn() -> Arc<ModuleGraph> + Sync),
    versions: &'a (dyn Fn() -> Versions + Sync),
}

/// The second look at what a change concerns.
struct Again<'a> {
    engine: &'a Engine<'a>,
    pool: &'a rayon::ThreadPool,
    snapshot: &'a Snapshot,
    checkpoint: &'a Checkpoint,
    /// What changed, and what read it.
    affected: &'a BTreeSet<FileId>,
}

/// What became of the affected files.
struct Looked {
    found: BTreeMap<FileId, Examined>,
    parts: Vec<(FileId, Part)>,
    lost: Mutex<BTreeMap<FileId, Problem>>,
}

impl Again<'_> {
    /// `searched` are the files that need not be searched any more.
    fn look(&self, files: &mut [SourceFile], searched: &BTreeSet<FileId>, around: &Around<'_>) -> Option<Looked> {
        let Again { engine, pool, snapshot, checkpoint, affected } = *self;
        let mut searched = searched.clone();
        // The sinks that affected files take are made anew where they stand.
        let mut among = affected.clone();
        among.extend(checkpoint.givers_of(affected.iter().copied()));
        for _ in 0..MOST_TRIES {
            for id in &among {
                if searched.insert(*id) {
                    let file = &mut files[id.0 as usize];
                    let candidate = snapshot.candidate(&file.path, &engine.settings.exclude)?;
                    *file = engine.look_at(&candidate, &mut Outcome::default())?;
                }
            }
            let files = &*files;
            let lost = Mutex::default();
            let (graph, versions) = (Lazy::new(around.graph), Lazy::new(around.versions));
            let repository = Repository::lazy(graph, versions, load(files, &lost));
            let progress = Progress::default();
            let search = Search { engine, pool, progress: &progress, files, repository, graph: checkpoint.graph() };
            let (mut found, _) = search.found(Some(Before { checkpoint, among: &among }))?;
            let read = found.values().flat_map(|it| &it.loaded).filter(|it| checkpoint.gives_sinks(**it));
            let more: BTreeSet<FileId> = read.copied().filter(|it| !among.contains(it)).collect();
            if !more.is_empty() {
                among.extend(checkpoint.givers_of(more.iter().copied()));
                among.extend(more);
                continue;
            }
            found.retain(|id, _| affected.contains(id));
            let parts = affected.iter().map(|id| Some((*id, search.part(*id, found.get(id))?)));
            let parts = parts.collect::<Option<Vec<_>>>()?;
            drop(search);
            // Who takes them does not stand where it stood.
            return (!parts.iter().any(|(_, part)| part.gives_sinks)).then_some(Looked { found, parts, lost });
        }
        None
    }
}

/// The source files, as far as they are known without a look into them.
fn files_of(snapshot: &Snapshot, checkpoint: &Checkpoint) -> Option<Vec<SourceFile>> {
    let mut all = snapshot.all();
    let files = checkpoint.sources().map(|source| {
        let (path, stored) = all.find(|(it, _)| ***it == *source.path)?;
        Some(SourceFile {
            path: path.clone(),
            stored: Some(stored),
            language: source.language?,
            in_tests: source.in_tests,
            bytes: source.bytes,
            may_match: Vec::new(),
            ruled_out: None,
            has_markers: false,
        })
    });
    files.collect()
}

impl Search<'_> {
    /// What is kept of this scan; `None` where something kept us from looking, which is to be tried again.
    pub(super) fn checkpoint(
        &self,
        found: &BTreeMap<FileId, Examined>,
        gifts: &[Gifts],
        problems: &[Problem],
        no_reader: BTreeMap<String, u64>,
        configs: Vec<String>,
    ) -> Option<Checkpoint> {
        let Tree::Snapshot(snapshot) = &self.engine.settings.tree else { return None };
        let ids = (0..self.files.len() as u32).map(FileId);
        let parts = ids.map(|id| self.part(id, found.get(&id))).collect::<Option<Vec<_>>>()?;
        let whole = Whole {
            listing: snapshot.listing().clone(),
            day: self.engine.settings.today,
            graph: self.graph,
            gifts,
            problems,
            no_reader,
            configs,
        };
        Checkpoint::new(whole, parts.into_iter(), &self.engine.settings.rules)
    }

    /// A file as it is kept.
    fn part(&self, id: FileId, examined: Option<&Examined>) -> Option<Part> {
        let file = &self.files[id.0 as usize];
        Some(Part {
            path: file.path.clone(),
            language: file.language,
            in_tests: file.in_tests,
            bytes: file.bytes,
            has_markers: file.has_markers,
            found: examined.map_or_else(|| Some(Found::default()), Examined::found)?,
            loaded: examined.map_or_else(Vec::new, |it| it.loaded.iter().copied().collect()),
            gives_sinks: examined.is_some_and(|it| it.gives_sinks) && self.is_followed(id),
        })
    }
}
