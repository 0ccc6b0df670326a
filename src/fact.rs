//! The vocabulary of facts: what one file says, in language-neutral form. A reader fills [`FileFacts`]
//! from a syntax tree; `resolve` turns names as written into canonical names and values; `matching` asks
//! the questions of the rules. Nothing here knows a language's grammar or a rule.
//!
//! Expressions, scopes and blocks live in flat tables and refer to each other by index, so that a file's
//! facts are a handful of allocations and no lifetimes leave the reader.

use crate::place::Span;
use std::collections::BTreeSet;

/// A name or a literal text of the file. Most are short, and short ones need no allocation.
pub type Name = smol_str::SmolStr;

/// The symbol of a variable of the environment is this and its key.
pub(crate) const ENVIRONMENT: &str = "env:";

/// The languages that have a reader. The name is the one used in rule files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Python,
    JavaScript,
    TypeScript,
    Rust,
    Go,
    Java,
    CSharp,
    Ruby,
    Php,
    Kotlin,
    Scala,
}

impl Language {
    pub const ALL: [Language; 11] = [
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::Rust,
        Language::Go,
        Language::Java,
        Language::CSharp,
        Language::Ruby,
        Language::Php,
        Language::Kotlin,
        Language::Scala,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::JavaScript => "javascript",
            Language::TypeScript => "typescript",
            Language::Rust => "rust",
            Language::Go => "go",
            Language::Java => "java",
            Language::CSharp => "csharp",
            Language::Ruby => "ruby",
            Language::Php => "php",
            Language::Kotlin => "kotlin",
            Language::Scala => "scala",
        }
    }

    /// Whether a name that a file imports is one of the names others can have of it. Elsewhere an import is the file's
    /// own business, unless it is exported.
    pub fn passes_imports_on(self) -> bool {
        match self {
            Language::Python | Language::Rust | Language::Ruby => true,
            Language::JavaScript
            | Language::TypeScript
            | Language::Go
            | Language::Java
            | Language::CSharp
            | Language::Php
            | Language::Kotlin
            | Language::Scala => false,
        }
    }

    /// Whether what a file takes from others it imports. Elsewhere names of a package, a namespace or, in Ruby, of
    /// anything that is loaded by its name, need no import.
    pub fn imports_all(self) -> bool {
        match self {
            Language::Python | Language::JavaScript | Language::TypeScript | Language::Rust | Language::Go => true,
            Language::Java | Language::CSharp | Language::Ruby | Language::Php | Language::Kotlin | Language::Scala => {
                false
            }
        }
    }
}

/// Index into [`FileFacts::expressions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExpressionId(pub u32);

/// Index into [`FileFacts::scopes`]; scope 0 is the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// Index into [`FileFacts::blocks`]; block 0 is the module body. Blocks nest; a block that may run zero
/// or several times, or instead of another, is a child of the block it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub u32);

/// Everything one file says. Lists are in source order.
#[derive(Debug)]
pub struct FileFacts {
    pub language: Language,
    pub scopes: Vec<Scope>,
    pub blocks: Vec<Block>,
    pub expressions: Vec<Expression>,
    pub bindings: Vec<Binding>,
    pub mutations: Vec<Mutation>,
    pub imports: Vec<Import>,
    /// What other files can import from this one, as far as it says so by name (ECMAScript; Rust's `pub use`).
    pub exports: Vec<Export>,
    /// The expressions whose kind is [`ExpressionKind::Call`].
    pub calls: Vec<ExpressionId>,
    /// Calls that stand alone as statements: nobody looks at what they return.
    pub discarded: Vec<ExpressionId>,
    pub definitions: Vec<Definition>,
    pub regions: Vec<Region>,
    /// Extents of statements and of the members of classes, in no order; one that holds others is an outer one.
    pub statements: Vec<Span>,
    /// Identifiers as written, for `name` rules: definitions, parameters, attributes, names in use.
    pub identifiers: Vec<Identifier>,
    /// Spans of test code inside the file (`#[cfg(test)] mod tests`).
    pub test_spans: Vec<Span>,
    /// Syntax errors the parser recovered from: what follows or surrounds them may be missing here.
    pub syntax_errors: Vec<SyntaxError>,
}

