use std::{collections::BTreeSet, time::Duration};

/// What a future of the program panics with.
pub(crate) struct Bang;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Err,
    Panic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    All,
    Settled,
    First,
    FirstSuccess,
    Quorum,
    AsCompleted,
    ForEach,
}

/// Futures that each wait and then end in some way, and the options of the gather that runs them.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) futures: Vec<(Duration, Outcome)>,
    pub(crate) limit: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) mode: Mode,
    pub(crate) k: usize,
    pub(crate) stream: bool,
}

impl Program {
    pub(crate) fn generate(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03);
        let mut salt = seed;
        loop {
            let program = Self::draw(&mut random);
            if program.is_unambiguous() {
                return program;
            }
            salt += 1;
            random.0 ^= salt;
        }
    }

    fn draw(random: &mut Random) -> Self {
        let modes = [
            Mode::All,
            Mode::Settled,
            Mode::First,
            Mode::FirstSuccess,
            Mode::Quorum,
            Mode::AsCompleted,
            Mode::ForEach,
        ];
        let n = random.below(9);
        let failing = random.below(4);
        Self {
            futures: (0..n)
                .map(|_| {
                    let delay = Duration::from_micros(1 + random.below(1_000_000) as u64);
                    let outcome = match random.below(10) {
                        0 if failing > 0 => Outcome::Panic,
                        roll if roll <= 3 * failing => Outcome::Err,
                        _ => Outcome::Ok,
                    };
                    (delay, outcome)
                })
                .collect(),
            limit: (random.below(2) == 0).then(|| 1 + random.below(4)),
            timeout: (random.below(2) == 0).then(|| Duration::from_micros(1 + random.below(2_000_000) as u64)),
            mode: modes[random.below(modes.len())],
            k: random.below(6),
            stream: random.below(2) == 0,
        }
    }

    /// When each future ends if nothing stops it.
    pub(crate) fn ends(&self) -> Vec<Duration> {
        let mut places = vec![Duration::ZERO; self.limit.unwrap_or(usize::MAX).min(self.futures.len())];
        let ends = self.futures.iter().map(|(delay, _)| {
            let place = places.iter_mut().min().expect("a future has a place");
            *place += *delay;
            *place
        });
        ends.collect()
    }

    /// What happens at one instant happens in an order that the model does not say.
    fn is_unambiguous(&self) -> bool {
        let ends = self.ends();
        let instants: BTreeSet<_> = ends.iter().chain(&self.timeout).collect();
        instants.len() == ends.len() + usize::from(self.timeout.is_some())
    }
}

/// A linear congruential generator: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % n
    }
}
