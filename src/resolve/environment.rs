//! Reads of the environment: by the language's own means, by a library, by a project's own function or object.
//!
//! A function of the repository reads the environment when a parameter of it comes to be the key of a read, in itself or
//! in one that it calls. Where what is called cannot be resolved, an object is known by its name.

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ENVIRONMENT;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::resolve::DefinitionId;
use crate::resolve::Resolver;
use crate::resolve::Value;

/// Calls that read the variable their first argument names, the second being given for an unset one.
const ENVIRONMENT_CALLS: [&str; 23] = [
    "os.getenv",
    "os.environ.get",
    "os.environ.setdefault",
    "os.environ.pop",
    "decouple.config",
    "environ.Env().str",
    "environ.Env()",
    "environs.Env().str",
    "environ.Env().bool",
    "environ.Env().int",
    "environs.Env().bool",
    "environs.Env().int",
    "std.env.var",
    "std.env.var_os",
    "globalThis.Deno.env.get",
    "os.Getenv",
    "os.LookupEnv",
    "System.getenv",
    "Environment.GetEnvironmentVariable",
    "org.springframework.core.env.Environment().getProperty",
    "env:fetch",
    "getenv",
    "env",
];

/// Whether a function reads a variable of the environment. Types of C# and Java may be of any namespace that a file uses.
pub(super) fn is_environment_call(symbol: &str) -> bool {
    const OF_TYPES: [&str; 2] = ["Environment.GetEnvironmentVariable", "System.getenv"];
    ENVIRONMENT_CALLS.contains(&symbol) || OF_TYPES.iter().any(|it| is_of_type(symbol, it))
}

/// Whether a symbol is such a member of a type, of whatever namespace.
pub(super) fn is_of_type(symbol: &str, member: &str) -> bool {
    symbol.strip_suffix(member).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// What projects call their own object for the environment, or the function that gives it.
const RECEIVERS: [&str; 9] =
    ["env", "_env", "Env", "get_env", "getEnv", "environment", "isolated_env", "env_manager", "get_environment"];

/// Methods by which such an object gives a variable: the key first, then what it is when nobody set it.
const ACCESSORS: [&str; 16] = [
    "get",
    "getenv",
    "get_env",
    "get_str",
    "get_bool",
    "get_int",
    "get_float",
    "get_list",
    "str",
    "bool",
    "int",
    "float",
    "list",
    "url",
    "getString",
    "getBoolean",
];

/// Whether a text is written like the name of a variable of the environment, and is none that a web server sets for a
/// request in an object of the same name (PEP 3333, Rack).
fn is_name_of_setting(key: &str) -> bool {
    const OF_REQUESTS: [&str; 12] = [
        "REQUEST_METHOD",
        "PATH_INFO",
        "QUERY_STRING",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "SCRIPT_NAME",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "REMOTE_ADDR",
        "REMOTE_USER",
        "REQUEST_URI",
    ];
    let is_name = key.len() > 2
        && key.starts_with(|it: char| it.is_ascii_uppercase())
        && key.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    is_name && !key.starts_with("HTTP_") && !OF_REQUESTS.contains(&key)
}

pub(super) const ENVIRONMENTS: [&str; 7] =
    ["os.environ", "globalThis.process.env", "process.env", "node:process.env", "globalThis.Bun.env", "ENV", "_ENV"];

/// A read of a variable of the environment.
pub(crate) struct EnvironmentRead {
    pub(crate) key: Name,
    /// The text that is the key, where it is an argument.
    pub(crate) key_at: Option<ExpressionId>,
    /// What the call gives for an unset one.
    pub(crate) default: Option<ExpressionId>,
    /// The same, where it stands within the text that names the variable.
    pub(crate) default_within: Option<Name>,
}

impl EnvironmentRead {
    fn new(key: impl Into<Name>, key_at: Option<ExpressionId>, default: Option<ExpressionId>) -> EnvironmentRead {
        EnvironmentRead { key: key.into(), key_at, default, default_within: None }
    }
}

/// Annotations that fill what they stand at with a setting, `"${key:default}"`. Sources: the documentation of the Spring
/// Framework, "Using @Value", and of Micronaut, "Configuration Injection".
const VALUE_ANNOTATIONS: [&str; 2] =
    ["org.springframework.beans.factory.annotation.Value", "io.micronaut.context.annotation.Value"];

/// The same, with name and default for themselves. Source: MicroProfile Config, "ConfigProperty".
const PROPERTY_ANNOTATION: &str = "org.eclipse.microprofile.config.inject.ConfigProperty";

/// Classes whose fields pydantic fills.
const SETTINGS_CLASSES: [&str; 3] =
    ["pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic_settings.main.BaseSettings"];

/// Which parameters of a function are the key of a read and what is given for an unset variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reader {
    key: usize,
    default: Option<usize>,
}

