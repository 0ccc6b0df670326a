//! A rule proved on its own examples: the bad ones must be found, the good ones must not.

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
use crate::rules::Rule;
use std::sync::Arc;

/// An example that does not do what the rule file says.
#[derive(Debug)]
pub(crate) struct Failure {
    /// 1-based line of the example in the rule file.
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// Runs the rule alone on each of its examples.
pub(crate) fn failures(rule: &Rule) -> Vec<Failure> {
    let mut failures = Vec::new();
    for example in &rule.examples {
        let wanted = Wanted { identifiers: true, regions: true };
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
        let world = World::new(&repository, &leads);
        let resolver = world.enter(FileId(0), facts);
        let rule_alone = std::slice::from_ref(rule);
        let found = matching::match_file(rule_alone, &[0], &resolver, &source, standing, &Sinks::default()).findings;
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
