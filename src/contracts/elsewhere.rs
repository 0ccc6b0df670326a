//! What stands in one place and makes what another one has less bad: a check in front of all requests, where a handler
//! reads the claims of a token again.

use crate::contracts::services::Services;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::site::Before;
use crate::site::Said;
use crate::site::Site;
use std::sync::Arc;

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
            let is_certain = it.lower_if.is_none() && !it.in_tests && services.package(&it.path) == package;
            it.severity == Severity::Critical && (is_certain || is_own(before, it))
        };
        !findings.iter().any(breaks)
    });
    let mut sound: Vec<(&Site, &Before)> = sound.collect();
    sound.sort_by_key(|(site, _)| (&site.finding.path, site.finding.place));
    for finding in findings {
        let Some(lower) = finding.lower_if.take() else { continue };
        let package = services.package(&finding.path);
        let counts = |(site, before): &&(&Site, &Before)| {
            *site.key == *lower.elsewhere
                && stands_before(site, before, finding)
                && services.package(&site.finding.path) == package
                && before.covered.as_ref().is_none_or(|files| files.contains(&finding.path))
                && !is_own(before, finding)
        };
        if let Some((site, _)) = sound.iter().find(counts) {
            *finding = lower.finding;
            finding.related.push(site.related("requests come through this check".to_owned()));
        }
    }
}
