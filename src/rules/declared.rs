//! What a repository declares of itself in its project file: who owns what, which services there are, which of them may
//! import which, and which names are retired.

use crate::globs::Globs;
use crate::globs::Written;
use crate::globs::glob;
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::LazyLock;

/// The tables as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Tables {
    /// Globs of the modules that are allowed to do a thing, by the owner name that rules use.
    #[serde(default)]
    pub(crate) owners: BTreeMap<String, Vec<toml::Spanned<String>>>,
    /// Globs by the name of the service.
    #[serde(default)]
    pub(crate) services: BTreeMap<String, Vec<toml::Spanned<String>>>,
    #[serde(default)]
    pub(crate) layers: Vec<LayersTable>,
    #[serde(default)]
    pub(crate) retired: Vec<toml::Spanned<RetiredTable>>,
    #[serde(default)]
    pub(crate) registry: Vec<RegistryTable>,
    #[serde(default)]
    pub(crate) guarded: Vec<GuardedTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GuardedTable {
    /// A service, or a glob of files.
    of: toml::Spanned<String>,
    #[serde(default)]
    open: Vec<String>,
    #[serde(default)]
    by: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RegistryTable {
    /// Files that somebody keeps by hand, relative to the project file.
    declared: Vec<toml::Spanned<String>>,
    /// A service, or a glob of files.
    of: Option<toml::Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LayersTable {
    /// From the top down.
    order: Vec<toml::Spanned<Level>>,
    #[serde(default)]
    types: bool,
}

/// One layer, or several that know nothing of each other.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Level {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RetiredTable {
    #[serde(default)]
    environment: Vec<toml::Spanned<String>>,
    #[serde(default)]
    imports: Vec<toml::Spanned<String>>,
    #[serde(default)]
    files: Vec<toml::Spanned<String>>,
    #[serde(rename = "use")]
    instead: Option<String>,
    since: Option<toml::Value>,
    reason: Option<String>,
}

/// What is wrong with a table, and where in the text it stands.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) span: Option<Range<usize>>,
}

/// The tables made ready.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// Who may do a thing.
    pub(crate) owners: Vec<Part>,
    /// Parts that run, and are configured, by themselves.
    pub(crate) services: Vec<Arc<Part>>,
    pub(crate) layerings: Vec<Arc<Layering>>,
    pub(crate) retired: Vec<Arc<Retired>>,
    pub(crate) registries: Vec<Registry>,
    pub(crate) guarded: Vec<Guarded>,
}

/// Files of whose handlers somebody asks first who is there.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) of: Part,
    /// Handlers that everybody may have: `POST /login`, `/health`, `/public/*`.
    pub(crate) open: Vec<String>,
    /// Names of what asks, besides those that are known.
    pub(crate) by: Vec<String>,
}

impl Guarded {
    /// Whether everybody may have a handler, by its method and address.
    pub(crate) fn is_open(&self, name: &str) -> bool {
        let address = name.split_once(' ').map_or(name, |(_, address)| address);
        self.open.iter().any(|open| {
            let named = if open.contains(' ') { name } else { address };
            match open.strip_suffix('*') {
                Some(start) => named.starts_with(start),
                None => named == open,
            }
        })
    }
}

/// Which names there are, by files that somebody keeps by hand.
#[derive(Debug)]
pub(crate) struct Registry {
    /// The files, for messages.
    pub(crate) files: String,
    pub(crate) names: BTreeSet<String>,
    /// Whose names they are; everybody's where that is not said.
    pub(crate) of: Option<Part>,
}

/// Gives the text of a file; none where there is no such file.
pub(crate) type Read<'r> = dyn Fn(&str) -> Result<Option<String>, String> + 'r;

/// A part of the repository.
#[derive(Debug)]
pub(crate) struct Part {
    /// What somebody calls it; the glob itself where nobody does.
    pub(crate) name: String,
    pub(crate) files: Globs,
}

/// Layers from the top down: each may import from those below it.
#[derive(Debug)]
pub(crate) struct Layering {
    levels: Vec<Vec<Part>>,
    /// Whether imports for the type checker alone count.
    pub(crate) types: bool,
}

/// Names that are not to be used any more.
#[derive(Debug)]
pub(crate) struct Retired {
    /// Variables of the environment.
    pub(crate) environment: Vec<String>,
    /// Modules, and names in them, as imports spell them.
    pub(crate) imports: Vec<String>,
    /// Files that nobody is to import.
    pub(crate) files: Globs,
    pub(crate) instead: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) reason: Option<String>,
}

