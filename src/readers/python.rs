//! Python through `ruff_python_parser`, which recovers from syntax errors: what still parses is lowered,
//! the errors are listed. One traversal emits every fact; nothing outside this file sees a syntax tree.

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
use ruff_python_ast as ast;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor;
use ruff_python_ast::visitor::Visitor;
use ruff_text_size::Ranged;
use ruff_text_size::TextRange;

/// Nesting of expressions and statements past which we stop lowering and say so. The parser grows its own
/// stack; ours is bounded by this. Real code stays below 100.
const DEEPEST: u32 = 1_500;

/// The parser grows its stack for everything that nests but a lambda that is the default of another's
/// parameter.
const MOST_LAMBDAS: usize = 10_000;

pub(crate) fn read(text: &str, wanted: Wanted) -> FileFacts {
    if let Some(at) = memchr::memmem::find_iter(text.as_bytes(), b"lambda").nth(MOST_LAMBDAS) {
        let mut facts = FileFacts::new(Language::Python);
        let message = "too many lambdas to examine".to_owned();
        facts.syntax_errors.push(SyntaxError { message, span: Span::new(at as u32, at as u32) });
        return facts;
    }
    let parsed = ruff_python_parser::parse_unchecked_source(text, ast::PySourceType::Python);
    let mut lowering = Lowering {
        facts: FileFacts::new(Language::Python),
        text,
        wanted,
        scope: ScopeId(0),
        block: BlockId(0),
        import_context: ImportContext::Top,
        receiver: None,
        definition: None,
        on_error: false,
        aliases: Vec::new(),
        parts: Vec::new(),
        depth: 0,
        too_deep: None,
    };
    if wanted.regions {
        lowering.regions(parsed.tokens());
    }
    lowering.suite(&parsed.syntax().body);
    let Lowering { mut facts, too_deep, .. } = lowering;
    for error in parsed.errors() {
        facts.syntax_errors.push(SyntaxError { message: error.error.to_string(), span: span(error.location) });
    }
    if let Some(at) = too_deep {
        facts.syntax_errors.push(SyntaxError { message: "nested too deeply to examine".to_owned(), span: at });
        // Dropping such a tree recurses once a level and would overflow the stack; losing its memory does not.
        std::mem::forget(parsed);
    }
    facts
}

fn span(range: TextRange) -> Span {
    Span::new(range.start().to_u32(), range.end().to_u32())
}

struct Lowering<'a> {
    facts: FileFacts,
    text: &'a str,
    wanted: Wanted,
    scope: ScopeId,
    block: BlockId,
    import_context: ImportContext,
    /// The name of `self` or `cls` here, and its class.
    receiver: Option<(String, ScopeId)>,
    /// The function whose returns we are collecting.
    definition: Option<usize>,
    on_error: bool,
    /// `global` and `nonlocal` names: (scope that says so, name, scope that is meant).
    aliases: Vec<(ScopeId, String, ScopeId)>,
    /// The expressions visited within the compound one we are in.
    parts: Vec<ExpressionId>,
    depth: u32,
    too_deep: Option<Span>,
}

impl<'a> Visitor<'a> for Lowering<'a> {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        if self.wanted.statements {
            self.facts.statements.push(span(statement.range()));
        }
        self.nested(statement.range(), |lowering| lowering.statement(statement));
    }

    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        let part = self.expression(expression);
        self.parts.push(part);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let captured = match pattern {
            ast::Pattern::MatchAs(it) => it.name.as_ref(),
            ast::Pattern::MatchStar(it) => it.name.as_ref(),
            ast::Pattern::MatchMapping(it) => it.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = captured {
            self.bind(name, BindingKind::Opaque);
        }
        self.nested(pattern.range(), |lowering| visitor::walk_pattern(lowering, pattern));
    }
}

