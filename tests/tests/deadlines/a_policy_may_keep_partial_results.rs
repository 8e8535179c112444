//! A policy of the user's may turn an expiry into what there is by then.

use std::{future::pending, ops::ControlFlow, time::Duration};

use purview::{CancelReason, End, Policy, TaskInfo, with_policy};
use purview_tests::{Gate, TestClock, by_hand, polled_on_every_runtime};

/// Children return text; the scope gives the names and texts of all, and why it stopped.
#[derive(Default)]
struct Keeps(Vec<(String, Option<String>)>);

impl Policy for Keeps {
    type Child<T> = (T, String);
    type Joined<T> = Option<T>;
    type Output<R> = (Vec<(String, Option<String>)>, Option<CancelReason>);

    fn child_ended<T>(&mut self, task: &TaskInfo, end: End<(T, String)>) -> (Option<Option<T>>, ControlFlow<()>) {
        let (value, text) = match end {
            End::Returned((value, text)) => (Some(value), Some(text)),
            _ => (None, None),
        };
        self.0.push((task.name().to_owned(), text));
        (Some(value), ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<(R, String)>) -> (Option<R>, ControlFlow<()>) {
        (
            if let End::Returned((value, _)) = end {
                Some(value)
            } else {
                None
            },
            ControlFlow::Continue(()),
        )
    }

    fn finish<R>(mut self, _: Option<R>, stop: Option<CancelReason>) -> Self::Output<R> {
        self.0.sort();
        (self.0, stop)
    }
}

fn finished_children_are_kept_and_the_others_are_unavailable() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let second = Duration::from_secs(1);
    let mut run = by_hand(
        with_policy(Keeps::default())
            .runtime(clock.clone())
            .timeout(second)
            .run(async |s| {
                for name in ["a", "b", "c", "d"] {
                    let wait = gate.wait();
                    s.task().name(name).spawn(async move {
                        match name {
                            "a" => {}
                            "c" => wait.await,
                            _ => pending().await,
                        }
                        ((), name.to_uppercase())
                    });
                }
                pending::<((), String)>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(second);
    let (kept, stop) = run.finish();
    let kept: Vec<_> = kept
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_deref()))
        .collect();
    assert_eq!(kept, [("a", Some("A")), ("b", None), ("c", Some("C")), ("d", None)]);
    assert_eq!(stop, Some(CancelReason::DeadlineExceeded));
}

polled_on_every_runtime!(finished_children_are_kept_and_the_others_are_unavailable);
