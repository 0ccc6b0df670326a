//! `layers`: nobody imports from a layer above his own. Which imports do is known file by file; here it is said how
//! many go the same way.

use crate::contracts::beside::Beside;
use crate::finding::Finding;
use crate::finding::Related;
use crate::place::Place;
use crate::site::Site;
use std::collections::BTreeMap;

pub(super) fn judge(sites: Vec<Site>) -> Vec<Finding> {
    let mut importers: BTreeMap<&str, Vec<(&Site, String)>> = BTreeMap::new();
    for site in &sites {
        let said = "imports it from another layer, too".to_owned();
        importers.entry(&site.key).or_default().push((site, said));
    }
    let beside: BTreeMap<&str, Beside> =
        importers.into_iter().map(|(imported, said)| (imported, Beside::new(said, MOST_LISTED))).collect();
    let found = sites.iter().map(|site| {
        let mut finding = site.finding.clone();
        let imported = Related {
            path: site.key.as_str().into(),
            place: Place { line: 1, column: 1, end_line: 1, end_column: 1 },
            message: "what is imported".to_owned(),
        };
        finding.related = vec![imported];
        beside[site.key.as_str()].list(site, &mut finding);
        finding
    });
    found.collect()
}

const MOST_LISTED: usize = 10;