impl<'a> Lowering<'a> {
    /// Runs `lower` one level deeper, or notes that the file is too deep and does nothing.
    fn nested<T: Default>(&mut self, range: TextRange, lower: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEEPEST {
            self.too_deep.get_or_insert(span(range));
            return T::default();
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        lowered
    }

    fn suite(&mut self, statements: &'a [ast::Stmt]) {
        let mut rest = statements;
        if let Some((ast::Stmt::Expr(first), others)) = statements.split_first()
            && first.value.is_string_literal_expr()
        {
            self.docstring(first.range());
            rest = others;
        }
        for statement in rest {
            self.visit_stmt(statement);
        }
    }

    /// A suite with a block of its own.
    fn branch(&mut self, statements: &'a [ast::Stmt], kind: BlockKind) -> BlockId {
        let outer = self.block;
        let context = self.import_context;
        let block = self.facts.add_block(outer, kind);
        self.facts.blocks[block.0 as usize].leaves = statements.last().is_some_and(leaves);
        self.block = block;
        if self.import_context == ImportContext::Top {
            self.import_context = ImportContext::Nested;
        }
        for statement in statements {
            self.visit_stmt(statement);
        }
        self.block = outer;
        self.import_context = context;
        block
    }

    fn statement(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::FunctionDef(it) => self.function(it),
            ast::Stmt::ClassDef(it) => self.class(it),
            ast::Stmt::Return(it) => {
                let value = it.value.as_deref().map(|value| self.expression(value));
                if let (Some(value), Some(index)) = (value, self.definition) {
                    self.facts.definitions[index].returns.push(Return { value, on_error: self.on_error });
                }
            }
            ast::Stmt::Delete(it) => {
                for target in &it.targets {
                    self.assign_opaque(target);
                }
            }
            ast::Stmt::Assign(it) => {
                let value = self.expression(&it.value);
                for target in &it.targets {
                    self.assign(target, value, Some(&it.value));
                }
            }
            ast::Stmt::AnnAssign(it) => {
                let annotation = self.expression(&it.annotation);
                match it.value.as_deref() {
                    Some(value) => {
                        let lowered = self.expression(value);
                        self.assign(&it.target, lowered, Some(value));
                    }
                    None => {
                        let kind = BindingKind::Parameter { index: None, annotation: Some(annotation), default: None };
                        self.bind_target(&it.target, kind);
                    }
                }
            }
            ast::Stmt::AugAssign(it) => {
                let value = self.expression(&it.value);
                if it.op == ast::Operator::BitOr {
                    let target = self.expression(&it.target);
                    self.mutate(target, MutationKind::Merge(value), it.range());
                } else {
                    let target = self.expression(&it.target);
                    let changed = self.add(ExpressionKind::Compound(vec![target, value]), it.range());
                    self.bind_target(&it.target, BindingKind::Value(changed));
                }
            }
            ast::Stmt::For(it) => {
                let iterated = self.expression(&it.iter);
                self.assign_element(&it.target, iterated);
                self.branch(&it.body, BlockKind::Loop);
                self.branch(&it.orelse, BlockKind::Branch { condition: None, holds: true });
            }
            ast::Stmt::While(it) => {
                self.expression(&it.test);
                self.branch(&it.body, BlockKind::Loop);
                self.branch(&it.orelse, BlockKind::Branch { condition: None, holds: true });
            }
            ast::Stmt::If(it) => self.condition(it),
            ast::Stmt::With(it) => {
                for item in &it.items {
                    let context = self.expression(&item.context_expr);
                    // Clients, sessions and connections give themselves.
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, context, None);
                    }
                }
                for statement in &it.body {
                    self.visit_stmt(statement);
                }
            }
            ast::Stmt::Match(it) => {
                self.expression(&it.subject);
                for case in &it.cases {
                    self.visit_pattern(&case.pattern);
                    let condition = case.guard.as_ref().map(|guard| self.expression(guard));
                    self.branch(&case.body, BlockKind::Branch { condition, holds: true });
                }
            }
            ast::Stmt::Try(it) => self.attempt(it),
            ast::Stmt::Import(it) => self.import(it),
            ast::Stmt::ImportFrom(it) => self.import_from(it),
            ast::Stmt::Global(it) => {
                for name in &it.names {
                    self.alias(name, ScopeId(0));
                }
            }
            ast::Stmt::Nonlocal(it) => {
                let outer = self.enclosing_function();
                for name in &it.names {
                    self.alias(name, outer);
                }
            }
            ast::Stmt::Expr(it) if it.value.is_string_literal_expr() => {}
            ast::Stmt::Expr(it) => {
                let value = self.expression(&it.value);
                self.discard(value);
            }
            ast::Stmt::TypeAlias(_)
            | ast::Stmt::Raise(_)
            | ast::Stmt::Assert(_)
            | ast::Stmt::Pass(_)
            | ast::Stmt::Break(_)
            | ast::Stmt::Continue(_)
            | ast::Stmt::IpyEscapeCommand(_) => {
                visitor::walk_stmt(self, statement);
                self.parts.clear();
            }
        }
    }

    fn condition(&mut self, statement: &'a ast::StmtIf) {
        let mut condition = self.expression(&statement.test);
        let context = self.import_context;
        if is_type_checking(&statement.test) {
            self.import_context = ImportContext::Types;
        }
        self.branch(&statement.body, BlockKind::Branch { condition: Some(condition), holds: true });
        self.import_context = context;
        for clause in &statement.elif_else_clauses {
            let holds = clause.test.is_some();
            if let Some(test) = &clause.test {
                condition = self.expression(test);
            }
            self.branch(&clause.body, BlockKind::Branch { condition: Some(condition), holds });
        }
    }

    fn attempt(&mut self, statement: &'a ast::StmtTry) {
        let context = self.import_context;
        let catches_import_error = statement.handlers.iter().any(|handler| {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            handler.type_.as_deref().is_none_or(names_import_error)
        });
        if catches_import_error && context != ImportContext::Types {
            self.import_context = ImportContext::Fallback;
        }
        let attempted = self.branch(&statement.body, BlockKind::Try);
        for handler in &statement.handlers {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            if let Some(kind) = &handler.type_ {
                self.expression(kind);
            }
            if let Some(name) = &handler.name {
                self.bind(name, BindingKind::Opaque);
            }
            let on_error = std::mem::replace(&mut self.on_error, true);
            self.branch(&handler.body, BlockKind::Handler { of: attempted });
            self.on_error = on_error;
        }
        self.branch(&statement.orelse, BlockKind::Try);
        self.import_context = context;
        for statement in &statement.finalbody {
            self.visit_stmt(statement);
        }
    }

    fn import(&mut self, statement: &'a ast::StmtImport) {
        for alias in &statement.names {
            let module = alias.name.as_str();
            match &alias.asname {
                Some(name) => self.bind(name, BindingKind::Import(module.into())),
                None => {
                    let root = module.split('.').next().expect("split yields at least one part");
                    self.bind_at(root, alias.name.range(), BindingKind::Import(root.into()));
                }
            }
            self.facts.imports.push(Import {
                module: module.into(),
                names: Vec::new(),
                context: self.import_context,
                span: span(statement.range()),
            });
        }
    }

    fn import_from(&mut self, statement: &'a ast::StmtImportFrom) {
        let dots = ".".repeat(statement.level as usize);
        let module = format!("{dots}{}", statement.module.as_ref().map_or("", |it| it.as_str()));
        for alias in &statement.names {
            if alias.name.as_str() == "*" {
                self.bind_at("*", alias.range(), BindingKind::StarImport(module.clone().into()));
                continue;
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            let separator = if module.ends_with('.') || module.is_empty() { "" } else { "." };
            self.bind(name, BindingKind::Import(format!("{module}{separator}{}", alias.name).into()));
        }
        self.facts.imports.push(Import {
            module: module.into(),
            names: statement.names.iter().map(|it| it.name.as_str().into()).collect(),
            context: self.import_context,
            span: span(statement.range()),
        });
    }

    fn function(&mut self, function: &'a ast::StmtFunctionDef) {
        let decorators = self.decorators(&function.decorator_list);
        if let Some(returns) = &function.returns {
            self.expression(returns);
        }
        let is_method = self.facts.scope(self.scope).kind == ScopeKind::Class;
        let is_static = function
            .decorator_list
            .iter()
            .any(|it| matches!(&it.expression, ast::Expr::Name(name) if name.id.as_str() == "staticmethod"));
        let class = (is_method && !is_static).then_some(self.scope);
        let scope = self.open_scope(ScopeKind::Function, function.range(), function.name.as_str());
        self.bind(&function.name, BindingKind::Definition(scope));
        self.identifier(&function.name, IdentifierRole::Definition);
        let index = self.facts.definitions.len();
        self.facts.definitions.push(Definition {
            kind: DefinitionKind::Function,
            name: function.name.as_str().into(),
            name_span: span(function.name.range()),
            span: span(function.range()),
            scope,
            parameters: Vec::new(),
            decorators,
            bases: Vec::new(),
            returns: Vec::new(),
        });
        let mut parameters = Vec::new();
        self.inside(scope, |lowering| {
            lowering.receiver = receiver_in(&function.parameters, class, lowering.receiver.take());
            lowering.definition = Some(index);
            parameters = lowering.parameters(&function.parameters, class.is_some());
            lowering.suite(&function.body);
        });
        if class.is_some() && !parameters.is_empty() {
            parameters.remove(0);
        }
        self.facts.definitions[index].parameters = parameters;
    }

    fn class(&mut self, class: &'a ast::StmtClassDef) {
        let decorators = self.decorators(&class.decorator_list);
        let mut bases = Vec::new();
        if let Some(arguments) = &class.arguments {
            bases.extend(arguments.args.iter().map(|base| self.expression(base)));
            for keyword in &arguments.keywords {
                self.expression(&keyword.value);
            }
        }
        let scope = self.open_scope(ScopeKind::Class, class.range(), class.name.as_str());
        self.bind(&class.name, BindingKind::Definition(scope));
        self.identifier(&class.name, IdentifierRole::Definition);
        self.facts.definitions.push(Definition {
            kind: DefinitionKind::Class,
            name: class.name.as_str().into(),
            name_span: span(class.name.range()),
            span: span(class.range()),
            scope,
            parameters: Vec::new(),
            decorators,
            bases,
            returns: Vec::new(),
        });
        self.inside(scope, |lowering| lowering.suite(&class.body));
    }

    fn decorators(&mut self, decorators: &'a [ast::Decorator]) -> Vec<ExpressionId> {
        decorators.iter().map(|it| self.expression(&it.expression)).collect()
    }

    /// `receives`: the first one is `self` or `cls`, which callers do not fill.
    fn parameters(&mut self, parameters: &'a ast::Parameters, receives: bool) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            let annotation = parameter.parameter.annotation.as_deref().map(|it| self.expression(it));
            let default = parameter.default.as_deref().map(|it| self.expression(it));
            let index = (names.len() as u32).checked_sub(u32::from(receives));
            names.push(parameter.parameter.name.as_str().into());
            self.identifier(&parameter.parameter.name, IdentifierRole::Parameter);
            self.bind_quietly(&parameter.parameter.name, BindingKind::Parameter { index, annotation, default });
        }
        for parameter in [&parameters.vararg, &parameters.kwarg].into_iter().flatten() {
            self.identifier(&parameter.name, IdentifierRole::Parameter);
            self.bind_quietly(&parameter.name, BindingKind::Opaque);
        }
        names
    }

    fn open_scope(&mut self, kind: ScopeKind, range: TextRange, name: &str) -> ScopeId {
        self.facts.add_scope(Scope { parent: Some(self.scope), kind, span: span(range), name: name.into() })
    }

    /// Lowers the body of a function or class: its own scope, block and import context.
    fn inside(&mut self, scope: ScopeId, lower: impl FnOnce(&mut Self)) {
        let block = self.facts.add_block(self.block, BlockKind::Body);
        let context = match self.import_context {
            ImportContext::Top => ImportContext::Nested,
            other => other,
        };
        let saved = (
            std::mem::replace(&mut self.scope, scope),
            std::mem::replace(&mut self.block, block),
            std::mem::replace(&mut self.import_context, context),
            self.receiver.clone(),
            self.definition,
            std::mem::replace(&mut self.on_error, false),
        );
        lower(self);
        (self.scope, self.block, self.import_context, self.receiver, self.definition, self.on_error) = saved;
    }

    fn assign(&mut self, target: &'a ast::Expr, value: ExpressionId, written: Option<&'a ast::Expr>) {
        match target {
            ast::Expr::Tuple(ast::ExprTuple { elts, .. }) | ast::Expr::List(ast::ExprList { elts, .. }) => {
                let items = match &self.facts.expression(value).kind {
                    ExpressionKind::Sequence { items, open: false } if items.len() == elts.len() => Some(items.clone()),
                    _ => None,
                };
                let starred = elts.iter().position(ast::Expr::is_starred_expr).unwrap_or(elts.len());
                for (index, target) in elts.iter().enumerate() {
                    match &items {
                        Some(items) => self.assign(target, items[index], None),
                        None if index < starred => self.assign_item(target, value, index as u32),
                        None => self.assign_opaque(target),
                    }
                }
            }
            ast::Expr::Subscript(it) => {
                let object = self.expression(&it.value);
                let key = self.expression(&it.slice);
                self.mutate(object, MutationKind::SetItem { key, value }, it.range());
            }
            _ => {
                // `decode = lambda t: …` defines a function under a name.
                if let (Some(ast::Expr::Lambda(_)), ast::Expr::Name(name)) = (written, target)
                    && let ExpressionKind::Function(scope) = self.facts.expression(value).kind
                {
                    self.facts.scopes[scope.0 as usize].name = name.id.as_str().into();
                }
                self.bind_target(target, BindingKind::Value(value));
            }
        }
    }

    fn assign_item(&mut self, target: &'a ast::Expr, value: ExpressionId, item: u32) {
        match target {
            ast::Expr::Tuple(_) | ast::Expr::List(_) | ast::Expr::Subscript(_) => self.assign_opaque(target),
            _ => self.bind_target(target, BindingKind::ItemOf(value, item)),
        }
    }

    /// A call alone in a statement: nobody reads what it returns.
    fn discard(&mut self, value: ExpressionId) {
        match &self.facts.expression(value).kind {
            ExpressionKind::Call { .. } => self.facts.discarded.push(value),
            ExpressionKind::Either(only) => {
                if let &[only] = only.as_slice() {
                    self.discard(only);
                }
            }
            _ => {}
        }
    }

    fn assign_element(&mut self, target: &'a ast::Expr, of: ExpressionId) {
        match target {
            ast::Expr::Name(_) => self.bind_target(target, BindingKind::ElementOf(of)),
            _ => self.assign_opaque(target),
        }
    }

    fn assign_opaque(&mut self, target: &'a ast::Expr) {
        match target {
            ast::Expr::Tuple(ast::ExprTuple { elts, .. }) | ast::Expr::List(ast::ExprList { elts, .. }) => {
                for target in elts {
                    self.assign_opaque(target);
                }
            }
            ast::Expr::Starred(it) => self.assign_opaque(&it.value),
            _ => self.bind_target(target, BindingKind::Opaque),
        }
    }

    fn bind_target(&mut self, target: &'a ast::Expr, kind: BindingKind) {
        match target {
            ast::Expr::Name(it) => {
                self.identifier_at(it.id.as_str(), it.range(), IdentifierRole::Binding);
                self.bind_quietly_at(it.id.as_str(), it.range(), kind);
            }
            ast::Expr::Attribute(it) => {
                let object = self.expression(&it.value);
                self.identifier(&it.attr, IdentifierRole::Binding);
                if let ExpressionKind::Receiver(class) = self.facts.expression(object).kind {
                    self.facts.bindings.push(Binding {
                        scope: class,
                        block: self.block,
                        name: it.attr.as_str().into(),
                        kind,
                        at: target.range().end().to_u32(),
                    });
                } else if let BindingKind::Value(value) = kind {
                    let key =
                        self.add(ExpressionKind::Literal(Literal::Text(it.attr.as_str().into())), it.attr.range());
                    self.mutate(object, MutationKind::SetItem { key, value }, it.range());
                }
            }
            _ => {
                self.expression(target);
            }
        }
    }

    fn mutate(&mut self, target: ExpressionId, kind: MutationKind, range: TextRange) {
        let at = range.end().to_u32();
        self.facts.mutations.push(Mutation { target, kind, scope: self.scope, block: self.block, at });
    }

    fn bind(&mut self, name: &ast::Identifier, kind: BindingKind) {
        if !matches!(kind, BindingKind::Definition(_)) {
            self.identifier(name, IdentifierRole::Binding);
        }
        self.bind_quietly(name, kind);
    }

    fn bind_at(&mut self, name: &str, range: TextRange, kind: BindingKind) {
        self.identifier_at(name, range, IdentifierRole::Binding);
        self.bind_quietly_at(name, range, kind);
    }

    fn bind_quietly(&mut self, name: &ast::Identifier, kind: BindingKind) {
        self.bind_quietly_at(name.as_str(), name.range(), kind);
    }

    fn bind_quietly_at(&mut self, name: &str, range: TextRange, kind: BindingKind) {
        let scope = self
            .aliases
            .iter()
            .find(|(scope, alias, _)| *scope == self.scope && alias == name)
            .map_or(self.scope, |(_, _, meant)| *meant);
        self.facts.bindings.push(Binding {
            scope,
            block: self.block,
            name: name.into(),
            kind,
            at: range.end().to_u32(),
        });
    }

    fn alias(&mut self, name: &ast::Identifier, meant: ScopeId) {
        self.bind_quietly(name, BindingKind::Alias(meant));
        self.aliases.push((self.scope, name.to_string(), meant));
    }

    fn enclosing_function(&self) -> ScopeId {
        let mut at = self.facts.scope(self.scope).parent;
        while let Some(scope) = at {
            if self.facts.scope(scope).kind == ScopeKind::Function {
                return scope;
            }
            at = self.facts.scope(scope).parent;
        }
        ScopeId(0)
    }

    fn expression(&mut self, expression: &'a ast::Expr) -> ExpressionId {
        let kind = self.nested(expression.range(), |lowering| Some(lowering.kind(expression)));
        self.add(kind.unwrap_or(ExpressionKind::Unknown), expression.range())
    }

    fn add(&mut self, kind: ExpressionKind, range: TextRange) -> ExpressionId {
        self.facts.add_expression(Expression { kind, span: span(range), scope: self.scope, block: self.block })
    }

    fn kind(&mut self, expression: &'a ast::Expr) -> ExpressionKind {
        match expression {
            ast::Expr::NoneLiteral(_) => ExpressionKind::Literal(Literal::Null),
            ast::Expr::BooleanLiteral(it) => ExpressionKind::Literal(Literal::Bool(it.value)),
            ast::Expr::NumberLiteral(it) => {
                ExpressionKind::Literal(Literal::Number(self.text[it.range()].replace('_', "").into()))
            }
            ast::Expr::StringLiteral(it) => ExpressionKind::Literal(Literal::Text(it.value.to_str().into())),
            ast::Expr::BytesLiteral(it) => {
                let bytes: Vec<u8> = it.value.bytes().collect();
                ExpressionKind::Literal(Literal::Text(String::from_utf8_lossy(&bytes).into_owned().into()))
            }
            ast::Expr::Name(it) => self.name(it, IdentifierRole::Use),
            ast::Expr::Attribute(it) => self.member(it, IdentifierRole::Use),
            ast::Expr::Subscript(it) => {
                let object = self.expression(&it.value);
                let index = self.expression(&it.slice);
                ExpressionKind::Index { object, index }
            }
            ast::Expr::Call(it) => self.call(it),
            ast::Expr::Await(it) => self.kind_of_same(&it.value),
            ast::Expr::Starred(it) => ExpressionKind::Compound(vec![self.expression(&it.value)]),
            ast::Expr::Dict(it) => {
                let entries = it
                    .items
                    .iter()
                    .map(|item| match &item.key {
                        Some(key) => {
                            let key = self.expression(key);
                            Entry::Pair { key, value: self.expression(&item.value) }
                        }
                        None => Entry::Spread(self.expression(&item.value)),
                    })
                    .collect();
                ExpressionKind::Mapping(entries)
            }
            ast::Expr::List(ast::ExprList { elts, .. })
            | ast::Expr::Tuple(ast::ExprTuple { elts, .. })
            | ast::Expr::Set(ast::ExprSet { elts, .. }) => {
                let open = elts.iter().any(ast::Expr::is_starred_expr);
                let items = elts.iter().map(|it| self.expression(it)).collect();
                ExpressionKind::Sequence { items, open }
            }
            ast::Expr::BoolOp(it) => {
                let holds = it.op == ast::BoolOp::And;
                let outer = self.block;
                let mut values: Vec<ExpressionId> = Vec::new();
                for value in &it.values {
                    // What stands behind the first runs if that has not decided.
                    if let Some(&before) = values.last() {
                        let kind = BlockKind::Branch { condition: Some(before), holds };
                        self.block = self.facts.add_block(self.block, kind);
                    }
                    values.push(self.expression(value));
                }
                self.block = outer;
                if holds { ExpressionKind::Both(values) } else { ExpressionKind::Either(values) }
            }
            ast::Expr::If(it) => {
                let condition = self.expression(&it.test);
                let outer = self.block;
                let [then, otherwise] = [(&it.body, true), (&it.orelse, false)].map(|(value, holds)| {
                    let kind = BlockKind::Branch { condition: Some(condition), holds };
                    self.block = self.facts.add_block(outer, kind);
                    self.expression(value)
                });
                self.block = outer;
                ExpressionKind::Conditional { condition, then, otherwise }
            }
            ast::Expr::Compare(it) => self.comparison(it),
            ast::Expr::UnaryOp(it) if it.op == ast::UnaryOp::Not => ExpressionKind::Not(self.expression(&it.operand)),
            ast::Expr::BinOp(it) if it.op == ast::Operator::BitOr => {
                let left = self.expression(&it.left);
                ExpressionKind::Merge(left, self.expression(&it.right))
            }
            ast::Expr::Named(it) => {
                let value = self.expression(&it.value);
                self.assign(&it.target, value, Some(&it.value));
                ExpressionKind::Either(vec![value])
            }
            ast::Expr::Lambda(it) => {
                let scope = self.open_scope(ScopeKind::Function, it.range(), "");
                let index = self.facts.definitions.len();
                self.facts.definitions.push(Definition {
                    kind: DefinitionKind::Function,
                    name: Name::default(),
                    name_span: span(it.range()),
                    span: span(it.range()),
                    scope,
                    parameters: Vec::new(),
                    decorators: Vec::new(),
                    bases: Vec::new(),
                    returns: Vec::new(),
                });
                self.inside(scope, |lowering| {
                    lowering.definition = Some(index);
                    if let Some(parameters) = &it.parameters {
                        lowering.receiver = receiver_in(parameters, None, lowering.receiver.take());
                        lowering.facts.definitions[index].parameters = lowering.parameters(parameters, false);
                    }
                    let value = lowering.expression(&it.body);
                    lowering.facts.definitions[index].returns.push(Return { value, on_error: false });
                });
                ExpressionKind::Function(scope)
            }
            ast::Expr::DictComp(it) => self.dictionary_comprehension(it),
            ast::Expr::ListComp(ast::ExprListComp { elt, generators, .. })
            | ast::Expr::SetComp(ast::ExprSetComp { elt, generators, .. })
            | ast::Expr::Generator(ast::ExprGenerator { elt, generators, .. }) => {
                let mut item = None;
                self.comprehension(generators, expression.range(), |lowering| item = Some(lowering.expression(elt)));
                ExpressionKind::Compound(item.into_iter().collect())
            }
            ast::Expr::UnaryOp(_)
            | ast::Expr::BinOp(_)
            | ast::Expr::Yield(_)
            | ast::Expr::YieldFrom(_)
            | ast::Expr::FString(_)
            | ast::Expr::TString(_)
            | ast::Expr::Slice(_) => {
                let outer = std::mem::take(&mut self.parts);
                visitor::walk_expr(self, expression);
                ExpressionKind::Compound(std::mem::replace(&mut self.parts, outer))
            }
            ast::Expr::EllipsisLiteral(_) | ast::Expr::IpyEscapeCommand(_) => ExpressionKind::Unknown,
        }
    }

    /// The kind of an expression that only wraps another (`await x`): no node of its own.
    fn kind_of_same(&mut self, inner: &'a ast::Expr) -> ExpressionKind {
        let value = self.expression(inner);
        ExpressionKind::Either(vec![value])
    }

    fn name(&mut self, name: &'a ast::ExprName, role: IdentifierRole) -> ExpressionKind {
        if let Some((receiver, class)) = &self.receiver
            && receiver == name.id.as_str()
        {
            return ExpressionKind::Receiver(*class);
        }
        self.identifier_at(name.id.as_str(), name.range(), role);
        ExpressionKind::Name(name.id.as_str().into())
    }

    fn member(&mut self, attribute: &'a ast::ExprAttribute, role: IdentifierRole) -> ExpressionKind {
        let object = self.expression(&attribute.value);
        self.identifier(&attribute.attr, role);
        ExpressionKind::Member { object, name: attribute.attr.as_str().into(), name_span: span(attribute.attr.range()) }
    }

    fn call(&mut self, call: &'a ast::ExprCall) -> ExpressionKind {
        let callee_kind = match call.func.as_ref() {
            ast::Expr::Name(it) => Some(self.name(it, IdentifierRole::Call)),
            ast::Expr::Attribute(it) => {
                self.nested(it.range(), |lowering| Some(lowering.member(it, IdentifierRole::Call)))
            }
            _ => None,
        };
        let callee = match callee_kind {
            Some(kind) => self.add(kind, call.func.range()),
            None => self.expression(&call.func),
        };
        let mut arguments = Vec::with_capacity(call.arguments.args.len() + call.arguments.keywords.len());
        for argument in &call.arguments.args {
            let (kind, value) = match argument {
                ast::Expr::Starred(it) => (ArgumentKind::SpreadPositional, it.value.as_ref()),
                other => (ArgumentKind::Positional, other),
            };
            arguments.push(Argument { kind, value: self.expression(value) });
        }
        for keyword in &call.arguments.keywords {
            let kind = match &keyword.arg {
                Some(name) => ArgumentKind::Keyword(name.as_str().into()),
                None => ArgumentKind::SpreadKeyword,
            };
            arguments.push(Argument { kind, value: self.expression(&keyword.value) });
        }
        self.mutating_method(callee, &arguments, call.range());
        ExpressionKind::Call { callee, arguments }
    }

    /// `options.update({...})`, `options.update(k=v)` and `options.setdefault(k, v)` change their receiver.
    fn mutating_method(&mut self, callee: ExpressionId, arguments: &[Argument], range: TextRange) {
        let ExpressionKind::Member { object, name, .. } = &self.facts.expression(callee).kind else { return };
        let object = *object;
        match name.as_str() {
            "update" => {
                let mut entries = Vec::new();
                let mut whole = Vec::new();
                for argument in arguments {
                    match &argument.kind {
                        ArgumentKind::Positional | ArgumentKind::SpreadKeyword => whole.push(argument.value),
                        ArgumentKind::Keyword(name) => entries.push((name.clone(), argument.value)),
                        ArgumentKind::SpreadPositional => {}
                    }
                }
                for value in whole {
                    self.mutate(object, MutationKind::Merge(value), range);
                }
                for (name, value) in entries {
                    let key = self.add(ExpressionKind::Literal(Literal::Text(name)), range);
                    self.mutate(object, MutationKind::SetItem { key, value }, range);
                }
            }
            "setdefault" => {
                if let [key, value] = arguments {
                    let (key, value) = (key.value, value.value);
                    self.mutate(object, MutationKind::SetItem { key, value }, range);
                }
            }
            _ => {}
        }
    }

    fn comparison(&mut self, comparison: &'a ast::ExprCompare) -> ExpressionKind {
        let left = self.expression(&comparison.left);
        let others: Vec<ExpressionId> = comparison.comparators.iter().map(|it| self.expression(it)).collect();
        let ([operator], &[right]) = (comparison.ops.as_ref(), others.as_slice()) else {
            return ExpressionKind::Compound([vec![left], others].concat());
        };
        let comparison = match operator {
            ast::CmpOp::Eq | ast::CmpOp::Is => Comparison::Equal,
            ast::CmpOp::NotEq | ast::CmpOp::IsNot => Comparison::NotEqual,
            ast::CmpOp::In => Comparison::In,
            ast::CmpOp::NotIn => Comparison::NotIn,
            _ => Comparison::Other,
        };
        ExpressionKind::Compare { comparison, left, right }
    }

    fn comprehension(&mut self, generators: &'a [ast::Comprehension], range: TextRange, lower: impl FnOnce(&mut Self)) {
        let scope = self.open_scope(ScopeKind::Block, range, "");
        let outer = std::mem::replace(&mut self.scope, scope);
        for generator in generators {
            let iterated = self.expression(&generator.iter);
            self.assign_element(&generator.target, iterated);
            for condition in &generator.ifs {
                self.expression(condition);
            }
        }
        lower(self);
        self.scope = outer;
    }

    /// `{key: False for key in ("a", "b")}` over a literal sequence has known keys.
    fn dictionary_comprehension(&mut self, it: &'a ast::ExprDictComp) -> ExpressionKind {
        let mut keys = None;
        if let ([generator], Some(ast::Expr::Name(key))) = (it.generators.as_slice(), it.key.as_deref())
            && matches!(&generator.target, ast::Expr::Name(target) if target.id == key.id)
            && generator.ifs.is_empty()
            && let ast::Expr::Tuple(ast::ExprTuple { elts, .. })
            | ast::Expr::List(ast::ExprList { elts, .. })
            | ast::Expr::Set(ast::ExprSet { elts, .. }) = &generator.iter
        {
            keys = Some(elts);
        }
        let mut value = None;
        self.comprehension(&it.generators, it.range(), |lowering| {
            if let Some(key) = &it.key {
                lowering.expression(key);
            }
            value = Some(lowering.expression(&it.value));
        });
        match (keys, value) {
            (Some(keys), Some(value)) => {
                let entries = keys.iter().map(|key| Entry::Pair { key: self.expression(key), value }).collect();
                ExpressionKind::Mapping(entries)
            }
            _ => ExpressionKind::Unknown,
        }
    }

    fn identifier(&mut self, name: &ast::Identifier, role: IdentifierRole) {
        self.identifier_at(name.as_str(), name.range(), role);
    }

    fn identifier_at(&mut self, name: &str, range: TextRange, role: IdentifierRole) {
        if self.wanted.identifiers {
            self.facts.identifiers.push(Identifier { name: name.into(), span: span(range), role });
        }
    }

    fn docstring(&mut self, range: TextRange) {
        if self.wanted.regions {
            let docstring = span(range);
            let first = self.facts.regions.partition_point(|region| region.span.start < docstring.start);
            for region in &mut self.facts.regions[first..] {
                if region.span.start >= docstring.end {
                    break;
                }
                if region.kind == RegionKind::String {
                    region.kind = RegionKind::Docstring;
                }
            }
        }
    }

    fn regions(&mut self, tokens: &ast::token::Tokens) {
        for token in tokens {
            let kind = match token.kind() {
                TokenKind::Comment => RegionKind::Comment,
                TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle => RegionKind::String,
                _ => continue,
            };
            self.facts.regions.push(Region { kind, span: span(token.range()) });
        }
    }
}

