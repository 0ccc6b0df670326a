//! `gate`: whether a change, a branch or a deployment may pass. Whatever could not be found out does not pass.

use crate::baseline::Baseline;
use crate::baseline::Growth;
use crate::cli::Color;
use crate::cli::GateArguments;
use crate::commands::Failure;
use crate::commands::baseline::findings;
use crate::commands::check;
use crate::commands::output;
use crate::commands::progress::with_progress;
use crate::examples;
use crate::exception::lacks_reason;
use crate::finding::Finding;
use crate::finding::Origin;
use crate::finding::State;
use crate::pipeline;
use crate::pipeline::ScopeNames;
use crate::report;
use crate::report::Report;
use crate::rules::Rule;
use crate::settings;
use crate::settings::Gate;
use crate::settings::Tree;
use crate::source;
use crate::source::git;
use crate::source::git::Base;
use crate::source::snapshot::Snapshot;
use crate::verdict;
use crate::verdict::Level;
use crate::verdict::Outcome;
use crate::verdict::Requirement;
use rayon::prelude::*;
use std::sync::Arc;

pub(super) fn run(arguments: &GateArguments, color: Color) -> Result<u8, Failure> {
    let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut gate = match Gate::new(arguments, &get) {
        Ok(gate) => gate,
        Err(err) => {
            // Whoever reads the last report must not take it for this run's.
            let folder = settings::reports_of(arguments, &get);
            _ = std::fs::remove_file(arguments.root.join(folder).join(output::LATEST));
            return Err(err.into());
        }
    };
    let reports = gate.reports.as_ref().map(|folder| gate.settings.root.join(folder));
    if let Some(folder) = &reports {
        _ = std::fs::remove_file(folder.join(output::LATEST));
    }
    let root = gate.settings.root.clone();
    let has_git = git::is_repository(&root);
    let needs_base = gate.settings.policy.of_change || gate.has_ratchet && gate.settings.baseline.is_some();
    let base = (has_git && needs_base).then(|| git::base(&root, gate.base.as_ref().map(|(name, _)| name.as_str())));
    if let Some(Base::Commit(commit, _)) = &base {
        gate.settings.context.base = Some(commit.clone());
    }
    let mut report = with_progress(|progress| pipeline::scan(&gate.settings, progress));
    let compared = compared(&gate, base.as_ref(), &mut report)?;
    report.requirements.extend(compared);
    report.requirements.push(ratchet(&gate, base.as_ref(), &report));
    report.requirements.extend(exceptions(&gate, &report));
    report.requirements.extend(unknown_rules(&gate));
    report.requirements.extend(expiring(&gate, &report));
    report.requirements.extend(checked(&gate));
    report.judge();
    report.escalates = gate.escalates && report.verdict.exit_code == verdict::CRITICAL;
    report.is_advisory = gate.is_advisory;
    output::write(&report, &arguments.report, color)?;
    if let Some(folder) = &reports {
        output::keep(&report, folder, "ci_ssot_compliance")?;
    }
    Ok(if gate.is_advisory { verdict::PASS } else { report.verdict.exit_code })
}

/// Says of each finding whether the change brings it, where the mode asks for that.
fn compared(gate: &Gate, base: Option<&Base>, report: &mut Report) -> Result<Option<Requirement>, Failure> {
    if !gate.settings.policy.of_change {
        return Ok(None);
    }
    let origin =
        gate.base.as_ref().map_or("the default branch".to_owned(), |(name, origin)| format!("{origin}: {name}"));
    let required = |value: &str, outcome| {
        Some(Requirement { name: "compared with".to_owned(), value: value.to_owned(), origin: origin.clone(), outcome })
    };
    let (commit, what) = match base {
        Some(Base::Commit(commit, what)) => (commit, what),
        Some(Base::Unknown(why)) => return Ok(required("unknown", Outcome::Unknown(why.clone()))),
        Some(Base::Nothing) | None => return Ok(required("nothing: everything is new", Outcome::Met)),
    };
    let root = &gate.settings.root;
    let touched = git::changed_since(root, commit)?;
    let tree = Arc::new(Snapshot::of_commit(root, commit)?);
    let settings = gate.settings.at(Tree::Snapshot(tree.clone()));
    let before = with_progress(|progress| pipeline::scan(&settings, progress));
    let exists = |path: &str| source::exists(root, path);
    let existed = |path: &str| tree.object(path).is_some();
    let names = ScopeNames::new(root, &gate.settings.tree);
    let has_scope = |path: &str, scope: &str| names.has(path, scope);
    let change = report::Change { exists: &exists, existed: &existed, has_scope: &has_scope, touched: &touched };
    report.compare(before.counted(), &change);
    Ok(required(&format!("{}, {what}", short(commit)), Outcome::Met))
}

