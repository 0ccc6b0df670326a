//! What a class leaves to those below it. A method that reads a field of its own object, or calls a method of it, gets
//! what the class of that object says: `jwt.decode(token, key, options=self.options())` is decided by every class that
//! derives from this one and has `options` of its own. Such a call is a sink of the class, as one that hands on a
//! parameter is a sink of its function.

use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ExpressionKind;
use crate::fact::ScopeKind;
use crate::finding::Related;
use crate::finding::Severity;
use crate::matching::Holds;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::Taken;
use crate::matching::sinks::Asks;
use crate::matching::sinks::FoundSinks;
use crate::matching::sinks::LONGEST_CHAIN;
use crate::matching::sinks::Sinks;
use crate::matching::sinks::asked_arguments;
use crate::matching::sinks::gives_something;
use crate::matching::sinks::is_asked;
use crate::place::Span;
use crate::resolve;
use crate::resolve::DefinitionId;
use crate::resolve::Given;
use crate::resolve::Value;
use crate::rules::ArgumentCondition;
use crate::rules::Condition;
use crate::rules::Rule;
use rustc_hash::FxHashSet;
use std::cell::Cell;

/// What a bundle gives a call is made of more than anybody writes.
const MOST_PARTS: usize = 500;

impl Matcher<'_, '_> {
    /// The sinks that a rule makes of the classes of this file.
    pub(super) fn sinks_of_classes(&self, rules: &[Rule], rule: usize) -> FoundSinks {
        let Rule { condition, severity, .. } = &rules[rule];
        let has_classes = || self.facts.definitions.iter().any(|it| it.kind == DefinitionKind::Class);
        if *severity < Severity::Error || !has_classes() {
            return Vec::new();
        }
        let mut asked = Vec::new();
        asked_arguments(condition, &mut asked);
        let spans = self.resolver.left_open(|| self.left_to_subclasses(condition, &asked));
        if spans.is_empty() {
            return Vec::new();
        }
        // What this one has worked out holds for objects of the class alone.
        let open = Matcher::new(self.resolver, self.source);
        let sinks = self.resolver.left_open(|| {
            let nodes = open.weighed(&rules[rule], open.nodes_among(condition, Some(&spans)));
            nodes.iter().flat_map(|node| open.sinks_of(rules, rule, node, "a class below")).collect::<FoundSinks>()
        });
        let is_of_class = |of: &DefinitionId| self.facts.scope(of.scope).kind == ScopeKind::Class;
        sinks.into_iter().filter(|(of, _)| is_of_class(of)).collect()
    }

    /// The calls and settings that the condition may mean whose values hang on the class of the object.
    fn left_to_subclasses(&self, condition: &Condition, asked: &[&ArgumentCondition]) -> FxHashSet<Span> {
        let mut spans = FxHashSet::default();
        condition.walk(&mut |condition| {
            if let Condition::Given(matcher) = condition {
                let given = self.given_names().all.iter().filter(|it| matcher.name.is_match(&it.name));
                let left = given.filter(|it| hangs_on_class(&self.resolver.values(it.value), &mut { MOST_PARTS }));
                spans.extend(left.map(|it| it.span));
            }
            let Condition::Call(matcher) = condition else { return };
            if matcher.arguments.is_empty() || matcher.callee.is_none() {
                return;
            }
            for at in self.calls_of(matcher) {
                let call = self.facts.expression(self.facts.calls[at]);
                let ExpressionKind::Call { arguments, .. } = &call.kind else { continue };
                let is_left = arguments.iter().enumerate().any(|(position, it)| {
                    is_asked(asked, position, &it.kind) && hangs_on_class(&self.resolver.values(it.value), &mut { MOST_PARTS })
                });
                if is_left {
                    spans.insert(call.span);
                }
            }
        });
        spans
    }

    /// What classes of this file say that a class above them leaves to them, where that meets a rule's condition; and
    /// the sinks that those become which leave it to others.
    pub(super) fn deciding_classes(&self, rules: &[Rule], sinks: &Sinks) -> (Vec<(usize, Node)>, FoundSinks) {
        let mut nodes = Vec::new();
        let mut more = Vec::new();
        let classes = self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Class);
        for class in classes {
            for value in class.bases.iter().flat_map(|&base| self.resolver.callees(base).to_vec()) {
                let Value::Definition(above) = value else { continue };
                for sink in sinks.of(above) {
                    let Asks::Outcome { callees, arguments } = &sink.asks else { continue };
                    let place = Cell::new(None);
                    let filled = arguments.iter().map(|it| Given {
                        kind: it.kind.clone(),
                        values: resolve::map_parameters(&it.values, &|parameter| {
                            if parameter.of != above || !parameter.is_member() {
                                return [Value::Parameter(parameter.clone())].into();
                            }
                            let (values, span) = self.resolver.said_below(class.scope, parameter);
                            place.set(place.get().or(span));
                            values
                        }),
                    });
                    let filled: Vec<Given> = filled.collect();
                    let taken: Vec<Taken> = filled.iter().map(Taken::Filled).collect();
                    let holds = self.condition_holds(&rules[sink.rule].condition, callees, &taken);
                    match (holds, place.get()) {
                        (Holds::Yes, Some(span)) if gives_something(arguments, &filled) => {
                            let node = Node::certain(span, ("callee", sink.about()));
                            nodes.push((sink.rule, Node { related: sink.way.clone(), ..node }));
                        }
                        (Holds::Unknown, _) if sink.way.len() < LONGEST_CHAIN => {
                            let mut way = sink.way.clone();
                            way.push(self.derived(class));
                            more.extend(self.undecided(rules, sink.rule, callees.clone(), filled, way));
                        }
                        _ => {}
                    }
                }
            }
        }
        (nodes, more)
    }

    fn derived(&self, class: &Definition) -> Related {
        let message = format!("{} leaves it to the classes below", class.name);
        Related { path: self.source.path.clone(), place: self.source.place(class.name_span), message }
    }
}

/// Whether something of the values is a member that the classes below decide; of so many parts, no more are looked at.
fn hangs_on_class(values: &[Value], parts: &mut usize) -> bool {
    values.iter().any(|value| {
        *parts = parts.saturating_sub(1);
        match value {
            _ if *parts == 0 => false,
            Value::Parameter(parameter) => parameter.is_member(),
            Value::Mapping(mapping) => mapping.entries.iter().any(|(_, values)| hangs_on_class(values, parts)),
            Value::Sequence { items, .. } => items.iter().any(|item| hangs_on_class(item, parts)),
            _ => false,
        }
    })
}
