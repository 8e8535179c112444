# Sourced by the scripts beside it: where builds and figures go, and how a figure is kept.
#
# Figures are files of `key=value` lines in $PURVIEW_RESULTS (by default target/scorecard), one for each measurement,
# from which ci/scorecard.sh makes its table. Nothing else writes there.
builds=${PURVIEW_BUILDS:-${CARGO_TARGET_DIR:-target}/proof}
results=${PURVIEW_RESULTS:-target/scorecard}
mkdir -p "$builds" "$results"
builds=$(cd "$builds" && pwd)
results=$(cd "$results" && pwd)

# record NAME KEY=VALUE..: keeps the figures of this measurement, with the commit and the time they were taken at.
record() {
    local name=$1 commit
    shift
    commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
    git diff --quiet HEAD -- crates tests 2>/dev/null || commit="$commit, changed"
    printf '%s\n' "at=$(date -u +%Y-%m-%dT%H:%MZ)" "commit=$commit" "$@" >"$results/$name"
    printf '%s: ' "$name"
    printf '%s; ' "$@"
    printf '\n'
}

# skip NAME WHY: the tool cannot be had here. That is said, kept, and no failure.
skip() {
    record "$1" skipped="$2"
    exit 0
}

# What the closing lines of `cargo test` say, added up.
passed() { awk '/^test result:/ { n += $4 } END { print n + 0 }' "$1"; }
failed() { awk '/^test result:/ { n += $6 } END { print n + 0 }' "$1"; }
