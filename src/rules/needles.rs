//! What must stand in a file for a condition to hold there. Every step may only ever ask for less than it could.

use crate::fact::DefinitionKind;
use crate::fact::ENVIRONMENT;
use crate::fact::Language;
use crate::rules::ArgumentCondition;
use crate::rules::CallMatcher;
use crate::rules::Condition;
use crate::rules::Filter;
use crate::rules::IDENTITY_TYPE;
use crate::rules::LeadsMatcher;
use crate::rules::Names as SymbolNames;
use crate::rules::OriginMatcher;
use crate::rules::PassKind;
use crate::rules::Symbols;
use crate::rules::ValueCondition;
use crate::rules::literals;
use crate::rules::literals::Literals;
use crate::rules::pattern::Pattern;
use crate::rules::prefilter::address;
use crate::rules::prefilter::is_plain;
use regex_syntax::hir::Class;
use regex_syntax::hir::Hir;
use regex_syntax::hir::HirKind;
use regex_syntax::hir::Look;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::Serialize;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A condition with more ways than this to hold is looked for by one of its parts.
const MOST_WAYS: usize = 64;

/// Names that many packages share: they say nothing, the packages in them do.
const NAMESPACES: [&str; 4] = ["com", "io", "net", "org"];

/// Text that must occur for a condition to hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Needle {
    Word(Word),
    Pattern(Sought),
    /// Nothing, where another file gives what is named.
    Given,
}

/// The text, with no word character beside its word-character ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) names: Names,
}

/// What a word is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Names {
    Anything,
    /// A module: it stands where the language lets one be named.
    Module,
    /// A part of a module's name, which may stand apart from the rest of it: `from io import jsonwebtoken`.
    PartOfModule,
}

/// A pattern to search the text for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Sought {
    pub(super) pattern: String,
    pub(super) reach: Reach,
    /// Literals of which one must occur where it matches.
    pub(super) literals: Option<Rc<Literals>>,
}

/// How much of a text a pattern is tried on, where one of its literals stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Reach {
    Text,
    /// It matches within a line.
    Line,
    /// It matches names, and is tried on the word that the literal stands in.
    Word(Beside),
}

/// What stands beside a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Beside {
    Anything,
    /// What makes it the name of something that is called: see [`super::words::may_be_called`].
    Call,
    /// What makes it the name of a definition: see [`super::words::may_be_defined`].
    Definition,
}

/// One of these must occur.
pub(super) type Clause = BTreeSet<Needle>;
/// One way in which a condition can hold: each of these must.
pub(super) type Way = Vec<Rc<Clause>>;

/// Says what must stand in files of a language for the conditions of rules to hold.
pub(super) struct Needles {
    language: Language,
    /// Those of the patterns for names that were asked for: rules share many.
    named: RefCell<FxHashMap<String, Option<Needle>>>,
    /// The same of the names of what is called.
    called: RefCell<FxHashMap<String, Option<Needle>>>,
    /// The ways of the conditions that were asked for and hold no others, by their addresses: rules share many of them,
    /// and what was asked of the whole of a rule is asked of its parts.
    plain: RefCell<FxHashMap<usize, Option<Vec<Way>>>>,
}

impl Needles {
    pub(super) fn new(language: Language) -> Needles {
        Needles { language, named: RefCell::default(), called: RefCell::default(), plain: RefCell::default() }
    }

    /// The ways in which a condition can hold in a file of the language; `None`: no literal is certain to occur.
    ///
    /// What is asked once must stay where it is as long as more is asked.
    pub(super) fn ways(&self, condition: &Condition) -> Option<Vec<Way>> {
        if !is_plain(condition) {
            return self.found_ways(condition);
        }
        let known = self.plain.borrow().get(&address(condition)).cloned();
        known.unwrap_or_else(|| {
            let ways = self.found_ways(condition);
            self.plain.borrow_mut().insert(address(condition), ways.clone());
            ways
        })
    }

