//! A destructor that meddles with the scope that calls it.

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use futures::FutureExt;
use purview::{ScopeError, fail_fast};
use purview_tests::{AnyRuntime, CallsOnDrop, by_hand, yields};

use crate::{
    live::{Alive, Live},
    meddle::{Meddled, everything, everything_and_cancel},
};

type Ended = Result<(), ScopeError<&'static str>>;

/// What meddles when it is dropped; counted.
struct Meddles {
    scope: Meddled,
    how: fn(&Meddled, &Live),
    live: Live,
    _alive: Alive,
}

impl Drop for Meddles {
    fn drop(&mut self) {
        (self.how)(&self.scope, &self.live);
    }
}

fn meddles(s: &Meddled, how: fn(&Meddled, &Live), live: &Live) -> Meddles {
    Meddles {
        scope: s.clone(),
        how,
        live: live.clone(),
        _alive: live.value(),
    }
}

const BOTH: [fn(&Meddled, &Live); 2] = [everything, everything_and_cancel];

async fn of_children_that_end(runtime: AnyRuntime) {
    for how in BOTH {
        let live = Live::new();
        let out: Ended = fail_fast()
            .runtime(runtime.clone())
            .run(async |s| {
                for _ in 0..3 {
                    let (here, there) = (meddles(&s, how, &live), meddles(&s, how, &live));
                    s.spawn(async move {
                        let _here = here;
                        yields(1).await;
                        Ok(())
                    });
                    s.spawn_parallel(async move {
                        let _there = there;
                        yields(1).await;
                        Ok(())
                    });
                }
                Ok(())
            })
            .await;
        assert!(out.is_ok() || out.is_err_and(|error| error.is_cancelled()));
        live.all_dropped(live.made()).await;
    }
}

async fn of_children_that_are_cancelled(runtime: AnyRuntime) {
    for how in BOTH {
        let live = Live::new();
        let out: Ended = fail_fast()
            .runtime(runtime.clone())
            .run(async |s| {
                for _ in 0..3 {
                    let (here, there) = (meddles(&s, how, &live), meddles(&s, how, &live));
                    s.spawn(async move {
                        let _here = here;
                        pending::<Result<(), _>>().await
                    });
                    s.spawn_parallel(async move {
                        let _there = there;
                        pending::<Result<(), _>>().await
                    });
                }
                let _body = meddles(&s, how, &live);
                yields(3).await;
                Err("no")
            })
            .await;
        assert!(out.is_err());
        live.all_dropped(live.made()).await;
    }
}

async fn of_one_child_that_is_cancelled(runtime: AnyRuntime) {
    for how in BOTH {
        let live = Live::new();
        let out: Ended = fail_fast()
            .runtime(runtime.clone())
            .limit(3)
            .run(async |s| {
                let held = meddles(&s, how, &live);
                let task = s.spawn(async move {
                    let _held = held;
                    pending::<Result<(), _>>().await
                });
                yields(2).await;
                task.cancel();
                while !task.is_finished() {
                    yields(1).await;
                }
                Ok(())
            })
            .await;
        assert!(out.is_ok() || out.is_err_and(|error| error.is_cancelled()));
        live.all_dropped(live.made()).await;
    }
}

fn of_children_whose_scope_is_dropped(runtime: AnyRuntime) {
    for how in BOTH {
        for unwinding in [false, true] {
            let live = Live::new();
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                let mut run = by_hand(fail_fast().runtime(runtime.clone()).run(async |s| {
                    for _ in 0..3 {
                        let held = meddles(&s, how, &live);
                        s.spawn(async move {
                            let _held = held;
                            pending::<Result<(), _>>().await
                        });
                    }
                    let held = meddles(&s, how, &live);
                    s.defer(async move { drop(held) });
                    let _body = meddles(&s, how, &live);
                    pending::<Result<(), &'static str>>().await
                }));
                assert!(run.poll_until_idle().is_pending());
                if unwinding {
                    panic!("the first panic");
                }
            }));
            assert_eq!(dropped.is_err(), unwinding);
            live.wait_dropped(live.made());
        }
    }
}

async fn of_outputs_and_errors(runtime: AnyRuntime) {
    for how in BOTH {
        let live = Live::new();
        let out: Ended = fail_fast()
            .runtime(runtime.clone())
            .run(async |s| {
                let (unclaimed, dropped) = (meddles(&s, how, &live), meddles(&s, how, &live));
                drop(s.spawn(ready(Ok(unclaimed))));
                let task = s.spawn(ready(Ok(dropped)));
                while !task.is_finished() {
                    yields(1).await;
                }
                drop(task);
                yields(2).await;
                Ok(())
            })
            .await;
        assert!(out.is_ok() || out.is_err_and(|error| error.is_cancelled()));
        live.all_dropped(live.made()).await;
    }
}

/// The payload of a panic meddles when it is dropped.
async fn of_payloads(runtime: AnyRuntime) {
    for how in BOTH {
        let live = Live::new();
        let out = AssertUnwindSafe(fail_fast().runtime(runtime.clone()).run(async |s| {
            for _ in 0..2 {
                let held = Mutex::new(meddles(&s, how, &live));
                s.spawn(async move {
                    if true {
                        std::panic::panic_any(held);
                    }
                    Ok(())
                });
            }
            pending::<Result<(), &'static str>>().await
        }));
        let payload = out.catch_unwind().await.expect_err("they panicked");
        assert!(payload.is::<Mutex<Meddles>>());
        drop(payload);
        live.all_dropped(live.made()).await;
    }
}

async fn of_a_future_that_is_refused(runtime: AnyRuntime) {
    for how in BOTH {
        let live = Live::new();
        let s: Meddled = fail_fast()
            .runtime(runtime.clone())
            .run(async |s| Ok(s))
            .await
            .expect("no child failed");
        let held = meddles(&s, how, &live);
        drop(s.spawn(async move {
            drop(held);
            Ok(())
        }));
        let held = meddles(&s, how, &live);
        s.defer(async move { drop(held) });
        live.all_dropped(live.made()).await;
    }
}

/// The last handle of an open scope goes in a destructor of its last child.
async fn of_the_last_child_of_an_open_scope(runtime: AnyRuntime) {
    let live = Live::new();
    let (service, driver) = fail_fast::<&str>().runtime(runtime).open();
    let (handle, inside) = (service.clone(), live.clone());
    let calls = CallsOnDrop(move || drop(handle.clone().spawn(inside.within(yields(2).map(Ok)))));
    drop(service.spawn(live.within(async move {
        let _calls = calls;
        yields(1).await;
        Ok(())
    })));
    drop(service);
    assert!(driver.await.is_ok());
    live.assert_dropped(2);
}

faults! {
    run {
        of_children_that_end,
        of_children_that_are_cancelled,
        of_one_child_that_is_cancelled,
        of_outputs_and_errors,
        of_payloads,
        of_a_future_that_is_refused,
        of_the_last_child_of_an_open_scope,
    }
    by_hand {
        of_children_whose_scope_is_dropped,
    }
}
