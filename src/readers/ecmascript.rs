//! Reads JavaScript and TypeScript (with JSX) into facts. One walk over the syntax tree lowers every
//! expression; nothing here resolves a name beyond asking which scope of this file declares it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::Kind;
use oxc_parser::ParseOptions;
use oxc_parser::Parser;
use oxc_parser::ParserReturn;
use oxc_parser::config::RuntimeParserConfig;
use oxc_span::GetSpan;
use oxc_span::SourceType;
use oxc_syntax::operator::AssignmentOperator;
use oxc_syntax::operator::BinaryOperator;
use oxc_syntax::operator::UnaryOperator;

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::Entry;
use crate::fact::Export;
use crate::fact::ExportTarget;
use crate::fact::Expression;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Identifier;
use crate::fact::IdentifierRole;
use crate::fact::Import;
use crate::fact::ImportContext;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Mutation;
use crate::fact::MutationKind;
use crate::fact::Name;
use crate::fact::Region;
use crate::fact::RegionKind;
use crate::fact::Return;
use crate::fact::Scope;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::fact::SyntaxError;
use crate::fact::Wanted;
use crate::place::Span;

/// How deep the walk follows nested syntax. Far beyond what people write, far below a thread's stack.
const DEEPEST_SYNTAX: usize = 600;
/// How many brackets may be open at once before the parser, which recurses, is not asked at all.
const DEEPEST_BRACKETS: usize = 4_000;
/// How many operators and words that nest may follow each other without anything that ends what they nest in.
const LONGEST_CHAIN: usize = 20_000;
/// How often a line the parser gives up on is blanked to see the rest of the file.
const MOST_REPAIRS: usize = 8;

/// The name under which the whole object of a CommonJS module is exported.
const MODULE_EXPORTS: &str = "module.exports";

const TOO_DEEP: &str = "nested too deeply to examine";

pub(crate) fn read(path: &str, text: &str, language: Language, wanted: Wanted) -> FileFacts {
    let mut facts = FileFacts::new(language);
    if let Some(at) = nesting_too_deep(text.as_bytes()) {
        facts.syntax_errors.push(SyntaxError { message: TOO_DEEP.to_owned(), span: Span::new(at, at + 1) });
        return facts;
    }
    let source_types = source_types(path, language);
    let allocator = Allocator::default();
    let parsed = parse(&allocator, text, source_types[0], wanted);
    if !parsed.diagnostics.has_errors() && !parsed.panicked {
        return Reader::walk(facts, &parsed, wanted);
    }
    let source_type = best_source_type(text, &source_types);
    let mut remaining = Cow::Borrowed(text);
    for _ in 0..=MOST_REPAIRS {
        let allocator = Allocator::default();
        let parsed = parse(&allocator, &remaining, source_type, wanted);
        let errors = syntax_errors(&parsed);
        let broken_at = errors.first().map(|error| error.span.start);
        facts.syntax_errors.extend(errors);
        if !parsed.panicked {
            return Reader::walk(facts, &parsed, wanted);
        }
        let Some(repaired) = broken_at.and_then(|at| blank_line(&remaining, at)) else { break };
        remaining = Cow::Owned(repaired);
    }
    facts
}

/// The offset at which the text nests deeper than the parser's stack allows. Strings and comments count
/// too: telling them apart takes the parser.
fn nesting_too_deep(bytes: &[u8]) -> Option<u32> {
    // For the file and each open bracket, what nests there without a bracket of its own.
    let mut open = vec![0usize];
    let mut in_namespace_name = false;
    let mut before = b';';
    let mut at = 0;
    while at < bytes.len() {
        let (byte, next) = (bytes[at], bytes.get(at + 1).copied());
        let start = at;
        at += 1;
        let chain = open.last_mut().expect("the file's own count is never popped");
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'(' | b'[' | b'{' => open.push(0),
            b')' | b']' | b'}' => {
                if open.len() > 1 {
                    open.pop();
                }
                if byte == b'}' && !else_follows(&bytes[at..]) {
                    *open.last_mut().expect("the file's own count is never popped") = 0;
                }
            }
            b';' if else_follows(&bytes[at..]) => {}
            b',' | b';' => *chain = 0,
            // Markup closes what it opens, in strings too; an attribute's value nests nothing.
            b'/' if before == b'<' || next == Some(b'>') => *chain = chain.saturating_sub(1),
            b'<' if next == Some(b'/') => {}
            b'=' if matches!(next, Some(b'=' | b'"' | b'\'')) => {}
            b'!' | b'~' | b'?' | b'=' | b'<' | b'-' | b':' => *chain += 1,
            // Only as a sign: sums do not nest.
            b'+' if !(before.is_ascii_alphanumeric() || matches!(before, b')' | b']' | b'"' | b'\'' | b'`')) => {
                *chain += 1
            }
            b'*' if next == Some(b'*') => *chain += 1,
            b'.' if in_namespace_name => *chain += 1,
            _ if is_word(byte) => {
                at += bytes[at..].iter().position(|&byte| !is_word(byte)).unwrap_or(bytes.len() - at);
                match &bytes[start..at] {
                    b"namespace" | b"module" if before != b'.' => in_namespace_name = true,
                    word if before != b'.' && NESTING_WORDS.contains(&word) => *chain += 1,
                    _ => {}
                }
            }
            _ => {}
        }
        in_namespace_name &= byte == b'.' || is_word(byte);
        before = bytes[at - 1];
        if open.len() - 1 > DEEPEST_BRACKETS
            || *open.last().expect("the file's own count is never popped") > LONGEST_CHAIN
        {
            return Some(start as u32);
        }
    }
    None
}

/// Words after which an expression, a statement or a type stands within another without brackets.
const NESTING_WORDS: [&[u8]; 17] = [
    b"async",
    b"await",
    b"delete",
    b"do",
    b"else",
    b"for",
    b"if",
    b"infer",
    b"keyof",
    b"new",
    b"readonly",
    b"typeof",
    b"unique",
    b"void",
    b"while",
    b"with",
    b"yield",
];

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

/// An `else` goes on with the statement that the text before it seemed to end.
fn else_follows(rest: &[u8]) -> bool {
    rest.trim_ascii_start().starts_with(b"else")
}

/// The readings to try, the likeliest first. `.js` files hold JSX, and sometimes types; `.ts` files
/// hold `<T>x` casts, which JSX would take for an element.
fn source_types(path: &str, language: Language) -> Vec<SourceType> {
    let typescript = language == Language::TypeScript;
    let fallback = SourceType::unambiguous().with_typescript(typescript).with_jsx(true);
    let named = SourceType::from_path(Path::new(path)).unwrap_or(fallback);
    if named.is_typescript() {
        vec![named, named.with_jsx(!named.is_jsx())]
    } else {
        let plain = named.with_jsx(true);
        vec![plain, plain.with_unambiguous(true).with_typescript(true), plain.with_script(true)]
    }
}

fn best_source_type(text: &str, source_types: &[SourceType]) -> SourceType {
    let errors = |source_type: SourceType| {
        let allocator = Allocator::default();
        let parsed = parse(&allocator, text, source_type, Wanted::default());
        (parsed.panicked, parsed.diagnostics.errors().count())
    };
    source_types.iter().copied().min_by_key(|&it| errors(it)).expect("there is always a first reading")
}

fn parse<'a>(allocator: &'a Allocator, text: &'a str, source_type: SourceType, wanted: Wanted) -> ParserReturn<'a> {
    let options =
        ParseOptions { allow_return_outside_function: true, preserve_parens: false, ..ParseOptions::default() };
    Parser::new(allocator, text, source_type)
        .with_options(options)
        .with_config(RuntimeParserConfig::new(wanted.regions))
        .parse()
}

fn syntax_errors(parsed: &ParserReturn<'_>) -> Vec<SyntaxError> {
    let mut errors: Vec<SyntaxError> = parsed
        .diagnostics
        .errors()
        .map(|error| {
            let span = error
                .labels
                .first()
                .map_or(Span::new(0, 0), |label| Span::new(label.offset(), label.offset() + label.len()));
            SyntaxError { message: error.message.to_string(), span }
        })
        .collect();
    if errors.is_empty() && parsed.panicked {
        errors.push(SyntaxError { message: "the parser gave up".to_owned(), span: Span::new(0, 0) });
    }
    errors
}

/// The text with the line around `at` turned into spaces, so that offsets stay; `None` when that changes nothing.
fn blank_line(text: &str, at: u32) -> Option<String> {
    let at = (at as usize).min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let end = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |newline| at + newline);
    if text[start..end].trim().is_empty() {
        return None;
    }
    Some(format!("{}{}{}", &text[..start], " ".repeat(end - start), &text[end..]))
}

/// A scope being read, with the names it declares: an assignment binds where its name is declared.
struct Frame<'a> {
    scope: ScopeId,
    block: BlockId,
    /// Whether `var` stops here.
    is_function: bool,
    names: HashSet<&'a str>,
}

/// Where the walk stands, beyond the scope: saved and restored around functions, classes and branches.
#[derive(Clone, Copy)]
struct Position {
    block: BlockId,
    /// The class scope `this` stands for.
    receiver: Option<ScopeId>,
    /// Index of the function definition a `return` belongs to.
    definition: Option<usize>,
    on_error: bool,
    /// Inside `declare module`, where imports serve types only.
    ambient: bool,
}

/// The name a function or class takes from where it is assigned.
#[derive(Clone, Copy)]
struct Hint<'a> {
    name: &'a str,
    span: Span,
}

/// Where the names of a pattern are bound.
#[derive(Clone, Copy)]
struct Destination {
    scope: ScopeId,
    at: u32,
    role: IdentifierRole,
}

struct FunctionParts<'x, 'a> {
    span: Span,
    hint: Hint<'a>,
    parameters: &'x ast::FormalParameters<'a>,
    body: FunctionCode<'x, 'a>,
    decorators: Vec<ExpressionId>,
    receiver: Option<ScopeId>,
    /// The function's own name is visible inside it: `const f = function g() {}`.
    binds_itself: bool,
    /// The class whose fields `constructor(private jwt: JwtService)` declares.
    fields_of: Option<ScopeId>,
}

enum FunctionCode<'x, 'a> {
    Body(&'x ast::FunctionBody<'a>),
    Value(&'x ast::Expression<'a>),
}

/// Whether a statement is the last one of its block to run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// What follows it runs.
    None,
    /// `break` out of the nearest loop or `switch`.
    Break,
    /// `return`, `throw`, `continue`, a `break` to a label, the end of the process.
    Leave,
}

/// What a name of a pattern is bound to, seen from the value that the pattern takes apart.
#[derive(Clone, Copy)]
enum Part<'a> {
    Member(Hint<'a>),
    Item(u32),
    /// A computed key.
    Unknown,
}

/// The right side of `&&`, `||`, a default and the like: when the reader does not spell it out.
const PERHAPS: BlockKind = BlockKind::Branch { condition: None, holds: true };

/// One step of `a.b[c](d)`, which is walked in a loop since such chains get long.
enum Link<'x, 'a> {
    Call(&'x ast::CallExpression<'a>),
    Static(&'x ast::StaticMemberExpression<'a>),
    Computed(&'x ast::ComputedMemberExpression<'a>),
    Private(&'x ast::PrivateFieldExpression<'a>),
}

impl<'x, 'a> Link<'x, 'a> {
    fn of(expression: &'x ast::Expression<'a>) -> Option<Link<'x, 'a>> {
        match peel(expression) {
            ast::Expression::CallExpression(it) => Some(Link::Call(it)),
            ast::Expression::StaticMemberExpression(it) => Some(Link::Static(it)),
            ast::Expression::ComputedMemberExpression(it) => Some(Link::Computed(it)),
            ast::Expression::PrivateFieldExpression(it) => Some(Link::Private(it)),
            ast::Expression::ChainExpression(chain) => match &chain.expression {
                ast::ChainElement::CallExpression(it) => Some(Link::Call(it)),
                ast::ChainElement::StaticMemberExpression(it) => Some(Link::Static(it)),
                ast::ChainElement::ComputedMemberExpression(it) => Some(Link::Computed(it)),
                ast::ChainElement::PrivateFieldExpression(it) => Some(Link::Private(it)),
                ast::ChainElement::TSNonNullExpression(it) => Link::of(&it.expression),
            },
            _ => None,
        }
    }

    /// The position of the function that a promise runs when it fails: `.catch(..)`, `.then(_, ..)`.
    fn error_handler(&self) -> Option<usize> {
        let Link::Call(call) = self else { return None };
        let ast::Expression::StaticMemberExpression(callee) = peel(&call.callee) else { return None };
        let index = match callee.property.name.as_str() {
            "catch" => 0,
            "then" => 1,
            _ => return None,
        };
        function_argument(&call.arguments, index).then_some(index)
    }

    fn object(&self) -> &'x ast::Expression<'a> {
        match self {
            Link::Call(it) => &it.callee,
            Link::Static(it) => &it.object,
            Link::Computed(it) => &it.object,
            Link::Private(it) => &it.object,
        }
    }
}

/// The left side of an assignment, evaluated before the right side is.
enum Target<'x, 'a> {
    Name(&'a str),
    Item { object: ExpressionId, key: ExpressionId },
    Pattern(&'x ast::AssignmentTarget<'a>),
    Unknown,
}

struct Reader<'a> {
    facts: FileFacts,
    wanted: Wanted,
    frames: Vec<Frame<'a>>,
    position: Position,
    depth: usize,
    /// What the first parameter of the function read next receives: the promise of `promise.then(value => ..)`,
    /// which stands for what it brings, as with `await`.
    incoming: Option<ExpressionId>,
    /// The block whose failure the function read next handles: `promise.catch(() => ..)`.
    handled: Option<BlockId>,
}

impl<'a> Reader<'a> {
    fn walk(facts: FileFacts, parsed: &ParserReturn<'a>, wanted: Wanted) -> FileFacts {
        let program = &parsed.program;
        let block = BlockId(0);
        let mut names = HashSet::new();
        lexical_names(&program.body, &mut names);
        hoisted_names(&program.body, &mut names, 0);
        let mut reader = Reader {
            facts,
            wanted,
            frames: vec![Frame { scope: ScopeId(0), block, is_function: true, names }],
            position: Position { block, receiver: None, definition: None, on_error: false, ambient: false },
            depth: 0,
            incoming: None,
            handled: None,
        };
        let exit = reader.statements(&program.body);
        reader.leave(exit);
        if wanted.regions {
            reader.facts.regions = regions(parsed);
        }
        // Hoisted names and names of functions are known after what stands inside them.
        reader.facts.bindings.sort_by_key(|binding| binding.at);
        reader.facts.identifiers.sort_by_key(|identifier| identifier.span.start);
        reader.facts
    }

    fn scope(&self) -> ScopeId {
        self.frame().scope
    }

