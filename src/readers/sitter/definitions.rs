//! Functions, classes, the names they declare, and what assignments change.

use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Part;
use super::lowering::Parts;
use super::lowering::Wants;
use super::span;
use crate::fact::BindingKind;
use crate::fact::BlockKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::IdentifierRole;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Mutation;
use crate::fact::MutationKind;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use rustc_hash::FxHashSet;
use tree_sitter::Node;

pub(super) const NAME: &[&str] = &["name", "pattern", "identifier", "variable_declaration", "constant"];
pub(super) const TYPE: &[&str] = &["type", "user_type", "nullable_type"];
const PARAMETERS: [&str; 5] =
    ["parameters", "function_value_parameters", "lambda_parameters", "class_parameters", "primary_constructor"];
pub(super) const FUNCTION_BODY: &[&str] = &["body", "function_body", "block"];
const CLASS_BODY: &[&str] = &["body", "class_body", "enum_class_body", "template_body"];
const VALUE: &[&str] = &["value", "default_value"];

/// Members are looked for this deep in a class body: in the body of a companion, in a list of declarators.
const DEEPEST_MEMBER: u32 = 4;

/// A function about to be lowered.
pub(super) struct Function<'t> {
    pub(super) node: Node<'t>,
    pub(super) name: Option<Node<'t>>,
    pub(super) decorators: Vec<ExpressionId>,
    /// The class that its name is a member of, when it is not the one around it.
    pub(super) class: Option<ScopeId>,
    /// What it calls the receiver.
    pub(super) receiver: Option<Name>,
}

impl<'t> Lowering<'t> {
    pub(super) fn function(&mut self, node: Node<'t>) {
        let decorators = self.decorators(node);
        let name = self.parts(node).get(NAME);
        let (class, receiver) = (None, self.receiver.clone());
        self.define_function(Function { node, name, decorators, class, receiver });
    }

    /// A function without a name; its value.
    pub(super) fn lambda(&mut self, node: Node<'t>) -> ExpressionId {
        let receiver = self.receiver.clone();
        let function = Function { node, name: None, decorators: Vec::new(), class: None, receiver };
        let scope = self.define_function(function);
        self.add(ExpressionKind::Function(scope), node)
    }

    pub(super) fn define_function(&mut self, function: Function<'t>) -> ScopeId {
        let Function { node, name, decorators, class, receiver } = function;
        let text = name.map_or("", |it| self.name_text(it));
        let home = class.unwrap_or(self.scope);
        let around = std::mem::replace(&mut self.scope, home);
        let scope = self.open_scope(ScopeKind::Function, node, text);
        if let Some(name) = name {
            self.identifier(name, IdentifierRole::Definition);
            let home = self.facts.scope(home);
            let is_constructor = home.kind == ScopeKind::Class
                && (home.name == text || self.grammar.habits.constructors.contains(&text));
            if !is_constructor {
                self.bind(text, name, BindingKind::Definition(scope));
            }
        }
        self.scope = around;
        let index = self.facts.definitions.len();
        self.facts.definitions.push(Definition {
            kind: DefinitionKind::Function,
            name: text.into(),
            name_span: span(name.unwrap_or(node)),
            span: span(node),
            scope,
            parameters: Vec::new(),
            decorators,
            bases: Vec::new(),
            returns: Vec::new(),
        });
        let parts = self.parts(node);
        let outer_class = self.class;
        self.class = class.or(self.class);
        self.inside(scope, |lowering| {
            lowering.receiver = receiver;
            lowering.definition = Some(index);
            let mut parameters = lowering.parameters(&parts);
            if let (Meaning::Lambda, Some(implicit)) =
                (lowering.meaning(node), lowering.grammar.habits.implicit_parameter)
                && !parts.nodes().any(|it| matches!(lowering.meaning(it), Meaning::Parameters))
            {
                let kind = BindingKind::Parameter { index: Some(0), annotation: None, default: None };
                lowering.bind(implicit, node, kind);
                if let Some(binding) = lowering.facts.bindings.last_mut() {
                    binding.at = node.start_byte() as u32;
                }
                parameters.push(implicit.into());
            }
            lowering.facts.definitions[index].parameters = parameters;
            lowering.function_body(node, &parts, name.is_none());
        });
        self.class = outer_class;
        scope
    }

