//! Markers: `# ssot: allow RULE[, RULE] [until=YYYY-MM-DD] [scope=file] -- reason` at the start of a comment of any
//! language. Behind code it stands for the statements of its line; on a line of its own for the statement that
//! follows, the whole of it where that defines a function or class. With `scope=file`, ahead of all code, for the file.
//!
//! What looks like a marker and is none allows nothing and is told.

use crate::day;
use crate::exception::At;
use crate::exception::Standards;
use crate::exception::Terms;
use crate::exception::lacks_reason;
use crate::exception::statements::Statements;
use crate::fact::FileFacts;
use crate::fact::RegionKind;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use crate::place::Source;
use crate::place::Span;
use crate::rules::Exempt;
use crate::rules::Flaw;
use crate::rules::Rule;
use crate::secret;
use aho_corasick::AhoCorasick;
use aho_corasick::MatchKind;
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use time::Date;

/// How a marker begins.
const START: &str = "ssot: allow";

/// The markers of the scripts this tool grew from, and what they allow.
const SEED_MARKERS: [(&str, Group); 4] = [
    ("@auth_ssot_exception:", Group::Authentication),
    ("SSOT_EXCEPTION:", Group::Ownership),
    ("JWT_ALLOWED:", Group::Ownership),
    ("@jwt_allowed:", Group::Ownership),
];

/// Whether a marker, or what looks like one, may stand in a text.
pub(crate) fn speaks_of(text: &str) -> bool {
    static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let words = [
            "ssot: allow",
            "ssot:allow",
            "ssot : allow",
            "ssot allow",
            "SSOT: allow",
            "SSOT: ALLOW",
            "ssot: ignore",
            "ssot: disable",
            "ssot-guard: ",
            "ssot_exception",
            "SSOT_EXCEPTION",
            "SSOT-EXCEPTION",
            "jwt_allowed",
            "JWT_ALLOWED",
            "JWT-ALLOWED",
            "jwt-allowed",
            "ssot-exception",
        ];
        // Which of them stands there does not matter, and this kind is searched for many bytes at a time.
        let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words);
        builder.expect("the words are short")
    });
    WORDS.is_match(text)
}

/// What an old marker stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// Rules about what only an owner may do.
    Ownership,
    /// Rules about tokens, sign-in and WebSockets.
    Authentication,
}

impl Group {
    fn holds(self, rule: &Rule) -> bool {
        match self {
            Group::Ownership => rule.owner.is_some(),
            Group::Authentication => ["auth-", "jwt-", "websocket-"].iter().any(|it| rule.id.starts_with(it)),
        }
    }
}

/// What a marker says.
#[derive(Debug, PartialEq)]
struct Written<'t> {
    rules: Rules<'t>,
    until: Option<Date>,
    of_file: bool,
    reason: &'t str,
}

#[derive(Debug, PartialEq)]
enum Rules<'t> {
    Named(Vec<&'t str>),
    Group(Group),
}

/// What a marker stands for.
enum Reach {
    Statements(Vec<usize>),
    Whole(Span),
    File,
}

