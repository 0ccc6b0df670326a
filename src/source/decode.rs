//! Bytes to text. Decoding is lossy and says so: one bad byte never hides the rest of a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::problem::ProblemKind;

use super::reason;

/// Offsets are `u32` and UTF-16 or a legacy encoding may grow threefold, so this is the safe power of two.
const LARGEST_FILE: u64 = 1 << 30;

/// How a file begins that stands in for one kept elsewhere (git-lfs, docs/spec.md).
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// How much of a file decides whether it is binary or UTF-16 without a byte order mark.
const SAMPLE: usize = 8 * 1024;

pub(crate) enum Decoded {
    /// The text, and what went wrong on the way when something did.
    Text { text: String, problem: Option<(ProblemKind, String)> },
    /// Not decoded, with the reason.
    Unexamined(ProblemKind, String),
}

/// Reads and decodes one file. Anything but a regular file is refused before it is opened, because
/// opening a FIFO blocks until someone writes to it.
pub(crate) fn read(file: &Path) -> Decoded {
    match read_bytes(file) {
        Ok(bytes) => decode(bytes),
        Err((kind, message)) => Decoded::Unexamined(kind, message),
    }
}

/// Whether a regular file begins with `#!`. An unreadable one says yes, so that reading it says why.
pub(crate) fn starts_with_shebang(file: &Path) -> bool {
    let Ok(mut handle) = File::open(file) else { return true };
    let mut start = [0; 2];
    handle.read_exact(&mut start).is_ok() && start == *b"#!"
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, (ProblemKind, String)> {
    let unreadable = |error: std::io::Error| (ProblemKind::Unreadable, reason(&error));
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err((ProblemKind::NotAFile, "not a regular file".to_string()));
    }
    let handle = File::open(file).map_err(unreadable)?;
    let metadata = handle.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err((ProblemKind::NotAFile, "not a regular file".to_string()));
    }
    let too_large = || (ProblemKind::TooLarge, format!("larger than {} MiB", LARGEST_FILE >> 20));
    if metadata.len() > LARGEST_FILE {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    // The file may grow while we read it.
    handle.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE { Err(too_large()) } else { Ok(bytes) }
}

/// Turns the bytes of a file into text.
pub(crate) fn decode(mut bytes: Vec<u8>) -> Decoded {
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => {
            bytes.drain(..3);
        }
        [0xFF, 0xFE, 0, 0, rest @ ..] => return wide(rest, "UTF-32", u32::from_le_bytes, utf_32),
        [0, 0, 0xFE, 0xFF, rest @ ..] => return wide(rest, "UTF-32", u32::from_be_bytes, utf_32),
        [0xFF, 0xFE, rest @ ..] => return wide(rest, "UTF-16", u16::from_le_bytes, utf_16),
        [0xFE, 0xFF, rest @ ..] => return wide(rest, "UTF-16", u16::from_be_bytes, utf_16),
        _ => {}
    }
    if bytes.starts_with(LFS_POINTER) {
        let message = "a Git LFS pointer stands in for the file; `git lfs pull` gets it".to_owned();
        return Decoded::Unexamined(ProblemKind::LfsPointer, message);
    }
    let mut problem = None;
    if let Some(first) = memchr::memchr(0, &bytes) {
        let sample = &bytes[..bytes.len().min(SAMPLE)];
        match zeros_by_parity(sample) {
            Some(Parity::Odd) => return wide(&bytes, "UTF-16", u16::from_le_bytes, utf_16),
            Some(Parity::Even) => return wide(&bytes, "UTF-16", u16::from_be_bytes, utf_16),
            None => {}
        }
        let controls = sample.iter().filter(|byte| is_control(**byte)).count();
        if controls * 10 > sample.len() {
            return Decoded::Unexamined(ProblemKind::Binary, "holds NUL bytes and is not text".to_string());
        }
        let message = format!("NUL byte at line {} replaced by a space", line_of(&bytes, first));
        problem = Some((ProblemKind::Encoding, message));
        for byte in &mut bytes[first..] {
            if *byte == 0 {
                *byte = b' ';
            }
        }
    }
    let declared = declared_encoding(&bytes);
    if let Some(encoding) = declared.as_deref()
        && can_hide_code(encoding)
    {
        let message = format!("declares the encoding {encoding}, in which text can hide code; examined as UTF-8");
        problem = Some((ProblemKind::Binary, message));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Decoded::Text { text, problem },
        Err(error) => {
            let bad_at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            match declared.as_deref().and_then(single_byte_encoding) {
                Some(character) => Decoded::Text { text: bytes.iter().map(|byte| character(*byte)).collect(), problem },
                None => {
                    let message =
                        format!("not valid UTF-8 at line {}; bad bytes were replaced", line_of(&bytes, bad_at));
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    Decoded::Text { text, problem: problem.or(Some((ProblemKind::Encoding, message))) }
                }
            }
        }
    }
}

