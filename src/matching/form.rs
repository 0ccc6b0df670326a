//! Whether a function goes by the form of what it is given: its length, how it begins, a word in it. A token's form is
//! the sender's to choose, so such a function checks nothing.

use crate::fact::Argument;
use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::Expression;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Name;
use crate::matching::Matcher;
use crate::resolve::Value;
use crate::rules::pattern::Pattern;
use rustc_hash::FxHashSet;

/// Functions that tell, note or show a text, and cannot know who wrote it.
const TELL_OF_FORM: [&str; 36] = [
    "len",
    "str",
    "bool",
    "isinstance",
    "type",
    "repr",
    "print",
    "bytes",
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "trace",
    "String",
    "Boolean",
    "all",
    "any",
    "min",
    "max",
    "format",
    "println",
    "Println",
    "Printf",
    "Errorf",
    "Sprintf",
    "Debugf",
    "Infof",
    "Warnf",
    "isEmpty",
    "isBlank",
    "hasText",
    "is_string",
];

/// Methods of texts and mappings that do no more.
const METHODS_OF_FORM: [&str; 48] = [
    "startswith",
    "endswith",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "split",
    "rsplit",
    "partition",
    "replace",
    "count",
    "find",
    "index",
    "isalnum",
    "isdigit",
    "isspace",
    "removeprefix",
    "encode",
    "join",
    "startsWith",
    "endsWith",
    "includes",
    "indexOf",
    "slice",
    "substring",
    "substr",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "toString",
    "charAt",
    "contains",
    "length",
    "isEmpty",
    "is_empty",
    "starts_with",
    "ends_with",
    "chars",
    "len",
    "as_str",
    "to_string",
    "get",
    "keys",
    "start_with?",
    "empty?",
    "nil?",
    "present?",
];

/// A chain of names made of each other is followed so far.
const MOST_ROUNDS: usize = 4;

impl Matcher<'_, '_> {
    /// Whether nothing that a function does with such parameters could tell a genuine value from a made up one: it hands
    /// them to nobody but what is `aside`, compares them with nothing but what stands there, and looks nothing up by them.
    pub(super) fn goes_by_form(&self, function: &Definition, parameter: &Pattern, aside: Option<&Pattern>) -> bool {
        let mut names: FxHashSet<&Name> = function.parameters.iter().filter(|it| parameter.is_match(it)).collect();
        let is_inside = |at: u32| function.span.start <= at && at < function.span.end;
        for _ in 0..MOST_ROUNDS {
            let count = names.len();
            for binding in self.facts.bindings.iter().filter(|it| is_inside(it.at)) {
                if let BindingKind::Value(value) | BindingKind::MemberOf(value, _) | BindingKind::ItemOf(value, _) =
                    binding.kind
                    && self.is_made_of_names(value, &names, 0)
                {
                    names.insert(&binding.name);
                }
            }
            if names.len() == count {
                break;
            }
        }
        let mut within = self.facts.expressions.iter().filter(|it| function.span.contains(it.span));
        !names.is_empty() && within.all(|expression| self.tells_form_only(expression, &names, aside))
    }

    fn tells_form_only(&self, expression: &Expression, names: &FxHashSet<&Name>, aside: Option<&Pattern>) -> bool {
        let speaks = |id: ExpressionId| self.is_made_of_names(id, names, 0);
        match &expression.kind {
            ExpressionKind::Call { callee, arguments } => {
                let name = self.last_name(*callee).unwrap_or("");
                let is_aside = aside.is_some_and(|it| it.is_match(name));
                let takes = |it: &Argument| speaks(it.value);
                let is_method = match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, .. } => speaks(*object),
                    _ => false,
                };
                (!arguments.iter().any(takes) || is_aside || TELL_OF_FORM.contains(&name))
                    && (!is_method || METHODS_OF_FORM.contains(&name))
            }
            ExpressionKind::Index { object, index } => !speaks(*index) || speaks(*object),
            ExpressionKind::Compare { left, right, .. } => match (speaks(*left), speaks(*right)) {
                (false, false) => true,
                (true, true) => false,
                (true, false) => self.stands_there(*right),
                (false, true) => self.stands_there(*left),
            },
            _ => true,
        }
    }

    /// Whether some of the names takes part in an expression.
    fn is_made_of_names(&self, id: ExpressionId, names: &FxHashSet<&Name>, depth: usize) -> bool {
        let kind = &self.facts.expression(id).kind;
        if let ExpressionKind::Name(name) = kind {
            return names.contains(name);
        }
        let mut is_made = false;
        if depth < MOST_DEPTH {
            kind.for_each_part(&mut |part| is_made = is_made || self.is_made_of_names(part, names, depth + 1));
        }
        is_made
    }

    /// Whether a value is written in the source.
    fn stands_there(&self, id: ExpressionId) -> bool {
        let is_written = |value: &Value| match value {
            Value::Literal(_) => true,
            Value::Sequence { items, open } => {
                !open && items.iter().all(|item| item.iter().all(|it| matches!(it, Value::Literal(_))))
            }
            _ => false,
        };
        self.resolver.values(id).iter().all(is_written)
    }
}

/// Expressions nest no deeper where people write them.
const MOST_DEPTH: usize = 12;
