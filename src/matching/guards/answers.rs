//! What a function says by what it gives.

use crate::fact::ArgumentKind;
use crate::fact::Definition;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Literal;
use crate::fact::ScopeId;
use crate::matching::Matcher;
use crate::matching::guards::words::IDENTITY_KEYS;
use crate::matching::guards::words::IDENTITY_TYPES;
use crate::matching::guards::words::NOBODY;
use crate::matching::guards::words::ROLE_KEYS;
use crate::matching::guards::words::STANDS_IN;
use crate::matching::guards::words::WHO_KEYS;
use crate::matching::guards::words::WRAPS;
use crate::matching::guards::words::YES_KEYS;
use crate::resolve::Value;
use crate::rules::PassKind;

impl Matcher<'_, '_> {
    /// What a function says with what it returns, if that lets pass: `true`, or an identity that is written there.
    pub(super) fn kind_of_answer(&self, returned: ExpressionId) -> Option<PassKind> {
        let values = self.resolver.values(returned);
        let all = |is_such: &dyn Fn(&Value) -> bool| !values.is_empty() && values.iter().all(is_such);
        if all(&|it| matches!(it, Value::Literal(Literal::Bool(true)))) || self.allows_by_policy(returned) {
            return Some(PassKind::Yes);
        }
        if all(&|it| self.is_written_mapping(it)) || self.is_made_identity(returned) || self.is_all_written(returned) {
            return Some(PassKind::Identity);
        }
        match &self.facts.expression(returned).kind {
            // `Task.FromResult(true)`
            ExpressionKind::Call { callee, arguments } => match &arguments[..] {
                [only] if self.last_name(*callee).is_some_and(|it| WRAPS.contains(&it)) => {
                    self.kind_of_answer(only.value)
                }
                _ => None,
            },
            ExpressionKind::Either(only) if only.len() == 1 => self.kind_of_answer(only[0]),
            // `return &Claims{…}, nil`
            ExpressionKind::Sequence { items, .. } => self.kind_of_answer(*items.first()?),
            _ => None,
        }
    }

    /// What a function gives in place of what failed: `… getOrElse { Cook("cook") }`, `….unwrap_or(true)`,
    /// `granted ?? true`.
    pub(super) fn answers_instead(&self, function: &Definition) -> Vec<ExpressionId> {
        let instead = function.returns.iter().filter_map(|it| match &self.facts.expression(it.value).kind {
            ExpressionKind::Either(all) if all.len() > 1 => all.last().copied(),
            _ => None,
        });
        let handlers = self.facts.definitions.iter().filter(|it| {
            it.name.is_empty()
                && it.scope != function.scope
                && function.span.contains(it.span)
                && self.function_handled(it.scope) == Some(function.scope)
        });
        instead.chain(handlers.flat_map(|it| it.returns.iter().map(|it| it.value))).collect()
    }

    /// The function in which another is handed over for when something fails.
    fn function_handled(&self, handler: ScopeId) -> Option<ScopeId> {
        Some(self.function_at(self.facts.expression(self.handler_call(handler)?).scope))
    }

    /// `policy("user", "Allow", arn)`, as authorizers of API gateways answer.
    pub(super) fn allows_by_policy(&self, answer: ExpressionId) -> bool {
        let ExpressionKind::Call { arguments, .. } = &self.facts.expression(answer).kind else { return false };
        arguments.iter().any(|it| self.literal_text(it.value) == Some("Allow"))
    }

    fn literal_text(&self, id: ExpressionId) -> Option<&str> {
        match &self.facts.expression(id).kind {
            ExpressionKind::Literal(Literal::Text(text)) => Some(text.as_str()),
            _ => None,
        }
    }

    /// `{ memberId: 1, name: "Board", admin: true }`: nothing in it comes from anywhere.
    fn is_all_written(&self, made: ExpressionId) -> bool {
        let ExpressionKind::Mapping(entries) = &self.facts.expression(made).kind else { return false };
        let is_written = |id: ExpressionId| match &self.facts.expression(id).kind {
            ExpressionKind::Literal(literal) => !matches!(literal, Literal::Null),
            ExpressionKind::Sequence { items, open: false } => items.iter().all(|it| self.literal_text(*it).is_some()),
            _ => false,
        };
        let mut says_who = false;
        let all = entries.iter().all(|it| match it {
            Entry::Pair { key, value } => {
                let is_flag = matches!(self.facts.expression(*value).kind, ExpressionKind::Literal(Literal::Bool(_)));
                says_who |= !is_flag && self.literal_text(*key).is_some_and(|it| WHO_KEYS.is_match(it));
                is_written(*value) && !self.literal_text(*value).is_some_and(|it| NOBODY.is_match(it))
            }
            Entry::Spread(_) => false,
        });
        all && says_who && entries.len() > 1
    }

    /// `{"active": True, "sub": "desk"}`
    fn is_written_mapping(&self, value: &Value) -> bool {
        let Value::Mapping(mapping) = value else { return false };
        let says = |key: &str, is_such: &dyn Fn(&Value) -> bool| {
            mapping.get(key).is_some_and(|values| !values.is_empty() && values.iter().all(is_such))
        };
        let is_true = |it: &Value| matches!(it, Value::Literal(Literal::Bool(true)));
        let is_false = |it: &Value| self.resolver.truth(it) == Some(false);
        let is_text = |it: &Value| matches!(it, Value::Literal(Literal::Text(text)) if !text.is_empty());
        let is_stand_in = |it: &Value| matches!(it, Value::Literal(Literal::Text(text)) if STANDS_IN.is_match(text));
        let is_some = |it: &Value| self.resolver.truth(it) == Some(true);
        let is_known = |it: &Value| matches!(it, Value::Literal(_));
        let is_of_somebody =
            IDENTITY_KEYS.iter().chain(&["id"]).any(|it| mapping.get(it).is_some() && !says(it, &is_known));
        !YES_KEYS.iter().any(|it| says(it, &is_false))
            && !is_of_somebody
            && (YES_KEYS.iter().any(|it| says(it, &is_true))
                || IDENTITY_KEYS.iter().any(|it| says(it, &is_text))
                || ROLE_KEYS.iter().any(|it| says(it, &is_some))
                || says("id", &is_stand_in))
    }

    /// `User(sub="local")`, `new Principal("portal", …)`
    pub(super) fn is_made_identity(&self, made: ExpressionId) -> bool {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(made).kind else { return false };
        let is_written = arguments.iter().any(|it| {
            let is_said = match &it.kind {
                ArgumentKind::Keyword(name) => WHO_KEYS.is_match(name),
                _ => true,
            };
            is_said && self.literal_text(it.value).is_some_and(|it| !it.is_empty() && !NOBODY.is_match(it))
        });
        is_written
            && (self.last_name(*callee).is_some_and(|it| IDENTITY_TYPES.is_match(it)) || self.is_principal(*callee))
    }

    /// Whether a class of the repository says of itself that it is who somebody is: `class Cook(…) : Principal`.
    fn is_principal(&self, class: ExpressionId) -> bool {
        let values = self.resolver.values(class);
        values.iter().filter_map(Value::definition).any(|it| {
            let is_such = self.where_defined(it, |there, class| {
                class.bases.iter().any(|it| there.base_name(*it).is_some_and(|it| IDENTITY_TYPES.is_match(it)))
            });
            is_such.unwrap_or(false)
        })
    }

    fn base_name(&self, base: ExpressionId) -> Option<&str> {
        self.last_name(base).or_else(|| self.called_name(base))
    }
}