    fn function_body(&mut self, node: Node<'t>, parts: &Parts<'t>, is_lambda: bool) {
        if let Some(value) = self.body_value(node, parts, is_lambda) {
            self.add_return(value);
        }
    }

    /// Lowers the body; what it gives back without saying `return`.
    fn body_value(&mut self, node: Node<'t>, parts: &Parts<'t>, is_lambda: bool) -> Option<ExpressionId> {
        let returns_last = self.returns_last(is_lambda);
        let wants = |wanted: bool| if wanted { Wants::Value } else { Wants::Effect };
        match parts.get(FUNCTION_BODY).filter(|_| !matches!(node.kind(), "lambda_literal")) {
            Some(body) => {
                let mut body = self.unwrapped(body);
                // The block of a lambda is no lambda of its own.
                if let Meaning::Lambda = self.meaning(body) {
                    body = self.parts(body).get(FUNCTION_BODY)?;
                }
                let is_block = matches!(self.meaning(body), Meaning::Body | Meaning::Parts);
                self.run(body, wants(returns_last || !is_block))
            }
            // The statements stand in the node itself, after the parameters.
            None if matches!(node.kind(), "lambda_literal" | "lambda_expression") => {
                let is_statement = |it: &Part<'t>| !matches!(it.field, Some("parameters" | "type_parameters"));
                let statements: Vec<Part> = parts.0.iter().copied().filter(is_statement).collect();
                let without = |it: &Part<'t>| !matches!(self.meaning(it.node), Meaning::Parameters);
                let statements: Vec<Part> = statements.into_iter().filter(without).collect();
                self.suite(&statements, wants(returns_last))
            }
            None => None,
        }
    }

    /// Lowers the body of a function or class: its own scope and block.
    fn inside(&mut self, scope: ScopeId, lower: impl FnOnce(&mut Self)) {
        let block = self.facts.add_block(self.block, BlockKind::Body);
        let saved = (
            std::mem::replace(&mut self.scope, scope),
            std::mem::replace(&mut self.block, block),
            self.receiver.clone(),
            self.definition.take(),
            std::mem::replace(&mut self.on_error, false),
            self.arm.take(),
        );
        lower(self);
        (self.scope, self.block, self.receiver, self.definition, self.on_error, self.arm) = saved;
    }

    /// Binds the parameters among these parts of a function or class; their names in the order arguments fill them.
    fn parameters(&mut self, parts: &Parts<'t>) -> Vec<Name> {
        let mut names = Vec::new();
        for part in &parts.0 {
            if !PARAMETERS.iter().any(|it| part.field == Some(it) || part.node.kind() == *it)
                && !matches!(self.meaning(part.node), Meaning::Parameters)
            {
                continue;
            }
            match part.field {
                Some("receiver") => continue,
                // Results with names are variables of the function.
                Some("result") => {
                    for result in self.parts(part.node).0 {
                        if self.parts(result.node).get(&["name"]).is_some() {
                            self.declarator(result.node, None);
                        }
                    }
                    continue;
                }
                _ => {}
            }
            match self.meaning(part.node) {
                Meaning::Parameters => self.parameter_list(part.node, &mut names),
                Meaning::AnyType => {}
                _ => self.parameter(part.node, None, &mut names),
            }
        }
        names
    }

    fn parameter_list(&mut self, list: Node<'t>, names: &mut Vec<Name>) {
        let parts = self.parts(list).0;
        let mut parts = parts.iter().peekable();
        while let Some(part) = parts.next() {
            match self.meaning(part.node) {
                Meaning::Parameters => self.nested(list, |lowering| lowering.parameter_list(part.node, names)),
                // The name of a parameter that stands in the list itself takes the rest of the arguments.
                Meaning::Name if part.field == Some("name") => self.assign_opaque(part.node),
                Meaning::Parameter if self.grammar.habits.defaults_stand_apart => {
                    let is_default =
                        |it: &&Part<'t>| !matches!(self.meaning(it.node), Meaning::Parameter | Meaning::Decorators);
                    let default = parts.next_if(is_default).map(|it| it.node);
                    self.parameter(part.node, default, names);
                }
                Meaning::Parameter
                | Meaning::FieldParameter
                | Meaning::Name
                | Meaning::Variadic
                | Meaning::Declarator
                | Meaning::Targets => self.parameter(part.node, None, names),
                _ => {}
            }
        }
    }

