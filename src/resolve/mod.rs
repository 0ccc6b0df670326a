//! From names as written to canonical names and values, inside one file.
//!
//! [`Resolver::values`] answers what an expression can be: a set of literals, mappings, sequences and
//! symbols, with [`Value::Unknown`] for what cannot be known. A symbol is a canonical dotted name, `jwt.decode`
//! whatever the import calls it; what a call of symbol `S` returns is the symbol `S()`, so that
//! `jwt.PyJWT().decode` names a method of a value whose constructor is known.
//!
//! Names that other files of the repository define keep the path they were imported by (`.auth.decode`);
//! following them is the work of a module graph, which belongs in this room beside this file.

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::Entry;
use crate::fact::Expression;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::MutationKind;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::cell::RefCell;
use std::rc::Rc;

/// More possible values than this are not listed one by one: the set becomes unknown.
const MOST_VALUES: usize = 16;
/// A value changed in more places than this is not followed, so that cost stays linear in the file.
const MOST_MUTATIONS: usize = 64;
/// Names that lead to names deeper than this are not followed.
const DEEPEST: u32 = 100;
/// An inherited member is looked for in this many generations of base classes.
const MOST_BASES: u32 = 6;

/// Helpers that compilers write into every file, around `require`: they give the module back.
const MODULE_INTEROP: [&str; 4] =
    ["__importDefault", "__importStar", "_interopRequireDefault", "_interopRequireWildcard"];

/// The symbol of a variable of the environment is this and its key.
pub(crate) const ENVIRONMENT: &str = "env:";

/// Calls that read the variable their first argument names, the second being given for an unset one.
const ENVIRONMENT_CALLS: [&str; 14] = [
    "os.getenv",
    "os.environ.get",
    "os.environ.setdefault",
    "os.environ.pop",
    "decouple.config",
    "environ.Env().str",
    "environ.Env()",
    "environs.Env().str",
    "std.env.var",
    "std.env.var_os",
    "globalThis.Deno.env.get",
    "os.Getenv",
    "os.LookupEnv",
    "System.getenv",
];

const ENVIRONMENTS: [&str; 7] =
    ["os.environ", "globalThis.process.env", "process.env", "node:process.env", "globalThis.Bun.env", "ENV", "_ENV"];

/// What an expression can be at run time; a set, in the order found. Empty only for dead ends.
pub(crate) type Values = Rc<[Value]>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Literal(Literal),
    /// Canonical dotted name of something this file does not define.
    Symbol(Rc<str>),
    /// A class or function of this file, or an instance of that class.
    Definition(ScopeId),
    Mapping(Mapping),
    Sequence {
        items: Vec<Values>,
        open: bool,
    },
    Unknown,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mapping {
    pub(crate) entries: Vec<(String, Values)>,
    /// It may hold keys that are not listed.
    pub(crate) open: bool,
}

impl Mapping {
    /// The possible values under `key`; `None` when it is certainly absent.
    pub(crate) fn get(&self, key: &str) -> Option<Values> {
        match self.entries.iter().find(|(name, _)| name == key) {
            Some((_, values)) => Some(values.clone()),
            None if self.open => Some(unknown()),
            None => None,
        }
    }

    fn set(&mut self, key: String, values: Values) {
        match self.entries.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = values,
            None => self.entries.push((key, values)),
        }
    }

    /// `key` may be set to `values`, or may keep what it had.
    fn may_set(&mut self, key: String, values: &Values) {
        let before = self.get(&key);
        let both = match before {
            Some(before) => union([before, values.clone()]),
            // Absent before: the reading in which the change happened is the one a rule must see.
            None => values.clone(),
        };
        self.set(key, both);
    }

    fn merge(&mut self, other: &Mapping) {
        if other.open {
            self.opened();
        }
        for (key, values) in &other.entries {
            self.set(key.clone(), values.clone());
        }
    }

    /// Unknown entries were laid over the known ones.
    fn opened(&mut self) {
        self.open = true;
        for (_, values) in &mut self.entries {
            *values = union([values.clone(), unknown()]);
        }
    }
}

/// A read of a variable of the environment.
pub(crate) struct EnvironmentRead {
    pub(crate) key: Name,
    /// What the call gives for an unset one.
    pub(crate) default: Option<ExpressionId>,
}

