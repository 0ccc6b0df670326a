//! Rules that one file's facts can break. A condition is a set of nodes of the file; `any`, `all`, `not` and
//! `inside` are set operations on them. Argument conditions are three-valued: a node that can be neither
//! proved nor excluded is kept as uncertain and reported as the rule's third verdict, or not at all.

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::BlockKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::Entry;
use crate::fact::ExportTarget;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Import;
use crate::fact::ImportContext;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::MutationKind;
use crate::fact::Name;
use crate::fact::RegionKind;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::finding::Finding;
use crate::finding::LowerBy;
use crate::finding::LowerIf;
use crate::finding::Related;
use crate::finding::Severity;
use crate::finding::State;
use crate::fingerprint;
use crate::place::Place;
use crate::place::Source;
use crate::place::Span;
use crate::resolve;
use crate::resolve::DefinitionId;
use crate::resolve::EnvironmentRead;
use crate::resolve::Given;
use crate::resolve::Resolver;
use crate::resolve::Value;
use crate::resolve::Values;
use crate::resolve::graph::FileId;
use crate::resolve::way::Step;
use crate::resolve::way::StepKind;
use crate::rules::ArgumentCondition;
use crate::rules::CallMatcher;
use crate::rules::Condition;
use crate::rules::DefineMatcher;
use crate::rules::EnvMatcher;
use crate::rules::FateMatcher;
use crate::rules::Filter;
use crate::rules::GivenBy;
use crate::rules::GivenMatcher;
use crate::rules::ImportMatcher;
use crate::rules::Interest;
use crate::rules::LeadsMatcher;
use crate::rules::OriginMatcher;
use crate::rules::Replaced;
use crate::rules::Rule;
use crate::rules::Symbols;
use crate::rules::TestsScope;
use crate::rules::TextMatcher;
use crate::rules::ValueCondition;
use crate::rules::pattern::Pattern;
use crate::rules::prefilter::RuledOut;
use crate::site::Said;
use crate::site::Site;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::cell::Cell;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

mod before;
mod callers;
mod checks;
mod consequence;
mod fate;
mod flow;
mod guards;
mod parts;
mod routes;
mod sinks;
mod subclasses;

use checks::Checkers;
use checks::Takers;
use flow::Uses;
pub(crate) use sinks::FoundSinks;
pub(crate) use sinks::Sinks;

/// A snippet holds at most this many lines of a long node.
const MOST_SNIPPET_LINES: u32 = 12;

/// What stands in later lines of a node does not tell it from others.
const MOST_FINGERPRINT_LINES: u32 = 400;

/// What is called is written out this far, in characters.
const LONGEST_NAME: usize = 60;

/// What a function is given is followed through so many calls, one in the other.
const MOST_HOPS: usize = 5;

/// Only this much of a module's name is compared.
const LONGEST_MODULE: usize = 1_000;

/// Where in the repository the file stands, as far as rules care.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) in_tests: bool,
    /// Names of the owners whose module this file is.
    pub(crate) owners: &'a [&'a str],
}

/// What the rules found in one file.
pub(crate) struct Matched {
    /// One a node, sorted by place.
    pub(crate) findings: Vec<Finding>,
    /// Calls in functions of this file whose outcome the callers decide.
    pub(crate) sinks: FoundSinks,
    /// The places that take part in contracts.
    pub(crate) sites: Vec<Site>,
    /// Names by which others call functions that read a part of a token for them.
    pub(crate) readers: Vec<Name>,
}

/// Matches the rules that may find something, `asked` by their indexes, on one file, but for what its text rules out.
/// `sinks` are those of other files' functions.
pub(crate) fn match_file(
    rules: &[Rule],
    (asked, ruled_out): (&[usize], Option<&RuledOut>),
    resolver: &Resolver,
    source: &Source,
    standing: Standing,
    sinks: &Sinks,
) -> Matched {
    let facts = &*resolver.facts;
    let matcher = Matcher { ruled_out, ..Matcher::new(resolver, source) };
    // By node, so that one call site is one finding whichever rules hit it.
    let mut by_span: BTreeMap<Span, Vec<(usize, Node)>> = BTreeMap::new();
    let mut own_sinks = Sinks::default();
    let mut found_sinks = Vec::new();
    let mut sites = Vec::new();
    let speaks = |rule: &Rule| {
        rule.applies(facts.language, &source.path)
            && !rule.owner.as_deref().is_some_and(|owner| standing.owners.contains(&owner))
    };
    let asked = asked.iter().map(|&index| (index, &rules[index]));
    let mut asked_elsewhere = FxHashSet::default();
    for (index, rule) in asked {
        // An owner, too, may check what others are asked.
        for elsewhere in rule.elsewhere().filter(|it| !standing.in_tests && asked_elsewhere.insert(it.name.clone())) {
            let nodes = matcher.nodes(&elsewhere.condition).into_iter().filter(|it| it.certain);
            sites.extend(nodes.filter_map(|node| matcher.site_elsewhere(rules, index, elsewhere, node)));
        }
        if !speaks(rule) {
            continue;
        }
        for mut node in matcher.weighed(rule, matcher.nodes(&rule.condition)) {
            if rule.contract.is_some() {
                sites.extend(matcher.site(rules, index, node, standing.in_tests));
                continue;
            }
            let question = if standing.in_tests { None } else { matcher.question_of(rules, index, &node) };
            if let Some((_, sink)) = &question {
                node.by_callers = sink.question().map(|it| (it.lower, it.key.clone()));
            }
            for (function, sink) in matcher.sinks_of(rules, index, &node, "the caller").into_iter().chain(question) {
                if own_sinks.add(function, sink.clone()) {
                    found_sinks.push((function, sink));
                }
            }
            if node.certain || rule.unknown.is_some() {
                by_span.entry(node.span).or_default().push((index, node));
            }
        }
        if rule.contract.is_none() {
            for (class, sink) in matcher.sinks_of_classes(rules, index) {
                if own_sinks.add(class, sink.clone()) {
                    found_sinks.push((class, sink));
                }
            }
        }
    }
    let (mut nodes, mut more) = matcher.deciding_calls(rules, sinks);
    let (mut said, left) = matcher.deciding_classes(rules, sinks);
    more.extend(left);
    let mut fresh = own_sinks;
    let answers = |asked: &Sinks, sites: &mut Vec<Site>| {
        // What test code does with a function says nothing of it.
        let (answers, further) = if standing.in_tests { Default::default() } else { matcher.answers(rules, asked) };
        sites.extend(answers);
        further
    };
    more.extend(answers(sinks, &mut sites));
    loop {
        let (decided, undecided) = matcher.deciding_calls(rules, &fresh);
        nodes.extend(decided);
        more.extend(undecided);
        let (decided, left) = matcher.deciding_classes(rules, &fresh);
        said.extend(decided);
        more.extend(left);
        more.extend(answers(&fresh, &mut sites));
        fresh = Sinks::default();
        for (function, sink) in more.drain(..) {
            if !found_sinks.iter().any(|(of, known)| *of == function && *known == sink) {
                fresh.add(function, sink.clone());
                found_sinks.push((function, sink));
            }
        }
        if fresh.is_empty() {
            break;
        }
    }
    for (index, node) in nodes {
        if speaks(&rules[index]) {
            let weighed = matcher.weighed(&rules[index], vec![node]).into_iter();
            weighed.for_each(|node| by_span.entry(node.span).or_default().push((index, node)));
        }
    }
    // How bad these are was weighed where the class above asks.
    for (index, node) in said.into_iter().filter(|(index, _)| speaks(&rules[*index])) {
        by_span.entry(node.span).or_default().push((index, node));
    }
    let by_span = by_span.into_iter().filter_map(|(span, hits)| {
        let in_tests = standing.in_tests || facts.test_spans.iter().any(|test| test.contains(span));
        let hits: Vec<_> = hits.into_iter().filter(|(index, _)| wanted_there(&rules[*index], in_tests)).collect();
        (!hits.is_empty()).then_some((span, in_tests, hits))
    });
    let by_span: Vec<_> = by_span.collect();
    let masking = by_span.iter().filter(|(_, _, hits)| hits.iter().any(|(index, _)| rules[*index].masks_texts));
    let credentials =
        masking.flat_map(|(span, ..)| crate::secret::texts_around(facts, source, lines_of(source.place(*span))));
    matcher.known.found_credentials.set(credentials.collect()).expect("findings are made once");
    let found = by_span.into_iter().map(|(span, in_tests, hits)| {
        let lower_if = matcher.lower_if(rules, span, in_tests, &hits);
        Finding { lower_if, ..matcher.finding(rules, span, in_tests, hits) }
    });
    let mut findings: Vec<Finding> = found.collect();
    findings.sort_by(|a, b| (a.place, &a.rule).cmp(&(b.place, &b.rule)));
    let readers = matcher.known.part_readers.borrow().values().flatten().cloned().collect();
    Matched { findings, sinks: found_sinks, sites, readers }
}

