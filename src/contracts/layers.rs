//! `layers`: nobody imports from a layer above his own. Which imports do is known file by file; here it is said how
//! many go the same way.

use crate::finding::Finding;
use crate::finding::Related;
use crate::place::Place;
use crate::site::Site;
use std::collections::BTreeMap;

pub(super) fn judge(sites: Vec<Site>) -> Vec<Finding> {
    let mut importers: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
    for site in &sites {
        importers.entry(&site.key).or_default().push(site);
    }
    let found = sites.iter().map(|site| {
        let mut finding = site.finding.clone();
        let imported = Related {
            path: site.key.as_str().into(),
            place: Place { line: 1, column: 1, end_line: 1, end_column: 1 },
            message: "what is imported".to_owned(),
        };
        let others = importers[site.key.as_str()].iter().filter(|it| !it.stands_where(site)).take(MOST_LISTED);
        finding.related = std::iter::once(imported)
            .chain(others.map(|it| it.related("imports it from another layer, too".to_owned())))
            .collect();
        finding
    });
    found.collect()
}

/// Other imports that are listed beside one.
const MOST_LISTED: usize = 10;
