//! What a child tells is inside the span that was current where it was spawned: wherever the child runs, and whether its own
//! span is listened to or not.

use std::io;

use futures::StreamExt;
use purview::{FailFast, Scope, block_on, fail_fast, local_scope, scope, settled, spawn_blocking};
use purview_tests::{AnyRuntime, local_on_every_runtime, served_by_every_runtime, yields};
use tracing::{Instrument, Level, info, info_span};
use tracing_subscriber::{Layer, filter::LevelFilter, fmt, layer::SubscriberExt};

use crate::{lines::Lines, recorder::Recorder};

#[test]
fn parallel_and_blocking_children_log_inside_the_span_they_were_spawned_in() {
    for level in [Level::TRACE, Level::INFO] {
        let lines = Lines::default();
        let sink = lines.clone();
        let subscriber = fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || sink.clone())
            .finish();
        let dispatch = tracing::Dispatch::new(subscriber);
        let _default = tracing::dispatcher::set_default(&dispatch);
        let (a, b) = (dispatch.clone(), dispatch.clone());
        block_on(
            scope(async |s| {
                s.spawn(async { tracing::info!("plain") });
                s.spawn_parallel(async move { tracing::dispatcher::with_default(&a, || tracing::info!("parallel")) });
                s.spawn_blocking(move |_| tracing::dispatcher::with_default(&b, || tracing::info!("blocking")));
            })
            .instrument(info_span!("request")),
        );
        let text = lines.text();
        for what in ["plain", "parallel", "blocking"] {
            let line = text
                .lines()
                .find(|l| l.contains(what))
                .unwrap_or_else(|| panic!("no line of {what} in {text}"));
            assert!(line.contains("request"), "{what} at {level}: {line}");
        }
    }
}

/// What one of two layers writes: this one does not see the spans of tasks, which the other one does.
fn lines_beside_a_layer_that_sees_more(program: impl AsyncFnOnce()) -> String {
    let lines = Lines::default();
    let sink = lines.clone();
    let seen = fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .with_filter(LevelFilter::INFO);
    let more = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::DEBUG);
    let subscriber = tracing_subscriber::registry().with(more).with(seen);
    let _default = tracing::subscriber::set_default(subscriber);
    block_on(program().instrument(info_span!("request")));
    lines.text()
}

#[expect(clippy::unnecessary_wraps, reason = "a child of these scopes returns a result")]
fn say(what: &str) -> Result<(), ()> {
    info!("{what}");
    Ok(())
}

/// tokio, with the subscriber of this thread on its threads.
fn tokio_that_is_listened_to() -> tokio::runtime::Runtime {
    let here = tracing::dispatcher::get_default(Clone::clone);
    tokio::runtime::Builder::new_multi_thread()
        .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&here)))
        .build()
        .unwrap()
}

#[test]
fn a_layer_that_does_not_see_the_spans_of_tasks_sees_what_is_around_them_on_other_threads() {
    let program = async |s: Scope<'_, FailFast<()>>| {
        s.spawn_parallel(async {
            yields(2).await;
            info!("parallel");
            scope(async |s| s.spawn_blocking(|_| info!("inner")).await).await;
            Ok(())
        });
        s.spawn_blocking(|_| say("blocking"));
        s.spawn(async { spawn_blocking(|| say("free")).await });
        info_span!("step").in_scope(|| {
            s.spawn_parallel(async { say("below a step") });
            let own = s.task().span(|_| info_span!("own"));
            own.parallel().spawn(async { say("its own") });
        });
        Ok(())
    };
    let text = lines_beside_a_layer_that_sees_more(async || {
        let tokio = tokio_that_is_listened_to();
        let (service, driver) = info_span!("service").in_scope(|| settled::<()>().open());
        let driver = tokio.spawn(driver);
        drop(service.spawn(async { say("of a service") }));
        let guest = service.enter(async { say("a guest") });
        tokio.spawn(guest).await.unwrap().unwrap().unwrap();
        drop(service);
        driver.await.unwrap().unwrap();
        let runtime = purview_tokio::Tokio::new(tokio.handle().clone());
        fail_fast().runtime(runtime).run(program).await.unwrap();
    });
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.sort_unstable();
    let target = module_path!();
    let expected = [
        format!("INFO request: {target}: a guest"),
        format!("INFO request: {target}: blocking"),
        format!("INFO request: {target}: free"),
        format!("INFO request: {target}: inner"),
        format!("INFO request: {target}: parallel"),
        format!("INFO request:service: {target}: of a service"),
        format!("INFO request:step: {target}: below a step"),
        format!("INFO request:step:own: {target}: its own"),
    ];
    assert_eq!(lines, expected, "{text}");
}

