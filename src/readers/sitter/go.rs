//! Go: packages by their paths, methods outside of their types, composite literals.

use super::Grammar;
use super::Habits;
use super::Meaning;
use super::definitions::Function;
use super::definitions::NAME;
use super::lowering::Lowering;
use super::lowering::Wants;
use super::span;
use super::text;
use crate::fact::Argument;
use crate::fact::ArgumentKind;
use crate::fact::BindingKind;
use crate::fact::Entry;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::IdentifierRole;
use crate::fact::Language;
use crate::fact::Literal;
use crate::fact::Scope;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::place::Span;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    language: Language::Go,
    parser: tree_sitter_go::LANGUAGE,
    meanings: &[
        ("comment", Meaning::Nothing),
        ("package_clause", Meaning::Nothing),
        ("label_name", Meaning::Nothing),
        ("import_spec", Meaning::Own(import)),
        ("type_spec", Meaning::Own(type_specification)),
        ("type_alias", Meaning::Own(type_alias)),
        ("field_declaration", Meaning::Own(field)),
        ("method_elem", Meaning::Function),
        ("function_declaration", Meaning::Function),
        ("method_declaration", Meaning::Own(method)),
        ("func_literal", Meaning::Lambda),
        ("parameter_list", Meaning::Parameters),
        ("parameter_declaration", Meaning::Parameter),
        ("variadic_parameter_declaration", Meaning::Variadic),
        ("var_spec", Meaning::Declarator),
        ("const_spec", Meaning::Declarator),
        ("short_var_declaration", Meaning::Assignment),
        ("assignment_statement", Meaning::Assignment),
        ("inc_statement", Meaning::Update),
        ("dec_statement", Meaning::Update),
        ("receive_statement", Meaning::Own(receive)),
        ("expression_list", Meaning::Targets),
        ("block", Meaning::Body),
        ("if_statement", Meaning::If),
        ("for_statement", Meaning::Loop),
        ("expression_switch_statement", Meaning::Switch),
        ("type_switch_statement", Meaning::Switch),
        ("select_statement", Meaning::Switch),
        ("expression_case", Meaning::Arm),
        ("type_case", Meaning::Arm),
        ("default_case", Meaning::Arm),
        ("communication_case", Meaning::Arm),
        ("return_statement", Meaning::Return),
        ("continue_statement", Meaning::Leave),
        ("goto_statement", Meaning::Leave),
        ("break_statement", Meaning::Break),
        ("identifier", Meaning::Name),
        ("blank_identifier", Meaning::Name),
        ("nil", Meaning::Null),
        ("true", Meaning::True),
        ("false", Meaning::False),
        ("int_literal", Meaning::Number),
        ("float_literal", Meaning::Number),
        ("imaginary_literal", Meaning::Number),
        ("interpreted_string_literal", Meaning::Text),
        ("rune_literal", Meaning::Text),
        ("raw_string_literal", Meaning::RawText),
        ("selector_expression", Meaning::Member),
        ("index_expression", Meaning::Index),
        ("call_expression", Meaning::Call),
        ("argument_list", Meaning::Arguments),
        ("variadic_argument", Meaning::Spread),
        ("composite_literal", Meaning::Own(composite)),
        ("parenthesized_expression", Meaning::Wrap),
        ("literal_element", Meaning::Wrap),
        ("type_assertion_expression", Meaning::Cast),
        ("type_conversion_expression", Meaning::Own(conversion)),
        ("binary_expression", Meaning::Binary),
        ("unary_expression", Meaning::Unary),
        ("type_identifier", Meaning::TypeName),
        ("package_identifier", Meaning::TypeName),
        ("qualified_type", Meaning::Path),
        ("pointer_type", Meaning::TypeOf),
        ("generic_type", Meaning::TypeOf),
        ("parenthesized_type", Meaning::TypeOf),
        ("type_elem", Meaning::TypeOf),
        ("type_instantiation_expression", Meaning::TypeOf),
        ("type_arguments", Meaning::AnyType),
        ("slice_type", Meaning::AnyType),
        ("array_type", Meaning::AnyType),
        ("implicit_length_array_type", Meaning::AnyType),
        ("map_type", Meaning::AnyType),
        ("channel_type", Meaning::AnyType),
        ("function_type", Meaning::AnyType),
        ("struct_type", Meaning::AnyType),
        ("interface_type", Meaning::AnyType),
    ],
    habits: Habits {
        bare_members: false,
        maker: "new",
        leaving: &[
            "panic",
            "os.Exit",
            "log.Fatal",
            "log.Fatalf",
            "log.Fatalln",
            "log.Panic",
            "log.Panicf",
            "log.Panicln",
            "runtime.Goexit",
            "t.Fatal",
            "t.Fatalf",
            "t.FailNow",
            "t.Skip",
        ],
        ..Habits::BRACES
    },
};

