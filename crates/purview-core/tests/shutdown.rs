//! A shutdown gives all children time, and what they need to end.

use std::{thread, time::Duration};

use purview_core::{TaskInfo, block_on, cancelled, fail_fast, scope};

#[test]
fn a_child_that_is_given_time_to_end_may_open_scopes_and_spawn_in_them() {
    let (service, driver) = fail_fast::<std::io::Error>().open();
    let driver = thread::spawn(|| block_on(driver));
    let task = service.task().name("polite").spawn(async {
        cancelled().await;
        let n = scope(async |s| s.spawn(async { 7 }).await).await;
        Ok(n)
    });
    let report = block_on(service.shutdown(Duration::from_secs(60)));
    assert_eq!(
        report.finished.iter().map(TaskInfo::name).collect::<Vec<_>>(),
        ["polite"]
    );
    assert!(report.cut.is_empty());
    assert_eq!(block_on(task), 7);
    driver.join().unwrap().unwrap();
}
