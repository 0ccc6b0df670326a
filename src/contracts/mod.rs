//! Rules that only the whole repository can break. A rule with a contract finds places, file by file; here the places
//! of all files are judged together. Each kind of contract is one file and one row of [`judge`].
//!
//! What the kinds say, and the code they were made for: `docs/contracts.md`.

mod agree;
mod beside;
mod covered;
mod delegates;
mod elsewhere;
mod layers;
mod once;
mod registry;
mod retired;
pub(crate) mod services;

use crate::contracts::services::Services;
use crate::finding::Finding;
use crate::rules::Contract;
use crate::rules::Rule;
use crate::rules::declared::Declared;
use crate::site::Site;
use std::collections::BTreeMap;

/// What is wrong in a whole repository, in no order: what was found file by file, less of it where something elsewhere
/// makes it less, and what its sites break together.
pub(crate) fn judge(
    rules: &[Rule],
    (mut findings, sites): (Vec<Finding>, Vec<Site>),
    services: &Services,
    declared: &Declared,
) -> Vec<Finding> {
    elsewhere::lower(&mut findings, &sites, services);
    let mut by_rule: BTreeMap<_, Vec<Site>> = BTreeMap::new();
    for site in sites {
        by_rule.entry(site.rule.clone()).or_default().push(site);
    }
    let rule_of = |id: &str| rules.iter().find(|rule| *rule.id == *id);
    let judged = by_rule.into_iter().filter_map(|(rule, mut sites)| {
        let rule = rule_of(&rule)?;
        let contract = rule.contract.as_ref()?;
        // Whatever the threads did first.
        sites.sort_by(|a, b| (&a.finding.path, a.finding.place).cmp(&(&b.finding.path, b.finding.place)));
        Some(match contract {
            Contract::Agree(agree) => agree::judge(agree, sites, services),
            Contract::Covered(it) => covered::judge(it.unsure.as_ref(), &declared.guarded, sites, services),
            Contract::Once => once::judge(sites, services),
            Contract::Delegates => {
                let owner = rule.owner.as_deref().and_then(|name| Some((name, declared.owner(name)?)));
                delegates::judge(owner, sites)
            }
            Contract::Layers => layers::judge(sites),
            Contract::Registry(registered) => registry::judge(&registered.ignore, &declared.registries, sites),
            Contract::Retired(mention, retired) => retired::judge(*mention, retired, sites),
        })
    });
    findings.extend(judged.flatten());
    findings
}
