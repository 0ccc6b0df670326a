//! Mission-critical checks: commands that have to succeed before anything is let through. A check that is missing, that
//! skips, that runs no test or does not end in time has not succeeded.

use crate::report::text::harmless;
use crate::settings::Check;
use regex::Regex;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;
use std::time::Instant;

/// Of what a check prints, so much is kept: its end, where the summary of a test runner stands.
const MOST_KEPT: usize = 64 << 10;

/// How often it is looked whether a check has ended.
const TICK: Duration = Duration::from_millis(20);

/// Why a check has not succeeded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CheckFailure {
    /// In a sentence.
    why: String,
    /// The end of what it printed.
    printed: String,
}

impl CheckFailure {
    /// Shows what the check printed, and gives the sentence.
    pub(super) fn said(self) -> String {
        let lines: Vec<&str> = self.printed.trim().lines().collect();
        let last = &lines[lines.len().saturating_sub(MOST_LINES)..];
        for line in last {
            // Nothing is left to do when it cannot be shown.
            _ = writeln!(anstream::stderr(), "  | {}", harmless(&crate::secret::masked(line)));
        }
        if !last.is_empty() {
            _ = writeln!(anstream::stderr(), "{}", self.why);
        }
        self.why
    }
}

/// Lines of a failed check that are shown.
const MOST_LINES: usize = 40;

/// Runs a check in a folder.
pub(super) fn run(check: &Check, folder: &Path) -> Result<(), CheckFailure> {
    let described = |why: String| format!("the check `{}` {why}", check.name);
    let failed = |why: String| Err(CheckFailure { why: described(why), printed: String::new() });
    let (program, arguments) = check.run.split_first().expect("settings refuse a check that runs nothing");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What it starts itself ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return failed(format!("is missing: no `{program}`")),
        Err(err) => return failed(format!("cannot be run: {err}")),
    };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let deadline = Instant::now() + check.time_limit;
    std::thread::scope(|scope| {
        let out = scope.spawn(|| out.map(end_of).unwrap_or_default());
        let err = scope.spawn(|| err.map(end_of).unwrap_or_default());
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(TICK),
                Ok(None) => break Err(format!("did not end within {} s", check.time_limit.as_secs())),
                Err(err) => break Err(format!("cannot be waited for: {err}")),
            }
        };
        // Also those that outlive it, or their output never ends.
        end(&mut child);
        let printed = [out, err].map(|it| it.join().unwrap_or_default()).join("\n");
        let why = match status {
            Err(why) => why,
            Ok(status) if !status.success() => match status.code() {
                Some(code) => format!("failed with exit code {code}"),
                None => "was ended by a signal".to_owned(),
            },
            Ok(_) => match shortfall(&printed, check.allows_skipped) {
                Some(why) => why.to_owned(),
                None => return Ok(()),
            },
        };
        Err(CheckFailure { why: described(why), printed })
    })
}

/// Ends a check and all that it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(group) = i32::try_from(child.id())
        && let Some(group) = rustix::process::Pid::from_raw(group)
    {
        _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    _ = child.kill();
    _ = child.wait();
}

/// The end of what a stream gives.
fn end_of(mut stream: impl Read) -> String {
    let (mut kept, mut bytes) = (Vec::new(), [0; 8192]);
    while let Ok(count) = stream.read(&mut bytes)
        && count > 0
    {
        kept.extend_from_slice(&bytes[..count]);
        if kept.len() > 2 * MOST_KEPT {
            kept.drain(..kept.len() - MOST_KEPT);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Why a success is none, as the summaries of test runners tell it (pytest, unittest, cargo, go, jest, mocha, JUnit).
fn shortfall(printed: &str, allows_skipped: bool) -> Option<&'static str> {
    static PASSED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(\d+) (?:passed|passing)\b|^ok\s+\S+|\bRan (\d+) tests? in\b|Tests run: (\d+)")
            .expect("the pattern is well-formed")
    });
    static NONE: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?i)no tests ran|collected 0 items|\bRan 0 tests\b|no tests? found|no test files|\[no tests to run\]|no tests were (?:found|executed)";
        Regex::new(pattern).expect("the pattern is well-formed")
    });
    static SKIPPED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b[1-9]\d* (?:skipped|ignored|pending)\b|skipped[=:]\s*[1-9]|(?m:^--- SKIP)")
            .expect("the pattern is well-formed")
    });
    let counts = |pattern: &Regex| -> Vec<u64> {
        let numbers = pattern.captures_iter(printed).filter_map(|it| it.iter().skip(1).flatten().next());
        numbers.filter_map(|it| it.as_str().parse().ok()).collect()
    };
    let passed = counts(&PASSED);
    if passed.iter().any(|count| *count > 0) {
        return (!allows_skipped && SKIPPED.is_match(printed))
            .then_some("skipped tests; `allow-skipped = true` lets it");
    }
    if !passed.is_empty() || NONE.is_match(printed) {
        return Some("ran no test");
    }
    (!allows_skipped && SKIPPED.is_match(printed)).then_some("skipped tests; `allow-skipped = true` lets it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(script: &str, seconds: u64) -> Result<(), String> {
        let run = ["sh", "-c", script].map(str::to_owned).to_vec();
        let time_limit = Duration::from_secs(seconds);
        run_in(Check { name: "t".to_owned(), run, time_limit, allows_skipped: false })
    }

    fn run_in(check: Check) -> Result<(), String> {
        run(&check, Path::new(".")).map_err(|failure| failure.why)
    }

    #[test]
    fn only_what_ran_and_passed_has_succeeded() {
        for passed in
            ["exit 0", "echo '==== 3 passed in 0.1s ===='", "echo 'test result: ok. 5 passed; 0 failed; 0 ignored'"]
        {
            assert_eq!(ran(passed, 20), Ok(()), "{passed}");
        }
        for (script, why) in [
            ("exit 5", "failed with exit code 5"),
            ("echo '==== no tests ran in 0.01s ===='", "ran no test"),
            ("echo '==== 3 skipped in 0.01s ===='", "skipped tests"),
            ("echo '==== 2 passed, 1 skipped in 0.01s ===='", "skipped tests"),
            ("echo 'test result: ok. 0 passed; 0 failed'", "ran no test"),
            ("echo 'Ran 0 tests in 0.000s'", "ran no test"),
            ("kill -9 $$", "was ended by a signal"),
        ] {
            let said = ran(script, 20).expect_err(script);
            assert!(said.starts_with("the check `t` ") && said.contains(why), "{script}: {said}");
        }
    }

    #[test]
    fn a_check_is_missing_or_late() {
        let check = Check {
            name: "t".to_owned(),
            run: vec!["no-such-program".to_owned()],
            time_limit: Duration::from_secs(1),
            allows_skipped: false,
        };
        assert_eq!(run_in(check), Err("the check `t` is missing: no `no-such-program`".to_owned()));
        // What it leaves behind holds the output open.
        let begun = Instant::now();
        assert_eq!(ran("sleep 60 & sleep 60", 1), Err("the check `t` did not end within 1 s".to_owned()));
        assert_eq!(ran("sleep 60 & exit 0", 20), Ok(()));
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
