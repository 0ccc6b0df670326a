//! What must never be printed, stored or hashed: credentials in source lines, blotted out character for
//! character so that columns stay true.

use crate::fact::ArgumentKind;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Literal;
use crate::place::Span;
use regex::Regex;
use std::sync::LazyLock;

/// The text literals within `span` that stand in key position: the second argument of a call, or an argument
/// or mapping entry whose name speaks of a key.
pub(crate) fn credential_spans(facts: &FileFacts, span: Span) -> Vec<Span> {
    let mut spans = Vec::new();
    for &id in &facts.calls {
        let call = facts.expression(id);
        if !span.contains(call.span) {
            continue;
        }
        let ExpressionKind::Call { callee, arguments } = &call.kind else { continue };
        if let ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } = &facts.expression(*callee).kind
            && NAMES_A_NAME.contains(&name.as_str())
        {
            continue;
        }
        for (position, argument) in arguments.iter().enumerate() {
            let is_key = match &argument.kind {
                ArgumentKind::Positional => position <= 1,
                ArgumentKind::Keyword(name) => SPEAKS_OF_KEY.is_match(name),
                ArgumentKind::SpreadPositional | ArgumentKind::SpreadKeyword => false,
            };
            if is_key {
                texts_in(facts, argument.value, &mut spans, 0);
            }
        }
    }
    spans
}

fn texts_in(facts: &FileFacts, id: ExpressionId, spans: &mut Vec<Span>, depth: u32) {
    let expression = facts.expression(id);
    match &expression.kind {
        ExpressionKind::Literal(Literal::Text(text)) if text.len() >= 3 => {
            spans.push(Span::new(expression.span.start + 1, expression.span.end.saturating_sub(1)));
        }
        ExpressionKind::Either(parts) | ExpressionKind::Both(parts) | ExpressionKind::Compound(parts) if depth < 20 => {
            parts.iter().for_each(|&it| texts_in(facts, it, spans, depth + 1));
        }
        ExpressionKind::Conditional { then, otherwise, .. } if depth < 20 => {
            [*then, *otherwise].into_iter().for_each(|it| texts_in(facts, it, spans, depth + 1));
        }
        _ => {}
    }
}

/// Replaces the characters from column `from` up to column `to` (1-based, exclusive) but for quotes.
pub(crate) fn blot(line: &str, from: u32, to: u32) -> String {
    let blotted = line.chars().zip(1..).map(|(character, column): (char, u32)| {
        let inside = from <= column && column < to;
        if inside && !matches!(character, '"' | '\'' | '`' | ' ' | '\t') { '*' } else { character }
    });
    blotted.collect()
}

/// A line with everything that looks like a credential blotted out.
pub(crate) fn masked(line: &str) -> String {
    let mut line = line.to_owned();
    for pattern in LOOKS_LIKE_CREDENTIAL.iter() {
        let spans: Vec<(u32, u32)> = pattern
            .captures_iter(&line)
            .filter_map(|found| found.name("secret"))
            .map(|it| {
                let from = line[..it.start()].chars().count() as u32 + 1;
                (from, from + it.as_str().chars().count() as u32)
            })
            .collect();
        for (from, to) in spans {
            line = blot(&line, from, to);
        }
    }
    line
}

/// Calls whose text arguments are names of things, which the finding is about.
const NAMES_A_NAME: [&str; 7] = ["getattr", "import_module", "__import__", "require", "getenv", "get", "var"];

static SPEAKS_OF_KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?i)key|secret|passw|token|jwt|credential").expect("the pattern is well-formed"));

static LOOKS_LIKE_CREDENTIAL: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // A JWT.
        r"(?P<secret>eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*)",
        // The body of a PEM block, and its armour's line when the block stands on one line.
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>[^-]+)",
        // A named credential given a literal.
        r#"(?i)(?:secret|passw(?:or)?d|api_?key|private_?key|signing_?key|access_?token)\w*["'\]]*\s*[:=]+\s*[rbuf]*["'`](?P<secret>[^"'`]{3,})"#,
        // Long runs of key-like characters.
        r"(?P<secret>\b[A-Za-z0-9+/_-]*[0-9][A-Za-z0-9+/_-]{24,}={0,2})",
        // Credentials in a URL.
        r"://[^/\s:@]+:(?P<secret>[^/\s@]+)@",
    ]
    .into_iter()
    .map(|pattern| Regex::new(pattern).expect("the pattern is well-formed"))
    .collect()
});
