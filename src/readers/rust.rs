//! Rust through `syn`. A file that does not parse as a whole is tried item by item, so that one piece of
//! newer syntax hides no more than itself. One traversal emits every fact; nothing outside this file sees
//! a syntax tree.

use proc_macro2::Delimiter;
use proc_macro2::Spacing;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use syn::Expr;
use syn::Pat;
use syn::Token;
use syn::Type;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;

use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::Binding;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
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

/// `syn` recurses once a bracket and has no limit of its own.
const DEEPEST_BRACKETS: usize = 500;

/// Prefix operators in a row, each of which `syn` recurses into.
const LONGEST_PREFIX: usize = 500;

/// Words and operators that nest, such as `return` and `=`, without anything that ends what they nest in.
const LONGEST_CHAIN: usize = 4_000;

/// Nesting of expressions and items past which we stop lowering and say so.
const DEEPEST: u32 = 1_000;

/// A `match` with more values than this is made of them; fewer are a chain of conditions.
const MOST_ARMS: usize = 16;

/// A branch whose condition the reader does not spell out.
const PERHAPS: BlockKind = BlockKind::Branch { condition: None, holds: true };

pub(crate) fn read(text: &str, wanted: Wanted) -> FileFacts {
    let mut facts = FileFacts::new(Language::Rust);
    let lexed = lex(text);
    if wanted.regions {
        facts.regions = lexed.regions;
    }
    if let Some(span) = lexed.too_deep {
        facts.syntax_errors.push(too_deep(span));
        return facts;
    }
    let base = code_start(text);
    let mut lowering = Lowering {
        facts,
        base: base as u32,
        end: text.len() as u32,
        wanted,
        scope: ScopeId(0),
        block: BlockId(0),
        context: ImportContext::Top,
        modules: Vec::new(),
        receiver: None,
        definition: None,
        on_error: false,
        error_values: FxHashSet::default(),
        conversions: FxHashSet::default(),
        handled: None,
        types: FxHashMap::default(),
        declared: FxHashSet::default(),
        depth: 0,
        too_deep: None,
    };
    lowering.text(&text[base..]);
    // The spans of a thread's files are kept until told otherwise.
    proc_macro2::extra::invalidate_current_thread_spans();
    lowering.facts
}

fn too_deep(span: Span) -> SyntaxError {
    SyntaxError { message: "nested too deeply to examine".to_owned(), span }
}

/// Where the tokens start: after a byte order mark and a `#!` line that is no attribute.
fn code_start(text: &str) -> usize {
    let start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    match text[start..].strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => {
            text[start..].find('\n').map_or(text.len(), |line_end| start + line_end)
        }
        _ => start,
    }
}

struct Lowering {
    facts: FileFacts,
    /// What to add to the parser's offsets.
    base: u32,
    end: u32,
    wanted: Wanted,
    scope: ScopeId,
    block: BlockId,
    context: ImportContext,
    /// The inline modules around us, outermost first.
    modules: Vec<String>,
    /// The class scope `self` belongs to.
    receiver: Option<ScopeId>,
    /// The function whose returns we are collecting.
    definition: Option<usize>,
    on_error: bool,
    /// Values of branches that handle an error.
    error_values: FxHashSet<ExpressionId>,
    /// Values whose type is what they are converted into: `x.into()`.
    conversions: FxHashSet<ExpressionId>,
    /// The block whose failure the closure read next handles: `result.unwrap_or_else(|_| ..)`.
    handled: Option<BlockId>,
    /// The class scope of each type defined so far, so that its `impl` blocks add to it.
    types: FxHashMap<(ScopeId, String), ScopeId>,
    /// Variables, to find the scope an assignment means.
    declared: FxHashSet<(ScopeId, String)>,
    depth: u32,
    too_deep: Option<Span>,
}

impl Lowering {
    fn text(&mut self, text: &str) {
        let tokens: TokenStream = match text.parse() {
            Ok(tokens) => tokens,
            Err(error) => {
                let span = self.span(proc_macro2::LexError::span(&error));
                self.facts
                    .syntax_errors
                    .push(SyntaxError { message: "brackets do not match or a literal does not end".to_owned(), span });
                return;
            }
        };
        match syn::parse2::<syn::File>(tokens.clone()) {
            Ok(file) => {
                if file.attrs.iter().any(is_test_attribute) {
                    self.facts.test_spans.push(Span::new(0, self.end));
                }
                self.items(file.items.iter());
                if self.too_deep.is_some() {
                    // Dropping such a tree recurses once a level; losing its memory does not.
                    std::mem::forget(file);
                }
            }
            Err(_) => self.item_by_item(tokens),
        }
        if let Some(span) = self.too_deep {
            self.facts.syntax_errors.push(too_deep(span));
        }
    }

    /// Cuts a file that does not parse into its items; the ones that do not parse are the errors.
    fn item_by_item(&mut self, tokens: TokenStream) {
        let mut items = Vec::new();
        let mut trees = tokens.into_iter().peekable();
        let mut piece = Vec::new();
        while let Some(tree) = trees.next() {
            let is_end = match &tree {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(group) => {
                    let more = matches!(trees.peek(), Some(TokenTree::Punct(next)) if matches!(next.as_char(), ';' | '.' | '?' | ','));
                    group.delimiter() == Delimiter::Brace && !more && !is_use(&piece)
                }
                TokenTree::Ident(_) | TokenTree::Literal(_) => false,
            };
            piece.push(tree);
            if is_end || trees.peek().is_none() {
                let piece: TokenStream = std::mem::take(&mut piece).into_iter().collect();
                match syn::parse2::<syn::Item>(piece.clone()) {
                    Ok(item) => items.push(item),
                    Err(error) => {
                        let span = self.span(error.span());
                        self.facts.syntax_errors.push(SyntaxError { message: error.to_string(), span });
                        self.loose(piece);
                    }
                }
            }
        }
        self.items(items.iter());
        if self.too_deep.is_some() {
            std::mem::forget(items);
        }
    }

    /// The parser's span in our offsets; the place of "unexpected end of input" is the end.
    fn span(&self, span: proc_macro2::Span) -> Span {
        let range = span.byte_range();
        if range == (0..0) {
            return Span::new(self.end, self.end);
        }
        Span::new(range.start as u32 + self.base, range.end as u32 + self.base)
    }

    fn spanned(&self, node: &impl Spanned) -> Span {
        self.span(node.span())
    }

    fn of(&self, id: ExpressionId) -> Span {
        self.facts.expression(id).span
    }

    fn add(&mut self, kind: ExpressionKind, span: Span) -> ExpressionId {
        self.facts.add_expression(Expression { kind, span, scope: self.scope, block: self.block })
    }

    fn unknown(&mut self, span: Span) -> ExpressionId {
        self.add(ExpressionKind::Unknown, span)
    }

    fn text_literal(&mut self, text: &str, span: Span) -> ExpressionId {
        self.add(ExpressionKind::Literal(Literal::Text(text.into())), span)
    }

    fn identifier(&mut self, name: &syn::Ident, role: IdentifierRole) {
        if self.wanted.identifiers {
            let span = self.span(name.span());
            self.facts.identifiers.push(Identifier { name: plain(name).into(), span, role });
        }
    }

    fn bind_in(&mut self, scope: ScopeId, name: &str, kind: BindingKind, at: u32) {
        self.facts.bindings.push(Binding { scope, block: self.block, name: name.into(), kind, at });
    }

    /// Binds a variable in the scope we are in.
    fn bind(&mut self, name: &str, kind: BindingKind, at: u32) {
        self.declared.insert((self.scope, name.to_owned()));
        self.bind_in(self.scope, name, kind, at);
    }

    /// Binds an item, which is visible in the whole scope it stands in.
    fn bind_item(&mut self, name: &str, kind: BindingKind) {
        let at = self.facts.scope(self.scope).span.start;
        self.bind_in(self.scope, name, kind, at);
    }

    fn open_scope(&mut self, kind: ScopeKind, span: Span, name: &str) -> ScopeId {
        self.facts.add_scope(Scope { parent: Some(self.scope), kind, span, name: name.into() })
    }

    fn inside<T>(&mut self, scope: ScopeId, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.scope, scope);
        let lowered = lower(self);
        self.scope = outer;
        lowered
    }

    /// Runs `lower` in a child block with names of its own.
    fn branch<T>(&mut self, kind: BlockKind, span: Span, lower: impl FnOnce(&mut Self) -> T) -> T {
        let scope = self.open_scope(ScopeKind::Block, span, "");
        self.inside(scope, |lowering| lowering.in_block(kind, lower))
    }

    fn in_block<T>(&mut self, kind: BlockKind, lower: impl FnOnce(&mut Self) -> T) -> T {
        let block = self.facts.add_block(self.block, kind);
        let outer = std::mem::replace(&mut self.block, block);
        let lowered = lower(self);
        self.block = outer;
        lowered
    }

    /// Runs `lower` in a block whose failure others handle, if they do.
    fn attempt<T>(&mut self, handled: bool, lower: impl FnOnce(&mut Self) -> T) -> (T, Option<BlockId>) {
        let block = handled.then(|| self.facts.add_block(self.block, BlockKind::Try));
        let outer = self.block;
        self.block = block.unwrap_or(outer);
        let lowered = lower(self);
        self.block = outer;
        (lowered, block)
    }

    /// Notes that the block we are in is left for good at its end.
    fn leave(&mut self) {
        self.facts.blocks[self.block.0 as usize].leaves = true;
    }

    /// A branch taken when something failed.
    fn branch_on_error<T>(
        &mut self,
        on_error: bool,
        kind: BlockKind,
        span: Span,
        lower: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.on_error;
        self.on_error |= on_error;
        let lowered = self.branch(kind, span, lower);
        self.on_error = outer;
        lowered
    }

    /// Runs `lower` one level deeper, or notes that the file is too deep.
    fn nested<T>(&mut self, span: Span, lower: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEEPEST {
            self.too_deep.get_or_insert(span);
            return None;
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        Some(lowered)
    }
}

