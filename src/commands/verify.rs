//! `verify`: whether the guard itself stands. A scan says what it found; this says what a scan here is worth: what is
//! looked at and what is kept from it, whether the rules hold, and whether commits, merges and build servers ask for it.

use crate::cli::Color;
use crate::cli::ListFormat;
use crate::cli::VerifyArguments;
use crate::commands::Failure;
use crate::commands::hook;
use crate::commands::hook::Present;
use crate::commands::painted;
use crate::commands::progress::with_progress;
use crate::commands::wants_color;
use crate::context;
use crate::examples;
use crate::pipeline;
use crate::problem::Problem;
use crate::readers;
use crate::report::Report;
use crate::report::text::counted;
use crate::settings;
use crate::settings::Examples;
use crate::settings::PROJECT_FILE;
use crate::settings::Settings;
use crate::settings::SettingsError;
use crate::settings::name_below;
use crate::source::git;
use crate::verdict;
use anstyle::AnsiColor;
use anstyle::Style;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::path::Path;

/// Places of one kind that are listed.
const MOST_LISTED: usize = 5;

/// One thing that the guard stands on.
#[derive(Debug, Serialize)]
struct Pillar {
    name: &'static str,
    state: State,
    /// A sentence without its full stop.
    says: String,
    /// What it is about, one a line.
    places: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Stands,
    /// Somebody should know, and may mean it.
    Look,
    Missing,
}

impl State {
    fn painted(self, paint: bool) -> String {
        let (text, color) = match self {
            State::Stands => ("stands", AnsiColor::Green),
            State::Look => ("look", AnsiColor::Yellow),
            State::Missing => ("missing", AnsiColor::Red),
        };
        painted(text, Style::new().fg_color(Some(color.into())), 7, paint)
    }
}

impl Pillar {
    fn new(name: &'static str, state: State, says: impl Into<String>) -> Pillar {
        Pillar { name, state, says: says.into(), places: Vec::new() }
    }

    fn at(self, places: impl IntoIterator<Item = String>) -> Pillar {
        let mut places: Vec<String> = places.into_iter().collect();
        let more = places.len().saturating_sub(MOST_LISTED);
        if more > 0 {
            places.truncate(MOST_LISTED);
            places.push(format!("and {more} more"));
        }
        Pillar { places, ..self }
    }
}

pub(super) fn run(arguments: &VerifyArguments, color: Color) -> Result<u8, Failure> {
    let settings = Settings::of_repository(&arguments.repository)?;
    let report = with_progress(|progress| pipeline::scan(&settings, progress));
    let root = &arguments.repository.root;
    let mut pillars = vec![project(root, arguments)];
    pillars.extend(sight(&settings, &report));
    pillars.push(rules(arguments)?);
    pillars.push(baseline(&settings, &report));
    if git::is_repository(root) {
        pillars.push(commits(root)?);
        pillars.push(merges(root, &settings));
    } else {
        pillars.push(Pillar::new(
            "commits",
            State::Look,
            "this is no clone of a repository, so nothing guards commits",
        ));
    }
    pillars.extend(build_servers(root));
    let mut out = io::stdout().lock();
    match arguments.format {
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &pillars).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        ListFormat::Text => written(&pillars, wants_color(color), &mut out)?,
    }
    let stands = pillars.iter().all(|it| it.state != State::Missing);
    Ok(if stands { verdict::PASS } else { verdict::VIOLATIONS })
}

fn written(pillars: &[Pillar], paint: bool, out: &mut dyn Write) -> io::Result<()> {
    let widest = pillars.iter().map(|it| it.name.len()).max().unwrap_or(0);
    for Pillar { name, state, says, places } in pillars {
        writeln!(out, "{}  {name:widest$}  {says}", state.painted(paint))?;
        for place in places {
            writeln!(out, "{:width$}{place}", "", width = 11 + widest)?;
        }
    }
    let missing = pillars.iter().filter(|it| it.state == State::Missing).count();
    writeln!(out)?;
    match missing {
        0 => writeln!(out, "The guard stands."),
        count => writeln!(
            out,
            "The guard does not stand: {} missing (exit 1)",
            counted(count as u64, "thing is", "things are")
        ),
    }
}