/// Reads are followed through so many functions, one in the other.
const MOST_READERS: u32 = 3;

impl Resolver<'_> {
    /// Whether the expression is the environment itself: `os.environ`, `process.env`.
    pub(crate) fn is_environment(&self, id: ExpressionId) -> bool {
        self.symbols(id).iter().any(|it| ENVIRONMENTS.contains(&it.as_ref()))
    }

    /// The variable of the environment that an expression reads, and the default it names.
    pub(crate) fn environment_read(&self, id: ExpressionId) -> Option<EnvironmentRead> {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(id).kind else {
            let symbols = self.symbols(id);
            let key = symbols.iter().find_map(|it| it.strip_prefix(ENVIRONMENT))?;
            return Some(EnvironmentRead::new(key, None, None));
        };
        if let Some(read) = self.annotated_read(*callee, arguments) {
            return Some(read);
        }
        if self.calls_environment(*callee) {
            let key_at = arguments.first()?.value;
            return Some(EnvironmentRead::new(self.key(key_at)?, Some(key_at), default_of(arguments)));
        }
        // The function of a project is asked for only where it is given what looks like a name.
        let named = |it: &&Argument| self.key(it.value).is_some_and(|key| is_name_of_setting(&key));
        let key = arguments.iter().take(MOST_BEFORE_KEY).find(named)?.value;
        let read = |default| Some(EnvironmentRead::new(self.key(key)?, Some(key), default));
        if let Some((reader, parameters)) = self.reader_called(*callee, MOST_READERS) {
            let given = |index: usize| argument_for(&parameters, arguments, index);
            return (given(reader.key) == Some(key)).then(|| read(reader.default.and_then(given)))?;
        }
        (self.is_accessor(*callee) && arguments.first()?.value == key).then(|| read(default_of(arguments)))?
    }

    /// The setting that an annotation asks for.
    fn annotated_read(&self, callee: ExpressionId, arguments: &[Argument]) -> Option<EnvironmentRead> {
        if !matches!(self.facts.language, Language::Java | Language::Kotlin | Language::Scala) {
            return None;
        }
        let symbols = self.symbols(callee);
        let is = |wanted: &str| symbols.iter().any(|it| it.as_ref() == wanted);
        let named = |wanted: &str| {
            let is_wanted = |it: &&Argument| matches!(&it.kind, ArgumentKind::Keyword(name) if name == wanted);
            arguments.iter().find(is_wanted).map(|it| it.value)
        };
        if is(PROPERTY_ANNOTATION) {
            let key_at = named("name")?;
            return Some(EnvironmentRead::new(self.key(key_at)?, Some(key_at), named("defaultValue")));
        }
        if !VALUE_ANNOTATIONS.iter().any(|it| is(it)) {
            return None;
        }
        let first = arguments.first().filter(|it| it.kind == ArgumentKind::Positional).map(|it| it.value);
        let key_at = named("value").or(first)?;
        let (key, default_within) = placeholder(&self.key(key_at)?)?;
        Some(EnvironmentRead { default_within, ..EnvironmentRead::new(key, Some(key_at), None) })
    }

    /// The fields of classes that pydantic fills from the environment, with their names there and their defaults.
    /// Source: the documentation of pydantic-settings, "Environment variable names": the field's name in any case behind
    /// the prefix, unless an alias is given.
    pub(crate) fn settings_fields(&self) -> Vec<(ExpressionId, EnvironmentRead)> {
        let mut fields = Vec::new();
        if self.facts.language != Language::Python {
            return fields;
        }
        for class in self.facts.definitions.iter().filter(|it| self.is_settings_class(it)) {
            let prefix = self.settings_prefix(class.scope);
            for binding in self.facts.bindings.iter().filter(|it| it.scope == class.scope) {
                // A name in capitals or with an underline before it is no field.
                let is_field = !binding.name.starts_with('_') && binding.name != "model_config";
                let BindingKind::Value(value) = binding.kind else { continue };
                let (alias, default) = self.field_of(value);
                let key = alias.or_else(|| {
                    is_field
                        .then_some(prefix.as_ref())?
                        .map(|prefix| format!("{prefix}{}", binding.name).to_uppercase())
                });
                fields.extend(key.map(|key| (value, EnvironmentRead::new(key, None, default))));
            }
        }
        fields
    }

    fn is_settings_class(&self, class: &Definition) -> bool {
        let is_settings =
            |id: &ExpressionId| self.symbols(*id).iter().any(|it| SETTINGS_CLASSES.contains(&it.as_ref()));
        class.kind == DefinitionKind::Class && class.bases.iter().any(is_settings)
    }

    /// What stands before the names of a class's fields; none where that is not known.
    fn settings_prefix(&self, class: ScopeId) -> Option<String> {
        for binding in &self.facts.bindings {
            let of_config = || {
                let scope = self.facts.scope(binding.scope);
                scope.name == "Config" && scope.parent == Some(class) && binding.name == "env_prefix"
            };
            let BindingKind::Value(value) = binding.kind else { continue };
            let prefix = if binding.scope == class && binding.name == "model_config" {
                let ExpressionKind::Call { arguments, .. } = &self.facts.expression(value).kind else { return None };
                let is_prefix =
                    |it: &&Argument| matches!(&it.kind, ArgumentKind::Keyword(name) if name == "env_prefix");
                match arguments.iter().find(is_prefix) {
                    Some(argument) => argument.value,
                    None => continue,
                }
            } else if of_config() {
                value
            } else {
                continue;
            };
            return self.key(prefix);
        }
        Some(String::new())
    }

    /// The alias and the default of a field: `8080`, `Field(8080, env="PORT")`.
    fn field_of(&self, value: ExpressionId) -> (Option<String>, Option<ExpressionId>) {
        let ExpressionKind::Call { callee, arguments } = &self.facts.expression(value).kind else {
            return (None, Some(value));
        };
        if !self.symbols(*callee).iter().any(|it| it.as_ref() == "pydantic.Field") {
            return (None, Some(value));
        }
        let named = |wanted: &[&str]| {
            let is_wanted =
                |it: &&Argument| matches!(&it.kind, ArgumentKind::Keyword(name) if wanted.contains(&name.as_str()));
            arguments.iter().find(is_wanted).map(|it| it.value)
        };
        let first = arguments.first().filter(|it| it.kind == ArgumentKind::Positional).map(|it| it.value);
        let alias = named(&["env", "validation_alias", "alias"]).and_then(|it| self.key(it));
        (alias, named(&["default"]).or(first).filter(|it| !self.is_required(*it)))
    }

    /// `...`: the field has no default.
    fn is_required(&self, default: ExpressionId) -> bool {
        matches!(self.facts.expression(default).kind, ExpressionKind::Unknown)
    }

    fn calls_environment(&self, callee: ExpressionId) -> bool {
        self.symbols(callee).iter().any(|it| is_environment_call(it))
    }

    /// Whether the method of a project's own object for the environment is called: `env.get(..)`, `get_env().get(..)`,
    /// `self._env.get_bool(..)`.
    fn is_accessor(&self, callee: ExpressionId) -> bool {
        let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind else { return false };
        let object = match &self.facts.expression(*object).kind {
            ExpressionKind::Call { callee, .. } => *callee,
            _ => *object,
        };
        let (ExpressionKind::Name(receiver) | ExpressionKind::Member { name: receiver, .. }) =
            &self.facts.expression(object).kind
        else {
            return false;
        };
        ACCESSORS.contains(&name.as_str()) && RECEIVERS.contains(&receiver.as_str())
    }

    /// How the function of the repository that is called reads the environment, with the names of its parameters.
    fn reader_called(&self, callee: ExpressionId, depth: u32) -> Option<(Reader, Vec<Name>)> {
        let called = self.values(callee);
        let mut definitions = called.iter().filter_map(Value::definition);
        definitions.find_map(|called| {
            let (function, parameters) = self.callable(called)?;
            (function == called).then(|| self.reader(function, depth)).flatten().map(|reader| (reader, parameters))
        })
    }

    fn reader(&self, function: DefinitionId, depth: u32) -> Option<Reader> {
        if function.file != self.file {
            return self.elsewhere(function.file)?.reader(function, depth);
        }
        let readers = &self.readers[usize::from(self.is_left_open())];
        if let Some(known) = readers.borrow().get(&function.scope) {
            return *known;
        }
        // One that calls itself reads nothing by that.
        readers.borrow_mut().insert(function.scope, None);
        let reader = depth.checked_sub(1).and_then(|depth| self.read_in(function.scope, depth));
        let mut known = readers.borrow_mut();
        match reader {
            // Asked from nearer, it may be one.
            None if depth < MOST_READERS => known.remove(&function.scope),
            reader => known.insert(function.scope, reader),
        };
        reader
    }

    fn read_in(&self, scope: ScopeId, depth: u32) -> Option<Reader> {
        let definition = self.definition_at(scope).filter(|it| it.kind == DefinitionKind::Function)?;
        let parameter = |id: ExpressionId| self.parameter_in(&definition.parameters, id);
        let inside = self.facts.expressions.iter().filter(|it| definition.span.contains(it.span));
        let mut reads = inside.filter_map(|expression| match &expression.kind {
            ExpressionKind::Index { object, index } => {
                Some(Reader { key: self.is_environment(*object).then(|| parameter(*index))??, default: None })
            }
            ExpressionKind::Call { callee, arguments } => {
                // Without a parameter among what it is given, no call reads by one.
                arguments.iter().find(|it| parameter(it.value).is_some())?;
                if self.calls_environment(*callee) {
                    let key = parameter(arguments.first()?.value)?;
                    return Some(Reader { key, default: default_of(arguments).and_then(parameter) });
                }
                let (inner, parameters) = self.reader_called(*callee, depth)?;
                let given = |index: usize| argument_for(&parameters, arguments, index).and_then(parameter);
                Some(Reader { key: given(inner.key)?, default: inner.default.and_then(given) })
            }
            _ => None,
        });
        let read = reads.next()?;
        // `return default` where nothing was found.
        let returned = definition.returns.iter().filter_map(|it| self.alternative(&definition.parameters, it.value));
        let default = read.default.or_else(|| reads.find_map(|it| it.default)).or_else(|| {
            let mut returned = returned.filter(|index| *index != read.key);
            returned.next()
        });
        Some(Reader { default, ..read })
    }

    /// The parameter that an expression is.
    fn parameter_in(&self, parameters: &[Name], id: ExpressionId) -> Option<usize> {
        match &self.facts.expression(id).kind {
            ExpressionKind::Name(name) => parameters.iter().position(|it| it == name),
            ExpressionKind::Either(only) if only.len() == 1 => self.parameter_in(parameters, only[0]),
            // `key.upper()`
            ExpressionKind::Call { callee, arguments } if arguments.is_empty() => {
                match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, .. } => self.parameter_in(parameters, *object),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The parameter that is what is returned, or one of its alternatives.
    fn alternative(&self, parameters: &[Name], id: ExpressionId) -> Option<usize> {
        match &self.facts.expression(id).kind {
            ExpressionKind::Either(all) => all.iter().find_map(|it| self.alternative(parameters, *it)),
            ExpressionKind::Conditional { then, otherwise, .. } => {
                [*then, *otherwise].into_iter().find_map(|it| self.alternative(parameters, it))
            }
            _ => self.parameter_in(parameters, id),
        }
    }
}

/// The name and the default of `${name:default}`; `None` for what is made of more than that.
fn placeholder(text: &str) -> Option<(Name, Option<Name>)> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    if inner.contains(['{', '}']) {
        return None;
    }
    let (key, default) = inner.split_once(':').map_or((inner, None), |(key, default)| (key, Some(default)));
    (!key.is_empty()).then(|| (key.into(), default.map(Name::from)))
}

