//! Findings as they are kept: numbers stand for texts, and a rule's texts are the rule's.

use crate::cache::Found;
use crate::cache::SyntaxError;
use crate::finding::Allowed;
use crate::finding::Finding;
use crate::finding::LowerBy;
use crate::finding::LowerIf;
use crate::finding::Related;
use crate::finding::Severity;
use crate::finding::State;
use crate::place::Place;
use crate::rules::Rule;
use crate::site::Before;
use crate::site::Called;
use crate::site::Fate;
use crate::site::Routed;
use crate::site::Said;
use crate::site::Site;
use serde::Deserialize;
use serde::Serialize;
use time::Date;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WireFinding {
    /// The rule's number; it has the texts that are the rule's.
    rule: u16,
    severity: u8,
    message: u32,
    path: u32,
    place: [u32; 4],
    scope: u32,
    snippet: u32,
    fingerprint: u32,
    in_tests: bool,
    related: Vec<(u32, [u32; 4], u32)>,
    also: Vec<u16>,
    state: u8,
    allowed: Option<WireAllowed>,
    /// Each by the name of something elsewhere, or the key of callers.
    lower_if: Vec<(bool, u32, WireFinding)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireAllowed {
    reason: String,
    owner: Option<String>,
    /// Julian day.
    until: Option<i32>,
    path: u32,
    line: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WireSite {
    key: u32,
    value: Option<WireSaid>,
    finding: WireFinding,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum WireSaid {
    Text(u32),
    Unknown,
    /// The flags in the order of [`Fate`].
    Fate {
        reached: Vec<u32>,
        is: [bool; 3],
    },
    Before {
        own: Vec<(u32, u32, u32)>,
        covered: Option<Vec<u32>>,
    },
    /// The flags in the order of [`Routed`].
    Route {
        name: u32,
        is: [bool; 4],
    },
    Called(WireCalled),
}

/// [`Called`]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum WireCalled {
    Well,
    Badly,
    ByCallers(u32),
    Behind(u32),
}

impl WireSite {
    pub(super) fn of(site: &Site, rules: &[Rule], number: &mut dyn FnMut(&str) -> u32) -> Option<WireSite> {
        let value = match &site.value {
            None => None,
            Some(Said::Unknown) => Some(WireSaid::Unknown),
            Some(Said::Text(text)) => Some(WireSaid::Text(number(text))),
            Some(Said::Before(before)) => Some(WireSaid::Before {
                own: before.own.iter().map(|(path, first, last)| (number(path), *first, *last)).collect(),
                covered: before.covered.as_ref().map(|files| files.iter().map(|path| number(path)).collect()),
            }),
            Some(Said::Route(it)) => Some(WireSaid::Route {
                name: number(&it.name),
                is: [it.is_writing, it.is_guarded, it.is_open, it.says_open],
            }),
            Some(Said::Called(called)) => Some(WireSaid::Called(match called {
                Called::Well => WireCalled::Well,
                Called::Badly => WireCalled::Badly,
                Called::ByCallers(key) => WireCalled::ByCallers(number(key)),
                Called::Behind(name) => WireCalled::Behind(number(name)),
            })),
            Some(Said::Fate(fate)) => Some(WireSaid::Fate {
                reached: fate.reached.iter().map(|path| number(path)).collect(),
                is: [fate.is_handed_off, fate.is_looked_up, fate.is_computed],
            }),
        };
        Some(WireSite { key: number(&site.key), value, finding: WireFinding::of(&site.finding, rules, number)? })
    }

    pub(super) fn site(&self, rules: &[Rule], text: &dyn Fn(&u32) -> Option<String>) -> Option<Site> {
        let value = match &self.value {
            None => None,
            Some(WireSaid::Unknown) => Some(Said::Unknown),
            Some(WireSaid::Text(it)) => Some(Said::Text(text(it)?)),
            Some(WireSaid::Before { own, covered }) => {
                let own = own.iter().map(|(path, first, last)| Some((text(path)?.into(), *first, *last)));
                let covered = match covered {
                    None => None,
                    Some(files) => Some(files.iter().map(|path| Some(text(path)?.into())).collect::<Option<_>>()?),
                };
                Some(Said::Before(Before { own: own.collect::<Option<_>>()?, covered }))
            }
            Some(WireSaid::Route { name, is: [is_writing, is_guarded, is_open, says_open] }) => {
                let [is_writing, is_guarded, is_open, says_open] = [*is_writing, *is_guarded, *is_open, *says_open];
                Some(Said::Route(Routed { name: text(name)?, is_writing, is_guarded, is_open, says_open }))
            }
            Some(WireSaid::Called(called)) => Some(Said::Called(match called {
                WireCalled::Well => Called::Well,
                WireCalled::Badly => Called::Badly,
                WireCalled::ByCallers(key) => Called::ByCallers(text(key)?.into()),
                WireCalled::Behind(name) => Called::Behind(text(name)?.into()),
            })),
            Some(WireSaid::Fate { reached, is: [is_handed_off, is_looked_up, is_computed] }) => {
                let reached = reached.iter().map(|path| Some(text(path)?.into())).collect::<Option<_>>()?;
                let [is_handed_off, is_looked_up, is_computed] = [*is_handed_off, *is_looked_up, *is_computed];
                Some(Said::Fate(Fate { reached, is_handed_off, is_looked_up, is_computed }))
            }
        };
        let finding = self.finding.finding(rules, text)?;
        Some(Site { rule: finding.rule.clone(), key: text(&self.key)?, value, finding })
    }

    pub(super) fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        visit(&mut self.key);
        match &mut self.value {
            Some(WireSaid::Text(it) | WireSaid::Route { name: it, .. }) => visit(it),
            Some(WireSaid::Called(WireCalled::ByCallers(it) | WireCalled::Behind(it))) => visit(it),
            Some(WireSaid::Fate { reached, .. }) => reached.iter_mut().for_each(&mut *visit),
            Some(WireSaid::Before { own, covered }) => {
                own.iter_mut().for_each(|(path, ..)| visit(path));
                covered.iter_mut().flatten().for_each(&mut *visit);
            }
            Some(WireSaid::Unknown | WireSaid::Called(WireCalled::Well | WireCalled::Badly)) | None => {}
        }
        self.finding.for_each_text(visit);
    }
}

/// What was found in a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct WireFound {
    findings: Vec<WireFinding>,
    sites: Vec<WireSite>,
    syntax_error: Option<SyntaxError>,
}