    fn parameter(&mut self, node: Node<'t>, default: Option<Node<'t>>, names: &mut Vec<Name>) {
        let parts = self.parts(node);
        let decorators = self.decorators(node);
        drop(decorators);
        let annotation = parts.get(TYPE).and_then(|it| self.type_expression(it));
        match self.meaning(node) {
            Meaning::Variadic => {
                if let Some(name) = parts.get(NAME).or(parts.last()) {
                    self.identifier(name, IdentifierRole::Parameter);
                    self.bind(self.name_text(name), name, BindingKind::Opaque);
                }
                return;
            }
            // `{ (header, payload) -> … }`: what is taken apart has no name of its own.
            Meaning::Targets => {
                const NAMELESS: &str = "(…)";
                let kind = BindingKind::Parameter { index: Some(names.len() as u32), annotation: None, default: None };
                self.bind(NAMELESS, node, kind);
                let given = self.add(ExpressionKind::Name(NAMELESS.into()), node);
                self.assign(node, given, true);
                names.push(NAMELESS.into());
                return;
            }
            _ => {}
        }
        let default = default.or_else(|| self.initial(&parts)).map(|it| self.expression(it));
        let mut declared: Vec<Node> = parts.all("name").filter(|it| it.is_named()).collect();
        if declared.is_empty() {
            declared.extend(if parts.0.is_empty() { Some(node) } else { parts.get(NAME) });
        }
        if declared.is_empty() {
            names.push("_".into());
        }
        for name in declared {
            let text = self.name_text(name);
            let index = Some(names.len() as u32);
            self.identifier(name, IdentifierRole::Parameter);
            self.bind(text, name, BindingKind::Parameter { index, annotation, default });
            if let (Meaning::FieldParameter, Some(class)) = (self.meaning(node), self.class) {
                self.bind_in(class, text, name, BindingKind::Parameter { index: None, annotation, default });
                let given = self.add(ExpressionKind::Name(text.into()), name);
                self.bind_in(class, text, name, BindingKind::Value(given));
            }
            names.push(text.into());
        }
    }

    /// The value that a declarator or parameter starts with.
    fn initial(&self, parts: &Parts<'t>) -> Option<Node<'t>> {
        let named = parts.get(VALUE);
        let unnamed = || {
            let is_value = |it: &&Part<'t>| {
                it.field.is_none()
                    && !matches!(
                        self.meaning(it.node),
                        Meaning::Name
                            | Meaning::Decorators
                            | Meaning::Decorator
                            | Meaning::TypeName
                            | Meaning::Path
                            | Meaning::TypeOf
                            | Meaning::AnyType
                            | Meaning::Declarator
                            | Meaning::Targets
                            | Meaning::Accessor
                    )
            };
            let names = parts.0.iter().filter(|it| self.is_name_part(it)).count();
            let is_name_value = |it: &&Part<'t>| it.field.is_none() && matches!(self.meaning(it.node), Meaning::Name);
            let last = parts.0.last().filter(is_name_value).filter(|_| names > 1 || parts.get(&["name"]).is_some());
            parts.0.iter().rfind(is_value).or(last).map(|it| it.node)
        };
        named.or_else(unnamed)
    }

    fn is_name_part(&self, part: &Part<'t>) -> bool {
        matches!(self.meaning(part.node), Meaning::Name | Meaning::Declarator)
    }

    pub(super) fn class(&mut self, node: Node<'t>) {
        let decorators = self.decorators(node);
        let name = self.parts(node).get(&["name", "constant", "identifier"]);
        let name = name.map(|it| self.parts(it).get(&["name"]).unwrap_or(it));
        let parts = self.parts(node);
        let bases = self.bases(&parts);
        // Members of a companion are members of its class.
        if let (Meaning::Companion, Some(_)) = (self.meaning(node), self.class)
            && self.facts.scope(self.scope).kind == ScopeKind::Class
        {
            if let Some(body) = parts.get(CLASS_BODY) {
                self.statements(body);
            }
            return;
        }
        let scope = self.open_class(node, name);
        self.define_class(scope, node, name, decorators, bases);
        self.class_body(scope, &parts);
    }

    /// The scope of a class that is defined here, bound to its name.
    pub(super) fn open_class(&mut self, node: Node<'t>, name: Option<Node<'t>>) -> ScopeId {
        let text = name.map_or("", |it| self.name_text(it));
        let scope = self.open_scope(ScopeKind::Class, node, text);
        if let Some(name) = name {
            self.bind(text, name, BindingKind::Definition(scope));
        }
        scope
    }