fn project(root: &Path, arguments: &VerifyArguments) -> Pillar {
    let named = arguments.repository.scope.sources.config.as_deref();
    let path = named.map_or_else(|| root.join(PROJECT_FILE), Path::to_owned);
    match path.exists() {
        true => Pillar::new("project", State::Stands, format!("{} is read", name_below(root, &path))),
        false => Pillar::new(
            "project",
            State::Look,
            format!("there is no {PROJECT_FILE}: no owner of tokens is named (`ssot-guard init` proposes one)"),
        ),
    }
}

/// What is looked at, and what is not.
fn sight(settings: &Settings, report: &Report) -> Vec<Pillar> {
    let ledger = &report.ledger;
    let languages: Vec<&str> = ledger.languages.keys().copied().collect();
    let scanned = counted(ledger.scanned, "file is", "files are");
    let mut pillars = vec![match ledger.scanned {
        0 => Pillar::new("sight", State::Missing, "nothing is looked at: no file in a language with a reader"),
        _ => Pillar::new("sight", State::Stands, format!("{scanned} looked at ({})", languages.join(", "))),
    }];
    let problems = report.problems.iter().filter(|it| settings.policy.include_tests || !it.in_tests);
    let (weighed, others): (Vec<_>, Vec<_>) = problems.partition(|it| verdict::is_weighed(it, settings.policy));
    let listed = |all: Vec<&Problem>| all.into_iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
    let (unexamined, others): (Vec<String>, Vec<String>) = (listed(weighed), listed(others));
    if !unexamined.is_empty() {
        let count = counted(unexamined.len() as u64, "place", "places");
        pillars
            .push(Pillar::new("sight", State::Missing, format!("{count} cannot be examined in full")).at(unexamined));
    }
    if !others.is_empty() {
        let count = counted(others.len() as u64, "thing", "things");
        pillars.push(Pillar::new("sight", State::Look, format!("{count} to know of what is looked at")).at(others));
    }
    // By the glob that keeps them away.
    let mut excluded: BTreeMap<String, u64> = BTreeMap::new();
    for path in git::tracked_paths(&settings.root).unwrap_or_default() {
        if readers::language_of(&path).is_some()
            && let Some(written) = settings.exclude.keeps_away(&path)
        {
            *excluded.entry(written).or_default() += 1;
        }
    }
    if !excluded.is_empty() {
        let count = counted(excluded.values().sum(), "tracked source file is", "tracked source files are");
        let by = excluded.into_iter().map(|(glob, count)| format!("{glob}: {}", counted(count, "file", "files")));
        pillars.push(Pillar::new("sight", State::Look, format!("{count} excluded")).at(by));
    }
    let in_tests = report.findings.iter().filter(|it| it.in_tests).count() as u64;
    if in_tests > 0 && !settings.policy.include_tests {
        let count = counted(in_tests, "finding in test code counts", "findings in test code count");
        pillars.push(Pillar::new("sight", State::Look, format!("{count} nowhere (`--include-tests` lets them)")));
    }
    pillars
}

fn rules(arguments: &VerifyArguments) -> Result<Pillar, Failure> {
    let rules = settings::rules_of(&arguments.repository.scope.sources, Examples::Read)?;
    let failing: Vec<String> = rules
        .par_iter()
        .flat_map_iter(|rule| {
            let failures = examples::failures(rule, &rules);
            failures.into_iter().map(|failure| failure.message)
        })
        .collect();
    let count: usize = rules.iter().map(|it| it.examples.len()).sum();
    Ok(match failing.is_empty() {
        true => Pillar::new("rules", State::Stands, format!("{} rules hold on their {count} examples", rules.len())),
        false => Pillar::new("rules", State::Missing, "rules do not find what they are there for").at(failing),
    })
}

