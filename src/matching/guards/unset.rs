//! Whether a function lets pass because something that it needs is not configured, or a switch is off.

use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Literal;
use crate::fact::ScopeId;
use crate::matching::Matcher;
use crate::matching::guards::Guard;
use crate::matching::guards::words::CONFIGURATION;
use crate::matching::guards::words::EMPTY;
use crate::matching::guards::words::FULL;
use crate::matching::guards::words::OFF;
use crate::matching::guards::words::REQUEST;
use crate::matching::guards::words::SETTINGS;
use crate::matching::guards::words::SWITCH;
use crate::place::Span;
use rustc_hash::FxHashSet;

/// What is made of more than this is not followed.
const MOST_PARTS: usize = 200;

impl Matcher<'_, '_> {
    /// Whether a function lets pass because something it needs is not configured, or a switch of the configuration is off.
    pub(super) fn passes_unset(&self, guard: &Guard, pass: ExpressionId) -> Option<Span> {
        let expression = self.facts.expression(pass);
        let own = self.guarding(guard).scope;
        let around = self.blocks_around(expression.block).take_while(|block| self.is_block_of(*block, own));
        let unset = around.into_iter().find_map(|block| {
            let BlockKind::Branch { condition: Some(condition), holds } = self.facts.blocks[block.0 as usize].kind
            else {
                return None;
            };
            let span = self.facts.expression(condition).span;
            let asks_later = guard.refuses_after(span.start)
                || guard.is_check && self.guarding(guard).returns.iter().any(|it| self.decides(it.value, span.start));
            (asks_later && self.is_unset(condition, holds, own)).then_some(span)
        });
        unset.or_else(|| self.switch_around_check(guard, pass))
    }

    /// `if (config.auth) { … 401 }`, and then it lets pass.
    fn switch_around_check(&self, guard: &Guard, pass: ExpressionId) -> Option<Span> {
        let passing = self.facts.expression(pass);
        let own = self.guarding(guard).scope;
        let switch = |block: BlockId| match self.facts.blocks[block.0 as usize].kind {
            BlockKind::Branch { condition: Some(condition), holds } => {
                let span = self.facts.expression(condition).span;
                let is_switch = span.end <= passing.span.start
                    && !self.facts.block_encloses(block, passing.block)
                    && self.last_name(self.positive(condition).0).is_some_and(|it| SWITCH.is_match(it))
                    && self.is_block_of(block, own)
                    && self.is_unset(condition, !holds, own);
                is_switch.then_some(span)
            }
            _ => None,
        };
        let mut blocks: Vec<BlockId> = guard.refusals.iter().map(|(_, block)| *block).collect();
        blocks.dedup();
        let switches: Option<Vec<Span>> =
            blocks.iter().map(|block| self.blocks_around(*block).find_map(switch)).collect();
        switches?.first().copied()
    }

    /// Whether what is returned after a place may be a no.
    fn decides(&self, returned: ExpressionId, after: u32) -> bool {
        let expression = self.facts.expression(returned);
        expression.span.start > after && !matches!(expression.kind, ExpressionKind::Literal(_))
    }

