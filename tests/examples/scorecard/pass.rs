//! How much a scope does in one poll.

use std::future::pending;

use purview::{JoinAll, Scope};
use purview_tests::{ByHand, PollCount, by_hand, yields};

const POLLS: usize = 200;

/// The most steps that one poll took, over programs that would never come to an end by themselves or would be long about
/// it: polls of a child or of the body, and ends of children. The third kind of step, the entry of a child into the set,
/// cannot be seen from outside.
pub(crate) fn most_steps() -> usize {
    let (children, body) = (PollCount::new(), PollCount::new());
    let ends = PollCount::new();
    let (children, body, ends) = (&children, &body, &ends);
    let ready = || async { ends.add_one() };
    let programs: [usize; 4] = [
        most(
            &[children, ends],
            by_hand(purview::scope(async |s| {
                for _ in 0..10_000 {
                    s.spawn(children.of(ready()));
                }
            })),
        ),
        most(
            &[children],
            by_hand(purview::scope(async |s| {
                for _ in 0..10_000 {
                    s.spawn(children.of(yields(1000)));
                }
            })),
        ),
        most(
            &[children, ends],
            by_hand(purview::scope(async |s| successor(&s, children, ends))),
        ),
        most(
            &[children, body],
            by_hand(purview::scope(|s| {
                body.of(async move {
                    s.spawn(children.of(pending::<()>()));
                    yields(usize::MAX).await;
                })
            })),
        ),
    ];
    programs.into_iter().max().expect("there are programs")
}

fn successor<'env>(s: &Scope<'env, JoinAll>, polls: &'env PollCount, ends: &'env PollCount) {
    let handle = s.clone();
    s.spawn(polls.of(async move {
        ends.add_one();
        successor(&handle, polls, ends);
    }));
}

/// The most that the counts rose by in one poll.
fn most<F: Future<Output = ()>>(counts: &[&PollCount], mut run: ByHand<F>) -> usize {
    let sum = || counts.iter().map(|count| count.get()).sum::<usize>();
    let mut most = 0;
    for _ in 0..POLLS {
        let before = sum();
        let ended = run.poll().is_ready();
        most = most.max(sum() - before);
        if ended {
            break;
        }
    }
    assert!(most > 0, "the program ran");
    most
}
