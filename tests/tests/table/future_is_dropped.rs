//! All tasks are dropped before the drop returns: the body, then the children, newest to oldest. Finalizers cannot run.

cells! {
    FutureIsDropped:
    a_plain_child = Plain Child => [
        "body dropped", "subject dropped", "older dropped",
    ]
    a_shielded_child = Shielded Child => [
        "body dropped", "subject dropped", "older dropped",
    ]
    a_child_waiting_to_be_told = Told Child => [
        "body dropped", "subject dropped", "older dropped",
    ]
    a_child_owning_a_finalizer = Deferring Child => [
        "body dropped", "subject dropped", "older dropped", "finalizer dropped",
    ]
    a_scope_of_a_plain_child = Plain Nested => [
        "body dropped", "inner dropped", "subject dropped", "older dropped",
    ]
    a_scope_of_a_shielded_child = Shielded Nested => [
        "body dropped", "inner dropped", "subject dropped", "older dropped",
    ]
    a_scope_of_a_child_waiting_to_be_told = Told Nested => [
        "body dropped", "inner dropped", "subject dropped", "older dropped",
    ]
    a_scope_owning_a_finalizer = Deferring Nested => [
        "body dropped", "inner dropped", "finalizer dropped", "subject dropped", "older dropped",
    ]
}