    pub(super) fn define_class(
        &mut self,
        scope: ScopeId,
        node: Node<'t>,
        name: Option<Node<'t>>,
        decorators: Vec<ExpressionId>,
        bases: Vec<ExpressionId>,
    ) {
        if let Some(name) = name {
            self.identifier(name, IdentifierRole::Definition);
        }
        self.facts.definitions.push(Definition {
            kind: DefinitionKind::Class,
            name: name.map_or("", |it| self.name_text(it)).into(),
            name_span: span(name.unwrap_or(node)),
            span: span(node),
            scope,
            parameters: Vec::new(),
            decorators,
            bases,
            returns: Vec::new(),
        });
    }

    /// Adds what a class takes members from in its body.
    pub(super) fn add_bases(&mut self, bases: impl Iterator<Item = ExpressionId>) {
        let scope = self.scope;
        if let Some(class) = self.facts.definitions.iter_mut().rev().find(|it| it.scope == scope) {
            class.bases.extend(bases);
        }
    }

    pub(super) fn class_body(&mut self, scope: ScopeId, parts: &Parts<'t>) {
        let index = self.facts.definitions.len() - 1;
        let body = parts.get(CLASS_BODY);
        let mut members = FxHashSet::default();
        for part in &parts.0 {
            match self.meaning(part.node) {
                Meaning::Parameters => self.member_names(part.node, DEEPEST_MEMBER, &mut members),
                _ if Some(part.node) == body => self.member_names(part.node, DEEPEST_MEMBER, &mut members),
                _ => {}
            }
        }
        self.members.entry(scope).or_default().extend(members);
        let class = self.class.replace(scope);
        self.inside(scope, |lowering| {
            let parameters = lowering.parameters(parts);
            lowering.facts.definitions[index].parameters = parameters;
            if let Some(body) = body {
                lowering.statements(body);
            }
        });
        self.class = class;
    }

    pub(super) fn constant(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        self.call_arguments(&parts);
        if let Some(name) = parts.get(NAME) {
            self.assign_opaque(name);
        }
        if let Some(body) = parts.get(CLASS_BODY) {
            self.statements(body);
        }
    }

    /// The names that the members of a class body declare.
    fn member_names(&self, node: Node<'t>, depth: u32, members: &mut FxHashSet<Name>) {
        for part in self.parts(node).0 {
            let named = |members: &mut FxHashSet<Name>, names: &[&str]| {
                if let Some(name) = self.parts(part.node).get(names) {
                    members.insert(self.name_text(name).into());
                }
            };
            match self.meaning(part.node) {
                Meaning::Function | Meaning::Class | Meaning::Declarator | Meaning::Constant | Meaning::Parameter => {
                    named(members, NAME);
                }
                Meaning::Declaration if depth > 0 => {
                    named(members, &["name", "pattern"]);
                    self.member_names(part.node, depth - 1, members);
                }
                Meaning::Assignment => named(members, &["left"]),
                Meaning::Parts | Meaning::Body | Meaning::Companion | Meaning::Parameters if depth > 0 => {
                    self.member_names(part.node, depth - 1, members);
                }
                _ => {}
            }
        }
    }

    /// The types that a class extends.
    pub(super) fn bases(&mut self, parts: &Parts<'t>) -> Vec<ExpressionId> {
        let mut bases = Vec::new();
        for part in &parts.0 {
            if let Meaning::Bases = self.meaning(part.node) {
                self.base_types(part.node, &mut bases);
            }
        }
        bases
    }

    fn base_types(&mut self, node: Node<'t>, bases: &mut Vec<ExpressionId>) {
        for part in self.parts(node).0 {
            match self.meaning(part.node) {
                Meaning::Parts | Meaning::Bases => {
                    self.nested(part.node, |lowering| lowering.base_types(part.node, bases));
                }
                // `extends B(x)`
                Meaning::New => self.nested(part.node, |lowering| lowering.base_types(part.node, bases)),
                Meaning::Arguments => {
                    self.arguments(part.node);
                }
                _ => match self.type_expression(part.node) {
                    Some(named) => bases.push(named),
                    None => bases.extend(self.lower(part.node, Wants::Value)),
                },
            }
        }
    }

