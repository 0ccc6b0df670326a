//! C#: namespaces that are used whole, object initializers, properties.

use super::Grammar;
use super::Habits;
use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Wants;
use crate::fact::ExpressionId;
use crate::fact::Language;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    language: Language::CSharp,
    parser: tree_sitter_c_sharp::LANGUAGE,
    meanings: &[
        ("comment", Meaning::Nothing),
        ("modifier", Meaning::Nothing),
        ("explicit_interface_specifier", Meaning::Nothing),
        ("type_parameter_list", Meaning::AnyType),
        ("type_parameter_constraints_clause", Meaning::Nothing),
        ("extern_alias_directive", Meaning::Nothing),
        ("preproc_region", Meaning::Nothing),
        ("preproc_endregion", Meaning::Nothing),
        ("preproc_define", Meaning::Nothing),
        ("preproc_undef", Meaning::Nothing),
        ("preproc_pragma", Meaning::Nothing),
        ("preproc_nullable", Meaning::Nothing),
        ("preproc_line", Meaning::Nothing),
        ("preproc_error", Meaning::Nothing),
        ("preproc_warning", Meaning::Nothing),
        ("preproc_arg", Meaning::Nothing),
        ("preproc_if", Meaning::Own(conditional_part)),
        ("preproc_elif", Meaning::Own(conditional_part)),
        ("namespace_declaration", Meaning::Own(namespace)),
        ("file_scoped_namespace_declaration", Meaning::Nothing),
        ("using_directive", Meaning::Own(using)),
        ("class_declaration", Meaning::Class),
        ("struct_declaration", Meaning::Class),
        ("record_declaration", Meaning::Class),
        ("interface_declaration", Meaning::Class),
        ("enum_declaration", Meaning::Class),
        ("base_list", Meaning::Bases),
        ("primary_constructor_base_type", Meaning::Bases),
        ("attribute_list", Meaning::Decorators),
        ("global_attribute", Meaning::Decorators),
        ("preproc_if_in_attribute_list", Meaning::Decorators),
        ("attribute", Meaning::Decorator),
        ("attribute_target_specifier", Meaning::Nothing),
        ("attribute_argument_list", Meaning::Arguments),
        ("attribute_argument", Meaning::Argument),
        ("method_declaration", Meaning::Function),
        ("constructor_declaration", Meaning::Function),
        ("local_function_statement", Meaning::Function),
        ("destructor_declaration", Meaning::Accessor),
        ("operator_declaration", Meaning::Accessor),
        ("conversion_operator_declaration", Meaning::Accessor),
        ("accessor_declaration", Meaning::Accessor),
        ("delegate_declaration", Meaning::Nothing),
        ("parameter_list", Meaning::Parameters),
        ("bracketed_parameter_list", Meaning::Parameters),
        ("parameter", Meaning::Parameter),
        ("implicit_parameter", Meaning::Name),
        ("property_declaration", Meaning::Declaration),
        ("indexer_declaration", Meaning::Parts),
        ("event_declaration", Meaning::Declaration),
        ("enum_member_declaration", Meaning::Declarator),
        ("variable_declaration", Meaning::Declaration),
        ("variable_declarator", Meaning::Declarator),
        ("declaration_expression", Meaning::Own(declared_argument)),
        ("tuple_pattern", Meaning::Targets),
        ("parenthesized_variable_designation", Meaning::Targets),
        ("lambda_expression", Meaning::Lambda),
        ("anonymous_method_expression", Meaning::Lambda),
        ("arrow_expression_clause", Meaning::Wrap),
        ("block", Meaning::Body),
        ("if_statement", Meaning::If),
        ("for_statement", Meaning::Loop),
        ("foreach_statement", Meaning::Loop),
        ("while_statement", Meaning::Loop),
        ("do_statement", Meaning::Loop),
        ("switch_statement", Meaning::Switch),
        ("switch_expression", Meaning::Switch),
        ("switch_section", Meaning::Arm),
        ("switch_expression_arm", Meaning::ValueArm),
        ("when_clause", Meaning::Guard),
        ("catch_filter_clause", Meaning::Guard),
        ("constant_pattern", Meaning::Label),
        ("or_pattern", Meaning::Label),
        ("parenthesized_pattern", Meaning::Label),
        ("and_pattern", Meaning::Pattern),
        ("negated_pattern", Meaning::Pattern),
        ("declaration_pattern", Meaning::Pattern),
        ("recursive_pattern", Meaning::Pattern),
        ("positional_pattern_clause", Meaning::Pattern),
        ("property_pattern_clause", Meaning::Pattern),
        ("subpattern", Meaning::Pattern),
        ("relational_pattern", Meaning::Pattern),
        ("type_pattern", Meaning::Pattern),
        ("list_pattern", Meaning::Pattern),
        ("var_pattern", Meaning::Pattern),
        ("discard", Meaning::Nothing),
        ("try_statement", Meaning::Try),
        ("catch_clause", Meaning::Catch),
        ("return_statement", Meaning::Return),
        ("throw_statement", Meaning::Leave),
        ("throw_expression", Meaning::Leave),
        ("continue_statement", Meaning::Leave),
        ("goto_statement", Meaning::Leave),
        ("break_statement", Meaning::Break),
        ("yield_statement", Meaning::Parts),
        ("expression_statement", Meaning::Wrap),
        ("identifier", Meaning::Name),
        ("base", Meaning::Name),
        ("this", Meaning::Receiver),
        ("null_literal", Meaning::Null),
        ("boolean_literal", Meaning::Boolean),
        ("integer_literal", Meaning::Number),
        ("real_literal", Meaning::Number),
        ("string_literal", Meaning::Text),
        ("character_literal", Meaning::Text),
        ("interpolated_string_expression", Meaning::Text),
        ("verbatim_string_literal", Meaning::RawText),
        ("raw_string_literal", Meaning::RawText),
        ("interpolation", Meaning::Interpolation),
        ("interpolation_brace", Meaning::Nothing),
        ("interpolation_alignment_clause", Meaning::Nothing),
        ("interpolation_format_clause", Meaning::Nothing),
        ("member_access_expression", Meaning::Member),
        ("conditional_access_expression", Meaning::Own(conditional_access)),
        ("element_access_expression", Meaning::Index),
        ("invocation_expression", Meaning::Call),
        ("argument_list", Meaning::Arguments),
        ("bracketed_argument_list", Meaning::Arguments),
        ("argument", Meaning::Argument),
        ("object_creation_expression", Meaning::New),
        ("implicit_object_creation_expression", Meaning::New),
        ("initializer_expression", Meaning::Initializer),
        ("array_creation_expression", Meaning::Own(array)),
        ("implicit_array_creation_expression", Meaning::Own(array)),
        ("collection_expression", Meaning::Sequence),
        ("collection_element", Meaning::Wrap),
        ("expression_element", Meaning::Wrap),
        ("spread_element", Meaning::Spread),
        ("tuple_expression", Meaning::Sequence),
        ("assignment_expression", Meaning::Assignment),
        ("binary_expression", Meaning::Binary),
        ("is_expression", Meaning::Binary),
        ("is_pattern_expression", Meaning::Own(is_pattern)),
        ("unary_expression", Meaning::Unary),
        ("prefix_unary_expression", Meaning::Unary),
        ("postfix_unary_expression", Meaning::Unary),
        ("conditional_expression", Meaning::Conditional),
        ("parenthesized_expression", Meaning::Wrap),
        ("await_expression", Meaning::Wrap),
        ("checked_expression", Meaning::Wrap),
        ("ref_expression", Meaning::Wrap),
        ("cast_expression", Meaning::Cast),
        ("as_expression", Meaning::Cast),
        ("typeof_expression", Meaning::TypeOf),
        ("qualified_name", Meaning::Path),
        ("alias_qualified_name", Meaning::Own(global_name)),
        ("generic_name", Meaning::TypeOf),
        ("nullable_type", Meaning::TypeOf),
        ("ref_type", Meaning::TypeOf),
        ("scoped_type", Meaning::TypeOf),
        ("type_argument_list", Meaning::AnyType),
        ("predefined_type", Meaning::AnyType),
        ("implicit_type", Meaning::AnyType),
        ("array_type", Meaning::AnyType),
        ("pointer_type", Meaning::AnyType),
        ("function_pointer_type", Meaning::AnyType),
        ("tuple_type", Meaning::AnyType),
    ],
    habits: Habits {
        leaving: &["Environment.Exit", "Environment.FailFast"],
        holders: &["IOptions", "IOptionsMonitor", "IOptionsSnapshot"],
        ..Habits::BRACES
    },
};

