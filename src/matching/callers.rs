//! Reads that are as bad as their callers make them: a function that reads the claims of the token it is given does no
//! harm where each of its callers, in whatever file, has checked the token or only tells what it says.
//!
//! Such a function is asked for by its name, as those are whose callers decide what they do ([`super::sinks`]). Each
//! call answers for itself, and may hand the question on to its own callers; [`crate::contracts`] puts the answers
//! together.

use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Name;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::checks::Checks;
use crate::matching::checks::Identity;
use crate::matching::sinks::FoundSinks;
use crate::matching::sinks::Sink;
use crate::matching::sinks::Sinks;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::rules::CallMatcher;
use crate::rules::Callers;
use crate::rules::Condition;
use crate::rules::Filter;
use crate::rules::Lower;
use crate::rules::Rule;
use crate::site::Called;
use crate::site::Said;
use crate::site::Site;
use regex::Regex;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::LazyLock;

/// A question is handed on by so many functions.
const MOST_HANDED_ON: usize = 4;

/// Names of what holds a token.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i-u)token|jwt|bearer|credential|^\$?_?raw").expect("it is right"));

/// Names of what holds a token among other things.
static HOLDS_MORE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i-u)^\$?(?:\w*req(?:uest)?|c|ctx|\w*context|event|e|headers?|environ|scope|info|conn\w*|\w*socket|ws|client|message|msg|self|this|cookies?|session)$";
    Regex::new(pattern).expect("it is right")
});

/// Asks those who call a function what they make of a read in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    /// The same for all questions about what comes of a parameter of a function: all have to have good answers.
    pub(super) key: Arc<str>,
    /// What the rule says where all answers are good: an index into its list.
    pub(super) lower: usize,
    function: Name,
    /// What the function is given the token by.
    parameter: Name,
    /// Nothing comes of what was read in the function, but that whoever calls it gets it.
    is_given_back: bool,
    /// By so many functions.
    handed_on: usize,
}

impl Matcher<'_, '_> {
    /// What to ask the callers of the function in which a rule has found a read, as a sink of that function.
    pub(super) fn question_of(&self, rules: &[Rule], rule: usize, node: &Node) -> Option<(DefinitionId, Arc<Sink>)> {
        let lower = rules[rule].lower.iter().position(|it| it.by_callers)?;
        let read = node.expression.filter(|_| node.certain && node.lower.is_none())?;
        let ExpressionKind::Call { arguments, .. } = &self.facts.expression(read).kind else { return None };
        let token = arguments.first().map(|it| it.value);
        let is_given_back = self.is_told_or_given_back(read);
        let question = Question {
            key: "".into(),
            lower,
            function: Name::default(),
            parameter: Name::default(),
            is_given_back,
            handed_on: 0,
        };
        self.asked(rule, read, token, question)
    }

    /// The question, asked of those who call the function that a call stands in; `None` where that is not given `token`.
    fn asked(
        &self,
        rule: usize,
        call: ExpressionId,
        token: Option<ExpressionId>,
        question: Question,
    ) -> Option<(DefinitionId, Arc<Sink>)> {
        let function = self.resolver.definition_at(self.function_at(self.facts.expression(call).scope))?;
        let tokens = self.tokens_of(call, token);
        let is_token = |name: &&Name| tokens.contains(&Identity::Variable(function.scope, (*name).clone()));
        let by_name = function.parameters.iter().find(is_token).cloned();
        // `raw = token if isinstance(token, str) else None`
        let by_value = || {
            let values = self.resolver.values(token?);
            let mut given = values.iter().filter_map(|value| match value {
                Value::Parameter(it) if it.of.scope == function.scope && it.path.is_empty() => Some(it.name.clone()),
                _ => None,
            });
            given.next()
        };
        // The parts of a token are read from something that is made of it. Who checks a request may check a form.
        let is_made_of = |name: &&Name| {
            let wanted = (function.scope, (*name).clone());
            let mut uses = (0..).map(ExpressionId).zip(&self.facts.expressions).filter(|(id, expression)| {
                function.span.contains(expression.span) && self.resolver.variable(*id).as_ref() == Some(&wanted)
            });
            uses.any(|(id, _)| self.is_made_of(call, id))
        };
        let by_parts = || match function.parameters.as_slice() {
            [only] => Some(only).filter(|it| !HOLDS_MORE.is_match(it) && is_made_of(it)).cloned(),
            several => several.iter().find(|it| TOKEN.is_match(it) && is_made_of(it)).cloned(),
        };
        let parameter = by_name.or_else(by_value).or_else(by_parts)?;
        if function.name.is_empty() {
            return None;
        }
        let Question { is_given_back, .. } = question;
        let place = self.source.place(function.name_span);
        let key = format!("{}:{}:{}:{parameter}:{is_given_back}", self.source.path, place.line, place.column);
        let id = DefinitionId { file: self.resolver.file, scope: function.scope };
        let question = Question { key: key.into(), function: function.name.clone(), parameter, ..question };
        Some((id, Arc::new(Sink::of_question(self.resolver.asked_by(function.scope), rule, question))))
    }

