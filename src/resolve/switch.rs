//! What switches are, as far as it is known, and what they are where nobody sets them: comparisons, negations,
//! conversions, and lookups with a default. `os.environ.get("VERIFY", "false") == "true"` is false unless somebody sets
//! the variable.

use super::ENVIRONMENT;
use super::ENVIRONMENTS;
use super::Resolver;
use super::Value;
use super::Values;
use super::environment::is_of_type;
use super::one;
use super::union;
use super::unknown;
use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::Comparison;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;

/// Functions that make a truth value, a number or nothing of what is written in a text.
const READS_TEXT: [&str; 6] = [
    "globalThis.JSON.parse",
    "json.loads",
    "yaml.safe_load",
    "distutils.util.strtobool",
    "setuptools._distutils.util.strtobool",
    "bool.Parse",
];

/// The same, where no text gives false, with or without an error.
const READS_TEXT_OR_NOTHING: [&str; 5] =
    ["yn", "strconv.ParseBool", "Boolean.parseBoolean", "Boolean.valueOf", "Convert.ToBoolean"];

/// Methods that a text gives a text by which two spellings are the same.
const RESPELLS: [&str; 12] = [
    "lower",
    "casefold",
    "toLowerCase",
    "downcase",
    "ToLower",
    "ToLowerInvariant",
    "lowercase",
    "upper",
    "toUpperCase",
    "upcase",
    "strip",
    "trim",
];

/// A variable is followed to what it is given, so many times.
const MOST_NAMES: usize = 3;

