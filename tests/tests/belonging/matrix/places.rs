//! The places in which a future is polled first, and those in which it is awaited then.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use purview::{CancelToken, fail_fast, timeout};
use purview_tests::{ByHand, TestClock, by_hand, poll_once};

use super::probe::Subject;

pub(super) const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum First {
    Outside,
    InATimeoutThatEndsWell,
    InATimeoutThatExpires,
    InAChildThatEnds,
    InAnotherScopesBody,
}

pub(super) const FIRST: [First; 5] = [
    First::Outside,
    First::InATimeoutThatEndsWell,
    First::InATimeoutThatExpires,
    First::InAChildThatEnds,
    First::InAnotherScopesBody,
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Then {
    AwaitedOutside,
    InATimeout,
    Spawned,
}

pub(super) const THEN: [Then; 3] = [Then::AwaitedOutside, Then::InATimeout, Then::Spawned];

/// A place that lives on, and can be cancelled.
pub(super) struct Place<T> {
    run: ByHand<Pin<Box<dyn Future<Output = T> + Send>>>,
    token: CancelToken,
}

type Slot = Arc<Mutex<Option<Subject>>>;

fn put(slot: &Slot, subject: Subject) {
    *slot.lock().expect("no test panics while it moves") = Some(subject);
}

impl First {
    /// Polls the subject here for the first time, and takes it out again.
    pub(super) fn poll(self, clock: &TestClock, mut subject: Subject) -> (Subject, Option<Place<()>>) {
        if self == Self::Outside {
            assert!(by_hand(subject.as_mut()).poll().is_pending());
            return (subject, None);
        }
        let (token, slot) = (CancelToken::new(), Slot::default());
        let (out, hands) = (slot.clone(), slot.clone());
        let run = fail_fast::<()>()
            .runtime(clock.clone())
            .cancel_on(&token)
            .run(async move |s| {
                match self {
                    Self::InATimeoutThatEndsWell => {
                        let polled = timeout(SECOND, poll_once(subject.as_mut())).await;
                        assert!(polled.is_ok_and(|polled| polled.is_pending()));
                        put(&slot, subject);
                    }
                    Self::InATimeoutThatExpires => {
                        assert!(timeout(SECOND, &mut subject).await.is_err());
                        put(&slot, subject);
                    }
                    Self::InAChildThatEnds => {
                        s.spawn(async move {
                            assert!(poll_once(subject.as_mut()).await.is_pending());
                            put(&hands, subject);
                            Ok(())
                        })
                        .await;
                    }
                    Self::Outside | Self::InAnotherScopesBody => {
                        assert!(poll_once(subject.as_mut()).await.is_pending());
                        put(&slot, subject);
                    }
                }
                std::future::pending::<Result<(), ()>>().await
            });
        let run: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async { drop(run.await) });
        let mut place = Place {
            run: by_hand(run),
            token,
        };
        assert!(place.run.poll_until_idle().is_pending());
        if self == Self::InATimeoutThatExpires {
            clock.advance(SECOND);
            assert!(place.run.poll_until_idle().is_pending());
        }
        let subject = out.lock().expect("no test panics while it moves").take();
        (subject.expect("it was put there"), Some(place))
    }
}

impl Then {
    /// How long after its first poll there the place has its deadline.
    pub(super) fn deadline(self) -> Option<Duration> {
        match self {
            Self::AwaitedOutside => None,
            Self::InATimeout => Some(10 * SECOND),
            Self::Spawned => Some(20 * SECOND),
        }
    }

    /// Where the subject is awaited: gives its value, or `None` where the place was cancelled.
    pub(super) fn await_in(self, clock: &TestClock, subject: Subject) -> Place<Option<u32>> {
        let token = CancelToken::new();
        let run: Pin<Box<dyn Future<Output = Option<u32>> + Send>> = match self {
            Self::AwaitedOutside => Box::pin(async { Some(subject.await) }),
            Self::InATimeout => {
                let run = fail_fast::<()>().runtime(clock.clone());
                let run = run.run(async |_| timeout(10 * SECOND, subject).await.map_err(drop));
                Box::pin(async { run.await.ok() })
            }
            Self::Spawned => {
                let run = fail_fast::<()>()
                    .runtime(clock.clone())
                    .timeout(20 * SECOND)
                    .cancel_on(&token);
                let run = run.run(async |s| Ok(s.spawn(async { Ok(subject.await) }).await));
                Box::pin(async { run.await.ok() })
            }
        };
        Place {
            run: by_hand(run),
            token,
        }
    }

    /// Cancels the place.
    pub(super) fn cancel(self, clock: &TestClock, place: &Place<Option<u32>>) {
        match self {
            Self::AwaitedOutside => unreachable!("there is nothing around it"),
            Self::InATimeout => clock.advance(10 * SECOND),
            Self::Spawned => place.token.cancel(),
        }
    }
}

impl<T> Place<T> {
    pub(super) fn run(&mut self) -> &mut ByHand<Pin<Box<dyn Future<Output = T> + Send>>> {
        &mut self.run
    }

    pub(super) fn token(&self) -> &CancelToken {
        &self.token
    }
}
