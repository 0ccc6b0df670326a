//! What becomes of what a function is given: it is looked at, reckoned with, looked up, handed on. It is followed into the
//! functions of the repository that get it, whatever file they stand in.

use crate::fact::Argument;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Name;
use crate::finding::Related;
use crate::matching::Matcher;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::rules::Symbols;
use crate::rules::pattern::Pattern;
use crate::site::Fate;
use rustc_hash::FxHashSet;
use std::cell::RefCell;

/// Functions that tell, note, show or collect texts, and cannot know who wrote them.
const TELL_OF_FORM: [&str; 41] = [
    "append",
    "push",
    "extend",
    "len",
    "str",
    "int",
    "float",
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

/// Methods that compare two texts.
const COMPARE: [&str; 5] = ["equals", "Equals", "equalsIgnoreCase", "contentEquals", "eql?"];

/// A chain of names made of each other is followed so far.
const MOST_ROUNDS: usize = 4;

/// Expressions nest no deeper where people write them.
const MOST_DEPTH: usize = 12;

/// What becomes of a value.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) fate: Fate,
    /// The places of the functions that get it from the first one.
    pub(super) takers: Vec<Related>,
    /// The calls of the first function that hand it to a function which goes by its form alone.
    pub(super) hollow: FxHashSet<ExpressionId>,
    /// The values that the first function returns and that are the very thing it was given.
    pub(super) gives_back: FxHashSet<ExpressionId>,
    /// Two texts that are made of it are compared.
    compares_itself: bool,
}

impl Followed {
    /// Whether nothing that was done could tell a genuine value from a made up one. A token's form is the sender's to
    /// choose.
    pub(super) fn is_of_form(&self) -> bool {
        let Fate { is_handed_off, is_looked_up, is_computed, .. } = self.fate;
        !is_handed_off && !is_looked_up && !is_computed && !self.compares_itself
    }
}

/// What is asked of the fate of a value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Question<'q> {
    /// Calls of such last names count for nothing: answers are made with them.
    pub(super) aside: Option<&'q Pattern>,
    /// Reckons with a value, as to make a signature.
    pub(super) computing: Option<&'q Symbols>,
    /// Reads a value, as to take it apart: its form.
    pub(super) reading: Option<&'q Symbols>,
    /// So many calls are followed, one in the other.
    pub(super) hops: usize,
}

impl Matcher<'_, '_> {
    /// What becomes of what a function is given in such parameters.
    pub(super) fn fate(&self, function: &Definition, parameter: &Pattern, question: Question<'_>) -> Followed {
        let names = function.parameters.iter().filter(|it| parameter.is_match(it)).cloned().collect();
        let seen =
            RefCell::new(FxHashSet::from_iter([DefinitionId { file: self.resolver.file, scope: function.scope }]));
        self.fate_of(function, names, question, &seen)
    }

    fn fate_of(
        &self,
        function: &Definition,
        names: FxHashSet<Name>,
        question: Question<'_>,
        seen: &RefCell<FxHashSet<DefinitionId>>,
    ) -> Followed {
        let returned = function.returns.iter().map(|it| it.value).filter(|it| self.is_one_of_names(*it, &names));
        let gives_back = returned.collect();
        let names = self.with_names_made_of(names, function, &|_| true);
        let mut found = Followed { gives_back, ..Followed::default() };
        found.fate.is_handed_off = names.is_empty();
        for id in self.order().expressions_in(self.facts, function.span) {
            self.befalls(id, &names, question, seen, &mut found);
        }
        found
    }

    /// The names and those of the function that are given something made of them.
    fn with_names_made_of(
        &self,
        mut names: FxHashSet<Name>,
        function: &Definition,
        counts: &dyn Fn(ExpressionId) -> bool,
    ) -> FxHashSet<Name> {
        for _ in 0..MOST_ROUNDS {
            let count = names.len();
            for binding in self.order().bindings_in(self.facts, function.span) {
                if let BindingKind::Value(value) | BindingKind::MemberOf(value, _) | BindingKind::ItemOf(value, _) =
                    binding.kind
                    && self.is_made_of_names(value, &names, 0)
                    && counts(value)
                {
                    names.insert(binding.name.clone());
                }
            }
            if names.len() == count {
                break;
            }
        }
        names
    }