impl Resolver<'_> {
    /// What a comparison gives, for as much as is known of both sides.
    pub(super) fn compared(&self, comparison: Comparison, left: ExpressionId, right: ExpressionId) -> Values {
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let is_text = |id: ExpressionId| matches!(self.facts.expression(id).kind, ExpressionKind::Literal(_));
        // `"true" == os.getenv("VERIFY")`
        let (left, right) = if is_equality && is_text(left) { (right, left) } else { (left, right) };
        let is_negated = matches!(comparison, Comparison::NotEqual | Comparison::NotIn);
        let right = self.of(right);
        let holds = |left: &Value| {
            let Value::Literal(left) = left else { return None };
            match (comparison, right.as_ref()) {
                (Comparison::Equal | Comparison::NotEqual, [Value::Literal(right)]) => is_same(left, right),
                (Comparison::In | Comparison::NotIn, [Value::Sequence { items, open: false }]) => {
                    let same = items.iter().map(|item| match item.as_ref() {
                        [Value::Literal(right)] => is_same(left, right),
                        _ => None,
                    });
                    same.collect::<Option<Vec<bool>>>().map(|same| same.contains(&true))
                }
                _ => None,
            }
        };
        let values = self.of(left);
        let unset = self.unset_compared(comparison, left, &right).map(|it| one(Value::Literal(Literal::Bool(it))));
        union(unset.into_iter().chain(values.iter().map(|left| match holds(left) {
            Some(holds) => one(Value::Literal(Literal::Bool(holds != is_negated))),
            None => unknown(),
        })))
    }

    /// What a comparison gives where a variable of the environment is compared that nobody has set.
    fn unset_compared(&self, comparison: Comparison, left: ExpressionId, right: &Values) -> Option<bool> {
        let is_negated = matches!(comparison, Comparison::NotEqual | Comparison::NotIn);
        if comparison == Comparison::Other {
            return None;
        }
        match right.as_ref() {
            [Value::Symbol(all)] if ENVIRONMENTS.contains(&all.as_ref()) => {
                let of_names = matches!(comparison, Comparison::In | Comparison::NotIn);
                let [Value::Literal(Literal::Text(name))] = &*self.of(left) else { return None };
                (of_names && !says_where(name)).then_some(is_negated)
            }
            [Value::Literal(Literal::Text(text))] if text.is_empty() => {
                let is_empty = self.facts.language == Language::Go && self.may_be_unset(left, 0);
                is_empty.then_some(!is_negated)
            }
            [Value::Literal(Literal::Null)] => self.may_be_unset(left, 0).then_some(!is_negated),
            // One that nobody set is none of these texts.
            values => {
                let is_text = |it: &Value| matches!(it, Value::Literal(Literal::Text(text)) if !text.is_empty());
                let are_texts = values.iter().all(|value| match value {
                    Value::Sequence { items, open: false } => items.iter().all(|item| item.iter().all(is_text)),
                    value => is_text(value),
                });
                (are_texts && self.may_be_unset(left, 0)).then_some(is_negated)
            }
        }
    }

    pub(super) fn negated(&self, operand: ExpressionId) -> Values {
        let truth = self.truths(operand);
        union(truth.into_iter().map(|it| it.map_or_else(unknown, |it| one(Value::Literal(Literal::Bool(!it))))))
    }

    /// Whether what an expression gives counts as true, by what it may be.
    fn truths(&self, id: ExpressionId) -> Vec<Option<bool>> {
        let unset = self.may_be_unset(id, 0).then_some(Some(false));
        unset.into_iter().chain(self.of(id).iter().map(|it| self.truth(it))).collect()
    }

    /// `[…].includes(x)`, `"true".equals(x)`: a comparison that is written as a call, where it is known what it gives.
    pub(super) fn compared_by_call(&self, object: ExpressionId, name: &str, arguments: &[Argument]) -> Option<Values> {
        let is_list = |id: ExpressionId| matches!(*self.of(id), [Value::Sequence { open: false, .. }]);
        let is_everything = || {
            let is_it = |it: &Value| matches!(it, Value::Symbol(symbol) if ENVIRONMENTS.contains(&symbol.as_ref()));
            self.of(object).iter().all(is_it)
        };
        let values = match (name, arguments) {
            ("includes" | "contains" | "include?" | "Contains", [argument]) if is_list(object) => {
                self.compared(Comparison::In, argument.value, object)
            }
            ("key?" | "has_key?" | "include?" | "containsKey", [argument]) if is_everything() => {
                self.compared(Comparison::In, argument.value, object)
            }
            // Go.
            ("Contains", [list, argument]) if is_list(list.value) => {
                self.compared(Comparison::In, argument.value, list.value)
            }
            ("equals" | "equalsIgnoreCase" | "Equals" | "eq_ignore_ascii_case", [argument]) => {
                self.compared(Comparison::Equal, object, argument.value)
            }
            // `string.Equals(a, b, comparison)` of C#, `strings.EqualFold(a, b)` of Go.
            ("Equals" | "EqualFold", [left, right, ..]) => self.compared(Comparison::Equal, left.value, right.value),
            // Ruby.
            ("nil?" | "blank?", []) => self.negated(object),
            ("present?", []) => self.converted("builtins.bool", object)?,
            _ => return None,
        };
        values.iter().any(|it| matches!(it, Value::Literal(_))).then_some(values)
    }

    /// What a function of the language or of a small library makes of a text, where that is known.
    pub(super) fn converted(&self, symbol: &str, value: ExpressionId) -> Option<Values> {
        let values = self.of(value);
        let is_one_of = |names: &[&str]| names.iter().any(|it| is_of_type(symbol, it));
        let or_nothing = is_one_of(&READS_TEXT_OR_NOTHING);
        let convert: &dyn Fn(&Value) -> Option<Literal> = match symbol {
            "builtins.bool" | "globalThis.Boolean" => {
                let truths = self.truths(value);
                let given =
                    truths.iter().map(|it| it.map_or_else(unknown, |it| one(Value::Literal(Literal::Bool(it)))));
                return truths.iter().any(Option::is_some).then(|| union(given));
            }
            "builtins.int" | "globalThis.Number" | "globalThis.parseInt" => &|value| match value {
                Value::Literal(Literal::Text(text)) if text.trim().parse::<i64>().is_ok() => {
                    Some(Literal::Number(text.trim().into()))
                }
                Value::Literal(number @ Literal::Number(_)) => Some(number.clone()),
                _ => None,
            },
            _ if is_one_of(&READS_TEXT) || or_nothing => &|value| match value {
                Value::Literal(Literal::Text(text)) => read(text),
                _ => None,
            },
            _ => return None,
        };
        let literal = |it: &Value| convert(it).map_or_else(unknown, |it| one(Value::Literal(it)));
        let unset = (or_nothing && self.may_be_unset(value, 0)).then(|| one(Value::Literal(Literal::Bool(false))));
        let is_known = unset.is_some() || values.iter().any(|it| convert(it).is_some());
        let given = is_known.then(|| union(unset.into_iter().chain(values.iter().map(literal))))?;
        Some(match symbol {
            "strconv.ParseBool" => one(Value::Sequence { items: vec![given, unknown()], open: false }),
            _ => given,
        })
    }

    /// What a lookup with a default gives: `kwargs.get("verify", True)`, `config.getboolean("auth", "verify",
    /// fallback=False)`. Of what is no mapping of the repository, for truth values only.
    pub(super) fn looked_up(&self, callee: ExpressionId, arguments: &[Argument], called: &Values) -> Option<Values> {
        let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind else { return None };
        if self.facts.language != Language::Python || !matches!(name.as_str(), "get" | "pop" | "getboolean") {
            return None;
        }
        let named = |wanted: &str| {
            let is_named = |it: &&Argument| matches!(&it.kind, ArgumentKind::Keyword(name) if name == wanted);
            arguments.iter().find(is_named).map(|it| it.value)
        };
        let second = arguments.get(1).filter(|it| it.kind == ArgumentKind::Positional && name != "getboolean");
        let default = second.map(|it| it.value).or_else(|| named("default")).or_else(|| named("fallback"))?;
        let key = self.key(arguments.first().filter(|it| it.kind == ArgumentKind::Positional)?.value)?;
        let objects = self.of(*object);
        let found = objects.iter().map(|it| match it {
            Value::Mapping(mapping) => Some(mapping.get(&key).unwrap_or_else(|| self.of(default))),
            Value::Symbol(symbol) => self.flask_setting(symbol, &key),
            _ => None,
        });
        match found.collect::<Option<Vec<Values>>>() {
            Some(found) => Some(union(found)),
            None => self.or_default(called, default),
        }
    }

    /// Values of which nothing is known but that they may be missing, in whose place a truth value stands then.
    pub(super) fn or_default(&self, values: &Values, default: ExpressionId) -> Option<Values> {
        let are_open = values.iter().all(|it| matches!(it, Value::Unknown | Value::Symbol(_)));
        let default = self.of(default);
        let is_switch = matches!(default.as_ref(), [Value::Literal(Literal::Bool(_))]);
        (are_open && is_switch).then(|| union([values.clone(), default]))
    }

    /// Whether an expression reads a variable of the environment, and is nothing or an empty text where nobody set it.
    /// Those that say where the program runs are set by whoever runs it.
    fn may_be_unset(&self, id: ExpressionId, names: usize) -> bool {
        let values = self.of(id);
        let kind = &self.facts.expression(id).kind;
        if let ExpressionKind::Call { callee, arguments } = kind
            && let ExpressionKind::Member { object, name, .. } = &self.facts.expression(*callee).kind
        {
            match (name.as_str(), arguments.as_slice()) {
                (name, []) if RESPELLS.contains(&name) => return self.may_be_unset(*object, names),
                // Go's package `strings`.
                ("ToLower" | "ToUpper" | "TrimSpace", [text]) => return self.may_be_unset(text.value, names),
                _ => {}
            }
        }
        let is_empty = |it: &&Value| matches!(it, Value::Literal(Literal::Text(text)) if text.is_empty());
        let mut others = values.iter().filter(|it| !is_empty(it));
        let (Some(Value::Symbol(symbol)), None) = (others.next(), others.next()) else { return false };
        let Some(key) = symbol.strip_prefix(ENVIRONMENT) else { return false };
        let gives_nothing = match kind {
            _ if values.len() > 1 => true,
            ExpressionKind::Member { .. } | ExpressionKind::Index { .. } => self.facts.language != Language::Python,
            ExpressionKind::Call { callee, .. } => match self.facts.language {
                Language::Rust => false,
                _ => {
                    !matches!(&self.facts.expression(*callee).kind, ExpressionKind::Member { name, .. } if name == "fetch")
                }
            },
            ExpressionKind::Name(_) if names < MOST_NAMES => {
                let bindings = self.variable(id).map(|it| self.bindings_of(&it)).unwrap_or_default();
                match bindings.as_slice() {
                    [index] => match self.facts.bindings[*index as usize].kind {
                        BindingKind::Value(value) => self.may_be_unset(value, names + 1),
                        _ => false,
                    },
                    _ => false,
                }
            }
            _ => false,
        };
        gives_nothing && !says_where(key)
    }
}

/// Whether a variable says where a program runs.
fn says_where(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    ["ENV", "ENVIRONMENT", "STAGE", "PROFILE", "TIER", "TARGET"].iter().any(|it| key.ends_with(it))
}

fn is_same(left: &Literal, right: &Literal) -> Option<bool> {
    match (left, right) {
        (Literal::Number(left), Literal::Number(right)) => {
            Some(left.parse::<f64>().ok()? == right.parse::<f64>().ok()?)
        }
        (Literal::Text(_), Literal::Text(_)) | (Literal::Bool(_), Literal::Bool(_)) => Some(left == right),
        (Literal::Null, _) | (_, Literal::Null) => Some(left == right),
        _ => None,
    }
}

/// What a text says, in the words that configuration has for it.
fn read(text: &str) -> Option<Literal> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" => Some(Literal::Bool(true)),
        "false" | "no" | "off" | "n" | "f" => Some(Literal::Bool(false)),
        "null" => Some(Literal::Null),
        number => number.parse::<f64>().ok().map(|_| Literal::Number(number.into())),
    }
}