fn import<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let path = text::unquoted(lowering.written(parts.get(&["path"])?));
    match parts.get(&["name"]).map(|it| (it, lowering.written(it))) {
        Some((_, "_")) => lowering.import(node, path, &[]),
        Some((at, ".")) => {
            lowering.bind_star(at, path);
            lowering.import(node, path, &["*"]);
        }
        Some((at, alias)) => {
            lowering.bind_import(alias, at, path);
            lowering.import(node, path, &[]);
        }
        None => {
            for name in package_names(path) {
                lowering.bind_import(&name, node, path);
            }
            lowering.import(node, path, &[]);
        }
    }
    None
}

/// What a package at this path may call itself. Only its own sources say so, but versions are never part of the
/// name, `go-` and its like rarely are, and hyphens cannot be.
fn package_names(path: &str) -> Vec<String> {
    let is_version = |it: &str| {
        it.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let mut last = parts.next().unwrap_or(path);
    if is_version(last) {
        last = parts.next().unwrap_or(last);
    }
    if let Some((name, version)) = last.rsplit_once('.')
        && is_version(version)
    {
        last = name;
    }
    let mut names = vec![last.to_owned()];
    let bare = last.strip_prefix("go-").or(last.strip_suffix("-go")).or(last.strip_suffix(".go")).unwrap_or(last);
    for name in [bare.to_owned(), bare.rsplit('-').next().unwrap_or(bare).to_owned(), bare.replace('-', "")] {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// `type X struct {..}`: a class, whose scope its methods may have opened already.
fn type_specification<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let name = parts.get(NAME)?;
    let body = parts.get(&["type"])?;
    if !matches!(body.kind(), "struct_type" | "interface_type") {
        // A type with another one's members: `type Claims jwt.MapClaims`.
        let base = lowering.type_expression(body);
        let scope = class_scope(lowering, node, name);
        lowering.define_class(scope, node, Some(name), Vec::new(), base.into_iter().collect());
        return None;
    }
    let scope = class_scope(lowering, node, name);
    // Embedded types pass their members on.
    let mut embedded = Vec::new();
    for part in lowering.parts(body).0.iter().flat_map(|it| match it.node.kind() {
        "field_declaration_list" => lowering.parts(it.node).0,
        _ => vec![*it],
    }) {
        let is_embedded = part.node.kind() == "type_elem"
            || part.node.kind() == "field_declaration" && lowering.parts(part.node).get(&["name"]).is_none();
        if is_embedded {
            embedded.push(part.node);
        }
    }
    let embedded = embedded.into_iter().map(|it| lowering.parts(it).get(&["type"]).unwrap_or(it)).collect::<Vec<_>>();
    let bases = embedded.into_iter().filter_map(|it| lowering.type_expression(it)).collect();
    lowering.define_class(scope, node, Some(name), Vec::new(), bases);
    let body = super::lowering::Part { field: Some("body"), node: body };
    lowering.class_body(scope, &super::lowering::Parts(vec![body]));
    None
}

/// Binds the name of a type to the scope of its class.
fn class_scope<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, name: Node<'t>) -> ScopeId {
    let text = lowering.name_text(name);
    if lowering.scope != ScopeId(0) {
        return lowering.open_class(node, Some(name));
    }
    let scope = type_scope(lowering, text, span(node));
    lowering.facts.scopes[scope.0 as usize].span = span(node);
    lowering.bind(text, name, BindingKind::Definition(scope));
    scope
}

/// The scope of the type of this name, opened where it is first heard of.
fn type_scope(lowering: &mut Lowering, name: &str, at: Span) -> ScopeId {
    if let Some(scope) = lowering.types.get(name) {
        return *scope;
    }
    let scope = Scope { parent: Some(ScopeId(0)), kind: ScopeKind::Class, span: at, name: name.into() };
    let scope = lowering.facts.add_scope(scope);
    lowering.types.insert(name.into(), scope);
    scope
}

fn type_alias<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let name = parts.get(NAME)?;
    let meant = lowering.type_expression(parts.get(&["type"])?)?;
    lowering.identifier(name, IdentifierRole::Binding);
    lowering.bind(lowering.name_text(name), name, BindingKind::Value(meant));
    None
}

/// A field; an embedded type is a field of its own name.
fn field<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let type_node = parts.get(&["type"])?;
    let annotation = lowering.type_expression(type_node);
    let mut names: Vec<Node> = parts.all("name").filter(|it| it.is_named()).collect();
    if names.is_empty() {
        names.extend(annotation.map(|_| lowering.parts(type_node).get(&["name"]).unwrap_or(type_node)));
    }
    let default = parts.get(&["tag"]).and_then(|it| Some((it, default_of_tag(lowering.written(it))?)));
    let default = default.map(|(tag, text)| {
        let literal = match (lowering.written(type_node), text) {
            ("bool", "true" | "1") => Literal::Bool(true),
            ("bool", _) => Literal::Bool(false),
            (_, text) => Literal::Text(text.into()),
        };
        lowering.add(ExpressionKind::Literal(literal), tag)
    });
    for name in names {
        let text = lowering.name_text(name);
        lowering.identifier(name, IdentifierRole::Binding);
        lowering.bind(text, name, BindingKind::Parameter { index: None, annotation, default });
    }
    None
}

