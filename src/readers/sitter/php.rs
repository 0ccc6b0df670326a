//! PHP: variables with a `$`, names with backslashes.

use super::Grammar;
use super::Habits;
use super::Meaning;
use super::lowering::Lowering;
use super::lowering::Wants;
use super::span;
use crate::fact::BlockKind;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::IdentifierRole;
use crate::fact::Language;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    language: Language::Php,
    parser: tree_sitter_php::LANGUAGE_PHP,
    meanings: &[
        ("comment", Meaning::Nothing),
        ("text", Meaning::Nothing),
        ("text_interpolation", Meaning::Nothing),
        ("php_tag", Meaning::Nothing),
        ("php_end_tag", Meaning::Nothing),
        ("visibility_modifier", Meaning::Nothing),
        ("static_modifier", Meaning::Nothing),
        ("abstract_modifier", Meaning::Nothing),
        ("final_modifier", Meaning::Nothing),
        ("readonly_modifier", Meaning::Nothing),
        ("var_modifier", Meaning::Nothing),
        ("reference_modifier", Meaning::Nothing),
        ("named_label_statement", Meaning::Nothing),
        ("use_declaration", Meaning::Nothing),
        ("declare_directive", Meaning::Nothing),
        ("namespace_name", Meaning::Path),
        ("namespace_definition", Meaning::Own(namespace)),
        ("namespace_use_declaration", Meaning::Own(uses)),
        ("class_declaration", Meaning::Class),
        ("interface_declaration", Meaning::Class),
        ("trait_declaration", Meaning::Class),
        ("enum_declaration", Meaning::Class),
        ("anonymous_class", Meaning::Class),
        ("base_clause", Meaning::Bases),
        ("class_interface_clause", Meaning::Bases),
        ("attribute_list", Meaning::Decorators),
        ("attribute_group", Meaning::Decorators),
        ("attribute", Meaning::Decorator),
        ("function_definition", Meaning::Function),
        ("method_declaration", Meaning::Function),
        ("property_hook", Meaning::Accessor),
        ("formal_parameters", Meaning::Parameters),
        ("simple_parameter", Meaning::Parameter),
        ("property_promotion_parameter", Meaning::FieldParameter),
        ("variadic_parameter", Meaning::Variadic),
        ("anonymous_function", Meaning::Lambda),
        ("arrow_function", Meaning::Lambda),
        ("anonymous_function_use_clause", Meaning::Nothing),
        ("const_declaration", Meaning::Declaration),
        ("const_element", Meaning::Declarator),
        ("enum_case", Meaning::Declarator),
        ("property_declaration", Meaning::Declaration),
        ("property_element", Meaning::Declarator),
        ("static_variable_declaration", Meaning::Declarator),
        ("global_declaration", Meaning::Nothing),
        ("list_literal", Meaning::Targets),
        ("by_ref", Meaning::Wrap),
        ("compound_statement", Meaning::Body),
        ("colon_block", Meaning::Body),
        ("else_clause", Meaning::Parts),
        ("if_statement", Meaning::If),
        ("for_statement", Meaning::Loop),
        ("foreach_statement", Meaning::Own(foreach)),
        ("while_statement", Meaning::Loop),
        ("do_statement", Meaning::Loop),
        ("switch_statement", Meaning::Switch),
        ("match_expression", Meaning::Switch),
        ("case_statement", Meaning::Arm),
        ("default_statement", Meaning::Arm),
        ("match_conditional_expression", Meaning::ValueArm),
        ("match_default_expression", Meaning::ValueArm),
        ("match_condition_list", Meaning::Label),
        ("try_statement", Meaning::Try),
        ("catch_clause", Meaning::Catch),
        ("return_statement", Meaning::Return),
        ("throw_expression", Meaning::Leave),
        ("exit_statement", Meaning::Leave),
        ("continue_statement", Meaning::Leave),
        ("goto_statement", Meaning::Leave),
        ("break_statement", Meaning::Break),
        ("expression_statement", Meaning::Wrap),
        ("variable_name", Meaning::Name),
        ("name", Meaning::Name),
        ("relative_scope", Meaning::Own(relative_scope)),
        ("null", Meaning::Null),
        ("boolean", Meaning::Boolean),
        ("integer", Meaning::Number),
        ("float", Meaning::Number),
        ("string", Meaning::Text),
        ("encapsed_string", Meaning::Text),
        ("heredoc", Meaning::Text),
        ("shell_command_expression", Meaning::Text),
        ("nowdoc", Meaning::RawText),
        ("member_access_expression", Meaning::Member),
        ("nullsafe_member_access_expression", Meaning::Member),
        ("scoped_property_access_expression", Meaning::Member),
        ("class_constant_access_expression", Meaning::Own(class_constant)),
        ("subscript_expression", Meaning::Index),
        ("function_call_expression", Meaning::Own(call)),
        ("member_call_expression", Meaning::Call),
        ("nullsafe_member_call_expression", Meaning::Call),
        ("scoped_call_expression", Meaning::Call),
        ("arguments", Meaning::Arguments),
        ("argument", Meaning::Argument),
        ("variadic_unpacking", Meaning::Spread),
        ("object_creation_expression", Meaning::New),
        ("array_creation_expression", Meaning::Own(array)),
        ("pair", Meaning::Pair),
        ("assignment_expression", Meaning::Assignment),
        ("reference_assignment_expression", Meaning::Assignment),
        ("augmented_assignment_expression", Meaning::Assignment),
        ("update_expression", Meaning::Update),
        ("binary_expression", Meaning::Binary),
        ("unary_op_expression", Meaning::Unary),
        ("conditional_expression", Meaning::Conditional),
        ("parenthesized_expression", Meaning::Wrap),
        ("error_suppression_expression", Meaning::Wrap),
        ("clone_expression", Meaning::Wrap),
        ("cast_expression", Meaning::Cast),
        ("cast_type", Meaning::AnyType),
        ("qualified_name", Meaning::Path),
        ("relative_name", Meaning::Path),
        ("named_type", Meaning::TypeOf),
        ("optional_type", Meaning::TypeOf),
        ("union_type", Meaning::TypeOf),
        ("intersection_type", Meaning::TypeOf),
        ("disjunctive_normal_form_type", Meaning::TypeOf),
        ("primitive_type", Meaning::AnyType),
        ("bottom_type", Meaning::AnyType),
    ],
    habits: Habits {
        block_scopes: false,
        assignment_declares: true,
        bare_members: false,
        receivers: &["this"],
        leaving: &["exit", "die", "abort"],
        constructors: &["__construct"],
        ..Habits::BRACES
    },
};