/// Items.
impl Lowering {
    fn items<'a>(&mut self, items: impl Iterator<Item = &'a syn::Item> + Clone) {
        for item in items.clone() {
            let (name, span) = match item {
                syn::Item::Struct(it) => {
                    (&it.ident, self.extent(&it.attrs, &it.vis, it.struct_token.span, end_of_struct(it)))
                }
                syn::Item::Enum(it) => {
                    (&it.ident, self.extent(&it.attrs, &it.vis, it.enum_token.span, it.brace_token.span.close()))
                }
                syn::Item::Union(it) => (
                    &it.ident,
                    self.extent(&it.attrs, &it.vis, it.union_token.span, it.fields.brace_token.span.close()),
                ),
                syn::Item::Trait(it) => {
                    (&it.ident, self.extent(&it.attrs, &it.vis, it.trait_token.span, it.brace_token.span.close()))
                }
                _ => continue,
            };
            let scope = self.open_scope(ScopeKind::Class, span, &plain(name));
            self.types.insert((self.scope, plain(name)), scope);
        }
        for item in items {
            self.item(item);
        }
    }

    fn extent(
        &self,
        attributes: &[syn::Attribute],
        visibility: &syn::Visibility,
        keyword: proc_macro2::Span,
        end: proc_macro2::Span,
    ) -> Span {
        let start = match (attributes.first(), visibility) {
            (Some(attribute), _) => attribute.pound_token.span,
            (None, syn::Visibility::Public(public)) => public.span,
            (None, syn::Visibility::Restricted(restricted)) => restricted.pub_token.span,
            (None, syn::Visibility::Inherited) => keyword,
        };
        Span::new(self.span(start).start, self.span(end).end)
    }

    fn item(&mut self, item: &syn::Item) {
        self.note_statement(item);
        match item {
            syn::Item::Fn(it) => {
                let span = self.extent(&it.attrs, &it.vis, first_of(&it.sig), it.block.brace_token.span.close());
                self.function(&it.attrs, &it.sig, Some(&it.block), span);
            }
            syn::Item::Struct(it) => {
                let scope = self.class(&it.attrs, &it.ident, Vec::new());
                self.inside(scope, |lowering| lowering.fields(&it.fields));
            }
            syn::Item::Enum(it) => {
                let scope = self.class(&it.attrs, &it.ident, Vec::new());
                self.inside(scope, |lowering| {
                    for variant in &it.variants {
                        lowering.identifier(&variant.ident, IdentifierRole::Binding);
                        lowering.bind_item(&plain(&variant.ident), BindingKind::Opaque);
                        if let Some((_, value)) = &variant.discriminant {
                            lowering.expression(value);
                        }
                    }
                });
            }
            syn::Item::Union(it) => {
                let scope = self.class(&it.attrs, &it.ident, Vec::new());
                self.inside(scope, |lowering| lowering.named_fields(&it.fields));
            }
            syn::Item::Trait(it) => {
                let bases = self.bounds(&it.supertraits);
                let scope = self.class(&it.attrs, &it.ident, bases);
                self.in_class(scope, |lowering| it.items.iter().for_each(|item| lowering.trait_item(item)));
            }
            syn::Item::Impl(it) => self.implementation(it),
            syn::Item::Const(it) => {
                let span = self.extent(&it.attrs, &it.vis, it.const_token.span, it.semi_token.span);
                self.constant(&it.attrs, &it.ident, &it.ty, &it.expr, span);
            }
            syn::Item::Static(it) => {
                let span = self.extent(&it.attrs, &it.vis, it.static_token.span, it.semi_token.span);
                self.constant(&it.attrs, &it.ident, &it.ty, &it.expr, span);
            }
            syn::Item::Mod(it) => self.module(it),
            syn::Item::Use(it) => {
                let span = self.extent(&it.attrs, &it.vis, it.use_token.span, it.semi_token.span);
                self.test_span(&it.attrs, span);
                let passes_on = !matches!(it.vis, syn::Visibility::Inherited);
                let context = if passes_on { ImportContext::ReExport } else { self.context };
                let mut imports: Vec<(String, Vec<Name>)> = Vec::new();
                let bound = self.facts.bindings.len();
                self.use_tree(&it.tree, &mut Vec::new(), &mut imports);
                if passes_on && self.scope == ScopeId(0) {
                    self.exports(bound);
                }
                for (module, names) in imports {
                    self.facts.imports.push(Import { module: module.into(), names, context, span });
                }
            }
            syn::Item::ExternCrate(it) => {
                let span = self.extent(&it.attrs, &it.vis, it.extern_token.span, it.semi_token.span);
                self.test_span(&it.attrs, span);
                let module = plain(&it.ident);
                let bound = it.rename.as_ref().map_or(&it.ident, |(_, name)| name);
                self.identifier(bound, IdentifierRole::Binding);
                if bound != "_" {
                    self.bind_item(&plain(bound), BindingKind::Import(module.clone().into()));
                }
                let import = Import { module: module.into(), names: Vec::new(), context: self.context, span };
                self.facts.imports.push(import);
            }
            syn::Item::Macro(it) => {
                let span = Span::new(self.spanned(&it.mac.path).start, self.close(&it.mac.delimiter));
                self.test_span(&it.attrs, span);
                match &it.ident {
                    Some(name) => {
                        self.identifier(name, IdentifierRole::Definition);
                        self.loose(without_dollars(it.mac.tokens.clone()));
                    }
                    None => {
                        self.macro_call(&it.mac);
                    }
                }
            }
            syn::Item::Type(it) => {
                self.identifier(&it.ident, IdentifierRole::Definition);
                if let Some(value) = self.annotation(&it.ty) {
                    self.bind_item(&plain(&it.ident), BindingKind::Value(value));
                }
            }
            syn::Item::TraitAlias(it) => self.identifier(&it.ident, IdentifierRole::Definition),
            syn::Item::ForeignMod(it) => {
                for item in &it.items {
                    if let syn::ForeignItem::Fn(function) = item {
                        self.identifier(&function.sig.ident, IdentifierRole::Definition);
                        self.bind_item(&plain(&function.sig.ident), BindingKind::Opaque);
                    }
                }
            }
            syn::Item::Verbatim(tokens) => self.verbatim(tokens.clone()),
            _ => {}
        }
    }

    /// Passes on the names that a `pub use` bound.
    fn exports(&mut self, bound: usize) {
        for binding in &self.facts.bindings[bound..] {
            if let BindingKind::Import(path) | BindingKind::StarImport(path) = &binding.kind {
                let target = ExportTarget::Import(path.clone());
                self.facts.exports.push(Export { name: binding.name.clone(), target });
            }
        }
    }

    fn module(&mut self, module: &syn::ItemMod) {
        let name = plain(&module.ident);
        self.identifier(&module.ident, IdentifierRole::Definition);
        self.decorators(&module.attrs);
        let Some((brace, items)) = &module.content else {
            let semicolon = module.semi.map_or(module.mod_token.span, |it| it.span);
            let span = self.extent(&module.attrs, &module.vis, module.mod_token.span, semicolon);
            self.test_span(&module.attrs, span);
            let path = self.within_modules("self", &name);
            self.bind_item(&name, BindingKind::Import(path.into()));
            return;
        };
        let span = self.extent(&module.attrs, &module.vis, module.mod_token.span, brace.span.close());
        self.test_span(&module.attrs, span);
        let scope = self.open_scope(ScopeKind::Block, span, &name);
        self.bind_item(&name, BindingKind::Definition(scope));
        let context = std::mem::replace(&mut self.context, ImportContext::Nested);
        self.modules.push(name);
        self.nested(span, |lowering| lowering.inside(scope, |lowering| lowering.items(items.iter())));
        self.modules.pop();
        self.context = context;
    }

    /// `self` and the inline modules we are in, then `name`.
    fn within_modules(&self, root: &str, name: &str) -> String {
        let mut path = root.to_owned();
        for part in self.modules.iter().map(String::as_str).chain([name]) {
            path.push('.');
            path.push_str(part);
        }
        path
    }

    /// Adds the scope of a type found by [`Self::items`] to what is known.
    fn class(&mut self, attributes: &[syn::Attribute], name: &syn::Ident, bases: Vec<ExpressionId>) -> ScopeId {
        let scope = match self.types.get(&(self.scope, plain(name))) {
            Some(scope) => *scope,
            None => {
                let span = self.span(name.span());
                self.open_scope(ScopeKind::Class, span, &plain(name))
            }
        };
        let span = self.facts.scope(scope).span;
        self.test_span(attributes, span);
        let decorators = self.decorators(attributes);
        self.bind_item(&plain(name), BindingKind::Definition(scope));
        self.identifier(name, IdentifierRole::Definition);
        let name_span = self.span(name.span());
        self.define(DefinitionKind::Class, &plain(name), name_span, span, scope, decorators, bases);
        scope
    }

    #[expect(clippy::too_many_arguments, reason = "one for each field of a definition")]
    fn define(
        &mut self,
        kind: DefinitionKind,
        name: &str,
        name_span: Span,
        span: Span,
        scope: ScopeId,
        decorators: Vec<ExpressionId>,
        bases: Vec<ExpressionId>,
    ) -> usize {
        self.facts.definitions.push(Definition {
            kind,
            name: name.into(),
            name_span,
            span,
            scope,
            parameters: Vec::new(),
            decorators,
            bases,
            returns: Vec::new(),
        });
        self.facts.definitions.len() - 1
    }

    fn in_class(&mut self, scope: ScopeId, lower: impl FnOnce(&mut Self)) {
        let receiver = self.receiver.replace(scope);
        let context = std::mem::replace(&mut self.context, ImportContext::Nested);
        self.inside(scope, lower);
        self.context = context;
        self.receiver = receiver;
    }

    fn fields(&mut self, fields: &syn::Fields) {
        match fields {
            syn::Fields::Named(named) => self.named_fields(named),
            syn::Fields::Unnamed(unnamed) => {
                for (index, field) in unnamed.unnamed.iter().enumerate() {
                    let annotation = self.annotation(&field.ty);
                    self.bind_item(
                        &index.to_string(),
                        BindingKind::Parameter { index: None, annotation, default: None },
                    );
                }
            }
            syn::Fields::Unit => {}
        }
    }

    fn named_fields(&mut self, fields: &syn::FieldsNamed) {
        for field in &fields.named {
            let Some(name) = &field.ident else { continue };
            self.identifier(name, IdentifierRole::Binding);
            self.decorators(&field.attrs);
            let annotation = self.annotation(&field.ty);
            self.bind_item(&plain(name), BindingKind::Parameter { index: None, annotation, default: None });
        }
    }

    /// An `impl` block of a type of this file adds to the type's scope; one of another type opens its own,
    /// whose base is that type.
    fn implementation(&mut self, implementation: &syn::ItemImpl) {
        let close = implementation.brace_token.span.close();
        let span =
            self.extent(&implementation.attrs, &syn::Visibility::Inherited, implementation.impl_token.span, close);
        self.test_span(&implementation.attrs, span);
        self.decorators(&implementation.attrs);
        let own_type = self.annotation(&implementation.self_ty);
        let own_trait = implementation.trait_.as_ref().map(|(_, path, _)| self.path(path, IdentifierRole::Use));
        let name = match own_type.map(|id| &self.facts.expression(id).kind) {
            Some(ExpressionKind::Name(name) | ExpressionKind::Member { name, .. }) => name.clone(),
            _ => Name::default(),
        };
        let is_bare = matches!(own_type.map(|id| &self.facts.expression(id).kind), Some(ExpressionKind::Name(_)));
        let scope = match self.type_scope(&name).filter(|_| is_bare) {
            Some(scope) => scope,
            None => {
                let scope = self.open_scope(ScopeKind::Class, span, &name);
                let name_span = self.spanned(&implementation.self_ty);
                let bases = own_type.into_iter().chain(own_trait).collect();
                self.define(DefinitionKind::Class, &name, name_span, span, scope, Vec::new(), bases);
                scope
            }
        };
        self.in_class(scope, |lowering| {
            for item in &implementation.items {
                lowering.impl_item(item);
            }
        });
    }

    fn type_scope(&self, name: &str) -> Option<ScopeId> {
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            if let Some(found) = self.types.get(&(scope, name.to_owned())) {
                return Some(*found);
            }
            at = self.facts.scope(scope).parent;
        }
        None
    }

    fn note_statement(&mut self, node: &impl Spanned) {
        if self.wanted.statements {
            let extent = self.spanned(node);
            self.facts.statements.push(extent);
        }
    }

    fn impl_item(&mut self, item: &syn::ImplItem) {
        self.note_statement(item);
        match item {
            syn::ImplItem::Fn(it) => {
                let span = self.extent(&it.attrs, &it.vis, first_of(&it.sig), it.block.brace_token.span.close());
                self.function(&it.attrs, &it.sig, Some(&it.block), span);
            }
            syn::ImplItem::Const(it) => {
                let span = self.extent(&it.attrs, &it.vis, it.const_token.span, it.semi_token.span);
                self.constant(&it.attrs, &it.ident, &it.ty, &it.expr, span);
            }
            syn::ImplItem::Macro(it) => {
                self.macro_call(&it.mac);
            }
            syn::ImplItem::Verbatim(tokens) => self.verbatim(tokens.clone()),
            _ => {}
        }
    }

    fn trait_item(&mut self, item: &syn::TraitItem) {
        self.note_statement(item);
        match item {
            syn::TraitItem::Fn(it) => {
                let end = match (&it.default, &it.semi_token) {
                    (Some(block), _) => block.brace_token.span.close(),
                    (None, Some(semicolon)) => semicolon.span,
                    (None, None) => it.sig.ident.span(),
                };
                let span = self.extent(&it.attrs, &syn::Visibility::Inherited, first_of(&it.sig), end);
                self.function(&it.attrs, &it.sig, it.default.as_ref(), span);
            }
            syn::TraitItem::Const(it) => {
                if let Some((_, value)) = &it.default {
                    let span =
                        self.extent(&it.attrs, &syn::Visibility::Inherited, it.const_token.span, it.semi_token.span);
                    self.constant(&it.attrs, &it.ident, &it.ty, value, span);
                }
            }
            syn::TraitItem::Macro(it) => {
                self.macro_call(&it.mac);
            }
            syn::TraitItem::Verbatim(tokens) => self.verbatim(tokens.clone()),
            _ => {}
        }
    }

    fn constant(&mut self, attributes: &[syn::Attribute], name: &syn::Ident, ty: &Type, value: &Expr, span: Span) {
        self.test_span(attributes, span);
        self.decorators(attributes);
        self.identifier(name, IdentifierRole::Binding);
        self.annotation(ty);
        let value = self.expression(value);
        if name != "_" {
            self.bind_item(&plain(name), BindingKind::Value(value));
        }
    }

    fn function(
        &mut self,
        attributes: &[syn::Attribute],
        signature: &syn::Signature,
        body: Option<&syn::Block>,
        span: Span,
    ) {
        self.test_span(attributes, span);
        let decorators = self.decorators(attributes);
        let name = plain(&signature.ident);
        let scope = self.open_scope(ScopeKind::Function, span, &name);
        self.bind_item(&name, BindingKind::Definition(scope));
        self.identifier(&signature.ident, IdentifierRole::Definition);
        let name_span = self.span(signature.ident.span());
        let index = self.define(DefinitionKind::Function, &name, name_span, span, scope, decorators, Vec::new());
        let block = self.facts.add_block(self.block, BlockKind::Body);
        let outer_block = std::mem::replace(&mut self.block, block);
        let outer_definition = self.definition.replace(index);
        let outer_context = std::mem::replace(&mut self.context, ImportContext::Nested);
        let outer_on_error = std::mem::replace(&mut self.on_error, false);
        self.nested(span, |lowering| {
            lowering.inside(scope, |lowering| {
                for input in &signature.inputs {
                    if let syn::FnArg::Typed(parameter) = input {
                        lowering.parameter(index, &parameter.pat, Some(&parameter.ty), span.start);
                    }
                }
                if let syn::ReturnType::Type(_, returned) = &signature.output {
                    lowering.annotation(returned);
                }
                if let Some(body) = body
                    && let Some(value) = lowering.statements(&body.stmts)
                {
                    lowering.returns(index, value, false);
                }
            });
        });
        self.on_error = outer_on_error;
        self.context = outer_context;
        self.definition = outer_definition;
        self.block = outer_block;
    }

    /// Records a returned value, each branch of it on its own.
    fn returns(&mut self, index: usize, value: ExpressionId, on_error: bool) {
        let on_error = on_error || self.error_values.contains(&value);
        if let ExpressionKind::Conditional { then, otherwise, .. } = &self.facts.expression(value).kind {
            for branch in [*then, *otherwise] {
                self.returns(index, branch, on_error);
            }
            return;
        }
        self.facts.definitions[index].returns.push(Return { value, on_error });
    }

    /// Binds the next parameter of a definition and adds its name, which is empty for a pattern.
    fn parameter(&mut self, definition: usize, pattern: &Pat, ty: Option<&Type>, at: u32) {
        let index = self.facts.definitions[definition].parameters.len() as u32;
        let (pattern, ty) = match pattern {
            Pat::Type(it) => (&*it.pat, Some(&*it.ty)),
            pattern => (pattern, ty),
        };
        let pattern = match pattern {
            Pat::Reference(it) => &*it.pat,
            pattern => pattern,
        };
        let annotation = ty.and_then(|ty| self.annotation(ty));
        let (pattern, annotation) = match pattern {
            // An extractor (`State(keys): State<Keys>`) hands over what it wraps.
            Pat::TupleStruct(it) if it.elems.len() == 1 => {
                (&it.elems[0], ty.and_then(first_generic).and_then(|ty| self.annotation(ty)))
            }
            pattern => (pattern, annotation),
        };
        let kind = BindingKind::Parameter { index: Some(index), annotation, default: None };
        let name = match pattern {
            Pat::Ident(it) if it.subpat.is_none() => {
                self.identifier(&it.ident, IdentifierRole::Parameter);
                self.bind(&plain(&it.ident), kind, at);
                plain(&it.ident)
            }
            // Nobody reads it; its type may ask for something all the same.
            Pat::Wild(_) if annotation.is_some() => {
                self.bind(&index.to_string(), kind, at);
                String::new()
            }
            Pat::Wild(_) => String::new(),
            pattern => {
                // A name nobody can write stands for what the pattern takes apart.
                let name = index.to_string();
                self.bind(&name, kind, at);
                let whole = self.add(ExpressionKind::Name(name.into()), Span::new(at, at));
                self.bind_pattern(pattern, Some(whole), None, at);
                String::new()
            }
        };
        self.facts.definitions[definition].parameters.push(name.into());
    }

    fn decorators(&mut self, attributes: &[syn::Attribute]) -> Vec<ExpressionId> {
        let mut decorators = Vec::new();
        for attribute in attributes {
            match &attribute.meta {
                syn::Meta::Path(path) => decorators.push(self.path(path, IdentifierRole::Use)),
                syn::Meta::List(list) => {
                    let callee = self.path(&list.path, IdentifierRole::Call);
                    let arguments = self.token_arguments(list.tokens.clone());
                    let span = Span::new(self.of(callee).start, self.close(&list.delimiter));
                    decorators.push(self.add(ExpressionKind::Call { callee, arguments }, span));
                }
                syn::Meta::NameValue(_) => {}
            }
        }
        decorators
    }

    fn test_span(&mut self, attributes: &[syn::Attribute], span: Span) {
        if attributes.iter().any(is_test_attribute) {
            self.facts.test_spans.push(span);
        }
    }

    /// Collects what a `use` brings in, one entry a module, and binds it.
    fn use_tree(&mut self, tree: &syn::UseTree, path: &mut Vec<String>, imports: &mut Vec<(String, Vec<Name>)>) {
        match tree {
            syn::UseTree::Path(it) => {
                self.identifier(&it.ident, IdentifierRole::Use);
                path.push(plain(&it.ident));
                self.use_tree(&it.tree, path, imports);
                path.pop();
            }
            syn::UseTree::Name(it) => self.use_name(&it.ident, &it.ident, path, imports),
            syn::UseTree::Rename(it) => {
                self.identifier(&it.ident, IdentifierRole::Use);
                self.use_name(&it.ident, &it.rename, path, imports);
            }
            syn::UseTree::Glob(_) => {
                let module = self.module_path(path);
                self.bind_item("*", BindingKind::StarImport(module.clone().into()));
                add_import(imports, module, Some("*".into()));
            }
            syn::UseTree::Group(it) => it.items.iter().for_each(|tree| self.use_tree(tree, path, imports)),
        }
    }

    fn use_name(
        &mut self,
        name: &syn::Ident,
        bound: &syn::Ident,
        path: &mut Vec<String>,
        imports: &mut Vec<(String, Vec<Name>)>,
    ) {
        self.identifier(bound, IdentifierRole::Binding);
        let module = self.module_path(path);
        let is_module = path.is_empty() || name == "self";
        let target = if name != "self" {
            path.push(plain(name));
            let target = self.module_path(path);
            path.pop();
            target
        } else {
            module.clone()
        };
        let bound = match path.last() {
            Some(last) if bound == "self" => last.clone(),
            _ => plain(bound),
        };
        if bound != "_" {
            self.bind_item(&bound, BindingKind::Import(target.clone().into()));
        }
        if is_module {
            add_import(imports, target, None);
        } else {
            add_import(imports, module, Some(plain(name).into()));
        }
    }

    /// A `use` path, dotted. Within an inline module, `super` and `self` are put in terms of the file.
    fn module_path(&self, path: &[String]) -> String {
        let ups = path.iter().take_while(|part| *part == "super").count();
        let starts_at_self = path.first().is_some_and(|part| part == "self");
        if self.modules.is_empty() || (ups == 0 && !starts_at_self) || ups > self.modules.len() {
            let skipped = if ups > self.modules.len() { self.modules.len() } else { 0 };
            return path[skipped..].join(".");
        }
        let kept = &self.modules[..self.modules.len() - ups];
        let rest = &path[if starts_at_self { 1 } else { ups }..];
        let parts: Vec<&str> = ["self"].into_iter().chain(kept.iter().chain(rest).map(String::as_str)).collect();
        parts.join(".")
    }
}

