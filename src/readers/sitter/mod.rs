//! Go, Java, C#, Ruby, PHP, Kotlin and Scala through tree-sitter grammars, which recover from syntax errors.
//! The grammars differ in the names of their nodes far more than in what the nodes mean, so one reader serves
//! all of them: a language is a table from node kinds to [`Meaning`]s, its [`Habits`], and functions for the few
//! nodes that mean something nowhere else.

use self::lowering::Lowering;
use self::lowering::Wants;
use crate::fact::ExpressionId;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Region;
use crate::fact::RegionKind;
use crate::fact::SyntaxError;
use crate::fact::Wanted;
use crate::place::Span;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;
use tree_sitter::Node;
use tree_sitter::ParseOptions;
use tree_sitter::Parser;
use tree_sitter::Tree;
use tree_sitter_language::LanguageFn;

mod csharp;
mod definitions;
mod expressions;
mod go;
mod java;
mod kotlin;
mod lowering;
mod php;
mod ruby;
mod scala;
mod statements;
mod tests;
mod text;

/// A file with more syntax errors than this is not what its name says; the rest are counted in one line.
const MOST_SYNTAX_ERRORS: usize = 300;

/// What a parse may take: about a hundred times what sound code of that size takes. Recovery from errors in deeply
/// nested code can take time that grows with the square of the size.
const LEAST_TIME: Duration = Duration::from_secs(1);
const TIME_PER_BYTE: Duration = Duration::from_micros(5);

/// One language.
struct Grammar {
    language: Language,
    parser: LanguageFn,
    /// What nodes of a kind mean; a kind that is not listed is [`Meaning::Parts`].
    meanings: &'static [(&'static str, Meaning)],
    habits: Habits,
}

/// What sets the languages apart beside the names of their nodes.
struct Habits {
    /// Braces hold names of their own.
    block_scopes: bool,
    /// An assignment to a name nobody declared makes it a variable of the function.
    assignment_declares: bool,
    /// The bare name of a member of the class means the member of the receiver.
    bare_members: bool,
    /// The last expression of a body is what the body returns.
    last_value: LastValue,
    /// `f(name = value)` names an argument and assigns nothing.
    assignments_name_arguments: bool,
    /// What the receiver is called, where that is a name like any other.
    receivers: &'static [&'static str],
    /// `null`, `true` and `false` are names like any other.
    literals_are_names: bool,
    /// Functions and words that never come back, as they are written.
    leaving: &'static [&'static str],
    /// Methods that give their receiver, or else their argument.
    fallbacks: &'static [&'static str],
    /// What makes a value of the type that it is called with.
    maker: &'static str,
    /// What a parameter is called that a lambda does not declare.
    implicit_parameter: Option<&'static str>,
    /// The default of a parameter stands beside it and not in it.
    defaults_stand_apart: bool,
    /// The grammar takes `!a.b()` for `(!a).b()`, which it is not.
    negates_too_early: bool,
    /// Names of methods that build an instance; the class's name is always one.
    constructors: &'static [&'static str],
    /// Types that hold one of their argument, which a member of them gives: `IOptions<Settings>`.
    holders: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LastValue {
    Never,
    Lambdas,
    Always,
}

impl Habits {
    /// A language with braces, declarations and receivers that need not be written.
    const BRACES: Habits = Habits {
        block_scopes: true,
        assignment_declares: false,
        bare_members: true,
        last_value: LastValue::Never,
        assignments_name_arguments: false,
        receivers: &[],
        literals_are_names: false,
        leaving: &[],
        fallbacks: &[],
        maker: "",
        implicit_parameter: None,
        defaults_stand_apart: false,
        negates_too_early: false,
        constructors: &[],
        holders: &[],
    };
}

