//! What stands before other files' code: a check that all requests come through, with the functions it is made of and
//! the files it stands before.

use crate::fact::ArgumentKind;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Name;
use crate::matching::InOrder;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::resolve::graph::FileId;
use crate::resolve::way::StepKind;
use crate::rules::CallMatcher;
use crate::rules::Condition;
use crate::rules::Elsewhere;
use crate::rules::Filter;
use crate::rules::Rule;
use crate::site::Before;
use crate::site::Said;
use crate::site::Site;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// Functions that somebody names are followed through so many calls, one in the other.
const MOST_REACHED: usize = 3;

/// And no further where these are that many.
const MOST_FOLLOWED: usize = 200;

/// What hands a request on to who comes next.
pub(super) const GOES_ON: [&str; 9] =
    ["next", "call_next", "handler", "get_response", "ServeHTTP", "Next", "doFilter", "handle", "proceed"];

/// Classes above a class are looked at up to here.
pub(super) const MOST_PARENTS: usize = 3;

/// Methods that frameworks call before those that handle the request: Tornado, Django and its REST framework, ASP.NET,
/// Spring's interceptors.
const RUNS_FIRST: [&str; 9] = [
    "prepare",
    "initial",
    "dispatch",
    "setup",
    "preHandle",
    "OnActionExecuting",
    "OnActionExecutionAsync",
    "OnAuthorization",
    "OnAuthorizationAsync",
];

/// What makes a router that is one of several.
const PARTS: [&str; 8] = ["Router", "Group", "group", "Subrouter", "With", "Route", "Blueprint", "scope"];

impl Matcher<'_, '_> {
    /// A place that makes less of what other files have, before which it stands. None where its functions are too many to
    /// say which are its own.
    pub(super) fn site_elsewhere(
        &self,
        rules: &[Rule],
        index: usize,
        elsewhere: &Elsewhere,
        node: Node,
    ) -> Option<Site> {
        let mut checks = Vec::new();
        elsewhere.condition.walk(&mut |condition| {
            if let Condition::Filter(Filter::Reaches(call)) = condition {
                checks.push(call);
            }
        });
        // What is handed on (`requireToken(mux)`) is named there, too, and is none of the check.
        let checking = self.functions_of(&node).into_iter().filter(|it| {
            let reached = self.functions_from(*it, MOST_REACHED);
            checks.iter().any(|call| self.one_holds(&reached, call))
        });
        let mut functions: BTreeSet<DefinitionId> = BTreeSet::new();
        for function in checking {
            let all = self.functions_from(function, MOST_FOLLOWED);
            if all.len() > MOST_FOLLOWED {
                return None;
            }
            functions.extend(all);
        }
        let own = functions.into_iter().filter_map(|function| {
            self.where_defined(function, |there, function| {
                let place = there.source.place(function.span);
                (there.source.path.clone(), place.line, place.end_line)
            })
        });
        let covered = self.below(&node).map(|below| {
            let mut files = self.files_led_to(&below);
            files.extend(self.leads_to_own(&below).then(|| self.source.path.clone()));
            files
        });
        let value = Some(Said::Before(Before { own: own.collect(), covered }));
        let finding = self.finding(rules, node.span, false, vec![(index, node)]);
        Some(Site { rule: rules[index].id.clone(), key: elsewhere.name.to_string(), value, finding })
    }

    /// Whether a node holds what may be such a call, or a function that it names or is, as far as these are followed.
    pub(super) fn reaches(&self, node: &Node, call: &CallMatcher) -> bool {
        self.inside(node).into_iter().any(|span| self.holds_call(span, call))
            || self
                .functions_of(node)
                .into_iter()
                .any(|it| self.one_holds(&self.functions_from(it, MOST_REACHED), call))
            || self.inside(node).into_iter().any(|span| self.is_given_call(span, call))
    }

