#!/usr/bin/env bash
# Defects seeded by hand, each a change of one line in the engine, the child, the task, the token or the links between them: the suite must fail for
# every one of them, and this says by which tests. They are made in a copy of the tree; yours is not touched.
#
# Asked are the model test, with PURVIEW_MODEL_PROGRAMS programs (2,000), and the suite of tests/ that is about what the
# defect breaks; with PURVIEW_SEEDED_QUICK=1 only the tests of purview-core and purview-test, the model's among them.
# `ci/seeded.sh NAME..` seeds only those. Needs perl, git and the stable toolchain.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

# name ~ file below crates/purview-core/src ~ the line, `\n` for an end of line ~ what it becomes ~ what that breaks ~ the suite of
# tests/ asked
defects() {
    cat <<'DEFECTS'
wake-ups-of-a-pass-are-lost~engine/engine.rs~self.node.signal().end();~self.node.signal().end_quietly();~a child woken while its scope is being polled is never polled again~driver
a-deadline-beats-the-value~engine/engine.rs~let mut expired = self.is_expired();~let mut expired = self.is_expired(); if expired { self.cut_at_the_deadline(members); }~a value that came in the same pass as the deadline is lost~deadlines
polled-after-the-cancellation~engine/member.rs~let is_to_be_dropped = stop.is_stopped(&self.env) && !self.env.holds();~let is_to_be_dropped = false;~a task that was cancelled runs once more~cancellation
told-before-it-is-dropped~engine/member.rs~Poll::Ready(self.drop_future(end))\n    }\n\n    fn poll_inside~Poll::Ready(end)\n    }\n\n    fn poll_inside~a child is awaited to its end, and its future still exists~lifecycle
polled-twice-in-a-pass-and-on~engine/pass.rs~pass.over |= again;~~a child that always yields keeps the executor out~driver
a-place-is-not-given-back~scope/children/finish.rs~if env.has_place() {~if env.has_place() && false {~a limit that was reached once starts no more children~limits
a-later-deadline-is-the-reason~engine/engine.rs~let first = self.node.reason().cloned();~let first = None::<CancelReason>;~the first cause is not the reason any more~deadlines
a-value-wakes-nothing~scope/slot/mod.rs~if let Content::Waiting(Some(waker)) = old {~if let (Content::Waiting(Some(waker)), false) = (old, true) {~a waiter for a task is not woken when the task ends~lifecycle
only-the-first-waiter-is-woken~cancel/walk.rs~self.told.extend(waiters.into_iter().map(Heard::Waiter));~self.told.extend(waiters.into_iter().take(1).map(Heard::Waiter));~all waiters of a token but one are never woken~tokens
a-child-token-stands-alone~cancel/token.rs~self.0.clone().adopt(&child.0, Told::Same);~~cancelling a token does not reach the tokens below it~tokens
a-scope-stays-where-it-was-polled-first~context/belong.rs~if before.unwrap_or_default() != here {~if before.is_none() && here.task != 0 {~a scope that is polled elsewhere belongs to the first place~belonging
a-hold-is-not-moved~tree/link.rs~task.hold(kind);~let _ = task;~what holds in a scope that has moved is not waited for~belonging
DEFECTS
}

tree=$builds/seeded/tree
rm -rf "$tree" && mkdir -p "$tree"
# As new as it is: else what an earlier run has compiled of its defects would seem to be of this.
git ls-files -z --cached --others --exclude-standard | xargs -0 tar -c --ignore-failed-read -f - 2>/dev/null | tar -x -m -C "$tree"
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
while IFS='~' read -r name _ _ _ _ suite; do
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
while IFS='~' read -r name file from to breaks suite; do
    asked "$name" || continue
    all=$((all + 1))
    source=$tree/crates/purview-core/src/$file
    cp "$source" "$source.whole"
    FROM=${from//\\n/$'\n'} TO=${to//\\n/$'\n'} perl -0pi -e '
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
