//! The disk walk: which files a run looks at, and what it could not look at. It never opens a file.
//!
//! Ignore files are for what is not part of a repository. A file that git tracks is, so they do not hide it: a line in a
//! `.gitignore` must not blind the gate.

use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::FileType;
use std::io::ErrorKind;
use std::path::Component;
use std::path::MAIN_SEPARATOR;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use ignore::DirEntry;
use ignore::ParallelVisitor;
use ignore::ParallelVisitorBuilder;
use ignore::WalkBuilder;
use ignore::WalkState;

use crate::globs::Globs;
use crate::problem::Problem;
use crate::problem::ProblemKind;

use super::Stored;
use super::git;
use super::reason;

/// Files handed to the pool at once: enough to make the hand-over cheap, few enough to share out evenly.
const BATCH: usize = 16;

pub(crate) struct Walk<'a> {
    pub(crate) root: &'a Path,
    /// As the user typed them.
    pub(crate) paths: &'a [PathBuf],
    /// Matched on `/`-separated paths relative to the root, of files and of folders.
    pub(crate) exclude: &'a Globs,
    pub(crate) threads: usize,
}

/// A regular file the walk selected.
pub(crate) struct Candidate {
    pub(crate) stored: Stored,
    /// Relative to the root, `/`-separated; starts with `../` outside the root.
    pub(crate) path: Arc<str>,
    /// Named on the command line.
    pub(crate) explicit: bool,
}

/// Calls `visit` for every regular file, on the threads of `pool` at once, in no order, each file once. What
/// kept us from looking comes back sorted; `in_tests` is left to the caller, who knows what test code is.
pub(crate) fn walk(walk: &Walk, pool: &rayon::ThreadPool, visit: &(dyn Fn(Candidate) + Sync)) -> Vec<Problem> {
    let mut problems = Vec::new();
    let selection = select(walk, &mut problems);
    let found = Mutex::new(problems);
    // The walker's own threads have small stacks, so they only hand files over to the pool.
    pool.in_place_scope(|scope| {
        let hand_over = |batch: Vec<Candidate>| scope.spawn(|_| batch.into_iter().for_each(visit));
        let (files, folders) = (&selection.files, &selection.folders);
        for file in files {
            let path = selection.relative(file);
            hand_over(vec![Candidate { stored: Stored::Disk(file.clone()), path: path.into(), explicit: true }]);
        }
        let mut folders = folders.iter();
        let Some(first) = folders.next() else { return };
        let mut builder = WalkBuilder::new(first);
        for folder in folders {
            builder.add(folder);
        }
        builder
            .standard_filters(true)
            .hidden(false)
            .require_git(false)
            .follow_links(false)
            .current_dir(&selection.root)
            .threads(walk.threads);
        let seen = Seen::default();
        builder.build_parallel().visit(&mut Visitors {
            selection: &selection,
            exclude: walk.exclude,
            problems: &found,
            seen: &seen,
            hand_over: &hand_over,
        });
        let (ignored, problems) = selection.tracked_unseen(seen, walk.exclude);
        found.lock().expect(NO_PANIC).extend(problems);
        hand_over(ignored);
    });
    let mut problems = found.into_inner().expect(NO_PANIC);
    problems.sort();
    problems.dedup();
    problems
}

const NO_PANIC: &str = "no thread panics while it holds the list";

/// What the walk came by.
#[derive(Default)]
struct Seen {
    files: Mutex<FxHashSet<Arc<str>>>,
    /// Folders that hold a `.git`, below the selected ones.
    work_trees: Mutex<Vec<PathBuf>>,
}

/// The arguments, resolved: where they really stand, each once.
struct Selection {
    root: PathBuf,
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    /// What to call a folder whose real place is outside the root, longest first.
    names_outside: Vec<(PathBuf, String)>,
}

fn select(walk: &Walk, problems: &mut Vec<Problem>) -> Selection {
    let root = walk.root.canonicalize().unwrap_or_else(|_| walk.root.to_path_buf());
    let mut selection = Selection { root, files: BTreeSet::new(), folders: BTreeSet::new(), names_outside: Vec::new() };
    for argument in walk.paths {
        let real = match argument.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                problems.push(problem(slashed(argument), ProblemKind::Unreadable, reason(&error)));
                continue;
            }
        };
        if !real.starts_with(&selection.root) {
            let name = selection.name_outside(argument, &real);
            selection.names_outside.push((real.clone(), name));
            selection.names_outside.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.as_os_str().len()));
        }
        let path = selection.relative(&real);
        if excluded_with_folders(walk.exclude, &path) {
            let message = "named on the command line, but excluded by the configuration".to_string();
            problems.push(problem(path, ProblemKind::SelectsNothing, message));
            continue;
        }
        match std::fs::metadata(&real) {
            Ok(metadata) if metadata.is_dir() => {
                selection.folders.insert(real);
            }
            Ok(metadata) if metadata.is_file() => {
                selection.files.insert(real);
            }
            Ok(metadata) => problems.push(not_a_file(path, metadata.file_type())),
            Err(error) => problems.push(problem(path, ProblemKind::Unreadable, reason(&error))),
        }
    }
    selection
}

