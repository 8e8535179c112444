//! A child may cancel itself, by its own handle, in the very poll in which it runs.

use std::{future::pending, sync::Mutex};

use purview::{CancelReason, Task, cancelled, scope};
use purview_tests::{Log, PollCount, by_hand, polled_on_every_runtime};

/// The handle of the child, which its body puts there.
#[derive(Default)]
struct Own(Mutex<Option<Task<()>>>);

impl Own {
    fn set(&self, task: Task<()>) {
        *self.0.lock().unwrap() = Some(task);
    }

    fn cancel(&self) {
        self.0.lock().unwrap().as_ref().expect("it is there").cancel();
    }
}

fn is_dropped_after_that_poll() {
    let (own, polls, log) = (Own::default(), PollCount::new(), Log::new());
    let child = async {
        own.cancel();
        pending::<()>().await;
    };
    let mut run = by_hand(scope(async |s| own.set(s.spawn(polls.of(log.traced("child", child))))));
    assert!(run.poll_until_idle().is_ready());
    assert_eq!(
        (polls.get(), log.entries()),
        (1, vec!["child polled".to_owned(), "child dropped".to_owned()])
    );
}

/// It takes a place in the tree of tasks only after it has cancelled itself.
fn is_told_where_it_waits_for_that_later_in_the_same_poll() {
    let (own, heard) = (Own::default(), Mutex::new(None));
    let mut run = by_hand(scope(async |s| {
        own.set(s.spawn(async {
            own.cancel();
            *heard.lock().unwrap() = Some(cancelled().await);
        }));
    }));
    assert!(run.poll_until_idle().is_ready());
    let heard = heard.lock().unwrap().clone();
    assert!(matches!(heard, Some(CancelReason::Requested(None))), "{heard:?}");
}

fn in_its_second_poll_too() {
    let (own, polls) = (Own::default(), PollCount::new());
    let child = async {
        purview::checkpoint().await;
        own.cancel();
        pending::<()>().await;
    };
    let mut run = by_hand(scope(async |s| own.set(s.spawn(polls.of(child)))));
    assert!(run.poll_until_idle().is_ready());
    assert_eq!(polls.get(), 2);
}

polled_on_every_runtime!(
    is_dropped_after_that_poll,
    is_told_where_it_waits_for_that_later_in_the_same_poll,
    in_its_second_poll_too,
);
