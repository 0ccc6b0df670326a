//! The report as Markdown, in the dialect of GitHub, for people who read it in a browser: whole as a file, and made to
//! fit as the summary of a job ([`crate::report::github_summary`]) and as a comment
//! ([`crate::report::pull_request`]). The sections are those of the workflow this tool replaces.
//!
//! Where there is no room for all, whole rows are left out from the end, the least serious first, and a sentence says
//! how many.
//!
//! Text that comes from the repository stays text: names and places stand in code spans, source in fences, and all
//! else has its Markdown and HTML escaped. Servers look for `@team`, `#12` and the like in the finished page, where
//! no escape is left, so a blank of no width stands behind such a character
//! (<https://github.com/github/cmark-gfm/issues/181>).

use crate::finding::Finding;
use crate::finding::Origin;
use crate::finding::Severity;
use crate::finding::State;
use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::report::Baseline;
use crate::report::Report;
use crate::report::digest;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::verdict;
use crate::verdict::Outcome;
use crate::verdict::Requirement;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(document(report, &Layout { first: "", most: usize::MAX, folded: false }).as_bytes())
}

/// What is asked of a document.
pub(super) struct Layout<'a> {
    /// What comes before the title.
    pub(super) first: &'a str,
    /// Bytes. Less than [`SMALLEST`] may not be enough for what is always said.
    pub(super) most: usize,
    /// Whether the details are folded away until somebody asks for them.
    pub(super) folded: bool,
}

pub(super) const SMALLEST: usize = 50_000;
/// What is not a list of findings gets at most this part of the room, each.
const PART_OF_A_SIDE: usize = 8;
/// Characters of a text that comes from elsewhere.
const LONGEST_TEXT: usize = 500;
/// Characters of a source line.
const LONGEST_CODE: usize = 160;
const MOST_RELATED: usize = 10;
const MOST_EXTENSIONS: usize = 5;

pub(super) fn document(report: &Report, layout: &Layout<'_>) -> String {
    let title = title(report);
    let end = format!("\n{}\n", footer(report));
    let see = see(report);
    let mut sections = sections(report, layout);
    let fixed: usize = sections.iter().map(|section| section.smallest(&see)).sum();
    let room = layout.most.saturating_sub(layout.first.len() + title.len() + fixed + end.len());
    fit(&mut sections, room, layout.most / PART_OF_A_SIDE);
    let mut document = format!("{}{title}", layout.first);
    for section in &sections {
        document.push_str(&section.print(&see));
    }
    document + &end
}

pub(super) fn title(report: &Report) -> String {
    format!("# ssot-guard: {}\n", digest::decision(report))
}

/// What made the report, and of what.
pub(super) fn footer(report: &Report) -> String {
    let mut parts = vec![format!("ssot-guard {}", report.run.tool_version)];
    parts.extend(report.run.context.commit.as_ref().map(|commit| format!("commit {}", code(commit))));
    parts.extend(report_link(report));
    format!("<sub>{}</sub>", parts.join(" · "))
}

fn report_link(report: &Report) -> Option<String> {
    link("report", report.run.context.link.as_deref()?)
}

fn see(report: &Report) -> String {
    format!("see the {}", report_link(report).unwrap_or("report".to_owned()))
}

fn link(name: &str, page: &str) -> Option<String> {
    Some(format!("[{name}]({})", digest::address(page)?))
}

/// A part of the document whose rows may be left out.
struct Section {
    title: &'static str,
    /// Said in any case, if anything.
    intro: String,
    /// What rows stand under.
    header: &'static str,
    rows: Vec<String>,
    /// How many rows there would be, were there room; those that could never fit are not in `rows`.
    total: usize,
    kept: usize,
    /// What rows are, one and many.
    noun: (&'static str, &'static str),
    kind: SectionKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SectionKind {
    Findings,
    Side,
    /// Findings, folded away.
    Folded,
}

impl Section {
    fn new(title: &'static str, kind: SectionKind, noun: (&'static str, &'static str)) -> Section {
        Section { title, intro: String::new(), header: "", rows: Vec::new(), total: 0, kept: 0, noun, kind }
    }

