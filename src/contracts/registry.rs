//! `registry`: what is named is in a list that somebody keeps by hand. A name that is in none is one nobody knows to set.

use crate::finding::Finding;
use crate::rules::declared::Registry;
use crate::site::Site;
use std::collections::BTreeMap;

pub(super) fn judge(ignore: &[String], registries: &[Registry], sites: Vec<Site>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for registry in registries {
        let mut by_name: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
        for site in &sites {
            let is_its = registry.of.as_ref().is_none_or(|of| of.is_match(&*site.finding.path));
            if is_its && !registry.names.contains(&site.key) && !ignore.contains(&site.key) {
                by_name.entry(&site.key).or_default().push(site);
            }
        }
        // One a name: whoever adds it to the list mends them all.
        for sites in by_name.into_values() {
            let mut finding = sites[0].finding.clone();
            finding.message = finding.message.replace("{files}", &registry.files);
            let others = sites.iter().skip(1).take(MOST_LISTED);
            finding.related = others.map(|it| it.related(format!("`{}` is read here, too", it.key))).collect();
            let more = sites.len().saturating_sub(MOST_LISTED + 1);
            if more > 0 {
                finding.message.push_str(&format!(" ({more} more places are not listed)"));
            }
            findings.push(finding);
        }
    }
    findings
}

/// Places that are listed beside one; more tell nobody anything.
const MOST_LISTED: usize = 10;
