/// Generates the tests that every [`Runtime`](purview_core::Runtime) must pass, one `#[test]` each.
///
/// The first argument makes the runtime: a function or closure without arguments, called once for each test. After it
/// may come:
///
/// - `block_on: |rt, test| ..`, for runtimes that run only while they are driven. It gets the runtime that was made
///   and the test, a boxed future, and must run that to its end. Else the test's thread
///   [parks](crate::conformance::park) until it is woken.
/// - `refuses: [spawn]`, `[spawn_blocking]` or both, for runtimes that return a
///   [`SpawnError`](purview_core::SpawnError) there. The suite then tests that they do, and omits what they cannot do.
///
/// Use it in a test file, or in a module of its own where there are several runtimes. See
/// [the module](mod@crate::conformance) for how to write an adapter that passes.
///
/// # Examples
///
/// ```
/// mod embedded {
///     purview_test::conformance!(|| purview_core::Embedded, refuses: [spawn, spawn_blocking]);
/// }
/// mod simulated {
///     purview_test::conformance!(purview_test::VirtualRuntime::new, block_on: |rt, test| rt.block_on(test));
/// }
/// ```
#[macro_export]
macro_rules! conformance {
    (
        $make:expr
        $(, block_on: $block_on:expr)?
        $(, refuses: [$($refuses:ident),+ $(,)?])?
        $(,)?
    ) => {
        $crate::__conformance! {
            ($make) ($($block_on)?) ($($($refuses)+)?)

            timers_are_never_early
            timers_for_the_past_are_ready_at_once
            timers_complete_in_the_order_of_their_instants
            timers_for_far_instants_wait
            timers_wake_the_latest_waker
            timers_work_on_any_thread
            many_timers_all_complete
            dropped_timers_release_their_wakers
            the_clock_never_goes_back

            spawn_runs_or_refuses_as_declared
            spawn_returns_without_a_poll
            spawned_futures_are_detached
            spawned_futures_can_spawn
            spawned_futures_are_woken_from_any_thread
            every_spawned_future_runs_once
            futures_can_be_spawned_from_any_thread
            futures_that_wake_themselves_share_the_runtime
            a_panicking_future_stops_no_other
            panicked_futures_are_not_polled_again
            ended_futures_are_dropped
            wakers_outlive_their_futures

            spawn_blocking_runs_or_refuses_as_declared
            futures_run_while_a_closure_blocks
            closures_can_be_spawned_from_any_thread
            a_panicking_closure_stops_no_other
            ended_closures_are_dropped

            scopes_end_at_their_deadline
            parallel_children_give_their_values
            a_failing_parallel_child_cancels_its_siblings
            a_panicking_parallel_child_is_reported_by_its_scope
            dropping_a_scope_drops_its_parallel_children
            blocking_closures_hear_of_the_cancellation
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance {
    ($make:tt $block_on:tt $refuses:tt $($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                $crate::__conformance_check!($name $make $block_on $refuses);
            }
        )+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_check {
    ($name:ident ($make:expr) () ($($refuses:ident)*)) => {
        $crate::__conformance_check!($name ($make) ($crate::conformance::park) ($($refuses)*))
    };
    ($name:ident ($make:expr) ($block_on:expr) ($($refuses:ident)*)) => {
        $crate::conformance::check(
            $make,
            $block_on,
            {
                #[allow(unused_mut, reason = "most runtimes refuse nothing")]
                let mut refuses = $crate::conformance::Refuses::default();
                $(refuses.$refuses = true;)*
                refuses
            },
            $crate::conformance::tests::$name,
        )
    };
}