    /// Whether a name in a place stands for what such a call gives, in whatever file: `use(gate)`.
    fn is_given_call(&self, span: Span, call: &CallMatcher) -> bool {
        let steps = self.names_inside(span).take(MOST_FOLLOWED).flat_map(|name| self.resolver.way_of(name));
        steps
            .into_iter()
            .filter(|it| it.kind == StepKind::Given)
            .any(|step| self.in_file(step.file, |there| there.holds_call(step.span, call)).unwrap_or(false))
    }

    /// Whether a class above the one around a place has a method that runs before those of this one, and that leads to
    /// such a call: by what frameworks call it, or since it calls the method that the place is in.
    /// A function outside of classes is checked where all the methods are that call it in its file.
    pub(super) fn is_checked_above(&self, at: Span, call: &CallMatcher) -> bool {
        let around = |kind: DefinitionKind| {
            let definitions = self.facts.definitions.iter().filter(move |it| it.kind == kind && it.span.contains(at));
            definitions.min_by_key(|it| it.span.end - it.span.start)
        };
        let Some(class) = around(DefinitionKind::Class) else {
            let Some(function) = around(DefinitionKind::Function) else { return false };
            let names = [function.name.as_str()];
            let calls = self.calls_named(&names).map(|it| self.facts.expression(it).span);
            let mut calls = calls.filter(|it| !function.span.contains(*it)).peekable();
            return calls.peek().is_some() && calls.all(|it| self.is_in_class(it) && self.is_checked_above(it, call));
        };
        let Some(method) = self.methods_of(class).find(|it| it.span.contains(at)) else { return false };
        let own = self.methods_of(class).map(|it| it.name.clone()).collect();
        self.is_checked_by_filters(class, Some(method), call)
            || self.is_checked_by_parents(class, (&method.name, &own), call, 0)
    }

    /// Whether a class of Ruby names a method that runs before all of its actions, and that leads to such a call but not
    /// by way of the method that is asked about.
    fn is_checked_by_filters(&self, class: &Definition, asked: Option<&Definition>, call: &CallMatcher) -> bool {
        if self.facts.language != Language::Ruby {
            return false;
        }
        let id = |it: &Definition| DefinitionId { file: self.resolver.file, scope: it.scope };
        let filters = self.calls_named(&["before_action", "prepend_before_action"]);
        let filters = filters.filter(|it| class.span.contains(self.facts.expression(*it).span));
        let named = filters.flat_map(|filter| match &self.facts.expression(filter).kind {
            // With `only` or `except` it runs before some.
            ExpressionKind::Call { arguments, .. }
                if arguments.iter().all(|it| it.kind == ArgumentKind::Positional) =>
            {
                arguments.iter().map(|it| it.value).collect()
            }
            _ => Vec::new(),
        });
        let texts = named.filter_map(|it| match &self.facts.expression(it).kind {
            ExpressionKind::Literal(Literal::Text(name)) => Some(name),
            _ => None,
        });
        let mut methods = texts.flat_map(|name| self.methods_of(class).filter(move |it| it.name == *name));
        let passed_by: FxHashSet<DefinitionId> = asked.into_iter().map(id).collect();
        methods.any(|it| self.one_holds(&self.functions_from_but(id(it), MOST_REACHED, passed_by.clone()), call))
    }

    fn is_in_class(&self, at: Span) -> bool {
        self.facts.definitions.iter().any(|it| it.kind == DefinitionKind::Class && it.span.contains(at))
    }

    /// `own`: what the class at the bottom does itself in place of those above.
    fn is_checked_by_parents(
        &self,
        class: &Definition,
        (method, own): (&Name, &FxHashSet<Name>),
        call: &CallMatcher,
        depth: usize,
    ) -> bool {
        depth < MOST_PARENTS
            && self.definitions_named(class.bases.iter().copied()).into_iter().any(|parent| {
                let checks = self.where_defined(parent, |there, parent| {
                    let runs_first = |it: &&Definition| {
                        // What is made by a class below is made by this one before.
                        let makes = it.name == "constructor" && method == "constructor";
                        makes
                            || !own.contains(&it.name)
                                && (RUNS_FIRST.contains(&it.name.as_str())
                                    || there.calls_in(it.span).any(|(_, name)| name == method.as_str()))
                    };
                    let id = |it: &Definition| DefinitionId { file: there.resolver.file, scope: it.scope };
                    // What the class does itself in place of a method above, the method does no more.
                    let replaced = || there.methods_of(parent).filter(|it| own.contains(&it.name)).map(id).collect();
                    there
                        .methods_of(parent)
                        .filter(runs_first)
                        .any(|it| there.one_holds(&there.functions_from_but(id(it), MOST_REACHED, replaced()), call))
                        || there.is_checked_by_filters(parent, None, call)
                        || there.is_checked_by_parents(parent, (method, own), call, depth + 1)
                });
                checks.unwrap_or(false)
            })
    }

