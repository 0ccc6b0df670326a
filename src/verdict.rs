//! Findings, problems and requirements weighed: pass, block or incomplete, and the exit code that says so. A scan, the
//! gate in each of its modes, the hook and the monitor are all judged here; they differ in their [`Policy`] only.

use crate::finding::Finding;
use crate::finding::Origin;
use crate::finding::Severity;
use crate::finding::State;
use crate::ledger::Ledger;
use crate::problem::Problem;

/// Exit code when nothing blocks.
pub const PASS: u8 = 0;
/// Exit code when violations block.
pub const VIOLATIONS: u8 = 1;
/// Exit code when a critical blocks.
pub const CRITICAL: u8 = 2;
/// Exit code when the tool could not do its job.
pub const COULD_NOT: u8 = 3;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// One look at a repository.
    Scan,
    /// What is about to be committed.
    Commit,
    DeploymentGate,
    PrValidation,
    BranchProtection,
    ManualValidation,
    ContinuousMonitoring,
}

impl Mode {
    /// The modes of the gate.
    pub const OF_GATE: [Mode; 5] = [
        Mode::DeploymentGate,
        Mode::PrValidation,
        Mode::BranchProtection,
        Mode::ManualValidation,
        Mode::ContinuousMonitoring,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Mode::Scan => "scan",
            Mode::Commit => "commit",
            Mode::DeploymentGate => "deployment-gate",
            Mode::PrValidation => "pr-validation",
            Mode::BranchProtection => "branch-protection",
            Mode::ManualValidation => "manual-validation",
            Mode::ContinuousMonitoring => "continuous-monitoring",
        }
    }

    /// The level unless something else names one.
    pub fn level(self) -> Level {
        match self {
            Mode::DeploymentGate => Level::Strict,
            _ => Level::Standard,
        }
    }
}

/// How much the gate lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For production.
    Strict,
    /// For staging.
    Standard,
    /// For development.
    Permissive,
}

impl Level {
    pub const ALL: [Level; 3] = [Level::Strict, Level::Standard, Level::Permissive];

    pub fn name(self) -> &'static str {
        match self {
            Level::Strict => "strict",
            Level::Standard => "standard",
            Level::Permissive => "permissive",
        }
    }

    /// What the level lets through in a mode.
    pub fn policy(self, mode: Mode) -> Policy {
        let (errors, warnings) = match self {
            Level::Strict => (0, Some(0)),
            Level::Standard => (0, Some(5)),
            Level::Permissive => (5, None),
        };
        Policy {
            include_tests: false,
            errors: Some(errors),
            warnings,
            of_change: mode == Mode::PrValidation,
            of_touched: mode == Mode::PrValidation,
            accepts_criticals: self != Level::Strict,
            unexamined: if self == Level::Permissive { Unexamined::FailsAbove(5) } else { Unexamined::Fails },
            allows_empty: false,
        }
    }
}

/// What decides: which findings count, and how many may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub include_tests: bool,
    /// So many errors pass; any number where there is none.
    pub errors: Option<u64>,
    /// So many warnings pass; any number where there is none.
    pub warnings: Option<u64>,
    /// Only what the change brings counts, where there is one.
    pub of_change: bool,
    /// And what is critical in the files that the change touches.
    pub of_touched: bool,
    /// Whether the baseline may hold what is critical.
    pub accepts_criticals: bool,
    pub unexamined: Unexamined,
    /// Whether there may be nothing to look at.
    pub allows_empty: bool,
}

impl Policy {
    /// That of `scan`: errors and criticals block.
    pub fn of_scan() -> Policy {
        Policy {
            include_tests: false,
            errors: Some(0),
            warnings: None,
            of_change: false,
            of_touched: false,
            accepts_criticals: true,
            unexamined: Unexamined::Fails,
            allows_empty: false,
        }
    }

    /// That of the hook: as `scan`, for what is new.
    pub fn of_commit() -> Policy {
        Policy { of_change: true, allows_empty: true, ..Policy::of_scan() }
    }
}

/// What becomes of a run that could not look at everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unexamined {
    Fails,
    /// It is incomplete once more than so many of a hundred files in scope were not examined in full.
    FailsAbove(u64),
}

/// Something that was required of a run, with where that is said, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub name: String,
    pub value: String,
    pub origin: String,
    pub outcome: Outcome,
}

