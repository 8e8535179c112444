//! Nothing is cancelled: all children are waited for, and finalizers run when all have ended.

cells! {
    BodyReturns:
    a_plain_child = Plain Child => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "subject finished", "subject dropped",
        "scope: value",
    ]
    a_shielded_child = Shielded Child => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "subject cleaned up", "subject went past its shield", "subject dropped",
        "scope: value",
    ]
    a_child_waiting_to_be_told = Told Child => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "subject finished", "subject dropped",
        "scope: value",
    ]
    a_child_owning_a_finalizer = Deferring Child => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "subject finished", "subject dropped",
        "finalizer polled", "finalizer ran", "finalizer dropped",
        "scope: value",
    ]
    a_scope_of_a_plain_child = Plain Nested => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "inner polled", "inner finished", "inner dropped",
        "subject: value", "subject dropped",
        "scope: value",
    ]
    a_scope_of_a_shielded_child = Shielded Nested => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "inner polled", "inner cleaned up", "inner went past its shield", "inner dropped",
        "subject: value", "subject dropped",
        "scope: value",
    ]
    a_scope_of_a_child_waiting_to_be_told = Told Nested => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "inner polled", "inner finished", "inner dropped",
        "subject: value", "subject dropped",
        "scope: value",
    ]
    a_scope_owning_a_finalizer = Deferring Nested => [
        "body polled", "body dropped",
        "(released)",
        "older polled", "older dropped",
        "subject polled", "inner polled", "inner finished", "inner dropped",
        "finalizer polled", "finalizer ran", "finalizer dropped",
        "subject: value", "subject dropped",
        "scope: value",
    ]
}