/// Marks what the markers of a file allow among its findings, and adds what is wrong with them.
pub(crate) fn allow(
    facts: &FileFacts,
    source: &Source,
    in_tests: bool,
    standards: Standards<'_>,
    findings: &mut Vec<Finding>,
) {
    let statements = Statements::new(facts, &source.text);
    let mut starts: Vec<(u32, usize)> =
        findings.iter().enumerate().map(|(index, it)| (source.offset(it.place.line, it.place.column), index)).collect();
    starts.sort_unstable();
    let beginning_in = |span: Span| {
        let from = starts.partition_point(|(start, _)| *start < span.start);
        starts[from..].iter().copied().take_while(move |(start, _)| *start < span.end)
    };
    let credentials = LazyCell::new(|| secret::credential_spans(facts));
    let mut flawed = Vec::new();
    let comments = facts.regions.iter().filter(|region| region.kind == RegionKind::Comment);
    for (span, text) in comments.flat_map(|comment| lines(source, comment.span)) {
        let place = source.place(span);
        let mut flaw = |flaw: Flaw, message: String| {
            let in_tests = in_tests || facts.test_spans.iter().any(|test| test.contains(span));
            let line = secret::masked_lines(source, (&credentials, None), place.line..=place.line).concat();
            let at = At { path: source.path.clone(), place, line, in_tests };
            flawed.extend(standards.flawed(flaw, message, at));
        };
        let written = match written(text) {
            None => continue,
            Some(Err(message)) => {
                flaw(Flaw::Invalid, message);
                continue;
            }
            Some(Ok(written)) => written,
        };
        if let Rules::Named(rules) = &written.rules
            && let Some(unknown) = rules.iter().find(|id| !standards.known.contains(**id))
        {
            flaw(Flaw::Invalid, format!("there is no rule `{unknown}`"));
            continue;
        }
        if let Some(lack) = lacks_reason(written.reason) {
            flaw(Flaw::WithoutReason, format!("this exception {lack}"));
            continue;
        }
        let reach = match reach(&statements, source, span, written.of_file) {
            Ok(reach) => reach,
            Err(message) => {
                flaw(Flaw::Invalid, message.to_owned());
                continue;
            }
        };
        let names = |rule: &str| match &written.rules {
            Rules::Named(rules) => rules.contains(&rule),
            Rules::Group(group) => standards.rule(rule).is_some_and(|rule| group.holds(rule)),
        };
        let meant: BTreeSet<usize> = match &reach {
            Reach::File => (0..findings.len()).collect(),
            Reach::Whole(span) => beginning_in(*span).map(|(_, index)| index).collect(),
            Reach::Statements(targets) => {
                let innermost = |it: usize| {
                    beginning_in(statements.span(it)).filter({
                        let statements = &statements;
                        move |(start, _)| statements.at(*start) == Some(it)
                    })
                };
                targets.iter().flat_map(|it| innermost(*it)).map(|(_, index)| index).collect()
            }
        };
        let (mut is_used, mut refused) = (false, None);
        let Written { until, reason, .. } = written;
        let terms = Terms { reason, owner: None, until, path: &source.path, place };
        for index in meant {
            let finding = &mut findings[index];
            // What other files make less of may be allowed here, though as it stands it may not.
            let mut is_less_allowed = false;
            for less in finding.lower_if.iter_mut().map(|it| &mut it.finding) {
                if names(&less.rule) && refuses(standards, less).is_none() {
                    is_less_allowed = true;
                    standards.mark(less, &terms);
                }
            }
            is_used |= is_less_allowed;
            if is_less_allowed && refuses(standards, finding).is_some() {
                continue;
            }
            if !names(&finding.rule) {
                continue;
            }
            if let Some(why) = refuses(standards, finding) {
                refused = Some(why);
                continue;
            }
            is_used = true;
            if finding.state == State::Excepted {
                continue;
            }
            standards.mark(finding, &terms);
        }
        if let Some(why) = refused {
            flaw(Flaw::Invalid, why);
        } else if let Some(until) = until.filter(|_| standards.has_expired(until)) {
            flaw(Flaw::Expired, format!("this exception held until {until}"));
        } else if !is_used && standards.judges_unused {
            flaw(Flaw::Unused, "this exception allows nothing that was found".to_owned());
        }
    }
    findings.extend(flawed);
}

/// Why no marker allows a finding.
fn refuses(standards: Standards<'_>, finding: &Finding) -> Option<String> {
    let exempt = standards.rule(&finding.rule).map_or(Exempt::Marker, |rule| rule.exempt);
    match (exempt, finding.severity) {
        (Exempt::Never, _) => Some(format!("nothing allows what `{}` finds", finding.rule)),
        (_, Severity::Critical) => Some(format!(
            "what `{}` finds here is critical: only an [[exception]] in ssot-guard.toml can allow it",
            finding.rule
        )),
        (Exempt::Registry, _) => {
            Some(format!("only an [[exception]] in ssot-guard.toml can allow what `{}` finds", finding.rule))
        }
        (Exempt::Marker, _) => None,
    }
}

