//! An actor goes through its script.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use purview_core::{Policy, Ready, Scope, StartError, Task, Timer, cancelled, checkpoint, shield, sleep};

use super::{
    cast::{actor, at_once, finalizer, starting},
    group,
    last_will::{acts_on_wake, spawning},
    nest::Scoped,
};
use crate::{
    actor::{Output, origin},
    flavor::Flavor,
    program::{ActorId, Op, Place, ScopeId, ScopeSpec, Script},
    trace::{Begun, Event, Wait, World},
};

pub(super) async fn performing<P: Flavor>(
    world: World,
    me: ActorId,
    ops: Vec<Op>,
    within: ScopeId,
    scope: Scope<'static, P>,
    ready: Option<Ready<()>>,
) where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    let mut performer = Performer {
        world,
        me,
        within,
        scope,
        tasks: Vec::new(),
        ready,
        timeouts: 0,
    };
    performer.perform(ops).await;
}

/// Awaits `future`, and says so.
pub(super) async fn waiting<T>(world: &World, me: ActorId, wait: Wait, future: impl Future<Output = T>) -> T {
    world.log(Event::Waits(me, wait));
    let output = future.await;
    world.log(Event::GoesOn(me));
    output
}

/// Wakes itself once.
pub(super) fn turn() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// An actor that is going through its script.
pub(super) struct Performer<P: Flavor> {
    pub(super) world: World,
    pub(super) me: ActorId,
    pub(super) within: ScopeId,
    scope: Scope<'static, P>,
    tasks: Vec<(ActorId, Option<ChildTask<P>>)>,
    /// Where to say that it is ready, if another actor waits for that.
    ready: Option<Ready<()>>,
    /// How many timeouts it is inside of.
    pub(super) timeouts: usize,
}

type ChildTask<P> = Task<<P as Policy>::Joined<ActorId>>;

