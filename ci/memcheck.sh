#!/usr/bin/env bash
# Valgrind's memcheck over test binaries: no invalid access, no use of what was never written, nothing lost for good; no
# suppressions. Needs Debian's valgrind; where it is missing this says so and gives 0.
#
# Everything runs some forty times slower in it and on one thread at a time, so by default it looks at the core's own tests
# and at those of the promises that are about memory, panics, threads and destructors. `ci/memcheck.sh --workspace` looks at
# all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

command -v valgrind >/dev/null || skip memcheck "no valgrind: apt-get install valgrind"
what=("$@")
[ ${#what[@]} -gt 0 ] || what=(-p purview-core -p purview-tests --lib --test lifecycle --test panics --test parallel --test memory \
    --test cancellation --test tokens)
log=$results/memcheck.log
status=0
# Few programs of the model test: it is the breadth of the others that counts here.
export PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-50}
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="valgrind --quiet --error-exitcode=99 --num-callers=30 --leak-check=full \
--show-leak-kinds=definite --errors-for-leak-kinds=definite --fair-sched=yes"
CARGO_TARGET_DIR=$builds/memcheck cargo test --all-features --no-fail-fast "${what[@]}" 2>&1 | tee "$log" || status=$?

reports=$(grep -cE '^==[0-9]+== (Invalid|Conditional jump|Use of uninit|Syscall param|Mismatched|.* definitely lost in loss record)' "$log" || true)
record memcheck reports="$reports" tests="$(passed "$log")" failed="$(failed "$log")" over="$(echo "${what[@]}")"
[ "$reports" -eq 0 ] && exit "$status"
exit 1
