#!/usr/bin/env bash
# The lower bounds in the manifests are real: the published crates build, with all features, with the lowest version of each
# direct dependency that its bound allows. The versions of their dependencies are the newest, as in a user's program.
#
# Resolving so is an unstable option of cargo, switched on with RUSTC_BOOTSTRAP for that one command; the stable compiler builds.
# It works on a copy below the target folder, which has the published crates only, and not what they are tested with
# (dev-dependencies): that would raise the versions of what both depend on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/published.sh
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
copy=$target/minimal/workspace
rm -rf "$copy" && mkdir -p "$copy"
git ls-files -z Cargo.toml "${published[@]/#/crates/}" | xargs -0 cp -L --parents -t "$copy"
cd "$copy"
sed -i 's|^members = .*|members = ["crates/*"]|' Cargo.toml
for manifest in crates/*/Cargo.toml; do
    awk '/^\[/ { on = $0 !~ /^\[(target\..*\.)?dev-dependencies/ } on' "$manifest" >"$manifest.new" && mv "$manifest.new" "$manifest"
done
RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
# Nothing is run but macros and build scripts, and optimizing those takes longer than it saves.
quick=(--config 'profile.dev.package."*".opt-level=0')
CARGO_TARGET_DIR=$target/minimal/build cargo check --quiet "${quick[@]}" --workspace --all-features
echo "built with $(cargo tree --workspace --all-features --depth 1 --no-dedupe -e normal --prefix none |
    awk '$1 !~ /^(purview|\[)/ && NF { print $1, substr($2, 2) }' | sort -u | paste -sd, | sed 's/,/, /g')"
