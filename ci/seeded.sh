#!/usr/bin/env bash
# Defects seeded by hand, each a change of one line in the driver, the child, the task or the token: the suite must fail for
# every one of them, and this says by which tests. They are made in a copy of the tree; yours is not touched.
#
# Asked are the model test, with PURVIEW_MODEL_PROGRAMS programs (2,000), and the suite of tests/ that is about what the
# defect breaks; with PURVIEW_SEEDED_QUICK=1 only the tests of purview-core and purview-test, the model's among them.
# `ci/seeded.sh NAME..` seeds only those. Needs perl, git and the stable toolchain.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

# name | file below crates/purview-core/src | the line | what it becomes | what that breaks | the suite of tests/ asked
defects() {
    cat <<'DEFECTS'
wake-ups-of-a-pass-are-lost|scope/driver.rs|self.signal.end();|self.signal.end_quietly();|a child woken while its scope is being polled is never polled again|driver
a-later-failure-cuts-again|scope/leaving.rs|} else if self.is_running() {|} else {|the first failure is not the reason any more|fail_fast
a-deadline-beats-the-value|scope/driver.rs|let expired = self.is_running() && state.is_expired();|let expired = self.is_running() && state.is_expired(); if expired { self.cut(&CancelReason::DeadlineExceeded, body.as_mut()); }|a value that came in the same pass as the deadline is lost|deadlines
polled-after-the-cancellation|scope/child.rs|if let Some(reason) = is_to_be_cut(frame) {|if let Some(reason) = None::<CancelReason> {|a task that was cancelled runs once more|cancellation
a-place-is-not-given-back|scope/leaving.rs|if frame.is_admitted() {|if frame.is_admitted() && false {|a limit that was reached once starts no more children|lifecycle
told-before-it-is-dropped|scope/child.rs|Poll::Ready(self.drop_future(end))|Poll::Ready(end)|a child is awaited to its end, and its future still exists|lifecycle
a-value-wakes-nothing|scope/task.rs|waker.wake();|drop(waker);|a waiter for a task is not woken when the task ends|lifecycle
only-the-first-waiter-is-woken|cancel/node.rs|told.wakers.extend(waiters.into_values());|told.wakers.extend(waiters.into_values().take(1));|all waiters of a token but one are never woken|tokens
a-child-token-stands-alone|cancel/token.rs|self.node.adopt(&child.node, None);||cancelling a token does not reach the tokens below it|tokens
DEFECTS
}

tree=$builds/seeded/tree
rm -rf "$tree" && mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar -c --ignore-failed-read -f - 2>/dev/null | tar -x -C "$tree"
# That a program fails is enough here; the smallest that does is not needed.
sed -i 's/^const ATTEMPTS: u64 = .*/const ATTEMPTS: u64 = 0;/' "$tree/crates/purview-test/tests/model/case.rs"
# A test that hangs because of a defect need not hang for long.
export PURVIEW_HANG=${PURVIEW_HANG:-15}
export CARGO_TARGET_DIR=$builds/seeded/target PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-2000} RUST_BACKTRACE=0

# The names of the tests that fail, and `(hangs)` for a binary that does not end.
failing() {
    local log=$1
    shift
    (cd "$tree" && cargo test --all-features --no-run "$@") >"$log" 2>&1 || true
    (cd "$tree" && timeout 600 cargo test --all-features --no-fail-fast "$@") >>"$log" 2>&1 || true
    if ! grep -q '^test result:' "$log"; then
        echo "no test ran; see $log" >&2
        return 1
    fi
    grep -oE '^test .* \.\.\. FAILED$' "$log" | sed -E 's/^test (.*) \.\.\. FAILED$/\1/' | sort -u || true
    grep -q 'Terminated\|SIGABRT\|SIGTERM' "$log" && echo "(the process was ended)" || true
}

wanted=" $* "
asked() { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]; }

# A test that fails without any defect catches nothing.
quick=(-p purview-core -p purview-test --lib --tests)
suites=(-p purview-test -p purview-tests --test model)
while IFS='|' read -r name _ _ _ _ suite; do
    asked "$name" && suites+=(--test "$suite")
done < <(defects)
[ -n "${PURVIEW_SEEDED_QUICK:-}" ] && suites=("${quick[@]}")
before=$(failing "$results/seeded-before.log" "${suites[@]}")
[ -z "$before" ] || printf 'failing without a defect, and so not counted:\n%s\n' "$before"

caught=0 all=0
summary=$results/seeded.txt table=$results/seeded.md
: >"$summary"
printf '%s\n' "Measured on $(date -u +%Y-%m-%d) at commit $(git rev-parse --short HEAD)." "" \
    "| in | this line | becomes | what that breaks | caught by |" "|---|---|---|---|---|" >"$table"
while IFS='|' read -r name file from to breaks suite; do
    asked "$name" || continue
    all=$((all + 1))
    source=$tree/crates/purview-core/src/$file
    cp "$source" "$source.whole"
    FROM=$from TO=$to perl -0pi -e '
        my ($from, $to) = @ENV{qw(FROM TO)};
        my $times = () = /\Q$from\E/g;
        die "`$from` is there $times times, not once: the defect must be seeded anew\n" if $times != 1;
        s/\Q$from\E/$to/' "$source"
    diff "$source.whole" "$source" | grep '^[<>]' || true
    suites=(-p purview-test -p purview-tests --test model --test "$suite")
    [ -n "${PURVIEW_SEEDED_QUICK:-}" ] && suites=("${quick[@]}")
    after=$(failing "$results/seeded-$name.log" "${suites[@]}")
    mv "$source.whole" "$source"
    touch "$source"
    by=$(comm -13 <(printf '%s\n' "$before" | sort -u) <(printf '%s\n' "$after" | sort -u) | grep . || true)
    if [ -n "$by" ]; then
        caught=$((caught + 1))
        verdict="caught by $(wc -l <<<"$by"): $(head -n 3 <<<"$by" | paste -sd ' ')"
    else
        verdict="SURVIVED"
    fi
    printf '%s (%s): %s\n    %s\n' "$name" "$file" "$breaks" "$verdict" | tee -a "$summary"
    printf '| `%s` | `%s` | %s | %s | %s |\n' "$file" "${from//|/\\|}" "$([ -n "$to" ] && echo "\`${to//|/\\|}\`" || echo nothing)" \
        "$breaks" "$([ -n "$by" ] && head -n 4 <<<"$by" | sed 's/.*/`&`/' | paste -sd ' ' || echo "no test")" >>"$table"
done < <(defects)

record seeded caught="$caught" of="$all"
[ "$caught" -eq "$all" ]
