//! What asks who is there before a handler does anything: beside it, in it, at its class, on its router, around its call.

use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::ScopeId;
use crate::matching::InOrder;
use crate::matching::Matcher;
use crate::matching::before::GOES_ON;
use crate::matching::before::MOST_PARENTS;
use crate::matching::routes::DEEPEST;
use crate::matching::routes::Route;
use crate::matching::routes::Router;
use crate::matching::routes::puts_before;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::rules::RouteMatcher;
use crate::rules::pattern::Pattern;
use std::rc::Rc;

/// What says no is short; longer texts are prose.
const LONGEST_REFUSAL: usize = 60;

/// A name that stands for what other names do is looked up so often.
const MOST_NAMES: usize = 3;

/// Calls that hold the registrations of others in a function they are given.
const HOLDS_OTHERS: [&str; 14] = [
    "group",
    "Group",
    "Route",
    "route",
    "scope",
    "authenticate",
    "register",
    "nest",
    "namespace",
    "prefix",
    "middleware",
    "With",
    "guard",
    "path",
];

impl Matcher<'_, '_> {
    pub(super) fn is_route_guarded(&self, matcher: &RouteMatcher, route: &Route) -> bool {
        route.before.iter().any(|it| self.asks(matcher, *it))
            || route.handler.is_some_and(|it| self.handler_asks(matcher, it))
            || route.function.is_some_and(|it| self.function_asks(matcher, it))
            || route.class.is_some_and(|it| {
                let method = route.function.and_then(|it| self.where_defined(it, |_, function| function.name.clone()));
                self.class_asks(matcher, it, method.as_deref(), 0)
            })
            || self.router_asks(matcher, route)
            || self.surroundings_ask(matcher, route.span, 0)
    }

    /// Whether an expression names what asks, or a function that does, or that calls one.
    pub(super) fn asks(&self, matcher: &RouteMatcher, expression: ExpressionId) -> bool {
        self.asks_within(matcher, expression, 0)
    }

    fn asks_within(&self, matcher: &RouteMatcher, expression: ExpressionId, depth: usize) -> bool {
        self.names_guard(matcher, expression)
            || self.names_function_that_asks(matcher, expression)
            || self.named_in(expression).into_iter().any(|it| self.value_asks(matcher, it, depth))
    }

    /// Whether what is looked at before a handler has a name of what asks.
    pub(super) fn names_guard(&self, matcher: &RouteMatcher, expression: ExpressionId) -> bool {
        let is_before = |before: &Pattern| {
            let mut names = self.named_in(expression).into_iter();
            names.any(|it| self.last_name(it).is_some_and(|name| before.is_match(name)))
        };
        // `{ httpOnly: true }`: keys and texts say such things of much else.
        self.mentions_any(expression, &matcher.guard) || matcher.before.as_ref().is_some_and(is_before)
    }

    /// Whether an expression is made of a function that asks, or that stands in it.
    fn names_function_that_asks(&self, matcher: &RouteMatcher, expression: ExpressionId) -> bool {
        self.named_in(expression).into_iter().any(|it| match self.facts.expression(it).kind {
            ExpressionKind::Function(scope) => {
                self.function_asks(matcher, DefinitionId { file: self.resolver.file, scope })
            }
            _ => self.values_ask(matcher, it),
        })
    }

    /// Whether a name stands for a function that asks.
    fn values_ask(&self, matcher: &RouteMatcher, name: ExpressionId) -> bool {
        let values = self.resolver.values(name);
        values.iter().filter_map(Value::definition).any(|it| self.function_asks(matcher, it))
    }

    /// Whether a name stands for something that was made of what asks, here or in another file:
    /// `Reader = Annotated[str, Depends(needs_ticket)]`, `const members = createMiddleware(async …)`.
    fn value_asks(&self, matcher: &RouteMatcher, name: ExpressionId, depth: usize) -> bool {
        if depth > MOST_NAMES {
            return false;
        }
        let is_made = |facts: &FileFacts, value: ExpressionId| {
            matches!(facts.expression(value).kind, ExpressionKind::Call { .. } | ExpressionKind::Index { .. })
        };
        self.bindings_named(name).any(|binding| match &binding.kind {
            BindingKind::Value(value) => is_made(self.facts, *value) && self.asks_within(matcher, *value, depth + 1),
            BindingKind::Import(path) => {
                let own = path.rsplit(['.', '/', ':']).next().unwrap_or_default();
                let asks_there = |there: &Matcher<'_, '_>| {
                    there.facts.bindings.iter().any(|it| match it.kind {
                        BindingKind::Value(value) => {
                            it.scope == ScopeId(0)
                                && it.name == own
                                && is_made(there.facts, value)
                                && there.asks_within(matcher, value, depth + 1)
                        }
                        _ => false,
                    })
                };
                let mut others = self.located(path).into_iter().filter(|it| *it != self.resolver.file);
                others.any(|file| self.in_file(file, asks_there).unwrap_or(false))
            }
            _ => false,
        })
    }

