#!/usr/bin/env bash
# A fuzzer over the programs of the model test: libFuzzer sees which code a program reaches, and goes on from those that reach
# something new. Each is compared with the reference model, under address and leak sanitizer.
#
# Needs a nightly toolchain, and a C++ compiler for libFuzzer; where one is missing this says so and gives 0.
# PURVIEW_FUZZ_SECONDS says for how long, ten minutes unless it does. What was found interesting is kept in `fuzz-corpus` below
# the build folder, and continued from the next time. What diverges is written to `fuzz-found` there; `ci/fuzz.sh FILE` replays it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

nightly=$(rustup toolchain list 2>/dev/null | grep -o '^nightly[^ ]*' | head -n 1 || true)
[ -n "$nightly" ] || skip fuzz "no nightly toolchain: rustup toolchain install nightly"
command -v c++ >/dev/null || skip fuzz "no C++ compiler"
target=x86_64-unknown-linux-gnu
# What cargo-fuzz does, without it.
instrumented="--cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS=$instrumented CARGO_TARGET_DIR=$builds/fuzz \
    cargo "+$nightly" build --release --target "$target" --manifest-path fuzz/Cargo.toml
program=$builds/fuzz/$target/release/programs
[ $# -eq 0 ] || exec "$program" "$@"

corpus=$builds/fuzz-corpus found=$builds/fuzz-found
mkdir -p "$corpus" "$found"
log=$results/fuzz.log
status=0
"$program" "$corpus" -max_total_time="${PURVIEW_FUZZ_SECONDS:-600}" -max_len=400 -artifact_prefix="$found/" \
    -print_final_stats=1 >"$log" 2>&1 || status=$?
tail -n 12 "$log"
record fuzz programs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
    reached="$(grep -aoE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)" \
    reports="$(grep -acE '^SUMMARY: ' "$log" || true)"
exit "$status"
