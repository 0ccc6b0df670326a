//! Whether a baseline accepts more than an earlier one: the ratchet. Entries are compared, never totals, so that what
//! was fixed does not make room for something new.

use crate::baseline::Baseline;
use crate::baseline::Entry;
use crate::baseline::Identity;
use std::collections::BTreeMap;

/// What a baseline accepts that an earlier one did not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Growth {
    /// Entries with how many findings they accept more.
    pub(crate) added: Vec<(Identity, usize)>,
    /// Entries that hold for longer.
    pub(crate) prolonged: Vec<Identity>,
    /// Entries that cover something more severe.
    pub(crate) raised: Vec<Identity>,
}

impl Growth {
    /// What `now` accepts more than `before` did. What followed its code to another place is the same entry.
    pub(crate) fn between(before: &Baseline, now: &Baseline) -> Growth {
        // What is gone may have moved.
        let mut left: BTreeMap<(&str, &str), Vec<(&Entry, usize)>> = BTreeMap::new();
        for (identity, entry) in &before.entries {
            let kept = now.entries.get(identity).map_or(0, |it| it.count);
            if entry.count > kept {
                left.entry(code_of(identity)).or_default().push((entry, entry.count - kept));
            }
        }
        let mut growth = Growth::default();
        for (identity, entry) in &now.entries {
            let same = before.entries.get(identity);
            let mut more = entry.count.saturating_sub(same.map_or(0, |it| it.count));
            let mut earlier: Vec<&Entry> = same.into_iter().collect();
            for (entry, count) in left.get_mut(&code_of(identity)).into_iter().flatten() {
                let taken = more.min(*count);
                if taken > 0 {
                    earlier.push(entry);
                }
                more -= taken;
                *count -= taken;
            }
            if more > 0 {
                growth.added.push((identity.clone(), more));
            }
            if earlier.iter().any(|it| it.severity < entry.severity) {
                growth.raised.push(identity.clone());
            }
            if earlier.iter().any(|it| it.expires.is_some_and(|day| entry.expires.is_none_or(|now| now > day))) {
                growth.prolonged.push(identity.clone());
            }
        }
        growth
    }

    pub(crate) fn is_none(&self) -> bool {
        self.added.is_empty() && self.prolonged.is_empty() && self.raised.is_empty()
    }

    /// Every entry that accepts more, once.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Identity> {
        let all = self.added.iter().map(|(identity, _)| identity).chain(&self.prolonged).chain(&self.raised);
        all.collect::<std::collections::BTreeSet<_>>().into_iter()
    }
}

fn code_of(identity: &Identity) -> (&str, &str) {
    (&identity.rule, &identity.fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use time::macros::date;

    fn baseline(entries: &[(&str, &str, usize)]) -> Baseline {
        let mut baseline = Baseline::default();
        for (path, fingerprint, count) in entries {
            let identity = Identity {
                path: (*path).into(),
                scope: String::new(),
                rule: "r".into(),
                fingerprint: (*fingerprint).to_owned(),
            };
            let entry = Entry {
                severity: Severity::Error,
                at: String::new(),
                count: *count,
                reason: "adoption".to_owned(),
                owner: None,
                since: None,
                expires: Some(date!(2027 - 01 - 01)),
                audit: None,
            };
            baseline.entries.insert(identity, entry);
        }
        baseline
    }

    fn added(before: &[(&str, &str, usize)], now: &[(&str, &str, usize)]) -> usize {
        Growth::between(&baseline(before), &baseline(now)).added.iter().map(|(_, count)| count).sum()
    }

    #[test]
    fn what_moved_is_no_growth_and_what_is_fixed_makes_no_room() {
        assert_eq!(added(&[("a", "1", 1)], &[("a", "1", 1)]), 0);
        assert_eq!(added(&[("a", "1", 1)], &[("b", "1", 1)]), 0);
        assert_eq!(added(&[("a", "1", 1)], &[("a", "2", 1)]), 1);
        assert_eq!(added(&[("a", "1", 1)], &[("a", "1", 1), ("b", "1", 1)]), 1);
        assert_eq!(added(&[("a", "1", 2)], &[("a", "1", 1), ("b", "1", 2)]), 1);
        assert_eq!(added(&[], &[("a", "1", 3)]), 3);
        assert_eq!(added(&[("a", "1", 3)], &[]), 0);
    }

    #[test]
    fn to_hold_for_longer_or_for_worse_is_growth() {
        let before = baseline(&[("a", "1", 1)]);
        let mut now = before.clone();
        for entry in now.entries.values_mut() {
            entry.expires = Some(date!(2027 - 02 - 01));
        }
        assert_eq!(Growth::between(&before, &now).prolonged.len(), 1);
        assert!(Growth::between(&now, &before).is_none());
        for entry in now.entries.values_mut() {
            entry.expires = None;
            entry.severity = Severity::Critical;
        }
        let growth = Growth::between(&before, &now);
        assert_eq!((growth.prolonged.len(), growth.raised.len(), growth.entries().count()), (1, 1, 1));
    }
}
