#!/usr/bin/env bash
# loom: every order, up to a bound on preemptions, in which threads can come to what they share in the core, by the models in
# crates/purview-core/src/scope/models; and then the models against defects seeded into the core one by one, each of which
# its model must catch.
#
# Needs nothing but the stable toolchain. `ci/loom.sh NAME..` seeds only those. LOOM_MAX_PREEMPTIONS looks deeper,
# LOOM_LOG=trace says what happens; see loom's documentation.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

# name | the model that must catch it | what the defect breaks
defects() {
    cat <<'DEFECTS'
pass-ends-blindly|queue::a_child_that_comes_while_the_driver_looks_wakes_it|a child spawned during a poll of its scope waits for the next wake-up
queue-closed-unseen|queue::a_child_is_taken_in_or_refused_and_nothing_between|a child is put into a queue that is not looked into any more
taken-back-for-good|task_slot::a_value_that_is_taken_back_meanwhile_is_not_missed|a task that is awaited once says that it was awaited twice
token-waited-for-too-late|token::a_wait_that_begins_as_it_fires_is_woken|a wait that begins as the token fires never ends
token-made-at-the-end|token::a_wait_for_a_scopes_token_as_it_ends_hears_of_the_end|a wait that begins as its scope ends never ends
token-made-at-the-cancellation|token::a_task_that_asks_for_its_token_as_its_scope_is_cancelled_hears_of_it|a task whose node is made as its scope is cancelled is never told
stop-before-the-node|lazy_node::one_that_holds_is_told|a child that makes its node as it is cancelled is never told
hold-let-go-unseen|holding::a_hold_let_go_on_another_thread_is_seen|a cancelled task that is held no more is never dropped
hold-in-the-first-poll|holding::a_finalizer_given_in_the_first_poll_holds_the_task_around_once|a task is held for ever by a scope in it
guest-waits-too-late|guest::one_whose_turn_comes_as_it_is_polled_begins|a guest whose turn has come is never polled again
moved-with-old-counts|moving::a_shield_let_go_while_its_scope_moves_holds_neither_task|a task is held for ever by a scope that has moved
cancelled-during-the-poll|parallel_child::cancelled_while_another_thread_polls_it_it_is_dropped|a parallel child that is cancelled while it is polled is never dropped
running-closure-cut|blocking_child::it_runs_or_is_skipped_and_one_that_runs_is_waited_for|a scope ends while a closure of its runs
handles-counted-before|open_scope::the_last_of_two_handles_ends_it|an open scope whose handles were all dropped does not end
end-waited-for-too-late|open_scope::a_wait_for_its_end_is_woken|a shutdown of a scope that has just ended never completes
permit-waited-for-too-late|permit::a_place_given_back_wakes_the_wait_for_it|a free place is not given to the permit that waits for one
stream-ends-silently|channel::what_is_sent_arrives_and_then_the_stream_ends|a stream that is read is not told of its end
ready-silently|readiness::a_wait_for_a_child_to_be_ready_is_woken|a wait for a child to be ready is not told
woken-relaxed|parker::a_blocked_thread_is_woken|block_on sleeps on though what it waits for is done
DEFECTS
}

# builds CFG..: the unit tests of the core, for loom; gives the program.
build() {
    RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/loom \
        cargo rustc --quiet -p purview-core --lib --profile bench --message-format=json-render-diagnostics -- "$@" |
        grep -o '"executable":"[^"]*"' | cut -d'"' -f4
}

export RUST_BACKTRACE=0
log=$results/loom.log
program=$(build)
status=0
"$program" --nocapture scope::models:: >"$log" 2>&1 || status=$?
grep -aoE 'loom: .* interleavings' "$log" || true
if [ "$status" -ne 0 ] || [ "$(failed "$log")" -ne 0 ]; then
    record loom models=0 interleavings=0 seeded=0 caught=0 why="a model fails; see $log"
    grep -avE '^loom: |^test .* ok$' "$log" | head -n 40 >&2
    exit 1
fi
interleavings=$(grep -aoE 'loom: .* interleavings' "$log" | awk '{ n += $(NF - 1) } END { print n + 0 }')
models=$(grep -aoE 'loom: .* interleavings' "$log" | wc -l)

# Defects are compiled without optimization, which takes a fifth of the time. A model that fails there as it is catches
# nothing.
control=$(build -C opt-level=0)
if ! LOOM_MAX_PREEMPTIONS=1 "$control" scope::models:: >"$results/loom-control.log" 2>&1; then
    record loom models="$models" interleavings="$interleavings" seeded=0 caught=0 \
        why="a model fails without optimization; see $results/loom-control.log"
    exit 1
fi

wanted=" $* "
seeded=0 caught=0 why=
while IFS='|' read -r name model breaks; do
    [ "$wanted" = "  " ] || [[ $wanted == *" $name "* ]] || continue
    seeded=$((seeded + 1))
    program=$(build -C opt-level=0 --cfg "purview_seeded_bug=\"$name\"")
    # Most are caught by one preemption, which takes seconds; some need two. A thread that sleeps for ever ends the
    # process. A model that `timeout` ends has caught nothing.
    for bound in 1 2; do
        status=$({ LOOM_MAX_PREEMPTIONS=$bound timeout 120 "$program" --nocapture --exact "scope::models::$model" \
            >"$results/loom-$name.log" 2>&1 || echo $?; } 2>/dev/null)
        [ -z "$status" ] || break
    done
    if [ -n "$status" ] && [ "$status" != 124 ]; then
        caught=$((caught + 1)) verdict="caught by $model"
    else
        verdict=SURVIVED why="${why:-not caught:} $name"
    fi
    printf '%s: %s: %s\n' "$name" "$breaks" "$verdict"
done < <(defects)

[ "$interleavings" -ge 1000000 ] || why="${why:+$why; }fewer interleavings than 1,000,000"
record loom models="$models" interleavings="$interleavings" seeded="$seeded" caught="$caught" why="$why"
[ -z "$why" ]
