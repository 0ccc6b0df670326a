//! Where a function that may say no lets somebody pass all the same: because what it asks failed, because nobody
//! configured it, or always.
//!
//! A function says no by what it answers (`401`, `Forbidden`), by the calls in it that check a token, or by what it returns
//! where its name says that it checks. It lets pass where it hands the request on to who comes next, where it says yes,
//! or where it gives an identity that is written there.

mod answers;
mod failing;
mod unset;
mod words;
mod written;

use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::Expression;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Name;
use crate::fact::Return;
use crate::fact::ScopeId;
use crate::finding::Related;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::before::GOES_ON;
use crate::matching::guards::words::ANSWERS_BOOLEAN;
use crate::matching::guards::words::HANDLES_FAILURE;
use crate::matching::guards::words::IDENTITY_TYPES;
use crate::matching::guards::words::WRAPPED;
use crate::matching::guards::words::WRAPS;
use crate::rules::PassCause;
use crate::rules::PassKind;
use crate::rules::PassMatcher;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A function that may say no, and what of it matters.
pub(super) struct Guard {
    /// Index into the file's definitions.
    function: usize,
    /// Where it says no, and in which block; in order.
    refusals: Vec<(u32, BlockId)>,
    /// Where it lets pass.
    passes: Vec<(ExpressionId, PassKind)>,
    /// It checks who somebody is, or what he may: by its name, or by what it calls.
    is_check: bool,
}

/// The guards of a file by the addresses of the patterns of a [`PassMatcher`] that tell them, and the calls that say no
/// themselves: matchers that ask for different causes mostly share these.
pub(super) type Guards = FxHashMap<(usize, usize, Vec<ExpressionId>), Rc<Vec<Guard>>>;

impl Guard {
    fn refuses_after(&self, start: u32) -> bool {
        self.refusals.iter().any(|(at, _)| *at > start)
    }
}

impl Matcher<'_, '_> {
    pub(super) fn passes(&self, matcher: &PassMatcher) -> Vec<Node> {
        let guards = self.guards(matcher);
        if matcher.cause == PassCause::Written {
            return self.lets_in_by_text(&guards);
        }
        let nodes = guards.iter().flat_map(|guard| {
            let function = self.guarding(guard);
            let name = ("name", self.name_around(function));
            if matcher.cause == PassCause::Always {
                let node = self.passes_always(guard).then(|| Node::certain(function.name_span, name));
                return Vec::from_iter(node);
            }
            let wanted = guard.passes.iter().filter(|(_, kind)| matcher.by.is_empty() || matcher.by.contains(kind));
            let found = wanted.filter_map(|(pass, kind)| {
                let (cause, message) = match matcher.cause {
                    PassCause::Failure => (self.passes_on_failure(matcher, guard, (*pass, *kind))?, "this may fail"),
                    _ => (self.passes_unset(guard, *pass)?, "this is so where nobody sets it"),
                };
                let place = self.source.place(cause);
                let cause = Related { path: self.source.path.clone(), place, message: message.to_owned() };
                Some(Node {
                    expression: Some(*pass),
                    related: vec![cause],
                    ..Node::certain(self.facts.expression(*pass).span, name.clone())
                })
            });
            found.collect()
        });
        nodes.collect()
    }

    fn guards(&self, matcher: &PassMatcher) -> Rc<Vec<Guard>> {
        let checked = matcher.checked_by.as_ref().map(|it| self.calls(it, None)).unwrap_or_default();
        let checked: Vec<ExpressionId> = checked.into_iter().filter_map(|it| it.expression).collect();
        let key = (matcher.refusal.address(), matcher.check.address(), checked);
        if let Some(known) = self.known.guards.borrow().get(&key) {
            return known.clone();
        }
        let functions = self.facts.definitions.iter().enumerate();
        let functions = functions.filter(|(_, it)| it.kind == DefinitionKind::Function);
        let guards =
            Rc::new(functions.filter_map(|(at, it)| self.guard(matcher, (at, it), &key.2)).collect::<Vec<_>>());
        self.known.guards.borrow_mut().insert(key, guards.clone());
        guards
    }

    fn guarding(&self, guard: &Guard) -> &Definition {
        &self.facts.definitions[guard.function]
    }

    /// The name of a function, or of the one around it that has one.
    fn name_around(&self, function: &Definition) -> String {
        let mut at = Some(function.scope);
        while let Some(scope) = at {
            let named = self.resolver.definition_at(scope).map(|it| it.name.as_str()).filter(|it| !it.is_empty());
            if let Some(name) = named {
                return name.to_owned();
            }
            at = self.facts.scope(scope).parent;
        }
        "the function".to_owned()
    }

