#!/usr/bin/env bash
# Address and leak sanitizer over the tests of the workspace: 0 reports, no suppressions.
#
# Needs a nightly toolchain (`rustup toolchain install nightly`), which brings the sanitizer's runtime with it, on x86-64
# Linux. Where there is none this says so and gives 0. `ci/asan.sh -p purview-core` looks at one package.
#
# Tests that leak on purpose, which ci/left-out.sh names, are run by themselves, and looked at for addresses only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh
. ci/left-out.sh

nightly=$(rustup toolchain list 2>/dev/null | grep -o '^nightly[^ ]*' | head -n 1 || true)
[ -n "$nightly" ] || skip asan "no nightly toolchain: rustup toolchain install nightly"
target=x86_64-unknown-linux-gnu
runtime=$(rustc "+$nightly" --print sysroot)/lib/rustlib/$target/lib
compgen -G "$runtime/*asan*" >/dev/null || skip asan "$nightly has no sanitizer runtime in $runtime"
# The names of functions in a report.
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer || true)
export ASAN_SYMBOLIZER_PATH
export RUST_BACKTRACE=0

packages=("$@")
[ ${#packages[@]} -gt 0 ] || packages=(--workspace)
kinds=(--lib --tests)
[[ " $* " == *" --test "* ]] && kinds=()
# Instrumented programs are slow; in full size the tests are run without.
export PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-2000} PURVIEW_RACES=${PURVIEW_RACES:-10000}
export PURVIEW_CHILDREN=${PURVIEW_CHILDREN:-50000} PURVIEW_WAKERS=${PURVIEW_WAKERS:-100000} PURVIEW_HANG=${PURVIEW_HANG:-1200}
export RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=$builds/asan
log=$results/asan.log
status=0
: >"$log"
# run LEAKS ARG..: the tests, with these arguments, and whether leaks are looked for.
run() {
    ASAN_OPTIONS=detect_leaks=$1:detect_stack_use_after_return=1 \
        cargo "+$nightly" test --target "$target" --all-features "${kinds[@]}" --no-fail-fast "${packages[@]}" -- "${@:2}" \
        2>&1 | tee -a "$log" || status=$?
}
# The programs that some tests start, with the same instrumentation.
[[ " $* " == *" --test "* ]] || cargo "+$nightly" build --target "$target" --all-features --examples "${packages[@]}"
leaving_out size
size=("${skips[@]}")
leaving_out leaks
run 1 "${size[@]}" "${skips[@]}"
run 0 "${names[@]}"

reports=$(grep -cE 'ERROR: (Address|Leak)Sanitizer' "$log" || true)
record asan reports="$reports" tests="$(passed "$log")" failed="$(failed "$log")" over="$(echo "${packages[@]}")"
[ "$reports" -eq 0 ] && exit "$status"
grep -nE 'ERROR: (Address|Leak)Sanitizer' "$log" >&2
exit 1
