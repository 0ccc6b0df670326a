//! Calls whose outcome the caller of a function decides, and the calls that decide it:
//! `def decode(token, verify=True): return jwt.decode(token, KEY, options={"verify_signature": verify})` is a
//! sink of `decode`, and every `decode(token, verify=False)` of the repository is then what the rule looks for.

use crate::fact::ArgumentKind;
use crate::fact::Expression;
use crate::fact::ExpressionKind;
use crate::fact::Name;
use crate::finding::Related;
use crate::finding::Severity;
use crate::matching::Holds;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::Subject;
use crate::matching::Taken;
use crate::matching::callers::Question;
use crate::resolve;
use crate::resolve::DefinitionId;
use crate::resolve::Given;
use crate::resolve::Resolver;
use crate::resolve::Value;
use crate::resolve::Values;
use crate::rules::ArgumentCondition;
use crate::rules::Condition;
use crate::rules::Rule;
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

/// A wrapper of a wrapper of … is followed through this many functions.
pub(super) const LONGEST_CHAIN: usize = 6;

/// A call inside a function that meets a rule's condition for some of the function's arguments.
#[derive(Debug, PartialEq)]
pub(crate) struct Sink {
    /// What files ask for that call it.
    asked_by: Name,
    /// Index of the rule.
    pub(super) rule: usize,
    pub(super) asks: Asks,
    /// The calls inside, the innermost first.
    pub(super) way: Vec<Related>,
}

/// What callers decide.
#[derive(Debug, PartialEq)]
pub(super) enum Asks {
    /// Whether the condition of the rule is met.
    Outcome {
        /// The canonical names of what is called inside.
        callees: Vec<Arc<str>>,
        arguments: Vec<Given>,
    },
    /// How bad it is.
    Use(Question),
}

impl Sink {
    /// What files ask for that call the function: its name, or its class's for a method.
    pub(crate) fn asked_by(&self) -> &Name {
        &self.asked_by
    }

    pub(super) fn of_question(asked_by: Name, rule: usize, question: Question) -> Sink {
        Sink { asked_by, rule, asks: Asks::Use(question), way: Vec::new() }
    }

    /// What messages say is called, or set.
    pub(super) fn about(&self) -> String {
        let Asks::Outcome { callees, arguments } = &self.asks else { return String::new() };
        let set = || match &arguments.first()?.kind {
            ArgumentKind::Keyword(name) => Some(name.to_string()),
            _ => None,
        };
        callees.first().map(|it| it.to_string()).or_else(set).unwrap_or_default()
    }

    pub(super) fn question(&self) -> Option<&Question> {
        match &self.asks {
            Asks::Use(question) => Some(question),
            Asks::Outcome { .. } => None,
        }
    }
}

/// Sinks with the functions whose callers decide.
pub(crate) type FoundSinks = Vec<(DefinitionId, Arc<Sink>)>;

/// The sinks of each function that has some.
#[derive(Debug, Default)]
pub(crate) struct Sinks {
    by_function: FxHashMap<DefinitionId, Vec<Arc<Sink>>>,
}

impl Sinks {
    /// Adds a sink; `false` when it is known.
    pub(crate) fn add(&mut self, function: DefinitionId, sink: Arc<Sink>) -> bool {
        let sinks = self.by_function.entry(function).or_default();
        let is_same = |it: &Sink| match (&it.asks, &sink.asks) {
            (Asks::Outcome { arguments, .. }, Asks::Outcome { arguments: others, .. }) => arguments == others,
            (one, other) => one == other,
        };
        let is_new = !sinks.iter().any(|it| it.rule == sink.rule && is_same(it));
        if is_new {
            sinks.push(sink);
        }
        is_new
    }

    /// Whether one of the values is a class or function with sinks.
    pub(crate) fn has_one_of(&self, resolver: &Resolver, values: &[Value]) -> bool {
        values.iter().any(|value| match value {
            Value::Definition(it) => {
                resolver.callable(*it).is_some_and(|(function, _)| self.by_function.contains_key(&function))
            }
            _ => false,
        })
    }

    /// A digest of all of it, as long as no file comes or goes.
    pub(crate) fn digest(&self, hasher: &mut impl Hasher) {
        let mut functions: Vec<_> = self.by_function.iter().map(|it| format!("{it:?}")).collect();
        functions.sort();
        functions.hash(hasher);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_function.is_empty()
    }

    pub(super) fn of(&self, function: DefinitionId) -> impl Iterator<Item = &Sink> {
        self.by_function.get(&function).into_iter().flatten().map(AsRef::as_ref)
    }

    /// The questions about functions, whichever.
    pub(super) fn questions(&self) -> impl Iterator<Item = (usize, &Question)> {
        let all = self.by_function.values().flatten();
        all.filter_map(|sink| Some((sink.rule, sink.question()?)))
    }
}

