//! What only git knows, asked of the git on the path: it reads every format of index and object there is.

use crate::source::snapshot::ObjectId;
use crate::source::snapshot::is_regular;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Why git did not answer.
#[derive(Debug)]
pub(crate) enum GitError {
    /// There is no git to ask.
    Missing(io::Error),
    /// What git said.
    Refused(String),
}

impl fmt::Display for GitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GitError::Missing(err) => write!(formatter, "git cannot be run: {err}"),
            GitError::Refused(message) => write!(formatter, "git: {message}"),
        }
    }
}

/// A commit as people write it.
pub(crate) fn short(commit: &str) -> &str {
    &commit[..commit.len().min(12)]
}

/// What git prints, run in a folder with these arguments.
pub(super) fn ask(folder: &Path, arguments: &[&OsStr]) -> Result<Vec<u8>, GitError> {
    answer(Command::new("git").current_dir(folder).args(arguments))
}

fn answer(command: &mut Command) -> Result<Vec<u8>, GitError> {
    command.stdin(Stdio::null());
    let output = command.output().map_err(GitError::Missing)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(refused(&output.stderr))
}

fn refused(said: &[u8]) -> GitError {
    let said = String::from_utf8_lossy(said);
    let said = said.lines().next().unwrap_or("it failed and does not say why");
    GitError::Refused(said.trim_start_matches("fatal: ").to_owned())
}

/// The blobs of a repository, read through as many gits as threads ask at once.
#[derive(Debug)]
pub(crate) struct Objects {
    folder: PathBuf,
    idle: Mutex<Vec<Reader>>,
}

/// A `git cat-file --batch`.
#[derive(Debug)]
struct Reader {
    child: Child,
    asked: ChildStdin,
    answered: BufReader<ChildStdout>,
}

impl Objects {
    /// Those of the repository that a folder belongs to.
    pub(crate) fn new(folder: &Path) -> Objects {
        Objects { folder: folder.to_owned(), idle: Mutex::default() }
    }

    /// The bytes of a blob.
    pub(crate) fn read(&self, id: ObjectId) -> Result<Vec<u8>, GitError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = idle.map_or_else(|| Reader::start(&self.folder), Ok)?;
        // One that failed half-way is not asked again.
        let bytes = reader.read(id)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        bytes.ok_or_else(|| GitError::Refused(format!("the object {id} is missing")))
    }
}

