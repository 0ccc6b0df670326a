//! Which findings a baseline knows: one entry for one finding, in stages. First what is where it was; then what went
//! along with a renamed file, a renamed function, a moved one. The later stages ask that the old place is gone: what is
//! found where it was and in a second place is a copy, and the copy is new. What is critical moves to files only that
//! are known to be new.

use crate::baseline::Baseline;
use crate::baseline::Identity;
use crate::finding::Allowed;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::finding::State;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::sync::Arc;
use time::Date;

/// How a finding was known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Exact,
    /// The file has another name.
    FileRenamed,
    /// The function or class around it has another name.
    ScopeRenamed,
    Moved,
}

/// What is known of the repository beside its findings.
pub(crate) struct Tree<'a> {
    /// Whether there is a file at a path.
    pub(crate) exists: &'a dyn Fn(&str) -> bool,
    /// Whether the file at a path was looked at, so that an entry for it without a finding is stale.
    pub(crate) was_scanned: &'a dyn Fn(&str) -> bool,
    /// Whether the file at a path has a class or function of a dotted name; `None` where that is not known.
    pub(crate) has_scope: &'a dyn Fn(&str, &str) -> Option<bool>,
    /// Whether a file came since, as far as that is known: what is found in it has come from elsewhere.
    pub(crate) is_new: &'a dyn Fn(&str) -> bool,
    /// The lines of a file that were written since the baseline was, where version control knows.
    pub(crate) written: &'a dyn Fn(&str) -> Option<BTreeSet<u32>>,
}

/// What matching came to.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    /// For each finding that the baseline knows, by its index: the entry and how it was found.
    pub(crate) known: BTreeMap<usize, (Identity, Stage)>,
    /// Entries without a finding, and how many they accept too much.
    pub(crate) stale: BTreeMap<Identity, usize>,
    /// Known findings whose entries have run out.
    pub(crate) expired: usize,
    /// Findings that the baseline does not know, though it knows others of the same code in the same place: these.
    pub(crate) more: BTreeMap<usize, Vec<usize>>,
}

/// Marks the findings that the baseline knows, those outside of test code first. `path`: the baseline's.
pub(crate) fn match_findings(
    baseline: &Baseline,
    path: &Arc<str>,
    tree: &Tree<'_>,
    today: Date,
    findings: &mut [Finding],
) -> Matched {
    let mut left: BTreeMap<&Identity, usize> =
        baseline.entries.iter().map(|(identity, entry)| (identity, entry.count)).collect();
    let mut open: BTreeSet<usize> = (0..findings.len()).filter(|&at| findings[at].state == State::New).collect();
    let identities: Vec<Identity> = findings.iter().map(Identity::of).collect();
    let later = later(baseline, tree, findings, &identities, &open);
    let mut matched = Matched::default();
    for stage in [Stage::Exact, Stage::FileRenamed, Stage::ScopeRenamed, Stage::Moved] {
        let mut by_key: BTreeMap<Key<'_>, VecDeque<&Identity>> = BTreeMap::new();
        let asked: BTreeSet<Key<'_>> = open.iter().map(|at| stage.key(&identities[*at])).collect();
        for (identity, _) in left.iter().filter(|(_, count)| **count > 0) {
            if asked.contains(&stage.key(identity)) && stage.may_leave(identity, tree) {
                by_key.entry(stage.key(identity)).or_default().push_back(identity);
            }
        }
        // Of more than are accepted, those that were there before are meant.
        let mut order: Vec<usize> = open.iter().copied().collect();
        let follows_files = matches!(stage, Stage::FileRenamed | Stage::Moved) && !by_key.is_empty();
        let is_old = |at: &usize| follows_files && !(tree.is_new)(&findings[*at].path);
        order.sort_by_cached_key(|at| (findings[*at].in_tests, later.contains(at), is_old(at)));
        for at in order {
            let finding = &findings[at];
            let own = &identities[at];
            let Some(entries) = by_key.get_mut(&stage.key(own)) else { continue };
            // It may as well have been pasted there.
            if finding.severity == Severity::Critical && is_old(&at) {
                continue;
            }
            let fit = entries.iter().enumerate();
            let fit = fit.filter(|(_, identity)| {
                finding.severity <= baseline.entries[**identity].severity && stage.may_arrive(identity, own, tree)
            });
            let other_file = |(_, it): &(usize, &&Identity)| file_name(&it.path) != file_name(&own.path);
            let Some((position, &identity)) = fit.take(MOST_COMPARED).min_by_key(other_file) else { continue };
            let count = left.get_mut(identity).expect("entries come from there");
            *count -= 1;
            if *count == 0 {
                entries.remove(position);
            }
            open.remove(&at);
            matched.known.insert(at, (identity.clone(), stage));
        }
    }
    for (&at, (identity, _)) in &matched.known {
        let entry = &baseline.entries[identity];
        let has_expired = entry.expires.is_some_and(|day| day < today);
        matched.expired += usize::from(has_expired);
        let finding = &mut findings[at];
        finding.state = if has_expired { State::Expired } else { State::Known };
        finding.allowed = Some(Allowed {
            reason: crate::secret::masked(&entry.reason),
            owner: entry.owner.clone(),
            until: entry.expires,
            path: path.clone(),
            line: None,
        });
    }
    let is_uncertain = |at: &usize| baseline.entries.contains_key(&identities[*at]) && !later.contains(at);
    let mut twins: BTreeMap<&Identity, Vec<usize>> = BTreeMap::new();
    for at in matched.known.keys() {
        twins.entry(&identities[*at]).or_default().push(*at);
    }
    let of = |at: usize| twins.get(&identities[at]).into_iter().flatten().copied().take(MOST_TWINS).collect();
    matched.more = open.into_iter().filter(is_uncertain).map(|at| (at, of(at))).collect();
    matched.stale = left
        .into_iter()
        .filter(|(identity, count)| {
            *count > 0 && ((tree.was_scanned)(&identity.path) || !(tree.exists)(&identity.path))
        })
        .map(|(identity, count)| (identity.clone(), count))
        .collect();
    matched
}

