#!/usr/bin/env bash
# Prints the scorecard of Purview: each measure, its target, and what was measured, as the table that docs/src/guarantees.md
# holds. A row that is short of its target says why.
#
# `ci/scorecard.sh` takes the quick figures anew and, for those that take hours, what the script beside it last kept in
# target/scorecard, with the commit it was measured at. `ci/scorecard.sh --all` takes all of them anew, at full size.
# --kept measures nothing and prints what was kept on this machine. With --write the table also goes into the page.
# PURVIEW_SCORECARD_PROGRAMS says how many random programs are compared with the model (100,000; with --all 10,000,000).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh

all=false write=false kept=false
for argument; do
    case $argument in
        --all) all=true ;;
        --write) write=true ;;
        --kept) kept=true ;;
        --help) sed -n '2,/^set/{s/^# \{0,1\}//;/^set/d;p}' "$0"; exit ;;
        *) echo "unknown: $argument" >&2; exit 2 ;;
    esac
done
page=docs/src/guarantees.md
# How the programs that measure are compiled: --release, or nothing for a debug build, which the figures then say.
profile=${PURVIEW_SCORECARD_PROFILE---release}
programs=${PURVIEW_SCORECARD_PROGRAMS:-$($all && echo 10000000 || echo 100000)}
say() { printf '%s\n' "$*" >&2; }

# -- measuring ---------------------------------------------------------------------------------------------------------

