//! A regular expression of a rule, compiled when it is first asked: most runs need few of them.

use regex::Regex;
use regex::RegexBuilder;
use rustc_hash::FxHashMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

/// Classes and case are those of ASCII where that is possible: names in code are, and tables of all letters cost
/// a hundred times as much to compile.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Arc<Lazy>);

#[derive(Debug)]
struct Lazy {
    source: String,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// A pattern that is known to be right.
    pub(crate) fn trusted(source: String) -> Pattern {
        Pattern(Arc::new(Lazy { source, compiled: OnceLock::new() }))
    }

    pub(crate) fn checked(source: String) -> Result<Pattern, regex::Error> {
        let compiled = compile(&source)?;
        Ok(Pattern(Arc::new(Lazy { source, compiled: OnceLock::from(compiled) })))
    }

    pub(crate) fn source(&self) -> &str {
        &self.0.source
    }

    /// The same for clones of a pattern.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

/// Patterns by their sources: many rules ask for the same, which is then compiled once.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    known: Mutex<FxHashMap<String, Pattern>>,
}

impl Patterns {
    /// The pattern of a source that is known to be right.
    pub(crate) fn trusted(&self, source: String) -> Pattern {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known.get(&source) {
            return pattern.clone();
        }
        let pattern = Pattern::trusted(source.clone());
        known.insert(source, pattern.clone());
        pattern
    }
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        self.0.compiled.get_or_init(|| compile(&self.0.source).expect("our own patterns are right"))
    }
}

fn compile(source: &str) -> Result<Regex, regex::Error> {
    // What could match half a character does not compile without Unicode.
    RegexBuilder::new(source).unicode(false).build().or_else(|_| Regex::new(&with_words_of_ascii(source)))
}

/// The pattern with the ASCII meanings of `\b`, `\w`, `\d` and `\s`: a text with other letters in it would otherwise be
/// searched for a word's end a hundred times as slowly.
fn with_words_of_ascii(source: &str) -> String {
    let mut pattern = String::with_capacity(source.len() + 16);
    let mut rest = source.chars();
    while let Some(character) = rest.next() {
        match (character, (character == '\\').then(|| rest.next()).flatten()) {
            (_, Some('b')) => pattern.push_str(r"(?-u:\b)"),
            (_, Some('w')) => pattern.push_str("[0-9A-Za-z_]"),
            (_, Some('d')) => pattern.push_str("[0-9]"),
            (_, Some('s')) => pattern.push_str(r"[ \t\r\n\x0b\x0c]"),
            (_, Some(escaped)) => pattern.extend(['\\', escaped]),
            (character, None) => pattern.push(character),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_ascii() {
        assert_eq!(
            with_words_of_ascii(r"\bif\s+[\w.]+\\b\.[^\n]"),
            r"(?-u:\b)if[ \t\r\n\x0b\x0c]+[[0-9A-Za-z_].]+\\b\.[^\n]"
        );
        let pattern = Pattern::checked(r"\bkey[^\n]*\w".to_owned()).expect("it is a pattern");
        assert_eq!(pattern.find("schlüssel, key é x").map(|it| it.as_str()), Some("key é x"));
    }
}