    /// With as many of the rows as may fit into so many bytes.
    fn with(mut self, rows: impl ExactSizeIterator<Item = String>, most: usize) -> Section {
        self.total = rows.len();
        let mut bytes = 0_usize;
        self.rows = rows
            .take_while(|row| {
                bytes = bytes.saturating_add(row.len());
                bytes <= most
            })
            .collect();
        self
    }

    fn print(&self, see: &str) -> String {
        let mut text = match self.kind {
            SectionKind::Folded => format!("\n<details><summary>{}</summary>\n", self.title),
            SectionKind::Findings | SectionKind::Side => format!("\n## {}\n", self.title),
        };
        if !self.intro.is_empty() {
            text.push_str(&format!("\n{}\n", self.intro));
        }
        if self.kept > 0 {
            text.push_str(&format!("\n{}", self.header));
            self.rows.iter().take(self.kept).for_each(|row| text.push_str(row));
        }
        if self.kept < self.total {
            let (one, many) = self.noun;
            let more = counted((self.total - self.kept) as u64, &format!("more {one}"), &format!("more {many}"));
            text.push_str(&format!("\n{more}: {see}\n"));
        }
        if self.kind == SectionKind::Folded {
            text.push_str("\n</details>\n");
        }
        text
    }

    /// The bytes it takes whatever its rows are.
    fn smallest(&self, see: &str) -> usize {
        self.print(see).len() + self.header.len() + 1
    }

    /// Keeps as many rows as there is room for, and says how much of it they take.
    fn keep(&mut self, room: usize) -> usize {
        let mut taken = 0;
        for row in &self.rows {
            if taken + row.len() > room {
                break;
            }
            taken += row.len();
            self.kept += 1;
        }
        taken
    }
}

/// Gives the room to the sections: first to the sides, since findings can be without number, then to the findings, and
/// nothing to what is less serious than a finding that is left out.
fn fit(sections: &mut [Section], mut room: usize, most_of_a_side: usize) {
    for section in sections.iter_mut().filter(|it| it.kind == SectionKind::Side) {
        room -= section.keep(room.min(most_of_a_side));
    }
    for section in sections.iter_mut().filter(|it| it.kind != SectionKind::Side) {
        room -= section.keep(room);
        if section.kept < section.total {
            return;
        }
    }
}

fn sections(report: &Report, layout: &Layout<'_>) -> Vec<Section> {
    let findings = digest::serious_first(report);
    let mut sections = vec![status(report, &findings, layout.most)];
    for severity in Severity::ALL {
        let title = match severity {
            Severity::Critical => "Critical",
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Info => "Info",
        };
        let of_it: Vec<&Finding> = findings.iter().copied().filter(|it| it.severity == severity).collect();
        let header = "| where | rule | what |\n|---|---|---|\n";
        let section = Section::new(title, SectionKind::Findings, ("finding", "findings"));
        sections.push(Section { header, ..section }.with(of_it.into_iter().map(row), layout.most));
    }
    let kind = if layout.folded { SectionKind::Folded } else { SectionKind::Findings };
    let details = Section::new("Violation details", kind, ("finding", "findings"));
    sections.push(details.with(findings.iter().map(|it| detail(it)), layout.most));
    sections.push(recommendations(report, &findings, layout.most));
    sections.push(not_examined(report, layout.most));
    sections.push(requirements(&report.requirements, layout.most));
    sections.push(resources(report, &findings, layout.most));
    sections.retain(|section| !section.intro.is_empty() || section.total > 0);
    sections
}

fn status(report: &Report, findings: &[&Finding], most: usize) -> Section {
    let run = &report.run;
    let of = |severity: Severity| findings.iter().filter(|it| it.severity == severity).count() as u64;
    let mut counts: Vec<String> = Vec::new();
    for severity in Severity::ALL {
        let count = of(severity);
        if severity != Severity::Info || count > 0 {
            counts.push(counted(count, severity.name(), severity.name()));
        }
    }
    let mut lines = vec![
        format!("- Decision: **{}** (exit {})", digest::decision(report), report.verdict.exit_code),
        format!("- Findings that count: {}", counts.join(", ")),
    ];
    lines.extend(not_counting(report));
    lines.extend(report.baseline.as_ref().map(accepted));
    let level = run.level.map(|level| format!(", level {}", level.name()));
    lines.push(format!("- Mode: {}{}", run.mode.name(), level.unwrap_or_default()));
    let context = &run.context;
    lines.extend(context.environment.as_ref().map(|it| format!("- Environment: {}", code(it))));
    lines.extend(context.branch.as_ref().map(|it| format!("- Branch: {}", code(it))));
    lines.extend(context.pull_request.map(|it| format!("- Pull request: {it}")));
    lines.extend(context.base.as_ref().map(|it| format!("- Compared with: {}", code(it))));
    lines.push(format!("- Started: {}", run.started));
    let reasons = report.verdict.reasons.iter().map(|it| format!("- **Why:** {}\n", prose(it)));
    let notes = digest::notes(report);
    let said: Vec<String> = reasons.chain(notes.iter().map(|it| format!("- **Note:** {}\n", prose(it)))).collect();
    let section = Section::new("Status", SectionKind::Side, ("reason", "reasons"));
    Section { intro: lines.join("\n"), ..section }.with(said.into_iter(), most)
}

/// What was found and does not weigh.
fn not_counting(report: &Report) -> Option<String> {
    let (mut known, mut excepted, mut before, mut in_tests) = (0, 0, 0, 0);
    for finding in report.findings.iter().filter(|it| !verdict::counts(it, report.policy)) {
        let is_before = report.policy.of_change && matches!(finding.origin, Some(Origin::Touched | Origin::Before));
        *match finding.state {
            State::Known => &mut known,
            State::Excepted => &mut excepted,
            State::New | State::Expired if is_before => &mut before,
            State::New | State::Expired => &mut in_tests,
        } += 1;
    }
    let said = [
        (known, "known to the baseline"),
        (excepted, "allowed by exceptions"),
        (before, "there before the change"),
        (in_tests, "in test code"),
    ];
    let said: Vec<String> =
        said.iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(*count, what, what)).collect();
    (!said.is_empty()).then(|| format!("- Findings that do not count: {}", said.join(", ")))
}

