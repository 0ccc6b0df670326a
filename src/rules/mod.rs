//! Rules: what must hold. One YAML file each, the same format for ours (embedded in the binary) and the
//! user's. A rule that reaches [`Rule`] is complete and checked; a wrong file is a [`RuleError`] that points
//! at the line. [`RuleSet`] joins the rules with the literals that decide whether a file is parsed at all.

use crate::fact::Language;
use crate::fact::Name;
use crate::fact::RegionKind;
use crate::finding::Severity;
use crate::globs::Paths;
use crate::rules::declared::Declared;
use crate::rules::declared::Layering;
use crate::rules::declared::Retired;
use crate::rules::document::Node;
use pattern::Pattern;
use regex::Regex;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::OnceLock;

pub(crate) mod declared;
pub(crate) mod decode;
mod document;
mod literals;
mod needles;
pub(crate) mod pattern;
pub(crate) mod prefilter;
pub(crate) mod words;

pub(crate) use decode::RuleError;

impl Rule {
    /// The message with `…` for what differs between findings.
    pub(crate) fn title(&self) -> String {
        static CAPTURE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"`?\{\w+\}`?").expect("the pattern is well-formed"));
        CAPTURE.replace_all(&self.message, "…").into_owned()
    }

    /// What it looks for, and what it asks of that.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.looked_for().chain(self.lower.iter().map(|it| &it.when))
    }

    /// What it looks for, first in other files.
    pub(crate) fn looked_for(&self) -> impl Iterator<Item = &Condition> {
        self.elsewhere().map(|it| &*it.condition).chain([&self.condition])
    }

    /// How bad it is where the rule says less.
    pub(crate) fn lesser(&self) -> impl Iterator<Item = Severity> {
        let unsure = match &self.contract {
            Some(Contract::Covered(covered)) => covered.unsure.as_ref().map(|it| it.severity),
            _ => None,
        };
        self.lower.iter().map(|it| it.severity).chain(unsure)
    }

    /// What it looks for in other files, to say less.
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = &Elsewhere> {
        self.lower.iter().filter_map(|it| it.elsewhere.as_ref())
    }
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: Arc<str>,
    pub(crate) severity: Severity,
    /// May hold `{callee}`, `{module}`, `{name}`, `{key}`; with a contract, what that fills in.
    pub(crate) message: String,
    pub(crate) why: Arc<str>,
    pub(crate) fix: Arc<str>,
    pub(crate) cwe: Option<Arc<str>>,
    pub(crate) docs: Option<String>,
    pub(crate) impact: Option<Arc<str>>,
    pub(crate) languages: Vec<Language>,
    pub(crate) paths: Option<Paths>,
    pub(crate) not_paths: Option<Paths>,
    pub(crate) tests_scope: TestsScope,
    pub(crate) exempt: Exempt,
    /// The name of the owner (`[owners]` of the project file) in whose modules the rule is silent.
    pub(crate) owner: Option<String>,
    /// Whether the texts that stand in the lines of what it finds are credentials, to be shown nowhere.
    pub(crate) masks_texts: bool,
    /// Said when the condition can be neither proved nor excluded; without it such a case is silent.
    pub(crate) unknown: Option<Unknown>,
    /// Where it says less; the first of these that holds.
    pub(crate) lower: Vec<Lower>,
    pub(crate) condition: Condition,
    /// What is to hold of all places that meet the condition together; none where each of them is a finding.
    pub(crate) contract: Option<Contract>,
    pub(crate) examples: Vec<Example>,
    pub(crate) origin: Origin,
}

/// What is to hold of the places that a rule finds in a whole repository.
#[derive(Clone, Debug)]
pub(crate) enum Contract {
    /// All say the same.
    Agree(Agree),
    /// No two of one service have the same name.
    Once,
    /// Somebody asks who is there before each handler.
    Covered(Covered),
    /// What is given to functions that say they check it comes to what the rule's owner has. Without an owner, the files
    /// with places of which nothing more is said are taken for it.
    Delegates,
    /// No file imports from a layer above its own, as the project file declares them.
    Layers,
    /// What is named is in a list that somebody keeps by hand, as the project file says; these names need not be.
    Registry(Registered),
    /// What the project file declares to be retired is not there any more.
    Retired(Mention, Vec<Arc<Retired>>),
}

