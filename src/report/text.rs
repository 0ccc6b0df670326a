//! The report for a person at a terminal: each finding with its line marked, then what was not examined, then
//! the verdict. Everything that comes from the scanned repository is made harmless before it is printed, so that
//! a file name or a source line cannot send commands to the terminal.

use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use crate::problem::Problem;
use crate::problem::ProblemKind;
use crate::report::Baseline;
use crate::report::Report;
use crate::report::digest;
use crate::verdict;
use crate::verdict::Decision;
use crate::verdict::Outcome;
use crate::verdict::Policy;
use crate::verdict::Requirement;
use anstyle::AnsiColor;
use anstyle::Effects;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::io;
use std::ops::Range;
use std::time::Duration;
use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

/// How to print, decided by the caller from the flags and the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// One line a finding and nothing else, save the verdict when it is not a pass.
    pub quiet: bool,
    /// Every problem and every extension without a reader.
    pub verbose: bool,
}

pub(crate) fn write(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { style, out };
    if style.quiet {
        return page.quiet(report);
    }
    page.findings(report)?;
    if style.verbose {
        page.allowed(report)?;
    }
    page.problems(report)?;
    page.requirements(report)?;
    page.summary(report)?;
    page.verdict(report)
}

/// Below this nothing readable fits, so a narrower terminal wraps by itself.
const NARROWEST: usize = 40;
/// Prose is hard to read in longer lines than this, however wide the terminal is.
const WIDEST_PROSE: usize = 110;
const INDENT: usize = 2;
/// Lines shown of a finding that spans more than one over this.
const FRAME_LINES: usize = 6;
const PROBLEMS_PER_KIND: usize = 10;
const EXTENSIONS: usize = 5;
const TAB: &str = "    ";

const PLAIN: anstyle::Style = anstyle::Style::new();
const BOLD: anstyle::Style = anstyle::Style::new().bold();
const DIM: anstyle::Style = anstyle::Style::new().dimmed();
const GUTTER: anstyle::Style = AnsiColor::BrightBlue.on_default().effects(Effects::BOLD);

fn look(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Critical => AnsiColor::BrightRed.on_default().effects(Effects::BOLD),
        Severity::Error => AnsiColor::Red.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Info => AnsiColor::Cyan.on_default(),
    }
}

/// Text that is never broken over two lines.
struct Piece {
    text: String,
    look: anstyle::Style,
}

fn piece(text: impl Into<String>, look: anstyle::Style) -> Piece {
    Piece { text: text.into(), look }
}

/// The words of a text that was written by others.
fn words(text: &str, look: anstyle::Style) -> impl Iterator<Item = Piece> {
    text.split_whitespace().map(move |word| piece(harmless(word), look))
}

struct Page<'a> {
    style: &'a Style,
    out: &'a mut dyn io::Write,
}

