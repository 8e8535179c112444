//! What ends alone costs the same however many others are left.
//!
//! At this size a walk over the others for each one that ends takes longer than a test may, some minutes. Each test takes a
//! few seconds at most.

use std::{future::pending, time::Duration};

use purview::{settled, shield};
use purview_tests::{Gate, TestClock, by_hand, watched};

const MANY: usize = 50_000;

#[test]
fn children_in_the_grace_of_their_own_cancellation() {
    watched(|| {
        let (clock, gate) = (TestClock::new(), Gate::new());
        let grace = Duration::from_secs(10);
        let (open, driver) = settled::<()>().grace(grace).runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        let tasks: Vec<_> = (0..MANY)
            .map(|number| {
                let opened = (number % 2 == 0).then(|| gate.wait());
                open.spawn(async move {
                    match opened {
                        Some(opened) => shield(opened).await,
                        None => shield(pending()).await,
                    }
                    Ok(())
                })
            })
            .collect();
        assert!(driver.poll_until_idle().is_pending());
        for task in &tasks {
            task.cancel();
            assert!(driver.poll_until_idle().is_pending());
        }
        assert_eq!(open.len(), MANY, "all of them hold");
        gate.open();
        assert!(driver.poll_until_idle().is_pending());
        assert_eq!(open.len(), MANY / 2);
        clock.advance(grace);
        assert!(driver.poll_until_idle().is_pending());
        assert_eq!(open.len(), 0, "their grace is over");
    });
}

#[test]
fn daemons_that_tidy_up() {
    watched(|| {
        let (open, driver) = settled::<()>().open();
        let mut driver = by_hand(driver);
        let gates: Vec<_> = (0..MANY).map(|_| Gate::new()).collect();
        for gate in &gates {
            let opened = gate.wait();
            open.task().daemon().spawn(async move {
                shield(opened).await;
                Ok(())
            });
        }
        assert!(driver.poll_until_idle().is_pending());
        open.close();
        assert!(driver.poll_until_idle().is_pending());
        let (last, gates) = gates.split_last().expect("there are many");
        for gate in gates {
            gate.open();
            assert!(driver.poll_until_idle().is_pending());
        }
        last.open();
        assert!(driver.finish().is_ok());
    });
}
