//! One program under one schedule, and the search for a smaller one that diverges alike.

use std::fmt;

use purview_test::Stalled;

use crate::{
    generate, generate::Breadth, interpret, program::ScopeSpec, quiet, reference, reference::Divergence, trace::Trace,
};

/// What decides a run: a failing one is written down like this, and can be replayed for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    /// How many actors the program has at most.
    pub(crate) size: u32,
    /// The seed of the explorer.
    pub(crate) schedule: u64,
    /// What the program may do.
    pub(crate) breadth: Breadth,
}

/// A run that is not as the model says.
pub(crate) struct Failure {
    case: Case,
    trace: Trace,
    divergence: Divergence,
}

/// How much is shown of a long run, from its beginning and from its end.
const SHOWN: usize = 200;

/// How many programs are tried in search of a smaller one.
const ATTEMPTS: u64 = 30_000;

impl Case {
    /// The `number`th of the random cases.
    pub(crate) fn random(number: u64) -> Self {
        Self {
            seed: number,
            size: 2 + u32::try_from(number % 14).expect("less than 14"),
            schedule: number / 14 % 16,
            breadth: [Breadth::Moving, Breadth::Wide, Breadth::Moving, Breadth::Narrow]
                [usize::try_from(number / 14 / 16 % 4).expect("less than 4")],
        }
    }

    /// What happens.
    pub(crate) fn trace(self) -> Trace {
        self.perform().1
    }

    fn perform(self) -> (ScopeSpec, Trace, Result<(), Stalled>) {
        let program = generate::program(self.seed, self.size, self.breadth);
        quiet::hush();
        let (trace, ended) = interpret::run(&program, self.schedule);
        quiet::speak();
        (program, trace, ended)
    }

    pub(crate) fn run(self) -> Result<(), Failure> {
        let (program, trace, ended) = self.perform();
        let checked = reference::check(&program, &trace, ended);
        checked.map_err(|divergence| Failure {
            case: self,
            trace,
            divergence,
        })
    }
}

impl Failure {
    /// Looks for a program that breaks the same rule in fewer steps.
    pub(crate) fn shrink(mut self) -> Self {
        for seed in 0..ATTEMPTS {
            let size = 1 + u32::try_from(seed % u64::from(self.case.size)).expect("smaller than the size");
            if let Err(failure) = (Case {
                seed,
                size,
                ..self.case
            })
            .run()
            {
                if failure.rule() == self.rule() && failure.trace.len() < self.trace.len() {
                    self = failure;
                }
            }
        }
        self
    }

    /// How many events there were.
    pub(crate) fn len(&self) -> usize {
        self.trace.len()
    }

    /// The rule, without who broke it when.
    pub(crate) fn rule(&self) -> String {
        let letters = |c: &char| c.is_alphabetic() || c.is_whitespace();
        self.divergence.what.chars().filter(letters).take(60).collect()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let case = self.case;
        let program = generate::program(case.seed, case.size, case.breadth);
        describe(f, &program, &self.trace, &self.divergence)?;
        write!(f, "to keep it as a regression test, add to `regressions.rs`: {case:?}")
    }
}

fn describe(f: &mut impl fmt::Write, program: &ScopeSpec, trace: &Trace, divergence: &Divergence) -> fmt::Result {
    writeln!(f, "{program:#?}")?;
    let shown = divergence.event.min(trace.len()).saturating_sub(SHOWN);
    for (number, (at, event)) in trace.iter().enumerate().take(divergence.event + 1) {
        if number < SHOWN || number > shown {
            writeln!(f, "{number:4} {at:?} {event:?}")?;
        }
    }
    writeln!(f, "{divergence}")
}

/// Runs the program that `bytes` decide, the first of them the schedule and the second how large it is at most. This is what
/// the fuzzer in `fuzz` runs.
pub(crate) fn run_bytes(bytes: &[u8]) -> Result<(), String> {
    let [schedule, size, choices @ ..] = bytes else {
        return Ok(());
    };
    let program = generate::program_of_bytes(choices, 2 + u32::from(*size) % 14);
    quiet::hush();
    let (trace, ended) = interpret::run(&program, u64::from(*schedule));
    quiet::speak();
    reference::check(&program, &trace, ended).map_err(|divergence| {
        let mut text = String::new();
        describe(&mut text, &program, &trace, &divergence).expect("a string takes everything");
        text
    })
}
