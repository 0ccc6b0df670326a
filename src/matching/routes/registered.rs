//! How frameworks are told of handlers.

use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::Entry;
use crate::fact::ExportTarget;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::matching::Matcher;
use crate::matching::routes::ANY;
use crate::matching::routes::DEEPEST;
use crate::matching::routes::METHODS;
use crate::matching::routes::Route;
use crate::matching::routes::Router;
use crate::matching::routes::WRITING;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use rustc_hash::FxHashMap;

/// Names under which a file's functions are handlers, by what the file is called: Next, SvelteKit.
const HANDLER_FILES: [&str; 2] = ["route.", "+server."];

impl Matcher<'_, '_> {
    fn class_around(&self, function: &Definition) -> Option<&Definition> {
        let scope = self.facts.scope(function.scope).parent?;
        (self.facts.scope(scope).kind == ScopeKind::Class).then(|| self.resolver.definition_at(scope))?
    }

    pub(super) fn decorated_routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        for function in self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Function) {
            let class = self.class_around(function);
            for &decorator in &function.decorators {
                let Some((method, address)) = self.decorator_route(decorator, class) else { continue };
                let callee = self.decorator_name(decorator);
                let router = match (&self.facts.expression(callee).kind, class) {
                    (_, Some(class)) => Router::Class(class.scope),
                    (ExpressionKind::Member { object, .. }, None) => match self.last_name(*object) {
                        Some(name) => Router::Named(*object, name.into()),
                        None => Router::File,
                    },
                    _ => Router::File,
                };
                let given = match &self.facts.expression(decorator).kind {
                    ExpressionKind::Call { arguments, .. } => {
                        let others = arguments.iter().filter(|it| it.kind != ArgumentKind::Positional);
                        others.map(|it| it.value).collect()
                    }
                    _ => Vec::new(),
                };
                let others = function.decorators.iter().copied().filter(|it| *it != decorator);
                routes.push(Route {
                    span: self.until_address(decorator),
                    method,
                    address,
                    router,
                    before: others.chain(given).collect(),
                    handler: None,
                    function: Some(self.id_of(function)),
                    class: class.map(|it| it.scope),
                });
            }
        }
        routes
    }

    /// What registers a handler, to its first argument: the rest may be long, and is none of its address.
    fn until_address(&self, registering: ExpressionId) -> Span {
        let expression = self.facts.expression(registering);
        match &expression.kind {
            ExpressionKind::Call { arguments, .. } => {
                let end = arguments.first().map(|it| self.facts.expression(it.value).span.end);
                Span::new(expression.span.start, end.unwrap_or(expression.span.end))
            }
            _ => expression.span,
        }
    }

    /// The method and address that a decorator registers its function for.
    fn decorator_route(&self, decorator: ExpressionId, class: Option<&Definition>) -> Option<(Name, Option<Name>)> {
        let callee = self.decorator_name(decorator);
        let name = self.last_name(callee)?;
        let is_member = matches!(self.facts.expression(callee).kind, ExpressionKind::Member { .. });
        let address = self.first_text(decorator);
        let is_address = |it: &Name| it.is_empty() || it.starts_with('/');
        let class_says = |names: &[&str]| {
            class.is_some_and(|class| {
                class
                    .decorators
                    .iter()
                    .any(|it| self.last_name(self.decorator_name(*it)).is_some_and(|it| names.contains(&it)))
            })
        };
        match self.facts.language {
            Language::Python => match name {
                "get" | "post" | "put" | "patch" | "delete" | "head" | "options" => {
                    let address = address.or_else(|| self.keyword_text(decorator, &["path", "rule"]))?;
                    (is_member && is_address(&address)).then(|| (name.to_uppercase().into(), Some(address)))
                }
                "route" | "api_route" => {
                    let address = address.filter(is_address)?;
                    Some((self.listed_method(decorator, "methods").unwrap_or("GET".into()), Some(address)))
                }
                "api_view" | "require_http_methods" => Some((self.method_in(decorator)?, None)),
                "require_POST" => Some(("POST".into(), None)),
                _ => None,
            },
            Language::JavaScript | Language::TypeScript => {
                let method = name.to_uppercase();
                let is_method = METHODS.contains(&method.as_str()) && name != method;
                (is_method && class_says(&["Controller", "JsonController", "RestController", "Route"]))
                    .then(|| (method.into(), address))
            }
            Language::Java | Language::Kotlin | Language::Scala => {
                let controls = ["RestController", "Controller", "Path", "RequestMapping"];
                let method = match name.strip_suffix("Mapping") {
                    Some("Request") => self.listed_method(decorator, "method")?,
                    Some(method) => method.to_uppercase().into(),
                    None => name.to_uppercase().into(),
                };
                let is_method = METHODS.contains(&method.as_str());
                (is_method && class_says(&controls)).then_some((method, address))
            }
            Language::CSharp => {
                let method = name.strip_prefix("Http")?.to_uppercase();
                let is_controller = class.is_some_and(|it| it.name.ends_with("Controller"));
                (is_controller && METHODS.contains(&method.as_str())).then(|| (method.into(), address))
            }
            Language::Rust => {
                let method = name.to_uppercase();
                let is_method = METHODS.contains(&method.as_str()) && name != method;
                let address = address.filter(is_address)?;
                is_method.then(|| (method.into(), Some(address)))
            }
            Language::Go | Language::Ruby | Language::Php => None,
        }
    }

    fn first_text(&self, call: ExpressionId) -> Option<Name> {
        let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { return None };
        let first = arguments.first().filter(|it| it.kind == ArgumentKind::Positional)?;
        self.known_text(first.value)
    }

    /// A text that stands there: by it the file is known to be worth a look.
    fn known_text(&self, id: ExpressionId) -> Option<Name> {
        match &self.facts.expression(id).kind {
            ExpressionKind::Literal(Literal::Text(text)) => Some(text.clone()),
            // A template; what is put into it is known when the program runs.
            ExpressionKind::Compound(parts) => self.known_text(*parts.first()?),
            _ => None,
        }
    }

    pub(super) fn keyword(&self, call: ExpressionId, names: &[&str]) -> Option<ExpressionId> {
        let ExpressionKind::Call { arguments, .. } = &self.facts.expression(call).kind else { return None };
        let is_meant = |kind: &ArgumentKind| matches!(kind, ArgumentKind::Keyword(it) if names.contains(&it.as_str()));
        arguments.iter().find(|it| is_meant(&it.kind)).map(|it| it.value)
    }

    fn keyword_text(&self, call: ExpressionId, names: &[&str]) -> Option<Name> {
        self.known_text(self.keyword(call, names)?)
    }

    fn listed_method(&self, call: ExpressionId, name: &str) -> Option<Name> {
        self.method_in(self.keyword(call, &[name])?)
    }

    /// The method that is named in an expression: one that changes something, where there are several.
    fn method_in(&self, expression: ExpressionId) -> Option<Name> {
        let mut methods = Vec::new();
        self.mentioned(expression, DEEPEST, &mut |it| {
            let it = it.to_uppercase();
            methods.extend(METHODS.iter().copied().find(|method| **method == *it));
        });
        methods.sort_by_key(|it| !WRITING.contains(it));
        methods.first().map(|it| (*it).into())
    }

    /// Methods of classes that frameworks call by their names.
    pub(super) fn routes_of_classes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        for class in self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Class) {
            let base = |ends: &[&str]| {
                let mut names = class.bases.iter().filter_map(|it| self.last_name(*it));
                names.any(|it| ends.iter().any(|end| it.ends_with(end)))
            };
            let actions: &[(&str, &str)] = match self.facts.language {
                Language::Python if base(&["ViewSet"]) => &VIEW_SET_ACTIONS,
                Language::Python if base(&PYTHON_VIEWS) => &VIEW_METHODS,
                Language::Ruby if class.name.ends_with("Controller") => &CONTROLLER_ACTIONS,
                _ => continue,
            };
            let router = || match self.facts.language {
                Language::Ruby => Router::Class(class.scope),
                _ => Router::File,
            };
            for function in self.methods_of(class) {
                let Some((_, method)) = actions.iter().find(|(name, _)| *name == function.name) else { continue };
                routes.push(Route {
                    span: function.name_span,
                    method: (*method).into(),
                    address: Some(class.name.clone()).filter(|_| self.facts.language == Language::Python),
                    router: router(),
                    before: function.decorators.clone(),
                    handler: None,
                    function: Some(self.id_of(function)),
                    class: Some(class.scope),
                });
            }
        }
        routes
    }

    /// Functions of files that are routes themselves.
    pub(super) fn routes_of_file(&self) -> Vec<Route> {
        let file = self.source.path.rsplit('/').next().unwrap_or_default();
        let is_ecmascript = matches!(self.facts.language, Language::JavaScript | Language::TypeScript);
        if !is_ecmascript || !HANDLER_FILES.iter().any(|it| file.starts_with(it)) {
            return Vec::new();
        }
        let exported = self.facts.exports.iter().filter(|it| METHODS.contains(&it.name.as_str()));
        let routes = exported.filter_map(|export| {
            let ExportTarget::Local(name) = &export.target else { return None };
            let module = self.facts.bindings.iter().filter(|it| it.scope == ScopeId(0) && it.name == *name);
            let (span, handler, function) = module.into_iter().find_map(|it| match it.kind {
                BindingKind::Definition(scope) => {
                    let span = self.resolver.definition_at(scope)?.name_span;
                    Some((span, None, Some(DefinitionId { file: self.resolver.file, scope })))
                }
                BindingKind::Value(value) => {
                    let start = self.facts.expression(value).span.start;
                    Some((Span::new(it.at.min(start), start), Some(value), None))
                }
                _ => None,
            })?;
            let folder = self.source.path.strip_suffix(file).unwrap_or_default().trim_end_matches('/');
            let address = folder.rsplit_once("/app/").or_else(|| folder.rsplit_once("/routes/"));
            let address = address.map_or(folder, |(_, it)| it);
            Some(Route {
                span,
                method: export.name.clone(),
                address: Some(format!("/{address}").into()),
                router: Router::Folder,
                before: Vec::new(),
                handler,
                function,
                class: None,
            })
        });
        routes.collect()
    }

    /// Handlers that stand in a table: `{ method: "PUT", path: "/orders", handler: put }`, `{"PUT", "/orders", s.put}`.
    pub(super) fn listed_routes(&self) -> Vec<Route> {
        let is_ecmascript = matches!(self.facts.language, Language::JavaScript | Language::TypeScript);
        let rows = self.facts.expressions.iter().filter_map(|expression| match &expression.kind {
            ExpressionKind::Mapping(entries) if is_ecmascript => {
                let entry = |names: &[&str]| {
                    entries.iter().find_map(|it| match it {
                        Entry::Pair { key, value } if self.known_text(*key).is_some_and(|it| names.contains(&&*it)) => {
                            Some(*value)
                        }
                        _ => None,
                    })
                };
                let (method, address) = (entry(&["method"])?, entry(&["path", "url"])?);
                let handler = entry(&["handler", "action"])?;
                let others = entries.iter().filter_map(|it| match it {
                    Entry::Pair { value, .. } => Some(*value).filter(|it| *it != handler),
                    Entry::Spread(value) => Some(*value),
                });
                Some((expression.span, method, address, handler, others.collect()))
            }
            // A row of `[]route{{"PUT", "/orders", put}}` is made of its type, which stands elsewhere.
            ExpressionKind::Call { callee, arguments }
                if self.facts.language == Language::Go
                    && !expression.span.contains(self.facts.expression(*callee).span) =>
            {
                match arguments.iter().map(|it| it.value).collect::<Vec<_>>().as_slice() {
                    [method, address, others @ .., handler] => {
                        Some((expression.span, *method, *address, *handler, others.to_vec()))
                    }
                    _ => None,
                }
            }
            _ => None,
        });
        let routes = rows.filter_map(|(span, method, address, handler, before)| {
            let method = match &self.facts.expression(method).kind {
                ExpressionKind::Sequence { items, .. } => items.iter().find_map(|it| self.known_text(*it))?,
                _ => self
                    .known_text(method)
                    .or_else(|| self.last_name(method)?.strip_prefix("Method").map(Name::from))?,
            };
            let method = method.to_ascii_uppercase();
            let path = self.known_text(address).filter(|it| it.starts_with('/'))?;
            METHODS.contains(&method.as_str()).then(|| Route {
                span: Span::new(span.start, self.facts.expression(address).span.end),
                method: method.into(),
                address: Some(path),
                router: Router::File,
                before,
                handler: Some(handler),
                function: self.resolver.values(handler).iter().find_map(Value::definition),
                class: None,
            })
        });
        routes.collect()
    }

    /// Handlers that calls register.
    pub(super) fn registered_routes(&self) -> Vec<Route> {
        let mut calls: Vec<ExpressionId> = self.calls_named(&REGISTERS.map(|(name, _)| name)).collect();
        if calls.is_empty() {
            return Vec::new();
        }
        calls.sort_unstable();
        calls.dedup();
        // What is called on what a call gave: `post("/orders", create).middleware("auth")`.
        let on: FxHashMap<ExpressionId, ExpressionId> = {
            let on = self.facts.calls.iter().filter_map(|&call| {
                let ExpressionKind::Call { callee, .. } = &self.facts.expression(call).kind else { return None };
                match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, .. } => Some((*object, call)),
                    _ => None,
                }
            });
            on.collect()
        };
        calls.into_iter().flat_map(|call| self.registered_route(call, &on)).collect()
    }

    fn registered_route(&self, call: ExpressionId, on: &FxHashMap<ExpressionId, ExpressionId>) -> Vec<Route> {
        let expression = self.facts.expression(call);
        let ExpressionKind::Call { callee, arguments } = &expression.kind else { return Vec::new() };
        let name = self.last_name(*callee).unwrap_or_default();
        let Some(mut method) = registers(name).map(Name::from) else { return Vec::new() };
        let mut before = Vec::new();
        // On what it is called: a router, or what a call gave that has the address, or that asks.
        let mut address = self.first_text(call);
        let mut given = arguments.iter().filter(|it| it.kind == ArgumentKind::Positional).map(|it| it.value);
        let mut router = None;
        if let ExpressionKind::Member { object, .. } = self.facts.expression(*callee).kind {
            let mut at = object;
            for _ in 0..DEEPEST {
                match &self.facts.expression(at).kind {
                    ExpressionKind::Call { callee, arguments } => {
                        // `router.route("/orders").get(list).post(create)`
                        let is_route = self.last_name(*callee).is_some_and(|it| it == "route" || it == "Route");
                        if is_route && address.as_ref().is_none_or(|it| !it.starts_with('/')) {
                            address = self.first_text(at);
                        } else if self.last_name(*callee).and_then(registers).is_none() {
                            before.push(*callee);
                            before.extend(arguments.iter().map(|it| it.value));
                        }
                        let ExpressionKind::Member { object, .. } = self.facts.expression(*callee).kind else { break };
                        at = object;
                    }
                    // A type: `Router::new()` begins a chain.
                    ExpressionKind::Name(name)
                        if self.facts.language == Language::Rust && name.starts_with(char::is_uppercase) =>
                    {
                        break;
                    }
                    ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } => {
                        router = Some((at, name.clone()));
                        break;
                    }
                    _ => break,
                }
            }
        }
        // Go's `"POST /orders"`.
        if let Some((verb, rest)) = address.as_deref().and_then(|it| it.split_once(' '))
            && METHODS.contains(&verb)
        {
            method = verb.into();
            address = Some(rest.trim_start().into());
        }
        let is_on_router = router.as_ref().is_some_and(|(_, it)| is_router(it));
        let has_address = address.as_deref().is_some_and(|it| it.starts_with('/') || it.is_empty() || is_on_router);
        let own_address = self.first_text(call).is_some();
        if own_address {
            given.next();
        }
        let mut given: Vec<ExpressionId> = given.collect();
        let named = self.keyword(call, &["endpoint", "view_func", "handler"]);
        let Some(handler) = named.or_else(|| given.pop()) else { return Vec::new() };
        if !has_address || !self.is_handler(handler, router.as_ref().map(|(_, it)| &**it)) {
            return Vec::new();
        }
        before.extend(given);
        let others = arguments.iter().filter(|it| it.kind != ArgumentKind::Positional && it.value != handler);
        before.extend(others.map(|it| it.value));
        // What is called on it: `.Methods("POST")`, `.RequireAuthorization()`.
        let mut at = call;
        while let Some(&next) = on.get(&at) {
            let ExpressionKind::Call { callee, arguments } = &self.facts.expression(next).kind else { break };
            let name = self.last_name(*callee).unwrap_or_default();
            if name == "Methods" || name == "methods" {
                method = self.method_in(next).unwrap_or(method);
            } else if registers(name).is_none() {
                before.extend(arguments.iter().map(|it| it.value));
                if SAYS_SO.contains(&name) {
                    before.push(*callee);
                }
            }
            at = next;
        }
        if let Some(listed) = self.listed_method(call, "methods") {
            method = listed;
        }
        let start = expression.span.start;
        let is_chained = self.facts.expression(*callee).span.start == start && router.is_none();
        let span = self.until_address(call);
        let route = |method: Name, handler: ExpressionId| Route {
            span: if own_address && !is_chained { span } else { self.last_of(*callee, span) },
            method,
            address: address.clone(),
            router: match &router {
                Some((id, name)) => Router::Named(*id, name.clone()),
                None if is_chained && self.facts.language == Language::Rust => Router::Chain(start),
                None => Router::File,
            },
            before: before.clone(),
            handler: Some(handler),
            function: self.resolver.values(handler).iter().find_map(Value::definition),
            class: None,
        };
        // axum's `route("/orders", get(list).post(create))`
        let by_method = self.handlers_by_method(handler);
        match by_method.is_empty() {
            true => vec![route(method, handler)],
            false => by_method.into_iter().map(|(method, handler)| route(method, handler)).collect(),
        }
    }

    /// From the last name of what is called on: the rest is a chain with other handlers in it.
    fn last_of(&self, callee: ExpressionId, otherwise: Span) -> Span {
        match self.facts.expression(callee).kind {
            ExpressionKind::Member { name_span, .. } => Span::new(name_span.start, otherwise.end.max(name_span.end)),
            _ => otherwise,
        }
    }

    /// `get(list).post(create)`
    fn handlers_by_method(&self, chain: ExpressionId) -> Vec<(Name, ExpressionId)> {
        let mut found = Vec::new();
        if self.facts.language != Language::Rust {
            return found;
        }
        let mut at = Some(chain);
        while let Some(ExpressionKind::Call { callee, arguments }) = at.map(|it| &self.facts.expression(it).kind) {
            let method = self.last_name(*callee).unwrap_or_default().to_uppercase();
            if METHODS.contains(&method.as_str())
                && let Some(handler) = arguments.first()
            {
                found.push((method.into(), handler.value));
            }
            at = match self.facts.expression(*callee).kind {
                ExpressionKind::Member { object, .. } => Some(object),
                _ => None,
            };
        }
        found
    }

    /// Whether an expression may be a handler, and not what a client sends.
    fn is_handler(&self, id: ExpressionId, router: Option<&str>) -> bool {
        let is_router = || router.is_some_and(is_router) || self.facts.language == Language::Rust;
        match &self.facts.expression(id).kind {
            ExpressionKind::Function(_) => true,
            ExpressionKind::Name(_) | ExpressionKind::Member { .. } => {
                let values = self.resolver.values(id);
                let is_function = |it: DefinitionId| self.resolver.kind_of(it) == Some(DefinitionKind::Function);
                let is_member = matches!(self.facts.expression(id).kind, ExpressionKind::Member { .. });
                values.iter().filter_map(Value::definition).any(is_function)
                    || is_router() && !matches!(&*values, [Value::Literal(_) | Value::Mapping(_)])
                    || is_member && self.facts.language == Language::Go
            }
            ExpressionKind::Call { arguments, .. } => {
                is_router() && !arguments.is_empty() || arguments.iter().any(|it| self.is_handler(it.value, None))
            }
            ExpressionKind::Sequence { items, .. } => {
                is_router()
                    && items
                        .last()
                        .is_some_and(|it| self.facts.language == Language::Php || self.is_handler(*it, router))
            }
            ExpressionKind::Literal(Literal::Text(text)) => {
                self.facts.language == Language::Php && text.contains('@') && is_router()
            }
            ExpressionKind::Either(only) if only.len() == 1 => self.is_handler(only[0], router),
            _ => false,
        }
    }
}

