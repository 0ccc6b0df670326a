//! Whether what was read from a token is checked before it counts: by a call in the same function, by one in a
//! function that the token is handed on to, or by all who call the function that reads it.

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::Entry;
use crate::fact::ExportTarget;
use crate::fact::Expression;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::flow::KEEPS_TEXT;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::rules::CallMatcher;
use crate::rules::Condition;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;

/// A check is looked for through this many functions.
const MOST_FUNCTIONS: usize = 2;

/// What counts as a check.
pub(crate) struct Checks<'c> {
    by: &'c CallMatcher,
    /// What the reads that are asked about are besides: they check nothing.
    reads: &'c [Condition],
    hits: FxHashSet<Span>,
}

/// The calls of a file by the function they stand in and what they take.
pub(crate) type Takers = FxHashMap<(ScopeId, Identity), Vec<ExpressionId>>;

/// What is known of functions that may check a parameter, by what counts as a check.
pub(crate) type Checkers = FxHashMap<(DefinitionId, Name, usize), bool>;

impl Matcher<'_, '_> {
    /// The calls that `by` describes are checks, but for the nodes themselves and others that meet `reads`.
    pub(crate) fn checks<'c>(&self, nodes: &[Node], reads: &'c [Condition], by: &'c CallMatcher) -> Checks<'c> {
        Checks { by, reads, hits: nodes.iter().map(|node| node.span).collect() }
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
    fn is_verified_within(
        &self,
        read: ExpressionId,
        token: Option<ExpressionId>,
        checks: &Checks<'_>,
        depth: usize,
    ) -> bool {
        let reading = self.facts.expression(read);
        let function = self.function_at(reading.scope);
        let tokens = self.tokens_of(read, token);
        let escapes = self.escapes_of(read, function);
        let definition = self.resolver.definition_at(function);
        // A function that returns nothing does with what it read whatever it does there and then.
        let gives = definition.is_some_and(|it| !it.returns.is_empty());
        let is_in_time = |check: ExpressionId| {
            let checking = self.facts.expression(check);
            if checking.span.end <= reading.span.start {
                return self.always_before(checking.block, reading.block);
            }
            match escapes.as_slice() {
                [] => {
                    let block = &self.facts.blocks[checking.block.0 as usize];
                    block.leaves || gives && self.always_before(checking.block, reading.block)
                }
                escapes => escapes.iter().all(|&escape| {
                    let escape = self.facts.expression(escape);
                    checking.span.start <= escape.span.end && self.always_before(checking.block, escape.block)
                }),
            }
        };
        let is_checked = tokens.iter().any(|token| {
            let takers = self.takers().get(&(function, token.clone())).into_iter().flatten().copied();
            let mut in_time = takers.filter(|&call| call != read && is_in_time(call));
            in_time.any(|call| self.is_check(call, token, checks, depth))
        });
        is_checked
            || !escapes.is_empty()
                && definition.is_some_and(|definition| self.callers_check(definition, &tokens, checks, depth))
    }

    /// Whether a call checks the token, itself or by the function it runs.
    fn is_check(&self, call: ExpressionId, token: &Identity, checks: &Checks<'_>, depth: usize) -> bool {
        if checks.hits.contains(&self.facts.expression(call).span) {
            return false;
        }
        if self.call_matches(call, checks.by).is_some() {
            return true;
        }
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return false };
        if depth >= MOST_FUNCTIONS {
            return false;
        }
        self.resolver.values(*callee).iter().any(|value| {
            let Value::Definition(called) = value else { return false };
            let Some((function, parameters)) = self.resolver.callable(*called) else { return false };
            let is_token = |id: ExpressionId| self.identity(id).as_ref() == Some(token);
            let taking = self.filled(&parameters, arguments).into_iter().find(|(_, value)| is_token(*value));
            taking.is_some_and(|(parameter, _)| self.checks_parameter(function, parameter, checks, depth + 1))
        })
    }

    /// Whether a function checks what it is given, whatever it then returns.
    fn checks_parameter(&self, function: DefinitionId, name: Name, checks: &Checks<'_>, depth: usize) -> bool {
        let key = (function, name, std::ptr::from_ref(checks.by) as usize);
        if let Some(known) = self.checkers.borrow().get(&key) {
            return *known;
        }
        // A function that calls itself is none until that is known.
        self.checkers.borrow_mut().insert(key.clone(), false);
        let checks_it = match function.file == self.resolver.file {
            true => self.checks_own_parameter(function.scope, &key.1, checks, depth),
            false => self.elsewhere_checks_parameter(function, &key.1, checks, depth).unwrap_or(false),
        };
        self.checkers.borrow_mut().insert(key, checks_it);
        checks_it
    }

