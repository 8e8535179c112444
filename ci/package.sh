#!/usr/bin/env bash
# What is published, as the registry will have it: every crate packs and builds from its package alone, the package has the
# licence texts and a README whose links work on the registry's page, and its own `cargo test` passes outside this repository.
#
# Needs nothing but the stable toolchain and the registry. Nothing is uploaded. `--quick` leaves out the tests, which .ci/run has
# run on the same sources; what a package lacks shows when it is checked.
#
# Cargo does not verify the packages itself: it would unpack those that depend on each other below CARGO_HOME, find what an earlier
# run of another commit left there under the same version, and build that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/published.sh
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
log=$target/package.log
bad=0
complain() { printf '%s\n' "$*" >&2; bad=1; }

# What `keywords` may be is checked by the registry alone, after the upload.
sed -n 's/^keywords = \[\(.*\)\]/\1/p' Cargo.toml | tr -d '" ' | tr ',' '\n' | awk '
    length > 20 { print "the keyword " $0 " has more than 20 characters"; bad = 1 }
    END { if (NR > 5) { print "there are more than 5 keywords"; bad = 1 } exit bad }' >&2 || bad=1

# run ARG..: cargo with these arguments, which is quiet unless it fails.
run() { cargo "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }; }
run package "${packages[@]}" --no-verify --allow-dirty
run publish --workspace --dry-run --no-verify --allow-dirty

rm -rf "$target/packaged"
mkdir -p "$target/packaged/crates"
# Those that the second command would upload, so that both agree on what is published.
for crate in $(sed -n 's/^ *Uploading \([^ ]*\) v\([^ ]*\) .*/\1-\2/p' "$log"); do
    tar -xzf "$target/package/$crate.crate" -C "$target/packaged/crates"
    folder=$target/packaged/crates/$crate
    for file in README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE; do
        [ -s "$folder/$file" ] || complain "$crate: its package has no $file"
    done
    # Links of the README, without its listings: each has to say its host, because the registry's page is not this repository.
    text=$(awk '/^```/ { listing = !listing } !listing' "$folder/README.md")
    relative=$({
        grep -oE '\]\([^)]+\)' <<<"$text" | sed 's/^](\(.*\))$/\1/'
        sed -nE 's/^\[[^]]+\]: +//p' <<<"$text"
    } | grep -vE '^(https?://|#)' || true)
    [ -z "$relative" ] || complain "$crate: links of its README that work only here: $(printf '%s ' $relative)"
    defined=$(sed -nE 's/^(\[[^]]+\]): .*/\1/p' <<<"$text")
    undefined=$(grep -oE '\[`[^]]+`\]([^(:[]|$)' <<<"$text" | grep -oE '^\[[^]]+\]' | sort -u | grep -vxF "$defined" || true)
    [ -z "$undefined" ] || complain "$crate: brackets in its README that are no link there: $(printf '%s ' $undefined)"
    printf '%s: %s files\n' "$crate" "$(find "$folder" -type f | wc -l)"
done

# The packages as a workspace of their own, which has nothing of this repository but the versions of other crates.
{
    printf '[workspace]\nresolver = "3"\nmembers = ["crates/*"]\n\n[patch.crates-io]\n'
    for folder in "$target"/packaged/crates/*; do
        name=${folder##*/}
        printf '%s = { path = "crates/%s" }\n' "${name%-*}" "$name"
    done
    printf '\n'
    sed -n '/^\[profile/,$p' Cargo.toml
} >"$target/packaged/Cargo.toml"
cp Cargo.lock "$target/packaged/"
for folder in "$target"/packaged/crates/*; do
    name=${folder##*/}
    CARGO_TARGET_DIR=$target run check --manifest-path "$target/packaged/Cargo.toml" -p "${name%-*}"
done
if [ "${1:-}" != --quick ]; then
    CARGO_TARGET_DIR=$target cargo test --quiet --manifest-path "$target/packaged/Cargo.toml" --workspace --all-features
fi
exit $bad
