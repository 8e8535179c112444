#!/usr/bin/env bash
# The core, the facade and the test runtime compile for wasm32-unknown-unknown.
#
# Takes the target's standard library from rustup (`rustup target add wasm32-unknown-unknown`), else that of the oldest compiler;
# see ci/oldest.sh. Where neither is to be had this says so and gives 0. Nothing is run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/oldest.sh
. ci/tools.sh
target=wasm32-unknown-unknown
has_target() { [ -d "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$target/lib" ]; }
has_target || { oldest_rust && has_target; } || skip "no standard library for $target; rustup target add $target"
rustc --version
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/wasm
# Nothing is run but macros and build scripts, and optimizing those takes longer than it saves.
quick=(--config 'profile.dev.package."*".opt-level=0')
# No tokio, smol or async-std: they do not compile for this target.
cargo check --quiet "${quick[@]}" --locked --target "$target" -p purview-core --all-features
cargo check --quiet "${quick[@]}" --locked --target "$target" -p purview --no-default-features --features rate-limit,tracing
cargo check --quiet "${quick[@]}" --locked --target "$target" -p purview-test
echo "purview-core, purview and purview-test compile for $target"
