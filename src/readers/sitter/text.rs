//! What a text literal says, once its quotes are off and its escapes are undone.

/// Whether nodes of this kind are the plain stretches inside a text.
pub(super) fn is_content(kind: &str) -> bool {
    matches!(
        kind,
        "string_content"
            | "heredoc_content"
            | "nowdoc_string"
            | "string_fragment"
            | "multiline_string_fragment"
            | "string_literal_content"
            | "raw_string_content"
            | "character_literal_content"
            | "interpreted_string_literal_content"
            | "raw_string_literal_content"
    )
}

/// A literal without its prefix and quotes: `@"a"`, `'a'`, `"""a"""`, `:a`.
pub(super) fn unquoted(written: &str) -> &str {
    let start = written.trim_start_matches(|it: char| it.is_alphabetic() || matches!(it, '@' | '$' | ':'));
    for quote in ["\"\"\"", "\"", "'", "`"] {
        if let Some(inner) = start.strip_prefix(quote) {
            return inner.strip_suffix(quote).unwrap_or(inner);
        }
    }
    written.trim_start_matches(':').trim_end_matches(':')
}

/// Undoes the escapes that the languages have in common; an escape that is none of them is kept as written.
pub(super) fn unescaped(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (character, length) = escape(&rest[at..]);
        match character {
            Some(character) => text.push(character),
            None => text.push_str(&rest[at..at + length]),
        }
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    text
}

/// The character that the escape at the start of `rest` stands for, and how many bytes the escape takes.
fn escape(rest: &str) -> (Option<char>, usize) {
    let Some(letter) = rest[1..].chars().next() else { return (None, 1) };
    let digits = |from: usize, radix: u32, most: usize| {
        let found = rest[from..].chars().take(most).take_while(|it| it.is_digit(radix)).count();
        (u32::from_str_radix(&rest[from..from + found], radix).ok().and_then(char::from_u32), from + found)
    };
    let plain = |character| (Some(character), 1 + letter.len_utf8());
    match letter {
        'n' => plain('\n'),
        't' => plain('\t'),
        'r' => plain('\r'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'a' => plain('\u{7}'),
        'v' => plain('\u{b}'),
        'e' => plain('\u{1b}'),
        's' => plain(' '),
        'x' => digits(2, 16, 2),
        'u' if rest[2..].starts_with('{') => {
            let (character, end) = digits(3, 16, 6);
            (character, end + usize::from(rest[end..].starts_with('}')))
        }
        'u' => digits(2, 16, 4),
        'U' => digits(2, 16, 8),
        '0'..='7' => digits(1, 8, 3),
        '"' | '\'' | '\\' | '`' | '$' | '/' | '#' => plain(letter),
        _ => (None, 1 + letter.len_utf8()),
    }
}

/// A number without underscores and suffix.
pub(super) fn number(written: &str) -> String {
    let digits = written.replace('_', "");
    let is_hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
    let suffixes: &[char] =
        if is_hexadecimal { &['l', 'L', 'u', 'U'] } else { &['l', 'L', 'u', 'U', 'f', 'F', 'd', 'D', 'm', 'M'] };
    digits.trim_end_matches(suffixes).to_owned()
}
