//! Statements: blocks and when they run, and what is returned.

use super::LastValue;
use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Part;
use super::lowering::Parts;
use super::lowering::Wants;
use super::span;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::IdentifierRole;
use crate::fact::Return;
use crate::readers::sitter::definitions::place_in_list;
use tree_sitter::Node;

const CONDITION: &[&str] = &["condition"];
const CONSEQUENCE: &[&str] = &["consequence", "body"];
const SUBJECT: &[&str] = &["value", "condition", "when_subject"];
const BODY: &[&str] = &["body", "block"];

impl<'t> Lowering<'t> {
    /// The parts of a node, each as a statement.
    pub(super) fn statements(&mut self, node: Node<'t>) {
        for part in self.parts(node).0 {
            self.statement(part.node);
        }
    }

    pub(super) fn statement(&mut self, node: Node<'t>) {
        self.run(node, Wants::Effect);
    }

    /// A statement, or the last one of a body that is wanted for its value.
    pub(super) fn run(&mut self, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        if self.wanted.statements && !matches!(self.meaning(node), Meaning::Body | Meaning::Nothing) {
            self.facts.statements.push(span(node));
        }
        let node = self.unwrapped(node);
        let value = self.lower(node, wants);
        if self.leaves(node, value) {
            self.facts.blocks[self.block.0 as usize].leaves = true;
        }
        if wants == Wants::Value {
            return value;
        }
        if let Some(value) = value
            && matches!(self.facts.expression(value).kind, ExpressionKind::Call { .. })
        {
            self.facts.discarded.push(value);
        }
        None
    }

    fn leaves(&self, node: Node<'t>, value: Option<ExpressionId>) -> bool {
        match self.meaning(node) {
            Meaning::Return | Meaning::Leave => return true,
            Meaning::Break => return self.arm != Some(self.block),
            Meaning::Name => return self.grammar.habits.leaving.contains(&self.written(node)),
            _ => {}
        }
        let Some(value) = value else { return false };
        let ExpressionKind::Call { callee, .. } = &self.facts.expression(value).kind else { return false };
        let callee = self.facts.expression(*callee).span;
        let callee = &self.text[callee.start as usize..callee.end as usize];
        self.grammar.habits.leaving.contains(&callee)
    }

    /// The parts of a body in order; the value of the last, when it is wanted.
    pub(super) fn body(&mut self, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        let parts = self.parts(node);
        if parts.nodes().any(|it| matches!(self.meaning(it), Meaning::Catch)) {
            return self.attempt(node, wants);
        }
        if parts.0.is_empty() {
            return None;
        }
        self.in_block_scope(node, |lowering| lowering.suite(&parts.0, wants))
    }

    pub(super) fn suite(&mut self, parts: &[Part<'t>], wants: Wants) -> Option<ExpressionId> {
        let mut value = None;
        for (index, part) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            value = self.run(part.node, if is_last { wants } else { Wants::Effect });
        }
        value
    }

    /// What a part stands for when it runs in a block of its own.
    fn in_block(&mut self, kind: BlockKind, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        let outer = self.branch(kind);
        let value = self.run(node, wants);
        self.block = outer;
        value
    }

    pub(super) fn condition(&mut self, node: Node<'t>, holds: bool, wants: Wants) -> Option<ExpressionId> {
        let parts = self.parts(node);
        match parts.get(&["initializer"]) {
            Some(initializer) => self.in_block_scope(node, |lowering| {
                lowering.statement(initializer);
                lowering.branches(node, &parts, holds, wants)
            }),
            None => self.branches(node, &parts, holds, wants),
        }
    }