/// Types and paths.
impl Lowering {
    /// The path of a type, without references and the smart pointers that pass a value through.
    fn annotation(&mut self, ty: &Type) -> Option<ExpressionId> {
        match ty {
            Type::Reference(it) => self.annotation(&it.elem),
            Type::Paren(it) => self.annotation(&it.elem),
            Type::Group(it) => self.annotation(&it.elem),
            Type::Path(it) => {
                let pointer = it
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| ["Arc", "Box", "Rc"].iter().any(|pointer| last.ident == pointer));
                match first_generic(ty).filter(|_| pointer) {
                    Some(inner) => self.annotation(inner),
                    None => Some(self.qualified_path(it.qself.as_ref(), &it.path, IdentifierRole::Use)),
                }
            }
            Type::ImplTrait(it) => self.bounds(&it.bounds).into_iter().next(),
            Type::TraitObject(it) => self.bounds(&it.bounds).into_iter().next(),
            _ => None,
        }
    }

    fn bounds(&mut self, bounds: &Punctuated<syn::TypeParamBound, Token![+]>) -> Vec<ExpressionId> {
        let mut paths = Vec::new();
        for bound in bounds {
            if let syn::TypeParamBound::Trait(it) = bound {
                paths.push(self.path(&it.path, IdentifierRole::Use));
            }
        }
        paths
    }

    fn qualified_path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path, role: IdentifierRole) -> ExpressionId {
        if let Some(qself) = qself
            && qself.position == 0
            && let Some(mut object) = self.annotation(&qself.ty)
        {
            for segment in &path.segments {
                object = self.segment(object, &segment.ident, role);
            }
            return object;
        }
        self.path(path, role)
    }

    /// A path as a chain of members; `role` is that of its last part.
    fn path(&mut self, path: &syn::Path, role: IdentifierRole) -> ExpressionId {
        let last = path.segments.len().saturating_sub(1);
        let mut chain = None;
        for (index, segment) in path.segments.iter().enumerate() {
            let role = if index == last { role } else { IdentifierRole::Use };
            chain = Some(match chain {
                Some(object) => self.segment(object, &segment.ident, role),
                None => {
                    let span = self.span(segment.ident.span());
                    let name = plain(&segment.ident);
                    let kind = match (name.as_str(), self.receiver) {
                        ("Self", Some(scope)) => ExpressionKind::Receiver(scope),
                        ("self", Some(scope)) if last == 0 => ExpressionKind::Receiver(scope),
                        ("super", _) if !self.modules.is_empty() => ExpressionKind::Name("self".into()),
                        _ => {
                            self.identifier(&segment.ident, role);
                            ExpressionKind::Name(name.into())
                        }
                    };
                    self.add(kind, span)
                }
            });
        }
        match chain {
            Some(id) => id,
            None => self.unknown(Span::new(self.end, self.end)),
        }
    }

    fn segment(&mut self, object: ExpressionId, name: &syn::Ident, role: IdentifierRole) -> ExpressionId {
        self.identifier(name, role);
        let name_span = self.span(name.span());
        let span = Span::new(self.of(object).start, name_span.end);
        self.add(ExpressionKind::Member { object, name: plain(name).into(), name_span }, span)
    }
}

/// Statements and patterns.
impl Lowering {
    /// A block with names of its own that runs once where it stands.
    fn plain_block(&mut self, block: &syn::Block) -> Option<ExpressionId> {
        let span = self.braces(block);
        let scope = self.open_scope(ScopeKind::Block, span, "");
        self.inside(scope, |lowering| lowering.statements(&block.stmts))
    }

    fn braces(&self, block: &syn::Block) -> Span {
        let braces = block.brace_token.span;
        Span::new(self.span(braces.open()).start, self.span(braces.close()).end)
    }

    /// Statements in the current scope; the value is that of a tail expression that can be reached.
    fn statements(&mut self, statements: &[syn::Stmt]) -> Option<ExpressionId> {
        let context = std::mem::replace(&mut self.context, ImportContext::Nested);
        let items = statements.iter().filter_map(|statement| match statement {
            syn::Stmt::Item(item) => Some(item),
            syn::Stmt::Local(_) | syn::Stmt::Expr(..) | syn::Stmt::Macro(_) => None,
        });
        self.items(items);
        let mut value = None;
        for (index, statement) in statements.iter().enumerate() {
            let is_last = index + 1 == statements.len();
            self.note_statement(statement);
            self.test_span(attributes_of(statement), self.span(statement.span()));
            match statement {
                syn::Stmt::Item(_) => {}
                syn::Stmt::Local(it) => self.local(it),
                syn::Stmt::Expr(it, semicolon) => {
                    let id = if semicolon.is_some() { self.discarded(it) } else { self.expression(it) };
                    if diverges(it) {
                        self.leave();
                    } else if is_last && semicolon.is_none() && !is_empty(it) {
                        value = Some(id);
                    }
                }
                syn::Stmt::Macro(it) => {
                    let id = self.macro_call(&it.mac);
                    if macro_diverges(&it.mac) {
                        self.leave();
                    } else if is_last && it.semi_token.is_none() {
                        value = Some(id);
                    }
                }
            }
        }
        self.context = context;
        value
    }

    /// Lowers an expression at whose value nobody looks. What `f().ok()` hands on is not looked at either.
    fn discarded(&mut self, expression: &Expr) -> ExpressionId {
        let known = self.facts.calls.len();
        let value = self.expression(expression);
        let mut whole = expression;
        while let Expr::Await(it) = whole {
            whole = &it.base;
        }
        if !matches!(whole, Expr::Call(_) | Expr::MethodCall(_)) {
            return value;
        }
        // A call is added after everything in it.
        let mut at = self.facts.calls[known..].last().copied();
        while let Some(call) = at {
            self.facts.discarded.push(call);
            at = match &self.facts.expression(call).kind {
                ExpressionKind::Call { callee, .. } => match &self.facts.expression(*callee).kind {
                    ExpressionKind::Member { object, name, .. }
                        if matches!(name.as_str(), "ok" | "err" | "map_err") =>
                    {
                        self.called(*object)
                    }
                    _ => None,
                },
                _ => None,
            };
        }
        value
    }

    /// The call a value is, or wraps.
    fn called(&self, value: ExpressionId) -> Option<ExpressionId> {
        match &self.facts.expression(value).kind {
            ExpressionKind::Call { .. } => Some(value),
            ExpressionKind::Either(values) => match values.as_slice() {
                [only] => self.called(*only),
                _ => None,
            },
            _ => None,
        }
    }

    fn local(&mut self, local: &syn::Local) {
        let at = self.span(local.semi_token.span).end;
        let is_dropped = matches!(local.pat, Pat::Wild(_));
        let value = local
            .init
            .as_ref()
            .map(|init| if is_dropped { self.discarded(&init.expr) } else { self.expression(&init.expr) });
        let condition = self.bind_pattern(&local.pat, value, local.init.as_ref().map(|init| &*init.expr), at);
        if let Some(syn::LocalInit { diverge: Some((token, diverge)), .. }) = &local.init {
            let on_error = pattern_names(&local.pat, "Ok");
            let span = self.span(token.span);
            let kind = BlockKind::Branch { condition, holds: condition.is_none() };
            self.branch_on_error(on_error, kind, span, |lowering| {
                lowering.expression(diverge);
                lowering.leave();
            });
        }
    }

    /// Binds the names of a pattern to parts of `value`, or to nothing known. Gives the condition under which
    /// the value matches, as far as it can be told.
    fn bind_pattern(
        &mut self,
        pattern: &Pat,
        value: Option<ExpressionId>,
        written: Option<&Expr>,
        at: u32,
    ) -> Option<ExpressionId> {
        match pattern {
            Pat::Ident(it) => {
                // A bare upper-case name is a constant or a variant, not a new variable.
                let is_constant = it.subpat.is_none()
                    && it.by_ref.is_none()
                    && it.mutability.is_none()
                    && it.ident.to_string().starts_with(|first: char| first.is_uppercase());
                if is_constant {
                    self.identifier(&it.ident, IdentifierRole::Use);
                    let span = self.span(it.ident.span());
                    let constant = self.add(ExpressionKind::Name(plain(&it.ident).into()), span);
                    return self.matches(value, Comparison::Equal, constant);
                }
                self.identifier(&it.ident, IdentifierRole::Binding);
                if let (Some(Expr::Closure(_)), Some(value)) = (written, value) {
                    self.name_closure(value, &plain(&it.ident));
                }
                self.bind(&plain(&it.ident), value.map_or(BindingKind::Opaque, BindingKind::Value), at);
                it.subpat.as_ref().and_then(|(_, inner)| self.bind_pattern(inner, value, None, at))
            }
            Pat::Type(it) => {
                let annotation = self.annotation(&it.ty);
                // The declared type says what a value is when what it is made by does not.
                let is_untyped = value.is_none_or(|value| self.says_no_type(value));
                match &*it.pat {
                    Pat::Ident(name) if is_untyped && annotation.is_some() && name.subpat.is_none() => {
                        self.identifier(&name.ident, IdentifierRole::Binding);
                        let kind = BindingKind::Parameter { index: None, annotation, default: value };
                        self.bind(&plain(&name.ident), kind, at);
                        None
                    }
                    inner => self.bind_pattern(inner, value, written, at),
                }
            }
            Pat::Paren(it) => self.bind_pattern(&it.pat, value, written, at),
            Pat::Reference(it) => self.bind_pattern(&it.pat, value, None, at),
            Pat::Or(it) => {
                let conditions: Vec<Option<ExpressionId>> =
                    it.cases.iter().map(|case| self.bind_pattern(case, value, None, at)).collect();
                let conditions = conditions.into_iter().collect::<Option<Vec<ExpressionId>>>()?;
                let span = Span::new(self.of(conditions[0]).start, self.of(conditions[conditions.len() - 1]).end);
                Some(self.add(ExpressionKind::Either(conditions), span))
            }
            Pat::Tuple(it) => self.bind_items(&it.elems, value, at),
            Pat::Slice(it) => self.bind_items(&it.elems, value, at),
            Pat::TupleStruct(it) => {
                let variant = self.path(&it.path, IdentifierRole::Use);
                let hands_on = it.elems.len() == 1 && it.path.segments.last().is_some_and(|it| passes_on(&it.ident));
                let outer = self.matches(value, Comparison::Other, variant);
                let inner: Vec<Option<ExpressionId>> = it
                    .elems
                    .iter()
                    .map(|element| self.bind_pattern(element, value.filter(|_| hands_on), None, at))
                    .collect();
                self.all_of(outer.into_iter().chain(inner.into_iter().flatten()).collect())
            }
            Pat::Struct(it) => {
                let variant = self.path(&it.path, IdentifierRole::Use);
                let condition = self.matches(value, Comparison::Other, variant);
                for field in &it.fields {
                    let span = self.spanned(&field.member);
                    let name = match &field.member {
                        syn::Member::Named(name) => plain(name),
                        syn::Member::Unnamed(index) => index.index.to_string(),
                    };
                    self.bind_field(&field.pat, value, &name, span, at);
                }
                condition
            }
            Pat::Path(it) => {
                let constant = self.path(&it.path, IdentifierRole::Use);
                self.matches(value, Comparison::Equal, constant)
            }
            Pat::Lit(it) => {
                let literal = self.literal(&it.lit);
                self.matches(value, Comparison::Equal, literal)
            }
            Pat::Macro(it) => {
                self.macro_call(&it.mac);
                None
            }
            _ => None,
        }
    }