    /// Whether one of the names and texts that an expression is made of matches, functions that stand in it left out.
    pub(super) fn mentions_any(&self, id: ExpressionId, pattern: &Pattern) -> bool {
        let mut found = false;
        self.mentioned(id, DEEPEST, &mut |name| found |= pattern.is_match(name));
        found
    }

    /// Calls `visit` for the names and texts that an expression is made of, functions that stand in it left out.
    pub(super) fn mentioned(&self, id: ExpressionId, depth: usize, visit: &mut dyn FnMut(&str)) {
        self.parts_of(id, depth, &mut |_, kind| match kind {
            ExpressionKind::Name(name)
            | ExpressionKind::Member { name, .. }
            | ExpressionKind::Literal(Literal::Text(name)) => visit(name),
            _ => {}
        });
    }

    /// The names that an expression is made of, and the functions that stand in it.
    fn named_in(&self, id: ExpressionId) -> Vec<ExpressionId> {
        let mut names = Vec::new();
        self.parts_of(id, DEEPEST, &mut |id, kind| {
            if matches!(kind, ExpressionKind::Name(_) | ExpressionKind::Member { .. } | ExpressionKind::Function(_)) {
                names.push(id);
            }
        });
        names
    }

    /// Calls `visit` for an expression and what it is made of, so deep.
    pub(in crate::matching) fn parts_of(
        &self,
        id: ExpressionId,
        depth: usize,
        visit: &mut dyn FnMut(ExpressionId, &ExpressionKind),
    ) {
        let kind = &self.facts.expression(id).kind;
        visit(id, kind);
        if depth > 0 {
            kind.for_each_part(&mut |part| self.parts_of(part, depth - 1, visit));
        }
    }

    /// Whether a handler asks itself, or what is around it in its expression does: `withUser(create)`.
    fn handler_asks(&self, matcher: &RouteMatcher, handler: ExpressionId) -> bool {
        let expression = self.facts.expression(handler);
        match &expression.kind {
            ExpressionKind::Function(scope) => {
                self.function_asks(matcher, DefinitionId { file: self.resolver.file, scope: *scope })
            }
            ExpressionKind::Name(_) | ExpressionKind::Member { .. } => self.values_ask(matcher, handler),
            ExpressionKind::Call { callee, arguments } => {
                let (last, others) = match arguments.split_last() {
                    Some((last, others)) => (Some(last.value), others),
                    None => (None, &arguments[..]),
                };
                self.asks(matcher, *callee)
                    || others.iter().any(|it| self.asks(matcher, it.value))
                    || last.is_some_and(|it| self.handler_asks(matcher, it))
            }
            ExpressionKind::Sequence { items, .. } => match items.split_last() {
                Some((last, others)) => {
                    others.iter().any(|it| self.asks(matcher, *it)) || self.handler_asks(matcher, *last)
                }
                None => false,
            },
            ExpressionKind::Either(only) if only.len() == 1 => self.handler_asks(matcher, only[0]),
            _ => self.asks(matcher, handler),
        }
    }

    /// Whether a function asks who is there: by what it is given, by what stands before it or in it, or by what it calls,
    /// so many calls further.
    pub(super) fn function_asks(&self, matcher: &RouteMatcher, function: DefinitionId) -> bool {
        let known = self.files.borrow_mut().entry(function.file).or_default().clone();
        let key = (std::ptr::from_ref(matcher) as usize, function.scope);
        if let Some(asks) = known.asking.borrow().get(&key) {
            return *asks;
        }
        // One that depends on itself does not ask by that.
        known.asking.borrow_mut().insert(key, false);
        let asks = self.is_asking(matcher, function);
        known.asking.borrow_mut().insert(key, asks);
        asks
    }

