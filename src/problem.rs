//! A problem: our run is incomplete. Never mixed with findings, never silent.

/// What kept us from looking, most serious first in effect: see [`ProblemKind::is_unexamined`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The file or folder could not be opened or read.
    Unreadable,
    /// A FIFO, socket or device: reading it could block for ever.
    NotAFile,
    /// A source file that holds NUL bytes or is UTF-16 that does not decode.
    Binary,
    /// Larger than 4 GiB, past what offsets can address, or past `--max-file-size`.
    TooLarge,
    /// A pointer stands in for the file, which is kept elsewhere (Git LFS).
    LfsPointer,
    /// A symbolic link that leads back to a folder above it.
    SymlinkLoop,
    /// The reader panicked; our bug.
    Panic,
    /// A syntax error: the file was examined as far as it parses.
    SyntaxError,
    /// A syntax error in a file that holds no literal any rule looks for, so that it cannot hide a finding.
    SyntaxErrorElsewhere,
    /// A file named on the command line that no reader reads.
    NoReader,
    /// Not valid in its encoding: bad bytes were replaced, the rest was examined.
    Encoding,
    /// A file that says where imports lead (`tsconfig.json`, `go.mod`, …) does not parse: names were followed
    /// without it.
    BadConfig,
    /// A rule, glob, exclude or owner that selected nothing.
    SelectsNothing,
}

impl ProblemKind {
    /// All of them.
    pub(crate) const ALL: [ProblemKind; 13] = [
        ProblemKind::Unreadable,
        ProblemKind::NotAFile,
        ProblemKind::Binary,
        ProblemKind::TooLarge,
        ProblemKind::LfsPointer,
        ProblemKind::SymlinkLoop,
        ProblemKind::Panic,
        ProblemKind::SyntaxError,
        ProblemKind::SyntaxErrorElsewhere,
        ProblemKind::NoReader,
        ProblemKind::Encoding,
        ProblemKind::BadConfig,
        ProblemKind::SelectsNothing,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            ProblemKind::Unreadable => "unreadable",
            ProblemKind::NotAFile => "not-a-file",
            ProblemKind::Binary => "binary",
            ProblemKind::TooLarge => "too-large",
            ProblemKind::LfsPointer => "lfs-pointer",
            ProblemKind::SymlinkLoop => "symlink-loop",
            ProblemKind::Panic => "panic",
            ProblemKind::SyntaxError => "syntax-error",
            ProblemKind::SyntaxErrorElsewhere => "syntax-error-elsewhere",
            ProblemKind::NoReader => "no-reader",
            ProblemKind::Encoding => "encoding",
            ProblemKind::BadConfig => "bad-config",
            ProblemKind::SelectsNothing => "selects-nothing",
        }
    }

    /// Whether something that could hold a finding was not looked at, in whole or in part, so that a pass
    /// would be a claim we cannot make.
    pub fn leaves_run_incomplete(self) -> bool {
        match self {
            ProblemKind::Unreadable
            | ProblemKind::NotAFile
            | ProblemKind::Binary
            | ProblemKind::TooLarge
            | ProblemKind::LfsPointer
            | ProblemKind::Panic
            | ProblemKind::SyntaxError => true,
            // The link's target is walked where it really stands; replaced bytes hide nothing that parses.
            ProblemKind::SymlinkLoop
            | ProblemKind::SyntaxErrorElsewhere
            | ProblemKind::NoReader
            | ProblemKind::Encoding
            | ProblemKind::BadConfig
            | ProblemKind::SelectsNothing => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Relative to the scanned root, or a setting's name when no file is meant.
    pub path: String,
    /// 1-based; 0 when the whole file is meant.
    pub line: u32,
    pub kind: ProblemKind,
    pub message: String,
    /// The file is test code, where nothing counts in the verdict either.
    pub in_tests: bool,
}
