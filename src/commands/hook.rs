//! `hook`: what is about to be committed, judged before it is. It looks at what git would commit, never at the work
//! tree, and writes neither to the index nor to the work tree, so that it may be stopped at any moment.

use crate::cache::Cache;
use crate::cache::Checkpoint;
use crate::cache::Kept;
use crate::cache::Plans;
use crate::cache::Scans;
use crate::cache::Unexamined;
use crate::cli::Color;
use crate::cli::HookArguments;
use crate::cli::HookCommand;
use crate::commands::Failure;
use crate::commands::baseline::findings;
use crate::commands::wants_color;
use crate::commands::write_file;
use crate::finding::Finding;
use crate::hash;
use crate::pipeline;
use crate::pipeline::Progress;
use crate::pipeline::ScopeNames;
use crate::problem::Problem;
use crate::problem::ProblemKind;
use crate::report;
use crate::report::Report;
use crate::report::commit::Look;
use crate::settings;
use crate::settings::OwnRules;
use crate::settings::Settings;
use crate::settings::SettingsError;
use crate::settings::Tree;
use crate::settings::variable;
use crate::source::git;
use crate::source::git::Checkout;
use crate::source::git::Difference;
use crate::source::snapshot::ObjectId;
use crate::source::snapshot::Snapshot;
use crate::verdict;
use crate::verdict::Outcome;
use crate::verdict::Requirement;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::thread::Scope;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

pub(super) fn run(arguments: &HookArguments, color: Color) -> Result<u8, Failure> {
    match &arguments.command {
        HookCommand::Install { chain } => install(Path::new("."), *chain),
        HookCommand::Uninstall => uninstall(),
        HookCommand::Status => status(),
        HookCommand::Run { all } => judge(*all, color),
    }
}

/// What a commit is made of.
struct Change {
    /// The state to judge.
    now: Snapshot,
    /// The commits it is a change of, and what differs from each: none for the first one, two for a merge.
    before: Vec<(String, Vec<Difference>)>,
    /// The paths that differ from each of them.
    touched: BTreeSet<String>,
}

/// What git is asked before it is known where the top of the work tree is: most hooks run there.
struct Begun<'scope> {
    index: ScopedJoinHandle<'scope, Result<Snapshot, git::GitError>>,
    differences: ScopedJoinHandle<'scope, Result<Vec<Difference>, git::GitError>>,
}