/// Decodes units of `WIDTH` bytes; a trailing part of a unit and units that are no character are replaced.
fn wide<const WIDTH: usize, Unit>(
    bytes: &[u8],
    encoding: &str,
    unit: fn([u8; WIDTH]) -> Unit,
    characters: fn(Vec<Unit>) -> (String, bool),
) -> Decoded {
    let (whole, rest) = bytes.as_chunks::<WIDTH>();
    let (mut text, mut bad) = characters(whole.iter().map(|chunk| unit(*chunk)).collect());
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
        bad = true;
    }
    let mut message = bad.then(|| format!("not valid {encoding}; bad bytes were replaced"));
    if let Some(first) = text.find('\0') {
        let line = line_of(text.as_bytes(), first);
        text = text.replace('\0', " ");
        message = message.or(Some(format!("NUL character at line {line} replaced by a space")));
    }
    Decoded::Text { text, problem: message.map(|message| (ProblemKind::Encoding, message)) }
}

fn utf_16(units: Vec<u16>) -> (String, bool) {
    let mut bad = false;
    let text = char::decode_utf16(units)
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                bad = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, bad)
}

fn utf_32(units: Vec<u32>) -> (String, bool) {
    let mut bad = false;
    let text = units
        .into_iter()
        .map(|unit| {
            char::from_u32(unit).unwrap_or_else(|| {
                bad = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, bad)
}

enum Parity {
    Even,
    Odd,
}

/// Where the zero bytes of a sample stand when it looks like UTF-16 without a mark: program text is
/// mostly ASCII, so nearly every other byte is zero and hardly any of the rest is.
fn zeros_by_parity(sample: &[u8]) -> Option<Parity> {
    let (pairs, _) = sample.as_chunks::<2>();
    let even = pairs.iter().filter(|pair| pair[0] == 0).count();
    let odd = pairs.iter().filter(|pair| pair[1] == 0).count();
    let (many, few) = (pairs.len() / 2, pairs.len() / 20);
    if pairs.is_empty() {
        None
    } else if odd > many && even <= few {
        Some(Parity::Odd)
    } else if even > many && odd <= few {
        Some(Parity::Even)
    } else {
        None
    }
}

/// Bytes that text does not hold: tab, line feed, form feed, carriage return and escape are text.
fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | 0x1B)
}

fn line_of(bytes: &[u8], offset: usize) -> usize {
    memchr::memchr_iter(b'\n', &bytes[..offset]).count() + 1
}

/// The encoding a comment in the first two lines declares (PEP 263), in lower case with `-` for `_`.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()).take(2) {
        let line = line.trim_ascii_start();
        if line.is_empty() {
            continue;
        }
        if line[0] != b'#' {
            return None;
        }
        for at in memchr::memmem::find_iter(line, b"coding") {
            let [b':' | b'=', value @ ..] = &line[at + b"coding".len()..] else { continue };
            let value = value.trim_ascii_start();
            let end = value
                .iter()
                .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')))
                .unwrap_or(value.len());
            if end > 0 {
                return Some(String::from_utf8_lossy(&value[..end]).to_ascii_lowercase().replace('_', "-"));
            }
        }
    }
    None
}

/// Encodings whose decoded text is other code than the ASCII bytes show, so that what we examine is not
/// what Python runs. All other encodings Python accepts leave ASCII alone.
fn can_hide_code(encoding: &str) -> bool {
    const NAMES: [&str; 19] = [
        "utf7",
        "unicode11utf7",
        "u7",
        "utf16",
        "u16",
        "utf32",
        "u32",
        "unicodeescape",
        "rawunicodeescape",
        "hz",
        "iso2022",
        "csiso2022",
        "punycode",
        "idna",
        "cp65000",
        "ibm037",
        "cp037",
        "cp500",
        "cp1140",
    ];
    let joined = encoding.replace(['-', '.'], "");
    NAMES.iter().any(|name| joined.starts_with(name))
}

