//! The coverage ledger: what was selected, what was examined and what was not, by reason.

use crate::fact::Language;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Files in a language we read, or that were named on the command line.
    pub in_scope: u64,
    /// Of those, the ones examined in whole or in part.
    pub scanned: u64,
    /// Of the scanned ones, those that did not parse in full.
    pub scanned_in_part: u64,
    /// Files of the ones in scope that were not examined, by reason ([`crate::problem::ProblemKind::name`]).
    pub skipped: BTreeMap<&'static str, u64>,
    /// Files that no reader reads (`.md`, `.png` …), by extension with its dot, or name when there is none.
    pub no_reader: BTreeMap<String, u64>,
    /// Bytes of the scanned files.
    pub bytes: u64,
    /// Scanned files by language name.
    pub languages: BTreeMap<&'static str, u64>,
}

impl Ledger {
    /// Counts a file that is examined.
    pub fn count(&mut self, language: Language, bytes: u64) {
        self.in_scope += 1;
        self.scanned += 1;
        self.bytes += bytes;
        *self.languages.entry(language.name()).or_default() += 1;
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Ledger) {
        self.in_scope += other.in_scope;
        self.scanned += other.scanned;
        self.scanned_in_part += other.scanned_in_part;
        self.bytes += other.bytes;
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
        for (extension, count) in other.no_reader {
            *self.no_reader.entry(extension).or_default() += count;
        }
        for (language, count) in other.languages {
            *self.languages.entry(language).or_default() += count;
        }
    }
}