    fn found_ways(&self, condition: &Condition) -> Option<Vec<Way>> {
        match condition {
            Condition::Any(conditions) => {
                let mut all = Vec::new();
                for condition in conditions {
                    all.extend(self.ways(condition)?);
                }
                Some(all)
            }
            Condition::All(conditions) => conditions.iter().fold(None, |all, it| both(all, self.ways(it))),
            Condition::Not(_) => None,
            Condition::Same(inner) => self.ways(inner),
            Condition::Filter(Filter::Inside(condition) | Filter::Beside(condition)) => self.ways(condition),
            Condition::Filter(Filter::OnErrorOf(call)) => one_way(self.call_clauses(call)),
            Condition::Filter(Filter::Languages(languages)) if !languages.contains(&self.language) => Some(Vec::new()),
            Condition::Filter(_) => None,
            Condition::Import(import) => one_way(vec![roots(&import.module, self.language)]),
            Condition::Call(call) => one_way(self.call_clauses(call)),
            Condition::Define(define) => {
                let mut clauses = Vec::new();
                let start = definition_start(self.language, define.kind);
                clauses.extend(define.name.as_ref().and_then(|name| self.after(start, name)));
                clauses.extend(
                    define.decorator_name.as_ref().and_then(|name| self.after(decorator_start(self.language), name)),
                );
                for pattern in [&define.parameter, &define.calls] {
                    clauses.extend(pattern.as_ref().and_then(|name| self.named(name)));
                }
                clauses
                    .extend([&define.decorator, &define.base].into_iter().flatten().map(|it| roots(it, self.language)));
                clauses.extend(define.parameter_from.iter().flat_map(|it| self.origin_clauses(it)));
                clauses.extend(define.on_error_returns.as_ref().and_then(|_| handler_start(self.language)));
                if define.replaces_import.is_some() {
                    clauses.extend(handler_start(self.language));
                }
                both(one_way(clauses), define.holds.as_ref().and_then(|it| self.ways(it)))
            }
            Condition::Reference(symbols) => one_way(vec![roots(symbols, self.language)]),
            Condition::Env(env) => one_way(self.named(&env.key).into_iter().collect()),
            Condition::Given(given) => {
                let mut clauses: Vec<Clause> = self.named(&given.name).into_iter().collect();
                clauses.extend(given.of.iter().map(|it| roots(it, self.language)));
                clauses.extend(self.value_clauses(&given.value));
                one_way(clauses)
            }
            Condition::Name(name) => one_way(self.named(&name.pattern).into_iter().collect()),
            Condition::Fate(fate) => self.ways(&fate.each),
            Condition::Route(route) => {
                let pattern = route_start(self.language, route.is_writing)?;
                one_way(vec![Clause::from([sought(pattern.clone(), &parsed(&pattern)?)])])
            }
            Condition::Passes(passes) => {
                let says_no = self.named(&passes.refusal)?;
                let hands_on = Clause::from([sought(HANDS_ON.to_owned(), &parsed(HANDS_ON)?)]);
                let start = definition_start(self.language, Some(DefinitionKind::Function));
                let checks = self.after(start, &passes.check)?;
                let mut ways = vec![vec![Rc::new(says_no), Rc::new(hands_on)], vec![Rc::new(checks)]];
                if passes.by.is_empty() || passes.by.contains(&PassKind::Identity) {
                    let made = format!(r"{IDENTITY_TYPE}\s*(?:::\s*)?[({{<.]");
                    let parsed = parsed(&made)?;
                    let made = Rc::new(Clause::from([sought(made, &parsed)]));
                    ways.push(handler_start(self.language).map(Rc::new).into_iter().chain([made]).collect());
                }
                if let Some(call) = &passes.checked_by {
                    ways.extend(one_way(self.call_clauses(call))?);
                }
                Some(ways)
            }
            // The text may be cut in a file, and read in another, which is known by what it gives.
            Condition::TakenApart(apart) => {
                one_way([&apart.base64, &apart.json].into_iter().flat_map(|it| self.call_clauses(it)).collect())
            }
            Condition::Leads(LeadsMatcher::Up(layerings)) if layerings.is_empty() => Some(Vec::new()),
            Condition::Leads(_) => one_way(import_start(self.language).into_iter().collect()),
            // Markers are looked for by themselves.
            Condition::Exception(_) => Some(Vec::new()),
            Condition::Text(text) => {
                let pattern = text.pattern.source();
                one_way(vec![Clause::from([sought(pattern.to_owned(), &parsed(pattern)?)])])
            }
        }
    }