/// The names by which a file gives its importers something that rules look for. `sinks` are those of other
/// files' functions.
pub(crate) fn passed_on(resolver: &Resolver, interest: &Interest, sinks: &Sinks) -> Vec<Name> {
    let facts = &*resolver.facts;
    let is_symbol = |it: &Value| matches!(it, Value::Symbol(symbol) if interest.contains(facts.language, symbol));
    let leads = |values: &[Value]| values.iter().any(is_symbol) || sinks.has_one_of(resolver, values);
    let mut names = symbols_passed_on(resolver, interest);
    // What another file gave is given on by whoever imports it.
    let of_module = facts.bindings.iter().filter(|it| facts.scope(it.scope).kind == ScopeKind::Module);
    for binding in of_module {
        if matches!(&binding.kind, BindingKind::Import(path) if resolver.world().leads.lie_on(path))
            && resolver.exported(&binding.name).is_some_and(|values| leads(&values))
        {
            names.push(binding.name.clone());
        }
    }
    for name in resolver.names_given() {
        let Some(values) = resolver.exported(&name) else { continue };
        let through_module = || values.iter().any(|value| resolver.leads_in(value).iter().any(|it| leads(it)));
        // `export default { read: jwt.decode }`
        let in_object = || {
            values.iter().any(|value| match value {
                Value::Mapping(mapping) => mapping.entries.iter().any(|(_, values)| leads(values)),
                _ => false,
            })
        };
        if leads(&values) || through_module() || in_object() {
            names.push(name);
        }
    }
    // `export * from`, `from m import *`: whatever that module gives.
    for name in resolver.leads_through_stars() {
        if resolver.exported(&name).is_some_and(|values| leads(&values)) {
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    names
}

fn symbols_passed_on(resolver: &Resolver, interest: &Interest) -> Vec<Name> {
    let facts = &*resolver.facts;
    let wanted = |values: &[Value]| {
        values.iter().any(|it| matches!(it, Value::Symbol(symbol) if interest.contains(facts.language, symbol)))
    };
    let mut names = Vec::new();
    // `import jwt` is for the file's own use: who wants the module imports it himself. A fallback (`try: import jwt`)
    // is made for others.
    let fallbacks = facts.imports.iter().filter(|it| it.context == ImportContext::Fallback);
    let fallbacks: FxHashSet<&str> = fallbacks.map(|it| it.module.as_str()).collect();
    for binding in &facts.bindings {
        let leads = match &binding.kind {
            BindingKind::Import(path) => {
                let is_plain = binding.name == *path && !fallbacks.contains(path.as_str());
                !is_plain && facts.language.passes_imports_on() && interest.contains(facts.language, path)
            }
            BindingKind::Value(value) | BindingKind::MemberOf(value, _) => {
                let is_module_or_class =
                    matches!(facts.scope(binding.scope).kind, ScopeKind::Module | ScopeKind::Class);
                is_module_or_class && wanted(&resolver.callees(*value))
            }
            BindingKind::Definition(scope) => resolver.definition_at(*scope).is_some_and(|it| {
                it.bases.iter().any(|base| wanted(&resolver.callees(*base)))
                    || it.returns.iter().any(|it| wanted(&resolver.callees(it.value)))
            }),
            _ => false,
        };
        if !leads {
            continue;
        }
        let scope = facts.scope(binding.scope);
        match scope.kind {
            ScopeKind::Module => names.push(binding.name.clone()),
            // What an instance holds is reached through its class.
            ScopeKind::Class => names.push(scope.name.clone()),
            ScopeKind::Function | ScopeKind::Block => {}
        }
    }
    for export in &facts.exports {
        let leads = match &export.target {
            ExportTarget::Import(path) => interest.contains(facts.language, path),
            ExportTarget::Value(value) => wanted(&resolver.callees(*value)),
            ExportTarget::Local(name) => names.contains(name),
        };
        if leads {
            names.push(export.name.clone());
        }
    }
    names
}

fn wanted_there(rule: &Rule, in_tests: bool) -> bool {
    match rule.tests_scope {
        TestsScope::Apart | TestsScope::Include => true,
        TestsScope::Exclude => !in_tests,
        TestsScope::Only => in_tests,
    }
}

/// A node that meets a condition.
#[derive(Clone, Debug)]
struct Node {
    span: Span,
    /// The expression it is, for what is one.
    expression: Option<ExpressionId>,
    certain: bool,
    /// Which of the places it stands in where the rule says less.
    lower: Option<usize>,
    /// The same, if there is something elsewhere.
    lower_if: Option<usize>,
    /// The same, if the callers make it so that answer to a key.
    by_callers: Option<(usize, Arc<str>)>,
    /// What a message can name: (`callee`, `jwt.decode`).
    captures: Vec<(&'static str, String)>,
    /// What is given there, for what a contract compares.
    value: Option<ExpressionId>,
    /// What a contract compares, where that is no value.
    said: Option<Said>,
    /// Places that explain it.
    related: Vec<Related>,
}

impl Node {
    fn certain(span: Span, capture: (&'static str, String)) -> Node {
        Node::new(span, vec![capture])
    }

    fn new(span: Span, captures: Vec<(&'static str, String)>) -> Node {
        Node {
            span,
            expression: None,
            certain: true,
            lower: None,
            lower_if: None,
            by_callers: None,
            captures,
            value: None,
            said: None,
            related: Vec::new(),
        }
    }

    /// What is called, for a call.
    fn callee(&self) -> &str {
        self.captures.iter().find(|(name, _)| *name == "callee").map_or("it", |(_, text)| text)
    }
}

/// The places of the nodes that are asked about; without them, all.
type Among<'s> = Option<&'s FxHashSet<Span>>;

fn is_among(span: Span, among: Among<'_>) -> bool {
    among.is_none_or(|spans| spans.contains(&span))
}

/// Three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
    Unknown,
}

impl Holds {
    fn of(truth: bool) -> Holds {
        if truth { Holds::Yes } else { Holds::No }
    }

    fn not(self) -> Holds {
        match self {
            Holds::Yes => Holds::No,
            Holds::No => Holds::Yes,
            Holds::Unknown => Holds::Unknown,
        }
    }

    fn any(all: impl IntoIterator<Item = Holds>) -> Holds {
        let mut result = Holds::No;
        for holds in all {
            match holds {
                Holds::Yes => return Holds::Yes,
                Holds::Unknown => result = Holds::Unknown,
                Holds::No => {}
            }
        }
        result
    }

    fn all(all: impl IntoIterator<Item = Holds>) -> Holds {
        Holds::any(all.into_iter().map(Holds::not)).not()
    }
}

struct Matcher<'a, 'r> {
    resolver: &'a Resolver<'r>,
    facts: &'a FileFacts,
    source: &'a Source,
    /// What its text rules out.
    ruled_out: Option<&'a RuledOut>,
    known: Rc<Known>,
    /// What is known of the files that were asked about functions, this one among them.
    files: Rc<RefCell<FxHashMap<FileId, Rc<Known>>>>,
    /// The functions that are looked into, from the outermost, with what they are given.
    frames: RefCell<Vec<flow::Frame>>,
    /// A call that is judged as if it took this argument, and no other.
    asked: Cell<Option<(ExpressionId, ExpressionId)>>,
}

/// Expressions, by where they start.
type InOrder = Vec<(u32, ExpressionId)>;

/// What is worked out of a file when it is first asked for.
#[derive(Default)]
struct Known {
    /// For each of the file's calls, the canonical names of what it calls.
    callees: OnceCell<Vec<Vec<Arc<str>>>>,
    /// The places of the calls of each canonical name in the list of calls.
    by_symbol: OnceCell<FxHashMap<Arc<str>, Vec<usize>>>,
    /// The places of the calls by the last name of what is called.
    by_last_name: OnceCell<FxHashMap<Name, Vec<usize>>>,
    calls_in_order: OnceCell<InOrder>,
    /// Reads of members, by where the member's name stands.
    members_by_name: OnceCell<FxHashMap<Span, ExpressionId>>,
    /// Names and members, by where they start.
    names_in_order: OnceCell<InOrder>,
    /// Whether functions of the file ask who sent a request, by the addresses of the matchers that say how.
    asking: RefCell<FxHashMap<(usize, ScopeId), bool>>,
    /// What says no to whoever asks, by the address of the pattern that it matches.
    refusals: RefCell<FxHashMap<usize, Rc<InOrder>>>,
    guards: RefCell<guards::Guards>,
    /// Where the first expression of each block stands.
    first_in_blocks: OnceCell<Vec<Option<Span>>>,
    /// Where calls stand, by the addresses of what says which.
    places_of_calls: RefCell<FxHashMap<usize, Rc<Vec<Span>>>>,
    given_names: OnceCell<GivenNames>,
    environment_reads: OnceCell<Vec<(ExpressionId, EnvironmentRead)>>,
    uses: OnceCell<Uses>,
    order: OnceCell<fate::Order>,
    /// Where credentials may stand in the file.
    credentials: OnceCell<Vec<Span>>,
    /// The texts that are credentials by what rules have found in the file.
    found_credentials: OnceCell<Vec<Span>>,
    takers: OnceCell<Takers>,
    /// What functions that stand as arguments are called with: what their caller is called on.
    receivers: OnceCell<FxHashMap<ScopeId, flow::Receiver>>,
    /// The calls of each function of the file.
    callers: OnceCell<FxHashMap<ScopeId, Vec<ExpressionId>>>,
    /// The names of the file that stand in what it exports.
    exported: OnceCell<FxHashSet<Name>>,
    checkers: RefCell<Checkers>,
    /// The reads that check nothing, by the addresses of the conditions that say what they are.
    reads: RefCell<FxHashMap<usize, Rc<FxHashSet<Span>>>>,
    /// The functions that read a part of a token, by the names others call them by, where somebody asked.
    part_readers: RefCell<FxHashMap<usize, Vec<Name>>>,
    /// What is known of tokens that are taken apart, by the addresses of the conditions that ask.
    pieces: RefCell<FxHashMap<usize, Rc<parts::Pieces>>>,
    /// Where conditions hold that definitions are asked for, by the conditions' addresses.
    held: RefCell<FxHashMap<usize, Rc<Vec<Span>>>>,
}

/// The names of a file that are given values.
#[derive(Default)]
struct GivenNames {
    all: Vec<GivenName>,
    by_name: FxHashMap<Name, Vec<usize>>,
}

struct GivenName {
    by: GivenBy,
    name: Name,
    value: ExpressionId,
    span: Span,
    /// Whose member, or the callee that takes the argument.
    of: Option<ExpressionId>,
}

/// An argument of a call.
#[derive(Clone, Copy)]
enum Taken<'t> {
    Written(&'t Argument),
    /// With what the callers of a function give it.
    Filled(&'t Given),
}

impl Taken<'_> {
    fn kind(&self) -> &ArgumentKind {
        match self {
            Taken::Written(argument) => &argument.kind,
            Taken::Filled(given) => &given.kind,
        }
    }

    fn values(&self, resolver: &Resolver) -> Values {
        match self {
            Taken::Written(argument) => resolver.values(argument.value),
            Taken::Filled(given) => given.values.clone(),
        }
    }

    /// As written, where it is.
    fn expression(&self) -> Option<ExpressionId> {
        match self {
            Taken::Written(argument) => Some(argument.value),
            Taken::Filled(_) => None,
        }
    }
}

/// The possible values of an argument or entry, and the expression they come from where that is known.
#[derive(Clone, Copy)]
struct Subject<'v> {
    values: &'v [Value],
    expression: Option<ExpressionId>,
}

impl<'a, 'r> Matcher<'a, 'r> {
    fn new(resolver: &'a Resolver<'r>, source: &'a Source) -> Matcher<'a, 'r> {
        Matcher::among(Rc::default(), resolver, source)
    }

    /// One of a file that another file's was asked about, or first of all.
    fn among(
        files: Rc<RefCell<FxHashMap<FileId, Rc<Known>>>>,
        resolver: &'a Resolver<'r>,
        source: &'a Source,
    ) -> Matcher<'a, 'r> {
        let known = files.borrow_mut().entry(resolver.file).or_default().clone();
        let frames = RefCell::default();
        Matcher {
            resolver,
            facts: &resolver.facts,
            source,
            ruled_out: None,
            known,
            files,
            frames,
            asked: Cell::default(),
        }
    }

    fn nodes(&self, condition: &Condition) -> Vec<Node> {
        self.nodes_among(condition, None)
    }

    /// The nodes of a rule, those marked where it says less.
    fn weighed(&self, rule: &Rule, mut nodes: Vec<Node>) -> Vec<Node> {
        for (index, lower) in rule.lower.iter().enumerate() {
            let mut there: Vec<Node> = nodes.iter().filter(|node| node.lower.is_none()).cloned().collect();
            self.sift(&mut there, &lower.when, &[], true);
            let there: FxHashSet<Span> = there.into_iter().map(|node| node.span).collect();
            for node in nodes.iter_mut().filter(|node| there.contains(&node.span)) {
                match lower.elsewhere {
                    None => node.lower = Some(index),
                    Some(_) => node.lower_if = node.lower_if.or(Some(index)),
                }
            }
        }
        nodes
    }

    /// The nodes that meet the condition, of those at such places; the others need not be looked at.
    fn nodes_among(&self, condition: &Condition, among: Among<'_>) -> Vec<Node> {
        if self.ruled_out.is_some_and(|it| it.has(condition)) {
            return Vec::new();
        }
        match condition {
            Condition::Any(conditions) => unique(conditions.iter().flat_map(|it| self.nodes_among(it, among))),
            Condition::All(conditions) => self.all(conditions, among),
            // Alone, a negation names no node; within `all` it takes nodes away.
            Condition::Not(_) | Condition::Filter(_) => Vec::new(),
            Condition::Same(inner) => self.nodes_among(inner, among),
            Condition::Import(matcher) => self.imports(matcher),
            Condition::Call(matcher) => self.calls(matcher, among),
            Condition::Define(matcher) => self.definitions(matcher, |it| it.name_span, among),
            Condition::Reference(symbols) => self.references(symbols),
            Condition::Env(matcher) => self.environment(matcher),
            Condition::Given(matcher) => self.given(matcher, among),
            Condition::Name(matcher) => {
                let names = self.facts.identifiers.iter();
                let names = names.filter(|it| matcher.roles.contains(&it.role) && matcher.pattern.is_match(&it.name));
                names.map(|it| Node::certain(it.span, ("name", it.name.to_string()))).collect()
            }
            Condition::Text(matcher) => self.text(matcher),
            Condition::Leads(matcher) => self.leads(matcher),
            Condition::Fate(matcher) => self.fates(matcher, among),
            Condition::Route(matcher) => self.routes(matcher),
            Condition::Passes(matcher) => self.passes(matcher),
            Condition::TakenApart(matcher) => self.taken_apart(matcher, among),
            Condition::Exception(_) => Vec::new(),
        }
    }

    /// The expression that a node is, or that reads the member whose name it is.
    fn expression_of(&self, node: &Node) -> Option<ExpressionId> {
        let by_name = || {
            self.known.members_by_name.get_or_init(|| {
                let all = self.facts.expressions.iter().zip(0..);
                let members = all.filter_map(|(it, id)| match it.kind {
                    ExpressionKind::Member { name_span, .. } => Some((name_span, ExpressionId(id))),
                    _ => None,
                });
                members.collect()
            })
        };
        node.expression.or_else(|| {
            node.captures.iter().any(|(it, _)| *it == "name").then(|| by_name().get(&node.span).copied())?
        })
    }

    /// The nodes that meet every condition that names some; negations and filters are left out.
    fn named_by_all(&self, conditions: &[Condition], among: Among<'_>) -> Vec<Node> {
        let mut nodes: Option<Vec<Node>> = None;
        for condition in conditions.iter().filter(|it| !it.is_filter()) {
            nodes = Some(match nodes {
                None => self.nodes_among(condition, among),
                Some(before) => {
                    let spans = before.iter().map(|node| node.span).collect();
                    let found = self.nodes_among(condition, Some(&spans));
                    let found: FxHashMap<Span, Node> = found.into_iter().map(|node| (node.span, node)).collect();
                    let both = before.into_iter().filter_map(|mut node| {
                        let other = found.get(&node.span)?;
                        node.certain &= other.certain;
                        node.captures.extend(other.captures.iter().cloned());
                        Some(node)
                    });
                    both.collect()
                }
            });
            if nodes.as_ref().is_some_and(Vec::is_empty) {
                return Vec::new();
            }
        }
        nodes.unwrap_or_default()
    }

    fn all(&self, conditions: &[Condition], among: Among<'_>) -> Vec<Node> {
        if conditions.iter().any(|it| self.excludes_file(it)) {
            return Vec::new();
        }
        let mut nodes = self.named_by_all(conditions, among);
        for condition in conditions.iter().filter(|it| it.is_filter()) {
            self.sift(&mut nodes, condition, conditions, true);
        }
        nodes
    }

    /// Whether a condition holds nowhere in this file, whatever stands there.
    fn excludes_file(&self, condition: &Condition) -> bool {
        let is_excluded = |filter: &Filter| match filter {
            Filter::Path(globs) => Some(!globs.is_match(self.source.path.as_ref())),
            Filter::Languages(languages) => Some(!languages.contains(&self.facts.language)),
            _ => None,
        };
        match condition {
            Condition::Filter(filter) => is_excluded(filter).unwrap_or(false),
            Condition::Not(inner) => match inner.as_ref() {
                Condition::Filter(filter) => is_excluded(filter).is_some_and(|it| !it),
                _ => false,
            },
            Condition::Any(all) => all.iter().all(|it| self.excludes_file(it)),
            Condition::All(all) => all.iter().any(|it| self.excludes_file(it)),
            Condition::Same(inner) => self.excludes_file(inner),
            _ => false,
        }
    }

    /// Keeps the nodes that meet a condition which names none itself, or those that do not.
    fn sift(&self, nodes: &mut Vec<Node>, condition: &Condition, beside: &[Condition], wanted: bool) {
        if nodes.is_empty() {
            return;
        }
        match (condition, wanted) {
            (Condition::Filter(filter), _) => self.keep(nodes, filter, beside, wanted),
            (Condition::Same(inner), _) => self.sift(nodes, inner, beside, wanted),
            (Condition::Not(inner), _) if inner.is_filter() => self.sift(nodes, inner, beside, !wanted),
            (Condition::Not(inner), _) => {
                let spans = nodes.iter().map(|node| node.span).collect();
                let taken = self.nodes_among(inner, Some(&spans));
                let taken: FxHashSet<Span> =
                    taken.into_iter().filter(|node| node.certain).map(|node| node.span).collect();
                nodes.retain(|node| taken.contains(&node.span) != wanted);
            }
            (Condition::All(all), true) | (Condition::Any(all), false) => {
                all.iter().for_each(|it| self.sift(nodes, it, beside, wanted));
            }
            (Condition::Any(all), true) | (Condition::All(all), false) => {
                let mut kept: FxHashSet<Span> = FxHashSet::default();
                for condition in all {
                    let mut some: Vec<Node> = nodes.iter().filter(|node| !kept.contains(&node.span)).cloned().collect();
                    self.sift(&mut some, condition, beside, wanted);
                    kept.extend(some.into_iter().map(|node| node.span));
                }
                nodes.retain(|node| kept.contains(&node.span));
            }
            (named, _) => {
                let spans = nodes.iter().map(|node| node.span).collect();
                let there = self.nodes_among(named, Some(&spans)).into_iter().filter(|node| node.certain);
                let there: FxHashSet<Span> = there.map(|node| node.span).collect();
                nodes.retain(|node| there.contains(&node.span) == wanted);
            }
        }
    }

    /// Keeps the nodes of which the filter says `wanted`. `beside`: what stands beside the filter.
    fn keep(&self, nodes: &mut Vec<Node>, filter: &Filter, beside: &[Condition], wanted: bool) {
        if nodes.is_empty() {
            return;
        }
        let says =
            |node: &Node, holds: &dyn Fn(ExpressionId) -> bool| self.expression_of(node).is_some_and(holds) == wanted;
        match filter {
            Filter::Inside(around) => {
                let around = Covered::new(self.around(around).into_iter().map(|node| node.span));
                nodes.retain(|node| around.contains(node.span) == wanted);
            }
            Filter::Verified { by, argument, callers } => {
                let checks = self.checks(nodes, beside, (by, *callers));
                nodes.retain(|node| says(node, &|id| self.is_verified(id, *argument, &checks)));
            }
            Filter::OnErrorOf(call) => {
                let failing = self.failing(call);
                nodes.retain(|node| says(node, &|id| self.is_on_error_of(id, &failing)));
            }
            Filter::Swallowed => nodes.retain(|node| says(node, &|id| self.is_swallowed(id))),
            Filter::OnlyCompared => nodes.retain(|node| says(node, &|id| self.is_only_compared_with_null(id))),
            Filter::ToldOnly(callers) => nodes.retain(|node| says(node, &|id| self.is_told_only(id, *callers))),
            Filter::LoggedOnly => nodes.retain(|node| says(node, &|id| self.is_logged_only(id))),
            Filter::WithoutConsequence { item } => {
                nodes.retain(|node| says(node, &|id| self.is_without_consequence(id, *item)));
            }
            Filter::OfSignedOnly => nodes.retain(|node| says(node, &|id| self.is_asked_of_signed_only(id))),
            Filter::NotAwaited => nodes.retain(|node| says(node, &|id| self.is_not_awaited(id))),
            Filter::Unread { item } => nodes.retain(|node| says(node, &|id| self.is_unread(id, *item))),
            Filter::ReadsOnly(names) => nodes.retain(|node| says(node, &|id| self.reads_only(id, names))),
            Filter::Beside(condition) => {
                if self.nodes(condition).is_empty() == wanted {
                    nodes.clear();
                }
            }
            Filter::Path(globs) => {
                if globs.is_match(self.source.path.as_ref()) != wanted {
                    nodes.clear();
                }
            }
            Filter::Languages(languages) => {
                if languages.contains(&self.facts.language) != wanted {
                    nodes.clear();
                }
            }
            Filter::Guarded(by) => nodes.retain(|node| says(node, &|id| self.is_guarded(id, by))),
            Filter::Reaches(call) => nodes.retain(|node| self.reaches(node, call) == wanted),
            Filter::CheckedAbove(call) => nodes.retain(|node| self.is_checked_above(node.span, call) == wanted),
            Filter::DependsOn(packages) => {
                if packages.iter().any(|it| self.resolver.depends_on(it)) != wanted {
                    nodes.clear();
                }
            }
            Filter::Package { name, below, from } => {
                let (below, from) = (below.as_deref(), from.as_deref());
                if self.resolver.may_run(name, below, from) != wanted {
                    nodes.clear();
                }
            }
        }
    }

    fn uses(&self) -> &Uses {
        self.known.uses.get_or_init(|| Uses::new(self.facts, self.resolver))
    }

    /// Where a condition holds for certain, in order.
    fn held(&self, condition: &Condition) -> Rc<Vec<Span>> {
        let key = std::ptr::from_ref(condition) as usize;
        if let Some(known) = self.known.held.borrow().get(&key) {
            return known.clone();
        }
        let nodes = self.nodes(condition).into_iter().filter(|node| node.certain);
        let mut spans: Vec<Span> = nodes.map(|node| node.span).collect();
        spans.sort_unstable();
        let spans = Rc::new(spans);
        self.known.held.borrow_mut().insert(key, spans.clone());
        spans
    }

    /// The nodes of a condition as something to stand within: a definition from end to end.
    fn around(&self, condition: &Condition) -> Vec<Node> {
        match condition {
            Condition::Define(matcher) => {
                let mut nodes = self.definitions(matcher, |it| it.span, None);
                nodes.extend(self.members_of_classes(matcher));
                nodes
            }
            Condition::Any(conditions) => conditions.iter().flat_map(|it| self.around(it)).collect(),
            Condition::Same(inner) => self.around(inner),
            other => self.nodes(other),
        }
    }

    /// Where members of classes of such a name stand that are defined elsewhere (Rust's `impl`).
    fn members_of_classes(&self, matcher: &DefineMatcher) -> Vec<Node> {
        let (Some(DefinitionKind::Class), Some(name)) = (matcher.kind, &matcher.name) else { return Vec::new() };
        if self.facts.language != Language::Rust {
            return Vec::new();
        }
        let classes = self.facts.scopes.iter().filter(|it| it.kind == ScopeKind::Class && name.is_match(&it.name));
        classes.map(|it| Node::certain(it.span, ("name", it.name.to_string()))).collect()
    }

    fn callees(&self) -> &[Vec<Arc<str>>] {
        self.known.callees.get_or_init(|| {
            let callee = |id: &ExpressionId| match &self.facts.expression(*id).kind {
                ExpressionKind::Call { callee, arguments } => {
                    let mut symbols = self.resolver.symbols(*callee);
                    if is_partial(&symbols) {
                        symbols.extend(arguments.first().into_iter().flat_map(|it| self.resolver.symbols(it.value)));
                    }
                    symbols
                }
                _ => Vec::new(),
            };
            self.facts.calls.iter().map(callee).collect()
        })
    }

    fn calls(&self, matcher: &CallMatcher, among: Among<'_>) -> Vec<Node> {
        let nodes = self.calls_of(matcher).into_iter().filter_map(|at| {
            let id = self.facts.calls[at];
            let span = self.facts.expression(id).span;
            if !is_among(span, among) {
                return None;
            }
            let (name, holds) = self.call_holds(id, &self.callees()[at], matcher)?;
            let node = Node::certain(span, ("callee", name));
            Some(Node { expression: Some(id), certain: holds == Holds::Yes, ..node })
        });
        nodes.collect()
    }

    /// The calls that may be meant, by their places in the list of calls.
    fn calls_of(&self, matcher: &CallMatcher) -> Vec<usize> {
        let mut calls: Vec<usize> = Vec::new();
        match (&matcher.callee, &matcher.name) {
            (None, None) => return (0..self.facts.calls.len()).collect(),
            (callee, name) => {
                if let Some(wanted) = callee {
                    let meant =
                        self.by_symbol().iter().filter(|(symbol, _)| wanted.contains(self.facts.language, symbol));
                    calls.extend(meant.flat_map(|(_, calls)| calls));
                }
                if let Some(pattern) = name {
                    let meant = self.by_last_name().iter().filter(|(name, _)| pattern.is_match(name));
                    calls.extend(meant.flat_map(|(_, calls)| calls));
                }
            }
        }
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    fn by_symbol(&self) -> &FxHashMap<Arc<str>, Vec<usize>> {
        self.known.by_symbol.get_or_init(|| {
            let mut by_symbol: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
            for (at, symbols) in self.callees().iter().enumerate() {
                for symbol in symbols {
                    by_symbol.entry(symbol.clone()).or_default().push(at);
                }
            }
            by_symbol
        })
    }

    fn by_last_name(&self) -> &FxHashMap<Name, Vec<usize>> {
        self.known.by_last_name.get_or_init(|| {
            let mut by_name: FxHashMap<Name, Vec<usize>> = FxHashMap::default();
            for (at, &call) in self.facts.calls.iter().enumerate() {
                if let ExpressionKind::Call { callee, .. } = &self.facts.expression(call).kind
                    && let Some(name) = self.last_name(*callee)
                {
                    by_name.entry(name.into()).or_default().push(at);
                }
            }
            by_name
        })
    }

    /// What the call is a call of, and whether the conditions hold; `None` when it certainly is not meant.
    fn call_matches(&self, id: ExpressionId, matcher: &CallMatcher) -> Option<(String, Holds)> {
        let at = self.facts.calls.binary_search(&id).ok()?;
        self.call_holds(id, &self.callees()[at], matcher)
    }

    fn call_holds(&self, id: ExpressionId, symbols: &[Arc<str>], matcher: &CallMatcher) -> Option<(String, Holds)> {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(id).kind else { return None };
        let has = |wanted: &Symbols| symbols.iter().find(|it| wanted.contains(self.facts.language, it));
        let written = || self.written(*callee);
        let is_named = |wanted: &regex::Regex| self.last_name(*callee).is_some_and(|name| wanted.is_match(name));
        let name = match (&matcher.callee, &matcher.name) {
            (Some(wanted), Some(name)) => match has(wanted) {
                Some(symbol) => symbol.to_string(),
                None => is_named(name).then(written)?,
            },
            (Some(wanted), None) => has(wanted)?.to_string(),
            (None, Some(name)) => is_named(name).then(written)?,
            (None, None) => String::new(),
        };
        if let Some(wanted) = &matcher.of_call
            && self.call_matches(*callee, wanted).is_none()
        {
            return None;
        }
        if matcher.not_callee.as_ref().is_some_and(|unwanted| has(unwanted).is_some()) {
            return None;
        }
        let receiver = matcher.receiver.iter().map(|condition| match &self.facts.expression(*callee).kind {
            ExpressionKind::Member { object, .. } => {
                let values = self.resolver.values(*object);
                self.holds(condition, Some(Subject { values: &values, expression: Some(*object) }))
            }
            _ => self.holds(condition, None),
        });
        let called = matcher.called.iter().map(|condition| {
            let values = self.resolver.values(*callee);
            self.holds(condition, Some(Subject { values: &values, expression: Some(*callee) }))
        });
        let later = [ArgumentKind::SpreadPositional, ArgumentKind::SpreadKeyword];
        let later = later.map(|kind| Given { kind, values: resolve::unknown() });
        let taken: Vec<Taken> = match matcher.arguments.as_slice() {
            [] => Vec::new(),
            // The function comes first, and whoever calls the result gives the rest.
            _ if is_partial(symbols) => {
                arguments.iter().skip(1).map(Taken::Written).chain(later.iter().map(Taken::Filled)).collect()
            }
            _ => arguments.iter().map(Taken::Written).collect(),
        };
        let asked = self.asked.get().filter(|(call, _)| *call == id);
        let asked = asked.map(|(_, value)| Argument { kind: ArgumentKind::Positional, value });
        let taken = asked.as_ref().map_or(taken, |it| vec![Taken::Written(it)]);
        let arguments = matcher.arguments.iter().map(|it| self.argument(it, &taken));
        match Holds::all(called.chain(receiver).chain(arguments)) {
            Holds::No => None,
            holds => Some((if name.is_empty() { written() } else { name }, holds)),
        }
    }

    pub(crate) fn last_name(&self, callee: ExpressionId) -> Option<&'a str> {
        match &self.facts.expression(callee).kind {
            ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } => Some(name.as_str()),
            _ => None,
        }
    }

    /// What is called, as the file writes it, on one line and not too long: the names only, since anything else may
    /// be a credential.
    fn written(&self, callee: ExpressionId) -> String {
        let text = self.names_in(callee, 0);
        match text.char_indices().nth(LONGEST_NAME) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        }
    }

    fn names_in(&self, id: ExpressionId, depth: usize) -> String {
        let expression = self.facts.expression(id);
        match &expression.kind {
            _ if depth > LONGEST_NAME => "…".to_owned(),
            ExpressionKind::Name(name) => name.to_string(),
            ExpressionKind::Member { object, name, name_span } => {
                let between = self.facts.expression(*object).span.end as usize..name_span.start as usize;
                let between = self.source.text.get(between).map_or("", str::trim);
                let is_sign = !between.is_empty() && between.bytes().all(|byte| b".:?!->&".contains(&byte));
                format!("{}{}{name}", self.names_in(*object, depth + 1), if is_sign { between } else { "." })
            }
            ExpressionKind::Call { callee, .. } => format!("{}(…)", self.names_in(*callee, depth + 1)),
            ExpressionKind::Index { object, .. } => format!("{}[…]", self.names_in(*object, depth + 1)),
            ExpressionKind::Either(only) if only.len() == 1 => self.names_in(only[0], depth + 1),
            _ => "…".to_owned(),
        }
    }

    fn argument(&self, condition: &ArgumentCondition, arguments: &[Taken]) -> Holds {
        // Which arguments may be the one meant, and whether one of them certainly is.
        let mut spread_before = false;
        let mut position = 0;
        let mut found: Option<(Values, Option<ExpressionId>)> = None;
        let mut perhaps = false;
        let given = |taken: &Taken| Some((taken.values(self.resolver), taken.expression()));
        for argument in arguments {
            match argument.kind() {
                ArgumentKind::Positional => {
                    if !spread_before && condition.position == Some(position) {
                        found = given(argument);
                    }
                    position += 1;
                }
                ArgumentKind::SpreadPositional => match argument.values(self.resolver).as_ref() {
                    [Value::Sequence { items, open: false }] if !spread_before => {
                        let wanted = condition.position.and_then(|it| it.checked_sub(position));
                        if let Some(item) = wanted.and_then(|at| items.get(at)) {
                            found = Some((item.clone(), None));
                        }
                        position += items.len();
                    }
                    _ => {
                        spread_before = true;
                        perhaps |= condition.position.is_some_and(|it| it >= position);
                    }
                },
                ArgumentKind::Keyword(name) => {
                    if condition.name.as_deref() == Some(name.as_str()) {
                        found = given(argument);
                    }
                }
                ArgumentKind::SpreadKeyword => {
                    let Some(name) = &condition.name else { continue };
                    for value in argument.values(self.resolver).iter() {
                        match value {
                            Value::Mapping(mapping) => {
                                if let Some(values) = mapping.get(name) {
                                    found = Some((values, None));
                                }
                            }
                            _ => perhaps = true,
                        }
                    }
                }
            }
        }
        match found {
            Some((values, expression)) => self.holds(&condition.is, Some(Subject { values: &values, expression })),
            None if perhaps => self.holds(&condition.is, Some(Subject { values: &[Value::Unknown], expression: None })),
            None => self.holds(&condition.is, None),
        }
    }

    /// Whether what is given meets a condition: it does when one of the possible values does.
    fn holds(&self, condition: &ValueCondition, subject: Option<Subject<'_>>) -> Holds {
        let Some(subject) = subject else { return Holds::of(condition.holds_when_absent()) };
        let per_value = || {
            let null = |value: &&Value| matches!(value, Value::Literal(Literal::Null));
            let holds = Holds::any(subject.values.iter().map(|value| self.value_holds(condition, value)));
            let but_for_null = subject.values.iter().filter(|value| !null(value));
            // `None` beside other values is what stands there when nothing is set: possible, and not proved.
            let mut others = but_for_null.map(|value| self.value_holds(condition, value)).peekable();
            match holds {
                Holds::Yes if others.peek().is_some() && Holds::any(others) != Holds::Yes => Holds::Unknown,
                holds => holds,
            }
        };
        match condition {
            ValueCondition::From(origin) => match subject.expression {
                Some(id) => self.comes_from(id, origin),
                None => Holds::Unknown,
            },
            // What is written in the call is there, whatever it is.
            ValueCondition::Absent(wanted) if subject.expression.is_some() => Holds::of(!wanted),
            ValueCondition::Hardcoded => self.written_text(subject.expression, subject.values).0,
            ValueCondition::EnvironmentDefault => self.written_text(subject.expression, subject.values).1,
            ValueCondition::Not(inner) if inner.is_about_origin() => self.holds(inner, Some(subject)).not(),
            ValueCondition::Any(all) if condition.is_about_origin() => {
                Holds::any(all.iter().map(|it| self.holds(it, Some(subject))))
            }
            ValueCondition::All(all) if condition.is_about_origin() => {
                Holds::all(all.iter().map(|it| self.holds(it, Some(subject))))
            }
            ValueCondition::Has(entries) if condition.is_about_origin() => {
                Holds::any(subject.values.iter().map(|value| {
                    let Value::Mapping(mapping) = value else { return self.value_holds(condition, value) };
                    Holds::all(entries.iter().map(|(key, condition)| match mapping.get(key) {
                        Some(values) => {
                            let expression = subject.expression.and_then(|it| self.written_entry(it, key));
                            self.holds(condition, Some(Subject { values: &values, expression }))
                        }
                        None => self.holds(condition, None),
                    }))
                }))
            }
            ValueCondition::Contains(inner) if inner.is_about_origin() => {
                let Some(items) = subject.expression.and_then(|it| self.written_items(it)) else { return per_value() };
                Holds::any(items.into_iter().map(|item| {
                    let values = self.resolver.values(item);
                    self.holds(inner, Some(Subject { values: &values, expression: Some(item) }))
                }))
            }
            _ => per_value(),
        }
    }

    fn value_holds(&self, condition: &ValueCondition, value: &Value) -> Holds {
        if let Value::Parameter(parameter) = value {
            // What it is when nothing is given, or whatever the caller gives.
            let default = parameter.default.iter().flat_map(|values| values.iter());
            let possible = default.chain([&Value::Unknown]);
            return Holds::any(possible.map(|value| self.value_holds(condition, value)));
        }
        match condition {
            ValueCondition::Not(inner) => self.value_holds(inner, value).not(),
            ValueCondition::Any(all) => Holds::any(all.iter().map(|it| self.value_holds(it, value))),
            ValueCondition::All(all) => Holds::all(all.iter().map(|it| self.value_holds(it, value))),
            ValueCondition::Absent(wanted) => match value {
                Value::Unknown => Holds::Unknown,
                _ => Holds::of(!wanted),
            },
            ValueCondition::Truth(wanted) => match self.resolver.truth(value) {
                Some(truth) => Holds::of(truth == *wanted),
                None => Holds::Unknown,
            },
            ValueCondition::Equals(wanted) => match value {
                Value::Literal(literal) => Holds::of(literal == wanted),
                Value::Unknown | Value::Symbol(_) => Holds::Unknown,
                _ => Holds::No,
            },
            ValueCondition::Matches(pattern) => match value {
                Value::Literal(Literal::Text(text) | Literal::Number(text)) => Holds::of(pattern.is_match(text)),
                Value::Unknown | Value::Symbol(_) => Holds::Unknown,
                _ => Holds::No,
            },
            ValueCondition::Literal => {
                Holds::of(matches!(value, Value::Literal(_) | Value::Mapping(_) | Value::Sequence { .. }))
            }
            ValueCondition::Symbol(symbols) => match value {
                Value::Symbol(symbol) => Holds::of(symbols.contains(self.facts.language, symbol)),
                Value::Unknown => Holds::Unknown,
                _ => Holds::No,
            },
            ValueCondition::From(_) => Holds::Unknown,
            ValueCondition::Hardcoded => self.written_text(None, std::slice::from_ref(value)).0,
            ValueCondition::EnvironmentDefault => self.written_text(None, std::slice::from_ref(value)).1,
            ValueCondition::Returns(condition) => self.of_function(value, |function| {
                Holds::any(function.returns.iter().map(|it| {
                    let returned = self.given_back(it.value);
                    let values = self.resolver.values(returned);
                    self.holds(condition, Some(Subject { values: &values, expression: Some(returned) }))
                }))
            }),
            ValueCondition::Function(matcher) => match value {
                Value::Definition(it) => self.is_function(*it, matcher).map_or(Holds::Unknown, Holds::of),
                Value::Symbol(_) | Value::Unknown => Holds::Unknown,
                _ => Holds::No,
            },
            ValueCondition::Mentions(name) => {
                self.of_function(value, |function| Holds::of(self.mentions(function, name)))
            }
            ValueCondition::IgnoresParameter(position) => {
                self.of_function(value, |function| Holds::of(self.ignores_parameter(function, *position)))
            }
            ValueCondition::Has(conditions) => match value {
                Value::Mapping(mapping) => {
                    Holds::all(conditions.iter().map(|(key, condition)| match mapping.get(key) {
                        Some(values) => self.any_holds(condition, &values),
                        None => self.holds(condition, None),
                    }))
                }
                Value::Literal(_) | Value::Sequence { .. } => Holds::No,
                Value::Symbol(_) | Value::Definition(_) | Value::Parameter(_) | Value::Unknown => Holds::Unknown,
                Value::Module(..) => Holds::No,
            },
            ValueCondition::Contains(condition) => match value {
                Value::Sequence { items, open } => {
                    let found = Holds::any(items.iter().map(|item| self.any_holds(condition, item)));
                    if found == Holds::No && *open { Holds::Unknown } else { found }
                }
                // Libraries that take a list take a lone text as well.
                Value::Literal(Literal::Text(_)) => self.value_holds(condition, value),
                Value::Literal(_) | Value::Mapping(_) => Holds::No,
                Value::Symbol(_) | Value::Definition(_) | Value::Parameter(_) | Value::Unknown => Holds::Unknown,
                Value::Module(..) => Holds::No,
            },
        }
    }

    fn any_holds(&self, condition: &ValueCondition, values: &[Value]) -> Holds {
        self.holds(condition, Some(Subject { values, expression: None }))
    }

    /// What a function gives where it returns that: Go's functions return the error beside it.
    fn given_back(&self, returned: ExpressionId) -> ExpressionId {
        match &self.facts.expression(returned).kind {
            ExpressionKind::Sequence { items, .. } if self.facts.language == Language::Go => {
                items.first().copied().unwrap_or(returned)
            }
            _ => returned,
        }
    }

    fn of_function(&self, value: &Value, holds: impl Fn(&Definition) -> Holds) -> Holds {
        match value {
            Value::Definition(it) if it.file == self.resolver.file => {
                self.resolver.definition_at(it.scope).map_or(Holds::No, holds)
            }
            Value::Definition(_) | Value::Symbol(_) | Value::Unknown => Holds::Unknown,
            _ => Holds::No,
        }
    }

    /// Whether a function, of whatever file, is such a one; none where the file cannot be read.
    fn is_function(&self, function: DefinitionId, matcher: &DefineMatcher) -> Option<bool> {
        self.where_defined(function, |there, function| there.defines(matcher, function))
    }

    /// What is asked of a function, where it is defined; none where that file cannot be read.
    fn where_defined<T>(
        &self,
        function: DefinitionId,
        ask: impl FnOnce(&Matcher<'_, '_>, &Definition) -> T,
    ) -> Option<T> {
        self.in_file(function.file, |there| Some(ask(there, there.resolver.definition_at(function.scope)?)))?
    }

    /// Asks in another file, or this one; `None` where it cannot be read.
    fn in_file<T>(&self, file: FileId, ask: impl FnOnce(&Matcher<'_, '_>) -> T) -> Option<T> {
        if file == self.resolver.file {
            return Some(ask(self));
        }
        let world = self.resolver.world();
        let loaded = world.loaded(file)?;
        let resolver = world.resolver(file)?;
        Some(ask(&Matcher::among(self.files.clone(), &resolver, &loaded.source)))
    }

    fn imports(&self, matcher: &ImportMatcher) -> Vec<Node> {
        let mut nodes = Vec::new();
        for import in &self.facts.imports {
            if import.context == ImportContext::Types && !matcher.types {
                continue;
            }
            if let Some(module) = self.imported_module(matcher, import) {
                nodes.push(Node::certain(import.span, ("module", module)));
            }
        }
        if self.facts.language == Language::Python && matcher.only_names.is_none() {
            // `importlib.import_module("jwt")`: the call's value is the module.
            for (&id, symbols) in self.facts.calls.iter().zip(self.callees()) {
                let imports = |it: &Arc<str>| {
                    matches!(it.as_ref(), "importlib.import_module" | "importlib.__import__" | "builtins.__import__")
                };
                if !symbols.iter().any(imports) {
                    continue;
                }
                for module in self.resolver.symbols(id) {
                    if self.names_module(&matcher.module, &module) {
                        nodes.push(Node::certain(self.facts.expression(id).span, ("module", module.to_string())));
                    }
                }
            }
        }
        unique(nodes)
    }

    /// Imports that lead to files of the repository which they should not.
    fn leads(&self, matcher: &LeadsMatcher) -> Vec<Node> {
        let mut nodes = Vec::new();
        for import in &self.facts.imports {
            let is_of_types = import.context == ImportContext::Types;
            let retired = |path: &str| -> Option<Vec<(&'static str, String)>> {
                let LeadsMatcher::Retired(all) = matcher else { return None };
                let retired = all.iter().find(|it| it.files.is_match(path))?;
                (!retired.files.is_match(&*self.source.path)).then(|| vec![("key", path.to_owned())])
            };
            let up = |path: &str| -> Option<Vec<(&'static str, String)>> {
                let LeadsMatcher::Up(layerings) = matcher else { return None };
                let mut layerings = layerings.iter().filter(|it| it.types || !is_of_types);
                let (from, to) = layerings.find_map(|it| it.crossed(&self.source.path, path))?;
                let captures = [("path", path), ("from", from), ("to", to), ("module", &import.module)];
                Some(captures.map(|(name, text)| (name, text.to_owned())).to_vec())
            };
            let captures = self.led_to(import).into_iter().find_map(|path| retired(&path).or_else(|| up(&path)));
            nodes.extend(captures.map(|captures| Node::new(import.span, captures)));
        }
        unique(nodes)
    }

    /// The paths of the repository's files that an import leads to.
    fn led_to(&self, import: &Import) -> Vec<Arc<str>> {
        let named = import.names.iter().filter(|name| *name != "*").map(|name| {
            let dot = if import.module.ends_with('.') { "" } else { "." };
            Name::from(format!("{}{dot}{name}", import.module))
        });
        let mut paths: Vec<Arc<str>> = named.flat_map(|path| self.resolver.files_at(&path)).collect();
        if paths.is_empty() {
            paths = self.resolver.files_at(&import.module);
        }
        paths
    }

    fn imported_module(&self, matcher: &ImportMatcher, import: &Import) -> Option<String> {
        let named =
            |pattern: &Pattern| !import.names.is_empty() && import.names.iter().all(|name| pattern.is_match(name));
        if matcher.except_names.as_ref().is_some_and(named) || matcher.only_names.as_ref().is_some_and(|it| !named(it))
        {
            return None;
        }
        if self.names_module(&matcher.module, &import.module) {
            return Some(import.module.to_string());
        }
        // `from authlib import jose` imports the module `authlib.jose`.
        let within = import.names.iter().map(|name| format!("{}.{name}", import.module));
        within.into_iter().find(|module| self.names_module(&matcher.module, module))
    }

    /// Whether `module` is one of the modules, or lies within one.
    fn names_module(&self, modules: &Symbols, module: &str) -> bool {
        let ends = module.match_indices(['.', '/']).map(|(at, _)| at).chain([module.len()]);
        // Each end is a name to look up, so a module of many parts would cost their number squared.
        ends.take_while(|end| *end <= LONGEST_MODULE)
            .any(|end| end > 0 && modules.contains(self.facts.language, &module[..end]))
    }

    fn definitions(&self, matcher: &DefineMatcher, span: impl Fn(&Definition) -> Span, among: Among<'_>) -> Vec<Node> {
        let definitions = self.facts.definitions.iter().filter(|it| is_among(span(it), among));
        let definitions = definitions.filter(|it| self.defines(matcher, it));
        let node = |it: &Definition| {
            let node = Node::certain(span(it), ("name", it.name.to_string()));
            let fate = if matcher.goes_by_form { self.fate_by_form(matcher, it) } else { None };
            let related = fate.map(|it| it.takers).unwrap_or_default();
            Node { related, ..node }
        };
        definitions.map(node).collect()
    }

    fn defines(&self, matcher: &DefineMatcher, definition: &Definition) -> bool {
        let symbols_in = |expressions: &[ExpressionId], wanted: &Symbols| {
            expressions.iter().any(|&id| {
                self.resolver.symbols(self.decorator_name(id)).iter().any(|it| wanted.contains(self.facts.language, it))
            })
        };
        let returned = |condition: &ValueCondition, on_error: bool| {
            definition.returns.iter().any(|it| {
                let values = self.resolver.values(it.value);
                let subject = Subject { values: &values, expression: Some(it.value) };
                (!on_error || it.on_error) && self.holds(condition, Some(subject)) == Holds::Yes
            })
        };
        let is_aside = |name: &&str| matcher.calls_aside.as_ref().is_some_and(|it| it.is_match(name));
        let called = || self.called_in(definition.span).filter(|name| !is_aside(name));
        let is_named = !definition.name.is_empty() || matcher.name.is_none() && matcher.not_name.is_none();
        is_named
            && matcher.kind.is_none_or(|kind| kind == definition.kind)
            && matcher.name.as_ref().is_none_or(|it| it.is_match(&definition.name))
            && !matcher.not_name.as_ref().is_some_and(|it| it.is_match(&definition.name))
            && matcher.parameter.as_ref().is_none_or(|it| definition.parameters.iter().any(|name| it.is_match(name)))
            && matcher.parameter_from.as_ref().is_none_or(|it| self.parameter_comes_from(definition, it))
            && matcher.decorator_name.as_ref().is_none_or(|it| {
                let mut names = definition.decorators.iter().map(|it| self.last_name(self.decorator_name(*it)));
                names.any(|name| name.is_some_and(|name| it.is_match(name)))
            })
            && matcher.decorator.as_ref().is_none_or(|it| symbols_in(&definition.decorators, it))
            && matcher.base.as_ref().is_none_or(|it| symbols_in(&definition.bases, it))
            && matcher.calls.as_ref().is_none_or(|it| called().any(|name| it.is_match(name)))
            && matcher
                .calls_none
                .as_ref()
                .is_none_or(|it| matcher.goes_by_form || !called().any(|name| it.is_match(name)))
            && (!matcher.calls_nothing || called().next().is_none())
            && matcher.holds.as_ref().is_none_or(|it| stand_in(&self.held(it), definition.span))
            && matcher.returns.as_ref().is_none_or(|it| returned(it, false))
            && matcher.on_error_returns.as_ref().is_none_or(|it| returned(it, true))
            && (!matcher.goes_by_form || self.goes_by_form(matcher, definition))
            && (!matcher.may_agree
                || matcher.goes_by_form
                || definition.returns.iter().any(|it| self.may_agree(it.value)))
            && matcher.replaces_import.is_none_or(|it| self.replaces_import(definition, it))
            && matcher.reaches_none.as_ref().is_none_or(|(name, hops)| !self.calls_within(definition, name, *hops))
    }

    /// Whether a function goes by the form of what it is given, itself or by the functions that it hands it to. Those may
    /// have any name.
    fn goes_by_form(&self, matcher: &DefineMatcher, definition: &Definition) -> bool {
        let Some(fate) = self.fate_by_form(matcher, definition) else { return false };
        let is_hollow = |call: ExpressionId| fate.hollow.contains(&call);
        let names_none = |name: &Pattern| {
            let is_aside = |it: &str| matcher.calls_aside.as_ref().is_some_and(|aside| aside.is_match(it));
            // To get what checks is not to check.
            let gets = |call: ExpressionId, it: &str| match &self.facts.expression(call).kind {
                ExpressionKind::Call { arguments, .. } => arguments.is_empty() && it.starts_with("get"),
                _ => false,
            };
            self.calls_in(definition.span)
                .all(|(call, it)| !name.is_match(it) || is_hollow(call) || is_aside(it) || gets(call, it))
        };
        // One that gives nothing back raises where it is told no.
        let agrees = || match definition.returns.is_empty() {
            true => !fate.hollow.is_empty(),
            // To give the token back is to leave the check to others.
            false => {
                definition.returns.iter().any(|it| !fate.gives_back.contains(&it.value) && self.may_agree(it.value))
            }
        };
        fate.is_of_form() && matcher.calls_none.as_ref().is_none_or(names_none) && (!matcher.may_agree || agrees())
    }

    fn fate_by_form(&self, matcher: &DefineMatcher, definition: &Definition) -> Option<fate::Followed> {
        let question =
            fate::Question { aside: matcher.calls_aside.as_ref(), hops: MOST_HOPS, ..fate::Question::default() };
        Some(self.fate(definition, matcher.parameter.as_ref()?, question))
    }

    /// What becomes of what functions are given.
    fn fates(&self, matcher: &FateMatcher, among: Among<'_>) -> Vec<Node> {
        let mut nodes = self.nodes_among(&matcher.each, among);
        let by_name: FxHashMap<Span, &Definition> =
            self.facts.definitions.iter().map(|it| (it.name_span, it)).collect();
        for node in &mut nodes {
            let Some(definition) = by_name.get(&node.span) else { continue };
            let question = fate::Question {
                aside: None,
                computing: Some(&matcher.computing),
                reading: Some(&matcher.reading),
                hops: matcher.hops,
            };
            let found = self.fate(definition, &matcher.parameter, question);
            node.related.extend(found.takers);
            node.said = Some(Said::Fate(found.fate));
        }
        nodes
    }

    /// Whether what is returned may say yes. An object or a mapping with a `valid` of false says no.
    fn may_agree(&self, returned: ExpressionId) -> bool {
        const ANSWERS: [&str; 9] = [
            "valid",
            "is_valid",
            "isValid",
            "success",
            "ok",
            "authenticated",
            "is_authenticated",
            "authorized",
            "allowed",
        ];
        let is_false = |values: &[Value]| values.iter().all(|it| self.resolver.truth(it) == Some(false));
        if let ExpressionKind::Call { arguments, .. } = &self.facts.expression(returned).kind {
            let answer =
                |it: &&Argument| matches!(&it.kind, ArgumentKind::Keyword(name) if ANSWERS.contains(&name.as_str()));
            if arguments.iter().find(answer).is_some_and(|it| is_false(&self.resolver.values(it.value))) {
                return false;
            }
        }
        let is_name = matches!(self.facts.expression(returned).kind, ExpressionKind::Name(_));
        self.resolver.values(returned).iter().any(|value| match value {
            // It may have been filled since.
            Value::Sequence { items, .. } if items.is_empty() => is_name,
            Value::Mapping(mapping) if !mapping.open => {
                !ANSWERS.iter().any(|it| mapping.get(it).is_some_and(|values| is_false(&values)))
            }
            _ => self.resolver.truth(value) != Some(false),
        })
    }

    fn replaces_import(&self, definition: &Definition, whose: Replaced) -> bool {
        let Some(around) = self.facts.scope(definition.scope).parent else { return false };
        let named = self.resolver.bindings_of(&(around, definition.name.clone()));
        let named = || named.iter().map(|&index| &self.facts.bindings[index as usize]);
        let is_own = |it: &&Binding| matches!(it.kind, BindingKind::Definition(scope) if scope == definition.scope);
        let Some(own) = named().find(is_own) else { return false };
        let BlockKind::Handler { of } = self.facts.blocks[own.block.0 as usize].kind else { return false };
        let extends = |base: &ExpressionId| self.last_name(*base) == Some(definition.name.as_str());
        !definition.bases.iter().any(extends)
            && named().any(|it| {
                self.facts.block_encloses(of, it.block)
                    && match &it.kind {
                        BindingKind::Import(path) => whose == Replaced::Any || self.resolver.may_be_own(path),
                        // What is written for when a library is there.
                        BindingKind::Definition(_) => whose == Replaced::Any,
                        _ => false,
                    }
            })
    }

    /// The last names of what is called within a span.
    fn called_in(&self, span: Span) -> impl Iterator<Item = &'a str> {
        self.calls_in(span).map(|(_, name)| name)
    }

    /// The calls within a span.
    fn calls_inside(&self, span: Span) -> impl Iterator<Item = ExpressionId> {
        self.inside_of(self.calls_in_order(), span)
    }

    /// Those of some expressions, in order of where they start, that stand within a span.
    fn inside_of<'s>(
        &self,
        in_order: &'s [(u32, ExpressionId)],
        span: Span,
    ) -> impl Iterator<Item = ExpressionId> + use<'s, 'a> {
        let facts = self.facts;
        let from = in_order.partition_point(|(start, _)| *start < span.start);
        let starting = in_order[from..].iter().take_while(move |(start, _)| *start < span.end).map(|(_, id)| *id);
        starting.filter(move |&id| span.contains(facts.expression(id).span))
    }

    /// The calls within a span, with the last names of what they call.
    fn calls_in(&self, span: Span) -> impl Iterator<Item = (ExpressionId, &'a str)> {
        let facts = self.facts;
        self.calls_inside(span).filter_map(move |call| {
            let ExpressionKind::Call { callee, .. } = &facts.expression(call).kind else { return None };
            match &facts.expression(*callee).kind {
                ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } => Some((call, name.as_str())),
                _ => None,
            }
        })
    }

    fn order(&self) -> &fate::Order {
        self.known.order.get_or_init(|| fate::Order::new(self.facts))
    }

    /// The calls by where they start.
    fn calls_in_order(&self) -> &[(u32, ExpressionId)] {
        self.known.calls_in_order.get_or_init(|| {
            let starts = self.facts.calls.iter().map(|&call| (self.facts.expression(call).span.start, call));
            let mut calls: InOrder = starts.collect();
            calls.sort_unstable();
            calls
        })
    }

    fn references(&self, symbols: &Symbols) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (index, expression) in self.facts.expressions.iter().enumerate() {
            if !matches!(expression.kind, ExpressionKind::Name(_) | ExpressionKind::Member { .. }) {
                continue;
            }
            let found = self.resolver.symbols(ExpressionId(index as u32));
            if let Some(symbol) = found.iter().find(|it| symbols.contains(self.facts.language, it)) {
                let expression = Some(ExpressionId(index as u32));
                let node = Node::certain(self.facts.expressions[index].span, ("callee", symbol.to_string()));
                nodes.push(Node { expression, ..node });
            }
        }
        nodes
    }

    fn parameter_comes_from(&self, definition: &Definition, origin: &OriginMatcher) -> bool {
        let mut written = definition.parameters.iter().flat_map(|name| self.written_at_parameter(definition, name));
        written.any(|it| self.comes_from(it, origin) == Holds::Yes)
    }

    /// The type and the default of a function's parameter.
    fn written_at_parameter(&self, function: &Definition, name: &Name) -> impl Iterator<Item = ExpressionId> {
        let bindings = self.resolver.bindings_of(&(function.scope, name.clone())).into_iter();
        bindings.flat_map(|index| match self.facts.bindings[index as usize].kind {
            BindingKind::Parameter { annotation, default, .. } => annotation.into_iter().chain(default).collect(),
            _ => Vec::new(),
        })
    }

    /// The callee of a decorator with arguments, or the decorator.
    fn decorator_name(&self, decorator: ExpressionId) -> ExpressionId {
        match &self.facts.expression(decorator).kind {
            ExpressionKind::Call { callee, .. } => *callee,
            _ => decorator,
        }
    }

    /// Reads of environment variables, with what stands in for an unset one.
    fn environment(&self, matcher: &EnvMatcher) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        for (id, read) in self.environment_reads() {
            let (id, expression) = (*id, self.facts.expression(*id));
            if !matcher.key.is_match(&read.key) {
                continue;
            }
            let default = read.default.or_else(|| self.alternative_to(id));
            let within = read.default_within.as_ref().map(|it| vec![Value::Literal(Literal::Text(it.clone()))]);
            let holds = match (&matcher.default, default, &within) {
                (None, ..) => Holds::Yes,
                (Some(condition), _, Some(values)) => self.holds(condition, Some(Subject { values, expression: None })),
                (Some(condition), Some(default), None) => {
                    let values = self.resolver.values(default);
                    self.holds(condition, Some(Subject { values: &values, expression: Some(default) }))
                }
                (Some(condition), None, None) => self.holds(condition, None),
            };
            if holds != Holds::No && (!matcher.tested || self.is_tested(id)) {
                nodes.push(Node {
                    expression: Some(id),
                    certain: holds == Holds::Yes,
                    value: default,
                    said: read.default_within.as_ref().map(|it| Said::Text(it.to_string())),
                    ..Node::certain(expression.span, ("key", read.key.to_string()))
                });
            }
        }
        // `const { KEY } = process.env`
        for binding in &self.facts.bindings {
            if let BindingKind::MemberOf(object, key) = &binding.kind
                && matcher.key.is_match(key)
                && matcher.default.is_none()
                && !matcher.tested
                && self.resolver.is_environment(*object)
            {
                let span = Span::new(binding.at.saturating_sub(binding.name.len() as u32), binding.at);
                let node = Node::certain(span, ("key", key.to_string()));
                nodes.push(Node { expression: Some(*object), ..node });
            }
        }
        nodes
    }

    fn environment_reads(&self) -> &[(ExpressionId, EnvironmentRead)] {
        self.known.environment_reads.get_or_init(|| {
            let reads = self.facts.expressions.iter().enumerate().filter(|(_, expression)| {
                matches!(
                    expression.kind,
                    ExpressionKind::Call { .. } | ExpressionKind::Index { .. } | ExpressionKind::Member { .. }
                )
            });
            let reads = reads.map(|(index, _)| ExpressionId(index as u32));
            let mut reads: Vec<_> = reads.filter_map(|id| Some((id, self.resolver.environment_read(id)?))).collect();
            reads.extend(self.resolver.settings_fields());
            reads.sort_by_key(|(id, _)| *id);
            reads.dedup_by_key(|(id, _)| *id);
            reads
        })
    }

    /// Names that are given a value.
    fn given(&self, matcher: &GivenMatcher, among: Among<'_>) -> Vec<Node> {
        let names = self.given_names();
        let by_name = names.by_name.iter().filter(|(name, _)| matcher.name.is_match(name));
        let mut meant: Vec<usize> = by_name.flat_map(|(_, all)| all).copied().collect();
        meant.sort_unstable();
        let mut nodes = Vec::new();
        for given in meant.into_iter().map(|at| &names.all[at]) {
            if !matcher.by.contains(&given.by) || !is_among(given.span, among) {
                continue;
            }
            if let Some(wanted) = &matcher.of
                && !given.of.is_some_and(|of| self.stands_for(of, wanted))
            {
                continue;
            }
            let values = self.resolver.values(given.value);
            let holds = self.holds(&matcher.value, Some(Subject { values: &values, expression: Some(given.value) }));
            if holds != Holds::No {
                // A message that speaks of a call speaks of what has the member, or of the name alone.
                let owner = given.of.and_then(|of| self.resolver.symbols(of).into_iter().next());
                let owner = owner.map_or_else(|| given.name.to_string(), |it| it.to_string());
                let captures = vec![("name", given.name.to_string()), ("callee", owner)];
                nodes.push(Node {
                    expression: Some(given.value),
                    certain: holds == Holds::Yes,
                    ..Node::new(given.span, captures)
                });
            }
        }
        unique(nodes)
    }

    /// Every name of the file that is given a value, listed when first asked for.
    fn given_names(&self) -> &GivenNames {
        self.known.given_names.get_or_init(|| {
            let mut names = GivenNames::default();
            let mut add = |by: GivenBy, name: Name, value: ExpressionId, from: u32, of: Option<ExpressionId>| {
                let end = self.facts.expression(value).span;
                let span = Span::new(from.min(end.start), end.end.max(from));
                names.by_name.entry(name.clone()).or_default().push(names.all.len());
                names.all.push(GivenName { by, name, value, span, of });
            };
            for binding in &self.facts.bindings {
                let start = binding.at.saturating_sub(binding.name.len() as u32);
                match &binding.kind {
                    BindingKind::Value(value) => add(GivenBy::Variable, binding.name.clone(), *value, start, None),
                    BindingKind::Parameter { default: Some(value), index, .. } => {
                        let by = if index.is_some() { GivenBy::Default } else { GivenBy::Variable };
                        add(by, binding.name.clone(), *value, start, None);
                    }
                    _ => {}
                }
            }
            for mutation in &self.facts.mutations {
                if let MutationKind::SetItem { key, value } = &mutation.kind
                    && let Some(key) = self.one_text(*key)
                {
                    let start = self.facts.expression(mutation.target).span.start;
                    add(GivenBy::Member, key.into(), *value, start, Some(mutation.target));
                }
            }
            for expression in &self.facts.expressions {
                match &expression.kind {
                    ExpressionKind::Mapping(entries) => {
                        for entry in entries {
                            if let Entry::Pair { key, value } = entry
                                && let Some(text) = self.one_text(*key)
                            {
                                let start = self.facts.expression(*key).span.start;
                                add(GivenBy::Entry, text.into(), *value, start, None);
                            }
                        }
                    }
                    ExpressionKind::Call { callee, arguments } => {
                        for argument in arguments {
                            if let ArgumentKind::Keyword(name) = &argument.kind {
                                let start = self.facts.expression(argument.value).span.start;
                                add(GivenBy::Argument, name.clone(), argument.value, start, Some(*callee));
                            }
                        }
                    }
                    _ => {}
                }
            }
            names
        })
    }

    /// Whether an expression is such a symbol, or an instance of it.
    fn stands_for(&self, id: ExpressionId, wanted: &Symbols) -> bool {
        self.resolver.symbols(id).iter().any(|symbol| {
            let made = symbol.strip_suffix("()").unwrap_or(symbol);
            wanted.contains(self.facts.language, symbol) || wanted.contains(self.facts.language, made)
        })
    }

    fn one_text(&self, id: ExpressionId) -> Option<String> {
        if let ExpressionKind::Literal(Literal::Text(text)) = &self.facts.expression(id).kind {
            return Some(text.to_string());
        }
        match self.resolver.values(id).as_ref() {
            [Value::Literal(Literal::Text(text))] => Some(text.to_string()),
            _ => None,
        }
    }

    fn text(&self, matcher: &TextMatcher) -> Vec<Node> {
        let regions = &self.facts.regions;
        let region_at = |offset: u32| {
            let next = regions.partition_point(|region| region.span.start <= offset);
            let before = next.checked_sub(1).map(|at| regions[at]).filter(|region| offset < region.span.end);
            before.map_or(RegionKind::Code, |region| region.kind)
        };
        let mut nodes = Vec::new();
        for found in matcher.pattern.find_iter(&self.source.text) {
            let span = Span::new(found.start() as u32, found.end() as u32);
            if matcher.regions.contains(&region_at(span.start)) {
                nodes.push(Node::certain(span, ("name", found.as_str().to_owned())));
            }
        }
        nodes
    }

    /// The place that a node of a contract's rule is. Test code takes no part unless the rule says so.
    fn site(&self, rules: &[Rule], index: usize, node: Node, in_tests: bool) -> Option<Site> {
        let rule = &rules[index];
        let in_tests = in_tests || self.facts.test_spans.iter().any(|test| test.contains(node.span));
        let is_wanted = match rule.tests_scope {
            TestsScope::Apart => !in_tests,
            TestsScope::Include | TestsScope::Exclude | TestsScope::Only => wanted_there(rule, in_tests),
        };
        let key = node.captures.first().filter(|_| is_wanted)?.1.clone();
        let value = node.value.map(|value| self.resolver.values(value));
        let value = node.said.clone().or(value.and_then(|values| match values.as_ref() {
            [Value::Literal(Literal::Null)] => None,
            [Value::Literal(Literal::Bool(truth))] => Some(Said::Text(truth.to_string())),
            [Value::Literal(Literal::Number(text) | Literal::Text(text))] => Some(Said::Text(text.to_string())),
            _ => Some(Said::Unknown),
        }));
        let mut finding = self.finding(rules, node.span, in_tests, vec![(index, node)]);
        finding.message = finding.message.replace("{key}", &crate::secret::masked(&key));
        Some(Site { rule: rule.id.clone(), key, value, finding })
    }

    /// What is found at a node where something elsewhere makes it less.
    fn lower_if(&self, rules: &[Rule], span: Span, in_tests: bool, hits: &[(usize, Node)]) -> Vec<LowerIf> {
        let less = |to: &dyn Fn(&Node) -> Option<usize>| {
            let less =
                hits.iter().map(|(index, node)| (*index, Node { lower: node.lower.or(to(node)), ..node.clone() }));
            self.finding(rules, span, in_tests, less.collect())
        };
        let may_be_less = || hits.iter().rev().filter(|(_, node)| node.lower.is_none());
        let by_something = may_be_less().find_map(|(index, node)| {
            let elsewhere = rules[*index].lower[node.lower_if?].elsewhere.as_ref()?;
            let by = LowerBy::Elsewhere(elsewhere.name.clone());
            Some(LowerIf { by, finding: less(&|node| node.lower_if) })
        });
        let by_callers = may_be_less().find_map(|(_, node)| {
            let by = LowerBy::Callers(node.by_callers.as_ref()?.1.clone());
            Some(LowerIf { by, finding: less(&|node| node.by_callers.as_ref().map(|(lower, _)| *lower)) })
        });
        by_something.into_iter().chain(by_callers).collect()
    }

    /// One finding for a node: the most severe rule that hit it speaks, the others are named.
    fn finding(&self, rules: &[Rule], span: Span, in_tests: bool, hits: Vec<(usize, Node)>) -> Finding {
        let severity = |(index, node): &(usize, Node)| -> Severity {
            let rule = &rules[*index];
            match (&rule.unknown, node.lower) {
                (_, Some(lower)) => rule.lower[lower].severity,
                (Some(unknown), None) if !node.certain => unknown.severity,
                _ => rule.severity,
            }
        };
        let best = hits
            .iter()
            // What is wrong says more than where it should stand.
            .max_by_key(|hit| {
                let rule = &rules[hit.0];
                (severity(hit), rule.severity, rule.owner.is_none(), std::cmp::Reverse(hit.0))
            })
            .expect("a span is listed with its hits");
        let rule = &rules[best.0];
        let mut also: Vec<Arc<str>> =
            hits.iter().map(|hit| rules[hit.0].id.clone()).filter(|id| *id != rule.id).collect();
        also.sort();
        also.dedup();
        let template = match (&rule.unknown, best.1.lower) {
            (_, Some(lower)) => &rule.lower[lower].message,
            (Some(unknown), None) if !best.1.certain => &unknown.message,
            _ => &rule.message,
        };
        let mut message = template.clone();
        for (name, text) in &best.1.captures {
            message = message.replace(&format!("{{{name}}}"), text);
        }
        let message = crate::secret::masked(&message);
        let place = self.source.place(span);
        let scope = self.scope_at(span);
        let (first, last) = lines_of(place);
        let credentials = self.known.credentials.get_or_init(|| crate::secret::credential_spans(self.facts));
        // The name of a variable is what the finding is about, whatever function it is given to.
        let key = self.key_of(&best.1);
        let found = self.known.found_credentials.get().map_or(&[][..], |it| it);
        let credentials = crate::secret::united(credentials, found);
        let masked = crate::secret::masked_lines(self.source, (&credentials, key), first..=last);
        let snippet = masked[..masked.len().min(MOST_SNIPPET_LINES as usize)].join("\n");
        let fingerprint = fingerprint::of(&rule.id, &cut(&masked, place), Some(self.facts.language));
        Finding {
            rule: rule.id.clone(),
            severity: severity(best),
            message,
            fix: rule.fix.clone(),
            why: rule.why.clone(),
            cwe: rule.cwe.clone(),
            impact: rule.impact.clone(),
            path: self.source.path.clone(),
            place,
            scope,
            snippet,
            fingerprint,
            in_tests: in_tests && rule.tests_scope != TestsScope::Include,
            related: self.explained(rule, &best.1),
            also,
            state: State::New,
            allowed: None,
            origin: None,
            lower_if: Vec::new(),
        }
    }

    /// Where the key of a read of the environment stands.
    fn key_of(&self, node: &Node) -> Option<Span> {
        let is_key = |(name, _): &(&str, String)| *name == "key";
        let read = node.expression.filter(|_| node.captures.iter().any(is_key))?;
        let at = self.environment_reads().binary_search_by_key(&read, |(id, _)| *id).ok()?;
        let key = self.environment_reads()[at].1.key_at?;
        Some(self.facts.expression(key).span)
    }

    /// The places that explain a node: how its names came to stand for what they do, then how it was called.
    fn explained(&self, rule: &Rule, node: &Node) -> Vec<Related> {
        let mut steps = Vec::new();
        match node.expression.map(|id| (id, &self.facts.expression(id).kind)) {
            Some((_, ExpressionKind::Call { callee, arguments })) => {
                // A name that says what it stands for needs no explanation.
                if self.written(*callee) != node.callee() {
                    steps.extend(self.resolver.way_of(*callee));
                }
                let mut asked = Vec::new();
                sinks::asked_arguments(&rule.condition, &mut asked);
                let arguments = arguments.iter().enumerate();
                let arguments = arguments.filter(|(position, it)| sinks::is_asked(&asked, *position, &it.kind));
                arguments.for_each(|(_, argument)| steps.extend(self.resolver.way_of(argument.value)));
            }
            Some((id, _)) => steps.extend(self.resolver.way_of(id)),
            None => {}
        }
        let lines = self.source.place(node.span);
        let mut related: Vec<Related> = steps.into_iter().filter_map(|step| self.shown(step)).collect();
        related
            .retain(|it| it.path != self.source.path || it.place.line < lines.line || lines.end_line < it.place.line);
        related.extend(node.related.iter().cloned());
        let mut seen = FxHashSet::default();
        related.retain(|it| seen.insert((it.path.clone(), it.place.line)));
        related
    }

    fn shown(&self, step: Step) -> Option<Related> {
        let message = match step.kind {
            StepKind::Imported => format!("`{}` is imported here", step.name),
            StepKind::Given => format!("`{}` gets its value here", step.name),
            StepKind::Changed => format!("`{}` is changed here", step.name),
            StepKind::Default => format!("`{}` has its default here", step.name),
        };
        let related = |source: &Source| Related { path: source.path.clone(), place: source.place(step.span), message };
        match step.file == self.resolver.file {
            true => Some(related(self.source)),
            false => self.resolver.world().loaded(step.file).map(|it| related(&it.source)),
        }
    }

    /// The dotted names of the classes and functions around a span.
    fn scope_at(&self, span: Span) -> String {
        // Scopes are listed in the order they open, and nest.
        let scopes = &self.facts.scopes;
        let after = scopes.partition_point(|scope| scope.span.start <= span.start);
        let mut at = after.checked_sub(1).map(|index| ScopeId(index as u32));
        while let Some(scope) = at.map(|id| self.facts.scope(id)) {
            if scope.span.contains(span) && scope.span != span {
                break;
            }
            at = scope.parent;
        }
        let mut names = Vec::new();
        while let Some(scope) = at.map(|id| self.facts.scope(id)) {
            if !scope.name.is_empty() {
                names.push(scope.name.as_str());
            }
            at = scope.parent;
        }
        names.reverse();
        names.join(".")
    }
}

