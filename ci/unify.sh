#!/usr/bin/env bash
# Two programs of one workspace choose different runtimes for one library that leaves the choice open: each runs on its own,
# built alone, and built together, where cargo gives both the features of both.
#
# Needs nothing but the stable toolchain and the registry.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
CARGO_TARGET_DIR=$(cd "$target" && pwd)
export CARGO_TARGET_DIR
# The versions that everything else is tested with.
cp Cargo.lock ci/fixtures/two-runtimes/
cd ci/fixtures/two-runtimes
for program in on-tokio on-smol; do
    echo "$program, alone:"
    cargo run --quiet -p "$program"
done
cargo build --quiet --workspace
for program in on-tokio on-smol; do
    echo "$program, with the features of both:"
    "$CARGO_TARGET_DIR/debug/$program"
done
