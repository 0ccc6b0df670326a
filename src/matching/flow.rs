//! What happens to a value inside its file: where it comes from, who reads it, what runs before and after, and
//! under which condition. Every answer is about the facts of one function, not about all that may happen: a
//! question that they leave open is answered with the reading in which the rule finds something.

use crate::fact::Argument;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ENVIRONMENT;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::MutationKind;
use crate::fact::Name;
use crate::fact::Return;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::matching::Holds;
use crate::matching::Matcher;
use crate::place::Span;
use crate::resolve::Resolver;
use crate::resolve::Value;
use crate::rules::CallMatcher;
use crate::rules::Callers;
use crate::rules::OriginMatcher;
use regex::Regex;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// A value is followed back through this many steps.
const LONGEST_WAY: u32 = 24;

/// Functions and methods that give a text back in another form: what was written stays written.
pub(super) const KEEPS_TEXT: [&str; 22] = [
    "encode",
    "decode",
    "from",
    "bytes",
    "str",
    "getBytes",
    "GetBytes",
    "as_bytes",
    "into_bytes",
    "as_ref",
    "as_str",
    "to_string",
    "to_owned",
    "to_vec",
    "into",
    "String",
    "toString",
    "trim",
    "strip",
    "b64decode",
    "from_secret",
    "createSecretKey",
];

/// Functions are looked into this deep, one in the other.
const MOST_FRAMES: usize = 3;

/// Methods that hand what they are called on, or what it holds, to the function they are given.
const HAND_ON: [&str; 14] = [
    "and_then",
    "map",
    "then",
    "let",
    "run",
    "also",
    "flat_map",
    "flatMap",
    "filter_map",
    "thenApply",
    "thenCompose",
    "transform",
    "mapNotNull",
    "pipe",
];

/// What libraries call the claims beside the header.
const CLAIMS: [&str; 3] = ["payload", "claims", "body"];

/// What a function is handed that stands as an argument.
#[derive(Clone, Copy)]
pub(crate) struct Receiver {
    pub(super) value: ExpressionId,
    /// Of a list it is handed the elements, one by one.
    pub(super) is_each: bool,
}

/// Who uses what in a file, worked out when first asked for.
pub(crate) struct Uses {
    /// The expression each one is a direct part of.
    parents: Vec<Option<ExpressionId>>,
    /// Where each name is read: names by the scope that declares them, attributes of the receiver by its class.
    reads: FxHashMap<(ScopeId, Name), NameReads>,
    /// Where the name of a binding is bound anew in the same block.
    until: FxHashMap<u32, u32>,
    /// The bindings that take each expression's value.
    pub(super) takers: FxHashMap<ExpressionId, Vec<u32>>,
    /// The conditions of branches.
    pub(super) conditions: FxHashSet<ExpressionId>,
    pub(super) discarded: FxHashSet<ExpressionId>,
    /// What is put into something else.
    put: FxHashSet<ExpressionId>,
    /// Where the functions without a name stand.
    functions: FxHashMap<ScopeId, ExpressionId>,
    /// What is returned, by which function.
    returned: FxHashMap<ExpressionId, ScopeId>,
    /// The branches by whose end the function is left, by function.
    leaving: FxHashMap<ScopeId, Vec<BlockId>>,
    /// The block that runs whenever the function does.
    bodies: FxHashMap<ScopeId, BlockId>,
    /// What is attempted and, should it fail, handled in a way that lets the function go on.
    mended: FxHashSet<BlockId>,
}

/// Where a name is read.
#[derive(Default)]
struct NameReads {
    /// In the function that declares it, with where they stand, in order.
    here: Vec<(u32, ExpressionId)>,
    elsewhere: Vec<ExpressionId>,
}

impl Uses {
    /// Where a variable is read, in no order.
    pub(super) fn reads_of(&self, variable: &(ScopeId, Name)) -> impl Iterator<Item = ExpressionId> {
        let reads = self.reads.get(variable).into_iter();
        reads.flat_map(|it| it.here.iter().map(|(_, id)| *id).chain(it.elsewhere.iter().copied()))
    }

    /// The expression that one is a direct part of.
    pub(super) fn parent(&self, id: ExpressionId) -> Option<ExpressionId> {
        self.parents[id.0 as usize]
    }

    pub(crate) fn new(facts: &FileFacts, resolver: &Resolver) -> Uses {
        let mut parents = vec![None; facts.expressions.len()];
        let mut reads: FxHashMap<(ScopeId, Name), NameReads> = FxHashMap::default();
        for (index, expression) in facts.expressions.iter().enumerate() {
            let id = ExpressionId(index as u32);
            expression.kind.for_each_part(&mut |part| parents[part.0 as usize] = Some(id));
            if let Some(variable) = resolver.variable(id) {
                let is_here = resolver.function_of(expression.scope) == resolver.function_of(variable.0);
                let reads = reads.entry(variable).or_default();
                match is_here {
                    true => reads.here.push((expression.span.start, id)),
                    false => reads.elsewhere.push(id),
                }
            }
        }
        reads.values_mut().for_each(|reads| reads.here.sort_unstable());
        let mut takers: FxHashMap<ExpressionId, Vec<u32>> = FxHashMap::default();
        for (index, binding) in facts.bindings.iter().enumerate() {
            let (BindingKind::Value(value)
            | BindingKind::Parameter { index: None, default: Some(value), .. }
            | BindingKind::MemberOf(value, _)
            | BindingKind::ItemOf(value, _)) = binding.kind
            else {
                continue;
            };
            takers.entry(value).or_default().push(index as u32);
        }
        let mut uses = Uses {
            parents,
            reads,
            until: bound_anew(facts),
            takers,
            conditions: FxHashSet::default(),
            discarded: facts.discarded.iter().copied().collect(),
            functions: FxHashMap::default(),
            put: put(facts),
            returned: returned(facts),
            leaving: FxHashMap::default(),
            bodies: FxHashMap::default(),
            mended: FxHashSet::default(),
        };
        for (id, expression) in (0..).map(ExpressionId).zip(&facts.expressions) {
            if let ExpressionKind::Function(scope) = expression.kind {
                uses.functions.insert(scope, id);
            }
            let body = uses.bodies.entry(resolver.function_of(expression.scope)).or_insert(expression.block);
            *body = expression.block.min(*body);
        }
        for (index, block) in facts.blocks.iter().enumerate() {
            match block.kind {
                BlockKind::Branch { condition: Some(condition), .. } => {
                    uses.conditions.insert(condition);
                    if block.leaves {
                        let function = resolver.function_of(facts.expression(condition).scope);
                        uses.leaving.entry(function).or_default().push(BlockId(index as u32));
                    }
                }
                BlockKind::Handler { of } if !block.leaves => {
                    uses.mended.insert(of);
                }
                _ => {}
            }
        }
        uses
    }
}

fn put(facts: &FileFacts) -> FxHashSet<ExpressionId> {
    let put = facts.mutations.iter().map(|it| match it.kind {
        MutationKind::SetItem { value, .. } | MutationKind::Merge(value) => value,
    });
    put.collect()
}

fn returned(facts: &FileFacts) -> FxHashMap<ExpressionId, ScopeId> {
    let returned = facts.definitions.iter().flat_map(|it| it.returns.iter().map(|returned| (returned.value, it.scope)));
    returned.collect()
}

/// Where the name of each binding is bound anew in the same block, if it is.
fn bound_anew(facts: &FileFacts) -> FxHashMap<u32, u32> {
    let mut order: Vec<u32> = (0..facts.bindings.len() as u32).collect();
    let name_of = |index: &u32| {
        let binding = &facts.bindings[*index as usize];
        (binding.scope, binding.block, &binding.name)
    };
    let at = |index: &u32| facts.bindings[*index as usize].at;
    order.sort_unstable_by(|a, b| (name_of(a), at(a)).cmp(&(name_of(b), at(b))));
    let mut anew = FxHashMap::default();
    for of_one_name in order.chunk_by(|a, b| name_of(a) == name_of(b)) {
        let places: Vec<&[u32]> = of_one_name.chunk_by(|a, b| at(a) == at(b)).collect();
        for pair in places.windows(2) {
            anew.extend(pair[0].iter().map(|index| (*index, at(&pair[1][0]))));
        }
    }
    anew
}

