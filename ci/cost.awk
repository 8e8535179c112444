# Compares the figures of ci/cost.sh, the second file, with the baseline, the first.
FNR == 1 { files++ }
/^#/ || NF == 0 { next }
$1 == "compiler" {
    compiler = substr($0, 10)
    if (files == 1) { if (!(compiler in known)) last = last == "" ? compiler : last; known[compiler] }
    else here = compiler
    next
}
$1 == "counts" {
    load = $2
    if (files == 1) { expected[load] = $0; next }
    measured[load] = $0
    next
}
$1 == "instructions" {
    if (files == 1) { base_ir[compiler, $2] = $3; base_ge[compiler, $2] = $4 }
    else { ir[$2] = $3; ge[$2] = $4; loads[++n] = $2 }
}

# judge LOAD WHAT MEASURED ALLOWED SLACK: slack in per cent.
function judge(load, what, value, allowed, slack) {
    judged++
    if (value > allowed * (1 + slack / 100) + 0.0005) {
        printf "%s: %s %s, and the baseline is %s\n", load, value, what, allowed
        failed = 1
    } else if (value < allowed * (1 - slack / 100) - 0.0005)
        printf "%s: %s %s, below the baseline of %s: ci/cost.sh --write\n", load, value, what, allowed
}

END {
    same = here in known
    for (load in expected) {
        if (!(load in measured)) { print load ": in the baseline, and no longer measured"; failed = 1; continue }
        split(expected[load], was); split(measured[load], is)
        if (load ~ /^held\//) { judge(load, "bytes held", is[4], was[4], same ? 0 : 3); continue }
        judge(load, "allocations", is[4], was[4], 0)
        judge(load, "bytes", is[5], was[5], same ? 0 : 3)
        judge(load, "polls", is[6], was[6], 0)
    }
    for (load in measured) if (!(load in expected)) { print load ": not in the baseline: ci/cost.sh --write"; failed = 1 }
    yardstick = "ready/boxed-set"
    from = same ? here : last
    for (i = 1; i <= n; i++) {
        load = loads[i]
        if (!((from, load) in base_ir)) { print load ": no instructions in the baseline: ci/cost.sh --write"; failed = 1; continue }
        judge(load, "atomic operations", ge[load], base_ge[from, load], 3)
        if (same)
            judge(load, "instructions", ir[load], base_ir[here, load], 3)
        else if (load != yardstick)
            judge(load, "times the instructions of " yardstick, ir[load] / ir[yardstick],
                base_ir[from, load] / base_ir[from, yardstick], 10)
    }
    # What is awaited elsewhere costs about what runs elsewhere does.
    if (n) {
        judged++
        if (ir["ready/guest"] > 1.3 * ir["ready/spawn_parallel"]) {
            printf "ready/guest: %s instructions, more than 1.3 times the %s of ready/spawn_parallel\n", ir["ready/guest"], ir["ready/spawn_parallel"]
            failed = 1
        }
    }
    if (n && !same) print "no instructions in the baseline for " here "; ratios are compared with those of " from
    if (judged == 0) { print "nothing was compared"; failed = 1 }
    if (!failed) printf "%d figures are within the baseline\n", judged
    exit failed
}