/// The lines of a place that tell it from others, the first and the last, counted from 1.
fn lines_of(place: Place) -> (u32, u32) {
    (place.line, place.end_line.min(place.line + MOST_FINGERPRINT_LINES - 1))
}

/// What of these lines, of which the first is the place's, stands within the place.
fn cut(lines: &[String], place: Place) -> String {
    let mut text = String::new();
    for (number, line) in (place.line..).zip(lines) {
        let from = if number == place.line { place.column as usize - 1 } else { 0 };
        let to = if number == place.end_line { place.end_column as usize - 1 } else { usize::MAX };
        text.extend(line.chars().take(to).skip(from));
        text.push('\n');
    }
    text
}

/// `functools.partial(function, …)` and providers of containers: a call of the function of which some arguments are known
/// by now.
fn is_partial(symbols: &[Arc<str>]) -> bool {
    symbols.iter().any(|symbol| {
        **symbol == *"functools.partial"
            || symbol.strip_prefix("dependency_injector.providers.").is_some_and(|it| {
                matches!(
                    it,
                    "Factory" | "Singleton" | "ThreadSafeSingleton" | "ThreadLocalSingleton" | "Callable" | "Resource"
                )
            })
    })
}

/// Whether one of some spans, which are in order, stands within another.
fn stand_in(spans: &[Span], within: Span) -> bool {
    let from = spans.partition_point(|span| span.start < within.start);
    spans[from..].iter().take_while(|span| span.start < within.end).any(|span| within.contains(*span))
}

/// Spans, to ask whether one of them contains another.
struct Covered {
    /// By where they start, each with the furthest end of those up to it: what starts before a span and reaches to its
    /// end contains it.
    reach: Vec<(u32, u32)>,
}

impl Covered {
    fn new(spans: impl Iterator<Item = Span>) -> Covered {
        let mut reach: Vec<(u32, u32)> = spans.map(|span| (span.start, span.end)).collect();
        reach.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut reach {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Covered { reach }
    }

    fn contains(&self, span: Span) -> bool {
        let until = self.reach.partition_point(|(start, _)| *start <= span.start);
        until.checked_sub(1).is_some_and(|last| self.reach[last].1 >= span.end)
    }
}

/// One node a span; a certain one wins over an uncertain one.
fn unique(nodes: impl IntoIterator<Item = Node>) -> Vec<Node> {
    let mut by_span: FxHashMap<Span, usize> = FxHashMap::default();
    let mut all: Vec<Node> = Vec::new();
    for node in nodes {
        match by_span.get(&node.span) {
            Some(&at) if node.certain && !all[at].certain => all[at] = node,
            Some(_) => {}
            None => {
                by_span.insert(node.span, all.len());
                all.push(node);
            }
        }
    }
    all
}
