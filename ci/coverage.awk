# What the tests run of purview-core, from an lcov file, and what explains the rest.
#
# awk -v exceptions=FILE -v uncovered=FILE -v page=FILE -f coverage.awk LCOV
#
# Prints the figures as `key=value`; what no test runs and nothing explains goes to `uncovered` as path:line, and the
# explained lines to `page` as a table. An exception that explains nothing is an error, unless its reason begins with
# "Race": such a line is run now and then.
#
# A line is run if any instance of it is, in whatever program. Only crates/purview-core/src counts, without the models of
# loom and the unit tests.

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

function load(path,    line) {
    if (path in length_of) return
    length_of[path] = 0
    while ((getline line < path) > 0) {
        if (line ~ /^#\[cfg\(all\(test, not\(loom\)\)\)\]/) tests_from[path] = length_of[path] + 1
        source[path, ++length_of[path]] = trim(line)
    }
    close(path)
}

function counts(path, line) {
    load(path)
    return !(path in tests_from) || line < tests_from[path]
}

function percent(hit, all) { return all ? sprintf("%.2f", 100 * hit / all) : "none" }

# Looks for the lines of one exception in its file, one below the other.
function explain(    at, i, found, used) {
    load(path)
    for (at = 1; at + n - 1 <= length_of[path]; at++) {
        for (i = 1; i <= n && source[path, at + i - 1] == text[i]; i++);
        if (i <= n) continue
        found = 1
        for (i = 0; i < n; i++) {
            if ((path, at + i) in line_hits && line_hits[path, at + i] == 0) {
                why[path, at + i] = reason
                used = 1
            }
        }
    }
    if (!found || (!used && reason !~ /^Race/)) {
        printf "ci/coverage.exceptions: %s in %s: `%s`\n", found ? "is run" : "no such line", path, text[1] > "/dev/stderr"
        stale++
    }
    n = 0
    reason = ""
}

/^SF:/ { sub(/.*\/crates\//, "crates/"); file = $0; core = file ~ /^crates\/purview-core\/src\// && file !~ /\/scope\/models\// }
core && /^DA:/ {
    split(substr($0, 4), part, ",")
    if (!counts(file, part[1] + 0)) next
    key = file SUBSEP part[1]
    if (!(key in line_hits)) { order[++lines] = file ":" part[1]; line_hits[key] = 0 }
    if (part[2] + 0 > 0) line_hits[key] = 1
}
core && /^BRDA:/ {
    split(substr($0, 6), part, ",")
    if (!counts(file, part[1] + 0)) next
    key = file SUBSEP part[1] SUBSEP part[2] SUBSEP part[3]
    if (!(key in branch_hits)) { branches++; branch_hits[key] = 0 }
    if (part[4] + 0 > 0) branch_hits[key] = 1
}

END {
    while ((getline line < exceptions) > 0) {
        if (line ~ /^[ \t]+-- /) { sub(/^[ \t]+-- /, "", line); reason = reason (reason ? " " : "") line; continue }
        if (reason) explain()
        if (line ~ /^[ \t]+[^ \t]/) text[++n] = trim(line)
        else if (line ~ /^[^# \t]/) path = line
    }
    if (reason) explain()
    for (key in line_hits) run += line_hits[key]
    for (key in branch_hits) taken += branch_hits[key]
    printf "" > uncovered
    printf "" > page
    for (i = 1; i <= lines; i++) {
        split(order[i], part, ":")
        key = part[1] SUBSEP part[2]
        if (line_hits[key]) continue
        if (!(key in why)) {
            unexplained++
            print order[i] ": " source[key] > uncovered
            continue
        }
        excepted++
        # One row for the lines that stand below each other and are explained together.
        if (part[1] == last_path && part[2] == last_line + 1 && why[key] == last_why) { last_line = part[2]; continue }
        row()
        last_path = part[1]; first_line = last_line = part[2]; last_why = why[key]
    }
    row()
    print "lines=" percent(run, lines)
    print "lines_of=" run "/" lines
    print "branches=" percent(taken, branches)
    print "branches_of=" taken + 0 "/" branches + 0
    print "excepted=" excepted + 0
    print "unexplained=" unexplained + 0
    exit stale > 0
}

function row(    name) {
    if (!last_path) return
    name = last_path
    sub(/^crates\/purview-core\/src\//, "", name)
    printf "| `%s` %s | %s |\n", name, first_line (last_line == first_line ? "" : " to " last_line), last_why > page
}
