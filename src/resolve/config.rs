//! Reading of the files that steer resolution and name versions: JSON, JSON with comments, TOML. What does not
//! parse is reported with its line; nothing here knows what the keys mean.

use serde_json::Value;

/// A configuration file that could not be understood, so that what it steers is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConfigError {
    pub(crate) path: String,
    /// 1-based; 0 when the whole file is meant.
    pub(crate) line: u32,
    pub(crate) message: String,
}

impl ConfigError {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> ConfigError {
        ConfigError { path: path.to_owned(), line: line as u32, message: message.into() }
    }
}

pub(super) fn json(path: &str, text: &str) -> Result<Value, ConfigError> {
    typed_json(path, text)
}

/// JSON of a known shape, for large files of which little is wanted.
pub(super) fn typed_json<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, ConfigError> {
    serde_json::from_str(without_mark(text)).map_err(|err| {
        // serde_json repeats the place, which the error holds already.
        let message = unquoted(&err.to_string());
        let message = message.split(" at line ").next().unwrap_or(&message);
        ConfigError::new(path, err.line(), message)
    })
}

/// JSON with comments and trailing commas, as `tsconfig.json` may be. An empty file is `null`.
pub(super) fn jsonc(path: &str, text: &str) -> Result<Value, ConfigError> {
    jsonc_parser::parse_to_serde_value(without_mark(text), &jsonc_parser::ParseOptions::default())
        .map_err(|err| ConfigError::new(path, err.line_display(), err.kind().to_string()))
}

pub(super) fn toml(path: &str, text: &str) -> Result<toml::Table, ConfigError> {
    toml::from_str(without_mark(text)).map_err(|err| {
        let line = err.span().map_or(0, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        ConfigError::new(path, line, err.message())
    })
}

/// A parser's message without the text it quotes from the file, which may be a credential:
/// `invalid type: string "…", expected a sequence`.
pub(super) fn unquoted(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(from), Some(to)) if from < to => format!("{}…{}", &message[..=from], &message[to..]),
        _ => message.to_owned(),
    }
}

/// Editors on Windows start files with a byte order mark.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The folder of a `/`-separated path; empty for a path without one.
pub(super) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// The last part of a `/`-separated path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rfind('/').map_or(path, |at| &path[at + 1..])
}

/// The folder itself and those around it, nearest first; the last one is the root, "".
pub(super) fn upwards(start: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let current = next?;
        next = if current.is_empty() { None } else { Some(folder(current)) };
        Some(current)
    })
}

/// `path`, seen from `base`, without `.` and `..`.
pub(super) fn joined(base: &str, path: &str) -> String {
    let mut whole = String::with_capacity(base.len() + 1 + path.len());
    whole.push_str(base);
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if whole.is_empty() || whole == ".." || whole.ends_with("/..") => push(&mut whole, ".."),
            ".." => whole.truncate(folder(&whole).len()),
            part => push(&mut whole, part),
        }
    }
    whole
}

/// Appends one more part to a `/`-separated path.
pub(super) fn push(path: &mut String, part: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins() {
        for (base, path, expected) in [
            ("", "./a", "a"),
            ("a/b", "../c", "a/c"),
            ("a", "../..", ".."),
            ("../x", "../../y", "../../y"),
            ("a", ".", "a"),
            ("a", "b//c/", "a/b/c"),
        ] {
            assert_eq!(joined(base, path), expected, "{base} + {path}");
        }
    }

    #[test]
    fn goes_upwards() {
        assert_eq!(upwards("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(upwards("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn says_where_a_file_does_not_parse() {
        let error = json("package.json", "{\n  \"a\": ,\n}").expect_err("that is no JSON");
        assert_eq!(error, ConfigError::new("package.json", 2, "expected value"));
        let error = toml("Cargo.toml", "[a]\nb =\n").expect_err("that is no TOML");
        assert_eq!(error.line, 2);
        let error = jsonc("tsconfig.json", "{\n // fine\n \"a\" 1 }").expect_err("that is no JSON");
        assert_eq!(error.line, 3);
        assert!(jsonc("tsconfig.json", "\u{feff}{ \"a\": [1,], /* b */ }").is_ok());
    }
}
