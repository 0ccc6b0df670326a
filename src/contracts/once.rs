//! `once`: what has a name is defined in one place of a service.

use crate::contracts::beside::Beside;
use crate::contracts::services::Services;
use crate::finding::Finding;
use crate::site::Site;
use std::collections::BTreeMap;

pub(super) fn judge(sites: Vec<Site>, services: &Services) -> Vec<Finding> {
    let mut by_name: BTreeMap<(String, String), Vec<Site>> = BTreeMap::new();
    for site in sites {
        let service = services.service(&site.finding.path).to_owned();
        by_name.entry((service, site.key.clone())).or_default().push(site);
    }
    let mut findings = Vec::new();
    for sites in by_name.into_values() {
        let said = sites.iter().map(|it| (it, format!("`{}` is defined here", it.key))).collect();
        let beside = Beside::new(said, MOST_LISTED);
        // The first by path is the one; none of them is named as the one to go.
        for site in sites.iter().skip(1) {
            let mut finding = site.finding.clone();
            let count = beside.count(site);
            let places = if count == 1 { "1 other place".to_owned() } else { format!("{count} other places") };
            finding.message = finding.message.replace("{others}", &places);
            beside.list(site, &mut finding);
            findings.push(finding);
        }
    }
    findings
}

const MOST_LISTED: usize = 30;