    fn checks_own_parameter(&self, function: ScopeId, name: &Name, checks: &Checks<'_>, depth: usize) -> bool {
        let Some(definition) = self.resolver.definition_at(function) else { return false };
        let token = Identity::Variable(function, name.clone());
        let takers = self.takers().get(&(function, token.clone())).into_iter().flatten().copied();
        // To return nothing, or no, is to refuse.
        let refuses =
            |it: &&Expression| matches!(it.kind, ExpressionKind::Literal(Literal::Null | Literal::Bool(false)));
        let returned = definition.returns.iter().map(|it| self.facts.expression(it.value));
        let returned: Vec<&Expression> = returned.filter(|it| !refuses(it)).collect();
        let always_runs = |call: ExpressionId| {
            let checking = self.facts.expression(call);
            match returned.is_empty() {
                true => self.body_of(function).is_some_and(|body| self.always_before(checking.block, body)),
                false => returned.iter().all(|returned| {
                    checking.span.start <= returned.span.end && self.always_before(checking.block, returned.block)
                }),
            }
        };
        let mut running = takers.filter(|&call| always_runs(call));
        running.any(|call| self.is_check(call, &token, checks, depth))
    }

    fn elsewhere_checks_parameter(
        &self,
        function: DefinitionId,
        name: &Name,
        checks: &Checks<'_>,
        depth: usize,
    ) -> Option<bool> {
        let world = self.resolver.world();
        let loaded = world.repository.loaded(function.file)?;
        let resolver = world.resolver(function.file)?;
        let other = Matcher::new(&resolver, &loaded.source);
        let hits = other.named_by_all(checks.reads, None).into_iter().map(|node| node.span).collect();
        let checks = Checks { by: checks.by, reads: checks.reads, hits };
        Some(other.checks_own_parameter(function.scope, name, &checks, depth))
    }

    /// Whether all who call a function that nobody outside of the file can call check the token they give it.
    fn callers_check(
        &self,
        function: &Definition,
        tokens: &FxHashSet<Identity>,
        checks: &Checks<'_>,
        depth: usize,
    ) -> bool {
        if depth >= MOST_FUNCTIONS || !self.is_private(function) {
            return false;
        }
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
    fn filled(&self, parameters: &[Name], arguments: &[Argument]) -> Vec<(Name, ExpressionId)> {
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

    /// By the name that the language or its users give such functions; one within another function is private too.
    fn is_private(&self, function: &Definition) -> bool {
        let facts = self.facts;
        let outer = facts.scope(function.scope).parent.map(|parent| facts.scope(parent).kind);
        let is_dunder = function.name.starts_with("__") && function.name.ends_with("__");
        let by_name = function.name.starts_with(['_', '#']) && !is_dunder;
        by_name
            || outer == Some(ScopeKind::Function)
            || outer == Some(ScopeKind::Module) && self.is_kept(&function.name)
    }

    /// Whether an ECMAScript module exports other things and not this name of its own.
    fn is_kept(&self, name: &Name) -> bool {
        let is_module = matches!(self.facts.language, Language::JavaScript | Language::TypeScript);
        is_module && !self.facts.exports.is_empty() && !self.exported().contains(name)
    }

    fn exported(&self) -> &FxHashSet<Name> {
        self.exported.get_or_init(|| {
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
        self.takers.get_or_init(|| {
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
    fn callers(&self) -> &FxHashMap<ScopeId, Vec<ExpressionId>> {
        self.callers.get_or_init(|| {
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
    fn tokens_of(&self, call: ExpressionId, token: Option<ExpressionId>) -> FxHashSet<Identity> {
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
        taken.chain(spread).filter_map(|it| self.identity(it)).collect()
    }

    fn identity(&self, id: ExpressionId) -> Option<Identity> {
        let expression = self.facts.expression(id);
        match &expression.kind {
            ExpressionKind::Either(only) | ExpressionKind::Compound(only) if only.len() == 1 => self.identity(only[0]),
            ExpressionKind::Literal(_) => None,
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

    fn text_of(&self, expression: &Expression) -> String {
        self.source.text[expression.span.start as usize..expression.span.end as usize].split_whitespace().collect()
    }

    /// The values the function returns that are made of what `read` gave.
    fn escapes_of(&self, read: ExpressionId, function: ScopeId) -> Vec<ExpressionId> {
        let Some(definition) = self.resolver.definition_at(function) else { return Vec::new() };
        let returns = definition.returns.iter().map(|it| it.value);
        returns.filter(|&returned| self.is_made_of(returned, read, &mut FxHashSet::default(), 0)).collect()
    }
}

/// What two expressions share that stand for the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    Variable(ScopeId, Name),
    Text(String),
}
