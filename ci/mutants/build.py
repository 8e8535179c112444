"""A copy of the tree with all mutants in it, and the tests built from that."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import schemata

# Those with mutants in them, and those whose tests are asked too.
CHANGED = ["purview-core", "purview-tokio", "purview-smol", "purview-async-std"]
PACKAGES = [*CHANGED, "purview-test", "purview-tests", "purview-tower"]
FORBID, LINTS = "#![forbid(unsafe_code)]\n", 'unsafe_code = "forbid"\n'
CASE, WORKSPACE = "crates/purview-test/tests/model/case.rs", "Cargo.toml"
LIBRARIES = [f"crates/{package}/src/lib.rs" for package in CHANGED]
MODULES = [f"crates/{package}/src/mutant.rs" for package in CHANGED]
TOUCHED = {*LIBRARIES, *MODULES, CASE, WORKSPACE}
# A switch cannot be read where the compiler evaluates.
NOT_AT_COMPILE_TIME = {"E0015"}
KINDS = "unviable", "unswitched"


def cargo(tree, target, *arguments):
    """The messages of one run of cargo, and whether it went well."""
    environment = os.environ | {
        "CARGO_TARGET_DIR": str(target),
        "CARGO_INCREMENTAL": "0",
        "CARGO_PROFILE_DEV_DEBUG": "0",
    }
    command = ["cargo", *arguments, "--message-format=json", "--all-features"]
    run = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return messages, run.returncode == 0, run.stderr


def copy(root, tree, kept, count):
    """The files that are `kept` are as they were, so that nothing is built anew if they become what they were."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, stdout=subprocess.PIPE, check=True
    )
    names = {name for name in files.stdout.decode().split("\0") if name and (root / name).is_file()}
    for file in tree.rglob("*") if tree.exists() else []:
        if file.is_file() and str(file.relative_to(tree)) not in names | TOUCHED:
            file.unlink()
    for name in names - kept - TOUCHED:
        write(tree / name, (root / name).read_bytes())
    # That a program of the model fails is enough here; the smallest that does is not read.
    lines = (root / CASE).read_text().splitlines(keepends=True)
    write(tree / CASE, "".join("const ATTEMPTS: u64 = 0;\n" if "const ATTEMPTS" in line else line for line in lines).encode())
    write(tree / WORKSPACE, (root / WORKSPACE).read_text().replace(LINTS, f'{LINTS}warnings = "allow"\n', 1).encode())
    for library, module in zip(LIBRARIES, MODULES):
        write(tree / library, (root / library).read_text().replace(FORBID, f"{FORBID}mod mutant;\n", 1).encode())
        write(tree / module, f"{schemata.MODULE}const COUNT: usize = {count};\n".encode())


def write(file, data):
    """Only where it changes, so that cargo does not build anew what is the same."""
    if not file.exists() or file.read_bytes() != data:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


