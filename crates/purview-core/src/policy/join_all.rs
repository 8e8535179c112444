use std::{convert::Infallible, fmt, ops::ControlFlow};

use super::{End, Fallible, Policy};
use crate::{
    cancel::CancelReason,
    panic::{FirstPanic, OneByOne},
    tree::TaskInfo,
};

/// Children cannot fail, and all are waited for: the policy of [`scope`](crate::scope()).
///
/// A panic cancels the siblings and is resumed in the task that awaits the scope, once all have been dropped, as in
/// [`std::thread::scope`].
#[derive(Default)]
pub struct JoinAll {
    panic: FirstPanic,
}

impl JoinAll {
    /// The policy, for [`with_policy`](crate::with_policy).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{JoinAll, with_policy};
    ///
    /// let run = with_policy(JoinAll::new()).run(async |_| 7);
    /// assert_eq!(purview::block_on(run), 7);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    fn ended<T>(&mut self, end: End<T>) -> (Option<T>, ControlFlow<()>) {
        match end {
            End::Returned(value) => (Some(value), ControlFlow::Continue(())),
            End::Panicked(panic) => {
                self.panic.keep(panic);
                (None, ControlFlow::Break(()))
            }
            End::Cancelled(_) => (None, ControlFlow::Continue(())),
        }
    }
}

impl Policy for JoinAll {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = R;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<T>) -> (Option<T>, ControlFlow<()>) {
        self.ended(end)
    }

    fn body_ended<R>(&mut self, end: End<R>) -> (Option<R>, ControlFlow<()>) {
        self.ended(end)
    }

    fn finish<R>(mut self, body: Option<R>, stop: Option<CancelReason>) -> R {
        let mut body = OneByOne::new(body);
        self.panic.resume();
        body.take().unwrap_or_else(|| no_value(stop))
    }

    fn can_finish(&self, has_value: bool, stop: Option<&CancelReason>) -> bool {
        has_value || self.panic.is_some() || stop != Some(&CancelReason::Parent)
    }
}

/// A scope that has no way to say that it was cancelled.
pub(super) fn no_value(stop: Option<CancelReason>) -> ! {
    let reason = stop.map_or_else(|| "it was cancelled".to_owned(), |reason| reason.to_string());
    panic!(
        "the scope ended before its body returned ({reason}), and `scope` and `try_scope` have no value for that: use \
         `fail_fast()`, whose `ScopeError` says so"
    )
}

impl Fallible for JoinAll {
    type Error = Infallible;

    fn into_result<T>(child: T) -> Result<T, Infallible> {
        Ok(child)
    }

    fn from_result<T>(result: Result<T, Infallible>) -> Option<T> {
        result.ok()
    }
}

impl fmt::Debug for JoinAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAll").field("panic", &self.panic).finish()
    }
}
