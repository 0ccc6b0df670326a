//! Kotlin.

use super::Grammar;
use super::Habits;
use crate::fact::Language;

pub(super) const GRAMMAR: Grammar = Grammar {
    language: Language::Kotlin,
    parser: tree_sitter_kotlin_ng::LANGUAGE,
    meanings: &[],
    habits: Habits::BRACES,
};
