//! A child that says that it is ready, and a wait for that on another thread.

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};

#[test]
fn a_wait_for_a_child_to_be_ready_is_woken() {
    explore("a child that says that it is ready", 4, || {
        let (open, driver) = OnThreads::default().open();
        let start = open.start(async |ready| {
            ready.set(7).expect("for the first time");
            std::future::pending::<Result<(), ()>>().await
        });
        let scope = thread::spawn(move || block_on(driver).is_ok());
        assert_eq!(block_on(start).ok(), Some(7));
        open.cancel();
        assert!(scope.join().unwrap());
    });
}