/// Whether the baseline accepts more than it did.
fn ratchet(gate: &Gate, base: Option<&Base>, report: &Report) -> Requirement {
    let required = |outcome| Requirement {
        name: "baseline growth".to_owned(),
        value: gate.growth.name().to_owned(),
        origin: gate.growth_origin.clone(),
        outcome,
    };
    let Some((name, now)) = &gate.settings.baseline else { return required(Outcome::Met) };
    if !gate.has_ratchet {
        return Requirement {
            value: "not looked at".to_owned(),
            origin: "--no-ratchet".to_owned(),
            ..required(Outcome::Met)
        };
    }
    let is_lenient = gate.settings.level == Some(Level::Permissive);
    let unknown = |why: String| {
        let told = if gate.settings.policy.of_change { "see above" } else { &why };
        let said = format!("whether {name} accepts more than it did is not known (--no-ratchet goes without): {told}");
        if is_lenient { Outcome::Noted(said) } else { Outcome::Unknown(said) }
    };
    let commit = match base {
        Some(Base::Commit(commit, _)) => commit,
        Some(Base::Nothing) => return required(Outcome::Met),
        Some(Base::Unknown(why)) => return required(unknown(why.clone())),
        None => return required(unknown("this is no clone of a repository".to_owned())),
    };
    let before = match baseline_at(gate, commit) {
        Ok(before) => before,
        Err(why) => return required(unknown(why)),
    };
    let Some(before) = before else { return required(adopted(gate, report, name, commit)) };
    let growth = Growth::between(&before, now);
    if growth.is_none() {
        return required(Outcome::Met);
    }
    let added: usize = growth.added.iter().map(|(_, count)| count).sum();
    let mut said = Vec::new();
    let mut say = |count: usize, what: &str| {
        if count > 0 {
            said.push(format!("{} {what}", findings(count)));
        }
    };
    say(added, "more");
    say(growth.prolonged.len(), "for longer");
    say(growth.raised.len(), "at a higher severity");
    let said = format!("{name} accepts {} than at {}", said.join(", "), short(commit));
    let is_reviewed = growth.entries().all(|identity| {
        let entry = &now.entries[identity];
        lacks_reason(&entry.reason).is_none() && entry.owner.is_some() && entry.expires.is_some()
    });
    required(match gate.growth {
        settings::Growth::Allowed => Outcome::Noted(said),
        settings::Growth::Reviewed if is_reviewed => Outcome::Noted(said),
        settings::Growth::Reviewed => Outcome::Failed(format!("{said}, not all with reason, owner and a last day")),
        settings::Growth::Refused => Outcome::Failed(said),
    })
}

/// What is to be said of a baseline that is new. At its adoption it has nothing to grow from, but what the change itself
/// brings is nothing to adopt.
fn adopted(gate: &Gate, report: &Report, name: &str, commit: &str) -> Outcome {
    let brought = report.findings.iter().filter(|it| it.state == State::Known && it.origin == Some(Origin::Change));
    let since = short(commit);
    match brought.count() {
        0 => Outcome::Noted(format!("{name} is new since {since}")),
        count if gate.growth == settings::Growth::Allowed => {
            Outcome::Noted(format!("{name} is new since {since}, and accepts {} that came with it", findings(count)))
        }
        count => {
            Outcome::Failed(format!("{name} is new since {since}, and accepts {} that came with it", findings(count)))
        }
    }
}

/// A commit as people write it.
fn short(commit: &str) -> &str {
    &commit[..commit.len().min(12)]
}