/// What a field's tag says it is where the environment says nothing: `envconfig:"STRICT" default:"true"`,
/// `env:"STRICT" envDefault:"true"`. Sources: the READMEs of kelseyhightower/envconfig, caarlos0/env,
/// ilyakaznacheev/cleanenv and creasty/defaults.
fn default_of_tag(tag: &str) -> Option<&str> {
    let after = ["default:\"", "envDefault:\"", "env-default:\""].iter().find_map(|key| {
        let (before, after) = tag.split_once(key)?;
        let is_whole = before.ends_with(|it: char| it.is_whitespace() || it == '`');
        is_whole.then_some(after)
    })?;
    after.split_once('"').map(|(text, _)| text)
}

fn method<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let name = parts.get(NAME);
    let receiver = parts.get(&["receiver"]).and_then(|it| lowering.parts(it).first());
    let receiver_parts = receiver.map(|it| lowering.parts(it));
    let type_name = receiver_parts.as_ref().and_then(|it| it.get(&["type"])).map(|it| lowering.name_text(it));
    let receiver_name = receiver_parts.as_ref().and_then(|it| it.get(NAME)).map(|it| lowering.name_text(it).into());
    let at = Span::new(node.start_byte() as u32, node.start_byte() as u32);
    let class = type_name.map(|it| type_scope(lowering, it, at));
    lowering.define_function(Function { node, name, decorators: Vec::new(), class, receiver: receiver_name });
    None
}

/// `case m := <-channel:`
fn receive<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, wants: Wants) -> Option<ExpressionId> {
    match lowering.parts(node).get(&["left"]) {
        Some(_) => lowering.assignment(node, wants),
        None => lowering.lower(lowering.parts(node).first()?, wants),
    }
}

/// `[]byte(x)`, `Claims(x)`: what comes out is made of what goes in, or a call by a name that may be a type's.
fn conversion<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let operand = lowering.expression(parts.get(&["operand"])?);
    let kind = match parts.get(&["type"]).and_then(|it| lowering.type_expression(it)) {
        Some(callee) => {
            let arguments = vec![Argument { kind: ArgumentKind::Positional, value: operand }];
            ExpressionKind::Call { callee, arguments }
        }
        // Text as bytes is the text.
        None if lowering.text[node.byte_range()].starts_with("[]byte(") => ExpressionKind::Either(vec![operand]),
        None => ExpressionKind::Compound(vec![operand]),
    };
    Some(lowering.add(kind, node))
}

/// `T{..}`, `[]T{..}`, `map[K]V{..}`.
fn composite<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, _: Wants) -> Option<ExpressionId> {
    let parts = lowering.parts(node);
    let kind = literal(lowering, parts.get(&["body"])?, parts.get(&["type"]));
    Some(lowering.add(kind, node))
}

/// What braces hold, when they hold a value of this type.
fn literal<'t>(lowering: &mut Lowering<'t>, body: Node<'t>, type_node: Option<Node<'t>>) -> ExpressionKind {
    let type_parts = type_node.map(|it| lowering.parts(it));
    let inner = type_parts.as_ref().and_then(|it| it.get(&["element", "value"]));
    let callee = type_node.and_then(|it| lowering.type_expression(it));
    let mut arguments = Vec::new();
    let mut entries = Vec::new();
    let mut items = Vec::new();
    for part in lowering.parts(body).0 {
        let pair = lowering.parts(part.node);
        match (pair.get(&["key"]), pair.get(&["value"])) {
            (Some(key), Some(value)) if part.node.kind() == "keyed_element" => {
                let key = lowering.unwrapped(key);
                let value = element(lowering, value, inner);
                if callee.is_some() && key.kind() == "identifier" {
                    lowering.identifier(key, IdentifierRole::Use);
                    let kind = ArgumentKind::Keyword(lowering.name_text(key).into());
                    arguments.push(Argument { kind, value });
                } else {
                    entries.push(Entry::Pair { key: element(lowering, key, None), value });
                }
            }
            _ => items.push(element(lowering, part.node, inner)),
        }
    }
    let Some(callee) = callee else {
        return if entries.is_empty() && type_node.is_none_or(|it| it.kind() != "map_type") {
            ExpressionKind::Sequence { items, open: false }
        } else {
            ExpressionKind::Mapping(entries)
        };
    };
    if !entries.is_empty() {
        let value = lowering.add(ExpressionKind::Mapping(entries), body);
        arguments.push(Argument { kind: ArgumentKind::SpreadKeyword, value });
    }
    arguments.extend(items.into_iter().map(|value| Argument { kind: ArgumentKind::Positional, value }));
    ExpressionKind::Call { callee, arguments }
}

/// An element of a composite literal; one without a type has the type of the elements.
fn element<'t>(lowering: &mut Lowering<'t>, node: Node<'t>, type_node: Option<Node<'t>>) -> ExpressionId {
    let node = lowering.unwrapped(node);
    if node.kind() != "literal_value" {
        return lowering.expression(node);
    }
    let kind = lowering.nested(node, |lowering| Some(literal(lowering, node, type_node)));
    lowering.add(kind.unwrap_or(ExpressionKind::Unknown), node)
}
