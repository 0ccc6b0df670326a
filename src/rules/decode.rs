//! A rule file's YAML, checked key by key. Everything wrong is said with the place it stands at, all of a
//! file's mistakes at once where that is possible.

use crate::fact::DefinitionKind;
use crate::fact::IdentifierRole;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::RegionKind;
use crate::finding::Severity;
use crate::globs;
use crate::globs::Paths;
use crate::rules::Agree;
use crate::rules::ApartMatcher;
use crate::rules::ArgumentCondition;
use crate::rules::CallMatcher;
use crate::rules::Callers;
use crate::rules::Condition;
use crate::rules::Contract;
use crate::rules::Covered;
use crate::rules::DefineMatcher;
use crate::rules::Elsewhere;
use crate::rules::EnvMatcher;
use crate::rules::Example;
use crate::rules::ExampleKind;
use crate::rules::Exempt;
use crate::rules::FateMatcher;
use crate::rules::Filter;
use crate::rules::Flaw;
use crate::rules::GivenBy;
use crate::rules::GivenMatcher;
use crate::rules::ImportMatcher;
use crate::rules::Lower;
use crate::rules::Mention;
use crate::rules::NameMatcher;
use crate::rules::Names;
use crate::rules::Origin;
use crate::rules::OriginMatcher;
use crate::rules::OwnFile;
use crate::rules::PassCause;
use crate::rules::PassKind;
use crate::rules::PassMatcher;
use crate::rules::Registered;
use crate::rules::Replaced;
use crate::rules::RouteMatcher;
use crate::rules::Rule;
use crate::rules::SymbolSet;
use crate::rules::Symbols;
use crate::rules::TestsScope;
use crate::rules::TextMatcher;
use crate::rules::Unknown;
use crate::rules::Unsure;
use crate::rules::ValueCondition;
use crate::rules::document;
use crate::rules::document::Data;
use crate::rules::document::Node;
use crate::rules::pattern::Pattern;
use crate::rules::pattern::Patterns;
use miette::Diagnostic;
use miette::NamedSource;
use miette::SourceSpan;
use saphyr_parser::Event;
use saphyr_parser::Parser;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A mistake in a rule, symbol or project file.
#[derive(Debug, Clone, Diagnostic)]
#[diagnostic(code(ssot_guard::rule))]
pub(crate) struct RuleError {
    pub(crate) message: String,
    #[source_code]
    pub(crate) source: NamedSource<String>,
    #[label("here")]
    pub(crate) span: SourceSpan,
    #[help]
    pub(crate) help: Option<String>,
}

impl fmt::Display for RuleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RuleError {}

/// What rules share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// By name, without the `$`.
    sets: BTreeMap<String, Arc<SymbolSet>>,
    conditions: BTreeMap<String, Arc<Condition>>,
    patterns: Patterns,
}

/// The errors are boxed: they carry the file's text.
type Decoded<T> = Result<T, Box<RuleError>>;

/// Adds what one file of symbols shares: `sets: {name: {language: [symbol, …]}}`, `conditions: {name: condition}`. Files
/// may share a set when each speaks for languages of its own. Conditions may name the sets of files read before.
pub(crate) fn symbols(name: &str, text: &str, shared: &mut Shared) -> Decoded<()> {
    let file = File { name, text, is_ours: false };
    decode_symbols(file, file.root(&file.load()?)?, shared)
}

/// Adds what one of our own files of symbols shares.
pub(crate) fn own_symbols(own: &OwnFile, shared: &mut Shared) -> Decoded<()> {
    decode_symbols(File::of(own), &own.root(), shared)
}

fn decode_symbols<'a>(file: File<'a>, root: &Node<'a>, shared: &mut Shared) -> Decoded<()> {
    let fields = Fields::new(file, root, &["sets", "conditions"])?;
    for (key, node) in fields.get("conditions").map(|it| file.entries(it)).transpose()?.unwrap_or_default() {
        let condition = Decoder { file, shared }.condition(node)?;
        if shared.conditions.insert(file.string(key)?.to_owned(), Arc::new(condition)).is_some() {
            return Err(file.error(key, "there is such a condition already".to_owned(), None));
        }
    }
    for (set, node) in fields.get("sets").map(|it| file.entries(it)).transpose()?.unwrap_or_default() {
        let name = file.string(set)?;
        let symbols = Arc::make_mut(shared.sets.entry(name.to_owned()).or_default());
        for (language_node, names) in file.entries(node)? {
            let mut all = Names::default();
            for item in file.list(names)? {
                file.add_symbol(&mut all, file.string(item)?);
            }
            let all = Arc::new(all);
            for language in file.languages_named(language_node)? {
                if symbols.insert(language, all.clone()).is_some() {
                    let message = format!("set `{name}` is defined twice for {}", language.name());
                    return Err(file.error(language_node, message, None));
                }
            }
        }
    }
    Ok(())
}

/// Checks that no mapping of a file names a key twice: the library takes the last one without a word, and half a rule
/// would be lost. What is no YAML is told by whoever reads it.
pub(crate) fn names_no_key_twice(name: &str, text: &str) -> Decoded<()> {
    // For each mapping around, its keys so far and whether a key comes next; nothing for a list.
    let mut around: Vec<Option<(BTreeSet<String>, bool)>> = Vec::new();
    for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
        match &event {
            Event::MappingStart(..) => {
                around.push(Some((BTreeSet::new(), true)));
                continue;
            }
            Event::SequenceStart(..) => {
                around.push(None);
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => _ = around.pop(),
            Event::Scalar(..) | Event::Alias(_) => {}
            _ => continue,
        }
        let Some(Some((keys, is_key))) = around.last_mut() else { continue };
        if let (true, Event::Scalar(key, ..)) = (*is_key, &event)
            && !keys.insert(key.to_string())
        {
            return Err(error_at_line(name, text, span.start.line() as u32, format!("a second `{key}`"), None));
        }
        *is_key = !*is_key;
    }
    Ok(())
}

/// Reads one rule file.
pub(crate) fn rule(name: &str, text: &str, shared: &Shared, origin: Origin) -> Decoded<Rule> {
    let file = File { name, text, is_ours: origin == Origin::BuiltIn };
    decode_rule(file, file.root(&file.load()?)?, shared, origin, true)
}

/// Reads one of our own rule files without its examples.
pub(crate) fn own_rule(own: &OwnFile, shared: &Shared) -> Decoded<Rule> {
    decode_rule(File::of(own), &own.root(), shared, Origin::BuiltIn, false)
}

