#!/usr/bin/env bash
# Every pair of features of every published crate builds.
#
# Needs cargo-hack, which it installs from the registry below the target folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/published.sh
. ci/tools.sh
cargo_tool cargo-hack || skip "cargo-hack cannot be installed"
log=$tools/powerset.log
cargo hack check --feature-powerset --depth 2 --no-dev-deps "${packages[@]}" >"$log" 2>&1 || { cat "$log"; exit 1; }
echo "$(grep -c '^info: running `cargo check' "$log") combinations build"