impl Selection {
    /// The files that git tracks and the walk passed by, since they are ignored, and what git could not say.
    fn tracked_unseen(&self, seen: Seen, exclude: &Globs) -> (Vec<Candidate>, Vec<Problem>) {
        let files = seen.files.into_inner().expect(NO_PANIC);
        let mut work_trees = seen.work_trees.into_inner().expect(NO_PANIC);
        let has_git = |folder: &&PathBuf| folder.ancestors().any(|it| it.join(".git").symlink_metadata().is_ok());
        work_trees.extend(self.folders.iter().filter(has_git).cloned());
        work_trees.sort();
        let mut unseen = BTreeMap::new();
        let mut problems = Vec::new();
        for folder in work_trees {
            let note = |message| problem(self.relative(&folder), ProblemKind::SelectsNothing, message);
            let Ok(tracked) = git::tracked(&folder) else {
                // Why not depends on the machine.
                let remedy = "see what `git ls-files` says there";
                problems.push(note(format!(
                    "git does not say which ignored files it tracks, so none is scanned; {remedy}"
                )));
                continue;
            };
            let mut sparse = 0;
            for tracked in tracked {
                let file = folder.join(tracked.path);
                let path = self.relative(&file);
                if files.contains(&*path) || is_own_report(&path) || excluded_with_folders(exclude, &path) {
                    continue;
                }
                match file.symlink_metadata() {
                    Ok(metadata) if metadata.is_file() && !self.files.contains(&file) => _ = unseen.insert(file, path),
                    Ok(_) => {}
                    Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                        // Otherwise it is deleted, and not committed yet.
                        sparse += usize::from(tracked.is_sparse);
                    }
                    Err(error) => problems.push(problem(path, ProblemKind::Unreadable, reason(&error))),
                }
            }
            if sparse > 0 {
                let files = if sparse == 1 { "1 file is".to_owned() } else { format!("{sparse} files are") };
                problems.push(note(format!("{files} not in the work tree, which is a sparse checkout; not scanned")));
            }
        }
        let candidate =
            |(file, path): (_, String)| Candidate { stored: Stored::Disk(file), path: path.into(), explicit: false };
        (unseen.into_iter().map(candidate).collect(), problems)
    }

    /// The path of a real place relative to the root, for people and reports.
    fn relative(&self, real: &Path) -> String {
        if let Ok(path) = real.strip_prefix(&self.root) {
            return slashed(path);
        }
        for (folder, name) in &self.names_outside {
            if let Ok(rest) = real.strip_prefix(folder) {
                return if rest.as_os_str().is_empty() { name.clone() } else { format!("{name}/{}", slashed(rest)) };
            }
        }
        slashed(&climb(&self.root, real))
    }

    /// An argument that is a link out of the root goes by the name of the link, anything else by the way
    /// up from the root.
    fn name_outside(&self, argument: &Path, real: &Path) -> String {
        if let Some(name) = argument.file_name()
            && let Some(parent) = argument.parent()
            && let Ok(parent) = if parent.as_os_str().is_empty() { Path::new(".") } else { parent }.canonicalize()
            && let Ok(inside) = parent.join(name).strip_prefix(&self.root)
        {
            return slashed(inside);
        }
        slashed(&climb(&self.root, real))
    }
}

/// The way from one absolute folder to another place.
fn climb(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    if shared == 0 {
        return to.to_path_buf();
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.is_empty() {
        ".".to_string()
    } else if MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(MAIN_SEPARATOR, "/")
    }
}

/// Whether a path is one of the folders that our reports are written to, or in one: a run must not see the last one's.
pub(crate) fn is_own_report(path: &str) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    REPORT_FOLDERS.into_iter().any(below)
}

/// Where scans and the gate write their reports, below the root.
pub(crate) const REPORT_FOLDERS: [&str; 2] = ["reports/ssot_compliance", "reports/ci_compliance"];

/// Whether a file or a folder above it is excluded.
pub(super) fn excluded_with_folders(exclude: &Globs, path: &str) -> bool {
    !exclude.is_empty() && Path::new(path).ancestors().any(|ancestor| exclude.is_match(ancestor))
}