async fn say_late(recorder: &Recorder, what: &str) -> Result<(), ()> {
    yields(2).await;
    recorder.child(what)
}

/// Every way into a scope, and where what is spawned so tells that it runs.
async fn every_child_is_in_the_span_of_its_spawner(runtime: AnyRuntime) {
    for level in [Level::TRACE, Level::INFO] {
        let recorder = Recorder::new(level);
        let say = |what: &'static str| {
            let recorder = recorder.clone();
            move || recorder.child(what)
        };
        let done = fail_fast::<()>().name("scope").runtime(runtime.clone()).run(async |s| {
            let spawning = info_span!("spawning");
            let (parallel, blocking, guest) = (say("parallel"), say("blocking"), say("guest"));
            let (started, produced, deferred, closure) = (say("start"), say("produce"), say("defer"), say("closure"));
            let mut waiting = Vec::new();
            let (entered, start, mut stream) = spawning.in_scope(|| {
                waiting.push(s.spawn(say_late(&recorder, "plain")));
                waiting.push(s.task().name("named").spawn(say_late(&recorder, "named")));
                waiting.push(s.spawn_parallel(async move {
                    yields(2).await;
                    parallel()
                }));
                waiting.push(s.spawn_blocking(move |_| blocking()));
                s.defer(async move { deferred() });
                let entered = s.enter(async move {
                    yields(2).await;
                    guest()
                });
                let start = s.start(async move |ready| {
                    started()?;
                    ready.set(()).unwrap();
                    Ok(())
                });
                let stream = s.produce(1, async move |tx| {
                    produced()?;
                    tx.send(()).await.unwrap();
                    Ok(())
                });
                (entered, start, stream)
            });
            for task in waiting {
                task.await;
            }
            entered.await.unwrap();
            start.await.unwrap();
            stream.next().await;
            spawn_blocking(closure).instrument(spawning).await?;
            Ok(())
        });
        let request = async { done.instrument(info_span!("request")).await };
        recorder.listen(request).await.unwrap();

        for what in [
            "plain", "named", "parallel", "blocking", "guest", "start", "produce", "defer",
        ] {
            let around = recorder.around(what);
            let own = match level {
                Level::INFO => ["request", "spawning"].as_slice(),
                _ => &["request", "scope", "spawning"],
            };
            assert_eq!(around[..own.len()], *own, "{what} at {level}");
            assert_eq!(
                around.len(),
                own.len() + usize::from(level == Level::TRACE),
                "{what}: {around:?}"
            );
        }
        assert_eq!(recorder.around("closure").last().unwrap(), "spawning");
        assert_eq!(recorder.open(), [""; 0]);
    }
}

served_by_every_runtime!(every_child_is_in_the_span_of_its_spawner);

async fn so_is_every_child_of_a_local_scope() {
    for level in [Level::TRACE, Level::INFO] {
        let recorder = Recorder::new(level);
        let done = local_scope(async |s| {
            let spawning = info_span!("spawning").entered();
            s.spawn(async {
                yields(2).await;
                recorder.say("plain");
            });
            let elsewhere = recorder.clone();
            s.spawn_parallel(async move {
                yields(2).await;
                elsewhere.say("parallel");
            });
            let elsewhere = recorder.clone();
            s.spawn_blocking(move |_| elsewhere.say("blocking"));
            s.defer(async { recorder.say("defer") });
            drop(spawning);
            s.start(async |ready| {
                recorder.say("start");
                ready.set(()).unwrap();
            })
            .instrument(info_span!("spawning"))
            .await
            .unwrap();
        });
        recorder
            .listen(async { done.instrument(info_span!("request")).await })
            .await;
        for what in ["plain", "parallel", "blocking", "defer"] {
            assert!(
                recorder.around(what).contains(&"spawning".to_owned()),
                "{what} at {level}"
            );
        }
        for what in ["plain", "parallel", "blocking", "defer", "start"] {
            assert_eq!(recorder.around(what)[0], "request", "{what} at {level}");
        }
        assert_eq!(recorder.open(), [""; 0]);
    }
}

local_on_every_runtime!(so_is_every_child_of_a_local_scope);