impl<P: Flavor> Performer<P>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    pub(super) fn perform(&mut self, ops: Vec<Op>) -> BoxFuture<'_, ()> {
        async move {
            for op in ops {
                self.step(op).await;
            }
        }
        .boxed()
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Yield => self.wait(Wait::Yield, turn()).await,
            Op::Checkpoint => self.wait(Wait::Checkpoint, checkpoint()).await,
            Op::Sleep(duration) => {
                let until = self.world.runtime.elapsed() + duration;
                self.wait(Wait::Until(until), sleep(duration)).await;
            }
            Op::Forever => self.wait(Wait::Forever, std::future::pending()).await,
            Op::Spawn(place, script) => self.spawn(place, script),
            Op::Await(index) => {
                if let Some((child, task)) = self.take(index) {
                    let joined = self.wait(Wait::Task(child), task).await;
                    self.world.log(Event::Joined(self.me, P::seen(joined)));
                }
            }
            Op::AwaitAndSpawn(index, script) => self.await_and_spawn(index, script).await,
            Op::DropTask(index) => drop(self.take(index)),
            Op::CancelTask(index) => {
                if let Some((child, task)) = self.peek(index) {
                    self.world.log(Event::CancelsTask(child));
                    task.cancel();
                }
            }
            Op::CancelScope => {
                self.world.log(Event::CancelsScope(self.within));
                self.scope.cancel();
            }
            Op::Nest(spec) => {
                let scope = self.nest(spec);
                self.wait(Wait::Scope(scope.id()), scope).await;
            }
            Op::NestAndDrop(spec, polls) => {
                let id = spec.id;
                let mut scope = self.nest(spec);
                let polled = async {
                    scope.polls(polls).await;
                    scope.discard();
                };
                self.wait(Wait::Scope(id), polled).await;
            }
            Op::Shield(ops) => {
                let (world, me) = (self.world.clone(), self.me);
                world.log(Event::EntersShield(me));
                shield(self.perform(ops)).await;
                world.log(Event::LeavesShield(me));
            }
            Op::UntilCancelled => {
                let reason = self.wait(Wait::Cancelled, cancelled()).await;
                self.world.log(Event::Hears(self.me, reason));
            }
            Op::UntilToken => {
                let reason = self
                    .wait(Wait::Token(self.within), self.scope.token().cancelled())
                    .await;
                self.world.log(Event::Hears(self.me, reason));
            }
            Op::UntilTokenOf { outwards, child } => self.until_token(outwards, child).await,
            Op::Timeout(duration, ops) => self.within_timeout(duration, ops).boxed().await,
            Op::Moves(moves) => self.moves(moves).boxed().await,
            Op::AskDeadline => self.ask_deadline(),
            Op::Block(duration) => self.block(duration),
            Op::SetDeadline(from_now) => self.set_deadline(from_now),
            Op::Permit(ops, script) => self.spawn_on_permit(ops, script).await,
            Op::Start(script) => self.start(script).await,
            Op::SetReady => {
                self.world.log(Event::SetsReady(self.me));
                if let Some(ready) = &self.ready {
                    let _ = ready.set(());
                }
            }
            Op::Group(group) => {
                let run = group::run(self.world.clone(), (self.me, self.within), group);
                run.boxed().await;
            }
            Op::CancelToken(token) => {
                self.world.log(Event::CancelsToken(token));
                self.world.tokens[token].cancel();
            }
            Op::Defer(script) => {
                self.world.log(Event::Defers {
                    finalizer: script.id,
                    scope: self.within,
                });
                P::defer(
                    &self.scope,
                    finalizer(&self.world, script, self.within, self.scope.clone()),
                );
            }
        }
    }

    pub(super) async fn wait<T>(&self, wait: Wait, future: impl Future<Output = T>) -> T {
        waiting(&self.world, self.me, wait, future).await
    }

    fn nest(&self, spec: ScopeSpec) -> Scoped {
        let scope = Scoped::new(self.world.clone(), spec);
        scope.is_polled_in(self.within);
        scope
    }

    async fn await_and_spawn(&mut self, index: usize, script: Script) {
        if let Some((child, mut task)) = self.take(index) {
            let mut act = Some(spawning(&self.world, script, self.within, &self.scope));
            let spawning = poll_fn(|cx| {
                let Some(act) = act.take() else {
                    return Pin::new(&mut task).poll(cx);
                };
                let waker = acts_on_wake(act, cx.waker().clone());
                Pin::new(&mut task).poll(&mut Context::from_waker(&waker))
            });
            let joined = self.wait(Wait::Task(child), spawning).await;
            self.world.log(Event::Joined(self.me, P::seen(joined)));
        }
    }

    async fn spawn_on_permit(&mut self, ops: Vec<Op>, script: Script) {
        let permit = self.wait(Wait::Permit, self.scope.permit()).await;
        self.perform(ops).await;
        let (child, scope) = (script.id, self.within);
        self.world.log(Event::SpawnsOnPermit { child, scope });
        let future = actor::<P>(&self.world, script, scope, self.scope.clone());
        self.tasks.push((child, Some(permit.spawn(future))));
    }

    fn set_deadline(&self, from_now: Option<Duration>) {
        let runtime = &self.world.runtime;
        let set = self
            .scope
            .set_deadline(from_now.map(|from_now| runtime.now() + from_now));
        let deadline = from_now.map(|from_now| runtime.elapsed() + from_now);
        self.world.log(Event::SetsDeadline(self.within, deadline, set.is_ok()));
    }

    async fn start(&self, script: Script) {
        let (child, scope) = (script.id, self.within);
        let start = self.scope.start(|ready| {
            // Not called by a scope that accepts no more children.
            self.world.log(Event::Starts { child, scope });
            starting::<P>(&self.world, script, scope, self.scope.clone(), ready)
        });
        let begun = match self.wait(Wait::Ready(child), start).await {
            Ok(()) => Begun::Ready,
            Err(StartError::NeverReady) => Begun::NeverReady,
            Err(StartError::Failed(error)) => Begun::Failed(P::failed_first(error)),
            Err(StartError::Panicked(panic)) => Begun::Panicked(origin(&*panic.into_payload())),
            Err(StartError::Cancelled(reason)) => Begun::Cancelled(reason),
            Err(_) => unreachable!("there are four ways"),
        };
        self.world.log(Event::Started(self.me, begun));
    }

    fn spawn(&mut self, place: Place, script: Script) {
        let child = script.id;
        self.world.log(Event::Spawns {
            child,
            scope: self.within,
            place,
        });
        let future = actor::<P>(&self.world, script, self.within, self.scope.clone());
        let task = match place {
            Place::Here => self.scope.spawn(future),
            Place::Parallel => self.scope.spawn_parallel(future),
            Place::Daemon => self.scope.task().daemon().spawn(future),
            Place::Blocking => self.scope.spawn_blocking(|_| at_once(future)),
        };
        self.tasks.push((child, Some(task)));
    }

    fn take(&mut self, index: usize) -> Option<(ActorId, ChildTask<P>)> {
        let (child, task) = self.tasks.get_mut(index)?;
        Some((*child, task.take()?))
    }

    fn peek(&self, index: usize) -> Option<(ActorId, &ChildTask<P>)> {
        let (child, task) = self.tasks.get(index)?;
        Some((*child, task.as_ref()?))
    }
}
