//! What a gather gives, computed one end after the other.

use crate::program::{Mode, Outcome, Program};

/// How one future came out, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    Value,
    Failed,
    Panicked,
    Cancelled,
}

/// What the gather gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Values(Vec<usize>),
    Each(Vec<(usize, Out)>),
    /// The failures in order, and `failed`, `deadline` or `ended`.
    Error(Vec<usize>, &'static str),
    Empty,
    Panic,
}

pub(crate) fn expect(program: &Program) -> Answer {
    let n = program.futures.len();
    let mut ended: Vec<_> = program
        .ends()
        .into_iter()
        .enumerate()
        .map(|(index, at)| (at, index))
        .collect();
    ended.sort();
    let in_time = |at| program.timeout.is_none_or(|timeout| at < timeout);
    let ended: Vec<_> = ended
        .into_iter()
        .filter(|(at, _)| in_time(*at))
        .map(|(_, index)| index)
        .collect();
    let outcome = |index: usize| match program.futures[index].1 {
        Outcome::Ok => Out::Value,
        Outcome::Err => Out::Failed,
        Outcome::Panic => Out::Panicked,
    };
    let late = ended.len() < n;
    let each = |order: Vec<usize>| Answer::Each(order.into_iter().map(|index| (index, outcome(index))).collect());
    match program.mode {
        Mode::All => match ended.iter().find(|index| outcome(**index) != Out::Value) {
            Some(index) if outcome(*index) == Out::Panicked => Answer::Panic,
            Some(index) => Answer::Error(vec![*index], "failed"),
            None if late => Answer::Error(Vec::new(), "deadline"),
            None => Answer::Values((0..n).collect()),
        },
        Mode::First if n == 0 => Answer::Empty,
        Mode::First => match ended.first() {
            Some(index) => each(vec![*index]),
            None => Answer::Each(vec![(0, Out::Cancelled)]),
        },
        Mode::FirstSuccess => wins(&ended, outcome, n, 1),
        Mode::Quorum => wins(&ended, outcome, n, program.k),
        Mode::Settled => {
            let result = |index| {
                if ended.contains(&index) {
                    outcome(index)
                } else {
                    Out::Cancelled
                }
            };
            Answer::Each((0..n).map(|index| (index, result(index))).collect())
        }
        Mode::AsCompleted | Mode::ForEach => {
            let cancelled = (0..n)
                .filter(|index| !ended.contains(index))
                .map(|index| (index, Out::Cancelled));
            let done = ended.iter().map(|index| (*index, outcome(*index)));
            // Of a stream only those that were pulled are known; the caller cuts both lists to what it has seen.
            Answer::Each(done.chain(cancelled).collect())
        }
    }
}

fn wins(ended: &[usize], outcome: impl Fn(usize) -> Out, n: usize, k: usize) -> Answer {
    if k > n {
        return Answer::Error(Vec::new(), "ended");
    }
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    if k == 0 {
        return Answer::Values(won);
    }
    for index in ended {
        match outcome(*index) {
            Out::Value => won.push(*index),
            _ => lost.push(*index),
        }
        if won.len() == k {
            return Answer::Values(won);
        }
        if n - lost.len() < k {
            return Answer::Error(lost, "failed");
        }
    }
    Answer::Error(lost, "deadline")
}