impl Declared {
    /// Of the tables in the text of the file `name`. Files they name are `read`.
    pub(crate) fn new(tables: &Tables, name: &str, text: &str, read: &Read<'_>) -> Result<Declared, Mistake> {
        let globs = |written: &[(String, Range<usize>)]| -> Result<Globs, Mistake> {
            let mut all = Vec::new();
            for (pattern, span) in written {
                glob(pattern)
                    .map_err(|error| Mistake { message: format!("bad glob: {error}"), span: Some(span.clone()) })?;
                let line = 1 + text[..span.start].matches('\n').count() as u32;
                all.push(Written::new(pattern.clone(), name.to_owned(), line));
            }
            Globs::watched(all).map_err(|error| Mistake { message: format!("bad glob: {error}"), span: None })
        };
        let spanned = |items: &[toml::Spanned<String>]| -> Vec<(String, Range<usize>)> {
            items.iter().map(|it| (it.get_ref().clone(), it.span())).collect()
        };
        let mut declared = Declared::default();
        let part = |name: &String, written: &[(String, Range<usize>)]| -> Result<Part, Mistake> {
            Ok(Part { name: name.clone(), files: globs(written)? })
        };
        for (name, patterns) in &tables.owners {
            declared.owners.push(part(name, &spanned(patterns))?);
        }
        for (name, patterns) in &tables.services {
            declared.services.push(Arc::new(part(name, &spanned(patterns))?));
        }
        let named = |name: &String, span: Range<usize>| match tables.services.get(name) {
            Some(patterns) => part(name, &spanned(patterns)),
            None if name.contains(['/', '*']) => part(name, &[(name.clone(), span)]),
            None => {
                let message = format!("`{name}` is neither a service nor a glob of files");
                Err(Mistake { message, span: Some(span) })
            }
        };
        for table in &tables.layers {
            let levels = table.order.iter().map(|level| match level.get_ref() {
                Level::One(name) => Ok(vec![named(name, level.span())?]),
                Level::Several(names) => names.iter().map(|it| named(it, level.span())).collect(),
            });
            let levels = levels.collect::<Result<Vec<Vec<Part>>, Mistake>>()?;
            declared.layerings.push(Arc::new(Layering { levels, types: table.types }));
        }
        for spanned_table in &tables.retired {
            let table = spanned_table.get_ref();
            let plain =
                |items: &[toml::Spanned<String>]| items.iter().map(|it| it.get_ref().clone()).collect::<Vec<_>>();
            let retired = Retired {
                environment: plain(&table.environment),
                imports: plain(&table.imports),
                files: globs(&spanned(&table.files))?,
                instead: table.instead.clone(),
                since: table.since.as_ref().map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)),
                reason: table.reason.clone(),
            };
            if retired.environment.is_empty() && retired.imports.is_empty() && retired.files.is_empty() {
                let message = "[[retired]] names neither `environment` nor `imports` nor `files`".to_owned();
                return Err(Mistake { message, span: Some(spanned_table.span()) });
            }
            declared.retired.push(Arc::new(retired));
        }
        for table in &tables.guarded {
            let of = named(table.of.get_ref(), table.of.span())?;
            declared.guarded.push(Guarded { of, open: table.open.clone(), by: table.by.clone() });
        }
        for table in &tables.registry {
            let mut names = BTreeSet::new();
            for file in &table.declared {
                let wrong = |message| Mistake { message, span: Some(file.span()) };
                let text = read(file.get_ref()).map_err(wrong)?;
                let text = text.ok_or_else(|| wrong(format!("{}: no such file", file.get_ref())))?;
                text.lines().for_each(|line| names.extend(names_in(line).map(str::to_owned)));
            }
            let files = table.declared.iter().map(|it| format!("`{}`", it.get_ref())).collect::<Vec<_>>().join(", ");
            let of = table.of.as_ref().map(|it| named(it.get_ref(), it.span())).transpose()?;
            if names.is_empty() {
                let message = format!("{files} names no variable");
                return Err(Mistake { message, span: table.declared.first().map(toml::Spanned::span) });
            }
            declared.registries.push(Registry { files, names, of });
        }
        Ok(declared)
    }

    /// The modules of an owner; none where nobody says who it is.
    pub(crate) fn owner(&self, name: &str) -> Option<&Globs> {
        self.owners.iter().find(|it| it.name == name).map(|it| &it.files)
    }

    /// Every part that somebody wrote to select files, but for owners. Retired files are to select none.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        let layers = self.layerings.iter().flat_map(|it| it.levels.iter().flatten());
        let others = layers.chain(self.registries.iter().filter_map(|it| it.of.as_ref()));
        let others = others.chain(self.guarded.iter().map(|it| &it.of));
        // What is a service is watched as one.
        let is_service = |part: &&Part| self.services.iter().any(|it| it.name == part.name);
        self.services.iter().map(|it| &**it).chain(others.filter(move |it| !is_service(it)))
    }
}

