#!/usr/bin/env bash
# Line and branch coverage of purview-core by the tests of the workspace. Lines that no test runs are to be explained in
# ci/coverage.exceptions; the others are printed, and make this fail.
#
# Needs `cargo install cargo-llvm-cov`, and an LLVM at least as new as the compiler's (`rustc -vV`): rustup's
# `llvm-tools`, or Debian's llvm-22. Branches are counted by a nightly compiler only; with a stable one the figure is left
# out. Where a tool is missing this says so and gives 0.
#
# `--doc` counts the doctests too (nightly only). `--write` puts the exceptions, with their lines, on the page
# docs/src/coverage.md. `--kept` measures nothing and goes through what was measured last.
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
write=false kept=false
for argument; do
    case $argument in
        --doc) [ ${#flags[@]} -eq 0 ] || flags+=(--doctests) ;;
        --write) write=true ;;
        --kept) kept=true ;;
        *) echo "unknown: $argument" >&2; exit 2 ;;
    esac
done

export CARGO_TARGET_DIR=$builds/coverage PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-10000}
log=$results/coverage.log
lcov=$results/coverage.lcov
status=0
if ! $kept; then
    # Programs of an earlier run would count with lines that have moved since.
    cargo llvm-cov clean --workspace
    cargo llvm-cov --no-report "${flags[@]}" --workspace --exclude-from-test purview-bench --all-features --lib --tests \
        --ignore-run-fail 2>&1 | tee "$log" || status=$?
    cargo llvm-cov report "${flags[@]:0:1}" --lcov --output-path "$lcov"
fi
rows=$results/coverage.rows
awk -v exceptions=ci/coverage.exceptions -v uncovered="$results/uncovered.txt" -v page="$rows" -f ci/coverage.awk "$lcov" \
    >"$results/coverage.figures" || status=1
mapfile -t figures <"$results/coverage.figures"
record coverage "${figures[@]}" tests="$(passed "$log")" failed="$(failed "$log")"
if [ -s "$results/uncovered.txt" ]; then
    echo "No test runs these lines, and ci/coverage.exceptions does not say why:" >&2
    cat "$results/uncovered.txt" >&2
    status=1
fi
if $write; then
    awk -v rows="$rows" '
        $0 == "<!-- /exceptions -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- exceptions -->" {
            inside = 1
            print "\n| line of `crates/purview-core/src` | why no test runs it |\n|---|---|"
            while ((getline line < rows) > 0) print line
            print ""
        }
    ' docs/src/coverage.md >"$results/coverage.md"
    cp "$results/coverage.md" docs/src/coverage.md
fi
exit "$status"