/// The table of a legacy encoding that gives each byte one character.
fn single_byte_encoding(encoding: &str) -> Option<fn(u8) -> char> {
    match encoding {
        "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => Some(char::from),
        "cp1252" | "windows-1252" | "1252" => Some(windows_1252),
        _ => None,
    }
}

fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}',
        '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
    ];
    if (0x80..0xA0).contains(&byte) { HIGH[byte as usize - 0x80] } else { char::from(byte) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` is the text, then `| kind: message` when there is a problem; `!` for unexamined.
    fn check(bytes: &[u8], expected: &str) {
        let actual = match decode(bytes.to_vec()) {
            Decoded::Text { text, problem: None } => text,
            Decoded::Text { text, problem: Some((kind, message)) } => format!("{text} | {}: {message}", kind.name()),
            Decoded::Unexamined(kind, message) => format!("! {}: {message}", kind.name()),
        };
        assert_eq!(actual, expected, "decoding {bytes:?}");
    }

    fn utf_16_bytes(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn utf_8() {
        check(b"", "");
        check("é = 1\r\n".as_bytes(), "é = 1\r\n");
        check(b"\xEF\xBB\xBFa = 1", "a = 1");
        check(b"\xEF\xBB\xBF", "");
    }

    #[test]
    fn wide_encodings() {
        check(&utf_16_bytes("\u{FEFF}a = 'é😀'", u16::to_le_bytes), "a = 'é😀'");
        check(&utf_16_bytes("\u{FEFF}a = 'é😀'", u16::to_be_bytes), "a = 'é😀'");
        check(&utf_16_bytes("import jwt\n", u16::to_le_bytes), "import jwt\n");
        check(&utf_16_bytes("import jwt\n", u16::to_be_bytes), "import jwt\n");
        check(b"\xFF\xFE\0\0a\0\0\0", "a");
        check(b"\xFF\xFEa\0\x00\xD8", "a\u{FFFD} | encoding: not valid UTF-16; bad bytes were replaced");
        check(b"\xFF\xFEa\0b", "a\u{FFFD} | encoding: not valid UTF-16; bad bytes were replaced");
        check(b"\xFF\xFEa\0\0\0b\0", "a b | encoding: NUL character at line 1 replaced by a space");
    }

    #[test]
    fn zero_bytes() {
        check(
            b"a = 1\nlong enough\0here\n",
            "a = 1\nlong enough here\n | encoding: NUL byte at line 2 replaced by a space",
        );
        check(b"\x7FELF\x02\x01\x01\0\0\0\0\0", "! binary: holds NUL bytes and is not text");
    }

    #[test]
    fn bad_and_declared_bytes() {
        check(b"a\n'\xFF'", "a\n'\u{FFFD}' | encoding: not valid UTF-8 at line 2; bad bytes were replaced");
        check(b"# -*- coding: latin-1 -*-\n'\xE9'", "# -*- coding: latin-1 -*-\n'é'");
        check(
            b"#!/usr/bin/python\n# vim: set fileencoding=CP1252 :\n'\x80'",
            "#!/usr/bin/python\n# vim: set fileencoding=CP1252 :\n'€'",
        );
        check(
            b"x = 1\n# coding: latin-1\n'\xE9'",
            "x = 1\n# coding: latin-1\n'\u{FFFD}' | encoding: not valid UTF-8 at line 3; bad bytes were replaced",
        );
        check(
            b"# coding: raw_unicode_escape\n",
            "# coding: raw_unicode_escape\n | binary: declares the encoding raw-unicode-escape, in which text can hide code; examined as UTF-8",
        );
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fifo = folder.path().join("pipe.py");
        let status = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs");
        assert!(status.success());
        assert!(matches!(read(&fifo), Decoded::Unexamined(ProblemKind::NotAFile, _)));
        assert!(matches!(read(folder.path()), Decoded::Unexamined(ProblemKind::NotAFile, _)));
        let missing = read(&folder.path().join("missing"));
        assert!(
            matches!(missing, Decoded::Unexamined(ProblemKind::Unreadable, message) if message == "no such file or directory")
        );
    }
}