/// Calls that may fail, and what they stand in.
#[derive(Default)]
pub(crate) struct Failing {
    calls: FxHashSet<ExpressionId>,
    /// By where they start.
    spans: Vec<Span>,
    /// The blocks around each of them.
    blocks: FxHashSet<BlockId>,
}

/// What a text value is made of.
#[derive(Debug, Default)]
struct Sources {
    /// Some text stands in the source.
    written: bool,
    environment: bool,
    /// Something else may be meant.
    other: bool,
}

impl Matcher<'_, '_> {
    /// Whether the value of `id` comes from what the origin describes.
    pub(crate) fn comes_from(&self, id: ExpressionId, origin: &OriginMatcher) -> Holds {
        let mut way = Way { origin, seen: FxHashSet::default(), unknown: false };
        if self.leads_back(id, &mut way, origin.through.is_none(), 0) {
            Holds::Yes
        } else if way.unknown {
            Holds::Unknown
        } else {
            Holds::No
        }
    }

    /// `passed`: a step that the origin wants on the way was seen.
    fn leads_back(&self, id: ExpressionId, way: &mut Way<'_>, passed: bool, depth: u32) -> bool {
        if depth > LONGEST_WAY || !way.seen.insert((id, passed)) {
            return false;
        }
        let through = |step: &str| passed || way.origin.through.as_ref().is_some_and(|it| it.is_match(step));
        match &self.facts.expression(id).kind {
            ExpressionKind::Name(name) => {
                if passed && way.origin.name.as_ref().is_some_and(|it| it.is_match(name)) {
                    return true;
                }
                self.bindings_lead_back(id, way, passed, depth)
            }
            ExpressionKind::Member { object, name, .. } => {
                if passed && way.origin.name.as_ref().is_some_and(|it| it.is_match(name)) {
                    return true;
                }
                let through = through(name);
                self.leads_back(*object, way, through, depth + 1) || self.bindings_lead_back(id, way, passed, depth)
            }
            ExpressionKind::Index { object, index } => {
                let through = match &self.facts.expression(*index).kind {
                    ExpressionKind::Literal(Literal::Text(key) | Literal::Number(key)) => {
                        if passed && way.origin.name.as_ref().is_some_and(|it| it.is_match(key)) {
                            return true;
                        }
                        through(key)
                    }
                    _ => passed,
                };
                self.leads_back(*object, way, through, depth + 1)
            }
            ExpressionKind::Call { callee, arguments } => {
                if passed && let Some(wanted) = &way.origin.call {
                    match self.call_matches(id, wanted) {
                        Some((_, Holds::Yes)) => return true,
                        Some((_, Holds::Unknown)) => way.unknown = true,
                        _ => {}
                    }
                }
                // A reader of keys: `header.get("kid")` is a step like `header["kid"]`.
                let key = match arguments.first().map(|first| &self.facts.expression(first.value).kind) {
                    Some(ExpressionKind::Literal(Literal::Text(key))) => through(key),
                    _ => passed,
                };
                self.leads_back(*callee, way, key, depth + 1)
                    || self.result_leads_back(*callee, arguments, way, passed, depth)
                    || arguments.iter().any(|argument| self.leads_back(argument.value, way, passed, depth + 1))
            }
            ExpressionKind::Function(scope) => self
                .resolver
                .definition_at(*scope)
                .is_some_and(|it| it.returns.iter().any(|it| self.leads_back(it.value, way, passed, depth + 1))),
            ExpressionKind::Literal(Literal::Text(text)) => {
                passed && way.origin.text.as_ref().is_some_and(|it| it.is_match(text))
            }
            ExpressionKind::Conditional { then, otherwise, .. } => {
                [then, otherwise].into_iter().any(|it| self.leads_back(*it, way, passed, depth + 1))
            }
            other => {
                let mut parts = Vec::new();
                other.for_each_part(&mut |part| parts.push(part));
                parts.into_iter().any(|part| self.leads_back(part, way, passed, depth + 1))
            }
        }
    }

    /// Whether what a function of this file gives leads back, its parameters being what it is given here.
    fn result_leads_back(
        &self,
        callee: ExpressionId,
        arguments: &[Argument],
        way: &mut Way<'_>,
        passed: bool,
        depth: u32,
    ) -> bool {
        if self.frames.borrow().len() >= MOST_FRAMES {
            return false;
        }
        let Some(variable) = self.resolver.variable(callee) else { return false };
        let bindings = self.resolver.bindings_of(&variable);
        let [only] = bindings.as_slice() else { return false };
        let BindingKind::Definition(scope) = self.facts.bindings[*only as usize].kind else { return false };
        let is_running = |frame: &Frame| frame.function == scope;
        let Some(definition) = self.resolver.definition_at(scope).filter(|it| it.kind == DefinitionKind::Function)
        else {
            return false;
        };
        if self.frames.borrow().iter().any(is_running) {
            return false;
        }
        let given = self.filled(&definition.parameters, arguments);
        self.frames.borrow_mut().push(Frame { function: scope, given });
        let leads = definition.returns.iter().any(|it| self.leads_back(it.value, way, passed, depth + 1));
        self.frames.borrow_mut().pop();
        leads
    }

    /// What functions are handed that stand as an argument, by what they are called on.
    pub(super) fn receivers(&self) -> &FxHashMap<ScopeId, Receiver> {
        self.known.receivers.get_or_init(|| {
            let mut receivers = FxHashMap::default();
            for &call in &self.facts.calls {
                let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { continue };
                let receiver = match (&self.facts.expression(*callee).kind, arguments.as_slice()) {
                    (ExpressionKind::Member { object, name, .. }, _) if HAND_ON.contains(&name.as_str()) => {
                        Receiver { value: *object, is_each: name.to_ascii_lowercase().contains("map") }
                    }
                    // PHP's `array_map(fn ($it) => …, $all)`.
                    (ExpressionKind::Name(name), [_, all, ..]) if name == "array_map" => {
                        Receiver { value: all.value, is_each: true }
                    }
                    _ => continue,
                };
                for argument in arguments {
                    if let ExpressionKind::Function(scope) = self.facts.expression(argument.value).kind {
                        receivers.insert(scope, receiver);
                    }
                }
            }
            receivers
        })
    }

    /// What a parameter is given: where the function is called that is looked into, or, for a function that stands as an
    /// argument (`text.and_then(|it| …)`, `promise.then((it) => …)`), what it is called on.
    fn given_for(&self, function: ScopeId, parameter: &Name) -> Option<ExpressionId> {
        let frames = self.frames.borrow();
        if let Some(frame) = frames.iter().rev().find(|it| it.function == function) {
            return frame.given.iter().find(|(name, _)| name == parameter).map(|(_, value)| *value);
        }
        self.receivers().get(&function).map(|it| it.value)
    }

