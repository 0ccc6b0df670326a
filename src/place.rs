//! Where text comes from and where in it something stands. Offsets are UTF-8 byte offsets into the
//! decoded text; lines and columns are 1-based and columns count characters, as editors do.

use std::sync::Arc;
use std::sync::OnceLock;

/// A half-open byte range `start..end` in the decoded text of one [`Source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// Whether `other` lies within this span (equal spans contain each other).
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// One file as the tool sees it: its path below the scanned root and its decoded text.
#[derive(Debug)]
pub struct Source {
    /// Relative to the scanned root, `/`-separated.
    pub path: Arc<str>,
    pub text: String,
    line_starts: OnceLock<Vec<u32>>,
}

/// A position for people: 1-based line and column; `end_*` is where the span ends (exclusive column).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Source {
    pub fn new(path: Arc<str>, text: String) -> Source {
        Source { path, text, line_starts: OnceLock::new() }
    }

    /// The line and column of `span`. Built on first use, since most files hold no finding.
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.position(span.start);
        let (end_line, end_column) = self.position(span.end);
        Place { line, column, end_line, end_column }
    }

    /// The byte offset of a 1-based line and column.
    pub fn offset(&self, line: u32, column: u32) -> u32 {
        let Some(&start) = self.line_starts().get(line as usize - 1) else { return self.text.len() as u32 };
        let characters = self.text[start as usize..].char_indices();
        let offset = characters.map(|(at, _)| at as u32).nth(column as usize - 1);
        offset.map_or(self.text.len() as u32, |offset| start + offset)
    }

    /// The text of a 1-based line, without its line ending; empty past the end of the file.
    pub fn line(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(&start) = starts.get(line as usize - 1) else { return "" };
        let end = starts.get(line as usize).map_or(self.text.len(), |&end| end as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    fn position(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset).max(1);
        let start = starts[line - 1] as usize;
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        (line as u32, self.text[start.min(end)..end].chars().count() as u32 + 1)
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
                // A lone CR ends a line for Python and for editors; CRLF is one ending.
                if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                    starts.push(at as u32 + 1);
                }
            }
            starts
        })
    }
}
