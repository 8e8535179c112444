//! A `gather!` keeps up to twelve futures of different types apart: each is woken, polled and named by itself.

use std::future::pending;

use purview::{TaskError, gather};
use purview_tests::{Gate, Log, PollCount, by_hand, caught, polled_on_every_runtime};

/// Ready with what it was given, once its gate is open.
async fn gated<T>(gate: &Gate, value: T) -> Result<T, &'static str> {
    gate.wait().await;
    Ok(value)
}

fn each_of_twelve_is_polled_when_it_is_woken_and_only_then() {
    let gates: [Gate; 12] = Default::default();
    let polls: [PollCount; 12] = Default::default();
    let mut all = by_hand(gather!(
        polls[0].of(gated(&gates[0], 0_u8)),
        polls[1].of(gated(&gates[1], 1_u16)),
        polls[2].of(gated(&gates[2], 2_u32)),
        polls[3].of(gated(&gates[3], 3_u64)),
        polls[4].of(gated(&gates[4], 4_i8)),
        polls[5].of(gated(&gates[5], 5_i16)),
        polls[6].of(gated(&gates[6], 6_i32)),
        polls[7].of(gated(&gates[7], 7_i64)),
        polls[8].of(gated(&gates[8], "8")),
        polls[9].of(gated(&gates[9], '9')),
        polls[10].of(gated(&gates[10], Some(10))),
        polls[11].of(gated(&gates[11], [11])),
    ));
    assert!(all.poll_until_idle().is_pending());
    for woken in (1..12).rev() {
        gates[woken].open();
        assert!(all.poll_until_idle().is_pending());
        let expected: Vec<_> = (0..12).map(|index| 1 + usize::from(index >= woken)).collect();
        assert_eq!(polls.each_ref().map(PollCount::get).to_vec(), expected);
    }
    gates[0].open();
    let values = all.finish().expect("no child fails");
    assert_eq!(values, (0, 1, 2, 3, 4, 5, 6, 7, "8", '9', Some(10), [11]));
}

fn the_failure_of_the_twelfth_bears_its_index() {
    let log = Log::new();
    let never = || pending::<Result<(), &str>>();
    let mut all = by_hand(
        gather!(
            log.traced("first", never()),
            never(),
            never(),
            never(),
            never(),
            never(),
            never(),
            never(),
            never(),
            never(),
            never(),
            async { Err::<(), _>("no") },
        )
        .name("import"),
    );
    let error = all.finish().expect_err("the last one fails");
    assert_eq!(error.to_string(), "import/11: no");
    assert_eq!(log.entries(), ["first polled", "first dropped"]);
}

fn each_has_a_result_and_an_error_of_its_own() {
    let gate = Gate::new();
    let mut all = by_hand(
        gather!(gated(&gate, 1), async { Err::<(), _>(2) }, async {
            if true { panic!("boom") } else { Ok::<_, ()>('3') }
        },)
        .settled(),
    );
    assert!(
        all.poll_until_idle().is_pending(),
        "a failure and a panic end no other future"
    );
    gate.open();
    let (works, fails, panics) = all.finish();
    assert_eq!(works.ok(), Some(1));
    assert!(matches!(fails, Err(TaskError::Failed(2))));
    assert!(matches!(panics, Err(TaskError::Panicked(panic)) if panic.message() == Some("boom")));
}

fn a_panic_of_one_goes_on_in_the_caller_when_the_others_are_dropped() {
    let log = Log::new();
    let mut all = by_hand(caught(gather!(
        log.traced("sibling", pending::<Result<(), ()>>()),
        async { if true { panic!("boom") } else { Ok(()) } },
    )));
    assert_eq!(all.finish().map(drop), Err("boom".to_owned()));
    assert_eq!(log.entries(), ["sibling polled", "sibling dropped"]);
}

fn futures_that_fail_as_they_clean_up_are_reported_in_order() {
    let gate = Gate::new();
    let holder = |error: &'static str| {
        let gate = gate.clone();
        async move {
            purview::shield(gate.wait()).await;
            Err::<(), _>(error)
        }
    };
    let mut all = by_hand(gather!(holder("a"), holder("b"), async { Err::<u8, _>("c") }));
    assert!(
        all.poll_until_idle().is_pending(),
        "the futures that hold are waited for"
    );
    gate.open();
    let error = all.finish().expect_err("all failed");
    let failures: Vec<_> = error.failures().iter().map(ToString::to_string).collect();
    assert_eq!(failures, ["task-2: c", "task-0: a", "task-1: b"]);
}

fn polled_again_after_the_end_it_panics_and_says_so() {
    let mut alike = Box::pin(gather!(async { Ok::<_, ()>(7) }));
    assert_eq!(by_hand(alike.as_mut()).finish().ok(), Some((7,)));
    let again = by_hand(caught(alike.as_mut())).finish().map(drop);
    assert_eq!(
        again,
        Err("a gather must not be polled after it has completed".to_owned())
    );

    let mut unlike = Box::pin(gather!(async { Ok::<_, ()>(7) }).settled());
    assert!(matches!(by_hand(unlike.as_mut()).finish(), (Ok(7),)));
    let again = by_hand(caught(unlike.as_mut())).finish().map(drop);
    assert_eq!(
        again,
        Err("a gather must not be polled after it has completed".to_owned())
    );

    let mut set = Box::pin(gather([7].map(|n| async move { Ok::<_, ()>(n) })));
    assert_eq!(by_hand(set.as_mut()).finish().ok(), Some(vec![7]));
    let again = by_hand(caught(set.as_mut())).finish().map(drop);
    assert_eq!(
        again,
        Err("a gather must not be polled after it has completed".to_owned())
    );
}

polled_on_every_runtime!(
    each_of_twelve_is_polled_when_it_is_woken_and_only_then,
    the_failure_of_the_twelfth_bears_its_index,
    each_has_a_result_and_an_error_of_its_own,
    a_panic_of_one_goes_on_in_the_caller_when_the_others_are_dropped,
    futures_that_fail_as_they_clean_up_are_reported_in_order,
    polled_again_after_the_end_it_panics_and_says_so,
);