impl WireFound {
    /// `None` where something is of none of the rules.
    pub(super) fn of(found: &Found, rules: &[Rule], number: &mut dyn FnMut(&str) -> u32) -> Option<WireFound> {
        let findings = found.findings.iter().map(|it| WireFinding::of(it, rules, number)).collect::<Option<_>>()?;
        let sites = found.sites.iter().map(|it| WireSite::of(it, rules, number)).collect::<Option<_>>()?;
        Some(WireFound { findings, sites, syntax_error: found.syntax_error.clone() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.sites.is_empty() && self.syntax_error.is_none()
    }

    /// `None` where what was kept is of another build.
    pub(super) fn found(&self, rules: &[Rule], text: &dyn Fn(&u32) -> Option<String>) -> Option<Found> {
        Some(Found {
            findings: self.findings.iter().map(|it| it.finding(rules, text)).collect::<Option<_>>()?,
            sites: self.sites.iter().map(|it| it.site(rules, text)).collect::<Option<_>>()?,
            syntax_error: self.syntax_error.clone(),
        })
    }

    pub(super) fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        self.findings.iter_mut().for_each(|finding| finding.for_each_text(visit));
        self.sites.iter_mut().for_each(|site| site.for_each_text(visit));
    }
}

const STATES: [State; 4] = [State::New, State::Known, State::Excepted, State::Expired];

impl WireFinding {
    pub(super) fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        for text in [&mut self.message, &mut self.path, &mut self.scope, &mut self.snippet, &mut self.fingerprint] {
            visit(text);
        }
        for (path, _, message) in &mut self.related {
            visit(path);
            visit(message);
        }
        for (_, name, finding) in &mut self.lower_if {
            visit(name);
            finding.for_each_text(visit);
        }
        self.allowed.iter_mut().for_each(|it| visit(&mut it.path));
    }

