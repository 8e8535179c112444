use std::time::{Duration, Instant};

/// What two programs took that ran in turns.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    /// The median of ours.
    pub ours: Duration,
    /// The median of theirs.
    pub theirs: Duration,
    /// The median of ours / theirs, each of one turn.
    pub ratio: f64,
}

/// Runs both `rounds` times, one after the other, and each of them first every other time. A round before these, in
/// which caches fill and threads start, is not counted.
///
/// # Panics
///
/// For no rounds at all.
pub fn turns(rounds: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> Turns {
    assert!(rounds > 0, "nothing to take the median of");
    let (mut all_ours, mut all_theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (a, b);
        if round % 2 == 0 {
            a = time(&mut ours);
            b = time(&mut theirs);
        } else {
            b = time(&mut theirs);
            a = time(&mut ours);
        }
        if round > 0 {
            all_ours.push(a);
            all_theirs.push(b);
            ratios.push(a.as_secs_f64() / b.as_secs_f64());
        }
    }
    ratios.sort_by(f64::total_cmp);
    all_ours.sort();
    all_theirs.sort();
    Turns {
        ours: all_ours[rounds / 2],
        theirs: all_theirs[rounds / 2],
        ratio: ratios[rounds / 2],
    }
}

fn time(work: &mut impl FnMut()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

#[cfg(test)]
mod tests {
    use super::turns;

    #[test]
    fn both_sides_run_equally_often_and_each_of_them_first() {
        let order = std::cell::RefCell::new(String::new());
        let measured = turns(3, || order.borrow_mut().push('o'), || order.borrow_mut().push('t'));
        assert_eq!(*order.borrow(), "ottootto");
        assert!(measured.ratio > 0.0);
    }
}