/// Handlers before which somebody has to ask: those that the project file says, and else those beside most of which
/// somebody does.
#[derive(Clone, Debug)]
pub(crate) struct Covered {
    pub(crate) each: Arc<RouteMatcher>,
    /// What is said where the project file says nothing; silence without it.
    pub(crate) unsure: Option<Unsure>,
}

/// What a contract says where nobody declares that it is to hold.
#[derive(Clone, Debug)]
pub(crate) struct Unsure {
    pub(crate) severity: Severity,
    pub(crate) message: String,
}

/// What has to be declared.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    /// Where it is named. Looked for only where there is a list.
    pub(crate) each: Arc<Condition>,
    /// Names that need not be declared.
    pub(crate) ignore: Vec<String>,
}

/// How something retired may still be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mention {
    /// It is read or imported.
    Use,
    /// A text in the code names it.
    Text,
}

#[derive(Clone, Debug)]
pub(crate) struct Agree {
    /// Texts that stand for no value.
    pub(crate) ignore: Vec<String>,
}

/// The third verdict of a rule.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) severity: Severity,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestsScope {
    /// Reported apart and not counted in the verdict, as for every finding in tests.
    Apart,
    Include,
    Exclude,
    Only,
}

/// How a finding of the rule may be excepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exempt {
    Marker,
    Registry,
    Never,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    BuiltIn,
    File(String),
}

/// A piece of code that the rule must find something in, or must not.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    pub(crate) kind: ExampleKind,
    pub(crate) language: Language,
    /// Path and code of each file.
    pub(crate) files: Vec<(String, String)>,
    /// The tables of the project file that the example is about.
    pub(crate) project: Option<String>,
    /// 1-based line in the rule file.
    pub(crate) line: u32,
}

/// What a rule has to say of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExampleKind {
    /// It is found.
    Bad,
    /// It is found where the rule says less.
    Lower,
    Good,
}

impl ExampleKind {
    pub(crate) const ALL: [ExampleKind; 3] = [ExampleKind::Bad, ExampleKind::Lower, ExampleKind::Good];

    /// By the key of a rule file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ExampleKind::Bad => "bad",
            ExampleKind::Lower => "lower",
            ExampleKind::Good => "good",
        }
    }
}

/// Where the same code is not as bad.
#[derive(Debug)]
pub(crate) struct Lower {
    /// It may be a filter, or hold of what the rule found.
    pub(crate) when: Condition,
    /// What has to stand in another file of the same package besides.
    pub(crate) elsewhere: Option<Elsewhere>,
    /// It is so where each call of the function, in whatever file, is a place of which the rule says less by what it
    /// names before this.
    pub(crate) by_callers: bool,
    pub(crate) severity: Severity,
    pub(crate) message: String,
}

/// What makes code of other files less bad: see [`crate::contracts`].
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere {
    /// The name by which rules share it.
    pub(crate) name: Arc<str>,
    pub(crate) condition: Arc<Condition>,
}

#[derive(Debug)]
pub(crate) enum Condition {
    Any(Vec<Condition>),
    /// One node that meets them all; a `Not` among them takes nodes away.
    All(Vec<Condition>),
    Not(Box<Condition>),
    /// One that is kept elsewhere, too.
    Same(Arc<Condition>),
    /// Keeps or, within `not`, takes away nodes that other conditions name.
    Filter(Filter),
    Import(ImportMatcher),
    Call(CallMatcher),
    Define(Box<DefineMatcher>),
    Reference(Symbols),
    Env(EnvMatcher),
    Given(GivenMatcher),
    Name(NameMatcher),
    Text(TextMatcher),
    /// An import of a file of the repository.
    Leads(LeadsMatcher),
    /// Functions, of which it is told what becomes of what they are given.
    Fate(Box<FateMatcher>),
    /// Handlers of requests, and what stands before those of other files.
    Route(Arc<RouteMatcher>),
    /// Where a function that may say no lets somebody pass all the same.
    Passes(Box<PassMatcher>),
    /// Calls that give the claims of a token which is taken apart by hand.
    TakenApart(Box<ApartMatcher>),
    /// A marker or a line of the central list that is not right. Found once it is known what they allow.
    Exception(Flaw),
}

/// What can be wrong with an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is not written as one, or names what there is not.
    Invalid,
    WithoutReason,
    Expired,
    /// There is nothing for it to allow.
    Unused,
}

