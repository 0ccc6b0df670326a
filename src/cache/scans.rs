//! What whole repositories came to, by what git had of them: the commit that is made today is what tomorrow's is
//! compared with.

use crate::cache::findings::WireFinding;
use crate::cache::packed;
use crate::cache::segment::TextList;
use crate::cache::segment::Texts;
use crate::cache::unpacked;
use crate::finding::Finding;
use crate::rules::Rule;
use serde::Deserialize;
use serde::Serialize;

/// What was found in whole repositories.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Scans {
    /// Each with the digest of what git had ([`crate::source::snapshot::Snapshot::digest`]), and as bytes: a run asks for
    /// few of them. The latest last.
    scans: Vec<(u64, Vec<u8>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireScan {
    texts: TextList,
    findings: Vec<WireFinding>,
    unexamined: Vec<Unexamined>,
}

/// The path of a file that was not examined in full, and the kind of the problem.
pub(crate) type Unexamined = (String, String);

/// Branches that somebody goes back and forth between.
const MOST_SCANS: usize = 8;

impl Scans {
    /// The scans that bytes are, and the digest of the run that wrote them; `None` where they are none.
    pub(crate) fn read(bytes: &[u8]) -> Option<(u64, Scans)> {
        unpacked(bytes).map(|(digest, scans, _)| (digest, scans))
    }

    pub(crate) fn bytes(&self, digest: u64) -> Option<Vec<u8>> {
        packed(self, digest)
    }

    /// What was found in a repository that git had like this.
    pub(crate) fn find(&self, listing: u64, rules: &[Rule]) -> Option<(Vec<Finding>, Vec<Unexamined>)> {
        let (_, bytes) = self.scans.iter().find(|(of, _)| *of == listing)?;
        let WireScan { texts, findings, unexamined } = postcard::from_bytes(bytes).ok()?;
        let text = |number: &u32| texts.get(*number).map(str::to_owned);
        let findings = findings.iter().map(|it| it.finding(rules, &text)).collect::<Option<_>>()?;
        Some((findings, unexamined))
    }

    /// Keeps what was found.
    pub(crate) fn note(&mut self, listing: u64, findings: &[&Finding], unexamined: Vec<Unexamined>, rules: &[Rule]) {
        self.scans.retain(|(of, _)| *of != listing);
        let mut texts = Texts::default();
        let findings = findings.iter().map(|it| WireFinding::of(it, rules, &mut |text| texts.number(text)));
        let Some(findings) = findings.collect() else { return };
        let scan = WireScan { texts: texts.all(), findings, unexamined };
        let Ok(bytes) = postcard::to_allocvec(&scan) else { return };
        self.scans.push((listing, bytes));
        self.scans.drain(..self.scans.len().saturating_sub(MOST_SCANS));
    }
}
