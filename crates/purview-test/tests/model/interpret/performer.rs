//! An actor goes through its script.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use purview_core::{Policy, Scope, Task, Timer, cancelled, checkpoint, shield, sleep};

use super::{
    cast::{actor, finalizer},
    last_will::{acts_on_wake, spawning},
    nest::nest,
};
use crate::{
    actor::Output,
    flavor::Flavor,
    program::{ActorId, Op, Place, ScopeId, Script},
    trace::{Event, Wait, World},
};

pub(super) async fn performing<P: Flavor>(
    world: World,
    me: ActorId,
    ops: Vec<Op>,
    within: ScopeId,
    scope: Scope<'static, P>,
) where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
{
    let tasks = Vec::new();
    let mut performer = Performer {
        world,
        me,
        within,
        scope,
        tasks,
    };
    performer.perform(ops).await;
}

/// An actor that is going through its script.
struct Performer<P: Flavor> {
    world: World,
    me: ActorId,
    within: ScopeId,
    scope: Scope<'static, P>,
    tasks: Vec<(ActorId, Option<ChildTask<P>>)>,
}

type ChildTask<P> = Task<<P as Policy>::Joined<ActorId>>;

impl<P: Flavor> Performer<P>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
{
    fn perform(&mut self, ops: Vec<Op>) -> BoxFuture<'_, ()> {
        async move {
            for op in ops {
                self.step(op).await;
            }
        }
        .boxed()
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Yield => {
                let mut yielded = false;
                let turn = poll_fn(move |cx| {
                    if std::mem::replace(&mut yielded, true) {
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                });
                self.wait(Wait::Yield, turn).await;
            }
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
            Op::AwaitAndSpawn(index, script) => {
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
                let id = spec.id;
                self.wait(Wait::Scope(id), nest(self.world.clone(), spec, Some(self.me), None))
                    .await;
            }
            Op::NestAndDrop(spec, polls) => {
                let id = spec.id;
                self.wait(
                    Wait::Scope(id),
                    nest(self.world.clone(), spec, Some(self.me), Some(polls)),
                )
                .await;
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
                let reason = self.wait(Wait::Token, self.scope.token().cancelled()).await;
                self.world.log(Event::Hears(self.me, reason));
            }
            Op::SetDeadline(from_now) => {
                let runtime = &self.world.runtime;
                let set = self
                    .scope
                    .set_deadline(from_now.map(|from_now| runtime.now() + from_now));
                let deadline = from_now.map(|from_now| runtime.elapsed() + from_now);
                self.world.log(Event::SetsDeadline(self.within, deadline, set.is_ok()));
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

    async fn wait<T>(&self, wait: Wait, future: impl Future<Output = T>) -> T {
        self.world.log(Event::Waits(self.me, wait));
        let output = future.await;
        self.world.log(Event::GoesOn(self.me));
        output
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
