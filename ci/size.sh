#!/usr/bin/env bash
# Prints, as a table for the page of benchmarks, what a scope adds to a program and to the time of compiling it: the stripped
# size of a program with one scope, and no executor but a `block_on`, over that of one without; the code for each further type
# of child, which has a type of output of its own; and the processor time of compiling purview-core. tokio's `JoinSet`, with
# its executor, and tasks beside them. Nothing is judged here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --quiet --profile bench -p purview-bench --no-default-features --examples >&2
programs=${CARGO_TARGET_DIR:-target}/release/examples
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Of the further types in the programs whose names end in `_types`.
types=32

stripped() { strip -o "$scratch/$1" "$programs/$1"; stat -c %s "$scratch/$1"; }
code() { size -A "$programs/$1" | awk '$1 == ".text" { print $2 }'; }
over() { echo $(($(stripped "$1") - $(stripped size_none))); }
per_type() { echo $((($(code "$1_types") - $(code "$1")) / types)); }
kilobytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f KB", bytes / 1000 }'; }

# compile COMMAND ARG..: what compiling purview-core alone takes, its dependencies being there; time on a core, as others may
# use it too. In a place of its own, since what depends on it would have to be built again.
compile() {
    local TIMEFORMAT='%U %S'
    (
        export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/size
        cargo "$@" --quiet -p purview-core >&2
        cargo clean --quiet -p purview-core "${@:2}" >&2
        { time cargo "$@" --quiet -p purview-core >&2; } 2>"$scratch/time"
    )
    awk '{ printf "%.1f s", $1 + $2 }' "$scratch/time"
}

cat <<END
| | Purview | tokio |
|---|---:|---:|
| a program with one scope or \`JoinSet\`, stripped, over one without | $(kilobytes "$(over size_scope)") | $(kilobytes "$(over size_join_set)") |
| code for each further type of child or task | $(kilobytes "$(per_type size_scope)") | $(kilobytes "$(per_type size_join_set)") |
| checking \`purview-core\`, on one core | $(compile check) | |
| compiling it for debugging | $(compile build) | |
| compiling it for release, one codegen unit | $(compile build --profile bench) | |
END