fn accepted(baseline: &Baseline) -> String {
    let mut said = format!("- Baseline {}: ", code(&baseline.path));
    said.push_str(&counted(baseline.entries as u64, "finding accepted", "findings accepted"));
    for (count, what) in [(baseline.gone(), "gone"), (baseline.expired, "expired")] {
        if count > 0 {
            said.push_str(&format!(", {}", counted(count as u64, what, what)));
        }
    }
    said
}

fn row(finding: &Finding) -> String {
    let place = code(&digest::locator(&finding.path, finding.place));
    let tests = if finding.in_tests { " (test code)" } else { "" };
    format!("| {place}{tests} | {} | {} |\n", code(&finding.rule), prose(&finding.message))
}

fn detail(finding: &Finding) -> String {
    let scope = if finding.scope.is_empty() { String::new() } else { format!(" in {}", code(&finding.scope)) };
    let cwe = finding.cwe.as_ref().map(|cwe| format!(" ({})", prose(cwe))).unwrap_or_default();
    let mut text = format!(
        "### {}\n\n**{}** {}{scope}: {}\n\n- Why: {}{cwe}\n",
        code(&digest::locator(&finding.path, finding.place)),
        finding.severity.name(),
        code(&finding.rule),
        prose(&finding.message),
        prose(&finding.why),
    );
    if let Some(impact) = &finding.impact {
        text.push_str(&format!("- Impact: {}\n", prose(impact)));
    }
    text.push_str(&format!("- Fix: {}\n", prose(&finding.fix)));
    for related in finding.related.iter().take(MOST_RELATED) {
        let place = code(&digest::locator(&related.path, related.place));
        text.push_str(&format!("- See {place}: {}\n", prose(&related.message)));
    }
    if finding.related.len() > MOST_RELATED {
        let more = (finding.related.len() - MOST_RELATED) as u64;
        text.push_str(&format!("- {}\n", counted(more, "more place", "more places")));
    }
    if !finding.also.is_empty() {
        let also: Vec<String> = finding.also.iter().take(MOST_RELATED).map(|rule| code(rule)).collect();
        text.push_str(&format!("- Also: {}\n", also.join(", ")));
    }
    if !finding.snippet.is_empty() {
        text.push_str(&format!("\n{}", fence(&excerpt(finding))));
    }
    text + "\n"
}