impl Condition {
    /// Whether it names no node itself and only keeps or takes away those that others name.
    pub(crate) fn is_filter(&self) -> bool {
        match self {
            Condition::Filter(_) | Condition::Not(_) => true,
            Condition::Any(all) | Condition::All(all) => all.iter().all(Condition::is_filter),
            Condition::Same(inner) => inner.is_filter(),
            _ => false,
        }
    }
}

/// What must hold of a node besides what it is.
#[derive(Debug)]
pub(crate) enum Filter {
    /// It stands within a node that meets the condition.
    Inside(Box<Condition>),
    /// The token that this call takes is checked by another call of the same function, on every path on which
    /// what this one read gets away.
    Verified { by: CallMatcher, argument: usize, callers: Callers },
    /// It runs when such a call failed: in its handler, or as the other choice (`verify(t) || decode(t)`).
    OnErrorOf(CallMatcher),
    /// Should the call fail, the function goes on as if it had not: its handler neither leaves nor notes anything.
    Swallowed,
    /// Nobody reads what the call gave; with an item, nobody reads that item of it.
    Unread { item: Option<u32> },
    /// What the call gave is looked at, and the same happens whatever it is, but that a log is told; with an item, that item
    /// of it.
    WithoutConsequence { item: Option<u32> },
    /// The check is asked only where the sender has sent a signature.
    OfSignedOnly,
    /// It gives a promise that nobody waits for: it is dropped, or looked at as if it were the answer.
    NotAwaited,
    /// It is only asked whether what the call gave is there at all: `verify(t) is None`.
    OnlyCompared,
    /// What the call gave is told a log or a terminal, and nothing else comes of it.
    ToldOnly(Callers),
    /// What the call gave is told a program's log, by the log's own methods, and nothing else comes of it.
    LoggedOnly,
    /// Only these members of what the call gave are read, and some are.
    ReadsOnly(Pattern),
    /// It runs only where something is compared with some of these texts: `env in ("test", "dev")`.
    Guarded(Pattern),
    /// Somewhere in the same file the condition holds.
    Beside(Box<Condition>),
    /// The file stands at such a path.
    Path(Paths),
    /// The file is in one of these languages.
    Languages(Vec<Language>),
    /// The manifests say, or leave open, that the package is older than `below`, and not older than `from`.
    Package { name: String, below: Option<String>, from: Option<String> },
    /// The manifest of the package that the file is part of asks for one of these.
    DependsOn(Vec<String>),
    /// A function or class that stands in the node, or one that it calls, so many calls further, holds such a call.
    Reaches(CallMatcher),
    /// A class above the one around it has a method that runs first, and that leads to such a call.
    CheckedAbove(CallMatcher),
}

/// Canonical names, per language, exact or by prefix (`jwt.*`).
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    /// Named one by one, for every language.
    pub(crate) named: Names,
    pub(crate) sets: Vec<Arc<SymbolSet>>,
}

/// A named set of symbols, by language.
pub(crate) type SymbolSet = BTreeMap<Language, Arc<Names>>;

#[derive(Debug, Default, Clone)]
pub(crate) struct Names {
    pub(crate) exact: FxHashSet<String>,
    /// With the dot: `jwt.` for `jwt.*`.
    pub(crate) prefixes: Vec<String>,
}

impl Symbols {
    pub(crate) fn contains(&self, language: Language, symbol: &str) -> bool {
        let contain = |symbol: &str| self.names(language).any(|names| names.contain(symbol));
        contain(symbol) || language == Language::Go && unversioned(symbol).is_some_and(|symbol| contain(&symbol))
    }

    /// The names that mean something in the language.
    pub(crate) fn names(&self, language: Language) -> impl Iterator<Item = &Names> {
        std::iter::once(&self.named).chain(self.sets.iter().filter_map(move |set| set.get(&language).map(|it| &**it)))
    }
}

impl Names {
    fn contain(&self, symbol: &str) -> bool {
        self.exact.contains(symbol) || self.prefixes.iter().any(|prefix| symbol.starts_with(prefix))
    }
}

