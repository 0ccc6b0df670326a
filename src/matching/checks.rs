//! Whether what was read from a token is checked before it counts: by a call in the same function, by one in a
//! function that the token is handed on to, or by all who call the function that reads it.

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::Definition;
use crate::fact::Entry;
use crate::fact::ExportTarget;
use crate::fact::Expression;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::MutationKind;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::matching::Holds;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::flow::KEEPS_TEXT;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::rules::CallMatcher;
use crate::rules::Callers;
use crate::rules::Condition;
use regex::Regex;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;

/// A check is looked for through this many functions.
const MOST_FUNCTIONS: usize = 2;

/// A package of more files than this is not searched for callers.
const MOST_FILES: usize = 60;

/// What counts as a check.
pub(crate) struct Checks<'c> {
    by: &'c CallMatcher,
    /// Whose checks count besides those of the function itself.
    callers: Callers,
    /// What the reads that are asked about are besides: they check nothing.
    reads: &'c [Condition],
    hits: Rc<FxHashSet<Span>>,
    /// The checks of each token in each function, at each depth, that were asked for.
    found: RefCell<FxHashMap<(ScopeId, Identity, usize), FoundChecks>>,
}

impl<'c> Checks<'c> {
    pub(super) fn new(
        by: &'c CallMatcher,
        callers: Callers,
        reads: &'c [Condition],
        hits: Rc<FxHashSet<Span>>,
    ) -> Checks<'c> {
        Checks { by, callers, reads, hits, found: RefCell::default() }
    }
}

/// The calls of a file by the function they stand in and what they take.
pub(crate) type Takers = FxHashMap<(ScopeId, Identity), Vec<ExpressionId>>;

/// What is known of functions that may check a parameter, by what counts as a check, and how far it is looked for.
pub(crate) type Checkers = FxHashMap<(DefinitionId, Name, usize, usize), Check>;

/// The calls of a function that check a token, and how.
type FoundChecks = Rc<[(ExpressionId, Check)]>;

/// How a call checks a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Check {
    No,
    /// It gives nothing, or no, for a token that is not right: its caller has to heed that.
    Told,
    /// Nothing runs after it for a token that is not right.
    Enforced,
}