impl Page<'_> {
    fn width(&self) -> usize {
        self.style.width.max(NARROWEST)
    }

    fn quiet(&mut self, report: &Report) -> io::Result<()> {
        for finding in report.counted() {
            let severity = self.paint(finding.severity.name(), look(finding.severity));
            let rule = harmless(&finding.rule);
            let message = harmless(&finding.message);
            writeln!(self.out, "{}: {severity} [{rule}] {message}", digest::locator(&finding.path, finding.place))?;
        }
        match report.verdict.decision {
            Decision::Pass => Ok(()),
            Decision::Block | Decision::Incomplete => self.verdict(report),
        }
    }

    fn findings(&mut self, report: &Report) -> io::Result<()> {
        let mut path = None;
        let mut explained = HashSet::new();
        for finding in report.counted() {
            if path != Some(&finding.path) {
                path = Some(&finding.path);
                explained.clear();
                let header = self.paint(&harmless(&finding.path), BOLD.effects(Effects::BOLD | Effects::UNDERLINE));
                writeln!(self.out, "{header}\n")?;
            }
            let explain = explained.insert((&finding.rule, &finding.why, &finding.fix));
            self.finding(finding, explain)?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn finding(&mut self, finding: &Finding, explain: bool) -> io::Result<()> {
        let severity = look(finding.severity);
        let mut title = vec![
            piece(finding.severity.name(), severity.effects(severity.get_effects() | Effects::BOLD)),
            piece(format!("[{}]", harmless(&finding.rule)), severity),
        ];
        title.extend(words(&finding.message, BOLD));
        self.wrapped("", INDENT, INDENT + 2, &title)?;

        let frame = Frame::of(finding);
        let gutter = frame.gutter;
        let locator = digest::locator(&finding.path, finding.place);
        let mut aside =
            if finding.scope.is_empty() { String::new() } else { format!("in {}", harmless(&finding.scope)) };
        if finding.in_tests {
            aside = format!("{aside} (test code)").trim_start().to_owned();
        }
        let used = INDENT + gutter + "--> ".len() + locator.width() + 2;
        let fits = !aside.is_empty() && used + aside.width() <= self.width();
        let aside = if fits { format!("  {}", self.paint(&aside, DIM)) } else { String::new() };
        let arrow = self.paint("-->", GUTTER);
        writeln!(self.out, "{:INDENT$}{:gutter$}{arrow} {locator}{aside}", "", "")?;
        self.frame(&frame, severity)?;

        if explain {
            let cwe = finding.cwe.as_ref().map(|cwe| format!("({cwe})")).unwrap_or_default();
            self.note(gutter, "why", words(&finding.why, PLAIN).chain(words(&cwe, DIM)))?;
            if let Some(impact) = &finding.impact {
                self.note(gutter, "impact", words(impact, PLAIN))?;
            }
            self.note(gutter, "fix", words(&finding.fix, PLAIN))?;
        }
        for related in &finding.related {
            let place = format!("{}:{}:{}:", harmless(&related.path), related.place.line, related.place.column);
            self.note(gutter, "see", std::iter::once(piece(place, PLAIN)).chain(words(&related.message, PLAIN)))?;
        }
        let last = finding.also.len().saturating_sub(1);
        let also = finding.also.iter().enumerate().map(|(at, rule)| {
            let comma = if at < last { "," } else { "" };
            piece(format!("{}{comma}", harmless(rule)), PLAIN)
        });
        self.note(gutter, "also", also)
    }

    fn frame(&mut self, frame: &Frame, severity: anstyle::Style) -> io::Result<()> {
        if frame.lines.is_empty() {
            return Ok(());
        }
        let mark = severity.effects(severity.get_effects() | Effects::BOLD);
        let room = self.width() - INDENT - frame.gutter - " | ".len();
        self.row(frame, None, "", "")?;
        if frame.end_line == frame.line {
            let fitted = fit(&frame.lines[0], frame.start..frame.end, room);
            let carets = self.paint(&"^".repeat(fitted.mark.len()), mark);
            self.row(frame, Some(frame.line), "", &fitted.code)?;
            self.row(frame, None, &" ".repeat(fitted.mark.start), &carets)?;
        } else {
            self.spanning(frame, mark, room.saturating_sub(2))?;
        }
        self.row(frame, None, "", "")
    }

    /// A finding over several lines, with a rail on the left from where it starts to where it ends.
    fn spanning(&mut self, frame: &Frame, mark: anstyle::Style, room: usize) -> io::Result<()> {
        let rail = self.paint("|", mark);
        for (at, line) in frame.lines.iter().enumerate() {
            let number = frame.line + at;
            let is_last = number == frame.end_line;
            let marked = match (at, is_last) {
                (0, _) => frame.start..frame.start + 1,
                (_, true) => frame.end.saturating_sub(1)..frame.end,
                (_, false) => 0..0,
            };
            let fitted = fit(line, marked, room);
            let underline = format!("{}^", "_".repeat(fitted.mark.start + 1));
            if at > 0 {
                self.row(frame, Some(number), &format!("{rail} "), &fitted.code)?;
            } else if line.chars().take(frame.start).all(char::is_whitespace) {
                let corner = self.paint("/", mark);
                self.row(frame, Some(number), &format!("{corner} "), &fitted.code)?;
            } else {
                self.row(frame, Some(number), "  ", &fitted.code)?;
                let underline = self.paint(&underline, mark);
                self.row(frame, None, " ", &underline)?;
            }
            if at > 0 && is_last {
                let underline = self.paint(&underline, mark);
                self.row(frame, None, &rail, &underline)?;
            }
        }
        match frame.end_line + 1 - frame.line - frame.lines.len() {
            0 => Ok(()),
            more => {
                let s = if more == 1 { "" } else { "s" };
                let text = self.paint(&format!("… {} more line{s}", thousands(more as u64)), DIM);
                self.row(frame, None, &format!("{rail} "), &text)
            }
        }
    }

    fn row(&mut self, frame: &Frame, number: Option<usize>, before: &str, text: &str) -> io::Result<()> {
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        let bar = self.paint(&format!("{number:>gutter$} |", gutter = frame.gutter), GUTTER);
        let text = format!("{before}{text}");
        let text = text.trim_end();
        let space = if text.is_empty() { "" } else { " " };
        writeln!(self.out, "{:INDENT$}{bar}{space}{text}", "")
    }

    fn note(&mut self, gutter: usize, name: &str, words: impl Iterator<Item = Piece>) -> io::Result<()> {
        let words: Vec<Piece> = words.collect();
        if words.is_empty() {
            return Ok(());
        }
        let lead = format!(
            "{:INDENT$}{:gutter$} {} {} ",
            "",
            "",
            self.paint("=", GUTTER),
            self.paint(&format!("{name}:"), BOLD)
        );
        let indent = INDENT + gutter + " = : ".len() + name.len();
        self.wrapped(&lead, indent, indent, &words)
    }

    /// What exceptions and the baseline allow, with their reasons.
    fn allowed(&mut self, report: &Report) -> io::Result<()> {
        let mut is_first = true;
        for finding in allowed(report) {
            if std::mem::take(&mut is_first) {
                writeln!(self.out, "{}\n", self.paint("Allowed", BOLD.effects(Effects::BOLD | Effects::UNDERLINE)))?;
            }
            let mut line = vec![piece(format!("{}:", digest::locator(&finding.path, finding.place)), PLAIN)];
            line.push(piece(finding.severity.name(), look(finding.severity)));
            line.push(piece(format!("[{}]", harmless(&finding.rule)), look(finding.severity)));
            if let Some(allowed) = &finding.allowed {
                line.extend(words(&allowed.reason, PLAIN));
                let at = allowed.line.map(|line| format!(":{line}")).unwrap_or_default();
                let mut aside = vec![format!("{}{at}", harmless(&allowed.path))];
                aside.extend(allowed.owner.as_ref().map(|owner| harmless(owner)));
                aside.extend(allowed.until.map(|until| format!("until {until}")));
                parenthesised(&mut line, &aside);
            }
            self.wrapped("", INDENT, 2 * INDENT, &line)?;
        }
        if is_first { Ok(()) } else { writeln!(self.out) }
    }

    fn problems(&mut self, report: &Report) -> io::Result<()> {
        let mut kinds: BTreeMap<(bool, ProblemKind), Vec<&Problem>> = BTreeMap::new();
        for problem in &report.problems {
            kinds.entry((!problem.kind.leaves_run_incomplete(), problem.kind)).or_default().push(problem);
        }
        let mut section = None;
        for ((examined, kind), mut problems) in kinds {
            if section != Some(examined) {
                section = Some(examined);
                let title = if examined { "Also noted" } else { "Not examined in full" };
                writeln!(self.out, "{}\n", self.paint(title, BOLD.effects(Effects::BOLD | Effects::UNDERLINE)))?;
            }
            // What decides comes first, since only the first few are listed.
            problems.sort_by_key(|problem| is_excused(problem, report.policy));
            let heading = if examined { BOLD } else { look(Severity::Warning) };
            let count = self.paint(&format!("({})", thousands(problems.len() as u64)), DIM);
            writeln!(self.out, "{:INDENT$}{} {count}", "", self.paint(kind.name(), heading))?;
            let most = if self.style.verbose { problems.len() } else { PROBLEMS_PER_KIND };
            for problem in problems.iter().take(most) {
                let path = harmless(&problem.path);
                let place = if problem.line == 0 { format!("{path}:") } else { format!("{path}:{}:", problem.line) };
                let mut line = vec![piece(place, PLAIN)];
                line.extend(words(&problem.message, PLAIN));
                if is_excused(problem, report.policy) {
                    line.push(piece("(test code)", DIM));
                }
                self.wrapped("", 2 * INDENT, 3 * INDENT, &line)?;
            }
            if problems.len() > most {
                let more = format!("and {} more (--verbose)", thousands((problems.len() - most) as u64));
                writeln!(self.out, "{:indent$}{}", "", self.paint(&more, DIM), indent = 2 * INDENT)?;
            }
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// What the verdict was held to, and who says so.
    fn requirements(&mut self, report: &Report) -> io::Result<()> {
        let required = &report.requirements;
        if required.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "{}\n", self.paint("Held to", BOLD.effects(Effects::BOLD | Effects::UNDERLINE)))?;
        let widest = |of: fn(&Requirement) -> &str| required.iter().map(|it| harmless(of(it)).width()).max();
        let (names, values) = (widest(|it| &it.name).unwrap_or(0), widest(|it| &it.value).unwrap_or(0));
        for Requirement { name, value, origin, outcome } in required {
            let (mark, look) = match outcome {
                Outcome::Met => (" ", PLAIN),
                Outcome::Noted(_) => ("~", AnsiColor::Yellow.on_default()),
                Outcome::Failed(_) => ("x", AnsiColor::Red.on_default()),
                Outcome::Unknown(_) => ("?", AnsiColor::Yellow.on_default()),
            };
            let (name, value) = (harmless(name), harmless(value));
            let space = |text: &str, widest: usize| " ".repeat(widest - text.width());
            let (after_name, after_value) = (space(&name, names), space(&value, values));
            let origin = self.paint(&format!("({})", harmless(origin)), DIM);
            let mark = self.paint(mark, look);
            writeln!(self.out, "{mark} {name}{after_name}  {}{after_value}  {origin}", self.paint(&value, look))?;
        }
        writeln!(self.out)
    }

    fn summary(&mut self, report: &Report) -> io::Result<()> {
        let ledger = &report.ledger;
        let mut line = Vec::new();
        for severity in Severity::ALL {
            let count = report.counted().filter(|finding| finding.severity == severity).count();
            if severity == Severity::Info && count == 0 {
                continue;
            }
            if !line.is_empty() {
                line.push(piece("·", DIM));
            }
            let text = format!("{} {}", thousands(count as u64), severity.name());
            line.push(piece(text, if count == 0 { DIM } else { look(severity) }));
        }
        line.push(piece(format!("in {}", counted(ledger.scanned, "file", "files")), PLAIN));
        let mut contents = vec![size(ledger.bytes)];
        let mut languages: Vec<_> = ledger.languages.iter().collect();
        languages.sort_by_key(|&(name, &count)| (std::cmp::Reverse(count), name));
        contents.extend(languages.iter().map(|&(name, &count)| format!("{name} {}", thousands(count))));
        parenthesised(&mut line, &contents);
        line.push(piece(format!("in {}", seconds(report.run.duration)), PLAIN));
        if let Some(rate) = rate(ledger.bytes, report.run.duration) {
            line.push(piece(format!("({rate})"), DIM));
        }
        self.wrapped("", 0, INDENT, &line)?;

        let excepted = allowed(report).filter(|finding| finding.state == State::Excepted).count();
        let others = report.findings.iter().filter(|it| matches!(it.state, State::New | State::Expired));
        let others = others.filter(|it| !verdict::counts(it, report.policy));
        let (in_tests, before): (Vec<&Finding>, Vec<&Finding>) = others.partition(|it| it.in_tests);
        for (count, one, many) in [
            (before.len(), "was there before and does not count", "were there before and do not count"),
            (
                in_tests.len(),
                "in test code does not count (--include-tests lists it)",
                "in test code do not count (--include-tests lists them)",
            ),
            (
                excepted,
                "is allowed by an exception (--verbose lists it)",
                "are allowed by exceptions (--verbose lists them)",
            ),
        ] {
            if count > 0 {
                let subject = counted(count as u64, "finding", "findings");
                let text = format!("{subject} {}", if count == 1 { one } else { many });
                self.wrapped("", 0, INDENT, &words(&text, PLAIN).collect::<Vec<_>>())?;
            }
        }
        if let Some(baseline) = &report.baseline {
            let text = accepted(baseline);
            self.wrapped("", 0, INDENT, &words(&text, PLAIN).collect::<Vec<_>>())?;
        }
        for line in [unexamined(report), self.no_reader(report)] {
            if !line.is_empty() {
                self.wrapped("", 0, INDENT, &line)?;
            }
        }
        Ok(())
    }

    fn no_reader(&self, report: &Report) -> Vec<Piece> {
        let extensions = &report.ledger.no_reader;
        let total = extensions.values().sum();
        if total == 0 {
            return Vec::new();
        }
        let mut line = vec![
            piece(counted(total, "file", "files"), PLAIN),
            piece(if total == 1 { "has no reader" } else { "have no reader" }, PLAIN),
        ];
        let mut extensions: Vec<_> = extensions.iter().collect();
        extensions.sort_by_key(|&(name, &count)| (std::cmp::Reverse(count), name));
        let most = if self.style.verbose { extensions.len() } else { EXTENSIONS };
        let named = extensions.iter().take(most);
        let mut names: Vec<_> =
            named.map(|&(name, &count)| format!("{} {}", harmless(name), thousands(count))).collect();
        if extensions.len() > most {
            names.push("…".to_owned());
        }
        parenthesised(&mut line, &names);
        line
    }

    fn verdict(&mut self, report: &Report) -> io::Result<()> {
        let (name, color) = match report.verdict.decision {
            Decision::Pass => ("PASS", AnsiColor::Green),
            Decision::Block => ("BLOCKED", AnsiColor::Red),
            Decision::Incomplete => ("INCOMPLETE", AnsiColor::Yellow),
        };
        let bold = color.on_default().effects(Effects::BOLD);
        let reasons = report.verdict.reasons.join("; ");
        let mut line = vec![piece(if reasons.is_empty() { name.to_owned() } else { format!("{name}:") }, bold)];
        line.extend(words(&reasons, PLAIN));
        match report.verdict.decision {
            Decision::Pass => {}
            Decision::Block | Decision::Incomplete => {
                line.push(piece(format!("(exit {})", report.verdict.exit_code), DIM));
            }
        }
        self.wrapped("", 0, INDENT, &line)?;
        for note in digest::notes(report) {
            let line: Vec<Piece> = words("note:", BOLD).chain(words(&note, PLAIN)).collect();
            self.wrapped("", 0, INDENT, &line)?;
        }
        Ok(())
    }

    /// Prints `lead`, or `first` spaces when it is empty, then the pieces; further lines begin with `next` spaces.
    /// A lead is as wide as `first` says: it may hold colour codes.
    fn wrapped(&mut self, lead: &str, first: usize, next: usize, pieces: &[Piece]) -> io::Result<()> {
        let limit = if self.style.quiet { usize::MAX } else { self.width().min(WIDEST_PROSE) };
        let mut line = if lead.is_empty() { " ".repeat(first) } else { lead.to_owned() };
        let mut column = first;
        // Neighbours that look alike are painted together, so that a phrase can be searched for in the output.
        let mut run = piece("", PLAIN);
        for (at, piece) in pieces.iter().enumerate() {
            let width = piece.text.width();
            let breaks = at > 0 && column + 1 + width > limit;
            if breaks || run.look != piece.look {
                line.push_str(&self.paint(&std::mem::take(&mut run.text), run.look));
                run.look = piece.look;
            }
            if breaks {
                writeln!(self.out, "{line}")?;
                line = " ".repeat(next);
                column = next;
            } else if at > 0 {
                let space_into = if run.text.is_empty() { &mut line } else { &mut run.text };
                space_into.push(' ');
                column += 1;
            }
            run.text.push_str(&piece.text);
            column += width;
        }
        line.push_str(&self.paint(&run.text, run.look));
        writeln!(self.out, "{line}")
    }

    fn paint(&self, text: &str, look: anstyle::Style) -> String {
        if self.style.color && !text.is_empty() { format!("{look}{text}{look:#}") } else { text.to_owned() }
    }
}

/// The findings that exceptions or the baseline allow.
fn allowed(report: &Report) -> impl Iterator<Item = &Finding> {
    let is_allowed = |finding: &&Finding| {
        matches!(finding.state, State::Excepted | State::Known) && !verdict::counts(finding, report.policy)
    };
    report.findings.iter().filter(is_allowed)
}

/// What became of what the baseline accepts.
fn accepted(baseline: &Baseline) -> String {
    let Baseline { path, entries, known, moved, stale: _, expired } = baseline;
    let mut said = vec![format!("{} accepted", counted(*entries as u64, "finding", "findings"))];
    let mut also = |count: usize, what: &str| {
        if count > 0 {
            said.push(format!("{} {what}", thousands(count as u64)));
        }
    };
    // What was not looked at is neither there nor gone.
    also(*known, "of them there");
    also(moved.len(), "moved");
    also(baseline.gone(), "gone (`ssot-guard baseline prune` drops them)");
    also(*expired, "expired");
    format!("{path}: {}", said.join(", "))
}

/// How many files were not examined in full, by reason.
fn unexamined(report: &Report) -> Vec<Piece> {
    let mut all = BTreeSet::new();
    let mut excused = BTreeSet::new();
    let mut kinds: BTreeMap<ProblemKind, BTreeSet<&str>> = BTreeMap::new();
    for problem in report.problems.iter().filter(|problem| problem.kind.leaves_run_incomplete()) {
        all.insert(problem.path.as_str());
        kinds.entry(problem.kind).or_default().insert(&problem.path);
        if is_excused(problem, report.policy) {
            excused.insert(problem.path.as_str());
        }
    }
    if all.is_empty() {
        return Vec::new();
    }
    let mut line = vec![piece(counted(all.len() as u64, "file", "files"), look(Severity::Warning))];
    line.extend(words("not examined in full:", PLAIN));
    let last = kinds.len() - 1;
    line.extend(kinds.iter().enumerate().map(|(at, (kind, paths))| {
        let comma = if at < last { "," } else { "" };
        piece(format!("{} {}{comma}", thousands(paths.len() as u64), kind.name()), PLAIN)
    }));
    if !excused.is_empty() {
        line.push(piece(format!("({} in test code)", thousands(excused.len() as u64)), DIM));
    }
    line
}

/// Whether a problem stands in test code that does not count.
fn is_excused(problem: &Problem, policy: Policy) -> bool {
    problem.in_tests && !policy.include_tests
}

/// Appends `(a, b, c)`, breakable after the commas.
fn parenthesised(line: &mut Vec<Piece>, names: &[String]) {
    for (at, name) in names.iter().enumerate() {
        let before = if at == 0 { "(" } else { "" };
        let after = if at + 1 == names.len() { ")" } else { "," };
        line.push(piece(format!("{before}{name}{after}"), DIM));
    }
}

/// The part of a finding's source that is shown. Columns are counted in characters from 0.
struct Frame {
    line: usize,
    end_line: usize,
    /// Where the mark starts in the first line.
    start: usize,
    /// Where the mark ends, exclusive, in the line `end_line`.
    end: usize,
    lines: Vec<String>,
    /// Digits of the highest line number shown.
    gutter: usize,
}

impl Frame {
    fn of(finding: &Finding) -> Frame {
        let place = finding.place;
        let line = place.line as usize;
        let start = place.column.saturating_sub(1) as usize;
        let mut end_line = (place.end_line as usize).max(line);
        let mut end = place.end_column.saturating_sub(1) as usize;
        let mut lines: Vec<String> = if finding.snippet.is_empty() || line == 0 {
            Vec::new()
        } else {
            finding.snippet.replace("\r\n", "\n").split(['\n', '\r']).map(str::to_owned).collect()
        };
        if end_line > line && end == 0 {
            // The span takes in the line ending; what it marks ends on the line above.
            end_line -= 1;
            end = lines.get(end_line - line).map_or(0, |last| last.chars().count());
        }
        let total = end_line - line + 1;
        lines.truncate(if total <= FRAME_LINES + 1 { total } else { FRAME_LINES });
        let gutter = (line + lines.len().max(1) - 1).to_string().len();
        Frame { line, end_line, start, end, lines, gutter }
    }
}

/// A source line made to fit, and the columns of its mark in what is left.
struct Fitted {
    code: String,
    mark: Range<usize>,
}

/// Cuts a line to `room` columns around its mark, given in characters.
fn fit(line: &str, mark: Range<usize>, room: usize) -> Fitted {
    // A minified line may be megabytes long, and only what is near the mark can be shown.
    let mark = mark.start.min(line.chars().count())..mark.end;
    let skipped = mark.start.saturating_sub(room);
    let mut rest = line.chars().skip(skipped);
    let mut cells: Vec<char> = rest.by_ref().take(3 * room).collect();
    let cut = rest.next().is_some();
    if !cut {
        while cells.last().is_some_and(|last| last.is_whitespace()) {
            cells.pop();
        }
    }
    let mut columns = vec![0];
    for &cell in &cells {
        columns.push(columns[columns.len() - 1] + columns_of(cell));
    }
    let total = columns[cells.len()];
    let mark_start = (mark.start - skipped).min(cells.len());
    let mark_end = mark.end.max(mark.start).saturating_sub(skipped).clamp(mark_start, cells.len());
    let (from, to) = (columns[mark_start], columns[mark_end]);

    let (mut first, mut last) = (0, cells.len());
    // A mark of nothing after the last character takes a column too.
    if skipped > 0 || cut || total.max(from + 1) > room {
        let inner = room - 2;
        if skipped > 0 || to > inner {
            let context = if to - from < inner { (inner - (to - from)) / 2 } else { inner / 8 };
            let wanted = from.saturating_sub(context);
            let wanted = if cut { wanted } else { wanted.min(total.saturating_sub(inner)) };
            // A mark that does not fit at all still shows how its line begins, when that is near.
            let wanted = if skipped == 0 && to - from >= inner && from <= inner / 2 { 0 } else { wanted };
            first = columns.partition_point(|&column| column < wanted).min(cells.len());
        }
        let taken = usize::from(first > 0 || skipped > 0);
        let fits = |end: usize, more: usize| columns[end] - columns[first] + taken + more <= room;
        if cut || !fits(last, 0) {
            while last > first && !fits(last, 1) {
                last -= 1;
            }
        }
    }
    let before = usize::from(first > 0 || skipped > 0);
    let mut code = "…".repeat(before);
    for &cell in &cells[first..last] {
        if cell == '\t' { code.push_str(TAB) } else { code.push(harmless_character(cell)) }
    }
    if cut || last < cells.len() {
        code.push('…');
    }
    let start = before + columns[mark_start.clamp(first, last)] - columns[first];
    let end = before + columns[mark_end.clamp(first, last)] - columns[first];
    Fitted { code, mark: start..end.max(start + 1) }
}

fn columns_of(character: char) -> usize {
    if character == '\t' { TAB.len() } else { harmless_character(character).width().unwrap_or(0) }
}

/// Text of the scanned repository on one line, with nothing in it that a terminal would obey.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(harmless_character).collect()
}

/// Control characters become their pictures, as in rustc. Characters that reorder or hide their neighbours are
/// replaced too: they would show another program than the one that runs.
fn harmless_character(character: char) -> char {
    match character {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

/// A number with its noun: `1 file`, `1,234 files`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// `1234567` as `1,234,567`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn size(bytes: u64) -> String {
    // A unit is left where its one decimal would round up to 1000.0.
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..999_950 => format!("{:.1} kB", bytes as f64 / 1e3),
        999_950..999_950_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.1 {
        format!("{} ms", duration.as_millis())
    } else if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 99.95 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

/// Left out where it would be noise: for little input, or when the clock saw no time pass.
fn rate(bytes: u64, duration: Duration) -> Option<String> {
    if bytes < 1_000_000 || duration < Duration::from_millis(1) {
        return None;
    }
    let rate = bytes as f64 / 1e6 / duration.as_secs_f64();
    Some(if rate < 10.0 { format!("{rate:.1} MB/s") } else { format!("{} MB/s", thousands(rate.round() as u64)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::place::Place;
    use crate::report::samples;

    const EIGHTY: Style = Style { color: false, width: 80, quiet: false, verbose: false };

    const SMALL: &str = r#"ws.py

  critical [jwt-verify-disabled] JWT signature verification is switched off
   --> ws.py:9:12  in Gateway.connect
    |
  9 |     return jwt.decode(token)
    |            ^^^^^^^^^^^^^^^
    |
    = why: anyone can forge a token the service will accept (CWE-347)
    = fix: drop the option and call the sanctioned auth module, which verifies
           the signature, issuer and audience
    = also: jwt-library

  critical [jwt-verify-disabled] JWT signature verification is switched off
    --> ws.py:41:7  in Gateway.connect
     |
  41 |       ok = jwt.decode(
     |  __________^
  42 | |         token,
  43 | |         options=OFF,
  44 | | )
     | |_^
     |

Not examined in full

  syntax-error (1)
    broken.py:3: expected `)`

2 critical · 0 error · 0 warning in 1,234 files (45.1 MB, python 1,200,
  typescript 34) in 0.31 s (145 MB/s)
1 finding in test code does not count (--include-tests lists it)
1 file not examined in full: 1 syntax-error
400 files have no reader (.md 300, .png 100)
BLOCKED: 2 critical findings; 1 place could not be examined in full (exit 2)
"#;

    fn finding(path: &str, place: (u32, u32, u32, u32), snippet: &str) -> Finding {
        let (line, column, end_line, end_column) = place;
        Finding {
            message: "JWT signature verification is switched off".to_owned(),
            fix:
                "drop the option and call the sanctioned auth module, which verifies the signature, issuer and audience"
                    .into(),
            why: "anyone can forge a token the service will accept".into(),
            cwe: Some("CWE-347".into()),
            place: Place { line, column, end_line, end_column },
            scope: "Gateway.connect".to_owned(),
            snippet: snippet.to_owned(),
            ..samples::finding("jwt-verify-disabled", Severity::Critical, path, line)
        }
    }

    fn report(findings: Vec<Finding>, problems: Vec<Problem>) -> Report {
        let mut report = samples::report(findings);
        report.problems = problems;
        report.ledger = Ledger {
            in_scope: 1235,
            scanned: 1234,
            scanned_in_part: 1,
            bytes: 45_100_000,
            languages: [("python", 1200), ("typescript", 34)].into(),
            no_reader: [(".md".to_owned(), 300), (".png".to_owned(), 100)].into(),
            ..Ledger::default()
        };
        report.judge();
        report
    }

    fn print(report: &Report, style: &Style) -> String {
        samples::printed(|out| write(report, style, out))
    }

    fn check(report: &Report, style: &Style, expected: &str) {
        let actual = print(report, style);
        assert!(actual == expected, "expected:\n{expected}\nactual:\n{actual}");
    }

    #[test]
    fn small_report() {
        let mut first = finding("ws.py", (9, 12, 9, 27), "    return jwt.decode(token)");
        first.also.push("jwt-library".into());
        let second = finding("ws.py", (41, 7, 44, 2), "\tok = jwt.decode(\n\t\ttoken,\n\t\toptions=OFF,\n)");
        let mut test = finding("test_ws.py", (1, 1, 1, 2), "x");
        test.in_tests = true;
        let problem = Problem {
            path: "broken.py".to_owned(),
            line: 3,
            kind: ProblemKind::SyntaxError,
            message: "expected `)`".to_owned(),
            in_tests: false,
        };
        check(&report(vec![test, first, second], vec![problem]), &EIGHTY, SMALL);
    }

    #[test]
    fn quiet_report() {
        let quiet = Style { quiet: true, ..EIGHTY };
        check(&report(Vec::new(), Vec::new()), &quiet, "");
        let expected = "ws.py:9:12: critical [jwt-verify-disabled] JWT signature verification is switched off\n\
                        BLOCKED: 1 critical finding (exit 2)\n";
        check(&report(vec![finding("ws.py", (9, 12, 9, 13), "")], Vec::new()), &quiet, expected);
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut hostile = finding("a\x1b[2J\r.py", (1, 1, 1, 4), "x\x1b]0;owned\x07\u{9b}31m\u{202e}\0y");
        hostile.message = "m\x1b[31m".to_owned();
        hostile.scope = "s\x1b".to_owned();
        let problem = Problem {
            path: "p\x1b".to_owned(),
            line: 0,
            kind: ProblemKind::Unreadable,
            message: "q\u{85}\x7f".to_owned(),
            in_tests: false,
        };
        for quiet in [false, true] {
            let text = print(&report(vec![hostile.clone()], vec![problem.clone()]), &Style { quiet, ..EIGHTY });
            assert!(!text.contains(|it: char| it != '\n' && it.is_control()), "{text:?}");
            assert!(!text.contains('\u{202e}'), "{text:?}");
            assert!(text.contains("a␛[2J␍.py:1:1"), "{text}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let line = format!("{}MARKED{}", "a".repeat(5000), "b".repeat(5000));
        for start in [1, 30, 75, 5001, 9990, 20_000] {
            for length in [0, 1, 6, 70, 4000] {
                let text =
                    print(&report(vec![finding("a.py", (7, start, 7, start + length), &line)], Vec::new()), &EIGHTY);
                assert!(text.lines().all(|line| line.width() <= 80), "{text}");
                let rows: Vec<&str> = text.lines().filter(|line| line.contains(" | ")).collect();
                let caret = rows[1].find('^').expect("a mark");
                if start < 10_000 {
                    let under: String = rows[0].chars().skip(caret).take(1).collect();
                    let above = line.chars().nth(start as usize - 1).map(String::from);
                    assert_eq!(Some(under), above, "{start} {length}\n{text}");
                }
            }
        }
        let text = print(&report(vec![finding("a.py", (7, 5001, 7, 5007), &line)], Vec::new()), &EIGHTY);
        assert!(text.contains("aaaMARKEDbbb"), "{text}");
    }

    #[test]
    fn wide_characters_and_tabs_keep_the_mark_aligned() {
        let fitted = fit("\t名 = x", 1..2, 60);
        assert_eq!((fitted.code.as_str(), fitted.mark), ("    名 = x", 4..6));
        let fitted = fit(&"名".repeat(100), 50..51, 21);
        assert!(fitted.code.width() <= 21 && fitted.mark.len() == 2, "{}", fitted.code);
    }

    #[test]
    fn figures() {
        assert_eq!([0, 999, 1000, 1234567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([999, 1500, 999_999, 45_100_000].map(size), ["999 B", "1.5 kB", "1.0 MB", "45.1 MB"]);
        assert_eq!(rate(u64::MAX, Duration::ZERO), None);
        assert_eq!(
            [4, 310, 12_340, 123_000].map(|it| seconds(Duration::from_millis(it))),
            ["4 ms", "0.31 s", "12.3 s", "2 min 03 s"]
        );
    }
}
