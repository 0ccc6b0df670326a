//! The state of the traversal, the parts of a node, and the choice of what to do with a node by its meaning.

use super::Grammar;
use super::Meaning;
use super::definitions::FUNCTION_BODY;
use super::span;
use super::walk;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Expression;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Identifier;
use crate::fact::IdentifierRole;
use crate::fact::Import;
use crate::fact::ImportContext;
use crate::fact::Name;
use crate::fact::Scope;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::fact::SyntaxError;
use crate::fact::Wanted;
use crate::place::Span;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use tree_sitter::Node;

/// Nesting past which we stop lowering and say so. The parser needs no stack, we do. Real code stays below 200.
const DEEPEST: u32 = 1_000;

/// What the surroundings do with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// It stands as a statement.
    Effect,
    Value,
}

pub(super) struct Lowering<'t> {
    pub(super) facts: FileFacts,
    pub(super) text: &'t str,
    pub(super) grammar: &'static Grammar,
    meanings: &'t [Meaning],
    pub(super) wanted: Wanted,
    pub(super) scope: ScopeId,
    pub(super) block: BlockId,
    /// The class whose instance `this` is.
    pub(super) class: Option<ScopeId>,
    /// The receiver's own name, where it has one.
    pub(super) receiver: Option<Name>,
    /// The function whose returns we are collecting.
    pub(super) definition: Option<usize>,
    pub(super) on_error: bool,
    /// The block of the switch arm we are in: `break` leaves the switch and not that block.
    pub(super) arm: Option<BlockId>,
    /// The declared type of the value that comes next, for `new()` without one.
    pub(super) expected: Option<Node<'t>>,
    /// The names each scope binds so far.
    declared: FxHashSet<(ScopeId, Name)>,
    /// The members of each class, known before its body is lowered.
    pub(super) members: FxHashMap<ScopeId, FxHashSet<Name>>,
    /// The class scopes of types whose methods stand outside of them.
    pub(super) types: FxHashMap<Name, ScopeId>,
    depth: u32,
    too_deep: Option<Span>,
}

/// The facts of a file, but for regions and syntax errors.
pub(super) fn lower<'t>(
    text: &'t str,
    grammar: &'static Grammar,
    meanings: &'t [Meaning],
    root: Node<'t>,
    wanted: Wanted,
) -> FileFacts {
    let mut lowering = Lowering {
        facts: FileFacts::new(grammar.language),
        text,
        grammar,
        meanings,
        wanted,
        scope: ScopeId(0),
        block: BlockId(0),
        class: None,
        receiver: None,
        definition: None,
        on_error: false,
        arm: None,
        expected: None,
        declared: FxHashSet::default(),
        members: FxHashMap::default(),
        types: FxHashMap::default(),
        depth: 0,
        too_deep: None,
    };
    lowering.statements(root);
    lowering.around_errors(root);
    let Lowering { mut facts, too_deep, .. } = lowering;
    in_source_order(&mut facts);
    if let Some(at) = too_deep {
        facts.syntax_errors.push(SyntaxError { message: "nested too deeply to examine".to_owned(), span: at });
    }
    facts
}

/// A part of a node, and the name of the field it is in.
#[derive(Clone, Copy)]
pub(super) struct Part<'t> {
    pub(super) field: Option<&'t str>,
    pub(super) node: Node<'t>,
}

/// The parts of a node that mean something: the named ones and the ones in a field.
pub(super) struct Parts<'t>(pub(super) Vec<Part<'t>>);

impl<'t> Parts<'t> {
    /// The first part that is in a field or else of a kind of these names, tried in their order.
    pub(super) fn get(&self, names: &[&str]) -> Option<Node<'t>> {
        let of_kind = |name: &str| self.nodes().find(|it| it.kind() == name);
        names.iter().find_map(|name| self.all(name).next().or_else(|| of_kind(name)))
    }

    /// The parts in a field.
    pub(super) fn all<'a>(&'a self, field: &'a str) -> impl Iterator<Item = Node<'t>> + 'a {
        self.0.iter().filter(move |it| it.field == Some(field)).map(|it| it.node)
    }

    pub(super) fn first(&self) -> Option<Node<'t>> {
        self.0.first().map(|it| it.node)
    }

    pub(super) fn last(&self) -> Option<Node<'t>> {
        self.0.last().map(|it| it.node)
    }

    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = Node<'t>> + '_ {
        self.0.iter().map(|it| it.node)
    }
}

