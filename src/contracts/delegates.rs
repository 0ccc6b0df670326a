//! `delegates`: who says that he checks something hands it to the one who can.
//!
//! What becomes of what such a function is given is known where it stands. Here it is asked whether it comes to the
//! owner; and where nobody says who that is, those that check it with a library are taken for it.

use crate::finding::Finding;
use crate::globs::Globs;
use crate::site::Fate;
use crate::site::Said;
use crate::site::Site;
use std::collections::BTreeSet;
use std::sync::Arc;

/// `owner`: his name and modules, where somebody says who it is.
pub(super) fn judge(owner: Option<(&str, &Globs)>, sites: Vec<Site>) -> Vec<Finding> {
    // Functions that say they check; the rest are places that a library checks at.
    let (claims, checks): (Vec<Site>, Vec<Site>) =
        sites.into_iter().partition(|site| matches!(site.value, Some(Said::Fate(_))));
    let guessed: BTreeSet<Arc<str>> = checks.iter().map(|site| site.finding.path.clone()).collect();
    let is_owned = |path: &Arc<str>| match owner {
        Some((_, modules)) => modules.is_match(&**path),
        None => guessed.contains(path),
    };
    let mut findings = Vec::new();
    for claim in claims {
        let Some(Said::Fate(fate)) = &claim.value else { continue };
        if is_owned(&claim.finding.path) || fate.reached.iter().any(is_owned) || !is_own_check(fate, owner.is_some()) {
            continue;
        }
        let mut finding = claim.finding.clone();
        let told = match owner {
            Some((name, _)) => format!("that is the business of `{name}`"),
            // Whoever is the only one is the owner.
            None if checks.is_empty() => continue,
            None => {
                let related = checks.iter().filter(|it| guessed.first() == Some(&it.finding.path)).take(MOST_LISTED);
                finding.related.extend(related.map(|it| it.related("a library checks tokens here".to_owned())));
                format!("a library checks them in {}", listed(&guessed))
            }
        };
        finding.message = finding.message.replace("{owner}", &told);
        findings.push(finding);
    }
    findings
}

/// Whether a function decides by itself. Where nobody says whose business that is, only one that reckons with what it is
/// given is said to: a list of keys that are known may be right.
fn is_own_check(fate: &Fate, has_owner: bool) -> bool {
    !fate.is_handed_off && (fate.is_computed || has_owner && fate.is_looked_up)
}

/// The first few of some paths.
fn listed(paths: &BTreeSet<Arc<str>>) -> String {
    let mut shown: Vec<String> = paths.iter().take(MOST_LISTED).map(|it| format!("`{it}`")).collect();
    if paths.len() > MOST_LISTED {
        shown.push(format!("and {} more", paths.len() - MOST_LISTED));
    }
    shown.join(", ")
}

/// Places that are listed; more tell nobody anything.
const MOST_LISTED: usize = 3;
