//! Which tasks have a span of their own, what it is below, and what it is called.

use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use futures::FutureExt;
use purview::{TaskInfo, current, fail_fast, gather, local_scope, settled, shield, timeout};
use purview_tests::{AnyRuntime, caught, served_by_every_runtime, yields};
use tracing::{Instrument, Level, Span, info_span};

use crate::recorder::Recorder;

async fn a_child_of_an_open_scope_is_below_the_scopes_span_and_follows_from_its_spawner(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    recorder
        .listen(async {
            let opened = info_span!("main");
            let (service, driver) = opened.in_scope(|| settled::<()>().name("service").runtime(runtime.clone()).open());
            let request = info_span!("request");
            let child = request.in_scope(|| service.task().name("child").spawn(async { Ok(()) }));
            let parallel = request.in_scope(|| service.task().name("parallel").parallel().spawn(async { Ok(()) }));
            let guest = request.in_scope(|| service.task().name("guest").enter(async { Ok(()) }));
            drop((service, request, opened));
            let ((), settlement) = futures::join!(
                async {
                    child.await.unwrap();
                    parallel.await.unwrap();
                    guest.await.unwrap().unwrap();
                },
                driver
            );
            settlement.unwrap();
        })
        .await;
    assert_eq!(recorder.span("service").parent.unwrap(), "main");
    for name in ["child", "parallel"] {
        let child = recorder.span(name);
        assert_eq!(
            (child.parent.as_deref(), &child.follows[..]),
            (Some("service"), &["request".to_owned()][..])
        );
    }
    // What awaits a guest is in the request.
    let guest = recorder.span("guest");
    assert_eq!((guest.parent.as_deref(), guest.follows.len()), (Some("request"), 0));
}

async fn where_an_open_scopes_span_is_disabled_its_children_are_in_what_opened_it(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::INFO);
    recorder
        .listen(async {
            let opened = info_span!("main");
            let (service, driver) = opened.in_scope(|| settled::<()>().runtime(runtime.clone()).open());
            let request = info_span!("request");
            let elsewhere = recorder.clone();
            request.in_scope(|| service.spawn(async move { elsewhere.child("below main") }));
            drop(service);
            driver.await.unwrap();

            let (service, driver) = settled::<()>().runtime(runtime.clone()).open();
            let elsewhere = recorder.clone();
            request.in_scope(|| service.spawn(async move { elsewhere.child("below the request") }));
            drop(service);
            driver.await.unwrap();
        })
        .await;
    assert_eq!(recorder.around("below main"), ["main"]);
    assert_eq!(recorder.around("below the request"), ["request"]);
}

async fn futures_of_a_gather_have_spans_where_it_has_a_name(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let work = || (0..2).map(|n| async move { Ok::<_, ()>(n) });
    let gathers = async {
        gather(work()).runtime(runtime.clone()).await.unwrap();
        gather!(async { Ok::<_, ()>(1) }, async { Ok(2) }).await.unwrap();
        assert!(recorder.spans("task-0").is_empty() && recorder.spans("task").is_empty());
        gather(work()).name("named").limit(1).await.unwrap();
        gather!(async { Ok::<_, ()>(1) }, async { Ok(2) })
            .name("mixed")
            .await
            .unwrap();
        let make = |task: &TaskInfo| info_span!("made", name = format!("made {}", task.name()));
        gather(work()).span(make).settled().await;
        gather!(async { Ok::<_, ()>(1) }).span(make).name("one").await.unwrap();
    };
    recorder
        .listen(async { gathers.instrument(info_span!("request")).await })
        .await;
    for name in [
        "named/0",
        "named/1",
        "mixed/0",
        "mixed/1",
        "made task-0",
        "made task-1",
        "made one/0",
    ] {
        assert_eq!(recorder.span(name).parent.unwrap(), "request");
    }
    assert_eq!(recorder.open(), [""; 0]);
}

async fn a_timeout_makes_no_span(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::TRACE);
    let out = fail_fast::<()>().name("scope").runtime(runtime).run(async |_| {
        let said = timeout(Duration::MAX, async { recorder.say("inside") });
        said.await.unwrap();
        Ok(())
    });
    recorder.listen(out).await.unwrap();
    assert_eq!(recorder.around("inside"), ["scope"]);
}

async fn a_child_that_is_spawned_before_its_scope_has_its_name_is_given_it_later(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let outer = fail_fast::<()>().name("outer").runtime(runtime).run(async |_| {
        fail_fast::<()>()
            .run(|s| {
                // The scope has not been polled.
                s.spawn(async { Ok(()) });
                s.spawn_parallel(async { Ok(()) });
                async move { Ok(()) }
            })
            .await
            .map_err(drop)
    });
    recorder.listen(outer).await.unwrap();
    assert!(recorder.span("outer/1").closed && recorder.span("outer/2").closed);
}

async fn what_makes_a_span_may_ask_for_a_name_that_is_not_known_yet(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let make = |task: &TaskInfo| info_span!("made", name = format!("made {}", task.name()));
    let outer = fail_fast::<()>().name("outer").runtime(runtime).run(async |_| {
        let inner = fail_fast::<()>().span(make).run(|s| {
            // The scope has not been polled.
            let name = async || Ok(current().expect("in a task").name().to_owned());
            let (child, parallel) = (s.spawn(name()), s.spawn_parallel(name()));
            async move { Ok((child.await, parallel.await)) }
        });
        inner.await.map_err(drop)
    });
    let (child, parallel) = recorder.listen(outer).await.unwrap();
    assert_eq!((child.as_str(), parallel.as_str()), ("outer/1", "outer/2"));
}