    fn is_asking(&self, matcher: &RouteMatcher, function: DefinitionId) -> bool {
        // Express calls one with four when something failed before.
        let takes_errors = self.where_defined(function, |there, it| {
            matches!(there.facts.language, Language::JavaScript | Language::TypeScript) && it.parameters.len() == 4
        });
        if takes_errors == Some(true) {
            return false;
        }
        let says = |it: DefinitionId| {
            let asks = self.where_defined(it, |there, function| {
                there.calls_in(function.span).any(|(_, name)| matcher.guard.is_match(name))
                    || there.refuses(matcher, function.span)
                    || there.names_inside(function.span).any(|it| there.is_who_sent_it(it))
                    || function.parameters.iter().any(|it| matcher.guard.is_match(it))
                    || there.parameters_ask(matcher, function)
                    || function.decorators.iter().any(|it| there.mentions_any(*it, &matcher.guard))
            });
            asks.unwrap_or(false)
        };
        // What it calls has to be found in other files, which takes longer than to look at it.
        says(function) || self.functions_from(function, matcher.hops).into_iter().skip(1).any(says)
    }

    /// Whether something in a span says that whoever asks may not: `401`, `Forbidden`, `redirect("/login")`.
    fn refuses(&self, matcher: &RouteMatcher, span: Span) -> bool {
        let Some(refusal) = &matcher.refusal else { return false };
        let refusals = self.refusals(refusal);
        self.inside_of(&refusals, span).any(|it| !self.answers_for_others(it))
    }

    /// The names, texts and numbers that say no by such a pattern, in order.
    pub(in crate::matching) fn refusals(&self, refusal: &Pattern) -> Rc<InOrder> {
        let key = refusal.address();
        if let Some(known) = self.known.refusals.borrow().get(&key) {
            return known.clone();
        }
        let says = self.facts.expressions.iter().zip((0..).map(ExpressionId)).filter(|(it, _)| match &it.kind {
            ExpressionKind::Name(text)
            | ExpressionKind::Member { name: text, .. }
            | ExpressionKind::Literal(Literal::Text(text) | Literal::Number(text)) => {
                text.len() <= LONGEST_REFUSAL && refusal.is_match(text)
            }
            _ => false,
        });
        let mut refusals: InOrder = says.map(|(it, id)| (it.span.start, id)).collect();
        refusals.sort_unstable();
        let refusals = Rc::new(refusals);
        self.known.refusals.borrow_mut().insert(key, refusals.clone());
        refusals
    }

    /// Whether an expression runs when what comes after a middleware failed: that says what others found.
    fn answers_for_others(&self, id: ExpressionId) -> bool {
        let expression = self.facts.expression(id);
        let Some(function) = self.resolver.definition_at(self.function_at(expression.scope)) else { return false };
        let hands_on = |attempt: BlockId| {
            self.calls_in(function.span).any(|(call, name)| {
                GOES_ON.contains(&name) && self.facts.block_encloses(attempt, self.facts.expression(call).block)
            })
        };
        self.blocks_around(expression.block).any(|it| match self.facts.blocks[it.0 as usize].kind {
            BlockKind::Handler { of } => hands_on(of),
            _ => false,
        })
    }

    /// `request.user`, `ctx.state.account`: what a check before has left there; `current_user`.
    fn is_who_sent_it(&self, id: ExpressionId) -> bool {
        let (object, name) = match &self.facts.expression(id).kind {
            ExpressionKind::Member { object, name, .. } => (object, name),
            ExpressionKind::Name(name) if name == "session" => {
                return self.resolver.symbols(id).iter().any(|it| SESSIONS.contains(&&**it));
            }
            ExpressionKind::Name(name) => {
                return name.strip_prefix("current_").is_some_and(|it| WHO.contains(&it) || PERSONS.contains(&it));
            }
            _ => return false,
        };
        WHO.contains(&name.to_ascii_lowercase().as_str())
            && self.last_name(*object).is_some_and(|it| REQUESTS.contains(&it.to_ascii_lowercase().as_str()))
    }

    /// `user: User = Depends(whoever)`, `claims: Claims`, `orders: Depends(checked)`.
    fn parameters_ask(&self, matcher: &RouteMatcher, function: &Definition) -> bool {
        function.parameters.iter().enumerate().any(|(index, name)| {
            // What is taken apart or dropped goes by its number.
            let name = if name.is_empty() { index.to_string().into() } else { name.clone() };
            self.written_at_parameter(function, &name).any(|it| {
                self.names_guard(matcher, it)
                    || self.is_dependency_that_asks(matcher, it)
                    || self.is_extractor_that_asks(matcher, it)
                    || self.value_asks(matcher, it, 0)
            })
        })
    }