fn problem(path: String, kind: ProblemKind, message: String) -> Problem {
    Problem { path, line: 0, kind, message, in_tests: false }
}

fn not_a_file(path: String, file_type: FileType) -> Problem {
    problem(path, ProblemKind::NotAFile, format!("{}; not opened", special_name(file_type)))
}

#[cfg(unix)]
fn special_name(file_type: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if file_type.is_fifo() {
        "a named pipe"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special_name(_: FileType) -> &'static str {
    "not a regular file"
}

struct Visitors<'a> {
    selection: &'a Selection,
    exclude: &'a Globs,
    problems: &'a Mutex<Vec<Problem>>,
    seen: &'a Seen,
    hand_over: &'a (dyn Fn(Vec<Candidate>) + Sync),
}

impl<'a> ParallelVisitorBuilder<'a> for Visitors<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        Box::new(Visitor {
            selection: self.selection,
            exclude: self.exclude,
            problems: self.problems,
            seen: self.seen,
            hand_over: self.hand_over,
            batch: Vec::with_capacity(BATCH),
        })
    }
}

/// What one walker thread does with what it meets.
struct Visitor<'a> {
    selection: &'a Selection,
    exclude: &'a Globs,
    problems: &'a Mutex<Vec<Problem>>,
    seen: &'a Seen,
    hand_over: &'a (dyn Fn(Vec<Candidate>) + Sync),
    batch: Vec<Candidate>,
}

impl ParallelVisitor for Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.entry(entry),
            Err(error) => {
                self.report(&error, &self.selection.root, false);
                WalkState::Continue
            }
        }
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Visitor<'_> {
    fn entry(&mut self, entry: DirEntry) -> WalkState {
        let path = self.selection.relative(entry.path());
        if entry.depth() > 0 {
            if entry.file_name() == OsStr::new(".git") {
                let folder = entry.path().parent().map(Path::to_path_buf);
                self.seen.work_trees.lock().expect(NO_PANIC).extend(folder.filter(|_| entry.depth() > 1));
                return WalkState::Skip;
            }
            if is_own_report(&path) || self.exclude.is_match(&path) {
                return WalkState::Skip;
            }
            // A folder or file that is an argument of its own is walked as that, whatever is ignored here.
            if self.selection.folders.contains(entry.path()) || self.selection.files.contains(entry.path()) {
                return WalkState::Skip;
            }
        }
        if let Some(error) = entry.error() {
            self.report(error, entry.path(), true);
        }
        let Some(file_type) = entry.file_type() else { return WalkState::Continue };
        if file_type.is_file() {
            self.batch.push(Candidate { stored: Stored::Disk(entry.into_path()), path: path.into(), explicit: false });
            if self.batch.len() == BATCH {
                self.flush();
            }
        } else if file_type.is_symlink() {
            self.link(entry.path(), path);
        } else if !file_type.is_dir() {
            self.push(not_a_file(path, file_type));
        }
        WalkState::Continue
    }

    fn flush(&mut self) {
        if !self.batch.is_empty() {
            self.seen.files.lock().expect(NO_PANIC).extend(self.batch.iter().map(|it| it.path.clone()));
            (self.hand_over)(std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH)));
        }
    }

    fn push(&self, problem: Problem) {
        self.problems.lock().expect(NO_PANIC).push(problem);
    }

    /// A link is not followed: what it leads to is walked where it stands, if that is inside.
    fn link(&self, link: &Path, path: String) {
        let (kind, message) = match link.canonicalize() {
            Ok(target) if target.is_dir() && link.starts_with(&target) => {
                (ProblemKind::SymlinkLoop, "symbolic link leads back to a folder above it; not followed".to_string())
            }
            Ok(target) if target.starts_with(&self.selection.root) => return,
            Ok(target) if self.selection.folders.iter().any(|folder| target.starts_with(folder)) => return,
            Ok(_) => (
                ProblemKind::SelectsNothing,
                "symbolic link leads outside the scanned folder; not followed".to_string(),
            ),
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => {
                    (ProblemKind::SelectsNothing, "symbolic link leads nowhere; not followed".to_string())
                }
                ErrorKind::PermissionDenied => {
                    (ProblemKind::SelectsNothing, "symbolic link could not be resolved: permission denied".to_string())
                }
                _ => (ProblemKind::SymlinkLoop, "symbolic link leads back to itself; not followed".to_string()),
            },
        };
        self.push(problem(path, kind, message));
    }

    /// Turns the walker's nested errors into problems. A broken ignore file makes us look at more, not
    /// less, so it leaves the run complete.
    fn report(&self, error: &ignore::Error, at: &Path, of_ignore_file: bool) {
        match error {
            ignore::Error::Partial(errors) => errors.iter().for_each(|error| self.report(error, at, true)),
            ignore::Error::WithPath { path, err } => {
                let of_ignore_file =
                    of_ignore_file || path.file_name().is_some_and(|name| name == ".gitignore" || name == ".ignore");
                self.report(err, path, of_ignore_file);
            }
            ignore::Error::WithDepth { err, .. } => self.report(err, at, of_ignore_file),
            ignore::Error::WithLineNumber { line, err } => {
                let message = glob_message(err);
                let path = self.selection.relative(at);
                self.push(Problem { line: *line as u32, ..problem(path, ProblemKind::SelectsNothing, message) });
            }
            ignore::Error::Loop { child, .. } => {
                let message = "symbolic link leads back to a folder above it; not followed".to_string();
                self.push(problem(self.selection.relative(child), ProblemKind::SymlinkLoop, message));
            }
            ignore::Error::Io(error) => {
                let kind = if of_ignore_file { ProblemKind::SelectsNothing } else { ProblemKind::Unreadable };
                self.push(problem(self.selection.relative(at), kind, reason(error)));
            }
            ignore::Error::Glob { .. } | ignore::Error::UnrecognizedFileType(_) | ignore::Error::InvalidDefinition => {
                self.push(problem(self.selection.relative(at), ProblemKind::SelectsNothing, glob_message(error)));
            }
        }
    }
}