pub(crate) struct Resolver<'a> {
    facts: &'a FileFacts,
    bindings: FxHashMap<(ScopeId, &'a str), Vec<u32>>,
    mutations: FxHashMap<(ScopeId, &'a str), Vec<u32>>,
    /// What each imported name first stands for, in whatever scope.
    imported: FxHashMap<&'a str, &'a str>,
    /// The modules of star imports.
    stars: Vec<&'a str>,
    memo: RefCell<Vec<Option<Values>>>,
    depth: Cell<u32>,
    /// Base classes we are within, looking for an inherited member.
    inheritance: Cell<u32>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(facts: &'a FileFacts) -> Resolver<'a> {
        let mut bindings: FxHashMap<(ScopeId, &str), Vec<u32>> = FxHashMap::default();
        let mut imported: FxHashMap<&str, &str> = FxHashMap::default();
        let mut stars = Vec::new();
        for (index, binding) in facts.bindings.iter().enumerate() {
            match &binding.kind {
                BindingKind::Import(path) => {
                    imported.entry(&binding.name).or_insert(path);
                }
                BindingKind::StarImport(module) => stars.push(module.as_str()),
                _ => {}
            }
            bindings.entry((binding.scope, binding.name.as_str())).or_default().push(index as u32);
        }
        for indexes in bindings.values_mut() {
            indexes.sort_by_key(|&index| facts.bindings[index as usize].at);
        }
        let mut resolver = Resolver {
            facts,
            bindings,
            mutations: FxHashMap::default(),
            imported,
            stars,
            memo: RefCell::new(vec![None; facts.expressions.len()]),
            depth: Cell::new(0),
            inheritance: Cell::new(0),
        };
        for (index, mutation) in facts.mutations.iter().enumerate() {
            let key = match &facts.expression(mutation.target).kind {
                ExpressionKind::Name(name) => {
                    resolver.declaring_scope(mutation.scope, name).map(|scope| (scope, name.as_str()))
                }
                ExpressionKind::Member { object, name, .. } => match facts.expression(*object).kind {
                    ExpressionKind::Receiver(class) => Some((class, name.as_str())),
                    _ => None,
                },
                _ => None,
            };
            if let Some(key) = key {
                resolver.mutations.entry(key).or_default().push(index as u32);
            }
        }
        resolver
    }

    /// What the expression can be. Each is worked out once, so that names which lead to each other in circles
    /// cost what they are many; where a circle closes, the answer is unknown.
    pub(crate) fn values(&self, id: ExpressionId) -> Values {
        let index = id.0 as usize;
        if let Some(values) = &self.memo.borrow()[index] {
            return values.clone();
        }
        if self.depth.get() >= DEEPEST {
            return unknown();
        }
        self.memo.borrow_mut()[index] = Some(unknown());
        self.depth.set(self.depth.get() + 1);
        let values = self.compute(self.facts.expression(id));
        self.depth.set(self.depth.get() - 1);
        self.memo.borrow_mut()[index] = Some(values.clone());
        values
    }

    /// The canonical names an expression can stand for.
    pub(crate) fn symbols(&self, id: ExpressionId) -> Vec<Rc<str>> {
        let mut symbols = Vec::new();
        for value in self.values(id).iter() {
            if let Value::Symbol(symbol) = value {
                symbols.push(symbol.clone());
            }
        }
        symbols
    }

    fn compute(&self, expression: &'a Expression) -> Values {
        match &expression.kind {
            ExpressionKind::Literal(literal) => one(Value::Literal(literal.clone())),
            ExpressionKind::Name(name) => self.name(expression, name),
            ExpressionKind::Member { object, name, .. } => self.member_of(*object, name, Some(expression)),
            ExpressionKind::Index { object, index } => self.index(*object, *index),
            ExpressionKind::Call { callee, arguments } => self.call(*callee, arguments),
            ExpressionKind::Mapping(entries) => self.mapping(entries),
            ExpressionKind::Sequence { items, open } => {
                let items = items.iter().map(|item| self.values(*item)).collect();
                one(Value::Sequence { items, open: *open })
            }
            ExpressionKind::Either(alternatives) | ExpressionKind::Both(alternatives) => {
                union(alternatives.iter().map(|it| self.values(*it)))
            }
            ExpressionKind::Conditional { then, otherwise, .. } => union([self.values(*then), self.values(*otherwise)]),
            ExpressionKind::Not(operand) => union(self.values(*operand).iter().map(|value| match self.truth(value) {
                Some(truth) => one(Value::Literal(Literal::Bool(!truth))),
                None => unknown(),
            })),
            ExpressionKind::Merge(left, right) => {
                let (left, right) = (self.values(*left), self.values(*right));
                merged(&left, &right)
            }
            ExpressionKind::Module(module) => one(Value::Symbol(module.as_str().into())),
            ExpressionKind::Receiver(class) | ExpressionKind::Function(class) => one(Value::Definition(*class)),
            ExpressionKind::Compare { .. } | ExpressionKind::Compound(_) | ExpressionKind::Unknown => unknown(),
        }
    }

    /// The name or attribute of the receiver that an expression reads, with the scope or class it belongs to.
    pub(crate) fn variable(&self, id: ExpressionId) -> Option<(ScopeId, Name)> {
        let expression = self.facts.expression(id);
        match &expression.kind {
            ExpressionKind::Name(name) => Some((self.declaring_scope(expression.scope, name)?, name.clone())),
            ExpressionKind::Member { object, name, .. } => match self.facts.expression(*object).kind {
                ExpressionKind::Receiver(class) => Some((class, name.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// Everything the variable is bound to, in the order it takes effect.
    pub(crate) fn bindings_of(&self, (scope, name): &(ScopeId, Name)) -> Vec<u32> {
        self.bindings.get(&(*scope, name.as_str())).cloned().unwrap_or_default()
    }

    /// The variable of the environment that an expression reads, and the default it names.
    pub(crate) fn environment_read(&self, id: ExpressionId) -> Option<EnvironmentRead> {
        let default = match &self.facts.expression(id).kind {
            ExpressionKind::Call { callee, arguments } => {
                let symbols = self.symbols(*callee);
                let reads = symbols.iter().any(|it| ENVIRONMENT_CALLS.contains(&it.as_ref()));
                let key = arguments.first().filter(|_| reads).and_then(|it| self.key(it.value))?;
                let named =
                    arguments.iter().find(|it| matches!(&it.kind, ArgumentKind::Keyword(name) if name == "default"));
                let default = named.or(arguments.get(1)).map(|it| it.value);
                return Some(EnvironmentRead { key: key.into(), default });
            }
            _ => None,
        };
        let symbols = self.symbols(id);
        let key = symbols.iter().find_map(|it| it.strip_prefix(ENVIRONMENT))?;
        Some(EnvironmentRead { key: key.into(), default })
    }

    /// Truth of a value as the file's language has it; `None` when it cannot be known.
    pub(crate) fn truth(&self, value: &Value) -> Option<bool> {
        let empty_is_false = self.facts.language == Language::Python;
        match value {
            Value::Literal(Literal::Null) => Some(false),
            Value::Literal(Literal::Bool(truth)) => Some(*truth),
            Value::Literal(Literal::Text(text)) => Some(!text.is_empty()),
            Value::Literal(Literal::Number(number)) => {
                Some(!number.trim_end_matches(['j', 'J', 'n']).parse::<f64>().is_ok_and(|it| it == 0.0))
            }
            Value::Mapping(mapping) if empty_is_false => {
                if !mapping.entries.is_empty() {
                    Some(true)
                } else if mapping.open {
                    None
                } else {
                    Some(false)
                }
            }
            Value::Sequence { items, open } if empty_is_false => {
                if !items.is_empty() {
                    Some(true)
                } else if *open {
                    None
                } else {
                    Some(false)
                }
            }
            Value::Mapping(_) | Value::Sequence { .. } => Some(true),
            Value::Symbol(_) | Value::Definition(_) | Value::Unknown => None,
        }
    }

    fn name(&self, expression: &Expression, name: &str) -> Values {
        let Some(scope) = self.declaring_scope(expression.scope, name) else {
            return self.unbound(name);
        };
        let same_function = self.function_of(scope) == self.function_of(expression.scope);
        self.bound(scope, name, expression.block, same_function.then_some(expression.span.start))
    }

    /// What `name` of `scope` can be, seen from `block`; `before` limits it to bindings above that offset.
    fn bound(&self, scope: ScopeId, name: &str, block: BlockId, before: Option<u32>) -> Values {
        let Some(all) = self.bindings.get(&(scope, name)) else { return unknown() };
        let at = |index: u32| self.facts.bindings[index as usize].at;
        let above = before.map_or(all.len(), |before| all.partition_point(|&index| at(index) <= before));
        let mut reaching: Vec<u32> = Vec::new();
        for &index in all[..above].iter().rev() {
            reaching.push(index);
            // A binding that always runs on the way here replaces what came before it.
            if self.facts.block_encloses(self.facts.bindings[index as usize].block, block) {
                break;
            }
            if reaching.len() > MOST_VALUES {
                return unknown();
            }
        }
        if reaching.is_empty() {
            reaching.extend(all.iter().take(MOST_VALUES));
        }
        reaching.reverse();
        let values = union(reaching.iter().map(|&index| self.binding(index)));
        self.mutated(values, scope, name, block, before, self.facts.bindings[reaching[0] as usize].at)
    }

    fn binding(&self, index: u32) -> Values {
        match &self.facts.bindings[index as usize].kind {
            BindingKind::Import(path) => one(Value::Symbol(path.as_str().into())),
            BindingKind::Value(value) => self.values(*value),
            BindingKind::MemberOf(value, name) => self.member_of(*value, name, None),
            BindingKind::ItemOf(value, item) => self.item_of(*value, *item),
            BindingKind::Definition(scope) => one(Value::Definition(*scope)),
            BindingKind::Parameter { annotation, default, .. } => {
                let declared = annotation.map(|annotation| self.instances(annotation));
                let default = default.map(|default| self.values(default));
                match (declared, default) {
                    (Some(declared), None) => declared,
                    (Some(declared), Some(default)) => union([default, declared]),
                    (None, Some(default)) => union([default, unknown()]),
                    (None, None) => unknown(),
                }
            }
            BindingKind::StarImport(_) | BindingKind::Opaque | BindingKind::Alias(_) => unknown(),
        }
    }

    /// The item of a value taken apart. What a Go function returns first is what other languages' return alone.
    fn item_of(&self, value: ExpressionId, item: u32) -> Values {
        union(self.values(value).iter().map(|value| match value {
            Value::Sequence { items, open: false } => items.get(item as usize).cloned().unwrap_or_else(unknown),
            Value::Symbol(_) if item == 0 && self.facts.language == Language::Go => one(value.clone()),
            Value::Symbol(symbol) => one(Value::Symbol(format!("{symbol}.{item}").into())),
            _ => unknown(),
        }))
    }

    /// The instances that a declared type admits.
    fn instances(&self, annotation: ExpressionId) -> Values {
        union(self.values(annotation).iter().map(|value| match value {
            Value::Symbol(symbol) if !symbol.starts_with("builtins.") => {
                one(Value::Symbol(format!("{symbol}()").into()))
            }
            Value::Definition(scope) => one(Value::Definition(*scope)),
            _ => unknown(),
        }))
    }

    /// Applies `x[k] = v`, `x.update(..)` and their like to the mappings among `values`.
    fn mutated(
        &self,
        values: Values,
        scope: ScopeId,
        name: &str,
        block: BlockId,
        before: Option<u32>,
        after: u32,
    ) -> Values {
        let Some(mutations) = self.mutations.get(&(scope, name)) else { return values };
        if mutations.len() > MOST_MUTATIONS {
            return unknown();
        }
        let mut changed: Vec<Value> = values.to_vec();
        for &index in mutations {
            let mutation = &self.facts.mutations[index as usize];
            if before.is_some_and(|before| mutation.at > before) || mutation.at < after {
                continue;
            }
            let always = self.facts.block_encloses(mutation.block, block);
            for value in &mut changed {
                if *value == Value::Unknown {
                    *value = Value::Mapping(Mapping { entries: Vec::new(), open: true });
                }
                let Value::Mapping(mapping) = value else { continue };
                match &mutation.kind {
                    MutationKind::SetItem { key, value } => match self.key(*key) {
                        Some(key) if always => mapping.set(key, self.values(*value)),
                        Some(key) => mapping.may_set(key, &self.values(*value)),
                        None => mapping.opened(),
                    },
                    MutationKind::Merge(other) => match self.values(*other).as_ref() {
                        [Value::Mapping(other)] if always => mapping.merge(other),
                        [Value::Mapping(other)] => {
                            for (key, values) in &other.entries {
                                mapping.may_set(key.clone(), values);
                            }
                            if other.open {
                                mapping.opened();
                            }
                        }
                        _ => mapping.opened(),
                    },
                }
            }
        }
        changed.into()
    }

    /// A name no visible scope binds: from a star import, or the language's own. When another function of the
    /// file imports it, the code fails at run time as it stands, but there is no doubt what it means.
    fn unbound(&self, name: &str) -> Values {
        let imported = self.imported.get(name).copied();
        if let Some(path) = imported {
            return one(Value::Symbol(path.into()));
        }
        let stars = self.stars.iter().map(|module| one(Value::Symbol(format!("{module}.{name}").into())));
        let own = match self.facts.language {
            Language::Python => format!("builtins.{name}"),
            Language::JavaScript | Language::TypeScript => format!("globalThis.{name}"),
            _ => name.to_owned(),
        };
        union(stars.chain([one(Value::Symbol(own.into()))]))
    }

    fn declaring_scope(&self, from: ScopeId, name: &str) -> Option<ScopeId> {
        let mut at = Some(from);
        while let Some(id) = at {
            let scope = self.facts.scope(id);
            // A class body's names are not visible in the functions inside it.
            if (scope.kind != ScopeKind::Class || id == from)
                && let Some(found) = self.bindings.get(&(id, name))
            {
                let alias = found.iter().find_map(|&index| match self.facts.bindings[index as usize].kind {
                    BindingKind::Alias(meant) => Some(meant),
                    _ => None,
                });
                return Some(alias.unwrap_or(id));
            }
            at = scope.parent;
        }
        None
    }

    /// The function, class or module a scope belongs to.
    pub(crate) fn function_of(&self, scope: ScopeId) -> ScopeId {
        let mut at = scope;
        while self.facts.scope(at).kind == ScopeKind::Block {
            at = self.facts.scope(at).parent.expect("only the module has no parent");
        }
        at
    }

    fn member_of(&self, object: ExpressionId, name: &str, at: Option<&Expression>) -> Values {
        let objects = self.values(object);
        // What compiled TypeScript calls `m.default` is `m`, as for a default import.
        let is_interop =
            name == "default" && matches!(self.facts.language, Language::JavaScript | Language::TypeScript);
        union(objects.iter().map(|value| match value {
            Value::Symbol(_) if is_interop => one(value.clone()),
            Value::Symbol(symbol) => one(member_symbol(symbol, name)),
            Value::Definition(class) if self.facts.scope(*class).kind == ScopeKind::Class => {
                self.class_member(*class, name, at)
            }
            Value::Mapping(mapping) => mapping.get(name).unwrap_or_else(unknown),
            _ => unknown(),
        }))
    }

    fn class_member(&self, class: ScopeId, name: &str, at: Option<&Expression>) -> Values {
        if self.bindings.contains_key(&(class, name)) {
            return self.bound(class, name, at.map_or(BlockId(0), |at| at.block), None);
        }
        // An inherited member: of the bases whose names are known.
        let bases = self.facts.definitions.iter().filter(|it| it.scope == class).flat_map(|it| &it.bases);
        let inherited: Vec<Values> = bases.map(|base| self.member_of_instance(*base, name)).collect();
        if inherited.is_empty() { unknown() } else { union(inherited) }
    }

    fn member_of_instance(&self, base: ExpressionId, name: &str) -> Values {
        if self.inheritance.get() >= MOST_BASES {
            return unknown();
        }
        self.inheritance.set(self.inheritance.get() + 1);
        let values = union(self.values(base).iter().map(|value| match value {
            Value::Symbol(symbol) => one(Value::Symbol(format!("{symbol}().{name}").into())),
            Value::Definition(class) => self.class_member(*class, name, None),
            _ => unknown(),
        }));
        self.inheritance.set(self.inheritance.get() - 1);
        values
    }

    fn index(&self, object: ExpressionId, index: ExpressionId) -> Values {
        let objects = self.values(object);
        let Some(key) = self.key(index) else { return unknown() };
        union(objects.iter().map(|value| match value {
            Value::Mapping(mapping) => mapping.get(&key).unwrap_or_else(unknown),
            Value::Sequence { items, open: false } => {
                key.parse::<usize>().ok().and_then(|at| items.get(at)).cloned().unwrap_or_else(unknown)
            }
            Value::Symbol(symbol) => one(member_symbol(symbol, &key)),
            _ => unknown(),
        }))
    }

    fn key(&self, key: ExpressionId) -> Option<String> {
        match self.values(key).as_ref() {
            [Value::Literal(Literal::Text(text) | Literal::Number(text))] => Some(text.to_string()),
            _ => None,
        }
    }

    fn mapping(&self, entries: &[Entry]) -> Values {
        let mut mapping = Mapping::default();
        for entry in entries {
            match entry {
                Entry::Pair { key, value } => match self.key(*key) {
                    Some(key) => mapping.set(key, self.values(*value)),
                    None => mapping.opened(),
                },
                Entry::Spread(other) => self.spread(&mut mapping, *other),
            }
        }
        one(Value::Mapping(mapping))
    }

    fn spread(&self, mapping: &mut Mapping, other: ExpressionId) {
        let values = self.values(other);
        if let [Value::Mapping(other)] = values.as_ref() {
            mapping.merge(other);
            return;
        }
        // Several possibilities: each key may come from any of them.
        for value in values.iter() {
            match value {
                Value::Mapping(other) => {
                    for (key, values) in &other.entries {
                        mapping.may_set(key.clone(), values);
                    }
                    if other.open {
                        mapping.opened();
                    }
                }
                // `...null` and `...undefined` add nothing.
                Value::Literal(Literal::Null | Literal::Bool(_)) => {}
                _ => mapping.opened(),
            }
        }
    }

    fn call(&self, callee: ExpressionId, arguments: &[Argument]) -> Values {
        if let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind
            && matches!(name.as_str(), "copy" | "clone")
            && matches!(self.values(*object).as_ref(), [Value::Mapping(_) | Value::Sequence { .. }])
        {
            return self.values(*object);
        }
        if let ExpressionKind::Name(name) = &self.facts.expression(callee).kind
            && MODULE_INTEROP.contains(&name.as_str())
            && let [module] = arguments
        {
            return self.values(module.value);
        }
        union(self.values(callee).iter().map(|value| match value {
            Value::Symbol(symbol) => {
                self.known_call(symbol, arguments).unwrap_or_else(|| one(Value::Symbol(format!("{symbol}()").into())))
            }
            // A class of this file makes its instances; what a function returns is not followed here.
            Value::Definition(scope) if self.facts.scope(*scope).kind == ScopeKind::Class => {
                one(Value::Definition(*scope))
            }
            _ => unknown(),
        }))
    }

    /// Calls of the languages' own functions whose result is known.
    fn known_call(&self, symbol: &str, arguments: &[Argument]) -> Option<Values> {
        if ENVIRONMENT_CALLS.contains(&symbol) {
            let key = self.key(arguments.first()?.value)?;
            let read = one(Value::Symbol(format!("{ENVIRONMENT}{key}").into()));
            let named =
                arguments.iter().find(|it| matches!(&it.kind, ArgumentKind::Keyword(name) if name == "default"));
            return Some(match named.or(arguments.get(1)) {
                Some(default) => union([read, self.values(default.value)]),
                None => read,
            });
        }
        let argument =
            |index: usize| arguments.get(index).filter(|it| it.kind == ArgumentKind::Positional).map(|it| it.value);
        match symbol {
            "builtins.getattr" => {
                let name = self.key(argument(1)?)?;
                Some(self.member_of(argument(0)?, &name, None))
            }
            "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => {
                Some(one(Value::Symbol(self.key(argument(0)?)?.into())))
            }
            "builtins.dict" => {
                let mut mapping = Mapping::default();
                for argument in arguments {
                    match &argument.kind {
                        ArgumentKind::Keyword(name) => mapping.set(name.to_string(), self.values(argument.value)),
                        ArgumentKind::Positional | ArgumentKind::SpreadKeyword => {
                            self.spread_pairs(&mut mapping, argument.value);
                        }
                        ArgumentKind::SpreadPositional => mapping.opened(),
                    }
                }
                Some(one(Value::Mapping(mapping)))
            }
            "builtins.dict.fromkeys" => {
                let values = argument(1).map_or_else(|| one(Value::Literal(Literal::Null)), |it| self.values(it));
                let mut mapping = Mapping::default();
                match self.values(argument(0)?).as_ref() {
                    [Value::Sequence { items, open }] => {
                        mapping.open = *open;
                        for item in items {
                            match item.as_ref() {
                                [Value::Literal(Literal::Text(key))] => mapping.set(key.to_string(), values.clone()),
                                _ => mapping.opened(),
                            }
                        }
                    }
                    _ => mapping.opened(),
                }
                Some(one(Value::Mapping(mapping)))
            }
            "globalThis.Object.assign" => {
                let mut mapping = Mapping::default();
                for argument in arguments {
                    match argument.kind {
                        ArgumentKind::Positional => self.spread(&mut mapping, argument.value),
                        _ => mapping.opened(),
                    }
                }
                Some(one(Value::Mapping(mapping)))
            }
            "copy.copy"
            | "copy.deepcopy"
            | "types.MappingProxyType"
            | "builtins.list"
            | "builtins.tuple"
            | "globalThis.Object.freeze"
            | "globalThis.structuredClone" => Some(self.values(argument(0)?)),
            _ => None,
        }
    }

    /// `dict(x)`: of a mapping, or of a sequence of pairs.
    fn spread_pairs(&self, mapping: &mut Mapping, other: ExpressionId) {
        let values = self.values(other);
        let [Value::Sequence { items, open: false }] = values.as_ref() else {
            return self.spread(mapping, other);
        };
        for item in items {
            match item.as_ref() {
                [Value::Sequence { items, open: false }] if items.len() == 2 => match items[0].as_ref() {
                    [Value::Literal(Literal::Text(key))] => mapping.set(key.to_string(), items[1].clone()),
                    _ => mapping.opened(),
                },
                _ => mapping.opened(),
            }
        }
    }
}

/// A member of the environment is one of its variables.
fn member_symbol(symbol: &str, name: &str) -> Value {
    let is_read = ENVIRONMENTS.contains(&symbol) && !matches!(name, "get" | "setdefault" | "pop" | "copy" | "update");
    Value::Symbol(if is_read { format!("{ENVIRONMENT}{name}") } else { format!("{symbol}.{name}") }.into())
}

fn one(value: Value) -> Values {
    Rc::from([value])
}

fn unknown() -> Values {
    one(Value::Unknown)
}

fn union(sets: impl IntoIterator<Item = Values>) -> Values {
    let mut sets = sets.into_iter();
    let Some(first) = sets.next() else { return unknown() };
    let mut all: Option<Vec<Value>> = None;
    for set in sets {
        let all = all.get_or_insert_with(|| first.to_vec());
        for value in set.iter() {
            if !all.contains(value) {
                all.push(value.clone());
            }
        }
        if all.len() > MOST_VALUES {
            all.truncate(MOST_VALUES);
            all.push(Value::Unknown);
            break;
        }
    }
    all.map_or(first, Into::into)
}

fn merged(left: &Values, right: &Values) -> Values {
    match (left.as_ref(), right.as_ref()) {
        ([Value::Mapping(left)], [Value::Mapping(right)]) => {
            let mut both = left.clone();
            both.merge(right);
            one(Value::Mapping(both))
        }
        ([Value::Mapping(left)], _) => {
            let mut both = left.clone();
            both.opened();
            one(Value::Mapping(both))
        }
        (_, [Value::Mapping(right)]) => {
            let mut both = Mapping { entries: Vec::new(), open: true };
            both.merge(right);
            one(Value::Mapping(both))
        }
        // `int | None` in an annotation: either type.
        _ => union([left.clone(), right.clone()]),
    }
}
