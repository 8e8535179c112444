//! A local scope is a scope whose children need not be `Send`.

use std::{cell::RefCell, rc::Rc};

use futures::StreamExt;
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

async fn a_future_that_is_not_send_is_taken_or_handed_back() {
    let out = settled::<()>().limit(1).run_local(async |s| {
        let rc = Rc::new(7);
        let (one, other) = (rc.clone(), rc.clone());
        let taken = s.try_spawn(async move { Ok(*one) }).expect("there is room");
        let refused = s.task().name("late").try_spawn(async move { Ok(*other) });
        let back = refused.expect_err("there is no room").into_inner();
        assert_eq!(taken.await.ok(), Some(7));
        Ok(back.await)
    });
    assert_eq!(out.await.expect("the body worked").value, Ok(7));
}

async fn a_permit_takes_a_future_that_is_not_send() {
    let out = settled::<()>().limit(1).run_local(async |s| {
        let rc = Rc::new(7);
        let permit = s.permit().await;
        Ok(permit.spawn(async move { Ok(*rc) }).await.ok())
    });
    assert_eq!(out.await.expect("the body worked").value, Some(7));
}

async fn a_child_is_ready_with_what_is_not_send() {
    let out = try_local_scope(async |s| {
        let started = s.start(async |ready| {
            ready.set(Rc::new(7)).expect("for the first time");
            yield_now().await;
            Ok::<_, Rc<str>>(Rc::new(()))
        });
        Ok(started.await.ok())
    });
    assert_eq!(out.await, Ok(Some(Rc::new(7))));
}

async fn a_stream_yields_what_is_not_send() {
    let out = try_local_scope(async |s| {
        let items = s.produce(1, async |tx| {
            for n in 0..3 {
                tx.send(Rc::new(n)).await.expect("the receiver is alive");
            }
            Ok::<_, Rc<str>>(())
        });
        Ok(items.map(|item| *item).collect::<Vec<_>>().await)
    });
    assert_eq!(out.await, Ok(vec![0, 1, 2]));
}

async fn a_finalizer_may_have_what_is_not_send() {
    let log = Rc::new(RefCell::new(vec![]));
    let out = try_local_scope(async |s| {
        let late = log.clone();
        s.defer(async move {
            yield_now().await;
            late.borrow_mut().push("finalizer");
            Err(Rc::from("no"))
        });
        log.borrow_mut().push("body");
        Ok::<_, Rc<str>>(())
    });
    assert_eq!(out.await, Err(Rc::from("no")));
    assert_eq!(*log.borrow(), ["body", "finalizer"]);
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
    a_future_that_is_not_send_is_taken_or_handed_back,
    a_permit_takes_a_future_that_is_not_send,
    a_child_is_ready_with_what_is_not_send,
    a_stream_yields_what_is_not_send,
    a_finalizer_may_have_what_is_not_send,
    parallel_children_of_a_local_scope_are_owned_by_it,
);
