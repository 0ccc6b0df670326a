//! What the names of one file are bound to and changed by: of the facts alone, and so worked out once for all threads
//! that follow names into the file. What names stand for hangs on who asks, and is [`super::Resolver`]'s.

use crate::fact::BindingKind;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use rustc_hash::FxHashMap;

/// A name of a scope; the receiver's attributes are names of its class.
pub(crate) type Variable = (ScopeId, Name);

/// The names of a file.
#[derive(Debug)]
pub(crate) struct Names {
    /// The indexes of the bindings of each name, in the order they take effect.
    pub(super) bindings: FxHashMap<Variable, Vec<u32>>,
    pub(super) mutations: FxHashMap<Variable, Vec<u32>>,
    /// What each imported name first stands for, in whatever scope.
    pub(super) imported: FxHashMap<Name, Name>,
    /// The modules of star imports.
    pub(super) stars: Vec<Name>,
    /// Indexes of classes and functions by the scopes they open.
    pub(super) definitions: FxHashMap<ScopeId, u32>,
}

impl Names {
    pub(crate) fn new(facts: &FileFacts) -> Names {
        let mut bindings: FxHashMap<Variable, Vec<u32>> = FxHashMap::default();
        let mut imported: FxHashMap<Name, Name> = FxHashMap::default();
        let mut stars = Vec::new();
        for (index, binding) in facts.bindings.iter().enumerate() {
            match &binding.kind {
                BindingKind::Import(path) => {
                    imported.entry(binding.name.clone()).or_insert_with(|| path.clone());
                }
                BindingKind::StarImport(module) => stars.push(module.clone()),
                _ => {}
            }
            bindings.entry((binding.scope, binding.name.clone())).or_default().push(index as u32);
        }
        for indexes in bindings.values_mut() {
            indexes.sort_by_key(|&index| facts.bindings[index as usize].at);
        }
        let definitions = facts.definitions.iter().enumerate().map(|(index, it)| (it.scope, index as u32)).collect();
        let mut names = Names { bindings, mutations: FxHashMap::default(), imported, stars, definitions };
        for (index, mutation) in facts.mutations.iter().enumerate() {
            let variable = match &facts.expression(mutation.target).kind {
                ExpressionKind::Name(name) => {
                    names.declaring_scope(facts, mutation.scope, name).map(|scope| (scope, name.clone()))
                }
                ExpressionKind::Member { object, name, .. } => match facts.expression(*object).kind {
                    ExpressionKind::Receiver(class) => Some((class, name.clone())),
                    _ => None,
                },
                _ => None,
            };
            if let Some(variable) = variable {
                names.mutations.entry(variable).or_default().push(index as u32);
            }
        }
        names
    }

    /// The scope that binds the name as seen from another.
    pub(super) fn declaring_scope(&self, facts: &FileFacts, from: ScopeId, name: &str) -> Option<ScopeId> {
        let mut at = Some(from);
        while let Some(id) = at {
            let scope = facts.scope(id);
            // A class body's names are not visible in the functions inside it.
            if (scope.kind != ScopeKind::Class || id == from)
                && let Some(found) = self.bindings.get(&(id, Name::from(name)))
            {
                let alias = found.iter().find_map(|&index| match facts.bindings[index as usize].kind {
                    BindingKind::Alias(meant) => Some(meant),
                    _ => None,
                });
                return Some(alias.unwrap_or(id));
            }
            at = scope.parent;
        }
        None
    }
}
