//! The way from a name to what it stands for, as places to show: where it was imported, given its value, changed, or
//! has its default. For people only: what a name stands for is worked out elsewhere, and by more ways than these.

use super::Resolver;
use super::graph::FileId;
use super::graph::SEPARATORS;
use crate::fact::BindingKind;
use crate::fact::Entry;
use crate::fact::ExportTarget;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::MutationKind;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::place::Span;

/// More places than this explain nothing.
const MOST_STEPS: usize = 6;

/// A name given a value by more ways than this is better looked up.
const MOST_BINDINGS: usize = 3;

/// A place on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) file: FileId,
    pub(crate) span: Span,
    pub(crate) name: Name,
    pub(crate) kind: StepKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepKind {
    Imported,
    Given,
    Changed,
    Default,
}

impl Resolver<'_> {
    /// The places between an expression and what it stands for, nearest first.
    pub(crate) fn way_of(&self, id: ExpressionId) -> Vec<Step> {
        let mut way = Vec::new();
        self.way(id, &mut way, 0);
        way
    }

    fn way(&self, id: ExpressionId, way: &mut Vec<Step>, depth: usize) {
        if depth > MOST_STEPS || way.len() >= MOST_STEPS {
            return;
        }
        match &self.facts.expression(id).kind {
            ExpressionKind::Name(_) | ExpressionKind::Member { .. } => match self.variable(id) {
                Some(variable) => self.way_of_variable(&variable, way, depth),
                None => self.way_of_member(id, way, depth),
            },
            ExpressionKind::Index { object, .. } => self.way(*object, way, depth + 1),
            ExpressionKind::Call { callee, arguments } => {
                if let ExpressionKind::Member { object, .. } = self.facts.expression(*callee).kind {
                    self.way(object, way, depth + 1);
                }
                arguments.iter().for_each(|argument| self.way(argument.value, way, depth + 1));
            }
            ExpressionKind::Mapping(entries) => {
                for entry in entries {
                    let (Entry::Pair { value, .. } | Entry::Spread(value)) = entry;
                    self.way(*value, way, depth + 1);
                }
            }
            ExpressionKind::Either(parts) | ExpressionKind::Both(parts) => {
                parts.iter().for_each(|part| self.way(*part, way, depth + 1));
            }
            ExpressionKind::Conditional { then, otherwise, .. } | ExpressionKind::Merge(then, otherwise) => {
                [then, otherwise].into_iter().for_each(|part| self.way(*part, way, depth + 1));
            }
            ExpressionKind::Not(operand) => self.way(*operand, way, depth + 1),
            _ => {}
        }
    }

    fn way_of_variable(&self, variable: &(ScopeId, Name), way: &mut Vec<Step>, depth: usize) {
        let bindings = self.bindings_of(variable);
        if bindings.len() > MOST_BINDINGS {
            return;
        }
        for &index in &bindings {
            self.way_of_binding(index, way, depth);
        }
        for &index in self.names.mutations.get(variable).into_iter().flatten().take(MOST_BINDINGS) {
            let change = &self.facts.mutations[index as usize];
            let (MutationKind::SetItem { value, .. } | MutationKind::Merge(value)) = change.kind;
            let target = self.facts.expression(change.target).span;
            let end = self.facts.expression(value).span.end.max(target.end);
            self.add(Span::new(target.start, end), &variable.1, StepKind::Changed, way);
        }
    }

    fn way_of_binding(&self, index: u32, way: &mut Vec<Step>, depth: usize) {
        let binding = &self.facts.bindings[index as usize];
        match &binding.kind {
            BindingKind::Import(path) => {
                let written =
                    self.facts.imports.iter().find(|it| it.span.start <= binding.at && binding.at <= it.span.end);
                if let Some(import) = written {
                    self.add(import.span, &binding.name, StepKind::Imported, way);
                }
                self.way_of_import(path, way, depth);
            }
            BindingKind::Value(value) | BindingKind::MemberOf(value, _) | BindingKind::ItemOf(value, _) => {
                self.add(self.facts.expression(*value).span, &binding.name, StepKind::Given, way);
                self.way(*value, way, depth + 1);
            }
            BindingKind::Parameter { index, default: Some(value), .. } => {
                let kind = if index.is_some() { StepKind::Default } else { StepKind::Given };
                self.add(self.facts.expression(*value).span, &binding.name, kind, way);
                self.way(*value, way, depth + 1);
            }
            _ => {}
        }
    }

    /// `settings.OPTIONS`: a member of what another file exports.
    fn way_of_member(&self, id: ExpressionId, way: &mut Vec<Step>, depth: usize) {
        let ExpressionKind::Member { object, name, .. } = &self.facts.expression(id).kind else { return };
        let Some(variable) = self.variable(*object) else { return };
        for index in self.bindings_of(&variable) {
            if let BindingKind::Import(path) = &self.facts.bindings[index as usize].kind {
                self.way_of_import(&format!("{path}.{name}"), way, depth);
            }
        }
    }

    fn way_of_import(&self, path: &str, way: &mut Vec<Step>, depth: usize) {
        let world = self.world();
        let Some(located) = world.locate(self.file, path) else { return };
        let name = located.members.split(SEPARATORS).find(|name| !name.is_empty()).unwrap_or("");
        for &file in located.files.iter().filter(|&&file| file != self.file).take(1) {
            if let Some(other) = self.elsewhere(file).filter(|_| depth < MOST_STEPS) {
                other.way_of_export(if name.is_empty() { "default" } else { name }, way, depth + 1);
            }
        }
    }

    fn way_of_export(&self, name: &str, way: &mut Vec<Step>, depth: usize) {
        let exported = self.facts.exports.iter().filter(|it| it.name == name);
        let mut local = vec![Name::from(name)];
        for export in exported {
            match &export.target {
                ExportTarget::Local(name) => local = vec![name.clone()],
                ExportTarget::Value(value) => {
                    self.add(self.facts.expression(*value).span, &export.name, StepKind::Given, way);
                    self.way(*value, way, depth + 1);
                }
                ExportTarget::Import(path) => self.way_of_import(path, way, depth + 1),
            }
        }
        for name in local {
            self.way_of_variable(&(ScopeId(0), name), way, depth + 1);
        }
    }

    fn add(&self, span: Span, name: &Name, kind: StepKind, way: &mut Vec<Step>) {
        let step = Step { file: self.file, span, name: name.clone(), kind };
        if way.len() < MOST_STEPS && !way.contains(&step) {
            way.push(step);
        }
    }
}