impl FileFacts {
    /// Facts of an empty file: the module scope and block are there, nothing else.
    pub fn new(language: Language) -> FileFacts {
        FileFacts {
            language,
            scopes: vec![Scope {
                parent: None,
                kind: ScopeKind::Module,
                span: Span::new(0, u32::MAX),
                name: Name::default(),
            }],
            blocks: vec![Block { parent: None, kind: BlockKind::Body, leaves: false }],
            expressions: Vec::new(),
            bindings: Vec::new(),
            mutations: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            calls: Vec::new(),
            discarded: Vec::new(),
            definitions: Vec::new(),
            regions: Vec::new(),
            statements: Vec::new(),
            identifiers: Vec::new(),
            test_spans: Vec::new(),
            syntax_errors: Vec::new(),
        }
    }

    /// The dotted names of the classes and functions.
    pub fn scope_names(&self) -> BTreeSet<String> {
        let names = self.scopes.iter().filter(|scope| !scope.name.is_empty()).map(|scope| {
            let around = std::iter::successors(Some(scope), |scope| scope.parent.map(|parent| self.scope(parent)));
            let mut names: Vec<&str> = around.map(|it| it.name.as_str()).filter(|it| !it.is_empty()).collect();
            names.reverse();
            names.join(".")
        });
        names.collect()
    }

    pub fn expression(&self, id: ExpressionId) -> &Expression {
        &self.expressions[id.0 as usize]
    }

    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    pub fn add_expression(&mut self, expression: Expression) -> ExpressionId {
        let id = ExpressionId(self.expressions.len() as u32);
        if matches!(expression.kind, ExpressionKind::Call { .. }) {
            self.calls.push(id);
        }
        self.expressions.push(expression);
        id
    }

    pub fn add_scope(&mut self, scope: Scope) -> ScopeId {
        self.scopes.push(scope);
        ScopeId(self.scopes.len() as u32 - 1)
    }

    pub fn add_block(&mut self, parent: BlockId, kind: BlockKind) -> BlockId {
        self.blocks.push(Block { parent: Some(parent), kind, leaves: false });
        BlockId(self.blocks.len() as u32 - 1)
    }

    /// What the file imports, to be used in it: the paths of its bindings, and of modules that are asked for where they are
    /// used.
    pub fn imported(&self) -> impl Iterator<Item = &Name> {
        let bound = self.bindings.iter().filter_map(|it| match &it.kind {
            BindingKind::Import(path) | BindingKind::StarImport(path) => Some(path),
            _ => None,
        });
        let required = self.expressions.iter().filter_map(|it| match &it.kind {
            ExpressionKind::Module(path) => Some(path),
            _ => None,
        });
        bound.chain(required)
    }

    /// Whether `outer` is `inner` or one of the blocks around it.
    pub fn block_encloses(&self, outer: BlockId, inner: BlockId) -> bool {
        let mut at = Some(inner);
        while let Some(block) = at {
            if block == outer {
                return true;
            }
            at = self.blocks[block.0 as usize].parent;
        }
        false
    }
}

#[derive(Debug)]
pub struct Scope {
    pub parent: Option<ScopeId>,
    pub kind: ScopeKind,
    pub span: Span,
    /// The name of the class or function; empty for the module, lambdas and bare blocks.
    pub name: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    Module,
    /// Names of a class body are visible in that body and through [`ExpressionKind::Receiver`] only.
    Class,
    Function,
    /// A lexical block with names of its own (JavaScript `{}`, Rust blocks, Python comprehensions).
    Block,
}

#[derive(Debug)]
pub struct Block {
    pub parent: Option<BlockId>,
    pub kind: BlockKind,
    /// Its last statement leaves it for good: `return`, `raise`, `throw`, `continue`, `break`, `panic!`.
    pub leaves: bool,
}