    /// The annotations and attributes of a definition, each a call or a name.
    pub(super) fn decorators(&mut self, node: Node<'t>) -> Vec<ExpressionId> {
        let mut decorators = Vec::new();
        for part in self.parts(node).0 {
            match self.meaning(part.node) {
                Meaning::Decorators => {
                    decorators.extend(self.nested(part.node, |lowering| lowering.decorators(part.node)));
                }
                Meaning::Decorator => decorators.push(self.decorator(part.node)),
                _ => {}
            }
        }
        decorators
    }

    pub(super) fn decorator(&mut self, node: Node<'t>) -> ExpressionId {
        let mut parts = self.parts(node);
        // Kotlin's annotation is a constructor call with an `@`.
        if let [only] = parts.0.as_slice()
            && let Meaning::New = self.meaning(only.node)
        {
            parts = self.parts(only.node);
        }
        let name = parts.get(&["name", "type"]).or(parts.first()).unwrap_or(node);
        let callee = match self.type_expression(name) {
            Some(callee) => callee,
            None => self.expression(name),
        };
        let arguments = parts.nodes().find(|it| matches!(self.meaning(*it), Meaning::Arguments));
        match arguments {
            Some(arguments) => {
                let arguments = self.arguments(arguments);
                self.add(ExpressionKind::Call { callee, arguments }, node)
            }
            None => callee,
        }
    }

    /// A declaration of variables or fields.
    pub(super) fn declaration(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        self.decorators(node);
        let declarators: Vec<Node> =
            parts.nodes().filter(|it| matches!(self.meaning(*it), Meaning::Declarator)).collect();
        let value = self.initial(&parts);
        // One declarator with its value beside it, or none: the declaration is its own declarator.
        if declarators.is_empty()
            || value.is_some()
            || parts.nodes().any(|it| matches!(self.meaning(it), Meaning::Targets))
        {
            self.declarator(node, None);
        } else {
            let annotation = parts.get(TYPE);
            for declarator in declarators {
                self.declarator(declarator, annotation);
            }
        }
        for part in parts.nodes() {
            if matches!(self.meaning(part), Meaning::Accessor) {
                self.lambda(part);
            } else if part.kind() == "accessor_list" || part.kind() == "property_hook_list" {
                self.statements(part);
            }
        }
    }

    /// A declared name with its type and first value; the type may stand before a list of declarators.
    pub(super) fn declarator(&mut self, node: Node<'t>, declared_type: Option<Node<'t>>) {
        let parts = self.parts(node);
        let inner = parts.get(&["variable_declaration"]).map(|it| self.parts(it));
        let own_type = parts.get(TYPE).or(inner.as_ref().and_then(|it| it.get(TYPE)));
        let type_node = own_type.or(declared_type);
        let annotation = type_node.and_then(|it| self.type_expression(it));
        let value_node = self.initial(&parts);
        let mut names: Vec<Node> = parts.all("name").filter(|it| it.is_named()).collect();
        if names.is_empty() {
            names.extend(parts.get(&["pattern", "variable_declaration", "identifier", "multi_variable_declaration"]));
        }
        if names.is_empty() && parts.0.is_empty() {
            names.push(node);
        }
        if names.is_empty() {
            names.extend(parts.nodes().find(|it| matches!(self.meaning(*it), Meaning::Targets | Meaning::Name)));
        }
        let values = value_node.map(|it| self.declared_values(it, type_node)).unwrap_or_default();
        match (names.as_slice(), values.as_slice()) {
            (names, []) => {
                for name in names {
                    self.declare(*name, annotation, None);
                }
            }
            (names, values) if names.len() == values.len() => {
                for (name, value) in names.iter().zip(values) {
                    self.declare(*name, annotation, Some(*value));
                }
            }
            (names, [value, ..]) => {
                for (index, name) in names.iter().enumerate() {
                    self.identifier(*name, IdentifierRole::Binding);
                    self.bind(self.name_text(*name), *name, BindingKind::ItemOf(*value, index as u32));
                }
            }
        }
    }

    fn declared_values(&mut self, value: Node<'t>, type_node: Option<Node<'t>>) -> Vec<ExpressionId> {
        if !matches!(self.meaning(value), Meaning::Targets) {
            self.expected = type_node;
        }
        self.values(value)
    }

