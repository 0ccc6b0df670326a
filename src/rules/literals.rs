//! The literals of which one must stand in a text for a pattern to match there: a search for literals, of many
//! patterns at once, is several times faster than one pattern.
//!
//! Literals come from the parts of a pattern that match only so many texts, as in the literal extraction of
//! regex-syntax, but from anywhere in it and with letters of either case kept as one.

use regex_syntax::hir::Class;
use regex_syntax::hir::Hir;
use regex_syntax::hir::HirKind;
use serde::Deserialize;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// More literals than this tell less than they cost.
const MOST_LITERALS: usize = 256;
/// A class of more characters than this is not spelled out.
const MOST_OF_CLASS: usize = 4;
/// Shorter ones occur everywhere.
const SHORTEST: usize = 3;
/// A literal longer than this is hardly rarer.
const LONG_ENOUGH: usize = 6;
/// Keywords, and words of this field that hold or are frequent ones: they stand in many files, and tell as little as the
/// shortest literals. To leave one out, or in, costs time and finds the same.
const COMMON: [&str; 56] = [
    "against",
    "async",
    "authenticate",
    "authorization",
    "await",
    "before",
    "checked",
    "class",
    "config",
    "const",
    "context",
    "created",
    "default",
    "delete",
    "elif",
    "else",
    "error",
    "except",
    "exception",
    "export",
    "failed",
    "false",
    "finally",
    "function",
    "header",
    "import",
    "invalidate",
    "message",
    "namespace",
    "none",
    "null",
    "package",
    "private",
    "protected",
    "provided",
    "public",
    "request",
    "response",
    "return",
    "result",
    "self",
    "session",
    "setting",
    "should",
    "static",
    "status",
    "string",
    "throws",
    "token",
    "true",
    "undefined",
    "update",
    "user",
    "validated",
    "value",
    "verify",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
enum Letter {
    Exactly(u8),
    /// An ASCII letter of either case, as lower case.
    Folded(u8),
}

/// A text, some of whose letters may be of either case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Literal(Vec<Letter>);

impl Literal {
    /// A text as it stands.
    pub(super) fn exactly(text: &str) -> Literal {
        Literal(text.bytes().map(Letter::Exactly).collect())
    }

    /// What it reads in lower case.
    pub(super) fn folded(&self) -> Vec<u8> {
        self.0
            .iter()
            .map(|letter| match letter {
                Letter::Exactly(byte) => byte.to_ascii_lowercase(),
                Letter::Folded(byte) => *byte,
            })
            .collect()
    }

    /// In bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the text starts with the literal.
    pub(super) fn starts(&self, text: &[u8]) -> bool {
        self.0.len() <= text.len()
            && self.0.iter().zip(text).all(|(letter, byte)| match letter {
                Letter::Exactly(exactly) => exactly == byte,
                Letter::Folded(folded) => *folded == byte.to_ascii_lowercase(),
            })
    }
}

/// What must occur where a pattern matches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Literals {
    /// One of these.
    pub(super) one_of: Vec<Literal>,
    /// They are all that the pattern matches.
    pub(super) are_all: bool,
    /// They stand there with no word character beside their word-character ends.
    pub(super) stand_alone: bool,
}

/// The literals of a pattern; `None` when no useful ones must occur.
pub(super) fn of(pattern: &Hir) -> Option<Literals> {
    let of_all = texts(pattern).filter(is_useful);
    let are_all = of_all.is_some() && pattern.properties().look_set().is_empty();
    let one_of = of_all.or_else(|| best(pattern))?;
    Some(Literals { one_of: one_of.into_iter().map(Literal).collect(), are_all, stand_alone: false })
}

/// All that a pattern for a whole name matches; `None` where that is too much, or too short, to spell out.
pub(super) fn of_whole(pattern: &Hir) -> Option<Literals> {
    let one_of = texts(pattern).filter(is_useful)?;
    Some(Literals { one_of: one_of.into_iter().map(Literal).collect(), are_all: true, stand_alone: true })
}

type Texts = BTreeSet<Vec<Letter>>;

fn shortest(texts: &Texts) -> usize {
    texts.iter().map(Vec::len).min().unwrap_or(0)
}

/// How rare the most frequent of the texts is, by its length.
fn rarity(texts: &Texts) -> usize {
    let rarity = |text: &Vec<Letter>| match is_common(text) {
        true => text.len().min(SHORTEST),
        false => text.len().min(LONG_ENOUGH),
    };
    texts.iter().map(rarity).min().unwrap_or(0)
}

/// Whether the text stands in most files, by itself or in a word that does.
fn is_common(text: &[Letter]) -> bool {
    let text = Literal(text.to_vec()).folded();
    COMMON.iter().any(|word| memchr::memmem::find(word.as_bytes(), &text).is_some())
}

fn is_useful(texts: &Texts) -> bool {
    shortest(texts) >= SHORTEST
}