    /// How the calls of this file use the functions that are asked about, and the questions that they hand on.
    pub(super) fn answers(&self, rules: &[Rule], sinks: &Sinks) -> (Vec<Site>, FoundSinks) {
        let mut sites = Vec::new();
        let mut further = FoundSinks::new();
        // What a rule finds in this file, for those that are asked about; most files have no call of what is.
        let reads: FxHashMap<usize, OnceCell<FxHashSet<Span>>> =
            sinks.questions().map(|(rule, _)| (rule, OnceCell::new())).collect();
        if reads.is_empty() {
            return (sites, further);
        }
        for &call in &self.facts.calls {
            let expression = self.facts.expression(call);
            let ExpressionKind::Call { callee, arguments } = &expression.kind else { continue };
            if self.facts.test_spans.iter().any(|test| test.contains(expression.span)) {
                continue;
            }
            let values = self.resolver.callees(*callee);
            let mut answer = |rule: usize, question: &Question, token: ExpressionId| {
                let nodes = || self.nodes(&rules[rule].condition).into_iter().filter(|it| it.certain);
                let reads = reads[&rule].get_or_init(|| nodes().map(|it| it.span).collect());
                let (called, handed_on) = self.answer(rules, (rule, reads), question, call, token);
                further.extend(handed_on);
                let node = Node::certain(expression.span, ("callee", question.function.to_string()));
                let finding = self.finding(rules, expression.span, false, vec![(rule, node)]);
                let (rule, key) = (rules[rule].id.clone(), question.key.to_string());
                sites.push(Site { rule, key, value: Some(Said::Called(called)), finding });
            };
            let mut is_known = false;
            for value in values.iter() {
                is_known |= matches!(value, Value::Definition(_) | Value::Symbol(_));
                let Value::Definition(called) = value else { continue };
                let Some((function, parameters)) = self.resolver.callable(*called) else { continue };
                for (rule, question) in sinks.of(function).filter_map(|it| Some((it.rule, it.question()?))) {
                    let filled = self.filled(&parameters, arguments);
                    // Who gives no token gets none read.
                    if let Some((_, token)) = filled.into_iter().find(|(name, _)| *name == question.parameter) {
                        answer(rule, question, token);
                    }
                }
            }
            // What may be such a call counts as one.
            if let (false, Some(name), Some(first)) = (is_known, self.last_name(*callee), arguments.first()) {
                for (rule, question) in sinks.questions().filter(|(_, it)| it.function == name) {
                    answer(rule, question, first.value);
                }
            }
        }
        (sites, further)
    }

    /// How a call uses the function that it is asked about, and the question that it hands on.
    fn answer(
        &self,
        rules: &[Rule],
        (rule, reads): (usize, &FxHashSet<Span>),
        question: &Question,
        call: ExpressionId,
        token: ExpressionId,
    ) -> (Called, Option<(DefinitionId, Arc<Sink>)>) {
        let before = &rules[rule].lower[..question.lower];
        let is_less = |lower: &&Lower| self.is_less_there(lower, reads, question, call, token);
        if before.iter().filter(|it| it.elsewhere.is_none()).any(|it| is_less(&it)) {
            return (Called::Well, None);
        }
        let behind = before.iter().filter(|it| it.elsewhere.is_some()).find(is_less);
        let question = Question {
            is_given_back: question.is_given_back && self.is_told_or_given_back(call),
            handed_on: question.handed_on + 1,
            ..question.clone()
        };
        let further =
            if question.handed_on > MOST_HANDED_ON { None } else { self.asked(rule, call, Some(token), question) };
        match further {
            Some((function, sink)) => {
                let key = sink.question().map(|it| it.key.clone()).unwrap_or_default();
                (Called::ByCallers(key), Some((function, sink)))
            }
            None => match behind.and_then(|it| it.elsewhere.as_ref()) {
                Some(elsewhere) => (Called::Behind(elsewhere.name.clone()), None),
                None => (Called::Badly, None),
            },
        }
    }

    /// Whether a rule would say less of the call, were it the read itself.
    fn is_less_there(
        &self,
        lower: &Lower,
        reads: &FxHashSet<Span>,
        question: &Question,
        call: ExpressionId,
        token: ExpressionId,
    ) -> bool {
        let mut check: Option<&CallMatcher> = None;
        let (mut asks_told, mut asks_read) = (false, false);
        lower.when.walk(&mut |condition| match condition {
            Condition::Filter(Filter::Verified { by, .. }) => check = Some(by),
            Condition::Filter(Filter::ToldOnly(_) | Filter::LoggedOnly) => asks_told = true,
            Condition::Filter(Filter::ReadsOnly(_)) => asks_read = true,
            _ => {}
        });
        if let Some(by) = check {
            // Another read is no check.
            let hits = reads.iter().copied().chain([self.facts.expression(call).span]).collect();
            let checks = Checks::new(by, Callers::OfPrivate, &[], Rc::new(hits));
            return self.is_verified_within(call, Some(token), &checks, 0);
        }
        if asks_told {
            return question.is_given_back && self.is_told_only(call, Callers::OfPrivate);
        }
        if asks_read && !question.is_given_back {
            return false;
        }
        let name = question.function.to_string();
        let node = Node::certain(self.facts.expression(call).span, ("callee", name));
        let mut nodes = vec![Node { expression: Some(call), ..node }];
        // What rules say of the first argument of a read they mean of the token.
        self.asked.set(Some((call, token)));
        self.sift(&mut nodes, &lower.when, &[], true);
        self.asked.set(None);
        !nodes.is_empty()
    }
}