fn baseline(settings: &Settings, report: &Report) -> Pillar {
    let Some(baseline) = &report.baseline else {
        let counted_now = report.counted().count() as u64;
        return match counted_now {
            0 => Pillar::new("baseline", State::Stands, "nothing is accepted, and nothing has to be"),
            _ => Pillar::new(
                "baseline",
                State::Look,
                format!(
                    "there is none, and {} (`ssot-guard baseline create` accepts what is there)",
                    counted(counted_now, "finding counts", "findings count")
                ),
            ),
        };
    };
    let accepted = format!("{} accepts {}", baseline.path, counted(baseline.entries as u64, "finding", "findings"));
    let gone = baseline.gone() as u64;
    match (baseline.expired as u64, gone) {
        (0, 0) => Pillar::new("baseline", State::Stands, accepted),
        (0, gone) => Pillar::new(
            "baseline",
            State::Look,
            format!("{accepted}, of which {} gone (`ssot-guard baseline prune`)", counted(gone, "is", "are")),
        ),
        (expired, _) => Pillar::new(
            "baseline",
            State::Look,
            format!("{accepted}, of which {} run out by {}", counted(expired, "has", "have"), settings.today),
        ),
    }
}

/// Whether commits are checked here.
fn commits(root: &Path) -> Result<Pillar, Failure> {
    if let Some(server) = context::of_build(&settings::variable).context.provider {
        return Ok(Pillar::new("commits", State::Stands, format!("nobody commits on a build server ({server})")));
    }
    if let Some(why) = hook::skipped(root) {
        return Ok(Pillar::new("commits", State::Look, format!("none is checked: {why}")));
    }
    Ok(match hook::present(root) {
        Ok((path, Present::Ours)) => {
            Pillar::new("commits", State::Stands, format!("{} checks them", name_below(root, &path)))
        }
        Ok((path, Present::Foreign(text))) if says(&text, "ssot-guard") => {
            Pillar::new("commits", State::Stands, format!("{} calls ssot-guard", name_below(root, &path)))
        }
        Ok((path, Present::Foreign(text))) => {
            let advice = hook::advice(&text).lines().map(str::to_owned);
            Pillar::new("commits", State::Missing, format!("{} does not call ssot-guard", name_below(root, &path)))
                .at(advice)
        }
        Ok((_, Present::Nothing)) => {
            Pillar::new("commits", State::Missing, "no hook checks them in this clone: `ssot-guard hook install`")
        }
        Err(Failure::Settings(SettingsError::Plain(why))) => Pillar::new("commits", State::Look, why),
        Err(failure) => return Err(failure),
    })
}

/// Whether git merges the baseline by what it means, where there is one.
fn merges(root: &Path, settings: &Settings) -> Pillar {
    if settings.baseline.is_none() {
        return Pillar::new("merges", State::Stands, "there is no baseline to merge");
    }
    let attributes = std::fs::read_to_string(root.join(".gitattributes")).unwrap_or_default();
    match (says(&attributes, "merge=ssot-guard"), git::configured(root, "merge.ssot-guard.driver")) {
        (true, Some(_)) => Pillar::new("merges", State::Stands, "git merges the baseline by what is accepted"),
        (true, None) => Pillar::new(
            "merges",
            State::Missing,
            ".gitattributes names the driver, and this clone has none: \
             `git config merge.ssot-guard.driver 'ssot-guard baseline merge %O %A %B'`",
        ),
        (false, _) => Pillar::new(
            "merges",
            State::Look,
            "git merges the baseline as text (`ssot-guard init` adds the line to .gitattributes)",
        ),
    }
}

/// What keeps a gate from stopping anybody, by what is written in the command's line or elsewhere in the file.
const IN_COMMAND: [(&str, &str); 5] = [
    ("|| true", "whatever the gate says counts as a pass"),
    ("|| :", "whatever the gate says counts as a pass"),
    ("; true", "whatever the gate says counts as a pass"),
    ("--no-fail", "the gate exits with 0 whatever it finds"),
    ("--no-ratchet", "the gate does not compare the bar and the baseline with what they were"),
];
const IN_FILE: [(&str, &str); 4] = [
    ("continue-on-error: true", "if it is the gate's, nobody is stopped"),
    ("allow_failure: true", "if it is the gate's, nobody is stopped"),
    ("continueOnError: true", "if it is the gate's, nobody is stopped"),
    ("catchError", "if it is around the gate, nobody is stopped"),
];

/// What has a clone bring its history, by whose files ask for it.
const HISTORY: [(&str, &str); 3] =
    [(".github", "fetch-depth: 0"), (".gitlab", "GIT_DEPTH: 0"), ("azure", "fetchDepth: 0")];