/// When a block runs, seen from the block around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// The body of the module, of a class or function, of `with`, `finally` and bare braces: always, and whole.
    Body,
    /// When `condition` is truthy (`holds`) or is not: `if`, `elif`, `else`, a guard, a `match` arm. Without a
    /// condition: in cases the reader does not spell out. The condition of an `elif` is its own one only.
    Branch { condition: Option<ExpressionId>, holds: bool },
    /// Zero or more times.
    Loop,
    /// The body of `try`: from its start, until something fails.
    Try,
    /// `except`, `catch`, `rescue`: when something in the block `of` failed.
    Handler { of: BlockId },
}

#[derive(Debug)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
    pub scope: ScopeId,
    pub block: BlockId,
}

#[derive(Debug)]
pub enum ExpressionKind {
    Literal(Literal),
    /// An identifier in use.
    Name(Name),
    /// `object.name`, `object::name`, `object?.name`.
    Member {
        object: ExpressionId,
        name: Name,
        name_span: Span,
    },
    /// `object[index]`.
    Index {
        object: ExpressionId,
        index: ExpressionId,
    },
    /// A call; `new X(..)` is a call of `X`, `await x` is `x`, a decorator with arguments is a call. What names
    /// its type (`Config{Skip: true}`, `new Options { Skip = true }`, `Validation { skip: true, ..base }`) is a
    /// call of the type with keyword arguments, the rest a [`ArgumentKind::SpreadKeyword`].
    Call {
        callee: ExpressionId,
        arguments: Vec<Argument>,
    },
    /// A dictionary or object literal, and nothing that names its type.
    Mapping(Vec<Entry>),
    /// A list, tuple, array or set; `open` when it also holds elements the reader cannot list.
    Sequence {
        items: Vec<ExpressionId>,
        open: bool,
    },
    /// The first of these that counts: `a or b`, `a || b`, `a ?? b`, `a.unwrap_or(b)`; or the only one, for an
    /// expression that wraps another (`await x`, `x!`, `(x)`).
    Either(Vec<ExpressionId>),
    /// `a and b`, `a && b`.
    Both(Vec<ExpressionId>),
    /// `then if condition else otherwise`, `condition ? then : otherwise`.
    Conditional {
        condition: ExpressionId,
        then: ExpressionId,
        otherwise: ExpressionId,
    },
    /// `left == right` and its like; a chain of them is [`ExpressionKind::Compound`].
    Compare {
        comparison: Comparison,
        left: ExpressionId,
        right: ExpressionId,
    },
    /// Boolean negation.
    Not(ExpressionId),
    /// Two mappings or sequences joined, the second one winning (`a | b`, `Object.assign` is a call).
    Merge(ExpressionId, ExpressionId),
    /// The module object of an import expression (`await import("jose")`).
    Module(Name),
    /// `self`, `cls`, `this`: an instance of the class whose scope this is.
    Receiver(ScopeId),
    /// A function or lambda in value position: its scope.
    Function(ScopeId),
    /// Made of these parts in a way that nobody follows: `a + b`, `f"{a}"`, `x[1:]`, `-a`, `*a`, a cast. Its value
    /// is unknown; where it comes from is not.
    Compound(Vec<ExpressionId>),
    /// Anything else; never clean, never proof.
    Unknown,
}

impl ExpressionKind {
    /// Whether to return it is to refuse: it is nothing, or no.
    pub fn refuses(&self) -> bool {
        matches!(self, ExpressionKind::Literal(Literal::Null | Literal::Bool(false)))
    }