/// Where there are more findings of an identity than are accepted: those on lines written since.
fn later(
    baseline: &Baseline,
    tree: &Tree<'_>,
    findings: &[Finding],
    identities: &[Identity],
    open: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    let mut groups: BTreeMap<&Identity, Vec<usize>> = BTreeMap::new();
    for &at in open {
        groups.entry(&identities[at]).or_default().push(at);
    }
    let mut written: BTreeMap<&str, Option<BTreeSet<u32>>> = BTreeMap::new();
    let mut later = BTreeSet::new();
    for (identity, group) in groups {
        if baseline.entries.get(identity).is_none_or(|entry| entry.count >= group.len()) {
            continue;
        }
        let lines = written.entry(&identity.path).or_insert_with(|| (tree.written)(&identity.path));
        let Some(lines) = lines else { continue };
        later.extend(group.into_iter().filter(|&at| lines.contains(&findings[at].place.line)));
    }
    later
}

/// Of entries that could each have become a finding, so many are compared.
const MOST_COMPARED: usize = 100;

/// Of the known ones of the same code, so many are named.
const MOST_TWINS: usize = 3;

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

type Key<'a> = (&'a str, &'a str, &'a str, &'a str);

impl Stage {
    /// Whether a finding may be what became of an entry: it has not left a function that went along.
    fn may_arrive(self, identity: &Identity, own: &Identity, tree: &Tree<'_>) -> bool {
        let stays = || (tree.has_scope)(&own.path, &identity.scope) == Some(true);
        self != Stage::Moved || identity.scope.is_empty() || !stays()
    }

    /// What must be equal.
    fn key<'i>(self, identity: &'i Identity) -> Key<'i> {
        let Identity { path, scope, rule, fingerprint } = identity;
        match self {
            Stage::Exact => (rule, fingerprint, path, scope),
            Stage::FileRenamed => (rule, fingerprint, "", scope),
            Stage::ScopeRenamed => (rule, fingerprint, path, ""),
            Stage::Moved => (rule, fingerprint, "", ""),
        }
    }

    /// Whether the place of an entry is gone.
    fn may_leave(self, identity: &Identity, tree: &Tree<'_>) -> bool {
        match self {
            Stage::Exact => true,
            Stage::FileRenamed | Stage::Moved => !(tree.exists)(&identity.path),
            Stage::ScopeRenamed => {
                !identity.scope.is_empty() && (tree.has_scope)(&identity.path, &identity.scope) != Some(true)
            }
        }
    }
}
