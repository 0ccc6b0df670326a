//! Facts of small snippets, one a line, and of broken ones.

#![cfg(test)]

use super::read;
use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::Comparison;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::MutationKind;
use crate::fact::Wanted;
use crate::resolve::graph::FileId;
use crate::resolve::world::Leads;
use crate::resolve::world::Repository;
use crate::resolve::world::World;
use std::collections::HashSet;
use std::sync::Arc;

mod csharp;
mod go;
mod java;
mod kotlin;
mod php;
mod robustness;
mod ruby;
mod scala;

const WANTED: Wanted = Wanted { statements: false, ..Wanted::ALL };

/// Compares the facts of the kinds that `expected` mentions, one a line, each kind in source order.
fn check(language: Language, text: &str, expected: &str) {
    let dump = on_large_stack(|| dump(text, read(text, language, WANTED)));
    fn kind(line: &str) -> &str {
        line.split(' ').next().unwrap_or_default()
    }
    let mut expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let kinds: HashSet<&str> = expected.iter().map(|line| kind(line)).collect();
    let mut actual: Vec<&str> = dump.lines().map(str::trim).filter(|line| kinds.contains(kind(line))).collect();
    expected.sort_by_key(|line| kind(line));
    actual.sort_by_key(|line| kind(line));
    assert_eq!(actual, expected, "\n{dump}");
}

/// Readers run on threads with a large stack; test threads have a small one.
fn on_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, run);
        thread.expect("a thread starts").join().expect("the reader does not panic")
    })
}

fn dump(text: &str, facts: FileFacts) -> String {
    let facts = Arc::new(facts);
    let repository = Repository::of_one("example".into(), facts.language);
    let leads = Leads::default();
    let world = World::new(&repository, &leads, false);
    let resolver = world.enter(FileId(0), facts.clone());
    let facts = &*facts;
    let mut lines = Vec::new();
    for import in &facts.imports {
        lines.push(format!("import {} [{}] {:?}", import.module, import.names.join(","), import.context));
    }
    for binding in &facts.bindings {
        let optional = |id: &Option<ExpressionId>| id.map_or("_".to_owned(), |id| show(facts, id));
        let kind = match &binding.kind {
            BindingKind::Import(path) => format!("import {path}"),
            BindingKind::StarImport(path) => format!("all of {path}"),
            BindingKind::Value(id) => show(facts, *id),
            BindingKind::ItemOf(id, item) => format!("item {item} of {}", show(facts, *id)),
            BindingKind::Definition(scope) => format!("definition {}", facts.scope(*scope).name),
            BindingKind::Parameter { index, annotation, default } => {
                let index = index.map_or(String::new(), |it| format!("{it} "));
                format!("parameter {index}{} {}", optional(annotation), optional(default))
            }
            other => format!("{other:?}"),
        };
        let scope = facts.scope(binding.scope);
        lines.push(format!("bind {:?}({}) {} = {}", scope.kind, scope.name, binding.name, kind));
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
    for &call in &facts.calls {
        lines.push(format!("call {}", show(facts, call)));
        if let ExpressionKind::Call { callee, .. } = facts.expression(call).kind {
            lines.push(format!("symbol {}", resolver.symbols(callee).join(" | ")));
        }
        lines.push(format!("where {} in {}", show(facts, call), place(facts, facts.expression(call).block)));
    }
    lines.extend(facts.discarded.iter().map(|&it| format!("discarded {}", show(facts, it))));
    for definition in &facts.definitions {
        let list = |ids: &[ExpressionId]| ids.iter().map(|&id| show(facts, id)).collect::<Vec<_>>().join(",");
        let returns = definition.returns.iter().map(|it| {
            let on_error = if it.on_error { "error:" } else { "" };
            format!("{on_error}{}", show(facts, it.value))
        });
        lines.push(format!(
            "define {:?} {}({}) @[{}] :[{}] ->[{}]",
            definition.kind,
            definition.name,
            definition.parameters.join(","),
            list(&definition.decorators),
            list(&definition.bases),
            returns.collect::<Vec<_>>().join(",")
        ));
    }
    lines.extend(facts.identifiers.iter().map(|it| format!("name {} {:?}", it.name, it.role)));
    for region in &facts.regions {
        let text = &text[region.span.start as usize..region.span.end as usize];
        lines.push(format!("region {:?} {text}", region.kind));
    }
    lines.extend(facts.syntax_errors.iter().map(|it| format!("error {} {}", it.span.start, it.message)));
    lines.join("\n")
}

/// The blocks around an expression, from the outside in; `!` marks one that leaves.
fn place(facts: &FileFacts, block: BlockId) -> String {
    let mut names = Vec::new();
    let mut at = Some(block);
    while let Some(id) = at {
        let block = &facts.blocks[id.0 as usize];
        let name = match block.kind {
            BlockKind::Body => "body".to_owned(),
            BlockKind::Branch { condition: None, .. } => "otherwise".to_owned(),
            BlockKind::Branch { condition: Some(condition), holds } => {
                format!("{} {}", if holds { "if" } else { "unless" }, show(facts, condition))
            }
            BlockKind::Loop => "loop".to_owned(),
            BlockKind::Try => "try".to_owned(),
            BlockKind::Handler { .. } => "handler".to_owned(),
        };
        if name != "body" {
            names.push(format!("{name}{}", if block.leaves { "!" } else { "" }));
        }
        at = block.parent;
    }
    names.reverse();
    format!("[{}]", names.join(" > "))
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
            let argument = |it: &crate::fact::Argument| match &it.kind {
                ArgumentKind::Positional => show(&it.value),
                ArgumentKind::Keyword(name) => format!("{name}: {}", show(&it.value)),
                ArgumentKind::SpreadPositional => format!("...{}", show(&it.value)),
                ArgumentKind::SpreadKeyword => format!("**{}", show(&it.value)),
            };
            let arguments: Vec<String> = arguments.iter().map(argument).collect();
            format!("{}({})", show(callee), arguments.join(", "))
        }
        ExpressionKind::Mapping(entries) => {
            let entry = |entry: &Entry| match entry {
                Entry::Pair { key, value } => format!("{}: {}", show(key), show(value)),
                Entry::Spread(value) => format!("...{}", show(value)),
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        ExpressionKind::Sequence { items, open } => format!("[{}{}]", all(items), if *open { ", .." } else { "" }),
        ExpressionKind::Either(values) => format!("either({})", all(values)),
        ExpressionKind::Both(values) => format!("both({})", all(values)),
        ExpressionKind::Conditional { condition, then, otherwise } => {
            format!("({} ? {} : {})", show(condition), show(then), show(otherwise))
        }
        ExpressionKind::Compare { comparison, left, right } => {
            let operator = match comparison {
                Comparison::Equal => "==",
                Comparison::NotEqual => "!=",
                Comparison::In => "in",
                Comparison::NotIn => "not in",
                Comparison::Other => "~",
            };
            format!("{} {operator} {}", show(left), show(right))
        }
        ExpressionKind::Not(value) => format!("!{}", show(value)),
        ExpressionKind::Merge(first, second) => format!("merge({}, {})", show(first), show(second)),
        ExpressionKind::Module(module) => format!("module({module})"),
        ExpressionKind::Receiver(scope) => format!("this({})", facts.scope(*scope).name),
        ExpressionKind::Function(scope) => format!("function({})", facts.scope(*scope).name),
        ExpressionKind::Compound(values) => format!("of({})", all(values)),
        ExpressionKind::Unknown => "?".to_owned(),
    }
}
