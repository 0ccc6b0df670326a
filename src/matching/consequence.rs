//! Whether anything hangs on the answer of a check. Who asks `if not verify(token): log.warning("bad signature")` and goes
//! on has looked at the answer, and accepts every token.

use crate::fact::BindingKind;
use crate::fact::BlockId;
use crate::fact::BlockKind;
use crate::fact::ExpressionId;
use crate::fact::ExpressionKind;
use crate::fact::Language;
use crate::fact::Name;
use crate::fact::ScopeId;
use crate::fact::ScopeKind;
use crate::matching::Matcher;
use crate::matching::flow::TELLS;
use crate::place::Span;
use regex::Regex;
use std::sync::LazyLock;

/// A value is followed through so many names and members.
const MOST_STEPS: u32 = 12;

/// Members of an answer that say how the check ended, and methods of Rust's.
const VERDICTS: [&str; 9] =
    ["Valid", "IsValid", "isValid", "valid", "is_valid", "Exception", "is_err", "is_ok", "Error"];

/// Names of signatures.
static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)^_*(?:\w*_)?(?:sig|signature|mac|hmac|digest|tag)(?:_?\w{1,4})?$";
    Regex::new(pattern).expect("the pattern is well-formed")
});

/// What comes of an answer.
#[derive(Default)]
struct Outcome {
    /// Something is asked of it, or a log is told.
    is_looked_at: bool,
    /// What happens hangs on it.
    decides: bool,
}

impl Matcher<'_, '_> {
    /// Whether what the call gave is looked at, and whatever it is, the same happens; with `item`, that item of it.
    pub(crate) fn is_without_consequence(&self, call: ExpressionId, item: Option<u32>) -> bool {
        let mut outcome = Outcome::default();
        match item {
            None => self.outcome(call, &mut outcome, 0),
            Some(item) => {
                for carrier in self.carriers(call) {
                    for &index in self.uses().takers.get(&carrier).into_iter().flatten() {
                        let BindingKind::ItemOf(_, at) = self.facts.bindings[index as usize].kind else { continue };
                        for read in self.reads_of(index) {
                            // What is beside the answer may say as much: `token.Valid`.
                            if at == item || self.is_verdict_read(read) {
                                self.outcome(read, &mut outcome, 1);
                            }
                        }
                    }
                }
            }
        }
        outcome.is_looked_at && !outcome.decides
    }

    /// Whether a check is asked only where the sender has sent a signature: `if sig and not compare(expected, sig): raise`.
    /// Who sends none is not refused.
    pub(crate) fn is_asked_of_signed_only(&self, call: ExpressionId) -> bool {
        let outermost = *self.carriers(call).last().expect("a value carries itself");
        let Some(parent) = self.uses().parent(outermost) else { return self.runs_for_signed_only(call) };
        let is_negated = matches!(self.facts.expression(parent).kind, ExpressionKind::Not(_));
        let around = self.uses().parent(*self.carriers(parent).last().expect("a value carries itself"));
        match around.map(|it| &self.facts.expression(it).kind) {
            Some(ExpressionKind::Both(all)) if is_negated => {
                all.iter().any(|it| *it != parent && self.is_signature_of(*it, call))
            }
            _ => self.runs_for_signed_only(call),
        }
    }

    /// Whether a condition is the name of a signature that a call is given.
    fn is_signature_of(&self, condition: ExpressionId, call: ExpressionId) -> bool {
        let (name, negated) = self.positive(condition);
        let Some(variable) = self.resolver.variable(name).filter(|(_, it)| !negated && SIGNATURE.is_match(it)) else {
            return false;
        };
        let given = self.facts.expression(call).span;
        self.uses().reads_of(&variable).any(|read| given.contains(self.facts.expression(read).span))
            && !self.left_before(call).any(|(left, holds)| self.says_missing(left, holds, &variable))
    }