/// A Go symbol without the major version in its module path: `…/jwt/v5.Parse` is `…/jwt.Parse`.
fn unversioned(symbol: &str) -> Option<String> {
    let (at, _) = symbol.match_indices("/v").find(|(at, _)| {
        let digits = symbol[at + 2..].find(|it: char| !it.is_ascii_digit()).unwrap_or(symbol.len() - at - 2);
        digits > 0 && matches!(symbol[at + 2 + digits..].bytes().next(), None | Some(b'.' | b'/'))
    })?;
    let digits = symbol[at + 2..].find(|it: char| !it.is_ascii_digit()).unwrap_or(symbol.len() - at - 2);
    Some(format!("{}{}", &symbol[..at], &symbol[at + 2 + digits..]))
}

#[derive(Debug)]
pub(crate) struct ImportMatcher {
    pub(crate) module: Symbols,
    /// Names that make the import none of the rule's business when it takes nothing else.
    pub(crate) except_names: Option<Pattern>,
    /// Every imported name must match.
    pub(crate) only_names: Option<Pattern>,
    pub(crate) types: bool,
}

#[derive(Debug, Default)]
pub(crate) struct CallMatcher {
    /// `None`: any call, also of names that do not resolve.
    pub(crate) callee: Option<Symbols>,
    pub(crate) not_callee: Option<Symbols>,
    /// The last name of what is called, as written. Beside `callee`: either of them suffices.
    pub(crate) name: Option<Pattern>,
    /// What is called is what such a call gave: `route(path)(handler)`.
    pub(crate) of_call: Option<Box<CallMatcher>>,
    /// What is called is such a value.
    pub(crate) called: Option<ValueCondition>,
    /// What the method is called on.
    pub(crate) receiver: Option<ValueCondition>,
    pub(crate) arguments: Vec<ArgumentCondition>,
}

/// A name is given a value.
#[derive(Debug)]
pub(crate) struct GivenMatcher {
    pub(crate) name: Pattern,
    pub(crate) by: Vec<GivenBy>,
    /// Whose member, or the call of which takes the argument.
    pub(crate) of: Option<Symbols>,
    pub(crate) value: ValueCondition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenBy {
    /// `name = value`, and fields of classes.
    Variable,
    /// `object.name = value`, `object["name"] = value`.
    Member,
    /// `{"name": value}`.
    Entry,
    /// `f(name=value)`.
    Argument,
    /// The default of a parameter.
    Default,
}

#[derive(Debug)]
pub(crate) struct ArgumentCondition {
    pub(crate) name: Option<String>,
    pub(crate) position: Option<usize>,
    pub(crate) is: ValueCondition,
}

#[derive(Debug)]
pub(crate) enum ValueCondition {
    Equals(crate::fact::Literal),
    Matches(Pattern),
    /// Truthiness as the language has it.
    Truth(bool),
    /// The argument or key is not there.
    Absent(bool),
    /// A literal of any kind.
    Literal,
    Symbol(Symbols),
    Has(Vec<(String, ValueCondition)>),
    Contains(Box<ValueCondition>),
    /// It comes from such a thing: is it, or is computed from it, by whatever way.
    From(Box<OriginMatcher>),
    /// A text that is written in the source, and not the fallback of something else.
    Hardcoded,
    /// Read from the environment, with a text written in the source where that is not set.
    EnvironmentDefault,
    /// A function that returns such a value.
    Returns(Box<ValueCondition>),
    /// Such a function, of whatever file.
    Function(Box<DefineMatcher>),
    /// A function whose body mentions such a name.
    Mentions(Pattern),
    /// A function that never reads its parameter at this position.
    IgnoresParameter(usize),
    Any(Vec<ValueCondition>),
    All(Vec<ValueCondition>),
    Not(Box<ValueCondition>),
}

/// What a value may come from.
#[derive(Debug)]
pub(crate) struct OriginMatcher {
    pub(crate) call: Option<CallMatcher>,
    /// A variable, parameter or attribute of such a name.
    pub(crate) name: Option<Pattern>,
    /// A text written in this file.
    pub(crate) text: Option<Pattern>,
    /// A member, key or item number on the way from there.
    pub(crate) through: Option<Pattern>,
    /// A parameter comes from where all of them give it from.
    pub(crate) callers: Callers,
}

/// Whose calls decide what becomes of what a function takes and gives: those in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Callers {
    /// Where nobody else can call it.
    #[default]
    OfPrivate,
    /// Though others might call it. For what says less, and never for what says nothing.
    Known,
}

