//! Two branches that changed a baseline, joined without a conflict.

use crate::baseline::Baseline;
use crate::baseline::Entry;
use crate::baseline::Identity;
use std::collections::BTreeSet;

/// What all three have, what ours added and what theirs added: what either side removed is gone, whatever the other
/// did, since a finding that is there after all is told as new, and one that is hidden is not told. Counts are merged
/// the same way: each side's decrease and increase applies.
pub(crate) fn merge(base: &Baseline, ours: &Baseline, theirs: &Baseline) -> Baseline {
    let identities: BTreeSet<&Identity> = [base, ours, theirs].into_iter().flat_map(|it| it.entries.keys()).collect();
    let mut merged = Baseline::default();
    for identity in identities {
        let [was, our, their] = [base, ours, theirs].map(|it| it.entries.get(identity));
        let Some(mut entry) = said(was, our, their) else { continue };
        let count = |entry: Option<&Entry>| entry.map_or(0, |it| it.count as i64);
        let (was, our, their) = (count(was), count(our), count(their));
        // Both added the same findings, or both removed them: once.
        let count = match ((our - was).signum(), (their - was).signum()) {
            (1, 1) => our.max(their),
            (-1, -1) => our.min(their),
            _ => our + their - was,
        };
        if (was > 0 && (our == 0 || their == 0)) || count <= 0 {
            continue;
        }
        entry.count = count as usize;
        merged.entries.insert(identity.clone(), entry);
    }
    merged
}

/// The words of an entry: those of the side that changed them, of both the stricter.
fn said(was: Option<&Entry>, our: Option<&Entry>, their: Option<&Entry>) -> Option<Entry> {
    let same = |left: Option<&Entry>, right: Option<&Entry>| match (left, right) {
        (Some(left), Some(right)) => Entry { count: 0, ..left.clone() } == Entry { count: 0, ..right.clone() },
        (left, right) => left.is_none() && right.is_none(),
    };
    match (our, their) {
        (None, None) => was.cloned(),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (Some(our), Some(their)) if same(Some(our), was) => Some(their.clone()),
        (Some(our), Some(their)) if same(Some(their), was) => Some(our.clone()),
        (Some(our), Some(their)) => {
            let (first, second) = if key(our) <= key(their) { (our, their) } else { (their, our) };
            let expires = match (first.expires, second.expires) {
                (Some(first), Some(second)) => Some(first.min(second)),
                (first, second) => first.or(second),
            };
            let owner = first.owner.clone().or(second.owner.clone());
            let audit = first.audit.clone().or(second.audit.clone());
            Some(Entry { severity: first.severity.min(second.severity), expires, owner, audit, ..first.clone() })
        }
    }
}

/// An order that does not know which side is ours.
fn key(entry: &Entry) -> (&str, &str, Option<time::Date>) {
    (&entry.reason, &entry.at, entry.since)
}