impl<'scope> Begun<'scope> {
    /// `None` where the change is another than what is in the index.
    fn new(scope: &'scope Scope<'scope, '_>) -> Option<Begun<'scope>> {
        let here = Path::new(".");
        pushed().is_none().then(|| Begun {
            index: scope.spawn(|| Snapshot::of_index(here)),
            differences: scope.spawn(|| git::differences(here, "HEAD", None)),
        })
    }
}

/// From where to where the pre-commit framework pushes.
fn pushed() -> Option<(String, String)> {
    variable("PRE_COMMIT_FROM_REF").zip(variable("PRE_COMMIT_TO_REF"))
}

impl Change {
    /// What `git commit` would commit, or what would be pushed.
    fn find(checkout: &Checkout, begun: Option<Begun<'_>>) -> Result<Change, git::GitError> {
        let Checkout { root, head, merging } = checkout;
        if let Some((from, to)) = pushed() {
            let differences = git::differences(root, &from, Some(&to))?;
            let touched = differences.iter().map(|it| it.path.clone()).collect();
            return Ok(Change { now: Snapshot::of_commit(root, &to)?, before: vec![(from, differences)], touched });
        }
        // Of a folder further down git lists what is below it.
        let begun = begun.filter(|_| std::env::current_dir().is_ok_and(|here| here == *root));
        let (now, of_head) = match begun {
            Some(Begun { index, differences }) => (joined(index)?, head.is_some().then(|| joined(differences))),
            None => (Snapshot::of_index(root)?, head.as_ref().map(|head| git::differences(root, head, None))),
        };
        let mut before: Vec<(String, Vec<Difference>)> = head.iter().cloned().zip(of_head.transpose()?).collect();
        // What comes from the other side of a merge was judged there.
        for other in merging {
            before.push((other.clone(), git::differences(root, other, None)?));
        }
        if before.is_empty() {
            let touched = now.paths().chain(now.elsewhere()).map(|path| path.to_string()).collect();
            return Ok(Change { now, before, touched });
        }
        let paths = |differences: &[Difference]| differences.iter().map(|it| it.path.clone()).collect();
        let mut touched: BTreeSet<String> = paths(&before[0].1);
        for (_, differences) in &before[1..] {
            let others: BTreeSet<String> = paths(differences);
            touched.retain(|path| others.contains(path));
        }
        Ok(Change { now, before, touched })
    }
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn judge(all: bool, color: Color) -> Result<u8, Failure> {
    let (checkout, skipped, cache_file, earlier, rules, change) = std::thread::scope(|scope| {
        let begun = Begun::new(scope);
        let skipped = scope.spawn(|| skipped(Path::new(".")));
        let rules = scope.spawn(OwnRules::read);
        let checkout = git::checkout(Path::new("."))?;
        let cache_file = CacheFile::find(&checkout.root);
        let kept = cache_file.clone();
        let earlier = scope.spawn(move || kept.as_ref().map(CacheFile::earlier));
        let change = Change::find(&checkout, begun);
        Ok::<_, git::GitError>((checkout, joined(skipped), cache_file, joined(earlier), joined(rules), change))
    })?;
    if let Some(why) = skipped {
        writeln!(io::stderr(), "ssot-guard: not checked: {why}")?;
        return Ok(verdict::PASS);
    }
    let root = &checkout.root;
    let Change { now, before, touched } = change?;
    let (listing, now) = (now.digest(), Arc::new(now));
    let mut settings = Settings::of_commit(root, Tree::Snapshot(now.clone()), rules?)?;
    let rules = settings.rules.clone();
    let mut memory = Memory::new(cache_file, earlier.unwrap_or_default(), &settings);
    let mut report = memory.scan(&mut settings);
    memory.scans.note(listing, &report.counted().collect::<Vec<_>>(), unexamined(&report), &rules);

    // What could not be looked at was so before, but for what is committed now, and where nothing was looked at; and git
    // has no more than a pointer to what is kept elsewhere.
    report.problems.retain(|problem| touched.contains(&problem.path) || problem.path == ".");
    let is_pointer = |problem: &Problem| problem.kind == ProblemKind::LfsPointer;
    let pointers = report.problems.iter().filter(|it| is_pointer(it)).count();
    report.problems.retain(|problem| !is_pointer(problem));
    report.judge();
    let is_blocked = report.verdict.exit_code != verdict::PASS || !report.verdict.notes.is_empty();
    if !all && (is_blocked || report.counted().next().is_some()) {
        let names = ScopeNames::new(root, &settings.tree);
        for (commit, differences) in &before {
            let listing = listing_before(listing, differences);
            let (findings, problems) = match memory.scans.find(listing, &rules) {
                Some(known) => known,
                None => {
                    let tree = Tree::Snapshot(Arc::new(Snapshot::of_commit(root, commit)?));
                    let earlier = memory.scan_aside(&mut settings.at(tree));
                    let (found, unexamined) = (earlier.counted().collect::<Vec<_>>(), unexamined(&earlier));
                    memory.scans.note(listing, &found, unexamined.clone(), &rules);
                    (found.into_iter().cloned().collect(), unexamined)
                }
            };
            let old: BTreeMap<&str, bool> = differences.iter().map(|it| (&*it.path, it.old.is_some())).collect();
            let exists = |path: &str| now.object(path).is_some();
            let existed = |path: &str| old.get(path).copied().unwrap_or_else(|| exists(path));
            let has_scope = |path: &str, scope: &str| names.has(path, scope);
            let change =
                report::Change { exists: &exists, existed: &existed, has_scope: &has_scope, touched: &touched };
            report.compare(findings.iter(), &change);
            let was_there = |problem: &Problem| {
                problems.iter().any(|(path, kind)| *path == problem.path && kind == problem.kind.name())
            };
            report.problems.retain(|problem| !was_there(problem));
        }
        report.judge();
    }

    if !all && let Some((commit, differences)) = before.first() {
        let (held, requirement) = held(root, &settings, (commit, differences), &touched, &report)?;
        if let Some(requirement) = requirement {
            report.requirements.push(requirement);
            report.add(held);
            report.judge();
        }
    }
    // Not held any earlier: a thread that panics says so there.
    let mut out = io::BufWriter::new(io::stderr().lock());
    let elsewhere = now.elsewhere().filter(|path| touched.contains(&***path)).count();
    let look = Look { color: wants_color(color), staged: touched.len(), pointers, elsewhere };
    report::commit::write(&report, look, &mut out)?;
    out.flush()?;
    settings.cache = None;
    memory.write();
    let code = report.verdict.exit_code;
    // To give back all that was known of the repository takes longer than to leave it to the system.
    std::mem::forget((report, settings, now, before));
    Ok(code)
}

/// What the project file and the rules of the commit before would have stopped, in the files of this one, and those of
/// this one let go, with what is to be said of it: a change does not pass because of what it says of itself. Whoever
/// lowers the bar does so in a commit that needs no lower one.
fn held(
    root: &Path,
    settings: &Settings,
    (commit, differences): (&str, &[Difference]),
    touched: &BTreeSet<String>,
    report: &Report,
) -> Result<(Vec<Finding>, Option<Requirement>), Failure> {
    let nothing = (Vec::new(), None);
    if !touched.iter().any(|path| settings.is_part_of_bar(path)) {
        return Ok(nothing);
    }
    let tree = Arc::new(Snapshot::of_commit(root, commit)?);
    // Whoever adopts the guard lowers nothing.
    if tree.object(settings::PROJECT_FILE).is_none() {
        return Ok(nothing);
    }
    let tree = Tree::Snapshot(tree);
    let commit = git::short(commit);
    let noted = |said: String| {
        Some(Requirement { outcome: Outcome::Noted(said), ..Requirement::given("bar", "not lowered", commit) })
    };
    let bar = match Settings::of_commit(root, tree.clone(), OwnRules::read()?) {
        Ok(bar) => bar,
        Err(why) => {
            let why = why.in_one_line();
            let said = format!("what the bar was at {commit} is not known, so it may be lower now: {why}");
            return Ok((Vec::new(), noted(said)));
        }
    };
    if settings.judges_as(&bar) {
        return Ok(nothing);
    }
    let settings = settings.judging_as(&bar);
    let mut other = pipeline::scan(&settings, &Progress::default());
    other.findings.retain(|it| touched.contains(&*it.path));
    other.findings = report.beyond(std::mem::take(&mut other.findings), settings.policy);
    if other.findings.is_empty() {
        return Ok(nothing);
    }
    let earlier = pipeline::scan(&settings.at(tree), &Progress::default());
    let names = ScopeNames::new(root, &settings.tree);
    let existed = |path: &str| !differences.iter().any(|it| it.path == path && it.old.is_none());
    let change = report::Change {
        exists: &|_| true,
        existed: &existed,
        has_scope: &|path, scope| names.has(path, scope),
        touched,
    };
    other.compare(earlier.counted(), &change);
    let held = report.beyond(other.findings, settings.policy);
    let (count, them) = (findings(held.len()), if held.len() == 1 { "it" } else { "them" });
    let said = format!("{count} held as at {commit}, though the commit lets {them} go: lower the bar in another one");
    let requirement = if held.is_empty() { None } else { noted(said) };
    Ok((held, requirement))
}

/// What earlier runs kept, each with the digest of the run.
#[derive(Default)]
struct Earlier {
    checkpoint: Option<(u64, Checkpoint)>,
    scans: Option<(u64, Scans)>,
    plans: Option<(u64, Plans)>,
}

/// What is known from earlier runs, and what this one finds out.
struct Memory {
    file: Option<CacheFile>,
    /// Of the rules and the program, see [`Settings::digest`].
    digest: u64,
    /// Of the day as well, since findings run out.
    digest_of_day: u64,
    /// Of what is excluded instead.
    digest_of_whole: u64,
    checkpoint: Option<Arc<Checkpoint>>,
    /// It is written while what was found is compared and told.
    written: Option<JoinHandle<()>>,
    scans: Scans,
    plans: Arc<Plans>,
    /// What is known of each file, once it was read.
    known: Option<Arc<Cache>>,
    /// What was found out without a look at that.
    news: Arc<Cache>,
}

impl Memory {
    fn new(file: Option<CacheFile>, earlier: Earlier, settings: &Settings) -> Memory {
        fn of<T>(digest: u64, kept: Option<(u64, T)>) -> Option<T> {
            kept.filter(|(of, _)| *of == digest).map(|(_, kept)| kept)
        }
        let digest = settings.digest();
        let digest_of_day = hash::digest((digest, settings.today));
        let digest_of_whole = hash::digest((digest, settings.exclude.key()));
        let checkpoint = of(digest_of_whole, earlier.checkpoint).map(Arc::new);
        let scans = of(digest_of_day, earlier.scans).unwrap_or_default();
        let plans = Arc::new(of(digest, earlier.plans).unwrap_or_default());
        let news = Arc::new(Cache::empty(plans.clone()));
        Memory {
            file,
            digest,
            digest_of_day,
            digest_of_whole,
            checkpoint,
            written: None,
            scans,
            plans,
            known: None,
            news,
        }
    }

