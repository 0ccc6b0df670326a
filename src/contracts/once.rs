//! `once`: what has a name is defined in one place of a service.

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
        // The first by path is the one; none of them is named as the one to go.
        for site in sites.iter().skip(1) {
            let mut finding = site.finding.clone();
            let others = sites.iter().filter(|it| !it.stands_where(site));
            finding.related = others.map(|it| it.related(format!("`{}` is defined here", it.key))).collect();
            let count = finding.related.len();
            let places = if count == 1 { "1 other place".to_owned() } else { format!("{count} other places") };
            finding.message = finding.message.replace("{others}", &places);
            findings.push(finding);
        }
    }
    findings
}