    fn name_closure(&mut self, value: ExpressionId, name: &str) {
        let ExpressionKind::Function(scope) = self.facts.expression(value).kind else { return };
        self.facts.scopes[scope.0 as usize].name = name.into();
        if let Some(definition) = self.facts.definitions.iter_mut().rev().find(|it| it.scope == scope) {
            definition.name = name.into();
        }
    }

    fn matches(
        &mut self,
        value: Option<ExpressionId>,
        comparison: Comparison,
        right: ExpressionId,
    ) -> Option<ExpressionId> {
        let span = self.of(right);
        value.map(|left| self.add(ExpressionKind::Compare { comparison, left, right }, span))
    }

    fn all_of(&mut self, conditions: Vec<ExpressionId>) -> Option<ExpressionId> {
        match conditions.as_slice() {
            [] => None,
            [only] => Some(*only),
            [first, .., last] => {
                let span = Span::new(self.of(*first).start, self.of(*last).end);
                Some(self.add(ExpressionKind::Both(conditions), span))
            }
        }
    }

    /// Items of a tuple or slice. Those behind `..` are counted from the end, which we do not know.
    fn bind_items(
        &mut self,
        elements: &Punctuated<Pat, Token![,]>,
        value: Option<ExpressionId>,
        at: u32,
    ) -> Option<ExpressionId> {
        let listed = value.and_then(|value| match &self.facts.expression(value).kind {
            ExpressionKind::Sequence { items, open: false } if items.len() == elements.len() => Some(items.clone()),
            _ => None,
        });
        let rest = elements.iter().position(is_rest).unwrap_or(elements.len());
        let mut conditions = Vec::new();
        for (index, pattern) in elements.iter().enumerate() {
            if let Some(items) = &listed {
                conditions.extend(self.bind_pattern(pattern, Some(items[index]), None, at));
                continue;
            }
            match (pattern, value) {
                (Pat::Ident(name), Some(value)) if index < rest && name.subpat.is_none() => {
                    self.identifier(&name.ident, IdentifierRole::Binding);
                    self.bind(&plain(&name.ident), BindingKind::ItemOf(value, index as u32), at);
                }
                (pattern, Some(object)) if index < rest && !matches!(pattern, Pat::Wild(_)) => {
                    let span = Span::new(at, at);
                    let number = Literal::Number(index.to_string().into());
                    let number = self.add(ExpressionKind::Literal(number), span);
                    let item = self.add(ExpressionKind::Index { object, index: number }, span);
                    conditions.extend(self.bind_pattern(pattern, Some(item), None, at));
                }
                (pattern, _) => {
                    self.bind_pattern(pattern, None, None, at);
                }
            }
        }
        self.all_of(conditions)
    }

    fn bind_field(&mut self, pattern: &Pat, value: Option<ExpressionId>, field: &str, name_span: Span, at: u32) {
        match (pattern, value) {
            (Pat::Ident(name), Some(value)) if name.subpat.is_none() => {
                self.identifier(&name.ident, IdentifierRole::Binding);
                self.bind(&plain(&name.ident), BindingKind::MemberOf(value, field.into()), at);
            }
            (Pat::Wild(_), _) => {}
            (pattern, value) => {
                let kind = |object| ExpressionKind::Member { object, name: field.into(), name_span };
                let member = value.map(|object| self.add(kind(object), name_span));
                self.bind_pattern(pattern, member, None, at);
            }
        }
    }

    /// Whether a value tells nothing about its type: `Default::default()` or something not followed.
    fn says_no_type(&self, value: ExpressionId) -> bool {
        match &self.facts.expression(value).kind {
            _ if self.conversions.contains(&value) => true,
            ExpressionKind::Unknown | ExpressionKind::Compound(_) => true,
            ExpressionKind::Either(values) => match values.as_slice() {
                [only] => self.says_no_type(*only),
                _ => false,
            },
            ExpressionKind::Call { callee, .. } => match &self.facts.expression(*callee).kind {
                ExpressionKind::Member { object, name, .. } if name == "default" => {
                    matches!(&self.facts.expression(*object).kind, ExpressionKind::Name(name) if name == "Default")
                }
                ExpressionKind::Member { name, .. } => name == "parse",
                _ => false,
            },
            _ => false,
        }
    }

    /// The scope an assignment to `name` changes.
    fn scope_of_variable(&self, name: &str) -> ScopeId {
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            if self.declared.contains(&(scope, name.to_owned())) {
                return scope;
            }
            at = self.facts.scope(scope).parent;
        }
        // Not a local, so a `static mut` of the module.
        ScopeId(0)
    }

    fn assign(&mut self, target: &Expr, value: ExpressionId, at: u32) {
        match target {
            Expr::Paren(it) => self.assign(&it.expr, value, at),
            Expr::Group(it) => self.assign(&it.expr, value, at),
            Expr::Unary(it) if matches!(it.op, syn::UnOp::Deref(_)) => self.assign(&it.expr, value, at),
            Expr::Path(it) if it.path.get_ident().is_some_and(|name| name != "self") => {
                let name = &it.path.segments[0].ident;
                self.identifier(name, IdentifierRole::Binding);
                let scope = self.scope_of_variable(&plain(name));
                self.bind_in(scope, &plain(name), BindingKind::Value(value), at);
            }
            Expr::Field(it) => {
                let object = self.expression(&it.base);
                let span = self.spanned(&it.member);
                let key = match &it.member {
                    syn::Member::Named(name) => {
                        self.identifier(name, IdentifierRole::Binding);
                        self.text_literal(&plain(name), span)
                    }
                    syn::Member::Unnamed(index) => self.text_literal(&index.index.to_string(), span),
                };
                self.set_item(object, key, value, at);
            }
            Expr::Index(it) => {
                let object = self.expression(&it.expr);
                let key = self.expression(&it.index);
                self.set_item(object, key, value, at);
            }
            Expr::Tuple(it) => {
                let unknown = self.unknown(self.of(value));
                for (index, target) in it.elems.iter().enumerate() {
                    let part = match &self.facts.expression(value).kind {
                        ExpressionKind::Sequence { items, open: false } => items.get(index).copied(),
                        _ => None,
                    };
                    self.assign(target, part.unwrap_or(unknown), at);
                }
            }
            other => {
                self.expression(other);
            }
        }
    }

    /// Assigns to an expression lowered before.
    fn assign_to(&mut self, target: ExpressionId, value: ExpressionId, at: u32) {
        match &self.facts.expression(target).kind {
            ExpressionKind::Name(name) => {
                let name = name.clone();
                let scope = self.scope_of_variable(&name);
                self.bind_in(scope, &name, BindingKind::Value(value), at);
            }
            ExpressionKind::Member { object, name, name_span } => {
                let (object, name, name_span) = (*object, name.clone(), *name_span);
                let key = self.text_literal(&name, name_span);
                self.set_item(object, key, value, at);
            }
            ExpressionKind::Index { object, index } => {
                let (object, index) = (*object, *index);
                self.set_item(object, index, value, at);
            }
            _ => {}
        }
    }

    fn set_item(&mut self, target: ExpressionId, key: ExpressionId, value: ExpressionId, at: u32) {
        // A field of `self` belongs to the type.
        if let ExpressionKind::Receiver(class) = self.facts.expression(target).kind
            && let ExpressionKind::Literal(Literal::Text(name)) = &self.facts.expression(key).kind
        {
            let name = name.clone();
            return self.bind_in(class, &name, BindingKind::Value(value), at);
        }
        let kind = MutationKind::SetItem { key, value };
        self.facts.mutations.push(Mutation { target, kind, scope: self.scope, block: self.block, at });
    }
}

/// Expressions.
impl Lowering {
    fn expression(&mut self, expression: &Expr) -> ExpressionId {
        // The place is only needed when we are too deep, and costly to ask of a large expression.
        let near = self.facts.expressions.last().map_or(Span::new(0, 0), |last| last.span);
        match self.nested(near, |lowering| lowering.lower(expression)) {
            Some(id) => id,
            None => self.unknown(near),
        }
    }

    fn stretch(&self, start: proc_macro2::Span, end: proc_macro2::Span) -> Span {
        Span::new(self.span(start).start, self.span(end).end)
    }

    fn close(&self, delimiter: &syn::MacroDelimiter) -> u32 {
        self.span(delimiter.span().close()).end
    }

    fn lower(&mut self, expression: &Expr) -> ExpressionId {
        match expression {
            Expr::Lit(it) => self.literal(&it.lit),
            Expr::Path(it) => self.qualified_path(it.qself.as_ref(), &it.path, IdentifierRole::Use),
            Expr::Field(it) => {
                let object = self.expression(&it.base);
                match &it.member {
                    syn::Member::Named(name) => self.segment(object, name, IdentifierRole::Use),
                    syn::Member::Unnamed(index) => {
                        let name_span = self.span(index.span);
                        let span = Span::new(self.of(object).start, name_span.end);
                        self.add(
                            ExpressionKind::Member { object, name: index.index.to_string().into(), name_span },
                            span,
                        )
                    }
                }
            }
            Expr::Call(it) => self.call(it),
            Expr::MethodCall(it) => self.method_call(it),
            Expr::Macro(it) => self.macro_call(&it.mac),
            // These pass the value through.
            Expr::Paren(it) => self.expression(&it.expr),
            Expr::Group(it) => self.expression(&it.expr),
            Expr::Reference(it) => self.expression(&it.expr),
            Expr::RawAddr(it) => self.expression(&it.expr),
            Expr::Try(it) => self.expression(&it.expr),
            Expr::Await(it) => self.expression(&it.base),
            Expr::Cast(it) => self.expression(&it.expr),
            Expr::Unary(it) => self.unary(it),
            Expr::Binary(it) => self.binary(it),
            Expr::Struct(it) => self.structure(it),
            Expr::Array(it) => {
                let items = it.elems.iter().map(|element| self.expression(element)).collect();
                let span = self.stretch(it.bracket_token.span.open(), it.bracket_token.span.close());
                self.add(ExpressionKind::Sequence { items, open: false }, span)
            }
            Expr::Tuple(it) => {
                let items = it.elems.iter().map(|element| self.expression(element)).collect();
                let span = self.stretch(it.paren_token.span.open(), it.paren_token.span.close());
                self.add(ExpressionKind::Sequence { items, open: false }, span)
            }
            Expr::Repeat(it) => {
                let item = self.expression(&it.expr);
                self.expression(&it.len);
                let span = self.stretch(it.bracket_token.span.open(), it.bracket_token.span.close());
                self.add(ExpressionKind::Sequence { items: vec![item], open: true }, span)
            }
            Expr::Index(it) => {
                let object = self.expression(&it.expr);
                let index = self.expression(&it.index);
                let span = Span::new(self.of(object).start, self.span(it.bracket_token.span.close()).end);
                match &*it.index {
                    Expr::Range(_) => self.add(ExpressionKind::Compound(vec![object, index]), span),
                    _ => self.add(ExpressionKind::Index { object, index }, span),
                }
            }
            Expr::Block(it) if it.label.is_none() => self.block_value(&it.block),
            Expr::Unsafe(it) => self.block_value(&it.block),
            Expr::Const(it) => self.block_value(&it.block),
            // `break 'label`, `return` in `async` and `?` in `try` leave this block and nothing around it.
            Expr::Block(it) => self.in_block(BlockKind::Body, |lowering| lowering.block_value(&it.block)),
            Expr::Async(it) => self.in_block(BlockKind::Body, |lowering| lowering.block_value(&it.block)),
            Expr::TryBlock(it) => self.in_block(BlockKind::Body, |lowering| lowering.block_value(&it.block)),
            Expr::If(it) => self.condition(it),
            Expr::Match(it) => self.cases(it),
            Expr::Let(it) => {
                let value = self.expression(&it.expr);
                let span = self.of(value);
                if let Some(condition) = self.bind_pattern(&it.pat, Some(value), None, span.end) {
                    return condition;
                }
                let right = self.unknown(span);
                self.add(ExpressionKind::Compare { comparison: Comparison::Other, left: value, right }, span)
            }
            Expr::While(it) => {
                let span = Span::new(self.span(it.while_token.span).start, self.braces(&it.body).end);
                let scope = self.open_scope(ScopeKind::Block, span, "");
                self.inside(scope, |lowering| {
                    lowering.expression(&it.cond);
                    lowering.in_block(BlockKind::Loop, |lowering| lowering.plain_block(&it.body));
                });
                self.unknown(span)
            }
            Expr::ForLoop(it) => {
                let span = Span::new(self.span(it.for_token.span).start, self.braces(&it.body).end);
                let elements = self.expression(&it.expr);
                let at = self.of(elements).end;
                self.branch(BlockKind::Loop, span, |lowering| {
                    lowering.bind_pattern(&it.pat, None, None, at);
                    lowering.statements(&it.body.stmts);
                });
                self.unknown(span)
            }
            Expr::Loop(it) => {
                let span = Span::new(self.span(it.loop_token.span).start, self.braces(&it.body).end);
                self.branch(BlockKind::Loop, span, |lowering| lowering.statements(&it.body.stmts));
                self.unknown(span)
            }
            Expr::Closure(it) => self.closure(it),
            Expr::Assign(it) => {
                let value = self.expression(&it.right);
                let at = self.of(value).end;
                self.assign(&it.left, value, at);
                self.unknown(self.of(value))
            }
            Expr::Return(it) => {
                let keyword = self.span(it.return_token.span);
                let Some(returned) = &it.expr else { return self.unknown(keyword) };
                let value = self.expression(returned);
                if let Some(index) = self.definition {
                    self.returns(index, value, self.on_error);
                }
                self.unknown(Span::new(keyword.start, self.of(value).end))
            }
            Expr::Break(it) => {
                let keyword = self.span(it.break_token.span);
                if let Some(value) = &it.expr {
                    self.expression(value);
                }
                self.unknown(keyword)
            }
            Expr::Yield(it) => {
                let keyword = self.span(it.yield_token.span);
                let parts = it.expr.iter().map(|part| self.expression(part)).collect();
                self.add(ExpressionKind::Compound(parts), keyword)
            }
            Expr::Range(it) => {
                let parts: Vec<ExpressionId> =
                    it.start.iter().chain(&it.end).map(|part| self.expression(part)).collect();
                let span = match (parts.first(), parts.last()) {
                    (Some(first), Some(last)) => Span::new(self.of(*first).start, self.of(*last).end),
                    _ => self.spanned(&it.limits),
                };
                self.add(ExpressionKind::Compound(parts), span)
            }
            Expr::Continue(it) => self.unknown(self.span(it.continue_token.span)),
            Expr::Infer(it) => self.unknown(self.span(it.underscore_token.span)),
            Expr::Verbatim(tokens) => {
                let span = self.spanned(tokens);
                self.verbatim(tokens.clone());
                self.unknown(span)
            }
            other => {
                let span = self.spanned(other);
                self.unknown(span)
            }
        }
    }