fn glob_message(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { glob: Some(glob), err } => format!("invalid pattern `{glob}` in an ignore file: {err}"),
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => glob_message(err),
        other => format!("invalid pattern in an ignore file: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds a tree from lines of `path` (a file), `path = text`, `path -> target` (a link), `path |` (a FIFO) and
    /// `$ what git is to do`, walks `arguments` below it with `proj` as the root, and compares the sorted
    /// files (`*` marks explicit ones) and problems.
    fn check(tree: &str, arguments: &[&str], exclude: &[&str], expected: &str) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("proj");
        std::fs::create_dir(&root).expect("the root is new");
        for line in tree.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (path, rest) = line.split_once(' ').unwrap_or((line, ""));
            if path == "$" {
                let mut git = std::process::Command::new("git");
                let done =
                    git.args(["-c", "init.defaultBranch=main"]).args(rest.split(' ')).current_dir(&root).output();
                assert!(done.is_ok_and(|it| it.status.success()), "{line}");
                continue;
            }
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a path below the root")).expect("folders are made");
            if let Some(target) = rest.strip_prefix("-> ") {
                std::os::unix::fs::symlink(target, path).expect("the link is made");
            } else if rest == "|" {
                assert!(std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
            } else {
                let text = rest.trim_start_matches("= ").replace("\\n", "\n");
                std::fs::write(path, text).expect("the file is written");
            }
        }
        let exclude = Globs::unwatched(exclude.iter().copied()).expect("valid globs");
        let paths: Vec<PathBuf> = arguments.iter().map(|argument| root.join(argument)).collect();
        let seen = Mutex::new(Vec::new());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start");
        let problems = walk(&Walk { root: &root, paths: &paths, exclude: &exclude, threads: 2 }, &pool, &|candidate| {
            assert!(matches!(&candidate.stored, Stored::Disk(file) if file.is_file()), "{:?}", candidate.stored);
            let mark = if candidate.explicit { "*" } else { "" };
            seen.lock().expect("no panic").push(format!("{}{mark}", candidate.path));
        });
        let mut lines = seen.into_inner().expect("no panic");
        lines.sort();
        for problem in problems {
            let line = if problem.line > 0 { format!(":{}", problem.line) } else { String::new() };
            let path = problem.path.replace(&format!("{}/", root.display()), "<root>/");
            lines.push(format!("! {path}{line} {}: {}", problem.kind.name(), problem.message));
        }
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn ignore_files_hidden_files_and_git() {
        check(
            "a.py\n.hidden/b.py\n.git/config\nsub/.git = gitdir: x\nsub/c.py\nsub/.gitignore = d.py\nsub/d.py\n.gitignore = build/\nbuild/e.py\nö.py",
            &["."],
            &[],
            ".gitignore\n.hidden/b.py\na.py\nsub/.gitignore\nsub/c.py\nö.py
            ! . selects-nothing: git does not say which ignored files it tracks, so none is scanned; see what `git ls-files` says there
            ! sub selects-nothing: git does not say which ignored files it tracks, so none is scanned; see what `git ls-files` says there",
        );
    }

    #[test]
    fn what_git_tracks_is_not_ignored() {
        let tree = "a.py\n.gitignore = build/\\n*.gen.py\nbuild/b.py\nbuild/c.py\nx.gen.py\nsub/.ignore = d.py\nsub/d.py\ngone.py\nlink.gen.py -> a.py
            $ init\n$ add --force a.py build/b.py x.gen.py sub/d.py gone.py link.gen.py\n$ rm --quiet --cached gone.py";
        check(tree, &["."], &[], ".gitignore\na.py\nbuild/b.py\ngone.py\nsub/.ignore\nsub/d.py\nx.gen.py");
        check(tree, &["build", "sub", "x.gen.py"], &[], "build/b.py\nbuild/c.py\nsub/.ignore\nsub/d.py\nx.gen.py*");
        check(tree, &["."], &["build", "sub/d.py"], ".gitignore\na.py\ngone.py\nsub/.ignore\nx.gen.py");
        let nested = "a.py\n.gitignore = *.gen.py\n$ init\nsub/b.gen.py\nsub/c.gen.py\n$ -C sub init\n$ -C sub add --force b.gen.py";
        check(nested, &["."], &[], ".gitignore\na.py\nsub/b.gen.py");
        check(
            "a.py\nsub/b.py\n$ init\n$ add .\n$ sparse-checkout set --no-cone a.py",
            &["."],
            &[],
            "a.py\n! . selects-nothing: 1 file is not in the work tree, which is a sparse checkout; not scanned",
        );
    }

    #[test]
    fn arguments_win_over_ignore_files_and_count_once() {
        let tree =
            ".gitignore = build/\\n*.gen.py\na.py\nx.gen.py\nbuild/e.py\nbuild/.gitignore = f.py\nbuild/f.py\nsub/b.py";
        check(tree, &["build"], &[], "build/.gitignore\nbuild/e.py");
        check(tree, &["x.gen.py", "build/e.py"], &[], "build/e.py*\nx.gen.py*");
        check(
            tree,
            &[".", "sub", "sub/../sub", "build", "a.py", "x.gen.py"],
            &[],
            ".gitignore\na.py*\nbuild/.gitignore\nbuild/e.py\nsub/b.py\nx.gen.py*",
        );
    }

    #[test]
    fn arguments_that_are_missing_or_outside() {
        check("a.py", &["missing.py", "a.py"], &[], "a.py*\n! <root>/missing.py unreadable: no such file or directory");
        check("a.py\n../other/b.py\n../c.py", &["../other", "../c.py"], &[], "../c.py*\n../other/b.py");
    }

    #[test]
    fn links() {
        check(
            "a.py\nsub/up -> ..\ninside.py -> a.py\ninside -> sub\nself -> self\ngone -> nowhere\nout -> ../other\n../other/b.py",
            &["."],
            &[],
            "a.py
            ! gone selects-nothing: symbolic link leads nowhere; not followed
            ! out selects-nothing: symbolic link leads outside the scanned folder; not followed
            ! self symlink-loop: symbolic link leads back to itself; not followed
            ! sub/up symlink-loop: symbolic link leads back to a folder above it; not followed",
        );
        check("a.py\nl.py -> a.py\nout -> ../other\n../other/b.py", &["l.py", "out"], &[], "a.py*\nout/b.py");
    }

    #[test]
    fn special_files() {
        check("a.py\npipe.py |", &["."], &[], "a.py\n! pipe.py not-a-file: a named pipe; not opened");
        check("pipe.py |", &["pipe.py"], &[], "! pipe.py not-a-file: a named pipe; not opened");
    }

    #[test]
    fn excludes() {
        check(
            "a.py\nvendor/b.py\nsub/vendor/c.py\nsub/d.js",
            &[".", "vendor/b.py"],
            &["vendor", "**/*.js"],
            "a.py\nsub/vendor/c.py\n! vendor/b.py selects-nothing: named on the command line, but excluded by the configuration",
        );
    }

    #[test]
    fn broken_ignore_files() {
        check(
            "a.py\n.gitignore = ok.py\\n{bad\nsub/.ignore = [z-a]\nsub/b.py",
            &["."],
            &[],
            ".gitignore
            a.py
            sub/.ignore
            sub/b.py
            ! .gitignore:2 selects-nothing: invalid pattern `{bad` in an ignore file: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
            ! sub/.ignore:1 selects-nothing: invalid pattern `[z-a]` in an ignore file: invalid range; 'z' > 'a'",
        );
    }
}
