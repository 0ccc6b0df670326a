//! Versions and what is asked of them, as far as the package managers agree: dotted numbers, compared number by
//! number, a pre-release before the release. Of what follows the numbers only that much is kept.

use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(crate) struct Version {
    numbers: Vec<u64>,
    is_pre_release: bool,
}

/// The versions from `low` on, up to `high`; without them, all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) low: Option<Version>,
    pub(crate) high: Option<Bound>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) version: Version,
    pub(crate) is_included: bool,
}

/// Whose way to write requirements: the same text means different versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// PEP 440: `~=2.8`, a bare version is exact.
    Python,
    /// Poetry's own: carets and tildes, and what Python has.
    Poetry,
    /// A bare version is exact, one with less than three numbers is all that start so.
    Npm,
    /// A bare version has a caret.
    Cargo,
    /// `~1.2` is up to 2; one bar is an "or" too.
    Composer,
}

impl Version {
    /// `None` for what does not begin with a number (or a `v` and a number).
    pub(crate) fn new(text: &str) -> Option<Version> {
        let text = text.trim().trim_start_matches(['v', 'V', '=']);
        // Python's epoch comes first, and hardly anybody has one.
        let text = text.split_once('!').map_or(text, |(_, version)| version);
        let mut numbers = Vec::with_capacity(3);
        let mut rest = text;
        loop {
            let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            numbers.push(rest[..end].parse().ok()?);
            rest = &rest[end..];
            match rest.strip_prefix('.') {
                Some(after) if after.starts_with(|it: char| it.is_ascii_digit()) => rest = after,
                _ => break,
            }
        }
        if numbers.is_empty() {
            return None;
        }
        let suffix = rest.split('+').next().unwrap_or(rest).trim_start_matches(['.', '-', '_']).to_ascii_lowercase();
        let word = suffix.split(|it: char| !it.is_ascii_alphabetic()).next().unwrap_or("");
        let is_pre_release = matches!(
            word,
            "a" | "alpha"
                | "b"
                | "beta"
                | "c"
                | "canary"
                | "cr"
                | "dev"
                | "m"
                | "next"
                | "pre"
                | "preview"
                | "rc"
                | "snapshot"
        );
        Some(Version { numbers, is_pre_release })
    }