fn decode_rule<'a>(
    file: File<'a>,
    root: &Node<'a>,
    shared: &Shared,
    origin: Origin,
    with_examples: bool,
) -> Decoded<Rule> {
    let fields = Fields::new(
        file,
        root,
        &[
            "id", "severity", "message", "why", "fix", "cwe", "docs", "impact", "langs", "in", "exempt", "owner",
            "masks", "unknown", "lower", "match", "contract", "tests",
        ],
    )?;
    let decoder = Decoder { file, shared };
    let id_node = fields.required("id")?;
    let id = file.string(id_node)?;
    if !is_id(id) {
        return Err(file.error(id_node, format!("`{id}` is not a rule id"), Some("use lower-case-words-like-this")));
    }
    let severity = decoder.severity(fields.required("severity")?)?;
    let text_of = |key: &str| -> Decoded<Option<String>> {
        fields.get(key).map(|node| Ok(file.string(node)?.trim().to_owned())).transpose()
    };
    let required_text = |key: &str| -> Decoded<String> { Ok(file.string(fields.required(key)?)?.trim().to_owned()) };
    let languages = match fields.get("langs") {
        Some(node) => file.languages(node)?,
        None => Language::ALL.to_vec(),
    };
    let (paths, not_paths, tests_scope) = match fields.get("in") {
        Some(node) => {
            let scope = Fields::new(file, node, &["paths", "not", "tests"])?;
            let tests = match scope.get("tests") {
                None => TestsScope::Apart,
                Some(node) => match file.string(node)? {
                    "include" => TestsScope::Include,
                    "exclude" => TestsScope::Exclude,
                    "only" => TestsScope::Only,
                    other => return Err(file.one_of(node, other, &["include", "exclude", "only"])),
                },
            };
            let globs = |key: &str| scope.get(key).map(|node| decoder.globs(node)).transpose();
            (globs("paths")?, globs("not")?, tests)
        }
        None => (None, None, TestsScope::Apart),
    };
    let exempt = match fields.get("exempt") {
        None => Exempt::Marker,
        Some(node) => match file.string(node)? {
            "marker" => Exempt::Marker,
            "registry" => Exempt::Registry,
            "never" => Exempt::Never,
            other => return Err(file.one_of(node, other, &["marker", "registry", "never"])),
        },
    };
    let masks_texts = match fields.get("masks") {
        None => false,
        Some(node) => match file.string(node)? {
            "texts" => true,
            other => return Err(file.one_of(node, other, &["texts"])),
        },
    };
    let unknown = match fields.get("unknown") {
        None => None,
        Some(node) => {
            let unknown = Fields::new(file, node, &["severity", "message"])?;
            let severity = match unknown.get("severity") {
                Some(node) => decoder.severity(node)?,
                None => severity.lower(),
            };
            Some(Unknown { severity, message: file.string(unknown.required("message")?)?.trim().to_owned() })
        }
    };
    let lower: Vec<Lower> = match fields.get("lower") {
        None => Vec::new(),
        Some(node) => file.list(node)?.into_iter().map(|it| decoder.lower(it, severity)).collect::<Decoded<_>>()?,
    };
    let (condition, contract) = match (fields.get("match"), fields.get("contract")) {
        (Some(_), Some(node)) => {
            return Err(file.error(node, "`match` and `contract` exclude each other".to_owned(), None));
        }
        (None, Some(node)) => {
            if lower.iter().any(|it| it.elsewhere.is_some()) {
                let message = "a contract asks nothing of `elsewhere`: it knows the whole repository".to_owned();
                return Err(file.error(node, message, None));
            }
            let (condition, contract) = decoder.contract(node)?;
            (condition, Some(contract))
        }
        (..) => (decoder.condition(fields.required("match")?)?, None),
    };
    let examples = match with_examples {
        true => decoder.examples(fields.required("tests")?, id)?,
        false => Vec::new(),
    };
    Ok(Rule {
        id: id.into(),
        severity,
        message: required_text("message")?,
        why: required_text("why")?.into(),
        fix: required_text("fix")?.into(),
        cwe: text_of("cwe")?.map(Into::into),
        docs: text_of("docs")?,
        impact: text_of("impact")?.map(Into::into),
        languages,
        paths,
        not_paths,
        tests_scope,
        exempt,
        owner: text_of("owner")?,
        masks_texts,
        unknown,
        lower,
        condition,
        contract,
        examples,
        origin,
    })
}

/// An error at a 1-based line of a file, for mistakes found after decoding.
pub(crate) fn error_at_line(name: &str, text: &str, line: u32, message: String, help: Option<&str>) -> Box<RuleError> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let length = text[start..].lines().next().map_or(0, str::len);
    Box::new(RuleError {
        message,
        source: NamedSource::new(name, text.to_owned()).with_language("yaml"),
        span: (start, length).into(),
        help: help.map(str::to_owned),
    })
}

/// Words of lower-case letters and digits with dashes between them.
fn is_id(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_lowercase())
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()))
}

#[derive(Clone, Copy)]
struct File<'a> {
    name: &'a str,
    text: &'a str,
    /// Our tests have checked it.
    is_ours: bool,
}

