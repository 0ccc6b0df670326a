//! Whether a function lets pass because what it asks failed.

use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::MutationKind;
use crate::matching::Matcher;
use crate::matching::guards::Guard;
use crate::matching::guards::words::ASKS;
use crate::matching::guards::words::DEEPEST;
use crate::matching::guards::words::ERRORS;
use crate::matching::guards::words::NOBODY;
use crate::matching::guards::words::STRICTNESS;
use crate::place::Span;
use crate::rules::PassKind;
use crate::rules::PassMatcher;

impl Matcher<'_, '_> {
    /// Whether a function lets pass because what it asked before failed.
    pub(super) fn passes_on_failure(
        &self,
        matcher: &PassMatcher,
        guard: &Guard,
        (pass, kind): (ExpressionId, PassKind),
    ) -> Option<Span> {
        let span = |it: ExpressionId| self.facts.expression(it).span;
        let expression = self.facts.expression(pass);
        let own = self.guarding(guard).scope;
        if kind != PassKind::Request && self.stands_in(guard, pass) {
            return Some(self.parent_of(pass).map_or(expression.span, span));
        }
        for block in self.blocks_around(expression.block) {
            if !self.is_block_of(block, own) {
                break;
            }
            let (asked, cause) = match self.facts.blocks[block.0 as usize].kind {
                BlockKind::Handler { of } => {
                    let is_tried =
                        |call: ExpressionId| self.facts.block_encloses(of, self.facts.expression(call).block);
                    let tried: Vec<_> =
                        self.calls_in(self.guarding(guard).span).filter(|(call, _)| is_tried(*call)).collect();
                    let asked = tried.iter().find(|(_, name)| matcher.check.is_match(name));
                    // Where who comes next is attempted, too, it may be that which failed.
                    let attempts_next = guard.passes.iter().any(|(it, kind)| {
                        *kind == PassKind::Request && is_tried(*it) && !self.is_last_of_attempt(of, *it)
                    });
                    if attempts_next && asked.is_none() {
                        return None;
                    }
                    let Some((first, _)) = asked.or_else(|| tried.iter().min_by_key(|it| span(it.0).start)) else {
                        continue;
                    };
                    (asked.is_some(), span(*first))
                }
                BlockKind::Branch { condition: Some(condition), holds }
                    if kind != PassKind::Request && self.is_without_answer(matcher, condition, holds) =>
                {
                    (true, span(condition))
                }
                BlockKind::Branch { condition: Some(condition), holds } if self.is_failure(condition, holds) => {
                    let asked = self.failed_call(condition).and_then(|call| self.called_name(call));
                    (asked.is_some_and(|it| matcher.check.is_match(it)), span(condition))
                }
                BlockKind::Branch { condition: Some(condition), .. } if !self.asks_for_kind(condition) => return None,
                _ => continue,
            };
            // What is refused before is another matter, unless it is the check that failed.
            let matters = asked || guard.is_check || guard.refuses_after(cause.start);
            let passes = matters && !self.refuses_first(guard, block, pass) && !self.makes_nobody(block, pass);
            return passes.then_some(cause);
        }
        let closure = self.function_at(expression.scope);
        let call = self.handler_call(closure).filter(|_| closure != own)?;
        let asks = || self.calls_in(span(call)).any(|(_, name)| matcher.check.is_match(name));
        (guard.refuses_after(span(call).start) || asks()).then(|| span(call))
    }

    /// Whether an answer is the other one of `granted ?? true`, or what a function gives that is asked on failure only.
    fn stands_in(&self, guard: &Guard, answer: ExpressionId) -> bool {
        let around = self.parent_of(answer).map(|it| &self.facts.expression(it).kind);
        let is_other =
            matches!(around, Some(ExpressionKind::Either(all)) if all.len() > 1 && all.last() == Some(&answer));
        is_other || self.function_at(self.facts.expression(answer).scope) != self.guarding(guard).scope
    }

    /// `info is None`, where a check gave it.
    fn is_without_answer(&self, matcher: &PassMatcher, condition: ExpressionId, holds: bool) -> bool {
        let (condition, negated) = self.positive(condition);
        let missing = holds == negated;
        let asked = match &self.facts.expression(condition).kind {
            ExpressionKind::Name(_) if missing => condition,
            ExpressionKind::Compare { comparison, left, right } => {
                let is_null = matches!(self.facts.expression(*right).kind, ExpressionKind::Literal(Literal::Null));
                match comparison {
                    Comparison::Equal if is_null && !missing => *left,
                    Comparison::NotEqual if is_null && missing => *left,
                    _ => return false,
                }
            }
            _ => return false,
        };
        self.bindings_named(asked).any(|it| match it.kind {
            BindingKind::Value(value) => {
                // Where nobody is signed in, nothing failed.
                let called = self.called_name(self.unwrapped(value));
                called.is_some_and(|it| matcher.check.is_match(it) && ASKS.is_match(it))
            }
            _ => false,
        })
    }

    /// An expression without what only wraps it: `await x`, `x!`.
    fn unwrapped(&self, id: ExpressionId) -> ExpressionId {
        match &self.facts.expression(id).kind {
            ExpressionKind::Either(only) if only.len() == 1 => self.unwrapped(only[0]),
            _ => id,
        }
    }

