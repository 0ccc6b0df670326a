//! What only git knows, asked of the git on the path: it reads every format of index and object there is.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

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

/// What git prints, run in a folder with these arguments.
fn ask(folder: &Path, arguments: &[&OsStr]) -> Result<Vec<u8>, GitError> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(GitError::Missing)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it failed and does not say why");
    Err(GitError::Refused(said.trim_start_matches("fatal: ").to_owned()))
}

/// The lines of a file, in the work tree below `root`, that were written since the last commit that changed `since`.
pub(crate) fn lines_written_since(root: &Path, since: &Path, file: &str) -> Result<BTreeSet<u32>, GitError> {
    let since = std::path::absolute(since).map_err(GitError::Missing)?;
    let commit = ask(root, &["log".as_ref(), "-1".as_ref(), "--format=%H".as_ref(), "--".as_ref(), since.as_os_str()])?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    if commit.is_empty() {
        return Err(GitError::Refused("the baseline was never committed".to_owned()));
    }
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