    pub(super) fn methods_of(&self, class: &Definition) -> impl Iterator<Item = &Definition> {
        let scope = class.scope;
        let all = self.facts.definitions.iter();
        all.filter(move |it| it.kind == DefinitionKind::Function && self.facts.scope(it.scope).parent == Some(scope))
    }

    /// Whether one of these functions holds what may be such a call.
    fn one_holds(&self, functions: &[DefinitionId], call: &CallMatcher) -> bool {
        functions.iter().any(|it| self.where_defined(*it, |there, it| there.holds_call(it.span, call)).unwrap_or(false))
    }

    fn holds_call(&self, span: Span, call: &CallMatcher) -> bool {
        let key = std::ptr::from_ref(call) as usize;
        let known = self.known.places_of_calls.borrow().get(&key).cloned();
        let places = known.unwrap_or_else(|| {
            let decides = |it: &Node| !it.expression.is_some_and(|it| self.lets_through_anyway(it));
            let calls = self.calls(call, None).into_iter().filter(decides);
            let places = Rc::new(calls.map(|it| it.span).collect::<Vec<_>>());
            self.known.places_of_calls.borrow_mut().insert(key, places.clone());
            places
        });
        places.iter().any(|it| span.contains(*it))
    }

    /// The places of what a call is given, and of anything else as a whole.
    fn inside(&self, node: &Node) -> Vec<Span> {
        let expression = node.expression.map(|it| self.facts.expression(it)).filter(|it| it.span == node.span);
        match expression.map(|it| &it.kind) {
            Some(ExpressionKind::Call { arguments, .. }) => {
                arguments.iter().map(|it| self.facts.expression(it.value).span).collect()
            }
            _ => vec![node.span],
        }
    }

    /// The functions and classes that a node names or is.
    fn functions_of(&self, node: &Node) -> BTreeSet<DefinitionId> {
        let own = self.facts.definitions.iter().find(|it| node.expression.is_none() && it.name_span == node.span);
        let own = own.map(|it| DefinitionId { file: self.resolver.file, scope: it.scope });
        let named = self.inside(node).into_iter().flat_map(|span| self.functions_named_in(span));
        own.into_iter().chain(named).collect()
    }

    /// A function or class and those that it calls, up to so many calls further, or to more than [`MOST_FOLLOWED`] of them.
    pub(super) fn functions_from(&self, function: DefinitionId, hops: usize) -> Vec<DefinitionId> {
        self.functions_from_but(function, hops, FxHashSet::default())
    }

    /// The same without those that were `seen` before, and what only they call.
    fn functions_from_but(
        &self,
        function: DefinitionId,
        hops: usize,
        mut seen: FxHashSet<DefinitionId>,
    ) -> Vec<DefinitionId> {
        let mut found = Vec::new();
        let mut next = vec![function];
        for hop in 0..=hops {
            next.retain(|it| seen.insert(*it));
            if next.is_empty() {
                break;
            }
            if hop == hops {
                found.append(&mut next);
                break;
            }
            let called =
                next.iter().filter_map(|it| self.where_defined(*it, |there, it| there.functions_called_in(it.span)));
            let called = called.flatten().collect();
            found.append(&mut next);
            next = called;
            if found.len() > MOST_FOLLOWED {
                break;
            }
        }
        found
    }

