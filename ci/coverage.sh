#!/usr/bin/env bash
# Line and branch coverage of purview-core by the tests of the workspace, and the lines that nothing runs.
#
# Needs `cargo install cargo-llvm-cov`, and an LLVM at least as new as the compiler's (`rustc -vV`): rustup's
# `llvm-tools`, or Debian's llvm-22. Branches are counted by a nightly compiler only; with a stable one the figure is left
# out. Where a tool is missing this says so and gives 0.
#
# `ci/coverage.sh --doc` counts the doctests too (nightly only).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

PATH=$PATH:$builds/tools/bin
command -v cargo-llvm-cov >/dev/null || skip coverage "no cargo-llvm-cov: cargo install cargo-llvm-cov --root $builds/tools"
flags=()
if nightly=$(rustup toolchain list 2>/dev/null | grep -o '^nightly[^ ]*' | head -n 1); then
    export RUSTUP_TOOLCHAIN=$nightly
    flags=(--branch)
fi
wanted=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
rustups=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
for bin in "$rustups" "/usr/lib/llvm-$wanted/bin"; do
    if [ -x "$bin/llvm-cov" ] && [ -x "$bin/llvm-profdata" ]; then
        export LLVM_COV=$bin/llvm-cov LLVM_PROFDATA=$bin/llvm-profdata
        break
    fi
done
[ -n "${LLVM_COV:-}" ] || skip coverage "no LLVM $wanted: rustup component add llvm-tools, or apt-get install llvm-$wanted"
[ "${1:-}" = --doc ] && [ ${#flags[@]} -gt 0 ] && flags+=(--doctests)

export CARGO_TARGET_DIR=$builds/coverage PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-10000}
others='(^|/)(tests|examples|\.cargo|rustc|purview|purview-(bench|test|tokio|smol|async-std))/'
log=$results/coverage.log
status=0
cargo llvm-cov --no-report "${flags[@]}" --workspace --all-features --lib --tests --ignore-run-fail 2>&1 | tee "$log" || status=$?
lcov=$results/coverage.lcov
cargo llvm-cov report "${flags[@]:0:1}" --lcov --ignore-filename-regex "$others" --output-path "$lcov"
# What nobody runs, as file:line.
awk -F'[:,]' '/^SF:/ { sub(/.*\/crates\//, "crates/"); file = $0 } /^DA:/ && $3 == 0 { print file ":" $2 }' "$lcov" >"$results/uncovered.txt"
mapfile -t figures < <(awk -F: '
    function percent(hit, all) { return all ? sprintf("%.2f", 100 * hit / all) : "none" }
    /^LF:/ { lf += $2 } /^LH:/ { lh += $2 } /^BRF:/ { bf += $2 } /^BRH:/ { bh += $2 }
    END { print "lines=" percent(lh, lf); print "lines_of=" lh "/" lf; print "branches=" percent(bh, bf); print "branches_of=" bh "/" bf }
' "$lcov")
record coverage "${figures[@]}" tests="$(passed "$log")" failed="$(failed "$log")"
exit "$status"
