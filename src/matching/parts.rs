//! Tokens that are taken apart by hand: a text is cut at its dots, a part is read as base64 and that as JSON, in one
//! expression or over many functions and files. What an expression holds of a token follows from what it is made of.

use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::Definition;
use crate::fact::DefinitionKind;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::matching::Among;
use crate::matching::Matcher;
use crate::matching::Node;
use crate::matching::is_among;
use crate::place::Span;
use crate::resolve::DefinitionId;
use crate::resolve::Value;
use crate::rules::ApartMatcher;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::cell::Cell;
use std::cell::RefCell;
use std::rc::Rc;

/// What something is made of is followed through so many steps.
const LONGEST_WAY: u32 = 40;

/// Functions are looked into this deep, one in the other.
const MOST_CALLS: u32 = 4;

/// So many steps are taken for one file: a chain of functions that call each other twice has no end.
const MOST_STEPS: u32 = 200_000;

/// A name that is bound more often is not looked into for what stands in it.
const MOST_BINDINGS: usize = 3;

/// A token has a header, claims and a signature.
const PARTS: u8 = 3;

/// The number of the part with the claims.
const CLAIMS: u8 = 1;

/// What an expression holds of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The part of that number.
    Part(u8, Form),
    /// The parts from that number on, in a list. The item for part `open` holds what comes after it, too.
    List { from: u8, open: Option<u8>, form: Form },
    /// The text from that part on, dots and all.
    Tail(u8),
    /// The text before the last dot.
    Front,
    /// A pair: what stands before the first dot of [`Piece::Tail`], and what after it. Where the separator stands
    /// between them it is the second of three.
    Cut { from: u8, is_front: bool, has_separator: bool },
    /// The same at the last dot.
    CutAtLast { has_separator: bool },
    /// The place of the dot after that part.
    Dot(u8),
    /// A number that a function is given, which may be that of a part.
    Number(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    /// What base64 stood for.
    Bytes,
    /// What JSON stood for.
    Claims,
}

/// A place in what holds several things.
enum Key<'k> {
    At(i64),
    Named(&'k str),
}

/// What is known of a file.
pub(crate) struct Pieces {
    /// The calls that read base64.
    base64: FxHashSet<ExpressionId>,
    json: FxHashSet<ExpressionId>,
    /// What each function gives of a token, whatever it is given.
    of_functions: RefCell<FxHashMap<ScopeId, Option<Piece>>>,
}

/// One run of a function, or the file as a whole, which is given nothing.
struct View<'c> {
    matcher: &'c ApartMatcher,
    file: Rc<Pieces>,
    given: Vec<(ScopeId, Name, Piece)>,
    known: FxHashMap<ExpressionId, Option<Piece>>,
    /// How many functions are being looked into.
    calls: u32,
    steps: &'c Cell<u32>,
}

impl Matcher<'_, '_> {
    /// The calls that give the claims of a token which this file takes apart.
    pub(super) fn taken_apart(&self, matcher: &ApartMatcher, among: Among<'_>) -> Vec<Node> {
        // Or another file does it, by a function that it gives.
        let world = self.resolver.world();
        let cuts = |name: &Name| is_cut(name) || is_locator(name) || world.leads.lie_on(name);
        let steps = Cell::new(0);
        let mut view = self.view(matcher, Vec::new(), 0, &steps);
        let key = std::ptr::from_ref(matcher) as usize;
        if !self.known.part_readers.borrow().contains_key(&key) {
            let names = self.readers_of_parts(&view);
            self.known.part_readers.borrow_mut().insert(key, names);
        }
        if !self.by_last_name().keys().any(cuts) {
            return Vec::new();
        }
        let mut nodes = Vec::new();
        for (id, expression) in (0..).map(ExpressionId).zip(&self.facts.expressions) {
            let is_reader = match &expression.kind {
                ExpressionKind::Call { .. } => true,
                // What is called is no value.
                ExpressionKind::Member { name, .. } => reads_itself(name) && !self.is_called(id),
                _ => false,
            };
            if is_reader && is_among(expression.span, among) && self.gives_claims(id, &mut view) {
                let called = match expression.kind {
                    ExpressionKind::Call { callee, .. } => callee,
                    _ => id,
                };
                let node = Node::certain(expression.span, ("callee", self.written(called)));
                nodes.push(Node { expression: Some(id), ..node });
            }
        }
        nodes
    }

    fn is_called(&self, member: ExpressionId) -> bool {
        self.uses().parent(member).is_some_and(
            |it| matches!(&self.facts.expression(it).kind, ExpressionKind::Call { callee, .. } if *callee == member),
        )
    }

