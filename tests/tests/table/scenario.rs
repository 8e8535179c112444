//! A scope with a body, an older plain child and a subject; something happens to it, and the events are read off.

use std::{pin::pin, time::Duration};

use futures::future::{Either, select};
use purview::{CancelToken, FailFast, Scope, ScopeError, cancelled, fail_fast, shield};
use purview_tests::{Gate, Log, TestClock, by_hand};

type Failure = &'static str;
type Handle = Scope<'static, FailFast<Failure>>;

/// What happens to the scope.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cause {
    BodyReturns,
    ChildFails,
    ChildPanics,
    BodyPanics,
    DeadlineFires,
    TokenIsCancelled,
    ParentIsCancelled,
    FutureIsDropped,
}

/// What the subject does.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Waits to finish.
    Plain,
    /// Waits to finish behind a shield.
    Shielded,
    /// Waits to finish or to be told.
    Told,
    /// Has registered a finalizer that waits, and waits to finish.
    Deferring,
}

/// Where the subject is.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// A child of the scope.
    Child,
    /// The only child of a scope that is itself the child.
    Nested,
}

/// Writes a test for each cell: its name, the kind and place of its subject, and the events from the cause on.
/// `"(released)"` is where the test releases the tasks that wait for that.
macro_rules! cells {
    ($cause:ident: $($name:ident = $kind:ident $place:ident => [$($event:literal),* $(,)?])+) => {
        use crate::scenario::{Cause, Kind, Place, what_happens};
        $(
            fn $name() {
                assert_eq!(what_happens(Cause::$cause, Kind::$kind, Place::$place), [$($event),*]);
            }
        )+
        purview_tests::polled_on_every_runtime!($($name),+);
    };
}

#[derive(Clone)]
struct Scene {
    cause: Cause,
    kind: Kind,
    place: Place,
    log: Log,
    clock: TestClock,
    token: CancelToken,
    /// Opened to let the body return or panic.
    body: Gate,
    /// Opened to let the trigger fail or panic.
    trigger: Gate,
    /// Opened to let all tasks finish.
    finish: Gate,
    /// What a subject waits on after it was released; open only where nothing is cancelled.
    tail: Gate,
}

const SECOND: Duration = Duration::from_secs(1);

/// The events from the cause to the end.
pub(crate) fn what_happens(cause: Cause, kind: Kind, place: Place) -> Vec<String> {
    let scene = Scene {
        cause,
        kind,
        place,
        log: Log::new(),
        clock: TestClock::new(),
        token: CancelToken::new(),
        body: Gate::new(),
        trigger: Gate::new(),
        finish: Gate::new(),
        tail: Gate::new(),
    };
    let log = scene.log.clone();
    let mut run = by_hand(purview_tests::caught(scene.clone().whole()));
    assert!(run.poll_until_idle().is_pending());
    log.clear();
    match cause {
        Cause::BodyReturns => {
            scene.tail.open();
            scene.body.open();
        }
        Cause::BodyPanics => scene.body.open(),
        Cause::ChildFails | Cause::ChildPanics => scene.trigger.open(),
        Cause::DeadlineFires => scene.clock.advance(SECOND),
        Cause::TokenIsCancelled | Cause::ParentIsCancelled => scene.token.cancel(),
        Cause::FutureIsDropped => {
            drop(run);
            return log.entries();
        }
    }
    if run.poll_until_idle().is_pending() {
        log.note("(released)");
        scene.finish.open();
        if let Err(message) = run.finish() {
            log.note(format!("scope: panicked with {message}"));
        }
    } else if !log
        .entries()
        .last()
        .is_some_and(|last| last.starts_with("scope: ") || last.starts_with("parent: "))
    {
        log.note("scope: panicked with boom");
    }
    log.entries()
}