impl<'t> Lowering<'t> {
    pub(super) fn meaning(&self, node: Node<'t>) -> Meaning {
        self.meanings.get(usize::from(node.kind_id())).copied().unwrap_or(Meaning::Parts)
    }

    pub(super) fn written(&self, node: Node<'t>) -> &'t str {
        &self.text[node.byte_range()]
    }

    pub(super) fn parts(&self, node: Node<'t>) -> Parts<'t> {
        let mut parts = Vec::new();
        let mut cursor = node.walk();
        let mut at_child = cursor.goto_first_child();
        while at_child {
            let child = cursor.node();
            let field = cursor.field_name();
            // `this` may be a bare word of the grammar; commas and brackets say nothing.
            let is_said = child.is_named() || field.is_some() && child.kind().starts_with(char::is_alphabetic);
            if is_said && !child.is_error() && !child.is_missing() && !matches!(self.meaning(child), Meaning::Nothing) {
                parts.push(Part { field, node: child });
            }
            at_child = cursor.goto_next_sibling();
        }
        Parts(parts)
    }

    /// The one expression that parentheses and their like hold, however many of them.
    pub(super) fn unwrapped(&self, node: Node<'t>) -> Node<'t> {
        let mut node = node;
        while let Meaning::Wrap = self.meaning(node) {
            let Some(inner) = self.parts(node).first() else { break };
            node = inner;
        }
        node
    }

    /// Runs `lower` one level deeper, or notes that the file is too deep and does nothing.
    pub(super) fn nested<T: Default>(&mut self, node: Node<'t>, lower: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEEPEST {
            self.too_deep.get_or_insert(span(node));
            return T::default();
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        lowered
    }

    /// Lowers a node; the expression is the value it has, if it has one.
    pub(super) fn lower(&mut self, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        let node = self.unwrapped(node);
        let lowered = self.nested(node, |lowering| lowering.lower_meant(node, wants));
        if node.has_error() {
            self.around_errors(node);
        }
        lowered
    }

    /// What stands inside stretches that the parser could make no sense of.
    fn around_errors(&mut self, node: Node<'t>) {
        let mut cursor = node.walk();
        let errors: Vec<Node> = node.children(&mut cursor).filter(|it| it.is_error()).collect();
        for error in errors {
            self.nested(error, |lowering| lowering.statements(error));
        }
    }

    fn lower_meant(&mut self, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        let expected = self.expected.take();
        match self.meaning(node) {
            Meaning::Nothing | Meaning::Decorators => None,
            Meaning::Own(lower) => {
                self.expected = expected;
                let lowered = lower(self, node, wants);
                self.expected = None;
                lowered
            }
            Meaning::Parts
            | Meaning::Guard
            | Meaning::Label
            | Meaning::Bases
            | Meaning::Arguments
            | Meaning::Parameters
            | Meaning::Parameter
            | Meaning::FieldParameter
            | Meaning::Variadic
            | Meaning::Interpolation
            | Meaning::Initializer
            | Meaning::Targets
            | Meaning::Pattern
                if wants == Wants::Effect =>
            {
                self.statements(node);
                None
            }
            Meaning::Body => self.body(node, wants),
            Meaning::Try => self.attempt(node, wants),
            Meaning::If => self.condition(node, true, wants),
            Meaning::Unless => self.condition(node, false, wants),
            Meaning::Loop => {
                self.repeat(node);
                None
            }
            Meaning::Switch => self.switch(node, wants),
            // Outside of what they belong to, after a syntax error.
            Meaning::Arm | Meaning::ValueArm | Meaning::Catch => {
                let block = self.branch(BlockKind::Branch { condition: None, holds: true });
                self.statements(node);
                self.block = block;
                None
            }
            Meaning::Return => {
                self.returned(node);
                None
            }
            Meaning::Leave | Meaning::Break => {
                for part in self.parts(node).0 {
                    self.lower(part.node, Wants::Value);
                }
                None
            }
            Meaning::Function => {
                self.function(node);
                None
            }
            // `get;` has no code.
            Meaning::Accessor if self.parts(node).get(FUNCTION_BODY).is_none() => None,
            Meaning::Accessor | Meaning::Lambda => Some(self.lambda(node)),
            Meaning::Class | Meaning::Companion => {
                self.class(node);
                None
            }
            Meaning::Decorator => Some(self.decorator(node)),
            Meaning::Declaration => {
                self.declaration(node);
                None
            }
            Meaning::Declarator => {
                self.declarator(node, None);
                None
            }
            Meaning::Constant => {
                self.constant(node);
                None
            }
            Meaning::Assignment => self.assignment(node, wants),
            Meaning::Update => Some(self.update(node)),
            _ => {
                let kind = self.kind(node, expected)?;
                Some(self.add(kind, node))
            }
        }
    }

    /// The value of a node; unknown where it has none.
    pub(super) fn expression(&mut self, node: Node<'t>) -> ExpressionId {
        match self.lower(node, Wants::Value) {
            Some(value) => value,
            None => self.add(ExpressionKind::Unknown, node),
        }
    }

    pub(super) fn add(&mut self, kind: ExpressionKind, node: Node<'t>) -> ExpressionId {
        self.add_at(kind, span(node))
    }

    pub(super) fn add_at(&mut self, kind: ExpressionKind, span: Span) -> ExpressionId {
        self.facts.add_expression(Expression { kind, span, scope: self.scope, block: self.block })
    }

    pub(super) fn open_scope(&mut self, kind: ScopeKind, node: Node<'t>, name: &str) -> ScopeId {
        self.facts.add_scope(Scope { parent: Some(self.scope), kind, span: span(node), name: name.into() })
    }

    /// Lowers something that holds names of its own, where braces do.
    pub(super) fn in_block_scope<T>(&mut self, node: Node<'t>, lower: impl FnOnce(&mut Self) -> T) -> T {
        if !self.grammar.habits.block_scopes {
            return lower(self);
        }
        let scope = self.open_scope(ScopeKind::Block, node, "");
        let outer = std::mem::replace(&mut self.scope, scope);
        let lowered = lower(self);
        self.scope = outer;
        lowered
    }

    /// Opens a block and gives the one around it, to go back to.
    pub(super) fn branch(&mut self, kind: BlockKind) -> BlockId {
        let outer = self.block;
        self.block = self.facts.add_block(outer, kind);
        outer
    }

    pub(super) fn identifier(&mut self, node: Node<'t>, role: IdentifierRole) {
        self.identifier_at(self.name_text(node), span(node), role);
    }

    pub(super) fn identifier_at(&mut self, name: &str, span: Span, role: IdentifierRole) {
        if self.wanted.identifiers && !name.is_empty() {
            self.facts.identifiers.push(Identifier { name: name.into(), span, role });
        }
    }

    pub(super) fn bind(&mut self, name: &str, at: Node<'t>, kind: BindingKind) {
        self.bind_in(self.scope, name, at, kind);
    }

    pub(super) fn bind_in(&mut self, scope: ScopeId, name: &str, at: Node<'t>, kind: BindingKind) {
        self.declared.insert((scope, name.into()));
        let at = at.end_byte() as u32;
        self.facts.bindings.push(Binding { scope, block: self.block, name: name.into(), kind, at });
    }

    /// A name that an import brings into the file.
    pub(super) fn bind_import(&mut self, name: &str, at: Node<'t>, path: &str) {
        self.identifier_at(name, span(at), IdentifierRole::Binding);
        self.bind(name, at, BindingKind::Import(path.into()));
    }

    pub(super) fn bind_star(&mut self, at: Node<'t>, module: &str) {
        self.bind("*", at, BindingKind::StarImport(module.into()));
    }

    pub(super) fn import(&mut self, node: Node<'t>, module: &str, names: &[&str]) {
        let is_top = self.scope == ScopeId(0) && self.block == BlockId(0);
        self.facts.imports.push(Import {
            module: module.into(),
            names: names.iter().map(|it| (*it).into()).collect(),
            context: if is_top { ImportContext::Top } else { ImportContext::Nested },
            span: span(node),
        });
    }

    /// Where a bare name is looked up: the class it is a member of, or nowhere in particular.
    pub(super) fn class_of_bare(&self, name: &str) -> Option<ScopeId> {
        if !self.grammar.habits.bare_members {
            return None;
        }
        let mut at = Some(self.scope);
        while let Some(id) = at {
            let scope = self.facts.scope(id);
            if scope.kind == ScopeKind::Class {
                if self.members.get(&id).is_some_and(|members| members.contains(name)) {
                    return Some(id);
                }
            } else if self.is_declared(id, name) {
                return None;
            }
            at = scope.parent;
        }
        None
    }

    /// The scope whose variable an assignment to a bare name changes.
    pub(super) fn scope_of_assigned(&self, name: &str) -> ScopeId {
        let mut at = self.scope;
        let mut own = None;
        loop {
            let scope = self.facts.scope(at);
            match scope.kind {
                ScopeKind::Class => {
                    if self.members.get(&at).is_some_and(|members| members.contains(name)) {
                        return at;
                    }
                }
                _ if self.is_declared(at, name) => return at,
                ScopeKind::Function | ScopeKind::Module => {
                    own.get_or_insert(at);
                    // The variables of a function are its own; a lambda sees those around it.
                    if self.grammar.habits.assignment_declares && !scope.name.is_empty() {
                        break;
                    }
                }
                ScopeKind::Block => {}
            }
            match scope.parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        own.unwrap_or(self.scope)
    }

    /// Whether some scope here has bound the name so far.
    pub(super) fn is_visible(&self, name: &str) -> bool {
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            if self.is_declared(scope, name) {
                return true;
            }
            at = self.facts.scope(scope).parent;
        }
        false
    }

    fn is_declared(&self, scope: ScopeId, name: &str) -> bool {
        self.declared.contains(&(scope, Name::from(name)))
    }

    /// The name that a node is or ends in, without what decorates it (`$x`, `List<T>`).
    pub(super) fn name_text(&self, node: Node<'t>) -> &'t str {
        let mut name = None;
        if node.child_count() == 0 {
            name = Some(node);
        } else {
            walk(node, |it| {
                let is_name = it.child_count() == 0 && it.is_named();
                if is_name && name.is_none() {
                    name = Some(it);
                }
                name.is_none()
            });
        }
        self.written(name.unwrap_or(node)).trim_start_matches(['$', '@'])
    }
}

/// Puts the scopes in the order they open. Methods that stand before their type are lowered within its scope.
fn in_source_order(facts: &mut FileFacts) {
    if facts.scopes.is_sorted_by_key(|it| it.span.start) {
        return;
    }
    let mut order: Vec<u32> = (0..facts.scopes.len() as u32).collect();
    order.sort_by_key(|&old| facts.scopes[old as usize].span.start);
    let mut moved = vec![ScopeId(0); order.len()];
    for (new, &old) in order.iter().enumerate() {
        moved[old as usize] = ScopeId(new as u32);
    }
    let moved = |scope: &mut ScopeId| *scope = moved[scope.0 as usize];
    let mut scopes: Vec<Option<Scope>> = std::mem::take(&mut facts.scopes).into_iter().map(Some).collect();
    facts.scopes = order.iter().filter_map(|&old| scopes[old as usize].take()).collect();
    facts.scopes.iter_mut().filter_map(|it| it.parent.as_mut()).for_each(moved);
    for expression in &mut facts.expressions {
        moved(&mut expression.scope);
        if let ExpressionKind::Receiver(scope) | ExpressionKind::Function(scope) = &mut expression.kind {
            moved(scope);
        }
    }
    for binding in &mut facts.bindings {
        moved(&mut binding.scope);
        if let BindingKind::Definition(scope) | BindingKind::Alias(scope) = &mut binding.kind {
            moved(scope);
        }
    }
    facts.mutations.iter_mut().map(|it| &mut it.scope).for_each(moved);
    facts.definitions.iter_mut().map(|it| &mut it.scope).for_each(moved);
}