    fn call_clauses(&self, call: &CallMatcher) -> Vec<Clause> {
        let mut clauses = Vec::new();
        match (&call.callee, &call.name) {
            (Some(callee), None) => clauses.push(roots(callee, self.language)),
            (Some(callee), Some(name)) => clauses.extend(self.called(name).map(|mut names| {
                names.extend(roots(callee, self.language));
                names
            })),
            (None, Some(name)) => clauses.extend(self.called(name)),
            // What is called has no name, but came from something that has.
            (None, None) if call.of_call.is_some() => {}
            (None, None) => {
                // A call of anything is found by an argument that must be there by name.
                let name = call.arguments.iter().find_map(|argument| argument.name.clone());
                clauses.extend(name.map(|name| Clause::from([word(name)])));
            }
        }
        clauses.extend(call.of_call.iter().flat_map(|it| self.call_clauses(it)));
        clauses.extend(call.arguments.iter().filter_map(|argument| self.keyword(argument)));
        let values = call.arguments.iter().map(|argument| &argument.is).chain(&call.receiver).chain(&call.called);
        clauses.extend(values.flat_map(|value| self.value_clauses(value)));
        clauses
    }

    /// What must stand in a Python file for an argument that is given by name only: the name before its value, or a
    /// mapping that may hold it.
    fn keyword(&self, argument: &ArgumentCondition) -> Option<Clause> {
        let name =
            argument.name.clone().filter(|_| self.language == Language::Python && argument.position.is_none())?;
        let blank = r"(?:[\s\\]|#[^\n]*\n)*";
        let given = format!(r"\b{name}{blank}=");
        let mapping = format!(r"[(,]{blank}\*\*");
        let needle = |pattern: String| sought(pattern.clone(), &parsed(&pattern).expect("the pattern is well-formed"));
        (!argument.is.holds_when_absent()).then(|| Clause::from([needle(given), needle(mapping)]))
    }

    /// What must stand in the file for a value to meet the condition. Values may be written in other files; what
    /// they come from is looked for in this one.
    fn value_clauses(&self, condition: &ValueCondition) -> Vec<Clause> {
        match condition {
            ValueCondition::From(origin) => self.origin_clauses(origin),
            // No file spells that something is read from the environment in one way only.
            ValueCondition::Symbol(symbols) if symbols.names(self.language).any(names_environment) => Vec::new(),
            // Files that get it from another file under another name are found by that name.
            ValueCondition::Symbol(symbols) => vec![roots(symbols, self.language)],
            ValueCondition::Contains(inner) => self.value_clauses(inner),
            ValueCondition::All(all) => all.iter().flat_map(|it| self.value_clauses(it)).collect(),
            _ => Vec::new(),
        }
    }

    fn origin_clauses(&self, origin: &OriginMatcher) -> Vec<Clause> {
        let mut clauses = match (&origin.call, &origin.name, &origin.text) {
            (Some(call), None, None) => self.call_clauses(call),
            (None, Some(name), None) | (None, None, Some(name)) => self.named(name).into_iter().collect(),
            _ => Vec::new(),
        };
        // The number of an item taken apart is not written, but too short to be a clause.
        clauses.extend(origin.through.as_ref().and_then(|name| self.named(name)));
        clauses
    }

    /// A name that stands right after what `start` matches.
    fn after(&self, start: Option<&str>, name: &Pattern) -> Option<Clause> {
        let Some(start) = start else { return self.named(name) };
        if let (Language::Python, DEFINED, Some(needle)) = (self.language, start, of_word(name, Beside::Definition)) {
            return Some(Clause::from([needle]));
        }
        let hir = parsed(name.source())?;
        let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
        let rest = if is_anchored { "" } else { r"\w*?" };
        let ends = hir.properties().look_set_suffix().contains(Look::End);
        let end = if ends { r"(?:\W|$)" } else { "" };
        let core = without_looks(&hir);
        // What stands before the name stands before most names.
        let literals = literals::of(&core).map(|it| Rc::new(Literals { are_all: false, ..it }));
        let pattern = format!("{start}{rest}(?:{core}){end}");
        Some(Clause::from([Needle::Pattern(Sought { pattern, reach: Reach::Text, literals })]))
    }