impl<'a> File<'a> {
    fn of(own: &OwnFile) -> File<'static> {
        File { name: own.path, text: own.text, is_ours: true }
    }

    fn load(self) -> Decoded<Vec<Node<'a>>> {
        document::parse(self.text).map_err(|err| {
            let marker = err.marker();
            error_at_line(self.name, self.text, marker.line() as u32, format!("not YAML: {}", err.info()), None)
        })
    }

    fn root<'n>(self, documents: &'n [Node<'a>]) -> Decoded<&'n Node<'a>> {
        match documents {
            [root] => Ok(root),
            [] => Err(error_at_line(self.name, self.text, 1, "the file is empty".to_owned(), None)),
            [_, second, ..] => Err(self.error(second, "a second document".to_owned(), Some("one rule a file"))),
        }
    }

    fn error(self, node: &Node<'_>, message: String, help: Option<&str>) -> Box<RuleError> {
        // The parser's marks count characters.
        let byte = |index: usize| self.text.char_indices().nth(index).map_or(self.text.len(), |(at, _)| at);
        let (start, end) = (byte(node.start as usize), byte(node.end as usize));
        // A block ends where the next thing starts: label its first line only.
        let shown = self.text[start..end.max(start)].lines().next().map_or(0, str::len);
        Box::new(RuleError {
            message,
            source: NamedSource::new(self.name, self.text.to_owned()).with_language("yaml"),
            span: (start, shown).into(),
            help: help.map(str::to_owned),
        })
    }

    fn one_of(self, node: &Node<'_>, found: &str, allowed: &[&str]) -> Box<RuleError> {
        self.error(node, format!("`{found}` is not known here"), Some(&format!("one of: {}", allowed.join(", "))))
    }

    fn string<'n>(self, node: &'n Node<'a>) -> Decoded<&'n str> {
        match &node.data {
            Data::Text(text) => Ok(text),
            _ => Err(self.error(node, "a text is wanted here".to_owned(), Some("put it in quotes"))),
        }
    }

    fn boolean(self, node: &Node<'a>) -> Decoded<bool> {
        match &node.data {
            Data::Boolean(truth) => Ok(*truth),
            _ => Err(self.error(node, "`true` or `false` is wanted here".to_owned(), None)),
        }
    }

    /// The items of a list; anything else is a list of one.
    fn list<'n>(self, node: &'n Node<'a>) -> Decoded<Vec<&'n Node<'a>>> {
        match &node.data {
            Data::List(items) => Ok(items.iter().collect()),
            _ => Ok(vec![node]),
        }
    }

    fn entries<'n>(self, node: &'n Node<'a>) -> Decoded<Vec<(&'n Node<'a>, &'n Node<'a>)>> {
        match &node.data {
            Data::Mapping(entries) => Ok(entries.iter().map(|(key, value)| (key, value)).collect()),
            _ => Err(self.error(node, "keys and values are wanted here".to_owned(), None)),
        }
    }

    fn languages(self, node: &Node<'a>) -> Decoded<Vec<Language>> {
        let mut languages = Vec::new();
        for item in self.list(node)? {
            languages.extend(self.languages_named(item)?);
        }
        // `javascript` stands for TypeScript too.
        languages.sort();
        languages.dedup();
        Ok(languages)
    }

    fn languages_named(self, node: &Node<'a>) -> Decoded<Vec<Language>> {
        Ok(match self.string(node)? {
            // What holds for a JavaScript library holds for its use from TypeScript.
            "javascript" => vec![Language::JavaScript, Language::TypeScript],
            // What holds for a Java library holds for its use from Kotlin and Scala.
            "jvm" => vec![Language::Java, Language::Kotlin, Language::Scala],
            name => match Language::ALL.into_iter().find(|language| language.name() == name) {
                Some(language) => vec![language],
                None => {
                    let names: Vec<&str> = Language::ALL.into_iter().map(Language::name).chain(["jvm"]).collect();
                    return Err(self.one_of(node, name, &names));
                }
            },
        })
    }

    fn add_symbol(self, names: &mut Names, symbol: &str) {
        match symbol.strip_suffix('*') {
            Some(prefix) => names.prefixes.push(prefix.to_owned()),
            None => {
                names.exact.insert(symbol.to_owned());
            }
        }
    }
}

/// The keys of one mapping, checked against those that may stand there.
struct Fields<'n, 'a> {
    file: File<'a>,
    node: &'n Node<'a>,
    entries: Vec<(&'n str, &'n Node<'a>)>,
}

impl<'n, 'a> Fields<'n, 'a> {
    fn new(file: File<'a>, node: &'n Node<'a>, allowed: &[&str]) -> Decoded<Fields<'n, 'a>> {
        let mut entries = Vec::new();
        for (key, value) in file.entries(node)? {
            let name = file.string(key)?;
            if !allowed.contains(&name) {
                let help = format!("one of: {}", allowed.join(", "));
                return Err(file.error(key, format!("unknown key `{name}`"), Some(&help)));
            }
            entries.push((name, value));
        }
        Ok(Fields { file, node, entries })
    }

    fn get(&self, key: &str) -> Option<&'n Node<'a>> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
    }

    fn required(&self, key: &str) -> Decoded<&'n Node<'a>> {
        self.get(key).ok_or_else(|| self.file.error(self.node, format!("the key `{key}` is missing"), None))
    }
}

struct Decoder<'a> {
    file: File<'a>,
    shared: &'a Shared,
}

impl<'a> Decoder<'a> {
    fn severity(&self, node: &Node<'a>) -> Decoded<Severity> {
        let name = self.file.string(node)?;
        Severity::ALL
            .into_iter()
            .find(|it| it.name() == name)
            .ok_or_else(|| self.file.one_of(node, name, &Severity::ALL.map(Severity::name)))
    }