    /// Adds what one expression does with values of such names.
    fn befalls(
        &self,
        id: ExpressionId,
        names: &FxHashSet<Name>,
        question: Question<'_>,
        seen: &RefCell<FxHashSet<DefinitionId>>,
        found: &mut Followed,
    ) {
        let speaks = |id: ExpressionId| self.is_made_of_names(id, names, 0);
        let compared =
            |left: ExpressionId, right: ExpressionId, found: &mut Followed| match (speaks(left), speaks(right)) {
                (false, false) => {}
                (true, true) => found.compares_itself = true,
                (true, false) => found.fate.is_looked_up |= !self.stands_there(right),
                (false, true) => found.fate.is_looked_up |= !self.stands_there(left),
            };
        match &self.facts.expression(id).kind {
            ExpressionKind::Call { callee, arguments } => {
                let name = self.last_name(*callee).unwrap_or("");
                if let (ExpressionKind::Member { object, .. }, [other]) =
                    (&self.facts.expression(*callee).kind, &arguments[..])
                    && COMPARE.contains(&name)
                {
                    return compared(*object, other.value, found);
                }
                let is_aside = question.aside.is_some_and(|it| it.is_match(name));
                let takes = arguments.iter().any(|it| speaks(it.value)) && !is_aside && !TELL_OF_FORM.contains(&name);
                let is_method = match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, .. } => speaks(*object) && !METHODS_OF_FORM.contains(&name),
                    _ => false,
                };
                if !takes && !is_method {
                    return;
                }
                let is_one_of = |symbols: &Symbols| {
                    self.resolver.symbols(*callee).iter().any(|it| symbols.contains(self.facts.language, it))
                };
                if question.computing.is_some_and(is_one_of) {
                    return found.fate.is_computed = true;
                }
                // What was read of it is made of it.
                let is_read = question.reading.is_some_and(is_one_of);
                if !is_read && (is_method || !self.hands_on(id, (*callee, arguments), &speaks, question, seen, found)) {
                    found.fate.is_handed_off = true;
                }
            }
            ExpressionKind::Index { object, index } => found.fate.is_looked_up |= speaks(*index) && !speaks(*object),
            ExpressionKind::Compare { left, right, .. } => compared(*left, *right, found),
            _ => {}
        }
    }

    /// Adds what the functions do that a call hands the value to; false where they are not known.
    fn hands_on(
        &self,
        call: ExpressionId,
        (callee, arguments): (ExpressionId, &[Argument]),
        speaks: &dyn Fn(ExpressionId) -> bool,
        question: Question<'_>,
        seen: &RefCell<FxHashSet<DefinitionId>>,
        found: &mut Followed,
    ) -> bool {
        let called = self.resolver.values(callee);
        // What is imported has the name of its path, too.
        let definitions: Vec<DefinitionId> = called.iter().filter_map(Value::definition).collect();
        let is_known = called.iter().all(|it| matches!(it, Value::Definition(_) | Value::Symbol(_)));
        if definitions.is_empty() || !is_known || question.hops == 0 {
            return false;
        }
        let mut is_hollow = true;
        for called in definitions {
            let Some((function, parameters)) = self.resolver.callable(called) else {
                // A class that only holds what it is made with.
                let is_class = self.resolver.kind_of(called) == Some(DefinitionKind::Class);
                is_hollow = false;
                if is_class {
                    continue;
                }
                return false;
            };
            let filled = self.filled(&parameters, arguments).into_iter().filter(|(_, value)| speaks(*value));
            let names: FxHashSet<Name> = filled.map(|(name, _)| name).collect();
            if names.is_empty() {
                return false;
            }
            if !seen.borrow_mut().insert(function) {
                is_hollow = false;
                continue;
            }
            let question = Question { hops: question.hops - 1, ..question };
            let taken = self.where_defined(function, |there, function| {
                let place = there.source.place(function.name_span);
                let message = format!("`{}` gets it", function.name);
                let taker = Related { path: there.source.path.clone(), place, message };
                // One that gives nothing, or no, may stand for those that are put in its place.
                let may_agree = function.returns.iter().any(|it| there.may_agree(it.value));
                (taker, may_agree, there.fate_of(function, names, question, seen))
            });
            let Some((taker, may_agree, taken)) = taken else { return false };
            is_hollow &= may_agree && taken.is_of_form();
            found.fate.reached.insert(taker.path.clone());
            found.takers.push(taker);
            found.fate.is_handed_off |= !may_agree;
            found.fate.add(taken.fate);
            found.compares_itself |= taken.compares_itself;
        }
        if is_hollow {
            found.hollow.insert(call);
        }
        true
    }

    /// Whether a function, or one of the repository that it hands what it is given, so many calls further at most, calls
    /// something of such a last name. What it receives later is not what it is given.
    pub(super) fn calls_within(&self, function: &Definition, name: &Pattern, hops: usize) -> bool {
        let own = DefinitionId { file: self.resolver.file, scope: function.scope };
        let seen = RefCell::new(FxHashSet::from_iter([own]));
        self.calls_below(function, function.parameters.iter().cloned().collect(), (name, hops), &seen)
    }

    fn calls_below(
        &self,
        function: &Definition,
        names: FxHashSet<Name>,
        (name, hops): (&Pattern, usize),
        seen: &RefCell<FxHashSet<DefinitionId>>,
    ) -> bool {
        if self.called_in(function.span).any(|it| name.is_match(it)) {
            return true;
        }
        if hops == 0 {
            return false;
        }
        let names = self.with_names_made_of(names, function, &|value| !self.receives(value));
        let speaks = |id: ExpressionId| self.is_made_of_names(id, &names, 0);
        self.calls_inside(function.span).any(|call| {
            let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return false };
            // What an object was given before, its methods have.
            let is_own = match &self.facts.expression(*callee).kind {
                ExpressionKind::Member { object, .. } => {
                    matches!(self.facts.expression(*object).kind, ExpressionKind::Receiver(_))
                }
                _ => false,
            };
            if !is_own && !arguments.iter().any(|it| speaks(it.value)) {
                return false;
            }
            let called = self.resolver.values(*callee);
            called.iter().filter_map(Value::definition).any(|called| {
                let Some((called, parameters)) = self.resolver.callable(called) else { return false };
                let filled = self.filled(&parameters, arguments).into_iter().filter(|(_, value)| speaks(*value));
                let names = filled.map(|(name, _)| name).collect();
                let asked = (name, hops - 1);
                let calls = || self.where_defined(called, |there, it| there.calls_below(it, names, asked, seen));
                seen.borrow_mut().insert(called) && calls().unwrap_or(false)
            })
        })
    }

    /// Whether a value is what came in over a connection.
    fn receives(&self, value: ExpressionId) -> bool {
        match &self.facts.expression(value).kind {
            ExpressionKind::Call { callee, .. } => {
                self.last_name(*callee).is_some_and(|name| name.starts_with("rec") || name.starts_with("iter_"))
            }
            ExpressionKind::Either(only) if only.len() == 1 => self.receives(only[0]),
            _ => false,
        }
    }

    /// Whether some of the names takes part in an expression.
    fn is_made_of_names(&self, id: ExpressionId, names: &FxHashSet<Name>, depth: usize) -> bool {
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

    /// Whether an expression is what has such a name, whichever it is.
    fn is_one_of_names(&self, id: ExpressionId, names: &FxHashSet<Name>) -> bool {
        match &self.facts.expression(id).kind {
            ExpressionKind::Name(name) => names.contains(name),
            ExpressionKind::Either(all) => all.iter().all(|it| self.is_one_of_names(*it, names)),
            _ => false,
        }
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

/// What stands where in a file.
pub(super) struct Order {
    /// By where they start.
    expressions: Vec<ExpressionId>,
    /// By where they take effect: their places in the list of bindings.
    bindings: Vec<u32>,
}

impl Order {
    pub(super) fn new(facts: &FileFacts) -> Order {
        let mut expressions: Vec<ExpressionId> = (0..facts.expressions.len() as u32).map(ExpressionId).collect();
        expressions.sort_by_key(|it| facts.expression(*it).span.start);
        let mut bindings: Vec<u32> = (0..facts.bindings.len() as u32).collect();
        bindings.sort_by_key(|it| facts.bindings[*it as usize].at);
        Order { expressions, bindings }
    }

    fn expressions_in(&self, facts: &FileFacts, span: Span) -> impl Iterator<Item = ExpressionId> {
        let from = self.expressions.partition_point(|it| facts.expression(*it).span.start < span.start);
        let later = self.expressions[from..].iter().take_while(move |it| facts.expression(**it).span.start < span.end);
        later.filter(move |it| span.contains(facts.expression(**it).span)).copied()
    }

    fn bindings_in<'f>(&self, facts: &'f FileFacts, span: Span) -> impl Iterator<Item = &'f Binding> {
        let binding = move |it: &u32| &facts.bindings[*it as usize];
        let from = self.bindings.partition_point(|it| binding(it).at < span.start);
        self.bindings[from..].iter().map(binding).take_while(move |it| it.at < span.end)
    }
}