/// The names in a line of a list, which may have any form. Where some of them are given values, those are not looked at:
/// they may be secrets.
fn names_in(line: &str) -> impl Iterator<Item = &str> {
    let mut given = GIVEN.captures_iter(line).peekable();
    let is_given = given.peek().is_some();
    let mentioned = NAME.find_iter(line).map(|it| it.as_str()).filter(move |_| !is_given && !VALUE.is_match(line));
    given.filter_map(|it| it.name("name").or_else(|| it.name("listed"))).map(|it| it.as_str()).chain(mentioned)
}

/// What is written in capitals is a name.
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[A-Z][A-Z0-9_]{2,}\b").expect("the pattern is well-formed"));

/// `NAME=…`, `export NAME=…`, `"NAME": …`; in a comment a colon is one of prose.
static GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?:^|[\s,{#])["'`]?(?P<name>[A-Z][A-Z0-9_]{2,})(?:["'`]?\s*=|["'`]\s*:)|^[\s-]*(?P<listed>[A-Z][A-Z0-9_]{2,})\s*:"#;
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// The value of a name that stands in another line.
static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^[\s-]*["']?(?:value|default|example)["']?\s*[:=]"#).expect("the pattern is well-formed")
});

impl Layering {
    /// The layers of the two files, where one is not to import the other.
    pub(crate) fn crossed(&self, from: &str, to: &str) -> Option<(&str, &str)> {
        let ((from_level, from), (to_level, to)) = (self.layer_of(from)?, self.layer_of(to)?);
        let is_allowed = from_level < to_level || std::ptr::eq(from, to);
        (!is_allowed).then_some((from.name.as_str(), to.name.as_str()))
    }

    /// Whether files at a path may import the wrong thing: those in no layer may import what they like.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.layer_of(path).is_some()
    }

    fn layer_of(&self, path: &str) -> Option<(usize, &Part)> {
        let all = self.levels.iter().enumerate().flat_map(|(at, level)| level.iter().map(move |it| (at, it)));
        let mut found = all.filter(|(_, layer)| layer.files.is_match(path));
        found.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> Result<Declared, Mistake> {
        let tables = toml::from_str(text).expect("the tables are well-formed");
        let list = "# a comment: the KEY of all\nAPI_URL=x\n#OLD=1\nexport TOKEN_KEY='QUJDRA=='\n{\"SALT\": \"ABCD\"}\n\
                    - DSN: PGPASS\nENV MODE=A1B2 USER=root\n- name: PORT\n  value: SESAM\n| HOST | where it runs |";
        let read = |path: &str| Ok((path == ".env.example").then(|| list.to_owned()));
        Declared::new(&tables, "ssot-guard.toml", text, &read)
    }

    #[test]
    fn a_layer_imports_what_is_below_it() {
        let text =
            "services.api = ['api/**']\nservices.jobs = ['jobs/**']\nlayers = [{order = [['api', 'jobs'], 'lib/**']}]";
        let declared = declared(text).expect("the tables are right");
        let crossed = |from: &str, to: &str| declared.layerings[0].crossed(from, to).is_some();
        assert!(
            !crossed("api/a.py", "lib/b.py") && !crossed("api/a.py", "api/b.py") && !crossed("lib/a.py", "lib/b.py")
        );
        assert!(
            crossed("lib/a.py", "api/b.py") && crossed("api/a.py", "jobs/b.py") && crossed("jobs/a.py", "api/b.py")
        );
        assert!(!crossed("scripts/a.py", "api/b.py"), "what is in no layer");
    }

    #[test]
    fn what_is_written_in_capitals_is_declared_but_for_values() {
        let declared = declared("registry = [{declared = ['.env.example']}]").expect("the tables are right");
        let names: Vec<&str> = declared.registries[0].names.iter().map(String::as_str).collect();
        assert_eq!(names, ["API_URL", "DSN", "HOST", "KEY", "MODE", "OLD", "PORT", "SALT", "TOKEN_KEY", "USER"]);
    }

    #[test]
    fn what_is_written_wrong_is_told() {
        let of = |text: &str| declared(text).err().map(|it| it.message).unwrap_or_default();
        assert!(of("layers = [{order = ['api']}]").contains("neither a service nor a glob"));
        assert!(of("services.api = ['a[']").contains("bad glob"));
        assert!(of("registry = [{declared = ['.env.sample']}]").contains("no such file"));
        assert!(of("retired = [{since = 2026-01-01}]").contains("neither `environment`"));
    }
}
