//! A rule proved on its own examples: the bad ones must be found, the good ones must not.

use crate::contracts;
use crate::contracts::services::Services;
use crate::exception;
use crate::exception::Standards;
use crate::fact::Wanted;
use crate::matching;
use crate::matching::Sinks;
use crate::matching::Standing;
use crate::place::Source;
use crate::readers;
use crate::resolve::graph::FileId;
use crate::resolve::world::Leads;
use crate::resolve::world::Repository;
use crate::resolve::world::World;
use crate::rules::Condition;
use crate::rules::Rule;
use std::collections::BTreeSet;
use std::sync::Arc;
use time::Date;

/// An example that does not do what the rule file says.
#[derive(Debug)]
pub(crate) struct Failure {
    /// 1-based line of the example in the rule file.
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// The day on which examples are judged.
const TODAY: Date = time::macros::date!(2026 - 01 - 01);

/// Runs the rule alone on each of its examples; one about exceptions together with `others`, which those except.
pub(crate) fn failures(rule: &Rule, others: &[Rule]) -> Vec<Failure> {
    let is_of_exceptions = matches!(rule.condition, Condition::Exception(_));
    let rules = if is_of_exceptions { others } else { std::slice::from_ref(rule) };
    let indexes: Vec<usize> = (0..rules.len()).collect();
    let known: BTreeSet<Arc<str>> = rules.iter().map(|it| it.id.clone()).collect();
    let mut failures = Vec::new();
    for example in &rule.examples {
        let wanted = Wanted::ALL;
        let facts = Arc::new(readers::read(&example.path, &example.code, example.language, wanted));
        if let Some(error) = facts.syntax_errors.first() {
            let message = format!("an example of `{}` does not parse: {}", rule.id, error.message);
            failures.push(Failure { line: example.line, message });
            continue;
        }
        let source = Source::new(example.path.as_str().into(), example.code.clone());
        let standing = Standing { in_tests: false, owners: &[] };
        let repository = Repository::of_one(example.path.as_str().into(), example.language);
        let leads = Leads::default();
        let world = World::new(&repository, &leads, false);
        let resolver = world.enter(FileId(0), facts.clone());
        let matched = matching::match_file(rules, &indexes, &resolver, &source, standing, &Sinks::default());
        let mut found = matched.findings;
        found.extend(contracts::judge(rules, matched.sites, &Services::default()));
        if is_of_exceptions {
            let standards = Standards { rules, known: &known, today: TODAY, judges_unused: true };
            exception::allow(&facts, &source, false, standards, &mut found);
            found.retain(|finding| finding.rule == rule.id);
        }
        let proved = found.iter().any(|finding| finding.severity == rule.severity);
        let message = match (example.bad, proved, found.is_empty()) {
            (true, false, _) => format!("rule `{}` does not find this bad example", rule.id),
            (false, _, false) => format!("rule `{}` finds something in this good example", rule.id),
            (true, true, _) | (false, _, true) => continue,
        };
        failures.push(Failure { line: example.line, message });
    }
    failures
}
