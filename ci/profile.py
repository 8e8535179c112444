"""A table of where the instructions of loads go. See ci/profile.sh."""

import collections
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

LOADS = [
    "ready/scope", "yield/scope", "scope-0/scope", "scope-1/scope", "ready/gather", "yield/gather", "scope-3/gather",
    "scope-3/gather!", "cancel/scope", "ready/spawn_parallel", "timeout/purview",
]  # fmt: skip
CHILDREN = 1000
LINE = re.compile(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*?):(\S.*)$")
ALLOCATOR = re.compile(r"malloc|__rdl|__rust_(?:de|re)?alloc")
SET = re.compile(r"futures_unordered|futures_util|futures-core|atomic_waker")
# How a part is called where that is not the name of its folder, and the order of the table.
PARTS = ["allocator", "set", "copying", "wake", "cancel", "context", "tree", "engine", "scope", "gather", "ops", "runtime", "rest"]


def part(file, function):
    if ALLOCATOR.search(file) or ALLOCATOR.search(function):
        return "allocator"
    if "memmove" in file or "memset" in file:
        return "copying"
    if SET.search(file) or SET.search(function):
        return "set"
    found = re.search(r"purview-core/src/(\w+)", file) or re.search(r"purview_core::(\w+)", function)
    if found:
        return found[1] if found[1] in PARTS else "rest"
    return "runtime" if "tokio" in file + function else "rest"


def counted(program, load, times, folder):
    out = os.path.join(folder, f"{load.replace('/', '_')}.{times}")
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    subprocess.run([*tool, program, load, str(CHILDREN), str(times)], check=True, capture_output=True)
    annotate = ["callgrind_annotate", "--threshold=100", "--auto=no", out]
    text = subprocess.run(annotate, check=True, capture_output=True, text=True).stdout
    parts = collections.Counter()
    for line in filter(None, map(LINE.match, text.splitlines())):
        parts[part(line[2], re.sub(r" \[.*", "", line[3]))] += int(line[1].replace(",", ""))
    return parts


def profile(program, load, folder):
    """Three times less once, as in ci/cost.sh: without what a process does once."""
    units = subprocess.run([program, "--units", load, str(CHILDREN)], check=True, capture_output=True, text=True)
    once, thrice = (counted(program, load, times, folder) for times in (1, 3))
    return {part: (thrice[part] - once[part]) / (2 * int(units.stdout)) for part in PARTS}


def main():
    program, loads = sys.argv[1], sys.argv[2:] or LOADS
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        profiles = list(pool.map(lambda load: profile(program, load, folder), loads))
    shown = [part for part in PARTS if any(profile[part] >= 1 for profile in profiles)]
    print("| load | all |", " | ".join(shown), "|")
    print("|---|" + "---:|" * (len(shown) + 1))
    for load, profile_ in zip(loads, profiles):
        cells = [sum(profile_.values()), *(profile_[part] for part in shown)]
        print(f"| {load} |", " | ".join(f"{cell:,.0f}" for cell in cells), "|")


main()
