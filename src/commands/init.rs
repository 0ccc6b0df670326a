//! `init`: looks at a repository, says what it sees, and offers the files that put it under guard. Nothing that is there
//! is written over.

use crate::cli::InitArguments;
use crate::cli::RepositoryArguments;
use crate::cli::Scope;
use crate::cli::Vendor;
use crate::commands::Failure;
use crate::commands::baseline;
use crate::commands::hook;
use crate::commands::hook::Present;
use crate::commands::progress::with_progress;
use crate::commands::write_file;
use crate::finding::Finding;
use crate::pipeline;
use crate::report::Report;
use crate::report::text::counted;
use crate::report::text::harmless;
use crate::settings::BASELINE_FILE;
use crate::settings::PROJECT_FILE;
use crate::settings::Settings;
use crate::settings::SettingsError;
use crate::source::git;
use crate::source::walk::REPORT_FOLDERS;
use crate::verdict;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::io::BufRead;
use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Modules that handle tokens and are listed; who has more has no owner yet.
const MOST_LISTED: usize = 8;

pub(super) fn run(arguments: &InitArguments) -> Result<u8, Failure> {
    let root = &arguments.root;
    let repository = RepositoryArguments { root: root.clone(), scope: Scope::default() };
    let settings = Settings::of_repository(&repository)?;
    let report = with_progress(|progress| pipeline::scan(&settings, progress));
    let mut out = io::stdout().lock();
    let asks = !arguments.yes && io::stdin().is_terminal();
    let mut steps = Steps { out: &mut out, says_yes: arguments.yes, asks };
    let handlers = handlers(&report);
    let project = root.join(PROJECT_FILE);
    steps.see(&report, if project.exists() { &[] } else { &handlers })?;
    let has_git = git::is_repository(root);

    if steps.offers(&project, PROJECT_FILE, "what this repository's owners, tests and bar are")? {
        let text = project_file(&report, &handlers);
        write_file(&project, |out| out.write_all(text.as_bytes()))?;
    }
    let baseline_path = root.join(BASELINE_FILE);
    let has_findings = report.counted().next().is_some();
    let accepted = "what is found today is accepted, so that only what is new blocks";
    if has_findings && steps.offers(&baseline_path, BASELINE_FILE, accepted)? {
        baseline::create(&repository, "adoption", None, None, steps.out)?;
    }
    if has_git {
        let driver = include_str!("../../templates/gitattributes");
        if steps.adds(
            root,
            ".gitattributes",
            "a line by which git merges the baseline",
            &[("merge=ssot-guard", driver)],
        )? {
            git::configure(root, "merge.ssot-guard.name", "the accepted findings of ssot-guard")?;
            git::configure(root, "merge.ssot-guard.driver", "ssot-guard baseline merge %O %A %B")?;
        }
        let lines = REPORT_FOLDERS.map(|folder| (folder, format!("/{folder}/\n")));
        let lines = lines.each_ref().map(|(folder, line)| (*folder, line.as_str()));
        steps.adds(root, ".gitignore", "lines by which reports are not committed", &lines)?;
        match hook::present(root) {
            Ok((_, Present::Ours)) => {}
            Ok((_, Present::Nothing)) => {
                if steps.agrees("git hook", "every commit is checked before it is made")? {
                    hook::install(root, false)?;
                }
            }
            // Whoever has a hook already is told what to do with it.
            Ok((_, Present::Foreign(text))) => {
                writeln!(steps.out, "there is a git hook already; {}", hook::advice(&text))?
            }
            Err(Failure::Settings(SettingsError::Plain(why))) => writeln!(steps.out, "no git hook: {why}")?,
            Err(failure) => return Err(failure),
        }
    }
    let vendors: Vec<Vendor> = match arguments.ci {
        Some(vendor) => vec![vendor],
        None => Vendor::ALL.into_iter().filter(|vendor| vendor.is_used(root)).collect(),
    };
    if vendors.is_empty() {
        writeln!(
            steps.out,
            "no build server is known: `ssot-guard init --ci github` makes its gate, or --ci gitlab, …"
        )?;
    }
    let branch = git::default_branch(root).unwrap_or_else(|| "main".to_owned());
    for vendor in vendors {
        let (path, template) = vendor.template();
        let name = format!("{path} ({})", vendor.name());
        if steps.offers(&root.join(path), &name, vendor.purpose())? {
            let text = template.replace("{default_branch}", &branch);
            write_file(&root.join(path), |out| out.write_all(text.as_bytes()))?;
        }
    }
    steps.end(asks || arguments.yes)?;
    Ok(verdict::PASS)
}