/// Texts of which one must occur, the rarest of those to choose from.
fn best(pattern: &Hir) -> Option<Texts> {
    let found = match pattern.kind() {
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut all = Texts::new();
            for part in parts {
                all.extend(texts(part).filter(is_useful).or_else(|| best(part))?);
            }
            (all.len() <= MOST_LITERALS).then_some(all)
        }
        HirKind::Concat(parts) => {
            // From each part on, as many of the next as can be spelled out together.
            let spelled: Vec<Option<Texts>> = parts.iter().map(texts).collect();
            let mut choices: Vec<Texts> = parts.iter().filter_map(best).collect();
            let mut reached = 0;
            for from in 0..parts.len() {
                let mut run = Texts::from([Vec::new()]);
                let mut end = from;
                while let Some(longer) = spelled.get(end).and_then(|it| product(&run, it.as_ref()?)) {
                    (run, end) = (longer, end + 1);
                }
                // A run within another one is no rarer.
                if end > reached {
                    choices.push(run);
                    reached = end;
                }
            }
            choices.into_iter().max_by_key(|it| (rarity(it), Reverse(it.len())))
        }
        _ => None,
    };
    found.filter(is_useful)
}

/// All that a pattern matches; `None` when that is too much to spell out.
fn texts(pattern: &Hir) -> Option<Texts> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(Texts::from([Vec::new()])),
        HirKind::Literal(literal) => Some(Texts::from([literal.0.iter().map(|byte| Letter::Exactly(*byte)).collect()])),
        HirKind::Class(class) => letters(class).map(|letters| letters.into_iter().map(|it| vec![it]).collect()),
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut all = texts(&repetition.sub)?;
            all.insert(Vec::new());
            Some(all)
        }
        HirKind::Repetition(_) => None,
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(Texts::from([Vec::new()]), |all, part| product(&all, &texts(part)?))
        }
        HirKind::Alternation(parts) => {
            let mut all = Texts::new();
            for part in parts {
                all.extend(texts(part)?);
            }
            (all.len() <= MOST_LITERALS).then_some(all)
        }
    }
}

fn product(before: &Texts, after: &Texts) -> Option<Texts> {
    let both = |first: &Vec<Letter>| {
        let first = first.clone();
        after.iter().map(move |second| first.iter().chain(second).copied().collect())
    };
    (before.len() * after.len() <= MOST_LITERALS).then(|| before.iter().flat_map(both).collect())
}

fn letters(class: &Class) -> Option<BTreeSet<Letter>> {
    let mut bytes: BTreeSet<u8> = BTreeSet::new();
    let mut add = |from: u32, to: u32| {
        if to > 0x7F || to - from > 2 * MOST_OF_CLASS as u32 {
            return None;
        }
        bytes.extend((from..=to).map(|it| it as u8));
        Some(())
    };
    match class {
        Class::Bytes(class) => class.iter().try_for_each(|range| add(range.start().into(), range.end().into()))?,
        Class::Unicode(class) => class.iter().try_for_each(|range| add(range.start().into(), range.end().into()))?,
    }
    let letter = |byte: &u8| {
        let other = if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
        match byte.is_ascii_alphabetic() && bytes.contains(&other) {
            true => Letter::Folded(byte.to_ascii_lowercase()),
            false => Letter::Exactly(*byte),
        }
    };
    let letters: BTreeSet<Letter> = bytes.iter().map(letter).collect();
    (letters.len() <= MOST_OF_CLASS).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pattern: &str) -> (Vec<String>, bool) {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
        match of(&hir.expect("a pattern")) {
            Some(literals) => {
                let text = |it: &Literal| String::from_utf8(it.folded()).expect("ASCII");
                (literals.one_of.iter().map(text).collect(), literals.are_all)
            }
            None => (Vec::new(), false),
        }
    }

    #[test]
    fn a_pattern_is_told_by_its_rarest_part() {
        let cases: &[(&str, &[&str], bool)] = &[
            ("readValue|readTree", &["readtree", "readvalue"], true),
            ("(?i)get_?env", &["get_env", "getenv"], true),
            (r"(?i)jwt\w*secret", &["secret"], false),
            (r"\bdecode", &["decode"], false),
            ("(?:JWT|TOKEN)_SECRET", &["jwt_secret", "token_secret"], true),
            ("a|secret", &[], false),
            (r"[a-z]+", &[], false),
            (r"x[0-9]{2,}authorized?", &["authorize", "authorized"], false),
            ("(?:se)+cret", &["cret"], false),
        ];
        for (pattern, literals, are_all) in cases {
            let literals: Vec<String> = literals.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(told(pattern), (literals, *are_all), "{pattern}");
        }
    }

    #[test]
    fn case_counts_where_the_pattern_says_so() {
        let hir = regex_syntax::parse("(?-u:[Jj])WT").expect("a pattern");
        let literals = of(&hir).expect("it has some");
        let [only] = literals.one_of.as_slice() else { panic!("one literal") };
        assert_eq!(only.folded(), b"jwt");
        assert!(only.starts(b"JWT!") && only.starts(b"jWT") && !only.starts(b"jwt") && !only.starts(b"JW"));
    }
}
