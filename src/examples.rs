//! A rule proved on its own examples: the bad ones must be found, the good ones must not.

use crate::contracts;
use crate::contracts::services::Services;
use crate::exception;
use crate::exception::Standards;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Name;
use crate::fact::Wanted;
use crate::finding::Finding;
use crate::matching;
use crate::matching::Matched;
use crate::matching::Sinks;
use crate::matching::Standing;
use crate::place::Source;
use crate::readers;
use crate::resolve::graph::FileId;
use crate::resolve::graph::ModuleGraph;
use crate::resolve::versions::Versions;
use crate::resolve::world::Leads;
use crate::resolve::world::Loaded;
use crate::resolve::world::Repository;
use crate::resolve::world::World;
use crate::rules::Condition;
use crate::rules::Example;
use crate::rules::ExampleKind;
use crate::rules::Rule;
use crate::rules::declared::Declared;
use crate::rules::declared::Tables;
use crate::rules::words::Words;
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
    let ids: BTreeSet<Arc<str>> = rules.iter().map(|it| it.id.clone()).collect();
    let mut failures = Vec::new();
    for example in &rule.examples {
        let mut fail = |message| failures.push(Failure { line: example.line, message });
        let declared = match declared(example) {
            Ok(declared) => declared,
            Err(message) => {
                fail(format!("the project file of an example of `{}` is wrong: {message}", rule.id));
                continue;
            }
        };
        let here = rule.for_repository(&declared);
        let rules = here.as_ref().map_or(rules, std::slice::from_ref);
        let read = |(path, code): &(String, String)| {
            let facts = readers::read(path, code, example.language, Wanted::ALL);
            Loaded::new(facts, Source::new(path.as_str().into(), code.clone()))
        };
        let sources = || example.files.iter().filter(|(path, _)| readers::language_of(path).is_some());
        let loaded: Vec<Loaded> = sources().map(read).collect();
        if let Some(error) = loaded.iter().find_map(|it| it.facts.syntax_errors.first()) {
            fail(format!("an example of `{}` does not parse: {}", rule.id, error.message));
            continue;
        }
        let named: Vec<(Arc<str>, Language)> =
            sources().map(|(path, _)| (path.as_str().into(), example.language)).collect();
        let is_config = |path: &str| ModuleGraph::is_config(path) || Versions::is_manifest(path);
        let configs: Vec<(String, String)> = example.files.iter().filter(|it| is_config(&it.0)).cloned().collect();
        let (graph, errors) = ModuleGraph::new(&named, &configs);
        let (versions, more_errors) = Versions::new(&configs);
        if let Some(error) = errors.iter().chain(&more_errors).next() {
            fail(format!("an example of `{}` has a `{}` that cannot be read: {}", rule.id, error.path, error.message));
            continue;
        }
        let load = |id: FileId| loaded.get(id.0 as usize).cloned();
        let repository = Repository::new(graph, versions, Box::new(load));
        let known = what_callers_decide(rules, &indexes, &repository, &loaded);
        let (mut found, mut sites) = (Vec::new(), Vec::new());
        for (id, Loaded { facts, source, .. }) in (0..).map(FileId).zip(&loaded) {
            let owners = declared.owners.iter().filter(|it| it.files.is_match(&*source.path));
            let owners: Vec<&str> = owners.map(|it| it.name.as_str()).collect();
            let standing = Standing { in_tests: false, owners: &owners };
            let matched = known.matched(rules, &indexes, &repository, (id, facts, source), standing);
            sites.extend(matched.sites);
            let mut findings = matched.findings;
            if is_of_exceptions {
                let standards = Standards { rules, known: &ids, today: TODAY, judges_unused: true };
                exception::allow(facts, source, false, standards, &mut findings);
                findings.retain(|finding| finding.rule == rule.id);
            }
            found.extend(findings);
        }
        let found = contracts::judge(rules, (found, sites), &Services::default().with(&declared), &declared);
        let proved = found.iter().any(|finding| finding.severity == rule.severity);
        let is_lower = |finding: &Finding| rule.lesser().any(|it| it == finding.severity);
        let message = match example.kind {
            ExampleKind::Bad if !proved => format!("rule `{}` does not find this bad example", rule.id),
            ExampleKind::Lower if proved || !found.iter().any(is_lower) => {
                format!("rule `{}` does not say less of this example", rule.id)
            }
            ExampleKind::Good if !found.is_empty() => {
                format!("rule `{}` finds something in this good example", rule.id)
            }
            _ => continue,
        };
        fail(message);
    }
    failures
}

/// What files of an example give each other is followed through so many of them.
const MOST_ROUNDS: usize = 5;

/// What the files of an example give each other.
#[derive(Default)]
struct Known {
    sinks: Sinks,
    leads: Leads,
}

impl Known {
    fn matched(
        &self,
        rules: &[Rule],
        asked: &[usize],
        repository: &Repository<'_>,
        (id, facts, source): (FileId, &Arc<FileFacts>, &Source),
        standing: Standing<'_>,
    ) -> Matched {
        let world = World::new(repository, &self.leads, false);
        let resolver = world.enter(id, facts.clone());
        matching::match_file(rules, (asked, None), &resolver, source, standing, &self.sinks)
    }
}

/// Looks at all files as often as there is news of functions whose callers decide, in whichever file these are.
fn what_callers_decide(rules: &[Rule], asked: &[usize], repository: &Repository<'_>, loaded: &[Loaded]) -> Known {
    let mut known = Known::default();
    let mut words = Words::default();
    // Of a lone file nobody else calls a function.
    for round in 0..if loaded.len() < 2 { 0 } else { MOST_ROUNDS } {
        let mut is_news = round == 0;
        for (id, Loaded { facts, source, .. }) in (0..).map(FileId).zip(loaded) {
            let standing = Standing { in_tests: false, owners: &[] };
            let Matched { sinks, readers, .. } = known.matched(rules, asked, repository, (id, facts, source), standing);
            let mut names: Vec<Name> = readers;
            // Importers call what a file gives as a whole what they like.
            let whole = facts.exports.iter().filter(|it| matches!(it.name.as_str(), "default" | "module.exports"));
            names.extend(whole.filter(|_| !sinks.is_empty()).map(|it| it.name.clone()));
            for (function, sink) in sinks {
                names.push(sink.asked_by().clone());
                is_news |= known.sinks.add(function, sink);
            }
            let names = names.iter().filter_map(|name| words.add(name, &source.path));
            known.leads.extend(id, names);
        }
        if !is_news {
            break;
        }
    }
    known
}

fn declared(example: &Example) -> Result<Declared, String> {
    let Some(text) = &example.project else { return Ok(Declared::default()) };
    let tables: Tables = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let read = |path: &str| Ok(example.files.iter().find(|(name, _)| name == path).map(|(_, text)| text.clone()));
    Declared::new(&tables, "ssot-guard.toml", text, &read).map_err(|mistake| mistake.message)
}
