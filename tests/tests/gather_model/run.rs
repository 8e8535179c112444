//! The same program, for real.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::Mutex,
    time::Duration,
};

use futures::{StreamExt, stream};
use purview_core::{Gather, ScopeError, TaskError, gather, gather::source::Source, gather_stream, sleep};
use purview_test::VirtualRuntime;

use crate::{
    model::{Answer, Out},
    program::{Bang, Mode, Outcome, Program},
};

type Ended = Result<usize, usize>;

async fn work(index: usize, delay: Duration, outcome: Outcome) -> Ended {
    sleep(delay).await;
    match outcome {
        Outcome::Ok => Ok(index),
        Outcome::Err => Err(index),
        Outcome::Panic => panic_any(Bang),
    }
}

pub(crate) fn run(program: &Program) -> Answer {
    let runtime = VirtualRuntime::new();
    let futures: Vec<_> = program
        .futures
        .iter()
        .enumerate()
        .map(|(index, (delay, outcome))| work(index, *delay, *outcome))
        .collect();
    let answer = catch_unwind(AssertUnwindSafe(|| {
        runtime.run(async {
            if program.stream {
                // A stream does not say how long it is: what depends on that is the items' business.
                let whole = matches!(program.mode, Mode::All | Mode::AsCompleted | Mode::ForEach);
                if whole && program.timeout.is_none() {
                    return answer(program, gather_stream(stream::iter(futures))).await;
                }
            }
            answer(program, gather(futures)).await
        })
    }));
    answer.unwrap_or_else(|payload| {
        if payload.is::<Bang>() {
            Answer::Panic
        } else {
            std::panic::resume_unwind(payload)
        }
    })
}

async fn answer<S>(program: &Program, mut gather: Gather<S>) -> Answer
where
    S: Source<Future: Future<Output = Ended>>,
{
    if let Some(limit) = program.limit {
        gather = gather.limit(limit);
    }
    if let Some(timeout) = program.timeout {
        gather = gather.timeout(timeout);
    }
    match program.mode {
        Mode::All => gather.await.map_or_else(error, Answer::Values),
        Mode::Settled => Answer::Each(gather.settled().await.iter().map(out).enumerate().collect()),
        Mode::First => match gather.first().await {
            Ok((index, result)) => Answer::Each(vec![(index, out(&result))]),
            Err(_) => Answer::Empty,
        },
        Mode::FirstSuccess => gather
            .first_success()
            .await
            .map_or_else(error, |(index, _)| Answer::Values(vec![index])),
        Mode::Quorum => gather.quorum(program.k).await.map_or_else(error, |won| {
            Answer::Values(won.into_iter().map(|(index, _)| index).collect())
        }),
        Mode::AsCompleted => Answer::Each(
            gather
                .as_completed()
                .map(|(index, result)| (index, out(&result)))
                .collect()
                .await,
        ),
        Mode::ForEach => {
            let seen = Mutex::new(Vec::new());
            gather
                .for_each(async |index, result| seen.lock().unwrap().push((index, out(&result))))
                .await;
            Answer::Each(seen.into_inner().unwrap())
        }
    }
}

fn out(result: &Result<usize, TaskError<usize>>) -> Out {
    match result {
        Ok(_) => Out::Value,
        Err(TaskError::Failed(_)) => Out::Failed,
        Err(TaskError::Panicked(_)) => Out::Panicked,
        Err(_) => Out::Cancelled,
    }
}

fn error(error: ScopeError<usize>) -> Answer {
    let reason = if error.is_failed() {
        "failed"
    } else if error.is_deadline_exceeded() {
        "deadline"
    } else {
        "ended"
    };
    let index = |name: &str| name.rsplit(['-', '/']).next().and_then(|text| text.parse().ok());
    let failures = error.into_failures();
    Answer::Error(
        failures
            .iter()
            .map(|failure| index(failure.task.name()).expect("named by its index"))
            .collect(),
        reason,
    )
}