class Build:
    def __init__(self, root, place, mutants, tree="tree"):
        self.root, self.tree, self.target = root, place / tree, place / "target"
        self.known = place / f"{tree}.known"
        self.mutants = mutants
        sums = {file: hashlib.sha256((root / file).read_bytes()).hexdigest() for file in {m["file"] for m in mutants.values()}}
        self.keys = {number: f"{sums[mutant['file']]} {mutant['name']}" for number, mutant in mutants.items()}
        self.unviable, self.unswitched = {}, {}

    def left(self, file):
        """The mutants of a file that are still in it."""
        return {
            number: mutant
            for number, mutant in self.mutants.items()
            if mutant["file"] == file and number not in self.unviable and number not in self.unswitched
        }

    def prepare(self, checked=True):
        """Puts the mutants in, and takes out those that do not compile, until it does."""
        copy(self.root, self.tree, {mutant["file"] for mutant in self.mutants.values()}, max(self.mutants, default=0) + 1)
        if not checked:
            return
        self.remember()
        of_those = [part for package in CHANGED for part in ("-p", package)]
        for attempt in range(60):
            self.switch()
            messages, well, log = cargo(self.tree, self.target, "check", *of_those, "--lib", "--profile", "test")
            self.keep()
            if well:
                return
            if not self.drop(messages):
                raise SystemExit(f"the tree with the mutants does not build:\n{log}\n{self.first_error(messages)}")
        raise SystemExit("there is no end of mutants that do not compile")

    def key(self, number):
        """Which mutant that is, as long as its file stays as it is."""
        return self.keys[number]

    def keep(self):
        """For the next time, when the same need not be tried again."""
        known = {kind: {self.key(number): why for number, why in getattr(self, kind).items()} for kind in KINDS}
        self.known.write_text(json.dumps(known))

    def remember(self):
        known = json.loads(self.known.read_text()) if self.known.exists() else {}
        for kind in KINDS:
            of_kind = known.get(kind, {})
            getattr(self, kind).update({n: of_kind[self.key(n)] for n in self.mutants if self.key(n) in of_kind})

    def switch(self):
        self.regions = {}
        for file in sorted({mutant["file"] for mutant in self.mutants.values()}):
            switched = schemata.File((self.root / file).read_text(), self.left(file))
            self.unswitched |= switched.lost
            text = switched.switched().encode()
            self.regions[file] = schemata.regions(text)
            write(self.tree / file, text)

    def drop(self, messages):
        """Whether the compiler's errors name a mutant; those are out then."""
        known = len(self.unviable) + len(self.unswitched)
        said = (message["message"] for message in messages if message["reason"] == "compiler-message")
        errors = [error for error in said if error["level"] == "error"]
        for error in errors:
            spans = sorted(error["spans"], key=lambda span: not span["is_primary"])
            code = (error.get("code") or {}).get("code")
            if code in NOT_AT_COMPILE_TIME:
                self.unswitched |= {number: error["message"] for span in spans for number in self.asked(span)}
                continue
            named = [number for span in spans if (number := self.whose(span))]
            if not named:
                continue
            primary = [self.whose(span) for span in spans if span["is_primary"] and self.whose(span)]
            for number in primary or named[:1]:
                self.unviable[number] = error["message"]
        if len(self.unviable) + len(self.unswitched) == known:
            # What is wrong is in no mutant: a value that is given at once says what `impl Trait` is, and the rest of the
            # function has another type; a variable is not given back what was moved out of it; an arm with a guard covers
            # nothing.
            for error in errors:
                spans = sorted(error["spans"], key=lambda span: not span["is_primary"])
                spans += [span for child in error["children"] for span in child["spans"]]
                beside = [number for span in spans for number in self.before(span, same_line=True)[-1:]]
                before = [number for span in spans[:1] for number in self.before(span)[-1:]]
                guards = self.after(spans[0]) if error["message"].startswith("non-exhaustive") else []
                self.unviable |= {number: error["message"] for number in guards or (beside or before)[:1]}
        return len(self.unviable) + len(self.unswitched) > known

    def whose(self, span):
        while span.get("expansion") and not self.regions.get(span["file_name"]):
            span = span["expansion"]["span"]
        for start, end, number in self.regions.get(span["file_name"], []):
            if start <= span["byte_start"] and span["byte_end"] <= end:
                return number
        return None

    def before(self, span, same_line=False):
        """The mutants that stand before it in its file, or on its line."""
        regions = self.regions.get(span["file_name"], [])
        start = span["byte_start"] - (span["column_start"] if same_line else span["byte_start"])
        return [number for begin, end, number in regions if start <= begin and end <= span["byte_start"]]

    def after(self, span):
        """The mutants in what is matched there: those of the next lines."""
        regions = self.regions.get(span["file_name"], [])
        return [number for begin, _, number in regions if 0 <= begin - span["byte_start"] < 1000]

    def asked(self, span):
        """The mutants whose switch stands there."""
        file = self.tree / span["file_name"]
        text = file.read_bytes()[span["byte_start"] : span["byte_end"]].decode() if file.is_file() else ""
        return [int(number) for number in re.findall(r"\d+", text)] if text.startswith("crate::mutant::") else []

    def first_error(self, messages):
        errors = (message["message"]["rendered"] for message in messages if message["reason"] == "compiler-message")
        return next(errors, "")

    def tests(self, *chosen):
        """The test binaries, all of them or those that are `chosen`: name, executable, folder to run it in."""
        everything = ["--lib", "--tests", *(part for package in PACKAGES for part in ("-p", package))]
        messages, well, log = cargo(self.tree, self.target, "test", "--no-run", *(chosen or everything))
        if not well:
            raise SystemExit(f"the tests do not build:\n{log}\n{self.first_error(messages)}")
        found = []
        for message in messages:
            if message["reason"] == "compiler-artifact" and message["executable"] and message["profile"]["test"]:
                folder = Path(message["manifest_path"]).parent
                kind = message["target"]["kind"][0]
                name = f"{folder.name}/{message['target']['name'] if kind != 'lib' else 'lib'}"
                found.append((name, message["executable"], folder))
        return found


def textual(root, tree, mutant):
    """Makes one mutant by plain replacement, where no switch can stand."""
    text = (root / mutant["file"]).read_text()
    source = schemata.Source(text)
    start, end = source.offset(mutant["span"]["start"]), source.offset(mutant["span"]["end"])
    write(tree / mutant["file"], (text[:start] + mutant["replacement"] + text[end:]).encode())