    fn regex(&self, node: &Node<'a>) -> Decoded<Pattern> {
        let text = self.file.string(node)?;
        let (pattern, flags) = match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
            Some(parts) => parts,
            None => {
                return Err(self.file.error(
                    node,
                    "a pattern between slashes is wanted here".to_owned(),
                    Some("write '/pattern/' or '/pattern/i'"),
                ));
            }
        };
        let flags = match flags {
            "" => "",
            "i" => "(?i)",
            other => return Err(self.file.one_of(node, other, &["i"])),
        };
        let source = format!("{flags}{pattern}");
        if self.file.is_ours {
            return Ok(self.shared.patterns.trusted(source));
        }
        Pattern::checked(source).map_err(|err| self.file.error(node, format!("bad pattern: {err}"), None))
    }

    fn lower(&self, node: &Node<'a>, than: Severity) -> Decoded<Lower> {
        let fields = Fields::new(self.file, node, &["when", "elsewhere", "callers", "severity", "message"])?;
        let by_callers = match fields.get("callers") {
            None => false,
            Some(it) => match self.file.string(it)? {
                "all" => true,
                other => return Err(self.file.one_of(it, other, &["all"])),
            },
        };
        // What callers make less of stands in no place of its own.
        let condition = match fields.get("when").filter(|_| by_callers) {
            Some(it) => return Err(self.file.error(it, "callers are asked of all places".to_owned(), None)),
            None if by_callers => Condition::Any(Vec::new()),
            None => self.condition(fields.required("when")?)?,
        };
        let elsewhere = fields.get("elsewhere").map(|it| -> Decoded<Elsewhere> {
            let name = self.file.string(it)?.into();
            Ok(Elsewhere { name, condition: self.shared_condition(it)? })
        });
        let severity_node = fields.required("severity")?;
        let severity = self.severity(severity_node)?;
        if severity >= than {
            return Err(self.file.error(severity_node, "this is no lower than the rule's own".to_owned(), None));
        }
        let message = self.file.string(fields.required("message")?)?.trim().to_owned();
        Ok(Lower { when: condition, elsewhere: elsewhere.transpose()?, by_callers, severity, message })
    }

    /// The condition that is shared by the name.
    fn shared_condition(&self, node: &Node<'a>) -> Decoded<Arc<Condition>> {
        let name = self.file.string(node)?;
        self.shared.conditions.get(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = self.shared.conditions.keys().map(String::as_str).collect();
            self.file.one_of(node, name, &names)
        })
    }

    fn globs(&self, node: &Node<'a>) -> Decoded<Paths> {
        let mut globs = Vec::new();
        for item in self.file.list(node)? {
            let written = self.file.string(item)?;
            if !self.file.is_ours {
                globs::glob(written).map_err(|err| self.file.error(item, format!("bad glob: {err}"), None))?;
            }
            globs.push(written.to_owned());
        }
        Ok(Paths::trusted(globs))
    }

    fn condition(&self, node: &Node<'a>) -> Decoded<Condition> {
        let entries = self.file.entries(node)?;
        let [(key, value)] = entries.as_slice() else {
            return Err(self.file.error(
                node,
                "exactly one matcher is wanted here".to_owned(),
                Some("join several with `any` or `all`"),
            ));
        };
        let all = |node| self.file.list(node)?.into_iter().map(|it| self.condition(it)).collect::<Decoded<Vec<_>>>();
        Ok(match self.file.string(key)? {
            "any" => Condition::Any(all(value)?),
            "all" => Condition::All(all(value)?),
            "not" => Condition::Not(Box::new(self.condition(value)?)),
            "same" => Condition::Same(self.shared_condition(value)?),
            "reaches" => Condition::Filter(Filter::Reaches(self.call(value)?)),
            "checked-above" => Condition::Filter(Filter::CheckedAbove(self.call(value)?)),
            "depends-on" => {
                let packages = self.file.list(value)?.into_iter().map(|it| Ok(self.file.string(it)?.to_owned()));
                Condition::Filter(Filter::DependsOn(packages.collect::<Decoded<_>>()?))
            }
            "inside" => Condition::Filter(Filter::Inside(Box::new(self.condition(value)?))),
            "verified" => {
                let known = ["callee", "not-callee", "name", "called", "argument", "callers"];
                let fields = Fields::new(self.file, value, &known)?;
                let callers = self.callers(&fields)?;
                let argument = fields.get("argument").map(|it| self.position(it)).transpose()?.unwrap_or(0);
                let by = CallMatcher {
                    callee: fields.get("callee").map(|it| self.symbols(it)).transpose()?,
                    not_callee: fields.get("not-callee").map(|it| self.symbols(it)).transpose()?,
                    name: self.optional_regex(&fields, "name")?,
                    called: fields.get("called").map(|it| self.value(it)).transpose()?,
                    ..CallMatcher::default()
                };
                Condition::Filter(Filter::Verified { by, argument, callers })
            }
            "on-error-of" => Condition::Filter(Filter::OnErrorOf(self.call(value)?)),
            "swallowed" => self.bare(value, Filter::Swallowed)?,
            "of-signed-only" => self.bare(value, Filter::OfSignedOnly)?,
            "not-awaited" => self.bare(value, Filter::NotAwaited)?,
            "only-compared-with-null" => self.bare(value, Filter::OnlyCompared)?,
            "logged-only" => self.bare(value, Filter::LoggedOnly)?,
            "told-only" => {
                let fields = Fields::new(self.file, value, &["callers"])?;
                Condition::Filter(Filter::ToldOnly(self.callers(&fields)?))
            }
            "without-consequence" => Condition::Filter(Filter::WithoutConsequence { item: self.item(value)? }),
            "unread" => Condition::Filter(Filter::Unread { item: self.item(value)? }),
            "reads-only" => Condition::Filter(Filter::ReadsOnly(self.regex(value)?)),
            "guarded" => Condition::Filter(Filter::Guarded(self.regex(value)?)),
            "beside" => Condition::Filter(Filter::Beside(Box::new(self.condition(value)?))),
            "path" => Condition::Filter(Filter::Path(self.globs(value)?)),
            "language" => Condition::Filter(Filter::Languages(self.file.languages(value)?)),
            "package" => {
                let fields = Fields::new(self.file, value, &["name", "below", "from"])?;
                let version = |key: &str| -> Decoded<Option<String>> {
                    fields.get(key).map(|it| Ok(self.file.string(it)?.to_owned())).transpose()
                };
                let name = self.file.string(fields.required("name")?)?.to_owned();
                let (below, from) = (version("below")?, version("from")?);
                if below.is_none() && from.is_none() {
                    return Err(self.file.error(value, "neither `below` nor `from` a version".to_owned(), None));
                }
                Condition::Filter(Filter::Package { name, below, from })
            }
            "import" => {
                let fields = Fields::new(self.file, value, &["module", "except-names", "only-names", "types"])?;
                Condition::Import(ImportMatcher {
                    module: self.symbols(fields.required("module")?)?,
                    except_names: self.optional_regex(&fields, "except-names")?,
                    only_names: self.optional_regex(&fields, "only-names")?,
                    types: fields.get("types").map(|it| self.file.boolean(it)).transpose()?.unwrap_or(false),
                })
            }
            "call" => Condition::Call(self.call(value)?),
            "define" => Condition::Define(Box::new(self.define(value)?)),
            "reference" => {
                let fields = Fields::new(self.file, value, &["symbol"])?;
                Condition::Reference(self.symbols(fields.required("symbol")?)?)
            }
            "env" => {
                let fields = Fields::new(self.file, value, &["key", "default", "tested"])?;
                Condition::Env(EnvMatcher {
                    key: self.regex(fields.required("key")?)?,
                    default: fields.get("default").map(|it| self.value(it)).transpose()?,
                    tested: fields.get("tested").map(|it| self.file.boolean(it)).transpose()?.unwrap_or(false),
                })
            }
            "given" => {
                let fields = Fields::new(self.file, value, &["name", "by", "of", "value"])?;
                let by = match fields.get("by") {
                    None => vec![GivenBy::Variable, GivenBy::Member, GivenBy::Entry, GivenBy::Argument],
                    Some(node) => {
                        self.file.list(node)?.into_iter().map(|it| self.given_by(it)).collect::<Decoded<_>>()?
                    }
                };
                Condition::Given(GivenMatcher {
                    name: self.regex(fields.required("name")?)?,
                    by,
                    of: fields.get("of").map(|it| self.symbols(it)).transpose()?,
                    value: self.value(fields.required("value")?)?,
                })
            }
            "name" => {
                let fields = Fields::new(self.file, value, &["is", "role"])?;
                let roles = match fields.get("role") {
                    None => vec![
                        IdentifierRole::Definition,
                        IdentifierRole::Parameter,
                        IdentifierRole::Binding,
                        IdentifierRole::Call,
                        IdentifierRole::Use,
                    ],
                    Some(node) => self.file.list(node)?.into_iter().map(|it| self.role(it)).collect::<Decoded<_>>()?,
                };
                Condition::Name(NameMatcher { pattern: self.regex(fields.required("is")?)?, roles })
            }
            "text" => {
                let fields = Fields::new(self.file, value, &["is", "region"])?;
                let regions = self.file.list(fields.required("region")?)?;
                Condition::Text(TextMatcher {
                    pattern: self.regex(fields.required("is")?)?,
                    regions: regions.into_iter().map(|it| self.region(it)).collect::<Decoded<_>>()?,
                })
            }
            "route" => {
                let fields = Fields::new(
                    self.file,
                    value,
                    &["method", "guarded", "guard", "before", "refusal", "open", "declared-open", "hops"],
                )?;
                Condition::Route(Arc::new(RouteMatcher {
                    method: self.optional_regex(&fields, "method")?,
                    guarded: fields.get("guarded").map(|it| self.file.boolean(it)).transpose()?,
                    is_writing: false,
                    with_before: false,
                    guard: self.regex(fields.required("guard")?)?,
                    before: self.optional_regex(&fields, "before")?,
                    refusal: self.optional_regex(&fields, "refusal")?,
                    open: self.optional_regex(&fields, "open")?,
                    declared_open: self.optional_regex(&fields, "declared-open")?,
                    hops: fields.get("hops").map(|it| self.position(it)).transpose()?.unwrap_or(HOPS),
                }))
            }
            "lets-pass" => {
                let fields = Fields::new(self.file, value, &["because", "by", "refusal", "check", "checked-by"])?;
                let because = fields.required("because")?;
                let cause = match self.file.string(because)? {
                    "failure" => PassCause::Failure,
                    "unset" => PassCause::Unset,
                    "written" => PassCause::Written,
                    "always" => PassCause::Always,
                    other => return Err(self.file.one_of(because, other, &["failure", "unset", "written", "always"])),
                };
                let kind = |node: &Node<'a>| match self.file.string(node)? {
                    "request" => Ok(PassKind::Request),
                    "yes" => Ok(PassKind::Yes),
                    "identity" => Ok(PassKind::Identity),
                    other => Err(self.file.one_of(node, other, &["request", "yes", "identity"])),
                };
                let by = fields.get("by").map(|it| self.file.list(it)).transpose()?.unwrap_or_default();
                Condition::Passes(Box::new(PassMatcher {
                    cause,
                    by: by.into_iter().map(kind).collect::<Decoded<_>>()?,
                    checked_by: fields.get("checked-by").map(|it| self.call(it)).transpose()?,
                    refusal: self.regex(fields.required("refusal")?)?,
                    check: self.regex(fields.required("check")?)?,
                }))
            }
            "taken-apart" => {
                let fields = Fields::new(self.file, value, &["base64", "json"])?;
                let base64 = self.call(fields.required("base64")?)?;
                let json = self.call(fields.required("json")?)?;
                Condition::TakenApart(Box::new(ApartMatcher { base64, json }))
            }
            "exception" => Condition::Exception(match self.file.string(value)? {
                "invalid" => Flaw::Invalid,
                "without-reason" => Flaw::WithoutReason,
                "expired" => Flaw::Expired,
                "unused" => Flaw::Unused,
                other => {
                    return Err(self.file.one_of(value, other, &["invalid", "without-reason", "expired", "unused"]));
                }
            }),
            other => {
                return Err(self.file.one_of(
                    key,
                    other,
                    &[
                        "any",
                        "all",
                        "not",
                        "same",
                        "inside",
                        "reaches",
                        "checked-above",
                        "verified",
                        "on-error-of",
                        "swallowed",
                        "logged-only",
                        "told-only",
                        "of-signed-only",
                        "not-awaited",
                        "without-consequence",
                        "unread",
                        "reads-only",
                        "guarded",
                        "beside",
                        "path",
                        "language",
                        "package",
                        "depends-on",
                        "import",
                        "call",
                        "define",
                        "reference",
                        "env",
                        "given",
                        "name",
                        "text",
                        "route",
                        "lets-pass",
                        "taken-apart",
                        "exception",
                    ],
                ));
            }
        })
    }

    fn call(&self, node: &Node<'a>) -> Decoded<CallMatcher> {
        let fields = Fields::new(
            self.file,
            node,
            &["callee", "not-callee", "name", "of-call", "called", "receiver", "arguments"],
        )?;
        let arguments = match fields.get("arguments") {
            Some(node) => self.file.list(node)?.into_iter().map(|it| self.argument(it)).collect::<Decoded<_>>()?,
            None => Vec::new(),
        };
        Ok(CallMatcher {
            callee: fields.get("callee").map(|it| self.symbols(it)).transpose()?,
            not_callee: fields.get("not-callee").map(|it| self.symbols(it)).transpose()?,
            name: self.optional_regex(&fields, "name")?,
            of_call: fields.get("of-call").map(|it| self.call(it).map(Box::new)).transpose()?,
            called: fields.get("called").map(|it| self.value(it)).transpose()?,
            receiver: fields.get("receiver").map(|it| self.value(it)).transpose()?,
            arguments,
        })
    }

    fn given_by(&self, node: &Node<'a>) -> Decoded<GivenBy> {
        Ok(match self.file.string(node)? {
            "variable" => GivenBy::Variable,
            "member" => GivenBy::Member,
            "entry" => GivenBy::Entry,
            "argument" => GivenBy::Argument,
            "default" => GivenBy::Default,
            other => {
                return Err(self.file.one_of(node, other, &["variable", "member", "entry", "argument", "default"]));
            }
        })
    }

    fn origin(&self, node: &Node<'a>) -> Decoded<OriginMatcher> {
        let fields = Fields::new(self.file, node, &["call", "name", "text", "through", "callers"])?;
        let origin = OriginMatcher {
            call: fields.get("call").map(|it| self.call(it)).transpose()?,
            name: self.optional_regex(&fields, "name")?,
            text: self.optional_regex(&fields, "text")?,
            through: self.optional_regex(&fields, "through")?,
            callers: self.callers(&fields)?,
        };
        match origin {
            OriginMatcher { call: None, name: None, text: None, .. } => {
                Err(self.file.error(node, "neither `call`, `name` nor `text` of the origin".to_owned(), None))
            }
            origin => Ok(origin),
        }
    }

    /// A filter that says all by its name.
    fn bare(&self, value: &Node<'a>, filter: Filter) -> Decoded<Condition> {
        Fields::new(self.file, value, &[])?;
        Ok(Condition::Filter(filter))
    }

    /// Which item of what a call gives is meant, where it is one.
    fn item(&self, value: &Node<'a>) -> Decoded<Option<u32>> {
        let fields = Fields::new(self.file, value, &["item"])?;
        Ok(fields.get("item").map(|it| self.position(it)).transpose()?.map(|it| it as u32))
    }

    fn callers(&self, fields: &Fields<'_, 'a>) -> Decoded<Callers> {
        let Some(node) = fields.get("callers") else { return Ok(Callers::OfPrivate) };
        match self.file.string(node)? {
            "known" => Ok(Callers::Known),
            other => Err(self.file.one_of(node, other, &["known"])),
        }
    }

    fn position(&self, node: &Node<'a>) -> Decoded<usize> {
        match &node.data {
            Data::Integer(position) if (0..100).contains(position) => Ok(*position as usize),
            _ => Err(self.file.error(node, "a position from 0 is wanted here".to_owned(), None)),
        }
    }

    fn define(&self, node: &Node<'a>) -> Decoded<DefineMatcher> {
        let fields = Fields::new(
            self.file,
            node,
            &[
                "is",
                "name",
                "not-name",
                "parameter",
                "parameter-from",
                "decorator",
                "decorator-name",
                "base",
                "body",
                "replaces-import",
            ],
        )?;
        let kind = match fields.get("is") {
            None => None,
            Some(node) => Some(match self.file.string(node)? {
                "function" => DefinitionKind::Function,
                "class" => DefinitionKind::Class,
                other => return Err(self.file.one_of(node, other, &["function", "class"])),
            }),
        };
        let mut matcher = DefineMatcher {
            kind,
            name: self.optional_regex(&fields, "name")?,
            not_name: self.optional_regex(&fields, "not-name")?,
            parameter: self.optional_regex(&fields, "parameter")?,
            parameter_from: fields.get("parameter-from").map(|it| self.origin(it)).transpose()?,
            decorator: fields.get("decorator").map(|it| self.symbols(it)).transpose()?,
            decorator_name: self.optional_regex(&fields, "decorator-name")?,
            base: fields.get("base").map(|it| self.symbols(it)).transpose()?,
            calls: None,
            calls_none: None,
            calls_aside: None,
            calls_nothing: false,
            holds: None,
            returns: None,
            on_error_returns: None,
            goes_by_form: false,
            may_agree: false,
            reaches_none: None,
            replaces_import: fields
                .get("replaces-import")
                .map(|it| match self.file.string(it)? {
                    "own" => Ok(Replaced::Own),
                    "any" => Ok(Replaced::Any),
                    other => Err(self.file.one_of(it, other, &["own", "any"])),
                })
                .transpose()?,
        };
        if let Some(body) = fields.get("body") {
            let keys = &[
                "calls",
                "calls-none",
                "calls-aside",
                "calls-nothing",
                "goes-by-form",
                "holds",
                "may-agree",
                "reaches-none",
                "returns",
                "on-error-returns",
            ];
            let body = Fields::new(self.file, body, keys)?;
            matcher.calls = self.optional_regex(&body, "calls")?;
            matcher.calls_none = self.optional_regex(&body, "calls-none")?;
            matcher.calls_aside = self.optional_regex(&body, "calls-aside")?;
            matcher.calls_nothing =
                body.get("calls-nothing").map(|it| self.file.boolean(it)).transpose()?.unwrap_or(false);
            if let Some(node) = body.get("goes-by-form") {
                matcher.goes_by_form = self.file.boolean(node)?;
                if matcher.goes_by_form && matcher.parameter.is_none() {
                    return Err(self.file.error(node, "by the form of which `parameter`?".to_owned(), None));
                }
            }
            matcher.may_agree = body.get("may-agree").map(|it| self.file.boolean(it)).transpose()?.unwrap_or(false);
            if let Some(node) = body.get("reaches-none") {
                let fields = Fields::new(self.file, node, &["name", "hops"])?;
                let hops = fields.get("hops").map(|it| self.position(it)).transpose()?.unwrap_or(HOPS);
                matcher.reaches_none = Some((self.regex(fields.required("name")?)?, hops));
            }
            matcher.holds = body.get("holds").map(|it| self.condition(it)).transpose()?;
            matcher.returns = body.get("returns").map(|it| self.value(it)).transpose()?;
            matcher.on_error_returns = body.get("on-error-returns").map(|it| self.value(it)).transpose()?;
        }
        Ok(matcher)
    }

    fn optional_regex(&self, fields: &Fields<'_, 'a>, key: &str) -> Decoded<Option<Pattern>> {
        fields.get(key).map(|it| self.regex(it)).transpose()
    }

    fn role(&self, node: &Node<'a>) -> Decoded<IdentifierRole> {
        Ok(match self.file.string(node)? {
            "definition" => IdentifierRole::Definition,
            "parameter" => IdentifierRole::Parameter,
            "binding" => IdentifierRole::Binding,
            "call" => IdentifierRole::Call,
            "use" => IdentifierRole::Use,
            other => {
                return Err(self.file.one_of(node, other, &["definition", "parameter", "binding", "call", "use"]));
            }
        })
    }

    fn region(&self, node: &Node<'a>) -> Decoded<RegionKind> {
        Ok(match self.file.string(node)? {
            "code" => RegionKind::Code,
            "string" => RegionKind::String,
            "comment" => RegionKind::Comment,
            "docstring" => RegionKind::Docstring,
            other => return Err(self.file.one_of(node, other, &["code", "string", "comment", "docstring"])),
        })
    }

    /// A name, a `$set`, or a list of both.
    fn symbols(&self, node: &Node<'a>) -> Decoded<Symbols> {
        let mut symbols = Symbols::default();
        for item in self.file.list(node)? {
            let name = self.file.string(item)?;
            let Some(set) = name.strip_prefix('$') else {
                self.file.add_symbol(&mut symbols.named, name);
                continue;
            };
            let Some(known) = self.shared.sets.get(set) else {
                let names: Vec<&str> = self.shared.sets.keys().map(String::as_str).collect();
                let help = format!("the sets are: {}", names.join(", "));
                return Err(self.file.error(item, format!("unknown set `{name}`"), Some(&help)));
            };
            symbols.sets.push(known.clone());
        }
        Ok(symbols)
    }

    fn argument(&self, node: &Node<'a>) -> Decoded<ArgumentCondition> {
        let fields = Fields::new(self.file, node, &["name", "position", "is"])?;
        let name = fields.get("name").map(|it| self.file.string(it).map(str::to_owned)).transpose()?;
        let position = fields.get("position").map(|it| self.position(it)).transpose()?;
        if name.is_none() && position.is_none() {
            return Err(self.file.error(node, "neither `name` nor `position` of the argument".to_owned(), None));
        }
        Ok(ArgumentCondition { name, position, is: self.value(fields.required("is")?)? })
    }

    fn value(&self, node: &Node<'a>) -> Decoded<ValueCondition> {
        match &node.data {
            Data::Null => Ok(ValueCondition::Equals(Literal::Null)),
            Data::Boolean(truth) => Ok(ValueCondition::Equals(Literal::Bool(*truth))),
            Data::Integer(number) => Ok(ValueCondition::Equals(Literal::Number(number.to_string().into()))),
            Data::Text(text) if text.len() > 1 && text.starts_with('/') => {
                Ok(ValueCondition::Matches(self.regex(node)?))
            }
            Data::Text(text) => Ok(ValueCondition::Equals(Literal::Text(text.as_ref().into()))),
            Data::Mapping(_) => self.value_keyword(node),
            _ => Err(self.file.error(node, "a value condition is wanted here".to_owned(), None)),
        }
    }

    fn value_keyword(&self, node: &Node<'a>) -> Decoded<ValueCondition> {
        let entries = self.file.entries(node)?;
        let [(key, value)] = entries.as_slice() else {
            return Err(self.file.error(
                node,
                "exactly one condition is wanted here".to_owned(),
                Some("join several with `any` or `all`"),
            ));
        };
        let several = |node| self.file.list(node)?.into_iter().map(|it| self.value(it)).collect::<Decoded<Vec<_>>>();
        Ok(match self.file.string(key)? {
            "truth" => ValueCondition::Truth(self.file.boolean(value)?),
            "absent" => ValueCondition::Absent(self.file.boolean(value)?),
            "literal" => self.holding(ValueCondition::Literal, value)?,
            "symbol" => ValueCondition::Symbol(self.symbols(value)?),
            "has" => {
                let mut conditions = Vec::new();
                for (key, value) in self.file.entries(value)? {
                    conditions.push((self.file.string(key)?.to_owned(), self.value(value)?));
                }
                ValueCondition::Has(conditions)
            }
            "contains" => ValueCondition::Contains(Box::new(self.value(value)?)),
            "from" => ValueCondition::From(Box::new(self.origin(value)?)),
            "hardcoded" => self.holding(ValueCondition::Hardcoded, value)?,
            "env-default" => self.holding(ValueCondition::EnvironmentDefault, value)?,
            "returns" => ValueCondition::Returns(Box::new(self.value(value)?)),
            "function" => ValueCondition::Function(Box::new(self.define(value)?)),
            "mentions" => ValueCondition::Mentions(self.regex(value)?),
            "ignores-parameter" => ValueCondition::IgnoresParameter(self.position(value)?),
            "any" => ValueCondition::Any(several(value)?),
            "all" => ValueCondition::All(several(value)?),
            "not" => ValueCondition::Not(Box::new(self.value(value)?)),
            other => {
                return Err(self.file.one_of(
                    key,
                    other,
                    &[
                        "truth",
                        "absent",
                        "literal",
                        "symbol",
                        "has",
                        "contains",
                        "from",
                        "hardcoded",
                        "env-default",
                        "returns",
                        "function",
                        "mentions",
                        "ignores-parameter",
                        "any",
                        "all",
                        "not",
                    ],
                ));
            }
        })
    }

    /// `condition: true` or `condition: false`.
    fn holding(&self, condition: ValueCondition, node: &Node<'a>) -> Decoded<ValueCondition> {
        Ok(match self.file.boolean(node)? {
            true => condition,
            false => ValueCondition::Not(Box::new(condition)),
        })
    }

    /// The places that take part in a contract, and what is to hold of them.
    fn contract(&self, node: &Node<'a>) -> Decoded<(Condition, Contract)> {
        let entries = self.file.entries(node)?;
        let [(kind, node)] = entries[..] else {
            return Err(self.file.error(node, "one kind of contract is wanted here".to_owned(), None));
        };
        match self.file.string(kind)? {
            "agree" => {
                let (each, ignore) = self.each_but(node)?;
                Ok((each, Contract::Agree(Agree { ignore })))
            }
            "registry" => {
                let (each, ignore) = self.each_but(node)?;
                let each = Arc::new(each);
                Ok((Condition::Same(each.clone()), Contract::Registry(Registered { each, ignore })))
            }
            "covered" => {
                let fields = Fields::new(self.file, node, &["each", "unsure"])?;
                let unsure = fields.get("unsure").map(|it| -> Decoded<Unsure> {
                    let fields = Fields::new(self.file, it, &["severity", "message"])?;
                    let message = self.file.string(fields.required("message")?)?.trim().to_owned();
                    Ok(Unsure { severity: self.severity(fields.required("severity")?)?, message })
                });
                let each_node = fields.required("each")?;
                let Condition::Route(each) = self.condition(each_node)? else {
                    return Err(self.file.error(each_node, "a `route` is wanted here".to_owned(), None));
                };
                // Without a project file only those that change something are told from the others.
                let each = Arc::into_inner(each).expect("nobody else has it yet");
                let each = Arc::new(RouteMatcher { is_writing: true, with_before: true, ..each });
                let contract = Contract::Covered(Covered { each: each.clone(), unsure: unsure.transpose()? });
                Ok((Condition::Route(each), contract))
            }
            "once" => {
                let fields = Fields::new(self.file, node, &["each"])?;
                Ok((self.condition(fields.required("each")?)?, Contract::Once))
            }
            "delegates" => {
                let fields =
                    Fields::new(self.file, node, &["each", "parameter", "computing", "reading", "hops", "owned"])?;
                let fate = FateMatcher {
                    each: self.condition(fields.required("each")?)?,
                    parameter: self.regex(fields.required("parameter")?)?,
                    computing: fields.get("computing").map(|it| self.symbols(it)).transpose()?.unwrap_or_default(),
                    reading: fields.get("reading").map(|it| self.symbols(it)).transpose()?.unwrap_or_default(),
                    hops: fields.get("hops").map(|it| self.position(it)).transpose()?.unwrap_or(HOPS),
                };
                let owned = fields.get("owned").map(|it| self.condition(it)).transpose()?;
                let places = std::iter::once(Condition::Fate(Box::new(fate))).chain(owned);
                Ok((Condition::Any(places.collect()), Contract::Delegates))
            }
            // What a project file declares is not known here.
            "layers" => {
                Fields::new(self.file, node, &[])?;
                Ok((Condition::Any(Vec::new()), Contract::Layers))
            }
            "retired" => {
                let fields = Fields::new(self.file, node, &["is"])?;
                let node = fields.required("is")?;
                let mention = match self.file.string(node)? {
                    "used" => Mention::Use,
                    "named" => Mention::Text,
                    other => return Err(self.file.one_of(node, other, &["used", "named"])),
                };
                Ok((Condition::Any(Vec::new()), Contract::Retired(mention, Vec::new())))
            }
            other => Err(self.file.one_of(
                kind,
                other,
                &["agree", "once", "covered", "delegates", "layers", "registry", "retired"],
            )),
        }
    }

    /// The places that take part, and the texts that do not.
    fn each_but(&self, node: &Node<'a>) -> Decoded<(Condition, Vec<String>)> {
        let fields = Fields::new(self.file, node, &["each", "ignore"])?;
        let ignore = match fields.get("ignore") {
            None => Vec::new(),
            Some(node) => self.file.list(node)?,
        };
        let ignore = ignore.into_iter().map(|it| self.file.string(it).map(str::to_owned)).collect::<Decoded<_>>()?;
        Ok((self.condition(fields.required("each")?)?, ignore))
    }

    /// `tests: {bad: {python: [code, …]}, good: {…}}`; code may be `{path: …, code: …}` where the path matters, and
    /// `{files: {path: code, …}, project: …}` where several files or what the project file declares do.
    fn examples(&self, node: &Node<'a>, id: &str) -> Decoded<Vec<Example>> {
        let fields = Fields::new(self.file, node, &ExampleKind::ALL.map(ExampleKind::name))?;
        let mut examples = Vec::new();
        for kind in ExampleKind::ALL {
            let key = kind.name();
            let before = examples.len();
            let by_language = match (kind, fields.get(key)) {
                (ExampleKind::Lower, None) => continue,
                (_, Some(node)) => node,
                (_, None) => fields.required(key)?,
            };
            for (language_node, list) in self.file.entries(by_language)? {
                let language =
                    *self.file.languages_named(language_node)?.first().expect("a name stands for one or more");
                for item in self.file.list(list)? {
                    let (files, project) = match &item.data {
                        Data::Mapping(_) => self.example_files(item)?,
                        _ => {
                            let path = format!("src/example.{}", extension(language));
                            (vec![(path, self.file.string(item)?.to_owned())], None)
                        }
                    };
                    examples.push(Example { kind, language, files, project, line: item.line });
                }
            }
            if examples.len() == before {
                let message = format!("rule `{id}` has no {key} example");
                return Err(self.file.error(by_language, message, Some("a rule proves itself on its own examples")));
            }
        }
        Ok(examples)
    }

    fn example_files(&self, node: &Node<'a>) -> Decoded<ExampleFiles> {
        let fields = Fields::new(self.file, node, &["path", "code", "files", "project"])?;
        let text = |node: &Node<'a>| self.file.string(node).map(str::to_owned);
        let mut files = Vec::new();
        match fields.get("files") {
            Some(all) => {
                for (path, code) in self.file.entries(all)? {
                    files.push((text(path)?, text(code)?));
                }
            }
            None => files.push((text(fields.required("path")?)?, text(fields.required("code")?)?)),
        }
        files.sort();
        Ok((files, fields.get("project").map(text).transpose()?))
    }
}