/// What is said and asked on the way.
struct Steps<'a> {
    out: &'a mut dyn Write,
    says_yes: bool,
    asks: bool,
}

impl Steps<'_> {
    /// What was found.
    fn see(&mut self, report: &Report, handlers: &[Handler]) -> io::Result<()> {
        let files = counted(report.ledger.scanned, "source file", "source files");
        let languages: Vec<String> =
            report.ledger.languages.iter().map(|(name, count)| format!("{name} {count}")).collect();
        writeln!(self.out, "{files} ({})", languages.join(", "))?;
        if !handlers.is_empty() {
            writeln!(self.out, "\nwho handles tokens, and how often:")?;
            for Handler { path, calls, .. } in handlers.iter().take(MOST_LISTED) {
                writeln!(self.out, "  {calls:>4}  {}", harmless(path))?;
            }
            if handlers.len() > MOST_LISTED {
                writeln!(self.out, "        and {} more", handlers.len() - MOST_LISTED)?;
            }
            match owner(handlers) {
                Some(owner) => writeln!(self.out, "proposed owner of tokens: {}", harmless(&owner.path))?,
                None => writeln!(self.out, "none of them stands out as the owner of tokens")?,
            }
        }
        writeln!(self.out)
    }

    /// Whether to make a file that is not there.
    fn offers(&mut self, path: &Path, name: &str, what: &str) -> io::Result<bool> {
        if path.exists() {
            writeln!(self.out, "there is {name} already; it stays as it is")?;
            return Ok(false);
        }
        self.agrees(name, what)
    }

    /// Adds lines to a file below `root`, each unless the file speaks of what stands before it here; says whether it did.
    fn adds(&mut self, root: &Path, name: &str, what: &str, lines: &[(&str, &str)]) -> Result<bool, Failure> {
        let path = root.join(name);
        let mut text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == io::ErrorKind::NotFound => String::new(),
            Err(err) => return Err(SettingsError::Plain(format!("{}: {err}", path.display())).into()),
        };
        let missing: Vec<&str> =
            lines.iter().filter(|(known_by, _)| !text.contains(known_by)).map(|(_, lines)| *lines).collect();
        if missing.is_empty() || !self.agrees(name, what)? {
            return Ok(false);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.extend(missing);
        write_file(&path, |out| out.write_all(text.as_bytes()))?;
        Ok(true)
    }

    fn agrees(&mut self, name: &str, what: &str) -> io::Result<bool> {
        if !self.asks {
            let verb = if self.says_yes { "make" } else { "would make" };
            writeln!(self.out, "{verb} {name}: {what}")?;
            return Ok(self.says_yes);
        }
        write!(self.out, "make {name}: {what} [Y/n]? ")?;
        self.out.flush()?;
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer)?;
        Ok(read > 0 && matches!(answer.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes"))
    }

    fn end(&mut self, is_done: bool) -> io::Result<()> {
        match is_done {
            true => writeln!(self.out, "\nnext: read {PROJECT_FILE}, then `ssot-guard scan`, then commit these files"),
            false => writeln!(self.out, "\nnothing was written: there is no terminal to ask at (--yes writes them)"),
        }
    }
}

/// A module that handles tokens itself.
struct Handler {
    path: String,
    /// Calls that make or check tokens.
    calls: usize,
    /// Whether its name says that this is what it is for.
    is_named_so: bool,
}

/// The modules that handle tokens, the likeliest owner first.
fn handlers(report: &Report) -> Vec<Handler> {
    let is_direct = |it: &&Finding| {
        !it.in_tests && (it.rule.starts_with("jwt-direct-") || it.also.iter().any(|id| id.starts_with("jwt-direct-")))
    };
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in report.findings.iter().filter(is_direct) {
        *calls.entry(&finding.path).or_default() += usize::from(&*finding.rule != "jwt-direct-import");
    }
    let mut handlers: Vec<Handler> = calls
        .into_iter()
        .map(|(path, calls)| Handler { path: path.to_owned(), calls, is_named_so: is_named_so(path) })
        .collect();
    handlers.sort_by_key(|it| (Reverse(it.is_named_so), Reverse(it.calls), it.path.clone()));
    handlers
}

