//! What must never be printed, stored or hashed: credentials in source lines, blotted out character for
//! character so that columns stay true.

use crate::fact::ArgumentKind;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Literal;
use crate::fact::MutationKind;
use crate::place::Source;
use crate::place::Span;
use regex::Regex;
use std::borrow::Cow;
use std::cell::LazyCell;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// Where text literals of a file stand in key position, in order and disjoint: the second argument of a call, what is
/// given to a name that speaks of a key, what stands in for something unset.
pub(crate) fn credential_spans(facts: &FileFacts) -> Vec<Span> {
    let mut spans = Vec::new();
    let named = |name: &str, value: ExpressionId, spans: &mut Vec<Span>| {
        if names_credential(name) {
            texts_within(facts, value, spans, 0);
        }
    };
    for binding in &facts.bindings {
        match binding.kind {
            BindingKind::Value(value) | BindingKind::Parameter { default: Some(value), .. } => {
                named(&binding.name, value, &mut spans);
            }
            _ => {}
        }
    }
    for mutation in &facts.mutations {
        if let MutationKind::SetItem { key, value } = mutation.kind
            && let Some(key) = text_of(facts, key)
        {
            named(key, value, &mut spans);
        }
    }
    let texts = LazyCell::new(|| {
        let is_text = |id: &ExpressionId| text_of(facts, *id).is_some();
        let ids = (0..facts.expressions.len() as u32).map(ExpressionId).filter(is_text);
        let mut texts: Vec<(u32, ExpressionId)> = ids.map(|id| (facts.expression(id).span.start, id)).collect();
        texts.sort_unstable();
        texts
    });
    for expression in &facts.expressions {
        match &expression.kind {
            ExpressionKind::Mapping(entries) => {
                for entry in entries {
                    if let Entry::Pair { key, value } = entry
                        && let Some(key) = text_of(facts, *key)
                    {
                        named(key, *value, &mut spans);
                    }
                }
            }
            ExpressionKind::Either(alternatives) => {
                alternatives.iter().skip(1).for_each(|&it| texts_in(facts, it, &mut spans, 0));
            }
            // `"${db.password:" + "fallback}"`
            ExpressionKind::Compound(parts) => {
                let is_open = |id: &ExpressionId| text_of(facts, *id).is_some_and(opens_placeholder);
                let after = parts.iter().skip_while(|it| !is_open(it)).skip(1);
                after.for_each(|&it| texts_in(facts, it, &mut spans, 0));
            }
            // The right answer, where somebody's is compared with it: `pin.strip() == "…"`.
            ExpressionKind::Compare { left, right, .. } => {
                for (text, other) in [(*left, *right), (*right, *left)] {
                    if speaks_of_credential(facts, other, 0) {
                        answers_in(facts, text, &mut spans);
                    }
                }
            }
            ExpressionKind::Call { callee, arguments } => {
                // `"…".equals(password)`, `["…", "…"].includes(token)`
                if let ExpressionKind::Member { object, .. } = facts.expression(*callee).kind
                    && arguments.iter().any(|it| speaks_of_credential(facts, it.value, 0))
                {
                    answers_in(facts, object, &mut spans);
                }
                let names_a_name = names_a_name(facts, *callee);
                let stands_in = name_of(facts, *callee).is_some_and(|name| STANDS_IN.is_match(name));
                let speaks_of_one = arguments.iter().filter_map(|it| text_of(facts, it.value)).any(names_credential);
                for (position, argument) in arguments.iter().enumerate() {
                    if stands_in {
                        let within = facts.expression(argument.value).span;
                        let from = texts.partition_point(|(start, _)| *start < within.start);
                        let inside = texts[from..].iter().take_while(|(start, _)| *start < within.end);
                        inside.for_each(|(_, id)| texts_in(facts, *id, &mut spans, 0));
                    }
                    if let ArgumentKind::Keyword(name) = &argument.kind {
                        named(name, argument.value, &mut spans);
                        if speaks_of_one && name.starts_with("default") {
                            texts_in(facts, argument.value, &mut spans, 0);
                        }
                    }
                    // `getenv("KEY", "fallback")`: the name is what the finding is about, the fallback is not.
                    let is_key = match (&argument.kind, position) {
                        (ArgumentKind::Positional, 0) => !names_a_name,
                        (ArgumentKind::Positional, 1) => true,
                        (ArgumentKind::Keyword(name), _) => name == "default" && names_a_name,
                        _ => false,
                    };
                    if is_key {
                        texts_in(facts, argument.value, &mut spans, 0);
                    }
                }
            }
            _ => {}
        }
    }
    in_order(spans)
}

/// Sorted, with those that overlap made one.
fn in_order(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    spans.dedup_by(|next, before| {
        let overlap = next.start < before.end;
        if overlap {
            before.end = before.end.max(next.end);
        }
        overlap
    });
    spans
}