    /// Scans what is about to be committed.
    fn scan(&mut self, settings: &mut Settings) -> Report {
        let mut checkpoint = self.checkpoint.take().map(Arc::unwrap_or_clone);
        let report = self.scan_from(checkpoint.as_mut(), settings);
        let (report, checkpoint) = report.map_or_else(|| self.scan_all(settings), |report| (report, checkpoint));
        self.checkpoint = checkpoint.map(Arc::new);
        if let (Some(file), Some(checkpoint)) = (&self.file, self.checkpoint.clone()) {
            let (path, digest) = (file.of_checkpoint(), self.digest_of_whole);
            let write = move || CacheFile::write_whole(&path, checkpoint.bytes(digest));
            self.written = std::thread::Builder::new().spawn(write).ok();
        }
        report
    }

    /// Scans what was before; the next scan starts from what is about to be committed all the same.
    fn scan_aside(&mut self, settings: &mut Settings) -> Report {
        let mut checkpoint = self.checkpoint.clone().map(Arc::unwrap_or_clone);
        let report = self.scan_from(checkpoint.as_mut(), settings);
        report.unwrap_or_else(|| self.scan_all(settings).0)
    }

    /// It looks at so few files that to read what is known of each takes longer.
    fn scan_from(&self, checkpoint: Option<&mut Checkpoint>, settings: &mut Settings) -> Option<Report> {
        settings.cache = Some(self.news.clone());
        pipeline::resume(settings, checkpoint?)
    }