    /// The first version that differs in the number at `place`: `2.8.1` at 1 leads to `2.9`.
    fn next(&self, place: usize) -> Version {
        let mut numbers = self.numbers.clone();
        numbers.resize(place + 1, 0);
        numbers[place] = numbers[place].saturating_add(1);
        Version { numbers, is_pre_release: false }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let most = self.numbers.len().max(other.numbers.len());
        let number = |version: &Version, at: usize| version.numbers.get(at).copied().unwrap_or(0);
        (0..most)
            .map(|at| number(self, at).cmp(&number(other, at)))
            .find(|ordering| ordering.is_ne())
            .unwrap_or_else(|| other.is_pre_release.cmp(&self.is_pre_release))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

// `2.0` and `2.0.0` are one version.
impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Range {
    pub(super) fn exactly(version: Version) -> Range {
        Range { low: Some(version.clone()), high: Some(Bound { version, is_included: true }) }
    }

    fn between(low: Version, high: Version) -> Range {
        Range { low: Some(low), high: Some(Bound { version: high, is_included: false }) }
    }

    /// All of them.
    pub(super) fn is_open(&self) -> bool {
        self.low.is_none() && self.high.is_none()
    }

    pub(super) fn only(&self) -> Option<&Version> {
        let high = self.high.as_ref().filter(|it| it.is_included)?;
        self.low.as_ref().filter(|low| **low == high.version)
    }

    pub(super) fn contains(&self, version: &Version) -> bool {
        self.low.as_ref().is_none_or(|low| low <= version)
            && self.high.as_ref().is_none_or(|high| match high.is_included {
                true => *version <= high.version,
                false => *version < high.version,
            })
    }

    /// What is in both; `None` when nothing is.
    pub(super) fn both(&self, other: &Range) -> Option<Range> {
        let low = self.low.iter().chain(&other.low).max().cloned();
        let high = self.high.iter().chain(&other.high).min_by(|a, b| compare(a, b)).cloned();
        let range = Range { low, high };
        let is_empty = range.low.as_ref().is_some_and(|low| !range.contains(low));
        (!is_empty).then_some(range)
    }

    /// From the lower of the lows to the higher of the highs.
    pub(super) fn either(&self, other: &Range) -> Range {
        Range {
            low: self.low.as_ref().zip(other.low.as_ref()).map(|(a, b)| a.min(b).clone()),
            high: self.high.as_ref().zip(other.high.as_ref()).map(|(a, b)| match compare(a, b) {
                Ordering::Less => b.clone(),
                Ordering::Equal | Ordering::Greater => a.clone(),
            }),
        }
    }

    /// What a requirement asks for; `None` when it names no version that could be compared: an address, a tag.
    pub(super) fn new(text: &str, dialect: Dialect) -> Option<Range> {
        let mut range: Option<Range> = None;
        let alternatives = text.split("||").flat_map(|text| match dialect {
            Dialect::Composer => text.split('|').collect::<Vec<_>>(),
            _ => vec![text],
        });
        for alternative in alternatives {
            let alternative = Range::alternative(alternative, dialect)?;
            range = Some(range.map_or(alternative.clone(), |range| range.either(&alternative)));
        }
        range
    }

    fn alternative(text: &str, dialect: Dialect) -> Option<Range> {
        if let Some((low, high)) = text.split_once(" - ") {
            let low = Version::new(low)?;
            let high = comparison("<=", high.trim(), dialect)?;
            return Some(Range { low: Some(low), high: high.high });
        }
        let mut whole = Range::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let operator = rest.find(|it| !matches!(it, '<' | '>' | '=' | '~' | '^' | '!')).unwrap_or(rest.len());
            let (operator, after) = rest.split_at(operator);
            let after = after.trim_start();
            let end = after.find(|it: char| it == ',' || it.is_whitespace()).unwrap_or(after.len());
            let (version, after) = after.split_at(end);
            rest = after.trim_start_matches(|it: char| it == ',' || it.is_whitespace());
            let part = comparison(operator, version, dialect)?;
            // Two that exclude each other let nothing in; the second one alone is as good an answer as any.
            whole = whole.both(&part).unwrap_or(part);
        }
        Some(whole)
    }
}

/// Which upper bound is reached first.
fn compare(a: &Bound, b: &Bound) -> Ordering {
    a.version.cmp(&b.version).then(a.is_included.cmp(&b.is_included))
}

fn comparison(operator: &str, text: &str, dialect: Dialect) -> Option<Range> {
    // Composer: `^1.0@beta`.
    let text = if dialect == Dialect::Composer { text.split('@').next().unwrap_or(text) } else { text };
    if matches!(text, "*" | "x" | "X" | "") {
        return Some(Range::default());
    }
    let is_wild = |part: &str| matches!(part, "*" | "x" | "X");
    let is_prefix = text.split('.').any(is_wild);
    let text = match text.split('.').position(is_wild) {
        Some(place) => text.splitn(place + 1, '.').take(place).collect::<Vec<_>>().join("."),
        None => text.to_owned(),
    };
    let version = Version::new(&text)?;
    let last = version.numbers.len() - 1;
    let below = |high: Version| Range { low: None, high: Some(Bound { version: high, is_included: false }) };
    Some(match operator {
        "!=" => Range::default(),
        ">=" | "=>" => Range { low: Some(version), high: None },
        // Not that version itself, but there is no telling the next one.
        ">" => Range { low: Some(version), high: None },
        "<" => below(version),
        "<=" if is_prefix || (dialect == Dialect::Npm && last < 2) => below(version.next(last)),
        "<=" => Range { low: None, high: Some(Bound { version, is_included: true }) },
        "^" => caret(version),
        "~=" => {
            let high = version.next(last.saturating_sub(1));
            Range::between(version, high)
        }
        "~" | "~>" => {
            let place = if dialect == Dialect::Composer { last.saturating_sub(1) } else { last.min(1) };
            let high = version.next(place);
            Range::between(version, high)
        }
        "" if is_prefix => prefix(version),
        "" if dialect == Dialect::Cargo => caret(version),
        "" | "=" if matches!(dialect, Dialect::Npm | Dialect::Cargo) && last < 2 => prefix(version),
        "==" | "=" if is_prefix => prefix(version),
        "" | "=" | "==" | "===" => Range::exactly(version),
        _ => return None,
    })
}

/// All versions that start with these numbers.
fn prefix(version: Version) -> Range {
    let high = version.next(version.numbers.len() - 1);
    Range::between(version, high)
}

/// Up to the next change of the first number that is not zero.
fn caret(version: Version) -> Range {
    let place = version.numbers.iter().position(|it| *it != 0).unwrap_or(version.numbers.len() - 1);
    let high = version.next(place);
    Range::between(version, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::new(text).unwrap_or_else(|| panic!("{text} is a version"))
    }

    #[test]
    fn versions_are_ordered() {
        let ordered = ["1.7.1", "1.10", "2.0.0rc1", "2.0", "2.0.1-beta.2", "2.0.1", "v2.1.0+incompatible", "10"];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{} < {}", pair[0], pair[1]);
        }
        for (left, right) in
            [("2", "2.0.0"), ("v1.2", "1.2"), ("1.2.RELEASE", "1.2"), ("2.0.post1", "2.0"), ("1!2.0", "2.0")]
        {
            assert_eq!(version(left), version(right));
        }
        for text in ["", "latest", "x", "v", "99999999999999999999999"] {
            assert_eq!(Version::new(text), None, "{text}");
        }
    }