    pub(super) fn of(finding: &Finding, rules: &[Rule], number: &mut dyn FnMut(&str) -> u32) -> Option<WireFinding> {
        let rule = |id: &str| rules.iter().position(|it| *it.id == *id).and_then(|at| u16::try_from(at).ok());
        let related = finding.related.iter().map(|it| (number(&it.path), wire_place(it.place), number(&it.message)));
        let related = related.collect();
        Some(WireFinding {
            rule: rule(&finding.rule)?,
            severity: Severity::ALL.iter().position(|it| *it == finding.severity)? as u8,
            message: number(&finding.message),
            related,
            path: number(&finding.path),
            place: wire_place(finding.place),
            scope: number(&finding.scope),
            snippet: number(&finding.snippet),
            fingerprint: number(&finding.fingerprint),
            in_tests: finding.in_tests,
            also: finding.also.iter().map(|id| rule(id)).collect::<Option<_>>()?,
            state: STATES.iter().position(|it| *it == finding.state)? as u8,
            allowed: finding.allowed.as_ref().map(|it| WireAllowed {
                reason: it.reason.clone(),
                owner: it.owner.clone(),
                until: it.until.map(Date::to_julian_day),
                path: number(&it.path),
                line: it.line,
            }),
            lower_if: {
                let less = finding.lower_if.iter().map(|it| {
                    let (by_callers, name) = match &it.by {
                        LowerBy::Elsewhere(name) => (false, name),
                        LowerBy::Callers(key) => (true, key),
                    };
                    Some((by_callers, number(name), WireFinding::of(&it.finding, rules, number)?))
                });
                less.collect::<Option<_>>()?
            },
        })
    }

    pub(super) fn finding(&self, rules: &[Rule], text: &dyn Fn(&u32) -> Option<String>) -> Option<Finding> {
        let rule = rules.get(usize::from(self.rule))?;
        let related = self.related.iter().map(|(path, at, message)| {
            Some(Related { path: text(path)?.into(), place: place(*at), message: text(message)? })
        });
        let allowed = match &self.allowed {
            None => None,
            Some(it) => Some(Allowed {
                reason: it.reason.clone(),
                owner: it.owner.clone(),
                until: it.until.map(Date::from_julian_day).transpose().ok()?,
                path: text(&it.path)?.into(),
                line: it.line,
            }),
        };
        Some(Finding {
            rule: rule.id.clone(),
            severity: *Severity::ALL.get(usize::from(self.severity))?,
            message: text(&self.message)?,
            fix: rule.fix.clone(),
            why: rule.why.clone(),
            cwe: rule.cwe.clone(),
            impact: rule.impact.clone(),
            path: text(&self.path)?.into(),
            place: place(self.place),
            scope: text(&self.scope)?,
            snippet: text(&self.snippet)?,
            fingerprint: text(&self.fingerprint)?,
            in_tests: self.in_tests,
            related: related.collect::<Option<_>>()?,
            also: self.also.iter().map(|at| Some(rules.get(usize::from(*at))?.id.clone())).collect::<Option<_>>()?,
            state: *STATES.get(usize::from(self.state))?,
            allowed,
            origin: None,
            lower_if: {
                let less = self.lower_if.iter().map(|(by_callers, name, finding)| {
                    let name = text(name)?.into();
                    let by = if *by_callers { LowerBy::Callers(name) } else { LowerBy::Elsewhere(name) };
                    Some(LowerIf { by, finding: finding.finding(rules, text)? })
                });
                less.collect::<Option<_>>()?
            },
        })
    }
}

fn wire_place(place: Place) -> [u32; 4] {
    [place.line, place.column, place.end_line, place.end_column]
}

fn place([line, column, end_line, end_column]: [u32; 4]) -> Place {
    Place { line, column, end_line, end_column }
}