    fn bindings_lead_back(&self, id: ExpressionId, way: &mut Way<'_>, passed: bool, depth: u32) -> bool {
        let Some(variable) = self.resolver.variable(id) else { return false };
        let at = self.facts.expression(id).span.start;
        self.resolver.bindings_of(&variable).into_iter().any(|index| {
            let binding = &self.facts.bindings[index as usize];
            // What is bound later cannot be read here, but for fields and names of an outer scope.
            let is_element = matches!(binding.kind, BindingKind::ElementOf(_));
            if binding.at > at && binding.scope == self.facts.expression(id).scope && !is_element {
                return false;
            }
            let through = |step: &str| passed || way.origin.through.as_ref().is_some_and(|it| it.is_match(step));
            match &binding.kind {
                BindingKind::Value(value) | BindingKind::Parameter { index: None, default: Some(value), .. } => {
                    self.leads_back(*value, way, passed, depth + 1)
                }
                // What is done with each of a list of names is no use of any of them.
                BindingKind::ElementOf(value) => {
                    self.written_items(*value).is_none() && self.leads_back(*value, way, passed, depth + 1)
                }
                BindingKind::MemberOf(value, name) => {
                    let through = through(name);
                    self.leads_back(*value, way, through, depth + 1)
                }
                BindingKind::ItemOf(value, item) => {
                    let through = through(&item.to_string());
                    self.leads_back(*value, way, through, depth + 1)
                }
                BindingKind::Parameter { index: Some(_), .. } => match self.given_for(binding.scope, &binding.name) {
                    Some(given) => self.leads_back(given, way, passed, depth + 1),
                    None => self.callers_lead_back(binding.scope, &binding.name, way, passed, depth),
                },
                _ => false,
            }
        })
    }

    /// Whether all who call a function give it a parameter that leads back.
    fn callers_lead_back(
        &self,
        function: ScopeId,
        parameter: &Name,
        way: &mut Way<'_>,
        passed: bool,
        depth: u32,
    ) -> bool {
        let Some(definition) = self.resolver.definition_at(function) else { return false };
        let callers = self.callers().get(&function).into_iter().flatten().copied();
        let given = callers.map(|call| {
            let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { return None };
            self.filled(&definition.parameters, arguments).into_iter().find(|(name, _)| name == parameter)
        });
        let Some(given) = given.collect::<Option<Vec<_>>>().filter(|it| !it.is_empty()) else { return false };
        self.is_judged_by(way.origin.callers, definition)
            && given.into_iter().all(|(_, value)| self.leads_back(value, way, passed, depth + 1))
    }

    /// Whether those who call a function in this file decide for it.
    pub(super) fn is_judged_by(&self, callers: Callers, function: &Definition) -> bool {
        callers == Callers::Known || self.is_private(function)
    }

    /// Whether the value is a text written in the source, or one that stands in for an unset variable of the
    /// environment: (hard-coded, environment with default).
    pub(crate) fn written_text(&self, id: Option<ExpressionId>, values: &[Value]) -> (Holds, Holds) {
        let mut sources = Sources::default();
        let mut conclusive = false;
        for value in values {
            match value {
                Value::Literal(Literal::Text(text)) if !text.is_empty() => (sources.written, conclusive) = (true, true),
                Value::Symbol(symbol) if symbol.starts_with(ENVIRONMENT) => sources.environment = true,
                Value::Literal(_) => {}
                Value::Parameter(parameter) => {
                    sources.other = true;
                    let is_text =
                        |value: &Value| matches!(value, Value::Literal(Literal::Text(text)) if !text.is_empty());
                    conclusive |= parameter.default.iter().flat_map(|it| it.iter()).any(is_text);
                    sources.written |= conclusive;
                }
                _ => sources.other = true,
            }
        }
        if !conclusive && let Some(id) = id {
            sources = Sources::default();
            self.sources(id, &mut sources, 0);
        }
        let hardcoded = sources.written && !sources.environment;
        let default = sources.written && sources.environment;
        let unless = |holds: bool| match holds {
            true => Holds::Yes,
            false if sources.other => Holds::Unknown,
            false => Holds::No,
        };
        (unless(hardcoded), unless(default))
    }

