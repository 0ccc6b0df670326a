//! Places that a contract lists beside each of them: what else takes part.

use crate::finding::Finding;
use crate::place::Place;
use crate::secret;
use crate::site::Site;
use rustc_hash::FxHashMap;

/// Places with what is said of each, in the order in which they are listed.
pub(super) struct Beside<'s> {
    said: Vec<(&'s Site, String)>,
    /// How many of them stand in one place.
    counts: FxHashMap<(&'s str, Place), usize>,
    most: usize,
}

impl<'s> Beside<'s> {
    /// `most`: so many are listed; more tell nobody anything, and a place beside each place is a square.
    pub(super) fn new(said: Vec<(&'s Site, String)>, most: usize) -> Beside<'s> {
        let mut counts: FxHashMap<(&str, Place), usize> = FxHashMap::default();
        for (site, _) in &said {
            *counts.entry((&site.finding.path, site.finding.place)).or_default() += 1;
        }
        let said = said.into_iter().map(|(site, said)| (site, secret::masked(&said))).collect();
        Beside { said, counts, most }
    }

    /// How many places there are but for the one of `site`.
    pub(super) fn count(&self, site: &Site) -> usize {
        let own = self.counts.get(&(&*site.finding.path, site.finding.place)).copied().unwrap_or(0);
        self.said.len() - own
    }

    /// Adds the others to the finding at the place of `site`, and says how many are left out.
    pub(super) fn list(&self, site: &Site, finding: &mut Finding) {
        let others = self.said.iter().filter(|(it, _)| !it.stands_where(site)).take(self.most);
        finding.related.extend(others.map(|(it, said)| it.related(said.clone())));
        let more = self.count(site).saturating_sub(self.most);
        if more > 0 {
            finding.message.push_str(&format!(" ({more} more places are not listed)"));
        }
    }
}
