//! `covered`: somebody asks who is there before each handler of requests.
//!
//! Which handlers that goes for only the project file can say. Where it says nothing, a handler that changes something is
//! told from the others of its router: most of them ask, and this one was forgotten or is open for a reason.

use crate::contracts::beside::Beside;
use crate::contracts::services::Services;
use crate::finding::Finding;
use crate::rules::Unsure;
use crate::rules::declared::Guarded;
use crate::site::Before;
use crate::site::Routed;
use crate::site::Said;
use crate::site::Site;
use std::collections::BTreeMap;

/// So many of a router's handlers have to ask before one that does not stands out.
const FEWEST_GUARDED: usize = 3;

/// And so many times as many as do not.
const TIMES_AS_MANY: usize = 2;

/// One that only reads stands out where it is the only such one, so many that read are asked, and so many of all.
const FEWEST_READS: usize = 2;
const FEWEST_BESIDE_READ: usize = 5;

/// What stands before a part of an address that whoever asks may choose.
const PARAMETERS: [char; 3] = [':', '{', '<'];

const MOST_LISTED: usize = 5;

pub(super) fn judge(
    unsure: Option<&Unsure>,
    declared: &[Guarded],
    sites: Vec<Site>,
    services: &Services,
) -> Vec<Finding> {
    let routes: Vec<(&Site, &Routed)> = sites.iter().filter_map(|it| Some((it, route_of(it)?))).collect();
    let checks: Vec<(&Site, &Before)> = sites.iter().filter_map(|it| Some((it, before_of(it)?))).collect();
    let is_asked_before = |site: &Site| {
        let package = services.package(&site.finding.path);
        checks.iter().any(|(check, before)| match &before.covered {
            None => services.package(&check.finding.path) == package,
            Some(files) => files.contains(&site.finding.path),
        })
    };
    let mut by_file: BTreeMap<(&str, &str), Vec<(&Site, &Routed)>> = BTreeMap::new();
    let mut findings = Vec::new();
    for (site, route) in routes {
        if let Some(guarded) = declared.iter().find(|it| it.of.files.is_match(&*site.finding.path)) {
            let is_open = route.says_open || guarded.is_open(&route.name);
            if !route.is_guarded && !is_open && !is_asked_before(site) {
                findings.push(site.finding.clone());
            }
        } else {
            let package = services.package(&site.finding.path);
            by_file.entry((package, file_of(&site.key))).or_default().push((site, route));
        }
    }
    let Some(unsure) = unsure else { return findings };
    for routes in by_file.into_values() {
        // Who may read may be anybody where not everybody may write, but who asks readers asks writers.
        let (guarded, others): (Vec<_>, Vec<_>) = routes.into_iter().partition(|(_, route)| route.is_guarded);
        let reads = guarded.iter().filter(|(_, route)| !route.is_writing).count();
        let unread: Vec<_> = others.iter().filter(|(_, route)| !route.is_writing && !route.is_open).copied().collect();
        let mut others: Vec<_> = others.into_iter().filter(|(_, route)| route.is_writing).collect();
        // The one thing that everybody may read, where nothing else is, and it is one of many.
        if let [only] = unread[..]
            && only.1.name.contains(PARAMETERS)
            && reads >= FEWEST_READS
            && guarded.len() >= FEWEST_BESIDE_READ
        {
            others.push(only);
        }
        // On its own router, most ask as well, or there is no other one.
        let stands_out = |site: &Site| {
            let beside = |all: &[(&Site, &Routed)]| -> (usize, usize) {
                let own = all.iter().filter(|(it, _)| it.key == site.key);
                // A login asks in its way, and tells nothing of the others.
                own.fold((0, 0), |(all, closed), (_, route)| (all + 1, closed + usize::from(!route.is_open)))
            };
            let ((_, asking), (all, not_asking)) = (beside(&guarded), beside(&others));
            asking > not_asking || (asking, all) == (0, 1)
        };
        let forgotten = others.iter().filter(|(site, route)| !route.is_open && stands_out(site));
        let forgotten: Vec<_> = forgotten.filter(|(site, _)| !is_asked_before(site)).copied().collect();
        if guarded.len() < FEWEST_GUARDED || guarded.len() < forgotten.len() * TIMES_AS_MANY {
            continue;
        }
        let said = guarded.iter().map(|(site, route)| (*site, format!("`{}` is asked who is there", route.name)));
        let beside = Beside::new(said.collect(), MOST_LISTED);
        for (site, route) in forgotten {
            let message = unsure.message.replace("{route}", &crate::secret::masked(&route.name));
            let message = message.replace("{others}", &guarded.len().to_string());
            let mut finding = Finding { severity: unsure.severity, message, ..site.finding.clone() };
            beside.list(site, &mut finding);
            findings.push(finding);
        }
    }
    findings
}

/// A file's handlers are told from each other whatever router they are on: one that is registered on the wrong one is
/// forgotten, too. A router most of whose handlers do not ask is one for everybody.
/// Those of files that are routes themselves are told from each other by the package.
fn file_of(key: &str) -> &str {
    key.split_once('#').map_or("", |(path, _)| path)
}

fn route_of(site: &Site) -> Option<&Routed> {
    match &site.value {
        Some(Said::Route(route)) => Some(route),
        _ => None,
    }
}

fn before_of(site: &Site) -> Option<&Before> {
    match &site.value {
        Some(Said::Before(before)) => Some(before),
        _ => None,
    }
}
