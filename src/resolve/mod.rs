//! From names as written to canonical names and values, of one file and of those its names lead to.
//!
//! [`Resolver::values`] answers what an expression can be: a set of literals, mappings, sequences and
//! symbols, with [`Value::Unknown`] for what cannot be known. A symbol is a canonical dotted name, `jwt.decode`
//! whatever the import calls it; what a call of symbol `S` returns is the symbol `S()`, so that
//! `jwt.PyJWT().decode` names a method of a value whose constructor is known.
//!
//! A name that another file of the repository defines is looked up there ([`world::World`] reads the file,
//! [`graph::ModuleGraph`] knows which one it is), and only when somebody asks for its value. What a function is
//! given by its callers stays a [`Value::Parameter`] until a call is known.

pub(crate) mod config;
mod environment;
pub(crate) mod graph;
pub(crate) mod names;
mod switch;
pub(crate) mod trace;
pub(crate) mod versions;
pub(crate) mod way;
pub(crate) mod world;

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ENVIRONMENT;
use crate::fact::Entry;
use crate::fact::ExportTarget;
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
use crate::place::Span;
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::rc::Rc;
use std::rc::Weak;
use std::sync::Arc;

use environment::ENVIRONMENTS;
pub(crate) use environment::EnvironmentRead;
use environment::Reader;
use environment::default_of;
use environment::is_environment_call;
use graph::FileId;
use graph::python::FLASK_CONFIG;
use names::Names;
use versions::version::Version;
use world::Following;
use world::World;

/// More possible values than this are not listed one by one: the set becomes unknown.
const MOST_VALUES: usize = 16;
/// A value changed in more places than this is not followed, so that cost stays linear in the file.
const MOST_MUTATIONS: usize = 64;
/// Names that lead to names deeper than this are not followed.
const DEEPEST: u32 = 100;
/// A canonical name longer than this is not followed: every link of a chain of calls repeats what came before it.
const LONGEST_SYMBOL: usize = 200;
/// A mapping with more entries than this is open, since each is looked for among all of them.
const MOST_ENTRIES: usize = 1_000;
/// Two values with more parts than this count as different: lists that hold the same list twice, and that are
/// held twice in turn, have more parts than can be compared.
const MOST_COMPARED: u32 = 1_000;
/// A parameter is looked for this deep in lists and mappings, which may hold the same list twice and again.
const DEEPEST_PARAMETER: u32 = 4;
/// An inherited member is looked for in this many generations of base classes.
const MOST_BASES: u32 = 6;
/// What functions return is followed through this many calls.
const MOST_CALLS: u32 = 5;
/// A function is run with what a call gives it for so many steps, and if it is no longer than so many bytes.
const MOST_STEPS: u32 = 200;
const LONGEST_RUN: u32 = 2_000;
/// All functions of a file are run for so many steps in all.
const MOST_STEPS_OF_FILE: u32 = 20_000;

/// Helpers that compilers write into every file, around `require`: they give the module back.
const MODULE_INTEROP: [&str; 4] =
    ["__importDefault", "__importStar", "_interopRequireDefault", "_interopRequireWildcard"];

/// So many members of what a caller gives are followed, one of the other.
const LONGEST_PATH: usize = 3;

/// What constructors are called, for languages that name them.
const CONSTRUCTORS: [&str; 4] = ["__init__", "constructor", "initialize", "__construct"];

/// What an expression can be at run time; a set, in the order found. Empty only for dead ends.
pub(crate) type Values = Arc<[Value]>;

impl Value {
    /// The class or function of the repository that it is.
    pub(crate) fn definition(&self) -> Option<DefinitionId> {
        match self {
            Value::Definition(it) => Some(*it),
            _ => None,
        }
    }
}

/// A class or function of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DefinitionId {
    pub(crate) file: FileId,
    pub(crate) scope: ScopeId,
}

/// What a caller gives a function, known only where it is called; or what a class below gives one above it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) of: DefinitionId,
    pub(crate) index: u32,
    pub(crate) name: Name,
    /// The member of what is given that is meant, and the member of that, and so on: `options.jwt.verify`.
    pub(crate) path: Vec<Name>,
    /// What it is when the caller gives nothing.
    pub(crate) default: Option<Values>,
}

impl Parameter {
    /// A member of what the caller gives; `of` says which one a value has that stands in for it.
    fn member(&self, name: &str, of: &dyn Fn(&Value) -> Values) -> Values {
        if self.path.len() >= LONGEST_PATH {
            return unknown();
        }
        let path = self.path.iter().cloned().chain([Name::from(name)]).collect();
        // What stands in for what stands in for it, in ten values each, soon is all of a bundle.
        let of = |value: &Value| match value {
            Value::Parameter(other) => other.without_default().member(name, &|_| unknown()),
            value => of(value),
        };
        let default = self.default.as_ref().map(|it| union(it.iter().map(of)));
        one(Value::Parameter(Arc::new(Parameter { path, default, ..self.without_default() })))
    }

    /// Whether it is a member of an object that the classes below its own decide.
    pub(crate) fn is_member(&self) -> bool {
        self.index == MEMBER
    }

    /// The mapping that it is, if nobody gives something else; each entry stands for what is given.
    fn as_mapping(&self) -> Mapping {
        let known = self.default.iter().flat_map(|it| it.iter()).find_map(|value| match value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        });
        let keys = known.iter().flat_map(|it| it.entries.iter()).map(|(key, _)| key.clone());
        let of = |value: &Value, key: &str| member_of_given(&one(value.clone()), key);
        let entries = keys.map(|key| (key.clone(), self.member(&key, &|value| of(value, &key))));
        Mapping { entries: entries.collect(), open: true }
    }

    fn without_default(&self) -> Parameter {
        Parameter { name: self.name.clone(), path: self.path.clone(), default: None, ..*self }
    }
}

/// The place of what no caller gives: a member of the object itself, which is that of a class.
const MEMBER: u32 = u32::MAX;

/// An argument of a call, with what it can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) kind: ArgumentKind,
    pub(crate) values: Values,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Literal(Literal),
    /// Canonical dotted name of something the repository does not define.
    Symbol(Arc<str>),
    /// A module of the repository, by the path that this file imports it by.
    Module(FileId, Arc<str>),
    /// A class or function of the repository, or an instance of that class.
    Definition(DefinitionId),
    Parameter(Arc<Parameter>),
    Mapping(Mapping),
    Sequence {
        items: Vec<Values>,
        open: bool,
    },
    Unknown,
}

/// Equal in as many parts as can be compared.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        same(self, other, &mut { MOST_COMPARED })
    }
}

#[derive(Clone, Debug, Default)]
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
        let is_full = self.entries.len() >= MOST_ENTRIES;
        match self.entries.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = values,
            None if is_full => self.open = true,
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

pub(crate) struct Resolver<'r> {
    pub(crate) file: FileId,
    pub(crate) facts: Arc<FileFacts>,
    names: Arc<Names>,
    world: Weak<World<'r>>,
    /// The functions that read a variable whose name they are given; none for those that do not. This and the steps are
    /// kept apart for what is asked with members left open.
    readers: [RefCell<FxHashMap<ScopeId, Option<Reader>>>; 2],
    /// What was worked out, by how names were followed.
    memo: [RefCell<Vec<Option<Values>>>; 3],
    depth: Cell<u32>,
    /// Base classes we are within, looking for an inherited member.
    inheritance: Cell<u32>,
    /// The function that is run with what a call gives it.
    run: RefCell<Option<Run>>,
    /// Steps taken by runs so far.
    steps: [Cell<u32>; 2],
    /// Where names are given as keywords of calls: callee and value, by name.
    keywords: OnceCell<FxHashMap<Name, Vec<(ExpressionId, ExpressionId)>>>,
    /// The functions that make instances, by class.
    constructors: OnceCell<FxHashMap<ScopeId, Vec<ScopeId>>>,
}

/// A function with what a call gives it.
struct Run {
    scope: ScopeId,
    span: Span,
    parameters: Vec<Name>,
    arguments: Vec<Given>,
    steps: u32,
}

impl<'r> Resolver<'r> {
    pub(crate) fn new(file: FileId, facts: Arc<FileFacts>, names: Arc<Names>, world: &Rc<World<'r>>) -> Resolver<'r> {
        Resolver {
            file,
            facts,
            names,
            world: Rc::downgrade(world),
            readers: Default::default(),
            memo: Default::default(),
            depth: Cell::new(0),
            inheritance: Cell::new(0),
            run: RefCell::default(),
            steps: Default::default(),
            keywords: OnceCell::new(),
            constructors: OnceCell::new(),
        }
    }

    /// What the expression can be.
    pub(crate) fn values(&self, id: ExpressionId) -> Values {
        self.following(Following::All, || self.of(id))
    }

    /// What is called where the expression is the callee. Names that lead nowhere a rule looks are not followed to
    /// other files.
    pub(crate) fn callees(&self, id: ExpressionId) -> Values {
        self.following(Following::Leads, || self.of(id))
    }

    /// Asks with what a method reads of its own object left to the classes below.
    pub(crate) fn left_open<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.following(Following::Subclasses, ask)
    }