    /// The name of what is called, and what stands behind it where it is.
    fn called(&self, name: &Pattern) -> Option<Clause> {
        let known = self.called.borrow().get(name.source()).cloned();
        let found = known.unwrap_or_else(|| {
            let found = if tells_calls(self.language) { of_word(name, Beside::Call) } else { None };
            self.called.borrow_mut().insert(name.source().to_owned(), found.clone());
            found
        });
        found.map(|needle| Clause::from([needle])).or_else(|| self.named(name))
    }

    fn named(&self, name: &Pattern) -> Option<Clause> {
        let mut known = self.named.borrow_mut();
        if !known.contains_key(name.source()) {
            let needle = || unanchored(name.source()).map(|core| sought(core.to_string(), &core));
            let found = whole(name.source()).or_else(|| of_word(name, Beside::Anything)).or_else(needle);
            known.insert(name.source().to_owned(), found);
        }
        known[name.source()].clone().map(|needle| Clause::from([needle]))
    }
}

/// The ways in which two conditions can hold at once; by the first alone where that would be too many.
fn both(first: Option<Vec<Way>>, second: Option<Vec<Way>>) -> Option<Vec<Way>> {
    match (first, second) {
        (Some(first), Some(second)) if first.is_empty() || second.is_empty() => Some(Vec::new()),
        (Some(first), Some(second)) if first.len() * second.len() <= MOST_WAYS => {
            let joined =
                |way: &Way| first.iter().map(|it| it.iter().chain(way).cloned().collect()).collect::<Vec<Way>>();
            Some(second.iter().flat_map(joined).collect())
        }
        (Some(one), _) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}

fn one_way(clauses: Vec<Clause>) -> Option<Vec<Way>> {
    // What nothing can be is nowhere.
    if clauses.iter().any(Clause::is_empty) {
        return Some(Vec::new());
    }
    (!clauses.is_empty()).then(|| vec![clauses.into_iter().map(Rc::new).collect()])
}

/// How a function that says no by its words lets pass.
const HANDS_ON: &str = r#"(?:[nN]ext|done|call_next|callNext|handler|get_response|ServeHTTP|doFilter|handle|proceed)\s*\(|[nN]ext\s*\.|\.\s*call\s*\(|["']Allow["']|(?:preHandle|[cC]anActivate|has_permission|hasPermission|authorize)\b"#;

/// What Python's definitions begin with.
const DEFINED: &str = r"\b(?:def|class)[ \t\x0c\\\r\n]+";

/// What stands before the name of a function or class in its definition, for languages that have a word for it, and
/// before that of a function where it is a type.
fn definition_start(language: Language, kind: Option<DefinitionKind>) -> Option<&'static str> {
    match (language, kind) {
        (Language::Python, _) => Some(DEFINED),
        (Language::Java | Language::CSharp, Some(DefinitionKind::Function)) => {
            Some(r"[\w>\])?](?:\s|//[^\n]*\n|/\*(?s:.)*?\*/)+")
        }
        (Language::Php, Some(DefinitionKind::Function)) => Some(r"(?i:function)[\s&]+"),
        (Language::Ruby, Some(DefinitionKind::Function)) => Some(r"\bdef\s+(?:\w+\.)?"),
        (Language::Go, Some(DefinitionKind::Function)) => Some(r"\bfunc\s+(?:\([^)]*\)\s*)?"),
        (Language::Rust, Some(DefinitionKind::Function)) => Some(r"\bfn\s+"),
        _ => None,
    }
}

/// What every handler of errors begins with, where there is one word for it.
fn handler_start(language: Language) -> Option<Clause> {
    let start = match language {
        Language::Python => "except",
        Language::JavaScript | Language::TypeScript | Language::Java | Language::CSharp | Language::Php => "catch",
        Language::Ruby => "rescue",
        Language::Rust | Language::Go | Language::Kotlin | Language::Scala => return None,
    };
    Some(Clause::from([word(start.to_owned())]))
}