/// What a node of some kind means. Where a meaning has parts, they are found by the field names that the
/// grammars have in common, else by their place.
#[derive(Clone, Copy)]
enum Meaning {
    /// Nothing for us: comments, labels, package clauses.
    Nothing,
    /// No statement or value of its own: in a statement its parts are statements, in a value they are parts of a
    /// value nobody follows.
    Parts,
    /// Stands for the one expression in it: parentheses, `await`, `x!`.
    Wrap,
    /// Another reading of the one expression in it: a cast.
    Cast,
    /// Statements in order, with names of their own where the language has it so.
    Body,
    /// A body that fails into the [`Meaning::Catch`] parts beside it.
    Try,
    Catch,
    /// What holds the condition for a catch or for the arm of a switch.
    Guard,
    If,
    Unless,
    Loop,
    Switch,
    /// Labels, then statements.
    Arm,
    /// Labels, then one statement or value, which is the last part.
    ValueArm,
    /// A label of an arm: the expressions in it are compared with what is switched on.
    Label,
    /// A label of an arm that takes apart what is switched on and names its pieces.
    Pattern,
    Return,
    /// Leaves the block: `throw`, `continue`.
    Leave,
    /// Leaves the block, unless the block is the arm of a switch.
    Break,
    /// A named function or method.
    Function,
    /// The code behind a property: a function, but not one that is called by name.
    Accessor,
    Lambda,
    Class,
    /// A class whose members are those of the class around it.
    Companion,
    /// The list of a function's parameters.
    Parameters,
    Parameter,
    /// A parameter that is a field of the class too.
    FieldParameter,
    /// A parameter that takes any number of arguments.
    Variadic,
    /// Holds [`Meaning::Decorator`]s.
    Decorators,
    Decorator,
    /// Holds the types that a class extends.
    Bases,
    /// Declares names, by [`Meaning::Declarator`]s or by its own name and value.
    Declaration,
    Declarator,
    /// A constant of an enum, an instance of it.
    Constant,
    /// A list of names that take a value apart.
    Targets,
    Assignment,
    /// `++`, `--`.
    Update,

    Name,
    Receiver,
    /// A member of the receiver that is written without it: Ruby's `@token`.
    ReceiverMember,
    Null,
    True,
    False,
    Boolean,
    Number,
    Text,
    /// Text in which a backslash is a backslash.
    RawText,
    /// An expression inside text.
    Interpolation,
    Member,
    Index,
    Call,
    /// A call of the type it names.
    New,
    Arguments,
    Argument,
    /// `...xs`
    Spread,
    /// `**options`
    SpreadKeyword,
    /// A key and its value.
    Pair,
    /// What a `new` expression sets after the constructor has run.
    Initializer,
    Binary,
    Unary,
    Conditional,
    Sequence,
    Mapping,

    /// A type that is one name.
    TypeName,
    /// A name with dots, each part a name.
    Path,
    /// A type made of another one: the first type in it counts.
    TypeOf,
    /// Type arguments, built-in types: names nothing we know.
    AnyType,

    /// Means this in one language only.
    Own(for<'t> fn(&mut Lowering<'t>, Node<'t>, Wants) -> Option<ExpressionId>),
}

/// Reads one file of a language that has a grammar here.
pub(super) fn read(text: &str, language: Language, wanted: Wanted) -> FileFacts {
    let grammar = grammar_of(language);
    let Parsed { tree, meanings } = parse(text, grammar);
    let Some(tree) = tree else {
        let mut facts = FileFacts::new(language);
        facts.syntax_errors.push(SyntaxError { message: "took too long to parse".to_owned(), span: Span::new(0, 0) });
        return facts;
    };
    let root = tree.root_node();
    let mut facts = lowering::lower(text, grammar, &meanings, root, wanted);
    if wanted.regions {
        regions(root, &meanings, &mut facts);
    }
    if root.has_error() {
        syntax_errors(root, text, &mut facts);
    }
    facts
}

fn grammar_of(language: Language) -> &'static Grammar {
    match language {
        Language::Java => &java::GRAMMAR,
        Language::CSharp => &csharp::GRAMMAR,
        Language::Ruby => &ruby::GRAMMAR,
        Language::Php => &php::GRAMMAR,
        Language::Kotlin => &kotlin::GRAMMAR,
        Language::Scala => &scala::GRAMMAR,
        Language::Go | Language::Python | Language::JavaScript | Language::TypeScript | Language::Rust => &go::GRAMMAR,
    }
}

struct Parsed {
    /// None when the text took too long.
    tree: Option<Tree>,
    /// What a kind means, by its number.
    meanings: Rc<[Meaning]>,
}