impl Scene {
    /// The scope, inside a parent where the parent is what is cancelled.
    async fn whole(self) {
        let log = self.log.clone();
        if self.cause != Cause::ParentIsCancelled {
            let outcome = self.scope(true).await;
            log.note(format!("scope: {}", told(outcome)));
            return;
        }
        let parent = fail_fast::<Failure>()
            .cancel_on(&self.token)
            .run(async |parent: Handle| {
                let (scene, log) = (self.clone(), log.clone());
                drop(parent.spawn(async move {
                    let outcome = scene.scope(false).await;
                    log.note(format!("scope: {}", told(outcome)));
                    Ok(())
                }));
                std::future::pending::<Result<(), Failure>>().await
            });
        log.note(format!("parent: {}", told(parent.await)));
    }

    fn scope(&self, with_token: bool) -> impl Future<Output = Result<(), ScopeError<Failure>>> + Send + use<> {
        let scene = self.clone();
        let mut builder = fail_fast().runtime(scene.clock.clone()).timeout(SECOND);
        if with_token {
            builder = builder.cancel_on(&scene.token);
        }
        builder.run(move |s: Handle| {
            let log = scene.log.clone();
            log.traced("body", async move {
                let older = scene.finish.wait();
                drop(s.spawn(scene.log.traced("older", async {
                    older.await;
                    Ok(())
                })));
                drop(s.spawn(scene.log.traced("subject", scene.clone().subject(s.clone()))));
                if matches!(scene.cause, Cause::ChildFails | Cause::ChildPanics) {
                    let trigger = scene.clone();
                    drop(s.spawn(scene.log.traced("trigger", async move {
                        trigger.trigger.wait().await;
                        assert!(trigger.cause != Cause::ChildPanics, "boom");
                        Err::<(), _>("boom")
                    })));
                }
                scene.body.wait().await;
                assert!(scene.cause != Cause::BodyPanics, "boom");
                Ok(())
            })
        })
    }

    async fn subject(self, s: Handle) -> Result<(), Failure> {
        if let Place::Child = self.place {
            return self.acts("subject", s).await;
        }
        let log = self.log.clone();
        let nested = fail_fast::<Failure>().run(async |s: Handle| {
            drop(s.spawn(self.log.traced("inner", self.clone().acts("inner", s.clone()))));
            Ok(())
        });
        log.note(format!("subject: {}", told(nested.await)));
        Ok(())
    }

    async fn acts(self, name: &'static str, s: Handle) -> Result<(), Failure> {
        let log = self.log.clone();
        match self.kind {
            Kind::Plain => {
                self.finish.wait().await;
                log.note(format!("{name} finished"));
            }
            Kind::Shielded => {
                shield(async {
                    self.finish.wait().await;
                    log.note(format!("{name} cleaned up"));
                })
                .await;
                log.note(format!("{name} went past its shield"));
                self.tail.wait().await;
            }
            Kind::Told => match select(pin!(cancelled()), pin!(self.finish.wait())).await {
                Either::Left((why, _)) => {
                    log.note(format!("{name} was told {why:?}"));
                    self.tail.wait().await;
                    log.note(format!("{name} went on"));
                }
                Either::Right(_) => log.note(format!("{name} finished")),
            },
            Kind::Deferring => {
                let (finish, written) = (self.finish.wait(), log.clone());
                s.defer(log.traced("finalizer", async move {
                    finish.await;
                    written.note("finalizer ran");
                }));
                self.finish.wait().await;
                log.note(format!("{name} finished"));
            }
        }
        Ok(())
    }
}

fn told(outcome: Result<(), ScopeError<Failure>>) -> String {
    match outcome {
        Ok(()) => "value".to_owned(),
        Err(error) if error.is_deadline_exceeded() => "deadline exceeded".to_owned(),
        Err(error) if error.is_cancelled() => format!("cancelled, {:?}", error.reason()),
        Err(error) => format!("failed with {}", error.into_failure().unwrap_or("nothing")),
    }
}
