#!/usr/bin/env bash
# What the published crates depend on: licences, sources, versions, and known advisories, as deny.toml allows.
#
# Needs cargo-deny, which it installs from the registry below the target folder, and for the advisories the RustSec database,
# which cargo-deny fetches. Where that cannot be had, the rest is checked and this is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/tools.sh
cargo_tool cargo-deny --no-default-features || skip "cargo-deny cannot be installed"
cargo deny --log-level error check bans licenses sources
if cargo deny fetch db >"$tools/deny.log" 2>&1; then
    cargo deny --log-level error check --disable-fetch advisories
else
    echo "skipped: advisories, because their database cannot be fetched"
fi