impl Matcher<'_, '_> {
    /// The sinks that a node of a rule is, one for each function whose caller decides, or class that leaves it to others;
    /// `giver` is what messages call those.
    pub(crate) fn sinks_of(&self, rules: &[Rule], rule: usize, node: &Node, giver: &str) -> FoundSinks {
        // Warnings are about where they stand.
        let Some(call) = node.expression.filter(|_| rules[rule].severity >= Severity::Error && node.lower.is_none())
        else {
            return Vec::new();
        };
        let name = node.captures.iter().find(|(name, _)| *name == "name").map(|(_, text)| text);
        if let Some(name) = name {
            let values = self.resolver.values(call);
            let given = Given { kind: ArgumentKind::Keyword(name.as_str().into()), values };
            let message = format!("`{name}` is given what {giver} gives");
            let related = self.related(self.facts.expression(call), message);
            return self.undecided(rules, rule, Vec::new(), vec![given], vec![related]);
        }
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return Vec::new() };
        let mut asked = Vec::new();
        asked_arguments(&rules[rule].condition, &mut asked);
        if asked.is_empty() {
            return Vec::new();
        }
        let arguments = arguments.iter().enumerate().map(|(position, it)| Given {
            kind: it.kind.clone(),
            values: match is_asked(&asked, position, &it.kind) {
                true => self.resolver.values(it.value),
                false => resolve::unknown(),
            },
        });
        let arguments = arguments.collect();
        let callees = self.resolver.symbols(*callee);
        let related = self
            .related(self.facts.expression(call), format!("{} is called here, with what {giver} gives", node.callee()));
        self.undecided(rules, rule, callees, arguments, vec![related])
    }

    /// The sink, for each function on whose parameters it depends.
    pub(super) fn undecided(
        &self,
        rules: &[Rule],
        rule: usize,
        callees: Vec<Arc<str>>,
        arguments: Vec<Given>,
        way: Vec<Related>,
    ) -> FoundSinks {
        let condition = &rules[rule].condition;
        let mut asked = Vec::new();
        asked_arguments(condition, &mut asked);
        let mut functions = Vec::new();
        let arguments: Vec<Given> = arguments
            .into_iter()
            .enumerate()
            .map(|(position, argument)| {
                if !callees.is_empty() && !is_asked(&asked, position, &argument.kind) {
                    return Given { kind: argument.kind, values: resolve::unknown() };
                }
                functions_asked(&argument.values, &mut functions);
                argument
            })
            .collect();
        functions.retain(|it| it.file == self.resolver.file);
        functions.sort();
        functions.dedup();
        if functions.is_empty() {
            return Vec::new();
        }
        // What holds whatever the caller gives is not his to decide.
        let undecided: Vec<Given> =
            arguments.iter().map(|it| Given { kind: it.kind.clone(), values: without_defaults(&it.values) }).collect();
        let undecided: Vec<Taken> = undecided.iter().map(Taken::Filled).collect();
        if self.condition_holds(condition, &callees, &undecided) != Holds::Unknown {
            return Vec::new();
        }
        let sinks = functions.into_iter().map(|function| {
            let asked_by = self.resolver.asked_by(function.scope);
            let (callees, arguments, way) = (callees.clone(), arguments.clone(), way.clone());
            (function, Arc::new(Sink { asked_by, rule, asks: Asks::Outcome { callees, arguments }, way }))
        });
        sinks.collect()
    }

    /// The calls of functions with sinks that meet the rule's condition, and the sinks that these calls make of
    /// the functions they stand in.
    pub(crate) fn deciding_calls(&self, rules: &[Rule], sinks: &Sinks) -> (Vec<(usize, Node)>, FoundSinks) {
        let mut nodes = Vec::new();
        let mut more = Vec::new();
        if sinks.is_empty() {
            return (nodes, more);
        }
        for &call in &self.facts.calls {
            let expression = self.facts.expression(call);
            let ExpressionKind::Call { callee, arguments } = &expression.kind else { continue };
            let (callee, arguments) = match arguments.as_slice() {
                [function, rest @ ..] if super::is_partial(&self.resolver.symbols(*callee)) => (&function.value, rest),
                all => (callee, all),
            };
            for value in self.resolver.callees(*callee).iter() {
                let Value::Definition(called) = value else { continue };
                let Some((function, parameters)) = self.resolver.callable(*called) else { continue };
                for sink in sinks.of(function) {
                    let Asks::Outcome { callees: called, arguments: asked } = &sink.asks else { continue };
                    let arguments: Vec<Given> = arguments
                        .iter()
                        .map(|it| Given { kind: it.kind.clone(), values: self.resolver.values(it.value) })
                        .collect();
                    let filled: Vec<Given> = asked
                        .iter()
                        .map(|it| Given {
                            kind: it.kind.clone(),
                            values: resolve::filled(&it.values, function, &parameters, &arguments),
                        })
                        .collect();
                    let taken: Vec<Taken> = filled.iter().map(Taken::Filled).collect();
                    let holds = self.condition_holds(&rules[sink.rule].condition, called, &taken);
                    let given = asked.first().and_then(|it| match &it.kind {
                        ArgumentKind::Keyword(name) => Some(name.to_string()),
                        _ => None,
                    });
                    // The default is a finding where it stands; here only what this call gives counts.
                    if holds == Holds::Yes && gives_something(asked, &filled) {
                        nodes.push((
                            sink.rule,
                            Node {
                                expression: Some(call),
                                related: sink.way.clone(),
                                ..Node::new(
                                    expression.span,
                                    vec![("callee", sink.about()), ("name", given.unwrap_or_default())],
                                )
                            },
                        ));
                    } else if holds == Holds::Unknown && sink.way.len() < LONGEST_CHAIN {
                        let mut way = sink.way.clone();
                        way.push(self.related(expression, "called from here, with what the caller gives".to_owned()));
                        more.extend(self.undecided(rules, sink.rule, called.clone(), filled, way));
                    }
                }
            }
        }
        (nodes, more)
    }

    /// Whether the rule's condition holds of a call of such symbols with such arguments; filters are taken to hold.
    pub(crate) fn condition_holds(&self, condition: &Condition, callees: &[Arc<str>], arguments: &[Taken]) -> Holds {
        match condition {
            Condition::Any(all) => Holds::any(all.iter().map(|it| self.condition_holds(it, callees, arguments))),
            Condition::All(all) => Holds::all(all.iter().map(|it| self.condition_holds(it, callees, arguments))),
            Condition::Not(inner) if inner.is_filter() => Holds::Yes,
            // Only what certainly is otherwise is taken away.
            Condition::Not(inner) => Holds::of(self.condition_holds(inner, callees, arguments) != Holds::Yes),
            Condition::Filter(_) => Holds::Yes,
            Condition::Same(inner) => self.condition_holds(inner, callees, arguments),
            Condition::Call(matcher) => {
                let is =
                    |wanted: &crate::rules::Symbols| callees.iter().any(|it| wanted.contains(self.facts.language, it));
                if !matcher.callee.as_ref().is_some_and(is) || matcher.not_callee.as_ref().is_some_and(is) {
                    return Holds::No;
                }
                Holds::all(matcher.arguments.iter().map(|it| self.argument(it, arguments)))
            }
            // Stands for what was given a value: see `sinks_of`.
            Condition::Given(matcher) => match (callees, arguments) {
                ([], [Taken::Filled(given)]) => match &given.kind {
                    ArgumentKind::Keyword(name) if matcher.name.is_match(name) => {
                        let subject = Subject { values: &given.values, expression: None };
                        self.holds(&matcher.value, Some(subject))
                    }
                    _ => Holds::No,
                },
                _ => Holds::No,
            },
            _ => Holds::No,
        }
    }

    pub(crate) fn related(&self, expression: &Expression, message: String) -> Related {
        Related { path: self.source.path.clone(), place: self.source.place(expression.span), message }
    }
}