/// What `self` is called in a function with these parameters.
fn receiver_in(
    parameters: &ast::Parameters,
    class: Option<ScopeId>,
    outer: Option<(String, ScopeId)>,
) -> Option<(String, ScopeId)> {
    let mut names = parameters.iter().map(|it| it.name().as_str());
    match class {
        Some(class) => names.next().map(|name| (name.to_owned(), class)),
        None => outer.filter(|(receiver, _)| !names.any(|name| name == receiver)),
    }
}

/// Whether nothing after the statement runs.
fn leaves(statement: &ast::Stmt) -> bool {
    match statement {
        ast::Stmt::Return(_) | ast::Stmt::Raise(_) | ast::Stmt::Continue(_) | ast::Stmt::Break(_) => true,
        ast::Stmt::Expr(it) => match it.value.as_ref() {
            ast::Expr::Call(call) => match call.func.as_ref() {
                ast::Expr::Attribute(it) => it.attr.as_str() == "exit" || it.attr.as_str() == "_exit",
                ast::Expr::Name(it) => it.id.as_str() == "exit",
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

fn is_type_checking(test: &ast::Expr) -> bool {
    match test {
        ast::Expr::Name(it) => it.id.as_str() == "TYPE_CHECKING",
        ast::Expr::Attribute(it) => it.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

fn names_import_error(kind: &ast::Expr) -> bool {
    match kind {
        ast::Expr::Name(it) => {
            matches!(it.id.as_str(), "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException")
        }
        ast::Expr::Tuple(it) => it.elts.iter().any(names_import_error),
        _ => false,
    }
}