    fn scan_all(&mut self, settings: &mut Settings) -> (Report, Option<Checkpoint>) {
        let Some(file) = &self.file else {
            settings.cache = None;
            return (pipeline::scan(settings, &Progress::default()), None);
        };
        let known = self.known.get_or_insert_with(|| Arc::new(file.read(self.plans.clone()).of(self.digest)));
        settings.cache = Some(known.clone());
        pipeline::scan_and_keep(settings, &Progress::default())
    }

    /// Keeps it for later runs.
    fn write(self) {
        let Some(file) = self.file else { return };
        CacheFile::write_whole(&file.of_scans(), self.scans.bytes(self.digest_of_day));
        CacheFile::write_whole(&file.of_plans(), self.plans.bytes(self.digest));
        for cache in [self.known, Some(self.news)].into_iter().flatten().filter_map(Arc::into_inner) {
            file.write(cache.kept(self.digest));
        }
        // One that panics has said so, and a checkpoint that is not there costs time.
        _ = self.written.map(JoinHandle::join);
    }
}

/// What was not examined in full.
fn unexamined(report: &Report) -> Vec<Unexamined> {
    let problems = report.problems.iter().filter(|it| it.kind.leaves_run_incomplete());
    problems.map(|it| (it.path.clone(), it.kind.name().to_owned())).collect()
}

/// The digest of a state that differs in this from what there is now.
fn listing_before(now: u64, differences: &[Difference]) -> u64 {
    let part = |path: &str, id: &Option<_>| id.as_ref().map_or(0, |id: &ObjectId| Snapshot::part(path, id));
    differences
        .iter()
        .fold(now, |sum, Difference { path, old, new }| sum.wrapping_sub(part(path, new)).wrapping_add(part(path, old)))
}

/// The file that a repository's cache is kept in, below the user's folder for such things. Whatever goes wrong with it
/// costs time and nothing else.
#[derive(Clone)]
struct CacheFile {
    path: PathBuf,
}

/// A cache that nobody used for so long goes.
const LONGEST_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

impl CacheFile {
    /// None where there is no place for it.
    fn find(root: &Path) -> Option<CacheFile> {
        let name = format!("{:016x}", hash::digest(root));
        Some(CacheFile { path: dirs::cache_dir()?.join("ssot-guard").join(name) })
    }