    /// Whether a condition, being true (`holds`) or not, may say that a variable holds nothing.
    fn says_missing(&self, condition: ExpressionId, holds: bool, variable: &(ScopeId, Name)) -> bool {
        let (condition, negated) = self.positive(condition);
        match &self.facts.expression(condition).kind {
            ExpressionKind::Either(all) | ExpressionKind::Both(all) => {
                all.iter().any(|it| self.says_missing(*it, holds != negated, variable))
            }
            ExpressionKind::Compare { left, .. } => self.resolver.variable(*left).as_ref() == Some(variable),
            _ => holds == negated && self.resolver.variable(condition).as_ref() == Some(variable),
        }
    }

    /// The same where the whole check stands in a branch, and something is given beside it.
    fn runs_for_signed_only(&self, call: ExpressionId) -> bool {
        let Some(function) = self.resolver.definition_at(self.function_at(self.facts.expression(call).scope)) else {
            return false;
        };
        let is_asked = |block: BlockId, wanted: bool| match self.facts.blocks[block.0 as usize].kind {
            // What stands behind `&&` runs in a branch of its own.
            BlockKind::Branch { condition: Some(condition), holds } => {
                holds == wanted && self.uses().parent(condition).is_none() && self.is_signature_of(condition, call)
            }
            _ => false,
        };
        let mut around = self.blocks_around(self.facts.expression(call).block);
        let Some(branch) = around.find(|it| is_asked(*it, true)) else { return false };
        let refuses_others = (0..self.facts.blocks.len() as u32)
            .map(BlockId)
            .any(|it| is_asked(it, false) && self.facts.blocks[it.0 as usize].leaves);
        let mut given = function.returns.iter().map(|it| self.facts.expression(it.value));
        let gives_beside = given.any(|it| !it.kind.refuses() && !self.facts.block_encloses(branch, it.block));
        !self.facts.blocks[branch.0 as usize].leaves && !refuses_others && gives_beside
    }

    /// Whether a member is read of it that says how the check ended.
    fn is_verdict_read(&self, id: ExpressionId) -> bool {
        let parent = self.uses().parent(id).map(|it| &self.facts.expression(it).kind);
        matches!(parent, Some(ExpressionKind::Member { name, .. }) if VERDICTS.contains(&name.as_str()))
    }

    fn outcome(&self, value: ExpressionId, outcome: &mut Outcome, steps: u32) {
        if steps > MOST_STEPS || outcome.decides {
            outcome.decides = true;
            return;
        }
        let carriers = self.carriers(value);
        let outermost = *carriers.last().expect("a value carries itself");
        let (mut taken, mut is_condition) = (false, false);
        for carrier in &carriers {
            for &index in self.uses().takers.get(carrier).into_iter().flatten() {
                taken = true;
                match self.facts.bindings[index as usize].kind {
                    BindingKind::Value(_) if !self.is_held_by_object(index) => {
                        self.reads_of(index).into_iter().for_each(|it| self.outcome(it, outcome, steps + 1));
                    }
                    _ => outcome.decides = true,
                }
            }
            if self.uses().conditions.contains(carrier) {
                (outcome.is_looked_at, is_condition) = (true, true);
                outcome.decides |= !self.branches_only_tell(*carrier);
            }
        }
        if taken || self.uses().discarded.contains(&outermost) {
            return;
        }
        let Some(parent) = self.uses().parent(outermost) else { return outcome.decides |= !is_condition };
        match &self.facts.expression(parent).kind {
            ExpressionKind::Not(_)
            | ExpressionKind::Either(_)
            | ExpressionKind::Both(_)
            | ExpressionKind::Compare { .. }
            | ExpressionKind::Compound(_) => self.outcome(parent, outcome, steps + 1),
            ExpressionKind::Member { name, .. } if VERDICTS.contains(&name.as_str()) => {
                let call = self.uses().parent(parent).filter(|it| {
                    matches!(&self.facts.expression(*it).kind, ExpressionKind::Call { callee, .. } if *callee == parent)
                });
                self.outcome(call.unwrap_or(parent), outcome, steps + 1);
            }
            ExpressionKind::Call { callee, .. } if *callee != outermost => match self.tells_and_goes_on(*callee) {
                true => outcome.is_looked_at = true,
                false => outcome.decides = true,
            },
            _ => outcome.decides = true,
        }
    }