fn build_servers(root: &Path) -> Vec<Pillar> {
    let mut pillars = Vec::new();
    for path in build_files(root) {
        let Ok(text) = std::fs::read_to_string(root.join(&path)) else { continue };
        let lines: Vec<&str> = text.lines().collect();
        let commands: Vec<(usize, String)> = commands_of(&lines)
            .into_iter()
            .filter(|(_, command)| !is_comment(command) && command.contains("ssot-guard") && command.contains(" gate"))
            .collect();
        let Some((line, _)) = commands.first() else { continue };
        let at = |line: usize, why: &str| format!("{path}:{}: {why}", line + 1);
        let weak = commands.iter().flat_map(|(line, command)| {
            IN_COMMAND
                .iter()
                .filter(|(sign, _)| command.contains(sign))
                .map(|(sign, why)| at(*line, &format!("`{sign}`: {why}")))
        });
        let weak: Vec<String> = weak.collect();
        let flat = text.replace(['"', '\''], "");
        let needs = HISTORY.iter().find(|(place, _)| path.contains(place));
        let lacks_history = needs.filter(|(_, wanted)| !says(&flat, wanted));
        let doubts = lines.iter().enumerate().filter(|(_, it)| !is_comment(it)).flat_map(|(line, it)| {
            IN_FILE
                .iter()
                .filter(|(sign, _)| it.contains(sign))
                .map(move |(sign, why)| (line, format!("`{sign}`: {why}")))
        });
        let mut doubts: Vec<String> = doubts.map(|(line, why)| at(line, &why)).collect();
        doubts.extend(
            lacks_history.map(|(_, wanted)| {
                format!("{path}: without `{wanted}` the gate may not know what a change started from")
            }),
        );
        let calls = format!("{path}:{} calls the gate", line + 1);
        pillars.push(match (weak.is_empty(), doubts.is_empty()) {
            (false, _) => {
                Pillar::new("build server", State::Missing, format!("{calls}, and lets everything pass")).at(weak)
            }
            (true, false) => Pillar::new("build server", State::Look, calls).at(doubts),
            (true, true) => Pillar::new("build server", State::Stands, calls),
        });
    }
    if pillars.is_empty() {
        let says = "no build server's file here calls `ssot-guard gate`: `ssot-guard init --ci github`, or another";
        pillars.push(Pillar::new("build server", State::Missing, says));
    }
    pillars
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#') || line.trim_start().starts_with("//")
}

/// Whether a file says something outside of comments.
fn says(text: &str, wanted: &str) -> bool {
    text.lines().any(|line| !is_comment(line) && line.contains(wanted))
}

/// Lines, those that a backslash joins as one, with where they begin.
fn commands_of(lines: &[&str]) -> Vec<(usize, String)> {
    let mut commands: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in lines.iter().enumerate() {
        let (text, joined) = match line.trim_end().strip_suffix('\\') {
            Some(text) => (text, true),
            None => (*line, false),
        };
        match commands.last_mut().filter(|_| goes_on) {
            Some((_, before)) => {
                before.push(' ');
                before.push_str(text.trim_start());
            }
            None => commands.push((at, text.to_owned())),
        }
        goes_on = joined;
    }
    commands
}

/// The files that say what build servers run, relative to the root, sorted.
fn build_files(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for (folder, starts, ends) in [
        (".github/workflows", "", [".yml", ".yaml"].as_slice()),
        (".gitlab", "", &[".yml", ".yaml"]),
        (".circleci", "config", &[".yml", ".yaml"]),
        (".", ".gitlab-ci", &[".yml", ".yaml"]),
        (".", "Jenkinsfile", &[""]),
        (".", "azure-pipelines", &[".yml", ".yaml"]),
        (".", "cloudbuild", &[".yml", ".yaml", ".json"]),
        (".", "bitbucket-pipelines", &[".yml", ".yaml"]),
    ] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        let names = entries.flatten().filter_map(|it| it.file_name().into_string().ok());
        let wanted = names.filter(|name| name.starts_with(starts) && ends.iter().any(|end| name.ends_with(end)));
        files.extend(wanted.map(|name| if folder == "." { name } else { format!("{folder}/{name}") }));
    }
    files.sort();
    files
}
