//! `rules`: what the rules are, what each says, and whether each holds on its own examples.

use crate::cli::Color;
use crate::cli::ListFormat;
use crate::cli::RulesArguments;
use crate::cli::RulesCommand;
use crate::commands::Failure;
use crate::commands::painted;
use crate::commands::wants_color;
use crate::examples;
use crate::fact::Language;
use crate::finding::Severity;
use crate::rules::ExampleKind;
use crate::rules::Exempt;
use crate::rules::Origin;
use crate::rules::Rule;
use crate::settings;
use crate::settings::Examples;
use crate::settings::PROJECT_FILE;
use crate::settings::SettingsError;
use crate::verdict;
use anstyle::AnsiColor;
use anstyle::Style;
use rayon::prelude::*;
use serde::Serialize;
use std::io;
use std::io::Write;

pub(super) fn run(arguments: &RulesArguments, color: Color) -> Result<u8, Failure> {
    let paint = wants_color(color);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let code = match &arguments.command {
        RulesCommand::List { format, sources } => {
            let rules = settings::rules_of(sources, Examples::Left)?;
            match format {
                ListFormat::Text => list(&rules, paint, &mut out)?,
                ListFormat::Json => list_json(&rules, &mut out)?,
            }
            verdict::PASS
        }
        RulesCommand::Explain { id, sources } => {
            let rules = settings::rules_of(sources, Examples::Read)?;
            let Some(rule) = rules.iter().find(|rule| *rule.id == **id) else {
                let ids: Vec<&str> = rules.iter().map(|rule| &*rule.id).collect();
                let message = format!("there is no rule `{id}`; the rules are: {}", ids.join(", "));
                return Err(SettingsError::Plain(message).into());
            };
            explain(rule, paint, &mut out)?;
            verdict::PASS
        }
        RulesCommand::Test { sources } => test(&settings::rules_of(sources, Examples::Read)?, paint, &mut out)?,
    };
    out.flush()?;
    Ok(code)
}

fn list(rules: &[Rule], paint: bool, out: &mut dyn Write) -> io::Result<()> {
    let widest = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let languages_widest = rules.iter().map(|rule| languages(rule).len()).max().unwrap_or(0);
    for rule in rules {
        let severity = painted(rule.severity.name(), style_of(rule.severity), 8, paint);
        writeln!(
            out,
            "{:widest$}  {severity}  {:languages_widest$}  {}",
            rule.id,
            languages(rule),
            rule.why.lines().next().unwrap_or("")
        )?;
    }
    Ok(())
}

fn languages(rule: &Rule) -> String {
    if rule.languages.len() == Language::ALL.len() {
        return "all".to_owned();
    }
    rule.languages.iter().map(|it| it.name()).collect::<Vec<_>>().join(",")
}

/// The wire form of a rule in `rules list --format json`.
#[derive(Serialize)]
struct ListedRule<'a> {
    id: &'a str,
    severity: &'a str,
    languages: Vec<&'a str>,
    message: &'a str,
    why: &'a str,
    fix: &'a str,
    cwe: Option<&'a str>,
    origin: &'a str,
}

