#!/usr/bin/env bash
# The core stays small, and neither it nor the tower layers know an executor: at most 14 crates with the core's default
# features, and no executor, reactor or HTTP implementation below either.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bad=0

below() { cargo tree -p "$1" --edges normal,build --prefix none | awk '{print $1}' | sort -u | grep -v "^$1\$"; }

crates=$(below purview-core)
count=$(printf '%s\n' "$crates" | wc -l)
printf 'purview-core pulls %s crates: %s\n' "$count" "$(printf '%s ' $crates)"
if [ "$count" -gt 14 ]; then
    echo "more than 14: find the one that is not worth it" >&2
    bad=1
fi

# name | what it must not know
while IFS='|' read -r crate unwanted; do
    crates=$(below "$crate")
    printf '%s knows none of %s\n' "$crate" "${unwanted//|/, }"
    if printf '%s\n' "$crates" | grep -xE "$unwanted"; then
        echo "$crate must not know the crates above" >&2
        bad=1
    fi
done <<'UNWANTED'
purview-core|tokio|smol|async-std|async-executor|async-global-executor|futures-executor|async-io
purview-tower|tokio|smol|async-std|async-executor|async-global-executor|futures-executor|async-io|mio|polling|hyper|hyper-util|h2|axum|tonic|tower
UNWANTED
exit $bad
