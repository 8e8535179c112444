use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, Response, StatusCode, request::Parts};

use super::held_up::Report;
use crate::{
    context::Carried,
    deadline::{Given, Malformed},
};

/// What happens to a request whose client has left: the connection is closed, or its stream was reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDisconnect {
    /// It is cancelled in two phases: what does not hold is dropped at once; holders and finalizers run on in the driver
    /// of the service's scope, for at most `grace`, and finalizers that are left then for as long again.
    Finish {
        /// How long the clean-up may take.
        grace: Duration,
    },
    /// As [`Finish`](Self::Finish), with no bound but that of the service's scope. The default.
    #[default]
    FinishWithinScope,
    /// It is dropped; nothing holds, and no finalizer runs.
    Drop,
    /// It is not cancelled, and runs to its end, as a [parallel child](purview_core::Scope::spawn_parallel) of the service's
    /// scope. Every request runs so from its start: on the executor where there is one, else in the scope's task.
    RunOn,
}

/// What answers a request that was not handled in time: a status, or a response without a body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no answer to a request whose time is up",
    note = "an answer is a `StatusCode`, or a `Response<()>`: it has no body, which a layer outside can add"
)]
pub trait IntoAnswer {
    /// The response.
    fn into_answer(self) -> Response<()>;
}

impl IntoAnswer for StatusCode {
    fn into_answer(self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = self;
        response
    }
}

impl IntoAnswer for Response<()> {
    fn into_answer(self) -> Response<()> {
        self
    }
}

pub(super) type Expiry = Arc<dyn Fn(&Parts) -> Response<()> + Send + Sync>;
pub(super) type Names = Arc<dyn Fn(&Parts) -> Cow<'static, str> + Send + Sync>;

#[derive(Clone, Default)]
pub(super) struct Options {
    pub(super) scope_name: Option<Arc<str>>,
    pub(super) held_up: Option<Report>,
    pub(super) deadline: Option<Given>,
    pub(super) at_most: Option<Duration>,
    pub(super) early: Duration,
    pub(super) disconnect: OnDisconnect,
    pub(super) expiry: Option<Expiry>,
    pub(super) places: Option<Places>,
    pub(super) with_body: bool,
    pub(super) name: Option<Names>,
    pub(super) context: Vec<Carried>,
}

impl Options {
    /// How long the request may take from its arrival.
    pub(super) fn timeout(&self, headers: &HeaderMap) -> Result<Option<Duration>, Malformed> {
        let given = match &self.deadline {
            Some(Given::Wire(wire)) => wire.read(headers)?.map(|left| left.saturating_sub(self.early)),
            Some(Given::Fixed(timeout)) => Some(*timeout),
            None => None,
        };
        Ok(given.into_iter().chain(self.at_most).min())
    }

    pub(super) fn grace(&self) -> Option<Duration> {
        match self.disconnect {
            OnDisconnect::Finish { grace } => Some(grace),
            OnDisconnect::Drop => Some(Duration::ZERO),
            OnDisconnect::FinishWithinScope | OnDisconnect::RunOn => None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("deadline", &self.deadline)
            .field("at_most", &self.at_most)
            .field("early", &self.early)
            .field("disconnect", &self.disconnect)
            .field("places", &self.places)
            .field("with_body", &self.with_body)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// So many requests may be under way.
#[derive(Clone, Debug)]
pub(super) struct Places {
    limit: usize,
    taken: Arc<AtomicUsize>,
}

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            taken: Arc::default(),
        }
    }

    pub(super) fn take(&self) -> Option<Place> {
        let free = |taken: usize| (taken < self.limit).then_some(taken + 1);
        self.taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, free)
            .ok()?;
        Some(Place(self.taken.clone()))
    }
}

/// Is given back when dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