fn list_json(rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    let listed: Vec<ListedRule> = rules
        .iter()
        .map(|rule| ListedRule {
            id: &rule.id,
            severity: rule.severity.name(),
            languages: rule.languages.iter().map(|it| it.name()).collect(),
            message: &rule.message,
            why: &rule.why,
            fix: &rule.fix,
            cwe: rule.cwe.as_deref(),
            origin: match &rule.origin {
                Origin::BuiltIn => "built-in",
                Origin::File(path) => path,
            },
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &listed)?;
    writeln!(out)
}

fn explain(rule: &Rule, paint: bool, out: &mut dyn Write) -> io::Result<()> {
    let heading = |text: &str| painted(text, Style::new().bold(), 0, paint);
    writeln!(out, "{} ({})", heading(&rule.id), painted(rule.severity.name(), style_of(rule.severity), 0, paint))?;
    writeln!(out, "\n{}\n", rule.title())?;
    writeln!(out, "{}  {}", heading("why"), rule.why)?;
    writeln!(out, "{}  {}", heading("fix"), rule.fix)?;
    if let Some(cwe) = &rule.cwe {
        writeln!(out, "{}  {cwe}", heading("cwe"))?;
    }
    if let Some(docs) = &rule.docs {
        writeln!(out, "{} {docs}", heading("docs"))?;
    }
    writeln!(out, "{} {}", heading("in"), languages(rule))?;
    if let Some(unknown) = &rule.unknown {
        writeln!(
            out,
            "\n{}\nWhen it can be neither proved nor excluded, it is one {}: {}",
            heading("unproved"),
            unknown.severity.name(),
            unknown.message
        )?;
    }
    for lower in &rule.lower {
        writeln!(out, "\n{}\nIn some places it is one {}: {}", heading("less"), lower.severity.name(), lower.message)?;
    }
    let titles =
        [("found", ExampleKind::Bad), ("found, and says less", ExampleKind::Lower), ("not found", ExampleKind::Good)];
    for (title, kind) in titles {
        if kind == ExampleKind::Lower && rule.lower.is_empty() {
            continue;
        }
        writeln!(out, "\n{}", heading(title))?;
        for example in rule.examples.iter().filter(|it| it.kind == kind) {
            let project = example.project.as_ref().map(|text| (PROJECT_FILE, text));
            let files = example.files.iter().map(|(path, code)| (path.as_str(), code));
            for (path, text) in project.into_iter().chain(files) {
                writeln!(out, "  {} ({path})", example.language.name())?;
                for line in text.lines() {
                    writeln!(out, "    {line}")?;
                }
            }
        }
    }
    let how = match rule.exempt {
        _ if rule.severity == Severity::Critical && rule.exempt != Exempt::Never => REGISTRY_ONLY,
        Exempt::Registry => REGISTRY_ONLY,
        Exempt::Marker => "  a comment at the place, with a reason:\n\n    ssot: allow {id} -- reason",
        Exempt::Never => "  there are none",
    };
    writeln!(out, "\n{}\n{}", heading("exceptions"), how.replace("{id}", &rule.id))?;
    if let Some(owner) = &rule.owner {
        writeln!(
            out,
            "  silent in the owner; in ssot-guard.toml:\n\n    [owners]\n    {owner} = [\"path/of/the/one/module.py\"]"
        )?;
    }
    Ok(())
}

const REGISTRY_ONLY: &str = "\
  in ssot-guard.toml only:

    [[exception]]
    rule = \"{id}\"
    path = \"path/of/the/file.py\"
    symbol = \"Class.method\"
    reason = \"why this is right here\"
    owner = \"who answers for it\"
    until = \"2027-01-31\"";

fn test(rules: &[Rule], paint: bool, out: &mut dyn Write) -> io::Result<u8> {
    let failures: Vec<_> = rules.par_iter().map(|rule| examples::failures(rule, rules)).collect();
    let mut failed = 0;
    let mut passed = 0;
    for (rule, failures) in rules.iter().zip(failures) {
        passed += rule.examples.len() - failures.len();
        failed += failures.len();
        for failure in failures {
            let origin = match &rule.origin {
                Origin::BuiltIn => format!("rules/{}.yaml", rule.id),
                Origin::File(path) => path.clone(),
            };
            let mark = painted("FAILED", style_of(Severity::Critical), 0, paint);
            writeln!(out, "{mark} {origin}:{}: {}", failure.line, failure.message)?;
        }
    }
    writeln!(out, "{} rules, {passed} examples passed, {failed} failed", rules.len())?;
    Ok(if failed > 0 || passed == 0 { verdict::COULD_NOT } else { verdict::PASS })
}

fn style_of(severity: Severity) -> Style {
    let color = match severity {
        Severity::Critical | Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::Blue,
    };
    let style = Style::new().fg_color(Some(color.into()));
    if severity == Severity::Critical { style.bold() } else { style }
}
