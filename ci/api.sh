#!/usr/bin/env bash
# The public items of the published crates are those in ci/api, so that a change of them is seen in review.
#
# `ci/api.sh --write` puts them there. Needs cargo-public-api, which it installs from the registry below the target folder. What
# it reads is made by rustdoc's JSON output, which is unstable, and switched on with RUSTC_BOOTSTRAP for that command.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/published.sh
. ci/tools.sh
write=false
[ "${1:-}" != --write ] || write=true
cargo_tool cargo-public-api || skip "cargo-public-api cannot be installed"
# A folder of its own: with RUSTC_BOOTSTRAP cargo builds the dependencies anew, and without it once more.
target=${CARGO_TARGET_DIR:-target}/api
bad=0
mkdir -p ci/api
for crate in "${published[@]}"; do
    json=$target/doc/${crate//-/_}.json now=$tools/api-$crate.txt
    CARGO_TARGET_DIR=$target RUSTC_BOOTSTRAP=1 cargo rustdoc --quiet --lib -p "$crate" --all-features -- -Zunstable-options --output-format json
    if ! cargo public-api --rustdoc-json "$json" -ss >"$now" 2>"$tools/api.log"; then
        # One release of the tool reads the output of some releases of rustdoc.
        grep -qi 'format' "$tools/api.log" && skip "$(cargo public-api --version) does not read the JSON of $(rustc --version)"
        cat "$tools/api.log" >&2
        exit 1
    fi
    if $write; then
        cp "$now" "ci/api/$crate.txt"
    elif ! diff -u "ci/api/$crate.txt" "$now"; then
        bad=1
    fi
    echo "$crate: $(wc -l <"$now") public items"
done
[ $bad -eq 0 ] || echo "if that is meant: ci/api.sh --write" >&2
exit $bad