/// `Settings::KEY`: both parts are names, and neither has a field of its own in the grammar.
fn class_constant<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let (class, constant) = (parts.first()?, parts.last()?);
    let object = lowering.object(class);
    lowering.identifier(constant, IdentifierRole::Use);
    let name = lowering.name_text(constant).into();
    Some(lowering.add(ExpressionKind::Member { object, name, name_span: span(constant) }, node))
}

fn namespace<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    if let Some(body) = lowering.parts(node).get(&["body"]) {
        lowering.statements(body);
    }
    None
}

/// `use A\B as C;`, `use A\{B, C};`, `use function A\b;`
fn uses<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let prefix = parts.get(&["namespace_name"]).map(|it| dotted(lowering.written(it)));
    let clauses = match parts.get(&["body"]) {
        Some(group) => lowering.parts(group),
        None => parts,
    };
    for clause in clauses.0 {
        let parts = lowering.parts(clause.node);
        let Some(path) = parts.get(&["qualified_name", "name"]) else { continue };
        let mut full = dotted(lowering.written(path));
        if let Some(prefix) = &prefix {
            full = format!("{prefix}.{full}");
        }
        let (module, name) = full.rsplit_once('.').unwrap_or(("", &full));
        let (alias, at) = match parts.get(&["alias"]) {
            Some(alias) => (lowering.written(alias).to_owned(), alias),
            None => (name.to_owned(), path),
        };
        lowering.bind_import(&alias, at, &full);
        lowering.import(node, module, &[name]);
    }
    None
}

fn dotted(path: &str) -> String {
    path.trim_matches('\\').replace('\\', ".")
}

/// A call; the language's own functions are known by their names in lower case.
fn call<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let callee = match parts.get(&["function"]) {
        Some(name) if name.kind() == "name" => {
            let written = lowering.written(name);
            lowering.identifier(name, IdentifierRole::Call);
            let lower = written.to_ascii_lowercase();
            let called = if lowering.is_visible(written) { written } else { &lower };
            lowering.add(ExpressionKind::Name(called.into()), name)
        }
        _ => lowering.callee(node, &parts),
    };
    let arguments = lowering.call_arguments(&parts);
    Some(lowering.add(ExpressionKind::Call { callee, arguments }, node))
}

/// `self` and `static` are the class, `parent` is its base.
fn relative_scope<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let kind = match (lowering.written(node), lowering.class) {
        ("parent", _) | (_, None) => ExpressionKind::Name(lowering.written(node).into()),
        (_, Some(class)) => ExpressionKind::Receiver(class),
    };
    Some(lowering.add(kind, node))
}

/// `foreach (xs as k => v)`
fn foreach<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let body = parts.get(&["body"]);
    for (index, part) in parts.nodes().filter(|it| Some(*it) != body).enumerate() {
        match index {
            0 => {
                lowering.expression(part);
            }
            _ => lowering.assign_opaque(part),
        }
    }
    if let Some(body) = body {
        let arm = lowering.arm.take();
        let outer = lowering.branch(BlockKind::Loop);
        lowering.statement(body);
        lowering.block = outer;
        lowering.arm = arm;
    }
    None
}

/// `[k => v]` is a mapping, `[a, b]` a sequence.
fn array<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let mut entries = Vec::new();
    let mut items = Vec::new();
    let mut open = false;
    for part in lowering.parts(node).0 {
        let parts = lowering.parts(part.node);
        match parts.0.as_slice() {
            [key, value] => {
                let key = lowering.expression(key.node);
                entries.push(Entry::Pair { key, value: lowering.expression(value.node) });
            }
            [item] if item.node.kind() == "variadic_unpacking" => {
                let Some(spread) = lowering.parts(item.node).first() else { continue };
                let value = lowering.expression(spread);
                open = true;
                items.push(value);
                entries.push(Entry::Spread(value));
            }
            [item] => items.push(lowering.expression(item.node)),
            _ => {}
        }
    }
    let is_mapping = entries.iter().any(|it| matches!(it, Entry::Pair { .. }));
    let kind = if is_mapping { ExpressionKind::Mapping(entries) } else { ExpressionKind::Sequence { items, open } };
    Some(lowering.add_at(kind, span(node)))
}
