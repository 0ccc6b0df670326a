//! The statements of a file, and which of them a place stands in.

use crate::fact::Definition;
use crate::fact::FileFacts;
use crate::fact::RegionKind;
use crate::place::Span;
use rustc_hash::FxHashMap;

pub(super) struct Statements<'a> {
    text: &'a str,
    facts: &'a FileFacts,
    /// In the order they begin, outer ones first; each once.
    spans: Vec<Span>,
    /// The next outer one of each.
    parents: Vec<Option<usize>>,
    /// The definitions, by where they begin.
    definitions: Vec<&'a Definition>,
    /// Where the name of each named definition begins.
    names: FxHashMap<Span, u32>,
}

impl<'a> Statements<'a> {
    pub(super) fn new(facts: &'a FileFacts, text: &'a str) -> Statements<'a> {
        let named = facts.definitions.iter().filter(|it| !it.name.is_empty()).map(|it| it.span);
        let mut spans: Vec<Span> = facts.statements.iter().copied().chain(named).collect();
        spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        spans.dedup();
        let mut parents = Vec::with_capacity(spans.len());
        let mut open: Vec<usize> = Vec::new();
        for (index, span) in spans.iter().enumerate() {
            while open.last().is_some_and(|&outer| spans[outer].end < span.end) {
                open.pop();
            }
            parents.push(open.last().copied());
            open.push(index);
        }
        let mut definitions: Vec<&Definition> = facts.definitions.iter().collect();
        definitions.sort_by_key(|it| it.span.start);
        let named = facts.definitions.iter().filter(|it| !it.name.is_empty());
        let names = named.map(|it| (it.span, it.name_span.start)).collect();
        Statements { text, facts, spans, parents, definitions, names }
    }

    pub(super) fn span(&self, statement: usize) -> Span {
        self.spans[statement]
    }

    /// The innermost statement around an offset.
    pub(super) fn at(&self, offset: u32) -> Option<usize> {
        let after = self.spans.partition_point(|span| span.start <= offset);
        let mut at = after.checked_sub(1);
        while let Some(index) = at {
            if offset < self.spans[index].end {
                return Some(index);
            }
            at = self.parents[index];
        }
        None
    }

    /// The statements that begin within a span.
    pub(super) fn beginning_in(&self, span: Span) -> std::ops::Range<usize> {
        let index = |offset: u32| self.spans.partition_point(|it| it.start < offset);
        index(span.start)..index(span.end)
    }

    /// The statement that follows an offset with nothing but comments and decorators between.
    pub(super) fn directly_after(&self, offset: u32) -> Option<usize> {
        let next = self.spans.partition_point(|span| span.start < offset);
        let start = self.spans.get(next)?.start;
        let mut at = offset;
        let mut between = String::new();
        let regions = &self.facts.regions;
        let first = regions.partition_point(|region| region.span.start < at);
        for region in regions[first..].iter().take_while(|region| region.span.end <= start) {
            if region.kind == RegionKind::Comment {
                between.push_str(&self.text[at as usize..region.span.start as usize]);
                at = region.span.end;
            }
        }
        between.push_str(&self.text[at as usize..start as usize]);
        let between = between.trim();
        // Go's `import` is no part of the one thing that is imported.
        let is_keyword = between.chars().all(|it| it.is_alphabetic() || it == ' ');
        (is_keyword || between.starts_with('@')).then_some(next)
    }

    /// Whether the statement is there to define a function or class: the whole of it is meant.
    pub(super) fn is_definition(&self, statement: usize) -> bool {
        let whole = self.spans[statement];
        let first = self.definitions.partition_point(|it| it.span.start < whole.start);
        let within = self.definitions[first..].iter().take_while(|it| it.span.start < whole.end);
        within.filter(|it| whole.contains(it.span)).any(|definition| {
            let before = self.text[whole.start as usize..definition.span.start as usize].trim();
            let behind =
                self.text[definition.span.end as usize..whole.end as usize].trim_matches([' ', '\n', '\r', ';']);
            let is_prefix =
                before.split_whitespace().all(|it| matches!(it, "export" | "default" | "declare" | "async"));
            // `const read = async (token) => { .. }`
            let is_given = before.trim_end_matches("async").trim_end().ends_with('=');
            behind.is_empty() && (is_given || is_prefix && !definition.name.is_empty())
        })
    }

    /// The definition that has this offset before its name: between its decorators, say.
    pub(super) fn definition_headed_by(&self, offset: u32) -> Option<Span> {
        let mut at = self.at(offset);
        while let Some(index) = at {
            let span = self.spans[index];
            if self.names.get(&span).is_some_and(|name| offset < *name) {
                return Some(span);
            }
            at = self.parents[index];
        }
        None
    }
}