    fn declare(&mut self, name: Node<'t>, annotation: Option<ExpressionId>, value: Option<ExpressionId>) {
        if let (Meaning::Targets | Meaning::Pattern, Some(value)) = (self.meaning(name), value) {
            return self.assign(name, value, true);
        }
        let text = self.name_text(name);
        self.identifier(name, IdentifierRole::Binding);
        let kind = match value {
            // What a call gives may be known by its own name, or by the type it is declared to have.
            Some(value) if annotation.is_some() && self.is_call_of_unknown(value) => {
                BindingKind::Parameter { index: None, annotation, default: Some(value) }
            }
            Some(value) => {
                self.name_function(value, text);
                BindingKind::Value(value)
            }
            None => BindingKind::Parameter { index: None, annotation, default: None },
        };
        self.bind(text, name, kind);
    }

    /// Whether a value is a call, but not one that builds what it names.
    fn is_call_of_unknown(&self, value: ExpressionId) -> bool {
        let expression = self.facts.expression(value);
        let written = &self.text[expression.span.start as usize..];
        matches!(expression.kind, ExpressionKind::Call { .. }) && !written.starts_with("new")
    }

    /// `decode = lambda …` defines a function under a name.
    fn name_function(&mut self, value: ExpressionId, name: &str) {
        if let ExpressionKind::Function(scope) = self.facts.expression(value).kind {
            self.facts.scopes[scope.0 as usize].name = name.into();
        }
    }

    pub(super) fn assignment(&mut self, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        let parts = self.parts(node);
        let (Some(left), Some(right)) =
            (parts.get(&["left"]).or(parts.first()), parts.get(&["right"]).or(parts.last()))
        else {
            return None;
        };
        let operator = self.operator(node);
        let declares = operator == ":=";
        let mut values = self.values(right);
        if values.is_empty() {
            values.push(self.add(ExpressionKind::Unknown, right));
        }
        let targets = match self.meaning(left) {
            Meaning::Targets => self.parts(left).nodes().collect(),
            _ => vec![left],
        };
        // PHP's `[, $payload] = …` and Ruby's `payload, = …` take a value apart of which they name one item.
        let is_list = matches!(self.meaning(left), Meaning::Targets);
        let takes_apart = is_list
            && (self.facts.language == Language::Php
                || left.child(left.child_count().saturating_sub(1)).is_some_and(|it| it.kind() == ","));
        match operator {
            "=" | ":=" => match (targets.as_slice(), values.as_slice()) {
                (targets, values) if targets.len() == values.len() && !takes_apart => {
                    for (target, value) in targets.iter().zip(values) {
                        self.assign(*target, *value, declares);
                    }
                }
                (targets, [value, ..]) => {
                    for target in targets {
                        self.assign_item(*target, *value, place_in_list(*target), declares);
                    }
                }
                (_, []) => {}
            },
            _ => {
                let before = self.expression(left);
                let both = vec![before, values[0]];
                let value = match operator {
                    "||=" | "??=" => ExpressionKind::Either(both),
                    "&&=" => ExpressionKind::Both(both),
                    _ => ExpressionKind::Compound(both),
                };
                let value = self.add(value, node);
                values[0] = value;
                self.assign(left, value, false);
            }
        }
        (wants == Wants::Value).then(|| values[0])
    }

    /// `x++`
    pub(super) fn update(&mut self, node: Node<'t>) -> ExpressionId {
        let target = self.parts(node).get(&["argument"]).or(self.parts(node).first()).unwrap_or(node);
        if target == node {
            return self.add(ExpressionKind::Unknown, node);
        }
        let before = self.expression(target);
        let after = self.add(ExpressionKind::Compound(vec![before]), node);
        self.assign(target, after, false);
        after
    }

    /// Gives a target a value. `declares` makes a name a new one of this scope.
    pub(super) fn assign(&mut self, target: Node<'t>, value: ExpressionId, declares: bool) {
        let target = self.unwrapped(target);
        match self.meaning(target) {
            Meaning::Targets | Meaning::Sequence | Meaning::Arguments | Meaning::Pattern => {
                let items = match &self.facts.expression(value).kind {
                    ExpressionKind::Sequence { items, open: false } => items.clone(),
                    _ => Vec::new(),
                };
                let targets: Vec<Node> = self.parts(target).nodes().collect();
                for (index, part) in targets.iter().enumerate() {
                    match items.get(index).filter(|_| items.len() == targets.len()) {
                        Some(item) => self.assign(*part, *item, declares),
                        None => self.assign_item(*part, value, place_in_list(*part), declares),
                    }
                }
            }
            Meaning::Name => {
                let name = self.name_text(target);
                self.name_function(value, name);
                self.assign_name(target, BindingKind::Value(value), declares);
            }
            _ => self.assign_place(target, value),
        }
    }

