#!/usr/bin/env bash
# Valgrind's memcheck over test binaries: no invalid access, no use of what was never written, nothing lost for good; no
# suppressions. Needs Debian's valgrind; where it is missing this says so and gives 0. Tests that leak on purpose, which
# ci/left-out.sh names, are run by themselves, and looked at for all but leaks; the slowest are left out.
#
# Everything runs some forty times slower in it and on one thread at a time, so by default it looks at the core's own tests
# and at those of the promises that are about memory, panics, threads and destructors. `ci/memcheck.sh --workspace` looks at
# all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh
. ci/left-out.sh

command -v valgrind >/dev/null || skip memcheck "no valgrind: apt-get install valgrind"
what=("$@")
[ ${#what[@]} -gt 0 ] || what=(-p purview-core -p purview-tests --lib --test lifecycle --test panics --test parallel --test memory \
    --test cancellation --test tokens)
log=$results/memcheck.log
status=0
# Few programs of the model test: it is the breadth of the others that counts here.
export PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-50} PURVIEW_HANG=${PURVIEW_HANG:-1200} RUST_BACKTRACE=0
export CARGO_TARGET_DIR=$builds/memcheck
: >"$log"
# run LEAKS ARG..: the tests, with these arguments, and which leaks are an error.
run() {
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="valgrind --quiet --error-exitcode=99 --num-callers=30 --leak-check=full \
--show-leak-kinds=$1 --errors-for-leak-kinds=$1 --fair-sched=yes" \
        cargo test --all-features --no-fail-fast "${what[@]}" -- "${@:2}" 2>&1 | tee -a "$log" || status=$?
}
leaving_out 'counts|many|size'
slow=("${skips[@]}")
leaving_out leaks
run definite "${slow[@]}" "${skips[@]}"
run none "${slow[@]}" "${names[@]}"

reports=$(grep -cE '^==[0-9]+== (Invalid|Conditional jump|Use of uninit|Syscall param|Mismatched|.* definitely lost in loss record)' "$log" || true)
record memcheck reports="$reports" tests="$(passed "$log")" failed="$(failed "$log")" over="$(echo "${what[@]}")"
[ "$reports" -eq 0 ] && exit "$status"
exit 1