    /// Whether it is here that a piece of a token becomes its claims.
    fn gives_claims(&self, id: ExpressionId, view: &mut View<'_>) -> bool {
        if self.piece(id, view, 0) != Some(Piece::Part(CLAIMS, Form::Claims)) {
            return false;
        }
        let (callee, arguments) = match &self.facts.expression(id).kind {
            // What a function does that stands there it does itself.
            ExpressionKind::Call { arguments, .. } if arguments.iter().any(|it| self.is_function_value(it.value)) => {
                return false;
            }
            ExpressionKind::Call { callee, arguments } => (*callee, arguments.as_slice()),
            ExpressionKind::Member { object, .. } => return self.piece(*object, view, 0).is_some(),
            _ => return false,
        };
        // `segment(token, 1)`: the number decides what is read.
        if arguments.iter().any(|it| self.number(it.value, view) == Some(i64::from(CLAIMS))) {
            return true;
        }
        let mut given = arguments.iter().map(|it| it.value).chain(self.receiver(callee));
        given.any(|it| self.piece(it, view, 0).is_some_and(|it| !matches!(it, Piece::Part(_, Form::Claims))))
    }

    /// The functions of the file that are given a part and give what stands in it, by the names others call them by.
    fn readers_of_parts(&self, view: &View<'_>) -> Vec<Name> {
        if view.file.base64.is_empty() {
            return Vec::new();
        }
        let mut spans: Vec<Span> = view.file.base64.iter().map(|it| self.facts.expression(*it).span).collect();
        spans.sort_unstable();
        let functions = self.facts.definitions.iter().filter(|it| it.kind == DefinitionKind::Function);
        let functions = functions.filter(|it| super::stand_in(&spans, it.span));
        let named = functions.filter(|it| !it.parameters.is_empty() && !self.resolver.asked_by(it.scope).is_empty());
        let reads = |function: &&Definition| {
            function.parameters.iter().take(2).any(|parameter| {
                let given = vec![(function.scope, parameter.clone(), Piece::Part(CLAIMS, Form::Text))];
                let mut view = self.view(view.matcher, given, 1, view.steps);
                let read = function.returns.iter().filter_map(|it| self.piece(it.value, &mut view, 0));
                read.into_iter().any(|it| matches!(it, Piece::Part(CLAIMS, Form::Bytes | Form::Claims)))
            })
        };
        named.filter(reads).map(|it| self.resolver.asked_by(it.scope)).collect()
    }