    pub(super) fn is_left_open(&self) -> bool {
        self.world().following.get() == Following::Subclasses
    }

    fn steps(&self) -> &Cell<u32> {
        &self.steps[usize::from(self.is_left_open())]
    }

    fn following<T>(&self, following: Following, ask: impl FnOnce() -> T) -> T {
        let world = self.world();
        let following = match (world.following.get(), following) {
            (Following::Subclasses, Following::All) => Following::Subclasses,
            (_, following) => following,
        };
        let before = world.following.replace(following);
        let answer = ask();
        world.following.set(before);
        answer
    }

    /// Each expression is worked out once, so that names which lead to each other in circles cost what they are
    /// many; where a circle closes, the answer is unknown.
    fn of(&self, id: ExpressionId) -> Values {
        if let Some(values) = self.in_run(id) {
            return values;
        }
        let index = id.0 as usize;
        let memo = &self.memo[self.world().following.get() as usize];
        if let Some(Some(values)) = memo.borrow().get(index) {
            return values.clone();
        }
        if self.depth.get() >= DEEPEST {
            return unknown();
        }
        memo.borrow_mut().resize(self.facts.expressions.len(), None);
        memo.borrow_mut()[index] = Some(unknown());
        self.depth.set(self.depth.get() + 1);
        let values = self.compute(self.facts.expression(id));
        self.depth.set(self.depth.get() - 1);
        memo.borrow_mut()[index] = Some(values.clone());
        values
    }

    /// What an expression is in the function that is run; none for those outside of it.
    fn in_run(&self, id: ExpressionId) -> Option<Values> {
        let expression = self.facts.expression(id);
        {
            let mut run = self.run.borrow_mut();
            let run = run.as_mut().filter(|run| run.span.contains(expression.span))?;
            run.steps += 1;
            if run.steps > MOST_STEPS || self.depth.get() >= DEEPEST {
                return Some(unknown());
            }
        }
        self.depth.set(self.depth.get() + 1);
        let values = self.compute(expression);
        self.depth.set(self.depth.get() - 1);
        Some(values)
    }

    /// The canonical names an expression can stand for.
    pub(crate) fn symbols(&self, id: ExpressionId) -> Vec<Arc<str>> {
        let mut symbols = Vec::new();
        for value in self.callees(id).iter() {
            if let Value::Symbol(symbol) = value {
                symbols.push(symbol.clone());
            }
        }
        symbols
    }

    fn compute(&self, expression: &Expression) -> Values {
        match &expression.kind {
            ExpressionKind::Literal(literal) => one(Value::Literal(literal.clone())),
            ExpressionKind::Name(name) => self.name(expression, name),
            ExpressionKind::Member { object, name, .. } => {
                // Ruby's call without arguments.
                if let Some(said) = self.compared_by_call(*object, name, &[]) {
                    return said;
                }
                let values = self.member_of(*object, name, Some(expression));
                match self.facts.expression(*object).kind {
                    ExpressionKind::Receiver(class) => self.left_to_subclasses(class, name, values),
                    _ => values,
                }
            }
            ExpressionKind::Index { object, index } => self.index(*object, *index),
            ExpressionKind::Call { callee, arguments } => match self.is_parent(*callee) {
                true => self.parent(expression.scope),
                false => self.call(*callee, arguments),
            },
            ExpressionKind::Mapping(entries) => self.mapping(entries),
            ExpressionKind::Sequence { items, open } => {
                let items = items.iter().map(|item| self.of(*item)).collect();
                one(Value::Sequence { items, open: *open })
            }
            ExpressionKind::Either(alternatives) => self.either(alternatives),
            ExpressionKind::Both(alternatives) => union(alternatives.iter().map(|it| self.of(*it))),
            ExpressionKind::Conditional { then, otherwise, .. } => union([self.of(*then), self.of(*otherwise)]),
            ExpressionKind::Not(operand) => self.negated(*operand),
            ExpressionKind::Merge(left, right) => {
                let (left, right) = (self.of(*left), self.of(*right));
                merged(&left, &right)
            }
            ExpressionKind::Module(module) => self.module(module),
            ExpressionKind::Receiver(class) | ExpressionKind::Function(class) => one(self.definition(*class)),
            ExpressionKind::Compound(parts) => self.joined_sequences(parts),
            ExpressionKind::Compare { comparison, left, right } => self.compared(*comparison, *left, *right),
            ExpressionKind::Unknown => unknown(),
        }
    }

    /// A text in letters of one case, or without blanks around it; none where no text is known.
    fn respelled(&self, callee: ExpressionId, arguments: &[Argument]) -> Option<Values> {
        let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind else { return None };
        let respell: fn(&str) -> String = match name.as_str() {
            "lower" | "casefold" | "toLowerCase" | "downcase" => str::to_lowercase,
            "upper" | "toUpperCase" | "upcase" => str::to_uppercase,
            "strip" | "trim" => |text| text.trim().to_owned(),
            _ => return None,
        };
        let values = self.of(*object);
        // What stands for nothing may be replaced later, by whoever finds that nothing is there.
        let is_text = |value: &Value| matches!(value, Value::Literal(Literal::Text(text)) if !text.is_empty());
        if !arguments.is_empty() || !values.iter().any(is_text) {
            return None;
        }
        Some(union(values.iter().map(|value| match value {
            Value::Literal(Literal::Text(text)) if is_text(value) => {
                one(Value::Literal(Literal::Text(respell(text).into())))
            }
            Value::Symbol(symbol) if symbol.starts_with(ENVIRONMENT) => one(value.clone()),
            _ => unknown(),
        })))
    }

    /// Two lists that are written one after the other: `a + b`. Nothing else is made of two known lists.
    fn joined_sequences(&self, parts: &[ExpressionId]) -> Values {
        let [left, right] = parts else { return unknown() };
        match (self.of(*left).as_ref(), self.of(*right).as_ref()) {
            ([Value::Sequence { items: before, open: false }], [Value::Sequence { items: after, open: false }])
                if before.len() + after.len() <= MOST_ENTRIES =>
            {
                one(Value::Sequence { items: before.iter().chain(after.iter()).cloned().collect(), open: false })
            }
            _ => unknown(),
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
        self.names.bindings.get(&(*scope, name.clone())).cloned().unwrap_or_default()
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
            Value::Symbol(_) | Value::Definition(_) | Value::Parameter(_) | Value::Unknown => None,
            Value::Module(..) => Some(true),
        }
    }

    fn name(&self, expression: &Expression, name: &Name) -> Values {
        let Some(scope) = self.declaring_scope(expression.scope, name) else {
            return self.inherited(expression.scope, name).unwrap_or_else(|| self.unbound(name));
        };
        let same_function = self.function_of(scope) == self.function_of(expression.scope);
        let values = self.bound(scope, name, expression.block, same_function.then_some(expression.span.start));
        let is_member = !same_function && self.facts.scope(scope).kind == ScopeKind::Class;
        if is_member { self.left_to_subclasses(scope, name, values) } else { values }
    }

    /// What a method reads of its own object, where a class below may give that another value: it stands for whatever
    /// such a class says, as a parameter does for what a caller gives.
    fn left_to_subclasses(&self, class: ScopeId, name: &Name, values: Values) -> Values {
        let is_plain = |value: &Value| {
            matches!(value, Value::Literal(_) | Value::Mapping(_) | Value::Sequence { .. } | Value::Unknown)
        };
        if self.world().following.get() != Following::Subclasses || !values.iter().all(is_plain) {
            return values;
        }
        let of = DefinitionId { file: self.file, scope: class };
        let member = |default| {
            one(Value::Parameter(Arc::new(Parameter {
                of,
                index: MEMBER,
                name: name.clone(),
                path: Vec::new(),
                default,
            })))
        };
        // What is made of other members changes with those, too.
        if values.iter().any(|value| depends_on_caller(value, DEEPEST_PARAMETER)) {
            return union([member(None), values]);
        }
        member(values.iter().any(|it| *it != Value::Unknown).then_some(values))
    }