    /// `not self.api_key`, `keys.length === 0`, `string.IsNullOrEmpty(expected)`, of what no request says.
    fn is_unset(&self, condition: ExpressionId, holds: bool, function: ScopeId) -> bool {
        let (condition, negated) = self.positive(condition);
        let missing = holds == negated;
        match &self.facts.expression(condition).kind {
            // `if (!key || !secret) next()`
            ExpressionKind::Either(all) if !missing => all.iter().any(|it| self.is_unset(*it, true, function)),
            ExpressionKind::Both(all) if !missing => {
                all.iter().any(|it| self.is_unset(*it, true, function))
                    && all.iter().all(|it| self.is_configured(*it, function))
            }
            ExpressionKind::Name(_) | ExpressionKind::Member { .. } | ExpressionKind::Index { .. } => {
                missing && self.is_configured(condition, function) && !self.is_on_by_default(condition)
            }
            ExpressionKind::Compare { comparison, left, right } => {
                let is_nothing = match &self.facts.expression(*right).kind {
                    ExpressionKind::Literal(Literal::Text(text)) => OFF.contains(&text.to_ascii_lowercase().as_str()),
                    ExpressionKind::Literal(Literal::Number(number)) => number == "0",
                    ExpressionKind::Literal(Literal::Null | Literal::Bool(false)) => true,
                    _ => false,
                };
                let is_same = match comparison {
                    Comparison::Equal => !missing,
                    Comparison::NotEqual => missing,
                    _ => false,
                };
                is_nothing && is_same && self.is_configured(*left, function)
            }
            ExpressionKind::Call { callee, arguments } => {
                let name = self.last_name(*callee).unwrap_or_default();
                let subject = match (&self.facts.expression(*callee).kind, arguments.first()) {
                    (_, Some(first)) => Some(first.value),
                    (ExpressionKind::Member { object, .. }, None) => Some(*object),
                    _ => None,
                };
                let asks_for_nothing = EMPTY.contains(&name);
                let asks_for_some = FULL.contains(&name);
                if asks_for_nothing || asks_for_some {
                    let is_nothing = if asks_for_nothing { !missing } else { missing };
                    return is_nothing && subject.is_some_and(|it| self.is_configured(it, function));
                }
                missing && self.is_configured(condition, function)
            }
            _ => false,
        }
    }

    /// Whether all that an expression is made of stands before any request comes: names of the module or of the function
    /// around, fields, settings.
    fn is_configured(&self, id: ExpressionId, function: ScopeId) -> bool {
        self.is_before_requests(id, function, &mut FxHashSet::default())
    }

    /// `seen`: what was looked at, since names may be made of themselves.
    fn is_before_requests(&self, id: ExpressionId, function: ScopeId, seen: &mut FxHashSet<ExpressionId>) -> bool {
        if !seen.insert(id) {
            return true;
        }
        if seen.len() > MOST_PARTS {
            return false;
        }
        let kind = &self.facts.expression(id).kind;
        match kind {
            ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } if CONFIGURATION.is_match(name) => true,
            ExpressionKind::Name(name) if REQUEST.is_match(name) => false,
            ExpressionKind::Name(_) => self.bindings_named(id).all(|binding| {
                self.function_at(binding.scope) != function
                    || match binding.kind {
                        BindingKind::Value(value) => self.is_before_requests(value, function, seen),
                        BindingKind::Import(_) => true,
                        _ => false,
                    }
            }),
            ExpressionKind::Member { object, name, .. } => {
                !REQUEST.is_match(name) && self.is_before_requests(*object, function, seen)
            }
            ExpressionKind::Receiver(_) | ExpressionKind::Literal(_) | ExpressionKind::Module(_) => true,
            // What a call is given from the request says whose setting is looked up, and not what it is.
            ExpressionKind::Call { callee, .. } if self.last_name(*callee).is_some_and(|it| SETTINGS.is_match(it)) => {
                true
            }
            ExpressionKind::Call { callee, arguments } => {
                let called = match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, .. } => *object,
                    _ => *callee,
                };
                self.is_before_requests(called, function, seen)
                    && arguments.iter().all(|it| self.is_before_requests(it.value, function, seen))
            }
            ExpressionKind::Function(_) | ExpressionKind::Unknown => false,
            _ => {
                let mut all = true;
                kind.for_each_part(&mut |part| all = all && self.is_before_requests(part, function, seen));
                all
            }
        }
    }

    /// Whether a setting is given a value that holds where nobody gives it one.
    fn is_on_by_default(&self, id: ExpressionId) -> bool {
        let values = self.resolver.values(id);
        !values.is_empty() && values.iter().all(|it| self.resolver.truth(it) == Some(true))
    }
}
