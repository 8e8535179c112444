//! A panic of a child cancels like an error, and goes on in the caller when all have been dropped.

cells! {
    ChildPanics:
    a_plain_child = Plain Child => [
        "trigger polled", "trigger dropped",
        "body dropped", "subject dropped", "older dropped",
        "scope: panicked with boom",
    ]
    a_shielded_child = Shielded Child => [
        "trigger polled", "trigger dropped",
        "body dropped", "older dropped",
        "(released)",
        "subject polled", "subject cleaned up", "subject went past its shield", "subject dropped",
        "scope: panicked with boom",
    ]
    a_child_waiting_to_be_told = Told Child => [
        "trigger polled", "trigger dropped",
        "body dropped", "older dropped",
        "subject polled", "subject was told Panicked", "subject dropped",
        "scope: panicked with boom",
    ]
    a_child_owning_a_finalizer = Deferring Child => [
        "trigger polled", "trigger dropped",
        "body dropped", "subject dropped", "older dropped",
        "finalizer polled",
        "(released)",
        "finalizer polled", "finalizer ran", "finalizer dropped",
        "scope: panicked with boom",
    ]
    a_scope_of_a_plain_child = Plain Nested => [
        "trigger polled", "trigger dropped",
        "body dropped", "inner dropped", "subject dropped", "older dropped",
        "scope: panicked with boom",
    ]
    a_scope_of_a_shielded_child = Shielded Nested => [
        "trigger polled", "trigger dropped",
        "body dropped", "older dropped",
        "subject polled",
        "(released)",
        "subject polled", "inner polled", "inner cleaned up", "inner went past its shield", "inner dropped",
        "subject: cancelled, Parent", "subject dropped",
        "scope: panicked with boom",
    ]
    a_scope_of_a_child_waiting_to_be_told = Told Nested => [
        "trigger polled", "trigger dropped",
        "body dropped", "older dropped",
        "subject polled", "inner polled", "inner was told Parent", "inner dropped",
        "subject: cancelled, Parent", "subject dropped",
        "scope: panicked with boom",
    ]
    a_scope_owning_a_finalizer = Deferring Nested => [
        "trigger polled", "trigger dropped",
        "body dropped", "older dropped",
        "subject polled", "inner dropped", "finalizer polled",
        "(released)",
        "subject polled", "finalizer polled", "finalizer ran", "finalizer dropped",
        "subject: cancelled, Parent", "subject dropped",
        "scope: panicked with boom",
    ]
}