    fn frame(&self) -> &Frame<'a> {
        self.frames.last().expect("the module's frame is never popped")
    }

    fn function_frame(&self) -> &Frame<'a> {
        self.frames.iter().rev().find(|frame| frame.is_function).unwrap_or(&self.frames[0])
    }

    /// The frame that declares a name, if this file does.
    fn declaring_frame(&self, name: &str) -> Option<&Frame<'a>> {
        self.frames.iter().rev().find(|frame| frame.names.contains(name))
    }

    /// Runs `read` in a child block of the current one.
    fn in_block<R>(&mut self, kind: BlockKind, read: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.position;
        self.position.block = self.facts.add_block(outer.block, kind);
        let result = read(self);
        self.position = outer;
        result
    }

    /// Reads statements in a child block of the current one.
    fn body(&mut self, kind: BlockKind, read: impl FnOnce(&mut Self) -> Exit) -> Exit {
        self.in_block(kind, |reader| {
            let exit = read(reader);
            reader.leave(exit);
            exit
        })
    }

    /// Notes how the current block ends.
    fn leave(&mut self, exit: Exit) {
        self.facts.blocks[self.position.block.0 as usize].leaves |= exit != Exit::None;
    }

    /// Runs `read` in a lexical scope holding `names`; without names there is no need for a scope.
    fn in_scope<R>(&mut self, span: Span, names: HashSet<&'a str>, read: impl FnOnce(&mut Self) -> R) -> R {
        if names.is_empty() {
            return read(self);
        }
        self.open(ScopeKind::Block, span, "", names);
        let result = read(self);
        self.frames.pop();
        result
    }

    fn open(&mut self, kind: ScopeKind, span: Span, name: &str, names: HashSet<&'a str>) -> ScopeId {
        let parent = Some(self.scope());
        let scope = self.facts.add_scope(Scope { parent, kind, span, name: name.into() });
        let is_function = kind == ScopeKind::Function;
        self.frames.push(Frame { scope, block: self.position.block, is_function, names });
        scope
    }

    fn add(&mut self, kind: ExpressionKind, span: Span) -> ExpressionId {
        let expression = Expression { kind, span, scope: self.scope(), block: self.position.block };
        self.facts.add_expression(expression)
    }

    fn text(&mut self, text: &str, span: Span) -> ExpressionId {
        self.add(ExpressionKind::Literal(Literal::Text(text.into())), span)
    }

    fn bind(&mut self, scope: ScopeId, name: &str, kind: BindingKind, at: u32) {
        let block = self.position.block;
        self.facts.bindings.push(Binding { scope, block, name: name.into(), kind, at });
    }

    fn mutate(&mut self, target: ExpressionId, kind: MutationKind, at: u32) {
        let mutation = Mutation { target, kind, scope: self.scope(), block: self.position.block, at };
        self.facts.mutations.push(mutation);
    }

    fn identifier(&mut self, name: &str, span: Span, role: IdentifierRole) {
        if self.wanted.identifiers && !name.is_empty() {
            self.facts.identifiers.push(Identifier { name: name.into(), span, role });
        }
    }

    fn too_deep(&mut self, span: Span) {
        if self.facts.syntax_errors.last().is_none_or(|error| error.message != TOO_DEEP) {
            self.facts.syntax_errors.push(SyntaxError { message: TOO_DEEP.to_owned(), span });
        }
    }

    /// How statements in a row end: nothing runs after the first one that leaves.
    fn statements(&mut self, statements: &[ast::Statement<'a>]) -> Exit {
        let mut exit = Exit::None;
        for statement in statements {
            let end = self.statement(statement);
            if exit == Exit::None {
                exit = end;
            }
        }
        exit
    }

    fn statement(&mut self, statement: &ast::Statement<'a>) -> Exit {
        if self.depth >= DEEPEST_SYNTAX {
            self.too_deep(span(statement.span()));
            return Exit::None;
        }
        if !matches!(statement, ast::Statement::BlockStatement(_)) {
            self.note_statement(statement.span());
        }
        self.depth += 1;
        let exit = self.statement_within_depth(statement);
        self.depth -= 1;
        exit
    }

    fn note_statement(&mut self, extent: oxc_span::Span) {
        if self.wanted.statements {
            self.facts.statements.push(span(extent));
        }
    }

    fn statement_within_depth(&mut self, statement: &ast::Statement<'a>) -> Exit {
        if let Some(declaration) = statement.as_declaration() {
            self.declaration(declaration);
            return Exit::None;
        }
        if let Some(declaration) = statement.as_module_declaration() {
            self.module_declaration(declaration);
            return Exit::None;
        }
        match statement {
            ast::Statement::BlockStatement(it) => return self.block(it),
            ast::Statement::ExpressionStatement(it) => return self.expression_statement(&it.expression),
            ast::Statement::ReturnStatement(it) => {
                if let Some(argument) = &it.argument {
                    let value = self.lower(argument);
                    self.returned(value);
                }
                return Exit::Leave;
            }
            ast::Statement::ThrowStatement(it) => {
                self.lower(&it.argument);
                return Exit::Leave;
            }
            ast::Statement::ContinueStatement(_) => return Exit::Leave,
            ast::Statement::BreakStatement(it) if it.label.is_some() => return Exit::Leave,
            ast::Statement::BreakStatement(_) => return Exit::Break,
            // A `break` to the label leaves this block and nothing around it.
            ast::Statement::LabeledStatement(it) => {
                self.body(BlockKind::Body, |reader| reader.statement(&it.body));
            }
            ast::Statement::IfStatement(it) => return self.if_statement(it),
            ast::Statement::WhileStatement(it) => {
                self.lower(&it.test);
                self.body(BlockKind::Loop, |reader| reader.statement(&it.body));
            }
            ast::Statement::DoWhileStatement(it) => {
                self.body(BlockKind::Loop, |reader| reader.statement(&it.body));
                self.lower(&it.test);
            }
            ast::Statement::ForStatement(it) => self.for_statement(it),
            ast::Statement::ForInStatement(it) => self.for_each(it.span, &it.left, &it.right, &it.body, false),
            ast::Statement::ForOfStatement(it) => self.for_each(it.span, &it.left, &it.right, &it.body, true),
            // An assignment in it may set a member of the object instead.
            ast::Statement::WithStatement(it) => {
                self.lower(&it.object);
                self.body(PERHAPS, |reader| reader.statement(&it.body));
            }
            ast::Statement::SwitchStatement(it) => self.switch(it),
            ast::Statement::TryStatement(it) => return self.try_statement(it),
            // Empty statements and the like say nothing; declarations were read above.
            _ => {}
        }
        Exit::None
    }

    fn expression_statement(&mut self, expression: &ast::Expression<'a>) -> Exit {
        let expression = peel(expression);
        match expression {
            ast::Expression::SequenceExpression(it) => it.expressions.iter().for_each(|it| self.standalone(it)),
            expression => self.standalone(expression),
        }
        if ends_process(expression) { Exit::Leave } else { Exit::None }
    }

    /// Lowers an expression at whose value nobody looks.
    fn standalone(&mut self, expression: &ast::Expression<'a>) {
        let mut expression = peel(expression);
        while let ast::Expression::UnaryExpression(it) = expression
            && it.operator == UnaryOperator::Void
        {
            expression = peel(&it.argument);
        }
        let value = self.lower(expression);
        let is_call = matches!(expression, ast::Expression::NewExpression(_))
            || matches!(Link::of(expression), Some(Link::Call(_)));
        if is_call && matches!(self.facts.expression(value).kind, ExpressionKind::Call { .. }) {
            self.facts.discarded.push(value);
        }
    }

    fn block(&mut self, block: &ast::BlockStatement<'a>) -> Exit {
        let mut names = HashSet::new();
        lexical_names(&block.body, &mut names);
        self.in_scope(span(block.span), names, |reader| reader.statements(&block.body))
    }

    fn returned(&mut self, value: ExpressionId) {
        let Some(definition) = self.position.definition else { return };
        let on_error = self.position.on_error;
        self.facts.definitions[definition].returns.push(Return { value, on_error });
    }

    /// Walks `else if` in a loop: generated code has chains longer than the walk is deep. Each `if` of a chain
    /// stands in the `else` of the one before.
    fn if_statement(&mut self, statement: &ast::IfStatement<'a>) -> Exit {
        let outer = self.position;
        let mut statement = statement;
        let mut elses = Vec::new();
        let mut exit = loop {
            let condition = Some(self.lower(&statement.test));
            let kind = BlockKind::Branch { condition, holds: true };
            let then = self.body(kind, |reader| reader.statement(&statement.consequent));
            let Some(alternate) = &statement.alternate else { break Exit::None };
            let kind = BlockKind::Branch { condition, holds: false };
            self.position.block = self.facts.add_block(self.position.block, kind);
            elses.push((self.position.block, then));
            let ast::Statement::IfStatement(next) = alternate else { break self.statement(alternate) };
            statement = next;
        };
        for (block, then) in elses.into_iter().rev() {
            self.facts.blocks[block.0 as usize].leaves = exit != Exit::None;
            exit = exit.min(then);
        }
        self.position = outer;
        exit
    }

    fn for_statement(&mut self, statement: &ast::ForStatement<'a>) {
        let mut names = HashSet::new();
        if let Some(ast::ForStatementInit::VariableDeclaration(it)) = &statement.init {
            declared_names(it, false, &mut names);
        }
        self.in_scope(span(statement.span), names, |reader| {
            match &statement.init {
                Some(ast::ForStatementInit::VariableDeclaration(it)) => reader.variables(it),
                Some(init) => {
                    reader.all(init.as_expression());
                }
                None => {}
            }
            reader.all(&statement.test);
            reader.body(BlockKind::Loop, |reader| {
                let exit = reader.statement(&statement.body);
                reader.all(&statement.update);
                exit
            });
        });
    }

    fn for_each(
        &mut self,
        whole: oxc_span::Span,
        left: &ast::ForStatementLeft<'a>,
        right: &ast::Expression<'a>,
        body: &ast::Statement<'a>,
        takes_elements: bool,
    ) {
        let iterated = self.lower(right);
        let mut names = HashSet::new();
        if let ast::ForStatementLeft::VariableDeclaration(it) = left {
            declared_names(it, false, &mut names);
        }
        self.in_scope(span(whole), names, |reader| {
            reader.body(BlockKind::Loop, |reader| {
                let at = left.span().end;
                match left {
                    ast::ForStatementLeft::VariableDeclaration(it) => {
                        let frame = if it.kind.is_var() { reader.function_frame() } else { reader.frame() };
                        let destination = Destination { scope: frame.scope, at, role: IdentifierRole::Binding };
                        for declarator in &it.declarations {
                            match &declarator.id {
                                ast::BindingPattern::BindingIdentifier(id) if takes_elements => {
                                    reader.identifier(&id.name, span(id.span), destination.role);
                                    reader.bind(destination.scope, &id.name, BindingKind::ElementOf(iterated), at);
                                }
                                pattern => reader.pattern(pattern, destination, None),
                            }
                        }
                    }
                    _ => {
                        if let Some(target) = left.as_assignment_target() {
                            let target = reader.target(target, IdentifierRole::Use);
                            reader.assign(target, None, at);
                        }
                    }
                }
                reader.statement(body)
            });
        });
    }

    /// A case is a branch on what its tests compare; no condition is spelled out for `default` and for a case
    /// that another one falls into.
    fn switch(&mut self, statement: &ast::SwitchStatement<'a>) {
        let left = self.lower(&statement.discriminant);
        let mut names = HashSet::new();
        for case in &statement.cases {
            lexical_names(&case.consequent, &mut names);
        }
        self.in_scope(span(statement.span), names, |reader| {
            let mut tests = Some(Vec::new());
            for case in &statement.cases {
                let test = case.test.as_ref().map(|test| {
                    let right = reader.lower(test);
                    let kind = ExpressionKind::Compare { comparison: Comparison::Equal, left, right };
                    reader.add(kind, span(test.span()))
                });
                match (&mut tests, test) {
                    (Some(tests), Some(test)) => tests.push(test),
                    _ => tests = None,
                }
                if case.consequent.is_empty() {
                    continue;
                }
                let condition = tests.take().map(|tests| match tests.as_slice() {
                    [only] => *only,
                    _ => reader.add(ExpressionKind::Either(tests), span(case.span)),
                });
                let exit = reader.in_block(BlockKind::Branch { condition, holds: true }, |reader| {
                    let exit = reader.statements(&case.consequent);
                    // What follows the `switch` runs after a `break`.
                    reader.leave(if exit == Exit::Break { Exit::None } else { exit });
                    exit
                });
                tests = (exit != Exit::None).then(Vec::new);
            }
        });
    }

    fn try_statement(&mut self, statement: &ast::TryStatement<'a>) -> Exit {
        let of = self.facts.add_block(self.position.block, BlockKind::Try);
        let outer = self.position;
        self.position.block = of;
        let mut exit = self.block(&statement.block);
        self.leave(exit);
        self.position = outer;
        if let Some(handler) = &statement.handler {
            let mut names = HashSet::new();
            if let Some(parameter) = &handler.param {
                pattern_names(&parameter.pattern, &mut names);
            }
            let handled = self.body(BlockKind::Handler { of }, |reader| {
                reader.position.on_error = true;
                reader.in_scope(span(handler.span), names, |reader| {
                    if let Some(parameter) = &handler.param {
                        let at = parameter.span.end;
                        let destination = Destination { scope: reader.scope(), at, role: IdentifierRole::Binding };
                        reader.pattern(&parameter.pattern, destination, None);
                    }
                    reader.block(&handler.body)
                })
            });
            exit = exit.min(handled);
        }
        // It runs always and whole, where it stands.
        let finalized = statement.finalizer.as_ref().map_or(Exit::None, |it| self.block(it));
        exit.max(finalized)
    }

    fn declaration(&mut self, declaration: &ast::Declaration<'a>) {
        match declaration {
            ast::Declaration::VariableDeclaration(it) => self.variables(it),
            ast::Declaration::FunctionDeclaration(it) => {
                self.function_declaration(it);
            }
            ast::Declaration::ClassDeclaration(it) => {
                self.class(it, None);
            }
            ast::Declaration::TSEnumDeclaration(it) => self.enumeration(it),
            ast::Declaration::TSNamespaceDeclaration(it) => self.namespace(it),
            ast::Declaration::TSExternalModuleDeclaration(it) => {
                if let Some(body) = &it.body {
                    self.module_block(body, "", true);
                }
            }
            ast::Declaration::TSGlobalDeclaration(it) => self.module_block(&it.body, "", true),
            ast::Declaration::TSImportEqualsDeclaration(it) => self.import_equals(it),
            // A type has no value to bind, and often shares its name with a value that has.
            ast::Declaration::TSTypeAliasDeclaration(it) => {
                self.identifier(&it.id.name, span(it.id.span), IdentifierRole::Definition);
            }
            ast::Declaration::TSInterfaceDeclaration(it) => {
                self.identifier(&it.id.name, span(it.id.span), IdentifierRole::Definition);
            }
        }
    }

    fn variables(&mut self, declaration: &ast::VariableDeclaration<'a>) {
        for declarator in &declaration.declarations {
            let at = declarator.span.end;
            let frame = if declaration.kind.is_var() { self.function_frame() } else { self.frame() };
            let (scope, hoisted_to) = (frame.scope, frame.block);
            let Some(init) = &declarator.init else {
                self.uninitialised(declarator, scope, declaration.kind.is_var().then_some(hoisted_to));
                continue;
            };
            let ast::BindingPattern::BindingIdentifier(id) = &declarator.id else {
                let value = self.lower(init);
                let destination = Destination { scope, at, role: IdentifierRole::Binding };
                self.pattern(&declarator.id, destination, Some(value));
                continue;
            };
            let hint = Hint { name: id.name.as_str(), span: span(id.span) };
            self.identifier(hint.name, hint.span, role_of_assigned(init, IdentifierRole::Binding));
            let value = self.lower_as(init, Some(hint), false);
            self.bind_value(scope, hint.name, value, at);
        }
    }

    /// A declaration without value: the declared type says what it will hold, else it is undefined so far.
    fn uninitialised(&mut self, declarator: &ast::VariableDeclarator<'a>, scope: ScopeId, hoisted_to: Option<BlockId>) {
        let ast::BindingPattern::BindingIdentifier(id) = &declarator.id else { return };
        let (name, name_span) = (id.name.as_str(), span(id.span));
        self.identifier(name, name_span, IdentifierRole::Binding);
        let annotation = declarator.type_annotation.as_ref().and_then(|it| self.annotation(&it.type_annotation));
        if annotation.is_some() {
            let kind = BindingKind::Parameter { index: None, annotation, default: None };
            return self.bind(scope, name, kind, declarator.span.end);
        }
        let outer = self.position;
        // A `var` is undefined from the start of its function and leaves an earlier value alone.
        let mut at = declarator.span.end;
        if let Some(block) = hoisted_to {
            self.position.block = block;
            at = self.scope_start(scope);
        }
        let value = self.add(ExpressionKind::Literal(Literal::Null), name_span);
        self.bind(scope, name, BindingKind::Value(value), at);
        self.position = outer;
    }

    fn scope_start(&self, scope: ScopeId) -> u32 {
        self.facts.scope(scope).span.start
    }

    /// Binds a value, or the class it is.
    fn bind_value(&mut self, scope: ScopeId, name: &str, value: ExpressionId, at: u32) {
        let kind = match self.facts.expression(value).kind {
            ExpressionKind::Function(class) if self.facts.scope(class).kind == ScopeKind::Class => {
                BindingKind::Definition(class)
            }
            _ => BindingKind::Value(value),
        };
        self.bind(scope, name, kind, at);
    }

    fn function_declaration(&mut self, function: &ast::Function<'a>) -> Option<ScopeId> {
        let frame = self.frame();
        let (scope, block) = (frame.scope, frame.block);
        let at = self.scope_start(scope);
        let outer = self.position;
        let Some(own) = self.function(function, None, Vec::new(), None, None) else {
            // An overload is described by its implementation; an ambient function has none.
            if let (true, Some(id)) = (function.declare, &function.id) {
                self.bind(scope, &id.name, BindingKind::Opaque, at);
            }
            return None;
        };
        if let Some(id) = &function.id {
            self.identifier(&id.name, span(id.span), IdentifierRole::Definition);
            self.position.block = block;
            self.bind(scope, &id.name, BindingKind::Definition(own), at);
            self.position = outer;
        }
        Some(own)
    }

    /// Reads a function with a body; its own name wins over the hint.
    fn function(
        &mut self,
        function: &ast::Function<'a>,
        hint: Option<Hint<'a>>,
        decorators: Vec<ExpressionId>,
        receiver: Option<ScopeId>,
        fields_of: Option<ScopeId>,
    ) -> Option<ScopeId> {
        let body = function.body.as_ref()?;
        let own = function.id.as_ref().map(|id| Hint { name: id.name.as_str(), span: span(id.span) });
        let nameless = Hint { name: "", span: Span::new(function.span.start, function.span.start) };
        Some(self.function_parts(FunctionParts {
            span: span(function.span),
            hint: own.or(hint).unwrap_or(nameless),
            parameters: &function.params,
            body: FunctionCode::Body(body),
            decorators,
            receiver,
            binds_itself: own.is_some() && function.r#type == ast::FunctionType::FunctionExpression,
            fields_of,
        }))
    }

    fn arrow(&mut self, arrow: &ast::ArrowFunctionExpression<'a>, hint: Option<Hint<'a>>) -> ScopeId {
        let body = match &arrow.body {
            ast::ArrowFunctionBody::FunctionBody(body) => FunctionCode::Body(body),
            body => FunctionCode::Value(body.as_expression().expect("an arrow's body is a block or an expression")),
        };
        self.function_parts(FunctionParts {
            span: span(arrow.span),
            hint: hint.unwrap_or(Hint { name: "", span: Span::new(arrow.span.start, arrow.span.start) }),
            parameters: &arrow.params,
            body,
            decorators: Vec::new(),
            receiver: self.position.receiver,
            binds_itself: false,
            fields_of: None,
        })
    }

    fn function_parts(&mut self, parts: FunctionParts<'_, 'a>) -> ScopeId {
        let incoming = self.incoming.take();
        let handled = self.handled.take();
        let outer = self.position;
        let mut decorators = parts.decorators;
        for parameter in &parts.parameters.items {
            self.decorators(&parameter.decorators, &mut decorators);
        }
        let definition = self.facts.definitions.len();
        self.position = Position {
            block: self.facts.add_block(outer.block, handled.map_or(BlockKind::Body, |of| BlockKind::Handler { of })),
            receiver: parts.receiver,
            definition: Some(definition),
            on_error: handled.is_some(),
            ambient: outer.ambient,
        };
        let mut names = HashSet::new();
        for parameter in &parts.parameters.items {
            pattern_names(&parameter.pattern, &mut names);
        }
        if let Some(rest) = &parts.parameters.rest {
            pattern_names(&rest.rest.argument, &mut names);
        }
        if let FunctionCode::Body(body) = &parts.body {
            lexical_names(&body.statements, &mut names);
            hoisted_names(&body.statements, &mut names, 0);
        }
        let binds_itself = parts.binds_itself && names.insert(parts.hint.name);
        let scope = self.open(ScopeKind::Function, parts.span, parts.hint.name, names);
        self.facts.definitions.push(Definition {
            kind: DefinitionKind::Function,
            name: parts.hint.name.into(),
            name_span: parts.hint.span,
            span: parts.span,
            scope,
            parameters: parameter_names(parts.parameters),
            decorators,
            bases: Vec::new(),
            returns: Vec::new(),
        });
        if binds_itself {
            self.bind(scope, parts.hint.name, BindingKind::Definition(scope), parts.span.start);
        }
        self.parameters(parts.parameters, scope, incoming, parts.fields_of);
        match parts.body {
            FunctionCode::Body(body) => {
                let exit = self.statements(&body.statements);
                self.leave(exit);
            }
            FunctionCode::Value(value) => {
                let value = self.lower(value);
                self.returned(value);
            }
        }
        self.frames.pop();
        self.position = outer;
        scope
    }

    fn parameters(
        &mut self,
        parameters: &ast::FormalParameters<'a>,
        scope: ScopeId,
        incoming: Option<ExpressionId>,
        fields_of: Option<ScopeId>,
    ) {
        for (index, parameter) in parameters.items.iter().enumerate() {
            let at = parameter.span.start;
            let given = incoming.filter(|_| index == 0);
            let default = parameter.initializer.as_ref().map(|it| self.lower(it));
            let annotation = parameter.type_annotation.as_ref().and_then(|it| self.annotation(&it.type_annotation));
            let kind = match given {
                Some(given) => BindingKind::Value(given),
                None => BindingKind::Parameter { index: Some(index as u32), annotation, default },
            };
            let ast::BindingPattern::BindingIdentifier(id) = &parameter.pattern else {
                let whole = given.unwrap_or_else(|| {
                    // A name nobody can write stands for what the pattern takes apart.
                    let name = index.to_string();
                    self.bind(scope, &name, kind, at);
                    self.add(ExpressionKind::Name(name.into()), span(parameter.pattern.span()))
                });
                let destination = Destination { scope, at, role: IdentifierRole::Parameter };
                self.pattern(&parameter.pattern, destination, Some(whole));
                continue;
            };
            let name = id.name.as_str();
            self.identifier(name, span(id.span), IdentifierRole::Parameter);
            let is_field = parameter.accessibility.is_some() || parameter.readonly || parameter.r#override;
            if let Some(class) = fields_of.filter(|_| is_field) {
                self.bind(class, name, BindingKind::Parameter { index: None, annotation, default }, at);
                let given = self.add(ExpressionKind::Name(name.into()), span(id.span));
                self.bind(class, name, BindingKind::Value(given), at);
            }
            self.bind(scope, name, kind, at);
        }
        if let Some(rest) = &parameters.rest {
            let destination = Destination { scope, at: rest.span.start, role: IdentifierRole::Parameter };
            self.pattern(&rest.rest.argument, destination, None);
        }
    }

    /// The declared type when it is a plain name, with `null` and `undefined` left aside.
    fn annotation(&mut self, declared: &ast::TSType<'a>) -> Option<ExpressionId> {
        match declared {
            ast::TSType::TSTypeReference(it) => self.type_name(&it.type_name),
            ast::TSType::TSUnionType(union) => {
                let is_empty = |it: &ast::TSType<'a>| {
                    matches!(it, ast::TSType::TSNullKeyword(_) | ast::TSType::TSUndefinedKeyword(_))
                };
                let mut members = union.types.iter().filter(|it| !is_empty(it));
                match (members.next(), members.next()) {
                    (Some(ast::TSType::TSTypeReference(it)), None) => self.type_name(&it.type_name),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn type_name(&mut self, name: &ast::TSTypeName<'a>) -> Option<ExpressionId> {
        let mut steps = Vec::new();
        let mut name = name;
        while let ast::TSTypeName::QualifiedName(it) = name {
            steps.push(it);
            name = &it.left;
        }
        let ast::TSTypeName::IdentifierReference(first) = name else { return None };
        self.identifier(&first.name, span(first.span), IdentifierRole::Use);
        let mut value = self.add(ExpressionKind::Name(first.name.as_str().into()), span(first.span));
        for step in steps.into_iter().rev() {
            let name_span = span(step.right.span);
            self.identifier(&step.right.name, name_span, IdentifierRole::Use);
            let kind = ExpressionKind::Member { object: value, name: step.right.name.as_str().into(), name_span };
            value = self.add(kind, span(step.span));
        }
        Some(value)
    }

    fn decorators(&mut self, decorators: &[ast::Decorator<'a>], into: &mut Vec<ExpressionId>) {
        for decorator in decorators {
            into.push(self.lower(&decorator.expression));
        }
    }

    fn class(&mut self, class: &ast::Class<'a>, hint: Option<Hint<'a>>) -> ScopeId {
        let mut decorators = Vec::new();
        self.decorators(&class.decorators, &mut decorators);
        let bases = class.heritage.iter().map(|it| self.lower(&it.expression)).collect();
        let own = class.id.as_ref().map(|id| Hint { name: id.name.as_str(), span: span(id.span) });
        let nameless = Hint { name: "", span: Span::new(class.span.start, class.span.start) };
        let name = own.or(hint).unwrap_or(nameless);
        if own.is_some() {
            self.identifier(name.name, name.span, IdentifierRole::Definition);
        }
        let outer = self.position;
        let outer_scope = self.scope();
        let whole = span(class.span);
        let scope = self.open(ScopeKind::Class, whole, name.name, HashSet::new());
        self.facts.definitions.push(Definition {
            kind: DefinitionKind::Class,
            name: name.name.into(),
            name_span: name.span,
            span: whole,
            scope,
            parameters: Vec::new(),
            decorators,
            bases,
            returns: Vec::new(),
        });
        if own.is_some() && class.r#type == ast::ClassType::ClassDeclaration {
            self.bind(outer_scope, name.name, BindingKind::Definition(scope), whole.start);
        }
        self.position.receiver = Some(scope);
        self.position.definition = None;
        self.position.on_error = false;
        for element in &class.body.body {
            self.note_statement(element.span());
            match element {
                ast::ClassElement::StaticBlock(it) => self.static_block(it),
                ast::ClassElement::MethodDefinition(it) => self.method(it, scope),
                ast::ClassElement::PropertyDefinition(it) => {
                    self.field(it.span, &it.decorators, &it.key, it.computed, &it.type_annotation, &it.value, scope);
                }
                ast::ClassElement::AccessorProperty(it) => {
                    self.field(it.span, &it.decorators, &it.key, it.computed, &it.type_annotation, &it.value, scope);
                }
                ast::ClassElement::TSIndexSignature(_) => {}
            }
        }
        self.frames.pop();
        self.position = outer;
        scope
    }

    fn static_block(&mut self, block: &ast::StaticBlock<'a>) {
        let mut names = HashSet::new();
        lexical_names(&block.body, &mut names);
        hoisted_names(&block.body, &mut names, 0);
        self.open(ScopeKind::Function, span(block.span), "", names);
        self.statements(&block.body);
        self.frames.pop();
    }

    fn method(&mut self, method: &ast::MethodDefinition<'a>, class: ScopeId) {
        let mut decorators = Vec::new();
        self.decorators(&method.decorators, &mut decorators);
        let hint = self.key_name(&method.key, method.computed);
        let is_constructor = method.kind == ast::MethodDefinitionKind::Constructor;
        let fields_of = is_constructor.then_some(class);
        let Some(own) = self.function(&method.value, hint, decorators, Some(class), fields_of) else { return };
        let Some(name) = hint else { return };
        self.identifier(name.name, name.span, IdentifierRole::Definition);
        let at = self.scope_start(class);
        match method.kind {
            ast::MethodDefinitionKind::Method => self.bind(class, name.name, BindingKind::Definition(own), at),
            // Reading a getter runs it: the name stands for what it returns, not for the function.
            ast::MethodDefinitionKind::Get => {
                let getter = self.facts.definitions.iter().rev().find(|it| it.scope == own);
                let kind = match getter.map(|it| it.returns.as_slice()) {
                    Some([only]) => BindingKind::Value(only.value),
                    _ => BindingKind::Opaque,
                };
                self.bind(class, name.name, kind, at);
            }
            ast::MethodDefinitionKind::Set | ast::MethodDefinitionKind::Constructor => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the shared parts of two node types of the parser")]
    fn field(
        &mut self,
        whole: oxc_span::Span,
        decorators: &[ast::Decorator<'a>],
        key: &ast::PropertyKey<'a>,
        computed: bool,
        annotation: &Option<oxc_allocator::Box<'a, ast::TSTypeAnnotation<'a>>>,
        value: &Option<ast::Expression<'a>>,
        class: ScopeId,
    ) {
        let mut decorator_values = Vec::new();
        self.decorators(decorators, &mut decorator_values);
        let hint = self.key_name(key, computed);
        if let Some(name) = hint {
            let role =
                value.as_ref().map_or(IdentifierRole::Binding, |it| role_of_assigned(it, IdentifierRole::Binding));
            self.identifier(name.name, name.span, role);
        }
        if let Some(value) = value {
            let defined = self.facts.definitions.len();
            let lowered = self.lower_as(value, hint, false);
            if let ExpressionKind::Function(own) = self.facts.expression(lowered).kind
                && let Some(definition) = self.facts.definitions[defined..].iter_mut().find(|it| it.scope == own)
            {
                definition.decorators.extend(decorator_values);
            }
            if let Some(name) = hint {
                self.bind_value(class, name.name, lowered, whole.end);
            }
        } else if let (Some(name), Some(declared)) = (hint, annotation) {
            let annotation = self.annotation(&declared.type_annotation);
            if annotation.is_some() {
                self.bind(
                    class,
                    name.name,
                    BindingKind::Parameter { index: None, annotation, default: None },
                    whole.start,
                );
            }
        }
    }

    /// The name a key spells. A computed key is lowered for the calls in it.
    fn key_name(&mut self, key: &ast::PropertyKey<'a>, computed: bool) -> Option<Hint<'a>> {
        let at = span(key.span());
        match key {
            ast::PropertyKey::StaticIdentifier(it) => Some(Hint { name: it.name.as_str(), span: at }),
            ast::PropertyKey::PrivateIdentifier(it) => Some(Hint { name: it.name.as_str(), span: at }),
            ast::PropertyKey::StringLiteral(it) => Some(Hint { name: it.value.as_str(), span: at }),
            _ => {
                if let (true, Some(expression)) = (computed, key.as_expression()) {
                    self.lower(expression);
                }
                None
            }
        }
    }

    /// An enum is a mapping of its members; those without an initialiser are numbers nobody configures with.
    fn enumeration(&mut self, enumeration: &ast::TSEnumDeclaration<'a>) {
        self.identifier(&enumeration.id.name, span(enumeration.id.span), IdentifierRole::Definition);
        let mut entries = Vec::new();
        for member in &enumeration.body.members {
            let at = span(member.id.span());
            let key = match &member.id {
                ast::TSEnumMemberName::Identifier(it) => self.text(&it.name, at),
                ast::TSEnumMemberName::String(it) | ast::TSEnumMemberName::ComputedString(it) => {
                    self.text(&it.value, at)
                }
                ast::TSEnumMemberName::ComputedTemplateString(_) => self.add(ExpressionKind::Unknown, at),
            };
            let value = match &member.initializer {
                Some(initializer) => self.lower(initializer),
                None => self.add(ExpressionKind::Unknown, at),
            };
            entries.push(Entry::Pair { key, value });
        }
        let value = self.add(ExpressionKind::Mapping(entries), span(enumeration.span));
        let scope = self.scope();
        self.bind(scope, &enumeration.id.name, BindingKind::Value(value), enumeration.span.end);
    }

    fn namespace(&mut self, namespace: &ast::TSNamespaceDeclaration<'a>) {
        let mut namespace = namespace;
        self.identifier(&namespace.id.name, span(namespace.id.span), IdentifierRole::Definition);
        let scope = self.scope();
        self.bind(scope, &namespace.id.name, BindingKind::Opaque, namespace.span.start);
        loop {
            match &namespace.body {
                ast::TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => namespace = inner,
                ast::TSNamespaceDeclarationBody::TSModuleBlock(body) => {
                    return self.module_block(body, &namespace.id.name, namespace.declare);
                }
            }
        }
    }

    fn module_block(&mut self, body: &ast::TSModuleBlock<'a>, name: &str, ambient: bool) {
        let mut names = HashSet::new();
        lexical_names(&body.body, &mut names);
        hoisted_names(&body.body, &mut names, 0);
        let outer = self.position;
        self.position.ambient |= ambient;
        self.position.receiver = None;
        self.open(ScopeKind::Function, span(body.span), name, names);
        self.statements(&body.body);
        self.frames.pop();
        self.position = outer;
    }

    fn import_context(&self) -> ImportContext {
        match (self.position.ambient, self.frames.len()) {
            (true, _) => ImportContext::Types,
            (false, 1) => ImportContext::Top,
            (false, _) => ImportContext::Nested,
        }
    }

    fn import(&mut self, module: &str, names: Vec<Name>, context: ImportContext, at: Span) {
        self.facts.imports.push(Import { module: module.into(), names, context, span: at });
    }

    /// Imports are hoisted: they hold from the start of the scope they stand in.
    fn bind_import(&mut self, local: &ast::BindingIdentifier<'a>, path: String) {
        self.identifier(&local.name, span(local.span), IdentifierRole::Binding);
        let scope = self.scope();
        let at = self.scope_start(scope);
        self.bind(scope, &local.name, BindingKind::Import(path.into()), at);
    }

    fn import_equals(&mut self, import: &ast::TSImportEqualsDeclaration<'a>) {
        match &import.module_reference {
            ast::TSModuleReference::ExternalModuleReference(reference) => {
                let module = reference.expression.value.as_str();
                let context = match import.import_kind {
                    ast::ImportOrExportKind::Type => ImportContext::Types,
                    ast::ImportOrExportKind::Value => self.import_context(),
                };
                self.import(module, Vec::new(), context, span(import.span));
                self.bind_import(&import.id, module.to_owned());
            }
            reference => {
                self.identifier(&import.id.name, span(import.id.span), IdentifierRole::Binding);
                let value = match reference {
                    ast::TSModuleReference::IdentifierReference(it) => {
                        self.identifier(&it.name, span(it.span), IdentifierRole::Use);
                        self.add(ExpressionKind::Name(it.name.as_str().into()), span(it.span))
                    }
                    ast::TSModuleReference::QualifiedName(it) => {
                        let object = self.type_name(&it.left);
                        let name_span = span(it.right.span);
                        let name = it.right.name.to_string();
                        let kind = object.map_or(ExpressionKind::Unknown, |object| ExpressionKind::Member {
                            object,
                            name: name.into(),
                            name_span,
                        });
                        self.add(kind, span(it.span))
                    }
                    ast::TSModuleReference::ExternalModuleReference(_) => return,
                };
                let scope = self.scope();
                self.bind(scope, &import.id.name, BindingKind::Value(value), import.span.end);
            }
        }
    }

    fn module_declaration(&mut self, declaration: &ast::ModuleDeclaration<'a>) {
        match declaration {
            ast::ModuleDeclaration::ImportDeclaration(it) => self.import_declaration(it),
            ast::ModuleDeclaration::ExportDeclaration(it) => {
                self.declaration(&it.declaration);
                let mut names = HashSet::new();
                declaration_names(&it.declaration, &mut names);
                if let ast::Declaration::VariableDeclaration(it) = &it.declaration {
                    declared_names(it, true, &mut names);
                }
                let mut names: Vec<&str> = names.into_iter().collect();
                names.sort_unstable();
                for name in names {
                    self.export(name, ExportTarget::Local(name.into()));
                }
            }
            ast::ModuleDeclaration::ExportNamedDeclaration(it) => {
                for specifier in &it.specifiers {
                    let local = &specifier.local;
                    self.identifier(&local.name(), span(local.span()), IdentifierRole::Use);
                    self.export(&specifier.exported.name(), ExportTarget::Local(local.name().as_str().into()));
                }
            }
            ast::ModuleDeclaration::ExportFromDeclaration(it) => {
                let is_type = |kind| kind == ast::ImportOrExportKind::Type;
                let mut values = Vec::new();
                let mut types = Vec::new();
                let module = &*package(it.source.value.as_str());
                for specifier in &it.specifiers {
                    let is_type = is_type(it.export_kind) || is_type(specifier.export_kind);
                    let names = if is_type { &mut types } else { &mut values };
                    let name = specifier.local.name();
                    names.push(name.as_str().into());
                    // The default of a package is what its name stands for elsewhere.
                    let path = match name.as_str() {
                        "default" if !module.starts_with(['.', '/']) => module.to_owned(),
                        name => format!("{module}.{name}"),
                    };
                    self.export(&specifier.exported.name(), ExportTarget::Import(path.into()));
                }
                if !values.is_empty() || types.is_empty() {
                    self.import(module, values, ImportContext::ReExport, span(it.span));
                }
                if !types.is_empty() {
                    self.import(module, types, ImportContext::Types, span(it.span));
                }
            }
            ast::ModuleDeclaration::ExportAllDeclaration(it) => {
                let context = match it.export_kind {
                    ast::ImportOrExportKind::Type => ImportContext::Types,
                    ast::ImportOrExportKind::Value => ImportContext::ReExport,
                };
                let module = &*package(it.source.value.as_str());
                self.import(module, vec!["*".into()], context, span(it.span));
                let name = it.exported.as_ref().map(|exported| exported.name());
                let name = name.as_ref().map_or("*", |name| name.as_str());
                self.export(name, ExportTarget::Import(module.into()));
            }
            ast::ModuleDeclaration::ExportDefaultDeclaration(it) => self.export_default(&it.declaration),
            ast::ModuleDeclaration::TSExportAssignment(it) => {
                let value = self.lower(&it.expression);
                self.export(MODULE_EXPORTS, ExportTarget::Value(value));
            }
            ast::ModuleDeclaration::TSNamespaceExportDeclaration(_) => {}
        }
    }

    fn export_default(&mut self, declaration: &ast::ExportDefaultDeclarationKind<'a>) {
        let (own, at) = match declaration {
            ast::ExportDefaultDeclarationKind::FunctionDeclaration(it) => (self.function_declaration(it), it.span),
            ast::ExportDefaultDeclarationKind::ClassDeclaration(it) => (Some(self.class(it, None)), it.span),
            ast::ExportDefaultDeclarationKind::TSInterfaceDeclaration(it) => {
                return self.identifier(&it.id.name, span(it.id.span), IdentifierRole::Definition);
            }
            declaration => {
                if let Some(value) = declaration.as_expression() {
                    let value = self.lower(value);
                    self.export("default", ExportTarget::Value(value));
                }
                return;
            }
        };
        if let Some(own) = own {
            let value = self.add(ExpressionKind::Function(own), span(at));
            self.export("default", ExportTarget::Value(value));
        }
    }

    fn export(&mut self, name: &str, target: ExportTarget) {
        // What `declare module` describes is exported by another file.
        if !self.position.ambient {
            self.facts.exports.push(Export { name: name.into(), target });
        }
    }

    /// `exports.name = value`, `module.exports.name = value`, `module.exports = value`.
    fn export_item(&mut self, object: ExpressionId, key: ExpressionId, value: ExpressionId) {
        let ExpressionKind::Literal(Literal::Text(name)) = &self.facts.expression(key).kind else { return };
        let name = name.clone();
        // Compilers write `exports.name = void 0` ahead of the value.
        if matches!(self.facts.expression(value).kind, ExpressionKind::Literal(Literal::Null)) {
            return;
        }
        if self.is_exports(object) {
            self.export(&name, ExportTarget::Value(value));
        } else if name == "exports" && self.is_global(object, "module") {
            self.export(MODULE_EXPORTS, ExportTarget::Value(value));
        }
    }

    /// What compilers make of `export .. from`: `Object.defineProperty(exports, "name", { get: () => m.name })` and
    /// `__exportStar(require("m"), exports)`.
    fn export_by_call(&mut self, callee: ExpressionId, arguments: &[Argument]) {
        let (ExpressionKind::Name(name) | ExpressionKind::Member { name, .. }) = &self.facts.expression(callee).kind
        else {
            return;
        };
        match (name.as_str(), arguments) {
            ("defineProperty", [object, key, how]) if self.is_exports(object.value) => {
                let (key, how) = (key.value, how.value);
                if let Some(value) = self.described_value(how) {
                    self.export_item(object.value, key, value);
                }
            }
            ("__exportStar", [module, object]) if self.is_exports(object.value) => {
                if let ExpressionKind::Module(path) = &self.facts.expression(module.value).kind {
                    let path = path.clone();
                    self.export("*", ExportTarget::Import(path));
                }
            }
            _ => {}
        }
    }

    /// The value of a property descriptor, or what its getter returns.
    fn described_value(&self, how: ExpressionId) -> Option<ExpressionId> {
        let ExpressionKind::Mapping(entries) = &self.facts.expression(how).kind else { return None };
        entries.iter().find_map(|entry| {
            let Entry::Pair { key, value } = entry else { return None };
            let ExpressionKind::Literal(Literal::Text(key)) = &self.facts.expression(*key).kind else { return None };
            match (key.as_str(), &self.facts.expression(*value).kind) {
                ("get", ExpressionKind::Function(own)) => {
                    let getter = self.facts.definitions.iter().rev().find(|it| it.scope == *own);
                    getter?.returns.first().map(|it| it.value)
                }
                // `{ value: true }` marks a compiled module.
                ("value", kind) if !matches!(kind, ExpressionKind::Literal(_)) => Some(*value),
                _ => None,
            }
        })
    }

    fn is_exports(&self, object: ExpressionId) -> bool {
        match &self.facts.expression(object).kind {
            ExpressionKind::Member { object, name, .. } => name == "exports" && self.is_global(*object, "module"),
            _ => self.is_global(object, "exports"),
        }
    }

    fn is_global(&self, expression: ExpressionId, name: &str) -> bool {
        matches!(&self.facts.expression(expression).kind, ExpressionKind::Name(it) if it == name)
            && self.declaring_frame(name).is_none()
    }

    /// A declaration that imports both values and types is two imports: a rule may care about one of them.
    fn import_declaration(&mut self, declaration: &ast::ImportDeclaration<'a>) {
        let module = &*package(declaration.source.value.as_str());
        let types_only = declaration.import_kind == ast::ImportOrExportKind::Type;
        let mut values = Vec::new();
        let mut types = Vec::new();
        let mut imports_module = false;
        for specifier in declaration.specifiers.iter().flatten() {
            match specifier {
                ast::ImportDeclarationSpecifier::ImportSpecifier(it) => {
                    let imported = it.imported.name();
                    let path = match imported.as_str() {
                        "default" => module.to_owned(),
                        name => format!("{module}.{name}"),
                    };
                    let is_type = it.import_kind == ast::ImportOrExportKind::Type;
                    let names = if is_type { &mut types } else { &mut values };
                    names.push(imported.as_str().into());
                    self.bind_import(&it.local, path);
                }
                ast::ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => {
                    values.push("default".into());
                    self.bind_import(&it.local, module.to_owned());
                }
                ast::ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => {
                    imports_module = true;
                    self.bind_import(&it.local, module.to_owned());
                }
            }
        }
        let context = if types_only { ImportContext::Types } else { self.import_context() };
        if imports_module {
            values.clear();
        }
        if imports_module || !values.is_empty() || types.is_empty() {
            self.import(module, values, context, span(declaration.span));
        }
        if !types.is_empty() {
            self.import(module, types, ImportContext::Types, span(declaration.span));
        }
    }

    /// Binds the names of a pattern to parts of `source`, or to nothing known.
    fn pattern(&mut self, pattern: &ast::BindingPattern<'a>, to: Destination, source: Option<ExpressionId>) {
        if self.depth >= DEEPEST_SYNTAX {
            return self.too_deep(span(pattern.span()));
        }
        self.depth += 1;
        match pattern {
            ast::BindingPattern::BindingIdentifier(id) => {
                self.identifier(&id.name, span(id.span), to.role);
                self.bind(to.scope, &id.name, source.map_or(BindingKind::Opaque, BindingKind::Value), to.at);
            }
            ast::BindingPattern::AssignmentPattern(it) => {
                self.lower(&it.right);
                self.pattern(&it.left, to, None);
            }
            ast::BindingPattern::ArrayPattern(it) => {
                for (index, element) in it.elements.iter().enumerate() {
                    if let Some(element) = element {
                        self.pattern_part(element, Part::Item(index as u32), to, source);
                    }
                }
                if let Some(rest) = &it.rest {
                    let source = self.some_of(source, rest.span);
                    self.pattern(&rest.argument, to, source);
                }
            }
            ast::BindingPattern::ObjectPattern(it) => {
                let mut taken = Vec::new();
                for property in &it.properties {
                    let key = self.key_name(&property.key, property.computed);
                    taken.push(key);
                    self.pattern_part(&property.value, key.map_or(Part::Unknown, Part::Member), to, source);
                }
                if let Some(rest) = &it.rest {
                    let source = self.all_but(source, &taken, rest.span);
                    self.pattern(&rest.argument, to, source);
                }
            }
        }
        self.depth -= 1;
    }

    /// What `...rest` of an object holds: all of it, and nothing under the keys that were taken before.
    fn all_but(
        &mut self,
        source: Option<ExpressionId>,
        taken: &[Option<Hint<'a>>],
        at: oxc_span::Span,
    ) -> Option<ExpressionId> {
        let mut entries = vec![Entry::Spread(source?)];
        for key in taken {
            let Some(key) = key else { return self.some_of(source, at) };
            let name = self.text(key.name, key.span);
            let value = self.add(ExpressionKind::Literal(Literal::Null), key.span);
            entries.push(Entry::Pair { key: name, value });
        }
        Some(self.add(ExpressionKind::Mapping(entries), span(at)))
    }

    /// What `...rest` of a list holds.
    fn some_of(&mut self, source: Option<ExpressionId>, at: oxc_span::Span) -> Option<ExpressionId> {
        source.map(|source| self.add(ExpressionKind::Compound(vec![source]), span(at)))
    }

    fn pattern_part(
        &mut self,
        pattern: &ast::BindingPattern<'a>,
        part: Part<'a>,
        to: Destination,
        source: Option<ExpressionId>,
    ) {
        let (pattern, default) = match pattern {
            ast::BindingPattern::AssignmentPattern(it) => (&it.left, Some(self.lower(&it.right))),
            pattern => (pattern, None),
        };
        if let ast::BindingPattern::BindingIdentifier(id) = pattern {
            self.identifier(&id.name, span(id.span), to.role);
            return self.bind_part(to.scope, &id.name, part, source, default, to.at);
        }
        let value = self.part(part, source, default, span(pattern.span()));
        self.pattern(pattern, to, value);
    }

    fn bind_part(
        &mut self,
        scope: ScopeId,
        name: &str,
        part: Part<'a>,
        source: Option<ExpressionId>,
        default: Option<ExpressionId>,
        at: u32,
    ) {
        let kind = match (source, part) {
            (Some(source), Part::Member(key)) => BindingKind::MemberOf(source, key.name.into()),
            (Some(source), Part::Item(index)) => BindingKind::ItemOf(source, index),
            (None, _) | (_, Part::Unknown) => BindingKind::Opaque,
        };
        let Some(default) = default else { return self.bind(scope, name, kind, at) };
        // The default holds unless the part is there: the part comes second, in a branch.
        self.bind(scope, name, BindingKind::Value(default), at);
        self.in_block(PERHAPS, |reader| reader.bind(scope, name, kind, at));
    }

    /// A part as an expression, for a pattern inside a pattern; `None` when nothing is known of it.
    fn part(
        &mut self,
        part: Part<'a>,
        source: Option<ExpressionId>,
        default: Option<ExpressionId>,
        at: Span,
    ) -> Option<ExpressionId> {
        let part = match (source, part) {
            (Some(object), Part::Member(key)) => {
                Some(ExpressionKind::Member { object, name: key.name.into(), name_span: key.span })
            }
            (Some(object), Part::Item(index)) => {
                let literal = Literal::Number(index.to_string().into());
                let index = self.add(ExpressionKind::Literal(literal), at);
                Some(ExpressionKind::Index { object, index })
            }
            (None, _) | (_, Part::Unknown) => default.map(|_| ExpressionKind::Unknown),
        };
        let part = self.add(part?, at);
        Some(default.map_or(part, |default| self.add(ExpressionKind::Either(vec![part, default]), at)))
    }

    fn lower(&mut self, expression: &ast::Expression<'a>) -> ExpressionId {
        self.lower_as(expression, None, false)
    }

    /// Lowers an expression which is given a name, or which is called.
    fn lower_as(&mut self, expression: &ast::Expression<'a>, hint: Option<Hint<'a>>, is_called: bool) -> ExpressionId {
        let expression = peel(expression);
        let at = span(expression.span());
        if self.depth >= DEEPEST_SYNTAX {
            self.too_deep(at);
            return self.add(ExpressionKind::Unknown, at);
        }
        self.depth += 1;
        let id = if Link::of(expression).is_some() {
            self.chain(expression, is_called)
        } else {
            let kind = self.kind(expression, hint, is_called);
            match kind {
                Lowered::Kind(kind) => self.add(kind, at),
                Lowered::Same(id) => id,
            }
        };
        self.depth -= 1;
        id
    }

    fn kind(&mut self, expression: &ast::Expression<'a>, hint: Option<Hint<'a>>, is_called: bool) -> Lowered {
        let kind = match expression {
            ast::Expression::BooleanLiteral(it) => ExpressionKind::Literal(Literal::Bool(it.value)),
            ast::Expression::NullLiteral(_) => ExpressionKind::Literal(Literal::Null),
            ast::Expression::NumericLiteral(it) => ExpressionKind::Literal(Literal::Number(number(it).into())),
            ast::Expression::StringLiteral(it) => ExpressionKind::Literal(Literal::Text(it.value.as_str().into())),
            ast::Expression::TemplateLiteral(it) => self.template(it),
            ast::Expression::TaggedTemplateExpression(it) => {
                self.lower_as(&it.tag, None, true);
                self.compound(&it.quasi.expressions)
            }
            ast::Expression::Identifier(it) => self.name(it, is_called),
            ast::Expression::ThisExpression(_) => {
                self.position.receiver.map_or(ExpressionKind::Unknown, ExpressionKind::Receiver)
            }
            ast::Expression::FunctionExpression(it) => {
                if let Some(id) = &it.id {
                    self.identifier(&id.name, span(id.span), IdentifierRole::Definition);
                }
                let own = self.function(it, hint, Vec::new(), None, None);
                own.map_or(ExpressionKind::Unknown, ExpressionKind::Function)
            }
            ast::Expression::ArrowFunctionExpression(it) => ExpressionKind::Function(self.arrow(it, hint)),
            ast::Expression::ClassExpression(it) => ExpressionKind::Function(self.class(it, hint)),
            ast::Expression::ArrayExpression(it) => self.array(it),
            ast::Expression::ObjectExpression(it) => self.object(it),
            ast::Expression::NewExpression(it) => {
                let callee = self.lower_as(&it.callee, None, true);
                return Lowered::Same(self.call(span(it.span), callee, &it.arguments, None));
            }
            ast::Expression::ImportExpression(it) => self.import_expression(it),
            ast::Expression::UnaryExpression(it) => self.unary(it),
            ast::Expression::UpdateExpression(it) => {
                let target = self.simple_target(&it.argument, IdentifierRole::Use);
                self.assign(target, None, it.span.end);
                ExpressionKind::Unknown
            }
            ast::Expression::BinaryExpression(it) => self.binary(it),
            ast::Expression::LogicalExpression(it) => self.logical(it),
            ast::Expression::ConditionalExpression(it) => {
                let condition = self.lower(&it.test);
                let branch = |holds| BlockKind::Branch { condition: Some(condition), holds };
                let then = self.in_block(branch(true), |reader| reader.lower_as(&it.consequent, hint, is_called));
                let otherwise = self.in_block(branch(false), |reader| reader.lower_as(&it.alternate, hint, is_called));
                ExpressionKind::Conditional { condition, then, otherwise }
            }
            ast::Expression::AssignmentExpression(it) => return Lowered::Same(self.assignment(it)),
            ast::Expression::SequenceExpression(it) => {
                let (last, before) = it.expressions.split_last().expect("a sequence has two expressions or more");
                self.all(before);
                return Lowered::Same(self.lower_as(last, hint, is_called));
            }
            ast::Expression::YieldExpression(it) => self.compound(&it.argument),
            ast::Expression::PrivateInExpression(it) => {
                let left = self.text(&it.left.name, span(it.left.span));
                let right = self.lower(&it.right);
                ExpressionKind::Compare { comparison: Comparison::In, left, right }
            }
            ast::Expression::V8IntrinsicExpression(it) => {
                self.arguments(&it.arguments, None);
                ExpressionKind::Unknown
            }
            ast::Expression::JSXElement(it) => {
                self.element(it);
                ExpressionKind::Unknown
            }
            ast::Expression::JSXFragment(it) => {
                self.children(&it.children);
                ExpressionKind::Unknown
            }
            // Regular expressions, big integers, `super`, `import.meta`; what is transparent was peeled off.
            _ => ExpressionKind::Unknown,
        };
        Lowered::Kind(kind)
    }

    fn all<'x>(&mut self, expressions: impl IntoIterator<Item = &'x ast::Expression<'a>>)
    where
        'a: 'x,
    {
        for expression in expressions {
            self.lower(expression);
        }
    }

    /// A value made of these in a way that is not followed.
    fn compound<'x>(&mut self, parts: impl IntoIterator<Item = &'x ast::Expression<'a>>) -> ExpressionKind
    where
        'a: 'x,
    {
        ExpressionKind::Compound(parts.into_iter().map(|part| self.lower(part)).collect())
    }

    fn name(&mut self, reference: &ast::IdentifierReference<'a>, is_called: bool) -> ExpressionKind {
        let name = reference.name.as_str();
        if name == "undefined" && self.declaring_frame(name).is_none() {
            return ExpressionKind::Literal(Literal::Null);
        }
        self.identifier(name, span(reference.span), role_of_used(is_called));
        ExpressionKind::Name(name.into())
    }

    fn template(&mut self, template: &ast::TemplateLiteral<'a>) -> ExpressionKind {
        if let Some(text) = template_text(template) {
            return ExpressionKind::Literal(Literal::Text(text.into()));
        }
        self.compound(&template.expressions)
    }

    /// `a.b[c](d)`: from the innermost object outwards.
    fn chain(&mut self, expression: &ast::Expression<'a>, is_called: bool) -> ExpressionId {
        let mut links = Vec::new();
        let mut base = peel(expression);
        while let Some(link) = Link::of(base) {
            base = peel(link.object());
            links.push(link);
        }
        // What `.catch(..)` hangs on may fail up to there; the outermost one is around all the others.
        let outer = self.position.block;
        for link in &links {
            if link.error_handler().is_some() {
                self.position.block = self.facts.add_block(self.position.block, BlockKind::Try);
            }
        }
        let mut value = match self.required(base, links.last()) {
            Some(module) => {
                links.pop();
                module
            }
            None => self.lower_as(base, None, matches!(links.last(), Some(Link::Call(_)))),
        };
        while let Some(link) = links.pop() {
            let role = match links.last() {
                Some(next) => role_of_used(matches!(next, Link::Call(_))),
                None => role_of_used(is_called),
            };
            value = match link {
                Link::Call(it) => {
                    let handler = link.error_handler().map(|index| (index, self.position.block));
                    if let Some((_, tried)) = handler {
                        self.position.block = self.facts.blocks[tried.0 as usize].parent.unwrap_or(outer);
                    }
                    self.call(span(it.span), value, &it.arguments, handler)
                }
                Link::Static(it) => {
                    let name_span = span(it.property.span);
                    self.member(span(it.span), value, &it.property.name, name_span, role)
                }
                Link::Private(it) => self.member(span(it.span), value, &it.field.name, span(it.field.span), role),
                Link::Computed(it) => {
                    let index = self.lower(&it.expression);
                    self.add(ExpressionKind::Index { object: value, index }, span(it.span))
                }
            };
        }
        value
    }

    fn member(
        &mut self,
        whole: Span,
        object: ExpressionId,
        name: &str,
        name_span: Span,
        role: IdentifierRole,
    ) -> ExpressionId {
        self.identifier(name, name_span, role);
        self.add(ExpressionKind::Member { object, name: name.into(), name_span }, whole)
    }

    /// `require("m")`, unless the file declares a `require` of its own.
    fn required(&mut self, base: &ast::Expression<'a>, link: Option<&Link<'_, 'a>>) -> Option<ExpressionId> {
        let ast::Expression::Identifier(id) = base else { return None };
        let Some(Link::Call(call)) = link else { return None };
        if id.name != "require" || self.declaring_frame("require").is_some() {
            return None;
        }
        let [argument] = call.arguments.as_slice() else { return None };
        let module = constant_text(argument.as_expression()?)?;
        self.identifier("require", span(id.span), IdentifierRole::Call);
        let at = span(call.span);
        self.import(module, Vec::new(), ImportContext::Dynamic, at);
        Some(self.add(ExpressionKind::Module(module.into()), at))
    }

    fn import_expression(&mut self, import: &ast::ImportExpression<'a>) -> ExpressionKind {
        self.all(&import.options);
        let Some(module) = constant_text(&import.source) else {
            self.lower(&import.source);
            return ExpressionKind::Unknown;
        };
        let module = &*package(module);
        self.import(module, Vec::new(), ImportContext::Dynamic, span(import.span));
        ExpressionKind::Module(module.into())
    }

    /// `handler` is the argument that runs when something in the block failed.
    fn call(
        &mut self,
        whole: Span,
        callee: ExpressionId,
        arguments: &[ast::Argument<'a>],
        handler: Option<(usize, BlockId)>,
    ) -> ExpressionId {
        let mut assigns = false;
        if let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind {
            match name.as_str() {
                "then" if function_argument(arguments, 0) => self.incoming = Some(*object),
                "assign" => {
                    assigns = matches!(&self.facts.expression(*object).kind, ExpressionKind::Name(name) if name == "Object")
                        && self.declaring_frame("Object").is_none();
                }
                _ => {}
            }
        }
        let arguments = self.arguments(arguments, handler);
        self.export_by_call(callee, &arguments);
        if assigns && let Some((target, others)) = arguments.split_first() {
            self.assign_object(target, others, whole);
        }
        self.add(ExpressionKind::Call { callee, arguments }, whole)
    }

    /// `Object.assign(target, ..)` changes a target that has a name; a fresh one is just the call's value.
    fn assign_object(&mut self, target: &Argument, others: &[Argument], whole: Span) {
        let is_named = matches!(
            self.facts.expression(target.value).kind,
            ExpressionKind::Name(_)
                | ExpressionKind::Member { .. }
                | ExpressionKind::Index { .. }
                | ExpressionKind::Receiver(_)
        );
        if target.kind != ArgumentKind::Positional || !is_named {
            return;
        }
        for other in others {
            let value = match other.kind {
                ArgumentKind::Positional => other.value,
                _ => self.add(ExpressionKind::Unknown, whole),
            };
            self.mutate(target.value, MutationKind::Merge(value), whole.end);
        }
    }

    fn arguments(&mut self, arguments: &[ast::Argument<'a>], handler: Option<(usize, BlockId)>) -> Vec<Argument> {
        let mut lowered = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            if let Some((_, tried)) = handler.filter(|(handler, _)| *handler == index) {
                self.handled = Some(tried);
            }
            let (kind, value) = match argument {
                ast::Argument::SpreadElement(it) => (ArgumentKind::SpreadPositional, &it.argument),
                argument => (ArgumentKind::Positional, argument.as_expression().expect("an argument is a value")),
            };
            lowered.push(Argument { kind, value: self.lower(value) });
        }
        lowered
    }

    fn array(&mut self, array: &ast::ArrayExpression<'a>) -> ExpressionKind {
        let mut items = Vec::new();
        let mut open = false;
        for element in &array.elements {
            match element {
                ast::ArrayExpressionElement::SpreadElement(it) => {
                    open = true;
                    self.lower(&it.argument);
                }
                ast::ArrayExpressionElement::Elision(it) => {
                    items.push(self.add(ExpressionKind::Literal(Literal::Null), span(it.span)));
                }
                element => {
                    let value = element.as_expression().expect("an element is a value");
                    items.push(self.lower(value));
                }
            }
        }
        ExpressionKind::Sequence { items, open }
    }

    fn object(&mut self, object: &ast::ObjectExpression<'a>) -> ExpressionKind {
        let mut entries = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            match property {
                ast::ObjectPropertyKind::SpreadProperty(it) => {
                    let value = self.lower(&it.argument);
                    entries.push(Entry::Spread(value));
                }
                ast::ObjectPropertyKind::ObjectProperty(it) => {
                    let (key, hint) = self.key(&it.key);
                    if let Some(name) = hint
                        && is_definition(peel(&it.value))
                    {
                        self.identifier(name.name, name.span, IdentifierRole::Definition);
                    }
                    let mut value = self.lower_as(&it.value, hint, false);
                    // An accessor's value is what it returns, not the function.
                    if it.kind != ast::PropertyKind::Init {
                        value = self.add(ExpressionKind::Unknown, span(it.span));
                    }
                    entries.push(Entry::Pair { key, value });
                }
            }
        }
        ExpressionKind::Mapping(entries)
    }

    fn key(&mut self, key: &ast::PropertyKey<'a>) -> (ExpressionId, Option<Hint<'a>>) {
        let at = span(key.span());
        let name = match key {
            ast::PropertyKey::StaticIdentifier(it) => it.name.as_str(),
            ast::PropertyKey::PrivateIdentifier(it) => it.name.as_str(),
            ast::PropertyKey::StringLiteral(it) => it.value.as_str(),
            key => {
                let value = key.as_expression().map(|it| self.lower(it));
                return (value.unwrap_or_else(|| self.add(ExpressionKind::Unknown, at)), None);
            }
        };
        (self.text(name, at), Some(Hint { name, span: at }))
    }

    fn unary(&mut self, unary: &ast::UnaryExpression<'a>) -> ExpressionKind {
        if let (UnaryOperator::UnaryNegation, ast::Expression::NumericLiteral(it)) = (unary.operator, &unary.argument) {
            return ExpressionKind::Literal(Literal::Number(format!("-{}", number(it)).into()));
        }
        if unary.operator == UnaryOperator::Delete && Link::of(&unary.argument).is_some() {
            let removed = self.lower(&unary.argument);
            if let Some((object, key)) = self.item(removed) {
                let value = self.add(ExpressionKind::Unknown, span(unary.span));
                self.mutate(object, MutationKind::SetItem { key, value }, unary.span.end);
            }
            return ExpressionKind::Unknown;
        }
        let value = self.lower(&unary.argument);
        match unary.operator {
            UnaryOperator::LogicalNot => ExpressionKind::Not(value),
            UnaryOperator::Void => ExpressionKind::Literal(Literal::Null),
            _ => ExpressionKind::Compound(vec![value]),
        }
    }

    /// The object and key of a member or index expression.
    fn item(&mut self, expression: ExpressionId) -> Option<(ExpressionId, ExpressionId)> {
        match &self.facts.expression(expression).kind {
            ExpressionKind::Member { object, name, name_span } => {
                let (object, name, name_span) = (*object, name.clone(), *name_span);
                Some((object, self.text(&name, name_span)))
            }
            ExpressionKind::Index { object, index } => Some((*object, *index)),
            _ => None,
        }
    }

    /// Operator chains lean to the left and get long, so they are walked in a loop, and what adds up is one list.
    fn binary(&mut self, binary: &ast::BinaryExpression<'a>) -> ExpressionKind {
        let whole = binary.span;
        let mut spine = vec![binary];
        let mut left = peel(&binary.left);
        while let ast::Expression::BinaryExpression(it) = left {
            spine.push(it);
            left = peel(&it.left);
        }
        let mut parts = vec![self.lower(left)];
        let mut compares = false;
        for binary in spine.into_iter().rev() {
            let right = self.lower(&binary.right);
            let Some(comparison) = comparison(binary.operator).filter(|_| !compares) else {
                parts.push(right);
                continue;
            };
            let left = match parts.as_slice() {
                [only] => *only,
                _ => self.add(ExpressionKind::Compound(parts), span(binary.left.span())),
            };
            let kind = ExpressionKind::Compare { comparison, left, right };
            if binary.span == whole {
                return kind;
            }
            parts = vec![self.add(kind, span(binary.span))];
            compares = true;
        }
        ExpressionKind::Compound(parts)
    }

    /// What stands on the right runs in a branch: after a truthy left side for `&&`, a falsy one for `||`.
    fn logical(&mut self, logical: &ast::LogicalExpression<'a>) -> ExpressionKind {
        let mut spine = vec![logical];
        let mut left = peel(&logical.left);
        while let ast::Expression::LogicalExpression(it) = left {
            spine.push(it);
            left = peel(&it.left);
        }
        let joined = |is_and: bool, values| match is_and {
            true => ExpressionKind::Both(values),
            false => ExpressionKind::Either(values),
        };
        let outer = self.position;
        let mut before = self.lower(left);
        let mut values = vec![before];
        let mut is_and = spine[spine.len() - 1].operator.is_and();
        for logical in spine.into_iter().rev() {
            if logical.operator.is_and() != is_and {
                self.position = outer;
                before = self.add(joined(is_and, values), span(logical.left.span()));
                values = vec![before];
                is_and = !is_and;
            }
            let condition = (!logical.operator.is_coalesce()).then_some(before);
            let kind = BlockKind::Branch { condition, holds: condition.is_none() || is_and };
            self.position.block = self.facts.add_block(self.position.block, kind);
            before = self.lower(&logical.right);
            values.push(before);
        }
        self.position = outer;
        joined(is_and, values)
    }

    fn assignment(&mut self, assignment: &ast::AssignmentExpression<'a>) -> ExpressionId {
        let at = assignment.span.end;
        let role = role_of_assigned(&assignment.right, IdentifierRole::Use);
        let target = self.target(&assignment.left, role);
        let hint = assigned_name(&assignment.left);
        if assignment.operator.is_assign() {
            let value = self.lower_as(&assignment.right, hint, false);
            if let Target::Item { object, key } = target {
                self.export_item(object, key, value);
            }
            self.assign(target, Some(value), at);
            return value;
        }
        let before = self.target_value(&target, span(assignment.left.span()));
        if !assignment.operator.is_logical() {
            let right = self.lower(&assignment.right);
            let parts = before.into_iter().chain([right]).collect();
            let value = self.add(ExpressionKind::Compound(parts), span(assignment.span));
            self.assign(target, Some(value), at);
            return value;
        }
        let right = self.in_block(PERHAPS, |reader| {
            let value = reader.lower_as(&assignment.right, hint, false);
            reader.assign(target, Some(value), at);
            value
        });
        let values: Vec<ExpressionId> = before.into_iter().chain([right]).collect();
        let kind = if assignment.operator == AssignmentOperator::LogicalAnd {
            ExpressionKind::Both(values)
        } else {
            ExpressionKind::Either(values)
        };
        self.add(kind, span(assignment.span))
    }

    /// What a target holds before the assignment.
    fn target_value(&mut self, target: &Target<'_, 'a>, at: Span) -> Option<ExpressionId> {
        let kind = match target {
            Target::Name(name) => ExpressionKind::Name((*name).into()),
            Target::Item { object, key } => ExpressionKind::Index { object: *object, index: *key },
            Target::Pattern(_) | Target::Unknown => return None,
        };
        Some(self.add(kind, at))
    }

    fn target<'x>(&mut self, target: &'x ast::AssignmentTarget<'a>, role: IdentifierRole) -> Target<'x, 'a> {
        match target.as_simple_assignment_target() {
            Some(simple) => self.simple_target(simple, role),
            None => Target::Pattern(target),
        }
    }

    /// `role` is that of the property of `o.p = v`.
    fn simple_target<'x>(
        &mut self,
        target: &'x ast::SimpleAssignmentTarget<'a>,
        role: IdentifierRole,
    ) -> Target<'x, 'a> {
        match target {
            ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(it) => self.target_name(it, role),
            ast::SimpleAssignmentTarget::StaticMemberExpression(it) => {
                let object = self.lower(&it.object);
                let at = span(it.property.span);
                self.identifier(&it.property.name, at, role);
                Target::Item { object, key: self.text(&it.property.name, at) }
            }
            ast::SimpleAssignmentTarget::PrivateFieldExpression(it) => {
                let object = self.lower(&it.object);
                let at = span(it.field.span);
                self.identifier(&it.field.name, at, role);
                Target::Item { object, key: self.text(&it.field.name, at) }
            }
            ast::SimpleAssignmentTarget::ComputedMemberExpression(it) => {
                let object = self.lower(&it.object);
                Target::Item { object, key: self.lower(&it.expression) }
            }
            target => {
                let Some(expression) = target.get_expression().map(peel) else { return Target::Unknown };
                if let ast::Expression::Identifier(it) = expression {
                    return self.target_name(it, role);
                }
                let value = self.lower(expression);
                self.item(value).map_or(Target::Unknown, |(object, key)| Target::Item { object, key })
            }
        }
    }

    fn target_name<'x>(&mut self, name: &ast::IdentifierReference<'a>, role: IdentifierRole) -> Target<'x, 'a> {
        let role = if role == IdentifierRole::Use { IdentifierRole::Binding } else { role };
        self.identifier(&name.name, span(name.span), role);
        Target::Name(name.name.as_str())
    }

    /// `None` for a value this reader does not follow.
    fn assign(&mut self, target: Target<'_, 'a>, value: Option<ExpressionId>, at: u32) {
        match target {
            Target::Name(name) => {
                let scope = self.declaring_frame(name).map_or(ScopeId(0), |frame| frame.scope);
                match value {
                    Some(value) => self.bind_value(scope, name, value, at),
                    None => self.bind(scope, name, BindingKind::Opaque, at),
                }
            }
            Target::Item { object, key } => {
                if let ExpressionKind::Receiver(class) = self.facts.expression(object).kind
                    && let ExpressionKind::Literal(Literal::Text(name)) = &self.facts.expression(key).kind
                {
                    let name = name.clone();
                    return match value {
                        Some(value) => self.bind_value(class, &name, value, at),
                        None => self.bind(class, &name, BindingKind::Opaque, at),
                    };
                }
                let value = value.unwrap_or_else(|| self.add(ExpressionKind::Unknown, Span::new(at, at)));
                self.mutate(object, MutationKind::SetItem { key, value }, at);
            }
            Target::Pattern(pattern) => self.assign_pattern(pattern, value, at),
            Target::Unknown => {}
        }
    }

    fn assign_pattern(&mut self, pattern: &ast::AssignmentTarget<'a>, value: Option<ExpressionId>, at: u32) {
        if self.depth >= DEEPEST_SYNTAX {
            return self.too_deep(span(pattern.span()));
        }
        self.depth += 1;
        match pattern {
            ast::AssignmentTarget::ObjectAssignmentTarget(it) => {
                let mut taken = Vec::new();
                for property in &it.properties {
                    taken.push(self.assign_property(property, value, at));
                }
                if let Some(rest) = &it.rest {
                    let value = self.all_but(value, &taken, rest.span);
                    self.assign_rest(rest, value, at);
                }
            }
            ast::AssignmentTarget::ArrayAssignmentTarget(it) => {
                for (index, element) in it.elements.iter().enumerate() {
                    if let Some(element) = element {
                        self.assign_element(element, Part::Item(index as u32), value, at);
                    }
                }
                if let Some(rest) = &it.rest {
                    let value = self.some_of(value, rest.span);
                    self.assign_rest(rest, value, at);
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn assign_rest(&mut self, rest: &ast::AssignmentTargetRest<'a>, value: Option<ExpressionId>, at: u32) {
        let target = self.target(&rest.target, IdentifierRole::Use);
        self.assign(target, value, at);
    }

    /// Gives the key, where it is known.
    fn assign_property(
        &mut self,
        property: &ast::AssignmentTargetProperty<'a>,
        source: Option<ExpressionId>,
        at: u32,
    ) -> Option<Hint<'a>> {
        match property {
            ast::AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(it) => {
                let default = it.init.as_ref().map(|it| self.lower(it));
                let key = Hint { name: it.binding.name.as_str(), span: span(it.binding.span) };
                self.assign_name(&it.binding, Part::Member(key), source, default, at);
                Some(key)
            }
            ast::AssignmentTargetProperty::AssignmentTargetPropertyProperty(it) => {
                let key = self.key_name(&it.name, it.computed);
                self.assign_element(&it.binding, key.map_or(Part::Unknown, Part::Member), source, at);
                key
            }
        }
    }

    fn assign_element(
        &mut self,
        element: &ast::AssignmentTargetMaybeDefault<'a>,
        part: Part<'a>,
        source: Option<ExpressionId>,
        at: u32,
    ) {
        let (target, default) = match element {
            ast::AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(it) => {
                (&it.binding, Some(self.lower(&it.init)))
            }
            element => match element.as_assignment_target() {
                Some(target) => (target, None),
                None => return,
            },
        };
        if let ast::AssignmentTarget::AssignmentTargetIdentifier(id) = target {
            return self.assign_name(id, part, source, default, at);
        }
        let value = self.part(part, source, default, span(target.span()));
        let target = self.target(target, IdentifierRole::Use);
        self.assign(target, value, at);
    }

    fn assign_name(
        &mut self,
        name: &ast::IdentifierReference<'a>,
        part: Part<'a>,
        source: Option<ExpressionId>,
        default: Option<ExpressionId>,
        at: u32,
    ) {
        self.target_name(name, IdentifierRole::Binding);
        let scope = self.declaring_frame(&name.name).map_or(ScopeId(0), |frame| frame.scope);
        self.bind_part(scope, &name.name, part, source, default, at);
    }

    fn element(&mut self, element: &ast::JSXElement<'a>) {
        match &element.opening_element.name {
            ast::JSXElementName::IdentifierReference(it) => {
                self.identifier(&it.name, span(it.span), IdentifierRole::Use);
            }
            ast::JSXElementName::MemberExpression(it) => {
                let mut member = it;
                self.identifier(&member.property.name, span(member.property.span), IdentifierRole::Use);
                while let ast::JSXMemberExpressionObject::MemberExpression(inner) = &member.object {
                    member = inner;
                    self.identifier(&member.property.name, span(member.property.span), IdentifierRole::Use);
                }
                if let ast::JSXMemberExpressionObject::IdentifierReference(it) = &member.object {
                    self.identifier(&it.name, span(it.span), IdentifierRole::Use);
                }
            }
            _ => {}
        }
        for attribute in &element.opening_element.attributes {
            match attribute {
                ast::JSXAttributeItem::SpreadAttribute(it) => {
                    self.lower(&it.argument);
                }
                ast::JSXAttributeItem::Attribute(it) => match &it.value {
                    Some(ast::JSXAttributeValue::ExpressionContainer(it)) => {
                        self.all(it.expression.as_expression());
                    }
                    Some(ast::JSXAttributeValue::Element(it)) => self.nested_element(it),
                    Some(ast::JSXAttributeValue::Fragment(it)) => self.children(&it.children),
                    Some(ast::JSXAttributeValue::StringLiteral(_)) | None => {}
                },
            }
        }
        self.children(&element.children);
    }

    fn nested_element(&mut self, element: &ast::JSXElement<'a>) {
        if self.depth >= DEEPEST_SYNTAX {
            return self.too_deep(span(element.span));
        }
        self.depth += 1;
        self.element(element);
        self.depth -= 1;
    }

    fn children(&mut self, children: &[ast::JSXChild<'a>]) {
        if self.depth >= DEEPEST_SYNTAX {
            let at = children.first().map_or(Span::new(0, 0), |child| span(child.span()));
            return self.too_deep(at);
        }
        self.depth += 1;
        for child in children {
            match child {
                ast::JSXChild::Element(it) => self.nested_element(it),
                ast::JSXChild::Fragment(it) => self.children(&it.children),
                ast::JSXChild::ExpressionContainer(it) => {
                    self.all(it.expression.as_expression());
                }
                ast::JSXChild::Spread(it) => {
                    self.lower(&it.expression);
                }
                ast::JSXChild::Text(_) => {}
            }
        }
        self.depth -= 1;
    }
}

/// What an expression lowers to: a new one, or one of its parts.
enum Lowered {
    Kind(ExpressionKind),
    Same(ExpressionId),
}

fn span(span: oxc_span::Span) -> Span {
    Span::new(span.start, span.end)
}

/// The expression under parentheses, `await` and type assertions, which change nothing here.
fn peel<'x, 'a>(expression: &'x ast::Expression<'a>) -> &'x ast::Expression<'a> {
    let mut expression = expression;
    loop {
        expression = match expression {
            ast::Expression::ParenthesizedExpression(it) => &it.expression,
            ast::Expression::AwaitExpression(it) => &it.argument,
            ast::Expression::TSAsExpression(it) => &it.expression,
            ast::Expression::TSSatisfiesExpression(it) => &it.expression,
            ast::Expression::TSTypeAssertion(it) => &it.expression,
            ast::Expression::TSNonNullExpression(it) => &it.expression,
            ast::Expression::TSInstantiationExpression(it) => &it.expression,
            _ => return expression,
        };
    }
}

fn is_function(expression: &ast::Expression<'_>) -> bool {
    matches!(expression, ast::Expression::FunctionExpression(_) | ast::Expression::ArrowFunctionExpression(_))
}

fn function_argument(arguments: &[ast::Argument<'_>], index: usize) -> bool {
    arguments.get(index).and_then(|it| it.as_expression()).is_some_and(|it| is_function(peel(it)))
}

/// `process.exit(..)`.
fn ends_process(expression: &ast::Expression<'_>) -> bool {
    let ast::Expression::CallExpression(call) = expression else { return false };
    let ast::Expression::StaticMemberExpression(callee) = &call.callee else { return false };
    callee.property.name == "exit"
        && matches!(&callee.object, ast::Expression::Identifier(object) if object.name == "process")
}

fn is_definition(expression: &ast::Expression<'_>) -> bool {
    is_function(expression) || matches!(expression, ast::Expression::ClassExpression(_))
}

fn role_of_used(is_called: bool) -> IdentifierRole {
    if is_called { IdentifierRole::Call } else { IdentifierRole::Use }
}

/// A name given to a function is a definition.
fn role_of_assigned(value: &ast::Expression<'_>, otherwise: IdentifierRole) -> IdentifierRole {
    if is_definition(peel(value)) { IdentifierRole::Definition } else { otherwise }
}

/// The name an assigned function takes; `module.exports = ..` names nothing.
fn assigned_name<'a>(target: &ast::AssignmentTarget<'a>) -> Option<Hint<'a>> {
    match target {
        ast::AssignmentTarget::AssignmentTargetIdentifier(it) => {
            Some(Hint { name: it.name.as_str(), span: span(it.span) })
        }
        ast::AssignmentTarget::StaticMemberExpression(it) if it.property.name != "exports" => {
            Some(Hint { name: it.property.name.as_str(), span: span(it.property.span) })
        }
        ast::AssignmentTarget::PrivateFieldExpression(it) => {
            Some(Hint { name: it.field.name.as_str(), span: span(it.field.span) })
        }
        _ => None,
    }
}

/// `None` for operators that calculate.
fn comparison(operator: BinaryOperator) -> Option<Comparison> {
    match operator {
        BinaryOperator::Equality | BinaryOperator::StrictEquality => Some(Comparison::Equal),
        BinaryOperator::Inequality | BinaryOperator::StrictInequality => Some(Comparison::NotEqual),
        BinaryOperator::In => Some(Comparison::In),
        BinaryOperator::LessThan
        | BinaryOperator::LessEqualThan
        | BinaryOperator::GreaterThan
        | BinaryOperator::GreaterEqualThan
        | BinaryOperator::Instanceof => Some(Comparison::Other),
        _ => None,
    }
}

fn number(literal: &ast::NumericLiteral<'_>) -> String {
    literal.raw.map_or_else(|| literal.value.to_string(), |raw| raw.as_str().replace('_', ""))
}

fn template_text<'a>(template: &ast::TemplateLiteral<'a>) -> Option<&'a str> {
    match template.quasis.as_slice() {
        [only] => only.value.cooked.map(|text| text.as_str()),
        _ => None,
    }
}

/// What an import names, as Node spells it: Deno and browsers name the registry and the version, too.
/// `npm:jose@5.2.0/jwt`, `https://esm.sh/jose@5`, `https://deno.land/x/djwt@v3/mod.ts`.
fn package(specifier: &str) -> Cow<'_, str> {
    const REGISTRIES: [&str; 9] = [
        "npm:",
        "jsr:",
        "https://esm.sh/",
        "https://cdn.skypack.dev/",
        "https://unpkg.com/",
        "https://cdn.jsdelivr.net/npm/",
        "https://esm.run/",
        "https://deno.land/x/",
        "https://jspm.dev/",
    ];
    let Some(rest) = REGISTRIES.iter().find_map(|it| specifier.strip_prefix(it)) else {
        return Cow::Borrowed(specifier);
    };
    let rest = rest.trim_start_matches('/').split(['?', '#']).next().unwrap_or(rest);
    // The scope's sign is none of a version.
    let (version, after_scope) = match rest.strip_prefix('@') {
        Some(scoped) => (scoped.find('@').map(|at| at + 1), scoped.find('/').map_or(rest.len(), |at| at + 2)),
        None => (rest.find('@'), 0),
    };
    let end = |from: usize| rest[from..].find('/').map_or(rest.len(), |at| from + at);
    let Some(version) = version.filter(|at| *at <= end(after_scope)) else { return Cow::Borrowed(rest) };
    let name = &rest[..version];
    // What a package of Deno has at its top.
    match rest[end(version)..].trim_end_matches("/mod.ts") {
        "" => Cow::Borrowed(name),
        path => Cow::Owned(format!("{name}{path}")),
    }
}

fn constant_text<'a>(expression: &ast::Expression<'a>) -> Option<&'a str> {
    match peel(expression) {
        ast::Expression::StringLiteral(it) => Some(it.value.as_str()),
        ast::Expression::TemplateLiteral(it) => template_text(it),
        _ => None,
    }
}

/// One name for each parameter, so that positions hold; empty for a destructured one.
fn parameter_names(parameters: &ast::FormalParameters<'_>) -> Vec<Name> {
    let name = |pattern: &ast::BindingPattern<'_>| match pattern {
        ast::BindingPattern::BindingIdentifier(id) => id.name.as_str().into(),
        _ => Name::default(),
    };
    let rest = parameters.rest.iter().map(|rest| name(&rest.rest.argument));
    parameters.items.iter().map(|item| name(&item.pattern)).chain(rest).collect()
}

fn pattern_names<'a>(pattern: &ast::BindingPattern<'a>, names: &mut HashSet<&'a str>) {
    match pattern {
        ast::BindingPattern::BindingIdentifier(id) => {
            names.insert(id.name.as_str());
        }
        ast::BindingPattern::AssignmentPattern(it) => pattern_names(&it.left, names),
        ast::BindingPattern::ArrayPattern(it) => {
            let rest = it.rest.iter().map(|rest| &rest.argument);
            it.elements.iter().flatten().chain(rest).for_each(|element| pattern_names(element, names));
        }
        ast::BindingPattern::ObjectPattern(it) => {
            let rest = it.rest.iter().map(|rest| &rest.argument);
            it.properties.iter().map(|it| &it.value).chain(rest).for_each(|value| pattern_names(value, names));
        }
    }
}

/// The names a variable declaration declares, if it is (or is not) a `var`.
fn declared_names<'a>(declaration: &ast::VariableDeclaration<'a>, is_var: bool, names: &mut HashSet<&'a str>) {
    if declaration.kind.is_var() != is_var {
        return;
    }
    for declarator in &declaration.declarations {
        if !makes_require(declarator) {
            pattern_names(&declarator.id, names);
        }
    }
}

