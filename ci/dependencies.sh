#!/usr/bin/env bash
# The core stays small and executor-free: at most 14 crates with its default features, none of them an executor.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
crates=$(cargo tree -p purview-core --edges normal,build --prefix none | awk '{print $1}' | sort -u | grep -v '^purview-core$')
count=$(printf '%s\n' "$crates" | wc -l)
printf 'purview-core pulls %s crates: %s\n' "$count" "$(printf '%s ' $crates)"
if [ "$count" -gt 14 ]; then
    echo "more than 14: find the one that is not worth it" >&2
    exit 1
fi
if printf '%s\n' "$crates" | grep -xE 'tokio|smol|async-std|async-executor|async-global-executor|futures-executor|async-io'; then
    echo "the crates above are executors, which the core must not know" >&2
    exit 1
fi