async fn a_builder_makes_the_spans_of_all_its_tasks_and_a_task_its_own(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::INFO);
    let make = |task: &TaskInfo| info_span!("made", name = format!("made {}", task.name()));
    let out = fail_fast::<()>()
        .name("scope")
        .runtime(runtime)
        .span(make)
        .run(async |s| {
            s.spawn(async { recorder.child("first") });
            let borrowed = "a local";
            let own = s.task().span(move |_| info_span!("own", borrowed));
            own.spawn(async { recorder.child("own") });
            s.task().span(|_| Span::none()).spawn(async { recorder.child("none") });
            s.defer(async { recorder.say("defer") });
            Ok(())
        });
    recorder.listen(out).await.unwrap();
    assert_eq!(recorder.around("first"), ["made scope", "made scope/1"]);
    assert_eq!(recorder.around("own"), ["made scope", "own"]);
    assert_eq!(recorder.around("none"), ["made scope"]);
    assert_eq!(recorder.around("defer"), ["made scope", "made scope/finalizer"]);
}

async fn a_panic_of_what_makes_the_span_of_a_gathered_future_waits_for_those_that_hold(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let done = &AtomicUsize::new(0);
    let holds = async || {
        shield(yields(3)).await;
        done.fetch_add(1, Relaxed);
        Ok::<_, ()>(())
    };
    let idle = async || pending::<Result<(), ()>>().await;
    let span = |task: &TaskInfo| match task.name() {
        "pages/1" => panic!("no span"),
        _ => Span::none(),
    };
    let many = gather([holds().left_future(), idle().right_future()]).name("pages");
    let many = caught(many.span(span).runtime(runtime.clone()));
    assert_eq!(recorder.listen(many).await.unwrap_err(), "no span");
    assert_eq!(done.load(Relaxed), 1);
    let mixed = gather!(holds(), idle()).name("pages").span(span).runtime(runtime);
    assert_eq!(recorder.listen(caught(mixed)).await.unwrap_err(), "no span");
    assert_eq!(done.load(Relaxed), 2);
}

/// Nothing of the scope's is lost with it: the places are there for others.
async fn a_panic_of_what_makes_a_span_goes_on_in_the_spawning_call(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let out = fail_fast::<()>().limit(1).runtime(runtime).run(async |s| {
        let bad = || s.task().span(|_| panic!("no span"));
        for _ in 0..3 {
            assert!(
                caught(async { bad().try_spawn(async { Ok(()) }).is_ok() })
                    .await
                    .is_err()
            );
            assert!(
                caught(async { bad().try_enter(async { Ok(()) }).is_ok() })
                    .await
                    .is_err()
            );
            assert!(caught(async { bad().spawn(async { Ok(()) }).id() }).await.is_err());
            assert!(
                caught(async { bad().parallel().spawn(async { Ok(()) }).id() })
                    .await
                    .is_err()
            );
        }
        assert_eq!(s.len(), 0);
        s.try_spawn(async { Ok(()) }).unwrap().await;
        Ok(())
    });
    recorder.listen(out).await.unwrap();
}

async fn events_of_a_destructor_are_inside_the_tasks_span(runtime: AnyRuntime) {
    struct SaysGoodbye(Recorder);
    impl Drop for SaysGoodbye {
        fn drop(&mut self) {
            self.0.say("goodbye");
        }
    }
    let recorder = Recorder::new(Level::DEBUG);
    let goodbye = SaysGoodbye(recorder.clone());
    let out = fail_fast::<()>().name("scope").runtime(runtime).run(async move |s| {
        let task = s.task().name("child").parallel().spawn(async move {
            let _goodbye = goodbye;
            pending::<Result<(), ()>>().await
        });
        yields(3).await;
        task.cancel();
        Ok(())
    });
    recorder.listen(out).await.unwrap();
    assert_eq!(recorder.around("goodbye"), ["scope", "child"]);
}

served_by_every_runtime!(
    a_child_of_an_open_scope_is_below_the_scopes_span_and_follows_from_its_spawner,
    where_an_open_scopes_span_is_disabled_its_children_are_in_what_opened_it,
    futures_of_a_gather_have_spans_where_it_has_a_name,
    a_timeout_makes_no_span,
    a_child_that_is_spawned_before_its_scope_has_its_name_is_given_it_later,
    what_makes_a_span_may_ask_for_a_name_that_is_not_known_yet,
    a_builder_makes_the_spans_of_all_its_tasks_and_a_task_its_own,
    a_panic_of_what_makes_a_span_goes_on_in_the_spawning_call,
    a_panic_of_what_makes_the_span_of_a_gathered_future_waits_for_those_that_hold,
    events_of_a_destructor_are_inside_the_tasks_span,
);

#[test]
fn a_scope_that_is_polled_in_another_span_later_stays_in_the_first() {
    let recorder = Recorder::new(Level::INFO);
    let late = async {
        let mut polled = Box::pin(local_scope(async |s| {
            s.spawn(async {
                yields(1).await;
                recorder.say("child");
            });
            yields(1).await;
            recorder.say("body");
        }));
        let first = info_span!("first");
        assert!(futures::poll!((&mut polled).instrument(first)).is_pending());
        polled.instrument(info_span!("second")).await;
    };
    purview::block_on(recorder.listen(late));
    assert_eq!(recorder.around("child"), ["first"]);
    assert_eq!(recorder.around("body"), ["first"]);
}