/// The source of a finding. Of a long line only the part around the mark is shown.
fn excerpt(finding: &Finding) -> Vec<String> {
    let snippet = finding.snippet.replace("\r\n", "\n");
    let mut skipped = (finding.place.column as usize).saturating_sub(LONGEST_CODE / 2);
    let lines = snippet.split(['\n', '\r']).map(|line| {
        // Only the first line is known to hold something in that column.
        let skipped = std::mem::take(&mut skipped);
        let is_long = line.chars().nth(LONGEST_CODE).is_some();
        let start = if is_long { skipped } else { 0 };
        let lead = if start > 0 { "…" } else { "" };
        let rest: String = line.chars().skip(start).collect();
        let rest = digest::characters(&rest, LONGEST_CODE);
        // Tabs are as wide here as elsewhere; the other controls would not be seen.
        format!("{lead}{}", harmless(&rest.replace('\t', "    ")))
    });
    let mut lines: Vec<String> = lines.collect();
    let place = finding.place;
    let missing = (digest::last_line(place).saturating_sub(place.line) as usize + 1).saturating_sub(lines.len());
    if missing > 0 {
        lines.push(format!("… {}", counted(missing as u64, "more line", "more lines")));
    }
    lines
}

/// Lines in a fence that is longer than any run of backticks within.
fn fence(lines: &[String]) -> String {
    let runs = lines.iter().flat_map(|line| line.split(|it: char| it != '`').map(str::len));
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}\n{}\n{fence}\n", lines.join("\n"))
}

/// What to do, once for each rule.
fn recommendations(report: &Report, findings: &[&Finding], most: usize) -> Section {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut groups: Vec<(&Finding, u64)> = Vec::new();
    for &finding in findings {
        let at = *places.entry((&*finding.rule, &*finding.fix)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, count)) => *count += 1,
            None => groups.push((finding, 1)),
        }
    }
    let said = groups.iter().map(|(finding, count)| {
        format!("- {} ({}): {}\n", code(&finding.rule), counted(*count, "finding", "findings"), prose(&finding.fix))
    });
    let mut said: Vec<String> = said.collect();
    if !digest::unexamined(report).is_empty() {
        said.push("- Make readable what could not be examined, or exclude it if nothing in it is yours\n".to_owned());
    }
    if report.baseline.as_ref().is_some_and(|it| it.gone() > 0) {
        said.push("- `ssot-guard baseline prune` drops what the baseline accepts and is gone\n".to_owned());
    }
    let section = Section::new("Recommendations", SectionKind::Side, ("recommendation", "recommendations"));
    section.with(said.into_iter(), most)
}

fn not_examined(report: &Report, most: usize) -> Section {
    let ledger = &report.ledger;
    let examined = counted(ledger.scanned, "file", "files");
    let mut intro = format!("Examined: {examined} of {} in scope", counted(ledger.in_scope, "file", "files"));
    if ledger.scanned_in_part > 0 {
        intro.push_str(&format!(", {} in part", counted(ledger.scanned_in_part, "of them", "of them")));
    }
    intro.push('.');
    intro.push_str(&no_reader(ledger));
    let mut problems: Vec<&Problem> = report.problems.iter().collect();
    problems.sort_by_key(|it| (!verdict::is_weighed(it, report.policy), !it.kind.leaves_run_incomplete(), it.kind));
    let rows = problems.into_iter().map(|problem| {
        let weight = if verdict::is_weighed(problem, report.policy) {
            "counts"
        } else if problem.kind.leaves_run_incomplete() {
            "test code"
        } else {
            "noted"
        };
        let place = code(&digest::problem_locator(problem));
        format!("| {place} | {} | {} | {weight} |\n", problem.kind.name(), prose(&problem.message))
    });
    let header = "| where | why | what | weight |\n|---|---|---|---|\n";
    let section = Section::new("Not examined", SectionKind::Side, ("place", "places"));
    Section { intro, header, ..section }.with(rows, most)
}

