//! What a class leaves to those below it. A method that reads a field of its own object, or calls a method of it, gets
//! what the class of that object says: `jwt.decode(token, key, options=self.options())` is decided by every class that
//! derives from this one and has `options` of its own. Such a call is a sink of the class, as one that hands on a
//! parameter is a sink of its function.

use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ExpressionId;
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

/// Names are made of names so often, where people write them.
const MOST_NAMES: u32 = 3;

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
        named_by(condition, &mut |condition| match condition {
            Condition::Given(matcher) => {
                let given = self.given_names().all.iter().filter(|it| matcher.name.is_match(&it.name));
                let left = given.filter(|it| self.is_left(it.value));
                spans.extend(left.map(|it| it.span));
            }
            Condition::Call(matcher) if !matcher.arguments.is_empty() && matcher.callee.is_some() => {
                for at in self.calls_of(matcher) {
                    let call = self.facts.expression(self.facts.calls[at]);
                    let ExpressionKind::Call { arguments, .. } = &call.kind else { continue };
                    let mut asked = arguments.iter().enumerate().filter(|(at, it)| is_asked(asked, *at, &it.kind));
                    if asked.any(|(_, it)| self.is_left(it.value)) {
                        spans.insert(call.span);
                    }
                }
            }
            _ => {}
        });
        spans
    }

    fn is_left(&self, value: ExpressionId) -> bool {
        self.may_be_left(value, 0) && hangs_on_class(&self.resolver.values(value), &mut { MOST_PARTS })
    }

    /// Whether something of the object itself stands in an expression, or in what its names are given; to know their
    /// values takes longer.
    fn may_be_left(&self, id: ExpressionId, names: u32) -> bool {
        let kind = &self.facts.expression(id).kind;
        match kind {
            ExpressionKind::Receiver(_) => true,
            ExpressionKind::Name(_) => {
                let Some(variable) = self.resolver.variable(id) else { return false };
                let bindings = self.resolver.bindings_of(&variable);
                let given = bindings.iter().filter_map(|it| match self.facts.bindings[*it as usize].kind {
                    BindingKind::Value(value) | BindingKind::MemberOf(value, _) => Some(value),
                    _ => None,
                });
                self.facts.scope(variable.0).kind == ScopeKind::Class
                    || names < MOST_NAMES && given.into_iter().any(|it| self.may_be_left(it, names + 1))
            }
            _ => {
                let mut may = false;
                kind.for_each_part(&mut |part| may = may || self.may_be_left(part, names));
                may
            }
        }
    }

    /// What classes of this file say that a class above them leaves to them, where that meets a rule's condition; and
    /// the sinks that those become which leave it to others.
    pub(super) fn deciding_classes(&self, rules: &[Rule], sinks: &Sinks) -> (Vec<(usize, Node)>, FoundSinks) {
        let mut nodes = Vec::new();
        let mut more = Vec::new();
        if sinks.is_empty() {
            return (nodes, more);
        }
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

/// Calls `visit` for the conditions that name nodes, without those that take them away or stand beside them.
fn named_by<'c>(condition: &'c Condition, visit: &mut dyn FnMut(&'c Condition)) {
    match condition {
        Condition::Any(all) | Condition::All(all) => all.iter().for_each(|it| named_by(it, visit)),
        Condition::Same(inner) => named_by(inner, visit),
        named => visit(named),
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
