//! Ruby: everything has a value, blocks are functions, `X.new` builds an `X`.

use super::Grammar;
use super::Habits;
use super::LastValue;
use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Wants;
use super::span;
use super::text;
use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BlockKind;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::IdentifierRole;
use crate::fact::Language;
use crate::fact::Literal;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    language: Language::Ruby,
    parser: tree_sitter_ruby::LANGUAGE,
    meanings: &[
        ("comment", Meaning::Nothing),
        ("empty_statement", Meaning::Nothing),
        ("uninterpreted", Meaning::Nothing),
        ("heredoc_end", Meaning::Nothing),
        ("class", Meaning::Class),
        ("module", Meaning::Class),
        ("singleton_class", Meaning::Companion),
        ("superclass", Meaning::Bases),
        ("method", Meaning::Function),
        ("singleton_method", Meaning::Function),
        ("method_parameters", Meaning::Parameters),
        ("block_parameters", Meaning::Parameters),
        ("lambda_parameters", Meaning::Parameters),
        ("optional_parameter", Meaning::Parameter),
        ("keyword_parameter", Meaning::Parameter),
        ("splat_parameter", Meaning::Variadic),
        ("hash_splat_parameter", Meaning::Variadic),
        ("block_parameter", Meaning::Variadic),
        ("destructured_parameter", Meaning::Targets),
        ("block", Meaning::Lambda),
        ("do_block", Meaning::Lambda),
        ("lambda", Meaning::Lambda),
        ("body_statement", Meaning::Body),
        ("block_body", Meaning::Body),
        ("begin", Meaning::Body),
        ("parenthesized_statements", Meaning::Body),
        ("then", Meaning::Body),
        ("else", Meaning::Body),
        ("ensure", Meaning::Body),
        ("do", Meaning::Body),
        ("if", Meaning::If),
        ("elsif", Meaning::If),
        ("if_modifier", Meaning::If),
        ("unless", Meaning::Unless),
        ("unless_modifier", Meaning::Unless),
        ("while", Meaning::Loop),
        ("until", Meaning::Loop),
        ("for", Meaning::Loop),
        ("while_modifier", Meaning::Loop),
        ("until_modifier", Meaning::Loop),
        ("in", Meaning::Wrap),
        ("case", Meaning::Switch),
        ("case_match", Meaning::Switch),
        ("when", Meaning::Arm),
        ("in_clause", Meaning::Arm),
        ("pattern", Meaning::Label),
        ("if_guard", Meaning::Guard),
        ("unless_guard", Meaning::Guard),
        ("array_pattern", Meaning::Pattern),
        ("hash_pattern", Meaning::Pattern),
        ("find_pattern", Meaning::Pattern),
        ("as_pattern", Meaning::Pattern),
        ("alternative_pattern", Meaning::Pattern),
        ("keyword_pattern", Meaning::Pattern),
        ("rescue", Meaning::Catch),
        ("rescue_modifier", Meaning::Own(rescue_modifier)),
        ("return", Meaning::Return),
        ("next", Meaning::Leave),
        ("break", Meaning::Leave),
        ("redo", Meaning::Leave),
        ("retry", Meaning::Leave),
        ("identifier", Meaning::Name),
        ("constant", Meaning::Name),
        ("global_variable", Meaning::Name),
        ("super", Meaning::Name),
        ("self", Meaning::Receiver),
        ("instance_variable", Meaning::ReceiverMember),
        ("class_variable", Meaning::ReceiverMember),
        ("nil", Meaning::Null),
        ("true", Meaning::True),
        ("false", Meaning::False),
        ("integer", Meaning::Number),
        ("float", Meaning::Number),
        ("string", Meaning::Text),
        ("bare_string", Meaning::Text),
        ("bare_symbol", Meaning::Text),
        ("character", Meaning::Text),
        ("subshell", Meaning::Text),
        ("delimited_symbol", Meaning::Text),
        ("heredoc_body", Meaning::Text),
        ("simple_symbol", Meaning::RawText),
        ("hash_key_symbol", Meaning::RawText),
        ("interpolation", Meaning::Interpolation),
        ("scope_resolution", Meaning::Member),
        ("element_reference", Meaning::Index),
        ("call", Meaning::Own(call)),
        ("yield", Meaning::Parts),
        ("argument_list", Meaning::Arguments),
        ("splat_argument", Meaning::Spread),
        ("hash_splat_argument", Meaning::SpreadKeyword),
        ("block_argument", Meaning::Wrap),
        ("pair", Meaning::Pair),
        ("array", Meaning::Sequence),
        ("string_array", Meaning::Sequence),
        ("symbol_array", Meaning::Sequence),
        ("hash", Meaning::Mapping),
        ("left_assignment_list", Meaning::Targets),
        ("destructured_left_assignment", Meaning::Targets),
        ("rest_assignment", Meaning::Spread),
        ("right_assignment_list", Meaning::Sequence),
        ("exception_variable", Meaning::Wrap),
        ("assignment", Meaning::Assignment),
        ("operator_assignment", Meaning::Assignment),
        ("binary", Meaning::Binary),
        ("unary", Meaning::Unary),
        ("conditional", Meaning::Conditional),
    ],
    habits: Habits {
        block_scopes: false,
        assignment_declares: true,
        bare_members: true,
        last_value: LastValue::Always,
        leaving: &["raise", "fail", "exit", "exit!", "abort", "throw"],
        constructors: &["initialize"],
        ..Habits::BRACES
    },
};

