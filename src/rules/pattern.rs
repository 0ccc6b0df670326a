//! A regular expression of a rule, compiled when it is first asked: most runs need few of them.

use regex::Regex;
use regex::RegexBuilder;
use std::ops::Deref;
use std::sync::OnceLock;

/// Classes and case are those of ASCII where that is possible: names in code are, and tables of all letters cost
/// a hundred times as much to compile.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: String,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// A pattern that is known to be right.
    pub(crate) fn trusted(source: String) -> Pattern {
        Pattern { source, compiled: OnceLock::new() }
    }

    pub(crate) fn checked(source: String) -> Result<Pattern, regex::Error> {
        let compiled = compile(&source)?;
        Ok(Pattern { source, compiled: OnceLock::from(compiled) })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        self.compiled.get_or_init(|| compile(&self.source).expect("our own patterns are right"))
    }
}

fn compile(source: &str) -> Result<Regex, regex::Error> {
    // What could match half a character does not compile without Unicode.
    RegexBuilder::new(source).unicode(false).build().or_else(|_| Regex::new(source))
}