    fn block_value(&mut self, block: &syn::Block) -> ExpressionId {
        match self.plain_block(block) {
            Some(value) => value,
            None => self.unknown(self.braces(block)),
        }
    }

    fn literal(&mut self, literal: &syn::Lit) -> ExpressionId {
        let span = self.span(literal.span());
        let number = |digits: String, suffix: &str| {
            Literal::Number(
                digits.strip_suffix(suffix).unwrap_or(&digits).trim_end_matches('_').replace('_', "").into(),
            )
        };
        let literal = match literal {
            syn::Lit::Str(it) => Literal::Text(it.value().into()),
            syn::Lit::ByteStr(it) => Literal::Text(String::from_utf8_lossy(&it.value()).into_owned().into()),
            syn::Lit::CStr(it) => Literal::Text(it.value().to_string_lossy().into_owned().into()),
            syn::Lit::Byte(it) => Literal::Number(it.value().to_string().into()),
            syn::Lit::Char(it) => Literal::Text(it.value().into()),
            syn::Lit::Int(it) => number(it.token().to_string(), it.suffix()),
            syn::Lit::Float(it) => number(it.token().to_string(), it.suffix()),
            syn::Lit::Bool(it) => Literal::Bool(it.value),
            _ => return self.unknown(span),
        };
        self.add(ExpressionKind::Literal(literal), span)
    }

    fn call(&mut self, call: &syn::ExprCall) -> ExpressionId {
        if let Expr::Path(function) = &*call.func
            && function.path.get_ident().is_some_and(passes_on)
            && call.args.len() == 1
        {
            return self.expression(&call.args[0]);
        }
        let callee = match &*call.func {
            Expr::Path(it) => self.qualified_path(it.qself.as_ref(), &it.path, IdentifierRole::Call),
            other => self.expression(other),
        };
        let arguments = self.arguments(&call.args);
        let span = Span::new(self.of(callee).start, self.span(call.paren_token.span.close()).end);
        self.add(ExpressionKind::Call { callee, arguments }, span)
    }

    fn method_call(&mut self, call: &syn::ExprMethodCall) -> ExpressionId {
        let name = call.method.to_string();
        let handles = matches!(name.as_str(), "unwrap_or_else" | "or_else" | "map_err")
            && matches!(call.args.first(), Some(Expr::Closure(_)));
        // What `map_err` maps is still there after it; what the others handle is over.
        let handled =
            if handles && name != "map_err" { self.facts.add_block(self.block, BlockKind::Try) } else { self.block };
        let outer = std::mem::replace(&mut self.block, handled);
        let object = self.expression(&call.receiver);
        self.block = outer;
        let callee = self.segment(object, &call.method, IdentifierRole::Call);
        self.handled = handles.then_some(handled);
        let arguments = self.arguments(&call.args);
        self.handled = None;
        let span = Span::new(self.of(callee).start, self.span(call.paren_token.span.close()).end);
        if let ("insert", [key, value]) = (name.as_str(), arguments.as_slice()) {
            self.set_item(object, key.value, value.value, span.end);
        }
        let argument = arguments.first().map(|argument| argument.value);
        let count = arguments.len();
        let whole = self.add(ExpressionKind::Call { callee, arguments }, span);
        let value = match (name.as_str(), argument) {
            (name, _) if hands_on(name, count) => ExpressionKind::Either(vec![object]),
            ("unwrap_or" | "or", Some(other)) => ExpressionKind::Either(vec![object, other]),
            ("unwrap_or_else" | "or_else", Some(other)) => {
                let mut values = vec![object];
                self.returned_by(other, &mut values);
                ExpressionKind::Either(values)
            }
            ("unwrap_or_default", None) => ExpressionKind::Either(vec![object, self.unknown(span)]),
            _ => return whole,
        };
        let value = self.add(value, span);
        if matches!(name.as_str(), "into" | "try_into" | "unwrap_or_default") {
            self.conversions.insert(value);
        }
        value
    }

    /// What a function in argument position returns.
    fn returned_by(&mut self, function: ExpressionId, values: &mut Vec<ExpressionId>) {
        let own = match self.facts.expression(function).kind {
            ExpressionKind::Function(scope) => self.facts.definitions.iter().rev().find(|it| it.scope == scope),
            _ => None,
        };
        match own {
            Some(definition) => values.extend(definition.returns.iter().map(|it| it.value)),
            None => {
                let span = self.of(function);
                values.push(self.add(ExpressionKind::Compound(vec![function]), span));
            }
        }
    }

    fn arguments(&mut self, arguments: &Punctuated<Expr, Token![,]>) -> Vec<Argument> {
        let positional = |value| Argument { kind: ArgumentKind::Positional, value };
        arguments.iter().map(|argument| positional(self.expression(argument))).collect()
    }

    fn unary(&mut self, unary: &syn::ExprUnary) -> ExpressionId {
        let operator = self.spanned(&unary.op);
        let operand = self.expression(&unary.expr);
        let span = Span::new(operator.start, self.of(operand).end);
        match unary.op {
            syn::UnOp::Deref(_) => operand,
            syn::UnOp::Not(_) => self.add(ExpressionKind::Not(operand), span),
            syn::UnOp::Neg(_) => match &self.facts.expression(operand).kind {
                ExpressionKind::Literal(Literal::Number(digits)) => {
                    let negative = Literal::Number(format!("-{digits}").into());
                    self.add(ExpressionKind::Literal(negative), span)
                }
                _ => self.add(ExpressionKind::Compound(vec![operand]), span),
            },
            _ => self.unknown(span),
        }
    }

    /// Long sums nest to the left; the left side is walked in a loop so that they are not "too deep", and what
    /// adds up is one list. What stands right of `&&` and `||` runs in a branch, but for what `let` binds there.
    fn binary(&mut self, binary: &syn::ExprBinary) -> ExpressionId {
        let mut spine = vec![binary];
        while let Expr::Binary(left) = &*spine[spine.len() - 1].left {
            spine.push(left);
        }
        let innermost = &*spine[spine.len() - 1].left;
        let binds =
            matches!(innermost, Expr::Let(_)) || spine.iter().any(|binary| matches!(&*binary.right, Expr::Let(_)));
        let outer = self.block;
        let start = self.expression(innermost);
        let mut joined = Joined { parts: vec![start], by: None };
        let mut last = start;
        for binary in spine.into_iter().rev() {
            let by = joint(&binary.op);
            if joined.by.is_some_and(|before| before != by) {
                self.block = outer;
                last = self.join(joined);
                joined = Joined { parts: vec![last], by: None };
            }
            if let (Joint::And | Joint::Or, false) = (by, binds) {
                let kind = BlockKind::Branch { condition: Some(last), holds: by == Joint::And };
                self.block = self.facts.add_block(self.block, kind);
            }
            let right = self.expression(&binary.right);
            if is_assignment(&binary.op) {
                let span = Span::new(self.of(last).start, self.of(right).end);
                let value = self.add(ExpressionKind::Compound(vec![last, right]), span);
                self.assign_to(last, value, span.end);
                joined = Joined { parts: vec![value], by: None };
                last = value;
                continue;
            }
            joined.parts.push(right);
            joined.by = Some(by);
            last = right;
        }
        self.block = outer;
        self.join(joined)
    }

    fn join(&mut self, joined: Joined) -> ExpressionId {
        let (first, last) = (joined.parts[0], joined.parts[joined.parts.len() - 1]);
        let span = Span::new(self.of(first).start, self.of(last).end);
        let kind = match joined.by {
            None => return first,
            Some(Joint::And) => ExpressionKind::Both(joined.parts),
            Some(Joint::Or) => ExpressionKind::Either(joined.parts),
            Some(Joint::Sum) => ExpressionKind::Compound(joined.parts),
            Some(Joint::Compare(comparison)) => ExpressionKind::Compare { comparison, left: first, right: last },
        };
        self.add(kind, span)
    }

    fn structure(&mut self, structure: &syn::ExprStruct) -> ExpressionId {
        let name = self.qualified_path(structure.qself.as_ref(), &structure.path, IdentifierRole::Call);
        let mut arguments = Vec::new();
        if let Some(base) = &structure.rest {
            // Written last, but every named field wins over it.
            arguments.push(Argument { kind: ArgumentKind::SpreadKeyword, value: self.expression(base) });
        }
        for field in &structure.fields {
            let name = match &field.member {
                syn::Member::Named(name) => {
                    if field.colon_token.is_some() {
                        self.identifier(name, IdentifierRole::Use);
                    }
                    plain(name)
                }
                syn::Member::Unnamed(index) => index.index.to_string(),
            };
            let value = self.expression(&field.expr);
            arguments.push(Argument { kind: ArgumentKind::Keyword(name.into()), value });
        }
        let span = Span::new(self.of(name).start, self.span(structure.brace_token.span.close()).end);
        self.add(ExpressionKind::Call { callee: name, arguments }, span)
    }

    fn condition(&mut self, condition: &syn::ExprIf) -> ExpressionId {
        let start = self.span(condition.if_token.span).start;
        let body = self.braces(&condition.then_branch);
        let scope = self.open_scope(ScopeKind::Block, Span::new(start, body.end), "");
        let (fails, succeeds) = (tests_for(&condition.cond, "Err"), tests_for(&condition.cond, "Ok"));
        let (test, tried, then) = self.inside(scope, |lowering| {
            let (test, tried) = lowering.attempt(fails || succeeds, |it| it.expression(&condition.cond));
            let on_error = fails;
            let kind = match tried.filter(|_| on_error) {
                Some(of) => BlockKind::Handler { of },
                None => BlockKind::Branch { condition: Some(test), holds: true },
            };
            let then = lowering
                .branch_on_error(on_error, kind, body, |lowering| lowering.statements(&condition.then_branch.stmts));
            (test, tried, then.inspect(|value| lowering.mark(*value, on_error)))
        });
        let mut end = body.end;
        if let (Some(of), true, None) = (tried, succeeds, &condition.else_branch) {
            // Without `else`, what comes after runs on an error as well.
            self.facts.add_block(self.block, BlockKind::Handler { of });
        }
        let otherwise = condition.else_branch.as_ref().and_then(|(token, otherwise)| {
            let on_error = succeeds;
            let span = self.span(token.span);
            let kind = match tried.filter(|_| on_error) {
                Some(of) => BlockKind::Handler { of },
                None => BlockKind::Branch { condition: Some(test), holds: false },
            };
            let value = self.branch_on_error(on_error, kind, span, |lowering| match &**otherwise {
                Expr::Block(it) => lowering.plain_block(&it.block),
                other => {
                    let value = lowering.expression(other);
                    if diverges(other) {
                        lowering.leave();
                    }
                    Some(value)
                }
            });
            value.inspect(|value| self.mark(*value, on_error))
        });
        if let Some(value) = otherwise {
            end = self.of(value).end.max(end);
        }
        let span = Span::new(start, end);
        match (then, otherwise) {
            (Some(then), Some(otherwise)) => {
                self.add(ExpressionKind::Conditional { condition: test, then, otherwise }, span)
            }
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => self.unknown(span),
        }
    }

    fn cases(&mut self, cases: &syn::ExprMatch) -> ExpressionId {
        let span = self.stretch(cases.match_token.span, cases.brace_token.span.close());
        let (matched, tried) =
            self.attempt(cases.arms.iter().any(|arm| pattern_names(&arm.pat, "Err")), |it| it.expression(&cases.expr));
        let mut values = Vec::new();
        for arm in &cases.arms {
            let on_error = pattern_names(&arm.pat, "Err");
            let handles = tried.filter(|_| on_error).map(|of| BlockKind::Handler { of });
            let at = self.span(arm.fat_arrow_token.span());
            let (condition, value) = self.branch_on_error(on_error, handles.unwrap_or(PERHAPS), at, |lowering| {
                let condition = lowering.bind_pattern(&arm.pat, Some(matched), None, at.start);
                // The names of the pattern belong to the arm, so its block comes before its condition.
                if handles.is_none() {
                    lowering.facts.blocks[lowering.block.0 as usize].kind =
                        BlockKind::Branch { condition, holds: true };
                }
                let Some((_, guard)) = &arm.guard else { return (condition, lowering.arm(&arm.body)) };
                let guard = lowering.expression(guard);
                let kind = BlockKind::Branch { condition: Some(guard), holds: true };
                let value = lowering.in_block(kind, |lowering| lowering.arm(&arm.body));
                (lowering.all_of(condition.into_iter().chain([guard]).collect()), value)
            });
            if let Some(value) = value {
                self.mark(value, on_error);
                values.push((condition, value));
            }
        }
        self.one_of(values, span)
    }

    fn arm(&mut self, body: &Expr) -> Option<ExpressionId> {
        if let Expr::Block(it) = body
            && it.label.is_none()
        {
            return self.plain_block(&it.block);
        }
        let value = self.expression(body);
        if diverges(body) {
            self.leave();
            return None;
        }
        Some(value)
    }

    /// The value of a `match`: that of the first arm whose condition holds.
    fn one_of(&mut self, mut values: Vec<(Option<ExpressionId>, ExpressionId)>, span: Span) -> ExpressionId {
        if values.len() > MOST_ARMS {
            let parts = values.into_iter().map(|(_, value)| value).collect();
            return self.add(ExpressionKind::Compound(parts), span);
        }
        let Some((_, mut value)) = values.pop() else { return self.unknown(span) };
        while let Some((condition, then)) = values.pop() {
            let condition = condition.unwrap_or_else(|| self.unknown(span));
            value = self.add(ExpressionKind::Conditional { condition, then, otherwise: value }, span);
        }
        value
    }

