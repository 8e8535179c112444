//! What the three policies take and give, in the words of the trace.

use std::convert::Infallible;

use futures::FutureExt;
use purview_core::{FailFast, Failure, Fallible, JoinAll, Scope, ScopeError, Settled, Settlement, TaskError};

use crate::{
    actor::{Output, origin},
    program::ActorId,
    trace::{Fail, How, Outcome, Seen},
};

/// The error of a script that fails.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) ActorId);

pub(crate) trait Flavor: Fallible<Error: Send> + Send + Sized + 'static {
    fn new() -> Self;
    fn returned(id: ActorId) -> Self::Child<ActorId>;
    fn failed(id: ActorId) -> Self::Child<ActorId>;
    /// The actor that failed with this.
    fn failed_first(error: Self::Error) -> ActorId;
    fn seen(joined: Self::Joined<ActorId>) -> Seen;
    fn outcome(output: Self::Output<ActorId>) -> Outcome;
    fn defer(scope: &Scope<'static, Self>, finalizer: impl Future<Output = Result<(), Fault>> + Send + 'static);
}

impl Flavor for JoinAll {
    fn new() -> Self {
        JoinAll::new()
    }

    fn returned(id: ActorId) -> ActorId {
        id
    }

    fn failed(id: ActorId) -> ActorId {
        unreachable!("the children of `scope` cannot fail, so {id:?} was not made to")
    }

    fn failed_first(error: Infallible) -> ActorId {
        match error {}
    }

    fn seen(joined: ActorId) -> Seen {
        Seen::Value(joined)
    }

    fn outcome(output: ActorId) -> Outcome {
        Outcome::Value(output)
    }

    fn defer(scope: &Scope<'static, Self>, finalizer: impl Future<Output = Result<(), Fault>> + Send + 'static) {
        scope.defer(finalizer.map(|ended| ended.expect("a finalizer of `scope` was not made to fail")));
    }
}

impl Flavor for FailFast<Fault> {
    fn new() -> Self {
        FailFast::new()
    }

    fn returned(id: ActorId) -> Result<ActorId, Fault> {
        Ok(id)
    }

    fn failed(id: ActorId) -> Result<ActorId, Fault> {
        Err(Fault(id))
    }

    fn failed_first(Fault(id): Fault) -> ActorId {
        id
    }

    fn seen(joined: ActorId) -> Seen {
        Seen::Value(joined)
    }

    fn outcome(output: Result<ActorId, ScopeError<Fault>>) -> Outcome {
        output.map_or_else(error, Outcome::Value)
    }

    fn defer(scope: &Scope<'static, Self>, finalizer: impl Future<Output = Result<(), Fault>> + Send + 'static) {
        scope.defer(finalizer);
    }
}

impl Flavor for Settled<Fault> {
    fn new() -> Self {
        Settled::new()
    }

    fn returned(id: ActorId) -> Result<ActorId, Fault> {
        Ok(id)
    }

    fn failed(id: ActorId) -> Result<ActorId, Fault> {
        Err(Fault(id))
    }

    fn failed_first(Fault(id): Fault) -> ActorId {
        id
    }

    fn seen(joined: Result<ActorId, TaskError<Fault>>) -> Seen {
        seen(joined)
    }

    fn outcome(output: Result<Settlement<ActorId, Fault>, ScopeError<Fault>>) -> Outcome {
        match output {
            Ok(Settlement {
                value,
                failures,
                stopped,
                ..
            }) => Outcome::Settled {
                value,
                failures: failures.into_iter().map(fail).collect(),
                stopped,
            },
            Err(failed) => error(failed),
        }
    }

    fn defer(scope: &Scope<'static, Self>, finalizer: impl Future<Output = Result<(), Fault>> + Send + 'static) {
        scope.defer(finalizer);
    }
}

fn error(error: ScopeError<Fault>) -> Outcome {
    let reason = error.reason().clone();
    Outcome::Error {
        reason,
        failures: error.into_failures().into_iter().map(fail).collect(),
    }
}

pub(crate) fn seen(joined: Result<ActorId, TaskError<Fault>>) -> Seen {
    match joined {
        Ok(value) => Seen::Value(value),
        Err(TaskError::Failed(Fault(id))) => Seen::Failed(id),
        Err(TaskError::Panicked(panic)) => Seen::Panicked(origin(&*panic.into_payload())),
        Err(TaskError::Cancelled(reason)) => Seen::Cancelled(reason),
        Err(other) => unreachable!("{other:?}"),
    }
}

pub(crate) fn fail(failure: Failure<Fault>) -> Fail {
    match failure.error {
        TaskError::Failed(Fault(id)) => Fail::Failed(id),
        TaskError::Panicked(panic) => Fail::Panicked(origin(&*panic.into_payload())),
        other => unreachable!("a cancelled child is no failure: {other:?}"),
    }
}

impl Output for ActorId {
    fn how(&self) -> How {
        How::Returned
    }
}

impl<T> Output for Result<T, Fault> {
    fn how(&self) -> How {
        if self.is_ok() { How::Returned } else { How::Failed }
    }
}
