//! What asks before the handlers of other files: all of a package's, or those of the routers that are brought in.

use crate::fact::BindingKind;
use crate::fact::DefinitionKind;
use crate::fact::Entry;
use crate::fact::ExportTarget;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::routes::DEEPEST;
use crate::matching::routes::puts_before;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::rules::RouteMatcher;
use crate::site::Before;
use crate::site::Said;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Matcher<'_, '_> {
    /// What asks before everything in the package, or before the files that are brought in beside it.
    pub(super) fn before_all(&self, matcher: &RouteMatcher) -> Vec<Node> {
        let node = |span: Span, covered: Option<BTreeSet<Arc<str>>>| {
            let said = Said::Before(Before { own: Vec::new(), covered });
            Node { said: Some(said), ..Node::new(span, vec![("router", String::new())]) }
        };
        let mut nodes: Vec<Node> = self.put_before(matcher).into_iter().map(|(at, files)| node(at, files)).collect();
        let calls = self.facts.calls.iter().filter(|it| self.asks_of_all(matcher, **it));
        let calls = calls.map(|it| self.facts.expression(*it).span);
        let all = calls.chain(self.filters(matcher)).chain(self.settings_for_all(matcher));
        nodes.extend(all.chain(self.middleware_of_next(matcher)).map(|it| node(it, None)));
        nodes
    }

    /// Where something that asks is put before what others register, with their files; none where that is all of them.
    fn put_before(&self, matcher: &RouteMatcher) -> Vec<(Span, Option<BTreeSet<Arc<str>>>)> {
        let mut put = Vec::new();
        for call in self.calls_named(puts_before(self.facts.language)) {
            let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { continue };
            if !arguments.iter().any(|it| self.asks(matcher, it.value)) {
                continue;
            }
            let span = self.facts.expression(call).span;
            let node = Node { expression: Some(call), ..Node::new(span, Vec::new()) };
            if self.router(call).is_some() {
                let covered = self.covered_by(&node).map(|mut files| {
                    files.extend(self.files_brought_in(span));
                    files.extend(self.files_given(call));
                    files
                });
                put.push((span, covered));
            } else if self.facts.language == Language::Rust
                && matches!(self.facts.expression(*callee).kind, ExpressionKind::Member { .. })
            {
                // What is registered in the same chain, by functions of this file, too.
                let chain = self.calls_inside(Span::new(span.start, u32::MAX));
                let chain = chain.map(|it| self.facts.expression(it).span).take_while(|it| it.start == span.start);
                let mut files = self.files_brought_in(chain.max_by_key(|it| it.end).unwrap_or(span));
                files.insert(self.source.path.clone());
                put.push((span, Some(files)));
            }
        }
        if self.facts.language != Language::Python {
            return put;
        }
        for call in self.calls_named(&MOUNTS) {
            if self.is_given_before(matcher, call) {
                let span = self.facts.expression(call).span;
                put.push((span, Some(self.files_brought_in(span))));
            }
        }
        let hooks = self.facts.definitions.iter().filter(|it| {
            let mut decorators = it.decorators.iter().map(|it| self.decorator_name(*it));
            decorators.any(|callee| match &self.facts.expression(callee).kind {
                ExpressionKind::Member { object, name, .. } => {
                    puts_before(Language::Python).contains(&name.as_str()) && !self.is_one_of_several(*object)
                }
                _ => false,
            })
        });
        let asking = hooks.filter(|it| self.function_asks(matcher, self.id_of(it)));
        put.extend(asking.map(|it| (it.name_span, None)));
        put
    }

    /// Classes that see every request, and ask.
    fn filters(&self, matcher: &RouteMatcher) -> Vec<Span> {
        let bases: &[&str] = match self.facts.language {
            Language::Python => &["BaseHTTPMiddleware"],
            Language::Java | Language::Kotlin => &SERVLET_FILTERS,
            Language::CSharp => &["IMiddleware"],
            _ => return Vec::new(),
        };
        let classes = self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Class);
        let filters = classes.filter(|class| {
            class.bases.iter().any(|it| self.last_name(*it).is_some_and(|it| bases.contains(&it)))
                && self.methods_of(class).any(|it| self.function_asks(matcher, self.id_of(it)))
                && !self.asks_where_told(matcher, class.span)
        });
        filters.map(|it| it.name_span).collect()
    }

    /// Whether what stands in a span asks only before handlers that are marked for it: `getMethodAnnotation(NeedsLogin.class)`.
    fn asks_where_told(&self, matcher: &RouteMatcher, span: Span) -> bool {
        self.calls_in(span).filter(|(_, name)| READS_MARKS.contains(name)).any(|(call, _)| {
            let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { return false };
            arguments.iter().any(|it| self.names_guard(matcher, it.value))
        })
    }

    /// Settings by which a framework asks before everything: of Django and its REST framework, NestJS, ASP.NET.
    fn settings_for_all(&self, matcher: &RouteMatcher) -> Vec<Span> {
        let text = |id: ExpressionId| match &self.facts.expression(id).kind {
            ExpressionKind::Literal(Literal::Text(text)) => text.as_str(),
            _ => self.last_name(id).unwrap_or_default(),
        };
        let is_entry = |entry: &Entry| match (entry, self.facts.language) {
            (Entry::Pair { key, value }, Language::Python) => {
                text(*key) == "DEFAULT_PERMISSION_CLASSES" && self.asks(matcher, *value)
            }
            (Entry::Pair { key, value }, Language::JavaScript | Language::TypeScript) => {
                text(*key) == "provide" && text(*value) == "APP_GUARD"
            }
            _ => false,
        };
        let names_login = |value: ExpressionId| {
            let mut found = false;
            self.mentioned(value, DEEPEST, &mut |it| found |= it.contains("LoginRequired"));
            found
        };
        let settings = self.facts.expressions.iter().filter(|it| match (&it.kind, self.facts.language) {
            (ExpressionKind::Mapping(entries), _) => entries.iter().any(is_entry),
            (ExpressionKind::Member { name, .. }, Language::CSharp) => name == "FallbackPolicy",
            _ => false,
        });
        let middleware = self.facts.bindings.iter().filter_map(|it| match it.kind {
            BindingKind::Value(value) if it.name == "MIDDLEWARE" && self.facts.language == Language::Python => {
                names_login(value).then(|| self.facts.expression(value).span)
            }
            _ => None,
        });
        settings.map(|it| it.span).chain(middleware).collect()
    }

    /// What Next calls before everything that its `matcher` does not leave out.
    fn middleware_of_next(&self, matcher: &RouteMatcher) -> Option<Span> {
        let file = self.source.path.rsplit('/').next().unwrap_or_default();
        let is_middleware = matches!(file.split_once('.'), Some(("middleware" | "proxy", "ts" | "js" | "mjs")));
        if !is_middleware || !matches!(self.facts.language, Language::JavaScript | Language::TypeScript) {
            return None;
        }
        let mut functions = self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Function);
        let asking = functions.find(|it| self.function_asks(matcher, self.id_of(it))).map(|it| it.name_span);
        let by_value = || {
            self.facts.exports.iter().any(|it| match &it.target {
                ExportTarget::Value(value) => self.asks(matcher, *value),
                ExportTarget::Import(path) => matcher.guard.is_match(path),
                ExportTarget::Local(_) => false,
            })
        };
        asking.or_else(|| by_value().then(|| Span::new(0, 0)))
    }

    /// Calls that ask before every request by what they are: Spring's `anyRequest().authenticated()`, ASP.NET's
    /// `MapControllers().RequireAuthorization()`, FastAPI's `FastAPI(dependencies=[…])`, a server that is given
    /// `check(mux)`.
    fn asks_of_all(&self, matcher: &RouteMatcher, call: ExpressionId) -> bool {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(call).kind else { return false };
        let Some(name) = self.last_name(*callee) else { return false };
        let object = match &self.facts.expression(*callee).kind {
            ExpressionKind::Member { object, .. } => Some(*object),
            _ => None,
        };
        let made_by = || match object.map(|it| &self.facts.expression(it).kind) {
            Some(ExpressionKind::Call { callee, .. }) => self.last_name(*callee),
            _ => None,
        };
        match (name, self.facts.language) {
            (
                "authenticated" | "hasRole" | "hasAuthority" | "hasAnyRole" | "hasAnyAuthority",
                Language::Java | Language::Kotlin,
            ) => made_by().is_some_and(|it| matches!(it, "anyRequest" | "anyExchange")),
            // hapi's `server.auth.default("session")`
            ("default", Language::JavaScript | Language::TypeScript) => {
                object.and_then(|it| self.last_name(it)) == Some("auth")
            }
            ("RequireAuthorization", Language::CSharp) => made_by() == Some("MapControllers"),
            ("FastAPI" | "Litestar" | "Starlette" | "Application", Language::Python) => {
                self.is_given_before(matcher, call)
            }
            ("ListenAndServe" | "ListenAndServeTLS", Language::Go) => {
                arguments.last().is_some_and(|it| self.is_wrapped_by_guard(matcher, it.value))
            }
            ("Server", Language::Go) => {
                self.keyword(call, &["Handler"]).is_some_and(|it| self.is_wrapped_by_guard(matcher, it))
            }
            _ => false,
        }
    }

    /// Whether a router, or what brings one in, is given something that asks: `APIRouter(dependencies=[…])`.
    fn is_given_before(&self, matcher: &RouteMatcher, call: ExpressionId) -> bool {
        BEFORE_KEYWORDS.iter().filter_map(|it| self.keyword(call, &[it])).any(|it| self.asks(matcher, it))
    }

    /// `check(mux)`, but not the router itself, whatever is in it.
    fn is_wrapped_by_guard(&self, matcher: &RouteMatcher, value: ExpressionId) -> bool {
        match &self.facts.expression(value).kind {
            ExpressionKind::Call { callee, arguments } => {
                let is_guard = |it: DefinitionId| {
                    let takes_handler = self.where_defined(it, |there, function| {
                        let mut types =
                            function.parameters.iter().flat_map(|it| there.written_at_parameter(function, it));
                        types.any(|it| there.last_name(it).is_some_and(|it| it.starts_with("Handler")))
                    });
                    takes_handler == Some(true) && self.function_asks(matcher, it)
                };
                let functions = self.resolver.values(*callee);
                !arguments.is_empty() && self.last_name(*callee).is_some_and(|it| matcher.guard.is_match(it))
                    || functions.iter().filter_map(Value::definition).any(is_guard)
                    || arguments.iter().any(|it| self.is_wrapped_by_guard(matcher, it.value))
            }
            ExpressionKind::Name(_) => {
                let given = self.bindings_named(value).filter_map(|it| match it.kind {
                    BindingKind::Value(given) => Some(given),
                    _ => None,
                });
                given.collect::<Vec<_>>().into_iter().any(|it| {
                    it != value
                        && matches!(self.facts.expression(it).kind, ExpressionKind::Call { .. })
                        && self.facts.expression(it).span.end < self.facts.expression(value).span.start
                        && self.is_wrapped_by_guard(matcher, it)
                })
            }
            _ => false,
        }
    }

    /// The files of functions that are given the router that a call is made on: `orders.Register(api)`.
    fn files_given(&self, call: ExpressionId) -> BTreeSet<Arc<str>> {
        let Some(router) = self.router(call).and_then(|(it, _)| self.resolver.variable(it)) else {
            return BTreeSet::new();
        };
        let is_given = |id: &ExpressionId| match &self.facts.expression(*id).kind {
            ExpressionKind::Call { arguments, .. } => {
                arguments.iter().any(|it| self.resolver.variable(it.value).as_ref() == Some(&router))
            }
            _ => false,
        };
        let calls =
            self.facts.calls.iter().filter(|it| is_given(it)).filter_map(|&it| match &self.facts.expression(it).kind {
                ExpressionKind::Call { callee, .. } => Some(self.resolver.values(*callee)),
                _ => None,
            });
        let files = calls.flat_map(|it| it.iter().filter_map(Value::definition).map(|it| it.file).collect::<Vec<_>>());
        self.with_imported(files.collect())
    }

    fn files_brought_in(&self, span: Span) -> BTreeSet<Arc<str>> {
        self.with_imported(self.files_named_in(span))
    }
}

/// Calls that bring a router with its handlers under another one.
const MOUNTS: [&str; 4] = ["include_router", "register_blueprint", "mount", "add_router"];

/// Arguments of routers, and of what brings them in, that stand before their handlers.
const BEFORE_KEYWORDS: [&str; 4] = ["dependencies", "guards", "middleware", "middlewares"];

/// What classes are made of that see every request.
const SERVLET_FILTERS: [&str; 6] = [
    "Filter",
    "OncePerRequestFilter",
    "GenericFilterBean",
    "HandlerInterceptor",
    "HandlerInterceptorAdapter",
    "ContainerRequestFilter",
];

/// Calls that read how a handler is marked.
const READS_MARKS: [&str; 7] = [
    "getMethodAnnotation",
    "hasMethodAnnotation",
    "getAnnotation",
    "isAnnotationPresent",
    "findAnnotation",
    "findMergedAnnotation",
    "GetCustomAttribute",
];