measure() {
    say "counting unsafe blocks"
    local unsafe log green red classes runtimes scopes script
    unsafe=$(git grep -wE 'unsafe' -- 'crates/*.rs' 'tests/*.rs' | grep -vcE 'unsafe_code|//' || true)
    record unsafe blocks="$unsafe" >&2

    say "running $programs random programs against the model"
    log=$results/model.log
    if PURVIEW_MODEL_PROGRAMS=$programs cargo test $profile -p purview-test --test model -- random_programs >"$log" 2>&1; then
        record model programs="$programs" divergences=0 >&2
    else
        grep -q '^test result:' "$log" || { tail -n 20 "$log" >&2; return 1; }
        record model programs="$programs" divergences="at least 1" >&2
    fi

    say "running the faults on every runtime"
    log=$results/faults.log
    cargo test $profile -p purview-tests --test faults --no-fail-fast >"$log" 2>&1 || true
    # A cell is `class::scenario::runtime`; one scenario that fails makes it fail, and so does one of which nothing is said
    # because the process has ended.
    read -r green red classes runtimes < <({
        cargo test $profile -p purview-tests --test faults -- --list 2>/dev/null
        cat "$log"
    } | awk '
        /^[a-z_]+::.*::.*: test$/ { sub(":$", "", $1); listed[$1] }
        /^test .*::.*::.* \.\.\. / { if ($NF == "ok") ok[$2] }
        END {
            for (test in listed) {
                n = split(test, part, "::"); cell = part[1] "|" part[n]
                class[part[1]]; runtime[part[n]]; seen[cell]
                if (!(test in ok)) bad[cell]
            }
            for (c in seen) { if (c in bad) r++; else g++ }
            for (c in class) cs++
            for (c in runtime) rs++
            print g + 0, r + 0, cs + 0, rs + 0
        }')
    record faults green="$green" red="$red" classes="$classes" runtimes="$runtimes" >&2

    say "measuring scopes"
    cargo run $profile --quiet -p purview-tests --example scorecard >"$results/scopes.figures"
    cargo run $profile --quiet -p purview-tests --features deep-nesting --example scorecard depth |
        sed 's/^depth/deep/' >>"$results/scopes.figures"
    mapfile -t scopes <"$results/scopes.figures"
    record scopes "${scopes[@]}" >&2

    for script in loom asan tsan memcheck coverage mutants seeded; do
        if $all && [ -e "ci/$script.sh" ]; then
            say "running ci/$script.sh"
            bash "ci/$script.sh" >"$results/$script.out" 2>&1 || say "ci/$script.sh did not end well: $results/$script.out"
        fi
    done
}
$kept || measure
# When the last of the figures was taken.
last=$(sed -n 's/^at=//p' "$results"/* 2>/dev/null | sort | tail -n 1) || true
[ -n "$last" ] || { echo "no figure is kept in $results: leave --kept out, and they are taken" >&2; exit 1; }

# -- the table ---------------------------------------------------------------------------------------------------------

# figure NAME KEY: what was kept, or nothing.
figure() { sed -n "s/^$2=//p" "$results/$1" 2>/dev/null | head -n 1 || true; }
# at least / at most, on numbers with a point.
at_least() { [ -n "$1" ] && awk "BEGIN { exit !($1 + 0 >= $2) }"; }
at_most() { [ -n "$1" ] && awk "BEGIN { exit !($1 + 0 <= $2) }"; }

# row MEASURE TARGET NAME VALUE MET [WHY]: one line; MET is yes or no.
row() {
    local measure=$1 target=$2 name=$3 value=$4 met=$5 why=${6:-} skipped
    skipped=$(figure "$name" skipped)
    if [ ! -e "$results/$name" ]; then
        value="not measured" met=no why="run ci/$([ -e "ci/$name.sh" ] && echo "$name" || echo scorecard).sh"
    elif [ -n "$skipped" ]; then
        value="not measured" met=no why=$skipped
    fi
    [ -n "$value" ] || value="not measured" met=no
    [ "$met" = yes ] && why=
    printf '| %s | %s | %s | %s | %s |\n' "$measure" "$target" "$value" "$met${why:+: $why}" "$(figure "$name" commit)"
}
met() { if "$@"; then echo yes; else echo no; fi; }
# The depths of one build: poll, cancel, drop.
nested() { echo "$(figure scopes "$1_poll"), $(figure scopes "$1_cancel"), $(figure scopes "$1_drop")"; }
most_nested=$(sed -n 's/^const MOST: usize = \(.*\);/\1/p' tests/examples/scorecard/depth.rs)

table() {
    echo "Measured until ${last%T*}, $(rustc --version), $(nproc) cores$([ -n "$profile" ] || echo ', a debug build')."
    echo
    echo "| measure | target | measured | target met | at commit |"
    echo "|---|---|---|---|---|"
    row '`unsafe` in any crate' 0 unsafe "$(figure unsafe blocks)" "$(met [ "$(figure unsafe blocks)" = 0 ])"
    row 'random programs against the model' '100,000 in each CI run, 10,000,000 by `ci/scorecard.sh --all`; 0 divergences' model \
        "$(figure model programs), $(figure model divergences) divergences" \
        "$(met eval '[ "$(figure model divergences)" = 0 ] && at_least "$(figure model programs)" 10000000')" \
        "$([ "$(figure model divergences)" = 0 ] && echo "this many were asked for" || echo "$results/model.log has the program")"
    row 'loom models; seeded bugs caught' 'at least 5, 1,000,000 interleavings in all; all' loom \
        "$(figure loom models) models, $(figure loom interleavings) interleavings; $(figure loom caught) of $(figure loom seeded) caught" \
        "$(met eval 'at_least "$(figure loom models)" 5 && at_least "$(figure loom interleavings)" 1000000 && [ "$(figure loom caught)" = "$(figure loom seeded)" ]')" \
        "$(figure loom why)"
    row 'fault classes x runtimes' 'at least 16 x 6, every cell green' faults \
        "$(figure faults classes) x $(figure faults runtimes), $(figure faults green) green, $(figure faults red) red" \
        "$(met eval 'at_least "$(figure faults classes)" 16 && at_least "$(figure faults runtimes)" 6 && [ "$(figure faults red)" = 0 ]')" \
        "$([ "$(figure faults red)" = 0 ] && echo "classes are missing" || echo "$results/faults.log names the cells")"
    row 'parallel children that are idle when the scope is dropped, destroyed before `drop` returns' '100 % (`JoinSet`: 0 %)' scopes \
        "$(figure scopes idle_parallel_destroyed) (\`JoinSet\`: $(figure scopes idle_join_set_destroyed))" \
        "$(met eval '[ "$(figure scopes idle_parallel_destroyed)" = 1000/1000 ]')"
    row 'line coverage of core; branches' '100 % with exceptions listed by line and reason; 95 %' coverage \
        "$(figure coverage lines) % ($(figure coverage lines_of)), and $(figure coverage excepted) lines [with a reason](coverage.md); $(figure coverage branches) % ($(figure coverage branches_of))" \
        "$(met eval '[ "$(figure coverage unexplained)" = 0 ] && at_least "$(figure coverage branches)" 95')" \
        "$(figure coverage unexplained) lines are not explained: \`target/scorecard/uncovered.txt\`"
    row 'mutants caught in the core and in the adapters for tokio, smol and async-std' '95 %, survivors explained' mutants \
        "$(figure mutants percent) % ($(figure mutants caught) of $(figure mutants of); part $(figure mutants part))" \
        "$(met eval 'at_least "$(figure mutants percent)" 95 && [ "$(figure mutants part)" = all ]')" \
        "part $(figure mutants part) of the mutants was run, or some survived"
    for tool in asan tsan memcheck; do
        case $tool in
            asan) named="address and leak sanitizer" ;;
            tsan) named="thread sanitizer, std instrumented" ;;
            memcheck) named="memcheck" ;;
        esac
        row "$named" '0 reports, no suppressions' "$tool" \
            "$(figure $tool reports) reports in $(figure $tool tests) tests ($(figure $tool over)), $(figure $tool failed) failed" \
            "$(met eval '[ "$(figure '$tool' reports)" = 0 ] && [ "$(figure '$tool' failed)" = 0 ] && [ "$(figure '$tool' tests)" != 0 ]')" \
            "target/scorecard/$tool.log"
    done
    row 'polls per child at n = 160,000 under tokio with coop-using children; scope polls per wake' 'at most 2.5; at most 1.05' scopes \
        "$(figure scopes polls_per_child); $(figure scopes scope_polls_per_wake)" \
        "$(met eval 'at_most "$(figure scopes polls_per_child)" 2.5 && at_most "$(figure scopes scope_polls_per_wake)" 1.05')"
    row 'steps in one poll of a scope, whatever the program' 'at most 128, then it yields' scopes \
        "$(figure scopes steps_in_one_poll)" "$(met at_most "$(figure scopes steps_in_one_poll)" 128)"
    row 'scopes nested in a thread with a stack of 256 KiB: polled, cancelled, dropped' '1,000 with the feature `deep-nesting`; without it as many as the stack holds' scopes \
        "with \`deep-nesting\` $(nested deep); without it $(nested depth) ($most_nested is the most that was tried)" \
        "$(met eval 'at_least "$(figure scopes deep_poll)" 1000 && at_least "$(figure scopes deep_cancel)" 1000 && at_least "$(figure scopes deep_drop)" 1000')"
    row 'children in one scope' '1,000,000' scopes "$(figure scopes children_in_one_scope)" \
        "$(met at_least "$(figure scopes children_in_one_scope)" 1000000)"
    row 'defects seeded by hand; caught' 'at least 5; all' seeded \
        "$(figure seeded of); $(figure seeded caught)" \
        "$(met eval 'at_least "$(figure seeded of)" 5 && [ "$(figure seeded of)" = "$(figure seeded caught)" ]')" \
        "target/scorecard/seeded.txt"
}
table >"$results/scorecard.md"
cat "$results/scorecard.md"

# What ci/soak.sh kept: a row for each runtime, and none where it was not run.
soak() {
    local runtime phase name row
    echo "Measured until $(sed -n 's/^at=\(.*\)T.*/\1/p' "$results"/soak.*.* | sort | tail -n 1), in a release build, at commit" \
        "$(sed -n 's/^commit=//p' "$results"/soak.*.* | sort -u | paste -sd ' ')."
    echo
    echo "| runtime | cancelled children | short children | scopes | load |"
    echo "|---|---|---|---|---|"
    for runtime in embedded tokio-current-thread tokio-multi-thread smol async-std virtual; do
        row="| $runtime |"
        for phase in cancelled short scopes load; do
            name=soak.$runtime.$phase
            if [ -e "$results/$name" ]; then
                row+=" $(figure "$name" count): $(figure "$name" allocations_before), $(figure "$name" allocations_after);"
                row+=" $(kilobytes "$name" 10), $(kilobytes "$name" 50), $(kilobytes "$name" 100) kB |"
            else
                row+=" not measured |"
            fi
        done
        echo "$row"
    done
}
kilobytes() { awk "BEGIN { printf \"%.0f\", $(figure "$1" "bytes_at_$2") / 1000 }"; }

if $write; then
    # fill NAME FILE: puts the file between the two comments of that name on the page.
    fill() {
        awk -v name="$1" -v file="$2" '
            $0 == "<!-- /" name " -->" { inside = 0 }
            !inside { print }
            $0 == "<!-- " name " -->" { inside = 1; print ""; while ((getline line < file) > 0) print line; print "" }
        ' "$page" >"$results/page.md"
        cp "$results/page.md" "$page"
    }
    fill scorecard "$results/scorecard.md"
    [ ! -s "$results/seeded.md" ] || fill seeded "$results/seeded.md"
    if compgen -G "$results/soak.*.scopes" >/dev/null; then
        soak >"$results/soak.md"
        fill soak "$results/soak.md"
    fi
fi
