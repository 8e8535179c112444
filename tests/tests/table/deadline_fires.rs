//! A deadline cancels the body and all children.

cells! {
    DeadlineFires:
    a_plain_child = Plain Child => [
        "body dropped", "subject dropped", "older dropped",
        "scope: deadline exceeded",
    ]
    a_shielded_child = Shielded Child => [
        "body dropped", "older dropped",
        "(released)",
        "subject polled", "subject cleaned up", "subject went past its shield", "subject dropped",
        "scope: deadline exceeded",
    ]
    a_child_waiting_to_be_told = Told Child => [
        "body dropped", "older dropped",
        "subject polled", "subject was told DeadlineExceeded", "subject dropped",
        "scope: deadline exceeded",
    ]
    a_child_owning_a_finalizer = Deferring Child => [
        "body dropped", "subject dropped", "older dropped",
        "finalizer polled",
        "(released)",
        "finalizer polled", "finalizer ran", "finalizer dropped",
        "scope: deadline exceeded",
    ]
    a_scope_of_a_plain_child = Plain Nested => [
        "body dropped", "inner dropped", "subject dropped", "older dropped",
        "scope: deadline exceeded",
    ]
    a_scope_of_a_shielded_child = Shielded Nested => [
        "body dropped", "older dropped",
        "subject polled",
        "(released)",
        "subject polled", "inner polled", "inner cleaned up", "inner went past its shield", "inner dropped",
        "subject: cancelled, Parent", "subject dropped",
        "scope: deadline exceeded",
    ]
    a_scope_of_a_child_waiting_to_be_told = Told Nested => [
        "body dropped", "older dropped",
        "subject polled", "inner polled", "inner was told Parent", "inner dropped",
        "subject: cancelled, Parent", "subject dropped",
        "scope: deadline exceeded",
    ]
    a_scope_owning_a_finalizer = Deferring Nested => [
        "body dropped", "older dropped",
        "subject polled", "inner dropped", "finalizer polled",
        "(released)",
        "subject polled", "finalizer polled", "finalizer ran", "finalizer dropped",
        "subject: cancelled, Parent", "subject dropped",
        "scope: deadline exceeded",
    ]
}