/// A parser and the meanings of its kinds, kept for the next file of the thread.
struct Prepared {
    language: Language,
    parser: Parser,
    meanings: Rc<[Meaning]>,
}

thread_local! {
    static PREPARED: RefCell<Vec<Prepared>> = const { RefCell::new(Vec::new()) };
}

fn parse(text: &str, grammar: &'static Grammar) -> Parsed {
    PREPARED.with_borrow_mut(|all| {
        let at = all.iter().position(|it| it.language == grammar.language).unwrap_or_else(|| {
            all.push(prepare(grammar));
            all.len() - 1
        });
        let Prepared { parser, meanings, .. } = &mut all[at];
        let end = Instant::now() + LEAST_TIME + TIME_PER_BYTE * text.len() as u32;
        let mut may_go_on = |_: &tree_sitter::ParseState| match Instant::now() < end {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        };
        let options = ParseOptions::new().progress_callback(&mut may_go_on);
        let mut rest = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
        let tree = parser.parse_with_options(&mut rest, None, Some(options));
        if tree.is_none() {
            // It would go on where it was stopped.
            parser.reset();
        }
        Parsed { tree, meanings: meanings.clone() }
    })
}

fn prepare(grammar: &'static Grammar) -> Prepared {
    let language = tree_sitter::Language::from(grammar.parser);
    let mut parser = Parser::new();
    parser.set_language(&language).expect("the grammars are of a version that the library reads");
    let mut meanings = vec![Meaning::Parts; language.node_kind_count()];
    for (number, meaning) in meanings.iter_mut().enumerate() {
        let kind = language.node_kind_for_id(number as u16).unwrap_or_default();
        if let Some((_, listed)) = grammar.meanings.iter().find(|(name, _)| *name == kind) {
            *meaning = *listed;
        }
    }
    Prepared { language: grammar.language, parser, meanings: meanings.into() }
}

fn span(node: Node) -> Span {
    Span::new(node.start_byte() as u32, node.end_byte() as u32)
}

/// Calls `enter` on each node in source order, until it says not to go into one. Needs no stack.
fn walk<'t>(root: Node<'t>, mut enter: impl FnMut(Node<'t>) -> bool) {
    let mut cursor = root.walk();
    loop {
        if enter(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// Comments and texts. A text that holds expressions is only what stands between them.
fn regions(root: Node, meanings: &[Meaning], facts: &mut FileFacts) {
    let meaning = |node: Node| meanings.get(usize::from(node.kind_id())).copied().unwrap_or(Meaning::Parts);
    walk(root, |node| {
        let kind = match meaning(node) {
            Meaning::Nothing if node.kind().contains("comment") => RegionKind::Comment,
            Meaning::Text | Meaning::RawText => {
                let mut cursor = node.walk();
                let holds_expressions = node.named_children(&mut cursor).any(|it| {
                    !text::is_content(it.kind()) && !matches!(meaning(it), Meaning::Parts | Meaning::Nothing)
                });
                if holds_expressions {
                    return true;
                }
                RegionKind::String
            }
            _ if node.is_named() && text::is_content(node.kind()) => RegionKind::String,
            _ => return true,
        };
        facts.regions.push(Region { kind, span: span(node) });
        false
    });
}

fn syntax_errors(root: Node, text: &str, facts: &mut FileFacts) {
    let mut more = 0_usize;
    walk(root, |node| {
        if !node.is_error() && !node.is_missing() {
            return node.has_error();
        }
        if facts.syntax_errors.len() >= MOST_SYNTAX_ERRORS {
            more += 1;
            return true;
        }
        let message = if node.is_missing() {
            format!("{} is missing", node.kind())
        } else {
            let line = text[node.byte_range()].lines().next().unwrap_or_default().trim();
            let written: String = line.chars().take(40).collect();
            if written.is_empty() { "unexpected text".to_owned() } else { format!("unexpected `{written}`") }
        };
        facts.syntax_errors.push(SyntaxError { message, span: span(node) });
        true
    });
    if more > 0 {
        let message = format!("and {more} more syntax errors");
        facts.syntax_errors.push(SyntaxError { message, span: span(root) });
    }
}