#[derive(Debug)]
pub(crate) struct DefineMatcher {
    pub(crate) kind: Option<crate::fact::DefinitionKind>,
    pub(crate) name: Option<Pattern>,
    pub(crate) not_name: Option<Pattern>,
    /// Some parameter matches.
    pub(crate) parameter: Option<Pattern>,
    /// The type or the default of some parameter comes from such a thing.
    pub(crate) parameter_from: Option<OriginMatcher>,
    pub(crate) decorator: Option<Symbols>,
    /// The last name of some decorator, as written.
    pub(crate) decorator_name: Option<Pattern>,
    pub(crate) base: Option<Symbols>,
    /// The body calls something whose last name matches.
    pub(crate) calls: Option<Pattern>,
    /// The body calls nothing whose last name matches.
    pub(crate) calls_none: Option<Pattern>,
    /// Calls of such last names count for none of these.
    pub(crate) calls_aside: Option<Pattern>,
    pub(crate) calls_nothing: bool,
    /// Within the definition the condition holds.
    pub(crate) holds: Option<Condition>,
    pub(crate) returns: Option<ValueCondition>,
    pub(crate) on_error_returns: Option<ValueCondition>,
    /// What it is given in such parameters it judges by its form alone.
    pub(crate) goes_by_form: bool,
    /// Something that it returns may say yes.
    pub(crate) may_agree: bool,
    /// It stands in a handler of what imports, or loads, something of its name.
    pub(crate) replaces_import: Option<Replaced>,
    /// Neither it nor what it calls of the repository, so many calls further, calls something of such a last name.
    pub(crate) reaches_none: Option<(Pattern, usize)>,
}

#[derive(Debug)]
pub(crate) struct EnvMatcher {
    pub(crate) key: Pattern,
    pub(crate) default: Option<ValueCondition>,
    /// Its truth decides something.
    pub(crate) tested: bool,
}

#[derive(Debug)]
pub(crate) struct NameMatcher {
    pub(crate) pattern: Pattern,
    pub(crate) roles: Vec<crate::fact::IdentifierRole>,
}

#[derive(Debug)]
pub(crate) struct TextMatcher {
    pub(crate) pattern: Pattern,
    pub(crate) regions: Vec<RegionKind>,
}

/// Functions that are given something.
#[derive(Debug)]
pub(crate) struct FateMatcher {
    pub(crate) each: Condition,
    /// In which parameters.
    pub(crate) parameter: Pattern,
    /// Reckons with it.
    pub(crate) computing: Symbols,
    /// Reads it and tells nothing of it but its form.
    pub(crate) reading: Symbols,
    /// So many calls are followed, one in the other.
    pub(crate) hops: usize,
}

/// How the names of types end that say who somebody is.
pub(crate) const IDENTITY_TYPE: &str = "(?:[uU]ser|[pP]rincipal|[iI]dentity|[cC]laims|[aA]ccount|[sS]ession|[mM]ember|\
                                        [sS]ubject|[cC]aller|[aA]ctor|[vV]iewer)(?:Info|Data|Details|Context)?";

/// Functions that may say no, and where they let somebody pass all the same.
#[derive(Debug)]
pub(crate) struct PassMatcher {
    pub(crate) cause: PassCause,
    /// What lets pass; anything where nothing is named.
    pub(crate) by: Vec<PassKind>,
    /// Names, texts and numbers by which a function says no to whoever asks.
    pub(crate) refusal: Pattern,
    /// Names of functions that check who somebody is, or what he may.
    pub(crate) check: Pattern,
    /// Calls that say no themselves.
    pub(crate) checked_by: Option<CallMatcher>,
}

/// What is replaced where its import fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// Something of the repository.
    Own,
    Any,
}

/// How a function lets somebody pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PassKind {
    /// It hands the request on to who comes next.
    Request,
    /// It says yes.
    Yes,
    /// It gives an identity that is written there.
    Identity,
}

/// Why a function lets somebody pass that it did not check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PassCause {
    /// What it asks failed.
    Failure,
    /// Something that it needs is not configured, or a switch is off.
    Unset,
    /// What came in is a text that stands in the source.
    Written,
    /// It asks nothing.
    Always,
}