    /// What a class of this file itself says of a member that a class above reads, and where; a method says what it
    /// returns. None where it says nothing.
    pub(crate) fn said_by(&self, class: ScopeId, member: &Name) -> Option<(Values, Span)> {
        let last = *self.names.bindings.get(&(class, member.clone()))?.last()?;
        let span = match &self.facts.bindings[last as usize].kind {
            BindingKind::Value(value) => self.facts.expression(*value).span,
            BindingKind::Definition(scope) => self.definition_at(*scope)?.name_span,
            _ => self.definition_at(class)?.name_span,
        };
        let said = self.following(Following::All, || self.bound(class, member, BlockId(0), None));
        let values = union(said.iter().map(|value| match value {
            Value::Definition(method) => self.following(Following::All, || self.result(*method, &[])),
            value => one(value.clone()),
        }));
        Some((values, span))
    }

    /// A member of a class as a class below has it: what that says of it, or what those below that one will say.
    pub(crate) fn said_below(&self, class: ScopeId, member: &Arc<Parameter>) -> (Values, Option<Span>) {
        match self.said_by(class, &member.name) {
            Some((values, span)) => {
                (member.path.iter().fold(values, |values, name| member_of_given(&values, name)), Some(span))
            }
            None => {
                let of = DefinitionId { file: self.file, scope: class };
                (one(Value::Parameter(Arc::new(Parameter { of, ..member.as_ref().clone() }))), None)
            }
        }
    }

    /// What `name` of `scope` can be, seen from `block`; `before` limits it to bindings above that offset.
    fn bound(&self, scope: ScopeId, name: &str, block: BlockId, before: Option<u32>) -> Values {
        let Some(all) = self.names.bindings.get(&(scope, Name::from(name))) else { return unknown() };
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
        // `if x is None: x = 1` leaves nothing of what was null before.
        let replaces_null = reaching.iter().skip(1).any(|&index| self.binds_where_null(index, name));
        let is_made = self.facts.scope(scope).kind == ScopeKind::Class
            && reaching.iter().any(|&index| self.declares_only(index))
            && reaching.iter().any(|&index| self.binds_where_made(index, scope));
        let values = reaching.iter().enumerate().filter_map(|(at, &index)| {
            let values = self.binding(index);
            // That there is such a field says nothing about it, where whoever makes the object gives it something.
            let says_nothing = is_made && self.declares_only(index) && *values == [Value::Unknown];
            let is_replaced = replaces_null && at == 0;
            (!says_nothing).then(|| match is_replaced {
                true => but_for(&values, |it| *it == Value::Literal(Literal::Null)),
                false => values,
            })
        });
        let values = union(values.collect::<Vec<_>>());
        self.mutated(values, scope, name, block, before, self.facts.bindings[reaching[0] as usize].at)
    }

    /// The first that counts: of those before the last, what never counts is not among the values.
    fn either(&self, alternatives: &[ExpressionId]) -> Values {
        let Some((last, before)) = alternatives.split_last() else { return unknown() };
        // Elsewhere the alternatives may be those of `??`, past which `false` and `""` get.
        let is_or = matches!(self.facts.language, Language::Python | Language::Ruby);
        let never = |value: &Value| match is_or {
            true => self.truth(value) == Some(false),
            false => *value == Value::Literal(Literal::Null),
        };
        let before: Vec<Values> =
            before.iter().map(|it| but_for(&self.of(*it), never)).filter(|it| !it.is_empty()).collect();
        union(before.into_iter().chain([self.of(*last)]))
    }

    /// Whether a binding of a class's member stands in its constructor.
    fn binds_where_made(&self, index: u32, class: ScopeId) -> bool {
        let binding = &self.facts.bindings[index as usize];
        !self.declares_only(index)
            && self.constructor(class).filter(|it| *it != class).is_some_and(|constructor| {
                self.definition_at(constructor).is_some_and(|it| (it.span.start..=it.span.end).contains(&binding.at))
            })
    }

    /// Whether a binding declares a field and gives it nothing.
    fn declares_only(&self, index: u32) -> bool {
        let kind = &self.facts.bindings[index as usize].kind;
        matches!(kind, BindingKind::Parameter { index: None, default: None, .. })
    }

    /// Whether the binding stands in a branch that runs only where the name was null.
    fn binds_where_null(&self, index: u32, name: &str) -> bool {
        let is_name =
            |id: ExpressionId| matches!(&self.facts.expression(id).kind, ExpressionKind::Name(it) if it == name);
        let is_null =
            |id: ExpressionId| matches!(self.facts.expression(id).kind, ExpressionKind::Literal(Literal::Null));
        let block = &self.facts.blocks[self.facts.bindings[index as usize].block.0 as usize];
        let BlockKind::Branch { condition: Some(condition), holds } = block.kind else { return false };
        match &self.facts.expression(condition).kind {
            ExpressionKind::Not(operand) => holds && is_name(*operand),
            ExpressionKind::Name(it) => !holds && it == name,
            ExpressionKind::Compare { comparison, left, right } => {
                let wanted = if holds { Comparison::Equal } else { Comparison::NotEqual };
                *comparison == wanted && (is_name(*left) && is_null(*right) || is_name(*right) && is_null(*left))
            }
            _ => false,
        }
    }

    fn binding(&self, index: u32) -> Values {
        match &self.facts.bindings[index as usize].kind {
            BindingKind::Import(path) => self.imported_value(path),
            BindingKind::Value(value) => self.of(*value),
            BindingKind::MemberOf(value, name) => self.member_of(*value, name, None),
            BindingKind::ItemOf(value, item) => self.item_of(*value, *item),
            BindingKind::Definition(scope) => one(self.definition(*scope)),
            BindingKind::Parameter { index: place, annotation, default } => {
                let declared = annotation.map(|annotation| self.instances(annotation));
                let default = default.map(|default| self.of(default));
                let declared = declared.filter(|it| it.iter().any(|value| *value != Value::Unknown));
                let given = || {
                    let binding = &self.facts.bindings[index as usize];
                    self.given_to_field(binding.scope, &binding.name)
                };
                match (declared, default, place) {
                    (Some(declared), None, None) => match given() {
                        Some(given) => union([given, declared]),
                        None => declared,
                    },
                    (Some(declared), Some(default), None) => union([default, declared]),
                    (Some(declared), default, Some(place)) => union([declared, self.taken(index, *place, default)]),
                    (None, default, Some(place)) => self.taken(index, *place, default),
                    (None, Some(default), None) => union([default, unknown()]),
                    (None, None, None) => match given() {
                        Some(given) => union([given, unknown()]),
                        None => unknown(),
                    },
                }
            }
            // What is done with each of a list of names is no use of any of them.
            BindingKind::ElementOf(_) | BindingKind::StarImport(_) | BindingKind::Opaque | BindingKind::Alias(_) => {
                unknown()
            }
        }
    }

    /// The item of a value taken apart. What a Go function returns first is what other languages' return alone.
    fn item_of(&self, value: ExpressionId, item: u32) -> Values {
        union(self.of(value).iter().map(|value| match value {
            Value::Sequence { items, open: false } => items.get(item as usize).cloned().unwrap_or_else(unknown),
            Value::Symbol(_) if item == 0 && self.facts.language == Language::Go => one(value.clone()),
            Value::Symbol(symbol) => symbol_named(format!("{symbol}.{item}")),
            _ => unknown(),
        }))
    }