/// What a marker at `span` stands for.
fn reach(statements: &Statements, source: &Source, span: Span, of_file: bool) -> Result<Reach, &'static str> {
    let line = source.offset(source.place(span).line, 1);
    let before = &source.text[line as usize..span.start as usize];
    let code_before = before.trim_end().trim_end_matches(['#', '/', '*', '!', '{', '-', '<']).trim();
    if of_file {
        let is_ahead = statements.beginning_in(Span::new(0, span.start)).is_empty();
        return if is_ahead { Ok(Reach::File) } else { Err("`scope=file` counts ahead of all code only") };
    }
    if !code_before.is_empty() {
        let (first, last) = (line + (before.len() - before.trim_start().len()) as u32, line + last_code(before));
        let mut targets: Vec<usize> = statements.beginning_in(Span::new(line, span.start)).collect();
        targets.extend([first, last].into_iter().filter_map(|offset| statements.at(offset)));
        return Ok(Reach::Statements(targets));
    }
    if let Some(definition) = statements.definition_headed_by(span.start) {
        return Ok(Reach::Whole(definition));
    }
    match statements.directly_after(span.end).or_else(|| statements.at(span.start)) {
        Some(next) if statements.is_definition(next) && statements.span(next).start >= span.end => {
            Ok(Reach::Whole(statements.span(next)))
        }
        Some(statement) => {
            // What begins on its first line is as good as a part of it: `if x: f()`.
            let start = statements.span(statement).start;
            let end = start + source.text[start as usize..].find('\n').map_or(u32::MAX - start, |at| at as u32);
            let mut targets: Vec<usize> = statements.beginning_in(Span::new(start, end)).collect();
            targets.retain(|it| statements.span(statement).contains(statements.span(*it)));
            Ok(Reach::Statements(targets))
        }
        None => Ok(Reach::Statements(Vec::new())),
    }
}

/// Where the last character of code stands in what precedes a comment on its line.
fn last_code(before: &str) -> u32 {
    let code = before.trim_end().trim_end_matches(['#', '/', '*', '!']).trim_end();
    code.char_indices().next_back().map_or(0, |(at, _)| at as u32)
}

/// The lines of a comment that a marker may begin, without what makes them a comment.
fn lines(source: &Source, comment: Span) -> Vec<(Span, &str)> {
    let text = &source.text[comment.start as usize..comment.end as usize];
    let mut lines = Vec::new();
    let mut at = comment.start;
    for line in text.split_inclusive('\n') {
        let mut start = at;
        // Behind `# noqa: E402` it is the same comment.
        for part in line.split_inclusive("  #") {
            let open = part.trim_start_matches([' ', '\t', '#', '/', '*', '!', '<', '-']);
            let shut = open.trim_end().trim_end_matches('#').trim_end_matches("*/").trim_end_matches("-->").trim_end();
            let from = start + (part.len() - open.len()) as u32;
            lines.push((Span::new(from, from + shut.len() as u32), shut));
            start += part.len() as u32;
        }
        at += line.len() as u32;
    }
    lines
}

/// What a comment's line says if it is a marker; why it is none if it looks like one.
fn written(text: &str) -> Option<Result<Written<'_>, String>> {
    for (start, group) in SEED_MARKERS {
        if let Some(reason) = text.strip_prefix(start) {
            let rules = Rules::Group(group);
            return Some(Ok(Written { rules, until: None, of_file: false, reason: reason.trim() }));
        }
    }
    if let Some(rest) = text.strip_prefix(START)
        && rest.starts_with(' ')
    {
        return Some(allowed(rest));
    }
    looks_like_marker(text)
        .then(|| Err("this looks like an exception and is none; write: ssot: allow RULE -- reason".to_owned()))
}

