#!/usr/bin/env bash
# What tokio-console shows of Purview's tasks, read from its own server: names, places, kinds and wakers; and under
# `--cfg tokio_unstable` tokio's own tasks have the names of the parallel children that they run.
#
# Needs nothing but the stable toolchain and the registry. The flag is part of what every crate is built with: it has a target
# folder of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
RUSTFLAGS="--cfg tokio_unstable" CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/tokio_unstable \
    cargo test --quiet -p purview-console-tests -p purview-tokio --features purview-tokio/console
