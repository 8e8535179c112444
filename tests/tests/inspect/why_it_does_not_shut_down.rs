//! "Why does my service not shut down?": one child that blocks, one that never wakes and one that ignores cancellation are
//! named, with file and line, by the tree and by the reports, on every runtime.

use std::{future::poll_fn, task::Poll, thread, time::Duration};

use purview::{inspect, settled, shield, sleep};
use purview_tests::on_every_runtime;

use crate::{enabled, never};

/// A service with three children that should not be.
async fn three_children_that_do_not_shut_down_are_named() {
    let reports = enabled();
    let test = thread::current()
        .name()
        .unwrap_or("main")
        .replace("why_it_does_not_shut_down::", "");
    let name = |child: &str| format!("{child} of {test}");
    let (service, driver) = settled::<()>().name(name("service")).open();
    let mut lines = Vec::new();

    let blocks = service.task().name(name("blocks")).spawn(async {
        thread::sleep(Duration::from_millis(200));
        Ok(())
    });
    lines.push(("blocks", blocks.info().location().expect("it was spawned")));
    let lost = service
        .task()
        .name(name("never wakes"))
        .spawn(poll_fn(|_| Poll::<Result<(), ()>>::Pending));
    lines.push(("never wakes", lost.info().location().expect("it was spawned")));
    let stubborn = service
        .task()
        .name(name("ignores cancellation"))
        .spawn(async { shield(never()).await });
    lines.push((
        "ignores cancellation",
        stubborn.info().location().expect("it was spawned"),
    ));

    let operator = async {
        // By then the one that blocks has done so.
        sleep(Duration::from_millis(10)).await;
        let tree = inspect::snapshot().to_string();
        let check = async {
            sleep(Duration::from_millis(100)).await;
            inspect::check();
            inspect::snapshot().to_string()
        };
        let (_, later) = futures::future::join(service.shutdown(Duration::from_millis(200)), check).await;
        tree + &later
    };
    let (_, tree) = futures::future::join(driver, operator).await;

    let reported = reports.lines();
    for (child, at) in &lines[1..] {
        let (child, at) = (name(child), at.to_string());
        assert!(
            tree.lines().any(|line| line.contains(&child) && line.contains(&at)),
            "{child}: {tree}"
        );
    }
    let is_reported = |what: &str, child: &str| {
        let (_, at) = lines.iter().find(|(name, _)| *name == child).expect("one of the three");
        let whom = format!("{what}: `{}` ({at})", name(child));
        assert!(
            reported.iter().any(|line| line.starts_with(&whom)),
            "{whom}: {reported:#?}"
        );
    };
    is_reported("slow poll", "blocks");
    is_reported("lost waker", "never wakes");
    is_reported("not polled again", "never wakes");
    is_reported("not polled again", "ignores cancellation");
    let held = format!("held up: scope `{}`", name("service"));
    let held = reported
        .iter()
        .find(|line| line.starts_with(&held))
        .expect("it is held up");
    assert!(
        held.contains(&name("never wakes")) && held.contains(&name("ignores cancellation")),
        "{held}"
    );
}

on_every_runtime!(three_children_that_do_not_shut_down_are_named);
