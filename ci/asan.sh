#!/usr/bin/env bash
# Address and leak sanitizer over the tests of the workspace: 0 reports, no suppressions.
#
# Needs a nightly toolchain (`rustup toolchain install nightly`), which brings the sanitizer's runtime with it, on x86-64
# Linux. Where there is none this says so and gives 0. `ci/asan.sh -p purview-core` looks at one package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

nightly=$(rustup toolchain list 2>/dev/null | grep -o '^nightly[^ ]*' | head -n 1 || true)
[ -n "$nightly" ] || skip asan "no nightly toolchain: rustup toolchain install nightly"
target=x86_64-unknown-linux-gnu
runtime=$(rustc "+$nightly" --print sysroot)/lib/rustlib/$target/lib
compgen -G "$runtime/*asan*" >/dev/null || skip asan "$nightly has no sanitizer runtime in $runtime"
# The names of functions in a report.
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer || true)
export ASAN_SYMBOLIZER_PATH
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1

packages=("$@")
[ ${#packages[@]} -gt 0 ] || packages=(--workspace)
# Instrumented programs are slow; all 100,000 are run without.
export PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-2000}
log=$results/asan.log
status=0
RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=$builds/asan \
    cargo "+$nightly" test --target "$target" --all-features --lib --tests --no-fail-fast "${packages[@]}" \
    2>&1 | tee "$log" || status=$?

reports=$(grep -cE 'ERROR: (Address|Leak)Sanitizer' "$log" || true)
record asan reports="$reports" tests="$(passed "$log")" failed="$(failed "$log")" over="$(echo "${packages[@]}")"
[ "$reports" -eq 0 ] && exit "$status"
grep -nE 'ERROR: (Address|Leak)Sanitizer' "$log" >&2
exit 1