/// Whether an expression is made of what has the name of a credential, or is what a function of such a name is given.
fn speaks_of_credential(facts: &FileFacts, id: ExpressionId, depth: u32) -> bool {
    let name = name_of(facts, id).or_else(|| text_of(facts, id).filter(|_| depth > 0));
    let mut speaks = name.is_some_and(|it| names_credential(it) || is_given_credential(facts, id, it));
    if depth < 20 {
        let kind = &facts.expression(id).kind;
        kind.for_each_part(&mut |part| speaks = speaks || speaks_of_credential(facts, part, depth + 1));
    }
    speaks
}

/// `given` in `check_secret(given)`
fn is_given_credential(facts: &FileFacts, id: ExpressionId, name: &str) -> bool {
    let scope = facts.expression(id).scope;
    let is_parameter = |it: &Binding| {
        it.scope == scope && it.name == name && matches!(it.kind, BindingKind::Parameter { index: Some(_), .. })
    };
    names_credential(&facts.scope(scope).name) && facts.bindings.iter().any(is_parameter)
}

fn text_of(facts: &FileFacts, id: ExpressionId) -> Option<&str> {
    match &facts.expression(id).kind {
        ExpressionKind::Literal(Literal::Text(text)) => Some(text),
        _ => None,
    }
}

fn name_of(facts: &FileFacts, callee: ExpressionId) -> Option<&str> {
    match &facts.expression(callee).kind {
        ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } => Some(name),
        _ => None,
    }
}

fn names_a_name(facts: &FileFacts, callee: ExpressionId) -> bool {
    name_of(facts, callee).is_some_and(|name| NAMES_A_NAME.contains(&name))
}

/// The texts anywhere within a value, but for names of things.
fn texts_within(facts: &FileFacts, id: ExpressionId, spans: &mut Vec<Span>, depth: u32) {
    if depth > 20 {
        return;
    }
    match &facts.expression(id).kind {
        ExpressionKind::Call { callee, arguments } => {
            if let ExpressionKind::Member { object, .. } = facts.expression(*callee).kind {
                texts_within(facts, object, spans, depth + 1);
            }
            let names = usize::from(names_a_name(facts, *callee));
            arguments.iter().skip(names).for_each(|it| texts_within(facts, it.value, spans, depth + 1));
        }
        ExpressionKind::Mapping(entries) => {
            for entry in entries {
                if let Entry::Pair { value, .. } = entry {
                    texts_within(facts, *value, spans, depth + 1);
                }
            }
        }
        ExpressionKind::Either(parts) => parts.iter().for_each(|&it| texts_within(facts, it, spans, depth + 1)),
        _ => texts_in(facts, id, spans, depth),
    }
}

/// The right answer, or those of a list.
fn answers_in(facts: &FileFacts, id: ExpressionId, spans: &mut Vec<Span>) {
    match &facts.expression(id).kind {
        ExpressionKind::Sequence { items, .. } => items.iter().for_each(|it| texts_in(facts, *it, spans, 0)),
        _ => texts_in(facts, id, spans, 0),
    }
}

