//! Random scope programs, run under random schedules, each event compared with a reference model.
//!
//! `generate` makes a program from a seed, `interpret` runs it on the real scopes and writes down what happens, and
//! `reference` follows that, event by event. How many programs are run says the environment variable
//! `PURVIEW_MODEL_PROGRAMS`; the first is `PURVIEW_MODEL_FIRST`, so that several machines can share the work. With
//! `PURVIEW_MODEL_SURVEY` each rule that is broken is told once, with the smallest program that was found to break it. What `PURVIEW_MODEL_WITHOUT` names
//! is left out: `features` has the names.

mod actor;
mod by_hand;
mod case;
mod door;
mod features;
mod flavor;
mod generate;
mod interpret;
mod program;
mod quiet;
mod reach;
mod reference;
mod regressions;
mod sabotage;
mod sabotage_wide;
mod shared;
mod shrink;
mod trace;
mod walk;

use std::{
    collections::BTreeMap,
    env, iter,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use case::{Case, Failure};

/// How many programs are run where the variable does not say: half a minute of one core, without optimization.
const PROGRAMS: u64 = 100_000;

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(
        value
            .replace('_', "")
            .parse()
            .unwrap_or_else(|_| panic!("{variable} must be a number, not {value}")),
    )
}

/// The shortest run that breaks each rule, and how many do: for the time in which scopes learn something.
fn survey(numbers: impl Iterator<Item = u64>) -> String {
    let mut rules: BTreeMap<String, (u64, Box<Failure>)> = BTreeMap::new();
    for failure in numbers.filter_map(|number| Case::random(number).run().err()) {
        let rule = failure.rule();
        let (count, shortest) = match rules.remove(&rule) {
            Some((count, shortest)) if shortest.len() <= failure.len() => (count + 1, shortest),
            other => (other.map_or(1, |(count, _)| count + 1), failure),
        };
        rules.insert(rule, (count, shortest));
    }
    let lines = rules
        .into_iter()
        .map(|(rule, (count, shortest))| format!("{count} times: {rule}\n{}\n", shortest.shrink()));
    lines.collect()
}

#[test]
fn random_programs_run_as_the_model_says() {
    let first = number("PURVIEW_MODEL_FIRST").unwrap_or(0);
    let programs = number("PURVIEW_MODEL_PROGRAMS").unwrap_or(PROGRAMS);
    if env::var_os("PURVIEW_MODEL_SURVEY").is_some() {
        let found = survey(first..first + programs);
        assert!(found.is_empty(), "{found}");
        return;
    }
    let next = AtomicU64::new(first);
    let work = || {
        let numbers = iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        numbers
            .take_while(|number| *number < first + programs)
            .filter_map(|number| Some((number, Case::random(number).run().err()?)))
            .collect::<Vec<_>>()
    };
    let diverging: Vec<_> = thread::scope(|threads| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| threads.spawn(work)).collect();
        let found = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker does not panic"));
        found.collect()
    });
    let count = diverging.len();
    let mut rules: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (number, failure) in &diverging {
        rules.entry(failure.rule()).or_default().push(*number);
    }
    if let Some((number, failure)) = diverging.into_iter().min_by_key(|(number, _)| *number) {
        panic!(
            "{count} of {programs} programs diverge: {rules:#?}\n{number} is the first, and one that breaks the same \
             rule:\n{}",
            failure.shrink()
        );
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

#[test]
fn programs_that_bytes_decide_run_as_the_model_says() {
    let mut random = fastrand::Rng::with_seed(0);
    for _ in 0..2_000 {
        let length = random.usize(2..200);
        let bytes: Vec<u8> = iter::repeat_with(|| random.u8(..)).take(length).collect();
        if let Err(failure) = case::run_bytes(&bytes) {
            panic!("{bytes:?}:\n{failure}");
        }
    }
}
