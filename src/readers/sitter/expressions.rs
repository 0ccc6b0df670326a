//! Expressions and the types in them.

use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Part;
use super::lowering::Parts;
use super::lowering::Wants;
use super::span;
use super::text;
use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::IdentifierRole;
use crate::fact::Literal;
use crate::fact::ScopeId;
use crate::place::Span;
use tree_sitter::Node;

const CALLEE: &[&str] = &["function", "constructor"];
const OBJECT: &[&str] =
    &["object", "operand", "expression", "receiver", "scope", "array", "condition", "value", "left"];
const MEMBER: &[&str] = &["field", "name", "method", "member_binding_expression"];
const OPERAND: &[&str] = &["operand", "argument"];
const TRAILING: [&str; 2] = ["block", "annotated_lambda"];

/// What an operator with two sides does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Either,
    Both,
    Compare(Comparison),
    Other,
}

fn operation(operator: &str) -> Operation {
    match operator {
        "||" | "or" | "??" | "?:" => Operation::Either,
        "&&" | "and" => Operation::Both,
        "==" | "===" => Operation::Compare(Comparison::Equal),
        "!=" | "!==" | "<>" => Operation::Compare(Comparison::NotEqual),
        "in" => Operation::Compare(Comparison::In),
        "!in" => Operation::Compare(Comparison::NotIn),
        "<" | ">" | "<=" | ">=" | "<=>" | "=~" | "!~" | "is" | "!is" | "instanceof" => {
            Operation::Compare(Comparison::Other)
        }
        _ => Operation::Other,
    }
}

impl<'t> Lowering<'t> {
    /// The kind of an expression; none when it is not one.
    pub(super) fn kind(&mut self, node: Node<'t>, expected: Option<Node<'t>>) -> Option<ExpressionKind> {
        let Some(negated) = self.negated_too_early(node) else { return self.kind_as_parsed(node, expected) };
        let kind = self.kind_as_parsed(node, expected)?;
        let rest = Span::new(span(negated).start, span(node).end);
        Some(ExpressionKind::Not(self.add_at(kind, rest)))
    }