/// A key is one of the first so many arguments.
const MOST_BEFORE_KEY: usize = 2;

/// What a call of the environment's own functions gives for an unset variable.
pub(super) fn default_of(arguments: &[Argument]) -> Option<ExpressionId> {
    let named = arguments.iter().find(|it| matches!(&it.kind, ArgumentKind::Keyword(name) if name == "default"));
    named.or(arguments.get(1)).map(|it| it.value)
}

/// The argument that fills a parameter, as far as that is written.
fn argument_for(parameters: &[Name], arguments: &[Argument], index: usize) -> Option<ExpressionId> {
    let wanted = parameters.get(index)?;
    let named = arguments.iter().find(|it| matches!(&it.kind, ArgumentKind::Keyword(name) if name == wanted));
    let is_plain = |it: &Argument| it.kind == ArgumentKind::Positional;
    let in_place = || arguments.get(index).filter(|_| arguments.iter().take(index + 1).all(is_plain));
    named.or_else(in_place).map(|it| it.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_hold_a_name_and_perhaps_a_default() {
        let told =
            |text: &str| placeholder(text).map(|(key, default)| (key.to_string(), default.map(|it| it.to_string())));
        assert_eq!(told("${PORT}"), Some(("PORT".to_owned(), None)));
        assert_eq!(told("${db.url:http://host:80}"), Some(("db.url".to_owned(), Some("http://host:80".to_owned()))));
        assert_eq!(told("${a:}"), Some(("a".to_owned(), Some(String::new()))));
        for other in ["PORT", "${a}-${b}", "${a:${b:c}}", "#{a.b}", "${:x}", "${"] {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn what_a_web_server_sets_for_a_request_is_no_setting() {
        assert!(is_name_of_setting("DEMO_MODE") && is_name_of_setting("PORT"));
        assert!(!is_name_of_setting("HTTP_HOST") && !is_name_of_setting("REQUEST_METHOD") && !is_name_of_setting("id"));
    }
}