/// `const require = createRequire(import.meta.url)` is still the `require` that loads modules.
fn makes_require(declarator: &ast::VariableDeclarator<'_>) -> bool {
    let ast::BindingPattern::BindingIdentifier(id) = &declarator.id else { return false };
    let Some(ast::Expression::CallExpression(call)) = declarator.init.as_ref().map(|it| peel(it)) else { return false };
    id.name == "require"
        && match &call.callee {
            ast::Expression::Identifier(it) => it.name == "createRequire",
            ast::Expression::StaticMemberExpression(it) => it.property.name == "createRequire",
            _ => false,
        }
}

/// The names declared by these statements themselves, `var` aside.
fn lexical_names<'a>(statements: &[ast::Statement<'a>], names: &mut HashSet<&'a str>) {
    for statement in statements {
        match statement {
            ast::Statement::ImportDeclaration(it) => {
                names.extend(it.specifiers.iter().flatten().map(|it| it.local().name.as_str()));
            }
            ast::Statement::ExportDeclaration(it) => declaration_names(&it.declaration, names),
            ast::Statement::ExportDefaultDeclaration(it) => {
                let id = match &it.declaration {
                    ast::ExportDefaultDeclarationKind::FunctionDeclaration(it) => &it.id,
                    ast::ExportDefaultDeclarationKind::ClassDeclaration(it) => &it.id,
                    _ => &None,
                };
                names.extend(id.iter().map(|id| id.name.as_str()));
            }
            statement => {
                if let Some(declaration) = statement.as_declaration() {
                    declaration_names(declaration, names);
                }
            }
        }
    }
}