    fn mark(&mut self, value: ExpressionId, on_error: bool) {
        if on_error {
            self.error_values.insert(value);
        }
    }

    fn closure(&mut self, closure: &syn::ExprClosure) -> ExpressionId {
        let start = self.span(closure.or1_token.span).start;
        let scope = self.open_scope(ScopeKind::Function, Span::new(start, start), "");
        let handled = self.handled.take();
        let name_span = Span::new(start, start);
        let definition = self.define(DefinitionKind::Function, "", name_span, name_span, scope, Vec::new(), Vec::new());
        let outer_definition = self.definition.replace(definition);
        let outer_on_error = std::mem::replace(&mut self.on_error, handled.is_some());
        let kind = handled.map_or(BlockKind::Body, |of| BlockKind::Handler { of });
        let body = self.inside(scope, |lowering| {
            lowering.in_block(kind, |lowering| {
                for input in &closure.inputs {
                    lowering.parameter(definition, input, None, start);
                }
                let body = lowering.arm(&closure.body);
                if let Some(value) = body {
                    lowering.returns(definition, value, handled.is_some());
                }
                body
            })
        });
        self.on_error = outer_on_error;
        self.definition = outer_definition;
        let end = match (&*closure.body, body) {
            (Expr::Block(it), _) => self.braces(&it.block).end,
            (_, Some(body)) => self.of(body).end,
            (body, None) => self.spanned(body).end,
        };
        let span = Span::new(start, end.max(start));
        self.facts.scopes[scope.0 as usize].span = span;
        self.facts.definitions[definition].span = span;
        self.add(ExpressionKind::Function(scope), span)
    }
}

/// Operands in a row with the same operator between them.
struct Joined {
    parts: Vec<ExpressionId>,
    by: Option<Joint>,
}

/// What an operator makes of its operands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    And,
    Or,
    Compare(Comparison),
    Sum,
}

fn joint(operator: &syn::BinOp) -> Joint {
    match operator {
        syn::BinOp::And(_) => Joint::And,
        syn::BinOp::Or(_) => Joint::Or,
        syn::BinOp::Eq(_) => Joint::Compare(Comparison::Equal),
        syn::BinOp::Ne(_) => Joint::Compare(Comparison::NotEqual),
        syn::BinOp::Lt(_) | syn::BinOp::Le(_) | syn::BinOp::Gt(_) | syn::BinOp::Ge(_) => {
            Joint::Compare(Comparison::Other)
        }
        _ => Joint::Sum,
    }
}

/// Whether a method gives what it is called on, under another type or without its error.
fn hands_on(method: &str, arguments: usize) -> bool {
    match arguments {
        0 => matches!(
            method,
            "as_bytes"
                | "as_deref"
                | "as_mut"
                | "as_ref"
                | "as_slice"
                | "as_str"
                | "borrow"
                | "borrow_mut"
                | "clone"
                | "cloned"
                | "copied"
                | "into"
                | "into_boxed_str"
                | "into_bytes"
                | "into_owned"
                | "into_string"
                | "ok"
                | "to_owned"
                | "to_string"
                | "to_vec"
                | "try_into"
                | "unwrap"
        ),
        1 => matches!(
            method,
            "context" | "expect" | "map_err" | "ok_or" | "ok_or_else" | "with_context" | "wrap_err" | "wrap_err_with"
        ),
        _ => false,
    }
}

/// Whether a variant stands for what it holds: `Ok(x)` hands `x` on, as `?` takes it out.
fn passes_on(variant: &syn::Ident) -> bool {
    variant == "Ok" || variant == "Some"
}

fn is_rest(pattern: &Pat) -> bool {
    match pattern {
        Pat::Rest(_) => true,
        Pat::Ident(it) => it.subpat.as_ref().is_some_and(|(_, inner)| is_rest(inner)),
        _ => false,
    }
}

/// Macros, whose arguments are code as far as they look like it.
impl Lowering {
    /// A macro in use is a call of its name with the `!`, so that rules can name it.
    fn macro_call(&mut self, call: &syn::Macro) -> ExpressionId {
        let callee = self.path(&call.path, IdentifierRole::Call);
        let span = Span::new(self.of(callee).start, self.close(&call.delimiter));
        let near = self.of(callee);
        if call.path.is_ident("vec") {
            if let Ok((item, length)) = repeated.parse2(call.tokens.clone()) {
                let item = self.expression(&item);
                self.expression(&length);
                return self.add(ExpressionKind::Sequence { items: vec![item], open: true }, span);
            }
            let arguments = self.nested(near, |lowering| lowering.token_arguments(call.tokens.clone()));
            let items = arguments.unwrap_or_default().into_iter().map(|argument| argument.value).collect();
            return self.add(ExpressionKind::Sequence { items, open: false }, span);
        }
        if let ExpressionKind::Name(name) | ExpressionKind::Member { name, .. } =
            &mut self.facts.expressions[callee.0 as usize].kind
        {
            *name = format!("{name}!").into();
        }
        if call.path.is_ident("matches")
            && let Ok(asked) = asked.parse2(call.tokens.clone())
        {
            let Some((value, condition)) = self.nested(near, |lowering| lowering.asked(&asked, span)) else {
                return self.unknown(span);
            };
            let arguments = vec![Argument { kind: ArgumentKind::Positional, value }];
            self.add(ExpressionKind::Call { callee, arguments }, span);
            return condition;
        }
        let arguments = self.nested(near, |lowering| lowering.token_arguments(call.tokens.clone())).unwrap_or_default();
        let parts = ["format", "format_args", "concat"]
            .iter()
            .any(|name| call.path.is_ident(name))
            .then(|| self.formatted(&arguments));
        let whole = self.add(ExpressionKind::Call { callee, arguments }, span);
        parts.map_or(whole, |parts| self.add(ExpressionKind::Compound(parts), span))
    }

    /// `matches!(value, pattern if guard)`: the value and the condition.
    fn asked(&mut self, asked: &Asked, span: Span) -> (ExpressionId, ExpressionId) {
        let value = self.expression(&asked.value);
        let scope = self.open_scope(ScopeKind::Block, span, "");
        let condition = self.inside(scope, |lowering| {
            let at = lowering.of(value).end;
            let condition = lowering.bind_pattern(&asked.pattern, Some(value), None, at);
            let guard = asked.guard.as_ref().map(|guard| lowering.expression(guard));
            match lowering.all_of(condition.into_iter().chain(guard).collect()) {
                Some(condition) => condition,
                None => lowering.unknown(span),
            }
        });
        (value, condition)
    }

    /// What a formatted text is made of: the arguments and the names within the text's braces.
    fn formatted(&mut self, arguments: &[Argument]) -> Vec<ExpressionId> {
        let mut parts: Vec<ExpressionId> = arguments.iter().map(|argument| argument.value).collect();
        let Some(&first) = parts.first() else { return parts };
        let ExpressionKind::Literal(Literal::Text(text)) = &self.facts.expression(first).kind else { return parts };
        let (text, span) = (text.clone(), self.of(first));
        for held in text.split('{').skip(1) {
            let name = held.split(['}', ':']).next().unwrap_or_default();
            if syn::parse_str::<syn::Ident>(name).is_ok() {
                parts.push(self.add(ExpressionKind::Name(name.into()), span));
            }
        }
        parts
    }

    fn token_arguments(&mut self, tokens: TokenStream) -> Vec<Argument> {
        let Ok(expressions) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) else {
            self.loose(tokens);
            return Vec::new();
        };
        let mut arguments = Vec::new();
        for expression in &expressions {
            arguments.push(match expression {
                // A named argument, not an assignment.
                Expr::Assign(it) if matches!(&*it.left, Expr::Path(_)) => {
                    let name = match &*it.left {
                        Expr::Path(left) => left.path.get_ident().map(plain).unwrap_or_default(),
                        _ => String::new(),
                    };
                    Argument { kind: ArgumentKind::Keyword(name.into()), value: self.expression(&it.right) }
                }
                other => Argument { kind: ArgumentKind::Positional, value: self.expression(other) },
            });
        }
        arguments
    }

    /// Looks for code in tokens of unknown grammar: each stretch between separators that parses as
    /// statements or an expression is lowered, else its bracketed parts are tried.
    fn loose(&mut self, tokens: TokenStream) {
        let near = self.facts.expressions.last().map_or(Span::new(0, 0), |last| last.span);
        self.branch(PERHAPS, near, |lowering| {
            lowering.nested(near, |lowering| {
                if let Ok(statements) = syn::Block::parse_within.parse2(tokens.clone()) {
                    lowering.statements(&statements);
                    return;
                }
                for piece in pieces(tokens) {
                    lowering.piece(piece);
                }
            });
        });
    }

    /// Tokens `syn` took but has no tree for. Parsing them again would end here again, so only their parts
    /// are tried.
    fn verbatim(&mut self, tokens: TokenStream) {
        let mut parts = pieces(tokens);
        if parts.len() > 1 {
            parts.into_iter().for_each(|piece| self.piece(piece));
        } else if let Some(piece) = parts.pop() {
            self.groups(piece);
        }
    }

    fn piece(&mut self, piece: Vec<TokenTree>) {
        let tokens: TokenStream = piece.iter().cloned().collect();
        if let Ok(expression) = syn::parse2::<Expr>(tokens) {
            self.expression(&expression);
            return;
        }
        self.groups(piece);
    }

    fn groups(&mut self, piece: Vec<TokenTree>) {
        for tree in piece {
            if let TokenTree::Group(group) = tree {
                self.loose(group.stream());
            }
        }
    }
}

