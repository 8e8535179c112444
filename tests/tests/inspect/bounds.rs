//! A snapshot is bounded, and says what it leaves out.

use std::future::pending;

use purview::{inspect::Options, scope, settled};
use purview_tests::by_hand;

use crate::{inspected, never};

#[test]
fn more_children_than_it_may_show_are_counted() {
    let (inspector, _installed, _) = inspected(Options::new().max_nodes(1000));
    let (big, driver) = settled::<()>().name("big").open();
    let (small, other) = settled::<()>().name("small").open();
    let (mut driver, mut other) = (by_hand(driver), by_hand(other));
    for _ in 0..100_000 {
        big.spawn(never());
    }
    small.task().name("one").spawn(never());
    assert!(driver.poll().is_pending());
    assert!(other.poll().is_pending());
    let tree = inspector.snapshot();
    assert!(tree.nodes().len() <= 1000, "{}", tree.nodes().len());
    assert_eq!(tree.nodes().len() + tree.left_out(), 100_003);
    assert_eq!(tree.nodes()[0].left_out, tree.left_out());
    // One scope with many does not hide the others.
    assert!(tree.find("one").is_some());
    let text = tree.to_string();
    assert!(
        text.contains(&format!("{} more are not shown", tree.left_out())),
        "{text}"
    );
    assert!(text.contains(&format!("{} more scopes and tasks are not shown", tree.left_out())));
}

#[test]
fn more_scopes_than_it_may_show_are_counted() {
    let (inspector, _installed, _) = inspected(Options::new().max_nodes(10));
    let mut open: Vec<_> = (0..30).map(|_| settled::<()>().open()).collect();
    for (scope, driver) in &mut open {
        scope.spawn(never());
        assert!(by_hand(driver).poll().is_pending());
    }
    let tree = inspector.snapshot();
    assert_eq!((tree.nodes().len(), tree.left_out()), (10, 50));
}

#[test]
fn what_is_in_a_task_that_it_does_not_show_is_counted_too() {
    for most in 0..=17 {
        let (inspector, _installed, _) = inspected(Options::new().max_nodes(most));
        // A scope with a body and four children, of which each runs such a scope with two.
        let mut run = by_hand(scope(async |s| {
            for _ in 0..4 {
                s.spawn(scope(async |inner| {
                    inner.spawn(pending::<()>());
                    inner.spawn(pending::<()>());
                }));
            }
        }));
        assert!(run.poll_until_idle().is_pending());
        let tree = inspector.snapshot();
        assert!(tree.nodes().len() <= most, "{most}: {tree}");
        assert_eq!(tree.nodes().len() + tree.left_out(), 17, "{most}: {tree}");
        assert!(!tree.to_string().contains("no scopes"), "{tree}");
    }
}

#[test]
fn a_scope_is_shown_by_itself_however_many_others_there_are() {
    let (_inspector, _installed, _) = inspected(Options::new().max_nodes(100));
    let mut others: Vec<_> = (0..200).map(|_| settled::<()>().open()).collect();
    for (scope, driver) in &mut others {
        scope.spawn(never());
        assert!(by_hand(driver).poll().is_pending());
    }
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    for _ in 0..50 {
        service.spawn(never());
    }
    assert!(driver.poll().is_pending());
    let tree = service.snapshot();
    assert_eq!((tree.nodes().len(), tree.left_out()), (51, 0));
}

#[test]
fn a_node_that_there_is_not_has_no_children() {
    let (_inspector, _installed, _) = inspected(Options::new());
    let (service, _driver) = settled::<()>().open();
    assert_eq!(service.snapshot().children(usize::MAX).count(), 0);
}

#[test]
fn scopes_that_are_nested_deeply_take_no_stack() {
    let (inspector, _installed, _) = inspected(Options::new());
    let mut run = by_hand(nest(60));
    assert!(run.poll().is_pending());
    let tree = inspector.snapshot();
    assert_eq!(tree.nodes().len(), 120);
    assert_eq!(tree.nodes().last().map(|node| node.depth), Some(119));
}

fn nest(depth: usize) -> futures::future::BoxFuture<'static, ()> {
    Box::pin(async move {
        if depth == 0 {
            never::<()>().await.ok();
        }
        scope(async |_| nest(depth - 1).await).await;
    })
}
