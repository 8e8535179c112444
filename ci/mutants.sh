#!/usr/bin/env bash
# Mutants of the driver, the child, the task, the token and gather: each is one small change to the core, made in a copy of
# the tree, that some test should notice. Needs `cargo install cargo-mutants`; where it is missing this says so and gives 0.
#
# All of them take hours. PURVIEW_MUTANTS=1/20 runs one of twenty parts, which the figure says; survivors are listed in
# target/proof/mutants/mutants.out/missed.txt, and the guarantees page explains them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

PATH=$PATH:$builds/tools/bin
command -v cargo-mutants >/dev/null || skip mutants "no cargo-mutants: cargo install cargo-mutants --root $builds/tools"
core=crates/purview-core/src
files=()
for file in "$core"/scope/{driver,child,task}.rs "$core"/cancel/{token,node}.rs; do files+=(--file "$file"); done
files+=(--file "$core/gather/**/*.rs")
part=${PURVIEW_MUTANTS:-}
status=0
# The tests that a part of the core has anything to fear from: the model and the promises.
PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-500} cargo mutants "${files[@]}" ${part:+--shard "$part"} \
    --package purview-core --test-package purview-core,purview-test,purview-tests --all-features --no-shuffle \
    --timeout 240 --output "$builds/mutants" -- --lib --tests || status=$?
# 2: some survived; 3: some timed out. Both are results. Anything else is not.
case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac

out=$builds/mutants/mutants.out
count() { grep -c . "$out/$1" || true; }
missed=$(count missed.txt) caught=$(($(count caught.txt) + $(count timeout.txt)))
all=$((missed + caught))
record mutants caught="$caught" of="$all" percent="$(awk "BEGIN { print $all ? sprintf(\"%.1f\", 100 * $caught / $all) : \"none\" }")" \
    part="${part:-all}"
cat "$out/missed.txt"