/// The method of the handler that a call of this name registers; none where it registers none.
fn registers(name: &str) -> Option<&'static str> {
    REGISTERS.iter().find(|(it, _)| *it == name).map(|(_, method)| *method)
}

/// Whether something is called as routers are.
fn is_router(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ROUTERS.iter().any(|it| name.ends_with(it)) || ["r", "e", "g", "v1", "v2", "web"].contains(&&*name)
}

/// What names of routers end in.
const ROUTERS: [&str; 8] = ["app", "router", "routes", "server", "fastify", "route", "mux", "group"];

/// Calls on a registration that say all by their name.
const SAYS_SO: [&str; 3] = ["RequireAuthorization", "AllowAnonymous", "requireAuth"];

/// What the bases of classes end in whose methods are handlers: Django, Flask, Starlette, Tornado.
const PYTHON_VIEWS: [&str; 4] = ["View", "Resource", "HTTPEndpoint", "Handler"];

const VIEW_METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

const VIEW_SET_ACTIONS: [(&str, &str); 6] = [
    ("list", "GET"),
    ("retrieve", "GET"),
    ("create", "POST"),
    ("update", "PUT"),
    ("partial_update", "PATCH"),
    ("destroy", "DELETE"),
];

const CONTROLLER_ACTIONS: [(&str, &str); 5] =
    [("index", "GET"), ("show", "GET"), ("create", "POST"), ("update", "PUT"), ("destroy", "DELETE")];

