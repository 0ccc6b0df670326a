//! `registry`: what is named is in a list that somebody keeps by hand. A name that is in none is one nobody knows to set.

use crate::contracts::beside::Beside;
use crate::finding::Finding;
use crate::rules::declared::Registry;
use crate::site::Site;
use std::collections::BTreeMap;

pub(super) fn judge(ignore: &[String], registries: &[Registry], sites: Vec<Site>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for registry in registries {
        let mut by_name: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
        for site in &sites {
            let is_its = registry.of.as_ref().is_none_or(|of| of.files.is_match(&*site.finding.path));
            if is_its && !registry.names.contains(&site.key) && !ignore.contains(&site.key) {
                by_name.entry(&site.key).or_default().push(site);
            }
        }
        // One a name: whoever adds it to the list mends them all.
        for sites in by_name.into_values() {
            let mut finding = sites[0].finding.clone();
            finding.message = finding.message.replace("{files}", &registry.files);
            let said = sites.iter().map(|it| (*it, format!("`{}` is read here, too", it.key))).collect();
            Beside::new(said, MOST_LISTED).list(sites[0], &mut finding);
            findings.push(finding);
        }
    }
    findings
}

const MOST_LISTED: usize = 10;
