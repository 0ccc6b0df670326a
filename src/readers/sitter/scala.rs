//! Scala: everything has a value, arguments are named by what looks like an assignment.

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
    language: Language::Scala,
    parser: tree_sitter_scala::LANGUAGE,
    meanings: &[
        ("comment", Meaning::Nothing),
        ("block_comment", Meaning::Nothing),
        ("end_marker", Meaning::Nothing),
        ("modifiers", Meaning::Nothing),
        ("access_modifier", Meaning::Nothing),
        ("derives_clause", Meaning::Nothing),
        ("self_type", Meaning::Nothing),
        ("type_definition", Meaning::Nothing),
        ("export_declaration", Meaning::Nothing),
        ("wildcard", Meaning::Nothing),
        ("type_parameters", Meaning::AnyType),
        ("package_clause", Meaning::Own(package)),
        ("import_declaration", Meaning::Own(import)),
        ("class_definition", Meaning::Class),
        ("object_definition", Meaning::Class),
        ("package_object", Meaning::Own(package)),
        ("trait_definition", Meaning::Class),
        ("enum_definition", Meaning::Class),
        ("simple_enum_case", Meaning::Constant),
        ("full_enum_case", Meaning::Constant),
        ("extends_clause", Meaning::Bases),
        ("annotation", Meaning::Decorator),
        ("function_definition", Meaning::Function),
        ("function_declaration", Meaning::Function),
        ("class_parameters", Meaning::Parameters),
        ("parameters", Meaning::Parameters),
        ("bindings", Meaning::Parameters),
        ("class_parameter", Meaning::Parameter),
        ("parameter", Meaning::Parameter),
        ("binding", Meaning::Parameter),
        ("val_definition", Meaning::Declaration),
        ("var_definition", Meaning::Declaration),
        ("val_declaration", Meaning::Declaration),
        ("var_declaration", Meaning::Declaration),
        ("lambda_expression", Meaning::Lambda),
        ("block", Meaning::Body),
        ("indented_block", Meaning::Body),
        ("if_expression", Meaning::If),
        ("for_expression", Meaning::Loop),
        ("enumerator", Meaning::Own(enumerator)),
        ("while_expression", Meaning::Loop),
        ("do_while_expression", Meaning::Loop),
        ("match_expression", Meaning::Switch),
        ("case_clause", Meaning::Arm),
        ("guard", Meaning::Guard),
        ("case_class_pattern", Meaning::Pattern),
        ("typed_pattern", Meaning::Pattern),
        ("tuple_pattern", Meaning::Pattern),
        ("named_tuple_pattern", Meaning::Pattern),
        ("capture_pattern", Meaning::Pattern),
        ("alternative_pattern", Meaning::Pattern),
        ("infix_pattern", Meaning::Pattern),
        ("repeat_pattern", Meaning::Pattern),
        ("given_pattern", Meaning::Pattern),
        ("try_expression", Meaning::Try),
        ("catch_clause", Meaning::Catch),
        ("return_expression", Meaning::Return),
        ("throw_expression", Meaning::Leave),
        ("identifier", Meaning::Name),
        ("operator_identifier", Meaning::Name),
        ("null_literal", Meaning::Null),
        ("boolean_literal", Meaning::Boolean),
        ("integer_literal", Meaning::Number),
        ("floating_point_literal", Meaning::Number),
        ("string", Meaning::Text),
        ("character_literal", Meaning::Text),
        ("interpolated_string_expression", Meaning::Text),
        ("interpolation", Meaning::Interpolation),
        ("field_expression", Meaning::Member),
        ("call_expression", Meaning::Call),
        ("generic_function", Meaning::Wrap),
        ("arguments", Meaning::Arguments),
        ("vararg", Meaning::Spread),
        ("instance_expression", Meaning::New),
        ("tuple_expression", Meaning::Sequence),
        ("assignment_expression", Meaning::Assignment),
        ("infix_expression", Meaning::Binary),
        ("prefix_expression", Meaning::Unary),
        ("parenthesized_expression", Meaning::Wrap),
        ("ascription_expression", Meaning::Cast),
        ("type_identifier", Meaning::TypeName),
        ("stable_identifier", Meaning::Path),
        ("stable_type_identifier", Meaning::Path),
        ("generic_type", Meaning::TypeOf),
        ("annotated_type", Meaning::TypeOf),
        ("compound_type", Meaning::TypeOf),
        ("applied_constructor_type", Meaning::TypeOf),
        ("lazy_parameter_type", Meaning::TypeOf),
        ("repeated_parameter_type", Meaning::TypeOf),
        ("singleton_type", Meaning::TypeOf),
        ("type_arguments", Meaning::AnyType),
        ("function_type", Meaning::AnyType),
        ("tuple_type", Meaning::AnyType),
        ("infix_type", Meaning::AnyType),
        ("projected_type", Meaning::AnyType),
        ("structural_type", Meaning::AnyType),
    ],
    habits: Habits {
        last_value: LastValue::Always,
        assignments_name_arguments: true,
        receivers: &["this"],
        leaving: &["sys.exit", "sys.error", "System.exit"],
        fallbacks: &["getOrElse", "orElse"],
        ..Habits::BRACES
    },
};

/// `package a { .. }`, and `package object a { .. }`, whose members are those of the package.
fn package<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    if let Some(body) = lowering.parts(node).get(&["body"]) {
        lowering.statements(body);
    }
    None
}

/// `import a.b.C`, `import a.b.{C, D => E, _}`
fn import<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let mut cursor = node.walk();
    let children: Vec<Node> = node.named_children(&mut cursor).collect();
    let mut path: Vec<&str> = Vec::new();
    let mut selectors = Vec::new();
    let mut last = node;
    for child in children {
        match child.kind() {
            "identifier" | "operator_identifier" => {
                path.push(lowering.written(child));
                last = child;
            }
            "namespace_selectors" => {
                let mut cursor = child.walk();
                selectors.extend(child.named_children(&mut cursor));
            }
            _ => selectors.push(child),
        }
    }
    if selectors.is_empty() {
        let name = path.pop()?;
        let module = path.join(".");
        lowering.bind_import(name, last, &format!("{module}.{name}"));
        lowering.import(node, &module, &[name]);
        return None;
    }
    let module = path.join(".");
    let mut names = Vec::new();
    for selector in selectors {
        let parts = lowering.parts(selector);
        let name = parts.get(&["name"]).map_or(lowering.written(selector), |it| lowering.written(it));
        if selector.kind() == "namespace_wildcard" {
            lowering.bind_star(selector, &module);
            names.push("*");
            continue;
        }
        let alias = selector.child_by_field_name("alias").unwrap_or(selector);
        let bound = if alias == selector { name } else { lowering.written(alias) };
        names.push(name);
        if bound != "_" {
            lowering.bind_import(bound, alias, &format!("{module}.{name}"));
        }
    }
    lowering.import(node, &module, &names);
    None
}

/// `x <- xs` and `if x` in the head of a `for`.
fn enumerator<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    if let [target, rest @ ..] = parts.0.as_slice() {
        for part in rest {
            lowering.lower(part.node, Wants::Value);
        }
        match rest {
            [] => {
                lowering.lower(target.node, Wants::Value);
            }
            _ => lowering.assign_opaque(target.node),
        }
    }
    None
}