impl Requirement {
    /// One that findings are weighed by, and that nothing else can break.
    pub fn given(name: &str, value: impl ToString, origin: impl Into<String>) -> Requirement {
        Requirement { name: name.to_owned(), value: value.to_string(), origin: origin.into(), outcome: Outcome::Met }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Met,
    /// Not met, in a sentence; the level lets it pass.
    Noted(String),
    /// Not met, in a sentence.
    Failed(String),
    /// It could not be found out, in a sentence.
    Unknown(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Pass,
    Block,
    Incomplete,
}

impl Decision {
    pub fn name(self) -> &'static str {
        match self {
            Decision::Pass => "pass",
            Decision::Block => "block",
            Decision::Incomplete => "incomplete",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    pub exit_code: u8,
    /// Why, in sentences, most serious first.
    pub reasons: Vec<String>,
    /// What passes and should be known, in sentences.
    pub notes: Vec<String>,
}

/// Whether a finding counts in the verdict.
pub fn counts(finding: &Finding, policy: Policy) -> bool {
    let is_critical = finding.severity == Severity::Critical;
    let is_allowed = match finding.state {
        State::New | State::Expired => false,
        State::Known => policy.accepts_criticals || !is_critical,
        State::Excepted => true,
    };
    let is_of_change = match finding.origin {
        None | Some(Origin::Change) => true,
        Some(Origin::Touched) => policy.of_touched && is_critical,
        Some(Origin::Before) => false,
    };
    !is_allowed && (is_of_change || !policy.of_change) && (policy.include_tests || !finding.in_tests)
}

/// Whether a problem of this run counts in the verdict.
pub fn is_weighed(problem: &Problem, policy: Policy) -> bool {
    problem.kind.leaves_run_incomplete() && (policy.include_tests || !problem.in_tests)
}

/// Judges one run. Of several exit codes that hold, the order is 2 > 3 > 1 > 0.
pub fn judge(
    findings: &[Finding],
    problems: &[Problem],
    ledger: &Ledger,
    requirements: &[Requirement],
    policy: Policy,
) -> Verdict {
    let counted = |severity| findings.iter().filter(|it| it.severity == severity && counts(it, policy)).count() as u64;
    let (mut reasons, mut notes) = (Vec::new(), Vec::new());
    let mut blocked = false;
    for severity in Severity::ALL {
        let most = match severity {
            Severity::Critical => Some(0),
            Severity::Error => policy.errors,
            Severity::Warning => policy.warnings,
            Severity::Info => None,
        };
        let count = counted(severity);
        let subject = format!("{count} {} finding{}", severity.name(), if count == 1 { "" } else { "s" });
        match most {
            Some(0) if count > 0 => reasons.push(subject),
            Some(most) if count > most => reasons.push(format!("{subject}, and {most} may pass")),
            Some(most) if count > 0 => notes.push(format!("{subject} of {most} that may pass")),
            _ => {}
        }
        blocked |= most.is_some_and(|most| count > most);
    }
    for requirement in requirements {
        match &requirement.outcome {
            Outcome::Failed(why) => {
                blocked = true;
                reasons.push(why.clone());
            }
            Outcome::Noted(why) => notes.push(why.clone()),
            Outcome::Met | Outcome::Unknown(_) => {}
        }
    }
    let mut incomplete = false;
    let unexamined = problems.iter().filter(|it| is_weighed(it, policy)).count() as u64;
    if unexamined > 0 {
        let s = if unexamined == 1 { "" } else { "s" };
        let said = format!("{unexamined} place{s} could not be examined in full");
        match policy.unexamined {
            Unexamined::FailsAbove(percent) if unexamined * 100 <= ledger.in_scope * percent => notes.push(said),
            Unexamined::Fails | Unexamined::FailsAbove(_) => {
                incomplete = true;
                reasons.push(said);
            }
        }
    }
    if ledger.in_scope == 0 && !policy.allows_empty {
        incomplete = true;
        reasons.push("nothing to scan: no file in a language with a reader".to_owned());
    }
    for requirement in requirements {
        if let Outcome::Unknown(why) = &requirement.outcome {
            incomplete = true;
            reasons.push(why.clone());
        }
    }
    let (decision, exit_code) = if counted(Severity::Critical) > 0 {
        (Decision::Block, CRITICAL)
    } else if incomplete {
        (Decision::Incomplete, COULD_NOT)
    } else if blocked {
        (Decision::Block, VIOLATIONS)
    } else {
        (Decision::Pass, PASS)
    };
    Verdict { decision, exit_code, reasons, notes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemKind;
    use crate::report::samples;

    /// So many pass at each level; none where any number does. Written down, not asked for.
    const BARS: [(Level, Severity, Option<usize>, u8); 9] = [
        (Level::Strict, Severity::Critical, Some(0), 2),
        (Level::Strict, Severity::Error, Some(0), 1),
        (Level::Strict, Severity::Warning, Some(0), 1),
        (Level::Standard, Severity::Critical, Some(0), 2),
        (Level::Standard, Severity::Error, Some(0), 1),
        (Level::Standard, Severity::Warning, Some(5), 1),
        (Level::Permissive, Severity::Critical, Some(0), 2),
        (Level::Permissive, Severity::Error, Some(5), 1),
        (Level::Permissive, Severity::Warning, None, 0),
    ];

    /// Whether a finding of a severity counts, by what allows it and where it comes from.
    fn is_held_against(mode: Mode, level: Level, severity: Severity, state: State, origin: Option<Origin>) -> bool {
        let is_critical = severity == Severity::Critical;
        let by_state = match state {
            State::New | State::Expired => true,
            State::Excepted => false,
            State::Known => is_critical && level == Level::Strict,
        };
        let by_origin = match (mode, origin) {
            (Mode::PrValidation, Some(Origin::Before)) => false,
            (Mode::PrValidation, Some(Origin::Touched)) => is_critical,
            _ => true,
        };
        by_state && by_origin
    }

    fn unexamined(count: usize) -> Vec<Problem> {
        let problem = |at: usize| Problem {
            path: format!("{at}.py"),
            line: 0,
            kind: ProblemKind::Unreadable,
            message: String::new(),
            in_tests: false,
        };
        (0..count).map(problem).collect()
    }

    fn exit_code(mode: Mode, level: Level, findings: &[Finding], unexamined_files: usize) -> u8 {
        let ledger = Ledger { in_scope: 100, ..Ledger::default() };
        judge(findings, &unexamined(unexamined_files), &ledger, &[], level.policy(mode)).exit_code
    }

    #[test]
    fn every_mode_and_level_at_its_bar_and_one_above() {
        const STATES: [State; 4] = [State::New, State::Known, State::Excepted, State::Expired];
        let origins = [None, Some(Origin::Change), Some(Origin::Touched), Some(Origin::Before)];
        let mut cases = 0;
        for mode in Mode::OF_GATE {
            for (level, severity, most, code) in BARS {
                for (state, origin) in STATES.into_iter().flat_map(|state| origins.map(|origin| (state, origin))) {
                    for count in [0, most.unwrap_or(50), most.unwrap_or(50) + 1] {
                        let mut finding = samples::finding("r", severity, "a.py", 1);
                        (finding.state, finding.origin) = (state, origin);
                        let findings = vec![finding; count];
                        let counts = is_held_against(mode, level, severity, state, origin);
                        let blocks = counts && most.is_some_and(|most| count > most);
                        let expected = if blocks { code } else { 0 };
                        // Complete; a hundredth not examined; more than a twentieth.
                        for (missing, if_not_critical) in
                            [(0, expected), (1, if level == Level::Permissive { expected } else { 3 }), (6, 3)]
                        {
                            let expected = if expected == 2 { 2 } else { if_not_critical };
                            assert_eq!(
                                exit_code(mode, level, &findings, missing),
                                expected,
                                "{} {} {} x{count} {state:?} {origin:?}, {missing} not examined",
                                mode.name(),
                                level.name(),
                                severity.name()
                            );
                            cases += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(cases, 5 * 9 * 16 * 3 * 3);
    }

    #[test]
    fn what_cannot_be_found_out_does_not_pass_and_what_fails_blocks() {
        let ledger = Ledger { in_scope: 1, ..Ledger::default() };
        let requirement = |outcome| Requirement { outcome, ..Requirement::given("it", "required", "us") };
        let judged = |outcome, findings: &[Finding]| {
            let policy = Level::Standard.policy(Mode::ManualValidation);
            judge(findings, &[], &ledger, &[requirement(outcome)], policy).exit_code
        };
        let critical = [samples::finding("r", Severity::Critical, "a.py", 1)];
        let error = [samples::finding("r", Severity::Error, "a.py", 1)];
        for (outcome, alone, with_error, with_critical) in [
            (Outcome::Met, 0, 1, 2),
            (Outcome::Noted(String::new()), 0, 1, 2),
            (Outcome::Failed(String::new()), 1, 1, 2),
            (Outcome::Unknown(String::new()), 3, 3, 2),
        ] {
            assert_eq!(judged(outcome.clone(), &[]), alone);
            assert_eq!(judged(outcome.clone(), &error), with_error);
            assert_eq!(judged(outcome, &critical), with_critical);
        }
        let nothing = judge(&[], &[], &Ledger::default(), &[], Level::Permissive.policy(Mode::DeploymentGate));
        assert_eq!(nothing.exit_code, 3, "there is nothing to look at");
    }
}
