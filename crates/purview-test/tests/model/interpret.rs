//! Runs a program on the real scopes, and writes down what happens.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

use futures::{FutureExt, future::BoxFuture};
use purview_core::{
    FailFast, JoinAll, Policy, Scope, Settled, Task, Timer, cancelled, checkpoint, shield, sleep, with_policy,
};
use purview_test::{Stalled, VirtualRuntime};

use crate::{
    actor::{Actor, Bang, LastWill, Output, origin},
    flavor::{Fault, Flavor},
    program::{ActorId, End, Kind, Op, Place, ScopeId, ScopeSpec, Script},
    trace::{Event, Origin, Outcome, Trace, Wait, World},
};

/// No program here needs more steps of the runtime.
const MOST_STEPS: u64 = 10_000;

/// Runs `program` under the schedule that `schedule` decides.
pub(crate) fn run(program: &ScopeSpec, schedule: u64) -> (Trace, Result<(), Stalled>) {
    let runtime = VirtualRuntime::exploring(schedule).max_steps(MOST_STEPS);
    let world = World::new(runtime.clone());
    let ended = runtime.try_block_on(nest(world.clone(), program.clone(), None, None));
    runtime.shutdown();
    (world.into_trace(), ended)
}

/// Awaits a scope, or drops it after so many polls; says what came of it, and goes on whatever that was.
fn nest(world: World, spec: ScopeSpec, owner: Option<ActorId>, polls: Option<u32>) -> BoxFuture<'static, ()> {
    match spec.kind {
        Kind::Join => scope::<JoinAll>(world, spec, owner, polls).boxed(),
        Kind::FailFast => scope::<FailFast<Fault>>(world, spec, owner, polls).boxed(),
        Kind::Settled => scope::<Settled<Fault>>(world, spec, owner, polls).boxed(),
    }
}

async fn scope<P: Flavor>(world: World, spec: ScopeSpec, owner: Option<ActorId>, polls: Option<u32>)
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
{
    let mut builder = with_policy(P::new());
    if owner.is_none() {
        builder = builder.runtime(world.runtime.clone());
    }
    if let Some(timeout) = spec.timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(grace) = spec.grace {
        builder = builder.grace(grace);
    }
    if let Some(limit) = spec.limit {
        builder = builder.limit(limit);
    }
    let (id, inside) = (spec.id, world.clone());
    let run = builder.run(|scope| actor::<P>(&inside, spec.body, id, scope));
    world.log(Event::ScopeStarts { scope: id, owner });
    let mut run = Some(Box::pin(run));
    let mut left = polls;
    let output = poll_fn(|cx| {
        let Some(running) = &mut run else {
            return Poll::Ready(None);
        };
        let poll = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx)));
        let output = match poll {
            Ok(Poll::Ready(output)) => P::outcome(output),
            Err(payload) => Outcome::Panicked(origin(&*payload)),
            Ok(Poll::Pending) => {
                left = left.map(|left| left - 1);
                return if left == Some(0) {
                    Poll::Ready(None)
                } else {
                    Poll::Pending
                };
            }
        };
        Poll::Ready(Some(output))
    });
    if let Some(output) = output.await {
        world.log(Event::ScopeEnds(id, output));
        drop(run);
        return;
    }
    world.log(Event::ScopeIsDropped(id));
    let panic = catch_unwind(AssertUnwindSafe(|| drop(run))).err();
    world.log(Event::ScopeWasDropped(id, panic.map(|payload| origin(&*payload))));
}

fn actor<P: Flavor>(
    world: &World,
    script: Script,
    within: ScopeId,
    scope: Scope<'static, P>,
) -> Actor<P::Child<ActorId>>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
{
    let Script {
        id,
        ops,
        end,
        bomb,
        heir,
    } = script;
    let last_will = heir.map(|heir| spawning(world, *heir, within, &scope));
    let performing = performing(world.clone(), id, ops, within, scope);
    let future = async move {
        performing.await;
        match end {
            End::Return => P::returned(id),
            End::Fail => P::failed(id),
            End::Panic => resume_unwind(Box::new(Bang(Origin::Script(id)))),
        }
    };
    Actor::new(world.clone(), id, bomb, future.boxed()).with_last_will(last_will)
}

fn finalizer<P: Flavor>(
    world: &World,
    script: Script,
    within: ScopeId,
    scope: Scope<'static, P>,
) -> Actor<Result<(), Fault>>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
{
    let Script { id, ops, end, bomb, .. } = script;
    let performing = performing(world.clone(), id, ops, within, scope);
    let future = async move {
        performing.await;
        match end {
            End::Return => Ok(()),
            End::Fail => Err(Fault(id)),
            End::Panic => resume_unwind(Box::new(Bang(Origin::Script(id)))),
        }
    };
    Actor::new(world.clone(), id, bomb, future.boxed())
}

async fn performing<P: Flavor>(world: World, me: ActorId, ops: Vec<Op>, within: ScopeId, scope: Scope<'static, P>)
where
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

/// Spawns somebody, wherever it is called: in a destructor, or while somebody is woken.
fn spawning<P: Flavor>(world: &World, script: Script, within: ScopeId, scope: &Scope<'static, P>) -> LastWill
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
{
    let (world, scope) = (world.clone(), scope.clone());
    Box::new(move || {
        let (child, place) = (script.id, Place::Here);
        world.log(Event::Spawns {
            child,
            scope: within,
            place,
        });
        let future = actor::<P>(&world, script, within, scope.clone());
        drop(scope.spawn(future));
    })
}

/// Acts once when it is woken, before it wakes whom it is for.
struct ActsOnWake {
    act: Mutex<Option<LastWill>>,
    waker: Waker,
}

impl Wake for ActsOnWake {
    fn wake(self: Arc<Self>) {
        let act = self.act.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(act) = act {
            act();
        }
        self.waker.wake_by_ref();
    }
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
                        let (act, waker) = (Mutex::new(Some(act)), cx.waker().clone());
                        let waker = Waker::from(Arc::new(ActsOnWake { act, waker }));
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
