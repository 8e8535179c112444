#!/usr/bin/env bash
# The proof for services at full size: as many clients as PURVIEW_DISCONNECTS says, or 10,000, leave an axum server at random
# points and a chain of three gRPC services in the middle of calls and streams. It prints what was counted. `cargo test` does the
# same with 100.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PURVIEW_DISCONNECTS=${PURVIEW_DISCONNECTS:-10000}
cargo test --quiet -p purview-tower --test loopback -- chain:: disconnects:: not_reading:: under_load:: 2>&1
