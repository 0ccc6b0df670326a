//! What the targets in `fuzz/` run: each function panics when something that must hold for any input does
//! not. Compiled under `--cfg fuzzing` only; no part of the tool.

use crate::examples;
use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Wanted;
use crate::matching;
use crate::matching::Sinks;
use crate::matching::Standing;
use crate::pipeline::Engine;
use crate::pipeline::STACK_SIZE;
use crate::place::Source;
use crate::problem::ProblemKind;
use crate::readers;
use crate::report;
use crate::report::text::Style;
use crate::resolve::graph::FileId;
use crate::resolve::world::Leads;
use crate::resolve::world::Repository;
use crate::resolve::world::World;
use crate::rules;
use crate::rules::Origin;
use crate::rules::Rule;
use crate::rules::decode::Shared;
use crate::rules::prefilter::Haystack;
use crate::rules::prefilter::Plan;
use crate::rules::prefilter::Prefilter;
use crate::settings::Settings;
use crate::source::decode::Decoded;
use rayon::ThreadPool;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::LazyLock;

/// The threads that files are read on have more stack than the one a target is called on.
static READER: LazyLock<ThreadPool> = LazyLock::new(|| {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK_SIZE);
    builder.build().expect("a thread can be made")
});

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings { prefilter: false, ..Settings::plain() });

/// Kept, because compiling the patterns takes longer than a file.
static ENGINE: LazyLock<Engine<'static>> = LazyLock::new(|| Engine::new(&SETTINGS, Haystack::File));

static PREFILTERS: LazyLock<BTreeMap<Language, Prefilter>> =
    LazyLock::new(|| Language::ALL.map(|it| (it, prefilter(it, &SETTINGS.rules))).into());

fn prefilter(language: Language, rules: &[Rule]) -> Prefilter {
    Prefilter::new(language, Arc::new(Plan::new(language, rules)), rules, Haystack::File)
}

/// Takes the bytes of a file from decoding to the reports, under every built-in rule. No step panics, what
/// the reader says stands in the text, a second run finds the same, and the prefilter loses none of it.
pub fn file(path: &str, bytes: &[u8]) {
    READER.install(|| {
        let report = ENGINE.scan_text(path, bytes.to_vec());
        assert!(!report.problems.iter().any(|it| it.kind == ProblemKind::Panic), "{:?}", report.problems);
        let style = Style { color: true, width: 80, quiet: false, verbose: true };
        report::text::write(&report, &style, &mut Vec::new()).expect("memory can be written to");
        report::json::write(&report, &mut Vec::new()).expect("memory can be written to");

        let Decoded::Text { text, .. } = crate::source::decode::decode(bytes.to_vec()) else { return };
        let language = readers::language_of(path).expect("targets name a file that a reader reads");
        let facts = Arc::new(readers::read(path, &text, language, Wanted::ALL));
        check_spans(&facts, &text);
        let source = Source::new(path.into(), text);
        let standing = Standing { in_tests: false, owners: &[] };
        let repository = Repository::of_one(path.into(), language);
        let leads = Leads::default();
        let world = World::new(&repository, &leads, false);
        let resolver = world.enter(FileId(0), facts.clone());
        let all: Vec<usize> = (0..SETTINGS.rules.len()).collect();
        let findings =
            matching::match_file(&SETTINGS.rules, (&all, None), &resolver, &source, standing, &Sinks::default())
                .findings;
        assert_eq!(format!("{findings:#?}"), format!("{:#?}", report.findings));
        // From code that does not parse, and so does not run, parsers make up more than was written.
        let (asked, ruled_out) = PREFILTERS[&language].rules_for(&SETTINGS.rules, path, false, &source.text);
        if facts.syntax_errors.is_empty() {
            let asked = (&*asked, Some(&ruled_out));
            let kept =
                matching::match_file(&SETTINGS.rules, asked, &resolver, &source, standing, &Sinks::default()).findings;
            assert_eq!(format!("{findings:#?}"), format!("{kept:#?}"), "lost by the prefilter");
        }
    });
}

fn check_spans(facts: &FileFacts, text: &str) {
    // The module's own scope has no end.
    let scopes = facts.scopes.iter().skip(1).map(|it| it.span);
    let spans = scopes
        .chain(facts.expressions.iter().map(|it| it.span))
        .chain(facts.imports.iter().map(|it| it.span))
        .chain(facts.definitions.iter().flat_map(|it| [it.span, it.name_span]))
        .chain(facts.regions.iter().map(|it| it.span))
        .chain(facts.identifiers.iter().map(|it| it.span))
        .chain(facts.test_spans.iter().copied());
    for span in spans {
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {} bytes", text.len());
    }
}

/// Turns bytes into text. No NUL is left, and what is UTF-8 without one stays as it is.
pub fn decode(bytes: &[u8]) {
    let Decoded::Text { text, .. } = crate::source::decode::decode(bytes.to_vec()) else { return };
    assert!(!text.contains('\0'));
    if let Ok(same) = str::from_utf8(bytes)
        && !same.contains('\0')
    {
        assert_eq!(text, same.strip_prefix('\u{FEFF}').unwrap_or(same));
    }
}

/// Decodes a rule file and a symbol file. A mistake is shown where it stands; a rule that has none can be
/// made a prefilter of and run on its examples.
pub fn rule_file(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    READER.install(|| {
        let mut shared = Shared::default();
        for own in rules::OWN_FILES.iter().filter(|it| it.path.starts_with("symbols")) {
            rules::decode::own_symbols(own, &mut shared).expect("our own symbols are right");
        }
        let rule = rules::decode::rule("a.yaml", text, &shared, Origin::File("a.yaml".to_owned()));
        let symbols = rules::decode::symbols("symbols/a.yaml", text, &mut shared);
        for err in [rule.as_ref().err(), symbols.as_ref().err()].into_iter().flatten() {
            let (start, length) = (err.span.offset(), err.span.len());
            assert!(text.get(start..start + length).is_some(), "{start} and {length} of {} bytes", text.len());
            assert!(!format!("{:?}", miette::Report::new((**err).clone())).is_empty());
        }
        if let Ok(rule) = rule {
            let rules = std::slice::from_ref(&rule);
            for language in Language::ALL {
                prefilter(language, rules);
            }
            examples::failures(&rule, &[]);
        }
    });
}