    fn assign_item(&mut self, target: Node<'t>, value: ExpressionId, index: u32, declares: bool) {
        let target = self.unwrapped(target);
        match self.meaning(target) {
            Meaning::Name => self.assign_name(target, BindingKind::ItemOf(value, index), declares),
            Meaning::Declarator | Meaning::Argument => {
                let inner = self.parts(target).first().unwrap_or(target);
                match self.meaning(inner) {
                    Meaning::Name => self.assign_name(inner, BindingKind::ItemOf(value, index), declares),
                    _ => self.assign_opaque(inner),
                }
            }
            Meaning::Targets | Meaning::Spread => self.assign_opaque(target),
            _ => {
                let item = self.add(ExpressionKind::Compound(vec![value]), target);
                self.assign_place(target, item);
            }
        }
    }

    fn assign_name(&mut self, target: Node<'t>, kind: BindingKind, declares: bool) {
        let name = self.name_text(target);
        self.identifier(target, IdentifierRole::Binding);
        let scope = if declares { self.scope } else { self.scope_of_assigned(name) };
        self.bind_in(scope, name, target, kind);
    }

    /// Sets a member or an element.
    fn assign_place(&mut self, target: Node<'t>, value: ExpressionId) {
        let place = self.expression(target);
        let (object, key) = match &self.facts.expression(place).kind {
            ExpressionKind::Member { object, name, name_span } => {
                let (object, name, name_span) = (*object, name.clone(), *name_span);
                if let ExpressionKind::Receiver(class) = self.facts.expression(object).kind {
                    self.name_function(value, &name);
                    self.bind_in(class, &name, target, BindingKind::Value(value));
                    return;
                }
                (object, self.add_at(ExpressionKind::Literal(Literal::Text(name)), name_span))
            }
            ExpressionKind::Index { object, index } => (*object, *index),
            // Ruby writes `a.b = c` and Scala `a(i) = c` as calls.
            ExpressionKind::Call { callee, arguments } => match arguments.first() {
                Some(first) => (*callee, first.value),
                None => return,
            },
            _ => return,
        };
        let at = target.end_byte() as u32;
        let (scope, block) = (self.scope, self.block);
        let kind = MutationKind::SetItem { key, value };
        self.facts.mutations.push(Mutation { target: object, kind, scope, block, at });
    }

    /// Binds the names in a target to something the reader does not follow.
    pub(super) fn assign_opaque(&mut self, target: Node<'t>) {
        let target = self.unwrapped(target);
        self.nested(target, |lowering| {
            let parts = lowering.parts(target);
            match lowering.meaning(target) {
                Meaning::Name => {
                    lowering.identifier(target, IdentifierRole::Binding);
                    lowering.bind(lowering.name_text(target), target, BindingKind::Opaque);
                }
                Meaning::Declarator => {
                    let annotation = parts.get(TYPE).and_then(|it| lowering.type_expression(it));
                    if let Some(name) = parts.get(NAME).or(parts.first()) {
                        let kind = match annotation {
                            Some(_) => BindingKind::Parameter { index: None, annotation, default: None },
                            None => BindingKind::Opaque,
                        };
                        lowering.identifier(name, IdentifierRole::Binding);
                        lowering.bind(lowering.name_text(name), name, kind);
                    }
                }
                Meaning::Member | Meaning::Index | Meaning::ReceiverMember | Meaning::Call => {
                    let value = lowering.add(ExpressionKind::Unknown, target);
                    lowering.assign_place(target, value);
                }
                _ => {
                    for part in parts.nodes() {
                        lowering.assign_opaque(part);
                    }
                }
            }
        });
    }
}

/// How many commas stand before a node in its list: some of what they part may be left out.
pub(super) fn place_in_list(node: Node<'_>) -> u32 {
    let before = std::iter::successors(node.prev_sibling(), Node::prev_sibling);
    before.filter(|it| it.kind() == ",").count() as u32
}
