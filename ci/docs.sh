#!/usr/bin/env bash
# The documentation of every crate builds without a warning, and the links of the pages lead somewhere.
#
# Needs nothing but the stable toolchain.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps
bash ci/links.sh
