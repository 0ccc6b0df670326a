//! Whether a function lets pass whoever sends a text that stands in the source: `if token == "qa-smoke-7f21": …`.

use crate::fact::Argument;
use crate::fact::BindingKind;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Literal;
use crate::fact::ScopeId;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::guards::Guard;
use crate::matching::guards::words::CREDENTIAL;
use crate::matching::guards::words::NO_SECRET;
use crate::matching::guards::words::RUNS_APART;
use crate::matching::unique;
use crate::place::Span;
use crate::resolve::Value;
use crate::rules::PassKind;

/// Names are made of names so often, where people write them.
const MOST_NAMES: u32 = 4;

/// Calls that say whether two texts are the same: by method or of both.
const SAME: [&str; 12] = [
    "equals",
    "equalsIgnoreCase",
    "Equals",
    "contentEquals",
    "eql?",
    "compare_digest",
    "timingSafeEqual",
    "isEqual",
    "secure_compare",
    "hash_equals",
    "ConstantTimeCompare",
    "FixedTimeEquals",
];

impl Matcher<'_, '_> {
    /// The comparisons on which functions let pass, or give somebody who is written there.
    pub(super) fn lets_in_by_text(&self, guards: &[Guard]) -> Vec<Node> {
        let guarded = guards.iter().flat_map(|guard| {
            let function = self.guarding(guard);
            let passes = guard.passes.iter().filter_map(|(pass, _)| {
                let text = self.text_before(*pass, function.scope)?;
                (guard.is_check || guard.refuses_after(text.start)).then_some((*pass, text))
            });
            let found = passes.chain(self.answers_by_text(guard));
            let name = self.name_around(function);
            unique(found.map(|(pass, text)| lets_in(pass, text, name.clone())))
        });
        guarded.chain(self.given_for_text(guards)).collect()
    }

    /// `return token == "let-me-in-42" or verify(token)`: what a guard answers with the comparison or with a check.
    fn answers_by_text(&self, guard: &Guard) -> Vec<(ExpressionId, Span)> {
        let returned = self.guarding(guard).returns.iter().map(|it| it.value).filter(|_| guard.is_check);
        let either = returned.filter_map(|it| match &self.facts.expression(it).kind {
            ExpressionKind::Either(all) if all.len() > 1 => {
                Some((it, all.iter().find_map(|part| self.written_in(*part, true))?))
            }
            _ => None,
        });
        either.collect()
    }

    /// Where a function that says no to nobody gives somebody who is written there for a text of the source, and others
    /// for what else it is given: `return {"sub": "smoke"}` beside `return unpack(token)`.
    fn given_for_text(&self, guards: &[Guard]) -> Vec<Node> {
        let functions = self.facts.definitions.iter().filter(|it| it.returns.len() > 1);
        let others = functions.filter(|it| !guards.iter().any(|guard| self.guarding(guard).scope == it.scope));
        let nodes = others.flat_map(|function| {
            let answers = || function.returns.iter().map(|it| it.value);
            let is_asked = |it: ExpressionId| {
                matches!(self.facts.expression(it).kind, ExpressionKind::Call { .. }) && !self.is_made_identity(it)
            };
            // What stands in a branch on such a text is rare, and what functions give takes long to find out.
            let texts = answers().filter_map(|it| Some((it, self.text_before(it, function.scope)?)));
            let texts = texts.filter(|(it, _)| self.kind_of_answer(*it) == Some(PassKind::Identity));
            let texts = texts.filter(|_| answers().any(is_asked));
            texts.map(|(given, text)| lets_in(given, text, function.name.to_string())).collect::<Vec<_>>()
        });
        nodes.collect()
    }

    /// The comparison with a text of the source on which an expression of a function runs.
    fn text_before(&self, id: ExpressionId, function: ScopeId) -> Option<Span> {
        let around = self.blocks_around(self.facts.expression(id).block);
        let mut own = around.take_while(|block| self.is_block_of(*block, function));
        own.find_map(|block| match self.facts.blocks[block.0 as usize].kind {
            BlockKind::Branch { condition: Some(condition), holds } => self.written_in(condition, holds),
            _ => None,
        })
    }