fn no_reader(ledger: &Ledger) -> String {
    let total = ledger.no_reader.values().sum();
    if total == 0 {
        return String::new();
    }
    let mut extensions: Vec<_> = ledger.no_reader.iter().collect();
    extensions.sort_by_key(|&(name, &count)| (Reverse(count), name));
    let named = extensions.iter().take(MOST_EXTENSIONS);
    let mut names: Vec<String> = named.map(|(name, count)| format!("{} {count}", code(name))).collect();
    if extensions.len() > MOST_EXTENSIONS {
        names.push("…".to_owned());
    }
    let has = if total == 1 { "has" } else { "have" };
    format!(" {} {has} no reader ({}).", counted(total, "file", "files"), names.join(", "))
}

fn requirements(requirements: &[Requirement], most: usize) -> Section {
    let rows = requirements.iter().map(|requirement| {
        let outcome = match &requirement.outcome {
            Outcome::Met => "met".to_owned(),
            Outcome::Noted(why) => format!("noted: {}", prose(why)),
            Outcome::Failed(why) => format!("**failed**: {}", prose(why)),
            Outcome::Unknown(why) => format!("**unknown**: {}", prose(why)),
        };
        let (name, value) = (prose(&requirement.name), code(&requirement.value));
        format!("| {name} | {value} | {} | {outcome} |\n", prose(&requirement.origin))
    });
    let header = "| requirement | value | from | outcome |\n|---|---|---|---|\n";
    let section = Section::new("Requirements", SectionKind::Side, ("requirement", "requirements"));
    Section { header, ..section }.with(rows, most)
}

/// Pages about the rules that found something, and about this run.
fn resources(report: &Report, findings: &[&Finding], most: usize) -> Section {
    let mut said: Vec<String> = Vec::new();
    said.extend(report_link(report).map(|link| format!("- This run: {link}\n")));
    for rule in &report.run.rules {
        if findings.iter().any(|it| it.rule == rule.id) {
            let link = rule.docs.as_ref().and_then(|page| link("documentation", page));
            said.extend(link.map(|link| format!("- {}: {link}\n", code(&rule.id))));
        }
    }
    Section::new("Additional resources", SectionKind::Side, ("page", "pages")).with(said.into_iter(), most)
}

/// Text that was written by others. What stands between backticks is code.
fn prose(text: &str) -> String {
    let text = digest::characters(&digest::one_line(text), LONGEST_TEXT);
    let parts: Vec<&str> = text.split('`').collect();
    // An empty part is two backticks in a row, which would open a longer span.
    let inner = parts.get(1..parts.len() - 1).unwrap_or_default();
    if parts.len().is_multiple_of(2) || inner.iter().any(|part| part.is_empty()) {
        return escaped(&text);
    }
    let parts = parts.iter().enumerate();
    parts.map(|(at, part)| if at.is_multiple_of(2) { escaped(part) } else { code(part) }).collect()
}

/// A blank of no width.
const BREAK: &str = "&#8203;";

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '<' | '>' | '&' | '|' | '{' | '}' | '$' => {
                escaped.push_str(&entity(character));
            }
            _ => escaped.push(character),
        }
        let next = characters.peek().copied().unwrap_or(' ');
        // People, issues, requests, milestones, snippets, alerts, emoji and pages.
        let refers = match character {
            '@' | '#' | '!' | '%' | '~' | '&' | '$' | '^' | ':' => !next.is_whitespace(),
            '.' => matches!(before, 'w' | 'W') && !next.is_whitespace(),
            '-' => matches!(before, 'h' | 'H') && next.is_ascii_digit(),
            _ => false,
        };
        if refers {
            escaped.push_str(BREAK);
        }
        before = character;
    }
    escaped
}

/// A name or a place, as it is.
fn code(text: &str) -> String {
    let text = digest::characters(&harmless(text), LONGEST_TEXT);
    if text.is_empty() {
        return text;
    }
    // A span of Markdown can hold neither backticks nor, in a table, what ends a cell, and loses blanks at its ends.
    if !text.contains(['`', '|', '\\']) && text.trim() == text {
        return format!("`{text}`");
    }
    let is_plain = |it: char| !it.is_ascii_punctuation() || it == '/';
    let escaped: String = text.chars().map(|it| if is_plain(it) { it.to_string() } else { entity(it) }).collect();
    format!("<code>{escaped}</code>")
}