    /// The instances that a declared type admits.
    fn instances(&self, annotation: ExpressionId) -> Values {
        union(self.of(annotation).iter().map(|value| match value {
            Value::Symbol(symbol) if !symbol.starts_with("builtins.") && !symbol.starts_with("globalThis.") => {
                symbol_named(format!("{symbol}()"))
            }
            Value::Definition(class) => one(Value::Definition(*class)),
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
        let Some(mutations) = self.names.mutations.get(&(scope, Name::from(name))) else { return values };
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
                match value {
                    Value::Unknown => *value = Value::Mapping(Mapping { entries: Vec::new(), open: true }),
                    Value::Parameter(parameter) => *value = Value::Mapping(parameter.as_mapping()),
                    _ => {}
                }
                let Value::Mapping(mapping) = value else { continue };
                match &mutation.kind {
                    MutationKind::SetItem { key, value } => match self.key(*key) {
                        Some(key) if always => mapping.set(key, self.of(*value)),
                        Some(key) => mapping.may_set(key, &self.of(*value)),
                        None => mapping.opened(),
                    },
                    MutationKind::Merge(other) => match self.of(*other).as_ref() {
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

    /// A method or field of the classes above, for languages that name it without its object.
    fn inherited(&self, from: ScopeId, name: &str) -> Option<Values> {
        let is_implicit = matches!(
            self.facts.language,
            Language::Ruby | Language::Java | Language::Kotlin | Language::Scala | Language::CSharp
        );
        if !is_implicit {
            return None;
        }
        let scopes = std::iter::successors(Some(from), |scope| self.facts.scope(*scope).parent);
        let classes = scopes.filter(|scope| self.facts.scope(*scope).kind == ScopeKind::Class);
        let bases = classes.filter_map(|class| self.definition_at(class)).flat_map(|it| &it.bases);
        let mut values = bases.map(|base| self.member_of_instance(*base, name));
        values.find(|values| values.iter().any(|it| matches!(it, Value::Definition(_))))
    }

    /// A name no visible scope binds: from a star import, or the language's own. When another function of the
    /// file imports it, the code fails at run time as it stands, but there is no doubt what it means.
    fn unbound(&self, name: &str) -> Values {
        if let Some(path) = self.names.imported.get(name) {
            return self.imported_value(path);
        }
        if let Some(values) = self.found_in_package(name) {
            return values;
        }
        // Ruby loads constants by their names.
        if self.facts.language == Language::Ruby
            && name.starts_with(char::is_uppercase)
            && let Located::Found(values) = self.located(name)
        {
            return values;
        }
        if let Some(values) = self.found_among_globals(name) {
            return values;
        }
        let mut stars = Vec::new();
        for module in &self.names.stars {
            let path = joined(module, name);
            match self.located(&path) {
                // What a module of the repository does not have, it does not give.
                Located::Found(values) => return values,
                Located::Nothing => {}
                Located::Elsewhere => stars.push(one(Value::Symbol(path.into()))),
            }
        }
        // A type of the namespaces around this one needs no `using`.
        if self.facts.language == Language::CSharp
            && name.starts_with(char::is_uppercase)
            && let Located::Found(values) = self.located(name)
        {
            stars.push(values);
        }
        let own = match self.facts.language {
            Language::Python => format!("builtins.{name}"),
            Language::JavaScript | Language::TypeScript => format!("globalThis.{name}"),
            _ => name.to_owned(),
        };
        union(stars.into_iter().chain([one(Value::Symbol(own.into()))]))
    }

    fn declaring_scope(&self, from: ScopeId, name: &str) -> Option<ScopeId> {
        self.names.declaring_scope(&self.facts, from, name)
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
        // A file reads what it exports itself.
        if self.is_own_exports(object)
            && let Some(values) = self.exported(name)
        {
            return values;
        }
        let objects = self.of(object);
        // What compiled TypeScript calls `m.default` is `m`, as for a default import.
        let is_interop =
            name == "default" && matches!(self.facts.language, Language::JavaScript | Language::TypeScript);
        union(objects.iter().map(|value| match value {
            Value::Symbol(_) if is_interop => one(value.clone()),
            value => self.member_of_value(value, name, at),
        }))
    }

    /// `exports`, `module.exports`
    fn is_own_exports(&self, id: ExpressionId) -> bool {
        let is_global = |id: ExpressionId, name: &str| {
            matches!(&self.facts.expression(id).kind, ExpressionKind::Name(it) if it == name)
                && self.variable(id).is_none()
        };
        match &self.facts.expression(id).kind {
            _ if !matches!(self.facts.language, Language::JavaScript | Language::TypeScript) => false,
            ExpressionKind::Member { object, name, .. } => name == "exports" && is_global(*object, "module"),
            _ => is_global(id, "exports"),
        }
    }

    fn member_of_value(&self, value: &Value, name: &str, at: Option<&Expression>) -> Values {
        match value {
            Value::Symbol(symbol) => {
                // Part of a path: `import app.auth`, `crate::auth::decode`.
                if !symbol.contains(['(', ':'])
                    && let Located::Found(values) = self.located(&joined(symbol, name))
                {
                    return values;
                }
                member_symbol(symbol, name)
            }
            Value::Module(file, path) if *file == self.file => self.imported_value(&joined(path, name)),
            Value::Module(file, path) => match self.elsewhere(*file) {
                Some(other) => other.imported_value(&joined(path, name)),
                None => unknown(),
            },
            Value::Definition(class) if class.file == self.file => {
                if self.facts.scope(class.scope).kind == ScopeKind::Class {
                    self.class_member(class.scope, name, at)
                } else {
                    unknown()
                }
            }
            Value::Definition(class) => match self.elsewhere(class.file) {
                Some(other) => other.member_of_value(value, name, None),
                None => unknown(),
            },
            Value::Mapping(mapping) => mapping.get(name).unwrap_or_else(unknown),
            Value::Parameter(parameter) => parameter.member(name, &|value| self.member_of_value(value, name, at)),
            _ => unknown(),
        }
    }

    fn definition(&self, scope: ScopeId) -> Value {
        Value::Definition(DefinitionId { file: self.file, scope })
    }

    fn parameter(&self, binding: u32, index: u32, default: Option<Values>) -> Value {
        let binding = &self.facts.bindings[binding as usize];
        let of = DefinitionId { file: self.file, scope: binding.scope };
        Value::Parameter(Arc::new(Parameter { of, index, name: binding.name.clone(), path: Vec::new(), default }))
    }

    pub(crate) fn world(&self) -> Rc<World<'r>> {
        self.world.upgrade().expect("a world outlives the names in it")
    }

    fn elsewhere(&self, file: FileId) -> Option<Rc<Resolver<'r>>> {
        self.world().resolver(file)
    }

    /// A module in use. What a relative one means hangs on the file that asks, so it never becomes a mere name.
    fn module(&self, path: &str) -> Values {
        if !path.starts_with('.') {
            return one(Value::Symbol(path.into()));
        }
        match self.located(path) {
            Located::Found(values) => values,
            Located::Nothing | Located::Elsewhere => one(Value::Module(self.file, path.into())),
        }
    }

    /// What a path that this file imports stands for.
    fn imported_value(&self, path: &str) -> Values {
        match self.located(path) {
            Located::Found(values) => values,
            // Not asked for now: `export * as name from "./m"`.
            Located::Elsewhere if path.starts_with("./") && self.world().following.get() == Following::Leads => {
                one(Value::Module(self.file, path.into()))
            }
            Located::Nothing | Located::Elsewhere => {
                // `use function Acme\read_token` says nothing of where that stands.
                let name = path.rsplit('.').next().unwrap_or(path);
                let global = self.found_among_globals(name).filter(|_| self.facts.language == Language::Php);
                global.unwrap_or_else(|| one(Value::Symbol(self.canonical(path))))
            }
        }
    }

    /// The path with the real name of a library that the manifest renames.
    fn canonical(&self, path: &str) -> Arc<str> {
        let end = path.find('.').unwrap_or(path.len());
        match self.world().renamed(self.file, &path[..end]) {
            Some(real) => format!("{real}{}", &path[end..]).into(),
            None => path.into(),
        }
    }

    /// Whether an imported path belongs to the repository, be there something at its end or not; a lone file's may.
    pub(crate) fn may_be_own(&self, path: &str) -> bool {
        let world = self.world();
        let package = path.split('.').next().unwrap_or(path);
        path.starts_with('.')
            || world.is_of_one_file()
            || [path, package].into_iter().any(|it| world.locate(self.file, it).is_some())
    }

    /// The paths of the repository's files that an imported path leads to.
    pub(crate) fn files_at(&self, path: &str) -> Vec<Arc<str>> {
        let world = self.world();
        let located = world.locate(self.file, path);
        let files = located.iter().flat_map(|it| it.files);
        files.map(|file| Arc::from(world.repository.graph.path(*file))).collect()
    }

    fn located(&self, path: &str) -> Located {
        let world = self.world();
        if world.following.get() == Following::Leads && !world.leads.lie_on(path) {
            return Located::Elsewhere;
        }
        let Some(located) = world.locate(self.file, path) else { return Located::Elsewhere };
        // A module that imports from one of its own name may be sent back to itself.
        let found = world.following(self.file, path, || Some(self.members_at(path, located)));
        found.unwrap_or(Located::Elsewhere)
    }

    fn members_at(&self, path: &str, located: graph::Located<'_, '_>) -> Located {
        let around = || {
            let around = located.around?;
            self.members_in(around.files, around.members)
        };
        if located.members.is_empty() {
            if let Some(values) = around() {
                return Located::Found(values);
            }
            let module = one(Value::Module(self.file, path.into()));
            let default = located.files.first().and_then(|&file| self.exported_by(file, "default"));
            return Located::Found(match default {
                Some(default) => union([default, module]),
                None => module,
            });
        }
        match self.members_in(located.files, located.members).or_else(around) {
            // The path stays a name too: a rule may know it by that.
            Some(values) if values.iter().any(|it| matches!(it, Value::Definition(_))) => {
                Located::Found(union([values, one(Value::Symbol(path.into()))]))
            }
            Some(values) => Located::Found(values),
            None => Located::Nothing,
        }
    }

    /// The named member of the members … of what the first of the files that has it exports.
    fn members_in(&self, files: &[FileId], members: &str) -> Option<Values> {
        let mut names = members.split(graph::SEPARATORS).filter(|name| !name.is_empty());
        let first = names.next()?;
        let exported = files.iter().find_map(|&file| self.exported_by(file, first))?;
        Some(
            names.fold(exported, |values, name| {
                union(values.iter().map(|value| self.member_of_value(value, name, None)))
            }),
        )
    }

    fn exported_by(&self, file: FileId, name: &str) -> Option<Values> {
        if file == self.file {
            return self.exported(name);
        }
        self.elsewhere(file)?.exported(name)
    }

    /// The names worth following that a file may pass on because it passes on all of another.
    pub(crate) fn leads_through_stars(&self) -> Vec<Name> {
        let has_stars = !self.names.stars.is_empty() || self.facts.exports.iter().any(|it| it.name == "*");
        if has_stars { self.world().leads.names().cloned().collect() } else { Vec::new() }
    }

    /// The names by which others may get something that leads somewhere: those it exports, and those of the object or
    /// module that is all a CommonJS module exports.
    pub(crate) fn names_given(&self) -> Vec<Name> {
        let mut names: Vec<Name> =
            self.facts.exports.iter().map(|it| it.name.clone()).filter(|name| name != "*").collect();
        for value in self.exported("module.exports").iter().flat_map(|values| values.iter()) {
            match value {
                Value::Mapping(mapping) => {
                    names.extend(mapping.entries.iter().map(|(key, _)| Name::from(key.as_str())))
                }
                Value::Module(..) => names.extend(self.world().leads.names().cloned()),
                _ => {}
            }
        }
        names
    }

    /// What those of a module's names stand for that lead somewhere.
    pub(crate) fn leads_in(&self, module: &Value) -> Vec<Values> {
        let world = self.world();
        let names = world.leads.names().filter(|_| matches!(module, Value::Module(..)));
        names.map(|name| self.member_of_value(module, name, None)).collect()
    }

    /// What other files get when they ask this one for a name.
    pub(crate) fn exported(&self, name: &str) -> Option<Values> {
        self.world().following(self.file, name, || self.exports(name))
    }

    fn exports(&self, name: &str) -> Option<Values> {
        let targets = self.facts.exports.iter().filter(|it| it.name == name).map(|it| self.target(&it.target));
        let targets: Vec<Values> = targets.collect();
        if !targets.is_empty() {
            return Some(union(targets));
        }
        if !self.is_ecmascript()
            && let Some(values) = self.module_name(name)
        {
            return Some(values);
        }
        if name != "default" {
            for export in self.facts.exports.iter().filter(|it| it.name == "*") {
                if let ExportTarget::Import(module) = &export.target
                    && let Located::Found(values) = self.located(&joined(module, name))
                {
                    return Some(values);
                }
            }
            for module in &self.names.stars {
                if let Located::Found(values) = self.located(&joined(module, name)) {
                    return Some(values);
                }
            }
        }
        // CommonJS: the members of the one object it exports, which is the default export as well.
        let whole = self.facts.exports.iter().filter(|it| it.name == "module.exports");
        let whole: Vec<Values> = whole.map(|it| self.target(&it.target)).collect();
        match (whole.is_empty(), name) {
            (true, _) => None,
            (false, "default") => Some(union(whole)),
            (false, name) => {
                let whole = union(whole);
                Some(union(whole.iter().map(|value| self.member_of_value(value, name, None))))
            }
        }
    }

    fn target(&self, target: &ExportTarget) -> Values {
        match target {
            ExportTarget::Local(name) => self.module_name(name).unwrap_or_else(unknown),
            ExportTarget::Value(value) => self.of(*value),
            ExportTarget::Import(path) => self.imported_value(path),
        }
    }

    /// What a name of the module scope is once the module has run.
    fn module_name(&self, name: &str) -> Option<Values> {
        let module = ScopeId(0);
        let bindings = self.names.bindings.get(&(module, Name::from(name)))?;
        let is_import = |index: &u32| matches!(self.facts.bindings[*index as usize].kind, BindingKind::Import(_));
        if !self.facts.language.passes_imports_on() && bindings.iter().all(is_import) && !self.is_ecmascript() {
            return None;
        }
        Some(self.bound(module, name, BlockId(0), None))
    }

    fn is_ecmascript(&self) -> bool {
        matches!(self.facts.language, Language::JavaScript | Language::TypeScript)
    }

    /// A name that another file of the package defines, for languages that need no import for it.
    fn found_in_package(&self, name: &str) -> Option<Values> {
        let world = self.world();
        let files = world.package(self.file);
        let is_followed = world.following.get() != Following::Leads || world.leads.lie_on(name);
        if files.len() < 2 || !is_followed {
            return None;
        }
        files.iter().filter(|&&file| file != self.file).find_map(|&file| self.exported_by(file, name))
    }

    /// A method that another file of the package gives a type of this one: Go's stand where their author likes.
    fn method_in_package(&self, class: ScopeId, name: &str) -> Option<Values> {
        let world = self.world();
        let is_followed = world.following.get() != Following::Leads || world.leads.lie_on(name);
        if self.facts.language != Language::Go || !is_followed {
            return None;
        }
        let class = &self.facts.scope(class).name;
        let others = world.package(self.file).iter().filter(|&&file| file != self.file);
        others.filter_map(|&file| self.elsewhere(file)).find_map(|other| {
            let scopes = (0..).map(ScopeId).zip(&other.facts.scopes);
            let mut same = scopes.filter(|(_, it)| it.kind == ScopeKind::Class && it.name == *class);
            let (class, _) = same.find(|(it, _)| other.names.bindings.contains_key(&(*it, Name::from(name))))?;
            Some(other.bound(class, name, BlockId(0), None))
        })
    }

    /// A function outside of classes that one other file defines, for languages in which whoever loads a file has
    /// its functions: by `require`, by Composer's `files`, by the framework.
    fn found_among_globals(&self, name: &str) -> Option<Values> {
        let language = self.facts.language;
        if !matches!(language, Language::Ruby | Language::Php) {
            return None;
        }
        let world = self.world();
        let others = world.leads.givers(name).iter().filter(|&&file| file != self.file);
        let mut found = others.filter_map(|&file| {
            let other = self.elsewhere(file).filter(|it| it.facts.language == language)?;
            let is_meant = |it: &&Binding| match language {
                Language::Php => it.name.eq_ignore_ascii_case(name),
                _ => it.name == name,
            };
            let is_function = |it: &&Binding| it.scope == ScopeId(0) && matches!(it.kind, BindingKind::Definition(_));
            let function = other.facts.bindings.iter().filter(is_function).find(is_meant)?;
            other.module_name(&function.name)
        });
        // Of two by one name it is open which is loaded.
        found.next().filter(|_| found.next().is_none())
    }

    fn class_member(&self, class: ScopeId, name: &str, at: Option<&Expression>) -> Values {
        if self.names.bindings.contains_key(&(class, Name::from(name))) {
            let values = self.bound(class, name, at.map_or(BlockId(0), |at| at.block), None);
            return match values.as_ref() {
                // Read, it is what it returns.
                [Value::Definition(function)] if self.is_property(*function) => self.result(*function, &[]),
                _ => values,
            };
        }
        if let Some(values) = self.method_in_package(class, name) {
            return values;
        }
        // An inherited member: of the bases whose names are known.
        let bases = self.definition_at(class).into_iter().flat_map(|it| &it.bases);
        let inherited: Vec<Values> = bases.map(|base| self.member_of_instance(*base, name)).collect();
        if !inherited.is_empty() {
            return union(inherited);
        }
        // `IOptions<Settings>` is read as the settings that it holds.
        match self.facts.language == Language::CSharp && matches!(name, "Value" | "CurrentValue") {
            true => one(self.definition(class)),
            false => unknown(),
        }
    }

    /// Whether a function of this file runs when its name is read.
    fn is_property(&self, function: DefinitionId) -> bool {
        if self.facts.language != Language::Python || function.file != self.file {
            return false;
        }
        let decorators = self.definition_at(function.scope).into_iter().flat_map(|it| &it.decorators);
        decorators.into_iter().any(|it| match &self.facts.expression(*it).kind {
            ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } => {
                matches!(name.as_str(), "property" | "cached_property")
            }
            _ => false,
        })
    }

    fn member_of_instance(&self, base: ExpressionId, name: &str) -> Values {
        if self.inheritance.get() >= MOST_BASES {
            return unknown();
        }
        self.inheritance.set(self.inheritance.get() + 1);
        let values = union(self.of(base).iter().map(|value| match value {
            Value::Symbol(symbol) => symbol_named(format!("{symbol}().{name}")),
            value @ Value::Definition(_) => self.member_of_value(value, name, None),
            _ => unknown(),
        }));
        self.inheritance.set(self.inheritance.get() - 1);
        values
    }

    fn index(&self, object: ExpressionId, index: ExpressionId) -> Values {
        let objects = self.of(object);
        let Some(key) = self.key(index) else { return unknown() };
        union(objects.iter().map(|value| match value {
            Value::Mapping(mapping) => mapping.get(&key).unwrap_or_else(unknown),
            Value::Sequence { items, open: false } => {
                key.parse::<usize>().ok().and_then(|at| items.get(at)).cloned().unwrap_or_else(unknown)
            }
            Value::Symbol(symbol) => self.flask_setting(symbol, &key).unwrap_or_else(|| member_symbol(symbol, &key)),
            Value::Parameter(_) => self.member_of_value(value, &key, None),
            _ => unknown(),
        }))
    }

    /// What Flask's configuration has under a key: an attribute of the classes that the repository's module for it
    /// defines, or a name of that module. Source: the documentation of Flask, "Configuration Handling".
    fn flask_setting(&self, symbol: &str, key: &str) -> Option<Values> {
        if ![FLASK_CONFIG, "flask.Flask().config", "quart.current_app.config", "quart.Quart().config"].contains(&symbol)
        {
            return None;
        }
        let located = self.world().locate(self.file, &format!("{FLASK_CONFIG}.{key}"))?.files;
        let values: Vec<Values> = located
            .iter()
            .flat_map(|&file| match file == self.file {
                true => self.settings_named(key),
                false => self.elsewhere(file).map_or_else(Vec::new, |other| other.settings_named(key)),
            })
            .collect();
        (!values.is_empty()).then(|| union(values))
    }

    /// The values of a setting in a module, those for tests and for a developer's machine apart.
    fn settings_named(&self, key: &str) -> Vec<Values> {
        let is_apart = |name: &str| {
            let apart = ["test", "testing", "tests", "dev", "development", "local", "debug"];
            camel_words(name).any(|word| apart.contains(&word.to_lowercase().as_str()))
        };
        let classes =
            self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Class && !is_apart(&it.name));
        let named = classes.filter(|it| self.names.bindings.contains_key(&(it.scope, Name::from(key))));
        named.map(|it| self.class_member(it.scope, key, None)).chain(self.exported(key)).collect()
    }

    fn key(&self, key: ExpressionId) -> Option<String> {
        match self.of(key).as_ref() {
            [Value::Literal(Literal::Text(text) | Literal::Number(text))] => Some(text.to_string()),
            _ => None,
        }
    }

    fn mapping(&self, entries: &[Entry]) -> Values {
        let mut mapping = Mapping::default();
        for entry in entries {
            match entry {
                Entry::Pair { key, value } => match self.key(*key) {
                    Some(key) => mapping.set(key, self.of(*value)),
                    None => mapping.opened(),
                },
                Entry::Spread(other) => self.spread(&mut mapping, *other),
            }
        }
        one(Value::Mapping(mapping))
    }

    fn spread(&self, mapping: &mut Mapping, other: ExpressionId) {
        let values = self.of(other);
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
                // Of a module, the names that lead somewhere.
                Value::Module(file, _) if *file == self.file => {
                    for name in self.world().leads.names() {
                        let given = self.member_of_value(value, name, None);
                        if given.iter().any(|it| !matches!(it, Value::Unknown)) {
                            mapping.may_set(name.to_string(), &given);
                        }
                    }
                    mapping.opened();
                }
                Value::Parameter(parameter) => {
                    for (key, values) in &parameter.as_mapping().entries {
                        mapping.may_set(key.clone(), values);
                    }
                    mapping.opened();
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
            && matches!(self.of(*object).as_ref(), [Value::Mapping(_) | Value::Sequence { .. }])
        {
            return self.of(*object);
        }
        if let Some(respelled) = self.respelled(callee, arguments) {
            return respelled;
        }
        if let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind
            && let Some(said) = self.compared_by_call(*object, name, arguments)
        {
            return said;
        }
        if let ExpressionKind::Name(name) = &self.facts.expression(callee).kind
            && MODULE_INTEROP.contains(&name.as_str())
            && let [module] = arguments
        {
            return self.of(module.value);
        }
        let values = union(self.of(callee).iter().map(|value| match value {
            Value::Symbol(symbol) => {
                self.known_call(symbol, arguments).unwrap_or_else(|| symbol_named(format!("{symbol}()")))
            }
            Value::Definition(called) => {
                let arguments = arguments.iter().map(|it| Given { kind: it.kind.clone(), values: self.of(it.value) });
                self.result(*called, &arguments.collect::<Vec<_>>())
            }
            _ => unknown(),
        }));
        let values = self.looked_up(callee, arguments, &values).unwrap_or(values);
        match self.variable(callee) {
            Some((class, method)) if self.facts.scope(class).kind == ScopeKind::Class => {
                self.left_to_subclasses(class, &method, values)
            }
            _ => values,
        }
    }

    /// Whether what is called gives the class above the one it stands in: Python's `super()`.
    fn is_parent(&self, callee: ExpressionId) -> bool {
        let is_super = |name: &Name| self.facts.language == Language::Python && *name == "super";
        matches!(&self.facts.expression(callee).kind, ExpressionKind::Name(name) if is_super(name))
    }

    /// What the class above the one around a scope is, as an instance.
    fn parent(&self, scope: ScopeId) -> Values {
        let mut around = std::iter::successors(Some(scope), |&scope| self.facts.scope(scope).parent);
        let class = around.find(|&scope| self.facts.scope(scope).kind == ScopeKind::Class);
        let Some(class) = class.and_then(|class| self.definition_at(class)) else { return unknown() };
        let instance = |value: &Value| match value {
            Value::Symbol(symbol) => symbol_named(format!("{symbol}()")),
            Value::Definition(_) => one(value.clone()),
            _ => unknown(),
        };
        let bases = class.bases.iter().map(|&base| union(self.of(base).iter().map(instance)));
        match class.bases.is_empty() {
            true => unknown(),
            false => union(bases),
        }
    }

    /// Whether this file may run with a version of the package below the one and from the other on;
    /// what manifests leave open, may be.
    pub(crate) fn may_run(&self, package: &str, below: Option<&str>, from: Option<&str>) -> bool {
        let known = self.world().version(self.facts.language, self.file, package);
        let below = below.and_then(Version::new).and_then(|it| known.may_be_below(&it));
        let from = from.and_then(Version::new).and_then(|it| known.may_be_at_least(&it));
        below.unwrap_or(true) && from.unwrap_or(true)
    }

    /// Whether the manifest of the package that this file is part of asks for another one.
    pub(crate) fn depends_on(&self, package: &str) -> bool {
        self.world().depends_on(self.facts.language, self.file, package)
    }

    /// The class or function that opens a scope of this file.
    pub(crate) fn definition_at(&self, scope: ScopeId) -> Option<&Definition> {
        self.names.definitions.get(&scope).map(|&index| &self.facts.definitions[index as usize])
    }

    /// The function that a call of this class or function runs, with the names of its parameters.
    pub(crate) fn callable(&self, called: DefinitionId) -> Option<(DefinitionId, Vec<Name>)> {
        if called.file != self.file {
            return self.elsewhere(called.file)?.callable(called);
        }
        let scope = match self.facts.scope(called.scope).kind {
            ScopeKind::Class => self.constructor(called.scope)?,
            _ => called.scope,
        };
        let definition = self.definition_at(scope)?;
        Some((DefinitionId { file: self.file, scope }, definition.parameters.clone()))
    }

    /// The function that makes an instance of a class: the class itself where its head has the parameters. Of several
    /// the last, where the language knows one only; none where they are told apart by what they are given.
    fn constructor(&self, class: ScopeId) -> Option<ScopeId> {
        let constructors = self.constructors.get_or_init(|| {
            let mut constructors: FxHashMap<ScopeId, Vec<ScopeId>> = FxHashMap::default();
            for function in self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Function) {
                let Some(class) = self.facts.scope(function.scope).parent else { continue };
                let around = self.facts.scope(class);
                let is_named = CONSTRUCTORS.contains(&function.name.as_str()) || function.name == around.name;
                if around.kind == ScopeKind::Class && is_named {
                    constructors.entry(class).or_default().push(function.scope);
                }
            }
            constructors
        });
        match constructors.get(&class).map(Vec::as_slice) {
            Some([one]) => Some(*one),
            Some(all) => {
                let is_overloaded = |it: &ScopeId| self.facts.scope(*it).name == self.facts.scope(class).name;
                all.last().copied().filter(|it| !is_overloaded(it))
            }
            None => self.definition_at(class).filter(|it| !it.parameters.is_empty()).map(|_| class),
        }
    }

    /// Whether a definition of the repository is a class or a function.
    pub(crate) fn kind_of(&self, defined: DefinitionId) -> Option<DefinitionKind> {
        if defined.file != self.file {
            return self.elsewhere(defined.file)?.kind_of(defined);
        }
        self.definition_at(defined.scope).map(|it| it.kind)
    }

    /// What other files import to call a function of this one: its name, or its class's when it is a method.
    pub(crate) fn asked_by(&self, function: ScopeId) -> Name {
        let scope = self.facts.scope(function);
        let class = scope.parent.map(|parent| self.facts.scope(parent)).filter(|it| it.kind == ScopeKind::Class);
        class.unwrap_or(scope).name.clone()
    }

    /// What a call of a class or function of the repository gives.
    fn result(&self, called: DefinitionId, arguments: &[Given]) -> Values {
        let world = self.world();
        if world.depth.get() >= MOST_CALLS {
            return unknown();
        }
        let resolver = if called.file == self.file { None } else { self.elsewhere(called.file) };
        let (facts, resolver) = match &resolver {
            Some(other) => (&other.facts, other.as_ref()),
            None if called.file == self.file => (&self.facts, self),
            None => return unknown(),
        };
        // A class makes its instances.
        if facts.scope(called.scope).kind == ScopeKind::Class {
            return one(Value::Definition(called));
        }
        let Some(definition) = resolver.definition_at(called.scope) else { return unknown() };
        if definition.returns.is_empty() || definition.returns.len() > MOST_VALUES {
            return unknown();
        }
        world.depth.set(world.depth.get() + 1);
        let values = union(definition.returns.iter().map(|it| resolver.of(it.value)));
        let values = filled(&values, called, &definition.parameters, arguments);
        let values = resolver.run(called.scope, &values, arguments).unwrap_or(values);
        world.depth.set(world.depth.get() - 1);
        values
    }

    /// What a short function gives that is given texts, where that says more than what it gives all its callers:
    /// `flag("VERIFY", "off")`, which compares what it reads.
    fn run(&self, scope: ScopeId, before: &Values, arguments: &[Given]) -> Option<Values> {
        let is_said = |it: &Given| it.values.iter().any(|value| matches!(value, Value::Literal(_)));
        let definition = self.definition_at(scope)?;
        let is_open =
            before.contains(&Value::Unknown) && self.run.borrow().is_none() && self.steps().get() < MOST_STEPS_OF_FILE;
        if !is_open || definition.span.end - definition.span.start > LONGEST_RUN || !arguments.iter().any(is_said) {
            return None;
        }
        let parameters = definition.parameters.clone();
        let run = Run { scope, span: definition.span, parameters, arguments: arguments.to_vec(), steps: 0 };
        *self.run.borrow_mut() = Some(run);
        let values = union(definition.returns.iter().map(|it| self.of(it.value)));
        let steps = self.run.borrow_mut().take().map_or(0, |it| it.steps);
        // One that comes to nothing takes time, too.
        self.steps().set(self.steps().get() + steps.max(1));
        Some(values)
    }

    /// What a parameter is: what the function is run with, or whatever a caller gives.
    fn taken(&self, binding: u32, index: u32, default: Option<Values>) -> Values {
        if let Some(run) =
            self.run.borrow().as_ref().filter(|it| it.scope == self.facts.bindings[binding as usize].scope)
        {
            return given(index as usize, &run.parameters, &run.arguments).or(default).unwrap_or_else(unknown);
        }
        one(self.parameter(binding, index, default))
    }

    /// What a field is given where its class is made by keywords: `Settings{Strict: strict}`.
    fn given_to_field(&self, class: ScopeId, name: &Name) -> Option<Values> {
        if self.facts.scope(class).kind != ScopeKind::Class {
            return None;
        }
        let keywords = self.keywords.get_or_init(|| {
            let mut keywords: FxHashMap<Name, Vec<(ExpressionId, ExpressionId)>> = FxHashMap::default();
            for call in &self.facts.calls {
                let ExpressionKind::Call { callee, arguments } = &self.facts.expression(*call).kind else { continue };
                for argument in arguments {
                    if let ArgumentKind::Keyword(name) = &argument.kind {
                        keywords.entry(name.clone()).or_default().push((*callee, argument.value));
                    }
                }
            }
            keywords
        });
        let class = Value::Definition(DefinitionId { file: self.file, scope: class });
        let given = keywords.get(name)?.iter().filter(|(callee, _)| self.of(*callee).contains(&class));
        let given: Vec<Values> = given.take(MOST_VALUES).map(|(_, value)| self.of(*value)).collect();
        (!given.is_empty()).then(|| union(given))
    }

    /// Calls of the languages' own functions whose result is known.
    fn known_call(&self, symbol: &str, arguments: &[Argument]) -> Option<Values> {
        if is_environment_call(symbol) {
            let key = self.key(arguments.first()?.value)?;
            let read = one(Value::Symbol(format!("{ENVIRONMENT}{key}").into()));
            return Some(match default_of(arguments) {
                Some(default) => union([read, self.of(default)]),
                None => read,
            });
        }
        let argument =
            |index: usize| arguments.get(index).filter(|it| it.kind == ArgumentKind::Positional).map(|it| it.value);
        let named = |names: &[&str]| {
            let is_named =
                |it: &&Argument| matches!(&it.kind, ArgumentKind::Keyword(name) if names.contains(&name.as_str()));
            arguments.iter().find(is_named).map(|it| it.value)
        };
        match symbol {
            // What a field of a class has where nobody says otherwise.
            "dataclasses.field"
            | "pydantic.Field"
            | "pydantic.fields.Field"
            | "attr.ib"
            | "attr.field"
            | "attrs.field"
            | "msgspec.field"
            | "sqlmodel.Field" => {
                let positional = || argument(0).filter(|_| symbol != "dataclasses.field");
                if let Some(default) = named(&["default"]).or_else(positional) {
                    return Some(self.of(default));
                }
                let makers = self.of(named(&["default_factory", "factory"])?);
                Some(union(makers.iter().map(|it| match it {
                    Value::Definition(maker) => self.result(*maker, &[]),
                    _ => unknown(),
                })))
            }
            "builtins.getattr" => {
                let name = self.key(argument(1)?)?;
                let values = self.member_of(argument(0)?, &name, None);
                Some(argument(2).and_then(|it| self.or_default(&values, it)).unwrap_or(values))
            }
            "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => {
                Some(one(Value::Symbol(self.key(argument(0)?)?.into())))
            }
            "builtins.str" | "globalThis.String" => {
                let values = self.of(argument(0)?);
                let text = |value: &Value| match value {
                    Value::Literal(Literal::Text(text) | Literal::Number(text)) => Some(text.clone()),
                    Value::Literal(Literal::Bool(it)) => Some(match (symbol, it) {
                        ("builtins.str", true) => "True".into(),
                        ("builtins.str", false) => "False".into(),
                        _ => it.to_string().into(),
                    }),
                    _ => None,
                };
                let written = |value: &Value| match (text(value), value) {
                    (Some(text), _) => one(Value::Literal(Literal::Text(text))),
                    (None, Value::Symbol(symbol)) if symbol.starts_with(ENVIRONMENT) => one(value.clone()),
                    _ => unknown(),
                };
                values.iter().any(|it| text(it).is_some()).then(|| union(values.iter().map(written)))
            }
            "builtins.dict" => {
                let mut mapping = Mapping::default();
                for argument in arguments {
                    match &argument.kind {
                        ArgumentKind::Keyword(name) => mapping.set(name.to_string(), self.of(argument.value)),
                        ArgumentKind::Positional | ArgumentKind::SpreadKeyword => {
                            self.spread_pairs(&mut mapping, argument.value);
                        }
                        ArgumentKind::SpreadPositional => mapping.opened(),
                    }
                }
                Some(one(Value::Mapping(mapping)))
            }
            "builtins.dict.fromkeys" => {
                let values = argument(1).map_or_else(|| one(Value::Literal(Literal::Null)), |it| self.of(it));
                let mut mapping = Mapping::default();
                match self.of(argument(0)?).as_ref() {
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
            "util.promisify" | "node:util.promisify" => Some(self.of(argument(0)?)),
            "copy.copy"
            | "copy.deepcopy"
            | "types.MappingProxyType"
            | "builtins.list"
            | "builtins.tuple"
            | "globalThis.Object.freeze"
            | "globalThis.structuredClone" => Some(self.of(argument(0)?)),
            _ => self.converted(symbol, argument(0)?),
        }
    }

    /// `dict(x)`: of a mapping, or of a sequence of pairs.
    fn spread_pairs(&self, mapping: &mut Mapping, other: ExpressionId) {
        let values = self.of(other);
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

/// Where a path leads.
enum Located {
    Found(Values),
    /// To a file of the repository that has no such name.
    Nothing,
    Elsewhere,
}

/// A path and the name after it. The dots of a relative path are its own.
fn joined(path: &str, name: &str) -> String {
    let separator = if path.ends_with('.') && !path.ends_with("/.") { "" } else { "." };
    format!("{path}{separator}{name}")
}

/// `values` as they are for one call of `function`: its parameters replaced by what the call gives.
pub(crate) fn filled(values: &Values, function: DefinitionId, parameters: &[Name], arguments: &[Given]) -> Values {
    map_parameters(values, &|parameter| {
        if parameter.of != function {
            return one(Value::Parameter(parameter.clone()));
        }
        given(parameter.index as usize, parameters, arguments)
            .map(|given| parameter.path.iter().fold(given, |values, name| member_of_given(&values, name)))
            .or_else(|| parameter.default.clone())
            .unwrap_or_else(unknown)
    })
}

fn member_of_given(values: &Values, name: &str) -> Values {
    union(values.iter().map(|value| match value {
        Value::Mapping(mapping) => mapping.get(name).unwrap_or_else(unknown),
        Value::Symbol(symbol) => member_symbol(symbol, name),
        Value::Parameter(parameter) => parameter.member(name, &|value| member_of_given(&one(value.clone()), name)),
        _ => unknown(),
    }))
}

/// The values with each parameter in them replaced.
pub(crate) fn map_parameters(values: &Values, replace: &dyn Fn(&Arc<Parameter>) -> Values) -> Values {
    parameters_mapped(values, replace, DEEPEST_PARAMETER)
}

fn parameters_mapped(values: &Values, replace: &dyn Fn(&Arc<Parameter>) -> Values, depth: u32) -> Values {
    if !values.iter().any(|value| depends_on_caller(value, depth)) {
        return values.clone();
    }
    union(values.iter().map(|value| match value {
        Value::Parameter(parameter) => replace(parameter),
        Value::Mapping(mapping) if depth > 0 => {
            let entries = mapping
                .entries
                .iter()
                .map(|(key, values)| (key.clone(), parameters_mapped(values, replace, depth - 1)));
            one(Value::Mapping(Mapping { entries: entries.collect(), open: mapping.open }))
        }
        Value::Sequence { items, open } if depth > 0 => {
            let items = items.iter().map(|item| parameters_mapped(item, replace, depth - 1)).collect();
            one(Value::Sequence { items, open: *open })
        }
        other => one(other.clone()),
    }))
}

/// Whether a value is, or holds, something that only the caller of a function knows.
fn depends_on_caller(value: &Value, depth: u32) -> bool {
    let any = |values: &Values| depth > 0 && values.iter().any(|value| depends_on_caller(value, depth - 1));
    match value {
        Value::Parameter(_) => true,
        Value::Mapping(mapping) => mapping.entries.iter().any(|(_, values)| any(values)),
        Value::Sequence { items, .. } => items.iter().any(any),
        _ => false,
    }
}

/// What a call gives the parameter; `None` when nothing.
fn given(index: usize, parameters: &[Name], arguments: &[Given]) -> Option<Values> {
    let mut position = 0;
    let mut found = None;
    for argument in arguments {
        match &argument.kind {
            ArgumentKind::Positional => {
                if position == index {
                    found = Some(argument.values.clone());
                }
                position += 1;
            }
            ArgumentKind::Keyword(name) => {
                if parameters.get(index) == Some(name) {
                    found = Some(argument.values.clone());
                }
            }
            ArgumentKind::SpreadPositional => match argument.values.as_ref() {
                [Value::Sequence { items, open: false }] => {
                    if let Some(item) = index.checked_sub(position).and_then(|at| items.get(at)) {
                        found = Some(item.clone());
                    }
                    position += items.len();
                }
                // It may fill any parameter from here on.
                _ if position <= index => return Some(unknown()),
                _ => {}
            },
            ArgumentKind::SpreadKeyword => match (argument.values.as_ref(), parameters.get(index)) {
                ([Value::Mapping(mapping)], Some(name)) => found = mapping.get(name).or(found),
                (_, Some(_)) if found.is_none() => found = Some(unknown()),
                _ => {}
            },
        }
    }
    found
}

/// A member of the environment is one of its variables.
fn member_symbol(symbol: &str, name: &str) -> Values {
    let is_read = ENVIRONMENTS.contains(&symbol) && !matches!(name, "get" | "setdefault" | "pop" | "copy" | "update");
    symbol_named(if is_read { format!("{ENVIRONMENT}{name}") } else { format!("{symbol}.{name}") })
}

fn one(value: Value) -> Values {
    Arc::from([value])
}

fn symbol_named(name: String) -> Values {
    if name.len() > LONGEST_SYMBOL { unknown() } else { one(Value::Symbol(name.into())) }
}

pub(crate) fn unknown() -> Values {
    one(Value::Unknown)
}

/// The values without those that are unwanted. A parameter that has such a one as its default may be anything else.
fn but_for(values: &Values, unwanted: impl Fn(&Value) -> bool) -> Values {
    let default_is_unwanted = |value: &Value| match value {
        Value::Parameter(parameter) => parameter.default.iter().flat_map(|it| it.iter()).any(&unwanted),
        _ => false,
    };
    if !values.iter().any(|it| unwanted(it) || default_is_unwanted(it)) {
        return values.clone();
    }
    let kept = values.iter().filter(|it| !unwanted(it));
    kept.map(|it| if default_is_unwanted(it) { Value::Unknown } else { it.clone() }).collect()
}

fn union(sets: impl IntoIterator<Item = Values>) -> Values {
    let mut sets = sets.into_iter();
    let Some(first) = sets.next() else { return unknown() };
    let mut all: Option<Vec<Value>> = None;
    for set in sets {
        let all = all.get_or_insert_with(|| first.to_vec());
        for value in set.iter() {
            if !all.iter().any(|it| same(it, value, &mut { MOST_COMPARED })) {
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

/// Whether two values are alike, as far as `parts` goes.
fn same(left: &Value, right: &Value, parts: &mut u32) -> bool {
    if *parts == 0 {
        return false;
    }
    *parts -= 1;
    let mut all_same = |left: &Values, right: &Values| {
        left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(left, right, parts))
    };
    match (left, right) {
        (Value::Mapping(left), Value::Mapping(right)) => {
            let mut entries = left.entries.iter().zip(&right.entries);
            left.open == right.open
                && left.entries.len() == right.entries.len()
                && entries.all(|((key, left), (other, right))| key == other && all_same(left, right))
        }
        (Value::Sequence { items: left, open }, Value::Sequence { items: right, open: other }) => {
            let mut items = left.iter().zip(right);
            open == other && left.len() == right.len() && items.all(|(left, right)| all_same(left, right))
        }
        (Value::Literal(left), Value::Literal(right)) => left == right,
        (Value::Symbol(left), Value::Symbol(right)) => left == right,
        (Value::Definition(left), Value::Definition(right)) => left == right,
        (Value::Module(file, left), Value::Module(other, right)) => file == other && left == right,
        (Value::Parameter(left), Value::Parameter(right)) => {
            left.of == right.of && left.index == right.index && left.path == right.path
        }
        (Value::Unknown, Value::Unknown) => true,
        _ => false,
    }
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

/// The words of a name: `HTTPServer_config` is `HTTP`, `Server`, `config`.
fn camel_words(name: &str) -> impl Iterator<Item = &str> {
    let characters: Vec<(usize, char)> = name.char_indices().collect();
    let is_upper = |at: usize| characters.get(at).is_some_and(|it| it.1.is_uppercase());
    let is_lower = |at: usize| characters.get(at).is_some_and(|it| it.1.is_lowercase());
    let starts: Vec<usize> = (0..characters.len())
        .filter(|&at| at == 0 || is_upper(at) && (!is_upper(at - 1) || is_lower(at + 1)))
        .map(|at| characters[at].0)
        .collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([name.len()]).collect();
    let parts = starts.into_iter().zip(ends).map(|(start, end)| &name[start..end]);
    parts.flat_map(|part| part.split('_')).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_too_deep_in_a_value_stays_as_it_is() {
        let of = DefinitionId { file: FileId(0), scope: ScopeId(0) };
        let parameter = Parameter { of, index: 0, name: "p".into(), path: Vec::new(), default: None };
        let parameter = Value::Parameter(Arc::new(parameter));
        let sequence = |values: Values| Value::Sequence { items: vec![values], open: false };
        let deep = sequence(one(parameter.clone()));
        let mut values: Values = [parameter, deep.clone()].into();
        for _ in 0..DEEPEST_PARAMETER {
            values = one(sequence(values));
        }
        let mut at = map_parameters(&values, &|_| one(Value::Literal(Literal::Bool(true))));
        for _ in 0..DEEPEST_PARAMETER {
            let [Value::Sequence { items, .. }] = &*at else { panic!("a sequence of one") };
            at = items[0].clone();
        }
        assert!(same(&at[0], &Value::Literal(Literal::Bool(true)), &mut 9) && same(&at[1], &deep, &mut 9));
    }
}