    /// Where a condition, being true (`holds`) or not, says that a credential is a text of the source.
    fn written_in(&self, condition: ExpressionId, holds: bool) -> Option<Span> {
        let (condition, negated) = self.positive(condition);
        let is_true = holds != negated;
        let expression = self.facts.expression(condition);
        let found = |is_so: bool| is_so.then_some(expression.span);
        match &expression.kind {
            ExpressionKind::Either(all) if is_true => all.iter().find_map(|it| self.written_in(*it, true)),
            // Of what holds together one may say that this is no production.
            ExpressionKind::Both(all) if is_true => {
                let is_apart = |it: &ExpressionId| RUNS_APART.is_match(&self.text_of(self.facts.expression(*it)));
                if all.iter().any(is_apart) { None } else { all.iter().find_map(|it| self.written_in(*it, true)) }
            }
            ExpressionKind::Compare { comparison, left, right } => match (comparison, is_true) {
                (Comparison::Equal, true) | (Comparison::NotEqual, false) => {
                    found(self.are_credential_and_text(*left, *right) || self.are_credential_and_text(*right, *left))
                }
                (Comparison::In, true) | (Comparison::NotIn, false) => {
                    found(self.is_credential(*left, 0) && self.are_texts(*right))
                }
                _ => None,
            },
            ExpressionKind::Call { callee, arguments } if is_true => {
                found(self.called_same(*callee, arguments) || self.called_among(*callee, arguments))
            }
            _ => None,
        }
    }

    /// `"x".equals(token)`, `hmac.compare_digest(token, "x")`
    fn called_same(&self, callee: ExpressionId, arguments: &[Argument]) -> bool {
        if !self.last_name(callee).is_some_and(|it| SAME.contains(&it)) {
            return false;
        }
        let (one, other) = match arguments {
            [one, other, ..] => (one.value, other.value),
            [one] => match self.receiver(callee) {
                Some(receiver) => (receiver, one.value),
                None => return false,
            },
            [] => return false,
        };
        self.are_credential_and_text(one, other) || self.are_credential_and_text(other, one)
    }

    /// `TOKENS.includes(token)`
    fn called_among(&self, callee: ExpressionId, arguments: &[Argument]) -> bool {
        let is_asked = self
            .last_name(callee)
            .is_some_and(|it| matches!(it, "includes" | "has" | "contains" | "Contains" | "include?"));
        match (self.receiver(callee), arguments) {
            (Some(all), [one]) if is_asked => self.is_credential(one.value, 0) && self.are_texts(all),
            _ => false,
        }
    }

    fn are_credential_and_text(&self, credential: ExpressionId, text: ExpressionId) -> bool {
        let is_text = || {
            let values = self.resolver.values(text);
            !values.is_empty() && values.iter().all(is_secret_text)
        };
        self.is_credential(credential, 0) && is_text()
    }

    fn are_texts(&self, all: ExpressionId) -> bool {
        let values = self.resolver.values(all);
        let are_secret = |value: &Value| match value {
            Value::Sequence { items, open: false } => {
                !items.is_empty() && items.iter().all(|item| !item.is_empty() && item.iter().all(is_secret_text))
            }
            _ => false,
        };
        !values.is_empty() && values.iter().all(are_secret)
    }

    /// Whether an expression is called what credentials are called, or reads one of a request.
    fn is_credential(&self, id: ExpressionId, names: u32) -> bool {
        if names > MOST_NAMES {
            return false;
        }
        match &self.facts.expression(id).kind {
            ExpressionKind::Name(name) => {
                CREDENTIAL.is_match(name)
                    || self.bindings_named(id).any(|it| match it.kind {
                        BindingKind::Value(value) => self.is_credential(value, names + 1),
                        _ => false,
                    })
            }
            ExpressionKind::Member { name, .. } => CREDENTIAL.is_match(name),
            ExpressionKind::Index { index, .. } => self.is_credential_key(*index),
            ExpressionKind::Call { callee, arguments } => {
                let is_read = || arguments.first().is_some_and(|it| self.is_credential_key(it.value));
                // `token.strip()` is what `token` is.
                let of_it = || self.receiver(*callee).is_some_and(|it| self.is_credential(it, names + 1));
                is_read() || of_it()
            }
            ExpressionKind::Either(all) => all.iter().any(|it| self.is_credential(*it, names + 1)),
            _ => false,
        }
    }

    fn is_credential_key(&self, key: ExpressionId) -> bool {
        matches!(&self.facts.expression(key).kind, ExpressionKind::Literal(Literal::Text(text)) if CREDENTIAL.is_match(text))
    }
}

/// What is given to whoever sends the text with which something is compared at `comparison`.
fn lets_in(given: ExpressionId, comparison: Span, function: String) -> Node {
    Node { expression: Some(given), ..Node::new(comparison, vec![("name", function)]) }
}

/// A text that can be a secret, and no word by which clients say that they have none.
fn is_secret_text(value: &Value) -> bool {
    matches!(value, Value::Literal(Literal::Text(text)) if text.len() > 2 && !NO_SECRET.is_match(text))
}
