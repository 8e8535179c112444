//! A policy of one's own: a scope that stops after three failures.
//!
//! Purview drives, cancels, waits and drops; a [`Policy`] decides what a child's end means. `fail_fast()` and
//! `settled()` are two of them, written on the same public trait as the one below.
//!
//! Twelve calls to a service run side by side. From the fifth on the service is down, so the breaker opens at the
//! third failure, and the calls that are still waiting are dropped before the scope returns.

use std::{fmt, ops::ControlFlow, time::Duration};

use purview::{CancelReason, End, Failure, Policy, TaskError, TaskInfo, with_policy};

/// Lets children fail, until so many have failed that the rest is not worth trying.
#[derive(Debug)]
struct CircuitBreaker<E> {
    allowed: usize,
    failures: Vec<Failure<E>>,
    body: Option<TaskError<E>>,
}

impl<E> CircuitBreaker<E> {
    fn open_after(allowed: usize) -> Self {
        Self {
            allowed,
            failures: Vec::new(),
            body: None,
        }
    }

    /// Counts a failure; breaks when it is one too many.
    fn count(&mut self, task: &TaskInfo, error: TaskError<E>) -> ControlFlow<()> {
        self.failures.push(Failure {
            task: task.clone(),
            error,
        });
        if self.failures.len() < self.allowed {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

impl<E> Policy for CircuitBreaker<E> {
    /// What children return.
    type Child<T> = Result<T, E>;
    /// What awaiting a `Task` yields: nothing, if that child has failed.
    type Joined<T> = Option<T>;
    /// What the scope resolves to.
    type Output<R> = Result<Completed<R, E>, Opened<E>>;

    fn child_ended<T>(&mut self, task: &TaskInfo, end: End<Result<T, E>>) -> (Option<Option<T>>, ControlFlow<()>) {
        match end {
            End::Returned(Ok(value)) => (Some(Some(value)), ControlFlow::Continue(())),
            End::Returned(Err(error)) => (Some(None), self.count(task, TaskError::Failed(error))),
            End::Panicked(panic) => (Some(None), self.count(task, TaskError::Panicked(panic))),
            End::Cancelled(_) => (Some(None), ControlFlow::Continue(())),
        }
    }

    fn body_ended<R>(&mut self, end: End<Result<R, E>>) -> (Option<R>, ControlFlow<()>) {
        let error = match end {
            End::Returned(Ok(value)) => return (Some(value), ControlFlow::Continue(())),
            End::Returned(Err(error)) => TaskError::Failed(error),
            End::Panicked(panic) => TaskError::Panicked(panic),
            End::Cancelled(reason) => TaskError::Cancelled(reason),
        };
        self.body = Some(error);
        (None, ControlFlow::Break(()))
    }

    fn finish<R>(self, body: Option<R>, stop: Option<CancelReason>) -> Self::Output<R> {
        match (body, self.body) {
            (Some(value), _) if stop.is_none() => Ok(Completed {
                value,
                tolerated: self.failures,
            }),
            // By now every child has been dropped, so a panic of the body may be resumed.
            (_, Some(TaskError::Panicked(panic))) => panic.resume(),
            (_, body) => Err(Opened {
                failures: self.failures,
                body,
            }),
        }
    }
}

/// The body's value, and the failures that were too few to matter.
#[derive(Debug)]
struct Completed<R, E> {
    value: R,
    tolerated: Vec<Failure<E>>,
}

/// The failures that opened the breaker, and how the body ended.
#[derive(Debug)]
struct Opened<E> {
    failures: Vec<Failure<E>>,
    body: Option<TaskError<E>>,
}

/// A call that says so when it is dropped before its end.
struct Call {
    number: u32,
    answered: bool,
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.answered {
            println!("call {:>2}: dropped", self.number);
        }
    }
}

#[derive(Debug)]
struct ServiceDown;

impl fmt::Display for ServiceDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service is down")
    }
}

async fn call(number: u32, first_down: u32) -> Result<u32, ServiceDown> {
    let mut call = Call {
        number,
        answered: false,
    };
    purview::sleep(Duration::from_millis(20) * number).await;
    call.answered = true;
    if number < first_down {
        println!("call {number:>2}: answered");
        Ok(number * 10)
    } else {
        println!("call {number:>2}: {ServiceDown}");
        Err(ServiceDown)
    }
}

/// Twelve calls to a service that is down from call `first_down` on; how many answered.
async fn twelve_calls(first_down: u32) -> Result<Completed<usize, ServiceDown>, Opened<ServiceDown>> {
    with_policy(CircuitBreaker::open_after(3))
        .run(async |s| {
            let calls: Vec<_> = (1..=12)
                .map(|n| s.task().name(format!("call {n}")).spawn(call(n, first_down)))
                .collect();
            let mut answered = 0;
            for call in calls {
                answered += usize::from(call.await.is_some());
            }
            Ok(answered)
        })
        .await
}

fn main() {
    for first_down in [11, 5] {
        println!("-- the service goes down at call {first_down}");
        match purview::block_on(twelve_calls(first_down)) {
            Ok(completed) => {
                println!(
                    "{} of 12 answered, {} failures tolerated\n",
                    completed.value,
                    completed.tolerated.len()
                );
            }
            Err(opened) => {
                let tasks: Vec<&str> = opened.failures.iter().map(|failure| failure.task.name()).collect();
                println!("the breaker opened: {} failed", tasks.join(", "));
                if let Some(error) = opened.body {
                    println!("the body: {error}\n");
                }
            }
        }
    }
}
