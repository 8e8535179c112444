#!/usr/bin/env bash
# What a reader of the source may rely on: no `unsafe`, nothing switched off, files of a size that one can read.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bad=0
complain() { printf '%s\n' "$*" >&2; bad=1; }

for crate in crates/*/src/lib.rs; do
    grep -q '^#!\[forbid(unsafe_code)\]' "$crate" || complain "$crate: does not forbid unsafe code"
done
if git grep -nwE 'unsafe' -- '*.rs' | grep -vE 'unsafe_code|//'; then
    complain "the lines above use unsafe"
fi
if git grep -nE '\b(todo|unimplemented)!\(|TODO|FIXME|#\[ignore' -- 'crates/*.rs' 'tests/*.rs'; then
    complain "the lines above are unfinished or switched off"
fi
while read -r file; do
    lines=$(grep -cvE '^[[:space:]]*(//.*)?$' "$file" || true)
    [ "$lines" -le 300 ] || complain "$file: $lines lines of code; over 300 it wants a second file"
done < <(git ls-files 'crates/*/src/*.rs' 'crates/*/examples/*.rs')
if git ls-files '*.rs' | grep -E '(^|/)(utils?|helpers?|common)(/|\.rs$)'; then
    complain "the files above are named for nothing in particular"
fi
exit $bad
