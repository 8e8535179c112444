//! Cases that once diverged; the smallest program that shows each defect is in `found_by_the_model.rs`.

use crate::case::Case;

const fn case(seed: u64, size: u32, schedule: u64) -> Case {
    Case { seed, size, schedule }
}

pub(crate) const REGRESSIONS: &[Case] = &[
    // A body that was woken and then dropped left a wake-up behind, and the scope woke itself for ever.
    case(2633, 2, 14),
    case(1398, 14, 2),
    // A settled scope that was cancelled before it began polled its body.
    case(88, 14, 15),
    case(4831, 8, 0),
    case(15_745, 2, 15),
    // The body of a settled scope had two last turns.
    case(21_429, 2, 13),
    case(7022, 10, 5),
    // A cancellation was forgotten when a failure, or the end, came in the same pass.
    case(553, 9, 7),
    case(13_038, 1, 8),
    case(11_172, 1, 12),
    // The panic of a destructor took the place of the one before.
    case(3011, 3, 7),
    case(15_335, 9, 7),
    // An inner scope that began too late polled its body when the outer deadline was due as well.
    case(77_802, 6, 5),
    // A task that was cancelled before the scope had taken it out of the queue waited on.
    case(26_940, 6, 4),
];
