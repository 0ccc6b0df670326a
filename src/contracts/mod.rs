//! Rules that only the whole repository can break. A rule with a contract finds places, file by file; here the places
//! of all files are judged together. Each kind of contract is one file and one row of [`judge`].
//!
//! What the kinds say, and the code they were made for: `docs/contracts.md`.

mod agree;
mod layers;
mod once;
mod retired;
pub(crate) mod services;

use crate::contracts::services::Services;
use crate::finding::Finding;
use crate::rules::Contract;
use crate::rules::Rule;
use crate::site::Site;
use std::collections::BTreeMap;

/// What is wrong among the sites of a whole repository, in no order.
pub(crate) fn judge(rules: &[Rule], sites: Vec<Site>, services: &Services) -> Vec<Finding> {
    let mut by_rule: BTreeMap<_, Vec<Site>> = BTreeMap::new();
    for site in sites {
        by_rule.entry(site.rule.clone()).or_default().push(site);
    }
    let contract = |id: &str| rules.iter().find(|rule| *rule.id == *id)?.contract.as_ref();
    let judged = by_rule.into_iter().filter_map(|(rule, mut sites)| {
        let contract = contract(&rule)?;
        // Whatever the threads did first.
        sites.sort_by(|a, b| (&a.finding.path, a.finding.place).cmp(&(&b.finding.path, b.finding.place)));
        Some(match contract {
            Contract::Agree(agree) => agree::judge(agree, sites, services),
            Contract::Once => once::judge(sites, services),
            Contract::Layers => layers::judge(sites),
            Contract::Retired(mention, retired) => retired::judge(*mention, retired, sites),
        })
    });
    judged.flatten().collect()
}