    fn read(&self, plans: Arc<Plans>) -> Cache {
        Cache::read(&std::fs::read(&self.path).unwrap_or_default(), plans)
    }

    fn earlier(&self) -> Earlier {
        Earlier {
            checkpoint: std::fs::read(self.of_checkpoint()).ok().and_then(|bytes| Checkpoint::read(&bytes)),
            scans: std::fs::read(self.of_scans()).ok().and_then(|bytes| Scans::read(&bytes)),
            plans: std::fs::read(self.of_plans()).ok().and_then(|bytes| Plans::read(&bytes)),
        }
    }

    fn of_plans(&self) -> PathBuf {
        self.path.with_extension("plans")
    }

    fn of_scans(&self) -> PathBuf {
        self.path.with_extension("scans")
    }

    fn of_checkpoint(&self) -> PathBuf {
        self.path.with_extension("checkpoint")
    }

    /// Hooks that run at once replace each other's files as a whole, or add to them with one write; what is torn all the
    /// same has a wrong checksum.
    fn write_whole(path: &Path, bytes: Option<Vec<u8>>) {
        if let Some(bytes) = bytes {
            _ = write_file(path, |out| out.write_all(&bytes));
        }
    }

    fn write(&self, cache: Option<Kept>) {
        match cache {
            None => return,
            Some(Kept::Added(bytes)) if self.path.exists() => {
                let file = std::fs::OpenOptions::new().append(true).open(&self.path);
                _ = file.and_then(|mut file| file.write_all(&bytes));
                return;
            }
            Some(Kept::Added(bytes) | Kept::Anew(bytes)) => {
                _ = write_file(&self.path, |out| out.write_all(&bytes));
            }
        }
        let Some(others) = self.path.parent().and_then(|it| std::fs::read_dir(it).ok()) else { return };
        for other in others.flatten() {
            let written = other.metadata().and_then(|it| it.modified());
            if written.is_ok_and(|it| it.elapsed().is_ok_and(|age| age > LONGEST_KEPT)) {
                _ = std::fs::remove_file(other.path());
            }
        }
    }
}

/// Why nothing is to be judged.
pub(super) fn skipped(root: &Path) -> Option<&'static str> {
    if std::env::var("SSOT_SKIP").is_ok_and(|it| !matches!(it.as_str(), "" | "0" | "false")) {
        return Some("SSOT_SKIP is set");
    }
    git::is_set(root, "ssot.skip").then_some("git's `ssot.skip` is set (`git config --unset ssot.skip`)")
}

const HOOK: &str = "pre-commit";

/// What stood there before, called first.
const CHAINED: &str = "pre-commit.before-ssot-guard";

/// By which we know our own.
const SIGNATURE: &str = "# ssot-guard hook, version 1";

fn script(chained: bool) -> String {
    let chain = match chained {
        true => format!("\"$(dirname \"$0\")/{CHAINED}\" \"$@\" || exit $?\n"),
        false => String::new(),
    };
    // Programs that commit often know no path but the system's.
    let here = std::env::current_exe().map(|it| it.to_string_lossy().replace('\'', r"'\''")).unwrap_or_default();
    format!(
        "#!/bin/sh\n{SIGNATURE}: `ssot-guard hook uninstall` removes it\n{chain}\
         for guard in ssot-guard '{here}'; do\n    \
         if command -v \"$guard\" >/dev/null 2>&1; then\n        exec \"$guard\" hook run\n    fi\ndone\n\
         echo 'ssot-guard is not installed: this commit is not checked (cargo install ssot-guard)' >&2\n\
         [ \"${{SSOT_HOOK_MISSING:-warn}}\" != required ]\n"
    )
}

/// Where git looks for hooks, if that is a folder of this repository.
fn hooks_folder(here: &Path) -> Result<PathBuf, Failure> {
    let root = git::top_level(here)?;
    let folder = git::hooks_folder(here)?;
    let Some(configured) = git::configured(here, "core.hooksPath") else { return Ok(folder) };
    let is_inside = folder.canonicalize().is_ok_and(|folder| folder.starts_with(&root));
    if configured.is_empty() || !is_inside {
        return refused(format!(
            "git looks for hooks in `{configured}` (core.hooksPath), which is not this repository's: call \
             `ssot-guard hook run` from the hook there"
        ));
    }
    Ok(folder)
}

fn refused<T>(message: String) -> Result<T, Failure> {
    Err(SettingsError::Plain(message).into())
}

/// The hook that a repository has.
pub(super) enum Present {
    Nothing,
    Ours,
    /// What somebody else wrote.
    Foreign(String),
}

/// The hook of a repository, and where it stands.
pub(super) fn present(root: &Path) -> Result<(PathBuf, Present), Failure> {
    let path = hooks_folder(root)?.join(HOOK);
    let present = match std::fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) {
        Ok(text) if text.contains(SIGNATURE) => Present::Ours,
        Ok(text) => Present::Foreign(text),
        // A link that leads nowhere is somebody's, too.
        Err(err) if err.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => Present::Nothing,
        Err(err) => return refused(format!("{} cannot be read: {err}", path.display())),
    };
    Ok((path, present))
}

