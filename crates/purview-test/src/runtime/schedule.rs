//! Every choice that the runtime makes: which task is polled next, which due timer fires first, which faults happen.

use std::num::NonZeroU32;

use fastrand::Rng;

use super::task::{TaskId, Tasks};

/// How the next task is chosen among those that were woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// The one woken first.
    Fifo,
    /// The one woken last.
    Lifo,
    /// Any, with equal chances.
    Uniform,
    /// The one with the highest priority; priorities are drawn at random and now and then drawn again.
    Priorities,
}

/// The faults that a correct program cannot notice, as chances out of 256.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    /// A task that was not woken is polled.
    spurious: u8,
    /// A wrapped future is polled later than it was woken.
    delay: u8,
    /// Each poll gets a waker of its own, and only the latest one wakes.
    foreign_wakers: bool,
    /// Timers of the same instant fire in any order, with other steps between them.
    timers_in_any_order: bool,
    /// A scope yields after so few steps.
    scope_steps: Option<NonZeroU32>,
}

#[derive(Debug)]
pub(super) struct Schedule {
    rng: Rng,
    seed: u64,
    order: Order,
    faults: Faults,
    /// Whether the points that the program offers are used.
    varies: bool,
    fingerprint: u64,
}

/// So that a run of unlikely draws does not hold a task up for ever.
const MOST_YIELDS: u32 = 8;

/// The offset basis and the prime of the 64-bit FNV-1a hash.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

impl Schedule {
    fn new(seed: u64, order: Order, faults: Faults, rng: Rng) -> Self {
        Self {
            rng,
            seed,
            order,
            faults,
            varies: false,
            fingerprint: FNV_BASIS,
        }
    }

    /// First woken, first polled; no faults.
    pub(super) fn fifo() -> Self {
        Self::new(0, Order::Fifo, Faults::default(), Rng::with_seed(0))
    }

    /// Any woken task next; no faults.
    pub(super) fn seeded(seed: u64) -> Self {
        Self::new(seed, Order::Uniform, Faults::default(), Rng::with_seed(seed))
    }

    /// Orders and faults that differ from seed to seed.
    ///
    /// Each fault is left out by some seeds: a spurious poll, for one, repairs what a missed wake-up broke, and would
    /// hide it if every schedule had some. Seed 0 is the plain schedule, so that a failure which needs no luck shows
    /// up without any.
    pub(super) fn exploring(seed: u64) -> Self {
        if seed == 0 {
            return Self::fifo();
        }
        let mut rng = Rng::with_seed(seed);
        let order = [Order::Fifo, Order::Lifo, Order::Uniform, Order::Priorities][rng.usize(..4)];
        let faults = Faults {
            spurious: [0, 0, 16, 64][rng.usize(..4)],
            delay: [0, 32, 96, 160][rng.usize(..4)],
            foreign_wakers: rng.bool(),
            timers_in_any_order: rng.u8(..4) != 0,
            scope_steps: tiny_budget(&mut Rng::with_seed(!seed)),
        };
        Self {
            varies: true,
            ..Self::new(seed, order, faults, rng)
        }
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// The call that makes a runtime with this schedule.
    pub(super) fn made_by(&self) -> String {
        let seeded = !self.varies && self.order == Order::Uniform;
        let name = if seeded { "seeded" } else { "exploring" };
        format!("VirtualRuntime::{name}({})", self.seed)
    }

    /// A hash of all the steps taken so far.
    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(super) fn record(&mut self, step: u64) {
        for byte in step.to_le_bytes() {
            self.fingerprint = (self.fingerprint ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }

    pub(super) fn foreign_wakers(&self) -> bool {
        self.faults.foreign_wakers
    }

    pub(super) fn timers_in_any_order(&self) -> bool {
        self.faults.timers_in_any_order
    }

    pub(super) fn scope_steps(&self) -> Option<NonZeroU32> {
        self.faults.scope_steps
    }

    pub(super) fn coin(&mut self) -> bool {
        self.rng.bool()
    }

    pub(super) fn index(&mut self, below: usize) -> usize {
        self.rng.usize(..below)
    }

    pub(super) fn priority(&mut self) -> u32 {
        if self.order == Order::Priorities {
            self.rng.u32(..)
        } else {
            0
        }
    }

    /// Whether a task that offers to let others run, and has `so_far` times, does it again.
    pub(super) fn yields(&mut self, so_far: u32) -> bool {
        if self.varies {
            so_far < MOST_YIELDS && self.rng.bool()
        } else {
            so_far == 0
        }
    }

    /// Whether a wrapped future that was woken shall wait another turn.
    pub(super) fn delays(&mut self) -> bool {
        chance(&mut self.rng, self.faults.delay)
    }

    /// Whether something that was not woken shall be polled.
    pub(super) fn polls_spuriously(&mut self) -> bool {
        chance(&mut self.rng, self.faults.spurious)
    }

    /// The position in the queue of woken tasks of the one to poll next.
    pub(super) fn pick(&mut self, tasks: &mut Tasks) -> Option<usize> {
        let woken = tasks.woken().len();
        let last = woken.checked_sub(1)?;
        // No order may starve a task for ever while another wakes itself: executors do not.
        if self.order != Order::Fifo && self.rng.u8(..16) == 0 {
            return Some(0);
        }
        Some(match self.order {
            Order::Fifo => 0,
            Order::Lifo => last,
            Order::Uniform => self.rng.usize(..woken),
            Order::Priorities => {
                let highest = (0..woken)
                    .max_by_key(|&i| tasks.priority(tasks.woken()[i]))
                    .unwrap_or(last);
                if self.rng.u8(..8) == 0 {
                    tasks.set_priority(tasks.woken()[highest], self.rng.u32(..));
                }
                highest
            }
        })
    }

    /// A task to poll although it was not woken.
    pub(super) fn pick_unwoken(&mut self, tasks: &Tasks) -> Option<TaskId> {
        if !self.polls_spuriously() {
            return None;
        }
        let waiting: Vec<TaskId> = tasks.waiting().collect();
        (!waiting.is_empty()).then(|| waiting[self.rng.usize(..waiting.len())])
    }
}

fn tiny_budget(rng: &mut Rng) -> Option<NonZeroU32> {
    let steps = NonZeroU32::new(rng.u32(1..6));
    steps.filter(|_| rng.bool())
}

fn chance(rng: &mut Rng, out_of_256: u8) -> bool {
    out_of_256 != 0 && rng.u8(..) < out_of_256
}