    /// `Depends(whoever)`, whose function asks.
    fn is_dependency_that_asks(&self, matcher: &RouteMatcher, given: ExpressionId) -> bool {
        let is_made =
            matches!(self.facts.expression(given).kind, ExpressionKind::Call { .. } | ExpressionKind::Index { .. });
        is_made && self.names_function_that_asks(matcher, given)
    }

    /// A type of the repository that takes itself from the request, and asks as it does: axum, actix, Rocket.
    fn is_extractor_that_asks(&self, matcher: &RouteMatcher, annotation: ExpressionId) -> bool {
        if self.facts.language != Language::Rust {
            return false;
        }
        let types = self.resolver.values(annotation);
        types.iter().filter_map(Value::definition).any(|it| {
            let asks = self.where_defined(it, |there, class| {
                let mut extracting = there.facts.definitions.iter().filter(|it| {
                    let of = there.facts.scope(it.scope).parent.map(|it| there.facts.scope(it));
                    it.name.starts_with("from_request") && of.is_some_and(|it| it.name == class.name)
                });
                extracting.any(|it| there.function_asks(matcher, there.id_of(it)))
            });
            asks.unwrap_or(false)
        })
    }

    /// Whether a class, or one above it, asks for all of its methods: by a decorator, a base, a field or what it calls in
    /// its body. `only` and `except` say for which.
    fn class_asks(&self, matcher: &RouteMatcher, scope: ScopeId, method: Option<&str>, depth: usize) -> bool {
        let Some(class) = self.resolver.definition_at(scope) else { return false };
        let decorators = class.decorators.iter().any(|it| self.asks(matcher, *it));
        let bases = class.bases.iter().any(|it| self.last_name(*it).is_some_and(|name| matcher.guard.is_match(name)));
        let fields = || self.permission_fields(scope).any(|value| self.asks(matcher, value));
        let called = || {
            let in_body = self.calls_inside(class.span).filter(|&call| self.facts.expression(call).scope == scope);
            in_body.into_iter().any(|call| self.is_asked_by(matcher, call, method))
        };
        let above = || {
            depth < MOST_PARENTS
                && self.definitions_named(class.bases.iter().copied()).into_iter().any(|it| {
                    let asks = self
                        .where_defined(it, |there, class| there.class_asks(matcher, class.scope, method, depth + 1));
                    asks.unwrap_or(false)
                })
        };
        let methods = || {
            let mut checking = self.methods_of(class).filter(|it| CHECKING_METHODS.contains(&it.name.as_str()));
            checking.any(|it| self.function_asks(matcher, self.id_of(it)))
        };
        decorators || bases || fields() || methods() || called() || above()
    }

