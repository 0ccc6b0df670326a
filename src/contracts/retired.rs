//! `retired`: what nobody is to use any more is used nowhere.

use crate::contracts::beside::Beside;
use crate::finding::Finding;
use crate::rules::Mention;
use crate::rules::declared::Retired;
use crate::site::Site;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn judge(mention: Mention, retired: &[Arc<Retired>], sites: Vec<Site>) -> Vec<Finding> {
    let mut by_name: BTreeMap<String, Vec<Site>> = BTreeMap::new();
    for site in sites {
        by_name.entry(site.key.clone()).or_default().push(site);
    }
    let what = match mention {
        Mention::Use => "is used here, too",
        Mention::Text => "is named here, too",
    };
    let mut findings = Vec::new();
    for (name, sites) in &by_name {
        let Some(retired) = retired.iter().find(|it| is_meant(it, name)) else { continue };
        let said = sites.iter().map(|it| (it, format!("`{name}` {what}"))).collect();
        let beside = Beside::new(said, MOST_LISTED);
        for site in sites {
            let mut finding = site.finding.clone();
            let since = retired.since.as_ref().map(|it| format!(" on {it}")).unwrap_or_default();
            finding.message = finding.message.replace("{since}", &since);
            if let Some(reason) = &retired.reason {
                finding.why = reason.as_str().into();
            }
            if let Some(instead) = &retired.instead {
                finding.fix = format!("Use `{instead}`.").into();
            }
            beside.list(site, &mut finding);
            findings.push(finding);
        }
    }
    findings
}

/// A module is retired with all that is in it.
fn is_meant(retired: &Retired, name: &str) -> bool {
    let is_in = |module: &String| {
        name.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
    };
    retired.environment.iter().any(|it| it == name) || retired.imports.iter().any(is_in) || retired.files.is_match(name)
}

const MOST_LISTED: usize = 30;