    #[test]
    fn requirements() {
        use Dialect::*;
        // The versions inside, and the versions outside.
        for (dialect, text, inside, outside) in [
            (Python, "==2.8.0", "2.8", "2.8.1 2.7"),
            (Python, "==2.*", "2.0 2.99", "3.0 1.9"),
            (Python, ">=1.7,<2", "1.7.1", "2.0 1.6"),
            (Python, ">= 1.7, != 1.9, <= 2.1", "2.1 1.7", "2.1.1"),
            (Python, "~=2.8", "2.8 2.99", "3.0 2.7"),
            (Python, "~=2.8.1", "2.8.9", "2.9"),
            (Python, "", "0.1 99", ""),
            (Poetry, "^2.8", "2.8 2.99", "3 2.7"),
            (Poetry, "2.8.0", "2.8.0", "2.8.1"),
            (Poetry, "^1.7 || ^2.0", "1.7 2.5", "3.0 1.6"),
            (Npm, "9.0.2", "9.0.2", "9.0.3"),
            (Npm, "9", "9.5", "8.9 10"),
            (Npm, "9.x", "9.5", "8.9 10"),
            (Npm, "^0.3.1", "0.3.9", "0.4.0"),
            (Npm, "^0.0.3", "0.0.3", "0.0.4"),
            (Npm, "~1.2.3", "1.2.9", "1.3.0"),
            (Npm, "~1", "1.9", "2.0"),
            (Npm, ">=8.5.1 <10", "9.9", "10.0 8.5.0"),
            (Npm, "8.5.1 - 9", "9.9.9", "10.0 8.5.0"),
            (Npm, "*", "1 2", ""),
            (Cargo, "9", "9.3.1", "10 8"),
            (Cargo, "=9.2.0", "9.2.0", "9.2.1"),
            (Cargo, ">=8, <10", "9", "10"),
            (Composer, "~1.2", "1.9", "2.0 1.1"),
            (Composer, "^5.0|^6.0@beta", "5.1 6.9", "7.0 4.9"),
            (Composer, "6.*", "6.4", "7"),
        ] {
            let range = Range::new(text, dialect).unwrap_or_else(|| panic!("{text} is a requirement"));
            for text_inside in inside.split_whitespace() {
                assert!(range.contains(&version(text_inside)), "{text_inside} is in {text}");
            }
            for text_outside in outside.split_whitespace() {
                assert!(!range.contains(&version(text_outside)), "{text_outside} is not in {text}");
            }
        }
        for text in ["latest", "git+https://x/y", "workspace:*", "@ file:///x"] {
            assert_eq!(Range::new(text, Npm), None, "{text}");
        }
    }

    #[test]
    fn ranges_meet_and_join() {
        let range = |text| Range::new(text, Dialect::Python).expect("a requirement");
        assert_eq!(range(">=2").both(&range("==2.8")), Some(range("==2.8")));
        assert_eq!(range("<2").both(&range(">=2")), None);
        assert_eq!(range("==1.7").either(&range("==2.8")), range(">=1.7,<=2.8"));
        assert_eq!(range("<2").either(&range(">=3")), Range::default());
        assert_eq!(range("==2.8").only(), Some(&version("2.8")));
        assert_eq!(range(">=2.8").only(), None);
    }
}