fn using<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let path_node = parts.last()?;
    let path: String = lowering.written(path_node).split_whitespace().collect();
    let path = path.trim_start_matches("global::");
    // The arguments of a generic type are no part of its name.
    let path = path.split('<').next().unwrap_or(path);
    match parts.get(&["name"]) {
        Some(alias) => {
            lowering.bind_import(lowering.name_text(alias), alias, path);
            lowering.import(node, path, &[]);
        }
        None => {
            lowering.bind_star(node, path);
            lowering.import(node, path, &["*"]);
        }
    }
    None
}

fn namespace<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    if let Some(body) = lowering.parts(node).get(&["body"]) {
        lowering.statements(body);
    }
    None
}

/// Code that a build may leave out is read as if every build had it. What only builds for tests have is test code.
fn conditional_part<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let condition = node.child_by_field_name("condition").map(|it| lowering.written(it)).unwrap_or_default();
    let words = condition.split(|it: char| !it.is_alphanumeric());
    let asks_for_tests =
        !condition.contains(['!', '|', '&']) && { words }.any(|word| matches!(word, "TEST" | "TESTS" | "TESTING"));
    if asks_for_tests && node.kind() == "preproc_if" {
        let mut inside = node.children(&mut node.walk()).collect::<Vec<_>>();
        inside.retain(|it| !matches!(it.kind(), "preproc_else" | "preproc_elif"));
        if let (Some(first), Some(last)) = (inside.first(), inside.last()) {
            let span = crate::place::Span::new(first.start_byte() as u32, last.end_byte() as u32);
            lowering.facts.test_spans.push(span);
        }
    }
    for part in lowering.parts(node).0 {
        if part.field != Some("condition") {
            lowering.statement(part.node);
        }
    }
    None
}

