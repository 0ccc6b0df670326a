//! What tells one finding from another: the rule, and the code it is about as far as that means something. Blanks,
//! line breaks, comments, brackets for grouping, the kind of quotes and a comma at the end are left out, so that a
//! formatter changes no fingerprint; the path, the scope and the line are no part of it either, so that what moved
//! can be found again by it.

use crate::fact::Language;
use sha2::Digest;

/// The first 64 bits of SHA-256, as 16 hexadecimal digits. `code` must be masked: no secret is ever hashed.
/// `language`: whose comments and strings it has; without one it is taken as it is, but for blanks.
pub(crate) fn of(rule: &str, code: &str, language: Option<Language>) -> String {
    let code = match language {
        Some(language) => in_order(essence(code, language)),
        None => code.split_whitespace().collect(),
    };
    let digest = sha2::Sha256::digest(format!("v1\0{rule}\0{code}"));
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An import with its names in order, which means nothing and which formatters change.
fn in_order(code: String) -> String {
    let is_import = ["import", "from ", "use "].iter().any(|start| code.starts_with(start));
    let list = match (code.find('{'), code.rfind('}'), code.rfind("import ")) {
        (Some(start), Some(end), _) if start < end => start + 1..end,
        (None, None, Some(at)) => at + "import ".len()..code.len(),
        _ => return code,
    };
    if !is_import {
        return code;
    }
    let mut names: Vec<&str> = code[list.clone()].split(',').collect();
    names.sort_unstable();
    format!("{}{}{}", &code[..list.start], names.join(","), &code[list.end..])
}

/// The code without what a formatter may change.
fn essence(code: &str, language: Language) -> String {
    let hash_comments = matches!(language, Language::Python | Language::Ruby | Language::Php);
    let slash_comments = !matches!(language, Language::Python | Language::Ruby);
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        rest = match first {
            '#' if hash_comments => after(behind, "\n"),
            '/' if slash_comments && behind.starts_with('/') => after(behind, "\n"),
            '/' if slash_comments && behind.starts_with('*') => after(behind, "*/"),
            '"' | '\'' | '`' => quoted(behind, first, &mut kept),
            // Joins lines in Python.
            '\\' if behind.starts_with(['\n', '\r']) => behind,
            '(' | ';' => behind,
            ')' | ']' | '}' => {
                if kept.ends_with(',') {
                    kept.pop();
                }
                if first != ')' {
                    kept.push(first);
                }
                behind
            }
            blank if blank.is_whitespace() => behind,
            other => {
                // Two words are not one.
                let is_word = |it: char| it.is_alphanumeric() || it == '_';
                let gap = code.len() - rest.len();
                let follows_blank = code[..gap].ends_with(|it: char| it.is_whitespace() || it == '(');
                if is_word(other) && follows_blank && kept.ends_with(is_word) {
                    kept.push(' ');
                }
                kept.push(other);
                behind
            }
        };
    }
    kept
}

/// Adds the text that begins here, up to its quote, in one spelling; what follows it.
fn quoted<'c>(text: &'c str, quote: char, kept: &mut String) -> &'c str {
    let start = kept.len();
    let mut characters = text.char_indices();
    let mut end = text.len();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next() {
                // A quote is escaped in one kind of quotes and not in another.
                Some((_, '"' | '\'' | '`')) | None => kept.push('"'),
                Some((_, other)) => kept.extend(['\\', other]),
            },
            it if it == quote => {
                end = at + quote.len_utf8();
                break;
            }
            '"' | '\'' | '`' => kept.push('"'),
            other => kept.push(other),
        }
    }
    let rest = &text[end..];
    // Keys may lose their quotes.
    if !rest.trim_start().starts_with(':') {
        kept.insert(start, '"');
        kept.push('"');
    }
    rest
}

fn after<'c>(text: &'c str, end: &str) -> &'c str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_imported_names_means_nothing() {
        let same = |one: &str, other: &str, language| of("r", one, Some(language)) == of("r", other, Some(language));
        assert!(same(
            "from jose import jwt, JWTError",
            "from jose import (\n    JWTError,\n    jwt,\n)",
            Language::Python
        ));
        assert!(same("import jwt, os", "import os, jwt", Language::Python));
        assert!(same("import { b, a } from 'x'", "import { a, b } from \"x\";", Language::TypeScript));
        assert!(same(
            "use jsonwebtoken::{decode, Validation};",
            "use jsonwebtoken::{Validation, decode};",
            Language::Rust
        ));
        assert!(!same("from jose import jwt", "from jose import jwk", Language::Python));
        assert!(!same("decode(a, b)", "decode(b, a)", Language::Python));
    }

    #[test]
    fn formatting_changes_nothing() {
        let same = [
            (
                Language::Python,
                "jwt.decode(token, key, options={'verify_signature': False})",
                "jwt.decode(\n    token,  # the token\n    key,\n    options={\n        \"verify_signature\": False,\n    },\n)",
            ),
            (
                Language::JavaScript,
                "jwt.verify(t, k, { 'algorithms': [\"none\",] })",
                "jwt.verify(t, k, {\n  algorithms: ['none'] // any\n})",
            ),
            (Language::JavaScript, "t => jwt.decode(t)", "(t) => jwt.decode(t);"),
            (Language::JavaScript, r#"log('it\'s')"#, r#"log("it's")"#),
            (Language::Go, "jwt.Parse(t, /* any */ key)", "jwt.Parse(\n\tt,\n\tkey,\n)"),
        ];
        for (language, left, right) in same {
            assert_eq!(essence(left, language), essence(right, language));
            assert_eq!(of("r", left, Some(language)), of("r", right, Some(language)));
        }
    }

    #[test]
    fn meaning_changes_it() {
        let code = "jwt.decode(token, key, options={'verify_signature': False})";
        let others = [
            "jwt.decode(token, key, options={'verify_signature': True})",
            "jwt.decode(other, key, options={'verify_signature': False})",
            "jwt.decode(token, 'key', options={'verify_signature': False})",
            "jwt.decode(to ken, key, options={'verify_signature': False})",
        ];
        for other in others {
            assert_ne!(essence(code, Language::Python), essence(other, Language::Python), "{other}");
        }
        assert_ne!(of("a", code, None), of("b", code, None));
    }
}