    fn functions_called_in(&self, span: Span) -> Vec<DefinitionId> {
        let deciding = self.calls_inside(span).filter(|&call| !self.lets_through_anyway(call));
        let callees = deciding.filter_map(|call| match &self.facts.expression(call).kind {
            ExpressionKind::Call { callee, .. } => Some(*callee),
            _ => None,
        });
        self.definitions_named(callees)
    }

    /// The functions and classes that expressions stand for.
    pub(super) fn definitions_named(&self, expressions: impl IntoIterator<Item = ExpressionId>) -> Vec<DefinitionId> {
        let values = expressions.into_iter().map(|it| self.resolver.values(it));
        values.flat_map(|it| it.iter().filter_map(Value::definition).collect::<Vec<_>>()).collect()
    }

    /// Whether a request goes on though the call failed: from the handler of what it raises or after that, or out of the
    /// function that it calls back.
    fn lets_through_anyway(&self, check: ExpressionId) -> bool {
        let checking = self.facts.expression(check);
        let Some(function) = self.resolver.definition_at(self.function_at(checking.scope)) else { return false };
        let goes_on = |span: Span| {
            self.calls_in(span).filter(move |(call, name)| {
                let takes_error = match &self.facts.expression(*call).kind {
                    // `next(error)` refuses.
                    ExpressionKind::Call { arguments, .. } => *name == "next" && !arguments.is_empty(),
                    _ => false,
                };
                GOES_ON.contains(name) && !takes_error
            })
        };
        let is_of_handler = |attempt: BlockId, block: BlockId| {
            self.blocks_around(block)
                .any(|it| self.facts.blocks[it.0 as usize].kind == BlockKind::Handler { of: attempt })
        };
        let kind = |block: BlockId| self.facts.blocks[block.0 as usize].kind;
        let mut attempts = self.blocks_around(checking.block).filter(|it| kind(*it) == BlockKind::Try);
        let after_failure = attempts.any(|attempt| {
            goes_on(function.span).any(|(call, _)| {
                let going = self.facts.expression(call);
                let is_after =
                    going.span.start > checking.span.start && !self.facts.block_encloses(attempt, going.block);
                is_after && (self.is_mended(attempt) || is_of_handler(attempt, going.block))
            })
        });
        let ExpressionKind::Call { arguments, .. } = &checking.kind else { return after_failure };
        let mut called_back = arguments.iter().filter_map(|it| match self.facts.expression(it.value).kind {
            ExpressionKind::Function(scope) => self.resolver.definition_at(scope),
            _ => None,
        });
        let blocks = || (0..self.facts.blocks.len() as u32).map(BlockId);
        after_failure
            || called_back.any(|called| {
                goes_on(called.span).any(|(call, _)| {
                    let block = self.facts.expression(call).block;
                    let leaves = |it: BlockId| self.facts.blocks[it.0 as usize].leaves && it != block;
                    let is_left_before = blocks().any(|it| leaves(it) && self.facts.block_encloses(block, it));
                    !matches!(kind(block), BlockKind::Branch { .. }) && !is_left_before
                })
            })
    }

    /// The files to which calls lead that are given an address below that of a node, `use("/api", check)` stands before
    /// `use("/api/orders", orders)`, on the same router where that is one of several; in Kotlin, those that the node's
    /// block leads to, `authenticate { orders() }`. None for a node that stands before everything.
    pub(super) fn covered_by(&self, node: &Node) -> Option<BTreeSet<Arc<str>>> {
        self.below(node).map(|below| self.files_led_to(&below))
    }

