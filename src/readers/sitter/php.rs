//! Php.

use super::Grammar;
use super::Habits;
use crate::fact::Language;

pub(super) const GRAMMAR: Grammar =
    Grammar { language: Language::Php, parser: tree_sitter_php::LANGUAGE_PHP, meanings: &[], habits: Habits::BRACES };
