//! Kotlin: the grammar names few fields, `null` is a name, defaults stand beside their parameters.

use super::Grammar;
use super::Habits;
use super::LastValue;
use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Wants;
use crate::fact::ExpressionId;
use crate::fact::Language;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    language: Language::Kotlin,
    parser: tree_sitter_kotlin_ng::LANGUAGE,
    meanings: &[
        ("line_comment", Meaning::Nothing),
        ("block_comment", Meaning::Nothing),
        ("shebang", Meaning::Nothing),
        ("package_header", Meaning::Nothing),
        ("file_annotation", Meaning::Nothing),
        ("label", Meaning::Nothing),
        ("type_alias", Meaning::Nothing),
        ("type_constraints", Meaning::Nothing),
        ("type_modifiers", Meaning::Nothing),
        ("parameter_modifiers", Meaning::Decorators),
        ("use_site_target", Meaning::Nothing),
        ("visibility_modifier", Meaning::Nothing),
        ("class_modifier", Meaning::Nothing),
        ("function_modifier", Meaning::Nothing),
        ("inheritance_modifier", Meaning::Nothing),
        ("member_modifier", Meaning::Nothing),
        ("parameter_modifier", Meaning::Nothing),
        ("platform_modifier", Meaning::Nothing),
        ("property_modifier", Meaning::Nothing),
        ("type_parameters", Meaning::AnyType),
        ("import", Meaning::Own(import)),
        ("class_declaration", Meaning::Class),
        ("object_declaration", Meaning::Class),
        ("object_literal", Meaning::Class),
        ("companion_object", Meaning::Companion),
        ("enum_entry", Meaning::Constant),
        ("delegation_specifiers", Meaning::Bases),
        ("delegation_specifier", Meaning::Bases),
        ("constructor_invocation", Meaning::New),
        ("explicit_delegation", Meaning::TypeOf),
        ("modifiers", Meaning::Decorators),
        ("annotation", Meaning::Decorator),
        ("function_declaration", Meaning::Function),
        ("secondary_constructor", Meaning::Accessor),
        ("getter", Meaning::Accessor),
        ("setter", Meaning::Accessor),
        ("primary_constructor", Meaning::Parameters),
        ("class_parameters", Meaning::Parameters),
        ("function_value_parameters", Meaning::Parameters),
        ("lambda_parameters", Meaning::Parameters),
        ("class_parameter", Meaning::Parameter),
        ("parameter", Meaning::Parameter),
        ("property_declaration", Meaning::Declaration),
        ("variable_declaration", Meaning::Declarator),
        ("multi_variable_declaration", Meaning::Targets),
        ("property_delegate", Meaning::Wrap),
        ("lambda_literal", Meaning::Lambda),
        ("annotated_lambda", Meaning::Wrap),
        ("anonymous_function", Meaning::Lambda),
        ("function_body", Meaning::Wrap),
        ("block", Meaning::Body),
        ("if_expression", Meaning::If),
        ("for_statement", Meaning::Loop),
        ("while_statement", Meaning::Loop),
        ("do_while_statement", Meaning::Loop),
        ("when_expression", Meaning::Switch),
        ("when_subject", Meaning::Wrap),
        ("when_entry", Meaning::ValueArm),
        ("type_test", Meaning::Label),
        ("range_test", Meaning::Pattern),
        ("try_expression", Meaning::Try),
        ("catch_block", Meaning::Catch),
        ("return_expression", Meaning::Return),
        ("throw_expression", Meaning::Leave),
        ("identifier", Meaning::Name),
        ("super_expression", Meaning::Name),
        ("this_expression", Meaning::Receiver),
        ("number_literal", Meaning::Number),
        ("float_literal", Meaning::Number),
        ("string_literal", Meaning::Text),
        ("character_literal", Meaning::Text),
        ("multiline_string_literal", Meaning::RawText),
        ("interpolation", Meaning::Interpolation),
        ("navigation_expression", Meaning::Member),
        ("index_expression", Meaning::Index),
        ("call_expression", Meaning::Call),
        ("value_arguments", Meaning::Arguments),
        ("value_argument", Meaning::Argument),
        ("spread_expression", Meaning::Spread),
        ("collection_literal", Meaning::Sequence),
        ("assignment", Meaning::Assignment),
        ("binary_expression", Meaning::Binary),
        ("in_expression", Meaning::Binary),
        ("is_expression", Meaning::Binary),
        ("infix_expression", Meaning::Own(infix)),
        ("unary_expression", Meaning::Unary),
        ("as_expression", Meaning::Cast),
        ("parenthesized_expression", Meaning::Wrap),
        ("labeled_expression", Meaning::Wrap),
        ("user_type", Meaning::Path),
        ("nullable_type", Meaning::TypeOf),
        ("non_nullable_type", Meaning::TypeOf),
        ("parenthesized_type", Meaning::TypeOf),
        ("type_arguments", Meaning::AnyType),
        ("function_type", Meaning::AnyType),
        ("dynamic", Meaning::AnyType),
    ],
    habits: Habits {
        last_value: LastValue::Lambdas,
        literals_are_names: true,
        leaving: &["break", "continue", "error", "TODO", "exitProcess"],
        fallbacks: &["orElse"],
        implicit_parameter: Some("it"),
        defaults_stand_apart: true,
        // tree-sitter-kotlin-ng 1.1 gives prefixes a higher precedence than `.` and calls.
        negates_too_early: true,
        ..Habits::BRACES
    },
};

fn import<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let path_node = parts.get(&["qualified_identifier"]).or(parts.first())?;
    let path: String = lowering.written(path_node).split_whitespace().collect();
    let path = path.replace('`', "");
    if lowering.written(node).trim_end().ends_with('*') {
        lowering.bind_star(node, &path);
        lowering.import(node, &path, &["*"]);
        return None;
    }
    let (module, name) = path.rsplit_once('.').unwrap_or(("", &path));
    match parts.nodes().find(|it| *it != path_node) {
        Some(alias) => lowering.bind_import(lowering.written(alias), alias, &path),
        None => lowering.bind_import(name, path_node, &path),
    }
    lowering.import(node, module, &[name]);
    None
}

/// `a to b`
fn infix<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let kind = lowering.infix_call(node, parts.first()?, parts.last()?);
    Some(lowering.add(kind, node))
}