/// Handlers of requests that a file registers, whatever the framework.
#[derive(Debug)]
pub(crate) struct RouteMatcher {
    /// Methods in capitals; `ANY` for a handler of several.
    pub(crate) method: Option<Pattern>,
    /// Whether something asks before it; either where that is not said.
    pub(crate) guarded: Option<bool>,
    /// Only files with handlers that change something, by their methods, are of interest.
    pub(crate) is_writing: bool,
    /// What stands before the handlers of other files is of interest, too.
    pub(crate) with_before: bool,
    /// Names of what asks who is there, and of what only it can give.
    pub(crate) guard: Pattern,
    /// Names of what asks that would say nothing elsewhere than before a handler: `mustBeMember`.
    pub(crate) before: Option<Pattern>,
    /// Names, texts and numbers by which a function says no to whoever asks.
    pub(crate) refusal: Option<Pattern>,
    /// Addresses, and names of handlers, that everybody may have.
    pub(crate) open: Option<Pattern>,
    /// Names by which code says that everybody may have it.
    pub(crate) declared_open: Option<Pattern>,
    /// So many calls of a function are followed to one that asks.
    pub(crate) hops: usize,
}

/// The claims of a token are read that somebody takes apart by hand.
#[derive(Debug)]
pub(crate) struct ApartMatcher {
    /// What reads base64.
    pub(crate) base64: CallMatcher,
    pub(crate) json: CallMatcher,
}

/// An import that leads to a file of the repository to which it should not.
#[derive(Debug)]
pub(crate) enum LeadsMatcher {
    /// Into a layer above.
    Up(Vec<Arc<Layering>>),
    /// To something retired.
    Retired(Vec<Arc<Retired>>),
}

impl Contract {
    /// The places that take part, for a contract about what a project file declares.
    fn places(&self, declared: &Declared) -> Option<(Contract, Condition)> {
        let names = |all: &dyn Fn(&Retired) -> Vec<String>| -> Vec<String> {
            let names: BTreeSet<String> = declared.retired.iter().flat_map(|it| all(it)).collect();
            names.into_iter().collect()
        };
        match self {
            Contract::Agree(_) | Contract::Once | Contract::Delegates => None,
            Contract::Covered(covered) => (!declared.guarded.is_empty()).then(|| {
                let names: Vec<String> = declared.guarded.iter().flat_map(|it| it.by.clone()).collect();
                let each = Arc::new(covered.each.declared(&names));
                let contract = Contract::Covered(Covered { each: each.clone(), ..covered.clone() });
                (contract, Condition::Route(each))
            }),
            Contract::Registry(registered) => {
                let is_asked = !declared.registries.is_empty();
                let each = is_asked.then(|| Condition::Same(registered.each.clone()));
                Some((self.clone(), Condition::Any(each.into_iter().collect())))
            }
            Contract::Layers => {
                Some((Contract::Layers, Condition::Leads(LeadsMatcher::Up(declared.layerings.clone()))))
            }
            Contract::Retired(mention, _) => {
                let keys = names(&|it| it.environment.clone());
                let read = (!keys.is_empty()).then(|| {
                    let key = Pattern::trusted(format!("^(?:{})$", any_of(&keys)));
                    Condition::Env(EnvMatcher { key, default: None, tested: false })
                });
                let contract = Contract::Retired(*mention, declared.retired.clone());
                let mut places: Vec<Condition> = read.into_iter().collect();
                if *mention == Mention::Text {
                    let pattern = Pattern::trusted(format!(r"\b(?:{})\b", any_of(&keys)));
                    let text = Condition::Text(TextMatcher { pattern, regions: vec![RegionKind::String] });
                    let is_read = places
                        .into_iter()
                        .map(|it| Condition::Not(Box::new(Condition::Filter(Filter::Inside(Box::new(it))))));
                    let all = std::iter::once(text).chain(is_read).collect();
                    let places = if keys.is_empty() { Condition::Any(Vec::new()) } else { Condition::All(all) };
                    return Some((contract, places));
                }
                let imports = names(&|it| it.imports.clone());
                if !imports.is_empty() {
                    let mut module = Symbols::default();
                    module.named.exact.extend(imports);
                    places.push(Condition::Import(ImportMatcher {
                        module,
                        except_names: None,
                        only_names: None,
                        types: true,
                    }));
                }
                if declared.retired.iter().any(|it| !it.files.is_empty()) {
                    places.push(Condition::Leads(LeadsMatcher::Retired(declared.retired.clone())));
                }
                Some((contract, Condition::Any(places)))
            }
        }
    }
}