fn declaration_names<'a>(declaration: &ast::Declaration<'a>, names: &mut HashSet<&'a str>) {
    let id = match declaration {
        ast::Declaration::VariableDeclaration(it) => return declared_names(it, false, names),
        ast::Declaration::FunctionDeclaration(it) => it.id.as_ref(),
        ast::Declaration::ClassDeclaration(it) => it.id.as_ref(),
        ast::Declaration::TSEnumDeclaration(it) => Some(&it.id),
        ast::Declaration::TSNamespaceDeclaration(it) => Some(&it.id),
        ast::Declaration::TSImportEqualsDeclaration(it) => Some(&it.id),
        _ => None,
    };
    names.extend(id.map(|id| id.name.as_str()));
}

/// The `var` names of a function body, wherever in it they are declared.
fn hoisted_names<'a>(statements: &[ast::Statement<'a>], names: &mut HashSet<&'a str>, depth: usize) {
    for statement in statements {
        hoisted_names_of(statement, names, depth);
    }
}

fn hoisted_names_of<'a>(statement: &ast::Statement<'a>, names: &mut HashSet<&'a str>, depth: usize) {
    if depth >= DEEPEST_SYNTAX {
        return;
    }
    let depth = depth + 1;
    match statement {
        ast::Statement::VariableDeclaration(it) => declared_names(it, true, names),
        ast::Statement::ExportDeclaration(it) => {
            if let ast::Declaration::VariableDeclaration(it) = &it.declaration {
                declared_names(it, true, names);
            }
        }
        ast::Statement::BlockStatement(it) => hoisted_names(&it.body, names, depth),
        ast::Statement::LabeledStatement(it) => hoisted_names_of(&it.body, names, depth),
        ast::Statement::WhileStatement(it) => hoisted_names_of(&it.body, names, depth),
        ast::Statement::DoWhileStatement(it) => hoisted_names_of(&it.body, names, depth),
        ast::Statement::WithStatement(it) => hoisted_names_of(&it.body, names, depth),
        ast::Statement::IfStatement(it) => {
            let mut branch = it;
            loop {
                hoisted_names_of(&branch.consequent, names, depth);
                match &branch.alternate {
                    Some(ast::Statement::IfStatement(next)) => branch = next,
                    Some(alternate) => return hoisted_names_of(alternate, names, depth),
                    None => return,
                }
            }
        }
        ast::Statement::ForStatement(it) => {
            if let Some(ast::ForStatementInit::VariableDeclaration(it)) = &it.init {
                declared_names(it, true, names);
            }
            hoisted_names_of(&it.body, names, depth);
        }
        ast::Statement::ForInStatement(it) => {
            if let ast::ForStatementLeft::VariableDeclaration(it) = &it.left {
                declared_names(it, true, names);
            }
            hoisted_names_of(&it.body, names, depth);
        }
        ast::Statement::ForOfStatement(it) => {
            if let ast::ForStatementLeft::VariableDeclaration(it) = &it.left {
                declared_names(it, true, names);
            }
            hoisted_names_of(&it.body, names, depth);
        }
        ast::Statement::SwitchStatement(it) => {
            it.cases.iter().for_each(|case| hoisted_names(&case.consequent, names, depth));
        }
        ast::Statement::TryStatement(it) => {
            hoisted_names(&it.block.body, names, depth);
            if let Some(handler) = &it.handler {
                hoisted_names(&handler.body.body, names, depth);
            }
            if let Some(finalizer) = &it.finalizer {
                hoisted_names(&finalizer.body, names, depth);
            }
        }
        // Other statements hold no statements, or belong to another function.
        _ => {}
    }
}