/// Calls that register a handler, with its method.
const REGISTERS: [(&str, &str); 42] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("del", "DELETE"),
    ("all", ANY),
    ("GET", "GET"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("PATCH", "PATCH"),
    ("DELETE", "DELETE"),
    ("Any", ANY),
    ("Get", "GET"),
    ("Post", "POST"),
    ("Put", "PUT"),
    ("Patch", "PATCH"),
    ("Delete", "DELETE"),
    ("MapGet", "GET"),
    ("MapPost", "POST"),
    ("MapPut", "PUT"),
    ("MapPatch", "PATCH"),
    ("MapDelete", "DELETE"),
    ("HandleFunc", ANY),
    ("Handle", ANY),
    ("route", ANY),
    ("add_get", "GET"),
    ("add_post", "POST"),
    ("add_put", "PUT"),
    ("add_patch", "PATCH"),
    ("add_delete", "DELETE"),
    ("add_route", ANY),
    ("add_url_rule", "GET"),
    ("add_api_route", "GET"),
    ("Route", "GET"),
    ("path", ANY),
    ("addRoute", ANY),
    ("Method", ANY),
    ("MethodFunc", ANY),
    ("head", "HEAD"),
    ("options", "OPTIONS"),
    ("HEAD", "HEAD"),
];