impl Reader {
    fn start(folder: &Path) -> Result<Reader, GitError> {
        let mut command = Command::new("git");
        command.current_dir(folder).args(["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(GitError::Missing)?;
        let (asked, answered) = (child.stdin.take(), child.stdout.take());
        match (asked, answered) {
            (Some(asked), Some(answered)) => Ok(Reader { child, asked, answered: BufReader::new(answered) }),
            _ => Err(GitError::Refused("it cannot be talked to".to_owned())),
        }
    }

    /// `None` where there is no such object.
    fn read(&mut self, id: ObjectId) -> Result<Option<Vec<u8>>, GitError> {
        let failed = |err: io::Error| GitError::Refused(format!("it stopped while reading {id}: {err}"));
        writeln!(self.asked, "{id}").and_then(|()| self.asked.flush()).map_err(failed)?;
        let mut head = String::new();
        self.answered.read_line(&mut head).map_err(failed)?;
        // `<id> blob <size>`, or `<id> missing`
        let Some(size) = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()) else {
            return if head.is_empty() { Err(failed(io::ErrorKind::UnexpectedEof.into())) } else { Ok(None) };
        };
        let mut bytes = vec![0; size + 1];
        self.answered.read_exact(&mut bytes).map_err(failed)?;
        bytes.pop();
        Ok(Some(bytes))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It is only waiting; nothing is lost.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The files below `root` when a file was last changed by a commit; `None` where that is not known.
pub(crate) fn files_at_last_change(root: &Path, of: &Path) -> Option<BTreeSet<String>> {
    let commit = last_change(root, of).ok()?;
    let listed = ask(root, &["ls-tree", "-r", "--name-only", "-z", &commit].map(OsStr::new)).ok()?;
    Some(paths(&listed))
}

/// The last commit that changed a file.
fn last_change(root: &Path, of: &Path) -> Result<String, GitError> {
    let of = std::path::absolute(of).map_err(GitError::Missing)?;
    let commit = ask(root, &["log".as_ref(), "-1".as_ref(), "--format=%H".as_ref(), "--".as_ref(), of.as_os_str()])?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    if commit.is_empty() {
        return Err(GitError::Refused(format!("{} was never committed", of.display())));
    }
    Ok(commit)
}

/// The lines of a file, in the work tree below `root`, that were written since the last commit that changed `since`.
pub(crate) fn lines_written_since(root: &Path, since: &Path, file: &str) -> Result<BTreeSet<u32>, GitError> {
    let commit = last_change(root, since)?;
    let diff =
        ["diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", &commit, "--", file];
    let diff = ask(root, &diff.map(OsStr::new))?;
    let mut lines = BTreeSet::new();
    for line in String::from_utf8_lossy(&diff).lines() {
        // `@@ -3,0 +4,2 @@`: two lines from the fourth on.
        let Some(added) = line.strip_prefix("@@ -").and_then(|it| it.split(" +").nth(1)) else { continue };
        let added = added.split(' ').next().unwrap_or("");
        let (start, count) = added.split_once(',').unwrap_or((added, "1"));
        if let (Ok(start), Ok(count)) = (start.parse::<u32>(), count.parse::<u32>()) {
            lines.extend(start..start + count);
        }
    }
    Ok(lines)
}

/// A file that git tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tracked {
    /// Relative to the folder that was asked for.
    pub(super) path: PathBuf,
    /// A sparse checkout leaves it out of the work tree.
    pub(super) is_sparse: bool,
}

/// The files that git tracks below a folder, in no order. One that is being merged may come more than once.
pub(super) fn tracked(folder: &Path) -> Result<Vec<Tracked>, GitError> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["ls-files", "--cached", "-t", "-z"]);
    // Within a hook these name another repository than the one that the folder belongs to.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let listed = answer(&mut command)?;
    // `H path`, `S path` for a sparse one
    let entries = listed.split(|byte| *byte == 0).filter_map(|entry| entry.split_at_checked(2));
    Ok(entries.map(|(tag, path)| Tracked { path: path_of(path), is_sparse: tag == b"S " }).collect())
}

/// The paths that git tracks below a folder, relative to it, sorted, each once.
pub(crate) fn tracked_paths(folder: &Path) -> Result<BTreeSet<String>, GitError> {
    let tracked = tracked(folder)?.into_iter();
    Ok(tracked.map(|it| it.path.to_string_lossy().into_owned()).collect())
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// What a folder's repository says when asked this way, as a line of text; `None` where it has nothing to say.
fn line(folder: &Path, arguments: &[&str]) -> Option<String> {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    let said = ask(folder, &arguments).ok()?;
    let line = String::from_utf8_lossy(&said).trim().to_owned();
    (!line.is_empty()).then_some(line)
}

/// Whether a folder belongs to a repository of git.
pub(crate) fn is_repository(folder: &Path) -> bool {
    line(folder, &["rev-parse", "--git-dir"]).is_some()
}

/// The commit that is checked out, in full.
pub(crate) fn head(folder: &Path) -> Option<String> {
    line(folder, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
}

/// The branch that is checked out.
pub(crate) fn branch(folder: &Path) -> Option<String> {
    line(folder, &["symbolic-ref", "--short", "--quiet", "HEAD"])
}

/// The folder at the top of a repository's work tree, absolute and free of links.
pub(crate) fn top_level(folder: &Path) -> Result<PathBuf, GitError> {
    let said = ask(folder, &["rev-parse", "--show-toplevel"].map(OsStr::new))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&said).trim_end_matches('\n')))
}

/// Where git looks for hooks.
pub(crate) fn hooks_folder(folder: &Path) -> Result<PathBuf, GitError> {
    let said = ask(folder, &["rev-parse", "--git-path", "hooks"].map(OsStr::new))?;
    Ok(folder.join(String::from_utf8_lossy(&said).trim_end_matches('\n')))
}

/// What git's configuration says of a name; `None` where it says nothing.
pub(crate) fn configured(folder: &Path, name: &str) -> Option<String> {
    let said = ask(folder, &["config", "--get", name].map(OsStr::new)).ok()?;
    Some(String::from_utf8_lossy(&said).trim_end_matches('\n').to_owned())
}

