//! A local scope is a scope whose children need not be `Send`.

use std::{cell::RefCell, rc::Rc};

use purview::{LocalScope, TaskError, fail_fast, local_scope, settled, try_local_scope};
use purview_tests::{Gate, Log, caught, local_on_every_runtime, yield_now, yields};

async fn children_share_what_is_not_send() {
    let shared = Rc::new(RefCell::new(vec![]));
    local_scope(async |s| {
        for i in 0..3 {
            let shared = shared.clone();
            s.spawn(async move {
                yields(3 - i).await;
                shared.borrow_mut().push(i);
            });
        }
    })
    .await;
    assert_eq!(*shared.borrow(), [2, 1, 0]);
    assert_eq!(Rc::strong_count(&shared), 1);
}

async fn values_and_errors_need_not_be_send() {
    let value = try_local_scope(async |s| Ok::<_, Rc<str>>(s.spawn(async { Ok(Rc::new(7)) }).await)).await;
    assert_eq!(value, Ok(Rc::new(7)));
    let error = try_local_scope(async |s| {
        s.spawn(async { Err::<(), Rc<str>>("no".into()) }).await;
        Ok(())
    });
    assert_eq!(error.await, Err(Rc::from("no")));
}

async fn the_first_failure_cancels_the_others() {
    let log = Rc::new(Log::new());
    let failed = fail_fast::<&str>().run_local(async |s| {
        let held = (log.clone(), log.on_drop("sibling"));
        s.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
            Ok(())
        });
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("no")
        });
        std::future::pending::<Result<(), _>>().await
    });
    let error = failed.await.expect_err("a child failed");
    assert_eq!(error.into_failure(), Some("no"));
    assert_eq!(log.entries(), ["sibling dropped"]);
}

async fn a_settled_one_keeps_every_outcome() {
    let settlement = settled::<Rc<str>>().run_local(async |s| {
        let fails = s.spawn(async { Err::<(), _>(Rc::from("no")) });
        let panics = s.spawn(async { if true { panic!("boom") } else { Ok(()) } });
        let works = s.spawn(async { Ok(Rc::new(1)) });
        let failed = matches!(fails.await, Err(TaskError::Failed(e)) if &*e == "no");
        let panicked = matches!(panics.await, Err(TaskError::Panicked(p)) if p.message() == Some("boom"));
        Ok((failed, panicked, *works.await.expect("it works")))
    });
    assert_eq!(settlement.await.expect("the body worked").value, (true, true, 1));
}

async fn a_panic_reaches_the_caller() {
    let panicked = caught(local_scope(async |s| {
        let rc = Rc::new("boom");
        s.spawn(async move { panic!("{rc}") }).await;
    }));
    assert_eq!(panicked.await, Err::<(), _>("boom".into()));
}

async fn a_helper_can_name_the_handle() {
    fn launch<'env>(s: &LocalScope<'env, purview::JoinAll>, gate: &'env Gate, rc: Rc<u32>) -> purview::Task<u32> {
        s.spawn(async move {
            gate.wait().await;
            *rc
        })
    }
    let gate = Gate::new();
    let seven = local_scope(async |s| {
        let task = launch(&s, &gate, Rc::new(7));
        gate.open();
        task.await
    });
    assert_eq!(seven.await, 7);
}

async fn parallel_children_of_a_local_scope_are_owned_by_it() {
    let value = try_local_scope(async |s| {
        let rc = Rc::new(1);
        Ok::<_, ()>(s.spawn_parallel(async { Ok(6) }).await + *rc)
    });
    assert_eq!(value.await, Ok(7));
}

local_on_every_runtime!(
    children_share_what_is_not_send,
    values_and_errors_need_not_be_send,
    the_first_failure_cancels_the_others,
    a_settled_one_keeps_every_outcome,
    a_panic_reaches_the_caller,
    a_helper_can_name_the_handle,
    parallel_children_of_a_local_scope_are_owned_by_it,
);
