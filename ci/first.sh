#!/usr/bin/env bash
# The first commands of a new user, as the README has them.
#
# Needs nothing but the stable toolchain. .ci/run runs the first, and the tests of `probe` with all features.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo run --quiet -p purview --example hello
cargo run --quiet -p purview-examples --bin probe
for runtime in tokio smol; do
    cargo run --quiet -p purview-examples --bin probe -- --runtime "$runtime" >/dev/null
    echo "probe --runtime $runtime: works"
done