    /// The paths of the files to which names in places lead, and of those that they import.
    fn files_led_to(&self, below: &[Span]) -> BTreeSet<Arc<str>> {
        let mut named: BTreeSet<FileId> = below.iter().flat_map(|&span| self.files_named_in(span)).collect();
        if self.facts.language == Language::Kotlin {
            // Files of a package need no import of each other, and what is called on a request may stand anywhere.
            let functions = below.iter().flat_map(|&span| self.functions_named_in(span));
            named.extend(functions.flat_map(|it| self.functions_from(it, MOST_REACHED)).map(|it| it.file));
            let calls = below.iter().flat_map(|&span| self.calls_inside(span));
            let names: FxHashSet<&str> = calls.filter_map(|call| self.called_name(call)).collect();
            let world = self.resolver.world();
            let gives = |file: &FileId| {
                let loaded = world.loaded(*file);
                loaded.is_some_and(|it| it.facts.definitions.iter().any(|it| names.contains(it.name.as_str())))
            };
            named.extend(world.package(self.resolver.file).iter().copied().filter(gives));
        }
        self.with_imported(named)
    }

    /// Where a file speaks of what a node stands before; None for everything.
    fn below(&self, node: &Node) -> Option<Vec<Span>> {
        let own = node.expression?;
        if self.facts.language == Language::Kotlin {
            let blocks: Vec<Span> = self.blocks_given_to(own).collect();
            return (!blocks.is_empty()).then_some(blocks);
        }
        let above = self.address(own).unwrap_or_default();
        let above = above.trim_end_matches('*').trim_end_matches('/');
        let router = self.router(own).filter(|(it, _)| self.is_one_of_several(*it));
        if above.is_empty() && router.is_none() {
            return None;
        }
        let is_below = |it: Name| it.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_on_router = |call: ExpressionId| {
            router.is_none_or(|(own, name)| {
                self.router(call).is_some_and(|(it, other)| other == name && self.are_the_same(own, it))
            })
        };
        let calls = self
            .facts
            .calls
            .iter()
            .filter(|&&call| call != own && is_on_router(call) && self.address(call).is_some_and(is_below));
        Some(calls.map(|&call| self.facts.expression(call).span).collect())
    }

    /// Whether two uses of a name mean the same.
    fn are_the_same(&self, one: ExpressionId, other: ExpressionId) -> bool {
        let of = |it| self.bindings_named(it).map(|it| (it.scope, it.at));
        of(one).eq(of(other))
    }

    /// Whether names in places lead to functions of this file.
    fn leads_to_own(&self, below: &[Span]) -> bool {
        let is_own = |span: &Span| self.functions_named_in(*span).iter().any(|it| it.file == self.resolver.file);
        below.iter().any(is_own)
    }

    /// The functions without a name that a call is given.
    fn blocks_given_to(&self, call: ExpressionId) -> impl Iterator<Item = Span> {
        let arguments = match &self.facts.expression(call).kind {
            ExpressionKind::Call { arguments, .. } => arguments.as_slice(),
            _ => &[],
        };
        let given = arguments.iter().map(|it| self.facts.expression(it.value));
        given.filter(|it| matches!(it.kind, ExpressionKind::Function(_))).map(|it| it.span)
    }

    /// The text that begins with a slash and is a call's first argument.
    pub(super) fn address(&self, call: ExpressionId) -> Option<Name> {
        let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { return None };
        match &*self.resolver.values(arguments.first()?.value) {
            [Value::Literal(Literal::Text(text))] if text.starts_with('/') => Some(text.clone()),
            _ => None,
        }
    }

    /// What a call is made on, where that has a name.
    pub(super) fn router(&self, call: ExpressionId) -> Option<(ExpressionId, &Name)> {
        let ExpressionKind::Call { callee, .. } = &self.facts.expression(call).kind else { return None };
        let ExpressionKind::Member { object, .. } = &self.facts.expression(*callee).kind else { return None };
        match &self.facts.expression(*object).kind {
            ExpressionKind::Name(name) => Some((*object, name)),
            _ => None,
        }
    }

    /// Whether a name is that of a router beside others: made as one, or given to a function.
    pub(super) fn is_one_of_several(&self, router: ExpressionId) -> bool {
        self.bindings_named(router).any(|binding| match &binding.kind {
            BindingKind::Value(value) => match &self.facts.expression(*value).kind {
                ExpressionKind::Call { callee, .. } => self.last_name(*callee).is_some_and(|it| PARTS.contains(&it)),
                _ => false,
            },
            // `r.Route("/orders", func(r chi.Router) { … })`
            BindingKind::Parameter { .. } => self.facts.language == Language::Go,
            _ => false,
        })
    }