/// The body of a macro definition with its `$name`s as plain names, so that it parses.
fn without_dollars(tokens: TokenStream) -> TokenStream {
    let is_dollar = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '$');
    tokens
        .into_iter()
        .filter(|tree| !is_dollar(tree))
        .map(|tree| match tree {
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), without_dollars(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
}

/// Cuts tokens at `,`, `;`, `=>`, `=` and `:`.
fn pieces(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut pieces = vec![Vec::new()];
    let mut joined_to_last = false;
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let mut is_separator = false;
        let mut joins = false;
        if let TokenTree::Punct(punct) = &tree {
            if punct.as_char() == '#' {
                trees.next_if(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '!'));
                if trees.next_if(is_documentation).is_some() {
                    continue;
                }
            }
            joins = punct.spacing() == Spacing::Joint;
            match punct.as_char() {
                ',' | ';' => is_separator = true,
                ':' if !joined_to_last && !joins => is_separator = true,
                '=' if !joined_to_last => {
                    let arrow = matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '>');
                    is_separator = !joins || arrow;
                    if joins && arrow {
                        trees.next();
                        joins = false;
                    }
                }
                _ => {}
            }
        }
        joined_to_last = joins;
        if is_separator {
            pieces.push(Vec::new());
        } else if let Some(piece) = pieces.last_mut() {
            // A bare block ends a piece: `pattern => { … } pattern => …`.
            let ends =
                matches!(&tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace) && piece.is_empty();
            piece.push(tree);
            if ends {
                pieces.push(Vec::new());
            }
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// A doc comment reads as `#[doc = "…"]`.
fn is_documentation(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else { return false };
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}

/// The arguments of `matches!`.
struct Asked {
    value: Expr,
    pattern: Pat,
    guard: Option<Expr>,
}

fn asked(input: syn::parse::ParseStream) -> syn::Result<Asked> {
    let value = input.parse()?;
    input.parse::<Token![,]>()?;
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    let guard = match input.parse::<Option<Token![if]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    input.parse::<Option<Token![,]>>()?;
    Ok(Asked { value, pattern, guard })
}

fn repeated(input: syn::parse::ParseStream) -> syn::Result<(Expr, Expr)> {
    let item = input.parse()?;
    input.parse::<Token![;]>()?;
    Ok((item, input.parse()?))
}

/// An identifier without the `r#` of a raw one.
fn plain(name: &syn::Ident) -> String {
    name.unraw().to_string()
}

fn add_import(imports: &mut Vec<(String, Vec<Name>)>, module: String, name: Option<Name>) {
    match imports.iter_mut().find(|(known, names)| *known == module && names.is_empty() == name.is_none()) {
        Some((_, names)) => names.extend(name),
        None => imports.push((module, name.into_iter().collect())),
    }
}

fn is_use(piece: &[TokenTree]) -> bool {
    piece.iter().any(|tree| matches!(tree, TokenTree::Ident(name) if name == "use"))
}

fn first_of(signature: &syn::Signature) -> proc_macro2::Span {
    let modifiers = [
        signature.constness.map(|it| it.span),
        signature.asyncness.map(|it| it.span),
        signature.unsafety.map(|it| it.span),
        signature.abi.as_ref().map(|it| it.extern_token.span),
    ];
    modifiers.into_iter().flatten().next().unwrap_or(signature.fn_token.span)
}

fn end_of_struct(structure: &syn::ItemStruct) -> proc_macro2::Span {
    match (&structure.semi_token, &structure.fields) {
        (Some(semicolon), _) => semicolon.span,
        (None, syn::Fields::Named(fields)) => fields.brace_token.span.close(),
        (None, syn::Fields::Unnamed(_) | syn::Fields::Unit) => structure.ident.span(),
    }
}

fn first_generic(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// What stands before a statement that is no item: `#[cfg(test)] { … }`.
fn attributes_of(statement: &syn::Stmt) -> &[syn::Attribute] {
    match statement {
        syn::Stmt::Local(it) => &it.attrs,
        syn::Stmt::Macro(it) => &it.attrs,
        syn::Stmt::Expr(Expr::Block(it), _) => &it.attrs,
        syn::Stmt::Expr(Expr::Assign(it), _) => &it.attrs,
        syn::Stmt::Expr(Expr::Call(it), _) => &it.attrs,
        syn::Stmt::Expr(Expr::MethodCall(it), _) => &it.attrs,
        syn::Stmt::Expr(Expr::If(it), _) => &it.attrs,
        syn::Stmt::Expr(Expr::Return(it), _) => &it.attrs,
        syn::Stmt::Expr(Expr::Unsafe(it), _) => &it.attrs,
        syn::Stmt::Item(_) | syn::Stmt::Expr(..) => &[],
    }
}

/// Whether an attribute makes its item test code: `#[test]`, `#[tokio::test]`, `#[cfg(test)]` …
fn is_test_attribute(attribute: &syn::Attribute) -> bool {
    let Some(last) = attribute.path().segments.last() else { return false };
    let name = last.ident.to_string();
    match &attribute.meta {
        syn::Meta::List(list) if name == "cfg" => {
            list.parse_args::<syn::Meta>().is_ok_and(|predicate| needs_test(&predicate))
        }
        _ => matches!(name.as_str(), "test" | "rstest" | "test_case" | "wasm_bindgen_test" | "quickcheck" | "bench"),
    }
}

/// Whether a `cfg` predicate only holds in test builds.
fn needs_test(predicate: &syn::Meta) -> bool {
    match predicate {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) => {
            let Ok(parts) = list.parse_args_with(Punctuated::<syn::Meta, Token![,]>::parse_terminated) else {
                return false;
            };
            (list.path.is_ident("all") && parts.iter().any(needs_test))
                || (list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(needs_test))
        }
        syn::Meta::NameValue(_) => false,
    }
}

/// Whether a pattern matches the variant of that name: `Err(_)`, `Result::Err(e)`.
fn pattern_names(pattern: &Pat, variant: &str) -> bool {
    match pattern {
        Pat::TupleStruct(it) => it.path.segments.last().is_some_and(|last| last.ident == variant),
        Pat::Or(it) => it.cases.iter().all(|case| pattern_names(case, variant)),
        Pat::Paren(it) => pattern_names(&it.pat, variant),
        Pat::Reference(it) => pattern_names(&it.pat, variant),
        Pat::Ident(it) => it.subpat.as_ref().is_some_and(|(_, inner)| pattern_names(inner, variant)),
        _ => false,
    }
}

/// Whether an `if let` asks for that variant.
fn tests_for(condition: &Expr, variant: &str) -> bool {
    matches!(condition, Expr::Let(it) if pattern_names(&it.pat, variant))
}

/// Whether an expression has no value to speak of: a loop, an `if` without `else`.
fn is_empty(expression: &Expr) -> bool {
    match expression {
        Expr::If(it) => it.else_branch.is_none(),
        Expr::While(_) | Expr::ForLoop(_) | Expr::Assign(_) => true,
        _ => false,
    }
}

fn diverges(expression: &Expr) -> bool {
    match expression {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Macro(it) => macro_diverges(&it.mac),
        Expr::Call(it) => ends_process(&it.func),
        Expr::Block(it) if it.label.is_none() => block_diverges(&it.block),
        Expr::Unsafe(it) => block_diverges(&it.block),
        Expr::If(it) => {
            block_diverges(&it.then_branch) && it.else_branch.as_ref().is_some_and(|(_, otherwise)| diverges(otherwise))
        }
        Expr::Match(it) => !it.arms.is_empty() && it.arms.iter().all(|arm| diverges(&arm.body)),
        _ => false,
    }
}

fn block_diverges(block: &syn::Block) -> bool {
    match block.stmts.last() {
        Some(syn::Stmt::Expr(last, _)) => diverges(last),
        Some(syn::Stmt::Macro(last)) => macro_diverges(&last.mac),
        Some(syn::Stmt::Local(_) | syn::Stmt::Item(_)) | None => false,
    }
}

/// `process::exit`, `std::process::abort`.
fn ends_process(function: &Expr) -> bool {
    let Expr::Path(function) = function else { return false };
    let mut segments = function.path.segments.iter().rev();
    segments.next().is_some_and(|last| last.ident == "exit" || last.ident == "abort")
        && segments.next().is_some_and(|module| module.ident == "process")
}

fn macro_diverges(call: &syn::Macro) -> bool {
    call.path.segments.last().is_some_and(|last| {
        ["panic", "unreachable", "todo", "unimplemented", "bail", "compile_error"].iter().any(|name| last.ident == name)
    })
}

fn is_assignment(operator: &syn::BinOp) -> bool {
    matches!(
        operator,
        syn::BinOp::AddAssign(_)
            | syn::BinOp::SubAssign(_)
            | syn::BinOp::MulAssign(_)
            | syn::BinOp::DivAssign(_)
            | syn::BinOp::RemAssign(_)
            | syn::BinOp::BitXorAssign(_)
            | syn::BinOp::BitAndAssign(_)
            | syn::BinOp::BitOrAssign(_)
            | syn::BinOp::ShlAssign(_)
            | syn::BinOp::ShrAssign(_)
    )
}

/// What a look at the characters tells before there is a tree, which has no comments.
struct Lexed {
    regions: Vec<Region>,
    too_deep: Option<Span>,
}

/// Words after which an expression or a type stands within another without brackets.
const NESTING_WORDS: [&[u8]; 16] = [
    b"async", b"break", b"const", b"dyn", b"fn", b"if", b"impl", b"let", b"match", b"move", b"mut", b"raw", b"return",
    b"static", b"while", b"yield",
];

fn last(open: &mut [usize]) -> &mut usize {
    open.last_mut().expect("the file's own count is never popped")
}

fn lex(text: &str) -> Lexed {
    let bytes = text.as_bytes();
    let mut lexed = Lexed { regions: Vec::new(), too_deep: None };
    let (mut at, mut prefix) = (0, 0_usize);
    // For the file and each open bracket, what nests there without a bracket of its own.
    let mut open = vec![0_usize];
    let mut before = b';';
    while at < bytes.len() {
        let start = at;
        let rest = &bytes[at..];
        let mut region = None;
        match rest {
            [b'/', b'/', ..] => {
                at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let is_doc = rest.starts_with(b"//!") || (rest.starts_with(b"///") && !rest.starts_with(b"////"));
                region = Some(if is_doc { RegionKind::Docstring } else { RegionKind::Comment });
            }
            [b'/', b'*', ..] => {
                at += block_comment(rest);
                let is_plain = rest.starts_with(b"/**/") || rest.starts_with(b"/***");
                let is_doc = rest.starts_with(b"/*!") || (rest.starts_with(b"/**") && !is_plain);
                region = Some(if is_doc { RegionKind::Docstring } else { RegionKind::Comment });
            }
            [b'"', ..] => {
                at += quoted(rest, b'"');
                region = Some(RegionKind::String);
            }
            [b'\'', b'\\', ..] => at += quoted(rest, b'\''),
            [b'\'', ..] => {
                // `'x'` is a character, `'x` a lifetime.
                let width = text[at + 1..].chars().next().map_or(0, char::len_utf8);
                at += if bytes.get(at + 1 + width) == Some(&b'\'') { width + 2 } else { 1 };
            }
            [first, ..] if first.is_ascii_alphanumeric() || *first == b'_' || *first >= 0x80 => {
                let length = rest
                    .iter()
                    .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))
                    .unwrap_or(rest.len());
                let after = &rest[length..];
                at += length;
                match &rest[..length] {
                    word if NESTING_WORDS.contains(&word) => *last(&mut open) += 1,
                    b"r" | b"br" | b"cr" => {
                        if let Some(raw) = raw_string(after) {
                            at += raw;
                            region = Some(RegionKind::String);
                        }
                    }
                    b"b" | b"c" if after.first() == Some(&b'"') => {
                        at += quoted(after, b'"');
                        region = Some(RegionKind::String);
                    }
                    b"b" if after.first() == Some(&b'\'') => at += quoted(after, b'\''),
                    _ => {}
                }
            }
            [b'(' | b'[' | b'{', ..] => {
                open.push(0);
                at += 1;
            }
            [close @ (b')' | b']' | b'}'), ..] => {
                if open.len() > 1 {
                    open.pop();
                }
                if *close == b'}' {
                    *last(&mut open) = 0;
                }
                at += 1;
            }
            [b';' | b',', ..] => {
                *last(&mut open) = 0;
                at += 1;
            }
            [b'>', ..] if !matches!(before, b'-' | b'=') => {
                *last(&mut open) = last(&mut open).saturating_sub(1);
                at += 1;
            }
            [b'<' | b'=' | b'@', ..] | [b'-', b'>', ..] | [b':', b':', ..] => {
                *last(&mut open) += 1;
                at += 1;
            }
            // Only before an operand: `a | b | c` does not nest, `|a| |b| c` does.
            [b'|' | b'&' | b'*', ..]
                if !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b')' | b']' | b'"' | b'\'')) =>
            {
                *last(&mut open) += 1;
                at += 1;
            }
            _ => at += 1,
        }
        if matches!(region, None | Some(RegionKind::String)) && !rest[0].is_ascii_whitespace() {
            before = bytes[at - 1];
        }
        prefix = match rest[0] {
            b'!' | b'-' | b'*' | b'&' | b'|' | b'<' => prefix + 1,
            byte if byte.is_ascii_whitespace() => prefix,
            _ => 0,
        };
        let span = Span::new(start as u32, at as u32);
        if let Some(kind) = region {
            lexed.regions.push(Region { kind, span });
        }
        if open.len() - 1 > DEEPEST_BRACKETS || *last(&mut open) > LONGEST_CHAIN || prefix > LONGEST_PREFIX {
            lexed.too_deep.get_or_insert(span);
        }
    }
    lexed
}