/// Path and code of each file of an example, and what its project file declares.
type ExampleFiles = (Vec<(String, String)>, Option<String>);

/// Calls are followed so far, one in the other, unless a rule says otherwise.
const HOPS: usize = 3;

fn extension(language: Language) -> &'static str {
    match language {
        Language::Python => "py",
        Language::JavaScript => "js",
        Language::TypeScript => "ts",
        Language::Rust => "rs",
        Language::Go => "go",
        Language::Java => "java",
        Language::CSharp => "cs",
        Language::Ruby => "rb",
        Language::Php => "php",
        Language::Kotlin => "kt",
        Language::Scala => "scala",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is trusted at run time is looked at as a user's.
    #[test]
    fn our_own_files_are_right() {
        let (of_symbols, of_rules): (Vec<&OwnFile>, Vec<&OwnFile>) =
            crate::rules::OWN_FILES.iter().partition(|it| it.path.starts_with("symbols/"));
        let mut shared = Shared::default();
        for own in of_symbols {
            symbols(own.path, own.text, &mut shared).expect("patterns and names are right");
            assert_eq!(document::parse(own.text).expect("it is YAML"), [own.root()]);
        }
        for own in of_rules {
            rule(own.path, own.text, &shared, Origin::File(own.path.to_owned())).expect("patterns and globs are right");
        }
    }

    #[test]
    fn our_own_files_name_no_key_twice() {
        for own in crate::rules::OWN_FILES {
            names_no_key_twice(own.path, own.text).expect("a key stands once");
        }
        let twice = |text: &str| names_no_key_twice("rule.yaml", text).is_err();
        assert!(twice("a: 1\nb: 2\na: 3\n") && twice("a: [{b: 1, b: 2}]") && twice("a:\n  - b: {c: 1}\n    b: 2\n"));
        assert!(!twice("a: [{b: 1}, {b: 2}]\nb: {a: 1}\nc: b\n"));
    }
}