impl RouteMatcher {
    /// The same for a repository that says which handlers it means, and which names besides ask.
    fn declared(&self, names: &[String]) -> RouteMatcher {
        let guard = match names {
            [] => self.guard.clone(),
            names => Pattern::trusted(format!("(?:{})|^(?:{})$", self.guard.source(), any_of(names))),
        };
        RouteMatcher {
            method: self.method.clone(),
            guarded: None,
            is_writing: false,
            with_before: self.with_before,
            guard,
            before: self.before.clone(),
            refusal: self.refusal.clone(),
            open: self.open.clone(),
            declared_open: self.declared_open.clone(),
            hops: self.hops,
        }
    }
}

fn any_of(names: &[String]) -> String {
    names.iter().map(|it| regex::escape(it)).collect::<Vec<_>>().join("|")
}

impl Rule {
    /// The rule for a repository that declares such things of itself; none where that makes no difference.
    pub(crate) fn for_repository(&self, declared: &Declared) -> Option<Rule> {
        let (contract, condition) = self.contract.as_ref()?.places(declared)?;
        Some(Rule {
            id: self.id.clone(),
            severity: self.severity,
            message: self.message.clone(),
            why: self.why.clone(),
            fix: self.fix.clone(),
            cwe: self.cwe.clone(),
            docs: self.docs.clone(),
            impact: self.impact.clone(),
            languages: self.languages.clone(),
            paths: self.paths.clone(),
            not_paths: self.not_paths.clone(),
            tests_scope: self.tests_scope,
            exempt: self.exempt,
            owner: self.owner.clone(),
            masks_texts: self.masks_texts,
            unknown: None,
            lower: Vec::new(),
            condition,
            contract: Some(contract),
            examples: self.examples.clone(),
            origin: self.origin.clone(),
        })
    }

    /// Whether the rule looks at a file of this language at this path.
    pub(crate) fn applies(&self, language: Language, path: &str) -> bool {
        let may_lead = match &self.condition {
            // What is in no layer may import what it likes.
            Condition::Leads(LeadsMatcher::Up(layerings)) => layerings.iter().any(|it| it.has(path)),
            _ => true,
        };
        self.languages.contains(&language)
            && may_lead
            && self.paths.as_ref().is_none_or(|it| it.is_match(path))
            && !self.not_paths.as_ref().is_some_and(|it| it.is_match(path))
    }
}

/// What rules call, and the modules and values on the way there: a file that passes one of these on makes it
/// available under another name.
#[derive(Debug)]
pub(crate) struct Interest {
    rules: Arc<Vec<Rule>>,
    /// Found out for a language when it is first asked for.
    by_language: BTreeMap<Language, OnceLock<FxHashSet<Name>>>,
}

/// Modules that every second file uses: what is done with them is looked for where they are imported, and not
/// followed from file to file.
const EVERYDAY: [&str; 20] = [
    "json",
    "base64",
    "os",
    "ssl",
    "urllib",
    "urllib3",
    "requests",
    "httpx",
    "aiohttp",
    "orjson",
    "ujson",
    "simplejson",
    "msgspec",
    "rapidjson",
    "crypto",
    "cryptography",
    "fastapi",
    "pydantic",
    "axios",
    "socket",
];

fn is_everyday(symbol: &str) -> bool {
    EVERYDAY.contains(&symbol.split(['.', '(']).next().expect("split yields at least one part"))
}

impl Interest {
    pub(crate) fn of(rules: Arc<Vec<Rule>>) -> Interest {
        Interest { rules, by_language: Language::ALL.into_iter().map(|it| (it, OnceLock::new())).collect() }
    }

    pub(crate) fn contains(&self, language: Language, symbol: &str) -> bool {
        let symbols = self.by_language[&language].get_or_init(|| self.symbols(language));
        symbols.contains(symbol)
            || language == Language::Go && unversioned(symbol).is_some_and(|it| symbols.contains(it.as_str()))
    }