/// What every import begins with, where there are words for it.
fn import_start(language: Language) -> Option<Clause> {
    let words: &[&str] = match language {
        Language::Python | Language::Go | Language::Java | Language::Kotlin | Language::Scala => &["import"],
        Language::JavaScript | Language::TypeScript => &["import", "require", "export"],
        Language::CSharp => &["using"],
        Language::Rust => &["use", "extern"],
        Language::Ruby | Language::Php => return None,
    };
    Some(words.iter().map(|it| word((*it).to_owned())).collect())
}

/// How handlers of requests are registered, and what is put before those of other files, in one of the languages that
/// have such; `is_writing`: handlers of methods that only read are of no interest.
fn route_start(language: Language, is_writing: bool) -> Option<String> {
    let lower = if is_writing { "post|put|patch|delete|del|all" } else { "get|post|put|patch|delete|del|all" };
    let title = if is_writing { "Post|Put|Patch|Delete" } else { "Get|Post|Put|Patch|Delete" };
    let upper = title.to_uppercase();
    Some(match language {
        Language::Python => format!(
            r#"\.(?:{lower}|route|api_route)\s*\(\s*(?:\w?["'](?:/|["'])|path|rule)|\bapi_view\b|\brequire_(?:POST|http_methods)\b|(?:View|ViewSet|Resource|HTTPEndpoint|Handler)\s*[,)]|\badd_(?:{lower}|url_rule|api_route|route)\b|\bRoute\s*\(|\badd_middleware\b|\bregister_middleware\b|\badd_dependency\b|\bBaseHTTPMiddleware\b|\bbefore_(?:app_)?request\b|\b(?:dependencies|guards|middlewares?)\s*=|\bDEFAULT_PERMISSION_CLASSES\b|\bMIDDLEWARE\b"#
        ),
        Language::JavaScript | Language::TypeScript => format!(
            r#"\.\s*(?:{lower})\s*(?:<[^>]*>)?\s*\(\s*["'`]|\bmethod["']?\s*:|\bauth\s*\.\s*default\b|\.\s*route\s*\(|@(?:{title})\b|\bexport\b[^;=]*\b(?:{upper})\b|\.\s*use\s*\(|\baddHook\b|\buseGlobalGuards\b|\bAPP_GUARD\b|\bmatcher\b|[mM]iddleware\b|\bNextResponse\b"#
        ),
        Language::Rust => format!(
            r"\.\s*route\s*\(|#\[\s*(?:\w+\s*::\s*)*(?:{lower})\s*\(|\.\s*(?:layer|route_layer|wrap|wrap_fn)\s*\("
        ),
        Language::Go => format!(
            r#"\.\s*(?:{title}|{upper}|Any|HandleFunc|Handle|Method|MethodFunc)\s*\(\s*["`]|\{{\s*(?:"(?:{upper})"|[\w.]*\bMethod(?:{title}))\s*,|\.\s*Use\s*\(|\bListenAndServe|\bHandler\s*:"#
        ),
        Language::Java | Language::Kotlin => format!(
            r#"[@.:](?:{title}|Request)(?:Mapping)?\b|[@.:](?:{upper})\b|\b(?:{lower})\s*\(\s*"|\bany(?:Request|Exchange)\b|\b(?:Filter|OncePerRequestFilter|GenericFilterBean|HandlerInterceptor(?:Adapter)?|ContainerRequestFilter)\b"#
        ),
        Language::CSharp => {
            format!(r"\bHttp(?:{title})\b|\bMap(?:{title})\b|\bFallbackPolicy\b|\bMapControllers\b|\bIMiddleware\b")
        }
        Language::Ruby => format!(r#"\bclass\s+[\w:]*Controller\b|\b(?:{lower})\s*\(?\s*["']"#),
        Language::Php => format!(r#"(?:::|->)\s*(?:{lower})\s*\(\s*["']"#),
        Language::Scala => return None,
    })
}

/// What stands before the last name of a decorator: its sign, or what ties the name to an expression, with blanks
/// and comments where the language takes them.
fn decorator_start(language: Language) -> Option<&'static str> {
    match language {
        Language::Python
        | Language::JavaScript
        | Language::TypeScript
        | Language::Java
        | Language::Kotlin
        | Language::Scala => Some(r"[@.(:](?:[\s\\(]|#[^\n]*\n|//[^\n]*\n|/\*(?s:.)*?\*/)*"),
        _ => None,
    }
}

fn names_environment(names: &SymbolNames) -> bool {
    names.exact.iter().chain(&names.prefixes).any(|it| it.starts_with(ENVIRONMENT))
}

/// What a file must spell to name each symbol.
fn roots(symbols: &Symbols, language: Language) -> Clause {
    // Sets say which language a symbol is of; what a rule names by itself has to look like one.
    let exact = || {
        let named = symbols.named.exact.iter().filter(|symbol| can_be_of(symbol, language));
        let of_sets = symbols.names(language).filter(|names| !std::ptr::eq(*names, &symbols.named));
        named.chain(of_sets.flat_map(|names| &names.exact))
    };
    let prefixes = symbols.names(language).flat_map(|names| &names.prefixes);
    // A C# symbol may be a type or the member of one, and looks the same.
    let types = exact().filter(|symbol| language == Language::CSharp && !symbol.contains("()"));
    let types = types.filter_map(|symbol| Some(word(symbol.rsplit('.').next()?.to_owned())));
    let prefixes = prefixes.map(|prefix| root(prefix.trim_end_matches('.'), language));
    let mut roots: Clause = exact().map(|symbol| root(symbol, language)).chain(prefixes).chain(types).collect();
    // What nothing can be nobody gives.
    if !roots.is_empty() {
        roots.insert(Needle::Given);
    }
    roots
}

/// Whether a symbol is written as symbols of the language are.
fn can_be_of(symbol: &str, language: Language) -> bool {
    if symbol.starts_with("builtins.") || symbol.starts_with("globalThis.") {
        let is_python = symbol.starts_with("builtins.");
        return match language {
            Language::Python => is_python,
            Language::JavaScript | Language::TypeScript => !is_python,
            _ => false,
        };
    }
    let is_capital = |part: &str| part.starts_with(|it: char| it.is_uppercase());
    let path_end = symbol.rfind('/').map_or(0, |at| at + 1);
    let parts: Vec<&str> = symbol[path_end..].split('.').collect();
    let has_path = path_end > 0 || symbol.starts_with('@');
    let has_hyphen = parts[0].contains('-');
    let is_lone = parts.len() == 1;
    // Java has a class `System`.
    if ["System", "Microsoft"].contains(&parts[0]) && parts.get(1).is_some_and(|it| is_capital(it)) {
        return language == Language::CSharp;
    }
    match language {
        Language::JavaScript | Language::TypeScript => {
            // An import path of Go begins with a domain.
            !(has_path && !symbol.starts_with('@') && symbol.split('/').next().is_some_and(|host| host.contains('.')))
        }
        Language::Go if has_path => !symbol.starts_with('@'),
        // What other packages can see begins with a capital.
        Language::Go => !has_hyphen && (is_lone || is_capital(parts[1]) && !is_capital(parts[0])),
        Language::Python | Language::Rust => !has_path && !has_hyphen,
        // Namespaces, types and members, each with a capital.
        Language::CSharp => !has_path && !has_hyphen && parts.iter().all(|part| is_capital(part)),
        Language::Ruby | Language::Php => !has_path && !has_hyphen && (is_lone || is_capital(parts[0])),
        Language::Java | Language::Kotlin | Language::Scala => {
            let capitals = parts.iter().take_while(|part| is_capital(part)).count();
            let is_package = NAMESPACES.contains(&parts[0]) || parts.len() > 3;
            !has_path && !has_hyphen && capitals < 3 && (is_package || parts.iter().any(|part| is_capital(part)))
        }
    }
}

fn word(text: String) -> Needle {
    Needle::Word(Word { text, names: Names::Anything })
}

fn sought(pattern: String, parsed: &Hir) -> Needle {
    let literals = literals::of(parsed).map(Rc::new);
    let reach = if literals.is_some() && !may_match(parsed, b'\n') { Reach::Line } else { Reach::Text };
    Needle::Pattern(Sought { pattern, reach, literals })
}

fn root(symbol: &str, language: Language) -> Needle {
    // The language's own names are not spelled with their module.
    for own in ["builtins.", "globalThis."] {
        if let Some(name) = symbol.strip_prefix(own) {
            return word(name.split('.').next().expect("split yields at least one part").to_owned());
        }
    }
    match language {
        Language::Python | Language::Rust | Language::JavaScript | Language::TypeScript => {
            let specifier = symbol.rfind('/').map_or(0, |at| at + 1);
            let end = symbol[specifier..].find('.').map_or(symbol.len(), |at| specifier + at);
            let module = symbol[..end].trim_end_matches("()");
            let package = symbol.split('.').nth(1);
            match package.filter(|_| NAMESPACES.contains(&module)) {
                Some(package) => Needle::Word(Word { text: package.to_owned(), names: Names::PartOfModule }),
                None => Needle::Word(Word { text: module.to_owned(), names: Names::Module }),
            }
        }
        // A version may stand within the path, after the name of the repository: `host/owner/name/v2/jwt`.
        Language::Go => {
            let specifier = symbol.rfind('/').map_or(0, |at| at + 1);
            let end = symbol[specifier..].find('.').map_or(symbol.len(), |at| specifier + at);
            let parts = symbol[..end].match_indices('/').map(|(at, _)| at);
            let repository = if symbol.starts_with("gopkg.in/") { 2 } else { 3 };
            word(symbol[..parts.take(repository).nth(repository - 1).unwrap_or(end)].to_owned())
        }
        // The package, which an import spells whole.
        Language::Java | Language::Kotlin | Language::Scala => {
            let is_class = |part: &str| part.starts_with(|it: char| it.is_uppercase());
            let class = symbol.split('.').take_while(|part| !is_class(part)).map(|part| part.len() + 1).sum::<usize>();
            let package = symbol[..class.saturating_sub(1).min(symbol.len())].to_owned();
            word(if package.is_empty() { first_name(symbol) } else { package })
        }
        // Namespaces come from elsewhere (`global using`), so the type is what a file spells.
        Language::CSharp => {
            let parts: Vec<&str> = symbol.split('.').collect();
            let made = parts.iter().find_map(|part| part.strip_suffix("()"));
            let type_name = made.unwrap_or_else(|| parts[parts.len().saturating_sub(2)]);
            word(type_name.to_owned())
        }
        Language::Ruby | Language::Php => word(first_name(symbol)),
    }
}

fn first_name(symbol: &str) -> String {
    symbol.split(['.', '(']).next().expect("split yields at least one part").to_owned()
}

/// What a pattern for whole names matches, where that can be spelled out.
fn whole(pattern: &str) -> Option<Needle> {
    let hir = parsed(pattern)?;
    let (start, end) = (hir.properties().look_set_prefix(), hir.properties().look_set_suffix());
    if !start.contains(Look::Start) || !end.contains(Look::End) {
        return None;
    }
    let core = without_looks(&hir);
    let literals = literals::of_whole(&core).map(Rc::new)?;
    Some(Needle::Pattern(Sought {
        pattern: core.to_string(),
        reach: Reach::Word(Beside::Anything),
        literals: Some(literals),
    }))
}

/// A pattern for names that are words, tried on words; `None` for others, and where no literal tells the words.
fn of_word(name: &Pattern, beside: Beside) -> Option<Needle> {
    let hir = parsed(name.source())?;
    let core = without_looks(&hir);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (0..=u8::MAX).any(|byte| !is_word(byte) && may_match(&core, byte)) {
        return None;
    }
    let ends = hir.properties();
    let is_whole = ends.look_set_prefix().contains(Look::Start) && ends.look_set_suffix().contains(Look::End);
    let all = if is_whole { literals::of_whole(&core) } else { None };
    let literals = match all {
        Some(all) => all,
        None => Literals { are_all: false, ..literals::of(&core)? },
    };
    let (pattern, literals) = (name.source().to_owned(), Some(Rc::new(literals)));
    Some(Needle::Pattern(Sought { pattern, reach: Reach::Word(beside), literals }))
}

/// Whether what a pattern matches may hold a byte.
fn may_match(pattern: &Hir, byte: u8) -> bool {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&byte),
        HirKind::Class(Class::Bytes(class)) => class.iter().any(|it| (it.start()..=it.end()).contains(&byte)),
        // Beyond ASCII a character is more than one byte.
        HirKind::Class(Class::Unicode(class)) => class
            .iter()
            .any(|it| it.end() > '\u{7F}' && !byte.is_ascii() || (it.start()..=it.end()).contains(&char::from(byte))),
        HirKind::Repetition(repetition) => may_match(&repetition.sub, byte),
        HirKind::Capture(capture) => may_match(&capture.sub, byte),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|it| may_match(it, byte)),
    }
}

