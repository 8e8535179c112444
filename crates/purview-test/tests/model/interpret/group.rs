//! Runs gathers, and open scopes.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Mutex,
    task::Poll,
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::join};
use purview_core::{Entered, FailFast, Policy, ScopeError, Settled, Settlement, Spawner, gather, sleep, with_policy};

use super::{member::member, performer::waiting};
use crate::{
    actor::{Actor, origin},
    door::Door,
    flavor::{Fault, fail, seen},
    program::{ActorId, Group, GroupKind, Kind, Manner, Mode, ScopeId, Script},
    trace::{Event, Seen, Told, Wait, World},
};

type Member = Actor<Result<ActorId, Fault>>;

/// Runs the group to its end, and goes on whatever that was.
pub(super) async fn run(world: World, (owner, within): (ActorId, ScopeId), group: Group) {
    let id = group.id;
    world.log(Event::GroupStarts { group: id, owner });
    let running = AssertUnwindSafe(drive(&world, within, group)).catch_unwind();
    let told = waiting(&world, owner, Wait::Group(id), async {
        let told = running.await.unwrap_or_else(|panic| {
            Some(Told {
                panicked: Some(origin(&*panic)),
                ..Told::default()
            })
        });
        if let Some(told) = told {
            world.log(Event::GroupEnds(id, told));
        }
    });
    told.await;
}

/// Gives nothing where the driver was dropped.
async fn drive(world: &World, within: ScopeId, group: Group) -> Option<Told> {
    match group.kind {
        GroupKind::Gather(mode) => Some(gathered(world, within, group, mode).await),
        GroupKind::Open(Kind::Settled, manner) => open(world, within, group, manner, Settled::new(), settled).await,
        GroupKind::Open(_, manner) => open(world, within, group, manner, FailFast::new(), failed).await,
    }
}

fn failed<T>(output: Result<T, ScopeError<Fault>>) -> Told {
    Told {
        error: output
            .err()
            .map(|error| error.into_failures().into_iter().map(fail).collect()),
        ..Told::default()
    }
}

fn settled(output: Result<Settlement<(), Fault>, ScopeError<Fault>>) -> Told {
    match output {
        Ok(settlement) => Told {
            error: Some(settlement.failures.into_iter().map(fail).collect()),
            ..Told::default()
        },
        Err(error) => failed::<()>(Err(error)),
    }
}

async fn gathered(world: &World, within: ScopeId, group: Group, mode: Mode) -> Told {
    let members: Vec<Member> = group
        .members
        .into_iter()
        .map(|script| member(world, within, script))
        .collect();
    let mut gather = gather(members);
    if let Some(limit) = group.limit {
        gather = gather.limit(limit);
    }
    if let Some(timeout) = group.timeout {
        gather = gather.timeout(timeout);
    }
    let values = |found: Vec<(usize, ActorId)>| found.into_iter().map(|(at, id)| (at, Seen::Value(id))).collect();
    let of = |results: Vec<(usize, Seen)>| Told {
        results,
        ..Told::default()
    };
    match mode {
        Mode::All => gather.await.map_or_else(
            |error| failed::<()>(Err(error)),
            |all| of(values(all.into_iter().enumerate().collect())),
        ),
        Mode::Settled => of(gather.settled().await.into_iter().map(seen).enumerate().collect()),
        Mode::First => of(gather
            .first()
            .await
            .into_iter()
            .map(|(at, result)| (at, seen(result)))
            .collect()),
        Mode::FirstSuccess => gather
            .first_success()
            .await
            .map_or_else(|error| failed::<()>(Err(error)), |first| of(values(vec![first]))),
        Mode::Quorum(k) => gather
            .quorum(k)
            .await
            .map_or_else(|error| failed::<()>(Err(error)), |quorum| of(values(quorum))),
        Mode::AsCompleted => {
            let each = gather.as_completed().map(|(at, result)| (at, seen(result)));
            of(each.collect().await)
        }
        Mode::ForEach => {
            let each = Mutex::new(Vec::new());
            let listening = async |at, result| {
                each.lock().expect("not poisoned").push((at, seen(result)));
                // The others run on meanwhile.
                sleep(Duration::from_millis(1)).await;
            };
            gather.for_each(listening).await;
            of(each.into_inner().expect("not poisoned"))
        }
    }
}

/// Has a task of the executor await a guest: to its end, or for so many polls at most.
fn guest<J: Send + 'static>(world: &World, entered: Entered<J>, polls: Option<u32>) {
    let mut entered = Some(entered);
    let mut left = polls;
    let task = poll_fn(move |cx| {
        let Some(guest) = &mut entered else {
            return Poll::Ready(());
        };
        if Pin::new(guest).poll(cx).is_ready() || left == Some(0) {
            entered = None;
            return Poll::Ready(());
        }
        left = left.map(|left| left - 1);
        Poll::Pending
    });
    Spawner::spawn(&world.runtime, Box::pin(task)).expect("the virtual runtime runs");
}

async fn open<P>(
    world: &World,
    within: ScopeId,
    group: Group,
    manner: Manner,
    policy: P,
    told: fn(P::Output<()>) -> Told,
) -> Option<Told>
where
    P: Policy<Child<ActorId> = Result<ActorId, Fault>> + Send + 'static,
    P::Joined<ActorId>: Send + 'static,
{
    let kind = group.kind;
    let mut builder = with_policy(policy);
    if let Some(limit) = group.limit {
        builder = builder.limit(limit);
    }
    if let Some(timeout) = group.timeout {
        builder = builder.timeout(timeout);
    }
    let (scope, mut driver) = builder.open();
    let mut members: Vec<(usize, Script)> = group.members.into_iter().enumerate().collect();
    let late = if matches!(manner, Manner::DropDriver(_)) {
        members.pop()
    } else {
        None
    };
    let spawn = |(at, script): (usize, Script)| {
        let door = Door::of(kind, at, script.id);
        let member = member(world, within, script);
        match door {
            Door::Here => drop(scope.spawn(member)),
            Door::Parallel => drop(scope.spawn_parallel(member)),
            Door::Guest => guest(world, scope.enter(member), None),
            Door::LeavingGuest(polls) => guest(world, scope.enter(member), Some(polls)),
        }
    };
    members.into_iter().for_each(spawn);
    match manner {
        Manner::Close => {
            scope.close();
            Some(told(driver.await))
        }
        Manner::DropHandles => {
            drop(scope);
            Some(told(driver.await))
        }
        Manner::Shutdown(grace) => {
            let shutdown = async {
                world.log(Event::ShutsDown(group.id));
                scope.shutdown(grace).await
            };
            let (output, report) = join(driver, shutdown).await;
            Some(Told {
                report: Some((report.finished.len(), report.cut.len())),
                ..told(output)
            })
        }
        Manner::DropDriver(polls) => {
            let mut left = polls;
            let ended = poll_fn(|cx| match Pin::new(&mut driver).poll(cx) {
                Poll::Ready(output) => Poll::Ready(Some(told(output))),
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    Poll::Pending
                }
            });
            scope.close();
            let ended = ended.await;
            let mut dropped = Ok(());
            if ended.is_none() {
                world.log(Event::GroupIsDropped(group.id));
                dropped = catch_unwind(AssertUnwindSafe(|| drop(driver)));
            }
            late.into_iter().for_each(spawn);
            if ended.is_none() {
                world.log(Event::GroupWasDropped(group.id));
            }
            dropped.unwrap_or_else(|payload| resume_unwind(payload));
            ended
        }
    }
}