    /// `checked`: calls that say no themselves.
    fn guard(
        &self,
        matcher: &PassMatcher,
        (at, function): (usize, &Definition),
        checked: &[ExpressionId],
    ) -> Option<Guard> {
        let place = |it: ExpressionId| (self.facts.expression(it).span.start, self.facts.expression(it).block);
        let all = self.refusals(&matcher.refusal);
        let own = self.inside_of(&all, function.span).filter(|it| !self.is_in_message(*it));
        let mut refusals: Vec<(u32, BlockId)> = own.map(place).collect();
        let checks = checked.iter().filter(|it| function.span.contains(self.facts.expression(**it).span));
        let checks: Vec<_> = checks.map(|it| place(*it)).collect();
        let is_check = !checks.is_empty() || matcher.check.is_match(&self.own_name(function));
        refusals.extend(checks);
        let says_no = !refusals.is_empty();
        if !says_no && !is_check && !function.returns.iter().any(|it| it.on_error) {
            return None;
        }
        let mut passes: Vec<(ExpressionId, PassKind)> = Vec::new();
        if says_no || is_check {
            passes.extend(self.calls_in(function.span).filter_map(|(call, name)| {
                let hands_on = self.hands_request_on(call, name) && self.owner(call) == function.scope;
                hands_on.then_some((call, PassKind::Request))
            }));
        }
        let refusing = function.returns.iter().map(|it| it.value);
        let refusing: Vec<_> = refusing.filter(|it| self.facts.expression(*it).kind.refuses()).map(place).collect();
        // Whoever looks somebody up gives nobody, or somebody who is written there.
        let gives_somebody = |it: &Return| {
            let is_told = self.called_name(it.value).is_some_and(|it| IDENTITY_TYPES.is_match(it));
            it.on_error && is_told && self.is_made_identity(it.value)
        };
        let looks_up = !refusing.is_empty() && function.returns.iter().any(gives_somebody);
        let is_asked = is_check || says_no && ANSWERS_BOOLEAN.contains(&function.name.as_str());
        let mut answers: Vec<ExpressionId> = function.returns.iter().map(|it| it.value).collect();
        if is_asked {
            answers.extend(self.answers_instead(function));
        }
        passes.extend(answers.into_iter().filter_map(|answer| {
            let kind = self.kind_of_answer(answer)?;
            let counts = is_asked
                || looks_up && kind == PassKind::Identity
                || says_no && kind == PassKind::Yes && self.allows_by_policy(answer);
            counts.then_some((answer, kind))
        }));
        if is_check || looks_up {
            refusals.extend(refusing);
        }
        refusals.sort_unstable();
        let is_choice = |it: &Return| matches!(self.facts.expression(it.value).kind, ExpressionKind::Either(_));
        let chooses = is_check && function.returns.iter().any(is_choice);
        (!passes.is_empty() || chooses).then_some(Guard {
            function: at,
            refusals,
            passes,
            is_check: is_check || looks_up,
        })
    }

    /// The name of a function; of one without, of the call that it is handed to: `authenticate { … }`.
    fn own_name(&self, function: &Definition) -> Name {
        // Where definitions begin with a word of their own, names elsewhere are not searched for.
        let is_searched = matches!(
            self.facts.language,
            Language::JavaScript | Language::TypeScript | Language::Kotlin | Language::Scala
        );
        if !function.name.is_empty() || !is_searched {
            return function.name.clone();
        }
        let around = self.call_given(function.scope).and_then(|it| self.called_name(it));
        around.map(Name::from).unwrap_or_default()
    }

    /// The function that an expression runs in; a function that another is handed for when something fails is a part of
    /// that other.
    fn owner(&self, id: ExpressionId) -> ScopeId {
        let mut scope = self.function_at(self.facts.expression(id).scope);
        while let Some(around) = self.handler_call(scope) {
            scope = self.function_at(self.facts.expression(around).scope);
        }
        scope
    }

    /// `check().catch(() => next())`: the call that is given a function for when what it is called on fails.
    fn handler_call(&self, function: ScopeId) -> Option<ExpressionId> {
        self.call_given(function).filter(|it| self.called_name(*it).is_some_and(|it| HANDLES_FAILURE.contains(&it)))
    }

