#!/usr/bin/env bash
# Draws docs/src/probe.svg, the picture in the README, from a run of the example `probe`: what ran when, on this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo run --quiet --release -p purview-examples --bin probe -- --svg docs/src/probe.svg >/dev/null
echo "drawn: docs/src/probe.svg"
