//! Handlers of requests, as the frameworks' own words register them, and what asks who is there before they run.
//!
//! A handler is registered by a decorator (`@router.post("/orders")`), by a call (`router.post("/orders", create)`), by the
//! class that its method is of, or by the name and the file of a function. What asks stands in the same call or beside the
//! decorator, in the handler, at its class, on its router, or around the call; or in another file, before everything.

mod ahead;
mod asking;
mod registered;

use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::ExpressionId;
use crate::fact::Language;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::rules::RouteMatcher;
use crate::site::Routed;
use crate::site::Said;

/// The method of a handler that answers several, or nobody knows which.
const ANY: &str = "ANY";

/// Methods that change something.
const WRITING: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// What makes an expression up is looked at so deep.
const DEEPEST: usize = 12;

/// One handler.
struct Route {
    /// From the start of what registers it to the end of its address.
    span: Span,
    /// In capitals.
    method: Name,
    /// As written there, which may be a part of it.
    address: Option<Name>,
    /// Handlers with the same of one file stand beside each other; those of files that are routes themselves, beside
    /// those of other files.
    router: Router,
    /// What is looked at before the handler is called, its own name left out.
    before: Vec<ExpressionId>,
    /// The expression that gives the handler.
    handler: Option<ExpressionId>,
    function: Option<DefinitionId>,
    class: Option<ScopeId>,
}

enum Router {
    /// An expression, by a name.
    Named(ExpressionId, Name),
    Class(ScopeId),
    /// The chain of calls that begins there.
    Chain(u32),
    File,
    /// Every file with handlers is one.
    Folder,
}

impl Matcher<'_, '_> {
    /// The handlers that are registered in the file, and what stands before those of other files.
    pub(super) fn routes(&self, matcher: &RouteMatcher) -> Vec<Node> {
        let mut routes = self.decorated_routes();
        routes.extend(self.routes_of_classes());
        routes.extend(self.registered_routes());
        routes.extend(self.listed_routes());
        routes.extend(self.routes_of_file());
        let is_writing = |it: &Route| WRITING.contains(&it.method.as_str());
        if matcher.is_writing && !routes.iter().any(is_writing) {
            routes.clear();
        }
        let mut nodes: Vec<Node> = routes.iter().filter_map(|route| self.route_node(matcher, route)).collect();
        if matcher.with_before {
            nodes.extend(self.before_all(matcher));
        }
        nodes
    }

    fn route_node(&self, matcher: &RouteMatcher, route: &Route) -> Option<Node> {
        let is_writing = WRITING.contains(&route.method.as_str());
        if matcher.method.as_ref().is_some_and(|it| !it.is_match(&route.method)) {
            return None;
        }
        let is_guarded = self.is_route_guarded(matcher, route);
        if matcher.guarded.is_some_and(|it| it != is_guarded) {
            return None;
        }
        let handler = route.function.and_then(|it| self.where_defined(it, |_, function| function.name.clone()));
        let says_open = self.says_open(matcher, route);
        let router = match &route.router {
            Router::Named(_, name) => Some(name),
            _ => None,
        };
        let is_open_router =
            router.is_some_and(|it| OPEN_ROUTERS.iter().any(|open| it.to_ascii_lowercase().starts_with(open)));
        let mut named: Vec<Name> = handler.iter().chain(&route.address).cloned().collect();
        if let Some(handler) = route.handler {
            self.mentioned(handler, 2, &mut |name| named.push(name.into()));
        }
        let is_open = says_open
            || is_open_router
            || named.iter().any(|it| matcher.open.as_ref().is_some_and(|open| open.is_match(it)));
        let shown = route.address.as_deref().filter(|it| !it.is_empty());
        let name = match (shown, &handler) {
            (Some(address), _) => format!("{} {address}", route.method),
            (None, Some(handler)) if !handler.is_empty() => format!("{} {handler}", route.method),
            _ => route.method.to_string(),
        };
        let router = match &route.router {
            // Of several that go by one name in a file, the one that it was given last.
            Router::Named(id, name) => {
                let own = |it: &&Binding| matches!(it.kind, BindingKind::Value(_) | BindingKind::Parameter { .. });
                let given = self.bindings_named(*id).filter(own).filter(|it| it.at <= route.span.start);
                let at = match given.map(|it| it.at).max() {
                    Some(at) => at,
                    None => self.facts.scope(self.function_at(self.facts.expression(*id).scope)).span.start,
                };
                format!("{}#{name}@{at}", self.source.path)
            }
            Router::Class(scope) => format!("{}#{}", self.source.path, self.facts.scope(*scope).name),
            Router::Chain(start) => format!("{}#{start}", self.source.path),
            Router::File => format!("{}#", self.source.path),
            Router::Folder => String::new(),
        };
        let said = Said::Route(Routed { name: name.clone(), is_writing, is_open, says_open, is_guarded });
        Some(Node { said: Some(said), ..Node::new(route.span, vec![("router", router), ("route", name)]) })
    }

    /// What a function or class of this file goes by.
    fn id_of(&self, definition: &Definition) -> DefinitionId {
        DefinitionId { file: self.resolver.file, scope: definition.scope }
    }

    /// The calls of what has one of these last names.
    pub(super) fn calls_named<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = ExpressionId> + 's {
        let calls = names.iter().filter_map(|it| self.by_last_name().get(*it)).flatten();
        calls.map(|&at| self.facts.calls[at])
    }

    /// Whether the code says that everybody may have it: `@Public()`, `permission_classes = [AllowAny]`.
    fn says_open(&self, matcher: &RouteMatcher, route: &Route) -> bool {
        let Some(open) = &matcher.declared_open else { return false };
        let class = route.class.and_then(|it| self.resolver.definition_at(it));
        let of_class = class.into_iter().flat_map(|class| {
            let fields = self.permission_fields(class.scope);
            class.decorators.iter().copied().chain(fields).collect::<Vec<_>>()
        });
        route.before.iter().copied().chain(of_class).any(|it| self.mentions_any(it, open))
    }

    /// What the fields of a class are given that say who may call its methods.
    fn permission_fields(&self, class: ScopeId) -> impl Iterator<Item = ExpressionId> {
        let fields = self.facts.bindings.iter();
        let fields = fields.filter(move |it| it.scope == class && PERMISSION_FIELDS.contains(&it.name.as_str()));
        fields.filter_map(|it| match it.kind {
            BindingKind::Value(value) => Some(value),
            _ => None,
        })
    }
}

/// Calls on a router, or on what all routers belong to, that put something before its handlers.
fn puts_before(language: Language) -> &'static [&'static str] {
    match language {
        Language::Python => {
            &["add_middleware", "before_request", "before_app_request", "register_middleware", "add_dependency"]
        }
        Language::JavaScript | Language::TypeScript => &["use", "addHook", "useGlobalGuards"],
        Language::Go => &["Use"],
        Language::Rust => &["layer", "route_layer", "wrap", "wrap_fn"],
        _ => &[],
    }
}

/// What names of routers begin with that are for everybody.
const OPEN_ROUTERS: [&str; 7] = ["public", "open", "anon", "guest", "unauth", "noauth", "webhook"];

/// Fields of classes that say who may call their methods: Django's REST framework, Flask's views.
const PERMISSION_FIELDS: [&str; 4] =
    ["permission_classes", "decorators", "method_decorators", "authentication_classes"];
