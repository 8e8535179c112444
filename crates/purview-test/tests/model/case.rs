//! One program under one schedule, and the search for a smaller one that diverges alike.

use std::fmt;

use purview_test::Stalled;

use crate::{
    generate, generate::Breadth, interpret, program::ScopeSpec, quiet, reference, reference::Divergence, shrink,
    trace::Trace,
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
    /// That of the case, or a smaller one.
    program: ScopeSpec,
    trace: Trace,
    divergence: Divergence,
}

/// How much is shown of a long run, from its beginning and from its end.
const SHOWN: usize = 200;

/// How many programs are tried in search of a smaller one, at most.
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

    fn program(self) -> ScopeSpec {
        generate::program(self.seed, self.size, self.breadth)
    }

    /// What happens.
    pub(crate) fn trace(self) -> Trace {
        perform(&self.program(), self.schedule).0
    }

    pub(crate) fn run(self) -> Result<(), Box<Failure>> {
        self.run_as(self.program())
    }

    /// Runs this program in place of its own.
    fn run_as(self, program: ScopeSpec) -> Result<(), Box<Failure>> {
        let (trace, ended) = perform(&program, self.schedule);
        let checked = reference::check(&program, &trace, ended);
        checked.map_err(|divergence| {
            Box::new(Failure {
                case: self,
                program,
                trace,
                divergence,
            })
        })
    }
}

fn perform(program: &ScopeSpec, schedule: u64) -> (Trace, Result<(), Stalled>) {
    quiet::hush();
    let performed = interpret::run(program, schedule);
    quiet::speak();
    performed
}

impl Failure {
    /// Takes one part after the other out of the program, as long as it breaks the same rule.
    pub(crate) fn shrink(mut self: Box<Self>) -> Box<Self> {
        let mut attempts = ATTEMPTS;
        loop {
            let before = attempts;
            let mut part = 0;
            while let Some(program) = shrink::without(&self.program, part).filter(|_| attempts > 0) {
                attempts -= 1;
                match self.case.run_as(program) {
                    Err(failure) if failure.rule() == self.rule() => self = failure,
                    _ => part += 1,
                }
            }
            if attempts == 0 || before - attempts == part as u64 {
                return self;
            }
        }
    }

    /// How many events there were.
    pub(crate) fn len(&self) -> usize {
        self.trace.len()
    }

    /// The rule, without what broke it and when.
    pub(crate) fn rule(&self) -> String {
        let apart = |c: char| c.is_whitespace() || "()[]{},:".contains(c);
        let words = self.divergence.rule.split(apart);
        let words = words.filter(|word| !word.is_empty() && !word.chars().any(|c| c.is_ascii_digit()));
        words.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let case = self.case;
        describe(f, &self.program, &self.trace, &self.divergence)?;
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
    let (trace, ended) = perform(&program, u64::from(*schedule));
    reference::check(&program, &trace, ended).map_err(|divergence| {
        let mut text = String::new();
        describe(&mut text, &program, &trace, &divergence).expect("a string takes everything");
        text
    })
}