    /// `try { check(); return next() } catch { … }`: what comes next ends what is attempted, and its failure is none of
    /// the check's only where it is waited for.
    fn is_last_of_attempt(&self, attempt: BlockId, pass: ExpressionId) -> bool {
        let expression = self.facts.expression(pass);
        let attempted = self.facts.expressions.iter().filter(|it| self.facts.block_encloses(attempt, it.block));
        let last = attempted.map(|it| it.span.end).max();
        matches!(self.facts.language, Language::JavaScript | Language::TypeScript)
            && last.is_some_and(|it| it <= expression.span.end + 1)
    }

    /// `err != nil`, `if (err)`, `errors.Is(err, …)`, `error instanceof Timeout`, `result.isFailure`, `status >= 500`.
    fn is_failure(&self, condition: ExpressionId, holds: bool) -> bool {
        let (condition, negated) = self.positive(condition);
        let holds = holds != negated;
        match &self.facts.expression(condition).kind {
            ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } => {
                holds && (ERRORS.is_match(name) || matches!(name.as_str(), "isFailure" | "is_err" | "isError"))
            }
            ExpressionKind::Compare { comparison, left, right } => {
                let is_null = matches!(self.facts.expression(*right).kind, ExpressionKind::Literal(Literal::Null));
                let is_error = self.last_name(*left).is_some_and(|it| ERRORS.is_match(it));
                match comparison {
                    Comparison::NotEqual => is_error && is_null == holds,
                    Comparison::Equal => is_error && is_null != holds,
                    _ => holds && (is_error || self.is_status_of_failure(*left, *right)),
                }
            }
            ExpressionKind::Call { callee, arguments } => {
                let name = self.last_name(*callee).unwrap_or_default();
                let of_error =
                    arguments.first().and_then(|it| self.last_name(it.value)).is_some_and(|it| ERRORS.is_match(it));
                holds && (of_error && matches!(name, "As" | "Is" | "isinstance") || name == "is_err")
            }
            ExpressionKind::Both(all) if holds => all.iter().any(|it| self.is_failure(*it, true)),
            ExpressionKind::Compound(parts) if holds => {
                parts.first().and_then(|it| self.last_name(*it)).is_some_and(|it| ERRORS.is_match(it))
            }
            _ => false,
        }
    }

    /// Whether a status is compared with one that says that whoever was asked failed.
    fn is_status_of_failure(&self, left: ExpressionId, right: ExpressionId) -> bool {
        let is_status = self.last_name(left).is_some_and(|it| it.to_ascii_lowercase().contains("status"));
        let number = match &self.facts.expression(right).kind {
            ExpressionKind::Literal(Literal::Number(number)) => number.as_str(),
            _ => return false,
        };
        is_status && number.len() == 3 && (number.starts_with('5') || number == "499")
    }

    /// Whether a condition within a handler asks which failure it was, or whether to be strict: it decides nothing about
    /// who sent the request.
    fn asks_for_kind(&self, condition: ExpressionId) -> bool {
        let mut asks = false;
        self.parts_of(condition, DEEPEST, &mut |_, kind| {
            if let ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } = kind {
                asks |= ERRORS.is_match(name) || STRICTNESS.is_match(name);
            }
        });
        asks
    }

    /// Whether something in the same handler says no before: it checks in another way, or leaves a note for who comes next.
    fn refuses_first(&self, guard: &Guard, handler: BlockId, pass: ExpressionId) -> bool {
        let end = self.facts.expression(pass).span.start;
        let asks_for_kind = |block: BlockId| match self.facts.blocks[block.0 as usize].kind {
            BlockKind::Branch { condition: Some(condition), .. } => self.asks_for_kind(condition),
            _ => false,
        };
        guard.refusals.iter().any(|(start, block)| {
            let mut within = self.blocks_around(*block).take_while(|it| *it != handler);
            *start < end && self.facts.block_encloses(handler, *block) && !within.any(asks_for_kind)
        })
    }

    /// Whether the handler says that the request comes from nobody: what follows asks for a user.
    fn makes_nobody(&self, handler: BlockId, pass: ExpressionId) -> bool {
        let is_within = |block: BlockId| self.facts.block_encloses(handler, block);
        let is_nobody = |value: ExpressionId| {
            let mut nobody = self.facts.expression(value).kind.refuses();
            self.parts_of(value, 3, &mut |_, kind| {
                if let ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } = kind {
                    nobody |= NOBODY.is_match(name);
                }
            });
            nobody
        };
        let bound = self.facts.bindings.iter().filter(|it| is_within(it.block)).any(|it| match it.kind {
            BindingKind::Value(value) => is_nobody(value),
            _ => false,
        });
        let before = self.facts.expression(pass).span.start;
        let kept =
            self.facts.mutations.iter().filter(|it| is_within(it.block) && it.at < before).any(|it| match it.kind {
                MutationKind::SetItem { value, .. } => is_nobody(value),
                MutationKind::Merge(_) => false,
            });
        bound || kept
    }
}