    fn branches(&mut self, node: Node<'t>, parts: &Parts<'t>, holds: bool, wants: Wants) -> Option<ExpressionId> {
        let condition_node = parts.get(CONDITION)?;
        let mut condition = self.expression(condition_node);
        let unnamed: Vec<Node> = parts.0.iter().filter(|it| it.field.is_none()).map(|it| it.node).collect();
        let then = parts.get(CONSEQUENCE).or(unnamed.first().copied());
        let outer = self.block;
        let then_value =
            then.and_then(|then| self.in_block(BlockKind::Branch { condition: Some(condition), holds }, then, wants));
        let mut alternatives: Vec<Node> = parts.all("alternative").collect();
        if alternatives.is_empty() && parts.get(CONSEQUENCE).is_none() {
            alternatives.extend(unnamed.iter().skip(1).copied());
        }
        let mut values = vec![(condition, then_value)];
        let mut otherwise = None;
        let mut holds = holds;
        for alternative in alternatives {
            let kind = BlockKind::Branch { condition: Some(condition), holds: !holds };
            let clause = self.parts(alternative);
            // An `elseif` that stands beside the `else` runs inside of what that `else` would be.
            if alternative.kind() == "else_if_clause"
                && let (Some(test), Some(body)) = (clause.get(CONDITION), clause.get(BODY))
            {
                self.branch(kind);
                condition = self.expression(test);
                holds = true;
                let value = self.in_block(BlockKind::Branch { condition: Some(condition), holds }, body, wants);
                values.push((condition, value));
            } else {
                otherwise = self.in_block(kind, alternative, wants);
            }
        }
        self.block = outer;
        if wants == Wants::Effect {
            return None;
        }
        for (condition, then) in values.into_iter().rev() {
            let kind = match (then, otherwise) {
                (Some(then), Some(otherwise)) if holds => ExpressionKind::Conditional { condition, then, otherwise },
                (Some(then), Some(otherwise)) => {
                    ExpressionKind::Conditional { condition, then: otherwise, otherwise: then }
                }
                (Some(only), None) | (None, Some(only)) => ExpressionKind::Either(vec![only]),
                (None, None) => continue,
            };
            otherwise = Some(self.add(kind, node));
        }
        otherwise
    }

    pub(super) fn repeat(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        let body = parts.get(BODY).or(parts.last());
        self.in_block_scope(node, |lowering| {
            for part in &parts.0 {
                if Some(part.node) != body {
                    lowering.loop_head(part);
                }
            }
            if let Some(body) = body {
                let arm = lowering.arm.take();
                lowering.in_block(BlockKind::Loop, body, Wants::Effect);
                lowering.arm = arm;
            }
        });
    }

    /// What a loop does before and between its rounds.
    fn loop_head(&mut self, part: &Part<'t>) {
        match (part.field, self.meaning(part.node)) {
            (Some("left" | "name" | "pattern"), _) | (_, Meaning::Declarator | Meaning::Targets) => {
                self.assign_opaque(part.node);
            }
            (Some("init" | "initializer" | "initialize" | "update"), _) => self.statement(part.node),
            (Some("type"), _) => {
                self.type_expression(part.node);
            }
            (_, Meaning::Pair) => self.assign_opaque(part.node),
            (_, Meaning::Parts) => {
                for inner in &self.parts(part.node).0 {
                    self.nested(part.node, |lowering| lowering.loop_head(inner));
                }
            }
            _ => {
                self.lower(part.node, Wants::Value);
            }
        }
    }

    pub(super) fn switch(&mut self, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        self.in_block_scope(node, |lowering| {
            let parts = lowering.parts(node);
            if let Some(initializer) = parts.get(&["initializer"]) {
                lowering.statement(initializer);
            }
            let arms = |it: &Part<'t>| matches!(lowering.meaning(it.node), Meaning::Arm | Meaning::ValueArm);
            let has_arms = parts.0.iter().any(arms);
            let first = parts.0.first().filter(|it| has_arms && it.field.is_none() && !arms(it)).map(|it| it.node);
            let subject = parts.get(SUBJECT).or(first);
            let subject = subject.map(|it| lowering.expression(it));
            if let (Some(subject), Some(alias)) = (subject, parts.get(&["alias"])) {
                let name = lowering.name_text(alias);
                lowering.identifier(alias, IdentifierRole::Binding);
                lowering.bind(name, alias, BindingKind::Value(subject));
            }
            let mut values = Vec::new();
            lowering.arms(node, subject, wants, &mut values);
            match values.len() {
                0 => None,
                _ => Some(lowering.add(ExpressionKind::Either(values), node)),
            }
        })
    }