/// A call; `X.new(..)` is a call of `X`, `require` is an import, and a dot without arguments may be either.
fn call<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let (receiver, method) = (parts.get(&["receiver"]), parts.get(&["method"]));
    let name = method.map_or("call", |it| lowering.written(it));
    let has_arguments = parts.get(&["arguments", "block"]).is_some();
    if let Some(receiver) = receiver
        && matches!(name, "freeze" | "dup")
        && !has_arguments
    {
        let value = lowering.expression(receiver);
        return Some(lowering.add(ExpressionKind::Either(vec![value]), node));
    }
    if receiver.is_none()
        && matches!(name, "require" | "require_relative" | "load" | "autoload")
        && let Some(module) = parts.get(&["arguments"]).and_then(|it| lowering.parts(it).last())
    {
        lowering.import(node, text::unquoted(lowering.written(module)), &[]);
    }
    let callee = match (receiver, name) {
        (Some(class), "new") => {
            lowering.identifier(class, IdentifierRole::Call);
            lowering.expression(class)
        }
        (Some(_), _) if !has_arguments => {
            let kind = lowering.member(node, IdentifierRole::Use);
            return Some(lowering.add(kind, node));
        }
        _ => lowering.callee(node, &parts),
    };
    let mut arguments = lowering.call_arguments(&parts);
    if receiver.is_none() && matches!(name, "include" | "prepend" | "extend") {
        lowering.add_bases(arguments.iter().map(|argument| argument.value));
    }
    if let Some(block) = parts.get(&["block"]) {
        let value = lowering.expression(block);
        // `lambda { .. }` is the block itself.
        if receiver.is_none() && matches!(name, "lambda" | "proc") {
            return Some(value);
        }
        arguments.push(Argument { kind: ArgumentKind::Positional, value });
    }
    Some(lowering.add(ExpressionKind::Call { callee, arguments }, node))
}

/// `a rescue b`
fn rescue_modifier<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let (body, handler) = (parts.get(&["body"])?, parts.get(&["handler"])?);
    let outer = lowering.branch(BlockKind::Try);
    let of = lowering.block;
    let mut values = Vec::new();
    values.extend(lowering.run(body, Wants::Value));
    lowering.block = outer;
    lowering.branch(BlockKind::Handler { of });
    values.extend(lowering.run(handler, Wants::Value));
    lowering.block = outer;
    if values.is_empty() {
        let nothing = ExpressionKind::Literal(Literal::Null);
        return Some(lowering.add_at(nothing, span(node)));
    }
    Some(lowering.add(ExpressionKind::Either(values), node))
}
