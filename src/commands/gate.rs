//! `gate`: whether a change, a branch or a deployment may pass. Whatever could not be found out does not pass.

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
use crate::settings::Settings;
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
    let get = settings::variable;
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
    let needs_base = gate.settings.policy.of_change || gate.has_ratchet;
    let base = (has_git && needs_base).then(|| git::base(&root, gate.base.as_ref().map(|(name, _)| name.as_str())));
    let mut earlier = None;
    if let Some(Base::Commit(commit, _)) = &base {
        gate.settings.context.base = Some(commit.clone());
        let tree = Arc::new(Snapshot::of_commit(&root, commit)?);
        let bar = Gate::earlier(arguments, &get, Tree::Snapshot(tree.clone()));
        earlier = Some(Earlier { commit, tree, bar: bar.map_err(|err| err.in_one_line()) });
    }
    if let Some((bar, earlier)) = earlier.as_ref().and_then(|it| Some((it.holds(&gate)?, it))) {
        gate.hold_to(bar, earlier.name());
    }
    let mut report = with_progress(|progress| pipeline::scan(&gate.settings, progress));
    let compared = compared(&gate, base.as_ref(), earlier.as_ref(), &mut report)?;
    report.requirements.extend(compared);
    let held = held(&gate, base.as_ref(), earlier.as_ref(), &mut report)?;
    report.requirements.extend(held);
    report.requirements.push(ratchet(&gate, base.as_ref(), earlier.as_ref(), &report));
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

/// The state in which the change started.
struct Earlier<'a> {
    /// In full.
    commit: &'a str,
    tree: Arc<Snapshot>,
    /// The gate of that state, or why there is none.
    bar: Result<Gate, String>,
}

impl Earlier<'_> {
    /// The commit as people write it.
    fn name(&self) -> &str {
        git::short(self.commit)
    }

    /// The bar that a gate is held to besides its own. Where there was no project file, one that comes is as good as
    /// those who let it in, but for what the same change brings.
    fn holds(&self, gate: &Gate) -> Option<&Gate> {
        let bar = self.bar.as_ref().ok()?;
        (gate.has_ratchet && (bar.has_project || gate.settings.policy.of_change)).then_some(bar)
    }
}

/// Says of each finding whether the change brings it, where the mode asks for that.
fn compared(
    gate: &Gate,
    base: Option<&Base>,
    earlier: Option<&Earlier<'_>>,
    report: &mut Report,
) -> Result<Option<Requirement>, Failure> {
    if !gate.settings.policy.of_change {
        return Ok(None);
    }
    let origin =
        gate.base.as_ref().map_or("the default branch".to_owned(), |(name, origin)| format!("{origin}: {name}"));
    let required = |value: &str, outcome| {
        Some(Requirement { outcome, ..Requirement::given("compared with", value, origin.clone()) })
    };
    let what = match base {
        Some(Base::Commit(_, what)) => what,
        Some(Base::Unknown(why)) => return Ok(required("unknown", Outcome::Unknown(why.clone()))),
        Some(Base::Nothing) | None => return Ok(required("nothing: everything is new", Outcome::Met)),
    };
    let Some(earlier) = earlier else { return Ok(None) };
    compare(&gate.settings, earlier, report)?;
    Ok(required(&format!("{}, {what}", earlier.name()), Outcome::Met))
}

/// Says of each finding of a scan by these settings whether the change brings it.
fn compare(settings: &Settings, earlier: &Earlier<'_>, report: &mut Report) -> Result<(), Failure> {
    let root = &settings.root;
    let touched = git::changed_since(root, earlier.commit)?;
    let before = settings.at(Tree::Snapshot(earlier.tree.clone()));
    let before = with_progress(|progress| pipeline::scan(&before, progress));
    let exists = |path: &str| source::exists(root, path);
    let existed = |path: &str| earlier.tree.object(path).is_some();
    let names = ScopeNames::new(root, &settings.tree);
    let has_scope = |path: &str, scope: &str| names.has(path, scope);
    let change = report::Change { exists: &exists, existed: &existed, has_scope: &has_scope, touched: &touched };
    report.compare(before.counted(), &change);
    Ok(())
}

/// Adds what the project file and the rules held before the change and let go now: a change does not pass because of
/// what it says of itself.
fn held(
    gate: &Gate,
    base: Option<&Base>,
    earlier: Option<&Earlier<'_>>,
    report: &mut Report,
) -> Result<Option<Requirement>, Failure> {
    if !gate.has_ratchet {
        return Ok(None);
    }
    let of =
        |origin: String, outcome| Some(Requirement { outcome, ..Requirement::given("bar", "not lowered", origin) });
    let Some(earlier) = earlier else {
        // Where the mode asks what the change brings, that is told already.
        let why = match base {
            Some(Base::Unknown(why)) if gate.has_project && !gate.settings.policy.of_change => why,
            _ => return Ok(None),
        };
        let said = format!("whether {} asks for less than before is not known: {why}", settings::PROJECT_FILE);
        return Ok(of("the commit before".to_owned(), Outcome::Noted(said)));
    };
    let required = |outcome| of(format!("{}, where the change started", earlier.name()), outcome);
    if let Err(why) = &earlier.bar {
        let said = format!("what the bar was at {} is not known, so it may be lower now: {why}", earlier.name());
        return Ok(required(Outcome::Noted(said)));
    }
    let Some(bar) = earlier.holds(gate).filter(|bar| !gate.settings.judges_as(&bar.settings)) else { return Ok(None) };
    let settings = gate.settings.judging_as(&bar.settings);
    let mut other = with_progress(|progress| pipeline::scan(&settings, progress));
    if settings.policy.of_change {
        compare(&settings, earlier, &mut other)?;
    }
    let held = report.beyond(other.findings, settings.policy);
    if held.is_empty() {
        return Ok(required(Outcome::Met));
    }
    let (count, them) = (findings(held.len()), if held.len() == 1 { "it" } else { "them" });
    let said = format!(
        "{count} held as at {}, though the change lets {them} go: a lower bar counts from the next change on \
         (--no-ratchet goes without)",
        earlier.name(),
    );
    report.add(held);
    Ok(required(Outcome::Noted(said)))
}

/// Whether the baseline accepts more than it did.
fn ratchet(gate: &Gate, base: Option<&Base>, earlier: Option<&Earlier<'_>>, report: &Report) -> Requirement {
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
    let Some(earlier) = earlier else {
        return required(match base {
            Some(Base::Nothing) => Outcome::Met,
            Some(Base::Unknown(why)) => unknown(why.clone()),
            Some(Base::Commit(..)) | None => unknown("this is no clone of a repository".to_owned()),
        });
    };
    let before = match &earlier.bar {
        Ok(bar) => bar.settings.baseline.as_ref(),
        Err(why) => return required(unknown(why.clone())),
    };
    let Some((_, before)) = before else { return required(adopted(gate, report, name, earlier.name())) };
    let growth = Growth::between(before, now);
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
    let said = format!("{name} accepts {} than at {}", said.join(", "), earlier.name());
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
fn adopted(gate: &Gate, report: &Report, name: &str, since: &str) -> Outcome {
    let brought = report.findings.iter().filter(|it| it.state == State::Known && it.origin == Some(Origin::Change));
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
