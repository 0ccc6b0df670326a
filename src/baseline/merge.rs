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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use time::Date;
    use time::macros::date;

    /// Nothing, and every entry that differs in what a merge looks at.
    fn states() -> Vec<Baseline> {
        let identity =
            Identity { path: "a.py".into(), scope: String::new(), rule: "r".into(), fingerprint: "00".to_owned() };
        let mut states = vec![Baseline::default()];
        for count in 1..=3 {
            for severity in [Severity::Warning, Severity::Error] {
                for expires in [None, Some(date!(2027 - 01 - 01)), Some(date!(2027 - 02 - 01))] {
                    for reason in ["first", "second"] {
                        let entry = Entry {
                            severity,
                            at: String::new(),
                            count,
                            reason: reason.to_owned(),
                            owner: (count == 2).then(|| "@a".to_owned()),
                            since: None,
                            expires,
                            audit: None,
                        };
                        states.push(Baseline { entries: [(identity.clone(), entry)].into() });
                    }
                }
            }
        }
        states
    }

    fn terms(baseline: &Baseline) -> Option<(usize, Severity, Date)> {
        let entry = baseline.entries.values().next()?;
        Some((entry.count, entry.severity, entry.expires.unwrap_or(Date::MAX)))
    }

    #[test]
    fn a_merge_knows_no_side_and_accepts_no_more_than_the_sides_do() {
        let states = states();
        for base in &states {
            for ours in &states {
                assert_eq!(merge(base, ours, ours), *ours, "both did the same");
                assert_eq!(merge(base, base, ours), *ours, "one side did nothing");
                for theirs in &states {
                    let merged = merge(base, ours, theirs);
                    assert_eq!(merged, merge(base, theirs, ours), "it does not matter whose side is whose");
                    let (Some(our), Some(their)) = (terms(ours), terms(theirs)) else {
                        let was_there = !base.entries.is_empty();
                        assert!(!was_there || merged.entries.is_empty(), "what one side removed is gone");
                        continue;
                    };
                    let Some((count, severity, expires)) = terms(&merged) else { continue };
                    let was = terms(base).map_or(0, |(count, ..)| count);
                    let most = our.0.max(their.0).max((our.0 + their.0).saturating_sub(was));
                    assert!(count <= most && severity <= our.1.max(their.1) && expires <= our.2.max(their.2));
                }
            }
        }
    }
}
