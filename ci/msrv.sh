#!/usr/bin/env bash
# Every published crate builds with the oldest compiler that the manifests name, with its default features and with all of them.
# What it is tested with (dev-dependencies) may want a newer one, and is left out.
#
# Takes that compiler from rustup, else from Debian 13; see ci/oldest.sh. Where neither is to be had this says so and gives 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/published.sh
. ci/oldest.sh
. ci/tools.sh
oldest_rust || skip "no Rust $oldest; rustup toolchain install $oldest"
rustc --version
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/msrv
# Nothing is run but macros and build scripts, and optimizing those takes longer than it saves.
quick=(--config 'profile.dev.package."*".opt-level=0')
for features in "" --all-features; do
    cargo check --quiet "${quick[@]}" --locked "${packages[@]}" $features
    echo "builds${features:+ with $features}: ${published[*]}"
done