pub(super) fn install(root: &Path, chain: bool) -> Result<u8, Failure> {
    let (path, present) = present(root)?;
    let kept = path.with_file_name(CHAINED);
    let mut chained = kept.symlink_metadata().is_ok();
    if let Present::Foreign(text) = present {
        if !chain {
            return refused(format!(
                "there is a hook already: {}\n{}\n`ssot-guard hook install --chain` keeps it and runs it first",
                path.display(),
                advice(&text)
            ));
        }
        if chained {
            return refused(format!("{} would be written over: move it away first", kept.display()));
        }
        std::fs::rename(&path, &kept)?;
        chained = true;
    }
    let text = script(chained);
    write_file(&path, |out| out.write_all(text.as_bytes()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{} is there: what you commit is checked", path.display())?;
    writeln!(out, "SSOT_SKIP=1 git commit goes ahead without; `ssot-guard hook uninstall` removes it")?;
    Ok(verdict::PASS)
}

/// What to add to a hook that somebody else wrote.
pub(super) fn advice(text: &str) -> &'static str {
    let text = text.to_ascii_lowercase();
    if text.contains("ssot-guard") {
        "it calls ssot-guard already"
    } else if text.contains("husky") {
        "husky keeps it: add the line `ssot-guard hook run` to .husky/pre-commit"
    } else if text.contains("lefthook") {
        "lefthook keeps it: add to lefthook.yml\n  pre-commit:\n    commands:\n      ssot-guard:\n        run: ssot-guard hook run"
    } else if text.contains("pre-commit") {
        "the pre-commit framework keeps it: add to .pre-commit-config.yaml\n  - repo: local\n    hooks:\n      - id: ssot-guard\n        name: ssot-guard\n        entry: ssot-guard hook run\n        language: system\n        pass_filenames: false\n        always_run: true"
    } else {
        "add the line `ssot-guard hook run || exit $?` to it"
    }
}

fn uninstall() -> Result<u8, Failure> {
    let (path, present) = present(Path::new("."))?;
    let kept = path.with_file_name(CHAINED);
    let mut out = io::stdout().lock();
    match present {
        Present::Ours => {
            match kept.symlink_metadata().is_ok() {
                true => std::fs::rename(&kept, &path)?,
                false => std::fs::remove_file(&path)?,
            }
            writeln!(out, "{} is as it was", path.display())?;
        }
        Present::Foreign(_) => writeln!(out, "{} is not ours and stays", path.display())?,
        Present::Nothing => writeln!(out, "there is no hook at {}", path.display())?,
    }
    Ok(verdict::PASS)
}

fn status() -> Result<u8, Failure> {
    let (path, present) = present(Path::new("."))?;
    let mut out = io::stdout().lock();
    if let Some(why) = skipped(Path::new(".")) {
        writeln!(out, "not checked: {why}")?;
    }
    match present {
        Present::Ours => {
            writeln!(out, "{} checks what you commit", path.display())?;
            return Ok(verdict::PASS);
        }
        Present::Foreign(text) => writeln!(out, "{} is not ours: {}", path.display(), advice(&text))?,
        Present::Nothing => {
            writeln!(out, "there is no hook at {}: `ssot-guard hook install` makes one", path.display())?
        }
    }
    Ok(verdict::VIOLATIONS)
}