/// Whether something has to stand behind the name of what is called.
fn tells_calls(language: Language) -> bool {
    matches!(language, Language::Python | Language::JavaScript | Language::TypeScript | Language::Go)
}

/// The pattern without anchors and word boundaries, since it is looked for in the text around a name, and without
/// what may be missing at its ends; `None` when nothing is left of it.
fn unanchored(pattern: &str) -> Option<Hir> {
    let core = without_loose_ends(without_looks(&parsed(pattern)?));
    let tells = core.properties().minimum_len().is_some_and(|length| length > 1);
    tells.then_some(core)
}

fn parsed(pattern: &str) -> Option<Hir> {
    let parse = |unicode| {
        let parser = regex_syntax::ParserBuilder::new().unicode(unicode).utf8(false).build();
        { parser }.parse(pattern).ok()
    };
    parse(false).or_else(|| parse(true))
}

fn without_looks(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Repetition(repetition) => {
            let mut repetition = repetition.clone();
            repetition.sub = Box::new(without_looks(&repetition.sub));
            Hir::repetition(repetition)
        }
        HirKind::Capture(capture) => without_looks(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_looks).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_looks).collect()),
    }
}

fn without_loose_ends(hir: Hir) -> Hir {
    let may_be_missing = |part: &Hir| part.properties().minimum_len() == Some(0);
    match hir.kind() {
        HirKind::Concat(parts) => {
            let mut parts = parts.as_slice();
            while let [first, rest @ ..] = parts
                && may_be_missing(first)
            {
                parts = rest;
            }
            while let [rest @ .., last] = parts
                && may_be_missing(last)
            {
                parts = rest;
            }
            match parts {
                [only] => without_loose_ends(only.clone()),
                parts => Hir::concat(parts.to_vec()),
            }
        }
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().cloned().map(without_loose_ends).collect()),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            let mut repetition = repetition.clone();
            (repetition.min, repetition.max) = (1, Some(1));
            Hir::repetition(repetition)
        }
        _ => hir,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_look_like_those_of_their_languages() {
        use Language::*;
        let table: [(&str, &[Language]); 13] = [
            ("jsonwebtoken.verify", &[Python, JavaScript, TypeScript, Rust]),
            ("@nestjs/jwt.JwtService().decode", &[JavaScript, TypeScript]),
            ("hono/jwt.decode", &[JavaScript, TypeScript, Go]),
            ("express-jwt", &[JavaScript, TypeScript]),
            ("github.com/golang-jwt/jwt.Parse", &[Go]),
            ("net/http.Get", &[JavaScript, TypeScript, Go]),
            ("os.Getenv", &[Python, JavaScript, TypeScript, Rust, Go, Java, Kotlin, Scala]),
            ("com.auth0.jwt.JWT.decode", &[Python, JavaScript, TypeScript, Rust, Java, Kotlin, Scala]),
            ("System.IdentityModel.Tokens.Jwt.JwtSecurityTokenHandler().ReadJwtToken", &[CSharp]),
            ("System.getenv", &[Python, JavaScript, TypeScript, Rust, Java, Ruby, Php, Kotlin, Scala]),
            ("JWT.decode", &[Python, JavaScript, TypeScript, Rust, Java, Ruby, Php, Kotlin, Scala]),
            ("globalThis.atob", &[JavaScript, TypeScript]),
            ("builtins.open", &[Python]),
        ];
        for (symbol, expected) in table {
            let found: Vec<Language> = Language::ALL.into_iter().filter(|it| can_be_of(symbol, *it)).collect();
            let mut expected = expected.to_vec();
            expected.sort();
            let mut found = found;
            found.sort();
            assert_eq!(found, expected, "{symbol}");
        }
    }
}
