//! Readers: one format a file, text in, facts out. Only here are syntax trees seen.

use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Wanted;

mod ecmascript;
mod python;
mod rust;
mod sitter;

/// The language of a file by its name; `None` when no reader reads it.
pub(crate) fn language_of(path: &str) -> Option<Language> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "py" | "pyi" | "pyw" => Language::Python,
        "js" | "jsx" | "mjs" | "cjs" => Language::JavaScript,
        "ts" | "tsx" | "mts" | "cts" => Language::TypeScript,
        "rs" => Language::Rust,
        "go" => Language::Go,
        "java" => Language::Java,
        "cs" => Language::CSharp,
        "rb" | "rake" | "gemspec" | "ru" => Language::Ruby,
        "php" | "phtml" => Language::Php,
        "kt" | "kts" => Language::Kotlin,
        "scala" | "sc" => Language::Scala,
        _ => return None,
    })
}

/// The language of a script by its first line (`#!/usr/bin/env python3`).
pub(crate) fn language_of_shebang(first_line: &str) -> Option<Language> {
    let command = first_line.strip_prefix("#!")?;
    let mut words = command.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.find(|word| *word != "env" && !word.starts_with('-'))?;
    if program.starts_with("python") {
        Some(Language::Python)
    } else if matches!(program, "node" | "nodejs" | "bun") {
        Some(Language::JavaScript)
    } else if matches!(program, "deno" | "ts-node" | "tsx") {
        Some(Language::TypeScript)
    } else if program.starts_with("ruby") {
        Some(Language::Ruby)
    } else if program.starts_with("php") {
        Some(Language::Php)
    } else {
        None
    }
}

/// Reads one file. May panic on input its parser cannot take; the caller makes that a problem.
pub(crate) fn read(path: &str, text: &str, language: Language, wanted: Wanted) -> FileFacts {
    match language {
        Language::Python => python::read(text, wanted),
        Language::JavaScript | Language::TypeScript => ecmascript::read(path, text, language, wanted),
        Language::Rust => rust::read(text, wanted),
        Language::Go
        | Language::Java
        | Language::CSharp
        | Language::Ruby
        | Language::Php
        | Language::Kotlin
        | Language::Scala => sitter::read(text, language, wanted),
    }
}
