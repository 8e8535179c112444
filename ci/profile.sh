#!/usr/bin/env bash
# Prints, as a table for the page of benchmarks, where the instructions of key loads go: to the allocator, to the set, and to
# each folder of purview-core. What the compiler has inlined counts for the folder that its lines are in, and the standard
# library's for the function that it was inlined into. Nothing is judged here.
#
# `ci/profile.sh LOAD..` takes other loads than those of the page; `--all` of the program `run` prints their names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v valgrind >/dev/null || { echo "no valgrind here: apt-get install valgrind"; exit; }
command -v python3 >/dev/null || { echo "no python3 here"; exit; }

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/profile
CARGO_PROFILE_BENCH_DEBUG=1 cargo build --quiet --profile bench -p purview-bench --no-default-features --bin run >&2
PYTHONDONTWRITEBYTECODE=1 python3 ci/profile.py "$CARGO_TARGET_DIR/release/run" "$@"