    /// What the `!` in front of a chain of members and calls stands before, for the whole chain.
    fn negated_too_early(&self, node: Node<'t>) -> Option<Node<'t>> {
        if !self.grammar.habits.negates_too_early || !self.is_chained(node) || self.chained_on(node) {
            return None;
        }
        let mut innermost = node;
        while self.is_chained(innermost) {
            innermost = innermost.named_child(0)?;
        }
        let is_negation = matches!(self.meaning(innermost), Meaning::Unary) && self.written(innermost).starts_with('!');
        if is_negation { innermost.named_child(0) } else { None }
    }

    /// Whether it is made of what stands first in it: `a.b`, `a(b)`, `a[b]`, `a!!`.
    fn is_chained(&self, node: Node<'t>) -> bool {
        match self.meaning(node) {
            Meaning::Member | Meaning::Call | Meaning::Index => true,
            Meaning::Unary => node.named_child(0).is_some_and(|it| it.start_byte() == node.start_byte()),
            _ => false,
        }
    }

    /// Whether the expression around it is a chain that it stands first in.
    fn chained_on(&self, node: Node<'t>) -> bool {
        node.parent().is_some_and(|it| self.is_chained(it) && it.start_byte() == node.start_byte())
    }

    fn kind_as_parsed(&mut self, node: Node<'t>, expected: Option<Node<'t>>) -> Option<ExpressionKind> {
        Some(match self.meaning(node) {
            Meaning::Null => ExpressionKind::Literal(Literal::Null),
            Meaning::True => ExpressionKind::Literal(Literal::Bool(true)),
            Meaning::False => ExpressionKind::Literal(Literal::Bool(false)),
            Meaning::Boolean => ExpressionKind::Literal(Literal::Bool(self.written(node).eq_ignore_ascii_case("true"))),
            Meaning::Number => ExpressionKind::Literal(Literal::Number(text::number(self.written(node)).into())),
            Meaning::Text | Meaning::RawText => self.text_literal(node),
            Meaning::Name if self.grammar.habits.literals_are_names && self.literal_name(node).is_some() => {
                ExpressionKind::Literal(self.literal_name(node)?)
            }
            Meaning::Name => self.name(self.name_text(node), span(node), IdentifierRole::Use),
            Meaning::Receiver => match self.class {
                Some(class) => ExpressionKind::Receiver(class),
                None => ExpressionKind::Name(self.name_text(node).into()),
            },
            Meaning::ReceiverMember => {
                let name = self.name_text(node);
                self.identifier(node, IdentifierRole::Use);
                match self.class {
                    Some(class) => self.member_of_receiver(class, name, span(node)),
                    None => ExpressionKind::Name(name.into()),
                }
            }
            Meaning::Member => self.member(node, IdentifierRole::Use),
            Meaning::Index => self.index(node),
            Meaning::Call => return Some(self.call(node)),
            Meaning::New => self.build(node, expected),
            Meaning::Binary => self.binary(node),
            Meaning::Unary => self.unary(node),
            Meaning::Conditional => self.ternary(node),
            Meaning::Cast => self.cast(node),
            Meaning::Sequence => self.sequence(node),
            Meaning::Mapping => self.mapping(node),
            Meaning::TypeName | Meaning::Path | Meaning::TypeOf => {
                return self.type_expression(node).map(|it| ExpressionKind::Either(vec![it]));
            }
            Meaning::AnyType => return None,
            _ => {
                let parts = self.parts(node);
                let values = parts.nodes().filter_map(|it| self.lower(it, Wants::Value)).collect();
                ExpressionKind::Compound(values)
            }
        })
    }

    fn literal_name(&self, node: Node<'t>) -> Option<Literal> {
        match self.written(node) {
            "null" => Some(Literal::Null),
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            _ => None,
        }
    }

    /// A bare name, which may be the receiver or a member of it.
    pub(super) fn name(&mut self, name: &str, at: Span, role: IdentifierRole) -> ExpressionKind {
        if let (Some(receiver), Some(class)) = (&self.receiver, self.class)
            && receiver == name
        {
            return ExpressionKind::Receiver(class);
        }
        if let Some(class) = self.class
            && self.grammar.habits.receivers.contains(&name)
        {
            return ExpressionKind::Receiver(class);
        }
        self.identifier_at(name, at, role);
        match self.class_of_bare(name) {
            Some(class) => self.member_of_receiver(class, name, at),
            None => ExpressionKind::Name(name.into()),
        }
    }

    pub(super) fn member_of_receiver(&mut self, class: ScopeId, name: &str, at: Span) -> ExpressionKind {
        let object = self.add_at(ExpressionKind::Receiver(class), at);
        ExpressionKind::Member { object, name: name.into(), name_span: at }
    }

    pub(super) fn member(&mut self, node: Node<'t>, role: IdentifierRole) -> ExpressionKind {
        let parts = self.parts(node);
        let object = parts.get(OBJECT).or(parts.first());
        let member = parts.get(MEMBER).or(parts.last());
        let (Some(object), Some(member)) = (object, member) else { return ExpressionKind::Unknown };
        if object == member {
            // `::Token`: the name, looked up from the top.
            self.identifier(member, role);
            return ExpressionKind::Name(self.name_text(member).into());
        }
        let object = self.object(object);
        self.identifier(member, role);
        ExpressionKind::Member { object, name: self.name_text(member).into(), name_span: span(member) }
    }

    /// What stands before a dot: a value, or a type.
    pub(super) fn object(&mut self, node: Node<'t>) -> ExpressionId {
        match self.meaning(node) {
            Meaning::TypeName | Meaning::Path | Meaning::TypeOf => match self.type_expression(node) {
                Some(object) => object,
                None => self.add(ExpressionKind::Unknown, node),
            },
            _ => self.expression(node),
        }
    }

    fn index(&mut self, node: Node<'t>) -> ExpressionKind {
        let parts = self.parts(node);
        let object = parts.get(OBJECT).or(parts.first());
        let index = parts.get(&["index", "subscript"]).or(parts.last());
        let Some(object) = object else { return ExpressionKind::Unknown };
        let index = index.filter(|it| *it != object);
        let object = self.object(object);
        match index {
            Some(index) => {
                let index = match self.meaning(index) {
                    Meaning::Arguments => self.arguments(index).first().map(|it| it.value),
                    _ => self.values(index).first().copied(),
                };
                let index = index.unwrap_or_else(|| self.add(ExpressionKind::Unknown, node));
                ExpressionKind::Index { object, index }
            }
            None => ExpressionKind::Index { object, index: self.add(ExpressionKind::Unknown, node) },
        }
    }

    fn call(&mut self, node: Node<'t>) -> ExpressionKind {
        let mut parts = self.parts(node);
        // `f(x) { .. }` passes the block to `f`, and not to what `f(x)` gives.
        if let [called, Part { field: None, node: block }] = parts.0[..]
            && TRAILING.contains(&block.kind())
            && let Meaning::Call = self.meaning(called.node)
            && !self.parts(called.node).nodes().any(|it| TRAILING.contains(&it.kind()))
        {
            let block = parts.0[1];
            parts = self.parts(called.node);
            parts.0.push(block);
        }
        let callee = self.callee(node, &parts);
        if let Some(made) = self.made(callee, &parts) {
            return ExpressionKind::Call { callee: made, arguments: Vec::new() };
        }
        let mut arguments = self.call_arguments(&parts);
        if let (
            ExpressionKind::Member { object, name, .. },
            [Argument { kind: ArgumentKind::Positional, value: otherwise }],
        ) = (&self.facts.expression(callee).kind, arguments.as_slice())
            && self.grammar.habits.fallbacks.contains(&name.as_str())
        {
            return ExpressionKind::Either(vec![*object, *otherwise]);
        }
        for trailing in TRAILING {
            if let Some(lambda) = parts.get(&[trailing]) {
                arguments.push(Argument { kind: ArgumentKind::Positional, value: self.expression(lambda) });
            }
        }
        ExpressionKind::Call { callee, arguments }
    }

    /// The type that a call makes a value of: `new(T)`.
    fn made(&mut self, callee: ExpressionId, parts: &Parts<'t>) -> Option<ExpressionId> {
        let maker = self.grammar.habits.maker;
        let is_maker = matches!(&self.facts.expression(callee).kind, ExpressionKind::Name(name) if name == maker);
        let arguments = parts.get(&["arguments"]).filter(|_| is_maker && !self.is_visible(maker))?;
        let [only] = self.parts(arguments).0[..] else { return None };
        let is_type = matches!(self.meaning(only.node), Meaning::TypeName | Meaning::Path | Meaning::TypeOf);
        is_type.then(|| self.type_expression(only.node)).flatten()
    }

    /// The arguments among the parts of a call.
    pub(super) fn call_arguments(&mut self, parts: &Parts<'t>) -> Vec<Argument> {
        let is_arguments = |it: &Part<'t>| matches!(self.meaning(it.node), Meaning::Arguments);
        match parts.get(&["arguments"]).or(parts.0.iter().find(|it| is_arguments(it)).map(|it| it.node)) {
            Some(arguments) if matches!(self.meaning(arguments), Meaning::Arguments) => self.arguments(arguments),
            // A block in place of the parentheses.
            Some(argument) => vec![Argument { kind: ArgumentKind::Positional, value: self.expression(argument) }],
            None => Vec::new(),
        }
    }

    pub(super) fn callee(&mut self, node: Node<'t>, parts: &Parts<'t>) -> ExpressionId {
        let object = parts.get(&["object", "receiver", "scope"]);
        let name = parts.get(&["name", "method"]);
        match (parts.get(CALLEE), object, name) {
            (None, Some(object), Some(name)) => {
                let start = object.start_byte() as u32;
                let object = self.object(object);
                self.identifier(name, IdentifierRole::Call);
                let kind = ExpressionKind::Member { object, name: self.name_text(name).into(), name_span: span(name) };
                self.add_at(kind, Span::new(start, name.end_byte() as u32))
            }
            (None, None, Some(name)) => self.called(name),
            (Some(callee), ..) => self.called(callee),
            (None, ..) => match parts.first() {
                Some(callee) => self.called(callee),
                None => self.add(ExpressionKind::Unknown, node),
            },
        }
    }

    /// Something that is called: its name has the role of one.
    fn called(&mut self, node: Node<'t>) -> ExpressionId {
        let node = self.unwrapped(node);
        let kind = match self.meaning(node) {
            Meaning::Name => Some(self.name(self.name_text(node), span(node), IdentifierRole::Call)),
            Meaning::Member => self.nested(node, |lowering| Some(lowering.member(node, IdentifierRole::Call))),
            _ => None,
        };
        match kind {
            Some(kind) => self.add(kind, node),
            None => self.object(node),
        }
    }

    pub(super) fn arguments(&mut self, node: Node<'t>) -> Vec<Argument> {
        let parts = self.parts(node).0;
        parts.iter().map(|it| self.argument(it.node)).collect()
    }

    fn argument(&mut self, node: Node<'t>) -> Argument {
        let parts = self.parts(node);
        match self.meaning(node) {
            Meaning::Argument => {
                let name = parts
                    .get(&["name"])
                    .or(parts.first().filter(|it| parts.0.len() > 1 && matches!(self.meaning(*it), Meaning::Name)));
                let value = parts.last();
                match (name, value) {
                    (Some(name), Some(value)) if name != value => {
                        let kind = ArgumentKind::Keyword(self.name_text(name).into());
                        Argument { kind, value: self.expression(value) }
                    }
                    (_, Some(value)) => self.argument(value),
                    (_, None) => {
                        Argument { kind: ArgumentKind::Positional, value: self.add(ExpressionKind::Unknown, node) }
                    }
                }
            }
            Meaning::Spread | Meaning::SpreadKeyword => {
                let is_keyword = matches!(self.meaning(node), Meaning::SpreadKeyword);
                let value = match parts.first() {
                    Some(value) => self.expression(value),
                    None => self.add(ExpressionKind::Unknown, node),
                };
                let kind = if is_keyword { ArgumentKind::SpreadKeyword } else { ArgumentKind::SpreadPositional };
                Argument { kind, value }
            }
            Meaning::Pair => {
                let (key, value) = self.pair(node);
                match &self.facts.expression(key).kind {
                    ExpressionKind::Literal(Literal::Text(name)) => {
                        Argument { kind: ArgumentKind::Keyword(name.clone()), value }
                    }
                    _ => {
                        let mapping = ExpressionKind::Mapping(vec![Entry::Pair { key, value }]);
                        Argument { kind: ArgumentKind::SpreadKeyword, value: self.add(mapping, node) }
                    }
                }
            }
            Meaning::Assignment if self.grammar.habits.assignments_name_arguments => {
                match (parts.get(&["left"]), parts.get(&["right"])) {
                    (Some(name), Some(value)) => {
                        let kind = ArgumentKind::Keyword(self.name_text(name).into());
                        Argument { kind, value: self.expression(value) }
                    }
                    _ => Argument { kind: ArgumentKind::Positional, value: self.expression(node) },
                }
            }
            _ => Argument { kind: ArgumentKind::Positional, value: self.expression(node) },
        }
    }

    /// A key and its value; a key that is a bare word is a text.
    fn pair(&mut self, node: Node<'t>) -> (ExpressionId, ExpressionId) {
        let parts = self.parts(node);
        let key = parts.get(&["key"]).or(parts.first());
        let value = parts.get(&["value"]).or(parts.last());
        let key = match key {
            Some(key) if matches!(key.kind(), "identifier" | "hash_key_symbol") && parts.get(&["key"]).is_some() => {
                let name = self.name_text(key).trim_end_matches(':');
                self.add(ExpressionKind::Literal(Literal::Text(name.into())), key)
            }
            Some(key) => self.expression(key),
            None => self.add(ExpressionKind::Unknown, node),
        };
        let value = match value {
            // `{token:}` is `{token: token}`.
            Some(value) if parts.0.len() == 1 => {
                let kind = self.name(self.name_text(value), span(value), IdentifierRole::Use);
                self.add(kind, value)
            }
            Some(value) => self.expression(value),
            None => self.add(ExpressionKind::Unknown, node),
        };
        (key, value)
    }

    /// `new X(..) { Member = value }`, as a call of `X`.
    fn build(&mut self, node: Node<'t>, expected: Option<Node<'t>>) -> ExpressionKind {
        let parts = self.parts(node);
        let of = |it: &Part<'t>, meanings: fn(Meaning) -> bool| meanings(self.meaning(it.node));
        let is_type = |it: Meaning| {
            matches!(it, Meaning::TypeName | Meaning::Path | Meaning::TypeOf | Meaning::AnyType | Meaning::Name)
        };
        let type_node = parts.get(&["type"]).or(parts.0.iter().find(|it| of(it, is_type)).map(|it| it.node));
        let type_node = type_node.or(expected);
        let callee = type_node.and_then(|it| self.type_expression(it));
        let callee = match (callee, type_node) {
            (Some(callee), Some(named)) => {
                self.identifier(named, IdentifierRole::Call);
                callee
            }
            (_, Some(other)) if matches!(self.meaning(other), Meaning::Name) => self.expression(other),
            _ => self.add(ExpressionKind::Unknown, node),
        };
        let mut arguments = self.call_arguments(&parts);
        let initializer = parts.nodes().find(|it| matches!(self.meaning(*it), Meaning::Initializer));
        if let Some(initializer) = initializer {
            self.initializer(initializer, &mut arguments);
        }
        if let Some(class) = parts.nodes().find(|it| matches!(self.meaning(*it), Meaning::Class)) {
            self.class(class);
        }
        // The class written in place: an unnamed one that extends the type.
        if let Some(body) = parts.get(&["class_body", "template_body", "declaration_list"]) {
            let bases = vec![callee];
            let scope = self.open_class(body, None);
            self.define_class(scope, body, None, Vec::new(), bases);
            let body = Part { field: Some("body"), node: body };
            self.class_body(scope, &Parts(vec![body]));
        }
        ExpressionKind::Call { callee, arguments }
    }

    /// What an initializer sets, as further arguments: members by name, entries, elements.
    fn initializer(&mut self, node: Node<'t>, arguments: &mut Vec<Argument>) {
        let mut entries = Vec::new();
        let mut items = Vec::new();
        for part in self.parts(node).0 {
            let parts = self.parts(part.node);
            match (self.meaning(part.node), parts.get(&["left"]), parts.get(&["right"])) {
                (Meaning::Assignment, Some(name), Some(value)) if matches!(self.meaning(name), Meaning::Name) => {
                    self.identifier(name, IdentifierRole::Use);
                    let kind = ArgumentKind::Keyword(self.name_text(name).into());
                    arguments.push(Argument { kind, value: self.initial_value(value) });
                }
                (Meaning::Assignment, Some(key), Some(value)) => {
                    let key = self.parts(key).first().unwrap_or(key);
                    let key = self.parts(key).first().unwrap_or(key);
                    let key = self.expression(key);
                    entries.push(Entry::Pair { key, value: self.initial_value(value) });
                }
                (Meaning::Initializer, ..) => {
                    let values: Vec<ExpressionId> = parts.nodes().map(|it| self.expression(it)).collect();
                    match values.as_slice() {
                        [key, value] => entries.push(Entry::Pair { key: *key, value: *value }),
                        _ => items.extend(values),
                    }
                }
                _ => items.push(self.expression(part.node)),
            }
        }
        if !entries.is_empty() {
            let value = self.add(ExpressionKind::Mapping(entries), node);
            arguments.push(Argument { kind: ArgumentKind::SpreadKeyword, value });
        }
        if !items.is_empty() {
            let value = self.add(ExpressionKind::Sequence { items, open: false }, node);
            arguments.push(Argument { kind: ArgumentKind::SpreadPositional, value });
        }
    }

    /// The value of a member in an initializer, which may be an initializer again.
    fn initial_value(&mut self, node: Node<'t>) -> ExpressionId {
        if !matches!(self.meaning(node), Meaning::Initializer) {
            return self.expression(node);
        }
        let mut arguments = Vec::new();
        self.nested(node, |lowering| lowering.initializer(node, &mut arguments));
        let mut entries = Vec::new();
        for argument in arguments {
            match argument.kind {
                ArgumentKind::Keyword(name) => {
                    let key = self.add(ExpressionKind::Literal(Literal::Text(name)), node);
                    entries.push(Entry::Pair { key, value: argument.value });
                }
                ArgumentKind::SpreadKeyword => entries.push(Entry::Spread(argument.value)),
                ArgumentKind::Positional | ArgumentKind::SpreadPositional => return argument.value,
            }
        }
        self.add(ExpressionKind::Mapping(entries), node)
    }

    /// The operator of an expression or assignment, as written.
    pub(super) fn operator(&self, node: Node<'t>) -> &'t str {
        if let Some(operator) = node.child_by_field_name("operator") {
            return self.written(operator);
        }
        let mut cursor = node.walk();
        let operator = node.children(&mut cursor).find(|it| !it.is_named() && !matches!(it.kind(), "(" | ")"));
        operator.map_or("", |it| self.written(it))
    }

    /// An operator with two sides. A chain of one operator leans to the left as deep as it is long, so it is
    /// taken apart without recursion.
    fn binary(&mut self, node: Node<'t>) -> ExpressionKind {
        let operator = self.operator(node);
        let operation = operation(operator);
        let mut operands = Vec::new();
        let mut at = node;
        let first = loop {
            let parts = self.parts(at);
            let left = parts.get(&["left"]).or(parts.first());
            operands.extend(parts.get(&["right"]).or(parts.last()).filter(|it| Some(*it) != left));
            let Some(left) = left else { break at };
            let left = self.unwrapped(left);
            if !matches!(self.meaning(left), Meaning::Binary) || matches!(operation, Operation::Compare(_)) {
                break left;
            }
            let next = self.operator(left);
            let is_joined = operation == Operation::Other
                && self::operation(next) == Operation::Other
                && !next.starts_with(char::is_alphabetic);
            if next != operator && !is_joined {
                break left;
            }
            at = left;
        };
        operands.push(first);
        operands.reverse();
        if let Operation::Compare(comparison) = operation
            && let [left, right] = operands[..]
        {
            let left = self.expression(left);
            let right = match operator {
                "is" | "!is" | "instanceof" => self.object(right),
                _ => self.expression(right),
            };
            return ExpressionKind::Compare { comparison, left, right };
        }
        // A word between two values is a method of the first.
        if let [object, argument] = operands[..]
            && operation == Operation::Other
            && operator.starts_with(char::is_alphabetic)
            && node.kind() == "infix_expression"
        {
            return self.infix_call(node, object, argument);
        }
        let outer = self.block;
        let mut values: Vec<ExpressionId> = Vec::new();
        for operand in operands {
            // What stands behind the first runs if that has not decided.
            if let (Some(&before), Operation::Either | Operation::Both) = (values.last(), operation) {
                let condition = (operator != "??").then_some(before);
                let holds = condition.is_none() || operation == Operation::Both;
                self.branch(BlockKind::Branch { condition, holds });
            }
            values.extend(self.lower(operand, Wants::Value));
        }
        self.block = outer;
        match operation {
            Operation::Either => ExpressionKind::Either(values),
            Operation::Both => ExpressionKind::Both(values),
            Operation::Compare(_) | Operation::Other => ExpressionKind::Compound(values),
        }
    }

    pub(super) fn infix_call(&mut self, node: Node<'t>, object: Node<'t>, argument: Node<'t>) -> ExpressionKind {
        let parts = self.parts(node);
        let named = parts.get(&["operator"]).or(parts.0.get(1).map(|it| it.node)).unwrap_or(node);
        let object = self.expression(object);
        let value = self.expression(argument);
        let name = self.name_text(named);
        if self.grammar.habits.fallbacks.contains(&name) {
            return ExpressionKind::Either(vec![object, value]);
        }
        self.identifier(named, IdentifierRole::Call);
        let callee = ExpressionKind::Member { object, name: name.into(), name_span: span(named) };
        let callee = self.add(callee, named);
        ExpressionKind::Call { callee, arguments: vec![Argument { kind: ArgumentKind::Positional, value }] }
    }

    fn unary(&mut self, node: Node<'t>) -> ExpressionKind {
        let parts = self.parts(node);
        let Some(operand) = parts.get(OPERAND).or(parts.last()) else { return ExpressionKind::Unknown };
        if self.grammar.habits.negates_too_early && self.chained_on(node) {
            return ExpressionKind::Either(vec![self.expression(operand)]);
        }
        match self.operator(node) {
            "!" | "not" if operand.end_byte() == node.end_byte() => ExpressionKind::Not(self.expression(operand)),
            // A pointer to a value, what a pointer points to, and a value that is not null are that value.
            "&" | "*" | "!!" | "!" => ExpressionKind::Either(vec![self.expression(operand)]),
            "++" | "--" => {
                let before = self.expression(operand);
                let after = self.add(ExpressionKind::Compound(vec![before]), node);
                self.assign(operand, after, false);
                ExpressionKind::Either(vec![after])
            }
            _ => ExpressionKind::Compound(vec![self.expression(operand)]),
        }
    }

    fn ternary(&mut self, node: Node<'t>) -> ExpressionKind {
        let parts = self.parts(node);
        let (condition, then) = (parts.get(&["condition"]), parts.get(&["consequence", "body"]));
        let condition = condition.map(|it| self.expression(it));
        let alternative = parts.get(&["alternative"]);
        let outer = self.block;
        let [then, otherwise] = [(then, true), (alternative, false)].map(|(value, holds)| {
            self.block = outer;
            self.branch(BlockKind::Branch { condition, holds });
            value.and_then(|it| self.lower(it, Wants::Value))
        });
        self.block = outer;
        match (condition, then, otherwise) {
            (Some(condition), Some(then), Some(otherwise)) => {
                ExpressionKind::Conditional { condition, then, otherwise }
            }
            // `a ?: b`
            (condition, then, otherwise) => {
                let condition = condition.filter(|_| parts.get(&["consequence", "body"]).is_none());
                ExpressionKind::Either([condition, then, otherwise].into_iter().flatten().collect())
            }
        }
    }

    fn cast(&mut self, node: Node<'t>) -> ExpressionKind {
        let parts = self.parts(node);
        let is_type = |it: &Part<'t>| {
            it.field == Some("type")
                || matches!(self.meaning(it.node), Meaning::TypeOf | Meaning::AnyType | Meaning::TypeName)
        };
        let value = parts.get(&["value", "left", "operand"]);
        let value = value.or(parts.0.iter().find(|it| !is_type(it)).map(|it| it.node));
        for part in &parts.0 {
            if Some(part.node) != value {
                self.type_expression(part.node);
            }
        }
        match value {
            Some(value) => ExpressionKind::Either(vec![self.expression(value)]),
            None => ExpressionKind::Unknown,
        }
    }

    fn sequence(&mut self, node: Node<'t>) -> ExpressionKind {
        let parts = self.parts(node).0;
        let mut open = false;
        let mut items = Vec::new();
        for part in parts {
            if let Some("type" | "dimensions") = part.field {
                continue;
            }
            let item = self.unwrapped(part.node);
            open |= matches!(self.meaning(item), Meaning::Spread);
            items.push(self.element(item));
        }
        ExpressionKind::Sequence { items, open }
    }

    fn element(&mut self, node: Node<'t>) -> ExpressionId {
        match self.meaning(node) {
            Meaning::Spread | Meaning::Argument => match self.parts(node).last() {
                Some(inner) => self.expression(inner),
                None => self.add(ExpressionKind::Unknown, node),
            },
            _ => self.expression(node),
        }
    }

    fn mapping(&mut self, node: Node<'t>) -> ExpressionKind {
        let parts = self.parts(node).0;
        let mut entries = Vec::new();
        for part in parts {
            entries.push(match self.meaning(part.node) {
                Meaning::Pair => {
                    let (key, value) = self.pair(part.node);
                    Entry::Pair { key, value }
                }
                _ => Entry::Spread(self.element(part.node)),
            });
        }
        ExpressionKind::Mapping(entries)
    }

    fn text_literal(&mut self, node: Node<'t>) -> ExpressionKind {
        let is_raw = matches!(self.meaning(node), Meaning::RawText);
        let parts = self.text_parts(node);
        let mut said = String::new();
        let mut has_content = false;
        let mut values = Vec::new();
        for part in parts {
            if part.kind() == "escape_sequence" {
                said.push_str(&text::unescaped(self.written(part)));
                has_content = true;
            } else if text::is_content(part.kind()) {
                said.push_str(self.written(part));
                has_content = true;
            } else if part.is_named() && !part.kind().starts_with("heredoc") {
                if !said.is_empty() {
                    let before = Literal::Text(std::mem::take(&mut said).into());
                    values.push(self.add(ExpressionKind::Literal(before), node));
                }
                let inner = if matches!(self.meaning(part), Meaning::Interpolation) {
                    self.parts(part).nodes().collect()
                } else {
                    vec![part]
                };
                values.extend(inner.into_iter().filter_map(|it| self.lower(it, Wants::Value)));
            }
        }
        if !values.is_empty() {
            if !said.is_empty() {
                values.push(self.add(ExpressionKind::Literal(Literal::Text(said.into())), node));
            }
            return ExpressionKind::Compound(values);
        }
        // The grammar may make no nodes of the content, or only of the escapes in it.
        let holds_all = has_content && node.end_byte() <= node.start_byte() + said.len() + 2;
        if !holds_all && !text_has_content(node) {
            let inner = text::unquoted(self.written(node));
            said = match (is_raw, self.written(node).starts_with('@')) {
                (_, true) => inner.replace("\"\"", "\""),
                (true, false) => inner.to_owned(),
                (false, false) => text::unescaped(inner),
            };
        }
        ExpressionKind::Literal(Literal::Text(said.into()))
    }

    /// The parts of a text, those of its body among them.
    fn text_parts(&self, node: Node<'t>) -> Vec<Node<'t>> {
        if let Some(inner) = self.parts(node).get(&["interpolated_string"]) {
            return self.text_parts(inner);
        }
        let mut cursor = node.walk();
        let children: Vec<Node> = node.named_children(&mut cursor).collect();
        let mut parts = Vec::new();
        for child in children {
            if matches!(child.kind(), "heredoc_body" | "nowdoc_body") {
                parts.extend(self.text_parts(child));
            } else if !matches!(
                child.kind(),
                "interpolation_start"
                    | "interpolation_quote"
                    | "raw_string_start"
                    | "raw_string_end"
                    | "string_literal_encoding"
                    | "heredoc_end"
                    | "heredoc_start"
            ) {
                parts.push(child);
            }
        }
        parts
    }

    /// The expression that a type names, without its arguments; none for built-in and nameless types.
    pub(super) fn type_expression(&mut self, node: Node<'t>) -> Option<ExpressionId> {
        let mut segments: Vec<Node> = Vec::new();
        if !self.nested(node, |lowering| lowering.type_segments(node, &mut segments)) {
            return None;
        }
        let mut segments = segments.into_iter();
        let first = segments.next()?;
        let kind = self.name(self.name_text(first), span(first), IdentifierRole::Use);
        let mut expression = self.add(kind, first);
        for segment in segments {
            self.identifier(segment, IdentifierRole::Use);
            let name = self.name_text(segment).into();
            let kind = ExpressionKind::Member { object: expression, name, name_span: span(segment) };
            expression = self.add_at(kind, Span::new(first.start_byte() as u32, segment.end_byte() as u32));
        }
        Some(expression)
    }

    /// Collects the names of a dotted type; false when it is none.
    fn type_segments(&mut self, node: Node<'t>, segments: &mut Vec<Node<'t>>) -> bool {
        match self.meaning(node) {
            Meaning::TypeName | Meaning::Name => {
                segments.push(node);
                true
            }
            Meaning::Path | Meaning::Member => {
                let parts = self.parts(node);
                parts.nodes().all(|it| self.nested(it, |lowering| lowering.type_segments(it, segments)))
            }
            Meaning::TypeOf | Meaning::Wrap => {
                let parts = self.parts(node);
                if let (Some(holder), Some(arguments)) = (parts.first(), parts.last())
                    && holder != arguments
                    && self.grammar.habits.holders.contains(&self.written(holder))
                    && let Some(held) = self.parts(arguments).first()
                {
                    return self.nested(held, |lowering| lowering.type_segments(held, segments));
                }
                parts
                    .nodes()
                    .any(|it| self.nested(it, |lowering| lowering.type_segments(it, segments)) && !segments.is_empty())
            }
            Meaning::AnyType | Meaning::Decorators | Meaning::Decorator => true,
            _ => false,
        }
    }
}

fn text_has_content(node: Node) -> bool {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).any(|it| text::is_content(it.kind()))
}