/// What follows `ssot: allow`.
fn allowed(rest: &str) -> Result<Written<'_>, String> {
    let (head, reason) = rest.split_once(" --").unwrap_or((rest, ""));
    let mut said = Written { rules: Rules::Named(Vec::new()), until: None, of_file: false, reason: reason.trim() };
    let mut named = Vec::new();
    for word in head.split([' ', '\t', ',']).filter(|it| !it.is_empty()) {
        match word.split_once('=') {
            None => named.push(word),
            Some(("until", until)) => match day::parse(until) {
                Some(day) => said.until = Some(day),
                None => return Err(day::is_none(until)),
            },
            Some(("scope", "file")) => said.of_file = true,
            Some(_) => return Err(format!("`{word}` means nothing here; there are until=YYYY-MM-DD and scope=file")),
        }
    }
    if named.is_empty() {
        return Err("this exception names no rule; write: ssot: allow RULE -- reason".to_owned());
    }
    said.rules = Rules::Named(named);
    Ok(said)
}

fn looks_like_marker(text: &str) -> bool {
    let start: String = text.chars().take(40).map(|it| if it == '-' { '_' } else { it.to_ascii_lowercase() }).collect();
    let start = start.trim_start_matches('@');
    let word = |rest: &str| rest.starts_with(|it: char| !it.is_alphanumeric() && it != '_') || rest.is_empty();
    if let Some(rest) = start.strip_prefix("ssot_guard").or_else(|| start.strip_prefix("ssot"))
        && let Some(verb) = rest.trim_start_matches([' ', ':', '_']).split(|it: char| !it.is_alphanumeric()).next()
        && rest.starts_with([' ', ':', '_'])
        && matches!(verb, "allow" | "ignore" | "disable" | "exception")
    {
        // Prose: "SSOT exception handling".
        return verb != "exception" || rest.starts_with('_') || rest.contains("exception:");
    }
    ["auth_ssot_exception", "jwt_allowed"].iter().any(|it| start.strip_prefix(it).is_some_and(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match written(text) {
            None => "nothing".to_owned(),
            Some(Err(message)) => message,
            Some(Ok(it)) => {
                format!("{:?} {:?} {} {}", it.rules, it.until.map(|it| it.to_string()), it.of_file, it.reason)
            }
        }
    }

    #[test]
    fn markers_and_what_only_looks_like_them() {
        for (text, expected) in [
            ("ssot: allow a-b -- a good reason", r#"Named(["a-b"]) None false a good reason"#),
            ("ssot: allow a, b-c until=2027-01-31 -- why", r#"Named(["a", "b-c"]) Some("2027-01-31") false why"#),
            ("ssot: allow a scope=file", r#"Named(["a"]) None true "#),
            ("JWT_ALLOWED: it signs", "Group(Ownership) None false it signs"),
            ("@auth_ssot_exception: x", "Group(Authentication) None false x"),
            ("ssot: allow -- why", "this exception names no rule; write: ssot: allow RULE -- reason"),
            ("ssot: allow a until=soon -- why", "`soon` is no day; write it like 2027-01-31"),
            (
                "ssot: allow a untill=2027-01-31",
                "`untill=2027-01-31` means nothing here; there are until=YYYY-MM-DD and scope=file",
            ),
            ("SSOT allows one writer", "nothing"),
            ("SSOT exception handling is elsewhere", "nothing"),
            ("see ssot: allow", "nothing"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
        for near in [
            "ssot:allow a",
            "SSOT: allow a",
            "ssot-guard: allow a",
            "SSOT-EXCEPTION: x",
            "SSOT_EXCEPTION x",
            "jwt-allowed",
            "ssot: ignore a",
        ] {
            assert!(said(near).starts_with("this looks like"), "{near}: {}", said(near));
            assert!(speaks_of(near), "{near}");
        }
    }
}
