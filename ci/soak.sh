#!/usr/bin/env bash
# Soak: on every runtime 10,000,000 children that are spawned and cancelled and as many that end by themselves, in one open
# scope; 1,000,000 scopes; and an open scope under load for ten minutes. As much is allocated after as before.
#
# `ci/soak.sh counts` and `ci/soak.sh load` do half of it. The counts are taken one runtime after the other, the loads all
# at once, each runtime in a process of its own. The variables in tests/tests/soak/main.rs make it smaller; names of runtimes
# as further arguments (`ci/soak.sh counts smol`) make them fewer. What was printed is in target/scorecard/soak.*.log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

half=${1:-all}
case $half in
    counts | load | all) ;;
    *) echo "unknown: $half" >&2; exit 2 ;;
esac
runtimes=("${@:2}")
[ ${#runtimes[@]} -gt 0 ] || runtimes=(embedded tokio-current-thread tokio-multi-thread smol async-std virtual)
spawns=${PURVIEW_SOAK_SPAWNS:-10000000}
scopes=${PURVIEW_SOAK_SCOPES:-1000000}
minutes=${PURVIEW_SOAK_MINUTES:-10}
export PURVIEW_HANG=${PURVIEW_HANG:-7200}

program=$(cargo test --release -p purview-tests --test soak --no-run 2>&1 | tee /dev/stderr |
    sed -n 's/.*Executable .*(\(.*\))$/\1/p')
status=0

# soak RUNTIME PART SPAWNS SCOPES MINUTES: one process, and what it measured.
soak() {
    local runtime=$1 part=$2 log=$results/soak.$1.$2.log outcome=passed phase rest
    PURVIEW_SOAK_RUNTIME=$runtime PURVIEW_SOAK_SPAWNS=$3 PURVIEW_SOAK_SCOPES=$4 PURVIEW_SOAK_MINUTES=$5 \
        nice "$program" --nocapture >"$log" 2>&1 || outcome=failed
    while read -r _ _ phase rest; do
        # shellcheck disable=SC2086
        record "soak.$runtime.$phase" outcome=$outcome $rest
    done < <(grep '^soak ' "$log" || true)
    [ "$outcome" = passed ] || { tail -n 20 "$log" >&2; return 1; }
}

if [ "$half" != load ]; then
    for runtime in "${runtimes[@]}"; do
        soak "$runtime" counts "$spawns" "$scopes" 0 || status=1
    done
fi
if [ "$half" != counts ]; then
    under_load=()
    for runtime in "${runtimes[@]}"; do
        soak "$runtime" load 0 0 "$minutes" &
        under_load+=($!)
    done
    for process in "${under_load[@]}"; do
        wait "$process" || status=1
    done
fi
exit $status