fn entity(character: char) -> String {
    format!("&#{};", u32::from(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Related;
    use crate::place::Place;
    use crate::problem::ProblemKind;
    use crate::report::samples;

    fn print(report: &Report) -> String {
        samples::printed(|out| write(report, out))
    }

    /// The text without what stands in code spans and fences, which nothing is obeyed in.
    fn outside_code(text: &str) -> String {
        let mut outside = String::new();
        let mut fence: Option<String> = None;
        for line in text.lines() {
            let ticks: String = line.chars().take_while(|it| *it == '`').collect();
            match &fence {
                Some(open) if *open == line => fence = None,
                Some(_) => {}
                None if ticks.len() >= 3 => fence = Some(ticks),
                None => {
                    let parts = line.split('`').enumerate();
                    outside.extend(parts.filter(|(at, _)| at.is_multiple_of(2)).map(|(_, part)| part));
                    outside.push('\n');
                }
            }
        }
        assert_eq!(fence, None, "every fence is closed");
        outside
    }

    const EVIL: &str = "|a\\|b` @team #77 <img src=x> [x](https://x.y) **b** www.x.y GH-1 :tada: </details>\n\n# h\n";

    fn evil_report() -> Report {
        let mut finding = samples::finding("r", Severity::Critical, EVIL, 1);
        finding.message = EVIL.to_owned();
        finding.why = EVIL.into();
        finding.fix = EVIL.into();
        finding.impact = Some(EVIL.into());
        finding.cwe = Some(EVIL.into());
        finding.scope = EVIL.to_owned();
        finding.snippet = format!("```\n</details>\n````` x\n{EVIL}");
        finding.place = Place { line: 1, column: 1, end_line: 30, end_column: 1 };
        finding.related.push(Related { path: EVIL.into(), place: finding.place, message: EVIL.to_owned() });
        let mut report = samples::report(vec![finding]);
        report.problems.push(Problem {
            path: EVIL.to_owned(),
            line: 0,
            kind: ProblemKind::Unreadable,
            message: EVIL.to_owned(),
            in_tests: false,
        });
        report.requirements.push(Requirement::given(EVIL, EVIL, EVIL));
        report.verdict.reasons.push(EVIL.to_owned());
        report.verdict.notes.push(EVIL.to_owned());
        report.ledger.no_reader.insert(EVIL.to_owned(), 1);
        report.run.rules[0].docs = Some("https://x.y/)<img \"".to_owned());
        report.run.context.branch = Some(EVIL.to_owned());
        report.run.context.commit = Some(EVIL.to_owned());
        report.run.context.link = Some(format!("javascript:{EVIL}"));
        report
    }

    #[test]
    fn nothing_of_the_repository_is_markdown_or_html() {
        let text = print(&evil_report());
        let outside = outside_code(&text);
        for obeyed in
            ["@team", "#77", "<img", "](https://x.y)", "**b**", "www.x", "GH-1", ":tada:", "</details", "\n# h"]
        {
            assert!(!outside.contains(obeyed), "{obeyed}: {outside}");
        }
        assert!(!text.contains("javascript:") && text.contains("](https://x.y/%29%3Cimg%20%22)"), "{text}");
        // What opens a tag is ours.
        let tags = outside.match_indices('<').map(|(at, _)| outside[at..].split('>').next().unwrap_or_default());
        let foreign: Vec<&str> = tags.filter(|it| !["<code", "</code", "<sub", "</sub"].contains(it)).collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }

    #[test]
    fn a_row_has_as_many_cells_as_its_table() {
        let text = print(&evil_report());
        let mut columns = 0;
        let mut rows = 0;
        for line in text.lines() {
            if let Some(rule) = line.strip_prefix("|---") {
                columns = rule.matches('|').count() + 1;
            } else if line.starts_with("| ") && columns > 0 {
                rows += 1;
                assert_eq!(line.matches('|').count(), columns, "{line}");
                assert!(!line.contains("\\|"), "{line}");
            } else if line.is_empty() {
                columns = 0;
            }
        }
        assert_eq!(rows, 3, "{text}");
    }

    #[test]
    fn code_in_messages_stays_code() {
        assert_eq!(prose("the library `jwt` is imported"), "the library `jwt` is imported");
        assert_eq!(prose("`a_b` and `c|d`"), "`a_b` and <code>c&#124;d</code>");
        assert_eq!(prose("one ` only"), "one &#96; only");
        assert_eq!(prose("``x``"), "&#96;&#96;x&#96;&#96;");
        assert_eq!(prose("`a``b`"), "&#96;a&#96;&#96;b&#96;");
    }

    #[test]
    fn the_parts_come_in_their_order_and_only_where_they_say_something() {
        let mut report = samples::report(vec![
            samples::finding("w", Severity::Warning, "a.py", 2),
            samples::finding("c", Severity::Critical, "b.py", 3),
        ]);
        report.requirements.push(Requirement::given("level", "strict", "--level"));
        report.run.context.link = Some("https://ci.example/run?a=1&b=2".to_owned());
        let text = print(&report);
        let titles: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
        let expected = [
            "# ssot-guard: BLOCKED",
            "## Status",
            "## Critical",
            "## Warning",
            "## Violation details",
            "### `b.py:3:1`",
            "### `a.py:2:1`",
            "## Recommendations",
            "## Not examined",
            "## Requirements",
            "## Additional resources",
        ];
        assert_eq!(titles, expected);
        assert!(text.contains("| `b.py:3:1` | `c` | the check is off |\n"), "{text}");
        assert!(text.contains("| level | `strict` | --level | met |\n"), "{text}");
        assert!(text.ends_with("· [report](https://ci.example/run?a=1&b=2)</sub>\n"), "{text}");
    }

    #[test]
    fn whole_rows_are_left_out_from_the_end() {
        let mut findings: Vec<Finding> =
            (1..=1000).map(|line| samples::finding("w", Severity::Warning, "ü.py", line)).collect();
        findings.extend((1..=1000).map(|line| samples::finding("c", Severity::Critical, "ö.py", line)));
        let mut report = samples::report(findings);
        report.problems = (1..=2000)
            .map(|line| Problem {
                path: "ä.py".to_owned(),
                line,
                kind: ProblemKind::SyntaxError,
                message: "expected `)`".to_owned(),
                in_tests: false,
            })
            .collect();
        let whole = print(&report);
        let in_tables = |text: &str, name: &str| text.lines().filter(|line| line.starts_with(name)).count();
        assert_eq!(in_tables(&whole, "| `ü.py"), 1000);
        let mut before = usize::MAX;
        for most in (SMALLEST..whole.len() + 1000).step_by(30_011).rev() {
            let text = document(&report, &Layout { first: "<!-- x -->\n", most, folded: true });
            assert!(text.len() <= most, "{} > {most}", text.len());
            assert!(text.starts_with("<!-- x -->\n# "));
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            assert!(text.lines().filter(|line| line.starts_with("| `")).all(|line| line.ends_with(" |")));
            let (criticals, warnings) = (in_tables(&text, "| `ö.py"), in_tables(&text, "| `ü.py"));
            assert!(criticals == 1000 || warnings == 0, "{criticals} {warnings}");
            assert!(criticals + warnings <= before);
            before = criticals + warnings;
            let missing = 1000 - criticals;
            assert!(missing == 0 || text.contains(&format!("\n{missing} more finding")), "{text}");
        }
        assert!(before > 0);
    }

    #[test]
    fn long_lines_are_shown_around_the_mark() {
        let mut finding = samples::finding("r", Severity::Error, "a.js", 1);
        finding.snippet = format!("{}MARK{}", "a".repeat(9000), "b".repeat(9000));
        finding.place = Place { line: 1, column: 9001, end_line: 1, end_column: 9005 };
        let text = print(&samples::report(vec![finding]));
        assert!(text.contains("aaaMARKbbb"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 400), "{text}");
    }
}