    fn symbols(&self, language: Language) -> FxHashSet<Name> {
        let mut symbols = FxHashSet::default();
        // Most sets are named by many rules.
        let mut known = FxHashSet::default();
        let mut add = |wanted: &Symbols| {
            let names = wanted.names(language).filter(|names| known.insert(std::ptr::from_ref(*names)));
            for name in names.flat_map(|names| &names.exact) {
                // The language's own names need no import.
                if ["builtins.", "globalThis."].iter().any(|own| name.starts_with(own)) || is_everyday(name) {
                    continue;
                }
                let after_specifier = name.rfind('/').map_or(0, |at| at + 1);
                let ends = name[after_specifier..].match_indices('.').map(|(at, _)| after_specifier + at);
                for end in ends.chain([name.len()]) {
                    symbols.insert(name[..end].into());
                    symbols.insert(name[..end].trim_end_matches("()").into());
                }
            }
        };
        let is_asked = |rule: &&Rule| rule.severity >= Severity::Error && rule.languages.contains(&language);
        for rule in self.rules.iter().filter(is_asked) {
            rule.condition.walk(&mut |condition| {
                let Condition::Call(call) = condition else { return };
                call.callee.iter().for_each(&mut add);
                for value in
                    call.arguments.iter().map(|argument| &argument.is).chain(&call.receiver).chain(&call.called)
                {
                    value.symbols(&mut add);
                }
            });
        }
        symbols
    }
}

impl ValueCondition {
    /// Whether it holds of an argument or entry that is not there.
    pub(crate) fn holds_when_absent(&self) -> bool {
        match self {
            ValueCondition::Absent(wanted) => *wanted,
            ValueCondition::Not(inner) => !inner.holds_when_absent(),
            ValueCondition::Any(all) => all.iter().any(ValueCondition::holds_when_absent),
            ValueCondition::All(all) => all.iter().all(ValueCondition::holds_when_absent),
            _ => false,
        }
    }

    /// Calls `visit` for the symbols that the value may have to be.
    fn symbols<'a>(&'a self, visit: &mut dyn FnMut(&'a Symbols)) {
        match self {
            ValueCondition::Symbol(symbols) => visit(symbols),
            ValueCondition::Has(entries) => entries.iter().for_each(|(_, condition)| condition.symbols(visit)),
            ValueCondition::Contains(inner) | ValueCondition::Returns(inner) => inner.symbols(visit),
            ValueCondition::Any(all) | ValueCondition::All(all) => all.iter().for_each(|it| it.symbols(visit)),
            _ => {}
        }
    }

    /// Whether it asks where a value comes from, and not only what it is.
    pub(crate) fn is_about_origin(&self) -> bool {
        match self {
            ValueCondition::From(_) | ValueCondition::Hardcoded | ValueCondition::EnvironmentDefault => true,
            ValueCondition::Has(entries) => entries.iter().any(|(_, condition)| condition.is_about_origin()),
            ValueCondition::Contains(inner) | ValueCondition::Not(inner) => inner.is_about_origin(),
            ValueCondition::Any(all) | ValueCondition::All(all) => all.iter().any(ValueCondition::is_about_origin),
            _ => false,
        }
    }
}

impl Condition {
    /// Calls `visit` on this condition and every one within it.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Condition)) {
        visit(self);
        match self {
            Condition::Any(all) | Condition::All(all) => all.iter().for_each(|it| it.walk(visit)),
            Condition::Not(inner) | Condition::Filter(Filter::Inside(inner) | Filter::Beside(inner)) => {
                inner.walk(visit);
            }
            Condition::Define(define) => define.holds.iter().for_each(|it| it.walk(visit)),
            Condition::Fate(fate) => fate.each.walk(visit),
            Condition::Same(inner) => inner.walk(visit),
            Condition::Filter(_)
            | Condition::Import(_)
            | Condition::Call(_)
            | Condition::Reference(_)
            | Condition::Env(_)
            | Condition::Given(_)
            | Condition::Name(_)
            | Condition::Text(_)
            | Condition::Leads(_)
            | Condition::Route(_)
            | Condition::Passes(_)
            | Condition::TakenApart(_)
            | Condition::Exception(_) => {}
        }
    }
}

/// A rule or symbol file of our own.
pub(crate) struct OwnFile {
    /// Below `rules/`.
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
    /// What `build.rs` made of it: a [`Node`] without the examples.
    tree: &'static [u8],
}

impl OwnFile {
    fn root(&self) -> Node<'static> {
        postcard::from_bytes(self.tree).expect("it was written when the program was built")
    }
}

/// By path.
pub(crate) static OWN_FILES: &[OwnFile] = include!(concat!(env!("OUT_DIR"), "/own_files.rs"));