/// Comments, strings, the literal parts of templates, and the text of JSX elements, which is no code either.
fn regions(parsed: &ParserReturn<'_>) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    if let Some(hashbang) = &parsed.program.hashbang {
        regions.push(Region { kind: RegionKind::Comment, span: span(hashbang.span) });
    }
    regions.extend(parsed.program.comments.iter().map(|it| Region { kind: RegionKind::Comment, span: span(it.span) }));
    let is_string = |kind| {
        matches!(
            kind,
            Kind::Str
                | Kind::NoSubstitutionTemplate
                | Kind::TemplateHead
                | Kind::TemplateMiddle
                | Kind::TemplateTail
                | Kind::JSXText
        )
    };
    let strings = parsed.tokens.iter().filter(|token| is_string(token.kind()));
    regions.extend(strings.map(|token| Region { kind: RegionKind::String, span: span(token.span()) }));
    regions.sort_by_key(|region| region.span.start);
    regions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the facts of the kinds that `expected` mentions, one a line.
    fn check(text: &str, expected: &str) {
        let wanted = Wanted::ALL;
        // Readers run on threads with a large stack; test threads have a small one.
        let dump = std::thread::scope(|scope| {
            let read = || dump(text, &read("test.tsx", text, Language::TypeScript, wanted));
            let reader = std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, read);
            reader.expect("a thread starts").join().expect("the reader does not panic")
        });
        let kind = |line: &str| line.split(' ').next().map(str::to_owned);
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let kinds: HashSet<Option<String>> = expected.iter().map(|line| kind(line)).collect();
        let actual: Vec<&str> = dump.lines().filter(|line| kinds.contains(&kind(line))).collect();
        assert_eq!(actual, expected, "\n{dump}");
    }

    fn dump(text: &str, facts: &FileFacts) -> String {
        let mut lines = Vec::new();
        for import in &facts.imports {
            lines.push(format!("import {} [{}] {:?}", import.module, import.names.join(","), import.context));
        }
        for binding in &facts.bindings {
            let show = |id: &Option<ExpressionId>| id.map_or("_".to_owned(), |id| show(facts, id));
            let kind = match &binding.kind {
                BindingKind::Import(path) => format!("import {path}"),
                BindingKind::Value(id) => show(&Some(*id)),
                BindingKind::MemberOf(id, name) => format!("{} of {}", name, show(&Some(*id))),
                BindingKind::Definition(scope) => format!("definition {}", facts.scope(*scope).name),
                BindingKind::ItemOf(id, item) => format!("item {} of {}", item, show(&Some(*id))),
                BindingKind::ElementOf(id) => format!("element of {}", show(&Some(*id))),
                BindingKind::Parameter { index, annotation, default } => {
                    let index = index.map_or("-".to_owned(), |index| index.to_string());
                    format!("parameter {index} {} {}", show(annotation), show(default))
                }
                other => format!("{other:?}"),
            };
            let scope = facts.scope(binding.scope);
            let block = binding.block.0;
            lines.push(format!("bind {:?}({}) b{} {} = {}", scope.kind, scope.name, block, binding.name, kind));
        }
        for mutation in &facts.mutations {
            let target = show(facts, mutation.target);
            lines.push(match mutation.kind {
                MutationKind::SetItem { key, value } => {
                    format!("set {target}[{}] = {}", show(facts, key), show(facts, value))
                }
                MutationKind::Merge(value) => format!("merge {target} {}", show(facts, value)),
            });
        }
        for export in &facts.exports {
            lines.push(match &export.target {
                ExportTarget::Local(name) => format!("export {} = {name}", export.name),
                ExportTarget::Value(value) => format!("export {} = value {}", export.name, show(facts, *value)),
                ExportTarget::Import(path) => format!("export {} from {path}", export.name),
            });
        }
        lines.extend(facts.calls.iter().map(|&call| format!("call {}", show(facts, call))));
        for (index, block) in facts.blocks.iter().enumerate().skip(1) {
            let kind = match block.kind {
                BlockKind::Branch { condition: Some(condition), holds } => {
                    format!("if {}{}", if holds { "" } else { "not " }, show(facts, condition))
                }
                BlockKind::Branch { condition: None, .. } => "perhaps".to_owned(),
                BlockKind::Handler { of } => format!("handles b{}", of.0),
                kind => format!("{kind:?}"),
            };
            let parent = block.parent.map_or(0, |parent| parent.0);
            lines.push(format!("block b{index} in b{parent} {kind}{}", if block.leaves { " leaves" } else { "" }));
        }
        lines.extend(facts.discarded.iter().map(|&call| format!("discard {}", show(facts, call))));
        for definition in &facts.definitions {
            let list = |ids: &[ExpressionId]| ids.iter().map(|&id| show(facts, id)).collect::<Vec<_>>().join(",");
            let returns: Vec<String> = definition
                .returns
                .iter()
                .map(|it| format!("{}{}", if it.on_error { "error:" } else { "" }, show(facts, it.value)))
                .collect();
            lines.push(format!(
                "define {:?} {}({}) @[{}] :[{}] ->[{}]",
                definition.kind,
                definition.name,
                definition.parameters.join(","),
                list(&definition.decorators),
                list(&definition.bases),
                returns.join(",")
            ));
        }
        lines.extend(facts.identifiers.iter().map(|it| format!("name {} {:?}", it.name, it.role)));
        for region in &facts.regions {
            lines.push(format!("region {:?} {}", region.kind, slice(text, region.span)));
        }
        lines.extend(facts.syntax_errors.iter().map(|it| format!("error {} {}", it.span.start, it.message)));
        lines.join("\n")
    }

    fn slice(text: &str, span: Span) -> &str {
        &text[span.start as usize..span.end as usize]
    }

    fn show(facts: &FileFacts, id: ExpressionId) -> String {
        let show = |id: &ExpressionId| show(facts, *id);
        let all = |ids: &[ExpressionId]| ids.iter().map(show).collect::<Vec<_>>().join(", ");
        match &facts.expression(id).kind {
            ExpressionKind::Literal(Literal::Text(text)) => format!("'{text}'"),
            ExpressionKind::Literal(Literal::Number(number)) => number.to_string(),
            ExpressionKind::Literal(Literal::Bool(value)) => value.to_string(),
            ExpressionKind::Literal(Literal::Null) => "null".to_owned(),
            ExpressionKind::Name(name) => name.to_string(),
            ExpressionKind::Member { object, name, .. } => format!("{}.{name}", show(object)),
            ExpressionKind::Index { object, index } => format!("{}[{}]", show(object), show(index)),
            ExpressionKind::Call { callee, arguments } => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|it| {
                        format!("{}{}", if it.kind == ArgumentKind::Positional { "" } else { "..." }, show(&it.value))
                    })
                    .collect();
                format!("{}({})", show(callee), arguments.join(", "))
            }
            ExpressionKind::Mapping(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|entry| match entry {
                        Entry::Pair { key, value } => format!("{}: {}", show(key), show(value)),
                        Entry::Spread(value) => format!("...{}", show(value)),
                    })
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            ExpressionKind::Sequence { items, open } => format!("[{}{}]", all(items), if *open { ", .." } else { "" }),
            ExpressionKind::Either(values) => format!("either({})", all(values)),
            ExpressionKind::Both(values) => format!("both({})", all(values)),
            ExpressionKind::Conditional { condition, then, otherwise } => {
                format!("({} ? {} : {})", show(condition), show(then), show(otherwise))
            }
            ExpressionKind::Compare { comparison, left, right } => {
                format!("({} {comparison:?} {})", show(left), show(right))
            }
            ExpressionKind::Compound(parts) => format!("made({})", all(parts)),
            ExpressionKind::Not(value) => format!("!{}", show(value)),
            ExpressionKind::Merge(first, second) => format!("merge({}, {})", show(first), show(second)),
            ExpressionKind::Module(module) => format!("module({module})"),
            ExpressionKind::Receiver(scope) => format!("this({})", facts.scope(*scope).name),
            ExpressionKind::Function(scope) => format!("function({})", facts.scope(*scope).name),
            ExpressionKind::Unknown => "?".to_owned(),
        }
    }

    #[test]
    fn imports() {
        check(
            "import d, { a as b, default as c } from 'm'; import * as n from './n'; import 's';
             import type { T } from 't'; import { type U, v } from 'u'; import x = require('r');
             export { p as q } from 'e'; export * from 'f'; export type { W } from 'w';",
            "import m [default,a,default] Top
             import ./n [] Top
             import s [] Top
             import t [T] Types
             import u [v] Top
             import u [U] Types
             import r [] Top
             import e [p] ReExport
             import f [*] ReExport
             import w [W] Types
             bind Module() b0 d = import m
             bind Module() b0 b = import m.a
             bind Module() b0 c = import m
             bind Module() b0 n = import ./n
             bind Module() b0 T = import t.T
             bind Module() b0 U = import u.U
             bind Module() b0 v = import u.v
             bind Module() b0 x = import r",
        );
    }

    #[test]
    fn exports() {
        check(
            "export const { a, b: [c] } = v; export var d = 1; export function e() {} export class F {}
             export { g as h, i as 'j k' }; export { l as m, default as n } from './o'; export * from 'p';
             export * as q from './r'; export type { S } from './s'; export default () => 1; export type T = U;
             declare module 'x' { export const y: number; }",
            "export a = a
             export c = c
             export d = d
             export e = e
             export F = F
             export h = g
             export j k = i
             export m from ./o.l
             export n from ./o.default
             export * from p
             export q from ./r
             export S from ./s.S
             export default = value function()",
        );
        check("export default function f() {}", "export default = value function(f)");
        check("export default class {}", "export default = value function()");
        check("export = make();", "export module.exports = value make()");
    }

    #[test]
    fn exports_of_common_modules() {
        check(
            "exports.a = exports.b = void 0; exports.a = b; exports['c d'] = 1; module.exports = { e, f: g };
             module.exports.h = exports.i = () => 1; exports[j] = 2; o.exports = 3; o.exports.p = 4;
             (function (exports) { exports.q = 5; })({}); Object.defineProperty(exports, '__esModule', { value: true });
             Object.defineProperty(exports, 'r', { enumerable: true, get: function () { return m_1.s; } });
             __exportStar(require('./t'), exports);",
            "export a = value b
             export c d = value 1
             export module.exports = value {'e': e, 'f': g}
             export i = value function(i)
             export h = value function(i)
             export r = value m_1.s
             export * from ./t",
        );
    }

    #[test]
    fn loaded_modules() {
        check(
            "const { sign: s, verify } = require('jsonwebtoken'); const jose = await import(`jose`);
             function f(require) { require('not'); } import('late').then(({ go }) => go());",
            "import jsonwebtoken [] Dynamic
             import jose [] Dynamic
             import late [] Dynamic
             bind Module() b0 f = definition f
             bind Module() b0 s = sign of module(jsonwebtoken)
             bind Module() b0 verify = verify of module(jsonwebtoken)
             bind Module() b0 jose = module(jose)
             bind Function(f) b1 require = parameter 0 _ _
             bind Function() b2 go = go of module(late)
             call require('not')
             call go()
             call module(late).then(function())",
        );
    }

    #[test]
    fn created_require_loads_modules() {
        check(
            "const require = createRequire(import.meta.url); require('jose').sign(1);",
            "import jose [] Dynamic
             call createRequire(?.url)
             call module(jose).sign(1)",
        );
    }

    #[test]
    fn destructuring() {
        check(
            "const { a, b: { c }, d = 1, [k()]: e, ...r } = v; const [f] = v; ({ g, h: o.i } = v);",
            "bind Module() b0 a = a of v
             bind Module() b0 c = c of v.b
             bind Module() b0 d = 1
             bind Module() b1 d = d of v
             bind Module() b0 e = Opaque
             bind Module() b0 r = made(v)
             bind Module() b0 f = item 0 of v
             bind Module() b0 g = g of v
             set o['i'] = v.h
             call k()",
        );
    }

    #[test]
    fn destructuring_by_place() {
        check(
            "const [h, [p = q], ...s] = token.split('.'); [a, o.b, { c }] = l; const { x: { y } = z } = w;",
            "bind Module() b0 h = item 0 of token.split('.')
             bind Module() b0 p = q
             bind Module() b1 p = item 0 of token.split('.')[1]
             bind Module() b0 s = made(token.split('.'))
             bind Module() b0 a = item 0 of l
             bind Module() b0 c = c of l[2]
             bind Module() b0 y = y of either(w.x, z)
             set o['b'] = l[1]",
        );
    }

    #[test]
    fn parameters() {
        check(
            "function f(a, { verify = true, ...rest }: Options, [b], c = 1, ...d) {} p.then(({ e }) => e);",
            "bind Module() b0 f = definition f
             bind Function(f) b1 a = parameter 0 _ _
             bind Function(f) b1 1 = parameter 1 Options _
             bind Function(f) b1 verify = true
             bind Function(f) b2 verify = verify of 1
             bind Function(f) b1 rest = {...1, 'verify': null}
             bind Function(f) b1 2 = parameter 2 _ _
             bind Function(f) b1 b = item 0 of 2
             bind Function(f) b1 c = parameter 3 _ 1
             bind Function(f) b1 d = Opaque
             bind Function() b3 e = e of p
             define Function f(a,,,c,d) @[] :[] ->[]
             define Function () @[] :[] ->[e]",
        );
    }

    #[test]
    fn blocks() {
        check(
            "if (a) { return; } else if (b) { c(); } else { throw d; }
             for (;;) { continue; } while (e) { if (f) break; } x: { break x; }
             try { g(); } catch { process.exit(1); } finally { h(); }",
            "block b1 in b0 if a leaves
             block b2 in b0 if not a
             block b3 in b2 if b
             block b4 in b2 if not b leaves
             block b5 in b0 Loop leaves
             block b6 in b0 Loop
             block b7 in b6 if f leaves
             block b8 in b0 Body leaves
             block b9 in b0 Try
             block b10 in b0 handles b9 leaves",
        );
        check(
            "switch (a) { case 1: case 2: b(); break; case c: d(); case 3: return; default: e(); }",
            "block b1 in b0 if either((a Equal 1), (a Equal 2))
             block b2 in b0 if (a Equal c)
             block b3 in b0 perhaps leaves
             block b4 in b0 perhaps",
        );
        check(
            "a && b() && c() || d(); e ?? f(); g ? h() : i(); j ||= k();",
            "block b1 in b0 if a
             block b2 in b1 if b()
             block b3 in b0 if not both(a, b(), c())
             block b4 in b0 perhaps
             block b5 in b0 if g
             block b6 in b0 if not g
             block b7 in b0 perhaps",
        );
    }

    #[test]
    fn handlers_of_promises() {
        check(
            "const claims = verify(t).catch((e) => decode(t)); load().then(a => a.b, () => { return c; });
             verify(u).catch(log);",
            "bind Function() b2 e = parameter 0 _ _
             bind Module() b0 claims = verify(t).catch(function())
             bind Function() b4 a = load()
             block b1 in b0 Try
             block b2 in b0 handles b1
             block b3 in b0 Try
             block b4 in b0 Body
             block b5 in b0 handles b3 leaves
             define Function (e) @[] :[] ->[error:decode(t)]
             define Function (a) @[] :[] ->[a.b]
             define Function () @[] :[] ->[error:c]",
        );
    }

    #[test]
    fn joined_and_compared_values() {
        check(
            "x = a && b || c || d; x = 'a' + b + -c; x = a + b === c; x = a !== b; x = 'k' in o; x = a < b < c;
             x = #p in o; x = (y as any)!; x += z; o.k += z; x ||= w; x = yield_(typeof v);",
            "bind Module() b0 x = either(both(a, b), c, d)
             bind Module() b0 x = made('a', b, made(c))
             bind Module() b0 x = (made(a, b) Equal c)
             bind Module() b0 x = (a NotEqual b)
             bind Module() b0 x = ('k' In o)
             bind Module() b0 x = made((a Other b), c)
             bind Module() b0 x = ('p' In o)
             bind Module() b0 x = y
             bind Module() b0 x = made(x, z)
             bind Module() b4 x = w
             bind Module() b0 x = yield_(made(v))
             set o['k'] = made(o['k'], z)",
        );
    }

    #[test]
    fn discarded_calls() {
        check(
            "a(); await b.c(); void d(), e(); new F(); x = g(); h().i; (async () => { j(); return k(); })();",
            "discard a()
             discard b.c()
             discard d()
             discard e()
             discard F()
             discard j()
             discard function()()",
        );
    }

    #[test]
    fn scopes_and_branches() {
        check(
            "let x = 1; function f() { if (a) { let x = 2; x = 3; var y = 4; } else x = 5; y = 6; z = 7; x++; }
             for (const i of l) i(); var late; try { let t; } catch (e) { late = e; }",
            "bind Module() b0 f = definition f
             bind Module() b0 late = null
             bind Module() b0 x = 1
             bind Block() b2 x = 2
             bind Block() b2 x = 3
             bind Function(f) b2 y = 4
             bind Module() b3 x = 5
             bind Function(f) b1 y = 6
             bind Module() b1 z = 7
             bind Module() b1 x = Opaque
             bind Block() b4 i = element of l
             bind Block() b5 t = null
             bind Block() b6 e = Opaque
             bind Module() b6 late = e",
        );
    }

    #[test]
    fn classes() {
        check(
            "@Injectable() class A extends B.C { alg = 'none'; private users: Users; static run = () => this.alg;
               constructor(@Inject(K) private readonly jwt: JwtService | null, other: ns.Other = make()) {
               this.k = other; }
               @Get('x') verify(token) { return this.jwt.verify(token, [this.alg, ...more]); } get g() { return 1; } }",
            "bind Module() b0 A = definition A
             bind Class(A) b0 verify = definition verify
             bind Class(A) b0 g = 1
             bind Class(A) b0 alg = 'none'
             bind Class(A) b0 users = parameter - Users _
             bind Class(A) b0 run = function(run)
             bind Class(A) b2 jwt = parameter - JwtService _
             bind Class(A) b2 jwt = jwt
             bind Function(constructor) b2 jwt = parameter 0 JwtService _
             bind Function(constructor) b2 other = parameter 1 ns.Other make()
             bind Class(A) b2 k = other
             bind Function(verify) b3 token = parameter 0 _ _
             call Injectable()
             call Inject(K)
             call make()
             call Get('x')
             call this(A).jwt.verify(token, [this(A).alg, ..])
             define Class A() @[Injectable()] :[B.C] ->[]
             define Function run() @[] :[] ->[this(A).alg]
             define Function constructor(jwt,other) @[Inject(K)] :[] ->[]
             define Function verify(token) @[Get('x')] :[] ->[this(A).jwt.verify(token, [this(A).alg, ..])]
             define Function g() @[] :[] ->[1]",
        );
    }

    #[test]
    fn values() {
        check(
            "f(`a`, `b${g()}`, !0, a?.b ?? -1_000, c ? d : undefined, { k, 'l': void 0, [m]: 1, ...n },
             (x as any)!, ...r);
             new X<T>(y); (0, o.p)(); t`${u()}`; q = w = 1; o[k] = 2; Object.assign(o, { a: 1 }); delete o.z;",
            "bind Module() b0 w = 1
             bind Module() b0 q = 1
             set o[k] = 2
             merge o {'a': 1}
             set o['z'] = ?
             call g()
             call f('a', made(g()), !0, either(a.b, -1000), (c ? d : null), {'k': k, 'l': null, m: 1, ...n}, x, ...r)
             call X(y)
             call o.p()
             call u()
             call Object.assign(o, {'a': 1})",
        );
    }

    #[test]
    fn returns() {
        check(
            "const check = async (t) => { try { return await verify(t); } catch { return true; } };
             exports.ok = function () { return () => 1; }; verify(t).catch(() => null);
             class S { m = { run() { return this; } } }",
            "define Function check(t) @[] :[] ->[verify(t),error:true]
             define Function ok() @[] :[] ->[function()]
             define Function () @[] :[] ->[1]
             define Function () @[] :[] ->[error:null]
             define Class S() @[] :[] ->[]
             define Function run() @[] :[] ->[?]",
        );
    }

    #[test]
    fn markup() {
        check(
            "const V = () => <A.B on={() => go(1)} {...more()}>text{list.map(i => <p key={k(i)}/>)}</A.B>;",
            "call go(1)
             call more()
             call k(i)
             call list.map(function())
             region String text",
        );
    }

    #[test]
    fn identifiers_and_regions() {
        check(
            "// why\nimport { a } from 'm'; const f = (p) => a.b(p.c, `x${'y'}z`);",
            "name a Binding
             name f Definition
             name p Parameter
             name a Use
             name b Call
             name p Use
             name c Use
             region Comment // why
             region String 'm'
             region String `x${
             region String 'y'
             region String }z`",
        );
    }

    #[test]
    fn what_follows_a_syntax_error_is_read() {
        check(
            "import { a } from 'm';\nconst = ;\nfunction g() {\n  a(1);\n}\n",
            "import m [a] Top
             call a(1)
             error 29 Unexpected token",
        );
    }

    #[test]
    fn deep_nesting_is_reported() {
        check(&format!("{}f(){}", "(".repeat(10_000), ")".repeat(10_000)), "error 4000 nested too deeply to examine");
        check(
            &format!("g();{}1{}", "[".repeat(1_000), "]".repeat(1_000)),
            "call g()\nerror 603 nested too deeply to examine",
        );
        check(&format!("{}f()", "1 + ".repeat(20_000)), "call f()");
    }
}
