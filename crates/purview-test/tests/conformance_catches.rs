//! The conformance suite fails runtimes that break a promise, each at the test of that promise.

mod broken;

use std::{panic::catch_unwind, time::Duration};

use purview_test::{
    conformance,
    conformance::{Refuses, Test, check_within, tests},
};

use broken::{Broken, Defect};

const NOTHING: Refuses = Refuses {
    spawn: false,
    spawn_blocking: false,
};
const FUTURES: Refuses = Refuses {
    spawn: true,
    spawn_blocking: false,
};
const CLOSURES: Refuses = Refuses {
    spawn: false,
    spawn_blocking: true,
};

/// The virtual runtime says itself that a test cannot go on, so the watchdog of these tests may be patient.
const STALLS: Duration = Duration::from_secs(120);

macro_rules! or {
    ($default:ident) => {
        $default
    };
    ($default:ident $given:ident) => {
        $given
    };
}

macro_rules! caught {
    ($($defect:ident at $test:ident $(refusing $refuses:ident)?;)+) => {
        $(
            #[test]
            #[allow(non_snake_case, reason = "named for the variant")]
            fn $defect() {
                let refuses = or!(NOTHING $($refuses)?);
                let check = || {
                    let block_on = |rt: &Broken, test: Test<'_>| rt.inner.block_on(test);
                    check_within(STALLS, || Broken::new(Defect::$defect), block_on, refuses, tests::$test);
                };
                assert!(catch_unwind(check).is_err(), "the suite let it pass");
            }
        )+
    };
}

caught! {
    TimersAreEarly at timers_are_never_early;
    ThePastTakesATurn at timers_for_the_past_are_ready_at_once;
    EveryOtherTimerIsAnHourLate at timers_complete_in_the_order_of_their_instants;
    FarInstantsAreReady at timers_for_far_instants_wait;
    TimersKeepTheFirstWaker at timers_wake_the_latest_waker;
    TimersKeepAllWakers at dropped_timers_release_their_wakers;
    OtherThreadsPanicOnTimers at timers_work_on_any_thread;
    EveryTenthTimerIsLost at many_timers_all_complete;
    TheClockGoesBack at the_clock_never_goes_back;
    FuturesAreLost at spawn_runs_or_refuses_as_declared;
    RefusedFuturesAreKept at spawn_runs_or_refuses_as_declared refusing FUTURES;
    RefusedFuturesAreRun at spawn_runs_or_refuses_as_declared refusing FUTURES;
    WaitingFuturesAreDropped at spawned_futures_are_detached;
    FuturesSpawnedInsideAreLost at spawned_futures_can_spawn;
    OtherThreadsPanicOnSpawn at futures_can_be_spawned_from_any_thread;
    OtherThreadsWakeNobody at spawned_futures_are_woken_from_any_thread;
    EveryTenthFutureIsLost at every_spawned_future_runs_once;
    FuturesAreBusyPolled at futures_that_wake_themselves_share_the_runtime;
    PanicsEndTheExecutor at a_panicking_future_stops_no_other;
    SpawnPollsTheFuture at spawn_returns_without_a_poll;
    PanickedFuturesArePolledAgain at panicked_futures_are_not_polled_again;
    EndedFuturesAreKept at ended_futures_are_dropped;
    WakersOfEndedFuturesPanic at wakers_outlive_their_futures;
    ClosuresAreLost at spawn_blocking_runs_or_refuses_as_declared;
    RefusedClosuresAreKept at spawn_blocking_runs_or_refuses_as_declared refusing CLOSURES;
    RefusedClosuresAreRun at spawn_blocking_runs_or_refuses_as_declared refusing CLOSURES;
    ClosuresAreKept at ended_closures_are_dropped;
    ClosuresRunInTheCaller at futures_run_while_a_closure_blocks;
    OtherThreadsPanicOnClosures at closures_can_be_spawned_from_any_thread;
    PanicsEndThePool at a_panicking_closure_stops_no_other;
}

/// Without a defect the same runtime passes, so it is the defect that the suite catches.
mod control {
    use super::{Broken, Defect, conformance};

    conformance!(|| Broken::new(Defect::Nothing), block_on: |rt, test| rt.inner.block_on(test));
}
