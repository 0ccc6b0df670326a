//! What whole repositories came to, by what git had of them: the commit that is made today is what tomorrow's is
//! compared with.

use crate::cache::findings::WireFinding;
use crate::cache::packed;
use crate::cache::segment::Texts;
use crate::cache::unpacked;
use crate::finding::Finding;
use crate::rules::Rule;
use serde::Deserialize;
use serde::Serialize;

/// What was found in whole repositories.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Scans {
    /// The latest last.
    scans: Vec<WireScan>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireScan {
    /// See [`crate::source::snapshot::Snapshot::digest`].
    listing: u64,
    texts: Vec<Box<str>>,
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
    pub(crate) fn find(&self, listing: u64, rules: &[Rule]) -> Option<(Vec<Finding>, &[Unexamined])> {
        let scan = self.scans.iter().find(|scan| scan.listing == listing)?;
        let text = |number: &u32| scan.texts.get(*number as usize).map(|it| it.to_string());
        let findings = scan.findings.iter().map(|it| it.finding(rules, &text)).collect::<Option<_>>()?;
        Some((findings, &scan.unexamined))
    }

    /// Keeps what was found.
    pub(crate) fn note(&mut self, listing: u64, findings: &[&Finding], unexamined: Vec<Unexamined>, rules: &[Rule]) {
        self.scans.retain(|scan| scan.listing != listing);
        let mut texts = Texts::default();
        let findings = findings.iter().map(|it| WireFinding::of(it, rules, &mut |text| texts.number(text)));
        let Some(findings) = findings.collect() else { return };
        self.scans.push(WireScan { listing, texts: texts.all(), findings, unexamined });
        self.scans.drain(..self.scans.len().saturating_sub(MOST_SCANS));
    }
}
