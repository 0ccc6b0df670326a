//! Java: imports by class, members without `this`.

use super::Grammar;
use super::Habits;
use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Wants;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    language: Language::Java,
    parser: tree_sitter_java::LANGUAGE,
    meanings: &[
        ("line_comment", Meaning::Nothing),
        ("block_comment", Meaning::Nothing),
        ("package_declaration", Meaning::Nothing),
        ("module_declaration", Meaning::Nothing),
        ("type_parameters", Meaning::AnyType),
        ("throws", Meaning::Nothing),
        ("permits", Meaning::Nothing),
        ("import_declaration", Meaning::Own(import)),
        ("class_declaration", Meaning::Class),
        ("interface_declaration", Meaning::Class),
        ("enum_declaration", Meaning::Class),
        ("record_declaration", Meaning::Class),
        ("annotation_type_declaration", Meaning::Class),
        ("superclass", Meaning::Bases),
        ("super_interfaces", Meaning::Bases),
        ("extends_interfaces", Meaning::Bases),
        ("type_list", Meaning::Bases),
        ("modifiers", Meaning::Decorators),
        ("annotation", Meaning::Decorator),
        ("marker_annotation", Meaning::Decorator),
        ("annotation_argument_list", Meaning::Arguments),
        ("element_value_pair", Meaning::Pair),
        ("element_value_array_initializer", Meaning::Sequence),
        ("method_declaration", Meaning::Function),
        ("annotation_type_element_declaration", Meaning::Function),
        ("constructor_declaration", Meaning::Function),
        ("compact_constructor_declaration", Meaning::Function),
        ("constructor_body", Meaning::Body),
        ("formal_parameters", Meaning::Parameters),
        ("inferred_parameters", Meaning::Parameters),
        ("formal_parameter", Meaning::Parameter),
        ("spread_parameter", Meaning::Variadic),
        ("receiver_parameter", Meaning::Nothing),
        ("field_declaration", Meaning::Declaration),
        ("constant_declaration", Meaning::Declaration),
        ("local_variable_declaration", Meaning::Declaration),
        ("enum_constant", Meaning::Constant),
        ("variable_declarator", Meaning::Declarator),
        ("resource", Meaning::Declarator),
        ("lambda_expression", Meaning::Lambda),
        ("block", Meaning::Body),
        ("if_statement", Meaning::If),
        ("for_statement", Meaning::Loop),
        ("enhanced_for_statement", Meaning::Loop),
        ("while_statement", Meaning::Loop),
        ("do_statement", Meaning::Loop),
        ("switch_expression", Meaning::Switch),
        ("switch_block_statement_group", Meaning::Arm),
        ("switch_rule", Meaning::ValueArm),
        ("switch_label", Meaning::Label),
        ("pattern", Meaning::Pattern),
        ("type_pattern", Meaning::Pattern),
        ("record_pattern", Meaning::Pattern),
        ("guard", Meaning::Guard),
        ("yield_statement", Meaning::Wrap),
        ("expression_statement", Meaning::Wrap),
        ("try_statement", Meaning::Try),
        ("try_with_resources_statement", Meaning::Try),
        ("catch_clause", Meaning::Catch),
        ("return_statement", Meaning::Return),
        ("throw_statement", Meaning::Leave),
        ("continue_statement", Meaning::Leave),
        ("break_statement", Meaning::Break),
        ("identifier", Meaning::Name),
        ("underscore_pattern", Meaning::Name),
        ("super", Meaning::Name),
        ("this", Meaning::Receiver),
        ("null_literal", Meaning::Null),
        ("true", Meaning::True),
        ("false", Meaning::False),
        ("decimal_integer_literal", Meaning::Number),
        ("hex_integer_literal", Meaning::Number),
        ("octal_integer_literal", Meaning::Number),
        ("binary_integer_literal", Meaning::Number),
        ("decimal_floating_point_literal", Meaning::Number),
        ("hex_floating_point_literal", Meaning::Number),
        ("string_literal", Meaning::Text),
        ("character_literal", Meaning::Text),
        ("string_interpolation", Meaning::Interpolation),
        ("field_access", Meaning::Member),
        ("method_reference", Meaning::Member),
        ("array_access", Meaning::Index),
        ("method_invocation", Meaning::Call),
        ("explicit_constructor_invocation", Meaning::Call),
        ("argument_list", Meaning::Arguments),
        ("object_creation_expression", Meaning::New),
        ("array_creation_expression", Meaning::Own(array)),
        ("array_initializer", Meaning::Sequence),
        ("assignment_expression", Meaning::Assignment),
        ("update_expression", Meaning::Update),
        ("binary_expression", Meaning::Binary),
        ("instanceof_expression", Meaning::Own(instance_of)),
        ("unary_expression", Meaning::Unary),
        ("ternary_expression", Meaning::Conditional),
        ("parenthesized_expression", Meaning::Wrap),
        ("cast_expression", Meaning::Cast),
        ("class_literal", Meaning::TypeOf),
        ("type_identifier", Meaning::TypeName),
        ("scoped_identifier", Meaning::Path),
        ("scoped_type_identifier", Meaning::Path),
        ("generic_type", Meaning::TypeOf),
        ("annotated_type", Meaning::TypeOf),
        ("catch_type", Meaning::Parts),
        ("array_type", Meaning::AnyType),
        ("type_arguments", Meaning::AnyType),
        ("dimensions", Meaning::Nothing),
        ("void_type", Meaning::AnyType),
        ("integral_type", Meaning::AnyType),
        ("floating_point_type", Meaning::AnyType),
        ("boolean_type", Meaning::AnyType),
    ],
    habits: Habits { leaving: &["System.exit", "Runtime.getRuntime().halt"], fallbacks: &["orElse"], ..Habits::BRACES },
};

fn import<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let path_node = parts.first()?;
    let path: String = lowering.written(path_node).split_whitespace().collect();
    if parts.get(&["asterisk"]).is_some() {
        lowering.bind_star(node, &path);
        lowering.import(node, &path, &["*"]);
        return None;
    }
    let (module, name) = path.rsplit_once('.').unwrap_or(("", &path));
    lowering.bind_import(name, path_node, &path);
    lowering.import(node, module, &[name]);
    None
}

/// `new int[]{1, 2}`, `new int[3]`.
fn array<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    match lowering.parts(node).get(&["value"]) {
        Some(items) => Some(lowering.expression(items)),
        None => Some(lowering.add(ExpressionKind::Unknown, node)),
    }
}

/// `x instanceof Foo foo` tests, and names what it tested.
fn instance_of<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let subject = lowering.expression(parts.get(&["left"])?);
    Some(lowering.type_test(node, subject, parts.get(&["right", "pattern"]), parts.get(&["name"])))
}