    /// Calls `visit` for each expression this one is made of.
    pub fn for_each_part(&self, visit: &mut dyn FnMut(ExpressionId)) {
        match self {
            ExpressionKind::Member { object, .. } => visit(*object),
            ExpressionKind::Index { object, index } => [*object, *index].into_iter().for_each(visit),
            ExpressionKind::Call { callee, arguments } => {
                visit(*callee);
                arguments.iter().for_each(|argument| visit(argument.value));
            }
            ExpressionKind::Mapping(entries) => entries.iter().for_each(|entry| match entry {
                Entry::Pair { key, value } => {
                    visit(*key);
                    visit(*value);
                }
                Entry::Spread(other) => visit(*other),
            }),
            ExpressionKind::Sequence { items: all, .. }
            | ExpressionKind::Either(all)
            | ExpressionKind::Both(all)
            | ExpressionKind::Compound(all) => all.iter().for_each(|part| visit(*part)),
            ExpressionKind::Conditional { condition, then, otherwise } => {
                [*condition, *then, *otherwise].into_iter().for_each(visit);
            }
            ExpressionKind::Compare { left, right, .. } | ExpressionKind::Merge(left, right) => {
                [*left, *right].into_iter().for_each(visit);
            }
            ExpressionKind::Not(operand) => visit(*operand),
            ExpressionKind::Literal(_)
            | ExpressionKind::Name(_)
            | ExpressionKind::Module(_)
            | ExpressionKind::Receiver(_)
            | ExpressionKind::Function(_)
            | ExpressionKind::Unknown => {}
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    /// `left in right`, `right.includes(left)` is a call.
    In,
    NotIn,
    /// `<`, `>=`, `is` with something other than a literal, patterns.
    Other,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `None`, `null`, `undefined`.
    Null,
    Bool(bool),
    /// As written, without underscores and suffix.
    Number(Name),
    /// Text or bytes, decoded.
    Text(Name),
}

#[derive(Debug)]
pub struct Argument {
    pub kind: ArgumentKind,
    pub value: ExpressionId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    Positional,
    Keyword(Name),
    /// `*args`, `...args`.
    SpreadPositional,
    /// `**kwargs`.
    SpreadKeyword,
}

#[derive(Debug)]
pub enum Entry {
    /// An identifier key (`{verify: x}`, `dict(verify=x)`) is a text literal.
    Pair {
        key: ExpressionId,
        value: ExpressionId,
    },
    Spread(ExpressionId),
}

/// A name given a meaning in a scope. A scope with several bindings of a name holds each of them.
#[derive(Debug)]
pub struct Binding {
    pub scope: ScopeId,
    pub block: BlockId,
    pub name: Name,
    pub kind: BindingKind,
    /// Byte offset at which the binding takes effect.
    pub at: u32,
}

#[derive(Debug)]
pub enum BindingKind {
    /// Canonical dotted path: `jwt`, `jwt.decode`, `@nestjs/jwt.JwtService`. A relative import keeps its
    /// leading dots (Python `.auth.decode`) or its specifier (`./auth.decode`).
    Import(Name),
    /// `from m import *`: any name not bound otherwise may be `m.<name>`. `name` of the binding is `*`.
    StarImport(Name),
    Value(ExpressionId),
    /// The named member of a value: `const { decode: d } = jwt` binds `d` to `jwt`'s `decode`.
    MemberOf(ExpressionId, Name),
    /// The item of a value taken apart: `_, payload, _ = parts`, Go's `token, err := parse()`. `_` is a name too.
    ItemOf(ExpressionId, u32),
    /// One of the elements of a value that is gone through: `for part in parts`.
    ElementOf(ExpressionId),
    /// A class or function defined here: its scope.
    Definition(ScopeId),
    /// A parameter of the function whose scope this is, or a declared name without a value (a field, `var x T`):
    /// its place in [`Definition::parameters`], its declared type and its default, when there are any.
    Parameter {
        index: Option<u32>,
        annotation: Option<ExpressionId>,
        default: Option<ExpressionId>,
    },
    /// Bound to something the reader does not follow: loop target taken apart, `except … as`, `del`.
    Opaque,
    /// `global x`, `nonlocal x`: look the name up in that scope instead.
    Alias(ScopeId),
}

/// A change of a value after it was built.
#[derive(Debug)]
pub struct Mutation {
    pub target: ExpressionId,
    pub kind: MutationKind,
    pub scope: ScopeId,
    pub block: BlockId,
    pub at: u32,
}

#[derive(Debug)]
pub enum MutationKind {
    /// `target[key] = value`, `target.key = value`, `target.setdefault(key, value)`. The key of an attribute is
    /// a text literal. An attribute of the receiver is a binding of its class and no mutation.
    SetItem { key: ExpressionId, value: ExpressionId },
    /// `target.update(other)`, `target |= other`, `Object.assign(target, other)`.
    Merge(ExpressionId),
}

#[derive(Debug)]
pub struct Import {
    /// The module as the language spells it, dotted or as a specifier: `jwt`, `.auth`, `@nestjs/jwt`.
    pub module: Name,
    /// The imported names as the module spells them; empty when the module itself is imported, `*` for all.
    pub names: Vec<Name>,
    pub context: ImportContext,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportContext {
    /// At the top of the module.
    Top,
    /// In a function, class or condition.
    Nested,
    /// In a `try` with an import-error handler, or in that handler.
    Fallback,
    /// For the type checker only: `import type`, `if TYPE_CHECKING`.
    Types,
    /// By a call with a literal: `importlib.import_module("jwt")`, `require("jose")`, `import("jose")`.
    Dynamic,
    /// `export … from`, which passes the module on.
    ReExport,
}

/// A name that this file gives to its importers. One exported several times may stand for any of the targets.
#[derive(Debug)]
pub struct Export {
    /// As importers see it: `default` for the default export, `module.exports` for the whole object of a CommonJS
    /// module (`export =` too), `*` for every name of the target.
    pub name: Name,
    pub target: ExportTarget,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportTarget {
    /// A name of the module scope.
    Local(Name),
    /// `export default value`, `exports.name = value`, `module.exports = value`.
    Value(ExpressionId),
    /// The path of a re-export, as in [`BindingKind::Import`]: `./m.a`; `./m` for all of it. What another module
    /// exports as default is `./m.default`, so that it is told from the module.
    Import(Name),
}

/// A class or function; a lambda or closure is one with an empty name.
#[derive(Debug)]
pub struct Definition {
    pub kind: DefinitionKind,
    pub name: Name,
    pub name_span: Span,
    pub span: Span,
    /// The scope the definition opens.
    pub scope: ScopeId,
    /// Parameter names in the order arguments fill them, without `self`/`cls`.
    pub parameters: Vec<Name>,
    pub decorators: Vec<ExpressionId>,
    pub bases: Vec<ExpressionId>,
    /// Values returned, in source order, the value of an expression body among them; a bare `return` or falling
    /// off the end adds nothing.
    pub returns: Vec<Return>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionKind {
    Function,
    Class,
}

#[derive(Debug)]
pub struct Return {
    pub value: ExpressionId,
    /// Inside an `except`/`catch` handler.
    pub on_error: bool,
}

#[derive(Clone, Debug)]
pub struct Identifier {
    pub name: Name,
    pub span: Span,
    pub role: IdentifierRole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierRole {
    /// Function or class definition.
    Definition,
    Parameter,
    /// Assigned variable, import alias.
    Binding,
    /// Name or attribute that is called.
    Call,
    /// Any other name or attribute in use.
    Use,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub kind: RegionKind,
    pub span: Span,
}

/// What a stretch of text is. Text in no region is code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RegionKind {
    Comment,
    Docstring,
    String,
    Code,
}

#[derive(Debug)]
pub struct SyntaxError {
    pub message: String,
    pub span: Span,
}

/// Which optional facts the enabled rules ask for; the rest is always emitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub identifiers: bool,
    pub regions: bool,
    pub statements: bool,
}

impl Wanted {
    /// Every fact there is.
    pub const ALL: Wanted = Wanted { identifiers: true, regions: true, statements: true };
}
