# Sourced by asan.sh, tsan.sh and memcheck.sh: the tests that these run apart from the others, or not at all. There are no
# suppressions beside it: whatever the others do is reported.
#
# in what respect | part of the name | why
left_out() {
    grep -E "^($1) +\|" <<'LEFT_OUT' | cut -d'|' -f2 | tr -d ' '
leaks | forgotten::                                   | what it is about: scopes, tasks, permits, drivers that are given to `mem::forget`
leaks | a_forgotten_scope_keeps_its_promises          | forgets a scope
leaks | forgotten_it_stays_a_member_until_it_is_destroyed | forgets a guest
leaks | a_hold_that_was_forgotten_inside_does_not_outlast_a_panic | forgets a wait that holds
leaks | a_payload_that_panics_does_not_come_out_of_the_drop_of_a_stream | a payload whose destructor panics is forgotten
leaks | panic_in_the_drop_of_a_payload::              | a payload whose destructor panics is forgotten, as its destructor must not run again
leaks | executors_that_break_their_promises::one_that_it_ | its executor forgets what it is given
leaks | a_forgotten_future_of_the_executor_holds_its_child_until_the_scope_is_dropped | its executor forgets what it is given
leaks | FuturesAreKept                                | a runtime that is defective on purpose: it forgets futures
leaks | ClosuresAreKept                               | the same with closures
leaks | a_future_that_is_never_polled_is_what_the_test_waits_for | the same
leaks | a_closure_that_is_never_run_is_what_the_test_waits_for | the same
leaks | a_closure_refused_for_want_of_a_thread_never_runs | tokio leaves in its queue what it could start no thread for, and so itself; the closure was dropped
size  | ten_thousand_targets_fit_in_64_mib            | holds a whole process to a bound, and what a sanitizer itself takes is many times that
counts | long_lived_scopes_do_not_grow::              | counts what is allocated, over a hundred thousand children on one thread
counts | tokens_forget_their_children::               | the same
counts | cancelled_and_dropped_scopes_leave_nothing:: | the same
counts | a_parallel_child_costs_few_allocations::     | counts allocations
counts | a_child_costs_                               | counts allocations
counts | a_gathered_future_costs_                     | counts allocations
counts | an_empty_scope_costs_                        | counts allocations
counts | many_futures_cost_a_handful_for_all          | counts allocations
counts | gathers_drop_their_input::                   | counts what is allocated
counts | open_scopes_stay_flat::                      | counts what is allocated, over many children
many  | a_hundred_thousand_children::                 | what it is about is how many there are, each of which is polled once on one thread
many  | polls_stay_linear_under_tokio::               | the same
LEFT_OUT
}

# leaving_out KIND..: sets `skips` to what libtest takes to leave out tests of these kinds, and `names` to what it takes to run
# just those.
leaving_out() {
    local kinds=$1 name
    skips=() names=()
    while read -r name; do
        names+=("$name")
        skips+=(--skip "$name")
    done < <(left_out "$kinds")
}