/// Whether git's configuration says yes to a name.
pub(crate) fn is_set(folder: &Path, name: &str) -> bool {
    line(folder, &["config", "--type=bool", "--get", name]).as_deref() == Some("true")
}

/// Writes to the repository's configuration.
pub(crate) fn configure(folder: &Path, name: &str, value: &str) -> Result<(), GitError> {
    ask(folder, &["config", "--local", name, value].map(OsStr::new)).map(|_| ())
}

/// The branch that others start from, as far as the clone knows.
pub(crate) fn default_branch(folder: &Path) -> Option<String> {
    let of_origin = line(folder, &["symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD"]);
    of_origin.and_then(|it| it.strip_prefix("origin/").map(str::to_owned)).or_else(|| branch(folder))
}

/// What a commit would be made of besides the index.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// See [`top_level`].
    pub(crate) root: PathBuf,
    /// The commit that is checked out, in full; `None` before the first one.
    pub(crate) head: Option<String>,
    /// The commits that are being merged into it: the lines of git's `MERGE_HEAD`.
    pub(crate) merging: Vec<String>,
}

/// The checkout that a folder belongs to, for the price of one question.
pub(crate) fn checkout(folder: &Path) -> Result<Checkout, GitError> {
    let questions = ["--show-toplevel", "--git-path", "MERGE_HEAD", "--verify", "--quiet", "HEAD^{commit}"];
    let mut command = Command::new("git");
    command.current_dir(folder).arg("rev-parse").args(questions).stdin(Stdio::null());
    let output = command.output().map_err(GitError::Missing)?;
    let said = String::from_utf8_lossy(&output.stdout);
    // The first answer may have lines of its own.
    let mut answers = said.trim_end_matches('\n').rsplitn(if output.status.success() { 3 } else { 2 }, '\n');
    let head = output.status.success().then(|| answers.next().map(str::to_owned)).flatten();
    let (Some(merging), Some(root)) = (answers.next(), answers.next()) else {
        return Err(refused(&output.stderr));
    };
    let merging = std::fs::read_to_string(folder.join(merging)).unwrap_or_default();
    Ok(Checkout { root: root.into(), head, merging: merging.lines().map(str::to_owned).collect() })
}

/// A path that differs between two states, with the blob of a regular file that each has there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) old: Option<ObjectId>,
    pub(crate) new: Option<ObjectId>,
}

/// What differs between a tree and another, or what is staged.
pub(crate) fn differences(folder: &Path, from: &str, to: Option<&str>) -> Result<Vec<Difference>, GitError> {
    let mut arguments = vec!["diff", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "-z"];
    arguments.push("--ignore-submodules=none");
    match to {
        Some(to) => arguments.extend([from, to]),
        None => arguments.extend(["--cached", from]),
    }
    let arguments: Vec<&OsStr> = arguments.into_iter().map(OsStr::new).collect();
    let listed = ask(folder, &arguments)?;
    let mut fields = listed.split(|byte| *byte == 0);
    let mut differences = Vec::new();
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        // `:100644 100644 <old> <new> M`
        let head = String::from_utf8_lossy(head);
        let mut words = head.trim_start_matches(':').split(' ');
        let [Some(old_mode), Some(new_mode), Some(old), Some(new)] = std::array::from_fn(|_| words.next()) else {
            return Err(GitError::Refused("it said something unexpected of what differs".to_owned()));
        };
        let blob = |mode: &str, id: &str| is_regular(mode).then(|| ObjectId::new(id)).flatten();
        differences.push(Difference {
            path: String::from_utf8_lossy(path).into_owned(),
            old: blob(old_mode, old),
            new: blob(new_mode, new),
        });
    }
    Ok(differences)
}

/// Paths that end with a zero byte each.
fn paths(listed: &[u8]) -> BTreeSet<String> {
    let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect()
}

/// What a repository was before the commits that are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// This commit, in full, and what it is.
    Commit(String, String),
    /// Nothing: there is no earlier commit.
    Nothing,
    /// Its history is not here, or what was named is not; in a sentence that says what helps.
    Unknown(String),
}