    /// Whether an object or a module holds what the binding names, so that others may ask.
    fn is_held_by_object(&self, binding: u32) -> bool {
        let scope = self.facts.scope(self.facts.bindings[binding as usize].scope);
        matches!(scope.kind, ScopeKind::Class | ScopeKind::Module) && scope.parent.is_some()
    }

    /// Whether nothing happens in the branches on a condition but that a log or a terminal is told, and what comes after
    /// comes in any case.
    fn branches_only_tell(&self, condition: ExpressionId) -> bool {
        let is_of_it =
            |kind: BlockKind| matches!(kind, BlockKind::Branch { condition: Some(it), .. } if it == condition);
        let blocks = (0..).map(BlockId).zip(&self.facts.blocks);
        let mut branches = blocks.filter(|(_, block)| is_of_it(block.kind)).map(|(id, _)| id).peekable();
        // What a condition without branches is for nobody knows: `while`, `a if b else c`.
        let whole = std::iter::successors(Some(condition), |it| self.uses().parent(*it)).last();
        let whole = self.facts.expression(whole.unwrap_or(condition)).span;
        branches.peek().is_some() && branches.all(|branch| self.only_tells(branch, whole))
    }

    /// `whole` is all of what is asked: what stands behind `||` runs in a branch of its own.
    fn only_tells(&self, branch: BlockId, whole: Span) -> bool {
        let is_inside = |block: BlockId| self.facts.block_encloses(branch, block);
        let blocks = (0..).map(BlockId).zip(&self.facts.blocks);
        let mut inside = blocks.filter(|(id, _)| is_inside(*id));
        let goes_on = inside.all(|(_, block)| !block.leaves && block.kind != BlockKind::Loop);
        let changes = self.facts.bindings.iter().any(|it| is_inside(it.block))
            || self.facts.mutations.iter().any(|it| is_inside(it.block));
        let calls = self.facts.calls.iter().filter(|it| is_inside(self.facts.expression(**it).block));
        let telling = calls.filter(|it| self.is_telling(**it));
        let telling: Vec<Span> = telling.map(|it| self.facts.expression(*it).span).collect();
        // What else stands there is the value of something: `a if ok else b`.
        let mut expressions = self.facts.expressions.iter().filter(|it| is_inside(it.block));
        goes_on
            && !changes
            && expressions.all(|it| whole.contains(it.span) || telling.iter().any(|told| told.contains(it.span)))
    }

    fn is_telling(&self, call: ExpressionId) -> bool {
        match &self.facts.expression(call).kind {
            ExpressionKind::Call { callee, .. } => self.tells_and_goes_on(*callee),
            _ => false,
        }
    }

    fn tells_and_goes_on(&self, callee: ExpressionId) -> bool {
        let Some(name) = self.last_name(callee) else { return false };
        let ends = ["fatal", "panic", "exit", "abort", "die", "fail"];
        let lower = name.trim_end_matches('!').to_ascii_lowercase();
        // `tracing::warn!` is what `warn!` is.
        let is_macro = self.facts.language == Language::Rust;
        let is_alone = is_macro || self.receiver(callee).is_none();
        // Kotlin's `error(…)` throws.
        let answers = lower == "error" && is_alone && !is_macro && self.facts.language != Language::Python;
        let tells = self.is_of_teller(callee) || is_alone && (TELLS.is_match(&lower) || lower == "error_log");
        tells && !answers && !ends.iter().any(|it| lower.starts_with(it))
    }
}