impl Matcher<'_, '_> {
    /// The calls that `by` describes are checks, but for the nodes themselves and others that meet `reads`.
    pub(crate) fn checks<'c>(
        &self,
        nodes: &[Node],
        reads: &'c [Condition],
        (by, callers): (&'c CallMatcher, Callers),
    ) -> Checks<'c> {
        Checks::new(by, callers, reads, Rc::new(nodes.iter().map(|node| node.span).collect()))
    }

    /// Whether the token that a call takes is checked on every path on which what was read from it gets away.
    pub(crate) fn is_verified(&self, read: ExpressionId, argument: usize, checks: &Checks<'_>) -> bool {
        let token = match &self.facts.expression(read).kind {
            ExpressionKind::Call { arguments, .. } => arguments.get(argument).map(|it| it.value),
            _ => None,
        };
        self.is_verified_within(read, token, checks, 0)
    }

    /// `token`: the argument that is the token; without one it is what the method is called on.
    pub(super) fn is_verified_within(
        &self,
        read: ExpressionId,
        token: Option<ExpressionId>,
        checks: &Checks<'_>,
        depth: usize,
    ) -> bool {
        let reading = self.facts.expression(read);
        let function = self.function_at(reading.scope);
        let tokens = self.tokens_of(read, token);
        let definition = self.resolver.definition_at(function);
        let found: Vec<FoundChecks> =
            tokens.iter().map(|token| self.checks_of(function, token, checks, depth)).collect();
        // Who may see a function takes longest to find out.
        let may_callers_check = depth < MOST_FUNCTIONS
            && definition
                .is_some_and(|it| self.callers().contains_key(&it.scope) && self.is_judged_by(checks.callers, it));
        // Most reads are checked nowhere, and what becomes of them takes long to find out.
        if found.iter().all(|it| it.is_empty()) && !may_callers_check {
            return false;
        }
        let escapes = self.escapes_of(read, function);
        let gives = definition.is_some_and(|it| !it.returns.is_empty());
        let is_in_time = |check: ExpressionId| {
            let checking = self.facts.expression(check);
            if self.are_alternatives(checking.block, reading.block) {
                return false;
            }
            let has_said = |before: ExpressionId| {
                self.left_before(before).any(|(condition, holds)| self.says(condition, !holds, check) == Some(true))
            };
            if checking.span.end <= reading.span.start {
                return self.always_before(checking.block, reading.block) || has_said(read);
            }
            match escapes.as_slice() {
                [] => {
                    let block = &self.facts.blocks[checking.block.0 as usize];
                    // A function that returns nothing does with what it read whatever it does there and then, unless
                    // that is to find the key.
                    let is_for_check = || gives || self.is_made_of(check, read);
                    block.leaves || self.always_before(checking.block, reading.block) && is_for_check()
                }
                escapes => escapes.iter().all(|&id| {
                    let escape = self.facts.expression(id);
                    checking.span.start <= escape.span.end
                        && (self.always_before(checking.block, escape.block) || has_said(id))
                }),
            }
        };
        let mut in_time = found.iter().flat_map(|it| it.iter()).filter(|(call, _)| *call != read && is_in_time(*call));
        let is_checked = in_time.any(|(call, check)| match check {
            Check::No => false,
            Check::Told => self.is_heeded(*call, read, &escapes),
            Check::Enforced => true,
        });
        // Who asks for what callers do knows already what the function does itself.
        is_checked && (depth > 0 || checks.callers == Callers::OfPrivate)
            || may_callers_check
                && !escapes.is_empty()
                && definition.is_some_and(|definition| self.callers_check(definition, &tokens, checks, depth))
    }

    /// Whether only one of two blocks runs: they stand in the two branches of a condition.
    fn are_alternatives(&self, one: BlockId, other: BlockId) -> bool {
        let branches = |block: BlockId| {
            self.blocks_around(block).filter_map(|it| match self.facts.blocks[it.0 as usize].kind {
                BlockKind::Branch { condition: Some(condition), holds } => Some((condition, holds)),
                _ => None,
            })
        };
        branches(one).any(|(condition, holds)| branches(other).any(|it| it == (condition, !holds)))
    }

    /// The calls of a function that check a token, and how.
    fn checks_of(&self, function: ScopeId, token: &Identity, checks: &Checks<'_>, depth: usize) -> FoundChecks {
        let key = (function, token.clone(), depth);
        if let Some(known) = checks.found.borrow().get(&key) {
            return known.clone();
        }
        let takers = self.takers().get(&(function, token.clone())).into_iter().flatten().copied();
        let found = takers.map(|call| (call, self.checks_token(call, token, checks, depth)));
        let found: FoundChecks = found.filter(|(_, check)| *check != Check::No).collect();
        checks.found.borrow_mut().insert(key, found.clone());
        found
    }

    /// Whether what a call says of the token decides whether what was read gets away.
    fn is_heeded(&self, call: ExpressionId, read: ExpressionId, escapes: &[ExpressionId]) -> bool {
        match escapes {
            [] => self.succeeded(call, read) || self.is_left_without(call),
            escapes => escapes.iter().all(|&escape| self.succeeded(call, escape)),
        }
    }

    /// Whether an expression is made of what a call gave, or runs only where the call gave something.
    fn succeeded(&self, call: ExpressionId, at: ExpressionId) -> bool {
        let expression = self.facts.expression(at);
        let in_branch = |block: BlockId| match self.facts.blocks[block.0 as usize].kind {
            BlockKind::Branch { condition: Some(condition), holds } => self.says(condition, holds, call) == Some(true),
            _ => false,
        };
        self.is_made_of(at, call)
            || self.blocks_around(expression.block).any(in_branch)
            || self.left_before(at).any(|(condition, holds)| self.is_left_by(condition, holds, call))
    }

    /// Whether the function is left where a call gave nothing.
    fn is_left_without(&self, call: ExpressionId) -> bool {
        let scope = self.facts.expression(call).scope;
        self.leaving_branches(scope).any(|(_, condition, holds)| self.is_left_by(condition, holds, call))
    }

    /// Whether one who leaves on a condition leaves because a call gave nothing, or one who stays stays because it gave
    /// something: `if is_malformed(token) || !verify(token) { return }`.
    fn is_left_by(&self, condition: ExpressionId, holds: bool, call: ExpressionId) -> bool {
        self.says(condition, holds, call) == Some(false) || self.says(condition, !holds, call) == Some(true)
    }

    /// Whether a condition that holds, or does not, says that a call gave something.
    fn says(&self, condition: ExpressionId, holds: bool, call: ExpressionId) -> Option<bool> {
        let (condition, negated) = self.positive(condition);
        let holds = holds != negated;
        match &self.facts.expression(condition).kind {
            ExpressionKind::Both(all) if holds => all.iter().find_map(|it| self.says(*it, true, call)),
            ExpressionKind::Either(all) if !holds => all.iter().find_map(|it| self.says(*it, false, call)),
            ExpressionKind::Both(_) | ExpressionKind::Either(_) => None,
            ExpressionKind::Compare { comparison, left, right } => {
                let is_equal = match comparison {
                    Comparison::Equal => holds,
                    Comparison::NotEqual => !holds,
                    Comparison::In | Comparison::NotIn | Comparison::Other => return None,
                };
                let is_success = match self.facts.expression(*right).kind {
                    ExpressionKind::Literal(Literal::Null | Literal::Bool(false)) => !is_equal,
                    ExpressionKind::Literal(Literal::Bool(true)) => is_equal,
                    _ => return None,
                };
                self.is_made_of(*left, call).then_some(is_success)
            }
            _ => self.is_made_of(condition, call).then_some(holds),
        }
    }

    /// How a call checks the token, itself or by the function it runs.
    fn checks_token(&self, call: ExpressionId, token: &Identity, checks: &Checks<'_>, depth: usize) -> Check {
        if checks.hits.contains(&self.facts.expression(call).span) {
            return Check::No;
        }
        // `token.decode()` is the token still.
        if self.identity(call).as_ref() == Some(token) {
            return Check::No;
        }
        if self.call_matches(call, checks.by).is_some_and(|(_, holds)| holds == Holds::Yes) {
            // What a function says by what it gives its caller has to heed.
            return if checks.by.called.is_some() { Check::Told } else { Check::Enforced };
        }
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return Check::No };
        if depth >= MOST_FUNCTIONS {
            return Check::No;
        }
        let called = self.resolver.values(*callee);
        let checked = called.iter().map(|value| {
            let Value::Definition(called) = value else { return Check::No };
            let Some((function, parameters)) = self.resolver.callable(*called) else { return Check::No };
            let is_token = |id: ExpressionId| self.identity(id).as_ref() == Some(token);
            let taking = self.filled(&parameters, arguments).into_iter().find(|(_, value)| is_token(*value));
            taking.map_or(Check::No, |(parameter, _)| self.checks_parameter(function, parameter, checks, depth + 1))
        });
        checked.max().unwrap_or(Check::No)
    }

    /// How a function checks what it is given, whatever it then returns.
    fn checks_parameter(&self, function: DefinitionId, name: Name, checks: &Checks<'_>, depth: usize) -> Check {
        let key = (function, name, std::ptr::from_ref(checks.by) as usize, depth);
        if let Some(known) = self.known.checkers.borrow().get(&key) {
            return *known;
        }
        // A function that calls itself is none until that is known.
        self.known.checkers.borrow_mut().insert(key.clone(), Check::No);
        let checks_it = self.where_defined(function, |there, definition| {
            if function.file == self.resolver.file {
                return self.checks_own_parameter(definition, &key.1, checks, depth);
            }
            let checks = Checks::new(checks.by, checks.callers, checks.reads, there.reads_by_all(checks.reads));
            there.checks_own_parameter(definition, &key.1, &checks, depth)
        });
        let checks_it = checks_it.unwrap_or(Check::No);
        self.known.checkers.borrow_mut().insert(key, checks_it);
        checks_it
    }

    /// Where all of the conditions hold.
    fn reads_by_all(&self, reads: &[Condition]) -> Rc<FxHashSet<Span>> {
        let key = reads.as_ptr() as usize;
        if let Some(known) = self.known.reads.borrow().get(&key) {
            return known.clone();
        }
        let spans: Rc<FxHashSet<Span>> = Rc::new(self.named_by_all(reads, None).iter().map(|it| it.span).collect());
        self.known.reads.borrow_mut().insert(key, spans.clone());
        spans
    }

    fn checks_own_parameter(&self, definition: &Definition, name: &Name, checks: &Checks<'_>, depth: usize) -> Check {
        let function = definition.scope;
        let token = Identity::Variable(function, name.clone());
        let takers = self.takers().get(&(function, token.clone())).into_iter().flatten().copied();
        let returned = definition.returns.iter().map(|it| self.facts.expression(it.value));
        let returned: Vec<&Expression> = returned.filter(|it| !it.kind.refuses()).collect();
        let says_no = returned.len() < definition.returns.len();
        let always_runs = |call: ExpressionId| {
            let checking = self.facts.expression(call);
            match returned.is_empty() {
                true => self.body_of(function).is_some_and(|body| self.always_before(checking.block, body)),
                false => returned.iter().all(|returned| {
                    checking.span.start <= returned.span.end && self.always_before(checking.block, returned.block)
                }),
            }
        };
        let running = takers.filter(|&call| always_runs(call));
        let checked = running.map(|call| {
            let is_mended = || self.blocks_around(self.facts.expression(call).block).any(|it| self.is_mended(it));
            match self.checks_token(call, &token, checks, depth) {
                Check::Enforced if says_no || is_mended() => Check::Told,
                // To hand on what another function says is to say it.
                Check::Told if self.is_left_without(call) => Check::Enforced,
                other => other,
            }
        });
        checked.max().unwrap_or(Check::No)
    }

    /// Whether all who call a function, which nobody outside of the file can, check the token they give it.
    fn callers_check(
        &self,
        function: &Definition,
        tokens: &FxHashSet<Identity>,
        checks: &Checks<'_>,
        depth: usize,
    ) -> bool {
        let is_token = |name: &&Name| tokens.contains(&Identity::Variable(function.scope, (*name).clone()));
        let Some(parameter) = function.parameters.iter().find(is_token) else { return false };
        let callers = self.callers().get(&function.scope).into_iter().flatten().copied();
        // Who gives no token gets none read.
        let giving = callers.filter_map(|call| {
            let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { return None };
            let filled = self.filled(&function.parameters, arguments);
            Some((call, filled.into_iter().find(|(name, _)| name == parameter)?.1))
        });
        let giving: Vec<(ExpressionId, ExpressionId)> = giving.collect();
        !giving.is_empty()
            && giving.into_iter().all(|(call, token)| self.is_verified_within(call, Some(token), checks, depth + 1))
    }

    /// The parameters that arguments fill, as far as that is written.
    pub(super) fn filled(&self, parameters: &[Name], arguments: &[Argument]) -> Vec<(Name, ExpressionId)> {
        let mut filled = Vec::new();
        let mut positions = parameters.iter();
        for argument in arguments {
            match &argument.kind {
                ArgumentKind::Positional => filled.extend(positions.next().map(|name| (name.clone(), argument.value))),
                ArgumentKind::Keyword(name) => filled.push((name.clone(), argument.value)),
                ArgumentKind::SpreadPositional => positions = [].iter(),
                ArgumentKind::SpreadKeyword => filled.extend(self.spelled_out(argument.value)),
            }
        }
        filled
    }

    /// The entries of a mapping that is written out in the file.
    fn spelled_out(&self, mapping: ExpressionId) -> Vec<(Name, ExpressionId)> {
        let Some(written) = self.written_value(mapping) else { return Vec::new() };
        let ExpressionKind::Mapping(entries) = &self.facts.expression(written).kind else { return Vec::new() };
        let entries = entries.iter().filter_map(|entry| match entry {
            Entry::Pair { key, value } => match &self.facts.expression(*key).kind {
                ExpressionKind::Literal(Literal::Text(key)) => Some((Name::from(key.as_str()), *value)),
                _ => None,
            },
            Entry::Spread(_) => None,
        });
        entries.collect()
    }

    /// By what the language says, or by the name that its users give such functions; one within another function is
    /// private too.
    pub(super) fn is_private(&self, function: &Definition) -> bool {
        let facts = self.facts;
        let outer = facts.scope(function.scope).parent.map(|parent| facts.scope(parent).kind);
        let is_dunder = function.name.starts_with("__") && function.name.ends_with("__");
        let by_name = function.name.starts_with(['_', '#']) && !is_dunder;
        let is_at_top = outer == Some(ScopeKind::Module);
        by_name
            || outer == Some(ScopeKind::Function)
            || is_at_top && self.is_kept(&function.name)
            || self.is_declared_private(function, is_at_top)
    }

    fn is_declared_private(&self, function: &Definition, is_at_top: bool) -> bool {
        // The name of an arrow function stands before it.
        let modifiers = function.span.start as usize..function.name_span.start as usize;
        let before = self.source.text.get(modifiers).unwrap_or("");
        let says = |word: &str| before.split(|it: char| !it.is_alphanumeric()).any(|it| it == word);
        match self.facts.language {
            Language::Java
            | Language::Kotlin
            | Language::Scala
            | Language::CSharp
            | Language::Php
            | Language::TypeScript => says("private"),
            // The methods of a trait are called by its name.
            Language::Rust => is_at_top && !says("pub"),
            Language::Go => function.name.starts_with(char::is_lowercase) && !self.is_named_by_package(&function.name),
            Language::Python | Language::JavaScript | Language::Ruby => false,
        }
    }

    /// Whether another file of the package, which sees all of this one, may use the name.
    fn is_named_by_package(&self, name: &str) -> bool {
        let world = self.resolver.world();
        let files = world.package(self.resolver.file);
        files.len() > MOST_FILES
            || files
                .iter()
                .filter(|&&file| file != self.resolver.file)
                .any(|&file| world.loaded(file).is_none_or(|other| other.source.text.contains(name)))
    }

    /// Whether an ECMAScript module exports other things and not this name of its own.
    fn is_kept(&self, name: &Name) -> bool {
        let is_module = matches!(self.facts.language, Language::JavaScript | Language::TypeScript);
        is_module && !self.facts.exports.is_empty() && !self.exported().contains(name)
    }

    fn exported(&self) -> &FxHashSet<Name> {
        self.known.exported.get_or_init(|| {
            let mut names = FxHashSet::default();
            for export in &self.facts.exports {
                match &export.target {
                    ExportTarget::Local(name) => _ = names.insert(name.clone()),
                    ExportTarget::Value(value) => {
                        let given = self.facts.expression(*value).span;
                        let inside = self.facts.expressions.iter().filter(|it| given.contains(it.span));
                        names.extend(inside.filter_map(|it| match &it.kind {
                            ExpressionKind::Name(name) => Some(name.clone()),
                            _ => None,
                        }));
                    }
                    ExportTarget::Import(_) => {}
                }
            }
            names
        })
    }

    fn takers(&self) -> &Takers {
        self.known.takers.get_or_init(|| {
            let mut takers = Takers::default();
            for &call in &self.facts.calls {
                let function = self.function_at(self.facts.expression(call).scope);
                for token in self.taken_by(call) {
                    takers.entry((function, token)).or_default().push(call);
                }
            }
            takers
        })
    }

    /// The calls of each function of the file.
    pub(super) fn callers(&self) -> &FxHashMap<ScopeId, Vec<ExpressionId>> {
        self.known.callers.get_or_init(|| {
            let mut callers: FxHashMap<ScopeId, Vec<ExpressionId>> = FxHashMap::default();
            for &call in &self.facts.calls {
                let ExpressionKind::Call { callee, .. } = self.facts.expression(call).kind else { continue };
                for value in self.resolver.callees(callee).iter() {
                    if let Value::Definition(called) = value
                        && called.file == self.resolver.file
                    {
                        callers.entry(called.scope).or_default().push(call);
                    }
                }
            }
            callers
        })
    }

    /// What the token of a call is known as: the argument, the names it was bound to, and those of the result.
    pub(super) fn tokens_of(&self, call: ExpressionId, token: Option<ExpressionId>) -> FxHashSet<Identity> {
        let mut tokens = FxHashSet::default();
        if let ExpressionKind::Call { callee, .. } = &self.facts.expression(call).kind {
            let receiver = self.receiver(*callee);
            tokens.extend(token.or(receiver).and_then(|it| self.identity(it)));
            // A value read from a parsed token: the token was parsed from this.
            if token.is_none()
                && let Some(parsed) = receiver.and_then(|it| self.written_value(it))
                && let ExpressionKind::Call { arguments, .. } = &self.facts.expression(parsed).kind
            {
                tokens.extend(arguments.first().and_then(|it| self.identity(it.value)));
            }
        }
        for carrier in self.carriers(call) {
            for &index in self.uses().takers.get(&carrier).into_iter().flatten() {
                let binding = &self.facts.bindings[index as usize];
                if matches!(
                    binding.kind,
                    BindingKind::Value(_) | BindingKind::Parameter { .. } | BindingKind::ItemOf(_, 0)
                ) {
                    tokens.insert(Identity::Variable(binding.scope, binding.name.clone()));
                }
            }
        }
        tokens
    }

    /// What a call takes: its arguments and its receiver.
    fn taken_by(&self, call: ExpressionId) -> FxHashSet<Identity> {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else {
            return FxHashSet::default();
        };
        let spread = arguments.iter().filter(|argument| argument.kind == ArgumentKind::SpreadKeyword);
        let spread = spread.flat_map(|argument| self.spelled_out(argument.value)).map(|(_, value)| value);
        let taken = arguments.iter().map(|argument| argument.value).chain(self.receiver(*callee));
        // `check(Credentials(token))`: what is only held.
        let held = arguments.iter().filter_map(|argument| self.held_by(argument.value)).flatten();
        taken.chain(held.map(|it| it.value)).chain(spread).filter_map(|it| self.identity(it)).collect()
    }

    /// What an object is made with where it is made, by the capital of its class. Functions of Go and C# have one, too.
    fn held_by(&self, id: ExpressionId) -> Option<&[Argument]> {
        if matches!(self.facts.language, Language::Go | Language::CSharp) {
            return None;
        }
        match &self.facts.expression(id).kind {
            ExpressionKind::Call { callee, arguments } => {
                let is_class = self.last_name(*callee).is_some_and(|name| name.starts_with(char::is_uppercase));
                (is_class && arguments.len() == 1).then_some(arguments)
            }
            ExpressionKind::Either(only) if only.len() == 1 => self.held_by(only[0]),
            _ => None,
        }
    }

    fn identity(&self, id: ExpressionId) -> Option<Identity> {
        let expression = self.facts.expression(id);
        match &expression.kind {
            ExpressionKind::Either(only) | ExpressionKind::Compound(only) if only.len() == 1 => self.identity(only[0]),
            ExpressionKind::Literal(_) => None,
            // `token || ""`
            ExpressionKind::Either(all) if self.only_unwritten(all).is_some() => {
                self.identity(self.only_unwritten(all)?)
            }
            // `String(token)`
            ExpressionKind::Call { callee, arguments } if self.is_text_of(*callee, arguments) => {
                self.identity(arguments[0].value)
            }
            // `token.trim()`, `token.encode()`: the token still.
            ExpressionKind::Call { callee, arguments } if arguments.is_empty() => {
                match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, name, .. } if KEEPS_TEXT.contains(&name.as_str()) => {
                        self.identity(*object)
                    }
                    _ => Some(Identity::Text(self.text_of(expression))),
                }
            }
            _ => Some(match self.resolver.variable(id) {
                Some((scope, name)) => Identity::Variable(scope, name),
                None => Identity::Text(self.text_of(expression)),
            }),
        }
    }

    /// The one among alternatives that is no literal.
    fn only_unwritten(&self, all: &[ExpressionId]) -> Option<ExpressionId> {
        let is_literal = |id: &&ExpressionId| matches!(self.facts.expression(**id).kind, ExpressionKind::Literal(_));
        let mut others = all.iter().filter(|it| !is_literal(it));
        others.next().copied().filter(|_| others.next().is_none())
    }

    /// Whether a call makes a text of its one argument, which is one already.
    fn is_text_of(&self, callee: ExpressionId, arguments: &[Argument]) -> bool {
        let name = match &self.facts.expression(callee).kind {
            ExpressionKind::Name(name) => name.as_str(),
            _ => return false,
        };
        matches!(name, "String" | "str" | "string") && arguments.len() == 1
    }

    pub(super) fn text_of(&self, expression: &Expression) -> String {
        self.source.text[expression.span.start as usize..expression.span.end as usize].split_whitespace().collect()
    }

    /// The values the function returns or keeps for later that are made of what `read` gave.
    fn escapes_of(&self, read: ExpressionId, function: ScopeId) -> Vec<ExpressionId> {
        let Some(definition) = self.resolver.definition_at(function) else { return Vec::new() };
        let returns = definition.returns.iter().map(|it| it.value);
        let filled = self.reads_of_filled(read, definition);
        let is_made = |returned: ExpressionId| {
            // An error beside nothing refuses, whatever it is made of.
            let given = match &self.facts.expression(returned).kind {
                ExpressionKind::Sequence { items, .. } => items.first().copied().unwrap_or(returned),
                _ => returned,
            };
            let is_error =
                matches!(&self.facts.expression(given).kind, ExpressionKind::Name(name) if name.starts_with("err"));
            self.is_made_of(returned, read) || !is_error && filled.iter().any(|&it| self.is_made_of(given, it))
        };
        let kept = self.kept_in(definition.span).filter(|&kept| self.is_made_of(kept, read));
        returns.filter(|&returned| is_made(returned)).chain(kept).collect()
    }

    /// What is put where other requests find it: `cache.set(token, claims)`, `cache[token] = claims`.
    fn kept_in(&self, span: Span) -> impl Iterator<Item = ExpressionId> {
        let is_store = |object: ExpressionId| self.last_name(object).is_some_and(|name| STORE.is_match(name));
        let puts = self.calls_inside(span).filter_map(move |call| {
            let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return None };
            let ExpressionKind::Member { object, name, .. } = &self.facts.expression(*callee).kind else { return None };
            (PUTS.contains(&name.as_str()) && is_store(*object)).then_some(arguments.iter().skip(1).map(|it| it.value))
        });
        let set = self.facts.mutations.iter().filter_map(move |it| match it.kind {
            MutationKind::SetItem { value, .. } if is_store(it.target) => Some(value),
            _ => None,
        });
        puts.flatten().chain(set.filter(move |value| span.contains(self.facts.expression(*value).span)))
    }

    /// Where a variable is read that a call filled: Go's decoders write into what they are given.
    pub(super) fn reads_of_filled(&self, call: ExpressionId, function: &Definition) -> Vec<ExpressionId> {
        let reading = self.facts.expression(call);
        let (Language::Go, ExpressionKind::Call { arguments, .. }) = (self.facts.language, &reading.kind) else {
            return Vec::new();
        };
        let named = |id: ExpressionId| match &self.facts.expression(id).kind {
            // `&claims`
            ExpressionKind::Either(only) if only.len() == 1 => self.resolver.variable(only[0]),
            _ => self.resolver.variable(id),
        };
        // The first one is the token, where it is not the place to write to.
        let is_place = |it: &Argument| self.text_of(self.facts.expression(it.value)).starts_with('&');
        let given = arguments.iter().enumerate().filter(|(at, it)| *at > 0 || is_place(it));
        let filled: FxHashSet<(ScopeId, Name)> = given.filter_map(|(_, it)| named(it.value)).collect();
        let reads = filled.iter().flat_map(|it| self.uses().reads_of(it));
        let is_later = |id: &ExpressionId| {
            let it = self.facts.expression(*id);
            let is_name = matches!(it.kind, ExpressionKind::Name(_));
            is_name && reading.span.end <= it.span.start && function.span.contains(it.span)
        };
        reads.filter(is_later).collect()
    }
}

/// Methods that put something into a store, under a key that comes first.
const PUTS: [&str; 10] = ["set", "put", "add", "setex", "save", "store", "insert", "Set", "Add", "Store"];

/// What keeps what it is given for requests to come.
static STORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)cache|lru|memo|redis|known|seen|session_?s?(?:store)?$").expect("the pattern is well-formed")
});

/// What two expressions share that stand for the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    Variable(ScopeId, Name),
    Text(String),
}
