//! With the feature `tracing`, in a process in which no subscriber was ever installed, nothing is asked for a span.
#![forbid(unsafe_code)]

use purview::{TaskInfo, block_on, fail_fast, gather};
use tracing::Span;

fn asked(task: &TaskInfo) -> Span {
    panic!("{} was asked for a span", task.name())
}

#[test]
fn nothing_is_asked_for_a_span() {
    let done = fail_fast::<()>().span(asked).run(async |s| {
        s.spawn(async { Ok(()) });
        s.task().span(asked).parallel().spawn(async { Ok(()) });
        s.task().span(asked).spawn_blocking(|_| Ok(()));
        s.task().span(asked).enter(async { Ok(()) }).await.unwrap();
        s.defer(async {});
        gather([async { Ok::<_, ()>(()) }]).span(asked).await.unwrap();
        Ok(())
    });
    assert!(block_on(done).is_ok());
    let (service, driver) = fail_fast::<()>().span(asked).open();
    drop(service);
    assert!(block_on(driver).is_ok());
}