    fn sources(&self, id: ExpressionId, sources: &mut Sources, depth: u32) {
        let mut any_text = false;
        for value in self.resolver.values(id).iter() {
            match value {
                Value::Literal(Literal::Text(text)) => {
                    sources.written |= !text.is_empty();
                    any_text = true;
                }
                Value::Symbol(symbol) if symbol.starts_with(ENVIRONMENT) => {
                    sources.environment = true;
                    any_text = true;
                }
                _ => {}
            }
        }
        if any_text || depth > LONGEST_WAY {
            return;
        }
        match &self.facts.expression(id).kind {
            ExpressionKind::Call { callee, arguments } => {
                let (name, object) = match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, name, .. } => (name.as_str(), Some(*object)),
                    ExpressionKind::Name(name) => (name.as_str(), None),
                    _ => return sources.other = true,
                };
                if !KEEPS_TEXT.contains(&name) {
                    return sources.other = true;
                }
                let mut inner = Sources::default();
                // `.decode("utf-8")` names an encoding, `Buffer.from("text")` gives the text.
                let first = arguments.first().map(|first| first.value).filter(|it| !self.names_encoding(*it));
                for part in object.into_iter().chain(first) {
                    self.sources(part, &mut inner, depth + 1);
                }
                sources.written |= inner.written;
                sources.environment |= inner.environment;
                sources.other |= !inner.written;
            }
            ExpressionKind::Compound(parts) if !parts.is_empty() => {
                for part in parts {
                    self.sources(*part, sources, depth + 1);
                }
            }
            ExpressionKind::Either(parts) => parts.iter().for_each(|part| self.sources(*part, sources, depth + 1)),
            ExpressionKind::Conditional { then, otherwise, .. } => {
                self.sources(*then, sources, depth + 1);
                self.sources(*otherwise, sources, depth + 1);
            }
            ExpressionKind::Name(_) | ExpressionKind::Member { .. } => {
                let bindings = self.resolver.variable(id).map(|it| self.resolver.bindings_of(&it)).unwrap_or_default();
                let values = bindings.iter().filter_map(|&index| match self.facts.bindings[index as usize].kind {
                    BindingKind::Value(value) | BindingKind::Parameter { index: None, default: Some(value), .. } => {
                        Some(value)
                    }
                    _ => None,
                });
                let values: Vec<ExpressionId> = values.collect();
                sources.other |= values.is_empty();
                for value in values {
                    self.sources(value, sources, depth + 1);
                }
            }
            ExpressionKind::Literal(_) => {}
            _ => sources.other = true,
        }
    }

    fn names_encoding(&self, id: ExpressionId) -> bool {
        const ENCODINGS: [&str; 14] = [
            "utf-8",
            "utf8",
            "utf_8",
            "utf-16",
            "ascii",
            "us-ascii",
            "latin-1",
            "latin1",
            "iso-8859-1",
            "base64",
            "base64url",
            "hex",
            "binary",
            "ignore",
        ];
        match &self.facts.expression(id).kind {
            ExpressionKind::Literal(Literal::Text(text)) => ENCODINGS.contains(&text.to_ascii_lowercase().as_str()),
            _ => false,
        }
    }

    /// The value of an entry of a mapping written out in the file, or of a keyword of a typed literal.
    pub(crate) fn written_entry(&self, id: ExpressionId, wanted: &str) -> Option<ExpressionId> {
        match &self.facts.expression(self.written_value(id)?).kind {
            ExpressionKind::Mapping(entries) => entries.iter().rev().find_map(|entry| match entry {
                Entry::Pair { key, value } => match &self.facts.expression(*key).kind {
                    ExpressionKind::Literal(Literal::Text(key)) if key == wanted => Some(*value),
                    _ => None,
                },
                Entry::Spread(other) => self.written_entry(*other, wanted),
            }),
            ExpressionKind::Call { arguments, .. } => {
                arguments.iter().rev().find_map(|argument| match &argument.kind {
                    crate::fact::ArgumentKind::Keyword(name) if name == wanted => Some(argument.value),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// The items of a sequence written out in the file.
    pub(crate) fn written_items(&self, id: ExpressionId) -> Option<Vec<ExpressionId>> {
        match &self.facts.expression(self.written_value(id)?).kind {
            ExpressionKind::Sequence { items, .. } => Some(items.clone()),
            _ => None,
        }
    }

    /// What a name with one binding was bound to, or the expression itself.
    pub(super) fn written_value(&self, id: ExpressionId) -> Option<ExpressionId> {
        let mut at = id;
        for _ in 0..LONGEST_WAY {
            match &self.facts.expression(at).kind {
                ExpressionKind::Either(only) if only.len() == 1 => at = only[0],
                ExpressionKind::Name(_) | ExpressionKind::Member { .. } => {
                    let bindings = self.resolver.bindings_of(&self.resolver.variable(at)?);
                    let [only] = bindings.as_slice() else { return None };
                    match self.facts.bindings[*only as usize].kind {
                        BindingKind::Value(value)
                        | BindingKind::Parameter { index: None, default: Some(value), .. } => at = value,
                        // What a Go function returns first is what other languages' return alone.
                        BindingKind::ItemOf(value, 0) if self.facts.language == Language::Go => at = value,
                        _ => return None,
                    }
                }
                _ => return Some(at),
            }
        }
        None
    }

    pub(crate) fn ignores_parameter(&self, function: &Definition, position: usize) -> bool {
        let Some(name) = function.parameters.get(position) else { return false };
        !self.uses().reads.contains_key(&(function.scope, name.clone()))
    }

    pub(crate) fn mentions(&self, function: &Definition, name: &Regex) -> bool {
        self.facts.expressions.iter().any(|expression| {
            function.span.contains(expression.span)
                && match &expression.kind {
                    ExpressionKind::Name(it) | ExpressionKind::Member { name: it, .. } => name.is_match(it),
                    ExpressionKind::Literal(Literal::Text(it)) => name.is_match(it),
                    _ => false,
                }
        })
    }

    /// Whether nobody reads what the call gave, or that item of it.
    pub(crate) fn is_unread(&self, call: ExpressionId, item: Option<u32>) -> bool {
        let carriers = self.carriers(call);
        if item.is_none() && carriers.iter().any(|it| self.uses().discarded.contains(it)) {
            return true;
        }
        let mut taken = false;
        for carrier in &carriers {
            for &index in self.uses().takers.get(carrier).into_iter().flatten() {
                let takes = match (&self.facts.bindings[index as usize].kind, item) {
                    (BindingKind::Value(_) | BindingKind::Parameter { .. }, None) => true,
                    (BindingKind::ItemOf(_, at), Some(item)) => *at == item,
                    _ => continue,
                };
                if takes && !self.reads_of(index).is_empty() {
                    return false;
                }
                taken |= takes;
            }
        }
        taken
    }

    /// Whether a call gives a promise of which nobody waits to hear: it is dropped, or looked at as if it were the answer.
    /// Who is told of its failing alone (`.catch(report)`) waits for nothing.
    pub(crate) fn is_not_awaited(&self, call: ExpressionId) -> bool {
        let mut promise = *self.carriers(call).last().expect("a value carries itself");
        let parent = |id: ExpressionId| self.uses().parent(id);
        while let Some(chained) = parent(promise) {
            match &self.facts.expression(chained).kind {
                ExpressionKind::Member { name, .. } if matches!(name.as_str(), "catch" | "finally") => {
                    let Some(of_failing) = parent(chained) else { return false };
                    promise = of_failing;
                }
                _ => break,
            }
        }
        let before = self.source.text[..self.facts.expression(call).span.start as usize].trim_end();
        if ["await", "yield", "return"].iter().any(|it| before.ends_with(it)) {
            return false;
        }
        // As if it were true or false.
        let is_asked = |id: ExpressionId| {
            self.is_negated(id) || self.carriers(id).iter().any(|it| self.uses().conditions.contains(it))
        };
        let takers = self.uses().takers.get(&promise).into_iter().flatten();
        let mut reads = takers.flat_map(|&index| self.reads_of(index)).peekable();
        self.uses().discarded.contains(&promise) || is_asked(promise) || reads.peek().is_some() && reads.all(is_asked)
    }

    /// Whether something of what the call gave is read, and only such members of it.
    pub(crate) fn reads_only(&self, call: ExpressionId, wanted: &Regex) -> bool {
        let mut reads = Reads { wanted, some: false, others: false };
        self.collect_reads(call, &mut reads, 0);
        reads.some && !reads.others
    }

    fn collect_reads(&self, value: ExpressionId, reads: &mut Reads<'_>, depth: u32) {
        if depth > LONGEST_WAY {
            return reads.others = true;
        }
        let carriers = self.carriers(value);
        let outermost = *carriers.last().expect("a value carries itself");
        let mut taken = false;
        for carrier in &carriers {
            for &index in self.uses().takers.get(carrier).into_iter().flatten() {
                taken = true;
                match &self.facts.bindings[index as usize].kind {
                    BindingKind::MemberOf(_, name) => reads.member(name),
                    // An item has to be given a name to get at those after it.
                    BindingKind::ItemOf(..) if self.reads_of(index).is_empty() => {}
                    // Go's functions return the error beside what they give.
                    BindingKind::ItemOf(_, item) if self.facts.language == Language::Go => {
                        if *item == 0 {
                            self.reads_of(index).into_iter().for_each(|it| self.collect_reads(it, reads, depth + 1));
                        }
                    }
                    BindingKind::ItemOf(_, item) if reads.wanted.is_match(&item.to_string()) => reads.some = true,
                    _ => self.reads_of(index).into_iter().for_each(|it| self.collect_reads(it, reads, depth + 1)),
                }
            }
        }
        let Some(parent) = self.uses().parents[outermost.0 as usize] else {
            // A condition reads nothing but whether it is there.
            let is_condition = carriers.iter().any(|it| self.uses().conditions.contains(it));
            reads.others |= !taken && !is_condition && !self.uses().discarded.contains(&outermost);
            return;
        };
        match &self.facts.expression(parent).kind {
            // `!decoded.payload`: whether there are claims.
            ExpressionKind::Member { name, .. } if self.is_negated(parent) && CLAIMS.contains(&name.as_str()) => {}
            // `claims.get("exp")` reads a member like `claims["exp"]`.
            ExpressionKind::Member { name, .. } => match self.key_got(parent).unwrap_or(name) {
                // The claims among what a call gives.
                it if !reads.wanted.is_match(it) && (it == "first" || CLAIMS.contains(&it)) => {
                    self.collect_reads(self.called_or(parent), reads, depth + 1);
                }
                it => reads.member(it),
            },
            // `typeof decoded === "object"`
            ExpressionKind::Compound(only) if only.len() == 1 && self.is_compared(parent) => {}
            ExpressionKind::Index { object, index } if *object == outermost => {
                match &self.facts.expression(*index).kind {
                    ExpressionKind::Literal(Literal::Text(key) | Literal::Number(key)) => reads.member(key),
                    _ => reads.others = true,
                }
            }
            // `!decoded || …`, `decoded === null`: whether it is there.
            ExpressionKind::Not(_) | ExpressionKind::Compare { .. } | ExpressionKind::Both(_) => {}
            _ => reads.others = true,
        }
    }

    /// The call of a member without arguments, or the member.
    fn called_or(&self, member: ExpressionId) -> ExpressionId {
        match self.uses().parents[member.0 as usize] {
            Some(parent) => match &self.facts.expression(parent).kind {
                ExpressionKind::Call { callee, arguments } if *callee == member && arguments.is_empty() => parent,
                _ => member,
            },
            None => member,
        }
    }

    /// Whether all that is asked of what a call gave is whether it is there: `verify(t) is None`.
    pub(crate) fn is_only_compared_with_null(&self, call: ExpressionId) -> bool {
        let carriers = self.carriers(call);
        let taken = carriers.iter().flat_map(|it| self.uses().takers.get(it).into_iter().flatten());
        let read = taken.flat_map(|&index| self.reads_of(index));
        let mut reads: Vec<ExpressionId> = read.collect();
        let outermost = *carriers.last().expect("a value carries itself");
        if reads.is_empty() {
            reads.push(outermost);
        }
        let is_null =
            |id: ExpressionId| matches!(self.facts.expression(id).kind, ExpressionKind::Literal(Literal::Null));
        !reads.is_empty()
            && reads.into_iter().all(|read| {
                let outermost = *self.carriers(read).last().expect("a value carries itself");
                let parent = self.uses().parents[outermost.0 as usize];
                parent.is_some_and(|it| match self.facts.expression(it).kind {
                    ExpressionKind::Compare { left, right, .. } => is_null(left) || is_null(right),
                    _ => false,
                })
            })
    }

    /// Whether what a call gave is told somebody, a log or a terminal, and nothing else comes of it.
    pub(crate) fn is_told_only(&self, call: ExpressionId, callers: Callers) -> bool {
        self.is_told(call, Told { callers, ..Told::default() })
    }

    /// The same of what a function reads, but that nothing is asked of those who get it from the function.
    pub(super) fn is_told_or_given_back(&self, call: ExpressionId) -> bool {
        self.is_told(call, Told { is_given_back: true, ..Told::default() })
    }

    /// The same where it is a program's log alone that is told, by its own methods.
    pub(crate) fn is_logged_only(&self, call: ExpressionId) -> bool {
        self.is_told(call, Told { is_only_logged: true, ..Told::default() })
    }

    fn is_told(&self, call: ExpressionId, mut told: Told) -> bool {
        let function = self.resolver.definition_at(self.function_at(self.facts.expression(call).scope));
        match function.map(|it| self.reads_of_filled(call, it)) {
            // What the call itself gives then is whether it failed.
            Some(filled) if !filled.is_empty() => filled.into_iter().for_each(|it| self.collect_told(it, &mut told, 0)),
            _ => self.collect_told(call, &mut told, 0),
        }
        let is_meant = told.callers == Callers::OfPrivate || told.by_callers;
        told.some && !told.others && is_meant && !(told.is_only_logged && told.beside_logs)
    }

    fn collect_told(&self, value: ExpressionId, told: &mut Told, depth: u32) {
        if depth > LONGEST_WAY || told.others || !told.seen.insert(value) {
            told.others |= depth > LONGEST_WAY;
            return;
        }
        let carriers = self.carriers(value);
        let outermost = *carriers.last().expect("a value carries itself");
        let mut taken = false;
        for carrier in &carriers {
            for &index in self.uses().takers.get(carrier).into_iter().flatten() {
                taken = true;
                let binding = &self.facts.bindings[index as usize];
                // What a module or an object holds others may read.
                told.others |= matches!(self.facts.scope(binding.scope).kind, ScopeKind::Module | ScopeKind::Class)
                    && self.facts.scope(binding.scope).parent.is_some();
                self.reads_of(index).into_iter().for_each(|it| self.collect_told(it, told, depth + 1));
            }
        }
        if carriers.iter().any(|it| self.uses().put.contains(it)) {
            return told.others = true;
        }
        if let Some(function) = carriers.iter().find_map(|it| self.uses().returned.get(it)) {
            return self.collect_told_of_function(*function, told, depth);
        }
        let Some(parent) = self.uses().parents[outermost.0 as usize] else {
            let is_condition = carriers.iter().any(|it| self.uses().conditions.contains(it));
            let is_asked_for = is_condition && self.is_whole_result(outermost);
            return told.others |= !taken && !is_asked_for && !self.uses().discarded.contains(&outermost);
        };
        match &self.facts.expression(parent).kind {
            ExpressionKind::Call { callee, .. } if *callee == outermost => self.collect_told(parent, told, depth + 1),
            ExpressionKind::Call { callee, .. } => match self.last_name(*callee) {
                Some(name) if TELLS.is_match(name) || self.is_of_teller(*callee) => {
                    told.some = true;
                    told.beside_logs |= !self.is_of_log(*callee);
                }
                Some(name) if WRITES_OUT.is_match(name) => self.collect_told(parent, told, depth + 1),
                _ => told.others = true,
            },
            // Whether there is a token at all.
            ExpressionKind::Not(_) if self.is_whole_result(outermost) => {}
            // `"exp" in claims`: whether it is there.
            ExpressionKind::Compare { comparison: Comparison::In | Comparison::NotIn, right, .. }
                if *right == outermost => {}
            ExpressionKind::Member { .. }
            | ExpressionKind::Index { .. }
            | ExpressionKind::Mapping(_)
            | ExpressionKind::Sequence { .. }
            | ExpressionKind::Either(_)
            | ExpressionKind::Both(_)
            | ExpressionKind::Conditional { .. }
            | ExpressionKind::Compound(_) => self.collect_told(parent, told, depth + 1),
            _ => told.others = true,
        }
    }

    /// Whether an expression is a name for all of what a call gave.
    fn is_whole_result(&self, id: ExpressionId) -> bool {
        let Some(variable) = self.resolver.variable(id) else { return false };
        let bindings = self.resolver.bindings_of(&variable);
        !bindings.is_empty()
            && bindings.iter().all(|index| match self.facts.bindings[*index as usize].kind {
                BindingKind::Value(value) => {
                    let value = self.written_value(value).unwrap_or(value);
                    matches!(self.facts.expression(value).kind, ExpressionKind::Call { .. })
                }
                _ => false,
            })
    }

    /// Whether a method is one of a log, a terminal or a count.
    pub(super) fn is_of_teller(&self, callee: ExpressionId) -> bool {
        let receiver = self.receiver(callee);
        receiver.and_then(|it| self.last_name(it)).is_some_and(|name| TELLER.is_match(name))
    }

    /// Whether a method is one of a log: `self.logger.info`.
    fn is_of_log(&self, callee: ExpressionId) -> bool {
        let receiver = self.receiver(callee);
        receiver.and_then(|it| self.last_name(it)).is_some_and(|name| LOG.is_match(name))
    }

    /// What comes of what a function returns: by all who call it, where they stand in this file, or by its name.
    fn collect_told_of_function(&self, function: ScopeId, told: &mut Told, depth: u32) {
        let Some(definition) = self.resolver.definition_at(function) else { return told.others = true };
        let callers = self.callers().get(&function).into_iter().flatten();
        if definition.name.is_empty() {
            // A function that stands as an argument: what is called with it tells, or hands on what it gives.
            let at = self.uses().functions.get(&function);
            let outermost = at.and_then(|at| self.carriers(*at).last().copied());
            let parent = outermost.and_then(|it| self.uses().parents[it.0 as usize]);
            let call = parent.and_then(|parent| match &self.facts.expression(parent).kind {
                ExpressionKind::Call { callee, .. } => Some((parent, self.last_name(*callee)?)),
                _ => None,
            });
            match call {
                Some((_, name)) if TELLS.is_match(name) => (told.some, told.beside_logs) = (true, true),
                Some((call, name)) if RUNS.contains(&name) => self.collect_told(call, told, depth + 1),
                _ => told.others = true,
            }
        } else if told.is_given_back || IS_TOLD.is_match(&definition.name) {
            (told.some, told.beside_logs) = (true, true);
        } else if (self.is_judged_by(told.callers, definition) || SAYS_UNPROVED.is_match(&definition.name))
            && callers.clone().next().is_some()
        {
            told.by_callers = true;
            callers.for_each(|call| self.collect_told(*call, told, depth + 1));
        } else {
            told.others = true;
        }
    }

    /// The key that a call of this member asks for: `.get("key")`.
    fn key_got(&self, member: ExpressionId) -> Option<&str> {
        let parent = self.uses().parents[member.0 as usize]?;
        match (&self.facts.expression(member).kind, &self.facts.expression(parent).kind) {
            (ExpressionKind::Member { name, .. }, ExpressionKind::Call { callee, arguments })
                if *callee == member && matches!(name.as_str(), "get" | "fetch" | "getOrDefault") =>
            {
                match &self.facts.expression(arguments.first()?.value).kind {
                    ExpressionKind::Literal(Literal::Text(key)) => Some(key),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn is_negated(&self, id: ExpressionId) -> bool {
        let outermost = *self.carriers(id).last().expect("a value carries itself");
        let parent = self.uses().parents[outermost.0 as usize];
        parent.is_some_and(|it| matches!(self.facts.expression(it).kind, ExpressionKind::Not(_)))
    }

    fn is_compared(&self, id: ExpressionId) -> bool {
        let parent = self.uses().parents[id.0 as usize];
        parent.is_some_and(|it| matches!(self.facts.expression(it).kind, ExpressionKind::Compare { .. }))
    }

    /// The expressions that have the value of `id` because they only wrap it, itself first.
    pub(super) fn carriers(&self, id: ExpressionId) -> Vec<ExpressionId> {
        let mut carriers = vec![id];
        let mut at = id;
        while let Some(parent) = self.uses().parents[at.0 as usize] {
            match &self.facts.expression(parent).kind {
                ExpressionKind::Either(only) if only.len() == 1 => carriers.push(parent),
                // `check(t).map_err(Refused)?`: another error, and the same answer.
                ExpressionKind::Member { object, name, .. }
                    if *object == at
                        && self.facts.language == Language::Rust
                        && matches!(
                            name.as_str(),
                            "map_err" | "context" | "with_context" | "wrap_err" | "inspect_err"
                        ) =>
                {
                    match self.uses().parents[parent.0 as usize] {
                        Some(call) if matches!(&self.facts.expression(call).kind, ExpressionKind::Call { callee, .. } if *callee == parent) =>
                        {
                            carriers.extend([parent, call]);
                            at = call;
                            continue;
                        }
                        _ => break,
                    }
                }
                _ => break,
            }
            at = parent;
        }
        carriers
    }

    /// Where the value that this binding gave its name is read: until the name is bound anew.
    pub(super) fn reads_of(&self, binding: u32) -> Vec<ExpressionId> {
        let bound = &self.facts.bindings[binding as usize];
        if bound.name == "_" {
            return Vec::new();
        }
        let Some(reads) = self.uses().reads.get(&(bound.scope, bound.name.clone())) else { return Vec::new() };
        let until = self.uses().until.get(&binding).copied().unwrap_or(u32::MAX);
        let from = reads.here.partition_point(|(at, _)| *at < bound.at);
        let here = reads.here[from..].iter().take_while(|(at, _)| *at < until).map(|(_, read)| *read);
        here.chain(reads.elsewhere.iter().copied()).collect()
    }

    /// The block that runs whenever the function does.
    pub(super) fn body_of(&self, function: ScopeId) -> Option<BlockId> {
        self.uses().bodies.get(&function).copied()
    }

    /// What a method is called on.
    pub(crate) fn receiver(&self, callee: ExpressionId) -> Option<ExpressionId> {
        match self.facts.expression(callee).kind {
            ExpressionKind::Member { object, .. } => Some(object),
            _ => None,
        }
    }

    /// Whether a value is an expression, or something was made of that on the way to it.
    pub(super) fn is_made_of(&self, value: ExpressionId, of: ExpressionId) -> bool {
        self.is_made_within(value, of, &mut FxHashSet::default(), 0)
    }

    fn is_made_within(
        &self,
        value: ExpressionId,
        of: ExpressionId,
        seen: &mut FxHashSet<ExpressionId>,
        depth: u32,
    ) -> bool {
        if value == of {
            return true;
        }
        if depth > LONGEST_WAY || !seen.insert(value) {
            return false;
        }
        let expression = self.facts.expression(value);
        if let Some(variable) = self.resolver.variable(value) {
            let local = self.function_at(expression.scope) == self.function_at(variable.0);
            let bindings = self.resolver.bindings_of(&variable);
            let latest = |wanted: &dyn Fn(u32) -> bool| {
                bindings.iter().copied().filter(|&it| wanted(it)).max_by_key(|&it| self.facts.bindings[it as usize].at)
            };
            // What the name was bound to last, on the way here, hides what came before.
            let before = |it: u32| {
                let binding = &self.facts.bindings[it as usize];
                binding.at <= expression.span.start && self.facts.block_encloses(binding.block, expression.block)
            };
            let hides = local.then(|| latest(&before)).flatten().map(|it| self.facts.bindings[it as usize].at);
            for &index in &bindings {
                let binding = &self.facts.bindings[index as usize];
                if hides.is_some_and(|hides| binding.at < hides) || local && binding.at > expression.span.end {
                    continue;
                }
                // The error that a Go function returns beside what it gives is nothing of that.
                if self.facts.language == Language::Go
                    && matches!(binding.kind, BindingKind::ItemOf(_, item) if item > 0)
                    && binding.name.starts_with("err")
                {
                    continue;
                }
                if let BindingKind::Value(from)
                | BindingKind::Parameter { index: None, default: Some(from), .. }
                | BindingKind::MemberOf(from, _)
                | BindingKind::ItemOf(from, _)
                | BindingKind::ElementOf(from) = binding.kind
                    && self.is_made_within(from, of, seen, depth + 1)
                {
                    return true;
                }
            }
        }
        let mut parts = Vec::new();
        expression.kind.for_each_part(&mut |part| parts.push(part));
        parts.into_iter().any(|part| self.is_made_within(part, of, seen, depth + 1))
    }

    /// Whether `later` runs only after the whole of what stands in `earlier` before it ran and did not fail.
    pub(super) fn always_before(&self, earlier: BlockId, later: BlockId) -> bool {
        for block in self.blocks_around(later) {
            // In the handler of what failed, it did not run to its end.
            if let BlockKind::Handler { of } = self.facts.blocks[block.0 as usize].kind
                && self.facts.block_encloses(of, earlier)
            {
                return false;
            }
        }
        for block in self.blocks_around(earlier) {
            if self.facts.block_encloses(block, later) {
                return true;
            }
            match self.facts.blocks[block.0 as usize].kind {
                BlockKind::Body => {}
                // A handler that lets the function go on makes the check one that may fail.
                BlockKind::Try if !self.is_mended(block) => {}
                _ => return false,
            }
        }
        false
    }

    /// The branches by whose end the function around a scope is left: each with its condition, and whether that holds.
    pub(super) fn leaving_branches(&self, scope: ScopeId) -> impl Iterator<Item = (BlockId, ExpressionId, bool)> + '_ {
        let leaving = self.uses().leaving.get(&self.function_at(scope)).into_iter().flatten();
        leaving.filter_map(|&block| match self.facts.blocks[block.0 as usize].kind {
            BlockKind::Branch { condition: Some(condition), holds } => Some((block, condition, holds)),
            _ => None,
        })
    }

    /// The conditions on which the function is left before an expression, and whether they hold then.
    pub(super) fn left_before(&self, id: ExpressionId) -> impl Iterator<Item = (ExpressionId, bool)> + '_ {
        let expression = self.facts.expression(id);
        let leaving = self.leaving_branches(expression.scope).filter(|(block, condition, _)| {
            let outer = self.facts.blocks[block.0 as usize].parent;
            outer.is_some_and(|it| self.facts.block_encloses(it, expression.block))
                && self.facts.expression(*condition).span.end <= expression.span.start
        });
        leaving.map(|(_, condition, holds)| (condition, holds))
    }

    /// Whether a block is attempted, and should it fail the function goes on.
    pub(super) fn is_mended(&self, block: BlockId) -> bool {
        self.uses().mended.contains(&block)
    }

    pub(super) fn blocks_around(&self, block: BlockId) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(Some(block), |block| self.facts.blocks[block.0 as usize].parent)
    }

    /// The calls that are described, to ask what runs because one of them failed.
    pub(crate) fn failing(&self, described: &CallMatcher) -> Failing {
        let mut failing = Failing::default();
        for call in self.calls(described, None).into_iter().filter_map(|it| it.expression) {
            let expression = self.facts.expression(call);
            failing.calls.insert(call);
            failing.spans.push(expression.span);
            failing.blocks.extend(self.blocks_around(expression.block));
        }
        failing.spans.sort_unstable();
        failing
    }

    /// Whether the function goes on when a call fails, as if nothing had happened.
    pub(crate) fn is_swallowed(&self, call: ExpressionId) -> bool {
        let expression = self.facts.expression(call);
        let function = self.function_at(expression.scope);
        let attempts = self.blocks_around(expression.block).filter(|block| self.is_mended(*block));
        let attempted = attempts.last().is_some_and(|attempt| {
            let handlers = self.facts.blocks.iter().enumerate().filter_map(|(index, block)| match block.kind {
                BlockKind::Handler { of } if of == attempt => Some(BlockId(index as u32)),
                _ => None,
            });
            let mut blocks = vec![attempt];
            blocks.extend(handlers);
            self.goes_on_after(function, &blocks)
        });
        attempted || self.is_error_passed_over(call, function)
    }

    /// `if err != nil { log }`
    fn is_error_passed_over(&self, call: ExpressionId, function: ScopeId) -> bool {
        if self.facts.language != Language::Go {
            return false;
        }
        let failed = self.facts.blocks.iter().enumerate().filter_map(|(index, block)| match block.kind {
            BlockKind::Branch { condition: Some(condition), holds: true } if !block.leaves => {
                (self.failed_call(condition) == Some(call)).then_some(BlockId(index as u32))
            }
            _ => None,
        });
        let failed: Vec<BlockId> = failed.collect();
        failed.into_iter().any(|block| self.goes_on_after(function, &[block]))
    }

    /// Whether a function does something after these blocks, and they leave no note of what happened in them.
    fn goes_on_after(&self, function: ScopeId, blocks: &[BlockId]) -> bool {
        let is_within = |block: BlockId| blocks.iter().any(|it| self.facts.block_encloses(*it, block));
        // What is read in the same blocks only is no note.
        let is_read_later =
            |at: usize| self.reads_of(at as u32).iter().any(|read| !is_within(self.facts.expression(*read).block));
        let mut bindings = self.facts.bindings.iter().enumerate().filter(|(_, it)| is_within(it.block));
        let leaves_note = bindings.any(|(at, it)| !matches!(it.kind, BindingKind::Opaque) && is_read_later(at))
            || self.facts.mutations.iter().any(|it| is_within(it.block));
        if leaves_note {
            return false;
        }
        let within = self.facts.expressions.iter().filter(|it| is_within(it.block)).map(|it| it.span.end);
        let Some(end) = within.max() else { return false };
        let returns = self.resolver.definition_at(function).map(|it| it.returns.as_slice()).unwrap_or_default();
        let is_in = |it: &&Return| is_within(self.facts.expression(it.value).block);
        if returns.iter().any(|it| is_in(&it)) {
            return false;
        }
        let later = returns.iter().map(|it| self.facts.expression(it.value)).filter(|it| it.span.start >= end);
        let mut later = later.peekable();
        if later.peek().is_some() {
            return later.any(|it| !it.kind.refuses());
        }
        self.facts
            .calls
            .iter()
            .map(|call| self.facts.expression(*call))
            .any(|it| it.span.start >= end && self.function_at(it.scope) == function && !is_within(it.block))
    }

    /// Whether the node runs because one of these calls failed.
    pub(crate) fn is_on_error_of(&self, id: ExpressionId, failing: &Failing) -> bool {
        if failing.calls.is_empty() {
            return false;
        }
        let expression = self.facts.expression(id);
        for block in self.blocks_around(expression.block) {
            let found = match self.facts.blocks[block.0 as usize].kind {
                BlockKind::Handler { of } => failing.blocks.contains(&of),
                BlockKind::Branch { condition: Some(condition), holds }
                    if holds
                        && self.failed_call(condition).is_some_and(|it| it != id && failing.calls.contains(&it)) =>
                {
                    true
                }
                BlockKind::Branch { condition: Some(condition), holds } => {
                    let (tested, negated) = self.positive(condition);
                    // `if !verify(t) { decode(t) }`, and the else of `if verify(t)`.
                    let span = self.facts.expression(tested).span;
                    negated == holds && super::stand_in(&failing.spans, span) && !span.contains(expression.span)
                }
                _ => false,
            };
            if found {
                return true;
            }
        }
        let mut at = id;
        while let Some(parent) = self.uses().parents[at.0 as usize] {
            if let ExpressionKind::Either(alternatives) = &self.facts.expression(parent).kind {
                let mut before = alternatives.iter().take_while(|it| **it != at);
                if before.any(|it| super::stand_in(&failing.spans, self.facts.expression(*it).span)) {
                    return true;
                }
            }
            at = parent;
        }
        false
    }

    /// `err != nil`: the call that gave the error.
    pub(super) fn failed_call(&self, condition: ExpressionId) -> Option<ExpressionId> {
        let ExpressionKind::Compare { comparison: Comparison::NotEqual, left, right } =
            &self.facts.expression(condition).kind
        else {
            return None;
        };
        if !matches!(self.facts.expression(*right).kind, ExpressionKind::Literal(Literal::Null)) {
            return None;
        }
        let at = self.facts.expression(*left).span.start;
        let bindings = self.resolver.bindings_of(&self.resolver.variable(*left)?);
        let latest = bindings.into_iter().rev().map(|it| &self.facts.bindings[it as usize]).find(|it| it.at <= at)?;
        match latest.kind {
            BindingKind::ItemOf(call, 1..) => Some(call),
            // `if err := token.Claims(key, &claims); err != nil`
            BindingKind::Value(call) => {
                let is_error = self.last_name(*left).is_some_and(|it| it.starts_with("err") || it.ends_with("Err"));
                let is_call = matches!(self.facts.expression(call).kind, ExpressionKind::Call { .. });
                (is_error && is_call).then_some(call)
            }
            _ => None,
        }
    }

    /// The expression that another is a part of.
    pub(super) fn parent_of(&self, id: ExpressionId) -> Option<ExpressionId> {
        self.uses().parents[id.0 as usize]
    }

    /// The expression that is a function without a name.
    pub(super) fn where_written(&self, function: ScopeId) -> Option<ExpressionId> {
        self.uses().functions.get(&function).copied()
    }

    /// A condition without the negations around it, and whether there was an odd number of them.
    pub(super) fn positive(&self, condition: ExpressionId) -> (ExpressionId, bool) {
        let mut at = condition;
        let mut negated = false;
        loop {
            match &self.facts.expression(at).kind {
                ExpressionKind::Not(operand) => (at, negated) = (*operand, !negated),
                ExpressionKind::Either(only) if only.len() == 1 => at = only[0],
                _ => return (at, negated),
            }
        }
    }

    /// The other choice of `read || other`, `read ?? other`.
    pub(crate) fn alternative_to(&self, id: ExpressionId) -> Option<ExpressionId> {
        let outermost = *self.carriers(id).last().expect("a value carries itself");
        match &self.facts.expression(self.uses().parents[outermost.0 as usize]?).kind {
            ExpressionKind::Either(all) => match all.as_slice() {
                [first, .., last] if *first == outermost => Some(*last),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the truth of the value decides something: it is part of a condition, itself or by its name.
    pub(crate) fn is_tested(&self, id: ExpressionId) -> bool {
        let mut seen = FxHashSet::default();
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            if !seen.insert(at) || seen.len() > 200 {
                continue;
            }
            if self.uses().conditions.contains(&at) {
                return true;
            }
            for &index in self.uses().takers.get(&at).into_iter().flatten() {
                open.extend(self.reads_of(index));
            }
            let Some(parent) = self.uses().parents[at.0 as usize] else { continue };
            match &self.facts.expression(parent).kind {
                ExpressionKind::Conditional { condition, .. } if *condition == at => return true,
                ExpressionKind::Not(_) | ExpressionKind::Both(_) => return true,
                _ => open.push(parent),
            }
        }
        false
    }

    /// Whether the node runs only where something is compared with such a text.
    pub(crate) fn is_guarded(&self, id: ExpressionId, by: &Regex) -> bool {
        let expression = self.facts.expression(id);
        let in_branch =
            self.blocks_around(expression.block).any(|block| match self.facts.blocks[block.0 as usize].kind {
                BlockKind::Branch { condition: Some(condition), holds } => self.allows_only(condition, holds, by),
                _ => false,
            });
        // `if env != "test": raise` before it.
        let left_before = || self.left_before(id).any(|(condition, holds)| self.allows_only(condition, !holds, by));
        in_branch || self.among_conditions(id, by) || left_before()
    }

    /// `flag and env == "test"`: the other half of a condition.
    fn among_conditions(&self, id: ExpressionId, by: &Regex) -> bool {
        let mut at = id;
        while let Some(parent) = self.uses().parents[at.0 as usize] {
            let guarded = match &self.facts.expression(parent).kind {
                ExpressionKind::Both(all) => all.iter().any(|it| *it != at && self.allows_only(*it, true, by)),
                ExpressionKind::Conditional { condition, then, .. } => {
                    *condition != at && self.allows_only(*condition, *then == at, by)
                }
                _ => false,
            };
            if guarded {
                return true;
            }
            at = parent;
        }
        false
    }

    /// Whether the condition, being true (`holds`) or not, leaves only such texts for what it compares.
    fn allows_only(&self, condition: ExpressionId, holds: bool, by: &Regex) -> bool {
        let (condition, negated) = self.positive(condition);
        let holds = holds != negated;
        match &self.facts.expression(condition).kind {
            ExpressionKind::Both(all) if holds => all.iter().any(|it| self.allows_only(*it, true, by)),
            ExpressionKind::Either(all) if holds => all.iter().all(|it| self.allows_only(*it, true, by)),
            ExpressionKind::Either(all) => all.iter().any(|it| self.allows_only(*it, false, by)),
            ExpressionKind::Compare { comparison, left, right } => {
                let wanted = match comparison {
                    Comparison::Equal | Comparison::In => holds,
                    Comparison::NotEqual | Comparison::NotIn => !holds,
                    Comparison::Other => false,
                };
                wanted && (self.is_only(*right, by) || self.is_only(*left, by))
            }
            ExpressionKind::Call { callee, arguments } if holds => {
                let method = match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, name, .. } => Some((*object, name.as_str())),
                    _ => None,
                };
                match (method, arguments.first()) {
                    (
                        Some((object, "includes" | "has" | "contains" | "include?" | "Contains" | "equals")),
                        Some(first),
                    ) => self.is_only(object, by) || self.is_only(first.value, by),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether these are texts, all of them such ones, or go by such a name: `Environment.TEST`.
    fn is_only(&self, id: ExpressionId, by: &Regex) -> bool {
        let is_such = |value: &Value| matches!(value, Value::Literal(Literal::Text(text)) if by.is_match(text));
        let values = self.resolver.values(id);
        let are_such = values.iter().all(|value| match value {
            Value::Sequence { items, open: false } => {
                !items.is_empty() && items.iter().all(|item| item.iter().all(is_such))
            }
            other => is_such(other),
        });
        let unknown = || values.iter().any(|it| !matches!(it, Value::Literal(_) | Value::Sequence { .. }));
        !values.is_empty() && are_such || unknown() && self.last_name(id).is_some_and(|name| by.is_match(name))
    }

    /// The function, or the module, that a scope belongs to.
    pub(super) fn function_at(&self, scope: ScopeId) -> ScopeId {
        self.resolver.function_of(scope)
    }
}

/// A function that is looked into.
#[derive(Debug)]
pub(super) struct Frame {
    function: ScopeId,
    /// What its parameters are given.
    given: Vec<(Name, ExpressionId)>,
}

/// The way back from a value.
struct Way<'o> {
    origin: &'o OriginMatcher,
    seen: FxHashSet<(ExpressionId, bool)>,
    /// Something on the way may be what is looked for.
    unknown: bool,
}

/// What comes of a value.
#[derive(Default)]
struct Told {
    seen: FxHashSet<ExpressionId>,
    callers: Callers,
    /// What the function gives decides, which is read by those who call it.
    by_callers: bool,
    /// What comes of it in those who call the function is not asked.
    is_given_back: bool,
    /// Only a log may be told.
    is_only_logged: bool,
    /// Somebody is told.
    some: bool,
    /// Somebody is told who is no log: a terminal, those who count.
    beside_logs: bool,
    /// Something else comes of it.
    others: bool,
}

/// Functions that give what the function gives which they are given.
const RUNS: [&str; 12] = [
    "runCatching",
    "Try",
    "let",
    "run",
    "also",
    "map",
    "apply",
    "attempt",
    "try",
    "catchError",
    "useMemo",
    "mapCatching",
];

/// Functions whose name says that what they give is for a log, or for people to read.
static IS_TOLD: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)(?:^|_|for|to|get)(?:log|trace|debug|audit)(?:s|ging|_?(?:line|context|fields?|entry|message|info|label|subject|id))?$|(?:^|_)(?:describe|summari[sz]e|redact|mask)(?:$|_|[a-z]*(?:token|jwt|claims|caller|request|user|subject)s?$)|(?:token|jwt|claims?)_?(?:summary|description|preview)$|^(?:display|pretty|dump|show|inspect)_?(?:token|jwt|claims)$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// Functions whose name says that what they give is not to be relied on.
static SAYS_UNPROVED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)claimed|unverified|untrusted|unchecked").expect("the pattern is well-formed"));

/// Objects whose every method tells a log, a terminal or a count.
static TELLER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^_?(?:log(?:ger|ging)?|[lL]og(?:ger)?|LOG(?:GER)?|\w*(?:Logger|_log(?:ger)?|_LOG(?:GER)?)|slog|audit\w*|Audit\w*|metrics?|[tT]elemetry|analytics|[sS]entry|console|std(?:out|err)|MDC|span)$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// What programs call their logs.
static LOG: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^_?(?:[lL]og(?:ger|ging)?|LOG(?:GER)?|\w*(?:Logger|_log(?:ger)?|_LOG(?:GER)?)|slog)$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// Calls that tell somebody.
pub(super) static TELLS: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)^(?:debug|info|warn|warning|error|exception|critical|fatal|trace|notice|log\w*|print|println|printf|puts|pp?|echo|secho|dump|var_dump|print_r|write_?line|write_?error|write_?host|(?:debug|info|warn|error|print|fatal)(?:f|ln)|capture_?(?:message|exception)|set_?tag|add_?breadcrumb|table|mdc)$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// Calls that write a value in another way.
static WRITES_OUT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)^(?:str|repr|format|f?s?printf|dumps|stringify|json_encode|to_json|to_s|to_string|tostring|inspect|join|string|pformat|pretty_generate|serialize|writevalueasstring|round|floor|ceil|trunc|number|int|float|fromtimestamp|utcfromtimestamp|strftime|isoformat|date|toisostring|marshal|marshalindent|at)$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// Which members of a value are read.
struct Reads<'w> {
    wanted: &'w Regex,
    some: bool,
    others: bool,
}

impl Reads<'_> {
    fn member(&mut self, name: &str) {
        match self.wanted.is_match(name) {
            true => self.some = true,
            false => self.others = true,
        }
    }
}
