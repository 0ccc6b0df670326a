//! Ruby.

use super::Grammar;
use super::Habits;
use crate::fact::Language;

pub(super) const GRAMMAR: Grammar =
    Grammar { language: Language::Ruby, parser: tree_sitter_ruby::LANGUAGE, meanings: &[], habits: Habits::BRACES };