/// Where the commits that are looked at began: where they left `named`, or the default branch where nobody named one.
/// On that branch itself it is the commit before.
pub(crate) fn base(folder: &Path, named: Option<&str>) -> Base {
    let is_shallow = line(folder, &["rev-parse", "--is-shallow-repository"]).as_deref() == Some("true");
    let deepen = "the history is cut off: check out with full history (`fetch-depth: 0`, `GIT_DEPTH: 0`)";
    let Some(head) = head(folder) else { return Base::Nothing };
    let commit_of = |name: &str| line(folder, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]);
    let candidates: Vec<String> = match named {
        Some(name) => vec![format!("origin/{name}"), name.to_owned()],
        None => ["origin/HEAD", "origin/main", "origin/master", "main", "master"].map(str::to_owned).to_vec(),
    };
    let Some((name, tip)) = candidates.iter().find_map(|name| Some((name, commit_of(name)?))) else {
        return match named {
            Some(name) if is_shallow => Base::Unknown(format!("there is no `{name}` to compare with; {deepen}")),
            Some(name) => {
                Base::Unknown(format!("there is no `{name}` to compare with: fetch it, or name another --base"))
            }
            None => before(folder, &head, is_shallow, deepen),
        };
    };
    match line(folder, &["merge-base", &tip, &head]) {
        // On a branch of its own without a commit, the work tree is the change.
        Some(commit) if commit == head && branch(folder).is_some_and(|it| !is_branch(folder, name, &it)) => {
            Base::Commit(commit, format!("the tip of {name}"))
        }
        Some(commit) if commit == head => before(folder, &head, is_shallow, deepen),
        Some(commit) => Base::Commit(commit, format!("where it left {name}")),
        None if is_shallow => Base::Unknown(format!("where this left {name} is not known; {deepen}")),
        None => Base::Unknown(format!("this has no history in common with {name}: name another --base")),
    }
}

/// Whether a name like `origin/HEAD` stands for the branch.
fn is_branch(folder: &Path, name: &str, branch: &str) -> bool {
    let named = line(folder, &["rev-parse", "--abbrev-ref", name]).unwrap_or_else(|| name.to_owned());
    named.strip_prefix("origin/").unwrap_or(&named) == branch
}

fn before(folder: &Path, head: &str, is_shallow: bool, deepen: &str) -> Base {
    match line(folder, &["rev-parse", "--verify", "--quiet", &format!("{head}^1^{{commit}}")]) {
        Some(commit) => Base::Commit(commit, "the commit before".to_owned()),
        None if is_shallow => Base::Unknown(format!("the commit before is not known; {deepen}")),
        None => Base::Nothing,
    }
}

/// The paths below a folder that differ between a commit and the work tree, new ones that nobody ignores among them.
pub(crate) fn changed_since(folder: &Path, commit: &str) -> Result<BTreeSet<String>, GitError> {
    let differ = ["diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", commit];
    let differ = ask(folder, &differ.map(OsStr::new))?;
    let others = ask(folder, &["ls-files", "--others", "--exclude-standard", "-z"].map(OsStr::new))?;
    Ok(paths(&[differ, others].concat()))
}

/// The common base, ours and theirs of a file in a merge conflict, each if it has one; `None` where there is no
/// conflict. `path` is relative to the current folder.
pub(crate) fn conflict_sides(path: &Path) -> Result<Option<[Option<String>; 3]>, GitError> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else { return Ok(None) };
    let listed = ask(folder, &["ls-files".as_ref(), "--unmerged".as_ref(), "-z".as_ref(), "--".as_ref(), name])?;
    let mut sides = [const { None }; 3];
    for entry in listed.split(|byte| *byte == 0) {
        // `100644 <object> <stage>\t<path>`
        let entry = String::from_utf8_lossy(entry);
        let mut words = entry.split(['\t', ' ']).skip(1);
        let (Some(object), Some(stage)) = (words.next(), words.next()) else { continue };
        let Some(side) = stage.parse::<usize>().ok().and_then(|stage| sides.get_mut(stage.wrapping_sub(1))) else {
            continue;
        };
        let text = ask(folder, &["cat-file".as_ref(), "blob".as_ref(), object.as_ref()])?;
        *side = Some(String::from_utf8_lossy(&text).into_owned());
    }
    Ok(sides.iter().any(Option::is_some).then_some(sides))
}
