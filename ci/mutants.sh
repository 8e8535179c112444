#!/usr/bin/env bash
# Mutants of the core and of the adapters for tokio, smol and async-std: each is one small change, made in a copy of the tree,
# that some test should notice. cargo-mutants says which there are; statements that are deleted and conditions that are forced
# are added. Left out are the models that only loom compiles, unit tests, bodies of macros, and what is not compiled with all
# features on this system. `ci/mutants` compiles all of them at once, each behind a switch, and lets the switches say which test
# binary reaches them; each mutant is then tried by those that reach it, until one fails. One that no test reaches is missed.
# Where cargo-mutants is missing this says so and gives 0. Needs python3.
#
# PURVIEW_MUTANTS=1/20 runs every twentieth, from the first on, which the figure says. PURVIEW_MUTANTS=missed runs those that no
# run before has caught, and those in files that have changed since; the figure is of all. `ci/mutants.sh NAME..` runs those with
# one of these in their name (`engine.rs`, `Engine::cut`) and keeps no figure. Survivors are listed in
# target/scorecard/mutants.missed, and the guarantees page explains them; beside it is which test caught which, what did not
# compile, what no test reaches in whatever part, and what was left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

PATH=$PATH:$builds/tools/bin
command -v cargo-mutants >/dev/null || skip mutants "no cargo-mutants: cargo install cargo-mutants --root $builds/tools"
command -v python3 >/dev/null || skip mutants "no python3"
changed=()
for name in core tokio smol async-std; do changed+=(--package "purview-$name"); done
part=${PURVIEW_MUTANTS:-all}
mkdir -p "$builds/mutants"
cargo mutants --list --json "${changed[@]}" --exclude 'crates/purview-core/src/scope/models/**' \
    >"$builds/mutants/list.json"

PYTHONDONTWRITEBYTECODE=1 python3 ci/mutants "$builds/mutants/list.json" "$builds/mutants" "$builds/mutants/results" "$part" "$@"
out=$builds/mutants/results
for kind in caught timeout missed unviable unreached notes; do
    [ $# -gt 0 ] || cp "$out/$kind.txt" "$results/mutants.$kind"
done
count() { grep -c . "$out/$1.txt" || true; }
missed=$(count missed) caught=$(($(count caught) + $(count timeout)))
all=$((missed + caught))
[ "$part" != missed ] || part=all
[ $# -gt 0 ] || record mutants caught="$caught" of="$all" \
    percent="$(awk "BEGIN { print $all ? sprintf(\"%.1f\", 100 * $caught / $all) : \"none\" }")" part="$part"
printf '%s of %s caught; missed:\n' "$caught" "$all"
cat "$out/missed.txt"