/// `a?.B` and `a?[0]`.
fn conditional_access<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let kind = match parts.get(&["element_binding_expression"]) {
        Some(element) => {
            let object = lowering.expression(parts.get(&["condition"])?);
            let arguments = lowering.arguments(element);
            let index = arguments.first()?.value;
            crate::fact::ExpressionKind::Index { object, index }
        }
        None => lowering.member(node, crate::fact::IdentifierRole::Use),
    };
    Some(lowering.add(kind, node))
}

/// `out var x`: a name that the call gives a value.
fn declared_argument<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let name = parts.get(&["name"])?;
    lowering.declarator(node, None);
    Some(lowering.expression(name))
}

fn array<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let items = lowering.parts(node).get(&["initializer_expression"]);
    let kind = match items {
        Some(items) => {
            let items = lowering.parts(items).nodes().map(|it| lowering.expression(it)).collect();
            crate::fact::ExpressionKind::Sequence { items, open: false }
        }
        None => crate::fact::ExpressionKind::Unknown,
    };
    Some(lowering.add(kind, node))
}

/// `x is Foo foo` tests, and names what it tested.
fn is_pattern<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let subject = lowering.expression(parts.get(&["expression"])?);
    Some(lowering.type_test(node, subject, parts.get(&["pattern"]), None))
}

/// `global::A`
fn global_name<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    lowering.type_expression(lowering.parts(node).get(&["name"])?)
}
