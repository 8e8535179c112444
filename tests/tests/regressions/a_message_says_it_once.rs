//! "cancelled: cancelled on request: .."

use purview::{CancelReason, TaskError};

#[test]
fn what_became_of_a_task_that_was_cancelled_is_said_in_one_phrase() {
    let says = |reason| TaskError::<String>::Cancelled(reason).to_string();
    assert_eq!(says(CancelReason::Requested(None)), "cancelled on request");
    assert_eq!(
        says(CancelReason::Requested(Some("too slow".into()))),
        "cancelled on request: too slow"
    );
    assert_eq!(says(CancelReason::DeadlineExceeded), "cancelled: deadline exceeded");
    assert_eq!(
        says(CancelReason::Parent),
        "cancelled: the enclosing scope was cancelled"
    );
}