/// The length of a block comment; they nest.
fn block_comment(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (2, 1);
    while at < bytes.len() && depth > 0 {
        match &bytes[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

/// The length of a literal with escapes, from its opening quote on.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of a raw string from its `#`s on, or nothing when it is a raw identifier.
fn raw_string(bytes: &[u8]) -> Option<usize> {
    let hashes = bytes.iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(hashes) != Some(&b'"') {
        return None;
    }
    let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &bytes[hashes + 1..];
    Some(memchr::memmem::find(body, &closing).map_or(bytes.len(), |end| hashes + 1 + end + closing.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares every fact of one file, one a line, in a short notation.
    fn check(text: &str, expected: &str) {
        let facts = read(text, Wanted { regions: true, ..Wanted::default() });
        let mut lines = Vec::new();
        for import in &facts.imports {
            lines.push(format!("import {} [{}] {:?}", import.module, import.names.join(" "), import.context));
        }
        for binding in &facts.bindings {
            let kind = match &binding.kind {
                BindingKind::Value(value) => show(&facts, *value),
                BindingKind::Definition(scope) => format!("definition {}", scope.0),
                BindingKind::ItemOf(value, item) => format!("item {item} of {}", show(&facts, *value)),
                BindingKind::MemberOf(value, member) => format!("{member} of {}", show(&facts, *value)),
                BindingKind::Parameter { index, annotation, default } => format!(
                    "parameter{}: {} = {}",
                    index.map_or(String::new(), |index| format!(" {index}")),
                    annotation.map_or("?".to_owned(), |id| show(&facts, id)),
                    default.map_or("?".to_owned(), |id| show(&facts, id))
                ),
                other => format!("{other:?}"),
            };
            lines.push(format!("{} {}", binding.name, kind));
        }
        for mutation in &facts.mutations {
            if let MutationKind::SetItem { key, value } = &mutation.kind {
                let parts = [mutation.target, *key, *value].map(|id| show(&facts, id));
                lines.push(format!("set {}[{}] = {}", parts[0], parts[1], parts[2]));
            }
        }
        for call in &facts.calls {
            let span = facts.expression(*call).span;
            let written = &text[span.start as usize..span.end as usize];
            lines.push(format!("call {} `{written}`", show(&facts, *call)));
        }
        for definition in &facts.definitions {
            for returned in &definition.returns {
                let mark = if returned.on_error { " on error" } else { "" };
                let name = if definition.name.is_empty() { "closure" } else { &definition.name };
                lines.push(format!("{name} returns {}{mark}", show(&facts, returned.value)));
            }
        }
        for span in &facts.test_spans {
            let end = (span.end as usize).min(text.len());
            lines.push(format!("test `{}`", &text[span.start as usize..end]));
        }
        for region in &facts.regions {
            if region.kind != RegionKind::Code {
                lines.push(format!(
                    "{:?} `{}`",
                    region.kind,
                    &text[region.span.start as usize..region.span.end as usize]
                ));
            }
        }
        for error in &facts.syntax_errors {
            lines.push(format!("error {}..{} {}", error.span.start, error.span.end, error.message));
        }
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, expected, "\n{}\n", lines.join("\n"));
    }

    /// Compares the blocks, discarded calls, exports and parameters of one file.
    fn check_flow(text: &str, expected: &str) {
        let facts = read(text, Wanted::default());
        let mut lines = Vec::new();
        for (index, block) in facts.blocks.iter().enumerate().skip(1) {
            let kind = match block.kind {
                BlockKind::Branch { condition: Some(condition), holds } => {
                    format!("if {}{}", if holds { "" } else { "not " }, show(&facts, condition))
                }
                BlockKind::Branch { condition: None, .. } => "perhaps".to_owned(),
                BlockKind::Handler { of } => format!("handles {}", of.0),
                kind => format!("{kind:?}"),
            };
            let parent = block.parent.map_or(0, |parent| parent.0);
            lines.push(format!("{index} in {parent} {kind}{}", if block.leaves { " leaves" } else { "" }));
        }
        lines.extend(facts.discarded.iter().map(|&call| format!("discard {}", show(&facts, call))));
        for export in &facts.exports {
            lines.push(format!("export {} {:?}", export.name, export.target));
        }
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, expected, "\n{}\n", lines.join("\n"));
    }

    fn show(facts: &FileFacts, id: ExpressionId) -> String {
        let list = |ids: &[ExpressionId]| ids.iter().map(|id| show(facts, *id)).collect::<Vec<_>>().join(", ");
        match &facts.expression(id).kind {
            ExpressionKind::Literal(Literal::Text(text)) => format!("{text:?}"),
            ExpressionKind::Literal(Literal::Number(number)) => number.to_string(),
            ExpressionKind::Literal(Literal::Bool(value)) => value.to_string(),
            ExpressionKind::Name(name) => name.to_string(),
            ExpressionKind::Member { object, name, .. } => format!("{}.{name}", show(facts, *object)),
            ExpressionKind::Index { object, index } => format!("{}[{}]", show(facts, *object), show(facts, *index)),
            ExpressionKind::Call { callee, arguments } => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| match &argument.kind {
                        ArgumentKind::Keyword(name) => format!("{name} = {}", show(facts, argument.value)),
                        ArgumentKind::SpreadKeyword => format!("..{}", show(facts, argument.value)),
                        _ => show(facts, argument.value),
                    })
                    .collect();
                format!("{}({})", show(facts, *callee), arguments.join(", "))
            }
            ExpressionKind::Sequence { items, open } => format!("[{}{}]", list(items), if *open { ", .." } else { "" }),
            ExpressionKind::Either(values) => format!("either({})", list(values)),
            ExpressionKind::Both(values) => format!("both({})", list(values)),
            ExpressionKind::Conditional { condition, then, otherwise } => {
                let parts = [*condition, *then, *otherwise].map(|id| show(facts, id));
                format!("({} ? {} : {})", parts[0], parts[1], parts[2])
            }
            ExpressionKind::Compare { comparison, left, right } => {
                format!("({} {comparison:?} {})", show(facts, *left), show(facts, *right))
            }
            ExpressionKind::Compound(parts) => format!("made({})", list(parts)),
            ExpressionKind::Not(inner) => format!("!{}", show(facts, *inner)),
            ExpressionKind::Receiver(scope) => format!("self:{}", facts.scope(*scope).name),
            ExpressionKind::Function(scope) => format!("|{}|", facts.scope(*scope).name),
            ExpressionKind::Mapping(_)
            | ExpressionKind::Literal(Literal::Null)
            | ExpressionKind::Merge(..)
            | ExpressionKind::Module(_) => "!?".to_owned(),
            ExpressionKind::Unknown => "?".to_owned(),
        }
    }

    #[test]
    fn imports() {
        check(
            "use jsonwebtoken::{decode as d, Validation, dangerous::{self, insecure_decode}};
             use jsonwebtoken as jwt; use a::*; pub use crate::auth::verify; extern crate josekit as j;
             mod keys; mod inner { use super::x; use self::y::z; }",
            r#"
            import jsonwebtoken [decode Validation] Top
            import jsonwebtoken.dangerous [] Top
            import jsonwebtoken.dangerous [insecure_decode] Top
            import jsonwebtoken [] Top
            import a [*] Top
            import crate.auth [verify] ReExport
            import josekit [] Top
            import self [x] Nested
            import self.inner.y [z] Nested
            d Import("jsonwebtoken.decode")
            Validation Import("jsonwebtoken.Validation")
            dangerous Import("jsonwebtoken.dangerous")
            insecure_decode Import("jsonwebtoken.dangerous.insecure_decode")
            jwt Import("jsonwebtoken")
            * StarImport("a")
            verify Import("crate.auth.verify")
            j Import("josekit")
            keys Import("self.keys")
            inner definition 1
            x Import("self.x")
            z Import("self.inner.y.z")"#,
        );
    }

    #[test]
    fn values_and_calls() {
        check(
            r#"fn check(token: &str, keys: Arc<m::Keys>) -> Result<Claims> {
                 let mut v = Validation::new(Algorithm::HS256);
                 v.validate_exp = false;
                 v.insecure_disable_signature_validation();
                 let w: Validation = Default::default();
                 let o = Validation { leeway: 1_000u64, ..Validation::default() };
                 v = if fast { o } else { w };
                 let (a, b) = (b"x", -1);
                 Ok(jsonwebtoken::decode::<Claims>(token, &keys.one, &v)?.claims)
               }"#,
            r#"
            check definition 1
            token parameter 0: str = ?
            keys parameter 1: m.Keys = ?
            v Validation.new(Algorithm.HS256)
            w parameter: Validation = Default.default()
            o Validation(..Validation.default(), leeway = 1000)
            v (fast ? o : w)
            a "x"
            b -1
            set v["validate_exp"] = false
            call Validation.new(Algorithm.HS256) `Validation::new(Algorithm::HS256)`
            call v.insecure_disable_signature_validation() `v.insecure_disable_signature_validation()`
            call Default.default() `Default::default()`
            call Validation.default() `Validation::default()`
            call Validation(..Validation.default(), leeway = 1000) `Validation { leeway: 1_000u64, ..Validation::default() }`
            call jsonwebtoken.decode(token, keys.one, v) `jsonwebtoken::decode::<Claims>(token, &keys.one, &v)`
            check returns jsonwebtoken.decode(token, keys.one, v).claims
            String `b"x"`"#,
        );
    }

    #[test]
    fn parts_of_values() {
        check(
            "fn f(State(a): State<Keys>, (b, _): (u8, u8), Claims { sub, .. }: Claims, &c: &u8) {
               let (d, e) = pair; let [g, .., h] = s.split(); let Token { header: (i, _), claims } = t;
               if let Some(j @ Claims { k, .. }) = m { }
             }",
            "
            f definition 1
            a parameter 0: Keys = ?
            1 parameter 1: ? = ?
            b item 0 of 1
            2 parameter 2: Claims = ?
            sub sub of 2
            c parameter 3: u8 = ?
            d item 0 of pair
            e item 1 of pair
            g item 0 of s.split()
            h Opaque
            i item 0 of t.header
            claims claims of t
            j m
            k k of m
            call s.split() `s.split()`",
        );
    }

    #[test]
    fn values_handed_on() {
        check(
            r#"fn f() { let a = b().await?.as_ref().unwrap().to_owned(); let c = d().ok().unwrap_or("x");
                 let e = g.or_else(|_| h()); let i = j.unwrap_or_default(); let k: K = l.into(); let m = n.map_err(E)?;
                 let o = format!("{p}-{}", q); let r = s + "t" - u; let v = &w[1..]; }"#,
            r#"
            f definition 1
            a either(either(either(b())))
            c either(either(d()), "x")
            e either(g, h())
            i either(j, ?)
            k parameter: K = either(l)
            m either(n)
            o made("{p}-{}", q, p)
            r made(s, "t", u)
            v made(w, made(1))
            call b() `b()`
            call b().as_ref() `b().await?.as_ref()`
            call either(b()).unwrap() `b().await?.as_ref().unwrap()`
            call either(either(b())).to_owned() `b().await?.as_ref().unwrap().to_owned()`
            call d() `d()`
            call d().ok() `d().ok()`
            call either(d()).unwrap_or("x") `d().ok().unwrap_or("x")`
            call h() `h()`
            call g.or_else(||) `g.or_else(|_| h())`
            call j.unwrap_or_default() `j.unwrap_or_default()`
            call l.into() `l.into()`
            call n.map_err(E) `n.map_err(E)`
            call format!("{p}-{}", q) `format!("{p}-{}", q)`
            closure returns h() on error
            String `"x"`
            String `"{p}-{}"`
            String `"t"`"#,
        );
    }

    #[test]
    fn conditions() {
        check(
            "fn f() -> R { let a = b == c && !d || e < g; let h = matches!(i, Some(J::K | J::L) if m);
               match n { 1 => o, J::K if p => { q } Ok(true) => return r, _ => t } }",
            "
            f definition 1
            a either(both((b Equal c), !d), (e Other g))
            h both(both((i Other Some), either((i Equal J.K), (i Equal J.L))), m)
            call matches!(i) `matches!(i, Some(J::K | J::L) if m)`
            f returns r
            f returns o
            f returns q
            f returns t",
        );
        check(
            "fn f() { x += y; s.k -= z(); }",
            r#"
            f definition 1
            x made(x, y)
            set s["k"] = made(s.k, z())
            call z() `z()`"#,
        );
    }

    #[test]
    fn blocks() {
        check_flow(
            "fn f() { if a { return; } else if b { c } else { panic!() } while let Some(x) = d { break } loop { continue; }
               let Ok(e) = g else { bail!(h) }; let i = move |j| { return j; }; async { return k; };
               if cfg!(debug_assertions) { std::process::exit(1) } }",
            "
            1 in 0 Body
            2 in 1 if a leaves
            3 in 1 if not a
            4 in 3 if b
            5 in 3 if not b leaves
            6 in 1 Loop leaves
            7 in 1 Loop leaves
            8 in 1 if not (g Other Ok) leaves
            9 in 1 Body leaves
            10 in 1 Body leaves
            11 in 1 if cfg!(debug_assertions) leaves",
        );
        check_flow(
            r#"fn f() { match a { "x" | "y" => b(), Ok(true) if c => {}, Err(_) => return, d => {} } e && g() || h(); }"#,
            r#"
            1 in 0 Body
            2 in 1 Try
            3 in 1 if either((a Equal "x"), (a Equal "y"))
            4 in 1 if both((a Other Ok), (a Equal true))
            5 in 4 if c
            6 in 1 handles 2 leaves
            7 in 1 perhaps
            8 in 1 if e
            9 in 1 if not both(e, g())"#,
        );
        check_flow(
            "fn f() { if let Ok(a) = b() { return a; } if let Err(_) = c() { d() } else { e() } }",
            "
            1 in 0 Body
            2 in 1 Try
            3 in 1 if (b() Other Ok) leaves
            4 in 1 handles 2
            5 in 1 Try
            6 in 1 handles 5
            7 in 1 if not (c() Other Err)",
        );
        check_flow(
            "fn f() { a().unwrap_or_else(|_| b()); c().map_err(|e| d(e))?; }",
            "
            1 in 0 Body
            2 in 1 Try
            3 in 1 handles 2
            4 in 1 handles 1
            discard a().unwrap_or_else(||)",
        );
    }

    #[test]
    fn discarded_calls_and_exports() {
        check_flow(
            "fn f() { a(); let _ = b().await.ok(); c.d()?; let e = g(); h().unwrap(); k!(); i() }
             pub use l::{m as n, o::*}; mod p { pub use q::r; }",
            r#"
            1 in 0 Body
            discard a()
            discard b().ok()
            discard b()
            discard h().unwrap()
            export n Import("l.m")
            export * Import("l.o")"#,
        );
    }

    #[test]
    fn types_and_receivers() {
        check(
            "impl Gate { const ON: bool = !true; fn run(&self) -> u8 { self.v.go(); self.limit = 2; Self::make() } }
             struct Gate { v: Verifier }
             impl Loud for other::Thing { fn shout(&self) { self.shout() } }",
            r#"
            ON !true
            run definition 2
            limit 2
            Gate definition 1
            v parameter: Verifier = ?
            shout definition 4
            call self:Gate.v.go() `self.v.go()`
            call self:Gate.make() `Self::make()`
            call self:Thing.shout() `self.shout()`
            run returns self:Gate.make()
            shout returns self:Thing.shout()"#,
        );
    }

    #[test]
    fn error_branches() {
        check(
            "fn a() { match f() { Ok(t) => t, Err(_) => g() } }
             fn b() { if let Err(_) = f() { return g(); } let Ok(x) = f() else { return h() }; x }",
            "
            a definition 1
            t f()
            b definition 4
            x f()
            call f() `f()`
            call g() `g()`
            call f() `f()`
            call g() `g()`
            call f() `f()`
            call h() `h()`
            a returns t
            a returns g() on error
            b returns g() on error
            b returns h() on error
            b returns x",
        );
    }

    #[test]
    fn macros_and_closures() {
        check(
            r#"fn f() { let c = |x: Key| x.open(); let v = vec![Algorithm::HS256]; assert_eq!(a(), 1, name = b());
               tokio::select! { r = c() => { d(r) } } }
               macro_rules! m { ($t:expr) => { insecure($t) }; }"#,
            r#"
            f definition 1
            x parameter 0: Key = ?
            c |c|
            v [Algorithm.HS256]
            call x.open() `x.open()`
            call a() `a()`
            call b() `b()`
            call assert_eq!(a(), 1, name = b()) `assert_eq!(a(), 1, name = b())`
            call c() `c()`
            call d(r) `d(r)`
            call tokio.select!() `tokio::select! { r = c() => { d(r) } }`
            call insecure(t) `insecure($t)`
            f returns tokio.select!()
            c returns x.open()"#,
        );
    }

    #[test]
    fn tests_attributes_and_regions() {
        check(
            "//! é\n#[cfg(all(test, unix))] mod tests { }\n#[tokio::test] fn t() {}\n#[get(path = \"/x\")] fn r<'a>() { let c = '\"'; } // end\n/* a /* b */ */ const S: &str = r#\"q\"q\"#;",
            r##"
            tests definition 1
            t definition 2
            r definition 3
            c "\""
            S "q\"q"
            call all(test, unix) `all(test, unix)`
            call cfg(all(test, unix)) `cfg(all(test, unix))`
            call get(path = "/x") `get(path = "/x")`
            test `#[cfg(all(test, unix))] mod tests { }`
            test `#[tokio::test] fn t() {}`
            Docstring `//! é`
            String `"/x"`
            Comment `// end`
            Comment `/* a /* b */ */`
            String `r#"q"q"#`"##,
        );
    }

    #[test]
    fn a_broken_item_hides_only_itself() {
        check(
            "use a::b;\nfn broken(-> u8) { c() }\nfn fine() { d() }",
            r#"
            import a [b] Top
            b Import("a.b")
            fine definition 4
            call c() `c()`
            call d() `d()`
            fine returns d()
            error 20..21 expected one of: literal, identifier, `::`, `<`, `self`, `Self`, `super`, `crate`, `const`"#,
        );
        check("fn f() { (", "error 9..9 brackets do not match or a literal does not end");
    }

    #[test]
    fn offsets_hold_after_a_mark_a_script_line_and_other_files() {
        for text in ["\u{FEFF}fn f() { é() }", "#!/usr/bin/env run\nfn f() { é() }", "fn f() { /* ö */ é() }"] {
            let facts = read(text, Wanted::default());
            let span = facts.expression(facts.calls[0]).span;
            assert_eq!(&text[span.start as usize..span.end as usize], "é()", "{text}");
        }
    }

    #[test]
    fn deep_code_is_an_error_and_not_a_crash() {
        let deep = [
            format!("fn f() {{ {}{} }}", "(".repeat(5_000), ")".repeat(5_000)),
            format!("fn f() {{ {}x }}", "!".repeat(50_000)),
            format!("fn f() {{ x{} }}", ".a()".repeat(20_000)),
            format!("fn f() {{ if a {{}} {} }}", "else if a {}".repeat(3_000)),
        ];
        let examine = move || {
            for text in deep {
                let facts = read(&text, Wanted::default());
                assert_eq!(facts.syntax_errors.len(), 1, "{}", &text[..40]);
            }
            let sum = format!("fn f() {{ 1{} }}", " + 1".repeat(5_000));
            assert_eq!(read(&sum, Wanted::default()).syntax_errors.len(), 0);
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(examine).expect("a thread starts");
        thread.join().expect("no panic");
    }
}
