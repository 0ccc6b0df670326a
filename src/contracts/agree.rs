//! `agree`: what is said of one thing in several places is the same in all of them.
//!
//! A setting with two defaults is two settings: which one holds depends on who asks. Places are compared within a
//! service; a switch, which is on or off, is compared across all of them, and by what it means: `1`, `"true"` and `on`
//! are one value. What is known only when the program runs is listed, and compared with nothing.

use crate::contracts::beside::Beside;
use crate::contracts::services::Services;
use crate::finding::Finding;
use crate::rules::Agree;
use crate::site::Said;
use crate::site::Site;
use crate::site::truth;
use rayon::prelude::*;
use regex::Regex;
use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub(super) fn judge(agree: &Agree, sites: Vec<Site>, services: &Services) -> Vec<Finding> {
    let mut by_key: BTreeMap<String, Vec<Site>> = BTreeMap::new();
    for site in sites {
        by_key.entry(site.key.clone()).or_default().push(site);
    }
    let is_compared = |text: &str| !agree.ignore.iter().any(|it| it.eq_ignore_ascii_case(text.trim()));
    let by_key = by_key.into_par_iter();
    by_key.flat_map_iter(|(_, sites)| differing(&sites, services, &is_compared)).collect()
}

/// The findings at the places of one key that differ from most others.
fn differing(sites: &[Site], services: &Services, is_compared: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let texts = sites.iter().filter_map(|site| match &site.value {
        Some(Said::Text(text)) if is_compared(text) => Some((site, text.as_str())),
        _ => None,
    });
    let texts: Vec<(&Site, &str)> = texts.collect();
    // With nothing but 0 and 1 it may be a number.
    let is_word = |text: &str| text.trim().parse::<f64>().is_err();
    let is_switch = texts.iter().all(|(_, text)| truth(text).is_some()) && texts.iter().any(|(_, text)| is_word(text));
    let group = |site: &Site| if is_switch { String::new() } else { services.service(&site.finding.path).to_owned() };
    let mut groups: BTreeMap<String, Vec<(&Site, String)>> = BTreeMap::new();
    for (site, text) in &texts {
        groups.entry(group(site)).or_default().push((site, normalised(text, is_switch)));
    }
    let beside = LazyCell::new(|| beside(sites, is_compared));
    let mut findings = Vec::new();
    for members in groups.values() {
        // How often each value stands there, and where it comes first.
        let mut values: BTreeMap<&str, (usize, Reverse<usize>)> = BTreeMap::new();
        for (at, (_, value)) in members.iter().enumerate() {
            values.entry(value).or_insert((0, Reverse(at))).0 += 1;
        }
        // A quantity that each place sets for itself, unless somebody sets it for all.
        let is_quantity = QUANTITY.is_match(&sites[0].key) && values.keys().all(|it| it.parse::<f64>().is_ok());
        if is_quantity && values.len() >= TUNED_FROM {
            continue;
        }
        // Of those that stand equally often, the one that comes first is the rule and the others are the exceptions.
        let usual = values.iter().max_by_key(|(_, often)| **often);
        let Some((&usual, _)) = usual.filter(|_| values.len() > 1) else { continue };
        for (site, value) in members.iter().filter(|(_, value)| *value != usual) {
            let mut finding = site.finding.clone();
            let others = others(site, value, &values);
            let value = shown(site, value, "one text");
            finding.message = finding.message.replace("{value}", &value).replace("{others}", &others);
            beside.list(site, &mut finding);
            findings.push(finding);
        }
    }
    findings
}

/// All places where something is said of the key, by what that is.
fn beside<'s>(sites: &'s [Site], is_compared: &dyn Fn(&str) -> bool) -> Beside<'s> {
    let said = sites.iter().filter_map(|site| match &site.value {
        Some(Said::Text(text)) if is_compared(text) => Some((site, shown(site, text, "a text"))),
        Some(Said::Unknown) => Some((site, "a value that is known only at run time".to_owned())),
        _ => None,
    });
    let mut said: Vec<(&Site, String)> = said.collect();
    // Those that say the same stay in the order of their places.
    said.sort_by(|a, b| a.1.cmp(&b.1));
    Beside::new(said.into_iter().map(|(site, said)| (site, format!("{said} here"))).collect(), MOST_LISTED)
}

/// What is said of the key besides a value.
fn others<T>(site: &Site, value: &str, values: &BTreeMap<&str, T>) -> String {
    let others = || values.keys().filter(|it| **it != value);
    let shown: BTreeSet<String> = others().take(MOST_VALUES).map(|it| shown(site, it, "another text")).collect();
    let mut listed = shown.into_iter().collect::<Vec<_>>().join(", ");
    if values.len() - 1 > MOST_VALUES {
        listed.push_str(&format!(" and {} more values", values.len() - 1 - MOST_VALUES));
    }
    listed
}

/// The text without what makes no difference.
fn normalised(text: &str, is_switch: bool) -> String {
    let text = text.trim();
    if let Some(truth) = truth(text).filter(|_| is_switch) {
        return truth.to_string();
    }
    if let Ok(number) = text.parse::<f64>() {
        return number.to_string();
    }
    if text.contains("://") {
        return text.trim_end_matches('/').to_ascii_lowercase();
    }
    if text.contains(',') {
        let parts: BTreeSet<&str> = text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        return parts.into_iter().collect::<Vec<_>>().join(",");
    }
    text.to_owned()
}

static QUANTITY: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = "(?i)timeout|limit|turns|count|size|length|max|min|interval|delay|retr|attempt|second|minute|hour|days\
                   |_ms$|_sec|ttl|threshold|workers|threads|concurren|pool|batch|rate|ratio";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// Two numbers may be one setting, which somebody changed in one place; so many are several.
const TUNED_FROM: usize = 3;

const MOST_LISTED: usize = 30;

/// Values that a message names.
const MOST_VALUES: usize = 10;

/// A value as it may be shown, or `hidden` where it may be a secret.
fn shown(site: &Site, value: &str, hidden: &str) -> String {
    match site.may_be_secret(value) {
        true => format!("{hidden} (not shown)"),
        false => format!("`{}`", value.chars().take(LONGEST_SHOWN).collect::<String>()),
    }
}

/// In characters.
const LONGEST_SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_makes_no_difference() {
        let same = |a: &str, b: &str, is_switch| normalised(a, is_switch) == normalised(b, is_switch);
        assert!(same("1", " TRUE", true) && same("off", "0", true) && !same("1", "0", true));
        assert!(same("30", "30.0", false) && !same("30", "31", false));
        assert!(same("http://A.example/", "http://a.example", false) && same("b, a", "a,b", false));
        assert!(!same("True", "true", false), "as a text");
    }
}