    fn arms(&mut self, node: Node<'t>, subject: Option<ExpressionId>, wants: Wants, values: &mut Vec<ExpressionId>) {
        for part in self.parts(node).0 {
            let value = match self.meaning(part.node) {
                Meaning::Arm | Meaning::ValueArm => self.arm(part.node, subject, wants),
                // `else` of a switch.
                _ if part.node.kind() == "else" => self
                    .in_arm(BlockKind::Branch { condition: None, holds: true }, |lowering| {
                        lowering.run(part.node, wants)
                    }),
                _ if part.field == Some("body")
                    || part.field.is_none() && matches!(self.meaning(part.node), Meaning::Parts | Meaning::Body) =>
                {
                    self.nested(part.node, |lowering| lowering.arms(part.node, subject, wants, values));
                    None
                }
                _ => None,
            };
            values.extend(value);
        }
    }

    fn in_arm<T>(&mut self, kind: BlockKind, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.branch(kind);
        let arm = self.arm.replace(self.block);
        let lowered = lower(self);
        self.arm = arm;
        self.block = outer;
        lowered
    }

    pub(super) fn arm(&mut self, node: Node<'t>, subject: Option<ExpressionId>, wants: Wants) -> Option<ExpressionId> {
        let parts = self.parts(node).0;
        let is_label = |it: &Part<'t>| {
            matches!(it.field, Some("value" | "type" | "condition" | "pattern" | "guard" | "conditional_expressions"))
                || matches!(self.meaning(it.node), Meaning::Label | Meaning::Pattern | Meaning::Guard)
        };
        let (labels, rest): (Vec<Part>, Vec<Part>) = match (self.meaning(node), parts.split_last()) {
            (Meaning::ValueArm, Some((last, labels))) => (labels.to_vec(), vec![*last]),
            _ => parts.into_iter().partition(is_label),
        };
        // The names of a pattern are those of its arm.
        self.in_block_scope(node, |lowering| {
            let mut guards = Vec::new();
            let mut tests = Vec::new();
            for label in labels {
                lowering.label(label, subject, &mut tests, &mut guards);
            }
            let mut condition = match tests.len() {
                0 => None,
                1 => tests.pop(),
                _ => Some(lowering.add(ExpressionKind::Either(tests), node)),
            };
            if !guards.is_empty() {
                guards.splice(0..0, condition);
                condition = match guards.len() {
                    1 => guards.pop(),
                    _ => Some(lowering.add(ExpressionKind::Both(guards), node)),
                };
            }
            lowering.in_arm(BlockKind::Branch { condition, holds: true }, |lowering| lowering.suite(&rest, wants))
        })
    }

    fn label(
        &mut self,
        label: Part<'t>,
        subject: Option<ExpressionId>,
        tests: &mut Vec<ExpressionId>,
        guards: &mut Vec<ExpressionId>,
    ) {
        let node = label.node;
        let comparison = match self.meaning(node) {
            Meaning::Guard => {
                if let Some(guard) = self.parts(node).last() {
                    guards.push(self.expression(guard));
                }
                return;
            }
            Meaning::Label | Meaning::Targets => {
                for part in self.parts(node).0 {
                    self.nested(node, |lowering| lowering.label(part, subject, tests, guards));
                }
                return;
            }
            Meaning::Pattern => {
                let parts = self.pattern(node, subject);
                let pattern = self.add(ExpressionKind::Compound(parts), node);
                subject.map(|left| (Comparison::Other, left, pattern))
            }
            // A plain name in place of a pattern takes everything.
            Meaning::Name if label.field == Some("pattern") && is_plain(self.written(node)) => {
                self.capture(node, None, subject);
                return;
            }
            Meaning::TypeName | Meaning::Path | Meaning::TypeOf | Meaning::AnyType => {
                let pattern = self.type_expression(node);
                let pattern = pattern.unwrap_or_else(|| self.add(ExpressionKind::Unknown, node));
                subject.map(|left| (Comparison::Other, left, pattern))
            }
            _ if !node.is_named() => return,
            _ => {
                let right = self.expression(node);
                match subject {
                    Some(left) => Some((Comparison::Equal, left, right)),
                    None => {
                        tests.push(right);
                        None
                    }
                }
            }
        };
        if let Some((comparison, left, right)) = comparison {
            tests.push(self.add(ExpressionKind::Compare { comparison, left, right }, node));
        }
    }

    /// `x is Foo foo`: a comparison that names what it compared.
    pub(super) fn type_test(
        &mut self,
        node: Node<'t>,
        subject: ExpressionId,
        pattern: Option<Node<'t>>,
        name: Option<Node<'t>>,
    ) -> ExpressionId {
        let (mut tests, mut guards) = (Vec::new(), Vec::new());
        if let Some(node) = pattern {
            self.label(Part { field: None, node }, Some(subject), &mut tests, &mut guards);
        }
        if let Some(name) = name {
            let annotation = pattern.and_then(|it| self.type_expression(it));
            self.capture(name, annotation, Some(subject));
        }
        match tests.len() {
            1 => tests[0],
            _ => self.add(ExpressionKind::Compound(tests), node),
        }
    }

    /// Binds the names in a pattern to what may come out of the subject; gives the expressions in it.
    fn pattern(&mut self, node: Node<'t>, subject: Option<ExpressionId>) -> Vec<ExpressionId> {
        self.nested(node, |lowering| {
            let mut found = Vec::new();
            let parts = lowering.parts(node);
            let annotation = parts.get(&["type"]).and_then(|it| lowering.type_expression(it));
            // Scala's `case Array(header, payload, signature)`.
            let lists = ["Array", "List", "Seq", "Vector", "IndexedSeq"];
            let is_of_items = parts.get(&["type"]).is_some_and(|it| lists.contains(&lowering.written(it)));
            for part in &parts.0 {
                match lowering.meaning(part.node) {
                    _ if part.field == Some("type") => {}
                    Meaning::Name if is_plain(lowering.written(part.node)) => match subject {
                        Some(subject) if is_of_items => {
                            let kind = BindingKind::ItemOf(subject, place_in_list(part.node));
                            lowering.identifier(part.node, IdentifierRole::Binding);
                            lowering.bind(lowering.name_text(part.node), part.node, kind);
                        }
                        _ => lowering.capture(part.node, annotation, subject),
                    },
                    Meaning::TypeName | Meaning::Path | Meaning::TypeOf | Meaning::AnyType => {
                        found.extend(lowering.type_expression(part.node));
                    }
                    Meaning::Parts | Meaning::Pattern | Meaning::Label | Meaning::Sequence | Meaning::Pair => {
                        found.extend(lowering.pattern(part.node, subject));
                    }
                    _ => found.extend(lowering.lower(part.node, Wants::Value)),
                }
            }
            if parts.0.is_empty() && matches!(lowering.meaning(node), Meaning::Name) {
                lowering.capture(node, None, subject);
            }
            found.extend(annotation);
            found
        })
    }

    fn capture(&mut self, name: Node<'t>, annotation: Option<ExpressionId>, subject: Option<ExpressionId>) {
        self.identifier(name, IdentifierRole::Binding);
        let piece = subject.map(|it| self.add(ExpressionKind::Compound(vec![it]), name));
        let kind = match (annotation, piece) {
            (None, Some(piece)) => BindingKind::Value(piece),
            (annotation, default) => BindingKind::Parameter { index: None, annotation, default },
        };
        self.bind(self.name_text(name), name, kind);
    }

    pub(super) fn attempt(&mut self, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
        let parts = self.parts(node).0;
        let is_catch = |it: &Part<'t>| matches!(self.meaning(it.node), Meaning::Catch);
        let is_after = |it: &Part<'t>| matches!(it.node.kind(), "finally_clause" | "finally_block" | "ensure" | "else");
        let (attempted, rest): (Vec<Part>, Vec<Part>) =
            parts.into_iter().partition(|it| !is_catch(it) && !is_after(it));
        let outer = self.branch(BlockKind::Try);
        let of = self.block;
        let mut values = Vec::new();
        values.extend(self.in_block_scope(node, |lowering| lowering.suite(&attempted, wants)));
        self.block = outer;
        for part in rest {
            match self.meaning(part.node) {
                Meaning::Catch => values.extend(self.catch(part.node, of, wants)),
                _ => self.statement(part.node),
            }
        }
        match values.len() {
            0 => None,
            1 => values.pop(),
            _ => Some(self.add(ExpressionKind::Either(values), node)),
        }
    }

    fn catch(&mut self, node: Node<'t>, of: BlockId, wants: Wants) -> Option<ExpressionId> {
        let outer = self.branch(BlockKind::Handler { of });
        let on_error = std::mem::replace(&mut self.on_error, true);
        let value = self.in_block_scope(node, |lowering| {
            let mut values = Vec::new();
            let parts = lowering.parts(node);
            let body = parts.get(BODY).or(parts.get(&["then"])).or(parts.last());
            for part in &parts.0 {
                if Some(part.node) != body {
                    lowering.caught(part.node);
                }
            }
            let body = body?;
            let has_arms = lowering.parts(body).nodes().any(|it| matches!(lowering.meaning(it), Meaning::Arm));
            if has_arms {
                lowering.arms(body, None, wants, &mut values);
            } else {
                values.extend(lowering.run(body, wants));
            }
            match values.len() {
                0 => None,
                1 => values.pop(),
                _ => Some(lowering.add(ExpressionKind::Either(values), node)),
            }
        });
        self.on_error = on_error;
        self.block = outer;
        value
    }

    /// What is caught, and the name it gets.
    fn caught(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        match self.meaning(node) {
            Meaning::Guard => {
                for part in parts.0 {
                    self.expression(part.node);
                }
            }
            Meaning::TypeName | Meaning::Path | Meaning::TypeOf | Meaning::AnyType => {
                self.type_expression(node);
            }
            _ if parts.0.is_empty() => self.assign_opaque(node),
            _ => {
                let name = parts.get(&["name", "identifier"]);
                for part in &parts.0 {
                    if Some(part.node) != name {
                        match self.type_expression(part.node) {
                            Some(_) => {}
                            None => self.nested(node, |lowering| lowering.caught(part.node)),
                        }
                    }
                }
                if let Some(name) = name {
                    self.assign_opaque(name);
                }
            }
        }
    }

    pub(super) fn returned(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        let mut values = Vec::new();
        for part in &parts.0 {
            if part.field != Some("label") {
                values.extend(self.values(part.node));
            }
        }
        if values.is_empty() {
            values = self.named_results(node);
        }
        let value = match values.len() {
            0 => return,
            1 => values[0],
            _ => {
                let items = ExpressionKind::Sequence { items: values, open: false };
                self.add_at(items, span(node))
            }
        };
        self.add_return(value);
    }

    /// What a bare `return` gives where a function names its results, as in Go.
    fn named_results(&mut self, node: Node<'t>) -> Vec<ExpressionId> {
        let mut around = std::iter::successors(node.parent(), Node::parent);
        let function = around.find(|it| it.child_by_field_name("parameters").is_some());
        let Some(results) = function.and_then(|it| it.child_by_field_name("result")) else { return Vec::new() };
        let results = self.parts(results).0;
        let names = results.iter().flat_map(|it| self.parts(it.node).all("name").collect::<Vec<_>>());
        let names: Vec<Node<'t>> = names.collect();
        names.into_iter().map(|name| self.add_at(ExpressionKind::Name(self.written(name).into()), span(node))).collect()
    }

    pub(super) fn add_return(&mut self, value: ExpressionId) {
        if let Some(definition) = self.definition {
            let on_error = self.on_error;
            self.facts.definitions[definition].returns.push(Return { value, on_error });
        }
    }

    /// The values of a list without brackets (`a, err`), or the one value.
    pub(super) fn values(&mut self, node: Node<'t>) -> Vec<ExpressionId> {
        if matches!(self.meaning(node), Meaning::Targets | Meaning::Arguments) {
            let parts = self.parts(node).0;
            return parts.iter().map(|it| self.expression(it.node)).collect();
        }
        self.lower(node, Wants::Value).into_iter().collect()
    }

    /// Whether the last expression of a body like this is what it returns.
    pub(super) fn returns_last(&self, is_lambda: bool) -> bool {
        match self.grammar.habits.last_value {
            LastValue::Never => false,
            LastValue::Lambdas => is_lambda,
            LastValue::Always => true,
        }
    }
}

/// Whether a name in a pattern is one that the pattern binds.
fn is_plain(name: &str) -> bool {
    name.starts_with(|it: char| it.is_lowercase() || it == '_')
}
