//! Cases that once diverged.
//!
//! A case means something to one generator only: a change of the generator has to find these anew, or drop them. What they
//! showed stays in `found_by_the_model`, among the regressions of the shared suite, as small programs.

use crate::{case::Case, generate::Breadth};

const fn case(seed: u64, size: u32, schedule: u64) -> Case {
    Case {
        seed,
        size,
        schedule,
        breadth: Breadth::Narrow,
    }
}

const fn moving(seed: u64, size: u32, schedule: u64) -> Case {
    Case {
        breadth: Breadth::Moving,
        ..case(seed, size, schedule)
    }
}

const fn wide(seed: u64, size: u32, schedule: u64) -> Case {
    Case {
        breadth: Breadth::Wide,
        ..case(seed, size, schedule)
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
    // An actor on another thread released its hold at the very instant of the deadline around.
    case(5_231_893, 11, 10),
    // A daemon spawned as the last ordinary child ended, just before its destructor spawned another, is left alone.
    case(5_786_111, 11, 13),
    // A destructor spawned a child while the daemons beside it were being cancelled.
    case(758_079, 9, 4),
    // A driver was dropped that had not heard yet how a child on another thread had ended.
    wide(2_535_967, 9, 4),
    wide(4_188_782, 12, 14),
    // Whether a wait held was decided as it began, and its scope moved out of a shield then.
    moving(199_401, 15, 2),
    moving(261_667, 9, 2),
    // One that came up between a cancellation and the cut lost its place, and so did one that came up three times.
    case(162_168, 8, 15),
    moving(14_558, 14, 15),
    // What held in a timeout was waited for without a bound.
    moving(160_074, 14, 9),
    moving(242_033, 3, 8),
    // A timeout that had left it to another, or to a deadline that was moved then, expired a millisecond late.
    moving(253_247, 3, 9),
    moving(199_421, 7, 4),
    moving(460_315, 11, 15),
    // A gather that had left it to a deadline further out had itself polled again and again.
    moving(1_584_323, 15, 13),
    // A timeout expired although a deadline around it had been set to that instant.
    moving(258_666, 4, 12),
    // The body went on when a child that was cancelled alone had panicked.
    case(84_001, 3, 0),
    // `Ok` hid that the grace of what was around had ended.
    case(4363, 11, 7),
    // A grace that was shorter than the one around it was forgotten.
    moving(61_117, 9, 13),
    // The end of a grace did not reach what had moved.
    moving(1_369_607, 3, 5),
    moving(1_150_529, 11, 4),
    // A scope resolved while a closure of its ran.
    moving(265_223, 9, 0),
    moving(10_973, 13, 15),
    // A scope that its parent had cancelled stayed pending where that was not around it.
    moving(166_312, 8, 7),
    // A child in a shield was polled because something of it on another thread had paused.
    wide(279_923, 9, 10),
    // `Ok` hid a child that a daemon had spawned, and that was stopped before it began.
    wide(3_163_148, 4, 3),
    // A finalizer that panicked as it was dropped left a closure running.
    moving(3_367_682, 12, 4),
    // A scope that had begun too late, and left that to one that nothing polled, woke itself again and again.
    moving(8_603_514, 12, 8),
    // The deadline of a timeout that had ended still counted for what it had borrowed.
    moving(4_456_856, 14, 10),
    // Behind a timeout over a reference no finalizer ran when a grace had ended; and then what was behind it was not dropped.
    moving(6_309_407, 15, 15),
    moving(984_405, 11, 10),
    // In these the model was too certain: of what was left behind, of deadlines in finalizers, of what a group had told.
    moving(900_663, 3, 13),
    moving(1_644_829, 13, 15),
    moving(5_005_065, 11, 0),
    moving(8_950_782, 10, 13),
    moving(4_757_968, 14, 14),
    moving(9_413_017, 7, 6),
    moving(2_249_905, 9, 3),
    moving(9_208_208, 4, 1),
    moving(5_496_589, 9, 5),
    case(3_724_669, 13, 15),
    // Likewise: of a token further out than a shield, of a scope that a timeout has and never polled, of a body that is looked at.
    moving(10_175_045, 15, 4),
    moving(12_475_198, 10, 13),
    moving(11_437_911, 11, 1),
    moving(15_459_278, 4, 10),
    moving(14_859_450, 6, 13),
];
