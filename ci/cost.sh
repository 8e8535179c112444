#!/usr/bin/env bash
# What fourteen key loads may cost: allocations, bytes and polls of children, and with callgrind instructions and atomic
# operations. It fails where one of them costs more than ci/cost.baseline says, and says where one costs less.
#
# A guest may cost at most 1.3 of a parallel child, in instructions.
#
# `ci/cost.sh --write` writes the baseline anew; what makes a load cheaper does so in the same commit. Allocations, bytes and
# polls may not grow at all, instructions and atomic operations by 3 %. The baseline keeps instructions for each compiler and
# C library, since both change them. With others, instructions are judged by their ratio to those of a boxed
# `FuturesUnordered` in the same run, with 10 % of slack, and bytes with 3 %.
#
# Without valgrind, which is installed where that is possible, instructions are left out, and this says so.
#
# Seen to fail on purpose: with `self.task().spawn(Box::pin(fut))` in `Scope::spawn` it reported allocations of all five loads
# that spawn, and instructions of three (3,773 became 4,160 for a ready child).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
baseline=ci/cost.baseline
children=1000
write=false
for argument; do
    case $argument in
        --write) write=true ;;
        --help) sed -n '2,/^set/{s/^# \{0,1\}//;/^set/d;p}' "$0"; exit ;;
        *) echo "unknown: $argument" >&2; exit 2 ;;
    esac
done

if ! command -v valgrind >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    { apt-get update -qq && apt-get install -y -qq valgrind; } >/dev/null 2>&1 || true
fi
# One unit of code, so that the same source is the same instructions; the peers that are only timed are not built.
cargo build --quiet --profile bench -p purview-bench --no-default-features --bins
programs=${CARGO_TARGET_DIR:-target}/release
measured=$(mktemp -d)
trap 'rm -rf "$measured"' EXIT
mapfile -t loads < <("$programs/run" --guarded)

# instructions LOAD: what callgrind counts in three times the load less once, which leaves out what a process does once.
instructions() {
    local times
    for times in 1 3; do
        valgrind --tool=callgrind --collect-bus=yes --callgrind-out-file="$measured/$$.$times" \
            "$programs/run" "$1" "$children" "$times" >"$measured/$$.log" 2>&1 || { cat "$measured/$$.log" >&2; exit 1; }
    done
    awk -v load="$1" -v units=$((2 * $("$programs/run" --units "$1" "$children"))) '
        $1 == "events:" { for (i = 2; i <= NF; i++) column[$i] = i }
        $1 == "totals:" { ir = $column["Ir"] - ir; ge = $column["Ge"] - ge }
        END { printf "instructions %s %.0f %.2f\n", load, ir / units, ge / units }' "$measured/$$.1" "$measured/$$.3"
}
export -f instructions
export programs measured children

{
    "$programs/count" "$children" "${loads[@]}" held/scope | sed 's/^/counts /'
    libc=$(ldd --version 2>/dev/null | sed -n '1s/.* //p')
    echo "compiler $(rustc -V), $(uname -m), libc ${libc:-unknown}"
    if command -v valgrind >/dev/null; then
        printf '%s\n' "${loads[@]}" | xargs -P "$(nproc)" -I '{}' bash -euo pipefail -c 'instructions "$@"' _ '{}' | sort
    else
        echo "no valgrind here, so instructions are not counted: apt-get install valgrind" >&2
    fi
} >"$measured/figures"

if $write; then
    compiler=$(sed -n '/^compiler/p' "$measured/figures")
    {
        echo "# Written by ci/cost.sh --write; for one child, yield, scope or call each, at n = $children."
        echo "# counts LOAD PER ALLOCATIONS BYTES POLLS; counts held/.. PER BYTES; instructions LOAD INSTRUCTIONS ATOMICS"
        cat "$measured/figures"
        # Those of other compilers stay.
        [ ! -e "$baseline" ] || awk -v this="$compiler" '
            $1 == "compiler" { keep = $0 != this }
            keep && ($1 == "compiler" || $1 == "instructions")' "$baseline"
    } >"$measured/baseline"
    mv "$measured/baseline" "$baseline"
    echo "written: $baseline"
    exit
fi
awk -f ci/cost.awk "$baseline" "$measured/figures"
