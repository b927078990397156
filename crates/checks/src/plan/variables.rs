//! The results of the variables: one each.

use preflight_contract::{CheckedTcp, Contract, Environment, Variable, VariableFault, judge};

use super::Plan;
use crate::probe::Warning;
use crate::report::{CheckResult, Outcome};
use crate::{Class, Failure, kinds};

/// Judges every declared variable.
pub(super) fn judge_all(plan: &mut Plan, contract: &Contract, environment: &Environment) {
    for variable in &contract.variables {
        settle(plan, result(variable, environment));
    }
}

/// Judges a variable that `checked_tcp` needs, unless that was done.
pub(super) fn require(plan: &mut Plan, name: &str, target: &CheckedTcp, environment: &Environment) {
    if plan.judged.contains_key(name) {
        return;
    }
    let mut variable = Variable::named(name, target.line);
    variable.audience.clone_from(&target.audience);
    settle(plan, result(&variable, environment));
}

fn settle(plan: &mut Plan, result: CheckResult) {
    *plan.judged.entry(result.id.clone()).or_default() |= result.outcome == Outcome::Failed;
    plan.variables += 1;
    plan.settled.push(result);
}

/// One line a variable: its first fault is the failure, all of them are the evidence.
fn result(variable: &Variable, environment: &Environment) -> CheckResult {
    let judgement = judge(variable, environment);
    let (name, audience) = (variable.name.clone(), variable.audience.clone());
    let mut result = match judgement.faults.split_first() {
        None => {
            let mut passed = CheckResult::passed("env", name, audience);
            if !environment.is_set(&variable.name) {
                passed.facts.push(("value", "not set, and need not be".to_owned()));
            }
            passed
        }
        Some((first, others)) => {
            let mut evidence = first.to_string();
            for other in others {
                evidence.push_str("; ");
                evidence.push_str(&other.to_string());
            }
            if let Some(description) = &variable.description {
                evidence.push_str(&format!(" ({description})"));
            }
            let mut failure = Failure::new(class_of(first), evidence);
            if let Some(owner) = &variable.owner {
                failure.hint = Some(format!("{}; its owner is {owner}", failure.class.hint));
            }
            CheckResult::failed("env", name, audience, failure)
        }
    };
    let warnings = judgement.warnings.iter();
    result.warnings =
        warnings.map(|fault| Warning { class: class_of(fault), evidence: fault.to_string() }).collect();
    result
}

fn class_of(fault: &VariableFault) -> &'static Class {
    let name = fault.class();
    kinds::env::CLASSES.iter().copied().find(|class| class.name == name).unwrap_or(&kinds::general::ERROR)
}
