//! A snapshot is bounded, and says what it leaves out.

use purview::{inspect::Options, settled};
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
        purview::scope(async |_| nest(depth - 1).await).await;
    })
}