/// Whether a call changed anything about what the defaults of the arguments say that are asked for.
pub(super) fn gives_something(asked: &[Given], filled: &[Given]) -> bool {
    let defaults = asked.iter().map(|it| with_defaults(&it.values));
    filled.iter().zip(defaults).any(|(filled, default)| filled.values != default)
}

/// The argument conditions of a rule's calls.
pub(super) fn asked_arguments<'c>(condition: &'c Condition, asked: &mut Vec<&'c ArgumentCondition>) {
    condition.walk(&mut |condition| {
        if let Condition::Call(matcher) = condition {
            asked.extend(&matcher.arguments);
        }
    });
}

pub(super) fn is_asked(asked: &[&ArgumentCondition], position: usize, kind: &ArgumentKind) -> bool {
    match kind {
        ArgumentKind::Positional => asked.iter().any(|it| it.position == Some(position)),
        ArgumentKind::Keyword(name) => asked.iter().any(|it| it.name.as_deref() == Some(name.as_str())),
        ArgumentKind::SpreadPositional | ArgumentKind::SpreadKeyword => true,
    }
}

/// The functions whose callers decide what these values are.
fn functions_asked(values: &[Value], functions: &mut Vec<DefinitionId>) {
    for value in values {
        match value {
            Value::Parameter(parameter) => functions.push(parameter.of),
            Value::Mapping(mapping) => {
                mapping.entries.iter().for_each(|(_, values)| functions_asked(values, functions));
            }
            Value::Sequence { items, .. } => items.iter().for_each(|item| functions_asked(item, functions)),
            _ => {}
        }
    }
}

/// The values with nothing known of any parameter.
fn without_defaults(values: &Values) -> Values {
    resolve::map_parameters(values, &|_| resolve::unknown())
}

/// The values for a caller who gives nothing.
fn with_defaults(values: &Values) -> Values {
    resolve::map_parameters(values, &|parameter| parameter.default.clone().unwrap_or_else(resolve::unknown))
}
