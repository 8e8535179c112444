"""Runs mutants of the core and the adapters: `python3 ci/mutants LIST PLACE RESULTS [PART] [NAME..]`.

LIST is what `cargo mutants --list --json` gives, to which the deleted statements and forced `if`s of the same files are
added; PLACE is where the tree with the mutants is built, RESULTS where caught.txt, timeout.txt, missed.txt, unviable.txt and
notes.txt go, and unreached.txt, which names all mutants that no test reaches, in whatever part. PART is `1/20` for every
twentieth mutant from the first on, `all`, or `missed` for those that no run before has caught; with names only the mutants in
whose name one of them is.

Every test binary is run once without a mutant, which says what it reaches: a mutant is tried by those that reach it, the
quickest first, until one fails. What none reaches is missed.
"""

import hashlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from build import Build, PACKAGES, textual
from hunt import Hunt
from schemata import changes_nothing, more, tested
from stage import Stage, baseline, in_parts

ROOT = Path(__file__).resolve().parent.parent.parent
# What has nothing to say of a mutant.
UNTOLD = {
    "tests/compile": "it compiles programs, and runs none",
    "tests/soak": "it measures memory, which other programs on the machine disturb",
    "tests/stress": "it measures memory, which other programs on the machine disturb",
}
# The suites asked about a mutant that needs a build of its own.
ALONE = ["lifecycle", "cancellation", "gather", "tokens", "guests"]
WORKERS = int(os.environ.get("PURVIEW_MUTANTS_AT_ONCE", "2"))


def chosen(mutants, part, names):
    if "/" in part:
        which, parts = (int(number) for number in part.split("/"))
        mutants = {number: mutant for number, mutant in mutants.items() if number % parts == which % parts}
    if names:
        mutants = {number: mutant for number, mutant in mutants.items() if any(name in mutant["name"] for name in names)}
    return mutants


def main(listed, place, results, part="all", *names):
    place, results = Path(place), Path(results)
    known = json.loads(Path(listed).read_text())
    ours = [mutant for file in sorted({m["file"] for m in known}) for mutant in more(file, (ROOT / file).read_text())]
    mutants = dict(enumerate(tested(ROOT, known + ours), 1))
    begun = time.monotonic()

    def log(line):
        print(f"{time.monotonic() - begun:6.0f} s  {line}", flush=True)

    build = Build(ROOT, place, mutants)
    build.prepare()
    log(f"{len(mutants)} mutants, {len(build.unviable)} of which do not compile")
    binaries = build.tests()
    log(f"{len(binaries)} test binaries")
    with ThreadPoolExecutor(WORKERS) as pool:
        tried = list(pool.map(lambda binary: baseline(*binary), [binary for binary in binaries if binary[0] not in UNTOLD]))
        parts = list(pool.map(in_parts, [stage for stage, _ in tried if stage]))
    looks, stages = ([stage for part in parts for stage in part[which]] for which in (0, 1))
    notes = [note for _, note in tried if note] + [f"{name}: not run, {why}" for name, why in UNTOLD.items()]
    for stage in looks + stages:
        log(f"{stage.name}: {stage.tests} tests in {stage.seconds:.1f} s reach {len(stage.reached)} mutants")
    for note in notes:
        log(note)
    viable = {number: mutant for number, mutant in chosen(mutants, part, names).items() if number not in build.unviable}
    viable = {number: mutant for number, mutant in viable.items() if not changes_nothing(ROOT, mutant)}
    before = json.loads((place / "verdicts").read_text()) if (place / "verdicts").exists() else {}
    verdicts = {}
    if part == "missed":
        verdicts = {number: before[build.key(number)] for number in viable if build.key(number) in before}
        verdicts = {number: verdict for number, verdict in verdicts.items() if verdict[0] != "missed"}
    # Mixed, so that what was done when it is stopped is a fair sample too.
    mixed = sorted(viable, key=lambda number: hashlib.sha256(build.key(number).encode()).digest())
    switched = {number: mutants[number] for number in mixed if number not in build.unswitched | verdicts}

    def told(number, verdict):
        verdicts[number] = verdict
        kept = before | {build.key(number): verdict for number, verdict in verdicts.items()}
        (place / "verdicts").write_text(json.dumps(kept))
        log(f"{len(verdicts)}/{len(viable)} {verdict[0]}: {mutants[number]['name']}  {verdict[1]}")

    reached = set().union(*(stage.reached for stage in looks + stages))
    unreached = [mutants[number]["name"] for number in sorted(mutants.keys() - build.unviable.keys() - build.unswitched.keys())
                 if number not in reached]  # fmt: skip
    results.mkdir(parents=True, exist_ok=True)
    (results / "unreached.txt").write_text("".join(f"{name}\n" for name in unreached))
    hunt = Hunt(looks, stages, WORKERS)
    hunt.all(switched, told)
    for number in sorted(viable.keys() - verdicts.keys()):
        told(number, alone(place, mutants[number]))

    for kind in ("caught", "timeout", "missed"):
        of_kind = sorted((mutants[number]["name"], by) for number, (verdict, by) in verdicts.items() if verdict == kind)
        (results / f"{kind}.txt").write_text("".join(f"{name}  {by}".rstrip() + "\n" for name, by in of_kind))
    unviable = (f"{mutants[number]['name']}  {error}\n" for number, error in sorted(build.unviable.items()))
    (results / "unviable.txt").write_text("".join(unviable))
    notes += [f"failed only once, and so tells nothing: {entry}" for entry in sorted(hunt.flaky)]
    (results / "notes.txt").write_text("".join(f"{note}\n" for note in notes))


def alone(place, mutant):
    """A mutant in what the compiler evaluates: it is built by itself, with the tests of the core and a few suites."""
    build = Build(ROOT, place, {}, tree="alone")
    build.prepare(checked=False)
    textual(ROOT, build.tree, mutant)
    packages = "-p", "purview-core", "-p", "purview-tests"
    suites = (part for suite in ALONE for part in ("--test", suite))
    for name, executable, folder in build.tests(*packages, "--lib", *suites):
        failed, _ = Stage(name, executable, folder).run(0, 120)
        if failed:
            return ("timeout" if failed[0] == "(time)" else "caught"), f"{name} {failed[0]}"
    return "missed", ""


main(*sys.argv[1:])
