//! Cases that once diverged.
//!
//! A case means something to one generator only: whoever changes that has to find these anew, or lets them go. What they
//! showed stays in `found_by_the_model.rs`, as small programs.

use crate::{case::Case, generate::Breadth};

const fn case(seed: u64, size: u32, schedule: u64) -> Case {
    Case {
        seed,
        size,
        schedule,
        breadth: Breadth::Narrow,
    }
}

pub(crate) const REGRESSIONS: &[Case] = &[
    // A body that was woken and then dropped left a wake-up behind, and the scope woke itself for ever.
    case(14_509, 5, 0),
    // A settled scope that was cancelled before it began polled its body.
    case(88, 11, 6),
    case(4831, 2, 11),
    case(26_127, 2, 2),
    // The body of a settled scope had two last turns.
    case(20_594, 3, 12),
    case(5161, 2, 13),
    // A cancellation was forgotten when a failure, or the end, came in the same pass.
    case(3536, 1, 15),
    case(11_172, 1, 10),
    case(342, 1, 2),
    // The panic of a destructor took the place of the one before.
    case(4953, 2, 1),
    // Somebody on another thread let go at the very instant of the deadline around.
    case(5_231_893, 11, 10),
    // A daemon spawned as the last ordinary child ended, just before its destructor spawned another, is left alone.
    case(5_786_111, 11, 13),
    // A destructor spawned somebody while the daemons beside it were being cancelled.
    case(758_079, 9, 4),
    // A driver was dropped that had not heard yet how a child on another thread had ended.
    Case {
        breadth: Breadth::Wide,
        ..case(2_535_967, 9, 4)
    },
    Case {
        breadth: Breadth::Wide,
        ..case(4_188_782, 12, 14)
    },
];
