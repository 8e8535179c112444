//! Children borrow what lives outside the scope, shared or exclusively, and the caller has it back afterwards.

use std::sync::Mutex;

use purview::{FailFast, Scope, Task, scope, try_scope};
use purview_tests::{on_every_runtime, yield_now};

async fn a_borrowed_string_is_usable_again_after_the_scope() {
    let mut text = String::from("borrowed");
    let lengths = scope(async |s| {
        let one = s.spawn(async {
            yield_now().await;
            text.len()
        });
        let other = s.spawn(async { text.len() });
        (one.await, other.await)
    })
    .await;
    text.push_str(" no more");
    assert_eq!((lengths, text.as_str()), ((8, 8), "borrowed no more"));
}

async fn children_change_locals_of_their_own() {
    let (mut a, mut b) = (0, 0);
    scope(async |s| {
        s.spawn(async {
            yield_now().await;
            a += 1;
        });
        s.spawn(async { b += 2 });
    })
    .await;
    assert_eq!((a, b), (1, 2));
}

async fn the_body_changes_a_local() {
    let mut total = 0;
    let numbers = [1, 2, 3];
    scope(async |s| {
        let tasks: Vec<_> = numbers.iter().map(|n| s.spawn(async move { n * 10 })).collect();
        for task in tasks {
            total += task.await;
        }
    })
    .await;
    assert_eq!(total, 60);
}

async fn values_borrow_from_what_was_borrowed() {
    let words = ["a".to_owned(), "longer".to_owned()];
    let longest: &str = scope(async |s| {
        s.spawn(async { words.iter().max_by_key(|w| w.len()).unwrap().as_str() })
            .await
    })
    .await;
    assert_eq!(longest, "longer");
}

async fn errors_borrow_from_what_was_borrowed() {
    let text = "not a number".to_owned();
    let failed: Result<(), &str> = try_scope(async |s| {
        s.spawn(async { Err::<(), _>(text.as_str()) }).await;
        Ok(())
    })
    .await;
    assert_eq!(failed, Err("not a number"));
}

async fn grandchildren_borrow_through_a_clone_of_the_handle() {
    let log = Mutex::new(vec![]);
    scope(async |s| {
        let (handle, log) = (s.clone(), &log);
        s.spawn(async move {
            handle
                .spawn(async move { log.lock().unwrap().push("grandchild") })
                .await;
            log.lock().unwrap().push("child");
        });
    })
    .await;
    assert_eq!(log.into_inner().unwrap(), ["grandchild", "child"]);
}

async fn nested_scopes_borrow_from_every_level() {
    let outermost = [1];
    let total = scope(async |outer| {
        let child = outer.spawn(async {
            let middle = [2];
            scope(async |mid| {
                let child = mid.spawn(async {
                    let innermost = [3];
                    scope(async |inner| {
                        let a = inner.spawn(async { innermost[0] + middle[0] });
                        let b = inner.spawn(async { outermost[0] });
                        a.await + b.await
                    })
                    .await
                });
                child.await
            })
            .await
        });
        child.await
    });
    assert_eq!(total.await, 6);
}

async fn a_helper_takes_the_handle_and_the_borrow() {
    fn launch<'env>(s: &Scope<'env, FailFast<()>>, numbers: &'env [u32]) -> Task<u32> {
        s.spawn(async move { Ok(numbers.iter().sum()) })
    }
    let numbers = vec![1, 2, 3];
    assert_eq!(try_scope(async |s| Ok(launch(&s, &numbers).await)).await, Ok(6));
}

on_every_runtime!(
    a_borrowed_string_is_usable_again_after_the_scope,
    children_change_locals_of_their_own,
    the_body_changes_a_local,
    values_borrow_from_what_was_borrowed,
    errors_borrow_from_what_was_borrowed,
    grandchildren_borrow_through_a_clone_of_the_handle,
    nested_scopes_borrow_from_every_level,
    a_helper_takes_the_handle_and_the_borrow,
);
