//! Random scope programs, run under random schedules, each event compared with a reference model.
//!
//! `generate` makes a program from a seed, `interpret` runs it on the real scopes and writes down what happens, and
//! `reference` follows that, event by event. How many programs are run says the environment variable
//! `PURVIEW_MODEL_PROGRAMS`; the first is `PURVIEW_MODEL_FIRST`, so that several machines can share the work.

mod actor;
mod case;
mod flavor;
mod generate;
mod interpret;
mod program;
mod quiet;
mod reference;
mod regressions;
mod sabotage;
mod trace;

use std::env;

use case::Case;

/// How many programs are run where nobody says how many.
const PROGRAMS: u64 = 2000;

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(
        value
            .replace('_', "")
            .parse()
            .unwrap_or_else(|_| panic!("{variable} must be a number, not {value}")),
    )
}

#[test]
fn random_programs_run_as_the_model_says() {
    let first = number("PURVIEW_MODEL_FIRST").unwrap_or(0);
    let programs = number("PURVIEW_MODEL_PROGRAMS").unwrap_or(PROGRAMS);
    for number in first..first + programs {
        if let Err(failure) = Case::random(number).run() {
            panic!(
                "program {number} of {programs} diverges; one that breaks the same rule:\n{}",
                failure.shrink()
            );
        }
    }
}

#[test]
fn programs_that_once_diverged_do_so_no_more() {
    for case in regressions::REGRESSIONS {
        if let Err(failure) = case.run() {
            panic!("{failure}");
        }
    }
}
