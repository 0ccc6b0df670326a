//! Broken, deep and slow input: what can still be read is read, and nothing panics.

use super::WANTED;
use super::on_large_stack;
use super::read;
use crate::fact::Language;

const LANGUAGES: [Language; 7] =
    [Language::Go, Language::Java, Language::CSharp, Language::Ruby, Language::Php, Language::Kotlin, Language::Scala];

#[test]
fn facts_around_a_syntax_error_are_kept() {
    let text = "class A { void f() { g(1); } void ) ( h() { i(2); } }";
    let facts = read(text, Language::Java, WANTED);
    assert!(!facts.syntax_errors.is_empty());
    assert_eq!(facts.calls.len(), 2);
}

#[test]
fn truncated_files_are_read() {
    let sources = [
        include_str!("go.rs"),
        include_str!("java.rs"),
        include_str!("csharp.rs"),
        include_str!("ruby.rs"),
        include_str!("php.rs"),
        include_str!("kotlin.rs"),
        include_str!("scala.rs"),
    ];
    for (language, source) in LANGUAGES.into_iter().zip(sources) {
        for end in (0..source.len()).step_by(173).filter(|&end| source.is_char_boundary(end)) {
            let start = end.saturating_sub(700);
            read(source.get(start..end).unwrap_or_default(), language, WANTED);
        }
    }
}

#[test]
fn deep_nesting_is_survived() {
    // What a parser takes in its stride may be as deep as it likes; recovery from errors is slow.
    let shapes = [("(", ")", 100_000), ("[", "]", 300), ("{", "}", 300), ("f(", ")", 2_000), ("!", "", 2_000)];
    for language in LANGUAGES {
        for (open, close, depth) in shapes {
            let deep = format!("x = {}1{}", open.repeat(depth), close.repeat(depth));
            let text = match language {
                Language::Go => format!("package p\nfunc f() {{ {deep} }}"),
                Language::Java | Language::CSharp => format!("class A {{ void f() {{ {deep}; }} }}"),
                Language::Php => format!("<?php ${deep};"),
                _ => deep,
            };
            on_large_stack(|| read(&text, language, WANTED));
        }
    }
}