fn is_named_so(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["auth", "jwt", "token", "security", "session", "identity"].iter().any(|word| path.contains(word))
}

/// The one that should be the only one, if one stands out.
fn owner(handlers: &[Handler]) -> Option<&Handler> {
    handlers.first().filter(|it| it.calls > 0 && (it.is_named_so || handlers.len() == 1))
}

fn project_file(report: &Report, handlers: &[Handler]) -> String {
    let quoted = |path: &str| toml::Value::String(globset::escape(path)).to_string();
    let mut text =
        String::from("# ssot-guard: what this repository has one source of truth for, and how strictly.\n\n");
    text.push_str("# Generated and foreign code that is not looked at.\n# exclude = [\"vendor/**\"]\n\n");
    text.push_str("# Who may handle tokens: everybody else calls them. A bypass is critical there, too.\n[owners]\n");
    match owner(handlers) {
        Some(owner) => text.push_str(&format!("jwt = [{}]\n", quoted(&owner.path))),
        None => text.push_str("# jwt = [\"path/of/the/module.py\"]\n"),
    }
    for other in handlers.iter().skip(usize::from(owner(handlers).is_some())).take(MOST_LISTED) {
        text.push_str(&format!("# also: {}\n", quoted(&other.path)));
    }
    let in_tests = report.findings.iter().filter(|it| it.in_tests).count() as u64;
    text.push_str(&format!(
        "\n# What counts as test code, where nothing blocks ({} there today). Replaces the usual list.\n# [tests]\n\
         # paths = [\"tests/**\", \"**/test_*.py\", \"**/*.test.ts\"]\n",
        counted(in_tests, "finding", "findings")
    ));
    text.push_str(
        "\n[gate]\n# Whether the baseline may accept more: \"refused\", or \"reviewed\" where each entry says why, who and until when.\n\
         growth = \"refused\"\n# max-exceptions = 10\n\n\
         # How much passes where: strict (nothing), standard (5 warnings), permissive (5 errors, any warnings).\n\
         [gate.environments]\nproduction = \"strict\"\nstaging = \"standard\"\ndevelopment = \"permissive\"\n\n\
         # What has to succeed before anything passes the gate.\n# [[gate.check]]\n# name = \"security tests\"\n\
         # run = [\"pytest\", \"-q\", \"tests/security\"]\n# timeout = 300\n",
    );
    text
}

impl Vendor {
    /// Where its file belongs, and the file.
    fn template(self) -> (&'static str, &'static str) {
        match self {
            Vendor::Github => {
                (".github/workflows/ssot-compliance-check.yml", include_str!("../../templates/github.yml"))
            }
            Vendor::Gitlab => (".gitlab/ssot-compliance.yml", include_str!("../../templates/gitlab.yml")),
            Vendor::Jenkins => ("Jenkinsfile.ssot", include_str!("../../templates/Jenkinsfile")),
            Vendor::Azure => ("azure-pipelines.ssot.yml", include_str!("../../templates/azure.yml")),
            Vendor::CloudBuild => ("cloudbuild.ssot.yaml", include_str!("../../templates/cloudbuild.yaml")),
            Vendor::Bitbucket => ("bitbucket-pipelines.ssot.yml", include_str!("../../templates/bitbucket.yml")),
        }
    }

    /// What its file is good for, and what is left to do.
    fn purpose(self) -> &'static str {
        match self {
            Vendor::Github => "the gate of pull requests and deployments",
            Vendor::Gitlab => "the gate of merge requests and deployments; include it from .gitlab-ci.yml",
            Vendor::Jenkins => "the gate; make a pipeline of it, or take its stage into your Jenkinsfile",
            Vendor::Azure => "the gate; make a pipeline of it, and require it in the branch policy",
            Vendor::CloudBuild => "the gate; make a trigger for it",
            Vendor::Bitbucket => "the gate; take its steps into bitbucket-pipelines.yml",
        }
    }

    /// Whether the repository is built there.
    fn is_used(self, root: &Path) -> bool {
        let path: PathBuf = root.join(match self {
            Vendor::Github => ".github",
            Vendor::Gitlab => ".gitlab-ci.yml",
            Vendor::Jenkins => "Jenkinsfile",
            Vendor::Azure => "azure-pipelines.yml",
            Vendor::CloudBuild => "cloudbuild.yaml",
            Vendor::Bitbucket => "bitbucket-pipelines.yml",
        });
        path.exists()
    }
}
