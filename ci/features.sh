#!/usr/bin/env bash
# Each feature of the core and of the facade builds alone, and so does none; which runtime serves a scope is tested under each
# choice of features, and under all. ci/full checks pairs of features, too.
#
# Needs nothing but the stable toolchain and the registry. `--quick` leaves out the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# features CRATE: their names, as its manifest has them.
features() {
    awk '/^\[/ { on = $0 == "[features]" } on && /^[a-z-]+ *=/ && !/^default/ { sub(/ *=.*/, ""); print }' "crates/$1/Cargo.toml"
}
for crate in purview-core purview; do
    for feature in "" $(features "$crate"); do
        cargo check --quiet -p "$crate" --no-default-features --features "$feature"
        echo "$crate builds with ${feature:-no feature}"
    done
done
[ "${1:-}" != --quick ] || exit 0
for feature in "" blocking tokio smol async-std tokio,smol,async-std,blocking; do
    echo "tests with ${feature:-no feature}:"
    cargo test --quiet -p purview-feature-tests --no-default-features --features "$feature"
done