    /// `before_action :require_login, only: [:create]` of Rails, for a method.
    fn is_asked_by(&self, matcher: &RouteMatcher, call: ExpressionId, method: Option<&str>) -> bool {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return false };
        if !self.last_name(*callee).is_some_and(|it| BEFORE_ACTIONS.contains(&it)) {
            return false;
        }
        let listed = |name: &str| {
            let argument = arguments.iter().find(|it| matches!(&it.kind, ArgumentKind::Keyword(it) if it == name))?;
            let mut methods = Vec::new();
            self.mentioned(argument.value, DEEPEST, &mut |it| methods.push(it.to_owned()));
            Some(methods)
        };
        let is_method = |it: &String| Some(it.as_str()) == method;
        let is_meant = listed("only").is_none_or(|all| all.iter().any(is_method))
            && !listed("except").is_some_and(|all| all.iter().any(is_method));
        let names = arguments.iter().filter(|it| it.kind == ArgumentKind::Positional);
        is_meant
            && names.into_iter().any(|it| {
                let named = match &self.facts.expression(it.value).kind {
                    ExpressionKind::Literal(Literal::Text(name)) => Some(name),
                    _ => None,
                };
                // The method of that name, of this class.
                let own = || {
                    let own = self.facts.definitions.iter().find(|it| Some(&it.name) == named);
                    own.map(|it| self.id_of(it))
                };
                let says_so = named.zip(matcher.before.as_ref()).is_some_and(|(name, before)| before.is_match(name));
                says_so || self.asks(matcher, it.value) || own().is_some_and(|it| self.function_asks(matcher, it))
            })
    }

    /// Whether the router asks: where it is made, or by what is put before its handlers before this one is registered.
    fn router_asks(&self, matcher: &RouteMatcher, route: &Route) -> bool {
        let Router::Named(router, name) = &route.router else { return false };
        let made = self.bindings_named(*router).any(|binding| match binding.kind {
            BindingKind::Value(value) => self.asks(matcher, value),
            _ => false,
        });
        made || self.puts_before(name).any(|(call, arguments)| {
            let expression = self.facts.expression(call);
            let address = self.address(call);
            let is_below = address.is_none_or(|it| route.address.as_ref().is_some_and(|own| own.starts_with(&*it)));
            let is_around = self.scope_encloses(expression.scope, self.facts.expression(*router).scope);
            is_below
                && is_around
                && expression.span.start < route.span.start
                && arguments.iter().any(|it| self.asks(matcher, *it))
        }) || self.hooks_of(name).any(|it| self.function_asks(matcher, it))
    }

    /// Calls that put something before the handlers of what has such a name, with what that is.
    fn puts_before<'s>(&'s self, router: &'s str) -> impl Iterator<Item = (ExpressionId, Vec<ExpressionId>)> + 's {
        self.calls_named(puts_before(self.facts.language)).filter_map(move |call| {
            let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { return None };
            let (_, name) = self.router(call)?;
            (name == router).then(|| (call, arguments.iter().map(|it| it.value).collect()))
        })
    }

    /// The functions with `@router.before_request` and its like.
    fn hooks_of<'s>(&'s self, router: &'s str) -> impl Iterator<Item = DefinitionId> + 's {
        let is_hook = move |id: &ExpressionId| {
            let callee = self.decorator_name(*id);
            let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind else { return false };
            puts_before(self.facts.language).contains(&name.as_str()) && self.last_name(*object) == Some(router)
        };
        let hooks = self.facts.definitions.iter().filter(move |it| it.decorators.iter().any(is_hook));
        hooks.map(|it| self.id_of(it))
    }

    fn scope_encloses(&self, outer: ScopeId, inner: ScopeId) -> bool {
        let mut at = Some(inner);
        while let Some(scope) = at {
            if scope == outer {
                return true;
            }
            at = self.facts.scope(scope).parent;
        }
        false
    }

    /// Whether a call asks in whose function a handler is registered: `authenticate("jwt") { post("/orders") { … } }`; or
    /// in which the function that registers it is called, wherever this file does so.
    fn surroundings_ask(&self, matcher: &RouteMatcher, at: Span, depth: usize) -> bool {
        let around = self.calls_named(&HOLDS_OTHERS).any(|call| {
            let around = self.facts.expression(call);
            let ExpressionKind::Call { callee, arguments } = &around.kind else { return false };
            let others = arguments.iter().map(|it| it.value);
            let others = others.filter(|&it| !matches!(self.facts.expression(it).kind, ExpressionKind::Function(_)));
            around.span.contains(at)
                && around.span.start < at.start
                && arguments.iter().any(|it| self.facts.expression(it.value).span.contains(at))
                && std::iter::once(*callee).chain(others).any(|it| self.asks(matcher, it))
        });
        if around || depth >= MOST_NAMES {
            return around;
        }
        let functions = self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Function);
        let around = functions.filter(|it| !it.name.is_empty() && it.span.contains(at) && it.name_span != at);
        let Some(registers) = around.min_by_key(|it| it.span.end - it.span.start) else { return false };
        let names = [registers.name.as_str()];
        let calls = self.calls_named(&names).map(|it| self.facts.expression(it).span);
        let mut calls = calls.filter(|it| !registers.span.contains(*it)).peekable();
        calls.peek().is_some() && calls.all(|call| self.surroundings_ask(matcher, call, depth + 1))
    }
}

const BEFORE_ACTIONS: [&str; 5] =
    ["before_action", "before_filter", "prepend_before_action", "load_and_authorize_resource", "authorize_resource"];

/// What a request has once it is known who sent it.
const WHO: [&str; 11] = [
    "user",
    "userid",
    "user_id",
    "account",
    "session",
    "principal",
    "identity",
    "auth",
    "claims",
    "viewer",
    "remote_user",
];

/// Who may have sent it, after `current_`.
const PERSONS: [&str; 8] = ["admin", "member", "customer", "staff", "employee", "profile", "person", "owner"];

/// What requests are called, and what goes with them from function to function.
const REQUESTS: [&str; 12] =
    ["req", "request", "ctx", "context", "c", "state", "locals", "g", "event", "httpcontext", "call", "self"];

/// What frameworks call who is signed in.
const SESSIONS: [&str; 3] = ["flask.session", "quart.session", "flask.globals.session"];

/// Methods that frameworks call before those that handle the request, and that may say no.
const CHECKING_METHODS: [&str; 7] =
    ["dispatch", "test_func", "has_permission", "check_permissions", "initial", "prepare", "handle_no_permission"];
