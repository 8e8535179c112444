//! The core by itself: its own entry points, and the runtime of scopes that name none.

use std::{cell::RefCell, rc::Rc, time::Duration};

use purview_core::{
    Embedded, Spawner, TaskError, block_on, gather, local_scope, retry, scope, settled, sleep, timeout,
    try_local_scope, try_scope,
};

#[test]
fn scopes_give_what_their_bodies_return() {
    assert_eq!(block_on(scope(async |s| s.spawn(async { 7 }).await)), 7);
    let shared = Rc::new(RefCell::new(0));
    let counted = local_scope(async |s| {
        let inner = shared.clone();
        s.spawn(async move { *inner.borrow_mut() += 1 }).await;
        *shared.borrow()
    });
    assert_eq!(block_on(counted), 1);
}

#[test]
fn the_first_error_of_a_fallible_scope_comes_bare() {
    let failed = try_scope(async |s| {
        s.spawn(async { Err::<(), _>("no") });
        std::future::pending::<Result<(), _>>().await
    });
    assert_eq!(block_on(failed), Err("no"));
    let failed = try_local_scope(async |s| {
        s.spawn(async { Err::<(), Rc<str>>(Rc::from("no")) });
        std::future::pending::<Result<(), _>>().await
    });
    assert_eq!(block_on(failed), Err(Rc::from("no")));
}

#[test]
fn outside_of_any_scope_the_embedded_runtime_keeps_the_time() {
    block_on(async {
        sleep(Duration::from_millis(1)).await;
        let never = std::future::pending::<()>();
        assert!(timeout(Duration::from_millis(1), never).await.is_err());
        let tried = retry([Duration::from_millis(1)], async || Err::<(), _>("no")).await;
        assert_eq!(tried.unwrap_err().attempts, 2);
        let late = gather([std::future::pending::<Result<(), ()>>()]).timeout(Duration::from_millis(1));
        assert!(late.await.unwrap_err().is_deadline_exceeded());
    });
}

#[test]
fn the_embedded_runtime_has_nowhere_to_run_work_and_says_so() {
    let refused = Embedded.spawn(Box::pin(async {})).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the runtime cannot take work: the embedded runtime has no executor: enable purview's feature for the program's \
         runtime"
    );
    let out = block_on(settled::<()>().run(async |s| {
        let parallel = s.spawn_parallel(async { Ok(7) }).await;
        let blocking = s.spawn_blocking(|_| Ok(7)).await;
        Ok((parallel, blocking))
    }));
    let (parallel, blocking) = out.unwrap().value;
    assert_eq!(parallel.unwrap(), 7, "it has run in the scope's own task");
    let Err(TaskError::Cancelled(why)) = blocking else {
        panic!("there is no thread for it")
    };
    let why = why.to_string();
    assert!(why.contains("no threads for blocking work"), "{why}");
    assert!(why.contains("enable purview's feature `blocking`"), "{why}");
}