fn texts_in(facts: &FileFacts, id: ExpressionId, spans: &mut Vec<Span>, depth: u32) {
    let expression = facts.expression(id);
    match &expression.kind {
        ExpressionKind::Literal(Literal::Text(text))
            if text.len() >= 3 && !PATH.is_match(text) && !SAYS_WHETHER.is_match(text) =>
        {
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

/// The texts in these lines, counted from 1, without their quotes, but for those by which something is looked up.
pub(crate) fn texts_around(facts: &FileFacts, source: &Source, (first, last): (u32, u32)) -> Vec<Span> {
    let lines = Span::new(source.offset(first, 1), source.offset(last, 1) + source.line(last).len() as u32);
    let is_near = |id: ExpressionId| {
        let span = facts.expression(id).span;
        span.start < lines.end && lines.start < span.end
    };
    let near: Vec<ExpressionId> =
        (0..facts.expressions.len() as u32).map(ExpressionId).filter(|it| is_near(*it)).collect();
    let names = near.iter().filter_map(|it| match &facts.expression(*it).kind {
        ExpressionKind::Index { index, .. } => Some(*index),
        ExpressionKind::Call { callee, arguments } if names_a_name(facts, *callee) => Some(arguments.first()?.value),
        _ => None,
    });
    let names: Vec<ExpressionId> = names.collect();
    let texts = near.iter().filter(|it| text_of(facts, **it).is_some() && !names.contains(it));
    let spans = texts.map(|it| facts.expression(*it).span);
    spans.map(|it| Span::new(it.start + 1, it.end.saturating_sub(1))).collect()
}

/// Replaces the characters from column `from` up to column `to` (1-based, exclusive) but for quotes.
pub(crate) fn blot(line: &str, from: u32, to: u32) -> String {
    let blotted = line.chars().zip(1..).map(|(character, column): (char, u32)| {
        let inside = from <= column && column < to;
        if inside && !matches!(character, '"' | '\'' | '`' | ' ' | '\t') { '*' } else { character }
    });
    blotted.collect()
}

/// The places of both, in order.
pub(crate) fn united<'a>(credentials: &'a [Span], others: &'a [Span]) -> Cow<'a, [Span]> {
    if others.is_empty() {
        return Cow::Borrowed(credentials);
    }
    Cow::Owned(in_order(credentials.iter().copied().chain(others.iter().copied()).collect()))
}

/// Lines of a file, counted from 1, with everything blotted out that looks like a credential or stands where one may.
/// `credentials` are those of the file, [`credential_spans`], of which those within `except` are none.
pub(crate) fn masked_lines(
    source: &Source,
    (credentials, except): (&[Span], Option<Span>),
    lines: RangeInclusive<u32>,
) -> Vec<String> {
    let (first, last) = lines.into_inner();
    let start = source.offset(first, 1);
    let end = source.offset(last, 1) + source.line(last).len() as u32;
    let mut lines: Vec<String> = (first..=last).map(|line| source.line(line).to_owned()).collect();
    let from = credentials.partition_point(|literal| literal.end <= start);
    let literals = credentials[from..].iter().take_while(|literal| literal.start < end);
    for literal in literals.filter(|it| !except.is_some_and(|except| except.contains(**it))) {
        let place = source.place(*literal);
        for (line, text) in (first..).zip(&mut lines) {
            if place.line <= line && line <= place.end_line {
                let from = if line == place.line { place.column } else { 1 };
                let to = if line == place.end_line { place.end_column } else { u32::MAX };
                *text = blot(text, from, to);
            }
        }
    }
    lines.iter().map(|line| masked(line)).collect()
}

/// A line with everything that looks like a credential blotted out.
pub(crate) fn masked(line: &str) -> String {
    let mut line = line.to_owned();
    for pattern in LOOKS_LIKE_CREDENTIAL.iter().chain([&*PLACEHOLDER]) {
        let spans: Vec<(u32, u32)> = pattern
            .captures_iter(&line)
            .filter(|found| found.name("name").is_none_or(|it| names_credential(it.as_str())))
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

/// Whether a text begins what stands in for a credential, and does not end it.
fn opens_placeholder(text: &str) -> bool {
    PLACEHOLDER.captures_iter(text).any(|it| it["end"].is_empty() && names_credential(&it["name"]))
}

/// Whether the text that a variable of such a name has may be a credential, or lead to one.
pub(crate) fn may_be_credential(name: &str, text: &str) -> bool {
    names_credential(name) || masked(text) != text
}

/// Whether what has such a name may be a credential, or lead to one.
fn names_credential(name: &str) -> bool {
    NAMES_CREDENTIAL.is_match(name)
}

/// Calls whose text arguments are names of things, which the finding is about.
const NAMES_A_NAME: [&str; 8] = ["getattr", "import_module", "__import__", "require", "getenv", "get", "header", "var"];

/// What switches are set to: `VERIFY_TOKEN=true`.
static SAYS_WHETHER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^(?:true|false|yes|off|enabled?|disabled?|none|null)$").expect("a pattern"));

/// The path of a route or a file, made of small words and names in braces or after a colon: nobody signs with one.
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^(?:/(?:\*|[a-z_-]{0,20}(?:v[0-9])?|\{[A-Za-z_]{1,20}\}|:[A-Za-z_]{1,20}))+$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// Functions that are given what stands in for something unset, be it a value or what makes it.
static STANDS_IN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = "^(?:unwrap_or|map_or|or_else$|orElse|getOrElse|get_or_insert|ifEmpty$|ifBlank$|valueOr)";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// What speaks of a key, or of what keeps something from people. A bypass is none.
static NAMES_CREDENTIAL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = "(?i)key|secret|passw|token|jwt|credential|(?:^|[^my])pass|pwd|cred|salt|pepper|private|signing|hash\
                   |seed|webhook|licen[cs]e|cert|dsn|conn(?:ection)?_?str\
                   |(?:^|[_.-])(?:pin|pw|otp|sas)(?:[_.-]|$)|(?:^|[_.-])auth$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// What stands in for something unset, within the text that names it: `${name:fallback}`. It may end in another text.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\$\{(?P<name>[^${}:]+):(?P<secret>[^}]*)(?P<end>\}?)";
    Regex::new(pattern).expect("the pattern is well-formed")
});

static LOOKS_LIKE_CREDENTIAL: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // A JWT.
        r"(?P<secret>eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*)",
        // The body of a PEM block, and its armour's line when the block stands on one line.
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>[^-]+)",
        // A named credential given a literal.
        r#"(?i)(?:secret|passw(?:or)?d|api_?key|private_?key|signing_?key|access_?token)\w*["'\]]*\s*(?:[:=]+|\?[:?]|\|\|)\s*[rbuf]*["'`](?P<secret>[^"'`]{3,})"#,
        // Long runs of key-like characters.
        r"(?P<secret>\b[A-Za-z0-9+/_-]*[0-9][A-Za-z0-9+/_-]{24,}={0,2})",
        // Credentials in a URL.
        r"://[^/\s:@]+:(?P<secret>[^/\s@]+)@",
    ]
    .into_iter()
    .map(|pattern| Regex::new(pattern).expect("the pattern is well-formed"))
    .collect()
});
