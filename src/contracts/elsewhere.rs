//! What stands in one place and makes what another one has less bad: a check in front of all requests, where a handler
//! reads the claims of a token again, or callers that have checked the token they give.

use crate::contracts::services::Services;
use crate::finding::Finding;
use crate::finding::LowerBy;
use crate::finding::Related;
use crate::finding::Severity;
use crate::site::Before;
use crate::site::Called;
use crate::site::Said;
use crate::site::Site;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many calls are named with a finding that they make less.
const MOST_NAMED: usize = 5;

/// Whether a site comes before a finding: in another file always, and in the same one where what it is made of stands in
/// another, and the file has not gone on before it. Python's frameworks put together their checks when all is there, and
/// Go's handlers are functions of their own, wherever they stand.
fn stands_before(site: &Site, before: &Before, finding: &Finding) -> bool {
    let (path, line) = (&finding.path, finding.place.line);
    site.finding.path != *path
        || !before.own.iter().any(|(own, ..)| own == path)
            && (path.ends_with(".py") || path.ends_with(".go") || site.finding.place.line < line)
}

/// Lowers the findings for which there is a site elsewhere in their package. What stands in a site's own functions
/// is theirs to answer for. One that has something critical there makes nothing less, and none does in a package with
/// something critical that nothing makes less: the check may be made of it.
pub(super) fn lower(findings: &mut [Finding], sites: &[Site], services: &Services) {
    let uses = Uses::new(sites);
    // What nobody makes less is certain.
    lower_by_callers(findings, &uses);
    let is_own = |before: &Before, finding: &Finding| {
        let holds = |(path, first, last): &(Arc<str>, u32, u32)| {
            *path == finding.path && (*first..=*last).contains(&finding.place.line)
        };
        before.own.iter().any(holds)
    };
    let sound = sites.iter().filter_map(|site| match &site.value {
        Some(Said::Before(before)) => Some((site, before)),
        _ => None,
    });
    let sound = sound.filter(|(site, before)| {
        let package = services.package(&site.finding.path);
        let breaks = |it: &Finding| {
            let is_certain = it.lower_if.is_empty() && !it.in_tests && services.package(&it.path) == package;
            it.severity == Severity::Critical && (is_certain || is_own(before, it))
        };
        !findings.iter().any(breaks)
    });
    let mut sound: Vec<(&Site, &Before)> = sound.collect();
    sound.sort_by_key(|(site, _)| (&site.finding.path, site.finding.place));
    // What has such a name and stands before a place.
    let before = |name: &str, finding: &Finding| {
        let package = services.package(&finding.path);
        let counts = |(site, before): &&(&Site, &Before)| {
            site.key == name
                && stands_before(site, before, finding)
                && services.package(&site.finding.path) == package
                && before.covered.as_ref().is_none_or(|files| files.contains(&finding.path))
                && !is_own(before, finding)
        };
        sound.iter().find(counts).map(|(site, _)| *site)
    };
    for finding in findings {
        let mut badly = Vec::new();
        for lower in std::mem::take(&mut finding.lower_if) {
            let related = match &lower.by {
                LowerBy::Elsewhere(name) => {
                    let site = before(name, finding);
                    site.map(|it| vec![it.related("requests come through this check".to_owned())])
                }
                LowerBy::Callers(key) => uses.all_well(key, &|site, name| before(name, &site.finding).is_some()),
            };
            match (related, &lower.by) {
                (Some(related), _) => {
                    *finding = lower.finding;
                    finding.related.extend(related);
                    badly.clear();
                    break;
                }
                (None, LowerBy::Callers(key)) => badly = uses.badly(key),
                (None, LowerBy::Elsewhere(_)) => {}
            }
        }
        finding.related.extend(badly);
    }
}

/// Lowers the findings in functions that all who call them use well, whatever stands before them; those are left open of
/// which that decides.
fn lower_by_callers(findings: &mut [Finding], uses: &Uses<'_>) {
    for finding in findings {
        let (mut well, mut badly) = (None, Vec::new());
        finding.lower_if.retain(|it| match &it.by {
            LowerBy::Elsewhere(_) => true,
            LowerBy::Callers(key) => {
                well = well.take().or_else(|| Some((uses.all_well(key, &|_, _| false)?, it.finding.clone())));
                let is_open = uses.all_well(key, &|_, _| true).is_some();
                if !is_open {
                    badly = uses.badly(key);
                }
                is_open
            }
        });
        match well {
            Some((well, less)) => {
                *finding = less;
                finding.related.extend(well);
            }
            None => finding.related.extend(badly),
        }
    }
}

/// How functions are called that are as bad as their callers make them.
struct Uses<'a> {
    by_key: BTreeMap<&'a str, Vec<(&'a Site, &'a Called)>>,
}

impl<'a> Uses<'a> {
    fn new(sites: &'a [Site]) -> Uses<'a> {
        let mut by_key: BTreeMap<&str, Vec<(&Site, &Called)>> = BTreeMap::new();
        for site in sites {
            if let Some(Said::Called(called)) = &site.value {
                by_key.entry(&site.key).or_default().push((site, called));
            }
        }
        for uses in by_key.values_mut() {
            uses.sort_by_key(|(site, _)| (&site.finding.path, site.finding.place));
            // A file is looked at again once others have asked.
            uses.dedup_by(|(one, said), (other, before)| one.stands_where(other) && said == before);
        }
        Uses { by_key }
    }

    /// The calls in which it ends who calls a function, by way of those that leave it to their own callers; and whether
    /// somebody calls each of these.
    fn ends(&self, key: &str) -> (Vec<(&'a Site, &'a Called)>, bool) {
        let mut seen = BTreeSet::from([key]);
        let mut keys = vec![key];
        let (mut ends, mut all_called) = (Vec::new(), true);
        while let Some(key) = keys.pop() {
            let uses = self.by_key.get(key);
            all_called &= uses.is_some();
            for (site, called) in uses.into_iter().flatten() {
                match called {
                    Called::ByCallers(further) => keys.extend(seen.insert(further).then_some(&**further)),
                    called => ends.push((*site, *called)),
                }
            }
        }
        (ends, all_called)
    }

    /// The calls by which all who call a function use it well, in the end; `None` where somebody does not, or nobody
    /// calls it. `is_behind` says whether what has such a name stands before a call.
    fn all_well(&self, key: &str, is_behind: &dyn Fn(&Site, &str) -> bool) -> Option<Vec<Related>> {
        let (ends, all_called) = self.ends(key);
        let well = ends.into_iter().map(|(site, called)| {
            let message = match called {
                Called::Well => "called from here, where no harm is done",
                Called::Behind(name) if is_behind(site, name) => "called from here, behind a check of all requests",
                _ => return None,
            };
            Some(site.related(message.to_owned()))
        });
        let mut well = well.collect::<Option<Vec<_>>>().filter(|it| all_called && !it.is_empty())?;
        well.truncate(MOST_NAMED);
        Some(well)
    }

    /// The calls that make a function as bad as it looks.
    fn badly(&self, key: &str) -> Vec<Related> {
        let (ends, _) = self.ends(key);
        let badly = ends.into_iter().filter(|(_, called)| **called == Called::Badly).take(MOST_NAMED);
        badly.map(|(site, _)| site.related("called from here, where nobody has checked the token".to_owned())).collect()
    }
}
