#!/usr/bin/env bash
# Links in the pages of this repository lead somewhere: to a file, to a heading in it, to an item that the documentation of the
# crates has. Sites of others are not asked.
#
# Needs nothing else; links to docs.rs are looked up in target/doc, after `cargo doc --workspace --all-features --no-deps`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
docs=${CARGO_TARGET_DIR:-target}/doc
here=https://github.com/purview-rs/purview
bad=0 links=0 skipped=0
complain() { printf '%s\n' "$*" >&2; bad=1; }

# text FILE: without its listings and without code in its lines.
text() { awk '/^ *```/ { listing = !listing; next } !listing { gsub(/`[^`]*`/, ""); print }' "$1"; }
targets() {
    text "$1" | grep -oE '\]\([^() ]+(\([^()]*\))?\)' | sed -E 's/^\]\((.*)\)$/\1/' || true
    text "$1" | sed -nE 's/^\[[^]]*\]: +([^ ]+).*/\1/p'
}
# anchors FILE: the names of its headings, as mdBook and GitHub make them.
anchors() {
    awk '/^ *```/ { listing = !listing; next } !listing && /^#+ / {
        sub(/^#+ +/, ""); gsub(/\]\([^)]*\)/, ""); gsub(/[^[:alnum:] _-]/, ""); gsub(/ /, "-"); print tolower($0)
    }' "$1"
}
# check PAGE TARGET FILE ANCHOR
check() {
    if [ ! -e "$3" ]; then
        complain "$1: $2: there is no $3"
    elif [ -n "$4" ]; then
        case $3 in
            *.md) anchors "$3" | grep -qxF "$4" || complain "$1: $2: $3 has no heading of this name" ;;
            *.html) grep -qF "id=\"$4\"" "$3" || complain "$1: $2: $3 has no item of this name" ;;
        esac
    fi
}
while read -r page; do
    [ ! -L "$page" ] || continue
    while read -r target; do
        links=$((links + 1))
        path=${target%%#*} anchor=
        [[ $target != *#* ]] || anchor=${target#*#}
        case $target in
            "$here"/blob/main/* | "$here"/tree/main/*) path=${path#"$here"/*/main/} && check "$page" "$target" "$path" "$anchor" ;;
            https://docs.rs/purview*/latest/*)
                [ -d "$docs" ] || { skipped=$((skipped + 1)); continue; }
                path=${path#https://docs.rs/*/latest/}
                [[ $path != */ ]] || path=${path}index.html
                check "$page" "$target" "$docs/$path" "$anchor"
                ;;
            *://* | mailto:*) ;;
            \#*) check "$page" "$target" "$page" "$anchor" ;;
            *) check "$page" "$target" "$(dirname "$page")/$path" "$anchor" ;;
        esac
    done < <(targets "$page")
done < <(git ls-files '*.md')
echo "$links links looked at$([ $skipped -eq 0 ] || echo ", but for $skipped into $docs, which is not there")"
exit $bad
