//! Scala.

use super::Grammar;
use super::Habits;
use crate::fact::Language;

pub(super) const GRAMMAR: Grammar =
    Grammar { language: Language::Scala, parser: tree_sitter_scala::LANGUAGE, meanings: &[], habits: Habits::BRACES };