/// The baseline as it was at a commit; none where there was none.
fn baseline_at(gate: &Gate, commit: &str) -> Result<Option<Baseline>, String> {
    let Some((name, _)) = &gate.settings.baseline else { return Ok(None) };
    let snapshot = Snapshot::of_commit(&gate.settings.root, commit).map_err(|err| err.to_string())?;
    let Some(text) = snapshot.text(name)? else { return Ok(None) };
    let parsed = settings::parse_baseline(&text, name);
    parsed.map(Some).map_err(|_| format!("{name} could not be read as it was at {commit}"))
}

fn exceptions(gate: &Gate, report: &Report) -> Option<Requirement> {
    let most = gate.most_exceptions?;
    let count = report.findings.iter().filter(|it| it.state == State::Excepted && !it.in_tests).count();
    let outcome = match count as u64 > most {
        true => Outcome::Failed(format!("exceptions allow {}, and {most} may be", findings(count))),
        false => Outcome::Met,
    };
    Some(Requirement {
        name: "exceptions".to_owned(),
        value: format!("at most {most}"),
        origin: format!("{} [gate] max-exceptions", settings::PROJECT_FILE),
        outcome,
    })
}

/// Whether the baseline accepts findings of rules that there are not, so that nobody knows what it hides.
fn unknown_rules(gate: &Gate) -> Option<Requirement> {
    let (name, baseline) = gate.settings.baseline.as_ref()?;
    let rules = baseline.entries.keys().map(|identity| &identity.rule);
    let unknown = rules.clone().find(|rule| !gate.settings.known_rules.contains(*rule))?;
    let said = format!("{name} accepts findings of `{unknown}`, which is no rule");
    let is_strict = gate.settings.level == Some(Level::Strict);
    Some(Requirement {
        name: "accepted rules".to_owned(),
        value: "known".to_owned(),
        origin: "built in".to_owned(),
        outcome: if is_strict { Outcome::Unknown(said) } else { Outcome::Noted(said) },
    })
}

/// What is told of before it counts again.
const SOON: time::Duration = time::Duration::days(14);

fn expiring(gate: &Gate, report: &Report) -> Option<Requirement> {
    let today = gate.settings.today;
    let is_allowed = |finding: &&Finding| matches!(finding.state, State::Known | State::Excepted) && !finding.in_tests;
    let days = report.findings.iter().filter(is_allowed).filter_map(|finding| finding.allowed.as_ref()?.until);
    let soon: Vec<time::Date> = days.filter(|day| *day <= today + SOON).collect();
    let first = soon.iter().min()?;
    let count = findings(soon.len());
    Some(Requirement {
        name: "expiry".to_owned(),
        value: "told 14 days before".to_owned(),
        origin: "built in".to_owned(),
        outcome: Outcome::Noted(format!("allowed for 14 days at most: {count}, the first until {first}")),
    })
}

/// The rules on their own examples, and the project's checks.
fn checked(gate: &Gate) -> Vec<Requirement> {
    let is_lenient = gate.settings.level == Some(Level::Permissive);
    let value = if is_lenient { "optional" } else { "required" };
    let outcome = |result: Result<(), String>| match result {
        Ok(()) => Outcome::Met,
        Err(why) if is_lenient => Outcome::Noted(why),
        Err(why) => Outcome::Failed(why),
    };
    let required = |name: String, origin: String, result| Requirement {
        name,
        value: value.to_owned(),
        origin,
        outcome: outcome(result),
    };
    let rules = &gate.settings.rules;
    let failing: Vec<&Rule> = rules.par_iter().filter(|rule| !examples::failures(rule, rules).is_empty()).collect();
    let result = match failing.first() {
        None => Ok(()),
        Some(rule) => Err(format!("the rule `{}` fails its own examples", rule.id)),
    };
    let mut required_all = vec![required("rules test".to_owned(), "built in".to_owned(), result)];
    for check in &gate.checks {
        let result = check::run(check, &gate.settings.root).map_err(|failure| failure.said());
        let origin = format!("{} [[gate.check]]", settings::PROJECT_FILE);
        required_all.push(required(format!("check {}", check.name), origin, result));
    }
    required_all
}