    /// The call that is given a function.
    fn call_given(&self, function: ScopeId) -> Option<ExpressionId> {
        let parent = self.parent_of(self.where_written(function)?)?;
        matches!(self.facts.expression(parent).kind, ExpressionKind::Call { .. }).then_some(parent)
    }

    /// Whether a call hands the request on to who comes next.
    fn hands_request_on(&self, call: ExpressionId, name: &str) -> bool {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return false };
        let bare = name.trim_start_matches(['_', '$']);
        let first = arguments.first().map(|it| &self.facts.expression(it.value).kind);
        let says_nothing = matches!(first, None | Some(ExpressionKind::Literal(Literal::Null)));
        match &self.facts.expression(*callee).kind {
            ExpressionKind::Name(_) if matches!(bare, "next" | "done") => match self.facts.language {
                // `next(error)` is a refusal there.
                Language::JavaScript | Language::TypeScript => says_nothing && self.is_given(*callee),
                // Python's own `next(iterator)`.
                _ => self.is_given(*callee),
            },
            ExpressionKind::Name(_) => {
                (GOES_ON.contains(&bare) || WRAPPED.contains(&bare)) && !arguments.is_empty() && self.is_given(*callee)
            }
            ExpressionKind::Member { object, .. } => {
                let is_own = matches!(self.facts.expression(*object).kind, ExpressionKind::Receiver(_));
                let object = self.last_name(*object).unwrap_or_default().trim_start_matches(['_', '$', '@']);
                match bare {
                    "ServeHTTP" | "doFilter" | "get_response" | "call_next" => true,
                    "next" | "Next" => (arguments.is_empty() || is_own) && self.facts.language != Language::Rust,
                    "run" | "Invoke" | "InvokeAsync" => object == "next",
                    "handle" => matches!(object, "next" | "handler" | "next_handler" | "nextHandler" | "delegate"),
                    "call" => matches!(object, "app" | "inner" | "service" | "srv" | "next"),
                    "proceed" => true,
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether a name is one that a function is given.
    fn is_given(&self, name: ExpressionId) -> bool {
        self.bindings_named(name).any(|it| matches!(it.kind, BindingKind::Parameter { .. }))
            || self.last_name(name).is_some_and(|it| it.starts_with('_'))
    }

    /// The last name of what a call calls.
    pub(in crate::matching) fn called_name(&self, call: ExpressionId) -> Option<&str> {
        match &self.facts.expression(call).kind {
            ExpressionKind::Call { callee, .. } => self.last_name(*callee),
            _ => None,
        }
    }

    /// Whether a block is one of a function, or of one within it.
    fn is_block_of(&self, block: BlockId, function: ScopeId) -> bool {
        let first = self.known.first_in_blocks.get_or_init(|| {
            let mut first = vec![None; self.facts.blocks.len()];
            for expression in &self.facts.expressions {
                first[expression.block.0 as usize].get_or_insert(expression.span);
            }
            first
        });
        first[block.0 as usize].is_none_or(|it| self.facts.scope(function).span.contains(it))
    }

    /// Whether an expression is a text that a log is told.
    fn is_in_message(&self, id: ExpressionId) -> bool {
        let is_text = matches!(self.facts.expression(id).kind, ExpressionKind::Literal(Literal::Text(_)));
        let mut around = std::iter::successors(Some(id), |it| self.parent_of(*it)).skip(1);
        is_text
            && around.any(|it| match &self.facts.expression(it).kind {
                ExpressionKind::Call { callee, .. } => self.is_of_teller(*callee),
                _ => false,
            })
    }

    /// Whether a function that checks by its name says yes to all, and looks at nothing.
    fn passes_always(&self, guard: &Guard) -> bool {
        let function = self.guarding(guard);
        let agreeing = guard.passes.iter().filter(|(_, kind)| *kind == PassKind::Yes).count();
        if !guard.is_check
            || !guard.refusals.is_empty()
            || function.parameters.is_empty()
            || agreeing != function.returns.len()
        {
            return false;
        }
        let asks_nothing = self.calls_in(function.span).all(|(call, name)| match &self.facts.expression(call).kind {
            ExpressionKind::Call { callee, .. } => self.is_of_teller(*callee) || WRAPS.contains(&name),
            _ => true,
        });
        let depends = |it: &Expression| {
            let block = self.facts.blocks[it.block.0 as usize].kind;
            function.span.contains(it.span)
                && matches!(block, BlockKind::Branch { .. } | BlockKind::Handler { .. })
                && self.function_at(it.scope) == function.scope
        };
        asks_nothing && !self.facts.expressions.iter().any(depends)
    }
}