    fn view<'c>(
        &self,
        matcher: &'c ApartMatcher,
        given: Vec<(ScopeId, Name, Piece)>,
        calls: u32,
        steps: &'c Cell<u32>,
    ) -> View<'c> {
        let key = std::ptr::from_ref(matcher) as usize;
        let known = self.known.pieces.borrow().get(&key).cloned();
        let file = known.unwrap_or_else(|| {
            let found = |matcher| self.calls_of(matcher).into_iter().map(|at| self.facts.calls[at]).collect();
            let of_functions = RefCell::default();
            let file = Rc::new(Pieces { base64: found(&matcher.base64), json: found(&matcher.json), of_functions });
            self.known.pieces.borrow_mut().insert(key, file.clone());
            file
        });
        View { matcher, file, given, known: FxHashMap::default(), calls, steps }
    }

    fn piece(&self, id: ExpressionId, view: &mut View<'_>, depth: u32) -> Option<Piece> {
        if let Some(known) = view.known.get(&id) {
            return *known;
        }
        view.steps.set(view.steps.get() + 1);
        if depth > LONGEST_WAY || view.steps.get() > MOST_STEPS {
            return None;
        }
        // What a circle closes on is nothing yet.
        view.known.insert(id, None);
        let piece = self.made_of(id, view, depth + 1);
        view.known.insert(id, piece);
        piece
    }

    fn made_of(&self, id: ExpressionId, view: &mut View<'_>, depth: u32) -> Option<Piece> {
        let expression = self.facts.expression(id);
        match &expression.kind {
            ExpressionKind::Name(_) => self.bound_piece(id, view, depth),
            ExpressionKind::Member { object, name, .. } => {
                if self.resolver.variable(id).is_some()
                    && let Some(piece) = self.bound_piece(id, view, depth)
                {
                    return Some(piece);
                }
                let piece = self.piece(*object, view, depth);
                match piece {
                    Some(Piece::Part(number, Form::Bytes)) if reads_itself(name) => {
                        Some(Piece::Part(number, Form::Claims))
                    }
                    Some(piece) => self.member_of_piece(piece, name),
                    None => self.within(*object, &Key::Named(name), view, depth),
                }
            }
            ExpressionKind::Index { object, index } => {
                let piece = self.piece(*object, view, depth);
                let key = match &self.facts.expression(*index).kind {
                    ExpressionKind::Literal(Literal::Text(text)) => Some(Key::Named(text)),
                    // `parts[-2]`, and not `parts[:2]`
                    ExpressionKind::Compound(only) if self.begins_with_minus(*index) => {
                        match only.first().map(|it| &self.facts.expression(*it).kind) {
                            Some(ExpressionKind::Literal(Literal::Number(number))) if only.len() == 1 => {
                                number.parse::<i64>().ok().map(|it| Key::At(-it))
                            }
                            _ => None,
                        }
                    }
                    _ => self.number(*index, view).map(Key::At),
                };
                match (piece, key) {
                    // `parts[:2]`; with another number it may begin there.
                    (Some(piece @ Piece::List { .. }), None) => {
                        let ExpressionKind::Compound(bounds) = &self.facts.expression(*index).kind else { return None };
                        bounds.iter().all(|it| self.number(*it, view).is_some_and(|it| it > 1)).then_some(piece)
                    }
                    (Some(piece), Some(Key::At(at))) => item(piece, at),
                    (None, Some(key)) => self.within(*object, &key, view, depth),
                    // `token[first + 1:last]`
                    _ => self.cut_out(*object, &[*index], view, depth),
                }
            }
            ExpressionKind::Call { callee, arguments } => {
                let arguments: Vec<ExpressionId> = arguments.iter().map(|it| it.value).collect();
                self.called_piece(id, *callee, &arguments, view, depth)
            }
            ExpressionKind::Compound(parts) => {
                let slice = match parts.as_slice() {
                    [object, rest @ ..] => self.cut_out(*object, rest, view, depth),
                    [] => None,
                };
                slice.or_else(|| {
                    parts
                        .iter()
                        .find_map(|it| self.piece(*it, view, depth).filter(|it| !matches!(it, Piece::List { .. })))
                })
            }
            ExpressionKind::Conditional { then, otherwise, .. } => {
                [*then, *otherwise].into_iter().find_map(|it| self.piece(it, view, depth))
            }
            ExpressionKind::Either(all) | ExpressionKind::Both(all) => {
                all.iter().find_map(|it| self.piece(*it, view, depth))
            }
            _ => None,
        }
    }

    fn bound_piece(&self, id: ExpressionId, view: &mut View<'_>, depth: u32) -> Option<Piece> {
        let expression = self.facts.expression(id);
        let variable = self.resolver.variable(id)?;
        let at = expression.span.start;
        let local = self.resolver.function_of(variable.0) == self.resolver.function_of(expression.scope);
        let bindings = self.resolver.bindings_of(&variable);
        for &index in bindings.iter().rev() {
            let binding = &self.facts.bindings[index as usize];
            // A comprehension names its elements after what it makes of them.
            let is_later =
                !matches!(binding.kind, BindingKind::Parameter { index: Some(_), .. } | BindingKind::ElementOf(_));
            if local && binding.at > at && is_later {
                continue;
            }
            let piece = match &binding.kind {
                BindingKind::Value(value) | BindingKind::Parameter { index: None, default: Some(value), .. } => {
                    self.piece(*value, view, depth)
                }
                BindingKind::MemberOf(value, name) => match self.piece(*value, view, depth) {
                    Some(piece) => match name.parse() {
                        Ok(at) => item(piece, at),
                        Err(_) => self.member_of_piece(piece, name),
                    },
                    None => self.within(*value, &Key::Named(name), view, depth),
                },
                BindingKind::ItemOf(value, at) => match self.piece(*value, view, depth) {
                    // Go's functions return the error beside what they give.
                    Some(piece @ Piece::Part(..)) if self.facts.language == Language::Go => (*at == 0).then_some(piece),
                    Some(piece) => item(piece, i64::from(*at)),
                    None => self.within(*value, &Key::At(i64::from(*at)), view, depth),
                },
                BindingKind::ElementOf(value) => match self.piece(*value, view, depth)? {
                    Piece::List { form, .. } => Some(Piece::Part(CLAIMS, form)),
                    _ => None,
                },
                BindingKind::Parameter { index: Some(_), .. } => {
                    let given =
                        view.given.iter().find(|(scope, name, _)| *scope == binding.scope && *name == binding.name);
                    match given {
                        Some((.., Piece::Number(_))) => None,
                        Some((.., piece)) => Some(*piece),
                        None => self.handed_on(binding.scope, view, depth),
                    }
                }
                _ => None,
            };
            if piece.is_some() {
                return piece;
            }
            // What always runs on the way here replaces what came before it.
            if local && self.facts.block_encloses(binding.block, expression.block) {
                return None;
            }
        }
        None
    }

    /// What a function is given that stands as an argument: `part.let { … }`, `parts.map((it) => …)`.
    fn handed_on(&self, function: ScopeId, view: &mut View<'_>, depth: u32) -> Option<Piece> {
        let from = *self.receivers().get(&function)?;
        match self.piece(from.value, view, depth)? {
            Piece::List { form, .. } if from.is_each => Some(Piece::Part(CLAIMS, form)),
            piece => Some(piece),
        }
    }

    /// What a member of a piece is: itself, in another form, or an item.
    fn member_of_piece(&self, piece: Piece, name: &str) -> Option<Piece> {
        match (name, piece) {
            ("length" | "size" | "count", _) => None,
            ("first" | "_1", _) => item(piece, 0),
            ("second" | "_2", _) => item(piece, 1),
            ("last", _) => item(piece, -1),
            (_, Piece::Part(_, Form::Claims)) => None,
            _ => match name.parse() {
                Ok(at) => item(piece, at),
                Err(_) => Some(piece),
            },
        }
    }

    /// What stands at that place in what an expression is made of: `{ header: parts[0], payload: parts[1] }`.
    fn within(&self, id: ExpressionId, key: &Key<'_>, view: &mut View<'_>, depth: u32) -> Option<Piece> {
        view.steps.set(view.steps.get() + 1);
        if depth > LONGEST_WAY || view.steps.get() > MOST_STEPS {
            return None;
        }
        match &self.facts.expression(id).kind {
            ExpressionKind::Mapping(entries) => entries.iter().find_map(|entry| match (entry, key) {
                (Entry::Pair { key, value }, Key::Named(wanted)) => match &self.facts.expression(*key).kind {
                    ExpressionKind::Literal(Literal::Text(key)) if key == wanted => self.piece(*value, view, depth + 1),
                    _ => None,
                },
                _ => None,
            }),
            ExpressionKind::Sequence { items, .. } => match key {
                Key::At(at) => self.piece(*items.get(usize::try_from(*at).ok()?)?, view, depth + 1),
                Key::Named(_) => None,
            },
            ExpressionKind::Either(all) => all.iter().find_map(|it| self.within(*it, key, view, depth + 1)),
            ExpressionKind::Name(_) => {
                let bindings = self.resolver.bindings_of(&self.resolver.variable(id)?);
                if bindings.len() > MOST_BINDINGS {
                    return None;
                }
                bindings.iter().rev().find_map(|index| match self.facts.bindings[*index as usize].kind {
                    BindingKind::Value(value) if value != id => self.within(value, key, view, depth + 1),
                    _ => None,
                })
            }
            ExpressionKind::Call { callee, arguments } => {
                // A record: `Parts(header, payload, signature)`, `Parts { payload }`.
                if let Key::Named(wanted) = key
                    && let Some(given) = arguments.iter().find(|it| it.kind == ArgumentKind::Keyword((*wanted).into()))
                    && let Some(piece) = self.piece(given.value, view, depth + 1)
                {
                    return Some(piece);
                }
                let arguments: Vec<ExpressionId> = arguments.iter().map(|it| it.value).collect();
                self.in_function(*callee, &arguments, view, depth, Some(key))
            }
            _ => None,
        }
    }

    fn called_piece(
        &self,
        id: ExpressionId,
        callee: ExpressionId,
        arguments: &[ExpressionId],
        view: &mut View<'_>,
        depth: u32,
    ) -> Option<Piece> {
        if let Some(made) = self.in_function(callee, arguments, view, depth, None) {
            return Some(made);
        }
        let name = self.last_name(callee).unwrap_or("");
        let receiver = self.receiver(callee);
        let operands: Vec<ExpressionId> = arguments.iter().copied().chain(receiver).collect();
        if view.file.json.contains(&id) {
            let read = operands.iter().find_map(|it| self.piece(*it, view, depth));
            if let Some(Piece::Part(number, Form::Bytes)) = read {
                return Some(Piece::Part(number, Form::Claims));
            }
        }
        if view.file.base64.contains(&id) {
            let read = operands.iter().find_map(|it| self.piece(*it, view, depth))?;
            return match read {
                Piece::Part(number, Form::Text | Form::Bytes) => Some(Piece::Part(number, Form::Bytes)),
                Piece::Tail(number) if number + 1 == PARTS => Some(Piece::Part(number, Form::Bytes)),
                _ => None,
            };
        }
        if let Some(piece) = self.cut(name, callee, &operands, view, depth) {
            return Some(piece);
        }
        // `parts(1)`: Scala's lists are functions.
        let of_itself = self.piece(callee, view, depth);
        let first = arguments.first().and_then(|it| self.number(*it, view));
        if let (Some(piece), Some(at)) = (of_itself, first)
            && !matches!(piece, Piece::Part(..))
            && (receiver.is_none() || is_item(name))
        {
            return item(piece, at);
        }
        let on = receiver.and_then(|it| self.piece(it, view, depth));
        match (on, name) {
            (Some(piece), _) if is_item(name) => item(piece, first?),
            (Some(piece), "first" | "component1" | "head") if arguments.is_empty() => item(piece, 0),
            (Some(piece), "second" | "component2") if arguments.is_empty() => item(piece, 1),
            (Some(piece), "last" | "component3") if arguments.is_empty() => item(piece, -1),
            (Some(piece @ Piece::List { .. }), "next" | "nextToken" | "shift" | "nextElement") => {
                item(piece, self.turn(id, receiver?))
            }
            (Some(Piece::List { from, open, form }), "skip" | "drop") => {
                Some(Piece::List { from: from + u8::try_from(first?).ok()?, open, form })
            }
            (Some(Piece::List { from, open, form }), "map" | "collect" | "flatMap") if !arguments.is_empty() => {
                let read = self.handed(arguments[0], Piece::Part(CLAIMS, form), view, depth);
                match read {
                    Some(Piece::Part(_, form)) => Some(Piece::List { from, open, form }),
                    _ => Some(Piece::List { from, open, form }),
                }
            }
            // Scala's `.flatMap(_.fromJson[Claims])`.
            (Some(Piece::Part(number, Form::Bytes)), _)
                if arguments.first().is_some_and(|it| self.reads_placeholder(*it, view)) =>
            {
                Some(Piece::Part(number, Form::Claims))
            }
            (Some(piece), _) if !arguments.is_empty() && self.is_function_value(arguments[0]) => {
                self.handed(arguments[0], piece, view, depth).or(Some(piece))
            }
            (Some(Piece::Part(_, Form::Claims) | Piece::Dot(_)), _) => None,
            (_, "length" | "size" | "len" | "count" | "sizeof" | "strlen") => None,
            (Some(piece), _) => Some(piece),
            // What is given to a function that nobody knows comes out of it in some way.
            (None, _) => arguments.iter().find_map(|it| {
                self.piece(*it, view, depth).filter(|it| {
                    matches!(it, Piece::Part(_, Form::Text | Form::Bytes) | Piece::Tail(_) | Piece::List { .. })
                })
            }),
        }
    }

    fn begins_with_minus(&self, id: ExpressionId) -> bool {
        self.source.text.get(self.facts.expression(id).span.start as usize..).is_some_and(|it| it.starts_with('-'))
    }

    /// Whether it is a chain of methods, one of which reads JSON.
    fn reads_placeholder(&self, id: ExpressionId, view: &View<'_>) -> bool {
        let mut at = id;
        for _ in 0..LONGEST_WAY {
            at = match &self.facts.expression(at).kind {
                ExpressionKind::Call { callee, .. } => *callee,
                // Scala's `_.name` has nothing before it.
                ExpressionKind::Member { name, .. } | ExpressionKind::Name(name)
                    if view.matcher.json.name.as_ref().is_some_and(|it| it.is_match(name)) =>
                {
                    return true;
                }
                ExpressionKind::Member { object, .. } | ExpressionKind::Index { object, .. } => *object,
                ExpressionKind::Either(only) if only.len() == 1 => only[0],
                _ => return false,
            };
        }
        false
    }

    fn is_function_value(&self, id: ExpressionId) -> bool {
        matches!(self.facts.expression(id).kind, ExpressionKind::Function(_))
    }

    /// What a function gives that is handed a piece.
    fn handed(&self, function: ExpressionId, piece: Piece, view: &mut View<'_>, depth: u32) -> Option<Piece> {
        if let ExpressionKind::Function(scope) = self.facts.expression(function).kind {
            let definition = self.resolver.definition_at(scope)?;
            // Its parameter is found by what it is handed.
            return definition.returns.iter().find_map(|it| self.piece(it.value, view, depth));
        }
        let reads = |name: &str| view.matcher.base64.name.as_ref().is_some_and(|it| it.is_match(name));
        match (piece, self.last_name(function)) {
            (Piece::Part(number, Form::Text), Some(name)) if reads(name) => Some(Piece::Part(number, Form::Bytes)),
            _ => {
                let there = self.resolver.callees(function).iter().find_map(Value::definition)?;
                let (function, parameters) = self.resolver.callable(there)?;
                let given = vec![(function.scope, parameters.first()?.clone(), piece)];
                self.run(function, given, view, None)
            }
        }
    }

    /// What a function of the repository gives when it is called with these arguments, or what stands there in it.
    fn in_function(
        &self,
        callee: ExpressionId,
        arguments: &[ExpressionId],
        view: &mut View<'_>,
        depth: u32,
        key: Option<&Key<'_>>,
    ) -> Option<Piece> {
        if view.calls >= MOST_CALLS {
            return None;
        }
        for value in self.resolver.callees(callee).iter() {
            let Some((function, parameters)) = value.definition().and_then(|it| self.resolver.callable(it)) else {
                continue;
            };
            let given = parameters.iter().zip(arguments).filter_map(|(name, argument)| {
                let number = self.number(*argument, view).and_then(|it| u8::try_from(it).ok());
                let number = number.filter(|it| *it < PARTS).map(Piece::Number);
                let piece = number.or_else(|| self.piece(*argument, view, depth))?;
                Some((function.scope, name.clone(), piece))
            });
            let given = given.collect();
            if let Some(piece) = self.run(function, given, view, key) {
                return Some(piece);
            }
        }
        None
    }

    fn run(
        &self,
        function: DefinitionId,
        given: Vec<(ScopeId, Name, Piece)>,
        view: &View<'_>,
        key: Option<&Key<'_>>,
    ) -> Option<Piece> {
        if view.calls >= MOST_CALLS || view.steps.get() > MOST_STEPS {
            return None;
        }
        self.where_defined(function, |there, definition| {
            // What it gives whoever calls it is found out once.
            let is_of_all = given.is_empty() && key.is_none();
            let mut inner = there.view(view.matcher, given, view.calls + 1, view.steps);
            if is_of_all && let Some(known) = inner.file.of_functions.borrow().get(&function.scope) {
                return *known;
            }
            let piece = definition.returns.iter().find_map(|it| {
                let returned = there.given_back(it.value);
                match key {
                    Some(key) => there.within(returned, key, &mut inner, 0),
                    None => there.piece(returned, &mut inner, 0),
                }
            });
            if is_of_all {
                inner.file.of_functions.borrow_mut().insert(function.scope, piece);
            }
            piece
        })?
    }

    /// What cutting at dots gives.
    fn cut(
        &self,
        name: &str,
        callee: ExpressionId,
        operands: &[ExpressionId],
        view: &mut View<'_>,
        depth: u32,
    ) -> Option<Piece> {
        let on = operands.iter().find_map(|it| {
            self.piece(*it, view, depth).filter(|it| matches!(it, Piece::Tail(_) | Piece::Front | Piece::Part(..)))
        });
        let is_front = on == Some(Piece::Front);
        let from = match on {
            None | Some(Piece::Front) => 0,
            Some(Piece::Tail(from)) => from,
            Some(_) => return None,
        };
        if is_locator(name) && operands.iter().any(|it| self.is_dot(*it)) {
            let after = operands.iter().find_map(|it| match self.piece(*it, view, depth) {
                Some(Piece::Dot(after)) => Some(after + 1),
                _ => None,
            });
            let is_last = matches!(name, "rfind" | "rindex" | "lastIndexOf" | "LastIndexOf" | "LastIndex" | "strrpos");
            return Some(Piece::Dot(if is_last { PARTS - 2 } else { after.unwrap_or(from) }));
        }
        if is_substring(name) {
            let (object, bounds) = operands.split_last()?;
            return match self.receiver(callee) {
                Some(_) => self.cut_out(*object, bounds, view, depth),
                None => self.cut_out(*operands.first()?, &operands[1..], view, depth),
            };
        }
        if !is_cut(name) {
            return None;
        }
        // `Splitter.on('.').splitToList(token)`
        let of_call = self.receiver(callee).and_then(|it| match &self.facts.expression(it).kind {
            ExpressionKind::Call { arguments, .. } => arguments.first().map(|it| it.value),
            _ => None,
        });
        if !operands.iter().chain(&of_call).any(|it| self.is_dot(*it)) {
            return None;
        }
        let has_separator = self.facts.language == Language::Python;
        match name {
            "partition" | "split_once" | "Cut" | "cut" => Some(Piece::Cut { from, is_front, has_separator }),
            "rpartition" | "rsplit_once" => Some(Piece::CutAtLast { has_separator }),
            "substringBefore" | "before" => Some(Piece::Part(from, Form::Text)),
            "substringAfter" | "after" => Some(Piece::Tail(from + 1)),
            "substringAfterLast" | "afterLast" => Some(Piece::Part(PARTS - 1, Form::Text)),
            "substringBeforeLast" | "beforeLast" if from == CLAIMS => Some(Piece::Part(CLAIMS, Form::Text)),
            "substringBeforeLast" | "beforeLast" => Some(Piece::Front),
            "rsplitn" => None,
            _ => {
                let limit = operands.iter().find_map(|it| self.number(*it, view)).and_then(|it| u8::try_from(it).ok());
                let items = match (self.facts.language, limit) {
                    // Python is told how often to cut, others into how many.
                    (Language::Python, Some(cuts)) => Some(cuts.saturating_add(1)),
                    // The rest is left out.
                    (Language::JavaScript | Language::TypeScript, _) => None,
                    (_, limit) => limit,
                };
                if name == "rsplit" && items == Some(2) {
                    return Some(Piece::CutAtLast { has_separator: false });
                }
                let open = items.filter(|it| (1..PARTS - from.min(PARTS)).contains(it)).map(|it| from + it - 1);
                Some(Piece::List { from, open, form: Form::Text })
            }
        }
    }

    /// What stands between two places of a text: `token[first + 1..last]`.
    fn cut_out(&self, text: ExpressionId, bounds: &[ExpressionId], view: &mut View<'_>, depth: u32) -> Option<Piece> {
        let mut places = Vec::new();
        for bound in bounds {
            match &self.facts.expression(*bound).kind {
                ExpressionKind::Compound(parts) if parts.len() == 2 => {
                    // A range, or a sum of a place and a number.
                    let pieces: Vec<Option<Piece>> = parts.iter().map(|it| self.piece(*it, view, depth)).collect();
                    match pieces.as_slice() {
                        [Some(Piece::Dot(_)), Some(Piece::Dot(_))] => places.extend(pieces),
                        _ => places.push(pieces.into_iter().find_map(|it| it)),
                    }
                }
                _ => places.push(self.piece(*bound, view, depth)),
            }
        }
        let dots: Vec<Option<u8>> =
            places.into_iter().map(|it| if let Some(Piece::Dot(after)) = it { Some(after) } else { None }).collect();
        let from = match self.piece(text, view, depth) {
            Some(Piece::Tail(from)) => from,
            None | Some(Piece::Front) => 0,
            Some(_) => return None,
        };
        match dots.as_slice() {
            [Some(first), Some(second)] if second > first => Some(Piece::Part(first + 1, Form::Text)),
            [None, Some(end)] if *end == from => Some(Piece::Part(from, Form::Text)),
            [None, Some(_)] => Some(Piece::Front),
            [Some(first)] | [Some(first), None] => Some(Piece::Tail(first + 1)),
            _ => None,
        }
    }

    /// Which call of a method that gives the next item this is, on that variable.
    fn turn(&self, call: ExpressionId, on: ExpressionId) -> i64 {
        let Some(variable) = self.resolver.variable(on) else { return 0 };
        let callee = |call: ExpressionId| match self.facts.expression(call).kind {
            ExpressionKind::Call { callee, .. } => Some(callee),
            _ => None,
        };
        let start = |call: ExpressionId| self.facts.expression(call).span.start;
        let name = callee(call).and_then(|it| self.last_name(it)).unwrap_or("");
        let named = self.by_last_name().get(name).into_iter().flatten().map(|at| self.facts.calls[*at]);
        let earlier = named.filter(|other| {
            let on = callee(*other).and_then(|it| self.receiver(it)).and_then(|it| self.resolver.variable(it));
            on.as_ref() == Some(&variable) && start(*other) < start(call)
        });
        earlier.count() as i64
    }

    fn number(&self, id: ExpressionId, view: &View<'_>) -> Option<i64> {
        match &self.facts.expression(id).kind {
            ExpressionKind::Literal(Literal::Number(number)) => number.parse().ok(),
            ExpressionKind::Name(_) => {
                let (scope, name) = self.resolver.variable(id)?;
                let mut given = view.given.iter().filter(|(of, parameter, _)| *of == scope && *parameter == name);
                given.find_map(|(.., piece)| match piece {
                    Piece::Number(number) => Some(i64::from(*number)),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// Whether it is the dot, as text or as what a regular expression matches.
    fn is_dot(&self, id: ExpressionId) -> bool {
        let is_dot = |value: &Value| match value {
            Value::Literal(Literal::Text(text)) => {
                matches!(text.as_str(), "." | r"\." | r"\\." | "[.]" | r"/\./" | r"[\.]")
            }
            _ => false,
        };
        let is_written = self.resolver.values(id).iter().any(|value| match value {
            Value::Sequence { items, .. } => items.iter().flat_map(|it| it.iter()).any(is_dot),
            value => is_dot(value),
        });
        // `Pattern.quote(".")`, `Regex("\.")`
        let first = match &self.facts.expression(id).kind {
            ExpressionKind::Call { callee, arguments } => arguments.first().filter(|_| {
                matches!(self.last_name(*callee), Some("quote" | "compile" | "Regex" | "RegExp" | "toRegex" | "on"))
            }),
            _ => None,
        };
        is_written || first.is_some_and(|it| self.is_dot(it.value))
    }
}

/// The item of a piece at that place; those before 0 count from the end.
fn item(piece: Piece, at: i64) -> Option<Piece> {
    match piece {
        Piece::List { from, open, form } => {
            let number = if at < 0 { i64::from(PARTS) + at } else { i64::from(from) + at };
            let number = u8::try_from(number).ok().filter(|it| *it < PARTS)?;
            match open {
                Some(open) if number > open => None,
                Some(open) if number == open && number + 1 < PARTS => Some(Piece::Tail(number)),
                _ => Some(Piece::Part(number, form)),
            }
        }
        Piece::Cut { from, is_front, has_separator } => match (at, has_separator) {
            (0, _) => Some(Piece::Part(from, Form::Text)),
            (1, false) | (2 | -1, _) if is_front => Some(Piece::Part(from + 1, Form::Text)),
            (1, false) | (2 | -1, _) => Some(Piece::Tail(from + 1)),
            _ => None,
        },
        Piece::CutAtLast { has_separator } => match (at, has_separator) {
            (0, _) => Some(Piece::Front),
            (1, false) | (2 | -1, _) => Some(Piece::Part(PARTS - 1, Form::Text)),
            _ => None,
        },
        _ => None,
    }
}

/// Functions that cut a text at each place where another one stands, or at one of them.
fn is_cut(name: &str) -> bool {
    matches!(
        name,
        "split"
            | "Split"
            | "SplitN"
            | "SplitAfterN"
            | "splitn"
            | "rsplit"
            | "rsplitn"
            | "explode"
            | "preg_split"
            | "mb_split"
            | "tokenize"
            | "tokenizeToStringArray"
            | "delimitedListToStringArray"
            | "splitPreserveAllTokens"
            | "splitToList"
            | "splitToSequence"
            | "StringTokenizer"
            | "partition"
            | "rpartition"
            | "split_once"
            | "rsplit_once"
            | "Cut"
            | "substringBefore"
            | "substringAfter"
            | "substringAfterLast"
            | "substringBeforeLast"
            | "before"
            | "after"
            | "afterLast"
            | "beforeLast"
    )
}

/// Functions that say where in a text another one stands.
fn is_locator(name: &str) -> bool {
    matches!(
        name,
        "find"
            | "rfind"
            | "index"
            | "rindex"
            | "indexOf"
            | "IndexOf"
            | "Index"
            | "IndexByte"
            | "strpos"
            | "strrpos"
            | "lastIndexOf"
            | "LastIndexOf"
            | "LastIndex"
    )
}

fn is_substring(name: &str) -> bool {
    matches!(name, "substring" | "Substring" | "substr" | "slice" | "subSequence" | "mb_substr")
}

/// Methods that give an item of a list by its number.
fn is_item(name: &str) -> bool {
    matches!(
        name,
        "at" | "get"
            | "getOrNull"
            | "elementAt"
            | "ElementAt"
            | "ElementAtOrDefault"
            | "fetch"
            | "dig"
            | "nth"
            | "item"
            | "apply"
            | "lift"
            | "getOrElse"
    )
}

/// Members of a text that are what stands in it as JSON.
fn reads_itself(name: &str) -> bool {
    matches!(name, "parseJson" | "fromJson")
}