    /// The files that names in a span stand for or come from.
    pub(super) fn files_named_in(&self, span: Span) -> BTreeSet<FileId> {
        let mut files: BTreeSet<FileId> = self.functions_named_in(span).into_iter().map(|it| it.file).collect();
        let required = |value: ExpressionId| match &self.facts.expression(value).kind {
            ExpressionKind::Module(path) => self.located(path),
            _ => Vec::new(),
        };
        for id in self.names_inside(span).take(MOST_FOLLOWED) {
            files.extend(self.bindings_named(id).flat_map(|binding| match &binding.kind {
                BindingKind::Import(path) => self.located(path),
                BindingKind::Value(value) | BindingKind::MemberOf(value, _) => required(*value),
                _ => Vec::new(),
            }));
        }
        // `use("/orders", require("./orders"))`
        let calls = self.calls_inside(span).take(MOST_FOLLOWED);
        for call in calls {
            let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { continue };
            files.extend(arguments.iter().flat_map(|it| required(it.value)));
        }
        files.remove(&self.resolver.file);
        files
    }

    pub(super) fn located(&self, path: &str) -> Vec<FileId> {
        self.resolver.world().locate(self.resolver.file, path).map_or_else(Vec::new, |it| it.files.to_vec())
    }

    /// The paths of files and of those that they import, up to [`MOST_REACHED`] imports further.
    pub(super) fn with_imported(&self, files: BTreeSet<FileId>) -> BTreeSet<Arc<str>> {
        let world = self.resolver.world();
        let mut paths = BTreeSet::new();
        let mut next = files;
        for _ in 0..=MOST_REACHED {
            let mut below = BTreeSet::new();
            for file in next {
                let Some(loaded) = world.loaded(file).filter(|it| paths.insert(it.source.path.clone())) else {
                    continue;
                };
                let located = loaded.facts.imported().filter_map(|path| world.locate(file, path));
                below.extend(located.flat_map(|it| it.files.to_vec()));
            }
            next = below;
        }
        paths
    }

    /// The functions and classes whose names stand in a span, or in what a variable there is given.
    fn functions_named_in(&self, span: Span) -> Vec<DefinitionId> {
        let given = |id: ExpressionId| {
            let bound = self.bindings_named(id).filter_map(|it| match it.kind {
                BindingKind::Value(value) => Some(self.facts.expression(value).span),
                _ => None,
            });
            bound.flat_map(|it| self.names_inside(it)).take(MOST_FOLLOWED).collect::<Vec<_>>()
        };
        let names = self.names_inside(span).take(MOST_FOLLOWED);
        let names: BTreeSet<ExpressionId> = names.flat_map(|id| [vec![id], given(id)].concat()).collect();
        self.definitions_named(names)
    }

    /// The names and members within a span.
    pub(super) fn names_inside(&self, span: Span) -> impl Iterator<Item = ExpressionId> {
        let names = self.known.names_in_order.get_or_init(|| {
            let ids = (0..).map(ExpressionId).zip(&self.facts.expressions);
            let names =
                ids.filter(|(_, it)| matches!(it.kind, ExpressionKind::Name(_) | ExpressionKind::Member { .. }));
            let mut names: InOrder = names.map(|(id, it)| (it.span.start, id)).collect();
            names.sort_unstable();
            names
        });
        self.inside_of(names, span)
    }

    /// What a name is bound to, where it is one.
    pub(super) fn bindings_named(&self, id: ExpressionId) -> impl Iterator<Item = &Binding> {
        let variable = match self.facts.expression(id).kind {
            ExpressionKind::Name(_) => self.resolver.variable(id),
            _ => None,
        };
        let bindings = variable.map_or_else(Vec::new, |it| self.resolver.bindings_of(&it));
        bindings.into_iter().map(|index| &self.facts.bindings[index as usize])
    }
}
